/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_IDSTFT_H
#define INCLUDED_STFT_KERNEL_DSTFT_IDSTFT_H

#include <gnuradio/stft/kernel/dstft/chirp_dstft.h>
#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <gnuradio/stft/kernel/frames/sliding_buffer.h>

namespace gr::stft::kernel {

/*!
 * \brief Inverse of the DSTFT with one window length per frame, by overlap-add in a stream of
 * spectra:
 *
 * x[k] = sum_n w_n(k) y_n[k] / sum_n w_n(k)^2, y_n the inverse DFT of frame n
 *
 * This is the signal itself for unmodified spectra at any real positions, and the least-squares signal for others.
 * Griffin and Lim, "Signal estimation from modified short-time Fourier transform", 1984, eq. 6, with windows that
 * differ from frame to frame.
 */
template <class T>
class STFT_API idstft
{
public:
    using real = real_t<T>;             //!< the precision of everything
    using complex = std::complex<real>; //!< a bin

    //! \param n_fft DFT length, 2 .. 2^28
    //! \param window the family that the spectra were made with
    //! \param n the norm that they were made with
    //! \param threshold samples whose coverage sum w^2 is at most this, relative to the largest w(0)^2 of the windows
    //!        over them, are uncovered and come out as 0; negative: 1e-10, in single precision 1e-6
    idstft(std::size_t n_fft, const window_family& window, norm n, double threshold = -1);

    //! DFT length.
    std::size_t n_fft() const { return d_transform.n_fft(); }
    //! Bins of a spectrum.
    std::size_t bins() const { return d_transform.bins(); }
    //! Window lengths of a frame.
    static std::size_t thetas(std::size_t) { return 1; }
    //! True if the value is a window length, as in dstft.
    bool takes(double theta) const { return d_transform.takes(theta); }

    //! Samples by which the output lags behind the centre of the newest frame, at most.
    static std::int64_t latency(std::size_t n_fft) { return static_cast<std::int64_t>(n_fft / 2); }

    /*!
     * \brief The next frame, of which t is not before that of the last.
     * \param spectrum bins() values
     * \param t its centre
     * \param theta its window length
     * \param c its chirp rate, as in chirp_dstft
     * \throws std::invalid_argument if t is before that of the last frame, or if T is real and c is not 0
     */
    void add(const complex* spectrum, const position& t, double theta, double c = 0);

    //! No frame will come before t: what is ready() without it may be read, so that a far t needs no more memory.
    void expect(const position& t);

    //! No more frames; the signal ends at length, or under the last window if length is negative.
    void finish(std::int64_t length = -1);

    //! End of the signal, known after finish().
    std::int64_t end() const { return d_final; }

    //! Samples that no later frame can change.
    std::size_t ready() const { return static_cast<std::size_t>(d_final - d_begin); }

    //! Takes the first count <= ready() of them.
    void read(T* samples, std::size_t count);

    //! Samples read that no window covered, so far.
    std::uint64_t uncovered() const { return d_uncovered; }

private:
    //! Calls f with each of the sums.
    template <class F>
    void for_sums(F f)
    {
        f(d_numerator);
        f(d_denominator);
        f(d_peak);
    }

    //! Real signals have no way back from rates other than 0.
    std::conditional_t<is_real_v<T>, dstft<T>, chirp_dstft<T>> d_transform;
    double d_threshold;
    std::int64_t d_begin = 0, d_final = 0; // of the sums, of those that are final
    std::int64_t d_covered = 0;            // end of the windows so far
    position d_last{ INT64_MIN, 0 };
    // from sample d_begin on, zeros after the windows so far
    sliding_buffer<T> d_numerator;
    sliding_buffer<real> d_denominator, d_peak;
    std::uint64_t d_uncovered = 0;
};

//! How an iterative inverse ended.
struct convergence {
    std::size_t iterations; //!< done
    double residual; //!< norm of the normal equations' residual, relative to their right side
};

//! The samples begin .. end - 1 of a signal that least squares are asked for, where they are not all of it.
struct wanted_part {
    std::size_t begin; //!< the first
    std::size_t end;   //!< the one after the last
    //! One flag for each sample of the signal: whether a window covers it; others are 0.
    char* covered;
};

/*!
 * \brief Least-squares inverse for any sharing of theta: minimises sum_mn c_m |S_mn - DSTFT(x)_mn|^2 by preconditioned
 * conjugate gradients (the preconditioner is the diagonal of the normal equations).
 *
 * \param transform that made the spectra
 * \param S [frame][bin]
 * \param t one position per frame
 * \param theta window lengths
 * \param twosided weights c_m = 2 for the inner bins of one-sided spectra, which stand for two; else 1
 * \param tolerance relative residual at which to stop
 * \param max_iterations after which to stop at the latest
 * \param length of the signal, samples
 * \param x length samples, the result
 * \param part null, or the part of x by whose residual iterations are stopped
 * \throws std::invalid_argument naming the first sample that no window covers, unless a part is given, or if a spectrum is
 *         not finite, before x is written
 */
template <class T>
STFT_API convergence least_squares_inverse(dstft<T>& transform,
                                           const std::complex<real_t<T>>* S,
                                           const std::vector<position>& t,
                                           const theta_field& theta,
                                           bool twosided,
                                           double tolerance,
                                           std::size_t max_iterations,
                                           std::size_t length,
                                           T* x,
                                           const wanted_part* part = nullptr);

/*!
 * \brief Solves the normal equations of least_squares_inverse() for any right side of length samples. With dL/dx of that
 * inverse on the right, its gradients are those of two transforms: of x, and of the solution.
 */
template <class T>
STFT_API convergence solve_normal_equations(dstft<T>& transform,
                                            const T* right_side,
                                            const std::vector<position>& t,
                                            const theta_field& theta,
                                            bool twosided,
                                            double tolerance,
                                            std::size_t max_iterations,
                                            std::size_t length,
                                            T* x);

} // namespace gr::stft::kernel
#endif
