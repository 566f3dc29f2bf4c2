# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""STFT, ISTFT, DSTFT, IDSTFT, STFT2D and ISTFT2D for PyTorch: modules and functions whose forward and backward call our
kernels.

>>> from gnuradio.stft import torch as layers
>>> import torch
>>> x = torch.randn(2, 3, 1000)                              # any leading axes
>>> transform = layers.DSTFT(n_fft=128, win_length=90, hop_length=32, window_mode="constant")
>>> spectrogram, spectra = transform(x)
>>> spectra.shape
torch.Size([2, 3, 65, 32])
>>> spectrogram.sum().backward()
>>> transform.win_length.shape, transform.raw_win_length.grad is not None
(torch.Size([1, 1]), True)

Tensors are on the CPU, float32, float64 or their complex types; what comes out has the same precision. Spectra are
(..., bins, frames). Gradients are exact, of the first order. Definitions: gnuradio.stft.stft(), istft(), dstft() and
idstft(), whose arguments have the same names here. Those of images are in gnuradio.stft.torch2d.

DSTFT has the constructor, modes, initialize(), (spectrogram, spectra) and inverse() of the package `dstft` 3 of the
papers' authors. It differs where that one leaves its definition:

- Phase counts from sample 0. Their spectra are (-1)^m times these in bin m; magnitudes agree.
- Each frame has the window of its own real position, in every mode; there, constant and per-bin windows share the first
  frame's fraction of a sample, and the last sample under a window of full length is dropped.
- Lengths, hops and positions are computed in double. What is not learned is what was asked for to the bit (there a hop of
  16 became 15.999999), and the number of frames does not suffer from rounding.
- win_length_max is the upper bound.
- Signals are real or complex, shorter than n_fft, of another length at each call where no frame has a parameter of its
  own; the first call initializes.
- The inverse of bin-dependent windows is the least-squares one. Its method "wola" is one step towards it.

inverse() takes its method, cg_max_iter, cg_tol and cg_lambda; frame_centers() its device and dtype; win_length and hop_length
may be assigned to; plot_spec() and plot_win_lengths() draw, and load_state_dict() reads its checkpoints. docs/torch.md has
all differences in a table.
"""

from __future__ import annotations

from typing import Any, Optional

from .tensors import Tensor, torch
from .torch2d import ISTFT2D, STFT2D, istft2d, stft2d  # noqa: F401
from .torch_dstft import DSTFT
from .torch_functions import dstft, idstft, istft, stft  # noqa: F401
from .torch_plots import plot_spec, plot_win_lengths  # noqa: F401


class STFT(torch.nn.Module):
    """stft() as a module: (..., samples) -> (..., bins, frames). Its arguments are those of gnuradio.stft.stft(), but for
    detrend, extend, axis and out.
    """

    def __init__(self, window: Any = "hann", **arguments: Any):
        super().__init__()
        self.window, self.arguments = window, arguments
        _refuse_unknown(arguments, stft)

    def forward(self, x: Tensor) -> Tensor:
        return stft(x, self.window, **self.arguments)

    def extra_repr(self) -> str:
        return _repr(self.window, self.arguments)


class ISTFT(torch.nn.Module):
    """istft() as a module: (..., bins, frames) -> (..., length). Its arguments are those of gnuradio.stft.istft().

    >>> import torch
    >>> x = torch.randn(2, 500)
    >>> made = dict(hop=16, n_fft=64)
    >>> bool(torch.allclose(ISTFT(**made)(STFT(**made)(x), length=500), x, atol=1e-6))
    True
    """

    def __init__(self, window: Any = "hann", **arguments: Any):
        super().__init__()
        self.window, self.arguments = window, arguments
        _refuse_unknown(arguments, istft)

    def forward(self, X: Tensor, length: Optional[int] = None) -> Tensor:
        """length: samples to return; default: the constructor's."""
        given = {} if length is None else {"length": length}
        return istft(X, self.window, **{**self.arguments, **given})

    def extra_repr(self) -> str:
        return _repr(self.window, self.arguments)


class IDSTFT(torch.nn.Module):
    """Inverse of a DSTFT, (..., bins, frames) -> (..., length). Its lengths and hops are those of `transform`, not copies.

    tol, max_iterations: of gnuradio.stft.idstft(), where windows depend on the bin.

    >>> import torch
    >>> x = torch.randn(2, 500)
    >>> forward = DSTFT(n_fft=64, win_length=60.5, hop_length=12.3, window_mode="time", output="complex")
    >>> backward = IDSTFT(forward)
    >>> bool(torch.allclose(backward(forward(x)), x, atol=1e-5))
    True
    """

    def __init__(self, transform: DSTFT, *, tol: Optional[float] = None, max_iterations: int = 100):
        super().__init__()
        if not isinstance(transform, DSTFT):
            raise ValueError(f"transform: {type(transform).__name__}: must be a DSTFT")
        self.transform, self.tol, self.max_iterations = transform, tol, max_iterations

    def forward(self, S: Tensor, length: Optional[int] = None) -> Tensor:
        """length: default: the samples that the DSTFT's initialize() or first forward() saw."""
        return self.transform.inverse(S, length=length, tol=self.tol, max_iterations=self.max_iterations)


def _refuse_unknown(arguments: Any, function: Any) -> None:
    known = {*function.__wrapped__.__kwdefaults__, *function.spellings}
    for name in arguments:
        if name not in known:
            raise TypeError(f"{name}: is no argument of {function.__name__}()")


def _repr(window: Any, arguments: Any) -> str:
    return ", ".join([repr(window)] + [f"{name}={value!r}" for name, value in arguments.items()])
