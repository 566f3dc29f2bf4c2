# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Signals on which it is known what a window's length should do. Everything follows from the seed.

Frequencies are in cycles per sample where no sampling rate is given, slopes in cycles per sample^2.
"""
from typing import List, NamedTuple, Tuple

import numpy as np


class Alternating(NamedTuple):
    """Tones, chirps, clicks and noise in turn."""

    x: np.ndarray
    clean: np.ndarray
    """x without noise"""
    parts: List[Tuple[str, int, int]]
    """(kind, first sample, one past the last), kind: "tones", "fast chirp", "slow chirp", "clicks" or "noise" """
    clicks: np.ndarray
    """first sample of each click"""


ORDER = ("tones", "fast chirp", "clicks", "noise", "tones", "clicks", "slow chirp", "tones", "clicks")
SLOPES = {"fast chirp": (2e-5, 6e-5), "slow chirp": (0.6e-5, 1.5e-5)}


def alternating(seed: int, snr: float, length: int = 16000, order: Tuple[str, ...] = ORDER) -> Alternating:
    """Parts of `length` samples each: two tones, a chirp up and down between 0.05 and 0.45, a click every 1200 to 2600
    samples, or nothing; white noise over all of it.

    snr: in dB, of the tones or of a chirp (both have the power 0.5) to the noise.
    """
    random = np.random.default_rng(seed)
    n = np.arange(length)
    clean, parts, clicks = [], [], []
    for i, kind in enumerate(order):
        y = np.zeros(length)
        if kind == "tones":
            low = random.uniform(0.05, 0.4)
            for f in (low, low + random.uniform(0.01, 0.05)):
                y += np.sqrt(0.5) * np.cos(2 * np.pi * (f * n + random.uniform()))
        elif kind in SLOPES:
            path = random.uniform(0.05, 0.45) + random.uniform(*SLOPES[kind]) * n
            y = np.cos(2 * np.pi * (np.cumsum(reflected(path, 0.05, 0.45)) + random.uniform()))
        elif kind == "clicks":
            at = int(random.integers(400, 1200))
            while at < length - 600:
                y[at : at + 60] += burst(random)
                clicks.append(i * length + at)
                at += int(random.integers(1200, 2601))
        clean.append(y)
        parts.append((kind, i * length, (i + 1) * length))
    clean = np.concatenate(clean)
    noise = np.sqrt(0.5 / 10 ** (snr / 10)) * random.standard_normal(len(clean))
    return Alternating(clean + noise, clean, parts, np.array(clicks, int))


def burst(random: np.random.Generator) -> np.ndarray:
    """60 samples of damped noise of peak 10."""
    y = np.exp(-np.arange(60) / 10) * random.standard_normal(60)
    return 10 * y / np.max(np.abs(y))


def reflected(path: np.ndarray, low: float, high: float) -> np.ndarray:
    """A path thrown back at either end of its range, as light between mirrors."""
    return low + np.abs((path - high) % (2 * (high - low)) - (high - low))


class Shocks(NamedTuple):
    x: np.ndarray
    onsets: np.ndarray
    fs: float


def shocks(seed: int, snr: float = 20.0, fs: float = 1000.0) -> Shocks:
    """Four shocks, about 1 s apart, of 100 to 300 Hz that decay by 3 to 30 nepers per second, and white noise `snr` dB
    below the mean power: after section VI-B of Leiber et al. 2025, whose own signals are not published."""
    random = np.random.default_rng(seed)
    n = np.arange(int(4.5 * fs))
    onsets = ((0.5 + np.arange(4) + random.uniform(-0.1, 0.1, 4)) * fs).astype(int)
    y = np.zeros(len(n))
    for onset in onsets:
        s = np.maximum(n - onset, 0) / fs
        y += np.exp(-random.uniform(3, 30) * s) * np.sin(2 * np.pi * random.uniform(100, 300) * s)
    noise = np.sqrt(np.mean(y**2) / 10 ** (snr / 10)) * random.standard_normal(len(n))
    return Shocks(y + noise, onsets, fs)


class BesideTone(NamedTuple):
    x: np.ndarray
    tone: np.ndarray
    chirp: np.ndarray
    tone_frequency: float
    chirp_frequency: np.ndarray
    """of each sample"""
    slope: float


def tone_beside_chirp(seed: int, ratio: float, samples: int = 40000) -> BesideTone:
    """A tone at 0.46 beside a chirp up and down between 0.05 and 0.35 with 6e-5 per sample and `ratio` times the tone's
    amplitude, 20 dB of the tone over white noise."""
    random = np.random.default_rng(seed)
    n, slope = np.arange(samples), 6e-5
    path = reflected(0.05 + slope * n, 0.05, 0.35)
    tone = np.cos(2 * np.pi * (0.46 * n + random.uniform()))
    chirp = ratio * np.cos(2 * np.pi * (np.cumsum(path) + random.uniform()))
    noise = np.sqrt(0.5 / 100) * random.standard_normal(samples)
    return BesideTone(tone + chirp + noise, tone, chirp, 0.46, path, slope)


def start_stop(seed: int, seconds: float = 40.0, rate: float = 100.0) -> np.ndarray:
    """Rotation frequency in Hz, `rate` times a second, of a machine that starts, runs and slows down again and again:
    between 10 and 90 Hz, steady for 1 to 4 s, then changing by 2 to 15 Hz per second and in 1 s at least, gently at
    either end."""
    random = np.random.default_rng(seed)
    pieces, speed = [], 15.0
    while sum(map(len, pieces)) < seconds * rate:
        pieces.append(np.full(int(random.uniform(1, 4) * rate), speed))
        target = random.uniform(10, 90)
        count = int(max(1, abs(target - speed) / random.uniform(2, 15)) * rate)
        pieces.append(speed + (target - speed) * (1 - np.cos(np.pi * np.arange(count) / count)) / 2)
        speed = target
    return np.concatenate(pieces)[: int(seconds * rate)]


def uneven(seed: int, seconds: float = 25.0, rate: float = 100.0) -> np.ndarray:
    """Rotation frequency in Hz, `rate` times a second, of a machine that runs up from 16 to 80 Hz by a hand on the throttle: with
    swings 0.3 to 3 times a second, 0.3 to 1 Hz in size, that come and go."""
    random = np.random.default_rng(seed)
    s = np.arange(int(seconds * rate)) / rate
    spectrum = np.fft.rfft(random.standard_normal(len(s)))
    f = np.fft.rfftfreq(len(s), 1 / rate)
    swings = np.fft.irfft(np.where((f > 0.3) & (f < 3), spectrum, 0), len(s))
    size = random.uniform(0.3, 1) * np.interp(s, np.linspace(0, seconds, 9), random.uniform(0, 1, 9) ** 2)
    wander = np.interp(s, np.linspace(0, seconds, 7), 3 * random.standard_normal(7))
    return np.clip(16 + 64 * s / seconds + wander, 12, 90) + size * swings / np.std(swings)


def harmonics(
    seconds: np.ndarray, speed: np.ndarray, noise: float, seed: int, fs: float = 2000.0, orders: int = 10
) -> np.ndarray:
    """Harmonics 1 .. `orders` of amplitude 1 of a rotation frequency (Hz, at `seconds` from 0), and white noise of standard
    deviation `noise`; harmonics above 0.48 fs are left out."""
    random = np.random.default_rng(seed)
    s = np.arange(int(seconds[-1] * fs)) / fs
    f = np.interp(s, seconds, speed)
    turns = np.cumsum(f) / fs
    y = noise * random.standard_normal(len(s))
    for order in range(1, orders + 1):
        y += np.where(order * f < 0.48 * fs, np.cos(2 * np.pi * (order * turns + random.uniform())), 0)
    return y
