/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_EVENT_REPORTS_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_EVENT_REPORTS_H

#include "kernel/monitor/stretch.h"

namespace gr::stft::kernel {

/*!
 * \brief Reports bursts: those that have ended, and those that last.
 *
 * An event has ended once no cell can follow that would belong to it. Cells near a much stronger event, in its
 * time, are its skirts and no event; neither is what a step of the gain leaves. Events that begin and end together are one.
 */
class event_reports
{
public:
    //! \param reports that this adds to
    event_reports(const detector_settings& s, std::vector<event>& reports);

    //! Another level of the noise was accepted in a row.
    void step_at(std::int64_t row);

    //! After each row: what has ended, and what lasts.
    void report(stretch& rows, const noise_floor& floor);

    //! All events end here.
    void end_all(stretch& rows, const noise_floor& floor, event_cut why);

private:
    void close(stretch& rows, const noise_floor& floor, std::optional<event_cut> all);
    void withdraw(const tracked_event& e, const stretch& rows, const noise_floor& floor);
    void join_parts();
    void release(const stretch& rows, bool all);
    void announce(stretch& rows, const noise_floor& floor);
    bool
    near_stronger(const measured_event& m, const stretch& rows, const noise_floor& floor) const;
    bool is_a_step(const tracked_event& e) const;
    bool reportable(const measured_event& m, const plane_axes& axes) const;

    const detector_settings& d_settings;
    std::vector<event>& d_reports;
    double d_interval;                    // rows between reports
    std::vector<measured_event> d_ended;  // wait for others that may be parts of them
    std::vector<measured_event> d_recent; // that have ended in the last rows
    std::vector<std::int64_t> d_steps;    // rows of the last steps of the gain
};

} // namespace gr::stft::kernel
#endif
