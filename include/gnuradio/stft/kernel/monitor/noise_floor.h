/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MONITOR_NOISE_FLOOR_H
#define INCLUDED_STFT_KERNEL_MONITOR_NOISE_FLOOR_H

#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/monitor/line_presence.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

//! How noise_floor follows the noise.
struct STFT_API noise_floor_settings {
    //! Quantile of a bin's power that is followed in time, 0 < quantile < 1.
    double quantile = 0.2;
    //! Relative step of a quantile in a row, 0 < adaptation < 1.
    double adaptation = 0.01;
    //! A bin is a line if its quantile exceeds that of both neighbourhoods by this factor.
    double cap = 2;
    //! Bins of a neighbourhood; 0: an eighth of the bins, 16 at least.
    std::size_t neighbourhood = 0;
    //! Rows from which the floor is first estimated, >= 16.
    std::size_t warm_up = 256;
    //! Rows after which a line that stays is a steady one. They count from when its quantile stands out, which may be 500 rows
    //! after it came.
    std::size_t steady = 512;
    //! Smallest floor, for instance that of the quantiser; 0: none.
    double least = 0;

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
};

/*!
 * \brief Noise floor of rows of power: floor[row][bin] = shape[bin] gain[row].
 *
 * shape: each bin's low quantile in time, divided by what it is in noise of power 1, 1 quantile -> quantile / -ln(1 - q).
 * A line, a bin whose quantile exceeds the medians of the neighbourhoods on both sides, has their geometric mean
 * instead, so that carriers stay above the floor and a filter's slope, which exceeds one side only, does not.
 *
 * gain: the mean of the row over the shape without what exceeds three times the mean, so it follows a receiver's AGC in
 * the row in which it steps. Rows of less than 256 bins must agree on a new level until they hold 512 cells, and are
 * measured against the former one till then: a pulse may be as wide as their band.
 *
 * burst_floor: the same, but for steady lines and bins near DC the floor is their own quantile, so that a burst on a
 * carrier is seen against the carrier, and the receiver's own offset is no signal.
 *
 * Rows come in one by one; the first ones all at once, in begin(). State: six floats for each bin, and none that grows.
 */
class STFT_API noise_floor
{
public:
    //! Level of the noise in a row.
    struct row_gain {
        float gain; //!< factor on the shape
        float step; //!< factor to the level before, if a new one has been accepted; else 1
    };

    /*!
     * \param bins of a row, >= 8
     * \param circular true: the last bin is a neighbour of the first (two-sided spectra)
     * \param dc bin of the receiver's own offset, if it has one
     * \param s how it follows
     * \throws std::invalid_argument as noise_floor_settings::check()
     */
    noise_floor(std::size_t bins,
                bool circular,
                std::optional<std::size_t> dc,
                const noise_floor_settings& s);

    //! Estimates the floor from the first rows [row][bin], at least one, all of them finite and not all 0.
    void begin(const float* rows, std::size_t count);
    //! Estimates the floor likewise from rows that lie anywhere.
    void begin(const std::vector<const float*>& rows);

    //! The floor follows the next row. It must be finite, and not all 0.
    row_gain follow(const float* row);

    //! True once begin() was called.
    bool begun() const { return d_begun; }

    //! Rows that must agree on a new level before it is accepted, the one in which it begins among them.
    std::size_t rows_to_accept() const { return d_rows_to_accept; }

    //! The gain of the last rows.
    float gain() const { return static_cast<float>(d_smooth); }
    //! Median over the bins of the floor in the last rows.
    double median() const;
    //! Power of the noise in each bin where gain is 1.
    const std::vector<float>& shape() const { return d_shape; }
    //! Power against which bursts are seen: steady lines and bins near DC belong to it.
    const std::vector<float>& burst_floor() const { return d_burst_floor; }
    //! 1 for bins of a line that has been there for `steady` rows, else 0.
    const std::vector<std::uint8_t>& steady() const { return d_steady; }
    //! Each bin's own level, from its quantile, where gain is 1.
    const std::vector<float>& level() const { return d_level; }
    //! Times of the line that some bins share.
    line_presence::presence present_rows(std::size_t first_bin, std::size_t end_bin) const
    {
        return d_lines.of(first_bin, end_bin);
    }
    //! Mean power in each bin, where gain is 1, over the last 160 rows or so: that of a line whether it fluctuates or not.
    const std::vector<float>& line() const { return d_lines.mean(); }
    //! Counts changes of shape, burst floor and steady bins.
    std::uint64_t version() const { return d_version; }

private:
    std::size_t neighbour(std::ptrdiff_t bin) const;
    float mean_about(const std::vector<float>& values, std::size_t bin) const;
    float truncated_mean(const float* row, float from);
    row_gain accept(double gain);
    void leave_out_bursts(const std::vector<const float*>& rows, const std::vector<float>& gains);
    void find_first_lines(const std::vector<const float*>& rows, const std::vector<float>& gains);
    void reshape();
    void running_medians();
    std::pair<float, float> medians_beside(std::size_t bin) const;
    void find_candidates();
    void smooth_shape(float least);
    void find_steady(float least);

    std::size_t d_bins, d_width; // of a row; of a neighbourhood
    std::size_t d_rows_to_accept;
    bool d_circular, d_begun = false;
    bool d_silent = false; // most bins have the smallest floor, below which no gain leads
    std::optional<std::size_t> d_dc;
    noise_floor_settings d_settings;
    std::uint64_t d_rows = 0, d_version = 0;
    double d_smooth = 1; // the gain, smoothed
    std::optional<double>
        d_deviating;            // gain of the first of the last rows, if they differ from d_smooth
    std::size_t d_agreeing = 0; // rows that had this gain
    std::size_t d_doubtful = 0; // rows between these that were nearer to it than to d_smooth
    std::vector<float> d_quantile, d_level, d_shape, d_burst_floor;
    std::vector<float> d_inverse;           // of the shape
    volk::vector<float> d_relative;         // one row over the shape; aligned, so that its sums
                                            // round alike in all objects
    std::vector<float> d_median, d_scratch; // of the level
    std::vector<std::uint8_t> d_candidate;  // bins of lines, and those next to them
    std::vector<std::uint8_t> d_steady;
    line_presence d_lines;
};

} // namespace gr::stft::kernel
#endif
