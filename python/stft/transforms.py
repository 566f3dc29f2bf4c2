# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The STFT and its relatives on NumPy arrays.

Shared conventions. Signals have their samples on one axis (the last unless `axis` says otherwise) and channels on the
others; spectra are (..., bins, frames), a view on memory in which each frame's bins lie together. float32 and complex64
are computed in single precision, everything else in double. Frame p holds the samples s_p .. s_p + win_length - 1 with
s_p = first + p hop; samples outside of the signal are zero. A `window` is a name (periodic, SciPy's names), a tuple
(name, parameters ...), one of GNU Radio's window.WIN_..., a float (Kaiser's beta), or its taps. `workers` is the number
of threads that a batch is shared out to; results do not depend on it. Arguments that no rule allows raise ValueError with "name: value: rule".
"""

from __future__ import annotations

import operator
from typing import Any, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .stft_python import kernels

Window = Union[str, float, Tuple[Any, ...], ArrayLike]

_SIDES = ("onesided", "twosided", "centered")


def stft(
    x: ArrayLike,
    window: Window = "hann",
    *,
    hop: int,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    frames: Optional[int] = None,
    sides: Optional[str] = None,
    phase: Union[str, int] = "centre",
    scaling: str = "none",
    fs: float = 1.0,
    detrend: Optional[str] = None,
    axis: int = -1,
    out: Optional[NDArray] = None,
    workers: int = 1,
) -> NDArray:
    """Short-time Fourier transform of a signal.

    X[..., k, p] = g sum_m x[s_p + m] conj(window[m]) exp(-2j pi k (m - r) / n_fft)

    x: real or complex samples, any number of axes.
    hop: samples from frame to frame, >= 1; may exceed win_length.
    win_length: samples under the window, <= n_fft; default: the number of taps, else n_fft.
    n_fft: DFT length; default: win_length.
    placement: "centred" (frame p centred at sample p hop; 1 + ceil(L / hop) frames), "left" (frame 0 starts at sample
        0; whole frames, then zero-padded ones until the last sample is covered) or "full" (every frame of the centred
        grid that touches a sample).
    first, frames: s_0 (may be negative) and the number of frames, instead of the placement's.
    sides: "onesided" (bins 0 .. n_fft // 2), "twosided", or "centered" (bins from -(n_fft // 2) on); default:
        "onesided" if x and window are real, else "twosided".
    phase: r, "start" (0), "centre" (win_length // 2), "absolute" (-s_p), or an integer.
    scaling: g, "none" (1), "magnitude" (1 / |sum window|), "psd" (1 / sqrt(fs sum |window|^2)) or "ortho"
        (1 / sqrt(n_fft)); one-sided spectra are not doubled.
    fs: sampling rate in Hz, for "psd".
    detrend: what is taken off each frame before its window: None, "constant" (mean) or "linear".
    out: where the result goes, of the shape, dtype and memory order of what is returned otherwise.
    workers: threads, 1 .. 1024, which share the frames of all channels.

    Returns complex64 or complex128 of shape (..., bins, frames).

    Definition and phase references: Allen and Rabiner, "A unified approach to short-time Fourier analysis and
    synthesis", Proc. IEEE 65, 1977, eqs. 1-4.

    >>> import numpy as np
    >>> x = np.cos(2 * np.pi * 0.25 * np.arange(32))
    >>> X = stft(x, "hann", hop=4, n_fft=8, scaling="magnitude")
    >>> X.shape
    (5, 9)
    >>> bool(np.isclose(abs(X[2, 4]), 0.5))
    True
    """
    samples, shape = _channels(x, axis)
    sides = _sides(sides, samples, window)
    if sides != "onesided":
        samples = samples.astype(_complex(samples.dtype), copy=False)
    n_fft, win_length = _lengths(window, win_length, n_fft)
    hop = _integer("hop", hop)
    design = kernels.parameters(n_fft, hop, window, win_length, phase, scaling, fs, sides == "centered")
    first, frames = _frames(samples.shape[1], win_length, hop, placement, first, frames)
    bins = _bins(n_fft, sides)
    workers = _workers(workers)
    spectra = _output(out, shape + (frames, bins), _complex(samples.dtype))
    kernels.stft(samples, spectra.reshape(samples.shape[0], frames, bins), design, first, detrend or "none", workers)
    return np.swapaxes(spectra, -1, -2) if out is None else out


def istft(
    X: ArrayLike,
    window: Window = "hann",
    *,
    hop: int,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    length: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    sides: Optional[str] = None,
    phase: Union[str, int] = "centre",
    scaling: str = "none",
    fs: float = 1.0,
    synthesis: Optional[ArrayLike] = None,
    threshold: Optional[float] = None,
    out: Optional[NDArray] = None,
    workers: int = 1,
) -> NDArray:
    """Inverse STFT by weighted overlap-add: the exact input of an unmodified STFT, the least-squares signal of others.

    X: spectra (..., bins, frames).
    hop, window, win_length, n_fft, placement, first, phase, scaling, fs: as they were for stft(). n_fft defaults to
        2 * (bins - 1) if one-sided, else to bins.
    length: samples to return; default: up to the last sample that a frame covers.
    sides: "onesided" gives real samples, "twosided" and "centered" complex ones; default: "onesided", unless n_fft
        tells that bins are all of them, or the window is complex.
    synthesis: a dual window (see dual_window()), used without normalisation instead of dividing by the coverage
        D[n] = sum_p |window[n - s_p]|^2.
    threshold: where D <= threshold max D the result is 0; default 1e-10, in single precision 1e-6.
    out: where the result goes, C-contiguous, of the shape and dtype of what is returned otherwise.
    workers: threads, 1 .. 1024, which share the channels.

    Returns float32, float64, complex64 or complex128 of shape (..., length). A hop that leaves samples uncovered by the
    window is refused.

    Source: Griffin and Lim, "Signal estimation from modified short-time Fourier transform", IEEE Trans. ASSP 32, 1984,
    eq. 6.

    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal(1000)
    >>> y = istft(stft(x, hop=100, n_fft=256), hop=100, n_fft=256, length=1000)
    >>> bool(np.max(np.abs(y - x)) < 1e-14)
    True
    """
    spectra, shape = _frame_major(X)
    _, frames, bins = spectra.shape
    sides = _sides_of_spectra(sides, bins, n_fft, window)
    if n_fft is None:
        n_fft = max(1, 2 * (bins - 1)) if sides == "onesided" else bins
    n_fft, win_length = _lengths(window, win_length, n_fft)
    if bins != _bins(n_fft, sides):
        raise ValueError(f"X: {bins} bins: must have {_bins(n_fft, sides)} for n_fft = {n_fft}, {sides}")
    hop = _integer("hop", hop)
    design = kernels.parameters(n_fft, hop, window, win_length, phase, scaling, fs, sides == "centered")
    framing = kernels.framing(win_length, hop, placement)
    first = framing.first() if first is None else _integer("first", first)
    if length is None:
        length = kernels.covered_end(first, hop, win_length, frames)
    length = _at_least(0, "length", length)
    threshold, workers = _threshold(threshold), _workers(workers)
    samples = _given(out, shape + (length,), spectra.real.dtype if sides == "onesided" else spectra.dtype)
    kernels.istft(spectra, samples.reshape(spectra.shape[0], length), design, first, synthesis, threshold, workers)
    return samples


def spectrogram(
    x: ArrayLike,
    window: Window = "hann",
    *,
    hop: int,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    frames: Optional[int] = None,
    sides: Optional[str] = None,
    fs: float = 1.0,
    detrend: Optional[str] = None,
    kind: str = "psd",
    average: int = 1,
    max_hold: bool = False,
    db: bool = False,
    onesided_doubling: bool = True,
    axis: int = -1,
    out: Optional[NDArray] = None,
    workers: int = 1,
) -> NDArray:
    """Power of a signal over frequency and time.

    kind: "psd" (|X|^2 in unit^2 / Hz), "power" (of a line: A^2 / 2 for a real sinusoid of amplitude A, A^2 for a complex
        one) or "magnitude" (of a line: A).
    average: frames whose powers are averaged into one column; the last column averages what is left.
    max_hold: each bin is the largest up to its column.
    db: 10 log10 of psd and power, 20 log10 of magnitude, not below -200; taken after averaging.
    onesided_doubling: the bins of one-sided spectra but DC and (n_fft even) Nyquist hold the power of both sides;
        magnitudes are doubled.
    workers: threads, 1 .. 1024, which share the channels.
    The other arguments are those of stft().

    Returns float32 or float64 of shape (..., bins, ceil(frames / average)).

    >>> import numpy as np
    >>> x = 3 * np.cos(2 * np.pi * 0.25 * np.arange(64))
    >>> bool(np.isclose(spectrogram(x, hop=8, n_fft=16, kind="magnitude")[4, 4], 3))
    True
    """
    samples, shape = _channels(x, axis)
    sides = _sides(sides, samples, window)
    if sides != "onesided":
        samples = samples.astype(_complex(samples.dtype), copy=False)
    n_fft, win_length = _lengths(window, win_length, n_fft)
    hop = _integer("hop", hop)
    design = kernels.parameters(n_fft, hop, window, win_length, "centre", "none", fs, sides == "centered")
    first, frames = _frames(samples.shape[1], win_length, hop, placement, first, frames)
    average = _at_least(1, "average", average)
    bins = _bins(n_fft, sides)
    columns = -(-frames // average)
    doubled = onesided_doubling and sides == "onesided"
    workers = _workers(workers)
    rows = _output(out, shape + (columns, bins), samples.real.dtype)
    kernels.spectrogram(
        samples,
        rows.reshape(samples.shape[0], columns, bins),
        design,
        first,
        frames,
        detrend or "none",
        kind,
        average,
        bool(max_hold),
        bool(db),
        doubled,
        workers,
    )
    return np.swapaxes(rows, -1, -2) if out is None else out


def frequencies(n_fft: int, fs: float = 1.0, sides: str = "onesided") -> NDArray:
    """Frequency of each bin in Hz, shape (bins,). "twosided" has 0 first and negative frequencies behind the positive
    ones, "centered" starts at -(n_fft // 2) fs / n_fft.

    >>> frequencies(4, 8.0, "centered").tolist()
    [-4.0, -2.0, 0.0, 2.0]
    """
    n_fft = _at_least(1, "n_fft", n_fft)
    _positive("fs", fs)
    if sides == "onesided":
        return np.arange(n_fft // 2 + 1) * (fs / n_fft)
    if sides not in _SIDES:
        raise ValueError(f"sides: {sides}: must be onesided, twosided or centered")
    k = np.arange(n_fft) - n_fft // 2
    return (k if sides == "centered" else np.fft.ifftshift(k)) * (fs / n_fft)


def times(
    frames: int, *, hop: int, win_length: int, first: Optional[int] = None, fs: float = 1.0, placement: str = "centred"
) -> NDArray:
    """Time of each frame's centre in seconds, (first + p hop + win_length // 2) / fs, shape (frames,).

    first: s_0; default: that of the placement.

    >>> times(3, hop=4, win_length=8, fs=8.0).tolist()
    [0.0, 0.5, 1.0]
    """
    frames = _at_least(0, "frames", frames)
    framing = kernels.framing(_integer("win_length", win_length), _integer("hop", hop), placement)
    _positive("fs", fs)
    first = framing.first() if first is None else _integer("first", first)
    return (first + win_length // 2 + np.arange(frames, dtype=np.int64) * hop) / fs


def sample_window(window: Window, length: int, symmetric: bool = False) -> NDArray:
    """The window's values, shape (length,), float64 or complex128; periodic unless symmetric. Taps come back as given.

    >>> sample_window("hann", 4).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    return kernels.sample_window(window, _integer("length", length), bool(symmetric))


def dual_window(window: ArrayLike, hop: int) -> NDArray:
    """The canonical dual of a window given by its taps, window / D with D[m] = sum_i |window[m + i hop]|^2: overlap-add
    of the inverse DFTs with it gives the signal back, and no other such window has less energy. Same shape.

    ValueError if the hop leaves samples uncovered. Source: Gröchenig, "Foundations of Time-Frequency Analysis", 2001,
    sec. 5.2, for windows not longer than n_fft.

    >>> import numpy as np
    >>> w = sample_window("hann", 8)
    >>> bool(np.allclose(dual_window(w, 2), w / 1.5))
    True
    """
    return kernels.dual_window(_taps("window", window), _integer("hop", hop))


def closest_dual_window(
    window: ArrayLike, hop: int, desired: Optional[ArrayLike] = None, *, scaled: bool = True
) -> Tuple[NDArray, Union[float, complex]]:
    """The dual of a window (taps) that is nearest to desired taps (default: all ones), in the least-squares sense.

    scaled: nearest to alpha desired, with the best alpha. Returns (dual, alpha); alpha is 1 unless scaled.

    >>> import numpy as np
    >>> dual, alpha = closest_dual_window(sample_window("hann", 8), 2)
    >>> bool(np.allclose(dual, alpha))
    True
    """
    return kernels.closest_dual_window(_taps("window", window), _integer("hop", hop), desired, bool(scaled))


def check_cola(window: Window, hop: int, tol: float = 1e-10, *, win_length: Optional[int] = None) -> bool:
    """Whether shifted copies of the window add up to a constant other than 0, within tol times the largest sum.

    win_length: samples of a window given by name.

    >>> check_cola("hann", 4, win_length=8)
    True
    """
    return kernels.check_cola(_taps("window", window, win_length), _integer("hop", hop), _tolerance(tol))


def check_nola(window: Window, hop: int, tol: float = 1e-10, *, win_length: Optional[int] = None) -> bool:
    """Whether istft() can undo this window and hop: min D > tol max D, D the sum of its shifted squares.

    win_length: samples of a window given by name.

    >>> check_nola("hann", 8, win_length=8)
    False
    """
    return kernels.check_nola(_taps("window", window, win_length), _integer("hop", hop), _tolerance(tol))


def convert_phase(
    X: ArrayLike,
    source: Union[str, int],
    target: Union[str, int],
    *,
    hop: int,
    win_length: int,
    n_fft: int,
    first: Optional[int] = None,
    sides: Optional[str] = None,
) -> NDArray:
    """Spectra (..., bins, frames) with another phase reference: "start", "centre", "absolute" or an integer r, as of
    stft(). first: s_0, by default -(win_length // 2). Only exact integer indices enter the factors.

    Returns the same shape and precision.

    >>> import numpy as np
    >>> x = np.arange(20.0)
    >>> made = dict(hop=3, n_fft=8, win_length=6)
    >>> A, B = (stft(x, phase=phase, **made) for phase in ("start", "absolute"))
    >>> bool(np.allclose(convert_phase(A, "start", "absolute", **made), B))
    True
    """
    spectra, shape = _frame_major(X)
    n_fft, win_length = _integer("n_fft", n_fft), _integer("win_length", win_length)
    hop = _integer("hop", hop)
    bins = spectra.shape[2]
    sides = _sides_of_spectra(sides, bins, n_fft, "boxcar")
    if bins != _bins(n_fft, sides):
        raise ValueError(f"X: {bins} bins: must have {_bins(n_fft, sides)} for n_fft = {n_fft}, {sides}")
    first = -(win_length // 2) if first is None else _integer("first", first)
    converted = np.empty_like(spectra)
    kernels.convert_phase(
        spectra, converted, n_fft, hop, win_length, source, target, first, sides == "centered"
    )
    return np.swapaxes(converted.reshape(shape + converted.shape[1:]), -1, -2)


def _channels(x: ArrayLike, axis: int) -> Tuple[NDArray, Tuple[int, ...]]:
    """x as (channels, samples), contiguous and of a dtype that the kernels know; and the shape of the channels."""
    x = _array("x", x)
    if x.ndim == 0:
        raise ValueError("x: 0 dimensions: must have one or more")
    if not -x.ndim <= _integer("axis", axis) < x.ndim:
        raise ValueError(f"axis: {axis}: must be an axis of x, which has {x.ndim}")
    x = np.moveaxis(x, axis, -1)
    flat = np.ascontiguousarray(x, _precision(x.dtype)).reshape(int(np.prod(x.shape[:-1])), x.shape[-1])
    return flat, x.shape[:-1]


def _frame_major(X: ArrayLike, name: str = "X") -> Tuple[NDArray, Tuple[int, ...]]:
    """Spectra (..., bins, frames) as (channels, frames, bins), contiguous; and the shape of the channels."""
    X = _array(name, X)
    if X.ndim < 2:
        raise ValueError(f"{name}: {X.ndim} dimensions: must be (..., bins, frames)")
    if X.shape[-2] == 0:
        raise ValueError(f"{name}: 0 bins: must have one or more")
    X = np.swapaxes(X, -1, -2)
    flat = np.ascontiguousarray(X, _complex(_precision(X.dtype)))
    return flat.reshape((int(np.prod(X.shape[:-2])),) + X.shape[-2:]), X.shape[:-2]


def _array(name: str, values: ArrayLike) -> NDArray:
    values = np.asarray(values)
    if values.dtype.kind not in "biufc":
        raise ValueError(f"{name}: dtype {values.dtype}: must be numbers")
    return values


def _precision(dtype: np.dtype) -> np.dtype:
    if dtype.kind == "c":
        return np.dtype(np.complex64 if dtype.itemsize <= 8 else np.complex128)
    return np.dtype(np.float32 if dtype.kind == "f" and dtype.itemsize <= 4 else np.float64)


def _complex(dtype: np.dtype) -> np.dtype:
    return np.result_type(dtype, np.complex64)


def _lengths(window: Window, win_length: Optional[int], n_fft: Optional[int]) -> Tuple[int, int]:
    """n_fft and win_length with their defaults filled in."""
    taps = kernels.window_length(window)
    if win_length is None:
        if n_fft is None and not taps:
            raise ValueError("n_fft: None: give n_fft, win_length, or the window's taps")
        win_length = taps or n_fft
    elif taps and _integer("win_length", win_length) != taps:
        raise ValueError(f"win_length: {win_length}: must be the number of taps, {taps}")
    n_fft = _integer("n_fft", win_length if n_fft is None else n_fft)
    return kernels.checked_n_fft(n_fft), _at_least(1, "win_length", win_length)


def _frames(
    length: int, win_length: int, hop: int, placement: str, first: Optional[int], frames: Optional[int]
) -> Tuple[int, int]:
    framing = kernels.framing(win_length, hop, placement)
    first = framing.first() if first is None else _integer("first", first)
    if frames is None:
        return first, framing.frames(length, first)
    return first, _at_least(0, "frames", frames)


def _sides(sides: Optional[str], samples: NDArray, window: Window) -> str:
    real = samples.dtype.kind == "f" and kernels.is_real(window)
    if sides is None:
        return "onesided" if real else "twosided"
    if sides not in _SIDES:
        raise ValueError(f"sides: {sides}: must be onesided, twosided or centered")
    if sides == "onesided" and not real:
        raise ValueError("sides: onesided: needs real samples and a real window")
    return sides


def _sides_of_spectra(sides: Optional[str], bins: int, n_fft: Optional[int], window: Window) -> str:
    if sides is not None:
        if sides not in _SIDES:
            raise ValueError(f"sides: {sides}: must be onesided, twosided or centered")
        return sides
    if not kernels.is_real(window):
        return "twosided"
    if n_fft is not None and bins == n_fft != n_fft // 2 + 1:
        return "twosided"
    return "onesided"


def _bins(n_fft: int, sides: str) -> int:
    return n_fft // 2 + 1 if sides == "onesided" else n_fft


def _output(out: Optional[NDArray], shape: Sequence[int], dtype: np.dtype) -> NDArray:
    """Frame-major memory: new, or that of out, whose last two axes are swapped."""
    if out is None:
        return np.empty(shape, dtype)
    _check_out(out, tuple(shape[:-2]) + (shape[-1], shape[-2]), dtype)
    swapped = np.swapaxes(out, -1, -2)
    if not swapped.flags.c_contiguous or not out.flags.writeable:
        raise ValueError("out: memory order: must be writeable, with each frame's bins together, as stft() returns it")
    return swapped


def _given(out: Optional[NDArray], shape: Tuple[int, ...], dtype: np.dtype) -> NDArray:
    """Memory for samples: new, or out."""
    if out is None:
        return np.empty(shape, dtype)
    _check_out(out, shape, dtype)
    if not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError("out: memory order: must be writeable and C-contiguous")
    return out


def _check_out(out: Any, shape: Tuple[int, ...], dtype: np.dtype) -> None:
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype:
        raise ValueError(f"out: {getattr(out, 'shape', out)}, {getattr(out, 'dtype', None)}: must be {shape}, {dtype}")


def _workers(workers: int) -> int:
    if _at_least(1, "workers", workers) > 1024:
        raise ValueError(f"workers: {workers}: must be 1 .. 1024")
    return int(workers)


def _taps(name: str, window: Window, win_length: Optional[int] = None) -> NDArray:
    """Values of a window that need not be valid for a transform (SciPy's checks take any array)."""
    first = window[0] if isinstance(window, tuple) and len(window) > 0 else window
    is_id = type(first).__name__ == "win_type"  # GNU Radio's, window.WIN_HANN
    if not (is_id or isinstance(first, str) or isinstance(window, (float, int))):
        return _array(name, window)
    if win_length is None:
        raise ValueError(f"{name}: {window}: has no length; give its taps, or win_length")
    return sample_window(window, win_length)


def _integer(name: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"{name}: {value!r}: must be an integer") from None


def _at_least(least: int, name: str, value: Any) -> int:
    value = _integer(name, value)
    if value < least:
        raise ValueError(f"{name}: {value}: must be {least} or more")
    return value


def _positive(name: str, value: float) -> None:
    if not (np.isreal(value) and 0 < value < np.inf):
        raise ValueError(f"{name}: {value}: must be positive and finite")


def _tolerance(tol: float) -> float:
    if not 0 <= tol < 1:
        raise ValueError(f"tol: {tol}: must be 0 <= tol < 1")
    return float(tol)


def _threshold(threshold: Optional[float]) -> float:
    if threshold is None:
        return -1.0
    if not 0 <= threshold < 1:
        raise ValueError(f"threshold: {threshold}: must be 0 <= threshold < 1")
    return float(threshold)
