#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The example mains_frequency: its signal, a faster rate, and a recording against itself."""
import importlib.util
import os
import unittest
from pathlib import Path

import numpy as np

try:
    import soundfile
except ImportError:
    soundfile = None

path = Path(__file__).resolve().parents[2] / "examples" / "mains_frequency.py"
spec = importlib.util.spec_from_file_location("mains_frequency", path)
mains = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mains)
RECORDING = Path(os.environ.get("GR_STFT_DATA", "")) / "vibration" / "mains_ref_001.wav"


class qa_mains_frequency(unittest.TestCase):
    def both(self, x, fs, nominal=50):
        x, rate = mains.decimated(x, fs)
        times, first = mains.line_frequency(x, rate, nominal)
        return times, first, mains.line_frequency(x, rate, 3 * nominal)[1] / 3

    def test_both_harmonics_follow_the_truth(self):
        x, fs, f = mains.simulated()
        times, first, third = self.both(x, fs)
        truth = f[np.round(times * fs).astype(int)]
        self.assertLess(mains.rms(first - truth), 5e-4)
        self.assertLess(mains.rms(third - truth), 5e-4)
        self.assertLess(mains.rms(first - third), 1e-4)
        self.assertGreater(mains.rms(truth - 50), 0.01)

    def test_a_steady_line_among_others_is_exact_at_any_rate(self):
        for fs, nominal, exact in (400.0, 50, 49.987), (1000.0, 60, 60.0123), (8000.0, 50, 50.2), (44100.0, 50, 49.71):
            t = np.arange(int(20 * fs)) / fs
            x = sum(np.cos(2 * np.pi * k * exact * t + k) / k for k in (1, 2, 3, 5, 7) if k * exact < 0.45 * fs)
            x += 3 * np.cos(2 * np.pi * (nominal + 7) * t)  # of another source
            _, first, third = self.both(x + 0.3 * np.cos(2 * np.pi * 0.31 * fs * t), fs, nominal)
            np.testing.assert_allclose(first, exact, atol=1e-4, err_msg=str(fs))
            np.testing.assert_allclose(third, exact, atol=1e-4, err_msg=str(fs))

    @unittest.skipUnless(soundfile and RECORDING.is_file(), "GR_STFT_DATA names no recordings, or no soundfile")
    def test_the_third_harmonic_of_a_recording_agrees_with_the_first(self):
        times, first, third = self.both(*soundfile.read(RECORDING))
        self.assertGreater(len(times), 400)
        self.assertLess(mains.rms(first - third), 5e-4)
        self.assertLess(np.abs(first - third).max(), 2e-3)


if __name__ == "__main__":
    unittest.main()
