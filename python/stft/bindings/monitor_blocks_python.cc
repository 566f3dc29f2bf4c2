/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include <gnuradio/stft/detector.h>
#include <gnuradio/stft/event_cutter.h>
#include <gnuradio/stft/event_to_json.h>
#include <gnuradio/stft/frame_file_sink.h>
#include <gnuradio/stft/sigmf_annotation_sink.h>

namespace py = pybind11;
using namespace gr::stft;
using unlocked = py::call_guard<py::gil_scoped_release>; // they may wait for a work call

namespace {

template <class B>
using block_class = py::class_<B, gr::block, gr::basic_block, std::shared_ptr<B>>;

} // namespace

void bind_monitor_blocks(py::module& m)
{
    block_class<detector_vxm> detector(
        m,
        "detector_vxm",
        R"(Finds events in rows of power spectral density: rows pass through, a message reports each event.

Input: rows of spectrogram_fvf (sides "onesided") or spectrogram_cvf ("twosided", "centered"), kind "psd", without db and
average.
n_fft, hop (samples), window, win_length, placement and samp_rate (Hz) are those of the rows; the tags of stft_* and rx_rate
override them.
false_alarms: events that noise alone may cause, per hour and MHz. min_snr: dB of the weakest event, in its own box.
dynamic_range: dB below the strongest bin of the rows about, where signals are not looked for.
min_duration (s), min_bandwidth (Hz): of the shortest and narrowest burst.
gap_rows, gap_bins: rows and bins without a found cell that do not divide an event.
dc_guard: bins on either side of 0 Hz that may hold the receiver's offset. scales: boxes, "1x1,4x4" (rows x bins); "" for
eleven of them. ignore: "-2e5:-1e5,0:1.5e3", lower:upper in Hz as in the rows. warm_up, steady (rows), least, quantile and
adaptation: how the noise is followed. steps: changes of the whole band are events, too.
update_interval: s between the updates of an event that lasts. max_events: open at once. source: a value of each message.
center_freq: Hz, of the rows' 0 Hz, unless a tag rx_freq gives it; 0: unknown.

Message port "events": a dict for each report, with kind, state, id, time, duration, sample_start, sample_count, samp_rate,
freq_lower, freq_upper, freq_peak, freq_center, bandwidth, power_db, noise_db, snr_db, energy_db, cells, rows, cut, source,
n_fft, hop; nil for what is unknown. Message port "cmd": dict of false_alarms, min_snr, dynamic_range, min_duration,
min_bandwidth, ignore, center_freq, reset; events end, and the detector begins again.
Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<detector_block_settings>(detector, &detector_vxm::make);
    detector
        .def("reset",
             &detector_vxm::reset,
             unlocked(),
             "All events end, and the detector begins again with the next row.")
        .def("latency",
             &detector_vxm::latency,
             unlocked(),
             "Samples by which the rows that are searched lag behind the newest one.")
        .def("refused",
             &detector_vxm::refused,
             unlocked(),
             "Groups of found cells that were not followed, since max_events were open.");
    def_changes<detector_vxm>(detector);

    block_class<event_cutter> cutter(
        m,
        "event_cutter",
        R"(Cuts the samples of events out of the stream in which detector_vxm found them.

Input: the complex samples of which the detector's rows are made. Message port "events": its messages.
samp_rate: Hz; rx_rate overrides it. pre, post: samples before and after the event. max_clip: samples of a clip, before
decimation. history: samples that are kept in addition, since events are reported after their end: 74 rows and more.
shift: True: the middle of the event's band is at 0 Hz, and the rate is the lowest that is twice its bandwidth. hop: samples
from one row of the detector to the next; lost samples count by whole rows.

Message port "clips": for each a PDU of the samples, complex. Its dict is the event's message with clip_sample_start,
clip_samp_rate (Hz), clip_freq_center (Hz at 0 Hz in the clip), clip_decimation and clip_missing (samples that were not kept any
more or lie outside of the stream). An event is asked for where it begins and where it ends, so a clip ends after max_clip
samples, even if the event lasts. Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<event_cutter_block_settings>(cutter, &event_cutter::make);
    cutter.def("count", &event_cutter::count, unlocked(), "Clips so far.");

    block_class<event_to_json> to_json(
        m,
        "event_to_json",
        R"(Messages of detector_vxm as lines of JSON, for network.socket_pdu and other blocks that take bytes.

Message port "events": dicts of names and values. Message port "pdus": for each a PDU of bytes, a flat JSON object and a
line end. A message that is no such dict is logged and ignored.)");
    def_settings<event_to_json_settings>(to_json, &event_to_json::make);

    block_class<sigmf_annotation_sink> annotations(
        m,
        "sigmf_annotation_sink",
        R"(Messages of detector_vxm as the annotations of a SigMF 1.2 metadata file.

path: of the file; .sigmf-meta is added unless it ends so. flush_every: annotations after which the file is written again,
in addition to the end of the flowgraph. rotate_every: annotations and captures after which the next file begins, NAME-0002.sigmf-meta; 0: never.
most: annotations that memory holds; others are left out. datatype: of the samples, as SigMF names it. description: of the recording.
metadata_only: no file of samples belongs to it. keep: files that are there stay, and the next free number is taken; what a killed process has
left in its journal is completed.

Message port "events": dicts. An event that has ended, and was not withdrawn, is an annotation; a retune or a gap begins a
capture. The file is complete at any time. Raises ValueError naming the parameter, its value and the rule, and RuntimeError if
the file cannot be written; later errors are logged.)");
    def_settings<kernel::sigmf_settings>(annotations, &sigmf_annotation_sink::make);
    annotations
        .def_static(
            "_check",
            [](const py::args& positional, const py::kwargs& keywords) {
                settings_from<kernel::sigmf_settings>(positional, keywords).check();
            },
            "Raises ValueError as the constructor does, and writes nothing.")
        .def("count", &sigmf_annotation_sink::count, unlocked(), "Annotations so far.")
        .def("left_out",
             &sigmf_annotation_sink::left_out,
             unlocked(),
             "Events that were left out: too many, or of another sample rate.");

    block_class<frame_file_sink> frame_files(
        m,
        "frame_file_sink",
        R"(Writes rows to NPY files of float32 (rows, vlen), each with a JSON file of metadata next to it.

directory: a folder that is there. vlen: values of a row. hop: samples from one row to the next. samp_rate: Hz, of the samples;
the tags rx_rate (Hz, of the rows) and stft_hop override both. name: first part of the files' names, which go on with the UTC of
the first row, the centre frequency (tag rx_freq) and the sample rate. rotate: s; a file ends where the time of a row reaches a
multiple of it since 1970; 0: never. max_bytes: of a file. description: what the values are, for the metadata.

rx_time gives the time of rows; without one it is the system's. Another rate or rx_freq ends a file, and so do lost samples.
While a file grows, its name ends in .part. A file that cannot be written is logged, the flowgraph goes on, and the next attempt
comes 1 .. 60 s later. Raises ValueError naming the parameter, its value and the rule.)");
    def_settings<frame_file_sink_settings>(frame_files, &frame_file_sink::make);
    frame_files.def("files", &frame_file_sink::files, unlocked(), "Files that are complete.")
        .def("lost", &frame_file_sink::lost, unlocked(), "Rows that could not be written.")
        .def("last_path",
             &frame_file_sink::last_path,
             unlocked(),
             "Name of the last file that is complete, with its folder; '' before there is one.");
}
