/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "complex_dft.h"
#include "kernel/simd/dft_routines.h"
#include "kernel/simd/routines.h"
#include <gnuradio/stft/kernel/frames/phase.h>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t least_bytes = 64 * 1024, most_bytes = 128 * 1024; // of n complex numbers

//! Points of a part, 0 if one FFT does better.
template <class R>
std::size_t quarter_of(std::size_t n)
{
    const auto bytes = n * sizeof(std::complex<R>);
    const bool power_of_two = (n & (n - 1)) == 0;
    return power_of_two && bytes >= least_bytes && bytes <= most_bytes ? n / 4 : 0;
}

} // namespace

template <class R>
complex_dft<R>::complex_dft(dft_kind which, std::size_t n)
    : d_forward(which == dft_kind::forward), d_quarter(quarter_of<R>(n)),
      d_stride(d_quarter ? d_quarter + simd::padding / sizeof(complex) : 0),
      d_plan(dft_plan<R>::get(which, d_quarter ? d_quarter : n))
{
    for (std::size_t r = 1; d_quarter && r < 4; ++r)
        for (std::size_t k = 0; k < d_quarter; ++k) {
            const auto root = unit_root(r * k, n);
            d_twiddles.push_back(complex(d_forward ? std::conj(root) : root));
        }
}

template <class R>
void complex_dft<R>::execute(const complex* in, complex* out, complex* scratch) const
{
    if (!d_quarter) {
        d_plan->execute(in, out);
        return;
    }
    const auto reals = [](auto* z) { return reinterpret_cast<const R*>(z); };
    const auto& simd = simd::chosen_for_dft<R>();
    complex* bins = scratch + 4 * d_stride;
    simd.part(reals(in),
              d_quarter,
              d_forward,
              reals(d_twiddles.data()),
              d_stride,
              reinterpret_cast<R*>(scratch));
    for (std::size_t r = 0; r < 4; ++r)
        d_plan->execute(scratch + r * d_stride, bins + r * d_stride);
    simd.join(reals(bins), d_stride, d_quarter, reinterpret_cast<R*>(out));
}

template class complex_dft<float>;
template class complex_dft<double>;

} // namespace gr::stft::kernel
