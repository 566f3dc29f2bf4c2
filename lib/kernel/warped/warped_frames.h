/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_WARPED_WARPED_FRAMES_H
#define INCLUDED_STFT_LIB_KERNEL_WARPED_WARPED_FRAMES_H

#include "kernel/adaptive/pooled_rows.h"
#include "kernel/adaptive/shortest_path.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/speed/warped_rows.h>
#include <gnuradio/stft/kernel/warped/warped_stft.h>
#include <optional>

namespace gr::stft::kernel {

/*!
 * \brief Frames under a window of one length, each with a relative rate that a path through those of a bank decides.
 *
 * The criterion is l1/l2 of the whitened rows, pooled over a block of frames.
 */
template <class R>
class warped_frames
{
public:
    //! \param settings all of them filled in \param memory samples before the frame decided last that transform() still reaches
    warped_frames(const warped_stft_settings& settings, double memory);

    //! Length of the window, samples.
    double theta() const { return d_settings.theta; }
    //! Samples after its centre that a frame waits for.
    std::int64_t latency() const;
    //! Samples that push() takes now.
    std::size_t room() const { return d_rows.room(); }
    //! Takes room() samples at most. \return number of samples taken
    std::size_t push(const R* samples, std::size_t count) { return d_rows.push(samples, count); }
    //! Ends the signal.
    void finish();

    //! The next frame to decide; the first one lies within the signal.
    std::int64_t frame() const { return d_frame; }
    //! Returns the rate of the next frame, and moves on to the one after it; nothing if samples are missing.
    std::optional<double> decide();
    //! Computes the bins of a frame that has been decided, whatever its rate.
    void transform(std::int64_t frame, double rate, std::complex<R>* spectrum);

private:
    bool measure_to(std::int64_t frame);

    warped_stft_settings d_settings;
    warped_rows<R> d_rows;
    std::vector<double> d_rates;
    pooled_rows<R> d_sums;
    shortest_path d_path; // through places in the bank
    frame_analysis<R> d_dft;
    std::size_t d_count; // samples of a frame
    std::vector<R> d_taps, d_cut;
    std::int64_t d_frame;
    bool d_finished = false;
};

//! Parameters of the rows under a window, in samples instead of seconds.
warped_rows_settings rows_of(const warped_stft_settings& s);

} // namespace gr::stft::kernel
#endif
