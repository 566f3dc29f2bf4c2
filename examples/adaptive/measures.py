# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What a choice of window lengths is worth, in measures that no learner optimises where there is one.

Frames lie at t = n hop; theta and t are one value per frame.
"""
from typing import Dict

import numpy as np
from signals import Alternating

from gnuradio import stft
from gnuradio.stft import losses

EDGE = 10  # frames after the beginning and before the end of a part of a signal that are not counted


def peak_level(clean: np.ndarray, theta, t: np.ndarray, n_fft: int) -> np.ndarray:
    """Power of the highest bin of each frame in dB, of a signal without noise; theta: a number or one per frame."""
    S = stft.dstft(clean, np.reshape(theta, (1, -1)), t, n_fft=n_fft)
    return 10 * np.log10(np.max(np.abs(S) ** 2, axis=0) + 1e-30)


def frames_of_interest(signal: Alternating, t: np.ndarray) -> Dict[str, np.ndarray]:
    """Which frames are of tones and of chirps, and which are the nearest to a click."""
    hop = t[1] - t[0]
    found = {kind: np.zeros(len(t), bool) for kind in ("tones", "fast chirp", "slow chirp", "clicks")}
    for kind, start, stop in signal.parts:
        if kind in found and kind != "clicks":
            found[kind] |= (t >= start + EDGE * hop) & (t < stop - EDGE * hop)
    found["clicks"][np.round((signal.clicks + 8) / hop).astype(int)] = True
    return found


def peak_losses(signal: Alternating, theta, t: np.ndarray, n_fft: int, best: np.ndarray) -> Dict[str, float]:
    """How far the highest bin lies below that of the best window, in dB, averaged over the frames of each kind.

    best: the level at the best of the fixed windows of each frame, see best_level().
    """
    level = peak_level(signal.clean, theta, t, n_fft)
    missing = np.maximum(best - level, 0)
    return {kind: float(np.mean(missing[frames])) for kind, frames in frames_of_interest(signal, t).items()}


def best_level(clean: np.ndarray, t: np.ndarray, n_fft: int, windows: np.ndarray) -> np.ndarray:
    return np.max([peak_level(clean, theta, t, n_fft) for theta in windows], axis=0)


def pooled_l1l2(x: np.ndarray, theta, t: np.ndarray, n_fft: int) -> float:
    """Mean over frames of ln(l1^2 / l2^2) of the blocks of n_fft samples around them, without whitening."""
    S = stft.dstft(x, np.reshape(theta, (1, -1)), t, n_fft=n_fft)
    return losses.pooled(S, half_block=half_block(t, n_fft))[0]


def half_block(t: np.ndarray, n_fft: int) -> int:
    return int(n_fft / (2 * (t[1] - t[0])))


def clicks_found(signal: Alternating, theta: np.ndarray, t: np.ndarray, shortest: float) -> float:
    """Part of the clicks with a window below 2 `shortest` within 5 frames."""
    hop = t[1] - t[0]
    short = t[theta < 2 * shortest]
    return float(np.mean([np.min(np.abs(short - click), initial=np.inf) <= 5 * hop for click in signal.clicks]))


def tones_found(signal: Alternating, theta: np.ndarray, t: np.ndarray, longest: float) -> float:
    """Part of the frames of tones, from 10 frames after their onset, with a window above 0.7 `longest`."""
    return float(np.mean(theta[frames_of_interest(signal, t)["tones"]] > 0.7 * longest))


def kurtosis(x: np.ndarray, theta, t: np.ndarray, n_fft: int) -> float:
    """Mean kurtosis of the magnitudes of a frame, A (30)."""
    S = stft.dstft(x, np.reshape(theta, (1, -1)), t, n_fft=n_fft)
    return losses.kurtosis(np.abs(S), t)[0]


def peak_loss_near(clean: np.ndarray, theta: np.ndarray, t: np.ndarray, n_fft: int, f: np.ndarray, windows) -> np.ndarray:
    """How far the level of a component at the frequencies f (cycles per sample, of each frame) lies below that at the best
    fixed window, in dB. theta: (bins | 1, frames)."""
    m = np.round(f * n_fft).astype(int)
    near = np.clip(m + np.arange(-3, 4)[:, None], 0, n_fft // 2)
    n = np.arange(len(t))

    def level(theta):
        S = stft.dstft(clean, theta, t, n_fft=n_fft)
        return 10 * np.log10(np.max(np.abs(S[near, n]) ** 2, axis=0) + 1e-30)

    best = np.max([level(theta) for theta in windows], axis=0)
    own = np.broadcast_to(theta, (n_fft // 2 + 1, len(t)))[m, n]
    return np.maximum(best - level(own[None]), 0)
