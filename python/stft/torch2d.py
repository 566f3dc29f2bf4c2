# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""STFT2D and ISTFT2D for PyTorch; gnuradio.stft.torch has them too.

>>> from gnuradio.stft.torch import STFT2D
>>> import torch
>>> transform = STFT2D(win_len=(32, 32), win_hop=(16, 16), fft_len=(32, 32))
>>> image = torch.rand(1, 3, 1024, 1536)
>>> X = transform.transform(image)
>>> X.shape
torch.Size([1, 3, 17, 32, 65, 97])
>>> bool(torch.allclose(transform.inverse(X, image.shape), image, atol=2e-6))
True

The modules have the arguments of M. Baas's "A simple 2D STFT module in pytorch" (2025), sizes as (width, height).
They keep no state, so inverse() takes the image's shape; mirrored or repeated borders and tail="ceil" are further options.
The functions have the arguments of gnuradio.stft.stft2d() and istft2d(), sizes as (height, width). Tensors are on the CPU.
Gradients are exact, of the first order.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence, Tuple

from . import images
from .stft_python import kernels
from .tensors import Tensor, _numpy, _tensor, torch
from .torch_gradients import _of_first_order


def stft2d(image: Tensor, *, window: Any = "hann", win_sqrt: bool = False, **arguments: Any) -> Tensor:
    """gnuradio.stft.stft2d() with gradients by the image, (H, W), (C, H, W) or (N, C, H, W), and by the window's values if
    it is a pair of tensors.
    """
    window, by_height, by_width = _windows(window, win_sqrt)
    return _Stft2d.apply(image, by_height, by_width, dict(arguments, window=window, win_sqrt=win_sqrt))


def istft2d(
    X: Tensor,
    *,
    shape: Sequence[int],
    window: Any = "hann",
    win_sqrt: bool = False,
    strict: bool = True,
    threshold: Optional[float] = None,
    **arguments: Any,
) -> Tensor:
    """gnuradio.stft.istft2d() with gradients by the spectra, and by the window's values if it is a pair of tensors."""
    if not _numpy("X", X).dtype.kind == "c":
        raise ValueError(f"X: {X.dtype}: must be complex64 or complex128")
    window, by_height, by_width = _windows(window, win_sqrt)
    made = dict(arguments, window=window, win_sqrt=win_sqrt, threshold=threshold)
    return _Istft2d.apply(X, by_height, by_width, tuple(shape), strict, made)


class STFT2D(torch.nn.Module):
    """2-D STFT of images: transform(image) -> spectra, inverse(spectra, shape) -> image. A call is transform().

    Sizes are (width, height); images and spectra have the height first.

    win_len: pixels under the window. win_hop: from frame to frame. fft_len: DFT lengths, >= win_len.
    win_type: name of a periodic window, SciPy's names, or (name, parameters ...), or taps; or a pair (width's, height's).
    pad_center: frame m is centred at pixel m win_hop; without it, the outermost pixels may not come back.
    win_sqrt, pad, tail, offset: of gnuradio.stft.stft2d(); tail="floor", as in the published module.
    """

    def __init__(
        self,
        win_len: Tuple[int, int] = (64, 64),
        win_hop: Tuple[int, int] = (32, 32),
        fft_len: Optional[Tuple[int, int]] = (64, 64),
        win_type: Any = "hann",
        pad_center: bool = True,
        *,
        win_sqrt: bool = False,
        pad: str = "constant",
        tail: str = "floor",
        offset: str = "trailing",
    ):
        super().__init__()
        self.arguments: Dict[str, Any] = dict(
            win_length=_swapped("win_len", win_len),
            hop=_swapped("win_hop", win_hop),
            n_fft=None if fft_len is None else _swapped("fft_len", fft_len),
            window=_swapped_windows(win_type),
            win_sqrt=bool(win_sqrt),
            centre=bool(pad_center),
            pad=pad,
            tail=tail,
            offset=offset,
        )
        self._design = images._design(**self.arguments)  # refuses what is wrong before the first image

    def transform(self, inputs: Tensor) -> Tensor:
        """(H, W), (C, H, W) or (N, C, H, W) -> (N, C, fft_H // 2 + 1, fft_W, frames_H, frames_W), complex."""
        return stft2d(inputs, **self.arguments)

    def inverse(
        self,
        stft_coeffs: Tensor,
        shape: Optional[Sequence[int]] = None,
        *,
        strict: bool = True,
        threshold: Optional[float] = None,
    ) -> Tensor:
        """(N, C, freq_H, freq_W, frames_H, frames_W), or without N -> the image.

        shape: of the image, (H, W), (C, H, W) or (N, C, H, W); default: (N, C, H, W) with the H and W that end where the
            last frame says, which for centred frames is a whole number of hops. strict, threshold: of
            gnuradio.stft.istft2d().
        """
        if shape is None:
            shape = self._default_shape(stft_coeffs)
        return istft2d(stft_coeffs, shape=shape, strict=strict, threshold=threshold, **self.arguments)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.transform(inputs)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())

    def _default_shape(self, X: Tensor) -> Tuple[int, ...]:
        lead = (1, 1) + tuple(X.shape[:-4])
        return lead[-2:] + tuple(
            (frames - 1) * hop + (0 if self.arguments["centre"] else length)
            + (length % 2 if self.arguments["centre"] and self.arguments["tail"] == "floor" else 0)
            for frames, hop, length in zip(X.shape[-2:], self.arguments["hop"], self._design.win_length())
        )  # fmt: skip


