/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BINDINGS_SETTINGS_H
#define INCLUDED_STFT_BINDINGS_SETTINGS_H

#include "arguments.h"
#include "window_from.h"
#include <gnuradio/stft/changeable.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <pybind11/complex.h>

/*!
 * \brief The value that Python gives for a field. None stands for the default of an automatic one.
 * \throws std::invalid_argument "name: value: rule"
 */
template <class Settings, class Field>
typename Field::value_type value_from(const Field& field, const pybind11::object& given)
{
    namespace kernel = gr::stft::kernel;
    using given_type = typename Field::given_type;
    if (field.is_automatic && given.is_none())
        return Settings{}.*field.member;
    if constexpr (std::is_same_v<typename Field::value_type, kernel::phase_reference>)
        return phase_from(field.name, given);
    else if constexpr (std::is_same_v<given_type, kernel::window>)
        return window_from(given);
    else if constexpr (std::is_same_v<given_type, kernel::window_family>)
        return family_from(given);
    else if constexpr (std::is_same_v<given_type, kernel::axis_sizes>)
        return sizes_from(field.name, given);
    else if constexpr (std::is_same_v<given_type, kernel::axis_windows>)
        return windows_from(given);
    else if constexpr (std::is_same_v<given_type, std::vector<std::complex<double>>>)
        return taps_from(field.name, given);
    else if constexpr (std::is_unsigned_v<typename Field::value_type> &&
                       std::is_same_v<given_type, std::int64_t>) {
        const auto number = integer_from(field.name, given);
        if (number < 0) // an unsigned one would be shown as another
            throw std::invalid_argument(field.name + (": " + std::to_string(number)) +
                                        ": must not be negative");
        return field.value_of(number);
    } else
        return field.value_of(value_of<given_type>(field.name, given));
}

//! The value of a setting in Python.
template <class Value>
pybind11::object value_in_python(const Value& value)
{
    namespace kernel = gr::stft::kernel;
    if constexpr (std::is_enum_v<Value>)
        return pybind11::str(name_of(value));
    else if constexpr (std::is_same_v<Value, kernel::phase_reference>)
        return pybind11::str(value.name());
    else if constexpr (std::is_same_v<Value, kernel::window_family>)
        return pybind11::str(value.description());
    else if constexpr (std::is_same_v<Value, kernel::window>)
        return window_in_python(value);
    else if constexpr (std::is_same_v<Value, kernel::axis_windows>)
        return pybind11::str(value.height.description());
    else
        return pybind11::cast(value);
}

//! The type of a field's values in a signature.
template <class Field>
std::string type_in_python(const Field& field)
{
    using given_type = typename Field::given_type;
    std::string type = "object";
    if constexpr (std::is_same_v<typename Field::value_type, gr::stft::kernel::phase_reference>)
        type = "object";
    else if constexpr (std::is_same_v<given_type, bool>)
        type = "bool";
    else if constexpr (std::is_same_v<given_type, std::int64_t>)
        type = "int";
    else if constexpr (std::is_same_v<given_type, double>)
        type = "float";
    else if constexpr (std::is_same_v<given_type, std::string>)
        type = "str";
    else if constexpr (std::is_same_v<given_type, std::vector<double>>)
        type = "List[float]";
    return field.is_automatic && type != "object" ? "Optional[" + type + "]" : type;
}

/*!
 * \brief "n_fft: int, window: object = 'hann'"
 *
 * Where no settings can be made, as with an unknown GR_STFT_SIMD, the defaults are left out: an import must not fail.
 */
template <class Settings>
std::string signature_of()
{
    std::optional<Settings> defaults;
    try {
        defaults.emplace();
    } catch (const std::invalid_argument&) {
    }
    std::string text;
    gr::stft::kernel::for_each_field<Settings>([&](const auto& field) {
        text += (text.empty() ? "" : ", ") + std::string(field.name) + ": " + type_in_python(field);
        if (!field.is_required)
            text += " = " + (field.is_automatic ? "None"
                             : defaults         ? shown(value_in_python(*defaults.*field.member))
                                                : "...");
    });
    return text;
}

//! The names of all parameters.
template <class Settings>
pybind11::tuple names_of()
{
    pybind11::list names;
    gr::stft::kernel::for_each_field<Settings>(
        [&](const auto& field) { names.append(field.name); });
    return names;
}

//! The C++ types of those parameters that are no numbers, names or booleans.
template <class Settings>
pybind11::dict cpp_types_of()
{
    namespace kernel = gr::stft::kernel;
    pybind11::dict types;
    kernel::for_each_field<Settings>([&](const auto& field) {
        using given_type = typename std::decay_t<decltype(field)>::given_type;
        if constexpr (std::is_same_v<given_type, kernel::window>)
            types[field.name] = "gr::stft::kernel::window";
        else if constexpr (std::is_same_v<given_type, kernel::window_family>)
            types[field.name] = "gr::stft::kernel::window_family";
        else if constexpr (std::is_same_v<given_type, kernel::axis_windows>)
            types[field.name] = "gr::stft::kernel::axis_windows";
        else if constexpr (std::is_same_v<given_type, kernel::axis_sizes>)
            types[field.name] = "gr::stft::kernel::axis_sizes";
        else if constexpr (std::is_same_v<given_type, std::vector<double>>)
            types[field.name] = "std::vector<double>";
        else if constexpr (std::is_same_v<given_type, std::vector<std::complex<double>>>)
            types[field.name] = "std::vector<gr_complexd>";
    });
    return types;
}

