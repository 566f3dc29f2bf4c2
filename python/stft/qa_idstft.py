#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The inverse of the differentiable STFT on arrays."""

import itertools
import unittest

import numpy as np
from gnuradio.stft.differentiable import dstft, dstft_vjp, idstft

from qa_differentiable import ROUNDING, deviation, signal

RNG = np.random.default_rng(12)


class inverse(unittest.TestCase):
    T = np.cumsum(np.r_[-1.7, RNG.uniform(2, 5, 30)])
    LENGTH = 90

    def sharings(self, bins):
        some = RNG.uniform(11, 16, (bins, len(self.T)))
        return (15.5, some[:1], some[:, :1], some)

    def test_idstft_returns_the_signal(self):
        for dtype, window, norm in itertools.product(ROUNDING, ("hann", "gaussian"), ("l2", "dcunit")):
            x = signal((2, self.LENGTH), dtype)
            bins = 16 if x.dtype.kind == "c" else 9
            for number, theta in enumerate(self.sharings(bins)):
                one = dict(n_fft=16, window=window, norm=norm)
                S = dstft(x, theta, self.T, **one)
                y, report = idstft(S, theta, self.T, length=self.LENGTH, report=True, **one)
                with self.subTest(dtype=dtype, window=window, norm=norm, theta=np.shape(theta)):
                    self.assertEqual((y.dtype, y.shape), (x.dtype, x.shape))
                    single = dtype in ("float32", "complex64")
                    if number < 2:
                        self.assertLessEqual(deviation(y, x), 3e-6 if single else 1e-14)
                        self.assertEqual(report, (0, 0.0))
                    else:
                        self.assertLessEqual(deviation(y, x), 1e-4 if single else 1e-10)
                        self.assertGreaterEqual(report.iterations, 1)
                        self.assertLessEqual(report.residual, 1e-7 if single else 1e-12)
                np.testing.assert_array_equal(idstft(S[1], theta, self.T, length=self.LENGTH, **one), y[1])

    def test_order_of_the_frames_does_not_matter(self):
        x = signal(self.LENGTH)
        mixed = RNG.permutation(len(self.T))
        for theta in self.sharings(9):
            S = dstft(x, theta, self.T, n_fft=16)
            expected = idstft(S, theta, self.T, n_fft=16, length=self.LENGTH)
            moved = theta[:, mixed] if np.ndim(theta) and theta.shape[1] > 1 else theta
            y = idstft(S[:, mixed], moved, self.T[mixed], n_fft=16, length=self.LENGTH)
            np.testing.assert_allclose(y, expected, atol=1e-9)

    def test_inverse_of_modified_spectra_has_the_least_weighted_error(self):
        """Modified spectra: the error that is least is the weighted one; at its minimum its gradient vanishes."""
        for theta, weights in itertools.product(self.sharings(9), ("twosided", "onesided")):
            S = signal((9, len(self.T)), "complex128")
            given = dict(n_fft=16, length=self.LENGTH, weights=weights, report=True)
            if np.ndim(theta) == 0 or theta.shape[0] == 1:
                given["tol"] = None if weights == "twosided" else 1e-13
            y, report = idstft(S, theta, self.T, **given)
            self.assertEqual(report.iterations == 0, weights == "twosided" and np.shape(theta) in ((), (1, 31)))
            c = np.where(np.isin(np.arange(9), (0, 8)), 1, 2)[:, None] if weights == "twosided" else 1
            slope = lambda x: dstft_vjp(
                x, theta, self.T, c * (dstft(x, theta, self.T, n_fft=16) - S), n_fft=16, wrt=("x",)
            ).x
            self.assertLess(np.linalg.norm(slope(y)), 1e-10 * np.linalg.norm(slope(0 * y)))

    def test_iterations_end_at_their_limit_or_tolerance(self):
        x = signal(self.LENGTH)
        theta = self.sharings(9)[3]
        S = dstft(x, theta, self.T, n_fft=16)
        run = lambda **more: idstft(S, theta, self.T, n_fft=16, length=self.LENGTH, report=True, **more)[1]
        self.assertEqual(run(max_iterations=2).iterations, 2)
        coarse = run(tol=1e-3)
        self.assertLessEqual(coarse.residual, 1e-3)
        self.assertLess(coarse.iterations, run().iterations)

    def test_gaps_are_refused(self):
        x = signal(40)
        t = np.array([0.0, 6.0, 30.0, 36.0, 42.0])
        for theta, message in (
            (16.0, r"^t: 9 samples of 40: are under no window, so they have no inverse"),
            (np.full((9, 5), 16.0), r"^t: sample 14: is under no window, so it has no inverse"),
        ):
            S = dstft(x, theta, t, n_fft=16)
            with self.assertRaisesRegex(ValueError, message):
                idstft(S, theta, t, n_fft=16, length=40)
            with self.assertRaisesRegex(ValueError, message):
                idstft(np.stack([S, S, S]), theta, t, n_fft=16, length=40)

    def test_frames_far_from_the_signal_cost_nothing(self):
        x = signal(40)
        t = np.r_[-1e15, np.arange(0.0, 42, 4), 1e9, 1e15]
        for theta in (16.0, np.full((9, len(t)), 16.0)):
            S = dstft(x, theta, t, n_fft=16)
            np.testing.assert_allclose(idstft(S, theta, t, n_fft=16, length=40), x, atol=1e-9)

    def test_inverse_of_no_frames_or_samples_is_empty(self):
        self.assertEqual(idstft(np.ones((9, 3)), 16.0, [0, 1, 2], n_fft=16, length=0).shape, (0,))
        self.assertEqual(idstft(np.ones((2, 9, 0)), 16.0, [], n_fft=16, length=0).shape, (2, 0))
        self.assertEqual(idstft(np.ones((0, 9, 3)), 16.0, [0, 1, 2], n_fft=16, length=5).shape, (0, 5))
        with self.assertRaisesRegex(ValueError, "^t: "):
            idstft(np.ones((9, 0)), 16.0, [], n_fft=16, length=1)

    def test_inverse_takes_spectra_of_either_sides(self):
        for n_fft in (2, 3, 15, 16):
            x = signal(self.LENGTH)
            t = np.arange(-1, self.LENGTH + 1, max(0.4, n_fft / 5))
            S = dstft(x, n_fft, t, n_fft=n_fft, sides="twosided")
            y = idstft(S, n_fft, t, n_fft=n_fft, length=self.LENGTH, sides="twosided")
            self.assertEqual(y.dtype, np.complex128)
            np.testing.assert_allclose(y, x, atol=1e-13)
            if n_fft > 2:  # two bins of two are one side as well
                np.testing.assert_array_equal(idstft(S, n_fft, t, n_fft=n_fft, length=self.LENGTH), y)


if __name__ == "__main__":
    unittest.main()
