/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include <gnuradio/stft/istft.h>
#include <gnuradio/stft/one_integral.h>
#include <gnuradio/stft/phase_reference.h>
#include <gnuradio/stft/power.h>
#include <gnuradio/stft/spectrogram.h>
#include <gnuradio/stft/stft.h>
#include <gnuradio/stft/stft_bins.h>
#include <gnuradio/stft/stream/buffer_bytes.h>

namespace py = pybind11;
using namespace gr::stft;
using py::arg;
using unlocked = py::call_guard<py::gil_scoped_release>; // setters may wait for a work call

namespace {

template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

const auto latency_of_frames = "Samples that follow a frame's centre before the frame leaves.";
const auto latency_of_samples =
    "Samples by which the output lags behind the centre of the newest frame.";

const auto latency_of_rows =
    "Samples that follow the centre of a row's first frame before the row leaves.";

template <class B, class = void>
struct has_reset : std::false_type {};
template <class B>
struct has_reset<B, std::void_t<decltype(&B::reset)>> : std::true_type {};

//! A block with its constructor and its latency.
template <class B, class Settings>
block_class<B> bind(py::module& m, const char* name, const char* doc, const char* latency_doc)
{
    block_class<B> block(m, name, doc);
    def_settings<Settings>(block, &B::make);
    block.def("latency", &B::latency, unlocked(), latency_doc);
    return block;
}

//! A block whose settings may change.
template <class B>
void bind_changeable(py::module& m, const char* name, const char* doc, const char* latency_doc)
{
    auto block = bind<B, typename B::settings>(m, name, doc, latency_doc);
    if constexpr (has_reset<B>::value)
        block.def("reset", &B::reset, unlocked(), "Forgets the held maxima.");
    def_changes<B>(block);
}

//! An inverse STFT.
template <class B>
void bind_inverse(py::module& m, const char* name, const char* doc)
{
    auto block = bind<B, istft_settings>(m, name, doc, latency_of_samples);
    block.def("uncovered", &B::uncovered, "Samples put out as 0, because no window covers them.");
}

} // namespace

void bind_blocks(py::module& m)
{
    m.def("buffer_bytes",
          &buffer_bytes,
          arg("row_bytes"),
          "Bytes of the buffer of a block's output stream of rows of row_bytes, as the scheduler "
          "allocates it.");
    bind_changeable<stft_fvc>(m,
                              "stft_fvc",
                              R"(STFT of a stream of floats: n_fft // 2 + 1 bins a frame.

Arguments as in gnuradio.stft.stft(); samp_rate in Hz; sides: "onesided" for stft_fvc, "twosided" (None) or "centered"
(bins from -n_fft // 2 on) for stft_cvc.
Every sample is used; tags land on the first frame that holds their sample; frame 0 and every change carry stft_first,
stft_hop, stft_n_fft, stft_win_length, stft_phase, stft_scaling, stft_window and stft_samp_rate, the last frame
stft_length. Message port "cmd": dict of hop, window, win_length, scaling, at (a sample).
Raises ValueError naming the parameter, its value and the rule.)",
                              latency_of_frames);
    bind_changeable<stft_cvc>(
        m,
        "stft_cvc",
        "STFT of a stream of complex samples: n_fft bins a frame. See stft_fvc.",
        latency_of_frames);

    bind_inverse<istft_vcf>(m,
                            "istft_vcf",
                            R"(Inverse STFT to a stream of floats, by weighted overlap-add.

Arguments as in stft_fvc; synthesis: a dual window of win_length taps, used without normalisation; threshold, strict: as
in gnuradio.stft.istft(). The tags of stft_fvc override the arguments; the output is exactly as long as the stream that was
transformed. Uncovered samples are 0 and counted; those that window and hop leave are warned of once.
Raises ValueError, also for a window that the hop cannot invert, unless strict is False or a threshold is given.)");
    bind_inverse<istft_vcc>(
        m, "istft_vcc", "Inverse STFT to a stream of complex samples. See istft_vcf.");

    bind_changeable<stft_bins_fvc>(m,
                                   "stft_bins_fvc",
                                   R"(Chosen bins of the STFT of a stream of floats, at any hop.

Arguments as in gnuradio.stft.stft_bins(); n_fft 0: win_length, or the number of taps. Frames and tags as in stft_fvc, and
stft_bins (the bins). Message port "cmd": dict of bins (as many as before), hop, window, win_length, scaling, at (a sample).
Raises ValueError naming the parameter, its value and the rule.)",
                                   latency_of_frames);
    bind_changeable<stft_bins_cvc>(
        m,
        "stft_bins_cvc",
        "Chosen bins of the STFT of a stream of complex samples. See stft_bins_fvc.",
        latency_of_frames);

    bind<one_integral_vcf, one_integral_settings>(
        m,
        "one_integral_vcf",
        R"(Inverse of an STFT at hop 1 to a stream of floats: one sample from each spectrum.

Arguments as in gnuradio.stft.one_integral_inverse(); bins () for all of them; some give the part of the signal in their
band. The tags of stft_fvc and stft_bins_fvc override the arguments; the output is exactly as long as the stream that was
transformed. Raises ValueError, also for a window that is 0 at its centre.)",
        latency_of_samples);
    bind<one_integral_vcc, one_integral_settings>(
        m,
        "one_integral_vcc",
        "Inverse of an STFT at hop 1 to a stream of complex samples. See one_integral_vcf.",
        latency_of_samples);

    bind_changeable<spectrogram_fvf>(
        m,
        "spectrogram_fvf",
        R"(Spectrogram of a stream of floats: rows of n_fft // 2 + 1 floats.

kind "psd" (unit^2 / Hz), "power" or "magnitude" of a line; inner bins are doubled; average frames make a row, the last
row averages what is left; max_hold keeps the largest since the start; db gives 10 log10 of power, not below -200.
n_fft, hop, window, win_length, placement, samp_rate (Hz) and sides are those of stft_fvc.
Message port "cmd": dict of hop, window, win_length, average, reset, at (a sample).
Raises ValueError naming the parameter, its value and the rule.)",
        latency_of_rows);
    bind_changeable<spectrogram_cvf>(
        m,
        "spectrogram_cvf",
        "Spectrogram of a stream of complex samples: rows of n_fft floats. See spectrogram_fvf.",
        latency_of_rows);

    bind_changeable<power_vcvf>(m,
                                "power_vcvf",
                                R"(Power of spectra: rows of as many floats.

n_fft is the length of their DFT; sides "onesided" (inner bins are doubled), "twosided" or "centered"; kind "power" |X|^2 and "magnitude" |X| in the
scaling that the spectra have, "psd" |X|^2 brought to unit^2 / Hz where the tags of stft_* tell the scaling.
average spectra make a row; max_hold keeps the largest since the start; db gives 10 log10 of power, not below -200.
Message port "cmd": dict of average, reset. Raises ValueError naming the parameter, its value and the rule.)",
                                "Samples; 0.");

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
    def_settings<phase_reference_settings>(phase_reference, &phase_reference_vcvc::make);
    phase_reference.def("latency", &phase_reference_vcvc::latency, "Samples; 0.");
}
