/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_SPECTRAL_WHITENER_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_SPECTRAL_WHITENER_H

#include <gnuradio/stft/api.h>
#include <volk/volk_alloc.hh>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief Weights that flatten the slow, broad spectral envelope of a running signal, so that no steady line (DC, hum)
 * decides alone: W = mean(V) / (V + floor mean(V)), V the mean over n / 32 bins either side of a running mean of |S|^2.
 *
 * In short DFTs it is over 8 bins, n / 8 at most: a narrower envelope would follow a line and flatten it away.
 */
template <class R>
class STFT_API spectral_whitener
{
public:
    //! \param n points of the DFT whose powers it is given; floor 0: W stays 1
    spectral_whitener(std::size_t n, bool one_sided, double floor);

    std::size_t points() const { return d_n; }

    //! One frame's |S|^2; share: its part of the running mean. Silence leaves everything as it was.
    void update(const R* power, double share);

    //! W for the bins of a DFT of n points.
    void weights(std::size_t n, R* W) const;

    //! Counts the updates of W.
    std::uint64_t version() const { return d_version; }

    //! As if it had seen nothing.
    void reset();

private:
    std::size_t d_n, d_bins, d_width;
    bool d_one_sided;
    double d_floor;
    bool d_started = false;
    std::uint64_t d_version = 1;
    volk::vector<R> d_mean,
        d_weight; // E; W with a wrapped copy of its first value behind a circle's last
    std::vector<double> d_running; // sums of E over bins 0 .. m - 1
};

} // namespace gr::stft::kernel
#endif
