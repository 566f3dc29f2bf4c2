/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/frames/unfolded.h"
#include "kernel/refuse.h"
#include "kernel/simd/bin_routines.h"
#include <gnuradio/stft/kernel/filter_bank/one_integral.h>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace gr::stft::kernel {

namespace {

//! Bins 0 .. n_fft - 1 in the order in which a spectrum holds them.
template <class T>
std::vector<std::size_t> bins_of(const bins_parameters& p)
{
    std::vector<std::size_t> all(bins<T>(p.n_fft));
    std::iota(all.begin(), all.end(), 0);
    if (p.centered())
        std::rotate(all.begin(), all.end() - static_cast<std::ptrdiff_t>(p.n_fft / 2), all.end());
    if (p.bins.empty())
        return all;
    p.check<T>();
    std::vector<std::size_t> chosen;
    std::vector<bool> seen(p.n_fft);
    for (const auto bin : p.bins) {
        if (bin != std::floor(bin))
            refuse("bins", bin, "must be whole to be summed");
        chosen.push_back(modulo(static_cast<std::int64_t>(bin), p.n_fft));
        if (seen[chosen.back()])
            refuse("bins", bin, "is there twice");
        seen[chosen.back()] = true;
    }
    return chosen;
}

} // namespace

template <class T>
std::complex<double> one_integral_factor(const parameters& p)
{
    check_unfolded(p);
    const auto taps = p.analysis_taps<T>();
    if (p.hop != 1)
        refuse("hop", p.hop, "must be 1, each spectrum gives one sample");
    const auto c = taps.size() / 2;
    const auto factor = 1.0 / (static_cast<double>(p.n_fft) * taps[c]);
    if (taps[c] == 0.0 || !std::isfinite(std::abs(factor)))
        refuse("window",
               p.window.description(),
               "is 0 at its centre, value " + std::to_string(c) + ", which is divided by");
    return factor;
}

template <class T>
one_integral<T>::one_integral(const bins_parameters& p)
    : d_next(p.frames().first()), d_held(p.window_length() + 1)
{
    set(p);
}

template <class T>
void one_integral<T>::set(const bins_parameters& p)
{
    const auto scale = one_integral_factor<T>(p);
    const auto win_length = p.window_length(), c = win_length / 2;
    auto bins = bins_of<T>(p);

    const bool absolute = p.phase == phase_reference("absolute");
    const auto size = static_cast<std::int64_t>(p.n_fft);
    const auto to_centre =
        absolute ? 0
                 : modulo(static_cast<std::int64_t>(c) - p.phase.counted_from(0, win_length) % size,
                          p.n_fft);
    const auto stride = (2 * bins.size() / simd::padding + 1) * simd::padding;
    volk::vector<real_t<T>> weights((is_real_v<T> ? 1 : 2) * stride, real_t<T>(0));
    for (std::size_t j = 0; j < bins.size(); ++j) {
        const auto k = bins[j];
        const bool single = k == 0 || 2 * k == p.n_fft; // DC and Nyquist have no mirror image
        const auto weight = (is_real_v<T> && !single ? 2.0 : 1.0) * scale *
                            unit_root(k * to_centre % p.n_fft, p.n_fft);
        const auto re = static_cast<real_t<T>>(weight.real()),
                   im = static_cast<real_t<T>>(weight.imag());
        weights[2 * j] = re;
        weights[2 * j + 1] = -im;
        if (!is_real_v<T>) {
            weights[stride + 2 * j] = im;
            weights[stride + 2 * j + 1] = re;
        }
    }
    d_roots.clear();
    for (std::size_t j = 0; absolute && j < p.n_fft; ++j)
        d_roots.push_back(complex(unit_root(j, p.n_fft)));
    d_turned.resize(absolute ? bins.size() : 0);
    d_parameters = p;
    d_win_length = win_length;
    d_absolute = absolute;
    d_stride = stride;
    d_weights.swap(weights);
    d_bins.swap(bins);
}

