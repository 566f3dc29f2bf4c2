# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Sharper than the window allows: cells of an STFT moved to the frequency and time that they belong to.

Axes, dtypes, frames and `workers` are those of stft(). `theta`, where it is taken: a window length in samples for each frame,
(1, frames), or one for all, as dstft() and adapt() have them; then window is the name of a family (see dstft()), centred at
sample n_fft // 2 of a frame of n_fft samples and 1 there, and win_length is n_fft. `threshold`: cells with |X| at most this part
of their frame's largest keep their place; default 1e-10, in single precision 1e-5. So do cells whose place is not finite.
Samples up to 8 before and after the window enter a frame's frequencies.
"""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import (
    Window,
    _array,
    _at_least,
    _bins,
    _channels,
    _check_addressed,
    _complex,
    _design,
    _either_spelling,
    _empty,
    _first,
    _frame_major,
    _frames,
    _given,
    _hop,
    _integer,
    _is_real,
    _layout,
    _lengths,
    _output,
    _sides,
    _sides_named,
    _word,
    _threshold,
    _truth,
    _workers,
)
from .stft_python import kernels
from .transforms import frequencies, times


class Reassigned(NamedTuple):
    """What reassign() returns, each of shape (..., bins, frames)."""

    power: NDArray
    """Of each cell, as spectrogram() has it; float32 or float64."""
    frequencies: NDArray
    """Hz, float64: where each cell belongs. Not wrapped: a cell next to 0 may belong to a negative frequency."""
    times: NDArray
    """Seconds, float64."""


class PhaseDerivatives(NamedTuple):
    """What phase_derivatives() returns, each of shape (..., bins, frames), float64."""

    frequency: NDArray
    """Instantaneous frequency, the slope of the phase over time, in units of fs (Hz)."""
    delay: NDArray
    """Group delay, the slope of the phase over frequency with the opposite sign, in samples from the frame's centre."""


class Squeezed(NamedTuple):
    """What synchrosqueeze() returns."""

    T: NDArray
    """Complex64 or complex128, (..., bins, frames), or (..., rows of the grid, frames)."""
    frequencies: NDArray
    """Of the rows in Hz, (bins,) or as the grid is."""


@_either_spelling
def reassign(
    x: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    theta: Optional[ArrayLike] = None,
    threshold: Optional[float] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    frames: Optional[int] = None,
    sides: Optional[str] = None,
    fs: float = 1.0,
    kind: str = "psd",
    onesided_doubling: bool = True,
    axis: int = -1,
    workers: int = 1,
) -> Reassigned:
    """Where the power of each cell of a spectrogram belongs.

    frequency = k fs / n_fft - fs / (2 pi) Im(X_w' / X), time = t_p + Re(X_tw / X) / fs, with X_w' and X_tw the STFTs by the window's
    derivative per sample and by (m - win_length // 2) window[m].

    kind: "psd" or "power", as in spectrogram(); onesided_doubling: likewise. fs: sampling rate in Hz. theta, threshold: see the
    module. The other arguments are those of stft().

    A tone has its frequency at every cell that it rules: with nu = 2 pi |frequency - k / n_fft| in radians per sample, off by at
    most 4.6e-6 nu^17, whatever the window. A linear chirp has the frequency that it has at the cell's time.

    Source: Auger and Flandrin, "Improving the readability of time-frequency and time-scale representations by the
    reassignment method", IEEE Trans. Signal Process. 43, 1995.

    >>> x = np.cos(2 * np.pi * 0.1234 * np.arange(400))
    >>> power, f, t = reassign(x, hop=10, n_fft=64)
    >>> k = np.argmax(power[:, 20])
    >>> float(k / 64), round(float(f[k, 20]), 4), round(float(t[k, 20]), 1)
    (0.125, 0.1234, 200.0)
    """
    a = _Analysis(x, window, hop, win_length, n_fft, theta, placement, first, frames, sides, fs, axis)
    bound, workers = _threshold(threshold), _workers(workers)
    shape = (a.samples.shape[0], a.frames, a.bins)
    power, f, t = (_empty(shape, dtype, frames=a.frames, n_fft=a.n_fft) for dtype in (a.samples.real.dtype, float, float))
    doubled = _truth("onesided_doubling", onesided_doubling) and a.sides == "onesided"
    kernels.reassign(a.samples, power, f, t, a.design, bound, window, a.theta, a.first, _word(kind), doubled, workers)
    f *= a.fs
    t /= a.fs
    t += times(a.frames, hop=a.hop, win_length=a.win_length, first=a.first, fs=a.fs)[:, None]
    return Reassigned(*(np.swapaxes(field.reshape(a.shape + shape[1:]), -1, -2) for field in (power, f, t)))


