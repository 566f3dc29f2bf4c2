# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The analytic signal of an array, by one long FFT."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _channels, _complex


def analytic_signal(x: ArrayLike, *, axis: int = -1) -> NDArray:
    """The complex signal whose real part is x and whose spectrum has no negative frequencies, of the shape of x.

    Its spectra may turn with a chirp rate and still hold all of x: see dstft(). At either end, where x begins or stops at
    once, its imaginary part reflects that the spectrum of such a step has no end.

    x: real samples; float32 gives complex64, everything else complex128.

    >>> import numpy as np
    >>> z = analytic_signal(np.cos(2 * np.pi * np.arange(64) / 8))
    >>> bool(np.allclose(z, np.exp(2j * np.pi * np.arange(64) / 8)))
    True
    """
    samples, shape = _channels(x, axis)
    if samples.dtype.kind == "c":
        raise ValueError(f"x: dtype {samples.dtype}: must be real")
    length = samples.shape[1]
    z = samples.astype(_complex(samples.dtype))
    if length:
        n = _smooth_length(length)
        # of DC and Nyquist, which irfft() takes for real, nothing is left
        z.imag = np.fft.irfft(-1j * np.fft.rfft(samples, n, axis=1), n, axis=1)[:, :length]
    return np.moveaxis(z.reshape(shape + (length,)), -1, axis)


def _smooth_length(least: int) -> int:
    """The least product of 2, 3 and 5 that is not below this."""
    best = 1 << max(0, least - 1).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            two = three << max(0, -(-least // three) - 1).bit_length()
            best = min(best, two)
            three *= 3
        five *= 5
    return best
