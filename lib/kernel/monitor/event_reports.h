/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_EVENT_REPORTS_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_EVENT_REPORTS_H

#include "kernel/monitor/skirts.h"

namespace gr::stft::kernel {

/*!
 * \brief Reports bursts: those that have ended, and those that last.
 *
 * An event has ended once no cell can follow that would belong to it. Cells near a much stronger event, in its
 * time, are its skirts and no event; neither is what a step of the gain leaves, nor what stays below the dynamic range of
 * its rows. Events that begin and end together are one, and so is one that goes on in another: a sweep, a hop.
 */
class event_reports
{
public:
    //! \param reports that this adds to
    event_reports(const detector_settings& s, std::vector<event>& reports);

    //! Notes a step of the gain: the row in which it began and that in which the floor accepted it. \param unsure rows before
    //! and after these in which the level may still be the former one
    void step(std::int64_t began, std::int64_t accepted, std::int64_t unsure);

    //! Reports events that have ended, and those that last. To be called after each row.
    void report(stretch& rows, const noise_floor& floor);

    //! Ends all events, with this reason.
    void end_all(stretch& rows, const noise_floor& floor, event_cut why);

private:
    const open_events& open_in(stretch& rows);
    void join_those_that_go_on(stretch& rows, bool all);
    void find_end_of(tracked_event& e, const stretch& rows) const;
    bool is_silent(tracked_event& e, const stretch& rows) const;
    bool ends(tracked_event& e, const stretch& rows) const;
    void close(stretch& rows, const noise_floor& floor, std::optional<event_cut> all);
    void withdraw(tracked_event& e, const stretch& rows, const noise_floor& floor);
    std::size_t part_of(std::size_t one, bool has_grown) const;
    void join_parts();
    void release(stretch& rows, bool all);
    void announce(stretch& rows, const noise_floor& floor);
    bool in_skirts(const measured_event& m, stretch& rows);
    bool is_a_step(const tracked_event& e) const;
    bool reportable(const measured_event& m, const plane_axes& axes) const;

    const detector_settings& d_settings;
    std::vector<event>& d_reports;
    double d_interval; // rows between reports
    silence d_silence;
    std::vector<measured_event> d_ended; // wait for others that may be parts of them
    std::size_t d_compared = 0;          // of them, with one another
    skirts d_skirts;
    open_events d_open; // of the last row in which they were asked for
    bool d_open_known = false;
    bin_grid d_parts; // events that have ended and are not compared yet
    struct gain_step {
        std::int64_t began, accepted, unsure; // rows
    };
    std::vector<gain_step> d_steps;                               // the last ones
    std::vector<std::pair<std::uint64_t, std::uint64_t>> d_pairs; // ids of events that are one
    std::vector<const tracked_event*> d_others;                   // that may be one with an event
};

} // namespace gr::stft::kernel
#endif
