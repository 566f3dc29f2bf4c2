#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Tags through the DSTFT's blocks, and parameters that change while samples run."""

import threading
import time
import unittest

import numpy as np
import pmt
from gnuradio.stft.differentiable import dstft

from qa_dstft_blocks import RNG, backward, command, forward, graph, positions, run, signal, sink, source


class tags(unittest.TestCase):
    def test_describe_the_frames(self):
        x = signal(300, True)
        _, s = run(forward(True, 64, 12.5, 50.2, ("gaussian", 0.125), "l1"), x)
        expected = dict(
            stft_n_fft=64, stft_phase="absolute", stft_norm="l1", stft_share="constant", stft_step=12.5,
            stft_theta=float(np.float32(50.2)), stft_family=("gaussian", 0.125),
        )  # fmt: skip
        for key, wanted in expected.items():
            self.assertEqual(s.value(key), [(0, wanted)])
        self.assertEqual(s.value("stft_alpha"), [])
        _, s = run(forward(True, 64, 12.5, 50.2), x, np.float32([30, 40]))
        self.assertEqual(s.value("stft_share"), [(0, "frame")])
        self.assertEqual(s.value("stft_family"), [(0, "hann")])

    def test_lie_on_the_first_frame_that_holds_their_sample(self):
        for hop, theta in ((16.0, 50.0), (12.5, 8.25), (100.0, 64.0), (100.5, 3.0)):
            length = 500
            offsets = sorted({0, length - 1, *RNG.choice(length, 40, replace=False).tolist()})
            given = [(o, "mark", pmt.from_long(o)) for o in offsets]
            _, s = run(forward(True, 64, hop, theta), signal(length, True), tags=given, pieces=(7, 100))
            t = positions(length, hop)
            for o, (frame, mark) in zip(offsets, sorted(s.value("mark"), key=lambda v: v[1])):
                with self.subTest(hop=hop, theta=theta, offset=o):
                    self.assertEqual(mark, o)
                    later = np.flatnonzero(t + theta / 2 > o)
                    self.assertEqual(frame, later[0] if len(later) else len(t) - 1)
            self.assertEqual(len(s.value("mark")), len(offsets))

    def test_tell_rate_and_time_of_frames_and_come_back(self):
        x = signal(4000, True)
        at = lambda full, fraction: pmt.make_tuple(pmt.from_uint64(full), pmt.from_double(fraction))
        given = [
            (0, "rx_time", at(99, 0.25)),
            (0, "rx_rate", pmt.from_double(1000.0)),
            (1000, "rx_time", at(100, 0.25)),
            (1000, "rx_freq", pmt.from_double(5e6)),
        ]
        block, back = forward(True, 64, 12.5, 50.0), backward(True, 64)
        top = graph()
        spectra, y = sink(np.complex64, 33), sink(np.float32, 1)
        top.connect(source(x, tags=given), block, back, y)
        top.connect(block, spectra)
        top.run()
        self.assertEqual(spectra.value("rx_rate"), [(0, 80.0)])
        self.assertEqual(spectra.value("stft_samp_rate"), [(0, 1000.0)])
        self.assertEqual([v for _, v in spectra.value("rx_freq")], [5e6])
        for frame, (full, fraction) in spectra.value("rx_time"):
            self.assertAlmostEqual(full + fraction, 99.25 + 12.5 * frame / 1000, places=9)
        self.assertEqual(y.value("rx_rate"), [(0, 1000.0)])
        self.assertEqual(len(y.value("rx_time")), 2)
        for sample, (full, fraction) in y.value("rx_time"):
            self.assertAlmostEqual(full + fraction, 99.25 + sample / 1000, places=9)
            self.assertLess(abs(sample - 1000 * (full + fraction - 99.25)), 12.5)
        self.assertFalse([t for t in y.tags if pmt.symbol_to_string(t.key).startswith("stft_")])


