/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/event_tracker.h"
#include <algorithm>
#include <cstring>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t at_once = 4; // labels in 64 bits
constexpr double weak =
    0.1; // share of a signal's power over noise, below which cells are not of it

//! Mean power over noise of the cells of an event.
double density(const tracked_event& e)
{
    return e.excess / static_cast<double>(std::max<std::uint64_t>(e.cells, 1));
}

//! The highest bit of each label that is not 0.
std::uint64_t not_zero(std::uint64_t labels)
{
    constexpr std::uint64_t low = 0x7fff7fff7fff7fff, high = 0x8000800080008000;
    return (((labels & low) + low) | labels) & high;
}

//! True if each of the next labels is none, or this one.
bool alike(const std::uint16_t* labels, std::uint16_t one)
{
    std::uint64_t all = 0;
    std::memcpy(&all, labels, sizeof all);
    return (not_zero(all) & not_zero(all ^ (one * 0x0001000100010001u))) == 0;
}

} // namespace

event_tracker::event_tracker(std::size_t bins,
                             std::size_t rows,
                             std::size_t gap_rows,
                             std::size_t gap_bins,
                             std::size_t most,
                             std::uint64_t& next_id,
                             std::vector<box_test> boxes)
    : d_bins(bins), d_gap_rows(gap_rows), d_gap_bins(gap_bins), d_kept(rows + gap_rows + 1),
      d_boxes(std::move(boxes)), d_labels(bins, d_kept), d_slots(most + 1), d_left(bins),
      d_right(bins), d_next_id(&next_id)
{
    for (const auto& box : d_boxes)
        d_longest = std::max(d_longest, box.size.rows);
    d_free.reserve(most);
    for (auto i = most; i > 0; --i)
        d_free.push_back(static_cast<label>(i));
    d_open.reserve(most);
    cover(std::vector<std::uint8_t>(bins));
}

void event_tracker::add_row()
{
    std::fill_n(d_labels.add(), d_bins, label(0));
    while (d_next_leaving < d_leaving.size() &&
           d_slots[d_leaving[d_next_leaving]].free_after < d_labels.oldest())
        d_free.push_back(d_leaving[d_next_leaving++]);
    if (d_next_leaving > d_slots.size()) { // the slots that have left make room
        d_leaving.erase(d_leaving.begin(),
                        d_leaving.begin() + static_cast<std::ptrdiff_t>(d_next_leaving));
        d_next_leaving = 0;
    }
}

void event_tracker::cover(const std::vector<std::uint8_t>& covered)
{
    for (std::size_t k = 0; k < d_bins; ++k) {
        auto left = k, right = k;
        for (auto room = d_gap_bins + 1; room > 0 && left > 0;)
            room -= !covered[--left];
        for (auto room = d_gap_bins + 1; room > 0 && right + 1 < d_bins;)
            room -= !covered[++right];
        d_left[k] = static_cast<std::uint32_t>(left);
        d_right[k] = static_cast<std::uint32_t>(right);
    }
}

event_tracker::label event_tracker::root(label of) const
{
    while (d_slots[of].joined)
        of = d_slots[of].joined;
    return of;
}

event_tracker::label event_tracker::new_event(const found_cells& cells)
{
    if (d_free.empty()) {
        ++d_refused;
        return 0;
    }
    const auto index = d_free.back();
    d_free.pop_back();
    auto& slot = d_slots[index];
    auto profile = std::move(slot.event.profile); // keeps its memory
    profile.clear();
    slot.event = {};
    slot.event.profile = std::move(profile);
    slot.event.id = (*d_next_id)++;
    slot.event.first_row = cells.first_row;
    slot.event.last_row = cells.first_row;
    slot.event.first_bin = cells.first_bin;
    slot.event.end_bin = cells.first_bin;
    slot.event.found_at = d_labels.rows() - 1;
    slot.event.longest_box = 0;
    slot.event.cells = 0;
    slot.joined = 0;
    slot.free_after = -1;
    d_open.push_back(index);
    return index;
}

//! Two events are one. It has the id of the one that has been reported; of two such, or none, the earlier one's.
event_tracker::label event_tracker::join(label a, label b)
{
    const auto rank = [&](label of) {
        const auto& e = d_slots[of].event;
        return std::pair(e.announced_at < 0, e.id);
    };
    if (rank(b) < rank(a))
        std::swap(a, b);
    const auto& part = d_slots[b].event;
    if (part.announced_at >= 0 && part.carrier != part.id) // a carrier of this id goes on
        d_absorbed.push_back(part);
    auto& into = d_slots[a].event;
    auto& from = d_slots[b].event;
    into.first_row = std::min(into.first_row, from.first_row);
    into.last_row = std::max(into.last_row, from.last_row);
    into.first_bin = std::min(into.first_bin, from.first_bin);
    into.end_bin = std::max(into.end_bin, from.end_bin);
    into.found_at = std::min(into.found_at, from.found_at);
    into.longest_box = std::max(into.longest_box, from.longest_box);
    into.last_of.add(from.last_of);
    into.hit = into.hit || from.hit;
    into.cells += from.cells;
    into.excess += from.excess;
    into.announced_at = std::max(into.announced_at, from.announced_at);
    if (!into.carrier)
        into.carrier = from.carrier;
    if (from.start && (!into.start || *from.start < *into.start))
        into.start = from.start;
    if (!from.profile.empty()) {
        if (into.profile.empty()) {
            std::swap(into.profile, from.profile);
            into.profile_bin = from.profile_bin;
        } else {
            const auto begin = std::min(into.profile_bin, from.profile_bin);
            const auto end = std::max(into.profile_bin + into.profile.size(),
                                      from.profile_bin + from.profile.size());
            into.profile.insert(into.profile.begin(), into.profile_bin - begin, 0.0f);
            into.profile.resize(end - begin);
            for (std::size_t i = 0; i < from.profile.size(); ++i)
                into.profile[from.profile_bin - begin + i] += from.profile[i];
            into.profile_bin = begin;
        }
    }
    into.found = {};
    from.over = true;
    d_slots[b].joined = a;
    d_open.erase(place_of(from.id));
    d_slots[b].free_after = d_labels.rows() - 1;
    d_leaving.push_back(b);
    return a;
}

