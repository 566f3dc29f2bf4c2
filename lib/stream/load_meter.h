/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_LOAD_METER_H
#define INCLUDED_STFT_LIB_STREAM_LOAD_METER_H

#include <gnuradio/block_detail.h>
#include <gnuradio/buffer_reader.h>
#include <chrono>
#include <optional>

namespace gr::stft {

/*!
 * \brief Load of a block: the time its work takes, as a fraction of the duration of the samples
 * that it takes in meanwhile; while their rate is unknown, the filled fraction of its input buffer.
 */
class load_meter
{
public:
    //! \param limit of the load, above which the block is late; 0: it never is
    explicit load_meter(double limit) : d_limit(limit) {}

    void restart() { *this = load_meter(d_limit); }

    //! Start of a work call that has `items` items at its input.
    void begin(const gr::block_detail_sptr& detail, int items)
    {
        d_begun = clock::now();
        const auto most = std::max(1, detail->input(0)->max_possible_items_available());
        d_fullness += static_cast<double>(items) / most;
        ++d_calls;
    }

    //! End of a work call. \return true: now late; false: no longer late; nullopt: unchanged
    std::optional<bool> end(int used, const std::optional<double>& rate)
    {
        using seconds = std::chrono::duration<double>;
        constexpr double settled = 0.05; // seconds that are averaged over, at most by the clock
        const auto now = clock::now();
        d_busy += seconds(now - d_begun).count();
        d_samples += used;
        const double duration =
            rate ? static_cast<double>(d_samples) / *rate : seconds(now - d_since).count();
        if (d_samples == 0 || (duration < settled && d_busy < settled))
            return {};
        d_last = rate ? d_busy / duration : d_fullness / d_calls;
        d_busy = d_fullness = 0;
        d_samples = d_calls = 0;
        d_since = now;
        if (d_limit > 0 && d_last > d_limit)
            return true;
        if (d_limit > 0 &&
            d_last < d_limit / 4) // a step down takes no more than half of the load away
            return false;
        return {};
    }

    double last() const { return d_last; }

private:
    using clock = std::chrono::steady_clock;

    double d_limit, d_last = 0;
    clock::time_point d_begun, d_since = clock::now();
    double d_busy = 0, d_fullness = 0;
    std::int64_t d_samples = 0, d_calls = 0;
};

/*!
 * \brief Frames per second by the clock, over the last stretch of a second or more that began and ended with a frame.
 *
 * Work calls bring frames in bursts, so averages over less would only show the bursts.
 */
class rate_meter
{
public:
    //! Counts the frames that a call of work() wrote. To be called after the last of them.
    void add(std::int64_t frames)
    {
        constexpr double stretch = 1; // seconds
        const auto now = clock::now();
        d_all += frames;
        d_frames += frames;
        const double elapsed = seconds(now - d_since).count();
        if (d_all == frames || elapsed >= stretch) {
            if (d_all != frames)
                d_last = static_cast<double>(d_frames) / elapsed;
            d_since = now;
            d_frames = 0;
        }
    }

    //! Zero until a stretch has passed.
    double last() const { return d_last; }

    //! last(), or the average since the beginning if the stream ends before a stretch has passed.
    double at_the_end() const
    {
        const double elapsed = seconds(clock::now() - d_begun).count();
        return d_last > 0 ? d_last : static_cast<double>(d_all) / std::max(elapsed, 1e-9);
    }

private:
    using clock = std::chrono::steady_clock;
    using seconds = std::chrono::duration<double>;

    clock::time_point d_begun = clock::now(), d_since;
    std::int64_t d_all = 0, d_frames = 0;
    double d_last = 0;
};

} // namespace gr::stft
#endif
