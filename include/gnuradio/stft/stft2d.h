/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_STFT2D_H
#define INCLUDED_STFT_STFT2D_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/image/parameters2d.h>

namespace gr::stft {

//! Settings of stft2d_vfvc and istft2d_vcvf.
struct STFT_API stft2d_settings : kernel::image_settings {
    std::int64_t width = 0; //!< samples in a row
};

namespace kernel {
//! Parameters of stft2d_settings.
template <>
inline constexpr auto fields<stft2d_settings> =
    std::tuple_cat(std::tuple(field("width", &stft2d_settings::width).required()),
                   fields<image_settings>);
} // namespace kernel

/*!
 * \brief Rows of an endless image in, rows of its patches' spectra out: the 2-D STFT of a stream.
 *
 * Input: items of width floats, one row each. Output: one item per hop of rows, [frame][n_fft_h / 2 + 1][n_fft_w] complex
 * numbers; kernel::stft2d has the formula. It leaves with the last row that it needs, or with the one that makes certain
 * that another one follows, since the last one is tagged. At the stream's end come the rest that `tail` wants. If the
 * image is too short to be mirrored, that is logged, and there are no further frames.
 *
 * Tags: those of the input travel on the first frame row that contains their row. rx_time becomes the time of the
 * frame row's first row, rx_rate (rows per second) is divided by the hop. Item 0 carries stft_first, stft_hop, stft_n_fft,
 * stft_win_length and stft_window (taps) of the height; the last item carries stft_length, the number of rows. Such tags
 * on the input, as a spectrogram's rows have them, end here.
 */
class STFT_API stft2d_vfvc : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<stft2d_vfvc>; //!< type that make() returns

    /*!
     * \param s width, win_length and hop at least
     * \throws std::invalid_argument naming the parameter, its value and the rule; also if the stream's buffer would exceed
     *         512 MiB
     */
    static sptr make(const stft2d_settings& s);

    //! Complex numbers in an item. \throws std::invalid_argument as make()
    static std::size_t item_length(const stft2d_settings& s);

    //! Rows that follow a frame row's centre before it leaves.
    virtual std::int64_t latency() const = 0;
};

} // namespace gr::stft
#endif
