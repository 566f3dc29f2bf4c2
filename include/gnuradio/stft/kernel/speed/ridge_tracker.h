/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_SPEED_RIDGE_TRACKER_H
#define INCLUDED_STFT_KERNEL_SPEED_RIDGE_TRACKER_H

#include <gnuradio/stft/kernel/speed/ridge_settings.h>
#include <cstdint>
#include <memory>

namespace gr::stft::kernel {

//! Indices of the values of a ridge; amplitudes of the orders follow.
enum ridge_value : std::size_t {
    ridge_frequency,     //!< Hz of the rotation
    ridge_slope,         //!< Hz/s
    ridge_confidence,    //!< above 1: a family of lines is there
    ridge_swap_possible, //!< 1: it may be another shaft since here, else 0
    ridge_amplitudes     //!< the first order's amplitude
};

/*!
 * \brief The speed of a machine from its vibration, without a tacho: shortest path through a bank of time-warped frames.
 *
 * Rows are those of warped_rows. The score of a rotation f and relative rate a is the sum of the rows' values at the orders,
 * k f, in the row of a. The path of the highest scores, with fixed look-ahead `lag`, gives f and f'. One frame more, 1.4
 * times as long and warped by the path's own slope, refines f, and gives the amplitude of each order: that of a cosine.
 * confidence is how far the score stands out of those of all f, or of sums of the row's noise, in spreads, over 5: below 1 there is no speed to be
 * trusted (standstill, noise, a frame that holds a missing sample), and the path runs on freely. It tells that a family
 * of lines is there, not that it is the one that was meant: **speed and orders are one unknown**. Orders 2, 4, 6 of f are
 * orders 1, 2, 3 of 2 f. Orders must be given; or a range narrower than an octave, [learn_min, learn_max] for the first
 * learn_time s, teaches their weights, and after that f is free.
 *
 * Several shafts (tracks): the first one's orders are taken away before the next is looked for. Where they meet, names are
 * kept by their slopes and amplitudes; see ridge_swap_possible.
 *
 * Everything is a function of frame numbers: samples may come in chunks of any size, with the same bits. push() and
 * frame() do not allocate.
 */
template <class R>
class STFT_API ridge_tracker
{
public:
    //! \param s parameters \param first number of the first sample that comes
    //! \throws std::invalid_argument as ridge_tracker_settings::check()
    explicit ridge_tracker(const ridge_tracker_settings& s, std::int64_t first = 0);
    ~ridge_tracker();
    //!@{
    //! Takes another one's state, which can only be destroyed or assigned to from then on.
    ridge_tracker(ridge_tracker&&) noexcept;
    ridge_tracker& operator=(ridge_tracker&&) noexcept;
    //!@}

    //! Takes as many of the samples as there is room for, some at least if values() is null, and returns how many.
    //! \throws std::invalid_argument after finish()
    std::size_t push(const R* samples, std::size_t count);
    //! Takes missing samples as push() takes others: the frames that hold them have confidence 0. \throws as push()
    std::size_t hold(std::size_t count);
    //! No more samples: the frames that wait leave.
    void finish();

    //! Values of the next frame, [track][width()]; null if it is not known yet. They live until the next call.
    const double* values();
    //! Moves on to the frame after it.
    void advance();
    //! Number of the next frame, which is centred at sample frame() hop().
    std::int64_t frame() const;

    //! Values of a track: ridge_amplitudes and the amplitudes of the orders.
    std::size_t width() const;
    //! Samples from frame to frame.
    std::size_t hop() const;
    //! Samples after the centre of a frame that its values wait for.
    std::int64_t latency() const;
    //! Samples so far, with those before the first one.
    std::int64_t received() const;
    //! Weights of the orders in the score, as learned.
    std::vector<double> weights() const;
    //! The parameters.
    const ridge_tracker_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

/*!
 * \brief Ridges in rows of power, one-sided, of any origin: the plain form of ridge_tracker.
 *
 * With the rate 0 alone, frequencies move at a cost of (df/dt)^2 / (2 (20 Hz/s)^2), within max_slew. With the rates of warped_rows,
 * rows are its own. There are no samples to refine by: f is that of a parabola through the score, and amplitudes are ratios, the
 * square roots of power over floor at the orders.
 */
class STFT_API row_ridge_tracker
{
public:
    //! \throws std::invalid_argument as row_ridge_tracker_settings::check()
    explicit row_ridge_tracker(const row_ridge_tracker_settings& s);
    ~row_ridge_tracker();
    //!@{
    //! Takes another one's state, which can only be destroyed or assigned to from then on.
    row_ridge_tracker(row_ridge_tracker&&) noexcept;
    row_ridge_tracker& operator=(row_ridge_tracker&&) noexcept;
    //!@}

    //! The next row, rates x bins values; call it only while values() is null. A row with a value that is not finite counts
    //! as a row of zeros, of confidence 0.
    void add(const float* row);
    //! No more rows.
    void finish();

    //! Values of row frame(), laid out as in ridge_tracker; null if they are not known yet.
    const double* values();
    //! Moves on to the row after it.
    void advance();
    //! Number of the next row.
    std::int64_t frame() const;
    //! Values of a track: ridge_amplitudes and the amplitudes of the orders.
    std::size_t width() const;
    //! Rows by which the values lag.
    std::size_t latency() const;
    //! Weights of the orders in the score, as learned.
    std::vector<double> weights() const;
    //! The parameters.
    const row_ridge_tracker_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
