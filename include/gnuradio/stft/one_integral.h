/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_ONE_INTEGRAL_H
#define INCLUDED_STFT_ONE_INTEGRAL_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/frames/window.h>

namespace gr::stft {

/*!
 * \brief Spectra at hop 1 in, samples out: one sample from each spectrum, by the sum over its bins.
 *
 * Input: all bins of stft_fvc (one_integral_vcf) or stft_cvc (one_integral_vcc), or some of them,
 * as from stft_bins_fvc and stft_bins_cvc; some give the part of the signal that is in their band.
 * Output: float or complex samples, as many as were transformed; kernel::one_integral has the
 * formula. Samples that are no frame's centre are 0.
 *
 * The tags of stft override the arguments, stft_bins too; tags of another hop than 1 are logged and ignored. Other tags
 * go back to the sample they came from.
 */
template <class T>
class STFT_API one_integral : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<one_integral<T>>; //!< type that make() returns

    /*!
     * \param n_fft DFT length, 1 .. 2^28
     * \param window name with parameters, or taps; its value at win_length / 2 is divided by
     * \param win_length samples under the window, <= n_fft; 0: the taps' number, else n_fft
     * \param phase reference of the phase: "start", "centre" or "absolute"
     * \param bins of an item, whole numbers, each once: 0 .. n_fft / 2 (float), or from -n_fft / 2 on and below n_fft
     *        (complex samples); empty: all of them
     * \param scaling "none", "magnitude", "psd" or "ortho"
     * \param samp_rate Hz, for "psd" and rx_time
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    static sptr make(std::int64_t n_fft,
                     const kernel::window& window = "hann",
                     std::int64_t win_length = 0,
                     const std::string& phase = "centre",
                     const std::vector<double>& bins = {},
                     const std::string& scaling = "none",
                     double samp_rate = 1.0);

    //! Samples by which the output lags behind the centre of the newest frame; 0 unless its placement is "full".
    virtual std::int64_t latency() const = 0;
};

using one_integral_vcf = one_integral<float>;
using one_integral_vcc = one_integral<gr_complex>;

} // namespace gr::stft
#endif
