/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BAND_WEIGHTS_H
#define INCLUDED_STFT_BAND_WEIGHTS_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/bands/band_weights.h>

namespace gr::stft {

/*!
 * \brief Rows of power in, weighted sums over bands out: mel, bark, ERB, fractions of octaves ...
 *
 * Input: rows of n_fft / 2 + 1 floats, of spectrogram_fvf or power_vcvf, not in decibels. Output: a vector of one float for each band
 * and row; kernel::band_weights says what it is.
 *
 * Tags pass, but those of stft_*, which describe rows of bins, end here; stft_samp_rate overrides samp_rate, as far as the number of bands
 * stays. Message port "cmd": a dict (or pair) of f_min, f_max.
 */
class STFT_API band_weights_vfvf : public changeable<kernel::band_weights_settings>
{
public:
    using sptr = std::shared_ptr<band_weights_vfvf>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::band_weights_settings& s);

    //! Hz, where the first band begins. \throws as request()
    void set_f_min(double f_min) { this->request({ "f_min", f_min }); }
    //! Hz, where the last band ends. \throws as request()
    void set_f_max(double f_max) { this->request({ "f_max", f_max }); }

    //! Bands of an output vector.
    virtual std::size_t bands() const = 0;

    //! Samples; 0, since sums leave with their row.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
