/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include <gnuradio/stft/ridge_tracker.h>
#include <gnuradio/stft/warped_rows.h>

namespace py = pybind11;
using namespace gr::stft;
using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

namespace {

template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

//! Defines what the trackers of samples and of rows have in common.
template <class B, class Class>
void def_tracker(Class& c)
{
    c.def("reset", &B::reset, unlocked(), "The path begins again with the next item.")
        .def("latency",
             &B::latency,
             unlocked(),
             "Samples after the centre of a frame that its item comes.")
        .def("learned", &B::learned, unlocked(), "Weights of the orders in the score, as learned.");
    def_changes<B>(c);
}

} // namespace

void bind_speed_blocks(py::module& m)
{
    block_class<warped_rows_fvf> rows(
        m,
        "warped_rows_fvf",
        R"(Samples -> whitened spectra of a machine whose speed changes, one for each relative rate of change.

Output: an item for each frame that lies in the stream as a whole: ln(1 + power / floor), rates x (n_fft() // 2 + 1) values, by
rates. In the row of rate a all lines k f (1 + a tau) of a shaft are sharp, tau s from the frame's centre.
samp_rate: Hz. f_top: Hz of the highest frequency wanted; samples are decimated to at least 2.56 times that.
duration: s of a frame. hop: s from frame to frame; None: duration / 8. rates: 1/s, relative rates f'/f, ascending; None: 0,
+-0.05, 0.1, 0.2, 0.4, 0.75 / duration. whiten: Hz on either side of a bin whose median is its floor. limit: samples are clipped
at this multiple of the median of their magnitudes; 0: never.

Tags: rx_rate overrides samp_rate; items carry rx_rate, rx_time, stft_hop and stft_first, the sample at the centre of their frame,
where these change. Lost samples (rx_time jumps, or a tag "overflow" counts them) are replaced by the last one, up to 10 s and 10^8 of them.
Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<kernel::warped_rows_settings>(rows, &warped_rows_fvf::make);
    rows.def("hop", &warped_rows_fvf::hop, unlocked(), "Samples from frame to frame.")
        .def("n_fft", &warped_rows_fvf::n_fft, unlocked(), "DFT length of the rows.")
        .def("bin_width", &warped_rows_fvf::bin_width, unlocked(), "Hz from bin to bin.")
        .def_static(
            "_length",
            [](const py::args& positional, const py::kwargs& keywords) {
                return warped_rows_fvf::length(
                    settings_from<kernel::warped_rows_settings>(positional, keywords));
            },
            "Values of an output item of a block with these arguments.");

    block_class<ridge_tracker_fvf> tracker(
        m,
        "ridge_tracker_fvf",
        R"(Samples of vibration -> the speed of a machine, without a tacho.

Output: an item for each frame, tracks x (4 + orders) values: rotation (Hz), its change (Hz/s), confidence (above 1: to be
trusted), swap_possible (0 or 1), and the amplitude of each order; then the next track.
samp_rate: Hz. f_min, f_max: Hz of the slowest and fastest rotation; f_min is at least 2 / duration, and f_max counts up to
samp_rate / 2 / min(orders).
orders: lines that belong together, in multiples of the rotation. Speed and orders are one unknown: (2, 4, 6) of f are (1, 2, 3)
of 2 f. weights: of the orders in the score; (): all 1.
learn_min, learn_max, learn_time: where the orders are not known, give all that come into question, and a range narrower than an
octave, Hz, in which the rotation is for the first learn_time s: the weights are learned; 0: they are not.
duration: s of a frame. hop: s from frame to frame; None: duration / 8. rates: 1/s, relative rates f'/f of the warped frames;
None: 0, +-0.05, 0.1, 0.2, 0.4, 0.75 / duration; (0,): no warp. max_slew: Hz/s that the rotation changes at most.
lag: s that the path looks ahead. tracks: number of shafts, 1 .. 4. reject: Hz of mains: within 2 / duration of the multiples
nothing is taken for an order. whiten: Hz on either side of a bin whose median is its floor. limit: samples are clipped at this
multiple of the median of their magnitudes; 0: never. source: a value of each message.

Message port "events": a dict when a ridge is found ("lock") or lost ("loss") for half a second, and when shafts may have changed
names ("swap_possible"): kind, track, time, sample, frequency, rate, confidence, source; time is nil where it is unknown.
Message port "cmd": dict of f_min, max_slew, reject, limit, reset; the path begins again.

Tags: rx_rate overrides samp_rate; items carry rx_rate, rx_time, stft_hop and stft_first, the sample at the centre of their frame,
where these change. Lost samples (rx_time jumps, or a tag "overflow" counts them) are replaced by the last one, up to 10 s and 10^8
of them, and their frames have confidence 0; at longer gaps the path begins again.
Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<ridge_tracker_block_settings>(tracker, &ridge_tracker_fvf::make);
    tracker.def("hop", &ridge_tracker_fvf::hop, unlocked(), "Samples from frame to frame.");
    def_tracker<ridge_tracker_fvf>(tracker);

    block_class<ridge_tracker_vfvf> of_rows(
        m,
        "ridge_tracker_vfvf",
        R"(Rows of power of any origin -> ridges in them: the plain form of ridge_tracker_fvf.

Input: rates x (n_fft // 2 + 1) values: power, one-sided, or with whiten 0 the rows of warped_rows_fvf. Output: an item for each row,
as in ridge_tracker_fvf, whose amplitudes are square roots of power over floor.
n_fft, hop, win_length: samples of the rows' frames, at samp_rate (Hz). rates: of the rows, 1/s; (0,): a frequency moves at a
cost of (df/dt)^2. f_min, f_max, orders, weights, max_slew, lag, tracks, reject, learn_min, learn_max, learn_time, whiten, source:
as in ridge_tracker_fvf.

Message ports "events" and "cmd": as in ridge_tracker_fvf, without limit. Tags of a row go to its item; rx_rate, of rows,
overrides samp_rate.
Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<row_ridge_tracker_block_settings>(of_rows, &ridge_tracker_vfvf::make);
    def_tracker<ridge_tracker_vfvf>(of_rows);
}
