/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_IMAGE_ISTFT2D_H
#define INCLUDED_STFT_KERNEL_IMAGE_ISTFT2D_H

#include <gnuradio/stft/kernel/image/parameters2d.h>
#include <volk/volk_alloc.hh>
#include <complex>
#include <memory>

namespace gr::stft::kernel {

template <class R>
class patch_synthesis;

/*!
 * \brief The inverse of stft2d by weighted overlap-add,
 *
 *     y[p, q] = sum_mn wh[p - s_m] ww[q - s_n] u_mn[p - s_m, q - s_n] / (D_h[p] D_w[q]),   D[p] = sum_m w[p - s_m]^2,
 *
 * u_mn the real part of the inverse DFT of patch (m, n), whose rows that are not stored are the mirror images of those
 * that are. It returns the input of an unmodified transform wherever D > 0, whatever stood outside of the image, and of
 * a modified one the least-squares image (Griffin and Lim, IEEE Trans. ASSP 32, 1984, eq. 6, for two axes). D counts
 * the frames that were really added.
 *
 * Where D_h or D_w is at most threshold times the most that frames of a long axis add up to, y is 0.
 *
 * Frame rows go in one by one with add(); the rows that no later one can reach then wait in read(). Row 0 comes out
 * first. Memory: win_length_h row spectra. Not thread-safe. R: float or double.
 */
template <class R>
class STFT_API istft2d
{
public:
    using complex = std::complex<R>; //!< a bin

    /*!
     * \param p of the transform
     * \param width samples in a row
     * \param threshold 0 <= threshold < 1; negative: image_threshold
     * \throws std::invalid_argument as stft2d; for a threshold out of range
     */
    istft2d(const parameters2d& p, std::size_t width, double threshold = -1);
    ~istft2d();
    //!@{
    //! A moved-from object may only be assigned to or destroyed.
    istft2d(istft2d&&) noexcept;
    istft2d& operator=(istft2d&&) noexcept;
    //!@}

    //! Samples in a row of the image.
    std::size_t width() const { return d_width; }
    //! Complex numbers in a frame row, as stft2d has it.
    std::size_t frame_row_size() const;
    //! The axis of the height.
    const image_axis& rows() const { return d_rows; }

    //! The next frame row; everything that was ready must have been read.
    void add(const complex* frame_row);

    std::int64_t added() const;       //!< frame rows so far
    std::int64_t covered_end() const; //!< row after the last one under them, >= 0
    std::int64_t next() const;        //!< the row to be read next

    //! Rows that can be read; no more than an image with another frame row is certain to have.
    std::int64_t ready() const;

    //! The next row.
    void read(R* row);

    //! No more frame rows: the rows up to height (zeros where no frame was) are ready.
    void finish(std::int64_t height);

    //! All of it at once: frame rows -> image [height][width], for a new object.
    void invert(const complex* spectra, std::size_t frame_rows, R* image, std::size_t height);

private:
    image_axis d_rows;
    std::size_t d_width, d_before; // d_before: padding before the row
    double d_threshold;
    std::unique_ptr<patch_synthesis<R>> d_patches;
    volk::vector<R> d_padded, d_weights; // 1 / D along the width, 0 where not covered
    std::int64_t d_height = -1;          // once it is known
    bool d_finished = false;
};

} // namespace gr::stft::kernel
#endif
