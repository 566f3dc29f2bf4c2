/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "kept.h"
#include "share.h"
#include "window_from.h"
#include <gnuradio/stft/kernel/frames/threshold.h>
#include <gnuradio/stft/kernel/stft/folded_istft.h>
#include <gnuradio/stft/kernel/stft/istft.h>
#include <gnuradio/stft/kernel/stft/power.h>
#include <gnuradio/stft/kernel/stft/stft.h>
#include <pybind11/complex.h>

namespace py = pybind11;
using namespace gr::stft::kernel;
using py::arg;
using std::int64_t;
using std::size_t;
using std::string;

namespace {

//! Refuses rows beyond whose end the kernel would read or write.
void require_bins(const py::array& rows, size_t bins)
{
    if (rows.shape(2) != static_cast<py::ssize_t>(bins))
        throw std::invalid_argument("spectra: rows of " + std::to_string(rows.shape(2)) +
                                    " bins: must have " + std::to_string(bins));
}

//! A transform, kept between calls.
template <class T>
auto transform_of(const parameters& p, detrending detrend)
{
    using key = std::pair<parameters, detrending>;
    static auto& transforms = *new kept<key, stft<T>>; // never destroyed, as FFTW's plans are not
    return lease<key, stft<T>>(
        transforms, { p, detrend }, p.n_fft, [&] { return std::make_unique<stft<T>>(p, detrend); });
}

//! x (channels, length) -> spectra (channels, frames, bins)
template <class T>
void analyse(const array<T>& x,
             array<std::complex<real_t<T>>> spectra,
             const parameters& p,
             int64_t first,
             const string& detrend,
             int64_t workers)
{
    auto kept_transform = transform_of<T>(p, detrending_named(detrend));
    require_bins(spectra, kept_transform->bins());
    const auto channels = x.shape(0), length = x.shape(1), frames = spectra.shape(1);
    const auto* samples = x.data();
    auto* out = spectra.mutable_data();
    py::gil_scoped_release release;
    const auto threads = threads_for(workers, channels * length, channels * frames, p.n_fft);
    share_with(
        *kept_transform, channels * frames, threads, [&](auto& transform, auto row, auto end) {
            while (row < end) { // to the end of a channel
                const auto channel = row / frames, frame = row % frames;
                const auto count = std::min(frames - frame, end - row);
                transform.analyse(samples + channel * length,
                                  length,
                                  first + frame * static_cast<int64_t>(p.hop),
                                  static_cast<size_t>(count),
                                  out + row * static_cast<int64_t>(transform.bins()));
                row += count;
            }
        });
}

//! spectra (channels, frames, bins) -> y (channels, length)
template <class T, class Inverse>
void synthesise_by(const array<std::complex<real_t<T>>>& spectra,
                   array<T> y,
                   const parameters& p,
                   int64_t first,
                   const std::vector<std::complex<double>>& taps,
                   double threshold,
                   int64_t workers,
                   bool strict,
                   double win_exp)
{
    using key = std::tuple<parameters, std::vector<std::complex<double>>, double, bool, double>;
    static auto& inverses = *new kept<key, Inverse>; // never destroyed, as FFTW's plans are not
    lease<key, Inverse> kept_inverse(
        inverses, { p, taps, threshold, strict, win_exp }, p.n_fft, [&] {
            return std::make_unique<Inverse>(p, taps, threshold, strict, win_exp);
        });
    require_bins(spectra, kept_inverse->bins());
    const auto channels = spectra.shape(0), frames = spectra.shape(1), length = y.shape(1);
    const auto* in = spectra.data();
    auto* samples = y.mutable_data();
    py::gil_scoped_release release;
    const auto threads = threads_for(workers, channels * length, channels * frames, p.n_fft);
    share_with(*kept_inverse, channels, threads, [&](auto& inverse, auto channel, auto end) {
        for (; channel < end; ++channel) {
            inverse.restart(first);
            inverse.invert(in + channel * frames * static_cast<int64_t>(inverse.bins()),
                           static_cast<size_t>(frames),
                           samples + channel * length,
                           length);
        }
    });
}

template <class T>
void synthesise(const array<std::complex<real_t<T>>>& spectra,
                array<T> y,
                const parameters& p,
                int64_t first,
                const py::object& synthesis,
                double threshold,
                int64_t workers,
                bool strict,
                double win_exp)
{
    const auto taps = taps_from("synthesis", synthesis);
    const auto by = p.window_length() > p.n_fft ? synthesise_by<T, folded_istft<T>>
                                                : synthesise_by<T, istft<T>>;
    by(spectra, y, p, first, taps, threshold, workers, strict, win_exp);
}

//! x (channels, length) -> rows (channels, ceil(frames / average), bins)
template <class T>
void spectrogram(const array<T>& x,
                 array<real_t<T>> rows,
                 parameters p,
                 int64_t first,
                 int64_t frames,
                 const string& detrend,
                 const string& kind,
                 int64_t average,
                 bool max_hold,
                 bool db,
                 bool doubled,
                 int64_t workers)
{
    const power_parameters rule{
        power_kind_named(kind), static_cast<std::uint64_t>(average), max_hold, db, doubled
    };
    p.scale = spectrum_scaling(rule.kind);
    auto kept_transform = transform_of<T>(p, detrending_named(detrend));
    require_bins(rows, kept_transform->bins());
    const power<real_t<T>> fresh_powers(p.n_fft, kept_transform->bins(), rule);
    const auto channels = x.shape(0), length = x.shape(1), row_size = rows.shape(1) * rows.shape(2);
    const auto* samples = x.data();
    auto* out = rows.mutable_data();
    py::gil_scoped_release release;
    const auto threads = threads_for(workers, channels * length, channels * frames, p.n_fft);
    share_with(*kept_transform, channels, threads, [&](auto& transform, auto channel, auto end) {
        volk::vector<std::complex<real_t<T>>> spectrum(transform.bins());
        for (; channel < end; ++channel) {
            auto powers = fresh_powers;
            auto* row = out + channel * row_size;
            for (int64_t f = 0; f < frames; ++f) {
                transform.analyse(samples + channel * length,
                                  length,
                                  first + f * static_cast<int64_t>(p.hop),
                                  1,
                                  spectrum.data());
                if (powers.add(spectrum.data(), row) || (f + 1 == frames && powers.flush(row)))
                    row += transform.bins();
            }
        }
    });
}

template <class T>
void bind_samples(py::module& m)
{
    m.def("stft",
          &analyse<T>,
          arg("x").noconvert(),
          arg("spectra").noconvert(),
          arg("design"),
          arg("first"),
          arg("detrend"),
          arg("workers") = 1);
    m.def("spectrogram",
          &spectrogram<T>,
          arg("x").noconvert(),
          arg("rows").noconvert(),
          arg("design"),
          arg("first"),
          arg("frames"),
          arg("detrend"),
          arg("kind"),
          arg("average"),
          arg("max_hold"),
          arg("db"),
          arg("doubled"),
          arg("workers") = 1);
    m.def("istft",
          &synthesise<T>,
          arg("spectra").noconvert(),
          arg("y").noconvert(),
          arg("design"),
          arg("first"),
          arg("synthesis"),
          arg("threshold"),
          arg("workers") = 1,
          arg("strict") = true,
          arg("win_exp") = 1.0);
}

} // namespace

void bind_stft(py::module& m)
{
    m.def("threads_for",
          &threads_for,
          arg("workers"),
          arg("samples"),
          arg("frames"),
          arg("n_fft"),
          "The threads that transforms are shared out to.");
    m.def(
        "share_from",
        [](int64_t samples) { return least_shared.exchange(samples); },
        arg("samples"),
        "Sets from how many samples on transforms are shared out to threads, and returns what it "
        "was: for tests.");
    m.attr("coverage_threshold_single") = coverage_threshold<float>;
    m.attr("coverage_threshold_double") = coverage_threshold<double>;
    bind_samples<float>(m);
    bind_samples<double>(m);
    bind_samples<std::complex<float>>(m);
    bind_samples<std::complex<double>>(m);
}
