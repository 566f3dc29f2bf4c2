/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/band_power.h>
#include <gnuradio/stft/baseline.h>
#include <gnuradio/stft/level_alarm.h>
#include <gnuradio/stft/spectral_kurtosis.h>

namespace py = pybind11;
using namespace gr::stft;

namespace {

using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

py::list in_python(const std::vector<kernel::level_event>& events,
                   const kernel::level_context& context)
{
    py::list all;
    for (const auto& e : events) {
        py::dict d;
        for (const auto& [key, value] : kernel::values_of(e, context))
            d[key] = std::visit(
                [](const auto& held) -> py::object {
                    if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>)
                        return py::none();
                    else
                        return py::cast(held);
                },
                value);
        all.append(d);
    }
    return all;
}

//! (parameters, arrays): text by name; int64 and float64 arrays by name
py::tuple in_python(const kernel::state_section& section)
{
    py::dict arrays;
    for (const auto& [name, values] : section.counts)
        arrays[py::str(name)] =
            array<std::int64_t>(static_cast<py::ssize_t>(values.size()), values.data());
    for (const auto& [name, values] : section.numbers)
        arrays[py::str(name)] =
            array<double>(static_cast<py::ssize_t>(values.size()), values.data());
    return py::make_tuple(section.parameters, arrays);
}

kernel::state_section section_from(const py::tuple& given)
{
    kernel::state_section section;
    section.parameters = given[0].cast<std::map<std::string, std::string>>();
    for (const auto& [key, values] : given[1].cast<py::dict>()) {
        const auto name = key.cast<std::string>();
        if (py::isinstance<array<std::int64_t>>(values))
            section.counts[name] = values.cast<std::vector<std::int64_t>>();
        else
            section.numbers[name] = values.cast<std::vector<double>>();
    }
    return section;
}

kernel::monitor_state state_from(const py::dict& sections)
{
    kernel::monitor_state state;
    for (const auto& [name, section] : sections)
        state[name.cast<std::string>()] = section_from(section.cast<py::tuple>());
    return state;
}

py::dict in_python(const kernel::monitor_state& state)
{
    py::dict sections;
    for (const auto& [name, section] : state)
        sections[py::str(name)] = in_python(section);
    return sections;
}

void bind_states(py::module& m)
{
    m.def("write_state", [](const std::string& path, const py::dict& sections) {
        kernel::write_state(path, state_from(sections));
    });
    m.def("add_to_state", [](const std::string& path, const py::dict& sections) {
        const auto state = state_from(sections);
        py::gil_scoped_release release; // another process may be writing
        kernel::add_to_state(path, state);
    });
    m.def("read_state", [](const std::string& path) -> py::object {
        const auto state = kernel::read_state(path);
        return state ? py::object(in_python(*state)) : py::none();
    });
    m.def("require_parameters",
          [](const py::tuple& section,
             const std::map<std::string, std::string>& others,
             const std::vector<std::string>& may_differ) {
              section_from(section).require(others, may_differ);
          });
}

//! Rows (rows, values) through a kernel -> (rows of the kernel, values of the kernel)
template <class R, class Kernel>
array<R>
through(Kernel& k, const array<R>& rows, std::size_t width, std::uint64_t most, bool flushes)
{
    array<R> out({ static_cast<py::ssize_t>(most), static_cast<py::ssize_t>(width) });
    const auto count = rows.shape(0), bins = rows.shape(1);
    const auto* in = rows.data();
    auto* to = out.mutable_data();
    py::gil_scoped_release release;
    for (py::ssize_t p = 0; p < count; ++p)
        if (k.add(in + p * bins, to))
            to += width;
    if constexpr (std::is_same_v<Kernel, kernel::band_power<R>>)
        if (flushes)
            k.flush(to);
    return out;
}

