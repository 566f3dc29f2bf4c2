/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/cross_spectrum.h>

namespace py = pybind11;
using namespace gr::stft;
using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

namespace {

//! Spectra x and y (frames, bins) -> cross powers, coherences and transfer functions (means, bins) of blocks of `frames`, or of all
//! if that is 0; the bias and the threshold of the coherence follow.
template <class R>
py::tuple cross_spectrum(const array<std::complex<R>>& x,
                         const array<std::complex<R>>& y,
                         double fraction,
                         const py::kwargs& settings)
{
    const auto s = settings_from<kernel::cross_spectrum_settings>(py::args(), settings);
    kernel::cross_spectrum<R> cross(s);
    const auto frames = x.shape(0), bins = static_cast<py::ssize_t>(s.bins());
    const auto means = frames / static_cast<py::ssize_t>(cross.frames_per_mean());
    array<std::complex<R>> powers({ means, bins }), transfer({ means, bins });
    array<R> coherence({ means, bins }), phase({ means, bins });
    const auto *in_x = x.data(), *in_y = y.data();
    auto *to_powers = powers.mutable_data(), *to_transfer = transfer.mutable_data();
    auto *to_coherence = coherence.mutable_data(), *to_phase = phase.mutable_data();
    {
        py::gil_scoped_release release;
        for (py::ssize_t p = 0, mean = 0; p < frames; ++p) {
            const std::complex<R>* spectra[]{ in_x + p * bins, in_y + p * bins };
            if (!cross.add(spectra))
                continue;
            const auto at = bins * mean++;
            cross.cross(to_powers + at);
            cross.coherence(to_coherence + at);
            cross.phase(to_phase + at);
            cross.transfer(to_transfer + at);
        }
    }
    return py::make_tuple(powers,
                          coherence,
                          phase,
                          transfer,
                          cross.independent_frames(),
                          cross.bias(),
                          cross.threshold(fraction));
}

} // namespace

void bind_cross_spectrum(py::module& m)
{
    m.def("cross_spectrum", &cross_spectrum<float>);
    m.def("cross_spectrum", &cross_spectrum<double>);
}

void bind_cross_spectrum_block(py::module& m)
{
    py::class_<cross_spectrum_vcvc,
               gr::block,
               gr::basic_block,
               std::shared_ptr<cross_spectrum_vcvc>>
        cross(
            m,
            "cross_spectrum_vcvc",
            R"(Spectra of two or more sensors in; their averaged cross power, coherence, phase difference and transfer function out.

Inputs: `channels` streams of spectra of stft_fvc or stft_cvc, in step; the first one is the reference x. Outputs, of which the last ones may be
left out, items of a row for each other channel y: mean(conj(X) Y), complex; coherence, 0 .. 1; phase of y less that of x, rad: a
response that comes tau s later has -2 pi f tau; transfer function, complex, by estimator "h1" (noise is added to y) or "h2" (to x).
An item for each block of `frames` spectra (mean "blocks"), or for each spectrum (mean "exponential", with a constant of that many; its
coherence is NaN in the first four of them).
n_fft, hop, window, win_length, sides: those of the spectra. From them follows how many independent frames a mean has.
Powers are in the scaling of the spectra; inner bins of one-sided ones are doubled.

Tags are those of the reference. Message port "cmd": dict of reset. Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<kernel::cross_spectrum_settings>(cross, &cross_spectrum_vcvc::make);
    cross
        .def("independent_frames",
             &cross_spectrum_vcvc::independent_frames,
             "Independent frames of a mean: those that overlap count for less than one.")
        .def("bias",
             &cross_spectrum_vcvc::bias,
             "Mean coherence of channels that have nothing in common, one over the independent "
             "frames.")
        .def("threshold",
             &cross_spectrum_vcvc::threshold,
             py::arg("fraction") = 0.01,
             "Coherence that channels with nothing in common exceed in this fraction of the bins.")
        .def("reset", &cross_spectrum_vcvc::reset, unlocked(), "Forgets the spectra so far.")
        .def("latency",
             &cross_spectrum_vcvc::latency,
             unlocked(),
             "Samples; 0, since an item leaves with the last spectrum of its block.");
}
