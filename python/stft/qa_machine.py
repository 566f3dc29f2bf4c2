#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a machine's levels are those of band_levels() and track_ridges(); what is absurd is refused or has no speed."""
import unittest

import numpy as np
from gnuradio import stft

FS = 2048.0


def machine(seconds=12.0, f=20.0, slope=1.0, seed=1):
    t = np.arange(int(seconds * FS)) / FS
    turns = t * (f + slope * t / 2)
    x = np.cos(2 * np.pi * turns) + 0.5 * np.cos(4 * np.pi * turns + 1)
    return x + 0.1 * np.random.default_rng(seed).standard_normal(t.size)


class Rows(unittest.TestCase):
    def test_bands_are_those_of_band_levels_to_the_bit(self):
        for x in machine(), machine().astype(np.float32):
            rows = stft.machine_rows(x, FS, [(10, 100), (33.3, 1000)], integrate=1, factor=1000)
            expected = stft.band_levels(x, FS, [(10, 100), (33.3, 1000)], integrate=1, factor=1000, average=2, win_length=2048, hop=1024)
            self.assertEqual(rows.levels.shape, (2, 11))
            np.testing.assert_array_equal(rows.levels, expected.levels[:, :11].astype(float))
            np.testing.assert_array_equal(rows.times, np.arange(11))
            self.assertTrue(np.isnan(rows.speeds).all() and not rows.dead.any() and not rows.clipped.any())

    def test_orders_are_those_of_the_tracked_frames(self):
        x = machine()
        ridges = stft.track_ridges(x, fs=FS, f_range=(8, 60), orders=(1, 2))
        rows = stft.machine_rows(x, FS, ridges=ridges, orders=(1, 2))
        for i in range(1, 10):
            inside = (ridges.times >= i) & (ridges.times < i + 1)
            self.assertEqual(rows.speeds[i], np.median(ridges.frequency[inside]))
            np.testing.assert_allclose(rows.levels[:, i], np.sqrt(np.mean(ridges.amplitudes[inside] ** 2, axis=0) / 2), rtol=1e-12)
            self.assertAlmostEqual(rows.speeds[i], 20.5 + i, delta=0.1)

    def test_short_signals_have_no_rows_and_wrong_ones_are_refused(self):
        for count in 0, 1, 3071:
            rows = stft.machine_rows(np.zeros(count), FS, "10:100")
            self.assertEqual((rows.levels.shape, rows.times.size, rows.dead.dtype), ((1, 0), 0, bool))
        self.assertTrue(stft.machine_rows(np.zeros(3072), FS, "10:100").dead[0])
        ridges = stft.track_ridges(machine(), fs=FS, f_range=(8, 60), orders=(1, 2))
        for words, call in (
            ("x: shape", lambda: stft.machine_rows(np.zeros((2, 9)), FS)),
            ("x: dtype complex128", lambda: stft.machine_rows(np.zeros(9, complex), FS)),
            ("orders: ", lambda: stft.machine_rows(machine(), FS, ridges=ridges)),
            ("orders: ", lambda: stft.machine_rows(machine(), FS, orders=(1,))),
            ("ridges: amplitudes", lambda: stft.machine_rows(machine(), FS, ridges=ridges, orders=(1,))),
            ("bands: ", lambda: stft.machine_rows(machine(), FS, "10:2000")),
            ("integrate: ", lambda: stft.machine_rows(machine(), FS, integrate=3)),
            ("fs: ", lambda: stft.machine_rows(machine(), 0.0)),
        ):
            with self.assertRaisesRegex(ValueError, "^" + words):
                call()


class Refusals(unittest.TestCase):
    def test_samples_after_the_end_are_refused(self):
        tracker = stft.RidgeTracker(samp_rate=FS, f_range=(8, 60))
        tracker.push(machine(3))
        tracker.finish()
        for call in lambda: tracker.push(machine(1)), lambda: tracker.skip(10):
            with self.assertRaisesRegex(ValueError, "^samples: after finish"):
                call()
        self.assertEqual(tracker.finish().times.size, 0)

    def test_no_machine_turns_faster_than_half_the_sample_rate(self):
        x = machine(3)
        for absurd in 1e300, 1e9, FS / 2 * 1.0001, np.inf:
            self.assertEqual(stft.angle_resample(x, FS, absurd).size, 0)
            speeds = np.full(x.size, 20.0)
            speeds[3000:3100] = absurd
            found = stft.angle_resample(x, FS, speeds, positions=True)
            self.assertEqual(found.gaps.sum(), 2 - 1)  # one after the absurd ones; the beginning is none
            self.assertLess(found.samples.size, 64 * 61)
        self.assertEqual(stft.angle_resample(x, FS, FS / 2, 2).size, x.size)

    def test_what_was_given_is_named(self):
        x = np.random.default_rng(1).standard_normal(60000)
        for words, call in (
            ("band: 0: must end above 0", lambda: stft.diagnose_bearing(x, 25600, 25, (8, 0.235, 1.245), band=(0, 0))),
            ("n_fft: 10000000: must leave 64", lambda: stft.diagnose_bearing(x, 25600, 25, (8, 0.235, 1.245), n_fft=10**7)),
            ("orders: 1e.09: must be at most", lambda: stft.order_map(x, 25600, 25, (1e9,))),
            ("rows: dtype complex128", lambda: stft.track_rows(np.ones((3, 257)) + 0j, n_fft=512, hop=128, fs=FS, f_range=(16, 70))),
        ):
            with self.assertRaisesRegex(ValueError, "^" + words):
                call()


if __name__ == "__main__":
    unittest.main()
