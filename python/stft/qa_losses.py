#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Losses on arrays: the golden case, memory orders and dtypes, directional differences, refusals, doc tests."""

import doctest
import os
import pathlib
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import losses

from qa_oracles import l1l2

RNG = np.random.default_rng(3)
HERE = pathlib.Path(__file__).parent / "golden" / "dstft"


def folders():
    yield HERE
    if "GR_STFT_DATA" in os.environ:
        yield pathlib.Path(os.environ["GR_STFT_DATA"]) / "dstft"


def spectra(bins=9, frames=7):
    return RNG.standard_normal((bins, frames)) + 1j * RNG.standard_normal((bins, frames))


def golden_losses(case, single):
    """Name in the case, value, and its gradients by their names there."""
    real = np.float32 if single else np.float64
    S = case["S"].astype(np.complex64 if single else np.complex128)
    a = np.abs(case["S"]).astype(real)
    t, theta, M = case["t"], case["theta"], float(case["M"])
    N, fs, eps = int(case["N"]), float(case["fs"]), float(case["tv_eps"])
    value, slope = losses.magnitude_entropy(a)
    yield "shannon", value, {"grad_a": slope, "grad_S": losses.cotangent(S, slope)}
    for name, (value, slope) in (
        ("renyi3_p1", losses.renyi(a)),
        ("renyi3_p2", losses.renyi(a, 3.0, power=2)),
        ("l1_over_l2", losses.lp_lq(a)),
        ("l4_over_l2", losses.lp_lq(a, 4.0, 2.0)),
        ("track_mse", losses.tracking_mse(a, case["f_true"], n_fft=N, fs=fs)),
    ):
        yield name, value, {"grad_a": slope}
    value, slope, slope_t = losses.kurtosis(a, t)
    yield "kurtosis", value, {"grad_a": slope, "grad_t": slope_t}
    for form in ("union", "min"):
        value, slope_theta, slope_t = losses.coverage(theta, t, M, form)
        yield f"coverage_{form}", value, {"grad_theta": slope_theta, "grad_t": slope_t}
    for around in ("nonlocal4", "forward"):
        value, slope = losses.total_variation(case["theta_tf"].astype(real), eps=eps, neighbours=around)
        yield f"tv_{around}", value, {"grad": slope}


class golden(unittest.TestCase):
    def test_losses_of_the_golden_case_agree(self):
        for folder in folders():
            case = dict(np.load(folder / "c07_losses.npz", allow_pickle=False))
            for single, of_value, of_gradient in ((False, 1e-10, 1e-10), (True, 2e-5, 2e-4)):
                found = list(golden_losses(case, single))
                self.assertEqual(len(found), 11)
                for name, value, slopes in found:
                    with self.subTest(folder=folder, name=name, single=single):
                        self.assertIs(type(value), float)
                        self.assertLessEqual(abs(value - case[name]), of_value * abs(case[name]))
                        for which, slope in slopes.items():
                            wanted = case[f"{name}_{which}"]
                            self.assertEqual(slope.shape, wanted.shape)
                            error = np.max(np.abs(slope - wanted))
                            self.assertLessEqual(error, of_gradient * np.max(np.abs(wanted)), which)


