/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_SPECTRAL_WHITENER_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_SPECTRAL_WHITENER_H

#include <gnuradio/stft/api.h>
#include <volk/volk_alloc.hh>
#include <cstddef>
#include <cstdint>

namespace gr::stft::kernel {

constexpr double envelope_frames = 64; //!< frames of the time constant of the envelope in a bank

/*!
 * \brief Weights that flatten the slow, broad spectral envelope of a running signal, so that a
 * steady line (DC, hum) does not dominate.
 *
 * W = mean(V) / (V + floor mean(V)), where V is the running mean of |S|^2, averaged over n / 32
 * bins on either side. Short DFTs average over min(8, n / 8) bins: a narrower average would follow
 * a line and flatten it away.
 */
template <class R>
class STFT_API spectral_whitener
{
public:
    //! \param n number of points of the DFT whose powers update() takes \param floor 0: W stays 1
    spectral_whitener(std::size_t n, bool one_sided, double floor);

    std::size_t points() const { return d_n; }

    //! Updates the running mean. \param power |S|^2 of a frame; silence changes nothing \param
    //! share weight of the frame
    void update(const R* power, double share);

    //! Writes W for the bins of a DFT of n points, interpolated linearly.
    void weights(std::size_t n, R* W) const;

    //! Number that changes with every update of W.
    std::uint64_t version() const { return d_version; }

    //! Discards the running mean; W is 1 again.
    void reset();

private:
    std::size_t d_n, d_bins, d_width;
    bool d_one_sided;
    double d_floor;
    bool d_started = false;
    std::uint64_t d_version = 1;
    volk::vector<R> d_mean,
        d_weight; // running mean; W, followed by W of the bin after the last one, modulo n
    volk::vector<R> d_sums, d_box; // the mean beyond both edges, then sums of it; sums over boxes
    volk::vector<R> d_per_bin;     // 1 / number of bins in a box
};

} // namespace gr::stft::kernel
#endif
