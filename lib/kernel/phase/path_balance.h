/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_PATH_BALANCE_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_PATH_BALANCE_H

#include "kernel/phase/padded_row.h"
#include <cstddef>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Lets the paths of a row agree better where they meet.
 *
 * Paths that come from cells of the row before end where they meet another one, and what they disagree about would
 * stay there, and grow. Here it is divided: corrections c minimise
 *
 *     sum_k a_k c_k^2 + sum_k b_k (c_(k+1) - c_k - r_k)^2,
 *
 * r_k what the phases of bins k and k + 1 lack to their step, a_k (where a path begins, else 0) and b_k energies of
 * the weaker of both cells that are joined, b_k times a weight; of a circular row, the last bin is joined to the
 * first one. Of another row of 64 bins or more, the weakest joint of the middle quarter is left out: what low and
 * high bands disagree about is no reason to turn either. It is a system of three diagonals on a ring. Every second
 * unknown is eliminated, again and again until one is left, in loops whose steps do not wait for each other. R: float
 * or double.
 */
template <class R>
class path_balance
{
public:
    path_balance() = default;
    path_balance(std::size_t bins, bool circular);

    /*!
     * \param before,here magnitudes of the row before and of this one
     * \param levels of this row: -inf where a cell has no phase yet, whose joints are left out
     * \param from_before phases that the row before gives; where `phases` has the same one, a path begins
     * \param steps of the phase from each bin to the next one, cycles
     * \param largest of all these magnitudes that is finite
     * \param weight of a step along the row, compared with one in time
     * \param phases of this row, cycles, which are corrected
     */
    void balance(const R* before,
                 const R* here,
                 const R* levels,
                 const R* from_before,
                 const R* steps,
                 R largest,
                 R weight,
                 R* phases);

private:
    //! A symmetric system of three diagonals on a ring; numbers off the diagonal are -joints.
    struct ring {
        explicit ring(std::size_t unknowns);
        std::size_t count;
        padded_row<R>
            joints; // between an unknown and the next one; before the first: the last and the first
        padded_row<R> pivots, sums;      // the diagonal; the right side, then the solution
        padded_row<R> own, lower, upper; // see eliminate(); before the first: the last one's
    };
    void halve(ring& all, ring& half);
    void complete(ring& all, ring& half);

    bool d_circular = false;
    std::vector<ring> d_rings;
    padded_row<R> d_pulls; // as joints
};

} // namespace gr::stft::kernel
#endif
