# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling bearings: the envelope of a vibration, and the lines of a bearing in its spectrum.

A geometry is (rolling elements, their diameter, pitch diameter) or (..., contact angle in degrees), diameters in one unit; the
outer ring stands still. Lines: FTF (cage), BPFO (outer race), BPFI (inner race), BSF (rolling element, which knocks at
twice BSF). z says by how many deviations a line exceeds frequencies that mean nothing to the machine.
"""

from __future__ import annotations

import math
import numbers
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import (
    Window,
    _array,
    _at_least,
    _either_spelling,
    _frames,
    _integer,
    _lengths,
    _named_fs,
    _one_dimensional,
    _positive,
    _precision,
    _real_array,
)
from .orders import angle_resample
from .stft_python import kernels
from .transforms import spectrogram

LEAST_TURNS = 20.0
"""Turns of the shaft that a record or a row must hold."""

_CELLS_AT_ONCE = 2**20
_LEAST_ENVELOPE = 64  # samples of which a spectrum is made
_LINES = ("FTF", "BPFO", "BPFI", "BSF")


class Envelope(NamedTuple):
    """What envelope() returns: a signal, one sample for each frame, and its rate."""

    samples: NDArray
    """Squared envelope of the band over its mean, less 1: float32 or float64."""
    fs: float
    """Hz, of these samples."""


class FaultLine(NamedTuple):
    """A line of a bearing in an envelope spectrum: where it should be, where it was found, and how clearly."""

    order: float
    """By the geometry, per revolution of the shaft."""
    frequency: float
    """Hz: order, speed and stretch."""
    stretch: float
    """Factor at which the line was found, one for all of its harmonics; NaN if it was not looked for."""
    z: float
    """Score over that of frequencies without meaning, in deviations; NaN if the line was not looked for."""


class BearingDiagnosis(NamedTuple):
    """What diagnose_bearing() returns: the verdict, and the spectrum and envelope that it is made from."""

    fault: Optional[str]
    """Line of the greatest z, "FTF", "BPFO", "BPFI" or "BSF", if this z reaches the threshold; else None."""
    lines: Dict[str, FaultLine]
    """Of each name."""
    shaft: FaultLine
    """The shaft's own orders, which do not count for the lines where their z is 2 or more."""
    speed: float
    """Hz, as given; the mean of one that varies."""
    frequencies: NDArray
    """Hz, of the bins of the spectrum."""
    spectrum: NDArray
    """Power of the envelope over its running median, float32: noise has a median of 1."""
    envelope: Envelope
    """The envelope that the spectrum is that of."""
    missing: Optional[str]
    """Why there is no verdict: "no signal"; None if there is one."""


def fault_frequencies(geometry: Sequence[float], f: float = 1.0) -> Dict[str, float]:
    """FTF, BPFO, BPFI and BSF in Hz at a speed of f Hz; without f their orders.

    >>> {name: round(order, 4) for name, order in fault_frequencies((8, 0.235, 1.245)).items()}
    {'FTF': 0.4056, 'BPFO': 3.245, 'BPFI': 4.755, 'BSF': 2.5546}
    """
    _positive("f", f)
    orders = kernels.fault_orders(*_geometry(geometry).values())
    return {name: f * orders[name][0] for name in _LINES}


