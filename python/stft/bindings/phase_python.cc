/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include "share.h"
#include <gnuradio/stft/kernel/phase/gaussian_fit.h>
#include <gnuradio/stft/kernel/phase/phase_from_magnitude.h>
#include <gnuradio/stft/phase_from_magnitude.h>
#include <gnuradio/stft/phase_vocoder.h>
#include <pybind11/complex.h>

namespace py = pybind11;
using namespace gr::stft;
using kernel::phase_settings;
using py::arg;

namespace {

using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

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

//! One channel through the vocoder.
template <class R>
std::vector<std::complex<R>> vocoded(const kernel::vocoder_settings& s,
                                     std::int64_t first,
                                     const std::complex<R>* spectra,
                                     std::size_t frames)
{
    kernel::phase_vocoder<R> vocoder(s);
    vocoder.restart(s, first, first);
    const auto bins = s.bins();
    std::vector<std::complex<R>> all;
    const auto pull = [&] {
        while (vocoder.ready()) {
            all.resize(all.size() + bins);
            vocoder.pull(all.data() + all.size() - bins);
        }
    };
    for (std::size_t frame = 0; frame < frames; ++frame) {
        vocoder.push(spectra + frame * bins);
        pull();
    }
    vocoder.finish();
    pull();
    return all;
}

//! spectra (channels, frames, bins) -> (channels, other frames, bins)
template <class R>
array<std::complex<R>> change_speed(const array<std::complex<R>>& spectra,
                                    std::int64_t first,
                                    std::int64_t workers,
                                    const py::kwargs& keywords)
{
    const auto s = settings_from<kernel::vocoder_settings>(py::args(), keywords);
    s.check();
    const auto channels = spectra.shape(0), bins = spectra.shape(2);
    const auto frames = static_cast<std::size_t>(spectra.shape(1));
    std::vector<std::vector<std::complex<R>>> rows(static_cast<std::size_t>(channels));
    const auto* in = spectra.data();
    {
        py::gil_scoped_release release;
        share(channels, workers, [&](std::int64_t c, std::int64_t end) {
            for (; c < end; ++c)
                rows[static_cast<std::size_t>(c)] =
                    vocoded(s, first, in + c * spectra.shape(1) * bins, frames);
        });
    }
    const auto count =
        rows.empty() ? py::ssize_t(0) : static_cast<py::ssize_t>(rows[0].size()) / bins;
    array<std::complex<R>> result({ channels, count, bins });
    auto* out = result.mutable_data();
    for (const auto& channel : rows)
        out = std::copy(channel.begin(), channel.end(), out);
    return result;
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
    m.def("phase_vocoder",
          &change_speed<R>,
          arg("spectra").noconvert(),
          arg("first"),
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

    block_class<phase_vocoder_vcvc> vocoder(
        m,
        "phase_vocoder_vcvc",
        R"(Spectra in, those of the same sound at another speed out, whose pitch stays; it stands between stft_* and istft_*.

Input and output: items of n_fft // 2 + 1 bins (sides "onesided") or n_fft bins ("twosided", "centered"); one goes out for `rate` that come in.
n_fft, hop, win_length, placement, phase: those of the spectra; the tags of stft_* override them. hop: n_fft // 8 sounds better than n_fft // 4.
rate: speed, 0.01 .. 100: 2 is twice as fast. With rate 1 items leave as they came, to the bit.

Message port "cmd": dict of rate, and optionally at, the sample of the input from which on the rate is another.
Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<kernel::vocoder_settings>(vocoder, &phase_vocoder_vcvc::make);
    vocoder.def(
        "latency",
        &phase_vocoder_vcvc::latency,
        unlocked(),
        "Samples of the input that a frame waits for: the hop, or 0 as long as the rate is 1.");
    def_changes<phase_vocoder_vcvc>(vocoder);
}
