/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "kept.h"
#include "window_from.h"
#include <gnuradio/stft/kernel/dstft/chirp_dstft.h>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;
using std::size_t;
using std::string;

namespace {

//! A transform, kept between calls.
template <class T>
auto transform_of(size_t n_fft, const window_family& window, norm scale)
{
    const auto shape = window.shape();
    using key = std::tuple<size_t, std::decay_t<decltype(shape)>, double, norm>;
    static auto& transforms =
        *new kept<key, chirp_dstft<T>>; // never destroyed, as FFTW's plans are not
    return lease<key, chirp_dstft<T>>(
        transforms, { n_fft, shape, window.rho(), scale }, 24 * n_fft, [&] {
            return std::make_unique<chirp_dstft<T>>(n_fft, window, scale);
        });
}

//! A transform and where its frames lie; theta and c hold one value, or one for each frame.
template <class T>
struct chirp_design {
    array<double> theta, c;
    std::vector<position> t;
    decltype(transform_of<T>(0, {}, {})) transform;

    chirp_design(size_t n_fft,
                 const py::object& window,
                 const string& norm,
                 const array<double>& lengths,
                 const array<double>& centres,
                 const array<double>& rates)
        : theta(lengths), c(rates), t(positions_of(centres)),
          transform(transform_of<T>(n_fft, family_from(window), norm_named(norm)))
    {}

    //! Index of a frame's value in theta, in c, or in an array of one of their shapes.
    static size_t index(const array<double>& values, size_t n)
    {
        return values.size() == 1 ? 0 : n;
    }
};

//! x (channels, samples) -> spectra and derivatives (channels, frames, bins)
template <class T>
void analyse(const array<T>& x,
             chirp_design<T>& d,
             optional_array<std::complex<real_t<T>>> spectra,
             optional_array<std::complex<real_t<T>>> by_theta,
             optional_array<std::complex<real_t<T>>> by_t,
             optional_array<std::complex<real_t<T>>> by_c)
{
    auto* S = data_of(spectra);
    auto *S_theta = data_of(by_theta), *S_t = data_of(by_t), *S_c = data_of(by_c);
    const auto *theta = d.theta.data(), *c = d.c.data();
    const auto channels = x.shape(0), samples = x.shape(1);
    const auto* in = x.data();
    py::gil_scoped_release release;
    for (py::ssize_t channel = 0; channel < channels; ++channel)
        for (size_t n = 0; n < d.t.size(); ++n) {
            const auto row = (static_cast<size_t>(channel) * d.t.size() + n) * d.transform->bins();
            d.transform->analyse({ in + channel * samples, 0, samples },
                                 d.t[n],
                                 theta[d.index(d.theta, n)],
                                 c[d.index(d.c, n)],
                                 at(S, row),
                                 at(S_theta, row),
                                 at(S_t, row),
                                 at(S_c, row));
        }
}

//! G (channels, frames, bins) -> gradients, summed over channels but for x
template <class T>
void pull_back(const array<T>& x,
               chirp_design<T>& d,
               const array<std::complex<real_t<T>>>& G,
               optional_array<double> theta_gradient,
               optional_array<double> t_gradient,
               optional_array<double> c_gradient,
               optional_array<T> x_gradient)
{
    auto *to_theta = data_of(theta_gradient), *to_t = data_of(t_gradient),
         *to_c = data_of(c_gradient);
    auto* to_x = data_of(x_gradient);
    const auto *theta = d.theta.data(), *c = d.c.data();
    const auto channels = x.shape(0), samples = x.shape(1);
    const auto* in = x.data();
    const auto* cotangent = G.data();
    py::gil_scoped_release release;
    for (py::ssize_t channel = 0; channel < channels; ++channel)
        for (size_t n = 0; n < d.t.size(); ++n) {
            const auto frame = static_cast<size_t>(channel) * d.t.size() + n;
            const auto of_theta = d.index(d.theta, n), of_c = d.index(d.c, n);
            d.transform->pull_back({ in + channel * samples, 0, samples },
                                   d.t[n],
                                   theta[of_theta],
                                   c[of_c],
                                   cotangent + frame * d.transform->bins(),
                                   at(to_theta, of_theta),
                                   at(to_t, n),
                                   at(to_c, of_c),
                                   at(to_x, static_cast<size_t>(channel * samples)));
        }
}

template <class T>
void bind(py::module& m, const string& dtype)
{
    using design = chirp_design<T>;
    const auto name = "chirp_dstft_" + dtype;
    py::class_<design>(m, name.c_str())
        .def(py::init<size_t,
                      const py::object&,
                      const string&,
                      const array<double>&,
                      const array<double>&,
                      const array<double>&>(),
             arg("n_fft"),
             arg("window"),
             arg("norm"),
             arg("theta").noconvert(),
             arg("t").noconvert(),
             arg("c").noconvert());
    m.def("chirp_dstft",
          &analyse<T>,
          arg("x").noconvert(),
          arg("design"),
          arg("spectra").noconvert(),
          arg("by_theta").noconvert(),
          arg("by_t").noconvert(),
          arg("by_c").noconvert());
    m.def("chirp_dstft_vjp",
          &pull_back<T>,
          arg("x").noconvert(),
          arg("design"),
          arg("G").noconvert(),
          arg("theta_gradient").noconvert(),
          arg("t_gradient").noconvert(),
          arg("c_gradient").noconvert(),
          arg("x_gradient").noconvert());
}

} // namespace

void bind_chirp_dstft(py::module& m)
{
    bind<float>(m, "float32");
    bind<double>(m, "float64");
    bind<std::complex<float>>(m, "complex64");
    bind<std::complex<double>>(m, "complex128");
}
