/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_BAND_INTERPOLATION_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_BAND_INTERPOLATION_H

#include <gnuradio/stft/api.h>
#include <algorithm>
#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

//! Values of the bins that lie between the middles of two bands.
enum class between_bands {
    constant, //!< each bin has the value of its band
    linear    //!< values are interpolated linearly between the middles of the bands
};

//! Value of the bin in the middle of a band; the only value where all bins have the same.
inline float at_middle(const std::vector<float>& bins, std::size_t band, std::size_t bands)
{
    const auto count = bins.size();
    return bins[count == 1 ? 0 : std::min((2 * band + 1) * count / (2 * bands), count - 1)];
}

/*!
 * \brief Spreads one value per band of a spectrum over its bins.
 *
 * Linear interpolation is constant below the middle of the first band and above that of the last
 * one for real samples; for complex samples it goes on from the last band to the first.
 */
class STFT_API band_interpolation
{
public:
    band_interpolation(std::size_t n_fft, bool one_sided, std::size_t bands, between_bands way);

    //! Writes a value for each bin. \param values one for each band
    void spread(const double* values, double* bins) const;

    //! Writes exp() of the values that spread() writes, by geometric series in single precision;
    //! relative error 2e-7.
    void spread_exp(const double* values, float* bins) const;

private:
    struct stretch {
        std::size_t begin, end; // bins begin .. end - 1
        std::size_t low, high;  // bands between whose middles these bins lie
        double part;            // of the way from low to high, at the first bin
    };
    std::vector<stretch> d_stretches;
    double d_width; // bins per band
};

} // namespace gr::stft::kernel
#endif
