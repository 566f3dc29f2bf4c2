#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Chosen bins and the one-integral inverse in flowgraphs: equal to the array functions, tags, changes while running."""

import itertools
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import two_runs, unequal, value
from qa_stft_blocks import analysis, run, signal, source

SIZES = [(1, 1), (2, 2), (3, 2), (8, 8), (15, 9), (17, 17), (64, 40), (1000, 1000), (2048, 1500)]  # n_fft, win_length
HOPS = (1, 3, 17, 70)
REFERENCES = ("start", "centre", "absolute")
PLACEMENTS = ("centred", "left", "full")


def some_bins(real, *args, **kwargs):
    return (stft.stft_bins_fvc if real else stft.stft_bins_cvc)(*args, **kwargs)


def one_integral(real, *args, **kwargs):
    return (stft.one_integral_vcf if real else stft.one_integral_vcc)(*args, **kwargs)


def mark(offset):
    return gr.tag_utils.python_to_tag((offset, pmt.mp("mark"), pmt.from_long(offset), pmt.mp("test")))


class bins(unittest.TestCase):
    def test_bins_are_those_of_the_array_to_the_bit(self):
        for real, (n_fft, m), hop, placement in itertools.product((True, False), SIZES, HOPS, PLACEMENTS):
            for length, phase in ((1, "start"), (m, "centre"), (2500, "absolute")):
                with self.subTest(real=real, n_fft=n_fft, hop=hop, placement=placement, length=length, phase=phase):
                    x = signal(length, real)
                    chosen = [0, n_fft / 2, 0.3 * n_fft] if real else [-n_fft / 2, 0.7 * n_fft, 0]
                    made = dict(win_length=m, n_fft=n_fft, phase=phase, placement=placement)
                    got, tags = run(source(x), unequal(x.dtype), some_bins(real, chosen, hop, "blackman", **made))
                    np.testing.assert_array_equal(got.T, stft.stft_bins(x, chosen, "blackman", hop=hop, **made))
                    self.assertEqual(value(tags, "stft_length"), [(len(got) - 1, length)])

    def test_bins_of_windows_that_do_not_slide_are_those_of_the_array(self):
        x = signal(800, True)
        for window, chosen in ((("kaiser", 8.0), [3, 2.5]), (np.hanning(32), range(17)), ("bartlett", [1])):
            got, _ = run(source(x), some_bins(True, chosen, 1, window, 32))
            np.testing.assert_array_equal(got.T, stft.stft_bins(x, chosen, window, hop=1, win_length=32))

    def test_tags_describe_bins_like_frames(self):
        x = signal(300, False)
        tags = run(source(x), some_bins(False, [3, -1.5], 5, "hann", 50, 64, "absolute", scaling="psd", samp_rate=9.0))[1]
        for key, wanted in dict(
            stft_first=-25, stft_hop=5, stft_n_fft=64, stft_win_length=50, stft_phase="absolute", stft_scaling="psd",
            stft_samp_rate=9.0,
        ).items():  # fmt: skip
            self.assertEqual(value(tags, key), [(0, wanted)])
        self.assertEqual([list(v) for _, v in value(tags, "stft_bins")], [[3.0, -1.5]])

    def test_carry_the_samples_tags_where_the_stft_does(self):
        x, given = signal(700, True), [mark(o) for o in (0, 5, 40, 41, 399, 699)]
        for hop, placement in itertools.product(HOPS, PLACEMENTS):
            marks = [
                value(run(source(x, given), block)[1], "mark")
                for block in (
                    some_bins(True, [1], hop, "hann", 40, placement=placement),
                    analysis(True, 40, hop, "hann", placement=placement),
                )
            ]
            self.assertEqual(*marks)

    def test_change_at_a_sample(self):
        x = signal(3000, True)
        block = some_bins(True, [3, 7], 4, "hann", 64)
        self.assertEqual((block.bins(), block.hop(), block.win_length()), ([3.0, 7.0], 4, 64))
        change = pmt.make_dict()
        for key, changed in (("bins", pmt.init_f64vector(2, [4.5, 7.0])), ("at", pmt.from_long(1000))):
            change = pmt.dict_add(change, pmt.mp(key), changed)
        block.to_basic_block()._post(pmt.mp("cmd"), change)
        block.to_basic_block()._post(pmt.mp("cmd"), pmt.cons(pmt.mp("bins"), pmt.init_f64vector(1, [4.5])))  # ignored
        got, tags = run(source(x), block)
        changed = int(np.ceil((1000 + 32) / 4))
        before, after = (stft.stft_bins(x, b, hop=4, n_fft=64).T for b in ([3, 7], [4.5, 7]))
        np.testing.assert_array_equal(got[:changed], before[:changed])
        np.testing.assert_array_equal(got[changed:], after[changed:])
        self.assertEqual([o for o, _ in value(tags, "stft_bins")], [0, changed])
        block.set_bins([1, 2])
        self.assertEqual(block.bins(), [1.0, 2.0])
        for wrong in ([1], [1, 33], []):
            with self.assertRaises(ValueError):
                block.set_bins(wrong)
        self.assertEqual(block.bins(), [1.0, 2.0])

    def test_a_changed_hop_or_window_changes_no_bit_of_what_it_would_have_been(self):
        x = signal(3000, False)
        block = some_bins(False, [3, 7.25], 4, "hann", 64, 128)
        change = pmt.make_dict()
        for key, changed in (("hop", pmt.from_long(1)), ("window", pmt.mp("blackman")), ("at", pmt.from_long(500))):
            change = pmt.dict_add(change, pmt.mp(key), changed)
        block.to_basic_block()._post(pmt.mp("cmd"), change)
        got, tags = run(source(x), block)
        (_, first), (frame, second) = value(tags, "stft_first")
        made = dict(hop=1, n_fft=128, win_length=64, first=second, frames=len(got) - frame)
        np.testing.assert_array_equal(got[frame:].T, stft.stft_bins(x, [3, 7.25], "blackman", **made))

    def test_bins_start_again_in_a_second_run(self):
        x = signal(1000, True)
        np.testing.assert_array_equal(*two_runs(source(x), some_bins(True, [5], 1, "hann", 64), blocks.vector_sink_c(1)))

    def test_nan_stays_in_the_frames_that_hold_it(self):
        x = signal(1000, True)
        x[500] = np.nan
        got, _ = run(source(x), some_bins(True, [5], 1, "hann", 64))
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(got[:, 0])), 500 + np.arange(-31, 33))

    def test_wrong_arguments_are_refused(self):
        for message, arguments in (
            ("bins: none: must be one or more", ([], 1, "hann", 8)),
            ("bins: 5: must be 0 .. n_fft / 2 = 4", ([5], 1, "hann", 8)),
            ("n_fft: 0: give n_fft, win_length, or the window's taps", ([1], 1)),
            ("win_length: 9: must be 1 .. n_fft = 8", ([1], 1, "hann", 9, 8)),
            ("hop: 0: must be 1 .. 2^40 samples", ([1], 0, "hann", 8)),
        ):
            with self.assertRaises(ValueError) as caught:
                stft.stft_bins_fvc(*arguments)
            self.assertEqual(str(caught.exception), message)


