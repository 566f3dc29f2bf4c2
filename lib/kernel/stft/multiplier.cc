/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/multiply.h"
#include <gnuradio/stft/kernel/stft/multiplier.h>

namespace gr::stft::kernel {

template <class R>
void apply_mask(const std::complex<R>* spectrum,
                const R* mask,
                std::size_t bins,
                std::complex<R>* masked)
{
    multiply(spectrum, mask, masked, bins);
}

template <class R>
void apply_mask(const std::complex<R>* spectrum,
                const std::complex<R>* mask,
                std::size_t bins,
                std::complex<R>* masked)
{
    multiply(spectrum, mask, masked, bins);
}

template <class T>
multiplier<T>::multiplier(const parameters& p, const taps_t& synthesis, double threshold)
    : d_round_trip(p, synthesis, threshold)
{}

template <class T>
void multiplier<T>::set_masks(const real* rows, std::size_t stride)
{
    d_real_masks = rows;
    d_complex_masks = nullptr;
    d_stride = stride;
    d_frame = 0;
}

template <class T>
void multiplier<T>::set_masks(const complex* rows, std::size_t stride)
{
    d_real_masks = nullptr;
    d_complex_masks = rows;
    d_stride = stride;
    d_frame = 0;
}

template <class T>
void multiplier<T>::push(const T* samples, std::size_t count, std::vector<T>& output)
{
    d_round_trip.push(samples, count, output, [this](complex* spectra, std::size_t frames) {
        apply(spectra, frames);
    });
}

template <class T>
void multiplier<T>::finish(std::vector<T>& output)
{
    d_round_trip.finish(output,
                        [this](complex* spectra, std::size_t frames) { apply(spectra, frames); });
}

template <class T>
void multiplier<T>::apply(complex* spectra, std::size_t count)
{
    const auto n = bins();
    for (std::size_t i = 0; i < count; ++i, ++d_frame, spectra += n) {
        if (d_real_masks)
            apply_mask(spectra, d_real_masks + d_frame * d_stride, n, spectra);
        else if (d_complex_masks)
            apply_mask(spectra, d_complex_masks + d_frame * d_stride, n, spectra);
    }
}

template STFT_API void
apply_mask(const std::complex<float>*, const float*, std::size_t, std::complex<float>*);
template STFT_API void
apply_mask(const std::complex<double>*, const double*, std::size_t, std::complex<double>*);
template STFT_API void apply_mask(const std::complex<float>*,
                                  const std::complex<float>*,
                                  std::size_t,
                                  std::complex<float>*);
template STFT_API void apply_mask(const std::complex<double>*,
                                  const std::complex<double>*,
                                  std::size_t,
                                  std::complex<double>*);
template class multiplier<float>;
template class multiplier<double>;
template class multiplier<std::complex<float>>;
template class multiplier<std::complex<double>>;

} // namespace gr::stft::kernel
