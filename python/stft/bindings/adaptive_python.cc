/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include <gnuradio/stft/kernel/adaptive/adaptive_stft.h>
#include <gnuradio/stft/kernel/warped/warped_stft.h>
#include <pybind11/numpy.h>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;

namespace {

//! Rows of a NumPy array that become more; it is NumPy that knows how to allocate much memory.
template <class V>
class growing_rows
{
public:
    growing_rows(std::size_t rows, std::size_t width) : d_width(width) { grow(rows); }

    //! Row n, where all before it exist; without the interpreter's lock.
    V* row(std::size_t n)
    {
        if (n == d_rows) {
            const py::gil_scoped_acquire lock;
            grow(2 * d_rows + 1);
        }
        return d_values + n * d_width;
    }

    //! The first ones.
    py::array first(std::size_t rows) const
    {
        return d_array[py::slice(0, static_cast<py::ssize_t>(rows), 1)];
    }

private:
    void grow(std::size_t rows)
    {
        py::array_t<V> larger({ rows, d_width });
        auto* values = larger.mutable_data();
        std::copy_n(d_values, d_rows * d_width, values);
        d_array = larger;
        d_values = values;
        d_rows = rows;
    }

    std::size_t d_width, d_rows = 0;
    py::array_t<V> d_array;
    V* d_values = nullptr;
};

py::dict dict_of(const adaptive_report& r)
{
    py::dict d;
    d["criterion"] = r.criterion;
    d["theta_mean"] = r.theta_mean;
    d["theta_least"] = r.theta_least;
    d["theta_greatest"] = r.theta_greatest;
    d["at_theta_min"] = r.at_theta_min;
    d["at_theta_max"] = r.at_theta_max;
    d["advice"] = r.advice;
    d["frames"] = r.frames;
    d["evaluations"] = r.evaluations;
    d["chirped"] = r.chirped;
    return d;
}

py::dict filled(const adaptive_settings& given)
{
    const auto s = given.filled();
    py::dict d;
    d["hop"] = s.hop;
    d["theta_min"] = s.theta_min;
    d["theta_max"] = s.theta_max;
    d["theta_init"] = s.theta_init;
    d["block"] = s.block;
    d["lag"] = s.lag;
    d["chirp_max"] = s.chirp_max;
    d["steps"] = s.steps;
    d["regularisation"] = s.regularisation;
    return d;
}

//! x (samples,) -> spectra (frames, bins), theta (frames, 1 or bins), t (frames,), report, c (frames, 1) or none
template <class T>
py::tuple adapt(const adaptive_settings& settings,
                const py::array_t<T, py::array::c_style>& x,
                bool with_spectra)
{
    adaptive_stft<T> learner(settings);
    const auto* samples = x.data();
    const auto length = static_cast<std::size_t>(x.size());
    // where positions are given; windows that follow theta make as many frames as they like
    const auto likely =
        1 + static_cast<std::size_t>(static_cast<double>(length) / learner.settings().hop);
    growing_rows<std::complex<real_t<T>>> spectra(with_spectra ? likely : 0, learner.bins());
    const bool chirps = learns_chirp(settings.learn);
    growing_rows<double> theta(likely, learner.thetas()), t(likely, 1), c(chirps ? likely : 0, 1);
    std::size_t frames = 0;
    {
        const py::gil_scoped_release release;
        const auto take = [&] {
            for (; learner.ready(); ++frames) {
                position centre;
                learner.next(
                    with_spectra ? spectra.row(frames) : nullptr, theta.row(frames), centre);
                *t.row(frames) = centre.value();
                if (chirps)
                    *c.row(frames) = static_cast<double>(learner.chirp());
            }
        };
        for (std::size_t taken = 0; taken < length; take())
            taken += learner.push(samples + taken, length - taken);
        learner.finish();
        take();
    }
    return py::make_tuple(spectra.first(with_spectra ? frames : 0),
                          theta.first(frames),
                          t.first(frames).attr("reshape")(-1),
                          dict_of(learner.report()),
                          chirps ? py::object(c.first(frames)) : py::object(py::none()));
}

//! x (samples,) -> spectra (frames, bins), t, rates and theta (frames,)
template <class R>
py::tuple adapt_warped(const warped_stft_settings& settings,
                       const py::array_t<R, py::array::c_style>& x,
                       bool with_spectra)
{
    warped_stft<R> warped(settings);
    const auto* samples = x.data();
    const auto length = static_cast<std::size_t>(x.size());
    const double hop = warped.settings().hop;
    const auto likely = 1 + static_cast<std::size_t>(static_cast<double>(length) / hop);
    growing_rows<std::complex<R>> spectra(with_spectra ? likely : 0, warped.bins());
    growing_rows<double> rates(likely, 1), t(likely, 1), theta(likely, 1);
    std::size_t frames = 0;
    {
        const py::gil_scoped_release release;
        const auto take = [&] {
            for (; warped.ready(); ++frames) {
                *t.row(frames) = static_cast<double>(warped.frame()) * hop;
                *rates.row(frames) = warped.next(with_spectra ? spectra.row(frames) : nullptr);
                *theta.row(frames) = warped.theta();
            }
        };
        for (std::size_t taken = 0; taken < length; take())
            taken += warped.push(samples + taken, length - taken);
        warped.finish();
        take();
    }
    return py::make_tuple(spectra.first(with_spectra ? frames : 0),
                          t.first(frames).attr("reshape")(-1),
                          rates.first(frames).attr("reshape")(-1),
                          theta.first(frames).attr("reshape")(-1));
}

template <class T>
void bind_adapt(py::module& m)
{
    m.def("adapt", &adapt<T>, arg("settings"), arg("x").noconvert(), arg("with_spectra"));
}

} // namespace

void bind_adaptive(py::module& m)
{
    py::class_<adaptive_settings> settings(m, "adaptive_settings");
    def_settings<adaptive_settings>(settings, [](const adaptive_settings& s) {
        s.check();
        return s;
    });
    settings.def("filled", &filled, "What the defaults are that follow from the others.");
    py::class_<warped_stft_settings> warped(m, "warped_stft_settings");
    def_settings<warped_stft_settings>(warped, [](const warped_stft_settings& s) {
        s.check();
        return s;
    });
    m.def("adapt_warped",
          &adapt_warped<float>,
          arg("settings"),
          arg("x").noconvert(),
          arg("with_spectra"));
    m.def("adapt_warped",
          &adapt_warped<double>,
          arg("settings"),
          arg("x").noconvert(),
          arg("with_spectra"));
    bind_adapt<float>(m);
    bind_adapt<double>(m);
    bind_adapt<std::complex<float>>(m);
    bind_adapt<std::complex<double>>(m);
}
