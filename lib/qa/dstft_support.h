/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_DSTFT_SUPPORT_H
#define INCLUDED_STFT_LIB_QA_DSTFT_SUPPORT_H

#include "support.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <map>

/* The DSTFT's slow twin: windows by their textbook formulas and plain sums, in extended precision. */
namespace qa {

using gr::stft::kernel::norm;
using gr::stft::kernel::position;
using gr::stft::kernel::sharing;
using gr::stft::kernel::wrt;

using extended = long double;
using extended_value = std::complex<extended>;
constexpr extended extended_pi = 3.14159265358979323846264338327950288L;

//! A window's shape by its formula, |u| < 1/2; smooth a little beyond, so that differences may be taken at the edge.
struct plain_family {
    const char* name;
    std::function<extended(extended)> g;

    //! Simpson's rule on the two pieces of Parzen's window, which are smooth in every other shape too; once for each power.
    extended integral(int power) const
    {
        static std::map<std::pair<std::string, int>, extended> known;
        auto& total = known[{ name, power }];
        if (total > 0)
            return total;
        for (const extended from : { 0.0L, 0.25L }) {
            constexpr int steps = 2000;
            const extended h = 0.25L / steps;
            for (int i = 0; i <= steps; ++i) {
                const int weight = i == 0 || i == steps ? 1 : i % 2 ? 4 : 2;
                total += 2 * weight * h / 3 * std::pow(g(from + i * h), power);
            }
        }
        return total;
    }
};

inline extended cosine_sum(extended u, const std::vector<extended>& coefficients)
{
    extended total = 0;
    for (std::size_t j = 0; j < coefficients.size(); ++j)
        total += coefficients[j] * std::cos(2 * extended_pi * static_cast<extended>(j) * u);
    return total;
}

constexpr double sixth = 1.0 / 6;

inline const std::vector<plain_family> plain_families{
    { "hann",
      [](extended u) {
          return cosine_sum(u, { 0.5L, 0.5L });
      } },
    { "sine", [](extended u) { return std::cos(extended_pi * u); } },
    { "blackman",
      [](extended u) {
          return cosine_sum(u, { 0.42L, 0.5L, 0.08L });
      } },
    { "nuttall_cfd",
      [](extended u) {
          return cosine_sum(u, { 0.355768L, 0.487396L, 0.144232L, 0.012604L });
      } },
    { "bartlett", [](extended u) { return 1 - 2 * std::abs(u); } },
    { "parzen",
      [](extended u) {
          const auto x = 2 * std::abs(u);
          return x < 0.5L ? 1 - 6 * x * x * (1 - x) : 2 * std::pow(1 - x, 3);
      } },
    { "bohman",
      [](extended u) {
          const auto x = 2 * std::abs(u);
          return (1 - x) * std::cos(extended_pi * x) + std::sin(extended_pi * x) / extended_pi;
      } },
    { "gaussian",
      [](extended u) {
          const extended rho = sixth;
          return std::exp(-u * u / (2 * rho * rho));
      } },
};

inline const plain_family& plain_family_named(const std::string& name)
{
    for (const auto& one : plain_families)
        if (name == one.name)
            return one;
    throw std::logic_error(name);
}

//! S[m] = sum_k w(k - t, theta_m) x[k] exp(-2j pi k m / n_fft), its derivatives and its adjoint, for one frame.
struct plain_dstft {
    std::size_t n_fft;
    plain_family family;
    norm scale;
    extended integral, energy;
    values roots; // exp(-2j pi i / n_fft)

    plain_dstft(std::size_t size, const std::string& name, norm n)
        : n_fft(size), family(plain_family_named(name)), scale(n)
    {
        // the Gaussian's integrals are those of the whole line
        const extended whole_line = std::sqrt(2 * extended_pi) * extended(sixth);
        const bool gaussian = name == "gaussian";
        integral = gaussian ? whole_line : family.integral(1);
        energy = gaussian ? whole_line / std::sqrt(2.0L) : family.integral(2);
        for (std::size_t i = 0; i < n_fft; ++i)
            roots.push_back(twiddle(1, static_cast<std::int64_t>(i), n_fft));
    }

