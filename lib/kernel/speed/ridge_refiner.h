/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_REFINER_H
#define INCLUDED_STFT_LIB_KERNEL_SPEED_RIDGE_REFINER_H

#include "kernel/speed/ridge_chain.h"
#include "kernel/speed/row_whitener.h"
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/speed/warped_rows.h>

namespace gr::stft::kernel {

//! How long the frame is that refines a ridge, and how strongly it is warped, so that its samples are there in time.
struct refinement {
    double duration;  //!< s
    double most_rate; //!< 1/s

    /*!
     * \param s parameters \param hop_time s from frame to frame
     */
    refinement(const ridge_tracker_settings& s, double hop_time);

    //! s from the centre that samples are needed on either side.
    double reach() const;
};

/*!
 * \brief Refines a ridge on a longer frame, warped by the ridge's own slope, and gives the amplitudes of its orders. Where the
 * ridge is bent so much that the warp leaves a smear, the frame is as long as those of the rows.
 */
template <class R>
class ridge_refiner
{
public:
    ridge_refiner(const ridge_tracker_settings& s, const warped_rows<R>& rows);

    /*!
     * \param rows that hold the samples \param frame number \param point the ridge there
     * \param weights of the orders in the score \param amplitudes of the orders \return Hz of the rotation
     */
    double refine(const warped_rows<R>& rows,
                  std::int64_t frame,
                  const ridge_point& point,
                  const std::vector<float>& weights,
                  double* amplitudes);

private:
    struct frame {
        double duration; // s
        std::size_t count;
        std::vector<R> taps;
        double weight = 0; // sum of the taps
    };
    double amplitude(const frame& of, double hz) const;
    const frame& frame_for(const ridge_point& point) const;
    void choose_orders(double f, const std::vector<float>& weights);

    ridge_tracker_settings d_settings;
    refinement d_longest;
    double d_rate, d_order; // Hz after decimation; median of the orders
    frame d_frames[2];      // longer one first
    frame_analysis<R> d_dft;
    row_axis d_axis;
    row_whitener<R> d_whitener;
    double d_reach;                // Hz on either side of f that is searched
    std::vector<double> d_weights; // of the orders at the frame that is refined
    std::vector<R> d_samples, d_row;
    volk::vector<std::complex<R>> d_spectrum;
};

} // namespace gr::stft::kernel
#endif
