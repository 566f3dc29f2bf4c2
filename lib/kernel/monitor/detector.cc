/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/box_pyramid.h"
#include "kernel/monitor/event_measures.h"
#include "kernel/monitor/event_tracker.h"
#include "kernel/monitor/row_history.h"
#include "kernel/refuse.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/monitor/box_statistics.h>
#include <gnuradio/stft/kernel/monitor/detector.h>
#include <algorithm>
#include <cmath>
#include <deque>

namespace gr::stft::kernel {

namespace {

constexpr double margin = 1.05;          // on thresholds, for errors of the floor
constexpr double low_probability = 1e-2; // of a box that hangs together with a found one
constexpr double low_snr = 0.7;          // share of min_snr that it must reach
constexpr double strong_at_step =
    50; // mean over noise that an event has to have which lasts no longer than a step
constexpr std::int64_t rows_of_step =
    5; // from the row in which a new level begins to the one that confirms it
constexpr double step_of_gain = 0.35; // in the logarithm of the power
constexpr double strong_event =
    10; // mean over noise from which longer boxes add nothing to an event
constexpr std::size_t edge_rows = 3, edge_bins = 3;
constexpr std::int64_t rows_to_begin =
    8; // from an event's first cell to its first report, if it lasts

STFT_LOOP float sum_of(const float* row, std::size_t n)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t i = 0; i < n; ++i)
        sum += row[i];
    return sum;
}

//! z = row scale factor + offset -> the greatest value of counted bins.
STFT_LOOP float normalise(const float* row,
                          const float* scale,
                          const float* offset,
                          const float* counts,
                          float factor,
                          std::size_t n,
                          float* z)
{
    float greatest = 0;
#pragma omp simd reduction(max : greatest)
    for (std::size_t i = 0; i < n; ++i) {
        z[i] = row[i] * (scale[i] * factor) + offset[i];
        const auto counted = z[i] * counts[i];
        greatest = counted > greatest ? counted : greatest;
    }
    return greatest;
}

double decibels(double power) { return 10 * std::log10(std::max(power, 1e-30)); }
double from_decibels(double db) { return std::pow(10, db / 10); }

std::vector<box_size> default_scales()
{
    return { { 1, 1 },  { 1, 4 },  { 1, 16 },  { 4, 1 },  { 4, 4 }, { 4, 16 },
             { 16, 1 }, { 16, 4 }, { 16, 16 }, { 64, 1 }, { 64, 4 } };
}

} // namespace

//! What belongs to one stretch of rows, between cuts.
struct stretch {
    stretch(std::size_t bins, const std::vector<box_test>& tests, const detector_settings& s)
        : pyramid(bins, tests),
          tracker(bins, pyramid.reach(), s.gap_rows, s.gap_bins, s.max_events),
          z(bins, pyramid.reach() + s.gap_rows + 8), gains(1, pyramid.reach() + s.gap_rows + 8)
    {}

    box_pyramid pyramid;
    event_tracker tracker;
    row_history<float> z; // power over noise
    row_history<float> gains;
    std::int64_t summed = 0; // rows before it are in the profiles of long events
};

class detector::parts
{
public:
    parts(const detector_settings& given, std::int64_t first);

    void add(const float* row);
    void skip(std::uint64_t rows);
    void cut(event_cut why);
    void finish();

    detector_settings d_settings;
    noise_floor d_floor;
    std::deque<event> d_reports;
    std::int64_t d_rows = 0; // all that came
    std::uint64_t d_refused = 0;

private:
    struct measured { // an event that has ended, or so far
        event report;
        std::int64_t first_row, last_row; // of the stretch
        std::size_t first_bin, end_bin;
        double excess, rows,
            bins; // sum of power over noise; size of the box that it is the mean of
        std::int64_t closed_at;
    };
    struct line { // a carrier
        std::uint64_t id;
        std::int64_t first_row, last_row;
        std::size_t first_bin, end_bin;
        std::int64_t announced_at;
        bool seen;
    };

    std::vector<box_test> tests() const;
    double to_hz(double bin) const;
    double to_sample(double row) const;
    void place(const float* row, float* ordered) const;
    void begin();
    void process(const float* ordered);
    void refresh_scales();
    void search();
    void follow_carriers();
    void report_line(const line& l, event_state state, event_cut why);
    void sum_profiles();
    extent time_of(const tracked_event& e, std::int64_t from, std::int64_t to) const;
    measured measure(const tracked_event& e) const;
    bool near_stronger(const measured& m) const;
    bool is_a_step(const tracked_event& e) const;
    bool reportable(const measured& m) const;
    void close(bool all, event_cut why);
    void release(bool all);
    void announce();
    void push(const event& e) { d_reports.push_back(e); }

