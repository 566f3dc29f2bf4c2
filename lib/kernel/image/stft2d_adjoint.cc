/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "patch_analysis.h"
#include "patch_synthesis.h"
#include <gnuradio/stft/kernel/frames/threshold.h>
#include <gnuradio/stft/kernel/image/istft2d.h>
#include <gnuradio/stft/kernel/image/stft2d_adjoint.h>
#include <algorithm>

namespace gr::stft::kernel {

namespace {

//! Both axes of an image of known size.
struct sized_image {
    image_axis rows, columns;
    std::int64_t height, width, frame_rows;

    sized_image(const parameters2d& p, std::size_t h, std::size_t w)
        : rows(p.rows()), columns(p.columns()), height(static_cast<std::int64_t>(h)),
          width(static_cast<std::int64_t>(w)), frame_rows(rows.frames(height))
    {
        rows.check(height, "height");
    }

    double points() const { return static_cast<double>(rows.n_fft()) * columns.n_fft(); }

    //! Row after the last one under any frame.
    std::int64_t end() const
    {
        return frame_rows ? rows.start(frame_rows - 1) + std::int64_t(rows.win_length()) : 0;
    }
};

//! Padded rows of an image.
template <class R>
class padded_rows
{
public:
    padded_rows(const sized_image& size, const R* image, std::size_t padded_width)
        : d_size(size), d_image(image), d_padded(padded_width)
    {}

    //! Null for a row of zeros; lives until the next call.
    const R* operator()(std::int64_t row)
    {
        const auto source = d_size.rows.source(row, d_size.height);
        if (source < 0)
            return nullptr;
        const R* from = d_image + source * d_size.width;
        for (std::size_t c = 0; c < d_padded.size(); ++c) {
            const auto position =
                static_cast<std::int64_t>(c) - static_cast<std::int64_t>(d_size.columns.before());
            const auto column = d_size.columns.source(position, d_size.width);
            d_padded[c] = column < 0 ? R(0) : from[column];
        }
        return d_padded.data();
    }

private:
    const sized_image& d_size;
    const R* d_image;
    volk::vector<R> d_padded;
};

//! Rows of g / D, padded with zeros.
template <class R>
class divided_rows
{
public:
    divided_rows(const sized_image& size, const R* g, double threshold, std::size_t padded_width)
        : d_size(size), d_g(g), d_threshold(checked_threshold(threshold, image_threshold)),
          d_padded(padded_width)
    {
        const auto frames = size.columns.frames(size.width);
        for (std::int64_t c = 0; c < size.width; ++c)
            d_weights.push_back(size.columns.weight(c, frames, d_threshold));
    }

    const R* operator()(std::int64_t row)
    {
        if (row < 0 || row >= d_size.height)
            return nullptr;
        const double weight = d_size.rows.weight(row, d_size.frame_rows, d_threshold);
        const R* from = d_g + row * d_size.width;
        for (std::size_t c = 0; c < d_weights.size(); ++c) {
            const double both = weight * d_weights[c];
            d_padded[d_size.columns.before() + c] =
                both > 0 ? static_cast<R>(from[c] * both) : R(0);
        }
        return d_padded.data();
    }

private:
    const sized_image& d_size;
    const R* d_g;
    double d_threshold;
    std::vector<double> d_weights;
    volk::vector<R> d_padded;
};

//! Row spectra under one frame row after the other.
template <class R, class Rows>
class row_spectra
{
public:
    using complex = std::complex<R>;

    row_spectra(const image_axis& rows, patch_analysis<R>& patches, Rows& source)
        : d_rows(rows), d_patches(patches), d_source(source), d_next(rows.start(0)),
          d_spectra(rows.win_length() * patches.layout().row_size, complex(0)),
          d_there(rows.win_length()), d_under(rows.win_length())
    {}

    //! Spectra of the rows under frame row m, null for rows of zeros. m grows from call to call.
    const complex* const* under(std::int64_t m)
    {
        const auto length = static_cast<std::int64_t>(d_rows.win_length());
        d_next = std::max(d_next, d_rows.start(m));
        for (; d_next < d_rows.start(m) + length; ++d_next) {
            const auto* samples = d_source(d_next);
            d_there[slot(d_next)] = samples != nullptr;
            if (samples)
                d_patches.row(samples, at(slot(d_next)));
        }
        for (std::int64_t i = 0; i < length; ++i) {
            const auto there = slot(d_rows.start(m) + i);
            d_under[static_cast<std::size_t>(i)] = d_there[there] ? at(there) : nullptr;
        }
        return d_under.data();
    }

private:
    std::size_t slot(std::int64_t row) const { return modulo(row, d_rows.win_length()); }
    complex* at(std::size_t slot) { return d_spectra.data() + slot * d_patches.layout().row_size; }

