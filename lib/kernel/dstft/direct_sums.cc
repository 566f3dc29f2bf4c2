/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "direct_sums.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <boost/math/constants/constants.hpp>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr double pi = boost::math::double_constants::pi;
constexpr std::size_t no_bin = std::numeric_limits<std::size_t>::max();

template <class R>
constexpr std::size_t widest = simd::padding / sizeof(R); // numbers in the widest vector

template <class R>
R part(R sample, bool)
{
    return sample;
}

template <class R>
R part(const std::complex<R>& sample, bool imaginary)
{
    return imaginary ? sample.imag() : sample.real();
}

} // namespace

norm_factor norm_scale(norm n, const window_family& window, std::size_t n_fft, double theta)
{
    switch (n) {
    case norm::l1:
        return { 1 / (window.integral() * theta), 1 };
    case norm::l2:
        return { 1 / std::sqrt(window.energy() * theta), 0.5 };
    case norm::contract:
        return { static_cast<double>(n_fft) / theta, 1 };
    case norm::peak:
    case norm::dcunit:
        break;
    }
    return { 1, 0 };
}

template <class T>
direct_sums<T>::direct_sums(std::size_t n_fft, const window_family& window, norm n)
    : d_n_fft(n_fft), d_half(n_fft / 2), d_window(window), d_norm(n), d_of_runs(n_fft, window, n)
{
    const auto reach = d_half + simd::restart + simd::padding;
    for (auto* samples : { &d_after,
                           &d_before,
                           &d_alternating_after,
                           &d_alternating_before,
                           &d_x_after,
                           &d_x_before })
        samples->assign(reach, 0);
    for (auto* sums : { &d_spread_after, &d_spread_before, &d_group_after, &d_group_before })
        sums->assign(reach, 0);
    d_scratch.resize(2 * reach * widest<real>);
    const auto all_bins = bins<T>(n_fft);
    for (int k = 0; k < 3; ++k) {
        d_half_sums[k].resize(d_half + 1);
        d_sums[k].resize(all_bins);
    }
    for (auto* row : { &d_by_theta, &d_by_t })
        row->resize(all_bins);
    for (auto* row :
         { &d_norms.value, &d_norms.length_g, &d_norms.position_g, &d_norms.slope, &d_theta })
        row->resize(all_bins + simd::padding);
    d_turns.resize(all_bins);
    d_norms_theta.resize(all_bins);
    if (window.shape() == simd::shape::hann)
        d_running = std::make_unique<running_sums<T>>(n_fft, n);
    for (std::size_t j = 0; j < n_fft; ++j)
        d_roots.push_back(static_cast<complex>(unit_root(j, n_fft)));

    const auto quarter = n_fft / 4;
    if (n_fft % 2 == 0) {
        add_group(0, quarter, true, false);
    } else {
        add_group(0, quarter, false, false);
        if (quarter < d_half)
            add_group(quarter + 1, d_half, false, true);
    }
}

template <class T>
void direct_sums<T>::add_group(std::size_t from, std::size_t to, bool paired, bool alternating)
{
    group g;
    g.alternating = alternating;
    const auto count = to - from + 1;
    g.count = (count + widest<real> - 1) / widest<real> * widest<real>;
    const auto circle = 2 * d_n_fft;
    for (std::size_t j = 0; j < g.count; ++j) {
        const auto bin = from + std::min(j, count - 1);
        const auto h = alternating ? d_n_fft - 2 * bin : 2 * bin;
        const double angle = pi * static_cast<double>(h) / static_cast<double>(d_n_fft);
        g.kappa.push_back(static_cast<real>(4 * std::pow(std::sin(angle / 2), 2)));
        g.sine_half.push_back(static_cast<real>(std::sin(angle / 2)));
        g.cosine_half.push_back(static_cast<real>(std::cos(angle / 2)));
        g.sine_scale.push_back(h == 0 ? real(0) : static_cast<real>(-0.5 / std::sin(angle)));
        g.step.push_back(static_cast<integer>(simd::restart * h % circle));
        g.bin[0].push_back(j < count ? bin : no_bin);
        if (paired)
            g.bin[1].push_back(j < count && d_half - bin != bin ? d_half - bin : no_bin);
    }
    for (int set = 0; set < 2; ++set) {
        for (auto* row : { &g.theta[set], &g.re[set], &g.im[set] })
            row->assign(g.count, 1);
        for (int k = 0; k < 3; ++k) {
            g.cosine[set][k].resize(g.count);
            g.sine[set][k].resize(g.count);
        }
    }
    d_groups.push_back(std::move(g));
}

