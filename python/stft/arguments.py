# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What the functions on arrays take for a number, an array, a window or a layout of bins, and how they refuse anything else.

transforms.py says what the arguments mean. A refusal is a ValueError "name: value: rule".
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
import operator
import sys
import warnings
from typing import AbstractSet, Any, Callable, Container, Iterator, Optional, Sequence, Tuple, TypeVar, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .stft_python import kernels

Window = Union[str, float, Tuple[Any, ...], ArrayLike]

_LONGEST_WINDOW = 2**28
_ADDRESSED = 128  # TiB that a process of 64 bits can have: 2^47 bytes
_MOST_CHANNELS, _FEWEST_SAMPLES = 32, 1000  # of arrays whose axes may be the other way round
_SIDES = ("onesided", "twosided", "centered")
_COMPLEX = {np.dtype(real): np.dtype(pair) for real, pair in ((np.float32, np.complex64), (np.float64, np.complex128))}
_Returned = TypeVar("_Returned")
_SPELLINGS = {"center": "centre", "samp_rate": "fs"}
_ELSEWHERE = {  # names of arguments in SciPy, librosa, PyTorch and MATLAB, and what says the same here
    "nperseg": "win_length", "noverlap": "hop, which is win_length - noverlap", "overlap": "hop, from frame to frame", "nfft": "n_fft", "mfft": "n_fft", "fft_length": "n_fft",
    "hop_length": "hop", "win": "window", "sr": "fs", "Fs": "fs", "sample_rate": "fs", "boundary": "extend", "pad_mode": "extend",
    "padding": "extend", "padded": "frames", "center": "placement", "centre": "placement", "return_onesided": "sides",
    "onesided": "sides", "fft_mode": "sides", "normalized": "scaling", "scale_to": "scaling", "mode": "kind", "n_iter": "iterations",
    "init": "initial", "random_state": "seed", "n_steps": "semitones", "n_mels": "bands", "fmin": "f_min", "fmax": "f_max",
    "ssq_freqs": "grid", "phase_shift": "phase", "time_axis": "axis", "y": "x", "input": "x",
}
_RATES = ("sr", "Fs", "fs", "samp_rate", "sample_rate")
_IN_COMPAT = {  # functions that gnuradio.stft.compat has under the same name, and where
    "stft": "signal, librosa and torch", "istft": "signal, librosa and torch", "spectrogram": "signal", "csd": "signal",
    "coherence": "signal",
}  # fmt: skip


def _either_spelling(function: Callable[..., _Returned]) -> Callable[..., _Returned]:
    """The function, whose arguments `centre` and `fs` may also be given as `center` and `samp_rate`."""
    positions = {name: position for position, name in enumerate(inspect.signature(function).parameters)}
    spellings = {other: name for other, name in _SPELLINGS.items() if name in positions}
    takes_any = any(one.kind is one.VAR_KEYWORD for one in inspect.signature(function).parameters.values())

    @functools.wraps(function)
    def either(*arguments: Any, **given: Any) -> _Returned:
        if not takes_any and not given.keys() <= positions.keys():
            _refuse_unknown(function.__name__, given.keys() - positions.keys() - spellings.keys(), positions)
        used = [other for other in spellings if other in given]
        if not used:
            return function(*arguments, **given)
        for other in used:
            name, value = spellings[other], given.pop(other)
            by_position = arguments[positions[name] : positions[name] + 1]
            already = by_position[0] if by_position else given.setdefault(name, value)
            if not (already is value or np.array_equal(already, value)):
                raise ValueError(f"{other}: {value}: is given already, as {name} = {already}")
        try:
            return function(*arguments, **given)
        except ValueError as refusal:
            for other in used:
                if str(refusal).startswith(f"{spellings[other]}: "):
                    raise ValueError(other + str(refusal)[len(spellings[other]) :]) from None
            raise

    either.spellings = spellings  # type: ignore[attr-defined]
    return either


def _refuse_unknown(function: str, names: AbstractSet[str], known: Container[str]) -> None:
    """TypeError for names that are none of the function's arguments, with those that stand for them here."""
    if not names:
        return
    here = {name: _ELSEWHERE.get(name, "") for name in sorted(names)}
    here = {name: words if words.split(",")[0] in known else "" for name, words in here.items()}
    if "fs" not in known:
        here.update({name: "none, no rate is needed" for name in here if name in _RATES})
    said = ", ".join(f"{name!r} (here: {words})" if words else repr(name) for name, words in here.items())
    where = "; see docs/from_other_libraries.md" if any(here.values()) else ""
    if where and function in _IN_COMPAT:
        where += f", and {function}() with other libraries' own names in gnuradio.stft.compat: {_IN_COMPAT[function]}"
    raise TypeError(f"{function}() got an unexpected keyword argument {said}{where}")


