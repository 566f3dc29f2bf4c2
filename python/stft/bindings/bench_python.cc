/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "images.h"
#include "kernels.h"
#include "naive.h"
#include "transforms.h"
#include <gnuradio/stft/kernel/dstft/dstft.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <volk/volk.h>

namespace py = pybind11;
using namespace gr::stft;
using namespace py::literals;

namespace {

//! Runs a comparison without Python's lock. Its sizes are refused by ValueError if they cannot be compared.
template <class Comparison, class... Argument>
auto unlocked(Comparison compare, Argument... arguments)
{
    py::gil_scoped_release release;
    return compare(arguments...);
}

py::dict compare(std::size_t n_fft,
                 std::size_t hop,
                 bool complex_samples,
                 bool inverse,
                 std::size_t rounds,
                 double seconds)
{
    const auto c = unlocked(bench::compare, n_fft, hop, complex_samples, inverse, rounds, seconds);
    return py::dict("frames"_a = c.frames,
                    "ring_bytes"_a = c.ring_bytes,
                    "error"_a = c.error,
                    "ours"_a = c.ours,
                    "naive"_a = c.naive,
                    "ffts"_a = c.ffts,
                    "without_copies"_a = c.without_copies);
}

py::dict compare_images(std::size_t height,
                        std::size_t width,
                        std::size_t window,
                        std::size_t hop,
                        bool inverse,
                        std::size_t rounds)
{
    const auto c = unlocked(bench::compare_images, height, width, window, hop, inverse, rounds);
    return py::dict(
        "patches"_a = c.patches, "error"_a = c.error, "ours"_a = c.ours, "naive"_a = c.naive);
}

py::dict compare_transforms(std::size_t n, bool complex_samples, std::size_t rounds, double seconds)
{
    const auto c = unlocked(bench::compare_transforms, n, complex_samples, rounds, seconds);
    return py::dict(
        "error"_a = c.error, "fftw_error"_a = c.fftw_error, "ours"_a = c.ours, "fftw"_a = c.fftw);
}

py::dict environment()
{
    return py::dict("compiler"_a = COMPILER,
                    "flags"_a = FLAGS,
                    "fftw_version"_a = bench::fftw_version(),
                    "volk_machine"_a = volk_get_machine(),
                    "simd"_a = kernel::simd_level());
}

} // namespace

PYBIND11_MODULE(bench_python, m)
{
    m.doc() = "The kernels of the STFT, compared with a plain loop around FFTW.";

    m.def("compare",
          &compare,
          "n_fft"_a,
          "hop"_a,
          "complex_samples"_a,
          "inverse"_a,
          "rounds"_a,
          "seconds"_a,
          "Seconds per frame of each round: ours, the naive loop's, its FFTs'. ValueError for "
          "sizes that cannot be compared.");

    m.def("compare_images",
          &compare_images,
          "height"_a,
          "width"_a,
          "window"_a,
          "hop"_a,
          "inverse"_a,
          "rounds"_a,
          "Seconds per patch of each round: ours, and a naive loop's. ValueError for sizes that "
          "cannot be compared.");

    m.def("compare_transforms",
          &compare_transforms,
          "n"_a,
          "complex_samples"_a,
          "rounds"_a,
          "seconds"_a,
          "Seconds of a DFT in each round: ours, and FFTW's. ValueError for sizes that cannot be "
          "compared.");

    m.def("environment", &environment, "What the figures depend on, by name.");
}
