/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "dft_in_lines.h"
#include "kernel/simd/dft_routines.h"
#include "kernel/simd/dispatch.h"
#include "reals.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

template <class R>
constexpr std::size_t line = 64 / sizeof(std::complex<R>); // numbers in a line of the cache

//! Columns of the first pass, 0 if there are none.
template <class R>
std::size_t columns_of(std::size_t n)
{
    // 16 vectors of AVX-512 leave as many registers
    for (std::size_t columns = simd::chosen_level() == simd::level::avx512 ? 16 : 8; columns >= 8;
         columns /= 2)
        if (n % columns == 0 && n / columns >= line<R> && column_dft<R>::takes(n / columns))
            return columns;
    return 0;
}

} // namespace

template <class R>
bool dft_in_lines<R>::takes(std::size_t n)
{
    return columns_of<R>(n) != 0;
}

template <class R>
dft_in_lines<R>::dft_in_lines(bool forward, std::size_t n)
    : d_forward(forward), d_n(n), d_columns(columns_of<R>(n)),
      d_along_column(forward, n / d_columns)
{
    const auto rows = n / d_columns;
    for (std::size_t next = 0; next < rows; next += line<R>) {
        const auto first = std::min(next, rows - line<R>); // the last ones may come twice
        for (std::size_t u = 1; u < d_columns; ++u)
            for (const bool imaginary : { false, true })
                for (std::size_t p = first; p < first + line<R>; ++p) {
                    const auto root = unit_root(u * p, n);
                    const complex factor(forward ? std::conj(root) : root);
                    d_twiddles.push_back(imaginary ? -factor.imag() : factor.real());
                    d_twiddles.push_back(imaginary ? factor.imag() : factor.real());
                }
    }
}

template <class R>
std::size_t dft_in_lines<R>::scratch_size() const
{
    return 3 * d_n;
}

template <class R>
void dft_in_lines<R>::execute(const complex* in, complex* out, complex* scratch) const
{
    complex *const matrix = scratch, *const a = matrix + d_n, *const b = a + d_n;
    simd::chosen_for_dft<R>().row_pass(
        d_columns, reals(in), d_n / d_columns, d_forward, d_twiddles.data(), reals(matrix));
    d_along_column.execute(matrix, d_columns, d_columns, nullptr, out, d_columns, a, b);
}

template class dft_in_lines<float>;
template class dft_in_lines<double>;

} // namespace gr::stft::kernel
