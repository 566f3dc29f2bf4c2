/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_SIMD_ROUTINES_H
#define INCLUDED_STFT_LIB_KERNEL_SIMD_ROUTINES_H

#include <cstddef>
#include <cstdint>

/* What is compiled once for each instruction set: loops over raw pointers, chosen at run time. This header holds
 * declarations only, so that no code built for a newer processor can reach an older one through the linker. */
namespace gr::stft::kernel::simd {

//! The base shapes g(u) of windows, |u| <= 1/2; rho is the Gaussian's.
enum class shape { hann, sine, blackman, nuttall, bartlett, parzen, bohman, gaussian };

//! Numbers beyond the end of arrays that routines may read or write: the widest vector.
constexpr std::size_t padding = 64;

template <class R>
struct integer_of;
template <>
struct integer_of<float> {
    using type = std::int32_t;
};
template <>
struct integer_of<double> {
    using type = std::int64_t;
};

/*!
 * \brief One frame about its integer centre i, for the direct sums.
 *
 * after[r] = s[i + r] and before[r] = s[i - r], r = 0 .. reach - 1, before[0] = 0; both followed by `padding`
 * zeros. x_after[r] = r - fraction and x_before[r] = r + fraction are the distances from the centre; moments are
 * the products of samples and distances.
 */
template <class R>
struct folded_frame {
    const R *after, *before, *moment_after, *moment_before, *x_after, *x_before;
    double fraction;
};

/*!
 * \brief The first of g(u), u g'(u) and g'(u), u = (k - t) / theta, as many as the value says: the functions that
 * samples are summed with.
 *
 * S needs g, dS/dtheta needs u g' too, and dS/dt all three.
 */
enum class window_terms { g = 1, g_ug = 2, g_ug_slope = 3 };

/*!
 * \brief Bins that share rotators. Set 0 holds bins of angle h pi / n_fft, h <= n_fft / 2; set 1, if there is one,
 * holds the bins of angle pi - h pi / n_fft, entry by entry. An entry's position is the same in both sets.
 *
 * All arrays have `count` entries and end in a whole number of padding.
 */
template <class R>
struct bin_group {
    std::size_t count;
    int sets;                                 //!< 1 or 2
    const R* kappa;                           //!< 4 sin^2 of half the angle
    const R *sine_half, *cosine_half;         //!< sine and cosine of half the angle
    const R* sine_scale;                      //!< -1 / (2 sin angle), 0 for angle 0
    const typename integer_of<R>::type* step; //!< restart * h mod 2 n_fft
    typename integer_of<R>::type cycle;       //!< phase of a whole cycle: 2 n_fft
    const R* theta[2];                        //!< [set]: window length of each bin, > 0
    double reach;                             //!< largest distance from the centre under any window
};

//! Samples between two exact evaluations of the recurrences; even.
constexpr std::size_t restart = 64;

//! Sums over a frame, [term: g, u g'(u), g'(u)][entry]; sine sums belong to the imaginary part.
template <class R>
struct group_sums {
    R* cosine[3];
    R* sine[3];
};

//! Bins of running sums that lie together, a number to a lane of the widest vector.
constexpr std::size_t block_lanes = 8;
using block_row = double[block_lanes];

//! exp(-2j pi bin k / n_fft), cos(2 pi (k - anchor) / theta) and sin for the next sample k to enter or leave a window
struct running_phasors {
    block_row re, im, c, s;
};

//! Sums of y[k] = x[k] exp(-2j pi bin k / n_fft) under the window, plain and with the cosine and sine of
//! 2 pi (k - anchor) / theta; moments have the factor k - anchor too.
struct running_totals {
    block_row re, im, cosine_re, cosine_im, sine_re, sine_im;
    block_row cosine_moment_re, cosine_moment_im, sine_moment_re, sine_moment_im;
};

struct alignas(64) running_block {
    std::int64_t bin[block_lanes];
    block_row theta, per_theta;
    block_row twiddle_cosine, twiddle_sine; //!< cosine and sine of 2 pi bin / n_fft
    block_row window_cosine, window_sine;   //!< cosine and sine of 2 pi / theta
    running_phasors entering, leaving;
    running_totals total;
    block_row top;  //!< largest |x| that has entered since the restart; of complex x, largest part
    double longest; //!< theta
    std::int64_t anchor; //!< sample
    std::int64_t offset; //!< the sums restart at samples with this offset modulo n_fft
    std::size_t age;     //!< samples since the phasors came from integers, or more
    bool brief; //!< has windows too short for a recursive window phase: recomputed for each frame
};

//! How the sums of the frame before become those of a frame.
enum class running_update {
    restart, //!< they do not: all samples under the windows are summed
    move,    //!< samples enter and leave
    repeat   //!< it is the same frame
};
enum class running_samples { real, complex };
enum class running_moments { none, wanted };

//! Positions and samples of a frame and the one before it.
template <class R>
struct running_frame {
    const R* samples;   //!< all samples under the windows of both frames, complex ones interleaved
    std::int64_t begin; //!< the first of them, relative to `sample`
    std::int64_t sample, previous_sample; //!< whole parts of the centres
    double fraction, previous_fraction;
    std::int64_t n_fft, offset,
        previous_offset; //!< offset, previous_offset: sample, previous_sample mod n_fft
    double per_n_fft;
    const double*
        largest; //!< largest |x| within r = 0, 1 .. samples of `sample`; null if it need not be looked at
    double tolerance; //!< sums restart if tolerance * top exceeds `largest`
    running_update update;
};

//! Norms as in norm_rows, and rows of complex numbers; null where not wanted.
template <class R>
struct running_results {
    const R *value, *length_g, *position_g, *slope;
    R *spectrum, *by_theta, *by_t;
};

template <class R>
struct routines {
    //! value[j] = a g(u_j); by_length[j] = b (p g + u g'); by_position[j] = b g', u_j = (x0 + j) / theta.
    //! All |u_j| < 1/2. Arrays may be null and are written up to a whole vector beyond count.
    void (*taper)(shape what,
                  double rho,
                  double x0,
                  double theta,
                  std::size_t count,
                  R a,
                  R b,
                  R p,
                  R* value,
                  R* by_length,
                  R* by_position);

