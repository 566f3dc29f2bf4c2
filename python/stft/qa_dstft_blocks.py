#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks of the differentiable STFT: equal to the array functions, every frame there, live sources, refusals."""

import itertools
import threading
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from gnuradio.stft.differentiable import dstft, fixed_overlap_positions
from qa_flowgraph_parts import pausing, run_again, run_to_end, value

RNG = np.random.default_rng(20260202)
# n_fft, hop, theta; multiples of these hops are exact in double precision, where the array's positions come from
SIZES = [
    (2, 1.0, 2.0), (3, 0.5, 2.25), (8, 3.0, 8.0), (15, 4.25, 11.3), (16, 7.0, 1e-3), (17, 3.125, 17.0),
    (31, 40.5, 20.7), (64, 16.0, 50.25), (64, 300.0, 64.0), (250, 62.375, 123.4), (1024, 256.0, 1000.1),
]  # fmt: skip


def signal(length, real):
    x = RNG.standard_normal(length)
    return (x if real else x + 1j * RNG.standard_normal(length)).astype(np.float32 if real else np.complex64)


def bins_of(n_fft, real):
    return n_fft // 2 + 1 if real else n_fft


class source(gr.sync_block):
    """Gives items in pieces of changing size."""

    def __init__(self, items, pieces=(1 << 20,), tags=()):
        items = np.asarray(items)
        super().__init__("source", None, [(items.dtype, items.shape[1]) if items.ndim > 1 else items.dtype])
        self.items, self.pieces, self.at = items, itertools.cycle(pieces), 0
        self.tags = sorted(tags, key=lambda t: t[0])

    def work(self, _, output_items):
        n = min(next(self.pieces), len(output_items[0]), len(self.items) - self.at)
        if n == 0:
            return -1
        output_items[0][:n] = self.items[self.at : self.at + n]
        while self.tags and self.tags[0][0] < self.at + n:
            offset, key, value = self.tags.pop(0)
            self.add_item_tag(0, int(offset), pmt.intern(key), value)
        self.at += n
        return n


class sink(gr.sync_block):
    """Keeps items and tags."""

    def __init__(self, dtype, vlen):
        super().__init__("sink", [(dtype, vlen) if vlen > 1 else dtype], None)
        self.got, self.tags = [], []

    def work(self, input_items, _):
        n = len(input_items[0])
        self.got.append(input_items[0].copy())
        self.tags += self.get_tags_in_range(0, self.nitems_read(0), self.nitems_read(0) + n)
        return n

    def value(self, key):
        return value(self.tags, key)


class graph(gr.top_block):
    """Keeps its blocks, of which those in Python would otherwise be gone before it runs."""

    def __init__(self):
        super().__init__("graph")
        self.kept = []

    def connect(self, *points):
        self.kept.append(points)
        super().connect(*points)


def forward(real, *args, **kwargs):
    block = (stft.dstft_fvc if real else stft.dstft_cvc)(*args, **kwargs)
    block.set_log_level("off")
    return block


def backward(real, *args, **kwargs):
    block = (stft.idstft_vcf if real else stft.idstft_vcc)(*args, **kwargs)
    block.set_log_level("off")
    return block


def run(block, *inputs, outputs=1, pieces=(1 << 20,), tags=()):
    """The items of each output, and the tags of the first."""
    top = graph()
    for port, items in enumerate(inputs):
        given = source(items, pieces, tags if port == 0 else ())
        top.connect(given, (block, port))
    size = block.output_signature().sizeof_stream_item(0)
    dtype = np.float32 if isinstance(block, stft.idstft_vcf) else np.complex64
    vlen = size // np.dtype(dtype).itemsize
    sinks = [sink(dtype, vlen) for _ in range(outputs)]
    for port, s in enumerate(sinks):
        top.connect((block, port), s)
    top.run()
    shape = (0, vlen) if vlen > 1 else (0,)
    return [np.concatenate([np.empty(shape, dtype), *s.got]) for s in sinks], sinks[0]


def rounded(theta):
    return np.asarray(np.float32(theta), float)


