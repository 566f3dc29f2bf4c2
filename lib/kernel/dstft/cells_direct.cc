/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "cells_direct.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <boost/math/constants/constants.hpp>
#include <algorithm>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr double pi = boost::math::double_constants::pi;
constexpr std::size_t no_bin = std::numeric_limits<std::size_t>::max();

template <class R>
constexpr std::size_t widest = simd::padding / sizeof(R); // numbers in the widest vector

} // namespace

template <class T>
cells_direct<T>::cells_direct(std::size_t n_fft, const window_family& window)
    : d_n_fft(n_fft), d_bins(bins<T>(n_fft)), d_half(n_fft / 2), d_window(window)
{
    d_frame.twiddles.resize(d_bins);
    const auto reach = d_half + simd::restart + simd::padding;
    for (auto* rows :
         { &d_frame.distance, &d_sample, &d_alternating, &d_moment, &d_alternating_moment })
        rows->for_both([&](auto& row) { row.assign(reach, 0); });
    for (auto* both : { &d_spread, &d_group_spread })
        both->for_both([&](auto& row) { row.assign(reach, 0); });
    d_scratch.resize(2 * reach * widest<real>);
    for (int k = 0; k < 3; ++k) {
        d_half_sums[k].resize(d_half + 1);
        d_sums[k].resize(d_bins);
    }
    for (std::size_t j = 0; j < n_fft; ++j)
        d_roots.push_back(static_cast<complex>(unit_root(j, n_fft)));

    const auto quarter = n_fft / 4;
    if (n_fft % 2 == 0) {
        add_group(group_of::pairs, 0, quarter);
    } else {
        add_group(group_of::low_bins, 0, quarter);
        if (quarter < d_half)
            add_group(group_of::high_bins, quarter + 1, d_half);
    }
}

template <class T>
void cells_direct<T>::add_group(group_of what, std::size_t from, std::size_t to)
{
    group g;
    g.what = what;
    const auto count = to - from + 1;
    g.count = (count + widest<real> - 1) / widest<real> * widest<real>;
    const auto cycle = 2 * d_n_fft;
    for (std::size_t j = 0; j < g.count; ++j) {
        const auto bin = from + std::min(j, count - 1);
        const auto h = g.alternates() ? d_n_fft - 2 * bin : 2 * bin;
        const double angle = pi * static_cast<double>(h) / static_cast<double>(d_n_fft);
        g.kappa.push_back(static_cast<real>(4 * std::pow(std::sin(angle / 2), 2)));
        g.sine_half.push_back(static_cast<real>(std::sin(angle / 2)));
        g.cosine_half.push_back(static_cast<real>(std::cos(angle / 2)));
        g.sine_scale.push_back(h == 0 ? real(0) : static_cast<real>(-0.5 / std::sin(angle)));
        g.step.push_back(static_cast<integer>(simd::restart * h % cycle));
        g.bin[0].push_back(j < count ? bin : no_bin);
        if (what == group_of::pairs)
            g.bin[1].push_back(j < count && d_half - bin != bin ? d_half - bin : no_bin);
    }
    for (int set = 0; set < 2; ++set)
        for (auto* row : { &g.theta[set], &g.re[set], &g.im[set] })
            row->assign(g.count, 1);
    for (int k = 0; k < 3; ++k) {
        g.cosine[k].resize(g.count);
        g.sine[k].resize(g.count);
    }
    d_groups.push_back(std::move(g));
}

template <class T>
std::size_t cells_direct<T>::granule() const
{
    return is_real_v<T> && d_groups.front().what == group_of::pairs ? widest<real> : 0;
}

template <class T>
simd::bin_group<typename cells_direct<T>::real>
cells_direct<T>::entries(const placed_frame& frame, const group& g, std::size_t from) const
{
    return { g.count - from,
             g.sets(),
             g.kappa.data() + from,
             g.sine_half.data() + from,
             g.cosine_half.data() + from,
             g.sine_scale.data() + from,
             g.step.data() + from,
             static_cast<integer>(2 * d_n_fft),
             { g.theta[0].data() + from, g.theta[1].data() + from },
             frame.reach };
}

template <class T>
std::size_t cells_direct<T>::bin_of(std::size_t bin, half which) const
{
    return which == half::upper ? (d_n_fft - bin) % d_n_fft : bin;
}

