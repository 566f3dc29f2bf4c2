# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The output that `gr_stft monitor --web` shows: what comes from the watch, made into messages for viewers once."""
import sys
import time
from datetime import datetime, timezone

import numpy as np

from gnuradio.stft.app.outputs.output import Output
from gnuradio.stft.app.page.access import disk
from gnuradio.stft.app.page.alarm_board import AlarmBoard
from gnuradio.stft.app.page.rows import RowMemory, encoded_row, narrowed, shown_bins
from gnuradio.stft.app.page.server import PageServer
from gnuradio.stft.app.page.theta_line import ThetaLine

_RATE = 30.0            # rows/s that viewers get at most
_PARTS = 16             # of a row, whose largest one is its peak
_LOOKED_AT = 32         # rows between two looks at how fast they come
_SHOWN_AS_LEVELS = ("trend",)
_CHANGES = ("raise", "zone", "clear", "no data", "data", "learned", "not learned")


class WebOutput(Output):
    """Rows, events, levels and health for the page.

    host, port, token, store, clips: as PageServer has them.
    """

    name = "web"
    rows_per_second = _PARTS * _RATE
    takes_samples = True

    def __init__(self, host, port, token=None, store=None, clips=None):
        super().__init__()
        self._memory = RowMemory()
        self._folders = [found.directory for found in (store, clips) if found is not None] or ["."]
        self.server = PageServer(host, port, token, self._memory, store, clips)
        self._source, self._axis, self._axis_number = None, None, -1
        self._anchor = 0, None  # a sample, and its time
        self._alarms = AlarmBoard()
        self._rows = _RowMaker()
        self._number = self._events = 0
        self._theta, self._orders = None, []

    def begin(self, source):
        self._source, self._anchor = source, (0, source.time)
        self._theta = ThetaLine(source) if ThetaLine.suits(source) else None
        self.server.publish({"type": "hello", "source": source.name, "watches": source.watches, "time_known": source.time is not None,
                             "rate_known": source.rate_known, "samp_rate": source.rate})
        self._tell_axis(source.center)

    def moved(self, sample, center, time):
        self._anchor = sample, time
        self._tell_axis(center)

    def _tell_axis(self, center):
        source = self._source
        shown, together = shown_bins(source.bins)
        lower = (center or 0.0) + source.lowest - source.bin_width / 2
        # the last bin that is shown may stand for fewer than the others: the axis ends where the band does
        axis = lower, lower + shown * together * source.bin_width
        if axis != self._axis:
            self._axis, self._axis_number = axis, self._axis_number + 1
            self.server.publish({"type": "axis", "id": self._axis_number, "bins": shown, "lower": axis[0], "upper": axis[1],
                                 "shown": lower + source.bins * source.bin_width})

    def samples(self, x, first_sample):
        found = self._theta.push(x, first_sample) if self._theta else None
        if found:
            middle, parts = found
            self.server.work(self._tell_theta, middle, parts)

    def lost(self, first_sample, count):
        if self._theta:
            self._theta.skip()

    def _tell_theta(self, middle, parts):
        """Called by a thread of the server."""
        theta = self._theta.theta_of(parts)
        self._tell_points([{"at": self._at(middle), "values": {"theta": theta}}])

    def rows(self, rows):
        made = []
        for start, duration, mean, peak in self._rows.take(rows, self._source.hop):
            record = self._memory.add(start, duration, self._axis, mean, peak)
            made.append(encoded_row(self._axis_number, start, duration, self._number, record))
            self._number += 1
        if made:
            self.server.publish_rows(made)

    def reports(self, reports):
        events = []
        for event, _ in reports:
            self._alarms.take(event, self._time_of(event))
            if event["kind"] not in _SHOWN_AS_LEVELS:
                events.append(self._described(event))
        if events:
            self.server.publish({"type": "events", "events": events})
            self.server.publish({"type": "alarms", "alarms": self._alarms.states()})

    def _described(self, event):
        """An event as the page has it; boxes have edges in Hz and seconds."""
        self._events += 1
        key = f"{event['kind']} {event['id']}" if event.get("id") is not None else f"report {self._events}"
        if event["kind"] in ("burst", "carrier"):  # a burst that becomes a carrier keeps its id
            key = f"signal {event['id']}"
        at, seconds = self._time_of(event), event.get("duration")
        described = {"key": key, "at": at, "seconds": seconds, "lower": event.get("freq_lower"), "upper": event.get("freq_upper"),
                     "alarm": event["kind"] == "raise", "clip": None, "fields": event}
        if event["kind"] in _CHANGES:  # these last no time; their duration is that of what came before
            described["seconds"] = None
            rows = event.get("row", 0) - event.get("start", 0)
            if at is not None and seconds:
                described["cut_at"] = at - rows * seconds / (rows + 1)
        return described

    def _time_of(self, event):
        if self._source is not None and self._source.time is None:
            sample = event.get("sample_start", event.get("sample"))
            return None if sample is None else sample / self._source.rate
        return None if event.get("time") is None else _seconds(event["time"])

    def status(self, status):
        source = status["source"]
        machine = status.get("machine")
        if machine:
            self._tell_machine(machine)
        disks = [found for found in map(disk, self._folders) if found]
        health = {"type": "health", "samp_rate": source.rate, "disks": disks,
                  **{name: status.get(name) for name in ("samples", "rate", "load", "lost", "age", "uptime", "reports", "noise_db")},
                  "outputs": {name: counters for name, counters in status.get("outputs", {}).items() if counters}}
        self.server.publish(health)

    def _tell_machine(self, machine):
        self._alarms.take_levels(machine["levels"])
        self.server.publish({"type": "levels", "levels": machine["levels"], "highest": machine.get("highest")})
        self.server.publish({"type": "alarms", "alarms": self._alarms.states()})
        points = [{"at": self._at(sample), "values": values} for sample, values in machine["points"]]
        self._orders = machine["orders"]
        if points:
            self._tell_points(points)

    def _tell_points(self, points):
        self.server.publish({"type": "lines", "orders": self._orders, "points": points})

    def _at(self, sample):
        anchor, time = self._anchor
        return time[0] + time[1] + (sample - anchor) / self._source.rate if time else sample / self._source.rate

    def counters(self):
        return {"viewers": self.server.viewers, "skipped_rows": self.server.skipped, "dropped": self.server.dropped}

    def stay(self):
        self.server.publish({"type": "end"})
        print("gr_stft monitor: all has been read; the page stays until Ctrl-C", file=sys.stderr)

    def close(self):
        self.server.publish({"type": "end"})
        self.server.close()


