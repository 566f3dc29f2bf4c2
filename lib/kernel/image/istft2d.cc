/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/simd/dispatch.h"
#include "patch_synthesis.h"
#include <gnuradio/stft/kernel/frames/threshold.h>
#include <gnuradio/stft/kernel/image/istft2d.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

//! Multiplies sums by weights. Uncovered pixels are 0 even where the sum is NaN.
template <class R>
STFT_LOOP void weigh(const R* __restrict sums,
                     const R* __restrict weights,
                     R weight,
                     std::size_t n,
                     R* __restrict out)
{
    for (std::size_t i = 0; i < n; ++i) {
        const R value = sums[i] * weights[i] * weight;
        out[i] = weights[i] > 0 ? value : R(0);
    }
}

} // namespace

template <class R>
istft2d<R>::istft2d(const parameters2d& p, std::size_t width, double threshold)
    : d_rows(p.rows()), d_width(width), d_threshold(checked_threshold(threshold, image_threshold))
{
    const auto columns = p.columns();
    const double scale = 1 / (static_cast<double>(d_rows.n_fft()) * columns.n_fft());
    d_patches = std::make_unique<patch_synthesis<R>>(d_rows, columns, width, scale, 0.5);
    d_before = columns.before();
    d_padded.resize(d_patches->layout().padded_width);
    const auto length = static_cast<std::int64_t>(width), frames = columns.frames(length);
    for (std::int64_t c = 0; c < length; ++c)
        d_weights.push_back(static_cast<R>(columns.weight(c, frames, d_threshold)));
}

template <class R>
istft2d<R>::~istft2d() = default;
template <class R>
istft2d<R>::istft2d(istft2d&&) noexcept = default;
template <class R>
istft2d<R>& istft2d<R>::operator=(istft2d&&) noexcept = default;

template <class R>
std::size_t istft2d<R>::frame_row_size() const
{
    return d_patches->layout().frames * d_patches->layout().patch_size();
}

template <class R>
void istft2d<R>::add(const complex* frame_row)
{
    while (d_patches->next() < std::min<std::int64_t>(0, d_patches->final_end()))
        d_patches->read(nullptr); // in front of the image
    d_patches->add(frame_row);
}

template <class R>
std::int64_t istft2d<R>::added() const
{
    return d_patches->added();
}

template <class R>
std::int64_t istft2d<R>::covered_end() const
{
    return std::max<std::int64_t>(0, d_patches->covered_end());
}

template <class R>
std::int64_t istft2d<R>::next() const
{
    return std::max<std::int64_t>(0, d_patches->next());
}

template <class R>
std::int64_t istft2d<R>::ready() const
{
    const auto height = d_height >= 0 ? d_height : d_rows.shortest(d_patches->added());
    const auto end = d_finished ? height : std::min(height, d_patches->final_end());
    return std::max<std::int64_t>(0, end - next());
}

template <class R>
void istft2d<R>::read(R* row)
{
    while (d_patches->next() < 0)
        d_patches->read(nullptr);
    const double weight = d_rows.weight(d_patches->next(), d_patches->added(), d_threshold);
    if (weight == 0) {
        d_patches->read(nullptr);
        std::fill_n(row, d_width, R(0));
        return;
    }
    d_patches->read(d_padded.data());
    simd::dispatch<weigh<R>>(
        d_padded.data() + d_before, d_weights.data(), static_cast<R>(weight), d_width, row);
}

template <class R>
void istft2d<R>::finish(std::int64_t height)
{
    d_height = std::max(height, next());
    d_finished = true;
}

template <class R>
void istft2d<R>::invert(const complex* spectra,
                        std::size_t frame_rows,
                        R* image,
                        std::size_t height)
{
    d_height = static_cast<std::int64_t>(height);
    const auto end = image + height * d_width;
    const auto read_all = [&] {
        for (; image < end && ready(); image += d_width)
            read(image);
    };
    for (std::size_t m = 0; m < frame_rows && image < end; ++m, spectra += frame_row_size()) {
        add(spectra);
        read_all();
    }
    finish(d_height);
    read_all();
}

template class istft2d<float>;
template class istft2d<double>;

} // namespace gr::stft::kernel
