# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Machines under watch: samples in, dicts out, one for each change of state and one trend row a minute.

A row holds the levels of one stretch of samples, bands first, then orders, and the speed in it; rows follow each other in a
second or more. A minute's trend row has the mean powers of its rows, and is what the baseline learns.
"""
import math
import time
from collections import deque
from typing import NamedTuple

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.machine_options import QUANTITIES, UNITS, has_speed, orders_of
from gnuradio.stft.machine import add_ridges
from gnuradio.stft.monitoring import seconds_since_1970
from gnuradio.stft.stft_python import kernels

_SECONDS_TO_SAVE = 600.0
_IF_KNOWN = ("excess_row", "excess_time", "measured", "expected")  # keys of kernels' events
_MOST_POINTS = 1000    # that wait for figures()
_LEARNED = 6.0        # s after which weights of orders are worth keeping: twice the time in which the speed is held
_LONGEST_HELD = 10.0  # s of lost samples over which the path of a tracked speed goes on


class MachineWatch:
    """push() samples, skip() those that were lost, finish(): lists of dicts.

    Samples with a tacho are of shape (samples, 2), the tacho's the second.
    """

    def __init__(self, arguments, levels, *, rate, name="", start=None, quantum=0.0):
        self._rate, self._name, self._levels = rate, name, levels
        self._clock = _Clock(rate, seconds_since_1970(start))
        self._setup = _setup(arguments, levels)
        self._state, self._saved_at = arguments.state, time.monotonic()
        bands = ",".join(f"{level.band[0]!r}:{level.band[1]!r}" for level in levels if level.band is not None)
        orders = list(orders_of(arguments)) if has_speed(arguments) else []
        quantity = QUANTITIES[arguments.integrate]
        self._rows = kernels.machine_rows_f(samp_rate=rate, bands=bands, orders=orders, integrate=arguments.integrate,
                                            factor=arguments.calibration * UNITS[arguments.unit] * quantity.factor, quantum=quantum)
        self._speeds = _speeds_of(arguments, rate, self._rows, self._known_weights(arguments))
        seconds_of_row = self._rows.hop / rate
        hold = dict(hysteresis=arguments.hysteresis, t_on=arguments.hold[0], t_off=arguments.hold[1])
        self._alarms = []  # (LevelAlarm, indices of its levels, whether they need a speed): as many limits for each level of one
        for needs_speed, limits in sorted({(level.order is not None, len(level.limits)) for level in levels if level.limits}):
            chosen = [i for i, level in enumerate(levels)
                      if (level.order is not None) == needs_speed and len(level.limits) == limits]
            alarm = stft.LevelAlarm(len(chosen), [levels[i].limits for i in chosen], rate=1 / seconds_of_row,
                                    names=[levels[i].name for i in chosen], source=name, **hold)
            self._alarms.append((alarm, chosen, needs_speed))
        self._per_trend = max(1, round(arguments.trend / seconds_of_row))
        self._baseline = None
        if arguments.baseline is not None:
            minute = self._per_trend * seconds_of_row
            self._rows_to_learn = max(1.0, arguments.baseline / minute)
            self._baseline = stft.Baseline(len(levels), arguments.speed, learn_time=arguments.baseline, rate=1 / minute,
                                           names=[level.name for level in levels], source=name)
        self._trend, self._trend_start = kernels.machine_joiner(len(levels)), 0
        self._conditions = _conditions(arguments, seconds_of_row)
        self._points, self._values, self._deviations = deque(maxlen=_MOST_POINTS), np.full(len(levels), np.nan), None
        self._orders = orders_of(arguments) if self._speeds else ()
        self._unit = quantity.unit
        self._highest = max([level.band[1] for level in levels if level.band is not None]
                            + [order * arguments.speed[1] for order in self._orders if arguments.speed is not None], default=None)
        self._next = None  # sample that begins the next row, unless some are lost
        self._restore()

    @property
    def samples(self):
        """Samples so far, lost ones included."""
        return self._rows.samples

    @property
    def row_samples(self):
        """Samples from one row of levels to the next."""
        return self._rows.hop

    def push(self, x):
        x = np.asarray(x, np.float32)
        samples = np.ascontiguousarray(x[:, 0]) if x.ndim == 2 else np.ascontiguousarray(x)
        self._rows.push(samples)
        if self._speeds:
            self._speeds.push(samples, np.ascontiguousarray(x[:, 1]) if x.ndim == 2 else None)
        return self._take()

    def set_time(self, at):
        """Sets the time of the next sample: (seconds since 1970, fraction)."""
        self._clock.set(self._rows.samples, at)

    def skip(self, count):
        """Counts lost samples; the events that follow from them."""
        event = self._event("gap", "end", self._rows.samples, sample_count=count, duration=count / self._rate)
        if self._speeds:
            self._speeds.skip(count)
        self._rows.skip(count)
        return [event] + self._take()

    def figures(self):
        """How the machine is: levels [{name, value, unit, limits, zone, deviation, learned}], the orders whose lines are followed,
        points [(sample, {"speed": Hz, "confidence": ...})] since the last call, and the highest frequency of bands and orders. What is
        unknown is None."""
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
        return {"levels": levels, "orders": list(self._orders), "points": points, "highest": self._highest}

    def finish(self):
        if self._speeds:
            self._speeds.finish()
        self._rows.finish()
        found = self._take()
        if self._trend.rows:
            found += self._end_trend()
        return found + self._save()

    def warnings(self):
        """Words on what came of the whole."""
        if self._next is None and self._rows.samples:
            yield f"the samples end before the first row of {self._rows.hop / self._rate:g} s is complete"
        elif self._baseline is not None and not self._baseline.frozen and (self._state is None or not self._baseline.learned):
            yield (f"the baseline has learned {self._baseline.learned:.0f} of {math.ceil(self._rows_to_learn)} rows: those at a steady "
                   "speed while no alarm is raised")

    def _take(self):
        found = []
        for row in self._rows.take():
            row = _Row(*row)
            if self._next is not None and row.start > self._next:
                found += self._lose_rows(round((row.start - self._next) / self._rows.hop))
            self._next = row.start + self._rows.hop
            found += self._judge(row)
        if time.monotonic() - self._saved_at > _SECONDS_TO_SAVE:
            found += self._save()
        return found

    def _lose_rows(self, count):
        """Events of `count` rows that did not come, and so have no data."""
        found = []
        for alarm, chosen, _ in self._alarms:
            before = alarm.rows
            found += [self._of_level(self._next + (event["row"] - before) * self._rows.hop, event, chosen)
                      for event in alarm.skip(count)]
        if count >= self._per_trend:
            if self._trend.rows:
                found += self._end_trend()
            if self._baseline is not None:
                self._baseline.skip(count // self._per_trend)
        return found

    def _judge(self, row):
        """Events that a row brings."""
        self._values = row.levels
        if self._speeds:
            self._points.append((row.start, {"speed": _number(row.speed), "confidence": _number(row.confidence)}))
        found = []
        for condition in self._conditions:
            state, since = condition.judge(row)
            if state:
                found.append(self._event(condition.name, state, since, duration=(self._next - since) / self._rate))
        for alarm, chosen, needs_speed in self._alarms:
            events = alarm.push(row.levels[chosen, np.newaxis], [row.speed] if self._speeds else None, needs_speed)
            found += [self._of_level(row.start, event, chosen) for event in events]
        if not self._trend.rows:
            self._trend_start = row.start
            self._clock.forget(row.start)
        self._trend.add(row.speed, row.levels)
        if self._trend.rows == self._per_trend:
            found += self._end_trend()
        return found

    def _end_trend(self):
        speed, known, levels = self._trend.take()
        event = self._event("trend", "end", self._trend_start)
        event["duration"] = (self._next - self._trend_start) / self._rate
        if self._speeds:
            event.update(speed=_number(speed), speed_known=_number(known))
        event["unit"] = self._unit
        event.update({level.name: _number(value) for level, value in zip(self._levels, levels)})
        found = [event]
        if self._baseline is not None:
            raised = any(alarm.raised for alarm, *_ in self._alarms)
            with np.errstate(all="ignore"):
                decibels = 20 * np.log10(levels)
            z = self._baseline.update(decibels[:, np.newaxis], [speed] if self._speeds else None, alarm=raised)
            self._deviations = z[:, 0]
            event.update({f"{level.name} deviation": _number(value) for level, value in zip(self._levels, z[:, 0])})
            found += [self._of_baseline(one) for one in self._baseline.events]
            self._baseline.events.clear()
        return found

    def _event(self, kind, state, sample, **values):
        return {"kind": kind, "state": state, "time": self._clock.text(sample), "sample": sample, "source": self._name or None,
                **values}

    def _at(self, sample, event):
        """An event with the time of a sample, and without what its kernel, which has no clock, does not know."""
        event["time"] = self._clock.text(sample)
        return {key: value for key, value in event.items() if value is not None or key not in _IF_KNOWN}

    def _of_level(self, sample, event, chosen):
        """An event of one of the `chosen` levels, with the level's place among all and the unit of its values."""
        return {**self._at(sample, event), "level": chosen[event["level"]], "unit": self._unit}

    def _of_baseline(self, event):
        """An event of the baseline, whose decibels become amplitudes in the unit of the levels."""
        event = self._at(self._trend_start, event)
        amplitudes = {key: _number(10 ** (event.pop(key) / 20)) for key in ("measured", "expected") if key in event}
        return {**event, "of": "baseline", **amplitudes, **({"unit": self._unit} if amplitudes else {})}

    def _sections(self):
        sections, names = [], set()
        for alarm, chosen, needs_speed in self._alarms:
            name = "order alarms" if needs_speed else "band alarms"
            if name in names:
                name += f" with {len(self._levels[chosen[0]].limits)} limits"
            names.add(name)
            sections.append((alarm, name))
        return sections + ([(self._baseline, "baseline")] if self._baseline is not None else [])

    def _known_weights(self, arguments):
        """Weights of the orders that were learned before a restart, or None."""
        if self._state is None:
            return None
        try:
            known = stft.MonitorState.load(self._state).arrays("machine", self._setup) or {}
        except ValueError as error:
            refuse("state", self._state, str(error))
        return known.get("weights") if arguments.learn_orders is not None else None

    def _restore(self):
        if self._state is None:
            return
        for what, section in self._sections():
            try:
                what.load(self._state, section)
            except ValueError as error:
                refuse("state", self._state, f"{section}: {error}")
        self._write()  # a folder that cannot be written is refused before anything is watched

    def _write(self):
        for what, section in self._sections():
            what.save(self._state, section)
        weights = self._speeds.learned if self._speeds else None
        state = stft.MonitorState()
        state.put("machine", self._setup, **({} if weights is None else {"weights": weights}))
        state.save(self._state, keep=True)

    def _save(self):
        """Writes the state; what goes wrong is an event, and the next attempt comes later."""
        self._saved_at = time.monotonic()
        try:
            if self._state is not None:
                self._write()
        except (RuntimeError, ValueError) as error:
            return [self._event("state not saved", "end", self._rows.samples, reason=str(error).removeprefix("path: "))]
        return []