/*!
 * \brief Settings from the arguments of a call, by name or in the order of the fields.
 * fs stands for samp_rate, and center for centre.
 * \throws std::invalid_argument "name: value: rule" for a wrong type, an unknown or a missing name
 */
template <class Settings>
Settings settings_from(const pybind11::args& positional, const pybind11::kwargs& given_keywords)
{
    const auto keywords = with_usual_names(given_keywords);
    const auto names = names_of<Settings>();
    refuse_unknown(keywords, names);
    if (positional.size() > names.size())
        throw std::invalid_argument("arguments: " + std::to_string(positional.size()) +
                                    ": must be at most " + std::to_string(names.size()));
    Settings settings{};
    std::size_t position = 0;
    gr::stft::kernel::for_each_field<Settings>([&](const auto& field) {
        const bool by_position = position < positional.size();
        const bool by_name = keywords.contains(field.name);
        const std::string name = field.name;
        if (by_position && by_name)
            throw std::invalid_argument(name + ": " + shown(keywords[field.name]) +
                                        ": must be given once");
        if (!by_position && !by_name && field.is_required)
            throw std::invalid_argument(name + ": missing: must be given");
        if (by_position || by_name) {
            const pybind11::object given =
                by_position ? pybind11::object(positional[position]) : keywords[field.name];
            settings.*field.member = value_from<Settings>(field, given);
        }
        ++position;
    });
    return settings;
}

//! Gives a class the constructor make(settings), whose arguments are the fields, and their names as _arguments.
template <class Settings, class Class, class Make>
Class& def_settings(Class& c, Make make)
{
    c.attr("_arguments") = names_of<Settings>();
    c.attr("_cpp_types") = cpp_types_of<Settings>();
    const auto name = pybind11::str(c.attr("__name__")).template cast<std::string>();
    const auto doc = "__init__(self: " + name + ", " + signature_of<Settings>() + ") -> None\n";
    pybind11::options options;
    options.disable_function_signatures();
    return c.def(
        pybind11::init([make](const pybind11::args& positional, const pybind11::kwargs& keywords) {
            return make(settings_from<Settings>(positional, keywords));
        }),
        doc.c_str());
}

/*!
 * \brief Gives the class of a changeable block set_X() and X() for each parameter that may change, and change() for
 * several of them at once. They let go of the interpreter's lock, since they may wait for a work call.
 */
template <class Block, class Class>
void def_changes(Class& c)
{
    namespace py = pybind11;
    using settings = typename Block::settings;
    using change = gr::stft::kernel::change<settings>;
    const bool resets = py::hasattr(c, "reset");
    gr::stft::kernel::for_each_field<settings>([&](const auto& field) {
        if constexpr (std::decay_t<decltype(field)>::may_change) {
            const std::string name = field.name;
            if (py::hasattr(c, ("set_" + name).c_str())) // takes more than the field does
                return;
            const auto set = [field](Block& block, const py::object& given) {
                change requested;
                requested.wanted(field.member) = value_from<settings>(field, given);
                const py::gil_scoped_release release;
                block.request(requested);
            };
            const auto get = [field](const Block& block) {
                const auto wanted = [&] {
                    const py::gil_scoped_release release;
                    return block.wanted();
                }();
                return value_in_python(wanted.*field.member);
            };
            const auto set_doc = "Another " + name + ", from the next frame on.";
            const auto get_doc =
                "The " + name + " after all changes that still wait for their frame.";
            c.def(("set_" + name).c_str(), set, py::arg(field.name), set_doc.c_str());
            c.def(field.name, get, get_doc.c_str());
        }
    });
    const auto request = [resets](Block& block,
                                  const given<std::optional<std::int64_t>>& at,
                                  const given<bool>& reset,
                                  const py::kwargs& keywords) {
        change requested;
        requested.at = value_of<std::optional<std::int64_t>>("at", at.value).value_or(requested.at);
        requested.reset = value_of<bool>("reset", reset.value);
        if (requested.reset && !resets)
            throw std::invalid_argument("reset: True: there is nothing that this block can forget");
        py::list names;
        requested.for_each([&](const auto& field, auto& wanted) {
            if constexpr (std::decay_t<decltype(field)>::may_change) {
                names.append(field.name);
                if (keywords.contains(field.name))
                    wanted = value_from<settings>(field, keywords[field.name]);
            }
        });
        refuse_unknown(keywords, names);
        const py::gil_scoped_release release;
        block.request(requested);
    };
    c.def("change",
          request,
          py::kw_only(),
          py::arg("at") = py::none(),
          py::arg("reset") = false,
          "Several parameters at once, each as set_X() takes it. at: the sample that the first "
          "changed frame starts at or after (or is centred at or after, where positions are "
          "real); None: the next frame. reset: does what reset() does.");
}

#endif
