# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a spectrogram as the page shows them: half decibels in a byte, and a grid of time and frequency that rows are drawn into.

A record holds a row twice: the mean power of its frames, and the largest one. 0 is unknown; q > 0 is (base + q) / 2 dB.
"""
import struct
import threading

import numpy as np

MAX_BINS = 2048        # of a row that is shown
MERGED = 4             # rows that make one of the next coarser level
_RESOLUTION = 1e-6     # s, of times since 1970
_LOWEST = -2048        # half decibels
_POWER = np.float32(10.0)**(np.arange(_LOWEST, -_LOWEST, dtype=np.float32).clip(-740, 760) / 20)


def record_type(bins):
    return np.dtype([("mean_base", "<i2"), ("peak_base", "<i2"), ("mean", "u1", (bins,)), ("peak", "u1", (bins,))])


def records(mean, peak):
    """Powers of shape (rows, bins) -> records; what is not finite is unknown, and 0 is the lowest value."""
    made = np.empty(len(mean), record_type(mean.shape[1]))
    for name, power in (("mean", mean), ("peak", peak)):
        made[name + "_base"], made[name] = _quantised(np.asarray(power, np.float32))
    return made


def _quantised(power):
    with np.errstate(all="ignore"):
        halves = np.rint(20 * np.log10(power))
    known = np.isfinite(power) & (power >= 0)
    finite = known & np.isfinite(halves)
    base = np.where(finite, halves, -np.inf).max(axis=1, initial=-np.inf) - 255  # the largest value is never clipped
    base = np.where(np.isfinite(base), base, 0)
    values = np.clip(np.where(finite, halves, -1e4) - base[:, np.newaxis], 1, 255)
    return base.astype(np.int16), np.where(known, values, 0).astype(np.uint8)


def powers(base, values):
    """Powers of records: float32, NaN where they are unknown."""
    found = _POWER[base.astype(np.intp)[:, np.newaxis] + values - _LOWEST]
    found[values == 0] = np.nan
    return found


def narrowed(power, reduce):
    """Rows of at most MAX_BINS bins: `reduce` (np.mean or np.max) of neighbours."""
    bins = power.shape[1]
    together = -(-bins // MAX_BINS)
    if together == 1:
        return power
    whole = bins // together * together
    parts = [reduce(power[:, :whole].reshape(len(power), -1, together), axis=2)]
    if whole < bins:
        parts.append(reduce(power[:, whole:], axis=1)[:, np.newaxis])
    return np.concatenate(parts, axis=1)


def shown_bins(bins):
    """Bins of narrowed() rows, and how many bins of the row make one of them; the last may be of fewer."""
    together = -(-bins // MAX_BINS)
    return -(-bins // together), together


def encoded_row(axis, start, duration, number, made):
    """Bytes of a row for the web socket: axis, bins (32 bits), start, duration (s, 64 bits), bases (16 bits), number (32 bits), 8 bytes
    that are 0, then the record's values, filled up to a multiple of 8 bytes."""
    bins = made["mean"].size
    words = struct.pack("<IIddhhI8x", axis, bins, start, duration, made["mean_base"], made["peak_base"], number)
    return words + made["mean"].tobytes() + made["peak"].tobytes() + bytes(-2 * bins % 8)


class Grid:
    """`rows` stretches of time between t0 and t1 (s), `bins` of frequency between lower and upper (Hz), into which rows are drawn.

    A cell has the mean, weighted by time, and the maximum of the rows that reach into it.
    """

    def __init__(self, t0, t1, rows, lower, upper, bins):
        self.t0, self.t1, self.lower, self.upper = t0, t1, lower, upper
        self.row_seconds, self._bins = (t1 - t0) / rows, bins
        self._sum = np.zeros((rows, bins), np.float32)
        self._seconds = np.zeros((rows, bins), np.float32)
        self._peak = np.full((rows, bins), np.nan, np.float32)

    def add(self, starts, durations, made, lower, upper):
        """Records in the order of time, or several such runs, as two writers or a clock that was set back leave them. starts, durations:
        s. lower, upper: Hz, of the first and the last bin's outer edges."""
        if not len(made):
            return
        runs = 1 + np.flatnonzero((np.diff(starts) < 0) | (np.diff(starts + durations) < 0))
        if runs.size:
            for run in zip(*(np.split(each, runs) for each in (starts, durations, made))):
                self.add(*run, lower, upper)
            return
        columns, counts, inside = self._columns(made.dtype["mean"].shape[0], lower, upper)
        if columns is None:
            return
        mean = _pooled(np.add, powers(made["mean_base"], made["mean"]), columns) / counts
        peak = _pooled(np.fmax, powers(made["peak_base"], made["peak"]), columns)
        edges = self.t0 + self.row_seconds * np.arange(len(self._sum) + 1)
        ends = starts + durations
        shortest = max(1e-3 * min(self.row_seconds, durations.min()), _RESOLUTION)  # that a row must lie in a cell to count
        begin = np.searchsorted(ends, edges[:-1] + shortest)
        end = np.searchsorted(starts, edges[1:] - shortest, "right")
        for row in np.flatnonzero(begin < end):
            some = slice(begin[row], end[row])
            seconds = (np.minimum(ends[some], edges[row + 1]) - np.maximum(starts[some], edges[row]))[:, np.newaxis]
            known = ~np.isnan(mean[some])
            self._sum[row, inside] += np.where(known, mean[some] * seconds, 0).sum(axis=0)
            self._seconds[row, inside] += np.where(known, seconds, 0).sum(axis=0)
            self._peak[row, inside] = np.fmax(self._peak[row, inside], np.fmax.reduce(peak[some], axis=0))

    def _columns(self, bins, lower, upper):
        """Edges of the grid's columns in bins of a row, their counts, and the slice of the columns that the row has."""
        width = (upper - lower) / bins
        edges = (self.lower + (self.upper - self.lower) / self._bins * np.arange(self._bins + 1) - lower) / width
        middle = (edges[:-1] + edges[1:]) / 2
        within = np.flatnonzero((middle >= 0) & (middle < bins))
        if not within.size:
            return None, None, None
        inside = slice(within[0], within[-1] + 1)
        if edges[1] - edges[0] <= 1:
            columns = np.append(middle[inside].astype(int), -1)
            columns[-1] = columns[-2] + 1
        else:
            columns = np.clip(np.rint(edges[inside.start:inside.stop + 1]).astype(int), 0, bins)
        return columns, np.maximum(1, np.diff(columns)), inside

    def records(self):
        with np.errstate(all="ignore"):
            mean = self._sum / self._seconds  # NaN where there is nothing
        return records(mean, self._peak)

    def encoded(self):
        """Bytes: rows, bins (32 bits), start, end (s), lower, upper (Hz, 64 bits), then the parts of the records one after the other."""
        made = self.records()
        header = struct.pack("<IIdddd", len(made), self._bins, self.t0, self.t1, self.lower, self.upper)
        return header + b"".join(np.ascontiguousarray(made[name]).tobytes() for name in ("mean_base", "peak_base", "mean", "peak"))


