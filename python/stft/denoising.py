# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Noise taken out of signals by gains on their spectra: of arrays, of streams in pieces, and of spectra.

The gain of a cell follows from the ratio of its power to that of the noise, which is tracked, learned from a stretch, or given.
The same kernel as in the block spectral_gain_vcvc gives the same bits.
"""

from __future__ import annotations

import math
from typing import Any, Dict, Iterable, List, Optional, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .arguments import (
    Window,
    _array,
    _bins,
    _channels,
    _complex,
    _design,
    _either_spelling,
    _first,
    _frame_major,
    _hop,
    _is_real,
    _keeps,
    _layout,
    _lengths,
    _one_dimensional,
    _positive,
    _precision,
    _word,
    _truth,
    _workers,
)
from .stft_python import kernels

Event = Dict[str, Any]
Noise = Union[None, Tuple[float, float], ArrayLike]

_SETTINGS = """
    method: rule for the gains. "wiener": least mean square error, the default. "log_mmse": of the logarithm of amplitudes, which
        takes less away where that is uncertain. "subtraction": the power of the noise is subtracted.
    tracking: how the noise is known. "presence": it follows the cells in which a signal is improbable, so what lasts for a second
        or so is noise. "floor": that of detect(): what stands out of its neighbours in frequency is signal, however long it
        lasts. "held": as it was given or learned, else the mean of the first frames. "automatic": held if noise or learn is given,
        else presence for real and floor for complex signals.
    gain_floor: dB of the least gain, -200 .. 0, by default -35; the noise that is left covers the musical tones.
    oversubtraction: factor on the power of the noise, 0.1 .. 100.
    memory: weight of the frame before in the ratio of signal to noise, 0 .. 0.9999, where frames are a quarter of a window apart.
    smoothing: bins over which power is averaged in that ratio, odd, at most 63. refine: True: estimate it a second time.
    detail_memory: weight of the frames before in the detail of that ratio over bins, 0 .. 0.9999, against musical tones; 0: it is as it is.
    learn: frames from which the noise is learned, the first ones.
    keep, reject: bands whose gain is 1, and 0: "lower:upper,..." or pairs, Hz. mask: (bins,), a factor on each bin's gain, 0 .. 1.
    events: what becomes of the cells of `detected`: "keep" (their gain is 1), "reject" (0), or "only" (0 for all others).
