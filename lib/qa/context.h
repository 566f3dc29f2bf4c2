/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_QA_CONTEXT_H
#define INCLUDED_STFT_LIB_QA_CONTEXT_H

#include <complex>
#include <exception>
#include <string>
#include <type_traits>
#include <vector>

namespace qa {

//! "float", "double", "complex float" or "complex double"
template <class T>
std::string type_name()
{
    if constexpr (std::is_same_v<T, float>)
        return "float";
    else if constexpr (std::is_same_v<T, double>)
        return "double";
    else
        return "complex " + type_name<typename T::value_type>();
}

template <class V, class = void>
constexpr bool has_text = false;
template <class V>
constexpr bool has_text<V, std::void_t<decltype(std::declval<const V&>().text())>> = true;
template <class V, class = void>
constexpr bool has_name = false;
template <class V>
constexpr bool has_name<V, std::void_t<decltype(std::declval<const V&>().name())>> = true;
template <class V, class = void>
constexpr bool has_name_member = false;
template <class V>
constexpr bool
    has_name_member<V, std::void_t<decltype(std::string(std::declval<const V&>().name))>> = true;
template <class V, class = void>
constexpr bool is_named = false;
template <class V>
constexpr bool is_named<V, std::void_t<decltype(name_of(std::declval<const V&>()))>> = true;

//! A value as messages show it; empty if it has no text.
template <class V>
std::string text_of(const V& value)
{
    if constexpr (std::is_convertible_v<V, std::string>)
        return value;
    else if constexpr (std::is_arithmetic_v<V>)
        return std::to_string(value);
    else if constexpr (has_text<V>)
        return value.text();
    else if constexpr (has_name<V>)
        return value.name();
    else if constexpr (has_name_member<V>)
        return value.name;
    else if constexpr (is_named<V>)
        return name_of(value);
    else if constexpr (std::is_enum_v<V>)
        return "number " + std::to_string(static_cast<int>(value));
    else
        return {};
}

//! The values of the loops around the failure under way, from the innermost one.
inline std::vector<std::string>& contexts_of_failure()
{
    static std::vector<std::string> all;
    return all;
}

/*!
 * \brief Declared at the start of a loop's body, it names the value of the loop in the message of a failure in this body.
 *
 * The text is made when an exception leaves the body, so that a loop may be a hot one.
 */
template <class V>
class context
{
public:
    context(const char* name, const V& value) : d_name(name), d_value(value) {}
    ~context()
    {
        if (std::uncaught_exceptions() == d_before)
            return;
        const auto text = text_of(d_value);
        contexts_of_failure().push_back(d_name + (text.empty() ? text : ": " + text));
    }
    context(const context&) = delete;
    context& operator=(const context&) = delete;

private:
    const char* d_name;
    const V& d_value;
    int d_before = std::uncaught_exceptions();
};

} // namespace qa
#endif