def _pooled(ufunc, values, columns):
    if columns[-1] - columns[0] == len(columns) - 1:
        return values[:, columns[0]:columns[-1]]
    return ufunc.reduceat(values[:, :columns[-1]], columns[:-1], axis=1)


class RowMemory:
    """The last rows of a run, at full rate, and what is older in coarser and coarser levels.

    add() is called by one thread, draw() by another one.
    """

    def __init__(self, rows=1024, levels=7):
        self._levels, self._lock = [_Level(rows) for _ in range(levels)], threading.Lock()
        self.began = self.ended = None

    def extent(self):
        """(first, last) time of the rows; None: there are none."""
        return None if self.began is None else (self.began, self.ended)

    def add(self, start, duration, axis, mean, peak):
        """A row of powers -> its record. axis: (lower, upper), Hz."""
        made = records(mean[np.newaxis], peak[np.newaxis])
        with self._lock:
            self.ended = start + duration
            if self.began is None:
                self.began = start
            for level in self._levels:
                merged = level.add(start, duration, axis, mean, peak)
                if merged is None:
                    break
                start, duration, axis, mean, peak = merged
        return made[0]

    def draw(self, grid):
        with self._lock:
            chosen = self._levels[0]
            for level in self._levels:
                chosen = level
                if level.reaches(grid.t0, self.began) or not level.is_full:
                    break
            for level in self._levels[self._levels.index(chosen):]:
                if level.seconds * MERGED > grid.row_seconds:
                    chosen = level
                    break
            parts = [part for level in self._levels[:self._levels.index(chosen) + 1]
                     for part in (level.parts(grid.t0, grid.t1) if level is chosen else level.open_parts(grid.t0, grid.t1))]
        for part in parts:
            grid.add(*part)


class _Level:
    """Rows of one duration: a ring of records, and the sum of those that have not been merged yet."""

    def __init__(self, rows):
        self._rows, self._count, self._made = rows, 0, None
        self._starts, self._durations, self._axes = np.zeros(rows), np.zeros(rows), [None] * rows
        self._merging, self.seconds = [], 0.0

    @property
    def is_full(self):
        return self._count >= self._rows

    def reaches(self, time, began):
        return self._count > 0 and self._starts[max(0, self._count - self._rows) % self._rows] <= max(time, began)

    def add(self, start, duration, axis, mean, peak):
        if self._made is None or self._made.dtype["mean"].shape[0] != mean.size:
            self._made, self._count = np.zeros(self._rows, record_type(mean.size)), 0
        at = self._count % self._rows
        self._made[at] = records(mean[np.newaxis], peak[np.newaxis])[0]
        self._starts[at], self._durations[at], self._axes[at], self.seconds = start, duration, axis, duration
        self._count += 1
        merged = None
        if self._merging and (axis != self._merging[0][2] or mean.size != self._merging[0][3].size):
            merged = self._merge()
        self._merging.append((start, duration, axis, mean, peak))
        return self._merge() if merged is None and len(self._merging) == MERGED else merged

    def _merge(self):
        rows, self._merging = self._merging, []
        durations = np.array([row[1] for row in rows])
        mean = sum(row[1] * row[3] for row in rows) / durations.sum()
        return rows[0][0], rows[-1][0] + rows[-1][1] - rows[0][0], rows[0][2], np.float32(mean), np.maximum.reduce([row[4] for row in rows])

    def open_parts(self, t0, t1):
        """Rows that are not in the next level yet."""
        found = len(self._merging)
        return self._parts(self._count - found, t0, t1) if found else []

    def parts(self, t0, t1):
        return self._parts(max(0, self._count - self._rows), t0, t1)

    def _parts(self, first, t0, t1):
        order = np.arange(first, self._count) % self._rows
        order = order[(self._starts[order] < t1) & (self._starts[order] + self._durations[order] > t0)]
        parts, begin = [], 0
        for i in range(1, len(order) + 1):
            if i == len(order) or self._axes[order[i]] != self._axes[order[begin]]:
                some = order[begin:i]
                parts.append((self._starts[some], self._durations[some], self._made[some], *self._axes[some[0]]))
                begin = i
        return parts