template <class T>
simd::bin_group<typename direct_sums<T>::real> direct_sums<T>::described(const group& g,
                                                                         std::size_t from) const
{
    return { g.count - from,
             g.kappa.data() + from,
             g.sine_half.data() + from,
             g.cosine_half.data() + from,
             g.sine_scale.data() + from,
             g.step.data() + from,
             static_cast<integer>(2 * d_n_fft),
             { g.theta[0].data() + from, g.theta[1].data() + from },
             d_reach };
}

template <class T>
std::size_t direct_sums<T>::image(std::size_t bin, bool mirrored) const
{
    return mirrored ? (d_n_fft - bin) % d_n_fft : bin;
}

template <class T>
void direct_sums<T>::prepare(const position& t, const double* theta)
{
    const auto all_bins = bins<T>(d_n_fft);
    d_reach = *std::max_element(theta, theta + all_bins) / 2;
    d_fraction = t.fraction;
    const auto end = static_cast<std::size_t>(d_reach) + simd::restart + 4;
    for (std::size_t r = 0; r < std::min(end, d_x_after.size()); ++r) {
        d_x_after[r] = static_cast<real>(static_cast<double>(r) - d_fraction);
        d_x_before[r] = static_cast<real>(static_cast<double>(r) + d_fraction);
    }
    // exp(2j pi m i / n_fft), with the index reduced in integers
    const auto size = static_cast<std::int64_t>(d_n_fft);
    const auto stride = static_cast<std::size_t>((t.sample % size + size) % size);
    std::size_t at = 0;
    for (auto& turn : d_turns) {
        turn = d_roots[at];
        at += stride;
        at -= at >= d_n_fft ? d_n_fft : 0;
    }
    prepare_norms(t.fraction, theta);
}

template <class T>
void direct_sums<T>::prepare_norms(double fraction, const double* theta)
{
    const auto all_bins = bins<T>(d_n_fft);
    const double depends_on = d_norm == norm::dcunit ? fraction : 0;
    if (d_norms_fraction == depends_on &&
        std::memcmp(theta, d_norms_theta.data(), all_bins * sizeof(double)) == 0)
        return;
    std::copy_n(theta, all_bins, d_norms_theta.begin());
    d_norms_fraction = depends_on;
    auto& to = d_norms;
    if (d_norm == norm::dcunit) {
        std::copy_n(theta, all_bins, d_theta.begin());
        std::fill(d_theta.begin() + static_cast<std::ptrdiff_t>(all_bins), d_theta.end(), real(1));
        simd::chosen<real>().window_sums(d_window.shape(),
                                         d_window.rho(),
                                         fraction,
                                         d_theta.data(),
                                         all_bins,
                                         d_reach,
                                         to.value.data(),
                                         to.length_g.data(),
                                         to.position_g.data());
        for (std::size_t m = 0; m < all_bins; ++m) {
            const auto sum = to.value[m];
            const auto per_sum = sum > 0 ? 1 / sum : 0;
            const auto per_theta = static_cast<real>(1 / theta[m]);
            to.value[m] = per_sum;
            to.slope[m] = -per_theta * per_sum;
            to.length_g[m] *= per_theta * per_sum * per_sum;
            to.position_g[m] *= per_theta * per_sum * per_sum;
        }
        return;
    }
    const auto fill = [&](auto factor) {
        const auto power = norm_scale(d_norm, d_window, d_n_fft, 1).power;
        for (std::size_t m = 0; m < all_bins; ++m) {
            const double value = factor(theta[m]), slope = -value / theta[m];
            to.value[m] = static_cast<real>(value);
            to.slope[m] = static_cast<real>(slope);
            to.length_g[m] = static_cast<real>(power * slope);
            to.position_g[m] = 0;
        }
    };
    const double unit = norm_scale(d_norm, d_window, d_n_fft, 1).factor;
    if (d_norm == norm::peak)
        fill([](double) { return 1.0; });
    else if (d_norm == norm::l2)
        fill([unit](double length) { return unit / std::sqrt(length); });
    else
        fill([unit](double length) { return unit / length; });
}

