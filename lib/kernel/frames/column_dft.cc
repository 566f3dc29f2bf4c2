/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "column_dft.h"
#include "kernel/simd/dft_routines.h"
#include "kernel/simd/dispatch.h"
#include "reals.h"
#include <gnuradio/stft/kernel/frames/phase.h>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t odd_radices[] = { 13, 11, 7, 5, 3 };

//! Radices whose product is n, empty if there are none.
std::vector<std::size_t> radices_of(std::size_t n)
{
    std::vector<std::size_t> radices;
    for (auto r : odd_radices)
        for (; n % r == 0; n /= r)
            radices.push_back(r);
    if (n & (n - 1))
        return {};
    // as few passes as the radices need, none of them of 2 if there is a choice; 16 fill the registers of AVX-512
    const bool many_registers = simd::chosen_level() == simd::level::avx512;
    while (n > 1) {
        const bool sixteen = many_registers && (n == 16 || n >= 128);
        radices.push_back(n == 2 ? 2 : sixteen ? 16 : n == 4 || n == 16 ? 4 : 8);
        n /= radices.back();
    }
    return radices;
}

} // namespace

template <class R>
bool column_dft<R>::takes(std::size_t n)
{
    return !radices_of(n).empty();
}

template <class R>
column_dft<R>::column_dft(bool forward, std::size_t n) : d_n(n), d_forward(forward)
{
    std::size_t s = 1;
    for (const auto radix : radices_of(n)) {
        pass one{ radix, n / s / radix, s, {}, {} };
        for (std::size_t k = 0; k < radix; ++k) {
            const auto root = unit_root(k, radix);
            one.cosines.push_back(static_cast<R>(root.real()));
            one.sines.push_back(static_cast<R>(root.imag()));
        }
        s *= radix;
        d_passes.push_back(std::move(one));
    }
    append_turned(0, 1, d_twiddles);
}

template <class R>
void column_dft<R>::append_turned(std::size_t shift,
                                  std::size_t whole,
                                  volk::vector<complex>& twiddles) const
{
    // bin k is q + s u + .. of the digits u that the passes add, and each turns by its share of k
    for (const auto& one : d_passes) {
        const auto cycle = one.m * one.radix * whole;
        for (std::size_t p = 0; p < one.m; ++p)
            for (std::size_t u = 1; u < one.radix; ++u) {
                const auto root = unit_root((p * whole + shift) * u % cycle, cycle);
                twiddles.push_back(complex(d_forward ? std::conj(root) : root));
            }
    }
}

template <class R>
void column_dft<R>::execute(const complex* in,
                            std::size_t in_stride,
                            std::size_t columns,
                            const complex* turned,
                            complex* out,
                            std::size_t out_stride,
                            complex* a,
                            complex* b) const
{
    const auto& simd = simd::chosen_for_dft<R>();
    const auto* twiddles = turned ? turned : d_twiddles.data();
    for (std::size_t i = 0; i < d_passes.size(); ++i) {
        const auto& one = d_passes[i];
        const bool last = i + 1 == d_passes.size();
        complex* const to = last ? out : (d_passes.size() - i) % 2 ? b : a;
        const auto stride = last ? out_stride : columns;
        const bool dense = in_stride == columns && stride == columns; // rows of rows, without gaps
        const auto together = dense ? one.s : 1;
        simd.column_pass({ one.radix,
                           one.m,
                           one.s / together,
                           d_forward,
                           last && !turned ? nullptr : reals(twiddles),
                           one.cosines.data(),
                           one.sines.data() },
                         columns * together,
                         reals(in),
                         in_stride * together,
                         reinterpret_cast<R*>(to),
                         stride * together);
        twiddles += one.m * (one.radix - 1);
        in = to;
        in_stride = stride;
    }
}

template class column_dft<float>;
template class column_dft<double>;

} // namespace gr::stft::kernel
