/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_DSTFT_H
#define INCLUDED_STFT_DSTFT_H

#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/dstft/dstft.h>

namespace gr::stft {

//! Settings of dstft.
struct STFT_API dstft_settings {
    std::size_t n_fft = 0; //!< DFT length, 2 .. 2^28
    double hop = 0;        //!< samples from frame to frame, 1e-3 .. 2^40; of no effect if alpha > 0
    //! Window length of all bins in samples (of bin 0 in wanted(), where they differ), 0 < theta <= n_fft; with input 1
    //! connected, until its first good item.
    double theta = 0;
    kernel::window_family window{ "hann" }; //!< window family
    kernel::norm norm = kernel::norm::l2;   //!< factor on the window
    double alpha = 0; //!< 0, or the hop as a fraction of the window length, 1e-3 .. 1e3
    //! constant and frame: one theta for all bins; bin and cell: one for each
    kernel::sharing share = kernel::sharing::frame;
    //! Chirp rate of the windows in cycles per sample^2, where none come in on input 2; with share constant or frame.
    double c = 0;
};

namespace kernel {
//! Parameters of dstft_settings.
template <>
inline constexpr auto fields<dstft_settings> =
    std::tuple(field("n_fft", &dstft_settings::n_fft).required(),
               field("hop", &dstft_settings::hop).required().changeable(),
               field("theta", &dstft_settings::theta).required().changeable(),
               field("window", &dstft_settings::window),
               field("norm", &dstft_settings::norm, norm_named),
               field("alpha", &dstft_settings::alpha),
               field("share", &dstft_settings::share, sharing_named),
               field("c", &dstft_settings::c));
} // namespace kernel

/*!
 * \brief Samples in, spectra out: the differentiable short-time Fourier transform of a stream, with real window
 * lengths theta and real frame centres t. kernel::dstft has the formula.
 *
 * Input 0: samples, float (dstft_fvc) or complex (dstft_cvc). Input 1, if connected: window lengths in samples, float,
 * one for each frame, or with share "bin" or "cell" one for each bin in an item. Item n belongs to frame n; the last
 * one holds when that stream ends first. An item with a value that is no window length (NaN, not in (0, n_fft]) is
 * replaced by the last good one, counted, and warned of once. Input 2, if connected, with share "constant" or "frame":
 * chirp rates c in cycles per sample^2, float, one for each frame; the last one holds when that stream ends first. A rate
 * that the frame's window does not take (NaN, not in -+1 / (2 theta)) is taken as 0, counted, and warned of once.
 * kernel::chirp_dstft has the formula. The tag stft_chirp gives a rate for all frames, or "frame", and idstft follows it.
 *
 * Output 0: spectra, n_fft / 2 + 1 bins for float, n_fft bins for complex samples, phases counted from sample 0.
 * Outputs 1, 2 and 3, if connected: dS/dtheta, dS/dt, and, with share "constant" or "frame", dS/dc.
 *
 * Frame n is centred at t_n = n hop, n = 0 .. floor(samples / hop); with alpha > 0 at t_0 = 0, t_{n+1} = t_n + alpha
 * theta_n, as long as windows begin before the last sample (fixed overlap). Positions do not drift: they are exact
 * multiples and sums, of which the fraction is rounded once. Window lengths are rounded to float.
 *
 * Tags: those of input 0 travel on the first frame that has their sample under its window. rx_time becomes the time of
 * the frame's centre, rx_rate is divided by the step to the next frame and comes with the rate of samples in
 * stft_samp_rate. Frame 0 and every change carry stft_n_fft, stft_phase, stft_family, stft_norm, stft_share ("frame" or
 * "cell" where lengths come in, "constant" where one holds for all frames and bins, "bin" where bins differ), stft_step
 * or stft_alpha, and stft_theta, the frame's window length, unless bins differ; the last frame carries stft_length, the
 * number of samples in the stream.
 *
 * Message port "cmd": a dict (or pair) of theta (a number, or a vector for the bins), hop, and optionally at, the
 * sample that the first changed frame is centred at or after. A change of the hop keeps the centre of that frame.
 */
template <class T>
class STFT_API dstft : public changeable<dstft_settings>
{
public:
    using sptr = std::shared_ptr<dstft<T>>; //!< type that make() returns

    /*!
     * \param s n_fft, hop and theta at least
     * \throws std::invalid_argument naming the parameter, its value and the rule; also if a stream's buffer would
     *         exceed 512 MiB
     */
    static sptr make(const dstft_settings& s);

    //! Requests another hop, from the next frame on. \throws as request()
    void set_hop(double hop) { this->request({ "hop", hop }); }

    //! All bins' window length, samples, from the next frame on. \throws as request()
    virtual void set_theta(double theta) = 0;
    //! One for each bin; one for all with share "constant" or "frame". \throws as request()
    virtual void set_theta(const std::vector<float>& theta) = 0;
    //! The window lengths last asked for, which may still wait for their frame: one, or one for each bin.
    virtual std::vector<float> theta() const = 0;

    //! Items of input 1 that were no window lengths, since the stream began.
    virtual std::uint64_t invalid_thetas() const = 0;

    //! Frames whose chirp rate their window does not take, since the stream began; their rate is 0.
    virtual std::uint64_t invalid_rates() const = 0;

    //! Samples that follow a frame's centre before the frame leaves.
    virtual std::int64_t latency() const = 0;
};

using dstft_fvc = dstft<float>;
using dstft_cvc = dstft<gr_complex>;

} // namespace gr::stft
#endif
