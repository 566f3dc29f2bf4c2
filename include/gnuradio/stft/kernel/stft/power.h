/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_STFT_POWER_H
#define INCLUDED_STFT_KERNEL_STFT_POWER_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/scaling.h>
#include <cstdint>
#include <optional>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Quantity that a row of a spectrogram holds.
 *
 * - psd: power per Hz
 * - power: power of a line; a sinusoid of amplitude A reads A^2 / 2 if real, A^2 if complex
 * - magnitude: amplitude of a line; it reads A
 *
 * psd and power are |X|^2 of a spectrum scaled as spectrum_scaling() says, magnitude is |X|. One-sided
 * spectra hold half of a real signal: their inner bins are doubled (DC and Nyquist are not), psd and
 * power in power, magnitude in amplitude.
 */
enum class power_kind { psd, power, magnitude };

//! \throws std::invalid_argument unless name is "psd", "power" or "magnitude"
STFT_API power_kind power_kind_named(const std::string& name);
//! "psd", "power" or "magnitude"
STFT_API const char* name_of(power_kind kind);
//! Scaling of the spectra that a row of this kind is made from.
STFT_API scaling spectrum_scaling(power_kind kind);

//! Parameters by which spectra are turned into a row.
struct STFT_API power_parameters {
    power_kind kind = power_kind::psd; //!< kind and unit of a row
    std::uint64_t average = 1;         //!< spectra whose powers are averaged into one row, >= 1
    bool max_hold = false;             //!< each bin is the largest since the start, after averaging
    bool db = false;      //!< 10 log10 of psd and power, 20 log10 of magnitude; never below -200
    bool doubled = false; //!< inner bins doubled: the spectra are one-sided ones of real samples
    double factor = 1;    //!< on |X|^2 before everything else

    //! \throws std::invalid_argument if average < 1 or factor is not positive
    void check() const;

    //! True if all parameters are equal.
    bool operator==(const power_parameters& other) const;
};

//! Fields of power_parameters.
namespace power_fields {
//!@{
//! Field of a parameter.
constexpr auto kind = field("kind", &power_parameters::kind, power_kind_named);
constexpr auto average = field("average", &power_parameters::average).changeable();
constexpr auto max_hold = field("max_hold", &power_parameters::max_hold);
constexpr auto db = field("db", &power_parameters::db);
//!@}
} // namespace power_fields

/*!
 * \brief Turns spectra into rows of powers or magnitudes: averaged, held, in decibels. R: float or double.
 *
 * Powers are averaged before any root or logarithm is taken: the mean of the dB values of noise is 2.5 dB too
 * low. Sums, held values and rows with a power near an end of the type's range, or 0, are computed in double
 * precision, and from what would leave even that range a power of two is taken out. So nothing overflows or vanishes
 * that the row's type can hold, but for bins of double precision 10^125 times smaller than another of their row.
 */
template <class R>
class STFT_API power
{
public:
    //! \param n_fft of the spectra, >= 1
    //! \param bins of each, n_fft / 2 + 1 or n_fft
    //! \param p what becomes of them
    power(std::size_t n_fft, std::size_t bins, const power_parameters& p);

    //! The next spectrum, bins values -> row, bins values, and true if it completes a row.
    bool add(const std::complex<R>* spectrum, R* row);

    //! A row of the spectra that have not filled one, and true if there are any.
    bool flush(R* row);

    //! A row is complete from now on once it has this many spectra; the present one keeps what it has.
    void set_average(std::uint64_t average);

    //! The largest values are forgotten.
    void reset() { d_held.clear(); }

    //! Another factor on |X|^2, from the next spectrum on.
    void set_factor(double factor);

    //! DFT length of the spectra.
    std::size_t n_fft() const { return d_n_fft; }
    //! The parameters in force.
    const power_parameters& design() const { return d_parameters; }

private:
    template <class S>
    void weight(S* row) const;
    R* plain_powers(R* row);
    void finish_plain(R* row);
    void choose_exponent(std::optional<int> own);
    void take_mean();
    void finish(R* row);

    std::size_t d_n_fft, d_bins;
    power_parameters d_parameters;
    std::uint64_t d_count = 0;
    std::optional<int> d_exponent; // powers are divided by 4^this; none where they are all 0
    std::vector<R> d_plain;
    std::vector<double> d_row, d_sum, d_held;
};

} // namespace gr::stft::kernel
#endif
