# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""STFT, ISTFT, DSTFT, IDSTFT, STFT2D and ISTFT2D for PyTorch: modules and functions whose forward and backward call our
kernels.

>>> from gnuradio.stft import torch as layers
>>> import torch
>>> x = torch.randn(2, 3, 1000)                              # any leading axes
>>> transform = layers.DSTFT(n_fft=128, win_length=90, hop_length=32, window_mode="constant")
>>> spectrogram, spectra = transform(x)
>>> spectra.shape
torch.Size([2, 3, 65, 32])
>>> spectrogram.sum().backward()
>>> transform.win_length.shape, transform.raw_win_length.grad is not None
(torch.Size([1, 1]), True)

Tensors are on the CPU, float32, float64 or their complex types; what comes out has the same precision. Spectra are
(..., bins, frames). Gradients are exact, of the first order. Definitions: gnuradio.stft.stft(), istft(), dstft() and
idstft(), whose arguments have the same names here. Those of images are in gnuradio.stft.torch2d.

DSTFT has the constructor, modes, initialize(), (spectrogram, spectra) and inverse() of the package `dstft` 3 of the
papers' authors. It differs where that one leaves its definition:

- Phase counts from sample 0. Their spectra are (-1)^m times these in bin m; magnitudes agree.
- Each frame has the window of its own real position, in every mode; there, constant and per-bin windows share the first
  frame's fraction of a sample, and the last sample under a window of full length is dropped.
- Lengths, hops and positions are computed in double. What is not learned is what was asked for to the bit (there a hop of
  16 became 15.999999), and the number of frames does not suffer from rounding.
- win_length_max is the upper bound.
- Signals are real or complex, shorter than n_fft, of another length at each call where no frame has a parameter of its
  own; the first call initializes.
- The inverse of bin-dependent windows is the least-squares one. Its method "wola" is one step towards it.

