/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bins_sliding.h"
#include <algorithm>

namespace gr::stft::kernel {

namespace {

using simd::block_lanes;
constexpr std::size_t pair_numbers = 2 * block_lanes;

//! The amplitudes of the cosines of 2 pi k m / length that the window is a sum of, m from its first sample on.
std::vector<double> amplitudes_of(const parameters& p)
{
    if (p.window_length() == 1 && p.window.length() == 0)
        return { 1 };
    auto a = p.window.cosines();
    for (std::size_t k = 1; k < a.size(); k += 2)
        a[k] = -a[k]; // cosines given about the window's middle
    return a;
}

void put(volk::vector<double>& table, std::size_t at, std::size_t lane, std::complex<double> z)
{
    table[at * pair_numbers + lane] = z.real();
    table[at * pair_numbers + block_lanes + lane] = z.imag();
}

} // namespace

template <class T>
bool bins_sliding<T>::fits(const parameters& p)
{
    const auto cosines = amplitudes_of(p).size();
    return cosines >= 1 && cosines <= simd::most_cosines;
}

template <class T>
bins_sliding<T>::bins_sliding(const bins_parameters& p)
    : d_length(p.window_length()), d_hop(p.hop), d_bins(p.bins.size()), d_phase(p.phase),
      d_gain(gain(p.scale, p.taps(), p.n_fft, p.samp_rate)), d_amplitudes(amplitudes_of(p)),
      d_absolute(p.phase == phase_reference("absolute"))
{
    const auto cosines = d_amplitudes.size();
    d_cosines.reserve(2 * (cosines - 1) * d_length);
    for (std::size_t m = 0; m < d_length; ++m)
        for (std::size_t k = 1; k < cosines; ++k) {
            const auto z = unit_root(k * m % d_length, d_length);
            d_cosines.insert(d_cosines.end(), { z.real(), z.imag() });
        }

    const auto blocks = (d_bins + block_lanes - 1) / block_lanes;
    for (std::size_t j = 0; j < blocks * block_lanes; ++j)
        d_cycles.push_back(cycles_per_sample(p.bins[std::min(j, d_bins - 1)], p.n_fft));

    constexpr auto fine = simd::fine_samples;
    const auto coarse = (2 * d_length - 1) / fine + 1;
    const auto twiddles_kept = d_absolute ? 1 : d_length / fine + 1;
    const auto sums = 2 * cosines - 1;
    const auto steps = d_length / simd::step_samples + 1;
    const auto frames = std::min(simd::step_samples, d_length) / d_hop + 1;
    const auto length = static_cast<std::int64_t>(d_length);
    const auto r = d_absolute ? 0 : d_phase.counted_from(0, d_length);
    d_fine.resize(blocks * fine * pair_numbers);
    d_coarse.resize(blocks * coarse * pair_numbers);
    d_twiddle.resize(blocks * twiddles_kept * pair_numbers);
    d_entered.resize(blocks * sums * pair_numbers);
    d_kept.resize(blocks * steps * sums * pair_numbers);
    d_leaving.resize(blocks * frames * pair_numbers);
    for (std::size_t b = 0; b < blocks; ++b) {
        for (std::size_t lane = 0; lane < block_lanes; ++lane) {
            const auto per_sample = d_cycles[b * block_lanes + lane];
            for (std::size_t i = 0; i < fine; ++i)
                put(d_fine,
                    b * fine + i,
                    lane,
                    cisoid(-cycles_of(per_sample, static_cast<std::int64_t>(i))));
            for (std::size_t i = 0; i < coarse; ++i) {
                const auto from_end = static_cast<std::int64_t>(i * fine) - length;
                put(d_coarse, b * coarse + i, lane, cisoid(-cycles_of(per_sample, from_end)));
                if (!d_absolute && i < twiddles_kept)
                    put(d_twiddle,
                        b * twiddles_kept + i,
                        lane,
                        d_gain * cisoid(cycles_of(per_sample, from_end + r)));
            }
        }
        d_blocks.push_back({ d_fine.data() + b * fine * pair_numbers,
                             d_coarse.data() + b * coarse * pair_numbers,
                             d_twiddle.data() + b * twiddles_kept * pair_numbers,
                             d_entered.data() + b * sums * pair_numbers,
                             d_kept.data() + b * steps * sums * pair_numbers,
                             d_leaving.data() + b * frames * pair_numbers });
    }
}

template <class T>
void bins_sliding<T>::begin_period(std::int64_t end)
{
    for (std::size_t j = 0; d_absolute && j < d_cycles.size(); ++j)
        put(d_twiddle,
            j / block_lanes,
            j % block_lanes,
            d_gain * cisoid(-cycles_of(d_cycles[j], end)));
}

template <class T>
void bins_sliding<T>::run(const T* samples, std::int64_t start, std::size_t frames, complex* rows)
{
    while (frames > 0) {
        const auto offset = modulo(start - 1, d_length) + 1;
        if (start != d_next || offset <= d_hop) {
            d_begin = offset;
            begin_period(start + static_cast<std::int64_t>(d_length - offset));
        }
        const auto count = std::min(frames, (d_length - offset) / d_hop + 1);
        const simd::sliding_run<real_t<T>> now{ reinterpret_cast<const real_t<T>*>(samples),
                                                count,
                                                d_hop,
                                                d_length,
                                                d_begin,
                                                offset,
                                                d_cosines.data(),
                                                d_amplitudes.data(),
                                                d_absolute };
        simd::chosen_for_bins<real_t<T>>().slide(now,
                                                 !is_real_v<T>,
                                                 d_amplitudes.size(),
                                                 d_blocks.data(),
                                                 d_bins,
                                                 reinterpret_cast<real_t<T>*>(rows));
        const auto moved = count * d_hop;
        start += static_cast<std::int64_t>(moved);
        d_next = start;
        frames -= count;
        rows += count * d_bins;
        samples += frames > 0 ? moved : 0;
    }
}

template class bins_sliding<float>;
template class bins_sliding<double>;
template class bins_sliding<std::complex<float>>;
template class bins_sliding<std::complex<double>>;

} // namespace gr::stft::kernel
