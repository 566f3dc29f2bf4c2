#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Does the adaptive STFT adapt? examples/adaptive/evaluate.py in small, and its measures against plain ones."""

import itertools
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

from gnuradio import stft

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "adaptive"
sys.path.insert(0, str(EXAMPLE))

import experiments  # noqa: E402
import measures  # noqa: E402
import signals  # noqa: E402
import tracking  # noqa: E402


class Goals(unittest.TestCase):
    def assert_met(self, figures, goals):
        figures = list(figures)
        self.assertEqual(sum(figure.met is not None for figure in figures), goals)
        for figure in figures:
            with self.subTest(figure.what):
                self.assertIsNot(figure.met, False, figure)

    def test_alternating_tones_chirps_clicks_and_noise(self):
        for snr in (20, 0):
            self.assert_met(experiments.alternating(snr, [0]), 4)

    def test_shocks_with_learned_theta_and_positions(self):
        self.assert_met(experiments.shocks([0]), 3)

    def test_tone_beside_chirp_with_a_theta_for_each_band(self):
        self.assert_met(experiments.bands(0.3, [0]), 12)

    def test_harmonics_of_a_machine_that_starts_and_stops(self):
        needs_scipy(self)
        self.assert_met(experiments.harmonics(None, 0.5, [1]), 1)

    def test_near_the_optimum_offline(self):
        needs_scipy(self)
        self.assert_met(experiments.near_optimum(), 4)

    def test_frames_measured_alone_do_not_suit_clicks(self):
        """Why sums are pooled before they are normalised."""
        some = experiments.prepared([0], 0)
        pooled = experiments.peak_loss(some)
        for alone in ({"block": 0}, {"criterion": "frame_entropy"}, {"criterion": "frame_entropy", "block": 8}):
            self.assertGreater(experiments.peak_loss(some, **alone), pooled + 1.5)

    def test_less_future_costs(self):
        *losses, causal = [figure.value for figure in experiments.looking_ahead([0])]
        self.assertLess(losses[0], 0.5)
        self.assertGreater(losses[-1], 2)
        self.assertLess(causal, 1)


class Measures(unittest.TestCase):
    def test_viterbi_finds_the_best_of_all_paths(self):
        random = np.random.default_rng(1)
        penalty = np.array([0.0, 0.7, 1.1])
        for _ in range(20):
            score = random.standard_normal((4, 5))

            def worth(path):
                jumps = np.abs(np.diff(path))
                return -np.inf if np.any(jumps > 2) else score[range(4), path].sum() - penalty[jumps].sum()

            best = max(itertools.product(range(5), repeat=4), key=worth)
            self.assertEqual(tuple(tracking.viterbi(score, penalty)), best)

    def test_tracker_follows_a_slow_sweep_in_noise_that_is_louder_at_low_frequencies(self):
        seconds = np.arange(0, 10, 0.01)
        speed = 20 + 2 * seconds
        x = signals.harmonics(seconds, speed, 0.1, seed=1, fs=1000.0, orders=4)
        x += 3 * np.cumsum(np.random.default_rng(2).standard_normal(len(x)))
        t = np.arange(4, len(x) // 64 - 4) * 64.0
        machine = tracking.Machine(x, 1000.0, 1024, seconds, speed)
        S = stft.dstft(x, 500.0, t, n_fft=1024)
        self.assertLess(tracking.squared_error(machine, S, t, (2, 4)), 0.5**2)

    def test_peak_loss_of_a_tone_is_the_ratio_of_window_lengths(self):
        """At the l2 norm a tone in a bin has a power in proportion to theta."""
        tone = np.cos(2 * np.pi * 0.125 * np.arange(8000))
        signal = signals.Alternating(tone, tone, [("tones", 0, 8000)], np.array([], int))
        t = np.arange(126) * 64.0
        best = measures.best_level(signal.clean, t, 1024, [256.0, 1024.0])
        level = measures.peak_level(signal.clean, 256.0, t, 1024)
        frames = measures.frames_of_interest(signal, t)["tones"]
        np.testing.assert_allclose((best - level)[frames], 10 * np.log10(4), atol=1e-3)

    def test_best_constant_theta_loses_what_the_page_says(self):
        windows = np.geomspace(128, 1023, 13)
        signal = signals.alternating(0, 20)
        t = np.arange(len(signal.x) // 64 + 1) * 64.0
        best = measures.best_level(signal.clean, t, 1024, windows)
        losses = [sum(measures.peak_losses(signal, theta, t, 1024, best).values()) for theta in windows]
        self.assertTrue(7.5 < min(losses) < 10, min(losses))
        self.assertTrue(300 < windows[int(np.argmin(losses))] < 600)

    def test_nothing_found_is_nothing(self):
        signal = signals.alternating(0, 20)
        t = np.arange(len(signal.x) // 64 + 1) * 64.0
        self.assertEqual(measures.clicks_found(signal, np.full(len(t), 300.0), t, 128), 0)
        self.assertEqual(measures.tones_found(signal, np.full(len(t), 300.0), t, 1024), 0)
        self.assertEqual(measures.clicks_found(signal, np.full(len(t), 200.0), t, 128), 1)


class Signals(unittest.TestCase):
    def test_each_part_has_the_power_that_it_should(self):
        signal = signals.alternating(0, 0)
        for kind, start, stop in signal.parts:
            power = np.mean(signal.clean[start:stop] ** 2)
            if kind in ("tones", "fast chirp", "slow chirp"):
                self.assertAlmostEqual(power, 0.5, 1)
            elif kind == "noise":
                self.assertEqual(power, 0)
        self.assertAlmostEqual(np.var(signal.x - signal.clean), 0.5, 2)
        self.assertAlmostEqual(np.max(np.abs(signal.clean)), 10)

    def test_start_stop_law_stays_in_its_range(self):
        for seed in range(20):
            speed = signals.start_stop(seed)
            self.assertTrue(np.all((speed >= 10) & (speed <= 90)))
            self.assertEqual(len(speed), 4000)


class Command(unittest.TestCase):
    def run_it(self, *arguments, script="evaluate.py"):
        environment = {name: value for name, value in os.environ.items() if name != "GR_STFT_DATA"}
        return subprocess.run(
            [sys.executable, str(EXAMPLE / script), *arguments], capture_output=True, text=True, env=environment, timeout=300
        )

    def test_evaluation_says_what_it_skips(self):
        done = self.run_it("--only", "run-up")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("skipped: ", done.stdout)
        self.assertIn("0 goals", done.stdout)

    def test_evaluation_writes_its_figures(self):
        import json

        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "figures.json")
            done = self.run_it("--quick", "--only", "bands: chirp of 0.3", "--json", file)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            figures = json.loads(pathlib.Path(file).read_text())
            self.assertTrue(all(figure["met"] for figure in figures if figure["met"] is not None))

    def test_seconds_of_a_day(self):
        done = self.run_it("0.003", script="day.py")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("spectra equal"), 3)

    def test_evaluation_refuses_half_a_recording(self):
        for words in (["some.wav"], ["some.wav", "some.csv", "two"], ["some.wav", "some.csv", "2", "0", "0"]):
            done = self.run_it("--run-up", *words)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--run-up: must be", done.stderr)


def needs_scipy(test):
    try:
        import scipy  # noqa: F401
    except ImportError:
        test.skipTest("SciPy is not installed")


if __name__ == "__main__":
    unittest.main()
