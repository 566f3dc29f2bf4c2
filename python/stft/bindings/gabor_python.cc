/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include "share.h"
#include <gnuradio/stft/kernel/frames/gabor.h>
#include <gnuradio/stft/kernel/stft/multiplier.h>
#include <gnuradio/stft/mask.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace gr::stft;
using kernel::real_t;
using py::arg;
using std::int64_t;
using std::size_t;

namespace {

using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

//! x (channels, length) and masks (channels | 1, frames | 1, bins) -> y (channels, length)
template <class T, class M>
void multiply(const array<T>& x,
              const array<M>& masks,
              array<T> y,
              const kernel::parameters& p,
              const py::object& synthesis,
              double threshold,
              int64_t workers)
{
    const kernel::multiplier<T> made(p, taps_from("synthesis", synthesis), threshold);
    const auto channels = x.shape(0), length = x.shape(1), bins = static_cast<int64_t>(made.bins()),
               rows = masks.shape(1);
    const auto frames = p.frames().frames(length);
    if (masks.shape(2) != bins || (rows != 1 && rows != frames) ||
        (masks.shape(0) != 1 && masks.shape(0) != channels))
        throw std::invalid_argument("mask: " + std::to_string(rows) + " rows: must be " +
                                    std::to_string(frames) + " of " + std::to_string(bins));
    const auto* samples = x.data();
    const auto* mask = masks.data();
    const int64_t per_channel = masks.shape(0) == 1 ? 0 : rows * bins;
    auto* out = y.mutable_data();
    py::gil_scoped_release release;
    share(channels, workers, [&](int64_t channel, int64_t end) {
        std::vector<T> result;
        for (; channel < end; ++channel) {
            auto multiplier = made;
            multiplier.set_masks(mask + channel * per_channel,
                                 rows == 1 ? 0 : static_cast<size_t>(bins));
            result.clear();
            multiplier.push(samples + channel * length, static_cast<size_t>(length), result);
            multiplier.finish(result);
            std::copy(result.begin(), result.end(), out + channel * length);
        }
    });
}

template <class T, class M>
void bind_multiply(py::module& m)
{
    m.def("multiply",
          &multiply<T, M>,
          arg("x").noconvert(),
          arg("masks").noconvert(),
          arg("y").noconvert(),
          arg("design"),
          arg("synthesis"),
          arg("threshold"),
          arg("workers"));
}

template <class T>
void bind_samples(py::module& m)
{
    bind_multiply<T, real_t<T>>(m);
    bind_multiply<T, std::complex<real_t<T>>>(m);
}

} // namespace

void bind_gabor(py::module& m)
{
    using kernel::checked_n_fft;
    const auto hop_in = [](int64_t hop) {
        return kernel::framing(1, static_cast<size_t>(hop)).hop();
    };
    m.def(
        "canonical_dual",
        [hop_in](const py::object& taps, int64_t hop, int64_t n_fft) {
            return taps_to_array(kernel::canonical_dual(
                taps_from("window", taps), hop_in(hop), checked_n_fft(n_fft)));
        },
        arg("taps"),
        arg("hop"),
        arg("n_fft"));
    m.def(
        "canonical_tight",
        [hop_in](const py::object& taps, int64_t hop, int64_t n_fft) {
            return taps_to_array(kernel::canonical_tight(
                taps_from("window", taps), hop_in(hop), checked_n_fft(n_fft)));
        },
        arg("taps"),
        arg("hop"),
        arg("n_fft"));
    m.def(
        "frame_bounds",
        [hop_in](const py::object& taps, int64_t hop, int64_t n_fft, int64_t period) {
            const auto bounds = kernel::frame_bounds(taps_from("window", taps),
                                                     hop_in(hop),
                                                     checked_n_fft(n_fft),
                                                     static_cast<size_t>(period));
            return py::make_tuple(bounds.lower, bounds.upper);
        },
        arg("taps"),
        arg("hop"),
        arg("n_fft"),
        arg("period"));
    bind_samples<float>(m);
    bind_samples<double>(m);
    bind_samples<std::complex<float>>(m);
    bind_samples<std::complex<double>>(m);
}

void bind_mask_block(py::module& m)
{
    py::class_<mask_vcvc, gr::block, gr::basic_block, std::shared_ptr<mask_vcvc>> mask(
        m,
        "mask_vcvc",
        R"(Spectra in, the same spectra times masks out: between stft_* and istft_* a Gabor multiplier, as multiply() on arrays.

Input and output: items of n_fft // 2 + 1 bins (sides "onesided") or n_fft bins ("twosided", "centered").
A second input, which may be left open, has a mask for each spectrum, float or (complex_masks) complex; where it ends first, its last mask
holds. mask: factor on each bin of all spectra, with the second input and without; (): 1.
hop, win_length (default: n_fft): those of the spectra, for the positions of frames; the tags of stft_* override them.

Tags of the spectra go on. Message port "cmd": dict of mask (a vector of numbers, or of none), and optionally at, the sample at or after
which the first changed frame starts. Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<mask_settings>(mask, &mask_vcvc::make);
    mask.def("latency", &mask_vcvc::latency, unlocked(), "Samples; 0.");
    def_changes<mask_vcvc>(mask);
}