@_either_spelling
def phase_derivatives(
    x: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    theta: Optional[ArrayLike] = None,
    threshold: float = 0.0,
    placement: str = "centred",
    first: Optional[int] = None,
    frames: Optional[int] = None,
    sides: Optional[str] = None,
    fs: float = 1.0,
    axis: int = -1,
    workers: int = 1,
) -> PhaseDerivatives:
    """The derivatives of the STFT's phase over time and frequency, cell by cell: instantaneous frequency and group delay.

    With phi[k, p] the phase of stft(x, phase="centre"), as if it were continuous in both: frequency = (d phi / dt) / (2 pi), which is
    k fs / n_fft - fs / (2 pi) Im(X_w' / X), and delay = -d phi / d omega = Re(X_tw / X) samples, with X_w' and X_tw the STFTs by the window's
    derivative per sample and by (m - win_length // 2) window[m]. No phase is unwrapped, and no neighbour is needed: any hop will do.

    fs: the unit of the frequency: the sampling rate for Hz, 1 for cycles per sample, 2 pi for radians per sample.
    threshold: cells with |X| at most this part of their frame's largest have no derivative, and are NaN; 0: those of silence. So are those
        of frames with a sample that is not finite.
    theta: see the module. The other arguments are those of stft().

    With phase="start" the derivatives are the same but for the delay, which counts from the window's first sample: add win_length // 2. With
    phase="absolute" the frequency is less by k fs / n_fft, and the delay counts from sample 0. reassign() has the same values from the same
    kernel, with a place for each cell.

    Source: that of reassign().

    >>> x = np.zeros(400)
    >>> x[205] = 1.0
    >>> np.unique(np.round(phase_derivatives(x, hop=100, n_fft=64).delay[:, 2], 9)).tolist()     # the frame's centre is 200
    [5.0]
    >>> x = np.exp(0.3j * np.arange(400))
    >>> f = phase_derivatives(x, hop=100, n_fft=64, fs=2 * np.pi).frequency
    >>> round(float(f[3, 2]), 9)
    0.3
    """
    a = _Analysis(x, window, hop, win_length, n_fft, theta, placement, first, frames, sides, fs, axis)
    shape = (a.samples.shape[0], a.frames, a.bins)
    frequency, delay = (_empty(shape, float, frames=a.frames, n_fft=a.n_fft) for _ in range(2))
    kernels.phase_derivatives(a.samples, frequency, delay, a.design, _threshold(threshold), window, a.theta, a.first, _workers(workers))
    frequency *= a.fs
    return PhaseDerivatives(*(np.swapaxes(field.reshape(a.shape + shape[1:]), -1, -2) for field in (frequency, delay)))


@_either_spelling
def reassigned_spectrogram(
    x: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    theta: Optional[ArrayLike] = None,
    threshold: Optional[float] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    frames: Optional[int] = None,
    sides: Optional[str] = None,
    fs: float = 1.0,
    kind: str = "psd",
    onesided_doubling: bool = True,
    axis: int = -1,
    workers: int = 1,
) -> NDArray:
    """The spectrogram with the power of each cell at the nearest cell to where it belongs; see reassign().

    Nothing is lost: the sum over all cells is that of spectrogram(). Energy that belongs before the first or after the last frame
    stays in that frame; a cell whose time is more than win_length / 2 away, outside of its own window, keeps its place. One-sided,
    what belongs to a negative frequency is at the positive one.

    The arguments are those of reassign(); workers share the channels.

    Returns float32 or float64 of shape (..., bins, frames).

    >>> from gnuradio import stft
    >>> x = np.cos(2 * np.pi * 0.25 * np.arange(400) + 0.0005 * np.arange(400) ** 2)
    >>> P, S = (made(x, hop=10, n_fft=64) for made in (reassigned_spectrogram, stft.spectrogram))
    >>> bool(np.isclose(P.sum(), S.sum())), int(np.count_nonzero(P[:, 20] > 0.01 * P[:, 20].max()))
    (True, 1)
    """
    a = _Analysis(x, window, hop, win_length, n_fft, theta, placement, first, frames, sides, fs, axis)
    bound, workers = _threshold(threshold), _workers(workers)
    shape = (a.samples.shape[0], a.frames, a.bins)
    _check_addressed(shape, a.samples.real.dtype, frames=a.frames, n_fft=a.n_fft)
    rows = np.zeros(shape, a.samples.real.dtype)
    doubled = _truth("onesided_doubling", onesided_doubling) and a.sides == "onesided"
    kernels.reassigned_spectrogram(
        a.samples, rows, a.design, bound, window, a.theta, a.first, _word(kind), doubled, workers
    )
    return np.swapaxes(rows.reshape(a.shape + rows.shape[1:]), -1, -2)


