# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Phases from magnitudes, by the gradient of the magnitudes."""

from __future__ import annotations

import math
from typing import Any, Dict, Optional, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .stft_python import kernels
from .transforms import (
    Window,
    _at_least,
    _either_spelling,
    _first,
    _hop,
    _integer,
    _is_real,
    _keeps,
    _layout,
    _phase,
    _precision,
    _spectra,
    _text,
    _workers,
)

_METHODS = ("pghi", "rtpghi")


@_either_spelling
def phase_from_magnitude(
    magnitude: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    method: str = "pghi",
    look_ahead: int = 0,
    tolerance: float = 1e-6,
    seed: int = 0,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    sides: Optional[str] = None,
    phase: Union[str, int] = "centre",
    workers: int = 1,
) -> NDArray:
    """Spectra that have the given magnitudes, and phases that fit to each other: without iterations, from the magnitudes' gradient.

    A window is taken for the Gaussian that is nearest to it, of which the gradient of the logarithm of |STFT| is that of the phase: the
    more it is like one, and the more windows overlap, the more exact the phases are. They are found but for a common one.

    magnitude: (..., bins, frames), not negative.
    method: "pghi": phases are integrated over all frames at once, from the largest cell on; "rtpghi": frame by frame, as the block
        phase_from_magnitude_vfvc does, with the same result.
    look_ahead: of "rtpghi": 1: the phases of a frame take the next one into account; 0: they do not.
    tolerance: cells at or below it, relative to the largest (of "rtpghi": of a frame and the one before), get random phases. 0 .. 1.
    seed: of the random phases.
    phase: the sample that the phases count from.
    workers: threads, 1 .. 1024, which share the channels.
    The other arguments are those of istft(); the window must be real.

    Returns complex64 (of float32) or complex128, of magnitude's shape; np.angle() of it are the phases. Source: Průša, Balazs and
    Søndergaard, "A noniterative method for reconstruction of phase from STFT magnitude", IEEE/ACM Trans. ASLP 25, 2017; Průša and
    Søndergaard, "Real-time spectrogram inversion using phase gradient heap integration", DAFx 2016.

    >>> x = np.cos(0.3 * np.arange(2000) + 0.0002 * np.arange(2000) ** 2)
    >>> A = np.abs(stft.stft(x, hop=8, n_fft=128))
    >>> y = stft.istft(phase_from_magnitude(A, hop=8), hop=8, length=2000)
    >>> bool(np.linalg.norm(np.abs(stft.stft(y, hop=8, n_fft=128)) - A) < 0.02 * np.linalg.norm(A))
    True
    """
    magnitudes, shape = _magnitudes(magnitude)
    bins = magnitudes.shape[-1]
    if not _is_real(window):
        raise ValueError("window: complex taps: must be real: phases follow from magnitudes of even windows")
    sides, n_fft, win_length = _layout("magnitude", bins, sides, window, win_length, n_fft)
    hop = _hop(hop, win_length)
    first = _first(first, win_length, hop, placement, magnitudes.shape[1])
    if _text("method", method) not in _METHODS:
        raise ValueError(f"method: {method}: must be pghi or rtpghi")
    if not _keeps(lambda v: 0 <= v <= 1, tolerance):
        raise ValueError(f"tolerance: {tolerance!r}: must be 0 .. 1")
    settings: Dict[str, Any] = dict(n_fft=n_fft, hop=hop, window=window, win_length=win_length, sides=sides)
    settings.update(phase=_phase("phase", phase), look_ahead=_at_least(0, "look_ahead", look_ahead))
    settings.update(tolerance=float(tolerance), seed=_at_least(0, "seed", _integer("seed", seed)))
    spectra = kernels.phase_from_magnitude(magnitudes, first, method == "rtpghi", _workers(workers), **settings)
    return spectra.reshape(shape + spectra.shape[1:]).swapaxes(-1, -2)


def _magnitudes(magnitude: ArrayLike) -> Tuple[NDArray, Tuple[int, ...]]:
    """(channels, frames, bins), contiguous; and the shape of the channels."""
    if np.iscomplexobj(magnitude):
        raise ValueError("magnitude: complex: must be real")
    given = _spectra("magnitude", magnitude)
    if given.shape[-2] == 0:
        raise ValueError("magnitude: 0 bins: must have one or more")
    rows = np.ascontiguousarray(given.swapaxes(-1, -2), _precision(given.dtype))
    if rows.size and not (rows.min() >= 0 and rows.max() < np.inf):
        bad = rows[~((rows >= 0) & np.isfinite(rows))]
        raise ValueError(f"magnitude: {bad[0]}: must be 0 or more, and finite")
    return rows.reshape((math.prod(rows.shape[:-2]),) + rows.shape[-2:]), rows.shape[:-2]
