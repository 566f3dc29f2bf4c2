/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MACHINE_BAND_ENVELOPE_H
#define INCLUDED_STFT_KERNEL_MACHINE_BAND_ENVELOPE_H

#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/fields.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

//! Parameters of band_envelope and record_envelope.
struct STFT_API band_envelope_settings {
    std::size_t n_fft = 64;      //!< DFT length of the rows, 4 .. 2^24
    double samp_rate = 1;        //!< Hz of the samples, > 0
    double f_min = 0;            //!< Hz, lower edge of the band; 0: 1000, at most samp_rate / 8
    double f_max = 0;            //!< Hz, upper edge; 0: half of samp_rate
    std::size_t constant = 2000; //!< rows of the exponential mean that a bin is divided by, >= 1
    double clip = 12;            //!< bound of a sample, in medians of |sample|; 0: none

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Hz, lower edge of the band with its default filled in.
    double lower() const { return f_min != 0 ? f_min : std::min(1000.0, samp_rate / 8); }
    //! Bins of a row.
    std::size_t bins() const { return n_fft / 2 + 1; }
    //! First bin of the band.
    std::size_t first() const;
    //! Bins of the band.
    std::size_t count() const;
};

//! Parameters of band_envelope_settings.
template <>
inline constexpr auto fields<band_envelope_settings> =
    std::tuple(field("n_fft", &band_envelope_settings::n_fft).required(),
               field("samp_rate", &band_envelope_settings::samp_rate),
               field("f_min", &band_envelope_settings::f_min).automatic(),
               field("f_max", &band_envelope_settings::f_max).automatic(),
               field("constant", &band_envelope_settings::constant),
               field("clip", &band_envelope_settings::clip));

//! The band of a row, each bin divided by its mean: every bin counts alike, so no band has to be chosen. R: float or double.
template <class R>
class STFT_API whitened_band
{
public:
    //! \throws std::invalid_argument as band_envelope_settings::check()
    explicit whitened_band(const band_envelope_settings& s);

    //! False for a row that holds nothing: not finite, or without power in the band.
    bool holds_signal(const R* row);

    //! Mean of the band's bins over their means. weight > 0: the means then follow the row by this weight.
    R mean_ratio(const R* row, R weight);

    //! The means of the band's bins.
    volk::vector<R>& means() { return d_means; }
    //! The parameters.
    const band_envelope_settings& design() const { return d_settings; }
    //! First bin of the band.
    std::size_t first() const { return d_first; }

private:
    band_envelope_settings d_settings;
    std::size_t d_first;
    volk::vector<R> d_means, d_ratios; // aligned, so that sums round alike in all objects
};

/*!
 * \brief Squared envelope of a band: a sample for each row of power, whitened by exponential means.
 *
 *     e = mean over the band's bins of P[m] / M[m] - 1,    M[m] += (min(P[m], 16 M[m]) - M[m]) / min(rows, constant)
 *
 * clipped at `clip` medians of |e|. The median is followed by steps of its logarithm, the mean of the first `constant` rows is that of
 * those that came. A knock moves M by 16 M / constant at most. A row that is not finite, or has no power in the
 * band, gives 0 and is not followed. So a gain changes nothing, but for e after its step.
 *
 * State: a number for each bin. The samples' rate is that of the rows; a sample lags behind no row.
 */
template <class R>
class STFT_API band_envelope
{
public:
    //! \throws std::invalid_argument as band_envelope_settings::check()
    explicit band_envelope(const band_envelope_settings& s);

    //! Rows of n_fft / 2 + 1 powers -> a sample for each.
    void add(const R* rows, std::size_t count, R* samples);

    //! The parameters.
    const band_envelope_settings& design() const { return d_band.design(); }

private:
    R next(const R* row);

    whitened_band<R> d_band;
    std::uint64_t d_followed = 0; // rows
    double d_median = 0;          // of |e|
};

/*!
 * \brief band_envelope of a record, whose rows are at hand twice: each bin is divided by its mean over all rows, and samples are
 * clipped by the median of all. First learn() all rows, then add() all rows, then limit() all samples. `constant` has no effect.
 */
template <class R>
class STFT_API record_envelope
{
public:
    //! \throws std::invalid_argument as band_envelope_settings::check()
    explicit record_envelope(const band_envelope_settings& s);

    //! Rows enter the means.
    void learn(const R* rows, std::size_t count);
    //! The rows again -> a sample for each.
    void add(const R* rows, std::size_t count, R* samples);
    //! Clips the samples of the record.
    void limit(R* samples, std::size_t count) const;

private:
    whitened_band<R> d_band;
    std::vector<double> d_sums;
    std::uint64_t d_learned = 0; // rows
    bool d_known = false;        // the means
};

} // namespace gr::stft::kernel
#endif
