#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Chirp rates that the adaptive STFT learns: arrays, blocks, and the way back."""

import unittest

import numpy as np
from gnuradio import stft
from qa_adaptive_blocks import adaptive, graph, sink, source

HOP, N = 16.0, 256
LEARN = ("theta", "chirp")
RATE = 3e-4  # of the signal's chirps


def whistle(length, real, seed=1):
    """Chirps up and down, and clicks between them."""
    n = np.arange(length)
    path = 0.1 + np.abs((RATE * n) % 0.6 - 0.3)
    x = np.exp(2j * np.pi * np.cumsum(path)) * (n % 2000 < 1500) + 0.03 * np.random.default_rng(seed).standard_normal(length)
    x[::307] += 5 * (n[::307] % 2000 > 1600)
    return x.real.astype(np.float32) if real else x.astype(np.complex64)


class Arrays(unittest.TestCase):
    def test_rates_are_found_and_the_signal_comes_back(self):
        for real in (True, False):
            with self.subTest(real=real):
                x = whistle(6000, real)
                found = stft.adapt(x, n_fft=N, learn=LEARN)
                self.assertEqual((found.spectra.shape, found.c.shape, found.theta.shape), ((N, 376), (1, 376), (1, 376)))
                inside = np.abs(found.t % 2000 - 500) < 200  # the first 1000 samples go one way
                self.assertGreater(np.mean(np.abs(np.abs(found.c[0, inside]) - RATE) < 3e-5), 0.9)
                self.assertGreater(found.report["chirped"], 0.3)
                y = stft.idstft(found.spectra, found.theta, found.t, c=found.c, n_fft=N, length=len(x), sides="twosided")
                self.assertEqual(y.shape, x.shape)
                self.assertLess(np.abs((y.real if real else y) - x).max(), 3e-6 * np.abs(x).max())

    def test_weak_clicks_in_noise_have_short_windows(self):
        for learn, part in (LEARN, 0.8), ("theta", 0.7):  # 0.6 and 0.5 of them by the concentration of cells alone
            with self.subTest(learn=learn):
                found = []
                for seed in (0, 1):
                    random = np.random.default_rng(seed)
                    x, at = random.standard_normal(40000), np.arange(1500, 39000, 1500)
                    for first in at:
                        x[first : first + 60] += 3 * np.exp(-np.arange(60) / 10) * random.standard_normal(60)
                    theta = stft.adapt(x, n_fft=1024, learn=learn, spectra=False).theta[0]
                    found.append(np.mean(theta[np.round((at + 8) / 64).astype(int)] < 300))
                self.assertGreater(np.mean(found), part)

    def test_a_signal_of_theta_alone_is_what_it_was(self):
        x = whistle(3000, True)
        plain, named = stft.adapt(x, n_fft=N), stft.adapt(x, n_fft=N, learn=("theta",))
        self.assertIs(type(named), type(plain))
        self.assertEqual(len(named), 4)
        for one, other in zip(plain[:3], named[:3]):
            np.testing.assert_array_equal(one, other)
        self.assertEqual(plain.spectra.shape, (N // 2 + 1, 188))

    def test_channels_are_learned_apart(self):
        x = np.stack([whistle(2000, True), whistle(2000, True, 2)[::-1]])
        both = stft.adapt(x, n_fft=N, learn=LEARN)
        self.assertEqual((both.spectra.shape, both.c.shape, both.t.shape), ((2, N, 126), (2, 1, 126), (126,)))
        np.testing.assert_array_equal(both.c[1], stft.adapt(x[1], n_fft=N, learn=LEARN).c)

    def test_other_samples_do_not_feel_one_that_is_not_finite(self):
        x = whistle(6000, True)
        x[3000] = np.nan
        found = stft.adapt(x, n_fft=N, learn=LEARN)
        self.assertTrue(np.isfinite(found.theta).all() and np.isfinite(found.c).all())
        away = np.abs(found.t - 3000) > N / 2 + 64
        self.assertTrue(np.isfinite(found.spectra[:, away]).all())

    def test_gain_changes_nothing(self):
        x = whistle(3000, True).astype(float)
        found = stft.adapt(x, n_fft=N, learn=LEARN, spectra=False)
        for gain in (2.0**20, 2.0**-20):
            other = stft.adapt(gain * x, n_fft=N, learn=LEARN, spectra=False)
            np.testing.assert_allclose(other.theta, found.theta, rtol=1e-3)
            np.testing.assert_allclose(other.c, found.c, atol=1e-3 * RATE)

    def test_gradients_find_the_rates_of_the_bank(self):
        n = np.arange(8000)
        for rate in (1e-4, -1e-4):  # above and below the rate that the descent begins with
            x = np.cos(2 * np.pi * ((0.05 if rate > 0 else 0.45) * n[:3500] + rate * n[:3500] ** 2 / 2))
            x = x + 0.03 * np.random.default_rng(3).standard_normal(len(x))
            bank = stft.adapt(x, n_fft=N, learn=LEARN)
            found = stft.adapt(x, n_fft=N, learn=LEARN, method="gradient")
            inside = (found.t > 1800) & (found.t < 3200)
            for one in (bank, found):
                self.assertLess(np.max(np.abs(one.c[0, inside] - rate)), 3e-5)
            y = stft.idstft(found.spectra, found.theta, found.t, c=found.c, n_fft=N, length=len(x), sides="twosided")
            self.assertLess(np.abs(y.real - x).max(), 1e-12)

    def test_steps_move_the_window_of_the_bank(self):
        x = whistle(4000, True)
        bank, stepped = stft.adapt(x, n_fft=N, learn=LEARN), stft.adapt(x, n_fft=N, learn=LEARN, steps=3)
        np.testing.assert_array_equal(stepped.c == 0, bank.c == 0)  # a frame without a rate has none afterwards
        self.assertGreater(np.mean((stepped.theta != bank.theta) | (stepped.c != bank.c)), 0.7)
        self.assertLess(np.max(np.abs(stepped.theta / bank.theta - 1)), 0.07)  # three steps of 0.02

    def test_what_does_not_go_together_is_refused(self):
        x = whistle(1000, True)
        for message, arguments in (
            ("learn: chirp: chirp must come with theta, and without t", dict(learn="chirp")),
            ("learn: .*chirp must come with theta, and without t", dict(learn=("theta", "t", "chirp"))),
            ("share: cell: must be frame", dict(learn=LEARN, share="cell")),
            ("chirp_max: 0.1: must be positive, and at most", dict(learn=LEARN, chirp_max=0.1)),
            ("chirp_prior: -1.0: must be in|chirp_prior: -1: must be in", dict(learn=LEARN, chirp_prior=-1)),
            ("causal: True: must be False", dict(learn=LEARN, causal=True)),
        ):
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                stft.adapt(x, n_fft=N, **arguments)


class Blocks(unittest.TestCase):
    def run_block(self, x, pieces, **settings):
        real = x.dtype == np.float32
        block = adaptive(real, N, HOP, learn="theta_chirp", **settings)
        top, sinks = graph(), [sink(np.complex64, N), sink(np.float32, 1), sink(np.float64, 2), sink(np.float32, 1)]
        top.connect(source(x, pieces, ()), block)
        for port, one in enumerate(sinks):
            top.connect((block, port), one)
        top.run()
        spectra, theta, t, c = (np.concatenate([np.empty(0), *map(np.ravel, one.got)]) for one in sinks)
        return spectra.reshape(-1, N), theta, t.reshape(-1, 2).sum(1), c

    def test_stream_equals_the_array_however_it_is_split(self):
        for real in (True, False):
            for length, pieces in ((0, (1,)), (1, (1,)), (62, (5,)), (300, (1,)), (4000, (1 << 20,)), (4000, (1, 2, 3, 17, 250, 64))):
                with self.subTest(real=real, length=length, pieces=pieces):
                    x = whistle(length, real)
                    spectra, theta, t, c = self.run_block(x, pieces)
                    self.assertEqual(len(c), 1 + int(length // HOP) if length else 0)
                    if length:
                        found = stft.adapt(x, n_fft=N, hop=HOP, learn=LEARN)
                        np.testing.assert_array_equal(spectra.T, found.spectra)
                        np.testing.assert_array_equal(theta, found.theta[0])
                        np.testing.assert_array_equal(t, found.t)
                        np.testing.assert_array_equal(c, found.c[0])

    def test_a_descent_streams_as_the_array_has_it(self):
        for settings in (dict(method="gradient"), dict(method="gradient", causal=True), dict(steps=2)):
            for real in (True, False):
                with self.subTest(real=real, **settings):
                    x = whistle(3000, real)
                    spectra, theta, _, c = self.run_block(x, (1, 250, 64), **settings)
                    found = stft.adapt(x, n_fft=N, hop=HOP, learn=LEARN, **settings)
                    np.testing.assert_array_equal(spectra.T, found.spectra)
                    np.testing.assert_array_equal(theta, found.theta[0])
                    np.testing.assert_array_equal(c, found.c[0])

    def test_the_fourth_output_exists_where_rates_are_learned(self):
        for learn, outputs, items in (("theta", 3, N // 2 + 1), ("theta_chirp", 4, N)):
            signature = adaptive(True, N, HOP, learn=learn).output_signature()
            self.assertEqual(signature.max_streams(), outputs)
            self.assertEqual(signature.sizeof_stream_item(0), 8 * items)

    def test_latency_is_what_a_frame_waits_for(self):
        block = adaptive(True, N, HOP, learn="theta_chirp")
        # stages of 2.5 blocks and 2.5 lags of 8 frames, half of the longest window, and the Hilbert filter
        self.assertAlmostEqual(block.latency(), 40 * HOP + N / 2 + 63, delta=2)


if __name__ == "__main__":
    unittest.main()
