# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What the adaptive windows are compared with: fixed windows in hindsight, and windows learned offline."""
from typing import Callable, Tuple

import numpy as np

from gnuradio import stft
from gnuradio.stft import losses


def fixed_windows(n_fft: int, count: int = 12) -> np.ndarray:
    """Logarithmically spaced lengths from n_fft / 8 to n_fft, the range that is learned by default."""
    return np.minimum(np.geomspace(n_fft / 8, n_fft, count), n_fft)


def best_constant(measure: Callable[[float], float], windows: np.ndarray) -> Tuple[float, float]:
    """The least of a measure over fixed windows, and its window."""
    values = [measure(theta) for theta in windows]
    return min(values), float(windows[int(np.argmin(values))])


def constant_by_entropy(x: np.ndarray, n_fft: int, hop: float) -> float:
    """One theta by the papers' loss, the entropy of the magnitudes of the whole plane, A (26)."""
    return stft.learn(x, n_fft=n_fft, hop=hop, share="constant", criterion="magnitude_entropy").theta.item()


def offline_pooled(x: np.ndarray, theta: np.ndarray, n_fft: int, hop: float, half_block: int) -> float:
    """The least pooled l1/l2 without whitening that L-BFGS finds for one theta per frame, from the best constant theta
    and from the one given."""

    def criterion(S, theta, t):
        return losses.pooled(S, half_block=half_block)

    bounds = {"theta_min": n_fft / 8, "theta_max": n_fft}
    starts = (None, np.clip(theta, *bounds.values()).reshape(1, -1))
    options = {"criterion": criterion, "regularisation": 0, "max_iterations": 300, **bounds}
    return min(stft.learn(x, n_fft=n_fft, hop=hop, theta_init=start, **options).loss for start in starts)
