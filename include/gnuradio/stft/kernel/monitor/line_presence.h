/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_MONITOR_LINE_PRESENCE_H
#define INCLUDED_STFT_KERNEL_MONITOR_LINE_PRESENCE_H

#include <gnuradio/stft/api.h>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Counts for how long the bins of a spectrogram have held a line.
 *
 * Rows are looked at in groups of 16. A bin holds a line in a group if it is a candidate and its mean power is 1.8 times the
 * noise. A line may be away for 64 rows, and is then another one.
 */
class STFT_API line_presence
{
public:
    static constexpr std::size_t rows_of_group = 16; //!< rows that are looked at together

    //! Times of a line, in rows.
    struct presence {
        std::uint64_t rows;  //!< rows since it came
        std::uint64_t since; //!< rows since it was last there
    };

    //! \param bins of a row
    explicit line_presence(std::size_t bins);

    //! Adds a row of a group.
    void add(const float* row, float gain);

    //! Ends a group. \param candidate 1 for bins that may hold a line \param shape power of the noise where gain is 1
    void end_group(const std::vector<std::uint8_t>& candidate, const std::vector<float>& shape);

    //! Lines that have been there for `rows` rows count as there for `more`, which are no fewer.
    void lengthen(std::size_t rows, std::size_t more);

    //! True if a bin has held a line for so long.
    bool lasts(std::size_t bin, std::size_t rows) const { return d_run[bin] >= rows; }

    //! Times of the line that some bins share, the longest of them.
    presence of(std::size_t first_bin, std::size_t end_bin) const;

    //! Mean power of a bin in the last group, where gain is 1.
    float last_mean(std::size_t bin) const { return d_last_mean[bin]; }

    //! Mean power of each bin over the last 160 rows or so, where gain is 1, held while its line is away.
    const std::vector<float>& mean() const { return d_mean; }

private:
    std::vector<float> d_sum;       // of the rows of this group
    std::vector<float> d_last_mean; // of the group before
    std::vector<float> d_mean;
    std::vector<std::uint32_t> d_run;  // rows of a line until it was last there
    std::vector<std::uint32_t> d_hole; // rows since then
};

} // namespace gr::stft::kernel
#endif
