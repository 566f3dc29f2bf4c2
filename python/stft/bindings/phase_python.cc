/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include "share.h"
#include <gnuradio/stft/kernel/phase/gaussian_fit.h>
#include <gnuradio/stft/kernel/phase/phase_from_magnitude.h>
#include <gnuradio/stft/kernel/phase/time_stretch.h>
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

//! samples (channels, length) -> y (channels, another length)
template <class T>
void stretch(const array<T>& samples,
             array<T> y,
             const kernel::parameters& design,
             double rate,
             std::int64_t workers)
{
    const auto channels = samples.shape(0), length = samples.shape(1), longer = y.shape(1);
    kernel::time_stretch<T>(design, rate); // refuses what is wrong
    const auto* in = samples.data();
    auto* out = y.mutable_data();
    py::gil_scoped_release release;
    share(channels, workers, [&](std::int64_t c, std::int64_t end) {
        kernel::time_stretch<T> stretched(design, rate);
        for (; c < end; ++c) {
            stretched.begin(in + c * length, length, longer);
            stretched.read(out + c * longer, static_cast<std::size_t>(longer));
        }
    });
}

//! A signal that is stretched piece by piece.
template <class T>
class stretched_pieces
{
public:
    stretched_pieces(const array<T>& samples,
                     const kernel::parameters& design,
                     double rate,
                     std::int64_t length)
        : d_samples(samples), d_stretched(design, rate)
    {
        d_stretched.begin(samples.data(), samples.size(), length);
    }

    //! Fills a piece -> the number of its samples.
    std::size_t read(array<T> piece)
    {
        auto* out = piece.mutable_data();
        const auto count = static_cast<std::size_t>(piece.size());
        py::gil_scoped_release release;
        return d_stretched.read(out, count);
    }

private:
    array<T> d_samples; // what is read from
    kernel::time_stretch<T> d_stretched;
};

template <class T>
void bind_stretch(py::module& m, const char* name)
{
    m.def("time_stretch",
          &stretch<T>,
          arg("samples").noconvert(),
          arg("y").noconvert(),
          arg("design"),
          arg("rate"),
          arg("workers"));
    py::class_<stretched_pieces<T>>(m, name, "A signal at another speed, piece by piece.")
        .def(py::init<const array<T>&, const kernel::parameters&, double, std::int64_t>(),
             arg("samples").noconvert(),
             arg("design"),
             arg("rate"),
             arg("length"))
        .def("read", &stretched_pieces<T>::read, arg("piece").noconvert());
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
    bind_stretch<float>(m, "stretched_float32");
    bind_stretch<double>(m, "stretched_float64");
    bind_stretch<std::complex<float>>(m, "stretched_complex64");
    bind_stretch<std::complex<double>>(m, "stretched_complex128");
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

Input: items of n_fft // 2 + 1 magnitudes (sides "onesided") or n_fft ("twosided", "centered"), of which negative ones count as 0.
Output: as many bins, one item for one.
n_fft, hop, window, win_length, placement, phase: those of the STFT whose magnitudes they are; the tags of stft_* override them.
look_ahead: 1: the phases of a frame wait for the next frame, and are more exact; 0: they do not.
iterations: replacements of the newest frame by what agrees with those before, 0 .. 100.
tolerance: cells at or below it, relative to the largest one of a frame and the one before, begin with random phases, by seed.

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
