# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The frames of PyTorch and librosa: n_fft samples long, with the window in their middle; phase counts from their start."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray


class Frames(NamedTuple):
    """Frames of n_fft samples, of which the window weighs those in the middle."""

    n_fft: int
    win_length: int
    hop: int

    @property
    def side(self) -> int:
        """Samples of a frame before its window."""
        return (self.n_fft - self.win_length) // 2

    def arguments(self, border: int) -> dict:
        """Of the kernels, for frames that begin `border` samples before the signal."""
        return dict(n_fft=self.n_fft, hop=self.hop, first=self.side - border, phase=-self.side)

    def count(self, samples: int) -> int:
        """Whole frames in `samples` samples; less than one where there is none."""
        return 1 + (samples - self.n_fft) // self.hop

    def reach(self, frames: int) -> int:
        """Samples under `frames` frames."""
        return self.n_fft + self.hop * (frames - 1)

    def coverage(self, taps: NDArray, frames: int) -> NDArray:
        """Sum of the squared windows at each of these samples."""
        energy = np.zeros(-(-self.n_fft // self.hop) * self.hop)
        energy[self.side : self.side + self.win_length] = np.abs(taps) ** 2
        parts = energy.reshape(-1, self.hop)
        sums = np.zeros((max(0, frames - 1) + len(parts), self.hop))
        for shift, part in enumerate(parts):
            sums[shift : shift + frames] += part
        return sums.ravel()[: self.reach(frames)]


def lengths(n_fft: int, win_length: Optional[int], hop: Optional[int], hop_of: Any) -> Frames:
    """With defaults; hop_of gives the hop's from n_fft and win_length."""
    win_length = n_fft if win_length is None else win_length
    return Frames(n_fft, win_length, hop_of(n_fft, win_length) if hop is None else hop)