@_either_spelling
def synchrosqueeze(
    x: ArrayLike,
    window: Window = "hann",
    *,
    hop: int = 1,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    theta: Optional[ArrayLike] = None,
    order: int = 1,
    threshold: Optional[float] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    frames: Optional[int] = None,
    sides: Optional[str] = None,
    fs: float = 1.0,
    grid: Optional[ArrayLike] = None,
    axis: int = -1,
    out: Optional[NDArray] = None,
    workers: int = 1,
) -> Squeezed:
    """The synchrosqueezed STFT: in each frame, values move to the row of the frequency that they belong to.

    T[..., k, p] = sum of g_l X_centre[..., l, p] over the rows l whose frequency is nearest to row k; g_l = 1, but in one-sided
    spectra 2 except for l = 0 and n_fft / 2. At hop 1 the column sums divided by n_fft window[c], c = win_length // 2, are the
    samples: see inverse_synchrosqueeze(). A component is A(t) exp(j phi(t)) n_fft window[c] in the row of its frequency, for real
    signals of A(t) cos phi(t).

    order: 1: frequencies as reassign() finds them, right for tones; 2: chirp rates are found too, and the frequency of a linear
        chirp, under a Gaussian envelope or none, at the frame's own time: sharp for chirps.
    grid: frequencies of the rows in Hz, rising: linear, logarithmic, any; one-sided of 0 .. fs / 2, else within one fs. A value goes to the
        nearest one, and to the first or last one if there is none beyond, so that columns still add up to the samples. None: those of the
        bins, frequencies(n_fft, fs, sides).
    fs: sampling rate in Hz, of frequencies. theta, threshold: see the module. out: where T goes. The other arguments are those
        of stft().

    Source: Daubechies, Lu and Wu, "Synchrosqueezed wavelet transforms: an empirical mode decomposition-like tool", Appl. Comput.
    Harmon. Anal. 30, 2011; Thakur and Wu, SIAM J. Math. Anal. 43, 2011, for the STFT; Oberlin, Meignen and
    Perrier, "Second-order synchrosqueezing transform or invertible reassignment?", IEEE Trans. Signal Process. 63, 2015.

    >>> x = 3 * np.cos(2 * np.pi * 0.1234 * np.arange(400))
    >>> T, f = synchrosqueeze(x, n_fft=128, win_length=64)
    >>> k = np.argmax(np.abs(T[:, 200]))
    >>> float(f[k]), round(float(abs(T[k, 200])) / 128, 2)
    (0.125, 3.0)
    """
    a = _Analysis(x, window, hop, win_length, n_fft, theta, placement, first, frames, sides, fs, axis)
    order, bound, workers = _at_least(1, "order", order), _threshold(threshold), _workers(workers)
    if order > 2:
        raise ValueError(f"order: {order}: must be 1 or 2")
    hertz = frequencies(a.n_fft, a.fs, a.sides) if grid is None else _grid(grid)
    rows = _output(out, a.shape + (a.frames, len(hertz)), _complex(a.samples.dtype), a.samples, frames=a.frames, n_fft=a.n_fft)
    flat = rows.reshape(a.samples.shape[0], a.frames, len(hertz))
    cycles = [] if grid is None else (hertz / a.fs).tolist()
    kernels.synchrosqueeze(a.samples, flat, a.design, order, bound, window, a.theta, a.first, workers, cycles)
    return Squeezed(np.swapaxes(rows, -1, -2) if out is None else out, hertz)