@_either_spelling
def envelope(
    x: ArrayLike,
    fs: float = 1.0,
    *,
    band: Tuple[Optional[float], Optional[float]] = (None, None),
    n_fft: Optional[int] = None,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    window: Window = "hann",
    constant: Optional[int] = None,
    clip: float = 12.0,
) -> Envelope:
    """Squared envelope of a band of a signal x, one-dimensional and real: a sample for each frame of an STFT.

    e[p] = mean over the band's bins of P[m, p] / M[m] - 1: every bin counts alike, so no band has to be chosen around a
    resonance.

    fs: Hz. band: Hz, lower and upper edge; None: 1000, at most fs / 8, and fs / 2. n_fft: default the power of two nearest to fs / 400, 16 at least; hop:
    default win_length // 4. window, win_length: as in stft(); frames are placed "left".
    constant: None: M is the mean of the whole record, and only whole frames are used. A number of frames: M is an exponential mean, as the block
        band_envelope_vf has it, with the same samples to the bit.
    clip: bound of a sample in medians of |e|; 0: none.
    A frame that holds NaN, or no power in the band, is 0.

    >>> x = np.random.default_rng(1).standard_normal(8000) * (1 + np.sin(2 * np.pi * 30 * np.arange(8000) / 8000))
    >>> e, rate = envelope(x, 8000)
    >>> int(rate), float(np.argmax(np.abs(np.fft.rfft(e))))
    (2000, 30.0)
    """
    x = _signal(x)
    _positive("fs", fs)
    if n_fft is None and win_length is None:
        n_fft = _frame_length(fs / 400)
    n_fft, win_length = _lengths(window, win_length, n_fft)
    hop = max(1, win_length // 4) if hop is None else _at_least(1, "hop", hop)
    first, frames = _frames(x.size, win_length, hop, "left", None, None)
    if constant is None and x.size >= win_length:  # one that hangs over the end sees the offset of x as a step
        frames = 1 + (x.size - win_length) // hop
    settings = dict(_band(band), n_fft=n_fft, samp_rate=fs, clip=clip)
    letter = "f" if x.dtype == np.float32 else "d"
    samples = np.empty(frames, x.dtype)

    def rows():
        count = max(1, _CELLS_AT_ONCE // n_fft)
        for begin in range(0, frames, count):
            end = min(frames, begin + count)
            columns = spectrogram(x, window, hop=hop, win_length=win_length, n_fft=n_fft, first=first + begin * hop,
                                  frames=end - begin, fs=fs)  # fmt: skip
            yield slice(begin, end), np.ascontiguousarray(columns.T)

    if constant is None:
        held = _made(getattr(kernels, f"record_envelope_{letter}"), settings)
        for _, part in rows():
            held.learn(part)
    else:
        held = _made(getattr(kernels, f"band_envelope_{letter}"), dict(settings, constant=constant))
    for where, part in rows():
        held.add(part, samples[where])
    if constant is None:
        held.limit(samples)
    return Envelope(samples, fs / hop)


@_either_spelling
def score_fault_lines(
    rows: ArrayLike,
    fs: float,
    f: ArrayLike,
    geometry: Sequence[float],
    *,
    n_fft: Optional[int] = None,
    win_length: Optional[int] = None,
    tolerance: float = 0.015,
    harmonics: int = 4,
    threshold: float = 4.0,
    whiten: float = 2.4,
) -> Tuple[List[Dict[str, Any]], NDArray]:
    """Looks for the lines of a bearing in power spectral densities of an envelope -> a report for each row, and the rows over
    their running median, float32.

    rows: (bins,) or (rows, bins), one-sided. fs: Hz, of the envelope. f: Hz of the shaft, one or one for each row; NaN: unknown.
    n_fft: default 2 (bins - 1). win_length: samples of the envelope under the rows' window, default n_fft.
    An envelope resampled to the angle has fs samples per revolution and f = 1.
    The other arguments are those of diagnose_bearing(). A report has the keys of the messages of the block fault_lines
    but kind, row and time, and None for what is unknown; `missing` is "no speed", "no signal", "too few turns" or None.
    The block finds the same to the bit.
    """
    rows = _array("rows", rows)
    if rows.dtype.kind == "c" or rows.ndim not in (1, 2) or rows.shape[-1] < 9:
        raise ValueError(f"rows: {rows.dtype} of shape {rows.shape}: must be real, (bins,) or (rows, bins), 9 bins or more")
    rows = np.ascontiguousarray(np.atleast_2d(rows), _precision(rows.dtype))
    n_fft = 2 * (rows.shape[1] - 1) if n_fft is None else _integer("n_fft", n_fft)
    lines = _made(kernels.fault_lines, dict(_geometry(geometry), n_fft=n_fft, win_length=win_length, samp_rate=fs,
                  tolerance=tolerance, harmonics=harmonics, threshold=threshold, whiten=whiten))  # fmt: skip
    if lines.bins != rows.shape[1]:
        raise ValueError(f"n_fft: {n_fft}: must fit the {rows.shape[1]} bins of the rows")
    f = _array("f", f)
    if f.dtype.kind == "c" or f.shape not in ((), (len(rows),)):
        raise ValueError(f"f: shape {f.shape}: must be a number of Hz, or one for each of the {len(rows)} rows")
    speeds = np.ascontiguousarray(np.broadcast_to(f, (len(rows),)), np.float64)
    whitened = np.empty(rows.shape, np.float32)
    return lines.examine(rows, speeds, whitened), whitened


@_either_spelling
def diagnose_bearing(
    x: ArrayLike,
    fs: float,
    f: ArrayLike,
    geometry: Sequence[float],
    *,
    times: Optional[ArrayLike] = None,
    tolerance: float = 0.015,
    harmonics: int = 4,
    threshold: float = 4.0,
    whiten: float = 2.4,
    turns: float = 150.0,
    band: Tuple[Optional[float], Optional[float]] = (None, None),
    n_fft: Optional[int] = None,
    hop: Optional[int] = None,
    clip: float = 12.0,
) -> BearingDiagnosis:
    """Names the fault of a rolling bearing from a record of its vibration.

    The spectrum of envelope() is searched for each line by a score that has one stretch for all harmonics, with side bands of
    the shaft for BPFI and of the cage for BSF, and the score is compared with that of frequencies that mean nothing.

    x: one-dimensional, 20 turns of the shaft at least, best 75 or more. fs: Hz. f: Hz, the shaft's speed, constant to about 1 %;
        or an array: one for each sample, or for these times (s, rising). Then the envelope is resampled to the angle, and
        frequencies are those at the mean speed. NaN or standstill: not used.
    geometry: (balls, ball diameter, pitch diameter), or with the contact angle in degrees as a fourth.
    tolerance: fraction by which lines may be off (slip, and the error of f). harmonics: of a line that count.
    threshold: z from which on a line names the fault. whiten: width of the running median, in orders.
    turns: under the window of a spectrum; a longer record gives the mean of several.
    band, clip: as in envelope(). n_fft, hop: of its frames; by default 2.5 ms, less above 25 Hz, and 8 frames for each
        period of the fastest line.
    """
    x = _signal(x)
    _positive("fs", fs)
    varies = times is not None or np.ndim(f) > 0
    if varies:
        times, f = _speeds(f, times, x.size, fs)
        fastest = float(np.nanmax(f))
    else:
        _positive("f", f)
        fastest = f
    _positive("turns", turns)
    if turns < LEAST_TURNS:
        raise ValueError(f"turns: {turns:g}: must be {LEAST_TURNS:g} or more")
    if not varies:
        _enough_turns(x.size * f / fs, x.size / fs)
    orders = kernels.fault_orders(*_geometry(geometry).values())
    highest = max(knocks for _, knocks in orders.values())
    if n_fft is None:
        n_fft = _frame_length(fs / max(400.0, 16 * fastest))
    if hop is None:  # the resampler keeps less of the rate
        hop = max(1, min(int(fs / ((12 if varies else 8) * highest * fastest)), n_fft // 2))
    held = envelope(x, fs, band=band, n_fft=n_fft, hop=hop, clip=clip)
    if highest * fastest * (1 + tolerance) >= held.fs / 2:
        raise ValueError(f"f: {fastest:g}: its fastest line, {highest * fastest:g} Hz, must be below {held.fs / 2:g} Hz: fs is too low, "
                         "or hop too long")  # fmt: skip
    if held.samples.size < _LEAST_ENVELOPE:
        raise ValueError(f"n_fft: {n_fft}: must leave {_LEAST_ENVELOPE} frames at least in {x.size} samples, with hop {hop}")
    e, rate, mean, unit = held.samples, held.fs, f, 1.0
    if varies:  # Hz become orders, which are `unit` Hz
        cells = 1 << math.ceil(math.log2(_integer("harmonics", harmonics) * highest / 0.3))
        by_angle = angle_resample(e, rate, f, cells, times=times - n_fft / (2 * fs), positions=True)
        e, rate, mean = by_angle.samples, float(cells), 1.0
        _enough_turns(e.size / rate, x.size / fs)
        unit = float(1 / np.mean(1 / by_angle.speeds))  # samples are equal parts of turns, not of time
    length = min(e.size, max(64, round(turns * rate / mean)))
    frames = 1 + math.ceil((e.size - length) / max(1, length // 2))
    step = max(1, (e.size - length) // max(1, frames - 1))
    bins_of = 1 << (2 * length - 1).bit_length()
    row = spectrogram(e, hop=step, win_length=length, n_fft=bins_of, placement="left", frames=frames, fs=rate,
                      average=frames)[:, 0]  # fmt: skip
    (report,), whitened = score_fault_lines(row, rate, mean, geometry, n_fft=bins_of, win_length=length, tolerance=tolerance,
                                            harmonics=harmonics, threshold=threshold, whiten=whiten)  # fmt: skip
    lines = {name: _line(report, name.lower(), orders[name][0], unit) for name in _LINES}
    frequencies = np.arange(whitened.shape[1]) * (rate / bins_of * unit)
    return BearingDiagnosis(report["fault"], lines, _line(report, "shaft", 1.0, unit), float(mean * unit), frequencies, whitened[0],
                            held, report["missing"])  # fmt: skip


def _line(report, name, order, unit):
    frequency, stretch, z = (math.nan if report[f"{key}_{name}"] is None else report[f"{key}_{name}"]
                             for key in ("frequency", "stretch", "z"))  # fmt: skip
    return FaultLine(order, frequency * unit, stretch, z)


def _speeds(f, times, samples, fs):
    """Times in s and speeds in Hz; NaN where the speed is not positive."""
    f = _array("f", f)
    times = np.arange(samples) / fs if times is None else _array("times", times)
    if f.dtype.kind == "c" or f.ndim != 1 or f.shape != times.shape:
        raise ValueError(f"f: shape {f.shape}: must be a number of Hz, or one for each of the {times.size} "
                         f"{'samples of x' if times.size == samples else 'times'}")  # fmt: skip
    f = np.where(f > 0, f, np.nan).astype(float)
    if not np.isfinite(np.nanmax(f, initial=0)) or not np.any(np.isfinite(f)):
        raise ValueError("f: no speed is positive and finite: must be so somewhere")
    return times, f


def _enough_turns(turns, seconds):
    if not turns >= LEAST_TURNS:
        raise ValueError(f"x: {seconds:g} s: must hold {LEAST_TURNS:g} turns of the shaft at least, it holds {turns:.3g}")


def _signal(x):
    x = _one_dimensional("x", _real_array("x", x))
    return np.ascontiguousarray(x, _precision(x.dtype))


def _geometry(geometry):
    """The arguments of a kernel."""
    try:
        given = () if isinstance(geometry, str) else tuple(geometry)
    except TypeError:
        given = ()
    if not 3 <= len(given) <= 4:
        raise ValueError(f"geometry: {geometry!r}: must be (balls, ball diameter, pitch diameter) or with a contact angle in degrees")
    balls, *others = given
    if isinstance(balls, float) and balls.is_integer():
        balls = int(balls)
    names = ("ball_diameter", "pitch_diameter", "contact_angle")
    named = dict(zip(names, others + [0.0] * (3 - len(others))))
    for name, value in named.items():
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real) or abs(value) > 1e300:
            raise ValueError(f"{name}: {value!r}: must be a number, at most 1e300")
    return {"balls": _at_least(3, "balls", balls), **{name: float(value) for name, value in named.items()}}


def _band(band):
    try:
        lower, upper = band
    except (TypeError, ValueError):
        raise ValueError(f"band: {band!r}: must be (lower, upper) in Hz") from None
    if upper is not None and not (isinstance(upper, str) or upper > 0):
        raise ValueError(f"band: {upper}: must end above 0 Hz, or None")
    return {"f_min": lower, "f_max": upper}


def _made(kernel, settings):
    """The kernel, whose refusals name what the caller gave."""
    try:
        with _named_fs():
            return kernel(**settings)
    except ValueError as refusal:
        text = str(refusal)
        for name in ("f_min", "f_max"):
            if text.startswith(f"{name}: "):
                text = f"band: {text[len(name) + 2 :]}"
        raise ValueError(text) from None


def _frame_length(samples):
    """The power of two nearest to a number of samples, 16 at least."""
    return 1 << max(4, round(math.log2(max(1.0, samples))))
