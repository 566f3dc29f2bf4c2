#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The display: boxes of events on their bursts, their texts, lines and points of ridges."""

import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

from qa_spectrogram_display import (
    HOP, N_FFT, RATE, START, at_time, bursts, centre_of, closing, missing, move_mouse, play, run_tests, shown, some_rows, tag, with_qt,
)  # fmt: skip

if not missing:
    from PyQt5 import QtCore


def detected(x, *tags, **given):
    """A display that shows samples and what the detector finds in them."""
    display, graph = stft.spectrogram_display(N_FFT, HOP, RATE, **given), gr.top_block()
    detector = stft.detector_vxm(N_FFT, HOP, samp_rate=RATE, warm_up=64)
    source = blocks.vector_source_c(x.tolist(), False, 1, sorted(tags, key=lambda t: t.offset))
    graph.connect(source, stft.spectrogram_cvf(N_FFT, HOP, samp_rate=RATE), detector, display)
    graph.msg_connect(detector, "events", display, "events")
    graph.run()
    return display


class qa_spectrogram_display_events(closing):
    @with_qt
    def test_boxes_lie_on_their_bursts(self):
        sent = (20_000, 8_000, 200e3), (45_000, 4_000, -300e3)
        frequency = 1e8
        x = bursts(80_000, *sent)
        receiver = [at_time(0, START, 0.5), tag(0, "rx_rate", RATE), tag(0, "rx_freq", frequency)]
        for tags, centre in (([], 0), (receiver, frequency)):
            display = detected(x, *tags)
            boxes = [b for b in display.boxes() if b["kind"] == "burst"]
            self.assertEqual(len(boxes), 2)
            for box, (start, count, hertz) in zip(sorted(boxes, key=lambda b: b["begin"]), sent):
                self.assertLess(abs(box["begin"] - start / RATE), HOP / RATE)
                self.assertLess(abs(box["end"] - (start + count) / RATE), HOP / RATE)
                self.assertLessEqual(box["low"] - RATE / N_FFT, hertz + centre)
                self.assertGreaterEqual(box["high"] + RATE / N_FFT, hertz + centre)
                middle = (start + count / 2) / RATE
                widget = shown(display, 800, 600, middle - count / RATE, middle + count / RATE)
                image = widget.image()
                lines, columns = np.nonzero(image > image.max() - 10)
                bright = [centre_of(widget, line, column) for line, column in zip(lines, columns)]
                drawn = widget.boxes.rect(box)
                margin = 2 * RATE / N_FFT, 2 * HOP / RATE
                outside = [p for p in bright if not drawn.adjusted(-margin[0], -margin[1], margin[0], margin[1]).contains(QtCore.QPointF(*p))]
                self.assertEqual(outside, [])
                self.assertGreater(len(bright), 20)

    @with_qt
    def test_the_event_under_the_mouse_is_described_in_plain_text(self):
        display = detected(bursts(60_000, (20_000, 8_000, 200e3)))
        event = next(e for e in display._events.values() if e["kind"] == "burst")
        event["source"] = "<script>alert(1)</script>"
        widget = shown(display, 700, 500, 0.0, 0.05)
        (box,) = [b for b in display.boxes() if b["kind"] == "burst"]
        view = widget._plots.mapFromScene(widget.view.mapViewToScene(QtCore.QPointF(2e5, (box["begin"] + box["end"]) / 2)))
        move_mouse(widget, view)
        self.assertTrue(widget.hover.isVisible())
        text = widget.hover.toPlainText()
        self.assertIn("<script>alert(1)</script>", text)
        self.assertIn(f"snr_db: {box['snr_db']:.9g} dB", text)
        move_mouse(widget, view + QtCore.QPoint(0, 120))
        self.assertFalse(widget.hover.isVisible())

    def test_an_event_is_followed_and_one_that_is_withdrawn_goes(self):
        display = stft.spectrogram_display(N_FFT, HOP, RATE)
        play(display, some_rows(1000, N_FFT))
        report = dict(kind="burst", state="begin", id=7, sample_start=3200, sample_count=320, duration=320e-6, freq_lower=-1e4, freq_upper=1e4)
        send = lambda **changes: display._take_event(pmt.to_pmt({**report, **changes}))
        send()
        (box,) = display.boxes()
        self.assertEqual((box["begin"], box["low"], box["high"]), (3.2e-3, -1e4, 1e4))
        self.assertAlmostEqual(box["end"], display._store.span()[1])  # it lasts
        send(state="end", duration=640e-6)
        (box,) = display.boxes()
        self.assertAlmostEqual(box["end"], 3.84e-3)
        send(state="end", cut="withdrawn")
        self.assertEqual(display.boxes(), [])
        for number in range(5000):
            send(id=number)
        self.assertEqual((len(display.boxes()), display.left_out()), (4096, 904))

    def test_lines_have_the_times_of_their_items(self):
        hertz = np.linspace(1e5, 2e5, 200)[:, None]
        for tags, step, first in (
            ([], HOP / RATE, 0.0),
            ([tag(0, "rx_rate", 1e4)], 1e-4, 0.0),
            ([tag(0, "stft_first", 5000), tag(0, "stft_hop", 100)], 1e-4, 5e-3),
        ):
            display = stft.spectrogram_display(N_FFT, HOP, RATE, lines=1)
            play(display, hertz, *tags, port=1)
            times, lines = display.line_points()
            np.testing.assert_allclose(times, first + step * np.arange(200), atol=1e-12)
            np.testing.assert_allclose(lines, hertz, rtol=1e-6)

    @with_qt
    def test_lines_of_ridges_are_shown_where_they_are_trusted(self):
        items = np.zeros((100, 12))  # two shafts of orders 1 and 2.5
        items[:, 0], items[:, 2] = 1e5, 2.0
        items[:, 6], items[:, 8] = 3e4, np.arange(100) < 50
        display = stft.spectrogram_display(N_FFT, HOP, RATE, lines=12, orders=(1, 2.5))
        play(display, items, port=1)
        times, lines = display.line_points()
        np.testing.assert_allclose(lines[:, :2], [[1e5, 2.5e5]] * 100)
        np.testing.assert_allclose(lines[:50, 2:], [[3e4, 7.5e4]] * 50)
        self.assertTrue(np.isnan(lines[50:, 2:]).all())
        widget = shown(display, 700, 500, 0.0, 0.01)
        x, y = widget.lines[1].getData()
        np.testing.assert_allclose(y, times, atol=1e-12)
        np.testing.assert_allclose(x, 2.5e5)

    def test_a_lock_of_a_ridge_is_a_point(self):
        display = stft.spectrogram_display(N_FFT, HOP, RATE)
        play(display, some_rows(100, N_FFT))
        display._take_event(pmt.to_pmt(dict(kind="lock", track=0, sample=1600, frequency=25.0, rate=0.0, confidence=2.0)))
        (point,) = display.points()
        self.assertEqual((point["begin"], point["frequency"]), (1.6e-3, 25.0))


if __name__ == "__main__":
    run_tests()
