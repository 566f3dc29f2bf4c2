/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"
#include "settings.h"
#include <gnuradio/stft/band_weights.h>

namespace py = pybind11;
using namespace gr::stft;
using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

namespace {

kernel::band_weights_settings settings_in(const py::kwargs& settings)
{
    return settings_from<kernel::band_weights_settings>(py::args(), settings);
}

//! Powers (rows, bins), weights (bands, bins) -> sums (rows, bands)
template <class R>
array<R> apply(const array<R>& powers, const array<double>& weights)
{
    const auto count = static_cast<std::size_t>(weights.shape(0)),
               bins = static_cast<std::size_t>(weights.shape(1));
    const kernel::band_weights<R> sparse(weights.data(), count, bins);
    array<R> sums({ powers.shape(0), weights.shape(0) });
    const auto* in = powers.data();
    auto* out = sums.mutable_data();
    const auto rows = powers.shape(0);
    const py::gil_scoped_release release;
    for (py::ssize_t p = 0; p < rows; ++p, in += bins, out += count)
        sparse.apply(in, out);
    return sums;
}

} // namespace

void bind_bands(py::module& m)
{
    m.def("band_weights", [](const py::kwargs& settings) {
        const auto s = settings_in(settings);
        const kernel::band_weights<double> weights(s);
        array<double> matrix({ static_cast<py::ssize_t>(weights.bands()),
                               static_cast<py::ssize_t>(weights.bins()) });
        weights.write(matrix.mutable_data());
        return py::make_tuple(matrix, weights.empty_bands());
    });
    m.def("band_edges", [](const py::kwargs& settings) {
        const auto all = settings_in(settings).bands_of();
        array<double> edges({ static_cast<py::ssize_t>(all.size()), py::ssize_t(3) });
        auto* to = edges.mutable_data();
        for (const auto& band : all)
            for (const auto f : { band.lower, band.centre, band.upper })
                *to++ = f;
        return edges;
    });
    m.def("apply_band_weights",
          &apply<float>,
          py::arg("powers").noconvert(),
          py::arg("weights").noconvert());
    m.def("apply_band_weights",
          &apply<double>,
          py::arg("powers").noconvert(),
          py::arg("weights").noconvert());
}

void bind_band_blocks(py::module& m)
{
    py::class_<band_weights_vfvf, gr::block, gr::basic_block, std::shared_ptr<band_weights_vfvf>>
        weights(
            m,
            "band_weights_vfvf",
            R"(Rows of power in, weighted sums over bands out: mel, bark, ERB, fractions of octaves, or bands of one's own.

Input: rows of n_fft // 2 + 1 floats, of spectrogram_fvf or power_vcvf, without db. Output: a vector of one float for each band and row.
stft.band_weights() gives the same weights as a matrix, and says more of each argument.
kind: "mel" (mel_scale "slaney" or "htk"), "bark", "erb" or "linear": `bands` of them at equal steps of the scale from f_min to f_max (Hz);
"octave": per_octave of them in an octave about `reference` (Hz); "edges": between the rising frequencies `edges` (Hz); "weights": by
`weights`, all values in a row, band by band. shape: "triangle", "rectangle" or "automatic". norm: "none", "area" or "sum".
samp_rate: Hz, above 40 Hz for mel, bark and erb; the tag stft_samp_rate overrides it, as far as the number of bands stays.

Message port "cmd": dict of f_min, f_max. Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<kernel::band_weights_settings>(weights, &band_weights_vfvf::make);
    weights.def("bands", &band_weights_vfvf::bands, unlocked(), "Bands of an output vector.")
        .def("latency",
             &band_weights_vfvf::latency,
             unlocked(),
             "Samples; 0, since sums leave with their row.");
    def_changes<band_weights_vfvf>(weights);
}
