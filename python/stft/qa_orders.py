#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Array functions for orders of machines, on machines whose speed is known, and on a recording."""
import os
import unittest
from pathlib import Path

import numpy as np
from gnuradio import stft

DATA = Path(os.environ["GR_STFT_DATA"]) / "vibration" if "GR_STFT_DATA" in os.environ else None


def run_up(t):
    return 15 + 55 * (t / 20) ** 1.3 + 0.4 * np.sin(2 * np.pi * 0.3 * t)


def turned(law, fs, seconds):
    """Speed (Hz) and angle (revolutions) of each sample."""
    speed = law(np.arange(int(fs * seconds)) / fs)
    middle = law((np.arange(int(fs * seconds) - 1) + 0.5) / fs)
    return speed, np.concatenate([[0], np.cumsum((speed[1:] + 4 * middle + speed[:-1]) / (6 * fs))])


def pulses(angle, speed, fs, lost=(), bounced=(), seed=1):
    """Signal of a tacho, 0 to 5, with edges of two samples and a little noise."""
    k = np.floor(angle).astype(int)
    u, edge = angle - k, 2 * speed / fs
    y = np.where(u < 0.1, np.minimum(1, u / edge), np.maximum(0, 1 - (u - 0.1) / edge))
    y -= 0.9 * (np.isin(k, bounced) & (u > 0.03) & (u < 0.05))
    return 5 * y * ~np.isin(k, lost) + 0.02 * np.random.default_rng(seed).standard_normal(len(y))


def refusal(call, *arguments, **given):
    try:
        call(*arguments, **given)
    except ValueError as refused:
        return str(refused)
    return "accepted"


