#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks in flowgraphs: equal to the array functions, every sample used, tags where they belong, changes while running."""

import itertools
import re
import subprocess
import sys
import threading
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

RNG = np.random.default_rng(20260101)
SIZES = [  # n_fft, win_length, hop
    (1, 1, 1), (2, 2, 1), (3, 2, 2), (8, 8, 4), (15, 9, 4), (16, 16, 7), (17, 17, 3), (31, 31, 31), (64, 40, 10),
    (16, 12, 40), (1024, 1024, 256), (1000, 1000, 333),
]  # fmt: skip


def signal(length, real):
    x = RNG.standard_normal(length)
    return (x if real else x + 1j * RNG.standard_normal(length)).astype(np.float32 if real else np.complex64)


def source(x, tags=()):
    make = blocks.vector_source_f if x.dtype == np.float32 else blocks.vector_source_c
    return make(x.tolist(), False, 1, list(tags))


class unequal(gr.basic_block):
    """Passes on what it gets in pieces of changing size."""

    def __init__(self, dtype, vlen=1):
        super().__init__("unequal", [(dtype, vlen)], [(dtype, vlen)])
        self.sizes = itertools.cycle([1, 2, 3, 17, 1, 250, 64, 5])

    def general_work(self, input_items, output_items):
        n = min(next(self.sizes), len(input_items[0]), len(output_items[0]))
        output_items[0][:n] = input_items[0][:n]
        self.consume(0, n)
        return n


def run(*chain):
    """The data (item, value) and the tags that come out of a chain of blocks."""
    bytes_out = chain[-1].output_signature().sizeof_stream_item(0)
    of_floats = (stft.istft_vcf, stft.one_integral_vcf, stft.spectrogram_fvf, stft.spectrogram_cvf, stft.power_vcvf)
    if isinstance(chain[-1], of_floats):
        dtype, make = np.float32, blocks.vector_sink_f
    else:
        dtype, make = np.complex64, blocks.vector_sink_c
    vlen = bytes_out // np.dtype(dtype).itemsize
    sink = make(vlen)
    tb = gr.top_block()
    tb.connect(*chain, sink)
    tb.run()
    return np.array(sink.data(), dtype).reshape(-1, vlen), sink.tags()


def analysis(real, *args, **kwargs):
    return (stft.stft_fvc if real else stft.stft_cvc)(*args, **kwargs)


def synthesis(real, *args, **kwargs):
    return (stft.istft_vcf if real else stft.istft_vcc)(*args, **kwargs)


def value(tags, key):
    return [(t.offset, pmt.to_python(t.value)) for t in tags if pmt.symbol_to_string(t.key) == key]


