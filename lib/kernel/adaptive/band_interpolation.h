/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_BAND_INTERPOLATION_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_BAND_INTERPOLATION_H

#include <gnuradio/stft/api.h>
#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief From a value for each band of a spectrum to one for each bin: straight lines between the bands' middles,
 * constant beyond the first and the last one of real samples, round the circle for complex ones; or steps, so that each
 * bin has the value of its band.
 */
class STFT_API band_interpolation
{
public:
    band_interpolation(std::size_t n_fft, bool one_sided, std::size_t bands, bool straight);

    //! \param values of each band; bins: one for each bin
    void spread(const double* values, double* bins) const;

    //! exp() of what spread() gives, by geometric series in single precision; error 2e-7 of it
    void spread_exp(const double* values, float* bins) const;

private:
    struct stretch {
        std::size_t begin, end; // bins
        std::size_t low, high;  // bands between whose middles they lie
        double part;            // of the way, of the first bin
    };
    std::vector<stretch> d_stretches;
    double d_width; // of a band, in bins
};

} // namespace gr::stft::kernel
#endif
