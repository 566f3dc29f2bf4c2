# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A band under watch: the noise floor, and events that exceed it at a stated rate of false alarms.

An event is a dict with the keys of a line of `gr_stft monitor`: kind ("burst", "carrier", "step", "gap", "retune"), state
("begin", "update", "end"), id, time (ISO 8601, UTC, of sample_start), duration (s), sample_start, sample_count, samp_rate (Hz),
freq_lower, freq_upper, freq_peak, freq_center, bandwidth (Hz), power_db (dB of the mean power, 0 dB for |x| = 1), noise_db (dB
of the noise in 1 Hz), snr_db (dB of the mean density over the noise's, in the event's own box), energy_db (dB of the energy
over the noise in 1 Hz), cells, rows, cut (None, "retune", "gap", "stop" or "withdrawn"), source, n_fft, hop. What is unknown is
None.
"""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, NamedTuple, Optional, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _array, _one_dimensional, _real_array
from .stft_python import kernels

_FARTHEST = 2**62  # samples of a stream
_LATEST = 1e17     # seconds since 1970

Event = Dict[str, Any]
"""One report of an event."""

_KEYWORDS = """
    samp_rate: Hz. n_fft, hop (default n_fft // 2), window, win_length: the frames; hop = n_fft / 2 costs half of n_fft / 4
        and finds as much.
    false_alarms: events that noise alone may cause, per hour and MHz; thresholds follow from it.
    min_snr: dB, of the weakest event in its own box. dynamic_range: dB below the strongest bin within which signals are
        looked for.
    min_duration, min_bandwidth: s and Hz, of the shortest and the narrowest burst.
    gap_rows, gap_bins: rows and bins without a found cell that do not divide an event.
    dc_guard: bins on either side of 0 Hz in which an event is the receiver's offset.
    scales: boxes that are searched, "1x1,4x4,..." rows x bins; "": eleven of 1 .. 64 rows and 1 .. 16 bins.
    ignore: "433.9e6:434.0e6,...", Hz as the events have them, in which nothing is looked for.
    steps: True: changes of the level of the whole band are events, too.
    update_interval: s between the updates of an event that lasts, 16 rows at least.
    max_events: events that are open at once; what is beyond them is counted, not reported.
    warm_up: rows from which the floor is first estimated. steady: rows after which a line that stays is a carrier.
    quantile, adaptation: of a bin's power, followed in time as its floor. least: smallest floor, unit^2 / Hz.
    freq_center: Hz, added to all frequencies; None: unknown. time: of sample 0, a datetime, seconds since 1970, or None.
"""


class SignalDetector:
    """Finds events in a stream of samples: push() them in chunks of any size, with the same events."""

    def __init__(self, samp_rate: float = 1.0, *, dtype: Any = np.complex64, freq_center: Optional[float] = None,
                 time: Union[datetime.datetime, float, None] = None, source: str = "", **settings: Any) -> None:
        kind = np.dtype(dtype).kind
        if kind not in "fc":
            raise ValueError(f"dtype: {np.dtype(dtype)}: must be real or complex floating point")
        self._dtype = np.dtype(np.complex64 if kind == "c" else np.float32)
        make = kernels.signal_detector_c if kind == "c" else kernels.signal_detector_f
        self._detector = make(**_settings(samp_rate, freq_center, settings))
        self._detector.name(_text("source", source))
        self._freq_center, self._began = _center(freq_center), False
        self._time = seconds_since_1970(time), 0
        self._detector.locate(self._freq_center, *self._time)

    def _begin(self, count):
        """`count` samples come, of which the kernel keeps the floors by their frequency."""
        if count and not self._began:
            if self._freq_center is not None:
                self._detector.retune(self._freq_center)
            self._began = True

    def push(self, x: ArrayLike) -> List[Event]:
        """Takes the next samples, one-dimensional -> the reports that they complete."""
        x = self._samples(x)
        self._begin(x.size)
        self._detector.add(x)
        return self._detector.take()

    def push_lines(self, x: ArrayLike) -> List[tuple]:
        """push() with (event, line of JSON without its end) for each report."""
        x = self._samples(x)
        self._begin(x.size)
        self._detector.add(x)
        return self._detector.take_lines()

    def _samples(self, x):
        x = (_array if self._dtype.kind == "c" else _real_array)("x", x)
        _one_dimensional("x", x)
        with np.errstate(over="ignore", under="ignore"):  # what single precision cannot hold is infinite, and holds nothing
            samples = np.ascontiguousarray(x, self._dtype)
        if x.dtype.itemsize > samples.dtype.itemsize:
            vanished = (samples == 0) & (x != 0)
            if vanished.any():  # it is no silence, and counts as unusable
                samples[vanished] = np.nextafter(np.float32(0), np.float32(1))
        return samples

    def skip(self, count: int) -> List[Event]:
        """`count` samples were lost: events end unless that is less than gap_rows rows; the floor stays."""
        count = _count("count", count, _FARTHEST)
        self._begin(count)
        self._detector.skip(count)
        return self._detector.take()

    def set_time(self, time: Union[datetime.datetime, float, None]) -> None:
        """The time of the next sample, as a receiver tells it; None: unknown."""
        self._time = seconds_since_1970(time), self.samples
        self._detector.locate(self._freq_center, *self._time)

    def retune(self, freq_center: float, time: Union[datetime.datetime, float, None] = None) -> List[Event]:
        """The samples that follow have another centre frequency: all events end. The floors of 64 frequencies are kept.

        The report of kind "retune" has the new frequency, those of the events that end the one before. Before the first sample
        there is nothing to end, and no report. time: of the next sample; None: as counted.
        """
        freq_center = _center(freq_center, needed=True)
        time = self._time if time is None else (seconds_since_1970(time), self.samples)
        if self._began:
            self._detector.retune(freq_center)
        self._freq_center, self._time = freq_center, time
        self._detector.relocate(freq_center, *time)
        return self._detector.take()

    def finish(self) -> List[Event]:
        """No more samples: all events end."""
        self._detector.finish()
        return self._detector.take()

    def finish_lines(self) -> List[tuple]:
        """finish() with (event, line of JSON) for each report."""
        self._detector.finish()
        return self._detector.take_lines()

    @property
    def samples(self) -> int:
        """Samples so far, lost ones included."""
        return self._detector.samples

    @property
    def noise_density(self) -> Optional[float]:
        """Median over the band of the noise's density, unit^2 / Hz, now; None before it is known."""
        return self._detector.noise_density

    @property
    def unusable(self) -> int:
        """Rows that are not searched, since they hold NaN, infinity, or powers that are too large or too small for single precision."""
        return self._detector.unusable

    @property
    def refused(self) -> int:
        """Groups of cells that were not followed, since max_events events were open."""
        return self._detector.refused


SignalDetector.__doc__ += "\n" + _KEYWORDS + "    dtype: of the samples, real or complex. source: name in the events.\n"


def detect(x: ArrayLike, samp_rate: float = 1.0, *, freq_center: Optional[float] = None,
           time: Union[datetime.datetime, float, None] = None, **settings: Any) -> List[Event]:
    """Finds events in a signal x, one-dimensional -> events that have ended, by their beginning.

    Only whole frames are used. The same kernel as the block detector_vxm and `gr_stft monitor` finds the same events.
    """
    x = _array("x", x)
    detector = SignalDetector(samp_rate, dtype=np.complex64 if x.dtype.kind == "c" else np.float32,
                              freq_center=freq_center, time=time, **settings)
    return ended(detector.push(x) + detector.finish())


detect.__doc__ += "\n" + _KEYWORDS


def detect_rows(rows: ArrayLike, samp_rate: float = 1.0, *, n_fft: int, freq_center: Optional[float] = None,
                time: Union[datetime.datetime, float, None] = None, **settings: Any) -> List[Event]:
    """Finds events in power spectral densities (rows, bins) -> events that have ended, by their beginning.

    Row p is that of samples p hop .. p hop + win_length - 1. A row of NaN is a lost one.
    sides: "twosided" (default), "centered" or "onesided": which bins a row has, in which order.
    """
    rows = _powers(rows)
    detector = kernels.row_detector(n_fft=n_fft, **_settings(samp_rate, freq_center, settings, n_fft))
    if rows.ndim != 2 or rows.shape[1] != detector.bins:
        raise ValueError(f"rows: shape {rows.shape}: must be (rows, {detector.bins})")
    detector.locate(_center(freq_center), seconds_since_1970(time), 0)
    detector.add(rows)
    detector.finish()
    return ended(detector.take())


detect_rows.__doc__ += "\n" + _KEYWORDS


def _powers(rows: ArrayLike) -> NDArray:
    rows = _real_array("rows", rows)
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(rows, np.float32)


def ended(reports: List[Event]) -> List[Event]:
    """The last report of each event that was not withdrawn, by its beginning."""
    return sorted((e for e in reports if e["state"] == "end" and e["cut"] != "withdrawn"),
                  key=lambda e: (e["sample_start"], e["freq_lower"]))


class NoiseFloor(NamedTuple):
    """What noise_floor() returns: the floor of each row and bin, the one that bursts are compared with, and steady lines; each of
    shape (rows, bins)."""

    floor: NDArray
    """Power of the noise, float32: carriers stay above it."""
    burst_floor: NDArray
    """Floor for bursts, float32: steady lines and the receiver's offset belong to it."""
    steady: NDArray
    """True where a bin belongs to a steady line."""


def noise_floor(rows: ArrayLike, *, sides: str = "centered", dc: Optional[int] = None, **settings: Any) -> NoiseFloor:
    """Follows the noise in rows of power (rows, bins), bins in the order of their frequencies.

    sides: "centered": the last bin is a neighbour of the first; "onesided": it is not.
    dc: bin of the receiver's offset; None: bins // 2 of "centered", none of "onesided".
    quantile, adaptation, least, warm_up, steady: as in detect().
    """
    rows = _powers(rows)
    if rows.ndim != 2 or rows.shape[0] < 1:
        raise ValueError(f"rows: shape {rows.shape}: must be (rows, bins), at least one row")
    if not np.all(np.isfinite(rows)) or not np.all(rows.any(axis=1)) or rows.min() < 0:
        raise ValueError("rows: hold NaN, infinity, a negative value or a row of zeros: must be powers")
    if sides not in ("centered", "onesided"):
        raise ValueError(f"sides: {sides!r}: must be 'centered' or 'onesided'")
    if dc is None and sides == "centered":
        dc = rows.shape[1] // 2
    elif dc is not None and _count("dc", dc) >= rows.shape[1]:
        raise ValueError(f"dc: {dc}: must be less than the bins of a row, {rows.shape[1]}")
    out = NoiseFloor(np.empty_like(rows), np.empty_like(rows), np.empty(rows.shape, bool))
    kernels.follow_noise(rows, *out, sides == "centered", dc, **settings)
    return out


class Clip(NamedTuple):
    """The samples of an event, as EventCutter and cut_events() return them."""

    event: Event
    """The event that was asked for."""
    samples: NDArray
    """complex64."""
    sample_start: int
    """First sample, in the stream's count."""
    samp_rate: float
    """Hz, of the clip."""
    freq_center: Optional[float]
    """Hz that lies at 0 Hz in the clip; None if the frequencies of the event are not absolute and it was not shifted."""
    missing: int
    """Samples of the stream that were not kept any more, or lie before its beginning or after its end."""


class EventCutter:
    """Cuts the samples of events out of a stream: push() it, request() events as they are reported, collect clips.

    samp_rate: Hz. pre, post: samples before and after the event. max_clip: samples of a clip, before decimation.
    history: samples that are kept in addition, since events are reported after their end: 74 rows and more.
    shift: True: the middle of the event's band is at 0 Hz, and the rate is the lowest that is twice its bandwidth, after a
        low pass of linear phase whose delay is taken off.
    """

    def __init__(self, samp_rate: float = 1.0, *, pre: int = 0, post: int = 0, max_clip: int = 1 << 22,
                 history: int = 1 << 18, shift: bool = False) -> None:
        self._cutter = kernels.event_cutter(samp_rate=samp_rate, pre=pre, post=post, max_clip=max_clip, history=history,
                                            shift=shift)
        self._samp_rate, self._shift = float(samp_rate), shift
        self._events: Dict[int, Event] = {}  # by the number of their request

    def push(self, x: ArrayLike) -> List[Clip]:
        """The next samples, one-dimensional -> the clips that they complete."""
        x = _array("x", x)
        _one_dimensional("x", x)
        with np.errstate(over="ignore"):
            self._cutter.add(np.ascontiguousarray(x, np.complex64))
        return self._clips()

    def skip(self, count: int) -> List[Clip]:
        """`count` samples were lost; they are zeros in clips."""
        self._cutter.skip(_count("count", count, _FARTHEST))
        return self._clips()

    def request(self, event: Event) -> List[Clip]:
        """Asks for the samples of an event -> clips that are complete, this one among them if its samples are there.

        An event that lasts may be asked for at its beginning, and again when it ends: then its clip has max_clip samples at
        most, from the beginning on. Updates are ignored, and gaps and retunes, which have no samples.
        """
        report = {"kind": "burst", "state": "end", "id": 0, **event}
        number, replaced = self._cutter.request(report)
        self._events.pop(replaced, None)
        if number >= 0:
            self._events[number] = event
        return self._clips()

    def finish(self) -> List[Clip]:
        """No more samples -> the clips that wait, as far as their samples are there."""
        self._cutter.finish()
        return self._clips()

    def _clips(self):
        clips = []
        for number, samples, start, decimation, frequency, missing in self._cutter.take():
            event = self._events.pop(number)
            centre = event.get("freq_center")
            clips.append(Clip(event, samples, start, self._samp_rate / decimation,
                              frequency + (centre or 0.0) if self._shift or centre is not None else None, missing))
        return clips


def cut_events(x: ArrayLike, events: List[Event], samp_rate: float = 1.0, *, pre: int = 0, post: int = 0,
               shift: bool = False) -> List[Clip]:
    """The samples of events of a signal x, one-dimensional, in the order of the events; gaps and retunes have none.

    pre, post, shift: as in EventCutter.
    """
    x = _array("x", x)
    length = max(1, x.size)
    cutter = EventCutter(samp_rate, pre=pre, post=post, max_clip=min(1 << 28, length + _count("pre", pre) + _count("post", post)),
                         history=1 << 16, shift=shift)
    clips = cutter.push(x)
    for event in events:
        clips += cutter.request(event)
    clips += cutter.finish()
    order = {id(event): number for number, event in enumerate(events)}
    return sorted(clips, key=lambda clip: order[id(clip.event)])


def _settings(samp_rate, freq_center, given, n_fft=None):
    """Arguments of a detector; frequencies to ignore are given as the events have them."""
    freq_center = _center(freq_center)
    settings = dict(given, samp_rate=samp_rate)
    if settings.get("hop") is None:
        settings["hop"] = max(1, _count("n_fft", settings.get("n_fft", 1024) if n_fft is None else n_fft) // 2)
    if "scales" in settings and not isinstance(settings["scales"], str):
        settings["scales"] = ",".join(f"{rows}x{bins}" for rows, bins in _pairs("scales", settings["scales"], "rows, bins"))
    ignored = settings.get("ignore", "")
    if not isinstance(ignored, str):
        ignored = ",".join(f"{lower}:{upper}" for lower, upper in _pairs("ignore", ignored, "lower, upper"))
    if ignored and freq_center:
        ignored = ",".join(_shifted(part, freq_center) for part in ignored.split(","))
    settings["ignore"] = ignored
    return settings


def _shifted(part, freq_center):
    try:
        lower, upper = (float(edge) - freq_center for edge in part.split(":"))
    except ValueError:
        return part  # refused with the others, by its words
    return f"{lower!r}:{upper!r}"


def check_detector(samp_rate: float = 1.0, *, freq_center: Optional[float] = None, **settings: Any) -> None:
    """ValueError for what SignalDetector refuses; nothing is built."""
    kernels.check_detector(**_settings(samp_rate, freq_center, settings))


def seconds_since_1970(time):
    """(seconds since 1970, fraction of a second), or None."""
    if time is None:
        return None
    if isinstance(time, datetime.datetime):
        if time.tzinfo is None:
            raise ValueError(f"time: {time}: must have a time zone")
        since = time - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return since.days * 86400 + since.seconds, since.microseconds * 1e-6
    whole, part = time if isinstance(time, tuple) and len(time) == 2 else (time, 0.0)
    if not all(isinstance(each, (int, float, np.integer, np.floating)) and abs(each) <= _LATEST for each in (whole, part)):
        raise ValueError(f"time: {time!r}: must be a datetime, seconds since 1970 (1e17 at most), or None")
    carry = np.floor(whole - int(whole) + part)  # whole seconds and the rest apart, since a double has no nanoseconds
    return int(whole) + int(carry), float(whole - int(whole) + part - carry)


def _text(name, value):
    if not isinstance(value, str):
        raise ValueError(f"{name}: {value!r}: must be text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name}: {value!r}: must be text that UTF-8 can hold") from None
    return value


def _count(name, value, most=None):
    try:
        count = value.__index__()
    except (AttributeError, TypeError):
        raise ValueError(f"{name}: {value!r}: must be an integer") from None
    if count < 0:
        raise ValueError(f"{name}: {count}: must not be negative")
    if most is not None and count > most:
        raise ValueError(f"{name}: {count}: must be at most {most}")
    return count


def _center(value, needed=False):
    """Hz, or None."""
    if value is None and not needed:
        return None
    try:
        frequency = float(value) if not isinstance(value, str) else np.nan
    except (TypeError, ValueError):
        frequency = np.nan
    if not np.isfinite(frequency):
        raise ValueError(f"freq_center: {value!r}: must be a finite number of Hz{'' if needed else ', or None'}")
    return frequency


def _pairs(name, values, words):
    try:
        return [(first, second) for first, second in values]
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {values!r}: must be text or pairs ({words})") from None
