/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/kernel/speed/angular_resampler.h>
#include <gnuradio/stft/kernel/speed/order_map.h>
#include <gnuradio/stft/kernel/speed/tacho_pulses.h>
#include <cmath>

namespace py = pybind11;
using namespace gr::stft::kernel;

namespace {

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

constexpr std::size_t speeds_at_once = 4096; // so that pieces of the speed do not pile up

/*!
 * \brief Gives speeds (Hz) to a resampler; no more follow.
 * \param instant_of(p) the instant of speed p \param read takes what the speeds so far make known
 */
template <class Resampler, class Instant, class Read>
void give_speeds(Resampler& resampler,
                 const double* speeds,
                 std::size_t count,
                 const Instant& instant_of,
                 const Read& read)
{
    for (std::size_t p = 0; p < count; ++p) {
        resampler.add_speed(instant_of(p), speeds[p]);
        if (p % speeds_at_once == speeds_at_once - 1)
            read();
    }
    resampler.finish_speeds();
    read();
}

//! Defines in Python how samples, and after them speeds, are given to an object with resampler() and read().
template <class T, class Held, class Class>
void def_inputs(Class& c)
{
    c.def("add",
          [](Held& held, const array<T>& x) {
              const auto* samples = x.data();
              const auto count = static_cast<std::size_t>(x.size());
              py::gil_scoped_release release;
              held.resampler().add(samples, count);
              held.resampler().finish_samples();
          })
        .def("add_speeds", // at samples first + p hop
             [](Held& held, const array<double>& speeds, std::int64_t first) {
                 const auto hop = static_cast<std::int64_t>(held.resampler().design().hop);
                 const auto* f = speeds.data();
                 const auto count = static_cast<std::size_t>(speeds.size());
                 const auto instant_of = [=](std::size_t p) {
                     return sample_instant{ first + static_cast<std::int64_t>(p) * hop, 0 };
                 };
                 py::gil_scoped_release release;
                 give_speeds(held.resampler(), f, count, instant_of, [&] { held.read(); });
             })
        .def("add_speeds_at", // times (s)
             [](Held& held, const array<double>& speeds, const array<double>& times) {
                 const auto instants = instants_at(times, held.resampler().design().samp_rate);
                 const auto* f = speeds.data();
                 const auto instant_of = [&](std::size_t p) { return instants[p]; };
                 py::gil_scoped_release release;
                 give_speeds(
                     held.resampler(), f, instants.size(), instant_of, [&] { held.read(); });
             });
}

//! A resampler and what it has given.
template <class T>
class resampling
{
public:
    explicit resampling(const angular_settings& s)
        : d_resampler(s), d_out(4096), d_where(d_out.size())
    {}

    angular_resampler<T>& resampler() { return d_resampler; }

    void read()
    {
        const auto rate = d_resampler.design().samp_rate;
        while (const auto n = d_resampler.read(d_out.data(), d_where.data(), d_out.size())) {
            d_samples.insert(
                d_samples.end(), d_out.begin(), d_out.begin() + static_cast<std::ptrdiff_t>(n));
            for (std::size_t i = 0; i < n; ++i) {
                const auto& p = d_where[i];
                d_revolutions.push_back(p.revolution);
                d_cells.push_back(static_cast<std::int64_t>(p.cell));
                d_times.push_back(seconds(p.at, rate));
                d_speeds.push_back(p.speed * rate);
                d_gaps.push_back(p.after_gap);
            }
        }
    }

    //! Samples, revolutions, cells, times (s), speeds (Hz), after gaps.
    py::tuple result() const
    {
        return py::make_tuple(as_array(d_samples),
                              as_array(d_revolutions),
                              as_array(d_cells),
                              as_array(d_times),
                              as_array(d_speeds),
                              as_array(d_gaps));
    }

private:
    angular_resampler<T> d_resampler;
    std::vector<T> d_out, d_samples;
    std::vector<angle_position> d_where;
    std::vector<std::int64_t> d_revolutions, d_cells;
    std::vector<double> d_times, d_speeds;
    std::vector<std::uint8_t> d_gaps;
};

template <class T>
void bind_angular_resampler(py::module& m, const char* name)
{
    using held = resampling<T>;
    py::class_<held> c(m, name);
    def_settings<angular_settings>(
        c, [](const angular_settings& s) { return std::make_unique<held>(s); });
    def_inputs<T, held>(c);
    c.def("read", &held::result);
}

//! An order map and its rows.
template <class T>
class mapping
{
public:
    explicit mapping(const order_map_settings& s) : d_map(s) {}

    angular_resampler<T>& resampler() { return d_map.resampler(); }

    void read()
    {
        const auto rate = d_map.design().samp_rate;
        while (d_map.next(d_row)) {
            const auto& c = d_row.centre;
            d_power.insert(d_power.end(), d_row.power.begin(), d_row.power.end());
            d_levels.insert(d_levels.end(), d_row.levels.begin(), d_row.levels.end());
            d_times.push_back(seconds(c.at, rate));
            d_speeds.push_back(c.speed * rate);
            d_revolutions.push_back(static_cast<double>(c.revolution) +
                                    static_cast<double>(c.cell) /
                                        static_cast<double>(d_map.design().samples_per_rev));
        }
    }

    //! Power (rows, bins), levels (rows, orders), times (s), speeds (Hz), revolutions of the rows' centres.
    py::tuple result() const
    {
        const auto rows = static_cast<py::ssize_t>(d_times.size());
        const auto shaped = [rows](const std::vector<T>& values, std::size_t columns) {
            return array<T>({ rows, static_cast<py::ssize_t>(columns) }, values.data());
        };
        return py::make_tuple(shaped(d_power, d_map.design().bins()),
                              shaped(d_levels, d_map.design().orders.size()),
                              as_array(d_times),
                              as_array(d_speeds),
                              as_array(d_revolutions));
    }

private:
    order_map<T> d_map;
    order_row<T> d_row;
    std::vector<T> d_power, d_levels;
    std::vector<double> d_times, d_speeds, d_revolutions;
};

template <class T>
void bind_order_map(py::module& m, const char* name)
{
    using held = mapping<T>;
    py::class_<held> c(m, name);
    def_settings<order_map_settings>(
        c, [](const order_map_settings& s) { return std::make_unique<held>(s); });
    def_inputs<T, held>(c);
    c.def("read", &held::result);
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
