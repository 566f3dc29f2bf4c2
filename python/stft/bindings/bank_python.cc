/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnuradio/stft/kernel/filter_bank.h>
#include <pybind11/complex.h>
#include <pybind11/numpy.h>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;
using std::size_t;

namespace {

template <class T>
using array = py::array_t<T, py::array::c_style>; // dtype and layout are bank.py's duty

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

} // namespace

void bind_bank(py::module& m)
{
    m.def("filter_bank",
          &fill_bank,
          arg("design"),
          arg("filters").noconvert(),
          arg("responses").noconvert());
}
