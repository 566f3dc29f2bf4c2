/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arguments.h"
#include <pybind11/numpy.h>
#include <stdexcept>

namespace py = pybind11;

namespace {

constexpr py::ssize_t longest = 80; // of a value in a message

[[noreturn]] void refuse(const char* name, const py::handle& value, const std::string& rule)
{
    throw std::invalid_argument(std::string(name) + ": " + shown(value) + ": " + rule);
}

bool is_truth(const py::handle& value)
{
    return py::isinstance<py::bool_>(value) ||
           py::isinstance(value, py::module_::import("numpy").attr("bool_"));
}

} // namespace

std::string shown(const py::handle& object)
{
    // NumPy 2 would write np.int64(8)
    const bool scalar = py::isinstance(object, py::module_::import("numpy").attr("generic"));
    const py::object plain =
        scalar ? py::object(object.attr("item")()) : py::reinterpret_borrow<py::object>(object);
    const py::object text = py::repr(plain); // cut by Python, which keeps characters whole
    const auto length = static_cast<py::ssize_t>(py::len(text));
    if (length <= longest)
        return text.cast<std::string>();
    const py::object head = text[py::slice(0, longest / 2, 1)];
    const py::object tail = text[py::slice(length - longest / 4, length, 1)];
    return head.cast<std::string>() + "..." + tail.cast<std::string>();
}

py::kwargs with_usual_names(const py::kwargs& keywords)
{
    py::kwargs ours;
    for (const auto& [key, value] : keywords) {
        auto name = key.cast<std::string>();
        name = name == "fs" ? "samp_rate" : name == "center" ? "centre" : name;
        const py::str ours_name(name); // whole, also if there is a NUL in it
        if (ours.contains(ours_name))
            refuse(name.c_str(), value, "must be given once");
        ours[ours_name] = value;
    }
    return ours;
}

void refuse_unknown(const py::kwargs& keywords, const py::tuple& names)
{
    for (const auto& [name, value] : keywords)
        if (!names.contains(name)) {
            const auto known = py::str(", ").attr("join")(names).cast<std::string>();
            const auto text = name.cast<std::string>();
            const bool printable = text.find('\0') == std::string::npos;
            throw std::invalid_argument((printable ? text : shown(name)) + ": " + shown(value) +
                                        ": is no parameter; there are " + known);
        }
}

std::int64_t integer_from(const char* name, const py::handle& value)
{
    if (!PyIndex_Check(value.ptr()) || is_truth(value))
        refuse(name, value, "must be an integer");
    const auto index = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
    if (!index) { // an array that is no scalar
        PyErr_Clear();
        refuse(name, value, "must be an integer");
    }
    int overflow = 0;
    const auto integer = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
    if (overflow)
        refuse(name, value, "must be an integer between -2^63 and 2^63");
    return integer;
}

double number_from(const char* name, const py::handle& value)
{
    if (PyNumber_Check(value.ptr()) && !PyComplex_Check(value.ptr()) && !is_truth(value)) {
        const double number = PyFloat_AsDouble(value.ptr());
        if (number != -1 || !PyErr_Occurred())
            return number;
        PyErr_Clear();
    }
    refuse(name, value, "must be a real number");
}

bool truth_from(const char* name, const py::handle& value)
{
    if (is_truth(value))
        return value.attr("__bool__")().cast<bool>();
    if (PyLong_Check(value.ptr())) {
        const auto integer = integer_from(name, value);
        if (integer == 0 || integer == 1)
            return integer == 1;
    }
    refuse(name, value, "must be True or False");
}

std::string string_from(const char* name, const py::handle& value)
{
    if (!py::isinstance<py::str>(value))
        refuse(name, value, "must be a string");
    auto text = value.cast<std::string>();
    if (text.find('\0') != std::string::npos) // a path would end there, and so would a message
        refuse(name, value, "must hold no NUL character");
    return text;
}

std::vector<double> numbers_from(const char* name, const py::handle& value)
{
    if (!(py::isinstance<py::sequence>(value) || py::isinstance<py::array>(value)) ||
        py::isinstance<py::str>(value))
        refuse(name, value, "must be a sequence of numbers");
    std::vector<double> numbers;
    try {
        for (const auto& item : value)
            numbers.push_back(number_from(name, item));
    } catch (const py::error_already_set&) { // an array without dimensions
        refuse(name, value, "must be a sequence of numbers");
    }
    return numbers;
}
