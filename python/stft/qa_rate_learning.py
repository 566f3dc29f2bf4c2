#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Chirp rates that learn() finds together with window lengths: gradients by differences, known chirps, what is refused."""

import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import learning


def noise(samples, seed=1):
    return np.random.default_rng(seed).standard_normal(samples)


def chirp(samples, rate, begin=0.05, seed=1, level=0.3):
    k = np.arange(samples)
    return np.cos(2 * np.pi * (begin * k + rate * k**2 / 2)) + level * noise(samples, seed)


class gradients(unittest.TestCase):
    def check(self, is_complex=False, **options):
        x = noise(300) + np.cos(0.2 * np.arange(300))
        x = x + 1j * noise(300, 7) if is_complex else x
        options = {"n_fft": 64, "hop": 13.7, "regularisation": 0.0, "theta_min": 8, "theta_max": 60, **options}
        problem = learning._problem(x, **options)
        draw = np.random.default_rng(3)
        problem._begin(draw.uniform(24, 50, problem.theta.shape))
        problem.c = draw.uniform(-0.4, 0.4, problem.c.shape) * problem.chirp_max
        v = problem.variables()
        self.assertEqual(len(problem.limits()), len(v))
        _, slope = problem.loss(v)
        for direction in (draw.standard_normal(len(v)), *np.eye(len(v))[[0, len(v) // 2, -1]]):
            expected = (problem.loss(v + 1e-6 * direction)[0] - problem.loss(v - 1e-6 * direction)[0]) / 2e-6
            self.assertAlmostEqual(direction @ slope, expected, delta=2e-6 * np.linalg.norm(slope) * np.linalg.norm(direction))

    def test_gradients_by_rates_are_differences(self):
        for share in ("constant", "frame"):
            for learn in ("chirp", ("theta", "chirp"), ("t", "chirp"), ("theta", "t", "chirp")):
                for more in ({}, {"is_complex": True}, {"regularisation": 0.3}, {"criterion": "magnitude_entropy"},
                             {"criterion": {"renyi": 1.0, "kurtosis": 0.1}}):  # fmt: skip
                    with self.subTest(share=share, learn=learn, **more):
                        self.check(share=share, learn=learn, **more)


class chirps(unittest.TestCase):
    def test_the_rate_of_each_frame_is_found_and_the_signal_comes_back(self):
        for rate in (2e-5, -4e-5):
            x = chirp(9000, rate, 0.05 if rate > 0 else 0.45)
            found = stft.learn(x, n_fft=1024, hop=128, learn=("theta", "chirp"), max_iterations=15)
            self.assertEqual((found.c.shape, found.spectra.shape), ((1, len(found.t)), (1024, len(found.t))))
            inside = (found.t > 512) & (found.t < 9000 - 512)
            self.assertGreaterEqual(np.mean(np.abs(found.c[0, inside] - rate) < 2e-6), 0.9)
            back = stft.idstft(found.spectra, found.theta, found.t, n_fft=1024, length=9000, c=found.c)
            np.testing.assert_allclose(back.real, x, atol=1e-12)
            alone = stft.learn(x, n_fft=1024, hop=128, max_iterations=15)
            # what is learned on is the same but for the empty half of the band
            self.assertLess(found.loss, learning.start_at(alone.theta, stft.analytic_signal(x), n_fft=1024, hop=128).loss - 0.05)

    def test_one_rate_for_all_is_found(self):
        for rate, begin in ((3e-5, 0.05), (-1e-5, 0.3), (0, 0.21)):
            with self.subTest(rate=rate):
                x = chirp(9000, rate, begin)
                found = stft.learn(x, n_fft=1024, hop=128, share="constant", learn=("theta", "chirp"))
                self.assertEqual((found.c.shape, found.theta.shape), ((1, 1), (1, 1)))
                self.assertLess(abs(found.c.item() - rate), 1e-6)

    def test_one_rate_for_all_is_found_under_noise(self):
        for seed in (0, 1):  # 3 dB above the chirp
            with self.subTest(seed=seed):
                x = chirp(9000, 3e-6, 0.06, seed, 1.0)
                found = stft.learn(x, n_fft=1024, hop=128, share="constant", learn=("theta", "chirp"))
                self.assertLess(abs(found.c.item() - 3e-6), 2e-6)

    def test_complex_samples_and_channels_are_taken(self):
        z = stft.analytic_signal([chirp(6000, 3e-5), chirp(6000, 3e-5, 0.2, 2)])
        found = stft.learn(z, n_fft=1024, hop=128, learn=("theta", "chirp"), max_iterations=3)
        self.assertEqual(found.spectra.shape, (2, 1024, 47))
        self.assertLess(np.median(np.abs(found.c - 3e-5)), 2e-6)

    def test_a_rate_alone_leaves_the_window_where_it_is(self):
        for share in ("constant", "frame"):
            found = stft.learn(chirp(6000, 3e-5), n_fft=1024, hop=128, share=share, learn="chirp", theta_init=600.0, max_iterations=5)
            self.assertEqual(set(found.theta.flat), {600.0})
            self.assertLess(np.median(np.abs(found.c - 3e-5)), 2e-6)

    def test_a_part_is_learned_as_frames_of_the_whole(self):
        x = np.concatenate([np.zeros(2000), chirp(6000, 3e-5), np.zeros(2000)])
        found = stft.learn(x, n_fft=1024, hop=128, learn=("theta", "chirp"), max_iterations=3, part=(2000, 8000))
        self.assertEqual(found.t[0], 2000)
        self.assertLess(np.median(np.abs(found.c - 3e-5)), 2e-6)

    def test_rates_keep_their_bounds(self):
        x = chirp(6000, 6e-5)
        for share in ("constant", "frame"):
            found = stft.learn(x, n_fft=1024, hop=128, share=share, learn=("theta", "chirp"), chirp_max=1e-5, max_iterations=5)
            self.assertLessEqual(np.max(np.abs(found.c)), 1e-5)

    def test_learning_that_is_stopped_keeps_the_best(self):
        x = chirp(6000, 3e-5)

        def stop(count, _):
            if count == 14:
                raise StopIteration

        for share in ("constant", "frame"):
            found = stft.learn(x, n_fft=1024, hop=128, share=share, learn=("theta", "chirp"), progress=stop)
            self.assertEqual(len(found.history), 14)
            self.assertEqual(found.c.shape, found.theta.shape)

    def test_other_learning_has_no_rates(self):
        self.assertIsNone(stft.learn(noise(500), n_fft=64, max_iterations=2).c)


class refusals(unittest.TestCase):
    def test_what_does_not_go_together_is_refused(self):
        for name, options in (
            ("learn", {"share": "cell", "learn": ("theta", "chirp")}),
            ("learn", {"share": "bin", "learn": "chirp"}),
            ("learn", {"share": "constant", "learn": ("chirp", "hop")}),
            ("alpha", {"learn": ("theta", "chirp"), "alpha": 0.5}),
            ("chirp_max", {"learn": "chirp", "chirp_max": 0.0}),
            ("chirp_max", {"learn": "chirp", "chirp_max": np.nan}),
            ("chirp_max", {"learn": "chirp", "chirp_max": 0.5 / 63}),
            ("chirp_max", {"chirp_max": 1e-4}),
        ):
            with self.subTest(**options), self.assertRaisesRegex(ValueError, f"^{name}: "):
                stft.learn(noise(300), **{"n_fft": 64, **options})


if __name__ == "__main__":
    unittest.main()
