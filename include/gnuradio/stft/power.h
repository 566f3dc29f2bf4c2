/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_POWER_H
#define INCLUDED_STFT_POWER_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/stft/power.h>

namespace gr::stft {

//! Settings of power_vcvf.
struct STFT_API power_settings : kernel::power_parameters {
    std::size_t n_fft = 0; //!< DFT length of the spectra, >= 1
    //! Bins of an item; inner ones of onesided are doubled.
    kernel::sides sides = kernel::sides::onesided;
};

namespace kernel {
//! Parameters of power_settings.
template <>
inline constexpr auto
    fields<power_settings> = std::tuple(field("n_fft", &power_settings::n_fft).required(),
                                        field("sides", &power_settings::sides, sides_named),
                                        power_fields::kind,
                                        power_fields::average,
                                        power_fields::max_hold,
                                        power_fields::db);
} // namespace kernel

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
class STFT_API power_vcvf : public changeable<power_settings>
{
public:
    using sptr = std::shared_ptr<power_vcvf>; //!< type that make() returns

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const power_settings& s);

    //! Spectra for a row, >= 1. The present row keeps those that it has. \throws as request()
    void set_average(std::int64_t average) { this->request({ "average", average }); }

    //! Forgets the held maxima.
    virtual void reset() = 0;

    //! Samples; 0, since a row leaves with the last of its spectra.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
