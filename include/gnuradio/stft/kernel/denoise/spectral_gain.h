/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DENOISE_SPECTRAL_GAIN_H
#define INCLUDED_STFT_KERNEL_DENOISE_SPECTRAL_GAIN_H

#include <gnuradio/stft/kernel/denoise/cell_mask.h>
#include <complex>
#include <memory>

namespace gr::stft::kernel {

template <class R>
class noise_tracker;

/*!
 * \brief Gains that take the noise out of spectra, which come frame by frame. R: float or double.
 *
 * With the power P of a cell, the noise N of its bin (noise_tracking, times oversubtraction), the mean M of P / N over `smoothing` bins,
 * and the gain H and power Q of the cell in the frame before, the ratio of signal to noise is estimated by the decision-directed
 * rule (Ephraim and Malah, IEEE Trans. ASSP 32, 1984)
 *
 *     x = a H^2 Q / N + (1 - a) max(M - 1, 0),    a = memory^(4 hop / win_length)
 *
 * and, where `refine` is set, again by x' = (x / (1 + x))^2 M, which takes its lag of a frame away (Plapous, Marro and Scalart, IEEE
 * Trans. ASLP 14, 2006). Where `detail_memory` is not 0, too, the logarithm l of x', within -10 .. 10 dB, is divided into its mean T over 33
 * bins and its detail, which the rule D = d D + (1 - d) (l - T), d = detail_memory^(4 hop / win_length), smooths over frames (an idea of
 * cepstral smoothing: Breithaupt, Gerkmann and Martin, ICASSP 2008). A cell is taken for more than T + D in a neighbourhood that holds a
 * signal, and for less in one that holds none: with x" = exp(T + D + min(2 (T + 2.15), 0.7)), it is estimated a third time by
 * (x" / (1 + x"))^2 M. Where `refine` is set, the last estimate is that of the cell without its neighbours: with the x before it,
 * (x / (1 + x))^2 P / N. The gain is
 * - wiener: x / (1 + x)
 * - log_mmse: x / (1 + x) exp(E1(v) / 2), v = x / (1 + x) P / N
 * - subtraction: sqrt(1 - 1 / M)
 * and gain_floor .. 1, before what keep, reject, mask and events do to it. Phases stay.
 *
 * A frame that is not finite gets the least gain, and nothing is learned from it. Latency: none. State: a few numbers for each bin.
 */
template <class R>
class STFT_API spectral_gain
{
public:
    using complex = std::complex<R>; //!< a bin

    //! \throws std::invalid_argument as gain_settings::check()
    explicit spectral_gain(const gain_settings& s);
    ~spectral_gain();
    spectral_gain(const spectral_gain& other);     //!< a copy with its own state
    spectral_gain(spectral_gain&& other) noexcept; //!< `other` may only be assigned to afterwards
    spectral_gain& operator=(const spectral_gain& other); //!< a copy with its own state
    spectral_gain&
    operator=(spectral_gain&& other) noexcept; //!< `other` may only be assigned to afterwards

    //! The next frame, bins() values -> the same times their gains; both may be one memory.
    void apply(const complex* spectrum, complex* result);

    //! Bins of a spectrum.
    std::size_t bins() const { return d_power.size(); }
    //! The settings in force.
    const gain_settings& design() const { return d_settings; }
    //! First sample under the next frame.
    std::int64_t start() const { return d_start; }
    //! The gains of the last frame.
    const std::vector<R>& gains() const { return d_gain; }
    //! The noise in each bin, |X|^2, after the last frame.
    const std::vector<R>& noise() const;
    //! Frames that are still to be learned from.
    std::size_t to_learn() const;
    //! Events that act on gains.
    cell_mask& mask() { return d_mask; }

    /*!
     * \brief Other settings from the next frame on.
     *
     * The noise stays, unless `given` is true: then it is set or learned as they say.
     * \throws std::invalid_argument as check(), or for another n_fft or other sides
     */
    void change(const gain_settings& s, bool given);
    //! The frames have another scaling or window: the power of their noise is this factor times what it was.
    void scale_noise(double factor);
    //! The next frame starts here.
    void begin_at(std::int64_t start) { d_start = start; }
    //! Forgets the noise and the frame before; the settings and events stay.
    void reset();

private:
    void update_rates();
    bool is_circular() const { return d_settings.sides != sides::onesided; }
    void smooth();
    void estimate(const R* noise, R factor);
    void smooth_details(R* x);

    gain_settings d_settings;
    std::unique_ptr<noise_tracker<R>> d_noise;
    cell_mask d_mask;
    std::int64_t d_start;
    R d_memory, d_keep_detail, d_least; // a; d; the least gain
    std::vector<R> d_power, d_ratio, d_smooth, d_before, d_gain,
        d_argument; // d_before: H^2 Q; d_argument: v
    std::vector<R> d_prior, d_bounded, d_sum,
        d_detail; // x; l, with 32 values before and after it; sums of l; D
    bool d_has_detail = false;
};

} // namespace gr::stft::kernel
#endif
