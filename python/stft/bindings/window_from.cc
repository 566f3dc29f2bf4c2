/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arguments.h"
#include "window_from.h"
#include <algorithm>
#include <stdexcept>

namespace py = pybind11;
using gr::stft::kernel::axis_sizes;
using gr::stft::kernel::axis_windows;
using gr::stft::kernel::window;
using gr::stft::kernel::window_family;

namespace {

//! A member of GNU Radio's enumeration of windows; asked by name, since not everyone imports its module.
bool is_win_type(const py::handle& given)
{
    return py::type::of(given).attr("__name__").cast<std::string>() == "win_type";
}

//! True if this can be the name of a window.
bool is_name(const py::handle& given)
{
    return py::isinstance<py::str>(given) || is_win_type(given);
}

//! (name, parameters ...)
bool is_named(const py::handle& given)
{
    return py::isinstance<py::tuple>(given) && py::len(given) > 0 &&
           is_name(given.cast<py::tuple>()[0]);
}

window called(const py::handle& name, std::vector<double> parameters = {})
{
    if (is_win_type(name))
        return window::of_type(name.attr("__int__")().cast<std::int64_t>(), std::move(parameters));
    return window(string_from("window", name), std::move(parameters));
}

//! No integer is a window by itself: SciPy would take it for Kaiser's beta, GNU Radio for the number of a window.
//! Nor is None.
void refuse_no_window(const py::handle& given)
{
    if (given.is_none() || (PyIndex_Check(given.ptr()) && !py::isinstance<py::array>(given)))
        throw std::invalid_argument("window: " + shown(given) +
                                    ": must be a name, (name, parameters), taps or one of GNU "
                                    "Radio's window.WIN_...; Kaiser's beta is a float");
}

//! Refuses what the functions on arrays refuse, too.
void refuse_no_numbers(const char* name, const py::object& given)
{
    const auto masked_array = py::module_::import("numpy.ma").attr("MaskedArray");
    if (py::isinstance(given, masked_array) && py::bool_(given.attr("mask").attr("any")()))
        throw std::invalid_argument(
            std::string(name) + ": masked array: must be given filled, or without what is masked");
    const auto array = py::array::ensure(given);
    const std::string kinds =
        std::string(name) == "mask" ? "biufc" : "iufc"; // multiply() takes such masks, too
    if (array && kinds.find(array.dtype().kind()) == std::string::npos)
        throw std::invalid_argument(std::string(name) + ": dtype " +
                                    py::str(array.dtype()).cast<std::string>() +
                                    ": must be numbers");
}

} // namespace

std::vector<std::complex<double>> taps_from(const char* name, const py::object& given)
{
    if (given.is_none())
        return {};
    refuse_no_numbers(name, given);
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

py::object window_in_python(const window& window)
{
    if (window.length())
        return taps_to_array(window.sample(window.length()));
    if (window.parameters().empty())
        return py::str(window.name());
    py::list parts;
    parts.append(window.name());
    for (const double parameter : window.parameters())
        parts.append(parameter);
    return py::tuple(parts);
}

gr::stft::kernel::phase_reference phase_from(const char* name, const py::object& given)
{
    using gr::stft::kernel::phase_reference;
    if (py::isinstance<py::str>(given))
        return phase_reference(string_from(name, given));
    if (py::hasattr(given, "__index__") && !py::isinstance<py::bool_>(given))
        return phase_reference::fixed(integer_from(name, given));
    throw std::invalid_argument(std::string(name) + ": " + shown(given) +
                                ": must be start, centre, absolute or an integer");
}

window_family family_from(const py::object& given)
{
    if (is_win_type(given)) {
        const window plain = called(given); // what needs parameters has none that fit a family
        return window_family(plain.name());
    }
    if (py::isinstance<py::str>(given))
        return window_family(string_from("window", given));
    if (is_named(given) && !is_win_type(given.cast<py::tuple>()[0])) {
        const auto parts = given.cast<py::tuple>();
        std::vector<double> parameters;
        for (std::size_t i = 1; i < parts.size(); ++i)
            parameters.push_back(number_from("window", parts[i]));
        return window_family(string_from("window", parts[0]), parameters);
    }
    const std::string rule = "must be a name or (name, parameters)";
    const bool taps = py::hasattr(given, "__len__") && !is_named(given);
    throw std::invalid_argument("window: " + shown(given) + ": " + rule +
                                (taps ? ", since taps have no real length" : ""));
}

window window_from(const py::object& given)
{
    if (is_name(given))
        return called(given);
    if (py::isinstance<py::float_>(given))
        return window("kaiser", { given.cast<double>() });
    refuse_no_window(given);
    if (!is_named(given))
        return window(taps_from("window", given));
    const auto parts = given.cast<py::tuple>();
    std::vector<double> parameters;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const py::object part = parts[i];
        if (part.is_none() && parts.size() > 2)
            continue; // SciPy's default centre of "exponential"
        if (py::isinstance<py::sequence>(part) || py::isinstance<py::array>(part))
            for (const auto& c : part) // SciPy's coefficients of "general_cosine"
                parameters.push_back(number_from("window", c));
        else
            parameters.push_back(number_from("window", part));
    }
    return called(parts[0], std::move(parameters));
}

bool is_window_pair(const py::object& given)
{
    if (!(py::isinstance<py::tuple>(given) || py::isinstance<py::list>(given)) ||
        py::len(given) != 2)
        return false;
    const auto parts = given.cast<py::sequence>();
    const py::object first = parts[0], second = parts[1];
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
    if (PyIndex_Check(given.ptr()) && !py::isinstance<py::array>(given))
        return integer_from(name, given);
    if (!py::isinstance<py::sequence>(given) || py::isinstance<py::str>(given) ||
        py::len(given) != 2)
        throw std::invalid_argument(std::string(name) + ": " + shown(given) +
                                    ": must be an integer or a pair (height, width)");
    const auto parts = given.cast<py::sequence>();
    const auto height = integer_from(name, parts[0]);
    return { height, integer_from(name, parts[1]) };
}

py::array taps_to_array(const std::vector<std::complex<double>>& taps)
{
    if (std::any_of(taps.begin(), taps.end(), [](auto w) { return w.imag() != 0; }))
        return py::array_t<std::complex<double>>(taps.size(), taps.data());
    py::array reals = py::array_t<double>(taps.size());
    std::transform(taps.begin(),
                   taps.end(),
                   static_cast<double*>(reals.mutable_data()),
                   [](auto w) { return w.real(); });
    return reals;
}
