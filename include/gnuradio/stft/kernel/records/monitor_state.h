/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_RECORDS_MONITOR_STATE_H
#define INCLUDED_STFT_KERNEL_RECORDS_MONITOR_STATE_H

#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/fields.h>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gr::stft::kernel {

//! State of one kernel, which it keeps over a restart: arrays by name, and the parameters that they belong to.
struct STFT_API state_section {
    std::map<std::string, std::string> parameters;           //!< parameters as text
    std::map<std::string, std::vector<std::int64_t>> counts; //!< integers
    //! Real numbers; NaN and infinities become NaN in a file.
    std::map<std::string, std::vector<double>> numbers;

    /*!
     * \brief Refuses parameters that differ from those of the section.
     * \param others the parameters of the kernel that is to go on
     * \param may_differ names that do not matter
     * \throws std::invalid_argument "state: names: ..." with the names that differ, and both values
     */
    void require(const std::map<std::string, std::string>& others,
                 const std::vector<std::string>& may_differ = {}) const;

    //!@{
    //! An array of a length that the reader knows. \throws std::invalid_argument naming it if it is not there, or has another length
    const std::vector<std::int64_t>& integers(const std::string& name, std::size_t length) const;
    const std::vector<double>& reals(const std::string& name, std::size_t length) const;
    //!@}
};

/*!
 * \brief The state of a whole monitor: sections by name, in one file of JSON.
 *
 *     {"format": "gr_stft monitor state", "version": 1, "sections":
 *      {name: {"parameters": {name: text}, "counts": {name: [integers]}, "numbers": {name: [numbers, null for NaN]}}}}
 *
 * One file, since a file is replaced at once and two are not; JSON, since integers of 64 bits and the shortest text of a double
 * read back the same, and a person can read it.
 */
using monitor_state = std::map<std::string, state_section>;

//! The version of the format that is written, and the only one that is read.
constexpr int state_version = 1;

//! A state as text.
STFT_API std::string text_of(const monitor_state& state);
//! A state from its text. \throws std::invalid_argument "state: value: rule" for what is none, or of another version
STFT_API monitor_state monitor_state_from(const std::string& text);

//! Writes a state to a file, which is complete at any time. \throws std::runtime_error if that is not possible, or others take ten
//! seconds for their writing of it
STFT_API void write_state(const std::string& path, const monitor_state& state);
/*!
 * \brief Puts sections into a file of state; its others stay.
 *
 * Nobody else adds to the file between its reading and its writing, so several processes may keep their sections in one file.
 * \throws std::runtime_error as write_state() and read_state()
 * \throws std::invalid_argument as read_state(); the file stays as it is
 */
STFT_API void add_to_state(const std::string& path, const monitor_state& sections);
//! Reads a state from a file, or nothing if there is none.
//! \throws std::runtime_error if it cannot be read \throws std::invalid_argument as monitor_state_from()
STFT_API std::optional<monitor_state> read_state(const std::string& path);

//! A parameter as text.
STFT_API std::string text_of_value(double value);

//! The parameters of a settings struct as text, by name.
template <class Settings>
std::map<std::string, std::string> text_of_parameters(const Settings& s)
{
    std::map<std::string, std::string> texts;
    for_each_field<Settings>([&](const auto& f) {
        const auto& value = s.*f.member;
        using type = std::decay_t<decltype(value)>;
        auto& text = texts[f.name];
        if constexpr (std::is_same_v<type, std::string>)
            text = value;
        else if constexpr (std::is_same_v<type, std::vector<double>>) {
            for (const auto each : value)
                text += (text.empty() ? "" : ",") + text_of_value(each);
        } else if constexpr (std::is_floating_point_v<type>)
            text = text_of_value(value);
        else
            text = std::to_string(value);
    });
    return texts;
}

} // namespace gr::stft::kernel
#endif
