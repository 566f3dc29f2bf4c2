# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The differentiable STFT (DSTFT) on NumPy arrays: spectra, derivatives, gradients, inverse.

S[..., m, n] = sum_k w(k - t[n], theta[m, n]) x[k] exp(-2j pi k m / n_fft)

with x zero outside of its range. Window lengths theta and frame positions t are real numbers, in samples; w alone
depends on them, since phase counts from sample 0. Shared conventions:

- x: (..., samples); spectra: (..., bins, frames), a view on frame-major memory. float32 and complex64 are computed in
  single precision, everything else in double.
- t: (frames,), where windows are centred; convention="start" takes the first sample of a support of n_fft samples
  instead, t + (n_fft - 1) / 2 being the centre (Leiber, Marnissi and Barrau 2024, eq. (5)).
- theta: broadcast to (bins, frames): a number, (1, frames), (bins, 1) or (bins, frames), in (0, n_fft].
- window: "hann", "sine", "blackman", "bartlett", "parzen", "bohman", "nuttall_cfd", "gaussian" or ("gaussian", rho) with
  rho, the standard deviation in units of theta, at most 1/6. Windows that jump at their edge are refused.
- c: chirp rates in cycles per sample^2, by which windows turn: w(u) exp(-1j pi c u^2), u = k - t, under which a chirp of
  that rate is a tone. A number, (frames,) or (1, frames), |c| theta <= 1/2; 0 unless given. It needs one theta for all
  bins of a frame. Spectra of real x have bins 0 .. n_fft // 2 of a complex DFT then, which do not hold all of x: what is
  to go back is the analytic signal of x, at all bins.
- norm: "peak" (w(0) = 1), "l1" (unit integral), "l2" (unit energy), "dcunit" (unit sum), "contract" (n_fft / theta).
- Gradients belong to a real loss L: G = dL/dRe S + 1j dL/dIm S, and dL = Re sum conj(G) dS. One-sided bins count once.

Source: Leiber et al., "Learnable adaptive time-frequency representation via differentiable short-time Fourier
transform", 2025 (here: A).
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import (
    _array, _at_least, _bins, _channels, _check_addressed, _complex, _empty, _frame_major,
    _integer, _positive, _tolerance, _truth, _word,
)  # fmt: skip
from .stft_python import kernels

FamilyName = Union[str, Tuple[str, float]]


class Gradients(NamedTuple):
    """Gradients of a loss: by the signal (shape of x), by theta (shape of theta) and by t (frames,)."""

    x: Optional[NDArray]
    theta: Optional[NDArray]
    t: Optional[NDArray]


class ChirpGradients(NamedTuple):
    """Gradients of a loss, with that by c (shape of c)."""

    x: Optional[NDArray]
    theta: Optional[NDArray]
    t: Optional[NDArray]
    c: Optional[NDArray]


class Convergence(NamedTuple):
    """How an iterative inverse ended: iterations, and the relative residual of the normal equations."""

    iterations: int
    residual: float


