# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The STFT as a bank of filters: the filters themselves, some of their outputs alone, and the sum that undoes them."""

from __future__ import annotations

from typing import NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray

from .stft_python import kernels
from .transforms import _SIDES, Window, _at_least, _bins, _lengths



class FilterBank(NamedTuple):
    """What filter_bank() returns."""

    filters: NDArray
    """h_k[j], complex128 of shape (bins, win_length): row k is the impulse response of bin k."""
    delays: NDArray
    """j in samples, shape (win_length,): -(win_length - 1 - win_length // 2) .. win_length // 2."""
    responses: NDArray
    """F[k, q], complex128 of shape (bins, length): the DFT over length points of h_k laid out modulo length."""


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
    win_length, scaling, fs: as of stft().

    F is real exactly if the window is even about its sample c: an odd number of taps that read the same backwards, or an
    even number of a periodic window with window[0] = 0 (or n_fft = length = win_length); otherwise its imaginary part is
    at most |window[0]| for a real periodic window. Source: Allen and Rabiner, "A unified approach to short-time Fourier
    analysis and synthesis", Proc. IEEE 65, 1977, sec. II.

    >>> bank = filter_bank("hann", 8, 32)
    >>> bank.filters.shape, bank.delays.tolist(), bank.responses.shape
    ((8, 8), [-3, -2, -1, 0, 1, 2, 3, 4], (8, 32))
    >>> bool(np.argmax(np.abs(bank.responses[1])) == 4)
    True
    """
    if sides not in _SIDES:
        raise ValueError(f"sides: {sides}: must be onesided, twosided or centered")
    n_fft, win_length = _lengths(window, win_length, n_fft)
    design = kernels.parameters(n_fft, 1, window, win_length, "centre", scaling, fs, sides == "centered")
    length = _at_least(1, "length", length)
    if length > 1 << 28:
        raise ValueError(f"length: {length}: must be 1 .. 2^28")
    rows = _bins(n_fft, sides)
    filters, responses = np.empty((rows, win_length), complex), np.empty((rows, length), complex)
    first = kernels.filter_bank(design, filters, responses)
    return FilterBank(filters, np.arange(first, first + win_length), responses)
