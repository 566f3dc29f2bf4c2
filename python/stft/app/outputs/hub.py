# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Between a watch and its outputs: what comes is handed to each of them, with numbers of samples, time and frequency."""
import contextlib
import math

from gnuradio.stft.app.outputs.output import Source
from gnuradio.stft.app.outputs.spectrogram_feed import SpectrogramFeed
from gnuradio.stft.stft_python import kernels


class Clock:
    """Time and frequency of samples, lost ones counted."""

    def __init__(self, rate, center, time):
        self.center, self._rate, self._time, self._sample = center, rate, time, 0

    def set_time(self, sample, time):
        self._sample, self._time = sample, time

    def time_of(self, sample):
        """(whole seconds since 1970, fraction), or None."""
        if self._time is None:
            return None
        seconds = (sample - self._sample) / self._rate
        whole = math.floor(seconds)
        part = self._time[1] + (seconds - whole)
        carry = math.floor(part)
        return self._time[0] + whole + carry, part - carry


class Outputs:
    """All outputs of a watch.

    source: a Source, whose center and time may be None until the first sample. window: of the rows.
    """

    def __init__(self, outputs, source, window):
        self._outputs, self._source, self._window = list(outputs), source, window
        self._clock = Clock(source.rate, source.center, source.time)
        self._with_rows = [output for output in self._outputs if output.rows_per_second is not None]
        self._feed, self._began = None, False
        self.sample = 0  # number of the next one

    def locate(self, center, time):
        """Gives the next sample this center frequency and this time, where they are not None."""
        if self._began:
            self._cut(0)
        if center is not None:
            self._clock.center = center
        if time is not None:
            self._clock.set_time(self.sample, time)
        if not self._began:
            return
        for output in self._outputs:
            output.moved(self.sample, self._clock.center, self._clock.time_of(self.sample))

    def samples(self, x):
        self._begin()
        for output in self._outputs:
            if output.takes_samples:
                output.samples(x, self.sample)
        if self._feed:
            self._hand_out(self._feed.push(x, self._clock))
        self.sample += len(x)

    def lost(self, count):
        self._begin()
        for output in self._outputs:
            output.lost(self.sample, count)
        self._cut(count)
        self.sample += count

    def reports(self, reports):
        """[(dict, line of JSON or None)]."""
        if not reports:
            return
        self._begin()
        reports = [(event, line or kernels.json_line(event)) for event, line in reports]
        for output in self._outputs:
            output.reports(reports)

    def ready(self):
        """Tells the outputs that all is open and the first sample is awaited."""
        for output in self._outputs:
            output.ready()

    def poll(self):
        for output in self._outputs:
            output.poll()

    def status(self, values):
        values["outputs"] = {output.name: output.counters() for output in self._outputs}
        for output in self._outputs:
            output.status(values)

    @property
    def failed(self):
        return any(output.failed for output in self._outputs)

    def changes(self):
        """[(name of an output, "begin" or "end", words)]: what does not work, or works again, since the last call."""
        found = [(output.name, *change) for output in self._outputs for change in output.changes]
        for output in self._outputs:
            output.changes.clear()
        return found

    def time(self):
        """Time of the next sample, as Source.time."""
        return self._clock.time_of(self.sample)

    def finish(self):
        """Ends the samples; reports may follow."""
        for output in self._outputs:
            output.stopping()
        self._cut(0)

    def close(self, wait=None):
        """Closes every output, also where one fails; those that stay after wait(), which follows the others."""
        staying = [output for output in self._outputs if output.stays and wait is not None]
        with contextlib.ExitStack() as closing:  # in reverse
            for output in staying:
                closing.callback(output.close)
            if staying:
                closing.callback(wait)
            for output in staying:
                closing.callback(output.stay)
            for output in reversed(self._outputs):
                if output not in staying:
                    closing.callback(output.close)

    def _begin(self):
        if self._began:
            return
        self._began = True
        source = Source(**{**vars(self._source), "center": self._clock.center, "time": self._clock.time_of(0)})
        for output in self._outputs:
            output.begin(source)
        if self._with_rows:
            self._feed = SpectrogramFeed(source, self._window, [output.rows_per_second for output in self._with_rows])

    def _cut(self, lost):
        if self._feed:
            self._hand_out(self._feed.cut(lost, self._clock))

    def _hand_out(self, rows):
        for which, some in rows:
            self._with_rows[which].rows(some)
