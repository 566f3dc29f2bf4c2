# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft orders: levels of a machine's orders against its speed, from a tacho or tracked in the vibration itself."""
import argparse
import contextlib
import csv
import io
import json
import math
from dataclasses import dataclass

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.command import warn
from gnuradio.stft.app.command_options import (add_input_arguments, as_options, check_input, check_outputs,
                                               require_positive, require_range, suffix)
from gnuradio.stft.app.files.quantities import rotation
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.recordings import open_recording, portion_of
from gnuradio.stft.app.files.spectrogram_files import named, replaced_when_whole
from gnuradio.stft.app.files.speed_files import is_speed_file, read_speeds
from gnuradio.stft.app.jobs import output_templates, planned_outputs, run_jobs
from gnuradio.stft.app.pictures.orders_picture import draw
from gnuradio.stft.app.pictures.picture_axes import PICTURES
from gnuradio.stft.optional_modules import require

_TABLES = (".csv", ".npz")
_SPEEDS_PER_SECOND = 200  # of a tacho, about
_ENOUGH = 0.5             # of the tracked speeds, below which a warning says so
_LONGEST_HOLE = 1.0       # s without confidence through which a tracked speed goes on


def add_arguments(parser):
    add_input_arguments(parser)
    parser.add_argument("-o", "--output", action="append", metavar="FILE",
                        help="where to: .png, .svg, .pdf, .npz, .csv, repeatable; {input} and {channel} in it are INPUT's name "
                             "and the channel (the summary is on standard output in any case)")
    machine = parser.add_argument_group("machine")
    machine.add_argument("--tacho", type=int, metavar="N", help="channel of the tacho, counted from 0")
    machine.add_argument("--ppr", type=int, metavar="N", default=1, help="pulses of the tacho per revolution (default: 1)")
    machine.add_argument("--levels", type=_pair, metavar="BASE,TOP",
                         help="of the pulses: 0,5; 5,0 for pulses that fall (default: found in the signal)")
    machine.add_argument("--f-max", type=rotation, metavar="HZ", help="highest speed (default: rate / (8 ppr))")
    machine.add_argument("--speed", type=_speed, metavar="HZ:HZ",
                         help="without a tacho: the range in which the speed is tracked by the orders: 15:90, 900rpm:5400rpm; or a "
                              ".csv file of times (s) and speeds (Hz, or rpm if its first row says so) in its first two columns")
    machine.add_argument("--orders", type=_numbers, metavar="NUMBERS", default=(1.0,),
                         help="with commas: 2,4,6 (default: 1)")
    analysis = parser.add_argument_group("analysis")
    analysis.add_argument("--turns", type=int, metavar="N", default=64, help="revolutions of a spectrum (default: 64)")
    analysis.add_argument("--reference", type=float, metavar="R", default=1.0,
                          help="rms value of 0 dB: 2e-5 for Pa (default: 1)")
    picture = parser.add_argument_group("picture")
    picture.add_argument("--title", metavar="TEXT", help="title (default: INPUT's name)")
    picture.add_argument("--width", type=int, metavar="PIXELS", default=1600, help="of the picture (default: 1600)")
    picture.add_argument("--height", type=int, metavar="PIXELS", default=1100, help="of the picture (default: 1100)")


def _numbers(text):
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: must be numbers with commas: 2,4,6") from None


def _pair(text):
    numbers = _numbers(text)
    if len(numbers) != 2:
        raise argparse.ArgumentTypeError(f"{text!r}: must be BASE,TOP: 0,5")
    return numbers


def _speed(text):
    """A range in Hz, or the name of a file."""
    if is_speed_file(text):
        return text
    lower, colon, upper = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r}: must be LOWER:UPPER in Hz, 15:90, or a .csv file of speeds")
    return rotation(lower), rotation(upper)


@dataclass
class Found:
    """The orders of a portion: what order_map() returns, and the speed (Hz) at times (s), NaN where there is none."""
    fs: float
    x: np.ndarray
    map: stft.OrderMap
    orders: tuple
    levels: np.ndarray  # dB
    times: np.ndarray
    speeds: np.ndarray


def run(arguments):
    return run_jobs(arguments, _check(arguments), lambda job: _analyse(arguments, job))


