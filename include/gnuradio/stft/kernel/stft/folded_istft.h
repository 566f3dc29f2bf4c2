/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_STFT_FOLDED_ISTFT_H
#define INCLUDED_STFT_KERNEL_STFT_FOLDED_ISTFT_H

#include <gnuradio/stft/kernel/frames/dual.h>
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <memory>

namespace gr::stft::kernel {

template <class V>
class chain_factor;

/*!
 * \brief The inverse of an STFT whose window may be longer than n_fft: the least-squares signal y of its frames,
 *
 *     sum_j S[n, n - j n_fft] y[n - j n_fft] = sum_p w[n - s_p] f_p[n - s_p],
 *     S[n, n'] = sum_p w[n - s_p] conj(w[n' - s_p]),
 *
 * f_p the inverse DFT of frame p, repeated with period n_fft. It returns the input of an unmodified STFT wherever the frames determine
 * it. S counts the frames that were really added, so the ends of a signal are exact. Where the window is not longer than n_fft, S is the
 * coverage and this is istft.
 *
 * Each chain of samples n_fft apart is a banded system, which a factorisation L D L^H solves: forward as frames come, and backward from
 * lookahead() samples after those that are wanted, where what lies beyond no longer matters (1e-17; single precision: 1e-9). Samples leave
 * in steps of at least that many; any split of the frames gives the same bits. Where frames are missing, at the ends of a signal, threshold
 * times the largest coverage is added to S[n, n], so that what they hardly determine tends to 0.
 *
 * With a synthesis window d given, of win_length taps and as many more on both sides as one likes, y[n] = sum_p d[n - s_p] f_p[n - s_p].
 *
 * A frame with a value that is not finite is left out, and samples under it, and within lookahead() of it, are NaN.
 *
 * Members are those of istft. T: float, double, or their complex types.
 */
template <class T>
class STFT_API folded_istft
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    /*!
     * \param p the STFT's parameters
     * \param synthesis a dual window, or nothing
     * \param threshold relative, 0 <= threshold < 1; negative: 1e-14, for single precision 1e-7
     * \param strict not used: what has no inverse is refused
     * \param win_exp 1: only least squares are known
     * \throws std::invalid_argument as parameters::check(); if synthesis is shorter than the window, or longer by an odd number; if hop,
     *         window and n_fft leave samples that no frame can give back, or reach further than 2^20 samples; windows of more
     *         than 16 n_fft may reach as far as 2^28 n_fft^2 / win_length^2 samples
     */
    explicit folded_istft(const parameters& p,
                          const taps_t& synthesis = {},
                          double threshold = -1,
                          bool strict = true,
                          double win_exp = 1);

    //! Bins of a spectrum.
    std::size_t bins() const { return kernel::bins<T>(d_parameters.n_fft); }
    //! The parameters.
    const parameters& design() const { return d_parameters; }
    //! Samples on either side of a frame that depend on it.
    std::size_t lookahead() const { return d_lookahead; }

    //! Samples, at most, by which the output lags behind the centre of the newest frame.
    std::int64_t latency() const;

    //! Position of the next frame's first sample.
    std::int64_t next_start() const { return d_next; }
    //! Position after the last sample under the frames so far.
    std::int64_t covered_end() const { return d_covered; }
    //! Position after the last sample that the frames so far give.
    std::int64_t ends_at() const { return d_covered; }
    //! Another frame follows. Nothing more is ready, since frames leave no gaps.
    void expect_next() {}
    //! The next frame, bins() values; everything that was ready must have been read.
    void add(const complex* spectrum);
    //! Samples that can be read.
    std::size_t ready() const { return static_cast<std::size_t>(d_solved_end - d_read); }
    //! Reads up to count samples, in order from sample 0 on, and returns their number.
    std::size_t read(T* samples, std::size_t count);
    //! No more frames: the signal has length samples, and the rest of them is ready.
    void finish(std::int64_t length);
    //! Inverts a whole STFT at once: spectra [frame][bin] -> length samples. For a new object.
    void invert(const complex* spectra, std::size_t frames, T* samples, std::int64_t length);

    /*!
     * Does what istft::change() does, before any frame was added.
     * \throws std::invalid_argument as the constructor; for anything new after that
     */
    void change(const parameters& p, std::int64_t start);
    //! True: the constructor refuses others.
    bool invertible() const { return true; }
    //! Before any frame was added: the first one starts here, if it is not where the placement has it.
    void begin_at(std::int64_t start);
    //! Forgets its past: the next frame is the first one again, and starts here.
    void restart(std::int64_t start);

private:
    using value = std::conditional_t<is_real_v<T>, double, std::complex<double>>;
    struct span {
        std::int64_t begin, end;
    };
    struct tuning { // of one window, hop and n_fft
        std::vector<value> window,
            synthesis;                    // the latter with the factor of the DFT and the scaling
        std::vector<value> rows, factors; // of S amid frames, [n - s_p mod hop][j]
        std::size_t side = 0; // taps of the synthesis window on either side of the window's
        double largest = 0;   // coverage
        bool solves = true;   // false: a synthesis window was given
    };

    void solve_steadily(tuning& t);
    std::int64_t step() const;
    void eliminate_to(std::int64_t end);
    void row_of(std::int64_t n, value* row) const;
    void solve(std::int64_t to, std::int64_t end);
    void forget();

    parameters d_parameters;
    taps_t d_synthesis;
    double d_threshold;
    std::shared_ptr<const tuning> d_tuning;
    std::shared_ptr<const chain_factor<value>> d_chains;
    frame_synthesis<T> d_dft;
    std::size_t d_lookahead = 0;
    std::int64_t d_first, d_next, d_covered; // starts of the first frame and the next one
    std::int64_t d_base;                     // sample of d_sums[0]; those before are read or 0
    std::int64_t d_eliminated,
        d_limit; // rows with factors end here; a signal with these frames ends after the limit
    std::vector<value> d_sums, d_factors, d_row, d_scratch;
    std::size_t d_alike = 0; // rows in a row whose factors equal those one hop before
    std::vector<span> d_broken;
    std::vector<T> d_solved; // samples d_solved_from .. d_solved_end - 1
    std::int64_t d_solved_from = 0, d_solved_end = 0, d_read = 0;
};

} // namespace gr::stft::kernel
#endif
