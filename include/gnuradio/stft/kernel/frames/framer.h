/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FRAMES_FRAMER_H
#define INCLUDED_STFT_KERNEL_FRAMES_FRAMER_H

#include <gnuradio/stft/kernel/frames/framing.h>
#include <gnuradio/stft/kernel/frames/sliding_buffer.h>
#include <cstdint>

namespace gr::stft::kernel {

/*!
 * \brief Cuts an endless signal into frames: samples go in in chunks of any size, frames come out whole.
 *
 * Outside of the signal there are zeros. A frame is handed out as soon as its last sample is there and it
 * is certain that another frame follows, so the last frame of a signal always comes after finish(), and
 * is known to be the last one.
 *
 * Memory: 2 win_length + 16384 samples. T: float, double, or their complex types.
 */
template <class T>
class STFT_API framer
{
public:
    //! Starts at the beginning of a signal that is cut into these frames.
    explicit framer(const framing& frames);

    //! Takes as many of the samples as there is room for, some at least if frame() is null, and returns how many.
    std::size_t push(const T* samples, std::size_t count);

    //! The samples under the next frame, win_length of them; null if it is not known yet or there is none.
    const T* frame();

    //! Position of the next frame's first sample.
    std::int64_t start() const { return d_start; }

    //! True if frame() is the signal's last one.
    bool last() const { return d_finished && !d_framing.continues(d_start, d_received); }

    //! Frames that lie a hop apart in one piece from frame() on, each known to have a successor: as many as are there,
    //! up to `most`. 1 once the signal has ended. Precondition: frame() is not null.
    std::size_t run(std::size_t most) const;

    //! Moves on by `frames` frames.
    void advance(std::size_t frames = 1);

    //! The signal has ended: its length is now known, and frame() hands out the rest, padded with zeros.
    void finish() { d_finished = true; }

    //! True if all samples of the next frame are there, even if it is not yet known whether another
    //! one follows.
    bool complete() const { return d_samples.size() >= d_framing.win_length(); }

    /*!
     * The next frame and those after it are of another length; later ones come at another hop. For a frame
     * that was complete when push() took samples it is too late if the hop exceeds its length.
     */
    void reframe(const framing& frames);

    //! How the next frames are cut.
    const framing& frames() const { return d_framing; }

    //! Samples taken so far.
    std::int64_t received() const { return d_received; }

    //! Samples that are still missing before frame() can be other than null; 0 if it is not.
    std::int64_t wanted() const;

private:
    bool whole() const; // the next frame, and known to have a successor

    framing d_framing;
    sliding_buffer<T> d_samples; // from d_start on
    std::size_t d_left_out = 0; // samples between this frame and the next that are not in d_samples
    std::int64_t d_start, d_received = 0;
    bool d_finished = false, d_done = false;
};

} // namespace gr::stft::kernel
#endif
