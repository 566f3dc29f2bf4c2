# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Signals from magnitudes alone, and the spectra of signals that are nearest to any given ones."""

from __future__ import annotations

import math
from typing import Optional, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import (
    Window,
    _array,
    _at_least,
    _check_addressed,
    _design,
    _either_spelling,
    _first,
    _frame_major,
    _hop,
    _keeps,
    _layout,
    _threshold,
    _truth,
    _workers,
)
from .phases import _magnitudes, phase_from_magnitude
from .stft_python import kernels
from .transforms import istft, stft

_CELLS = 2**18


@_either_spelling
def griffin_lim(
    magnitude: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    length: Optional[int] = None,
    iterations: int = 32,
    momentum: float = 0.99,
    initial: Union[str, ArrayLike] = "random",
    seed: int = 0,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    sides: Optional[str] = None,
    phase: Union[str, int] = "centre",
    scaling: str = "none",
    fs: float = 1.0,
    threshold: Optional[float] = None,
    strict: bool = True,
    history: Optional[list] = None,
    workers: int = 1,
) -> NDArray:
    """A signal whose STFT has the given magnitudes, or nearly: Griffin and Lim's iteration with momentum.

    R_i = STFT(ISTFT(X_i)), X_(i+1) = magnitude exp(j arg(R_i - a / (1 + a) R_(i-1))), a the momentum; ISTFT(X_iterations) is returned.

    magnitude: (..., bins, frames), not negative.
    iterations: >= 0. momentum: a, 0 .. 10; 0 is Griffin and Lim's own iteration, whose distance to the magnitudes never grows.
    initial: phases to begin with: "random" (uniform, by seed; the same seed gives the same signal), "zero", "pghi" (those of
        phase_from_magnitude without iterations, which spare many), or radians that broadcast to magnitude's shape. They count from `phase`.
    history: a list, to which each iteration appends ||STFT| - magnitude| / |magnitude| of the signal before it, a float, or for
        several channels an array of their shape.
    workers: threads, 1 .. 1024, which share the channels.
    The other arguments are those of istft(); scaling "magnitude", say, if the magnitudes are so scaled.

    Returns float32, float64, complex64 or complex128 of shape (..., length). Source: Griffin and Lim, "Signal estimation from modified
    short-time Fourier transform", IEEE Trans. ASSP 32, 1984; Perraudin, Balazs and Søndergaard, "A fast Griffin-Lim
    algorithm", WASPAA 2013.

    >>> x = np.cos(0.3 * np.arange(2000) + 0.0002 * np.arange(2000) ** 2)
    >>> A = np.abs(stft(x, hop=32, n_fft=128))
    >>> y = griffin_lim(A, hop=32, length=2000, iterations=100)
    >>> bool(np.linalg.norm(np.abs(stft(y, hop=32, n_fft=128)) - A) < 0.1 * np.linalg.norm(A))
    True
    """
    magnitudes, shape = _magnitudes(magnitude)
    channels, frames, bins = magnitudes.shape
    sides, n_fft, win_length = _layout("magnitude", bins, sides, window, win_length, n_fft)
    hop = _hop(hop, win_length)
    design = _design(n_fft, hop, window, win_length, phase, scaling, fs, sides)
    first = _first(first, win_length, hop, placement, frames)
    sizes = {"hop": hop} if length is None else {"length": _at_least(0, "length", length)}
    length = kernels.covered_end(first, hop, win_length, frames) if length is None else sizes["length"]
    _check_addressed((*shape, length), magnitudes.dtype, **sizes)
    iterations, workers = _at_least(0, "iterations", iterations), _workers(workers)
    if not _keeps(math.isfinite, momentum):
        raise ValueError(f"momentum: {momentum!r}: must be a number")
    if isinstance(initial, str) and initial == "pghi":
        made = dict(hop=hop, win_length=win_length, n_fft=n_fft, first=first, sides=sides, phase=phase, iterations=0)
        spectra = phase_from_magnitude(magnitude, window, seed=seed, workers=workers, **made).swapaxes(-1, -2).reshape(magnitudes.shape)
    else:
        spectra = _with_phases(magnitudes, initial, seed, shape)
    if history is not None and not hasattr(history, "append"):
        raise ValueError(f"history: {history!r}: must be a list")
    dtype = magnitudes.dtype if sides == "onesided" else spectra.dtype
    kernel = getattr(kernels, f"griffin_lim_{dtype}")
    state = kernel(magnitudes, spectra, design, first, length, momentum, _threshold(threshold), _truth("strict", strict))
    samples = np.empty(shape + (length,), dtype)
    for _ in range(iterations):
        distances = state.iterate(workers)
        if history is not None:
            history.append(np.reshape(distances, shape) if shape else distances[0])
    state.finish(samples.reshape(channels, length))
    return samples


