# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The speed of a machine from its vibration: a bank of time-warped spectra, and the ridge that its orders follow in it."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _one_dimensional, _real_array
from .stft_python import kernels

_KEYWORDS = """
    fs (or samp_rate): Hz of the samples.
    f_range: (lowest, highest) rotation, Hz; the lowest is at least 2 / duration. Narrower is safer.
    orders: lines that belong together, in multiples of the rotation, such as (2, 4, 6) of a four-cylinder engine. Speed and
        orders are one unknown: (2, 4, 6) of f are (1, 2, 3) of 2 f. weights: of the orders in the score; None: all 1.
    learn_range, learn_time: where the orders are not known, give all that come into question, and a range narrower than
        an octave, Hz, in which the rotation is for the first learn_time s (3): the weights are learned there, and go on
        to be learned from frames to be trusted. After that the rotation is free.
    duration: s of a frame (0.5), the first knob: longer for steady machines, shorter for fast changes. hop: s (duration / 8).
    rates: 1/s, relative rates f'/f of the warped frames; None: 0, +-0.05, 0.1, 0.2, 0.4, 0.75 / duration; (0,): no warp.
    max_slew: Hz/s that the rotation changes at most (60).
    lag: s that the path looks ahead (1); 0 for alarms that cannot wait, 10 .. 60 for a record in strong noise.
    tracks: number of shafts, 1 .. 4; those that meet keep their names by their slopes and amplitudes.
    reject: Hz of mains, such as (50,): within 2 / duration of its multiples nothing is taken for an order.
    whiten: Hz on either side of a bin whose median is its floor (30).
"""
_LIMIT = "    limit: samples are clipped at this multiple of the median of their magnitudes (6); 0: never.\n"


class _Values(NamedTuple):
    times: NDArray
    frequency: NDArray
    rate: NDArray
    confidence: NDArray
    amplitudes: NDArray


class Ridges(_Values):
    """What track_ridges() returns, a tuple of five arrays; with several tracks, all but times begin with the axis of tracks.

    times (frames): s, of the frames' centres. frequency (frames): Hz of the rotation. rate (frames): its change, Hz/s.
    confidence (frames): above 1 a family of lines is there; below there is no speed to be trusted.
    amplitudes (frames, orders): amplitudes of the orders: those of cosines.
    Further attributes: swap_possible (frames): True where shafts may have changed names. weights (orders): of the score, as
    learned.
    """

    swap_possible: NDArray
    weights: NDArray

    @classmethod
    def _of(cls, values, first, step, weights):
        values = np.moveaxis(values, 1, 0) if values.shape[1] > 1 else values[:, 0]
        times = (first + np.arange(values.shape[-2])) * step
        ridges = cls(times, values[..., 0], values[..., 1], values[..., 2], values[..., 4:])
        ridges.swap_possible = values[..., 3] > 0
        ridges.weights = np.asarray(weights)
        return ridges


class RidgeTracker:
    """The speed of a machine in a stream of samples: push() them in chunks of any size, with the same bits as track_ridges()."""

    def __init__(self, *, f_range: Tuple[float, float], orders: Sequence[float] = (1,),
                 learn_range: Optional[Tuple[float, float]] = None, dtype: Any = np.float32, **settings: Any) -> None:
        self._dtype = np.dtype(dtype)
        if self._dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype: {self._dtype}: must be float32 or float64")
        make = kernels.ridge_tracker_f if self._dtype == np.float32 else kernels.ridge_tracker_d
        self._tracker = make(**_settings(f_range, orders, learn_range, settings))

    def push(self, x: ArrayLike) -> Ridges:
        """Takes the next samples, one-dimensional -> the frames that they complete."""
        first = self._tracker.frame
        return self._ridges(self._tracker.push(_samples(x, self._dtype)), first)

    def skip(self, count: int) -> Ridges:
        """`count` samples are missing -> as push(). The frames that hold them have confidence 0."""
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0:
            raise ValueError(f"count: {count!r}: must be an integer, not negative")
        if count > 3600 * self._tracker.samp_rate:
            raise ValueError(f"count: {count}: must be an hour of samples at most; begin with another tracker")
        first = self._tracker.frame
        return self._ridges(self._tracker.skip(int(count)), first)

    def finish(self) -> Ridges:
        """No more samples -> the frames that are left."""
        first = self._tracker.frame
        return self._ridges(self._tracker.finish(), first)

    def _ridges(self, values, first):
        return Ridges._of(values, first, self.hop / self._tracker.samp_rate, self._tracker.weights)

    @property
    def hop(self) -> int:
        """Samples from frame to frame; frame p is centred at sample p hop."""
        return self._tracker.hop

    @property
    def latency(self) -> int:
        """Samples after the centre of a frame that its values wait for."""
        return self._tracker.latency


RidgeTracker.__doc__ += "\n" + _KEYWORDS + _LIMIT + "    dtype: float32 or float64, in which samples are taken.\n"


def track_ridges(x: ArrayLike, *, f_range: Tuple[float, float], orders: Sequence[float] = (1,),
                 learn_range: Optional[Tuple[float, float]] = None, **settings: Any) -> Ridges:
    """Finds the speed of a machine from its vibration x, one-dimensional -> times, frequency, rate, confidence, amplitudes.

    A shortest path through a bank of time-warped spectra (warped_rows()), refined on a frame that is warped by the path's own
    slope. The block ridge_tracker_fvf runs the same kernel. Samples of float32 stay so; others are taken as float64. A sample
    that is not finite is replaced, and its frames have confidence 0. Frames that hang over an end of x are left out.
    """
    x = _real_array("x", x)
    tracker = RidgeTracker(f_range=f_range, orders=orders, learn_range=learn_range,
                           dtype=np.float32 if x.dtype == np.float32 else np.float64, **settings)
    first = tracker._tracker.frame
    values = tracker._tracker.push(_samples(x, tracker._dtype))
    return tracker._ridges(np.concatenate([values, tracker._tracker.finish()]), first)


