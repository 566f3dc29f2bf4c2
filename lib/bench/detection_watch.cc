/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "detection_watch.h"
#include <gnuradio/stft/kernel/monitor/detector.h>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <unistd.h>

namespace gr::stft::bench {

namespace {

constexpr std::size_t bins = 16, hop = 8;
constexpr std::size_t rows_of_tape = 1 << 16;
constexpr std::size_t between_bursts = 512; // rows
constexpr std::size_t burst_rows = 24, burst_bins = 2;
constexpr std::size_t line_bin = 13; // in every other half of a tape
constexpr int centres = 100;         // Hz, among which it is retuned

std::int64_t resident()
{
    std::ifstream file("/proc/self/statm");
    std::int64_t all = 0, here = 0;
    file >> all >> here;
    return here * sysconf(_SC_PAGESIZE);
}

//! Noise of mean 1 with bursts of 20 dB in bins 3 and 4, and a line of 20 dB in its second half.
std::vector<float> tape()
{
    std::mt19937 random(1);
    std::exponential_distribution<float> power;
    std::vector<float> all(rows_of_tape * bins);
    for (auto& each : all)
        each = power(random);
    for (std::size_t p = between_bursts; p + between_bursts < rows_of_tape; p += between_bursts)
        for (std::size_t r = p; r < p + burst_rows; ++r)
            for (std::size_t k = 3; k < 3 + burst_bins; ++k)
                all[r * bins + k] += 100;
    for (std::size_t r = rows_of_tape / 2; r < rows_of_tape; ++r)
        all[r * bins + line_bin] += 100;
    return all;
}

//! Counts what is reported, and forgets it.
class account
{
public:
    explicit account(std::int64_t first) : d_first(first) {}

    //! \param counts false: it may be divided, or missed
    void plant(std::int64_t sample, bool counts) { d_planted[sample] = { 0, counts }; }

    void take(const std::vector<kernel::event>& reports, std::int64_t now)
    {
        for (const auto& e : reports) {
            const bool ends = e.state == kernel::event_state::end;
            in_order = in_order && e.sample_start >= d_first && e.sample_count >= 0 &&
                       e.sample_start + e.sample_count <= now + static_cast<std::int64_t>(2 * bins);
            if (e.state == kernel::event_state::begin)
                d_begun[e.id] = true;
            else if (!ends)
                in_order = in_order && d_begun.count(e.id);
            if (!ends || e.kind == kernel::event_kind::gap || e.kind == kernel::event_kind::retune)
                continue;
            d_begun.erase(e.id);
            if (e.cut != kernel::event_cut::withdrawn)
                count(e);
        }
        const auto late = now - static_cast<std::int64_t>(4 * between_bursts * hop);
        while (!d_planted.empty() && d_planted.begin()->first < late) {
            const auto& burst = d_planted.begin()->second;
            planted += burst.counts;
            once += burst.counts && burst.events == 1;
            d_planted.erase(d_planted.begin());
        }
    }

    std::uint64_t open() const { return d_begun.size(); }

    std::uint64_t planted = 0, once = 0, others = 0;
    bool in_order = true;

private:
    void count(const kernel::event& e)
    {
        constexpr auto near = static_cast<std::int64_t>(3 * hop);
        const auto at = d_planted.lower_bound(e.sample_start - near);
        if (e.kind == kernel::event_kind::burst && at != d_planted.end() &&
            at->first <= e.sample_start + near)
            ++at->second.events;
        else
            ++others;
    }

    std::int64_t d_first;
    struct burst {
        int events;
        bool counts;
    };
    std::map<std::int64_t, burst> d_planted; // by their first samples
    std::map<std::uint64_t, bool> d_begun;
};

} // namespace

watch_result
watch(std::uint64_t rows, std::int64_t first, void (*print)(std::uint64_t, std::int64_t))
{
    kernel::detector_settings s;
    s.n_fft = bins;
    s.hop = hop;
    s.samp_rate = 1e6;
    s.sides = kernel::sides::centered;
    s.dc_guard = 0;
    const auto all = tape();
    kernel::detector d(s, first);
    account found(first);
    std::mt19937 random(2);
    const auto passes = std::max<std::uint64_t>(1, rows / rows_of_tape);
    const auto part = std::max<std::uint64_t>(1, passes / 100);
    std::int64_t settled = 0;
    for (std::uint64_t pass = 0; pass < passes; ++pass) {
        if (pass % 10 == 9)
            d.retune(1e6 * static_cast<double>(random() % centres));
        const auto lost_at = pass % 4 == 3 ? random() % rows_of_tape : rows_of_tape;
        const auto lost = pass % 8 == 7 ? 1000 + random() % 100000 : 1 + random() % 2;
        for (std::size_t p = 0; p < rows_of_tape; ++p) {
            if (p == lost_at)
                d.skip(lost);
            const bool known = pass > 0 && pass % 10 != 9; // with a floor
            const bool whole = p > lost_at + burst_rows || p + 2 * burst_rows < lost_at;
            if (p % between_bursts == 0 && p > 0 && p + between_bursts < rows_of_tape)
                found.plant(first + static_cast<std::int64_t>(d.rows() * hop + hop / 2),
                            known && whole);
            d.add(&all[p * bins]);
            if (p % 4096 == 0)
                found.take(d.take(), first + static_cast<std::int64_t>(d.rows() * hop));
        }
        if (pass == part)
            settled = resident();
        if (print && pass % part == part - 1)
            print(d.rows(), resident());
    }
    const auto grown = settled ? resident() - settled : 0;
    d.finish();
    found.take(d.take(), first + static_cast<std::int64_t>(d.rows() * hop));
    return { found.planted, found.once, found.others, found.open(), grown, found.in_order };
}

} // namespace gr::stft::bench