    std::int64_t d_first;
    std::size_t d_bins, d_dc;
    bool d_two_sided;
    std::vector<box_test> d_tests;
    std::vector<std::size_t>
        d_wait; // rows that must pass after an event, by log2 of its longest box
    stretch d_stretch;
    std::int64_t d_base = 0; // number of the stretch's row 0
    std::vector<float> d_ordered, d_warm, d_scale, d_offset, d_counts;
    std::vector<std::uint8_t> d_warm_valid;
    std::uint64_t d_version = 0;
    struct pending_row {
        volk::vector<float> z;
        float greatest = 0, gain = 1;
        bool there = false;
    } d_pending, d_next;
    float d_greatest_before = 0;
    std::vector<measured> d_ended, d_recent;
    std::vector<std::int64_t> d_steps; // rows in which another gain was confirmed, the last 16
    std::vector<line> d_lines;
    std::uint64_t d_next_id = 0;
};

detector::parts::parts(const detector_settings& given, std::int64_t first)
    : d_settings((given.check(), given)),
      d_floor(given.bins(),
              given.sides != sides::onesided,
              given.sides == sides::onesided ? std::nullopt : std::optional(given.n_fft / 2),
              given),
      d_first(first), d_bins(given.bins()),
      d_dc(given.sides == sides::onesided ? 0 : given.n_fft / 2),
      d_two_sided(given.sides != sides::onesided), d_tests(tests()),
      d_stretch(d_bins, d_tests, d_settings)
{
    for (auto* each : { &d_ordered, &d_scale, &d_offset })
        each->assign(d_bins, 0);
    d_counts.assign(d_bins, 1);
    for (auto* each : { &d_pending, &d_next })
        each->z.assign(d_bins, 1);
}

std::vector<box_test> detector::parts::tests() const
{
    auto sizes = box_sizes_named(d_settings.scales);
    if (sizes.empty()) {
        sizes = default_scales();
        sizes.erase(std::remove_if(sizes.begin(),
                                   sizes.end(),
                                   [&](const box_size& s) { return s.bins * 4 > d_bins; }),
                    sizes.end());
    }
    std::sort(sizes.begin(), sizes.end(), [](const box_size& a, const box_size& b) {
        return std::pair(a.rows, a.bins) < std::pair(b.rows, b.bins);
    });
    parameters p{ d_settings.n_fft, d_settings.hop };
    p.window = d_settings.window;
    p.win_length = d_settings.win_length;
    const auto taps = p.taps();
    const auto cells = 3.6e9 * static_cast<double>(d_settings.n_fft) /
                       static_cast<double>(d_settings.hop); // for each hour and MHz
    std::vector<box_test> tests;
    for (const auto& size : sizes) {
        const auto boxes = cells / static_cast<double>(std::max<std::size_t>(1, size.rows / 2) *
                                                       std::max<std::size_t>(1, size.bins / 2));
        const auto p_hit =
            std::min(d_settings.false_alarms / (static_cast<double>(sizes.size()) * boxes), 0.5);
        const box_statistics mean(taps, d_settings.n_fft, d_settings.hop, size.rows, size.bins);
        const auto snr = from_decibels(d_settings.min_snr);
        const auto hit = std::max(margin * mean.threshold(p_hit), 1 + snr);
        const auto low = std::max(margin * mean.threshold(low_probability), 1 + low_snr * snr);
        tests.push_back({ size, hit, std::min(low, hit) });
    }
    return tests;
}

double detector::parts::to_hz(double bin) const
{
    return (bin - static_cast<double>(d_dc)) * d_settings.samp_rate /
           static_cast<double>(d_settings.n_fft);
}

//! The sample at the centre of a row, or between those of two.
double detector::parts::to_sample(double row) const
{
    return static_cast<double>(d_first + d_base * static_cast<std::int64_t>(d_settings.hop)) +
           row * static_cast<double>(d_settings.hop) + static_cast<double>(d_settings.n_fft / 2);
}

//! Bins in the order of their frequencies.
void detector::parts::place(const float* row, float* ordered) const
{
    const auto negative = d_settings.sides == sides::twosided ? d_bins / 2 : 0;
    std::copy_n(row + (d_bins - negative), negative, ordered);
    std::copy_n(row, d_bins - negative, ordered + negative);
}

