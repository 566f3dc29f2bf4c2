/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_PAIRING_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_PAIRING_H

#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Keeps the names of ridges that meet.
 *
 * Where two ridges come nearer than `reach`, or cross in a jump, lines are fitted to 1 s of each on either side, and the sides are paired by
 * |gap at the middle| + 0.5 s |difference of slopes|, and by how well the amplitudes of the orders agree. An encounter of at most
 * 2 s is bridged by straight lines. In a longer one, and where both pairings are about as good, swap_possible is raised: which is
 * which is a guess. Frames leave `latency()` later than they came.
 *
 * Amplitudes of both ridges may rise and fall with the speed, by the same law for both: ln A = s + p ln f for each order, with
 * s of the shaft and p of N(0, 3^2). Where lines of both ridges are within `apart` of each other, amplitudes do not count.
 */
class ridge_pairing
{
public:
    /*!
     * \param tracks >= 1; one has nothing to meet, and no latency
     * \param orders of the amplitudes
     * \param hop_time s from frame to frame \param reach,apart Hz
     */
    ridge_pairing(std::size_t tracks,
                  const std::vector<double>& orders,
                  double hop_time,
                  double reach,
                  double apart);

    //! Frames by which the output lags.
    std::size_t latency() const { return d_hold; }
    //! The next frame, tracks x width values as in ridge_value; it is written to the place that is returned.
    double* add();
    //! Called after the frame has been written.
    void added();
    //! Frame that has left; null if there is none. At the end of the stream all of them leave.
    const double* frame(bool ended);
    //! Moves on to the frame after it.
    void advance() { ++d_left; }

private:
    //! State of a ridge on one side of an encounter.
    struct side {
        double value = 0, slope = 0; // of a line: at the frame 0; a frame
        bool known = false;          // from frames of which most are to be trusted
        double pitch = 0;            // ln f in the middle
        std::vector<double> levels;  // mean ln A of the orders; NaN: not known
        double at(double frame) const { return value + slope * frame; }
    };
    struct encounter {
        bool open = false, waits = false;
        double distance = 0; // Hz in the newest frame
        std::uint64_t begin = 0, end = 0;
        side before[2];
    };

    double* slot(std::uint64_t frame, std::size_t track)
    {
        return d_ring.data() + ((frame % d_depth) * d_tracks + track) * d_width;
    }
    void fit(std::size_t track, std::uint64_t begin, std::uint64_t end, side& to);
    void
    measure(std::size_t track, std::size_t other, std::uint64_t begin, std::uint64_t end, side& to);
    bool is_clear(double line, double other) const;
    double move_cost(const side& before, const side& after, double middle) const;
    double level_cost(const side* before, const side& after, const side& other) const;
    void follow(std::size_t i, std::size_t j, encounter& e);
    void decide(std::size_t i, std::size_t j, encounter& e, std::uint64_t known);

    std::size_t d_tracks, d_width;
    std::vector<double> d_orders;
    double d_hop_time, d_reach, d_apart;
    std::size_t d_fit, d_bridge, d_guard, d_hold, d_depth; // frames
    std::vector<double> d_ring, d_incoming;
    std::vector<std::size_t> d_names;    // d_names[i]: the track as it comes that is called i
    std::vector<encounter> d_encounters; // of pairs
    side d_after[2];                     // of the encounter that is decided
    std::uint64_t d_added = 0, d_left = 0;
};

} // namespace gr::stft::kernel
#endif
