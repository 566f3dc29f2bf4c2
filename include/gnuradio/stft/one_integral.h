/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_ONE_INTEGRAL_H
#define INCLUDED_STFT_ONE_INTEGRAL_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>

namespace gr::stft {

//! Settings of one_integral. Hop and placement do not matter; no bins: an item holds all of them.
struct STFT_API one_integral_settings : kernel::bins_parameters {};

namespace kernel {
//! Parameters of one_integral_settings.
template <>
inline constexpr auto fields<one_integral_settings> = std::tuple(stft_fields::n_fft,
                                                                 stft_fields::window,
                                                                 stft_fields::win_length,
                                                                 stft_fields::phase,
                                                                 stft_fields::bins,
                                                                 stft_fields::scaling,
                                                                 stft_fields::samp_rate);
} // namespace kernel

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
     * \param s those of the transform, n_fft at least. Bins are whole numbers, each once. The window's value at
     *        win_length / 2 is divided by
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    static sptr make(const one_integral_settings& s);

    //! Samples by which the output lags behind the centre of the newest frame; 1.
    virtual std::int64_t latency() const = 0;
};

using one_integral_vcf = one_integral<float>;
using one_integral_vcc = one_integral<gr_complex>;

} // namespace gr::stft
#endif
