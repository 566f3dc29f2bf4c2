#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a WAV file with what a spectrogram should tell apart: a chirp, two close tones, clicks and noise.

    /usr/bin/python3 test_signal.py signal.wav
    gr_stft spectrogram signal.wav -o signal.png

Look at: the chirp as a rising line, the tones (120 Hz apart) as two lines, the clicks as upright ones.
"""

import sys
import wave

import numpy as np

RATE = 16000  # Hz
SECONDS = 6


def test_signal():
    t = np.arange(RATE * SECONDS) / RATE
    chirp = 0.2 * np.sin(2 * np.pi * (200 * t + 0.5 * 1000 * t**2))  # 200 Hz + 1000 Hz / s
    tones = 0.1 * (np.sin(2 * np.pi * 3000 * t) + np.sin(2 * np.pi * 3120 * t))
    clicks = np.zeros_like(t)
    clicks[RATE // 2 :: RATE] = 0.9
    noise = 0.003 * np.random.default_rng(1).standard_normal(len(t))
    return chirp + tones + clicks + noise


def main():
    if len(sys.argv) > 2:
        sys.exit("test_signal.py: give the name of the WAV file to write, by default signal.wav")
    samples = np.round(32767 * np.clip(test_signal(), -1, 1)).astype("<i2")
    with wave.open(sys.argv[1] if len(sys.argv) == 2 else "signal.wav", "wb") as file:
        file.setparams((1, 2, RATE, len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())


if __name__ == "__main__":
    main()
