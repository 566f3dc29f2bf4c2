# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Gabor frames: how well a window, a hop and n_fft invert, the window that inverts itself, and multipliers."""

from __future__ import annotations

from typing import Optional, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import (
    Window,
    _array,
    _at_least,
    _bins,
    _channels,
    _complex,
    _design,
    _either_spelling,
    _framing,
    _hop,
    _integer,
    _lengths,
    _points_for,
    _sides,
    _taps,
    _word,
    _threshold,
    _workers,
)
from .stft_python import kernels
from .transforms import dual_window


def tight_window(window: Window, hop: int, n_fft: Optional[int] = None, *, win_length: Optional[int] = None) -> NDArray:
    """The window nearest to this one that is its own canonical dual: analysis and overlap-add with it, divided by nothing, give the signal
    back. Divided by sqrt(n_fft), it keeps energies: sum |X|^2 = sum |x|^2, two-sided.

    window: taps, or a name with win_length, by default n_fft. n_fft: default: the window's length.
    Same shape, window / sqrt(D), unless the window is longer than n_fft: then it comes with taps more on both sides, as dual_window().

    ValueError if there is none. Source: Janssen and Strohmer, "Characterization and computation of canonical tight windows for Gabor
    frames", J. Fourier Anal. Appl. 8, 2002.

    >>> w = tight_window("hann", 2, win_length=8)
    >>> bool(abs(dual_window(w, 2) - w).max() < 1e-15)
    True
    """
    taps = _taps("window", window, n_fft if win_length is None else win_length)
    return kernels.canonical_tight(taps, _integer("hop", hop), _points_for(taps, n_fft))


def frame_bounds(
    window: Window,
    hop: int,
    n_fft: Optional[int] = None,
    *,
    win_length: Optional[int] = None,
    period: Optional[int] = None,
) -> Tuple[float, float]:
    """The best A and B in A sum |x|^2 <= sum |X|^2 <= B sum |x|^2 for all signals x, X two-sided and without scaling.

    window: taps, or a name with win_length, by default n_fft. n_fft: default: the window's length.
    B / A is the condition of the inverse, 1 for tight windows; A = 0: there is none. Unless the window is longer than n_fft, A and B are
    n_fft times the least and largest D[m] = sum_i |window[m + i hop]|^2; else extreme eigenvalues of the frame operator.
    period: samples after which the signals repeat, a multiple of hop and n_fft: LTFAT's bounds. Default: any signals.

    >>> frame_bounds("hann", 4, win_length=8)
    (4.0, 8.0)
    """
    taps = _taps("window", window, n_fft if win_length is None else win_length)
    period = 0 if period is None else _at_least(1, "period", period)
    return kernels.frame_bounds(taps, _integer("hop", hop), _points_for(taps, n_fft), period)


@_either_spelling
def multiply(
    x: ArrayLike,
    mask: Union[float, complex, ArrayLike],
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    placement: str = "centred",
    sides: Optional[str] = None,
    synthesis: Optional[ArrayLike] = None,
    threshold: Optional[float] = None,
    axis: int = -1,
    workers: int = 1,
) -> NDArray:
    """Gabor multiplier: stft(), each bin of each frame times its mask, istft(). What mask_vcvc does between the blocks stft_* and istft_*.

    x: real or complex samples. mask: real or complex, a number or (..., bins | 1, frames | 1); leading axes are those of x, or 1.
    window, hop, win_length, n_fft, placement, sides: as in stft(); the window may be longer than n_fft. One-sided masks hold for the
        negative frequencies as their conjugates; of the mask at DC and Nyquist only the real part acts.
    synthesis, threshold: as in istft().
    workers: threads, 1 .. 1024, which share the channels.

    Returns float32, float64, complex64 or complex128 of the shape of x, bit for bit what the three functions return one after the other,
    without the memory for spectra. NaN and infinity in x spoil the frames that hold them.
    Source: Feichtinger and Nowak, "A first survey of Gabor multipliers", Advances in Gabor Analysis, 2003.

    >>> x = np.cos(0.2 * np.pi * np.arange(400)) + np.cos(0.8 * np.pi * np.arange(400))
    >>> y = multiply(x, np.arange(21)[:, None] < 10, hop=10, n_fft=40)
    >>> bool(abs(y[50:350] - np.cos(0.2 * np.pi * np.arange(50, 350))).max() < 0.01)
    True
    """
    samples, shape = _channels(x, axis)
    sides = _sides(sides, samples, window)
    if sides != "onesided":
        samples = samples.astype(_complex(samples.dtype), copy=False)
    n_fft, win_length = _lengths(window, win_length, n_fft)
    hop = _hop(hop, win_length)
    design = _design(n_fft, hop, window, win_length, "centre", "none", 1.0, sides, _word(placement))
    framing = _framing(win_length, hop, placement)
    frames = framing.frames(samples.shape[1], framing.first())
    rows = _mask_rows(mask, shape, _bins(n_fft, sides), frames, samples.real.dtype)
    threshold, workers = _threshold(threshold), _workers(workers)
    synthesis = None if synthesis is None else _array("synthesis", synthesis)
    y = np.empty_like(samples)
    kernels.multiply(samples, rows, y, design, synthesis, threshold, workers)
    return np.moveaxis(y.reshape(shape + samples.shape[1:]), -1, axis)


def _mask_rows(
    mask: Union[float, complex, ArrayLike], channels: Tuple[int, ...], bins: int, frames: int, dtype: np.dtype
) -> NDArray:
    """A mask as (channels | 1, frames | 1, bins), contiguous, real or complex in the samples' precision."""
    if not np.ma.is_masked(mask) and _is_boolean(mask):
        mask = np.asarray(mask, dtype=dtype)
    mask = _array("mask", mask)
    if mask.ndim == 1:
        raise ValueError(f"mask: 1 dimension: give (bins, 1) = ({bins}, 1) or (1, frames) = (1, {frames})")
    if mask.ndim == 0:
        mask = mask.reshape(1, 1)
    if mask.shape[-2] not in (1, bins) or mask.shape[-1] not in (1, frames):
        raise ValueError(f"mask: shape {mask.shape}: must be (..., {bins} or 1, {frames} or 1)")
    leading = mask.shape[:-2]
    if int(np.prod(leading)) != 1:
        try:
            leading = np.broadcast_shapes(leading, channels)
        except ValueError:
            leading = ()
        if leading != channels:
            raise ValueError(f"mask: shape {mask.shape}: its leading axes must be those of x, {channels}, or 1")
    else:
        leading = (1,)
        mask = mask.reshape((1,) + mask.shape[-2:])
    rows = np.broadcast_to(mask, leading + (bins, mask.shape[-1])).swapaxes(-1, -2)
    rows = np.ascontiguousarray(rows, _complex(dtype) if mask.dtype.kind == "c" else dtype)
    return rows.reshape((int(np.prod(leading)),) + rows.shape[-2:])


def _is_boolean(mask: Union[float, complex, ArrayLike]) -> bool:
    try:
        return np.asarray(mask).dtype.kind == "b"
    except ValueError:  # rows of different length, which _array() refuses
        return False
