# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The STFT and its relatives on NumPy arrays.

Shared conventions. Signals have their samples on one axis (the last unless `axis` says otherwise) and channels on the
others; spectra are (..., bins, frames), a view on memory in which each frame's bins lie together. float32 and complex64
are computed in single precision, everything else in double. Frame p holds the samples s_p .. s_p + win_length - 1 with
s_p = first + p hop; samples outside of the signal are zero. A `window` is a name (periodic, SciPy's names), a tuple
(name, parameters ...), one of GNU Radio's window.WIN_..., a float (Kaiser's beta), or its taps. `placement`, `phase` and
`sides` take "centred" and "centered", "centre" and "center" alike; the arguments `fs` and `centre` of every function may be
given as `samp_rate` and `center`, or as both with the same value. Booleans are neither numbers nor integers, in arrays or
alone; a masked array is refused if a value of it is masked, and else is the array of its values; the same holds in every
function. `workers` is the number of threads that a batch is shared out to, from 2^18 samples on; results do not depend on
it. Arguments that no rule allows raise ValueError with "name: value: rule". Results are the same to the bit in one process;
between processes the last digits may differ, as FFT plans are measured in each, unless GR_STFT_PLANNER=estimate is in the
environment.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import extension
from .arguments import (
    _LONGEST_WINDOW,
    Window,
    _array,
    _at_least,
    _bins,
    _channels,
    _check_addressed,
    _complex,
    _design,
    _detrend,
    _either_spelling,
    _exponent,
    _first,
    _frame_major,
    _frames,
    _given,
    _hop,
    _integer,
    _layout,
    _lengths,
    _output,
    _phase,
    _points_for,
    _positive,
    _sides,
    _sides_named,
    _taps,
    _taps_in,
    _word,
    _threshold,
    _tolerance,
    _truth,
    _workers,
)
from .stft_python import kernels


class Spectrogram(NamedTuple):
    """What spectrogram(axes=True) returns, in SciPy's order."""

    frequencies: NDArray
    """Of the bins in Hz, (bins,)."""
    times: NDArray
    """Of the columns in seconds, (columns,): the mean of the centres of the frames that a column averages."""
    S: NDArray
    """The spectrogram, (..., bins, columns)."""


