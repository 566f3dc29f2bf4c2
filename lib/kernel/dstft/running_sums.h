/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_RUNNING_SUMS_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_RUNNING_SUMS_H

#include "kernel/simd/routines.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Frames under Hann windows that follow each other closely, each bin with a window length of its own: sums that
 * samples enter and leave, O(step) per bin instead of O(theta).
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
class running_sums
{
public:
    using real = real_t<T>;

    running_sums(std::size_t n_fft, norm n);

    //! True if the frame can be computed here. To be called for each frame, in order. A frame may
    //! be repeated.
    bool follows(const excerpt<T>& x, const position& t, const double* theta, bool moments);

    //! The frame that follows; by_theta only with moments.
    void sum(const simd::running_results<real>& to);

private:
    void set_theta(const double* theta);
    void set_blocks();
    //! Takes the samples that only the new window holds. \return false if those of both are not x's
    bool extend(const excerpt<T>& x);
    void keep(const excerpt<T>& x);
    void append(const excerpt<T>& x, std::int64_t end);
    std::int64_t first_under(const position& t) const;
    std::int64_t end_under(const position& t) const;
    //! Largest |x| within each distance of the centre, null if no bin's sums can have outgrown it.
    const double* look_around();

    std::size_t d_n_fft, d_bins;
    // dcunit: below this length the window may hold one near-zero tap, and normalising by it
    // amplifies the recursion's rounding error
    double d_shortest;
    std::vector<simd::running_block> d_blocks;
    std::vector<double> d_theta;
    std::vector<T> d_samples; // d_first .. d_end - 1 from d_head on
    std::vector<double> d_largest;
    std::size_t d_head = 0;
    std::int64_t d_first = 0, d_end = 0;
    std::int64_t d_unfit =
        0; // the last sample that is not finite, or too large to be multiplied by n_fft^2
    position d_previous{ 0, 0 }, d_centre{ 0, 0 };
    double d_reach = 0, d_longest_step = 0;
    double d_core = 0; // the shortest window that is updated recursively
    double d_top = 0;
    bool d_begun = false;    // theta and centre are those of a frame
    bool d_kept = false;     // and so are the samples
    bool d_anchored = false; // and the sums
    bool d_stale = true;     // the blocks' constants are of another theta
    bool d_repeated = false, d_moments = false;
};

} // namespace gr::stft::kernel
#endif
