/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_OPEN_EVENTS_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_OPEN_EVENTS_H

#include "kernel/monitor/bin_grid.h"
#include "kernel/monitor/event_tracker.h"

namespace gr::stft::kernel {

//! The events that are open in a row, by their bins. Those that end in it stay here until the next row.
class open_events
{
public:
    //! \param bins of a row
    explicit open_events(std::size_t bins) : d_grid(bins) {}

    //! The events of a tracker, which must not be joined or added to as long as these are used.
    void fill(event_tracker& tracker)
    {
        d_events.clear();
        tracker.for_each_open([&](tracked_event& e) { d_events.push_back(&e); });
        d_grid.fill(d_events.size(), [&](std::size_t i) {
            const auto& e = *d_events[i];
            return bin_range::about(e.first_bin, e.end_bin, reach(e.end_bin - e.first_bin));
        });
    }

    //! Calls f(event) for all.
    template <class F>
    void for_each(F f) const
    {
        for (auto* e : d_events)
            f(*e);
    }

    //! True if f(event) is true for one of them.
    template <class F>
    bool any(F f) const
    {
        return std::any_of(d_events.begin(), d_events.end(), [&](auto* e) { return f(*e); });
    }

    //! True if f(event) is true for one that lies so near to some bins that it may have to do with an event there.
    template <class F>
    bool any_near(const bin_range& bins, F f) const
    {
        return d_grid.any_near(bins, [&](std::uint32_t i) { return f(*d_events[i]); });
    }

    //! Bins on either side of an event in which its skirts lie, and half of those between it and other parts of its signal.
    static std::size_t reach(std::size_t width) { return std::max(width + 8, 3 * width); }

private:
    std::vector<tracked_event*> d_events; // in the order of their ids
    bin_grid d_grid;
};

} // namespace gr::stft::kernel
#endif
