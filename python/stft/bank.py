# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The STFT as a bank of filters: the filters themselves, some of their outputs alone, and the sum that undoes them."""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

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
    _first,
    _frame_major,
    _frames,
    _given,
    _hop,
    _integer,
    _lengths,
    _output,
    _sides,
    _sides_named,
    _sides_of_spectra,
    _word,
    _workers,
)
from .stft_python import kernels



class FilterBank(NamedTuple):
    """What filter_bank() returns."""

    filters: NDArray
    """h_k[j], complex128 of shape (bins, win_length): row k is the impulse response of bin k."""
    delays: NDArray
    """j in samples, shape (win_length,): -(win_length - 1 - win_length // 2) .. win_length // 2."""
    responses: NDArray
    """F[k, q], complex128 of shape (bins, length): the DFT over length points of h_k laid out modulo length."""


@_either_spelling
def filter_bank(
    window: Window,
    n_fft: int,
    length: int,
    *,
    win_length: Optional[int] = None,
    sides: str = "twosided",
    scaling: str = "none",
    fs: float = 1.0,
) -> FilterBank:
    """The filters that the STFT at hop 1 consists of, and their frequency responses.

    h_k[j] = g conj(window[c - j]) exp(2j pi k j / n_fft), c = win_length // 2; with zeros around x, row k of
    stft(x, window, hop=1, n_fft=n_fft) is x convolved with h_k. With x periodic in `length` samples it is the inverse DFT of
    the DFT of x times F[k], exactly. Longer hops decimate it.

    length: points of the frequency responses, 1 .. 2^28; column q is the frequency q / length cycles per sample.
    sides: "twosided" (rows 0 .. n_fft - 1), "onesided" (0 .. n_fft // 2) or "centered" (from -(n_fft // 2) on).
    win_length, scaling, fs: as in stft().

    F is real exactly if the window is even about its sample c: an odd number of taps that read the same backwards, or an
    even number of a periodic window with window[0] = 0 (or n_fft = length = win_length); otherwise its imaginary part is
    at most |window[0]| for a real periodic window. Source: Allen and Rabiner, "A unified approach to short-time Fourier
    analysis and synthesis", Proc. IEEE 65, 1977.

    >>> bank = filter_bank("hann", 8, 32)
    >>> bank.filters.shape, bank.delays.tolist(), bank.responses.shape
    ((8, 8), [-3, -2, -1, 0, 1, 2, 3, 4], (8, 32))
    >>> bool(np.argmax(np.abs(bank.responses[1])) == 4)
    True
    """
    sides = _sides_named(sides)
    n_fft, win_length = _lengths(window, win_length, n_fft)
    design = _design(n_fft, 1, window, win_length, "centre", scaling, fs, sides if sides == "centered" else None)
    length = _at_least(1, "length", length)
    if length > 1 << 28:
        raise ValueError(f"length: {length}: must be 1 .. 2^28")
    rows = _bins(n_fft, sides)
    filters, responses = np.empty((rows, win_length), complex), np.empty((rows, length), complex)
    first = kernels.filter_bank(design, filters, responses)
    return FilterBank(filters, np.arange(first, first + win_length), responses)


@_either_spelling
def stft_bins(
    x: ArrayLike,
    bins: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    frames: Optional[int] = None,
    phase: Union[str, int] = "centre",
    scaling: str = "none",
    fs: float = 1.0,
    method: str = "auto",
    axis: int = -1,
    out: Optional[NDArray] = None,
    workers: int = 1,
) -> NDArray:
    """Chosen bins of the short-time Fourier transform, at any hop.

    X[..., j, p] = g sum_m x[s_p + m] conj(window[m]) exp(-2j pi bins[j] (m - r) / n_fft)

    bins: frequencies in units of fs / n_fft, whole or not, one or more, in any order: 0 .. n_fft / 2 for real x and window,
        else from -n_fft / 2 on and below n_fft. Whole ones give the rows of stft(), within rounding.
    method: "sliding" (sums that move along the signal: a cost per sample that does not grow with the window; for windows
        by name that are sums of up to five cosines, such as hann, hamming, blackman, nuttall, flattop, boxcar), "direct" (a
        sum over each frame), "fft" (whole bins), or "auto": the one that is quickest here.
    The other arguments are those of stft().

    Returns complex64 or complex128 of shape (..., bins, frames). Errors relative to the largest value: 1e-6 (single), 1e-13
    (double), after any number of samples: the sums restart wherever a sample's number is a multiple of win_length. With a given
    method a frame's values depend, to the bit, only on its samples and their numbers. Samples that are not finite
    stay in the frames that contain them.

    >>> x = np.cos(2 * np.pi * 0.25 * np.arange(64))
    >>> X = stft_bins(x, [4, 3.5], hop=1, n_fft=16, scaling="magnitude")
    >>> X.shape, bool(np.isclose(X[0, 32], 0.5))
    ((2, 65), True)
    """
    samples, shape = _channels(x, axis)
    if _sides(None, samples, window) != "onesided":
        samples = samples.astype(_complex(samples.dtype), copy=False)
    chosen = _chosen(bins)
    n_fft, win_length = _lengths(window, win_length, n_fft)
    hop = _hop(hop, win_length)
    design = _design(n_fft, hop, window, win_length, phase, scaling, fs, None)
    first, frames = _frames(samples.shape[1], win_length, hop, placement, first, frames)
    workers = _workers(workers)
    rows = _output(out, shape + (frames, len(chosen)), _complex(samples.dtype), samples, frames=frames)
    flat = rows.reshape(samples.shape[0], frames, len(chosen))
    kernels.stft_bins(samples, flat, design, chosen.tolist(), first, _word(method), workers)
    return np.swapaxes(rows, -1, -2) if out is None else out