@contextlib.contextmanager
def _named_fs() -> Iterator[None]:
    """Refusals of the kernels' samp_rate name it fs."""
    try:
        yield
    except ValueError as refusal:
        if str(refusal).startswith("samp_rate: "):
            raise ValueError("fs" + str(refusal)[len("samp_rate") :]) from None
        raise


def _points_for(taps: NDArray, n_fft: Optional[int]) -> int:
    """n_fft, by default as many points as there are taps."""
    return max(1, np.size(taps)) if n_fft is None else _integer("n_fft", n_fft)


def _channels(x: ArrayLike, axis: int) -> Tuple[NDArray, Tuple[int, ...]]:
    """x as (channels, samples), contiguous and of a dtype that the kernels know; and the shape of the channels."""
    x = _array_along("x", x, axis)
    if axis not in (-1, x.ndim - 1):
        x = np.moveaxis(x, axis, -1)
    flat = np.ascontiguousarray(x, _precision(x.dtype)).reshape(math.prod(x.shape[:-1]), x.shape[-1])
    return flat, x.shape[:-1]


def _frame_major(X: ArrayLike, name: str = "X") -> Tuple[NDArray, Tuple[int, ...]]:
    """Spectra (..., bins, frames) as (channels, frames, bins), contiguous; and the shape of the channels."""
    X = _spectra(name, X)
    if X.shape[-2] == 0:
        raise ValueError(f"{name}: 0 bins: must have one or more")
    X = X.swapaxes(-1, -2)
    flat = np.ascontiguousarray(X, _complex(_precision(X.dtype)))
    return flat.reshape((math.prod(X.shape[:-2]),) + X.shape[-2:]), X.shape[:-2]