@_either_spelling
def stft(
    x: ArrayLike,
    window: Window = "hann",
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
    detrend: Optional[str] = None,
    extend: str = "zeros",
    axis: int = -1,
    out: Optional[NDArray] = None,
    workers: int = 1,
) -> NDArray:
    """Short-time Fourier transform of a signal.

    X[..., k, p] = g sum_m x[s_p + m] conj(window[m]) exp(-2j pi k (m - r) / n_fft)

    x: real or complex samples along `axis`, any number of axes; channels lie in front, so of what soundfile reads give x.T.
    hop: samples from frame to frame, >= 1; may exceed win_length; default: win_length // 4, or 1 if that is 0.
    win_length: samples under the window; default: the number of taps, else n_fft.
    n_fft: DFT length; default: win_length, or 1024 if neither win_length nor taps are given. Where the window is longer, the formula
        holds as it stands: samples n_fft apart are added before the DFT (a polyphase filter bank; LTFAT's dgt).
    placement: "centred" (frame p centred at sample p hop; 1 + ceil(L / hop) frames), "left" (frame 0 starts at sample
        0; whole frames, then zero-padded ones until the last sample is covered) or "full" (every frame of the centred
        grid that touches a sample).
    first, frames: s_0 (may be negative) and the number of frames, instead of the placement's. Frames begin in -2^62 .. 2^62.
    sides: "onesided" (bins 0 .. n_fft // 2), "twosided", or "centered" (bins from -(n_fft // 2) on); default:
        "onesided" if x and window are real, else "twosided".
    phase: r, "start" (0), "centre" (win_length // 2), "absolute" (-s_p), or an integer.
    scaling: g, "none" (1), "magnitude" (1 / |sum window|), "psd" (1 / sqrt(fs sum |window|^2)) or "ortho"
        (1 / sqrt(n_fft)); one-sided spectra are not doubled.
    fs: sampling rate in Hz, for "psd".
    detrend: what is taken off each frame before its window: None, "constant" (mean) or "linear".
    extend: what frames find beyond the ends of x: "zeros", "edge" (the first and the last value), "even" or "reflect" (mirrored,
        x[-j] = x[j]), "odd" (2 x[0] - x[j]), "symmetric" (mirrored with the end, x[-j] = x[j - 1]) or "wrap" (periodic).
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
    hop = _hop(hop, win_length)
    design = _design(n_fft, hop, window, win_length, phase, scaling, fs, sides)
    first, frames = _frames(samples.shape[1], win_length, hop, placement, first, frames)
    bins = _bins(n_fft, sides)
    workers = _workers(workers)
    samples, first = extension.reached(samples, first, frames, hop, win_length, extend, n_fft)
    spectra = _output(out, shape + (frames, bins), _complex(samples.dtype), samples, frames=frames, n_fft=n_fft)
    kernels.stft(samples, spectra.reshape(samples.shape[0], frames, bins), design, first, _detrend(detrend), workers)
    return spectra.swapaxes(-1, -2) if out is None else out


@_either_spelling
def istft(
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
    synthesis: Optional[ArrayLike] = None,
    threshold: Optional[float] = None,
    strict: bool = True,
    win_exp: float = 1,
    out: Optional[NDArray] = None,
    workers: int = 1,
) -> NDArray:
    """Inverse STFT by weighted overlap-add: the exact input of an unmodified STFT, the least-squares signal of others.

    X: spectra (..., bins, frames).
    hop, window, win_length, n_fft, placement, first, phase, scaling, fs: as they were for stft(), with the same defaults
        except n_fft: bins for two-sided spectra; for one-sided ones win_length if that gives `bins` bins, else 2 * (bins - 1). A window
        that is longer needs n_fft.
    length: samples to return; default: up to the last sample that a frame covers. For a window longer than n_fft give the length of
        the signal: that it is 0 from there on is what the last frames do not say.
    sides: "onesided" gives real samples, "twosided" and "centered" complex ones; default: "twosided" if the window is complex
        or bins == n_fft, else "onesided". An even number of bins may be either, and is refused unless n_fft, sides or a
        longer window decides.
    synthesis: a dual window (see dual_window()), used without normalisation instead of dividing by the coverage
        D[n] = sum_p |window[n - s_p]|^2. If the window is longer than n_fft it may have as many taps more on both sides.
    threshold: samples are uncovered, and 0, where D <= threshold max D; default 1e-10, in single precision 1e-6.
        For a window longer than n_fft: part of max D that is added to the equations of samples that lack frames, at the ends; default
        1e-14, in single precision 1e-7.
    strict: refuse a hop that leaves samples uncovered; if not, or if a threshold is given, they are 0. A hop beyond win_length is
        refused always.
    win_exp: power a of a real window in the overlap-add: y[n] = sum_p w^a[n - s_p] f_p[n - s_p] / D[n] with D[n] = sum_p w^(a + 1)[n - s_p],
        as ssqueezepy has it. 1: least squares; 0: plain overlap-add. It inverts an unmodified STFT all the same.
    out: where the result goes, C-contiguous, of the shape and dtype of what is returned otherwise.
    workers: threads, 1 .. 1024, which share the channels.

    Returns float32, float64, complex64 or complex128 of shape (..., length).

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
    is_given = n_fft is not None
    sides, n_fft, win_length = _layout("X", bins, sides, window, win_length, n_fft)
    if win_length > n_fft and not is_given:
        raise ValueError(f"win_length: {win_length}: must be 1 .. n_fft = {n_fft}; for a longer window give n_fft")
    hop = _hop(hop, win_length)
    design = _design(n_fft, hop, window, win_length, phase, scaling, fs, sides)
    first = _first(first, win_length, hop, placement, frames)
    sizes = {"hop": hop} if length is None else {"length": _at_least(0, "length", length)}
    length = kernels.covered_end(first, hop, win_length, frames) if length is None else sizes["length"]
    threshold, strict, workers = _threshold(threshold), _truth("strict", strict), _workers(workers)
    synthesis = None if synthesis is None else _array("synthesis", synthesis)
    samples = _given(out, shape + (length,), spectra.real.dtype if sides == "onesided" else spectra.dtype, spectra, **sizes)
    flat, exponent = samples.reshape(spectra.shape[0], length), _exponent(win_exp)
    kernels.istft(spectra, flat, design, first, synthesis, threshold, workers, strict, exponent)
    return samples


