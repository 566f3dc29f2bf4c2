/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "arguments.h"
#include "window_from.h"
#include <gnuradio/stft/istft.h>
#include <gnuradio/stft/one_integral.h>
#include <gnuradio/stft/phase_reference.h>
#include <gnuradio/stft/power.h>
#include <gnuradio/stft/spectrogram.h>
#include <gnuradio/stft/stft.h>
#include <gnuradio/stft/stft_bins.h>
#include <gnuradio/stft/stream/buffer_bytes.h>
#include <pybind11/complex.h>

namespace py = pybind11;
using namespace gr::stft;
using py::arg;
using std::int64_t;
using std::string;
using unlocked = py::call_guard<py::gil_scoped_release>; // setters may wait for a work call

namespace {

template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

const auto set_window_doc = "Another window, by name, (name, parameters ...) or taps, from the "
                            "next frame on; of the same length, unless it is taps.";
const auto set_win_length_doc =
    "Another window length, from the next frame on; 0: the taps' number, else n_fft.";

//! Methods common to the blocks that cut samples into frames.
template <class B>
void bind_analysis(block_class<B>& block)
{
    block
        .def("set_hop",
             named_setter("hop", &B::set_hop),
             arg("hop"),
             "Another hop, from the next frame on.")
        .def(
            "set_window",
            [](B& block, const py::object& window) {
                const auto w = window_from(window);
                py::gil_scoped_release release;
                block.set_window(w);
            },
            arg("window"),
            set_window_doc)
        .def("set_win_length",
             named_setter("win_length", &B::set_win_length),
             arg("win_length"),
             set_win_length_doc)
        .def("hop", &B::hop, unlocked(), "Samples from frame to frame, as last asked for.")
        .def("win_length",
             &B::win_length,
             unlocked(),
             "Samples under the window, as last asked for.");
}

template <class B>
void bind_stft(py::module& m, const char* name, const char* doc)
{
    block_class<B> block(m, name, doc);
    bind_analysis<B>(block);
    def_init(
        block,
        [](int64_t n_fft,
           int64_t hop,
           const py::object& window,
           int64_t win_length,
           const string& placement,
           const string& phase,
           const string& scaling,
           double samp_rate,
           bool shifted) {
            return B::make(n_fft,
                           hop,
                           window_from(window),
                           win_length,
                           placement,
                           phase,
                           scaling,
                           samp_rate,
                           shifted);
        },
        arg("n_fft"),
        arg("hop"),
        arg("window") = "hann",
        arg("win_length") = 0,
        arg("placement") = "centred",
        arg("phase") = "centre",
        arg("scaling") = "none",
        arg("samp_rate") = 1.0,
        arg("shifted") = false);
    block
        .def("set_scaling",
             named_setter("scaling", &B::set_scaling),
             arg("scaling"),
             "Another scaling, from the next frame on.")
        .def("scaling", &B::scaling, unlocked(), "The scaling last asked for.")
        .def("latency",
             &B::latency,
             unlocked(),
             "Samples that follow a frame's centre before the frame leaves.");
}

template <class B>
void bind_stft_bins(py::module& m, const char* name, const char* doc)
{
    block_class<B> block(m, name, doc);
    bind_analysis<B>(block);
    def_init(
        block,
        [](const std::vector<double>& bins,
           int64_t hop,
           const py::object& window,
           int64_t win_length,
           int64_t n_fft,
           const string& phase,
           const string& placement,
           const string& scaling,
           double samp_rate) {
            return B::make(bins,
                           hop,
                           window_from(window),
                           win_length,
                           n_fft,
                           phase,
                           placement,
                           scaling,
                           samp_rate);
        },
        arg("bins"),
        arg("hop"),
        arg("window") = "hann",
        arg("win_length") = 0,
        arg("n_fft") = 0,
        arg("phase") = "centre",
        arg("placement") = "centred",
        arg("scaling") = "none",
        arg("samp_rate") = 1.0);
    block
        .def("set_bins",
             named_setter("bins", &B::set_bins),
             arg("bins"),
             "Other bins, as many as before, from the next frame on.")
        .def("bins", &B::bins, unlocked(), "The bins last asked for.")
        .def("set_scaling",
             named_setter("scaling", &B::set_scaling),
             arg("scaling"),
             "Another scaling, from the next frame on.")
        .def("scaling", &B::scaling, unlocked(), "The scaling last asked for.")
        .def("latency",
             &B::latency,
             unlocked(),
             "Samples that follow a frame's centre before the frame leaves.");
}

template <class B>
void bind_one_integral(py::module& m, const char* name, const char* doc)
{
    block_class<B> block(m, name, doc);
    def_init(
        block,
        [](int64_t n_fft,
           const py::object& window,
           int64_t win_length,
           const string& phase,
           const std::vector<double>& bins,
           const string& scaling,
           double samp_rate) {
            return B::make(n_fft, window_from(window), win_length, phase, bins, scaling, samp_rate);
        },
        arg("n_fft"),
        arg("window") = "hann",
        arg("win_length") = 0,
        arg("phase") = "centre",
        arg("bins") = py::tuple(),
        arg("scaling") = "none",
        arg("samp_rate") = 1.0);
    block.def("latency",
              &B::latency,
              "Samples by which the output lags behind the centre of the newest frame.");
}

template <class B>
void bind_spectrogram(py::module& m, const char* name, const char* doc)
{
    block_class<B> block(m, name, doc);
    bind_analysis<B>(block);
    def_init(
        block,
        [](int64_t n_fft,
           int64_t hop,
           const py::object& window,
           int64_t win_length,
           const string& placement,
           const string& kind,
           int64_t average,
           bool max_hold,
           bool db,
           double samp_rate,
           bool shifted) {
            return B::make(n_fft,
                           hop,
                           window_from(window),
                           win_length,
                           placement,
                           kind,
                           average,
                           max_hold,
                           db,
                           samp_rate,
                           shifted);
        },
        arg("n_fft"),
        arg("hop"),
        arg("window") = "hann",
        arg("win_length") = 0,
        arg("placement") = "centred",
        arg("kind") = "psd",
        arg("average") = 1,
        arg("max_hold") = false,
        arg("db") = false,
        arg("samp_rate") = 1.0,
        arg("shifted") = false);
    block
        .def("set_average",
             named_setter("average", &B::set_average),
             arg("average"),
             "Frames per row from now on.")
        .def("reset", &B::reset, unlocked(), "Forgets the held maxima.")
        .def("average", &B::average, unlocked(), "Frames per row, as last asked for.")
        .def("latency",
             &B::latency,
             unlocked(),
             "Samples that follow the centre of a row's first frame before the row leaves.");
}

template <class B>
void bind_istft(py::module& m, const char* name, const char* doc)
{
    block_class<B> block(m, name, doc);
    def_init(
        block,
        [](int64_t n_fft,
           int64_t hop,
           const py::object& window,
           int64_t win_length,
           const string& placement,
           const string& phase,
           const string& scaling,
           double samp_rate,
           bool shifted,
           const py::object& synthesis) {
            return B::make(n_fft,
                           hop,
                           window_from(window),
                           win_length,
                           placement,
                           phase,
                           scaling,
                           samp_rate,
                           shifted,
                           taps_from("synthesis", synthesis));
        },
        arg("n_fft"),
        arg("hop"),
        arg("window") = "hann",
        arg("win_length") = 0,
        arg("placement") = "centred",
        arg("phase") = "centre",
        arg("scaling") = "none",
        arg("samp_rate") = 1.0,
        arg("shifted") = false,
        arg("synthesis") = py::tuple());
    block.def("latency",
              &B::latency,
              "Samples by which the output lags behind the centre of the newest frame.");
}

} // namespace

