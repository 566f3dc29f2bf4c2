/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_RUNNING_MEDIAN_H
#define INCLUDED_STFT_LIB_KERNEL_RUNNING_MEDIAN_H

#include <cstdint>
#include <type_traits>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Medians of windows that slide along values that are not negative. R: float or double.
 *
 * All values are sorted once. A window is then a set of ranks, and its median moves by one member at most when the window
 * moves by one value: the cost of a median does not depend on the window's width.
 */
template <class R>
class running_median_of
{
public:
    /*!
     * \param values not negative (nor -0), finite \param width of the window, odd, at most the number of values
     * \param medians of the windows values[i] .. values[i + width - 1]
     */
    void run(const std::vector<R>& values, std::size_t width, std::vector<R>& medians);

private:
    void sort(const std::vector<R>& values);
    void set(std::size_t rank) { d_members[rank / 64] |= std::uint64_t(1) << (rank % 64); }
    void clear(std::size_t rank) { d_members[rank / 64] &= ~(std::uint64_t(1) << (rank % 64)); }
    std::size_t member_from(std::size_t rank) const;
    std::size_t member_before(std::size_t rank) const;

    using bits_of_value = std::conditional_t<sizeof(R) == 4, std::uint32_t, std::uint64_t>;
    struct keyed {
        bits_of_value key;
        std::uint32_t index;
    };

    std::vector<keyed> d_sorted, d_other;
    std::vector<std::uint32_t> d_ranks;   // by index of the value
    std::vector<std::uint64_t> d_members; // a bit for each rank
};

using running_median = running_median_of<float>;

} // namespace gr::stft::kernel
#endif
