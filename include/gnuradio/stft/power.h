/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_POWER_H
#define INCLUDED_STFT_POWER_H

#include <gnuradio/block.h>
#include <gnuradio/stft/api.h>

namespace gr::stft {

/*!
 * \brief Spectra in, rows of power out: averaged, held, in decibels.
 *
 * Input: spectra of n_fft / 2 + 1 (sides "onesided") or n_fft bins ("twosided", "centered"). Output: one row of
 * as many floats per `average` spectra; the last row averages what is left. The inner bins of one-sided spectra
 * are doubled.
 *
 * kind "power" is |X|^2 and "magnitude" |X|, in the scaling the spectra have. "psd" is |X|^2 brought to
 * unit^2 / Hz if tags of stft tell another scaling and the window; without tags it is |X|^2.
 *
 * Tags of a spectrum go to the row it is part of; rx_rate is divided by average. Message port "cmd": a dict
 * (or pair) of average and reset.
 */
class STFT_API power_vcvf : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<power_vcvf>; //!< type that make() returns

    /*!
     * \param n_fft of the spectra, >= 1
     * \param sides "onesided", "twosided" or "centered"
     * \param kind "psd", "power" or "magnitude"
     * \param average spectra whose powers make a row, >= 1
     * \param max_hold each bin is the largest since the start or the last reset
     * \param db rows in decibels, not below -200
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    static sptr make(std::int64_t n_fft,
                     const std::string& sides = "onesided",
                     const std::string& kind = "psd",
                     std::int64_t average = 1,
                     bool max_hold = false,
                     bool db = false);

    //! A row is complete from now on once it has this many spectra; the present one keeps what it has.
    //! \throws std::invalid_argument as make()
    virtual void set_average(std::int64_t average) = 0;
    //! Spectra for a row.
    virtual std::int64_t average() const = 0;

    //! Forgets the held maxima.
    virtual void reset() = 0;

    //! Samples; 0, since a row leaves with the last of its spectra.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
