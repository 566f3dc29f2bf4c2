# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a spectrogram, pooled to its pixels while it is computed."""
import math

import numpy as np

from gnuradio.stft.app.pictures.frequency_scales import Lines
from gnuradio.stft.app.pictures.learned_panel import draw_learned
from gnuradio.stft.app.pictures.picture_axes import (LARGEST_WIDTH, Axis, colour_range, decibels, new_figure,
                                            plain, save_figure, show_level)
from gnuradio.stft.optional_modules import load

_MOST_LABELS = 60  # of annotations; more would cover the picture


class GroupMean:
    """Means of consecutive groups of `size` rows; the last group may be smaller.

    Rows are added one after another, so that any division of them into calls gives the same bits.
    """

    def __init__(self, size):
        self._size = size
        self._sum = None
        self._count = 0

    def add(self, rows):
        """Means (groups, bins), float64, of the groups that these rows (rows, bins) complete."""
        if self._size == 1:
            return rows
        head = min((self._size - self._count) % self._size, len(rows))
        whole = (len(rows) - head) // self._size
        means = []
        if head:
            self._accumulate(rows[:head])
            means += self._emit_if_whole()
        if whole:
            groups = rows[head:head + whole * self._size].reshape(whole, self._size, -1)
            means.append(_sums(groups) / self._size)
        tail = rows[head + whole * self._size:]
        if len(tail):
            self._accumulate(tail)
        return np.concatenate(means) if means else np.empty((0, rows.shape[1]))

    def last(self):
        """The mean of what has not made a whole group: none or one row, as a list."""
        if not self._count:
            return []
        mean = self._sum / self._count
        self._count = 0
        return [mean[np.newaxis]]

    def _accumulate(self, rows):
        so_far = [self._sum[np.newaxis]] if self._count else []
        self._sum = _sums(np.concatenate([*so_far, rows], dtype=np.float64)[np.newaxis])[0]
        self._count += len(rows)

    def _emit_if_whole(self):
        return self.last() if self._count == self._size else []


def _sums(groups):
    """Sums (groups, bins) of rows (groups, rows, bins), in the order of the rows."""
    if groups.shape[2] == 1:  # which NumPy would add in pairs
        return np.add.accumulate(groups, axis=1, dtype=np.float64)[:, -1]
    return np.ascontiguousarray(groups).sum(axis=1, dtype=np.float64)


class Picture:
    """A PNG, SVG or PDF file. Bins are pooled to the picture's lines, frames averaged to its columns.

    The mean power of the frames under a pixel is shown; of the bins under it the mean for a
    density, the largest for levels, which a mean would lower.
    """

    def __init__(self, path, temporary, grid, look):
        """look: form of the file, width and height in pixels, zmin and zmax in dB or None, cmap,
        title, subtitle, label of the colours, `power` (False: rows hold magnitudes), `density`,
        frequency_scale, annotations (seconds or samples, and frequencies, as the grid has them)."""
        self._path, self._temporary = path, temporary
        self._grid, self._look = grid, look
        columns = min(LARGEST_WIDTH, look.width)
        self.frames_per_column = math.ceil(len(grid.times) / columns)
        self._lines = Lines(grid.frequencies, grid.bin_step, grid.frequency_limits, look.height,
                            grid.meta["frequency_unit"], look.frequency_scale)
        self._mean = GroupMean(self.frames_per_column)
        self._columns = []

    def write(self, rows):
        rows = rows if self._look.power else np.square(rows, dtype=np.float64)
        if self._look.density:  # means commute, and lines are fewer than bins
            self._keep(self._mean.add(self._lines.pool(rows)))
        else:
            self._keep(self._pooled(self._mean.add(rows)))

    def columns(self):
        """Columns of the rows so far, (columns, lines) in dB."""
        for mean in self._mean.last():
            self._keep(mean if self._look.density else self._pooled(mean))
        return np.concatenate(self._columns)

    def add_columns(self, columns):
        """Takes what columns() of another one has returned."""
        self._columns.append(columns)

    def finish(self):
        figure = self._draw(self.columns())
        save_figure(figure, self._path, self._temporary, self._look.form)

    def abandon(self):
        self._columns = []

    def _pooled(self, means):
        return self._lines.pool(means, largest=True) if len(means) else means

    def _keep(self, columns):
        """In dB, which single precision holds for any power."""
        if len(columns):
            self._columns.append(decibels(columns).astype(np.float32))

    def _draw(self, columns):
        level = columns.T
        low, high = colour_range(level, self._look.zmin, self._look.zmax)
        figure = new_figure(self._look.width, self._look.height)
        panel = None
        if self._grid.learned:
            axes, panel = figure.subplots(2, 1, height_ratios=(4, 1.2))
        else:
            axes = figure.add_subplot()
        time = self._time_axis()
        image = show_level(axes, level, (low, high), self._look.cmap, time, self._lines.axis)
        self._annotate(axes, time)
        room = self._look.width / figure.dpi
        axes.set_title(plain(self._look.title, 9 * room), fontsize="large", pad=20)
        axes.annotate(plain(self._look.subtitle, 12 * room), (0.5, 1), (0, 5), "axes fraction",
                      "offset points", ha="center", va="bottom", fontsize="small", color="0.3")
        bar = figure.colorbar(image, ax=axes, pad=0.015, fraction=0.05, aspect=30,
                              extend="both")
        bar.set_label(self._look.label)
        if panel is not None:
            axes.set_xlabel("")
            axes.tick_params(labelbottom=False)
            draw_learned(panel, self._grid, time)
        return figure

    def _annotate(self, axes, time):
        """Frames with words at their upper left corners around what the metadata speaks of."""
        effects = load("matplotlib.patheffects", "writing a picture")
        outlined = [effects.Stroke(linewidth=2.4, foreground="black", alpha=0.6), effects.Normal()]
        bottom, top = self._lines.axis.limits
        boxes = []
        for number, (begin, end, low, high, label) in enumerate(self._look.annotations):
            left, right = begin / time.factor, end / time.factor
            if low is None:
                low, high = bottom, top
            else:
                edges = self._lines.forward(np.array((low, high))) / self._lines.axis.factor
                low, high = np.clip(edges, bottom, top)
            boxes.append([(left, low), (left, high), (right, high), (right, low), (left, low)])
            if label and number < _MOST_LABELS:
                axes.annotate(plain(label, 40), (max(left, time.limits[0]), high), (3, -3),
                              textcoords="offset points", va="top", fontsize="small", color="white",
                              path_effects=outlined, clip_on=True, annotation_clip=True,
                              in_layout=False)
        collections = load("matplotlib.collections", "writing a picture")  # a line for each would take milliseconds
        axes.add_collection(collections.LineCollection(boxes, colors="white", linewidths=1, path_effects=outlined), autolim=False)

    def _time_axis(self):
        grid = self._grid
        step = grid.row_step * self.frames_per_column
        columns = math.ceil(len(grid.times) / self.frames_per_column)
        left = grid.times[0] - grid.row_step / 2
        return Axis((left, left + columns * step), grid.time_limits, "Time", grid.meta["time_unit"])
