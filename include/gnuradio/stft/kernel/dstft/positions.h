/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_POSITIONS_H
#define INCLUDED_STFT_KERNEL_DSTFT_POSITIONS_H

#include <gnuradio/stft/kernel/dstft/dstft.h>

namespace gr::stft::kernel {

/*!
 * \brief A real position that moves in steps and never drifts: the sum of the steps is kept in units of 2^-64 samples,
 * and rounded only when it is read.
 *
 * Every double from 2^-11 samples on is a whole number of these units, so n steps of a hop are exactly n hop, at
 * sample 2^62 as at sample 0; smaller steps are rounded to units.
 */
class STFT_API exact_position
{
public:
    exact_position() = default;
    //! Exactly there.
    explicit exact_position(const position& start);

    //! Goes on by count steps.
    //! \param step in samples, 0 <= step < 2^62
    //! \param count number of steps, >= 0
    exact_position& move(double step, std::int64_t count = 1);

    //! The position, with the double nearest to its fraction.
    position rounded() const;

private:
    std::int64_t d_sample = 0;
    std::uint64_t d_fraction = 0; // in units
};

//! How far apart the frames of a DSTFT are: a hop, or a fraction of each window's length (fixed overlap).
class STFT_API pacing
{
public:
    //! \param hop samples from frame to frame
    //! \param alpha 0: frames are hop samples apart; else hop is ignored, and frame n + 1 lies
    //!        alpha theta_n after frame n
    //! \param share which frames and bins have one window length in common
    //! \throws std::invalid_argument unless alpha is 0 or in 1e-3 .. 1e3, and hop, if it counts, in 1e-3 .. 2^40; or if
    //!         alpha is not 0 and the bins have window lengths of their own
    pacing(double hop, double alpha, sharing share);

    //! Samples from frame to frame, unless fixed_overlap().
    double hop() const { return d_hop; }
    //! The hop as a fraction of the window length; 0 unless fixed_overlap().
    double alpha() const { return d_alpha; }
    //! True if the step to the next frame is a fraction of the window length.
    bool fixed_overlap() const { return d_alpha > 0; }

    //! Samples from a frame of window length theta to the next one.
    double step(double theta) const { return fixed_overlap() ? d_alpha * theta : d_hop; }

    /*!
     * \brief True if a signal of length samples has a frame centred at t, given that all frames
     * before it exist.
     *
     * With a hop, those at t <= length, whatever theta: 1 + floor(length / hop) frames. At fixed overlap those whose
     * window begins before the last sample, t - theta / 2 < length - 1, so that a frame appears with nothing under its
     * window when theta changes. An empty signal has none.
     */
    bool has_frame(const position& t, double theta, std::int64_t length) const;

    //! The least length for which has_frame(t, theta, length) whatever theta.
    std::int64_t certain_at(const position& t) const;

private:
    double d_hop, d_alpha;
};

} // namespace gr::stft::kernel
#endif
