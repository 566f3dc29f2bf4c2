/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_REASSIGN_H
#define INCLUDED_STFT_KERNEL_REASSIGN_H

#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/frames/window_family.h>
#include <cmath>

namespace gr::stft::kernel {

//! An STFT whose cells are asked for the frequency and time that they belong to.
struct STFT_API reassignment_parameters : parameters {
    //! 1: the frequency of a tone, or of a chirp at the reassigned time; 2: of a linear chirp at the frame's centre
    int order = 1;
    //! Cells not above this part of their frame's largest |X| keep their place; negative: 1e-10, single precision 1e-5
    double threshold = -1;
    //! Cells that would keep their place are NaN instead, in frequency and time
    bool mark = false;

    /*!
     * \brief parameters::check(), and the rest.
     * \throws std::invalid_argument unless order is 1 or 2, and threshold below 1
     */
    template <class T>
    void check() const;
};

/*!
 * \brief Reassignment of each cell of an STFT: its local frequency, and the local time of its
 * energy.
 *
 * With X_v the STFT with v[m] instead of the window w[m], a = X_tw / X, b = X_w' / X, (t w)[m] = (m - c) w[m], c = win_length / 2
 * and the derivative of differentiate(),
 *
 *     time = t_p + Re a,    frequency = k / n_fft - Im b / (2 pi)
 *     order 2: frequency = k / n_fft - Im(b + p a) / (2 pi),  p = (X_(tw)' / X - a b) / (a^2 - X_ttw / X)
 *
 * Summation by parts gives them: x' = (q + p (n - t_p)) x solves b = 2j pi k / n_fft - q - p a, and the same with t w for w. Exact
 * but for the differentiator's error: the frequency of a tone; of a linear chirp the frequency that it has at the
 * reassigned time, whatever the window; with order 2, the frequency that a linear chirp under a Gaussian envelope has at
 * the frame's centre. Auger and Flandrin, "Improving the readability of time-frequency and time-scale representations by the
 * reassignment method", IEEE Trans. Signal Process. 43, 1995; order 2: Oberlin, Meignen and Perrier,
 * "Second-order synchrosqueezing transform or invertible reassignment?", IEEE Trans. Signal Process. 63, 2015.
 *
 * A cell keeps its place (or is NaN, if the parameters ask for marks) where X does not exceed the threshold or a quotient is not finite. The
 * frequency is the slope of the phase over time, and the time that over frequency with the opposite sign, of spectra whose phase counts
 * from the centre. The spectrum is that of stft, to
 * the bit. Samples up to derivative_reach before and after the window enter quotients, not spectra.
 *
 * T: float, double, or their complex types. Not thread-safe: an object has its own scratch.
 */
template <class T>
class STFT_API reassignment
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    //! \throws std::invalid_argument as reassignment_parameters::check()
    explicit reassignment(const reassignment_parameters& p);

    //! The parameters it was made from, with the threshold in force.
    const reassignment_parameters& design() const { return d_parameters; }
    //! Bins of a spectrum.
    std::size_t bins() const { return kernel::bins<T>(d_parameters.n_fft); }
    //! Samples under the window.
    std::size_t win_length() const { return d_taps.size(); }

    //! The bin k of a row, negative frequencies below 0.
    std::int64_t bin(std::size_t row) const;

    /*!
     * The window of the next frames: of this family and length, centred at c, 1 there before scaling.
     * \throws std::invalid_argument unless least_theta <= theta <= win_length()
     */
    void set_window(const window_family& family, double theta);

    /*!
     * \brief One frame of the signal.
     *
     * \param x the signal, zero outside
     * \param length of it, samples
     * \param start of the frame: the first sample under the window
     * \param spectrum bins() values
     * \param frequencies bins() values in cycles per sample; not wrapped, so that of a real signal they may be negative
     * \param times bins() distances from the frame's centre in samples; null if not wanted
     */
    void analyse(const T* x,
                 std::int64_t length,
                 std::int64_t start,
                 complex* spectrum,
                 double* frequencies,
                 double* times = nullptr);

private:
    struct moment { // one of the windows, with its spectrum
        kernel::taper<T> taper;
        volk::vector<complex> spectrum;
    };

