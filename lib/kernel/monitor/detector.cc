/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/monitor/box_tests.h"
#include "kernel/monitor/carriers.h"
#include "kernel/monitor/decibels.h"
#include "kernel/monitor/event_reports.h"
#include "kernel/monitor/floor_memory.h"
#include "kernel/monitor/row_content.h"
#include "kernel/monitor/row_normaliser.h"
#include "kernel/monitor/warm_up_rows.h"
#include "kernel/refuse.h"
#include "kernel/simd/dispatch.h"
#include <gnuradio/stft/kernel/monitor/detector.h>
#include <cmath>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr double step_of_gain = 0.35;          // in the natural logarithm of the power
constexpr std::size_t fewest_rows = 16;        // that give a floor
constexpr std::int64_t longest_silence = 1024; // lost rows in the warm-up that end no event

std::vector<std::uint8_t> ignored_bins(const detector_settings& s)
{
    const plane_axes axes(s, 0);
    const auto ranges = frequency_ranges_named(s.ignore, "ignore");
    std::vector<std::uint8_t> ignored(axes.bins);
    for (std::size_t k = 0; k < axes.bins; ++k)
        for (const auto& range : ranges)
            if (axes.hz(static_cast<double>(k) + 0.5) > range.lower &&
                axes.hz(static_cast<double>(k) - 0.5) < range.upper)
                ignored[k] = 1;
    return ignored;
}

} // namespace

class detector::parts
{
public:
    parts(const detector_settings& given, std::int64_t first, std::uint64_t first_id);

    void begin_at(std::int64_t first, std::uint64_t first_id);
    void add(const float* row);
    void skip(std::uint64_t rows, std::optional<lost_samples> lost);
    void cut(event_cut why);
    void retune(double freq_center);
    void finish();

    const detector_settings& settings() const { return d_settings; }
    const noise_floor& floor() const { return d_floor; }
    std::vector<event>& reports() { return d_reports; }
    std::int64_t rows() const { return d_rows; }
    std::uint64_t refused() const { return d_refused + d_stretch->events().refused(); }

private:
    noise_floor new_floor() const;
    std::int64_t first_sample_of(std::int64_t row) const;
    const float* by_frequency(const float* row);
    void begin();
    void begin_stretch(std::int64_t row);
    void end_stretch(event_cut why);
    void conclude(event_cut why);
    void process(const float* ordered);
    void search();
    void report_step(float step);
    void refresh();
    void report_band(event_kind kind, std::int64_t sample, std::int64_t count, double snr_db);

    detector_settings d_settings;
    std::int64_t d_first;        // sample
    std::int64_t d_rows = 0;     // all that came
    std::uint64_t d_refused = 0; // in the stretches before
    std::uint64_t d_next_id;
    std::vector<event> d_reports;
    std::vector<box_test> d_tests;
    std::vector<std::uint8_t> d_ignored;
    noise_floor d_floor;
    std::uint64_t d_version = 0; // of the floor that the normaliser uses
    float d_gain = 1;            // of the noise in the last row
    std::optional<double> d_freq_center;
    floor_memory d_floors;
    warm_up_rows d_held;
    row_normaliser d_normaliser;
    std::unique_ptr<stretch> d_stretch;
    event_reports d_bursts;
    carriers d_carriers;
    std::vector<float> d_ordered;
};

detector::parts::parts(const detector_settings& given, std::int64_t first, std::uint64_t first_id)
    : d_settings((given.check(), given)), d_first(first), d_next_id(first_id),
      d_tests(box_tests(given)), d_ignored(ignored_bins(given)), d_floor(new_floor()),
      d_held(given.bins()), d_normaliser(d_ignored, from_decibels(-given.dynamic_range)),
      d_bursts(d_settings, d_reports), d_carriers(d_settings, d_reports, d_next_id),
      d_ordered(given.bins())
{
    begin_stretch(0);
}

void detector::parts::begin_at(std::int64_t first, std::uint64_t first_id)
{
    if (d_rows > 0)
        refuse("first", first, "must be told before the first row");
    d_first = first;
    d_next_id = first_id;
    d_stretch->begin_at(first);
}

