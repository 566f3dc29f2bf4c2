/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FILTER_BANK_ONE_INTEGRAL_H
#define INCLUDED_STFT_KERNEL_FILTER_BANK_ONE_INTEGRAL_H

#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <boost/circular_buffer.hpp>

namespace gr::stft::kernel {

/*!
 * \brief 1 / (n_fft g conj(w[c])), c = win_length / 2: what a sum over all bins of a spectrum with the factor g of its scaling
 * is multiplied by to give the sample at its frame's centre.
 * \throws std::invalid_argument as parameters::check(); if the hop is not 1, or the window is 0 at c
 */
template <class T>
STFT_API std::complex<double> one_integral_factor(const parameters& p);

/*!
 * \brief The inverse of an STFT at hop 1 that takes one sample from one spectrum,
 *
 *     x[t_p] = 1 / (n_fft g conj(w[c])) sum_k X_centre[k, p],    t_p = s_p + c,  c = win_length / 2,
 *
 * with phases brought to the centre and the factor g of the scaling. Real samples:
 * x = 1 / (n_fft g w[c]) sum_k h_k Re X_centre[k], k = 0 .. n_fft / 2, h = 2 but 1 at k = 0 and k = n_fft / 2.
 * The only divisor is the window's value at c. From a subset of the bins it gives the part of the
 * signal that is in them; the parts of subsets that make up all bins add up to the signal.
 *
 * Frames go in one by one, samples wait in read(), as in istft: sample 0 comes out first, samples that are no frame's
 * centre are 0, and never more come out than went in. The newest sample waits for another frame, or finish(), so that one is
 * left for what belongs to the last frame.
 *
 * T, the type of the samples: float, double, or their complex types.
 */
template <class T>
class STFT_API one_integral
{
public:
    using complex = std::complex<real_t<T>>; //!< a bin

    /*!
     * \param p of the STFT; p.bins: which bins a spectrum holds, in this order; none: all, in the order that p.sides says
     * \throws std::invalid_argument as parameters::check(); if the hop is not 1, the window is 0 at c, or a bin is not
     *         whole, out of range, or there twice
     */
    explicit one_integral(const bins_parameters& p);

    //! Bins of a spectrum.
    std::size_t bins() const { return d_bins.size(); }
    //! The present parameters.
    const bins_parameters& design() const { return d_parameters; }

    //! The sample at the centre of the frame that starts at start.
    T sample(const complex* spectrum, std::int64_t start);

    //! Position of the next frame's first sample.
    std::int64_t next_start() const { return d_next; }

    //! Position after the last sample under the frames so far.
    std::int64_t covered_end() const { return d_covered; }

    //! Position after the last sample that the frames so far give.
    std::int64_t ends_at() const { return d_end; }

    //! Another frame follows: the samples before the one that it gives are ready, as zeros where no frame gave them.
    void expect_next();

    //! The next frame, bins() values; everything that was ready by expect_next() must have been read.
    void add(const complex* spectrum);

    //! Samples that can be read.
    std::size_t ready() const { return static_cast<std::size_t>(d_final - d_read); }

    //! Reads up to count samples and returns their number. Successive reads give samples 0, 1, 2,
    //! ...
    std::size_t read(T* samples, std::size_t count);

    //! No more frames: the rest, up to sample length (zeros where no frame has its centre), is ready.
    void finish(std::int64_t length);

    //! The whole of it at once: spectra [frame][bin], the first frame starting at first -> length samples.
    void invert(const complex* spectra,
                std::size_t frames,
                std::int64_t first,
                T* samples,
                std::int64_t length);

    /*!
     * The next frame starts at start and has these parameters; the number of bins stays.
     * \throws std::invalid_argument as the constructor; for another number of bins
     */
    void change(const bins_parameters& p, std::int64_t start);

    //! Always: what cannot be inverted is refused.
    bool invertible() const { return true; }

private:
    void set(const bins_parameters& p);

    bins_parameters d_parameters;
    std::size_t d_win_length, d_stride;
    bool d_absolute;
    std::vector<std::size_t> d_bins;
    volk::vector<real_t<T>>
        d_weights; // of the real numbers of a spectrum, for real and imaginary part of the sum
    std::vector<complex> d_roots; // of absolute phase
    volk::vector<complex> d_turned;

    std::int64_t d_next, d_covered = 0;
    std::int64_t d_read = 0, d_final = 0,
                 d_end = 0;               // samples read, that may be read, that are known
    std::int64_t d_held_from = 0;         // d_held's first; zeros before
    bool d_begun = false, d_late = false; // late: frames go on after the last sample
    boost::circular_buffer<T> d_held;
};

} // namespace gr::stft::kernel
#endif
