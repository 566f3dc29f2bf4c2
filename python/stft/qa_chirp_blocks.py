#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Chirp rates of the blocks dstft_* and idstft_*: streams equal the arrays, and samples come back."""

import itertools
import unittest

import numpy as np
from gnuradio import stft
from qa_dstft_blocks import backward, forward, graph, positions, rounded, run, signal, sink, source

RNG = np.random.default_rng(5)


def rates(theta):
    """In float32, all over the range, from one end to the other."""
    c = (RNG.uniform(-0.5, 0.5, len(theta)) / theta).astype(np.float32)
    c[::5] = 0
    return c


class streams(unittest.TestCase):
    def frames(self, length, n_fft, hop):
        t = positions(length, hop)
        theta = RNG.uniform(min(2 * hop, 0.7 * n_fft), n_fft, len(t)).astype(np.float32)
        return t, theta, rates(theta)

    def test_streams_equal_the_array_with_a_rate_for_each_frame(self):
        for real, (n_fft, hop), pieces in itertools.product((True, False), ((15, 4.25), (64, 16.0), (1024, 100.5)),
                                                            ((1 << 20,), (1, 300, 17))):  # fmt: skip
            with self.subTest(real=real, n_fft=n_fft, hop=hop, pieces=pieces):
                x = signal(2000, real)
                t, theta, c = self.frames(2000, n_fft, hop)
                got, _ = run(forward(real, n_fft, hop, float(n_fft)), x, theta, c, outputs=4, pieces=pieces)
                expected = stft.dstft(x, rounded(theta)[None], t, n_fft=n_fft, c=c, derivatives=("theta", "t", "c"))
                for one, other in zip(got, expected):
                    np.testing.assert_array_equal(one.T, other)

    def test_streams_equal_the_array_with_one_rate(self):
        for real in (True, False):
            x = signal(700, real)
            (S, *slopes), _ = run(forward(real, 64, 16.0, 50.0, c=0.004), x, outputs=4)
            expected = stft.dstft(x, 50.0, positions(700, 16.0), n_fft=64, c=0.004, derivatives=("theta", "t", "c"))
            for one, other in zip((S, *slopes), expected):
                np.testing.assert_array_equal(one.T, other)
            (plain,), _ = run(forward(real, 64, 16.0, 50.0), x)
            (S, *slopes), _ = run(forward(real, 64, 16.0, 50.0), x, outputs=4)
            np.testing.assert_array_equal(S, plain)
            by_c = stft.dstft(x, 50.0, positions(700, 16.0), n_fft=64, derivatives="c")[1]
            np.testing.assert_array_equal(slopes[2].T, by_c)

    def test_rates_that_no_window_takes_are_0_and_counted(self):
        x = signal(700, False)
        t, theta, c = self.frames(700, 64, 16.0)
        c[[3, 7, 11]] = np.nan, 0.51 / theta[7], np.inf
        block = forward(False, 64, 16.0, 50.0)
        (S,), _ = run(block, x, theta, c)
        c[[3, 7, 11]] = 0
        np.testing.assert_array_equal(S.T, stft.dstft(x, rounded(theta)[None], t, n_fft=64, c=c))
        self.assertEqual(block.invalid_rates(), 3)

    def test_the_last_rate_holds_when_rates_end_first(self):
        x = signal(700, False)
        t, theta, c = self.frames(700, 64, 16.0)
        (S,), _ = run(forward(False, 64, 16.0, 50.0), x, np.full(len(t), 50, np.float32), np.float32([0.002, 0.005]))
        held = np.float32([0.002] + [0.005] * (len(t) - 1))
        np.testing.assert_array_equal(S.T, stft.dstft(x, 50.0, t, n_fft=64, c=held))

    def test_streams_start_again_in_a_second_run(self):
        x = signal(700, False)
        top, out = graph(), sink(np.complex64, 64)
        block = forward(False, 64, 16.0, 50.0, c=0.004)
        feed, lengths, turns = source(x), source(np.full(10, 50, np.float32)), source(np.full(10, 0.001, np.float32))
        top.connect(feed, block, out)
        top.connect(lengths, (block, 1))
        top.connect(turns, (block, 2))
        for _ in range(2):
            for one in (feed, lengths, turns):
                one.at = 0
            out.got = []
            top.run()
            np.testing.assert_array_equal(np.concatenate(out.got).T, stft.dstft(x, 50.0, positions(700, 16.0), n_fft=64, c=np.float32(0.001)))


