/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/kernel/frames/dual.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <pybind11/complex.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;
using std::int64_t;
using std::size_t;
using std::string;

namespace {

//! spectra (channels, frames, bins) -> converted, of the same shape
template <class R>
void convert_phase(const array<std::complex<R>>& spectra,
                   array<std::complex<R>> converted,
                   int64_t n_fft,
                   int64_t hop,
                   int64_t win_length,
                   const py::object& source,
                   const py::object& target,
                   int64_t first,
                   bool centered)
{
    const framing frames(static_cast<size_t>(win_length), static_cast<size_t>(hop));
    const phase_converter<R> converter(checked_n_fft(n_fft),
                                       frames.win_length(),
                                       phase_from("source", source),
                                       phase_from("target", target),
                                       centered);
    const auto bins = spectra.shape(2);
    const auto* in = spectra.data();
    auto* out = converted.mutable_data();
    py::gil_scoped_release release;
    for (py::ssize_t c = 0; c < spectra.shape(0); ++c)
        for (py::ssize_t p = 0; p < spectra.shape(1); ++p, in += bins, out += bins)
            converter.convert(in, static_cast<size_t>(bins), first + p * hop, out);
}

template <class R>
void bind_spectra(py::module& m)
{
    m.def("convert_phase",
          &convert_phase<R>,
          arg("spectra").noconvert(),
          arg("converted").noconvert(),
          arg("n_fft"),
          arg("hop"),
          arg("win_length"),
          arg("source"),
          arg("target"),
          arg("first"),
          arg("centered"));
}

size_t checked_hop(int64_t hop) { return framing(1, static_cast<size_t>(hop)).hop(); }

} // namespace

void bind_frames(py::module& m)
{
    py::class_<parameters> design(m, "parameters", "What defines an STFT.");
    def_settings<parameters>(design, [](const parameters& p) { return p; });

    py::class_<framing>(m, "framing", "Where frames lie.")
        .def(py::init([](int64_t win_length, int64_t hop, const string& where) {
                 return framing(static_cast<size_t>(win_length),
                                static_cast<size_t>(hop),
                                placement_named(where));
             }),
             arg("win_length"),
             arg("hop"),
             arg("placement"))
        .def("first", &framing::first)
        .def("frames",
             py::overload_cast<int64_t, int64_t>(&framing::frames, py::const_),
             arg("length"),
             arg("first"));

    bind_spectra<float>(m);
    bind_spectra<double>(m);
    m.def("checked_n_fft", &checked_n_fft, arg("n_fft"));
    m.def(
        "checked_first",
        [](const py::int_& first, int64_t hop, int64_t frames) {
            int beyond = 0;
            const auto start = PyLong_AsLongLongAndOverflow(first.ptr(), &beyond);
            if (beyond != 0)
                throw std::invalid_argument("first: " + py::repr(first).cast<string>() +
                                            ": must be -2^62 .. 2^62");
            check_starts(start, checked_hop(hop), static_cast<size_t>(frames));
            return static_cast<int64_t>(start);
        },
        arg("first"),
        arg("hop"),
        arg("frames"));
    m.def("covered_end", &covered_end, arg("first"), arg("hop"), arg("win_length"), arg("frames"));

    m.def(
        "sample_window",
        [](const py::object& window, int64_t length, bool symmetric) {
            if (length < 1)
                throw std::invalid_argument("length: " + std::to_string(length) +
                                            ": must be 1 or more");
            return taps_to_array(
                window_from(window).sample(static_cast<size_t>(length), symmetric));
        },
        arg("window"),
        arg("length"),
        arg("symmetric"));
    m.def("window_names", &window::names);
    m.def(
        "is_real",
        [](const py::object& window) { return window_from(window).is_real(); },
        arg("window"));
    m.def(
        "window_length",
        [](const py::object& window) { return window_from(window).length(); },
        arg("window"));
    m.def(
        "dual_window",
        [](const py::object& taps, int64_t hop, double tol) {
            return taps_to_array(dual_window(taps_from("window", taps), checked_hop(hop), tol));
        },
        arg("taps"),
        arg("hop"),
        arg("tol") = 1e-10);
    m.def(
        "tight_window",
        [](const py::object& taps, int64_t hop, double tol) {
            return taps_to_array(tight_window(taps_from("window", taps), checked_hop(hop), tol));
        },
        arg("taps"),
        arg("hop"),
        arg("tol") = 1e-10);
    m.def(
        "closest_dual_window",
        [](const py::object& taps,
           int64_t hop,
           const py::object& desired,
           bool scaled,
           double tol) {
            std::complex<double> alpha;
            const auto dual = closest_dual_window(taps_from("window", taps),
                                                  checked_hop(hop),
                                                  taps_from("desired", desired),
                                                  scaled,
                                                  &alpha,
                                                  tol);
            return py::make_tuple(taps_to_array(dual),
                                  alpha.imag() == 0 ? py::cast(alpha.real()) : py::cast(alpha));
        },
        arg("taps"),
        arg("hop"),
        arg("desired"),
        arg("scaled"),
        arg("tol") = 1e-10);
    m.def(
        "check_cola",
        [](const py::object& taps, int64_t hop, double tol) {
            return check_cola(taps_from("window", taps), checked_hop(hop), tol);
        },
        arg("taps"),
        arg("hop"),
        arg("tol"));
    m.def(
        "check_nola",
        [](const py::object& taps, int64_t hop, double tol) {
            return check_nola(taps_from("window", taps), checked_hop(hop), tol);
        },
        arg("taps"),
        arg("hop"),
        arg("tol"));
}
