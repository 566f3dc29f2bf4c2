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

PYBIND11_MODULE(bench_python, m)
{
    m.doc() = "The kernels of the STFT, compared with a plain loop around FFTW.";

    m.def(
        "compare",
        [](std::size_t n_fft,
           std::size_t hop,
           bool complex_samples,
           bool inverse,
           std::size_t rounds,
           double seconds) {
            const auto c = [&] {
                py::gil_scoped_release release;
                return bench::compare(n_fft, hop, complex_samples, inverse, rounds, seconds);
            }();
            py::dict result;
            result["frames"] = c.frames;
            result["ring_bytes"] = c.ring_bytes;
            result["error"] = c.error;
            result["ours"] = c.ours;
            result["naive"] = c.naive;
            result["ffts"] = c.ffts;
            return result;
        },
        py::arg("n_fft"),
        py::arg("hop"),
        py::arg("complex_samples"),
        py::arg("inverse"),
        py::arg("rounds"),
        py::arg("seconds"),
        "Seconds per frame of each round: ours, the naive loop's, its FFTs'. ValueError for sizes "
        "that cannot be compared.");

    m.def(
        "compare_images",
        [](std::size_t height,
           std::size_t width,
           std::size_t window,
           std::size_t hop,
           bool inverse,
           std::size_t rounds) {
            const auto c = [&] {
                py::gil_scoped_release release;
                return bench::compare_images(height, width, window, hop, inverse, rounds);
            }();
            py::dict result;
            result["patches"] = c.patches;
            result["error"] = c.error;
            result["ours"] = c.ours;
            result["naive"] = c.naive;
            return result;
        },
        py::arg("height"),
        py::arg("width"),
        py::arg("window"),
        py::arg("hop"),
        py::arg("inverse"),
        py::arg("rounds"),
        "Seconds per patch of each round: ours, and a naive loop's. ValueError for sizes that "
        "cannot be compared.");

    m.def(
        "compare_transforms",
        [](std::size_t n, bool complex_samples, std::size_t rounds, double seconds) {
            const auto c = [&] {
                py::gil_scoped_release release;
                return bench::compare_transforms(n, complex_samples, rounds, seconds);
            }();
            py::dict result;
            result["error"] = c.error;
            result["fftw_error"] = c.fftw_error;
            result["ours"] = c.ours;
            result["fftw"] = c.fftw;
            return result;
        },
        py::arg("n"),
        py::arg("complex_samples"),
        py::arg("rounds"),
        py::arg("seconds"),
        "Seconds of a DFT in each round: ours, and FFTW's. ValueError for sizes that cannot be "
        "compared.");

    m.def(
        "environment",
        [] {
            py::dict is;
            is["compiler"] = COMPILER;
            is["flags"] = FLAGS;
            is["fftw_version"] = bench::fftw_version();
            is["volk_machine"] = std::string(volk_get_machine());
            is["simd"] = kernel::simd_level();
            return is;
        },
        "What the figures depend on, by name.");
}
