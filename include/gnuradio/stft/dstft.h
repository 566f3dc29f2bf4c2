/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_DSTFT_H
#define INCLUDED_STFT_DSTFT_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/frames/window_family.h>

namespace gr::stft {

/*!
 * \brief Samples in, spectra out: the differentiable short-time Fourier transform of a stream, with real window
 * lengths theta and real frame centres t. kernel::dstft has the formula.
 *
 * Input 0: samples, float (dstft_fvc) or complex (dstft_cvc). Input 1, if connected: window lengths in samples, float,
 * one for each frame, or with share "bin" or "cell" one for each bin in an item. Item n belongs to frame n; the last
 * one holds when that stream ends first. An item with a value that is no window length (NaN, not in (0, n_fft]) is
 * replaced by the last good one, counted, and warned of once. Output 0: spectra, n_fft / 2 + 1 bins for float,
 * n_fft bins for complex samples, phases counted from sample 0. Outputs 1 and 2, if connected: dS/dtheta, dS/dt.
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
class STFT_API dstft : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<dstft<T>>; //!< type that make() returns

    /*!
     * \param n_fft DFT length, 2 .. 2^28
     * \param hop samples from frame to frame, real, 1e-3 .. 2^40; ignored if alpha > 0
     * \param theta window length in samples, 0 < theta <= n_fft, of all bins; with input 1 connected, until its first
     *        good item
     * \param window a family, kernel::window_family
     * \param norm "peak", "l1", "l2", "dcunit" or "contract"
     * \param alpha 0, or the hop as a fraction of the window length, 1e-3 .. 1e3
     * \param share "constant" or "frame" (the same block), "bin" or "cell" (the same)
     * \throws std::invalid_argument naming the parameter, its value and the rule; also if a stream's buffer would
     *         exceed 512 MiB
     */
    static sptr make(std::int64_t n_fft,
                     double hop,
                     double theta,
                     const kernel::window_family& window = "hann",
                     const std::string& norm = "l2",
                     double alpha = 0.0,
                     const std::string& share = "frame");

    //! All bins' window length, samples, from the next frame on.
    //! \throws std::invalid_argument as make(); the running stream then goes on unchanged
    virtual void set_theta(double theta) = 0;
    //! One for each bin; one for all with share "constant" or "frame".
    virtual void set_theta(const std::vector<float>& theta) = 0;
    //! Samples from frame to frame, from the next frame on. \throws std::invalid_argument as make()
    virtual void set_hop(double hop) = 0;

    //!@{
    //! The values last asked for, which may still wait for their frame: one window length, or one for each bin.
    virtual std::vector<float> theta() const = 0;
    virtual double hop() const = 0;
    //!@}

    //! Items of input 1 that were no window lengths, since the stream began.
    virtual std::uint64_t invalid_thetas() const = 0;

    //! Samples that follow a frame's centre before the frame leaves.
    virtual std::int64_t latency() const = 0;
};

using dstft_fvc = dstft<float>;
using dstft_cvc = dstft<gr_complex>;

} // namespace gr::stft
#endif
