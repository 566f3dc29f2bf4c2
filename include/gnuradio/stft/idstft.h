/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_IDSTFT_H
#define INCLUDED_STFT_IDSTFT_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/dstft/dstft.h>

namespace gr::stft {

//! Settings of idstft.
struct STFT_API idstft_settings {
    std::size_t n_fft = 0;                  //!< DFT length, 2 .. 2^28
    kernel::window_family window{ "hann" }; //!< window family
    kernel::norm norm = kernel::norm::
        l2; //!< factor on the window; spectra of stft, whose window is not scaled, need peak
    //! constant and frame: overlap-add, frame by frame. bin and cell: least squares on segments of 16 n_fft samples, at
    //! some ten to twenty times the cost of the spectra and with 24 n_fft samples of latency (kernel::segment_inverse).
    kernel::sharing share = kernel::sharing::frame;
    //! Chirp rate of the windows in cycles per sample^2, where none come in on input 3; 0 for idstft_vcf, and unless share is
    //! constant or frame.
    double c = 0;
};

namespace kernel {
//! Parameters of idstft_settings.
template <>
inline constexpr auto
    fields<idstft_settings> = std::tuple(field("n_fft", &idstft_settings::n_fft).required(),
                                         field("window", &idstft_settings::window),
                                         field("norm", &idstft_settings::norm, norm_named),
                                         field("share", &idstft_settings::share, sharing_named),
                                         field("c", &idstft_settings::c));
} // namespace kernel

/*!
 * \brief Spectra in, samples out: the inverse of the differentiable STFT. kernel::idstft has the formula for one window
 * length per frame, kernel::segment_inverse for one per bin.
 *
 * Input 0: items of n_fft / 2 + 1 bins (idstft_vcf, float samples out) or n_fft bins (idstft_vcc, complex samples
 * out). Input 1, if connected: window lengths, a float for each frame, or with share "bin" or "cell" one for each
 * bin in an item, treated as dstft treats them. Input 2, if
 * connected: frame centres, two doubles for each frame, whole samples and fraction. Input 3, if connected, of idstft_vcc
 * with share "constant" or "frame": chirp rates in cycles per sample^2, a float for each frame, treated as dstft treats
 * them. What is not connected is taken from
 * the tags of dstft or stft; a stream of spectra without them, or of window lengths or rates that change from frame to
 * frame, needs the inputs: without them it ends with an error. A frame that lies before the one in
 * front of it, or whose centre is not finite, is left out, counted, and warned of once.
 *
 * The tags of dstft override the constructor's values at the beginning of a stream. Phases that count from elsewhere
 * than sample 0 and scaled spectra (stft_phase, stft_scaling) are converted. The output has exactly stft_length samples;
 * without that tag it ends with the last sample under a window. Samples under no window are 0, counted, and warned of
 * once.
 *
 * Other tags of a frame go to the first sample that the frame adds to those before; rx_time moves with it, rx_rate
 * becomes that of the samples.
 */
template <class T>
class STFT_API idstft : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<idstft<T>>; //!< type that make() returns

    /*!
     * \param s those of the transform; its tags override them
     * \throws std::invalid_argument naming the parameter, its value and the rule; also if the stream's buffer would
     *         exceed 512 MiB
     */
    static sptr make(const idstft_settings& s);

    //!@{
    //! Samples put out as 0 because no window covers them, frames left out, and items of input 1 that were no window
    //! lengths, since the stream began.
    virtual std::uint64_t uncovered() const = 0;
    virtual std::uint64_t left_out() const = 0;
    virtual std::uint64_t invalid_thetas() const = 0;
    //!@}
    //! Frames whose chirp rate their window does not take, since the stream began; they are inverted with rate 0.
    virtual std::uint64_t invalid_rates() const = 0;

    //! Samples by which the output lags behind the centre of the newest frame.
    virtual std::int64_t latency() const = 0;
};

using idstft_vcf = idstft<float>;
using idstft_vcc = idstft<gr_complex>;

} // namespace gr::stft
#endif
