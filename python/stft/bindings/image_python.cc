/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include "share.h"
#include <gnuradio/stft/kernel/frames/threshold.h>
#include <gnuradio/stft/kernel/image/istft2d.h>
#include <gnuradio/stft/kernel/image/stft2d.h>
#include <gnuradio/stft/kernel/image/stft2d_adjoint.h>
#include <pybind11/complex.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;
using std::int64_t;
using std::size_t;
using std::string;

namespace {

//! Extents of images (count, height, width) and spectra (count, frames down, frames across, bins, bins).
struct batch {
    py::ssize_t count;
    size_t height, width, image, spectra;

    template <class R>
    batch(const array<R>& images, const array<std::complex<R>>& X)
        : count(images.shape(0)), height(size_t(images.shape(1))), width(size_t(images.shape(2))),
          image(height * width),
          spectra(size_t(X.shape(1)) * size_t(X.shape(2)) * size_t(X.shape(3)) * size_t(X.shape(4)))
    {}
};

//! Refuses what a batch would meet, in the caller's thread and before anything is written.
void check(const parameters2d& p, const batch& sizes)
{
    p.rows().check(static_cast<int64_t>(sizes.height), "height");
    p.columns().check(static_cast<int64_t>(sizes.width), "width");
}

template <class R>
void forward(const array<R>& images,
             array<std::complex<R>> X,
             const parameters2d& p,
             int64_t workers)
{
    const batch sizes(images, X);
    check(p, sizes);
    const auto* in = images.data();
    auto* out = X.mutable_data();
    py::gil_scoped_release release;
    share(sizes.count, workers, [&](int64_t i, int64_t end) {
        for (; i < end; ++i)
            stft2d<R>(p, sizes.width)
                .analyse(
                    in + size_t(i) * sizes.image, sizes.height, out + size_t(i) * sizes.spectra);
    });
}

template <class R>
void inverse(const array<std::complex<R>>& X,
             array<R> images,
             const parameters2d& p,
             double threshold,
             int64_t workers)
{
    const batch sizes(images, X);
    check(p, sizes);
    const auto frame_rows = size_t(X.shape(1));
    const auto* in = X.data();
    auto* out = images.mutable_data();
    py::gil_scoped_release release;
    share(sizes.count, workers, [&](int64_t i, int64_t end) {
        for (; i < end; ++i)
            istft2d<R>(p, sizes.width, threshold)
                .invert(in + size_t(i) * sizes.spectra,
                        frame_rows,
                        out + size_t(i) * sizes.image,
                        sizes.height);
    });
}

template <class R>
void forward_vjp(const array<std::complex<R>>& G,
                 array<R> gradient,
                 const parameters2d& p,
                 int64_t workers)
{
    const batch sizes(gradient, G);
    check(p, sizes);
    const auto* in = G.data();
    auto* out = gradient.mutable_data();
    py::gil_scoped_release release;
    share(sizes.count, workers, [&](int64_t i, int64_t end) {
        for (; i < end; ++i)
            stft2d_vjp(p,
                       in + size_t(i) * sizes.spectra,
                       sizes.height,
                       sizes.width,
                       out + size_t(i) * sizes.image);
    });
}

template <class R>
void inverse_vjp(const array<R>& g,
                 array<std::complex<R>> gradient,
                 const parameters2d& p,
                 double threshold,
                 int64_t workers)
{
    const batch sizes(g, gradient);
    check(p, sizes);
    const auto* in = g.data();
    auto* out = gradient.mutable_data();
    py::gil_scoped_release release;
    share(sizes.count, workers, [&](int64_t i, int64_t end) {
        for (; i < end; ++i)
            istft2d_vjp(p,
                        in + size_t(i) * sizes.image,
                        sizes.height,
                        sizes.width,
                        threshold,
                        out + size_t(i) * sizes.spectra);
    });
}

/*!
 * Gradients by both windows, summed over a batch: by those of the inverse if it is the inverse's loss.
 * \param images x, or dL/dy; \param X dL/dX, or X
 */
template <class R>
py::tuple window_vjp(const array<R>& images,
                     const array<std::complex<R>>& X,
                     const parameters2d& p,
                     bool of_inverse,
                     double threshold)
{
    const batch sizes(images, X);
    check(p, sizes);
    const auto heights = p.rows().win_length(), widths = p.columns().win_length();
    py::array_t<double> by_height(heights), by_width(widths);
    auto *total_height = by_height.mutable_data(), *total_width = by_width.mutable_data();
    const auto* image = images.data();
    const auto* spectra = X.data();
    {
        py::gil_scoped_release release;
        std::fill_n(total_height, heights, 0.0);
        std::fill_n(total_width, widths, 0.0);
        std::vector<double> height(heights), width(widths);
        for (py::ssize_t i = 0; i < sizes.count;
             ++i, image += sizes.image, spectra += sizes.spectra) {
            if (of_inverse)
                istft2d_window_vjp(p,
                                   spectra,
                                   image,
                                   sizes.height,
                                   sizes.width,
                                   threshold,
                                   height.data(),
                                   width.data());
            else
                stft2d_window_vjp(
                    p, image, spectra, sizes.height, sizes.width, height.data(), width.data());
            for (size_t k = 0; k < heights; ++k)
                total_height[k] += height[k];
            for (size_t k = 0; k < widths; ++k)
                total_width[k] += width[k];
        }
    }
    return py::make_tuple(by_height, by_width);
}

template <class R>
void bind_images(py::module& m)
{
    m.def("stft2d",
          &forward<R>,
          arg("images").noconvert(),
          arg("spectra").noconvert(),
          arg("design"),
          arg("workers"));
    m.def("istft2d",
          &inverse<R>,
          arg("spectra").noconvert(),
          arg("images").noconvert(),
          arg("design"),
          arg("threshold"),
          arg("workers"));
    m.def("stft2d_vjp",
          &forward_vjp<R>,
          arg("G").noconvert(),
          arg("gradient").noconvert(),
          arg("design"),
          arg("workers"));
    m.def("istft2d_vjp",
          &inverse_vjp<R>,
          arg("g").noconvert(),
          arg("gradient").noconvert(),
          arg("design"),
          arg("threshold"),
          arg("workers"));
    m.def("window_vjp2d",
          &window_vjp<R>,
          arg("images").noconvert(),
          arg("spectra").noconvert(),
          arg("design"),
          arg("of_inverse"),
          arg("threshold"));
}

} // namespace

