/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_THETA_FIELD_H
#define INCLUDED_STFT_KERNEL_DSTFT_THETA_FIELD_H

#include <gnuradio/stft/api.h>
#include <cstddef>
#include <string>

namespace gr::stft::kernel {

//! The least window length, in samples.
constexpr double least_theta = 1e-6;

//! Which frames and bins have one window length in common.
enum class sharing { constant, frame, bin, cell };

//! \throws std::invalid_argument unless name is "constant", "frame", "bin" or "cell"
STFT_API sharing sharing_named(const std::string& name);
//! "constant", "frame", "bin" or "cell"
STFT_API const char* name_of(sharing share);

//! True if the bins of one frame may have different window lengths.
constexpr bool per_bin(sharing share) { return share == sharing::bin || share == sharing::cell; }

//! The window lengths of many frames: one, one for each frame, one for each bin, or [frame][bin].
struct theta_field {
    const double* values; //!< samples
    sharing share;        //!< how they are laid out
    std::size_t bins;     //!< bins of a frame's spectrum

    //! Number of values for this many frames.
    std::size_t size(std::size_t frames) const
    {
        return (share == sharing::frame || share == sharing::cell ? frames : 1) *
               (per_bin(share) ? bins : 1);
    }

    //! Index of frame n's first value.
    std::size_t offset(std::size_t n) const
    {
        return share == sharing::frame ? n : share == sharing::cell ? n * bins : 0;
    }
    //! Values of frame n: one, or one for each bin.
    const double* frame(std::size_t n) const { return values + offset(n); }
};

} // namespace gr::stft::kernel
#endif
