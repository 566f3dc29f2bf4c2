# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Vector-Jacobian products of stft(), istft() and idstft(), from the same kernels. That of dstft() is dstft_vjp().

Gradients belong to a real loss L: by a complex array a they are dL/dRe a + 1j dL/dIm a, which is also what PyTorch hands
on. One-sided bins count once.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import (
    Window,
    _array,
    _array_along,
    _at_least,
    _bins,
    _complex,
    _either_spelling,
    _first,
    _integer,
    _precision,
    _sides_named,
    _spectra,
    _threshold,
)
from .differentiable import FamilyName, _centres, _design, _shared_theta, _tolerance_for, dstft, dstft_vjp, idstft
from .stft_python import kernels
from .transforms import convert_phase, istft, sample_window, stft


class InverseGradients(NamedTuple):
    """Gradients of a loss: by the spectra (shape of S), by theta (shape of theta), by t (frames,) and by c (shape of c)."""

    S: Optional[NDArray]
    theta: Optional[NDArray]
    t: Optional[NDArray]
    c: Optional[NDArray] = None


@_either_spelling
def stft_vjp(
    G: ArrayLike,
    window: Window = "hann",
    *,
    hop: int,
    length: int,
    win_length: Optional[int] = None,
    n_fft: int,
    placement: str = "centred",
    first: Optional[int] = None,
    sides: str,
    phase: Any = "centre",
    scaling: str = "none",
    fs: float = 1.0,
) -> NDArray:
    """dL/dx of X = stft(x, ...), from G = dL/dRe X + 1j dL/dIm X, by overlap-add without normalisation.

    G: (..., bins, frames). length: samples of x. sides: of G. The other arguments are those of stft().

    Returns (..., length), real for one-sided spectra, whose x is real; else complex.

    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal(50)
    >>> X = stft(x, hop=3, n_fft=8)
    >>> slope = stft_vjp(X, hop=3, n_fft=8, length=50, sides="onesided")
    >>> bool(np.isclose(np.sum(np.abs(X) ** 2), slope @ x))
    True
    """
    taps, n_fft = _taps(window, win_length, n_fft), _integer("n_fft", n_fft)
    hop, m = _integer("hop", hop), len(taps)
    sides = _sides_named(sides)
    G = _spectra("G", G)
    if G.shape[-2] != _bins(n_fft, sides):
        raise ValueError(f"G: {G.shape[-2]} bins: must be {_bins(n_fft, sides)}, for n_fft {n_fft} and sides {sides}")
    real = _real_precision(G)
    first = _first(first, m, hop, placement, G.shape[-1])
    # istft() has the gain and 1 / n_fft the other way round, and counts inner bins twice
    rows = np.full((_bins(n_fft, sides), 1), n_fft * _gain(taps, n_fft, scaling, fs), real)
    rows /= _multiplicity(n_fft, sides, real)
    made = dict(n_fft=n_fft, sides=sides, synthesis=taps)
    if hop <= m:
        return istft(G * rows, taps, hop=hop, length=length, first=first, phase=phase, **made)
    # frames apart from each other, which istft() refuses: each is a signal of its own
    frames = G.shape[-1]
    G = convert_phase(G * rows, phase, "start", hop=hop, win_length=m, n_fft=n_fft, first=first, sides=sides)
    pieces = istft(np.moveaxis(G, -1, -2)[..., None], taps, hop=1, length=m, first=0, phase="start", **made)
    spread = np.zeros(pieces.shape[:-1] + (hop,), pieces.dtype)
    spread[..., :m] = pieces
    spread = spread.reshape(pieces.shape[:-2] + (frames * hop,))
    gradient = np.zeros(pieces.shape[:-2] + (length,), pieces.dtype)
    begin, end = max(0, first), min(length, first + frames * hop)
    if begin < end:
        gradient[..., begin:end] = spread[..., begin - first : end - first]
    return gradient