    //! Offsets from t.sample of the integers under a window: |r - fraction| < theta / 2.
    static std::pair<std::int64_t, std::int64_t> under(const position& t, double theta)
    {
        std::pair<std::int64_t, std::int64_t> range{ 0, 0 };
        const extended half = static_cast<extended>(theta) / 2;
        const auto inside = [&](std::int64_t r) {
            return std::abs(static_cast<extended>(r) - t.fraction) < half;
        };
        const auto reach = static_cast<std::int64_t>(half) + 2;
        range = { reach, -reach };
        for (auto r = -reach; r <= reach; ++r)
            if (inside(r))
                range = { std::min(range.first, r), std::max(range.second, r + 1) };
        return range;
    }

    /*!
     * The window on the integers of `range`. Which integers those are does not change while theta and t are moved by
     * less than a step of a difference, so that edges (the Gaussian's step, Bartlett's kink) are left out.
     */
    std::vector<extended> window(std::pair<std::int64_t, std::int64_t> range,
                                 const position& t,
                                 extended theta,
                                 extended moved = 0) const
    {
        std::vector<extended> w;
        extended sum = 0;
        for (auto r = range.first; r < range.second; ++r) {
            w.push_back(family.g((static_cast<extended>(r) - t.fraction - moved) / theta));
            sum += w.back();
        }
        const extended factor = scale == norm::l1         ? 1 / (integral * theta)
                                : scale == norm::l2       ? 1 / std::sqrt(energy * theta)
                                : scale == norm::contract ? static_cast<extended>(n_fft) / theta
                                : scale == norm::dcunit   ? 1 / sum
                                                          : 1;
        for (auto& one : w)
            one *= factor;
        return w;
    }

    //! The window or its derivative, by differences of fourth order: errors 1e-13 of the derivative and less.
    std::vector<extended> window(const position& t, double theta, wrt variable) const
    {
        const auto range = under(t, theta);
        if (variable == wrt::nothing)
            return window(range, t, theta);
        const extended h = 1e-4L * theta;
        const auto at = [&](int step) {
            return variable == wrt::length ? window(range, t, theta + step * h)
                                           : window(range, t, theta, step * h);
        };
        const auto a = at(-2), b = at(-1), c = at(1), d = at(2);
        std::vector<extended> slope;
        for (std::size_t i = 0; i < a.size(); ++i)
            slope.push_back((a[i] - 8 * b[i] + 8 * c[i] - d[i]) / (12 * h));
        return slope;
    }

    //! x from sample x_begin on; one theta for each bin.
    values analyse(const values& x,
                   std::int64_t x_begin,
                   const position& t,
                   const std::vector<double>& theta,
                   wrt variable = wrt::nothing) const
    {
        values spectrum;
        std::map<double, std::vector<extended>> windows;
        for (std::size_t m = 0; m < theta.size(); ++m) {
            auto& w = windows[theta[m]];
            const auto range = under(t, theta[m]);
            if (w.empty())
                w = window(t, theta[m], variable);
            spectrum.emplace_back(sum(w, x, t.sample + range.first - x_begin, x_begin, m));
        }
        return spectrum;
    }

    //! Bin m of samples under weights, real or complex, of which the first belongs to x[first]; x from sample x_begin on.
    template <class Weight>
    extended_value sum(const std::vector<Weight>& weights,
                       const values& x,
                       std::int64_t first,
                       std::int64_t x_begin,
                       std::size_t m) const
    {
        extended_value total = 0;
        for (std::size_t j = 0; j < weights.size(); ++j) {
            const auto at = first + static_cast<std::int64_t>(j);
            if (at >= 0 && at < static_cast<std::int64_t>(x.size()))
                total += weights[j] * extended_value(x[static_cast<std::size_t>(at)] *
                                                     rotation(m, x_begin + at));
        }
        return total;
    }