template <class T>
void direct_sums<T>::fold(const excerpt<T>& x, const position& t, bool imaginary)
{
    // the samples strictly under the longest window
    const auto after = static_cast<std::int64_t>(std::ceil(d_reach + d_fraction));
    const auto before = static_cast<std::int64_t>(std::ceil(d_reach - d_fraction));
    const auto end = static_cast<std::size_t>(after) + 6;
    std::fill_n(d_after.begin(), end, real(0));
    std::fill_n(d_before.begin(), end, real(0));
    const auto from = std::max(t.sample, x.begin), to = std::min(t.sample + after, x.end);
    for (auto k = from; k < to; ++k)
        d_after[static_cast<std::size_t>(k - t.sample)] = part(x.samples[k - x.begin], imaginary);
    const auto first = std::max(t.sample - before + 1, x.begin), last = std::min(t.sample, x.end);
    for (auto k = first; k < last; ++k)
        d_before[static_cast<std::size_t>(t.sample - k)] = part(x.samples[k - x.begin], imaginary);
    if (d_groups.size() > 1) // a group of angles pi - angle
        for (std::size_t r = 0; r < end; ++r) {
            const real sign = r % 2 ? real(-1) : real(1);
            d_alternating_after[r] = sign * d_after[r];
            d_alternating_before[r] = sign * d_before[r];
        }
}

template <class T>
void direct_sums<T>::gather_theta(const double* theta, bool mirrored)
{
    for (auto& g : d_groups)
        for (int set = 0; set < g.sets(); ++set) {
            auto* to = g.theta[set].data();
            std::size_t latest = 0;
            for (std::size_t j = 0; j < g.count; ++j) {
                latest = g.bin[set][j] == no_bin ? latest : g.bin[set][j];
                to[j] = static_cast<real>(theta[image(latest, mirrored)]);
            }
        }
}

template <class T>
void direct_sums<T>::sum(const double* theta, bool mirrored, int order, std::size_t served)
{
    gather_theta(theta, mirrored);
    for (auto& g : d_groups) {
        const simd::folded_frame<real> frame{
            g.alternating ? d_alternating_after.data() : d_after.data(),
            g.alternating ? d_alternating_before.data() : d_before.data(),
            d_x_after.data(),
            d_x_before.data(),
            d_fraction
        };
        simd::group_sums<real> to;
        for (int set = 0; set < 2; ++set)
            for (int k = 0; k < 3; ++k) {
                to.cosine[set][k] = g.cosine[set][k].data() + served;
                to.sine[set][k] = g.sine[set][k].data() + served;
            }
        simd::chosen<real>().analyse(
            d_window.shape(), d_window.rho(), order, g.sets(), frame, described(g, served), to);
        for (int set = 0; set < g.sets(); ++set) {
            const real sign = set == 1 || g.alternating ? real(1) : real(-1);
            for (int k = 0; k < order; ++k)
                for (std::size_t j = served; j < g.count; ++j)
                    if (g.bin[set][j] != no_bin)
                        d_half_sums[k][g.bin[set][j]] = { g.cosine[set][k][j],
                                                          sign * g.sine[set][k][j] };
        }
    }
}