template <class T>
T one_integral<T>::sample(const complex* spectrum, std::int64_t start)
{
    if (d_absolute) {
        const auto t =
            modulo(start + static_cast<std::int64_t>(d_win_length / 2), d_parameters.n_fft);
        for (std::size_t j = 0; j < d_bins.size(); ++j)
            d_turned[j] = spectrum[j] * d_roots[d_bins[j] * t % d_parameters.n_fft];
        spectrum = d_turned.data();
    }
    double sums[2] = {};
    simd::chosen_for_bins<real_t<T>>().dot(reinterpret_cast<const real_t<T>*>(spectrum),
                                           2 * d_bins.size(),
                                           d_weights.data(),
                                           d_stride,
                                           is_real_v<T> ? 1 : 2,
                                           sums);
    if constexpr (is_real_v<T>)
        return static_cast<T>(sums[0]);
    else
        return T(static_cast<real_t<T>>(sums[0]), static_cast<real_t<T>>(sums[1]));
}

template <class T>
void one_integral<T>::expect_next()
{
    const auto t = d_next + static_cast<std::int64_t>(d_win_length / 2);
    if (d_begun && t > d_end)
        d_final = std::max(d_final, t);
}

template <class T>
void one_integral<T>::add(const complex* spectrum)
{
    const auto c = static_cast<std::int64_t>(d_win_length / 2);
    const auto t = d_next + c;
    d_late = d_late || (!d_begun && d_next < -c);
    d_begun = true;
    if (t >= d_end) {
        if (d_held.empty())
            d_held_from = t;
        if (d_held.full())
            d_held.set_capacity(d_held.size() + d_win_length);
        d_held.push_back(sample(spectrum, d_next));
        d_end = t + 1;
    }
    // of a signal that has this frame, and perhaps no other; the last sample waits for one that follows
    d_final = std::max(d_final, std::min(d_end, d_late ? d_next + 1 : d_end) - 1);
    d_covered = d_next + static_cast<std::int64_t>(d_win_length);
    ++d_next;
}

template <class T>
std::size_t one_integral<T>::read(T* samples, std::size_t count)
{
    count = std::min(count, ready());
    for (std::size_t i = 0; i < count; ++i, ++d_read) {
        if (d_read < d_held_from || d_held.empty()) {
            samples[i] = T(0);
        } else {
            samples[i] = d_held.front();
            d_held.pop_front();
            ++d_held_from;
        }
    }
    return count;
}

template <class T>
void one_integral<T>::finish(std::int64_t length)
{
    d_final = std::max(d_read, length);
}

template <class T>
void one_integral<T>::invert(const complex* spectra,
                             std::size_t frames,
                             std::int64_t first,
                             T* samples,
                             std::int64_t length)
{
    const auto c = static_cast<std::int64_t>(d_win_length / 2);
    const auto begin = std::clamp<std::int64_t>(first + c, 0, length);
    const auto end =
        std::clamp<std::int64_t>(first + c + static_cast<std::int64_t>(frames), begin, length);
    std::fill(samples, samples + begin, T(0));
    for (auto n = begin; n < end; ++n)
        samples[n] = sample(spectra + static_cast<std::size_t>(n - c - first) * bins(), n - c);
    std::fill(samples + end, samples + length, T(0));
}

template <class T>
void one_integral<T>::change(const bins_parameters& p, std::int64_t start)
{
    // before anything of a tag's n_fft is allocated
    const auto count = p.bins.empty() ? kernel::bins<T>(p.n_fft) : p.bins.size();
    if (count != bins())
        refuse("bins", count, "must stay " + std::to_string(bins()));
    set(p);
    d_next = start;
}

template std::complex<double> one_integral_factor<float>(const parameters&);
template std::complex<double> one_integral_factor<double>(const parameters&);
template std::complex<double> one_integral_factor<std::complex<float>>(const parameters&);
template std::complex<double> one_integral_factor<std::complex<double>>(const parameters&);
template class one_integral<float>;
template class one_integral<double>;
template class one_integral<std::complex<float>>;
template class one_integral<std::complex<double>>;

} // namespace gr::stft::kernel
