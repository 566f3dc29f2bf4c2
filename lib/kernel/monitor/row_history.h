/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_ROW_HISTORY_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_ROW_HISTORY_H

#include <volk/volk_alloc.hh>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

//! The last rows of a stream, by row number. Memory is taken as they come.
template <class Value>
class row_history
{
public:
    //! \param bins of a row \param kept number of rows
    row_history(std::size_t bins, std::size_t kept) : d_bins(bins), d_kept(kept), d_values(kept) {}

    //! Place of the next row, which takes that of the oldest one.
    Value* add()
    {
        const auto place = d_next;
        d_next = d_next + 1 < d_kept ? d_next + 1 : 0;
        ++d_rows;
        if (d_values[place].empty())
            d_values[place].resize(d_bins);
        return d_values[place].data();
    }

    //!@{
    //! A row, from oldest() on.
    Value* row(std::int64_t number) { return d_values[place_of(number)].data(); }
    const Value* row(std::int64_t number) const { return d_values[place_of(number)].data(); }
    //!@}

    //! Rows so far.
    std::int64_t rows() const { return d_rows; }
    //! The oldest row that is kept.
    std::int64_t oldest() const
    {
        return std::max<std::int64_t>(0, d_rows - static_cast<std::int64_t>(d_kept));
    }
    //! Values of a row.
    std::size_t bins() const { return d_bins; }

private:
    //! Counted back from the next row's, since a division would take longer than much of what is done with a row.
    std::size_t place_of(std::int64_t number) const
    {
        const auto age = static_cast<std::size_t>(d_rows - number);
        return d_next >= age ? d_next - age : d_next + d_kept - age;
    }

    std::size_t d_bins, d_kept, d_next = 0;
    std::vector<volk::vector<Value>> d_values; // rows
    std::int64_t d_rows = 0;
};

} // namespace gr::stft::kernel
#endif
