# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The adaptive STFT on arrays: window lengths, and positions, that follow a signal as it streams."""

from __future__ import annotations

import inspect
from typing import Any, Dict, NamedTuple, Optional, Sequence, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _channels, _truth
from .differentiable import FamilyName
from .learning_problem import learned_of
from .stft_python import kernels


class Adapted(NamedTuple):
    """What adapt() returns; of several channels, each has leading axes like x."""

    spectra: Optional[NDArray]
    """DSTFT of x at theta and t, (..., bins, frames), absolute phase; None if not wanted."""
    theta: NDArray
    """Window lengths in samples, (..., 1, frames), or (..., bins, frames) for share "bin" and "cell"."""
    t: NDArray
    """Centres of the frames in samples, (frames,); (..., frames) where t is learned or follows theta."""
    report: Dict[str, Any]
    """criterion (of the last frame); theta_mean, theta_least, theta_greatest (samples); at_theta_min and at_theta_max, the
    shares of window lengths (of frames, or of each band of them) that are within 1 % of a bound; advice, a sentence on which
    bound that is and what to change if it is more than half of them, else ""; frames; and evaluations (spectra computed in
    order to learn). Of several channels arrays of these."""


class AdaptedChirp(NamedTuple):
    """What adapt() returns where chirp rates are learned: the same as Adapted, and c."""

    spectra: Optional[NDArray]
    """Of real x those of its analytic signal, (..., n_fft, frames): idstft(..., c=c) gives it back, and its real part is x."""
    theta: NDArray
    t: NDArray
    report: Dict[str, Any]
    c: NDArray
    """Chirp rates in cycles per sample^2, (..., 1, frames)."""


class AdaptedWarp(NamedTuple):
    """What adapt() returns where time is warped; frames that hang over an end of x are not made."""

    spectra: Optional[NDArray]
    """DFT of the warped frames, (..., n_fft / 2 + 1, frames), phases from their centres. There is no way back from it."""
    theta: NDArray
    """Lengths of the windows in samples, (..., 1, frames)."""
    t: NDArray
    """Centres of the frames in samples, (frames,)."""
    a: NDArray
    """Relative rates f'/f per sample, (..., 1, frames)."""


