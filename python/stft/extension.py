# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What a signal is continued with beyond its ends, by the names of SciPy and of NumPy: the one place for it."""

from __future__ import annotations

from typing import Tuple

import numpy as np
from numpy.typing import NDArray

_MODES = ("zeros", "edge", "even", "odd", "symmetric", "wrap")
_OTHER_NAMES = {"reflect": "even"}
_MOST = 2**31
_PART = 2**16  # samples whose indices are held at a time


def checked(name: str, extend: str) -> str:
    """The extension's own name. ValueError "name: value: rule" for what is none."""
    known = _OTHER_NAMES.get(extend, extend) if isinstance(extend, str) else None
    if known not in _MODES:
        choices = f"must be {', '.join(_MODES)} or reflect, which is even"
        if extend == "constant":
            choices += "; constant is edge in SciPy and zeros in NumPy"
        raise ValueError(f"{name}: {extend}: {choices}")
    return known


def extended(x: NDArray, before: int, after: int, extend: str, name: str = "extend") -> NDArray:
    """x, (..., samples), with `before` samples more in front and `after` at its end; x itself if these are none.

    extend: "zeros", "edge" (the first and the last value), "even" (mirrored without its end, x[-j] = x[j]; "reflect" is the same),
        "odd" (2 x[0] - x[j]), "symmetric" (mirrored with its end) or "wrap" (periodic). What is longer than x is mirrored or
        repeated again.

    >>> extended(np.array([1, 2, 4]), 2, 1, "odd").tolist()
    [-2, 0, 1, 2, 4, 6]
    """
    extend = checked(name, extend)
    if before <= 0 and after <= 0:
        return x
    return _values(x, -max(0, before), x.shape[-1] + max(0, after), extend, name)


def reached(
    x: NDArray, first: int, frames: int, hop: int, win_length: int, extend: str, n_fft: int = 1, name: str = "extend"
) -> Tuple[NDArray, int]:
    """x, (..., samples), continued as far as its frames reach, the first of which begins at sample `first`; and where it begins
    then, which is as far from there as `first` is from 0 but for multiples of n_fft: absolute phases stay. Zeros stay away: the
    kernels have them."""
    extend = checked(name, extend)
    if extend == "zeros" or frames == 0:
        return x, first
    end = first + (frames - 1) * hop + win_length
    if first >= 0 and end <= x.shape[-1]:
        return x, first
    start = first // n_fft * n_fft
    return _values(x, start, end, extend, name), first - start


def _values(x: NDArray, start: int, end: int, extend: str, name: str) -> NDArray:
    """Samples start .. end - 1 of x and what it is continued with. By their indices: np.pad() repeats what is shorter than its
    padding in another way from release to release."""
    length = x.shape[-1]
    if length == 0 and extend != "zeros":
        raise ValueError(f"{name}: {extend}: needs a sample or more")
    if end - start > _MOST:
        raise ValueError(f"{name}: {extend}: {end - start} samples under the frames: must be 2^31 or fewer")
    inside = slice(min(max(start, 0), length), max(0, min(end, length)))
    values = np.zeros(x.shape[:-1] + (end - start,), x.dtype)
    if inside.start < inside.stop:
        values[..., inside.start - start : inside.stop - start] = x[..., inside]
    if extend == "zeros":
        return values
    for begin, stop in ((start, min(end, 0)), (max(start, length), end)):
        for part in range(begin, stop, _PART):
            index = _modulo(np.arange(min(_PART, stop - part)), part, _period(length, extend))
            values[..., part - start : part - start + len(index)] = _continued(x, index, part, extend)
    return values


def _period(length: int, extend: str) -> int:
    return {"edge": 1, "wrap": length, "symmetric": 2 * length}.get(extend, max(1, 2 * (length - 1)))


def _modulo(index: NDArray, begin: int, period: int) -> NDArray:
    return (index + begin % period) % period


def _continued(x: NDArray, index: NDArray, begin: int, extend: str) -> NDArray:
    """The values at begin, begin + 1, .., whose places in the period are given."""
    length = x.shape[-1]
    if extend == "edge":
        return x[..., :1] if begin < 0 else x[..., -1:]
    if extend == "wrap":
        return x[..., index]
    if extend == "symmetric":
        return x[..., np.minimum(index, 2 * length - 1 - index)]
    mirrored = index >= length
    values = x[..., np.where(mirrored, 2 * (length - 1) - index, index)]
    if extend == "even":
        return values
    # in every period, the signal is higher by twice what it rises by
    period = _period(length, extend)
    turns = (begin % period + np.arange(len(index))) // period + begin // period
    rise = (x[..., -1:] - x[..., :1]) * 2
    return np.where(mirrored, 2 * x[..., -1:] - values, values) + rise * turns.astype(x.real.dtype)
