# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Orders of machines: the speed from the pulses of a tacho, samples at equal angles, and spectra of them.

An order k is what happens k times a revolution. A speed (Hz, revolutions per second) is given as one number, or an array: one
for each sample; or, with `hop`, one for each hop samples, the first of them at sample `first`; or, with `times`, at these
times (s, rising). Between them the speed is a cubic through up to five of them, before the first one and after the last one it
holds. Where it is below f_min (default samp_rate / (512 samples_per_rev)) or NaN, there is no output.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import Window, _array, _channels, _either_spelling, _integer, _named_fs, _one_dimensional, _truth
from .stft_python import kernels


class _Tacho(NamedTuple):
    times: NDArray
    revolutions: NDArray
    speed: NDArray


class Tacho(_Tacho):
    """What tacho_pulses() returns: times (s), revolutions since the first pulse, and speed (Hz), of each pulse; all float64.

    starts: indices of the pulses before which the machine stood still, the first one among them: the revolutions between such
    a pulse and the one before it are not known, and count as one interval. separation: of the two levels of the signal, in
    spreads about them, where it was looked for last; below 6 there are no pulses. 0 if levels were given.
    """

    starts: NDArray
    separation: float


@_either_spelling
def tacho_pulses(
    y: ArrayLike,
    fs: float = 1.0,
    ppr: int = 1,
    f_max: Optional[float] = None,
    *,
    f_min: Optional[float] = None,
    levels: Optional[Sequence[float]] = None,
    slew: float = 60.0,
    level_time: float = 2.0,
) -> Tacho:
    """The pulses of a tacho, in its signal y, one-dimensional, and the speed at each of them.

    fs: Hz. ppr: pulses of a revolution. f_max: Hz, highest speed; None: fs / (8 ppr). f_min: Hz; slower is standstill; None: 0.5,
        at most f_max / 10. slew: Hz/s, how fast the speed may change.
    levels: base and top of the pulses; the base above the top: pulses that fall. None: found in each level_time (s) of signal,
        which has to have two levels: a sine, noise or a drift gives no pulses.

    Missing and bounced pulses are made good. The block tacho_pulses_ff and tacho_speed() find the same pulses.
    """
    with _named_fs():
        tacho = _pushed_tacho(y, samp_rate=fs, ppr=ppr, f_max=f_max, f_min=f_min, levels=levels, slew=slew,
                              level_time=level_time)  # fmt: skip
    times, numbers, speed, starts = tacho.take()
    found = Tacho(times, numbers / ppr, speed)
    found.starts, found.separation = np.flatnonzero(starts), tacho.separation
    return found


@_either_spelling
def tacho_speed(
    y: ArrayLike,
    fs: float = 1.0,
    ppr: int = 1,
    f_max: Optional[float] = None,
    *,
    hop: int = 256,
    f_min: Optional[float] = None,
    levels: Optional[Sequence[float]] = None,
    slew: float = 60.0,
    level_time: float = 2.0,
) -> NDArray:
    """The speed (Hz, float32) at every hop-th sample of the signal of a tacho, from sample 0 on; 0 where the machine stands
    still. Other arguments as in tacho_pulses(). The block tacho_pulses_ff gives the same, to the bit."""
    with _named_fs():
        return _pushed_tacho(y, samp_rate=fs, ppr=ppr, f_max=f_max, f_min=f_min, levels=levels, slew=slew, hop=hop,
                             level_time=level_time).read()  # fmt: skip


def _pushed_tacho(y, **settings):
    y = _one_dimensional("y", _array("y", y))
    if y.dtype.kind == "c":
        raise ValueError(f"y: dtype {y.dtype}: must be real")
    single = y.dtype.itemsize <= 4 and y.dtype.kind == "f"
    tacho = (kernels.tacho_pulses_f if single else kernels.tacho_pulses_d)(**settings)
    tacho.add(np.ascontiguousarray(y, np.float32 if single else np.float64))
    tacho.finish()
    return tacho


