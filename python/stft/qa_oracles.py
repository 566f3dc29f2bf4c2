#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The definitions that tests compare with, as plain sums; and these sums against NumPy's FFT and closed forms.

All frequencies are bins k of a DFT of n_fft points, and may lie between integers.
"""

import itertools
import unittest

import numpy as np


def cisoids(bins, samples, n_fft):
    """exp(-2j pi k n / n_fft), [k, n]; the product k n is reduced modulo n_fft first, exactly for integers."""
    return np.exp(-2j * np.pi * (np.outer(bins, samples) % n_fft / n_fft))


def under(x, start, count):
    """Samples start .. start + count - 1 of x, zeros outside."""
    n = start + np.arange(count)
    inside = (n >= 0) & (n < len(x))
    return np.where(inside, x[np.where(inside, n, 0)], 0) if len(x) else np.zeros(count)


def stft_sum(x, w, starts, n_fft, bins, r):
    """X[k, p] = sum_m x[s_p + m] conj(w[m]) exp(-2j pi k (m - r) / n_fft); "absolute" is r = -s_p."""
    X = np.zeros((len(bins), len(starts)), complex)
    for p, s in enumerate(starts):
        samples = np.arange(len(w)) + (s if r == "absolute" else -r)
        X[:, p] = cisoids(bins, samples, n_fft) @ (under(x, s, len(w)) * np.conj(w))
    return X


def hann(u):
    """The family's shape for |u| < 1 / 2."""
    return 0.5 + 0.5 * np.cos(2 * np.pi * u)


def dstft_sum(x, theta, t, n_fft, bins, g=hann):
    """S[m, n] = sum_k g((k - t[n]) / theta[m, n]) x[k] exp(-2j pi k m / n_fft), m < bins; theta is broadcast."""
    k = np.arange(len(x))
    theta = np.broadcast_to(theta, (bins, len(t)))
    S = np.zeros((bins, len(t)), complex)
    for n, centre in enumerate(t):
        u = (k - centre) / theta[:, n, None]
        w = np.where(np.abs(u) < 0.5, g(u), 0)
        S[:, n] = np.sum(w * x * cisoids(np.arange(bins), k, n_fft), axis=1)
    return S


