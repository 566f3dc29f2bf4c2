#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Derivatives of an STFT's phase, synchrosqueezing on a grid of one's own, and powers of the window in the inverse."""

import unittest
from fractions import Fraction

import numpy as np
from gnuradio import stft


def signal(length=400, seed=1, complex_=True):
    draw = np.random.default_rng(seed)
    x = draw.standard_normal(length) + (1j * draw.standard_normal(length) if complex_ else 0)
    n = np.arange(length)
    chirp = np.exp(2j * np.pi * (0.1 * n + 2e-4 * n**2))
    return 0.3 * x + (chirp if complex_ else chirp.real)


class phase_derivatives(unittest.TestCase):
    def test_they_are_the_differences_of_the_phase(self):
        """d log X by central differences of eighth order: over time from frames at every sample, whose phase counts from sample 0, so that they
        turn slowly; over frequency from 64 times as many bins."""

        def slope(X, axis):
            weights = (1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280)
            count = X.shape[axis] - 8
            parts = (w * np.take(X, range(i, i + count), axis) for i, w in enumerate(weights))
            return sum(parts) / np.take(X, range(4, 4 + count), axis)

        for complex_ in True, False:
            x = signal(complex_=complex_)
            for window, length in (("hann", 48), ("blackman", 41)):
                n_fft, fine, fs = 64, 64 * 64, 8000.0
                given = dict(window=window, win_length=length, hop=1, first=100, frames=60)
                found = stft.phase_derivatives(x, n_fft=n_fft, fs=fs, **given)
                self.assertEqual(found.frequency.dtype, np.float64)
                X = stft.stft(x, n_fft=n_fft, phase="absolute", **{**given, "first": 96, "frames": 68})
                own = np.fft.fftfreq(n_fft)[:, None] if complex_ else np.arange(n_fft // 2 + 1)[:, None] / n_fft
                strong = np.abs(X[:, 4:-4]) > 0.2 * np.abs(X).max()
                self.assertGreater(strong.sum(), 100)
                away = (own + slope(X, 1).imag / (2 * np.pi) - found.frequency / fs)[strong]
                self.assertLess(np.max(np.abs(away)), 5e-5)
                Y = stft.stft(x, n_fft=fine, **given)
                for k in range(1, n_fft // 2):
                    near = slope(Y[64 * k - 4 : 64 * k + 5], 0)[0].imag * fine / (2 * np.pi)
                    away = (-near - found.delay[k])[strong[k]]
                    self.assertLess(np.max(np.abs(away), initial=0), 1e-8)

    def test_they_are_what_reassign_has(self):
        x = signal(complex_=False)
        given = dict(hop=16, n_fft=64, fs=2.0)
        f, t = stft.phase_derivatives(x, **given)
        _, frequencies, times = stft.reassign(x, threshold=0.0, **given)
        np.testing.assert_allclose(f, frequencies, rtol=1e-9, atol=1e-9)  # its window is scaled
        centres = stft.times(f.shape[1], hop=16, win_length=64, fs=2.0)
        np.testing.assert_allclose(t / 2.0 + centres, times, rtol=0, atol=1e-9)

    def test_a_chirp_has_its_frequency_at_its_time(self):
        n = np.arange(600)
        x = np.exp(2j * np.pi * (0.05 * n + 1e-4 * n**2))
        f, t = stft.phase_derivatives(x, n_fft=128, hop=50, first=100, frames=6)
        X = np.abs(stft.stft(x, n_fft=128, hop=50, first=100, frames=6))
        at = 100 + 64 + 50 * np.arange(6) + t
        strong = X > 0.1 * X.max()
        np.testing.assert_allclose((f - (0.05 + 2e-4 * at))[strong], 0, atol=1e-12)

    def test_radians_by_the_sampling_rate(self):
        x = np.exp(0.7j * np.arange(200))
        f = stft.phase_derivatives(x, n_fft=32, hop=32, fs=2 * np.pi).frequency
        np.testing.assert_allclose(f[3:5, 2:5], 0.7, atol=1e-12)

    def test_silence_and_what_is_not_finite_are_nan(self):
        x = signal(1000, complex_=False)
        x[300:600] = 0
        x[800] = np.nan
        f, t = stft.phase_derivatives(x, n_fft=32, hop=16, placement="left")
        starts = 16 * np.arange(f.shape[1])
        silent = (starts >= 310) & (starts + 32 <= 590)
        spoilt = (starts <= 800) & (starts + 32 > 800)
        clean = ((starts + 32 + 8 <= 300) | (starts - 8 >= 600)) & ((starts + 32 + 8 <= 800) | (starts - 8 > 800)) & (starts + 32 < 992)
        for field in f, t:
            self.assertTrue(np.isnan(field[:, silent | spoilt]).all())
            self.assertTrue(np.isfinite(field[:, clean]).all())

    def test_weak_cells_are_nan_where_asked_for(self):
        x = np.exp(0.7j * np.arange(200))
        given = dict(n_fft=64, hop=64, first=0, frames=3)
        f, t = stft.phase_derivatives(x, threshold=0.1, **given)
        X = np.abs(stft.stft(x, **given))
        np.testing.assert_array_equal(np.isnan(f), X <= 0.1 * X.max(axis=0))
        np.testing.assert_array_equal(np.isnan(f), np.isnan(t))

    def test_channels_workers_and_a_length_for_each_frame(self):
        x = np.stack([signal(300, s) for s in range(4)]).reshape(2, 2, 300)
        one = stft.phase_derivatives(x, n_fft=32, hop=10)
        many = stft.phase_derivatives(x, n_fft=32, hop=10, workers=3)
        each = stft.phase_derivatives(x[1, 0], n_fft=32, hop=10)
        for a, b, c in zip(one, many, each):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a[1, 0], c)
        theta = np.linspace(10, 30, each.delay.shape[1])[None]
        varying = stft.phase_derivatives(x[1, 0], n_fft=32, hop=10, theta=theta, threshold=1e-10)
        reassigned = stft.reassign(x[1, 0], n_fft=32, hop=10, theta=theta, threshold=1e-10)
        there = ~np.isnan(varying.frequency)
        np.testing.assert_allclose(varying.frequency[there], reassigned.frequencies[there], atol=1e-9)

    def test_what_is_wrong_is_refused(self):
        for given, text in ((dict(threshold=1), "threshold: 1"), (dict(hop=0), "hop: 0"), (dict(n_fft=0), "n_fft: 0")):
            with self.assertRaisesRegex(ValueError, f"^{text}"):
                stft.phase_derivatives(np.ones(50), **{**dict(n_fft=16), **given})


class grids(unittest.TestCase):
    def test_a_value_goes_to_the_nearest_frequency(self):
        """From the cells of reassign(), one by one."""
        for complex_ in False, True:
            x = signal(200, complex_=complex_)
            grid = np.array([-0.31, -0.1, 0.02, 0.1, 0.33]) if complex_ else np.geomspace(0.02, 0.45, 7)
            fs = 1000.0
            given = dict(n_fft=32, hop=1, first=80, frames=20, fs=fs)
            T, hertz = stft.synchrosqueeze(x, grid=grid * fs, **given)
            np.testing.assert_array_equal(hertz, grid * fs)
            X = stft.stft(x, **{k: v for k, v in given.items() if k != "fs"})
            f = stft.reassign(x, **given).frequencies / fs
            wanted = np.zeros((len(grid), 20), complex)
            for (k, p), value in np.ndenumerate(X):
                away = (f[k, p] - grid + 0.5) % 1 - 0.5
                if not complex_:
                    folded = (f[k, p] + 0.5) % 1 - 0.5
                    away = abs(folded) - grid
                    value = (1 if k in (0, 16) else 2) * (value.conj() if folded < 0 else value)
                wanted[np.argmin(abs(away)), p] += value
            np.testing.assert_allclose(T, wanted, atol=1e-12)

    def test_the_grid_of_the_bins_changes_no_bit(self):
        for dtype in np.float32, np.float64, np.complex64, np.complex128:
            x = signal(300, complex_=np.dtype(dtype).kind == "c").astype(dtype)
            given = dict(n_fft=33, fs=3.0, sides="centered" if np.dtype(dtype).kind == "c" else None)
            T, f = stft.synchrosqueeze(x, **given)
            again, same = stft.synchrosqueeze(x, grid=f, **given)
            np.testing.assert_array_equal(T, again)
            np.testing.assert_array_equal(f, same)

    def test_columns_of_any_grid_give_the_signal_back(self):
        for complex_ in False, True:
            x = signal(300, complex_=complex_)
            for grid in ([20.0, 100.0, 150.0, 400.0], [0.0], np.linspace(0, 500, 100)[:-1], np.geomspace(1, 499, 40)):
                for order in 1, 2:
                    given = dict(n_fft=64, win_length=48, fs=1000.0, grid=grid)
                    T, _ = stft.synchrosqueeze(np.stack([x, 2 * x]), order=order, **given)
                    self.assertEqual(T.shape, (2, len(grid), 301))
                    sides = "twosided" if complex_ else None
                    y = stft.inverse_synchrosqueeze(T, length=300, sides=sides, **given)
                    np.testing.assert_allclose(y, [x, 2 * x], atol=1e-12)

    def test_a_band_of_the_grid_is_a_component(self):
        n = np.arange(1000)
        low, high = np.cos(2 * np.pi * 0.05 * n), np.cos(2 * np.pi * 0.31 * n)
        grid = np.geomspace(0.01, 0.45, 50)
        T, _ = stft.synchrosqueeze(low + high, n_fft=128, grid=grid)
        given = dict(n_fft=128, grid=grid, length=1000)
        one = stft.inverse_synchrosqueeze(T, band=(0.05, 0.06), **given)
        rest = stft.inverse_synchrosqueeze(T, band=((grid > 0.08) | (grid < 0.02))[:, None], **given)
        self.assertLess(np.max(np.abs(one - low)[100:900]), 0.01)
        np.testing.assert_allclose(one + rest, low + high, atol=1e-12)

    def test_out_and_the_sides_that_follow_from_a_grid(self):
        x = signal(100, complex_=True)
        T, _ = stft.synchrosqueeze(x, n_fft=16, grid=[-0.2, 0.0, 0.2], out=np.empty((101, 3), complex).T)
        np.testing.assert_array_equal(T, stft.synchrosqueeze(x, n_fft=16, grid=[-0.2, 0.0, 0.2]).T)
        y = stft.inverse_synchrosqueeze(T, n_fft=16, grid=[-0.2, 0.0, 0.2], length=100)
        np.testing.assert_allclose(y, x, atol=1e-12)

    def test_any_number_is_a_sampling_rate(self):
        x = signal(100)
        for fs in 10**30, Fraction(1, 2):
            given = dict(hop=20, n_fft=16)
            f = stft.phase_derivatives(x, fs=fs, **given).frequency
            np.testing.assert_allclose(f, float(fs) * stft.phase_derivatives(x, **given).frequency, rtol=1e-12)
            moved, of_samples = stft.reassign(x, fs=fs, **given), stft.reassign(x, **given)
            np.testing.assert_allclose(moved.frequencies, float(fs) * of_samples.frequencies, rtol=1e-12)
            np.testing.assert_allclose(moved.times * float(fs), of_samples.times, rtol=1e-12)

    def test_what_is_wrong_is_refused_by_name(self):
        x = np.ones(50)
        for grid, text in (
            ([], "grid: "),
            ([[0.1]], "grid: "),
            ([0.1j], "grid: complex"),
            ([0.2, 0.1], "grid: 0.1 of the sampling rate: must rise"),
            ([-0.1], "grid: -0.1 of the sampling rate: must be 0 .. 1/2 of it"),
            ([np.nan], "grid: nan"),
        ):
            with self.assertRaisesRegex(ValueError, f"^{text}"):
                stft.synchrosqueeze(x, n_fft=16, grid=grid)
        with self.assertRaisesRegex(ValueError, "^grid: 0.75 of the sampling rate: must be"):
            stft.synchrosqueeze(x, n_fft=16, grid=[6000.0], fs=8000.0)
        with self.assertRaisesRegex(ValueError, "^grid: 0.5 of the sampling rate: must be less than 1 of it above the first one"):
            stft.synchrosqueeze(1j * x, n_fft=16, grid=[-0.5, 0.5])
        T = np.zeros((3, 20), complex)
        with self.assertRaisesRegex(ValueError, "^n_fft: None: must be given with grid"):
            stft.inverse_synchrosqueeze(T, grid=[0.1, 0.2, 0.3])
        with self.assertRaisesRegex(ValueError, "^grid: 2 frequencies: must be as many as T has rows, 3"):
            stft.inverse_synchrosqueeze(T, n_fft=16, grid=[0.1, 0.2])


class win_exp(unittest.TestCase):
    def test_it_is_the_formula_of_ssqueezepy(self):
        """x[n] = sum_t y_t[n] w^a[n - tH] / sum_t w^(a + 1)[n - tH], of frames that were changed."""
        draw = np.random.default_rng(1)
        window = stft.sample_window("hamming", 32)
        S = stft.stft(draw.standard_normal(200), window, hop=8)
        S = S * draw.random(S.shape)
        frames = stft.convert_phase(S, "centre", "start", hop=8, win_length=32, n_fft=32, first=-16)
        for a in 0, 1, 2:
            total, weights = np.zeros(264), np.zeros(264)
            for p, spectrum in enumerate(frames.T):
                total[8 * p : 8 * p + 32] += np.fft.irfft(spectrum, 32) * window**a
                weights[8 * p : 8 * p + 32] += window ** (a + 1)
            y = stft.istft(S, window, hop=8, win_exp=a, length=200)
            np.testing.assert_allclose(y, (total / np.maximum(weights, 1e-300))[16:216], atol=1e-13)

    def test_sums_of_powers_that_are_negative_divide_too(self):
        random = np.random.default_rng(5)
        for a in (0, 2):
            lost = 0
            for taps in (5, 8, 13):
                x = random.standard_normal(60)
                window = random.uniform(0.2, 1, taps) * random.choice([-1, 1], taps)  # which may also add up to no more than 0.2
                back = stft.istft(stft.stft(x, window, hop=1, n_fft=16, placement="full"), window, hop=1, n_fft=16, placement="full",
                                  win_exp=a, length=60)  # fmt: skip
                lost += np.count_nonzero(abs(back - x) > 1e-9)
                ends = stft.istft(stft.stft(x, window, hop=1, n_fft=16), window, hop=1, n_fft=16, win_exp=a, length=60)
                lost += np.count_nonzero(abs(ends - x) > 1e-9)
            self.assertEqual(lost, 0)

    def test_an_unmodified_stft_comes_back(self):
        for dtype, limit in ((np.float32, 2e-6), (np.complex128, 1e-13)):
            x = signal(333, complex_=np.dtype(dtype).kind == "c").astype(dtype)
            for a in 0, 0.5, 3:
                y = stft.istft(stft.stft(x, hop=10, n_fft=40), hop=10, n_fft=40, win_exp=a, length=333)
                np.testing.assert_allclose(y, x, atol=limit)

    def test_what_is_wrong_is_refused_by_name(self):
        S = stft.stft(np.ones(100), hop=8, n_fft=32)
        for given, text in (
            (dict(win_exp=-1), "win_exp: -1: must be 0 .. 16"),
            (dict(win_exp=np.nan), "win_exp: nan"),
            (dict(win_exp="x"), "win_exp: x"),
            (dict(win_exp=2, synthesis=np.ones(32)), "win_exp: 2: must be 1 if synthesis is given"),
            (dict(win_exp=2, window=np.ones(32) * 1j, sides="twosided"), "win_exp: 2"),
        ):
            spectra = np.zeros((32, 13), complex) if "sides" in given else S
            with self.assertRaisesRegex(ValueError, f"^{text}"):
                stft.istft(spectra, **{**dict(hop=8, n_fft=32), **given})


if __name__ == "__main__":
    unittest.main()
