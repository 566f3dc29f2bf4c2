/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/names.h"
#include "kernel/refuse.h"
#include <gnuradio/stft/kernel/frames/framing.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {
std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; } // a >= 0
constexpr name_table names_of_placement{ named_value{ "centred", placement::centred },
                                         named_value{ "left", placement::left },
                                         named_value{ "full", placement::full },
                                         named_value{ "centered", placement::centred } };
constexpr name_table names_of_tail{ named_value{ "floor", tail::floor },
                                    named_value{ "ceil", tail::ceil } };
} // namespace

placement placement_named(const std::string& name)
{
    return names_of_placement.value_of("placement", name);
}

const char* name_of(placement where) { return names_of_placement.name_of(where); }

framing::framing(std::size_t win_length, std::size_t hop, placement where)
    : d_win_length(win_length), d_hop(hop), d_where(where)
{
    if (win_length < 1 || win_length > longest_window)
        refuse("win_length", static_cast<std::int64_t>(win_length), "must be 1 .. 2^28 samples");
    if (hop < 1 || hop > longest_hop)
        refuse("hop", static_cast<std::int64_t>(hop), "must be 1 .. 2^40 samples");
}

std::int64_t framing::first() const
{
    const auto m = std::int64_t(d_win_length), c = std::int64_t(centre()), h = std::int64_t(d_hop);
    switch (d_where) {
    case placement::centred:
        return -c;
    case placement::left:
        return 0;
    default:
        return -c -
               (m - 1 - c) / h * h; // as early on the centred grid as a frame can hold sample 0
    }
}

std::int64_t framing::length_to_continue(std::int64_t start) const
{
    const auto m = std::int64_t(d_win_length), h = std::int64_t(d_hop);
    switch (d_where) {
    case placement::centred:
        return start + std::int64_t(centre()) + 1;
    case placement::left:
        return start + std::max(m, h) + 1;
    default:
        return start + h + 1;
    }
}

bool framing::continues(std::int64_t start, std::int64_t length) const
{
    return length >= length_to_continue(start);
}

std::int64_t framing::latency() const
{
    const auto m = std::int64_t(d_win_length), h = std::int64_t(d_hop), c = std::int64_t(centre());
    switch (d_where) {
    case placement::centred:
        return m - 1 - c;
    case placement::left:
        return std::max(m, h) - c;
    default:
        return std::max(m - 1, h) - c;
    }
}

std::int64_t framing::frames(std::int64_t length, std::int64_t first) const
{
    check_starts(first, d_hop, 0);
    if (length <= 0)
        return 0;
    const auto m = std::int64_t(d_win_length), h = std::int64_t(d_hop), c = std::int64_t(centre());
    const auto more = [&](std::int64_t beyond) { // frames after frame 0
        return ceil_div(std::max<std::int64_t>(0, beyond), h);
    };
    switch (d_where) {
    case placement::centred:
        return 1 + more(length - (first + c));
    case placement::left:
        return 1 + more(length - (first + std::max(m, h)));
    default:
        return 1 + more(length - (first + h));
    }
}

tail tail_named(const std::string& name) { return names_of_tail.value_of("tail", name); }

const char* name_of(tail rule) { return names_of_tail.name_of(rule); }

axis_framing::axis_framing(std::size_t win_length, std::size_t hop, bool centred, tail rule)
    : d_win_length(framing(win_length, hop).win_length()), d_hop(hop),
      d_before(centred ? win_length / 2 : 0), d_tail(rule), d_centred(centred)
{}

std::int64_t axis_framing::frames(std::int64_t length) const
{
    const auto m = std::int64_t(d_win_length), h = std::int64_t(d_hop);
    if (d_tail == tail::floor) {
        const auto room = length + 2 * std::int64_t(d_before) - m;
        return room < 0 ? 0 : 1 + room / h;
    }
    return 1 + ceil_div(d_centred ? length : std::max<std::int64_t>(0, length - m), h);
}

std::int64_t axis_framing::shortest(std::int64_t frame) const
{
    const auto m = std::int64_t(d_win_length), h = std::int64_t(d_hop);
    if (d_tail == tail::floor)
        return std::max<std::int64_t>(1, frame * h + m - 2 * std::int64_t(d_before));
    return frame == 0 ? 1 : (frame - 1) * h + 1 + (d_centred ? 0 : m);
}

std::size_t axis_framing::after(std::int64_t length) const
{
    const auto n = frames(length);
    const auto end = n > 0 ? start(n - 1) + std::int64_t(d_win_length) : 0;
    return static_cast<std::size_t>(std::max(std::int64_t(d_before), end - length));
}

void check_starts(std::int64_t first, std::size_t hop, std::size_t frames)
{
    if (first < -farthest_start || first > farthest_start)
        refuse("first", first, "must be -2^62 .. 2^62");
    // unsigned, since -2^62 .. 2^62 spans 2^63
    const auto room = std::uint64_t(farthest_start) - std::uint64_t(first);
    if (frames > 1 && frames - 1 > room / hop)
        refuse("frames",
               frames,
               "must begin at 2^62 or before, from first = " + std::to_string(first) + " on");
}

std::int64_t
covered_end(std::int64_t first, std::size_t hop, std::size_t win_length, std::size_t frames)
{
    check_starts(first, hop, frames);
    if (frames == 0)
        return 0;
    const auto last = first + std::int64_t(frames - 1) * std::int64_t(hop);
    return std::max<std::int64_t>(0, last + std::int64_t(win_length));
}

} // namespace gr::stft::kernel
