# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Machines under watch: samples in, dicts out, one for each change of state and one trend row a minute.

A row holds the levels of one stretch of samples, bands first, then orders, and the speed in it; rows follow each other in a
second or more. A minute's trend row has the mean powers of its rows, and is what the baseline learns.
"""
import time
from collections import deque

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.machine_options import UNITS, orders_of
from gnuradio.stft.app.recording_base import refuse
from gnuradio.stft.monitoring import seconds_since_1970
from gnuradio.stft.stft_python import kernels

_SECONDS_TO_SAVE = 600.0
_PERIODS = 10          # of a band's lower edge in a window
_CLIPPED = 0.0005      # share of a row's samples that are the middle of three of its largest magnitude
_MOST_POINTS = 1000    # that wait for figures()
_STEPS = 50            # of the quantiser, below which samples are equal by chance


class MachineWatch:
    """push() samples, skip() those that were lost, finish(): lists of dicts."""

    def __init__(self, arguments, levels, *, rate, name="", start=None, quantum=0.0):
        self._rate, self._start, self._name, self._levels = rate, seconds_since_1970(start), name, levels
        self._rows = _Rows(arguments, levels, rate, quantum)
        self._speeds = _Speeds(arguments, rate) if arguments.speed is not None else None
        seconds_of_row = self._rows.hop / rate
        common = dict(source=name, time=start)
        hold = dict(hysteresis=arguments.hysteresis, t_on=arguments.hold[0], t_off=arguments.hold[1])
        self._alarms = []  # (LevelAlarm, indices of its levels, whether they need a speed)
        for needs_speed in False, True:
            chosen = [i for i, level in enumerate(levels) if level.limits and (level.order is not None) == needs_speed]
            if chosen:
                alarm = stft.LevelAlarm(len(chosen), [levels[i].limits for i in chosen], rate=1 / seconds_of_row,
                                        names=[levels[i].name for i in chosen], **hold, **common)
                self._alarms.append((alarm, chosen, needs_speed))
        self._per_trend = max(1, round(arguments.trend / seconds_of_row))
        self._baseline = None
        if arguments.baseline is not None:
            minute = self._per_trend * seconds_of_row
            self._rows_to_learn = max(1.0, arguments.baseline / minute)
            self._baseline = stft.Baseline(len(levels), arguments.speed, learn_time=arguments.baseline, rate=1 / minute,
                                           names=[level.name for level in levels], **common)
        self._trend, self._conditions = [], _conditions(arguments, seconds_of_row)
        self._waiting = deque()
        self._points, self._values, self._deviations = deque(maxlen=_MOST_POINTS), np.full(len(levels), np.nan), None
        self._orders = orders_of(arguments) if self._speeds else ()
        self._unit = _unit_of(arguments)
        self._state, self._saved_at = arguments.state, time.monotonic()
        self._restore()

    @property
    def row_samples(self):
        """Samples from one row of levels to the next."""
        return self._rows.hop

    def push(self, x):
        if self._speeds:
            self._speeds.push(x)
        return self._take(self._rows.push(x))

    def skip(self, count):
        """`count` samples were lost."""
        event = self._event("gap", "end", self._rows.samples, sample_count=count, duration=count / self._rate)
        if self._speeds:
            self._speeds.skip(count)
        self._rows.skip(count)
        return [event] + self._take([])

    def figures(self):
        """How the machine is: levels [{name, value, unit, limits, zone, deviation, learned}], the orders whose lines are followed, and
        points [(sample, {"speed": Hz, "confidence": ...})] since the last call. What is unknown is None."""
        zones = [0] * len(self._levels)
        for alarm, chosen, _ in self._alarms:
            for index, zone in zip(chosen, alarm.zones[:, -1] if alarm.zones.size else ()):
                zones[index] = int(zone)
        learned = None if self._baseline is None or self._baseline.frozen else min(1.0, self._baseline.learned / self._rows_to_learn)
        deviations = self._deviations if self._deviations is not None else [np.nan] * len(self._levels)
        levels = [{"name": level.name, "value": _number(value), "unit": self._unit, "limits": list(level.limits), "zone": zone,
                   "deviation": _number(deviation), "learned": learned}
                  for level, value, zone, deviation in zip(self._levels, self._values, zones, deviations)]
        points = list(self._points)
        self._points.clear()
        return {"levels": levels, "orders": list(self._orders), "points": points}

    def finish(self):
        if self._speeds:
            self._speeds.finish()
        found = self._take([], over=True)
        if self._trend:
            found += self._end_trend()
        return found + self._save()

    def _take(self, rows, over=False):
        self._waiting.extend(rows)
        found = []
        while self._waiting:
            row = self._waiting[0]
            end = row.start + self._rows.hop
            if self._speeds and not over and not self._speeds.reaches(end):
                break
            self._waiting.popleft()
            found += self._judge(row, end)
        if time.monotonic() - self._saved_at > _SECONDS_TO_SAVE:
            found += self._save()
        return found

    def _judge(self, row, end):
        """What a row brings."""
        speed, confidence, amplitudes = self._speeds.between(row.start, end) if self._speeds else (None, None, ())
        values = np.concatenate([row.levels, amplitudes])
        self._values = values
        if self._speeds:
            self._points.append((row.start, {"speed": _number(speed), "confidence": _number(confidence)}))
        found = []
        for condition in self._conditions:
            state, since = condition.judge(row, speed)
            if state:
                found.append(self._event(condition.name, state, since, duration=(end - since) / self._rate))
        for alarm, chosen, needs_speed in self._alarms:
            found += alarm.push(values[chosen, np.newaxis], [speed] if needs_speed else None)
        self._trend.append((row, speed, confidence, values))
        if len(self._trend) == self._per_trend:
            found += self._end_trend()
        return found

    def _end_trend(self):
        rows, self._trend = self._trend, []
        values = np.array([values for *_, values in rows])
        with np.errstate(all="ignore"):
            usable = np.isfinite(values)
            power = np.where(usable, values, 0)**2
            levels = np.sqrt(power.sum(axis=0) / usable.sum(axis=0))  # NaN where no row has a level
        speeds = np.array([speed for _, speed, *_ in rows if speed is not None], float)
        known = speeds[np.isfinite(speeds)]
        speed = float(np.median(known)) if known.size else None
        event = self._event("trend", "end", rows[0][0].start)
        event["duration"] = len(rows) * self._rows.hop / self._rate
        if self._speeds:
            event.update(speed=None if speed is None else _number(speed), speed_known=_number(known.size / len(rows)))
        event.update({level.name: _number(value) for level, value in zip(self._levels, levels)})
        found = [event]
        if self._baseline is not None:
            raised = any(alarm.raised for alarm, *_ in self._alarms)
            with np.errstate(all="ignore"):
                decibels = 20 * np.log10(levels)
            steady = None if self._speeds is None else [speed if speed is not None else np.nan]
            z = self._baseline.update(decibels[:, np.newaxis], steady, alarm=raised)
            self._deviations = z[:, 0]
            event.update({f"{level.name} deviation": _number(value) for level, value in zip(self._levels, z[:, 0])})
            found += [{**one, "of": "baseline"} for one in self._baseline.events]
            self._baseline.events.clear()
        return found

    def _event(self, kind, state, sample, **values):
        seconds = None
        if self._start is not None:
            whole, part = divmod(sample / self._rate, 1.0)
            seconds = self._start[0] + int(whole), self._start[1] + part
        return {"kind": kind, "state": state, "time": kernels.iso8601(seconds) if seconds else None, "sample": sample,
                "source": self._name or None, **values}

    def _sections(self):
        sections = [(alarm, "order alarms" if needs_speed else "band alarms") for alarm, _, needs_speed in self._alarms]
        return sections + ([(self._baseline, "baseline")] if self._baseline is not None else [])

    def _restore(self):
        if self._state is None:
            return
        for what, section in self._sections():
            try:
                what.load(self._state, section)
            except ValueError as error:
                refuse("state", self._state, f"{section}: {error}")
            what.save(self._state, section)  # a folder that cannot be written is refused before anything is watched

    def _save(self):
        """Writes the state; what goes wrong is an event, and the next attempt comes later."""
        self._saved_at = time.monotonic()
        try:
            for what, section in self._sections() if self._state is not None else ():
                what.save(self._state, section)
        except RuntimeError as error:
            return [self._event("state not saved", "end", self._rows.samples, reason=str(error))]
        return []


class _Row:
    """A stretch of samples: its first sample, the levels of the bands, and what the samples themselves tell."""

    def __init__(self, start, samples, levels, quantum):
        self.start, self.levels = start, levels
        magnitude = np.abs(samples)
        largest = magnitude.max()
        self.dead = bool(samples.min() == samples.max())
        at_largest = magnitude == largest
        flat = np.count_nonzero(at_largest[:-2] & at_largest[1:-1] & at_largest[2:])
        self.clipped = not self.dead and largest > _STEPS * quantum and flat >= max(2, _CLIPPED * samples.size)


class _Rows:
    """Rows of one stretch of samples after the other: two frames each, Hann, that hold ten periods of the lowest edge."""

    def __init__(self, arguments, levels, rate, quantum):
        bands = [level.band for level in levels if level.band is not None]
        lowest = min((lower for lower, _ in bands if lower > 0), default=_PERIODS)
        half = max(1, int(np.ceil(max(1.0, _PERIODS / lowest) * rate / 2)))
        self.hop, self.samples, self._quantum = 2 * half, 0, quantum
        self._settings = dict(integrate=arguments.integrate, factor=scale_of(arguments), average=2, win_length=2 * half, hop=half)
        self._rate, self._bands, self._held = rate, bands, np.empty(0, np.float32)
        self._of(np.zeros(3 * half, np.float32))  # refuses bands that cannot be

    def push(self, x):
        self._held = np.concatenate([self._held, x])
        start = self.samples + x.size - self._held.size
        self.samples += x.size
        count = max(0, 1 + (self._held.size - 3 * self.hop // 2) // self.hop)
        rows = []
        if count:
            levels = self._of(self._held[:count * self.hop + self.hop // 2])
            rows = [_Row(start + i * self.hop, self._held[i * self.hop:(i + 1) * self.hop], levels[:, i], self._quantum)
                    for i in range(count)]
            self._held = self._held[count * self.hop:]
        return rows

    def skip(self, count):
        """A row that holds lost samples is not made."""
        self._held = self._held[:0]
        self.samples += count

    def _of(self, samples):
        if not self._bands:
            return np.empty((0, samples.size // self.hop))
        return stft.band_levels(samples, self._rate, self._bands, **self._settings).levels


class _Speeds:
    """The tracked speed and the levels of orders."""

    def __init__(self, arguments, rate):
        self._orders = np.array(orders_of(arguments))
        self._integrate, self._factor = arguments.integrate, scale_of(arguments)
        self._tracker = stft.RidgeTracker(samp_rate=rate, f_range=arguments.speed, orders=self._orders.tolist(),
                                          learn_range=arguments.learn_orders, reject=list(arguments.reject) or None)
        self._rate, self._frames, self._known = rate, deque(), 0

    def push(self, x):
        self._keep(self._tracker.push(x))

    def skip(self, count):
        self._keep(self._tracker.skip(count))

    def finish(self):
        self._keep(self._tracker.finish())

    def _keep(self, ridges):
        for values in zip(np.rint(ridges.times * self._rate), ridges.frequency, ridges.confidence, ridges.amplitudes):
            self._frames.append(values)
        if self._frames:
            self._known = self._frames[-1][0]

    def reaches(self, sample):
        return self._known >= sample

    def between(self, start, end):
        """Speed (Hz, NaN if none can be trusted), confidence and rms of each order in a stretch of samples."""
        frames = []
        while self._frames and self._frames[0][0] < end:
            frame = self._frames.popleft()
            if frame[0] >= start:
                frames.append(frame)
        trusted = [frame for frame in frames if frame[2] > 1]
        confidence = float(np.median([frame[2] for frame in frames])) if frames else 0.0
        if 2 * len(trusted) <= len(frames):
            return np.nan, confidence, np.full(self._orders.size, np.nan)
        speeds = np.array([frame[1] for frame in trusted])
        amplitudes = np.array([frame[3] for frame in trusted])
        amplitudes *= self._factor / (2 * np.pi * speeds[:, np.newaxis] * self._orders)**self._integrate
        return float(np.median(speeds)), confidence, np.sqrt(np.mean(amplitudes**2, axis=0) / 2)


class _Condition:
    """Something that is reported when it has lasted, and when it has been over for some time."""

    def __init__(self, name, holds, rows_on, rows_off):
        self.name, self._holds, self._needed = name, holds, {True: rows_on, False: rows_off}
        self._reported, self._count, self._since, self._began = False, 0, 0, 0

    def judge(self, row, speed):
        """("begin" or "end" or None, first sample of the condition)."""
        now = self._holds(row, speed)
        if now == self._reported:
            self._count = 0
            return None, 0
        if self._count == 0:
            self._since = row.start
        self._count += 1
        if self._count < self._needed[now]:
            return None, 0
        self._reported, self._count = now, 0
        if now:
            self._began = self._since
        return ("begin" if now else "end"), self._began


def _conditions(arguments, seconds_of_row):
    hold = max(1, round(arguments.hold[1] / seconds_of_row))
    found = [_Condition("sensor dead", lambda row, speed: row.dead, 2, 2),
             _Condition("sensor clipped", lambda row, speed: row.clipped, 1, hold)]
    if arguments.speed is not None:
        found.append(_Condition("no speed", lambda row, speed: not np.isfinite(speed), hold, 3))
    return found


def scale_of(arguments):
    """Factor from the samples' unit to m/s^2, mm/s or mm."""
    return UNITS[arguments.unit] * (1e3 if arguments.integrate else 1.0)


def _unit_of(arguments):
    """Of levels, as scale_of() makes them."""
    return {0: "m/s²", 1: "mm/s", 2: "mm"}[arguments.integrate]


def _number(value):
    return float(f"{value:.6g}") if np.isfinite(value) else None
