# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The newest rows of a spectrogram with their places in time and frequency, and pictures of any part of them.

A piece is rows in a row that lie at even distances in time and share their frequencies; another rate, centre or lost samples
begin another piece. One thread adds rows, another one makes pictures: rows that are there do not change any more, so that the
lock covers the list of pieces only.
"""
import math
import threading
from collections import deque

import numpy as np

_CELLS = 1 << 18  # cells of a full piece
_MOST_PIECES = 4096
_MOST_ANCHORS = 4096


class Piece:
    """Rows from `begin` (s) on, each `period` (s) long, whose bin m covers `low` + m `step` .. `low` + (m + 1) `step` (Hz)."""

    def __init__(self, number, begin, period, low, step, bins):
        self.number, self.begin, self.period, self.low, self.step, self.bins = number, begin, period, low, step, bins
        self.most = 1 << max(4, min(14, (_CELLS // bins).bit_length() - 1))
        self.rows = np.empty((min(16, self.most), bins), np.float32)
        self.count = 0
        self.closed = False
        self._reduced, self._columns, self._sums = {}, (None, None), None

    def add(self, rows):
        """Takes rows as far as they fit; the number of them."""
        n = min(len(rows), self.most - self.count)
        while self.count + n > len(self.rows):
            grown = np.empty((2 * len(self.rows), self.bins), np.float32)
            grown[: self.count] = self.rows[: self.count]
            self.rows = grown
        self.rows[self.count : self.count + n] = rows[:n]
        self.count += n
        return n

    @property
    def end(self):
        """s, where the last row ends."""
        return self.begin + self.count * self.period

    @property
    def high(self):
        """Hz, upper edge of the last bin."""
        return self.low + self.bins * self.step

    @property
    def nbytes(self):
        return self.rows.nbytes

    def reduced(self, level):
        """Maxima of 2^level rows in a row; the last one of fewer, where they do not divide."""
        closed, n = self.closed, self.count  # in this order: the count of a closed piece stays
        if level == 0:
            return self.rows[:n]
        if level in self._reduced:
            return self._reduced[level]
        found = np.fmax.reduceat(self.rows[:n], np.arange(0, n, 1 << level), axis=0)
        if closed:
            self._reduced = {level: found}
        return found

    def columns(self, level, low, size, width):
        """The same, with the columns in which it is seen: (slice of columns, bins of these or None, maxima).

        Column c is `size` Hz wide from `low` + c `size` on. Every bin belongs to the column that holds its centre, and the maxima are
        those of the columns; where columns are narrower than bins, all bins are given, and which of them each column's centre is in.
        """
        key = level, low, size, width
        if self._columns[0] == key:
            return self._columns[1]
        closed, rows = self.closed, self.reduced(level)
        if self.step >= size:
            return (*covered(self.low, self.step, self.bins, low, size, width), rows)
        first, cells, starts = centred(self.low, self.step, self.bins, low, size, width)
        last = first + (starts[-1] if len(starts) else 0)
        found = cells, None, np.fmax.reduceat(rows[:, first:last], starts[:-1], axis=1) if last > first else rows[:, :0]
        if closed:
            self._columns = key, found
        return found

    def sums(self, first, last):
        """(sum, maximum) over rows first .. last - 1 of the bins, and how many rows each sum has; NaN is left out."""
        whole = self.closed and first <= 0 and last >= self.count
        if whole and self._sums:
            return self._sums
        rows = self.rows[max(first, 0) : min(last, self.count)]
        total, counts = np.add.reduce(rows, axis=0, dtype=float), np.full(self.bins, len(rows))
        if not np.isfinite(total).all():
            good = np.isfinite(rows)
            total, counts = np.where(good, rows, 0).sum(0, float), good.sum(0)
        maximum = np.fmax.reduce(rows, axis=0) if len(rows) else np.full(self.bins, np.nan, np.float32)
        if whole:
            self._sums = total, maximum, counts
        return total, maximum, counts


def centred(begin, step, count, low, size, cells, edges=False):
    """Which of `count` items, `step` < `size` apart from `begin` on, have their centres in `cells` cells of `size` from `low` on:
    (the first one, slice of the cells, where the items of each cell begin, counted from the first one, and one past the last).
    edges: items that reach into the first or last cell belong to it, too."""
    margin = 0 if edges else 0.5
    first = max(0, math.ceil((low - begin) / step - 1 + margin))
    last = min(count, math.ceil((low + cells * size - begin) / step - margin))
    if last <= first:
        return 0, slice(0, 0), []
    numbers = ((begin + (np.arange(first, last) + 0.5) * step - low) / size).astype(int).clip(0, cells - 1)
    starts = np.append(np.flatnonzero(np.diff(numbers, prepend=-1)), last - first)
    used = numbers[starts[:-1]]
    return first, slice(used[0], used[-1] + 1), starts


def covered(begin, step, count, low, size, cells):
    """Cells, no larger than items, whose centres lie in items: (slice of the cells, the item of each)."""
    first = max(0, math.ceil((begin - low) / size - 0.5))
    last = min(cells, math.ceil((begin + count * step - low) / size - 0.5))
    if last <= first:
        return slice(0, 0), np.empty(0, int)
    items = ((low + (np.arange(first, last) + 0.5) * size - begin) / step).astype(int).clip(0, count - 1)
    return slice(first, last), items


class RowHistory:
    """The rows of the last `history` seconds, at most `memory` bytes of them.

    n_fft, sides, samp_rate, hop, average and center_freq hold until tags override them: rx_rate, rx_time, rx_freq, overflow,
    rx_overflow, stft_samp_rate, stft_hop, stft_first and stft_win_length. Times are seconds of the stream, 0 at its sample 0;
    `utc` is the UTC at 0, None while it is unknown.
    """

    def __init__(self, n_fft, sides, hop, samp_rate, average=1, center_freq=0.0, history=60.0, memory=1 << 28):
        self.n_fft, self.sides, self.history, self.memory = n_fft, sides, history, memory
        self.bins = n_fft // 2 + 1 if sides == "onesided" else n_fft
        self._settings = dict(hop=hop, samp_rate=samp_rate, average=average, center_freq=center_freq)
        self._lock = threading.Lock()
        self.pieces = deque()
        self.total = 0  # rows that came
        self.runs = 0
        self.utc = None
        self._anchors = deque(maxlen=_MOST_ANCHORS)  # (run, sample, its time, rate)
        self._begin(0.0)

    def restart(self):
        """The stream begins again; its rows follow those that are there."""
        with self._lock:
            end = self.pieces[-1].end if self.pieces else 0.0
            self.runs += 1
            self._begin(end)

    def change(self, **settings):
        """Other values of hop, samp_rate, average or center_freq, from the next row on."""
        with self._lock:
            self._settings.update(settings)
            known = (self._sample, self._time_of(self._sample)) if self._begun else (0, self._start)
            for name, value in settings.items():
                setattr(self, "_" + name, value)
            self._anchor(*known)
            self._fresh = True

    def _begin(self, time):
        for name, value in self._settings.items():
            setattr(self, "_" + name, value)
        self._win_length, self._tagged_rate = self.n_fft, False
        self._sample = -(self.n_fft // 2)  # first one of the next row
        self._read = 0  # rows of this run
        self._fresh = True  # the next row begins a piece
        self._utc_here = False  # an rx_time came in this run
        self._begun = False  # a row came in this run
        self._start = time
        self._anchor(0, time)

    def _anchor(self, sample, time):
        if self._anchors and self._anchors[-1][:2] == (self.runs, sample):
            self._anchors.pop()
        self._anchors.append((self.runs, sample, time, self._samp_rate))

    def _time_of(self, sample, run=None):
        run = self.runs if run is None else run
        known = [a for a in self._anchors if a[0] == run]
        before = [a for a in known if a[1] <= sample] or known[:1]
        if not before:
            return None
        _, at, time, rate = before[-1]
        return time + (sample - at) / rate

    def time_of(self, sample, run=None):
        """s, of a sample of a run (None: of this one); None if the run is forgotten."""
        with self._lock:
            return self._time_of(sample, run)

    @property
    def _step(self):
        """Samples from row to row."""
        return self._hop * self._average

    def add(self, rows, tags=()):
        """The next rows, in their order of bins, and their tags: (number of the row in this run, key, value)."""
        with self._lock:
            first, at = self._read, 0
            places = {}
            for offset, key, value in tags:
                places.setdefault(min(max(offset - first, 0), len(rows) - 1), {})[key] = value
            for place in sorted(places):
                self._append(rows[at:place])
                at = place
                self._obey(places[place])
            self._append(rows[at:])
            self._read = first + len(rows)

    def _append(self, rows):
        at = 0
        self._begun = self._begun or len(rows) > 0
        while at < len(rows):
            piece = self.pieces[-1] if self.pieces else None
            if self._fresh or piece is None or piece.count == piece.most:
                if piece is not None:
                    piece.closed = True
                piece = self._next_piece(piece)
            part = rows[at : at + piece.most - piece.count]
            if self.sides == "twosided":
                part = np.roll(part, self.n_fft // 2, axis=1)
            n = piece.add(part)
            at += n
            self.total += n
            self._sample += n * self._step

    def _next_piece(self, before):
        period = self._step / self._samp_rate
        if self._fresh:
            middle = self._sample + self._win_length // 2 + (self._average - 1) * self._hop / 2
            begin = self._time_of(self._sample) + (middle - self._sample) / self._samp_rate - period / 2
        else:
            begin = before.end
        step = self._samp_rate / self.n_fft
        low = self._center_freq - ((0 if self.sides == "onesided" else self.n_fft // 2) + 0.5) * step
        self._fresh = False
        piece = Piece(self.total, begin, period, low, step, self.bins)
        self.pieces.append(piece)
        self._forget()
        return piece

    def _forget(self):
        """Pieces leave that are not needed for the last `history` seconds, or exceed the memory."""
        seconds = sum(p.count * p.period for p in self.pieces)
        size = sum(p.nbytes for p in self.pieces)
        while len(self.pieces) > 1:
            oldest = self.pieces[0]
            if seconds - oldest.count * oldest.period < self.history and size <= self.memory and len(self.pieces) <= _MOST_PIECES:
                break
            seconds -= oldest.count * oldest.period
            size -= oldest.nbytes
            self.pieces.popleft()

    def _obey(self, tags):
        """Reads the tags of the next row, by key; what makes no sense is left out."""
        before = self._hop, self._samp_rate, self._average, self._center_freq, self._win_length
        described = {"stft_hop", "stft_samp_rate"} & tags.keys()
        hop = number(tags.get("stft_hop"), 1, 2**40)
        if hop:
            self._hop = hop
        length = number(tags.get("stft_win_length"), 1, 2**31)
        if length:
            self._win_length = int(length)
        rate, rows = number(tags.get("stft_samp_rate"), 1e-30, 1e30), number(tags.get("rx_rate"), 1e-30, 1e30)
        if rate and not (rate == 1 and self._samp_rate != 1):  # 1 stands for a rate that is unknown
            self._tagged_rate = True
        elif rows and not (described and self._tagged_rate):
            rate = rows * self._step if not self._tagged_rate else None
        else:
            rate = None
        first = number(tags.get("stft_first"), -(2.0**62), 2.0**62)
        if first is not None and first != self._sample:
            self._sample = int(first)
            self._fresh = True
        if rate and rate != self._samp_rate:
            known = (self._sample, self._time_of(self._sample)) if self._begun else (0, self._start)
            self._samp_rate = rate
            self._anchor(*known)
        if rows and self._tagged_rate:
            average = self._samp_rate / (self._hop * rows)
            self._average = max(1, round(average)) if abs(average - round(average)) < 1e-3 * average else max(1.0, average)
        center = number(tags.get("rx_freq"), -1e30, 1e30)
        if center is not None:
            self._center_freq = center
        self._clock(tags)
        if before != (self._hop, self._samp_rate, self._average, self._center_freq, self._win_length):
            self._fresh = True

    def _clock(self, tags):
        """Samples that were lost before the next row, by its time, or else as an overflow counts them."""
        now, time = utc_of(tags.get("rx_time")), self._time_of(self._sample)
        if now is not None and self._samp_rate != 1:
            seconds, fraction = now
            if self.utc is None:
                whole = math.floor(time)
                self.utc = seconds - whole, fraction - (time - whole)
                self._utc_here = True
                return
            given = seconds - self.utc[0] + (fraction - self.utc[1])
            late = given - time
            if abs(late) * self._samp_rate <= self._step / 2 and self._utc_here:
                return
            if late > 0 and self._utc_here:
                self._sample += max(0, round(late * self._samp_rate / self._hop)) * self._hop
            self._utc_here = True
            self._anchor(self._sample, given)
            self._fresh = True
            return
        for key in ("overflow", "rx_overflow"):
            lost = number(tags.get(key), 1, 2.0**62)
            if lost:
                rows = round(lost / self._hop)
                self._sample += int(rows * self._hop)
                self._fresh = True
                return

    def snapshot(self):
        """The pieces that are there."""
        with self._lock:
            return list(self.pieces)

    def span(self):
        """(first, last) s of the rows that are there; None without any."""
        pieces = self.snapshot()
        if not pieces or not pieces[-1].count:
            return None
        return min(p.begin for p in pieces), pieces[-1].end

    def band(self, begin=-math.inf, end=math.inf):
        """(lowest, highest) Hz of the rows between two times; None without any."""
        pieces = [p for p in self.snapshot() if p.end > begin and p.begin < end and p.count]
        return (min(p.low for p in pieces), max(p.high for p in pieces)) if pieces else None

    def rows(self):
        """All rows that are there, oldest first, bins by ascending frequency."""
        return np.concatenate([p.rows[: p.count] for p in self.snapshot()] or [np.empty((0, self.bins), np.float32)])

    def newest(self):
        """(low, step, row) of the newest row; None without one."""
        for piece in reversed(self.snapshot()):
            if piece.count:
                return piece.low, piece.step, piece.rows[piece.count - 1]
        return None

    def picture(self, begin, end, height, low, high, width):
        """Cells of height x width between two times and two frequencies: the maximum of what lies in each; NaN where nothing is.

        Every row of that time is in exactly one line of cells, or in several where cells are smaller than rows; the same holds for
        bins.
        """
        out = np.full((height, width), np.nan, np.float32)
        size, wide = (end - begin) / height, (high - low) / width
        for piece in self.snapshot():
            if not piece.count or piece.begin >= end or piece.end <= begin or piece.low >= high or piece.high <= low:
                continue
            in_cell = size / piece.period
            level = min(max(0, int(math.log2(in_cell)) - 1), piece.most.bit_length() - 1) if in_cell > 1 else 0
            columns, bins, rows = piece.columns(level, low, wide, width)
            period = piece.period * (1 << level)
            if period < size:
                first, lines, starts = centred(piece.begin, period, len(rows), begin, size, height, level > 0)
                if lines.stop == lines.start:
                    continue
                part = np.fmax.reduceat(rows[first : first + starts[-1]], starts[:-1], axis=0)
            else:
                lines, items = covered(piece.begin, period, len(rows), begin, size, height)
                part = rows[items]
            part = part if bins is None else part[:, bins]
            out[lines, columns] = np.fmax(out[lines, columns], part)
        return out

    def statistics(self, begin, end):
        """(low, step, mean, maximum) of the bins over the rows whose middle lies between two times; None without any.

        Rows of other frequencies than the newest ones of them are left out.
        """
        total = None
        for piece in reversed(self.snapshot()):
            first = max(0, math.ceil((begin - piece.begin) / piece.period - 0.5))
            last = min(piece.count, math.ceil((end - piece.begin) / piece.period - 0.5))
            if last <= first or (total is not None and (piece.low, piece.step) != (low, step)):
                continue
            sums, maximum, counts = piece.sums(first, last)
            if total is None:
                low, step, total, most, rows = piece.low, piece.step, sums, maximum, counts
            else:
                total, most, rows = total + sums, np.fmax(most, maximum), rows + counts
        if total is None:
            return None
        with np.errstate(invalid="ignore", divide="ignore"):
            return low, step, total / rows, most


def number(value, least, greatest):
    """A real number of least .. greatest; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        return None
    return value if least <= value <= greatest else None


def utc_of(value):
    """(full seconds, fraction) of an rx_time; None if it is none."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        return None
    seconds, fraction = number(value[0], 0, 1e17), number(value[1], -1.0, 2.0)
    return None if seconds is None or fraction is None else (int(seconds), float(fraction))