    //! sums[0 .. 2] = sums of c[j] d[j] times g(u_j), u_j g'(u_j), g'(u_j), u_j = (x0 + j) / theta, |u_j| < 1/2;
    //! d may be null, for ones. d is a circular buffer of `period` numbers: from j = wrap on it
    //! wraps to d[j - period], and its first `padding` numbers are repeated after its end.
    void (*project)(shape what,
                    double rho,
                    double x0,
                    double theta,
                    std::size_t count,
                    const R* c,
                    const R* d,
                    std::size_t wrap,
                    std::size_t period,
                    double* sums);

    //! Sums of a frame's samples times the window terms and cosine or sine, for a group of one set.
    void (*analyse)(shape what,
                    double rho,
                    window_terms terms,
                    const folded_frame<R>& frame,
                    const bin_group<R>& bins,
                    const group_sums<R>& sums);

    //! after[r] and before[r] += sum over bins of g(u) Re(z exp(+-j angle r)); z = re + j im for each set
    //! scratch: 2 (reach + 4) vectors.
    void (*spread)(shape what,
                   double rho,
                   const folded_frame<R>& frame,
                   const bin_group<R>& bins,
                   const R* const re[2],
                   const R* const im[2],
                   R* scratch,
                   double* after,
                   double* before);

    //! after[r] and before[r] += sum over bins of weight g(u)^2
    void (*energy)(shape what,
                   double rho,
                   const folded_frame<R>& frame,
                   const bin_group<R>& bins,
                   const R* const weight[2],
                   R* scratch,
                   double* after,
                   double* before);

    //! Sums of g, u g', g' over the integers under the window of length theta[m]: three arrays of count.
    void (*window_sums)(shape what,
                        double rho,
                        double fraction,
                        const R* theta,
                        std::size_t count,
                        double reach,
                        R* g,
                        R* ug,
                        R* slope);

    //! Updates the sums of Hann windows to a frame, or recomputes them, and writes the frame's
    //! results.
    //! \return the largest `top` of all bins
    double (*run)(const running_frame<R>& frame,
                  running_samples samples,
                  running_moments moments,
                  running_block* blocks,
                  std::size_t bins,
                  const running_results<R>& to);

    /*!
     * Spectra of a patch from those of its pairs of neighbouring columns, [n][h] complex -> [n / 2 + 1][2 h].
     * With a = v[i][k] and b = conj(v[-i][-k]), indices modulo n and h: out[i][k] = a + b + t, out[i][k + h] =
     * a + b - t, t = T[k] (a - b). Rows of v are `stride` > h complex numbers apart; T as in
     * fold(), h of them.
     */
    void (*unfold_patch)(const R* v,
                         std::size_t stride,
                         std::size_t n,
                         std::size_t h,
                         const R* re_twice,
                         const R* im_signed,
                         R* out);

    /*!
     * The other way round. With s = in[i][k] + in[i][k + h], t = conj(T[k]) (in[i][k] - in[i][k + h]): v[i][k] = s + t,
     * v[-i][-k] = conj(s - t); where i = -i, v[i] = edge times the sum of both. One number after
     * the h of each row of v is overwritten.
     */
    void (*fold_patch)(const R* in,
                       std::size_t n,
                       std::size_t h,
                       const R* re_twice,
                       const R* im_signed,
                       R edge,
                       R* v,
                       std::size_t stride);

    //! sum[i] += x[i] w[i], i < n
    void (*multiply_add)(const R* x, const R* w, std::size_t n, R* sum);

    //! n complex numbers, interleaved: out = x w, and sum += x w
    void (*scale)(const R* x, const R* w, std::size_t n, R* out);
    void (*scale_add)(const R* x, const R* w, std::size_t n, R* sum);

    //! A frame's overlap-add where each one gives `hop` samples, 2 hop <= length.
    struct steady_overlap {
        const R *w,
            *weights; //!< window, `length` numbers; what the samples are multiplied by, `hop` numbers
        std::size_t length, hop;
        R *sum, *out; //!< sums so far, from the frame's first sample on, and samples
    };

    //! For i = begin .. end - 1, with s = sum[i] + x[i - begin] w[i], without sum[i] in the last hop: out[i] = s weights[i] in
    //! the first hop, and sum[i - hop] = s beyond it, which is where the next frame expects it. x, sum and out are real
    //! numbers or, interleaved, complex ones.
    void (*overlap_add)(const steady_overlap& o, const R* x, std::size_t begin, std::size_t end);
    void (*scale_overlap_add)(const steady_overlap& o,
                              const R* x,
                              std::size_t begin,
                              std::size_t end);

    //! cosine[j], sine[j] = those of pi rate (x0 + j)^2, rate in cycles per sample^2. Arrays are written up to a whole
    //! vector beyond count.
    void (*chirp)(double x0, double rate, std::size_t count, R* cosine, R* sine);
};

//! The routines for chosen_level() of dispatch.h.
//! \throws std::invalid_argument as chosen_level()
template <class R>
const routines<R>& chosen();

} // namespace gr::stft::kernel::simd
#endif
