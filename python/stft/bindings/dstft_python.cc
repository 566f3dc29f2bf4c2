/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "kept.h"
#include "window_from.h"
#include <gnuradio/stft/kernel/dstft/dstft_loss.h>
#include <gnuradio/stft/kernel/dstft/idstft.h>
#include <gnuradio/stft/kernel/dstft/line_search.h>
#include <pybind11/functional.h>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;
using std::size_t;
using std::string;

namespace {

//! A transform, kept between calls if one window serves all bins of a frame.
template <class T>
auto transform_of(size_t n_fft, const window_family& window, norm scale, sharing share)
{
    const auto shape = window.shape();
    const auto size =
        per_bin(share) ? with_a_past : 8 * n_fft; // sums that run on from frame to frame
    using key = std::tuple<size_t, std::decay_t<decltype(shape)>, double, norm, sharing>;
    static auto& transforms = *new kept<key, dstft<T>>; // never destroyed, as FFTW's plans are not
    return lease<key, dstft<T>>(
        transforms, { n_fft, shape, window.rho(), scale, share }, size, [&] {
            return std::make_unique<dstft<T>>(n_fft, window, scale, share);
        });
}

//! A transform and where its frames lie; theta has the shape that its sharing asks for.
template <class T>
struct design {
    array<double> theta;
    sharing share;
    std::vector<position> t;
    decltype(transform_of<T>(0, {}, {}, {})) transform;

    design(size_t n_fft,
           const py::object& window,
           const string& norm,
           const string& share_name,
           const array<double>& lengths,
           const array<double>& centres)
        : theta(lengths), share(sharing_named(share_name)), t(positions_of(centres)),
          transform(transform_of<T>(n_fft, family_from(window), norm_named(norm), share))
    {}