def _check(arguments):
    """Names of the outputs; ValueError for what can be refused before the recording is opened."""
    check_input(arguments)
    arguments.n_fft = None  # of run_jobs()
    if (arguments.tacho is None) == (arguments.speed is None):
        refuse("tacho", "missing" if arguments.tacho is None else arguments.tacho,
               "one of --tacho and --speed must be given")
    if arguments.tacho is not None:
        require_range("tacho", arguments.tacho, 0, 2**16)
    arguments.speeds = read_speeds(arguments.speed) if isinstance(arguments.speed, str) else None
    if arguments.speeds is None and arguments.speed is not None and not 0 < arguments.speed[0] < arguments.speed[1] < math.inf:
        refuse("speed", ":".join(f"{edge:g}" for edge in arguments.speed), "must be positive, and rise")
    if "-" in arguments.input and arguments.tacho is not None:
        refuse("input", "-", "must be a file: two channels of it are read")
    require_positive("reference", arguments.reference)
    require_range("reference", arguments.reference, 1e-100, 1e100)
    require_positive("f_max", arguments.f_max)
    require_range("turns", arguments.turns, 1, 2**16)
    require_range("width", arguments.width, 300, 10000)
    require_range("height", arguments.height, 200, 10000)
    templates = output_templates(arguments, ()) if arguments.output else []
    check_outputs(arguments.input, planned_outputs(arguments, templates), (*PICTURES, *_TABLES))
    if any(suffix(template) in PICTURES for template in templates):
        require("matplotlib", "writing a picture")
    return templates


def _analyse(arguments, job):
    recording = job.recording
    portion = portion_of(recording, arguments.start, arguments.stop)
    if recording.is_complex:
        refuse(recording.path, "complex samples", "must be real: a vibration")
    if not recording.rate_known:
        refuse(recording.path, "sampling rate unknown", "must be known; give --rate")
    for warning in recording.warnings:
        warn("orders", f"{recording.path}: {warning}")
    x = portion.read(0, portion.length)
    unusable = np.count_nonzero(~np.isfinite(x))
    if unusable:
        warn("orders", f"{recording.path}: {unusable} samples are NaN or infinite; what the windows around them hold is unknown")
    tracked = {"f_min": "speed", "f_max": "speed"} if arguments.tacho is None else {}
    with as_options(fs="rate", samp_rate="rate", x=recording.path, y="tacho", **tracked):
        times, speeds = _speed_of(arguments, portion, x)
        if not np.any(speeds > 0):
            refuse("tacho" if arguments.speed is None else "speed", "none found", _why_none(arguments))
        found = stft.order_map(x, recording.fs, speeds, arguments.orders, arguments.turns, times=times)
    with np.errstate(divide="ignore"):
        levels = 10 * np.log10(found.levels.astype(float) / arguments.reference**2)
    result = Found(recording.fs, x, found, arguments.orders, levels, times, np.where(speeds > 0, speeds, np.nan))
    with contextlib.ExitStack() as files:
        for path in job.outputs:
            temporary = files.enter_context(replaced_when_whole(path))
            with named(path):
                _write(arguments, job, result, path, temporary)
    print("\n".join(_words(recording, result, job.outputs)))


def _speed_of(arguments, portion, x):
    """Times (s after the portion's first sample) and speeds (Hz): of a file, of a tacho, or tracked."""
    if arguments.speeds is not None:
        times, speeds = arguments.speeds
        times = times - portion.start / portion.recording.fs
        if not np.any(speeds[(times >= 0) & (times <= len(x) / portion.recording.fs)] > 0):
            refuse("speed", arguments.speed, "must hold a speed above 0 in the time of the samples")
        return times, speeds
    if arguments.speed is None:
        return _speed_by_tacho(arguments, portion)
    return _tracked_speed(arguments, x, portion.recording.fs, portion.recording.path)