template <class R>
void bind_rows(py::module& m)
{
    m.def("band_power", [](const array<R>& rows, const py::kwargs& settings) {
        const auto s = settings_from<kernel::band_power_settings>(py::args(), settings);
        kernel::band_power<R> power(s);
        const auto count = static_cast<std::uint64_t>(rows.shape(0));
        return through(power, rows, power.bands(), (count + s.average - 1) / s.average, true);
    });
    m.def("spectral_kurtosis", [](const array<R>& rows, const py::kwargs& settings) {
        const auto s = settings_from<kernel::spectral_kurtosis_settings>(py::args(), settings);
        kernel::spectral_kurtosis<R> kurtosis(s);
        const auto count = static_cast<std::uint64_t>(rows.shape(0)) / kurtosis.rows_per_mean();
        return py::make_tuple(through(kurtosis, rows, kurtosis.bins(), count, false),
                              kurtosis.spread(),
                              kurtosis.independent().of_square);
    });
    m.def("correlated_kurtosis",
          [](const array<R>& rows,
             const std::vector<double>& correlation,
             const std::vector<double>& impropriety,
             const std::string& mean,
             std::uint64_t frames) {
              kernel::spectral_kurtosis<R> kurtosis(
                  correlation, impropriety, kernel::mean_kind_named(mean), frames);
              const auto count =
                  static_cast<std::uint64_t>(rows.shape(0)) / kurtosis.rows_per_mean();
              return py::make_tuple(through(kurtosis, rows, kurtosis.bins(), count, false),
                                    kurtosis.spread(),
                                    kurtosis.independent().of_square);
          });
}

//! A kernel of levels with what its events need.
template <class Kernel, class Settings>
struct watching {
    explicit watching(const Settings& s) : held(s) { context.rate = s.rate; }
    Kernel held;
    kernel::level_context context;
};

template <class Watching, class Class>
void def_watching(Class& c)
{
    c.def("name",
          [](Watching& w, std::vector<std::string> names, const std::string& source) {
              w.context.names = std::move(names);
              w.context.source = source;
          })
        .def("locate",
             [](Watching& w, const py::object& time) {
                 w.context.time_row = static_cast<std::int64_t>(w.held.rows());
                 w.context.time.reset();
                 if (time.is_none())
                     return;
                 const auto pair = time.cast<std::pair<std::int64_t, double>>();
                 w.context.time = kernel::utc_time{ pair.first, pair.second };
             })
        .def("skip", [](Watching& w, std::uint64_t rows) { w.held.skip(rows); })
        .def("take", [](Watching& w) { return in_python(w.held.take(), w.context); })
        .def_property_readonly("rows", [](const Watching& w) { return w.held.rows(); })
        .def_property_readonly("raised", [](const Watching& w) { return w.held.raised(); })
        .def_property_readonly("state", [](const Watching& w) { return in_python(w.held.state()); })
        .def("restore",
             [](Watching& w, const py::tuple& section, const std::vector<std::string>& may_differ) {
                 w.held.restore(section_from(section), may_differ);
             });
}

using watching_alarm = watching<kernel::level_alarm, kernel::level_alarm_settings>;
using watching_baseline = watching<kernel::baseline, kernel::baseline_settings>;

template <class R>
void def_add(py::class_<watching_alarm>& c)
{
    // levels (rows, levels), speed (rows) or None, whether a row without one has no data -> zones (rows, levels)
    c.def("add",
          [](watching_alarm& w,
             const array<R>& levels,
             const std::optional<array<double>>& speed,
             bool needs_speed) {
              const auto count = levels.shape(0), width = levels.shape(1);
              array<std::int64_t> zones({ count, width });
              const auto* in = levels.data();
              const auto* f = speed ? speed->data() : nullptr;
              auto* out = zones.mutable_data();
              py::gil_scoped_release release;
              for (py::ssize_t p = 0; p < count; ++p) {
                  w.held.add(in + p * width, f ? std::optional(f[p]) : std::nullopt, needs_speed);
                  for (py::ssize_t i = 0; i < width; ++i)
                      *out++ = static_cast<std::int64_t>(w.held.zone(static_cast<std::size_t>(i)));
              }
              return zones;
          });
}

template <class R>
void def_add(py::class_<watching_baseline>& c)
{
    // levels (rows, levels), speed (rows) -> deviations (rows, levels)
    c.def("add", [](watching_baseline& w, const array<R>& levels, const array<double>& speed) {
        const auto count = levels.shape(0), width = levels.shape(1);
        array<R> z({ count, width });
        const auto* in = levels.data();
        const auto* f = speed.data();
        auto* out = z.mutable_data();
        py::gil_scoped_release release;
        for (py::ssize_t p = 0; p < count; ++p)
            w.held.add(in + p * width, f[p], out + p * width);
        return z;
    });
}

void bind_alarm(py::module& m)
{
    py::class_<watching_alarm> c(m, "level_alarm");
    def_settings<kernel::level_alarm_settings>(c, [](const kernel::level_alarm_settings& s) {
        return std::make_unique<watching_alarm>(s);
    });
    def_watching<watching_alarm>(c);
    def_add<float>(c);
    def_add<double>(c);
    c.def_property_readonly("nearly", [](const watching_alarm& w) {
        std::vector<std::uint64_t> all;
        for (std::size_t i = 0; i < w.held.design().levels; ++i)
            all.push_back(w.held.nearly(i));
        return all;
    });
}