def dstft(
    x: ArrayLike,
    theta: ArrayLike,
    t: ArrayLike,
    *,
    n_fft: int,
    c: Optional[ArrayLike] = None,
    window: FamilyName = "hann",
    norm: str = "l2",
    sides: Optional[str] = None,
    phase: str = "absolute",
    convention: str = "centre",
    derivatives: Sequence[str] = (),
    axis: int = -1,
) -> Any:
    """Short-time Fourier transform with real window lengths and real positions, and its derivatives. A (6), (9)-(16).

    sides: "onesided" (bins 0 .. n_fft // 2) or "twosided"; default: "onesided" if x is real.
    phase: "absolute" counts from sample 0; "centre" from floor(t), which leaves the derivatives by t those of the
        absolute phase turned alike.
    derivatives: any of "theta", "t" and "c".

    Returns S, complex64 or complex128 of shape (..., bins, frames); with derivatives the tuple (S, dS/dtheta, dS/dt, dS/dc) of
    those asked for, in the order asked for, each of S's shape: dS[m, n] by its own cell's theta and its frame's t.

    >>> import numpy as np
    >>> x = np.cos(2 * np.pi * 0.25 * np.arange(64))
    >>> S, slope = dstft(x, 24.5, [20.3, 31.7], n_fft=32, norm="l1", derivatives=("theta",))
    >>> S.shape, bool(abs(abs(S[8, 0]) - 0.5) < 1e-3)
    ((17, 2), True)
    >>> chirp = np.exp(1j * np.pi * 0.004 * (np.arange(64) - 30.0) ** 2)
    >>> plain, turned = (np.abs(dstft(chirp, 60.0, [30.0], n_fft=64, norm="l1", c=c)).max() for c in (0, 0.004))
    >>> bool(abs(turned - 1) < 1e-3), bool(plain < 0.7)
    (True, True)
    """
    derivatives = _some_of("derivatives", derivatives, ("theta", "t", "c"))
    if phase not in ("absolute", "centre", "center"):
        raise ValueError(f"phase: {phase}: must be absolute or centre")
    f = _Frames(x, theta, t, n_fft, window, norm, sides, convention, axis, _or_zero(c, derivatives))
    results = {"S": f.empty_spectra()}
    results.update((one, f.empty_spectra()) for one in derivatives)
    wanted = results["S"], results.get("theta"), results.get("t")
    if f.rates is None:
        kernels.dstft(f.samples, f.design, *wanted)
    else:
        kernels.chirp_dstft(f.samples, f.design, *wanted, results.get("c"))
    if phase != "absolute":
        indices = (np.floor(f.t).astype(np.int64)[:, None] % f.n_fft) * np.arange(f.bins) % f.n_fft
        for spectra in results.values():
            spectra *= np.exp(2j * np.pi / f.n_fft * indices)
    shaped = [np.swapaxes(r.reshape(f.shape + r.shape[1:]), -1, -2) for r in results.values()]
    return tuple(shaped) if derivatives else shaped[0]


def dstft_vjp(
    x: ArrayLike,
    theta: ArrayLike,
    t: ArrayLike,
    G: ArrayLike,
    *,
    n_fft: int,
    c: Optional[ArrayLike] = None,
    window: FamilyName = "hann",
    norm: str = "l2",
    sides: Optional[str] = None,
    convention: str = "centre",
    wrt: Optional[Sequence[str]] = None,
    axis: int = -1,
) -> Union[Gradients, ChirpGradients]:
    """Vector-Jacobian products of dstft() at absolute phase: gradients of a loss from G. A (17)-(24).

    G: dL/dRe S + 1j dL/dIm S, of the shape of S.
    wrt: which gradients; the others are None. Default: "x", "theta" and "t", and "c" if it is given.

    Returns (x, theta, t), or (x, theta, t, c) if c is given or wanted: dL/dx (for complex x: dL/dRe x + 1j dL/dIm x), dL/dtheta summed over the cells that share a
    value (t held), dL/dt (theta held), and dL/dc summed over the
    frames that share a value. Those by theta, t and c are float64 and sum over channels.

    For a theta of its own for each frame, or one for all, this is one inverse FFT per frame for all of them.

    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal(100)
    >>> loss = lambda theta: np.sum(np.abs(dstft(x, theta, [30.2, 50.9], n_fft=32)) ** 2)
    >>> G = 2 * dstft(x, 20.0, [30.2, 50.9], n_fft=32)
    >>> slope = dstft_vjp(x, 20.0, [30.2, 50.9], G, n_fft=32).theta
    >>> bool(np.isclose(slope, (loss(20.001) - loss(19.999)) / 0.002, rtol=1e-6))
    True
    """
    wrt = ("x", "theta", "t") + (() if c is None else ("c",)) if wrt is None else wrt
    wrt = _some_of("wrt", wrt, ("x", "theta", "t", "c"))
    c = _or_zero(c, wrt)
    f = _Frames(x, theta, t, n_fft, window, norm, sides, convention, axis, c)
    cotangent = _array("G", G)
    wanted = f.shape + (f.bins, len(f.t))
    if cotangent.shape != wanted:
        raise ValueError(f"G: shape {cotangent.shape}: must be that of the spectra, {wanted}")
    rows = np.ascontiguousarray(np.swapaxes(cotangent, -1, -2), _complex(f.samples.dtype))
    to_x = np.zeros_like(f.samples) if "x" in wrt else None
    to_theta = np.zeros_like(f.theta) if "theta" in wrt else None
    to_t = np.zeros_like(f.t) if "t" in wrt else None
    to_c = np.zeros_like(f.rates) if "c" in wrt else None
    rows = rows.reshape(-1, len(f.t), f.bins)
    if f.rates is None:
        kernels.dstft_vjp(f.samples, f.design, rows, to_theta, to_t, to_x)
    else:
        kernels.chirp_dstft_vjp(f.samples, f.design, rows, to_theta, to_t, to_c, to_x)
    if to_x is not None:
        to_x = np.moveaxis((to_x.real if f.was_real else to_x).reshape(f.shape + to_x.shape[-1:]), -1, axis)
    to_theta = None if to_theta is None else f.as_given(to_theta)
    if c is None:
        return Gradients(to_x, to_theta, to_t)
    return ChirpGradients(to_x, to_theta, to_t, None if to_c is None else to_c.reshape(np.shape(c)))


