/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_SLIDING_DESCENT_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_SLIDING_DESCENT_H

#include "chirp_descent.h"
#include "frame_descent.h"
#include "restart.h"

namespace gr::stft::kernel {

/*!
 * \brief Online gradient descent in ln theta, and in chirp rates where they are learned, after Leiber et al.: Adam continues
 * from frame to frame.
 *
 * A frame is measured jointly with the 2 h frames before it, whose sums are those of the window they
 * were measured with. The window of a frame is that of the block in whose middle it is. With one
 * theta for all frames, all frames before are pooled, and the learning rate falls as 1 /
 * sqrt(frames).
 *
 * Descent: frame_descent<T>, or chirp_descent<R>.
 */
template <class Descent>
class STFT_API sliding_descent
{
public:
    using sample = typename Descent::sample; //!< a sample of the signal

    explicit sliding_descent(const adaptive_settings& s);

    //! Starts again at frame p from this window. \param past the totals over all frames
    void restart(std::int64_t p, const frame_window& at, history past);

    //! Leaves out frame p, which follows the last one.
    void pass(std::int64_t p);

    //! Descends at frame p, which follows the last one.
    void measure(std::int64_t p, const excerpt<sample>& x, const position& t, Descent& descent);

    //! Returns the window of frame n, one of the last 2 h + 1 frames.
    const frame_window& window(std::int64_t n) const;
    double criterion() const { return d_criterion; }

    //! Mean sums per frame of block n.
    criterion_sums block_mean(std::int64_t n) const;
    //! Number of measured frames in block n.
    std::int64_t frames_in(std::int64_t n) const;

private:
    struct frame {
        frame_window window;
        criterion_sums sums;
        bool present;
    };
    const frame& at(std::int64_t p) const { return d_frames[modulo(p, d_frames.size())]; }

    adaptive_settings d_settings;
    bool d_endless;
    std::vector<frame> d_frames;
    criterion_sums d_total;
    std::int64_t d_counted = 0;
    std::int64_t d_begin = 0, d_end = 0;
    frame_window d_window;
    double d_criterion;
    parameter_walk d_walk;
};

} // namespace gr::stft::kernel
#endif
