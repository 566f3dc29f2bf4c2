/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BINDINGS_ARGUMENTS_H
#define INCLUDED_STFT_BINDINGS_ARGUMENTS_H

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/*!
 * \brief An argument as Python gives it, of any type.
 *
 * pybind11 refuses a wrong type with a list of signatures. A function that takes given<T> where it wants a T refuses it
 * by value_of(), in the form of every other refusal: name, value, rule. Its signature reads as if it took a T.
 */
template <class T>
struct given {
    pybind11::object value; //!< never null once it is loaded
};

namespace pybind11::detail {
template <class T>
struct type_caster<given<T>> {
    PYBIND11_TYPE_CASTER(given<T>, make_caster<T>::name);
    bool load(handle source, bool)
    {
        value.value = reinterpret_borrow<object>(source);
        return true;
    }
};
} // namespace pybind11::detail

//! `repr(object)`, for NumPy's scalars as for Python's, shortened in the middle if it is longer
//! than a line.
std::string shown(const pybind11::handle& object);

//! An integer, NumPy's included, but no truth value. \throws std::invalid_argument "name: value: rule"
std::int64_t integer_from(const char* name, const pybind11::handle& value);
//! A real number, but no truth value. \throws std::invalid_argument "name: value: rule"
double number_from(const char* name, const pybind11::handle& value);
//! A truth value, 0 or 1. \throws std::invalid_argument "name: value: rule"
bool truth_from(const char* name, const pybind11::handle& value);
//! A string without NUL characters. \throws std::invalid_argument "name: value: rule"
std::string string_from(const char* name, const pybind11::handle& value);
//! A sequence of real numbers. \throws std::invalid_argument "name: value: rule"
std::vector<double> numbers_from(const char* name, const pybind11::handle& value);

//! \throws std::invalid_argument for a keyword that is none of the names
void refuse_unknown(const pybind11::kwargs& keywords, const pybind11::tuple& names);

//! The keywords, those that others use replaced by ours: samp_rate for fs, centre for center. \throws std::invalid_argument
//! where both are given
pybind11::kwargs with_usual_names(const pybind11::kwargs& keywords);

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

//! The argument as a T. \throws std::invalid_argument "name: value: rule"
template <class T>
T value_of(const char* name, const pybind11::object& value)
{
    if constexpr (is_optional<T>::value) {
        if (value.is_none())
            return std::nullopt;
        return value_of<typename T::value_type>(name, value);
    } else if constexpr (std::is_same_v<T, bool>)
        return truth_from(name, value);
    else if constexpr (std::is_integral_v<T>)
        return integer_from(name, value);
    else if constexpr (std::is_floating_point_v<T>)
        return number_from(name, value);
    else if constexpr (std::is_same_v<T, std::string>)
        return string_from(name, value);
    else if constexpr (std::is_same_v<T, std::vector<double>>)
        return numbers_from(name, value);
    else {
        static_assert(std::is_same_v<T, pybind11::object>, "it has no rule yet");
        return value;
    }
}

//! A setter of one argument, which names it if its type is wrong, and lets go of the interpreter's lock: setters may
//! wait for a work call.
template <class Block, class T>
auto named_setter(const char* name, void (Block::*set)(T))
{
    return [=](Block& block, const given<std::decay_t<T>>& argument) {
        const auto value = value_of<std::decay_t<T>>(name, argument.value);
        const pybind11::gil_scoped_release release;
        (block.*set)(value);
    };
}

#endif