    //! sum_m weight[m] w(k - t, theta_m)^2 for count samples from x_begin on
    template <class R>
    values energies(const std::vector<R>& weight,
                    std::int64_t x_begin,
                    std::size_t count,
                    const position& t,
                    const std::vector<double>& theta) const
    {
        values sums(count);
        for_windows(x_begin, count, t, theta, [&](std::size_t m, std::int64_t k, extended w) {
            sums[static_cast<std::size_t>(k - x_begin)] +=
                static_cast<double>(extended(weight[m]) * w * w);
        });
        return sums;
    }

    //! sum_m w(k - t, theta_m) G[m] exp(+2j pi k m / n_fft) for count samples from x_begin on
    values adjoint(const values& G,
                   std::int64_t x_begin,
                   std::size_t count,
                   const position& t,
                   const std::vector<double>& theta) const
    {
        values x(count);
        for_windows(x_begin, count, t, theta, [&](std::size_t m, std::int64_t k, extended w) {
            x[static_cast<std::size_t>(k - x_begin)] +=
                static_cast<double>(w) * G[m] * std::conj(rotation(m, k));
        });
        return x;
    }

    //! f(m, k, w) for the window w of each bin at each of count samples from x_begin on that lie under it
    template <class F>
    void for_windows(std::int64_t x_begin,
                     std::size_t count,
                     const position& t,
                     const std::vector<double>& theta,
                     F f) const
    {
        std::map<double, std::vector<extended>> windows;
        for (std::size_t m = 0; m < theta.size(); ++m) {
            auto& w = windows[theta[m]];
            const auto range = under(t, theta[m]);
            if (w.empty())
                w = window(range, t, theta[m]);
            for (auto r = range.first; r < range.second; ++r) {
                const auto k = t.sample + r;
                if (k >= x_begin && k < x_begin + static_cast<std::int64_t>(count))
                    f(m, k, w[static_cast<std::size_t>(r - range.first)]);
            }
        }
    }

    value rotation(std::size_t m, std::int64_t k) const
    {
        return roots[m * gr::stft::kernel::modulo(k, n_fft) % n_fft];
    }
};

inline const std::vector<norm> norms{ norm::peak,
                                      norm::l1,
                                      norm::l2,
                                      norm::dcunit,
                                      norm::contract };
inline const std::vector<sharing> sharings{ sharing::constant,
                                            sharing::frame,
                                            sharing::bin,
                                            sharing::cell };

//! Window lengths in 0.5 .. n_fft for each frame and bin as the sharing has it; the longest and shortest are among them.
inline std::vector<double>
window_lengths(sharing share, std::size_t frames, std::size_t bins, std::size_t n_fft)
{
    const auto N = static_cast<double>(n_fft);
    const std::vector<double> some{ N,        std::min(3.0, N), 0.61 * N + 0.013, 0.5,
                                    0.83 * N, 0.37 * N + 0.29,  0.94 * N + 0.007, std::min(8.7, N),
                                    N };
    std::vector<double> lengths;
    for (std::size_t n = 0; n < frames; ++n)
        for (std::size_t m = 0; m < bins; ++m) {
            const auto frame = share == sharing::frame || share == sharing::cell ? n : 0;
            const auto bin = gr::stft::kernel::per_bin(share) ? m : 0;
            const auto index = share == sharing::constant ? 2 : frame + 5 * bin + bin / 4;
            lengths.push_back(some[index % some.size()]);
        }
    return lengths;
}

//! Window lengths of frame n, out of those of all frames.
inline std::vector<double>
taken(const std::vector<double>& lengths, std::size_t n, std::size_t bins)
{
    const auto first = lengths.begin() + static_cast<std::ptrdiff_t>(n * bins);
    return { first, first + static_cast<std::ptrdiff_t>(bins) };
}

} // namespace qa
#endif
