# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a spectrogram, made once and handed to all outputs that take rows."""
import numpy as np

from gnuradio import stft
from gnuradio.stft.app.outputs.output import Rows


class SpectrogramFeed:
    """Frames of samples -> their power densities -> means of as many of them as each output asks for.

    source: a Source. rates: rows per second, one for each output, inf for every frame.
    """

    def __init__(self, source, window, rates):
        self._source, self._window = source, window
        self._averages = [max(1, int(np.ceil(source.rate / (source.hop * rate)))) for rate in rates]
        self._held, self._start = np.empty(0, source.dtype), 0
        self._sums = [[] for _ in rates]

    def push(self, x, clock):
        """The next samples -> [(index of the rate, Rows)]."""
        source = self._source
        self._held = np.concatenate([self._held, x])
        frames = 1 + (self._held.size - source.n_fft) // source.hop if self._held.size >= source.n_fft else 0
        found = []
        if frames:
            rows = stft.spectrogram(self._held, self._window, hop=source.hop, n_fft=source.n_fft, first=0, frames=frames,
                                    fs=source.rate, sides="centered" if source.dtype.kind == "c" else "onesided").T
            for which, average in enumerate(self._averages):
                found += self._mean(which, average, rows, clock)
            self._held = self._held[frames * source.hop:]
            self._start += frames * source.hop
        return found

    def cut(self, sample, clock):
        """Frames begin again at `sample`: what is not complete is handed out."""
        found = [(which, self._rows(np.mean(sums, axis=0)[np.newaxis], self._start - len(sums) * self._source.hop, average, len(sums), clock))
                 for which, (average, sums) in enumerate(zip(self._averages, self._sums)) if sums]
        self._sums = [[] for _ in self._sums]
        self._held, self._start = self._held[:0], sample
        return found

    def _mean(self, which, average, rows, clock):
        sums = self._sums[which]
        first = self._start - len(sums) * self._source.hop
        sums.extend(rows)
        count = len(sums) // average
        if not count:
            return []
        values = np.array(sums[:count * average]).reshape(count, average, -1).mean(axis=1)
        del sums[:count * average]
        return [(which, self._rows(values, first, average, average, clock))]

    def _rows(self, values, first, average, frames, clock):
        return Rows(np.float32(values), first, average * self._source.hop, frames, clock.center, clock.time_of(first), self._source.rate)