inverse() takes its method, cg_max_iter, cg_tol and cg_lambda; frame_centers() its device and dtype; win_length and hop_length
may be assigned to; plot_spec() and plot_win_lengths() draw, and load_state_dict() reads its checkpoints. docs/torch.md has
all differences in a table.
"""

from __future__ import annotations

import math
from typing import Any, Optional, Tuple, Union

import numpy as np

from . import adjoints, differentiable, torch_checkpoints, torch_windows, transforms
from .tensors import Tensor, _numpy, _tensor, torch
from .torch2d import ISTFT2D, STFT2D, istft2d, stft2d  # noqa: F401
from .torch_plots import plot_spec, plot_win_lengths
from .transforms import _at_least, _bins, _either_spelling, _hop, _layout, _lengths, _positive


def dstft(
    x: Tensor,
    theta: Union[Tensor, float],
    t: Tensor,
    *,
    n_fft: int,
    c: Union[Tensor, float, None] = None,
    window: differentiable.FamilyName = "hann",
    norm: str = "l2",
    sides: Optional[str] = None,
    convention: str = "centre",
) -> Tensor:
    """gnuradio.stft.dstft() with gradients by x, theta, t and c.

    x: (..., samples). theta: window lengths in samples, broadcast to (bins, frames). t: (frames,), positions in samples,
    best in double: a float32 holds no fraction of a late one. c: chirp rates, one or (frames,).
    """
    made = dict(n_fft=n_fft, window=window, norm=norm, sides=sides, convention=convention)
    return _Dstft.apply(x, _double(theta), _double(t), None if c is None else _double(c), made)


def idstft(
    S: Tensor,
    theta: Union[Tensor, float],
    t: Tensor,
    *,
    n_fft: int,
    length: int,
    c: Union[Tensor, float, None] = None,
    window: differentiable.FamilyName = "hann",
    norm: str = "l2",
    sides: Optional[str] = None,
    convention: str = "centre",
    weights: str = "twosided",
    tol: Optional[float] = None,
    max_iterations: int = 100,
) -> Tensor:
    """gnuradio.stft.idstft() with gradients by S, theta, t and c.

    S: (..., bins, frames). With a theta for each bin, backward solves another system of the same size, to the same tol.
    """
    _check_complex("S", S)
    if sides is None:
        sides = "twosided" if S.shape[-2] == n_fft != n_fft // 2 + 1 else "onesided"
    made = dict(n_fft=n_fft, window=window, norm=norm, sides=sides, convention=convention)
    made.update(weights=weights, tol=tol, max_iterations=max_iterations)
    return _Idstft.apply(S, _double(theta), _double(t), None if c is None else _double(c), length, made)


@_either_spelling
def stft(
    x: Tensor,
    window: Any = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    frames: Optional[int] = None,
    sides: Optional[str] = None,
    phase: Union[str, int] = "centre",
    scaling: str = "none",
    fs: float = 1.0,
) -> Tensor:
    """gnuradio.stft.stft() with a gradient by x, (..., samples)."""
    window = _window(window)
    n_fft, win_length = _lengths(window, win_length, n_fft)
    sides = transforms._sides(sides, _numpy("x", x), window)
    made = dict(hop=_hop(hop, win_length), win_length=win_length, n_fft=n_fft, placement=placement, first=first)
    made.update(sides=sides, phase=phase, scaling=scaling, fs=fs)
    return _Stft.apply(x, window, frames, made)


@_either_spelling
def istft(
    X: Tensor,
    window: Any = "hann",
    *,
    hop: Optional[int] = None,
    win_length: Optional[int] = None,
    n_fft: Optional[int] = None,
    length: Optional[int] = None,
    placement: str = "centred",
    first: Optional[int] = None,
    sides: Optional[str] = None,
    phase: Union[str, int] = "centre",
    scaling: str = "none",
    fs: float = 1.0,
    synthesis: Any = None,
    threshold: Optional[float] = None,
    strict: bool = True,
) -> Tensor:
    """gnuradio.stft.istft() with a gradient by X, (..., bins, frames)."""
    window, synthesis = _window(window), _window(synthesis, "synthesis")
    _check_complex("X", X)
    sides, n_fft, win_length = _layout("X", X.shape[-2], sides, window, win_length, n_fft)
    made = dict(hop=_hop(hop, win_length), win_length=win_length, n_fft=n_fft, placement=placement, first=first, sides=sides)
    made.update(phase=phase, scaling=scaling, fs=fs, synthesis=synthesis, threshold=threshold, strict=strict)
    return _Istft.apply(X, window, length, made)


class STFT(torch.nn.Module):
    """stft() as a module: (..., samples) -> (..., bins, frames). Its arguments are those of gnuradio.stft.stft(), but for
    detrend, extend, axis and out.
    """

    def __init__(self, window: Any = "hann", **arguments: Any):
        super().__init__()
        self.window, self.arguments = window, arguments
        _refuse_unknown(arguments, stft)

    def forward(self, x: Tensor) -> Tensor:
        return stft(x, self.window, **self.arguments)

    def extra_repr(self) -> str:
        return _repr(self.window, self.arguments)


class ISTFT(torch.nn.Module):
    """istft() as a module: (..., bins, frames) -> (..., length). Its arguments are those of gnuradio.stft.istft().

    >>> import torch
    >>> x = torch.randn(2, 500)
    >>> made = dict(hop=16, n_fft=64)
    >>> bool(torch.allclose(ISTFT(**made)(STFT(**made)(x), length=500), x, atol=1e-6))
    True
    """

    def __init__(self, window: Any = "hann", **arguments: Any):
        super().__init__()
        self.window, self.arguments = window, arguments
        _refuse_unknown(arguments, istft)

    def forward(self, X: Tensor, length: Optional[int] = None) -> Tensor:
        """length: samples to return; default: the constructor's."""
        given = {} if length is None else {"length": length}
        return istft(X, self.window, **{**self.arguments, **given})

    def extra_repr(self) -> str:
        return _repr(self.window, self.arguments)