void event_tracker::release(label index)
{
    d_slots[index].event.over = true;
    d_slots[index].free_after = d_labels.rows() - 1;
    d_leaving.push_back(index);
}

//! The first open event with this id or a greater one.
std::vector<event_tracker::label>::iterator event_tracker::place_of(std::uint64_t id)
{
    return std::lower_bound(d_open.begin(), d_open.end(), id, [&](label index, std::uint64_t of) {
        return d_slots[index].event.id < of;
    });
}

//! True if cells are so weak that they do not make two signals, one above the other in frequency, into one.
bool event_tracker::bridges(const found_cells& cells, label a, label b) const
{
    const auto &one = d_slots[a].event, &other = d_slots[b].event;
    if (std::max(one.first_row, other.first_row) > std::min(one.last_row, other.last_row))
        return false;
    return static_cast<double>(cells.excess) < weak * std::min(density(one), density(other));
}

std::size_t event_tracker::rows_to_show(const tracked_event& e, double share) const
{
    std::size_t rows = 1;
    for (const auto& box : d_boxes) {
        if (box.size.bins > e.end_bin - e.first_bin)
            continue;
        rows = box.size.rows;
        if (box.hit <= 1 + share * density(e))
            break;
    }
    return rows;
}

void event_tracker::unite(std::uint64_t a, std::uint64_t b)
{
    const auto one = place_of(a), other = place_of(b), end = d_open.end();
    if (one != end && other != end && one != other && d_slots[*one].event.id == a &&
        d_slots[*other].event.id == b)
        join(*one, *other);
}

//! The last event in the bins of these cells, if it may still go on in them.
event_tracker::label event_tracker::interrupted_by(const found_cells& cells) const
{
    const auto first = cells.first_row - static_cast<std::int64_t>(d_gap_rows) - 2;
    const auto end = cells.first_row - static_cast<std::int64_t>(d_longest) - 1;
    for (auto r = first; r >= std::max(d_labels.oldest(), end); --r) {
        const auto row = d_labels.row(r);
        for (auto k = cells.first_bin; k < cells.first_bin + cells.bins; ++k) {
            if (row[k] == 0)
                continue;
            const auto found = root(row[k]);
            const auto& [event, joined, free_after] = d_slots[found];
            if (free_after < 0 && weak * static_cast<double>(cells.excess) <= density(event) &&
                (cells.first_row <= event.found.may_return_until ||
                 cells.first_row - r - 1 <= static_cast<std::int64_t>(rows_to_show(event))))
                return found;
        }
    }
    return 0;
}

void event_tracker::add(const found_cells& cells)
{
    const auto end_row = cells.first_row + static_cast<std::int64_t>(cells.rows);
    const auto end_bin = cells.first_bin + cells.bins;
    const auto gap = static_cast<std::int64_t>(d_gap_rows + 1);
    const auto from = std::max(d_labels.oldest(), cells.first_row - gap);
    const auto to = std::min(d_labels.rows(), end_row + gap);
    const std::size_t left = d_left[cells.first_bin], right = d_right[end_bin - 1];
    label found = 0, last = 0;
    for (auto r = from; r < to; ++r) {
        const auto row = d_labels.row(r);
        for (auto k = left; k <= right; ++k) {
            if (k + at_once <= right + 1 && alike(row + k, last)) {
                k += at_once - 1;
                continue;
            }
            if (k > left && k + at_once > right + 1 && right + 1 >= left + at_once &&
                alike(row + right + 1 - at_once, last)) // the last ones, some for a second time
                break;
            if (row[k] == 0 || row[k] == last)
                continue;
            last = row[k];
            const auto other = root(last);
            if (d_slots[other].free_after >= 0) // it has ended
                continue;
            if (!found)
                found = other;
            else if (other != found && !bridges(cells, found, other))
                found = join(found, other);
        }
    }
    if (!found && !(found = interrupted_by(cells)) && !(found = new_event(cells)))
        return;
    auto& event = d_slots[found].event;
    event.first_row = std::min(event.first_row, cells.first_row);
    event.last_row = std::max(event.last_row, end_row - 1);
    event.first_bin = std::min(event.first_bin, cells.first_bin);
    event.end_bin = std::max(event.end_bin, end_bin);
    event.longest_box = std::max(event.longest_box, cells.rows);
    event.hit = event.hit || cells.hit;
    event.last_of.add(cells.rows, end_row - 1);
    event.found = {};
    std::uint64_t fresh = 0;
    for (auto r = std::max(d_labels.oldest(), cells.first_row); r < end_row; ++r) {
        const auto row = d_labels.row(r);
        for (auto k = cells.first_bin; k < end_bin; ++k) {
            fresh += row[k] == 0;
            row[k] = row[k] == 0 ? found : row[k];
        }
    }
    event.cells += fresh;
    event.excess += static_cast<double>(fresh) * static_cast<double>(cells.excess);
}

} // namespace gr::stft::kernel