class _RowMaker:
    """Rows of a feed -> (start, duration, mean, peak) of up to _RATE a second, also of a second of the clock."""

    def __init__(self):
        self._parts, self._first, self._next, self._seconds = [], None, None, 0.0
        self._factor, self._count, self._since = 1, 0, time.monotonic()

    def take(self, rows, hop):
        partial = len(rows.values) == 1 and rows.frames * hop < rows.hop
        seconds = (rows.frames * hop if partial else rows.hop) / rows.rate
        if partial or (self._parts and (rows.first_sample != self._next or seconds != self._seconds)):
            yield from self._flush()
        start = (rows.time[0] + rows.time[1]) if rows.time else rows.first_sample / rows.rate
        mean, peak = narrowed(rows.values, np.mean), narrowed(rows.values, np.max)
        for index in range(len(mean)):
            if not self._parts:
                self._first = start + index * seconds
            self._parts.append((mean[index], peak[index]))
            self._seconds = seconds
            self._next = rows.first_sample + (index + 1) * rows.hop
            if len(self._parts) >= self._factor * max(1, int(np.ceil(1 / (_RATE * seconds) - 1e-6))):
                yield from self._flush()
        if partial:
            yield from self._flush()

    def _flush(self):
        if not self._parts:
            return
        parts, self._parts = self._parts, []
        mean = np.mean([mean for mean, _ in parts], axis=0)
        peak = parts[0][1] if len(parts) == 1 else np.maximum.reduce([peak for _, peak in parts])
        self._keep_pace()
        yield self._first, len(parts) * self._seconds, mean, peak

    def _keep_pace(self):
        """A recording may be read faster than it was made: then rows are longer."""
        self._count += 1
        if self._count < _LOOKED_AT:
            return
        now = time.monotonic()
        rate = self._count / max(now - self._since, 1e-6)
        if rate > 2.2 * _RATE:
            self._factor *= 2
        elif rate < 0.5 * _RATE and self._factor > 1:
            self._factor //= 2
        self._count, self._since = 0, now


def _seconds(text):
    """Seconds since 1970 of ISO 8601 in UTC."""
    whole, _, part = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp() + float(f"0.{part or 0}")
