# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Losses of spectrograms, and their gradients.

Each takes magnitudes a = |S| (or spectra S, or window lengths and centres) and returns its value and the gradient, or
gradients, by what it took. a and S have the shape (bins, frames), in any memory order; float32 and complex64 are
computed in single precision, everything else in double. Gradients have the shape and precision of what they belong to;
those of complex spectra are cotangents G = dL/dRe S + j dL/dIm S, so that dL = Re sum conj(G) dS.

Silence has the value 0 and the gradient 0: magnitudes whose sum is below 1e-26 in single, 1e-296 in double precision.
The gradient is 0 too at an a = 0 where the derivative is infinite. Magnitudes that are not finite make the value NaN.
Arguments that no rule allows raise ValueError with "name: value: rule".

"Leiber et al. 2025" is: "Learnable adaptive time-frequency representation via differentiable short-time Fourier
transform", IEEE Trans. Signal Process., 2025.
"""

from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _array, _at_least, _bins, _complex, _either_spelling, _positive, _precision, _sides_named, _whole
from .stft_python import kernels

__all__ = [
    "cotangent",
    "coverage",
    "kurtosis",
    "lp_lq",
    "magnitude_entropy",
    "pooled",
    "renyi",
    "total_variation",
    "tracking_mse",
    "whitener",
]


def magnitude_entropy(a: ArrayLike, *, per_frame: bool = False) -> Tuple[float, NDArray]:
    """Shannon entropy of the magnitudes, -sum p ln p in nats, p = a / sum a over the whole plane; and its gradient.

    per_frame: the mean over frames of each frame's entropy, p normalised within the frame, instead. It does not change
        with the level of a frame, but cannot see concentration in time (pooled() can).

    The entropy of the plane contains the logarithm of the number of frames, and falls as energy moves between frames:
    compare it at equal hops, and with windows of constant energy.

    Source: Leiber et al. 2025, eq. (26).

    >>> import numpy as np
    >>> value, gradient = magnitude_entropy(np.ones((4, 2)))
    >>> bool(np.isclose(value, np.log(8))), gradient.shape
    (True, (4, 2))
    """
    a = _magnitudes(a)
    gradient = np.empty_like(a)
    value = kernels.magnitude_entropy(a, gradient, bool(per_frame))
    return value, gradient.T


def renyi(a: ArrayLike, order: float = 3.0, power: int = 1) -> Tuple[float, NDArray]:
    """Renyi entropy ln(sum p^order) / (1 - order) in nats, p = a^power / sum a^power; and its gradient.

    order: positive, not 1 (which is Shannon's entropy).
    power: 1 or 2.

    Source: Baraniuk et al., "Measuring time-frequency information content using the Renyi entropies", IEEE Trans. Inf.
    Theory 47, 2001, with natural logarithms.

    >>> import numpy as np
    >>> value, gradient = renyi(np.ones((4, 2)), order=2.0, power=2)
    >>> bool(np.isclose(value, np.log(8)))
    True
    """
    a = _magnitudes(a)
    gradient = np.empty_like(a)
    power = _at_least(1, "power", power)
    if power > 2:
        raise ValueError(f"power: {power}: must be 1 or 2")
    value = kernels.renyi(a, gradient, _number("order", order), power)
    return value, gradient.T


def lp_lq(a: ArrayLike, p: float = 1.0, q: float = 2.0) -> Tuple[float, NDArray]:
    """Ratio of norms, (sum a^p)^(1/p) / (sum a^q)^(1/q); and its gradient. Falls with concentration if p < q.

    p, q: positive and different.

    Source: Hurley and Rickard, "Comparing measures of sparsity", IEEE Trans. Inf. Theory 55, 2009.

    >>> import numpy as np
    >>> value, gradient = lp_lq(np.array([[3.0], [4.0]]))
    >>> bool(np.isclose(value, 7 / 5))
    True
    """
    a = _magnitudes(a)
    gradient = np.empty_like(a)
    value = kernels.lp_lq(a, gradient, _number("p", p), _number("q", q))
    return value, gradient.T


def kurtosis(a: ArrayLike, t: ArrayLike, *, weights_gradient: bool = True) -> Tuple[float, NDArray, NDArray]:
    """Weighted mean over frames of the kurtosis K = E[a^4] / E[a^2]^2 over bins, to be maximised; its gradients by a and t.

    The criterion "kurtosis" of learn() is minus this value; that of adapt() and the adaptive blocks is the mean of -ln K
    of whitened frames, up to a constant.

    t: centres of the frames in samples, shape (frames,). Frames count with the time they stand for: half of the
        distance between their neighbours, at the ends the distance to the only neighbour, 1 for a single frame. The sum
        of these weights must be positive.
    weights_gradient: the gradient by t follows the weights; else it is 0.

    Returns value, gradient (bins, frames), gradient_t (frames,), the latter in float64. Silent frames have a kurtosis
    of 0.

    Source: Leiber et al. 2025, eq. (30).

    >>> import numpy as np
    >>> value, gradient, gradient_t = kurtosis(np.ones((4, 3)), [0.0, 8.0, 16.0])
    >>> bool(np.isclose(value, 1))
    True
    """
    a = _magnitudes(a)
    t = _vector("t", t, a.shape[0])
    gradient, gradient_t = np.empty_like(a), np.empty_like(t)
    value = kernels.kurtosis(a, t, gradient, gradient_t)
    if not weights_gradient:
        gradient_t[:] = 0
    return value, gradient.T, gradient_t


@_either_spelling
def tracking_mse(a: ArrayLike, f_true: ArrayLike, *, n_fft: int, fs: float = 1.0) -> Tuple[float, NDArray]:
    """Mean over frames of (f - f_true)^2, f the centroid sum_m f_m a / sum_m a, f_m = m fs / n_fft; and its gradient.

    a: n_fft // 2 + 1 or n_fft bins; with n_fft of them the centroid of a real signal is fs / 2 whatever it does.
    f_true: frequency in the unit of fs, shape (frames,).
    fs: sampling rate.

    Silent frames count 0.

    Source: Leiber et al. 2025, eqs. (33) and (34).

    >>> import numpy as np
    >>> a = np.zeros((5, 2))
    >>> a[1] = 3.0
    >>> tracking_mse(a, [1.5, 0.5], n_fft=8, fs=8.0)[0]
    0.25
    """
    a = _magnitudes(a)
    f_true = _vector("f_true", f_true, a.shape[0])
    _positive("fs", fs)
    gradient = np.empty_like(a)
    value = kernels.tracking_mse(a, f_true, gradient, _at_least(1, "n_fft", n_fft), float(fs))
    return value, gradient.T


def coverage(theta: ArrayLike, t: ArrayLike, length: float, form: str = "union") -> Tuple[float, NDArray, NDArray]:
    """Fraction of a signal that lies under windows; its gradients by theta and t.

    theta: lengths of the windows in samples, positive, shape (frames,) or (1, frames).
    t: their centres in samples, shape (frames,).
    length: of the signal in samples, which is 0 .. length.
    form: "union", the measure of what is under one window at least, 0 .. 1; or "min", the papers' sum of
        min(theta, distance to the next window's start), which counts what is outside of the signal and takes t as
        ascending.

    Returns value, gradient_theta of theta's shape, gradient_t (frames,), in float64. Penalise 1 - value.

    Source: Leiber et al. 2025, eqs. (31) and (32).

    >>> value, gradient_theta, gradient_t = coverage([4.0, 4.0], [2.0, 8.0], 10.0)
    >>> value, gradient_t.tolist()
    (0.8, [0.1, -0.1])
    """
    theta = _array("theta", theta)
    t = _vector("t", t, np.size(t))
    if theta.shape not in (t.shape, (1, t.size)) or theta.dtype.kind == "c":
        raise ValueError(f"theta: {theta.dtype}, {theta.shape}: must be real, one for each t, {t.shape}")
    flat = np.ascontiguousarray(theta, np.float64).reshape(t.shape)
    gradient_theta, gradient_t = np.empty_like(flat), np.empty_like(t)
    value = kernels.coverage(flat, t, gradient_theta, gradient_t, _number("length", length), form)
    return value, gradient_theta.reshape(theta.shape), gradient_t


def total_variation(
    theta: ArrayLike, *, eps: float, neighbours: str = "nonlocal4", gamma: float = 1.0
) -> Tuple[float, NDArray]:
    """Sum over cells of sqrt(eps + gamma sum over neighbours of (theta - theta')^2); and its gradient.

    theta: window lengths in samples, shape (bins, frames).
    eps: positive, in samples^2; there is no derivative at equal neighbours without it.
    neighbours: "nonlocal4", the four next cells inside the field; or "forward", the next bin and the next frame, summed
        over cells that have both (along an axis of length 1 none is asked for).
    gamma: weight of the differences, not negative.

    Source: Leiber et al. 2025, eq. (28).

    >>> import numpy as np
    >>> value, gradient = total_variation(np.array([[10.0, 13.0, 13.0]]), eps=1e-12, neighbours="forward")
    >>> round(value, 3), [round(g, 3) for g in gradient[0].tolist()]
    (3.0, [-1.0, 1.0, 0.0])
    """
    theta = _real_plane("theta", theta)
    gradient = np.empty_like(theta)
    value = kernels.total_variation(theta, gradient, neighbours, _number("eps", eps), _number("gamma", gamma))
    return value, gradient.T


def pooled(
    S: ArrayLike,
    *,
    half_block: int,
    criterion: str = "l1l2",
    order: float = 2.0,
    sides: str = "onesided",
    n_fft: Optional[int] = None,
    whitening: Optional[ArrayLike] = None,
) -> Tuple[float, NDArray]:
    """Concentration of spectra, over blocks of frames: the mean over n of J of the block around frame n; and G.

    With q = whitening |S|^2, sums over the bins and frames of a block and c = 1, but 1/2 at DC and Nyquist of
    one-sided spectra:

    criterion: "l1l2", J = 2 ln(sum c sqrt(q)) - ln(sum c q); "entropy" of q in nats,
        J = ln(sum c q) - (sum c q ln q) / (sum c q); or "renyi",
        J = (ln(sum c q^order) - order ln(sum c q)) / (1 - order). All are minimised.
    half_block: a block holds the frames n - half_block .. n + half_block that there are. Blocks of about n_fft samples,
        half_block = n_fft / (2 hop), suit windows that vary; frames - 1 or more make one block of all frames, for a
        constant window. The cost does not depend on it.
    order: 0 < order <= 8, not 1.
    sides: "onesided", "twosided" or "centered".
    n_fft: default 2 * (bins - 1) if one-sided, else bins.
    whitening: weights of the bins, >= 0, shape (bins,), constants to the gradient; see whitener().

    Sums are pooled before they are normalised, so that concentration in time counts too. Blocks of silence have J = 0
    and no gradient: their power is 300 dB below that of the strongest value, or 0.

    Returns value, G of shape (bins, frames).

    >>> import numpy as np
    >>> S = np.zeros((5, 4), complex)
    >>> S[2] = 1j
    >>> value, G = pooled(S, half_block=3)
    >>> bool(np.isclose(value, np.log(4))), G.shape
    (True, (5, 4))
    """
    S = _spectra(S)
    bins = S.shape[1]
    sides = _sides_named(sides)
    if n_fft is None:
        n_fft = max(1, 2 * (bins - 1)) if sides == "onesided" else bins
    n_fft = _at_least(1, "n_fft", n_fft)
    if bins != _bins(n_fft, sides):
        raise ValueError(f"S: {bins} bins: must have {_bins(n_fft, sides)} for n_fft = {n_fft}, {sides}")
    weights = np.empty(0) if whitening is None else _vector("whitening", whitening, bins)
    half_block = min(_at_least(0, "half_block", min(_whole("half_block", half_block), S.shape[0])), S.shape[0])
    G = np.empty_like(S)
    value = kernels.pooled(
        S,
        G,
        weights.astype(S.real.dtype),
        n_fft,
        sides == "onesided",
        half_block,
        criterion,
        _number("order", order),
    )
    return value, G.T


def whitener(S: ArrayLike, *, width: int, floor: float = 1e-2) -> NDArray:
    """Weights of bins that flatten a recording's spectrum, for pooled(): mean(V) / (V + floor mean(V)), V the mean
    power of each bin over the frames, smoothed over the bins m - width .. m + width that there are. 1 for silence.

    width: in bins, >= 0; n_fft / 32 is a good one.
    floor: positive.

    Returns float32 or float64 of shape (bins,).

    >>> import numpy as np
    >>> whitener(np.full((3, 2), 5.0 + 0j), width=0, floor=1.0).tolist()
    [0.5, 0.5, 0.5]
    """
    S = _spectra(S)
    W = np.empty(S.shape[1], S.real.dtype)
    width = min(_at_least(0, "width", width), S.shape[1])
    kernels.whitener(S, W, width, _number("floor", floor))
    return W


def modulus(S: ArrayLike) -> NDArray:
    """Magnitudes |S| of spectra S, shape (bins, frames), in the precision of S.

    >>> modulus([[3.0 + 4.0j]]).tolist()
    [[5.0]]
    """
    S = _spectra(S)
    a = np.empty(S.shape, S.real.dtype)
    kernels.modulus(S, a)
    return a.T


def cotangent(S: ArrayLike, grad_a: ArrayLike) -> NDArray:
    """The cotangent G = (dL/da) S / |S| of spectra S, from the gradient by a = |S|; 0 where S is. Shape (bins, frames),
    in the precision of S.

    Source: Leiber et al. 2025, eq. (17).

    >>> import numpy as np
    >>> cotangent(np.array([[2.0j, 0]]), [[5.0, 1.0]]).tolist()
    [[5j, 0j]]
    """
    S = _spectra(S)
    grad_a = _real_plane("grad_a", grad_a, S.real.dtype)
    if grad_a.shape != S.shape:
        raise ValueError(f"grad_a: {grad_a.shape[::-1]}: must have the shape of S, {S.shape[::-1]}")
    G = np.empty_like(S)
    kernels.cotangent(S, grad_a, G)
    return G.T


def _plane(name: str, values: ArrayLike) -> NDArray:
    values = _array(name, values)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"{name}: {values.shape}: must be (bins, frames), one or more of each")
    return values


def _real_plane(name: str, values: ArrayLike, dtype: Optional[np.dtype] = None) -> NDArray:
    """(bins, frames) as (frames, bins), contiguous and of a dtype that the kernels know."""
    values = _plane(name, values)
    if values.dtype.kind == "c":
        raise ValueError(f"{name}: dtype {values.dtype}: must be real")
    return np.ascontiguousarray(values.T, dtype or _precision(values.dtype))


def _magnitudes(a: ArrayLike) -> NDArray:
    a = _real_plane("a", a)
    least = a.min()
    if least < 0:
        raise ValueError(f"a: {least}: must not be negative: give magnitudes, abs(S)")
    return a


def _spectra(S: ArrayLike) -> NDArray:
    S = _plane("S", S)
    return np.ascontiguousarray(S.T, _complex(_precision(S.dtype)))


def _vector(name: str, values: ArrayLike, size: int) -> NDArray:
    values = _array(name, values)
    if values.shape != (size,) or values.dtype.kind == "c":
        raise ValueError(f"{name}: {values.dtype}, {values.shape}: must be real, ({size},)")
    return np.ascontiguousarray(values, np.float64)


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {value!r}: must be a number") from None