"""
_NEVER = 2**62  # samples
_OF_FRAMES = ("n_fft", "hop", "win_length", "placement", "sides", "samp_rate", "noise")


class Denoiser:
    """Takes the noise out of a stream of samples: push() them in pieces of any size, with the same result as denoise()."""

    def __init__(
        self,
        window: Window = "hann",
        *,
        dtype: DTypeLike = np.float32,
        hop: Optional[int] = None,
        win_length: Optional[int] = None,
        n_fft: Optional[int] = None,
        placement: str = "centred",
        fs: float = 1.0,
        noise: Optional[ArrayLike] = None,
        **settings: Any,
    ) -> None:
        dtype = np.dtype(dtype)
        if dtype.kind not in "fc":
            raise ValueError(f"dtype: {dtype}: must be real or complex floating point")
        self._dtype = _precision(dtype)
        if not _is_real(window):
            self._dtype = _complex(self._dtype)
        design, given = _made(window, self._dtype, hop, win_length, n_fft, placement, fs, settings)
        if noise is not None:
            given["noise"] = _powers(noise)
        self._kernel = getattr(kernels, f"denoiser_{self._dtype}")(design, **given)

    def push(self, x: ArrayLike) -> NDArray:
        """The next samples, one-dimensional -> those that are ready, of the dtype given."""
        x = _one_dimensional("x", _array("x", x))
        if x.dtype.kind == "c" and self._dtype.kind != "c":
            raise ValueError(f"x: {x.dtype}: must be real, as dtype {self._dtype} is")
        return self._kernel.push(np.ascontiguousarray(x, self._dtype))

    def finish(self) -> NDArray:
        """No more samples -> the rest. As many have come out as went in."""
        return self._kernel.finish()

    def change(self, **settings: Any) -> None:
        """Other settings from the next frame on; noise (bins,) or learn (frames) replace what is known."""
        if settings.get("noise") is not None:
            settings["noise"] = _powers(settings["noise"])
        self._kernel.change(**_with_bands(settings))

    def add(self, detected: Iterable[Event]) -> None:
        """Events of detect(), whose cells `events` is about; they must not lie in frames that are done."""
        _add_events(self._kernel, detected)

    def reset(self) -> None:
        """Forgets the noise."""
        self._kernel.reset()

    @property
    def noise(self) -> NDArray:
        """Power of the noise in each bin, |X|^2, after the last frame."""
        return self._kernel.noise

    @property
    def to_learn(self) -> int:
        """Frames that the noise is still to be learned from."""
        return self._kernel.to_learn


@_either_spelling
def denoise(
    x: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    placement: str = "centred",
    fs: float = 1.0,
    noise: Noise = None,
    detected: Iterable[Event] = (),
    axis: int = -1,
    workers: int = 1,
    **settings: Any,
) -> NDArray:
    """A signal without its noise, of the same shape and length: STFT, gains, inverse STFT.

    x: real or complex samples. window, hop, win_length, n_fft, placement: as in stft(). For speech, windows of 64 ms are best.
    fs: Hz, for noise, keep and reject.
    noise: a stretch of x that holds noise alone, (start, stop) in seconds; or its power |X|^2 in each bin, as noise_power() gives
        it; None: it is tracked. With a stretch, each channel has its own.
    detected: events of detect() in x; see `events`.
    workers: threads, 1 .. 1024, which share the channels.

    Returns float32, float64, complex64 or complex128. Frames with NaN or infinity give such samples; others do not depend on them.
    Sources: Ephraim and Malah, IEEE Trans. ASSP 32, 1984 and 33, 1985; Plapous, Marro and Scalart, IEEE Trans. ASLP 14, 2006;
    Gerkmann and Hendriks, IEEE Trans. ASLP 20, 2012.

    >>> draw = np.random.default_rng(1)
    >>> tone = np.sin(0.2 * np.pi * np.arange(20000)) * (np.arange(20000) % 5000 < 2500)
    >>> y = denoise(tone + draw.normal(0, 0.3, 20000), n_fft=512)
    >>> bool(np.mean((y - tone) ** 2) < 0.1 * 0.3**2)
    True
    """
    samples, shape = _channels(x, axis)
    if not _is_real(window):
        samples = samples.astype(_complex(samples.dtype), copy=False)
    design, given = _made(window, samples.dtype, hop, win_length, n_fft, placement, fs, settings)
    workers = _workers(workers)
    detected = list(detected)
    if noise is not None and not _is_stretch(noise):
        given["noise"] = _powers(noise)
    made = []
    for channel in samples:
        if _is_stretch(noise):
            part = _stretch(noise, fs, len(channel))
            given["noise"] = kernels.noise_power(design, np.ascontiguousarray(channel[part])).tolist()
        kernel = getattr(kernels, f"denoiser_{samples.dtype}")(design, **given)
        _add_events(kernel, detected)
        made.append(kernel)
    out = np.empty_like(samples)

    def run(pair: Tuple[Any, int]) -> None:
        kernel, number = pair
        ready = kernel.push(samples[number])
        out[number, : len(ready)] = ready
        out[number, len(ready) :] = kernel.finish()

    jobs = [(kernel, number) for number, kernel in enumerate(made)]
    if workers > 1 and len(jobs) > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(workers, len(jobs))) as pool:
            list(pool.map(run, jobs))
    else:
        for job in jobs:
            run(job)
    return np.moveaxis(out.reshape(shape + (samples.shape[1],)), -1, axis)


denoise.__doc__ += "\n" + _SETTINGS


@_either_spelling
def denoise_spectra(
    X: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    sides: Optional[str] = None,
    fs: float = 1.0,
    noise: Optional[ArrayLike] = None,
    detected: Iterable[Event] = (),
    gains: bool = False,
    **settings: Any,
) -> Union[NDArray, Tuple[NDArray, NDArray]]:
    """Spectra without their noise: what the block spectral_gain_vcvc does.

    X: (..., bins, frames), of stft() in any scaling. window, hop, win_length, n_fft, placement, first, sides: as they were for stft().
    noise: its power |X|^2 in each bin; None: it is tracked. fs, detected and the other settings: as in denoise().
    gains: True: return (spectra, gains), gains real, of the same shape.

    >>> X = stft(np.random.default_rng(1).standard_normal(20000), n_fft=256)
    >>> Y = denoise_spectra(X, n_fft=256)
    >>> bool(np.mean(np.abs(Y[:, 20:]) ** 2) < 0.02 * np.mean(np.abs(X) ** 2))
    True
    """
    spectra, shape = _frame_major(X)
    _, frames, bins = spectra.shape
    sides, n_fft, win_length = _layout("X", bins, sides, window, win_length, n_fft)
    hop = _hop(hop, win_length)
    start = _first(first, win_length, hop, placement, frames)
    gains = _truth("gains", gains)
    given = _settings(n_fft, hop, win_length, placement, sides, fs, settings)
    if noise is not None:
        given["noise"] = _powers(noise)
    detected = list(detected)
    out, factors = np.empty_like(spectra), np.empty(spectra.shape, spectra.real.dtype)
    for channel in range(len(spectra)):
        kernel = getattr(kernels, f"spectral_gain_{spectra.dtype}")(**given)
        kernel.begin_at(start)
        _add_events(kernel, detected)
        out[channel], factors[channel] = kernel.apply(spectra[channel])
    Y, G = (array.reshape(shape + (frames, bins)).swapaxes(-1, -2) for array in (out, factors))
    return (Y, G) if gains else Y


@_either_spelling
def noise_power(
    x: ArrayLike,
    window: Window = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    axis: int = -1,
) -> NDArray:
    """Power |X|^2 of noise in each bin, (..., bins): the mean of the frames that lie wholly in x.

    window, hop, win_length, n_fft: as in stft(). x must be as long as the window.

    >>> power = noise_power(np.random.default_rng(1).standard_normal(100000), n_fft=256)
    >>> bool(np.all(np.abs(power[1:-1] / (256 * 3 / 8) - 1) < 0.25))
    True
    """
    samples, shape = _channels(x, axis)
    if not _is_real(window):
        samples = samples.astype(_complex(samples.dtype), copy=False)
    n_fft, win_length = _lengths(window, win_length, n_fft)
    sides = "onesided" if samples.dtype.kind == "f" else "twosided"
    design = _design(n_fft, _hop(hop, win_length), window, win_length, "centre", "none", 1.0, sides)
    if samples.shape[1] < win_length:
        raise ValueError(f"x: {samples.shape[1]} samples: must hold a window, {win_length}")
    return np.reshape([kernels.noise_power(design, channel) for channel in samples], shape + (_bins(n_fft, sides),))


def _made(window, dtype, hop, win_length, n_fft, placement, fs, settings):
    """The design of the STFT, and the settings of the gains as the kernels take them; all of it is checked."""
    sides = "onesided" if dtype.kind == "f" else "twosided"
    n_fft, win_length = _lengths(window, win_length, n_fft)
    hop = _hop(hop, win_length)
    _first(None, win_length, hop, placement)
    _positive("fs", fs)
    design = kernels.parameters(
        n_fft=n_fft, hop=hop, window=window, win_length=win_length, phase="centre", scaling="none", samp_rate=float(fs),
        sides=sides, placement=placement)
    return design, _settings(n_fft, hop, win_length, placement, sides, fs, settings)


def _settings(n_fft, hop, win_length, placement, sides, fs, settings):
    for name in _OF_FRAMES:
        if name in settings:
            raise ValueError(f"{name}: {settings[name]!r}: is no setting of gains")
    given = dict(_with_bands(settings), n_fft=n_fft, hop=hop, win_length=win_length, placement=_word(placement),
                 sides=sides, samp_rate=float(fs))
    kernels.check_gain(**given)
    return given


def _with_bands(settings: Dict[str, Any]) -> Dict[str, Any]:
    """Settings with bands as text and arrays as lists."""
    settings = dict(settings)
    for name in ("keep", "reject"):
        bands = settings.get(name, "")
        if not isinstance(bands, str):
            try:
                settings[name] = ",".join(f"{float(lower)!r}:{float(upper)!r}" for lower, upper in bands)
            except (TypeError, ValueError):
                raise ValueError(f"{name}: {bands!r}: must be text or pairs (lower, upper) in Hz") from None
    if settings.get("mask") is None:
        settings.pop("mask", None)
    else:
        settings["mask"] = _powers(settings["mask"], "mask")
    return settings


def _powers(values: ArrayLike, name: str = "noise") -> List[float]:
    """One number for each bin."""
    array = _array(name, values)
    if array.ndim != 1 or array.dtype.kind == "c":
        raise ValueError(f"{name}: {array.dtype} of shape {array.shape}: must be a real number for each bin")
    return array.astype(float).tolist()


def _is_stretch(noise: Noise) -> bool:
    return isinstance(noise, tuple)


def _stretch(noise: Any, fs: float, length: int) -> slice:
    """The samples from `start` to `stop` seconds."""
    if len(noise) != 2 or not all(_keeps(math.isfinite, edge) for edge in noise) or not noise[0] < noise[1]:
        raise ValueError(f"noise: {noise!r}: must be (start, stop) in seconds, start < stop, or the power in each bin")
    begin, end = (round(float(edge) * fs) for edge in noise)
    if begin < 0 or end > length:
        raise ValueError(f"noise: {noise!r}: must lie in 0 .. {length / fs:g} s")
    return slice(begin, end)


def _add_events(kernel: Any, detected: Iterable[Event]) -> None:
    """Gives a kernel the cells of bursts and carriers."""
    for number, event in enumerate(detected):
        try:
            if event.get("kind", "burst") not in ("burst", "carrier") or event.get("cut") == "withdrawn":
                continue
            centre = event.get("freq_center") or 0.0
            first, count = int(event["sample_start"]), int(event["sample_count"])
            lower, upper = float(event["freq_lower"]) - centre, float(event["freq_upper"]) - centre
            if not (abs(first) < _NEVER and 0 <= count < _NEVER and lower <= upper):
                raise ValueError
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            raise ValueError(f"detected: {event!r}: must be an event, as detect() returns them") from None
        kernel.add_event(number, first, first + count, lower, upper)
