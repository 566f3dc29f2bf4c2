#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The speed of a machine from its vibration, on arrays: scenes whose speed is known, and what arguments are taken for."""
import unittest

import numpy as np

from gnuradio import stft

FS = 4096.0
ORDERS = 1, 2, 3, 4, 5, 6
LEVELS = 1, 0.6, 0.5, 0.35, 0.3, 0.25


def smooth(f, seconds):
    taps = np.hanning(int(seconds * FS) // 2 * 2 + 3)[1:-1]
    return np.convolve(np.pad(f, len(taps) // 2, mode="edge"), taps / taps.sum(), "valid")


def machine(f, r, orders=ORDERS, levels=LEVELS, noise=1.0, resonances=()):
    """Orders of a shaft of the speed f, at every sample, and noise of `noise` times their power in the whole band."""
    phase = np.concatenate([[0], np.cumsum(f[1:] + f[:-1]) / (2 * FS)])
    x = np.zeros(len(f))
    for k, level in zip(orders, levels):
        gain = np.ones(len(f), complex)
        for hertz, damping, q in resonances:
            u = k * f / hertz
            gain = gain + q * 2 * damping / (1 - u * u + 2j * damping * u)
        x += level * np.abs(gain) * np.cos(2 * np.pi * (k * phase + r.uniform()) + np.angle(gain))
    x *= np.minimum(1, (f / 12) ** 2)  # an unbalance pulls with the speed squared
    return x + np.sqrt(np.mean(x[f > 6] ** 2) * noise) * r.standard_normal(len(f))


def law(name, t, r):
    if name == "run-up":
        u = t / t[-1]
        return 15 + 50 * u ** r.uniform(1, 1.7) + 0.4 * np.sin(2 * np.pi * 0.3 * t)
    if name == "coast":
        return smooth(np.maximum(r.uniform(55, 70) * np.exp(-t / 11), 9), 0.2)
    if name == "stairs":
        return smooth(r.uniform(18, 50, 5)[np.minimum((t / t[-1] * 5).astype(int), 4)], 1.0)
    if name == "stop":
        at = np.array([0, 0.3, 0.4, 0.55, 0.75, 1]) * t[-1]
        return np.maximum(smooth(np.interp(t, at, [45, 9, 0, 0, 35, 50]), 0.4), 0)
    f = np.full(t.shape, r.uniform(24, 38))
    for _ in range(5):
        g = r.uniform(0.03, 0.5)
        f += r.uniform(0.2, 0.7) / g**0.5 * np.sin(2 * np.pi * (g * t + r.uniform()))
    return f


def errors(ridges, f, track=None, least=8.0):
    """Share of frames off by more than 3 % and 0.5 Hz, and rms of the others in Hz, where the machine turns."""
    truth = f[np.minimum(np.round(ridges.times * FS).astype(int), len(f) - 1)]
    turns = truth > least
    off = np.abs((ridges.frequency if track is None else ridges.frequency[track]) - truth)[turns]
    gross = off > np.maximum(0.5, 0.03 * truth[turns])
    return gross.mean(), np.sqrt(np.mean(off[~gross] ** 2))


def track(x, **settings):
    given = dict(fs=FS, f_range=(5, 100), orders=ORDERS)
    given.update(settings)
    return stft.track_ridges(np.asarray(x, np.float32), **given)


T12 = np.arange(int(12 * FS)) / FS


class qa_speed(unittest.TestCase):
    def scene(self, name, seed, **given):
        r = np.random.default_rng([seed, *name.encode()])
        f = law(name, T12, r)
        return machine(f, r, **given), f, r

    def test_easy_scenes_are_followed(self):
        for name in "run-up", "coast", "stairs", "wander":
            for seed in 1, 2:
                x, f, _ = self.scene(name, seed)
                gross, rms = errors(track(x), f)
                with self.subTest(name, seed=seed):
                    self.assertLessEqual(gross, 0.005)
                    self.assertLessEqual(rms, 0.1)

    def test_order_one_may_be_missing(self):
        x, f, _ = self.scene("run-up", 3, orders=(2, 3, 5, 6), levels=(0.6, 0.5, 0.3, 0.25))
        gross, rms = errors(track(x, orders=(2, 3, 5, 6)), f)
        self.assertLessEqual(gross, 0.005)
        self.assertLessEqual(rms, 0.1)

    def test_hard_scenes_are_followed(self):
        def knocks(x, r):
            for at in np.nonzero(r.random(len(x)) < 7 / FS)[0]:
                k = np.arange(min(160, len(x) - at))
                x[at : at + len(k)] += 25 * np.std(x) * np.exp(-k / 20) * np.cos(r.uniform(0.1, 1.9) * k)

        def hum(x, r):
            for k in 1, 2, 3, 5:
                x += 2.5 / k * np.cos(2 * np.pi * (50.02 * k * np.arange(len(x)) / FS + r.uniform()))

        scenes = {
            "resonance": dict(resonances=[(80, 0.03, 8), (200, 0.02, 6)]),
            "noise of -10 dB": dict(noise=10.0),
            "knocks": dict(spoil=knocks),
            "hum": dict(spoil=hum, reject=(50,)),
            "gain": dict(spoil=lambda x, r: np.multiply(x, np.where(T12 > 6, 300, 1), out=x)),
            "offset": dict(spoil=lambda x, r: np.add(x, 50 * np.std(x), out=x)),
        }
        for name, given in scenes.items():
            spoil, settings = given.pop("spoil", None), {k: given.pop(k) for k in ("reject",) if k in given}
            x, f, r = self.scene("wander" if name != "hum" else "run-up", 4, **given)
            if spoil:
                spoil(x, r)
            with self.subTest(name):
                self.assertLessEqual(errors(track(x, **settings), f)[0], 0.06)

    def test_a_gear_change_is_followed_within_the_largest_slew(self):
        r = np.random.default_rng(5)
        f = smooth(20 + (T12 % 6) * 4.0, 1.0)  # falls by 24 Hz in a second
        self.assertLessEqual(errors(track(machine(f, r)), f)[0], 0.06)

    def test_rest_is_not_trusted_and_the_machine_is_found_again(self):
        x, f, _ = self.scene("stop", 1)
        ridges = track(x)
        self.assertLessEqual(errors(ridges, f)[0], 0.05)
        truth = f[np.round(ridges.times * FS).astype(int)]
        self.assertGreater(np.sum(truth == 0), 10)
        self.assertLess(np.mean(ridges.confidence[truth == 0] > 1), 0.1)
        self.assertGreater(np.mean(ridges.confidence[truth > 10] > 1), 0.9)

    def test_noise_is_not_trusted(self):
        ridges = track(np.random.default_rng(6).standard_normal(int(60 * FS)))
        self.assertLessEqual(np.mean(ridges.confidence > 1), 0.05)

    def test_orders_are_learned_where_the_speed_is_known_at_first(self):
        x, f, _ = self.scene("run-up", 7, orders=(1, 2, 4, 6), levels=(1, 0.7, 0.5, 0.4))
        halves = np.arange(1, 17) / 2
        ridges = track(x, orders=halves, learn_range=(13, 22))
        self.assertLessEqual(errors(ridges, f)[0], 0.005)
        self.assertEqual(set(halves[ridges.weights > 0.5]), {1, 2, 4, 6})

    def test_shafts_that_cross_keep_their_names(self):
        r = np.random.default_rng(8)
        f, g = 22 + 1.7 * T12, 42 - 1.8 * T12
        x = machine(f, r, noise=0.1) + 0.8 * machine(g, r, noise=0.1) + r.standard_normal(len(f))
        ridges = track(x, tracks=2)
        self.assertEqual(ridges.frequency.shape, (2, len(ridges.times)))
        self.assertEqual(ridges.amplitudes.shape, (2, len(ridges.times), 6))
        first = int(abs(ridges.frequency[0, 0] - f[0]) > abs(ridges.frequency[1, 0] - f[0]))
        self.assertLessEqual(errors(ridges, f, first)[0], 0.05)
        self.assertLessEqual(errors(ridges, g, 1 - first)[0], 0.05)

    def test_a_stream_in_pieces_gives_the_same_bits(self):
        x, _, _ = self.scene("wander", 9)
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
        x, f, _ = self.scene("wander", 10)
        tracker = stft.RidgeTracker(fs=FS, f_range=(5, 100), orders=ORDERS)
        pieces = [tracker.push(x[:20000]), tracker.skip(1500), tracker.push(x[21500:]), tracker.finish()]
        times, frequency, _, confidence, _ = (np.concatenate([p[i] for p in pieces]) for i in range(5))
        truth = f[np.round(times * FS).astype(int)]
        self.assertLess(np.mean(np.abs(frequency - truth) > 1), 0.02)
        near = np.abs(times - 20750 / FS) < 0.4
        np.testing.assert_array_equal(confidence[near], 0)
        self.assertTrue(np.all(confidence[np.abs(times - 20750 / FS) > 0.7] > 0))

    def test_rows_of_an_stft_are_followed(self):
        x, f, _ = self.scene("wander", 11)
        S = np.abs(stft.stft(x, hop=256, n_fft=4096, win_length=2048)) ** 2
        ridges = stft.track_rows(S.T, n_fft=4096, hop=256, win_length=2048, fs=FS, f_range=(5, 100), orders=ORDERS)
        self.assertEqual(len(ridges.times), S.shape[1])
        gross, rms = errors(ridges, f)
        self.assertLessEqual(gross, 0.01)
        self.assertLessEqual(rms, 0.15)

    def test_warped_rows_are_sharp_at_their_own_rate(self):
        f = 20 * np.exp(0.4 * T12[: int(3 * FS)])
        x = machine(f, np.random.default_rng(12), noise=0.01)
        bank = stft.warped_rows(x, fs=FS, f_top=400)
        self.assertEqual(bank.rows.shape, (len(bank.times), len(bank.rates), len(bank.frequencies)))
        p = len(bank.times) // 2
        at = np.argmin(np.abs(bank.frequencies - 6 * np.interp(bank.times[p], T12[: len(f)], f)))
        heights = bank.rows[p, :, at - 3 : at + 4].max(axis=1)
        self.assertEqual(bank.rates[np.argmax(heights)], 0.4)

    def test_short_signals_give_nothing(self):
        for count in 0, 1, 1000:
            ridges = track(np.zeros(count))
            self.assertEqual(ridges.frequency.shape, (0,))
            self.assertEqual(ridges.amplitudes.shape, (0, 6))
            self.assertEqual(stft.warped_rows(np.zeros(count), fs=FS, f_top=400).rows.shape[0], 0)

    def test_results_unpack(self):
        times, frequency, rate, confidence, amplitudes = track(self.scene("run-up", 1)[0])
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
        with self.assertRaisesRegex(ValueError, "^x: type complex128: must be real"):
            stft.track_ridges(x + 1j, fs=FS, f_range=(5, 50))
        with self.assertRaisesRegex(ValueError, r"^rows: shape \(4, 7\): must be \(rows, 513\)"):
            stft.track_rows(np.zeros((4, 7)), n_fft=1024, hop=64, fs=1024, f_range=(5, 50))
        with self.assertRaisesRegex(ValueError, r"^f_top: 3000: must be positive, at most"):
            stft.warped_rows(x, fs=FS, f_top=3000)


if __name__ == "__main__":
    unittest.main()