class AngleSamples(NamedTuple):
    """What angle_resample(positions=True) returns: the samples, and where each of them lies, the same for all signals."""

    samples: NDArray
    """(..., samples)."""
    revolutions: NDArray
    """Revolutions before each sample, int64."""
    cells: NDArray
    """Sample of the revolution, 0 .. samples_per_rev - 1, int64."""
    times: NDArray
    """Seconds, float64."""
    speeds: NDArray
    """Hz, float64."""
    gaps: NDArray
    """True for the first sample after a gap."""


@_either_spelling
def angle_resample(
    x: ArrayLike,
    fs: float = 1.0,
    f: Union[float, ArrayLike] = 1.0,
    samples_per_rev: int = 64,
    *,
    hop: Optional[int] = None,
    first: int = 0,
    times: Optional[ArrayLike] = None,
    f_min: Optional[float] = None,
    axis: int = -1,
    positions: bool = False,
) -> Union[NDArray, AngleSamples]:
    """Samples at equal angles of a machine that turns at the speed f, samples_per_rev of them a revolution.

    x: signal, or signals along axis. fs: Hz. f, hop, first, times, f_min: the speed; see the module's text.
    positions: True: also where the samples lie.

    Returns (..., samples), the first one at sample 0. What lies above 0.37 samples_per_rev orders is suppressed; below 0.3
    samples_per_rev orders, and below 0.36 fs, everything is kept. In a standstill there are no samples, and a new revolution
    begins after it. The block angular_resampler_ff gives the same, to the bit.
    """
    channels, shape = _channels(x, axis)
    parts = [channels] if channels.dtype != np.complex128 else [channels.real, channels.imag]
    kind = {np.dtype(np.float32): "f", np.dtype(np.complex64): "c"}.get(channels.dtype, "d")
    with _named_fs():
        speed = _Speed(f, hop, first, times, channels.shape[-1])
        settings = dict(samp_rate=fs, hop=speed.hop, samples_per_rev=samples_per_rev, f_min=f_min)
        found = []
        for part in parts:
            for channel in part if len(part) else [np.empty(0, part.dtype)]:
                resampler = getattr(kernels, "angular_resampler_" + kind)(**settings)
                resampler.add(np.ascontiguousarray(channel))
                speed.give(resampler, fs)
                found.append(resampler.read())
    rows = np.array([each[0] for each in found])
    if len(parts) == 2:
        rows = rows[: len(rows) // 2] + 1j * rows[len(rows) // 2 :]
    samples = rows[: channels.shape[0]].reshape(shape + rows.shape[-1:])
    if axis not in (-1, len(shape)):
        samples = np.moveaxis(samples, -1, axis)
    return AngleSamples(samples, *found[0][1:5], found[0][5].astype(bool)) if _truth("positions", positions) else samples


class OrderMap(NamedTuple):
    """What order_map() returns: spectra whose bins are orders, with their axes, and the levels of some orders."""

    power: NDArray
    """Mean square of each bin (unit^2), (..., bins, rows): the sum of the bins is that of the signal in the frame."""
    orders: NDArray
    """Order of each bin, (bins,): they are 1 / turns apart."""
    times: NDArray
    """Seconds, of the rows' centres."""
    speeds: NDArray
    """Hz, at the rows' centres."""
    revolutions: NDArray
    """Revolutions before the rows' centres."""
    levels: NDArray
    """Mean square (unit^2) of each of the orders that were asked for, (..., orders, rows)."""


@_either_spelling
def order_map(
    x: ArrayLike,
    fs: float = 1.0,
    f: Union[float, ArrayLike] = 1.0,
    orders: ArrayLike = (),
    turns: int = 64,
    *,
    samples_per_rev: Optional[int] = None,
    frame_hop: Optional[float] = None,
    window: Window = "hann",
    width: float = 0.05,
    scale_ends: bool = False,
    hop: Optional[int] = None,
    first: int = 0,
    times: Optional[ArrayLike] = None,
    f_min: Optional[float] = None,
    axis: int = -1,
) -> OrderMap:
    """Spectra of the samples at equal angles: orders of a machine against its speed.

    x: real signal, or signals along axis. fs: Hz. f, hop, first, times, f_min: the speed; see the module's text.
    orders: those whose level is computed: the mean square within the fraction `width` on either side of the order, 2 bins at
        least; NaN where the order lies above 0.4 fs.
    turns: revolutions of a frame. frame_hop: revolutions from frame to frame; None: turns / 16.
    samples_per_rev: None: 64, or the power of two that the highest of the orders needs.
    scale_ends: True: frames that hang over the beginning, the end or a standstill are divided by the fraction of the squared
        window that does not. False: they have as much less power, the first and the last row half of it.

    A row's level in dB of a reference r is 10 log10(levels / r^2).
    """
    channels, shape = _channels(x, axis)
    if channels.dtype.kind == "c":
        raise ValueError(f"x: dtype {channels.dtype}: must be real")
    wanted = _one_dimensional("orders", np.atleast_1d(_array("orders", orders) if np.size(orders) else np.zeros(0)))
    if wanted.dtype.kind == "c":
        raise ValueError(f"orders: dtype {wanted.dtype}: must be real numbers")
    wanted = wanted.astype(float)
    if samples_per_rev is None:
        highest = max((each for each in wanted if np.isfinite(each)), default=1.0)
        if highest > 0.3 * 2**20:
            raise ValueError(f"orders: {highest:g}: must be at most {0.3 * 2**20:.0f}")
        samples_per_rev = 1 << int(np.clip(np.ceil(np.log2(max(highest, 1.0) / 0.3)), 6, 20))
    kind = "f" if channels.dtype == np.float32 else "d"
    with _named_fs():
        speed = _Speed(f, hop, first, times, channels.shape[-1])
        settings = dict(samp_rate=fs, hop=speed.hop, samples_per_rev=samples_per_rev, f_min=f_min, turns=turns,
                        frame_hop=frame_hop, window=window, orders=wanted.tolist(), width=width, scale_ends=scale_ends)  # fmt: skip
        found = []
        for channel in channels if len(channels) else [np.empty(0, channels.dtype)]:
            mapped = getattr(kernels, "order_map_" + kind)(**settings)
            mapped.add(np.ascontiguousarray(channel))
            speed.give(mapped, fs)
            found.append(mapped.read())
    power, levels = (np.array([each[part] for each in found])[: len(channels)] for part in (0, 1))
    rows, bins = found[0][0].shape
    axes = np.arange(bins) / int(turns), *found[0][2:]
    return OrderMap(power.reshape(shape + (rows, bins)).swapaxes(-1, -2), *axes,
                    levels.reshape(shape + (rows, wanted.size)).swapaxes(-1, -2))  # fmt: skip


class _Speed:
    """A speed as users give it."""

    def __init__(self, f, hop, first, times, samples):
        self._values = np.atleast_1d(_array("f", f))
        if self._values.ndim != 1 or self._values.dtype.kind == "c":
            raise ValueError(f"f: {self._values.dtype} of shape {self._values.shape}: must be real and one-dimensional")
        self._values = np.ascontiguousarray(self._values, np.float64)
        self._first = _integer("first", first)
        if abs(self._first) > 1 << 60:
            raise ValueError(f"first: {first}: must be -2^60 .. 2^60")
        self._times = None if times is None else self._checked(times)
        if times is not None and hop is not None:
            raise ValueError(f"hop: {hop}: must not be given with times")
        if times is None and hop is None and self._values.size not in (1, samples):
            raise ValueError(f"f: {self._values.size} values: must be one, one for each of {samples} samples, or come with hop or times")
        self.hop = 1 if hop is None else _integer("hop", hop)

    def _checked(self, times):
        times = np.ascontiguousarray(_one_dimensional("times", _array("times", times)), np.float64)
        if times.size != self._values.size:
            raise ValueError(f"times: {times.size} values: must be as many as of f, {self._values.size}")
        if not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
            raise ValueError("times: not finite or not rising: must be rising seconds")
        return times

    def give(self, resampler, fs):
        if self._times is None:
            resampler.add_speeds(self._values, self._first)
            return
        if self._times.size and np.abs(self._times).max() * float(fs) > 2.0**60:
            raise ValueError("times: beyond 2^60 samples: must be nearer")
        resampler.add_speeds_at(self._values, self._times)