class _Row(NamedTuple):
    """Levels and speed of one stretch of samples, which begins at sample `start`."""
    start: int
    speed: float
    confidence: float
    dead: bool
    clipped: bool
    levels: np.ndarray
    finite: bool


class _Clock:
    """Times of samples: by the last one before them whose time is known."""

    def __init__(self, rate, start):
        self._rate, self._known = rate, deque([(0, start)])

    def set(self, sample, at):
        while len(self._known) > 1 and self._known[-1][0] >= sample:
            self._known.pop()
        self._known.append((sample, tuple(at)))

    def forget(self, sample):
        """Drops times that no later sample needs."""
        while len(self._known) > 1 and self._known[1][0] <= sample:
            self._known.popleft()

    def text(self, sample):
        """ISO 8601, or None."""
        first, at = next((known for known in reversed(self._known) if known[0] <= sample), self._known[0])
        if at is None:
            return None
        whole, part = divmod((sample - first) / self._rate, 1.0)
        return kernels.iso8601((at[0] + int(whole), at[1] + part))


def _speeds_of(arguments, rate, rows, weights):
    if arguments.tacho is not None:
        return _TachoSpeeds(arguments, rate, rows)
    return _TrackedSpeeds(arguments, rate, rows, weights) if arguments.speed is not None else None


