#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The differentiable STFT on arrays: golden cases, plain sums, shapes, dtypes, inverses, refusals, doc tests."""

import doctest
import itertools
import os
import pathlib
import subprocess
import sys
import threading
import unittest

import numpy as np
from gnuradio.stft import differentiable
from gnuradio.stft.differentiable import (
    dstft,
    dstft_vjp,
    fixed_overlap_positions,
    grad_fixed_overlap,
    grad_hop,
    grad_hops,
    idstft,
)

from qa_oracles import cisoids, dstft_sum, entropy, entropy_cotangent

GOLDEN = pathlib.Path(__file__).parent / "golden" / "dstft"
DATA = pathlib.Path(os.environ.get("GR_STFT_DATA", "")) / "dstft"
RNG = np.random.default_rng(11)
ROUNDING = {"float64": 1e-13, "complex128": 1e-13, "float32": 2e-6, "complex64": 2e-6}


def case(name):
    with np.load(next(GOLDEN.glob(name + "_*.npz"))) as file:
        return dict(file)


def design(c):
    """The arguments of a golden case."""
    window = ("gaussian", float(c["sigma_ratio"])) if c["window"] == "gauss" else str(c["window"])
    return dict(n_fft=int(c["N"]), window=window, norm=str(c["norm"]), sides="onesided" if c["onesided"] else "twosided")


def deviation(actual, expected):
    return np.max(np.abs(actual - expected)) / np.max(np.abs(expected))


def signal(shape, dtype="float64"):
    x = RNG.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * RNG.standard_normal(shape)
    return x.astype(dtype)