void bind_baseline(py::module& m)
{
    py::class_<watching_baseline> c(m, "baseline");
    def_settings<kernel::baseline_settings>(c, [](const kernel::baseline_settings& s) {
        return std::make_unique<watching_baseline>(s);
    });
    def_watching<watching_baseline>(c);
    def_add<float>(c);
    def_add<double>(c);
    c.def("deviation",
          [](const watching_baseline& w, const array<double>& levels, const array<double>& speed) {
              const auto count = levels.shape(0), width = levels.shape(1);
              array<double> z({ count, width });
              for (py::ssize_t p = 0; p < count; ++p)
                  w.held.deviation(levels.data(p, 0), speed.data()[p], z.mutable_data(p, 0));
              return z;
          })
        .def("hold", [](watching_baseline& w, bool held) { w.held.hold(held); })
        .def("freeze", [](watching_baseline& w) { w.held.freeze(); })
        .def("relearn", [](watching_baseline& w) { w.held.relearn(); })
        .def_property_readonly("frozen", [](const watching_baseline& w) { return w.held.frozen(); })
        .def_property_readonly("learned",
                               [](const watching_baseline& w) { return w.held.learned(); })
        .def_property_readonly("shape",
                               [](const watching_baseline& w) {
                                   return std::pair(w.held.design().levels, w.held.design().bins());
                               })
        .def("cells", [](const watching_baseline& w) { // count, median, spread, slope of each cell
            const auto levels = w.held.design().levels, bins = w.held.design().bins();
            array<double> all({ std::size_t(4), levels, bins });
            auto out = all.mutable_unchecked<3>();
            for (std::size_t i = 0; i < levels; ++i)
                for (std::size_t j = 0; j < bins; ++j) {
                    const auto cell = w.held.at(i, j);
                    const auto a = static_cast<py::ssize_t>(i), b = static_cast<py::ssize_t>(j);
                    out(0, a, b) = static_cast<double>(cell.count);
                    out(1, a, b) = cell.median;
                    out(2, a, b) = cell.spread;
                    out(3, a, b) = cell.slope;
                }
            return all;
        });
}

} // namespace

void bind_levels(py::module& m)
{
    bind_rows<float>(m);
    bind_rows<double>(m);
    bind_states(m);
    bind_alarm(m);
    bind_baseline(m);
    m.def("band_periods", [](const py::kwargs& settings) {
        const auto s = settings_from<kernel::band_power_settings>(py::args(), settings);
        s.check();
        return s.periods();
    });
    m.def("frame_correlation",
          [](const py::object& window, std::size_t win_length, std::size_t hop) {
              kernel::parameters p{ std::max<std::size_t>(win_length, 1), hop };
              p.window = window_from(window);
              if (!win_length)
                  p.n_fft = p.window.length();
              return kernel::frame_correlation(p.checked_taps<std::complex<float>>(), hop);
          });
}

