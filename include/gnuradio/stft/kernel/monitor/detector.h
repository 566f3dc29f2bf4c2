/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MONITOR_DETECTOR_H
#define INCLUDED_STFT_KERNEL_MONITOR_DETECTOR_H

#include <gnuradio/stft/kernel/fields.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/monitor/event.h>
#include <gnuradio/stft/kernel/monitor/noise_floor.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gr::stft::kernel {

//! Size of a box, in rows and bins: 1, or an even power of two.
struct STFT_API box_size {
    std::size_t rows; //!< 1, 2, 4 .. 256
    std::size_t bins; //!< 1, 2, 4 .. 256
};

//! Sizes of boxes as users write them: "1x1,4x1,4x4" (rows x bins). \throws std::invalid_argument for what is none
STFT_API std::vector<box_size> box_sizes_named(const std::string& text);
//! The same, back to text.
STFT_API std::string name_of(const std::vector<box_size>& sizes);

//! A range of frequencies, Hz.
struct STFT_API frequency_range {
    double lower; //!< Hz
    double upper; //!< Hz
};

//! Parameters of detector.
struct STFT_API detector_settings {
    std::size_t n_fft = 1024;        //!< DFT length of the rows, >= 16
    std::size_t hop = 512;           //!< samples from row to row, >= 1
    kernel::window window{ "hann" }; //!< window of the frames
    std::size_t win_length = 0;      //!< samples under it; 0: the taps' number, else n_fft
    double samp_rate = 1;            //!< Hz, > 0
    kernel::sides sides = kernel::sides::twosided; //!< bins of a row and their order
    double false_alarms = 1; //!< false alarms that noise may cause, per hour and MHz, > 0
    double min_snr = 0;      //!< dB of the weakest event, in its own box
    double dynamic_range =
        35; //!< dB below the strongest bin of the rows about, where signals are not looked for
    double min_duration = 0;  //!< s of the shortest burst
    double min_bandwidth = 0; //!< Hz of the narrowest burst
    std::size_t gap_rows = 2; //!< rows without a found cell that do not end an event
    std::size_t gap_bins = 2; //!< bins without one that do not divide it
    std::size_t dc_guard =
        1; //!< bins on either side of 0 Hz in which an event is the receiver's offset
    std::vector<box_size> scales; //!< boxes; none: 1x1 to 64x4, eleven of them
    std::vector<frequency_range>
        ignore;                  //!< frequencies in which nothing is looked for, Hz as in the rows
    bool steps = false;          //!< changes of the whole band are events, too
    double update_interval = 60; //!< s between the updates of an event that lasts, > 0
    std::size_t max_events = 4096; //!< events that are open, or were in the last rows, at once
    noise_floor_settings floor;    //!< how the noise is followed

    //! \throws std::invalid_argument naming the parameter, its value and the rule
    void check() const;
    //! Bins of a row.
    std::size_t bins() const { return kernel::bins(sides, n_fft); }
};

/*!
 * \brief Finds events in rows of power spectral density, at a stated rate of false alarms.
 *
 * The noise is followed by noise_floor. Each row over its floor is searched in boxes of several sizes, fine to coarse,
 * whose thresholds follow from the rate of false alarms by box_statistics. Found cells that touch, or are no
 * more than a gap apart, are an event. It ends when no found cell has followed for as many rows as its coarsest box
 * has, or the gap. Lines that stay are carriers: they have a floor of their own, so that bursts on them are seen.
 *
 * Rows are power spectral densities (unit^2 / Hz) of frames a hop apart; row p is that of the samples
 * first + p hop .. + n_fft. A row that is lost, not finite, or all zero holds nothing: no event is found in it, and the
 * floor does not follow it. No event is reported before `floor.warm_up` rows, or finish(); these rows are kept, and
 * searched then. Fewer than 16 rows have no floor, and no events.
 *
 * Memory: 256 rows, and what max_events says. Rows are counted in 64 bits.
 */
class STFT_API detector
{
public:
    //! \param s the parameters \param first sample of row 0
    //! \throws std::invalid_argument as detector_settings::check()
    explicit detector(const detector_settings& s, std::int64_t first = 0);
    ~detector();
    detector(detector&&) noexcept;
    detector& operator=(detector&&) noexcept;

    //! The next row, design().bins() values; null for one that is lost.
    void add(const float* row);

    //! Rows were lost: as many rows without a value follow.
    void skip(std::uint64_t rows);

    //! All events end here, for this reason, and the floor is kept: what follows has another frequency.
    void cut(event_cut why);

    //! No more rows: all events are closed and reported.
    void finish();

    //! Reports since the last call of take(), oldest first.
    std::vector<event> take();

    //! Number of reports that wait.
    std::size_t waiting() const;

    //! Rows so far, the lost ones, too.
    std::uint64_t rows() const;
    //! Groups of found cells that were not followed, since max_events were open.
    std::uint64_t refused() const;
    //! The floor.
    const noise_floor& floor() const;
    //! The parameters.
    const detector_settings& design() const;

private:
    class parts;
    std::unique_ptr<parts> d;
};

} // namespace gr::stft::kernel
#endif
