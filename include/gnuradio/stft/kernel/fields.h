/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_FIELDS_H
#define INCLUDED_STFT_KERNEL_FIELDS_H

#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace gr::stft::kernel {

//! True for types whose values users give by name.
template <class Value>
inline constexpr bool is_named = std::is_enum_v<Value>;

//! The type of a value that may be missing.
template <class Value>
struct without_optional {
    using type = Value; //!< Value, without std::optional
};
//! Specialisation for one that may be missing.
template <class Value>
struct without_optional<std::optional<Value>> {
    using type = Value; //!< Value, without std::optional
};

//! The least number where zero is not allowed.
constexpr double above_zero = std::numeric_limits<double>::min();

/*!
 * \brief One parameter of a settings struct, as users know it.
 *
 * The constructors of blocks in Python, setters, keys of messages, tags and the entries of GNU Radio Companion are made
 * from fields. A rule that joins parameters stands in the check() of the struct.
 *
 * changes: the parameter may change while a block runs. tagged: a tag carries it.
 */
template <class Settings, class Value, bool changes = false, bool tagged = false>
struct field {
    static constexpr bool may_change = changes; //!< true: may change while a block runs
    static constexpr bool has_tag = tagged;     //!< true: a tag carries it
    using value_type = Value;                   //!< type of the member
    //! The type that a name stands for.
    using named_type = typename without_optional<Value>::type;
    //! The type in which users give a value: a name for a choice, 64 bits with a sign for an integer.
    using given_type = std::conditional_t<
        is_named<named_type>,
        std::string,
        std::conditional_t<std::is_integral_v<Value> && !std::is_same_v<Value, bool>,
                           std::int64_t,
                           Value>>;

    const char* name;                                      //!< the parameter's name
    Value Settings::*member;                               //!< member that holds the value
    named_type (*from_name)(const std::string&) = nullptr; //!< gives the value of a name
    bool is_required = false;                              //!< true: has no default
    bool is_automatic = false; //!< true: the default stands for a value that follows from others
    const char* tag = nullptr; //!< key of the tag
    double least = 0;          //!< smallest number in a tag
    double greatest = 0;       //!< largest number in a tag

    //! \param n name \param m member \param named for a choice: gives the value of a name
    constexpr field(const char* n,
                    Value Settings::*m,
                    named_type (*named)(const std::string&) = nullptr)
        : name(n), member(m), from_name(named)
    {}

    //! Field with other properties.
    template <bool other_changes, bool other_tagged>
    constexpr explicit field(const field<Settings, Value, other_changes, other_tagged>& other)
        : name(other.name), member(other.member), from_name(other.from_name),
          is_required(other.is_required), is_automatic(other.is_automatic), tag(other.tag),
          least(other.least), greatest(other.greatest)
    {}

    //!@{
    //! Returns the field with one more property.
    constexpr field required() const
    {
        auto copy = *this;
        copy.is_required = true;
        return copy;
    }
    constexpr field automatic() const
    {
        auto copy = *this;
        copy.is_automatic = true;
        return copy;
    }
    constexpr auto changeable() const { return field<Settings, Value, true, tagged>(*this); }
    //! \param key of the tag \param from,to range of the number in it
    constexpr auto with_tag(const char* key, double from = 0, double to = 0) const
    {
        field<Settings, Value, changes, true> copy(*this);
        copy.tag = key;
        copy.least = from;
        copy.greatest = to;
        return copy;
    }
    //!@}

    //! The value that users mean. \throws std::invalid_argument for an unknown name
    Value value_of(const given_type& given) const
    {
        if constexpr (is_named<named_type>)
            return from_name(given);
        else
            return static_cast<Value>(given);
    }
};

//! The parameters of a settings struct: a std::tuple of fields, in the order in which Python takes them.
template <class Settings>
inline constexpr std::tuple<> fields{};

//! Calls f(field) for each parameter of a settings struct.
template <class Settings, class F>
void for_each_field(F f)
{
    std::apply([&](const auto&... each) { (f(each), ...); }, fields<Settings>);
}

/*!
 * \brief A request to change some parameters of a running block.
 *
 * `at` is the sample that the first changed frame starts at or after (is centred at or after, where positions are real).
 * By default it is the next frame that changes.
 */
template <class Settings>
class change
{
public:
    std::int64_t at = std::numeric_limits<std::int64_t>::min(); //!< sample of the change
    bool reset = false; //!< true: forget what was held or learned

    change() = default;

    //! Request of one value. \throws as set()
    template <class Given>
    change(const char* name, const Given& given)
    {
        set(name, given);
    }

    /*!
     * \brief Requests a value.
     * \param name of the parameter \param given its value, as users give it
     * \throws std::invalid_argument for an unknown name of a choice
     * \throws std::logic_error if no parameter of this name and type may change
     */
    template <class Given>
    change& set(const char* name, const Given& given)
    {
        bool found = false;
        for_each([&](const auto& f, auto& wanted) {
            using type = std::decay_t<decltype(f)>;
            if constexpr (type::may_change && std::is_same_v<typename type::given_type, Given>)
                if (std::string(f.name) == name) {
                    wanted = f.value_of(given);
                    found = true;
                }
        });
        if (!found)
            throw std::logic_error(std::string(name) + " is no parameter that may change");
        return *this;
    }

    //!@{
    //! The requested value of a parameter, or nothing if it is to stay. \throws std::logic_error if no field has the member
    template <class Base, class Value>
    std::optional<Value>& wanted(Value Base::*member)
    {
        return find(*this, member);
    }
    template <class Base, class Value>
    const std::optional<Value>& wanted(Value Base::*member) const
    {
        return find(*this, member);
    }
    //!@}

    //! Writes the requested values into settings.
    void apply_to(Settings& settings) const
    {
        for_each([&](const auto& f, const auto& value) {
            if (value)
                settings.*f.member = *value;
        });
    }

    //! True if both request the same.
    bool operator==(const change& other) const
    {
        return at == other.at && reset == other.reset && d_values == other.d_values;
    }

    //!@{
    //! Calls f(field, std::optional<value>&) for each parameter.
    template <class F>
    void for_each(F f)
    {
        visit(d_values, f, indices());
    }
    template <class F>
    void for_each(F f) const
    {
        visit(d_values, f, indices());
    }
    //!@}

private:
    using table = std::decay_t<decltype(fields<Settings>)>;
    using indices = std::make_index_sequence<std::tuple_size_v<table>>;

    template <class... Field>
    static auto optionals(const std::tuple<Field...>&)
        -> std::tuple<std::optional<typename Field::value_type>...>;
    using values = decltype(optionals(std::declval<table>()));

    template <class Values, class F, std::size_t... I>
    static void visit(Values& values, F& f, std::index_sequence<I...>)
    {
        (f(std::get<I>(fields<Settings>), std::get<I>(values)), ...);
    }

    template <class Change, class Base, class Value>
    static auto& find(Change& c, Value Base::*member)
    {
        using found_type = std::conditional_t<std::is_const_v<Change>,
                                              const std::optional<Value>,
                                              std::optional<Value>>;
        found_type* found = nullptr;
        c.for_each([&](const auto& f, auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(f.member)>, Value Base::*>)
                if (f.member == member)
                    found = &value;
        });
        if (!found)
            throw std::logic_error("no field has this member");
        return *found;
    }

    values d_values;
};

} // namespace gr::stft::kernel
#endif
