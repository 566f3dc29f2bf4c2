# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft levels: the rms of a recording in bands of frequency, over time, also of the velocity or the displacement."""
import contextlib
import csv
import io
import math
import sys
import warnings

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.command import ALARM, warn
from gnuradio.stft.app.command_options import (add_input_arguments, as_options, check_input, check_outputs, require_positive,
                                               require_range, suffix)
from gnuradio.stft.app.detection_options import refuse_argument
from gnuradio.stft.app.files.event_files import write_lines
from gnuradio.stft.app.files.quantities import hertz, seconds
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.recordings import portion_of, sample_at
from gnuradio.stft.app.files.spectrogram_files import named, replaced_when_whole
from gnuradio.stft.app.jobs import output_templates, planned_outputs, run_jobs
from gnuradio.stft.app.machine_options import QUANTITIES, UNITS
from gnuradio.stft.app.pictures.levels_picture import draw
from gnuradio.stft.app.pictures.picture_axes import PICTURES
from gnuradio.stft.app.progress_bar import progress_bar
from gnuradio.stft.optional_modules import require

_OUTPUTS = (".csv", ".npz", ".jsonl", *PICTURES)
_PERIODS = 10  # of the lowest edge in a window
SAMPLES_AT_ONCE = 2**20
# m/s^2 of the unit of the samples; None: the samples have another unit, or none
_UNITS = {"1": None, "m/s^2": 1.0, **UNITS}


def add_arguments(parser):
    add_input_arguments(parser)
    parser.add_argument("-o", "--output", action="append", metavar="FILE",
                        help="where to: .csv, .npz, .jsonl (alarms), .png, .svg, .pdf, repeatable; {input} and {channel} in it are INPUT's "
                             "name and the channel (default: CSV on standard output)")
    parser.set_defaults(n_fft=None)
    group = parser.add_argument_group("levels")
    group.add_argument("--band", type=_band, metavar="F0:F1", action="append", required=True,
                       help="frequencies of a level: 10:1000, 1k:5k; repeatable")
    integral = group.add_mutually_exclusive_group()
    integral.add_argument("--velocity", action="store_const", const=1, dest="integrate", default=0,
                          help="of the velocity, for samples of an acceleration")
    integral.add_argument("--displacement", action="store_const", const=2, dest="integrate",
                          help="of the displacement, for samples of an acceleration")
    group.add_argument("--unit", choices=_UNITS,
                       help="unit of the samples: m/s2, mm/s2, g or mg; levels are then in m/s², mm/s or µm; 1: none is known "
                            "(default: m/s2 with --velocity or --displacement, else 1)")
    group.add_argument("--calibration", type=float, metavar="FACTOR", default=1.0,
                       help="units for a sample of 1, which is the full scale of integers (default: 1)")
    group.add_argument("--time", type=seconds, metavar="TIME",
                       help="length of a window (default: ten periods of the lowest edge, or 1 s)")
    group.add_argument("--interval", type=seconds, metavar="TIME",
                       help="from window to window (default: half a window)")
    group.add_argument("--average", type=int, metavar="N", default=1, help="windows of a level (default: 1)")
    group.add_argument("--db", action="store_true", help="levels in decibels, 20 lg of the rms")
    alarm = parser.add_argument_group("alarm")
    alarm.add_argument("--limit", type=float, metavar="LEVEL", action="append", default=[],
                       help="of all bands, above which an alarm is raised; repeatable, for zones")
    alarm.add_argument("--hysteresis", type=float, metavar="PART", default=0.1,
                       help="an alarm falls this part below its limit (default: 0.1)")
    alarm.add_argument("--on", type=seconds, metavar="TIME", default=10.0, help="above a limit until an alarm is raised (default: 10)")
    alarm.add_argument("--off", type=seconds, metavar="TIME", default=60.0, help="below it until it is cleared (default: 60)")
    alarm.add_argument("--fail-on-alarm", action="store_true", help="exit status 3 if an alarm was raised")
    picture = parser.add_argument_group("picture")
    picture.add_argument("--title", metavar="TEXT", help="title (default: INPUT's name)")
    picture.add_argument("--width", type=int, metavar="PIXELS", default=1200, help="of the picture (default: 1200)")
    picture.add_argument("--height", type=int, metavar="PIXELS", default=500, help="of the picture (default: 500)")


def run(arguments):
    templates = _check(arguments)
    raised = []
    status = run_jobs(arguments, templates, lambda job: _measure(arguments, job, raised))
    return status or (ALARM if arguments.fail_on_alarm and raised else status)


