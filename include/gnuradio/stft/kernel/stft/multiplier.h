/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_STFT_MULTIPLIER_H
#define INCLUDED_STFT_KERNEL_STFT_MULTIPLIER_H

#include <gnuradio/stft/kernel/stft/round_trip.h>

namespace gr::stft::kernel {

//!@{
//! Bins of a spectrum times those of a mask -> masked, which may be the spectrum. R: float or double.
template <class R>
STFT_API void apply_mask(const std::complex<R>* spectrum,
                         const R* mask,
                         std::size_t bins,
                         std::complex<R>* masked);
template <class R>
STFT_API void apply_mask(const std::complex<R>* spectrum,
                         const std::complex<R>* mask,
                         std::size_t bins,
                         std::complex<R>* masked);
//!@}

/*!
 * \brief A Gabor multiplier: STFT, a mask on each spectrum, inverse STFT, in a stream of any length.
 *
 * Any split of the input gives the same bits, which are those of the three one after the other. As many samples leave as came in.
 * A frame that holds NaN or infinity spoils the samples that the inverse takes from it, and no others.
 *
 * Feichtinger and Nowak, "A first survey of Gabor multipliers", Advances in Gabor Analysis, 2003.
 *
 * T: float, double, or their complex types.
 */
template <class T>
class STFT_API multiplier
{
public:
    using real = real_t<T>;             //!< value of a real mask
    using complex = std::complex<real>; //!< a bin, and a value of a complex mask

    //! Arguments are those of istft; the window may be longer than n_fft. \throws as istft and folded_istft
    explicit multiplier(const parameters& p, const taps_t& synthesis = {}, double threshold = -1);

    //! Bins of a spectrum, and of a mask.
    std::size_t bins() const { return d_round_trip.bins(); }

    //!@{
    //! The mask of frame p is rows + p stride, as long as frames come; with stride 0 it is the same for all. Null: none.
    void set_masks(const real* rows, std::size_t stride);
    void set_masks(const complex* rows, std::size_t stride);
    //!@}

    //! Takes samples, and appends the samples that are ready to the output.
    void push(const T* samples, std::size_t count, std::vector<T>& output);
    //! The signal has ended: appends the rest. To be called once.
    void finish(std::vector<T>& output);

private:
    void apply(complex* spectra, std::size_t count);

    round_trip<T> d_round_trip;
    const real* d_real_masks = nullptr;
    const complex* d_complex_masks = nullptr;
    std::size_t d_stride = 0, d_frame = 0;
};

} // namespace gr::stft::kernel
#endif