@_either_spelling
def inverse_synchrosqueeze(
    T: ArrayLike,
    window: Window = "hann",
    *,
    n_fft: Optional[int] = None,
    win_length: Optional[int] = None,
    theta: Optional[ArrayLike] = None,
    band: Union[None, ArrayLike, Tuple[ArrayLike, ArrayLike]] = None,
    hop: int = 1,
    length: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    sides: Optional[str] = None,
    fs: float = 1.0,
    grid: Optional[ArrayLike] = None,
    out: Optional[NDArray] = None,
) -> NDArray:
    """The signal of a synchrosqueezed STFT at hop 1, or of what it has in a band: sums over rows.

    x[t_p] = Re sum_k T[..., k, p] / (n_fft window[c]), t_p = s_p + c, c = win_length // 2; of two-sided T without Re and with
    conj(window[c]).

    T: (..., bins, frames) from synchrosqueeze(), of either order and any threshold.
    band: the cells that count: None (all); an array of bool that broadcasts to T's shape; or (centre, width) in Hz, numbers or
        arrays (frames,), which keep the rows within width / 2 of centre, none in frames where one of them is NaN. Around a ridge
        that is one component of the signal. Parts that share no cell add up to the signal.
    n_fft: as it was; default: 2 * (bins - 1) if one-sided, else bins.
    hop: must be 1. window, win_length, placement, first, fs: as they were for synchrosqueeze(), and theta if there was
        any. window[c] must not be 0.
    length: samples to return; default: up to the last centre of a frame. Samples at no frame's centre are 0.
    sides: "onesided" gives real samples, "twosided" and "centered" complex ones; default: "onesided", unless n_fft equals the
        number of bins, or the window is complex. With a grid: "onesided" unless it has negative frequencies or the window is complex.
    grid: as it was; n_fft must then be given.
    out: where the result goes, C-contiguous, of the shape and dtype of what is returned otherwise.

    Returns float32, float64, complex64 or complex128 of shape (..., length). The signal comes back to 1e-12 of its largest
    sample (double), 1e-6 (single), times max |window| / |window[c]|. Source: that of synchrosqueeze().

    >>> n = np.arange(500)
    >>> tones = [np.cos(2 * np.pi * f * n) for f in (0.1, 0.3)]
    >>> T, _ = synchrosqueeze(sum(tones), n_fft=64)
    >>> x, low = (inverse_synchrosqueeze(T, n_fft=64, band=band, length=500) for band in (None, (0.1, 0.05)))
    >>> bool(np.max(np.abs(x - sum(tones))) < 1e-14), bool(np.max(np.abs(low - tones[0])[50:450]) < 0.01)
    (True, True)
    """
    rows, shape = _frame_major(T, "T")
    channels, frames, bins = rows.shape
    count = bins
    hertz = None if grid is None else _grid(grid)
    if hertz is not None:
        if n_fft is None:
            raise ValueError("n_fft: None: must be given with grid")
        if len(hertz) != count:
            raise ValueError(f"grid: {len(hertz)} frequencies: must be as many as T has rows, {count}")
        if sides is None:
            sides = "twosided" if hertz[0] < 0 or not (theta is not None or _is_real(window)) else "onesided"
        bins = _bins(kernels.checked_n_fft(_integer("n_fft", n_fft)), _sides_named(sides))
    if theta is not None:
        sides, n_fft, _ = _layout("T", bins, sides, "hann", None, n_fft)
        _theta(theta, frames, n_fft, window)
        window, win_length = np.ones(1), n_fft
        design_length = 1
    else:
        sides, n_fft, win_length = _layout("T", bins, sides, window, win_length, n_fft)
        design_length = win_length
    design = _design(n_fft, _integer("hop", hop), window, design_length, "centre", "none", fs, sides)
    first = _first(first, win_length, 1, placement, frames)
    centre = first + win_length // 2
    length = max(0, centre + frames) if length is None else _at_least(0, "length", length)
    hertz = frequencies(n_fft, fs, sides) if hertz is None else hertz
    kept = None if band is None else _kept(band, shape, count, frames, hertz, sides, fs)
    samples = _given(out, shape + (length,), rows.real.dtype if sides == "onesided" else rows.dtype, rows, length=length)
    kernels.inverse_synchrosqueeze(
        rows, samples.reshape(channels, length), design, kept, centre - design_length // 2
    )
    return samples


