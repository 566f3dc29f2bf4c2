/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include <gnuradio/stft/kernel/dstft/concentration.h>
#include <gnuradio/stft/kernel/dstft/pooled.h>
#include <gnuradio/stft/kernel/dstft/total_variation.h>
#include <gnuradio/stft/kernel/frames/coverage.h>
#include <pybind11/complex.h>
#include <pybind11/pybind11.h>
#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;
using std::size_t;
using std::string;

namespace {

size_t extent(const py::array& a, int axis) { return static_cast<size_t>(a.shape(axis)); }

pooled_criterion criterion_named(const string& name)
{
    if (name == "l1l2")
        return pooled_criterion::l1l2;
    if (name == "entropy")
        return pooled_criterion::entropy;
    if (name == "renyi")
        return pooled_criterion::renyi;
    throw std::invalid_argument("criterion: " + name + ": must be l1l2, entropy or renyi");
}

neighbourhood neighbourhood_named(const string& name)
{
    if (name == "nonlocal4")
        return neighbourhood::nonlocal4;
    if (name == "forward")
        return neighbourhood::forward;
    throw std::invalid_argument("neighbours: " + name + ": must be nonlocal4 or forward");
}

using covering = double (*)(const double*, const double*, size_t, double, double*, double*);

covering covering_named(const string& name)
{
    if (name == "union")
        return &coverage_union;
    if (name == "min")
        return &coverage_min;
    throw std::invalid_argument("form: " + name + ": must be union or min");
}

//! f of a's values, its sizes and the gradient's, without the interpreter's lock
template <class R, class F>
double apart(const array<R>& a, array<R>& gradient, F f)
{
    const auto* values = a.data();
    auto* slopes = gradient.mutable_data();
    const auto frames = extent(a, 0), bins = extent(a, 1);
    py::gil_scoped_release release;
    return f(values, frames, bins, slopes);
}

//! a, gradient: (frames, bins)
template <class R>
void bind_losses(py::module& m)
{
    m.def(
        "magnitude_entropy",
        [](const array<R>& a, array<R> gradient, bool per_frame) {
            return apart(a, gradient, [&](auto* v, auto frames, auto bins, auto* g) {
                return per_frame ? frame_entropy(v, frames, bins, g) : entropy(v, frames * bins, g);
            });
        },
        arg("a").noconvert(),
        arg("gradient").noconvert(),
        arg("per_frame"));
    m.def(
        "renyi",
        [](const array<R>& a, array<R> gradient, double order, int power) {
            return apart(a, gradient, [&](auto* v, auto frames, auto bins, auto* g) {
                return renyi(v, frames * bins, order, power, g);
            });
        },
        arg("a").noconvert(),
        arg("gradient").noconvert(),
        arg("order"),
        arg("power"));
    m.def(
        "lp_lq",
        [](const array<R>& a, array<R> gradient, double p, double q) {
            return apart(a, gradient, [&](auto* v, auto frames, auto bins, auto* g) {
                return lp_lq(v, frames * bins, p, q, g);
            });
        },
        arg("a").noconvert(),
        arg("gradient").noconvert(),
        arg("p"),
        arg("q"));
    m.def(
        "kurtosis",
        [](const array<R>& a, const array<double>& t, array<R> gradient, array<double> gradient_t) {
            const auto* centres = t.data();
            auto* slopes = gradient_t.mutable_data();
            return apart(a, gradient, [&](auto* v, auto frames, auto bins, auto* g) {
                return kurtosis(v, frames, bins, centres, g, slopes);
            });
        },
        arg("a").noconvert(),
        arg("t").noconvert(),
        arg("gradient").noconvert(),
        arg("gradient_t").noconvert());
    m.def(
        "tracking_mse",
        [](const array<R>& a,
           const array<double>& f_true,
           array<R> gradient,
           size_t n_fft,
           double samp_rate) {
            const auto* truth = f_true.data();
            return apart(a, gradient, [&](auto* v, auto frames, auto bins, auto* g) {
                return tracking_mse(v, frames, bins, truth, n_fft, samp_rate, g);
            });
        },
        arg("a").noconvert(),
        arg("f_true").noconvert(),
        arg("gradient").noconvert(),
        arg("n_fft"),
        arg("samp_rate"));
    m.def(
        "total_variation",
        [](const array<R>& theta,
           array<R> gradient,
           const string& neighbours,
           double eps,
           double gamma) {
            const auto around = neighbourhood_named(neighbours);
            return apart(theta, gradient, [&](auto* v, auto frames, auto bins, auto* g) {
                return total_variation(v, frames, bins, around, eps, gamma, g);
            });
        },
        arg("theta").noconvert(),
        arg("gradient").noconvert(),
        arg("neighbours"),
        arg("eps"),
        arg("gamma"));
    m.def(
        "pooled",
        [](const array<std::complex<R>>& spectra,
           array<std::complex<R>> G,
           const array<R>& whitening, // empty: none
           size_t n_fft,
           bool one_sided,
           size_t half_block,
           const string& criterion,
           double order) {
            const pooled_parameters p{
                n_fft, half_block, criterion_named(criterion), order, one_sided
            };
            const auto* weights = whitening.size() ? whitening.data() : nullptr;
            return apart(spectra, G, [&](auto* v, auto frames, auto, auto* g) {
                return pooled(v, frames, p, weights, g);
            });
        },
        arg("spectra").noconvert(),
        arg("G").noconvert(),
        arg("whitening").noconvert(),
        arg("n_fft"),
        arg("one_sided"),
        arg("half_block"),
        arg("criterion"),
        arg("order"));
    m.def(
        "whitener",
        [](const array<std::complex<R>>& spectra, array<R> W, size_t width, double floor) {
            const auto* values = spectra.data();
            auto* weights = W.mutable_data();
            const auto frames = extent(spectra, 0), bins = extent(spectra, 1);
            py::gil_scoped_release release;
            whitener(values, frames, bins, width, floor, weights);
        },
        arg("spectra").noconvert(),
        arg("W").noconvert(),
        arg("width"),
        arg("floor"));
    m.def(
        "modulus",
        [](const array<std::complex<R>>& S, array<R> a) {
            const auto* spectra = S.data();
            auto* magnitudes = a.mutable_data();
            const auto count = static_cast<size_t>(S.size());
            py::gil_scoped_release release;
            modulus(spectra, count, magnitudes);
        },
        arg("S").noconvert(),
        arg("a").noconvert());
    m.def(
        "cotangent",
        [](const array<std::complex<R>>& spectra,
           const array<R>& gradient,
           array<std::complex<R>> G) {
            const auto* values = spectra.data();
            const auto* slopes = gradient.data();
            auto* out = G.mutable_data();
            const auto count = static_cast<size_t>(spectra.size());
            py::gil_scoped_release release;
            std::array<R, 1024> magnitudes; // stays in cache
            for (size_t done = 0; done < count; done += magnitudes.size()) {
                const auto part = std::min(magnitudes.size(), count - done);
                modulus(values + done, part, magnitudes.data());
                cotangent(values + done, magnitudes.data(), slopes + done, part, out + done);
            }
        },
        arg("spectra").noconvert(),
        arg("gradient").noconvert(),
        arg("G").noconvert());
}

} // namespace

void bind_losses(py::module& m)
{
    bind_losses<float>(m);
    bind_losses<double>(m);
    m.def(
        "coverage",
        [](const array<double>& theta,
           const array<double>& t,
           array<double> gradient_theta,
           array<double> gradient_t,
           double length,
           const string& form) {
            return covering_named(form)(t.data(),
                                        theta.data(),
                                        static_cast<size_t>(t.size()),
                                        length,
                                        gradient_t.mutable_data(),
                                        gradient_theta.mutable_data());
        },
        arg("theta").noconvert(),
        arg("t").noconvert(),
        arg("gradient_theta").noconvert(),
        arg("gradient_t").noconvert(),
        arg("length"),
        arg("form"));
}