void bind_blocks(py::module& m)
{
    m.def("buffer_bytes",
          &buffer_bytes,
          arg("row_bytes"),
          "Bytes of the buffer of a block's output stream of rows of row_bytes, as the scheduler "
          "allocates it.");
    bind_stft<stft_fvc>(m, "stft_fvc", R"(STFT of a stream of floats: n_fft // 2 + 1 bins a frame.

Arguments as in gnuradio.stft.stft(); samp_rate in Hz; shifted (bins from -n_fft // 2 on) needs complex samples.
Every sample is used; tags land on the first frame that holds their sample; frame 0 and every change carry stft_first,
stft_hop, stft_n_fft, stft_win_length, stft_phase, stft_scaling, stft_window and stft_samp_rate, the last frame
stft_length. Message port "cmd": dict of hop, window, win_length, scaling, at (a sample).
Raises ValueError naming the parameter, its value and the rule.)");
    bind_stft<stft_cvc>(
        m, "stft_cvc", "STFT of a stream of complex samples: n_fft bins a frame. See stft_fvc.");

    bind_istft<istft_vcf>(
        m, "istft_vcf", R"(Inverse STFT to a stream of floats, by weighted overlap-add.

Arguments as in stft_fvc; synthesis: a dual window of win_length taps, used without normalisation. The tags of
stft_fvc override the arguments; the output is exactly as long as the stream that was transformed.
Raises ValueError, also for a window that the hop cannot invert.)");
    bind_istft<istft_vcc>(
        m, "istft_vcc", "Inverse STFT to a stream of complex samples. See istft_vcf.");

    bind_stft_bins<stft_bins_fvc>(
        m, "stft_bins_fvc", R"(Chosen bins of the STFT of a stream of floats, at any hop.

Arguments as in gnuradio.stft.stft_bins(); n_fft 0: win_length, or the number of taps. Frames and tags as in stft_fvc, and
stft_bins (the bins). Message port "cmd": dict of bins (as many as before), hop, window, win_length, scaling, at (a sample).
Raises ValueError naming the parameter, its value and the rule.)");
    bind_stft_bins<stft_bins_cvc>(
        m,
        "stft_bins_cvc",
        "Chosen bins of the STFT of a stream of complex samples. See stft_bins_fvc.");

    bind_one_integral<one_integral_vcf>(
        m,
        "one_integral_vcf",
        R"(Inverse of an STFT at hop 1 to a stream of floats: one sample from each spectrum.

Arguments as in gnuradio.stft.one_integral_inverse(); bins () for all of them; some give the part of the signal in their
band. The tags of stft_fvc and stft_bins_fvc override the arguments; the output is exactly as long as the stream that was
transformed. Raises ValueError, also for a window that is 0 at its centre.)");
    bind_one_integral<one_integral_vcc>(
        m,
        "one_integral_vcc",
        "Inverse of an STFT at hop 1 to a stream of complex samples. See one_integral_vcf.");

    bind_spectrogram<spectrogram_fvf>(
        m, "spectrogram_fvf", R"(Spectrogram of a stream of floats: rows of n_fft // 2 + 1 floats.

kind "psd" (unit^2 / Hz), "power" or "magnitude" of a line; inner bins are doubled; average frames make a row, the last
row averages what is left; max_hold keeps the largest since the start; db gives 10 log10 of power, not below -200.
n_fft, hop, window, win_length, placement, samp_rate (Hz) and shifted are those of stft_fvc.
Message port "cmd": dict of hop, window, win_length, average, reset, at (a sample).
Raises ValueError naming the parameter, its value and the rule.)");
    bind_spectrogram<spectrogram_cvf>(
        m,
        "spectrogram_cvf",
        "Spectrogram of a stream of complex samples: rows of n_fft floats. See spectrogram_fvf.");

    block_class<power_vcvf> power(m, "power_vcvf", R"(Power of spectra: rows of as many floats.

n_fft is the length of their DFT; sides "onesided" (inner bins are doubled), "twosided" or "centered"; kind "power" |X|^2 and "magnitude" |X| in the
scaling that the spectra have, "psd" |X|^2 brought to unit^2 / Hz where the tags of stft_* tell the scaling.
average spectra make a row; max_hold keeps the largest since the start; db gives 10 log10 of power, not below -200.
Message port "cmd": dict of average, reset. Raises ValueError naming the parameter, its value and the rule.)");
    def_init(power,
             &power_vcvf::make,
             arg("n_fft"),
             arg("sides") = "onesided",
             arg("kind") = "psd",
             arg("average") = 1,
             arg("max_hold") = false,
             arg("db") = false);
    power
        .def("set_average",
             named_setter("average", &power_vcvf::set_average),
             arg("average"),
             "Spectra per row from now on.")
        .def("reset", &power_vcvf::reset, unlocked(), "Forgets the held maxima.")
        .def("average", &power_vcvf::average, "Spectra per row.")
        .def("latency", &power_vcvf::latency, "Samples; 0.");

    py::class_<phase_reference_vcvc,
               gr::sync_block,
               gr::block,
               gr::basic_block,
               std::shared_ptr<phase_reference_vcvc>>
        phase_reference(
            m,
            "phase_reference_vcvc",
            R"(Spectra with another phase reference: source and target "start", "centre" or "absolute".

n_fft, hop and win_length are those of stft_fvc, 0 for win_length being n_fft; sides is "onesided", "twosided" or
"centered". The tags of stft_* override the arguments but for target. Raises ValueError naming the parameter, its value and the rule.)");
    def_init(phase_reference,
             &phase_reference_vcvc::make,
             arg("n_fft"),
             arg("hop"),
             arg("win_length"),
             arg("source"),
             arg("target"),
             arg("sides") = "onesided");
    phase_reference.def("latency", &phase_reference_vcvc::latency, "Samples; 0.");
}
