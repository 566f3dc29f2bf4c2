/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_BENCH_DETECTION_WATCH_H
#define INCLUDED_STFT_LIB_BENCH_DETECTION_WATCH_H

#include <cstdint>

namespace gr::stft::bench {

//! Counts of a detector's events in a long stream.
struct watch_result {
    std::uint64_t planted; //!< bursts
    std::uint64_t once;    //!< bursts with one event, at their place
    std::uint64_t others;  //!< events elsewhere
    std::uint64_t open;    //!< events that had begun and have not ended
    std::int64_t grown;    //!< bytes of memory after the first hundredth of the rows
    bool in_order;         //!< no event is updated without a begin, or lies beyond the rows so far
};

/*!
 * \brief The detector on rows of 16 bins: noise, bursts, a line that comes and goes, lost rows, retunes.
 *
 * \param rows rounded down to tapes of 65536 rows, at least one
 * \param first sample of the first row, so that counters may be as high as those of years
 * \param print a line for each hundredth of the rows, if not null
 */
watch_result watch(std::uint64_t rows,
                   std::int64_t first,
                   void (*print)(std::uint64_t rows, std::int64_t bytes));

} // namespace gr::stft::bench
#endif