void detector::parts::add(const float* row)
{
    ++d_rows;
    const float* ordered = nullptr;
    if (row) {
        const auto sum = simd::dispatch<sum_of>(row, d_bins);
        if (sum > 0 && sum <= std::numeric_limits<float>::max()) {
            place(row, d_ordered.data());
            ordered = d_ordered.data();
        }
    }
    if (d_floor.begun()) {
        process(ordered);
        return;
    }
    d_warm_valid.push_back(ordered != nullptr);
    if (ordered)
        d_warm.insert(d_warm.end(), d_ordered.begin(), d_ordered.end());
    if (d_warm.size() == d_settings.warm_up * d_bins)
        begin();
}

//! The floor is estimated from the rows that were kept, which are then searched.
void detector::parts::begin()
{
    d_floor.begin(d_warm.data(), d_warm.size() / d_bins);
    refresh_scales();
    const float* row = d_warm.data();
    for (const auto valid : d_warm_valid) {
        process(valid ? row : nullptr);
        row += valid ? d_bins : 0;
    }
    d_warm = {};
    d_warm_valid = {};
}

void detector::parts::refresh_scales()
{
    d_version = d_floor.version();
    for (std::size_t k = 0; k < d_bins; ++k) {
        d_scale[k] = 1 / d_floor.burst_floor()[k];
        d_offset[k] = 0;
        d_counts[k] = !d_floor.steady()[k];
    }
    for (const auto& range : frequency_ranges_named(d_settings.ignore))
        for (std::size_t k = 0; k < d_bins; ++k)
            if (to_hz(static_cast<double>(k) + 0.5) > range.lower &&
                to_hz(static_cast<double>(k) - 0.5) < range.upper) {
                d_scale[k] = 0;
                d_offset[k] = 1;
                d_counts[k] = 0;
            }
    d_stretch.tracker.cover(d_floor.steady());
}

void detector::parts::process(const float* ordered)
{
    d_next.there = true;
    d_next.gain = d_pending.gain;
    d_next.greatest = 0;
    if (ordered) {
        const auto noise = d_floor.follow(ordered);
        if (d_floor.version() != d_version) {
            refresh_scales();
            follow_carriers();
        }
        d_next.gain = noise.gain;
        if (std::abs(std::log(noise.step)) > step_of_gain)
            d_steps.push_back(d_stretch.z.rows());
        d_next.greatest = simd::dispatch<normalise>(ordered,
                                                    d_scale.data(),
                                                    d_offset.data(),
                                                    d_counts.data(),
                                                    1 / noise.gain,
                                                    d_bins,
                                                    d_next.z.data());
        if (d_steps.size() > 16)
            d_steps.erase(d_steps.begin());
        if (noise.step != 1 && d_settings.steps) {
            event e;
            e.id = d_next_id++;
            e.kind = event_kind::step;
            e.sample_start = static_cast<std::int64_t>(
                std::llround(to_sample(static_cast<double>(d_stretch.z.rows()))));
            e.freq_lower = to_hz(-0.5);
            e.freq_upper = to_hz(static_cast<double>(d_bins) - 0.5);
            e.freq_peak = (e.freq_lower + e.freq_upper) / 2;
            e.snr_db = decibels(noise.step);
            push(e);
        }
    } else {
        std::fill(d_next.z.begin(), d_next.z.end(), 1.0f);
    }
    if (d_pending.there)
        search();
    d_greatest_before = d_pending.greatest;
    std::swap(d_pending, d_next);
}

//! The pending row, whose neighbours are known now.
void detector::parts::search()
{
    auto& z = d_pending.z;
    const auto limit =
        static_cast<float>(from_decibels(-d_settings.dynamic_range)) *
        std::max({ d_greatest_before, d_pending.greatest, d_next.there ? d_next.greatest : 0 });
    if (limit > 1)
        for (auto& each : z)
            if (each < limit)
                each = std::min(each, 1.0f);
    auto& st = d_stretch;
    std::copy(z.begin(), z.end(), st.z.add());
    *st.gains.add() = d_pending.gain;
    st.tracker.add_row();
    st.pyramid.add(z.data());
    for (const auto& each : st.pyramid.found())
        st.tracker.add(each);
    sum_profiles();
    if (st.tracker.open()) {
        close(false, event_cut::none);
        announce();
    }
    if (!d_ended.empty() || !d_recent.empty())
        release(false);
}

