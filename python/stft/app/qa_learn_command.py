#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The verb learn of gr_stft: its files, its picture, interruption, refusals, failures."""

import csv
import importlib.util
import io
import json
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import time
import unittest
from unittest import mock

import numpy as np
from qa_command import InFolder, needs, noise, run, start

from gnuradio import stft
from gnuradio.stft import learning, learning_problem
from gnuradio.stft.app import learn_command, progress_bar
from gnuradio.stft.app.pictures import learn_picture

N = 64
OPTIONS = ("--rate", 1000, "--n-fft", N, "--hop", 12.5, "--share", "constant")


def chirp(length=2000):
    """A line that runs up and down the whole spectrum, for which windows of some 40 samples are best."""
    n = np.arange(length)
    return np.cos(2 * np.pi * (0.05 * n + 1e-3 * n**2)) + 0.1 * noise(length)


def done(test, *arguments):
    """The summary of a run that may warn of a theta at its bounds, and of nothing else."""
    status, out, err = run("learn", *arguments)
    test.assertEqual(status, 0, err)
    test.assertRegex(err, r"\A(gr_stft learn: warning: [^\n]*within 1 % of the (?:greatest|least), [^\n]+\n)?\Z")
    return out


class Files(InFolder):

    def learned(self, x, *options):
        """What the verb writes for x at 1 kHz with OPTIONS: NPZ as a dict, rows of the CSV, its summary."""
        np.save("x.npy", x)
        out = done(self, "x.npy", *OPTIONS, "-o", "x.npz", "-o", "x.csv", *options)
        with open("x.csv", encoding="ascii", newline="") as file:
            rows = list(csv.DictReader(file))
        with np.load("x.npz") as file:
            return dict(file), rows, out

    def test_npz_and_csv_hold_what_the_array_function_returns(self):
        for share in learning_problem.SHARES:
            for x in (chirp().astype("f4"), chirp() + 1j * noise(2000, 1)):
                with self.subTest(share=share, dtype=x.dtype):
                    npz, rows, _ = self.learned(x, "--share", share, "--max-iterations", 3, "--method", "adam",
                                                "--regularisation", 0.2)
                    found = stft.learn(x, n_fft=N, hop=12.5, share=share, max_iterations=3, method="adam",
                                       regularisation=0.2)
                    np.testing.assert_array_equal(npz["theta_samples"], found.theta)
                    np.testing.assert_array_equal(npz["theta_seconds"], found.theta / 1000)
                    np.testing.assert_array_equal(npz["t_samples"], found.t)
                    np.testing.assert_array_equal(npz["t_seconds"], found.t / 1000)
                    self.assertEqual([float(row["loss"]) for row in rows], found.history)
                    self.assertEqual([int(row["evaluation"]) for row in rows], list(range(1, len(rows) + 1)))
                    self.assertEqual((npz["loss"], npz["evaluations"]), (found.loss, len(found.history)))
                    self.assertEqual(len(npz["frequencies"]), N if np.iscomplexobj(x) else N // 2 + 1)
                    self.assertEqual([str(npz[name]) for name in ("share", "window", "norm")], [share, "hann", "l2"])
                    self.assertEqual([npz[name] for name in ("samp_rate", "n_fft", "hop")], [1000, N, 12.5])
                    self.assertEqual(str(npz["criterion"]), "magnitude_entropy" if share == "constant" else "l1l2")
                    self.assertIn("samples", json.loads(str(npz["meta"]))["theta_samples"])

    def test_options_reach_the_array_function(self):
        x = chirp()
        for options, arguments in (
            (("--learn", "theta,t", "--criterion", "kurtosis=1,coverage=2"),
             {"learn": ("theta", "t"), "criterion": {"kurtosis": 1, "coverage": 2}}),
            (("--learn", "both", "--criterion", "entropy"), {"learn": "both", "criterion": "entropy"}),
            (("--learn", "hop", "--theta-init", 47, "--hop-min", 10, "--hop-max", 20),
             {"learn": "hop", "theta_init": 47, "hop_min": 10, "hop_max": 20}),
            (("--alpha", 0.25, "--window", "gaussian:0.15", "--norm", "l1"),
             {"alpha": 0.25, "window": ("gaussian", 0.15), "norm": "l1"}),
            (("--theta-min", 20, "--theta-max", 30, "--tol", 1e-2), {"theta_min": 20, "theta_max": 30, "tol": 1e-2}),
            (("--share", "frame", "--regularisation", 0.5, "--learning-rate", 0.2),
             {"share": "frame", "regularisation": 0.5, "learning_rate": 0.2}),
            (("--share", "frame"), {"share": "frame", "regularisation": 0.1}),
            (("--learn", "theta,chirp", "--share", "frame"), {"learn": ("theta", "chirp"), "share": "frame"}),
            (("--learn", "chirp", "--theta-init", 47, "--chirp-max", 3e-3), {"learn": "chirp", "theta_init": 47, "chirp_max": 3e-3}),
        ):
            with self.subTest(options):
                npz, _, _ = self.learned(x, "--method", "adam", "--max-iterations", 4, *options)
                found = stft.learn(x, n_fft=N, hop=12.5, method="adam", max_iterations=4, **{"share": "constant", **arguments})
                np.testing.assert_array_equal(npz["theta_samples"], found.theta)
                np.testing.assert_array_equal(npz["t_samples"], found.t)
                self.assertEqual("c" in npz, found.c is not None)
                if found.c is not None:
                    np.testing.assert_array_equal(npz["c"], found.c)
                    np.testing.assert_allclose(npz["c_per_second"], 1e6 * found.c)
                    self.assertEqual((float(npz["loss"]), str(npz["criterion"])), (found.loss, "l1l2"))
                self.assertEqual(tuple(npz["learn"]), learning_problem.learned_of(arguments.get("learn", "theta")))
                bounds = arguments.get("theta_min", 25), arguments.get("theta_max", N)
                self.assertEqual((npz["theta_min"], npz["theta_max"]), bounds)
                self.assertEqual([npz.get(name) for name in ("hop_min", "hop_max")], [arguments.get(name) for name in ("hop_min", "hop_max")])
                if len(found.t) > 1:
                    self.assertAlmostEqual(float(npz["hop_samples"]), np.mean(np.diff(found.t)), 9)

    def test_a_chirp_rate_is_learned_and_told(self):
        x = chirp(200)  # without turning back
        npz, _, out = self.learned(x, "--learn", "theta,chirp", "--hop", 8)
        self.assertAlmostEqual(npz["c"].item(), 2e-3, delta=1.5 / 200**2)
        c = npz["c"].item()
        self.assertIn(f"\nchirp:       {c:.4g} cycles/sample^2 ({1e3 * c:.4g} kHz/s)\n", out)
        npz, _, out = self.learned(x, "--learn", "theta,chirp", "--share", "frame", "--hop", 8)
        self.assertEqual(npz["c"].shape, npz["theta_samples"].shape)
        least, greatest, middle = (f"{function(npz['c']):.4g}" for function in (np.min, np.max, np.median))
        self.assertRegex(out, rf"(?m)^chirp: +{least} \.\. {greatest} cycles/sample\^2 \(.* kHz/s\), median {middle} \(.* kHz/s\)$")
        _, _, out = self.learned(x, "--share", "frame", "--hop", 8)
        self.assertNotIn("chirp:", out)

    def test_start_and_stop_cut_the_signal_and_keep_its_time(self):
        x = chirp()
        npz, _, _ = self.learned(x, "--start", 0.5, "--stop", 1.25)
        found = stft.learn(x, n_fft=N, hop=12.5, share="constant", part=(500, 1250))
        np.testing.assert_array_equal(npz["theta_samples"], found.theta)
        np.testing.assert_allclose(npz["t_samples"], 500 + 12.5 * np.arange(61))
        np.testing.assert_allclose(npz["t_seconds"], npz["t_samples"] / 1000)

    def test_loss_before_is_that_of_the_usual_window(self):
        npz, _, out = self.learned(chirp())
        self.assertEqual(float(npz["theta_before"]), N)
        expected = learning.start_at(N, chirp(), n_fft=N, hop=12.5, share="constant").loss
        self.assertAlmostEqual(float(npz["loss_before"]), expected, 12)
        self.assertLess(npz["loss"], npz["loss_before"])
        self.assertRegex(out, rf"(?m)^loss: +{npz['loss']:.6g}, {expected:.6g} before, with one window of 64 samples \(64 ms\)$")

    def test_summary_has_theta_in_samples_and_milliseconds(self):
        npz, _, out = self.learned(chirp())
        theta = float(npz["theta_samples"].item())
        self.assertRegex(out, rf"(?m)^theta: +{theta:.5g} samples \({theta:.4g} ms\)$")  # at 1 kHz
        self.assertRegex(out, rf"(?m)^evaluations: +{npz['evaluations']}$")
        self.assertLess(len(out.splitlines()), 24)

    @needs("matplotlib")
    @needs("scipy")
    def test_default_outputs_are_all_three_beside_us(self):
        os.mkdir("there")
        np.save(os.path.join("there", "tone.npy"), chirp())
        done(self, os.path.join("there", "tone.npy"), "--rate", 1000, "--width", 641, "--height", 399)
        self.assertEqual(sorted(os.listdir()), ["there", "tone-theta.csv", "tone-theta.npz", "tone-theta.png"])
        with np.load("tone-theta.npz") as file:  # twice what the spectrogram takes, a sixteenth of that
            self.assertEqual((file["n_fft"], file["hop"], file["theta_before"]), (128, 8, 64))
            self.assertEqual((str(file["share"]), file["theta_samples"].shape), ("frame", (1, 251)))
        with open("tone-theta.png", "rb") as file:
            self.assertEqual(struct.unpack(">8s8xII", file.read(24)), (b"\x89PNG\r\n\x1a\n", 641, 399))

    def test_theta_at_its_greatest_is_warned_of(self):
        np.save("x.npy", np.cos(np.arange(2000)))
        status, _, err = run("learn", "x.npy", *OPTIONS, "-o", "x.npz")
        self.assertEqual((status, err.count("\n")), (0, 1))
        self.assertIn("warning: theta is within 1 % of the greatest, 64 samples: longer windows may suit better: raise n_fft", err)


class Pictures(InFolder):

    def test_columns_are_means_and_gaps_show_the_nearest_frame(self):
        columns = learn_picture.Columns(8, (0.0, 8.0))
        columns.add(np.array([0.2, 0.8, -1.0]), np.array([[1.0], [3.0], [100.0]]))
        columns.add(np.array([6.5, 8.0, 9.0]), np.array([[5.0], [7.0], [100.0]]))
        self.assertEqual(columns.means()[:, 0].tolist(), [2, 2, 2, 2, 5, 5, 5, 7])
        columns = learn_picture.Columns(4, (0.0, 8.0))
        columns.add(np.array([-1.0]), np.array([[1.0, 2.0]]))
        self.assertTrue(np.isnan(columns.means()).all())

    def figure(self, *options, x=None):
        """The figure that a run would save."""
        np.save("x.npy", chirp() if x is None else x)
        drawn = []
        draw = learn_picture.BeforeAfter._draw
        with mock.patch.object(learn_picture.BeforeAfter, "_draw", lambda self: drawn.append(draw(self)) or drawn[0]):
            done(self, "x.npy", *OPTIONS, "--method", "adam", "--max-iterations", 3, "-o", "x.png", *options)
        return drawn[0]

    @needs("matplotlib")
    def test_before_and_after_have_the_same_colours_and_axes(self):
        for share in learning_problem.SHARES:
            with self.subTest(share):
                axes = self.figure("--share", share).axes
                before, after = axes[0].images[0], axes[1].images[0]
                self.assertEqual(before.get_clim(), after.get_clim())
                self.assertEqual(before.get_extent(), after.get_extent())
                self.assertEqual(axes[0].get_ylabel(), "Frequency (Hz)")
                self.assertIn("window 64 samples (64 ms)", axes[0].get_title(loc="left"))
                self.assertFalse(np.array_equal(before.get_array(), after.get_array()))

    @needs("matplotlib")
    def test_picture_shows_the_power_density(self):
        x = noise(4000)  # uniform in +-0.5: variance 1/12, at 1 kHz one-sided 2 / 12 / 1000 per Hz
        axes = self.figure("--zmin", -200, x=x).axes
        for panel in axes[:2]:
            level = 10 ** (np.asarray(panel.images[0].get_array()) / 10)
            self.assertAlmostEqual(np.mean(level) / (2 / 12 / 1000), 1, delta=0.1)

    @needs("matplotlib")
    def test_power_under_windows_that_turn_is_that_of_the_samples(self):
        for x, level in ((noise(4000), 2 / 12e3), (noise(4000) + 1j * noise(4000, 1), 2 / 12e3)):
            for share in ("constant", "frame"):
                axes = self.figure("--zmin", -200, "--learn", "theta,chirp", "--share", share, x=x).axes
                for panel in axes[:2]:
                    shown = 10 ** (np.asarray(panel.images[0].get_array()) / 10)
                    self.assertAlmostEqual(np.mean(shown) / level, 1, delta=0.1)

    @needs("matplotlib")
    def test_chirp_rates_are_drawn_over_theta_or_named(self):
        figure = self.figure("--share", "frame", "--learn", "theta,chirp", "-o", "x.npz")
        rates = next(axes for axes in figure.axes if axes.get_ylabel().startswith("Chirp rate"))
        self.assertEqual(rates.get_ylabel(), "Chirp rate (kHz/s)")
        with np.load("x.npz") as file:
            np.testing.assert_allclose(rates.lines[0].get_ydata(), file["c_per_second"][0] / 1e3)
            np.testing.assert_allclose(rates.lines[0].get_xdata(), file["t_seconds"])
        self.assertEqual(rates.get_xlim(), figure.axes[0].get_xlim())
        for share in ("frame", "constant"):
            axes = self.figure("--learn", "theta,chirp", "--share", share, x=chirp(200)).axes
            before, after = (np.max(panel.images[0].get_array()) for panel in axes[:2])
            self.assertGreater(after, before + 2)  # dB: the line is sharp only where windows turn
        title = axes[1].get_title(loc="left")
        self.assertRegex(title, r"^After: window .*, chirp rate -?[\d.]+ kHz/s, n_fft 64")

    @needs("matplotlib")
    def test_theta_of_frames_has_a_panel_below_which_leaves_the_picture_free(self):
        figure = self.figure("--share", "frame", "-o", "x.npz")
        line = figure.axes[2]
        self.assertEqual(line.get_ylabel(), "Window (ms)")
        self.assertEqual([len(axes.lines) for axes in figure.axes[:2]], [0, 0])
        self.assertEqual(line.get_xlim(), figure.axes[0].get_xlim())
        with np.load("x.npz") as file:
            np.testing.assert_allclose(line.lines[0].get_ydata(), 1e3 * file["theta_seconds"][0])
            np.testing.assert_allclose(line.lines[0].get_xdata(), file["t_seconds"])

    @needs("matplotlib")
    def test_theta_of_bins_and_cells_has_a_panel(self):
        for is_complex in (False, True):
            x = chirp() + 1j * noise(2000, 1) if is_complex else None
            order = np.fft.fftshift if is_complex else np.asarray
            panel = next(axes for axes in self.figure("--share", "bin", "-o", "x.npz", x=x).axes
                         if axes.get_xlabel() == "Window length (ms)")
            with np.load("x.npz") as file:
                np.testing.assert_allclose(panel.lines[0].get_xdata(), 1e3 * order(file["theta_seconds"][:, 0]))
            panel = self.figure("--share", "cell", "-o", "x.npz", x=x).axes[2]
            with np.load("x.npz") as file:
                theta = 1e3 * file["theta_seconds"]
            shown = np.asarray(panel.images[0].get_array())
            self.assertEqual(len(shown), len(theta))
            # more columns than frames: the middle column of each frame shows it
            middle = np.minimum((np.arange(theta.shape[1]) * 12.5 / 2000 * shown.shape[1]).astype(int), shown.shape[1] - 1)
            np.testing.assert_allclose(shown[:, middle], order(theta) if not is_complex else np.fft.fftshift(theta, axes=0))

    @needs("matplotlib")
    def test_shortest_signals_have_a_picture(self):
        for x in (np.ones(1), np.ones(500), np.ones(3, complex)):
            for share in learning_problem.SHARES:
                np.save("x.npy", x)
                status, _, err = run("learn", "x.npy", *OPTIONS, "--share", share, "--method", "adam", "--max-iterations", 2)
                self.assertEqual(status, 0, err)


class Refusals(InFolder):

    def test_one_line_and_status_2(self):
        np.save("x.npy", chirp())
        bad = chirp()
        bad[7] = np.nan
        np.save("bad.npy", bad)
        for options, words in (
                (("--n-fft", 1), "n_fft: 1: must be"),
                (("--n-fft", 2**20 + 1), "n_fft: 1048577: must be"),
                (("--hop", 0), "hop: 0.0: must be positive"),
                (("--hop", "nan"), "hop: nan: must be"),
                (("--share", "row"), "share: row: must be"),
                (("--learn", "theta,phase"), "learn: phase: must be theta, t, hop or chirp"),
                (("--learn", ""), "learn: : must be theta, t, hop, chirp or both"),
                (("--learn", "theta,chirp", "--share", "cell"), "learn: chirp: goes with share constant or frame"),
                (("--learn", "chirp", "--chirp-max", 0.01), "chirp_max: 0.01: must be at most 1 / (2 theta_max)"),
                (("--learn", "chirp", "--chirp-max", 0), "chirp_max: 0.0: must be positive"),
                (("--chirp-max", 1e-4), "chirp_max: 0.0001: is of learn chirp"),
                (("--learn", "hop", "--share", "frame"), "learn: hop:"),
                (("--what", "theta"), "--what"),
                (("--criterion", "beauty"), "criterion: beauty: must be"),
                (("--criterion", "entropy=x"), "criterion: 'entropy=x': must be"),
                (("--regularisation", -1), "regularisation: -1.0: must be"),
                (("--theta-min", 10, "--theta-max", 5), "theta_min: 10: must be below theta_max = 5"),
                (("--theta-max", N + 1), "theta_max: 65.0: must be at most n_fft = 64"),
                (("--theta-min", "inf"), "theta_min: inf: must be positive"),
                (("--hop-min", 10, "--hop-max", 5), "hop_min: 10: must be below hop_max = 5"),
                (("--hop-max", -1), "hop_max: -1.0: must be positive"),
                (("--theta-init", 0), "theta_init: 0.0: must be positive"),
                (("--theta-init", 5), "theta_init: 5: must be in theta_min .. theta_max = 25 .. 64"),
                (("--theta", 40), "--theta"),
                (("--bounds", 10, 20), "--bounds"),
                (("--window", "boxcar"), "boxcar"),
                (("--norm", "l3"), "norm: l3: must be"),
                (("--alpha", -1), "alpha: -1.0: must be"),
                (("--method", "newton"), "method: newton: must be"),
                (("--max-iterations", 0), "max_iterations: 0: must be"),
                (("--tol", 2), "tol: 2.0: must be"),
                (("--learning-rate", 0), "learning_rate: 0.0: must be"),
                (("--start", 1e6), "must be less than the duration"),
                (("--channel", 1), "channel: 1: x.npy has 1"),
                (("--width", 10), "width: 10: must be"),
                (("-o", "x.h5"), "x.h5: must end in .npz, .csv, .png"),
                (("-o", "x.npy"), "must end in"),
                (("-o", "a.npz", "-o", "./a.npz"), "is given twice")):
            with self.subTest(options=options):
                given = OPTIONS if "--n-fft" not in options and "--hop" not in options else ()
                outputs = () if "-o" in options else ("-o", "y.npz")
                self.assert_refused(("learn", "x.npy", *given, *outputs, *options), words)
        self.assert_refused(("learn", "bad.npy", "--rate", 1, "-o", "x.npz"), "bad.npy: 1 samples are NaN", "the first is 7")
        self.assert_refused(("learn", "missing.wav"), "missing.wav: No such file")
        self.assert_refused(("learn",))

    def test_what_would_not_fit_into_memory(self):
        with open("long.raw", "wb") as file:
            file.truncate(2**33)
        for options in ((), ("--share", "cell", "--stop", 600),
                        ("--share", "cell", "--criterion", "magnitude_entropy", "--stop", 100), ("--hop", 1e-5, "--stop", 1), ("--alpha", 1e-6, "--stop", 1)):
            with self.subTest(options):
                self.assert_refused(("learn", "long.raw", "--dtype", "ri8", "--rate", 48000, "-o", "x.npz", *options),
                                    "long.raw: ", "GiB: give --start and --stop")

    def test_a_minute_of_cells_fits_into_memory_as_it_is_learned_by_segments(self):
        with open("silence.raw", "wb") as file:
            file.truncate(60 * 48000)
        self.assert_refused(("learn", "silence.raw", "--dtype", "ri8", "--rate", 48000, "-o", "x.npz", "--share", "cell"),
                            "nothing is learned from silence")


class Failures(InFolder):

    def setUp(self):
        super().setUp()
        np.save("x.npy", chirp())

    def test_absent_modules_are_named_with_their_package(self):
        for module, options in (("matplotlib", ("-o", "x.png")), ("scipy", ("-o", "x.npz", "--share", "frame"))):
            with mock.patch.dict("sys.modules", {module: None, f"{module}.optimize": None}):
                self.assert_refused(("learn", "x.npy", *OPTIONS, *options), f"python3-{module}", status=1)

    def test_disk_full_leaves_what_was_there(self):
        for ending, limit in (("npz", 1000), ("csv", 100), ("png", 10000)):
            if ending == "png" and importlib.util.find_spec("matplotlib") is None:
                continue
            name = f"y.{ending}"
            with open(name, "w", encoding="utf-8") as file:
                file.write("old")
            process = start("learn", "x.npy", *OPTIONS, "-o", name, stdout=subprocess.PIPE,
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
            out, err = process.communicate(timeout=60)
            with self.subTest(ending):
                self.assertEqual((process.returncode, out), (1, ""), err)
                self.assertEqual(err, f"gr_stft learn: {name}: File too large\n")
                with open(name, encoding="utf-8") as file:
                    self.assertEqual(file.read(), "old")
                os.remove(name)
        self.assertEqual(os.listdir(), ["x.npy"])

    def begin(self, *options):
        """A process that would learn for hours, and has begun to."""
        np.save("x.npy", noise(60000))
        process = start("learn", "x.npy", "--rate", 8000, "--n-fft", 512, "--share", "frame", "--method", "adam",
                        "--max-iterations", 10**6, "-o", "y.npz", "-o", "y.csv", stdout=subprocess.PIPE,
                        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 30
        while not any(name.endswith(".part") for name in os.listdir()) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(2)
        return process

    def test_interruption_writes_what_was_learned(self):
        process = self.begin()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        found = re.fullmatch(r"gr_stft learn: warning: interrupted after (\d+) evaluations; what was learned so far is "
                             r"written\n(?:gr_stft learn: warning: .* within 1 % of .*\n)?", err)
        self.assertIsNotNone(found, err)
        self.assertIn("theta:", out)
        self.assertEqual(sorted(os.listdir()), ["x.npy", "y.csv", "y.npz"])
        with np.load("y.npz") as npz, open("y.csv", encoding="ascii") as file:
            self.assertEqual(int(npz["evaluations"]), int(found[1]))
            self.assertEqual(len(file.readlines()), 1 + int(found[1]))
            self.assertTrue(np.isfinite(npz["loss"]))

    def test_termination_leaves_nothing(self):
        process = self.begin()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out, err), (143, "", ""))
        self.assertEqual(os.listdir(), ["x.npy"])


class Words(unittest.TestCase):

    def test_lengths_have_their_range_and_median(self):
        words = learn_command.length_words
        self.assertEqual(words([[441.0]], 44100, True), "441 samples (10 ms)")
        self.assertEqual(words([[441.0]], 44100, False), "441 samples")
        self.assertEqual(words([[100, 200, 400.0]], 1e3, True), "100 .. 400 samples (100 ms .. 400 ms), median 200 (200 ms)")

    @needs("tqdm")
    def test_progress_bar_counts_evaluations_and_shows_the_loss(self):
        terminal = mock.Mock(wraps=io.StringIO(), isatty=lambda: True)
        terminal.encoding = "utf-8"
        with mock.patch.object(sys, "stderr", terminal):
            with progress_bar.progress_bar("learn", learn_command.PROGRESS) as bar:
                bar.set_postfix_str("loss 1.25")
                bar.update(1)
                bar.refresh()
        written = "".join(call.args[0] for call in terminal.write.call_args_list)
        self.assertIn("1 evaluations, loss 1.25 [00:00]", written)


if __name__ == "__main__":
    unittest.main()
