# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""stft and istft with torch's signatures, on tensors on the CPU, with a gradient by the signal or the spectra.

What differs from PyTorch: return_complex=False is refused for real signals, as PyTorch will do; a window that requires grad is refused, since there is no gradient by it;
istft() under a complex window w is the least-squares signal, sum conj(w) f / sum |w|^2, where PyTorch has sum w f / sum w^2.
"""

from __future__ import annotations

import warnings
from typing import Any, Optional

import numpy as np

from gnuradio.stft import torch as layers
from gnuradio.stft.compat.frames_in_n_fft import Frames, lengths
from gnuradio.stft.tensors import Tensor, torch

__all__ = ["istft", "stft"]

_LEAST_COVERAGE = 1e-11


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: Optional[int] = None,
    win_length: Optional[int] = None,
    window: Optional[Tensor] = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: Optional[bool] = None,
    return_complex: Optional[bool] = None,
    align_to_window: Optional[bool] = None,
) -> Tensor:
    """torch.stft(): spectra (..., bins, frames) of a signal or of several, (samples,) or (batch, samples).

    align_to_window (of newer PyTorch, without center): True: the window of the first frame begins at sample 0, not its n_fft samples.

    >>> x = torch.randn(3, 5000)
    >>> X = stft(x, 512, window=torch.hann_window(512), return_complex=True)
    >>> X.shape, bool(torch.allclose(istft(X, 512, window=torch.hann_window(512), length=5000), x, atol=1e-5))
    (torch.Size([3, 257, 40]), True)
    """
    if input.dim() not in (1, 2):
        raise RuntimeError(f"stft: expected a 1D or 2D tensor, but got {input.dim()}D")
    if not input.is_floating_point() and not input.is_complex():
        raise RuntimeError("stft: expected a tensor of floating point or complex values")
    is_complex = input.is_complex() or (window is not None and window.is_complex())
    if not return_complex and (return_complex is False or not is_complex):
        raise RuntimeError("stft requires the return_complex parameter be given as True for real inputs")
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    made = _frames("stft", n_fft, hop_length, win_length, window)
    border = n_fft // 2 if center else 0
    if border:
        extra = input.reshape((1,) * (3 - input.dim()) + tuple(input.shape))
        padded = torch.nn.functional.pad(extra, (border, border), mode=pad_mode)
        input = padded.reshape(tuple(input.shape[:-1]) + (padded.shape[-1],))
    frames = made.count(input.shape[-1])
    if frames < 1:
        raise RuntimeError(f"stft: expected 0 < n_fft <= {input.shape[-1]}, but got n_fft={n_fft}")
    shift = made.side if align_to_window else 0
    if shift:
        frames = 1 + (input.shape[-1] - made.win_length) // made.hop
    onesided = not is_complex if onesided is None else onesided
    if onesided and is_complex:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    sides = "onesided" if onesided else "twosided"
    scaling = "ortho" if normalized else "none"
    taps = _weights(made, input, window)
    input = input.to(torch.promote_types(input.dtype, taps.dtype))
    # the kernels weigh with the conjugate window
    return layers.stft(input, taps.conj(), frames=frames, sides=sides, scaling=scaling, **made.arguments(shift))


def istft(
    input: Tensor,
    n_fft: int,
    hop_length: Optional[int] = None,
    win_length: Optional[int] = None,
    window: Optional[Tensor] = None,
    center: bool = True,
    normalized: bool = False,
    onesided: Optional[bool] = None,
    length: Optional[int] = None,
    return_complex: bool = False,
) -> Tensor:
    """torch.istft(): the signal of spectra (bins, frames) or (batch, bins, frames)."""
    if not input.is_complex() or input.dim() not in (2, 3):
        raise RuntimeError("istft requires a complex-valued input tensor of 2 or 3 dimensions")
    made = _frames("istft", n_fft, hop_length, win_length, window)
    if made.hop > made.win_length:
        raise RuntimeError(f"istft: expected 0 < hop_length <= win_length, but got hop_length={made.hop}")
    bins, frames = input.shape[-2:]
    onesided = bins != n_fft if onesided is None else onesided
    if bins != (n_fft // 2 + 1 if onesided else n_fft):
        raise RuntimeError(f"istft: {bins} bins do not match n_fft={n_fft}, onesided={onesided}")
    if return_complex and onesided:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    taps = _weights(made, input, window)
    if not return_complex:
        if taps.is_complex():
            raise RuntimeError("Complex windows are incompatible with return_complex=False")
        input, onesided = input[..., : n_fft // 2 + 1, :], True
    input = input.to(torch.promote_types(input.dtype, taps.dtype))
    border = n_fft // 2 if center else 0
    end = made.reach(frames) - border if length is None else border + length
    coverage = made.coverage(taps.numpy(), frames)[border:end]
    if not coverage.size or not np.min(coverage) > _LEAST_COVERAGE:
        raise RuntimeError("window overlap add min: 1: the window leaves samples uncovered")
    if length is not None and coverage.size < length:
        warnings.warn("The length of signal is shorter than the length parameter. Result is being padded with zeros", stacklevel=2)
    return layers.istft(
        input,
        taps.conj(),
        length=max(0, end - border),
        sides="onesided" if onesided else "twosided",
        scaling="ortho" if normalized else "none",
        threshold=0.0,
        **made.arguments(border),
    )


def _frames(name: str, n_fft: int, hop_length: Optional[int], win_length: Optional[int], window: Any) -> Frames:
    made = lengths(n_fft, win_length, hop_length, lambda n_fft, win_length: n_fft // 4)
    if made.hop <= 0:
        raise RuntimeError(f"{name}: expected hop_length > 0, but got hop_length={made.hop}")
    if not 0 < made.win_length <= n_fft:
        raise RuntimeError(f"{name}: expected 0 < win_length <= n_fft, but got win_length={made.win_length}")
    if window is not None and tuple(window.shape) != (made.win_length,):
        raise RuntimeError(f"{name}: expected a 1D window tensor of size equal to win_length={made.win_length}")
    return made


def _weights(made: Frames, like: Tensor, window: Optional[Tensor]) -> Tensor:
    """The window's values; a rectangle in the precision of `like` where there is none."""
    if window is None:
        return torch.ones(made.win_length, dtype=like.real.dtype)
    if window.requires_grad and torch.is_grad_enabled():
        raise RuntimeError("window requires grad: there is no gradient by the window here; give window.detach()")
    return window.detach().resolve_conj()


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module {__name__} has no attribute {name!r}: it has {', '.join(__all__)}; import the rest from torch itself")
