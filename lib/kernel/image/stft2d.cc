/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/refuse.h"
#include "patch_analysis.h"
#include <gnuradio/stft/kernel/image/stft2d.h>
#include <algorithm>
#include <limits>

namespace gr::stft::kernel {

namespace {

constexpr std::size_t most_kept_bytes = std::size_t(512) << 20;
constexpr auto endless = std::numeric_limits<std::int64_t>::max() / 4;

//! How many of the last rows a frame row may need.
std::size_t rows_kept(const image_axis& rows, const parameters2d& p, std::size_t row_bytes)
{
    const auto length = rows.win_length();
    if (p.pad != pad::reflect || p.tail == tail::floor)
        return length;
    const auto mirrored = length - rows.before() + rows.hop();
    const auto kept = std::max(length, mirrored);
    if (kept > most_kept_bytes / row_bytes)
        refuse("hop", rows.hop(), "with pad reflect and tail ceil keeps more than 512 MiB of rows");
    return kept;
}

} // namespace

template <class R>
stft2d<R>::stft2d(const parameters2d& p, std::size_t width)
    : d_rows(p.rows()), d_columns(p.columns()), d_width(width),
      d_patches(std::make_unique<patch_analysis<R>>(d_rows, d_columns, width)),
      d_under(d_rows.win_length())
{
    const auto& layout = d_patches->layout();
    d_kept = rows_kept(d_rows, p, layout.row_size * sizeof(complex));
    d_padded.resize(layout.padded_width, R(0));
    d_spectra.resize(d_kept * layout.row_size, complex(0));
    const auto before = static_cast<std::int64_t>(d_columns.before());
    const auto length = static_cast<std::int64_t>(width);
    for (std::int64_t c = 0; c < static_cast<std::int64_t>(layout.padded_width); ++c)
        if (c < before || c >= before + length)
            d_outside.push_back(d_columns.source(c - before, length));
}

template <class R>
stft2d<R>::~stft2d() = default;
template <class R>
stft2d<R>::stft2d(stft2d&&) noexcept = default;
template <class R>
stft2d<R>& stft2d<R>::operator=(stft2d&&) noexcept = default;

template <class R>
std::size_t stft2d<R>::frame_row_size() const
{
    return d_patches->layout().frames * d_patches->layout().patch_size();
}

template <class R>
void stft2d<R>::push(const R* row)
{
    const auto before = d_columns.before();
    const auto outside = [&](std::size_t c) { return d_outside[c] < 0 ? R(0) : row[d_outside[c]]; };
    for (std::size_t c = 0; c < before; ++c)
        d_padded[c] = outside(c);
    std::copy_n(row, d_width, d_padded.begin() + before);
    for (std::size_t c = before; c < d_outside.size(); ++c)
        d_padded[d_width + c] = outside(c);
    const auto slot = static_cast<std::size_t>(d_received) % d_kept;
    d_patches->row(d_padded.data(), d_spectra.data() + slot * d_patches->layout().row_size);
    ++d_received;
}

template <class R>
void stft2d<R>::finish()
{
    d_frames = d_next;
    if (d_received == 0)
        return;
    d_rows.check(d_received, "height");
    d_frames = d_rows.frames(d_received);
}

template <class R>
std::int64_t stft2d<R>::last_row_needed() const
{
    const auto last = d_rows.start(d_next) + static_cast<std::int64_t>(d_rows.win_length()) - 1;
    if (d_rows.outside() == pad::constant)
        return last;
    if (d_rows.outside() == pad::edge)
        return std::max<std::int64_t>(last, 0);
    return std::max(last, -d_rows.start(d_next));
}

template <class R>
bool stft2d<R>::ready() const
{
    if (d_frames >= 0)
        return d_next < d_frames;
    return d_received > last_row_needed() && expects(d_next);
}

template <class R>
bool stft2d<R>::expects(std::int64_t m) const
{
    return d_frames >= 0 ? m < d_frames : d_received > 0 && d_rows.exists(m, d_received);
}

template <class R>
std::int64_t stft2d<R>::wanted() const
{
    return d_frames >= 0 ? 0 : std::max<std::int64_t>(0, last_row_needed() + 1 - d_received);
}

template <class R>
void stft2d<R>::read(complex* frame_row)
{
    const auto length = d_frames >= 0 ? d_received : endless;
    for (std::size_t i = 0; i < d_under.size(); ++i) {
        const auto row = d_rows.source(d_rows.start(d_next) + static_cast<std::int64_t>(i), length);
        d_under[i] = row < 0 ? nullptr
                             : d_spectra.data() + static_cast<std::size_t>(row) % d_kept *
                                                      d_patches->layout().row_size;
    }
    d_patches->patches(d_under.data(), frame_row);
    ++d_next;
}

template <class R>
void stft2d<R>::analyse(const R* image, std::size_t height, complex* spectra)
{
    const auto read_all = [&] {
        for (; ready(); spectra += frame_row_size())
            read(spectra);
    };
    for (std::size_t row = 0; row < height; ++row, image += d_width) {
        push(image);
        read_all();
    }
    finish();
    read_all();
}

template class stft2d<float>;
template class stft2d<double>;

} // namespace gr::stft::kernel
