/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "window_from.h"
#include <gnuradio/stft/dstft.h>
#include <gnuradio/stft/idstft.h>
#include <pybind11/complex.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace gr::stft;
using py::arg;
using std::int64_t;
using std::string;
using unlocked = py::call_guard<py::gil_scoped_release>; // setters may wait for a work call

namespace {

template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

template <class B>
void set_theta(B& block, const py::object& theta)
{
    if (py::isinstance<py::sequence>(theta) || py::isinstance<py::array>(theta)) {
        const auto values = theta.cast<std::vector<float>>();
        py::gil_scoped_release release;
        block.set_theta(values);
    } else {
        const auto value = theta.cast<double>();
        py::gil_scoped_release release;
        block.set_theta(value);
    }
}

template <class B>
py::object theta(const B& block)
{
    std::vector<float> values;
    {
        py::gil_scoped_release release;
        values = block.theta();
    }
    if (values.size() == 1)
        return py::float_(values[0]);
    return py::array_t<float>(static_cast<py::ssize_t>(values.size()), values.data());
}

template <class B>
void bind_dstft(py::module& m, const char* name, const char* doc)
{
    block_class<B>(m, name, doc)
        .def(py::init([](int64_t n_fft,
                         double hop,
                         double theta,
                         const py::object& window,
                         const string& norm,
                         double alpha,
                         const string& share) {
                 return B::make(n_fft, hop, theta, family_from(window), norm, alpha, share);
             }),
             arg("n_fft"),
             arg("hop"),
             arg("theta"),
             arg("window") = "hann",
             arg("norm") = "l2",
             arg("alpha") = 0.0,
             arg("share") = "frame")
        .def("set_theta",
             &set_theta<B>,
             arg("theta"),
             "Another window length, in samples, from the next frame on; with share \"bin\" or "
             "\"cell\" also one for each bin.")
        .def("set_hop",
             &B::set_hop,
             arg("hop"),
             unlocked(),
             "Another hop, real, behind the next frame.")
        .def("theta",
             &theta<B>,
             "The window length last asked for, or an array of one for each bin.")
        .def("hop", &B::hop, unlocked(), "Samples from frame to frame, as last asked for.")
        .def("invalid_thetas",
             &B::invalid_thetas,
             "Items of the second input that were no window lengths.")
        .def("latency",
             &B::latency,
             unlocked(),
             "Samples that follow a frame's centre before the frame leaves.");
}

template <class B>
void bind_idstft(py::module& m, const char* name, const char* doc)
{
    block_class<B>(m, name, doc)
        .def(py::init([](int64_t n_fft,
                         const py::object& window,
                         const string& norm,
                         const string& share) {
                 return B::make(n_fft, family_from(window), norm, share);
             }),
             arg("n_fft"),
             arg("window") = "hann",
             arg("norm") = "l2",
             arg("share") = "frame")
        .def("uncovered", &B::uncovered, "Samples put out as 0, because no window covers them.")
        .def("left_out",
             &B::left_out,
             "Frames left out, because they do not lie behind the one before them.")
        .def("invalid_thetas",
             &B::invalid_thetas,
             "Items of the second input that were no window lengths.")
        .def("latency",
             &B::latency,
             "Samples by which the output lags behind the centre of the newest frame.");
}

} // namespace

void bind_dstft_blocks(py::module& m)
{
    bind_dstft<dstft_fvc>(
        m, "dstft_fvc", R"(Differentiable STFT of a stream of floats: n_fft // 2 + 1 bins a frame.

Window lengths theta and frame centres are real, in samples. Inputs: samples; if connected, theta, one float for each
frame (share "frame", "constant") or a vector of one for each bin ("bin", "cell"), of which the last holds when that
stream ends first. Outputs: spectra; if connected, their derivatives by theta and by the centre. Frame n is centred at
sample n hop; with alpha > 0 frames follow at alpha theta instead. Equals gnuradio.stft.dstft() to the bit.

theta is the window length while none come in, rounded to float32; set_theta() and set_hop() change the next frame.
Message port "cmd": dict of theta, hop, at (a sample: for the first frame centred there or later).
Tags: stft_n_fft, stft_phase, stft_family, stft_norm, stft_share, stft_step or stft_alpha, stft_theta on frame 0 and at
changes, stft_length on the last frame. Raises ValueError naming the parameter, its value and the rule.)");
    bind_dstft<dstft_cvc>(
        m,
        "dstft_cvc",
        "Differentiable STFT of a stream of complex samples: n_fft bins a frame. See dstft_fvc.");
    bind_idstft<idstft_vcf>(
        m, "idstft_vcf", R"(Inverse of the differentiable STFT, to a stream of floats.

Inputs: spectra; if connected, theta, one float for each frame; if connected, frame centres, two float64 for each frame,
whole samples and fraction. What is not connected is taken from the tags of dstft_* or stft_*, which also override the
arguments; phases are converted if they tell so. Spectra of stft_* need norm "peak".
The output is exactly as long as the stream that was transformed; samples under no window are 0 and counted.
Raises ValueError, also for share "bin" and "cell", which only the array function inverts.)");
    bind_idstft<idstft_vcc>(
        m,
        "idstft_vcc",
        "Inverse of the differentiable STFT, to a stream of complex samples. See idstft_vcf.");
}
