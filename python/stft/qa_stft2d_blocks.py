#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The 2-D STFT in flowgraphs: equal to the array functions, exact in height, tags, schedules, refusals."""

import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import at_time, pausing, tag, two_runs, unequal, value

RNG = np.random.default_rng(9)
CASES = [  # height, width, arguments
    (40, 24, dict(win_length=8, hop=4)),
    (37, 30, dict(win_length=(8, 6), hop=(4, 3), tail="floor", pad="reflect")),
    (29, 21, dict(win_length=(7, 5), hop=(3, 2), n_fft=(9, 8), pad="reflect", window="hamming")),
    (53, 33, dict(win_length=(6, 4), hop=(5, 2), n_fft=(8, 7), tail="floor", pad="edge", window="hamming", offset="centred")),
    (31, 40, dict(win_length=(8, 16), hop=(2, 4), centre=False, tail="ceil", win_sqrt=True, window="hamming")),
    (33, 18, dict(win_length=4, hop=3, centre=False, tail="ceil", window=(("kaiser", 3.0), "hamming"))),
    (1, 9, dict(win_length=(3, 4), hop=2, window="boxcar")),
    (64, 20, dict(win_length=(6, 8), hop=(6, 4), window="boxcar", centre=True, tail="ceil")),
]  # fmt: skip


def image(height, width):
    return RNG.standard_normal((height, width)).astype(np.float32)


def source(x, tags=()):
    return blocks.vector_source_f(x.ravel().tolist(), False, x.shape[1], list(tags))


def forward(width, made):
    return stft.stft2d_vfvc(width, **made)


def inverse(width, made):
    return stft.istft2d_vcvf(width, **made)


def run(*chain):
    """The items and the tags that come out of a chain of blocks."""
    if isinstance(chain[-1], stft.istft2d_vcvf):
        dtype, make = np.float32, blocks.vector_sink_f
    else:
        dtype, make = np.complex64, blocks.vector_sink_c
    vlen = chain[-1].output_signature().sizeof_stream_item(0) // np.dtype(dtype).itemsize
    sink = make(vlen)
    tb = gr.top_block()
    tb.connect(*chain, sink)
    tb.run()
    return np.array(sink.data(), dtype).reshape(-1, vlen), sink.tags()


def as_items(X):
    """Spectra of one image as the blocks' items."""
    return np.ascontiguousarray(X[0, 0].transpose(2, 3, 0, 1)).reshape(X.shape[4], -1)


