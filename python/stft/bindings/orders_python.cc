/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include <gnuradio/stft/kernel/monitor/angular_resampler.h>
#include <gnuradio/stft/kernel/monitor/order_map.h>
#include <gnuradio/stft/kernel/monitor/tacho_pulses.h>
#include <pybind11/numpy.h>
#include <cmath>

namespace py = pybind11;
using namespace gr::stft::kernel;

namespace {

template <class T>
using array = py::array_t<T, py::array::c_style>; // dtype and layout are orders.py's duty

template <class T>
array<T> as_array(const std::vector<T>& values)
{
    return array<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

double seconds(const sample_instant& at, double samp_rate)
{
    return (static_cast<double>(at.sample) + at.fraction) / samp_rate;
}

template <class T>
void bind_tacho_pulses(py::module& m, const char* name)
{
    using tacho = tacho_pulses<T>;
    py::class_<tacho> c(m, name);
    def_settings<tacho_settings>(
        c, [](const tacho_settings& s) { return std::make_unique<tacho>(s); });
    c.def("add",
          [](tacho& t, const array<T>& x) {
              const auto* samples = x.data();
              const auto count = static_cast<std::size_t>(x.size());
              py::gil_scoped_release release;
              t.add(samples, count);
          })
        .def("finish",
             [](tacho& t) {
                 py::gil_scoped_release release;
                 t.finish();
             })
        .def("take", // times (s), numbers, speeds (Hz), starts
             [](tacho& t) {
                 std::vector<double> times, speeds;
                 std::vector<std::int64_t> numbers;
                 std::vector<std::uint8_t> starts;
                 for (const auto& pulse : t.take()) {
                     times.push_back(seconds(pulse.at, t.design().samp_rate));
                     numbers.push_back(pulse.number);
                     speeds.push_back(pulse.speed);
                     starts.push_back(pulse.start);
                 }
                 return py::make_tuple(
                     as_array(times), as_array(numbers), as_array(speeds), as_array(starts));
             })
        .def("read",
             [](tacho& t) {
                 array<float> speeds(static_cast<py::ssize_t>(t.ready()));
                 t.read(speeds.mutable_data(), static_cast<std::size_t>(speeds.size()));
                 return speeds;
             })
        .def_property_readonly("separation", &tacho::separation)
        .def_property_readonly("count", &tacho::count);
}

//! Splits times into samples and fractions.
std::vector<sample_instant> instants_at(const array<double>& times, double samp_rate)
{
    std::vector<sample_instant> instants;
    const auto* t = times.data();
    for (py::ssize_t i = 0; i < times.size(); ++i) {
        const auto at = t[i] * samp_rate, whole = std::floor(at);
        instants.push_back({ static_cast<std::int64_t>(whole), at - whole });
    }
    return instants;
}

//! Speeds (Hz) at samples first + p hop, or at times (s); no more follow.
template <class Resampler>
void add_speeds(Resampler& r, const array<double>& speeds, const sample_instant& first)
{
    const auto hop = static_cast<std::int64_t>(r.design().hop);
    const auto* f = speeds.data();
    const auto count = speeds.size();
    py::gil_scoped_release release;
    for (py::ssize_t p = 0; p < count; ++p)
        r.add_speed({ first.sample + p * hop, first.fraction }, f[p]);
    r.finish_speeds();
}

template <class Resampler>
void add_speeds_at(Resampler& r, const array<double>& speeds, const array<double>& times)
{
    const auto instants = instants_at(times, r.design().samp_rate);
    const auto* f = speeds.data();
    py::gil_scoped_release release;
    for (std::size_t p = 0; p < instants.size(); ++p)
        r.add_speed(instants[p], f[p]);
    r.finish_speeds();
}

//! Samples, revolutions, cells, times (s), speeds (Hz), after gaps.
template <class T>
py::tuple angle_samples(angular_resampler<T>& r)
{
    std::vector<T> samples;
    std::vector<std::int64_t> revolutions, cells;
    std::vector<double> times, speeds;
    std::vector<std::uint8_t> gaps;
    {
        py::gil_scoped_release release;
        std::vector<T> out(4096);
        std::vector<angle_position> where(out.size());
        while (const auto n = r.read(out.data(), where.data(), out.size())) {
            samples.insert(
                samples.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n));
            for (std::size_t i = 0; i < n; ++i) {
                revolutions.push_back(where[i].revolution);
                cells.push_back(static_cast<std::int64_t>(where[i].cell));
                times.push_back(seconds(where[i].at, r.design().samp_rate));
                speeds.push_back(where[i].speed * r.design().samp_rate);
                gaps.push_back(where[i].after_gap);
            }
        }
    }
    return py::make_tuple(as_array(samples),
                          as_array(revolutions),
                          as_array(cells),
                          as_array(times),
                          as_array(speeds),
                          as_array(gaps));
}

template <class T>
void bind_angular_resampler(py::module& m, const char* name)
{
    using resampler = angular_resampler<T>;
    py::class_<resampler> c(m, name);
    def_settings<angular_settings>(
        c, [](const angular_settings& s) { return std::make_unique<resampler>(s); });
    c.def("add",
          [](resampler& r, const array<T>& x) {
              const auto* samples = x.data();
              const auto count = static_cast<std::size_t>(x.size());
              py::gil_scoped_release release;
              r.add(samples, count);
          })
        .def("finish", &resampler::finish_samples)
        .def("add_speeds",
             [](resampler& r, const array<double>& speeds, std::int64_t first) {
                 add_speeds(r, speeds, { first, 0 });
             })
        .def("add_speeds_at", &add_speeds_at<resampler>)
        .def("read", &angle_samples<T>);
}

//! Power (rows, bins), levels (rows, orders), times (s), speeds (Hz), revolutions of the rows' centres.
template <class T>
py::tuple order_rows(order_map<T>& map)
{
    std::vector<T> power, levels;
    std::vector<double> times, speeds, revolutions;
    const auto rate = map.design().samp_rate;
    {
        py::gil_scoped_release release;
        order_row<T> row;
        while (map.next(row)) {
            power.insert(power.end(), row.power.begin(), row.power.end());
            levels.insert(levels.end(), row.levels.begin(), row.levels.end());
            const auto& c = row.centre;
            times.push_back(seconds(c.at, rate));
            speeds.push_back(c.speed * rate);
            revolutions.push_back(static_cast<double>(c.revolution) +
                                  static_cast<double>(c.cell) /
                                      static_cast<double>(map.design().samples_per_rev));
        }
    }
    const auto rows = static_cast<py::ssize_t>(times.size());
    const auto shaped = [rows](const std::vector<T>& values, std::size_t columns) {
        return array<T>({ rows, static_cast<py::ssize_t>(columns) }, values.data());
    };
    return py::make_tuple(shaped(power, map.design().bins()),
                          shaped(levels, map.design().orders.size()),
                          as_array(times),
                          as_array(speeds),
                          as_array(revolutions));
}

template <class T>
void bind_order_map(py::module& m, const char* name)
{
    using map_type = order_map<T>;
    py::class_<map_type> c(m, name);
    def_settings<order_map_settings>(
        c, [](const order_map_settings& s) { return std::make_unique<map_type>(s); });
    c.def("add",
          [](map_type& map, const array<T>& x) {
              const auto* samples = x.data();
              const auto count = static_cast<std::size_t>(x.size());
              py::gil_scoped_release release;
              map.resampler().add(samples, count);
          })
        .def("finish", [](map_type& map) { map.resampler().finish_samples(); })
        .def("add_speeds",
             [](map_type& map, const array<double>& speeds, std::int64_t first) {
                 add_speeds(map.resampler(), speeds, { first, 0 });
             })
        .def("add_speeds_at",
             [](map_type& map, const array<double>& speeds, const array<double>& times) {
                 add_speeds_at(map.resampler(), speeds, times);
             })
        .def_property_readonly("turns", [](const map_type& map) { return map.design().turns; })
        .def("read", &order_rows<T>);
}

} // namespace

void bind_orders(py::module& m)
{
    bind_tacho_pulses<float>(m, "tacho_pulses_f");
    bind_tacho_pulses<double>(m, "tacho_pulses_d");
    bind_angular_resampler<float>(m, "angular_resampler_f");
    bind_angular_resampler<double>(m, "angular_resampler_d");
    bind_angular_resampler<std::complex<float>>(m, "angular_resampler_c");
    bind_order_map<float>(m, "order_map_f");
    bind_order_map<double>(m, "order_map_d");
}