def _check(arguments):
    check_input(arguments)
    for name in ("time", "interval", "calibration"):
        require_positive(name, getattr(arguments, name))
    require_range("average", arguments.average, 1, 2**40)
    if arguments.limit:
        _alarm(arguments, 1.0)
        if arguments.db:
            refuse("limit", arguments.limit[0], "must not be given with --db: limits are those of the rms")
    elif arguments.fail_on_alarm:
        refuse("fail-on-alarm", "without a limit", "needs --limit")
    require_range("width", arguments.width, 300, 10000)
    require_range("height", arguments.height, 200, 10000)
    templates = output_templates(arguments, ()) if arguments.output else []
    if any(suffix(template) in PICTURES for template in templates):
        require("matplotlib", "writing a picture")
    check_outputs(arguments.input, planned_outputs(arguments, templates), _OUTPUTS)
    if not arguments.limit and any(suffix(template) == ".jsonl" for template in templates):
        refuse("output", next(t for t in templates if suffix(t) == ".jsonl"), "holds alarms: needs --limit")
    return templates


def _alarm(arguments, rate, source=""):
    names = [f"{lower:g}:{upper:g} Hz" for lower, upper in arguments.band]
    with as_options(limits="limit", t_on="on", t_off="off"):
        return stft.LevelAlarm(len(names), sorted(arguments.limit), arguments.hysteresis, arguments.on, arguments.off, rate=rate,
                               names=names, source=source)