//! Rows that are about to be forgotten go into the profiles of events that are older.
void detector::parts::sum_profiles()
{
    constexpr std::int64_t at_once = 16;
    auto& st = d_stretch;
    const auto keep = static_cast<std::int64_t>(st.pyramid.reach() + edge_rows);
    if (st.z.rows() - keep - st.summed < at_once)
        return;
    const auto to = st.summed + at_once;
    st.tracker.for_each_open([&](tracked_event& e) {
        if (e.first_row >= to)
            return;
        if (!e.start) {
            const auto from =
                std::max(st.z.oldest(), e.first_row - static_cast<std::int64_t>(edge_rows));
            e.start = time_of(e, from, std::min(from + 64, st.z.rows())).lower;
        }
        const auto lower = e.first_bin - std::min(e.first_bin, edge_bins);
        const auto upper = std::min(e.end_bin + edge_bins, d_bins);
        if (e.profile.empty()) {
            e.profile_bin = lower;
            e.profile.assign(upper - lower, 0);
        }
        if (lower < e.profile_bin) {
            e.profile.insert(e.profile.begin(), e.profile_bin - lower, 0.0f);
            e.profile_bin = lower;
        }
        if (upper > e.profile_bin + e.profile.size())
            e.profile.resize(upper - e.profile_bin);
        for (auto r = std::max(st.summed, e.first_row - 1); r < to; ++r) {
            const auto row = st.z.row(r) + e.profile_bin;
            for (std::size_t i = 0; i < e.profile.size(); ++i)
                e.profile[i] += row[i] - 1;
        }
    });
    st.summed = to;
}

//! Rows at which an event's power rises and falls, within rows from .. to - 1.
extent detector::parts::time_of(const tracked_event& e, std::int64_t from, std::int64_t to) const
{
    std::vector<float> power;
    for (auto r = from; r < to; ++r) {
        const auto row = d_stretch.z.row(r);
        float sum = 0;
        for (auto k = e.first_bin; k < e.end_bin; ++k)
            sum += row[k] - 1;
        power.push_back(sum);
    }
    auto found = half_power_crossings(power.data(), power.size());
    found.lower += static_cast<double>(from);
    found.upper += static_cast<double>(from);
    return found;
}

detector::parts::measured detector::parts::measure(const tracked_event& e) const
{
    const auto& st = d_stretch;
    const auto end = std::min(e.last_row + 1, st.z.rows());
    const auto lower = std::min(e.first_bin - std::min(e.first_bin, edge_bins),
                                e.profile.empty() ? e.first_bin : e.profile_bin);
    const auto upper = std::max(std::min(e.end_bin + edge_bins, d_bins),
                                e.profile.empty() ? e.end_bin : e.profile_bin + e.profile.size());
    std::vector<float> profile(upper - lower);
    std::copy(e.profile.begin(),
              e.profile.end(),
              profile.begin() +
                  static_cast<std::ptrdiff_t>(e.profile.empty() ? 0 : e.profile_bin - lower));
    const auto from =
        std::max({ e.first_row - 1, e.profile.empty() ? 0 : st.summed, st.z.oldest() });
    double gain = 0;
    const auto to = std::min(end + 1, st.z.rows());
    for (auto r = from; r < to; ++r) {
        const auto row = st.z.row(r) + lower;
        for (std::size_t i = 0; i < profile.size(); ++i)
            profile[i] += row[i] - 1;
        gain += *st.gains.row(r);
    }
    gain /= static_cast<double>(std::max<std::int64_t>(1, to - from));

    const auto edge = static_cast<std::int64_t>(edge_rows);
    const auto last_from = std::max({ e.first_row - edge, st.z.oldest(), e.last_row - 64 });
    const auto time = time_of(e, last_from, std::min(end + edge, st.z.rows()));
    const auto start = e.start ? *e.start
                       : last_from > e.first_row - edge && last_from > st.z.oldest()
                           ? time_of(e,
                                     std::max(st.z.oldest(), e.first_row - edge),
                                     std::min(e.first_row + 64, st.z.rows()))
                                 .lower
                           : time.lower;

    auto band = power_edges(
        profile.data(), profile.size(), std::sqrt(static_cast<double>(end - e.first_row + 2)));
    band.lower += static_cast<double>(lower);
    band.upper += static_cast<double>(lower);

    measured m{};
    m.first_row = e.first_row;
    m.last_row = e.last_row;
    m.first_bin = e.first_bin;
    m.end_bin = e.end_bin;
    double power = 0, noise = 0, greatest = 0;
    std::size_t peak = e.first_bin;
    for (std::size_t i = 0; i < profile.size(); ++i) {
        const auto k = lower + i;
        if (k + 2 < e.first_bin || k >= e.end_bin + 2)
            continue;
        const auto floor = static_cast<double>(d_floor.burst_floor()[k]) * gain;
        m.excess += static_cast<double>(profile[i]);
        power += static_cast<double>(profile[i]) * floor;
        if (k >= e.first_bin && k < e.end_bin) {
            noise += static_cast<double>(d_floor.shape()[k]) * gain;
            const auto value = static_cast<double>(profile[i]) * floor;
            if (value > greatest) {
                greatest = value;
                peak = k;
            }
        }
    }
    noise /= static_cast<double>(e.end_bin - e.first_bin);
    m.rows = std::max(time.upper - start, 0.5);
    m.bins = std::max(band.upper - band.lower, 1.5); // no line is narrower than the window
    const auto hz = d_settings.samp_rate / static_cast<double>(d_settings.n_fft);

    auto& r = m.report;
    r.id = e.carrier ? *e.carrier : e.id;
    r.kind = event_kind::burst;
    const auto first = static_cast<std::int64_t>(std::llround(to_sample(start)));
    const auto last = static_cast<std::int64_t>(std::llround(to_sample(time.upper)));
    r.sample_start = std::max(first, d_first);
    r.sample_count = std::max<std::int64_t>(last - r.sample_start, 1);
    r.freq_lower = to_hz(std::max(band.lower, -0.5));
    r.freq_upper = to_hz(std::min(band.upper, static_cast<double>(d_bins) - 0.5));
    r.freq_peak = to_hz(static_cast<double>(peak));
    r.power_db = decibels(power / m.rows * hz);
    r.noise_db = decibels(noise);
    r.snr_db = decibels(m.excess / (m.rows * m.bins));
    r.energy_db = decibels(m.excess * static_cast<double>(d_settings.hop) /
                           static_cast<double>(d_settings.n_fft));
    r.cells = e.cells;
    r.rows = static_cast<std::uint64_t>(e.last_row - e.first_row + 1);
    return m;
}

