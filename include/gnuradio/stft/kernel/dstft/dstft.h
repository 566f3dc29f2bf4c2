/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_H
#define INCLUDED_STFT_KERNEL_DSTFT_H

#include <gnuradio/stft/kernel/dstft/position.h>
#include <gnuradio/stft/kernel/dstft/theta_field.h>
#include <gnuradio/stft/kernel/frames/frame_dft.h>
#include <gnuradio/stft/kernel/frames/window_family.h>
#include <memory>

namespace gr::stft::kernel {

//! The instruction set that the kernels use: "generic", "avx2" or "avx512"; the best of this processor, or what the
//! environment variable GR_STFT_SIMD names. \throws std::invalid_argument if it is not available
STFT_API std::string simd_level();

template <class T>
class frame_transform;
template <class T>
class cell_transform;

/*!
 * \brief The differentiable STFT of samples of type T:
 *
 * S[m, n] = sum_k w(k - t_n, theta_mn) x[k] exp(-2j pi k m / n_fft)
 *
 * with real positions t_n of the windows' centres and real window lengths 0 < theta <= n_fft. Phase counts from sample 0,
 * so only w depends on t and theta, and dS/dt and dS/dtheta are the same sum with w's derivative. Bins are
 * 0 .. n_fft / 2 for real samples, 0 .. n_fft - 1 for complex ones.
 *
 * A theta for all bins of a frame costs one FFT per spectrum, and one inverse FFT for all gradients; a theta for each
 * bin is summed directly, O(theta) per bin, without any array larger than a frame; for bins that share one, in a few
 * runs of neighbours or at both ends of a spectrum, FFTs make the sums where they are faster. Hann frames of one theta
 * that follow each other in small steps on the same samples are updated recursively, O(hop) per
 * bin: only rounding then depends on the call history.
 *
 * Leiber et al., "Learnable adaptive time-frequency representation via differentiable short-time Fourier transform",
 * 2025, eqs. (6), (9)-(25).
 */
template <class T>
class STFT_API dstft
{
public:
    using real = real_t<T>;             //!< the precision of everything
    using complex = std::complex<real>; //!< a bin

    //! \throws std::invalid_argument unless n_fft is in 2 .. 2^28, or 2 .. 2^20 where bins have window lengths of their own
    dstft(std::size_t n_fft, const window_family& window, norm n, sharing share);
    ~dstft();
    //!@{
    //! A moved-from object may only be assigned to or destroyed.
    dstft(dstft&&) noexcept;
    dstft& operator=(dstft&&) noexcept;
    //!@}

    //! DFT length.
    std::size_t n_fft() const { return d_n_fft; }
    //! Bins of a spectrum: n_fft / 2 + 1 for real samples, n_fft for complex ones.
    std::size_t bins() const { return kernel::bins<T>(d_n_fft); }

    //! Window lengths that a frame takes: 1, or one for each bin.
    std::size_t thetas() const { return d_cells ? bins() : 1; }

    //! True if the value is a window length: in (0, n_fft], not below least_theta.
    bool takes(double theta) const
    {
        return theta >= least_theta && theta <= static_cast<double>(d_n_fft);
    }

    /*!
     * \brief One frame.
     * \param x the samples under the window, which reaches to t -+ theta / 2
     * \param t the window's centre
     * \param theta thetas() window lengths that takes() allows
     * \param spectrum, by_theta, by_t bins() values each: S, dS/dtheta, dS/dt; null where not wanted
     */
    void analyse(const excerpt<T>& x,
                 const position& t,
                 const double* theta,
                 complex* spectrum,
                 complex* by_theta = nullptr,
                 complex* by_t = nullptr);

    //! Room for a cotangent, bins() values: pull_back() takes it from there without a copy. Any call may overwrite it.
    complex* cotangent();

    /*!
     * \brief Vector-Jacobian product of one frame: gradients of a real loss L from
     * G[m] = dL/dRe S[m] + j dL/dIm S[m].
     *
     * All results are added to what is there, and may be null.
     * \param x, t, theta as in analyse()
     * \param G bins() values
     * \param theta_gradient thetas() values dL/dtheta
     * \param t_gradient dL/dt
     * \param x_gradient dL/dx[k] (for complex x: dL/dRe x + j dL/dIm x), k = x.begin .. x.end - 1
     */
    void pull_back(const excerpt<T>& x,
                   const position& t,
                   const double* theta,
                   const complex* G,
                   double* theta_gradient,
                   double* t_gradient,
                   T* x_gradient);

    /*!
     * \brief Adds one frame to the sums of an inverse by overlap-add. With y the unnormalised
     * inverse DFT of the spectrum, numerator += w y / n_fft and denominator += w^2 on samples
     * begin .. end - 1; peak is raised to w(0)^2.
     *
     * One window length per frame only.
     */
    void overlap_add(const complex* spectrum,
                     const position& t,
                     double theta,
                     std::int64_t begin,
                     std::int64_t end,
                     T* numerator,
                     real* denominator,
                     real* peak);

    //! sum[k - begin] += sum over bins of weight[m] w(k - t, theta_m)^2, begin <= k < end
    void energy(const position& t,
                const double* theta,
                const real* weight,
                std::int64_t begin,
                std::int64_t end,
                double* sum);

private:
    std::size_t d_n_fft;
    // one of the two
    std::unique_ptr<frame_transform<T>> d_frames; // one window length for all bins
    std::unique_ptr<cell_transform<T>> d_cells;   // one for each bin
};

} // namespace gr::stft::kernel
#endif