def grad_hop(grad_t: ArrayLike) -> float:
    """dL/dhop for frames at t[n] = t[0] + n hop. A (24).

    >>> grad_hop([1.0, 2.0, 3.0])
    8.0
    """
    grad_t = _vector("grad_t", grad_t)
    return float(np.dot(np.arange(len(grad_t)), grad_t))


def grad_hops(grad_t: ArrayLike) -> NDArray:
    """dL/dhops, (frames,), for t[n] = hops[0] + .. + hops[n]. A (20).

    >>> grad_hops([1.0, 2.0, 3.0]).tolist()
    [6.0, 5.0, 3.0]
    """
    return np.cumsum(_vector("grad_t", grad_t)[::-1])[::-1]


def grad_fixed_overlap(grad_theta: ArrayLike, grad_t: ArrayLike, alpha: float) -> Any:
    """Total dL/dtheta where positions follow the lengths, t[n + 1] = t[n] + alpha theta[n]. A (8).

    grad_theta: dL/dtheta at fixed t, a number for one theta or (1, frames); grad_t: dL/dt, (frames,).

    Returns an array of the shape of grad_theta.
    """
    grad_t = _vector("grad_t", grad_t)
    partial = _reals("grad_theta", grad_theta)
    _overlap(alpha)
    if partial.size == 1 and partial.ndim < 2 or partial.shape == (1, 1) and len(grad_t) != 1:
        return partial + alpha * grad_hop(grad_t)
    if partial.shape not in ((1, len(grad_t)), (len(grad_t),)):
        raise ValueError(f"grad_theta: shape {partial.shape}: must be () or (1, {len(grad_t)})")
    later = np.append(grad_hops(grad_t)[1:], 0.0)
    return partial + alpha * later


def fixed_overlap_positions(theta: Any, alpha: float, length: int) -> NDArray:
    """Centres of the frames at fixed overlap: t[0] = 0 and t[n + 1] = t[n] + alpha theta[n]. A (8).

    theta: one window length, for which every frame that touches a sample of 0 .. length - 1 is kept, or a sequence of
    them, (frames,) or (1, frames), whose number decides. alpha: the hop as a fraction of the window, > 0.

    A frame appears with nothing under its window, so a loss stays continuous in theta.

    >>> fixed_overlap_positions(8.0, 0.25, 4).tolist()
    [0.0, 2.0, 4.0, 6.0]
    """
    _overlap(alpha)
    lengths = _reals("theta", theta)
    if not np.all((lengths > 0) & (lengths < np.inf)):
        raise ValueError(f"theta: {theta}: must be positive and finite")
    if _integer("length", length) < 0:
        raise ValueError(f"length: {length}: must be 0 or more")
    with np.errstate(over="ignore", under="ignore"):
        hops = alpha * lengths
        last = np.sum(hops)
    if not np.all(hops > 0) or not last < np.inf:
        raise ValueError(f"theta: {theta}: alpha theta, the hops, must be positive and have a finite sum")
    if lengths.ndim == 0:
        touching = (length - 1 + float(lengths) / 2) / float(hops)
        _check_addressed((int(min(touching, 1e300)),), np.dtype(float), theta=theta)
        return np.arange(max(1, int(np.ceil(touching))) if length else 0) * float(hops)
    return np.append(0.0, np.cumsum(hops.reshape(-1)[:-1]))