//! Bins between two ranges of bins; negative where they overlap.
static std::int64_t bins_between(std::size_t a, std::size_t a_end, std::size_t b, std::size_t b_end)
{
    return static_cast<std::int64_t>(std::max(a, b)) -
           static_cast<std::int64_t>(std::min(a_end, b_end));
}

//! True for what lies in the time of a much stronger event beside it: its skirts, not a signal.
bool detector::parts::near_stronger(const measured& m) const
{
    const auto beside = [&](const measured& o, bool open) {
        if (o.report.id == m.report.id || m.first_row + 2 < o.first_row ||
            (!open && m.last_row > o.last_row + 2))
            return false;
        const auto between = bins_between(m.first_bin, m.end_bin, o.first_bin, o.end_bin);
        const auto width = static_cast<std::int64_t>(o.end_bin - o.first_bin);
        const auto weaker = o.report.snr_db - m.report.snr_db;
        return (weaker >= 15 && between <= std::min<std::int64_t>(width, 8) + 8) ||
               (weaker >= 20 && (between <= width + 8 || m.report.cells <= 4));
    };
    for (const auto& o : d_recent)
        if (beside(o, false))
            return true;
    bool found = false;
    const_cast<parts*>(this)->d_stretch.tracker.for_each_open([&](tracked_event& e) {
        if (found || e.id == m.report.id || m.first_row + 2 < e.first_row)
            return;
        const auto between = bins_between(m.first_bin, m.end_bin, e.first_bin, e.end_bin);
        if (between <= static_cast<std::int64_t>(e.end_bin - e.first_bin) + 8 ||
            m.report.cells <= 4)
            found = beside(measure(e), true);
    });
    return found;
}

//! True for what a step of the gain within a frame leaves beside a carrier.
bool detector::parts::is_a_step(const tracked_event& e) const
{
    return e.excess < strong_at_step * static_cast<double>(e.cells) &&
           std::any_of(d_steps.begin(), d_steps.end(), [&](std::int64_t row) {
               return e.first_row >= row - rows_of_step && e.last_row <= row + 1;
           });
}

bool detector::parts::reportable(const measured& m) const
{
    const auto& r = m.report;
    if (r.snr_db < d_settings.min_snr)
        return false;
    if (static_cast<double>(r.sample_count) < d_settings.min_duration * d_settings.samp_rate ||
        r.freq_upper - r.freq_lower < d_settings.min_bandwidth)
        return false;
    return !(d_two_sided && m.first_bin + d_settings.dc_guard >= d_dc &&
             m.end_bin <= d_dc + d_settings.dc_guard + 1);
}