class _Analysis:
    """The arguments that all of them share, checked, as the kernels take them."""

    def __init__(self, x, window, hop, win_length, n_fft, theta, placement, first, frames, sides, fs, axis):
        self.samples, self.shape = _channels(x, axis)
        taps: Any = window
        if theta is None:
            self.n_fft, self.win_length = _lengths(window, win_length, n_fft)
        else:
            if n_fft is None:
                raise ValueError("n_fft: None: must be given with theta")
            self.n_fft = kernels.checked_n_fft(_integer("n_fft", n_fft))
            if win_length is not None and _integer("win_length", win_length) != self.n_fft:
                raise ValueError(f"win_length: {win_length}: must be n_fft = {self.n_fft} with theta")
            self.win_length, taps = self.n_fft, np.ones(self.n_fft)
        self.sides = _sides(sides, self.samples, taps)
        if self.sides != "onesided":
            self.samples = self.samples.astype(_complex(self.samples.dtype), copy=False)
        self.hop = _hop(hop, self.win_length)
        self.design = _design(self.n_fft, self.hop, taps, self.win_length, "centre", "none", fs, self.sides)
        self.fs = float(fs)
        self.first, self.frames = _frames(self.samples.shape[1], self.win_length, self.hop, placement, first, frames)
        self.bins = _bins(self.n_fft, self.sides)
        self.theta: List[float] = [] if theta is None else _theta(theta, self.frames, self.n_fft, window)


def _grid(grid: ArrayLike) -> NDArray:
    hertz = _array("grid", grid)
    if hertz.dtype.kind == "c" or hertz.ndim != 1 or not hertz.size:
        raise ValueError(f"grid: {hertz.dtype}, shape {hertz.shape}: must be rising frequencies in Hz, (rows,)")
    return hertz.astype(float)


def _theta(theta: ArrayLike, frames: int, n_fft: int, window: Window) -> List[float]:
    lengths = _array("theta", theta)
    if lengths.size != 1 and lengths.shape != (1, frames) or lengths.dtype.kind == "c":
        raise ValueError(f"theta: {lengths.dtype}, shape {lengths.shape}: must be one real number, or (1, {frames})")
    lengths = lengths.reshape(-1).astype(float)
    bad = np.flatnonzero(~((lengths >= kernels.least_theta) & (lengths <= n_fft)))
    if bad.size:
        rule = f"must be in (0, {n_fft}], and not below {kernels.least_theta}"
        raise ValueError(f"theta: {lengths[bad[0]]} at frame {bad[0]}: {rule}")
    kernels.check_family(window)
    return lengths.tolist()


def _kept(band, shape, bins, frames, rows, sides, fs) -> NDArray:
    """Which cells are in the band, (channels or 1, frames, bins)."""
    if isinstance(band, tuple) and len(band) == 2:
        centre, width = (_per_frame(name, given, frames) for name, given in zip(("centre", "width"), band))
        away = rows - centre[:, None]
        if sides != "onesided":
            away = (away + fs / 2) % fs - fs / 2
        kept = (np.abs(away) <= width[:, None] / 2)[None]
    else:
        mask = np.asarray(band)
        if mask.dtype != bool or np.ma.is_masked(band):
            raise ValueError(f"band: dtype {mask.dtype}: must be an array of bool, or (centre, width)")
        try:
            channels = shape if mask.ndim > 2 else ()
            whole = np.broadcast_to(mask, channels + (bins, frames))
        except ValueError:
            raise ValueError(f"band: shape {mask.shape}: must broadcast to {shape + (bins, frames)}") from None
        kept = np.swapaxes(whole, -1, -2).reshape(int(np.prod(channels)), frames, bins)
    if not kept.any():
        raise ValueError("band: 0 cells: must hold one or more")
    return np.ascontiguousarray(kept).view(np.uint8)


def _per_frame(name: str, given: ArrayLike, frames: int) -> NDArray:
    values = _array(f"band: {name}", given)
    if values.dtype.kind == "c" or values.shape not in ((), (1,), (frames,)):
        raise ValueError(f"band: {name}: {values.dtype}, shape {values.shape}: must be a real number or ({frames},)")
    return np.broadcast_to(values.astype(float), (frames,))