    const image_axis& d_rows;
    patch_analysis<R>& d_patches;
    Rows& d_source;
    std::int64_t d_next;
    volk::vector<complex> d_spectra;
    std::vector<char> d_there;
    std::vector<const complex*> d_under;
};

//! Re of the sum of conj(a) b, for the samples that row spectra come from: a column may stand for
//! two, but the first one only for itself.
template <class R>
double row_product(const patch_layout& layout,
                   const std::complex<R>* a,
                   const std::complex<R>* b,
                   std::size_t from,
                   std::size_t count)
{
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) {
        const double term = static_cast<double>(a[k].real()) * b[k].real() +
                            static_cast<double>(a[k].imag()) * b[k].imag();
        sum += layout.paired || (from + k) % layout.columns ? 2 * term : term;
    }
    return sum;
}

/*!
 * Derivatives of the sum over all patches of wh[i] ww[j] padded[m hop + i, n hop + j] u_mn[i, j] by
 * wh and ww, u_mn the patches' real inverse DFTs with this scale and edge.
 */
template <class R, class Rows>
void window_products(const sized_image& size,
                     Rows& source,
                     const std::complex<R>* spectra,
                     double scale,
                     double edge,
                     double* by_height,
                     double* by_width)
{
    const auto &rows = size.rows, &columns = size.columns;
    const auto width = static_cast<std::size_t>(size.width);
    patch_analysis<R> analysis(rows, columns, width);
    patch_synthesis<R> synthesis(rows, columns, width, scale, edge);
    row_spectra<R, Rows> under(rows, analysis, source);
    const auto& l = analysis.layout();
    std::fill_n(by_height, rows.win_length(), 0.0);
    std::fill_n(by_width, columns.win_length(), 0.0);

    const auto finish_rows = [&](std::int64_t end) {
        while (synthesis.next() < end) {
            if (const R* samples = source(synthesis.next())) {
                const R* frame = synthesis.frames() + columns.offset();
                for (std::size_t n = 0; n < l.frames;
                     ++n, samples += columns.hop(), frame += l.column_bins)
                    for (std::size_t j = 0; j < columns.win_length(); ++j)
                        by_width[j] += static_cast<double>(samples[j]) * frame[j];
            }
            synthesis.read(nullptr);
        }
    };
    for (std::int64_t m = 0; m < size.frame_rows; ++m, spectra += l.frames * l.patch_size()) {
        finish_rows(rows.start(m));
        const auto* above = under.under(m);
        for (std::size_t first = 0; first < l.frames; first += l.group) {
            const auto count = std::min(l.group, l.frames - first) * l.columns;
            synthesis.fold_group(spectra, first);
            for (std::size_t c = 0; c * l.chunk < count; ++c) {
                const auto* u = synthesis.transform_chunk(c) + rows.offset() * l.chunk;
                const auto from = c * l.chunk, columns_here = std::min(l.chunk, count - from);
                for (std::size_t i = 0; i < rows.win_length(); ++i, u += l.chunk)
                    if (above[i])
                        by_height[i] +=
                            scale *
                            row_product(
                                l, above[i] + first * l.columns + from, u, from, columns_here);
            }
        }
        synthesis.add(spectra);
    }
    finish_rows(size.end());
}

} // namespace

template <class R>
void stft2d_vjp(const parameters2d& p,
                const std::complex<R>* G,
                std::size_t height,
                std::size_t width,
                R* gradient)
{
    const sized_image size(p, height, width);
    patch_synthesis<R> patches(size.rows, size.columns, width, 0.5, 1);
    volk::vector<R> padded(patches.layout().padded_width);
    std::fill_n(gradient, height * width, R(0));
    const auto add_rows = [&](std::int64_t end) {
        while (patches.next() < end) {
            const auto row = size.rows.source(patches.next(), size.height);
            patches.read(padded.data());
            for (std::size_t c = 0; c < padded.size() && row >= 0; ++c) {
                const auto position =
                    static_cast<std::int64_t>(c) - static_cast<std::int64_t>(size.columns.before());
                const auto column = size.columns.source(position, size.width);
                if (column >= 0)
                    gradient[row * size.width + column] += padded[c];
            }
        }
    };
    const auto frame_row = patches.layout().frames * patches.layout().patch_size();
    for (std::int64_t m = 0; m < size.frame_rows; ++m, G += frame_row) {
        add_rows(size.rows.start(m));
        patches.add(G);
    }
    add_rows(size.end());
}

