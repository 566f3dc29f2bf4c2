/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_ISTFT2D_H
#define INCLUDED_STFT_ISTFT2D_H

#include <gnuradio/block.h>
#include <gnuradio/stft/stft2d.h>

namespace gr::stft {

/*!
 * \brief Rows of patches' spectra in, rows of the image out: the inverse 2-D STFT by weighted overlap-add.
 *
 * Input: items of stft2d_vfvc. Output: items of width floats; kernel::istft2d has the formula. Rows leave as soon as no
 * later patch can reach them. With a stft_length tag there are exactly as many as went into the transform; without one
 * they end with the last row under the last patches.
 *
 * Other tags of an item go to the first row that it adds to those before; rx_time moves with it, rx_rate is multiplied
 * by the hop. Tags that contradict the arguments are logged.
 */
class STFT_API istft2d_vcvf : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<istft2d_vcvf>; //!< type that make() returns

    /*!
     * \param s those of the transform
     * \throws std::invalid_argument as stft2d_vfvc; also if windows and hops leave rows or columns that cannot be recovered
     */
    static sptr make(const stft2d_settings& s);

    //! Complex numbers in an item. \throws std::invalid_argument as make()
    static std::size_t item_length(const stft2d_settings& s);

    //! Rows by which the output lags behind the centre of the newest item's frames.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