class DSTFT(torch.nn.Module):
    """STFT with learnable window lengths and hops. Leiber et al. 2025 (6)-(25).

    n_fft: DFT length.
    win_length: initial window length in samples, real; default n_fft.
    hop_length: initial hop in samples, real; default n_fft // 4.
    window_mode: "fixed", or what is learned: "constant" (one length), "time" (one for each frame), "frequency" (one for
        each bin) or "time-frequency" (one for each cell; "time_frequency" is the same).
    hop_mode: "fixed" or "constant" (t[n] = n hop), or "time" (t[n] = hop[0] + .. + hop[n]).
    window: "hann", ("gaussian", rho) and the others of gnuradio.stft.dstft(); or a function of n_fft, theta, idx_frac, freq_bins,
        frames, device, dtype and normalization that returns the values of windows (gnuradio.stft.torch_windows). PyTorch then
        computes window and gradient, which is slower, and windows that depend on the bin have no inverse.
    normalization: None (peak 1), "unit" (unit sum), "paper" or "contract" (n_fft / theta), or a norm of
        gnuradio.stft.dstft(): "peak", "l1", "l2", "dcunit". To let a loss compare windows of different length in one
        signal, take "l2".
    win_length_min, win_length_max: bounds of a learned length; default: hop_length, or half of win_length if that is
        less; and n_fft.
    hop_length_min, hop_length_max: bounds of learned hops; default 1 and n_fft.
    scale: how a learned value v lies between its bounds: "linear", v = low + (high - low) sigmoid(raw), or "log",
        v = low (high / low)^sigmoid(raw). Initial values nearer to a bound than 1e-4 of the way start there, since at
        the bound itself the gradient is 0.
    magnitude_power, eps: spectrogram = |S|^magnitude_power + eps.
    output: of forward(): "both" (spectrogram, spectra), "magnitude" (the spectrogram) or "complex" (the spectra).
    sides: "onesided" or "twosided"; default: one-sided if x is real.
    frames: their number; default 1 + floor(samples / hop).
    chirp: whether chirp rates c of the windows are learned, from 0 on: "constant" (one), "time" (one for each frame), or True,
        which is "time" where window_mode is, else "constant"; not with a length for each bin. One-sided spectra have no
        inverse then, and a loss of them rewards moving energy out of their bins: give the analytic signal of a real one,
        or sides="twosided".
    chirp_max: greatest |c| in cycles per sample^2; default and most 1 / (2 win_length_max).
        c = chirp_max tanh(raw / (n_fft^2 chirp_max)), so that a raw rate of 1 sweeps over one bin in n_fft samples.

    Learned are raw_win_length, (bins or 1, frames or 1), raw_hop_length, (1,) or (frames,), and raw_chirp, likewise, in double
    whatever the module is cast to. The first forward(), or initialize(), gives them their shape; they stay the same objects, so an
    optimizer may be made before.

    With hop_mode "constant" the number of frames follows the hop at each call, and no gradient knows of that: a sum over
    frames, or an entropy of the whole plane, which holds the logarithm of their number, then rewards the wrong hop. Take
    means over frames, or hold `frames`. Where a frame has a parameter of its own, the initial hop decides once, and every
    signal must be as long as the first.
    """

    def __init__(
        self,
        *,
        n_fft: int,
        win_length: Optional[float] = None,
        hop_length: Optional[float] = None,
        window_mode: str = "time",
        hop_mode: str = "fixed",
        window: Any = "hann",
        normalization: Optional[str] = None,
        hop_length_min: float = 1.0,
        hop_length_max: Optional[float] = None,
        win_length_min: Optional[float] = None,
        win_length_max: Optional[float] = None,
        magnitude_power: float = 1.0,
        eps: float = 1e-12,
        scale: str = "linear",
        output: str = "both",
        sides: Optional[str] = None,
        frames: Optional[int] = None,
        chirp: Union[bool, str] = False,
        chirp_max: Optional[float] = None,
    ):
        super().__init__()
        self.n_fft = differentiable._n_fft(n_fft)
        self.window_mode = {"time_frequency": "time-frequency"}.get(window_mode, window_mode)
        self.hop_mode = hop_mode
        _one_of("window_mode", self.window_mode, ("fixed", "constant", "time", "frequency", "time-frequency"))
        _one_of("hop_mode", hop_mode, ("fixed", "constant", "time"))
        _one_of("scale", scale, ("linear", "log"))
        _one_of("output", output, ("both", "magnitude", "complex"))
        if not callable(window):
            transforms.kernels.window_family(window)
        self.normalization = normalization
        norms = {None: "peak", "unit": "dcunit", "paper": "contract"}
        self.norm = norms.get(normalization, normalization)
        _one_of("normalization", self.norm, ("peak", "l1", "l2", "dcunit", "contract"))
        if sides is not None:
            differentiable._check_sides(sides)
        win_length = self.n_fft if win_length is None else win_length
        hop_length = self.n_fft // 4 or 1 if hop_length is None else hop_length
        win_length_max = self.n_fft if win_length_max is None else win_length_max
        hop_length_max = self.n_fft if hop_length_max is None else hop_length_max
        for name, value in (("win_length", win_length), ("hop_length", hop_length), ("eps", eps),
                            ("win_length_max", win_length_max), ("hop_length_max", hop_length_max),
                            ("hop_length_min", hop_length_min), ("magnitude_power", magnitude_power)):  # fmt: skip
            _positive(name, value)
        # where the range of the authors' package begins, whose end is n_fft always
        self._authors_least = float(hop_length if win_length_min is None else win_length_min)
        if win_length_min is None:
            win_length_min = hop_length if hop_length < win_length else win_length / 2
        least = transforms.kernels.least_theta
        for name, value in (("win_length", win_length), ("win_length_min", win_length_min), ("win_length_max", win_length_max)):
            if not least <= value <= self.n_fft:
                raise ValueError(f"{name}: {value}: must be in (0, {self.n_fft}], and not below {least}")
        self.window, self.scale, self.output, self.sides = window, scale, output, sides
        self.magnitude_power, self.eps = float(magnitude_power), float(eps)
        self.frames = None if frames is None else _at_least(1, "frames", frames)
        self.length: Optional[int] = None
        self._seen_sides: Optional[str] = None
        self.win_length_min, self.win_length_max = float(win_length_min), float(win_length_max)
        self.hop_length_min, self.hop_length_max = float(hop_length_min), float(hop_length_max)
        self._hold("win_length", [[float(win_length)]], self.window_mode != "fixed")
        self._hold("hop_length", [float(hop_length)], hop_mode != "fixed")
        self.chirp = self._chirp_named(chirp)
        if self.chirp and callable(window):
            raise ValueError(f"chirp: {chirp}: goes with a window that has a name, not with a function")
        most = 0.5 / self.win_length_max
        self.chirp_max = most if chirp_max is None else chirp_max
        _positive("chirp_max", self.chirp_max)
        if self.chirp_max > most:
            raise ValueError(f"chirp_max: {chirp_max}: must be at most 1 / (2 win_length_max) = {most:g}")
        if self.chirp:
            self.raw_chirp = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))

    @property
    def win_length(self) -> Tensor:
        """Window lengths in samples, (bins or 1, frames or 1), float64, differentiable. May be assigned to: lengths between
        their bounds, one or an array that broadcasts to that shape. The parameter stays the same object.
        """
        return self._value("win_length")

    @win_length.setter
    def win_length(self, lengths: Any) -> None:
        self._assign("win_length", lengths)

    theta = win_length

    @property
    def hop_length(self) -> Tensor:
        """Hops in samples, (1,) or (frames,), float64, differentiable. May be assigned to, as win_length."""
        return self._value("hop_length")

    @hop_length.setter
    def hop_length(self, hops: Any) -> None:
        self._assign("hop_length", hops)

    @property
    def _raw_win_length(self) -> Tensor:
        return self.raw_win_length  # the name in the authors' package, for code that looks at the gradient

    @property
    def _raw_hop_length(self) -> Tensor:
        return self.raw_hop_length

    @property
    def freq_bins(self) -> int:
        """Bins of a spectrum: n_fft // 2 + 1, or n_fft where they are two-sided."""
        return _bins(self.n_fft, self.sides or self._seen_sides or "onesided")

    @property
    def analysis_window(self) -> Optional[Tensor]:
        """Values of the windows as they are now, (bins or 1, frames or 1, n_fft), without gradient; None before initialize() or the
        first forward().

        The first is at the sample floor(t) + 1 - n_fft // 2, and the last under the whole window of any fraction of t; for odd
        n_fft there are n_fft + 1, from floor(t) - (n_fft - 1) // 2 on. Those of a function are what it returns. Frames are 1 where
        all of them have the same. A chirp's turning is left out.
        """
        if self.length is None:
            return None
        with torch.no_grad():
            if callable(self.window):
                return self._window_values(self.frame_centers(), torch.get_default_dtype())
            return torch_windows.named_window_values(self.window, self.norm, self.n_fft, self.win_length, self.frame_centers())

    @property
    def c(self) -> Optional[Tensor]:
        """Chirp rates in cycles per sample^2, (1,) or (frames,), float64, differentiable; None unless they are learned."""
        if not self.chirp:
            return None
        return self.chirp_max * torch.tanh(self.raw_chirp / (self.n_fft**2 * self.chirp_max))

    @property
    def t(self) -> Tensor:
        """frame_centers() of signals of the first length."""
        return self.frame_centers()

    def frame_centers(self, length: Optional[int] = None, *, device: Any = None, dtype: Any = None) -> Tensor:
        """Positions t of the windows' centres in samples, (frames,), differentiable.

        length: samples of the signal; default: those that initialize() or the first forward() saw.
        device: the CPU. dtype: of PyTorch's, real; default: float64. A float32 holds no fraction of a late position.
        """
        if device is not None and torch.device(device).type != "cpu":
            raise ValueError(f"device: {device}: must be the CPU")
        if dtype is not None and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise ValueError(f"dtype: {dtype}: must be a real one of PyTorch's, torch.float64 or torch.float32")
        length = self._length(length)
        hops = self.hop_length
        if self.hop_mode == "time":
            self._check_initialized()
            return torch.cumsum(hops, 0).to(dtype)
        return (torch.arange(self._frames_of(length), dtype=torch.float64) * hops).to(dtype)

    def initialize(self, x: Union[Tensor, int]) -> None:
        """Gives parameters of frames and bins their shape. x: a signal, (..., samples), or the number of samples."""
        is_signal = isinstance(x, Tensor)
        length = x.shape[-1] if is_signal and x.ndim else _at_least(0, "x", x)
        if self.length is not None:
            self._check_length(length)
            return
        by_frame = self._has_frames()
        frames = self._frames_of(length) if by_frame else 1
        sides = self.sides or ("twosided" if is_signal and x.is_complex() else "onesided")
        self._seen_sides = sides
        rows = _bins(self.n_fft, sides) if self.window_mode in ("frequency", "time-frequency") else 1
        columns = frames if self.window_mode in ("time", "time-frequency") else 1
        shapes = {"raw_win_length": (rows, columns), "raw_hop_length": (frames if self.hop_mode == "time" else 1,)}
        if self.chirp:
            shapes["raw_chirp"] = (frames if self.chirp == "time" else 1,)
        for name, shape in shapes.items():
            raw = getattr(self, name)
            if raw.shape != shape:
                if raw.numel() != 1:
                    raise ValueError(f"x: {length} samples: need parameters of shape {shape}, but these are {tuple(raw.shape)}")
                raw.data = raw.data.expand(shape).clone()
                raw.grad = None
        if by_frame:
            self.frames = frames
        self.length = length

    def forward(self, x: Tensor) -> Any:
        """x: (..., samples). Returns what `output` says: spectrogram and spectra are (..., bins, frames)."""
        _numpy("x", x)
        if not x.ndim:
            raise ValueError("x: 0 dimensions: must have one or more")
        if self.length is None:
            self.initialize(x)
        length = x.shape[-1]
        self._check_length(length)
        t = self.frame_centers(length)
        if callable(self.window):
            sides = self.sides or ("twosided" if x.is_complex() else "onesided")
            windows = self._window_values(t, x.real.dtype if x.is_complex() else x.dtype, sides)
            S = torch_windows.analysed(x, windows, t, n_fft=self.n_fft, sides=sides)
            magnitude = S.abs()
        elif self.output == "complex":
            S = dstft(x, self.win_length, t, c=self.c, sides=self.sides, **self._design())
        else:
            magnitude, S = _Magnitude.apply(x, self.win_length, t, self.c, dict(self._design(), sides=self.sides))
        if self.output == "complex":
            return S
        if self.magnitude_power != 1:
            nothing = magnitude == 0  # where a root has no derivative
            magnitude = magnitude.masked_fill(nothing, 1).pow(self.magnitude_power).masked_fill(nothing, 0)
        spectrogram = magnitude + self.eps
        return spectrogram if self.output == "magnitude" else (spectrogram, S)

    def inverse(
        self,
        S: Tensor,
        *,
        length: Optional[int] = None,
        tol: Optional[float] = None,
        max_iterations: Optional[int] = None,
        method: str = "auto",
        cg_max_iter: Optional[int] = None,
        cg_tol: Optional[float] = None,
        cg_lambda: float = 0.0,
    ) -> Tensor:
        """The signal, (..., length), of spectra (..., bins, frames): see idstft(). Differentiable by S, lengths, hops and rates.

        length: default: the samples that initialize() or the first forward() saw.
        tol, max_iterations: of idstft(), where windows depend on the bin; default 1e-12 (in single precision 1e-7) and 100.
        method: "auto", "cg" or "wola". They are one, overlap-add, where all bins of a frame have one window. Where windows
            depend on the bin, "auto" and "cg" iterate; "wola" takes one step, an approximation.
        cg_max_iter, cg_tol: what the package `dstft` calls max_iterations and tol.
        cg_lambda: in 0 .. 1e-6, of no effect: nothing pulls the signal towards 0.
        """
        length = self._length(length)
        if not isinstance(method, str) or method.lower() not in ("auto", "cg", "wola"):
            raise ValueError(f"method: {method}: must be auto, cg or wola")
        if not 0 <= cg_lambda <= 1e-6:
            raise ValueError(f"cg_lambda: {cg_lambda}: must be in 0 .. 1e-6, since nothing pulls the signal towards 0 here")
        tol = _one_spelling("tol", tol, "cg_tol", cg_tol)
        max_iterations = _one_spelling("max_iterations", max_iterations, "cg_max_iter", cg_max_iter)
        if method.lower() == "wola":
            max_iterations = 1
        made = dict(tol=tol, max_iterations=100 if max_iterations is None else max_iterations)
        if callable(self.window):
            return self._inverse_of_function(S, length)
        made.update(self._design(), c=self.c, sides=self.sides, length=length)
        return idstft(S, self.win_length, self.frame_centers(length), **made)

    def _inverse_of_function(self, S: Tensor, length: int) -> Tensor:
        _check_complex("S", S)
        t = self.frame_centers(length)
        sides = self.sides or ("twosided" if S.shape[-2] == self.n_fft else "onesided")
        if S.shape[-2:] != (_bins(self.n_fft, sides), len(t)):
            wanted = f"({_bins(self.n_fft, sides)}, {len(t)})"
            raise ValueError(f"S: shape {tuple(S.shape)}: must end in {wanted}, bins and frames")
        windows = self._window_values(t, S.real.dtype, sides)
        return torch_windows.overlap_added(S, windows, t, n_fft=self.n_fft, sides=sides, length=length)

    def plot_spec(self, spec: Tensor, **arguments: Any) -> Tuple[Any, Any]:
        """gnuradio.stft.torch_plots.plot_spec()."""
        return plot_spec(spec, **arguments)

    def plot_win_lengths(self, **arguments: Any) -> Tuple[Any, Any]:
        """gnuradio.stft.torch_plots.plot_win_lengths() of win_length, with colours from bound to bound."""
        self._check_initialized()
        bounds = dict(vmin=self.win_length_min, vmax=self.win_length_max)
        return plot_win_lengths(self.win_length, **{**bounds, **arguments})

    def raw_of(self, name: str, value: Any) -> Tensor:
        """What raw_win_length or raw_hop_length is where win_length or hop_length, whichever is named, is `value`."""
        value = torch.as_tensor(value, dtype=torch.float64).detach()
        learned = isinstance(getattr(self, "raw_" + name), torch.nn.Parameter)
        low, high, rule = 0.0, math.inf, "must be positive"
        if learned:
            low, high = self._bounds(name)
            rule = f"must be in [{low}, {high}]"
        elif name == "win_length":
            low, high = transforms.kernels.least_theta, self.n_fft
            rule = f"must be in (0, {high}], and not below {low}"
        outside = value[~((low <= value) & (value <= high) & (0 < value) & (value < math.inf))]
        if len(outside):
            raise ValueError(f"{name}: {outside[0].item()}: {rule}")
        if not learned:
            return value
        way = (value - low) / (high - low) if self.scale == "linear" else torch.log(value / low) / math.log(high / low)
        return torch.logit(way, eps=1e-4)

    def extra_repr(self) -> str:
        return (f"n_fft={self.n_fft}, window={self.window!r}, window_mode={self.window_mode!r}, "
                f"hop_mode={self.hop_mode!r}, norm={self.norm!r}"
                + (f", chirp={self.chirp!r}" if self.chirp else ""))  # fmt: skip

    def get_extra_state(self) -> Any:
        return {"length": self.length, "frames": self.frames, "sides": self._seen_sides}

    def set_extra_state(self, state: Any) -> None:
        self.length, self.frames = state["length"], state["frames"]
        self._seen_sides = state.get("sides", self._seen_sides)

    def __setattr__(self, name: str, value: Any) -> None:
        # a module takes a Parameter for a new parameter, also where the name is a property
        if isinstance(getattr(type(self), name, None), property):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        if torch_checkpoints.is_authors(state_dict, prefix):
            ranges = {"win_length": (self._authors_least, self.n_fft), "hop_length": self._bounds("hop_length")}
            torch_checkpoints.translate(state_dict, prefix, ranges, self, rest[-1])
        for name in ("raw_win_length", "raw_hop_length", "raw_chirp")[: 3 if self.chirp else 2]:
            raw, stored = getattr(self, name), state_dict.get(prefix + name)
            if stored is not None and raw.numel() == 1 and raw.dim() == stored.dim():
                raw.data = raw.data.expand(stored.shape).clone()
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _apply(self, function: Any) -> Any:
        # a position late in a long signal has no fraction in single precision
        return super()._apply(lambda held: moved if (moved := function(held)).dtype == held.dtype else held)

    def _chirp_named(self, chirp: Union[bool, str]) -> str:
        """How rates are shared; "" if none are learned."""
        if isinstance(chirp, bool):
            chirp = ("time" if self.window_mode == "time" else "constant") if chirp else ""
        else:
            _one_of("chirp", chirp, ("constant", "time"))
        if chirp and self.window_mode in ("frequency", "time-frequency"):
            raise ValueError(f"chirp: {chirp}: goes with window_mode fixed, constant or time, not {self.window_mode}")
        return chirp

    def _bounds(self, name: str) -> Tuple[float, float]:
        return getattr(self, name + "_min"), getattr(self, name + "_max")

    def _hold(self, name: str, value: Any, learned: bool) -> None:
        value = torch.tensor(value, dtype=torch.float64)
        if not learned:
            self.register_buffer("raw_" + name, value)
            return
        low, high = self._bounds(name)
        if not low < high:
            raise ValueError(f"{name}_min: {low}: must be less than {name}_max = {high}")
        setattr(self, "raw_" + name, torch.nn.Parameter(value))
        with torch.no_grad():
            getattr(self, "raw_" + name).copy_(self.raw_of(name, value))

    def _assign(self, name: str, value: Any) -> None:
        held = getattr(self, "raw_" + name)
        value = torch.as_tensor(value, dtype=torch.float64).detach()
        try:
            value = value.expand(held.shape)
        except RuntimeError:
            raise ValueError(f"{name}: shape {tuple(value.shape)}: must broadcast to {tuple(held.shape)}") from None
        with torch.no_grad():
            held.copy_(self.raw_of(name, value))

    def _value(self, name: str) -> Tensor:
        raw = getattr(self, "raw_" + name)
        if not isinstance(raw, torch.nn.Parameter):
            return raw
        low, high = self._bounds(name)
        way = torch.sigmoid(raw)
        value = low + (high - low) * way if self.scale == "linear" else low * torch.exp(way * math.log(high / low))
        return value.clamp(low, high)  # rounding must not lead out

    def _design(self) -> Any:
        return dict(n_fft=self.n_fft, window=self.window, norm=self.norm)

    def _window_values(self, t: Tensor, dtype: Any, sides: Optional[str] = None) -> Tensor:
        bins = self.freq_bins if sides is None else _bins(self.n_fft, sides)
        made = dict(n_fft=self.n_fft, bins=bins, dtype=dtype, normalization=self.normalization)
        return torch_windows.window_values(self.window, self.win_length, t, **made)

    def _has_frames(self) -> bool:
        return "time" in (self.hop_mode, self.chirp) or self.window_mode in ("time", "time-frequency")

    def _frames_of(self, length: int) -> int:
        if self.frames is not None:
            return self.frames
        # a hop that went through its reparametrisation is 1e-15 off
        return 1 + math.floor(length / float(self.hop_length[0]) + 1e-6)

    def _length(self, length: Optional[int]) -> int:
        if length is not None:
            length = _at_least(0, "length", length)
            if self.length is not None:
                self._check_length(length)
            return length
        if self.length is None:
            raise ValueError("length: None: give it, or call initialize() first")
        return self.length

    def _check_length(self, length: int) -> None:
        if self._has_frames() and length != self.length:
            raise ValueError(f"x: {length} samples: must be {self.length}, for which the parameters of its frames are")

    def _check_initialized(self) -> None:
        if self.length is None:
            raise ValueError("length: None: give it, or call initialize() first")