//! Ends the events that nothing can follow any more, or all of them.
void detector::parts::close(bool all, event_cut why)
{
    auto& st = d_stretch;
    const auto now = st.z.rows() - 1;
    st.tracker.close_if([&](tracked_event& e) {
        const auto box = e.excess >= strong_event * static_cast<double>(e.cells)
                             ? st.pyramid.wait_of(e.longest_box)
                             : st.pyramid.latency();
        const auto wait = std::max<std::size_t>({ d_settings.gap_rows + 1, 4, box });
        if (!all && now - e.last_row <= static_cast<std::int64_t>(wait))
            return false;
        if (e.carrier)
            return true;
        auto m = measure(e);
        m.closed_at = now;
        m.report.cut = all && e.last_row + static_cast<std::int64_t>(d_settings.gap_rows) + 1 > now
                           ? why
                           : event_cut::none;
        const auto counts = !near_stronger(m) && !is_a_step(e);
        if (e.announced_at >= 0) {
            if (!counts)
                m.report.cut = event_cut::withdrawn;
            push(m.report);
        } else if (counts) {
            d_ended.push_back(m);
        }
        d_recent.push_back(std::move(m));
        return true;
    });
}

//! Reports what has ended, once nothing that is open may be a part of it.
void detector::parts::release(bool all)
{
    auto& st = d_stretch;
    const auto now = st.z.rows() - 1;
    d_recent.erase(std::remove_if(d_recent.begin(),
                                  d_recent.end(),
                                  [&](const measured& m) { return now - m.closed_at > 128; }),
                   d_recent.end());
    constexpr std::int64_t alike = 3;
    const auto parts_of_one =
        [&](std::size_t a, std::size_t a_end, std::size_t b, std::size_t b_end) {
            return 2 * bins_between(a, a_end, b, b_end) <=
                   5 * static_cast<std::int64_t>((a_end - a) + (b_end - b));
        };
    // tones of one signal begin and end together
    for (std::size_t i = 0; i < d_ended.size(); ++i)
        for (std::size_t j = i + 1; j < d_ended.size();) {
            auto& a = d_ended[i];
            const auto& b = d_ended[j];
            if (std::abs(a.first_row - b.first_row) > alike ||
                std::abs(a.last_row - b.last_row) > alike ||
                !parts_of_one(a.first_bin, a.end_bin, b.first_bin, b.end_bin)) {
                ++j;
                continue;
            }
            auto& r = a.report;
            const auto end = std::max(r.sample_start + r.sample_count,
                                      b.report.sample_start + b.report.sample_count);
            r.id = std::min(r.id, b.report.id);
            r.sample_start = std::min(r.sample_start, b.report.sample_start);
            r.sample_count = end - r.sample_start;
            if (b.report.power_db > r.power_db)
                r.freq_peak = b.report.freq_peak;
            r.freq_lower = std::min(r.freq_lower, b.report.freq_lower);
            r.freq_upper = std::max(r.freq_upper, b.report.freq_upper);
            r.power_db = decibels(from_decibels(r.power_db) + from_decibels(b.report.power_db));
            r.cells += b.report.cells;
            a.excess += b.excess;
            a.rows = std::max(a.rows, b.rows);
            a.bins += b.bins;
            r.snr_db = decibels(a.excess / (a.rows * a.bins));
            r.energy_db = decibels(a.excess * static_cast<double>(d_settings.hop) /
                                   static_cast<double>(d_settings.n_fft));
            a.first_row = std::min(a.first_row, b.first_row);
            a.last_row = std::max(a.last_row, b.last_row);
            a.first_bin = std::min(a.first_bin, b.first_bin);
            a.end_bin = std::max(a.end_bin, b.end_bin);
            r.rows = static_cast<std::uint64_t>(a.last_row - a.first_row + 1);
            d_ended.erase(d_ended.begin() + static_cast<std::ptrdiff_t>(j));
            j = i + 1;
        }
    std::size_t left = 0;
    for (auto& m : d_ended) {
        bool waits = false;
        if (!all)
            st.tracker.for_each_open([&](const tracked_event& e) {
                waits = waits ||
                        (std::abs(e.first_row - m.first_row) <= alike && now - e.last_row > 0 &&
                         parts_of_one(e.first_bin, e.end_bin, m.first_bin, m.end_bin));
            });
        if (waits) {
            std::swap(d_ended[left++], m);
        } else if (reportable(m)) {
            push(m.report);
        }
    }
    d_ended.resize(left);
}

