/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BINDINGS_WINDOW_FROM_H
#define INCLUDED_STFT_BINDINGS_WINDOW_FROM_H

#include <gnuradio/stft/kernel/frames/phase.h>
#include <gnuradio/stft/kernel/frames/window.h>
#include <gnuradio/stft/kernel/frames/window_family.h>
#include <gnuradio/stft/kernel/image/parameters2d.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

//! A name, one of GNU Radio's window.WIN_..., a tuple (name, parameters ...), a float (Kaiser's beta), or taps.
//! \throws std::invalid_argument
gr::stft::kernel::window window_from(const pybind11::object& given);

//! A window as window_from() takes it.
pybind11::object window_in_python(const gr::stft::kernel::window& window);

//! "start", "centre", "absolute" or an integer. \throws std::invalid_argument
gr::stft::kernel::phase_reference phase_from(const char* name, const pybind11::object& given);

//! True if these are the windows of two axes: neither numbers nor a name and its parameters.
bool is_window_pair(const pybind11::object& given);

//! A window for both axes of an image, or a pair of them. \throws std::invalid_argument
gr::stft::kernel::axis_windows windows_from(const pybind11::object& given);

//! An integer for both axes of an image, or a pair. \throws std::invalid_argument
gr::stft::kernel::axis_sizes sizes_from(const char* name, const pybind11::object& given);

//! A name, a tuple (name, parameters ...), or one of GNU Radio's window.WIN_... \throws std::invalid_argument
gr::stft::kernel::window_family family_from(const pybind11::object& given);

//! Taps, real or complex; None gives none. \throws std::invalid_argument
std::vector<std::complex<double>> taps_from(const char* name, const pybind11::object& given);

//! NumPy array: float64 unless a value has an imaginary part.
pybind11::array taps_to_array(const std::vector<std::complex<double>>& taps);

#endif
