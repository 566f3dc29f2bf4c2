/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_RIDGE_PAIRING_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_RIDGE_PAIRING_H

#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Keeps the names of ridges that meet.
 *
 * Where two ridges come nearer than `reach`, or cross in a jump, lines are fitted to 1 s of each on either side, and the sides are paired by
 * |gap at the middle| + 0.5 s |difference of slopes|. An encounter of at most 2 s is bridged by straight lines. In a longer one,
 * and where both pairings are about as good, swap_possible is raised: which is which is a guess. Frames leave `latency()`
 * later than they came.
 */
class ridge_pairing
{
public:
    /*!
     * \param tracks >= 1; one has nothing to meet, and no latency
     * \param width values of a track in a frame: frequency, slope, any, swap_possible, any ..
     * \param hop_time s from frame to frame \param reach Hz
     */
    ridge_pairing(std::size_t tracks, std::size_t width, double hop_time, double reach);

    //! Frames by which the output lags.
    std::size_t latency() const { return d_hold; }
    //! The next frame, tracks x width values; it is written to the place that is returned.
    double* add();
    //! Called after the frame has been written.
    void added();
    //! Frame that has left; null if there is none. At the end of the stream all of them leave.
    const double* frame(bool ended);
    //! Moves on to the frame after it.
    void advance() { ++d_left; }

private:
    struct line {
        double value = 0, slope = 0; // at the frame 0; a frame
        double trust = 0;
        bool known = false; // from frames of which most are to be trusted
        double at(double frame) const { return value + slope * frame; }
    };
    struct encounter {
        bool open = false, waits = false;
        double distance = 0; // Hz in the newest frame
        std::uint64_t begin = 0, end = 0;
        line before[2];
    };

    double* slot(std::uint64_t frame, std::size_t track)
    {
        return d_ring.data() + ((frame % d_depth) * d_tracks + track) * d_width;
    }
    line fit(std::size_t track, std::uint64_t begin, std::uint64_t end);
    void follow(std::size_t i, std::size_t j, encounter& e);
    void decide(std::size_t i, std::size_t j, encounter& e, std::uint64_t known);

    std::size_t d_tracks, d_width;
    double d_hop_time, d_reach;
    std::size_t d_fit, d_bridge, d_guard, d_hold, d_depth; // frames
    std::vector<double> d_ring, d_incoming;
    std::vector<std::size_t> d_names;    // d_names[i]: the track as it comes that is called i
    std::vector<encounter> d_encounters; // of pairs
    std::uint64_t d_added = 0, d_left = 0;
};

} // namespace gr::stft::kernel
#endif
