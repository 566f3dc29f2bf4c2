/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_WINDOW_SAMPLES_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_WINDOW_SAMPLES_H

#include <gnuradio/stft/kernel/dstft/position.h>
#include <gnuradio/stft/kernel/frames/parameters.h>
#include <gnuradio/stft/kernel/frames/window_family.h>
#include <volk/volk_alloc.hh>

namespace gr::stft::kernel {

//! Integer positions under a window; offset is the first one modulo n_fft, its index in the DFT's buffer.
struct window_support {
    std::int64_t first; // sample
    std::size_t count, offset;
};

//! A window w(k - t, theta) and its derivatives at the integers k under it. They are kept until theta or the fraction of
//! t changes.
template <class R>
class window_samples
{
public:
    window_samples(std::size_t n_fft, const window_family& window, norm n);

    window_support under(const position& t, double theta) const;

    //! Fills the arrays for a window, and those of its derivatives if they are wanted.
    //! \return whether anything has changed
    bool sample(const position& t, double theta, bool with_derivatives);

    //! Numbers that the arrays have room for: n_fft and the padding of vectors.
    std::size_t room() const { return d_value.size(); }

    const R* value() const { return d_value.data(); }
    const R* by_theta() const { return d_by_theta.data(); }
    const R* by_t() const { return d_by_t.data(); }
    double top() const { return d_top; } //!< w(0)

private:
    std::size_t d_n_fft;
    window_family d_window;
    norm d_norm;
    volk::vector<R> d_value, d_by_theta, d_by_t;
    double d_theta = 0, d_fraction = 0; // what they hold
    double d_top = 0;
    bool d_derived = false;
};

} // namespace gr::stft::kernel
#endif