def _speed_by_tacho(arguments, portion):
    """Times (s after the portion's first sample) and speeds (Hz), 0 in standstill."""
    fs = portion.recording.fs
    with as_options(channel="tacho"):
        opened = open_recording(portion.recording.path, dtype=arguments.dtype, rate=arguments.rate, channel=arguments.tacho,
                                iq=arguments.iq, strict=arguments.strict)
    with opened as tacho:
        y = tacho.read(portion.start, portion.length)
    hop = max(1, round(fs / _SPEEDS_PER_SECOND))
    speeds = stft.tacho_speed(y, fs, arguments.ppr, arguments.f_max, hop=hop, levels=arguments.levels).astype(float)
    return np.arange(len(speeds)) * hop / fs, speeds


def _tracked_speed(arguments, x, fs, path):
    """Speed by the orders of the vibration; NaN where the tracker has no confidence for long."""
    ridges = stft.track_ridges(x, f_range=arguments.speed, orders=arguments.orders, samp_rate=fs)
    trusted = ridges.confidence > 1
    if trusted.any() and trusted.mean() < _ENOUGH:
        warn("orders", f"{path}: only {100 * trusted.mean():.0f} % of the speeds can be trusted; are these the machine's orders?")
    return without_short_holes(ridges.times, np.where(trusted, ridges.frequency, np.nan))


def without_short_holes(times, speeds):
    """Leaves out what is NaN for less than a second, so that the speed goes on through it."""
    known = np.flatnonzero(np.isfinite(speeds))
    kept = np.isfinite(speeds)
    for before, after in zip(known[:-1], known[1:]):
        if times[after] - times[before] > _LONGEST_HOLE:
            kept[before:after] = True
    return times[kept], speeds[kept]


def _why_none(arguments):
    if arguments.speed is None:
        return ("the tacho must have pulses of two levels; give --levels for a sine, and --speed FILE.csv for a channel that is no tacho "
                "but the speed itself")
    return "no orders stand out in this range; are these the machine's?"


def _words(recording, found, outputs):
    turning = found.speeds[np.isfinite(found.speeds) & (found.times >= 0) & (found.times <= len(found.x) / found.fs)]
    yield (f"{recording.path}: speed {turning.min():.2f} .. {turning.max():.2f} Hz, "
           f"{len(found.map.times)} spectra of {found.map.power.shape[0]} bins")
    yield f"  {'order':>8} {'least dB':>9} {'median':>8} {'greatest':>9} {'at Hz':>9}"
    for order, level in zip(found.orders, found.levels):
        known = np.isfinite(level)
        if not known.any():
            yield f"  {order:8g} {'-':>9} {'-':>8} {'-':>9} {'-':>9}"
            continue
        top = np.nanargmax(np.where(known, level, np.nan))
        yield (f"  {order:8g} {level[known].min():9.2f} {np.median(level[known]):8.2f} {level[top]:9.2f} "
               f"{found.map.speeds[top]:9.2f}")
    yield from (f"  {path}" for path in outputs)


def _write(arguments, job, found, path, temporary):
    if suffix(path) in PICTURES:
        draw(found, arguments, job.title, path, temporary)
    elif suffix(path) == ".csv":
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["time", "speed", "revolutions", *(f"level_{order:g}_db" for order in found.orders)])
            for row in zip(found.map.times, found.map.speeds, found.map.revolutions, *found.levels):
                table.writerow("" if math.isnan(value) else repr(float(value)) for value in row)
    else:
        meta = {"power": "mean square of each bin, (bins, rows)", "bin_orders": "(bins,)", "times": "s, (rows,)",
                "speeds": "Hz, (rows,)", "revolutions": "(rows,)", "levels": "mean square, (orders, rows)", "orders": "(orders,)",
                "speed_times": "s", "speed": "Hz", "samp_rate": found.fs, "turns": arguments.turns,
                "source": job.recording.path.encode("utf-8", "replace").decode(), "channel": job.recording.channel,
                "software": "gr-stft"}
        members = io.BytesIO()  # a disk that fills up under an open archive would raise twice
        np.savez(members, power=found.map.power, bin_orders=found.map.orders, times=found.map.times, speeds=found.map.speeds,
                 revolutions=found.map.revolutions, levels=found.map.levels, orders=np.array(found.orders),
                 speed_times=found.times, speed=found.speeds, meta=np.array(json.dumps(meta)))
        with open(temporary, "wb") as file:
            file.write(members.getbuffer())