class IDSTFT(torch.nn.Module):
    """Inverse of a DSTFT, (..., bins, frames) -> (..., length). Its lengths and hops are those of `transform`, not copies.

    tol, max_iterations: of gnuradio.stft.idstft(), where windows depend on the bin.

    >>> import torch
    >>> x = torch.randn(2, 500)
    >>> forward = DSTFT(n_fft=64, win_length=60.5, hop_length=12.3, window_mode="time", output="complex")
    >>> backward = IDSTFT(forward)
    >>> bool(torch.allclose(backward(forward(x)), x, atol=1e-5))
    True
    """

    def __init__(self, transform: DSTFT, *, tol: Optional[float] = None, max_iterations: int = 100):
        super().__init__()
        if not isinstance(transform, DSTFT):
            raise ValueError(f"transform: {type(transform).__name__}: must be a DSTFT")
        self.transform, self.tol, self.max_iterations = transform, tol, max_iterations

    def forward(self, S: Tensor, length: Optional[int] = None) -> Tensor:
        """length: default: the samples that the DSTFT's initialize() or first forward() saw."""
        return self.transform.inverse(S, length=length, tol=self.tol, max_iterations=self.max_iterations)


class _Dstft(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, theta, t, c, made):
        ctx.save_for_backward(x, theta, t, c)
        ctx.made = made
        return torch.from_numpy(
            differentiable.dstft(_numpy("x", x), _numpy("theta", theta), _numpy("t", t), c=_rates(c), **made)
        )

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, G):
        x, theta, t = (_numpy("saved", one) for one in ctx.saved_tensors[:3])
        wrt = _wanted(("x", "theta", "t", "c"), ctx)
        c = _rates(ctx.saved_tensors[3])
        gradients = differentiable.dstft_vjp(x, theta, t, _numpy("G", G), c=c, wrt=wrt, **ctx.made)
        return (*map(_tensor, gradients), *[None] * (5 - len(gradients)))


