# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Harmonic and percussive parts: what lasts in time, and what is spread over frequency."""

from __future__ import annotations

import re
from typing import Any, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _frame_major, _integer, _keeps, _sides_named, _spectra, _truth, _workers
from .stft_python import kernels

_KERNELS_AND_MARGINS = re.compile(r"^(time|frequency)_kernel\b|^margin_(harmonic|percussive)\b")  # the settings of the kernel


def hpss(S: ArrayLike, *, kernel_size: Union[int, Tuple[int, int]] = 31, power: float = 2.0, mask: bool = False,
         margin: Union[float, Tuple[float, float]] = 1.0, sides: str = "onesided", workers: int = 1) -> Tuple[NDArray, NDArray]:  # fmt: skip
    """Separates spectra (..., bins, frames) by median filters: (harmonic, percussive), as librosa.decompose.hpss has it.

    With H the median of |S| over kernel_size frames about each cell, and P that over kernel_size bins, and p = power,

        harmonic = S H^p / (H^p + (m_h P)^p)        percussive = S P^p / (P^p + (m_p H)^p)

    S: complex, as stft() returns it, or real magnitudes. kernel_size: odd; one, or (frames, bins). power: inf makes masks of 0 and 1;
        where the medians are equal both are 0, as librosa's are, and the cell is in neither part.
    margin: one for both, or (m_h, m_p), 1 or more. With 1 the parts of all other cells add up to S; above, what is neither is
        S - harmonic - percussive.
    mask: True: the two masks instead of the parts, real.
    sides: "onesided": beyond the first and last bin stand their mirror images, as beyond the first and last frame; "twosided" or
        "centered": bins are circular.
    workers: threads, 1 .. 1024, which share the channels.

    What is not finite counts as 0 in medians, and is not finite in its own cell only. Returns the dtype of S in float32, float64, complex64 or
    complex128. The same kernel as the block hpss_vcvc, pushed once: both agree to the bit.

    Source: Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx-10, 2010; margins: Driedger, Mueller and Disch,
    "Extending harmonic-percussive separation of audio signals", ISMIR 2014.

    >>> S = np.zeros((40, 50))
    >>> S[10], S[:, 30] = 1, 1                                           # a line and a knock
    >>> harmonic, percussive = hpss(S)
    >>> float(harmonic[10, 5]), float(percussive[20, 30]), float(harmonic[10, 30])
    (1.0, 1.0, 0.5)
    """
    given = _spectra("S", S)
    if given.dtype.kind == "c":
        rows, shape = _frame_major(given, "S")
    else:
        real = given.astype(np.float32 if given.dtype == np.float32 else np.float64, copy=False)
        rows, shape = np.ascontiguousarray(np.swapaxes(real, -1, -2)), real.shape[:-2]
        rows = rows.reshape((int(np.prod(shape)),) + rows.shape[-2:])
    bins = given.shape[-2]
    if bins < 1:
        raise ValueError("S: 0 bins: must be 1 or more")
    time, frequency = (_odd("kernel_size", k) for k in _both("kernel_size", kernel_size))
    for one in _both("margin", margin):
        if not _keeps(lambda v: 1 <= v <= 1e6, one):
            raise ValueError(f"margin: {one}: must be 1 .. 1e6")
    harmonic_margin, percussive_margin = _both("margin", margin)
    sides = _sides_named(sides)
    settings = dict(n_fft=max(1, 2 * (bins - 1)) if sides == "onesided" else bins, sides=sides, time_kernel=time, frequency_kernel=frequency,
                    power=power, margin_harmonic=harmonic_margin, margin_percussive=percussive_margin, mask=_truth("mask", mask))  # fmt: skip
    parts = np.empty_like(rows), np.empty_like(rows)
    try:
        kernels.hpss(rows, *parts, _workers(workers), **settings)
    except (TypeError, ValueError) as refused:
        raise type(refused)(_KERNELS_AND_MARGINS.sub(lambda name: "margin" if "margin" in name[0] else "kernel_size", str(refused))) from None
    if mask:
        parts = parts[0].real, parts[1].real
    harmonic, percussive = (np.swapaxes(part.reshape(shape + part.shape[1:]), -1, -2) for part in parts)
    return harmonic, percussive


def _odd(name: str, value: Any) -> int:
    value = _integer(name, value)
    if not 1 <= value <= 4095 or value % 2 == 0:
        raise ValueError(f"{name}: {value}: must be odd, 1 .. 4095")
    return value


def _both(name: str, given: Any) -> Tuple[Any, Any]:
    try:
        if np.ndim(given) == 0:
            return given, given
    except ValueError:  # rows of different length
        pass
    pair = () if isinstance(given, (str, bytes, dict)) else tuple(given)
    if len(pair) != 2:
        raise ValueError(f"{name}: {given}: must be one number, or two")
    return pair
