/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include "kernel/simd/routines.h"
#include "patch_analysis.h"
#include <algorithm>

namespace gr::stft::kernel {

namespace {

template <class R>
STFT_LOOP void window_frames(const R* __restrict padded,
                             std::size_t hop,
                             std::size_t frames,
                             const R* __restrict taps,
                             std::size_t win_length,
                             R* __restrict out,
                             std::size_t n_fft)
{
    for (std::size_t n = 0; n < frames; ++n, padded += hop, out += n_fft)
        for (std::size_t j = 0; j < win_length; ++j)
            out[j] = taps[j] * padded[j];
}

//! out[i] = taps[i] * count numbers of rows[i], from `from` on
template <class R>
STFT_LOOP void window_rows(const std::complex<R>* const* rows,
                           std::size_t from,
                           std::size_t count,
                           const R* __restrict taps,
                           std::size_t win_length,
                           R* __restrict out)
{
    for (std::size_t i = 0; i < win_length; ++i, out += 2 * count) {
        const R w = taps[i];
        if (rows[i]) {
            const R* __restrict in = reinterpret_cast<const R*>(rows[i] + from);
            for (std::size_t k = 0; k < 2 * count; ++k)
                out[k] = w * in[k];
        } else {
            for (std::size_t k = 0; k < 2 * count; ++k)
                out[k] = 0;
        }
    }
}

} // namespace

template <class R>
patch_analysis<R>::patch_analysis(const image_axis& rows,
                                  const image_axis& columns,
                                  std::size_t width,
                                  double scale,
                                  double edge)
    : d_layout(rows, columns, width), d_hop(columns.hop()), d_row_offset(rows.offset()),
      d_column_offset(columns.offset()), d_win_length(rows.win_length()),
      d_edge(static_cast<R>(edge)), d_row_taps(scaled_taps<R>(rows, scale)),
      // the sum and difference of two halves need halving
      d_column_taps(scaled_taps<R>(columns, d_layout.paired ? 0.5 : 1)), d_twiddles(d_layout),
      d_along_row(dft_plan<R>::get(d_layout.paired ? dft_kind::forward : dft_kind::forward_real,
                                   d_layout.paired ? d_layout.columns : d_layout.column_bins,
                                   d_layout.row_batch(true))),
      d_along_column(
          dft_plan<R>::get(dft_kind::forward, d_layout.row_points, d_layout.column_batch(true))),
      d_frames(d_layout.transformed * d_layout.column_bins, R(0)),
      d_chunk(d_layout.row_points * d_layout.chunk, complex(0)),
      d_wide(d_layout.row_points * d_layout.stride, complex(0))
{}

template <class R>
void patch_analysis<R>::row(const R* padded, complex* spectrum)
{
    simd::dispatch<window_frames<R>>(padded,
                                     d_hop,
                                     d_layout.frames,
                                     d_column_taps.data(),
                                     d_column_taps.size(),
                                     d_frames.data() + d_column_offset,
                                     d_layout.column_bins);
    if (d_layout.paired)
        d_along_row->execute(reinterpret_cast<const complex*>(d_frames.data()), spectrum);
    else
        d_along_row->execute(d_frames.data(), spectrum);
}

template <class R>
void patch_analysis<R>::patches(const complex* const* rows, complex* frame_row)
{
    const auto& l = d_layout;
    auto* windowed = reinterpret_cast<R*>(d_chunk.data() + d_row_offset * l.chunk);
    for (std::size_t first = 0; first < l.frames; first += l.group) {
        for (std::size_t c = 0; c < l.chunks; ++c) {
            const auto from = first * l.columns + c * l.chunk;
            simd::dispatch<window_rows<R>>(
                rows, from, l.chunk, d_row_taps.data(), d_win_length, windowed);
            d_along_column->execute(d_chunk.data(), d_wide.data() + c * l.chunk);
        }
        const auto patches = std::min(l.group, l.frames - first);
        for (std::size_t n = 0; n < patches; ++n, frame_row += l.patch_size())
            unfold(d_wide.data() + n * l.columns, frame_row);
    }
}

template <class R>
void patch_analysis<R>::unfold(const complex* v, complex* spectrum) const
{
    const auto& l = d_layout;
    if (l.paired) {
        simd::chosen<R>().unfold_patch(reinterpret_cast<const R*>(v),
                                       l.stride,
                                       l.row_points,
                                       l.columns,
                                       d_twiddles.re_twice.data(),
                                       d_twiddles.im_signed.data(),
                                       reinterpret_cast<R*>(spectrum));
    } else {
        for (std::size_t i = 0; i < l.row_bins; ++i) {
            const auto *ahead = v + i * l.stride, *back = v + (i ? l.row_points - i : 0) * l.stride;
            auto* out = spectrum + i * l.column_bins;
            std::copy_n(ahead, l.columns, out);
            for (std::size_t k = 1; k < l.columns; ++k)
                out[l.column_bins - k] = std::conj(back[k]);
        }
    }
    if (d_edge != 1)
        for (std::size_t i = 0; i < l.row_bins; ++i)
            if (i == 0 || 2 * i == l.row_points)
                for (std::size_t k = 0; k < l.column_bins; ++k)
                    spectrum[i * l.column_bins + k] *= d_edge;
}

template class patch_analysis<float>;
template class patch_analysis<double>;

} // namespace gr::stft::kernel
