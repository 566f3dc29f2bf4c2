/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_IMAGE_PATCH_SYNTHESIS_H
#define INCLUDED_STFT_LIB_KERNEL_IMAGE_PATCH_SYNTHESIS_H

#include "patch_layout.h"

namespace gr::stft::kernel {

/*!
 * \brief The transpose of patch_analysis: rows of patches are overlap-added as row spectra, and each finished row is
 * transformed back once.
 *
 * Rows come out one by one, those before row 0 too, as padded rows. Spectra count as one half of Hermitian ones:
 * rows other than 0 and n_fft / 2 of the height stand for their mirror images too.
 */
template <class R>
class patch_synthesis
{
public:
    using complex = std::complex<R>;

    //! scale: on everything; edge: on the Hermitian part of rows 0 and (even n_fft) n_fft / 2 of the spectra, times 2.
    patch_synthesis(const image_axis& rows,
                    const image_axis& columns,
                    std::size_t width,
                    double scale,
                    double edge);

    const patch_layout& layout() const { return d_layout; }

    //! Adds the next row of patches. Rows up to final_end() must have been read, except those after
    //! the last frame's centre.
    void add(const complex* frame_row);

    //! End of the rows that no later patch can reach.
    std::int64_t final_end() const { return d_axis.start(d_added); }

    //! Row after the last one under the patches so far; not before the first row.
    std::int64_t covered_end() const;

    std::int64_t added() const { return d_added; }

    //! The next row to be read; the first one is -P.
    std::int64_t next() const { return d_next; }

    //! \param padded a row with its padding, layout().padded_width samples; null: the row is skipped
    void read(R* padded);

    //! Samples of the next row's frames, [frame][n_fft], without the window. Gone with the next call.
    const R* frames();

    /*!
     * Patches first .. first + layout().group - 1, transformed along the height: [n_fft][chunk] numbers for chunk c of
     * transform_chunk(), which live until its next call.
     */
    void fold_group(const complex* frame_row, std::size_t first);
    const complex* transform_chunk(std::size_t c);

private:
    void fold(const complex* spectrum, complex* v) const;
    complex* row_at(std::int64_t row);

    image_axis d_axis;
    patch_layout d_layout;
    std::size_t d_hop, d_column_offset, d_kept;
    R d_edge;
    volk::vector<R> d_row_taps, d_column_taps;
    patch_twiddles<R> d_twiddles;
    std::shared_ptr<const dft_plan<R>> d_along_row, d_along_column;
    volk::vector<complex> d_ring;          // [row mod d_kept][row_size]
    volk::vector<complex> d_chunk, d_wide; // [n_fft][chunk], [n_fft][stride]
    volk::vector<R> d_frames;              // [frame][n_fft]
    std::vector<complex*> d_rows;          // under the patches that are being added
    std::int64_t d_added = 0, d_next;
};

} // namespace gr::stft::kernel
#endif
