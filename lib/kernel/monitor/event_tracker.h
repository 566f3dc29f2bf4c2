/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_EVENT_TRACKER_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_EVENT_TRACKER_H

#include "kernel/monitor/box_pyramid.h"
#include "kernel/monitor/row_history.h"
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace gr::stft::kernel {

//! The last row that boxes found, for each number of rows that a box may have.
class box_ends
{
public:
    //! Boxes of `rows` rows found cells up to a row.
    void add(std::size_t rows, std::int64_t last)
    {
        auto& end = d_ends[place(rows)];
        end = std::max(end, last + 1);
    }
    void add(const box_ends& other)
    {
        for (std::size_t i = 0; i < d_ends.size(); ++i)
            d_ends[i] = std::max(d_ends[i], other.d_ends[i]);
    }
    //! Rows of the shortest boxes that found something; 0: none.
    std::size_t finest() const
    {
        for (std::size_t i = 0; i < d_ends.size(); ++i)
            if (d_ends[i] > 0)
                return std::size_t(1) << i;
        return 0;
    }
    //! The last row that boxes of at most `rows` rows found; negative: none.
    std::int64_t upto(std::size_t rows) const
    {
        return *std::max_element(d_ends.begin(), d_ends.begin() + place(rows) + 1) - 1;
    }

private:
    static std::ptrdiff_t place(std::size_t rows)
    {
        std::ptrdiff_t at = 0;
        for (; rows > 1; rows /= 2)
            ++at;
        return at;
    }
    std::array<std::int64_t, 9> d_ends{}; // rows after the last one, for boxes of 1, 2, 4 .. 256
};

//! A group of found cells that touch, or are no more than a gap apart.
struct tracked_event {
    std::uint64_t id;
    std::int64_t first_row, last_row; // that hold found cells
    std::size_t first_bin, end_bin;   // likewise; end_bin is the one after the last
    std::int64_t found_at;            // row in which the first of its cells was found
    std::size_t longest_box;          // rows of the longest box that found a cell of it
    std::uint64_t cells;
    double excess = 0;                    // power over noise, summed over the cells
    box_ends last_of{};                   // last row that boxes of a number of rows found
    std::int64_t announced_at = -1;       // row of its last report; negative: none yet
    std::optional<std::uint64_t> carrier; // id of the carrier that it has become
    // of an event longer than the rows that are kept:
    std::optional<double> start; // row at which its power rises
    std::vector<float> profile;  // sum over the rows that are no longer kept, from profile_bin on
    std::size_t profile_bin = 0;
    bool hit = false;  // one of its boxes exceeds the upper threshold
    bool over = false; // it has ended, or become part of another
    // what was found of it, until it changes:
    struct findings {
        std::int64_t ends_after = -1;       // row without another cell; negative: not known
        std::int64_t may_end_at = 0;        // first row in which its bins may be tested for silence
        std::size_t rows_to_show = 0;       // of the shortest box that shows it
        std::int64_t shown_until = 0;       // last row that such boxes found
        std::int64_t may_return_until = -1; // row, after a fade; negative: not known
        std::int64_t tested_at = -1;        // row in which its bins were
        bool silent = false;                // then
        std::int64_t measured_at = -1;      // number of rows then; negative: snr_db is not known
        double snr_db = 0;
    } found;
};

/*!
 * \brief Gathers found cells into events.
 *
 * The labels of the last rows tell which event a cell belongs to. New cells join the events that lie no more than a gap
 * away; if these are several, they become one. Bins that `covered` names do not count in a gap. Cells that join no event
 * go on with one of their bins that may have been interrupted for as long: until a box that would show a signal as strong
 * has passed without a hit, its absence says nothing; and what has faded may come back (found.may_return_until).
 */
class event_tracker
{
public:
    //! \param bins of a row \param rows in which cells may be found \param gap_rows,gap_bins see above
    //! \param most events at once, with those that ended or were joined within the last rows
    //! \param next_id id of the next event, counted on by every event; must live as long as this object
    //! \param boxes in which cells are searched, by rows; none: no event is interrupted
    event_tracker(std::size_t bins,
                  std::size_t rows,
                  std::size_t gap_rows,
                  std::size_t gap_bins,
                  std::size_t most,
                  std::uint64_t& next_id,
                  std::vector<box_test> boxes = {});

    //! A new row begins.
    void add_row();

    //! Cells were found in the last rows.
    void add(const found_cells& cells);

    //! Bins that lie in a signal of its own (1) do not count in a gap.
    void cover(const std::vector<std::uint8_t>& covered);

    //! Rows of the shortest box, no wider than the event, that a signal with this share of its power exceeds; of the
    //! longest one if there is none.
    std::size_t rows_to_show(const tracked_event& e, double share = 1) const;

    //! Makes one event of two that are open, by their ids.
    void unite(std::uint64_t a, std::uint64_t b);

    //! Calls f(event) for all events that are open, in the order of their ids.
    template <class F>
    void for_each_open(F f)
    {
        for (const auto index : d_open)
            f(d_slots[index].event);
    }

    //! Calls f(event) for all events that are open, in the order of their ids.
    template <class F>
    void for_each_open(F f) const
    {
        for (const auto index : d_open)
            f(d_slots[index].event);
    }

    //! Closes the events for which f(event) is true.
    template <class F>
    void close_if(F f)
    {
        std::size_t left = 0;
        for (const auto index : d_open) {
            if (f(d_slots[index].event))
                release(index);
            else
                d_open[left++] = index;
        }
        d_open.resize(left);
    }

    //! Events that had been reported, and have become part of another since the last call.
    std::vector<tracked_event> take_absorbed() { return std::exchange(d_absorbed, {}); }

    //! Open events.
    std::size_t open() const { return d_open.size(); }
    //! Groups of cells for which there was no place.
    std::uint64_t refused() const { return d_refused; }

private:
    using label = std::uint16_t; // index of a slot; 0: none
    struct slot {
        tracked_event event;
        label joined = 0;             // slot of the event that this one has become part of
        std::int64_t free_after = -1; // row; its labels may still stand in the rows before
    };

    label root(label of) const;
    label new_event(const found_cells& cells);
    label join(label a, label b);
    label interrupted_by(const found_cells& cells) const;
    std::vector<label>::iterator place_of(std::uint64_t id);
    void release(label index);
    bool bridges(const found_cells& cells, label a, label b) const;

    std::size_t d_bins, d_gap_rows, d_gap_bins, d_kept;
    std::vector<box_test> d_boxes;
    std::size_t d_longest = 0; // rows of a box
    row_history<label> d_labels;
    std::vector<slot> d_slots;         // the first stands for "none"
    std::vector<label> d_open, d_free; // open events in the order of their ids
    std::vector<tracked_event> d_absorbed;
    std::vector<label> d_leaving; // wait for free_after, in this order
    std::size_t d_next_leaving = 0;
    std::vector<std::uint32_t> d_left, d_right; // farthest bins that are no more than a gap away
    std::uint64_t* d_next_id;
    std::uint64_t d_refused = 0;
};

} // namespace gr::stft::kernel
#endif