class arguments(unittest.TestCase):
    def each(self, real, S):
        """Every loss of planes, as a function without arguments."""
        a = np.abs(S).astype(real)
        t = np.arange(S.shape[1]) * 8.0
        n_fft = 2 * (S.shape[0] - 1)
        return {
            "magnitude_entropy": lambda a=a: losses.magnitude_entropy(a),
            "per_frame": lambda a=a: losses.magnitude_entropy(a, per_frame=True),
            "renyi": lambda a=a: losses.renyi(a, 2.0),
            "lp_lq": lambda a=a: losses.lp_lq(a),
            "kurtosis": lambda a=a: losses.kurtosis(a, t)[:2],
            "tracking_mse": lambda a=a: losses.tracking_mse(a, t, n_fft=n_fft, fs=9.0),
            "total_variation": lambda a=a: losses.total_variation(a, eps=1e-3),
        }, a

    def test_memory_order_and_dtype(self):
        for real in (np.float32, np.float64):
            calls, a = self.each(real, spectra())
            wide = np.zeros((18, 21), real)
            wide[::2, ::3] = a
            for name, call in calls.items():
                with self.subTest(name=name, real=real):
                    value, slope = call()
                    self.assertEqual((slope.dtype, slope.shape), (a.dtype, a.shape))
                    self.assertFalse(np.shares_memory(slope, a))
                    for same in (np.asfortranarray(a), np.ascontiguousarray(a), wide[::2, ::3], a.tolist()):
                        if real is np.float32 and isinstance(same, list):
                            continue
                        other, other_slope = call(same)
                        self.assertEqual(other, value)
                        np.testing.assert_array_equal(other_slope, slope)
                    self.assertEqual(call(a.astype(np.float16))[1].dtype, np.float32)

    def test_spectra_of_each_order_and_dtype(self):
        for kind in (np.complex64, np.complex128):
            S = spectra().astype(kind)
            value, G = losses.pooled(S, half_block=2)
            self.assertEqual((G.dtype, G.shape), (S.dtype, S.shape))
            for same in (np.asfortranarray(S), np.ascontiguousarray(S)):
                self.assertEqual(losses.pooled(same, half_block=2)[0], value)
            W = losses.whitener(S, width=1)
            self.assertEqual((W.dtype, W.shape), (S.real.dtype, (9,)))
            self.assertEqual(losses.cotangent(S, np.ones((9, 7))).dtype, S.dtype)

    def test_entropy_per_frame_ignores_levels(self):
        a = np.abs(spectra())
        level = np.arange(1.0, 8)
        self.assertAlmostEqual(losses.magnitude_entropy(a * level, per_frame=True)[0], losses.magnitude_entropy(a, per_frame=True)[0])
        self.assertNotAlmostEqual(losses.magnitude_entropy(a * level)[0], losses.magnitude_entropy(a)[0], 2)

    def test_kurtosis_without_its_weights_slope(self):
        a, t = np.abs(spectra()), np.cumsum(RNG.uniform(1, 2, 7))
        value, slope, slope_t = losses.kurtosis(a, t)
        fixed, same, none = losses.kurtosis(a, t, weights_gradient=False)
        self.assertEqual(value, fixed)
        np.testing.assert_array_equal(slope, same)
        self.assertTrue(slope_t.any() and not none.any())

    def test_coverage_keeps_thetas_shape(self):
        flat = losses.coverage([3.0, 4.0], [2, 9], 12)
        row = losses.coverage([[3.0, 4.0]], [2, 9], 12)
        self.assertEqual(flat[0], row[0])
        self.assertEqual((flat[1].shape, row[1].shape), ((2,), (1, 2)))
        np.testing.assert_array_equal(flat[1], row[1][0])

    def test_pooled_sides_and_whitening(self):
        S = spectra(8)  # 8 bins: one-sided of 14 or 15, two-sided of 8
        q = np.abs(S) ** 2
        for made, c in (
            (dict(), [0.5] + 6 * [1] + [0.5]),
            (dict(n_fft=14), [0.5] + 6 * [1] + [0.5]),
            (dict(n_fft=15), [0.5] + 7 * [1]),
            (dict(sides="twosided"), 8 * [1]),
            (dict(sides="centered", n_fft=8), 8 * [1]),
        ):  # fmt: skip
            with self.subTest(made=made):
                self.assertAlmostEqual(losses.pooled(S, half_block=10**30, **made)[0], l1l2(q, np.reshape(c, (8, 1))), 12)
        W = losses.whitener(S, width=2)[:, None]
        value = losses.pooled(S, half_block=6, sides="twosided", whitening=W[:, 0])[0]
        self.assertAlmostEqual(value, l1l2(W * q), 12)

    def test_pooled_criteria_along_a_direction(self):
        S, D, step = spectra(), spectra(), 1e-6
        for criterion, order in (("l1l2", 2), ("entropy", 2), ("renyi", 2), ("renyi", 0.7)):
            f = lambda S: losses.pooled(S, half_block=1, criterion=criterion, order=order)
            difference = (f(S + step * D)[0] - f(S - step * D)[0]) / (2 * step)
            slope = np.sum(np.conj(f(S)[1]) * D).real
            self.assertAlmostEqual(slope, difference, 7, criterion)
            self.assertNotAlmostEqual(f(S)[0], losses.pooled(S, half_block=1, criterion="renyi", order=3)[0], 3)

    def test_clicks_count_as_concentrated_only_when_pooled(self):
        click, noise = np.zeros((9, 8), complex), np.ones((9, 8), complex)
        click[:, 4] = 1
        for criterion in ("l1l2", "entropy", "renyi"):
            J = lambda S, h: losses.pooled(S, half_block=h, criterion=criterion)[0]
            self.assertAlmostEqual(J(click, 0) * 8, J(noise, 0), 12)  # of 8 frames one is not silence
            self.assertAlmostEqual(J(noise, 7) - J(click, 7), np.log(8), 12)


