/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "share.h"
#include <gnuradio/stft/kernel/filter_bank/filter_bank.h>
#include <gnuradio/stft/kernel/filter_bank/one_integral.h>
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <pybind11/complex.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;
using std::size_t;

namespace {

//! filters (rows, win_length), responses (rows, length) -> j of the first column of filters
std::int64_t fill_bank(const parameters& p,
                       array<std::complex<double>> filters,
                       array<std::complex<double>> responses)
{
    const filter_bank bank(p);
    const auto rows = static_cast<size_t>(filters.shape(0));
    auto *h = filters.mutable_data(), *F = responses.mutable_data();
    const auto length = static_cast<size_t>(responses.shape(1));
    py::gil_scoped_release release;
    for (size_t row = 0; row < rows; ++row)
        bank.filter(row, h + row * bank.win_length());
    bank.respond(h, rows, length, F);
    return bank.first();
}

//! x (channels, length) -> rows (channels, frames, bins)
template <class T>
void analyse_bins(const array<T>& x,
                  array<std::complex<real_t<T>>> rows,
                  const parameters& design,
                  const std::vector<double>& bins,
                  std::int64_t first,
                  const std::string& method,
                  std::int64_t workers)
{
    const bins_parameters p{ design, bins };
    const auto wanted = bins_method_named(method);
    const auto channels = x.shape(0), length = x.shape(1), frames = rows.shape(1);
    const auto* samples = x.data();
    auto* out = rows.mutable_data();
    py::gil_scoped_release release;
    share(channels * frames, workers, [&](std::int64_t row, std::int64_t end) {
        stft_bins<T> transform(p, wanted);
        while (row < end) { // to the end of a channel
            const auto channel = row / frames, frame = row % frames;
            const auto count = std::min(frames - frame, end - row);
            transform.analyse(samples + channel * length,
                              length,
                              first + frame * static_cast<std::int64_t>(p.hop),
                              static_cast<size_t>(count),
                              out + row * static_cast<std::int64_t>(transform.bins()));
            row += count;
        }
    });
}

//! spectra (channels, frames, bins) -> y (channels, length)
template <class T>
void invert(const array<std::complex<real_t<T>>>& spectra,
            array<T> y,
            const parameters& design,
            const std::vector<double>& bins,
            std::int64_t first)
{
    one_integral<T> inverse(bins_parameters{ design, bins });
    const auto frames = static_cast<size_t>(spectra.shape(1));
    const auto length = y.shape(1);
    const auto* in = spectra.data();
    auto* out = y.mutable_data();
    py::gil_scoped_release release;
    for (py::ssize_t c = 0; c < spectra.shape(0); ++c, in += frames * inverse.bins(), out += length)
        inverse.invert(in, frames, first, out, length);
}

template <class T>
void bind_samples(py::module& m)
{
    m.def("one_integral_inverse",
          &invert<T>,
          arg("spectra").noconvert(),
          arg("y").noconvert(),
          arg("design"),
          arg("bins"),
          arg("first"));
    m.def("stft_bins",
          &analyse_bins<T>,
          arg("x").noconvert(),
          arg("rows").noconvert(),
          arg("design"),
          arg("bins"),
          arg("first"),
          arg("method"),
          arg("workers"));
}

} // namespace

void bind_filter_bank(py::module& m)
{
    m.def("filter_bank",
          &fill_bank,
          arg("design"),
          arg("filters").noconvert(),
          arg("responses").noconvert());
    bind_samples<float>(m);
    bind_samples<double>(m);
    bind_samples<std::complex<float>>(m);
    bind_samples<std::complex<double>>(m);
}
