# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Windows as DSTFT's tensors: the values of those that have a name, and the transform under a function that computes them.

Such a function is called as the package `dstft` of the papers' authors calls its own,

    window(n_fft=, theta=, idx_frac=, freq_bins=, frames=, device=, dtype=, normalization=),

with theta (bins or 1, frames or 1) and the fraction idx_frac of each frame's position, (frames,), and returns the values at
the samples floor(t) - n_fft // 2 and following, (bins or 1, frames or 1, n_fft) or (frames or 1, n_fft). PyTorch
differentiates it.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Optional

import numpy as np

from . import differentiable
from .arguments import _bins
from .tensors import Tensor, torch


def named_window_values(window: Any, norm: str, n_fft: int, theta: Tensor, t: Tensor) -> Tensor:
    """w(k - t, theta) at the samples k = floor(t) + 1 - (n_fft + 1) // 2 and following.

    theta: (bins or 1, frames or 1); t: (frames,). Returns (bins or 1, frames or 1, n_fft), or n_fft + 1 values for odd n_fft, in
    double; frames are 1 where all of them have the same values.
    """
    theta, t = theta.detach().numpy(), t.detach().numpy()
    fractions = t - np.floor(t)
    if theta.shape[1] == 1 and np.all(fractions == fractions[:1]):
        fractions = fractions[:1]
    pairs = np.broadcast_arrays(theta, fractions)
    lengths, fractions = (one.reshape(1, -1) for one in pairs)
    count = n_fft + n_fft % 2
    # the gradient by x of the sum over all frames of bin 0 is the sum of their windows, which stand side by side here
    side_by_side = count * np.arange(lengths.size) + (n_fft + 1) // 2 - 1 + fractions[0]
    G = np.zeros((n_fft // 2 + 1, lengths.size), complex)
    G[0] = 1
    made = dict(n_fft=n_fft, window=window, norm=norm, sides="onesided", wrt=("x",))
    values = differentiable.dstft_vjp(np.zeros(count * lengths.size), lengths, side_by_side, G, **made).x
    return torch.from_numpy(values.reshape(pairs[0].shape + (count,)))


def window_values(
    window: Callable[..., Tensor], theta: Tensor, t: Tensor, *, n_fft: int, bins: int, dtype: Any, normalization: Optional[str]
) -> Tensor:
    """What the function returns, (bins or 1, frames or 1, n_fft), for positions t, (frames,)."""
    fractions = (t - t.detach().floor()).to(dtype)
    values = window(
        n_fft=n_fft, theta=theta.to(dtype), idx_frac=fractions, freq_bins=bins, frames=len(t), device=torch.device("cpu"),
        dtype=dtype, normalization=normalization,
    )  # fmt: skip
    if not isinstance(values, Tensor):
        raise ValueError(f"window: returned {type(values).__name__}: must return a tensor")
    shape = tuple(values.shape)
    values = values[None] if values.ndim == 2 else values
    if values.ndim != 3 or values.shape[0] not in (1, bins) or values.shape[1] not in (1, len(t)) or values.shape[2] != n_fft:
        raise ValueError(
            f"window: returned shape {shape}: must be ({bins} or 1, {len(t)} or 1, {n_fft}), the first of them may be absent"
        )
    if values.is_complex():
        raise ValueError(f"window: returned {values.dtype}: must return real values")
    return values.to(dtype)


def analysed(x: Tensor, windows: Tensor, t: Tensor, *, n_fft: int, sides: str) -> Tensor:
    """The spectra of x, (..., bins, frames), under windows from window_values(), with their phase from sample 0."""
    from .torch import stft

    samples, places = _grid(t, n_fft)
    inside = (samples >= 0) & (samples < x.shape[-1])
    padded = torch.nn.functional.pad(x, (0, 1))  # a zero for the samples outside
    frames = padded[..., torch.where(inside, samples, x.shape[-1])]
    turned = windows.expand(-1, len(t), -1).gather(-1, places.expand(len(windows), -1, -1))
    if len(turned) == 1:
        whole = dict(hop=n_fft, n_fft=n_fft, first=0, frames=1, sides=sides, phase="start")
        return stft(frames * turned[0], torch.ones(n_fft, dtype=turned.dtype), **whole)[..., 0].transpose(-1, -2)
    bins = _bins(n_fft, sides)
    turns = torch.arange(bins)[:, None] * torch.arange(n_fft) % n_fft
    factors = torch.polar(torch.ones((), dtype=turned.dtype), turns.to(turned.dtype) * (-2 * math.pi / n_fft))
    rows = [(frames * turned[m]).to(factors.dtype) @ factors[m] for m in range(bins)]
    return torch.stack(rows, -2)


def overlap_added(S: Tensor, windows: Tensor, t: Tensor, *, n_fft: int, sides: str, length: int) -> Tensor:
    """The signal, (..., length), of spectra (..., bins, frames), by sum w y / sum w^2."""
    from .torch import istft

    if len(windows) != 1:
        raise ValueError("window: a function whose windows depend on the bin: has no inverse here, where those of names have")
    samples, places = _grid(t, n_fft)
    turned = windows.expand(-1, len(t), -1).gather(-1, places[None])[0]
    whole = dict(hop=n_fft, n_fft=n_fft, first=0, length=n_fft, sides=sides, phase="start")
    rows = istft(S.transpose(-1, -2)[..., None], torch.ones(n_fft, dtype=turned.dtype), **whole)
    at = torch.where((samples >= 0) & (samples < length), samples, length).reshape(-1)

    def added(values: Tensor) -> Tensor:
        values = values.reshape(*values.shape[:-2], -1)
        return torch.zeros(*values.shape[:-1], length + 1, dtype=values.dtype).index_add(-1, at, values)[..., :length]

    coverage = added(turned**2)
    most = coverage.max() if length else 0
    uncovered = int(torch.count_nonzero(coverage <= (1e-6 if turned.dtype == torch.float32 else 1e-10) * most))
    if uncovered:
        raise ValueError(f"t: {uncovered} samples of {length}: are under no window, so they have no inverse")
    return added(rows * turned) / coverage


def _grid(t: Tensor, n_fft: int) -> Any:
    """The sample at each place of a frame's DFT buffer, k at k mod n_fft, and its place in the window: (frames, n_fft) each."""
    first = t.detach().floor().long()[:, None] - n_fft // 2
    places = (torch.arange(n_fft) - first) % n_fft
    return first + places, places
