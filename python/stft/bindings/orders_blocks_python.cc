/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include <gnuradio/stft/angular_resampler.h>
#include <gnuradio/stft/tacho_pulses.h>

namespace py = pybind11;
using namespace gr::stft;
using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

namespace {

template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

template <class B>
void bind_resampler(py::module& m, const char* name, const char* doc)
{
    block_class<B> resampler(m, name, doc);
    def_settings<kernel::angular_settings>(resampler, &B::make);
    resampler.def("reach",
                  &B::reach,
                  unlocked(),
                  "Samples after an instant that its output takes, at the lowest speed; the lag of "
                  "the speed comes on top.");
    def_changes<B>(resampler);
}

} // namespace

void bind_orders_blocks(py::module& m)
{
    block_class<tacho_pulses_ff> tacho(m,
                                       "tacho_pulses_ff",
                                       R"(The speed of a machine from the pulses of its tacho.

Input: samples of the tacho. Output: the speed in Hz at every hop-th sample, from sample 0 on; 0 in standstill.
Arguments as in gnuradio.stft.tacho_speed(), which gives the same to the bit; samp_rate: Hz; an rx_rate tag overrides it.

Message port "pulses": a dict for each pulse, with number, revolutions, sample, fraction, time (s after sample 0), speed (Hz)
and start (True: the revolutions since the pulse before are not known). Item 0 carries the tags stft_first, stft_hop and
stft_win_length, which tell the sample of each item. Message port "cmd": dict of f_max, f_min, levels, slew; nothing that was known of the pulses
counts from the next sample on. Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<kernel::tacho_settings>(tacho, &tacho_pulses_ff::make);
    tacho.def("count", &tacho_pulses_ff::count, unlocked(), "Pulses so far, missing ones included.")
        .def("separation",
             &tacho_pulses_ff::separation,
             unlocked(),
             "Separation of the two levels of the signal, in spreads, where they were looked for "
             "last; below 6 there are no pulses.");
    def_changes<tacho_pulses_ff>(tacho);
    bind_resampler<angular_resampler_ff>(
        m,
        "angular_resampler_ff",
        R"(Samples at equal angles of a machine, from samples at equal times and its speed.

Input 0: samples. Input 1: the speed in Hz, item p that of sample p hop, unless its tags stft_first, stft_win_length and
stft_hop say otherwise; it may come any time after its sample, and the last one holds.
Output: samples_per_rev samples a revolution, as angle_resample() gives them, to the bit. samp_rate: Hz; an rx_rate tag
overrides it. f_min: Hz; where the speed is lower there is no output; None: samp_rate / (512 samples_per_rev).

Tags: angle_turn (revolutions before it) and angle_time (s after sample 0) on the first sample of each revolution,
angle_gap (s without output) on the first one after a standstill. Message port "cmd": dict of samples_per_rev and f_min, which
change from the first revolution on that begins reach() samples or more after those that have come; its
first sample then carries the new number as angle_samples_per_rev. Raises ValueError naming the parameter, its value and
the rule.)");
    bind_resampler<angular_resampler_cc>(
        m,
        "angular_resampler_cc",
        "Complex samples at equal angles of a machine. See angular_resampler_ff.");
}
