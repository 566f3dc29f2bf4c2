# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Levels of a machine: the power in bands, alarms that do not chatter, and the baseline of the healthy machine.

Levels are of shape (levels, rows): row p of all levels is levels[:, p], as band_levels() returns them. Rows come at a steady
rate, in rows per second.

An event is a dict: kind ("raise", "zone", "clear", "no data", "data", "learned", "not learned"), level (number), name, zone, zone_before
(limits that are exceeded, from now on and until now), time (ISO 8601, UTC, of the row), row, start (row in which it began), duration (s),
value (the level; of a Baseline its deviation), limit, excess_row and excess_time (the first row over this limit, of those that decided
the change, and its time), measured and expected (of a Baseline, the level in dB and that of the healthy machine at this speed), peak,
peak_row, speed (Hz, at the peak), nearly (times at which the lowest limit was exceeded, and not for long enough), source. What is
unknown is None.
"""

from __future__ import annotations

import os
import warnings
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _array, _array_along, _either_spelling, _integer, _keeps, _real_array, _truth
from .monitoring import _count, _text, seconds_since_1970
from .stft_python import kernels
from .transforms import spectrogram

Bands = Union[str, Sequence[Tuple[float, float]]]
_ENOUGH = 10  # periods of a lowest edge in a window


class BandLevels(NamedTuple):
    """What band_levels() returns: the rms of each band, and the time of each row."""

    levels: NDArray
    """The level of each band and row, (..., bands, rows)."""
    times: NDArray
    """Middle of the samples of each row, s."""


@_either_spelling
def band_levels(x: ArrayLike, fs: float = 1.0, bands: Bands = "", *, integrate: int = 0, factor: float = 1.0, average: int = 1,
                db: bool = False, window: Any = "hann", win_length: Optional[int] = None, n_fft: Optional[int] = None,
                hop: Optional[int] = None, axis: int = -1) -> BandLevels:
    """The rms of a signal in bands of frequency, over time: of x itself, or of its integral.

    bands: ((10, 1000), ...) or "10:1000,...", Hz. Edges lie where they are said to lie, also between the bins of the DFT.
    integrate: 0: x as it is; 1: integrated once, the velocity of an acceleration; 2: twice, the displacement.
    factor: on the levels. For x in g, 9.80665 gives m/s^2 and, integrated, m/s; 9806.65 gives mm/s.
    average: rows whose powers are averaged into one. db: 20 log10 of the levels.
    window, win_length, n_fft, hop: the frames. By default a frame holds ten periods of the lowest edge, or a second if that is 0 Hz, and
        they overlap by half. With a Hann window and ten periods, an offset of x of 100 times a tone changes its velocity by less than 0.5 %;
        fewer than ten are warned of, fewer than five refused, if x is integrated. A detrended x, or one without its offset,
        is not more exact.
    Only whole frames are used: x shorter than one has no rows. The same kernel as the block band_power_vff.
    """
    x = np.moveaxis(_array_along("x", _real_array("x", x), axis), axis, -1)
    text = _bands(bands)
    _check_rate(fs)
    if win_length is None:
        lowest = min((float(part.split(":")[0]) for part in text.split(",") if _is_number(part.split(":")[0])), default=0.0)
        length = fs * _ENOUGH / lowest if lowest > 0 else fs
        win_length = int(np.clip(np.ceil(length * (1 - 1e-12)), 2, 2**28))
        if n_fft is not None:
            win_length = min(win_length, _integer("n_fft", n_fft))
    win_length = _integer("win_length", win_length)
    n_fft = win_length if n_fft is None else n_fft
    hop = _integer("hop", max(1, win_length // 2) if hop is None else hop)
    made = dict(n_fft=n_fft, bands=text, samp_rate=fs, win_length=win_length, integrate=integrate, factor=factor,
                average=average, db=db)  # fmt: skip
    _warn_of_few_periods(made)
    frames = max(0, 1 + (x.shape[-1] - win_length) // hop) if hop >= 1 else 1
    if frames:
        rows = spectrogram(x, window, hop=hop, win_length=win_length, n_fft=n_fft, first=0, frames=frames, fs=fs)
    else:
        rows = np.empty(x.shape[:-1] + (n_fft // 2 + 1, 0), np.float32 if x.dtype == np.float32 else np.float64)
    levels = _through(lambda p: kernels.band_power(p, **made), rows)
    centres = (np.arange(frames) * hop + win_length / 2) / fs
    groups = [centres[i : i + average].mean() for i in range(0, frames, average)]
    return BandLevels(levels, np.array(groups, float))


@_either_spelling
def band_power(P: ArrayLike, fs: float = 1.0, bands: Bands = "", *, n_fft: Optional[int] = None, integrate: int = 0,
               factor: float = 1.0, average: int = 1, db: bool = False, win_length: Optional[int] = None) -> NDArray:
    """The rms in bands of frequency, from rows of power per Hz (..., n_fft // 2 + 1 bins, rows) -> (..., bands, rows).

    P: as spectrogram(x, fs=fs) returns them: kind "psd", one-sided, doubled, not in decibels. n_fft: None: even.
    win_length: samples under their window; None: n_fft. The others as in band_levels().
    """
    P = _real_array("P", P)
    if P.ndim < 2:
        raise ValueError(f"P: shape {P.shape}: must be (..., bins, rows)")
    n_fft = 2 * (P.shape[-2] - 1) if n_fft is None else n_fft
    _check_rate(fs)
    made = dict(n_fft=n_fft, bands=_bands(bands), samp_rate=fs, win_length=win_length, integrate=integrate, factor=factor,
                average=average, db=db)  # fmt: skip
    _warn_of_few_periods(made)
    if P.shape[-2] != n_fft // 2 + 1:
        raise ValueError(f"P: {P.shape[-2]} bins: must be n_fft // 2 + 1, {n_fft // 2 + 1}")
    return _through(lambda p: kernels.band_power(p, **made), P)


def _check_rate(fs):
    if not _keeps(lambda v: 1e-30 <= v <= 1e30, fs):
        raise ValueError(f"fs: {fs}: must be 1e-30 .. 1e30 Hz")


def _warn_of_few_periods(made):
    periods = kernels.band_periods(**made)
    if periods < _ENOUGH:
        warnings.warn(f"bands: {made['bands']}: the window holds {periods:.3g} periods of the lowest edge; below {_ENOUGH}, what lies "
                      "outside of a band adds to it", stacklevel=4)  # fmt: skip


def _bands(bands):
    if isinstance(bands, str):
        return bands
    try:
        return ",".join(f"{float(lower)!r}:{float(upper)!r}" for lower, upper in bands)
    except (TypeError, ValueError):
        raise ValueError(f"bands: {bands!r}: must be a list of pairs in Hz: [(10, 1000)]") from None


def _is_number(text):
    try:
        return np.isfinite(float(text))
    except ValueError:
        return False


def _through(kernel, P):
    """Rows (..., values, rows) through a kernel that takes (rows, values)."""
    if P.dtype != np.float32:
        P = P.astype(np.float64)
    flat = P.reshape((int(np.prod(P.shape[:-2], dtype=np.int64)),) + P.shape[-2:])
    out = [kernel(np.ascontiguousarray(each.T)).T for each in flat]
    made = np.stack(out) if out else np.empty((0, 0, 0), P.dtype)
    return made.reshape(P.shape[:-2] + made.shape[-2:])


class SpectralKurtosis(NamedTuple):
    """What spectral_kurtosis() returns: the kurtosis of each bin, and how much noise alone makes it scatter."""

    values: NDArray
    """Of each bin and mean, (..., bins, means): 0 in noise, -1 for a steady tone, large for bursts."""
    spread: NDArray
    """Standard deviation in noise, (bins)."""
    threshold: NDArray
    """Five times the spread, (bins): fewer than a thousandth of the bins of noise exceed it."""
    independent_frames: float
    """Frames without overlap that would have this spread. Below 100 the threshold is exceeded more often."""


def spectral_kurtosis(P: ArrayLike, correlation: Optional[ArrayLike] = None, *, frames: Optional[int] = None, mean: str = "blocks",
                      window: Any = "hann", hop: Optional[int] = None, n_fft: Optional[int] = None,
                      win_length: Optional[int] = None, sides: str = "onesided") -> SpectralKurtosis:
    """Spectral kurtosis of rows of power (..., bins, rows), mean(P^2) / mean(P)^2 - 2 without its bias, and its spread in noise.

    Frames that overlap are not independent: at 75 % the spread is 15 % larger than 2 / sqrt(frames), at 87.5 % 54 %. It follows from
    the frames' window and hop, or from their correlation.

    P: rows of one frame each, not averaged, not in decibels. frames: of a mean; None: all rows.
    mean: "blocks": over `frames` rows after one another; what is left at the end is not used. "exponential": over all rows so far, weights
        falling as exp(-age / frames), a value for each row, NaN in the first 4 frames constants.
    window, hop, n_fft, win_length: the frames of P; n_fft: None: even.
    correlation: instead of them, rho_1, rho_2 .. of frames 1, 2 .. rows apart in noise, |sum w[n] w[n + l hop]| / sum w^2.
    sides: "onesided": P is of real samples, whose first and last bins have another distribution; else of complex ones.
    The same kernel as the block spectral_kurtosis_vff.
    """
    P = _real_array("P", P)
    if P.ndim < 2 or P.shape[-2] == 0:
        raise ValueError(f"P: shape {P.shape}: must be (..., bins, rows), with one bin or more")
    bins, rows = P.shape[-2:]
    frames = rows if frames is None else frames
    if n_fft is None:
        n_fft = 2 * (bins - 1) if sides == "onesided" else bins
    n_fft = _integer("n_fft", n_fft)
    if sides == "onesided" and bins != n_fft // 2 + 1 or sides != "onesided" and bins != n_fft:
        raise ValueError(f"P: {bins} bins: must be those of n_fft {n_fft}, {sides}")
    if correlation is not None:
        rho = np.atleast_1d(_reals("correlation", correlation)).tolist()
        q = np.zeros(bins)
        if sides == "onesided":
            q[0] = 1
            if n_fft % 2 == 0:
                q[-1] = 1
        call = lambda p: kernels.correlated_kurtosis(p, rho, q.tolist(), mean, frames)  # noqa: E731
    else:
        if hop is None:
            raise ValueError("hop: None: must be given, or the correlation")
        made = dict(n_fft=n_fft, hop=hop, window=window, win_length=win_length, sides=sides, frames=frames, mean=mean)
        call = lambda p: kernels.spectral_kurtosis(p, **made)  # noqa: E731
    known: List[Any] = []

    def one(p):
        values, *rest = call(p)
        known[:] = rest
        return values

    values = _through(one, P)
    if not known:
        one(np.empty((0, bins)))
    spread = np.array(known[0])
    return SpectralKurtosis(values, spread, 5 * spread, known[1])


class LevelAlarm:
    """Watches levels in a stream: push() rows of them, in chunks of any size, with the same events.

    levels: their number. limit: one limit, those of zones (rising), or an array (levels, zones).
    hysteresis: an alarm falls below limit (1 - hysteresis). t_on, t_off: s above and below a limit until an alarm is raised and
        cleared; t_on must exceed the time in which a level itself fluctuates. A level without data for t_off is reported.
    rate: rows per second. names: of the levels. source: a value of each event. time: of the first row, a datetime, seconds
        since 1970, or None.

    A level that is not finite, or 0 (a dead sensor), moves nothing, and so does a row whose speed is not finite.
    """

    def __init__(self, levels: int, limit: ArrayLike, hysteresis: float = 0.1, t_on: float = 10.0, t_off: float = 60.0, *,
                 rate: float = 1.0, names: Sequence[str] = (), source: str = "", time: Any = None) -> None:
        limits = _reals("limit", limit)
        if limits.ndim > 2:
            raise ValueError(f"limit: shape {limits.shape}: must be a number, (zones) or (levels, zones)")
        if limits.ndim == 2 and len(limits) != levels:
            raise ValueError(f"limit: shape {limits.shape}: must have a row for each of {levels} levels")
        zones = limits.shape[-1] if limits.ndim else 1
        self._kernel = kernels.level_alarm(levels=levels, limits=limits.ravel().tolist(), zones=zones, hysteresis=hysteresis,
                                           t_on=t_on, t_off=t_off, rate=rate)  # fmt: skip
        self._levels = levels
        self._kernel.name([_text("names", name) for name in names], _text("source", source))
        self._kernel.locate(seconds_since_1970(time))

    def push(self, levels: ArrayLike, speed: Optional[ArrayLike] = None, needs_speed: bool = True) -> List[Dict[str, Any]]:
        """The next rows of levels, (levels, rows), or (rows) of one level -> the events that they bring.

        speed: Hz of each row, which events give at the peak; a row whose speed is not finite has no data, or, with needs_speed False,
        has data all the same.
        """
        rows, speed = _rows(levels, speed, self._levels)
        self.zones = self._kernel.add(rows, speed, _truth("needs_speed", needs_speed)).T
        return self._kernel.take()

    def skip(self, rows: int) -> List[Dict[str, Any]]:
        """`rows` rows were lost: they count as rows without data -> the events that this brings."""
        self._kernel.skip(_count("rows", rows, 2**62))
        return self._kernel.take()

    zones: NDArray = np.empty((0, 0), np.int64)
    """Zone of each level, (levels, rows), in the rows of the last push(): 0 without an alarm."""

    @property
    def raised(self) -> bool:
        """True if any level has an alarm."""
        return self._kernel.raised

    @property
    def nearly(self) -> List[int]:
        """Times at which each level exceeded its lowest limit, and not for t_on."""
        return self._kernel.nearly

    @property
    def rows(self) -> int:
        """Rows so far, those before a restart included."""
        return self._kernel.rows

    def save(self, path: Union[str, os.PathLike], name: str = "level_alarm") -> None:
        """Writes the state into the file's section of this name; other sections stay."""
        _save(path, name, self._kernel.state)

    def load(self, path: Union[str, os.PathLike], name: str = "level_alarm", may_differ: Iterable[str] = ()) -> bool:
        """Goes on from the file: alarms that were raised are, and are not raised again. False if there is nothing to go on from.

        may_differ: parameters that may have changed: limits, hysteresis, t_on, t_off, rate. Raises ValueError naming others.
        """
        return _load(path, name, may_differ, self._kernel)


def alarm_levels(levels: ArrayLike, limit: ArrayLike, hysteresis: float = 0.1, t_on: float = 10.0, t_off: float = 60.0, *,
                 rate: float = 1.0, speed: Optional[ArrayLike] = None, names: Sequence[str] = (), source: str = "",
                 time: Any = None, needs_speed: bool = True) -> List[Dict[str, Any]]:
    """Alarms of levels (levels, rows), or (rows) of one level -> all events, in their order.

    rate: rows per second. speed: Hz of each row, or None. needs_speed: as in LevelAlarm.push(). The others as in LevelAlarm.
    The same kernel as the block level_alarm.
    """
    levels = _real_array("levels", levels)
    shape = levels.shape
    alarm = LevelAlarm(shape[0] if len(shape) == 2 else 1, limit, hysteresis, t_on, t_off, rate=rate, names=names,
                       source=source, time=time)  # fmt: skip
    return alarm.push(levels, speed, needs_speed)


class Baseline:
    """Levels of a healthy machine at each speed: update() it with levels in dB, and it says how far they deviate.

    levels: their number. f_range: (lowest, highest) speed in Hz, divided into speed_bins; None: a machine of one speed.
    learn_time: s of rows that are learned, before the baseline is frozen for ever, or until relearn(). rate: rows per second.
    floor: dB, smallest spread. least_count: rows without which a level has no verdict in a speed bin.
    max_rate: 1/s, largest relative change of a speed that counts as steady.
    threshold, t_on, t_off: deviation above which an alarm is raised once it is frozen, and s until it is raised and cleared.
    names: of the levels. source: a value of each event. time: of the first row.

    The deviation is (level - median) / max(spread, typical, floor), in spreads: median and spread, 1.4826 times the median distance from
    it, are those of the rows that were learned at this speed; typical is the median of the level's spreads at all speeds, since a speed
    that was seen once has a spread that is too small. What a prediction from n rows lacks is taken off: it is divided by
    sqrt(1 + 1 / n), and by more at speeds of a bin at which there were hardly any rows. It is NaN without a verdict.
    """

    def __init__(self, levels: int, f_range: Optional[Tuple[float, float]] = None, *, names: Sequence[str] = (), source: str = "",
                 time: Any = None, **settings: Any) -> None:
        f_min, f_max = (0.0, 0.0) if f_range is None else f_range
        if f_range is not None and not f_max > 0:
            raise ValueError(f"f_range: {f_range}: must be (lowest, highest) in Hz, lowest < highest")
        self._kernel = kernels.baseline(levels=levels, f_min=f_min, f_max=f_max, **settings)
        self._levels = levels
        self._kernel.name([_text("names", name) for name in names], _text("source", source))
        self._kernel.locate(seconds_since_1970(time))
        self.events: List[Dict[str, Any]] = []
        """Events so far: "learned", "not learned", "raise" and "clear"."""

    def update(self, levels: ArrayLike, speed: Optional[ArrayLike] = None, alarm: bool = False) -> NDArray:
        """The next rows of levels in dB, (levels, rows), or one row, (levels) -> deviations of the same shape.

        They are computed before a row is learned. speed: Hz of each row. alarm: True while an alarm is raised: nothing is learned.
        """
        levels = _real_array("levels", levels)
        shape = levels.shape
        rows, speed = _rows(np.reshape(levels, (-1, 1)) if len(shape) == 1 else levels, speed, self._levels)
        self._kernel.hold(bool(alarm))
        z = self._kernel.add(rows, self._speed(speed, len(rows)))
        self.events += self._kernel.take()
        return z[0] if len(shape) == 1 else z.T

    def deviation(self, levels: ArrayLike, speed: Optional[ArrayLike] = None) -> NDArray:
        """Deviations of levels at steady speeds, as in update(), but nothing is learned or counted."""
        levels = _real_array("levels", levels)
        shape = levels.shape
        rows, speed = _rows(np.reshape(levels, (-1, 1)) if len(shape) == 1 else levels, speed, self._levels)
        z = self._kernel.deviation(rows.astype(np.float64), self._speed(speed, len(rows)))
        return z[0] if len(shape) == 1 else z.T

    def skip(self, rows: int) -> None:
        """`rows` rows were lost: they count as rows without data."""
        self._kernel.skip(_count("rows", rows, 2**62))
        self.events += self._kernel.take()

    @staticmethod
    def _speed(speed, rows):
        return np.full(rows, np.nan) if speed is None else speed

    def freeze(self) -> None:
        """Learning ends."""
        self._kernel.freeze()
        self.events += self._kernel.take()

    def relearn(self) -> None:
        """Forgets everything, and learns again."""
        self._kernel.relearn()
        self.events += self._kernel.take()

    @property
    def frozen(self) -> bool:
        """True once learning has ended."""
        return self._kernel.frozen

    @property
    def raised(self) -> bool:
        """True if the deviation of any level has an alarm."""
        return self._kernel.raised

    @property
    def learned(self) -> int:
        """Rows that were learned."""
        return self._kernel.learned

    @property
    def count(self) -> NDArray:
        """Rows that were learned, (levels, speed bins)."""
        return self._kernel.cells()[0].astype(np.int64)

    @property
    def median(self) -> NDArray:
        """dB, in the middle of each speed bin, (levels, speed bins); NaN where nothing was learned."""
        return self._kernel.cells()[1]

    @property
    def spread(self) -> NDArray:
        """dB, without the floor, (levels, speed bins)."""
        return self._kernel.cells()[2]

    @property
    def slope(self) -> NDArray:
        """dB / Hz, by which a level follows the speed within a bin, (levels, speed bins)."""
        return self._kernel.cells()[3]

    def save(self, path: Union[str, os.PathLike], name: str = "baseline") -> None:
        """Writes the state into the file's section of this name; other sections stay."""
        _save(path, name, self._kernel.state)

    def load(self, path: Union[str, os.PathLike], name: str = "baseline", may_differ: Iterable[str] = ()) -> bool:
        """Goes on from the file. False if there is nothing to go on from.

        may_differ: parameters that may have changed: all but levels, f_min, f_max and speed_bins. Raises ValueError naming others.
        """
        return _load(path, name, may_differ, self._kernel)


class MonitorState(Dict[str, Tuple[Dict[str, str], Dict[str, NDArray]]]):
    """What survives a restart: by name, the parameters of something and its arrays, in one file.

    The file is JSON: one file is replaced at once, 64-bit integers and doubles read back to the bit, and a person can read it. Blocks,
    LevelAlarm and Baseline write the same format; order weights or counts of turns go in by put(), and come back by arrays().
    """

    def put(self, name: str, parameters: Mapping[str, Any], **arrays: ArrayLike) -> None:
        """A section: parameters as values that have a text, arrays of integers (int64) or real numbers (float64), one-dimensional."""
        kept = {}
        for key, values in arrays.items():
            values = np.atleast_1d(np.asarray(values))
            if values.ndim != 1 or values.dtype.kind not in "biuf":
                raise ValueError(f"{key}: {values.dtype} of shape {values.shape}: must be numbers of one dimension")
            if values.dtype.kind == "u" and values.size and values.max() > np.iinfo(np.int64).max:
                raise ValueError(f"{key}: {values.max()}: must be at most 2^63 - 1")
            kept[key] = values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
        self[_text("name", name)] = _parameters(parameters), kept

    def arrays(self, name: str, parameters: Mapping[str, Any], may_differ: Iterable[str] = ()) -> Optional[Dict[str, NDArray]]:
        """The arrays of a section, or None if there is none. Raises ValueError naming the parameters that differ."""
        if name not in self:
            return None
        kernels.require_parameters(self[name], _parameters(parameters), list(may_differ))
        return self[name][1]

    def save(self, path: Union[str, os.PathLike], keep: bool = False) -> None:
        """Writes the file under a name with .part at its end, to the disk, and then in place of the one before.

        keep: sections of the file that are not in this state stay, also those that another process adds meanwhile.
        """
        write = kernels.add_to_state if _truth("keep", keep) else kernels.write_state
        write(os.fspath(path), dict(self))

    @classmethod
    def load(cls, path: Union[str, os.PathLike]) -> "MonitorState":
        """Reads a file; empty if there is none. Raises ValueError for one that is no state, or of another version."""
        return cls(kernels.read_state(os.fspath(path)) or {})


def _parameters(given):
    return {_text("parameters", key): str(value) for key, value in given.items()}


def _save(path, name, section):
    MonitorState({_text("name", name): section}).save(path, keep=True)


def _load(path, name, may_differ, kernel):
    state = MonitorState.load(path)
    if name not in state:
        return False
    kernel.restore(state[name], list(may_differ))
    return True


def _reals(name, values):
    values = _array(name, values)
    if values.dtype.kind == "c":
        raise ValueError(f"{name}: dtype {values.dtype}: must be real numbers")
    return values.astype(float)


def _rows(levels, speed, count):
    """Levels as rows (rows, levels), and their speeds or None."""
    levels = _real_array("levels", levels)
    if levels.dtype != np.float32:
        levels = levels.astype(np.float64)
    if levels.ndim == 1:
        levels = levels[np.newaxis]
    if levels.ndim != 2 or levels.shape[0] != count:
        raise ValueError(f"levels: shape {levels.shape}: must be ({count}, rows)")
    rows = np.ascontiguousarray(levels.T)
    if speed is None:
        return rows, None
    speed = np.atleast_1d(np.ascontiguousarray(_reals("speed", speed), np.float64))
    if speed.shape != (len(rows),):
        raise ValueError(f"speed: shape {speed.shape}: must be ({len(rows)},), one for each row")
    return rows, speed
