#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Reassignment and synchrosqueezing: against plain sums of their formulas, the frequencies of tones and chirps, exact inverses,
bands, window lengths for each frame."""

import contextlib
import doctest
import importlib.util
import io
import itertools
import pathlib
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import squeezing
from gnuradio.stft.stft_python import kernels

from qa_oracles import cisoids, stft_sum

RNG = np.random.default_rng(7)
SIZES = [(1, 1), (2, 2), (5, 2), (7, 7), (8, 8), (13, 8), (16, 13), (40, 11), (31, 31), (64, 40)]  # n_fft, win_length
REACH = 8


def noise(length, is_complex=True):
    x = RNG.standard_normal(length)
    return x + 1j * RNG.standard_normal(length) if is_complex else x


def taps(length, is_complex=True):
    """Without any symmetry, and not small at the centre."""
    w = noise(length, is_complex)
    w[length // 2] = 2 if not is_complex else 2 - 1j
    return w


def derivative(w):
    """w'[m], m = -REACH .. len(w) - 1 + REACH, by the difference formula that is exact for odd powers up to 15."""
    j = np.arange(1, REACH + 1)
    powers = np.array([2 * (j / 4) ** (2 * q + 1) for q in range(REACH)])
    c = np.linalg.solve(powers, np.eye(REACH)[0] / 4)
    return np.convolve(w, np.concatenate([c[::-1], [0], -c]))


