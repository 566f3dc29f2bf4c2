# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft diagnose: the damaged part of a rolling bearing, by the lines in the spectrum of the vibration's envelope."""
import argparse
import contextlib
import csv
import io
import json
import math

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.command import warn
from gnuradio.stft.app.command_options import (add_input_arguments, as_options, check_input, check_outputs,
                                               require_range, suffix)
from gnuradio.stft.app.files.bearing_geometries import geometry_of, listing
from gnuradio.stft.app.files.quantities import hertz, rotation
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.recordings import portion_of
from gnuradio.stft.app.files.spectrogram_files import named, replaced_when_whole
from gnuradio.stft.app.files.speed_files import is_speed_file, read_speeds
from gnuradio.stft.app.jobs import output_templates, planned_outputs, run_jobs
from gnuradio.stft.app.pictures.diagnose_picture import draw
from gnuradio.stft.app.pictures.picture_axes import PICTURES
from gnuradio.stft.optional_modules import require

PARTS = {"FTF": "cage", "BPFO": "outer race", "BPFI": "inner race", "BSF": "rolling element"}
COLUMNS = ("line", "part", "order", "expected", "frequency", "stretch", "z", "named")
_TABLES = (".csv", ".json", ".npz")


class _List(argparse.Action):
    """Lists the bearings of a file, and ends as --version does."""

    def __call__(self, parser, namespace, value, name=None):
        try:
            print(*listing(value), sep="\n")
        except (ValueError, ImportError) as error:
            parser.exit(2, f"{parser.prog}: {' '.join(str(error).split())}\n")
        parser.exit()


def add_arguments(parser):
    add_input_arguments(parser)
    parser.add_argument("-o", "--output", action="append", metavar="FILE",
                        help="where to: .png, .svg, .pdf, .npz, .csv, .json, repeatable; {input} and {channel} in it are "
                             "INPUT's name and the channel (the verdict is on standard output in any case)")
    machine = parser.add_argument_group("machine")
    machine.add_argument("--speed", type=_speed, metavar="HZ", required=True,
                         help="of the shaft: 25, or 1500rpm, constant to about 1 %%; or a .csv file of times (s) and speeds "
                              "(Hz, or rpm if its first row says so) in its first two columns")
    machine.add_argument("--bearing", metavar="GEOMETRY", required=True,
                         help="BALLS,BALL_DIAMETER,PITCH_DIAMETER[,ANGLE]: 8,0.235,1.245; with --bearings a name")
    machine.add_argument("--bearings", metavar="FILE",
                         help="TOML with a table [NAME] for each bearing, of balls, ball_diameter, pitch_diameter and, if not "
                              "0, contact_angle in degrees")
    machine.add_argument("--list-bearings", action=_List, metavar="FILE",
                         help="list the bearings of such a file with the orders of their lines, and exit")
    search = parser.add_argument_group("search")
    search.add_argument("--tolerance", type=float, metavar="FRACTION", default=0.015,
                        help="by which lines may be off those of the geometry (default: 0.015)")
    search.add_argument("--harmonics", type=int, metavar="N", default=4,
                        help="multiples of a line that count (default: 4)")
    search.add_argument("--threshold", type=float, metavar="Z", default=4.0,
                        help="z from which on a line names a fault (default: 4)")
    search.add_argument("--band", type=_band, metavar="HZ:HZ", default=(None, None),
                        help="of the envelope: 1k:, 2k:8k (default: from 1 kHz on)")
    picture = parser.add_argument_group("picture")
    picture.add_argument("--title", metavar="TEXT", help="title (default: INPUT's name)")
    picture.add_argument("--width", type=int, metavar="PIXELS", default=1600, help="of the picture (default: 1600)")
    picture.add_argument("--height", type=int, metavar="PIXELS", default=800, help="of the picture (default: 800)")


def _speed(text):
    """Hz, or the name of a file."""
    return text if is_speed_file(text) else rotation(text)


def _band(text):
    lower, colon, upper = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r}: must be LOWER:UPPER in Hz, either may be left out: 1k:, 2k:8k")
    return tuple(hertz(edge) if edge else None for edge in (lower, upper))


def run(arguments):
    arguments.geometry, templates = _check(arguments)
    return run_jobs(arguments, templates, lambda job: _diagnose(arguments, job))


def _check(arguments):
    """The geometry and the names of the outputs; ValueError for what can be refused before the recording is opened."""
    check_input(arguments)
    arguments.n_fft = None  # of run_jobs()
    arguments.speeds = read_speeds(arguments.speed) if isinstance(arguments.speed, str) else None
    if arguments.speeds is None and not (math.isfinite(arguments.speed) and arguments.speed > 0):
        refuse("speed", f"{arguments.speed:g}", "must be positive and finite")
    require_range("width", arguments.width, 300, 10000)
    require_range("height", arguments.height, 200, 10000)
    geometry = geometry_of(arguments.bearing, arguments.bearings)
    templates = output_templates(arguments, ()) if arguments.output else []
    check_outputs(arguments.input, planned_outputs(arguments, templates), (*PICTURES, *_TABLES))
    if any(suffix(template) in PICTURES for template in templates):
        require("matplotlib", "writing a picture")
    return geometry, templates