template <class T>
auto cells_direct<T>::place(const position& t, const double* theta) -> const placed_frame&
{
    auto& frame = d_frame;
    frame.t = t;
    frame.reach = *std::max_element(theta, theta + d_bins) / 2;
    const auto end = static_cast<std::size_t>(frame.reach) + simd::restart + 4;
    for (std::size_t r = 0; r < std::min(end, frame.distance.after.size()); ++r) {
        frame.distance.after[r] = static_cast<real>(static_cast<double>(r) - t.fraction);
        frame.distance.before[r] = static_cast<real>(static_cast<double>(r) + t.fraction);
    }
    // exp(2j pi m i / n_fft), with the index reduced in integers
    const auto size = static_cast<std::int64_t>(d_n_fft);
    const auto stride = static_cast<std::size_t>((t.sample % size + size) % size);
    std::size_t at = 0;
    for (auto& twiddle : frame.twiddles) {
        twiddle = d_roots[at];
        at += stride;
        at -= at >= d_n_fft ? d_n_fft : 0;
    }
    return frame;
}

template <class T>
void cells_direct<T>::fold(const excerpt<T>& x,
                           const placed_frame& frame,
                           part which,
                           simd::window_terms terms)
{
    const auto& t = frame.t;
    const auto taken = [&](const T& sample) {
        if constexpr (is_real_v<T>)
            return sample;
        else
            return which == part::imaginary ? sample.imag() : sample.real();
    };
    // the samples strictly under the longest window
    const auto after = static_cast<std::int64_t>(std::ceil(frame.reach + t.fraction));
    const auto before = static_cast<std::int64_t>(std::ceil(frame.reach - t.fraction));
    const auto end = static_cast<std::size_t>(after) + 6;
    d_sample.for_both([&](auto& row) { std::fill_n(row.begin(), end, real(0)); });
    const auto from = std::max(t.sample, x.begin), to = std::min(t.sample + after, x.end);
    for (auto k = from; k < to; ++k)
        d_sample.after[static_cast<std::size_t>(k - t.sample)] = taken(x.samples[k - x.begin]);
    const auto first = std::max(t.sample - before + 1, x.begin), last = std::min(t.sample, x.end);
    for (auto k = first; k < last; ++k)
        d_sample.before[static_cast<std::size_t>(t.sample - k)] = taken(x.samples[k - x.begin]);
    for (std::size_t r = 0; r < end; ++r) {
        const real sign = r % 2 ? real(-1) : real(1);
        d_alternating.after[r] = sign * d_sample.after[r];
        d_alternating.before[r] = sign * d_sample.before[r];
    }
    if (terms == simd::window_terms::g)
        return;
    const auto weigh = [&](const real_rows& samples, real_rows& moments) {
        for (std::size_t r = 0; r < end; ++r) {
            moments.after[r] = samples.after[r] * frame.distance.after[r];
            moments.before[r] = samples.before[r] * frame.distance.before[r];
        }
    };
    weigh(d_sample, d_moment);
    weigh(d_alternating, d_alternating_moment);
}

template <class T>
simd::folded_frame<typename cells_direct<T>::real>
cells_direct<T>::samples_for(const placed_frame& frame, bool alternating) const
{
    const auto& samples = alternating ? d_alternating : d_sample;
    const auto& moments = alternating ? d_alternating_moment : d_moment;
    return { samples.after.data(),  samples.before.data(),       moments.after.data(),
             moments.before.data(), frame.distance.after.data(), frame.distance.before.data(),
             frame.t.fraction };
}

template <class T>
simd::folded_frame<typename cells_direct<T>::real>
cells_direct<T>::distances_of(const placed_frame& frame) const
{
    return { nullptr,
             nullptr,
             nullptr,
             nullptr,
             frame.distance.after.data(),
             frame.distance.before.data(),
             frame.t.fraction };
}

template <class T>
void cells_direct<T>::gather_theta(const double* theta, half which)
{
    for (auto& g : d_groups)
        for (int set = 0; set < g.sets(); ++set) {
            auto* to = g.theta[set].data();
            std::size_t latest = 0;
            for (std::size_t j = 0; j < g.count; ++j) {
                latest = g.bin[set][j] == no_bin ? latest : g.bin[set][j];
                to[j] = static_cast<real>(theta[bin_of(latest, which)]);
            }
        }
}

