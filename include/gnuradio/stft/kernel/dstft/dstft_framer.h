/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_DSTFT_FRAMER_H
#define INCLUDED_STFT_KERNEL_DSTFT_DSTFT_FRAMER_H

#include <gnuradio/stft/kernel/dstft/positions.h>
#include <gnuradio/stft/kernel/frames/sliding_buffer.h>

namespace gr::stft::kernel {

/*!
 * \brief Follows the frames of a DSTFT through an endless signal: samples go in in chunks of any size, and each frame
 * finds those under its window, wherever it lies.
 *
 * Frame 0 is centred at sample 0. A frame is ready as soon as all samples under its window are there and it is
 * certain that another frame follows, so the last frame of a signal is always known as the last one.
 *
 * Memory: 2 n_fft + 32768 samples. T: float, double, or their complex types.
 */
template <class T>
class STFT_API dstft_framer
{
public:
    //! \throws std::bad_alloc if there is no memory for windows of up to n_fft samples
    explicit dstft_framer(std::size_t n_fft);

    //! Takes as many of the samples as there is room for and returns how many; some at least of a set frame that is
    //! not ready().
    std::size_t push(const T* samples, std::size_t count);

    //! Centre of the present frame.
    const position& centre() const { return d_centre; }

    //! The present frame's (greatest) window length, and the pace to the next frame. May be set
    //! again until complete().
    void set(double theta, const pacing& pace);
    //! True if the present frame's window length is known.
    bool is_set() const { return d_set; }

    //! True if all samples under the window are there.
    bool complete() const { return d_received >= end() || d_finished; }

    //! True if the present frame can be transformed now.
    bool ready() const;

    //! True if the signal has ended before this frame. At fixed overlap set() comes first.
    bool over() const { return d_finished && !d_pace.has_frame(d_centre, d_theta, d_received); }

    //! The samples around the present frame.
    excerpt<T> samples() const;

    //! On to the next frame, of which the window length is not known.
    void advance();

    //! The signal has ended: its length is now known.
    void finish() { d_finished = true; }

    //! Position after the last sample under the present frame's window.
    std::int64_t end() const;

    //! True if finish() was called.
    bool finished() const { return d_finished; }

    //! Samples taken so far.
    std::int64_t received() const { return d_received; }

    //! Samples that are missing before the present frame can be ready; 0 if it is, or if there is no room for any.
    std::int64_t wanted() const;

private:
    //! Samples that no window around the centre reaches, up to n_fft long.
    std::int64_t before(const position& t) const { return t.sample - d_reach; }
    std::int64_t after(const position& t) const { return t.sample + d_reach + 1; }
    void drop(std::size_t count);

    std::int64_t d_reach;
    sliding_buffer<T> d_samples; // from sample d_first on
    std::int64_t d_first = 0;
    std::int64_t d_left_out = 0,
                 d_cut = 0; // d_left_out samples from d_cut on, between two frames, are not kept
    std::int64_t d_received = 0;
    exact_position d_exact, d_exact_next;
    position d_centre{ 0, 0 }, d_next{ 0, 0 };
    double d_theta = 0;
    pacing d_pace;
    bool d_set = false, d_finished = false;
};

} // namespace gr::stft::kernel
#endif