@_either_spelling
def spectrogram(
    x: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
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
    axes: bool = False,
) -> Union[NDArray, Spectrogram]:
    """Power of a signal over frequency and time.

    kind: "psd" (|X|^2 in unit^2 / Hz), "power" (of a line: A^2 / 2 for a real sinusoid of amplitude A, A^2 for a complex
        one) or "magnitude" (of a line: A).
    average: frames whose powers are averaged into one column; the last column averages what is left.
    max_hold: each bin is the largest up to its column.
    db: 10 log10 of psd and power, 20 log10 of magnitude, not below -200; taken after averaging.
    onesided_doubling: the bins of one-sided spectra but DC and (n_fft even) Nyquist hold the power of both sides;
        magnitudes are doubled.
    workers: threads, 1 .. 1024, which share the channels.
    axes: return Spectrogram(frequencies, times, S), SciPy's order, instead of S alone.
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
    hop = _hop(hop, win_length)
    design = _design(n_fft, hop, window, win_length, "centre", "none", fs, sides)
    first, frames = _frames(samples.shape[1], win_length, hop, placement, first, frames)
    average = _at_least(1, "average", average)
    bins = _bins(n_fft, sides)
    columns = -(-frames // average)
    doubled = _truth("onesided_doubling", onesided_doubling) and sides == "onesided"
    axes, workers = _truth("axes", axes), _workers(workers)
    rows = _output(out, shape + (columns, bins), samples.real.dtype, samples, frames=frames, n_fft=n_fft)
    kernels.spectrogram(
        samples,
        rows.reshape(samples.shape[0], columns, bins),
        design,
        first,
        frames,
        _detrend(detrend),
        _word(kind),
        average,
        _truth("max_hold", max_hold),
        _truth("db", db),
        doubled,
        workers,
    )
    S = rows.swapaxes(-1, -2) if out is None else out
    if not axes:
        return S
    ends = np.minimum(np.arange(1, columns + 1) * average, frames) - 1
    middles = (np.arange(columns) * average + ends) / 2
    return Spectrogram(frequencies(n_fft, fs, sides), (first + win_length // 2 + middles * hop) / fs, S)


@_either_spelling
def frequencies(n_fft: int = 1024, fs: float = 1.0, sides: str = "onesided") -> NDArray:
    """Frequency of each bin in Hz, shape (bins,). "twosided" has 0 first and negative frequencies after the positive
    ones, "centered" starts at -(n_fft // 2) fs / n_fft.

    >>> frequencies(4, 8.0, "centered").tolist()
    [-4.0, -2.0, 0.0, 2.0]
    """
    n_fft = _at_least(1, "n_fft", n_fft)
    _positive("fs", fs)
    sides = _sides_named(sides)
    if sides == "onesided":
        return np.arange(n_fft // 2 + 1) * (fs / n_fft)
    k = np.arange(n_fft) - n_fft // 2
    return (k if sides == "centered" else np.fft.ifftshift(k)) * (fs / n_fft)


@_either_spelling
def times(
    frames: int,
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    first: Optional[int] = None,
    fs: float = 1.0,
    placement: str = "centred",
    window: Window = "hann",
    n_fft: Optional[int] = None,
) -> NDArray:
    """Time of each frame's centre in seconds, (first + p hop + win_length // 2) / fs, shape (frames,).

    The arguments are those of stft(), with the same defaults; window and n_fft count only as defaults of win_length.

    >>> times(3, hop=4, win_length=8, fs=8.0).tolist()
    [0.0, 0.5, 1.0]
    >>> times(3).tolist()
    [0.0, 256.0, 512.0]
    """
    frames = _at_least(0, "frames", frames)
    _, win_length = _lengths(window, win_length, n_fft)
    hop = _hop(hop, win_length)
    _positive("fs", fs)
    first = _first(first, win_length, hop, placement, frames)
    _check_addressed((frames,), np.dtype(float), frames=frames)
    return (first + win_length // 2 + np.arange(frames, dtype=np.int64) * hop) / fs


def sample_window(window: Window, length: int, symmetric: bool = False) -> NDArray:
    """The window's values, shape (length,), float64 or complex128; periodic unless symmetric. Taps come back as given.

    >>> sample_window("hann", 4).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    _taps_in(window)  # refuses what is no window
    length = _integer("length", length)
    if length > _LONGEST_WINDOW:
        raise ValueError(f"length: {length}: must be 1 .. 2^28")
    return kernels.sample_window(window, length, _truth("symmetric", symmetric))


def dual_window(window: ArrayLike, hop: int, n_fft: Optional[int] = None) -> NDArray:
    """The canonical dual of a window: overlap-add of the inverse DFTs with it gives the signal back, and no other such window has less
    energy.

    window: its taps, or the name of one of n_fft samples.

    Same shape, window / D with D[m] = sum_i |window[m + i hop]|^2, unless the window is longer than n_fft (default: its length). Then
    the dual n_fft S^-1 window, S the frame operator on endless signals, decays exponentially without end; it comes back with as many
    taps more on both sides as exceed 1e-17 of the largest, and istft() takes it as `synthesis`.

    ValueError if there is no dual. Source: Gröchenig, "Foundations of Time-Frequency Analysis", 2001, sec. 5.2, 6.3 and 7.6.

    >>> import numpy as np
    >>> w = sample_window("hann", 8)
    >>> bool(np.allclose(dual_window(w, 2), w / 1.5))
    True
    """
    taps = _taps("window", window, n_fft)
    return kernels.canonical_dual(taps, _integer("hop", hop), _points_for(taps, n_fft))


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
    desired = None if desired is None else _array("desired", desired)
    return kernels.closest_dual_window(_taps("window", window), _integer("hop", hop), desired, _truth("scaled", scaled))


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
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    first: Optional[int] = None,
    sides: Optional[str] = None,
) -> NDArray:
    """Spectra (..., bins, frames) with another phase reference: "start", "centre", "absolute" or an integer r, as in
    stft(). first: s_0, by default -(win_length // 2). n_fft, hop: by default as in istft(). Only exact integer indices enter the factors.

    Returns the same shape and precision.

    >>> import numpy as np
    >>> x = np.arange(20.0)
    >>> made = dict(hop=3, n_fft=8, win_length=6)
    >>> A, B = (stft(x, phase=phase, **made) for phase in ("start", "absolute"))
    >>> bool(np.allclose(convert_phase(A, "start", "absolute", **made), B))
    True
    """
    spectra, shape = _frame_major(X)
    _, frames, bins = spectra.shape
    sides, n_fft, win_length = _layout("X", bins, sides, "boxcar", win_length, n_fft)
    hop = _hop(hop, win_length)
    source, target = _phase("source", source), _phase("target", target)
    first = _first(first, win_length, hop, "centred", frames)
    converted = np.empty_like(spectra)
    kernels.convert_phase(
        spectra, converted, n_fft, hop, win_length, source, target, first, sides == "centered"
    )
    return np.swapaxes(converted.reshape(shape + converted.shape[1:]), -1, -2)
