/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/kernel/speed/ridge_tracker.h>
#include <gnuradio/stft/kernel/speed/warped_rows.h>

namespace py = pybind11;
using namespace gr::stft::kernel;

namespace {

//! (count, first, second) array of all values.
template <class T>
array<T> shaped(const std::vector<T>& values, std::size_t first, std::size_t second)
{
    array<T> out({ values.size() / (first * second), first, second });
    std::copy(values.begin(), values.end(), out.mutable_data());
    return out;
}

//! Pushes samples and gives what they complete. null: they are missing
template <class Kernel, class R, class Take>
void push(Kernel& kernel, const R* samples, std::size_t count, Take take)
{
    py::gil_scoped_release release;
    for (std::size_t i = 0; i < count;) {
        i += samples ? kernel.push(samples + i, count - i) : kernel.hold(count - i);
        take();
    }
}

template <class R>
void bind_warped_rows(py::module& m, const char* name)
{
    using kernel = warped_rows<R>;
    const auto take = [](kernel& k, std::vector<R>& all) {
        const auto size = k.design().bank().size() * k.bins();
        for (; const auto* row = k.row(); k.advance())
            all.insert(all.end(), row, row + size);
    };
    py::class_<kernel> c(m, name);
    def_settings<warped_rows_settings>(
        c, [](const warped_rows_settings& s) { return std::make_unique<kernel>(s); });
    c.def("push",
          [take](kernel& k, const array<R>& x) {
              std::vector<R> all;
              push(k, x.data(), static_cast<std::size_t>(x.size()), [&] { take(k, all); });
              return shaped(all, k.design().bank().size(), k.bins());
          })
        .def("finish",
             [take](kernel& k) {
                 std::vector<R> all;
                 k.finish();
                 take(k, all);
                 return shaped(all, k.design().bank().size(), k.bins());
             })
        .def_property_readonly("rates", [](const kernel& k) { return k.design().bank(); })
        .def_property_readonly("first", &kernel::first)
        .def_property_readonly("hop", &kernel::hop)
        .def_property_readonly("decimation", &kernel::decimation)
        .def_property_readonly("n_fft", &kernel::n_fft)
        .def_property_readonly("bins", &kernel::bins)
        .def_property_readonly("bin_width", &kernel::bin_width)
        .def_property_readonly("latency", &kernel::latency);
}

template <class R>
void bind_ridge_tracker(py::module& m, const char* name)
{
    using kernel = ridge_tracker<R>;
    const auto take = [](kernel& k, std::vector<double>& all) {
        const auto size = k.design().tracks * k.width();
        for (; const auto* values = k.values(); k.advance())
            all.insert(all.end(), values, values + size);
    };
    py::class_<kernel> c(m, name);
    def_settings<ridge_tracker_settings>(
        c, [](const ridge_tracker_settings& s) { return std::make_unique<kernel>(s); });
    c.def("push",
          [take](kernel& k, const array<R>& x) {
              std::vector<double> all;
              push(k, x.data(), static_cast<std::size_t>(x.size()), [&] { take(k, all); });
              return shaped(all, k.design().tracks, k.width());
          })
        .def("skip",
             [take](kernel& k, std::size_t count) {
                 std::vector<double> all;
                 push(k, static_cast<const R*>(nullptr), count, [&] { take(k, all); });
                 return shaped(all, k.design().tracks, k.width());
             })
        .def("finish",
             [take](kernel& k) {
                 std::vector<double> all;
                 {
                     py::gil_scoped_release release;
                     k.finish();
                     take(k, all);
                 }
                 return shaped(all, k.design().tracks, k.width());
             })
        .def_property_readonly("frame", &kernel::frame)
        .def_property_readonly("hop", &kernel::hop)
        .def_property_readonly("latency", &kernel::latency)
        .def_property_readonly("samp_rate", [](const kernel& k) { return k.design().samp_rate; })
        .def_property_readonly("weights", &kernel::weights);
}

void bind_row_ridge_tracker(py::module& m)
{
    using kernel = row_ridge_tracker;
    const auto take = [](kernel& k, std::vector<double>& all) {
        const auto size = k.design().tracks * k.width();
        for (; const auto* values = k.values(); k.advance())
            all.insert(all.end(), values, values + size);
    };
    py::class_<kernel> c(m, "row_ridge_tracker");
    def_settings<row_ridge_tracker_settings>(
        c, [](const row_ridge_tracker_settings& s) { return std::make_unique<kernel>(s); });
    c.def("push",
          [take](kernel& k, const array<float>& rows) {
              std::vector<double> all;
              const auto* each = rows.data();
              const auto count = rows.shape(0),
                         size = rows.size() / std::max<py::ssize_t>(1, count);
              {
                  py::gil_scoped_release release;
                  for (py::ssize_t p = 0; p < count; ++p, each += size) {
                      k.add(each);
                      take(k, all);
                  }
              }
              return shaped(all, k.design().tracks, k.width());
          })
        .def("finish",
             [take](kernel& k) {
                 std::vector<double> all;
                 k.finish();
                 take(k, all);
                 return shaped(all, k.design().tracks, k.width());
             })
        .def_property_readonly("frame", &kernel::frame)
        .def_property_readonly("bins", [](const kernel& k) { return k.design().bins(); })
        .def_property_readonly("rates", [](const kernel& k) { return k.design().rates; })
        .def_property_readonly("samp_rate", [](const kernel& k) { return k.design().samp_rate; })
        .def_property_readonly("hop", [](const kernel& k) { return k.design().hop; })
        .def_property_readonly("latency", &kernel::latency)
        .def_property_readonly("weights", &kernel::weights);
}

} // namespace

void bind_speed(py::module& m)
{
    bind_warped_rows<float>(m, "warped_rows_f");
    bind_warped_rows<double>(m, "warped_rows_d");
    bind_ridge_tracker<float>(m, "ridge_tracker_f");
    bind_ridge_tracker<double>(m, "ridge_tracker_d");
    bind_row_ridge_tracker(m);
}