class _Magnitude(torch.autograd.Function):
    """|S| and S, whose gradients go through one pass over the frames."""

    @staticmethod
    def forward(ctx, x, theta, t, c, made):
        S = differentiable.dstft(_numpy("x", x), _numpy("theta", theta), _numpy("t", t), c=_rates(c), **made)
        rows = np.swapaxes(S, -1, -2)  # contiguous, as the kernels have them
        magnitude = np.empty(rows.shape, rows.real.dtype)
        transforms.kernels.modulus(rows, magnitude)
        spectra = torch.from_numpy(S)
        ctx.save_for_backward(x, theta, t, c, spectra)
        ctx.made = made
        ctx.set_materialize_grads(False)
        return torch.from_numpy(magnitude).transpose(-1, -2), spectra

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, by_magnitude, by_spectra):
        x, theta, t = (_numpy("saved", one) for one in ctx.saved_tensors[:3])
        rows = np.swapaxes(_numpy("S", ctx.saved_tensors[4]), -1, -2)
        G = None
        if by_magnitude is not None:
            G = np.empty(rows.shape, rows.dtype)
            slopes = np.ascontiguousarray(np.swapaxes(_numpy("G", by_magnitude), -1, -2), rows.real.dtype)
            transforms.kernels.cotangent(np.ascontiguousarray(rows), slopes, G)
            G = np.swapaxes(G, -1, -2)
        if by_spectra is not None:
            by_spectra = _numpy("G", by_spectra)
            G = by_spectra if G is None else np.add(G, by_spectra, out=G)
        if G is None:
            return (None,) * 5
        wrt = _wanted(("x", "theta", "t", "c"), ctx)
        gradients = differentiable.dstft_vjp(x, theta, t, G, c=_rates(ctx.saved_tensors[3]), wrt=wrt, **ctx.made)
        return (*map(_tensor, gradients), *[None] * (5 - len(gradients)))