@_either_spelling
def consistent(
    X: ArrayLike,
    window: Window = "hann",
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
    threshold: Optional[float] = None,
    strict: bool = True,
    workers: int = 1,
) -> NDArray:
    """The nearest spectra to X that are the STFT of a signal: stft(istft(X)), the least-squares projection.

    Nearest in the sum of |X - Y|^2 over two-sided spectra (of one-sided ones, inner bins count twice, and the imaginary parts of
    bins 0 and n_fft / 2 do not). What is an STFT already stays as it is; what is left, X - Y, is orthogonal to every STFT.

    The arguments are those of istft(); length: of the signal, by default as far as frames reach.

    Returns complex64 or complex128 of X's shape. Source: Griffin and Lim, IEEE Trans. ASSP 32, 1984; Le Roux, Kameoka, Ono
    and Sagayama, "Fast signal reconstruction from magnitude STFT spectrogram based on spectrogram consistency", DAFx 2010.

    >>> X = stft(np.arange(40.0), hop=4, n_fft=16)
    >>> Y = consistent(X + 1j, hop=4)
    >>> bool(np.allclose(consistent(X, hop=4), X)), bool(np.allclose(consistent(Y, hop=4), Y))
    (True, True)
    """
    frames, bins = _frame_major(X)[0].shape[1:]
    sides, n_fft, win_length = _layout("X", bins, sides, window, win_length, n_fft)
    made = dict(hop=hop, win_length=win_length, n_fft=n_fft, first=first, placement=placement, phase=phase)
    made.update(scaling=scaling, fs=fs, sides=sides, workers=workers)
    x = istft(X, window, length=length, threshold=threshold, strict=strict, **made)
    return stft(x, window, frames=frames, **made)


def _with_phases(magnitudes, initial, seed, shape) -> NDArray:
    """Spectra (channels, frames, bins) of these magnitudes, with phases to begin with."""
    channels, frames, bins = magnitudes.shape
    spectra = np.empty(magnitudes.shape, np.result_type(magnitudes.dtype, np.complex64))
    if not isinstance(initial, str):
        phases = np.broadcast_to(_given_phases(initial, shape + (bins, frames)), shape + (bins, frames))
        phases = phases.reshape(channels, bins, frames)
    elif initial == "random":
        random = np.random.default_rng(_at_least(0, "seed", seed))
    elif initial != "zero":
        raise ValueError(f"initial: {initial}: must be random, zero, pghi, or phases")
    step = max(1, _CELLS // max(1, frames))  # bins at a time, so that phases in double precision take little memory
    for channel in range(channels):
        for k in range(0, bins, step):
            some = slice(k, min(k + step, bins))
            if not isinstance(initial, str):
                radians = phases[channel, some]
            elif initial == "zero":
                radians = np.zeros((some.stop - k, frames))
            else:
                radians = random.uniform(0, 2 * np.pi, (some.stop - k, frames))
            spectra[channel, :, some] = magnitudes[channel, :, some] * np.exp(1j * radians).T
    return spectra


def _given_phases(initial, cells) -> NDArray:
    """Radians that broadcast to (..., bins, frames)."""
    given = _array("initial", initial)
    if given.dtype.kind == "c":
        raise ValueError(f"initial: {given.dtype}: must be phases in radians, such as np.angle() of these")
    if not np.all(np.isfinite(given)):
        raise ValueError(f"initial: {given[~np.isfinite(given)].flat[0]}: must be finite")
    try:
        np.broadcast_to(given, cells)
    except ValueError:
        raise ValueError(f"initial: shape {given.shape}: must broadcast to {cells}") from None
    return given
