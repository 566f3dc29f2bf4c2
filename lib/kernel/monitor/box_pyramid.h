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

//! Cells of a box that was found: rows first_row .. + rows, bins first_bin .. + bins.
struct found_cells {
    std::int64_t first_row;
    std::size_t rows, first_bin, bins;
    float
        excess; // mean power over noise, without the noise; cells of boxes found before count as noise
    bool hit = true; // the box exceeds its upper threshold
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

    //! Rows after the last one of a box of `rows` rows by which the next such box has been tested.
    std::size_t wait_for_next(std::size_t rows) const
    {
        for (const auto& t : d_tiers)
            if (t.rows >= rows)
                return t.step + t.delay;
        return d_latency;
    }

    //! Rows after a row by which all boxes of `rows` rows that hold it have been tested.
    std::size_t wait_of(std::size_t rows) const
    {
        for (const auto& t : d_tiers)
            if (t.rows >= rows)
                return t.rows + t.delay;
        return d_latency;
    }

    //! Rows after a row by which every box that holds it has been tested.
    std::size_t latency() const { return d_latency; }

private:
    enum : std::uint8_t { plain, low_box, found_box };

    struct scale { // boxes of one size
        scale(const box_test& test, std::size_t bins_of_row, std::size_t remembered);

        std::size_t bins, step, boxes; // of a box; between boxes; in a row
        float hit, low;                // on the sum of a box
        // of the boxes of the last steps, by the step's number modulo `remembered`:
        std::vector<std::vector<std::uint8_t>> state;
        std::vector<std::vector<float>> sums;
        std::vector<std::size_t> marked; // number of found boxes
    };
    struct tier { // boxes of one number of rows
        tier(std::size_t rows_of_box, std::size_t delay, std::size_t bins_of_row);
        std::size_t slot(std::int64_t of_step) const
        {
            return static_cast<std::size_t>(of_step) % remembered;
        }
        //! Slot of the step before that of a slot; without a division, which a test of a box size would notice.
        std::size_t before(std::size_t slot) const { return (slot > 0 ? slot : remembered) - 1; }

        std::size_t rows, step, delay; // of a box; between boxes; rows that must follow a box
        std::size_t remembered;        // steps whose boxes may still be found with later ones
        std::vector<scale> scales;
        volk::vector<float> old_half, new_half, sum; // of half a box's rows, of all its rows
        std::int64_t steps = 0;                      // number of the step that is tested
        std::int64_t half = 0;                       // first row of new_half
        bool outdated = false; // cells of new_half have been found since it was summed
    };
    struct box {
        std::int64_t step;
        std::size_t index;
    };

    void sum_half(tier& t);
    void step(tier& t, std::int64_t first_row);
    void test(tier& t, scale& s, std::int64_t first_row);
    void sum_boxes(const tier& t, const scale& s, float* sums);
    void find_seeds(const tier& t, scale& s);
    void spread(tier& t, scale& s, std::int64_t first_row);
    void mark(tier& t, scale& s, box at, std::int64_t first_row);

    std::size_t d_bins, d_kept = 0, d_latency = 0;
    std::vector<tier> d_tiers;
    row_history<float> d_ring;
    volk::vector<float> d_halves;
    std::vector<found_cells> d_found;
    std::vector<box> d_todo; // found boxes whose neighbours have not been looked at
};

} // namespace gr::stft::kernel
#endif
