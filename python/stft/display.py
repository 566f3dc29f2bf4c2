# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A block that shows the rows of a spectrogram on the screen; display_widget draws, row_history keeps the rows."""
import math
import threading
from collections import OrderedDict, deque

import numpy as np
import pmt
from gnuradio import gr

from . import optional_modules
from .row_history import RowHistory, number, utc_of

_MOST_EVENTS = 4096
_MOST_POINTS = 1 << 16  # of lines
_TAGS = {"rx_rate", "rx_time", "rx_freq", "overflow", "rx_overflow", "stft_hop", "stft_samp_rate", "stft_first", "stft_win_length"}
_RULES = {
    "n_fft": (int, 1, 2**24, "must be an integer in 1 .. 16777216"),
    "hop": (int, 1, 2**40, "must be an integer in 1 .. 1099511627776"),
    "average": (int, 1, 2**40, "must be an integer in 1 .. 1099511627776"),
    "samp_rate": (float, 1e-30, 1e30, "must be a number of Hz in 1e-30 .. 1e30"),
    "center_freq": (float, -1e30, 1e30, "must be a number of Hz, -1e30 .. 1e30"),
    "history": (float, 1e-3, 1e7, "must be a number of seconds in 0.001 .. 1e7"),
    "memory": (float, 1, 2**20, "must be a number of MiB in 1 .. 1048576"),
    "lines": (int, 0, 65536, "must be an integer in 0 .. 65536"),
}
_CHOICES = {"kind": ("psd", "power", "magnitude"), "sides": ("onesided", "twosided", "centered")}
_PLACE = "begin"  # s on the time axis, of an event
_RIDGE = 4  # values of a ridge before its amplitudes


