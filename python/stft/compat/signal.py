# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""stft, istft, spectrogram, csd, coherence and welch with scipy.signal's signatures, and its ShortTimeFFT.

Windows have the names that scipy.signal.get_window() knows, or are arrays of taps. What differs from SciPy: samples that no
window covers are 0 in istft(), where SciPy returns their sum undivided; istft() counts time along the axis of the samples, and refuses
numbers of bins that do not fit to nfft, which SciPy cuts off or pads, and gaps between segments (noverlap < 0); signals beyond
double precision are computed in double; windows are scaled by the modulus of their sum, which is not the sum of complex ones, nor in istft() of negative ones;
complex windows are refused for one-sided spectra.
"""

from __future__ import annotations

import warnings
from typing import Any, Callable, NamedTuple, Optional, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gnuradio.stft import arguments, extension, transforms
from gnuradio.stft.compat.frames_in_n_fft import Frames
from gnuradio.stft.scipy_windows import closest_STFT_dual_window, sample_window_as_scipy
from gnuradio.stft.short_time_fft import ShortTimeFFT

__all__ = ["ShortTimeFFT", "closest_STFT_dual_window", "coherence", "csd", "istft", "spectrogram", "stft", "welch"]

Detrend = Union[str, Callable[[NDArray], NDArray], bool, None]

_BOUNDARIES = {"even": "even", "odd": "odd", "constant": "edge", "zeros": "zeros", None: None}
_TRENDS = {"l": "linear", "c": "constant"}
_TINY = 1e-10  # coverage that SciPy does not divide by


class _Segments(NamedTuple):
    """How a signal is cut."""

    window: NDArray
    hop: int
    n_fft: int
    fs: float
    detrend: Detrend
    axis: int  # of the samples, where a function detrends

    @property
    def length(self) -> int:
        return len(self.window)


def stft(
    x: ArrayLike,
    fs: float = 1.0,
    window: Any = "hann",
    nperseg: Optional[int] = 256,
    noverlap: Optional[int] = None,
    nfft: Optional[int] = None,
    detrend: Detrend = False,
    return_onesided: bool = True,
    boundary: Optional[str] = "zeros",
    padded: bool = True,
    axis: int = -1,
    scaling: str = "spectrum",
) -> Tuple[NDArray, NDArray, NDArray]:
    """scipy.signal.stft(): frequencies, times and spectra, whose last axis is time.

    >>> f, t, Z = stft(np.cos(np.pi / 2 * np.arange(1024)), 8.0, nperseg=64)
    >>> float(f[np.argmax(abs(Z[:, 5]))]), Z.shape, bool(np.isclose(abs(Z[16, 5]), 0.5))
    (2.0, (33, 33), True)
    """
    gain = _gain_named(scaling, {"spectrum": "magnitude", "psd": "psd"})
    (x,) = _as_floats(x)
    if boundary not in _BOUNDARIES:
        raise ValueError(f"Unknown boundary option '{boundary}', must be one of: {list(_BOUNDARIES)}")
    if x.size == 0:
        return np.empty(x.shape), np.empty(x.shape), np.empty(x.shape)
    samples = np.moveaxis(x, axis, -1)
    cut = _segments(samples.shape[-1], window, nperseg, noverlap, nfft, fs, detrend, axis)
    sides = _sides(return_onesided, x)
    border = cut.length // 2 if boundary else 0
    reach = samples.shape[-1] + 2 * border
    if border and boundary != "zeros":
        samples = extension.extended(samples, border, border, _BOUNDARIES[boundary], "boundary")
        first = 0
    else:
        first = -border
    if padded:
        reach += -(reach - cut.length) % cut.hop % cut.length
    frames = (reach - cut.length) // cut.hop + 1
    spectra = _spectra(samples, cut, first, frames, sides, gain)
    return _frequencies(cut, sides), _times(cut, frames, boundary is not None), _bins_first(spectra, axis)


def istft(
    Zxx: ArrayLike,
    fs: float = 1.0,
    window: Any = "hann",
    nperseg: Optional[int] = None,
    noverlap: Optional[int] = None,
    nfft: Optional[int] = None,
    input_onesided: bool = True,
    boundary: Union[bool, str, None] = True,
    time_axis: int = -1,
    freq_axis: int = -2,
    scaling: str = "spectrum",
) -> Tuple[NDArray, NDArray]:
    """scipy.signal.istft(): times and samples.

    >>> x = np.random.default_rng(1).standard_normal(1024)
    >>> bool(np.allclose(istft(stft(x)[2])[1], x))
    True
    """
    Zxx = np.asarray(Zxx) + 0j
    if Zxx.ndim < 2:
        raise ValueError("Input stft must be at least 2d!")
    freq_axis, time_axis = freq_axis % Zxx.ndim, time_axis % Zxx.ndim
    if freq_axis == time_axis:
        raise ValueError("Must specify differing time and frequency axes!")
    bins, frames = Zxx.shape[freq_axis], Zxx.shape[time_axis]
    whole = 2 * (bins - 1) if input_onesided else bins
    nperseg = whole if nperseg is None else _positive("nperseg", nperseg)
    if nfft is None:
        nfft = nperseg if input_onesided and nperseg == whole + 1 else whole
    noverlap = _overlap(nperseg, noverlap)
    taps = _taps(window, nperseg, f"window must have length of {nperseg}")
    cut = _Segments(taps, nperseg - noverlap, _fft_length(nfft, nperseg), fs, None, -1)
    gain = _gain_named(scaling, {"spectrum": "magnitude", "psd": "psd"})
    border = nperseg // 2 if boundary else 0
    length = nperseg + (frames - 1) * cut.hop - 2 * border
    coverage = _coverage(cut, frames)[border : border + length]
    if np.any(coverage <= _TINY):
        warnings.warn("NOLA condition failed, STFT may not be invertible", stacklevel=2)
    x = transforms.istft(
        np.moveaxis(Zxx, (freq_axis, time_axis), (-2, -1)),
        taps.conj(),
        hop=cut.hop,
        n_fft=cut.n_fft,
        first=-border,
        length=length,
        sides="onesided" if input_onesided else "twosided",
        phase="start",
        scaling=gain,
        fs=fs,
        threshold=_relative(_TINY, cut),
    )
    if x.ndim > 1:
        x = np.moveaxis(x, -1, time_axis - (freq_axis < time_axis))
    return np.arange(length) / float(fs), x


def spectrogram(
    x: ArrayLike,
    fs: float = 1.0,
    window: Any = ("tukey", 0.25),
    nperseg: Optional[int] = None,
    noverlap: Optional[int] = None,
    nfft: Optional[int] = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    mode: str = "psd",
) -> Tuple[NDArray, NDArray, NDArray]:
    """scipy.signal.spectrogram(): frequencies, times, and by mode "psd" the power, "complex" the spectra, "magnitude", "angle" or
    "phase" (unwrapped along time).

    >>> f, t, P = spectrogram(np.cos(np.pi / 2 * np.arange(1024)), 8.0, nperseg=64)
    >>> float(f[np.argmax(P[:, 3])]), P.shape
    (2.0, (33, 18))
    """
    modes = ["psd", "complex", "magnitude", "angle", "phase"]
    if mode not in modes:
        raise ValueError(f"unknown value for mode {mode}, must be one of {modes}")
    gain = _gain_named(scaling, {"density": "psd", "spectrum": "magnitude"})
    (x,) = _as_floats(x)
    if x.size == 0:
        return np.empty(x.shape), np.empty(x.shape), np.empty(x.shape)
    samples = np.moveaxis(x, axis, -1)
    cut = _segments(samples.shape[-1], window, nperseg, noverlap, nfft, fs, detrend, axis, overlap_part=8)
    sides = _sides(return_onesided, x)
    frames = (samples.shape[-1] - cut.length) // cut.hop + 1
    spectra = _spectra(samples, cut, 0, frames, sides, gain)
    if mode == "psd":
        values = _doubled(_power(spectra), cut, sides)
    elif mode == "complex":
        values = spectra
    elif mode == "magnitude":
        values = np.abs(spectra)
    else:
        values = np.angle(spectra)
    values = _bins_first(values, axis)
    if mode == "phase":  # along the bins, where SciPy unwraps them, which also moves a negative axis by the one that frames have
        values = np.unwrap(values, axis=axis if axis >= 0 else axis - 1)
    return _frequencies(cut, sides), _times(cut, frames), values


def csd(
    x: ArrayLike,
    y: ArrayLike,
    fs: float = 1.0,
    window: Any = "hann",
    nperseg: Optional[int] = None,
    noverlap: Optional[int] = None,
    nfft: Optional[int] = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    average: str = "mean",
) -> Tuple[NDArray, NDArray]:
    """scipy.signal.csd(): frequencies and the average of conj(X) Y; real where y is x.

    >>> x = np.random.default_rng(1).standard_normal(4096)
    >>> f, P = csd(x, 2 * x, nperseg=64)
    >>> bool(np.allclose(P, 2 * welch(x, nperseg=64)[1]))
    True
    """
    gain = _gain_named(scaling, {"density": "psd", "spectrum": "magnitude"})
    if average not in ("mean", "median"):
        raise ValueError(f'average must be "median" or "mean", got {average}')
    same = y is x
    x, y = _as_floats(x, y)
    for one in (x, y):
        np.moveaxis(one, axis, -1)  # raises where there is no such axis
    try:
        x, y = (x, x) if same else _with_common_channels(x, y, axis)
    except ValueError as e:
        raise ValueError("x and y cannot be broadcast together.") from e
    if x.size == 0 or y.size == 0:
        shape = list(x.shape)
        shape[axis] = min(x.shape[axis], y.shape[axis])
        return np.empty(shape), np.empty(shape)
    length = max(x.shape[axis], y.shape[axis])
    cut = _segments(length, window, nperseg, noverlap, nfft, fs, detrend, axis)
    sides = _sides(return_onesided, x, y)
    frames = (length - cut.length) // cut.hop + 1
    X = _spectra(np.moveaxis(x, axis, -1), cut, 0, frames, sides, gain)
    if same:
        P = _power(X)
    else:
        P = X.conj() * _spectra(np.moveaxis(y, axis, -1), cut, 0, frames, sides, gain)
    P = _doubled(P, cut, sides)
    P = P.mean(axis=-1) if average == "mean" else _median(P)
    return _frequencies(cut, sides), np.moveaxis(P, -1, axis)


def welch(
    x: ArrayLike,
    fs: float = 1.0,
    window: Any = "hann",
    nperseg: Optional[int] = None,
    noverlap: Optional[int] = None,
    nfft: Optional[int] = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    average: str = "mean",
) -> Tuple[NDArray, NDArray]:
    """scipy.signal.welch(): csd() of a signal with itself."""
    return csd(x, x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average)


def coherence(
    x: ArrayLike,
    y: ArrayLike,
    fs: float = 1.0,
    window: Any = "hann",
    nperseg: Optional[int] = None,
    noverlap: Optional[int] = None,
    nfft: Optional[int] = None,
    detrend: Detrend = "constant",
    axis: int = -1,
) -> Tuple[NDArray, NDArray]:
    """scipy.signal.coherence(): frequencies and |P_xy|^2 / (P_xx P_yy).

    >>> x = np.random.default_rng(1).standard_normal(4096)
    >>> bool(np.allclose(coherence(x, -3 * x, nperseg=64)[1], 1))
    True
    """
    made = dict(fs=fs, window=window, nperseg=nperseg, noverlap=noverlap, nfft=nfft, detrend=detrend, axis=axis)
    f, Pxx = welch(x, **made)
    _, Pyy = welch(y, **made)
    _, Pxy = csd(x, y, **made)
    return f, np.abs(Pxy / np.sqrt(Pxx) / np.sqrt(Pyy)) ** 2  # no product of powers, which may not fit into their type


def _segments(
    length: int,
    window: Any,
    nperseg: Optional[int],
    noverlap: Optional[int],
    nfft: Optional[int],
    fs: float,
    detrend: Detrend,
    axis: int,
    overlap_part: int = 2,
) -> _Segments:
    """With SciPy's defaults filled in for a signal of this length."""
    nperseg = None if nperseg is None else _positive("nperseg", nperseg)
    if _is_named(window):
        nperseg = 256 if nperseg is None else nperseg
        if nperseg > length:
            warnings.warn(f"nperseg = {nperseg} is greater than input length  = {length}, using nperseg = {length}", stacklevel=3)
            nperseg = length
        taps = _taps(window, nperseg, "")
    else:
        taps = _taps(window, nperseg, "value specified for nperseg is different from length of window")
        if len(taps) > length:
            raise ValueError("window is longer than input signal")
    noverlap = _overlap(len(taps), len(taps) // overlap_part if noverlap is None else noverlap)
    return _Segments(taps, len(taps) - noverlap, _fft_length(nfft, len(taps)), fs, detrend, axis)


def _is_named(window: Any) -> bool:
    return isinstance(window, (str, tuple, float))


def _taps(window: Any, nperseg: Optional[int], of_another_length: str) -> NDArray:
    if _is_named(window):
        return sample_window_as_scipy(window, nperseg)
    taps = np.asarray(window)
    if taps.ndim != 1:
        raise ValueError("window must be 1-D")
    if nperseg is not None and len(taps) != nperseg:
        raise ValueError(of_another_length)
    return taps


def _positive(name: str, value: Any) -> int:
    if int(value) < 1:
        raise ValueError(f"Parameter {name}={value}: {name} must be a positive integer")
    return int(value)


def _overlap(nperseg: int, noverlap: Optional[int]) -> int:
    noverlap = nperseg // 2 if noverlap is None else int(noverlap)
    if noverlap >= nperseg:
        raise ValueError("noverlap must be less than nperseg.")
    return noverlap


def _fft_length(nfft: Optional[int], nperseg: int) -> int:
    nfft = nperseg if nfft is None else int(nfft)
    if nfft < nperseg:
        raise ValueError("nfft must be greater than or equal to nperseg.")
    return nfft


def _gain_named(scaling: str, names: dict) -> str:
    """The kernels' name of a scaling."""
    if scaling not in names:
        raise ValueError(f"Parameter {scaling=} not in {list(names)}!")
    return names[scaling]


def _sides(onesided: bool, *signals: NDArray) -> str:
    if onesided and any(map(np.iscomplexobj, signals)):
        warnings.warn("Input data is complex, switching to return_onesided=False", stacklevel=3)
        return "twosided"
    return "onesided" if onesided else "twosided"


def _as_floats(*signals: ArrayLike) -> Tuple[NDArray, ...]:
    """Of the precision in which SciPy computes all of them: single also for integers of 16 bits. What is no number stays as it is."""
    arrays = [np.asarray(one) for one in signals]
    common = np.result_type(*arrays, np.complex64)
    if common.kind != "c":
        return tuple(arrays)
    real = arguments._precision(np.empty(0, common).real.dtype)
    return tuple(one.astype(arguments._complex(real) if one.dtype.kind == "c" else real, copy=False) for one in arrays)


def _with_common_channels(x: NDArray, y: NDArray, axis: int) -> Tuple[NDArray, NDArray]:
    """Both with the channels of either; lengths along the axis stay."""
    last = [np.moveaxis(one, axis, -1) for one in (x, y)]
    channels = np.broadcast_shapes(*(one.shape[:-1] for one in last))
    return tuple(np.moveaxis(np.broadcast_to(one, channels + one.shape[-1:]), -1, axis) for one in last)  # type: ignore


def _spectra(x: NDArray, cut: _Segments, first: int, frames: int, sides: str, gain: str) -> NDArray:
    """Scaled spectra (..., bins, frames) of signals (..., samples)."""
    made = dict(n_fft=cut.n_fft, sides=sides, phase="start", scaling=gain, fs=cut.fs)
    window = cut.window.conj()  # SciPy weighs with the window as it is
    if not callable(cut.detrend):
        trend = _TRENDS.get(cut.detrend, cut.detrend) or None
        return transforms.stft(x, window, hop=cut.hop, first=first, frames=frames, detrend=trend, **made)
    x = extension.extended(x, -first, first + (frames - 1) * cut.hop + cut.length - x.shape[-1], "zeros")
    segments = np.lib.stride_tricks.sliding_window_view(x, cut.length, axis=-1)[..., :: cut.hop, :][..., :frames, :]
    segments = np.moveaxis(segments.copy(), -1, cut.axis)  # the function may write to its argument
    segments = np.moveaxis(np.asarray(cut.detrend(segments)), cut.axis, -1)
    return transforms.stft(segments, window, hop=cut.length, first=0, frames=1, **made)[..., 0].swapaxes(-1, -2)


def _power(spectra: NDArray) -> NDArray:
    return spectra.real**2 + spectra.imag**2


def _doubled(power: NDArray, cut: _Segments, sides: str) -> NDArray:
    """One-sided powers (..., bins, frames) with those of negative frequencies."""
    if sides == "onesided":
        power[..., 1 : None if cut.n_fft % 2 else -1, :] *= 2
    return power


def _median(values: NDArray) -> NDArray:
    """Median over the last axis, without the bias that it has for powers of noise."""
    n = values.shape[-1]
    even = 2.0 * np.arange(1, (n - 1) // 2 + 1)
    bias = 1 + np.sum(1 / (even + 1) - 1 / even)
    if np.iscomplexobj(values):
        return (np.median(values.real, axis=-1) + 1j * np.median(values.imag, axis=-1)) / bias
    return np.median(values, axis=-1) / bias


def _frequencies(cut: _Segments, sides: str) -> NDArray:
    return (np.fft.rfftfreq if sides == "onesided" else np.fft.fftfreq)(cut.n_fft, 1 / cut.fs)


def _times(cut: _Segments, frames: int, bordered: bool = False) -> NDArray:
    """Of the segments' middles; with borders, segment 0 is taken for centred at 0."""
    half = cut.length / 2
    times = (half + np.arange(frames) * cut.hop) / float(cut.fs)
    return times - half / cut.fs if bordered else times


def _bins_first(values: NDArray, axis: int) -> NDArray:
    """(..., bins, frames) with the bins where the samples were, and the frames last."""
    return np.moveaxis(values, -2, axis if axis >= 0 else axis - 1)


def _coverage(cut: _Segments, frames: int) -> NDArray:
    """Sum of the squared windows at each sample under the frames."""
    return Frames(cut.length, cut.length, cut.hop).coverage(cut.window, frames)


def _relative(least: float, cut: _Segments) -> float:
    """A least coverage as a part of the largest that there is."""
    most = np.max(_coverage(cut, 2 * (-(-cut.length // cut.hop))))
    return min(least / most, 0.999999) if most > 0 else 0.0


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module {__name__} has no attribute {name!r}: it has {', '.join(__all__)}; import the rest from scipy.signal itself")
