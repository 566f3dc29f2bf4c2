#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""ShortTimeFFT: its inverse, and windows that invert it, against plain sums, closed forms and the signal itself."""

import itertools
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import ShortTimeFFT, closest_STFT_dual_window

from qa_oracles import cisoids
from qa_short_time_fft import MODES, SHAPES, checked, noise, taps

try:
    import scipy.signal
except ImportError:
    scipy = None


class inverse(checked):
    def test_istft_returns_the_signal(self):
        for (m, hop, mfft), mode in itertools.product(SHAPES, MODES):
            if hop > m:
                continue
            for phase_shift, kind in itertools.product((0, None, 1 - mfft, 2 % mfft), ("float64", "complex128")):
                if kind == "complex128" and mode.startswith("onesided"):
                    continue
                x = noise(29, kind)
                SFT = ShortTimeFFT(
                    taps(m, kind), hop, 1.0, fft_mode=mode, mfft=mfft, scale_to="magnitude", phase_shift=phase_shift
                )
                with self.subTest(m=m, hop=hop, mfft=mfft, mode=mode, phase_shift=phase_shift, kind=kind):
                    y = SFT.istft(SFT.stft(x), k1=29)
                    self.assertEqual(y.dtype.kind, "f" if mode.startswith("onesided") else "c")
                    self.near(y, x, 1e-11)

    def test_axes_of_the_spectra(self):
        x = noise((3, 4, 30))
        SFT = ShortTimeFFT(taps(8), 3, 1.0)
        S = SFT.stft(x)  # (3, 4, bins, slices)
        for axis in range(3):
            y = np.moveaxis(x, -1, axis)
            self.near(SFT.istft(SFT.stft(y, axis=axis), k1=30, f_axis=axis), y, 1e-11)
        for f_axis, t_axis in itertools.permutations(range(-4, 4), 2):
            if f_axis % 4 == t_axis % 4:
                continue
            T = np.moveaxis(S, (-2, -1), (f_axis, t_axis))
            y = SFT.istft(T, k1=30, f_axis=f_axis, t_axis=t_axis)
            where = t_axis % 4 if f_axis % 4 == 3 else f_axis % 4  # samples replace bins; x has no axis 3
            self.near(y, np.moveaxis(x, -1, where), 1e-11)

    def test_any_stretch_of_samples(self):
        x = noise((2, 60))
        for padding in ("zeros", "odd"):
            SFT = ShortTimeFFT(taps(8), 3, 1.0)
            S = SFT.stft(x, padding=padding)
            S[..., 2, :] = 0
            whole = SFT.istft(S, SFT.k_min)
            self.assertEqual(whole.shape[-1], SFT.k_max(60) - SFT.k_min)
            for k0, k1 in ((0, None), (0, 60), (-5, 30), (SFT.k_min, SFT.k_min + 4), (31, 35), (50, SFT.k_max(60)), (17, 29)):
                y = SFT.istft(S, k0, k1)
                np.testing.assert_array_equal(y, whole[..., k0 - SFT.k_min : None if k1 is None else k1 - SFT.k_min])

    def test_istft_is_overlap_add_with_the_dual_window(self):
        SFT = ShortTimeFFT(taps(7), 3, 1.0, mfft=9, dual_win=noise(7), fft_mode="twosided", phase_shift=2)
        S = noise((9, SFT.p_num(20)), complex)
        wanted = np.zeros(SFT.k_max(20) - SFT.k_min, complex)
        origin = 3 + 2
        for p in range(S.shape[1]):
            for m in range(7):
                wanted[p * 3 + m] += SFT.dual_win[m] * (cisoids([origin - m], np.arange(9), 9) @ S[:, p])[0] / 9
        self.near(SFT.istft(S, SFT.k_min), wanted)

    def test_istft_does_not_write_to_the_spectra(self):
        SFT = ShortTimeFFT(taps(8), 4, 1.0, fft_mode="onesided2X", scale_to="psd")
        S = SFT.stft(noise(40))
        S.setflags(write=False)
        self.near(SFT.istft(S), SFT.istft(S.copy()), 0)

    def test_shortest_signals_come_back(self):
        for m, hop in itertools.product(range(1, 10), range(1, 10)):
            if hop > m:
                continue
            SFT = ShortTimeFFT(taps(m), hop, 1.0)
            x = noise(-(-m // 2))
            S = SFT.stft(x)
            self.near(SFT.istft(S, k1=len(x)), x, 1e-10)
            with self.assertRaisesRegex(ValueError, rf"must be >= ceil\(m_num/2\) = {len(x)}!"):
                SFT.stft(x[:-1])
            with self.assertRaisesRegex(ValueError, rf"S.shape\[t_axis\]={S.shape[1] - 1} needs to have at least"):
                SFT.istft(S[:, :-1])

    def test_every_pair_of_dual_windows(self):
        x = noise(50, complex)
        for hop in (1, 3, 5):
            w = taps(8, complex)
            dual, _ = closest_STFT_dual_window(w, hop, noise(8, complex), scaled=False)
            for a, b in ((w, dual), (dual, w)):
                SFT = ShortTimeFFT(a, hop, 1.0, fft_mode="twosided", dual_win=b, mfft=11)
                self.near(SFT.istft(SFT.stft(x), k1=50), x, 1e-10)


class duals(checked):
    def test_canonical_dual_and_back(self):
        for m, kind in itertools.product((7, 8), ("float64", "complex128")):
            for hop in range(1, m + 1):
                w = taps(m, kind)
                SFT = ShortTimeFFT(w, hop, 1.0, fft_mode="twosided")
                self.assertTrue(SFT.invertible)
                self.near(SFT.dual_win, stft.dual_window(w, hop))
                back = ShortTimeFFT.from_dual(SFT.dual_win, hop, 2.0, mfft=9, fft_mode="centered", phase_shift=1)
                self.near(back.win, w, 1e-10)
                np.testing.assert_array_equal(back.dual_win, SFT.dual_win)
                self.assertEqual((back.fs, back.mfft, back.fft_mode, back.phase_shift), (2.0, 9, "centered", 1))

    def test_barely_covered_samples_are_invertible(self):
        # least coverage 1e-12 of the largest: beyond istft()'s threshold, within SciPy's
        SFT = ShortTimeFFT(np.array([1, 1e-6]), 2, 1.0, fft_mode="twosided")
        self.assertTrue(SFT.invertible)
        x = noise(20)
        self.near(SFT.istft(SFT.stft(x), k1=20), x, 1e-9)
        self.assertFalse(ShortTimeFFT(np.array([1, 1e-8]), 2, 1.0).invertible)
        self.assertFalse(ShortTimeFFT(np.array([1, 1e-6], np.float32), 2, 1.0).invertible)

    def test_duals_have_the_type_of_the_window(self):
        for kind in ("float32", "float64", "complex64", "complex128"):
            w = np.ones(6, kind)  # without imaginary parts, whatever the type
            SFT = ShortTimeFFT(w, 2, 1.0, fft_mode="twosided")
            self.assertEqual((SFT.win.dtype, SFT.dual_win.dtype), (w.dtype, w.dtype))
            self.assertEqual(ShortTimeFFT.from_dual(w, 2, 1.0, fft_mode="twosided").win.dtype, w.dtype)
            self.assertEqual(ShortTimeFFT.from_win_equals_dual(w, 2, 1.0, fft_mode="twosided").win.dtype, w.dtype)
            dual, alpha = closest_STFT_dual_window(w, 2)
            self.assertEqual(dual.dtype, w.dtype)
            self.assertEqual(isinstance(alpha, complex), w.dtype.kind == "c")
            x = noise(40, "float32")
            y = SFT.istft(SFT.stft(x), k1=40)
            self.assertEqual(y.dtype, np.complex128)
            self.near(y, x, 1e-6)

    def test_window_that_is_its_own_dual(self):
        for kind, hop in itertools.product(("float64", "complex128"), (1, 3, 4, 8)):
            w = taps(8, kind)
            SFT = ShortTimeFFT.from_win_equals_dual(w, hop, 3.0, fft_mode="twosided")
            np.testing.assert_array_equal(SFT.win, SFT.dual_win)
            self.assertIsNone(SFT.scaling)
            self.near(stft.dual_window(SFT.win, hop), SFT.win)
            for m in range(hop):  # each residue's taps are w's, shortened to length 1
                self.near(SFT.win[m::hop], w[m::hop] / np.linalg.norm(w[m::hop]))
            for scale in ("magnitude", "psd"):
                scaled = ShortTimeFFT.from_win_equals_dual(w, hop, 3.0, fft_mode="twosided", scale_to=scale)
                factor = scaled.win[3] / SFT.win[3]
                self.near(scaled.win, SFT.win * factor)
                self.near(scaled.dual_win, SFT.win / factor)
                self.assertEqual(scaled.scaling, scale)
        SFT = ShortTimeFFT.from_win_equals_dual(taps(8), 2, 3.0, fft_mode="onesided2X", scale_to="psd", mfft=9, phase_shift=None)
        self.assertEqual((SFT.fft_mode, SFT.mfft, SFT.phase_shift), ("onesided2X", 9, None))

    def test_barely_covered_samples_have_their_own_dual(self):
        # amplitudes decide, not energies: 1e-9 of the largest is a weight, 1e-16 is none
        SFT = ShortTimeFFT.from_win_equals_dual(np.array([1, 1e-9, 1, 0]), 2, 1.0)
        self.near(SFT.win, [np.sqrt(0.5), 1, np.sqrt(0.5), 0])
        x = noise(20)
        self.near(SFT.istft(SFT.stft(x), k1=20), x, 1e-11)
        with self.assertRaisesRegex(ValueError, "does not have valid STFT dual"):
            ShortTimeFFT.from_win_equals_dual(np.array([1, 1e-16, 1, 0]), 2, 1.0)

    def test_closest_dual_is_a_dual_with_the_least_distance(self):
        for kind, hop in itertools.product(("float64", "complex128"), (2, 3, 7)):
            w, v = taps(8, kind), noise(8, kind)
            for scaled in (False, True):
                dual, alpha = closest_STFT_dual_window(w, hop, v, scaled=scaled)
                if not scaled:
                    self.assertIs(type(alpha), float)
                    self.assertEqual(alpha, 1)
                for r in range(hop):
                    self.assertAlmostEqual(np.vdot(w[r::hop], dual[r::hop]), 1)
                distance = np.linalg.norm(dual - alpha * v)
                for _ in range(20):  # other duals, other factors
                    other, _ = closest_STFT_dual_window(w, hop, dual + 0.1 * noise(8, kind), scaled=False)
                    factor = alpha + (0.1 * noise((), kind) if scaled else 0)
                    self.assertGreaterEqual(np.linalg.norm(other - factor * v), distance - 1e-12)
        # Hann at half overlap adds up to 1: constant windows are its duals
        dual, alpha = closest_STFT_dual_window(stft.sample_window("hann", 12), 6)
        self.near(dual, np.full(12, alpha))

    def test_values_of_scipys_own_test_run(self):
        # symmetric Hann, 16 samples, hop 9, as a log of SciPy's test suite shows them
        dual, alpha = closest_STFT_dual_window(stft.sample_window("hann", 16, True), 9)
        self.assertAlmostEqual(alpha, 1.2584525108338858, places=13)
        half = [1.25845251, 1.2585874, 1.30663977, 1.4472136, 1.41931416, 1.26079293, 1.10557281, 1.0110469]
        self.near(dual, half + half[::-1], 1e-8)

    @unittest.skipIf(scipy is None, "needs SciPy")
    def test_cola_and_nola_decide_as_scipys(self):
        for name, m, hop in itertools.product(("boxcar", "hann", "hamming", "blackman", "cosine"), (16, 48), (1, 4, 8, 12, 16)):
            w = stft.sample_window(name, m)
            with self.subTest(name=name, m=m, hop=hop):
                self.assertEqual(stft.check_cola(w, hop), scipy.signal.check_COLA(w, m, m - hop))
                self.assertEqual(stft.check_nola(w, hop), scipy.signal.check_NOLA(w, m, m - hop))
                self.assertEqual(stft.check_cola(1e-30 * w, hop), stft.check_cola(w, hop))
                self.assertEqual(stft.check_nola(1e-30 * w, hop), stft.check_nola(w, hop))


if __name__ == "__main__":
    unittest.main()
