/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "patch_layout.h"
#include <gnuradio/stft/kernel/frames/phase.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t chunk_columns = 16;
constexpr std::size_t vector_columns = 4; // complex floats in FFTW's widest vector
constexpr std::size_t odd_line = 8; // keeps rows of a power of two off each other's cache sets
constexpr std::int64_t most_columns = 1 << 28; // FFTW's sizes are ints

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

} // namespace

patch_layout::patch_layout(const image_axis& rows, const image_axis& across, std::size_t width)
    : row_bins(rows.n_fft() / 2 + 1), column_bins(across.n_fft()), row_points(rows.n_fft()),
      paired(across.n_fft() % 2 == 0), columns((across.n_fft() + 1) / 2)
{
    const auto samples = static_cast<std::int64_t>(width);
    if (samples < 1 || samples > most_columns)
        refuse("width", samples, "must be 1 .. 2^28");
    across.check(samples, "width");
    const auto count = across.frames(samples);
    if (count < 1)
        refuse("width",
               samples,
               "holds no frame of win_length = " + std::to_string(across.win_length()));
    frames = static_cast<std::size_t>(count);
    padded_width = across.before() + width + across.after(samples);
    if (frames * column_bins > std::size_t(most_columns) ||
        std::int64_t(padded_width) > 2 * most_columns)
        refuse("width", samples, "makes a row of spectra of more than 2^28 numbers");

    group = std::max<std::size_t>(1, chunk_columns / columns);
    chunks = std::max<std::size_t>(1, (group_size() + chunk_columns / 2) / chunk_columns);
    chunk = round_up((group_size() + chunks - 1) / chunks, vector_columns);
    transformed = round_up(frames, vector_columns);
    row_size =
        round_up(std::max(transformed * columns, (groups() - 1) * group_size() + chunks * chunk),
                 chunk_columns);
    stride = chunks * chunk + odd_line;
}

dft_batch patch_layout::row_batch(bool forward) const
{
    const auto samples = paired ? columns : column_bins; // or pairs of them
    return forward ? dft_batch{ transformed, 1, samples, 1, columns }
                   : dft_batch{ transformed, 1, columns, 1, samples };
}

dft_batch patch_layout::column_batch(bool forward) const
{
    return forward ? dft_batch{ chunk, chunk, 1, stride, 1 }
                   : dft_batch{ chunk, stride, 1, chunk, 1 };
}

template <class R>
patch_twiddles<R>::patch_twiddles(const patch_layout& layout)
{
    if (!layout.paired)
        return;
    for (std::size_t k = 0; k < layout.columns; ++k) {
        const auto root = unit_root(k, layout.column_bins); // exp(2j pi k / n_fft)
        re_twice.insert(re_twice.end(), 2, static_cast<R>(-root.imag()));
        im_signed.push_back(static_cast<R>(root.real()));
        im_signed.push_back(static_cast<R>(-root.real()));
    }
}

template <class R>
volk::vector<R> scaled_taps(const image_axis& axis, double factor)
{
    volk::vector<R> taps;
    for (const double w : axis.taps()) {
        const auto rounded = static_cast<R>(factor * w);
        if (!std::isfinite(rounded))
            refuse("window", w, "overflows the samples' precision");
        taps.push_back(rounded);
    }
    return taps;
}

template struct patch_twiddles<float>;
template struct patch_twiddles<double>;
template volk::vector<float> scaled_taps(const image_axis&, double);
template volk::vector<double> scaled_taps(const image_axis&, double);

} // namespace gr::stft::kernel
