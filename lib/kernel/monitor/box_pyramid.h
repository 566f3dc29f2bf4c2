/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_BOX_PYRAMID_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_BOX_PYRAMID_H

#include "kernel/monitor/row_history.h"
#include <gnuradio/stft/kernel/monitor/detector_settings.h>
#include <volk/volk_alloc.hh>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

//! A box size with its two thresholds on the mean of the cells.
struct box_test {
    box_size size;
    double hit; //!< a box above it is found
    double low; //!< a box above it is found, too, if it hangs together with a found one
};

//! Cells that were found: rows first_row .. + rows, bins first_bin .. + bins.
struct found_cells {
    std::int64_t first_row;
    std::size_t rows, first_bin, bins;
    float
        excess; // mean of the cells that had not been found before, as if they were all, over that of noise
};

/*!
 * \brief Finds cells of normalised power (noise of mean 1) in boxes of several sizes, fine to coarse.
 *
 * Boxes of tau rows and beta bins lie half overlapped, at multiples of tau / 2 and beta / 2. A box is tested when its
 * last row is there and the boxes of fewer rows that reach into it have been. The cells of a found box are then 1, the
 * mean of noise, for the boxes after it. Everything depends on row numbers alone. After finish() the object is spent.
 */
class box_pyramid
{
public:
    //! \param bins of a row \param tests by rows, then bins, ascending
    box_pyramid(std::size_t bins, const std::vector<box_test>& tests);

    //! The next row. found() holds what it completes.
    void add(const float* row);

    //! Rows of ones until every box that reaches into the rows so far has been tested. found() as with add().
    void finish();

    //! Cells found by the last call, in the order of the tests.
    const std::vector<found_cells>& found() const { return d_found; }

    //! Rows so far.
    std::int64_t rows() const { return d_ring.rows(); }

    //! Rows from the last one back to the earliest in which cells may still be found.
    std::size_t reach() const { return d_kept; }

    //! Rows by which the box that follows one of `rows` rows has been tested.
    std::size_t wait_of(std::size_t rows) const
    {
        for (const auto& l : d_levels)
            if (l.rows >= rows)
                return l.rows + l.delay;
        return d_latency;
    }

    //! Rows after a row by which every box that holds it has been tested.
    std::size_t latency() const { return d_latency; }

private:
    enum : std::uint8_t { plain, low_box, found_box };

    struct scale {                     // boxes of one size
        std::size_t bins, step, boxes; // of a box; between boxes; in a row
        float hit, low;                // on the sum of a box
        std::vector<std::vector<std::uint8_t>>
            state; // of the boxes of the last steps: boxes of several steps may hang together
        std::vector<std::vector<float>> sums; // of the same boxes
        std::vector<std::size_t> marked;      // found boxes of a step
    };
    struct level {                     // boxes of one number of rows
        std::size_t rows, step, delay; // of a box; between boxes; rows that must follow a box
        std::size_t remembered;        // steps whose boxes may still be found with later ones
        std::vector<scale> scales;
        volk::vector<float> old_half, new_half, sum; // of half a box's rows, of all its rows
        std::int64_t steps = 0;
        std::int64_t half = 0; // first row of new_half
        bool outdated = false; // cells of new_half have been found since it was summed
    };
    struct box {
        std::int64_t step;
        std::size_t index;
    };

    void sum_half(level& l);
    void step(level& l, std::int64_t first_row);
    void test(level& l, scale& s, std::int64_t first_row);
    void mark(level& l, scale& s, box at, std::int64_t first_row);

    std::size_t d_bins, d_kept = 0, d_latency = 0;
    std::vector<level> d_levels;
    row_history<float> d_ring;
    volk::vector<float> d_halves;
    std::vector<found_cells> d_found;
    std::vector<box> d_todo;
};

} // namespace gr::stft::kernel
#endif
