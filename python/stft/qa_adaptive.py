#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""stft.adapt on arrays: golden signal, inverse, refusals, and what hard signals do to it."""

import doctest
import pathlib
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import adaptive

from qa_oracles import l1l2

GOLDEN = pathlib.Path(__file__).parent / "golden" / "dstft"
N, HOP, H = 1024, 64, 8


def noise(samples, level, seed=1):
    return level * np.random.default_rng(seed).standard_normal(samples)


def tone(samples, f=0.11):
    return np.cos(2 * np.pi * f * np.arange(samples))


def clicks(samples, every, height=10.0):
    """Damped bursts of 60 samples, and where they begin."""
    x = np.zeros(samples)
    burst = height * np.exp(-np.arange(60) / 15) * np.cos(1.3 * np.arange(60))
    times = np.arange(every, samples - every, every)
    for time in times:
        x[time : time + 60] += burst
    return x, times


def theta_of(x, **settings):
    return stft.adapt(np.asarray(x, np.float32), n_fft=N, hop=HOP, **settings).theta[0]


def near(theta, time, frames=5):
    """The least theta within `frames` frames of a sample."""
    p = int(round(time / HOP))
    return theta[max(0, p - frames) : p + frames + 1].min()


class Signals(unittest.TestCase):
    """Each row of the failure cases that were seen."""

    def test_silence_keeps_theta(self):
        x = np.concatenate([tone(8000) + noise(8000, 0.1), np.zeros(20000)])
        theta = theta_of(x)
        self.assertGreater(theta[:110].min(), 700)
        end = (8000 + N) // HOP + H
        self.assertEqual(np.ptp(theta[end:]), 0)

    def test_non_finite_samples_do_not_reach_theta(self):
        x = (tone(20000) + noise(20000, 0.1)).astype(np.float32)
        x[9000:9010] = np.nan
        x[12000] = np.inf
        result = stft.adapt(x, n_fft=N)
        self.assertTrue(np.all(np.isfinite(result.theta)))
        self.assertGreater(result.theta.min(), 700)
        held = np.abs(result.t - 9005) < 400
        self.assertTrue(np.all(np.isnan(result.spectra[:, held])))
        away = (np.abs(result.t - 9005) > 600) & (np.abs(result.t - 12000) > 600)
        self.assertTrue(np.all(np.isfinite(result.spectra[:, away])))

    def test_noise_alone_wanders_within_the_bounds(self):
        theta = theta_of(noise(200000, 1.0))
        self.assertGreaterEqual(theta.min(), 128)
        self.assertLessEqual(theta.max(), 1024)
        low, middle, high = np.percentile(np.log2(theta), [5, 50, 95])
        self.assertGreater(high - low, 0.5)
        self.assertTrue(7.5 < middle < 9.5, middle)
        self.assertLess(np.abs(np.diff(np.log(theta))).mean(), 0.2)

    def test_clicks_are_found_in_noise(self):
        signal, times = clicks(60000, 1700)
        for level, part in ((0.05, 1.0), (np.sqrt(0.5), 0.95), (1.8, 0.4)):
            theta = theta_of(signal + noise(60000, level))
            found = np.mean([near(theta, time) < 256 for time in times])
            self.assertGreaterEqual(found, part, level)

    def test_clipping_leaves_a_tone_alone(self):
        x = np.clip(3 * tone(20000), -1, 1) + noise(20000, 0.05)
        self.assertGreater(theta_of(x).min(), 700)

    def test_a_tone_is_long_from_its_first_frame_to_its_last(self):
        n = np.arange(20011)
        for x in (tone(20011), np.exp(0.7j * n).astype(np.complex64)):
            x = x + noise(20011, 0.01)
            for settings in (dict(hop=64), dict(hop=50), dict(hop=64, share="constant"), dict(hop=64, alpha=0.3)):
                self.assertGreater(stft.adapt(x, n_fft=N, **settings).theta.min(), 700, settings)

    def test_clicks_on_a_tone_are_short_and_what_lies_between_is_longer(self):
        signal, times = clicks(40000, 5000, 20.0)
        theta = theta_of(signal + tone(40000) + noise(40000, 0.05))
        for time in times:
            self.assertLess(near(theta, time), 256)
            self.assertGreater(theta[int(time + 2500) // HOP], 700)

    def test_an_offset_does_not_decide(self):
        signal, times = clicks(30000, 3000)
        x = signal + noise(30000, 0.3) + 10
        self.assertGreater(np.median(theta_of(x, whiten=0)), 1000)
        self.assertGreater(near(theta_of(x, whiten=0), times[3]), 900)
        self.assertLess(near(theta_of(x), times[3]), 256)

    def test_impulses_closer_than_theta_min_are_harmonics(self):
        x = np.zeros(20000)
        x[::50] = 1
        self.assertGreater(theta_of(x + noise(20000, 0.01))[20:-20].min(), 900)

    def test_an_edge_is_a_click_and_passes(self):
        base = tone(30000) + noise(30000, 0.05)
        jump, onset, dropout = base.copy(), base.copy(), base.copy()
        jump[15000:] *= 1000
        onset[:15000] = 0
        dropout[15000:15064] = 0
        for x in (jump, onset, dropout):
            theta = theta_of(x)
            p = 15000 // HOP
            self.assertGreater(theta[p + 2 * N // HOP :].min(), 900)
        self.assertLess(near(theta_of(jump), 15000, 10), 256)

    def test_each_band_has_its_own_theta(self):
        n = np.arange(40000)
        sweep = 6e-5
        f = 0.05 + np.abs((sweep * n + 0.3) % 0.6 - 0.3)  # to and fro in 0.05 .. 0.35
        chirp = np.cos(2 * np.pi * np.cumsum(f))
        x = (tone(40000, 0.46) + chirp + noise(40000, 0.02)).astype(np.float32)
        one = theta_of(x)
        each = stft.adapt(x, n_fft=N, hop=HOP, share="cell").theta
        self.assertLess(np.median(one), 600)
        self.assertGreater(np.median(each[int(0.46 * N)]), 900)
        self.assertTrue(180 < np.median(each[N // 5]) < 400, np.median(each[N // 5]))
        settled = stft.adapt(x, n_fft=N, hop=HOP, share="bin").theta
        self.assertEqual(settled.shape, each.shape)
        self.assertGreater(settled[int(0.46 * N), -1], 900)
        self.assertLess(settled[N // 5, -1], 400)

    def test_a_hop_beyond_half_the_shortest_window_is_refused(self):
        with self.assertRaisesRegex(ValueError, "^hop: 64: must be at most theta_min / 2 = 50: "):
            stft.adapt(np.zeros(100), n_fft=N, hop=64, theta_min=100)
        stft.adapt(np.zeros(100), n_fft=N, hop=64, theta_min=100, invertible=False)


def pooled(x, theta):
    """J of the block around each frame, whose frames all have this theta: l1/l2, not whitened."""
    t = HOP * np.arange(len(x) // HOP + 1.0)
    P = np.abs(stft.dstft(x, theta, t, n_fft=N)) ** 2
    ends = np.ones((len(P), 1))
    ends[[0, -1]] = 0.5  # of a one-sided spectrum
    return np.array([l1l2(P[:, max(0, n - H) : n + H + 1], ends) for n in range(len(t))])


class Golden(unittest.TestCase):
    def test_theta_is_within_one_per_cent_of_the_optimum_offline(self):
        x = np.load(GOLDEN / "c09_sectionVIA_like_entropy_curve.npz")["x"]
        grid = np.geomspace(128, 1024, 25)
        J = np.array([pooled(x, theta) for theta in grid])
        optimum, constant = J.min(0).mean(), J.mean(1).min()
        for settings in (dict(whiten=0.0), {}):
            theta = stft.adapt(x, n_fft=N, hop=HOP, **settings).theta[0]
            reached = np.mean([np.interp(np.log(theta[n]), np.log(grid), J[:, n]) for n in range(len(theta))])
            self.assertLess(reached, 1.01 * optimum)
            self.assertLess(reached, constant - 0.15)


class Arrays(unittest.TestCase):
    def setUp(self):
        signal, _ = clicks(6001, 900)
        self.x = signal + tone(6001) + noise(6001, 0.2)

    def test_the_inverse_gives_the_signal_back(self):
        for dtype, limit in ((np.float32, 3e-6), (np.float64, 1e-12), (np.complex64, 3e-6), (np.complex128, 1e-12)):
            x = self.x.astype(dtype)
            for settings in ({}, dict(learn="both"), dict(method="gradient"), dict(alpha=0.5), dict(hop=29.3, steps=2)):
                A = stft.adapt(x, n_fft=256, **settings)
                y = stft.idstft(A.spectra, A.theta, A.t, n_fft=256, length=len(x))
                self.assertEqual(y.dtype, x.dtype)
                self.assertLess(np.abs(y - x).max(), limit * np.abs(x).max(), (dtype, settings))

    def test_every_length_inverts_up_to_its_last_sample(self):
        for length in range(640, 705):
            x = noise(length, 0.01).astype(np.float32)
            x[560:length:40] = 5
            for settings in ({}, dict(learn="both", learning_rate=1.0), dict(freeze=True)):
                A = stft.adapt(x, n_fft=1024, hop=64, theta_init=128.0, **settings)
                y = stft.idstft(A.spectra, A.theta, A.t, n_fft=1024, length=length)
                self.assertLess(np.abs(y - x).max(), 3e-6 * 5, (length, settings))

        for length in range(1018, 1026):
            x = noise(length, 1.0).astype(np.float32)
            A = stft.adapt(x, n_fft=1024, hop=256, theta_init=512.0, freeze=True)
            y = stft.idstft(A.spectra, A.theta, A.t, n_fft=1024, length=length)
            self.assertLess(np.abs(y - x).max(), 3e-6 * np.abs(x).max(), length)

    def test_cells_invert_by_least_squares(self):
        x = self.x[:1500]
        A = stft.adapt(x, n_fft=64, share="cell", bands=2, steps=2)
        y = stft.idstft(A.spectra, A.theta, A.t, n_fft=64, length=len(x))
        self.assertLess(np.abs(y - x).max(), 3e-6 * np.abs(x).max())

    def test_bands_have_one_theta_each_unless_it_is_interpolated(self):
        middles = np.arange(16, 128, 32)
        for share, steps in (("bin", None), ("cell", None), ("cell", 0)):
            A = stft.adapt(self.x, n_fft=256, hop=20, share=share, steps=steps)
            lines = stft.adapt(self.x, n_fft=256, hop=20, share=share, steps=steps, interpolate=True)
            self.assertGreater(np.abs(np.diff(A.theta[middles], axis=0)).max(), 10)
            np.testing.assert_array_equal(A.theta[:-1], np.repeat(A.theta[middles], 32, axis=0))
            np.testing.assert_array_equal(A.theta[-1], A.theta[-2])
            np.testing.assert_allclose(A.theta[middles], lines.theta[middles], rtol=1e-6)
            y = stft.idstft(A.spectra, A.theta, A.t, n_fft=256, length=len(self.x))
            self.assertLess(np.abs(y - self.x).max(), 3e-6 * np.abs(self.x).max())

    def test_shapes_and_positions(self):
        A = stft.adapt(self.x, n_fft=256, hop=20)
        self.assertEqual((A.spectra.shape, A.theta.shape, A.t.shape), ((129, 301), (1, 301), (301,)))
        np.testing.assert_array_equal(A.t, 20 * np.arange(301))
        cells = stft.adapt(self.x, n_fft=256, hop=20, share="cell")
        self.assertEqual(cells.theta.shape, (129, 301))
        moved = stft.adapt(self.x, n_fft=256, hop=20, learn="both")
        self.assertLessEqual(np.abs(moved.t - A.t).max(), 10)
        self.assertGreater(np.abs(moved.t - A.t).max(), 1)
        follow = stft.adapt(self.x, n_fft=256, hop=20, alpha=0.25)
        np.testing.assert_array_equal(follow.t, np.cumsum(np.append(0, 0.25 * follow.theta[0]))[:-1])
        self.assertEqual(stft.adapt(np.zeros(0), n_fft=256).spectra.shape, (129, 0))

    def test_windows_that_follow_theta_may_be_many(self):
        A = stft.adapt(self.x, n_fft=256, hop=64, alpha=0.0625, theta_init=128.0, freeze=True)
        self.assertEqual(A.spectra.shape, (129, len(A.t)))
        self.assertGreater(len(A.t), 4 * len(self.x) / 64)
        np.testing.assert_array_equal(A.spectra, stft.dstft(self.x, A.theta, A.t, n_fft=256))

    def test_spectra_are_those_of_dstft(self):
        for how in ({"share": "constant"}, {}, {"share": "bin"}, {"share": "cell"}, {"share": "cell", "interpolate": True}):
            A = stft.adapt(self.x, n_fft=128, hop=16, **how)
            np.testing.assert_array_equal(A.spectra, stft.dstft(self.x, A.theta, A.t, n_fft=128))

    def test_what_is_learned_is_the_same_without_spectra(self):
        for how in ({}, {"method": "gradient", "learn": "both"}, {"share": "cell", "steps": 2}):
            A = stft.adapt(self.x, n_fft=128, hop=16, **how)
            alone = stft.adapt(self.x, n_fft=128, hop=16, spectra=False, **how)
            self.assertIsNone(alone.spectra)
            np.testing.assert_array_equal(alone.theta, A.theta)
            np.testing.assert_array_equal(alone.t, A.t)
            self.assertEqual(alone.report, A.report)

    def test_channels_are_learned_apart(self):
        x = np.stack([self.x, self.x[::-1], noise(6001, 1.0)]).reshape(3, 1, 6001)
        A = stft.adapt(x, n_fft=256)
        self.assertEqual(A.spectra.shape, (3, 1, 129, 376))
        for c in range(3):
            one = stft.adapt(x[c, 0], n_fft=256)
            np.testing.assert_array_equal(A.spectra[c, 0], one.spectra)
            np.testing.assert_array_equal(A.theta[c, 0], one.theta)
            self.assertEqual(A.report["evaluations"][c, 0], one.report["evaluations"])
        other = stft.adapt(np.moveaxis(x, -1, 0), n_fft=256, axis=0)
        np.testing.assert_array_equal(A.spectra, other.spectra)

    def test_integers_and_float16_are_numbers_too(self):
        x = (100 * self.x).astype(np.int16)
        np.testing.assert_array_equal(stft.adapt(x, n_fft=256).theta, stft.adapt(x.astype(float), n_fft=256).theta)

    def test_the_report_counts(self):
        report = stft.adapt(self.x, n_fft=256, hop=16).report
        self.assertEqual(report["frames"], 376)
        self.assertTrue(32 <= report["theta_least"] <= report["theta_mean"] <= report["theta_greatest"] <= 256)
        # short windows at every frame, the three longest at every 2nd, 3rd and 5th
        self.assertEqual(report["evaluations"], 4 * 376 + 188 + 126 + 76)
        self.assertEqual(stft.adapt(self.x, n_fft=256, freeze=True).report["evaluations"], 0)

    def test_the_report_tells_at_which_bound_most_window_lengths_are(self):
        def report(x, **settings):
            adapted = stft.adapt(x, n_fft=256, **settings)
            r, theta = adapted.report, adapted.theta
            low, high = settings.get("theta_min", 32.0), settings.get("theta_max", 256.0)
            if len(theta) > 1:
                theta = theta[16::32][:4]  # of each band
            self.assertAlmostEqual(r["at_theta_min"], np.mean(theta <= 1.01 * low))
            self.assertAlmostEqual(r["at_theta_max"], np.mean(1.01 * theta >= high))
            return r["advice"]

        steady, pulses = tone(6000) + noise(6000, 0.01), np.zeros(6000)
        pulses[::300] = 1
        chirp = np.cos(np.pi * 4e-4 * np.arange(1200) ** 2)  # best at 1.95 / sqrt(4e-4) = 98 samples
        self.assertEqual(
            report(steady),
            "theta is within 1 % of theta_max = 256 samples in 100 % of the frames: "
            "longer windows may suit the signal better: raise n_fft",
        )
        self.assertRegex(report(steady, theta_max=100.0), "theta_max = 100 samples .*: raise theta_max, to n_fft at most$")
        self.assertRegex(
            report(pulses + noise(6000, 1e-4)),
            r"^theta is within 1 % of theta_min = 32 samples in \d+ % of the frames: .*: lower theta_min, and hop to half of it at most$",
        )
        self.assertRegex(report(pulses, invertible=False, theta_min=40.0), "theta_min = 40 samples .*: lower theta_min$")
        self.assertEqual(report(pulses, hop=2, theta_min=4.0), "")  # there are none shorter
        self.assertEqual(report(steady, freeze=True, theta_init=256.0), "")
        self.assertEqual(report(steady, learn="t", theta_init=256.0), "")
        self.assertEqual(report(chirp), "")
        report(self.x, share="cell")
        self.assertEqual(stft.adapt(np.zeros(0), n_fft=256).report["advice"], "")
        both = stft.adapt(np.stack([steady[:1200], chirp]), n_fft=256).report["advice"]
        self.assertEqual([bool(one) for one in both], [True, False])

    def test_every_criterion_learns(self):
        for criterion in ("l1l2", "entropy", "renyi", "kurtosis", "magnitude_entropy", "frame_entropy"):
            for method in ("bank", "gradient"):
                theta = stft.adapt(self.x, n_fft=256, criterion=criterion, method=method, order=3.0).theta
                self.assertGreater(np.ptp(theta), 10, (criterion, method))

    def test_causal_frames_have_the_theta_of_the_frame_before_which_they_look_no_further(self):
        A = stft.adapt(self.x, n_fft=256, block=2, causal=True, theta_init=99.5)
        B = stft.adapt(self.x, n_fft=256, block=2, lag=0, theta_init=99.5)
        np.testing.assert_array_equal(A.theta[0, :2], [99.5, 99.5])
        np.testing.assert_array_equal(A.theta[0, 2:], B.theta[0, :-2])

    def test_causal_frames_do_not_know_what_comes_behind_the_longest_window(self):
        last = 3000
        frames = (last - 128) // 16
        A, B = (stft.adapt(x, n_fft=256, causal=True) for x in (self.x, self.x[:last]))
        np.testing.assert_array_equal(A.theta[0, :frames], B.theta[0, :frames])
        np.testing.assert_array_equal(A.spectra[:, :frames], B.spectra[:, :frames])

    def test_frozen_frames_have_theta_init(self):
        A = stft.adapt(self.x, n_fft=256, theta_init=99.5, freeze=True)
        np.testing.assert_array_equal(A.theta, np.full((1, 376), 99.5))

    def test_what_cannot_work_is_refused(self):
        for message, settings in (
            ("criterion: best: must be l1l2", dict(criterion="best")),
            ("method: adam: must be bank or gradient", dict(method="adam")),
            ("learn: hop: must be theta, t, chirp or both", dict(learn="hop")),
            ("share: all: must be constant, frame, bin or cell", dict(share="all")),
            ("theta_min: 200: must be below theta_max = 100", dict(theta_min=200, theta_max=100)),
            ("theta_max: 300: must be above 4, and at most n_fft", dict(theta_max=300)),
            ("hop: 128: must be below theta_max / 2", dict(hop=128)),
            ("hop: nan: must be at least 1", dict(hop=float("nan"))),
            ("lag: -3: must be in 0", dict(lag=-3)),
            ("lag: 1: must be 0 where causal", dict(lag=1, causal=True)),
            ("block: 1.5: must be an integer", dict(block=1.5)),
            ("norm: l1: must be l2 where theta varies", dict(norm="l1")),
            ("window: boxcar", dict(window="boxcar")),
            ("n_fft: 4: must be at least 8", dict(n_fft=4)),
            ("n_fft: 64.5: must be an integer", dict(n_fft=64.5)),
        ):
            with self.assertRaisesRegex(ValueError, "^" + message):
                stft.adapt(self.x, **{"n_fft": 256, **settings})
        with self.assertRaisesRegex(ValueError, "^alpha: 0.25: needs a single channel"):
            stft.adapt(np.zeros((2, 500)), n_fft=256, alpha=0.25)
        with self.assertRaisesRegex(ValueError, "^x: "):
            stft.adapt("signal", n_fft=256)
        # positions alone leave theta, and with it the level, constant
        stft.adapt(self.x, n_fft=256, learn="t", norm="l1")

    def test_docstrings_hold(self):
        self.assertEqual(doctest.testmod(adaptive).failed, 0)


if __name__ == "__main__":
    unittest.main()
