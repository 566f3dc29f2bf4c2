/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_FRAME_GRID_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_FRAME_GRID_H

#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>
#include <cmath>

namespace gr::stft::kernel {

//! Samples received so far, and whether they are the whole signal.
struct signal_length {
    std::int64_t samples;
    bool finished;
};

//! Index of the sample nearest to t; halfway between two samples, the later one.
inline std::int64_t nearest_sample(const position& t) { return t.sample + (t.fraction >= 0.5); }

//! Index one past the last sample under a window of length theta whose centre is at most `away`
//! samples after t.
inline std::int64_t end_of_window(const position& t, double theta, double away = 0)
{
    return t.sample + static_cast<std::int64_t>(std::ceil(t.fraction + away + theta / 2));
}

/*!
 * \brief Centres of the grid frames, on which theta is learned, and of the output frames, which are
 * transformed.
 *
 * Grid frames are one hop apart. Output frame n is grid frame n; at fixed overlap (alpha > 0) it is
 * alpha theta after output frame n - 1 and takes its theta from the nearest grid frame. Centres are
 * exact multiples of the hop, counted from the last change of the hop, and do not drift.
 */
class STFT_API frame_grid
{
public:
    explicit frame_grid(const adaptive_settings& s);

    //! Centre of grid frame p, which must not precede the last change of the hop.
    position at(std::int64_t p) const
    {
        return exact_position(d_origin_at).move(d_hop, p - d_origin).rounded();
    }

    //! True if a signal of `length` samples has grid frame p.
    bool exists(std::int64_t p, std::int64_t length) const
    {
        return d_grid_pace.has_frame(at(p), 0, length);
    }

    //! True if output frames are alpha theta apart.
    bool fixed_overlap() const { return d_pace.fixed_overlap(); }

    //! Number of the next output frame.
    std::int64_t frame() const { return d_frame; }

    //! Centre of the next output frame.
    const position& centre() const { return d_centre; }

    //! Grid frame that gives the next output frame its theta; one that exists, if the signal is
    //! finished.
    std::int64_t source(const signal_length& length) const
    {
        return fixed_overlap() ? nearest_to_centre(length) : d_frame;
    }

    //! True if a signal of `length` samples has the next output frame, with window length theta.
    bool has_next(double theta, std::int64_t length) const
    {
        return d_pace.has_frame(d_centre, theta, length);
    }

    //! True if the next output frame is the last one; always false at fixed overlap, where this
    //! depends on theta.
    bool next_is_last(const signal_length& length) const
    {
        return !fixed_overlap() && length.finished && !exists(d_frame + 1, length.samples);
    }

    //! Samples after which the output frame that follows the next one exists for any theta up to
    //! theta_max.
    std::int64_t follower_certain_at(double theta_max) const
    {
        return d_pace.certain_at(fixed_overlap() ? d_centre + step(theta_max) : d_follower);
    }

    //! Greatest distance between two output frames whose windows are at most theta_max long.
    double step(double theta_max) const { return d_pace.step(theta_max); }

    //! Moves on by one output frame, which had window length theta.
    void advance(double theta)
    {
        ++d_frame;
        if (fixed_overlap()) {
            d_centre = d_at.move(step(theta)).rounded();
        } else {
            d_centre = d_follower;
            d_follower = at(d_frame + 1);
        }
    }

    //! Applies the hop of s to the frames after the next output frame, which keeps its centre.
    void set_hop(const adaptive_settings& s, const signal_length& length);

private:
    std::int64_t nearest_to_centre(const signal_length& length) const;

    double d_hop;
    pacing d_pace;             // of the output frames
    pacing d_grid_pace;        // of the grid frames
    std::int64_t d_origin = 0; // grid frame at which the hop changed last
    exact_position d_origin_at;
    position d_origin_centre{ 0, 0 }; // d_origin_at, rounded
    std::int64_t d_frame = 0;
    exact_position d_at; // centre of the next output frame at fixed overlap
    position d_centre{ 0, 0 };
    position d_follower; // centre of the grid frame after the next output frame
};

} // namespace gr::stft::kernel
#endif
