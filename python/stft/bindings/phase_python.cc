/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include "share.h"
#include <gnuradio/stft/kernel/phase/gaussian_fit.h>
#include <gnuradio/stft/kernel/phase/phase_from_magnitude.h>
#include <gnuradio/stft/phase_from_magnitude.h>
#include <pybind11/complex.h>
#include <pybind11/numpy.h>

namespace py = pybind11;
using namespace gr::stft;
using kernel::phase_settings;
using py::arg;

namespace {

using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

template <class T>
using array = py::array_t<T, py::array::c_style>; // dtype and layout are phases.py's duty
template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

phase_settings settings_of(const py::kwargs& keywords)
{
    return settings_from<phase_settings>(py::args(), keywords);
}

//! One channel through the streaming kernel.
template <class R>
void push_all(const phase_settings& s,
              std::int64_t first,
              const R* magnitudes,
              std::size_t frames,
              std::complex<R>* spectra)
{
    kernel::phase_from_magnitude<R> phases(s);
    phases.begin_at(first);
    const auto bins = s.bins();
    std::size_t written = 0;
    for (std::size_t frame = 0; frame < frames; ++frame)
        written += phases.push(magnitudes + frame * bins, spectra + written * bins);
    phases.finish(spectra + written * bins);
}

//! magnitudes (channels, frames, bins) -> spectra of this shape
template <class R>
array<std::complex<R>> spectra_of(const array<R>& magnitudes,
                                  std::int64_t first,
                                  bool streams,
                                  std::int64_t workers,
                                  const py::kwargs& keywords)
{
    const auto s = settings_of(keywords);
    s.check();
    const auto channels = magnitudes.shape(0);
    const auto frames = static_cast<std::size_t>(magnitudes.shape(1));
    array<std::complex<R>> spectra({ channels, magnitudes.shape(1), magnitudes.shape(2) });
    const auto* in = magnitudes.data();
    auto* out = spectra.mutable_data();
    const auto cells = magnitudes.shape(1) * magnitudes.shape(2);
    py::gil_scoped_release release;
    share(channels, workers, [&](std::int64_t c, std::int64_t end) {
        for (; c < end; ++c)
            if (streams)
                push_all(s, first, in + c * cells, frames, out + c * cells);
            else
                kernel::integrate_phases(s, in + c * cells, frames, first, out + c * cells);
    });
    return spectra;
}

template <class R>
void bind_phases(py::module& m)
{
    m.def("phase_from_magnitude",
          &spectra_of<R>,
          arg("magnitudes").noconvert(),
          arg("first"),
          arg("streams"),
          arg("workers"));
}

} // namespace

void bind_phase(py::module& m)
{
    bind_phases<float>(m);
    bind_phases<double>(m);
    m.def("fit_gaussian", [](const std::vector<std::complex<double>>& taps) {
        const auto fit = kernel::fit_gaussian(taps);
        return py::make_tuple(fit.gamma, fit.shift);
    });
}

void bind_phase_blocks(py::module& m)
{
    block_class<phase_from_magnitude_vfvc> phases(
        m,
        "phase_from_magnitude_vfvc",
        R"(Magnitudes in, spectra with these magnitudes and phases that fit to each other out: what istft_* turns into samples.

Input: items of n_fft // 2 + 1 magnitudes (sides "onesided") or n_fft ("twosided", "centered"). Output: as many bins, one item for one.
n_fft, hop, window, win_length, placement, phase: those of the STFT whose magnitudes they are; the tags of stft_* override them.
look_ahead: 1: the phases of a frame wait for the next frame, and are more exact; 0: they do not.
tolerance: cells at or below it, relative to the largest one of a frame and the one before, get random phases, by seed.

Message port "cmd": dict of tolerance, and optionally at, the sample from which on frames change.
Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<phase_settings>(phases, &phase_from_magnitude_vfvc::make);
    phases.def("latency",
               &phase_from_magnitude_vfvc::latency,
               unlocked(),
               "Samples; look_ahead times the hop.");
    def_changes<phase_from_magnitude_vfvc>(phases);
}