class _Idstft(torch.autograd.Function):
    @staticmethod
    def forward(ctx, S, theta, t, c, length, made):
        x = torch.from_numpy(
            differentiable.idstft(_numpy("S", S), _numpy("theta", theta), _numpy("t", t), c=_rates(c), length=length, **made)
        )
        ctx.save_for_backward(S, theta, t, x, c)
        ctx.made = made
        return x

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, v):
        S, theta, t, x = (_numpy("saved", one) for one in ctx.saved_tensors[:4])
        wrt = _wanted(("S", "theta", "t", "c"), ctx)
        c = _rates(ctx.saved_tensors[4])
        gradients = adjoints.idstft_vjp(S, theta, t, _numpy("v", v), c=c, x=x, wrt=wrt, **ctx.made)
        return (*map(_tensor, gradients), None, None)


class _Stft(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, window, frames, made):
        ctx.design = window, x.shape[-1] if x.ndim else 0, made
        ctx.was_real = not x.is_complex()
        return torch.from_numpy(transforms.stft(_numpy("x", x), window, frames=frames, **made))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, G):
        window, length, made = ctx.design
        gradient = adjoints.stft_vjp(_numpy("G", G), window, length=length, **made)
        return _tensor(gradient.real if ctx.was_real else gradient), None, None, None


