# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What a signal is continued with beyond its ends, by the names of SciPy and of NumPy: the one place for it."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import numpy as np
from numpy.typing import NDArray

_MODES: Dict[str, Dict[str, Any]] = {
    "zeros": dict(mode="constant"),
    "edge": dict(mode="edge"),
    "even": dict(mode="reflect"),
    "odd": dict(mode="reflect", reflect_type="odd"),
    "symmetric": dict(mode="symmetric"),
    "wrap": dict(mode="wrap"),
}
_OTHER_NAMES = {"reflect": "even"}


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
    if x.shape[-1] == 0 and extend != "zeros":
        raise ValueError(f"{name}: {extend}: needs a sample or more")
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(max(0, before), max(0, after))], **_MODES[extend])


def reached(
    x: NDArray, first: int, frames: int, hop: int, win_length: int, extend: str, name: str = "extend"
) -> Tuple[NDArray, int]:
    """x, (..., samples), continued as far as its frames reach, the first of which begins at sample `first`; and where it begins
    then. Zeros stay away: the kernels have them."""
    if checked(name, extend) == "zeros" or frames == 0:
        return x, first
    before, after = max(0, -first), max(0, first + (frames - 1) * hop + win_length - x.shape[-1])
    return extended(x, before, after, extend, name), first + before
