# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Phases from magnitudes, by the gradient of the magnitudes."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, Generator, Optional, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import (
    Window,
    _array_along,
    _at_least,
    _design,
    _either_spelling,
    _first,
    _hop,
    _integer,
    _is_named,
    _is_real,
    _keeps,
    _layout,
    _lengths,
    _phase,
    _precision,
    _spectra,
    _word,
    _threshold,
    _workers,
)
from .stft_python import kernels
from .transforms import istft, stft

_METHODS = ("pghi", "rtpghi")
_OF_ALL_FRAMES = 3  # iterations
_PIECE = 1 << 16  # samples
_HALF = 31  # taps of a halving filter on either side of the middle one


@_either_spelling
def phase_from_magnitude(
    magnitude: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    method: str = "pghi",
    iterations: Optional[int] = None,
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
    """Spectra that have the given magnitudes, and phases that fit to each other: from the magnitudes' gradient.

    A window is taken for the Gaussian that is nearest to it, of which the gradient of the logarithm of |STFT| is that of the phase: the
    more it is like one, and the more windows overlap, the more exact the phases are. They are found but for a common one.

    magnitude: (..., bins, frames), not negative.
    method: "pghi": phases are integrated over all frames at once, from the largest cells on; "rtpghi": frame by frame, as the block
        phase_from_magnitude_vfvc does, with the same result.
    iterations: steps that make frames agree which overlap; with 0 phases are the integrated ones. Of "pghi" they are griffin_lim()'s, for
        all frames, by default 3. with hop <= win_length. Of "rtpghi", by default 2, 0 .. 100, they replace the newest frame;
        then each frame before it that may still change is replaced once, the last one, and from 2 iterations on the one before that, too.
    look_ahead: of "rtpghi": 1: the phases of a frame take the next one into account; 0: they do not.
    tolerance: cells at or below it, relative to the largest (of "rtpghi": of a frame and the one before), begin with random phases. 0 .. 1.
    seed: of the random phases.
    phase: the sample that the phases count from.
    workers: threads, 1 .. 1024, which share the channels.
    The other arguments are those of istft(); the window must be real.

    Returns complex64 (of float32) or complex128, of magnitude's shape; np.angle() of it are the phases. Source: Průša, Balazs and
    Søndergaard, "A noniterative method for reconstruction of phase from STFT magnitude", IEEE/ACM Trans. ASLP 25, 2017; Průša and
    Søndergaard, "Real-time spectrogram inversion using phase gradient heap integration", DAFx 2016.

    >>> x = np.cos(0.3 * np.arange(2000) + 0.0002 * np.arange(2000) ** 2)
    >>> A = np.abs(stft(x, hop=8, n_fft=128))
    >>> y = istft(phase_from_magnitude(A, hop=8), hop=8, length=2000)
    >>> bool(np.linalg.norm(np.abs(stft(y, hop=8, n_fft=128)) - A) < 0.02 * np.linalg.norm(A))
    True
    """
    magnitudes, shape = _magnitudes(magnitude)
    bins = magnitudes.shape[-1]
    if not _is_real(window):
        raise ValueError("window: complex taps: must be real: phases follow from magnitudes of even windows")
    sides, n_fft, win_length = _layout("magnitude", bins, sides, window, win_length, n_fft)
    hop = _hop(hop, win_length)
    first = _first(first, win_length, hop, placement, magnitudes.shape[1])
    if _word(method) not in _METHODS:
        raise ValueError(f"method: {method}: must be pghi or rtpghi")
    if not _keeps(lambda v: 0 <= v <= 1, tolerance):
        raise ValueError(f"tolerance: {tolerance!r}: must be 0 .. 1")
    streams = method == "rtpghi"
    look_ahead = _at_least(0, "look_ahead", look_ahead)
    if look_ahead == 1 and not streams:
        raise ValueError(f"look_ahead: {look_ahead}: is for method rtpghi; pghi knows all frames")
    if iterations is not None:
        iterations = _at_least(0, "iterations", iterations)
    workers = _workers(workers)
    of_all = 0
    if not streams and hop <= win_length:  # a longer hop: no frame says anything of another one
        of_all = _OF_ALL_FRAMES if iterations is None else iterations
    reference = _phase("phase", phase)
    settings: Dict[str, Any] = dict(n_fft=n_fft, hop=hop, window=window, win_length=win_length, sides=sides)
    settings.update(phase="centre" if of_all else reference, look_ahead=look_ahead)
    if not streams or iterations is not None:  # else the kernel has its own number
        settings["iterations"] = iterations if streams else 0
    settings.update(tolerance=float(tolerance), seed=_at_least(0, "seed", _integer("seed", seed)))
    spectra = kernels.phase_from_magnitude(magnitudes, first, streams, workers, **settings)
    if of_all:
        units = _headroom(magnitudes)
        if units.min(initial=1) < 1:
            magnitudes, spectra = magnitudes * units, spectra * units
        design = _design(n_fft, hop, window, win_length, "centre", "none", 1.0, sides)
        length = max(0, kernels.covered_end(min(first, 0), hop, win_length, magnitudes.shape[1]))
        samples = magnitudes.dtype if sides == "onesided" else spectra.dtype
        kernel = getattr(kernels, f"griffin_lim_{samples}")
        state = kernel(magnitudes, spectra, design, min(first, 0), length, 0.99, _threshold(None), False)
        for _ in range(of_all):
            state.iterate(workers)
        kernels.convert_phase(
            spectra, spectra, n_fft, hop, win_length, _phase("phase", "centre"), reference, first, sides == "centered"
        )
        if units.min(initial=1) < 1:
            spectra /= units
    return spectra.reshape(shape + spectra.shape[1:]).swapaxes(-1, -2)


def _headroom(magnitudes: NDArray) -> NDArray:
    """Powers of two, 1 or less, that leave room for sums of 2^40 magnitudes of a channel, more than a frame and its neighbours have."""
    exponents = np.frexp(magnitudes.max(axis=(1, 2), keepdims=True, initial=0))[1]
    return np.ldexp(magnitudes.dtype.type(1), np.minimum(0, np.finfo(magnitudes.dtype).maxexp - 40 - exponents))


def _magnitudes(magnitude: ArrayLike) -> Tuple[NDArray, Tuple[int, ...]]:
    """(channels, frames, bins), contiguous; and the shape of the channels."""
    given = _spectra("magnitude", magnitude)
    if given.dtype.kind == "c":
        raise ValueError("magnitude: complex: must be real, as np.abs() of spectra")
    if given.shape[-2] == 0:
        raise ValueError("magnitude: 0 bins: must have one or more")
    rows = np.ascontiguousarray(given.swapaxes(-1, -2), _precision(given.dtype))
    if rows.size and not (rows.min() >= 0 and rows.max() < np.inf):
        bad = rows[~((rows >= 0) & np.isfinite(rows))]
        raise ValueError(f"magnitude: {bad[0]}: must be 0 or more, and finite")
    return rows.reshape((math.prod(rows.shape[:-2]),) + rows.shape[-2:]), rows.shape[:-2]


@_either_spelling
def time_stretch(
    x: ArrayLike,
    rate: float,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    axis: int = -1,
    workers: int = 1,
) -> NDArray:
    """The same sound at another speed: `rate` times as fast, with its pitch.

    STFT, phase vocoder, inverse STFT; the vocoder is that of the block phase_vocoder_vcvc. Phases follow the frequencies of the input, and
    from bin to bin its clicks. Channels are stretched one by one.

    x: real or complex, the signal along `axis`. rate: 0.01 .. 100; with 1, x comes back as it is.
    n_fft: 2048 by default; 40 ms of a sound are a good length. hop: win_length // 8 by default.
    workers: threads, 1 .. 1024, which share the channels. The other arguments are those of stft().

    Returns float32, float64, complex64 or complex128; round(length / rate) samples. Source: Průša and Holighaus, "Phase vocoder done
    right", EUSIPCO 2017.

    >>> x = np.cos(0.3 * np.arange(20000))
    >>> y = time_stretch(x, 0.5)
    >>> y.shape, bool(np.max(np.abs(y[2:] + y[:-2] - 2 * np.cos(0.3) * y[1:-1])[4096:-4096]) < 0.01)
    ((40000,), True)
    """
    x, design, workers = _sound(x, rate, window, hop, win_length, n_fft, axis, workers)
    if rate == 1:
        return np.moveaxis(x.copy(), -1, axis)
    samples = np.ascontiguousarray(x).reshape(math.prod(x.shape[:-1]), x.shape[-1])
    y = np.empty((samples.shape[0], round(x.shape[-1] / rate)), x.dtype)
    kernels.time_stretch(samples, y, design, float(rate), workers)
    return np.moveaxis(y.reshape(x.shape[:-1] + y.shape[1:]), -1, axis)


def _sound(x, rate, window, hop, win_length, n_fft, axis, workers) -> Tuple[NDArray, Any, int]:
    """The signal along its last axis, the parameters of its STFT, and the threads."""
    x = np.moveaxis(_array_along("x", x, axis), axis, -1)
    x = np.asarray(x, _precision(x.dtype))
    if np.ndim(rate) or not _keeps(lambda v: 0.01 <= v <= 100, rate):
        raise ValueError(f"rate: {rate}: must be 0.01 .. 100")
    sides = "twosided" if x.dtype.kind == "c" else "onesided"
    if not _is_real(window) and sides == "onesided":
        raise ValueError("window: complex taps: must be real for real x")
    if n_fft is None and win_length is None and _is_named(window):
        n_fft = 2048
    n_fft, win_length = _lengths(window, win_length, n_fft)
    hop = max(1, win_length // 8) if hop is None else _integer("hop", hop)
    return x, _design(n_fft, hop, window, win_length, "centre", "none", 1.0, sides), _workers(workers)


@_either_spelling
def pitch_shift(
    x: ArrayLike,
    semitones: float,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    axis: int = -1,
    workers: int = 1,
) -> NDArray:
    """The same sound with another pitch: every frequency times 2^(semitones / 12), with its duration.

    time_stretch(), and then another sample rate, by an FFT of the whole signal; from two octaves up on, the stretched one is halved
    before that piece by piece. Frequencies are off by less than one part in twice the length of x, or of the stretched signal if that is
    shorter (of shifts down). What passes half the sample rate is lost. A voice changes its vowels, too, since its formants move as all frequencies do.

    semitones: -60 .. 60, fractions allowed. The other arguments are those of time_stretch(). Returns as many samples as x has; NaN and
    infinity in x spoil the frames that hold them.

    >>> x = np.cos(0.3 * np.arange(20000))
    >>> y = pitch_shift(x, 12)
    >>> y.shape, bool(np.max(np.abs(y[2:] + y[:-2] - 2 * np.cos(0.6) * y[1:-1])[4096:-4096]) < 0.01)
    ((20000,), True)
    """
    if np.ndim(semitones) or not _keeps(lambda v: -60 <= v <= 60, semitones):
        raise ValueError(f"semitones: {semitones}: must be -60 .. 60")
    ratio = 2 ** (semitones / 12)
    x, design, workers = _sound(x, 1 / ratio, window, hop, win_length, n_fft, axis, workers)
    halvings = max(0, math.floor(math.log2(ratio)) - 1)
    length = x.shape[-1]
    samples = np.ascontiguousarray(x).reshape(math.prod(x.shape[:-1]), length)
    y = np.empty(samples.shape, samples.dtype)
    tasks = (lambda c=c: _shifted(samples[c], y[c], design, ratio, halvings) for c in range(samples.shape[0]))
    if workers == 1:
        for task in tasks:
            task()
    else:
        with ThreadPoolExecutor(workers) as threads:
            for done in [threads.submit(task) for task in tasks]:
                done.result()
    return np.moveaxis(y.reshape(x.shape), -1, axis)


def _shifted(x: NDArray, y: NDArray, design: Any, ratio: float, halvings: int) -> None:
    """y becomes x with its frequencies times `ratio`; what is longer than 4 x on the way is there by pieces only."""
    if ratio == 1 or not x.size:
        y[:] = x
        return
    step = 2**halvings
    stretched = np.zeros(max(1, round(x.size * ratio / step)), x.dtype)
    pieces = getattr(kernels, f"stretched_{x.dtype}")(x, design, 1 / ratio, stretched.size * step)
    filters = [_halving(x.dtype) for _ in range(halvings)]
    for filter in filters:
        next(filter)
    written, piece = 0, np.empty(_PIECE, x.dtype)
    while True:
        count = pieces.read(piece)
        some = piece[:count] if count else np.zeros(step * 2 * _HALF, x.dtype)  # after the end, what filters hold back
        for filter in filters:
            some = filter.send(some)
        some = some[: stretched.size - written]
        stretched[written : written + some.size] = some
        written += some.size
        if written == stretched.size:
            break
    y[:] = _resampled(stretched, y.size)


def _halving(dtype) -> Generator[NDArray, NDArray, None]:
    """Pieces of samples in, every second one of what is below a quarter of the sample rate out; below an eighth nothing changes.

    Kaiser's window, for 3e-7 or (double) 1e-12 in what passes and what does not.
    """
    n = np.arange(-_HALF, _HALF + 1)
    taps = np.kaiser(n.size, 24.0) * np.sinc(n / 2) / 2
    taps = (taps / taps.sum()).astype(np.empty(0, dtype).real.dtype)
    held = np.zeros(_HALF, dtype)  # the first sample's neighbours
    out = np.empty(0, dtype)
    while True:
        held = np.concatenate([held, (yield out)])
        count = max(0, held.size - 2 * _HALF)
        count -= count % 2
        out = np.convolve(held[: count + 2 * _HALF], taps, "valid")[:count:2] if count else held[:0]
        held = held[count:]


def _resampled(x: NDArray, length: int) -> NDArray:
    """`length` samples of the same duration, by an FFT; zeros after x keep its end off its beginning."""
    before = x.shape[-1]
    if before == length or not before:
        return x
    bad = np.flatnonzero(~np.isfinite(x))
    if bad.size:  # for the others as if they were 0
        x = x.copy()
        x[bad] = 0
    if x.dtype.kind == "c":
        X = np.fft.fft(x, 2 * before)
        Y = np.zeros(x.shape[:-1] + (2 * length,), X.dtype)
        kept = min(before, length)
        Y[..., :kept], Y[..., -kept:] = X[..., :kept], X[..., -kept:]
        y = np.fft.ifft(Y)
    else:
        X = np.fft.rfft(x, 2 * before)
        Y = np.zeros(x.shape[:-1] + (length + 1,), X.dtype)
        kept = min(before, length)
        Y[..., :kept] = X[..., :kept]
        y = np.fft.irfft(Y, 2 * length)
    y = np.ascontiguousarray(y[..., :length] * (length / before), x.dtype)
    if bad.size:
        y[np.isin(np.arange(length) * before // length, bad)] = np.nan
        y[np.minimum(bad * length // before, length - 1)] = np.nan
    return y