class inverse(unittest.TestCase):
    def test_inverse_is_the_array_s_to_the_bit_and_the_input_with_its_length(self):
        for real, (n_fft, m), phase, placement in itertools.product((True, False), SIZES[:-2], REFERENCES, PLACEMENTS):
            for length in (1, 2, m, 300):
                with self.subTest(real=real, n_fft=n_fft, m=m, phase=phase, placement=placement, length=length):
                    x = signal(length, real)
                    made = dict(win_length=m, phase=phase)
                    y, _ = run(
                        source(x),
                        analysis(real, n_fft, 1, "hamming", placement=placement, **made),
                        unequal(np.complex64, n_fft // 2 + 1 if real else n_fft),
                        one_integral(real, n_fft, "boxcar"),
                    )
                    self.assertEqual(len(y), length)
                    X = stft.stft(x, "hamming", hop=1, n_fft=n_fft, placement=placement, **made)
                    sides = "onesided" if real else "twosided"
                    expected = stft.one_integral_inverse(
                        X, "hamming", n_fft=n_fft, length=length, sides=sides, placement=placement, **made
                    )
                    np.testing.assert_array_equal(y[:, 0], expected)
                    if placement != "left":  # there the first and last half window are at no centre
                        self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))
                    else:
                        centres = slice(m // 2, max(m // 2, length - (m - 1 - m // 2)))
                        np.testing.assert_allclose(y[centres, 0], x[centres], rtol=0, atol=2e-6 * np.max(np.abs(x)))

    def test_inverse_of_some_bins_is_their_band(self):
        n = np.arange(2000)
        low, high = np.cos(2 * np.pi * 5 / 32 * n), np.sin(2 * np.pi * 12 / 32 * n)
        x = source((low + high).astype(np.float32))  # the tags give the bins
        y, _ = run(x, some_bins(True, [6, 4, 5], 1, "hann", 32, phase="absolute"), one_integral(True, 32, bins=[1, 2, 3]))
        np.testing.assert_allclose(y[16:-17, 0], low[16:-17], atol=2e-6)
        z = np.exp(2j * np.pi * 5 / 32 * n) + np.exp(-2j * np.pi * 9 / 32 * n)
        y, _ = run(
            source(z.astype(np.complex64)),
            some_bins(False, [-9, -10, -8], 1, "hann", 32, phase="absolute"),
            one_integral(False, 32, bins=[-9, -10, -8]),
        )
        np.testing.assert_allclose(y[16:-17, 0], np.exp(-2j * np.pi * 9 / 32 * n)[16:-17], atol=2e-6)

    def test_inverse_of_spectra_without_tags_ends_with_the_last_centre(self):
        x = signal(100, True)
        X = stft.stft(x, "hann", hop=1, n_fft=16, phase="absolute")
        spectra = blocks.vector_source_c(np.ascontiguousarray(X.T).ravel().tolist(), False, 9)
        y, _ = run(spectra, one_integral(True, 16, "hann", phase="absolute"))
        np.testing.assert_array_equal(y[:, 0], stft.one_integral_inverse(X, "hann", n_fft=16, phase="absolute"))
        self.assertEqual(len(y), 101)

    def test_puts_tags_back_on_their_samples(self):
        for (n_fft, m), placement in itertools.product(SIZES[:-2], PLACEMENTS):
            length, offsets = 300, [0, 1, 60, 150, 151, 298, 299]
            x = signal(length, True)
            y, tags = run(
                source(x, [mark(o) for o in offsets]),
                analysis(True, n_fft, 1, "hamming", m, placement),
                unequal(np.complex64, n_fft // 2 + 1),
                one_integral(True, n_fft, "hamming", m),
            )
            got = value(tags, "mark")
            self.assertEqual(sorted(o for _, o in got), offsets)
            for where, o in got:
                self.assertLess(where, length)
                if o >= m:
                    self.assertEqual(where, o)
            self.assertFalse([t for t in tags if pmt.symbol_to_string(t.key).startswith("stft_")])

    def test_inverse_follows_the_scaling_and_a_window_that_changes(self):
        x = signal(2000, True)
        block = analysis(True, 64, 1, "hann", 40, scaling="psd", samp_rate=9.0)
        change = pmt.make_dict()
        for key, changed in (("window", pmt.mp("blackman")), ("win_length", pmt.from_long(64)), ("at", pmt.from_long(700))):
            change = pmt.dict_add(change, pmt.mp(key), changed)
        block.to_basic_block()._post(pmt.mp("cmd"), change)
        y, _ = run(source(x), block, one_integral(True, 64, "hann", 40))
        self.assertEqual(len(y), len(x))
        missing = np.flatnonzero(np.abs(y[:, 0] - x) > 2e-6 * np.max(np.abs(x)))
        self.assertEqual(missing.tolist(), list(range(720, 732)))  # the centre moved on by 12 samples
        self.assertFalse(y[missing].any())

    def test_ignores_another_hop(self):
        y, _ = run(source(signal(200, True)), analysis(True, 16, 2, "hann"), one_integral(True, 16, "hann"))
        self.assertEqual(len(y), 101)  # one for each frame, whatever length the last frame's tag has

    def test_latency_and_refusals(self):
        self.assertEqual(one_integral(True, 16).latency(), 1)
        for message, arguments in (
            ("n_fft: 0: must be 1 .. 2^28", (0,)),
            ("window: 3 taps: is 0 at its centre, value 1, which is divided by", (8, [1, 0, 1])),
            ("bins: 3: is there twice", (8, "hann", 0, "centre", [3, 3])),
            ("bins: 2.5: must be whole to be summed", (8, "hann", 0, "centre", [2.5])),
            ("bins: 5: must be 0 .. n_fft / 2 = 4", (8, "hann", 0, "centre", [5])),
            ("phase: end: must be start, centre or absolute", (8, "hann", 0, "end")),
        ):
            with self.assertRaises(ValueError) as caught:
                stft.one_integral_vcf(*arguments)
            self.assertEqual(str(caught.exception), message)


if __name__ == "__main__":
    unittest.main()