class stream_equals_array(unittest.TestCase):
    def test_forward_to_the_bit(self):
        for height, width, made in CASES:
            with self.subTest(height=height, **made):
                x = image(height, width)
                items, tags = run(source(x), forward(width, made))
                expected = as_items(stft.stft2d(x, **made))
                np.testing.assert_array_equal(items, expected)
                self.assertEqual(stft.stft2d_vfvc.item_length(width, **made), expected.shape[1])
                self.assertEqual(value(tags, "stft_length"), [(len(items) - 1, height)])
                self.assertEqual([offset for offset, _ in value(tags, "stft_hop")], [0])

    def test_round_trip_has_every_height_and_the_array_s_bits(self):
        for _, width, made in CASES:
            for height in (1, 2, 7, 8, 15, 16, 31, 32, 57):
                padding = max(np.atleast_1d(made["win_length"])) + max(np.atleast_1d(made["hop"]))
                if made.get("pad") == "reflect" and height <= padding:
                    continue
                with self.subTest(height=height, **made):
                    x = image(height, width)
                    y, _ = run(source(x), forward(width, made), inverse(width, made))
                    expected = stft.istft2d(stft.stft2d(x, **made), shape=x.shape, strict=False, **made)
                    np.testing.assert_array_equal(y, expected)
                    if made.get("tail") != "floor":
                        np.testing.assert_allclose(y, x, atol=1e-5)

    def test_split_of_the_rows_changes_no_bit(self):
        for height, width, made in CASES:
            with self.subTest(height=height, **made):
                x = image(height, width)
                length = stft.stft2d_vfvc.item_length(width, **made)
                y, _ = run(
                    source(x), unequal(np.float32, width), forward(width, made), unequal(np.complex64, length),
                    inverse(width, made),
                )  # fmt: skip
                X = stft.stft2d(x, **made)
                np.testing.assert_array_equal(y, stft.istft2d(X, shape=x.shape, strict=False, **made))

    def test_a_tall_image_flows_through_small_buffers(self):
        made = dict(win_length=32, hop=8)
        x = image(5000, 100)
        y, _ = run(source(x), forward(100, made), inverse(100, made))
        self.assertEqual(y.shape, x.shape)
        self.assertLessEqual(np.max(np.abs(y - x)), 2e-6 * np.max(np.abs(x)))

    def test_hop_beyond_the_window_reads_every_row(self):
        made = dict(win_length=4, hop=(300, 2), window="boxcar")
        for pad in ("constant", "edge", "reflect"):
            x = image(1111, 10)
            items, tags = run(source(x), forward(10, dict(made, pad=pad)))
            np.testing.assert_array_equal(items, as_items(stft.stft2d(x, pad=pad, **made)))
            self.assertEqual(value(tags, "stft_length"), [(len(items) - 1, 1111)])

    def test_no_rows_have_no_frames(self):
        for _, width, made in CASES:
            items, _ = run(source(image(0, width)), forward(width, made))
            self.assertEqual(len(items), 0)
            y, _ = run(source(image(0, width)), forward(width, made), inverse(width, made))
            self.assertEqual(len(y), 0)

    def test_last_frames_end_an_image_without_tags(self):
        made = dict(win_length=8, hop=4)
        x = image(20, 16)
        X = stft.stft2d(x, **made)
        items = as_items(X)
        stripped = blocks.vector_source_c(items.ravel().tolist(), False, items.shape[1])
        y, _ = run(stripped, inverse(16, made))
        self.assertEqual(len(y), 5 * 4 + 4)
        np.testing.assert_array_equal(y[:20], stft.istft2d(X, shape=x.shape, **made))

    def test_an_image_too_short_to_be_mirrored_ends(self):
        made = dict(win_length=16, hop=4, pad="reflect")
        items, _ = run(source(image(8, 30)), forward(30, made))
        self.assertEqual(len(items), 0)

    def test_a_second_run_starts_anew(self):
        x = image(30, 16)
        made = dict(win_length=8, hop=4)
        np.testing.assert_array_equal(*two_runs(source(x), forward(16, made), inverse(16, made), blocks.vector_sink_f(16)))

    def test_nan_stays_in_its_frames(self):
        x = image(80, 60)
        made = dict(win_length=8, hop=4)
        clean, _ = run(source(x), forward(60, made), inverse(60, made))
        x[40, 30] = np.nan
        y, _ = run(source(x), forward(60, made), inverse(60, made))
        rows, columns = np.nonzero(np.isnan(y))
        self.assertTrue(40 - 8 < rows.min() <= 40 <= rows.max() < 40 + 8)
        self.assertTrue(30 - 8 < columns.min() <= 30 <= columns.max() < 30 + 8)
        good = ~np.isnan(y)
        np.testing.assert_array_equal(y[good], clean[good])


