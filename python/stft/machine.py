# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a machine's levels: bands, orders, speed, and what is wrong with the sensor, a second at a time."""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _either_spelling, _real_array
from .levels import Bands, _bands, _check_rate
from .speed import Ridges, _samples
from .stft_python import kernels


class MachineRows(NamedTuple):
    """What machine_rows() returns: levels, speed and faults of the sensor, of each row."""

    levels: NDArray
    """The rms of each band, then of each order, (levels, rows); NaN where it is unknown."""
    times: NDArray
    """s, of the rows' first samples."""
    speeds: NDArray
    """Hz, median of the speeds to be trusted; NaN where there are none."""
    confidence: NDArray
    """Median of the row's frames; 0 without a speed."""
    dead: NDArray
    """True where all samples are equal."""
    clipped: NDArray
    """True where runs of samples are at the row's largest magnitude."""


@_either_spelling
def machine_rows(x: ArrayLike, fs: float, bands: Bands = (), *, ridges: Optional[Ridges] = None, orders: Sequence[float] = (),
                 integrate: int = 0, factor: float = 1.0, quantum: float = 0.0) -> MachineRows:
    """The levels of a machine in rows of a second, or of ten periods of the lowest band edge if that is longer.

    x: one-dimensional. fs: Hz. bands: as in band_levels(); (): none. integrate, factor: as there, for bands and orders.
    ridges: of track_ridges() with one track, and orders: those that it was given; the levels of the orders and the speed follow from
        the frames that can be trusted, if these are more than half of a row's. quantum: step of the quantiser, if it is known.
    `gr_stft monitor` has the same rows. The last row is one whose samples, and half a row more, are in x.
    """
    x = _real_array("x", x)
    dtype = np.float32 if x.dtype == np.float32 else np.float64
    samples = _samples(x, dtype)
    _check_rate(fs)
    if np.ndim(orders) != 1:
        raise ValueError(f"orders: {orders!r}: must be a list of numbers")
    if (ridges is None) != (not len(orders)):
        raise ValueError(f"orders: {tuple(orders)}: must be those of ridges, and come with them")
    made = kernels.machine_rows_f if dtype == np.float32 else kernels.machine_rows_d
    rows = made(samp_rate=fs, bands=_bands(bands), orders=[float(order) for order in orders], integrate=integrate, factor=factor,
                quantum=quantum)  # fmt: skip
    rows.push(samples)
    if ridges is not None:
        add_ridges(rows, ridges, fs, len(orders))
    rows.finish()
    found = rows.take()
    starts, speeds, confidence, dead, clipped = (np.array(each) for each in zip(*(row[:5] for row in found))) if found else (
        np.empty(0), np.empty(0), np.empty(0), np.empty(0, bool), np.empty(0, bool))  # fmt: skip
    levels = np.array([row[5] for row in found]).reshape(len(found), rows.levels).T
    return MachineRows(levels, starts / fs, speeds, confidence, dead, clipped)


def add_ridges(rows, ridges, fs, orders, first=0):
    """Gives a kernel of rows the frames of a tracker that began at sample `first`."""
    if ridges.frequency.ndim != 1 or ridges.amplitudes.shape[1:] != (orders,):
        raise ValueError(f"ridges: amplitudes of shape {ridges.amplitudes.shape}: must be of one track and {orders} orders")
    rows.add_speeds(np.rint(ridges.times * fs).astype(np.int64) + first, np.ascontiguousarray(ridges.frequency, np.float64),
                    np.ascontiguousarray(ridges.confidence, np.float64), np.ascontiguousarray(ridges.amplitudes, np.float64))