class changes(unittest.TestCase):
    def test_changes_at_a_sample_are_exact(self):
        x = signal(2000, True)
        block = forward(True, 64, 12.5, 50.0)
        command(block, theta=30.25, at=500)
        command(block, hop=20.0, theta=40.0, at=1201)
        (got,), s = run(block, x)
        t, theta = [0.0], []
        hop = lambda t: 20.0 if t >= 1201 else 12.5
        while t[-1] <= 2000:
            theta.append(40.0 if t[-1] >= 1201 else 30.25 if t[-1] >= 500 else 50.0)
            t.append(t[-1] + hop(t[-1]))
        t.pop()
        np.testing.assert_array_equal(got.T, dstft(x, np.array([theta]), t, n_fft=64))
        frames = [0, t.index(500.0), next(n for n, v in enumerate(t) if v >= 1201)]
        self.assertEqual(s.value("stft_theta"), list(zip(frames, (50.0, 30.25, 40.0))))
        self.assertEqual(s.value("stft_step"), list(zip(frames, (12.5, 12.5, 20.0))))
        self.assertEqual((block.theta(), block.hop()), (40.0, 20.0))

    def test_changed_streams_still_invert(self):
        x = signal(4000, True)
        block, back, y = forward(True, 128, 12.5, 100.0), backward(True, 128), sink(np.float32, 1)
        command(block, theta=70.5, at=500)
        command(block, hop=20.25, theta=90.0, at=1201)
        command(block, hop=5.5, at=3000)
        top = graph()
        top.connect(source(x, (100, 3)), block, back, y)
        top.run()
        got = np.concatenate(y.got)
        self.assertEqual(len(got), 4000)
        self.assertLess(np.max(np.abs(got - x)), 3e-6 * np.max(np.abs(x)))

    def test_streams_changed_by_other_threads_still_invert(self):
        length = 1000000
        x = np.tile(signal(10000, True), length // 10000)
        block, back, y = forward(True, 128, 20.0, 100.0), backward(True, 128), sink(np.float32, 1)
        top, stop = graph(), threading.Event()
        top.connect(source(x), block, back, y)

        def disturb(seed):
            rng = np.random.default_rng(seed)
            while not stop.is_set():
                if rng.integers(2):
                    block.set_hop(rng.uniform(5, 40))
                else:
                    block.set_theta(rng.uniform(90, 128))
                time.sleep(1e-3)

        threads = [threading.Thread(target=disturb, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        try:
            top.run()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        got = np.concatenate(y.got)
        self.assertEqual(len(got), length)
        self.assertLess(np.max(np.abs(got - x)), 3e-6 * np.max(np.abs(x)))

    def test_changes_that_cannot_be_applied_are_ignored(self):
        x = signal(500, True)
        for bad in (
            dict(theta=0.0), dict(theta=65.0), dict(theta=float("nan")), dict(hop=0.0), dict(hop=-1.0), dict(hop="x"),
            dict(theta=pmt.init_f32vector(2, [3.0, 4.0])), dict(window="hann"), dict(theta=20.0, at="soon"),
        ):  # fmt: skip
            block = forward(True, 64, 16.0, 50.0)
            command(block, **bad)
            (got,), _ = run(block, x)
            np.testing.assert_array_equal(got.T, dstft(x, 50.0, positions(500, 16), n_fft=64))

    def test_setters_refuse_without_effect(self):
        block = forward(True, 64, 16.0, 50.0)
        for call in (
            lambda: block.set_theta(0.0),
            lambda: block.set_theta(64.5),
            lambda: block.set_theta([3.0, 4.0]),
            lambda: block.set_theta(float("nan")),
            lambda: block.set_hop(0.0),
            lambda: block.set_hop(float("inf")),
            lambda: forward(True, 64, 0.0, 50.0, alpha=0.5).set_hop(3.0),
        ):
            self.assertRaises(ValueError, call)
        self.assertEqual((block.theta(), block.hop()), (50.0, 16.0))
        block.set_theta(20.0)
        block.set_hop(3.5)
        self.assertEqual((block.theta(), block.hop()), (20.0, 3.5))
        x = signal(200, True)
        (got,), _ = run(block, x)
        np.testing.assert_array_equal(got.T, dstft(x, 20.0, positions(200, 3.5), n_fft=64))


if __name__ == "__main__":
    unittest.main()