track_ridges.__doc__ += "\n" + _KEYWORDS + _LIMIT


def track_rows(rows: ArrayLike, *, n_fft: int, hop: int, f_range: Tuple[float, float], orders: Sequence[float] = (1,),
               learn_range: Optional[Tuple[float, float]] = None, **settings: Any) -> Ridges:
    """Finds a ridge in rows of power of any origin, (rows, n_fft // 2 + 1) -> Ridges; times are those of row p, p hop / fs.

    The plain form of track_ridges(): nothing is refined, and amplitudes are square roots of power over floor.
    Several relative rates, (rows, rates, bins), are rows of warped_rows(), with whiten=0. n_fft, hop, win_length (n_fft):
    samples of the rows' frames. max_slew, lag, tracks, reject and the others: as in track_ridges(). The block
    ridge_tracker_vfvf runs the same kernel.
    """
    tracker = kernels.row_ridge_tracker(n_fft=n_fft, hop=hop, **_settings(f_range, orders, learn_range, settings))
    rows = _real_array("rows", rows)
    with np.errstate(over="ignore"):
        rows = np.ascontiguousarray(rows, np.float32)
    rates = len(tracker.rates)
    if rows.shape[1:] not in ([(rates, tracker.bins)] + [(tracker.bins,)] * (rates == 1)):
        raise ValueError(f"rows: shape {rows.shape}: must be (rows, "
                         f"{tracker.bins if rates == 1 else f'{rates}, {tracker.bins}'})")
    values = np.concatenate([tracker.push(rows), tracker.finish()])
    return Ridges._of(values, 0, tracker.hop / tracker.samp_rate, tracker.weights)


class WarpedRows(NamedTuple):
    """What warped_rows() returns: whitened spectra, one for each frame and relative rate of change."""

    rows: NDArray
    """Whitened rows ln(1 + P / F), (frames, rates, bins)."""
    times: NDArray
    """s, of the frames' centres."""
    rates: NDArray
    """1/s, relative rates f'/f of the rows."""
    frequencies: NDArray
    """Hz, of the bins."""


def warped_rows(x: ArrayLike, *, f_top: float, **settings: Any) -> WarpedRows:
    """Spectra of a machine whose speed changes, one for each relative rate f'/f: (frames, rates, bins) of ln(1 + power / floor).

    In the row of rate a all lines k f (1 + a tau) of a shaft are sharp, tau s from the frame's centre. It is an STFT whose time
    axis is chosen, where the DSTFT's window is. The block warped_rows_fvf runs the same kernel.

    fs (or samp_rate): Hz of x. f_top: Hz of the highest frequency wanted; samples are decimated to at least 2.56 times that.
    duration: s of a frame (0.5). hop: s (duration / 8). rates: 1/s; None: 0, +-0.05, 0.1, 0.2, 0.4, 0.75 / duration.
    whiten: Hz on either side of a bin whose median is its floor (30).
    """
    x = _real_array("x", x)
    dtype = np.dtype(np.float32 if x.dtype == np.float32 else np.float64)
    settings = dict(settings, samp_rate=_rate(settings))
    make = kernels.warped_rows_f if dtype == np.float32 else kernels.warped_rows_d
    bank = make(f_top=f_top, **{name: value for name, value in settings.items() if name != "fs"})
    rows = bank.push(_samples(x, dtype))
    rows = np.concatenate([rows, bank.finish()])
    times = (bank.first + np.arange(len(rows))) * (bank.hop / float(settings["samp_rate"]))
    return WarpedRows(rows, times, np.asarray(bank.rates), np.arange(bank.bins) * bank.bin_width)


warped_rows.__doc__ += _LIMIT


def _rate(settings):
    """The sample rate by either of its names."""
    if ("fs" in settings) == ("samp_rate" in settings):
        raise ValueError(f"samp_rate: {settings.get('samp_rate', 'missing')}: must be given, once (fs is another name of it)")
    return settings["fs"] if "fs" in settings else settings["samp_rate"]


def _samples(x, dtype):
    x = _one_dimensional("x", _real_array("x", x))
    with np.errstate(over="ignore"):  # what single precision cannot hold is infinite, and counts as missing
        return np.ascontiguousarray(x, dtype)


def _pair(name, value):
    """A range as two numbers."""
    try:
        low, high = value
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {value!r}: must be two frequencies, (lowest, highest) Hz") from None
    return low, high


def _settings(f_range, orders, learn_range, given):
    """Keywords of a kernel from those of a function."""
    for name in ("f_min", "f_max", "learn_min", "learn_max"):
        if name in given:
            whole = "f_range" if name[0] == "f" else "learn_range"
            raise ValueError(f"{name}: {given[name]!r}: must be given as {whole}=(lowest, highest)")
    low, high = _pair("f_range", f_range)
    settings = dict(given, f_min=low, f_max=high, orders=orders, samp_rate=_rate(given))
    settings.pop("fs", None)
    for name in ("weights", "reject"):
        if settings.get(name, 0) is None:
            del settings[name]
    if learn_range is not None:
        settings["learn_min"], settings["learn_max"] = _pair("learn_range", learn_range)
    return settings
