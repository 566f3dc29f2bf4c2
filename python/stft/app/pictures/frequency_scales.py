# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Frequency on a picture: linear, logarithmic or mel, and the bins under each line of pixels."""
import math

import numpy as np

from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.pictures.picture_axes import Axis

SCALES = ("linear", "log", "mel")
_MEL_CORNER = 700.0  # Hz, O'Shaughnessy, "Speech communication", 1987
_CLOSEST_TICKS = 0.04  # as a part of the axis


class Lines:
    """Bins (ascending frequencies, `bin_step` apart) pooled to the lines of a picture.

    axis: where the lines are, in `forward` of a frequency for scales that are not linear
    """

    def __init__(self, frequencies, bin_step, limits, height, unit, scale="linear"):
        self._frequencies = frequencies
        self.scale = scale
        if scale == "linear":
            self._per_line = math.ceil(len(frequencies) / height)
            count = math.ceil(len(frequencies) / self._per_line)
            bottom = frequencies[0] - bin_step / 2
            top = bottom + count * self._per_line * bin_step
            self.axis = Axis((bottom, top), limits, "Frequency", unit)
            self._starts = np.arange(0, len(frequencies), self._per_line)
            self._stop = len(frequencies)
            self._filled = None
            return
        low, high = self._positive_limits(limits, bin_step)
        ends = self.forward(low), self.forward(high)
        edges = np.linspace(*ends, height + 1)
        starts = np.searchsorted(self.forward(frequencies), edges)
        self._filled = np.flatnonzero(np.diff(starts))
        self._starts, self._stop = starts[:-1][self._filled], starts[-1]
        middles = self._backward((edges[1:] + edges[:-1]) / 2)
        nearest = np.rint((middles - frequencies[0]) / bin_step).astype(int)
        self._nearest = np.clip(nearest, 0, len(frequencies) - 1)
        self.axis = Axis(ends, ends, "Frequency", "", ticks=self._ticks(low, high),
                         shown=unit + (", mel scale" if scale == "mel" else ""))

    def _positive_limits(self, limits, bin_step):
        low, high = max(limits[0], 0.0), limits[1]
        if self.scale == "log" and low <= 0:
            low = next((f for f in self._frequencies if f > 0), high)
        if not low < high:
            low, high = low - bin_step / 4, low + bin_step / 4
        return low, high

    def forward(self, frequency):
        """Where a frequency lies on the axis, before the axis' own factor."""
        if self.scale == "linear":
            return frequency
        if self.scale == "mel":
            return 2595 * np.log10(1 + np.asarray(frequency) / _MEL_CORNER)
        with np.errstate(divide="ignore"):
            return np.log10(frequency)

    def _backward(self, position):
        if self.scale == "mel":
            return _MEL_CORNER * (10 ** (position / 2595) - 1)
        return 10**position

    def pool(self, rows, largest=False):
        """Rows (rows, bins) to (rows, lines): means, or the largest; a line that is narrower than a
        bin shows the nearest one."""
        kept = rows[:, :self._stop]
        if self._filled is not None and not len(self._starts):
            return rows[:, self._nearest]
        if largest:
            pooled = np.maximum.reduceat(kept, self._starts, axis=1)
        else:
            counts = np.diff(np.append(self._starts, self._stop))
            pooled = np.add.reduceat(kept, self._starts, axis=1) / counts
        if self._filled is None:
            return pooled
        lines = rows[:, self._nearest].astype(pooled.dtype, copy=False)
        lines[:, self._filled] = pooled
        return lines

    def _ticks(self, low, high):
        """Positions and words of 1, 2, 5, 10, ... as far as they have room; finer ones where the range
        is small."""
        decades = range(math.floor(math.log10(high)) - 8, math.ceil(math.log10(high)) + 1)
        values = [0.0] + [digit * 10.0**decade for decade in decades for digit in (1, 2, 5)]
        values = [value for value in values if low <= value <= high and (value or self.scale == "mel")]
        if len(values) < 4:
            step = 10 ** math.floor(math.log10((high - low) / 4))
            step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (factor * step) <= 9)
            values = [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
        span = self.forward(high) - self.forward(low)
        kept = []
        for value in reversed(values):
            position = float(self.forward(value))
            if not kept or kept[-1][0] - position >= _CLOSEST_TICKS * span:
                kept.append((position, _short(value)))
        return kept[::-1]


def check_scale(scale, lowest, rate_known, advice=""):
    """ValueError where the frequencies that are shown do not fit the scale."""
    if scale != "linear" and lowest < 0:
        refuse("frequency_scale", scale, f"shows no negative frequencies, the lowest is {lowest:g}{advice}")
    if scale == "mel" and not rate_known:
        refuse("frequency_scale", scale, "needs a sampling rate; give --rate")


def _short(value):
    """20000.0 is "20k"."""
    for prefix, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= factor:
            return f"{value / factor:.10g}{prefix}"
    return f"{value:.10g}"
