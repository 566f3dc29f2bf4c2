/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_THETA_TALLY_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_THETA_TALLY_H

#include "band_interpolation.h"
#include "theta_bounds.h"
#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>
#include <algorithm>
#include <vector>

namespace gr::stft::kernel {

//! Advice in a report, given only while theta is learned.
enum class advice { none, given };

//! Statistics of the window lengths of the output frames since the last report.
class STFT_API theta_tally
{
public:
    /*!
     * \brief Counts an output frame.
     * \param theta its window lengths: one, or one per bin
     * \param statistics the extremes and the sum of theta
     * \param bands bands in which window lengths are compared with the bounds
     */
    void count(const std::vector<float>& theta,
               const theta_statistics& statistics,
               std::size_t bands,
               const adaptive_settings& s)
    {
        d_least = d_frames ? std::min(d_least, statistics.least) : statistics.least;
        d_greatest = d_frames ? std::max(d_greatest, statistics.greatest) : statistics.greatest;
        d_sum += statistics.sum / static_cast<double>(theta.size());
        ++d_frames;
        for (std::size_t b = 0; b < bands; ++b) {
            const double middle = at_middle(theta, b, bands);
            d_at_least += middle <= at_bound * s.theta_min;
            d_at_greatest += middle * at_bound >= s.theta_max;
        }
    }

    //! Writes the statistics, and advice where wanted, into a report and starts the next one.
    void report_to(adaptive_report& report, std::size_t bands, const adaptive_settings& s, advice);

private:
    static constexpr double at_bound = 1.01; // a theta within this ratio of a bound is at it

    std::uint64_t d_frames = 0;
    double d_sum = 0, d_least = 0, d_greatest = 0;   // d_sum: of the means over bins
    std::uint64_t d_at_least = 0, d_at_greatest = 0; // bands of frames at a bound
};

} // namespace gr::stft::kernel
#endif