class golden(unittest.TestCase):
    """Cases computed by the authors' package with automatic differentiation, or by an independent direct sum."""

    CASES = ("c01", "c02", "c03", "c04", "c05", "c06", "c08")

    def test_spectra_and_gradients(self):
        for name, (dtype, value, slope) in itertools.product(
            self.CASES, (("float64", 1e-10, 1e-10), ("float32", 2e-5, 2e-4))
        ):
            c = case(name)
            x = c["x"].astype(dtype)
            S = dstft(x, c["theta"], c["t"], **design(c))
            g = dstft_vjp(x, c["theta"], c["t"], c["G"], **design(c))
            with self.subTest(case=name, dtype=dtype):
                self.assertEqual((S.dtype, g.x.dtype), (np.result_type(dtype, "c8"), np.dtype(dtype)))
                self.assertEqual((g.theta.shape, g.theta.dtype), (c["theta"].shape, np.float64))
                self.assertLessEqual(deviation(S, c["S"]), value)
                self.assertLessEqual(abs(np.sum(c["G"].conj() * S).real - c["L"]), value * np.sum(np.abs(c["G"] * S)))
                self.assertLessEqual(deviation(g.x, c["grad_x"]), slope)
                self.assertLessEqual(deviation(g.theta, c["grad_theta"]), slope)
                self.assertLessEqual(deviation(g.t, c["grad_t"]), slope)

    def test_gradients_of_the_entropy(self):
        for name in self.CASES:
            c = case(name)
            S = dstft(c["x"], c["theta"], c["t"], **design(c))
            g = dstft_vjp(c["x"], c["theta"], c["t"], entropy_cotangent(S), **design(c))
            with self.subTest(case=name):
                self.assertLessEqual(abs(entropy(np.abs(S)) / c["H"] - 1), 1e-12)
                self.assertLessEqual(deviation(g.x, c["H_grad_x"]), 1e-10)
                self.assertLessEqual(deviation(g.theta, c["H_grad_theta"]), 1e-10)
                self.assertLessEqual(deviation(g.t, c["H_grad_t"]), 1e-10)

    def test_gradient_by_the_hop(self):
        c = case("c02")
        np.testing.assert_allclose(c["t"], c["hop"] * np.arange(len(c["t"])), rtol=1e-14)
        g = dstft_vjp(c["x"], c["theta"], c["t"], c["G"], **design(c))
        self.assertAlmostEqual(grad_hop(g.t) / c["grad_hop"][0], 1, delta=1e-10)
        g = dstft_vjp(c["x"], c["theta"], c["t"], entropy_cotangent(c["S"]), **design(c))
        self.assertAlmostEqual(grad_hop(g.t) / c["H_grad_hop"][0], 1, delta=1e-10)

    def test_total_gradient_at_fixed_overlap(self):
        c = case("c08")
        np.testing.assert_allclose(fixed_overlap_positions(c["theta"], c["alpha"], 300), c["t"], rtol=1e-13)
        for G, expected in ((c["G"], c["grad_theta_total"]), (entropy_cotangent(c["S"]), c["H_grad_theta_total"])):
            g = dstft_vjp(c["x"], c["theta"], c["t"], G, **design(c))
            total = grad_fixed_overlap(g.theta, g.t, float(c["alpha"]))
            self.assertEqual(total.shape, (1, 16))
            self.assertLessEqual(deviation(total[0], expected), 1e-10)

    def test_entropy_along_window_lengths(self):
        c = case("c09")
        x = c["x"].astype(np.float64)
        for i in range(0, len(c["theta_grid"]), 11):
            theta = c["theta_grid"][i]
            S = dstft(x, theta, c["t"], n_fft=1000)
            self.assertAlmostEqual(entropy(np.abs(S)), c["H"][i], places=10)
            slope = dstft_vjp(x, theta, c["t"], entropy_cotangent(S), n_fft=1000, wrt=("theta",)).theta
            self.assertLessEqual(abs(slope - c["dH_dtheta"][i]), 1e-10 * np.max(np.abs(c["dH_dtheta"])))
        S = dstft(x, c["theta_star"], c["t"], n_fft=1000)
        self.assertAlmostEqual(entropy(np.abs(S)), c["H_star"], places=8)
        self.assertLess(abs(dstft_vjp(x, c["theta_star"], c["t"], entropy_cotangent(S), n_fft=1000).theta), 1e-8)

    @unittest.skipUnless(DATA.is_dir(), "needs GR_STFT_DATA")
    def test_the_authors_package(self):
        files = sorted(DATA.glob("upstream_*.npz"))
        self.assertEqual(len(files), 5)
        for file in files:
            c = dict(np.load(file))
            n_fft = int(c["N"])
            S = dstft(c["x"], c["theta_effective"], c["t_effective"], n_fft=n_fft, norm="peak")
            alternating = (-1.0) ** np.arange(n_fft // 2 + 1)[:, None]
            with self.subTest(file=file.name):
                self.assertEqual(S.dtype, np.complex64)
                np.testing.assert_allclose(np.abs(S), c["spec"], rtol=1e-3, atol=1e-5)
                reference = c["stft_reference_phase"]
                np.testing.assert_allclose(alternating * S, reference, rtol=1e-3, atol=1e-5 * np.abs(reference).max())
        for name in self.CASES:
            c = case(name)
            if "S_reference_phase" in c:
                S = dstft(c["x"], c["theta"], c["t"], **design(c))
                turned = (-1.0) ** np.arange(S.shape[0])[:, None] * S
                self.assertLessEqual(deviation(turned, c["S_reference_phase"]), 1e-10)


class forward(unittest.TestCase):
    T = np.array([-3.4, 0.0, 7.25, 20.0, 31.9, 60.5])

    def lengths(self, n_fft, bins, frames):
        """All four sharings."""
        some = RNG.uniform(n_fft / 4, n_fft, (bins, frames))
        return (some[0, 0], some[:1], some[:, :1], some)

    def test_dstft_is_the_plain_sum(self):
        for n_fft, dtype in itertools.product((2, 9, 16), ROUNDING):
            x = signal(50, dtype)
            bins = n_fft if x.dtype.kind == "c" else n_fft // 2 + 1
            for theta in self.lengths(n_fft, bins, len(self.T)):
                S = dstft(x, theta, self.T, n_fft=n_fft, norm="peak")
                with self.subTest(n_fft=n_fft, dtype=dtype, theta=np.shape(theta)):
                    self.assertEqual((S.dtype, S.shape), (np.result_type(dtype, "c8"), (bins, 6)))
                    expected = dstft_sum(x.astype(complex), theta, self.T, n_fft, bins)
                    self.assertLessEqual(deviation(S, expected), ROUNDING[dtype])

    def test_twosided_spectra_of_real_samples(self):
        x = signal((2, 50))
        for n_fft in (9, 16):
            for theta in self.lengths(n_fft, n_fft, len(self.T)):
                S = dstft(x, theta, self.T, n_fft=n_fft, norm="peak", sides="twosided")
                expected = [dstft_sum(row, theta, self.T, n_fft, n_fft) for row in x]
                self.assertLessEqual(deviation(S, np.array(expected)), 1e-13)
                G = signal(S.shape, "complex128")
                g = dstft_vjp(x, theta, self.T, G, n_fft=n_fft, norm="peak", sides="twosided")
                self.assertEqual((g.x.dtype, g.x.shape), (np.float64, x.shape))
                self.assertAlmostEqual(np.sum(g.x * x), np.sum(G.conj() * S).real, places=10)

    def test_start_is_the_first_sample_of_the_support(self):
        # the centre lies (n_fft - 1) / 2 after it
        x = signal(50)
        for n_fft, theta in itertools.product((9, 16), (5.5, np.full((1, 6), 8.0))):
            start = dstft(x, theta, self.T, n_fft=n_fft, convention="start")
            np.testing.assert_array_equal(start, dstft(x, theta, self.T + (n_fft - 1) / 2, n_fft=n_fft))
            G = signal(start.shape, "complex128")
            a = dstft_vjp(x, theta, self.T, G, n_fft=n_fft, convention="start")
            b = dstft_vjp(x, theta, self.T + (n_fft - 1) / 2, G, n_fft=n_fft)
            for mine, other in zip(a, b):
                np.testing.assert_array_equal(mine, other)
            y = idstft(start, n_fft + 0 * theta, self.T, n_fft=n_fft, length=0, convention="start")
            self.assertEqual(y.shape, (0,))
        # Leiber, Marnissi, Barrau 2024: Hann of theta samples in the middle of 0 .. n_fft - 1
        n_fft, theta = 8, 6.5
        k = np.arange(n_fft)
        window = 0.5 + 0.5 * np.cos(2 * np.pi * (k - 3.5) / theta)
        window[np.abs(k - 3.5) >= theta / 2] = 0
        S = dstft(x, theta, [0, 11], n_fft=n_fft, norm="peak", convention="start")
        np.testing.assert_allclose(S[:, 0], np.fft.rfft(window * x[:8]), atol=1e-13)
        turned = cisoids(np.arange(5), 11 + k, n_fft) @ (window * x[11:19])
        np.testing.assert_allclose(S[:, 1], turned, atol=1e-13)

    def test_phase_from_the_centre(self):
        x = signal(50, "complex128")
        for n_fft in (9, 16):
            for theta in self.lengths(n_fft, n_fft, len(self.T)):
                absolute = dstft(x, theta, self.T, n_fft=n_fft, derivatives=("theta", "t"))
                centred = dstft(x, theta, self.T, n_fft=n_fft, derivatives=("theta", "t"), phase="centre")
                rotation = cisoids(np.arange(n_fft), -np.floor(self.T), n_fft)
                for a, c in zip(absolute, centred):
                    self.assertLessEqual(deviation(c, a * rotation), 1e-13)
        # an impulse on the centre has phase 0, in single precision too
        x = np.zeros(50, np.float32)
        x[13] = 1
        S = dstft(x, 7.7, [13.0], n_fft=16, norm="peak", phase="centre")
        self.assertEqual(S.dtype, np.complex64)
        np.testing.assert_allclose(S, np.ones((9, 1)), atol=1e-6)
        # far away as near
        y, t = signal(60), 10.25
        near = dstft(y, 12.0, [t], n_fft=16, phase="centre")
        np.testing.assert_allclose(
            dstft(np.append(np.zeros(160007), y), 12.0, [160007 + t], n_fft=16, phase="centre"), near, atol=1e-13
        )

    def test_derivatives_come_in_the_order_asked_for(self):
        x = signal(50)
        for theta in self.lengths(16, 9, len(self.T)):
            S, by_theta, by_t = dstft(x, theta, self.T, n_fft=16, derivatives=("theta", "t"))
            for order, expected in (
                (("t", "theta"), (S, by_t, by_theta)),
                (("t",), (S, by_t)),
                (["theta"], (S, by_theta)),
            ):
                got = dstft(x, theta, self.T, n_fft=16, derivatives=order)
                self.assertEqual(len(got), len(expected))
                for mine, other in zip(got, expected):
                    np.testing.assert_array_equal(mine, other)
            h = 1e-5
            slope = lambda f: (f(h) - f(-h)) / (2 * h)  # error h^2
            theta_slope = slope(lambda d: dstft(x, theta + d, self.T, n_fft=17)[:9])
            expected = dstft(x, theta, self.T, n_fft=17, derivatives=("theta",))[1]
            self.assertLessEqual(deviation(theta_slope, expected), 1e-7)
            t_slope = slope(lambda d: dstft(x, theta, self.T + d, n_fft=17))
            expected = dstft(x, theta, self.T, n_fft=17, derivatives=("t",))[1]
            self.assertLessEqual(deviation(t_slope, expected), 1e-7)

    def test_shapes_channels_and_axis(self):
        x = signal((2, 3, 50), "float32")
        for theta in self.lengths(16, 9, len(self.T)):
            S = dstft(x, theta, self.T, n_fft=16)
            self.assertEqual(S.shape, (2, 3, 9, 6))
            self.assertTrue(np.swapaxes(S, -1, -2).flags.c_contiguous)
            for i, j in itertools.product(range(2), range(3)):
                np.testing.assert_array_equal(S[i, j], dstft(x[i, j], theta, self.T, n_fft=16))
            for axis in (0, 1, -2):
                moved = np.moveaxis(x, -1, axis)
                np.testing.assert_array_equal(dstft(moved, theta, self.T, n_fft=16, axis=axis), S)
                G = signal(S.shape, "complex64")
                g = dstft_vjp(moved, theta, self.T, G, n_fft=16, axis=axis)
                plain = dstft_vjp(x, theta, self.T, G, n_fft=16)
                np.testing.assert_array_equal(np.moveaxis(g.x, axis, -1), plain.x)
                np.testing.assert_array_equal(g.theta, plain.theta)
            # gradients by theta and t add up over channels
            each = [dstft_vjp(x[i, j], theta, self.T, G[i, j], n_fft=16) for i in range(2) for j in range(3)]
            np.testing.assert_allclose(plain.theta, sum(g.theta for g in each), rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(plain.t, sum(g.t for g in each), rtol=1e-9, atol=1e-9)
            self.assertEqual(np.shape(plain.theta), np.shape(theta))
        self.assertEqual(dstft(x[..., :0], 5.0, self.T, n_fft=16).shape, (2, 3, 9, 6))
        self.assertEqual(np.max(np.abs(dstft(x[..., :0], 5.0, self.T, n_fft=16))), 0)
        self.assertEqual(dstft(x, 5.0, [], n_fft=16).shape, (2, 3, 9, 0))
        self.assertEqual(dstft(x, np.ones((9, 0)), [], n_fft=16).shape, (2, 3, 9, 0))
        self.assertEqual(dstft(x[:0], 5.0, self.T, n_fft=16).shape, (0, 3, 9, 6))
        self.assertEqual(dstft_vjp(x[..., :0], 5.0, self.T, np.zeros((2, 3, 9, 6)), n_fft=16).x.shape, (2, 3, 0))

    def test_dtypes_and_views(self):
        x = signal(100)
        expected = dstft(x, 10.0, self.T, n_fft=16)
        np.testing.assert_array_equal(dstft(list(x), [[10]], list(self.T), n_fft=np.int64(16)), expected)
        np.testing.assert_array_equal(dstft(np.repeat(x, 2)[::2], [10.0], self.T, n_fft=16), expected)
        np.testing.assert_array_equal(dstft(x.astype(">f8"), 10.0, self.T.astype(">f8"), n_fft=16), expected)
        self.assertEqual(dstft(np.arange(9), 4, [3], n_fft=8).dtype, np.complex128)
        self.assertEqual(dstft(x.astype("f2"), 4, [3], n_fft=8).dtype, np.complex64)
        theta = RNG.uniform(4, 16, (9, 6))
        whole = dstft(x, theta, self.T, n_fft=16)
        np.testing.assert_array_equal(dstft(x, np.asfortranarray(theta), self.T, n_fft=16), whole)
        np.testing.assert_array_equal(dstft(x, np.repeat(theta, 2, 0)[::2], self.T[::1], n_fft=16), whole)
        # whatever shape of theta says the same says the same, up to rounding
        np.testing.assert_allclose(dstft(x, np.full((9, 6), 10.0), self.T, n_fft=16), expected, atol=1e-13)

    def test_arguments_are_not_written_to(self):
        x, t, theta = signal(50), self.T.copy(), RNG.uniform(4, 16, (9, 6))
        G = signal((9, 6), "complex128")
        for one in (x, t, theta, G):
            one.flags.writeable = False
        S = dstft(x, theta, t, n_fft=16, derivatives=("theta", "t"), phase="centre")[0]
        dstft_vjp(x, theta, t, G, n_fft=16, convention="start")
        S.flags.writeable = False
        idstft(dstft(x, 16.0, np.arange(50.0), n_fft=16), 16.0, np.arange(50.0), n_fft=16, length=50)

    def test_spectra_at_the_ends_of_their_type_have_their_inverse(self):
        x, t, theta = signal(300, "float32"), np.arange(0, 300, 4.0), RNG.uniform(20, 64, (33, 75))
        for dtype, gains in ((np.float32, (1.7e38, 1e-30)), (np.float64, (1e308, 1e-250))):
            S = dstft(x.astype(dtype), theta, t, n_fft=64)
            expected = idstft(S, theta, t, n_fft=64, length=300)
            for gain in gains:
                gain /= max(np.abs(S.real).max(), np.abs(S.imag).max())
                y, report = idstft((S * S.dtype.type(gain)), theta, t, n_fft=64, length=300, report=True)
                self.assertEqual(y.dtype, dtype)
                self.assertGreater(report.iterations, 0)
                np.testing.assert_allclose(y / dtype(gain), expected, rtol=0, atol=(1e-4 if dtype == np.float32 else 1e-10))

    def test_gradients_are_those_that_wrt_names(self):
        x, theta = signal(50), RNG.uniform(4, 16, (9, 6))
        G = signal((9, 6), "complex128")
        every = dstft_vjp(x, theta, self.T, G, n_fft=16)
        for wanted in ((), ("x",), ("theta",), ("t",), ("t", "x")):
            g = dstft_vjp(x, theta, self.T, G, n_fft=16, wrt=wanted)
            for name in ("x", "theta", "t"):
                if name in wanted:
                    np.testing.assert_array_equal(getattr(g, name), getattr(every, name))
                else:
                    self.assertIsNone(getattr(g, name))

    def test_threads_give_the_same_bits(self):
        x = signal((2, 4000), "float32")
        t = np.arange(0, 4000, 37.3)
        for theta in (200.5, RNG.uniform(30, 256, (129, len(t)))):
            G = signal((2, 129, len(t)), "complex64")
            run = lambda: (dstft(x, theta, t, n_fft=256), *dstft_vjp(x, theta, t, G, n_fft=256))
            expected, results = run(), []
            threads = [threading.Thread(target=lambda: results.append(run())) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(len(results), 4)
            for result in results:
                for mine, other in zip(result, expected):
                    np.testing.assert_array_equal(mine, other)


class chains(unittest.TestCase):
    """Gradients by what positions follow from, against central differences of a loss."""

    def setUp(self):
        self.x = signal(120)
        self.target = signal((9, 12), "complex128")

    def loss(self, theta, t):
        S = dstft(self.x, theta, t, n_fft=16)
        return np.sum(np.abs(S - self.target[:, : len(t)]) ** 2)

    def gradients(self, theta, t):
        G = 2 * (dstft(self.x, theta, t, n_fft=16) - self.target[:, : len(t)])
        return dstft_vjp(self.x, theta, t, G, n_fft=16)

    def assert_slope(self, f, slope):
        self.assertAlmostEqual((f(1e-5) - f(-1e-5)) / 2e-5 / slope, 1, delta=1e-6)

    def test_gradient_by_hops_is_the_slope_of_the_loss(self):
        n = np.arange(12)
        g = self.gradients(13.3, 2.2 + 7.1 * n)
        self.assert_slope(lambda h: self.loss(13.3, 2.2 + (7.1 + h) * n), grad_hop(g.t))
        hops = RNG.uniform(5, 9, 12)
        g = self.gradients(13.3, np.cumsum(hops))
        for i in (0, 4, 11):
            self.assert_slope(lambda h: self.loss(13.3, np.cumsum(hops + h * (n == i))), grad_hops(g.t)[i])

    def test_gradient_at_fixed_overlap_is_the_slope_of_the_loss(self):
        alpha = 0.61
        t = lambda theta: fixed_overlap_positions(theta, alpha, 120)
        lengths = RNG.uniform(8, 15, (1, 12))
        g = self.gradients(lengths, t(lengths))
        total = grad_fixed_overlap(g.theta, g.t, alpha)
        self.assertEqual(total.shape, (1, 12))
        np.testing.assert_array_equal(grad_fixed_overlap(g.theta[0], g.t, alpha), total[0])
        for i in (0, 5, 11):
            moved = lambda h: lengths + h * (np.arange(12) == i)
            self.assert_slope(lambda h: self.loss(moved(h), t(moved(h))), total[0, i])
        theta = 16.0 - 1e-3
        g = self.gradients(theta, t(theta)[:12])
        total = grad_fixed_overlap(g.theta, g.t, alpha)
        self.assert_slope(lambda h: self.loss(theta + h, t(theta + h)[:12]), total)
        one = self.gradients(np.array([[theta]]), t(theta)[:12])
        np.testing.assert_allclose(grad_fixed_overlap(one.theta, one.t, alpha), [[total]])

    def test_fixed_overlap_keeps_frames_that_touch_a_sample(self):
        for theta, alpha, length in itertools.product((4.0, 7.3), (0.25, 0.5, 0.9), (1, 2, 30, 31)):
            t = fixed_overlap_positions(theta, alpha, length)
            np.testing.assert_allclose(t, alpha * theta * np.arange(len(t)))
            after = alpha * theta * len(t)
            self.assertGreaterEqual(after - theta / 2, length - 1)
            self.assertTrue(len(t) == 1 or t[-1] - theta / 2 < length - 1)
        self.assertEqual(len(fixed_overlap_positions(4.0, 0.5, 0)), 0)
        np.testing.assert_allclose(fixed_overlap_positions([4.0, 6.0, 8.0], 0.5, 9), [0, 2, 5])


class refusals(unittest.TestCase):
    def test_name_parameter_value_and_rule(self):
        x, S, G = np.ones(40), np.ones((5, 4), complex), np.ones((5, 4), complex)
        t = [0.0, 8.0, 16.0, 24.0]
        nan, inf = float("nan"), float("inf")
        f = lambda x=x, theta=6.0, t=t, **more: dstft(x, theta, t, **{"n_fft": 8, **more})
        v = lambda G=G, **more: dstft_vjp(x, 6.0, t, G, **{"n_fft": 8, **more})
        i = lambda S=S, theta=8.0, t=t, **more: idstft(S, theta, t, **{"n_fft": 8, "length": 20, **more})
        cell = lambda value: np.where(np.eye(5, 4), value, 6.0)
        window = "^window: .*"
        cases = [
            (r"theta: 0.0 at \(\): must be in \(0, 8\]", lambda: f(theta=0.0)),
            (r"theta: -1.0 at \(\): ", lambda: f(theta=-1.0)),
            (r"theta: 8.1 at \(\): ", lambda: f(theta=8.1)),
            (r"theta: nan at \(\): ", lambda: f(theta=nan)),
            (r"theta: inf at \(\): ", lambda: f(theta=inf)),
            (r"theta: 9.0 at \(0, 2\): ", lambda: f(theta=[[1, 2, 9, 9]])),
            (r"theta: 1e-07 at \(0, 0\): ", lambda: f(theta=cell(1e-7))),
            (r"theta: nan at \(0, 0\): ", lambda: f(theta=cell(nan))),
            (r"theta: shape \(4,\): give \(1, 4\) for frames or \(5, 1\) for bins", lambda: f(theta=[6, 6, 6, 6])),
            (r"theta: shape \(5,\): give ", lambda: f(theta=np.full(5, 6.0))),
            (r"theta: shape \(4, 5\): must broadcast to \(5, 4\)", lambda: f(theta=np.full((4, 5), 6.0))),
            (r"theta: shape \(1, 3\): must broadcast", lambda: f(theta=np.full((1, 3), 6.0))),
            (r"theta: shape \(1, 1, 2\): must broadcast", lambda: f(theta=np.full((1, 1, 2), 6.0))),
            ("theta: shape", lambda: f(theta=np.ones((0, 4)))),
            ("theta: dtype", lambda: f(theta="long")),
            ("theta: dtype", lambda: f(theta=6 + 0j)),
            ("t: nan at frame 1: must be finite", lambda: f(t=[0, nan])),
            ("t: -inf at frame 0: must be finite", lambda: f(t=[-inf])),
            (r"t: .*2\^52", lambda: f(t=[1e16])),
            (r"t: shape \(\): must be \(frames,\)", lambda: f(t=3.0)),
            (r"t: shape \(1, 2\): must be \(frames,\)", lambda: f(t=[[1, 2]])),
            ("t: dtype", lambda: f(t=["a"])),
            ("t: dtype", lambda: f(t=[1j])),
            ("x: 0 dimensions", lambda: f(x=1.0)),
            ("x: dtype", lambda: f(x=["a"])),
            ("axis: 1: ", lambda: f(axis=1)),
            ("n_fft: 1: must be at least 2", lambda: f(n_fft=1, theta=1.0)),
            ("n_fft: 0: ", lambda: f(n_fft=0)),
            ("n_fft: ", lambda: f(n_fft=8.0)),
            ("n_fft: ", lambda: f(n_fft=1 << 40)),
            ("norm: l3: must be peak, l1, l2, dcunit or contract", lambda: f(norm="l3")),
            ("sides: onesided: needs real samples", lambda: f(x=1j * x, sides="onesided")),
            ("sides: left: must be onesided or twosided", lambda: f(sides="left")),
            ("phase: start: must be absolute or centre", lambda: f(phase="start")),
            ("convention: middle: must be centre or start", lambda: f(convention="middle")),
            ("derivatives: x: must be theta, t or c", lambda: f(derivatives=("x",))),
            (window + "jumps by 1 at its edge, so it has no derivative", lambda: f(window="boxcar")),
            (window + "jumps by 0.08 at its edge", lambda: f(window="hamming")),
            (window + "at its edge", lambda: f(window="blackmanharris")),
            (window + "at its edge", lambda: f(window=("gaussian", 0.3))),
            (window + "no family with a real length", lambda: f(window="tukey")),
            (window, lambda: f(window=("kaiser", 8.6))),
            (window, lambda: f(window="hanning-ish")),
            (window, lambda: f(window=("gaussian", nan))),
            (window, lambda: f(window=("gaussian", "wide"))),
            (window, lambda: f(window=("hann", 0.1))),
            (window + "taps have no real length", lambda: f(window=np.ones(8))),
            (window, lambda: f(window=8.6)),
            (window, lambda: f(window=())),
            (r"G: shape \(4, 5\): must be that of the spectra, \(5, 4\)", lambda: v(G=G.T)),
            (r"G: shape \(5,\): ", lambda: v(G=G[:, 0])),
            ("G: ", lambda: v(G=np.full((5, 4), "a"))),
            ("wrt: G: must be x, theta, t or c", lambda: v(wrt=("G",))),
            ("alpha: 0: must be positive", lambda: grad_fixed_overlap(1.0, t, 0)),
            ("alpha: nan: ", lambda: fixed_overlap_positions(4.0, nan, 9)),
            ("theta: -4.0: must be positive and finite", lambda: fixed_overlap_positions(-4.0, 0.5, 9)),
            ("theta: inf", lambda: fixed_overlap_positions(inf, 0.5, 9)),
            ("theta: 5e-324: must give an array of at most 128 TiB", lambda: fixed_overlap_positions(5e-324, 0.9, 9)),
            ("theta: 1e-300: must give", lambda: fixed_overlap_positions(1e-300, 0.25, 9)),
            ("theta: 5e-324: alpha theta", lambda: fixed_overlap_positions(5e-324, 0.25, 9)),
            (r"theta: 1e\+308: alpha theta", lambda: fixed_overlap_positions(1e308, 9.0, 9)),
            (r"theta: \[1e\+308, 1e\+308\]: alpha theta", lambda: fixed_overlap_positions([1e308, 1e308], 0.9, 9)),
            ("length: ", lambda: fixed_overlap_positions(4.0, 0.5, -9)),
            ("length: ", lambda: fixed_overlap_positions(4.0, 0.5, 9.5)),
            (r"grad_theta: shape \(3,\): must be", lambda: grad_fixed_overlap(np.ones(3), t, 0.5)),
            (r"grad_t: shape \(1, 4\): must have one axis", lambda: grad_hop([t])),
            ("grad_t: ", lambda: grad_hops(3.0)),
            ("S: 5 bins: must have 9 for n_fft = 16", lambda: i(n_fft=16)),
            ("S: 5 bins: must have 8 for n_fft = 8, twosided", lambda: i(sides="twosided")),
            ("S: 1 dimensions", lambda: i(S=S[0])),
            ("S: dtype", lambda: i(S=S.astype(str))),
            ("S: .*finite", lambda: i(S=S * nan, theta=np.full((5, 4), 8.0), t=[0, 4, 8, 12], length=12)),
            ("t: 3 positions: must be one for each of the 4 frames", lambda: i(t=t[:3])),
            ("length: -1: must be 0 or more", lambda: i(length=-1)),
            ("length: ", lambda: i(length=2.5)),
            ("theta: ", lambda: i(theta=9.0)),
            ("theta: ", lambda: i(theta=[8, 8, 8, 8])),
            ("weights: none: must be twosided or onesided", lambda: i(weights="none")),
            ("tol: ", lambda: i(theta=cell(8.0), tol=nan)),
            ("tol: ", lambda: i(theta=cell(8.0), tol=-1.0)),
            ("tol: ", lambda: i(tol=nan)),
            ("max_iterations: ", lambda: i(max_iterations=1.5)),
            ("max_iterations: 0: must be 1 or more", lambda: i(theta=cell(8.0), max_iterations=0)),
            ("sides: both: must be onesided or twosided", lambda: i(sides="both")),
            ("convention: middle: ", lambda: i(convention="middle")),
            ("norm: l3: ", lambda: i(norm="l3")),
            (window + "jumps by 1 ", lambda: i(window="boxcar")),
        ]
        for number, (message, call) in enumerate(cases):
            with self.subTest(number=number, message=message):
                with self.assertRaisesRegex(ValueError, "^" + message.lstrip("^")):
                    call()

    def test_an_unknown_simd_level(self):
        code = "from gnuradio.stft.differentiable import dstft\ndstft([1.0], 4.0, [0.0], n_fft=4)"
        run = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "GR_STFT_SIMD": "sse9"}, stderr=subprocess.PIPE, text=True
        )
        self.assertRegex(run.stderr, r"ValueError: GR_STFT_SIMD: sse9: this processor has generic")


def load_tests(loader, tests, pattern):
    tests.addTests(doctest.DocTestSuite(differentiable))
    return tests


if __name__ == "__main__":
    unittest.main()