def idstft(
    S: ArrayLike,
    theta: ArrayLike,
    t: ArrayLike,
    *,
    n_fft: int,
    length: int,
    c: Optional[ArrayLike] = None,
    window: FamilyName = "hann",
    norm: str = "l2",
    sides: Optional[str] = None,
    convention: str = "centre",
    weights: str = "twosided",
    tol: Optional[float] = None,
    max_iterations: int = 100,
    report: bool = False,
) -> Any:
    """Inverse of dstft() (absolute phase): its signal from unmodified spectra, the least-squares signal from others.

    One theta for all or one for each frame: overlap-add divided by sum w^2, exact. One for each bin or cell: conjugate
    gradients on the normal equations.

    S: spectra (..., bins, frames). length: samples of the result.
    c: as in dstft(); of two-sided spectra. Of the analytic signal of a real x, the real part of the result is x.
    weights: which squared error is least: "twosided" counts the inner bins of one-sided spectra twice, as the complete
        spectrum would; "onesided" counts each bin once and always iterates.
    tol: relative residual at which iterations stop; default 1e-12, in single precision 1e-7. max_iterations: at the latest.
    report: also return Convergence(iterations, residual); (0, 0.0) for overlap-add.

    Returns float32, float64, complex64 or complex128 of shape (..., length). ValueError if frames leave a sample
    uncovered. Griffin and Lim, "Signal estimation from modified short-time Fourier transform", 1984, eq. 6.

    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal(60)
    >>> t = [0, 7.5, 16.25, 24.5, 33.1, 41.0, 49.9, 58.3]
    >>> theta = np.linspace(24, 32, 8)[None]
    >>> y = idstft(dstft(x, theta, t, n_fft=32), theta, t, n_fft=32, length=60)
    >>> bool(np.max(np.abs(y - x)) < 1e-14)
    True
    """
    spectra, shape = _frame_major(S, "S")
    channels, frames, bins = spectra.shape
    n_fft, length = _n_fft(n_fft), _at_least(0, "length", length)
    if sides is None:
        sides = "twosided" if bins == n_fft != n_fft // 2 + 1 else "onesided"
    _check_sides(sides)
    norm = _word(norm)
    report = _truth("report", report)
    if bins != _bins(n_fft, sides):
        raise ValueError(f"S: {bins} bins: must have {_bins(n_fft, sides)} for n_fft = {n_fft}, {sides}")
    if weights not in ("twosided", "onesided"):
        raise ValueError(f"weights: {weights}: must be twosided or onesided")
    centres = _centres(t, n_fft, convention)
    if len(centres) != frames:
        raise ValueError(f"t: {len(centres)} positions: must be one for each of the {frames} frames")
    share, lengths = _shared_theta(theta, bins, frames, n_fft)
    rates = np.zeros(1) if c is None else _rates(c, share, lengths, frames)
    if sides == "onesided" and np.any(rates):
        n = np.flatnonzero(rates)[0]
        raise ValueError(
            f"c: {rates[n]} at frame {n}: must be 0 for one-sided spectra, which do not hold all of a signal under a chirp;"
            " give those of the analytic signal, at all bins"
        )
    dtype = spectra.real.dtype if sides == "onesided" else spectra.dtype
    limit = _tolerance_for(dtype, tol)
    _at_least(1, "max_iterations", max_iterations)
    x = _empty((channels, length), dtype, length=length)
    if share in ("constant", "frame") and (weights == "twosided" or sides == "twosided"):
        order = np.argsort(centres, kind="stable")
        ordered, turned = (one if len(one) == 1 else np.ascontiguousarray(one[order]) for one in (lengths, rates))
        uncovered = kernels.dstft_overlap_add(
            np.ascontiguousarray(spectra[:, order]), n_fft, window, norm, ordered, centres[order], turned, -1.0, x
        )
        if uncovered:
            raise ValueError(f"t: {uncovered // channels} samples of {length}: are under no window, so they have no inverse")
        convergence = Convergence(0, 0.0)
    else:
        design = _design(dtype)(n_fft, window, norm, share, lengths, centres)
        twosided = weights == "twosided"
        convergence = Convergence(
            *kernels.dstft_least_squares(spectra, design, twosided, limit, max_iterations, x)
        )
    x = x.reshape(shape + (length,))
    return (x, convergence) if report else x


