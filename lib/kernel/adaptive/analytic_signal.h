/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_ANALYTIC_SIGNAL_H
#define INCLUDED_STFT_LIB_KERNEL_ADAPTIVE_ANALYTIC_SIGNAL_H

#include <gnuradio/stft/api.h>
#include <gnuradio/stft/kernel/frames/sliding_buffer.h>
#include <volk/volk_alloc.hh>
#include <array>
#include <complex>
#include <cstddef>

namespace gr::stft::kernel {

/*!
 * \brief The analytic signal z = x + j H x of a real signal that streams, H being a half-band Hilbert filter.
 *
 * The real part of z[k] is x[k] itself, so that whatever restores z restores x. The filter has taps at odd distances only,
 * up to `reach` samples to either side; beyond its ends the signal is zero. Between 0.015 and 0.485 cycles per sample the
 * negative frequencies of z lie 60 dB below the positive ones. Each value is the same for any split of the input.
 */
template <class R>
class STFT_API analytic_signal
{
public:
    //! Samples on either side of z[k] that it depends on; z comes `reach` samples later than x.
    static constexpr std::size_t reach = 63;
    //! Values that one call writes at most.
    static constexpr std::size_t most = 1024;

    analytic_signal();

    //! Takes `count` <= most samples. \param z gets the values that they complete \return number of these
    std::size_t push(const R* x, std::size_t count, std::complex<R>* z);

    //! Writes the values that the end of the signal completes, `reach` at most. \return their number
    std::size_t finish(std::complex<R>* z);

    //! Starts a new signal.
    void restart();

private:
    std::size_t filter(std::complex<R>* z);

    static constexpr std::size_t run = 64; // values that are computed at once

    std::array<R, (reach + 1) / 2> d_taps; // at distances 1, 3 ..
    sliding_buffer<R> d_samples;           // from `reach` before the next value on
    volk::vector<R> d_part;                // samples of the last, shorter run
    std::size_t d_pending = 0;             // samples without a value, after the `reach` before them
};

} // namespace gr::stft::kernel
#endif
