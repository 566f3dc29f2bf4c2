# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft detect: the events of a recording as CSV, lines of JSON, SigMF annotations, and drawn into its spectrogram."""
import contextlib
import sys
from types import SimpleNamespace

from gnuradio import stft
from gnuradio.stft.app.command import warn
from gnuradio.stft.app.command_options import (add_input_arguments, add_picture_arguments, check_input,
                                               check_outputs, suffix)
from gnuradio.stft.app.detection_options import add_detection_arguments, check_detection, detector_for, unusable_rows
from gnuradio.stft.app.files.event_files import sigmf_metadata, write_csv, write_lines
from gnuradio.stft.app.files.recording_base import printable
from gnuradio.stft.app.files.recordings import portion_of
from gnuradio.stft.app.files.spectrogram_files import named, replaced_when_whole
from gnuradio.stft.app.jobs import output_templates, planned_outputs, run_jobs
from gnuradio.stft.app.pictures.picture_axes import PICTURES, check_cmap, check_picture
from gnuradio.stft.app.pictures.spectrogram_picture import Picture
from gnuradio.stft.app.progress_bar import progress_bar
from gnuradio.stft.app.spectrogram_analysis import KINDS, analysis_of, blocks, grid_of
from gnuradio.stft.app.spectrogram_summary import Statistics, parameters_line
from gnuradio.stft.monitoring import seconds_since_1970

_TABLES = (".csv", ".jsonl", ".sigmf-meta")
SAMPLES_AT_ONCE = 2**18


def add_arguments(parser):
    add_input_arguments(parser)
    parser.add_argument("-o", "--output", action="append", metavar="FILE",
                        help="where to: .csv, .jsonl, .sigmf-meta, .png, .svg, .pdf, repeatable; {input} and "
                             "{channel} in it are INPUT's name and the channel (default: CSV on standard output)")
    add_detection_arguments(parser)
    add_picture_arguments(parser, height=900)


def run(arguments):
    templates = _check(arguments)
    return run_jobs(arguments, templates, lambda job: _detect(arguments, job))


def _check(arguments):
    check_picture(arguments)
    check_input(arguments)
    check_detection(arguments)
    if not arguments.output:
        return []
    templates = output_templates(arguments, ())
    check_outputs(arguments.input, planned_outputs(arguments, templates), (*_TABLES, *PICTURES))
    if any(suffix(template) in PICTURES for template in templates):
        check_cmap(arguments.cmap)
    return templates


def _detect(arguments, job):
    recording = job.recording
    portion = portion_of(recording, arguments.start, arguments.stop)
    for warning in recording.warnings:
        warn("detect", f"{recording.path}: {warning}")
    events, refused, unusable = events_of(arguments, portion)
    if unusable:
        warn("detect", f"{recording.path}: {unusable_rows(unusable)}")
    if refused:
        warn("detect", f"{recording.path}: {refused} groups of cells are left out, since too many events were open")
    if not job.outputs:
        write_csv(events, sys.stdout)
        return
    with contextlib.ExitStack() as files:
        for path in job.outputs:
            temporary = files.enter_context(replaced_when_whole(path))
            if suffix(path) in PICTURES:
                _draw(arguments, job, portion, events, path, temporary)
            else:
                with named(path):
                    _write_table(recording, portion, events, path, temporary)
    print(_summary(recording, portion, events, job.outputs))


def events_of(arguments, portion):
    """The events of a portion, counted in the recording's samples, how many groups of cells were left out, and how many rows."""
    recording = portion.recording
    detector = detector_for(arguments, recording.fs, recording.dtype, center=recording.zero_frequency or None,
                            time=_time_of(portion), source=printable(recording.path), quantum=recording.quantum)
    reports = []
    with progress_bar("detect", "{percentage:3.0f} %|{bar}| {n:.1f}/{total:.1f} {unit} [{elapsed} < {remaining}]",
                      portion.length / recording.fs, "s" if recording.rate_known else "samples") as bar:
        for begin in range(0, portion.length, SAMPLES_AT_ONCE):
            end = min(portion.length, begin + SAMPLES_AT_ONCE)
            reports += detector.push(portion.read(begin, end))
            bar.update((end - begin) / recording.fs)
    reports += detector.finish()
    events = stft.ended(reports)
    for event in events:
        event["sample_start"] += portion.start
    return events, detector.refused, detector.unusable


def _time_of(portion):
    """Time of a portion's first sample, as (seconds since 1970, fraction), or None."""
    recording = portion.recording
    start = seconds_since_1970(recording.time) if recording.rate_known else None
    if start is None:
        return None
    whole, rest = divmod(portion.start, recording.fs)
    return start[0] + int(whole), start[1] + rest / recording.fs


def _write_table(recording, portion, events, path, temporary):
    with open(temporary, "w", encoding="utf-8", newline="") as file:
        if suffix(path) == ".csv":
            write_csv(events, file)
        elif suffix(path) == ".jsonl":
            write_lines(events, file)
        else:
            file.write(sigmf_metadata(events, datatype=recording.sigmf_datatype, rate=recording.fs,
                                      center=recording.centre_frequency or None,
                                      time=recording.time if recording.rate_known else None))


def _draw(arguments, job, portion, events, path, temporary):
    recording = portion.recording
    hop = arguments.hop or max(1, arguments.n_fft // 2)  # the detector's
    shown = SimpleNamespace(**{**vars(arguments), "hop": hop}, win_length=None, overlap=None, kind="psd", transform="plain",
                            average=1, order=None, fmin=None, fmax=None)
    analysis = analysis_of(shown, portion)
    grid = grid_of(shown, portion, analysis)
    look = SimpleNamespace(
        form=suffix(path)[1:], width=arguments.width, height=arguments.height, zmin=arguments.zmin,
        zmax=arguments.zmax, cmap=arguments.cmap, density=True, power=True, title=job.title,
        subtitle=f"{_counted(events)} · {parameters_line(grid, analysis)}",
        label=f"{KINDS['psd'].words} (dB re {'1 ' if grid.unit[0] != '1' else ''}{grid.unit})",
        frequency_scale=arguments.frequency_scale,
        annotations=[(e["sample_start"] / recording.fs, (e["sample_start"] + e["sample_count"]) / recording.fs,
                      e["freq_lower"], e["freq_upper"], _label(e)) for e in events])
    picture = Picture(path, temporary, grid, look)
    for rows, _ in blocks(portion, analysis, Statistics("psd")):
        picture.write(rows.astype(grid.dtype, copy=False))
    picture.finish()


def _label(event):
    return event["kind"] if event["snr_db"] is None else f"{event['snr_db']:.0f} dB"


def _counted(events):
    carriers = sum(event["kind"] == "carrier" for event in events)
    bursts = sum(event["kind"] == "burst" for event in events)
    words = [f"{bursts} burst{'s' * (bursts != 1)}", f"{carriers} carrier{'s' * (carriers != 1)}"]
    others = len(events) - bursts - carriers
    return ", ".join(words + ([f"{others} others"] if others else []))


def _summary(recording, portion, events, outputs):
    unit = "s" if recording.rate_known else "samples"
    lines = [f"{recording.path}: {_counted(events)} in {portion.length / recording.fs:g} {unit}"]
    return "\n".join(lines + [f"  {path}" for path in outputs])
