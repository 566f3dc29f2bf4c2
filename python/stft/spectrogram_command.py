# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft spectrogram: a recording's spectrogram as a picture, NPZ or HDF5."""
import contextlib
import math
import os
import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from gnuradio import stft
from gnuradio.stft.command import warn
from gnuradio.stft.command_options import (add_framing_arguments, add_input_arguments,
                                           add_picture_arguments, automatic_n_fft, check_framing,
                                           check_input, check_outputs, hop_of, in_units,
                                           named_window, open_input, require_finite,
                                           require_range, sample_window, suffix)
from gnuradio.stft.progress_bar import progress_bar
from gnuradio.stft.recordings import portion_of, refuse
from gnuradio.stft.spectrogram_files import Hdf5File, NpzFile, replaced_when_whole
from gnuradio.stft.spectrogram_picture import GroupMean, Picture, check_cmap, check_picture

SUMMARY = "compute the spectrogram of a recording: picture, NPZ or HDF5"

_SUFFIXES = (".png", ".npz", ".h5", ".hdf5")
_BLOCK_VALUES = 2**20   # spectrogram values computed at a time
_BLOCK_SAMPLES = 2**21  # samples read at a time
_COLUMNS = 500          # frames that a picture should have, if the recording is long enough
_KINDS = ("plain", "reassigned", "synchrosqueezed")


def add_arguments(parser):
    add_input_arguments(parser)
    parser.add_argument("-o", "--output", action="append", metavar="FILE",
                        help="where to: .png .npz .h5 .hdf5, repeatable "
                             "(default: INPUT's name with .png, in the current directory)")
    add_framing_arguments(parser, n_fft="by the sampling rate")
    result = parser.add_argument_group("result")
    result.add_argument("--kind", choices=_KINDS, default="plain",
                        help="cells where the window has them, moved to their own frequency and time "
                             "(reassigned), or frequency (synchrosqueezed) (default: plain)")
    result.add_argument("--order", type=int, choices=(1, 2), default=None,
                        help="of synchrosqueezed: frequencies right for tones, or for chirps "
                             "(default: 1)")
    result.add_argument("--scaling", choices=sorted(_SCALINGS), default=None,
                        help="power density, power, or magnitude (default: psd; of "
                             "synchrosqueezed, which has no density, power)")
    result.add_argument("--average", type=int, metavar="N", default=1,
                        help="frames averaged to one row (default: 1)")
    result.add_argument("--fmin", type=float, metavar="HZ", help="lowest frequency kept")
    result.add_argument("--fmax", type=float, metavar="HZ", help="highest frequency kept")
    add_picture_arguments(parser, height=900)


@dataclass(frozen=True)
class Scaling:
    """A kind of spectrogram: its name in files and its unit, of samples in the unit u."""
    name: str
    words: str
    unit: str

    def unit_of(self, unit, per):
        """The unit of a value: "FS²/Hz"; of plain numbers "1/Hz"."""
        return self.unit.format(u=unit or "1", per=per).replace("1²", "1")


_SCALINGS = {
    "psd": Scaling("power", "Power density", "{u}²/{per}"),
    "power": Scaling("power", "Power", "{u}²"),
    "magnitude": Scaling("magnitude", "Magnitude", "{u}"),
}


