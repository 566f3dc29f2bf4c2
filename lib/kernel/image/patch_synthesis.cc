/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include "kernel/simd/routines.h"
#include "patch_synthesis.h"
#include <algorithm>

namespace gr::stft::kernel {

namespace {

//! rows[i], from `from` on, += taps[i] times count numbers of in[i], which are `stride` apart
template <class R>
STFT_LOOP void add_rows(std::complex<R>* const* rows,
                        std::size_t from,
                        std::size_t count,
                        const R* __restrict taps,
                        std::size_t win_length,
                        const R* __restrict in,
                        std::size_t stride)
{
    for (std::size_t i = 0; i < win_length; ++i, in += 2 * stride) {
        const R w = taps[i];
        R* __restrict out = reinterpret_cast<R*>(rows[i] + from);
        for (std::size_t k = 0; k < 2 * count; ++k)
            out[k] += w * in[k];
    }
}

template <class R>
STFT_LOOP void add_frames(const R* __restrict in,
                          std::size_t n_fft,
                          std::size_t frames,
                          const R* __restrict taps,
                          std::size_t win_length,
                          R* __restrict padded,
                          std::size_t hop)
{
    for (std::size_t n = 0; n < frames; ++n, padded += hop, in += n_fft)
        for (std::size_t j = 0; j < win_length; ++j)
            padded[j] += taps[j] * in[j];
}

} // namespace

template <class R>
patch_synthesis<R>::patch_synthesis(const image_axis& rows,
                                    const image_axis& columns,
                                    std::size_t width,
                                    double scale,
                                    double edge)
    : d_axis(rows), d_layout(rows, columns, width), d_hop(columns.hop()),
      d_column_offset(columns.offset()),
      d_kept(rows.win_length() +
             (rows.hop() > rows.before() ? std::min(rows.hop(), rows.win_length()) : 0)),
      d_edge(static_cast<R>(edge)), d_row_taps(scaled_taps<R>(rows, scale)),
      d_column_taps(scaled_taps<R>(columns, 1)), d_twiddles(d_layout),
      d_along_row(dft_plan<R>::get(d_layout.paired ? dft_kind::backward : dft_kind::backward_real,
                                   d_layout.paired ? d_layout.columns : d_layout.column_bins,
                                   d_layout.row_batch(false))),
      d_along_column(
          dft_plan<R>::get(dft_kind::backward, d_layout.row_points, d_layout.column_batch(false))),
      d_ring(d_kept * d_layout.row_size, complex(0)),
      d_chunk(d_layout.row_points * d_layout.chunk, complex(0)),
      d_wide(d_layout.row_points * d_layout.stride, complex(0)),
      d_frames(d_layout.transformed * d_layout.column_bins, R(0)), d_rows(rows.win_length()),
      d_next(rows.start(0))
{}

template <class R>
std::complex<R>* patch_synthesis<R>::row_at(std::int64_t row)
{
    return d_ring.data() + modulo(row, d_kept) * d_layout.row_size;
}

template <class R>
std::int64_t patch_synthesis<R>::covered_end() const
{
    return d_added ? d_axis.start(d_added - 1) + static_cast<std::int64_t>(d_axis.win_length())
                   : d_axis.start(0);
}

template <class R>
void patch_synthesis<R>::add(const complex* frame_row)
{
    const auto& l = d_layout;
    const auto win_length = d_axis.win_length();
    for (std::size_t i = 0; i < win_length; ++i)
        d_rows[i] = row_at(d_axis.start(d_added) + static_cast<std::int64_t>(i));
    for (std::size_t first = 0; first < l.frames; first += l.group) {
        const auto columns = std::min(l.group, l.frames - first) * l.columns;
        fold_group(frame_row, first);
        for (std::size_t c = 0; c * l.chunk < columns; ++c) {
            const auto* in = transform_chunk(c) + d_axis.offset() * l.chunk;
            simd::dispatch<add_rows<R>>(d_rows.data(),
                                        first * l.columns + c * l.chunk,
                                        std::min(l.chunk, columns - c * l.chunk),
                                        d_row_taps.data(),
                                        win_length,
                                        reinterpret_cast<const R*>(in),
                                        l.chunk);
        }
    }
    ++d_added;
}

template <class R>
void patch_synthesis<R>::fold_group(const complex* frame_row, std::size_t first)
{
    const auto& l = d_layout;
    for (std::size_t n = 0; n < std::min(l.group, l.frames - first); ++n)
        fold(frame_row + (first + n) * l.patch_size(), d_wide.data() + n * l.columns);
}

template <class R>
const std::complex<R>* patch_synthesis<R>::transform_chunk(std::size_t c)
{
    d_along_column->execute(d_wide.data() + c * d_layout.chunk, d_chunk.data());
    return d_chunk.data();
}

template <class R>
void patch_synthesis<R>::fold(const complex* spectrum, complex* v) const
{
    const auto& l = d_layout;
    if (l.paired) {
        simd::chosen<R>().fold_patch(reinterpret_cast<const R*>(spectrum),
                                     l.row_points,
                                     l.columns,
                                     d_twiddles.re_twice.data(),
                                     d_twiddles.im_signed.data(),
                                     d_edge,
                                     reinterpret_cast<R*>(v),
                                     l.stride);
        return;
    }
    for (std::size_t i = 0; i < l.row_bins; ++i, spectrum += l.column_bins) {
        const auto opposite = i ? l.row_points - i : 0;
        auto *ahead = v + i * l.stride, *back = v + opposite * l.stride;
        for (std::size_t k = 0; k < l.columns; ++k) {
            const auto mirrored = std::conj(spectrum[k ? l.column_bins - k : 0]);
            if (i == opposite) {
                ahead[k] = d_edge * (spectrum[k] + mirrored);
            } else {
                ahead[k] = spectrum[k];
                back[k] = mirrored;
            }
        }
    }
}

template <class R>
const R* patch_synthesis<R>::frames()
{
    auto* spectrum = row_at(d_next);
    if (d_layout.paired)
        d_along_row->execute(spectrum, reinterpret_cast<complex*>(d_frames.data()));
    else
        d_along_row->execute(spectrum, d_frames.data());
    return d_frames.data();
}

template <class R>
void patch_synthesis<R>::read(R* padded)
{
    if (padded)
        std::fill_n(padded, d_layout.padded_width, R(0));
    if (d_next < covered_end()) {
        if (padded)
            simd::dispatch<add_frames<R>>(frames() + d_column_offset,
                                          d_layout.column_bins,
                                          d_layout.frames,
                                          d_column_taps.data(),
                                          d_column_taps.size(),
                                          padded,
                                          d_hop);
        std::fill_n(row_at(d_next), d_layout.row_size, complex(0));
    }
    ++d_next;
}

template class patch_synthesis<float>;
template class patch_synthesis<double>;

} // namespace gr::stft::kernel