template <class T>
void direct_sums<T>::analyse(const excerpt<T>& x,
                             const position& t,
                             const double* theta,
                             complex* spectrum,
                             complex* by_theta,
                             complex* by_t)
{
    const bool in_runs = d_of_runs.serves_all(theta);
    if (in_runs && d_of_runs.by_few())
        return d_of_runs.analyse(x, t, spectrum, by_theta, by_t);
    const int order = by_t ? 3 : by_theta ? 2 : 1;
    if (d_running && d_running->follows(x, t, theta, by_theta)) {
        d_reach = *std::max_element(theta, theta + bins<T>(d_n_fft)) / 2;
        prepare_norms(t.fraction, theta);
        const auto row = [](complex* of) { return reinterpret_cast<real*>(of); };
        return d_running->sum({ d_norms.value.data(),
                                d_norms.length_g.data(),
                                d_norms.position_g.data(),
                                d_norms.slope.data(),
                                row(spectrum),
                                row(by_theta),
                                row(by_t) });
    }
    if (in_runs)
        return d_of_runs.analyse(x, t, spectrum, by_theta, by_t);
    const auto served =
        is_real_v<T> && d_groups.size() == 1 ? d_of_runs.serves_outer(theta, widest<real>) : 0;
    prepare(t, theta);
    if constexpr (is_real_v<T>) {
        fold(x, t, false);
        sum(theta, false, order, served);
        for (int k = 0; k < order; ++k)
            std::swap(d_sums[k], d_half_sums[k]);
    } else {
        for (const bool imaginary : { false, true }) {
            fold(x, t, imaginary);
            const complex unit = imaginary ? complex(0, 1) : complex(1, 0);
            for (const bool mirrored : { false, true }) {
                sum(theta, mirrored, order, 0);
                for (int k = 0; k < order; ++k)
                    for (std::size_t m = mirrored ? 1 : 0; m <= d_half; ++m) {
                        const auto to = image(m, mirrored);
                        if (mirrored && to <= d_half)
                            continue; // this bin is its own mirror image
                        const auto value =
                            unit * (mirrored ? std::conj(d_half_sums[k][m]) : d_half_sums[k][m]);
                        d_sums[k][to] = imaginary ? d_sums[k][to] + value : value;
                    }
            }
        }
    }
    const auto all_bins = bins<T>(d_n_fft);
    const auto& n = d_norms;
    const auto turned = [&](std::size_t m, const complex& z) { return z * std::conj(d_turns[m]); };
    if (spectrum)
        for (std::size_t m = 0; m < all_bins; ++m)
            spectrum[m] = turned(m, n.value[m] * d_sums[0][m]);
    if (by_theta)
        for (std::size_t m = 0; m < all_bins; ++m)
            by_theta[m] = turned(m, n.length_g[m] * d_sums[0][m] + n.slope[m] * d_sums[1][m]);
    if (by_t)
        for (std::size_t m = 0; m < all_bins; ++m)
            by_t[m] = turned(m, n.position_g[m] * d_sums[0][m] + n.slope[m] * d_sums[2][m]);
    if (served > 0)
        d_of_runs.analyse(x, t, spectrum, by_theta, by_t);
}

template <class T>
void direct_sums<T>::clear_spread()
{
    std::fill(d_spread_after.begin(), d_spread_after.end(), 0.0);
    std::fill(d_spread_before.begin(), d_spread_before.end(), 0.0);
}

template <class T>
template <class Weight>
void direct_sums<T>::spread(const double* theta, bool mirrored, Weight weight)
{
    gather_theta(theta, mirrored);
    for (auto& g : d_groups) {
        for (int set = 0; set < g.sets(); ++set)
            for (std::size_t j = 0; j < g.count; ++j) {
                const auto bin = g.bin[set][j];
                const complex z = bin == no_bin ? complex(0) : weight(bin);
                g.re[set][j] = z.real();
                g.im[set][j] = g.alternating ? -z.imag() : z.imag();
            }
        const real* const re[2] = { g.re[0].data(), g.re[1].data() };
        const real* const im[2] = { g.im[0].data(), g.im[1].data() };
        const simd::folded_frame<real> frame{
            nullptr, nullptr, d_x_after.data(), d_x_before.data(), d_fraction
        };
        std::fill(d_group_after.begin(), d_group_after.end(), 0.0);
        std::fill(d_group_before.begin(), d_group_before.end(), 0.0);
        simd::chosen<real>().spread(d_window.shape(),
                                    d_window.rho(),
                                    g.sets(),
                                    frame,
                                    described(g),
                                    re,
                                    im,
                                    d_scratch.data(),
                                    d_group_after.data(),
                                    d_group_before.data());
        for (std::size_t r = 0; r < d_group_after.size(); ++r) {
            const double sign = g.alternating && r % 2 ? -1 : 1;
            d_spread_after[r] += sign * d_group_after[r];
            d_spread_before[r] += sign * d_group_before[r];
        }
    }
}

