/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "share.h"
#include "window_from.h"
#include <gnuradio/stft/kernel/reassign/synchrosqueeze.h>
#include <pybind11/complex.h>
#include <pybind11/stl.h>
#include <optional>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;
using std::int64_t;
using std::size_t;
using std::string;

namespace {

reassignment_parameters order_of(const parameters& design, int order, double threshold)
{
    reassignment_parameters p;
    static_cast<parameters&>(p) = design;
    p.order = order;
    p.threshold = threshold;
    return p;
}

//! The windows of frames that each have a length of their own; none: all have the design's.
struct window_lengths {
    std::optional<window_family> family;
    std::vector<double> theta;

    window_lengths(const py::object& window, std::vector<double> given) : theta(std::move(given))
    {
        if (!theta.empty())
            family = family_from(window);
    }

    template <class Kernel>
    void set(Kernel& kernel, int64_t frame) const
    {
        if (family)
            kernel.set_window(*family, theta[theta.size() == 1 ? 0 : static_cast<size_t>(frame)]);
    }
};

//! x (channels, length) -> T (channels, frames, rows)
template <class T>
void squeeze(const array<T>& x,
             array<std::complex<real_t<T>>> rows,
             const parameters& design,
             int order,
             double threshold,
             const py::object& family,
             std::vector<double> theta,
             int64_t first,
             int64_t workers,
             const std::vector<double>& grid)
{
    const synchrosqueezing<T> fresh(order_of(design, order, threshold), grid);
    const window_lengths lengths(family, std::move(theta));
    const auto channels = x.shape(0), length = x.shape(1), frames = rows.shape(1);
    const auto* samples = x.data();
    auto* out = rows.mutable_data();
    const auto hop = static_cast<int64_t>(design.hop);
    py::gil_scoped_release release;
    share(channels * frames, workers, [&](int64_t row, int64_t end) {
        auto transform = fresh;
        for (; row < end; ++row) {
            lengths.set(transform, row % frames);
            transform.analyse(samples + row / frames * length,
                              length,
                              first + row % frames * hop,
                              out + row * static_cast<int64_t>(transform.rows()));
        }
    });
}

//! T (channels, frames, rows), kept (channels or 1, frames, rows) or None -> y (channels, length)
template <class T>
void invert(const array<std::complex<real_t<T>>>& rows,
            array<T> y,
            const parameters& design,
            const py::object& kept,
            int64_t first)
{
    const synchrosqueezing_inverse<T> inverse(design, static_cast<size_t>(rows.shape(2)));
    array<std::uint8_t> flags;
    if (!kept.is_none())
        flags = kept.cast<array<std::uint8_t>>();
    const std::uint8_t* flag = kept.is_none() ? nullptr : flags.data();
    const auto frames = rows.shape(1), length = y.shape(1),
               cells = frames * static_cast<py::ssize_t>(inverse.bins());
    const auto step = flag && flags.shape(0) > 1 ? cells : 0;
    const auto* in = rows.data();
    auto* out = y.mutable_data();
    py::gil_scoped_release release;
    for (py::ssize_t c = 0; c < rows.shape(0); ++c, in += cells, out += length) {
        inverse.invert(in, static_cast<size_t>(frames), first, flag, out, length);
        flag = flag ? flag + step : nullptr;
    }
}

//! x (channels, length) -> powers, frequencies, times (channels, frames, bins)
template <class T>
void reassign(const array<T>& x,
              array<real_t<T>> powers,
              array<double> frequencies,
              array<double> times,
              const parameters& design,
              double threshold,
              const py::object& family,
              std::vector<double> theta,
              int64_t first,
              const string& kind,
              bool doubled,
              int64_t workers)
{
    const reassigned_spectrogram<T> fresh(
        order_of(design, 1, threshold), power_kind_named(kind), doubled);
    const window_lengths lengths(family, std::move(theta));
    const auto channels = x.shape(0), length = x.shape(1), frames = powers.shape(1);
    const auto* samples = x.data();
    auto* power = powers.mutable_data();
    auto *f = frequencies.mutable_data(), *t = times.mutable_data();
    const auto hop = static_cast<int64_t>(design.hop);
    py::gil_scoped_release release;
    share(channels * frames, workers, [&](int64_t row, int64_t end) {
        auto transform = fresh;
        for (; row < end; ++row) {
            lengths.set(transform, row % frames);
            const auto cell = row * static_cast<int64_t>(transform.bins());
            transform.cells(samples + row / frames * length,
                            length,
                            first + row % frames * hop,
                            power + cell,
                            f + cell,
                            t + cell);
        }
    });
}

//! x (channels, length) -> frequencies, times (channels, frames, bins), NaN where a cell has none
template <class T>
void derivatives(const array<T>& x,
                 array<double> frequencies,
                 array<double> times,
                 const parameters& design,
                 double threshold,
                 const py::object& family,
                 std::vector<double> theta,
                 int64_t first,
                 int64_t workers)
{
    auto marked = order_of(design, 1, threshold);
    marked.mark = true;
    const reassignment<T> fresh(marked);
    const window_lengths lengths(family, std::move(theta));
    const auto channels = x.shape(0), length = x.shape(1), frames = times.shape(1);
    const auto* samples = x.data();
    auto *f = frequencies.mutable_data(), *t = times.mutable_data();
    const auto hop = static_cast<int64_t>(design.hop);
    py::gil_scoped_release release;
    share(channels * frames, workers, [&](int64_t row, int64_t end) {
        auto transform = fresh;
        std::vector<std::complex<real_t<T>>> spectrum(transform.bins());
        for (; row < end; ++row) {
            lengths.set(transform, row % frames);
            const auto cell = row * static_cast<int64_t>(transform.bins());
            transform.analyse(samples + row / frames * length,
                              length,
                              first + row % frames * hop,
                              spectrum.data(),
                              f + cell,
                              t + cell);
        }
    });
}

//! x (channels, length) -> rows (channels, frames, bins), which are added to
template <class T>
void spread(const array<T>& x,
            array<real_t<T>> rows,
            const parameters& design,
            double threshold,
            const py::object& family,
            std::vector<double> theta,
            int64_t first,
            const string& kind,
            bool doubled,
            int64_t workers)
{
    const reassigned_spectrogram<T> fresh(
        order_of(design, 1, threshold), power_kind_named(kind), doubled);
    const window_lengths lengths(family, std::move(theta));
    const auto channels = x.shape(0), length = x.shape(1), frames = rows.shape(1);
    const auto* samples = x.data();
    auto* out = rows.mutable_data();
    const auto hop = static_cast<int64_t>(design.hop);
    py::gil_scoped_release release;
    share(channels, workers, [&](int64_t channel, int64_t end) {
        auto transform = fresh;
        for (; channel < end; ++channel) {
            auto* powers = out + channel * frames * static_cast<int64_t>(transform.bins());
            for (int64_t p = 0; p < frames; ++p) {
                lengths.set(transform, p);
                transform.add(samples + channel * length,
                              length,
                              first + p * hop,
                              static_cast<size_t>(p),
                              static_cast<size_t>(frames),
                              powers);
            }
        }
    });
}

template <class T>
void bind_samples(py::module& m)
{
    m.def("synchrosqueeze",
          &squeeze<T>,
          arg("x").noconvert(),
          arg("rows").noconvert(),
          arg("design"),
          arg("order"),
          arg("threshold"),
          arg("family"),
          arg("theta"),
          arg("first"),
          arg("workers"),
          arg("grid"));
    m.def("inverse_synchrosqueeze",
          &invert<T>,
          arg("rows").noconvert(),
          arg("y").noconvert(),
          arg("design"),
          arg("kept"),
          arg("first"));
    m.def("reassign",
          &reassign<T>,
          arg("x").noconvert(),
          arg("powers").noconvert(),
          arg("frequencies").noconvert(),
          arg("times").noconvert(),
          arg("design"),
          arg("threshold"),
          arg("family"),
          arg("theta"),
          arg("first"),
          arg("kind"),
          arg("doubled"),
          arg("workers"));
    m.def("phase_derivatives",
          &derivatives<T>,
          arg("x").noconvert(),
          arg("frequencies").noconvert(),
          arg("times").noconvert(),
          arg("design"),
          arg("threshold"),
          arg("family"),
          arg("theta"),
          arg("first"),
          arg("workers"));
    m.def("reassigned_spectrogram",
          &spread<T>,
          arg("x").noconvert(),
          arg("rows").noconvert(),
          arg("design"),
          arg("threshold"),
          arg("family"),
          arg("theta"),
          arg("first"),
          arg("kind"),
          arg("doubled"),
          arg("workers"));
}

} // namespace

void bind_reassign(py::module& m)
{
    m.def(
        "check_family", [](const py::object& window) { family_from(window); }, arg("window"));
    bind_samples<float>(m);
    bind_samples<double>(m);
    bind_samples<std::complex<float>>(m);
    bind_samples<std::complex<double>>(m);
}