class _TrackedSpeeds:
    """Gives rows the speed that is tracked in the samples, and the amplitudes of the orders."""

    def __init__(self, arguments, rate, rows, weights):
        self._settings = dict(samp_rate=rate, f_range=arguments.speed, orders=list(orders_of(arguments)),
                              reject=list(arguments.reject) or None)
        self._rate, self._rows = rate, rows
        self._learns = arguments.learn_orders if weights is None else None
        self._tracker, self._first, self.learned = self._made(weights), 0, weights

    def _made(self, weights):
        return stft.RidgeTracker(learn_range=self._learns, **self._settings,
                                 **({} if weights is None else {"weights": np.asarray(weights).tolist()}))

    def push(self, samples, _):
        self._give(self._tracker.push(samples))

    def skip(self, count):
        """After a long gap the path begins again, with the weights that were learned."""
        if count <= _LONGEST_HELD * self._rate:
            self._give(self._tracker.skip(count))
            return
        self.finish()
        if self.learned is not None:
            self._learns = None
        self._first = self._rows.samples + count
        self._tracker = self._made(self.learned)

    def finish(self):
        self._give(self._tracker.finish())

    def _give(self, ridges):
        add_ridges(self._rows, ridges, self._rate, len(self._settings["orders"]), self._first)
        if self._learns is not None and ridges.times.size and ridges.times[-1] > _LEARNED:
            self.learned = ridges.weights


