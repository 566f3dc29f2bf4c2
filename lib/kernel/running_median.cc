/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/running_median.h"
#include <boost/multiprecision/integer.hpp>
#include <array>
#include <cstring>
#include <utility>

namespace gr::stft::kernel {

//! Sorts by digits: the bits of such values, read as an integer, have their order.
template <class R>
void running_median_of<R>::sort(const std::vector<R>& values)
{
    constexpr unsigned bits = 11, digits = (8 * sizeof(R) + bits - 1) / bits;
    constexpr bits_of_value mask = (1u << bits) - 1;
    d_sorted.resize(values.size());
    d_other.resize(values.size());
    std::array<std::array<std::uint32_t, 1u << bits>, digits> counts{};
    for (std::size_t i = 0; i < values.size(); ++i) {
        bits_of_value key = 0;
        std::memcpy(&key, &values[i], sizeof key);
        d_sorted[i] = { key, static_cast<std::uint32_t>(i) };
        for (unsigned d = 0; d < digits; ++d)
            ++counts[d][(key >> (d * bits)) & mask];
    }
    for (unsigned d = 0; d < digits; ++d) {
        std::uint32_t before = 0;
        for (auto& each : counts[d])
            before += std::exchange(each, before);
        for (const auto& each : d_sorted)
            d_other[counts[d][(each.key >> (d * bits)) & mask]++] = each;
        d_sorted.swap(d_other);
    }
    d_ranks.resize(values.size());
    for (std::size_t r = 0; r < d_sorted.size(); ++r)
        d_ranks[d_sorted[r].index] = static_cast<std::uint32_t>(r);
}

//! The first member from a rank on; there must be one.
template <class R>
std::size_t running_median_of<R>::member_from(std::size_t rank) const
{
    auto word = rank / 64;
    auto bits = d_members[word] & (~std::uint64_t(0) << (rank % 64));
    while (!bits)
        bits = d_members[++word];
    return word * 64 + boost::multiprecision::lsb(bits);
}

//! The last member before a rank; there must be one.
template <class R>
std::size_t running_median_of<R>::member_before(std::size_t rank) const
{
    auto word = rank / 64;
    auto bits = d_members[word] & ~(~std::uint64_t(0) << (rank % 64));
    while (!bits)
        bits = d_members[--word];
    return word * 64 + boost::multiprecision::msb(bits);
}

template <class R>
void running_median_of<R>::run(const std::vector<R>& values,
                               std::size_t width,
                               std::vector<R>& medians)
{
    sort(values);
    d_members.assign(values.size() / 64 + 1, 0);
    for (std::size_t i = 0; i < width; ++i)
        set(d_ranks[i]);
    const auto wanted = width / 2; // members below the median
    auto median = member_from(0);
    for (std::size_t i = 0; i < wanted; ++i)
        median = member_from(median + 1);
    medians.resize(values.size() - width + 1);
    for (std::size_t i = 0;; ++i) {
        medians[i] = values[d_sorted[median].index];
        if (i + 1 == medians.size())
            return;
        const std::size_t old = d_ranks[i], fresh = d_ranks[i + width];
        clear(old);
        set(fresh);
        const auto below = wanted - (old < median) + (fresh < median);
        if (below > wanted)
            median = member_before(median);
        else if (below < wanted)
            median = member_from(median + 1);
        else if (old == median)
            median = member_from(median);
    }
}

template class running_median_of<float>;
template class running_median_of<double>;

} // namespace gr::stft::kernel