@dataclass
class Analysis:
    """What is computed: parameters of stft.spectrogram() or its sharper kin, and what follows from them."""
    window: object
    n_fft: int
    win_length: int
    hop: int
    kind: str
    average: int
    fs: float
    sides: str
    frames: int
    form: str = "plain"
    order: int = 1
    bins: slice = field(default_factory=lambda: slice(None))

    @property
    def first(self):
        """Sample at which frame 0 starts: frames are centred."""
        return -(self.win_length // 2)

    @property
    def rows(self):
        return -(-self.frames // self.average)

    @property
    def reach(self):
        """Frames on either side that a frame's cells may move to."""
        return 1 + -(-self.win_length // (2 * self.hop)) if self.form == "reassigned" else 0

    @property
    def margin(self):
        """Samples before and behind a window that tell its frequencies."""
        return 0 if self.form == "plain" else 8

    def compute(self, samples, first, frames):
        """Rows (frames, bins) of `frames` frames, the first one at sample `first`."""
        made = {"win_length": self.win_length, "n_fft": self.n_fft, "hop": self.hop,
                "first": first, "frames": frames, "sides": self.sides, "fs": self.fs}
        if self.form == "synchrosqueezed":
            return self._squeezed(samples, made).T[:, self.bins]
        function = stft.reassigned_spectrogram if self.form == "reassigned" else stft.spectrogram
        return function(samples, self.window, kind=self.kind, **made).T[:, self.bins]

    def _squeezed(self, samples, made):
        """Of a component of amplitude A: A, or its power."""
        amplitude = np.abs(stft.synchrosqueeze(samples, self.window, order=self.order, **made).T)
        amplitude /= self.n_fft * abs(sample_window(self.window, self.win_length)[self.win_length // 2])
        if self.kind == "magnitude":
            return amplitude
        power = np.square(amplitude, out=amplitude)
        if self.sides == "onesided":
            power[1 : (self.n_fft + 1) // 2] /= 2
        return power


@dataclass
class Grid:
    """A spectrogram's axes, type and units, as files and pictures need them."""
    name: str
    unit: str
    dtype: np.dtype
    frequencies: np.ndarray
    times: np.ndarray
    row_step: float
    bin_step: float
    time_limits: tuple
    frequency_limits: tuple
    meta: dict


def run(arguments):
    began = time.monotonic()
    outputs = _check(arguments)
    with open_input(arguments) as recording:
        portion = portion_of(recording, arguments.start, arguments.stop)
        analysis = _analysis(arguments, portion)
        grid = _grid(arguments, portion, analysis)
        for warning in recording.warnings:
            warn("spectrogram", f"{recording.path}: {warning}")
        statistics = Statistics(analysis.kind)
        with contextlib.ExitStack() as files:
            writers = [_open_writer(files, path, grid, arguments, analysis) for path in outputs]
            _write_all(portion, analysis, grid, statistics, writers)
            for writer in writers:
                writer.finish()
        if statistics.bad_samples:
            warn("spectrogram", f"{recording.path}: {statistics.bad_samples} samples are NaN or "
                 "infinite; so are the frames that hold them")
        print(_summary(portion, analysis, grid, statistics, outputs, time.monotonic() - began))


def _check(arguments):
    """The outputs; ValueError for what can be refused before anything is read or written."""
    check_framing(arguments)
    check_picture(arguments)
    check_input(arguments)
    require_range("average", arguments.average, 1, 2**31 - 1)
    if arguments.order is not None and arguments.kind != "synchrosqueezed":
        refuse("order", arguments.order, f"is of kind synchrosqueezed, not {arguments.kind}")
    for kind, scaling, rule in (("reassigned", "magnitude", "cells add up, which magnitudes do not"),
                                ("synchrosqueezed", "psd", "values add up, which gives no density")):
        if (arguments.kind, arguments.scaling) == (kind, scaling):
            refuse("scaling", scaling, f"in kind {kind} {rule}")
    for name in ("fmin", "fmax"):
        require_finite(name, getattr(arguments, name))
    if None not in (arguments.fmin, arguments.fmax) and arguments.fmin >= arguments.fmax:
        refuse("fmin", f"{arguments.fmin:g}", f"must be less than fmax = {arguments.fmax:g}")
    outputs = arguments.output or [_default_output(arguments.input)]
    check_outputs(arguments.input, outputs, _SUFFIXES)
    if any(suffix(path) == ".png" for path in outputs):
        check_cmap(arguments.cmap)
    return outputs


def _default_output(path):
    return os.path.splitext(os.path.basename(os.path.normpath(path)))[0] + ".png"


def _analysis(arguments, portion):
    recording = portion.recording
    n_fft = arguments.n_fft or max(
        automatic_n_fft(recording.fs, portion.length, recording.rate_known),
        arguments.win_length or 1)
    win_length = arguments.win_length or n_fft
    window = named_window(arguments.window)
    taps = sample_window(window, win_length)
    if arguments.kind == "synchrosqueezed" and taps[win_length // 2] == 0:
        refuse("window", arguments.window, "is 0 at its centre, which synchrosqueezed values are divided by")
    scaling = arguments.scaling or ("power" if arguments.kind == "synchrosqueezed" else "psd")
    few = max(1, portion.length // _COLUMNS, win_length // 32)
    hop = hop_of(arguments, win_length, max(1, min(win_length // 4, few)))
    return Analysis(window, n_fft, win_length, hop, scaling, arguments.average,
                    recording.fs, "centered" if recording.is_complex else "onesided",
                    frames=1 + -(-portion.length // hop), form=arguments.kind,
                    order=arguments.order or 1)


def _grid(arguments, portion, analysis):
    """The axes of the result; restricts `analysis` to the bins from fmin to fmax."""
    recording = portion.recording
    frequencies = recording.centre_frequency + np.asarray(
        stft.frequencies(analysis.n_fft, analysis.fs, analysis.sides))
    bin_step = analysis.fs / analysis.n_fft
    low, high = frequencies[0], frequencies[-1]
    if recording.is_complex:
        low, high = low - bin_step / 2, high + bin_step / 2
    if arguments.fmin is not None or arguments.fmax is not None:
        low = low if arguments.fmin is None else max(low, arguments.fmin)
        high = high if arguments.fmax is None else min(high, arguments.fmax)
        kept = np.flatnonzero((frequencies >= low) & (frequencies <= high))
        if not kept.size:
            refuse("fmin .. fmax", f"{low:g} .. {high:g}",
                   f"holds no bin of {frequencies[0]:g} .. {frequencies[-1]:g}, {bin_step:g} apart")
        analysis.bins = slice(kept[0], kept[-1] + 1)
        frequencies = frequencies[analysis.bins]
    if high <= low:  # a single bin
        low, high = low - bin_step / 2, high + bin_step / 2
    scaling = _SCALINGS[analysis.kind]
    unit = scaling.unit_of(recording.unit, "Hz" if recording.rate_known else "(cycle/sample)")
    double = recording.dtype in (np.float64, np.complex128)
    begin = portion.start / analysis.fs
    return Grid(scaling.name, unit, np.dtype(np.float64 if double else np.float32),
                frequencies, begin + _row_times(analysis),
                analysis.hop * analysis.average / analysis.fs, bin_step,
                (begin, begin + portion.length / analysis.fs), (low, high),
                _meta(portion, analysis, unit))


def _row_times(analysis):
    """Centres of the rows in seconds: the means of their frames' centres."""
    starts = np.arange(analysis.rows) * analysis.average
    counts = np.minimum(analysis.average, analysis.frames - starts)
    centres = analysis.first + analysis.win_length // 2 + (starts + (counts - 1) / 2) * analysis.hop
    return centres / analysis.fs


def _meta(portion, analysis, unit):
    recording = portion.recording
    return {
        "source": os.path.basename(recording.path).encode("utf-8", "replace").decode(),
        "format": recording.format,
        "channel": recording.channel,
        "samp_rate": analysis.fs,
        "rate_known": recording.rate_known,
        "centre_frequency": recording.centre_frequency,
        "first_sample": portion.start,
        "samples": portion.length,
        "window": analysis.window,
        "win_length": analysis.win_length,
        "n_fft": analysis.n_fft,
        "hop": analysis.hop,
        "placement": "centred",
        "average": analysis.average,
        "kind": analysis.form,
        **({"order": analysis.order} if analysis.form == "synchrosqueezed" else {}),
        "scaling": analysis.kind,
        "sides": analysis.sides,
        "onesided_doubling": analysis.sides == "onesided",
        "unit": unit,
        "frequency_unit": "Hz" if recording.rate_known else "cycles/sample",
        "time_unit": "s" if recording.rate_known else "samples",
        "axes": ["frequencies", "times"],
        "software": "gr-stft",
    }


def _open_writer(files, path, grid, arguments, analysis):
    temporary = files.enter_context(replaced_when_whole(path))
    if suffix(path) == ".npz":
        writer = NpzFile(path, temporary, grid)
    elif suffix(path) == ".png":
        writer = Picture(path, temporary, grid, _look(arguments, grid, analysis))
    else:
        writer = Hdf5File(path, temporary, grid)
    files.push(lambda kind, *_: writer.abandon() if kind else None)
    return writer


def _look(arguments, grid, analysis):
    scaling = _SCALINGS[analysis.kind]
    return SimpleNamespace(
        width=arguments.width, height=arguments.height, zmin=arguments.zmin, zmax=arguments.zmax,
        cmap=arguments.cmap, density=analysis.kind == "psd", power=analysis.kind != "magnitude",
        title=arguments.title if arguments.title is not None else os.path.basename(arguments.input),
        subtitle=_parameters_line(grid, analysis),
        label=f"{scaling.words} (dB re {'1 ' if grid.unit[0] != '1' else ''}{grid.unit})")


def _parameters_line(grid, analysis):
    window = analysis.window if isinstance(analysis.window, str) else \
        f"{analysis.window[0]} " + " ".join(f"{value:g}" for value in analysis.window[1:])
    parts = [f"n_fft {analysis.n_fft}", f"hop {analysis.hop}", f"window {window}"]
    if analysis.win_length != analysis.n_fft:
        parts.insert(1, f"win_length {analysis.win_length}")
    if analysis.average > 1:
        parts.append(f"average {analysis.average}")
    if analysis.form != "plain":
        parts.append(analysis.form + (f", order {analysis.order}" if analysis.order > 1 else ""))
    return ", ".join(parts)


def _write_all(portion, analysis, grid, statistics, writers):
    mean = GroupMean(analysis.average)
    with progress_bar("spectrogram", "{percentage:3.0f} %|{bar}| {n:.1f}/{total:.1f} {unit} "
                      "[{elapsed} < {remaining}]", portion.length / analysis.fs,
                      grid.meta["time_unit"]) as bar:
        for rows, samples in _blocks(portion, analysis, statistics):
            statistics.add(rows)
            _write_rows(_averaged(mean.add, rows, analysis.kind), grid, writers)
            bar.update(samples / analysis.fs)
        if analysis.average > 1:
            last = [np.sqrt(row) if analysis.kind == "magnitude" else row for row in mean.last()]
            for row in last:
                _write_rows(row, grid, writers)


def _averaged(add, rows, kind):
    """Rows averaged by `add`: powers are, and magnitudes by their squares."""
    if kind != "magnitude":
        return add(rows)
    return np.sqrt(add(np.square(rows, dtype=np.float64)))


def _write_rows(rows, grid, writers):
    if len(rows):
        rows = rows.astype(grid.dtype, copy=False)
        for writer in writers:
            writer.write(rows)


def _blocks(portion, analysis, statistics):
    """All frames in blocks (frames, bins) of limited size, and the new samples under each."""
    bins = analysis.n_fft
    step = max(1, min(_BLOCK_VALUES // bins, _BLOCK_SAMPLES // analysis.hop))
    seen = 0
    for frame in range(0, analysis.frames, step):
        count = min(step, analysis.frames - frame)
        before = min(analysis.reach, frame)
        behind = min(analysis.reach, analysis.frames - frame - count)
        computed = before + count + behind
        first = analysis.first + (frame - before) * analysis.hop
        last = first + (computed - 1) * analysis.hop + analysis.win_length
        end = min(max(last + analysis.margin, 1), portion.length)
        begin = min(max(first - analysis.margin, 0), end - 1)
        samples = portion.read(begin, end)
        new = samples[max(0, seen - begin):]
        statistics.add_samples(new)
        rows = analysis.compute(samples, first - begin, computed)
        yield rows[before:before + count], max(0, end - seen)
        seen = max(seen, end)


class Statistics:
    """Sums over a spectrogram: for the loudest frequency and the dynamic range."""

    def __init__(self, kind):
        self._squares = kind == "magnitude"
        self._sum = 0.0
        self._frames = 0
        self._peak = 0.0
        self.bad_samples = 0

    def add_samples(self, samples):
        self.bad_samples += len(samples) - np.count_nonzero(np.isfinite(samples))

    def add(self, rows):
        if self.bad_samples:
            rows = rows[np.isfinite(rows).all(axis=1)]
        if not len(rows):
            return
        self._frames += len(rows)
        self._peak = max(self._peak, float(rows.max()))
        if self._squares:
            rows = np.square(rows, dtype=np.float64)
        self._sum = self._sum + rows.sum(axis=0, dtype=np.float64)

    @property
    def finite_frames(self):
        return self._frames

    @property
    def mean(self):
        """Mean power of each bin."""
        return self._sum / max(1, self._frames)

    @property
    def peak(self):
        """Power of the loudest cell."""
        return self._peak**2 if self._squares else self._peak


def decibels(power):
    return 10 * math.log10(power) if power > 0 else -math.inf


def _summary(portion, analysis, grid, statistics, outputs, elapsed):
    recording = portion.recording
    seconds = grid.meta["time_unit"]
    hertz = grid.meta["frequency_unit"]
    duration = portion.length / analysis.fs
    taps = sample_window(analysis.window, analysis.win_length)
    noise_bandwidth = analysis.fs * np.sum(np.abs(taps)**2) / abs(np.sum(taps))**2
    rate = f"{in_units(recording.fs, 'Hz', 7)}" if recording.rate_known else "unknown"
    lines = [
        ("file", recording.path),
        ("format", recording.format),
        ("rate", rate + (f", centre {in_units(recording.centre_frequency, 'Hz', 10)}"
                         if recording.centre_frequency else "")),
        ("analysed", f"{portion.length} samples from {portion.start}"
                     + (f", {in_units(duration, 's', 6)} from {in_units(grid.time_limits[0], 's', 6)}"
                        if recording.rate_known else "")
                     + f"; channel {recording.channel} of {recording.channels}, "
                     f"{'complex' if recording.is_complex else 'real'}"),
        ("parameters", f"{_parameters_line(grid, analysis)}, scaling {analysis.kind}"),
        ("resolution", f"window {in_units(analysis.win_length / analysis.fs, seconds)}, noise "
                       f"bandwidth {in_units(noise_bandwidth, hertz)}, rows every "
                       f"{in_units(grid.row_step, seconds)}, bins every "
                       f"{in_units(grid.bin_step, hertz)}"),
        ("spectrogram", f"{len(grid.frequencies)} bins, {analysis.frames} frames, "
                        f"{analysis.rows} rows"),
        *_levels(grid, statistics),
        ("written", ", ".join(outputs)),
        ("elapsed", f"{elapsed:.2f} s" + (f", {duration / elapsed:.4g} times real time"
                                          if recording.rate_known else "")),
    ]
    return "\n".join(f"{name + ':':<13}{text}" for name, text in lines)


def _levels(grid, statistics):
    if not statistics.finite_frames:
        return [("loudest", "no frame is finite")]
    mean = statistics.mean
    if not statistics.peak > 0:
        return [("loudest", "silence")]
    loudest = int(np.argmax(mean))
    reference = f"dB re {'1 ' if grid.unit[0] != '1' else ''}{grid.unit}"
    digits = 2 + math.ceil(math.log10(max(10, abs(grid.frequencies[loudest]) / grid.bin_step)))
    frequency = in_units(grid.frequencies[loudest], grid.meta["frequency_unit"], digits)
    floor = float(np.median(mean))
    span = "infinite" if floor <= 0 else f"{decibels(statistics.peak) - decibels(floor):.1f} dB"
    return [("loudest", f"{frequency} at {decibels(mean[loudest]):.1f} {reference}, on average"),
            ("range", f"{span} from the median bin's mean to the loudest cell, "
                      f"{decibels(statistics.peak):.1f} {reference}")]
