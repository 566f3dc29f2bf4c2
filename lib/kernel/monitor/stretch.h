/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_STRETCH_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_STRETCH_H

#include "kernel/monitor/box_pyramid.h"
#include "kernel/monitor/event_measures.h"
#include "kernel/monitor/event_tracker.h"
#include "kernel/monitor/plane_axes.h"
#include "kernel/monitor/row_history.h"
#include "kernel/monitor/silence.h"
#include <gnuradio/stft/kernel/records/event.h>

namespace gr::stft::kernel {

constexpr std::size_t edge_bins = 3; // on either side of an event, in which its edges may lie

//! Levels of a row.
struct row_level {
    float gain; //!< gain of the noise
    float
        limit; //!< power over noise below which nothing counts next to the strongest signals of the rows about
};

//! A row of power over noise that is not searched yet.
struct coming_row {
    const float* z; //!< null: there is none
    float limit;    //!< less than it counts as noise at most
};

//! An event that has ended, or so far.
struct measured_event {
    event report;
    std::int64_t first_row, last_row;
    std::size_t first_bin, end_bin;
    double excess;            //!< sum of power over noise, without the noise
    double rows, bins;        //!< size of the box that it is the mean of
    double limit;             //!< least row_level::limit of its rows; 0 if they are not all kept
    std::int64_t found_at;    //!< row in which the first of its cells was found
    std::size_t finest_box;   //!< rows of the shortest box that found a cell of it
    std::int64_t ended;       //!< row in which it was closed
    std::int64_t ends_after;  //!< last row in which cells of it may still be found
    std::size_t rows_to_show; //!< rows of the shortest box that shows it
    bool joined;              //!< it has become part of another
};

/*!
 * \brief The rows between two cuts: the search in them, the events that are open, and how an event is measured.
 *
 * The last rows are kept. Events that are longer keep sums over the rows that go.
 */
class stretch
{
public:
    //! \param tests the boxes \param first_sample of row 0
    //! \param earliest sample, before which no event begins \param next_id id of the next event
    stretch(const detector_settings& s,
            const std::vector<box_test>& tests,
            std::int64_t first_sample,
            std::int64_t earliest,
            std::uint64_t& next_id);

    //! Row 0 begins at another sample, before which no event begins. Before the first row.
    void begin_at(std::int64_t first_sample);

    //! The next row of power over noise. \param coming the row after it, valid until the next call
    void add(const float* z, row_level level, coming_row coming = {});

    //! No more rows: what the present ones hold is found.
    void finish();

    //! Place, power and the other figures of an event, so far.
    measured_event measure(tracked_event& e, const noise_floor& floor) const;

    //! measure(e).report.snr_db, which is remembered until the event or its rows change.
    double snr_db(tracked_event& e) const;

    //! Bins in a signal of their own, which do not count in gaps.
    void cover(const std::vector<std::uint8_t>& covered) { d_tracker.cover(covered); }

    //!@{
    //! The events that are open.
    event_tracker& events() { return d_tracker; }
    const event_tracker& events() const { return d_tracker; }
    //!@}

    //! Rows so far.
    std::int64_t rows() const { return d_z.rows(); }
    //! Rows after the last one of a box of `box_rows` rows by which the next such box has been tested.
    std::size_t wait_for_next(std::size_t box_rows) const
    {
        return d_pyramid.wait_for_next(box_rows);
    }

    //! Rows after a row by which all boxes of `box_rows` rows that hold it have been tested.
    std::size_t wait_of(std::size_t box_rows) const { return d_pyramid.wait_of(box_rows); }
    //! Row until which a strong event that has faded may come back; 0 if it has ended at once.
    std::int64_t may_return_until(const tracked_event& e) const;
    //! False if the coming row alone tells that an event is not over.
    bool may_be_silent(const tracked_event& e) const;
    //! True if an event's bins have been silent for longer than a gap: after its power has fallen, and, unless it is so strong
    //! that each row shows it, after the rows in which boxes that would show it found it.
    bool is_silent(const tracked_event& e, const silence& test) const;
    //! Rows after a row by which all boxes that hold it have been tested.
    std::size_t latency() const { return d_pyramid.latency(); }
    //! The places of rows and bins.
    const plane_axes& axes() const { return d_axes; }

private:
    struct row_range {
        std::int64_t from, to; // the first row, and the one after the last
    };
    //! Rows of an event, added up, in d_excess.
    struct profile {
        std::size_t first_bin;
        double gain; //!< mean of the rows' gains
    };
    //! Bins of a profile, added up.
    struct strength {
        double power; //!< power without the noise
        double noise; //!< mean noise of a bin
        std::size_t peak;
    };
    //! An event's place, and what is in it.
    struct outline {
        extent time, band; //!< rows, bins
        profile summed;
        double excess;     //!< power over noise, without the noise
        double rows, bins; //!< size of the box that it is the mean of
        double snr_db() const;
    };

    void sum_profiles();
    void sum_profile(tracked_event& e, std::int64_t to) const;
    bool remembers(const tracked_event& e) const;
    outline outline_of(tracked_event& e) const;
    profile profile_of(const tracked_event& e) const;
    double excess_of(const profile& summed, const tracked_event& e) const;
    strength
    strength_of(const profile& summed, const tracked_event& e, const noise_floor& floor) const;
    void sum_rows(const tracked_event& e, std::int64_t from, std::int64_t to) const;
    extent time_of(const tracked_event& e, std::int64_t from, std::int64_t to) const;
    row_range rows_about(const tracked_event& e) const;
    extent whole_time_of(const tracked_event& e, std::int64_t end) const;
    float coming_power(const tracked_event& e) const;

    plane_axes d_axes;
    std::int64_t d_earliest;
    box_pyramid d_pyramid;
    event_tracker d_tracker;
    row_history<float> d_z; // power over noise
    row_history<row_level> d_levels;
    coming_row d_coming{};
    std::size_t d_gap_rows;
    std::int64_t d_summed = 0; // rows before it are in the profiles of long events
    // of the event that is measured: power over noise of its bins, that of its rows, a workspace
    mutable std::vector<float> d_excess, d_power, d_strong;
};

} // namespace gr::stft::kernel
#endif
