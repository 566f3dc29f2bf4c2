/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_BAND_DECIMATOR_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_BAND_DECIMATOR_H

#include <gnuradio/stft/kernel/frames/sliding_buffer.h>
#include <array>
#include <cstdint>
#include <deque>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Real samples at `factor` times less the rate, four values for each sample of that rate: an FIR filter of linear phase.
 *
 * Value i is the filtered signal at sample i factor / 4, a real number; before the first sample and after the last one there
 * are zeros. What is below 0.39 of the lower rate passes, what would fall onto it is 70 dB lower. A sample that is not finite,
 * or above 1e18, is replaced by the last one that was.
 */
template <class R>
class band_decimator
{
public:
    static constexpr std::size_t oversampling = 4; //!< values for each sample of the lower rate

    //! \param factor >= 1
    explicit band_decimator(std::size_t factor);

    //! Takes all samples, and gives the values that they complete to f(values, count), some at a time.
    template <class F>
    void push(const R* samples, std::size_t count, F f)
    {
        while (count) {
            const auto taken = take(samples, count);
            samples += taken;
            count -= taken;
            give(f);
        }
    }

    //! Takes `count` missing samples: the last one stands for them.
    template <class F>
    void hold(std::size_t count, F f)
    {
        while (count) {
            count -= take(nullptr, count);
            give(f);
        }
    }

    //! No more samples: gives the values up to the last sample.
    template <class F>
    void finish(F f)
    {
        d_ends = d_received;
        for (auto left = d_reach + 1; left;) {
            const auto zeros = std::min(left, d_samples.room());
            d_samples.append_zeros(zeros);
            d_end += static_cast<std::int64_t>(zeros);
            left -= zeros;
            give(f);
        }
    }

    //! Samples so far.
    std::int64_t received() const { return d_received; }
    //! Samples after a value's own that it waits for.
    std::size_t reach() const { return d_reach + 1; }
    //! True if a sample from `begin` to `end` - 1 was replaced.
    bool damaged(std::int64_t begin, std::int64_t end) const;
    //! Nobody will ask about samples before `begin`.
    void forget_damage(std::int64_t begin);

private:
    struct span {
        std::int64_t begin, end;
    };

    std::size_t take(const R* samples, std::size_t count);
    void damage(std::int64_t sample);
    bool next(R& value);

    template <class F>
    void give(F f)
    {
        std::array<R, 64> values;
        for (std::size_t count = values.size(); count == values.size();) {
            count = 0;
            while (count < values.size() && next(values[count]))
                ++count;
            if (count)
                f(values.data(), count);
        }
    }

    std::size_t d_factor, d_reach;
    std::array<std::vector<R>, oversampling>
        d_taps; // by the quarter of a sample between value and sample
    sliding_buffer<R> d_samples;
    std::int64_t d_end = 0;                  // sample after the last in d_samples
    std::int64_t d_received = 0, d_next = 0; // samples; next value
    std::int64_t d_ends = INT64_MAX;         // samples in all, once known
    R d_last = 0;                            // good sample
    std::deque<span> d_damaged;              // oldest first
};

} // namespace gr::stft::kernel
#endif
