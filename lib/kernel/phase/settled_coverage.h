/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_PHASE_SETTLED_COVERAGE_H
#define INCLUDED_STFT_LIB_KERNEL_PHASE_SETTLED_COVERAGE_H

#include <volk/volk_alloc.hh>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gr::stft::kernel {

/*!
 * \brief The coverage of a settled_signal, and 1 / coverage.
 *
 * While frames follow each other at one hop, both are what they were a frame before, and nothing is computed. Samples
 * count from the first pending frame's start. R: float or double.
 */
template <class R>
class settled_coverage
{
public:
    //! \param n_fft samples that frames reach at most
    explicit settled_coverage(std::size_t n_fft);

    //! Another window for the frames to come, no longer than n_fft.
    void change(const R* taps, std::size_t length);
    //! The first pending frame starts `step` >= 0 samples later than the one before did.
    void advance(std::int64_t step);
    //! The first pending frame covers, too.
    void settle();
    //! 1 / coverage of the first `length` samples by the settled frames and by those that start at these samples, 1
    //! where there is next to none.
    const R* inverse(const std::vector<std::int64_t>& starts, std::size_t length);

private:
    volk::vector<R> d_squares;
    R d_least = 0;              // coverage that counts
    std::int64_t d_reach;       // n_fft
    volk::vector<R> d_coverage; // by settled frames, from d_behind samples earlier on
    std::int64_t d_behind = 0;  // samples from the last settled frame to the first pending one
    std::int64_t d_step = 0;    // samples between the last two settled frames,
    std::int64_t d_alike = 0;   // and for how many samples steps have been so
    volk::vector<R> d_inverse;
    std::vector<std::int64_t> d_starts; // that d_inverse was made for
    std::int64_t d_ahead = -1;          // and d_behind then; -1: it was made of other frames
};

} // namespace gr::stft::kernel
#endif
