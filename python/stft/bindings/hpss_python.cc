/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include "share.h"
#include <gnuradio/stft/hpss.h>

namespace py = pybind11;
using namespace gr::stft;
using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

namespace {

//! Spectra (channels, frames, bins) -> the parts of each, of the same shape
template <class T>
void separate(const array<T>& spectra,
              array<T> harmonic,
              array<T> percussive,
              std::int64_t workers,
              const py::kwargs& settings)
{
    const auto s = settings_from<kernel::hpss_settings>(py::args(), settings);
    s.check();
    const auto frames = spectra.shape(1), bins = spectra.shape(2);
    const auto* in = spectra.data();
    auto *to_harmonic = harmonic.mutable_data(), *to_percussive = percussive.mutable_data();
    const py::gil_scoped_release release;
    share(spectra.shape(0), workers, [&](std::int64_t channel, std::int64_t end) {
        kernel::hpss<T> kernel(s);
        for (; channel < end; ++channel) {
            kernel.reset();
            auto at = channel * frames * bins;
            for (py::ssize_t p = 0; p < frames; ++p)
                if (kernel.add(
                        in + (channel * frames + p) * bins, to_harmonic + at, to_percussive + at))
                    at += bins;
            while (at < (channel + 1) * frames * bins &&
                   kernel.flush(to_harmonic + at, to_percussive + at))
                at += bins;
        }
    });
}

template <class T>
void bind(py::module& m)
{
    m.def("hpss",
          &separate<T>,
          py::arg("spectra").noconvert(),
          py::arg("harmonic").noconvert(),
          py::arg("percussive").noconvert(),
          py::arg("workers"));
}

} // namespace

void bind_hpss(py::module& m)
{
    bind<float>(m);
    bind<double>(m);
    bind<std::complex<float>>(m);
    bind<std::complex<double>>(m);
}

void bind_hpss_block(py::module& m)
{
    py::class_<hpss_vcvc, gr::block, gr::basic_block, std::shared_ptr<hpss_vcvc>> separate(
        m,
        "hpss_vcvc",
        R"(Spectra in; out come their harmonic part, what lasts in time, and their percussive part, what is spread over frequency.

Input: spectra of stft_fvc or stft_cvc. Outputs: the two parts, or their masks with mask=True; the second one may be left out. A result
comes delay() = time_kernel // 2 frames after its spectrum, the last ones when the stream ends.
n_fft, sides: those of the spectra. time_kernel (frames), frequency_kernel (bins): of the medians, odd. power, margin_harmonic,
margin_percussive: those of stft.hpss(), which gives the same. hop: for latency(); the tag stft_hop overrides it.

Tags stay on their frames. Message port "cmd": dict of power, margin_harmonic, margin_percussive. Raises ValueError naming the parameter, its
value and the rule.)");
    def_settings<kernel::hpss_settings>(separate, &hpss_vcvc::make);
    separate
        .def("delay",
             &hpss_vcvc::delay,
             "Frames by which results come later than their spectra: time_kernel // 2.")
        .def("latency",
             &hpss_vcvc::latency,
             unlocked(),
             "Samples: delay() times the hop, which a tag or the argument gives; 0 without.");
    def_changes<hpss_vcvc>(separate);
}
