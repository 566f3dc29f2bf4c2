#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Tags through the STFT's blocks: places, descriptions, rates and times."""

import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

from qa_flowgraph_parts import unequal, value
from qa_stft_blocks import RNG, SIZES, analysis, run, signal, source, synthesis


class tags(unittest.TestCase):
    @staticmethod
    def at(offset, key, value):
        return gr.tag_utils.python_to_tag((int(offset), pmt.intern(key), value, pmt.intern("test")))

    def test_tags_land_on_the_first_frame_that_holds_their_sample(self):
        for n_fft, win_length, hop in SIZES:
            for placement in ("centred", "left", "full"):
                length = 500
                x = signal(length, True)
                offsets = sorted({0, length - 1, *RNG.choice(length, 40, replace=False).tolist()})
                given = [self.at(o, "mark", pmt.from_long(o)) for o in offsets]
                block = analysis(True, n_fft, hop, "hamming", win_length, placement)
                spectra, found = run(source(x, given), block)
                first = value(found, "stft_first")[0][1]
                starts = first + hop * np.arange(len(spectra))
                got = {}
                for frame, o in value(found, "mark"):
                    self.assertNotIn((o, frame), got)
                    got[(o, frame)] = True
                expected = []
                for o in offsets:
                    ends_after = np.flatnonzero(starts + win_length > o)
                    expected.append((o, int(ends_after[0]) if len(ends_after) else len(spectra) - 1))
                with self.subTest(n_fft=n_fft, win_length=win_length, hop=hop, placement=placement):
                    self.assertEqual(sorted(set(expected)), sorted(got))
                    self.assertEqual(len(value(found, "mark")), len(offsets))

    def test_back_within_a_hop_after_the_inverse(self):
        for n_fft, win_length, hop in SIZES:
            if hop > win_length:
                continue
            for placement in ("centred", "left", "full"):
                length = 700
                x = signal(length, True)
                offsets = sorted({0, length - 1, *RNG.choice(length, 50, replace=False).tolist()})
                given = [self.at(o, "mark", pmt.from_long(o)) for o in offsets]
                y, found = run(
                    source(x, given),
                    stft.stft_fvc(n_fft, hop, "hamming", win_length, placement),
                    unequal(np.complex64, n_fft // 2 + 1),
                    synthesis(True, n_fft, hop, "hamming", win_length, placement),
                )
                got = value(found, "mark")
                with self.subTest(n_fft=n_fft, win_length=win_length, hop=hop, placement=placement):
                    self.assertEqual(sorted(o for _, o in got), offsets)
                    for where, o in got:
                        self.assertLess(where, length)
                        if o >= win_length:
                            self.assertLess(abs(where - o), hop if hop > 1 else 1)
                    self.assertFalse([t for t in found if pmt.symbol_to_string(t.key).startswith("stft_")])

    def test_describe_the_frames(self):
        x = signal(300, True)
        _, found = run(source(x), analysis(True, 64, 16, "hann", 50, phase="absolute", scaling="psd", samp_rate=9.0))
        expected = dict(
            stft_first=-25, stft_hop=16, stft_n_fft=64, stft_win_length=50, stft_phase="absolute",
            stft_scaling="psd", stft_samp_rate=9.0,
        )  # fmt: skip
        for key, wanted in expected.items():
            self.assertEqual(value(found, key), [(0, wanted)])
        taps = value(found, "stft_window")[0][1]
        np.testing.assert_array_equal(taps, stft.sample_window("hann", 50))

    def test_inverse_follows_them_against_its_arguments(self):
        x = signal(900, True)
        y, _ = run(
            source(x),
            stft.stft_fvc(64, 10, "hann", 50, "left", "absolute", "ortho"),
            synthesis(True, 64, 32, "hamming", 64, "centred", "centre", "none"),
        )
        self.assertEqual(len(y), 900)
        self.assertLess(np.max(np.abs(y[60:850, 0] - x[60:850])), 2e-6 * np.max(np.abs(x)))

    def test_inverse_of_an_odd_n_fft_given_as_the_even_one_of_as_many_bins(self):
        x = signal(900, True)
        y, _ = run(source(x), stft.stft_fvc(65, 16), synthesis(True, 64, 16))
        self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_tags_of_a_later_start_give_zeros_up_to_it(self):
        x = signal(1000, True)
        X = stft.stft(x, hop=16, n_fft=64, placement="full")
        frames, first = X.shape[1], -48
        later = [self.at(frames, "stft_first", pmt.from_long(5000 + first)), self.at(frames, "mark", pmt.from_long(1))]
        items = np.ascontiguousarray(np.hstack([X, X]).T).ravel().tolist()
        spectra = blocks.vector_source_c(items, False, 33, later)
        y, found = run(spectra, synthesis(True, 64, 16, placement="full"))
        for begin in (0, 5000):
            self.assertLess(np.max(np.abs(y[begin : begin + 1000, 0] - x)), 2e-6 * np.max(np.abs(x)))
        self.assertFalse(y[1064 : 5000 - 64].any())  # under no frame
        self.assertEqual(len(value(found, "mark")), 1)

    def test_tags_of_spectra_that_do_not_fit_are_ignored(self):
        x = signal(900, False)
        y, _ = run(source(x), stft.stft_cvc(33, 8), synthesis(True, 64, 16))  # 33 bins, but of other spectra
        self.assertGreater(len(y), 0)

    def test_densities_follow_scaling_and_window_unless_the_spectra_are_of_another_n_fft(self):
        items = np.ones(20 * 33, np.complex64).tolist()
        scaled = [self.at(3, "stft_window", pmt.init_f64vector(64, np.full(64, 0.5))), self.at(3, "stft_scaling", pmt.intern("none"))]
        others = [self.at(3, "stft_n_fft", pmt.from_long(65)), *scaled]  # with as many bins
        plain, densities, others = (
            run(blocks.vector_source_c(items, False, 33, tags), stft.power_vcvf(64, kind="psd"))[0] for tags in ([], scaled, others)
        )
        np.testing.assert_allclose(densities[3:], plain[3:] / 16, rtol=1e-6)  # the sum of the window's squares
        np.testing.assert_array_equal(others, plain)

    def test_tags_of_a_hop_beyond_the_window_give_zeros_in_the_gaps(self):
        x = signal(900, True)
        y, _ = run(source(x), stft.stft_fvc(64, 100, "boxcar", placement="left"), synthesis(True, 64, 16))
        self.assertEqual(len(y), 900)
        covered = np.arange(900) % 100 < 64
        self.assertLess(np.max(np.abs((y[:, 0] - x)[covered])), 2e-6 * np.max(np.abs(x)))
        self.assertFalse(y[~covered].any())

    def test_rx_time_is_that_of_the_frame_s_first_sample_and_comes_back(self):
        x = signal(4000, True)
        rate, seconds = 1000.0, 100
        time_at = pmt.make_tuple(pmt.from_uint64(seconds), pmt.from_double(0.25))
        given = [
            self.at(0, "rx_time", pmt.make_tuple(pmt.from_uint64(seconds - 1), pmt.from_double(0.25))),
            self.at(0, "rx_rate", pmt.from_double(rate)),  # after the time that needs it
            self.at(1000, "rx_time", time_at),
            self.at(1000, "rx_freq", pmt.from_double(5e6)),
        ]
        _, found = run(source(x, given), analysis(True, 64, 16))
        starts = {frame: -32 + 16 * frame for frame in range(1000)}
        self.assertEqual(value(found, "rx_rate"), [(0, rate / 16)])
        self.assertEqual([v for _, v in value(found, "rx_freq")], [5e6])
        for frame, (full, fraction) in value(found, "rx_time"):
            self.assertAlmostEqual(full + fraction, 99.25 + starts[frame] / rate, places=9)
        _, found = run(source(x, given), stft.stft_fvc(64, 16), synthesis(True, 64, 16))
        self.assertEqual(value(found, "rx_rate"), [(0, rate)])
        for sample, (full, fraction) in value(found, "rx_time"):
            self.assertAlmostEqual(full + fraction, 99.25 + sample / rate, places=9)
        self.assertEqual(len(value(found, "rx_time")), 2)

    def test_rx_rate_scales_the_density(self):
        x = signal(500, True)
        given = [self.at(0, "rx_rate", pmt.from_double(50.0))]
        got, _ = run(source(x, given), stft.spectrogram_fvf(64, 16))
        np.testing.assert_array_equal(got.T, stft.spectrogram(x, hop=16, n_fft=64, fs=50.0))

    def test_rate_of_a_stream_that_has_ended_is_forgotten_by_changes_too(self):
        x = signal(400, True)
        for change in (lambda block: block.set_hop(8), lambda block: block.set_window("hamming")):
            block = stft.stft_fvc(16, 4, scaling="psd", samp_rate=100.0)
            _, found = run(source(x, [self.at(0, "rx_rate", pmt.from_double(32000.0))]), block)
            self.assertEqual(value(found, "stft_samp_rate"), [(0, 32000.0)])
            change(block)
            got, found = run(source(x), block)
            self.assertEqual(value(found, "stft_samp_rate"), [(0, 100.0)])
            new = stft.stft_fvc(16, 4, scaling="psd", samp_rate=100.0)
            change(new)
            np.testing.assert_array_equal(got, run(source(x), new)[0])

    def test_go_to_the_row_of_their_frame(self):
        x = signal(4000, True)
        given = [self.at(o, "mark", pmt.from_long(o)) for o in (0, 999, 3999)]
        got, found = run(source(x, given), stft.spectrogram_fvf(64, 16, average=8))
        frame_of = lambda o: max(0, (o + 32 - 64) // 16 + 1)
        self.assertEqual(value(found, "mark"), [(frame_of(o) // 8, o) for o in (0, 999, 3999)])
        self.assertEqual(value(found, "stft_length"), [(len(got) - 1, 4000)])


if __name__ == "__main__":
    unittest.main()