class _TachoSpeeds:
    """Gives rows the speed of a tacho's pulses, and the amplitudes of the orders at it."""

    learned = None

    def __init__(self, arguments, rate, rows):
        self._rows = rows
        self._orders = kernels.tacho_orders_f(samp_rate=rate, orders=list(orders_of(arguments)), ppr=arguments.ppr,
                                              levels=arguments.levels,
                                              f_max=None if arguments.speed is None else arguments.speed[1])

    def push(self, samples, tacho):
        self._orders.push(samples, tacho)
        self._give()

    def skip(self, count):
        self._orders.skip(count)
        self._give()

    def finish(self):
        self._orders.finish()
        self._give()

    def _give(self):
        samples, frequencies, amplitudes = self._orders.take()
        self._rows.add_speeds(samples, frequencies, np.full(samples.size, np.inf), amplitudes)
        self._rows.know_until(self._orders.known)


class _Condition:
    """Something that is reported when it has lasted, and when it has been over for some time."""

    def __init__(self, name, holds, rows_on, rows_off):
        self.name, self._holds, self._needed = name, holds, {True: rows_on, False: rows_off}
        self._reported, self._count, self._since, self._began = False, 0, 0, 0

    def judge(self, row):
        """Takes a row; ("begin" or "end" or None, first sample of the condition)."""
        now = self._holds(row)
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
    found = [_Condition("sensor dead", lambda row: row.dead, 2, 2),
             _Condition("sensor clipped", lambda row: row.clipped, 1, hold),
             _Condition("sensor not finite", lambda row: not row.finite, 1, hold)]
    if has_speed(arguments):
        found.append(_Condition("no speed", lambda row: not np.isfinite(row.speed), hold, 3))
    return found


def _setup(arguments, levels):
    """What the levels are. A state is taken only where this is the same."""
    calibration = {} if arguments.calibration == 1 else {"calibration": arguments.calibration}
    return {"levels": ",".join(level.name for level in levels), "integrate": arguments.integrate, "unit": arguments.unit, **calibration}


def _number(value):
    return float(f"{value:.6g}") if np.isfinite(value) else None
