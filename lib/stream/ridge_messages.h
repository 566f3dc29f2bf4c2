/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_STREAM_RIDGE_MESSAGES_H
#define INCLUDED_STFT_LIB_STREAM_RIDGE_MESSAGES_H

#include "event_messages.h"
#include "kernel/speed/ridge_watch.h"

namespace gr::stft {

//! A change of a ridge as a dict. \param values of the ridge \param sample at the centre of the frame in which it began
inline pmt::pmt_t ridge_message(const kernel::ridge_change& change,
                                const double* values,
                                std::int64_t sample,
                                const kernel::event_context& context,
                                const std::string& source)
{
    const auto time = kernel::time_of(sample, context);
    auto dict = pmt::make_dict();
    const auto add = [&](const char* key, const pmt::pmt_t& value) {
        dict = pmt::dict_add(dict, pmt::mp(key), value);
    };
    add("kind", pmt::mp(change.kind));
    add("track", pmt::from_long(static_cast<long>(change.track)));
    add("time", time ? pmt::mp(kernel::iso8601(*time)) : pmt::PMT_NIL);
    add("sample", pmt::from_long(static_cast<long>(sample)));
    add("frequency", pmt::from_double(values[kernel::ridge_frequency]));
    add("rate", pmt::from_double(values[kernel::ridge_slope]));
    add("confidence", pmt::from_double(values[kernel::ridge_confidence]));
    add("source", pmt::mp(source));
    return dict;
}

//! Frames in which a ridge must be found or lost before that is reported: half a second.
inline std::size_t frames_to_report(double samp_rate, std::size_t hop)
{
    return static_cast<std::size_t>(std::clamp(samp_rate / static_cast<double>(hop) / 2, 1.0, 1e6));
}

} // namespace gr::stft
#endif
