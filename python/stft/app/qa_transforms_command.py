#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The transforms that the verb spectrogram of gr_stft offers: what is in its files, and what it refuses."""

import json
import unittest
import warnings
from unittest import mock

import numpy as np
from qa_command import InFolder, complex_noise, needs, noise, run

from gnuradio import stft
from gnuradio.stft.app import spectrogram_analysis
from gnuradio.stft.app.pictures import spectrogram_picture

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

    def test_powers_that_are_too_large_are_infinite_without_a_word(self):
        x = complex_noise(3000).astype(np.complex64)
        x[1500] = 1e38
        for transform in ("plain", "reassigned", "synchrosqueezed", "adaptive"):
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                self.made(x, "--transform", transform)

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


class LearnedWindows(InFolder):

    def made(self, x, *options, transform="chirp"):
        np.save("x.npy", x)
        self.assert_done("spectrogram", "x.npy", "--rate", 1000, "--n-fft", 128, "--hop", 16, "-o", "x.npz",
                         "--transform", transform, *options)  # fmt: skip
        with np.load("x.npz") as file:
            return dict(file)

    def test_files_hold_the_windows_of_adapt_and_the_powers_through_them(self):
        k = np.arange(3001)
        x = np.cos(2 * np.pi * (0.05 * k + 5e-5 * k**2)) + 0.1 * noise(3001)
        for transform, learn in (("adaptive", "theta"), ("chirp", ("theta", "chirp"))):
            for samples in (x, x.astype("f4"), stft.analytic_signal(x)):
                got = self.made(samples, transform=transform)
                found = stft.adapt(samples, n_fft=128, hop=16, learn=learn, spectra=False)
                frames = len(got["theta"])
                last = np.minimum(np.arange(frames), found.theta.shape[1] - 1)  # which the centred grid has one of more
                np.testing.assert_array_equal(got["theta"], found.theta[0, last])
                more = {}
                if transform == "chirp":
                    np.testing.assert_array_equal(got["c"], found.c[0, last])
                    self.assertLess(np.median(np.abs(got["c"] - 1e-4)), 1e-5)
                    more["c"] = got["c"]
                real = samples.dtype.kind == "f"
                z = stft.analytic_signal(samples) if real and transform == "chirp" else samples
                power = np.abs(stft.dstft(z, got["theta"][None], 16.0 * np.arange(frames), n_fft=128, **more)) ** 2 / 1000
                if not real:
                    power = np.fft.fftshift(power, axes=0)
                else:
                    power = power[:65]
                    power[1:64] *= 0.5 if transform == "chirp" else 2
                np.testing.assert_allclose(got["power"], power, rtol=1e-5, atol=1e-5 * np.max(power))
                meta = json.loads(str(got["meta"]))
                self.assertEqual((meta["transform"], "c" in meta), (transform, transform == "chirp"))

    def test_levels_are_those_of_the_plain_spectrogram(self):
        tone = 3 * np.cos(2 * np.pi * 0.25 * np.arange(3001)) + 1e-3 * noise(3001)
        for transform in ("adaptive", "chirp"):
            for x in (noise(30001), complex_noise(30001)):
                levels = [np.mean(self.made(x, transform=one)["power"][4:-4]) for one in ("plain", transform)]
                self.assertAlmostEqual(levels[1] / levels[0], 1, delta=0.03)
            for kind, name, level in (("power", "power", 4.5), ("magnitude", "magnitude", 3)):
                got = self.made(tone, "--kind", kind, transform=transform)
                np.testing.assert_allclose(np.median(got[name][32]), level, rtol=1e-3)
            half = self.made(stft.analytic_signal(tone), "--kind", "magnitude", transform=transform)
            np.testing.assert_allclose(np.median(half["magnitude"][64 + 32]), 3, rtol=1e-3)

    def test_blocks_and_portions_do_not_show(self):
        x = noise(3001)
        for transform in ("adaptive", "chirp"):
            whole = self.made(x, transform=transform)
            with mock.patch.multiple(spectrogram_analysis, _BLOCK_FRAMES=1, _BLOCK_VALUES=900, _BLOCK_SAMPLES=1000):
                np.testing.assert_array_equal(self.made(x, transform=transform)["power"], whole["power"])
            part = self.made(x, "--start", 1, "--stop", 2, transform=transform)
            self.assertEqual((len(part["times"]), part["times"][0]), (64, 1.0))
            # windows reach out of the portion
            edge = 16.0 * np.arange(64) + 1000
            z = stft.analytic_signal(x[1000 - 128 : 2000 + 128]) if transform == "chirp" else x[1000 - 128 : 2000 + 128]
            S = stft.dstft(z, part["theta"][None], edge - 872, n_fft=128, c=part.get("c"))
            gain = 0.5 if transform == "chirp" else 2
            np.testing.assert_allclose(part["power"][1:64], gain * np.abs(S[1:64]) ** 2 / 1000, atol=1e-12)

    def test_warped_files_hold_the_spectra_of_adapt(self):
        k = np.arange(6001) / 1000
        x = sum(np.cos(2 * np.pi * order * (12 * k + 1.5 * k**2)) for order in (2, 4, 7)) + 0.1 * noise(6001)
        for samples in (x, x.astype("f4")):
            got = self.made(samples, "--n-fft", 1024, "--hop", 32, transform="warped")
            found = stft.adapt(samples, n_fft=1024, hop=32, warp=True)
            first = int(found.t[0]) // 32
            inner = slice(first, first + len(found.t))
            np.testing.assert_array_equal(got["a"][inner], found.a[0])
            self.assertEqual(set(got["a"][:first]), {found.a[0, 0]})
            power = np.abs(found.spectra) ** 2 / 1000
            power[1:-1] *= 2
            np.testing.assert_allclose(got["power"][:, inner], power, rtol=1e-4, atol=1e-6 * np.max(power))
            np.testing.assert_array_equal(got["power"][:, 0], got["power"][:, first])
            np.testing.assert_array_equal(got["theta"][inner], found.theta[0])
        part = self.made(x, "--n-fft", 1024, "--hop", 32, "--start", 2.001, "--stop", 4, transform="warped")
        self.assertEqual(len(part["a"]), len(part["times"]))
        np.testing.assert_allclose(part["times"][0], 2.001)
        part = self.made(x, "--n-fft", 1024, "--hop", 32, "--start", 0.5, "--stop", 4, transform="warped")
        found = stft.adapt(x[500 % 32 : 4000 + 1024], n_fft=1024, hop=32, warp=True)
        np.testing.assert_array_equal(part["a"][:100], found.a[0, (480 - int(found.t[0])) // 32 :][:100])

    def test_warped_levels_are_those_of_the_plain_spectrogram(self):
        levels = [np.mean(self.made(noise(60001), "--n-fft", 512, transform=one)["power"][9:-60]) for one in ("plain", "warped")]
        self.assertAlmostEqual(levels[1] / levels[0], 1, delta=0.05)

    def test_warping_refuses_complex_and_short_recordings(self):
        np.save("x.npy", complex_noise(3000))
        self.assert_refused(("spectrogram", "x.npy", "--rate", 1000, "-o", "x.npz", "--transform", "warped"), "x.npy: complex samples:")
        np.save("x.npy", noise(10))
        self.assert_refused(("spectrogram", "x.npy", "--rate", 1000, "--n-fft", 64, "-o", "x.npz", "--transform", "warped"),
                            "x.npy: 10 samples: hold no frame of n_fft 64")  # fmt: skip

    def test_rows_that_average_have_all_windows(self):
        got = self.made(noise(3001), "--average", 5, transform="chirp")
        self.assertEqual((len(got["theta"]), got["power"].shape[1]), (189, 38))

    @needs("h5py")
    def test_hdf5_holds_what_npz_does(self):
        import h5py

        got = self.made(noise(3001), "-o", "x.h5")
        with h5py.File("x.h5") as file:
            for name in ("theta", "c", "power"):
                np.testing.assert_array_equal(file[name], got[name])

    @needs("matplotlib")
    def test_pictures_show_the_windows_below(self):
        x = noise(3001)
        for transform, labels in (("plain", []), ("adaptive", ["window\n(ms)"]), ("chirp", ["window\n(ms)", "chirp rate\n(kHz/s)"]),
                                  ("warped", ["window\n(ms)", "relative rate\n(1/s)"])):  # fmt: skip
            with mock.patch.object(spectrogram_picture, "save_figure") as save:
                self.made(x, "-o", "x.png", transform=transform)
            figure = save.call_args[0][0]
            self.assertEqual([axes.get_ylabel() for axes in figure.axes if "\n" in axes.get_ylabel()], labels)
            if labels:
                top, panel = figure.axes[:2]
                self.assertEqual(top.get_xlim(), panel.get_xlim())
                self.assertEqual((top.get_xlabel(), panel.get_xlabel()), ("", "Time (s)"))
                figure.draw_without_rendering()
                self.assertAlmostEqual(top.get_position().x1, panel.get_position().x1, 6)

    @needs("matplotlib")
    def test_pictures_are_drawn_of_short_and_silent_recordings(self):
        for x in (np.ones(1), np.zeros(2000), np.full(300, np.nan)):
            for transform in ("adaptive", "chirp"):
                np.save("x.npy", x)
                for rate in (("--rate", 1000), ()):
                    status, _, error = run("spectrogram", "x.npy", *rate, "--n-fft", 64, "-o", "x.png", "--transform", transform)
                    self.assertEqual(status, 0, error)
                    with open("x.png", "rb") as file:
                        self.assertEqual(file.read(4), b"\x89PNG")

    def test_what_does_not_fit_is_refused(self):
        np.save("x.npy", noise(300))
        for transform in ("adaptive", "chirp"):
            self.assert_refused(("spectrogram", "x.npy", "-o", "x.npz", "--transform", transform, "--window", "boxcar"), "window: boxcar")
            self.assert_refused(("spectrogram", "x.npy", "-o", "x.npz", "--transform", transform, "--order", 2),
                                f"order: 2: is of transform synchrosqueezed, not {transform}")  # fmt: skip


if __name__ == "__main__":
    unittest.main()
