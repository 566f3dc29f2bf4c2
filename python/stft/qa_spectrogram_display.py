#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The display: rows that arrive, where the picture has them in time and frequency, and what it survives."""
import datetime
import importlib.util
import os
import sys
import threading
import time
import unittest
from unittest import mock

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from gnuradio.stft.row_history import RowHistory
from qa_flowgraph_parts import tag

missing = [name for name in ("PyQt5", "pyqtgraph") if importlib.util.find_spec(name) is None]
if not missing:
    from PyQt5 import QtCore, QtGui, QtWidgets, sip

    app = QtWidgets.QApplication(sys.argv[:1])
with_qt = unittest.skipIf(missing, f"not installed: {missing} (Debian: python3-pyqt5, python3-pyqtgraph)")

RATE, N_FFT, HOP = 1e6, 64, 32
START = 1_700_000_000  # UTC of sample 0, full seconds


def at_time(offset, seconds, fraction=0.0):
    return tag(offset, "rx_time", pmt.make_tuple(pmt.from_uint64(seconds), pmt.from_double(fraction)))


def play(display, rows, *tags, port=0):
    """Rows as a flowgraph has them, to its end."""
    rows = np.asarray(rows, np.float32)
    graph = gr.top_block()
    source = blocks.vector_source_f(rows.ravel().tolist(), False, rows.shape[1], sorted(tags, key=lambda t: t.offset))
    graph.connect(source, (display, port))
    if port:
        graph.connect(blocks.null_source(4 * 64), blocks.head(4 * 64, 1), (display, 0))
    graph.run()


def some_rows(count, bins, seed=1):
    return np.random.default_rng(seed).random((count, bins), np.float32) + 0.5


def shown(display, width=700, height=500, begin=None, end=None):
    """The widget, drawn once: over begin .. end s if they are given."""
    widget = display.widget()
    widget._timer.stop()
    widget.resize(width, height)
    widget.show()
    for _ in range(3):
        app.processEvents()
    if begin is not None:
        widget.set_times(begin, end)
    widget.draw()
    app.processEvents()
    return widget


def decibels(rows):
    return (10 * np.log10(rows)).astype(np.float32)


def centre_of(widget, line, column):
    """(Hz, s) at the centre of a pixel of the image, by the transform that draws it."""
    place = widget.view.mapFromItemToView(widget.picture, QtCore.QPointF(column + 0.5, line + 0.5))
    return place.x(), place.y()


def move_mouse(widget, place):
    """The mouse over a pixel of the plots."""
    time.sleep(0.05)  # pyqtgraph leaves out events that come faster
    event = QtGui.QMouseEvent(QtCore.QEvent.MouseMove, QtCore.QPointF(place), QtCore.Qt.NoButton, QtCore.Qt.NoButton, QtCore.Qt.NoModifier)
    app.sendEvent(widget._plots.viewport(), event)
    app.processEvents()


def bursts(length, *which):
    draw = np.random.default_rng(3)
    x = draw.standard_normal((length, 2)) @ [1, 1j]
    for start, count, hertz in which:
        x[start : start + count] += 6 * np.exp(2j * np.pi * hertz / RATE * np.arange(count))
    return x


class closing(unittest.TestCase):
    def tearDown(self):
        """Deletes the displays in the thread of the window. They are in cycles, which the collector would delete in any thread that runs
        Python, and one that is left is painted in a later test."""
        displays = [] if missing else [window for window in app.topLevelWidgets() if hasattr(window, "draw")]
        for window in displays:
            window.close()
            sip.delete(window)


def run_tests():
    """unittest.main, but the process ends before the interpreter deletes anything: pyqtgraph's menus have no parent, and would be
    deleted after the application that they need. pyqtgraph.exit is made for this, with status 0 only."""
    passed = unittest.main(exit=False).result.wasSuccessful()
    sys.stdout.flush()
    os._exit(not passed)


