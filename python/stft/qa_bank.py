#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The STFT as a bank of filters: the filters against convolutions and plain sums, and what follows from their formula;
chosen bins; the inverse that sums them."""

import doctest
import itertools
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import bank

from qa_oracles import cisoids, stft_sum

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

    def test_filters_are_the_formula_term_by_term(self):
        for (n_fft, m), sides in itertools.product(SIZES, ("onesided", "twosided", "centered")):
            w, c = taps(m), m // 2
            got = stft.filter_bank(w, n_fft, 20, sides=sides)
            first = -(n_fft // 2) if sides == "centered" else 0
            self.assertEqual(got.filters.shape[0], n_fft // 2 + 1 if sides == "onesided" else n_fft)
            self.assertEqual(got.delays.tolist(), list(range(-(m - 1 - c), c + 1)))
            for row, h in enumerate(got.filters):
                expected = np.conj(w[c - got.delays]) * cisoids([first + row], -got.delays, n_fft)[0]
                np.testing.assert_allclose(h, expected, atol=1e-14)

    def test_responses_are_plain_sums_for_any_length(self):
        for (n_fft, m), length in itertools.product(SIZES, (1, 2, 5, 9, 16, 37)):
            got = stft.filter_bank(taps(m), n_fft, length)
            expected = got.filters @ cisoids(got.delays, np.arange(length), length)
            np.testing.assert_allclose(got.responses, expected, atol=1e-12)

    def test_filters_convolved_with_the_signal_give_the_rows_T1(self):
        for (n_fft, m), real, real_window in itertools.product(SIZES, (True, False), (True, False)):
            length, c = 40, m // 2
            x, w = noise(length, not real), taps(m, not real_window)
            X = stft.stft(x, w, hop=1, n_fft=n_fft, frames=length, sides="twosided")
            for k, h in enumerate(stft.filter_bank(w, n_fft, length).filters):
                row = np.convolve(x, h)[m - 1 - c : m - 1 - c + length]
                np.testing.assert_allclose(X[k], row, atol=1e-12)

    def test_responses_multiply_the_spectrum_of_a_periodic_signal_T2(self):
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

    def test_filters_have_zero_phase_exactly_if_the_window_is_even_about_its_centre_T4(self):
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

    def test_filters_of_a_divided_n_fft_are_every_dth_T5(self):
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

    def test_filters_of_negative_frequencies_give_conjugates_of_real_signals_T7(self):
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


METHODS = ("sliding", "direct", "fft")
KINDS = ("float32", "float64", "complex64", "complex128")


def limit(kind, double=1e-11):
    return 1e-6 if kind in ("float32", "complex64") else double


class chosen_bins(unittest.TestCase):
    def test_chosen_bins_are_rows_of_the_stft(self):
        for (n_fft, m), kind, hop, phase in itertools.product(SIZES, KINDS, (1, 3, 40), REFERENCES):
            x = noise(57, "complex" in kind).astype(kind)
            made = dict(hop=hop, n_fft=n_fft, win_length=m, phase=phase, scaling="psd", fs=3.0)
            X = stft.stft(x, "blackmanharris", **made)
            rows = RNG.permutation(X.shape[0])[:5]
            for method in METHODS + ("auto",):
                got = stft.stft_bins(x, rows, "blackmanharris", method=method, **made)
                self.assertEqual(got.dtype, X.dtype)
                np.testing.assert_allclose(got, X[rows], rtol=0, atol=limit(kind) * np.max(np.abs(X)))
                if method == "fft":
                    np.testing.assert_array_equal(got, X[rows])

    def test_bins_between_the_rows_are_plain_sums(self):
        for (n_fft, m), kind, (phase, r) in itertools.product(SIZES, KINDS, (("start", 0), ("centre", None), (3, 3), (-9, -9))):
            x = noise(31, "complex" in kind).astype(kind)
            bins = np.array([0.1, 0.37, 0.5]) * n_fft
            if "complex" in kind:
                bins = np.append(bins, [-0.45 * n_fft, 0.9 * n_fft])
            w = stft.sample_window("hann" if m > 1 else "boxcar", m)
            expected = stft_sum(x, w, np.arange(32) - m // 2, n_fft, bins, m // 2 if r is None else r)
            for method in ("sliding", "direct"):
                got = stft.stft_bins(
                    x, bins, "hann" if m > 1 else "boxcar", hop=1, n_fft=n_fft, win_length=m, phase=phase, method=method
                )
                np.testing.assert_allclose(got, expected, rtol=0, atol=limit(kind) * np.max(np.abs(expected)))

    def test_chosen_bins_at_a_hop_are_those_at_hop_1_to_the_bit(self):
        x = noise(3000, False).astype("float32")
        for method, phase in itertools.product(METHODS, REFERENCES):
            made = dict(n_fft=100, method=method, phase=phase)
            every = stft.stft_bins(x, [3, 7], hop=1, **made)
            for hop in (2, 99, 100, 101, 250):
                X = stft.stft_bins(x, [3, 7], hop=hop, **made)
                np.testing.assert_array_equal(X[:, :-1], every[:, ::hop][:, : X.shape[1] - 1])

    def test_any_window_and_complex_ones(self):
        x = noise(90)
        for window in (taps(12), taps(12, False), ("kaiser", 5.0), ("tukey", 0.3), "taylor", "cosine"):
            X = stft.stft(x, window, hop=2, n_fft=12)
            np.testing.assert_allclose(stft.stft_bins(x, [-3, 2, 11], window, hop=2, n_fft=12), X[[9, 2, 11]], atol=1e-11)
        real = noise(90, False)
        np.testing.assert_allclose(
            stft.stft_bins(real, [-3], taps(12) * 0 + 1j, hop=2), stft.stft(real, taps(12) * 0 + 1j, hop=2)[[9]], atol=1e-11
        )

    def test_channels_axis_memory_and_threads_change_no_bit(self):
        x = noise(200, False).reshape(2, 100).astype("float32")
        for method in METHODS:
            made = dict(hop=3, n_fft=16, method=method)
            X = stft.stft_bins(x, [1, 5, 2], **made)
            self.assertEqual(X.shape, (2, 3, 35))
            for c in range(2):
                np.testing.assert_array_equal(X[c], stft.stft_bins(x[c], [1, 5, 2], **made))
            np.testing.assert_array_equal(stft.stft_bins(x.T, [1, 5, 2], axis=0, **made), X)
            out = np.swapaxes(np.empty((2, 35, 3), np.complex64), -1, -2)
            self.assertIs(stft.stft_bins(x, [1, 5, 2], out=out, **made), out)
            np.testing.assert_array_equal(out, X)
            for workers in (2, 5, 100):
                np.testing.assert_array_equal(stft.stft_bins(x, [1, 5, 2], workers=workers, **made), X)
        self.assertEqual(stft.stft_bins(np.arange(5), 1, hop=1, n_fft=4).shape, (1, 6))
        self.assertEqual(stft.stft_bins(x[:, :0], [1], hop=1, n_fft=4).shape, (2, 1, 0))

    def test_wrong_arguments_are_refused(self):
        x = np.zeros(9)
        for message, bins, options in (
            ("bins: none: must be one or more", [], {}),
            ("bins: 4.5: must be 0 .. n_fft / 2 = 4", 4.5, {}),
            ("bins: 2 dimensions, int64: must be a list of real numbers", [[1]], {}),
            ("bins: 1 dimensions, complex128: must be a list of real numbers", 1j, {}),
            ("hop: 0: must be 1 .. 2^40 samples", 1, {"hop": 0}),
            ("method: quick: must be auto, sliding, direct or fft", 1, {"method": "quick"}),
            ("method: fft: needs whole bins", 1.5, {"method": "fft"}),
            ("win_length: 9: must be 1 .. n_fft = 8", 1, {"win_length": 9}),
        ):
            with self.assertRaises(ValueError) as caught:
                stft.stft_bins(x, bins, **{"hop": 1, "n_fft": 8, **options})
            self.assertEqual(str(caught.exception), message)


class inverse_from_single_columns(unittest.TestCase):
    def test_inverse_from_single_columns_returns_the_input_at_hop_1(self):
        for (n_fft, m), kind, phase in itertools.product(SIZES, KINDS, REFERENCES + (4, -3)):
            x = noise(57, "complex" in kind).astype(kind)
            for window in ("hamming", taps(m, "complex" in kind)):
                made = dict(n_fft=n_fft, win_length=m, phase=phase)
                sides = "twosided" if "complex" in kind else "onesided"
                X = stft.stft(x, window, hop=1, sides=sides, **made)
                y = stft.one_integral_inverse(X, window, length=57, sides=sides, **made)
                self.assertEqual(y.dtype, x.dtype)
                tolerance = limit(kind, 1e-13) * np.max(np.abs(x))
                if not isinstance(window, str):  # noise about a value that may be small
                    tolerance *= max(1, np.max(np.abs(window)) / abs(window[m // 2])) * 3
                np.testing.assert_allclose(y, x, rtol=0, atol=tolerance)

    def test_inverse_is_the_plain_sum_of_any_columns(self):
        for (n_fft, m), phase, real in itertools.product(SIZES, REFERENCES, (True, False)):
            c, w = m // 2, taps(m, not real)
            bins = RNG.permutation(n_fft // 2 + 1 if real else n_fft)[:4]
            X = noise((len(bins), 30))
            expected = np.zeros(40, float if real else complex)
            for p in range(30):
                r = {"start": 0, "centre": c, "absolute": 2 - p}[phase]  # frames start at p - 2
                if not 0 <= p - 2 + c < 40:
                    continue
                for k, value in zip(bins, X[:, p]):
                    part = value * cisoids([k], [r - c], n_fft)[0, 0] / (n_fft * np.conj(w[c]))
                    weight = 1 if k == 0 or 2 * k == n_fft else 2
                    expected[p - 2 + c] += weight * part.real if real else part
            got = stft.one_integral_inverse(
                X, w, n_fft=n_fft, phase=phase, bins=bins, first=-2, length=40, sides="onesided" if real else "twosided"
            )
            np.testing.assert_allclose(got, expected, atol=1e-12 * np.max(np.abs(expected)))

    def test_inverse_of_some_bins_is_the_signal_in_their_band(self):
        n = np.arange(300)
        low, high = 3 + np.cos(2 * np.pi * 5 / 32 * n), np.cos(np.pi * n) + np.sin(2 * np.pi * 12 / 32 * n)
        X = stft.stft(low + high, hop=1, n_fft=32)
        inside = slice(16, -17)  # away from the ends a Hann window leaks to the next bin only
        parts = [stft.one_integral_inverse(X[b], n_fft=32, bins=b, length=300) for b in (np.arange(9), np.arange(9, 17))]
        np.testing.assert_allclose(parts[0][inside], low[inside], atol=1e-13)
        np.testing.assert_allclose(parts[1][inside], high[inside], atol=1e-13)
        z = np.exp(2j * np.pi * 5 / 32 * n) + np.exp(-2j * np.pi * 9 / 32 * n)
        for bins, phase in itertools.product(([4, 6, 5], [-9, -8, -10]), REFERENCES):
            Z = stft.stft_bins(z, bins, hop=1, n_fft=32, phase=phase)
            one = stft.one_integral_inverse(Z, n_fft=32, bins=bins, phase=phase, sides="twosided", length=300)
            expected = np.exp(2j * np.pi * np.sort(bins)[1] / 32 * n)
            np.testing.assert_allclose(one[inside], expected[inside], atol=1e-13)

    def test_orders_of_bins_scalings_placements_and_channels(self):
        x = noise((2, 3, 50))
        for sides, scaling in itertools.product(("twosided", "centered"), ("none", "magnitude", "psd", "ortho")):
            for phase, n_fft in itertools.product(REFERENCES, (9, 12)):
                made = dict(n_fft=n_fft, win_length=8, phase=phase, sides=sides, scaling=scaling, fs=7.0)
                X = stft.stft(x, hop=1, **made)
                np.testing.assert_allclose(stft.one_integral_inverse(X, length=50, **made), x, atol=1e-13)
        x = noise(50, False)
        for m, c in ((8, 4), (9, 4)):
            X = stft.stft(x, hop=1, n_fft=m, placement="left")
            y = stft.one_integral_inverse(X, n_fft=m, placement="left")
            self.assertEqual(len(y), 50 - m + 1 + c)
            np.testing.assert_allclose(y[c:], x[c : len(y)], atol=1e-13)
            self.assertFalse(y[:c].any())
            X = stft.stft(x, hop=1, n_fft=m, placement="full")
            y = stft.one_integral_inverse(X, n_fft=m, placement="full")
            np.testing.assert_allclose(y, np.append(x, np.zeros(c)), atol=1e-13)
            self.assertEqual(stft.one_integral_inverse(X, n_fft=m, placement="full", length=0).shape, (0,))
        out = np.empty(50)
        self.assertIs(stft.one_integral_inverse(X, n_fft=9, placement="full", length=50, out=out), out)
        np.testing.assert_array_equal(out, y[:50])

    def test_wrong_arguments_are_refused(self):
        X, gap = np.zeros((5, 3), complex), np.array([1.0, 1, 1, 1, 0, 1, 1, 1])
        for message, options in (
            ("hop: 2: must be 1, each spectrum gives one sample", {"hop": 2}),
            ("window: 8 taps: is 0 at its centre, value 4, which is divided by", {"window": gap}),
            ("bins: none: must be one or more", {"bins": []}),
            ("bins: 5: must be 0 .. n_fft / 2 = 4", {"bins": [0, 1, 2, 3, 5]}),
            ("bins: 2.5: must be whole to be summed", {"bins": [0, 1, 2, 3, 2.5]}),
            ("bins: 3: is there twice", {"bins": [0, 1, 2, 3, 3]}),
            ("bins: -2: is there twice", {"bins": [0, 1, 6, 3, -2], "sides": "twosided"}),
            ("X: 5 bins: must have 2 for n_fft = 8, these bins", {"bins": [0, 1]}),
            ("X: 5 bins: must have 9 for n_fft = 16, onesided", {"n_fft": 16}),
        ):
            with self.assertRaises(ValueError) as caught:
                stft.one_integral_inverse(X, **{"n_fft": 8, **options})
            self.assertEqual(str(caught.exception), message)


def load_tests(loader, tests, ignore):
    tests.addTests(doctest.DocTestSuite(bank))
    return tests


if __name__ == "__main__":
    unittest.main()
