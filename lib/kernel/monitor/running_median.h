/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_RUNNING_MEDIAN_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_RUNNING_MEDIAN_H

#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Medians of windows that slide along positive values.
 *
 * All values are sorted once. A window is then a set of ranks, and its median moves by one member at most when the window
 * moves by one value: the cost of a median does not depend on the window's width.
 */
class running_median
{
public:
    /*!
     * \param values positive, finite \param width of the window, odd, at most the number of values
     * \param medians of the windows values[i] .. values[i + width - 1]
     */
    void run(const std::vector<float>& values, std::size_t width, std::vector<float>& medians);

private:
    void sort(const std::vector<float>& values);
    void set(std::size_t rank) { d_members[rank / 64] |= std::uint64_t(1) << (rank % 64); }
    void clear(std::size_t rank) { d_members[rank / 64] &= ~(std::uint64_t(1) << (rank % 64)); }
    std::size_t member_from(std::size_t rank) const;
    std::size_t member_before(std::size_t rank) const;

    struct keyed {
        std::uint32_t key, index;
    };

    std::vector<keyed> d_sorted, d_other;
    std::vector<std::uint32_t> d_ranks;   // by index of the value
    std::vector<std::uint64_t> d_members; // a bit for each rank
};

} // namespace gr::stft::kernel
#endif