class inverses(unittest.TestCase):
    def chain(self, x, block, back, theta, c, t=None, pieces=(1 << 20,)):
        top, out = graph(), sink(np.complex64, 1)
        top.connect(source(x, pieces), block, back, out)
        for items, port in ((theta, 1), (c, 2)):
            feed = source(items, pieces)
            top.connect(feed, (block, port))
            top.connect(feed, (back, port if port == 1 else 3))
        centres = np.stack([np.floor(t), t - np.floor(t)], 1)
        top.connect(source(centres, pieces), (back, 2))
        top.run()
        return np.concatenate([np.empty(0, x.dtype), *out.got])

    def test_samples_come_back_from_rates_that_jump(self):
        for (n_fft, hop), length, pieces in itertools.product(((15, 3.25), (64, 16.0), (1024, 100.5)), (0, 1, 63, 5000), ((1 << 20,), (1, 300, 17))):
            with self.subTest(n_fft=n_fft, length=length, pieces=pieces):
                x = signal(length, False)
                t = positions(length, hop)
                theta = RNG.uniform(0.7 * n_fft, n_fft, len(t)).astype(np.float32)
                back = backward(False, n_fft)
                y = self.chain(x, forward(False, n_fft, hop, float(n_fft)), back, theta, rates(theta), t, pieces)
                self.assertEqual(len(y), length)
                self.assertLessEqual(np.max(np.abs(y - x), initial=0), 3e-6 * np.max(np.abs(x), initial=0))
                self.assertEqual((back.uncovered(), back.invalid_rates()), (0, 0))

    def test_samples_come_back_from_one_rate(self):
        x = signal(3000, False)
        top, out = graph(), sink(np.complex64, 1)
        top.connect(source(x), forward(False, 64, 16.0, 64.0, c=1 / 128), backward(False, 64, c=1 / 128), out)
        top.run()
        self.assertLessEqual(np.max(np.abs(np.concatenate(out.got) - x)), 3e-6 * np.max(np.abs(x)))

    def test_samples_come_back_by_the_tag_of_the_rate(self):
        x = signal(3000, False)
        for share in ("constant", "frame"):
            top, out = graph(), sink(np.complex64, 1)
            block, back = forward(False, 64, 16.0, 64.0, c=-1 / 130, share=share), backward(False, 64, c=0.001)
            top.connect(source(x), block, back, out)
            if share == "frame":
                feed = source(np.full(len(positions(3000, 16.0)), 60, np.float32))
                top.connect(feed, (block, 1))
                top.connect(feed, (back, 1))
            top.run()
            self.assertLessEqual(np.max(np.abs(np.concatenate(out.got) - x)), 3e-6 * np.max(np.abs(x)))

    def test_the_tag_gives_a_rate_for_all_frames_or_says_that_each_has_its_own(self):
        x = signal(700, True)
        turns = np.full(len(positions(700, 16.0)), 0.004, np.float32)
        for real in (True, False):
            _, told = run(forward(real, 64, 16.0, 50.0, c=0.004), x.astype(np.float32 if real else np.complex64))
            self.assertEqual(told.value("stft_chirp"), [(0, 0.004)])
        _, told = run(forward(True, 64, 16.0, 50.0), x)
        self.assertEqual(told.value("stft_chirp"), [])
        _, told = run(forward(True, 64, 16.0, 50.0, c=0.004), x, 50 + 0 * turns, turns)
        self.assertEqual(told.value("stft_chirp"), [(0, "frame")])

    def test_an_inverse_without_the_rates_of_its_frames_ends_with_an_error(self):
        x = signal(3000, False)
        adaptive = stft.adaptive_stft_cvc(64, 16.0, learn="theta_chirp")
        rated = forward(False, 64, 16.0, 50.0)
        for block, ports in ((adaptive, (1, 2)), (rated, (1,))):
            top, out = graph(), sink(np.complex64, 1)
            back = backward(False, 64)
            top.connect(source(x), block, back, out)
            if block is rated:
                theta = source(np.full(len(positions(3000, 16.0)), 50, np.float32))
                top.connect(theta, (block, 1))
                top.connect(theta, (back, 1))
                top.connect(source(np.full(len(positions(3000, 16.0)), 0.004, np.float32)), (block, 2))
            else:
                for port in ports:
                    top.connect((block, port), (back, port))
            top.run()
            self.assertEqual(sum(len(each) for each in out.got), 0)

    def test_spectra_that_have_no_inverse_under_a_chirp_are_inverted_without(self):
        x = signal(700, True)
        (S,), _ = run(forward(True, 64, 16.0, 64.0, c=0.004), x)
        top, out = graph(), sink(np.float32, 1)
        top.connect(source(x), forward(True, 64, 16.0, 64.0, c=0.004), backward(True, 64), out)
        top.run()
        plain = stft.idstft(S.T, 64.0, positions(700, 16.0), n_fft=64, length=700)
        np.testing.assert_allclose(np.concatenate(out.got), plain, rtol=0, atol=2e-6 * np.max(np.abs(x)))

    def test_what_is_learned_from_real_samples_comes_back(self):
        k = np.arange(20000)
        x = (np.cos(2 * np.pi * (0.05 * k + 1e-5 * k**2)) + 0.1 * RNG.standard_normal(len(k))).astype(np.float32)
        top, out = graph(), sink(np.complex64, 1)
        block, back = stft.adaptive_stft_fvc(256, 32.0, learn="theta_chirp"), backward(False, 256)
        top.connect(source(x), block, back, out)
        for port in (1, 2, 3):
            top.connect((block, port), (back, port))
        top.run()
        y = np.concatenate(out.got)
        self.assertEqual(len(y), len(x))
        self.assertLessEqual(np.max(np.abs(y.real - x)), 3e-6 * np.max(np.abs(x)))
        self.assertEqual(back.invalid_rates(), 0)


class refusals(unittest.TestCase):
    def test_names_the_rate(self):
        for make, arguments in (
            (stft.dstft_fvc, dict(c=0.011)),
            (stft.dstft_cvc, dict(c=float("nan"))),
            (stft.dstft_cvc, dict(c=0.001, share="bin")),
            (stft.idstft_vcf, dict(c=0.001)),
            (stft.idstft_vcc, dict(c=0.001, share="cell")),
            (stft.idstft_vcc, dict(c=float("nan"))),
        ):
            with self.subTest(make=make.__name__, arguments=arguments), self.assertRaisesRegex(ValueError, "^c: "):
                make(64, *((16.0, 50.0) if "id" not in make.__name__ else ()), **arguments)


if __name__ == "__main__":
    unittest.main()