@_either_spelling
def istft_vjp(
    v: ArrayLike,
    frames: int,
    window: Window = "hann",
    *,
    hop: int,
    win_length: Optional[int] = None,
    n_fft: int,
    placement: str = "centred",
    first: Optional[int] = None,
    sides: str,
    phase: Any = "centre",
    scaling: str = "none",
    fs: float = 1.0,
    synthesis: Optional[ArrayLike] = None,
    threshold: Optional[float] = None,
) -> NDArray:
    """dL/dX of x = istft(X, ...), from v = dL/dx, by the STFT of v over the coverage.

    v: (..., samples). frames: of X. sides: of X. The other arguments are those of istft(); a window longer than n_fft needs a
    synthesis window.

    Returns dL/dRe X + 1j dL/dIm X, (..., bins, frames).

    >>> import numpy as np
    >>> X = stft(np.random.default_rng(1).standard_normal(50), hop=3, n_fft=8)
    >>> x = istft(X, hop=3, n_fft=8, length=50)
    >>> slope = istft_vjp(x, X.shape[-1], hop=3, n_fft=8, sides="onesided")
    >>> bool(np.isclose(np.sum(x ** 2), np.sum(slope.real * X.real + slope.imag * X.imag)))
    True
    """
    taps, n_fft = _taps(window, win_length, n_fft), _integer("n_fft", n_fft)
    hop, m = _integer("hop", hop), len(taps)
    sides = _sides_named(sides)
    first = _first(first, m, hop, placement, _at_least(0, "frames", frames))
    v = _array_along("v", v)
    real = _real_precision(v)
    check_inverse_has_gradient(m, n_fft, synthesis)
    if synthesis is None:
        v = v * _over_coverage(np.abs(taps) ** 2, hop, first, frames, v.shape[-1], real, threshold)
    rows = _multiplicity(n_fft, sides, real) / real.type(n_fft * _gain(taps, n_fft, scaling, fs))
    used = taps if synthesis is None else _array("synthesis", synthesis)
    more = (len(used) - m) // 2  # taps on either side of the window's
    if more > 0:  # istft() ends with the last frame's window
        v = np.where(np.arange(v.shape[-1]) < first + (frames - 1) * hop + m, v, 0)
    reference = phase if phase == "absolute" else {"start": 0, "centre": m // 2, "center": m // 2}.get(phase, phase) + more
    made = dict(hop=hop, n_fft=n_fft, first=first - more, frames=frames, sides=sides, phase=reference)
    return stft(v, used, **made) * rows


def check_inverse_has_gradient(win_length: int, n_fft: int, synthesis: Optional[ArrayLike]) -> None:
    """Refuses the inverse that solves equations: the window is longer than n_fft, and no dual window is given."""
    if win_length > n_fft and synthesis is None:
        raise ValueError(
            f"win_length: {win_length}: must be 1 .. n_fft = {n_fft} for a gradient of the inverse; for a longer window give"
            " synthesis, a dual_window()"
        )


def idstft_vjp(
    S: ArrayLike,
    theta: ArrayLike,
    t: ArrayLike,
    v: ArrayLike,
    *,
    n_fft: int,
    c: Optional[ArrayLike] = None,
    window: FamilyName = "hann",
    norm: str = "l2",
    sides: str,
    convention: str = "centre",
    weights: str = "twosided",
    tol: Optional[float] = None,
    max_iterations: int = 100,
    x: Optional[ArrayLike] = None,
    wrt: Sequence[str] = ("S", "theta", "t"),
) -> InverseGradients:
    """Vector-Jacobian products of x = idstft(S, theta, t, ...), from v = dL/dx.

    With A the DSTFT and C the weights of its bins, x solves A* C A x = A* C S. With z the solution for v on the right,

        dL/dS = C A z,    dL/dtheta = <dA z, C (S - A x)> - <dA x, C A z>,    dL/dt likewise,

    so all of them are exact where overlap-add is, and as exact as z where iterations are needed.

    v: (..., samples). x: the inverse itself, if it is at hand. wrt: which gradients; the others are None. The other
    arguments are those of idstft().

    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> S, t = rng.standard_normal((9, 8)) + 0j, np.arange(8) * 4.3
    >>> loss = lambda theta: np.sum(idstft(S, theta, t, n_fft=16, length=30) ** 2)
    >>> x = idstft(S, 13.0, t, n_fft=16, length=30)
    >>> slope = idstft_vjp(S, 13.0, t, 2 * x, n_fft=16, sides="onesided").theta
    >>> bool(np.isclose(slope, (loss(13.001) - loss(12.999)) / 0.002, rtol=1e-5))
    True
    """
    for one in wrt:
        if one not in ("S", "theta", "t", "c"):
            raise ValueError(f"wrt: {one}: must be S, theta, t or c")
    if "c" in wrt and sides == "onesided":
        raise ValueError("wrt: c: needs two-sided spectra, since the inverse of one-sided ones takes no c but 0")
    S, v = _spectra("S", S), _array_along("v", v)
    if S.shape[-2] == 0:
        raise ValueError("S: 0 bins: must have one or more")
    v = v.astype(_precision(v.dtype), copy=False)
    length = v.shape[-1]
    made = dict(n_fft=n_fft, window=window, norm=norm, sides=sides, convention=convention)
    inverse = dict(made, length=length, weights=weights, tol=tol, max_iterations=max_iterations)
    share, _ = _shared_theta(theta, S.shape[-2], S.shape[-1], n_fft)
    twosided = weights == "twosided"
    turned = {} if c is None else {"c": c}
    if share in ("constant", "frame") and (twosided or sides == "twosided"):
        # A* C A is diagonal, n_fft sum w^2: sum w / sum w^2 is an inverse, sum w a gradient, without cancellation
        level = np.zeros(S.shape[-2:], complex)
        level[0] = n_fft
        ratio = idstft(level, theta, t, **dict(inverse, tol=None))
        sums = dstft_vjp(np.zeros(length, ratio.dtype), theta, t, level, wrt=("x",), **made).x
        z = (v * (ratio.real / np.where(sums.real > 0, sums.real, 1))).astype(v.dtype)
    else:
        z = _solved(v, S.shape[-2], theta, t, twosided=twosided, tol=tol, max_iterations=max_iterations, **made)
    weight = _multiplicity(n_fft, sides, v.real.dtype) if twosided else 1
    Az = dstft(z, theta, t, **made, **turned) * weight
    parameters = tuple(one for one in wrt if one != "S")
    gradients = {}
    if parameters:
        if x is None:
            x = idstft(S, theta, t, **inverse, **turned)
        R = (S - dstft(x, theta, t, **made, **turned)) * weight
        by_z = dstft_vjp(z, theta, t, R, wrt=parameters, **made, **turned)
        by_x = dstft_vjp(x, theta, t, Az, wrt=parameters, **made, **turned)
        gradients = {one: getattr(by_z, one) - getattr(by_x, one) for one in parameters}
    return InverseGradients(Az if "S" in wrt else None, *map(gradients.get, ("theta", "t", "c")))


def _solved(v, bins, theta, t, *, n_fft, window, norm, sides, convention, twosided, tol, max_iterations) -> NDArray:
    """The solution z of A* C A z = v by conjugate gradients, of the shape of v."""
    dtype = _precision(v.dtype) if sides == "onesided" else _complex(_precision(v.dtype))
    right_side = np.ascontiguousarray(v, dtype).reshape(-1, v.shape[-1])
    centres = _centres(t, n_fft, convention)
    share, lengths = _shared_theta(theta, bins, len(centres), n_fft)
    design = _design(dtype)(n_fft, window, norm, share, lengths, centres)
    z = np.empty_like(right_side)
    kernels.dstft_normal_equations(right_side, design, twosided, _tolerance_for(dtype, tol), max_iterations, z)
    return z.reshape(v.shape)


def _taps(window: Window, win_length: Optional[int], n_fft: int) -> NDArray:
    """The window's values, whatever names it."""
    return sample_window(window, kernels.window_length(window) or (n_fft if win_length is None else win_length))


def _real_precision(values: NDArray) -> np.dtype:
    """dtype of the real parts that these values are transformed with."""
    return np.empty(0, _precision(values.dtype)).real.dtype


def _multiplicity(n_fft: int, sides: str, real: np.dtype) -> NDArray:
    """How many bins of the complete spectrum each bin stands for, (bins, 1)."""
    counts = np.ones((_bins(n_fft, sides), 1), real)
    if sides == "onesided":
        counts[1 : (n_fft + 1) // 2] = 2
    return counts


def _gain(taps: NDArray, n_fft: int, scaling: str, fs: float) -> float:
    """What a scaling multiplies spectra by: an impulse under the largest tap shows it."""
    largest = int(np.argmax(np.abs(taps)))
    impulse = np.zeros(len(taps), complex)
    impulse[largest] = 1
    X = stft(impulse, taps, hop=1, n_fft=n_fft, first=0, frames=1, scaling=scaling, fs=fs, sides="twosided")
    return float(abs(X[0, 0]) / abs(taps[largest]))


def _over_coverage(
    energy: NDArray, hop: int, first: int, frames: int, length: int, real: np.dtype, threshold: Optional[float]
) -> NDArray:
    """1 / D as istft() has it, D the sum of the window's shifted squares; 0 where it takes D for nothing."""
    m = len(energy)
    level = np.zeros((m, frames), complex)
    level[0] = m
    D = istft(level, energy, hop=hop, length=length, first=first, sides="twosided", synthesis=energy).real
    if threshold is None:
        single = real == np.float32
        threshold = kernels.coverage_threshold_single if single else kernels.coverage_threshold_double
    most = np.max(np.sum(np.pad(energy, (0, -m % hop)).reshape(-1, hop), axis=0))
    covered = D > _threshold(threshold) * most
    return np.where(covered, 1 / np.where(covered, D, 1), 0).astype(real)
