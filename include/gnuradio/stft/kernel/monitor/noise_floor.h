/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MONITOR_NOISE_FLOOR_H
#define INCLUDED_STFT_KERNEL_MONITOR_NOISE_FLOOR_H

#include <gnuradio/stft/api.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

//! How noise_floor follows the noise.
struct STFT_API noise_floor_settings {
    double quantile = 0.2; //!< quantile of a bin's power that is followed in time, 0 < quantile < 1
    double adaptation = 0.01; //!< step of the logarithm of a quantile for a row, 0 < adaptation < 1
    double cap =
        2; //!< a bin is a line if its quantile exceeds that of both neighbourhoods by this factor
    std::size_t neighbourhood =
        0;                     //!< bins of a neighbourhood; 0: an eighth of the bins, 16 at least
    std::size_t warm_up = 256; //!< rows from which the floor is first estimated, >= 16
    std::size_t steady =
        512; //!< rows after which a line that stays is a steady one; they count from where its quantile stands out, up to 500 rows after it came
    double least = 0; //!< smallest floor, for instance that of the quantiser; 0: none

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

    //! The floor follows the next row. It must be finite, and not all 0.
    row_gain follow(const float* row);

    //! True once begin() was called.
    bool begun() const { return d_begun; }

    //! Rows that must agree on a new level before it is accepted, the one in which it begins among them.
    std::size_t rows_to_accept() const { return d_rows_to_accept; }

    //! The gain of the last rows.
    float gain() const { return static_cast<float>(d_smooth); }
    //! Power of the noise in each bin where gain is 1.
    const std::vector<float>& shape() const { return d_shape; }
    //! Power against which bursts are seen: steady lines and bins near DC belong to it.
    const std::vector<float>& burst_floor() const { return d_burst_floor; }
    //! 1 for bins of a line that has been there for `steady` rows, else 0.
    const std::vector<std::uint8_t>& steady() const { return d_steady; }
    //! Each bin's own level, from its quantile, where gain is 1.
    const std::vector<float>& level() const { return d_level; }
    //! For how long a line has been there, and for how long it has not.
    struct presence {
        std::uint64_t rows;  //!< rows since it came
        std::uint64_t since; //!< rows since it was last there
    };
    //! That of the line in these bins.
    presence present_rows(std::size_t first_bin, std::size_t end_bin) const;
    //! Mean power in each bin, where gain is 1, over the last 160 rows or so: that of a line whether it fluctuates or not.
    const std::vector<float>& line() const { return d_line; }
    //! Counts changes of shape, burst floor and steady bins.
    std::uint64_t version() const { return d_version; }

private:
    std::size_t neighbour(std::ptrdiff_t bin) const;
    float truncated_mean(const float* row, float from);
    void leave_out_bursts(const float* rows, std::size_t count, const std::vector<float>& gains);
    void running_medians();
    void reshape();
    void follow_lines(const float* row, float gain);
    void become_steady();

    std::size_t d_bins, d_width, d_rows_to_accept;
    bool d_circular, d_begun = false;
    bool d_silent = false; // most bins have the smallest floor, below which no gain leads
    std::optional<std::size_t> d_dc;
    noise_floor_settings d_settings;
    std::uint64_t d_rows = 0, d_version = 0;
    double d_smooth = 1; // the gain, smoothed
    std::optional<double>
        d_deviating; // gain of the first of the last rows, if they differ from the smoothed one
    std::size_t d_agreeing = 0; // rows that had this gain
    std::vector<float> d_quantile, d_level, d_shape, d_inverse, d_burst_floor;
    volk::vector<float> d_relative; // of one row; aligned, so that sums round alike in all objects
    std::vector<float> d_median, d_scratch; // of the level
    std::vector<std::uint8_t> d_candidate, d_steady;
    std::vector<float> d_line; // mean, held while a line is not there
    std::vector<float> d_mean,
        d_present; // of the rows since the last multiple of 16; of the 16 rows before
    std::vector<std::uint32_t> d_run,
        d_hole; // rows for which a candidate has been above; since when it is not
};

} // namespace gr::stft::kernel
#endif
