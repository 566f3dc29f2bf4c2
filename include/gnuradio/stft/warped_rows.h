/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_WARPED_ROWS_H
#define INCLUDED_STFT_WARPED_ROWS_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/speed/warped_rows.h>

namespace gr::stft {

/*!
 * \brief Samples -> whitened spectra of a machine whose speed changes, one for each relative rate of change.
 *
 * An output item is a frame, rates x bins values, by rates: kernel::warped_rows says which. The first item is that of the
 * first frame that lies in the stream as a whole.
 *
 * Tags: rx_rate overrides samp_rate, unless the rows would be of another length; rows carry rx_rate, rx_time and stft_hop, stft_first (the
 * sample at the centre of their frame) where these change. Where rx_time jumps forward, or a tag "overflow" or "rx_overflow"
 * counts lost samples, the last sample stands for up to 10 s of them; longer gaps begin a new stream of frames.
 */
class STFT_API warped_rows_fvf : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<warped_rows_fvf>; //!< type that make() returns

    //! \param s parameters \throws std::invalid_argument naming the parameter, its value and the rule
    static sptr make(const kernel::warped_rows_settings& s);

    //! Values of an output item that such a block gives. \throws std::invalid_argument as make()
    static std::size_t length(const kernel::warped_rows_settings& s);

    virtual std::int64_t hop() const = 0;   //!< samples from frame to frame
    virtual std::int64_t n_fft() const = 0; //!< DFT length, n_fft / 2 + 1 bins
    virtual double bin_width() const = 0;   //!< Hz from bin to bin
};

} // namespace gr::stft
#endif
