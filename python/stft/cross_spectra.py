# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Two sensors: cross spectra, coherence and transfer functions of signals that were recorded together."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import Window, _array_along, _either_spelling, _keeps, _lengths, _precision, _sides
from .stft_python import kernels
from .transforms import stft

_KEYWORDS = """
    x, y: reference and response, samples of the same length; other axes are channels, which are broadcast.
    window, win_length, n_fft, sides, fs, detrend, axis: as in stft(). hop: default: win_length // 2.
    Frames lie in the signals as a whole: one that hangs over an end would see less of them.
    frames: of a mean; None: all. mean: "blocks": over `frames` after one another; what is left at the end is not used. "exponential": over
        all so far, weights falling as (1 - 1 / frames)^age, a value for each frame.
"""


def _with_keywords(function: Any) -> Any:
    first, rest = (function.__doc__ or "").split("\n\n", 1)
    function.__doc__ = f"{first}\n{_KEYWORDS}\n{rest}"
    return _either_spelling(function)


class Coherence(NamedTuple):
    """What coherence() returns: the coherence of each bin, and how much of it signals without anything in common would have."""

    values: NDArray
    """Of each bin, (..., bins), or of each bin and mean, (..., bins, means): 0 .. 1."""
    bias: float
    """Mean coherence of signals that have nothing in common: 1 / independent_frames, to first order."""
    threshold: float
    """Coherence that they exceed in the given fraction of the bins."""
    independent_frames: float
    """Frames without overlap that would have this bias."""


class TransferFunction(NamedTuple):
    """What transfer_function() returns: the transfer function of each bin, and how far it can be trusted."""

    values: NDArray
    """Response over reference, complex, (..., bins) or (..., bins, means)."""
    coherence: Coherence
    """Where it is low, the transfer function is that of noise."""


@_with_keywords
def csd(x: ArrayLike, y: ArrayLike, window: Window = "hann", *, hop: Optional[int] = None, win_length: Optional[int] = None,
        n_fft: Optional[int] = None, sides: Optional[str] = None, fs: float = 1.0, detrend: Optional[str] = None, kind: str = "psd",
        frames: Optional[int] = None, mean: str = "blocks", axis: int = -1) -> NDArray:  # fmt: skip
    """Cross spectral density mean(conj(X) Y), as scipy.signal.csd has it.

    A response that comes tau s after the reference has phase -2 pi f tau. kind: "psd" (unit^2 / Hz) or "power" (of lines). Inner bins of
    one-sided spectra are doubled. csd(x, x) is Welch's power spectral density.

    Returns complex64 or complex128 of shape (..., bins), or (..., bins, means) if frames is given. The same kernel as the block
    cross_spectrum_vcvc.

    >>> x = np.random.default_rng(1).standard_normal(4096)
    >>> bool(np.allclose(csd(x, 3 * x, n_fft=64), 3 * csd(x, x, n_fft=64)))
    True
    """
    if kind not in ("psd", "power"):
        raise ValueError(f"kind: {kind!r}: must be 'psd' or 'power'")
    scaling = "psd" if kind == "psd" else "magnitude"
    return _means(x, y, window, hop=hop, win_length=win_length, n_fft=n_fft, sides=sides, fs=fs, detrend=detrend, frames=frames, mean=mean,
                  axis=axis, scaling=scaling).cross_power  # fmt: skip


@_with_keywords
def coherence(x: ArrayLike, y: ArrayLike, window: Window = "hann", *, hop: Optional[int] = None, win_length: Optional[int] = None,
              n_fft: Optional[int] = None, sides: Optional[str] = None, fs: float = 1.0, detrend: Optional[str] = None,
              frames: Optional[int] = None, mean: str = "blocks", axis: int = -1, fraction: float = 0.01) -> Coherence:  # fmt: skip
    """Magnitude-squared coherence |Pxy|^2 / (Pxx Pyy), as scipy.signal.coherence has it, with its bias.

    Signals without anything in common have a coherence, too: `bias` on average, and `threshold` is exceeded by `fraction` of the
    bins. Frames that overlap are not independent: at 50 % (Hann) they count for 0.95 each, at 75 % for 0.52. Where the coherence is
    g, the bias is (1 - g)^2 times as large.
    One frame has coherence 1; exponential means are NaN until 4 `frames` have come, and where a signal has no power.

    >>> x, y = np.random.default_rng(1).standard_normal((2, 6400))
    >>> c = coherence(x, y, n_fft=64)
    >>> bool(abs(c.values.mean() / c.bias - 1) < 0.3)
    True
    """
    return _coherence(_means(x, y, window, hop=hop, win_length=win_length, n_fft=n_fft, sides=sides, fs=fs, detrend=detrend, frames=frames,
                             mean=mean, axis=axis, fraction=fraction))  # fmt: skip