template <class R>
void istft2d_vjp(const parameters2d& p,
                 const R* g,
                 std::size_t height,
                 std::size_t width,
                 double threshold,
                 std::complex<R>* gradient)
{
    const sized_image size(p, height, width);
    patch_analysis<R> patches(size.rows, size.columns, width, 2 / size.points(), 0.5);
    divided_rows<R> source(size, g, threshold, patches.layout().padded_width);
    row_spectra<R, divided_rows<R>> under(size.rows, patches, source);
    const auto frame_row = patches.layout().frames * patches.layout().patch_size();
    for (std::int64_t m = 0; m < size.frame_rows; ++m, gradient += frame_row)
        patches.patches(under.under(m), gradient);
}

template <class R>
void stft2d_window_vjp(const parameters2d& p,
                       const R* x,
                       const std::complex<R>* G,
                       std::size_t height,
                       std::size_t width,
                       double* by_height,
                       double* by_width)
{
    const sized_image size(p, height, width);
    const patch_layout layout(size.rows, size.columns, width);
    padded_rows<R> source(size, x, layout.padded_width);
    window_products(size, source, G, 0.5, 1, by_height, by_width);
}

template <class R>
void istft2d_window_vjp(const parameters2d& p,
                        const std::complex<R>* X,
                        const R* g,
                        std::size_t height,
                        std::size_t width,
                        double threshold,
                        double* by_height,
                        double* by_width)
{
    const sized_image size(p, height, width);
    const patch_layout layout(size.rows, size.columns, width);
    divided_rows<R> source(size, g, threshold, layout.padded_width);
    window_products(size, source, X, 1 / size.points(), 0.5, by_height, by_width);

    // and through D: y is the overlap-added image over it
    std::vector<R> y(height * width);
    istft2d<R>(p, width, threshold)
        .invert(X, static_cast<std::size_t>(size.frame_rows), y.data(), height);
    std::vector<double> by_row(height), by_column(width);
    for (std::size_t r = 0; r < height; ++r)
        for (std::size_t c = 0; c < width; ++c) {
            const double product = static_cast<double>(g[r * width + c]) * y[r * width + c];
            by_row[r] += product;
            by_column[c] += product;
        }
    const auto through_coverage = [&](const image_axis& axis,
                                      const std::vector<double>& sums,
                                      double* gradient) {
        const auto length = static_cast<std::int64_t>(sums.size()), frames = axis.frames(length);
        std::vector<double> by_power;
        for (std::int64_t at = 0; at < length; ++at)
            by_power.push_back(
                sums[static_cast<std::size_t>(at)] *
                axis.weight(at, frames, checked_threshold(threshold, image_threshold)));
        for (std::int64_t m = 0; m < frames; ++m)
            for (std::size_t i = 0; i < axis.win_length(); ++i) {
                const auto at = axis.start(m) + static_cast<std::int64_t>(i);
                if (at >= 0 && at < length)
                    gradient[i] -= 2 * axis.taps()[i] * by_power[static_cast<std::size_t>(at)];
            }
    };
    through_coverage(size.rows, by_row, by_height);
    through_coverage(size.columns, by_column, by_width);
}

#define INSTANTIATE(R)                                                                             \
    template void stft2d_vjp(                                                                      \
        const parameters2d&, const std::complex<R>*, std::size_t, std::size_t, R*);                \
    template void istft2d_vjp(                                                                     \
        const parameters2d&, const R*, std::size_t, std::size_t, double, std::complex<R>*);        \
    template void stft2d_window_vjp(const parameters2d&,                                           \
                                    const R*,                                                      \
                                    const std::complex<R>*,                                        \
                                    std::size_t,                                                   \
                                    std::size_t,                                                   \
                                    double*,                                                       \
                                    double*);                                                      \
    template void istft2d_window_vjp(const parameters2d&,                                          \
                                     const std::complex<R>*,                                       \
                                     const R*,                                                     \
                                     std::size_t,                                                  \
                                     std::size_t,                                                  \
                                     double,                                                       \
                                     double*,                                                      \
                                     double*);
INSTANTIATE(float)
INSTANTIATE(double)

} // namespace gr::stft::kernel
