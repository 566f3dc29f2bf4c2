# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a spectrogram, pooled to its pixels while it is computed."""
import logging
import math
import warnings

import numpy as np

from gnuradio.stft.optional_modules import load
from gnuradio.stft.recordings import refuse
from gnuradio.stft.spectrogram_files import named

LARGEST_WIDTH = 2000  # columns; more would not be seen
_LARGEST_RANGE = 100.0  # dB that the colours span, unless asked for


class GroupMean:
    """Means of consecutive groups of `size` rows; the last group may be smaller."""

    def __init__(self, size):
        self._size = size
        self._sum = None
        self._count = 0

    def add(self, rows):
        """Means (groups, bins), float64, of the groups that these rows (rows, bins) complete."""
        if self._size == 1:
            return rows
        head = min((self._size - self._count) % self._size, len(rows))
        whole, tail = divmod(len(rows) - head, self._size)
        means = []
        if head:
            self._accumulate(rows[:head])
            means += self._emit_if_whole()
        if whole:
            groups = rows[head:head + whole * self._size]
            starts = np.arange(0, len(groups), self._size)
            means.append(np.add.reduceat(groups, starts, axis=0, dtype=np.float64) / self._size)
        if tail:
            self._accumulate(rows[len(rows) - tail:])
        return np.concatenate(means) if means else np.empty((0, rows.shape[1]))

    def last(self):
        """The mean of what has not made a whole group: none or one row, as a list."""
        if not self._count:
            return []
        mean = self._sum / self._count
        self._count = 0
        return [mean[np.newaxis]]

    def _accumulate(self, rows):
        total = rows.sum(axis=0, dtype=np.float64)
        self._sum = total if not self._count else self._sum + total
        self._count += len(rows)

    def _emit_if_whole(self):
        return self.last() if self._count == self._size else []


def check_picture(arguments):
    """ValueError for options of the picture that are out of range."""
    for name, limits in (("width", (300, 10000)), ("height", (200, 10000))):
        value = getattr(arguments, name)
        if not limits[0] <= value <= limits[1]:
            refuse(name, value, f"must be {limits[0]} .. {limits[1]} pixels")
    for name in ("zmin", "zmax"):
        value = getattr(arguments, name)
        if value is not None and not math.isfinite(value):
            refuse(name, value, "must be finite")
    if None not in (arguments.zmin, arguments.zmax) and arguments.zmin >= arguments.zmax:
        refuse("zmin", f"{arguments.zmin:g}", f"must be less than zmax = {arguments.zmax:g}")


def check_cmap(name):
    matplotlib = matplotlib_for_pictures()
    if name not in matplotlib.colormaps:
        refuse("cmap", repr(name), "must be one of matplotlib's: viridis, magma, gray, ...")