void bind_level_blocks(py::module& m)
{
    block_class<band_power_vff> power(
        m,
        "band_power_vff",
        R"(Rows of power spectral density in, the level of each band out: the rms, integrated in the spectrum.

Input: rows of spectrogram_fvf, kind "psd", n_fft // 2 + 1 floats, without db, placement "left". Output: a vector of one float
for each band and `average` rows.
bands: "10:1000,1000:5000", lower:upper in Hz; the edges lie where they are said to lie, between bins too.
samp_rate (Hz), win_length: those of the rows; the tags stft_samp_rate and stft_win_length override them.
integrate: 0 as measured, 1 once (velocity of an acceleration), 2 twice (displacement). Then the window must hold 5 periods of the
lowest edge, and should hold 10. factor: on the levels, 9806.65 for mm/s from g. average: rows. db: 20 log10 of the rms.

Message port "cmd": dict of average. Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<kernel::band_power_settings>(power, &band_power_vff::make);
    power.def("latency",
              &band_power_vff::latency,
              unlocked(),
              "Samples; 0, since a level leaves with the last of its rows.");
    def_changes<band_power_vff>(power);

    block_class<spectral_kurtosis_vff> kurtosis(
        m,
        "spectral_kurtosis_vff",
        R"(Rows of power in, rows of their spectral kurtosis out: 0 in noise, -1 for a steady tone, large for bursts.

Input: rows of power of one frame each, without db. Output: a row for each `frames` rows (mean "blocks"), or for each row (mean
"exponential", with a constant of that many rows; NaN in the first four of them).
n_fft, hop, window, win_length, sides: those of the rows. From them follow the spread in noise and the threshold.

Message port "cmd": dict of reset. Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<kernel::spectral_kurtosis_settings>(kurtosis, &spectral_kurtosis_vff::make);
    kurtosis
        .def("threshold",
             &spectral_kurtosis_vff::threshold,
             "Five standard deviations of each bin in noise, which fewer than a thousandth of the "
             "bins exceed.")
        .def("independent_frames",
             &spectral_kurtosis_vff::independent_frames,
             "Independent frames of a mean; below 100, thresholds are exceeded more often.")
        .def("reset", &spectral_kurtosis_vff::reset, unlocked(), "Forgets the rows so far.")
        .def("latency",
             &spectral_kurtosis_vff::latency,
             unlocked(),
             "Samples; 0, since a row leaves with the last of its block.");

    block_class<level_alarm> alarm(
        m,
        "level_alarm",
        R"(Alarms of levels, with hysteresis and hold times: a message for each change.

Input 0: a vector of `levels` floats, positive and not in decibels. Input 1, which may be left out: the speed in Hz of each vector,
which messages give at the peak; one that is not finite says that the vector has no data, unless needs_speed is False. Output: the
zone of each level, 0 without an alarm.
limits: upper ends of the zones, for all levels or, with zones, for level 0, 1, ... hysteresis: an alarm falls below
limit (1 - hysteresis). t_on, t_off: s above and below a limit until an alarm is raised and cleared. rate: vectors per second; an
rx_rate tag overrides it. names: "axial,radial". source: a value of each message. state: a file in which the state survives, written
after every save_interval (s) and at the end. needs_speed: False for levels of bands, which have data without a speed, too.

Message port "events": dicts of kind ("raise", "zone", "clear", "no data", "data"), level, name, zone, zone_before, time, row, start,
duration, value, limit, excess_row, excess_time, peak, peak_row, speed, nearly, source. Message port "cmd": dict of limits, hysteresis,
t_on, t_off, reset, save.
Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<level_alarm_block_settings>(alarm, &level_alarm::make);
    alarm.def("reset", &level_alarm::reset, unlocked(), "Clears all alarms without a message.")
        .def("zone",
             &level_alarm::zone,
             unlocked(),
             py::arg("level"),
             "Zone of a level, 0 without an alarm.")
        .def("nearly",
             &level_alarm::nearly,
             unlocked(),
             py::arg("level"),
             "Times at which a level exceeded its lowest limit, and not for t_on.");
    def_changes<level_alarm>(alarm);

    block_class<baseline> base(
        m,
        "baseline",
        R"(Deviations of levels from those of the healthy machine at the same speed, and a message when they last.

Input 0: a vector of `levels` floats in dB. Input 1, which may be left out where f_min and f_max are 0: the speed in Hz of each vector,
NaN where it is unknown. Input 2, which may be left out: the output of level_alarm; while one of its zones is not 0, nothing is learned.
Output: z of each level, its distance from the median in spreads; NaN without a verdict.
f_min, f_max (Hz): range of the speed, divided into speed_bins. learn_time: s of rows that are learned. rate: vectors per
second; an rx_rate tag overrides it. floor: dB, smallest spread. least_count: rows without which a speed bin has no verdict.
max_rate: largest relative change of the speed, 1/s. threshold, t_on, t_off: z above which an alarm is raised, and for how long (s).
names, source, state, save_interval: as in level_alarm.

Message port "events": dicts as in level_alarm, kind "learned", "not learned", "raise", "clear", the last two with measured and expected
(the level, and that of the healthy machine at this speed, in dB). Message port "cmd": dict of learn_time, floor, threshold, t_on, t_off, hold, freeze, relearn, save.
Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<baseline_block_settings>(base, &baseline::make);
    base.def("freeze", &baseline::freeze, unlocked(), "Learning ends.")
        .def(
            "relearn", &baseline::relearn, unlocked(), "Everything is forgotten and learned again.")
        .def("frozen", &baseline::frozen, unlocked(), "True once learning has ended.")
        .def("learned", &baseline::learned, unlocked(), "Rows that were learned.");
    def_changes<baseline>(base);
}