class qa_spectrogram_display(closing):
    def test_every_row_arrives_once_and_in_order(self):
        for bins, count in ((8, 5000), (1, 40), (1023, 700), (4096, 300), (65536, 40)):
            rows = some_rows(count, bins)
            display = stft.spectrogram_display(bins, samp_rate=RATE, sides="centered")
            play(display, rows)
            self.assertEqual(display.total(), count)
            np.testing.assert_array_equal(display.rows(), rows)

    def test_short_streams(self):
        for count in (0, 1, 2):
            display = stft.spectrogram_display(8, samp_rate=RATE, sides="centered")
            play(display, some_rows(count, 8).reshape(-1, 8))
            np.testing.assert_array_equal(display.rows(), some_rows(count, 8))

    def test_bins_ascend_in_frequency(self):
        for n_fft in (8, 7):
            rows = some_rows(3, n_fft)
            display = stft.spectrogram_display(n_fft, samp_rate=RATE, sides="twosided")
            play(display, rows)
            np.testing.assert_array_equal(display.rows(), np.fft.fftshift(rows, axes=1))

    def test_any_split_of_the_rows_and_tags_gives_the_same_history(self):
        rows, marks = some_rows(400, N_FFT), [(0, "stft_samp_rate", 2e6), (17, "rx_freq", 1e9), (17, "stft_hop", 16), (300, "overflow", 999)]
        pictures = []
        for sizes in ([400], [1] * 400, [16, 1, 100, 183, 100]):
            store, at = RowHistory(N_FFT, "centered", HOP, RATE), 0
            for size in sizes:
                store.add(rows[at : at + size], [m for m in marks if at <= m[0] < at + size])
                at += size
            pictures.append((store.span(), store.band(), store.picture(0, 0.012, 50, -1e6, 2e9, 40)))
        for other in pictures[1:]:
            self.assertEqual(other[:2], pictures[0][:2])
            np.testing.assert_array_equal(other[2], pictures[0][2])

    def test_a_pixel_is_the_maximum_of_the_rows_and_bins_with_their_centres_in_it(self):
        rows = some_rows(5000, N_FFT)
        store = RowHistory(N_FFT, "centered", HOP, RATE)
        store.add(rows)
        first, _ = store.span()
        times = first + (np.arange(5000) + 0.5) * HOP / RATE
        hertz = (np.arange(N_FFT) - N_FFT // 2) * RATE / N_FFT
        for begin, end, height, low, high, width in ((0, 0.16, 37, -5e5, 5e5, 20), (0.01, 0.0107, 7, -2e5, 4e5, 11), (-1, 1, 90, -3e6, 3e6, 60)):
            got = store.picture(begin, end, height, low, high, width)
            lines = np.floor((times - begin) / (end - begin) * height).astype(int)
            columns = np.floor((hertz - low) / (high - low) * width).astype(int)
            for line in range(height):
                for column in range(width):
                    cells = rows[np.ix_(lines == line, columns == column)]
                    if cells.size == 0:
                        self.assertTrue(np.isnan(got[line, column]))
                    elif (end - begin) / height < 8 * HOP / RATE:
                        self.assertEqual(got[line, column], cells.max())
            self.assertEqual(np.nanmax(got), rows[np.ix_((lines >= 0) & (lines < height), (columns >= 0) & (columns < width))].max())

    def test_each_row_that_is_marked_is_seen_whatever_is_reduced(self):
        for count, marked in ((20000, 19999), (20000, 12345), (20000, 0)):
            rows = np.ones((count, 8), np.float32)
            rows[marked, 5] = 9
            store = RowHistory(8, "centered", HOP, RATE)
            for part in np.array_split(rows, 7):
                store.add(part)
            begin, end = store.span()
            for height in (3, 50, 499):
                picture = store.picture(begin, end, height, *store.band(), 4)
                at = (marked + 0.5) * height / count
                line, column = np.argwhere(picture == 9)[0]
                self.assertEqual((picture == 9).sum(), 1)
                self.assertLess(abs(line + 0.5 - at), 1.01)
                self.assertEqual(column, 2)

    def test_cells_smaller_than_rows_and_bins_show_the_row_and_bin_that_they_lie_in(self):
        rows = some_rows(40, 8)
        store = RowHistory(8, "centered", HOP, RATE)
        store.add(rows)
        np.testing.assert_array_equal(store.picture(*store.span(), 120, *store.band(), 24), rows.repeat(3, 0).repeat(3, 1))

    @with_qt
    def test_the_image_on_the_screen_holds_every_row(self):
        rows = some_rows(50, N_FFT)
        display = stft.spectrogram_display(N_FFT, HOP, RATE, sides="centered")
        play(display, rows)
        widget = shown(display, 700, 700, *display._store.span())
        image = widget.image()
        self.assertEqual(image.shape, widget.pixels()[::-1])
        np.testing.assert_array_equal(image, widget.picture.image)
        lines = ((np.arange(50) + 0.5) * image.shape[0] / 50).astype(int)
        columns = ((np.arange(N_FFT) + 0.5) * image.shape[1] / N_FFT).astype(int)
        np.testing.assert_array_equal(image[np.ix_(lines, columns)], decibels(rows))
        self.assertEqual(widget.corner.toPlainText(), "")

    @with_qt
    def test_the_corner_says_how_many_rows_and_bins_a_pixel_shows(self):
        display = stft.spectrogram_display(4096, HOP, RATE)
        play(display, some_rows(3000, 4096))
        widget = shown(display, 500, 400, *display._store.span())
        width, height = widget.pixels()
        self.assertEqual(widget.corner.toPlainText(), f"a pixel is the maximum of {3000 / height:.3g} rows x {4096 / width:.3g} bins")

    @with_qt
    def test_axes_are_those_of_the_samples(self):
        click, hertz, frequency = 20_000, 187_500.0, 2.4e9
        x = 1e-3 * bursts(60_000)
        x += np.exp(2j * np.pi * hertz / RATE * np.arange(len(x)))
        x[click] += 100
        tags = [at_time(0, START, 0.25), tag(0, "rx_rate", RATE), tag(0, "rx_freq", frequency)]
        for average, placement, tagged in ((1, "centred", True), (4, "left", True), (1, "full", False), (3, "centred", False)):
            graph = gr.top_block()
            # arguments that are wrong that tags override
            given = dict() if tagged else dict(samp_rate=RATE, average=average, center_freq=frequency)
            display = stft.spectrogram_display(N_FFT, 7 if tagged else HOP, **given)
            rows = stft.spectrogram_cvf(N_FFT, HOP, average=average, samp_rate=RATE, placement=placement)
            graph.connect(blocks.vector_source_c(x.tolist(), False, 1, tags if tagged else []), rows, display)
            graph.run()
            first = {"centred": -N_FFT // 2, "left": 0}.get(placement)
            if first is not None:  # a row is in the middle of the samples under its frames
                middle = first + (N_FFT + (average - 1) * HOP) / 2
                self.assertAlmostEqual(display._store.pieces[0].begin, (middle - average * HOP / 2) / RATE, delta=1e-12)
            widget = shown(display, 800, 600, click / RATE - 3e-3, click / RATE + 2e-3)
            image = widget.image()
            line = np.argmax(image[:, 3])  # the click is in all bins
            rising = np.flatnonzero(image[:, 3] > image[:, 3].max() - 3)
            self.assertGreaterEqual(line, rising[0])
            seconds = centre_of(widget, (rising[0] + rising[-1]) / 2, 3)[1]
            self.assertLess(abs(seconds - click / RATE), (0.5 * average + 0.5) * HOP / RATE)
            quiet = widget.image()[2]
            loud = np.flatnonzero(quiet > quiet.max() - 3)
            self.assertLess(abs(centre_of(widget, 0, (loud[0] + loud[-1]) / 2)[0] - hertz - frequency), 0.2 * RATE / N_FFT)
            band = display._store.band()
            np.testing.assert_allclose(np.subtract(band, frequency), (-RATE / 2 - RATE / N_FFT / 2, RATE / 2 - RATE / N_FFT / 2))
            self.assertEqual(widget.time_axis.utc is not None, tagged)
            text = widget.time_axis.tickStrings([click / RATE], 1, 0.01)[0]
            self.assertEqual(text, "22:13:20.27" if tagged else "0.02")

    @with_qt
    def test_a_tick_says_the_time_at_its_place(self):
        for seconds, fraction, begin, end in ((START, 0.4871, 0.0, 2.0), (START + 7, 0.25, 10.0, 95.0), (1, 0.999, 1e-3, 1.2e-3), (START, 0.5, 0.0, 3e4)):
            display = stft.spectrogram_display(N_FFT, HOP, RATE)
            play(display, some_rows(3000, N_FFT), at_time(0, seconds, fraction))
            widget = shown(display, 700, 500, begin, end)
            ticks = 0
            for spacing, values in widget.time_axis.tickValues(begin, end, 400):
                for value, text in zip(values, widget.time_axis.tickStrings(values, 1, spacing)):
                    clock = datetime.datetime.strptime(text.partition(".")[0], "%H:%M:%S")
                    said = clock.hour * 3600 + clock.minute * 60 + clock.second + float("0." + (text.partition(".")[2] or "0"))
                    off = said - (seconds % 86400 + fraction + value + N_FFT // 2 / RATE)  # the time is that of sample -N_FFT // 2
                    self.assertAlmostEqual(off - 86400 * round(off / 86400), 0, delta=1e-3 * spacing, msg=text)
                    ticks += begin <= value <= end
            self.assertGreater(ticks, 2)

    @with_qt
    def test_rows_of_real_samples_begin_at_0_hz(self):
        graph, display = gr.top_block(), stft.spectrogram_display(N_FFT, HOP, RATE, sides="onesided")
        x = np.cos(2 * np.pi * 125e3 / RATE * np.arange(20_000))
        graph.connect(blocks.vector_source_f(x.tolist()), stft.spectrogram_fvf(N_FFT, HOP, samp_rate=RATE), display)
        graph.run()
        widget = shown(display, 700, 500, 0.0, 0.02)
        column = np.argmax(widget.image()[widget.image().shape[0] // 2])
        self.assertLess(abs(centre_of(widget, 0, column)[0] - 125e3), RATE / N_FFT / 2 + 1)
        np.testing.assert_allclose(display._store.band(), (-RATE / N_FFT / 2, RATE / 2 + RATE / N_FFT / 2))

    def test_lost_samples_are_a_gap_as_the_clock_or_the_overflow_says(self):
        for late in ([at_time(100, START, 100 * HOP / RATE + 5e-3)], [tag(100, "rx_overflow", 5000)]):
            display = stft.spectrogram_display(N_FFT, HOP, RATE)
            play(display, some_rows(200, N_FFT), at_time(0, START), *late)
            begin, end = display._store.span()
            self.assertAlmostEqual(end - begin, 200 * HOP / RATE + 5e-3, delta=HOP / RATE)
            picture = display._store.picture(begin, end, 1000, -1e5, 1e5, 3)
            gap = np.isnan(picture[:, 1]).mean() * (end - begin)
            self.assertAlmostEqual(gap, 5e-3, delta=2 * HOP / RATE)

    def test_a_clock_that_is_off_by_less_than_half_a_row_moves_nothing(self):
        display = stft.spectrogram_display(N_FFT, HOP, RATE)
        tags = [at_time(n, START, n * HOP / RATE + 0.4 * HOP / RATE * (-1) ** n) for n in range(1, 200)]
        play(display, some_rows(200, N_FFT), at_time(0, START), *tags)
        self.assertEqual(len({p.begin + p.count * p.period for p in display._store.pieces}), 1)

    @with_qt
    def test_retuned_rows_lie_at_their_frequencies(self):
        display = stft.spectrogram_display(N_FFT, HOP, RATE, sides="centered")
        play(display, some_rows(300, N_FFT), tag(0, "rx_freq", 1e8), tag(150, "rx_freq", 1.02e8))
        widget = shown(display, 600, 500, *display._store.span())
        there = ~np.isnan(widget.image())
        self.assertEqual(there.shape, widget.pixels()[::-1])
        low, high = widget.view.viewRange()[0]
        np.testing.assert_allclose((low, high), (1e8 - RATE / 2 - 7812.5, 1.02e8 + RATE / 2 - 7812.5), rtol=1e-9)
        height, width = there.shape
        np.testing.assert_allclose(there[height // 4].mean(), 1 / 3, atol=0.01)
        self.assertTrue(there[height // 4, : width // 4].all())
        self.assertTrue(there[3 * height // 4, -width // 4 :].all())

    def test_nan_stays_in_its_cells(self):
        rows = some_rows(4000, N_FFT)
        rows[1000, 5] = np.nan
        rows[2000] = np.nan
        store = RowHistory(N_FFT, "centered", HOP, RATE)
        store.add(rows)
        self.assertFalse(np.isnan(store.picture(*store.span(), 100, *store.band(), 32)).any())
        np.testing.assert_array_equal(np.isnan(store.picture(*store.span(), 4000, *store.band(), 32))[:, 0], np.isnan(rows[:, 0]))
        self.assertEqual(np.isnan(store.picture(*store.span(), 4000, *store.band(), 32)).sum(), 32)  # the row alone
        whole = store.picture(*store.span(), 4000, *store.band(), N_FFT)
        np.testing.assert_array_equal(np.isnan(whole), np.isnan(rows))
        _, _, mean, maximum = store.statistics(*store.span())
        np.testing.assert_allclose(mean, np.nanmean(rows, axis=0, dtype=float), rtol=1e-6)
        np.testing.assert_array_equal(maximum, np.nanmax(rows, axis=0))

    def test_mean_and_maximum_are_those_of_the_rows_in_view(self):
        rows = some_rows(20_000, 256)
        store = RowHistory(256, "centered", 128, RATE)
        store.add(rows)
        first = store.span()[0]
        for a, b in ((0, 20_000), (77, 15_001), (5, 6)):
            low, step, mean, maximum = store.statistics(first + a * 128 / RATE, first + b * 128 / RATE)
            np.testing.assert_allclose(mean, rows[a:b].mean(0, float), rtol=1e-6)
            np.testing.assert_array_equal(maximum, rows[a:b].max(0))
        self.assertIsNone(store.statistics(5, 6))

    @with_qt
    def test_a_window_that_does_not_draw_stops_nothing_and_memory_is_bounded(self):
        display = stft.spectrogram_display(1024, 512, RATE, memory=4.0, history=1e6)
        widget = display.widget()
        widget.show()
        rows = some_rows(500, 1024)
        graph = gr.top_block()
        graph.connect(blocks.vector_source_f(rows.ravel().tolist(), True, 1024), blocks.head(4096, 20_000), display)
        graph.run()  # in the window's thread, which draws nothing meanwhile
        self.assertEqual(display.total(), 20_000)
        kept = display.rows()
        self.assertGreater(len(kept), 500)
        np.testing.assert_array_equal(kept, np.fft.fftshift(rows, axes=1)[np.arange(20_000 - len(kept), 20_000) % 500])
        self.assertLessEqual(sum(p.nbytes for p in display._store.pieces), 4 * 2**20 + 2**20)
        shown(display)
        self.assertGreater(np.isfinite(widget.image()).sum(), 100)

    def test_rows_older_than_the_history_go(self):
        store = RowHistory(N_FFT, "centered", HOP, RATE, history=0.5)
        for _ in range(100):
            store.add(some_rows(1000, N_FFT))
        begin, end = store.span()
        self.assertTrue(0.5 <= end - begin < 0.5 + 4096 * HOP / RATE)

    def test_many_retunes_are_bounded_too(self):
        store = RowHistory(8, "centered", 4, RATE, history=1e6)
        rows = some_rows(1, 8)
        for n in range(5000):
            store.add(rows, [(n, "rx_freq", float(n))])
        self.assertLessEqual(len(store.pieces), 4097)
        self.assertEqual(store.total, 5000)

    @with_qt
    def test_a_second_run_follows_the_first(self):
        display = stft.spectrogram_display(N_FFT, HOP, RATE, sides="centered")
        graph, rows = gr.top_block(), some_rows(120, N_FFT)
        source = blocks.vector_source_f(rows.ravel().tolist(), False, N_FFT, [tag(0, "rx_freq", 5e6)])
        graph.connect(source, display)
        for run in (1, 2, 3):
            graph.run()
            source.rewind()
            self.assertEqual(display.total(), 120 * run)
            begin, end = display._store.span()
            self.assertAlmostEqual(end - begin, run * 120 * HOP / RATE, delta=2 * HOP / RATE)
            shown(display)
            display._take_event(pmt.to_pmt(dict(kind="burst", state="end", id=1, sample_start=0, duration=1e-3)))
            begun = [box["begin"] for box in display.boxes()]
            self.assertAlmostEqual(begun[-1], (run - 1) * 120 * HOP / RATE, delta=2 * HOP / RATE)
            self.assertEqual(len(begun), run)
        np.testing.assert_array_equal(display.rows(), np.tile(rows, (3, 1)))
        self.assertEqual(display._store.band(), (5e6 - RATE / 2 - RATE / 128, 5e6 + RATE / 2 - RATE / 128))

    @with_qt
    def test_any_size_of_the_window_shows_the_same_rows(self):
        display = stft.spectrogram_display(1024, HOP, RATE)
        rows = some_rows(900, 1024)
        rows[450, 100] = 50
        play(display, rows)
        for size in ((1600, 900), (120, 90), (300, 700), (1, 1), (700, 500)):
            widget = shown(display, *size, *display._store.span())
            self.assertEqual(widget.image().shape, widget.pixels()[::-1])
            self.assertEqual(np.nanmax(widget.image()), decibels(rows.max()), size)

    @with_qt
    def test_drawing_while_rows_come_shows_nothing_but_these_rows(self):
        display = stft.spectrogram_display(256, 128, RATE)
        widget, ended, wrong = shown(display), threading.Event(), []
        store = display._store

        def add():
            n = 0
            while not ended.is_set():
                store.add(np.full((37, 256), 10.0 ** (n % 7), np.float32), [(37 * n, "rx_freq", 1e6 * (n // 40))])
                n += 1
                time.sleep(1e-4)

        thread = threading.Thread(target=add)
        thread.start()
        until, pictures = time.monotonic() + 1.5, 0
        while time.monotonic() < until:
            widget.draw()
            values = np.unique(widget.image()[np.isfinite(widget.image())]).round(3)
            wrong += [v for v in values if v not in {0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0}]
            pictures += 1
        ended.set()
        thread.join()
        self.assertEqual(wrong, [])
        self.assertGreater(pictures, 5)
        self.assertEqual(len(display.rows()), display.total())

    @with_qt
    def test_hold_keeps_the_picture_and_not_the_rows(self):
        display = stft.spectrogram_display(N_FFT, HOP, RATE)
        play(display, some_rows(2000, N_FFT))
        widget = shown(display)
        end = widget.view.viewRange()[1][1]
        widget.hold.setChecked(True)
        play(display, some_rows(2000, N_FFT))
        widget.draw()
        self.assertEqual((widget.view.viewRange()[1][1], display.total()), (end, 4000))
        widget.hold.setChecked(False)
        widget.draw()
        self.assertGreater(widget.view.viewRange()[1][1], end + 0.9 * 2000 * HOP / RATE)

    @with_qt
    def test_wheel_zooms_and_a_picture_that_is_moved_back_holds(self):
        display = stft.spectrogram_display(N_FFT, HOP, RATE)
        play(display, some_rows(20_000, N_FFT))
        widget = shown(display)
        widget.show_everything()
        widget.draw()
        before = widget.view.viewRange()
        widget.view.scaleBy((0.5, 0.5))
        widget.view.translateBy(y=-0.2)
        widget.view.sigRangeChangedManually.emit(widget.view.state["mouseEnabled"])
        self.assertTrue(widget.hold.isChecked())
        widget.draw()
        after = widget.view.viewRange()
        self.assertLess(np.diff(after[0])[0], 0.6 * np.diff(before[0])[0])
        self.assertLess(np.diff(after[1])[0], 0.6 * np.diff(before[1])[0])
        self.assertIsNone(widget.draw())

    @with_qt
    def test_colours_follow_the_picture_until_a_hand_sets_them(self):
        display = stft.spectrogram_display(N_FFT, HOP, RATE)
        play(display, 1e-6 * some_rows(2000, N_FFT))
        widget = shown(display)
        low, high = widget.colours.levels()
        self.assertTrue(-65 < low < -55 and low + 9 < high < -40, (low, high))
        widget.colours.sigLevelsChanged.emit(widget.colours)  # a handle was dragged
        self.assertFalse(widget.automatic.isChecked())
        widget.automatic.setChecked(True)
        widget.set_colours(-80, -20)
        play(display, some_rows(2000, N_FFT))
        widget.draw()
        self.assertEqual(tuple(widget.colours.levels()), (-80, -20))
        self.assertEqual(tuple(widget.picture.levels), (-80, -20))

    @with_qt
    def test_values_in_decibels_and_magnitudes(self):
        for given, values, wanted in ((dict(db=True), -37.0, -37.0), (dict(kind="magnitude"), 0.1, -20.0), (dict(kind="power"), 0.1, -10.0)):
            display = stft.spectrogram_display(N_FFT, HOP, RATE, **given)
            play(display, np.full((300, N_FFT), values))
            image = shown(display).image()
            np.testing.assert_allclose(image[np.isfinite(image)], wanted, rtol=1e-6)

    @with_qt
    def test_tags_and_messages_without_sense_stop_nothing(self):
        hostile = [0, -1.0, float("nan"), float("inf"), 1e300, "x", (1,), (-5, 2.0), 2**63 - 1, True, np.ones(3), {"a": 1}]
        keys = ["rx_rate", "rx_time", "rx_freq", "overflow", "rx_overflow", "stft_hop", "stft_samp_rate", "stft_first", "stft_win_length"]
        tags = [tag(3 * n + k, key, value) for n, value in enumerate(hostile) for k, key in enumerate(keys)]
        display = stft.spectrogram_display(N_FFT, HOP, RATE, lines=1)
        play(display, some_rows(200, N_FFT), *tags)
        play(display, some_rows(200, 1), *tags, tag(7, "rx_freq", pmt.PMT_EOF), port=1)
        for value in hostile + [dict(kind="burst"), dict(kind=3, state="end", sample_start=1)]:
            display._take_event(pmt.to_pmt(value))
        for value in hostile:
            report = dict(kind="burst", state="end", id=1, sample_start=value, time=value, duration=value, freq_lower=value, freq_upper=value)
            display._take_event(pmt.to_pmt(report))
            widget = shown(display, 400, 300)
        for message in pmt.cons(pmt.PMT_NIL, pmt.PMT_NIL), pmt.PMT_EOF:
            display._take_event(message)
        self.assertEqual(display.total(), 201)
        widget.draw()

    def test_what_it_does_not_take_it_refuses_by_name_value_and_rule(self):
        for given in (dict(n_fft=0), dict(n_fft=2.5), dict(hop=-1), dict(samp_rate=0.0), dict(sides="both"), dict(kind="loud"), dict(history=0),
                      dict(memory=0.5), dict(lines=-1), dict(orders=(1.0,)), dict(lines=6, orders=(1.0,)), dict(orders=(0,), lines=5)):  # fmt: skip
            with self.assertRaisesRegex(ValueError, rf"^({'|'.join(given)}): .+: \S"):
                stft.spectrogram_display(**{**dict(n_fft=64), **given})
        display = stft.spectrogram_display(64)
        with self.assertRaisesRegex(ValueError, "^samp_rate: nan: "):
            display.set_samp_rate(float("nan"))

    def test_settings_change_while_it_runs(self):
        display = stft.spectrogram_display(N_FFT, HOP, RATE)
        play(display, some_rows(100, N_FFT))
        display.set_center_freq(1e6)
        display.set_samp_rate(2 * RATE)
        play(display, some_rows(100, N_FFT))
        self.assertEqual(display._store.pieces[-1].period, HOP / RATE / 2)
        self.assertEqual(display._store.pieces[-1].low, 1e6 - 32.5 * 2 * RATE / N_FFT)

    def test_without_qt_or_its_module_it_says_which_package_is_missing(self):
        for name, package in (("PyQt5.QtWidgets", "python3-pyqt5"), ("pyqtgraph", "python3-pyqtgraph")):
            if name == "pyqtgraph" and missing:
                continue
            with mock.patch.dict(sys.modules, {name: None}), self.assertRaisesRegex(ImportError, f"{package}$"):
                stft.spectrogram_display(64).widget()


if __name__ == "__main__":
    run_tests()
