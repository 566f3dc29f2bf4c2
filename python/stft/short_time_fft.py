# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of SciPy 1.16's ShortTimeFFT on the kernels of this package.

Names, arguments, index conventions and the wording of errors are SciPy's, so that a program changes its import and nothing
else; what is computed is that of stft() and istft(), in double precision as in SciPy. SciPy's letters: k samples of the
signal, p slices (frames), q bins; m_num is win_length, mfft is n_fft, and slice p is centred at sample p hop.
"""

from __future__ import annotations

import operator
from types import GenericAlias
from typing import Any, Callable, Iterator, Literal, Optional, Tuple, Union, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import extension
from .arguments import _array, _array_along, _channels, _check_addressed, _either_spelling, _empty, _frame_major, _integer
from .scipy_windows import (
    _calc_dual_canonical_window,
    _check_finite,
    _check_hop_fits,
    _is_finite,
    _is_integer,
    _numbers,
    _resolution,
    sample_window_as_scipy,
)
from .slice_grid import SliceGrid
from .stft_python import kernels
from .transforms import frequencies

FFT_MODE_TYPE = Literal["twosided", "centered", "onesided", "onesided2X"]
PAD_TYPE = Literal["zeros", "edge", "even", "odd"]
Detrending = Union[Literal["linear", "constant"], Callable[[NDArray], NDArray], None]

_TRENDS = {"constant": "constant", "c": "constant", "linear": "linear", "l": "linear"}
_SIDES = {"twosided": "twosided", "centered": "centered", "onesided": "onesided", "onesided2X": "onesided"}


class ShortTimeFFT(SliceGrid):
    """A short-time Fourier transform and its inverse, as scipy.signal.ShortTimeFFT defines them,

        S[q, p] = sum_m x[p hop - m_num_mid + m] conj(win[m]) exp(-2j pi q (m - m_num_mid - phase_shift) / mfft),

    for every slice p whose window touches the signal; p is negative where slices begin so far before the signal that their
    centre lies there too.

    win: window, 1-D, real or complex, m_num samples; kept as a copy that cannot be written to.
    hop: samples from slice to slice.
    fs: sampling rate in Hz.
    fft_mode: which bins there are, see fft_mode.
    mfft: DFT length, m_num or more; default m_num.
    dual_win: synthesis window of istft(); default: the canonical dual window.
    scale_to: "magnitude" or "psd", see scale_to().
    phase_shift: in samples, see phase_shift.

    Everything is computed in double, signals of single precision too. Spectra are views on memory in which each slice's bins
    lie together. Between processes the last digits may differ, unless GR_STFT_PLANNER=estimate is in the environment.

    >>> SFT = ShortTimeFFT.from_window("hann", 8.0, 16, 12, scale_to="magnitude")
    >>> x = np.cos(2 * np.pi * 2 * np.arange(64) / 8)
    >>> S = SFT.stft(x)
    >>> S.shape == (SFT.f_pts, SFT.p_num(64)) and bool(np.isclose(abs(S[SFT.f == 2, 8 - SFT.p_min]), 0.5))
    True
    >>> bool(np.allclose(SFT.istft(S, k1=64), x))
    True
    """

    # SciPy's type stubs are generic, and so annotations are subscripted
    __class_getitem__ = classmethod(GenericAlias)

    @_either_spelling
    def __init__(
        self,
        win: ArrayLike,
        hop: int,
        fs: float,
        *,
        fft_mode: FFT_MODE_TYPE = "onesided",
        mfft: Optional[int] = None,
        dual_win: Optional[ArrayLike] = None,
        scale_to: Optional[Literal["magnitude", "psd"]] = None,
        phase_shift: Optional[int] = 0,
    ) -> None:
        win = np.array(_numbers("win", win))
        if win.ndim != 1 or win.size == 0:
            raise ValueError(f"Parameter win must be 1d, but {win.shape=}!")
        _check_finite(win, "win")
        if not _is_integer(hop) or hop < 1:
            raise ValueError(f"Parameter {hop=} is not an integer >= 1!")
        if dual_win is not None:
            dual_win = np.array(_numbers("dual_win", dual_win))
            if dual_win.shape != win.shape:
                raise ValueError(f"{dual_win.shape=} must equal {win.shape=}!")
            if not _is_finite(dual_win):
                raise ValueError("Parameter dual_win must be a finite array!")
        self._hop = int(hop)
        self._scaling: Optional[str] = None
        self._keep(win, dual_win)
        self.fs = fs
        self.mfft = win.size if mfft is None else mfft
        if scale_to is not None:
            self.scale_to(scale_to)
        self.fft_mode = fft_mode
        self.phase_shift = phase_shift

    @classmethod
    @_either_spelling
    def from_window(
        cls,
        win_param: Union[str, tuple, float],
        fs: float,
        nperseg: int,
        noverlap: int,
        *,
        symmetric_win: bool = False,
        fft_mode: FFT_MODE_TYPE = "onesided",
        mfft: Optional[int] = None,
        scale_to: Optional[Literal["magnitude", "psd"]] = None,
        phase_shift: Optional[int] = 0,
    ) -> ShortTimeFFT:
        """With a window by its name, of nperseg samples of which noverlap are common to neighbouring slices.

        win_param: as `window` of stft(): a name, a tuple (name, parameters ...), or a float, Kaiser's beta.
        symmetric_win: symmetric instead of periodic.
        """
        return cls(
            sample_window_as_scipy(win_param, nperseg, symmetric_win),
            nperseg - noverlap,
            fs,
            fft_mode=fft_mode,
            mfft=mfft,
            scale_to=scale_to,
            phase_shift=phase_shift,
        )

    @classmethod
    @_either_spelling
    def from_dual(
        cls,
        dual_win: ArrayLike,
        hop: int,
        fs: float,
        *,
        fft_mode: FFT_MODE_TYPE = "onesided",
        mfft: Optional[int] = None,
        scale_to: Optional[Literal["magnitude", "psd"]] = None,
        phase_shift: Optional[int] = 0,
    ) -> ShortTimeFFT:
        """With the window whose canonical dual is dual_win."""
        return cls(
            _calc_dual_canonical_window(_numbers("dual_win", dual_win), hop),
            hop,
            fs,
            fft_mode=fft_mode,
            mfft=mfft,
            dual_win=dual_win,
            scale_to=scale_to,
            phase_shift=phase_shift,
        )

    @classmethod
    @_either_spelling
    def from_win_equals_dual(
        cls,
        desired_win: ArrayLike,
        hop: int,
        fs: float,
        *,
        fft_mode: FFT_MODE_TYPE = "onesided",
        mfft: Optional[int] = None,
        scale_to: Optional[Literal["magnitude", "psd", "unitary"]] = None,
        phase_shift: Optional[int] = 0,
    ) -> ShortTimeFFT:
        """With the window nearest to desired_win that is its own dual, up to a factor.

        scale_to: None: both are equal; "magnitude", "psd": the factor that scale_to() asks for; "unitary": win is divided
            by sqrt(mfft), dual_win multiplied, so that two-sided spectra keep inner products and energy.
        """
        desired_win = _numbers("desired_win", desired_win)
        if desired_win.ndim != 1 or desired_win.size == 0:
            raise ValueError(f"Parameter desired_win is not 1d, but {desired_win.shape=}!")
        if desired_win.dtype.kind not in "fc":
            raise ValueError(
                f"Parameter desired_win cannot be of integer type, but {desired_win.dtype=} => cast to float | complex!"
            )
        _check_finite(desired_win, "desired_win")
        _check_hop_fits(hop, desired_win, "desired_win")
        if scale_to not in ("magnitude", "psd", "unitary", None):
            raise ValueError(f"Parameter {scale_to=} not in ['magnitude', 'psd', 'unitary', None]!")
        try:
            tight = kernels.tight_window(desired_win, hop, _resolution(desired_win) ** 2).astype(desired_win.dtype)
        except ValueError:
            raise ValueError(f"Parameter desired_win does not have valid STFT dual window for {hop=}!") from None
        scale = None if scale_to == "unitary" else scale_to
        chosen = dict(fft_mode=fft_mode, mfft=mfft, scale_to=scale, phase_shift=phase_shift)
        made = cls(tight, hop, fs, dual_win=tight, **chosen)
        if scale_to == "unitary":
            made._multiply_window(1 / np.sqrt(made.mfft), scale_to)
        return made

    @property
    def win(self) -> NDArray:
        """The window. It cannot be written to: the dual window follows from it."""
        return self._win

    @property
    def dual_win(self) -> NDArray:
        """The synthesis window, as long as win; unless given, the dual window of least energy.

        ValueError if the hop leaves samples without weight, so that there is none.
        """
        if self._dual_win is None:
            self._keep(self._win, _calc_dual_canonical_window(self._win, self._hop))
        return self._dual_win

    @property
    def invertible(self) -> bool:
        """Whether there is a dual window."""
        try:
            return self.dual_win is not None
        except ValueError:
            return False

    @property
    def mfft(self) -> int:
        """DFT length, m_num or more."""
        return self._mfft

    @mfft.setter
    def mfft(self, length: int) -> None:
        if not _is_integer(length) or length < self.m_num:
            raise ValueError(f"Attribute mfft={length} needs to be at least the window length m_num={self.m_num}!")
        self._mfft = kernels.checked_n_fft(int(length))

    @property
    def fs(self) -> float:
        """Sampling rate in Hz."""
        return self._fs

    @fs.setter
    def fs(self, rate: float) -> None:
        if not 0 < rate < np.inf:
            raise ValueError(f"Sampling frequency fs={rate} must be positive!")
        self._fs = rate

    @property
    def T(self) -> float:
        """Sampling interval in seconds, 1 / fs."""
        return 1 / self._fs

    @T.setter
    def T(self, interval: float) -> None:
        if not 0 < interval < np.inf:
            raise ValueError(f"Sampling interval T={interval} must be positive!")
        self._fs = 1 / interval

    @property
    def fft_mode(self) -> FFT_MODE_TYPE:
        """Which bins spectra have: "onesided" (frequencies from 0 on, real signals and windows only), "onesided2X" (those,
        all but 0 and half the sampling rate times sqrt 2 if scaling is "psd", else times 2; only if there is a scaling),
        "twosided" (negative frequencies after the positive ones) or "centered" (increasing frequencies)."""
        return self._fft_mode

    @fft_mode.setter
    def fft_mode(self, mode: FFT_MODE_TYPE) -> None:
        modes = get_args(FFT_MODE_TYPE)
        if mode not in modes:
            raise ValueError(f"fft_mode='{mode}' not in {modes}!")
        if _SIDES[mode] == "onesided" and np.iscomplexobj(self._win):
            raise ValueError(f"One-sided spectra, i.e., fft_mode='{mode}', are not allowed for complex-valued windows!")
        if mode == "onesided2X" and self._scaling is None:
            raise ValueError(
                f"For scaling is None, fft_mode='{mode}' is invalid! Do scale_to('psd') or scale_to('magnitude')!"
            )
        self._fft_mode = mode

    @property
    def onesided_fft(self) -> bool:
        """Whether only frequencies from 0 on are there."""
        return self._fft_mode in ("onesided", "onesided2X")

    @property
    def phase_shift(self) -> Optional[int]:
        """Samples by which the phase's origin lies after the window's centre: bin q is multiplied by
        exp(2j pi q phase_shift / mfft). None puts the origin at the window's first sample. The origin's place in the
        window, m_num_mid + phase_shift, is taken modulo m_num."""
        return self._phase_shift

    @phase_shift.setter
    def phase_shift(self, shift: Optional[int]) -> None:
        if shift is not None:
            if not _is_integer(shift):
                raise ValueError(f"phase_shift={shift} has the unit samples. Hence it needs to be an int or it may be None!")
            if not -self.mfft < shift < self.mfft:
                raise ValueError(f"-mfft < phase_shift < mfft does not hold for mfft={self.mfft}, phase_shift={shift}!")
            shift = int(shift)
        self._phase_shift = shift

    @property
    def scaling(self) -> Optional[Literal["magnitude", "psd", "unitary"]]:
        """What the window was scaled to, or None."""
        return self._scaling

    def scale_to(self, scaling: Literal["magnitude", "psd"]) -> None:
        """Scales the window, and its dual inversely: by fac_magnitude, so that abs(stft()) reads the amplitude of a complex
        sinusoid, or by fac_psd, so that abs(stft())**2 is a power density in unit^2 / Hz."""
        if scaling not in ("magnitude", "psd"):
            raise ValueError(f"{scaling=} not in {{'magnitude', 'psd'}}!")
        if scaling == self._scaling:
            return
        factor = self.fac_psd if scaling == "psd" else self.fac_magnitude
        if not np.isfinite(factor):
            raise ValueError(f"{scaling=} is impossible, since the window sums to zero!")
        self._multiply_window(factor, scaling)

    @property
    def fac_magnitude(self) -> float:
        """Factor that turns the present spectra into magnitude spectra, 1 / |sum win|."""
        if self._scaling == "magnitude":
            return 1.0
        total = abs(np.sum(self._win))
        return float(1 / total) if total > 0 else np.inf

    @property
    def fac_psd(self) -> float:
        """Factor that turns the present spectra into those of a power density, 1 / sqrt(fs sum |win|^2)."""
        if self._scaling == "psd":
            return 1.0
        energy = np.sum(_power(self._win))
        return float(1 / np.sqrt(energy / self.T)) if energy > 0 else np.inf

    @property
    def delta_f(self) -> float:
        """Hz from bin to bin."""
        return 1 / (self.mfft * self.T)

    @property
    def f_pts(self) -> int:
        """Number of bins."""
        return self.mfft // 2 + 1 if self.onesided_fft else self.mfft

    @property
    def f(self) -> NDArray:
        """Frequency of each bin in Hz, shape (f_pts,)."""
        return frequencies(self.mfft, self.mfft, self._sides()) * self.delta_f

    @property
    def delta_t(self) -> float:
        """Seconds from slice to slice."""
        return self.T * self.hop

    def t(self, n: int, p0: Optional[int] = None, p1: Optional[int] = None, k_offset: int = 0) -> NDArray:
        """Time of each slice's centre in seconds, for a signal of n samples; p0, p1, k_offset as in stft()."""
        p0, p1 = self.p_range(n, p0, p1)
        _check_addressed((p1 - p0,), np.dtype(float), n=n)
        return np.arange(p0, p1) * self.delta_t + k_offset * self.T

    def extent(
        self, n: int, axes_seq: Literal["tf", "ft"] = "tf", center_bins: bool = False
    ) -> Tuple[float, float, float, float]:
        """(t0, t1, f0, f1), or with axes_seq="ft" (f0, f1, t0, t1), of the spectra of a signal of n samples, in s and Hz,
        for matplotlib's imshow. center_bins: half a slice and half a bin less, so that each value is a pixel's centre.

        ValueError for fft_mode "twosided", whose frequencies do not increase.
        """
        if axes_seq not in ("tf", "ft"):
            raise ValueError(f"Parameter {axes_seq=} not in ['tf', 'ft']!")
        if self._fft_mode == "twosided":
            raise ValueError(f"Attribute fft_mode={self._fft_mode} must be in ['centered', 'onesided', 'onesided2X']")
        q0 = 0 if self.onesided_fft else -(self.mfft // 2)
        half = 0.5 if center_bins else 0
        t = self.delta_t * (self.p_min - half), self.delta_t * (self.p_max(n) - half)
        f = self.delta_f * (q0 - half), self.delta_f * (q0 + self.f_pts - half)
        return (*t, *f) if axes_seq == "tf" else (*f, *t)

    def stft(
        self,
        x: ArrayLike,
        p0: Optional[int] = None,
        p1: Optional[int] = None,
        *,
        k_offset: int = 0,
        padding: PAD_TYPE = "zeros",
        axis: int = -1,
    ) -> NDArray:
        """The short-time Fourier transform of a signal.

        x: samples on one axis, at least m_num - m_num_mid of them; complex only if fft_mode is not one-sided.
        p0, p1: slices p0 .. p1 - 1; default: all.
        k_offset: index in x of the sample that slice 0 is centred at.
        padding: what x is continued with at both ends: "zeros", "edge" (its first and last value), "even" (mirrored) or
            "odd" (mirrored through the point at the end).
        axis: of the samples.

        Returns complex128: x with its axis of samples replaced by bins, and slices as a further last axis.
        """
        return self.stft_detrend(x, None, p0, p1, k_offset=k_offset, padding=padding, axis=axis)

    def stft_detrend(
        self,
        x: ArrayLike,
        detr: Detrending,
        p0: Optional[int] = None,
        p1: Optional[int] = None,
        *,
        k_offset: int = 0,
        padding: PAD_TYPE = "zeros",
        axis: int = -1,
    ) -> NDArray:
        """As stft(), but slices are detrended before their window.

        detr: "constant" (the mean is taken off), "linear" (the least-squares line), None, or a function that is called
            with each slice, shape (..., m_num), and returns what replaces it, of that shape or broadcast to it.
        """
        x = _array_along("x", x, axis)
        self._check_real(x, "x")
        if not (detr is None or isinstance(detr, str) or callable(detr)):
            raise ValueError(f"Parameter {detr=} is not a str, function or None!")
        n, least = x.shape[axis], self.m_num - self.m_num_mid
        if n < least:
            subject = f"{len(x)=}" if x.ndim == 1 else f"of {axis=} of {x.shape}"
            raise ValueError(f"{subject} must be >= ceil(m_num/2) = {least}!")
        p0, p1 = self.p_range(n, p0, p1)
        _check_padding(padding)
        if isinstance(detr, str) and detr not in _TRENDS:
            raise ValueError(f"Trend type must be 'linear' or 'constant', but {detr=}!")

        x = np.moveaxis(x, axis, -1)
        if callable(detr):
            slices = self._x_slices(x, k_offset, p0, p1, padding)
            detrended = [np.broadcast_to(detr(x_.copy()), x_.shape) for x_ in slices]  # detr may write to its argument
            spectra = self._fft_func(np.stack(detrended, axis=-2), self._win)
        else:
            first = self._first_sample(p0) + operator.index(k_offset)
            x = self._in_double(x)  # integers would overflow beyond the ends
            x, first = extension.reached(x, first, p1 - p0, self._hop, self.m_num, padding)
            spectra = self._spectra(x, self._win, self._hop, first, p1 - p0, _TRENDS.get(detr, "none"))
        return np.moveaxis(np.swapaxes(spectra, -1, -2), -2, axis if axis >= 0 else axis - 1)

    def spectrogram(
        self,
        x: ArrayLike,
        y: Optional[ArrayLike] = None,
        detr: Detrending = None,
        *,
        p0: Optional[int] = None,
        p1: Optional[int] = None,
        k_offset: int = 0,
        padding: PAD_TYPE = "zeros",
        axis: int = -1,
    ) -> NDArray:
        """|S_x|^2, real; with a second signal S_x conj(S_y), complex. Arguments as in stft_detrend()."""
        chosen = dict(p0=p0, p1=p1, k_offset=k_offset, padding=padding, axis=axis)
        Sx = self.stft_detrend(x, detr, **chosen)
        if y is None or y is x:
            return _power(Sx)
        return Sx * self.stft_detrend(y, detr, **chosen).conj()

    def istft(
        self, S: ArrayLike, k0: int = 0, k1: Optional[int] = None, *, f_axis: int = -2, t_axis: int = -1
    ) -> NDArray:
        """Samples k0 .. k1 - 1 of the signal whose stft() is S, by overlap-add with dual_win.

        S: spectra of slices p_min, p_min + 1, ...
        k0, k1: k_min <= k0 < k1, at least m_num - m_num_mid apart; k1 defaults to the end of the last slice.
        f_axis, t_axis: axes of bins and slices.

        Returns real samples if fft_mode is one-sided, else complex ones. Their axis is f_axis; if that is the last axis of S,
        which the result does not have, it is t_axis.
        """
        S = _array("S", S)
        if S.ndim < 2:
            raise ValueError(f"S: {S.ndim} dimensions: must have two or more, for bins and slices")
        for name, axis in (("f_axis", f_axis), ("t_axis", t_axis)):
            if not -S.ndim <= _integer(name, axis) < S.ndim:
                raise ValueError(f"{name}: {axis}: must be an axis of S, which has {S.ndim}")
        if f_axis == t_axis:
            raise ValueError(f"{f_axis=} may not be equal to {t_axis=}!")
        if S.shape[f_axis] != self.f_pts:
            raise ValueError(f"{S.shape[f_axis]=} must be equal to {self.f_pts=} ({S.shape=})!")
        least = self.m_num - self.m_num_mid
        if S.shape[t_axis] < self.p_num(least):
            raise ValueError(f"{S.shape[t_axis]=} needs to have at least {self.p_num(least)} slices ({S.shape=})!")
        p_end = self.p_min + S.shape[t_axis]
        k_max = self._first_sample(p_end - 1) + self.m_num
        sizes = {"hop": self._hop} if k1 is None else {"k1": k1}
        k1 = k_max if k1 is None else k1
        if not self.k_min <= k0 < k1 <= k_max:
            raise ValueError(f"({self.k_min=}) <= ({k0=}) < ({k1=}) <= ({k_max=}) is false!")
        if k1 - k0 < least:
            raise ValueError(f"({k1=}) - ({k0=}) = {k1 - k0} has to be at least the half window length {least}!")
        dual_win = self.dual_win
        self._check_real(dual_win, "dual_win")

        q0 = max(self.p_min, (k0 - self.m_num + self.m_num_mid) // self._hop + 1)
        q1 = min(p_end, -(-(k1 + self.m_num_mid) // self._hop))
        used = np.moveaxis(S, (f_axis, t_axis), (-2, -1))[..., q0 - self.p_min : q1 - self.p_min]
        _check_addressed(used.shape[:-2] + (k1 - k0,), float if self.onesided_fft else complex, **sizes)
        samples = self._overlap_add(used, dual_win, self._hop, self._first_sample(q0) - k0, k1 - k0)
        f_axis, t_axis = f_axis % S.ndim, t_axis % S.ndim
        return np.moveaxis(samples, -1, f_axis if f_axis < samples.ndim else t_axis)

    def _keep(self, win: NDArray, dual_win: Optional[NDArray]) -> None:
        for taps in (win, dual_win):
            if taps is not None:
                taps.setflags(write=False)
        self._win, self._dual_win = win, dual_win

    def _multiply_window(self, factor: float, scaling: str) -> None:
        self._keep(self._win * factor, None if self._dual_win is None else self._dual_win / factor)
        self._scaling = scaling

    def _sides(self) -> str:
        """fft_mode as `sides` of stft()."""
        if self._fft_mode not in _SIDES:  # past the setter
            raise RuntimeError(f"{self.fft_mode=} not in {get_args(FFT_MODE_TYPE)}!")
        return _SIDES[self._fft_mode]

    def _design(self, win: NDArray, hop: int) -> Any:
        origin = 0 if self._phase_shift is None else (self._phase_shift + self.m_num_mid) % self.m_num
        return kernels.parameters(
            n_fft=self.mfft, hop=hop, window=win, win_length=self.m_num, phase=origin, sides=self._sides()
        )

    def _in_double(self, x: NDArray) -> NDArray:
        return x.astype(float if self.onesided_fft else complex, copy=False)

    def _spectra(self, x: NDArray, win: NDArray, hop: int, first: int, slices: int, trend: str = "none") -> NDArray:
        """Spectra (..., slices, f_pts) of signals (..., n); the first slice begins at sample `first`."""
        design = self._design(win, hop)
        samples, shape = _channels(self._in_double(x), -1)
        spectra = _empty(shape + (slices, self.f_pts), complex, mfft=self.mfft)
        kernels.stft(samples, spectra.reshape(len(samples), slices, self.f_pts), design, first, trend)
        if self._fft_mode == "onesided2X":
            paired, factor = self._pairs()
            spectra[..., paired] *= factor
        return spectra

    def _overlap_add(self, S: NDArray, synthesis: NDArray, hop: int, first: int, length: int) -> NDArray:
        """Samples (..., length) of spectra (..., f_pts, slices); the first slice begins at sample `first`."""
        design = self._design(self._win, hop)
        spectra, shape = _frame_major(S.astype(complex, copy=False), "S")
        if self._fft_mode == "onesided2X":
            paired, factor = self._pairs()
            spectra = spectra.copy()  # S is the caller's
            spectra[..., paired] /= factor
        samples = np.empty((len(spectra), length), float if self.onesided_fft else complex)
        kernels.istft(spectra, samples, design, first, synthesis, -1.0)
        return samples.reshape(shape + (length,))

    def _fft_func(self, x: NDArray, win: Optional[NDArray] = None) -> NDArray:
        """Spectra (..., f_pts) of slices (..., m_num); win=None weighs all samples alike."""
        self._check_real(x, "slices")
        return self._spectra(x, np.ones(self.m_num) if win is None else win, self.m_num, 0, 1)[..., 0, :]

    def _ifft_func(self, X: NDArray) -> NDArray:
        """Slices (..., m_num) of spectra (..., f_pts): what _fft_func() does without a window, undone."""
        return self._overlap_add(_array("X", X)[..., np.newaxis], np.ones(self.m_num), self.m_num, 0, self.m_num)

    def _check_real(self, values: NDArray, name: str) -> None:
        if self.onesided_fft and np.iscomplexobj(values):
            raise ValueError(
                f"Complex-valued `{name}` not allowed for {self.fft_mode=}! Set property `fft_mode` to 'twosided' or "
                "'centered'."
            )

    def _pairs(self) -> Tuple[slice, float]:
        """The bins that stand for a negative frequency too, and their factor in mode "onesided2X"."""
        return slice(1, None if self.mfft % 2 else -1), float(np.sqrt(2)) if self._scaling == "psd" else 2.0

    def _x_slices(self, x: NDArray, k_off: int, p0: int, p1: int, padding: PAD_TYPE) -> Iterator[NDArray]:
        """Slices p0 .. p1 - 1 of x, each of shape (..., m_num)."""
        _check_padding(padding)
        first = self._first_sample(p0) + k_off
        end = first + (p1 - p0 - 1) * self._hop + self.m_num
        x, first = extension.extended(x, -first, end - x.shape[-1], padding), max(0, first)
        for k in range(first, first + (p1 - p0) * self._hop, self._hop):
            yield x[..., k : k + self.m_num]


def _power(values: NDArray) -> NDArray:
    return values.real**2 + values.imag**2


def _check_padding(padding: PAD_TYPE) -> None:
    if padding not in get_args(PAD_TYPE):
        raise ValueError(f"Parameter {padding=} not in {get_args(PAD_TYPE)}!")
