/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_FRAMES_QUICKEST_H
#define INCLUDED_STFT_LIB_KERNEL_FRAMES_QUICKEST_H

#include "fft.h"
#include <algorithm>
#include <ctime>
#include <limits>
#include <memory>
#include <vector>

namespace gr::stft::kernel {

//! Seconds of this thread's processor time that a call takes: the least of some runs, which together take a few milliseconds
//! unless one takes longer.
template <class Call>
double seconds_of(const Call& call)
{
    constexpr int runs = 7;
    constexpr double enough = 2e-4; // of a run, against the clock's grain
    const auto now = [] {
        timespec t;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
    };
    const auto first = now();
    call(); // which also touches all memory
    const auto once = std::max(now() - first, 1e-7);
    const auto calls = static_cast<int>(std::max(1.0, enough / once));
    double least = std::numeric_limits<double>::infinity();
    for (int run = 0; run < runs; ++run) {
        const auto begin = now();
        for (int i = 0; i < calls; ++i)
            call();
        least = std::min(least, (now() - begin) / calls);
    }
    return least;
}

//! The one of make(choice) for which seconds(one) is least, or of the first choice if there is no other or planning measures
//! nothing.
template <class Dft, class Choice, class Make, class Seconds>
std::shared_ptr<Dft>
quickest(const std::vector<Choice>& choices, const Make& make, const Seconds& seconds)
{
    std::shared_ptr<Dft> best = make(choices.front());
    if (!dft_planner_measures() || choices.size() == 1)
        return best;
    auto least = seconds(*best);
    for (std::size_t i = 1; i < choices.size(); ++i) {
        std::shared_ptr<Dft> other = make(choices[i]);
        const auto time = seconds(*other);
        if (time < least) {
            least = time;
            best = other;
        }
    }
    return best;
}

} // namespace gr::stft::kernel
#endif