@_either_spelling
def one_integral_inverse(
    X: ArrayLike,
    window: Window = "hann",
    *,
    n_fft: int,
    phase: Union[str, int] = "centre",
    bins: Optional[ArrayLike] = None,
    win_length: Optional[int] = None,
    hop: int = 1,
    length: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    sides: Optional[str] = None,
    scaling: str = "none",
    fs: float = 1.0,
    out: Optional[NDArray] = None,
) -> NDArray:
    """Inverse of an STFT at hop 1, one sample from each column: the sum over its bins. No overlap-add, no other frame.

    x[t_p] = 1 / (n_fft g conj(window[c])) sum_k X_centre[..., k, p], t_p = s_p + c, c = win_length // 2; for real x, one-sided,
    1 / (n_fft g window[c]) sum_k h_k Re X_centre[..., k, p] with h = 2, but 1 for bin 0 and bin n_fft / 2.

    X: spectra (..., bins, frames) of stft() or stft_bins() at hop 1.
    bins: which bins the rows of X are, whole ones, each once, in any order; default: all of them, as stft() gives them. Some
        of them give the part of x that is in their band; the parts of all bins add up to x.
    hop: must be 1. window, win_length, n_fft, phase, placement, first, scaling, fs: as they were for stft(). window[c] must
        not be 0.
    length: samples to return; default: up to the last centre of a frame. Samples at no frame's centre are 0.
    sides: "onesided" gives real samples, "twosided" and "centered" complex ones; default: "onesided", unless n_fft equals
        the number of bins, or the window is complex.
    out: where the result goes, C-contiguous, of the shape and dtype of what is returned otherwise.

    Returns float32, float64, complex64 or complex128 of shape (..., length). The signal comes back to 1e-13 of its largest
    sample (double), 1e-6 (single). Source: Thakur and Wu, "Synchrosqueezing-based recovery of instantaneous frequency from
    nonuniform samples", SIAM J. Math. Anal. 43, 2011.

    >>> from gnuradio import stft
    >>> x = np.random.default_rng(1).standard_normal(100)
    >>> X = stft.stft(x, hop=1, n_fft=32)
    >>> bool(np.max(np.abs(one_integral_inverse(X, n_fft=32, length=100) - x)) < 1e-13)
    True
    >>> low, high = one_integral_inverse(X[:5], n_fft=32, bins=range(5)), one_integral_inverse(X[5:], n_fft=32, bins=range(5, 17))
    >>> bool(np.max(np.abs((low + high)[:100] - x)) < 1e-13)
    True
    """
    spectra, shape = _frame_major(X)
    _, frames, rows = spectra.shape
    n_fft, win_length = _lengths(window, win_length, n_fft)
    if bins is None:
        sides = _sides_of_spectra(sides, rows, n_fft, window)
        chosen, expected = [], _bins(n_fft, sides)
    else:
        sides = _sides_of_spectra(sides, 0, None, window)
        chosen = _chosen(bins).tolist()
        expected = len(chosen)
        if not chosen:
            raise ValueError("bins: none: must be one or more")
    if rows != expected:
        raise ValueError(f"X: {rows} bins: must have {expected} for n_fft = {n_fft}, {sides if bins is None else 'these bins'}")
    order = None if chosen else sides
    design = _design(n_fft, _integer("hop", hop), window, win_length, phase, scaling, fs, order)
    first = _first(first, win_length, 1, placement, frames)
    length = max(0, first + win_length // 2 + frames) if length is None else _at_least(0, "length", length)
    samples = _given(out, shape + (length,), spectra.real.dtype if sides == "onesided" else spectra.dtype, spectra, length=length)
    kernels.one_integral_inverse(spectra, samples.reshape(spectra.shape[0], length), design, chosen, first)
    return samples


def _chosen(bins: ArrayLike) -> NDArray:
    chosen = np.atleast_1d(_array("bins", bins))
    if chosen.ndim != 1 or chosen.dtype.kind == "c":
        raise ValueError(f"bins: {chosen.ndim} dimensions, {chosen.dtype}: must be a list of real numbers")
    return chosen
