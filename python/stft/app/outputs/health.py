# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""How a watch is: speed, losses, load, age of the last sample."""
import time

_INTERVAL = 0.5  # s between two values


class Health:
    """Counts what the watch does. source: a Source; lost: a function that gives the samples lost so far."""

    def __init__(self, source, lost):
        self._source, self._lost = source, lost
        self._began = self._taken_at = self._last_sample = time.monotonic()
        self._samples = self._samples_before = self.reports = self.alarms = self._overflows = 0
        self._busy = self._busy_before = 0.0
        self._kinds = {}

    def took(self, samples, seconds):
        """Counts samples that were analysed, and the seconds that this took."""
        self._busy += seconds
        if samples:
            self._samples += samples
            self._last_sample = time.monotonic()

    def missed(self):
        """Counts one more time at which samples were lost."""
        self._overflows += 1

    def reported(self, reports, is_alarm):
        self.reports += len(reports)
        for event, _ in reports:
            self.alarms += bool(is_alarm(event))
            key = event["kind"], event.get("state") or ""  # level alarms have none
            self._kinds[key] = self._kinds.get(key, 0) + 1

    def due(self):
        return time.monotonic() - self._taken_at >= _INTERVAL

    def values(self, **more):
        """What outputs get as status(): all of it since the beginning, but for rate and load, which are those since the last call.

        samples, seconds (of signal), lost (samples), overflows (times at which some were lost), reports, alarms, kinds {(kind, state): reports}, rate (samples/s), load (busy time
        as a fraction), uptime (s), age (s since samples came), source (a Source), time (seconds since 1970, of this call); the hub adds
        outputs {name: counters}, the watch center and noise_db where they are known.
        """
        now = time.monotonic()
        passed = max(now - self._taken_at, 1e-9)
        values = dict(samples=self._samples, seconds=self._samples / self._source.rate, lost=self._lost(), overflows=self._overflows, reports=self.reports,
                      alarms=self.alarms, kinds=dict(self._kinds), rate=(self._samples - self._samples_before) / passed,
                      load=min(1.0, (self._busy - self._busy_before) / passed), uptime=now - self._began,
                      age=now - self._last_sample, source=self._source, time=time.time(), **more)
        self._taken_at, self._samples_before, self._busy_before = now, self._samples, self._busy
        return values