    theta_field field() const { return { theta.data(), share, transform->bins() }; }
};

//! x (channels, samples) -> spectra and derivatives (channels, frames, bins)
template <class T>
void analyse(const array<T>& x,
             design<T>& d,
             array<std::complex<real_t<T>>> spectra,
             optional_array<std::complex<real_t<T>>> by_theta,
             optional_array<std::complex<real_t<T>>> by_t)
{
    auto* S = spectra.mutable_data();
    auto *S_theta = data_of(by_theta), *S_t = data_of(by_t);
    const auto theta = d.field();
    const auto channels = x.shape(0), samples = x.shape(1);
    const auto* in = x.data();
    py::gil_scoped_release release;
    for (py::ssize_t c = 0; c < channels; ++c)
        for (size_t n = 0; n < d.t.size(); ++n) {
            const auto row = (static_cast<size_t>(c) * d.t.size() + n) * d.transform->bins();
            d.transform->analyse({ in + c * samples, 0, samples },
                                 d.t[n],
                                 theta.frame(n),
                                 S + row,
                                 at(S_theta, row),
                                 at(S_t, row));
        }
}

//! G (channels, frames, bins) -> gradients, summed over channels but for x
template <class T>
void pull_back(const array<T>& x,
               design<T>& d,
               const array<std::complex<real_t<T>>>& G,
               optional_array<double> theta_gradient,
               optional_array<double> t_gradient,
               optional_array<T> x_gradient)
{
    auto *to_theta = data_of(theta_gradient), *to_t = data_of(t_gradient);
    auto* to_x = data_of(x_gradient);
    const auto theta = d.field();
    const auto channels = x.shape(0), samples = x.shape(1);
    const auto* in = x.data();
    const auto* cotangent = G.data();
    py::gil_scoped_release release;
    for (py::ssize_t c = 0; c < channels; ++c)
        for (size_t n = 0; n < d.t.size(); ++n)
            d.transform->pull_back({ in + c * samples, 0, samples },
                                   d.t[n],
                                   theta.frame(n),
                                   cotangent + (static_cast<size_t>(c) * d.t.size() + n) *
                                                   d.transform->bins(),
                                   at(to_theta, theta.offset(n)),
                                   at(to_t, n),
                                   at(to_x, static_cast<size_t>(c * samples)));
}

//! S (channels, frames, bins) -> x (channels, samples); returns the number of uncovered samples
template <class T>
std::uint64_t overlap_add(const array<std::complex<real_t<T>>>& S,
                          size_t n_fft,
                          const py::object& window,
                          const string& norm,
                          const array<double>& theta,
                          const array<double>& t,
                          const array<double>& rates,
                          double threshold,
                          array<T> x)
{
    const auto channels = S.shape(0), frames = S.shape(1), bins = S.shape(2), samples = x.shape(1);
    const bool constant = theta.size() == 1, constant_rate = rates.size() == 1;
    const auto* spectra = S.data();
    auto* out = x.mutable_data();
    const auto centres = positions_of(t);
    const auto family = family_from(window);
    const auto scale = norm_named(norm);
    std::uint64_t uncovered = 0;
    py::gil_scoped_release release;
    for (py::ssize_t c = 0; c < channels; ++c) {
        idstft<T> inverse(n_fft, family, scale, threshold);
        std::int64_t done = 0;
        const auto drain = [&] {
            const auto count = std::min(inverse.ready(), static_cast<size_t>(samples - done));
            inverse.read(out + c * samples + done, count);
            done += static_cast<std::int64_t>(count);
        };
        for (py::ssize_t n = 0; n < frames; ++n) {
            // nor does any later frame reach back to the signal
            if (centres[static_cast<size_t>(n)].sample - samples > static_cast<std::int64_t>(n_fft))
                break;
            inverse.add(spectra + (c * frames + n) * bins,
                        centres[static_cast<size_t>(n)],
                        theta.data()[constant ? 0 : n],
                        rates.data()[constant_rate ? 0 : n]);
            drain();
        }
        inverse.finish(samples);
        drain();
        uncovered += inverse.uncovered();
    }
    return uncovered;
}

//! solve(channel) for each of them; returns (iterations, residual), the worst of the channels
template <class Solve>
py::tuple worst_of(py::ssize_t channels, Solve solve)
{
    convergence worst{ 0, 0 };
    {
        py::gil_scoped_release release;
        for (py::ssize_t c = 0; c < channels; ++c) {
            const convergence one = solve(static_cast<size_t>(c));
            worst = { std::max(worst.iterations, one.iterations),
                      std::max(worst.residual, one.residual) };
        }
    }
    return py::make_tuple(worst.iterations, worst.residual);
}

//! S (channels, frames, bins) -> x (channels, samples)
template <class T>
py::tuple least_squares(const array<std::complex<real_t<T>>>& S,
                        design<T>& d,
                        bool twosided,
                        double tolerance,
                        size_t max_iterations,
                        array<T> x)
{
    const auto theta = d.field();
    const auto length = static_cast<size_t>(x.shape(1));
    const auto spectra = d.t.size() * d.transform->bins();
    const auto* in = S.data();
    auto* out = x.mutable_data();
    return worst_of(S.shape(0), [&](size_t c) {
        return least_squares_inverse(*d.transform,
                                     in + c * spectra,
                                     d.t,
                                     theta,
                                     twosided,
                                     tolerance,
                                     max_iterations,
                                     length,
                                     out + c * length);
    });
}

//! right sides (channels, samples) -> x (channels, samples)
template <class T>
py::tuple solve(const array<T>& right_side,
                design<T>& d,
                bool twosided,
                double tolerance,
                size_t max_iterations,
                array<T> x)
{
    const auto theta = d.field();
    const auto length = static_cast<size_t>(x.shape(1));
    const auto* in = right_side.data();
    auto* out = x.mutable_data();
    return worst_of(x.shape(0), [&](size_t c) {
        return solve_normal_equations(*d.transform,
                                      in + c * length,
                                      d.t,
                                      theta,
                                      twosided,
                                      tolerance,
                                      max_iterations,
                                      length,
                                      out + c * length);
    });
}

//! kind: "plane" for the entropy of all magnitudes, or a pooled criterion
template <class T>
dstft_loss<T> loss_of(size_t n_fft,
                      const py::object& window,
                      const string& norm,
                      const string& share,
                      const string& kind,
                      size_t half_block,
                      const std::vector<real_t<T>>& whitening)
{
    std::optional<pooled_parameters> rule;
    if (kind != "plane") {
        rule.emplace();
        rule->n_fft = n_fft;
        rule->half_block = half_block;
        rule->criterion = kind == "l1l2" ? pooled_criterion::l1l2 : pooled_criterion::entropy;
        rule->one_sided = is_real_v<T>;
    }
    const auto sharing = sharing_named(share);
    return {
        dstft<T>(n_fft, family_from(window), norm_named(norm), sharing), sharing, rule, whitening
    };
}

//! x (samples,), t (frames,), theta as share has it
template <class T>
double evaluate(dstft_loss<T>& loss,
                const array<T>& x,
                const array<double>& t,
                const array<double>& theta,
                optional_array<double> theta_gradient,
                optional_array<double> t_gradient)
{
    const auto centres = positions_of(t);
    const auto *samples = x.data(), *end = samples + x.size();
    const auto* lengths = theta.data();
    auto *to_theta = data_of(theta_gradient), *to_t = data_of(t_gradient);
    py::gil_scoped_release release;
    return loss.evaluate({ samples, 0, end - samples }, centres, lengths, to_theta, to_t);
}

template <class T>
void bind(py::module& m, const string& dtype)
{
    const auto name = "dstft_" + dtype, loss_name = "dstft_loss_" + dtype;
    py::class_<dstft_loss<T>>(m, loss_name.c_str())
        .def(py::init(&loss_of<T>),
             arg("n_fft"),
             arg("window"),
             arg("norm"),
             arg("share"),
             arg("kind"),
             arg("half_block"),
             arg("whitening"))
        .def("evaluate",
             &evaluate<T>,
             arg("x").noconvert(),
             arg("t").noconvert(),
             arg("theta").noconvert(),
             arg("theta_gradient").noconvert(),
             arg("t_gradient").noconvert());
    py::class_<design<T>>(m, name.c_str())
        .def(py::init<size_t,
                      const py::object&,
                      const string&,
                      const string&,
                      const array<double>&,
                      const array<double>&>(),
             arg("n_fft"),
             arg("window"),
             arg("norm"),
             arg("share"),
             arg("theta").noconvert(),
             arg("t").noconvert());
    m.def("dstft",
          &analyse<T>,
          arg("x").noconvert(),
          arg("design"),
          arg("spectra").noconvert(),
          arg("by_theta").noconvert(),
          arg("by_t").noconvert());
    m.def("dstft_vjp",
          &pull_back<T>,
          arg("x").noconvert(),
          arg("design"),
          arg("G").noconvert(),
          arg("theta_gradient").noconvert(),
          arg("t_gradient").noconvert(),
          arg("x_gradient").noconvert());
    m.def("dstft_overlap_add",
          &overlap_add<T>,
          arg("S").noconvert(),
          arg("n_fft"),
          arg("window"),
          arg("norm"),
          arg("theta").noconvert(),
          arg("t").noconvert(),
          arg("c").noconvert(),
          arg("threshold"),
          arg("x").noconvert());
    m.def("dstft_least_squares",
          &least_squares<T>,
          arg("S").noconvert(),
          arg("design"),
          arg("twosided"),
          arg("tolerance"),
          arg("max_iterations"),
          arg("x").noconvert());
    m.def("dstft_normal_equations",
          &solve<T>,
          arg("right_side").noconvert(),
          arg("design"),
          arg("twosided"),
          arg("tolerance"),
          arg("max_iterations"),
          arg("x").noconvert());
}

} // namespace

void bind_dstft(py::module& m)
{
    bind<float>(m, "float32");
    bind<double>(m, "float64");
    bind<std::complex<float>>(m, "complex64");
    bind<std::complex<double>>(m, "complex128");
    m.def(
        "window_family",
        [](const py::object& window) { return family_from(window).description(); },
        arg("window"));
    m.def("grid_and_brent",
          &grid_and_brent,
          arg("f"),
          arg("low"),
          arg("high"),
          arg("grid"),
          arg("tolerance"));
    m.def("simd_level", &simd_level);
    m.attr("least_theta") = least_theta;
}