class ISTFT2D(STFT2D):
    """The inverse of a STFT2D with the same arguments as a module of its own: a call is inverse(spectra, shape).

    >>> import torch
    >>> made = dict(win_len=(16, 8), win_hop=(8, 4), fft_len=(16, 8))
    >>> image = torch.rand(31, 50)
    >>> bool(torch.allclose(ISTFT2D(**made)(STFT2D(**made)(image), image.shape), image, atol=1e-5))
    True
    """

    def forward(self, stft_coeffs: Tensor, shape: Optional[Sequence[int]] = None) -> Tensor:
        return self.inverse(stft_coeffs, shape)


class _Stft2d(torch.autograd.Function):
    @staticmethod
    def forward(ctx, image, by_height, by_width, made):
        ctx.save_for_backward(image)
        ctx.made = made
        return torch.from_numpy(images.stft2d(_numpy("image", image), **made))

    @staticmethod
    @_of_first_order
    def backward(ctx, G):
        (image,) = ctx.saved_tensors
        G, by_image, by_windows = _numpy("G", G), None, (None, None)
        if ctx.needs_input_grad[0]:
            by_image = images.stft2d_vjp(G, shape=tuple(image.shape), **ctx.made)
        if any(ctx.needs_input_grad[1:3]):
            by_windows = images.stft2d_window_vjp(_numpy("image", image), G, **ctx.made)
        return (_tensor(by_image), *map(_tensor, by_windows), None)


class _Istft2d(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, by_height, by_width, shape, strict, made):
        ctx.save_for_backward(X)
        ctx.made = made
        return torch.from_numpy(images.istft2d(_numpy("X", X), shape=shape, strict=strict, **made))

    @staticmethod
    @_of_first_order
    def backward(ctx, g):
        (X,) = ctx.saved_tensors
        g = _numpy("g", g)
        by_spectra, by_windows = None, (None, None)
        if ctx.needs_input_grad[0]:
            by_spectra = torch.from_numpy(images.istft2d_vjp(g, **ctx.made)).reshape(X.shape)
        if any(ctx.needs_input_grad[1:3]):
            by_windows = images.istft2d_window_vjp(_numpy("X", X), g, **ctx.made)
        return (by_spectra, *map(_tensor, by_windows), None, None, None)


def _windows(window: Any, win_sqrt: bool) -> Tuple[Any, Optional[Tensor], Optional[Tensor]]:
    """What images.py takes, and the tensors among it, (height's, width's) in double."""
    if isinstance(window, Tensor):
        window = (window, window)
    if not isinstance(window, (tuple, list)) or not any(isinstance(one, Tensor) for one in window):
        return window, None, None
    if len(window) != 2 or not all(isinstance(one, Tensor) and one.ndim == 1 for one in window):
        raise ValueError("window: tensors: must be one, or a pair (height's, width's), of one axis each")
    if win_sqrt and any(one.requires_grad for one in window):
        raise ValueError("win_sqrt: True: window tensors that require a gradient are used as they are")
    by_height, by_width = (one.to(torch.float64) for one in window)
    return (_numpy("window", by_height), _numpy("window", by_width)), by_height, by_width


def _swapped(name: str, size: Any) -> Tuple[int, int]:
    """(height, width) of (width, height)."""
    width, height = images._pair(name, size)
    return height, width


def _swapped_windows(window: Any) -> Any:
    return (window[1], window[0]) if kernels.is_window_pair(window) else window
