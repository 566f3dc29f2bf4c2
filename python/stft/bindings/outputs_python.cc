/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/kernel/records/frame_files.h>
#include <gnuradio/stft/kernel/stft/averaged_rows.h>
#include <pybind11/stl.h>
#include <set>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;

namespace {

template <class T>
void bind_averaged_rows(py::module& m, const char* name)
{
    using held = averaged_rows<T>;
    py::class_<held>(m, name)
        .def(py::init([](std::size_t n_fft,
                         std::size_t hop,
                         const py::object& window,
                         double samp_rate,
                         const std::vector<std::uint64_t>& averages) {
                 parameters p{ n_fft, hop };
                 p.window = window_from(window);
                 p.samp_rate = samp_rate;
                 return std::make_unique<held>(p, averages);
             }),
             arg("n_fft"),
             arg("hop"),
             arg("window"),
             arg("samp_rate"),
             arg("averages"))
        .def("add",
             [](held& rows, const array<T>& x) {
                 const auto* samples = x.data();
                 const auto count = static_cast<std::size_t>(x.size());
                 py::gil_scoped_release release;
                 rows.add(samples, count);
             })
        .def("cut", &held::cut, arg("lost") = 0)
        .def("take", // [(first sample, frames of a row, rows)]
             [](held& rows, std::size_t reduction) {
                 py::list all;
                 const auto bins = static_cast<py::ssize_t>(rows.bins());
                 for (const auto& run : rows.take(reduction)) {
                     array<float> values(
                         { static_cast<py::ssize_t>(run.values.size()) / bins, bins });
                     std::copy(run.values.begin(), run.values.end(), values.mutable_data());
                     all.append(py::make_tuple(run.first, run.frames, std::move(values)));
                 }
                 return all;
             })
        .def_property_readonly("bins", &held::bins)
        .def_property_readonly("samples", &held::samples);
}

event_context context_of(double samp_rate,
                         std::size_t hop,
                         const py::object& freq_center,
                         const py::object& time,
                         std::int64_t time_sample,
                         const std::string& source)
{
    event_context context;
    context.samp_rate = samp_rate;
    context.hop = hop;
    context.freq_center = freq_center.cast<std::optional<double>>();
    if (!time.is_none()) {
        const auto pair = time.cast<std::pair<std::int64_t, double>>();
        context.set_time(time_sample, { pair.first, pair.second });
    }
    context.source = source;
    return context;
}

void bind_frame_files(py::module& m)
{
    py::class_<frame_files>(m, "frame_files")
        .def(py::init([](const std::string& directory,
                         std::size_t vlen,
                         const std::string& name,
                         double rotate,
                         std::int64_t max_bytes,
                         std::int64_t max_waiting,
                         const std::string& description) {
                 frame_files_settings s;
                 s.directory = directory;
                 s.vlen = vlen;
                 s.name = name;
                 s.rotate = rotate;
                 s.max_bytes = max_bytes;
                 s.max_waiting = max_waiting;
                 s.description = description;
                 return std::make_unique<frame_files>(s);
             }),
             arg("directory"),
             arg("vlen"),
             arg("name"),
             arg("rotate"),
             arg("max_bytes"),
             arg("max_waiting"),
             arg("description"))
        .def(
            "add", // rows (count, vlen) that follow each other; a failure is raised after all of them are kept
            [](frame_files& files,
               const array<float>& rows,
               std::int64_t sample,
               double samp_rate,
               std::size_t hop,
               const py::object& freq_center,
               const py::object& time,
               const std::string& source,
               std::size_t n_fft) {
                auto context = context_of(samp_rate, hop, freq_center, time, sample, source);
                context.n_fft = n_fft;
                const auto count = rows.shape(0), vlen = rows.shape(1);
                const auto* row = rows.data();
                py::gil_scoped_release release;
                std::exception_ptr failure;
                for (py::ssize_t p = 0; p < count; ++p)
                    try {
                        files.add(
                            row + p * vlen, sample + p * static_cast<std::int64_t>(hop), context);
                    } catch (const std::runtime_error&) {
                        failure = std::current_exception();
                    }
                if (failure)
                    std::rethrow_exception(failure);
            })
        .def("flush", &frame_files::flush, py::call_guard<py::gil_scoped_release>())
        .def("end",
             [](frame_files& files, const std::string& reason) {
                 static const std::set<std::string> reasons{ "stop", "gap", "retune" };
                 const auto known = reasons.find(reason); // the text lives as long as the program
                 files.end(known == reasons.end() ? "stop" : known->c_str());
             })
        .def("take_complete", &frame_files::take_complete)
        .def_property_readonly("waiting", &frame_files::waiting)
        .def_property_readonly("lost", &frame_files::lost)
        .def_property_readonly("files", &frame_files::files)
        .def_property_readonly("last_path", &frame_files::last_path);
}

} // namespace

void bind_outputs(py::module& m)
{
    bind_averaged_rows<float>(m, "averaged_rows_f");
    bind_averaged_rows<std::complex<float>>(m, "averaged_rows_c");
    bind_frame_files(m);
}
