# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A watch: pieces of a source go to what watches, and all that comes of them to the outputs."""
import time

from gnuradio.stft.app.command import warn
from gnuradio.stft.app.outputs.health import Health
from gnuradio.stft.stft_python import kernels


class Watch:
    """Pieces of the source in; reports, samples and health out."""

    def __init__(self, watcher, opened, source, outputs):
        self._watcher, self._opened, self._source, self._outputs = watcher, opened, source, outputs
        self._health = Health(source, lambda: opened.lost)
        self._outputs.ready()

    @property
    def alarms(self):
        return self._health.alarms

    @property
    def failed(self):
        """True if an output could not keep what it was given."""
        return self._outputs.failed

    def take(self, piece):
        """Takes a Piece: samples, a number of lost ones, a frequency or a time; or nothing, while none comes."""
        began = time.monotonic()
        if piece.lost:
            self._health.missed()
            self._report(self._watcher.skip(piece.lost))
            self._outputs.lost(piece.lost)
        self._locate(piece)
        if piece.change is not None:
            self._report([self._event("source", *piece.change)])
        count = 0
        if piece.samples is not None:
            reports = self._watcher.push(piece.samples)
            self._outputs.samples(piece.samples if piece.samples.ndim == 1 else piece.samples[:, 0])  # the second column is a tacho
            self._report(reports)
            count = len(piece.samples)
        self._health.took(count, time.monotonic() - began)
        self._look_after()

    def _locate(self, piece):
        """Passes on the time and frequency of the next sample, where a receiver gives them."""
        if piece.time is not None:
            self._watcher.set_time(piece.time)
        if piece.center is not None:
            self._report(self._watcher.retune(piece.center))
        if piece.center is not None or piece.time is not None:
            self._outputs.locate(piece.center, piece.time)

    def _look_after(self):
        self._outputs.poll()
        self._report_changes()
        if self._health.due():
            self._outputs.status(self._health.values(**self._watcher.values()))

    def finish(self, wait=None):
        """wait(): called before outputs that stay are closed; None: none stays."""
        try:
            try:
                self._report(self._watcher.finish())
            finally:
                self._outputs.finish()
                self._report_changes()
        finally:
            self._outputs.close(wait)
        for _, state, words in self._outputs.changes():  # of closing: no output is open that could report them
            if state == "begin":
                warn("monitor", words)
        for words in self._watcher.warnings():
            warn("monitor", words)
        if self._opened.lost:
            warn("monitor", f"{self._opened.lost} samples were lost")

    def _report(self, reports):
        self._health.reported(reports, self._watcher.is_alarm)
        self._outputs.reports(reports)

    def _report_changes(self):
        """Reports outputs that do not work, or work again."""
        for name, state, words in self._outputs.changes():
            if state == "begin":
                warn("monitor", words)
            self._report([self._event("output", state, words, output=name)])

    def _event(self, kind, state, words, output=None):
        """A report on the watch itself."""
        at = self._outputs.time()
        return self._watcher.event(kind=kind, state=state, time=kernels.iso8601(at) if at else None, sample_start=self._outputs.sample,
                                   source=self._source.name or None, output=output, reason=words), None