//! Reports events that last.
void detector::parts::announce()
{
    auto& st = d_stretch;
    const auto now = st.z.rows() - 1;
    const auto interval =
        d_settings.update_interval * d_settings.samp_rate / static_cast<double>(d_settings.hop);
    st.tracker.for_each_open([&](tracked_event& e) {
        if (e.carrier)
            return;
        if (e.announced_at < 0) {
            const auto age = now - e.found_at;
            if (age < rows_to_begin || (age & (age - 1))) // at 8, 16, 32 ..
                return;
            if (now - e.last_row > static_cast<std::int64_t>(st.pyramid.wait_of(e.longest_box)))
                return;
            auto m = measure(e);
            if (!reportable(m) || near_stronger(m))
                return;
            m.report.state = event_state::begin;
            push(m.report);
            e.announced_at = now;
        } else if (static_cast<double>(now - e.announced_at) >= interval) {
            auto m = measure(e);
            m.report.state = event_state::update;
            push(m.report);
            e.announced_at = now;
        }
    });
}

void detector::parts::report_line(const line& l, event_state state, event_cut why)
{
    const auto gain = static_cast<double>(d_pending.gain);
    const auto lower = l.first_bin - std::min(l.first_bin, edge_bins);
    const auto upper = std::min(l.end_bin + edge_bins, d_bins);
    std::vector<float> profile;
    double excess = 0, power = 0, noise = 0, greatest = 0;
    auto peak = l.first_bin;
    for (auto k = lower; k < upper; ++k) {
        const auto over = d_floor.level()[k] / d_floor.shape()[k] - 1;
        profile.push_back(over);
        if (k + 2 < l.first_bin || k >= l.end_bin + 2)
            continue;
        const auto floor = static_cast<double>(d_floor.shape()[k]) * gain;
        excess += static_cast<double>(over);
        power += static_cast<double>(over) * floor;
        noise += floor;
        if (static_cast<double>(over) * floor > greatest) {
            greatest = static_cast<double>(over) * floor;
            peak = k;
        }
    }
    auto band = power_edges(profile.data(), profile.size(), 0);
    const auto hz = d_settings.samp_rate / static_cast<double>(d_settings.n_fft);
    event e;
    e.id = l.id;
    e.kind = event_kind::carrier;
    e.state = state;
    e.cut = why;
    const auto rows = static_cast<double>(l.last_row - l.first_row + 1);
    e.sample_start = std::max(
        static_cast<std::int64_t>(std::llround(to_sample(static_cast<double>(l.first_row) - 0.5))),
        d_first);
    e.sample_count = std::max<std::int64_t>(
        static_cast<std::int64_t>(std::llround(to_sample(static_cast<double>(l.last_row) + 0.5))) -
            e.sample_start,
        1);
    e.freq_lower = to_hz(static_cast<double>(lower) + band.lower);
    e.freq_upper = to_hz(static_cast<double>(lower) + band.upper);
    e.freq_peak = to_hz(static_cast<double>(peak));
    e.power_db = decibels(power * hz);
    e.noise_db = decibels(
        noise / static_cast<double>(std::min(upper, l.end_bin + 2) -
                                    std::max(lower, l.first_bin < 2 ? 0 : l.first_bin - 2)));
    e.snr_db = decibels(excess / std::max(band.upper - band.lower, 1.5));
    e.energy_db = decibels(excess * rows * static_cast<double>(d_settings.hop) /
                           static_cast<double>(d_settings.n_fft));
    e.rows = static_cast<std::uint64_t>(l.last_row - l.first_row + 1);
    e.cells = e.rows * (l.end_bin - l.first_bin);
    push(e);
}