def adapt(
    x: ArrayLike,
    *,
    n_fft: int,
    hop: Optional[float] = None,
    alpha: float = 0.0,
    method: str = "bank",
    share: str = "frame",
    learn: Union[str, Sequence[str]] = "theta",
    criterion: str = "automatic",
    theta_min: Optional[float] = None,
    theta_max: Optional[float] = None,
    theta_init: Optional[float] = None,
    window: FamilyName = "hann",
    norm: str = "l2",
    candidates: int = 7,
    bands: Optional[int] = None,
    interpolate: bool = False,
    block: Optional[int] = None,
    lag: Optional[int] = None,
    causal: bool = False,
    smoothness: float = 0.1,
    prior: float = 0.01,
    whiten: float = 1e-2,
    chirp_max: Optional[float] = None,
    chirp_prior: float = 1.0,
    steps: Optional[int] = None,
    regularisation: Optional[float] = None,
    learning_rate: Optional[float] = None,
    order: float = 2.0,
    freeze: bool = False,
    invertible: bool = True,
    warp: bool = False,
    spectra: bool = True,
    axis: int = -1,
) -> Union[Adapted, AdaptedChirp, AdaptedWarp]:
    """DSTFT with window lengths, chirp rates or positions learned on the way: what the adaptive_stft blocks do, to the bit.

    Learning looks ahead by (block + lag) hop samples, or not at all if `causal`, so the cost is that of a stream: a bank of
    window lengths is measured at every frame by the concentration of whitened spectra, pooled over a block of
    frames, and a shortest path in ln theta decides.

    x: samples (..., samples), real or complex; channels are learned apart.
    n_fft: DFT length, at least 8. hop: samples between frames, real, at least 1; default n_fft / 16. Frame n is centred
        at n hop, n = 0 .. floor(samples / hop).
    alpha: > 0 for fixed overlap: t[n + 1] = t[n] + alpha theta[n]; learning keeps its own grid of `hop`. At most 0.5
        while invertible. One channel only.
    method: "bank", or "gradient": Adam in ln theta, and in the rate where it is learned, from frame to frame, `steps` for each,
        over blocks as once seen.
    share: what has a theta of its own: "frame"; "constant" (one that settles, all of the past being pooled); "cell"
        (each band and frame, then `steps` of the gradient in each cell with total variation); "bin" (each band, pooled
        over the past). "bin" and "cell" need method "bank".
    learn: "theta", "t" (positions within hop / 2 of their places, theta being theta_init), or "both", which is ("theta", "t");
        or ("theta", "chirp"): each frame also has a chirp rate c in cycles per sample^2, or 0, by which its window turns,
        exp(-1j pi c (k - t)^2), so that a chirp of this rate is as sharp as a tone. The result is AdaptedChirp then. Real x
        goes through its analytic signal (a Hilbert filter of 127 taps), so that spectra have n_fft bins. Needs share
        "frame", alpha 0 and a pooled criterion; a bank of rates cannot be causal.
    criterion: what is minimised; default "l1l2", or "entropy" where chirp rates are learned, since noise then offers fewer of
        them by chance. Pooled over the block: "l1l2" (2 ln sum |S| - ln sum |S|^2), "entropy" (of the power),
        "renyi" (of the power, of `order`), "magnitude_entropy" (the papers', which follows the noise). For each frame
        alone: "kurtosis" (minus the logarithm of the kurtosis of |S|; that of learn() is minus the kurtosis itself, so the
        two differ where frames are averaged), "frame_entropy" (of |S|; it cannot see concentration in time).
    theta_min, theta_max: bounds in samples; default 2 hop (at least 4) and n_fft. theta_init: before anything is
        learned; default their geometric mean.
    window: "hann", "sine", "blackman", "bartlett", "parzen", "bohman", "nuttall_cfd", "gaussian" or ("gaussian", rho).
    norm: "l2"; others, see dstft(), only where theta is not learned.
    candidates: window lengths in the bank, log-spaced, 2 to 64.
    bands: of share "bin" and "cell"; default 4, or fewer if the shortest window's DFT has too few bins. All bins of a
        band have its theta, so that an FFT for each band does. interpolate: ln theta runs in straight lines between the
        bands' middles instead, which takes a sum for each bin.
    block: h; frames n - h .. n + h are measured jointly. Default n_fft / (2 hop), 0 for criteria of single frames.
    lag: frames that the path looks ahead further; default n_fft / (2 hop).
    causal: look ahead no further than the windows do: frame n is measured in the block n - 2 h .. n, by default
        h = n_fft / (8 hop), and lag is 0. Frames before theta_max / 2 have theta_init.
    smoothness: price of a change by 1 in ln theta, in units of the criterion. prior: pull to the middle of the bounds.
    whiten: floor of the slow spectral envelope that powers are divided by, relative to its mean; 0: no whitening.
    chirp_max: greatest magnitude of c; default 94 / theta_max^2, at most 1 / (2 theta_max), beyond which a chirp leaves the
        band within a window. chirp_prior: what a c has to gain, in units of what white noise offers by chance
        with the rates up to c, of which there are more the greater c is.
    steps: of the gradient in each frame; default 0 for the bank's theta, else 3. learning_rate: Adam's, in ln theta and in hops;
        default 0.05 for theta (0.02 after the bank), 0.1 for t; a rate moves by as many times 2.7 / theta^2.
    regularisation: weight of the mean total variation of ln theta over cells; default 0.1.
    freeze: do not learn; every frame has theta_init.
    invertible: refuse what may leave samples that idstft() cannot restore: theta_min < 2 hop, alpha > 0.5.
        The last frame's theta is then at least 8/3 of its distance to the last sample, if theta_max allows.
    warp: True gives each frame a relative rate a = f'/f instead, by which time is warped so that all orders of a shaft
        are tones, k f (1 + a tau) becoming k f: for looking and tracking, since interpolated samples have no inverse.
        The result is AdaptedWarp. x must be real and hop a whole number. Each frame has a window of n_fft / 4, / 2.83 or / 2:
        the shorter one of two where the longer one shifts all lines by the same ratio, since the speed bends in it. theta_init
        gives all frames one length instead, an even number. block and lag are as above, with the window's length instead
        of n_fft for the block; smoothness is five times the price of a change to the next rate of the bank, and a 30th of
        that of a change to the next length; everything else keeps its default. The rates are the eleven of warped_rows().
    spectra: whether they are wanted; without them only what is learned is computed.

    Silence, and samples that are not finite, leave theta where it was. What lies beyond the ends of x takes no part.

    Errors: ValueError "name: value: rule", before anything is computed.

    Source: Leiber et al., "Learnable adaptive time-frequency representation via differentiable short-time Fourier
    transform", 2025, for the transform and its gradients; the learner is ours.

    >>> import numpy as np
    >>> x = np.cos(0.9 * np.arange(4000))
    >>> x[2000:] = 0
    >>> x[3000] = 10
    >>> spectra, theta, t, report = adapt(x, n_fft=256)
    >>> spectra.shape, theta.shape, float(t[-1])
    ((129, 251), (1, 251), 4000.0)
    >>> bool(theta[0, 60] > 200), bool(theta[0, 187] < 64)
    (True, True)
    """
    samples, shape = _channels(x, axis)
    spectra = _truth("spectra", spectra)
    learned = _what_of(learn)
    if _truth("warp", warp):
        given = dict(alpha=alpha, method=method, share=share, learn=learned, criterion=criterion, theta_min=theta_min,
                     theta_max=theta_max, window=window, norm=norm, causal=causal, steps=steps, freeze=freeze)  # fmt: skip
        return _warped(samples, shape, given, n_fft, hop, theta_init, block, lag, smoothness, spectra)
    settings = kernels.adaptive_settings(
        n_fft=n_fft,
        hop=hop,
        alpha=alpha,
        method=method,
        share=share,
        learn=learned,
        criterion=criterion,
        theta_min=theta_min,
        theta_max=theta_max,
        theta_init=theta_init,
        window=window,
        norm=norm,
        candidates=candidates,
        bands=bands,
        interpolate=interpolate,
        block=block,
        lag=lag,
        causal=causal,
        smoothness=smoothness,
        prior=prior,
        whiten=whiten,
        chirp_max=chirp_max,
        chirp_prior=chirp_prior,
        steps=steps,
        learning_rate=learning_rate,
        regularisation=regularisation,
        order=order,
        freeze=freeze,
        invertible=invertible,
    )
    if alpha > 0 and len(samples) != 1:
        raise ValueError(f"alpha: {alpha}: needs a single channel, since the number of frames follows theta")
    if len(samples) == 0:
        raise ValueError("x: 0 channels: must have one or more")
    channels = [kernels.adapt(settings, one, spectra) for one in samples]
    S, theta, t = (_stacked([one[i] for one in channels]) for i in range(3))
    reports = [one[3] for one in channels]
    report = {key: np.array([r[key] for r in reports]).reshape(shape) for key in reports[0]} if shape else reports[0]
    fixed = alpha == 0 and learned in ("theta", "theta_chirp")
    adapted = Adapted(
        np.swapaxes(S.reshape(shape + S.shape[1:]), -1, -2) if spectra else None,
        np.swapaxes(theta.reshape(shape + theta.shape[1:]), -1, -2),
        t[0] if fixed else t.reshape(shape + t.shape[1:]),
        report,
    )
    if learned != "theta_chirp":
        return adapted
    c = _stacked([one[4] for one in channels])
    return AdaptedChirp(*adapted, np.swapaxes(c.reshape(shape + c.shape[1:]), -1, -2))


