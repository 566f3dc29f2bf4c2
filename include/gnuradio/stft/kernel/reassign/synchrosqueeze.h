/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_REASSIGN_SYNCHROSQUEEZE_H
#define INCLUDED_STFT_KERNEL_REASSIGN_SYNCHROSQUEEZE_H

#include <gnuradio/stft/kernel/reassign/reassign.h>
#include <gnuradio/stft/kernel/stft/power.h>
#include <optional>

namespace gr::stft::kernel {

/*!
 * \brief The synchrosqueezed STFT: each value moves to the row of its own frequency,
 *
 *     T[k, p] = sum of g_l X_centre[l, p] over the rows l whose frequency is nearest to row k
 *
 * g_l = 1, but of one-sided spectra 2 for l other than 0 and n_fft / 2, so that at hop 1 the sum over k, divided by
 * n_fft w[c], is the sample at the frame's centre (its real part, of real samples): moving along k does not change it. What
 * belongs to a negative frequency arrives in a one-sided spectrum as its conjugate, at 0 and n_fft / 2 by its real part, so
 * that T[k] = g_k times the two-sided T[k].
 *
 * The rows may be those of a frequency_grid instead. The sum over them is the same.
 *
 * Daubechies, Lu and Wu, "Synchrosqueezed wavelet transforms", Appl. Comput. Harmon. Anal. 30, 2011; of the STFT: Thakur and
 * Wu, SIAM J. Math. Anal. 43, 2011; order 2: see reassignment.
 */
template <class T>
class STFT_API synchrosqueezing
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    //! \param p parameters of the frames \param grid rising frequencies of the rows, cycles per sample; none: those of the bins
    //! \throws std::invalid_argument as reassignment_parameters::check() and frequency_grid(), or unless p.phase is the centre
    explicit synchrosqueezing(const reassignment_parameters& p,
                              const std::vector<double>& grid = {});

    //! Bins of a spectrum.
    std::size_t bins() const { return d_cells.bins(); }
    //! Rows of its result.
    std::size_t rows() const { return d_sums.size(); }
    //! Sets the window as reassignment::set_window() does.
    void set_window(const window_family& family, double theta)
    {
        d_cells.set_window(family, theta);
    }

    //! One frame of the signal x of length samples, zero outside, the first one under the window at start -> rows() values.
    void analyse(const T* x, std::int64_t length, std::int64_t start, complex* row);

private:
    template <class Rows>
    void add(const Rows& rows);

    reassignment<T> d_cells;
    frequency_rows d_rows;
    std::optional<frequency_grid> d_grid;
    volk::vector<complex> d_spectrum;
    std::vector<double> d_frequencies, d_own; // d_own: of the bins
    std::vector<std::complex<double>> d_sums;
};

/*!
 * \brief The sample at the frame's centre, from a synchrosqueezed spectrum at hop 1: exact for any window with w[c] != 0, whatever
 * order and threshold it was squeezed with. A subset of the rows gives its part of the signal;
 * parts add up.
 */
template <class T>
class STFT_API synchrosqueezing_inverse
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    //! \param p parameters of the frames \param rows of a squeezed spectrum; 0: as many as bins
    //! \throws std::invalid_argument as one_integral_factor()
    explicit synchrosqueezing_inverse(const parameters& p, std::size_t rows = 0);

    //! Rows of a squeezed spectrum.
    std::size_t bins() const { return d_bins; }

    //! \param row bins() values
    //! \param kept bins() flags, the rows that count; null: all
    T sample(const complex* row, const std::uint8_t* kept = nullptr) const;

    //! Rows [frame][bin], the first frame starting at first -> length samples, 0 where no frame has its centre.
    void invert(const complex* rows,
                std::size_t frames,
                std::int64_t first,
                const std::uint8_t* kept,
                T* samples,
                std::int64_t length) const;

private:
    std::size_t d_bins, d_centre;
    std::complex<double> d_factor;
};

/*!
 * \brief The reassigned spectrogram: the power of each cell moves to the nearest cell to where it belongs. What would leave the
 * signal's first or last frame stays in that; a cell whose time would leave its own window keeps its place. So the sum over
 * all cells is that of the spectrogram.
 */
template <class T>
class STFT_API reassigned_spectrogram
{
public:
    using real = real_t<T>; //!< a power

    /*!
     * \param p scaling is replaced by that of the kind
     * \param kind psd or power
     * \param doubled of one-sided spectra, all bins but 0 and n_fft / 2
     * \throws std::invalid_argument as reassignment_parameters::check(), or if kind is magnitude, which does not add up
     */
    reassigned_spectrogram(const reassignment_parameters& p, power_kind kind, bool doubled);

    //! Bins of a spectrum.
    std::size_t bins() const { return d_cells.bins(); }

    //! One frame: its powers, and the frequencies and times that reassignment gives them.
    void cells(const T* x,
               std::int64_t length,
               std::int64_t start,
               real* powers,
               double* frequencies,
               double* times);
    //! Sets the window as reassignment::set_window() does.
    void set_window(const window_family& family, double theta)
    {
        d_cells.set_window(family, theta);
    }

    //! Adds frame p, whose first sample is at start, to rows [frame][bin] of `frames` frames.
    //! Allocates nothing.
    void add(const T* x,
             std::int64_t length,
             std::int64_t start,
             std::size_t p,
             std::size_t frames,
             real* rows);

private:
    reassignment<T> d_cells;
    frequency_rows d_rows;
    kernel::power<real> d_power;
    volk::vector<std::complex<real>> d_spectrum;
    volk::vector<real> d_powers;
    std::vector<double> d_frequencies, d_times;
};

} // namespace gr::stft::kernel
#endif