//! Groups of steady bins are carriers. A burst that has lasted until it became one gives its start.
void detector::parts::follow_carriers()
{
    auto& st = d_stretch;
    const auto now = st.z.rows();
    const auto& steady = d_floor.steady();
    for (auto& l : d_lines)
        l.seen = false;
    for (std::size_t k = 0; k < d_bins;) {
        if (!steady[k] || d_counts[k] != 0 || d_scale[k] == 0) {
            ++k;
            continue;
        }
        const auto begin = k;
        auto end = k + 1;
        for (std::size_t gap = 0; k < d_bins && gap <= d_settings.gap_bins; ++k) {
            gap = steady[k] ? 0 : gap + 1;
            if (steady[k])
                end = k + 1;
        }
        const auto present = d_floor.present_rows(begin, end);
        const auto hole = static_cast<std::int64_t>(present.since);
        const auto known = std::find_if(d_lines.begin(), d_lines.end(), [&](const line& l) {
            return bins_between(l.first_bin, l.end_bin, begin, end) <= 1;
        });
        if (known != d_lines.end()) {
            known->seen = true;
            known->first_bin = begin;
            known->end_bin = end;
            known->last_row = now - 1 - hole;
            continue;
        }
        line l{ 0,
                std::max<std::int64_t>(0, now - static_cast<std::int64_t>(present.rows)),
                now - 1 - hole,
                begin,
                end,
                now,
                true };
        bool taken = false;
        st.tracker.for_each_open([&](tracked_event& e) {
            if (bins_between(e.first_bin, e.end_bin, begin, end) > 1 ||
                e.end_bin - e.first_bin > 2 * (end - begin) + 6 ||
                e.last_row - e.first_row < static_cast<std::int64_t>(d_settings.steady / 2))
                return;
            if (!taken)
                l.id = e.id;
            l.first_row = std::min(l.first_row, e.first_row);
            e.carrier = l.id;
            taken = true;
        });
        if (!taken)
            l.id = d_next_id++;
        d_lines.push_back(l);
        report_line(l, event_state::begin, event_cut::none);
    }
    const auto interval =
        d_settings.update_interval * d_settings.samp_rate / static_cast<double>(d_settings.hop);
    d_lines.erase(std::remove_if(d_lines.begin(),
                                 d_lines.end(),
                                 [&](line& l) {
                                     if (l.seen) {
                                         if (static_cast<double>(now - l.announced_at) >=
                                             interval) {
                                             l.announced_at = now;
                                             report_line(l, event_state::update, event_cut::none);
                                         }
                                         return false;
                                     }
                                     if (now - l.last_row <= 128)
                                         return false;
                                     report_line(l, event_state::end, event_cut::none);
                                     return true;
                                 }),
                  d_lines.end());
}

void detector::parts::skip(std::uint64_t rows)
{
    if (rows <= d_settings.gap_rows || !d_floor.begun()) {
        for (std::uint64_t i = 0; i < std::min<std::uint64_t>(rows, d_settings.gap_rows); ++i)
            add(nullptr);
        return;
    }
    cut(event_cut::gap);
    d_rows += static_cast<std::int64_t>(rows);
    d_base += static_cast<std::int64_t>(rows);
}

void detector::parts::cut(event_cut why)
{
    if (!d_floor.begun() && d_warm.size() >= 16 * d_bins)
        begin();
    if (d_floor.begun()) {
        if (d_pending.there) {
            d_next.there = false;
            search();
            d_pending.there = false;
        }
        auto& st = d_stretch;
        st.pyramid.finish();
        for (const auto& each : st.pyramid.found())
            st.tracker.add(each);
        follow_carriers();
        close(true, why);
        release(true);
        for (const auto& l : d_lines)
            report_line(l, event_state::end, why);
        d_lines.clear();
        d_recent.clear();
        d_steps.clear();
        d_refused += st.tracker.refused();
    }
    d_stretch = stretch(d_bins, d_tests, d_settings);
    d_base = d_rows;
    d_greatest_before = 0;
    if (d_floor.begun())
        refresh_scales();
}

void detector::parts::finish() { cut(event_cut::stop); }

detector::detector(const detector_settings& s, std::int64_t first)
    : d(std::make_unique<parts>(s, first))
{}
detector::~detector() = default;
detector::detector(detector&&) noexcept = default;
detector& detector::operator=(detector&&) noexcept = default;

void detector::add(const float* row) { d->add(row); }
void detector::skip(std::uint64_t rows) { d->skip(rows); }
void detector::cut(event_cut why) { d->cut(why); }
void detector::finish() { d->finish(); }

std::vector<event> detector::take()
{
    std::vector<event> all(d->d_reports.begin(), d->d_reports.end());
    d->d_reports.clear();
    return all;
}

std::size_t detector::waiting() const { return d->d_reports.size(); }
std::uint64_t detector::rows() const { return static_cast<std::uint64_t>(d->d_rows); }
std::uint64_t detector::refused() const { return d->d_refused; }
const noise_floor& detector::floor() const { return d->d_floor; }
const detector_settings& detector::design() const { return d->d_settings; }

} // namespace gr::stft::kernel