class spectrogram_display(gr.hier_block2):
    """Shows rows of spectrogram_* or power_vcvf in a window, every one of them once, with true axes.

    Input 0: rows of n_fft // 2 + 1 floats (sides "onesided") or n_fft. They are kept for `history` seconds, at most `memory` MiB of them,
    and drawn from there 30 times a second, so that a window that is slow, covered or closed neither stops the flowgraph nor loses
    a row. Where rows or bins are more than pixels, a pixel shows the maximum of its rows and bins; the corner says how many.
    widget() gives the window's part, for flowgraphs with Qt.

    n_fft, sides: of the rows; sides as spectrogram_* have it ("centered": 0 Hz in the middle).
    hop, samp_rate, average, center_freq: samples from frame to frame, Hz of the samples, frames of a row, Hz at 0 Hz of the rows. The tags
        stft_hop, stft_samp_rate, rx_rate and rx_freq override them. None for hop stands for n_fft / 2.
    kind, db: what a value is, as spectrogram_* have it: "psd" (power per Hz), "power" or "magnitude", and whether in dB.
    history: seconds. memory: MiB.
    lines: values of an item on input 1; 0: there is no input 1. They are frequencies in Hz, drawn as lines at the times of their items,
        NaN where there is none; with `orders`, items of ridge_tracker_* for these orders, whose lines are drawn where the
        confidence is 1 or more. Tags stft_first, rx_time and rx_rate give the times of items; else they come at the rate of rows.
    orders: as those of ridge_tracker_*.
    title: of the part.

    Message port "events": the dicts of detector_vxm, which are drawn as boxes with their fields on hover; the lock and loss of
    ridge_tracker_*, which are drawn as points. Others are left out (left_out()).

    Time is UTC once an rx_time has come, else seconds from the first sample. A gap in rx_time, or samples that an overflow
    counts, are a gap in the picture; other frequencies (rx_freq) lie where they belong. Rows stay where they are when the flowgraph
    is started again, the new ones follow. As every block that is written in Python it must have a name while the flowgraph lives.
    """

    _arguments = ("n_fft", "hop", "samp_rate", "sides", "kind", "db", "average", "center_freq", "history", "memory", "lines", "orders",
                  "title")  # fmt: skip

    def __init__(self, n_fft, hop=None, samp_rate=1.0, sides="twosided", kind="psd", db=False, average=1, center_freq=0.0, history=60.0,
                 memory=256.0, lines=0, orders=(), title=""):  # fmt: skip
        self._check(n_fft, hop, samp_rate, sides, kind, db, average, center_freq, history, memory, lines, orders, title)
        self._n_fft, self._orders, self._title = n_fft, tuple(orders), title
        self._db, self._kind = bool(db), kind
        self._store = RowHistory(n_fft, sides, _hop(n_fft, hop), samp_rate, average, center_freq, history, int(memory * 2**20))
        self._lock = threading.Lock()
        self._events = OrderedDict()  # the last report of each, by (run, source, id)
        self._points = deque(maxlen=_MOST_EVENTS)
        self._lines = deque(maxlen=max(16, _MOST_POINTS // max(lines, 1)))  # (s, Hz of each)
        self._left_out = 0
        self._widget = None
        sizes = [4 * self._store.bins] + [4 * lines] * (lines > 0)
        super().__init__("spectrogram_display", gr.io_signature.makev(len(sizes), len(sizes), sizes), gr.io_signature(0, 0, 0))
        self.message_port_register_hier_in("events")
        self._rows = _row_sink(self)
        self.connect((self, 0), self._rows)
        self.msg_connect(self, "events", self._rows, "events")
        if lines:
            self._line_sink = _line_sink(self, lines)
            self.connect((self, 1), self._line_sink)

    @staticmethod
    def _check(n_fft, hop, samp_rate, sides, kind, db, average, center_freq, history, memory, lines, orders, title):
        """ValueError for values that the block does not take: name, value and rule."""
        given = dict(n_fft=n_fft, hop=hop, samp_rate=samp_rate, average=average, center_freq=center_freq, history=history, memory=memory,
                     lines=lines)  # fmt: skip
        for name, value in given.items():
            kind_of, least, greatest, rule = _RULES[name]
            if name == "hop" and value in (None, 0):
                continue
            if number(value, least, greatest) is None or (kind_of is int and value != int(value)):
                raise ValueError(f"{name}: {value!r}: {rule}")
        for name, value in dict(sides=sides, kind=kind).items():
            if value not in _CHOICES[name]:
                raise ValueError(f"{name}: {value!r}: is none of {', '.join(_CHOICES[name])}")
        if any(number(order, 1e-3, 1e6) is None for order in orders):
            raise ValueError(f"orders: {orders!r}: must be numbers in 0.001 .. 1e6")
        if len(orders) and (not lines or lines % (_RIDGE + len(orders))):
            raise ValueError(f"orders: {tuple(orders)!r}: must go with lines, a multiple of {_RIDGE + len(orders)}: the values of a shaft")

    def message_ports_in(self):
        """The ports, as other blocks have it; a hierarchical block keeps its own apart."""
        return pmt.make_vector(1, pmt.intern("events"))

    def message_ports_out(self):
        """None."""
        return pmt.make_vector(0, pmt.PMT_NIL)

    def widget(self, parent=None):
        """The part of a window (a QWidget), made when it is first asked for, in the thread of the window.

        There must be a QApplication. ImportError with the name of Debian's package where Qt or pyqtgraph is not installed.
        """
        if self._widget is None:
            qt = optional_modules.load("PyQt5.QtWidgets", "the display")
            optional_modules.load("pyqtgraph", "the display")
            if qt.QApplication.instance() is None:
                raise RuntimeError("widget: there is no QApplication: must be made first")
            from .display_widget import DisplayWidget

            self._widget = DisplayWidget(self, self._db, self._kind, self._title, parent)
        return self._widget

    def rows(self):
        """The rows that are kept, oldest first, as an array of rows x bins by ascending frequency."""
        return self._store.rows()

    def total(self):
        """Rows that have come."""
        return self._store.total

    def left_out(self):
        """Messages that were none of an event, and events beyond 4096, the oldest of which make room."""
        return self._left_out

    def set_center_freq(self, center_freq):
        """Hz at 0 Hz of the rows, until a tag overrides it."""
        self._change(center_freq=center_freq)

    def set_samp_rate(self, samp_rate):
        """Hz of the samples, until a tag overrides it."""
        self._change(samp_rate=samp_rate)

    def _change(self, **given):
        for name, value in given.items():
            _, least, greatest, rule = _RULES[name]
            if number(value, least, greatest) is None:
                raise ValueError(f"{name}: {value!r}: {rule}")
        self._store.change(**given)

    def boxes(self):
        """The events that are shown: dicts of their fields with `begin`, `end` (s of the time axis), `low`, `high` (Hz)."""
        with self._lock:
            events = list(self._events.items())
        newest = self._store.span()
        return [box for key, event in events for box in [self._box(key, event, newest)] if box]

    def _box(self, key, event, span):
        begin = event.get(_PLACE)
        if begin is None:
            begin = self._begin_of(event, key[0])
            if begin is None:
                return None
            if span and begin <= span[1]:  # its rows are there, so that the time of its sample stays
                event[_PLACE] = begin
        duration = number(event.get("duration"), 0, 1e12) or 0.0
        end = begin + duration
        if event.get("state") != "end" and span:
            end = max(end, span[1])
        low, high = number(event.get("freq_lower"), -1e30, 1e30), number(event.get("freq_upper"), -1e30, 1e30)
        return dict(event, begin=begin, end=end, low=-math.inf if low is None else low, high=math.inf if high is None else high)

    def _begin_of(self, event, run):
        """s on the time axis: by UTC where both are known, else by the sample."""
        utc = self._store.utc
        if utc is not None and isinstance(event.get("time"), str):
            seconds = _seconds(event["time"])
            if seconds is not None:
                return seconds[0] - utc[0] + (seconds[1] - utc[1])
        sample = event.get("sample_start", event.get("sample"))
        return self._store.time_of(sample, run) if number(sample, -(2**62), 2**62) is not None else None

    def points(self):
        """The changes of ridges that are shown: dicts of their fields with `begin` (s of the time axis)."""
        with self._lock:
            points = list(self._points)
        placed = [(self._begin_of(point, run), point) for run, point in points]
        return [dict(point, begin=begin) for begin, point in placed if begin is not None]

    def line_points(self):
        """The lines that are shown: times (s), and Hz as an array of times x lines, NaN where there is none."""
        with self._lock:
            points = list(self._lines)
        return np.array([t for t, _ in points]), np.array([hz for _, hz in points])

    def _take_event(self, message):
        try:
            message = pmt.car(message) if pmt.is_pair(message) and not pmt.is_dict(message) else message
            fields = pmt.to_python(message)
        except Exception:  # a value without a form in Python
            fields = None
        known = isinstance(fields, dict) and isinstance(fields.get("kind"), str)
        with self._lock:
            if known and "frequency" in fields and "track" in fields:
                self._points.append((self._store.runs, fields))
            elif known and "state" in fields and "sample_start" in fields:
                key = self._store.runs, str(fields.get("source")), str(fields.get("id"))
                fields.pop(_PLACE, None)
                if fields.get("cut") == "withdrawn":
                    self._events.pop(key, None)
                else:
                    self._events[key] = fields
                    if len(self._events) > _MOST_EVENTS:
                        self._events.popitem(last=False)
                        self._left_out += 1
            else:
                self._left_out += 1

    def _take_lines(self, times, items):
        if self._orders:
            width = _RIDGE + len(self._orders)
            shafts = items.reshape(len(items), -1, width)
            speeds = np.where(shafts[:, :, 2] >= 1, shafts[:, :, 0], np.nan)
            items = (speeds[:, :, None] * np.array(self._orders)).reshape(len(items), -1)
        with self._lock:
            self._lines.extend(zip(times, np.array(items, float)))


class _row_sink(gr.sync_block):
    """Puts rows and messages into the display's store."""

    def __init__(self, display):
        gr.sync_block.__init__(self, "spectrogram_display_rows", [(np.float32, display._store.bins) if display._store.bins > 1 else np.float32], None)
        self._display, self._store = display, display._store
        self._ran = False
        self.message_port_register_in(pmt.intern("events"))
        self.set_msg_handler(pmt.intern("events"), self.take)

    def start(self):
        if self._ran:
            self._store.restart()
        self._ran = True
        return True

    def take(self, message):
        self._display._take_event(message)

    def work(self, input_items, output_items):
        rows = input_items[0].reshape(-1, self._store.bins)
        self._store.add(rows, _tags(self, len(rows)))
        return len(rows)


class _line_sink(gr.sync_block):
    """Puts lines into the display's store, with their times."""

    def __init__(self, display, lines):
        gr.sync_block.__init__(self, "spectrogram_display_lines", [(np.float32, lines) if lines > 1 else np.float32], None)
        self._display, self._store, self._width = display, display._store, lines
        self.start()

    def start(self):
        self._clock = None  # (item, its s, s from item to item)
        return True

    def work(self, input_items, output_items):
        items = input_items[0].reshape(-1, self._width)
        read = self.nitems_read(0)
        marks = {}
        for offset, key, value in _tags(self, len(items)):
            marks.setdefault(offset - read, {})[key] = value
        times = np.empty(len(items))
        starts = sorted({0, *marks})
        for at, until in zip(starts, [*starts[1:], len(items)]):
            begin, step = self._placed(read + at, marks.get(at, {}))
            times[at:until] = begin + step * np.arange(until - at)
            self._clock = read + until, begin + step * (until - at), step
        self._display._take_lines(times, items)
        return len(items)

    def _placed(self, item, tags):
        """(s of an item, s from it to the next)."""
        store = self._store
        _, begin, step = self._clock or (item, store._start, store._step / store._samp_rate)
        rate, rows_hop = number(tags.get("rx_rate"), 1e-30, 1e30), number(tags.get("stft_hop"), 1, 2**40)
        if rate:
            step = 1 / rate
        elif rows_hop:
            step = rows_hop / store._samp_rate
        half = (number(tags.get("stft_win_length"), 1, 2**31) or 0) // 2  # of rows; the trackers give the centre itself
        first, now = number(tags.get("stft_first"), -(2.0**62), 2.0**62), utc_of(tags.get("rx_time"))
        if now is not None and store.utc is not None:
            begin = now[0] - store.utc[0] + (now[1] - store.utc[1]) + half / store._samp_rate
        elif first is not None:
            begin = store.time_of(first + half)
        return begin, step


def _tags(block, count):
    """Tags of the next items that a display reads: (item, key, value)."""
    found = []
    for tag in block.get_tags_in_window(0, 0, count):
        key = pmt.symbol_to_string(tag.key)
        if key in _TAGS:
            try:
                found.append((tag.offset, key, pmt.to_python(tag.value)))
            except Exception:  # a value without a form in Python
                pass
    return found


def _hop(n_fft, hop):
    return hop or max(1, n_fft // 2)


def _seconds(text):
    """(full seconds since 1970, fraction) of an ISO 8601 time in UTC, with any number of digits; None if it is none."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    try:
        seconds = np.datetime64(whole, "s").astype(np.int64)
        return int(seconds), float(f"0.{fraction or 0}")
    except ValueError:
        return None
