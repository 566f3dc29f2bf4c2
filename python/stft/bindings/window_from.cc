/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "window_from.h"
#include <algorithm>
#include <stdexcept>

namespace py = pybind11;
using gr::stft::kernel::axis_sizes;
using gr::stft::kernel::axis_windows;
using gr::stft::kernel::window;
using gr::stft::kernel::window_family;

namespace {

std::string shown(const py::handle& object) { return py::repr(object).cast<std::string>(); }

double parameter_from(const py::handle& given)
{
    try {
        return given.cast<double>();
    } catch (const py::cast_error&) {
        throw std::invalid_argument("window: " + shown(given) + ": must be a number");
    }
}

} // namespace

std::vector<std::complex<double>> taps_from(const char* name, const py::object& given)
{
    if (given.is_none())
        return {};
    py::array_t<std::complex<double>, py::array::c_style | py::array::forcecast> taps;
    try {
        taps = decltype(taps)(given);
    } catch (const py::error_already_set&) {
        throw std::invalid_argument(std::string(name) + ": " + shown(given) +
                                    ": must be an array of numbers");
    }
    if (taps.ndim() != 1)
        throw std::invalid_argument(std::string(name) + ": " + std::to_string(taps.ndim()) +
                                    " dimensions: must have one");
    return { taps.data(), taps.data() + taps.size() };
}

window_family family_from(const py::object& given)
{
    if (py::isinstance<py::str>(given))
        return window_family(given.cast<std::string>());
    if (py::isinstance<py::tuple>(given)) {
        const auto parts = given.cast<py::tuple>();
        if (parts.size() > 0 && py::isinstance<py::str>(parts[0])) {
            std::vector<double> parameters;
            for (std::size_t i = 1; i < parts.size(); ++i)
                parameters.push_back(parameter_from(parts[i]));
            return window_family(parts[0].cast<std::string>(), parameters);
        }
    }
    throw std::invalid_argument(
        "window: " + shown(given) +
        ": must be a name or (name, parameters), since taps have no real length");
}

window window_from(const py::object& given)
{
    if (py::isinstance<py::str>(given))
        return window(given.cast<std::string>());
    if (py::isinstance<py::float_>(given) || py::isinstance<py::int_>(given))
        return window("kaiser", { given.cast<double>() });
    if (py::isinstance<py::tuple>(given)) {
        const auto parts = given.cast<py::tuple>();
        if (parts.size() > 0 && py::isinstance<py::str>(parts[0])) {
            std::vector<double> parameters;
            for (std::size_t i = 1; i < parts.size(); ++i) {
                const py::object part = parts[i];
                if (part.is_none() && parts.size() > 2)
                    continue; // SciPy's default centre of "exponential"
                if (py::isinstance<py::sequence>(part) || py::isinstance<py::array>(part))
                    for (const auto& c : part) // SciPy's coefficients of "general_cosine"
                        parameters.push_back(parameter_from(c));
                else
                    parameters.push_back(parameter_from(part));
            }
            return window(parts[0].cast<std::string>(), parameters);
        }
    }
    return window(taps_from("window", given));
}

bool is_window_pair(const py::object& given)
{
    if (!(py::isinstance<py::tuple>(given) || py::isinstance<py::list>(given)) ||
        py::len(given) != 2)
        return false;
    const auto parts = given.cast<py::sequence>();
    const py::object first = parts[0], second = parts[1];
    const auto is_name = [](const py::object& part) { return py::isinstance<py::str>(part); };
    const auto is_named = [&](const py::object& part) {
        return py::isinstance<py::tuple>(part) && py::len(part) > 0 &&
               is_name(part.cast<py::tuple>()[0]);
    };
    const auto is_list = [](const py::object& part) {
        return py::isinstance<py::tuple>(part) || py::isinstance<py::list>(part) ||
               py::isinstance<py::array>(part);
    };
    if (is_name(first)) // (name, numbers) is one window with its parameters
        return is_name(second) || is_named(second);
    return is_list(first) && (is_name(second) || is_list(second));
}

axis_windows windows_from(const py::object& given)
{
    if (is_window_pair(given)) {
        const auto parts = given.cast<py::sequence>();
        return { window_from(parts[0]), window_from(parts[1]) };
    }
    return window_from(given);
}

axis_sizes sizes_from(const char* name, const py::object& given)
{
    const auto refuse = [&](const char* rule) {
        throw std::invalid_argument(std::string(name) + ": " + shown(given) + ": " + rule);
    };
    try {
        if (py::hasattr(given, "__index__"))
            return given.cast<std::int64_t>();
        if (!py::isinstance<py::sequence>(given) || py::len(given) != 2)
            refuse("must be an integer or a pair (height, width)");
        const auto parts = given.cast<py::sequence>();
        return { parts[0].cast<std::int64_t>(), parts[1].cast<std::int64_t>() };
    } catch (const py::cast_error&) {
        refuse("must hold integers below 2^63");
    }
    return 0;
}

py::array taps_to_array(const std::vector<std::complex<double>>& taps)
{
    if (std::any_of(taps.begin(), taps.end(), [](auto w) { return w.imag() != 0; }))
        return py::array_t<std::complex<double>>(taps.size(), taps.data());
    py::array_t<double> reals(taps.size());
    std::transform(taps.begin(), taps.end(), reals.mutable_data(), [](auto w) { return w.real(); });
    return std::move(reals);
}