void bind_image(py::module& m)
{
    py::class_<parameters2d> design(
        m, "parameters2d", "What defines a 2-D STFT; pairs are (height, width).");
    def_settings<image_settings>(design, [](const image_settings& s) {
        const auto p = s.parameters();
        p.check();
        return p;
    });
    design
        .def("n_fft",
             [](const parameters2d& p) {
                 return py::make_tuple(p.rows().n_fft(), p.columns().n_fft());
             })
        .def("win_length",
             [](const parameters2d& p) {
                 return py::make_tuple(p.rows().win_length(), p.columns().win_length());
             })
        .def(
            "frames",
            [](const parameters2d& p, int64_t height, int64_t width) {
                p.rows().check(height, "height");
                p.columns().check(width, "width");
                return py::make_tuple(p.rows().frames(height), p.columns().frames(width));
            },
            arg("height"),
            arg("width"))
        .def(
            "lost",
            [](const parameters2d& p, int64_t height, int64_t width, double threshold) {
                threshold = checked_threshold(threshold, image_threshold);
                return py::make_tuple(p.rows().lost(height, threshold),
                                      p.columns().lost(width, threshold));
            },
            arg("height"),
            arg("width"),
            arg("threshold"));
    m.def("is_window_pair", &is_window_pair, arg("window"));
    bind_images<float>(m);
    bind_images<double>(m);
}
