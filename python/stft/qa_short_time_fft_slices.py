#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""ShortTimeFFT: the numbers of slices, of samples and of borders, by counting."""

import itertools
import unittest

import numpy as np
from gnuradio.stft import ShortTimeFFT

from qa_oracles import cisoids
from qa_short_time_fft import MODES, SHAPES, checked, noise, taps


def reaches(SFT, p, k0, k1):
    """Whether slice p has a sample with a weight among k0 .. k1 - 1."""
    k = p * SFT.hop - SFT.m_num // 2 + np.flatnonzero(SFT.win)
    return bool(np.any((k >= k0) & (k < k1)))


class single_slices(checked):
    def test_forward_is_the_plain_dft(self):
        for (m, _, mfft), mode, shift in itertools.product(SHAPES, MODES, (None, 0, 1)):
            if shift is not None:
                shift = min(shift, mfft - 1)
            SFT = ShortTimeFFT(taps(m), 2, 1.0, fft_mode=mode, mfft=mfft, scale_to="magnitude", phase_shift=shift)
            x = noise((2, m))
            origin = 0 if shift is None else (m // 2 + shift) % m
            q = np.rint(SFT.f * mfft)
            wanted = x @ cisoids(q, np.arange(m) - origin, mfft).T
            if mode == "onesided2X":
                wanted[:, (q > 0) & (2 * q != mfft)] *= 2
            with self.subTest(m=m, mfft=mfft, mode=mode, shift=shift):
                self.near(SFT._fft_func(x), wanted)
                self.near(SFT._fft_func(x[0]), wanted[0])
                back = SFT._ifft_func(wanted)
                self.assertEqual(back.dtype.kind, "f" if SFT.onesided_fft else "c")
                self.near(back, x)

    def test_states_that_no_setter_lets_in(self):
        for act in (lambda s: s.f, lambda s: s._fft_func(np.ones(8)), lambda s: s._ifft_func(np.ones(8))):
            SFT = ShortTimeFFT(np.ones(8), 4, 1.0)
            SFT._fft_mode = "half"
            with self.assertRaisesRegex(RuntimeError, "self.fft_mode='half' not in"):
                act(SFT)
        for act in (lambda s: s.k_min, lambda s: s.k_max(8), lambda s: s.upper_border_begin(8), lambda s: s._post_padding(8)):
            SFT = ShortTimeFFT(np.ones(8), 4, 1.0)
            SFT._hop = -1
            with self.assertRaisesRegex(RuntimeError, "hop=-1 is not an integer >= 1!"):
                act(SFT)


class slices(checked):
    def windows(self):
        for m, hop in itertools.product((1, 2, 5, 6, 8), (1, 2, 3, 4, 7, 8, 11)):
            yield ShortTimeFFT(taps(m), hop, 1.0)

    def test_slices_are_those_that_reach_the_signal(self):
        for SFT in self.windows():
            least = -(-SFT.m_num // 2)
            for n in (least, least + 1, 13, 16):
                if n < least:
                    continue
                with self.subTest(m=SFT.m_num, hop=SFT.hop, n=n):
                    inside = [p for p in range(-20, 40) if reaches(SFT, p, 0, n)]
                    self.assertEqual(SFT.p_min, min(0, min(inside, default=0)))
                    # the slice centred at the signal's end counts, though with hop > m_num none may reach it
                    self.assertEqual(SFT.p_max(n), max(max(inside, default=0) + 1, n // SFT.hop + 1))
                    self.assertEqual(SFT.p_num(n), SFT.p_max(n) - SFT.p_min)
                    self.assertEqual(SFT.k_min, SFT.p_min * SFT.hop - SFT.m_num // 2)
                    self.assertEqual(SFT.k_max(n), (SFT.p_max(n) - 1) * SFT.hop - SFT.m_num // 2 + SFT.m_num)
                    self.assertEqual(SFT.p_range(n), (SFT.p_min, SFT.p_max(n)))

    def test_borders_are_where_the_window_sticks_out(self):
        for SFT in self.windows():
            if SFT.m_num < 2:
                continue
            out = [p for p in range(-20, 20) if reaches(SFT, p, -99, 0) and reaches(SFT, p, -SFT.hop, 99)]
            k, p = SFT.lower_border_end
            self.assertEqual((k, p), (max(out) * SFT.hop - SFT.m_num // 2 + SFT.m_num, max(out) + 1))
            for n in (SFT.m_num, SFT.m_num + 3, 30):
                whole = [p for p in range(-20, 40) if not reaches(SFT, p, n, 999) and p <= n // SFT.hop + 1]
                self.assertEqual(
                    SFT.upper_border_begin(n), ((max(whole) + 1) * SFT.hop - SFT.m_num // 2, max(whole) + 1)
                )

    def test_zeros_of_the_window(self):
        late = np.array([0, 0, 0, 0, 0, 0, 0, 1.0])
        SFT = ShortTimeFFT(late, 1, 1.0)
        self.assertEqual((SFT.p_min, SFT.k_min, SFT.lower_border_end), (-3, -7, (0, 0)))
        self.assertEqual(SFT.p_max(10), 11)  # up to the slice that is centred at the signal's end, whatever its weights
        early = ShortTimeFFT(late[::-1], 20, 1.0)
        self.assertEqual((early.p_min, early.upper_border_begin(4)), (0, (16, 1)))
        dense = ShortTimeFFT(late[::-1], 1, 1.0)
        self.assertEqual((dense.p_min, dense.upper_border_begin(10)), (0, (8, 12)))
        self.assertEqual(ShortTimeFFT(late[::-1], 2, 1.0).upper_border_begin(9), (8, 6))
        # slice 0 does not stick out, but SciPy's count of slices that do begins with it
        self.assertEqual(ShortTimeFFT(np.array([0, 0, 1.0, 1.0]), 3, 1.0).lower_border_end, (4, 1))
        # the symmetric Hann window ends in a zero that SciPy counts
        self.assertEqual(ShortTimeFFT.from_window("hann", 1.0, 9, 5, symmetric_win=True).p_min, -1)
        # and the periodic one begins with one that it does not: slice 4 begins at the last sample
        self.assertEqual(ShortTimeFFT.from_window("hann", 1.0, 8, 4).p_max(13), 4)

    def test_slices_of_the_tutorial_have_its_indices(self):
        SFT = ShortTimeFFT(np.ones(6), 2, 1.0)
        self.assertEqual((SFT.k_min, SFT.p_min, SFT.lower_border_end), (-5, -1, (5, 2)))
        self.assertEqual((SFT.k_max(50), SFT.p_max(50), SFT.upper_border_begin(50)), (55, 27, (45, 24)))

    def test_nearest_k_p_is_the_last_start_before_a_sample(self):
        SFT = ShortTimeFFT(np.ones(6), 4, 1.0)
        for k in range(-9, 10):
            self.assertEqual(SFT.nearest_k_p(k), max(p * 4 for p in range(-9, 9) if p * 4 <= k))
            self.assertEqual(SFT.nearest_k_p(k, left=False), min(p * 4 for p in range(-9, 9) if p * 4 >= k))

    def test_times_and_frequencies(self):
        SFT = ShortTimeFFT(np.ones(8), 4, 0.5, mfft=10)
        self.assertEqual((SFT.T, SFT.delta_t, SFT.delta_f, SFT.f_pts), (2.0, 8.0, 0.05, 6))
        self.near(SFT.t(20), 8.0 * np.arange(SFT.p_min, SFT.p_max(20)))
        self.near(SFT.t(20, 1, 3, k_offset=5), [18.0, 26.0])
        self.near(SFT.f, np.arange(6) * 0.05)
        for mode, first in (("twosided", 0), ("centered", -5)):
            SFT.fft_mode = mode
            self.assertEqual(SFT.f_pts, 10)
            self.assertFalse(SFT.onesided_fft)
            self.near(np.sort(SFT.f), (np.arange(10) - 5) * 0.05)
            self.assertAlmostEqual(SFT.f[0], first * 0.05)
        SFT.mfft = 9
        self.near(SFT.f, (np.arange(9) - 4) / 18)
        for mfft, fs in itertools.product((7, 49, 100), (3.0, 44100.0, 1 / 3)):
            even = ShortTimeFFT(np.ones(4), 4, fs, mfft=mfft)
            np.testing.assert_array_equal(even.f, np.arange(mfft // 2 + 1) * even.delta_f)  # to the bit
        SFT.T = 4.0
        self.assertEqual((SFT.fs, SFT.delta_t), (0.25, 16.0))

    def test_extent_reaches_a_step_beyond_the_last_time_and_frequency(self):
        for mfft, mode in itertools.product((8, 9), ("onesided", "centered")):
            SFT = ShortTimeFFT(np.ones(8), 4, 0.5, mfft=mfft, fft_mode=mode)
            n, t, f = 22, SFT.t(22), SFT.f
            t0, t1, f0, f1 = SFT.extent(n)
            self.near((t0, t1), (t[0], t[-1] + SFT.delta_t))
            self.near((f0, f1), (f[0], f[-1] + SFT.delta_f))
            self.assertEqual(SFT.extent(n, "ft"), (f0, f1, t0, t1))
            half = SFT.delta_t / 2, SFT.delta_t / 2, SFT.delta_f / 2, SFT.delta_f / 2
            self.near(SFT.extent(n, center_bins=True), np.subtract((t0, t1, f0, f1), half))
            self.near(SFT.extent(n, "ft", True), np.subtract((f0, f1, t0, t1), half[2:] + half[:2]))


if __name__ == "__main__":
    unittest.main()
