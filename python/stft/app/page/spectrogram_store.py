# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What `gr_stft monitor --spectrogram DIR` has stored, at any scale: files of rows, and an overview of each.

The overview of NAME.npy is DIR/overview/NAME.npy: records (rows.record_type) of levels one after the other, each with a
quarter of the rows of the level before, down to a single one. It can be removed at any time, and is made again.
"""
import contextlib
import json
import math
import os
import threading
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from gnuradio.stft.app.page.rows import MERGED, narrowed, record_type, records, shown_bins
from gnuradio.stft.npy_files import load_array

_FOLDER = "overview"
_AT_ONCE = 1 << 22   # values that are read at once
_TOGETHER = 2048     # rows that are drawn at once
_LATEST = 2**53      # s, beyond which rows have no times of their own
_SAMPLED = 4         # rows that stand for the others of a cell where there is no overview yet


@dataclass(frozen=True)
class StoredRows:
    """A file of rows. start: s since 1970; seconds: of a row; lower, upper: Hz, outer edges of the first and last bin."""
    name: str
    path: str
    start: float
    seconds: float
    rows: int
    bins: int
    lower: float
    upper: float
    complete: bool

    @property
    def end(self):
        return self.start + self.rows * self.seconds


class SpectrogramStore:
    """Stored rows of a folder. Methods may be called by any thread."""

    def __init__(self, directory):
        self.directory = directory
        self._overviews = os.path.join(directory, _FOLDER)
        self._known, self._lock, self._has_overview, self.failed = {}, threading.Lock(), set(), None

    def scan(self):
        """Files by their time; metadata of complete ones is read once. Overviews of files that are gone go, too."""
        with self._lock:
            found, there = {}, set()
            with contextlib.suppress(OSError), os.scandir(self.directory) as entries:
                for entry in entries:
                    there.add(entry.name)
                    if entry.name.endswith(".json"):
                        known = self._known.get(entry.name)
                        found[entry.name] = known if known and known.complete else _described(entry.path)
            self._known = {name: rows for name, rows in found.items() if rows is not None}
            with contextlib.suppress(OSError):
                self._has_overview = set(os.listdir(self._overviews))
                for name in self._has_overview - there if there else ():
                    if name.endswith(".npy"):
                        self._forget_overview(name)
            return sorted(self._known.values(), key=lambda rows: rows.start)

    def extent(self):
        """(first, last) time that is stored, s since 1970; None: nothing is."""
        with self._lock:
            known = list(self._known.values())
        return (min(rows.start for rows in known), max(rows.end for rows in known)) if known else None

    def draw(self, grid):
        """Draws what is stored of the grid's time. Files that have been removed are left out."""
        with self._lock:
            files = sorted((rows for rows in self._known.values() if rows.start < grid.t1 and rows.end > grid.t0),
                           key=lambda rows: rows.start)
        waiting = []  # parts that are drawn together
        for rows in files:
            with contextlib.suppress(OSError, ValueError):
                for part in self._parts(rows, grid):
                    many = sum(len(one[0]) for one in waiting) > _TOGETHER
                    if waiting and (many or part[3:] != waiting[0][3:]):
                        _draw_parts(grid, waiting)
                        waiting = []
                    waiting.append(part)
        _draw_parts(grid, waiting)

    def _parts(self, rows, grid):
        """(starts, durations, records, lower, upper, type of the records) of a file, of the level that suits the grid."""
        factor, level = 1, 0
        while rows.seconds * factor * MERGED <= grid.row_seconds * 1.01 and _size_of(rows.rows, level) > 1:
            factor, level = factor * MERGED, level + 1
        if level and rows.name not in self._has_overview:
            yield from self._sampled_parts(rows, grid)
            return
        seconds = rows.seconds * factor
        size = _size_of(rows.rows, level)
        first = min(size, max(0, int((grid.t0 - rows.start) / seconds)))
        last = min(size, max(0, int(np.ceil((grid.t1 - rows.start) / seconds))))
        if first == last:
            return
        if level:
            before = sum(_size_of(rows.rows, i) for i in range(1, level))
            stored = load_array(os.path.join(self._overviews, rows.name), "r")
            if stored.dtype != record_type(shown_bins(rows.bins)[0]) or stored.size < before + size:
                with contextlib.suppress(OSError):
                    self._forget_overview(rows.name)
                raise ValueError("overview: another shape: is made again")
            yield _part(rows, np.arange(first, last), seconds, stored[before + first:before + last])
            return
        stored = _loaded(rows)
        step = max(1, _AT_ONCE // rows.bins)
        for at in range(first, last, step):
            index = np.arange(at, min(last, at + step))
            yield _part(rows, index, seconds, _narrow_records(stored[index[0]:index[-1] + 1]))

    def _sampled_parts(self, rows, grid):
        """A few rows stand for all where there is no overview yet."""
        cell = grid.row_seconds / rows.seconds
        step = max(1, int(cell / _SAMPLED))
        first = max(0, int((grid.t0 - rows.start) / rows.seconds))
        last = min(rows.rows, int(np.ceil((grid.t1 - rows.start) / rows.seconds)))
        stored = _loaded(rows)
        index = np.arange(first, last, step)
        if index.size:
            yield _part(rows, index / step, rows.seconds * step, _narrow_records(stored[index]))

    def _forget_overview(self, name):
        os.unlink(os.path.join(self._overviews, name))
        self._has_overview = self._has_overview - {name}

    def make_overview(self):
        """Makes one overview that is missing, newest file first -> whether there was one to make."""
        with self._lock:
            files = sorted(self._known.values(), key=lambda rows: -rows.start)
            missing = next((rows for rows in files if rows.complete and rows.name not in self._has_overview), None)
        if missing is None:
            return False
        try:
            self._make(missing)
            self.failed = None
        except (OSError, ValueError) as error:
            self.failed = f"{missing.name}: {getattr(error, 'strerror', None) or error}"
        with self._lock:
            self._has_overview.add(missing.name)  # also of a file that cannot be read: it is not tried again and again
        return True

    def _make(self, rows):
        levels = _levels_of(_loaded(rows))
        os.makedirs(self._overviews, exist_ok=True)
        path = os.path.join(self._overviews, rows.name)
        temporary = f"{path}.part"
        try:
            with open(temporary, "wb") as file:
                np.lib.format.write_array(file, np.concatenate(levels), version=(3, 0))  # the fastest to open
            os.replace(temporary, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise


def _loaded(rows):
    """The rows of a file. ValueError unless it holds what its metadata say."""
    stored = load_array(rows.path, "r")
    if stored.dtype.kind != "f" or stored.ndim != 2 or len(stored) < rows.rows or stored.shape[1] != rows.bins:
        raise ValueError(f"{stored.dtype}, shape {stored.shape}: must be {rows.rows} rows of {rows.bins} bins")
    return stored


def _levels_of(stored):
    """Records of all levels but the finest, which the file itself is."""
    step = max(MERGED, _AT_ONCE // stored.shape[1] // MERGED * MERGED)
    means, peaks = [], []
    for at in range(0, len(stored), step):
        power = np.asarray(stored[at:at + step])
        means.append(_merged(narrowed(power, np.mean), np.mean))
        peaks.append(_merged(narrowed(power, np.max), np.max))
    mean, peak = np.concatenate(means), np.concatenate(peaks)
    levels = [records(mean, peak)]
    while len(mean) > 1:
        mean, peak = _merged(mean, np.mean), _merged(peak, np.max)
        levels.append(records(mean, peak))
    return levels


def _merged(power, reduce):
    whole = len(power) // MERGED * MERGED
    parts = [reduce(power[:whole].reshape(-1, MERGED, power.shape[1]), axis=1)] if whole else []
    if whole < len(power):
        parts.append(reduce(power[whole:], axis=0)[np.newaxis])
    return np.concatenate(parts)


def _size_of(rows, level):
    for _ in range(level):
        rows = -(-rows // MERGED)
    return rows


def _part(rows, index, seconds, made):
    starts = rows.start + index * seconds
    return starts, np.minimum(seconds, rows.end - starts), made, rows.lower, _upper_of(rows), made.dtype


def _draw_parts(grid, parts):
    if parts:
        grid.add(*(np.concatenate([part[i] for part in parts]) for i in range(3)), *parts[0][3:5])


def _narrow_records(power):
    return records(narrowed(power, np.mean), narrowed(power, np.max))


def _upper_of(rows):
    """The outer edge of the last shown bin, which may be of fewer bins than the others."""
    shown, together = shown_bins(rows.bins)
    return rows.lower + shown * together * (rows.upper - rows.lower) / rows.bins


def _described(path):
    """The StoredRows of a file of metadata; None if it is another one's, or its rows have no time."""
    try:
        with open(path, encoding="utf-8") as file:
            values = json.load(file)
        stem = path[:-len(".json")]
        complete = values["ended_by"] is not None
        array = f"{stem}.npy" if complete else f"{stem}.npy.part"
        rows = int(values["rows"]) if complete else len(load_array(array, "r"))
        bins, rate = int(values["vlen"]), float(values["samp_rate"])
        n_fft = _n_fft_of(values.get("n_fft"), bins)
        width = rate / n_fft
        lower = (values["freq_center"] or 0.0) - (n_fft // 2 + 0.5 if bins == n_fft else 0.5) * width
        found = StoredRows(f"{os.path.basename(stem)}.npy", array, _seconds(values["time"]), float(values["hop"]) / rate, rows, bins,
                           lower, lower + bins * width, complete)
        usable = rows >= 1 and found.seconds > 0 and found.lower < found.upper and math.isfinite(found.upper - found.lower)
        return found if usable and abs(found.start) + found.end < _LATEST else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None


def _n_fft_of(stated, bins):
    """The DFT length of rows; where it is not stated, odd ones are those of real samples, from 0 Hz to half the rate."""
    if stated in (bins, 2 * bins - 2, 2 * bins - 1):
        return stated
    return 2 * bins - 2 if bins % 2 == 1 and bins > 1 else bins


def _seconds(text):
    whole, _, part = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{part or 0}")