def _array(name: str, values: ArrayLike) -> NDArray:
    """An array of numbers: the one place that decides what is taken for one."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        missing = np.ma.count_masked(values)
        raise ValueError(f"{name}: masked array: {missing} of its values are masked: give it filled, or without them")
    try:
        values = np.asarray(values)
    except RuntimeError as error:  # a tensor of PyTorch that wants a gradient
        raise ValueError(f"{name}: {type(values).__name__}: {error} gnuradio.stft.torch has functions with gradients") from None
    except ValueError:  # rows of different length
        raise ValueError(f"{name}: {type(values).__name__}: must be an array of numbers") from None
    if values.dtype.kind not in "iufc":
        raise ValueError(f"{name}: dtype {values.dtype}: must be numbers")
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _real_array(name: str, values: ArrayLike) -> NDArray:
    """An array of real numbers."""
    values = _array(name, values)
    if values.dtype.kind == "c":
        raise ValueError(f"{name}: dtype {values.dtype}: must be real numbers")
    return values


def _array_along(name: str, values: ArrayLike, axis: int = -1) -> NDArray:
    """An array of numbers that has this axis."""
    values = _array(name, values)
    if values.ndim == 0:
        raise ValueError(f"{name}: 0 dimensions: must have one or more")
    if not -values.ndim <= _integer("axis", axis) < values.ndim:
        raise ValueError(f"axis: {axis}: must be an axis of {name}, which has {values.ndim}")
    _warn_of_samples_first(name, values.shape, axis)
    return values


def _warn_of_samples_first(name: str, shape: Tuple[int, ...], axis: int) -> None:
    """Warns of a signal that has its samples and its channels the other way round, as soundfile reads them."""
    samples = shape[axis]
    if name in ("x", "y") and len(shape) == 2 and 0 < samples <= _MOST_CHANNELS and max(shape) >= _FEWEST_SAMPLES:
        warnings.warn(
            f"{name}: shape {shape}: is taken for {max(shape)} channels of {samples} samples along axis {axis}:"
            f" if it holds {samples} channels, give {name}.T",
            stacklevel=_frames_of_ours(),
        )


def _frames_of_ours() -> int:
    """The stacklevel, for its caller, of whoever called this package."""
    count, frame = 0, sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("gnuradio.stft."):
        count, frame = count + 1, frame.f_back  # type: ignore[assignment]
    return count + 1


def _one_dimensional(name: str, values: NDArray) -> NDArray:
    """The array, which must be one channel."""
    if values.ndim != 1:
        hint = ""
        if values.ndim == 2 and name in ("x", "y"):
            hint = f": one channel of it is {name}[:, 0]" if values.shape[0] > values.shape[1] else f": one channel of it is {name}[0]"
        raise ValueError(f"{name}: shape {values.shape}: must be one-dimensional{hint}")
    return values


def _spectra(name: str, values: ArrayLike) -> NDArray:
    """An array of numbers (..., bins, frames)."""
    values = _array(name, values)
    if values.ndim < 2:
        made = ", which stft() makes of a signal" if values.ndim == 1 else ""
        raise ValueError(f"{name}: {values.ndim} dimensions: must be (..., bins, frames){made}")
    return values


def _precision(dtype: np.dtype) -> np.dtype:
    if dtype.kind == "c":
        return np.dtype(np.complex64 if dtype.itemsize <= 8 else np.complex128)
    return np.dtype(np.float32 if dtype.kind == "f" and dtype.itemsize <= 4 else np.float64)


def _complex(dtype: np.dtype) -> np.dtype:
    return _COMPLEX.get(dtype) or np.result_type(dtype, np.complex64)


def _lengths(window: Window, win_length: Optional[int], n_fft: Optional[int]) -> Tuple[int, int]:
    """n_fft and win_length with their defaults filled in."""
    taps = _taps_in(window)
    if win_length is None:
        win_length = taps or (1024 if n_fft is None else _integer("n_fft", n_fft))
    else:
        win_length = _at_least(1, "win_length", win_length)
        if taps and win_length != taps:
            raise ValueError(f"win_length: {win_length}: must be the number of taps, {taps}")
    n_fft = kernels.checked_n_fft(win_length if n_fft is None else _integer("n_fft", n_fft))
    return n_fft, win_length


def _taps_in(window: Window) -> int:
    """Number of taps, 0 of a named window."""
    if isinstance(window, str):
        return 0
    _check_is_some_window(window)
    if not _is_named(window):
        _array("window", window)
    return kernels.window_length(window)


def _check_is_some_window(window: Window) -> None:
    if window is None or isinstance(window, (bool, np.bool_)):
        raise ValueError(f"window: {window}: must be a name, a tuple (name, parameters ...), a number or taps")
    if isinstance(window, (int, np.integer)):
        rule = "must be a name, a tuple (name, parameters ...), Kaiser's beta as a float, or taps"
        raise ValueError(f"window: {window}: {rule}; n_fft and hop are given by name: n_fft={window}")


def _is_named(window: Window) -> bool:
    name = window[0] if isinstance(window, tuple) and len(window) > 0 else window
    is_id = type(name).__name__ == "win_type"  # GNU Radio's, window.WIN_HANN
    return is_id or isinstance(name, str) or isinstance(window, (float, int))


def _hop(hop: Optional[int], win_length: int) -> int:
    return max(1, win_length // 4) if hop is None else _integer("hop", hop)


def _first(first: Optional[int], win_length: int, hop: int, placement: str, frames: int = 0) -> int:
    """s_0, given or the placement's, once it is known that all frames have their place."""
    framing = _framing(win_length, hop, _word(placement))
    return kernels.checked_first(framing.first() if first is None else _whole("first", first), hop, frames)


def _frames(
    length: int, win_length: int, hop: int, placement: str, first: Optional[int], frames: Optional[int]
) -> Tuple[int, int]:
    count = 0 if frames is None else _at_least(0, "frames", frames)
    first = _first(first, win_length, hop, placement, count)
    return first, _framing(win_length, hop, placement).frames(length, first) if frames is None else count


@functools.lru_cache(maxsize=64)
def _framing(win_length: int, hop: int, placement: str) -> Any:
    return kernels.framing(win_length, hop, placement)


def _design(
    n_fft: int,
    hop: int,
    window: Window,
    win_length: int,
    phase: Union[str, int],
    scaling: str,
    fs: float,
    sides: Optional[str],
    placement: str = "centred",
) -> Any:
    """The kernels' parameters; those of named windows are kept from call to call."""
    _positive("fs", fs)
    made = kernels.parameters if not isinstance(window, str) else _named_design
    return made(
        n_fft=n_fft,
        hop=hop,
        window=window,
        win_length=win_length,
        phase=_phase("phase", phase),
        scaling=_word(scaling),
        samp_rate=float(fs),
        sides=sides,
        placement=placement,
    )


