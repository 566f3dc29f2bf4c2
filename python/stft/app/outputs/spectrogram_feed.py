# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a spectrogram, made once and handed to all outputs that take rows."""
import math

from gnuradio.stft.app.outputs.output import Rows
from gnuradio.stft.stft_python import kernels


class SpectrogramFeed:
    """Frames of samples -> their power densities -> means of as many of them as each output asks for.

    source: a Source. rates: most rows per second, one for each output, inf for every frame.
    """

    def __init__(self, source, window, rates):
        self._source = source
        averages = [max(1, math.ceil(source.rate / (source.hop * rate))) for rate in rates]
        self._averages = sorted(set(averages))
        self._reduction = [self._averages.index(average) for average in averages]
        make = kernels.averaged_rows_c if source.dtype.kind == "c" else kernels.averaged_rows_f
        self._kernel = make(n_fft=source.n_fft, hop=source.hop, window=window, samp_rate=source.rate, averages=self._averages)

    def push(self, x, clock):
        """The next samples -> [(index of the rate, Rows)]."""
        self._kernel.add(x)
        return self._taken(clock)

    def cut(self, lost, clock):
        """Frames begin again, after `lost` samples: what is not complete is handed out."""
        self._kernel.cut(lost)
        return self._taken(clock)

    def _taken(self, clock):
        made = [[self._rows(run, average, clock) for run in self._kernel.take(which)] for which, average in enumerate(self._averages)]
        return [(index, rows) for index, which in enumerate(self._reduction) for rows in made[which]]

    def _rows(self, run, average, clock):
        first, frames, values = run
        return Rows(values, first, average * self._source.hop, frames, clock.center, clock.time_of(first), self._source.rate)
