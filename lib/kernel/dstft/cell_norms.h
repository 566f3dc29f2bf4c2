/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_LIB_KERNEL_DSTFT_CELL_NORMS_H
#define INCLUDED_STFT_LIB_KERNEL_DSTFT_CELL_NORMS_H

#include <gnuradio/stft/kernel/frames/window_family.h>
#include <volk/volk_alloc.hh>
#include <vector>

namespace gr::stft::kernel {

//! Norms of the windows of a frame's cells: S = value G, dS/dtheta = length_g G + slope UG and
//! dS/dt = position_g G + slope D, where G, UG and D are sums with g(u), u g'(u) and g'(u).
template <class R>
struct norm_rows {
    volk::vector<R> value, length_g, position_g, slope;
};

//! The norms of the frame in hand, kept as long as its window lengths stay the same.
template <class R>
class cell_norms
{
public:
    cell_norms(std::size_t bins, std::size_t n_fft, const window_family& window, norm n);

    //! \param fraction of the windows' centre
    //! \param theta a window length for each bin
    //! \return the norms, one for each bin, valid until the next call
    const norm_rows<R>& of(double fraction, const double* theta);

private:
    void sum_windows(double fraction, const double* theta);
    void evaluate(const double* theta);

    std::size_t d_bins, d_n_fft;
    window_family d_window;
    norm d_norm;
    norm_rows<R> d_rows;
    std::vector<double> d_theta; // window lengths and fraction that the rows belong to
    double d_fraction = -1;
    volk::vector<R> d_rounded; // window lengths
};

} // namespace gr::stft::kernel
#endif