template <class T>
void cells_direct<T>::sum(const placed_frame& frame,
                          const double* theta,
                          half which,
                          simd::window_terms terms,
                          std::size_t left_out,
                          complex* const to[3])
{
    gather_theta(theta, which);
    for (auto& g : d_groups)
        for (int set = 0; set < g.sets(); ++set) {
            auto bins = entries(frame, g, left_out);
            bins.sets = 1;
            bins.theta[0] = bins.theta[set];
            simd::group_sums<real> rows;
            for (int k = 0; k < 3; ++k) {
                rows.cosine[k] = g.cosine[k].data() + left_out;
                rows.sine[k] = g.sine[k].data() + left_out;
            }
            // the angles pi - angle of set 1: cos((pi - angle) r) = (-1)^r cos(angle r), and
            // sin((pi - angle) r) = -(-1)^r sin(angle r)
            const bool alternates = set == 1 || g.alternates();
            simd::chosen<real>().analyse(d_window.shape(),
                                         d_window.rho(),
                                         terms,
                                         samples_for(frame, alternates),
                                         bins,
                                         rows);
            const real sign = alternates ? real(1) : real(-1);
            for (int k = 0; k < static_cast<int>(terms); ++k)
                for (std::size_t j = left_out; j < g.count; ++j)
                    if (g.bin[set][j] != no_bin)
                        to[k][g.bin[set][j]] = { g.cosine[k][j], sign * g.sine[k][j] };
        }
}

template <class T>
void cells_direct<T>::sum_all(const excerpt<T>& x,
                              const placed_frame& frame,
                              const double* theta,
                              simd::window_terms terms,
                              std::size_t left_out)
{
    if constexpr (is_real_v<T>) {
        complex* const to[] = { d_sums[0].data(), d_sums[1].data(), d_sums[2].data() };
        fold(x, frame, part::real, terms);
        sum(frame, theta, half::lower, terms, left_out, to);
    } else {
        complex* const to[] = { d_half_sums[0].data(),
                                d_half_sums[1].data(),
                                d_half_sums[2].data() };
        for (const auto signal : { part::real, part::imaginary }) {
            fold(x, frame, signal, terms);
            const bool imaginary = signal == part::imaginary;
            const complex unit = imaginary ? complex(0, 1) : complex(1, 0);
            for (const auto which : { half::lower, half::upper }) {
                sum(frame, theta, which, terms, left_out, to);
                const bool upper = which == half::upper;
                for (int k = 0; k < static_cast<int>(terms); ++k)
                    for (std::size_t m = upper ? 1 : 0; m <= d_half; ++m) {
                        const auto bin = bin_of(m, which);
                        if (upper && bin <= d_half)
                            continue; // this bin is its own image
                        const auto value =
                            unit * (upper ? std::conj(d_half_sums[k][m]) : d_half_sums[k][m]);
                        d_sums[k][bin] = imaginary ? d_sums[k][bin] + value : value;
                    }
            }
        }
    }
}

template <class T>
void cells_direct<T>::analyse(const excerpt<T>& x,
                              const position& t,
                              const double* theta,
                              const norm_rows<real>& n,
                              std::size_t left_out,
                              complex* spectrum,
                              complex* by_theta,
                              complex* by_t)
{
    using simd::window_terms;
    const auto& frame = place(t, theta);
    const auto terms = by_t       ? window_terms::g_ug_slope
                       : by_theta ? window_terms::g_ug
                                  : window_terms::g;
    sum_all(x, frame, theta, terms, left_out);
    const auto rotated = [&](std::size_t m, const complex& z) {
        return z * std::conj(frame.twiddles[m]);
    };
    if (spectrum)
        for (std::size_t m = 0; m < d_bins; ++m)
            spectrum[m] = rotated(m, n.value[m] * d_sums[0][m]);
    if (by_theta)
        for (std::size_t m = 0; m < d_bins; ++m)
            by_theta[m] = rotated(m, n.length_g[m] * d_sums[0][m] + n.slope[m] * d_sums[1][m]);
    if (by_t)
        for (std::size_t m = 0; m < d_bins; ++m)
            by_t[m] = rotated(m, n.position_g[m] * d_sums[0][m] + n.slope[m] * d_sums[2][m]);
}

template <class T>
void cells_direct<T>::clear_spread()
{
    d_spread.for_both([](auto& row) { std::fill(row.begin(), row.end(), 0.0); });
}

