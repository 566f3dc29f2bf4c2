# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What watches: a detector of a band's events, or a machine's watch. Pieces of samples in, (event, line of JSON or None) out."""
import functools
import math

import numpy as np

from gnuradio.stft.app.command_options import as_options
from gnuradio.stft.app.detection_options import detector_for, unusable_rows
from gnuradio.stft.app.files.event_files import KEYS
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.machine_options import levels_of
from gnuradio.stft.app.machine_watch import MachineWatch
from gnuradio.stft.stft_python import kernels

_SPEED_LATE = 10.0  # s after which the speed of a sample is known
_OPTIONS = {"f_min": "speed", "f_max": "speed", "samp_rate": "rate", "bands": "band", "learn_range": "learn_orders",
            "learn_min": "learn_orders", "learn_max": "learn_orders", "t_on": "hold", "t_off": "hold", "path": "state"}  # by the library's parameters


class Band:
    """A detector of events, which makes their lines itself.

    make(center=, time=): gives the detector. It is made again if a receiver's first tag knows better, since the frequencies to
    ignore follow from its centre.
    """

    kind = "band"
    span = None  # events of a band know their samples
    late = 0.0   # s that a report may come after its event, but for the detector's rows

    def __init__(self, make, center, time):
        self._make, self.center, self.time = make, center, time
        self._detector = make(center=center, time=time)

    @property
    def began(self):
        return self._detector.samples > 0

    def push(self, samples):
        return self._detector.push_lines(samples)

    def finish(self):
        return self._detector.finish_lines()

    def skip(self, count):
        return [(event, kernels.json_line(event)) for event in self._detector.skip(count)]

    def set_time(self, at):
        self.time = at
        if self.began:
            self._detector.set_time(at)
        else:
            self._detector = self._make(center=self.center, time=at)

    def retune(self, center):
        self.center = center
        if self.began:
            return [(event, kernels.json_line(event)) for event in self._detector.retune(center)]
        self._detector = self._make(center=center, time=self.time)
        return []

    def event(self, **values):
        """A report on the watch itself: the keys of all others, and those of `values`."""
        return {**dict.fromkeys(KEYS), **values}

    def values(self):
        """Values that status() of the outputs has in addition to those of Health."""
        density = self._detector.noise_density
        return {"center": self.center, "noise_db": 10 * math.log10(density) if density else None}

    def is_alarm(self, event):
        return event["state"] == "end" and event["cut"] != "withdrawn" and event["kind"] in ("burst", "carrier", "step")

    def warnings(self):
        if self._detector.refused:
            yield f"{self._detector.refused} groups of cells are left out, since too many events were open"
        if self._detector.unusable:
            yield unusable_rows(self._detector.unusable)


class Machine:
    """A machine under watch."""

    kind = "machine"

    def __init__(self, watch, late):
        self._watch, self.late = watch, late

    def push(self, samples):
        return _with_lines(self._watch.push(samples))

    def finish(self):
        return _with_lines(self._watch.finish())

    def skip(self, count):
        return _with_lines(self._watch.skip(count))

    def set_time(self, at):
        self._watch.set_time(at)

    def retune(self, center):
        """Samples of a machine have no centre frequency."""
        return []

    def event(self, *, sample_start, **values):
        """A report on the watch itself."""
        kind, state, time, source = (values.pop(key) for key in ("kind", "state", "time", "source"))
        return {"kind": kind, "state": state, "time": time, "sample": sample_start, "source": source, **values}

    def span(self, event):
        """The samples of an alarm: of the rows over the limit that raised it, or put it into a higher zone."""
        if event.get("of") is not None or not (event["kind"] == "raise" or event["kind"] == "zone" and event["zone"] > event["zone_before"]):
            return None
        first = event["excess_row"]
        return first * self._watch.row_samples, (event["row"] + 1 - first) * self._watch.row_samples

    def values(self):
        return {"machine": self._watch.figures()}

    def is_alarm(self, event):
        return event["kind"] == "raise"

    def warnings(self):
        return self._watch.warnings()


def _with_lines(events):
    """Events of levels with their lines. Those do not have `excess_row`, from which span() follows."""
    return [(event, kernels.json_line({key: value for key, value in event.items() if key != "excess_row"})) for event in events]


def watcher_for(arguments, source):
    """The Band or Machine that the arguments ask for, of an open source of samples."""
    return (_band if arguments.detect else _machine)(arguments, source)


def _band(arguments, source):
    make = functools.partial(detector_for, arguments, source.rate, source.dtype, source=source.name, quantum=source.quantum,
                             rate_known=source.rate_known)
    return Band(make, source.center, source.time)


def _machine(arguments, source):
    if np.dtype(source.dtype).kind == "c":
        refuse("source", source.name, "has complex samples: those of a machine are real")
    with as_options(**_OPTIONS):
        watch = MachineWatch(arguments, levels_of(arguments), rate=source.rate, name=source.name, start=source.time,
                             quantum=source.quantum)
    return Machine(watch, arguments.hold[0] + _SPEED_LATE)
