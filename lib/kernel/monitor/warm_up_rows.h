/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_WARM_UP_ROWS_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_WARM_UP_ROWS_H

#include <gnuradio/stft/kernel/records/event.h>
#include <optional>
#include <vector>

namespace gr::stft::kernel {

//! The first rows, which wait until there are enough of them for a floor: those that hold something, with their numbers.
class warm_up_rows
{
public:
    //! A row that waits.
    struct held {
        std::int64_t number;
        std::optional<event_cut> cut; //!< why the events before it end, if they do
    };

    //! \param bins of a row
    explicit warm_up_rows(std::size_t bins) : d_bins(bins) {}

    //! A row with its number.
    void add(const float* row, std::int64_t number)
    {
        d_held.push_back({ number, d_cut });
        d_cut.reset();
        d_values.emplace_back(row, row + d_bins);
    }

    //! Events end before the next row.
    void cut(event_cut why)
    {
        if (!d_held.empty())
            d_cut = why;
    }

    //! Number of rows.
    std::size_t size() const { return d_held.size(); }
    //! A row's number and cut.
    const held& operator[](std::size_t i) const { return d_held[i]; }
    //! The values of a row.
    const float* values(std::size_t i) const { return d_values[i].data(); }
    //! The values of all rows.
    std::vector<const float*> all() const
    {
        std::vector<const float*> rows;
        for (const auto& each : d_values)
            rows.push_back(each.data());
        return rows;
    }
    //! A row is not needed any more.
    void release(std::size_t i) { std::vector<float>().swap(d_values[i]); }

private:
    std::size_t d_bins;
    std::vector<held> d_held;
    std::vector<std::vector<float>> d_values; // one vector for a row
    std::optional<event_cut> d_cut;           // of the next row
};

} // namespace gr::stft::kernel
#endif
