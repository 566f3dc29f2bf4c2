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

//! Seconds of this thread's processor time that a call takes: the least of some runs, which together take a millisecond
//! unless one takes longer.
template <class Call>
double seconds_of(const Call& call)
{
    constexpr int runs = 3;
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

//! The one of make(choice) for which seconds(one) is least, or the first choice unless another is clearly quicker, there is no
//! other, or planning measures nothing. All are measured in turn, some times, so that a burst of other work meets all of them.
template <class Dft, class Choice, class Make, class Seconds>
std::shared_ptr<Dft>
quickest(const std::vector<Choice>& choices, const Make& make, const Seconds& seconds)
{
    constexpr int turns = 4;
    constexpr double clearly = 0.97;
    if (!dft_planner_measures() || choices.size() == 1)
        return make(choices.front());
    std::vector<std::shared_ptr<Dft>> made;
    for (const auto& choice : choices)
        made.push_back(make(choice));
    std::vector<double> least(made.size(), std::numeric_limits<double>::infinity());
    for (int turn = 0; turn < turns; ++turn)
        for (std::size_t i = 0; i < made.size(); ++i)
            least[i] = std::min<double>(least[i], seconds(*made[i]));
    least.front() *= clearly;
    return made[static_cast<std::size_t>(std::min_element(least.begin(), least.end()) -
                                         least.begin())];
}

} // namespace gr::stft::kernel
#endif
