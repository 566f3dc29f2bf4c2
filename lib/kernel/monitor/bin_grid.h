/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_BIN_GRID_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_BIN_GRID_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

//! Bins first .. end, both included.
struct bin_range {
    std::size_t first, end;

    //! Bins of an event whose last one is end - 1, and some on either side.
    static bin_range about(std::size_t first, std::size_t end, std::size_t more)
    {
        return { first - std::min(first, more), end + more };
    }
};

//! Ranges of bins by their place, so that those near others are found without a look at all of them.
class bin_grid
{
public:
    //! \param bins of a row
    explicit bin_grid(std::size_t bins) : d_last(bins - 1), d_begin(place(d_last) + 2) {}

    //! New ranges, numbered 0 .. count - 1: range_of(i).
    template <class F>
    void fill(std::size_t count, F range_of)
    {
        std::fill(d_begin.begin(), d_begin.end(), 0);
        for (std::size_t i = 0; i < count; ++i)
            for_each_place(range_of(i), [&](std::size_t at) { ++d_begin[at]; });
        for (std::size_t at = 1; at < d_begin.size(); ++at)
            d_begin[at] +=
                d_begin[at - 1]; // the end of each place, which the numbers fill from there
        d_items.resize(d_begin.back());
        for (auto i = count; i-- > 0;)
            for_each_place(range_of(i), [&](std::size_t at) {
                d_items[--d_begin[at]] = static_cast<std::uint32_t>(i);
            });
    }

    //! True if f(number) is true for a range that has bins in common with this one; f is also called for some that have none,
    //! and for some again.
    template <class F>
    bool any_near(const bin_range& range, F f) const
    {
        bool found = false;
        for (auto at = place(range.first); !found && at <= place(range.end); ++at)
            for (auto i = d_begin[at]; !found && i < d_begin[at + 1]; ++i)
                found = f(d_items[i]);
        return found;
    }

private:
    static constexpr std::size_t bins_of_place = 16;

    std::size_t place(std::size_t bin) const { return std::min(bin, d_last) / bins_of_place; }

    template <class F>
    void for_each_place(const bin_range& range, F f) const
    {
        for (auto at = place(range.first); at <= place(range.end); ++at)
            f(at);
    }

    std::size_t d_last;
    std::vector<std::size_t> d_begin; // in d_items, of each place; the last one is the end
    std::vector<std::uint32_t> d_items;
};

} // namespace gr::stft::kernel
#endif