noise_floor detector::parts::new_floor() const
{
    const auto whole = d_settings.sides != sides::onesided;
    return { d_settings.bins(),
             whole,
             whole ? std::optional(d_settings.n_fft / 2) : std::nullopt,
             d_settings };
}

std::int64_t detector::parts::first_sample_of(std::int64_t row) const
{
    return d_first + row * static_cast<std::int64_t>(d_settings.hop);
}

//! A row with its bins in the order of their frequencies.
const float* detector::parts::by_frequency(const float* row)
{
    if (d_settings.sides != sides::twosided)
        return row;
    const auto negative = d_ordered.size() / 2, others = d_ordered.size() - negative;
    std::copy_n(row + others, negative, d_ordered.data());
    std::copy_n(row, others, d_ordered.data() + negative);
    return d_ordered.data();
}

void detector::parts::add(const float* row)
{
    const auto number = d_rows++;
    const bool usable = row && content_of(row, d_ordered.size()) == row_content::usable;
    const auto ordered = usable ? by_frequency(row) : nullptr;
    if (d_floor.begun()) {
        process(ordered);
    } else if (ordered) {
        d_held.add(ordered, number);
        if (d_held.size() == d_settings.warm_up)
            begin();
    }
}

//! Estimates the floor from the rows that were held, and then searches them.
void detector::parts::begin()
{
    auto held = std::exchange(d_held, warm_up_rows(d_ordered.size()));
    d_floor.begin(held.all());
    d_gain = d_floor.gain();
    begin_stretch(held[0].number);
    for (std::size_t i = 0; i < held.size(); ++i) {
        const auto number = held[i].number;
        const auto lost = i > 0 ? number - held[i - 1].number - 1 : 0;
        if (!held[i].cut)
            for (auto r = std::min(lost, longest_silence); r > 0; --r)
                process(nullptr);
        if (held[i].cut || lost > longest_silence) {
            end_stretch(held[i].cut.value_or(event_cut::none));
            begin_stretch(number);
        }
        process(held.values(i));
        held.release(i);
    }
}

void detector::parts::begin_stretch(std::int64_t row)
{
    d_stretch.reset(); // before another one takes as much memory
    d_stretch =
        std::make_unique<stretch>(d_settings, d_tests, first_sample_of(row), d_first, d_next_id);
    if (d_floor.begun())
        refresh();
}

void detector::parts::end_stretch(event_cut why)
{
    if (d_normaliser.finish())
        search();
    if (d_stretch->rows() > 0) {
        d_stretch->finish();
        d_carriers.follow(*d_stretch, d_floor, d_ignored, d_gain);
        d_bursts.end_all(*d_stretch, d_floor, why);
        d_carriers.end_all(*d_stretch, d_floor, d_gain, why);
    }
    d_refused += d_stretch->events().refused();
}

//! Searches the rows that wait, even if they are too few for a good floor, and ends all events.
void detector::parts::conclude(event_cut why)
{
    if (!d_floor.begun() && d_held.size() >= fewest_rows)
        begin();
    d_held = warm_up_rows(d_ordered.size());
    if (d_floor.begun())
        end_stretch(why);
    begin_stretch(d_rows);
}

void detector::parts::refresh()
{
    d_version = d_floor.version();
    d_normaliser.refresh(d_floor);
    d_stretch->cover(d_floor.steady());
}

//! Follows the noise in a row, its bins in the order of their frequencies, and searches the row before; null: a lost row.
void detector::parts::process(const float* ordered)
{
    if (ordered) {
        const auto noise = d_floor.follow(ordered); // gain and step
        if (d_floor.version() != d_version) {
            refresh();
            d_carriers.follow(*d_stretch, d_floor, d_ignored, d_gain);
        }
        d_gain = noise.gain;
        if (noise.step != 1)
            report_step(noise.step);
    }
    if (d_normaliser.add(ordered, d_gain))
        search();
}

//! Reports a step of the gain that was accepted in this row, which follows one that is not yet searched.
void detector::parts::report_step(float step)
{
    const auto now = d_stretch->rows() + 1;
    const auto agreed = static_cast<std::int64_t>(d_floor.rows_to_accept());
    const auto row = now - agreed + 1; // began it
    if (std::abs(std::log(step)) > static_cast<float>(step_of_gain))
        d_bursts.step(row, now, agreed > 2 ? 4 * agreed : 0); // some may agree in vain
    if (d_settings.steps)
        report_band(event_kind::step,
                    d_stretch->axes().nearest_sample(static_cast<double>(row)),
                    0,
                    decibels(static_cast<double>(step)));
}