class tags(unittest.TestCase):
    def test_go_to_the_first_item_with_their_row_and_back_within_a_hop(self):
        made = dict(win_length=8, hop=4)
        x = image(61, 20)
        marks = [tag(row, "mark", pmt.from_long(row)) for row in (0, 3, 4, 7, 8, 30, 60)]
        _, there = run(source(x, marks), forward(20, made))
        self.assertEqual(value(there, "mark"), [(max(0, row // 4), row) for row in (0, 3, 4, 7, 8, 30, 60)])
        _, back = run(source(x, marks), forward(20, made), inverse(20, made))
        self.assertEqual([row for _, row in value(back, "mark")], [0, 3, 4, 7, 8, 30, 60])
        for at, row in value(back, "mark"):
            self.assertLess(abs(at - row), 8 if row < 4 else 4)
        self.assertEqual(value(back, "stft_length"), [])

    def test_tags_of_time_and_rate_are_those_of_the_frames(self):
        made = dict(win_length=8, hop=4)
        given = [
            tag(0, "rx_rate", pmt.from_double(100.0)),
            tag(10, "rx_time", at_time(5.5)),
        ]
        x = image(40, 20)
        _, there = run(source(x, given), forward(20, made))
        self.assertEqual(value(there, "rx_rate"), [(0, 25.0)])
        ((item, (seconds, fraction)),) = value(there, "rx_time")  # item 2: rows 4 .. 11, 0.06 s before row 10
        self.assertEqual((item, seconds), (2, 5))
        self.assertAlmostEqual(fraction, 0.44)
        _, back = run(source(x, given), forward(20, made), inverse(20, made))
        self.assertEqual(value(back, "rx_rate"), [(0, 100.0)])
        ((row, (seconds, fraction)),) = value(back, "rx_time")
        self.assertAlmostEqual(seconds + fraction, 5.5 + (row - 10) / 100)

    def test_tags_of_a_spectrogram_end_at_its_image(self):
        x = RNG.standard_normal(2000).astype(np.float32)
        made = dict(win_length=8, hop=4)
        rows = stft.spectrogram(x, hop=16, n_fft=64, kind="magnitude").T
        samples = blocks.vector_source_f(x.tolist())
        waterfall = stft.spectrogram_fvf(64, 16, kind="magnitude")
        y, tags = run(samples, waterfall, forward(33, made), inverse(33, made))
        self.assertEqual(y.shape, rows.shape)
        self.assertEqual(tags, [])

    def test_describe_the_height(self):
        _, tags = run(source(image(20, 30)), forward(30, dict(win_length=(4, 6), hop=(2, 3), n_fft=(5, 8), win_sqrt=True)))
        for key, expected in (("stft_first", -2), ("stft_hop", 2), ("stft_n_fft", 5), ("stft_win_length", 4)):
            self.assertEqual(value(tags, key), [(0, expected)])
        ((_, taps),) = value(tags, "stft_window")
        np.testing.assert_allclose(taps, [0, np.sqrt(0.5), 1, np.sqrt(0.5)], atol=1e-15)


class a_live_source(unittest.TestCase):
    def rows_before_the_end(self, made, height):
        """Items and rows that come out before the source ends."""
        x = image(height, 20)
        length = stft.stft2d_vfvc.item_length(20, **made)
        src, sink, back = pausing(x), blocks.vector_sink_c(length), blocks.vector_sink_f(20)
        tb = gr.top_block()
        block = forward(20, made)
        tb.connect(src, block, sink)
        tb.connect(block, inverse(20, made), back)
        tb.start()
        count = lambda: (len(sink.data()) // length, len(back.data()) // 20)
        deadline, seen = time.monotonic() + 1.0, None
        while time.monotonic() < deadline:
            time.sleep(0.1)
            if seen != count():
                seen, deadline = count(), time.monotonic() + 0.5
        src.may_go_on.set()
        tb.wait()
        self.assertEqual(len(back.data()) // 20, height)
        return seen

    def test_gets_what_is_certain_without_waiting_for_more(self):
        # frame row m is there with row 4 m + 3, and is known to have a successor
        self.assertEqual(self.rows_before_the_end(dict(win_length=8, hop=4), 40), (10, 10 * 4 - 4))
        # a hop of 6 > P = 4: frame row m waits for row 6 m + 5, with which a successor is certain
        self.assertEqual(self.rows_before_the_end(dict(win_length=8, hop=6, tail="floor", window="boxcar"), 41)[0], 6)


class refusals(unittest.TestCase):
    def test_say_name_value_and_rule(self):
        good = dict(win_length=8, hop=4)
        both = (stft.stft2d_vfvc, stft.istft2d_vcvf)
        for message, change, kinds in (
            ("width: 0: must be 1 .. 2^28", dict(width=0), both),
            ("width: -3: must be 1 .. 2^28", dict(width=-3), both),
            ("hop: 0: must be 1 .. 2^40 samples", dict(hop=0), both),
            ("hop: -1: must not be negative", dict(hop=(4, -1)), both),
            ("hop: 2.5: must be an integer or a pair (height, width)", dict(hop=2.5), both),
            ("hop: 'a': must be an integer", dict(hop=(4, "a")), both),
            ("n_fft: (1, 2, 3): must be an integer or a pair (height, width)", dict(n_fft=(1, 2, 3)), both),
            ("win_length: 8: must be 1 .. n_fft = 6", dict(n_fft=6), both),
            ("pad: wrap: must be constant, reflect or edge", dict(pad="wrap"), both),
            ("tail: : must be floor or ceil", dict(tail=""), both),
            ("window: complex taps: must be real for images", dict(win_length=2, hop=1, window=[1, 1j]), both),
            ("pad: reflect: needs width > 8 samples of padding, not 8", dict(width=8, win_length=16, tail="floor", pad="reflect"), both),
            ("hop: 8: leaves samples uncovered by the window of 8 samples (NOLA)", dict(hop=8), both[1:]),
            ("width: 20: leaves 1 columns that no frame gives back", dict(centre=False, window="hann"), both[1:]),
        ):  # fmt: skip
            for kind in kinds:
                with self.assertRaises(ValueError) as caught:
                    kind(**dict(dict(good, width=20), **change))
                self.assertEqual(str(caught.exception), message)
        with self.assertRaisesRegex(ValueError, "would need a stream buffer of more than 512 MiB"):
            stft.stft2d_vfvc(100000, 128, 1)


if __name__ == "__main__":
    unittest.main()
