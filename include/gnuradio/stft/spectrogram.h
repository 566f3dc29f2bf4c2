/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_SPECTROGRAM_H
#define INCLUDED_STFT_SPECTROGRAM_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/frames/window.h>

namespace gr::stft {

/*!
 * \brief Samples in, rows of power out: stft and power in one block.
 *
 * Input: samples, float (spectrogram_fvf) or complex (spectrogram_cvf). Output: one row of floats per `average`
 * frames, n_fft / 2 + 1 bins for float samples (inner bins doubled), n_fft for complex ones. The last row
 * averages what is left. kernel::power_kind has the units.
 *
 * Tags and message port as in stft, the row in place of the frame; rx_rate is divided by hop and
 * average. The messages may also hold average, and reset (any value), which forgets the held
 * maxima.
 */
template <class T>
class STFT_API spectrogram : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<spectrogram<T>>; //!< type that make() returns

    /*!
     * \param n_fft, hop, window, win_length, placement, samp_rate, shifted as in stft
     * \param kind "psd" (unit^2 / Hz), "power" or "magnitude" of a line
     * \param average frames whose powers make a row, >= 1
     * \param max_hold each bin is the largest since the start or the last reset
     * \param db rows in decibels, not below -200
     * \throws std::invalid_argument naming the parameter, its value and the rule
     */
    static sptr make(std::int64_t n_fft,
                     std::int64_t hop,
                     const kernel::window& window = "hann",
                     std::int64_t win_length = 0,
                     const std::string& placement = "centred",
                     const std::string& kind = "psd",
                     std::int64_t average = 1,
                     bool max_hold = false,
                     bool db = false,
                     double samp_rate = 1.0,
                     bool shifted = false);

    //!@{
    //! Another value, as in make(), from the next frame on; an average takes effect on the present
    //! row.
    //! \throws std::invalid_argument as make(); the running stream then goes on unchanged
    virtual void set_hop(std::int64_t hop) = 0;
    virtual void set_window(const kernel::window& window) = 0;
    virtual void set_win_length(std::int64_t win_length) = 0; // 0 as in make()
    virtual void set_average(std::int64_t average) = 0;
    //!@}

    //! Forgets the held maxima.
    virtual void reset() = 0;

    //!@{
    //! The value last asked for, which may still wait for its frame.
    virtual std::int64_t hop() const = 0;
    virtual std::int64_t win_length() const = 0;
    virtual std::int64_t average() const = 0;
    //!@}

    //! Samples that follow the centre of a row's first frame before the row leaves.
    virtual std::int64_t latency() const = 0;
};

using spectrogram_fvf = spectrogram<float>;
using spectrogram_cvf = spectrogram<gr_complex>;

} // namespace gr::stft
#endif