@_with_keywords
def transfer_function(x: ArrayLike, y: ArrayLike, window: Window = "hann", *, hop: Optional[int] = None, win_length: Optional[int] = None,
                      n_fft: Optional[int] = None, sides: Optional[str] = None, fs: float = 1.0, detrend: Optional[str] = None,
                      frames: Optional[int] = None, mean: str = "blocks", axis: int = -1, estimator: str = "h1",
                      fraction: float = 0.01) -> TransferFunction:  # fmt: skip
    """Transfer function from x to y, and its coherence: for impact tests, noise paths, delays.

    estimator: "h1", Pxy / Pxx, is right where noise is added to y, "h2", Pyy / conj(Pxy), where it is added to x. |h1| is never the greater
    one; their ratio is the coherence. A system must ring off within the window, or its delay be short against it.

    >>> x = np.random.default_rng(1).standard_normal(4096)
    >>> bool(np.allclose(transfer_function(x, -2 * x, n_fft=64).values, -2))
    True
    """
    found = _means(x, y, window, hop=hop, win_length=win_length, n_fft=n_fft, sides=sides, fs=fs, detrend=detrend, frames=frames, mean=mean,
                   axis=axis, fraction=fraction, estimator=estimator)  # fmt: skip
    return TransferFunction(found.transfer, _coherence(found))


class _Means(NamedTuple):
    """What the kernel returns: arrays (..., bins) or (..., bins, means), then what it knows of the coherence."""

    cross_power: NDArray
    coherence: NDArray
    phase: NDArray
    transfer: NDArray
    independent_frames: float
    bias: float
    threshold: float


def _coherence(found: _Means) -> Coherence:
    return Coherence(found.coherence, found.bias, found.threshold, found.independent_frames)


def _means(x: ArrayLike, y: ArrayLike, window: Window, *, hop: Optional[int], win_length: Optional[int], n_fft: Optional[int],
           sides: Optional[str], fs: float, detrend: Optional[str], frames: Optional[int], mean: str, axis: int, scaling: str = "psd",
           fraction: float = 0.01, estimator: str = "h1") -> _Means:  # fmt: skip
    """Means over frames of two signals, by the keywords of csd(), coherence() and transfer_function()."""
    x, y = _array_along("x", x, axis), _array_along("y", y, axis)
    wider = np.empty(0, np.result_type(_precision(x.dtype), _precision(y.dtype))).real.dtype
    x, y = (signal.astype(np.result_type(signal, wider), copy=False) for signal in (x, y))
    if x.shape[axis] != y.shape[axis]:
        raise ValueError(f"y: {y.shape[axis]} samples: must be as many as x has, {x.shape[axis]}")
    n_fft, win_length = _lengths(window, win_length, n_fft)
    hop = max(1, win_length // 2) if hop is None else hop
    sides = _sides(sides, np.empty(0, np.result_type(x, y)), window)
    given = dict(hop=hop, win_length=win_length, n_fft=n_fft, first=0, sides=sides, scaling=scaling, fs=fs, detrend=detrend, axis=axis)
    length = x.shape[axis]
    if length < win_length:
        raise ValueError(f"x: {length} samples: must be win_length, {win_length}, or more")
    count = 1 + (length - win_length) // hop if isinstance(hop, (int, np.integer)) and hop > 0 else 1
    if mean == "exponential" and frames is None:
        raise ValueError("frames: None: must be given for an exponential mean")
    if not _keeps(lambda v: 0 < v < 1, fraction):
        raise ValueError(f"fraction: {fraction}: must be between 0 and 1")
    spectra = [np.moveaxis(stft(signal, window, frames=count, **given), -1, -2) for signal in (x, y)]
    X, Y = np.broadcast_arrays(*(s.astype(np.result_type(*spectra), copy=False) for s in spectra))
    bins = X.shape[-1]
    settings = dict(n_fft=n_fft, hop=hop, window=window, win_length=win_length, sides=sides, frames=count if frames is None else frames,
                    mean=mean, estimator=estimator)  # fmt: skip
    shape = X.shape[:-2]
    channels = int(np.prod(shape))
    pairs = zip(X.reshape(channels, count, bins), Y.reshape(channels, count, bins)) if channels else [np.zeros((2, count, bins), X.dtype)]
    each = [kernels.cross_spectrum(np.ascontiguousarray(a), np.ascontiguousarray(b), float(fraction), **settings) for a, b in pairs]
    arrays = [np.stack([one[n] for one in each])[:channels].reshape(shape + each[0][n].shape) for n in range(4)]
    arrays = [a[..., 0, :] if frames is None else a.swapaxes(-1, -2) for a in arrays]
    return _Means(*arrays, *each[0][4:])
