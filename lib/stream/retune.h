/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_RETUNE_H
#define INCLUDED_STFT_LIB_STREAM_RETUNE_H

#include <gnuradio/block.h>
#include <gnuradio/stft/kernel/filter_bank/stft_bins.h>
#include <functional>
#include <limits>
#include <optional>
#include <set>

namespace gr::stft {

//! A request to change some parameters of a running block.
struct retune {
    std::optional<std::int64_t> hop, win_length, average;
    std::optional<kernel::window> window;
    std::optional<std::string> scaling;
    std::optional<std::vector<double>> bins;
    bool reset = false;
    //! The first frame that starts here or later is the first to change; by default the next one.
    std::int64_t at = std::numeric_limits<std::int64_t>::min();

    //! p with the requested changes; a window given as taps brings its own length.
    kernel::parameters applied_to(kernel::parameters p) const;
    kernel::bins_parameters applied_to(kernel::bins_parameters p) const;
};

//! An integer of a message. \throws std::invalid_argument naming the key if it is none
std::int64_t integer_in(const std::string& key, const pmt::pmt_t& value);

//! A real number. \throws std::invalid_argument naming the key if it is none
double real_in(const std::string& key, const pmt::pmt_t& value);

//! A real number, or those of a vector. \throws std::invalid_argument naming the key if it is neither
std::vector<double> numbers_in(const std::string& key, const pmt::pmt_t& value);

/*!
 * \brief Calls read(key, value) for the items of a dict, or of a single pair, of a message port.
 * \param known the keys that the block understands
 * \throws std::invalid_argument naming another key
 */
void for_items(const pmt::pmt_t& message,
               const std::set<std::string>& known,
               const std::function<void(const std::string&, const pmt::pmt_t&)>& read);

/*!
 * \brief Reads a dict, or a single pair, of a message port.
 * \param known the keys that the block understands
 * \throws std::invalid_argument naming the key, or pmt::exception for a value of a wrong type
 */
retune retune_from(const pmt::pmt_t& message, const std::set<std::string>& known);

//! Gives the block a message port "cmd". What obey() throws goes to the logger, a member of the block, and nothing else
//! happens.
void listen(gr::block& block,
            const gr::logger_ptr& logger,
            const std::function<void(const pmt::pmt_t&)>& obey);

} // namespace gr::stft
#endif