class refusals(unittest.TestCase):
    def test_name_value_and_rule(self):
        a, S, t = np.ones((5, 3)), np.ones((5, 3), complex), [0.0, 1.0, 2.0]
        nan = float("nan")
        cases = [
            ("a", lambda: losses.magnitude_entropy(np.ones(5))),
            ("a", lambda: losses.magnitude_entropy(np.ones((5, 0)))),
            ("a", lambda: losses.magnitude_entropy(np.ones((2, 5, 3)))),
            ("a", lambda: losses.magnitude_entropy(-a)),
            ("a", lambda: losses.magnitude_entropy(S)),
            ("a", lambda: losses.magnitude_entropy([["x"]])),
            ("order", lambda: losses.renyi(a, 1.0)),
            ("order", lambda: losses.renyi(a, 0.0)),
            ("order", lambda: losses.renyi(a, nan)),
            ("order", lambda: losses.renyi(a, "three")),
            ("power", lambda: losses.renyi(a, 3.0, 3)),
            ("power", lambda: losses.renyi(a, 3.0, 1 << 40)),
            ("power", lambda: losses.renyi(a, 3.0, 0)),
            ("power", lambda: losses.renyi(a, 3.0, 1.5)),
            ("p", lambda: losses.lp_lq(a, 0.0, 2.0)),
            ("q", lambda: losses.lp_lq(a, 1.0, -2.0)),
            ("q", lambda: losses.lp_lq(a, 2.0, 2.0)),
            ("t", lambda: losses.kurtosis(a, t[:2])),
            ("t", lambda: losses.kurtosis(a, [t])),
            ("t", lambda: losses.kurtosis(a, t[::-1])),
            ("t", lambda: losses.kurtosis(a, [0.0, nan, 1.0])),
            ("f_true", lambda: losses.tracking_mse(a, t[:2], n_fft=8)),
            ("f_true", lambda: losses.tracking_mse(a, [0, 1, 1j], n_fft=8)),
            ("n_fft", lambda: losses.tracking_mse(a, t, n_fft=10)),
            ("n_fft", lambda: losses.tracking_mse(a, t, n_fft=0)),
            ("n_fft", lambda: losses.tracking_mse(a, t, n_fft=8.0)),
            ("fs", lambda: losses.tracking_mse(a, t, n_fft=8, fs=0.0)),
            ("theta", lambda: losses.coverage([1.0, 2.0], t, 5.0)),
            ("theta", lambda: losses.coverage(np.ones((3, 1)), t, 5.0)),
            ("theta", lambda: losses.coverage([1.0, 2.0, 0.0], t, 5.0)),
            ("t", lambda: losses.coverage([1.0], [[1.0]], 5.0)),
            ("frames", lambda: losses.coverage([], [], 5.0)),
            ("length", lambda: losses.coverage([1.0, 2.0, 1.0], t, 0.0)),
            ("form", lambda: losses.coverage([1.0, 2.0, 1.0], t, 5.0, "most")),
            ("eps", lambda: losses.total_variation(a, eps=0.0)),
            ("gamma", lambda: losses.total_variation(a, eps=1.0, gamma=-1.0)),
            ("neighbours", lambda: losses.total_variation(a, eps=1.0, neighbours="eight")),
            ("theta", lambda: losses.total_variation(t, eps=1.0)),
            ("S", lambda: losses.pooled(S[0], half_block=1)),
            ("S", lambda: losses.pooled(S, half_block=1, n_fft=10)),
            ("S", lambda: losses.pooled(S, half_block=1, n_fft=8, sides="twosided")),
            ("n_fft", lambda: losses.pooled(S, half_block=1, n_fft=0)),
            ("half_block", lambda: losses.pooled(S, half_block=-1)),
            ("half_block", lambda: losses.pooled(S, half_block=1.0)),
            ("criterion", lambda: losses.pooled(S, half_block=1, criterion="l2")),
            ("order", lambda: losses.pooled(S, half_block=1, criterion="renyi", order=1.0)),
            ("sides", lambda: losses.pooled(S, half_block=1, sides="both")),
            ("whitening", lambda: losses.pooled(S, half_block=1, whitening=np.ones(4))),
            ("whitening", lambda: losses.pooled(S, half_block=1, whitening=-np.ones(5))),
            ("width", lambda: losses.whitener(S, width=-1)),
            ("floor", lambda: losses.whitener(S, width=1, floor=0.0)),
            ("grad_a", lambda: losses.cotangent(S, a.T)),
            ("grad_a", lambda: losses.cotangent(S, S)),
        ]
        for number, (name, call) in enumerate(cases):
            with self.subTest(name=name, number=number):
                with self.assertRaisesRegex(ValueError, f"^({name}): "):
                    call()

    def test_losses_belong_to_the_package(self):
        self.assertIs(stft.losses, losses)
        self.assertIn("losses", stft.__all__)


def load_tests(loader, tests, pattern):
    tests.addTests(doctest.DocTestSuite(losses))
    return tests


if __name__ == "__main__":
    unittest.main()
