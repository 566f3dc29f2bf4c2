#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The frequency of the mains to half a millihertz, once a second, by reassignment.

A window of 8 s tells 50 Hz from its neighbours to 0.25 Hz; where the energy of the strongest cell belongs, reassign() tells a thousand
times better. The third harmonic, over 3, is a second measurement that knows nothing of the first. The exit status is 1 unless
both are within 0.5 mHz rms of each other, and of the truth where the signal is simulated.

    mains_frequency.py [RECORDING [NOMINAL]]

prints, of a recording of one's own, the time and both frequencies; NOMINAL is 50 or 60 Hz. The clock of the recorder enters in full.
"""
import math
import sys

import numpy as np
from gnuradio import stft
from gnuradio.stft.app.files.recordings import open_recording

WINDOW = 8.0  # s
REACH = 0.5  # Hz on either side of the nominal frequency
LOWEST_RATE = 400.0  # Hz, after decimation
GOAL = 5e-4  # Hz rms


def simulated(seconds=300.0, fs=400.0):
    """Samples, and the frequency at their times: it swings by 20 mHz in 120 s and by 5 mHz in 17 s."""
    t = np.arange(int(seconds * fs)) / fs
    swings = (0.02, 120.0), (0.005, 17.0)
    f = 50 + sum(depth * np.sin(2 * np.pi * t / period) for depth, period in swings)
    phase = 50 * t - sum(depth * period / (2 * np.pi) * (np.cos(2 * np.pi * t / period) - 1) for depth, period in swings)
    x = np.cos(2 * np.pi * phase) + 0.01 * np.cos(6 * np.pi * phase + 1)
    return x + 1e-4 * np.random.default_rng(1).standard_normal(t.size), fs, f


def decimated(x, fs):
    """At a rate not far above LOWEST_RATE, after a low pass."""
    step = int(fs // LOWEST_RATE)
    if step < 2:
        return x, fs
    n = np.arange(-12 * step, 12 * step + 1)
    taps = np.sinc(0.85 * n / step) * np.kaiser(n.size, 9)
    return np.convolve(x, taps / taps.sum(), "same")[::step], fs / step


def line_frequency(x, fs, about):
    """Times in s, and at each the frequency in Hz of the strongest cell near `about`, from the whole frames of x."""
    win_length, hop = round(WINDOW * fs), round(fs)
    n_fft = 1 << (2 * win_length - 1).bit_length()
    frames = 1 + (x.size - win_length) // hop
    cells = stft.reassign(x, "hann", hop=hop, win_length=win_length, n_fft=n_fft, placement="left", frames=frames, fs=fs)
    bins = stft.frequencies(n_fft, fs)
    near = np.flatnonzero(np.abs(bins - about) <= REACH)
    strongest = near[np.argmax(cells.power[near], axis=0)]
    return (np.arange(frames) * hop + win_length // 2) / fs, cells.frequencies[strongest, np.arange(frames)]


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def main():
    nominal = float(sys.argv[2]) if len(sys.argv) > 2 else 50.0
    truth = None
    if len(sys.argv) > 1:
        with open_recording(sys.argv[1]) as recording:
            x, fs = recording.read(0, recording.length).astype(float), recording.fs
    else:
        x, fs, truth = simulated()
    x, rate = decimated(x, fs)
    if not 3 * nominal + REACH < rate / 2 or x.size < WINDOW * rate:
        sys.exit(f"{sys.argv[1]}: {x.size / rate:g} s at {rate:g} Hz: must be {WINDOW:g} s or longer, and hold {3 * nominal:g} Hz")
    times, first = line_frequency(x, rate, nominal)
    _, third = line_frequency(x, rate, 3 * nominal)
    if truth is None:
        print("time (s), frequency (Hz), third harmonic over 3 (Hz)")
        for row in zip(times, first, third / 3):
            print("{:.1f}, {:.5f}, {:.5f}".format(*row))
    apart = third / 3 - first
    print(f"{first.min():.4f} .. {first.max():.4f} Hz; the third harmonic over 3 is off by {1e3 * rms(apart):.3f} mHz rms, "
          f"{1e3 * np.abs(apart).max():.2f} at most", file=sys.stderr)  # fmt: skip
    errors = [rms(apart)]
    if truth is not None:
        errors.append(rms(first - truth[np.round(times * fs).astype(int)]))
        print(f"off the truth by {1e3 * errors[1]:.3f} mHz rms", file=sys.stderr)
    return 0 if max(errors) <= GOAL and math.isfinite(sum(errors)) else 1


if __name__ == "__main__":
    sys.exit(main())
