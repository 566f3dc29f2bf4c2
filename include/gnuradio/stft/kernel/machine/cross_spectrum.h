/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MACHINE_CROSS_SPECTRUM_H
#define INCLUDED_STFT_KERNEL_MACHINE_CROSS_SPECTRUM_H

#include <gnuradio/stft/kernel/machine/spectral_kurtosis.h>

namespace gr::stft::kernel {

//! Estimators of a transfer function: h1 is Pxy / Pxx, right where noise is added to the response y; h2 is Pyy / conj(Pxy), right where
//! it is added to the reference x. |h1| <= |h2|, and their ratio is the coherence.
enum class transfer_estimator { h1, h2 };

//! \throws std::invalid_argument unless name is "h1" or "h2"
STFT_API transfer_estimator transfer_estimator_named(const std::string& name);
//! "h1" or "h2"
STFT_API const char* name_of(transfer_estimator estimator);

//! Parameters of cross_spectrum. `frames` may be 1.
struct STFT_API cross_spectrum_settings : spectral_kurtosis_settings {
    std::size_t channels = 2;                              //!< sensors, 2 .. 64
    transfer_estimator estimator = transfer_estimator::h1; //!< estimator of the transfer functions

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

//! Parameters of cross_spectrum_settings.
template <>
inline constexpr auto fields<cross_spectrum_settings> =
    std::tuple(field("n_fft", &spectral_kurtosis_settings::n_fft).required(),
               field("hop", &spectral_kurtosis_settings::hop).required(),
               field("channels", &cross_spectrum_settings::channels),
               field("window", &spectral_kurtosis_settings::window),
               field("win_length", &spectral_kurtosis_settings::win_length).automatic(),
               field("sides", &spectral_kurtosis_settings::sides, sides_named),
               field("frames", &spectral_kurtosis_settings::frames),
               field("mean", &spectral_kurtosis_settings::mean, mean_kind_named),
               field("estimator", &cross_spectrum_settings::estimator, transfer_estimator_named));

/*!
 * \brief Averaged cross spectra of a reference, channel 0, with each other channel. R: float or double.
 *
 *     Pxy = mean(conj(X) Y),    coherence = |Pxy|^2 / (Pxx Pyy),    phase = arg Pxy
 *
 * A response that comes tau seconds after the reference has phase -2 pi f tau. Inner bins of one-sided spectra are doubled in powers,
 * as in power. Sums are in double precision.
 *
 * The coherence of channels that have nothing in common is not 0 but bias() on average, 1 / K2 for K2 independent frames: frames that
 * overlap count for less than one. Of a coherence g the bias is (1 - g)^2 / K2 to first order.
 *
 * A bin that is not finite in one channel is NaN in all: for its block, or, of exponential means, for its frame, after which the mean
 * goes on without it. A mean of exponential weights is one of the frames so far, from the first one on; its coherence, which is 1 for a
 * single frame, is NaN until 4 frames constants have come. Where a channel has no power, coherence and transfer function are NaN.
 */
template <class R>
class STFT_API cross_spectrum
{
public:
    //! \throws std::invalid_argument as cross_spectrum_settings::check()
    explicit cross_spectrum(const cross_spectrum_settings& s);

    //! The next frame, a spectrum of bins() values for each channel. True if there are new means: after each block, or each frame.
    bool add(const std::complex<R>* const* spectra);

    //! Forgets the frames so far.
    void reset();

    //!@{
    //! What the last means give: a row of bins() values for each channel, or for each but the reference.
    void power(R* rows) const;
    void cross(std::complex<R>* rows) const;
    void coherence(R* rows) const;
    void phase(R* rows) const; //!< rad, -pi .. pi
    void transfer(std::complex<R>* rows) const;
    //!@}

    //! Bins of a spectrum.
    std::size_t bins() const { return d_bins; }
    //! Channels without the reference.
    std::size_t pairs() const { return d_settings.channels - 1; }
    //! Frames from one mean to the next.
    std::uint64_t frames_per_mean() const
    {
        return d_settings.mean == mean_kind::blocks ? d_settings.frames : 1;
    }
    //! Independent frames of a mean, K2.
    double independent_frames() const { return d_independent; }
    //! Mean coherence of channels that have nothing in common.
    double bias() const { return 1 / d_independent; }
    //! Coherence that channels with nothing in common exceed in this fraction of the bins. \throws std::invalid_argument unless in 0 .. 1
    double threshold(double fraction) const;

private:
    void add_to_block(const std::complex<R>* const* spectra);
    void add_to_means(const std::complex<R>* const* spectra);
    void finish_block();
    double doubled(std::size_t bin) const;
    template <class F>
    void for_each_bin(F f) const;

    cross_spectrum_settings d_settings;
    std::size_t d_bins;
    double d_independent;
    std::uint64_t d_count = 0;
    std::vector<double> d_sums, d_cross_sums; // channels x bins, pairs x bins x (real, imaginary)
    std::vector<double> d_weight;             // of exponential means: that of the frames so far
    std::vector<double> d_power, d_cross;     // the last means
    std::vector<char> d_settled;              // whether a coherence means something
};

} // namespace gr::stft::kernel
#endif
