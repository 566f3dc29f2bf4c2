#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Frames whose time is warped by a relative rate of their own: arrays and blocks."""

import unittest

import numpy as np
from gnuradio import stft
from qa_adaptive_blocks import adaptive, graph, sink, source

N, HOP = 512, 32


def shaft(length, a=3e-4, f=0.02):
    """Four orders of a shaft whose rotation is f (1 + a n), in noise."""
    n = np.arange(length)
    x = sum(np.cos(2 * np.pi * order * f * (n + a * n**2 / 2) + order) for order in range(1, 5))
    return (x + 0.1 * np.random.default_rng(1).standard_normal(length)).astype(np.float32)


class Arrays(unittest.TestCase):
    def test_rates_are_found_and_orders_are_sharp(self):
        a, f, n_fft = 2e-4, 0.03, 1024
        found = stft.adapt(shaft(10000, a, f), n_fft=n_fft, warp=True)
        self.assertEqual(found.spectra.shape, (n_fft // 2 + 1, len(found.t)))
        self.assertEqual(found.a.shape, (1, len(found.t)))
        there = f * (1 + a * found.t)
        inside = 4 * there < 0.4
        self.assertLess(np.abs(found.a[0] - a / (1 + a * found.t))[inside].max(), 1.5e-4)
        m = np.round(4 * there * n_fft).astype(int)
        warped = np.abs(found.spectra[m, np.arange(len(m))])[inside]
        plain = np.abs(stft.dstft(shaft(10000, a, f), found.theta, found.t, n_fft=n_fft))[m, np.arange(len(m))][inside]
        self.assertGreater(np.median(warped / plain), 1.05)
        self.assertGreater(np.mean(warped > 0.8 * np.sqrt(found.theta / 6)), 0.95)

    def test_lengths_follow_the_speed(self):
        n = np.arange(40000)
        swing = 0.02 * n + np.where(n < 20000, 0, 0.1 * (1 - np.cos(2 * np.pi * (n - 20000) / 600)))  # turns
        x = sum(np.cos(2 * np.pi * order * swing + order) for order in range(1, 9))
        x += 0.3 * np.random.default_rng(2).standard_normal(len(n))
        found = stft.adapt(x, n_fft=1024, warp=True)
        self.assertEqual(found.theta.shape, (1, len(found.t)))
        self.assertEqual(set(found.theta[0]), {256.0, 362.0, 512.0})
        self.assertGreater(np.mean(found.theta[0, (found.t > 8000) & (found.t < 19000)] == 512), 0.9)
        self.assertGreater(np.mean(found.theta[0, found.t > 24000] == 256), 0.6)
        same = stft.adapt(x, n_fft=1024, warp=True, theta_init=256)
        late = found.t[found.theta[0] == 256][0]
        np.testing.assert_array_equal(found.spectra[:, found.t == late], same.spectra[:, same.t == late])
        self.assertEqual(set(same.theta[0]), {256.0})

    def test_channels_and_precision(self):
        x = shaft(4000).astype(float)
        both = stft.adapt(np.stack([x, x[::-1]]), n_fft=N, warp=True)
        one = stft.adapt(x, n_fft=N, warp=True)
        self.assertEqual((one.spectra.dtype, both.a.shape), (np.complex128, (2, 1, len(one.t))))
        np.testing.assert_array_equal(both.spectra[0], one.spectra)
        self.assertIsNone(stft.adapt(x, n_fft=N, warp=True, spectra=False).spectra)

    def test_short_signals_have_no_frames(self):
        for length in (0, 1, 100):
            found = stft.adapt(shaft(length), n_fft=N, warp=True)
            self.assertEqual((found.spectra.shape, found.t.shape, found.a.shape), ((N // 2 + 1, 0), (0,), (1, 0)))
            self.assertEqual(found.theta.shape, (1, 0))

    def test_what_does_not_go_together_is_refused(self):
        x = shaft(2000)
        for message, arguments in (
            ("learn: theta_chirp: must be left at its default where time is warped", dict(learn=("theta", "chirp"))),
            ("share: cell: must be left at its default where time is warped", dict(share="cell")),
            ("theta_max: 100: must be left at its default where time is warped", dict(theta_max=100)),
            ("hop: 20.5: must be a whole number of samples", dict(hop=20.5)),
            ("theta_init: 33: must be an even number of samples", dict(theta_init=33)),
        ):
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                stft.adapt(x, n_fft=N, warp=True, **arguments)
        with self.assertRaisesRegex(ValueError, "x: complex64: must be real where time is warped"):
            stft.adapt(x.astype(np.complex64), n_fft=N, warp=True)


class Blocks(unittest.TestCase):
    def run_block(self, x, pieces, **settings):
        block = adaptive(True, N, HOP, warp=True, **settings)
        top = graph()
        sinks = [sink(np.complex64, N // 2 + 1), sink(np.float32, 1), sink(np.float64, 2), sink(np.float32, 1)]
        top.connect(source(x, pieces, ()), block)
        for port, one in enumerate(sinks):
            top.connect((block, port), one)
        top.run()
        spectra, theta, t, a = (np.concatenate([np.empty(0), *map(np.ravel, one.got)]) for one in sinks)
        return spectra.reshape(-1, N // 2 + 1), theta, t.reshape(-1, 2).sum(1), a

    def test_stream_equals_the_array_however_it_is_split(self):
        for length, pieces in ((0, (1,)), (1, (1,)), (200, (7,)), (6000, (1 << 20,)), (6000, (1, 2, 3, 17, 250, 64))):
            for settings in ({}, dict(theta_init=300.0, block=2, lag=1, smoothness=0.3)):
                with self.subTest(length=length, pieces=pieces, **settings):
                    x = shaft(length)
                    spectra, theta, t, a = self.run_block(x, pieces, **settings)
                    if length:
                        found = stft.adapt(x, n_fft=N, hop=HOP, warp=True, **settings)
                        np.testing.assert_array_equal(spectra.T, found.spectra)
                        np.testing.assert_array_equal(t, found.t)
                        np.testing.assert_array_equal(a, found.a[0].astype(np.float32))
                        np.testing.assert_array_equal(theta, found.theta[0])
                    else:
                        self.assertEqual(len(t), 0)

    def test_changes_and_complex_samples_are_refused(self):
        block = adaptive(True, N, HOP, warp=True)
        with self.assertRaisesRegex(ValueError, "warp: True: takes no changes while the block runs"):
            block.set_theta(100.0)
        with self.assertRaisesRegex(ValueError, "warp: True: needs float samples"):
            adaptive(False, N, HOP, warp=True)
        with self.assertRaisesRegex(ValueError, "share: cell: must be left at its default where time is warped"):
            adaptive(True, N, HOP, warp=True, share="cell")


if __name__ == "__main__":
    unittest.main()
