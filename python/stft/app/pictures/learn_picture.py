# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of what was learned: spectrograms before and after in the same colours, and theta."""
import math

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.files.quantities import in_units
from gnuradio.stft.app.pictures.frequency_scales import Lines
from gnuradio.stft.app.pictures.learned_panel import rate_unit
from gnuradio.stft.app.pictures.picture_axes import (LARGEST_WIDTH, Axis, colour_range, decibels, label_axes,
                                            matplotlib_for_pictures, new_figure, plain, save_figure,
                                            show_level)

_RATE = "C3"  # the colour of chirp rates
_BLOCK_VALUES = 2**20  # spectrogram values computed at a time


class Columns:
    """Means of frames at any times over equal columns; one without a frame shows the nearest."""

    def __init__(self, count, limits):
        self._edges = np.linspace(*limits, count + 1)
        self._sum = None
        self._frames = np.zeros(count)

    def add(self, times, rows):
        """Rows (frames, bins) of frames at these times, in any order of calls."""
        if self._sum is None:
            self._sum = np.zeros((len(self._frames), rows.shape[1]))
        column = np.searchsorted(self._edges, times, side="right") - 1
        column[times == self._edges[-1]] -= 1
        inside = (column >= 0) & (column < len(self._frames))
        np.add.at(self._sum, column[inside], rows[inside])
        np.add.at(self._frames, column[inside], 1)

    def means(self):
        """(columns, bins); NaN without any frame inside the limits."""
        filled = np.flatnonzero(self._frames)
        if not filled.size:
            return np.full(self._sum.shape, np.nan)
        means = self._sum[filled] / self._frames[filled, np.newaxis]
        between = (filled[1:] + filled[:-1]) / 2
        return means[np.searchsorted(between, np.arange(len(self._frames)))]


