# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""DSTFT as a module; gnuradio.stft.torch has it too."""

from __future__ import annotations

import math
from typing import Any, Optional, Tuple, Union

from . import differentiable, torch_checkpoints, torch_windows
from .arguments import _at_least, _bins, _positive
from .stft_python import kernels
from .tensors import Tensor, _numpy, torch
from .torch_bounded_values import BoundedValues
from .torch_functions import _check_complex, dstft, idstft
from .torch_gradients import _Magnitude
from .torch_plots import plot_spec, plot_win_lengths


class DSTFT(BoundedValues):
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
            kernels.window_family(window)
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
        least = kernels.least_theta
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

    def extra_repr(self) -> str:
        return (f"n_fft={self.n_fft}, window={self.window!r}, window_mode={self.window_mode!r}, "
                f"hop_mode={self.hop_mode!r}, norm={self.norm!r}"
                + (f", chirp={self.chirp!r}" if self.chirp else ""))  # fmt: skip

    def get_extra_state(self) -> Any:
        return {"length": self.length, "frames": self.frames, "sides": self._seen_sides}

    def set_extra_state(self, state: Any) -> None:
        self.length, self.frames = state["length"], state["frames"]
        self._seen_sides = state.get("sides", self._seen_sides)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        if torch_checkpoints.is_authors(state_dict, prefix):
            ranges = {"win_length": (self._authors_least, self.n_fft), "hop_length": self._bounds("hop_length")}
            torch_checkpoints.translate(state_dict, prefix, ranges, self, rest[-1])
        for name in ("raw_win_length", "raw_hop_length", "raw_chirp")[: 3 if self.chirp else 2]:
            raw, stored = getattr(self, name), state_dict.get(prefix + name)
            if stored is not None and raw.numel() == 1 and raw.dim() == stored.dim():
                raw.data = raw.data.expand(stored.shape).clone()
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _chirp_named(self, chirp: Union[bool, str]) -> str:
        """How rates are shared; "" if none are learned."""
        if isinstance(chirp, bool):
            chirp = ("time" if self.window_mode == "time" else "constant") if chirp else ""
        else:
            _one_of("chirp", chirp, ("constant", "time"))
        if chirp and self.window_mode in ("frequency", "time-frequency"):
            raise ValueError(f"chirp: {chirp}: goes with window_mode fixed, constant or time, not {self.window_mode}")
        return chirp

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


def _one_of(name: str, value: Any, allowed: Tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name}: {value}: must be {', '.join(allowed[:-1])} or {allowed[-1]}")


def _one_spelling(name: str, value: Any, other: str, given: Any) -> Any:
    if given is None or value is None or value == given:
        return value if given is None else given
    raise ValueError(f"{other}: {given}: is given already, as {name} = {value}")
