/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_BANDS_FFT_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_BANDS_FFT_H

#include "band_plan.h"
#include "frame_transform.h"

namespace gr::stft::kernel {

//! Cells in bands that have one window length each: an FFT for each length instead of a sum for each bin. Every method
//! takes the plan of the frame, and reads and writes the planned bins only.
template <class T>
class bands_fft
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    bands_fft(std::size_t n_fft, const window_family& window, norm n);

    //! Writes S, dS/dtheta and dS/dt, each unless it is null; other bins of the rows stay as they are.
    void analyse(const band_plan& plan,
                 const excerpt<T>& x,
                 const position& t,
                 complex* spectrum,
                 complex* by_theta,
                 complex* by_t);
    //! Adds the gradient of samples begin .. end - 1 to x_gradient, as dstft<T>::pull_back() does.
    void pull_back(const band_plan& plan,
                   const position& t,
                   const complex* G,
                   std::int64_t begin,
                   std::int64_t end,
                   T* x_gradient);
    //! Adds the energies of samples begin .. end - 1 to sum, as dstft<T>::energy() does.
    void energy(const band_plan& plan,
                const position& t,
                const real* weight,
                std::int64_t begin,
                std::int64_t end,
                double* sum);

private:
    std::size_t d_bins;
    frame_transform<T> d_transform;
    volk::vector<real> d_weight;
};

} // namespace gr::stft::kernel
#endif
