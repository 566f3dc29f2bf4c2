# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Windows and their duals as SciPy 1.16 has them: the last digit of exponentials, the types of results, the wording of errors."""

from __future__ import annotations

from typing import Any, Optional, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _array
from .stft_python import kernels
from .transforms import sample_window


def closest_STFT_dual_window(
    win: ArrayLike, hop: int, desired_dual: Optional[ArrayLike] = None, *, scaled: bool = True
) -> Tuple[NDArray, Union[float, complex]]:
    """The dual of a window that is nearest to a desired one; scipy.signal.closest_STFT_dual_window.

    win, desired_dual: taps, 1-D and of one length; desired_dual=None stands for ones.
    hop: samples from slice to slice.
    scaled: nearest to alpha desired_dual, with the best alpha.

    Returns (dual, alpha): overlap-add with `dual` inverts the STFT with `win`, and the sum of |dual - alpha desired_dual|^2
    is the least possible; alpha is 1 unless scaled.

    ValueError if win has no dual, or if no alpha is best because desired_dual is orthogonal to the duals.

    >>> dual, alpha = closest_STFT_dual_window(sample_window("hann", 12), 6)
    >>> bool(np.allclose(dual, alpha))
    True
    """
    win = _numbers("win", win)
    desired = np.ones_like(win) if desired_dual is None else _numbers("desired_dual", desired_dual)
    if win.ndim != 1 or win.shape != desired.shape:
        raise ValueError(
            f"Parameters `win` and `desired_dual` are not 1d arrays of equal length, {win.shape=}, {desired.shape=}!"
        )
    _check_finite(win, "win")
    _check_finite(desired, "desired_dual")
    _check_hop_fits(hop, win, "win")
    _calc_dual_canonical_window(win, hop)  # refuses what has no dual
    try:
        dual, alpha = kernels.closest_dual_window(win, hop, desired, bool(scaled), _resolution(win))
    except ValueError:
        alpha = 0
    if alpha == 0:
        raise ValueError(
            "Unable to calculate scaled closest dual window due to numerically unstable scaling factor! "
            "Try setting parameter `scaled` to False."
        )
    dtype = np.result_type(win, desired)
    return dual.astype(dtype), complex(alpha) if scaled and dtype.kind == "c" else alpha


def sample_window_as_scipy(window: Any, length: int, symmetric: bool = False) -> NDArray:
    """sample_window(), but exponentials by NumPy's exp, the last digit of which depends on the processor as SciPy's does.

    >>> float(sample_window_as_scipy(("gaussian", 2.0), 3, True)[1])
    1.0
    """
    values = sample_window(window, length, symmetric)
    name, *parameters = window if isinstance(window, tuple) else (window,)
    if length < 2 or name not in ("gaussian", "gauss", "gss", "exponential", "poisson"):
        return values
    n = np.arange(length if symmetric else length + 1)
    middle = (len(n) - 1) / 2
    if name.startswith("g"):
        (std,) = parameters
        return np.exp(-((n - middle) ** 2) / (2 * std * std))[:length]
    centre, tau = (*parameters, *(None, 1.0)[len(parameters) :])
    return np.exp(-np.abs(n - (middle if centre is None else centre)) / tau)[:length]


def _calc_dual_canonical_window(win: NDArray, hop: int) -> NDArray:
    """The dual window of least energy, of win's type. ValueError if there is none."""
    if not _is_integer(hop) or hop < 1:
        raise ValueError(f"Parameter {hop=} is not an integer >= 1!")
    if hop > len(win):
        raise ValueError(f"{hop=} is larger than window length of {len(win)} => STFT not invertible!")
    if win.dtype.kind not in "fc":
        raise ValueError(f"Parameter 'win' cannot be of integer type, but {win.dtype=} => STFT not invertible!")
    try:
        return kernels.dual_window(win, hop, _resolution(win)).astype(win.dtype)
    except ValueError:
        raise ValueError("Short-time Fourier Transform not invertible!") from None


def _resolution(taps: NDArray) -> float:
    """The relative error that values of this type have: coverage below it is none."""
    return float(np.finfo(taps.dtype).resolution) if taps.dtype.kind in "fc" else 1e-15


def _numbers(name: str, values: ArrayLike) -> NDArray:
    """As _array(), which decides about booleans and masks; what else is no number is left to SciPy's words."""
    return _array(name, values) if np.asarray(values).dtype.kind in "biufc" else np.asarray(values)


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _is_finite(taps: NDArray) -> bool:
    return taps.dtype.kind in "biufc" and bool(np.all(np.isfinite(taps)))


def _check_finite(taps: NDArray, name: str) -> None:
    if not _is_finite(taps):
        raise ValueError(f"Parameter {name} must have finite entries!")


def _check_hop_fits(hop: int, taps: NDArray, name: str) -> None:
    if not _is_integer(hop) or not 1 <= hop <= len(taps):
        raise ValueError(f"Parameter {hop=} is not an integer between 1 and len({name})={len(taps)}!")
