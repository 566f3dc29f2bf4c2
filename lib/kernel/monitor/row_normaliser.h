/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_ROW_NORMALISER_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_ROW_NORMALISER_H

#include <gnuradio/stft/kernel/monitor/noise_floor.h>
#include <volk/volk_alloc.hh>
#include <algorithm>

namespace gr::stft::kernel {

/*!
 * \brief Rows of power over noise, one row late: what has less than a share of the power of the strongest bin of a row and
 * of the rows before and after it is noise at most.
 *
 * Bins of steady lines do not count as strong. Ignored bins, and rows without a value, are 1.
 */
class row_normaliser
{
public:
    //! \param ignored 1 for bins in which nothing is looked for \param least share of the strongest bin's power that counts
    row_normaliser(const std::vector<std::uint8_t>& ignored, double least);

    //! The floor's shape has changed.
    void refresh(const noise_floor& floor);

    //! The next row, noise in it with this gain; null for one that is lost. True if the row before it is ready.
    bool add(const float* row, float gain);
    //! No more rows. True if the last one is ready.
    bool finish();

    //!@{
    //! The row that is ready, the gain of the noise in it, and the power over noise below which it holds no signal.
    const float* row() const { return d_ready.z.data(); }
    float gain() const { return d_ready.gain; }
    float limit() const { return d_limit; }
    //!@}

    //!@{
    //! The row after it, null if there is none yet, and the least that its own limit will be.
    const float* next() const { return d_last.there ? d_last.z.data() : nullptr; }
    float least_next_limit() const { return d_least * std::max(d_ready.greatest, d_last.greatest); }
    //!@}

private:
    struct normalised {
        volk::vector<float> z;
        float greatest = 0, gain = 1;
        bool there = false;
    };

    void apply_limit(float greatest_after);

    const std::vector<std::uint8_t>& d_ignored;
    float d_least;
    volk::vector<float> d_scale, d_offset, d_counts;
    normalised d_ready, d_last;
    float d_greatest_before = 0, d_limit = 0;
};

} // namespace gr::stft::kernel
#endif
