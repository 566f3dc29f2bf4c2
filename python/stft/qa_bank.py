#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The STFT as a bank of filters: the filters against convolutions and plain sums, and what follows from their formula."""

import doctest
import itertools
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import bank

RNG = np.random.default_rng(3)
SIZES = [(1, 1), (2, 2), (5, 2), (7, 7), (8, 8), (13, 8), (16, 13), (12, 11), (31, 31)]  # n_fft, win_length
REFERENCES = ("start", "centre", "absolute")


def noise(length, is_complex=True):
    x = RNG.standard_normal(length)
    return x + 1j * RNG.standard_normal(length) if is_complex else x


def taps(length, is_complex=True):
    """Without any symmetry."""
    return noise(length, is_complex) + 0.1


class filters(unittest.TestCase):
    """T1 to T7: the numbers of the rules that the names tell."""

    def test_are_the_formula_term_by_term(self):
        for (n_fft, m), sides in itertools.product(SIZES, ("onesided", "twosided", "centered")):
            w, c = taps(m), m // 2
            got = stft.filter_bank(w, n_fft, 20, sides=sides)
            first = -(n_fft // 2) if sides == "centered" else 0
            self.assertEqual(got.filters.shape[0], n_fft // 2 + 1 if sides == "onesided" else n_fft)
            self.assertEqual(got.delays.tolist(), list(range(-(m - 1 - c), c + 1)))
            for row, h in enumerate(got.filters):
                expected = [np.conj(w[c - j]) * np.exp(2j * np.pi * ((first + row) * j % n_fft) / n_fft) for j in got.delays]
                np.testing.assert_allclose(h, expected, atol=1e-14)

    def test_responses_are_plain_sums_for_any_length(self):
        for (n_fft, m), length in itertools.product(SIZES, (1, 2, 5, 9, 16, 37)):
            got = stft.filter_bank(taps(m), n_fft, length)
            cisoids = np.exp(-2j * np.pi * (np.outer(got.delays, np.arange(length)) % length) / length)
            np.testing.assert_allclose(got.responses, got.filters @ cisoids, atol=1e-12)

    def test_convolved_with_the_signal_give_the_rows_T1(self):
        for (n_fft, m), real, real_window in itertools.product(SIZES, (True, False), (True, False)):
            length, c = 40, m // 2
            x, w = noise(length, not real), taps(m, not real_window)
            X = stft.stft(x, w, hop=1, n_fft=n_fft, frames=length, sides="twosided")
            for k, h in enumerate(stft.filter_bank(w, n_fft, length).filters):
                row = np.convolve(x, h)[m - 1 - c : m - 1 - c + length]
                np.testing.assert_allclose(X[k], row, atol=1e-12)

    def test_multiply_the_spectrum_of_a_periodic_signal_T2(self):
        for (n_fft, m), length in itertools.product(SIZES, (31, 40)):
            x, w = noise(length), taps(m)
            periodic = np.concatenate([x, x, x])
            X = stft.stft(periodic, w, hop=1, n_fft=n_fft, first=length - m // 2, frames=length)
            F = stft.filter_bank(w, n_fft, length).responses
            np.testing.assert_allclose(X, np.fft.ifft(np.fft.fft(x) * F, axis=1), atol=1e-12)

    def test_rows_of_another_n_fft_are_the_same_where_their_frequencies_are_T3(self):
        w = taps(12)
        full = stft.filter_bank(w, 128, 128).responses
        for n_fft in (16, 32, 48, 20):
            F = stft.filter_bank(w, n_fft, 128).responses
            for k in range(n_fft):
                same = [np.allclose(F[k], row, atol=1e-12) for row in full]
                expected = [k * 128 == q * n_fft for q in range(128)]
                self.assertEqual(same, expected, (n_fft, k))
        F = stft.filter_bank(w, 32, 128).responses
        for k in range(32):
            np.testing.assert_allclose(F[k], np.roll(F[0], 4 * k), atol=1e-12)

    def test_are_zero_phase_exactly_if_the_window_is_even_about_its_centre_T4(self):
        imaginary = lambda w, n_fft, length: np.max(np.abs(stft.filter_bank(w, n_fft, length).responses.imag))
        symmetric = lambda m: stft.sample_window("hamming", m, symmetric=True)
        for n_fft, length in ((16, 64), (19, 57)):
            self.assertLess(imaginary(symmetric(15), n_fft, length), 1e-13)
            self.assertLess(imaginary(stft.sample_window("hann", 16), n_fft, length), 1e-13)  # its first value is 0
            self.assertGreater(imaginary(symmetric(16), n_fft, length), 0.1)
            self.assertGreater(imaginary(stft.sample_window("hann", 15), n_fft, length), 0.1)
            hamming = stft.sample_window("hamming", 16)  # a first value without a partner
            self.assertLessEqual(imaginary(hamming, n_fft, length), hamming[0] + 1e-13)
        self.assertAlmostEqual(imaginary(stft.sample_window("hamming", 16), 16, 64), 0.08)
        self.assertLess(imaginary(stft.sample_window("hamming", 16), 16, 16), 1e-13)

    def test_of_a_divided_n_fft_are_every_dth_T5(self):
        w, x = taps(9), noise(50)
        F = stft.filter_bank(w, 36, 50).responses
        for d in (2, 3, 4):
            np.testing.assert_allclose(stft.filter_bank(w, 36 // d, 50).responses, F[::d], atol=1e-12)
            for phase in REFERENCES:
                made = dict(hop=4, phase=phase)
                X = stft.stft(x, w, n_fft=36, **made)
                np.testing.assert_allclose(stft.stft(x, w, n_fft=36 // d, **made), X[::d], atol=1e-12)

    def test_decimated_give_longer_hops_to_the_bit_T6(self):
        for (n_fft, m), phase, kind in itertools.product(SIZES, REFERENCES, ("float32", "complex128")):
            x = noise(60, kind == "complex128").astype(kind)
            made = dict(n_fft=n_fft, win_length=m, phase=phase)
            every = stft.stft(x, "hamming", hop=1, **made)
            for hop in (2, 3, 7, 40):
                X = stft.stft(x, "hamming", hop=hop, **made)
                shared = min(X.shape[1], -(-every.shape[1] // hop))
                np.testing.assert_array_equal(X[:, :shared], every[:, ::hop][:, :shared])

    def test_of_negative_frequencies_give_conjugates_of_real_signals_T7(self):
        for (n_fft, m), phase in itertools.product(SIZES, REFERENCES):
            X = stft.stft(noise(40, False), taps(m, False), hop=3, n_fft=n_fft, phase=phase, sides="twosided")
            for k in range(n_fft):
                np.testing.assert_allclose(X[-k % n_fft], np.conj(X[k]), atol=1e-12)

    def test_scaling_is_a_factor(self):
        w = taps(8)
        plain = stft.filter_bank(w, 16, 32)
        for scaling, g in (("magnitude", 1 / abs(w.sum())), ("psd", 1 / np.sqrt(5 * np.sum(abs(w) ** 2))), ("ortho", 0.25)):
            scaled = stft.filter_bank(w, 16, 32, scaling=scaling, fs=5.0)
            np.testing.assert_allclose(scaled.filters, g * plain.filters, atol=1e-14)
            np.testing.assert_allclose(scaled.responses, g * plain.responses, atol=1e-13)

    def test_wrong_arguments_are_refused(self):
        for message, arguments, options in (
            ("length: 0: must be 1 or more", ("hann", 8, 0), {}),
            ("length: 268435457: must be 1 .. 2^28", ("hann", 8, 2**28 + 1), {}),
            ("n_fft: 0: must be 1 .. 2^28", ("hann", 0, 8), {}),
            ("win_length: 9: must be 1 .. n_fft = 8", ("hann", 8, 8), {"win_length": 9}),
            ("sides: both: must be onesided, twosided or centered", ("hann", 8, 8), {"sides": "both"}),
        ):
            with self.assertRaises(ValueError) as caught:
                stft.filter_bank(*arguments, **options)
            self.assertEqual(str(caught.exception), message)


def load_tests(loader, tests, ignore):
    tests.addTests(doctest.DocTestSuite(bank))
    return tests


if __name__ == "__main__":
    unittest.main()
