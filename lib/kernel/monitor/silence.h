/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MONITOR_SILENCE_H
#define INCLUDED_STFT_LIB_KERNEL_MONITOR_SILENCE_H

#include <gnuradio/stft/kernel/monitor/detector_settings.h>
#include <cstddef>
#include <optional>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Tells from the power in an event's bins whether the event is over.
 *
 * The power of a row, summed over bins of noise of mean 1, is a gamma variable of as many independent cells as the bins
 * hold. While the event lasts it is one of the event's own level, or of 0.7 of it, since signals fade, and of the event's
 * own fluctuation, down to that of twice as many cells, since a line that stays is steadier than noise. The logarithms of
 * the ratio of these two densities are summed as in Page, "Continuous inspection schemes", Biometrika 41, 1954: a sum that
 * would be negative restarts at 0. Independent rows of an event that lasts exceed a limit h once in exp(h) rows at most
 * (Lorden, "Procedures for reacting to a change in distribution", Ann. Math. Statist. 42, 1971). h is ln(1e6): a strong
 * event is over after a row or two of noise, a weak and narrow one after many.
 * Rows of a pause are not independent: an event that has paused is not over before twice as long.
 */
class silence
{
public:
    //! \param s window and hop, by which cells correlate
    explicit silence(const detector_settings& s);

    /*!
     * \param power over noise without the noise, of each row, summed over the event's bins
     * \param begin,end rows in which the event is known to be, end <= rows
     * \param rows that there are, of which those from `end` on may be silent
     * \param bins of the event
     * \return the first of the last rows, which are without it; none if that is not certain
     */
    std::optional<std::size_t> since(const float* power,
                                     std::size_t begin,
                                     std::size_t end,
                                     std::size_t rows,
                                     std::size_t bins) const;

    //! Cells that would fluctuate as much if they were independent.
    double independent_cells(std::size_t bins) const;

private:
    std::vector<double> d_of_bins; // squared correlation of cells by their distance in bins
    double d_of_rows;              // independent rows for each row
};

} // namespace gr::stft::kernel
#endif
