/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "receiver_tags.h"
#include "event_messages.h"
#include "stream_tags.h"
#include <algorithm>
#include <cmath>

namespace gr::stft {

namespace {

constexpr std::int64_t farthest = std::int64_t(1) << 60;

const pmt::pmt_t rx_freq_key = pmt::mp("rx_freq");

} // namespace

bool tells_of_overflow(const pmt::pmt_t& key)
{
    static const auto overflow = pmt::mp("overflow"), rx_overflow = pmt::mp("rx_overflow");
    return pmt::eq(key, overflow) || pmt::eq(key, rx_overflow);
}

bool receiver_tags::takes(const pmt::pmt_t& key)
{
    return pmt::eq(key, rx_freq_key) || pmt::eq(key, rx_time_key) || tells_of_overflow(key);
}

void receiver_tags::read(const gr::tag_t& tag, const gr::logger_ptr& logger)
{
    const auto ignore = [&](const char* rule) {
        logger->warn(
            "{} ignored: {}: {}", pmt::write_string(tag.key), pmt::write_string(tag.value), rule);
    };
    if (pmt::eq(tag.key, rx_freq_key)) {
        const auto given = real_number(tag.value);
        if (given && std::abs(*given) <= 1e30)
            freq = given;
        else
            ignore("must be a number of Hz, at most 1e30");
    } else if (pmt::eq(tag.key, rx_time_key)) {
        if (const auto given = time_in(tag.value))
            time = given;
        else
            ignore("must be a tuple of full seconds and a fraction");
    } else if (tells_of_overflow(tag.key)) {
        const auto given = real_number(tag.value);
        overflow = true;
        if (given && *given >= 1 && *given <= most_lost)
            lost = std::max(lost, static_cast<std::int64_t>(*given));
    }
}

std::optional<stream_loss> lost_before(const receiver_tags& tags,
                                       std::int64_t sample,
                                       const kernel::event_context& known,
                                       std::size_t hop,
                                       bool knows_rate)
{
    auto samples = static_cast<double>(tags.lost);
    bool jumps = tags.overflow;
    const auto row = static_cast<double>(hop);
    if (const auto expected =
            tags.time && knows_rate ? kernel::time_of(sample, known) : std::nullopt) {
        const auto later = seconds_between(*expected, *tags.time) * known.samp_rate;
        if (std::abs(later) > row / 2) {
            samples = later;
            jumps = true;
        }
    }
    if (!jumps)
        return {};
    const auto rows = std::round(samples / row);
    if (rows > 0 && samples <= most_lost && sample <= farthest)
        return stream_loss{ true, std::llround(rows), std::llround(samples) };
    return stream_loss{ rows == 0 && !(tags.overflow && tags.lost == 0), 0, 0 };
}

} // namespace gr::stft
