/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_CARRIERS_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_CARRIERS_H

#include "kernel/monitor/stretch.h"

namespace gr::stft::kernel {

/*!
 * \brief Groups of steady bins of the noise floor are carriers, with reports of their own.
 *
 * A burst that has lasted until its bins became steady gives its id and its start. A carrier whose SNR has never
 * reached min_snr is followed without a report, unless the burst that it was has been reported.
 */
class carriers
{
public:
    //! \param reports that this adds to \param next_id id of the next event
    carriers(const detector_settings& s, std::vector<event>& reports, std::uint64_t& next_id);

    //! Follows a change of the floor's steady bins. \param ignored 1 for bins in which nothing is looked for
    //! \param gain of the noise in the last row
    void follow(stretch& rows,
                const noise_floor& floor,
                const std::vector<std::uint8_t>& ignored,
                float gain);

    //! Ends all carriers, with this reason.
    void end_all(const stretch& rows, const noise_floor& floor, float gain, event_cut why);

private:
    struct line {
        std::uint64_t id;
        std::int64_t first_row, last_row;
        std::size_t first_bin, end_bin;
        std::int64_t reported_at; // row of its last report; negative: none yet
        bool there;
        bool was_reported; // as a burst
    };

    void see(stretch& rows, const noise_floor& floor, std::size_t begin, std::size_t end);
    void report(line& l, const stretch& rows, const noise_floor& floor, float gain);
    void adopt(line& l, stretch& rows);
    event
    measure(const line& l, const plane_axes& axes, const noise_floor& floor, float gain) const;

    const detector_settings& d_settings;
    std::vector<event>& d_reports;
    std::uint64_t& d_next_id;
    double d_interval; // rows between reports
    std::vector<line> d_lines;
};

} // namespace gr::stft::kernel
#endif
