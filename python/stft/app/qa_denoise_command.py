#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The verb denoise of gr_stft: what it writes is what the array function gives; channels, SigMF, events, refusals, a full disk."""
import json
import os
import signal
import subprocess
import sys
import time
import unittest

import numpy as np
from qa_command import InFolder, needs, run, start

from gnuradio import stft

FS = 8000


def noisy(length=12000, seed=1):
    """A keyed tone in noise, which begins with noise alone."""
    n = np.arange(length)
    return (0.3 * np.sin(0.5 * n) * (n % 6000 > 3000) + 0.05 * np.random.default_rng(seed).standard_normal(length)).astype(np.float32)


class Denoise(InFolder):
    raw = ("x.rf32", "--dtype", "rf32_le", "--rate", str(FS))

    def setUp(self):
        super().setUp()
        self.x = noisy()
        self.x.tofile("x.rf32")

    def test_files_hold_what_the_array_function_gives(self):
        out = self.assert_done("denoise", *self.raw, "--n-fft", "256", "-o", "y.npy", "-o", "y.sigmf-meta")
        self.assertRegex(out, r"^x\.rf32: 1\.5 s, -\d+\.\d dB -> -\d+\.\d dB \(wiener, n_fft 256, hop 64\)\n  y\.npy\n  y\.sigmf-meta\n  y\.sigmf-data\n$")
        y = stft.denoise(self.x, n_fft=256)
        np.testing.assert_array_equal(np.load("y.npy"), y)
        np.testing.assert_array_equal(np.fromfile("y.sigmf-data", np.float32), y)
        with open("y.sigmf-meta", encoding="utf-8") as file:
            described = json.load(file)["global"]
        self.assertEqual((described["core:datatype"], described["core:sample_rate"]), ("rf32_le", FS))
        self.assertLess(np.mean(y[500:2500] ** 2), 0.02 * np.mean(self.x[500:2500] ** 2))

    def test_options_are_those_of_the_function(self):
        self.assert_done("denoise", *self.raw, "--n-fft", "256", "--win-length", "200", "--overlap", "0.5", "--window", "kaiser:5", "--method",
                         "log_mmse", "--noise", "0:0.3", "--floor", "-12", "--oversubtraction", "2", "--smoothing", "1", "--keep", "1k:1.2k",
                         "--reject", "0:300", "--reject", "3k:4k", "-o", "y.npy")
        y = stft.denoise(self.x, ("kaiser", 5), n_fft=256, win_length=200, hop=100, method="log_mmse", noise=(0, 0.3), fs=FS, gain_floor=-12,
                         oversubtraction=2, smoothing=1, keep="1000:1200", reject="0:300,3000:4000")
        np.testing.assert_array_equal(np.load("y.npy"), y)
        self.assert_done("denoise", *self.raw, "--n-fft", "256", "--tracking", "floor", "--start", "0.25", "--stop", "1.25", "-o", "y.npy")
        np.testing.assert_array_equal(np.load("y.npy"), stft.denoise(self.x[2000:10000], n_fft=256, tracking="floor"))

    @needs("soundfile")
    def test_all_channels_go_into_one_file(self):
        import soundfile

        channels = np.stack([self.x, noisy(seed=2)], 1)
        soundfile.write("x.wav", channels, FS, subtype="FLOAT")
        out = self.assert_done("denoise", "x.wav", "--n-fft", "256", "--noise", "0:0.3", "-o", "y.wav", "-o", "y.flac", "-o", "y.npy", "-o", "y.sigmf-meta")
        self.assertIn("2 channels", out)
        expected = stft.denoise(channels.T, n_fft=256, noise=(0, 0.3), fs=FS).T
        for name, tolerance in ("y.wav", 0), ("y.flac", 2**-22):
            y, fs = soundfile.read(name, dtype="float32")
            np.testing.assert_allclose(y, expected, rtol=0, atol=tolerance)
            self.assertEqual(fs, FS)
        np.testing.assert_array_equal(np.load("y.npy"), expected)
        np.testing.assert_array_equal(np.fromfile("y.sigmf-data", np.float32).reshape(-1, 2), expected)
        with open("y.sigmf-meta", encoding="utf-8") as file:
            self.assertEqual(json.load(file)["global"]["core:num_channels"], 2)
        self.assert_done("denoise", "x.wav", "--n-fft", "256", "--channel", "1", "-o", "y.npy")
        np.testing.assert_array_equal(np.load("y.npy"), stft.denoise(channels[:, 1], n_fft=256))
        self.assert_done("denoise", "x.wav", "--n-fft", "256", "--channel", "all", "-o", "{input}-{channel}.npy")
        self.assertEqual([np.load(f"x-{i}.npy").shape for i in range(2)], [(12000,)] * 2)
        with open("x.wav", "rb") as file:
            piped = start("denoise", "-", "--n-fft", "256", "--noise", "0:0.3", "-o", "z.wav", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            piped.stdin.buffer.write(file.read())
            self.assertEqual(piped.communicate()[1], "")
        np.testing.assert_array_equal(soundfile.read("z.wav", dtype="float32")[0], expected)

    def test_complex_samples_with_centre_and_time(self):
        x = (noisy() + 1j * noisy(seed=3)).astype(np.complex64)
        x.tofile("x.sigmf-data")
        meta = {"global": {"core:datatype": "cf32_le", "core:sample_rate": 1e4, "core:version": "1.0.0"}, "annotations": [],
                "captures": [{"core:sample_start": 0, "core:frequency": 1e8, "core:datetime": "2026-01-01T00:00:00Z"}]}
        with open("x.sigmf-meta", "w", encoding="utf-8") as file:
            json.dump(meta, file)
        self.assert_done("denoise", "x.sigmf-meta", "--n-fft", "128", "--reject", "100.002M:100.003M", "--start", "0.5", "-o", "y.sigmf-meta")
        y = np.fromfile("y.sigmf-data", np.complex64)
        np.testing.assert_array_equal(y, stft.denoise(x[5000:], n_fft=128, fs=1e4, reject="2000:3000"))
        with open("y.sigmf-meta", encoding="utf-8") as file:
            capture = json.load(file)["captures"][0]
        self.assertEqual((capture["core:frequency"], capture["core:datetime"][:21]), (1e8, "2026-01-01T00:00:00.5"))

    def test_masks_and_events(self):
        np.save("mask.npy", np.arange(129) < 40)
        status, _, err = run("denoise", *self.raw, "--n-fft", "256", "--mask", "mask.npy", "-o", "y.npy")
        self.assertEqual((status, "mask" in err), (2, True))  # truth values are no factors
        mask = (np.arange(129) < 40).astype(float)
        np.save("mask.npy", mask)
        self.assert_done("denoise", *self.raw, "--n-fft", "256", "--mask", "mask.npy", "-o", "y.npy")
        np.testing.assert_array_equal(np.load("y.npy"), stft.denoise(self.x, n_fft=256, mask=mask))
        event = dict(kind="burst", cut=None, sample_start=4000, sample_count=3000, freq_lower=500.0, freq_upper=900.0)
        with open("e.jsonl", "w", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
        with open("e.csv", "w", encoding="utf-8") as file:
            file.write(",".join(event) + "\n" + ",".join("" if v is None else str(v) for v in event.values()) + "\n")
        for use in "keep", "reject", "only":
            for name in "e.jsonl", "e.csv":
                self.assert_done("denoise", *self.raw, "--n-fft", "256", f"--{use}-events", name, "--start", "0.1", "-o", "y.npy")
                moved = dict(event, sample_start=3200)
                np.testing.assert_array_equal(np.load("y.npy"), stft.denoise(self.x[800:], n_fft=256, fs=FS, detected=[moved], events=use))

    def test_samples_that_are_no_numbers_are_counted(self):
        self.x[3000] = np.nan
        self.x[5000] = np.inf
        self.x.tofile("x.rf32")
        status, _, err = run("denoise", *self.raw, "--n-fft", "256", "-o", "y.npy")
        self.assertEqual((status, err), (0, "gr_stft denoise: warning: x.rf32: 2 samples are NaN or infinite; so is what the windows around "
                                            "them hold\n"))
        self.assertTrue(np.isfinite(np.load("y.npy")[6000:]).all())

    @needs("soundfile")
    def test_values_that_integers_cannot_hold_are_clipped_and_counted(self):
        (10 * self.x).tofile("x.rf32")
        status, _, err = run("denoise", *self.raw, "--n-fft", "256", "-o", "y.flac", "-o", "y.wav")
        self.assertEqual(status, 0)
        self.assertRegex(err, r"^gr_stft denoise: warning: x\.rf32: \d+ values are clipped or not finite")

    def test_refusals_name_parameter_value_and_rule(self):
        for words, options in {
            "output: missing: ": (), "output: x.rf32: must end in": ("-o", "x.rf32"), "output: y.txt: must end in": ("-o", "y.txt"),
            "output: y.npy: is given twice": ("-o", "y.npy", "-o", "y.npy"), "noise: 3:2: ": ("--noise", "3:2", "-o", "y.npy"),
            "noise: 1:99: must lie in": ("--noise", "1:99", "-o", "y.npy"), "noise: 1e+308:1.5e+308: must lie in": ("--noise", "1e308:1.5e308", "-o", "y.npy"), "noise: 0:0.01: must hold a window": ("--noise", "0:0.01", "-o", "y.npy"),
            "floor: 3: ": ("--floor", "3", "-o", "y.npy"), "smoothing: 4: ": ("--smoothing", "4", "-o", "y.npy"),
            "oversubtraction: 0: ": ("--oversubtraction", "0", "-o", "y.npy"), "tracking: floor: ": ("--noise", "0:1", "--tracking", "floor", "-o", "y.npy"),
            "mask: none.npy: No such file": ("--mask", "none.npy", "-o", "y.npy"), "keep_events: none.csv: No such file": ("--keep-events", "none.csv", "-o", "y.npy"),
            "keep_events: x.rf32: must be": ("--keep-events", "x.rf32", "-o", "y.npy"), "hop: 3000: ": ("--hop", "3000", "-o", "y.npy"),
        }.items():  # fmt: skip
            with self.subTest(words):
                self.assert_refused(["denoise", *self.raw, *options], words)
        for words in (("--noise", "1"), ("--keep", "5"), ("--reject", "5:4"), ("--method", "x"), ("--tracking", "x")):
            self.assertEqual(run("denoise", *self.raw, *words, "-o", "y.npy")[0], 2)
        os.rename("x.rf32", "x.sigmf-data")
        with open("x.sigmf-meta", "w", encoding="utf-8") as file:
            json.dump({"global": {"core:datatype": "rf32_le", "core:sample_rate": 1.5}}, file)
        self.assert_refused(["denoise", "x.sigmf-data", "-o", "x.sigmf-meta"], "output: x.sigmf-meta: is the input")
        self.assert_refused(["denoise", "x.sigmf-meta", "-o", "./x.sigmf-meta"], "is the input")

    @needs("soundfile")
    def test_sound_files_need_a_rate_that_is_whole(self):
        self.assert_refused(["denoise", "x.rf32", "--dtype", "rf32_le", "--rate", "1.5", "-o", "y.wav"], "output: y.wav: cannot hold a sampling rate of 1.5 Hz")
        status, _, err = run("denoise", "x.rf32", "--dtype", "rf32_le", "-o", "y.wav")
        self.assertEqual((status, "needs a sampling rate" in err), (2, True))

    @needs("soundfile")
    def test_a_full_disk_leaves_nothing(self):
        limit = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)); "
        code = limit + "from gnuradio.stft.app.command import main; sys.exit(main(sys.argv[1:]))"
        for name in "y.wav", "y.flac", "y.npy", "y.sigmf-meta":
            done = subprocess.run([sys.executable, "-c", code, "denoise", *self.raw, "-o", name], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, rf"\Agr_stft denoise: {os.path.splitext(name)[0]}\.[^\n]+\n\Z")
            self.assertEqual(os.listdir(), ["x.rf32"])

    def test_a_signal_leaves_nothing(self):
        np.zeros(2**25, np.float32).tofile("long.rf32")
        process = start("denoise", "long.rf32", "--dtype", "rf32_le", "--rate", "8000", "-o", "y.npy")
        deadline = time.monotonic() + 60
        while not any(name.endswith(".part") for name in os.listdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate()
        self.assertNotEqual(process.returncode, 0)
        self.assertEqual(sorted(os.listdir()), ["long.rf32", "x.rf32"])

    def test_a_batch_denoises_files(self):
        os.mkdir("many")
        for i in range(3):
            np.save(f"many/{i}.npy", noisy(seed=i))
        status, out, err = run("batch", "--jobs", "2", "denoise", "--n-fft", "256", "-o", "{input}.sigmf-meta", "--", "many", "-o", "done")
        self.assertEqual(status, 0, err)
        for i in range(3):
            np.testing.assert_array_equal(np.fromfile(f"done/{i}.sigmf-data", np.float32), stft.denoise(noisy(seed=i), n_fft=256))


if __name__ == "__main__":
    unittest.main()
