/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MACHINE_SPECTRAL_KURTOSIS_H
#define INCLUDED_STFT_KERNEL_MACHINE_SPECTRAL_KURTOSIS_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

//! Over which frames spectral_kurtosis takes its means: K after one another, or all so far, with weights that fall as
//! exp(-age / K).
enum class mean_kind { blocks, exponential };

//! \throws std::invalid_argument unless name is "blocks" or "exponential"
STFT_API mean_kind mean_kind_named(const std::string& name);
//! "blocks" or "exponential"
STFT_API const char* name_of(mean_kind kind);

//! Correlation of the spectra of frames l hops apart in white noise, rho_l = |sum w[n] conj(w[n + l hop])| / sum |w|^2, l = 1, 2 ..
//! as long as frames overlap.
STFT_API std::vector<double> frame_correlation(const std::vector<std::complex<double>>& taps,
                                               std::size_t hop);

//! Frames as independent as many that are not, for the two sums that the spectral kurtosis is made from.
struct STFT_API independent_frames {
    double of_power;  //!< K2 = K / (1 + 2 sum_l (1 - l / K) rho_l^2)
    double of_square; //!< K4 = K / (1 + 2 sum_l (1 - l / K) rho_l^4)
};

/*!
 * \brief The independent frames of a mean.
 * \param correlation rho_1, rho_2 .. in -1 .. 1
 * \param kind the weights of the mean; for exponential ones K is 2 frames - 1, and lambda^l, lambda = 1 - 1 / frames, stands in the
 * place of 1 - l / K
 * \param frames >= 1
 */
STFT_API independent_frames independent_frames_of(const std::vector<double>& correlation,
                                                  mean_kind kind,
                                                  std::uint64_t frames);

//! Parameters of spectral_kurtosis.
struct STFT_API spectral_kurtosis_settings {
    std::size_t n_fft = 1024;        //!< DFT length of the rows, >= 1
    std::size_t hop = 512;           //!< samples from row to row, >= 1
    kernel::window window{ "hann" }; //!< window of the frames
    std::size_t win_length = 0;      //!< samples under it; 0: the taps' number, else n_fft
    kernel::sides sides = kernel::sides::onesided; //!< onesided: real samples; else complex ones
    std::uint64_t frames = 100;                    //!< K, >= 2
    mean_kind mean = mean_kind::blocks;            //!< which frames a mean is over

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Bins of a row.
    std::size_t bins() const { return kernel::bins(sides, n_fft); }
    //! The window, checked.
    std::vector<std::complex<double>> taps() const;
};

//! Parameters of spectral_kurtosis_settings.
template <>
inline constexpr auto fields<spectral_kurtosis_settings> =
    std::tuple(field("n_fft", &spectral_kurtosis_settings::n_fft).required(),
               field("hop", &spectral_kurtosis_settings::hop).required(),
               field("window", &spectral_kurtosis_settings::window),
               field("win_length", &spectral_kurtosis_settings::win_length).automatic(),
               field("sides", &spectral_kurtosis_settings::sides, sides_named),
               field("frames", &spectral_kurtosis_settings::frames),
               field("mean", &spectral_kurtosis_settings::mean, mean_kind_named));

/*!
 * \brief Spectral kurtosis of rows of power P: 0 in Gaussian noise, -1 for a steady tone, large for bursts. R: float or double.
 *
 *     SK = (1 + b / K2) mean(P^2) / mean(P)^2 - c,    sd = sqrt(v2 / K2 + v4 / K4)
 *
 * A bin X of noise has E[P^2] = c E[P]^2, c = 2 + q^2, where q = |E[X^2]| / E[P] is 0 for complex samples, and for real ones 1 at DC
 * and Nyquist, |sum w^2 exp(-4 pi j m n / N)| / sum w^2 in between. For q = 0, b = 1, v2 = 0 and v4 = 4; for q = 1, b = 2, v2 = 0 and
 * v4 = 24. They follow from the Hermite expansion of P and P^2, whose terms of degree 2 and 4 decorrelate as rho^2 and rho^4
 * between frames that overlap, so the spread is exact to first order in 1 / K.
 *
 * The distribution is skewed: 3 sd are exceeded by a hundredth of the bins of noise, 5 sd by less than a thousandth from K4 = 100 on.
 *
 * A value that is not finite, or not positive in sum, makes its bin NaN: for its block, or, of exponential means, for its row, after
 * which the mean goes on without it. An exponential mean is NaN until 4 frames constants have come.
 */
template <class R>
class STFT_API spectral_kurtosis
{
public:
    //! \throws std::invalid_argument as spectral_kurtosis_settings::check()
    explicit spectral_kurtosis(const spectral_kurtosis_settings& s);

    /*!
     * \brief For rows whose correlation the caller knows.
     * \param correlation rho_1, rho_2 .. \param impropriety q of each bin, 0 .. 1
     * \param mean kind of mean \param frames of it
     * \throws std::invalid_argument naming what is wrong
     */
    spectral_kurtosis(std::vector<double> correlation,
                      std::vector<double> impropriety,
                      mean_kind mean,
                      std::uint64_t frames);

    //! The next row, bins() values -> the kurtosis of each bin, and true if there is one: after each block, or each row.
    bool add(const R* row, R* kurtosis);

    //! Bins of a row.
    std::size_t bins() const { return d_impropriety.size(); }
    //! Rows from one kurtosis to the next.
    std::uint64_t rows_per_mean() const { return d_mean == mean_kind::blocks ? d_frames : 1; }
    //! Standard deviation in noise, of each bin.
    const std::vector<double>& spread() const { return d_spread; }
    //! Independent frames of a mean.
    independent_frames independent() const { return d_independent; }

private:
    void begin_block();

    std::vector<double> d_impropriety, d_factor, d_offset, d_spread;
    mean_kind d_mean;
    std::uint64_t d_frames, d_count = 0;
    independent_frames d_independent;
    std::vector<double> d_power, d_square; // sums, or means
    std::vector<double> d_weight; // of exponential means: that of the frames so far, up to 1
};

} // namespace gr::stft::kernel
#endif
