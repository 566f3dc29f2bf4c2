/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_OUTPUT_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_OUTPUT_H

#include "kernel/speed/ridge_pairing.h"
#include <gnuradio/stft/kernel/speed/ridge_tracker.h>
#include <algorithm>

namespace gr::stft::kernel {

//! Collects the tracks of a frame, which come at different times, and pairs them.
class ridge_output
{
public:
    //! \param orders of the amplitudes \param lag frames between a track and the next
    ridge_output(std::size_t tracks,
                 const std::vector<double>& orders,
                 std::size_t lag,
                 double hop_time,
                 double duration)
        : d_tracks(tracks), d_width(ridge_amplitudes + orders.size()), d_lag(lag),
          d_depth(tracks * (lag + 1) + 1), d_ring(d_depth * tracks * d_width),
          d_pairing(tracks, orders, hop_time, encounter_reach / duration, lines_apart / duration)
    {}

    std::size_t latency() const { return d_pairing.latency(); }

    //! Place for the values of a track in a frame; added() follows.
    double* place(std::size_t track, std::uint64_t frame)
    {
        return d_ring.data() + ((frame % d_depth) * d_tracks + track) * d_width;
    }

    //! The values of a track are complete; those of the last track complete the frame.
    void added(std::size_t track, std::uint64_t frame)
    {
        if (track + 1 < d_tracks)
            return;
        std::copy_n(place(0, frame), d_tracks * d_width, d_pairing.add());
        d_pairing.added();
    }

    const double* frame(bool ended) { return d_pairing.frame(ended); }
    void advance() { d_pairing.advance(); }

private:
    static constexpr double encounter_reach = 1.33; // 1 / duration between ridges that meet
    static constexpr double lines_apart =
        1.5; // 1 / duration between lines that do not disturb each other

    std::size_t d_tracks, d_width, d_lag, d_depth;
    std::vector<double> d_ring;
    ridge_pairing d_pairing;
};

} // namespace gr::stft::kernel
#endif