    void set_taps();
    void transform(moment& m, const T* frame, std::size_t offset);
    const T* excerpt(const T* x, std::int64_t length, std::int64_t begin);
    double take_norms(const complex* spectrum);
    void move_frequencies(const complex* spectrum, double least, double* frequencies);
    void move_times(const complex* spectrum, double* times) const;
    void add_second_order(const complex* spectrum, double* frequencies) const;

    reassignment_parameters d_parameters;
    std::vector<std::complex<double>> d_taps, d_moment,
        d_slope;                 // d_taps: as frames are multiplied by
    double d_least, d_theta = 0; // threshold squared; of d_taps
    kernel::taper<T> d_taper;
    std::vector<moment> d_slopes, d_moments; // w', (t w)'; t w, t^2 w
    frame_analysis<T> d_dft;
    std::vector<T> d_frame;
    volk::vector<T> d_product;
    std::vector<double> d_own, d_norms; // frequencies of the rows; |X|^2, 0 where a cell stays
};

/*!
 * \brief The rows that a spectrum of real (one-sided) or complex samples has, for what arrives at any frequency.
 *
 * Frequencies count modulo 1. A one-sided spectrum stands for both sides: what belongs at -k arrives at k as its conjugate,
 * and at 0 and n_fft / 2 both sides meet.
 */
class STFT_API frequency_rows
{
public:
    //! \param n_fft DFT length
    //! \param onesided rows 0 .. n_fft / 2; otherwise 0 .. n_fft - 1
    //! \param shifted instead, rows from -n_fft / 2 on
    frequency_rows(std::size_t n_fft, bool onesided, bool shifted);

    //! A row, and what becomes of a value that arrives there.
    struct arrival {
        std::size_t row; //!< nearest to the frequency
        bool conjugate;  //!< it comes from the other side
        bool real_part;  //!< both sides meet there
    };

    //! The nearest row; false if there is none because the frequency is not finite or beyond 2^32 rows.
    bool nearest(double frequency, arrival& to) const
    {
        const double bin = frequency * d_size;
        if (!(std::abs(bin) < 4294967296.0))
            return false;
        const auto k = static_cast<std::int64_t>(bin + std::copysign(0.5, bin));
        // next to a cell's own place there is nothing to divide
        const auto row = static_cast<std::size_t>(k) < d_n_fft ? static_cast<std::size_t>(k)
                                                               : modulo(k, d_n_fft);
        if (!d_onesided) {
            const auto shifted = row + d_first;
            to = { shifted < d_n_fft ? shifted : shifted - d_n_fft, false, false };
            return true;
        }
        const bool other_side = row > d_n_fft / 2;
        to.row = other_side ? d_n_fft - row : row;
        to.conjugate = other_side;
        to.real_part = to.row == 0 || 2 * to.row == d_n_fft;
        return true;
    }

private:
    std::size_t d_n_fft, d_first;
    double d_size;
    bool d_onesided;
};

/*!
 * \brief Rows of any rising frequencies, in cycles per sample, for what arrives at any frequency: the nearest one, the first or the last if
 * there is none beyond.
 *
 * One-sided rows, of 0 .. 1/2, stand for both sides as in frequency_rows; two-sided ones lie within one cycle per sample, and the last one
 * and the first one are neighbours.
 */
class STFT_API frequency_grid
{
public:
    //! \throws std::invalid_argument naming "grid", unless frequencies rise, are finite and in range, and there is one at least
    frequency_grid(const std::vector<double>& frequencies, bool onesided);

    //! The nearest row; false if there is none because the frequency is not finite or beyond 2^32.
    bool nearest(double frequency, frequency_rows::arrival& to) const;

    //! Number of rows.
    std::size_t rows() const { return d_limits.size() + 1; }

private:
    std::vector<double> d_limits; // between the rows
    double d_first,
        d_lowest; // d_lowest: of two-sided rows, the middle between the last one, a cycle below, and the first one
    double d_last;
    bool d_onesided;
};

} // namespace gr::stft::kernel
#endif
