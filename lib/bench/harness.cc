/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"
#include <ctime>
#include <stdexcept>
#include <string>

namespace gr::stft::bench {

namespace {

double seconds_now()
{
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double seconds_of(const std::function<void()>& call, std::size_t times)
{
    const double begin = seconds_now();
    for (std::size_t i = 0; i < times; ++i)
        call();
    return seconds_now() - begin;
}

} // namespace

std::vector<std::vector<double>>
interleaved(const std::vector<std::function<void()>>& cases, std::size_t rounds, double seconds)
{
    std::vector<std::size_t> repeats;
    for (const auto& call : cases) {
        call();
        const double once = std::max(1e-9, seconds_of(call, 1));
        repeats.push_back(std::max<std::size_t>(1, static_cast<std::size_t>(seconds / once)));
    }
    std::vector<std::vector<double>> times(cases.size());
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t turn = 0; turn < cases.size(); ++turn) {
            const auto at = (round + turn) % cases.size();
            times[at].push_back(seconds_of(cases[at], repeats[at]) /
                                static_cast<double>(repeats[at]));
        }
    return times;
}

void require_agreement(double difference)
{
    if (!(difference <= 1e-5))
        throw std::runtime_error("the results differ by " + std::to_string(difference) +
                                 " of the peak: no ratio without equality");
}

} // namespace gr::stft::bench