class _Istft(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, window, length, made):
        ctx.design = window, X.shape[-1] if X.ndim else 0, made
        return torch.from_numpy(transforms.istft(_numpy("X", X), window, length=length, **made))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, v):
        window, frames, made = ctx.design
        made = {name: value for name, value in made.items() if name != "strict"}
        return _tensor(adjoints.istft_vjp(_numpy("v", v), frames, window, **made)), None, None, None


def _check_complex(name: str, spectra: Tensor) -> None:
    if not _numpy(name, spectra).dtype.kind == "c":
        raise ValueError(f"{name}: {spectra.dtype}: must be complex64 or complex128")
    if spectra.ndim < 2:
        raise ValueError(f"{name}: {spectra.ndim} dimensions: must be (..., bins, frames)")


def _double(value: Any) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64)


def _rates(c: Optional[Tensor]) -> Any:
    return None if c is None else _numpy("c", c)


def _wanted(names: Tuple[str, ...], ctx: Any) -> Tuple[str, ...]:
    return tuple(name for name, needed in zip(names, ctx.needs_input_grad) if needed)


def _window(window: Any, name: str = "window") -> Any:
    if not isinstance(window, Tensor):
        return window
    if window.requires_grad:
        raise ValueError(f"{name}: a tensor that requires a gradient: has none here; DSTFT learns windows' lengths")
    return _numpy(name, window)


def _one_of(name: str, value: Any, allowed: Tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name}: {value}: must be {', '.join(allowed[:-1])} or {allowed[-1]}")


def _one_spelling(name: str, value: Any, other: str, given: Any) -> Any:
    if given is None or value is None or value == given:
        return value if given is None else given
    raise ValueError(f"{other}: {given}: is given already, as {name} = {value}")


def _refuse_unknown(arguments: Any, function: Any) -> None:
    known = {*function.__wrapped__.__kwdefaults__, *function.spellings}
    for name in arguments:
        if name not in known:
            raise TypeError(f"{name}: is no argument of {function.__name__}()")


def _repr(window: Any, arguments: Any) -> str:
    return ", ".join([repr(window)] + [f"{name}={value!r}" for name, value in arguments.items()])
