/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_SKIRTS_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_SKIRTS_H

#include "kernel/monitor/open_events.h"
#include "kernel/monitor/stretch.h"
#include <deque>

namespace gr::stft::kernel {

/*!
 * \brief Tells signals from the skirts of stronger ones: what lies in the time of an event 15 or 20 dB stronger, next to it.
 *
 * The stronger one is open, or has ended in the last 128 rows. An event that is known to be over before all boxes that hold
 * it have been tested leaves a rest, which these find.
 */
class skirts
{
public:
    //! \param gap_bins bins between an event and its rest
    explicit skirts(std::size_t gap_bins) : d_gap_bins(gap_bins) {}

    //! Notes an event that has ended.
    void add(const measured_event& m);

    //! Forgets what ended long before row `now`.
    void forget(std::int64_t now);

    //! Notes that the open events have changed.
    void renew() { d_strongest.clear(); }

    //! Forgets all events.
    void clear();

    //! True if m is a rest: cells that longer boxes found in the time and band of an event that was over already.
    bool hold_rest(const measured_event& m) const;

    //! True if an event lies in the skirts of another one. \param open events of the row
    bool hold(const measured_event& m, const open_events& open, const stretch& rows);

private:
    struct strong {
        std::uint64_t id;
        std::int64_t first_row, last_row;
        std::size_t first_bin, end_bin;
        double snr_db;
    };
    struct ended_row { // events that ended in a row
        std::int64_t row;
        std::size_t count;
        double strongest; // dB
    };

    static bool in_skirts(const measured_event& m, const strong& other);
    bool of_ended(const measured_event& m) const;
    bool of_open(const measured_event& m, const open_events& open, const stretch& rows);
    std::optional<double>
    strongest_since(std::int64_t row, const open_events& open, const stretch& rows);

    std::size_t d_gap_bins;
    std::deque<measured_event> d_early; // ended while boxes that may hold their cells were untested
    std::deque<strong> d_ended;         // in the order of their ends
    std::deque<ended_row> d_rows;       // likewise
    // [n] SNR of the strongest open event that began n rows ago or earlier; empty: not known
    std::vector<double> d_strongest;
};

} // namespace gr::stft::kernel
#endif
