/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_CHIRP_DSTFT_H
#define INCLUDED_STFT_KERNEL_CHIRP_DSTFT_H

#include <gnuradio/stft/kernel/dstft/position.h>
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/frames/window_family.h>
#include <memory>

namespace gr::stft::kernel {

template <class T>
class chirp_transform;
template <class T>
class frame_transform;

/*!
 * \brief The DSTFT of frames whose window turns with a chirp rate c, in cycles per sample^2:
 *
 * S[m, n] = sum_k w(k - t_n, theta_n) exp(-i pi c_n (k - t_n)^2) x[k] exp(-2j pi k m / n_fft)
 *
 * with one window length and one rate for a frame. A chirp of the rate c is a tone under this window, whatever its length.
 *
 * The window is complex, so the spectrum of a real signal has no Hermitian symmetry: its bins 0 .. n_fft / 2 are those of
 * a complex DFT, and they do not hold all of the signal. Spectra of complex signals, such as the analytic signal of a real
 * one, do. A rate of 0 gives what dstft<T> gives, to the bit, at its price.
 */
template <class T>
class STFT_API chirp_dstft
{
public:
    using real = real_t<T>;             //!< the precision of everything
    using complex = std::complex<real>; //!< a bin

    //! \throws std::invalid_argument unless n_fft is in 2 .. 2^28
    chirp_dstft(std::size_t n_fft, const window_family& window, norm n);
    ~chirp_dstft();
    //!@{
    //! A moved-from object may only be assigned to or destroyed.
    chirp_dstft(chirp_dstft&&) noexcept;
    chirp_dstft& operator=(chirp_dstft&&) noexcept;
    //!@}

    //! DFT length.
    std::size_t n_fft() const { return d_n_fft; }
    //! Bins of a spectrum: n_fft / 2 + 1 for real samples, n_fft for complex ones.
    std::size_t bins() const { return kernel::bins<T>(d_n_fft); }

    //! True if the value is a window length, as in dstft.
    bool takes(double theta) const;

    //! True if the rate is one for this window length: a chirp from end to end of the window spans half of the spectrum at
    //! most, |c| theta <= 1/2, so that n_fft / 2 bins hold it without aliasing.
    static bool takes(double c, double theta) { return c <= 0.5 / theta && -c <= 0.5 / theta; }

    /*!
     * \brief One frame.
     * \param x the samples under the window, which reaches to t -+ theta / 2
     * \param t the window's centre
     * \param theta window length that takes() allows
     * \param c chirp rate that takes() allows for this length
     * \param spectrum, by_theta, by_t, by_c bins() values each: S, dS/dtheta, dS/dt, dS/dc; null where not wanted
     */
    void analyse(const excerpt<T>& x,
                 const position& t,
                 double theta,
                 double c,
                 complex* spectrum,
                 complex* by_theta = nullptr,
                 complex* by_t = nullptr,
                 complex* by_c = nullptr);

    /*!
     * \brief Vector-Jacobian product of one frame: gradients of a real loss L from
     * G[m] = dL/dRe S[m] + j dL/dIm S[m].
     *
     * All results are added to what is there, and may be null.
     * \param x, t, theta, c as in analyse()
     * \param G bins() values
     * \param theta_gradient dL/dtheta
     * \param t_gradient dL/dt
     * \param c_gradient dL/dc
     * \param x_gradient dL/dx[k] (for complex x: dL/dRe x + j dL/dIm x), k = x.begin .. x.end - 1
     */
    void pull_back(const excerpt<T>& x,
                   const position& t,
                   double theta,
                   double c,
                   const complex* G,
                   double* theta_gradient,
                   double* t_gradient,
                   double* c_gradient,
                   T* x_gradient);

    /*!
     * \brief Adds one frame to the sums of an inverse by overlap-add. With y the unnormalised inverse DFT of the spectrum,
     * numerator += w exp(i pi c u^2) y / n_fft and denominator += w^2 on samples begin .. end - 1; peak is raised to
     * w(0)^2.
     *
     * c must be 0 if T is real: what a turning window moves out of the bins 0 .. n_fft / 2 is lost.
     */
    void overlap_add(const complex* spectrum,
                     const position& t,
                     double theta,
                     double c,
                     std::int64_t begin,
                     std::int64_t end,
                     T* numerator,
                     real* denominator,
                     real* peak);

private:
    std::size_t d_n_fft;
    std::unique_ptr<frame_transform<T>> d_plain;   // frames of rate 0
    std::unique_ptr<chirp_transform<T>> d_chirped; // of others, and derivatives by c
};

} // namespace gr::stft::kernel
#endif
