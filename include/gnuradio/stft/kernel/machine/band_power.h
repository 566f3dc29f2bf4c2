/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MACHINE_BAND_POWER_H
#define INCLUDED_STFT_KERNEL_MACHINE_BAND_POWER_H

#include <gnuradio/stft/kernel/bands/frequency_range.h>
#include <gnuradio/stft/kernel/fields.h>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

//! Parameters of band_power.
struct STFT_API band_power_settings {
    std::size_t n_fft = 0;      //!< DFT length of the rows, >= 2
    std::string bands;          //!< "10:1000,1000:5000", lower:upper, Hz; bands may overlap
    double samp_rate = 1;       //!< Hz, of the samples
    std::size_t win_length = 0; //!< samples under the window of the rows; 0: n_fft
    //! Integrations: 0: as measured; 1: once (velocity of an acceleration); 2: twice (displacement).
    std::size_t integrate = 0;
    //! Levels are multiplied by it: 9.80665 from g to m/s^2, 1000 from m/s to mm/s.
    double factor = 1;
    std::size_t average = 1; //!< rows whose powers are averaged into one level, >= 1
    bool db = false;         //!< levels are 20 log10 of the rms

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! win_length with its default filled in.
    std::size_t window_length() const { return win_length ? win_length : n_fft; }
    //! Periods of the lowest band edge under the window; infinite where nothing is integrated.
    double periods() const;
};

//! Parameters of band_power_settings.
template <>
inline constexpr auto fields<band_power_settings> =
    std::tuple(field("n_fft", &band_power_settings::n_fft).required(),
               field("bands", &band_power_settings::bands).required(),
               field("samp_rate", &band_power_settings::samp_rate),
               field("win_length", &band_power_settings::win_length).automatic(),
               field("integrate", &band_power_settings::integrate),
               field("factor", &band_power_settings::factor),
               field("average", &band_power_settings::average).changeable(),
               field("db", &band_power_settings::db));

//! Periods of the lower band edge under the window below which an integrated level may be off by more than 0.5 %.
constexpr double enough_periods = 10;

/*!
 * \brief Level of each band: the rms of what lies in it, integrated in the spectrum. R: float or double.
 *
 * Rows are one-sided power spectral densities P (unit^2 / Hz), inner bins doubled. With i = integrate,
 *
 *     rms^2 = factor^2 sum_m c_m P_m w_m / (2 pi f_m)^(2 i)
 *
 * w_m is the width of a bin's cell, [f_m - df/2, f_m + df/2] within 0 .. samp_rate / 2, and c_m the part of it that lies in the band, so
 * that bands which meet share no power and lose none. Bin 0 has no part where something is integrated.
 *
 * The side lobes of an offset, and of what lies below the band, grow with the integration. A Hann window that holds ten
 * periods of the lower edge keeps the error below 0.5 % next to an offset of 100 times the tone; fewer than five are
 * refused. A value that is not finite makes the levels of its bands so, in its own average only.
 */
template <class R>
class STFT_API band_power
{
public:
    //! \throws std::invalid_argument as band_power_settings::check()
    explicit band_power(const band_power_settings& s);

    //! The next row, n_fft / 2 + 1 values -> levels, bands() values, and true if it completes an average.
    bool add(const R* row, R* levels);

    //! Levels of the rows that have not filled an average, and true if there are any.
    bool flush(R* levels);

    /*!
     * \brief Another average, rate, window length ..., from the next row on; the present levels keep the rows that they have.
     * \throws std::invalid_argument as check(), or if n_fft or the number of bands differs
     */
    void change(const band_power_settings& s);

    //! Rows in the present average.
    std::uint64_t pending() const { return d_count; }
    //! Number of bands.
    std::size_t bands() const { return d_bands.size(); }
    //! The parameters in force.
    const band_power_settings& design() const { return d_settings; }

private:
    struct weighted_bins {
        std::size_t first;
        std::vector<double> weights;
    };
    static weighted_bins weights_of(const frequency_range& band, const band_power_settings& s);

    band_power_settings d_settings;
    std::vector<weighted_bins> d_bands;
    std::vector<double> d_sum;
    std::uint64_t d_count = 0;
};

} // namespace gr::stft::kernel
#endif
