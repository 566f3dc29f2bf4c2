/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_MACHINE_LEVEL_HISTOGRAM_H
#define INCLUDED_STFT_LIB_KERNEL_MACHINE_LEVEL_HISTOGRAM_H

#include <array>
#include <cstddef>
#include <cstdint>

namespace gr::stft::kernel {

/*!
 * \brief Counts of levels in 64 classes of 1 dB, from which median and spread follow, however many levels there were.
 *
 * The first level lies in the middle; the outermost classes take in what lies beyond. Each class keeps the mean and the
 * variance of its levels, and these count as spread evenly about the mean, as widely as the variance says. So levels that share one
 * class have its mean as their median and not its middle, and their own spread and not a quarter of a decibel.
 */
class level_histogram
{
public:
    static constexpr std::size_t classes = 64; //!< classes of 1 dB

    //! Statistics of the levels: median, and 1.4826 times the median of the distances from it: the standard deviation if they are normal. dB.
    struct statistics {
        double median; //!< dB; NaN without levels
        double spread; //!< dB; NaN without levels
    };

    //! The next level, dB, finite.
    void add(double level);
    //! Levels so far.
    std::uint64_t count() const { return d_count; }
    //! Statistics of all levels.
    statistics result() const;

    //!@{
    //! Contents for a state: the lower edge of the first class; of each class the number of its levels, and of these above its own
    //! edge the sum and the sum of the squares.
    double origin() const { return d_origin; }
    const std::array<std::uint64_t, classes>& counts() const { return d_counts; }
    const std::array<double, classes>& sums() const { return d_sums; }
    const std::array<double, classes>& squares() const { return d_squares; }
    void restore(double origin,
                 const std::array<std::uint64_t, classes>& counts,
                 const std::array<double, classes>& sums,
                 const std::array<double, classes>& squares);
    //!@}

private:
    struct piece {
        double begin, end, count;
    };
    piece piece_of(std::size_t index) const;

    std::uint64_t d_count = 0;
    double d_origin = 0;
    std::array<std::uint64_t, classes> d_counts{};
    std::array<double, classes> d_sums{}, d_squares{};
};

} // namespace gr::stft::kernel
#endif