template <class T>
template <class Weight>
void cells_direct<T>::spread(const placed_frame& frame,
                             const double* theta,
                             half which,
                             Weight weight)
{
    gather_theta(theta, which);
    for (auto& g : d_groups) {
        for (int set = 0; set < g.sets(); ++set)
            for (std::size_t j = 0; j < g.count; ++j) {
                const auto bin = g.bin[set][j];
                const complex z = bin == no_bin ? complex(0) : weight(bin);
                g.re[set][j] = z.real();
                g.im[set][j] = g.alternates() ? -z.imag() : z.imag();
            }
        const real* const re[2] = { g.re[0].data(), g.re[1].data() };
        const real* const im[2] = { g.im[0].data(), g.im[1].data() };
        d_group_spread.for_both([](auto& row) { std::fill(row.begin(), row.end(), 0.0); });
        simd::chosen<real>().spread(d_window.shape(),
                                    d_window.rho(),
                                    distances_of(frame),
                                    entries(frame, g),
                                    re,
                                    im,
                                    d_scratch.data(),
                                    d_group_spread.after.data(),
                                    d_group_spread.before.data());
        for (std::size_t r = 0; r < d_spread.after.size(); ++r) {
            const double sign = g.alternates() && r % 2 ? -1 : 1;
            d_spread.after[r] += sign * d_group_spread.after[r];
            d_spread.before[r] += sign * d_group_spread.before[r];
        }
    }
}

template <class T>
template <class Add>
void cells_direct<T>::unfold(const placed_frame& frame,
                             std::int64_t begin,
                             std::int64_t end,
                             Add add) const
{
    const auto& t = frame.t;
    const auto extent = static_cast<std::int64_t>(frame.reach + t.fraction) + 2;
    for (auto k = std::max(begin, t.sample - extent); k < std::min(end, t.sample + extent); ++k) {
        const auto r = k - t.sample;
        add(k - begin,
            r < 0 ? d_spread.before[static_cast<std::size_t>(-r)]
                  : d_spread.after[static_cast<std::size_t>(r)]);
    }
}

template <class T>
void cells_direct<T>::pull_back(const position& t,
                                const double* theta,
                                const norm_rows<real>& n,
                                const complex* G,
                                std::int64_t begin,
                                std::int64_t end,
                                T* x_gradient)
{
    const auto& frame = place(t, theta);
    const auto z = [&](std::size_t m) { return n.value[m] * G[m] * frame.twiddles[m]; };
    if constexpr (is_real_v<T>) {
        clear_spread();
        spread(frame, theta, half::lower, z);
        unfold(frame, begin, end, [&](std::int64_t at, double v) {
            x_gradient[at] += static_cast<real>(v);
        });
    } else {
        for (const auto signal : { part::real, part::imaginary }) {
            const bool imaginary = signal == part::imaginary;
            clear_spread();
            // Im z = Re(-jz); the image of a bin contributes the conjugate of its own
            const complex unit = imaginary ? complex(0, -1) : complex(1, 0);
            spread(frame, theta, half::lower, [&](std::size_t m) { return unit * z(m); });
            spread(frame, theta, half::upper, [&](std::size_t m) {
                const auto image = bin_of(m, half::upper);
                return image <= d_half ? complex(0) : std::conj(unit * z(image));
            });
            unfold(frame, begin, end, [&](std::int64_t at, double v) {
                x_gradient[at] +=
                    imaginary ? T(0, static_cast<real>(v)) : T(static_cast<real>(v), 0);
            });
        }
    }
}

template <class T>
void cells_direct<T>::energy(const position& t,
                             const double* theta,
                             const norm_rows<real>& n,
                             const real* weight,
                             std::int64_t begin,
                             std::int64_t end,
                             double* sum)
{
    const auto& frame = place(t, theta);
    clear_spread();
    for (const auto which : { half::lower, half::upper }) {
        const bool upper = which == half::upper;
        if (upper && is_real_v<T>)
            break;
        gather_theta(theta, which);
        for (auto& g : d_groups) {
            for (int set = 0; set < g.sets(); ++set)
                for (std::size_t j = 0; j < g.count; ++j) {
                    const auto m = g.bin[set][j];
                    const auto bin = m == no_bin ? 0 : bin_of(m, which);
                    const bool counts = m != no_bin && !(upper && bin <= d_half);
                    g.re[set][j] = counts ? weight[bin] * n.value[bin] * n.value[bin] : 0;
                }
            const real* const weights[2] = { g.re[0].data(), g.re[1].data() };
            simd::chosen<real>().energy(d_window.shape(),
                                        d_window.rho(),
                                        distances_of(frame),
                                        entries(frame, g),
                                        weights,
                                        d_scratch.data(),
                                        d_spread.after.data(),
                                        d_spread.before.data());
        }
    }
    unfold(frame, begin, end, [&](std::int64_t at, double v) { sum[at] += v; });
}

template class cells_direct<float>;
template class cells_direct<double>;
template class cells_direct<std::complex<float>>;
template class cells_direct<std::complex<double>>;

} // namespace gr::stft::kernel