def stft2d_sum(x, windows, starts, n_fft, offset):
    """X[kh, kw, m, n] of an image with zeros outside, kh = 0 .. n_fft / 2 of the height and all kw of the width.

    windows, n_fft and offset (of the window in the DFT) are pairs, starts a pair of lists: height, width.
    """
    bins = np.arange(n_fft[0] // 2 + 1), np.arange(n_fft[1])
    along_height, along_width = (cisoids(bins[i], np.arange(len(windows[i])) + offset[i], n_fft[i]) for i in (0, 1))
    X = np.zeros((len(bins[0]), len(bins[1]), len(starts[0]), len(starts[1])), complex)
    for (m, top), (n, left) in itertools.product(*map(enumerate, starts)):
        patch = np.array([under(row, left, len(windows[1])) for row in under_rows(x, top, len(windows[0]))])
        X[:, :, m, n] = along_height @ (np.outer(*windows) * patch) @ along_width.T
    return X


def under_rows(x, start, count):
    """Rows start .. start + count - 1 of an image, rows of zeros outside."""
    return [x[r] if 0 <= r < len(x) else np.zeros_like(x[0]) for r in range(start, start + count)]


def l1l2(q, weight=1.0):
    """2 ln sum(c sqrt(q)) - ln sum(c q): the logarithm of (sum |S|)^2 / sum |S|^2, q = |S|^2."""
    c = np.broadcast_to(weight, q.shape)
    return 2 * np.log(np.sum(c * np.sqrt(q))) - np.log(np.sum(c * q))


def entropy(q, weight=1.0):
    """Shannon's, -sum(c p ln p), in nats, of p = q / sum(c q)."""
    c = np.broadcast_to(weight, q.shape)
    p = q / np.sum(c * q)
    return -np.sum(c * p * np.log(p))


def entropy_cotangent(S):
    """dH / d Re S + j dH / d Im S of H = entropy(|S|)."""
    a = np.abs(S)
    p = a / a.sum()
    return -(np.log(p) + entropy(a)) / a.sum() * S / a


def renyi(q, order, weight=1.0):
    """ln sum(c p^order) / (1 - order) of p = q / sum(c q)."""
    c = np.broadcast_to(weight, q.shape)
    return np.log(np.sum(c * (q / np.sum(c * q)) ** order)) / (1 - order)


class the_plain_sums(unittest.TestCase):
    """NumPy's FFT gives the integer bins, a geometric series all others."""

    def setUp(self):
        self.random = np.random.default_rng(23)

    def noise(self, *shape):
        return self.random.standard_normal(shape) + 1j * self.random.standard_normal(shape)

    def test_cisoids_are_the_matrix_of_numpys_fft(self):
        for n_fft in (1, 2, 3, 8, 13, 97):
            x = self.noise(n_fft)
            k = np.arange(n_fft)
            np.testing.assert_allclose(cisoids(k, k, n_fft) @ x, np.fft.fft(x), atol=1e-12)
            np.testing.assert_allclose(cisoids(-k, k - 5 * n_fft, n_fft) @ x, n_fft * np.fft.ifft(x), atol=1e-12)

    def test_cisoids_between_bins_sum_to_a_geometric_series(self):
        for n_fft, k in itertools.product((1, 5, 16, 31), (0.37, -3.21, 7.5)):
            root = np.exp(-2j * np.pi * k / n_fft)
            series = (root**n_fft - 1) / (root - 1)
            self.assertAlmostEqual(cisoids([k], np.arange(n_fft), n_fft).sum(), series, 12)
            self.assertAlmostEqual(cisoids([k], np.arange(n_fft) + 3, n_fft).sum(), root**3 * series, 12)

    def test_cisoids_far_from_sample_0_are_exact(self):
        far = 3 + 16 * 2**40  # the products leave no digit to a double
        np.testing.assert_array_equal(cisoids(np.arange(16), [far], 16), cisoids(np.arange(16), [3], 16))

    def test_under_pads_with_zeros(self):
        x = np.array([1.0, 2.0, 3.0])
        for start, expected in ((-2, [0, 0, 1, 2]), (0, [1, 2, 3, 0]), (2, [3, 0, 0, 0]), (3, [0] * 4), (-9, [0] * 4)):
            self.assertEqual(under(x, start, 4).tolist(), expected)
        self.assertEqual(under(x[:0], 0, 4).tolist(), [0] * 4)

    def test_an_stft_is_the_fft_of_each_windowed_frame(self):
        for n_fft, m in ((1, 1), (2, 1), (5, 3), (8, 8), (13, 8), (16, 15)):
            x, w, starts = self.noise(60), self.noise(m), [0, 7, 44]
            frames = np.transpose([np.fft.fft(x[s : s + m] * np.conj(w), n_fft) for s in starts])
            k = np.arange(n_fft)
            for r in (0, m // 2, -7):
                turned = frames * np.exp(2j * np.pi * k * r / n_fft)[:, None]
                np.testing.assert_allclose(stft_sum(x, w, starts, n_fft, k, r), turned, atol=1e-12)
            # of the signal folded about period n_fft
            for p, s in enumerate(starts):
                whole = np.zeros(n_fft * (60 // n_fft + 1), complex)
                whole[s : s + m] = x[s : s + m] * np.conj(w)
                expected = np.fft.fft(whole.reshape(-1, n_fft).sum(axis=0))
                np.testing.assert_allclose(stft_sum(x, w, starts, n_fft, k, "absolute")[:, p], expected, atol=1e-12)

    def test_a_dstft_is_the_fft_of_the_signal_under_its_window(self):
        x, t = self.noise(48), [-2.25, 11.0, 30.6]
        k = np.arange(48)
        for theta in (5.0, 11.3, 16.0):
            S = dstft_sum(x, theta, t, 16, 16)
            for n, centre in enumerate(t):
                w = np.where(np.abs(k - centre) < theta / 2, np.cos(np.pi * (k - centre) / theta) ** 2, 0)
                np.testing.assert_allclose(S[:, n], np.fft.fft((w * x).reshape(3, 16).sum(axis=0)), atol=1e-12)
        each = self.random.uniform(4, 16, (9, 3))
        S = dstft_sum(x, each, t, 16, 9, lambda u: 1 - 2 * np.abs(u))
        for (m, n), theta in np.ndenumerate(each):
            w = np.maximum(0, 1 - 2 * np.abs(k - t[n]) / theta)
            self.assertAlmostEqual(S[m, n], np.fft.fft(w * x)[3 * m], 12)

    def test_a_2d_stft_is_the_2d_fft_of_each_windowed_patch(self):
        x = self.random.standard_normal((9, 12))
        wide = np.zeros((40, 40))
        wide[10:19, 10:22] = x
        for (mh, mw), n_fft, offset in (((1, 1), (1, 1), (0, 0)), ((4, 3), (4, 3), (0, 0)), ((3, 5), (7, 8), (2, 1))):
            windows = self.random.standard_normal(mh), self.random.standard_normal(mw)
            starts = [-2, 3, 8], [-1, 9]
            X = stft2d_sum(x, windows, starts, n_fft, offset)
            for (m, top), (n, left) in itertools.product(*map(enumerate, starts)):
                padded = np.zeros(n_fft)
                patch = wide[10 + top : 10 + top + mh, 10 + left : 10 + left + mw]
                padded[offset[0] : offset[0] + mh, offset[1] : offset[1] + mw] = np.outer(*windows) * patch
                np.testing.assert_allclose(X[:, :, m, n], np.fft.fft2(padded)[: n_fft[0] // 2 + 1], atol=1e-12)


class the_criteria(unittest.TestCase):
    """What is known of them for flat spectra, geometric ones and lone cells."""

    ALL = (l1l2, entropy, lambda q, c=1.0: renyi(q, 0.5, c), lambda q, c=1.0: renyi(q, 3, c))

    def test_a_flat_spectrum_has_the_logarithm_of_its_cells(self):
        for J, cells in itertools.product(self.ALL, (1, 2, 12)):
            self.assertAlmostEqual(J(np.full(cells, 0.3)), np.log(cells), 12)
            self.assertAlmostEqual(J(np.full((3, cells), 7.0), 0.5), np.log(1.5 * cells), 12)

    def test_a_geometric_spectrum_has_its_closed_form(self):
        q = 0.5 ** np.arange(100.0)  # p = q / 2, -sum p ln p = 2 ln 2
        self.assertAlmostEqual(entropy(q), 2 * np.log(2), 12)
        self.assertAlmostEqual(renyi(q, 2), np.log(3), 12)  # sum p^2 = 1 / 3
        self.assertAlmostEqual(renyi(q, 3), np.log(7) / 2, 12)  # sum p^3 = 1 / 7
        self.assertAlmostEqual(l1l2(q**2), np.log(3), 12)  # 2^2 / (4 / 3)

    def test_a_weight_counts_a_cell_that_many_times(self):
        q = np.array([1.0, 4.0, 0.3])
        for J in self.ALL:
            self.assertAlmostEqual(J(q, np.array([1, 2, 3])), J(np.repeat(q, [1, 2, 3])), 12)
            self.assertNotAlmostEqual(J(q, np.array([1, 2, 3])), J(q), 2)

    def test_renyis_entropy_tends_to_shannons_at_order_1(self):
        q = np.array([1.0, 4.0, 0.3])
        self.assertAlmostEqual(renyi(q, 1 + 1e-6), entropy(q), 5)

    def test_the_cotangent_of_the_entropy_is_its_slope(self):
        random = np.random.default_rng(5)
        S, D = (random.standard_normal((4, 3)) + 1j * random.standard_normal((4, 3)) for _ in range(2))
        slope = (entropy(np.abs(S + 1e-6 * D)) - entropy(np.abs(S - 1e-6 * D))) / 2e-6
        self.assertAlmostEqual(np.sum(np.conj(entropy_cotangent(S)) * D).real, slope, 8)


if __name__ == "__main__":
    unittest.main()
