/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "dft_in_parts.h"
#include "kernel/simd/dft_routines.h"
#include "reals.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>
#include <cmath>

namespace gr::stft::kernel {

namespace {

template <class R>
constexpr std::size_t line = 64 / sizeof(std::complex<R>); // numbers in a line of the cache

//! Least stride of rows of n numbers that start at lines of the cache, and at different places of it.
template <class R>
std::size_t stride_of(std::size_t n)
{
    const auto lines = (n + line<R> - 1) / line<R>;
    return (lines | 1) * line<R>;
}

/*!
 * Rows of the matrix that is nearest to a square, 0 if its sides would have other radices than column_dft takes, or less
 * points than vectors take.
 */
template <class R>
std::size_t rows_of(std::size_t n)
{
    auto rows = static_cast<std::size_t>(std::sqrt(static_cast<double>(n))) + 1;
    for (; rows >= 2 * line<R>; --rows)
        if (n % rows == 0 && n / rows >= 2 * line<R> && column_dft<R>::takes(rows))
            return column_dft<R>::takes(n / rows) ? rows : 0;
    return 0;
}

//! Columns or rows to be transformed at a time, of which there are at least `fewest`: as many as keep their points in the
//! nearest cache, and more if none do.
template <class R>
std::size_t width_of(std::size_t fewest, std::size_t points)
{
    constexpr std::size_t nearest = 32 * 1024;
    const auto bytes = [=](std::size_t lines) { return 2 * points * lines * 64; };
    const std::size_t lines = bytes(2) <= nearest && bytes(4) > nearest ? 2 : 4;
    return std::min(lines, fewest / line<R>) * line<R>;
}

} // namespace

template <class R>
bool dft_in_parts<R>::takes(std::size_t n)
{
    return rows_of<R>(n) != 0;
}

template <class R>
dft_in_parts<R>::dft_in_parts(bool forward, std::size_t n)
    : d_rows(rows_of<R>(n)), d_columns(n / d_rows),
      d_width(width_of<R>(std::min(d_rows, d_columns), std::max(d_rows, d_columns))),
      d_row_stride(stride_of<R>(d_rows)), d_along_column(forward, d_rows),
      d_along_row(forward, d_columns)
{
    for (std::size_t column = 0; column < d_columns; column += d_width)
        d_along_column.append_turned(std::min(column, d_columns - d_width), d_columns, d_turned);
    for (std::size_t k = 0; k < d_rows; ++k)
        for (std::size_t column = 0; column < d_width; ++column) {
            const auto root = unit_root(column * k, n);
            const complex factor(forward ? std::conj(root) : root);
            d_re_twice.insert(d_re_twice.end(), 2, factor.real());
            d_im_signed.push_back(-factor.imag());
            d_im_signed.push_back(factor.imag());
        }
}

template <class R>
std::size_t dft_in_parts<R>::scratch_size() const
{
    return d_columns * d_row_stride + 2 * d_width * std::max(d_rows, d_columns);
}

template <class R>
void dft_in_parts<R>::execute(const complex* in, complex* out, complex* scratch) const
{
    const auto& simd = simd::chosen_for_dft<R>();
    complex* const matrix = scratch;
    complex* const a = matrix + d_columns * d_row_stride;
    complex* const b = a + d_width * std::max(d_rows, d_columns);
    const complex* turned = d_turned.data();
    for (std::size_t next = 0; next < d_columns; next += d_width, turned += d_rows - 1) {
        const auto column = std::min(next, d_columns - d_width); // the last ones may come twice
        d_along_column.execute(in + column, d_columns, d_width, turned, b, d_width, a, b);
        simd.turn_columns(reals(b),
                          d_rows,
                          d_width,
                          d_re_twice.data(),
                          d_im_signed.data(),
                          reinterpret_cast<R*>(matrix + column * d_row_stride),
                          d_row_stride);
    }
    for (std::size_t next = 0; next < d_rows; next += d_width) {
        const auto row = std::min(next, d_rows - d_width);
        d_along_row.execute(matrix + row, d_row_stride, d_width, nullptr, out + row, d_rows, a, b);
    }
}

template class dft_in_parts<float>;
template class dft_in_parts<double>;

} // namespace gr::stft::kernel