@functools.lru_cache(maxsize=64)
def _named_design(**parameters: Any) -> Any:
    return kernels.parameters(**parameters)


def _phase(name: str, phase: Union[str, int]) -> Union[str, int]:
    if isinstance(phase, str):
        return phase
    try:
        _whole(name, phase)
    except ValueError:
        raise ValueError(f"{name}: {phase!r}: must be start, centre, absolute or an integer") from None
    return _integer(name, phase)


def _sides_named(sides: str) -> str:
    sides = "centered" if isinstance(sides, str) and sides == "centred" else sides
    if not isinstance(sides, str) or sides not in _SIDES:
        raise ValueError(f"sides: {sides}: must be onesided, twosided or centered")
    return sides


def _is_real(window: Window) -> bool:
    _check_is_some_window(window)
    return isinstance(window, str) or kernels.is_real(window)


def _sides(sides: Optional[str], samples: NDArray, window: Window) -> str:
    real = samples.dtype.kind == "f" and _is_real(window)
    if sides is None:
        return "onesided" if real else "twosided"
    sides = _sides_named(sides)
    if sides == "onesided" and not real:
        raise ValueError("sides: onesided: needs real samples and a real window")
    return sides


def _sides_of_spectra(sides: Optional[str], bins: int, n_fft: Optional[int], window: Window) -> str:
    if sides is not None:
        return _sides_named(sides)
    if not _is_real(window):
        return "twosided"
    if n_fft is not None and bins == n_fft != n_fft // 2 + 1:
        return "twosided"
    return "onesided"


def _layout(
    name: str, bins: int, sides: Optional[str], window: Window, win_length: Optional[int], n_fft: Optional[int]
) -> Tuple[str, int, int]:
    """sides, n_fft and win_length of spectra with `bins` bins."""
    taps = _taps_in(window)
    chosen = _sides_of_spectra(sides, bins, n_fft if n_fft is None else _integer("n_fft", n_fft), window)
    if n_fft is None:
        length = taps or (0 if win_length is None else _integer("win_length", win_length))
        n_fft = bins
        if chosen == "onesided":
            fits = length > 0 and length // 2 + 1 == bins
            n_fft = length if fits else max(1, 2 * (bins - 1))
            if sides is None and bins % 2 == 0 and length <= bins and not fits:
                raise ValueError(
                    f"{name}: {bins} bins: may be all of n_fft = {bins}, or the one-sided ones of n_fft = {n_fft}:"
                    " give n_fft or sides"
                )
    n_fft, win_length = _lengths(window, win_length, n_fft)
    if bins != _bins(n_fft, chosen):
        raise ValueError(f"{name}: {bins} bins: must have {_bins(n_fft, chosen)} for n_fft = {n_fft}, {chosen}")
    return chosen, n_fft, win_length


def _bins(n_fft: int, sides: str) -> int:
    return n_fft // 2 + 1 if sides == "onesided" else n_fft


def _check_addressed(shape: Sequence[int], dtype: np.dtype, **sizes: int) -> None:
    """Refuses an array that no process can have, by the greatest of the arguments `sizes` that it follows from."""
    tebibytes = math.prod(map(int, shape)) * np.dtype(dtype).itemsize / 2**40
    if tebibytes > _ADDRESSED:
        name = max(sizes, key=lambda given: sizes[given])
        raise ValueError(f"{name}: {sizes[name]}: must give an array of at most {_ADDRESSED} TiB, which a process can have, not {tebibytes:.4g}")


def _empty(shape: Sequence[int], dtype: np.dtype, **sizes: int) -> NDArray:
    """A new array, once that is known to be one that a process can have."""
    _check_addressed(shape, dtype, **sizes)
    return np.empty(shape, dtype)


def _output(out: Optional[NDArray], shape: Sequence[int], dtype: np.dtype, read: NDArray, **sizes: int) -> NDArray:
    """Frame-major memory: new, or that of out, whose last two axes are swapped. read: what the kernel reads meanwhile; sizes: arguments
    that the shape follows from."""
    if out is None:
        return _empty(shape, dtype, **sizes)
    _check_out(out, tuple(shape[:-2]) + (shape[-1], shape[-2]), dtype, read)
    swapped = np.swapaxes(out, -1, -2)
    if not swapped.flags.c_contiguous or not out.flags.writeable:
        raise ValueError("out: memory order: must be writeable, with each frame's bins together, as stft() returns it")
    return swapped


