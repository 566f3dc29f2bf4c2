/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_SAMPLE_LIMITER_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_SAMPLE_LIMITER_H

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Clips samples that are far from their mean, so that one knock does not hide a machine.
 *
 * A block's magnitude is the median of |x - m|, m the mean of the last four blocks. Samples are clipped at m plus and
 * minus `limit` medians of the last four magnitudes. They are those of the blocks before, for the first block its own. Blocks of
 * magnitude 0 have none: after silence the scale is the one before it.
 */
template <class R>
class sample_limiter
{
public:
    //! \param block samples of a block, >= 1 \param limit 0: nothing is clipped
    sample_limiter(std::size_t block, double limit)
        : d_limit(limit), d_block(limit == 0 ? 0 : block), d_magnitudes(limit == 0 ? 0 : block)
    {}

    //! Takes samples, and gives those that are decided to f(samples, count).
    template <class F>
    void push(const R* samples, std::size_t count, F f)
    {
        if (d_limit == 0) {
            f(samples, count);
            return;
        }
        while (count) {
            const auto taken = std::min(count, d_block.size() - d_filled);
            std::copy_n(samples, taken, d_block.begin() + static_cast<std::ptrdiff_t>(d_filled));
            if (d_blocks)
                clip(samples, taken, f);
            d_filled += taken;
            samples += taken;
            count -= taken;
            if (d_filled == d_block.size())
                end_block(f);
        }
    }

    //! No more samples.
    template <class F>
    void finish(F f)
    {
        if (d_limit != 0 && !d_blocks && d_filled)
            end_block(f);
    }

private:
    //! Median, or the mean of the middle two.
    template <class I>
    static double median(I begin, I end)
    {
        const auto middle = begin + (end - begin) / 2;
        std::nth_element(begin, middle, end);
        const double upper = *middle;
        return (end - begin) % 2 ? upper : (*std::max_element(begin, middle) + upper) / 2;
    }

    template <class F>
    void clip(const R* samples, std::size_t count, F f)
    {
        std::array<R, 256> clipped;
        while (count) {
            const auto some = std::min(count, clipped.size());
            for (std::size_t i = 0; i < some; ++i)
                clipped[i] = std::clamp(samples[i], d_low, d_high);
            f(clipped.data(), some);
            samples += some;
            count -= some;
        }
    }

    template <class F>
    void end_block(F f)
    {
        double sum = 0;
        for (std::size_t i = 0; i < d_filled; ++i)
            sum += d_block[i];
        d_means[d_blocks % d_means.size()] = sum / static_cast<double>(d_filled);
        const auto first = !d_blocks++;
        const auto means = std::min(d_blocks, d_means.size());
        double m = 0;
        for (std::size_t i = 0; i < means; ++i)
            m += d_means[i] / static_cast<double>(means);
        for (std::size_t i = 0; i < d_filled; ++i)
            d_magnitudes[i] = static_cast<R>(std::abs(d_block[i] - m));
        const auto end = d_magnitudes.begin() + static_cast<std::ptrdiff_t>(d_filled);
        const auto magnitude = median(d_magnitudes.begin(), end);
        if (magnitude > 0)
            d_scales[d_scaled++ % d_scales.size()] = magnitude;
        d_low = -HUGE_VAL;
        d_high = HUGE_VAL;
        if (d_scaled) {
            auto scales = d_scales;
            const auto last =
                scales.begin() + static_cast<std::ptrdiff_t>(std::min(d_scaled, scales.size()));
            const auto reach = d_limit * median(scales.begin(), last);
            d_low = static_cast<R>(m - reach);
            d_high = static_cast<R>(m + reach);
        }
        if (first)
            clip(d_block.data(), d_filled, f);
        d_filled = 0;
    }

    double d_limit;
    std::vector<R> d_block, d_magnitudes;
    std::array<double, 4> d_means{}, d_scales{};
    std::size_t d_filled = 0, d_blocks = 0, d_scaled = 0; // d_blocks: 2^64 of them last for ever
    R d_low = -HUGE_VAL, d_high = HUGE_VAL;
};

} // namespace gr::stft::kernel
#endif
