/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BINDINGS_SHARE_H
#define INCLUDED_STFT_BINDINGS_SHARE_H

#include <algorithm>
#include <cstdint>
#include <functional>
#include <future>
#include <vector>

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
