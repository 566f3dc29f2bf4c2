# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""dstft(), idstft(), stft() and istft() of tensors; gnuradio.stft.torch has them too."""

from __future__ import annotations

from typing import Any, Optional, Union

from . import differentiable
from .adjoints import check_inverse_has_gradient
from .arguments import _either_spelling, _hop, _layout, _lengths, _sides
from .tensors import Tensor, _numpy, torch
from .torch_gradients import _Dstft, _Idstft, _Istft, _Stft


def dstft(
    x: Tensor,
    theta: Union[Tensor, float],
    t: Tensor,
    *,
    n_fft: int,
    c: Union[Tensor, float, None] = None,
    window: differentiable.FamilyName = "hann",
    norm: str = "l2",
    sides: Optional[str] = None,
    convention: str = "centre",
) -> Tensor:
    """gnuradio.stft.dstft() with gradients by x, theta, t and c.

    x: (..., samples). theta: window lengths in samples, broadcast to (bins, frames). t: (frames,), positions in samples,
    best in double: a float32 holds no fraction of a late one. c: chirp rates, one or (frames,).
    """
    made = dict(n_fft=n_fft, window=window, norm=norm, sides=sides, convention=convention)
    return _Dstft.apply(x, _double(theta), _double(t), None if c is None else _double(c), made)


def idstft(
    S: Tensor,
    theta: Union[Tensor, float],
    t: Tensor,
    *,
    n_fft: int,
    length: int,
    c: Union[Tensor, float, None] = None,
    window: differentiable.FamilyName = "hann",
    norm: str = "l2",
    sides: Optional[str] = None,
    convention: str = "centre",
    weights: str = "twosided",
    tol: Optional[float] = None,
    max_iterations: int = 100,
) -> Tensor:
    """gnuradio.stft.idstft() with gradients by S, theta, t and c.

    S: (..., bins, frames). With a theta for each bin, backward solves another system of the same size, to the same tol.
    """
    _check_complex("S", S)
    if sides is None:
        sides = "twosided" if S.shape[-2] == n_fft != n_fft // 2 + 1 else "onesided"
    made = dict(n_fft=n_fft, window=window, norm=norm, sides=sides, convention=convention)
    made.update(weights=weights, tol=tol, max_iterations=max_iterations)
    return _Idstft.apply(S, _double(theta), _double(t), None if c is None else _double(c), length, made)


@_either_spelling
def stft(
    x: Tensor,
    window: Any = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    frames: Optional[int] = None,
    sides: Optional[str] = None,
    phase: Union[str, int] = "centre",
    scaling: str = "none",
    fs: float = 1.0,
) -> Tensor:
    """gnuradio.stft.stft() with a gradient by x, (..., samples)."""
    window = _window(window)
    n_fft, win_length = _lengths(window, win_length, n_fft)
    sides = _sides(sides, _numpy("x", x), window)
    made = dict(hop=_hop(hop, win_length), win_length=win_length, n_fft=n_fft, placement=placement, first=first)
    made.update(sides=sides, phase=phase, scaling=scaling, fs=fs)
    return _Stft.apply(x, window, frames, made)


@_either_spelling
def istft(
    X: Tensor,
    window: Any = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    length: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    sides: Optional[str] = None,
    phase: Union[str, int] = "centre",
    scaling: str = "none",
    fs: float = 1.0,
    synthesis: Any = None,
    threshold: Optional[float] = None,
    strict: bool = True,
) -> Tensor:
    """gnuradio.stft.istft() with a gradient by X, (..., bins, frames); of a window longer than n_fft, if `synthesis` is given."""
    window, synthesis = _window(window), _window(synthesis, "synthesis")
    _check_complex("X", X)
    sides, n_fft, win_length = _layout("X", X.shape[-2], sides, window, win_length, n_fft)
    made = dict(hop=_hop(hop, win_length), win_length=win_length, n_fft=n_fft, placement=placement, first=first, sides=sides)
    made.update(phase=phase, scaling=scaling, fs=fs, synthesis=synthesis, threshold=threshold, strict=strict)
    if X.requires_grad and torch.is_grad_enabled():
        check_inverse_has_gradient(win_length, n_fft, synthesis)
    return _Istft.apply(X, window, length, made)


def _check_complex(name: str, spectra: Tensor) -> None:
    if not _numpy(name, spectra).dtype.kind == "c":
        raise ValueError(f"{name}: {spectra.dtype}: must be complex64 or complex128")
    if spectra.ndim < 2:
        raise ValueError(f"{name}: {spectra.ndim} dimensions: must be (..., bins, frames)")


def _double(value: Any) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64)


def _window(window: Any, name: str = "window") -> Any:
    if not isinstance(window, Tensor):
        return window
    if window.requires_grad:
        raise ValueError(f"{name}: a tensor that requires a gradient: has none here; DSTFT learns windows' lengths")
    return _numpy(name, window)