def _warped(samples, shape, given, n_fft, hop, theta, block, lag, smoothness, spectra):
    defaults = inspect.signature(adapt).parameters
    for name, value in given.items():
        if value != defaults[name].default:
            raise ValueError(f"{name}: {value}: must be left at its default where time is warped")
    if np.iscomplexobj(samples):
        raise ValueError(f"x: {samples.dtype}: must be real where time is warped")
    if len(samples) == 0:
        raise ValueError("x: 0 channels: must have one or more")
    settings = kernels.warped_stft_settings(
        n_fft=n_fft, hop=hop, theta=theta, block=block, lag=lag, smoothness=smoothness
    )
    channels = [kernels.adapt_warped(settings, one, spectra) for one in samples]
    S, rates, theta = (_stacked([one[i] for one in channels]) for i in (0, 2, 3))
    return AdaptedWarp(
        np.swapaxes(S.reshape(shape + S.shape[1:]), -1, -2) if spectra else None,
        theta.reshape(shape + (1,) + theta.shape[1:]),
        channels[0][1],
        rates.reshape(shape + (1,) + rates.shape[1:]),
    )


def _what_of(learn):
    """The name that the kernel has for what is learned."""
    if isinstance(learn, str) and learn == "theta_chirp":
        return learn
    learned = set(learned_of(learn, ("theta", "t", "chirp")))
    if "chirp" in learned:
        if learned != {"theta", "chirp"}:
            raise ValueError(f"learn: {learn}: chirp must come with theta, and without t")
        return "theta_chirp"
    return "both" if len(learned) == 2 else min(learned)


def _stacked(arrays):
    """As np.stack(), which copies a single one as well."""
    return np.stack(arrays) if len(arrays) > 1 else arrays[0][np.newaxis]