class stream_equals_array(unittest.TestCase):
    def each(self):
        for real, (n_fft, win_length, hop) in itertools.product((True, False), SIZES):
            for placement in ("centred", "left", "full"):
                for length in (1, 2, win_length - 1, win_length, win_length + 1, 3 * win_length + 5, 2000):
                    if length > 0:
                        yield real, n_fft, win_length, hop, placement, length

    def test_forward_to_the_bit(self):
        for real, n_fft, win_length, hop, placement, length in self.each():
            for phase in ("start", "centre", "absolute"):
                with self.subTest(real=real, n_fft=n_fft, m=win_length, hop=hop, placement=placement, length=length):
                    x = signal(length, real)
                    made = dict(win_length=win_length, placement=placement, phase=phase)
                    block = analysis(real, n_fft, hop, "hamming", **made)
                    spectra, tags = run(source(x), block)
                    expected = stft.stft(x, "hamming", hop=hop, n_fft=n_fft, **made)
                    np.testing.assert_array_equal(spectra.T, expected)
                    self.assertEqual(value(tags, "stft_length"), [(len(spectra) - 1, length)])

    def test_round_trip_has_the_input_s_length_and_values(self):
        for real, n_fft, win_length, hop, placement, length in self.each():
            if hop > win_length or (placement != "full" and hop > max(1, win_length // 2)):
                continue
            with self.subTest(real=real, n_fft=n_fft, m=win_length, hop=hop, placement=placement, length=length):
                x = signal(length, real)
                made = dict(win_length=win_length, placement=placement)
                y, _ = run(
                    source(x),
                    analysis(real, n_fft, hop, "hamming", **made),
                    synthesis(real, n_fft, hop, "hamming", **made),
                )
                self.assertEqual(len(y), length)
                self.assertLessEqual(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_inverse_to_the_bit_and_of_exact_length_at_any_invertible_hop(self):
        for real, n_fft, win_length, hop, placement, length in self.each():
            if hop > win_length:
                continue
            with self.subTest(real=real, n_fft=n_fft, m=win_length, hop=hop, placement=placement, length=length):
                x = signal(length, real)
                made = dict(win_length=win_length, placement=placement)
                y, _ = run(
                    source(x),
                    analysis(real, n_fft, hop, "hamming", **made),
                    synthesis(real, n_fft, hop, "hamming", **made),
                )
                X = stft.stft(x, "hamming", hop=hop, n_fft=n_fft, **made)
                sides = "onesided" if real else "twosided"
                expected = stft.istft(X, "hamming", hop=hop, n_fft=n_fft, length=length, sides=sides, **made)
                np.testing.assert_array_equal(y[:, 0], expected)

    def test_split_of_the_input_changes_no_bit(self):
        for real, (n_fft, win_length, hop) in itertools.product((True, False), SIZES):
            with self.subTest(real=real, n_fft=n_fft, hop=hop):
                x = signal(3001, real)
                invertible = hop <= win_length
                chain = [analysis(real, n_fft, hop, "hamming", win_length)]
                pieces = [source(x), unequal(x.dtype), chain[0]]
                if invertible:
                    bins = n_fft // 2 + 1 if real else n_fft
                    pieces += [unequal(np.complex64, bins), synthesis(real, n_fft, hop, "hamming", win_length)]
                got, _ = run(*pieces)
                expected = stft.stft(x, "hamming", hop=hop, n_fft=n_fft, win_length=win_length)
                if invertible:
                    made = dict(hop=hop, n_fft=n_fft, win_length=win_length, sides="onesided" if real else "twosided")
                    expected = stft.istft(expected, "hamming", length=len(x), **made)[None]
                np.testing.assert_array_equal(got.T, expected)

    def test_spectrogram_and_power_rows(self):
        x = signal(5000, True)
        for n_fft, hop, average, kind, db, max_hold in itertools.product(
            (64, 63), (16, 100), (1, 7), ("psd", "power", "magnitude"), (False, True), (False, True)
        ):
            with self.subTest(n_fft=n_fft, hop=hop, average=average, kind=kind, db=db, max_hold=max_hold):
                expected = stft.spectrogram(
                    x, hop=hop, n_fft=n_fft, kind=kind, average=average, db=db, max_hold=max_hold, fs=8e3
                )
                block = stft.spectrogram_fvf(
                    n_fft, hop, kind=kind, average=average, db=db, max_hold=max_hold, samp_rate=8e3
                )
                got, _ = run(source(x), block)
                np.testing.assert_array_equal(got.T, expected)
                scaling = "psd" if kind == "psd" else "magnitude"
                got, _ = run(
                    source(x),
                    stft.stft_fvc(n_fft, hop, scaling=scaling, samp_rate=8e3),
                    stft.power_vcvf(n_fft, "onesided", kind, average, max_hold, db),
                )
                np.testing.assert_array_equal(got.T, expected)

    def test_power_brings_tagged_spectra_to_psd(self):
        x = signal(3000, True)
        for scaling in ("none", "magnitude", "ortho"):
            got, _ = run(
                source(x),
                stft.stft_fvc(128, 50, scaling=scaling, samp_rate=100.0),
                stft.power_vcvf(128, kind="psd"),
            )
            expected = stft.spectrogram(x, hop=50, n_fft=128, fs=100.0)
            np.testing.assert_allclose(got.T, expected, rtol=0, atol=1e-6 * expected.max())

    def test_centered_spectra_invert(self):
        x = signal(1000, False)
        for n_fft in (16, 15):
            block = analysis(False, n_fft, 4, sides="centered")
            spectra, _ = run(source(x), block)
            np.testing.assert_array_equal(spectra.T, stft.stft(x, hop=4, n_fft=n_fft, sides="centered"))
            y, _ = run(
                source(x), analysis(False, n_fft, 4, sides="centered"), synthesis(False, n_fft, 4, sides="centered")
            )
            self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_phase_reference_equals_array_and_tells_downstream(self):
        x = signal(800, True)
        references = ("start", "centre", "absolute")
        for n_fft, win_length, before, target, placement in itertools.product(
            (16, 15), (12, 9, 21), references, references, ("full", "left")
        ):
            made = dict(win_length=win_length, placement=placement)
            forward = lambda: stft.stft_fvc(n_fft, 5, phase=before, **made)
            convert = lambda: stft.phase_reference_vcvc(n_fft, 7, win_length, "start", target)
            got, tags = run(source(x), forward(), convert())
            X = stft.stft(x, hop=5, n_fft=n_fft, phase=before, **made)
            first = value(tags, "stft_first")[0][1]
            expected = stft.convert_phase(
                X, before, target, hop=5, n_fft=n_fft, win_length=win_length, first=first
            )
            np.testing.assert_array_equal(got.T, expected)
            self.assertEqual(value(tags, "stft_phase"), [(0, target)])
            y, _ = run(source(x), forward(), convert(), synthesis(True, n_fft, 5, win_length=win_length))
            self.assertLess(np.max(np.abs(y[12:, 0] - x[12:])[:-12]), 3e-6 * np.max(np.abs(x)))

    def test_inverse_of_spectra_without_tags_ends_with_the_last_frame(self):
        x = signal(1000, True)
        X = stft.stft(x, hop=16, n_fft=64)
        spectra = blocks.vector_source_c(np.ascontiguousarray(X.T).ravel().tolist(), False, 33)
        y, _ = run(spectra, synthesis(True, 64, 16))
        np.testing.assert_array_equal(y[:, 0], stft.istft(X, hop=16))

    def test_given_dual_window_is_used_as_it_is(self):
        x = signal(900, True)
        w = stft.sample_window("hann", 64)
        dual, _ = stft.closest_dual_window(w, 16)
        y, _ = run(source(x), stft.stft_fvc(64, 16), synthesis(True, 64, 16, synthesis=dual))
        X = stft.stft(x, hop=16, n_fft=64)
        expected = stft.istft(X, hop=16, n_fft=64, length=900, synthesis=dual)
        np.testing.assert_array_equal(y[:, 0], expected)
        self.assertLess(np.max(np.abs(y[64:-64, 0] - x[64:-64])), 1e-5)
        self.assertGreater(np.max(np.abs(y[:64, 0] - x[:64])), 1e-3)  # it fades in

    def test_large_sizes_run_through(self):
        for n_fft in (65536, 1 << 20):
            x = signal(n_fft // 2 + 7, True)
            y, _ = run(source(x), stft.stft_fvc(n_fft, n_fft // 2), synthesis(True, n_fft, n_fft // 2))
            self.assertEqual(len(y), len(x))
            self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_hop_far_beyond_the_window_reads_every_sample(self):
        x = signal(300000, True)
        for placement in ("centred", "left", "full"):
            spectra, tags = run(source(x), analysis(True, 8, 100000, placement=placement))
            np.testing.assert_array_equal(spectra.T, stft.stft(x, hop=100000, n_fft=8, placement=placement))
            self.assertEqual(value(tags, "stft_length")[0][1], 300000)

    def test_a_second_run_starts_anew(self):
        x = signal(1000, True)
        src, block, sink = source(x), stft.stft_fvc(64, 16), blocks.vector_sink_c(33)
        tb = gr.top_block()
        tb.connect(src, block, sink)
        tb.run()
        first = np.array(sink.data())
        src.rewind()
        sink.reset()
        tb.run()
        np.testing.assert_array_equal(np.array(sink.data()), first)

    def test_nan_stays_in_its_frames(self):
        x = signal(1000, True)
        x[500] = np.nan
        y, _ = run(source(x), stft.stft_fvc(64, 16), synthesis(True, 64, 16))
        bad = np.flatnonzero(np.isnan(y[:, 0]))
        self.assertGreaterEqual(bad[0], 500 - 64)
        self.assertLessEqual(bad[-1], 500 + 64)


class pausing(gr.sync_block):
    """Gives its samples at once, then nothing until it may go on with more, or end."""

    def __init__(self, x, more=()):
        super().__init__("pausing", None, [x.dtype])
        self.left, self.more, self.may_go_on = x, np.array(more, x.dtype), threading.Event()

    def work(self, _, output_items):
        if len(self.left) == 0:
            if not self.may_go_on.wait(0.01):
                return 0
            if len(self.more) == 0:
                return -1
            self.left, self.more = self.more, self.more[:0]
        n = min(len(self.left), len(output_items[0]))
        output_items[0][:n] = self.left[:n]
        self.left = self.left[n:]
        return n


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


class a_live_source(unittest.TestCase):
    def test_gets_every_whole_frame_without_waiting_for_more(self):
        x = signal(3000, True)
        src, sink = pausing(x), blocks.vector_sink_c(33)
        tb = gr.top_block()
        tb.connect(src, stft.stft_fvc(64, 1), sink)
        tb.start()
        wait_until(lambda: len(sink.data()) // 33 >= 3000 - 31)
        before = len(sink.data()) // 33
        src.may_go_on.set()
        tb.wait()
        self.assertEqual(before, 3000 - 31)  # frame p is there with sample p + 31
        self.assertEqual(len(sink.data()) // 33, 3001)

    def test_a_live_stream_may_change_while_a_frame_waits_for_its_successor(self):
        x = signal(3000, True)
        src, block = pausing(x[:500], x[500:]), stft.stft_fvc(8, 1000, placement="left")
        sink = blocks.vector_sink_c(5)
        tb = gr.top_block()
        tb.connect(src, block, sink)
        tb.start()
        self.assertTrue(wait_until(lambda: block.nitems_read(0) == 500))
        time.sleep(0.1)
        block.set_hop(10)  # frame 0 is whole, so frame 1, at sample 1000, is the first to change
        src.may_go_on.set()
        tb.wait()
        got = np.array(sink.data(), np.complex64).reshape(-1, 5).T
        np.testing.assert_array_equal(got[:, :1], stft.stft(x, hop=1000, n_fft=8, first=0, frames=1))
        expected = stft.stft(x, hop=10, n_fft=8, first=1000, placement="left")
        np.testing.assert_array_equal(got[:, 1:], expected)


class tags(unittest.TestCase):
    @staticmethod
    def at(offset, key, value):
        return gr.tag_utils.python_to_tag((int(offset), pmt.intern(key), value, pmt.intern("test")))

    def test_tags_land_on_the_first_frame_that_holds_their_sample(self):
        for n_fft, win_length, hop in SIZES:
            for placement in ("centred", "left", "full"):
                length = 500
                x = signal(length, True)
                offsets = sorted({0, length - 1, *RNG.choice(length, 40, replace=False).tolist()})
                given = [self.at(o, "mark", pmt.from_long(o)) for o in offsets]
                block = analysis(True, n_fft, hop, "hamming", win_length, placement)
                spectra, found = run(source(x, given), block)
                first = value(found, "stft_first")[0][1]
                starts = first + hop * np.arange(len(spectra))
                got = {}
                for frame, o in value(found, "mark"):
                    self.assertNotIn((o, frame), got)
                    got[(o, frame)] = True
                expected = []
                for o in offsets:
                    ends_after = np.flatnonzero(starts + win_length > o)
                    expected.append((o, int(ends_after[0]) if len(ends_after) else len(spectra) - 1))
                with self.subTest(n_fft=n_fft, win_length=win_length, hop=hop, placement=placement):
                    self.assertEqual(sorted(set(expected)), sorted(got))
                    self.assertEqual(len(value(found, "mark")), len(offsets))

    def test_back_within_a_hop_after_the_inverse(self):
        for n_fft, win_length, hop in SIZES:
            if hop > win_length:
                continue
            for placement in ("centred", "left", "full"):
                length = 700
                x = signal(length, True)
                offsets = sorted({0, length - 1, *RNG.choice(length, 50, replace=False).tolist()})
                given = [self.at(o, "mark", pmt.from_long(o)) for o in offsets]
                y, found = run(
                    source(x, given),
                    stft.stft_fvc(n_fft, hop, "hamming", win_length, placement),
                    unequal(np.complex64, n_fft // 2 + 1),
                    synthesis(True, n_fft, hop, "hamming", win_length, placement),
                )
                got = value(found, "mark")
                with self.subTest(n_fft=n_fft, win_length=win_length, hop=hop, placement=placement):
                    self.assertEqual(sorted(o for _, o in got), offsets)
                    for where, o in got:
                        self.assertLess(where, length)
                        if o >= win_length:
                            self.assertLess(abs(where - o), hop if hop > 1 else 1)
                    self.assertFalse([t for t in found if pmt.symbol_to_string(t.key).startswith("stft_")])

    def test_describe_the_frames(self):
        x = signal(300, True)
        _, found = run(source(x), analysis(True, 64, 16, "hann", 50, phase="absolute", scaling="psd", samp_rate=9.0))
        expected = dict(
            stft_first=-25, stft_hop=16, stft_n_fft=64, stft_win_length=50, stft_phase="absolute",
            stft_scaling="psd", stft_samp_rate=9.0,
        )  # fmt: skip
        for key, wanted in expected.items():
            self.assertEqual(value(found, key), [(0, wanted)])
        taps = value(found, "stft_window")[0][1]
        np.testing.assert_array_equal(taps, stft.sample_window("hann", 50))

    def test_inverse_follows_them_against_its_arguments(self):
        x = signal(900, True)
        y, _ = run(
            source(x),
            stft.stft_fvc(64, 10, "hann", 50, "left", "absolute", "ortho"),
            synthesis(True, 64, 32, "hamming", 64, "centred", "centre", "none"),
        )
        self.assertEqual(len(y), 900)
        self.assertLess(np.max(np.abs(y[60:850, 0] - x[60:850])), 2e-6 * np.max(np.abs(x)))

    def test_inverse_of_an_odd_n_fft_given_as_the_even_one_of_as_many_bins(self):
        x = signal(900, True)
        y, _ = run(source(x), stft.stft_fvc(65, 16), synthesis(True, 64, 16))
        self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_tags_of_a_later_start_give_zeros_up_to_it(self):
        x = signal(1000, True)
        X = stft.stft(x, hop=16, n_fft=64, placement="full")
        frames, first = X.shape[1], -48
        later = [self.at(frames, "stft_first", pmt.from_long(5000 + first)), self.at(frames, "mark", pmt.from_long(1))]
        items = np.ascontiguousarray(np.hstack([X, X]).T).ravel().tolist()
        spectra = blocks.vector_source_c(items, False, 33, later)
        y, found = run(spectra, synthesis(True, 64, 16, placement="full"))
        for begin in (0, 5000):
            self.assertLess(np.max(np.abs(y[begin : begin + 1000, 0] - x)), 2e-6 * np.max(np.abs(x)))
        self.assertFalse(y[1064 : 5000 - 64].any())  # under no frame
        self.assertEqual(len(value(found, "mark")), 1)

    def test_tags_of_spectra_that_do_not_fit_are_ignored(self):
        x = signal(900, False)
        y, _ = run(source(x), stft.stft_cvc(33, 8), synthesis(True, 64, 16))  # 33 bins, but of other spectra
        self.assertGreater(len(y), 0)

    def test_tags_of_a_hop_beyond_the_window_give_zeros_in_the_gaps(self):
        x = signal(900, True)
        y, _ = run(source(x), stft.stft_fvc(64, 100, "boxcar", placement="left"), synthesis(True, 64, 16))
        self.assertEqual(len(y), 900)
        covered = np.arange(900) % 100 < 64
        self.assertLess(np.max(np.abs((y[:, 0] - x)[covered])), 2e-6 * np.max(np.abs(x)))
        self.assertFalse(y[~covered].any())

    def test_rx_time_is_that_of_the_frame_s_first_sample_and_comes_back(self):
        x = signal(4000, True)
        rate, seconds = 1000.0, 100
        time_at = pmt.make_tuple(pmt.from_uint64(seconds), pmt.from_double(0.25))
        given = [
            self.at(0, "rx_time", pmt.make_tuple(pmt.from_uint64(seconds - 1), pmt.from_double(0.25))),
            self.at(0, "rx_rate", pmt.from_double(rate)),  # after the time that needs it
            self.at(1000, "rx_time", time_at),
            self.at(1000, "rx_freq", pmt.from_double(5e6)),
        ]
        _, found = run(source(x, given), analysis(True, 64, 16))
        starts = {frame: -32 + 16 * frame for frame in range(1000)}
        self.assertEqual(value(found, "rx_rate"), [(0, rate / 16)])
        self.assertEqual([v for _, v in value(found, "rx_freq")], [5e6])
        for frame, (full, fraction) in value(found, "rx_time"):
            self.assertAlmostEqual(full + fraction, 99.25 + starts[frame] / rate, places=9)
        _, found = run(source(x, given), stft.stft_fvc(64, 16), synthesis(True, 64, 16))
        self.assertEqual(value(found, "rx_rate"), [(0, rate)])
        for sample, (full, fraction) in value(found, "rx_time"):
            self.assertAlmostEqual(full + fraction, 99.25 + sample / rate, places=9)
        self.assertEqual(len(value(found, "rx_time")), 2)

    def test_rx_rate_scales_the_density(self):
        x = signal(500, True)
        given = [self.at(0, "rx_rate", pmt.from_double(50.0))]
        got, _ = run(source(x, given), stft.spectrogram_fvf(64, 16))
        np.testing.assert_array_equal(got.T, stft.spectrogram(x, hop=16, n_fft=64, fs=50.0))

    def test_rate_of_a_stream_that_has_ended_is_forgotten_by_changes_too(self):
        x = signal(400, True)
        for change in (lambda block: block.set_hop(8), lambda block: block.set_window("hamming")):
            block = stft.stft_fvc(16, 4, scaling="psd", samp_rate=100.0)
            _, found = run(source(x, [self.at(0, "rx_rate", pmt.from_double(32000.0))]), block)
            self.assertEqual(value(found, "stft_samp_rate"), [(0, 32000.0)])
            change(block)
            got, found = run(source(x), block)
            self.assertEqual(value(found, "stft_samp_rate"), [(0, 100.0)])
            new = stft.stft_fvc(16, 4, scaling="psd", samp_rate=100.0)
            change(new)
            np.testing.assert_array_equal(got, run(source(x), new)[0])

    def test_go_to_the_row_of_their_frame(self):
        x = signal(4000, True)
        given = [self.at(o, "mark", pmt.from_long(o)) for o in (0, 999, 3999)]
        got, found = run(source(x, given), stft.spectrogram_fvf(64, 16, average=8))
        frame_of = lambda o: max(0, (o + 32 - 64) // 16 + 1)
        self.assertEqual(value(found, "mark"), [(frame_of(o) // 8, o) for o in (0, 999, 3999)])
        self.assertEqual(value(found, "stft_length"), [(len(got) - 1, 4000)])


class changes(unittest.TestCase):
    """Parameters may change while samples run."""

    @staticmethod
    def command(block, message):
        block.to_basic_block()._post(pmt.intern("cmd"), message)

    @staticmethod
    def dictionary(**items):
        message = pmt.make_dict()
        for key, item in items.items():
            message = pmt.dict_add(message, pmt.intern(key), item if isinstance(item, pmt.pmt_base) else pmt.to_pmt(item))
        return message

    def run_with(self, x, block, *messages):
        for message in messages:
            self.command(block, message)
        return run(source(x), block)

    def test_changes_at_a_sample_are_reproducible_and_exact(self):
        x = signal(20000, True)
        block = stft.stft_fvc(128, 32)
        spectra, found = self.run_with(
            x,
            block,
            self.dictionary(hop=20, window="hamming", at=6001),
            self.dictionary(win_length=100, at=12000),
            self.dictionary(hop=64, scaling="ortho", at=9000),
        )
        firsts = value(found, "stft_first")
        hops = [h for _, h in value(found, "stft_hop")]
        self.assertEqual(hops, [32, 20, 64, 64])
        self.assertEqual([w for _, w in value(found, "stft_win_length")], [128, 128, 128, 100])
        self.assertEqual([w for _, w in value(found, "stft_scaling")], ["none", "none", "ortho", "ortho"])
        for (frame, first), at, hop_before in zip(firsts[1:], (6001, 9000, 12000), hops):
            self.assertGreaterEqual(first, at)
            self.assertLess(first - hop_before, at)
        edges = [f for f, _ in firsts] + [len(spectra)]
        designs = [("hann", 128, 32, "none"), ("hamming", 128, 20, "none"), ("hamming", 128, 64, "ortho"),
                   ("hamming", 100, 64, "ortho")]  # fmt: skip
        for (begin, first), end, (window, m, hop, scaling) in zip(firsts, edges[1:], designs):
            expected = stft.stft(
                x, window, hop=hop, n_fft=128, win_length=m, scaling=scaling, first=first, frames=end - begin
            )
            np.testing.assert_array_equal(spectra[begin:end].T, expected)

    def test_changed_stream_inverts(self):
        x = signal(20000, True)
        for split in (False, True):
            forward = stft.stft_fvc(128, 32)
            self.command(forward, self.dictionary(hop=20, window="hamming", at=6001))
            self.command(forward, self.dictionary(hop=50, scaling="psd", at=9000))
            self.command(forward, self.dictionary(win_length=101, at=12000))
            middle = [unequal(np.complex64, 65)] if split else []
            y, _ = run(source(x), forward, *middle, synthesis(True, 128, 32))
            self.assertEqual(len(y), len(x))
            self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_streams_changed_before_the_first_sample_invert_too(self):
        x = signal(3000, True)
        for placement in ("centred", "full", "left"):
            for changes in (dict(hop=8), dict(win_length=40), dict(hop=10, win_length=40)):
                for at in (-100, -31, -17, -16):
                    with self.subTest(placement=placement, at=at, **changes):
                        forward, backward = (
                            make(64, 16, "hamming", 0, placement) for make in (stft.stft_fvc, stft.istft_vcf))
                        self.command(forward, self.dictionary(at=at, **changes))
                        y, _ = run(source(x), forward, backward)
                        self.assertEqual(len(y), len(x))
                        self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_asked_for_in_any_order_make_the_same_stream(self):
        x = signal(30000, True)
        orders = [list(range(40)) for _ in range(3)]
        orders[1].reverse()
        np.random.default_rng(1).shuffle(orders[2])
        makers = {
            "stft": (lambda: stft.stft_fvc(64, 16), ("hop", "window", "win_length", "scaling")),
            "stft_bins": (lambda: stft.stft_bins_fvc([1, 2.5], 16, "hann", 64), ("hop", "window", "win_length")),
            "dstft": (lambda: stft.dstft_fvc(64, 16.0, 50.0), ("hop", "theta")),
            "adaptive_stft": (lambda: stft.adaptive_stft_fvc(64, 8), ("hop", "theta_max", "theta")),
        }
        values = {
            "hop": lambda i: pmt.from_long(4 + i % 3), "window": lambda i: pmt.intern(["hann", "hamming"][i % 2]),
            "win_length": lambda i: pmt.from_long(40 + i), "theta": lambda i: pmt.from_double(30 + i % 9),
            "scaling": lambda i: pmt.intern(["psd", "none"][i % 2]), "theta_max": lambda i: pmt.from_double(50 + i % 9),
        }  # fmt: skip
        for name, (make, keys) in makers.items():
            outputs = []
            for order in orders:
                block = make()
                for i in order:
                    key = keys[i % len(keys)]
                    message = pmt.dict_add(pmt.make_dict(), pmt.intern(key), values[key](i))
                    message = pmt.dict_add(message, pmt.intern("at"), pmt.from_long(500 * (i + 1)))
                    block.to_basic_block()._post(pmt.intern("cmd"), message)
                outputs.append(run(source(x), block)[0])
            for y in outputs[1:]:
                np.testing.assert_array_equal(y, outputs[0], name)

    def test_thousands_of_changes_hold_up_neither_the_stream_nor_its_end(self):
        for descending in (False, True):
            block, head = stft.stft_fvc(1024, 64), blocks.null_source(4)
            tb = gr.top_block()
            tb.connect(head, block, blocks.null_sink(8 * 513))
            for i in range(4000):
                at = 10**12 + (-i if descending else i)
                message = pmt.dict_add(pmt.make_dict(), pmt.intern("hop"), pmt.from_long(8 + i % 97))
                block.to_basic_block()._post(pmt.intern("cmd"), pmt.dict_add(message, pmt.intern("at"), pmt.from_long(at)))
            tb.start()
            stopped = threading.Thread(target=lambda: (tb.stop(), tb.wait()))
            stopped.start()
            stopped.join(20)  # a tenth of a second is what it takes
            self.assertFalse(stopped.is_alive())

    def test_bad_messages_are_ignored(self):
        x = signal(2000, True)
        bad = [
            pmt.intern("nonsense"),
            pmt.from_long(3),
            pmt.PMT_NIL,
            self.dictionary(hop=0),
            self.dictionary(hop=-3),
            self.dictionary(hop=2.5),
            self.dictionary(window="no such window"),
            self.dictionary(window=7),
            self.dictionary(win_length=2**24 + 1),
            self.dictionary(scaling=1),
            self.dictionary(colour="red"),
            self.dictionary(at="now"),
            pmt.cons(pmt.intern("hop"), pmt.intern("many")),
            pmt.cons(pmt.from_long(1), pmt.from_long(2)),
        ]
        for block in (stft.stft_fvc(64, 16), stft.spectrogram_fvf(64, 16)):
            for message in bad:
                self.command(block, message)
            got, _ = run(source(x), block)
            self.assertEqual(len(got), 126)

    def test_a_pair_will_do(self):
        x = signal(2000, True)
        spectra, _ = self.run_with(x, stft.stft_fvc(64, 16), pmt.cons(pmt.intern("hop"), pmt.from_long(8)))
        np.testing.assert_array_equal(spectra.T, stft.stft(x, hop=8, n_fft=64))

    def test_windows_as_tuples_and_taps(self):
        x = signal(1000, True)
        taps = stft.sample_window(("kaiser", 5.0), 64)
        for window in (pmt.make_tuple(pmt.intern("kaiser"), pmt.from_double(5.0)), pmt.init_f64vector(64, taps.tolist())):
            spectra, _ = self.run_with(x, stft.stft_fvc(64, 16), self.dictionary(window=window))
            np.testing.assert_array_equal(spectra.T, stft.stft(x, taps, hop=16))

    def test_setters_are_seen_and_refuse_without_effect(self):
        block = stft.stft_fvc(64, 16)
        block.set_hop(8)
        block.set_window("hamming")
        block.set_win_length(32)
        block.set_scaling("psd")
        self.assertEqual((block.hop(), block.win_length(), block.scaling()), (8, 32, "psd"))
        for call in (
            lambda: block.set_hop(0),
            lambda: block.set_window("nope"),
            lambda: block.set_win_length(2**24 + 1),
            lambda: block.set_scaling("loud"),
        ):
            self.assertRaises(ValueError, call)
        self.assertEqual((block.hop(), block.win_length(), block.scaling()), (8, 32, "psd"))

    def test_average_and_reset_while_running(self):
        x = signal(64 * 200, True)
        block = stft.spectrogram_fvf(64, 64, "boxcar", placement="left", max_hold=True)
        for message in (self.dictionary(average=4, at=64 * 100), self.dictionary(reset=True, at=64 * 50)):
            self.command(block, message)
        got, _ = run(source(x), block)
        plain = stft.spectrogram(x, "boxcar", hop=64, n_fft=64, placement="left").T
        expected = [np.maximum.accumulate(plain[:50]), np.maximum.accumulate(plain[50:100])]
        means = plain[100:].reshape(-1, 4, 33).mean(1)
        expected.append(np.maximum.accumulate(np.vstack([expected[1][-1:], means]))[1:])
        np.testing.assert_allclose(got, np.vstack(expected), rtol=1e-6)
        self.assertEqual(block.average(), 4)

    def test_setters_from_other_threads_during_a_run(self):
        length = 3000000
        x = np.tile(signal(30000, True), length // 30000)
        forward, backward = stft.stft_fvc(256, 64), synthesis(True, 256, 64)
        stop = threading.Event()

        def disturb(seed):
            rng = np.random.default_rng(seed)
            while not stop.is_set():
                choice = rng.integers(4)
                if choice == 0:
                    forward.set_hop(int(rng.integers(8, 120)))
                elif choice == 1:
                    forward.set_window(["hann", "hamming", "blackman"][rng.integers(3)])
                elif choice == 2:
                    forward.set_win_length(int(rng.integers(240, 257)))
                else:
                    forward.set_scaling(["none", "psd", "magnitude", "ortho"][rng.integers(4)])
                time.sleep(1e-3)

        threads = [threading.Thread(target=disturb, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        try:
            y, _ = run(source(x), forward, backward)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(len(y), length)
        self.assertLess(np.max(np.abs(y[:, 0] - x)), 1e-5 * np.max(np.abs(x)))


class refusals(unittest.TestCase):
    def test_name_the_parameter(self):
        nan, inf = float("nan"), float("inf")
        cases = [
            (stft.stft_fvc, (0, 1), "n_fft"),
            (stft.stft_fvc, (-8, 1), "n_fft"),
            (stft.stft_fvc, (1 << 40, 1), "n_fft"),
            (stft.stft_fvc, (8, 0), "hop"),
            (stft.stft_fvc, (8, -1), "hop"),
            (stft.stft_fvc, (8, 2, "nope"), "window"),
            (stft.stft_fvc, (8, 2, [1.0, nan]), "window"),
            (stft.stft_fvc, (8, 2, []), "window"),
            (stft.stft_fvc, (8, 2, [1j, 1]), "window"),
            (stft.stft_fvc, (8, 2, "hann", 2**24 + 1), "win_length"),
            (stft.istft_vcf, (8, 2, "hann", 32), "hop"),  # longer than n_fft, and without an inverse
            (stft.stft_fvc, (8, 2, "hann", -1), "win_length"),
            (stft.stft_fvc, (8, 2, "hann", 0, "middle"), "placement"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "zero"), "phase"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "start", "loud"), "scaling"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "start", "psd", 0.0), "samp_rate"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "start", "psd", nan), "samp_rate"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "start", "psd", inf), "samp_rate"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "start", "psd", 1.0, "centered"), "sides"),
            (stft.istft_vcf, (8, 9), "hop"),
            (stft.istft_vcf, (8, 8), "hop"),  # Hann without overlap
            (stft.spectrogram_fvf, (8, 2, "hann", 0, "left", "loudness"), "kind"),
            (stft.spectrogram_fvf, (8, 2, "hann", 0, "left", "psd", 0), "average"),
            (stft.spectrogram_cvf, (8, 2, "hann", 0, "left", "psd", -1), "average"),
            (stft.power_vcvf, (0,), "n_fft"),
            (stft.power_vcvf, (8, "upside"), "sides"),
            (stft.power_vcvf, (8, "onesided", "psd", 0), "average"),
            (stft.phase_reference_vcvc, (8, 0, 8, "start", "centre"), "hop"),
            (stft.phase_reference_vcvc, (8, 2, 8, "begin", "centre"), "phase"),
        ]
        for make, arguments, name in cases:
            with self.subTest(make=make.__name__, arguments=arguments):
                with self.assertRaisesRegex(ValueError, f"^{name}: "):
                    make(*arguments)
        with self.assertRaisesRegex(ValueError, "^synthesis: "):
            stft.istft_vcf(8, 2, synthesis=[1.0, 2.0])

    def test_sizes_that_memory_cannot_serve_are_refused_before_anything_is_built(self):
        for call, rule in (
            ("stft_cvc(2**27, 2**26)", "512 MiB"), ("stft_fvc(2**26, 2**24)", "512 MiB"),
            ("istft_vcf(2**26, 2**24)", "512 MiB"), ("spectrogram_fvf(2**28, 2**20)", "512 MiB"),
            ("dstft_fvc(2**27, 100.0, 50.0)", "512 MiB"), ("idstft_vcf(2**26)", "512 MiB"),
            ("adaptive_stft_fvc(2**26, 2**20)", "512 MiB"), ("one_integral_vcf(2**27)", "512 MiB"),
            ("phase_reference_vcvc(2**27, 1, 0, 'start', 'centre')", "512 MiB"), ("power_vcvf(2**28)", "512 MiB"),
            ("stft2d_vfvc(2**26, 8, 4)", "512 MiB"), ("idstft_vcf(2**24, share='cell')", "at most 2^20"),
            ("dstft_fvc(2**24, 100.0, 50.0, share='bin')", "at most 2^20"),
        ):  # fmt: skip
            code = ("import resource; from gnuradio import stft; "
                    "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); stft." + call)
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
            self.assertRegex(done.stderr, rf"ValueError: n_fft: .*{re.escape(rule)}", call)

    def test_latency_adds_up_to_the_window(self):
        for m, hop in ((64, 16), (63, 16), (64, 32)):
            self.assertEqual(
                stft.stft_fvc(64, hop, win_length=m).latency() + stft.istft_vcf(64, hop, win_length=m).latency(), m - 1
            )


if __name__ == "__main__":
    unittest.main()