class _Frames:
    """Windows of a recording, in samples, and the unit of the levels."""

    def __init__(self, arguments, fs, length):
        lowest = min(lower for lower, _ in arguments.band)
        span = arguments.time or (_PERIODS / lowest if lowest > 0 else 1.0)
        self.win_length = max(2, math.ceil(span * fs * (1 - 1e-12)))
        if self.win_length > length:
            refuse("time", f"{span:g} s", f"must be at most the duration, {length / fs:g} s")
        self.hop = max(1, sample_at(arguments.interval, fs)) if arguments.interval else max(1, self.win_length // 2)
        self.count = 1 + (length - self.win_length) // self.hop
        if arguments.average > self.count:
            refuse("average", arguments.average, f"must be at most {self.count}, the windows that the recording has")
        base = _UNITS[arguments.unit or ("m/s2" if arguments.integrate else "1")]
        name, unit, factor = QUANTITIES[arguments.integrate]
        self.factor = arguments.calibration * (1.0 if base is None else base * factor)
        self.quantity = "level" if base is None and arguments.integrate == 0 else name
        self.unit = ("1", "1*s", "1*s^2")[arguments.integrate] if base is None else unit


def _measure(arguments, job, raised):
    recording = job.recording
    portion = portion_of(recording, arguments.start, arguments.stop)
    for warning in recording.warnings:
        warn("levels", f"{recording.path}: {warning}")
    if np.dtype(recording.dtype).kind == "c":
        refuse("INPUT", recording.path, "must hold real samples, or --iq must be refused by --no-iq")
    if not recording.rate_known:
        refuse("rate", "unknown", "must be given by --rate")
    frames = _Frames(arguments, recording.fs, portion.length)
    with as_options(bands="band", fs="rate", factor="calibration", win_length="time", hop="interval"):
        levels, times = _levels_of(arguments, portion, frames)
    unknown = np.count_nonzero(np.isnan(levels[0]))
    if unknown:
        warn("levels", f"{recording.path}: {unknown} of {levels.shape[1]} levels are NaN, since samples are NaN or infinite")
    times = times + portion.start / recording.fs
    events = []
    if arguments.limit:
        alarm = _alarm(arguments, recording.fs / (frames.hop * arguments.average), recording.path)
        events = alarm.push(levels)
        raised += [event for event in events if event["kind"] == "raise"]
        for event in events:
            warn("levels", _words(event, times, frames.unit))
    if not job.outputs:
        _write_csv(arguments, frames, times, levels, sys.stdout)
        return
    with contextlib.ExitStack() as files:
        for path in job.outputs:
            temporary = files.enter_context(replaced_when_whole(path))
            with named(path):
                if suffix(path) in PICTURES:
                    unit = f"dB re 1 {frames.unit}" if arguments.db else frames.unit
                    draw(arguments, job.title, frames.quantity, unit, levels, times, _raised(events, times), path, temporary)
                else:
                    _write(arguments, frames, times, levels, events, path, temporary)
    print(_summary(arguments, recording, frames, levels, events, job.outputs))


def _raised(events, times):
    """(band, from, to) in s of the alarms; what is not cleared lasts."""
    begun, found = {}, []
    for event in events:
        if event["kind"] == "raise":
            begun[event["level"]] = times[event["start"]]
        elif event["kind"] == "clear":
            found.append((event["level"], begun.pop(event["level"]), times[event["row"]]))
    return found + [(level, begin, math.inf) for level, begin in begun.items()]


def _levels_of(arguments, portion, frames):
    """Levels (bands, rows) and their times from the portion's beginning, a stretch of the recording after another."""
    recording = portion.recording
    made = dict(integrate=arguments.integrate, factor=frames.factor, average=arguments.average, db=arguments.db,
                win_length=frames.win_length, hop=frames.hop)  # fmt: skip
    groups = max(1, SAMPLES_AT_ONCE // (frames.hop * arguments.average))
    levels, times = [], []
    with progress_bar("levels", "{percentage:3.0f} %|{bar}| {n:.1f}/{total:.1f} {unit} [{elapsed} < {remaining}]",
                      portion.length / recording.fs, "s") as bar:
        for first in range(0, frames.count, groups * arguments.average):
            last = min(frames.count, first + groups * arguments.average)
            begin, end = first * frames.hop, (last - 1) * frames.hop + frames.win_length
            found = _warning_of_few_periods(first, lambda: stft.band_levels(portion.read(begin, end), recording.fs, arguments.band, **made))
            levels.append(found.levels)
            times.append(found.times + begin / recording.fs)
            bar.update((last - first) * frames.hop / recording.fs)
    return np.concatenate(levels, axis=1), np.concatenate(times)


def _warning_of_few_periods(first, call):
    """call(), whose warning becomes a line the first time."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        result = call()
    for one in caught if first == 0 else ():
        warn("levels", str(one.message))
    return result


def _columns(arguments, frames):
    unit = f"dB re 1 {frames.unit}" if arguments.db else frames.unit
    return [f"{frames.quantity} {lower:g}:{upper:g} Hz ({unit})" for lower, upper in arguments.band]


def _write_csv(arguments, frames, times, levels, file):
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["time (s)", *_columns(arguments, frames)])
    for time, row in zip(times, levels.T):
        table.writerow([f"{time:.6g}" if time < 1e5 else f"{time:.3f}", *(f"{value:.6g}" for value in row)])


def _write(arguments, frames, times, levels, events, path, temporary):
    if suffix(path) == ".npz":
        members = io.BytesIO()  # a disk that fills up under an open archive would raise twice
        np.savez(members, times=times, levels=levels, bands=np.array(arguments.band), quantity=frames.quantity, unit=frames.unit,
                 integrate=arguments.integrate, win_length=frames.win_length, hop=frames.hop, average=arguments.average)  # fmt: skip
        with open(temporary, "wb") as file:
            file.write(members.getbuffer())
        return
    with open(temporary, "w", encoding="utf-8", newline="") as file:
        if suffix(path) == ".csv":
            _write_csv(arguments, frames, times, levels, file)
        else:
            write_lines(events, file)


def _words(event, times, unit):
    words = f"{times[min(event['row'], len(times) - 1)]:.6g} s: {event['kind']}, {event['name']}"
    if event["peak"] is not None:
        words += f", {event['value']:.4g} {unit} (limit {event['limit']:g}, peak {event['peak']:.4g}), for {event['duration']:g} s"
    return words


def _summary(arguments, recording, frames, levels, events, outputs):
    lines = [f"{recording.path}: {levels.shape[1]} levels of {frames.win_length / recording.fs:g} s"]
    for name, row in zip(_columns(arguments, frames), levels):
        known = row[np.isfinite(row)]
        if known.size:
            lines.append(f"  {name}: median {np.median(known):.4g}, largest {known.max():.4g}")
    if arguments.limit:
        lines.append(f"  {sum(event['kind'] == 'raise' for event in events)} alarms")
    return "\n".join(lines + [f"  {path}" for path in outputs])


def _band(text):
    lower, colon, upper = text.partition(":")
    if not colon:
        refuse_argument(text, "must be two frequencies: 10:1000")
    edges = hertz(lower), hertz(upper)
    if not 0 <= edges[0] < edges[1]:
        refuse_argument(text, "must be two frequencies from 0 Hz on, the first less than the second")
    return edges