//! Searches the row that the normaliser has ready.
void detector::parts::search()
{
    d_stretch->add(d_normaliser.row(),
                   { d_normaliser.gain(), d_normaliser.limit() },
                   { d_normaliser.next(), d_normaliser.least_next_limit() });
    d_bursts.report(*d_stretch, d_floor);
}

//! Reports an event of the whole band.
void detector::parts::report_band(event_kind kind,
                                  std::int64_t sample,
                                  std::int64_t count,
                                  double snr_db)
{
    const auto& axes = d_stretch->axes();
    event e;
    e.id = d_next_id++;
    e.kind = kind;
    e.sample_start = sample;
    e.sample_count = count;
    e.freq_lower = axes.hz(-0.5);
    e.freq_upper = axes.hz(static_cast<double>(axes.bins) - 0.5);
    e.freq_peak = (e.freq_lower + e.freq_upper) / 2;
    e.snr_db = snr_db;
    d_reports.push_back(e);
}

void detector::parts::cut(event_cut why)
{
    if (!d_floor.begun()) {
        d_held.cut(why);
        return;
    }
    end_stretch(why);
    begin_stretch(d_rows);
}

void detector::parts::skip(std::uint64_t rows, std::optional<lost_samples> lost)
{
    const auto hop = static_cast<std::int64_t>(d_settings.hop);
    if (rows > static_cast<std::uint64_t>(farthest_start / hop - d_rows))
        refuse("rows", rows, "must be so few that sample numbers stay below 2^62");
    const auto count = static_cast<std::int64_t>(rows);
    if (rows <= d_settings.gap_rows) {
        for (std::int64_t r = 0; r < count; ++r)
            add(nullptr);
        return;
    }
    cut(event_cut::gap);
    const auto range = lost.value_or(lost_samples{ first_sample_of(d_rows), count * hop });
    report_band(event_kind::gap, range.start, range.count, 0);
    d_rows += count;
    if (d_floor.begun())
        begin_stretch(d_rows);
}

void detector::parts::retune(double freq_center)
{
    if (!std::isfinite(freq_center))
        refuse("freq_center", freq_center, "must be finite");
    if (d_rows == 0 && !d_freq_center) {
        d_freq_center = freq_center;
        return;
    }
    conclude(event_cut::retune);
    report_band(event_kind::retune, first_sample_of(d_rows), 0, 0);
    if (d_freq_center == freq_center)
        return;
    auto known = d_floors.take(freq_center);
    if (d_freq_center && d_floor.begun())
        d_floors.keep(*d_freq_center, std::move(d_floor));
    d_freq_center = freq_center;
    d_floor = known ? std::move(*known) : new_floor();
    d_gain = d_floor.gain();
    if (d_floor.begun())
        refresh();
}

void detector::parts::finish() { conclude(event_cut::stop); }

detector::detector(const detector_settings& s, std::int64_t first, std::uint64_t first_id)
    : d(std::make_unique<parts>(s, first, first_id))
{}
detector::~detector() = default;
detector::detector(detector&&) noexcept = default;
detector& detector::operator=(detector&&) noexcept = default;

void detector::begin_at(std::int64_t first, std::uint64_t first_id)
{
    d->begin_at(first, first_id);
}
void detector::add(const float* row) { d->add(row); }
void detector::skip(std::uint64_t rows, std::optional<lost_samples> lost) { d->skip(rows, lost); }
void detector::cut(event_cut why) { d->cut(why); }
void detector::retune(double freq_center) { d->retune(freq_center); }
void detector::finish() { d->finish(); }
std::vector<event> detector::take() { return std::exchange(d->reports(), {}); }
std::size_t detector::waiting() const { return d->reports().size(); }
std::uint64_t detector::rows() const { return static_cast<std::uint64_t>(d->rows()); }
std::uint64_t detector::refused() const { return d->refused(); }
const noise_floor& detector::floor() const { return d->floor(); }
const detector_settings& detector::design() const { return d->settings(); }

} // namespace gr::stft::kernel
