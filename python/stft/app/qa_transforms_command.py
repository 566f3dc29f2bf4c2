#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The transforms that the verb spectrogram of gr_stft offers: what is in its files, and what it refuses."""

import json
import unittest
from unittest import mock

import numpy as np
from qa_command import InFolder, complex_noise, needs, noise

from gnuradio import stft
from gnuradio.stft.app import spectrogram_analysis

OPTIONS = ("--rate", 1000, "--n-fft", 60, "--win-length", 50, "--hop", 17)
MADE = dict(n_fft=60, win_length=50, hop=17, fs=1000.0)


class Transforms(InFolder):

    def made(self, x, *options):
        np.save("x.npy", x)
        self.assert_done("spectrogram", "x.npy", *OPTIONS, "-o", "x.npz", *options)
        with np.load("x.npz") as file:
            return dict(file)

    def test_reassigned_files_hold_what_the_array_function_returns(self):
        for x, sides in ((noise(3001), "onesided"), (noise(3001).astype("f4"), "onesided"), (complex_noise(3001), "centered")):
            for kind in ("psd", "power"):
                got = self.made(x, "--transform", "reassigned", "--kind", kind, "--window", "kaiser:5")
                expected = stft.reassigned_spectrogram(x, ("kaiser", 5.0), kind=kind, sides=sides, **MADE)
                self.assertEqual(got["power"].dtype, expected.dtype)
                np.testing.assert_array_equal(got["power"], expected)
                self.assertEqual(json.loads(str(got["meta"]))["transform"], "reassigned")

    def test_synchrosqueezed_files_hold_amplitudes_or_powers(self):
        for x, sides in ((noise(3001), "onesided"), (complex_noise(3001), "centered")):
            for order in (1, 2):
                T, _ = stft.synchrosqueeze(x, sides=sides, order=order, **MADE)
                amplitude = np.abs(T) / 60  # hann is 1 at its centre
                halves = np.full((len(T), 1), 0.5 if sides == "onesided" else 1.0)
                if sides == "onesided":
                    halves[[0, -1]] = 1
                options = ("--transform", "synchrosqueezed", "--order", order)
                magnitude = self.made(x, *options, "--kind", "magnitude")
                np.testing.assert_allclose(magnitude["magnitude"], amplitude, rtol=1e-12)
                power = self.made(x, *options)
                np.testing.assert_allclose(power["power"], amplitude**2 * halves, rtol=1e-12)
                meta = json.loads(str(power["meta"]))
                self.assertEqual((meta["transform"], meta["order"], meta["kind"], meta["unit"]), ("synchrosqueezed", order, "power", "1"))

    def test_a_tone_reads_its_power_in_one_row(self):
        x = 3 * np.cos(2 * np.pi * 0.2 * np.arange(3001))
        got = self.made(x, "--transform", "synchrosqueezed", "--n-fft", 200, "--win-length", 200)
        inner = got["power"][:, 20:-20]
        # image and tone share some cells half way between them: 1e-3 of the amplitude
        np.testing.assert_allclose(inner[40], 4.5, rtol=2e-3)
        self.assertLess(np.delete(inner, 40, axis=0).max(), 1e-5)

    def test_blocks_do_not_show(self):
        x = noise(3001)
        for transform, hop in (("reassigned", 5), ("reassigned", 64), ("reassigned", 200), ("synchrosqueezed", 16)):
            options = ("--transform", transform, "--hop", hop)
            whole = self.made(x, *options)
            for values, samples in ((1, 1), (64 * 7, 2**21), (2**20, 1000)):
                with mock.patch.multiple(spectrogram_analysis, _BLOCK_FRAMES=1, _BLOCK_VALUES=values, _BLOCK_SAMPLES=samples):
                    np.testing.assert_allclose(self.made(x, *options)["power"], whole["power"], rtol=1e-12, atol=1e-18)

    @needs("matplotlib")
    def test_the_picture_names_the_transform(self):
        np.save("x.npy", noise(3001))
        out = self.assert_done("spectrogram", "x.npy", *OPTIONS, "--transform", "synchrosqueezed", "--order", 2, "-o", "x.png")
        self.assertIn("synchrosqueezed, order 2, kind power", out)
        with open("x.png", "rb") as file:
            self.assertEqual(file.read(4), b"\x89PNG")

    def test_what_does_not_fit_is_refused(self):
        np.save("x.npy", noise(300))
        for options, words in (
            (("--transform", "sharp"), "--transform"),
            (("--kind", "reassigned"), "--kind"),
            (("--scaling", "psd"), "--scaling"),
            (("--order", 2), "order: 2: is of transform synchrosqueezed, not plain"),
            (("--transform", "reassigned", "--kind", "magnitude"), "kind: magnitude: with transform reassigned cells add up"),
            (("--transform", "synchrosqueezed", "--kind", "psd"), "kind: psd: with transform synchrosqueezed values add up"),
            (("--transform", "synchrosqueezed", "--window", "general_cosine:1:-1", "--win-length", 50), "window: general_cosine:1:-1: is 0 at"),
        ):
            self.assert_refused(("spectrogram", "x.npy", *OPTIONS, "-o", "x.npz", *options), words)


if __name__ == "__main__":
    unittest.main()
