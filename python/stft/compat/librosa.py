# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""stft and istft with librosa's signatures.

What differs from librosa: where no window weighs a sample, istft() gives 0, librosa the sum of the frames undivided; a hop beyond
win_length is refused there; samples that are not finite are none of stft()'s business; errors are ValueError, as librosa's
ParameterError is one, too; pad_mode may be "odd" as well, but no function.
"""

from __future__ import annotations

import warnings
from typing import Any, Optional

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gnuradio.stft import extension, transforms
from gnuradio.stft.compat.frames_in_n_fft import Frames, lengths

__all__ = ["istft", "stft"]

_PAD_MODES = {"constant": "zeros", "reflect": "even", "edge": "edge", "symmetric": "symmetric", "odd": "odd"}


def stft(
    y: ArrayLike,
    *,
    n_fft: int = 2048,
    hop_length: Optional[int] = None,
    win_length: Optional[int] = None,
    window: Any = "hann",
    center: bool = True,
    dtype: Any = None,
    pad_mode: str = "constant",
    out: Optional[NDArray] = None,
) -> NDArray:
    """librosa.stft(): spectra (..., 1 + n_fft // 2, frames) of real signals (..., samples).

    >>> y = np.cos(np.pi / 2 * np.arange(8192)).astype(np.float32)
    >>> D = stft(y, n_fft=512)
    >>> D.shape, D.dtype, int(np.argmax(abs(D[:, 9])))
    ((257, 65), dtype('complex64'), 128)
    """
    y = np.asarray(y)
    if y.dtype.kind != "f" or y.ndim == 0:
        raise ValueError("Audio data must be floating-point, with one axis or more")
    made = _frames(n_fft, win_length, hop_length)
    border = n_fft // 2 if center else 0
    n = y.shape[-1]
    if center and pad_mode not in _PAD_MODES:
        raise ValueError(f"pad_mode='{pad_mode}' is not supported by librosa.stft: must be one of {list(_PAD_MODES)}")
    if n_fft > n:
        message = f"n_fft={n_fft} is too large for {'input' if center else 'uncentered analysis of input'} signal of length={n}"
        if not center:
            raise ValueError(message)
        warnings.warn(message, stacklevel=2)
    taps = _taps(window, made)
    samples, first = y, made.side - border
    if border and pad_mode != "constant":
        samples, first = extension.extended(y, border, border, _PAD_MODES[pad_mode], "pad_mode"), made.side
    frames = made.count(n + 2 * border)
    if frames < 1:
        raise ValueError(f"Input is too short (n={n + 2 * border}) for frame_length={n_fft}")
    X = transforms.stft(samples, taps, frames=frames, **dict(made.arguments(border), first=first))
    if dtype is not None:
        X = X.astype(dtype, copy=False)
    if out is None:
        return X
    if out.shape[:-1] != X.shape[:-1] or out.shape[-1] < frames:
        raise ValueError(f"Shape mismatch for provided output array out.shape={out.shape} and target shape={X.shape}")
    if not np.iscomplexobj(out):
        raise ValueError(f"output with dtype={out.dtype} is not of complex type")
    out[..., :frames] = X
    return out if out.shape[-1] == frames else out[..., :frames]


def istft(
    stft_matrix: ArrayLike,
    *,
    hop_length: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    window: Any = "hann",
    center: bool = True,
    dtype: Any = None,
    length: Optional[int] = None,
    out: Optional[NDArray] = None,
) -> NDArray:
    """librosa.istft(): real signals (..., samples) of one-sided spectra (..., bins, frames).

    >>> y = np.random.default_rng(1).standard_normal(5000)
    >>> bool(np.allclose(istft(stft(y, n_fft=512), length=5000), y))
    True
    """
    X = np.asarray(stft_matrix)
    n_fft = 2 * (X.shape[-2] - 1) if n_fft is None else n_fft
    made = _frames(n_fft, win_length, hop_length)
    border = n_fft // 2 if center else 0
    frames = X.shape[-1]
    if length:
        frames = min(frames, -(-(length + 2 * border) // made.hop))
    else:
        length = max(0, made.reach(frames) - 2 * border)
    taps = _taps(window, made)
    y = transforms.istft(
        X[..., :frames], taps, length=length, sides="onesided", threshold=0.0, **made.arguments(border)
    )
    if dtype is not None:
        y = y.astype(dtype, copy=False)
    if out is None:
        return y
    if out.shape != y.shape:
        raise ValueError(f"Shape mismatch for provided output array out.shape={out.shape} != {y.shape}")
    out[...] = y
    return out


def _frames(n_fft: int, win_length: Optional[int], hop_length: Optional[int]) -> Frames:
    if hop_length is not None and (not isinstance(hop_length, (int, np.integer)) or hop_length < 1):
        raise ValueError(f"hop_length={hop_length} must be a positive integer")
    if not isinstance(n_fft, (int, np.integer)) or n_fft < 1:
        raise ValueError(f"n_fft={n_fft} must be a positive integer")
    if win_length is not None and (not isinstance(win_length, (int, np.integer)) or win_length < 1):
        raise ValueError(f"win_length={win_length} must be a positive integer")
    if win_length is not None and win_length > n_fft:
        raise ValueError(f"Target size ({n_fft}) must be at least input size ({win_length})")
    made = lengths(n_fft, win_length, hop_length, lambda n_fft, win_length: win_length // 4)
    if made.hop < 1:
        raise ValueError(f"hop_length={made.hop} must be a positive integer: win_length={made.win_length} has no quarter")
    return made


def _taps(window: Any, made: Frames) -> NDArray:
    """The window's values; a function is called with their number."""
    if callable(window):
        return np.asarray(window(made.win_length))
    if isinstance(window, (str, tuple)) or np.isscalar(window):
        return transforms.sample_window(window, made.win_length)
    taps = np.asarray(window)
    if len(taps) == made.n_fft and made.win_length != made.n_fft:  # in the middle of a frame already
        taps = taps[made.side : made.side + made.win_length]
    if len(taps) != made.win_length:
        raise ValueError(f"Window size mismatch: {len(taps)} != {made.win_length}")
    return taps


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module {__name__} has no attribute {name!r}: it has {', '.join(__all__)}; import the rest from librosa itself")