class _Frames:
    """Checked arguments of a transform, as the kernels want them."""

    def __init__(self, x, theta, t, n_fft, window, norm, sides, convention, axis, c=None):
        self.samples, self.shape = _channels(x, axis)
        self.was_real = self.samples.dtype.kind == "f"
        if sides is None:
            sides = "onesided" if self.was_real else "twosided"
        _check_sides(sides)
        if sides == "onesided" and not self.was_real:
            raise ValueError("sides: onesided: needs real samples")
        if sides == "twosided":
            self.samples = self.samples.astype(_complex(self.samples.dtype), copy=False)
        self.n_fft = _n_fft(n_fft)
        self.bins = _bins(self.n_fft, sides)
        self.t = _centres(t, self.n_fft, convention)
        self.share, self.theta = _shared_theta(theta, self.bins, len(self.t), self.n_fft)
        self.given_shape = np.shape(theta)
        self.rates = None
        _check_addressed((len(self.samples), len(self.t), self.bins), _complex(self.samples.dtype), n_fft=self.n_fft)
        made = self.n_fft, window, _word(norm)
        if c is not None:
            self.rates = _rates(c, self.share, self.theta, len(self.t))
            self.design = _design(self.samples.dtype, "chirp_dstft")(*made, self.theta, self.t, self.rates)
        else:
            self.design = _design(self.samples.dtype)(*made, self.share, self.theta, self.t)

    def empty_spectra(self) -> NDArray:
        return np.empty((len(self.samples), len(self.t), self.bins), _complex(self.samples.dtype))

    def as_given(self, gradient: NDArray) -> NDArray:
        return (gradient.T if self.share == "cell" else gradient).reshape(self.given_shape)


def _design(dtype: np.dtype, kernel: str = "dstft") -> Any:
    return getattr(kernels, f"{kernel}_{np.dtype(dtype).name}")


def _n_fft(n_fft: Any) -> int:
    n_fft = kernels.checked_n_fft(_integer("n_fft", n_fft))
    if n_fft < 2:
        raise ValueError(f"n_fft: {n_fft}: must be at least 2")
    return n_fft


def _some_of(name: str, values: Any, known: Sequence[str]) -> Tuple[str, ...]:
    """Names, or a single one."""
    rule = f"must be {', '.join(known[:-1])} or {known[-1]}"
    if not isinstance(values, (str, tuple, list, set, frozenset)):
        raise ValueError(f"{name}: {values!r}: {rule}, or some of them")
    chosen = (values,) if isinstance(values, str) else tuple(values)
    for one in chosen:
        if one not in known:
            raise ValueError(f"{name}: {one}: {rule}")
    return chosen


def _check_sides(sides: str) -> None:
    if sides not in ("onesided", "twosided"):
        raise ValueError(f"sides: {sides}: must be onesided or twosided")