def positions(n_samples, hop):
    return np.arange(1 + int(n_samples // hop) if n_samples else 0) * hop


def command(block, **items):
    message = pmt.make_dict()
    for key, item in items.items():
        message = pmt.dict_add(message, pmt.intern(key), item if isinstance(item, pmt.pmt_base) else pmt.to_pmt(item))
    block.to_basic_block()._post(pmt.intern("cmd"), message)


class stream_equals_array(unittest.TestCase):
    def assert_equal(self, got, x, theta, t, **made):
        if len(t) == 0:
            return self.assertEqual(len(got), 0)
        np.testing.assert_array_equal(got.T, dstft(x, rounded(theta), t, **made))

    def test_dstft_stream_equals_the_array_at_any_size_and_length(self):
        for real, (n_fft, hop, theta) in itertools.product((True, False), SIZES):
            for length in (0, 1, 2, n_fft - 1, n_fft, 3 * n_fft + 5, 2000):
                with self.subTest(real=real, n_fft=n_fft, hop=hop, length=length):
                    x = signal(length, real)
                    (got,), s = run(forward(real, n_fft, hop, theta), x)
                    t = positions(length, hop)
                    self.assert_equal(got, x, theta, t, n_fft=n_fft)
                    self.assertEqual(s.value("stft_length"), [(len(t) - 1, length)] if length else [])

    def test_dstft_stream_equals_the_array_with_every_window_norm_and_sharing(self):
        x = signal(700, True)
        t = positions(700, 13.5)
        for window, norm in itertools.product(
            ("hann", "sine", "blackman", "bartlett", "parzen", "bohman", "nuttall_cfd", ("gaussian", 0.11)),
            ("peak", "l1", "l2", "dcunit", "contract"),
        ):
            for share in ("constant", "frame", "bin", "cell"):
                with self.subTest(window=window, norm=norm, share=share):
                    (got,), _ = run(forward(True, 50, 13.5, 41.2, window, norm, 0.0, share), x)
                    theta = 41.2 if share in ("constant", "frame") else np.full((26, 1), 41.2)
                    self.assert_equal(got, x, theta, t, n_fft=50, window=window, norm=norm)

    def test_stream_of_derivatives_equals_the_array(self):
        for real, share in itertools.product((True, False), ("frame", "bin")):
            x = signal(900, real)
            t = positions(900, 17.75)
            theta = 55.5 if share == "frame" else np.full((bins_of(64, real), 1), 55.5)
            wanted = dstft(x, theta, t, n_fft=64, derivatives=("theta", "t"))
            for outputs in (1, 2, 3):
                got, _ = run(forward(real, 64, 17.75, 55.5, share=share), x, outputs=outputs)
                for have, want in zip(got, wanted):
                    np.testing.assert_array_equal(have.T, want)

    def test_stream_equals_the_array_with_a_window_length_for_each_frame(self):
        for real, hop in itertools.product((True, False), (10.0, 7.375, 90.0)):
            x = signal(1500, real)
            t = positions(1500, hop)
            theta = RNG.uniform(4, 64, len(t)).astype(np.float32)
            for given in (theta, np.append(theta, [30, 40]).astype(np.float32), theta[: len(t) // 2]):
                with self.subTest(real=real, hop=hop, given=len(given)):
                    (got,), _ = run(forward(real, 64, hop, 20.0), x, given)
                    lengths = np.append(given, np.full(len(t), given[-1]))[: len(t)]  # the last one holds
                    self.assert_equal(got, x, lengths[None], t, n_fft=64)

    def test_stream_equals_the_array_with_a_window_length_for_each_bin(self):
        for real, per_frame in itertools.product((True, False), (False, True)):
            x = signal(600, real)
            t = positions(600, 12.5)
            bins = bins_of(48, real)
            theta = RNG.uniform(4, 48, (len(t) if per_frame else 1, bins)).astype(np.float32)
            (got,), _ = run(forward(real, 48, 12.5, 20.0, share="cell" if per_frame else "bin"), x, theta)
            self.assert_equal(got, x, theta.T, t, n_fft=48)
            if not per_frame:
                block = forward(real, 48, 12.5, 20.0, share="bin")
                block.set_theta(theta[0])
                np.testing.assert_array_equal(block.theta(), theta[0])
                (got,), s = run(block, x)
                self.assert_equal(got, x, theta.T, t, n_fft=48)
                self.assertEqual(s.value("stft_share"), [(0, "bin")])

    def test_stream_equals_the_array_in_steps_so_small_that_sums_are_recursive(self):
        for real, (hop, share) in itertools.product((True, False), ((1.0, "bin"), (0.375, "bin"), (2.5, "cell"))):
            with self.subTest(real=real, hop=hop, share=share):
                x = signal(600, real)
                x[300] *= 1e6
                t = positions(600, hop)
                theta = RNG.uniform(100, 128, (1, bins_of(128, real))).astype(np.float32)
                block = forward(real, 128, hop, 20.0, share=share)
                block.set_theta(theta[0])
                got, _ = run(block, x, outputs=3, pieces=(1, 7, 64))
                wanted = dstft(x, theta.T, t, n_fft=128, derivatives=("theta", "t"))
                for have, want in zip(got, wanted):
                    np.testing.assert_array_equal(have.T, want)
                apart = np.stack([dstft(x, theta.T, t[n : n + 1], n_fft=128)[:, 0] for n in range(len(t))], axis=1)
                self.assertFalse(np.array_equal(got[0].T, apart))
                np.testing.assert_allclose(got[0].T, apart, atol=2e-6 * np.abs(apart).max(), rtol=0)

    def test_stream_equals_the_array_at_fixed_overlap(self):
        for length, theta, alpha in itertools.product((1, 5, 64, 1000), (50.25, 8.0, 3.5), (0.25, 0.125, 1.5)):
            with self.subTest(length=length, theta=theta, alpha=alpha):
                x = signal(length, True)
                t = fixed_overlap_positions(theta, alpha, length)
                (got,), s = run(forward(True, 64, 0.0, theta, alpha=alpha), x)
                self.assert_equal(got, x, theta, t, n_fft=64)
                self.assertEqual(s.value("stft_length"), [(len(t) - 1, length)])
                self.assertEqual(s.value("stft_alpha"), [(0, alpha)])

    def test_stream_equals_the_array_at_fixed_overlap_with_a_window_length_for_each_frame(self):
        for length, given in itertools.product((1, 300, 1000), (3, 10, 500)):
            x = signal(length, True)
            theta = RNG.uniform(4, 64, given).astype(np.float32)
            lengths = np.append(theta, np.full(2000, theta[-1]))
            t = fixed_overlap_positions(lengths[None], 0.25, length)
            over = np.flatnonzero(~(t - lengths / 2 < length - 1))[0]
            (got,), s = run(forward(True, 64, 0.0, 20.0, alpha=0.25), x, theta)
            self.assert_equal(got, x, lengths[None, :over], t[:over], n_fft=64)
            self.assertEqual(s.value("stft_length"), [(over - 1, length)])

    def test_however_the_inputs_are_split(self):
        x = signal(5000, True)
        for hop, alpha in ((23.625, 0.0), (500.0, 0.0), (0.0, 0.25)):
            theta = RNG.uniform(4, 64, 150).astype(np.float32)
            (whole,), _ = run(forward(True, 64, hop, 20.0, alpha=alpha), x, theta)
            for pieces in ((1,), (1, 2, 3, 17, 1, 250, 64, 5), (31,)):
                (got,), s = run(forward(True, 64, hop, 20.0, alpha=alpha), x, theta, pieces=pieces)
                np.testing.assert_array_equal(got, whole)
                self.assertEqual(s.value("stft_length"), [(len(whole) - 1, 5000)])

    def test_closely_at_a_hop_whose_multiples_doubles_round(self):
        x = signal(200000, True)
        (got,), _ = run(forward(True, 64, 7.3, 40.0), x)
        expected = dstft(x, 40.0, np.arange(len(got)) * 7.3, n_fft=64)
        self.assertLess(np.max(np.abs(got.T - expected)), 1e-6 * np.max(np.abs(expected)))

    def test_stream_equals_the_array_at_the_smallest_hop_and_beyond_all_buffers(self):
        x = signal(3, True)
        (got,), _ = run(forward(True, 8, 1e-3, 8.0), x)
        self.assertEqual(len(got), 3000)  # 3000 times the double next to 0.001 is beyond 3
        x = signal(300000, True)
        for hop in (100000.0, 99999.5, 70000.25):
            (got,), _ = run(forward(True, 8, hop, 7.7), x)
            self.assert_equal(got, x, 7.7, positions(300000, hop), n_fft=8)

    def test_stream_equals_the_array_at_a_large_size(self):
        n_fft = 1 << 17
        x = signal(n_fft, True)
        (got,), _ = run(forward(True, n_fft, n_fft / 4, n_fft - 0.5), x)
        self.assert_equal(got, x, n_fft - 0.5, positions(n_fft, n_fft / 4), n_fft=n_fft)


class streams(unittest.TestCase):
    def test_streams_start_again_in_a_second_run(self):
        x = signal(1000, True)
        given, lengths = blocks.vector_source_f(x.tolist()), blocks.vector_source_f([float("nan"), 30.0, 20.0])
        block, out = forward(True, 64, 12.5, 50.0), blocks.vector_sink_c(33)
        top = graph()
        top.connect(given, (block, 0))
        top.connect(lengths, (block, 1))
        top.connect(block, out)
        run_to_end(top)
        first = np.array(out.data())
        run_again(top, [given, lengths], [out])
        np.testing.assert_array_equal(np.array(out.data()), first)
        self.assertEqual(block.invalid_thetas(), 1)

    def test_nan_stays_in_the_frames_that_hold_it(self):
        x = signal(1000, True)
        x[500] = np.nan
        for share in ("frame", "cell"):
            (got,), _ = run(forward(True, 64, 16.0, 60.0, share=share), x)
            bad = np.flatnonzero(np.isnan(got).any(1))
            t = 16.0 * np.arange(len(got))
            np.testing.assert_array_equal(bad, np.flatnonzero(np.abs(t - 500) < 30))

    def test_replace_window_lengths_that_are_none(self):
        x = signal(400, True)
        t = positions(400, 10)
        theta = RNG.uniform(4, 64, len(t)).astype(np.float32)
        bad = theta.copy()
        bad[[0, 5, 6, 20, 30]] = np.nan, 0, -3, 64.001, np.inf
        fixed = theta.copy()
        fixed[[0, 5, 6, 20, 30]] = 22.5, theta[4], theta[4], theta[19], theta[29]
        block = forward(True, 64, 10, 22.5)
        (got,), _ = run(block, x, bad)
        np.testing.assert_array_equal(got.T, dstft(x, fixed[None], t, n_fft=64))
        self.assertEqual(block.invalid_thetas(), 5)

    def test_streams_take_window_lengths_computed_from_later_samples(self):
        x = signal(100000, True)
        given, block, out = source(x), forward(True, 64, 16.0, 30.0), sink(np.complex64, 33)
        later = blocks.skiphead(4, 25000), blocks.keep_one_in_n(4, 16), blocks.multiply_const_ff(0), blocks.add_const_ff(48.5)
        top = graph()
        top.connect(given, (block, 0))
        top.connect(given, *later, (block, 1))
        top.connect(block, out)
        top.start()
        ended = threading.Event()
        waiting = threading.Thread(target=lambda: (top.wait(), ended.set()), daemon=True)
        waiting.start()
        if not ended.wait(20):
            top.stop()
        waiting.join()
        got = np.concatenate([np.empty((0, 33)), *out.got])
        np.testing.assert_array_equal(got.T, dstft(x, 48.5, positions(len(x), 16), n_fft=64))

    def test_prefer_window_lengths_that_come_in_to_the_argument(self):
        x = signal(400, True)
        theta = RNG.uniform(4, 64, 41).astype(np.float32)
        theta[0] = np.nan
        block = forward(True, 64, 10.0, 22.5)
        command(block, theta=33.5, at=0)
        command(block, theta=44.5, at=100)
        (got,), _ = run(block, x, theta)
        theta[0] = 33.5
        np.testing.assert_array_equal(got.T, dstft(x, theta[None], positions(400, 10), n_fft=64))


class live_sources(unittest.TestCase):
    def frames_before_the_end(self, block, x, *lengths):
        """Frames that come out while sources are silent, and after they have ended."""
        top, out = graph(), sink(np.complex64, 33)
        sources = [pausing(items) for items in (x, *lengths)]
        for port, given in enumerate(sources):
            top.connect(given, (block, port))
        top.connect(block, out)
        top.start()
        count, since = 0, time.monotonic()
        while time.monotonic() < since + 0.5:
            now = sum(map(len, out.got))
            if now != count:
                count, since = now, time.monotonic()
            time.sleep(0.02)
        for given in sources:
            given.may_go_on.set()
        top.wait()
        return count, sum(map(len, out.got))

    def test_get_every_frame_whose_last_sample_is_there(self):
        x = signal(3000, True)
        self.assertEqual(self.frames_before_the_end(forward(True, 64, 1.0, 64.0), x), (3001 - 32, 3001))
        self.assertEqual(self.frames_before_the_end(forward(True, 64, 100.0, 64.0), x), (30, 31))
        self.assertEqual(self.frames_before_the_end(forward(True, 64, 0.0, 16.0, alpha=0.25), x), (749, 752))

    def test_get_frames_as_window_lengths_come(self):
        x = signal(3000, True)
        theta = np.full(50, 40.0, np.float32)
        self.assertEqual(self.frames_before_the_end(forward(True, 64, 1.0, 64.0), x, theta), (50, 3001))
        theta = np.full(4000, 40.0, np.float32)
        self.assertEqual(self.frames_before_the_end(forward(True, 64, 1.0, 64.0), x, theta), (3001 - 20, 3001))


class refusals(unittest.TestCase):
    def test_name_the_parameter(self):
        nan, inf = float("nan"), float("inf")
        cases = [
            (stft.dstft_fvc, (1, 1, 1), "n_fft"),
            (stft.dstft_fvc, (-8, 1, 1), "n_fft"),
            (stft.dstft_fvc, (1 << 40, 1, 1), "n_fft"),
            (stft.dstft_fvc, (8, 0.0, 4), "hop"),
            (stft.dstft_fvc, (8, -1, 4), "hop"),
            (stft.dstft_fvc, (8, nan, 4), "hop"),
            (stft.dstft_fvc, (8, inf, 4), "hop"),
            (stft.dstft_fvc, (8, 2, 0), "theta"),
            (stft.dstft_fvc, (8, 2, 8.1), "theta"),
            (stft.dstft_fvc, (8, 2, nan), "theta"),
            (stft.dstft_fvc, (8, 2, 4, "hamming"), "window"),
            (stft.dstft_fvc, (8, 2, 4, [1.0, 2.0]), "window"),
            (stft.dstft_fvc, (8, 2, 4, "hann", "loud"), "norm"),
            (stft.dstft_fvc, (8, 2, 4, "hann", "l2", -0.5), "alpha"),
            (stft.dstft_fvc, (8, 2, 4, "hann", "l2", nan), "alpha"),
            (stft.dstft_fvc, (8, 2, 4, "hann", "l2", 0.5, "bin"), "alpha"),
            (stft.dstft_cvc, (8, 2, 4, "hann", "l2", 0.0, "both"), "share"),
            (stft.idstft_vcf, (1,), "n_fft"),
            (stft.idstft_vcf, (8, "boxcar"), "window"),
            (stft.idstft_vcf, (8, "hann", "loud"), "norm"),
            (stft.idstft_vcc, (8, "hann", "l2", "both"), "share"),
        ]
        for make, arguments, name in cases:
            with self.subTest(make=make.__name__, arguments=arguments):
                with self.assertRaisesRegex(ValueError, f"^{name}: "):
                    make(*arguments)

    def test_a_buffer_beyond_reason(self):
        with self.assertRaisesRegex(ValueError, "512 MiB"):
            stft.dstft_cvc(1 << 27, 1 << 26, 1 << 20)

    def test_latency_is_half_a_window_or_what_tells_that_another_frame_follows(self):
        self.assertEqual(stft.dstft_fvc(64, 16.5, 50.0).latency(), 25)
        self.assertEqual(stft.dstft_fvc(64, 30.5, 50.0).latency(), 31)
        self.assertEqual(stft.idstft_vcf(64).latency(), 32)


if __name__ == "__main__":
    unittest.main()
