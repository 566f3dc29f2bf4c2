/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_THETA_SOURCE_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_THETA_SOURCE_H

#include "candidate_bank.h"
#include "frame_descent.h"
#include "frame_grid.h"
#include "kernel/dstft/stream_excerpt.h"
#include "shortest_path.h"
#include "sliding_descent.h"
#include <optional>

namespace gr::stft::kernel {

//! The window lengths of a bank that learns theta, log-spaced between the bounds.
STFT_API std::vector<double> candidate_lengths(const adaptive_settings& s);

/*!
 * \brief Window lengths of the grid frames, one per band: by a bank of candidates and a Viterbi
 * path for each band (method bank), or by a descent from frame to frame (method gradient).
 *
 * A grid frame goes through three stages, each in the order of the frames. It is seen once the
 * samples under its longest window have come; it is measured; it is resolved, which fixes its
 * theta, once the block and the lag after it are measured. Nothing is measured further ahead than
 * the frame that resolve_next() resolves needs.
 */
template <class T>
class STFT_API theta_source
{
public:
    //! \param theta the only candidate, where theta is not learned
    theta_source(const adaptive_settings& s, double theta);

    //! Replaces itself by one for other settings; counters, and what `history` means as far as it
    //! fits, are carried over.
    void rebuild(const adaptive_settings& s, double theta);

    /*!
     * \brief Starts again at grid frame p, which is resolved next.
     * \param theta window lengths of the frame before: one, or one per bin
     * \param first \param past see there
     */
    void restart(std::int64_t p, const std::vector<float>& theta, first_frame first, history past);

    //! Resolves the next grid frame. \return false if samples are missing
    bool resolve_next(const frame_grid& grid,
                      const stream_excerpt<T>& signal,
                      frame_descent<T>& descent);

    //! Grid frame that was resolved last.
    std::int64_t resolved() const { return d_resolved; }
    //! Grid frame that was measured last.
    std::int64_t measured() const { return d_measured; }

    std::size_t bands() const { return d_bank.bands(); }
    //! Samples that measuring a frame takes on either side of its centre.
    std::int64_t reach() const { return d_reach; }
    //! ln theta of each band of the frame that was resolved last.
    const double* log_theta() const { return d_log_theta.data(); }
    //! Criterion of the last frame that had one, at its theta.
    double criterion() const { return d_criterion; }
    const spectral_whitener<real_t<T>>& whitener() const { return d_bank.whitener(); }

    //! Mean sums per frame of the block around grid frame p, for each band.
    const criterion_sums* block_means(std::int64_t p);
    //! Frames in the block around grid frame p.
    std::int64_t frames_in(std::int64_t p) const;

    //! \param level see candidate_bank::set_load()
    void set_load(int level) { d_bank.set_load(level); }
    std::uint64_t evaluations() const { return d_bank.evaluations(); }
    std::uint64_t dropped() const { return d_bank.dropped(); }

private:
    bool measure_to(std::int64_t p,
                    const frame_grid& grid,
                    const stream_excerpt<T>& signal,
                    frame_descent<T>& descent);
    void measure(std::int64_t p,
                 const frame_grid& grid,
                 const stream_excerpt<T>& signal,
                 frame_descent<T>& descent);
    void fix(std::int64_t p);

    std::int64_t d_block, d_lag;
    bool d_whitens;
    candidate_bank<T> d_bank;           // with method gradient, for its whitener only
    std::vector<shortest_path> d_paths; // one for each band, with method bank
    std::optional<sliding_descent<frame_descent<T>>> d_sliding; // with method gradient
    std::int64_t d_reach;
    std::int64_t d_seen = -1, d_measured = -1, d_resolved = -1; // grid frames
    std::vector<double> d_log_theta;
    std::vector<criterion_sums> d_means;
    double d_criterion = 0;
};

} // namespace gr::stft::kernel
#endif