def _given(out: Optional[NDArray], shape: Tuple[int, ...], dtype: np.dtype, read: NDArray, **sizes: int) -> NDArray:
    """Memory for samples: new, or out. read: what the kernel reads meanwhile; sizes: arguments that the shape follows from."""
    if out is None:
        return _empty(shape, dtype, **sizes)
    _check_out(out, shape, dtype, read)
    if not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError("out: memory order: must be writeable and C-contiguous")
    return out


def _check_out(out: Any, shape: Tuple[int, ...], dtype: np.dtype, read: NDArray) -> None:
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray) or out.shape != shape or out.dtype != dtype:
        raise ValueError(f"out: {getattr(out, 'shape', out)}, {getattr(out, 'dtype', None)}: must be {shape}, {dtype}")
    if np.may_share_memory(out, read):
        raise ValueError("out: memory of what is transformed: must lie apart from it")


def _workers(workers: int) -> int:
    if _at_least(1, "workers", workers) > 1024:
        raise ValueError(f"workers: {workers}: must be 1 .. 1024")
    return int(workers)


def _taps(name: str, window: Window, win_length: Optional[int] = None) -> NDArray:
    """Values of a window that need not be valid for a transform (SciPy's checks take any array)."""
    if isinstance(window, (bool, np.bool_)) or not _is_named(window):
        return _array(name, window)
    if win_length is None:
        raise ValueError(f"{name}: {window}: has no length; give its taps, or their number")
    if _at_least(1, "win_length", win_length) > _LONGEST_WINDOW:
        raise ValueError(f"win_length: {win_length}: must be 1 .. 2^28 samples")
    return kernels.sample_window(window, int(win_length), False)


def _integer(name: str, value: Any) -> int:
    number = _whole(name, value)
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"{name}: {value}: must be below 2^63")
    return number


def _whole(name: str, value: Any) -> int:
    """An integer of any size. True and False are none."""
    try:
        if not isinstance(value, (bool, np.bool_)):
            return operator.index(value)
    except TypeError:
        pass
    raise ValueError(f"{name}: {value!r}: must be an integer")


def _at_least(least: int, name: str, value: Any) -> int:
    value = _integer(name, value)
    if value < least:
        raise ValueError(f"{name}: {value}: must be {least} or more")
    return value


def _word(value: Any) -> str:
    """One of some names. What is no string is shown, as it is written, to those who know the names and refuse it."""
    return value if isinstance(value, str) else repr(value)


def _truth(name: str, value: Any) -> bool:
    """True, False, 1 or 0, as the blocks take them: any other value would be true by accident."""
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise ValueError(f"{name}: {value!r}: must be True or False")


def _detrend(detrend: Optional[str]) -> str:
    """By the kernels' name. SciPy says False where nothing is taken off."""
    return "none" if detrend is None or detrend is False else _word(detrend)


def _keeps(rule: Callable[[Any], bool], value: Any) -> bool:
    """Whether a number keeps a rule. What is no number keeps none."""
    try:
        return not isinstance(value, (bool, np.bool_)) and bool(rule(value))
    except (TypeError, ValueError):
        return False


def _positive(name: str, value: float) -> None:
    if not _keeps(lambda v: 0 < v < math.inf, value):
        raise ValueError(f"{name}: {value}: must be positive and finite")


def _tolerance(tol: float) -> float:
    if not _keeps(lambda v: 0 <= v < 1, tol):
        raise ValueError(f"tol: {tol}: must be 0 <= tol < 1")
    return float(tol)


def _exponent(win_exp: float) -> float:
    if not _keeps(lambda a: 0 <= a <= 16, win_exp):
        raise ValueError(f"win_exp: {win_exp}: must be 0 .. 16")
    return float(win_exp)


def _threshold(threshold: Optional[float]) -> float:
    if threshold is None:
        return -1.0
    if not _keeps(lambda v: 0 <= v < 1, threshold):
        raise ValueError(f"threshold: {threshold}: must be 0 <= threshold < 1")
    return float(threshold)