def matplotlib_for_pictures():
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # a HOME it cannot write to is no news
    for part in ("matplotlib.colors", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        load(part, "writing a picture")
    return load("matplotlib", "writing a picture")


class Picture:
    """A PNG file. Frames are averaged to the picture's columns, bins pooled to its lines.

    The mean power of the frames under a pixel is shown; of the bins under it the mean for a
    density, the largest for levels, which a mean would lower.
    """

    def __init__(self, path, temporary, grid, look):
        """look: width and height in pixels, zmin and zmax in dB or None, cmap, title, subtitle,
        label of the colours, `power` (False: rows hold magnitudes), `density`."""
        self._path, self._temporary = path, temporary
        self._grid, self._look = grid, look
        columns, lines = min(LARGEST_WIDTH, look.width), look.height
        self.frames_per_column = math.ceil(len(grid.times) / columns)
        self._bins_per_line = math.ceil(len(grid.frequencies) / lines)
        self._mean = GroupMean(self.frames_per_column)
        self._columns = []

    def write(self, rows):
        rows = rows if self._look.power else np.square(rows, dtype=np.float64)
        self._pool(self._mean.add(rows))

    def finish(self):
        for mean in self._mean.last():
            self._pool(mean)
        figure = self._draw(np.concatenate(self._columns))
        with named(self._path), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # glyphs of a file name that the font lacks
            figure.savefig(self._temporary, format="png", dpi=figure.dpi)

    def abandon(self):
        self._columns = []

    def _pool(self, means):
        if not len(means):
            return
        if self._look.density:
            pooled = pooled_bins(means, self._bins_per_line)
        else:
            starts = np.arange(0, means.shape[1], self._bins_per_line)
            pooled = np.maximum.reduceat(means, starts, axis=1)
        self._columns.append(pooled.astype(np.float32))

    def _draw(self, power):
        level = decibels(power.T)
        low, high = colour_range(level, self._look.zmin, self._look.zmax)
        figure = new_figure(self._look.width, self._look.height)
        axes = figure.add_subplot()
        image = show_level(axes, level, (low, high), self._look.cmap,
                           self._time_axis(), self._frequency_axis())
        room = self._look.width / figure.dpi
        axes.set_title(plain(self._look.title, 9 * room), fontsize="large", pad=20)
        axes.annotate(plain(self._look.subtitle, 12 * room), (0.5, 1), (0, 5), "axes fraction",
                      "offset points", ha="center", va="bottom", fontsize="small", color="0.3")
        bar = figure.colorbar(image, ax=axes, pad=0.015, fraction=0.05, aspect=30,
                              extend="both")
        bar.set_label(self._look.label)
        return figure

    def _time_axis(self):
        grid = self._grid
        step = grid.row_step * self.frames_per_column
        columns = math.ceil(len(grid.times) / self.frames_per_column)
        left = grid.times[0] - grid.row_step / 2
        return Axis((left, left + columns * step), grid.time_limits, "Time", grid.meta["time_unit"])

    def _frequency_axis(self):
        grid = self._grid
        lines = math.ceil(len(grid.frequencies) / self._bins_per_line)
        bottom = grid.frequencies[0] - grid.bin_step / 2
        return Axis((bottom, bottom + lines * self._bins_per_line * grid.bin_step),
                    grid.frequency_limits, "Frequency", grid.meta["frequency_unit"])


class Axis:
    """Edges of an image and limits of an axis, in the multiple of the unit that reads well."""

    _multiples = {  # used from, factor, name
        "Hz": ((1e6, 1e6, "MHz"), (1e3, 1e3, "kHz"), (0.1, 1, "Hz"), (0, 1e-3, "mHz")),
        "s": ((36000, 3600, "h"), (1, 1, "s"), (1e-3, 1e-3, "ms"), (0, 1e-6, "µs")),
    }

    def __init__(self, edges, limits, name, unit):
        factor, shown = self._multiple(max(abs(limits[0]), abs(limits[1])), unit)
        self.factor = factor
        self.edges = tuple(edge / factor for edge in edges)
        self.limits = tuple(limit / factor for limit in limits)
        self.label = f"{name} ({shown})"

    def _multiple(self, largest, unit):
        for threshold, factor, shown in self._multiples.get(unit, ((0, 1, unit),)):
            if largest >= threshold:
                return factor, shown


def pooled_bins(rows, bins_per_line):
    """Means of each bins_per_line neighbouring bins of rows (rows, bins); the last may be of fewer."""
    starts = np.arange(0, rows.shape[1], bins_per_line)
    counts = np.diff(np.append(starts, rows.shape[1]))
    return np.add.reduceat(rows, starts, axis=1) / counts


def new_figure(width, height):
    """An empty figure of so many pixels."""
    matplotlib = matplotlib_for_pictures()
    dpi = dots_per_inch(width, height)
    figure = matplotlib.figure.Figure((width / dpi, height / dpi), dpi=dpi, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
    matplotlib.backends.backend_agg.FigureCanvasAgg(figure)
    return figure


def show_level(axes, level, limits, cmap, time, frequency):
    """Levels (bins, rows) in dB as an image: grey where they are not a number, the darkest
    colour where there is no power. `limits` of the colours; `time` and `frequency` are Axis."""
    low, high = limits
    colours = matplotlib_for_pictures().colormaps[cmap].copy()
    colours.set_bad("0.6")
    colours.set_under(colours(0.0))
    image = axes.imshow(
        np.ma.masked_invalid(np.where(np.isneginf(level), low - 1, level)),
        aspect="auto", origin="lower", cmap=colours, vmin=low, vmax=high,
        interpolation="nearest", extent=(*time.edges, *frequency.edges))
    label_axes(axes, time, frequency)
    return image


def label_axes(axes, horizontal, vertical):
    """Limits, labels and plain numbers on both axes; both are Axis."""
    axes.set_xlim(*horizontal.limits)
    axes.set_ylim(*vertical.limits)
    for axis, scale in ((axes.xaxis, horizontal), (axes.yaxis, vertical)):
        axis.set_label_text(scale.label)
        axis.get_major_formatter().set_useOffset(False)
        axis.get_major_formatter().set_scientific(False)


def decibels(power):
    """10 log10 of an array; -inf where there is no power."""
    with np.errstate(divide="ignore"):
        return 10 * np.log10(power)


def colour_range(level, low=None, high=None):
    """Ends of the colour scale in dB: from a little under the noise to the loudest cells.

    Robust: the 10th and the 99.9th percentile of the cells that hold a finite level, spread
    to at least 10 dB and at most 100 dB. What is given is kept.
    """
    finite = level[np.isfinite(level)]
    bottom, top = np.percentile(finite, (10, 99.9)) if finite.size else (-100.0, 0.0)
    if high is None:
        high = max(top, bottom + 10) if low is None else max(top, low + 10)
    if low is None:
        low = min(max(bottom - 3, high - _LARGEST_RANGE), high - 10)
    return float(low), float(high)


def dots_per_inch(width, height):
    """Resolution at which 10 point letters suit a picture of so many pixels."""
    small = min(max(120 * min(width / 1000, height / 600), 72), 120)
    return max(small, 120 * min(width / 1600, height / 900))


def plain(text, longest):
    """Text that matplotlib shows as it is: no mathematics, no bytes that are not text, and at
    most about `longest` letters."""
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    half = max(1, int(longest) // 2)
    if len(text) > 2 * half:
        text = f"{text[:half]}…{text[-half:]}"
    return text.replace("$", r"\$")
