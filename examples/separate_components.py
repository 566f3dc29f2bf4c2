#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Two chirps in noise, taken apart and put together again.

Synchrosqueezed, each chirp is a line one row wide. A path through the strongest cells follows it, and the rows beside the path,
summed, are that chirp's samples. What no band holds is the rest, so the parts add up to the signal. Look at how little of each
chirp is lost, and at the sum. The exit status is 1 if the parts are off by more than the noise in their bands explains.
"""
import sys

import numpy as np
from gnuradio import stft

RATE, N_FFT = 8000.0, 512  # Hz, samples
WIN_LENGTH = 256
NOISE = 0.05
WIDTH = 200.0  # Hz, of a band


def chirps(seconds):
    """Frequencies in Hz and samples of each."""
    frequencies = 800 + 250 * np.sin(2 * np.pi * 1.5 * seconds), 1700 + 400 * np.cos(2 * np.pi * seconds)
    amplitudes = np.ones_like(seconds), 0.5 + 0.2 * np.cos(2 * np.pi * 2 * seconds)
    phases = (2 * np.pi * np.cumsum(f) / RATE for f in frequencies)
    return frequencies, [a * np.cos(phase) for a, phase in zip(amplitudes, phases)]


def strongest_path(power, step=1):
    """Row of each column on the path of the greatest sum that moves by at most `step` rows from column to column."""
    rows = np.arange(len(power))
    best, came_from = power[:, 0], []
    for column in power.T[1:]:
        padded = np.pad(best, step, constant_values=-np.inf)
        moves = np.array([padded[shift : shift + len(rows)] for shift in range(2 * step + 1)])
        came_from.append(np.clip(rows + np.argmax(moves, axis=0) - step, 0, len(rows) - 1))
        best = column + np.max(moves, axis=0)
    path = [int(np.argmax(best))]
    for rows_before in reversed(came_from):
        path.append(int(rows_before[path[-1]]))
    return np.array(path[::-1])


def separate(x, count):
    """Ridges in Hz, the components, and the rest, strongest first."""
    T, frequencies = stft.synchrosqueeze(x, n_fft=N_FFT, win_length=WIN_LENGTH, order=2, fs=RATE, frames=len(x))
    power = np.abs(T) ** 2
    free = np.ones(T.shape, bool)
    ridges, parts = [], []
    for _ in range(count):
        ridge = frequencies[strongest_path(np.where(free, power, 0))]
        band = free & (np.abs(frequencies[:, None] - ridge) <= WIDTH / 2)
        free &= ~band
        ridges.append(ridge)
        parts.append(back(T, band))
    return ridges, parts, back(T, free)


def back(T, band):
    return stft.inverse_synchrosqueeze(T, n_fft=N_FFT, win_length=WIN_LENGTH, band=band, fs=RATE, length=T.shape[1])


def decibels(of, against):
    return 10 * np.log10(np.sum(of**2) / np.sum(against**2))


def main():
    seconds = np.arange(int(RATE)) / RATE
    frequencies, components = chirps(seconds)
    noise = NOISE * np.random.default_rng(1).standard_normal(len(seconds))
    x = sum(components) + noise
    ridges, parts, rest = separate(x, len(components))

    inner = slice(WIN_LENGTH, -WIN_LENGTH)  # windows that end within the signal
    good = True
    for i, (frequency, component, ridge, part) in enumerate(zip(frequencies, components, ridges, parts), 1):
        loss = decibels((part - component)[inner], component[inner])
        share = decibels(np.sqrt(WIDTH / (RATE / 2)) * noise[inner], component[inner])  # of the noise, by its bandwidth
        off = np.max(np.abs(ridge - frequency)[inner])
        print(f"chirp {i}: frequency off by {off:.1f} Hz at most (rows are {RATE / N_FFT:.1f} Hz apart), "
              f"error {loss:.1f} dB, the noise in its band {share:.1f} dB")
        good = good and loss < share + 3 and off < RATE / N_FFT
    error = np.max(np.abs(sum(parts) + rest - x))
    print(f"both and the rest together: off by {error:.1e}")
    return 0 if good and error < 1e-12 else 1


if __name__ == "__main__":
    sys.exit(main())
