/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_STFT_BINS_H
#define INCLUDED_STFT_STFT_BINS_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>

namespace gr::stft {

/*!
 * \brief Samples in, chosen bins of their short-time Fourier transform out, at any hop, hop 1 included.
 *
 * Input: samples, float (stft_bins_fvc) or complex (stft_bins_cvc). Output: one item per frame, a complex number for each
 * of the bins, in their order. kernel::stft_bins tells how they are computed; a cost per sample that does not grow with the
 * window makes this the way to follow a few lines at full time resolution.
 *
 * Frames and tags as in stft; a further tag is stft_bins (f64 vector).
 *
 * Message port "cmd": a dict (or pair) of bins (as many as there are), hop, window, win_length, scaling, and optionally at,
 * the sample that the first changed frame starts at or after. The setters change the next frame.
 */
template <class T>
class STFT_API stft_bins : public changeable<kernel::bins_parameters>
{
public:
    using sptr = std::shared_ptr<stft_bins<T>>; //!< type that make() returns

    /*!
     * \param p bins and hop at least; n_fft 0: win_length, or the taps' number
     * \throws std::invalid_argument naming the parameter, its value and the rule; also if the stream's buffer
     *         would exceed 512 MiB
     */
    static sptr make(const kernel::bins_parameters& p);

    //!@{
    //! Requests another value, from the next frame on. \throws as request(), and for another number of bins
    void set_bins(const std::vector<double>& bins) { this->request({ "bins", bins }); }
    void set_hop(std::int64_t hop) { this->request({ "hop", hop }); }
    void set_window(const kernel::window& window) { this->request({ "window", window }); }
    void set_win_length(std::int64_t win_length) { this->request({ "win_length", win_length }); }
    void set_scaling(const std::string& scaling) { this->request({ "scaling", scaling }); }
    //!@}

    //! Samples that follow a frame's centre before the frame leaves.
    virtual std::int64_t latency() const = 0;
};

using stft_bins_fvc = stft_bins<float>;
using stft_bins_cvc = stft_bins<gr_complex>;

} // namespace gr::stft
#endif
