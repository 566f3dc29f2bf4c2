/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_IMAGE_STFT2D_H
#define INCLUDED_STFT_KERNEL_IMAGE_STFT2D_H

#include <gnuradio/stft/kernel/image/parameters2d.h>
#include <volk/volk_alloc.hh>
#include <complex>
#include <memory>

namespace gr::stft::kernel {

template <class R>
class patch_analysis;

/*!
 * \brief The short-time Fourier transform of an image,
 *
 *     X[kh, kw, m, n] = sum_i sum_j wh[i] ww[j] x[m hop_h - P_h + i, n hop_w - P_w + j]
 *                       exp(-2j pi (kh (i + o_h) / n_fft_h + kw (j + o_w) / n_fft_w)),
 *
 * kh = 0 .. n_fft_h / 2 (the height is the one-sided axis), kw = 0 .. n_fft_w - 1. P: axis_framing::before(), o:
 * image_axis::offset(). No scaling. Memory holds [m][n][kh][kw].
 *
 * Rows go in one by one, and frame rows (one m, all n) come out as soon as their last row is there, so an image may be
 * endless. Each row is transformed once for all frames that it lies in. With reflection, frame row 0 also waits for
 * the rows that are mirrored, and the last ones are known at the end only.
 *
 * Memory: win_length_h row spectra of about n_fft_w / 2 frames complex numbers; hop_h more with pad::reflect and
 * tail::ceil, whose last frame row may mirror them. Not thread-safe. Objects share FFT plans, so they agree to the bit.
 * R: float or double.
 */
template <class R>
class STFT_API stft2d
{
public:
    using complex = std::complex<R>; //!< a bin

    /*!
     * \param p of both axes
     * \param width samples in a row, 1 .. 2^28
     * \throws std::invalid_argument as parameters2d::check(); for a width without a frame, or with fewer samples than
     *         reflection needs; for a hop whose mirrored rows need more than 512 MiB
     */
    stft2d(const parameters2d& p, std::size_t width);
    ~stft2d();
    //!@{
    //! A moved-from object may only be assigned to or destroyed.
    stft2d(stft2d&&) noexcept;
    stft2d& operator=(stft2d&&) noexcept;
    //!@}

    //! Samples in a row of the image.
    std::size_t width() const { return d_width; }

    //! Complex numbers in a frame row, frames across times those of a patch.
    std::size_t frame_row_size() const;

    //! The next row; frame rows that are ready must have been read.
    void push(const R* row);

    //! The image ends here. \throws std::invalid_argument if it has fewer rows than reflection needs; it then has no more frames
    void finish();

    //! True if a frame row can be read.
    bool ready() const;

    //! True if it is certain that the image has a frame row m.
    bool expects(std::int64_t m) const;

    //! The next frame row.
    void read(complex* frame_row);

    std::int64_t received() const { return d_received; } //!< rows taken so far
    std::int64_t next() const { return d_next; }         //!< index m of the next frame row

    //! The axis of the height.
    const image_axis& rows() const { return d_rows; }

    //! Rows that are missing until ready(); 0 if it is, or the image has ended.
    std::int64_t wanted() const;

    //! A whole image [height][width] -> all its frame rows, for a new object. \throws as finish()
    void analyse(const R* image, std::size_t height, complex* spectra);

private:
    std::int64_t last_row_needed() const;

    image_axis d_rows, d_columns;
    std::size_t d_width, d_kept; // rows whose spectra are kept
    std::unique_ptr<patch_analysis<R>> d_patches;
    volk::vector<R> d_padded;
    volk::vector<complex> d_spectra;     // [row mod d_kept]
    std::vector<const complex*> d_under; // the next frame row
    std::vector<std::int64_t> d_outside; // source columns of the padding around a row
    std::int64_t d_received = 0, d_next = 0, d_frames = -1; // d_frames: once the image has ended
};

} // namespace gr::stft::kernel
#endif
