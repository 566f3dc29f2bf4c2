#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks of the inverse DSTFT: the signal comes back, whatever the pieces, the tags and the changes on the way."""

import itertools
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft.differentiable import dstft

from qa_dstft_blocks import RNG, backward, forward, graph, positions, run, signal, sink, source


class inverse(unittest.TestCase):
    def chain(self, x, block, back, theta=None, t=None, pieces=(1 << 20,)):
        top = graph()
        out = sink(x.dtype.type, 1)
        top.connect(source(x, pieces), block, back, out)
        if theta is not None:
            lengths = source(theta, pieces)
            top.connect(lengths, (block, 1))
            top.connect(lengths, (back, 1))
        if t is not None:
            centres = np.stack([np.floor(t), t - np.floor(t)], 1)
            top.connect(source(centres, pieces), (back, 2))
        top.run()
        return np.concatenate([np.empty(0, x.dtype), *out.got])

    def test_inverse_returns_the_samples(self):
        for real, (n_fft, hop, theta), length in itertools.product(
            (True, False),
            [(2, 1.0, 2.0), (3, 1.0, 3.0), (15, 4.25, 11.3), (17, 3.125, 17.0), (64, 16.0, 50.25), (1024, 256.5, 1e3)],
            (1, 2, 63, 2000),
        ):
            with self.subTest(real=real, n_fft=n_fft, hop=hop, length=length):
                x = signal(length, real)
                y = self.chain(x, forward(real, n_fft, hop, theta), backward(real, n_fft))
                self.assertEqual(len(y), length)
                self.assertLessEqual(np.max(np.abs(y - x)), 3e-6 * np.max(np.abs(x)))

    def test_inverse_returns_the_samples_with_a_window_length_for_each_frame(self):
        for real, n_fft, hop in itertools.product((True, False), (64, 255, 1024), (1.0, 7.3, 31.5)):
            x = signal(10007, real)
            t = positions(len(x), hop)
            theta = RNG.uniform(2 * hop, n_fft, len(t)).astype(np.float32)
            theta[:: len(t) // 7] = np.nan
            for centres in (None, t):
                for pieces in ((1 << 20,), (1, 300, 17)):
                    with self.subTest(real=real, n_fft=n_fft, hop=hop, pieces=pieces):
                        back = backward(real, n_fft)
                        y = self.chain(x, forward(real, n_fft, hop, min(3 * hop, n_fft)), back, theta, centres, pieces)
                        self.assertEqual(len(y), len(x))
                        self.assertLessEqual(np.max(np.abs(y - x)), 3e-6 * np.max(np.abs(x)))
                        self.assertEqual(back.uncovered(), 0)

    def test_inverse_returns_the_samples_with_a_window_length_for_each_bin(self):
        for real, n_fft, hop, length in ((True, 16, 2.5, 1501), (True, 15, 3.0, 700), (False, 16, 4.0, 900), (True, 64, 8.0, 40)):
            x = signal(length, real)
            bins = n_fft // 2 + 1 if real else n_fft
            t = positions(length, hop)
            theta = RNG.uniform(2 * hop, n_fft, (len(t), bins)).astype(np.float32)
            for share, given, pieces in itertools.product(("bin", "cell"), (theta, None), ((1 << 20,), (1, 300, 17))):
                with self.subTest(real=real, n_fft=n_fft, share=share, pieces=pieces):
                    back = backward(real, n_fft, share=share)
                    block = forward(real, n_fft, hop, 3 * hop, share=share)
                    self.assertEqual(back.latency(), 24 * n_fft)
                    y = self.chain(x, block, back, given, None if given is None else t, pieces)
                    self.assertEqual(len(y), length)
                    self.assertLessEqual(np.max(np.abs(y - x)), 3e-6 * np.max(np.abs(x)))
                    self.assertEqual(back.uncovered(), 0)

    def test_inverse_by_segments_gives_the_same_bits_for_any_split(self):
        x = signal(3000, True)
        theta = RNG.uniform(8, 16, (len(positions(3000, 4)), 9)).astype(np.float32)
        once, again = (
            self.chain(x, forward(True, 16, 4.0, 9.0, share="cell"), backward(True, 16, share="cell"), theta, None, pieces)
            for pieces in ((1 << 20,), (1, 7, 300))
        )
        np.testing.assert_array_equal(once, again)

    def test_inverse_by_segments_keeps_nan_around_its_frame(self):
        x = signal(2000, True)
        x[1000] = np.nan
        y = self.chain(x, forward(True, 16, 4.0, 12.0, share="bin"), backward(True, 16, share="bin"))
        bad = np.flatnonzero(np.isnan(y))
        self.assertTrue(np.all(np.abs(bad - 1000) <= 16) and 1000 in bad, bad)
        good = np.abs(np.arange(2000) - 1000) > 16
        self.assertLessEqual(np.max(np.abs(y - x)[good]), 3e-6 * np.max(np.abs(x[good])))

    def test_inverse_at_fixed_overlap_returns_the_samples(self):
        x = signal(5000, True)
        theta = RNG.uniform(20, 64, 100).astype(np.float32)
        for given in (None, theta):
            y = self.chain(x, forward(True, 64, 0.0, 40.0, alpha=0.25), backward(True, 64), given)
            self.assertEqual(len(y), 5000)
            self.assertLessEqual(np.max(np.abs(y - x)), 3e-6 * np.max(np.abs(x)))

    def test_inverse_is_that_of_the_array_to_the_bit(self):
        x = signal(3000, True)
        t = positions(3000, 12.5)
        theta = RNG.uniform(30, 64, len(t)).astype(np.float32)
        y = self.chain(x, forward(True, 64, 12.5, 40.0), backward(True, 64), theta)
        S = dstft(x, theta[None], t, n_fft=64)
        expected = stft.differentiable.idstft(S, theta[None], t, n_fft=64, length=3000)
        np.testing.assert_array_equal(y, expected)

    def test_converts_spectra_of_the_plain_stft(self):
        for real, n_fft, win_length, phase, scaling, placement in itertools.product(
            (True, False), (64, 63), (48, 47), ("centre", "start", "absolute"), ("none", "ortho", "psd"),
            ("centred", "left", "full"),
        ):  # fmt: skip
            with self.subTest(n_fft=n_fft, win_length=win_length, phase=phase, scaling=scaling, placement=placement):
                x = signal(1000, real)
                make = stft.stft_fvc if real else stft.stft_cvc
                block = make(n_fft, 12, "hann", win_length, placement, phase, scaling)
                y = self.chain(x, block, backward(real, n_fft, norm="peak"))
                self.assertEqual(len(y), 1000)
                inner = slice(48, -48) if placement == "left" else slice(None)
                self.assertLessEqual(np.max(np.abs(y - x)[inner]), 3e-6 * np.max(np.abs(x)))

    def test_inverse_without_tags_ends_under_the_last_window(self):
        x = signal(500, True)
        t = positions(500, 12.5)
        S = np.ascontiguousarray(dstft(x, 40.0, t, n_fft=64).T)
        centres = np.stack([np.floor(t), t - np.floor(t)], 1)
        (y,), _ = run(backward(True, 64), S, np.float32([40.0]), centres)
        self.assertEqual(len(y), 520)
        self.assertLessEqual(np.max(np.abs(y[:500] - x)), 3e-6 * np.max(np.abs(x)))

    def test_inverse_without_tags_or_inputs_ends_at_once(self):
        S = np.zeros((10, 33), np.complex64)
        for inputs in ((S,), (S, np.float32([40.0]))):
            (y,), _ = run(backward(True, 64), *inputs)
            self.assertEqual(len(y), 0)

    def test_inverse_counts_samples_under_no_window(self):
        x = signal(1000, True)
        back = backward(True, 64)
        y = self.chain(x, forward(True, 64, 100.0, 60.0), back)
        self.assertEqual(len(y), 1000)
        n = np.arange(1000)
        covered = np.abs(n - 100 * np.round(n / 100)) < 26  # well
        self.assertLessEqual(np.max(np.abs(y - x)[covered]), 3e-6 * np.max(np.abs(x)))
        self.assertFalse(y[np.abs(n - 100 * np.round(n / 100)) >= 30].any())
        self.assertEqual(back.uncovered(), np.count_nonzero(y == 0))

    def test_inverse_leaves_out_frames_that_lie_before_the_last(self):
        x = signal(500, True)
        t = positions(500, 12.5)
        S = np.ascontiguousarray(dstft(x, 40.0, t, n_fft=64).T)
        wrong = np.insert(np.stack([np.floor(t), t - np.floor(t)], 1), [7, 20], [[3.0, 0.0], [np.nan, 0.0]], axis=0)
        spectra = np.insert(S, [7, 20], np.nan, axis=0)
        back = backward(True, 64)
        (y,), _ = run(back, spectra, np.float32([40.0]), wrong)
        self.assertLessEqual(np.max(np.abs(y[:500] - x)), 3e-6 * np.max(np.abs(x)))
        self.assertEqual(back.left_out(), 2)

    def test_inverse_needs_no_memory_for_a_leap(self):
        S = np.ones((2, 5), np.complex64)
        (y,), _ = run(backward(True, 8), S, np.float32([8.0]), np.array([[0.0, 0.5], [3e6, 0.25]]))
        self.assertEqual(len(y), 3000005)
        self.assertFalse(y[5:-8].any())


if __name__ == "__main__":
    unittest.main()
