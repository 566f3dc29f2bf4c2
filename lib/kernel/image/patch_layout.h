/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_IMAGE_PATCH_LAYOUT_H
#define INCLUDED_STFT_LIB_KERNEL_IMAGE_PATCH_LAYOUT_H

#include "kernel/frames/fft.h"
#include <gnuradio/stft/kernel/image/parameters2d.h>
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

/*!
 * \brief How the row spectra of an image lie in memory, and how their columns are transformed.
 *
 * A row spectrum is [frame][column] complex numbers. For an even n_fft of the width, neighbours in a row are the real and
 * imaginary part of one number, and the n_fft / 2 columns are those of a DFT of half the size; the
 * two packed real DFTs are separated in the final pass, in which each frame's spectrum is written
 * anyway. For odd n_fft the (n_fft + 1) / 2 columns are those of the real DFT.
 *
 * Columns are transformed in chunks of about 16: a chunk's rows are then a few cache lines, and FFTW has a vector for
 * neighbouring columns. A group of whole patches makes a whole number of chunks, the last of which may reach beyond it.
 */
struct patch_layout {
    patch_layout(const image_axis& rows, const image_axis& columns, std::size_t width);

    std::size_t frames;      //!< patches across
    std::size_t transformed; //!< frames and some zero patches, so that FFTW's vectors are full
    std::size_t row_bins,
        column_bins;          //!< bins of a patch: n_fft / 2 + 1 of the height, n_fft of the width
    std::size_t row_points;   //!< n_fft of the height
    bool paired;              //!< n_fft of the width is even
    std::size_t columns;      //!< complex numbers of a patch in a row spectrum
    std::size_t padded_width; //!< samples of a padded row
    std::size_t group, chunks, chunk; //!< patches of a group, its chunks, columns of each
    std::size_t
        row_size; //!< complex numbers of a row spectrum, with what is transformed or read beyond the last patch
    std::size_t stride; //!< distance of rows of a group's spectra

    std::size_t patch_size() const { return row_bins * column_bins; }
    std::size_t group_size() const { return group * columns; }
    std::size_t groups() const { return (frames + group - 1) / group; }

    //! DFTs of the rows of all patches: between samples, or pairs of them, and row spectra.
    dft_batch row_batch(bool forward) const;

    //! DFTs of one chunk of columns: between rows that are `chunk` apart and rows that are `stride`
    //! apart.
    dft_batch column_batch(bool forward) const;
};

//! T[k] = -j exp(-2j pi k / n_fft), as simd::routines::unfold_patch() takes it.
template <class R>
struct patch_twiddles {
    explicit patch_twiddles(const patch_layout& layout);
    volk::vector<R> re_twice, im_signed;
};

//! Taps in working precision, times a factor.
template <class R>
volk::vector<R> scaled_taps(const image_axis& axis, double factor);

} // namespace gr::stft::kernel
#endif
