/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bins_direct.h"
#include "bins_sliding.h"
#include "kernel/frames/unfolded.h"
#include "kernel/names.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

bool is_whole(double bin) { return bin == std::floor(bin); }

/*
 * What a frame costs in nanoseconds, fitted to n_fft 64 .. 65536, 1 .. 32 bins, hops 1 .. 256, all numbers of cosines and
 * vectors of 16, 32 and 64 bytes on one machine; elsewhere the ratios should hold.
 */
template <class T>
double sliding_cost(const bins_parameters& p, std::size_t vector_bytes)
{
    const auto length = p.window_length();
    const auto lanes = vector_bytes / sizeof(double);
    const double vectors =
        static_cast<double>((p.bins.size() + lanes - 1) / lanes) * (lanes < 8 ? 0.75 : 1);
    const double cosines = static_cast<double>(p.window.cosines().size());
    const double passes = length > simd::step_samples ? 1.45 : 1; // the way back is gone twice
    const double sample = passes * ((is_real_v<T> ? 1.1 : 2.1) + 2.4 * cosines);
    const double entering = static_cast<double>(std::min(p.hop, length));
    return 5 + vectors * (sample * entering + 3 + 2.8 * cosines);
}

template <class T>
double direct_cost(const bins_parameters& p, std::size_t vector_bytes)
{
    const double bytes = static_cast<double>(p.window_length() * sizeof(T));
    return static_cast<double>(p.bins.size()) * (12 + (vector_bytes < 32 ? 0.046 : 0.023) * bytes);
}

template <class T>
double fft_cost(const bins_parameters& p)
{
    auto rest = p.n_fft;
    for (const std::size_t factor : { 2, 3, 5, 7, 11, 13 })
        while (rest % factor == 0)
            rest /= factor;
    const double n = static_cast<double>(p.n_fft);
    const double each =
        (is_real_v<T> ? 0.05 : 0.09) * (sizeof(real_t<T>) / 4) * (rest == 1 ? 1 : 4);
    return 80 + each * n * std::log2(n);
}

template <class T>
bins_method cheapest(const bins_parameters& p)
{
    const auto vector_bytes = simd::chosen_for_bins<real_t<T>>().vector_bytes;
    auto best = bins_method::direct;
    double least = direct_cost<T>(p, vector_bytes);
    if (bins_sliding<T>::fits(p) && sliding_cost<T>(p, vector_bytes) < least) {
        best = bins_method::sliding;
        least = sliding_cost<T>(p, vector_bytes);
    }
    if (std::all_of(p.bins.begin(), p.bins.end(), is_whole) && fft_cost<T>(p) < least)
        best = bins_method::fft;
    return best;
}

constexpr name_table names_of_bins_method{ named_value{ "auto", bins_method::automatic },
                                           named_value{ "sliding", bins_method::sliding },
                                           named_value{ "direct", bins_method::direct },
                                           named_value{ "fft", bins_method::fft } };
} // namespace

bins_method bins_method_named(const std::string& name)
{
    return names_of_bins_method.value_of("method", name);
}

const char* name_of(bins_method method) { return names_of_bins_method.name_of(method); }

template <class T>
void bins_parameters::check() const
{
    check_unfolded(*this);
    parameters::check<T>();
    if (sides)
        refuse("sides", name_of(*sides), "must not be given: bins come in their own order");
    if (bins.empty())
        refuse("bins", "none", "must be one or more");
    const double n = static_cast<double>(n_fft);
    for (const auto bin : bins) {
        if (is_real_v<T> && !(bin >= 0 && bin <= n / 2))
            refuse("bins",
                   bin,
                   "must be 0 .. n_fft / 2 = " + std::to_string(n_fft / 2) +
                       (n_fft % 2 ? ".5" : ""));
        if (!is_real_v<T> && !(bin >= -n / 2 && bin < n))
            refuse("bins",
                   bin,
                   "must be -n_fft / 2 or more and below n_fft = " + std::to_string(n_fft));
    }
}

template <class T>
stft_bins<T>::stft_bins(const bins_parameters& p, bins_method method) : d_parameters(p)
{
    p.check<T>();
    d_win_length = p.window_length();
    if (method == bins_method::automatic)
        method = cheapest<T>(p);
    if (method == bins_method::sliding) {
        if (!bins_sliding<T>::fits(p))
            refuse("method",
                   "sliding",
                   "needs a window by name that is a sum of at most " +
                       std::to_string(simd::most_cosines) + " cosines, not " +
                       p.window.description());
        d_sliding = std::make_unique<bins_sliding<T>>(p);
    } else if (method == bins_method::direct) {
        d_direct = std::make_unique<bins_direct<T>>(p);
    } else {
        for (const auto bin : p.bins) {
            if (!is_whole(bin))
                refuse("method", "fft", "needs whole bins");
            d_index.push_back(modulo(static_cast<std::int64_t>(bin), p.n_fft));
        }
        d_fft = std::make_unique<stft<T>>(p);
        d_spectrum.resize(d_fft->bins());
    }
}

template <class T>
stft_bins<T>::~stft_bins() = default;

template <class T>
bins_method stft_bins<T>::method() const
{
    return d_sliding ? bins_method::sliding : d_direct ? bins_method::direct : bins_method::fft;
}

template <class T>
void stft_bins<T>::run(const T* samples, std::int64_t start, std::size_t frames, complex* rows)
{
    if (d_sliding) {
        d_sliding->run(samples, start, frames, rows);
        return;
    }
    const auto hop = d_parameters.hop;
    for (std::size_t p = 0; p < frames; ++p, rows += bins()) {
        const auto at = start + static_cast<std::int64_t>(p * hop);
        if (d_direct) {
            d_direct->analyse(samples + p * hop, at, rows);
            continue;
        }
        d_fft->analyse(samples + p * hop, at, d_spectrum.data());
        for (std::size_t j = 0; j < bins(); ++j)
            rows[j] = d_spectrum[d_index[j]];
    }
}

template <class T>
void stft_bins<T>::analyse(const T* x,
                           std::int64_t length,
                           std::int64_t first,
                           std::size_t frames,
                           complex* rows)
{
    const auto m = static_cast<std::int64_t>(d_win_length),
               hop = static_cast<std::int64_t>(d_parameters.hop);
    if (d_sliding)
        d_sliding->forget();
    // frames past an end go through a copy, a window's length of them at a time
    const auto at_once = 1 + m / hop;
    for (auto left = static_cast<std::int64_t>(frames); left > 0;) {
        auto count = std::min(at_once, left);
        if (first >= 0 && first + m <= length) {
            count = std::min(left, (length - m - first) / hop + 1);
            run(x + first, first, static_cast<std::size_t>(count), rows);
        } else {
            if (first < 0) // no further than to the first frame that is inside
                count = std::min(count, (-first + hop - 1) / hop);
            const auto end = first + (count - 1) * hop + m;
            const auto from = std::clamp<std::int64_t>(first, 0, length);
            const auto to = std::clamp<std::int64_t>(end, 0, length);
            d_border.assign(static_cast<std::size_t>(end - first), T(0));
            if (from < to)
                std::copy(x + from, x + to, d_border.begin() + (from - first));
            run(d_border.data(), first, static_cast<std::size_t>(count), rows);
        }
        first += count * hop;
        rows += static_cast<std::size_t>(count) * bins();
        left -= count;
    }
}

#define INSTANTIATE(T)                                                                             \
    template void bins_parameters::check<T>() const;                                               \
    template class stft_bins<T>;
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(std::complex<float>)
INSTANTIATE(std::complex<double>)
#undef INSTANTIATE

} // namespace gr::stft::kernel
