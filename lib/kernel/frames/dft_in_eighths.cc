/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "dft_in_eighths.h"
#include "kernel/simd/dft_routines.h"
#include "reals.h"
#include <gnuradio/stft/kernel/frames/phase.h>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t rows = 8;

template <class R>
constexpr std::size_t line = 64 / sizeof(std::complex<R>); // numbers in a line of the cache

} // namespace

template <class R>
bool dft_in_eighths<R>::takes(std::size_t n)
{
    return n % (rows * line<R>) == 0;
}

template <class R>
dft_in_eighths<R>::dft_in_eighths(bool forward, std::size_t n)
    : d_forward(forward), d_points(n / rows),
      d_stride(d_points + line<R>), // rows start at different places of the cache
      d_plan(dft_plan<R>::get(forward ? dft_kind::forward : dft_kind::backward, d_points)),
      d_twiddles(rows * d_stride)
{
    for (std::size_t u = 1; u < rows; ++u)
        for (std::size_t k = 0; k < d_points; ++k) {
            const auto root = unit_root(u * k, n);
            d_twiddles[u * d_stride + k] = complex(forward ? std::conj(root) : root);
        }
}

template <class R>
std::size_t dft_in_eighths<R>::scratch_size() const
{
    return (rows + 1) * d_stride;
}

template <class R>
void dft_in_eighths<R>::execute(const complex* in, complex* out, complex* scratch) const
{
    const auto& simd = simd::chosen_for_dft<R>();
    // each row's bins take the place of the row before it, which is in the near cache
    complex* const samples = scratch + d_stride;
    simd.split(reals(in),
               d_points,
               d_forward,
               reals(d_twiddles.data()),
               d_stride,
               reinterpret_cast<R*>(samples));
    for (std::size_t u = 0; u < rows; ++u)
        d_plan->execute(samples + u * d_stride, scratch + u * d_stride);
    simd.join(reals(scratch), d_points, d_stride, reinterpret_cast<R*>(out));
}

template class dft_in_eighths<float>;
template class dft_in_eighths<double>;

} // namespace gr::stft::kernel
