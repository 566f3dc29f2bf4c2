/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/kernel/machine/machine_rows.h>
#include <gnuradio/stft/kernel/speed/tacho_orders.h>

namespace py = pybind11;
using namespace gr::stft::kernel;

namespace {

template <class R>
void bind_rows(py::module& m, const char* name)
{
    using kernel = machine_rows<R>;
    py::class_<kernel> c(m, name);
    def_settings<machine_rows_settings>(
        c, [](const machine_rows_settings& s) { return std::make_unique<kernel>(s); });
    c.def("push",
          [](kernel& k, const array<R>& x) {
              const auto* samples = x.data();
              const auto count = static_cast<std::size_t>(x.size());
              py::gil_scoped_release release;
              k.push(samples, count);
          })
        .def("skip", [](kernel& k, std::uint64_t count) { k.skip(count); })
        .def(
            "add_speeds", // samples, frequencies, confidences (frames), amplitudes (frames, orders)
            [](kernel& k,
               const array<std::int64_t>& samples,
               const array<double>& frequencies,
               const array<double>& confidences,
               const array<double>& amplitudes) {
                const auto orders = static_cast<py::ssize_t>(k.design().orders.size());
                for (py::ssize_t p = 0; p < samples.size(); ++p)
                    k.add_speed(samples.data()[p],
                                frequencies.data()[p],
                                confidences.data()[p],
                                amplitudes.data() + p * orders);
            })
        .def("know_until", [](kernel& k, std::int64_t sample) { k.know_until(sample); })
        .def("finish", &kernel::finish)
        .def("take", // [(start, speed, confidence, dead, clipped, levels, finite)]
             [](kernel& k) {
                 py::list all;
                 for (const auto* row = k.row(); row; k.advance(), row = k.row())
                     all.append(py::make_tuple(row->start,
                                               row->speed,
                                               row->confidence,
                                               row->dead,
                                               row->clipped,
                                               as_array(row->levels),
                                               row->finite));
                 return all;
             })
        .def_property_readonly("hop", &kernel::hop)
        .def_property_readonly("samples", &kernel::samples)
        .def_property_readonly("levels", &kernel::levels);
}

void bind_joiner(py::module& m)
{
    py::class_<machine_joiner>(m, "machine_joiner")
        .def(py::init<std::size_t>())
        .def("add",
             [](machine_joiner& j, double speed, const array<double>& levels) {
                 j.add(speed, levels.data());
             })
        .def("take", // speed, fraction of the rows that have one, levels
             [](machine_joiner& j) {
                 const auto mean = j.take();
                 return py::make_tuple(mean.speed, mean.speed_known, as_array(mean.levels));
             })
        .def_property_readonly("rows", &machine_joiner::rows);
}

template <class R>
void bind_tacho_orders(py::module& m, const char* name)
{
    using kernel = tacho_orders<R>;
    py::class_<kernel> c(m, name);
    def_settings<tacho_orders_settings>(
        c, [](const tacho_orders_settings& s) { return std::make_unique<kernel>(s); });
    c.def("push",
          [](kernel& k, const array<R>& x, const array<R>& tacho) {
              const auto *samples = x.data(), *pulses = tacho.data();
              const auto count = static_cast<std::size_t>(x.size());
              py::gil_scoped_release release;
              k.push(samples, pulses, count);
          })
        .def("skip", [](kernel& k, std::uint64_t count) { k.skip(count); })
        .def("finish", &kernel::finish)
        .def("take", // samples, frequencies (frames), amplitudes (frames, orders)
             [](kernel& k) {
                 const auto frames = k.take();
                 std::vector<std::int64_t> samples;
                 std::vector<double> frequencies, amplitudes;
                 for (const auto& frame : frames) {
                     samples.push_back(frame.sample);
                     frequencies.push_back(frame.frequency);
                     amplitudes.insert(
                         amplitudes.end(), frame.amplitudes.begin(), frame.amplitudes.end());
                 }
                 return py::make_tuple(
                     as_array(samples),
                     as_array(frequencies),
                     array<double>({ static_cast<py::ssize_t>(frames.size()),
                                     static_cast<py::ssize_t>(k.design().orders.size()) },
                                   amplitudes.data()));
             })
        .def_property_readonly("known", &kernel::known);
}

} // namespace

void bind_machine(py::module& m)
{
    bind_rows<float>(m, "machine_rows_f");
    bind_rows<double>(m, "machine_rows_d");
    bind_joiner(m);
    bind_tacho_orders<float>(m, "tacho_orders_f");
    bind_tacho_orders<double>(m, "tacho_orders_d");
}
