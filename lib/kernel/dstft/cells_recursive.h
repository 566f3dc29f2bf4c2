/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_CELLS_RECURSIVE_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_CELLS_RECURSIVE_H

#include "cell_norms.h"
#include "kernel/simd/routines.h"
#include <gnuradio/stft/kernel/dstft/position.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/frames/sliding_buffer.h>
#include <complex>
#include <optional>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Cells by recursive sums, for Hann windows: sums that samples enter and leave as frames move on, O(step) per bin
 * instead of O(theta). A frame is computed here only if it follows the one before closely.
 *
 * With R(nu) = sum over the window of x[k] exp(-2j pi nu k) a frame is
 * S = R(m / N) / 2 + (e R(m / N + 1 / theta) + conj(e) R(m / N - 1 / theta)) / 4, e = exp(2j pi t / theta), and no
 * frequency depends on t. Sums are in double precision and restart at least every n_fft samples.
 *
 * A frame follows the one before if theta is the same, the step is small and the samples under both are the same
 * to the bit. This, and all that is decided here, depends on nothing but the frames since the last one that did not
 * follow, and on the samples under their windows.
 */
template <class T>
class cells_recursive
{
public:
    using real = real_t<T>;
    using complex = std::complex<real>;

    cells_recursive(std::size_t n_fft, norm n);

    /*!
     * \brief Takes note of the next frame, and computes it if it follows the one before. To be called for every frame, in
     * order; a frame may be repeated.
     * \param norms of the windows, asked for only if the frame is computed
     * \param spectrum, by_theta, by_t S, dS/dtheta and dS/dt, each null where not wanted
     * \return true if the frame was computed; else nothing was written
     */
    bool analyse(const excerpt<T>& x,
                 const position& t,
                 const double* theta,
                 cell_norms<real>& norms,
                 complex* spectrum,
                 complex* by_theta,
                 complex* by_t);

private:
    //! The knowledge of the last frame; each level includes those before it.
    enum class knowledge {
        none,
        lengths, //!< centre and window lengths
        samples, //!< the samples under its windows
        sums     //!< the sums of the samples, so that the next frame can be computed from them
    };
    using moments = simd::running_moments;
    using update = simd::running_update;

    //! Brings d_theta, d_samples and d_known to the frame at d_centre.
    //! \return how the sums reach it, or nothing if it does not follow the one before
    std::optional<update> go_to_frame(const excerpt<T>& x, const double* theta, moments wanted);
    //! Takes the samples that only the new window holds.
    //! \return true if the samples under both windows are x's
    bool extend(const excerpt<T>& x);
    void keep(const excerpt<T>& x);
    void append(const excerpt<T>& x, std::int64_t end);
    void set_theta(const double* theta);
    void set_blocks();
    std::int64_t first_under(const position& t) const;
    std::int64_t end_under(const position& t) const;
    //! Position after the last sample that is kept.
    std::int64_t end() const { return d_first + static_cast<std::int64_t>(d_samples.size()); }
    //! True if a sample under the window cannot take part in recursive sums.
    bool holds_unfit_sample() const { return d_unfit >= first_under(d_centre); }
    //! Largest |x| within each distance of the centre, null if no bin's sums can have outgrown it.
    const double* look_around();

    std::size_t d_n_fft, d_bins;
    // dcunit: below this length the window may hold one near-zero tap, and normalising by it
    // amplifies the recursion's rounding error
    double d_shortest;

    knowledge d_known = knowledge::none;
    position d_previous{ 0, 0 }, d_centre{ 0, 0 };
    std::vector<double> d_theta;
    double d_reach = 0, d_longest_step = 0;
    sliding_buffer<T> d_samples; // from sample d_first on
    std::int64_t d_first = 0;
    // last sample that is not finite, or too large to be multiplied by n_fft^2
    std::int64_t d_unfit = 0;
    moments d_moments = moments::none; // part of the sums

    std::vector<simd::running_block> d_blocks;
    bool d_blocks_fit_theta = false; // the constants in them are those of d_theta
    double d_core = 0;               // the shortest window that is updated recursively
    double d_top = 0;                // largest |x| that has entered the sums
    std::vector<double> d_largest;
};

} // namespace gr::stft::kernel
#endif
