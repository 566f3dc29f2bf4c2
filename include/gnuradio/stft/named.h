/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_NAMED_H
#define INCLUDED_STFT_NAMED_H

#include <gnuradio/stft/kernel/fields.h>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace gr::stft {

/*!
 * \brief Settings by the names of their fields, as Python has them.
 *
 * `stft_fvc::make(named("n_fft", 1024)("hop", 256)("scaling", "psd"))`. It converts to any settings struct.
 */
template <class... Given>
class named_values
{
public:
    //! Values with their names.
    explicit named_values(std::tuple<std::pair<const char*, Given>...> values)
        : d_values(std::move(values))
    {}

    //! Returns these values and one more.
    template <class Value>
    named_values<Given..., Value> operator()(const char* name, Value value) const
    {
        return named_values<Given..., Value>(
            std::tuple_cat(d_values, std::make_tuple(std::pair(name, std::move(value)))));
    }

    /*!
     * \brief The settings; a field that is not named keeps its default.
     * \throws std::invalid_argument for an unknown name, a value of another type, or a field that needs a value
     */
    template <class Settings, class = decltype(kernel::fields<Settings>)>
    operator Settings() const
    {
        Settings settings{};
        std::apply([&](const auto&... each) { (set(settings, each.first, each.second), ...); },
                   d_values);
        kernel::for_each_field<Settings>([this](const auto& field) {
            const auto is_given = [&field](const auto&... each) {
                return (false || ... || (field.name == std::string(each.first)));
            };
            if (field.is_required && !std::apply(is_given, d_values))
                throw std::invalid_argument(field.name + std::string(": missing: must be given"));
        });
        return settings;
    }

private:
    template <class Settings, class Value>
    static void set(Settings& settings, const std::string& name, const Value& value)
    {
        bool known = false, fits = false;
        kernel::for_each_field<Settings>([&](const auto& field) {
            using field_type = std::decay_t<decltype(field)>;
            using given_type = typename field_type::given_type;
            constexpr bool numbers =
                std::is_arithmetic_v<given_type> && std::is_arithmetic_v<Value>;
            constexpr bool text_for_number = std::is_arithmetic_v<given_type> && !numbers;
            if (name != field.name)
                return;
            known = true;
            if constexpr (std::is_convertible_v<Value, given_type> && !text_for_number) {
                settings.*field.member = field.value_of(static_cast<given_type>(value));
                fits = true;
            }
        });
        if (!known)
            throw std::invalid_argument(name + ": is no parameter");
        if (!fits)
            throw std::invalid_argument(name + ": has a value of another type");
    }

    std::tuple<std::pair<const char*, Given>...> d_values;
};

//! The first of some settings by name.
template <class Value>
named_values<Value> named(const char* name, Value value)
{
    return named_values<>(std::tuple<>())(name, std::move(value));
}

} // namespace gr::stft
#endif
