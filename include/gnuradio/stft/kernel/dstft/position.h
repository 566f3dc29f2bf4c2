/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_KERNEL_DSTFT_POSITION_H
#define INCLUDED_STFT_KERNEL_DSTFT_POSITION_H

#include <gnuradio/stft/api.h>
#include <cstdint>

namespace gr::stft::kernel {

//! A real position in a signal: sample + fraction, 0 <= fraction < 1. Exact for ever, where a double is not.
struct STFT_API position {
    std::int64_t sample; //!< rounded down
    double fraction;     //!< fraction of a sample, 0 <= fraction < 1

    //! \throws std::invalid_argument unless t is finite and |t| <= 2^52
    static position at(double t);

    //! This position moved by distance samples.
    position operator+(double distance) const;

    //! Samples, rounded to a double.
    double value() const { return static_cast<double>(sample) + fraction; }

    //! True if this position is the earlier one.
    bool operator<(const position& other) const
    {
        return sample != other.sample ? sample < other.sample : fraction < other.fraction;
    }
};

//! Samples begin .. end - 1 of a signal, which is zero elsewhere, or not read there.
template <class T>
struct excerpt {
    const T* samples;   //!< samples[0] is the sample at begin
    std::int64_t begin; //!< position of the first sample
    std::int64_t end;   //!< position after the last sample
};

} // namespace gr::stft::kernel
#endif