def plain(x, w, n_fft, starts, order=1):
    """X, frequencies in cycles per sample, distances from the centre in samples; (n_fft, frames), bins from 0 on."""
    starts, c = np.asarray(starts), len(w) // 2
    m = np.arange(len(w)) - c
    sums = lambda v, before: stft_sum(x, v, starts - before, n_fft, range(n_fft), c + before)
    X, X_t, X_tt = (sums(v, 0) for v in (w, m * w, m * m * w))
    X_d, X_td = (sums(derivative(v), REACH) for v in (w, m * w))
    with np.errstate(all="ignore"):
        a, b = X_t / X, X_d / X
        q = b if order == 1 else b + (X_td / X - a * b) / (a * a - X_tt / X) * a
    own = np.fft.ifftshift(np.arange(n_fft) - n_fft // 2)[:, None] / n_fft
    return X, own - q.imag / (2 * np.pi), a.real


def squeezed(X, frequency):
    """Two-sided."""
    n_fft = len(X)
    T = np.zeros_like(X)
    for (l, p), f in np.ndenumerate(frequency):
        T[int(np.floor(f * n_fft + 0.5)) % n_fft if np.isfinite(f) else l, p] += X[l, p]
    return T


def starts_of(x, m):
    return np.arange(len(x)) - m // 2


class reassigned(unittest.TestCase):
    def test_cells_are_plain_sums(self):
        for (n_fft, m), real in itertools.product(SIZES, (True, False)):
            x, w = noise(30, not real), taps(m, not real)
            got = stft.reassign(x, w, hop=3, n_fft=n_fft, fs=8.0, first=-4, frames=12, kind="psd", onesided_doubling=False)
            X, f, t = plain(x, w, n_fft, -4 + 3 * np.arange(12))
            rows = got.power.shape[0]
            self.assertEqual(rows, n_fft // 2 + 1 if real else n_fft)
            density = np.abs(X) ** 2 / (8.0 * np.sum(np.abs(w) ** 2))
            np.testing.assert_allclose(got.power, density[:rows], atol=1e-12 * density.max())
            if real and n_fft % 2 == 0:
                f[n_fft // 2] += 1  # one-sided: at +fs / 2
            centres = (-4 + 3 * np.arange(12) + m // 2)[None]
            strong = (np.abs(X) > 1e-2 * np.abs(X).max())[:rows]
            np.testing.assert_allclose(got.frequencies[strong], 8 * f[:rows][strong], atol=1e-9)
            np.testing.assert_allclose(got.times[strong], ((t + centres) / 8)[:rows][strong], atol=1e-9)

    def test_tone_is_where_it_is_by_every_window_by_name(self):
        parameters = {"chebwin": (60.0,), "dpss": (2.5,), "gaussian": (9.0,), "general_cosine": (0.5, 0.4, 0.1),
                      "general_gaussian": (1.5, 9.0), "general_hamming": (0.6,), "kaiser": (8.6,), "exponential": (12.0, 9.0)}
        x = np.exp(2j * np.pi * 0.1234567 * np.arange(300))
        for name in kernels.window_names():
            if name == "kaiser_bessel_derived":
                continue  # never periodic
            window = (name,) + parameters[name] if name in parameters else name
            if name == "exponential":
                window = (name, None, 9.0)
            power, f, _ = stft.reassign(x, window, hop=1, n_fft=64, first=100, frames=1)
            for k in np.flatnonzero(power[:, 0] > 1e-4 * power.max()):
                nu = 2 * np.pi * abs((k / 64 - 0.1234567 + 0.5) % 1 - 0.5)
                if nu < 2:
                    self.assertLess(abs(f[k, 0] - 0.1234567), 4.6e-6 * nu**17 / (2 * np.pi) + 1e-12, (name, k))

    def test_gridded_power_is_moved_power(self):
        for real, n_fft in itertools.product((True, False), (15, 16)):
            x = noise(100, not real)
            made = dict(hop=4, n_fft=n_fft, win_length=13, fs=2.0)
            power, f, t = stft.reassign(x, **made)
            expected = np.zeros_like(power)
            for (k, p), value in np.ndenumerate(power):
                row, frame = int(np.round(f[k, p] / 2.0 * n_fft)) % n_fft, p + int(np.round((t[k, p] * 2.0 - 4 * p) / 4))
                if abs(t[k, p] * 2.0 - 4 * p) > 6.5:
                    row, frame = k, p
                if real and row > n_fft // 2:
                    row = n_fft - row
                expected[row, min(max(frame, 0), power.shape[1] - 1)] += value
            got = stft.reassigned_spectrogram(x, **made)
            np.testing.assert_allclose(got, expected, atol=1e-12 * expected.max())
            np.testing.assert_allclose(got.sum(), stft.spectrogram(x, **made).sum(), rtol=1e-12)

    def test_single_precision_follows_double(self):
        x = np.exp(2j * np.pi * 0.17 * np.arange(200)).astype(np.complex64)
        power, f, t = stft.reassign(x, hop=10, n_fft=64)
        self.assertEqual((power.dtype, f.dtype, t.dtype), (np.float32, np.float64, np.float64))
        self.assertLess(abs(f[np.argmax(power[:, 10]), 10] - 0.17), 1e-6)

    def test_cells_whose_samples_beside_the_window_are_not_numbers_keep_their_place(self):
        x = noise(100, False)
        x[70] = np.inf
        power, f, t = stft.reassign(x, hop=1, n_fft=16, first=50, frames=12)  # windows end at samples 65 .. 76
        self.assertTrue(np.all(np.isfinite(power[:, :4])))
        np.testing.assert_allclose(f, np.repeat(stft.frequencies(16)[:, None], 12, axis=1), atol=0)
        np.testing.assert_allclose(t, np.repeat(58.0 + np.arange(12)[None], 9, axis=0), atol=0)

    def test_other_threads_and_channels_change_no_bit(self):
        x = noise(600, False).reshape(2, 3, 100)
        made = dict(hop=3, n_fft=16)
        for function in (stft.reassign, stft.reassigned_spectrogram, stft.synchrosqueeze):
            one, many = function(x, **made), function(x, workers=5, **made)
            other = function(np.moveaxis(x, 2, 0), axis=0, **made)
            single = function(x[1, 2], **made)
            fields = lambda result: result if isinstance(result, tuple) else (result,)
            for a, b, c, d in zip(*map(fields, (one, many, other, single))):
                np.testing.assert_array_equal(a, b)
                np.testing.assert_array_equal(a, c)
                np.testing.assert_array_equal(a[1, 2] if a.ndim > 2 else a, d)


class synchrosqueezed(unittest.TestCase):
    def test_rows_are_plain_sums(self):
        for (n_fft, m), order in itertools.product(SIZES, (1, 2)):
            x, w = noise(25), taps(m)
            X, f, _ = plain(x, w, n_fft, starts_of(x, m), order)
            if order == 2:  # where the second order has no finite value, the first
                f = np.where(np.isfinite(f), f, plain(x, w, n_fft, starts_of(x, m))[1])
            near_tie = np.abs((f * n_fft) % 1 - 0.5) < 1e-6
            T, frequencies = stft.synchrosqueeze(x, w, n_fft=n_fft, order=order, threshold=0, frames=25)
            good = ~np.any(near_tie | ~np.isfinite(f), axis=0)
            self.assertGreater(good.sum(), 20 if m > 1 or order == 1 else -1)
            np.testing.assert_allclose(T[:, good], squeezed(X, f)[:, good], atol=1e-11 * np.abs(X).max())
            np.testing.assert_array_equal(frequencies, stft.frequencies(n_fft, sides="twosided"))

    def test_inverse_is_exact_for_any_window(self):
        windows = ["hann", "boxcar", "hamming", ("kaiser", 14.0), "flattop", ("exponential", None, 3.0), "bartlett"]
        for (n_fft, m), real, order in itertools.product(SIZES, (True, False), (1, 2)):
            for window in windows + [taps(m, not real)]:
                x = noise(60, not real)
                w = stft.sample_window(window, m)
                if w[m // 2] == 0:
                    continue  # the periodic bartlett of one or two
                made = dict(n_fft=n_fft, win_length=m)
                T, _ = stft.synchrosqueeze(x, window, order=order, **made)
                sides = "onesided" if real else "twosided"
                y = stft.inverse_synchrosqueeze(T, window, length=60, sides=sides, **made)
                self.assertEqual(y.dtype, x.dtype)
                self.assertLess(np.max(np.abs(y - x)), 1e-13 * max(1, np.max(np.abs(w / w[m // 2]))), (window, made, order))

    def test_inverse_is_exact_at_any_placement_and_layout(self):
        for placement, sides in itertools.product(("centred", "left", "full"), ("onesided", "twosided", "centered")):
            x = noise(50, False)
            made = dict(n_fft=16, win_length=9, placement=placement, sides=sides)
            T, _ = stft.synchrosqueeze(x, **made)
            y = stft.inverse_synchrosqueeze(T, length=50, **made)
            edge = 4 if placement == "left" else 0  # samples at no frame's centre
            np.testing.assert_allclose(y[edge : 50 - edge], x[edge : 50 - edge], atol=1e-13)
            np.testing.assert_array_equal(np.concatenate([y[:edge], y[50 - edge :]]), 0)

    def test_n_fft_follows_from_the_rows(self):
        for x, sides in ((noise(40, False), None), (noise(40), "twosided")):
            for theta in (None, 12.5):
                T, _ = stft.synchrosqueeze(x, n_fft=16, theta=theta)
                y = stft.inverse_synchrosqueeze(T, theta=theta, sides=sides, length=40)
                np.testing.assert_allclose(y, x, atol=1e-13)

    def test_single_precision_comes_back_to_1e_6(self):
        for x in (noise(3000, False).astype(np.float32), noise(3000).astype(np.complex64)):
            T, _ = stft.synchrosqueeze(x, n_fft=256)
            y = stft.inverse_synchrosqueeze(T, n_fft=256, length=3000)
            self.assertEqual((T.dtype, y.dtype), (np.complex64, x.dtype))
            self.assertLess(np.max(np.abs(y - x)), 1e-6 * np.max(np.abs(x)))

    def test_tone_is_one_row_with_its_amplitude(self):
        n = np.arange(600)
        T, f = stft.synchrosqueeze(3 * np.cos(2 * np.pi * 0.2003 * n), "hann", n_fft=128, fs=1000.0)
        inner = np.abs(T[:, 100:500]) / 128
        k = np.argmin(np.abs(f - 200.3))
        np.testing.assert_array_equal(np.argmax(inner, axis=0), k)
        # half way to the image, 25 rows away, Hann's sidelobes are 1 / (pi 25^3): tone and image share some dozens of such cells
        np.testing.assert_allclose(inner[k], 3, atol=3 * 1e-3)
        self.assertLess(np.delete(inner, k, axis=0).max(), 3 * 1e-3)

    def test_second_order_holds_a_fast_chirp_in_its_row(self):
        n = np.arange(1000)
        x = np.exp(2j * np.pi * (0.05 * n + 2e-4 * n**2))  # 0.1 of the band under the window
        share = {}
        for order in (1, 2):
            T, f = stft.synchrosqueeze(x, n_fft=256, order=order)
            inner = np.abs(T[:, 200:800])
            nearest = np.round((0.05 + 4e-4 * n[200:800]) * 256).astype(int) % 256
            share[order] = np.mean(inner[nearest, np.arange(600)] / inner.sum(axis=0))
        self.assertGreater(share[2], 0.999)
        self.assertLess(share[1], 0.5)

    def test_parts_add_up_and_a_band_is_its_rows(self):
        for real in (True, False):
            x = noise(80, not real).reshape(2, 40)
            T, f = stft.synchrosqueeze(x, n_fft=15, fs=3.0)
            back = lambda band: stft.inverse_synchrosqueeze(T, n_fft=15, band=band, fs=3.0, length=40)
            mask = RNG.random(T.shape) < 0.4
            np.testing.assert_allclose(back(mask) + back(~mask), x, atol=1e-13)
            np.testing.assert_allclose(back(mask[0]), back(np.broadcast_to(mask[0], T.shape)), atol=0)
            plain_sum = np.sum(np.where(mask, T, 0), axis=-2)[:, :40] / 15  # hann is not 1 at the centre of an odd period
            plain_sum = plain_sum / stft.sample_window("hann", 15)[7]
            np.testing.assert_allclose(back(mask), plain_sum.real if real else plain_sum, atol=1e-13)
            centre = np.linspace(0.3, 1.4, T.shape[-1])  # and so over the end at 1.5
            centre[7] = np.nan
            away = np.abs(f[:, None] - centre)
            away = away if real else np.minimum(away, 3.0 - away)
            np.testing.assert_allclose(back((centre, 0.8)), back(away <= 0.4), atol=0)
            np.testing.assert_array_equal(back((centre, 0.8))[:, 7], 0)

    def test_band_round_a_ridge_is_one_component(self):
        n = np.arange(2000)
        phases = 2 * np.pi * (0.05 * n + 2e-5 * n**2), 2 * np.pi * (0.2 * n + 2e-5 * n**2)
        ridges = 0.05 + 4e-5 * n, 0.2 + 4e-5 * n
        parts = np.cos(phases[0]), 0.5 * np.cos(phases[1])
        T, _ = stft.synchrosqueeze(sum(parts), n_fft=256, order=2, frames=2000)
        for part, ridge in zip(parts, ridges):
            y = stft.inverse_synchrosqueeze(T, n_fft=256, band=(ridge, 0.04), length=2000)
            self.assertLess(np.max(np.abs(y - part)[200:-200]), 2e-3)

    def test_not_a_number_stays_in_its_frames(self):
        x = noise(200, False)
        y = x.copy()
        y[100] = np.nan
        made = dict(n_fft=32, win_length=21)
        clean, bad = (stft.synchrosqueeze(z, **made)[0] for z in (x, y))
        hit = np.abs(np.arange(clean.shape[1]) - 100) <= 10
        self.assertTrue(np.all(np.isnan(bad[:, 90:111]).any(axis=0)))
        self.assertTrue(np.all(np.isfinite(bad[:, ~hit])))
        near = np.abs(np.arange(clean.shape[1]) - 100) <= 10 + REACH
        np.testing.assert_array_equal(bad[:, ~near], clean[:, ~near])
        back = stft.inverse_synchrosqueeze(bad, length=200, **made)
        np.testing.assert_allclose(back[~hit[:200]], x[~hit[:200]], atol=1e-13)
        power = stft.reassigned_spectrogram(y, hop=1, **made)
        self.assertTrue(np.all(np.isfinite(power[:, ~hit])))


class with_a_length_for_each_frame(unittest.TestCase):
    def test_n_fft_is_the_window_by_name(self):
        x = noise(100, False)
        for order in (1, 2):
            a, _ = stft.synchrosqueeze(x, "hann", n_fft=32, order=order, theta=32.0)
            b, _ = stft.synchrosqueeze(x, "hann", n_fft=32, order=order)
            np.testing.assert_allclose(a, b, atol=1e-12)
        a, b = (stft.reassigned_spectrogram(x, "hann", hop=4, n_fft=32, **t) for t in ({"theta": 32}, {}))
        np.testing.assert_allclose(a, b, atol=1e-12)

    def test_inverse_is_exact_and_spectra_are_those_of_the_dstft(self):
        for n_fft, real, window in itertools.product((31, 32), (True, False), ("hann", "sine", ("gaussian", 0.15))):
            x = noise(90, not real)
            theta = RNG.uniform(3, n_fft, (1, 91))
            T, _ = stft.synchrosqueeze(x, window, n_fft=n_fft, theta=theta)
            y = stft.inverse_synchrosqueeze(T, window, n_fft=n_fft, theta=theta, length=90)
            np.testing.assert_allclose(y, x, atol=1e-13)
            S = stft.dstft(x, theta, np.arange(91.0), n_fft=n_fft, window=window, norm="peak")
            weights = np.ones(len(S))
            if real:
                weights[1 : (n_fft + 1) // 2] = 2
            S = S * cisoids(np.arange(len(S)), -np.arange(91), n_fft)
            total = (weights[:, None] * S).sum(axis=0)
            np.testing.assert_allclose(T.sum(axis=0).real, total.real, atol=1e-11)

    def test_frequencies_are_those_of_the_dstfts_derivative_but_for_its_aliases(self):
        n = np.arange(400)
        x = np.exp(2j * np.pi * (0.1 * n + 1e-4 * n**2))
        theta, t = np.linspace(50, 120, 9)[None], np.arange(100.0, 280.0, 20)
        S, slope = stft.dstft(x, theta, t, n_fft=128, window="hann", norm="peak", derivatives=("t",))
        expected = np.fft.fftfreq(128)[:, None] + (slope / S).imag / (2 * np.pi)
        power, f, _ = stft.reassign(x, "hann", hop=20, n_fft=128, theta=theta, first=100 - 64, frames=9)
        strong = power > 1e-2 * power.max(axis=0)
        # the sampled derivative of Hann's formula aliases: (pi / theta)^3 2 / 3 u (1 - u^2), u in rows of theta points
        error = np.abs((f - expected + 0.5) % 1 - 0.5)[strong]
        self.assertLess(error.max(), 5 * (np.pi / 50) ** 3 / (2 * np.pi))
        self.assertGreater(error.max(), 1e-8)

    def test_learned_lengths_are_taken(self):
        x = np.cos(0.9 * np.arange(2000))
        x[1000:] = 0
        x[1500] = 10
        theta = stft.adapt(x, n_fft=128, hop=8).theta
        power = stft.reassigned_spectrogram(x, hop=8, n_fft=128, theta=theta, frames=theta.shape[1])
        self.assertGreater(power[:, 60].max(), 0.95 * power[:, 60].sum())


class wrong_arguments(unittest.TestCase):
    def refused(self, message, function, *args, **kwargs):
        with self.assertRaises(ValueError) as caught:
            function(*args, **kwargs)
        self.assertEqual(str(caught.exception), message)

    def test_wrong_arguments_are_refused_with_the_rule(self):
        x, refused = noise(40, False), self.refused
        T, _ = stft.synchrosqueeze(x, n_fft=8)
        back = stft.inverse_synchrosqueeze
        refused("order: 3: must be 1 or 2", stft.synchrosqueeze, x, n_fft=8, order=3)
        refused("threshold: 1: must be 0 <= threshold < 1", stft.synchrosqueeze, x, n_fft=8, threshold=1)
        refused("kind: magnitude: must be psd or power, which add up where cells meet",
                stft.reassign, x, hop=2, n_fft=8, kind="magnitude")
        refused("hop: 2: must be 1, each spectrum gives one sample", back, T, n_fft=8, hop=2)
        refused("window: 3 taps: is 0 at its centre, value 1, which is divided by", back, T, [1, 0, 1], n_fft=8)
        refused("T: 5 bins: must have 6 for n_fft = 10, onesided", back, T, n_fft=10)
        refused("band: 0 cells: must hold one or more", back, T, n_fft=8, band=np.zeros(T.shape, bool))
        refused("band: 0 cells: must hold one or more", back, T, n_fft=8, band=(np.nan, 0.1))
        refused("band: dtype int64: must be an array of bool, or (centre, width)", back, T, n_fft=8, band=np.ones(T.shape, int))
        refused("band: shape (3, 41): must broadcast to (5, 41)", back, T, n_fft=8, band=np.ones((3, 41), bool))
        refused("band: centre: float64, shape (3,): must be a real number or (41,)", back, T, n_fft=8, band=(np.ones(3), 1))
        refused("n_fft: None: must be given with theta", stft.synchrosqueeze, x, theta=4)
        refused("win_length: 5: must be n_fft = 8 with theta", stft.synchrosqueeze, x, n_fft=8, win_length=5, theta=4)
        for wrong in (np.full((5, 1), 4.0), np.full(41, 4.0)):
            refused(f"theta: float64, shape {wrong.shape}: must be one real number, or (1, 41)",
                    stft.synchrosqueeze, x, n_fft=8, theta=wrong)
        for wrong in (0.0, 8.5, np.nan):
            refused(f"theta: {wrong} at frame 0: must be in (0, 8], and not below 1e-06",
                    stft.synchrosqueeze, x, n_fft=8, theta=wrong)
        with self.assertRaisesRegex(ValueError, "window: hamming: jumps"):
            stft.synchrosqueeze(x, "hamming", n_fft=8, theta=4)


class example(unittest.TestCase):
    def test_two_chirps_are_taken_apart(self):
        path = pathlib.Path(__file__).resolve().parents[2] / "examples" / "separate_components.py"
        spec = importlib.util.spec_from_file_location("separate_components", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(module.main(), 0)


def load_tests(_, tests, __):
    tests.addTests(doctest.DocTestSuite(squeezing))
    return tests


if __name__ == "__main__":
    unittest.main()
