/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_IMAGE_PATCH_ANALYSIS_H
#define INCLUDED_STFT_LIB_KERNEL_IMAGE_PATCH_ANALYSIS_H

#include "patch_layout.h"

namespace gr::stft::kernel {

/*!
 * \brief The two steps of the 2-D STFT: a padded row -> its spectrum, once for all patches that it lies in; win_length
 * row spectra -> the spectra of a row of patches.
 */
template <class R>
class patch_analysis
{
public:
    using complex = std::complex<R>;

    //! scale: on everything; edge: on rows 0 and (even n_fft) n_fft / 2 of the spectra.
    patch_analysis(const image_axis& rows,
                   const image_axis& columns,
                   std::size_t width,
                   double scale = 1,
                   double edge = 1);

    const patch_layout& layout() const { return d_layout; }

    //! \param padded a row with its padding, layout().padded_width samples; \param spectrum layout().row_size,
    //!        aligned as volk::vector is
    void row(const R* padded, complex* spectrum);

    //! rows: win_length spectra, null for rows of zeros -> frame_row [frame][row_bins][column_bins]
    void patches(const complex* const* rows, complex* frame_row);

private:
    void unfold(const complex* v, complex* spectrum) const;

    patch_layout d_layout;
    std::size_t d_hop, d_row_offset, d_column_offset, d_win_length; // win_length of the height
    R d_edge;
    volk::vector<R> d_row_taps, d_column_taps; // along the height, along the width
    patch_twiddles<R> d_twiddles;
    std::shared_ptr<const dft_plan<R>> d_along_row, d_along_column;
    volk::vector<R> d_frames;              // [frame][n_fft], windowed
    volk::vector<complex> d_chunk, d_wide; // [n_fft][chunk], [n_fft][stride]
};

} // namespace gr::stft::kernel
#endif
