/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include <gnuradio/stft/adaptive_stft.h>
#include <gnuradio/stft/dstft.h>
#include <gnuradio/stft/idstft.h>
#include <pybind11/numpy.h>

namespace py = pybind11;
using namespace gr::stft;
using py::arg;
using unlocked = py::call_guard<py::gil_scoped_release>; // setters may wait for a work call

namespace {

template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

template <class B>
void set_theta(B& block, const py::object& theta)
{
    if (py::isinstance<py::array>(theta) ? py::len(theta.attr("shape")) > 0
                                         : py::isinstance<py::sequence>(theta)) {
        const auto numbers = numbers_from("theta", theta);
        const std::vector<float> values(numbers.begin(), numbers.end());
        py::gil_scoped_release release;
        block.set_theta(values);
    } else {
        const auto value = number_from("theta", theta);
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
    block_class<B> block(m, name, doc);
    def_settings<dstft_settings>(block, &B::make);
    block
        .def("set_theta",
             &set_theta<B>,
             arg("theta"),
             "Another window length, in samples, from the next frame on; with share \"bin\" or "
             "\"cell\" also one for each bin.")
        .def("theta",
             &theta<B>,
             "The window length last asked for, or an array of one for each bin.")
        .def("invalid_thetas",
             &B::invalid_thetas,
             "Items of the second input that were no window lengths.")
        .def("invalid_rates",
             &B::invalid_rates,
             "Frames whose chirp rate their window does not take, so that it is 0.")
        .def("latency",
             &B::latency,
             unlocked(),
             "Samples that follow a frame's centre before the frame leaves.");
    def_changes<B>(block);
}

template <class B>
void bind_adaptive_stft(py::module& m, const char* name, const char* doc)
{
    using optional = std::optional<double>;
    block_class<B> block(m, name, doc);
    def_settings<adaptive_stft_settings>(block, &B::make);
    block
        .def("set_theta",
             &set_theta<B>,
             arg("theta"),
             "The next frame has this window length, in samples, and learning goes on from there; "
             "with share \"bin\" "
             "or \"cell\" also one for each bin.")
        .def("load_theta",
             named_setter("path", &B::load_theta),
             arg("path"),
             "The same from a file of float32, such as a file sink writes from the second output; "
             "its last item "
             "counts.")
        .def(
            "set_bounds",
            [](B& b, const given<optional>& theta_min, const given<optional>& theta_max) {
                const auto least = value_of<optional>("theta_min", theta_min.value);
                const auto greatest = value_of<optional>("theta_max", theta_max.value);
                py::gil_scoped_release release;
                b.set_bounds(least.value_or(0), greatest.value_or(0));
            },
            arg("theta_min"),
            arg("theta_max"),
            "Other bounds of window lengths, in samples, from the next frame on; None, or 0, for "
            "the defaults.")
        .def("reset",
             &B::reset,
             unlocked(),
             "Forgets what was learned: from the next frame on as at the beginning.")
        .def("theta",
             &theta<B>,
             "The window length of the last frame, or an array of one for each bin.")
        .def("criterion", &B::criterion, unlocked(), "Of the last frame of the last report.")
        .def("theta_mean",
             &B::theta_mean,
             unlocked(),
             "Mean window length, in samples, of the frames of the last report.")
        .def("evaluations",
             &B::evaluations,
             unlocked(),
             "Spectra computed in order to learn, from the start of the stream to the last report.")
        .def("dropped",
             &B::dropped,
             unlocked(),
             "Spectra left out because of load_limit, from the start of the stream to the "
             "last report.")
        .def("frames_per_second",
             &B::frames_per_second,
             unlocked(),
             "By the clock, over the frames of the last report.")
        .def("load",
             &B::load,
             unlocked(),
             "Time at work as a share of the samples' duration; while the sample rate is unknown, "
             "how full the "
             "buffer is that the block reads from.")
        .def("latency",
             &B::latency,
             unlocked(),
             "Samples that follow a frame's centre before the frame leaves.");
    def_changes<B>(block);
}

template <class B>
void bind_idstft(py::module& m, const char* name, const char* doc)
{
    block_class<B> block(m, name, doc);
    def_settings<idstft_settings>(block, &B::make);
    block.def("uncovered", &B::uncovered, "Samples put out as 0, because no window covers them.")
        .def("left_out",
             &B::left_out,
             "Frames left out, because they do not lie after the one before them.")
        .def("invalid_thetas",
             &B::invalid_thetas,
             "Items of the second input that were no window lengths.")
        .def("invalid_rates",
             &B::invalid_rates,
             "Frames whose chirp rate their window does not take, so that it is 0.")
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
stream ends first; if connected, chirp rates c, one float for each frame (share "frame", "constant"). Outputs: spectra; if
connected, their derivatives by theta, by the centre and by c. Frame n is centred at
sample n hop; with alpha > 0 frames follow at alpha theta instead. n_fft, window and norm are those of gnuradio.stft.dstft(), which
it equals to the bit.

theta is the window length while none come in, rounded to float32, and c the rate; set_theta() and set_hop() change the next frame.
Message port "cmd": dict of theta, hop, at (a sample: for the first frame centred there or later).
Tags: stft_n_fft, stft_phase, stft_family, stft_norm, stft_share, stft_step or stft_alpha, stft_theta, stft_chirp on frame 0 and at
changes, stft_length on the last frame. Raises ValueError naming the parameter, its value and the rule.)");
    bind_dstft<dstft_cvc>(
        m,
        "dstft_cvc",
        "Differentiable STFT of a stream of complex samples: n_fft bins a frame. See dstft_fvc.");
    bind_adaptive_stft<adaptive_stft_fvc>(
        m,
        "adaptive_stft_fvc",
        R"(STFT of a stream of floats whose window length follows the signal: n_fft // 2 + 1 bins a frame.

Outputs: spectra; if connected, theta (one float for each frame, or with share "bin" and "cell" a vector of one for each
bin); if connected, frame centres, two float64: whole samples and fraction. They are the inputs of idstft_*, which give
the samples back. Frame n is centred at sample n hop, or near it where t is learned; with alpha > 0 frames follow at
alpha theta instead.

The arguments are those of gnuradio.stft.adapt(), and so are the results, to the bit, while load_limit is 0. samp_rate: Hz,
1 if unknown; an rx_rate tag overrides it. load_limit > 0: above that share of real time (of the input buffer while the
sample rate is unknown) fewer candidates are measured, counted by dropped(); no sample is lost.

Message port "cmd": dict of theta, load (name of a file), theta_min, theta_max, hop, freeze, reset, at (a sample: for the
first frame centred there or later). Message port "report": every report_interval frames a dict of criterion, theta_mean,
theta_least, theta_greatest, at_theta_min, at_theta_max, advice, frames, first_frame, evaluations, dropped,
frames_per_second, load.
Tags: as in dstft_*. Raises ValueError naming the parameter, its value and the rule.)");
    bind_adaptive_stft<adaptive_stft_cvc>(
        m,
        "adaptive_stft_cvc",
        "STFT of a stream of complex samples whose window length follows the signal: n_fft bins a "
        "frame. See adaptive_stft_fvc.");
    bind_idstft<idstft_vcf>(
        m, "idstft_vcf", R"(Inverse of the differentiable STFT, to a stream of floats.

Inputs: spectra; if connected, theta, one float for each frame (share "frame", "constant") or a vector of one for each bin
("bin", "cell"); if connected, frame centres, two float64 for each frame, whole samples and fraction; if connected, of
idstft_vcc with share "frame" or "constant", chirp rates c, one float for each frame, instead of the argument. What else is not connected is taken from the tags of dstft_* or stft_*, which also override the
arguments; phases are converted as tags require. n_fft, window and norm are those of dstft_fvc; spectra of stft_* need
norm "peak". With "bin" and "cell" it solves by least squares on segments of 16 n_fft samples, at ten to twenty times the
cost of the spectra and 24 n_fft samples of latency.
The output is exactly as long as the stream that was transformed; samples under no window are 0 and counted.
Raises ValueError naming the parameter, its value and the rule.)");
    bind_idstft<idstft_vcc>(
        m,
        "idstft_vcc",
        "Inverse of the differentiable STFT, to a stream of complex samples. See idstft_vcf.");
}