class tacho_pulses(unittest.TestCase):
    def setUp(self):
        self.fs = 25600
        self.speed, self.angle = turned(run_up, self.fs, 12)
        self.times = np.arange(len(self.speed)) / self.fs

    def test_times_revolutions_and_speed_with_missing_and_bounced_pulses(self):
        number = np.random.default_rng(5)
        last = int(self.angle[-1])
        lost = number.choice(np.arange(5, last - 5), last // 20, replace=False)
        bounced = number.choice(np.arange(5, last - 5), last // 20, replace=False)
        y = pulses(self.angle, self.speed, self.fs, lost, bounced)
        times, revolutions, speed = found = stft.tacho_pulses(y, self.fs, 1, 120)
        self.assertLessEqual(np.std(speed - np.interp(times, self.times, self.speed)), 0.002)
        np.testing.assert_allclose(revolutions - revolutions[-1],
                                   np.interp(times, self.times, self.angle) - np.interp(times[-1], self.times, self.angle),
                                   atol=0.01)  # fmt: skip
        self.assertEqual(found.starts.tolist(), [0])
        self.assertGreater(found.separation, 10)

    def test_single_and_double_precision_integers_and_lists_are_taken(self):
        y = pulses(self.angle, self.speed, self.fs)[:50000]
        expected = stft.tacho_pulses(y, self.fs, f_max=120)
        for other in (y.astype(np.float32), np.round(1000 * y).astype(int), y.tolist()):
            found = stft.tacho_pulses(other, self.fs, f_max=120)
            np.testing.assert_allclose(found.times, expected.times, atol=1e-6)

    def test_speed_at_hops_is_that_of_the_machine(self):
        y = pulses(self.angle, self.speed, self.fs)
        speed = stft.tacho_speed(y, self.fs, 1, 120, hop=100)
        self.assertEqual((speed.dtype, len(speed)), (np.float32, len(y) // 100))
        self.assertLess(np.std((speed - self.speed[::100])[20:-20]), 0.002)

    def test_noise_has_no_pulses(self):
        found = stft.tacho_pulses(0.003 * np.random.default_rng(1).standard_normal(100000), self.fs, 1, 120)
        self.assertEqual([len(each) for each in found], [0, 0, 0])
        self.assertLess(found.separation, 3)

    def test_bad_arguments_are_named_with_their_value_and_rule(self):
        y = np.zeros(10)
        self.assertEqual(refusal(stft.tacho_pulses, y, 0), "fs: 0: must be 1e-30 .. 1e30 Hz")
        self.assertEqual(refusal(stft.tacho_pulses, y, samp_rate=0), "samp_rate: 0: must be 1e-30 .. 1e30 Hz")
        self.assertEqual(refusal(stft.tacho_pulses, y, 100, 0), "ppr: 0: must be 1 .. 10^6 pulses per revolution")
        self.assertIn("f_max: 51: must be", refusal(stft.tacho_pulses, y, 100, 1, 51))
        self.assertIn("levels: (1): must be two", refusal(stft.tacho_pulses, y, 100, levels=[1]))
        self.assertIn("y: shape (5, 2): must be", refusal(stft.tacho_pulses, np.zeros((5, 2)), 100))
        self.assertIn("y: dtype complex128: must be", refusal(stft.tacho_pulses, np.zeros(5, complex), 100))
        self.assertIn("hop: 0: must be", refusal(stft.tacho_speed, y, 100, hop=0))


class angle_resample(unittest.TestCase):
    def setUp(self):
        self.fs = 4096
        self.speed, self.angle = turned(run_up, self.fs, 10)

    def orders(self, angle):
        return sum(a * np.cos(2 * np.pi * (k * angle + 0.1 * k)) for k, a in ((1, 1), (8, 0.1), (18, 0.01)))

    def error(self, y):
        expected = self.orders(np.arange(len(y)) / 64)
        inner = slice(256, -256)
        return 20 * np.log10(np.std((y - expected)[inner]) / np.std(expected[inner]))

    def test_orders_are_sampled_at_their_angles_whatever_way_the_speed_is_given(self):
        x = self.orders(self.angle)
        times = np.sort(np.random.default_rng(3).uniform(0, 10, 2000))
        for error, f in (
            (-95, dict(f=self.speed)),
            (-95, dict(f=self.speed[::16], hop=16)),
            (-95, dict(f=self.speed[8::16], hop=16, first=8)),
            (-80, dict(f=run_up(times), times=times)),
        ):
            y = stft.angle_resample(x, self.fs, samples_per_rev=64, **f)
            self.assertEqual(len(y), int(self.angle[-1] * 64) + 1)
            self.assertLess(self.error(y), error, f.keys())
        constant = stft.angle_resample(np.cos(2 * np.pi * 25 * np.arange(40960) / 4096), 4096, 25, 64)
        np.testing.assert_allclose(constant[64:-64], np.cos(2 * np.pi * np.arange(len(constant)) / 64)[64:-64], atol=1e-4)

    def test_axes_and_types(self):
        x = self.orders(self.angle)
        y = stft.angle_resample(x, self.fs, self.speed)
        both = stft.angle_resample(np.stack([x, -2 * x]), self.fs, self.speed)
        np.testing.assert_array_equal(both, [y, -2 * y])
        np.testing.assert_array_equal(stft.angle_resample(np.stack([x, x], 1), self.fs, self.speed, axis=0), np.stack([y, y], 1))
        np.testing.assert_array_equal(stft.angle_resample(x - 2j * x, self.fs, self.speed), y - 2j * y)
        for dtype in np.float32, np.complex64:
            single = stft.angle_resample(x.astype(dtype), self.fs, self.speed)
            self.assertEqual(single.dtype, dtype)
            np.testing.assert_allclose(single, y, atol=2e-6)

    def test_positions_tell_angle_instant_speed_and_gaps(self):
        speed = self.speed.copy()
        speed[20000:30000] = np.nan
        found = stft.angle_resample(self.orders(self.angle), self.fs, speed, 64, positions=True)
        self.assertEqual(np.flatnonzero(found.gaps).size, 1)
        (gap,) = np.flatnonzero(found.gaps)
        self.assertEqual(found.cells[gap], 0)
        self.assertLess(found.times[gap - 1], 20000 / self.fs)
        self.assertGreater(found.times[gap], 30000 / self.fs)
        before = slice(0, gap)
        at = np.interp(found.times * self.fs, np.arange(len(speed)), self.angle)
        np.testing.assert_allclose((found.revolutions + found.cells / 64)[before], at[before], atol=1e-5)
        np.testing.assert_allclose(found.speeds, run_up(found.times), atol=1e-3)

    def test_bad_arguments_are_named_with_their_value_and_rule(self):
        x = np.zeros(100)
        for arguments, given, message in (
            ((x, 0, 5), {}, "fs: 0: must be 1e-30 .. 1e30 Hz"),
            ((x, 100, [1, 2]), {}, "f: 2 values: must be one, one for each of 100 samples, or come with hop or times"),
            ((x, 100, [1, 2]), dict(times=[1, 1]), "times: not finite or not rising: must be rising seconds"),
            ((x, 100, [1, 2]), dict(times=[1, 2, 3]), "times: 3 values: must be as many as of f, 2"),
            ((x, 100, [1, 2]), dict(times=[1, 2], hop=3), "hop: 3: must not be given with times"),
            ((x, 100, 1, 1), {}, "samples_per_rev: 1: must be 2 .. 2^20"),
            ((x, 100, 1j), {}, "f: complex128 of shape (1,): must be real and one-dimensional"),
        ):
            self.assertEqual(refusal(stft.angle_resample, *arguments, **given), message)
        self.assertIn("f_min: 1e-09: must be", refusal(stft.angle_resample, x, 100, 1, f_min=1e-9))
        self.assertEqual(refusal(stft.angle_resample, x, 5e-324), "fs: 5e-324: must be 1e-30 .. 1e30 Hz")
        self.assertIn("orders: 30: must be", refusal(stft.order_map, x, 100, 1, [30], samples_per_rev=64))
        self.assertIn("width: 0: must be", refusal(stft.order_map, x, 100, 1, width=0))
        self.assertIn("window: ", refusal(stft.order_map, x, 100, 1, window="haan"))
        self.assertEqual(stft.angle_resample(np.zeros(0), 100, 1).shape, (0,))
        self.assertEqual(stft.order_map(np.zeros(0), 100, 1, [1]).levels.shape, (1, 0))


class order_map(unittest.TestCase):
    def test_a_run_up_has_its_levels_at_all_speeds(self):
        fs = 8192
        speed, angle = turned(run_up, fs, 15)
        x = np.cos(2 * np.pi * angle) + 0.1 * np.cos(2 * np.pi * 2 * angle) + 0.01 * np.cos(2 * np.pi * 30.5 * angle)
        for dtype, atol in ((np.float64, 0.005), (np.float32, 0.005)):
            found = stft.order_map(np.stack([x, 2 * x]).astype(dtype), fs, speed, [1, 2, 30.5], width=0.03)
            self.assertEqual(found.levels.dtype, dtype)
            self.assertEqual(found.power.shape, (2, 64 * 128 // 2 + 1, len(found.times)))
            inside = slice(8, -8)
            known = 30.5 * found.speeds <= 0.4 * fs
            np.testing.assert_array_equal(np.isnan(found.levels[0, 2]), ~known)
            for level, dB in zip(found.levels[0], (0, -20, -40)):
                level = level[inside][30.5 * found.speeds[inside] < 0.3 * fs]
                np.testing.assert_allclose(10 * np.log10(2 * level), dB, atol=atol)
            np.testing.assert_allclose(found.levels[1, :2], 4 * found.levels[0, :2], rtol=1e-5)
            np.testing.assert_allclose(found.speeds, run_up(found.times), atol=0.01)
            np.testing.assert_allclose(np.diff(found.revolutions), 4)
            m = np.argmax(found.power[0, :, 20])
            self.assertEqual((m, found.orders[m]), (64, 1.0))

    def test_rows_of_a_stream_in_equal_angles_are_those_of_spectrogram(self):
        fs = 4096
        speed, angle = turned(run_up, fs, 10)
        x = np.cos(2 * np.pi * 3 * angle)
        y = stft.angle_resample(x, fs, speed, 64)
        found = stft.order_map(x, fs, speed, turns=16)
        S = stft.spectrogram(y, "hann", n_fft=1024, hop=64, kind="psd", fs=1024)
        np.testing.assert_allclose(found.power, S[:, : found.power.shape[1]], rtol=1e-12, atol=1e-18)

    @unittest.skipUnless(DATA and (DATA / "car_runup_tacho.flac").exists(), "needs the recording of a car")
    def test_levels_of_a_car_are_the_published_ones(self):
        soundfile = __import__("soundfile")
        x, fs = soundfile.read(DATA / "car_runup_tacho.flac")
        found = stft.order_map(x[:, 0], fs, x[:, 1] * 4821.4287 / 60, [2, 4])
        for rpm, *published in ((974.497, 71.26, 51.43), (2031, 60.79, 56.72), (4210, 63.52, 62.03)):
            row = np.argmin(np.abs(60 * found.speeds - rpm))
            np.testing.assert_allclose(10 * np.log10(found.levels[:, row] / 4e-10), published, atol=0.4)


if __name__ == "__main__":
    unittest.main()
