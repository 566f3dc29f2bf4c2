/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_CHIRP_SOURCE_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_CHIRP_SOURCE_H

#include "chirp_bank.h"
#include "frame_grid.h"
#include "kernel/dstft/stream_excerpt.h"
#include "layered_path.h"
#include "rate_cost.h"
#include "shortest_path.h"
#include "sliding_descent.h"
#include <optional>

namespace gr::stft::kernel {

//! Frames after a frame that are measured before it is decided.
STFT_API std::int64_t frames_ahead(const adaptive_settings& filled);

/*!
 * \brief Window lengths and chirp rates of the grid frames, by the three stages of a chirp_bank. A path through the rates
 * follows the first and the second stage; a path through window lengths with a rate and without one follows the third.
 *
 * A stage measures a frame once the path of the stage before has resolved it, so that the first stage is ahead()
 * frames ahead of the frame that is decided. The first stage takes the entropy of the power as its criterion and the
 * second one the Renyi entropy of order 2: high peaks decide, which noise moves less. The third stage, which decides
 * whether there is a rate, and which window, takes the criterion of the settings, and if that is the entropy, the
 * concentration of frames as well as that of cells; rate_cost says what a rate must gain. With method gradient, a
 * sliding_descent takes the place of the stages.
 */
template <class R>
class STFT_API chirp_source
{
public:
    using complex = std::complex<R>;

    /*!
     * \param stride see chirp_bank
     * \param margin samples at either end of the signal that are left out of learning
     */
    chirp_source(const adaptive_settings& s, std::size_t stride, std::int64_t margin);

    //! Replaces itself by one for other settings, with the whitener and the counter.
    void rebuild(const adaptive_settings& s);

    //! Starts again at grid frame p, which is resolved next, from window length theta; a descent also from the rate.
    void restart(std::int64_t p, double theta, double rate, first_frame first, history past);

    //! Resolves the next grid frame. \return false if samples are missing
    bool resolve_next(const frame_grid& grid, const stream_excerpt<complex>& signal);

    //! Grid frame that was resolved last.
    std::int64_t resolved() const { return d_resolved; }
    //! Grid frame that all stages have measured.
    std::int64_t measured() const { return d_sliding ? d_descended : d_sums[2].last(); }

    //! Frames after the one that is resolved that the first stage measures.
    std::int64_t ahead() const { return d_ahead; }
    //! Samples after which a frame at `centre` can be measured.
    std::int64_t needed(std::int64_t centre) const
    {
        // a bank measures the first frames at the nearest place within the signal, a descent leaves them out
        return (d_sliding ? centre : std::max(centre, d_margin + d_reach)) + d_reach + 1;
    }

    //! Descends from the window of the frame that was resolved last, which is centred at t.
    frame_window refined(const position& t, const stream_excerpt<complex>& signal);

    //! ln theta of the frame that was resolved last.
    const double* log_theta() const { return &d_log_theta; }
    //! Chirp rate of that frame, cycles per sample^2.
    double rate() const { return d_rate; }
    //! Criterion of the last frame that had one, at its theta and rate.
    double criterion() const { return d_criterion; }
    std::uint64_t evaluations() const
    {
        return d_bank.evaluations() + (d_descent ? d_descent->evaluations() : 0);
    }

private:
    struct signal_of {
        const frame_grid& grid;
        const stream_excerpt<complex>& signal;

        bool has(std::int64_t p) const
        {
            return !signal.finished() || grid.exists(p, signal.received());
        }
    };
    excerpt<complex> learnt(const stream_excerpt<complex>& signal) const;
    bool measure(std::size_t stage, std::int64_t p, const signal_of& of);
    bool resolve_rate(std::size_t stage, std::int64_t p, const signal_of& of);
    double& rate_of(std::size_t stage, std::int64_t p);
    bool covers(const excerpt<complex>& x, const position& t) const;
    bool descend(const signal_of& of);

    std::size_t d_stride;
    std::int64_t d_margin, d_lag[3], d_ahead;
    adaptive_settings d_settings;
    chirp_bank<R> d_bank;
    std::int64_t d_reach;          // samples on either side of a frame that measuring it takes
    std::vector<double> d_lengths; // ln theta of the candidates
    std::optional<chirp_descent<R>> d_descent;                  // where there are steps
    std::optional<sliding_descent<chirp_descent<R>>> d_sliding; // with method gradient
    std::int64_t d_descended = -1;                              // frame that it measured last
    std::vector<pooled_rows<R>> d_sums;                         // one for each stage
    std::vector<shortest_path> d_paths;                         // of the first two stages
    layered_path d_choice;                                      // of the third
    rate_cost d_cost;                                           // of a rate in the third stage
    std::vector<double> d_pull, d_J; // of window lengths; of the third stage's candidates
    std::vector<double> d_rates[2];  // found by the first and the second stage, of the last frames
    std::int64_t d_found[2] = {};    // last frame of these
    std::int64_t d_resolved = -1;
    double d_log_theta = 0, d_rate = 0, d_criterion = 0;
};

} // namespace gr::stft::kernel
#endif