def _diagnose(arguments, job):
    recording = job.recording
    portion = portion_of(recording, arguments.start, arguments.stop)
    if recording.is_complex:
        refuse(recording.path, "complex samples", "must be real: a vibration")
    if not recording.rate_known:
        refuse(recording.path, "sampling rate unknown", "must be known; give --rate")
    for warning in recording.warnings:
        warn("diagnose", f"{recording.path}: {warning}")
    x = portion.read(0, portion.length)
    unusable = np.count_nonzero(~np.isfinite(x))
    if unusable:
        warn("diagnose", f"{recording.path}: {unusable} samples are not finite; frames that hold them count as silent")
    speed, times = arguments.speed, None
    if arguments.speeds is not None:
        times, speed = arguments.speeds[0] - portion.start / recording.fs, arguments.speeds[1]
    with as_options(f="speed", fs="rate", x=recording.path):
        found = stft.diagnose_bearing(x, recording.fs, speed, arguments.geometry, times=times, tolerance=arguments.tolerance,
                                      harmonics=arguments.harmonics, threshold=arguments.threshold, band=arguments.band)
    with contextlib.ExitStack() as files:
        for path in job.outputs:
            temporary = files.enter_context(replaced_when_whole(path))
            with named(path):
                _write(arguments, job, found, path, temporary)
    print("\n".join(_words(recording, found, job.outputs)))


def rows_of(found):
    """The lines of a diagnosis as dicts with the keys of COLUMNS; None for what is unknown."""
    known = {True: float, False: lambda value: None}
    return [{"line": name, "part": PARTS[name], "order": line.order, "expected": line.order * found.speed,
             **{key: known[math.isfinite(value)](value) for key, value in
                (("frequency", line.frequency), ("stretch", line.stretch), ("z", line.z))},
             "named": name == found.fault} for name, line in found.lines.items()]


def verdict(found):
    """One line of words."""
    if found.missing:
        return f"no verdict: {found.missing}"
    name, line = max(found.lines.items(), key=lambda item: -math.inf if math.isnan(item[1].z) else item[1].z)
    words = f"z {line.z:.1f} at {line.frequency:.2f} Hz, stretch {line.stretch:.4f}"
    if found.fault:
        return f"{found.fault} ({PARTS[found.fault]}), {words}"
    return f"no fault is named; the greatest is {name}, {words}"


def _words(recording, found, outputs):
    yield f"{recording.path}: {verdict(found)}"
    yield f"  {'line':<5} {'part':<16} {'order':>8} {'expected Hz':>12} {'found Hz':>10} {'stretch':>8} {'z':>6}"
    for row in rows_of(found):
        shown = [format(row[key], form) if row[key] is not None else "-" for key, form in
                 (("frequency", ".2f"), ("stretch", ".4f"), ("z", ".1f"))]
        yield (f"  {row['line']:<5} {row['part']:<16} {row['order']:8.4f} {row['expected']:12.2f} {shown[0]:>10} "
               f"{shown[1]:>8} {shown[2]:>6}")
    yield from (f"  {path}" for path in outputs)


def _write(arguments, job, found, path, temporary):
    if suffix(path) in PICTURES:
        draw(found, arguments, job.title, verdict(found), path, temporary)
    elif suffix(path) == ".csv":
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            table.writeheader()
            table.writerows({key: "" if value is None else int(value) if key == "named" else value
                             for key, value in row.items()} for row in rows_of(found))
    elif suffix(path) == ".json":
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(_facts(arguments, job.recording, found), file, indent=1, allow_nan=False)
            file.write("\n")
    else:
        members = io.BytesIO()  # a disk that fills up under an open archive would raise twice
        np.savez(members, frequencies=found.frequencies, spectrum=found.spectrum, envelope=found.envelope.samples,
                 envelope_rate=found.envelope.fs, speed=found.speed, lines=np.array(list(found.lines)),
                 **{key: np.array([getattr(line, key) for line in found.lines.values()])
                    for key in ("order", "frequency", "stretch", "z")},
                 fault=np.array(found.fault or ""), meta=np.array(json.dumps(_facts(arguments, job.recording, found))))
        with open(temporary, "wb") as file:
            file.write(members.getbuffer())


def _facts(arguments, recording, found):
    shaft = {key: value if math.isfinite(value) else None for key, value in found.shaft._asdict().items()}
    return {"source": recording.path.encode("utf-8", "replace").decode(), "channel": recording.channel, "fault": found.fault,
            "missing": found.missing, "speed": found.speed, "bearing": list(arguments.geometry),
            "threshold": arguments.threshold, "tolerance": arguments.tolerance, "lines": rows_of(found), "shaft": shaft}
