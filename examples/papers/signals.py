# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Signals of the papers' kinds, made from a seed; what the papers do not publish is chosen here and named."""
import os
import pathlib
from typing import Optional, Tuple

import numpy as np


def chirp_tone_burst(seed: int, samples: int = 6000, noise: float = 0.1) -> np.ndarray:
    """Section VI-A: a chirp from 0.05 to 0.35 cycles a sample between two tones, a weak tone at 0.3575, a short burst.

    Frequencies, times and amplitudes were fitted to the public notebook's file, of which this is a 6000-sample crop.
    """
    n = np.arange(samples)
    f = np.interp(n, [1000, 3000], [0.05, 0.35])
    x = np.cos(2 * np.pi * np.cumsum(f))
    x += 0.1 * np.cos(2 * np.pi * 0.3575 * n)
    inside = (n >= 1666) & (n < 2000)
    x += 0.3 * inside * np.cos(2 * np.pi * np.cumsum(np.interp(n, [1666, 2000], [0.24, 0.29])))
    return x + noise * np.random.default_rng(seed).standard_normal(samples)


def shocks(seed: int, snr_db: float = 20.0) -> Tuple[np.ndarray, float, np.ndarray]:
    """Section VI-B: decaying shocks of different frequencies and durations in Gaussian noise -> (x, fs, their samples).

    The public notebook's places (138, 768, 1259, 1647 of 3000 samples at 1 kHz) and frequencies; decays of our own, since
    the paper speaks of different durations and gives none.
    """
    rng = np.random.default_rng(seed)
    fs, places = 1000.0, np.array([138, 768, 1259, 1647])
    n = np.arange(3000)
    x = np.zeros(len(n))
    for place, hertz, decay in zip(places, (250.0, 200.0, 100.0, 300.0), (5.0, 12.0, 5.0, 25.0)):
        s = (n - place) / fs
        after = s >= 0
        x[after] += (1 + rng.uniform()) * np.exp(-decay * s[after]) * np.sin(2 * np.pi * hertz * s[after])
    noise = np.sqrt(np.mean(x**2) / 10 ** (snr_db / 10))
    return x + noise * rng.standard_normal(len(n)), fs, places


def run_up(seed: int, law: str, noise: float, fs: float = 500.0, seconds: float = 60.0):
    """Section VI-C: a multi-harmonic signal on a law of speed -> (x, fs, Hz of each sample).

    law: "steps" (starts, stops and levels between), "wave" (slow and fast swings), or the name of a CSV file with the
    columns seconds and revolutions per minute, of which the longest stretch up to `seconds` is taken.
    """
    rng = np.random.default_rng(seed)
    s = np.arange(int(seconds * fs)) / fs
    if law == "steps":
        knots = np.sort(rng.uniform(2, seconds - 2, 8))
        levels = rng.uniform(6, 18, 5)
        f = np.interp(s, knots, np.repeat(levels, 2)[1:9])
    elif law == "wave":
        f = 12 + 4 * np.sin(2 * np.pi * s / 31 + rng.uniform(0, 6)) + 1.2 * np.sin(2 * np.pi * s / 5.3 + rng.uniform(0, 6))
    else:
        table = np.loadtxt(law, delimiter=",", skiprows=1, usecols=(0, 1))
        s = s[s <= table[-1, 0] - table[0, 0]]
        f = np.interp(s + table[0, 0], table[:, 0], table[:, 1] / 60)
        f *= 18 / np.max(f)  # the tenth harmonic stays below fs / 2
    turns = np.cumsum(f) / fs
    orders = np.arange(1, 13)
    amplitudes = rng.uniform(0.2, 1.0, len(orders)) / np.sqrt(orders)
    amplitudes[9] = 0.5
    x = sum(a * np.cos(2 * np.pi * (k * turns + rng.uniform())) for k, a in zip(orders, amplitudes))
    return x + noise * rng.standard_normal(len(x)), fs, f


def data_folder() -> Optional[pathlib.Path]:
    """The folder of recordings that the environment variable GR_STFT_DATA names."""
    folder = os.environ.get("GR_STFT_DATA")
    return pathlib.Path(folder) if folder else None