class BeforeAfter:
    """A picture: the power density through one usual window, that through the learned ones, and
    theta, if there are several, in a panel of its own.

    Power is calibrated whatever the norm: it is of windows of unit energy.
    """

    def __init__(self, outcome, arguments, title):
        self._outcome, self._look, self._title = outcome, arguments, title
        recording = outcome.portion.recording
        self._known = recording.rate_known
        self._complex = recording.is_complex
        self._problem = outcome.problem
        fs, n_fft = outcome.fs, outcome.problem["n_fft"]
        self._frequencies = recording.zero_frequency + np.asarray(stft.frequencies(
            n_fft, fs, "centered" if self._complex else "onesided"))
        begin = outcome.portion.start / fs
        self._time_limits = begin, begin + outcome.portion.length / fs
        self._bin_step = fs / n_fft
        self._lines = Lines(self._frequencies, self._bin_step, self._frequency_limits(), arguments.height,
                            "Hz" if self._known else "cycles/sample", arguments.frequency_scale)

    def write(self, path, temporary):
        save_figure(self._draw(), path, temporary, path[-3:].lower())

    def _draw(self):
        outcome, look, share = self._outcome, self._look, self._problem["share"]
        before = decibels(self._density(outcome.before.theta, outcome.before.t))
        after = decibels(self._density(outcome.learned.theta, outcome.learned.t, outcome.learned.c))
        limits = colour_range(np.concatenate([before.ravel(), after.ravel()]), look.zmin, look.zmax)
        figure = new_figure(look.width, look.height)
        rows = 3 if share in ("frame", "cell") else 2
        beside = share == "bin"
        grid = figure.add_gridspec(rows, 2 if beside else 1,
                                   width_ratios=(4, 1) if beside else None,
                                   height_ratios=(3, 3, 1.3) if share == "frame" else None)
        axes = [figure.add_subplot(grid[n, 0]) for n in range(rows)]
        time, frequency = self._time_axis(), self._lines.axis
        for panel, level in zip(axes, (before, after)):
            image = show_level(panel, level.T, limits, look.cmap, time, frequency)
        for panel in axes[:-1]:
            panel.set_xlabel("")
            panel.tick_params(labelbottom=False)
        room = look.width / figure.dpi
        figure.suptitle(plain(self._title, 9 * room), fontsize="large")
        theta = outcome.learned.theta
        for panel, words in zip(axes, (
                f"Before: window {self._words(outcome.before.theta)}",
                f"After: window {self._words(theta)}" + self._rate_words())):
            panel.set_title(plain(words + f", {self._frames_words(panel is axes[0])}", 12 * room),
                            fontsize="small", loc="left")
        if share == "frame":
            self._line_below(axes[2], theta, time)
        elif share == "bin":
            self._line_beside(figure.add_subplot(grid[1, 1]), theta, frequency)
        elif share == "cell":
            self._panel_of(figure, axes[2], theta, time, frequency)
        bar = figure.colorbar(image, ax=axes[:2], pad=0.015, fraction=0.05, aspect=45,
                              extend="both")
        unit = (outcome.portion.recording.unit or "1") + "²/" + (
            "Hz" if self._known else "(cycle/sample)")
        bar.set_label(f"Power density (dB re {unit})".replace("1²", "1"))
        return figure

    def _words(self, theta):
        least, greatest = float(np.min(theta)), float(np.max(theta))
        values = [least] if greatest - least < 1e-9 * greatest else [least, greatest]
        words = " to ".join(f"{value:.5g}" for value in values) + " samples"
        if self._known:
            words += f" ({' to '.join(in_units(v / self._outcome.fs, 's') for v in values)})"
        return words

    def _rate_words(self):
        """Words on one chirp rate for all frames; rates of single frames are drawn."""
        c = self._outcome.learned.c
        if c is None or c.size > 1 or self._problem["share"] == "frame":
            return ""
        unit, factor = self._rate_unit()
        return f", chirp rate {c.item() * factor:.4g} {unit}"

    def _rate_unit(self):
        return rate_unit(self._outcome.learned.c, self._outcome.fs) if self._known else ("cycles/sample²", 1)

    def _frames_words(self, is_before):
        outcome = self._outcome
        t = (outcome.before if is_before else outcome.learned).t
        loss = (outcome.before if is_before else outcome.learned).loss
        hop = (t[-1] - t[0]) / (len(t) - 1) if len(t) > 1 else self._problem["hop"]
        return f"n_fft {self._problem['n_fft']}, hop {hop:.5g}, loss {loss:.5g}"

    def _density(self, theta, t, c=None):
        """Power density (columns, lines) of the DSTFT with these windows; with chirp rates of the analytic signal, which has twice the
        amplitudes of a real one.
        """
        n_fft, fs = self._problem["n_fft"], self._outcome.fs
        analytic = c is not None and not self._complex
        x = stft.analytic_signal(self._outcome.x) if analytic else self._outcome.x
        columns = self._columns(len(t))
        step = max(1, _BLOCK_VALUES // n_fft)
        for first in range(0, len(t), step):
            some = slice(first, first + step)
            lengths = theta[:, some] if theta.shape[1] > 1 else theta
            rates = c if c is None or c.size == 1 else c[0, some]
            S = stft.dstft(x, lengths, t[some], n_fft=n_fft, c=rates, window=self._problem["window"], norm="l2")
            density = np.square(np.abs(S[: n_fft // 2 + 1] if analytic else S).T, dtype=np.float64) / fs
            if analytic:
                density[:, 1 : (n_fft + 1) // 2] /= 4
            columns.add((self._outcome.x_start + t[some]) / fs,
                        self._lines.pool(self._ordered(density)))
        return columns.means()

    def _ordered(self, rows):
        """Rows (frames, bins) with bins in the order of frequency, inner ones doubled if real."""
        if self._complex:
            return np.fft.fftshift(rows, axes=1)
        rows[:, 1:(self._problem["n_fft"] + 1) // 2] *= 2
        return rows

    def _columns(self, frames):
        width = min(LARGEST_WIDTH, self._look.width)
        return Columns(width if frames < width else max(1, math.ceil(frames / math.ceil(frames / width))),
                       self._time_limits)

    def _line_below(self, axes, theta, time):
        """theta of each frame over time."""
        scale = self._length_axis("Window")
        axes.plot(self._outcome.centres / self._outcome.fs / time.factor,
                  theta[0] / self._outcome.fs / scale.factor, color="black", linewidth=1)
        label_axes(axes, time, scale)
        axes.grid(alpha=0.3)
        if self._outcome.learned.c is not None:
            unit, factor = self._rate_unit()
            beside = axes.twinx()
            beside.plot(self._outcome.centres / self._outcome.fs / time.factor, self._outcome.learned.c[0] * factor, color=_RATE, linewidth=1)
            beside.set_ylabel(f"Chirp rate ({unit})", color=_RATE)

    def _line_beside(self, axes, theta, frequency):
        """theta of each bin next to the spectrogram."""
        scale = self._length_axis()
        lengths = np.fft.fftshift(theta[:, 0]) if self._complex else theta[:, 0]
        axes.plot(lengths / self._outcome.fs / scale.factor,
                  self._lines.forward(self._frequencies) / frequency.factor,
                  color="black", linewidth=1)
        label_axes(axes, scale, frequency)
        axes.set_ylabel("")
        axes.tick_params(labelleft=False)
        axes.grid(alpha=0.3)

    def _panel_of(self, figure, axes, theta, time, frequency):
        """theta of each cell as an image."""
        columns = self._columns(theta.shape[1])
        rows = np.fft.fftshift(theta.T, axes=1) if self._complex else theta.T
        rows = self._lines.pool(np.log(rows))
        columns.add(self._outcome.centres / self._outcome.fs, rows)
        scale = self._length_axis()
        lengths = np.exp(columns.means().T) / self._outcome.fs / scale.factor
        least, greatest = lengths.min(), max(lengths.max(), 1.01 * lengths.min())
        norm = matplotlib_for_pictures().colors.LogNorm(least, greatest)
        image = axes.imshow(lengths, aspect="auto", origin="lower", cmap="viridis", norm=norm,
                            interpolation="nearest", extent=(*time.edges, *frequency.edges))
        label_axes(axes, time, frequency)
        axes.set_title("Learned window length", fontsize="small", loc="left")
        bar = figure.colorbar(image, ax=axes, pad=0.015, fraction=0.05, aspect=22)
        bar.set_label(scale.label)
        ticks = np.geomspace(least, greatest, 5)
        bar.set_ticks(ticks, labels=[f"{tick:.3g}" for tick in ticks])
        bar.minorticks_off()

    def _time_unit(self):
        return "s" if self._known else "samples"

    def _length_axis(self, name="Window length"):
        """An axis of window lengths from 0 to the longest."""
        limits = (0, 1.05 * float(np.max(self._outcome.learned.theta)) / self._outcome.fs)
        return Axis(limits, limits, name, self._time_unit())

    def _time_axis(self):
        return Axis(self._time_limits, self._time_limits, "Time", self._time_unit())

    def _frequency_limits(self):
        low, high = self._frequencies[0], self._frequencies[-1]
        half = self._bin_step / 2 if self._complex else 0
        return low - half, high + half