def _tolerance_for(dtype: np.dtype, tol: Optional[float]) -> float:
    if tol is not None:
        return _tolerance(tol)
    return 1e-7 if dtype in (np.float32, np.complex64) else 1e-12


def _overlap(alpha: float) -> None:
    _positive("alpha", alpha)


def _reals(name: str, values: ArrayLike) -> NDArray:
    values = _array(name, values)
    if values.dtype.kind == "c":
        raise ValueError(f"{name}: dtype {values.dtype}: must be real")
    return np.asarray(values, np.float64)


def _vector(name: str, values: ArrayLike) -> NDArray:
    values = _reals(name, values)
    if values.ndim != 1:
        raise ValueError(f"{name}: shape {values.shape}: must have one axis")
    return values


def _centres(t: ArrayLike, n_fft: int, convention: str) -> NDArray:
    if convention not in ("centre", "center", "start"):
        raise ValueError(f"convention: {convention}: must be centre or start")
    t = np.array(_reals("t", t))
    if t.ndim != 1:
        raise ValueError(f"t: shape {t.shape}: must be (frames,)")
    bad = np.flatnonzero(~np.isfinite(t))
    if len(bad):
        raise ValueError(f"t: {t[bad[0]]} at frame {bad[0]}: must be finite")
    return t + (n_fft - 1) / 2 if convention == "start" else t


def _shared_theta(theta: ArrayLike, bins: int, frames: int, n_fft: int) -> Tuple[str, NDArray]:
    """Which cells share a window length, and the lengths: (1,), (frames,), (bins,) or (frames, bins)."""
    theta = _reals("theta", theta)
    if theta.ndim == 1 and theta.size > 1:
        raise ValueError(f"theta: shape {theta.shape}: give (1, {frames}) for frames or ({bins}, 1) for bins")
    if theta.ndim > 2:
        raise ValueError(f"theta: shape {theta.shape}: must broadcast to ({bins}, {frames})")
    if theta.size == 1:
        share, lengths = "constant", theta.reshape(1)
    elif theta.shape == (1, frames):
        share, lengths = "frame", theta[0]
    elif theta.shape == (bins, 1):
        share, lengths = "bin", theta[:, 0]
    elif theta.shape == (bins, frames):
        share, lengths = "cell", theta.T
    else:
        raise ValueError(f"theta: shape {theta.shape}: must broadcast to ({bins}, {frames})")
    bad = np.argwhere(~((theta >= kernels.least_theta) & (theta <= n_fft)))
    if len(bad):
        where = tuple(int(i) for i in bad[0])
        raise ValueError(f"theta: {theta[where]} at {where}: must be in (0, {n_fft}], and not below {kernels.least_theta}")
    return share, np.ascontiguousarray(lengths)


def _or_zero(c: Optional[ArrayLike], wanted: Sequence[str]) -> Optional[ArrayLike]:
    """c, or 0 where it is not given but differentiated by."""
    return 0.0 if c is None and "c" in wanted else c


def _rates(c: ArrayLike, share: str, lengths: NDArray, frames: int) -> NDArray:
    """The chirp rates, (1,) or (frames,), once it is known that windows of these lengths take them."""
    rates = _reals("c", c)
    if share in ("bin", "cell"):
        raise ValueError(f"c: shape {rates.shape}: goes with one theta for all bins of a frame, not with a theta for each bin")
    if rates.ndim > 2 or not (rates.size == 1 or rates.shape in ((frames,), (1, frames))):
        raise ValueError(f"c: shape {rates.shape}: must be one number, or ({frames},) for frames")
    rates = np.ascontiguousarray(rates.reshape(-1))
    limits = 0.5 / lengths
    bad = np.flatnonzero(~(np.abs(rates) <= limits))
    if len(bad):
        rate, limit = (one[bad[0]] if len(one) > 1 else one[0] for one in (rates, limits))
        raise ValueError(
            f"c: {rate} at frame {bad[0]}: must be in -+1 / (2 theta) = -+{limit:g}, for n_fft / 2 bins to hold the chirp"
            " without aliasing"
        )
    return rates
