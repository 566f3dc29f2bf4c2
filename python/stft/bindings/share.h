/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BINDINGS_SHARE_H
#define INCLUDED_STFT_BINDINGS_SHARE_H

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <vector>

//! Samples from which on a transform is shared out: to start a thread and wait for it takes as long as thousands of them.
inline std::atomic<std::int64_t> least_shared{ std::int64_t(1) << 18 };

//! The threads for this many samples in frames of n_fft samples: one if there are few samples, and few cells for each of them.
inline std::int64_t
threads_for(std::int64_t workers, std::int64_t samples, std::int64_t frames, std::size_t n_fft)
{
    const auto cells = static_cast<double>(frames) * static_cast<double>(n_fft);
    return samples >= least_shared || cells / 4 >= static_cast<double>(least_shared) ? workers : 1;
}

//! work(begin, end) on parts of 0 .. count - 1, in as many threads; an object of its own in each of them.
template <class Work>
void share(std::int64_t count, std::int64_t workers, const Work& work)
{
    const auto parts = std::clamp<std::int64_t>(count, 1, workers);
    std::vector<std::future<void>> others; // destructors of futures wait for the threads
    for (std::int64_t i = 1; i < parts; ++i)
        others.push_back(std::async(
            std::launch::async, std::cref(work), count * i / parts, count * (i + 1) / parts));
    work(0, count / parts);
    for (auto& other : others)
        other.get();
}

//! Overload for work(object, begin, end): with this object if there is one part, with a copy of it
//! in each of several.
template <class Object, class Work>
void share_with(Object& object, std::int64_t count, std::int64_t workers, const Work& work)
{
    if (count <= 1 || workers <= 1) {
        work(object, std::int64_t(0), count);
        return;
    }
    const auto& common = object;
    share(count, workers, [&](std::int64_t begin, std::int64_t end) {
        auto own = common;
        work(own, begin, end);
    });
}

#endif
