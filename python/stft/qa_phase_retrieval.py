#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Alternating projections against the same written with dense matrices, and what holds for projections."""

import doctest
import itertools
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import phase_retrieval

from qa_oracles import cisoids

RNG = np.random.default_rng(11)
SHAPES = [(40, 8, 8, 2), (37, 7, 7, 2), (44, 9, 13, 4), (30, 11, 11, 3)]  # length, win_length, n_fft, hop


def noise(length, is_complex=True):
    x = RNG.standard_normal(length)
    return x + 1j * RNG.standard_normal(length) if is_complex else x


def dense(length, m, n_fft, hop):
    """The STFT as a matrix: (frames n_fft, length); hann, centred, centre phase."""
    w = np.sin(np.pi * np.arange(m) / m) ** 2
    c = m // 2
    cells = w * cisoids(np.arange(n_fft), np.arange(m) - c, n_fft)
    blocks = []
    for p in range(1 + -(-length // hop)):
        block = np.zeros((n_fft, length), complex)
        for i in range(m):
            if 0 <= p * hop - c + i < length:
                block[:, p * hop - c + i] = cells[:, i]
        blocks.append(block)
    return np.concatenate(blocks)


def twosided(X, n_fft):
    """Of one-sided spectra (n_fft // 2 + 1, frames); imaginary parts that no real signal has are left out."""
    X = X.copy()
    X[0] = X[0].real
    if n_fft % 2 == 0:
        X[-1] = X[-1].real
    return np.concatenate([X, np.conj(X[1 : (n_fft + 1) // 2][::-1])])


class projections(unittest.TestCase):
    def test_projections_are_the_least_squares_of_a_dense_matrix(self):
        for (length, m, n_fft, hop), real in itertools.product(SHAPES, (True, False)):
            matrix = dense(length, m, n_fft, hop)
            frames = len(matrix) // n_fft
            X = noise((n_fft // 2 + 1 if real else n_fft) * frames).reshape(-1, frames)
            whole = twosided(X, n_fft) if real else X
            nearest = np.linalg.lstsq(matrix, whole.T.reshape(-1), rcond=None)[0]
            expected = (matrix @ nearest).reshape(frames, n_fft).T
            sides = "onesided" if real else "twosided"
            got = stft.consistent(X, hop=hop, n_fft=n_fft, win_length=m, length=length, sides=sides)
            np.testing.assert_allclose(got, expected[: len(X)], atol=1e-11)
            again = stft.consistent(got, hop=hop, n_fft=n_fft, win_length=m, length=length, sides=sides)
            np.testing.assert_allclose(again, got, atol=1e-12)

    def test_leave_a_rest_that_is_orthogonal_to_every_stft(self):
        X = noise(16 * 21).reshape(16, 21)
        rest = X - stft.consistent(X, hop=4, n_fft=16, length=80, sides="twosided")
        Z = stft.stft(noise(80), hop=4, n_fft=16, sides="twosided")
        self.assertLess(abs(np.vdot(Z, rest)), 1e-12 * np.linalg.norm(Z) * np.linalg.norm(rest))
        self.assertGreater(np.linalg.norm(rest), 0.1 * np.linalg.norm(X))

    def test_projections_keep_precision_reference_and_channels(self):
        X = noise(2 * 9 * 11).reshape(2, 9, 11).astype(np.complex64)
        got = stft.consistent(X, "sine", hop=4, phase="absolute", scaling="ortho")
        self.assertEqual((got.dtype, got.shape), (np.complex64, X.shape))
        np.testing.assert_allclose(got[1], stft.consistent(X[1], "sine", hop=4, phase="absolute", scaling="ortho"), atol=0)


class alternating_projections(unittest.TestCase):
    def test_iterations_are_those_of_a_dense_matrix(self):
        for (length, m, n_fft, hop), real, momentum in itertools.product(SHAPES, (True, False), (0, 0.99)):
            matrix = dense(length, m, n_fft, hop)
            inverse = np.linalg.pinv(matrix)
            frames = len(matrix) // n_fft
            bins = n_fft // 2 + 1 if real else n_fft
            A, phases = np.abs(noise(bins * frames)).reshape(bins, frames) + 0.1, RNG.uniform(0, 6, (bins, frames))
            X, before, history, distances = A * np.exp(1j * phases), 0, [], []
            for _ in range(6):
                whole = (twosided(X, n_fft) if real else X).T.reshape(-1)
                R = (matrix @ (inverse @ whole)).reshape(frames, n_fft).T
                both = twosided(A, n_fft).real if real else A
                distances.append(np.linalg.norm(np.abs(R) - both) / np.linalg.norm(both))
                V = (R - momentum / (1 + momentum) * before)[:bins]
                X, before = A * V / np.abs(V), R
            y = inverse @ (twosided(X, n_fft) if real else X).T.reshape(-1)
            got = stft.griffin_lim(A, hop=hop, n_fft=n_fft, win_length=m, length=length, iterations=6, momentum=momentum,
                                   initial=phases, sides="onesided" if real else "twosided", history=history)
            np.testing.assert_allclose(got, y.real if real else y, atol=1e-8)
            np.testing.assert_allclose(history, distances, rtol=1e-8)

    def test_iterations_come_no_further_away_and_momentum_comes_nearer(self):
        n = np.arange(4000)
        A = np.abs(stft.stft(np.cos(0.3 * n + 1e-4 * n**2) + 0.3 * noise(4000, False), hop=32, n_fft=128))
        reached = {}
        for momentum in (0, 0.99):
            history = []
            stft.griffin_lim(A, hop=32, length=4000, iterations=100, momentum=momentum, history=history)
            reached[momentum] = history[-1]
            if momentum == 0:
                self.assertTrue(np.all(np.diff(history) <= 1e-12))
        self.assertLess(reached[0.99], 0.8 * reached[0])

    def test_stay_at_the_signal_whose_phases_they_are_given(self):
        for phase, dtype, limit in (("centre", np.float64, 1e-12), ("absolute", np.float32, 1e-5)):
            x = noise(300, False).astype(dtype)
            X = stft.stft(x, hop=8, n_fft=32, phase=phase)
            y = stft.griffin_lim(np.abs(X), hop=8, length=300, initial=np.angle(X), phase=phase, iterations=5)
            self.assertEqual(y.dtype, dtype)
            np.testing.assert_allclose(y, x, atol=limit)

    def test_iterations_give_the_same_for_the_same_seed_and_any_threads(self):
        A = np.abs(noise(3 * 17 * 20)).reshape(3, 17, 20)
        run = lambda seed, workers: stft.griffin_lim(A, hop=8, iterations=4, seed=seed, workers=workers)
        np.testing.assert_array_equal(run(5, 1), run(5, 3))
        self.assertGreater(np.max(np.abs(run(5, 1) - run(6, 1))), 0.01)

    def test_any_number_of_frames_and_bins_and_any_memory_order(self):
        for bins, frames in ((9, 5), (257, 126), (5, 300), (1, 7)):
            A = np.abs(noise(bins * frames)).reshape(bins, frames)
            hop = max(1, bins // 2)
            run = lambda A: stft.griffin_lim(A, "boxcar", hop=hop, iterations=2)
            np.testing.assert_array_equal(run(A), run(np.asfortranarray(A)))

    def test_nothing_gives_nothing(self):
        self.assertEqual(stft.griffin_lim(np.zeros((5, 0)), hop=2).shape, (0,))
        self.assertEqual(stft.griffin_lim(np.zeros((0, 5, 3)), hop=2).shape, (0, 8))
        self.assertEqual(stft.consistent(np.zeros((5, 0)), hop=2).shape, (5, 0))

    def test_silence_is_silent_and_no_iteration_is_an_inverse(self):
        A = np.zeros((9, 11))
        np.testing.assert_array_equal(stft.griffin_lim(A, hop=4), 0)
        A = np.abs(noise(9 * 11)).reshape(9, 11)
        np.testing.assert_allclose(stft.griffin_lim(A, hop=4, iterations=0, initial="zero"), stft.istft(A + 0j, hop=4), atol=1e-14)

    def test_wrong_arguments_are_refused(self):
        A = np.ones((9, 11))
        for message, changed in {
            "magnitude: -1.0: must be 0 or more, and finite": dict(magnitude=-A),
            "magnitude: nan: must be 0 or more, and finite": dict(magnitude=A * np.nan),
            "magnitude: complex: must be real, as np.abs() of spectra": dict(magnitude=A + 0j),
            "magnitude: 9 bins: must have 11 for n_fft = 20, onesided": dict(n_fft=20),
            "momentum: -0.5: must be 0 .. 10": dict(momentum=-0.5),
            "iterations: -1: must be 0 or more": dict(iterations=-1),
            "initial: best: must be random, zero, pghi, or phases": dict(initial="best"),
            "initial: shape (3,): must broadcast to (9, 11)": dict(initial=np.ones(3)),
        }.items():
            with self.assertRaises(ValueError) as caught:
                stft.griffin_lim(**{**dict(magnitude=A, hop=4), **changed})
            self.assertEqual(str(caught.exception), message)


def load_tests(_, tests, __):
    tests.addTests(doctest.DocTestSuite(phase_retrieval))
    return tests


if __name__ == "__main__":
    unittest.main()
