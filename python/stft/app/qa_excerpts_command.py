#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Excerpts of recordings, and several recordings or channels in one command."""

import os
import unittest
from unittest import mock

import numpy as np
from qa_command import InFolder, complex_noise, needs, noise, run

from gnuradio import stft
from gnuradio.stft.app import spectrogram_analysis


class Excerpts(InFolder):
    """Frames of an excerpt are those of the whole recording."""

    def both(self, x, *options):
        np.save("x.npy", x)
        options = ("--rate", 1000, "--n-fft", 64, "--hop", 20, *options)
        self.assertEqual(run("spectrogram", "x.npy", *options, "-o", "all.npz")[0], 0)
        self.assert_done("spectrogram", "x.npy", *options, "--start", 0.4, "--stop", 1.2, "-o", "part.npz")
        with np.load("all.npz") as every, np.load("part.npz") as part:
            np.testing.assert_allclose(part["times"], every["times"][20:61])
            return every["power"][:, 20:61], part["power"]

    def test_windows_and_neighbours_reach_out_of_the_excerpt(self):
        for x in (noise(3001), noise(3001).astype("f4"), complex_noise(3001)):
            for transform in ("plain", "reassigned", "synchrosqueezed"):
                for blocks in (1, 16):
                    with self.subTest(transform=transform, dtype=x.dtype, blocks=blocks), \
                            mock.patch.multiple(spectrogram_analysis, _BLOCK_VALUES=1, _BLOCK_FRAMES=blocks):
                        every, part = self.both(x, "--transform", transform)
                        np.testing.assert_allclose(part, every, rtol=1e-5, atol=1e-9 * every.max())

    def test_a_tone_has_no_click_at_the_ends_of_an_excerpt(self):
        x = np.cos(2 * np.pi * 0.1 * np.arange(3001))
        _, part = self.both(x, "--window", "blackmanharris")
        self.assertLess(10 * np.log10(part[25:].max() / part.max()), -90)

    def test_not_a_number_outside_of_reach_does_not_matter(self):
        x = noise(3001)
        x[[300, 1300]] = np.nan
        _, part = self.both(x)
        self.assertTrue(np.isfinite(part).all())

    def test_learning_sees_what_windows_reach(self):
        n = np.arange(3000)
        x = np.cos(0.5 * n)
        np.save("x.npy", x)
        run("learn", "x.npy", "--rate", 1000, "--n-fft", 256, "--hop", 16, "--share", "constant", "--start", 1, "--stop", 1.5, "-o", "x.npz", "-o", "x.png")
        with np.load("x.npz") as file:
            # a tone is best seen through the longest window, at the ends of the excerpt, too
            self.assertGreater(file["theta_samples"].item(), 255)
            expected = stft.learn(x, n_fft=256, hop=16, share="constant", part=(1000, 1500))
            self.assertAlmostEqual(float(file["loss"]), expected.loss, 12)
            np.testing.assert_array_equal(file["t_samples"], expected.t)
            np.testing.assert_array_equal(expected.t, 1000 + 16 * np.arange(32))

    def test_part_of_learn_is_that_of_all_windows_far_from_the_ends(self):
        x = noise(3000)
        padded = np.concatenate([np.zeros(500), x[1000:2000], np.zeros(500)])
        alone = stft.learn(x[1000:2000], n_fft=128, hop=16, share="constant")
        part = stft.learn(padded, n_fft=128, hop=16, share="constant", part=(500, 1500))
        np.testing.assert_allclose(part.theta, alone.theta, rtol=1e-9)
        np.testing.assert_allclose(part.t, 500 + alone.t)
        # one theta for each frame: frames stay in place where the signal goes on
        for share in ("frame", "cell"):
            part = stft.learn(x, n_fft=128, hop=16, share=share, method="adam", max_iterations=1, learning_rate=1e-12, theta_init=100.0,
                              criterion="frame_entropy", part=(1000, 2000))
            S = stft.dstft(x, 100.0, 1000 + 16.0 * np.arange(63), n_fft=128, norm="l2")
            self.assertAlmostEqual(part.history[0], stft.losses.magnitude_entropy(np.abs(S), per_frame=True)[0], 9)
        for bad in ((-1, 5), (5, 5), (0, 3001)):
            with self.assertRaisesRegex(ValueError, "part: .*must be 0 <= begin < end <= 3000"):
                stft.learn(x, n_fft=128, hop=16, part=bad)


class Several(InFolder):

    def test_inputs_and_channels_have_files_of_their_own(self):
        for name in ("a", "b"):
            np.save(f"{name}.npy", noise(500))
        out = self.assert_done("spectrogram", "a.npy", "b.npy", "--rate", 100, "-o", "{input}-{channel}.npz", "--channel", 0)
        self.assertEqual(out.count("file: "), 2)
        self.assertEqual(sorted(name for name in os.listdir() if name.endswith("npz")), ["a-0.npz", "b-0.npz"])

    @needs("soundfile")
    def test_all_channels_of_a_file_are_analysed(self):
        import soundfile
        x = np.round(np.stack([noise(1000, n) for n in range(4)], 1) * 2**15) / 2**15
        soundfile.write("x.wav", x, 8000)
        self.assert_done("spectrogram", "x.wav", "--channel", "all", "--n-fft", 64, "--hop", 32, "-o", "{input}{channel}.npz")
        for channel in range(4):
            with np.load(f"x{channel}.npz") as file:
                np.testing.assert_array_equal(file["power"], stft.spectrogram(x[:, channel].astype("f4"), hop=32, n_fft=64, fs=8000.0))
        self.assert_done("spectrogram", "x.wav", "--channel", "all", "--iq", "-o", "iq{channel}.npz")
        self.assertEqual(sorted(name for name in os.listdir() if name.startswith("iq")), ["iq0.npz", "iq1.npz"])
        self.assert_done("learn", "x.wav", "--channel", "all", "-o", "{channel}.csv", "--n-fft", 64, "--theta-min", 8, "--theta-max", 64, "--theta-init", 16,
                         "--method", "adam", "--max-iterations", 2, "--share", "frame")
        self.assertEqual(sum(name.endswith(".csv") for name in os.listdir()), 4)

    def test_one_that_fails_does_not_keep_the_others(self):
        np.save("a.npy", noise(500))
        np.save("c.npy", noise(500))
        status, out, err = run("spectrogram", "a.npy", "missing.npy", "c.npy", "--rate", 100, "-o", "{input}.npz")
        self.assertEqual((status, out.count("file: ")), (2, 2))
        self.assertEqual(err, "gr_stft spectrogram: missing.npy: No such file or directory\n")
        self.assertEqual(sorted(os.listdir()), ["a.npy", "a.npz", "c.npy", "c.npz"])

    def test_names_that_would_meet_are_refused_before_anything_is_done(self):
        os.mkdir("there")
        for name in ("a.npy", "there/a.npy", "b.npy"):
            np.save(name, noise(500))
        self.assert_refused(("spectrogram", "a.npy", "b.npy", "-o", "x.npz"), "output: x.npz: must hold {input}")
        self.assert_refused(("spectrogram", "a.npy", "--channel", "all", "-o", "x.npz"), "output: x.npz: must hold {channel}")
        self.assert_refused(("spectrogram", "a.npy", "there/a.npy"), "a.png: is given twice")
        np.zeros(100, np.uint8).tofile("b.png")
        self.assert_refused(("spectrogram", "b.png", "a.npy", "--dtype", "ru8"), "b.png: is the input")


if __name__ == "__main__":
    unittest.main()
