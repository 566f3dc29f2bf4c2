#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The speed of a machine from its vibration, on arrays: scenes whose speed is known, and what arguments are taken for."""
import itertools
import unittest

import numpy as np

from gnuradio import stft
from gnuradio.stft.bench import machine_scenes as scenes
from gnuradio.stft.bench.machine_scenes import EASY, FS, HARD, ORDERS

def track(x, **settings):
    given = dict(fs=FS, f_range=(5, 100), orders=ORDERS)
    given.update(settings)
    return stft.track_ridges(np.asarray(x, np.float32), **given)


def errors(ridges, f, track=None):
    return scenes.errors(ridges.times, ridges.frequency if track is None else ridges.frequency[track], f)[:2]


class qa_speed(unittest.TestCase):
    def test_easy_scenes_are_followed(self):
        for name, seed in itertools.product(EASY, (1, 2)):
            x, f, settings = scenes.scene(name, seed, 12)
            gross, rms = errors(track(x, **settings), f)
            with self.subTest(name, seed=seed):
                self.assertLessEqual(gross, 0.005)
                self.assertLessEqual(rms, 0.1)

    def test_hard_scenes_are_followed(self):
        for name, seed in itertools.product(HARD, (1, 2)):
            x, f, settings = scenes.scene(name, seed, 12)
            with self.subTest(name, seed=seed):
                self.assertLessEqual(errors(track(x, **settings), f)[0], 0.06)

    def test_rest_is_not_trusted_and_the_machine_is_found_again(self):
        x, f, _ = scenes.scene("stop", 1)
        ridges = track(x)
        self.assertLessEqual(errors(ridges, f)[0], 0.05)
        truth = f[np.round(ridges.times * FS).astype(int)]
        self.assertGreater(np.sum(truth == 0), 10)
        self.assertLess(np.mean(ridges.confidence[truth == 0] > 1), 0.1)
        self.assertGreater(np.mean(ridges.confidence[truth > 10] > 1), 0.9)

    def test_noise_is_not_trusted(self):
        ridges = track(np.random.default_rng(6).standard_normal(int(60 * FS)))
        self.assertLessEqual(np.mean(ridges.confidence > 1), 0.05)

    def test_the_orders_that_are_there_are_learned(self):
        r = np.random.default_rng(7)
        f = scenes.law("run-up", np.arange(int(12 * FS)) / FS, r)
        x = scenes.machine(f, r, orders=(1, 2, 4, 6), levels=(1, 0.7, 0.5, 0.4))
        ridges = track(x, orders=scenes.HALVES, learn_range=(12, 22))
        self.assertLessEqual(errors(ridges, f)[0], 0.005)
        self.assertEqual(set(np.array(scenes.HALVES)[ridges.weights > 0.5]), {1, 2, 4, 6})

    def test_shafts_that_cross_keep_their_names(self):
        x, f, g = scenes.two_shafts(1)
        ridges = track(x, tracks=2)
        self.assertEqual(ridges.frequency.shape, (2, len(ridges.times)))
        self.assertEqual(ridges.amplitudes.shape, (2, len(ridges.times), 6))
        first = int(abs(ridges.frequency[0, 0] - f[0]) > abs(ridges.frequency[1, 0] - f[0]))
        self.assertLessEqual(errors(ridges, f, first)[0], 0.05)
        self.assertLessEqual(errors(ridges, g, 1 - first)[0], 0.05)

    def test_a_stream_in_pieces_gives_the_same_bits(self):
        x = scenes.scene("wander", 9, 12).x
        x[20000] = np.nan
        for dtype in np.float32, np.float64:
            whole = stft.track_ridges(x.astype(dtype), fs=FS, f_range=(5, 100), orders=ORDERS)
            tracker = stft.RidgeTracker(fs=FS, f_range=(5, 100), orders=ORDERS, dtype=dtype)
            pieces = [tracker.push(x[i : i + 3001]) for i in range(0, len(x), 3001)] + [tracker.finish()]
            for name in whole._fields:
                np.testing.assert_array_equal(np.concatenate([getattr(p, name) for p in pieces]), getattr(whole, name))
            self.assertGreater(np.mean(whole.confidence == 0), 0.03)
            self.assertTrue(np.isfinite(whole.frequency).all())

    def test_missing_samples_keep_the_clock(self):
        x, f, _ = scenes.scene("wander", 10, 12)
        tracker = stft.RidgeTracker(fs=FS, f_range=(5, 100), orders=ORDERS)
        pieces = [tracker.push(x[:20000]), tracker.skip(1500), tracker.push(x[21500:]), tracker.finish()]
        times, frequency, _, confidence, _ = (np.concatenate([p[i] for p in pieces]) for i in range(5))
        truth = f[np.round(times * FS).astype(int)]
        self.assertLess(np.mean(np.abs(frequency - truth) > 1), 0.02)
        near = np.abs(times - 20750 / FS) < 0.4
        np.testing.assert_array_equal(confidence[near], 0)
        self.assertTrue(np.all(confidence[np.abs(times - 20750 / FS) > 0.7] > 0))

    def test_rows_of_an_stft_are_followed(self):
        x, f, _ = scenes.scene("wander", 11, 12)
        S = np.abs(stft.stft(x, hop=256, n_fft=4096, win_length=2048)) ** 2
        ridges = stft.track_rows(S.T, n_fft=4096, hop=256, win_length=2048, fs=FS, f_range=(5, 100), orders=ORDERS)
        self.assertEqual(len(ridges.times), S.shape[1])
        gross, rms = errors(ridges, f)
        self.assertLessEqual(gross, 0.01)
        self.assertLessEqual(rms, 0.15)

    def test_warped_rows_are_sharp_at_their_own_rate(self):
        t = np.arange(int(3 * FS)) / FS
        f = 20 * np.exp(0.4 * t)
        x = scenes.machine(f, np.random.default_rng(12), noise=0.01)
        bank = stft.warped_rows(x, fs=FS, f_top=400)
        self.assertEqual(bank.rows.shape, (len(bank.times), len(bank.rates), len(bank.frequencies)))
        p = len(bank.times) // 2
        at = np.argmin(np.abs(bank.frequencies - 6 * np.interp(bank.times[p], t, f)))
        heights = bank.rows[p, :, at - 3 : at + 4].max(axis=1)
        self.assertEqual(bank.rates[np.argmax(heights)], 0.4)

    def test_short_signals_give_nothing(self):
        for count in 0, 1, 1000:
            ridges = track(np.zeros(count))
            self.assertEqual(ridges.frequency.shape, (0,))
            self.assertEqual(ridges.amplitudes.shape, (0, 6))
            self.assertEqual(stft.warped_rows(np.zeros(count), fs=FS, f_top=400).rows.shape[0], 0)

    def test_results_unpack(self):
        times, frequency, rate, confidence, amplitudes = track(scenes.scene("run-up", 1, 6).x)
        self.assertEqual(times.shape, frequency.shape)
        self.assertEqual(rate.shape, confidence.shape)
        self.assertEqual(amplitudes.shape, (len(times), 6))

    def test_what_is_wrong_is_refused(self):
        x = np.zeros(100)
        calls = {
            r"^f_min: 3: must be at least 2 / duration = 4 Hz": dict(f_range=(3, 50)),
            r"^f_range: 5: must be two frequencies": dict(f_range=5),
            r"^orders: \(900\): order 900 of f_min = 5 Hz must be below half the sample rate": dict(orders=(900,)),
            r"^f_min: 5: must be given as f_range": dict(f_min=5),
            r"^learn_max: 40: must be at most 2 learn_min": dict(learn_range=(15, 40)),
            r"^samp_rate: missing: must be given": dict(fs=None),
            r"^nonsense: ": dict(nonsense=1),
            r"^tracks: 9: must be 1 \.\. 4": dict(tracks=9),
            r"^lag: 'x': ": dict(lag="x"),
        }
        for message, change in calls.items():
            given = {k: v for k, v in dict(dict(fs=FS, f_range=(5, 50)), **change).items() if v is not None}
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                stft.track_ridges(x, **given)
        with self.assertRaisesRegex(ValueError, r"^x: shape \(2, 50\): must be one-dimensional"):
            stft.track_ridges(x.reshape(2, 50), fs=FS, f_range=(5, 50))
        with self.assertRaisesRegex(ValueError, "^x: dtype complex128: must be real"):
            stft.track_ridges(x + 1j, fs=FS, f_range=(5, 50))
        with self.assertRaisesRegex(ValueError, r"^rows: shape \(4, 7\): must be \(rows, 513\)"):
            stft.track_rows(np.zeros((4, 7)), n_fft=1024, hop=64, fs=1024, f_range=(5, 50))
        with self.assertRaisesRegex(ValueError, r"^f_top: 3000: must be positive, at most"):
            stft.warped_rows(x, fs=FS, f_top=3000)


if __name__ == "__main__":
    unittest.main()