template <class T>
template <class Add>
void direct_sums<T>::unfold(const position& t, std::int64_t begin, std::int64_t end, Add add) const
{
    const auto extent = static_cast<std::int64_t>(d_reach + d_fraction) + 2;
    for (auto k = std::max(begin, t.sample - extent); k < std::min(end, t.sample + extent); ++k) {
        const auto r = k - t.sample;
        add(k - begin,
            r < 0 ? d_spread_before[static_cast<std::size_t>(-r)]
                  : d_spread_after[static_cast<std::size_t>(r)]);
    }
}

template <class T>
void direct_sums<T>::pull_back(const excerpt<T>& x,
                               const position& t,
                               const double* theta,
                               const complex* G,
                               double* theta_gradient,
                               double* t_gradient,
                               T* x_gradient)
{
    const auto all_bins = bins<T>(d_n_fft);
    const auto product = [](const complex& a, const complex& b) {
        return static_cast<double>(a.real()) * b.real() + static_cast<double>(a.imag()) * b.imag();
    };
    if (theta_gradient || t_gradient) {
        analyse(x, t, theta, nullptr, d_by_theta.data(), t_gradient ? d_by_t.data() : nullptr);
        for (std::size_t m = 0; theta_gradient && m < all_bins; ++m)
            theta_gradient[m] += product(G[m], d_by_theta[m]);
        for (std::size_t m = 0; t_gradient && m < all_bins; ++m)
            *t_gradient += product(G[m], d_by_t[m]);
    }
    if (!x_gradient)
        return;
    if (d_of_runs.serves_all(theta))
        return d_of_runs.pull_back(x, t, G, x_gradient);
    prepare(t, theta);
    const auto z = [&](std::size_t m) { return d_norms.value[m] * G[m] * d_turns[m]; };
    if constexpr (is_real_v<T>) {
        clear_spread();
        spread(theta, false, z);
        unfold(t, x.begin, x.end, [&](std::int64_t at, double v) {
            x_gradient[at] += static_cast<real>(v);
        });
    } else {
        for (const bool imaginary : { false, true }) {
            clear_spread();
            // Im z = Re(-jz); the image of a bin contributes the conjugate of its own
            const complex unit = imaginary ? complex(0, -1) : complex(1, 0);
            spread(theta, false, [&](std::size_t m) { return unit * z(m); });
            spread(theta, true, [&](std::size_t m) {
                const auto other = image(m, true);
                return other <= d_half ? complex(0) : std::conj(unit * z(other));
            });
            unfold(t, x.begin, x.end, [&](std::int64_t at, double v) {
                x_gradient[at] +=
                    imaginary ? T(0, static_cast<real>(v)) : T(static_cast<real>(v), 0);
            });
        }
    }
}

template <class T>
void direct_sums<T>::energy(const position& t,
                            const double* theta,
                            const real* weight,
                            std::int64_t begin,
                            std::int64_t end,
                            double* sum)
{
    if (d_of_runs.serves_all(theta))
        return d_of_runs.energy(t, weight, begin, end, sum);
    prepare(t, theta);
    clear_spread();
    for (const bool mirrored : { false, true }) {
        if (mirrored && is_real_v<T>)
            break;
        gather_theta(theta, mirrored);
        for (auto& g : d_groups) {
            for (int set = 0; set < g.sets(); ++set)
                for (std::size_t j = 0; j < g.count; ++j) {
                    const auto bin = g.bin[set][j];
                    const auto own = bin == no_bin ? 0 : image(bin, mirrored);
                    const bool counts = bin != no_bin && !(mirrored && own <= d_half);
                    g.re[set][j] =
                        counts ? weight[own] * d_norms.value[own] * d_norms.value[own] : 0;
                }
            const real* const weights[2] = { g.re[0].data(), g.re[1].data() };
            const simd::folded_frame<real> frame{
                nullptr, nullptr, d_x_after.data(), d_x_before.data(), d_fraction
            };
            simd::chosen<real>().energy(d_window.shape(),
                                        d_window.rho(),
                                        g.sets(),
                                        frame,
                                        described(g),
                                        weights,
                                        d_scratch.data(),
                                        d_spread_after.data(),
                                        d_spread_before.data());
        }
    }
    unfold(t, begin, end, [&](std::int64_t at, double v) { sum[at] += v; });
}

template class direct_sums<float>;
template class direct_sums<double>;
template class direct_sums<std::complex<float>>;
template class direct_sums<std::complex<double>>;

} // namespace gr::stft::kernel
