/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_WATCH_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_WATCH_H

#include <gnuradio/stft/kernel/speed/ridge_tracker.h>
#include <vector>

namespace gr::stft::kernel {

//! A change of a ridge that is reported.
struct ridge_change {
    const char* kind;    //!< lock, loss or swap_possible
    std::size_t track;   //!< number of the track
    std::uint64_t since; //!< frames ago that it began
};

//! Says when ridges are found, lost, or may have changed names. A ridge is found or lost once that has held for `hold` frames.
class ridge_watch
{
public:
    ridge_watch(std::size_t tracks, std::size_t width, std::size_t hold)
        : d_width(width), d_hold(std::max<std::size_t>(1, hold)), d_tracks(tracks)
    {}

    //! Looks at the next frame, tracks x width values, and calls report(ridge_change) for each change.
    template <class F>
    void look(const double* values, F report)
    {
        for (std::size_t i = 0; i < d_tracks.size(); ++i, values += d_width) {
            auto& t = d_tracks[i];
            const bool found = values[ridge_confidence] > 1, swap = values[ridge_swap_possible] > 0;
            t.count = found == t.locked ? 0 : t.count + 1;
            if (t.count == d_hold) {
                t.locked = found;
                t.count = 0;
                report(ridge_change{ found ? "lock" : "loss", i, d_hold - 1 });
            }
            if (swap && !t.swap)
                report(ridge_change{ "swap_possible", i, 0 });
            t.swap = swap;
        }
    }

private:
    struct track {
        bool locked = false, swap = false;
        std::size_t count = 0; // frames that say otherwise
    };
    std::size_t d_width, d_hold;
    std::vector<track> d_tracks;
};

} // namespace gr::stft::kernel
#endif
