# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Power in bands: mel, bark and ERB scales, fractions of octaves, and bands of one's own, as weights on rows of power."""

from __future__ import annotations

import warnings
from typing import Any, Optional, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _either_spelling, _keeps, _named_fs, _real_array, _word
from .stft_python import kernels

_KEYWORDS = """
    kind: how the bands lie. "mel", "bark", "erb", "linear": `bands` of them at equal steps of the scale from f_min to f_max. "octave":
        `per_octave` of them in an octave (3: third-octaves), with the frequencies of IEC 61260-1 about `reference`, from the band that
        holds f_min to the one that holds f_max, as far as fs / 2. "edges": between the rising frequencies `edges`.
    fs: sampling rate in Hz, above 40 Hz for mel, bark and erb, which are scales of hearing. f_min, f_max: Hz; f_max None: fs / 2.
    mel_scale: "slaney" (linear up to 1 kHz) or "htk" (2595 log10(1 + f / 700)).
    shape: "triangle", with feet at the neighbours' peaks, or "rectangle", bands that meet, between the bins too; "automatic": triangles
        for mel, bark and erb, else rectangles.
"""


def _with_keywords(function: Any) -> Any:
    first, rest = (function.__doc__ or "").split("\n\n", 1)
    function.__doc__ = f"{first}\n{_KEYWORDS}\n{rest}"
    return _either_spelling(function)


@_with_keywords
def band_weights(kind: str = "mel", n_fft: int = 1024, fs: float = 1.0, *, bands: Optional[int] = None, f_min: float = 0.0,
                 f_max: Optional[float] = None, norm: str = "none", mel_scale: str = "slaney", shape: str = "automatic",
                 per_octave: int = 3, reference: float = 1000.0, edges: Sequence[float] = ()) -> NDArray:  # fmt: skip
    """Weights of the bins of one-sided rows of power in each of some bands, (bands, n_fft // 2 + 1), float64.

    n_fft: that of the rows, 2 .. 2^28; by default spectrogram()'s. bands: how many, 128 for mel by default.
    norm: "none": a triangle is 1 at its peak, a rectangle in its band; "area" (or "slaney"): divided by the band's width in Hz, half of it
        for a triangle; "sum": the weights of a band add up to 1.

    band_weights("mel", n_fft, fs, norm="slaney") is librosa.filters.mel(sr=fs, n_fft=n_fft) and, transposed,
    torchaudio.functional.melscale_fbanks(norm="slaney", mel_scale="slaney"); mel_scale="htk" is their htk=True and mel_scale="htk". Bands
    that no bin falls into are 0, and warned of. The same kernel as the block band_weights_vfvf.

    >>> weights = band_weights("octave", 4096, 48000, per_octave=1, f_min=63, f_max=8000)
    >>> weights.shape, round(float(weights[4].sum() * 48000 / 4096))      # the octave of 1 kHz is 705 Hz wide
    ((8, 2049), 705)
    """
    made = _settings(kind, fs, bands, f_min, f_max, mel_scale, shape, per_octave, reference, edges)
    with _named_fs():
        weights, empty = kernels.band_weights(n_fft=n_fft, norm=norm, **made)
    if empty:
        warnings.warn(f"{empty} of {len(weights)} bands hold no bin, and are 0: n_fft is too small for them", stacklevel=3)
    return weights


@_with_keywords
def band_edges(kind: str = "mel", fs: float = 1.0, *, bands: Optional[int] = None, f_min: float = 0.0, f_max: Optional[float] = None,
               mel_scale: str = "slaney", shape: str = "automatic", per_octave: int = 3, reference: float = 1000.0,
               edges: Sequence[float] = ()) -> NDArray:  # fmt: skip
    """Lower edge, centre and upper edge of each band of band_weights() in Hz, (bands, 3); octaves need an f_min.

    band_levels(x, fs, band_edges("octave", fs, f_min=20)[:, ::2]) are the levels of third-octaves from 20 Hz on.

    >>> np.round(band_edges("octave", 48000, f_min=800, f_max=1250)).astype(int).tolist()
    [[708, 794, 891], [891, 1000, 1122], [1122, 1259, 1413]]
    """
    made = _settings(kind, fs, bands, f_min, f_max, mel_scale, shape, per_octave, reference, edges)
    with _named_fs():
        return kernels.band_edges(n_fft=0, **made)


def apply_band_weights(power: ArrayLike, weights: ArrayLike) -> NDArray:
    """Weighted sums of rows of power, (..., bins, rows) -> (..., bands, rows): weights @ power, over the weights that are not 0.

    power: as spectrogram() returns it, not in decibels. weights: (bands, bins), of band_weights() or others, for the n_fft of power; finite
        and not negative.
    What is not finite makes the sums of its own bands so. Returns float32 for float32, else float64; the block band_weights_vfvf gives the
    same to the bit.

    >>> apply_band_weights([[1.0], [2.0], [4.0]], [[0, 0.5, 0.5], [1, 0, 0]]).tolist()
    [[3.0], [1.0]]
    """
    given = _real_array("power", power)
    if given.ndim < 2:
        raise ValueError(f"power: shape {given.shape}: must be (..., bins, rows)")
    matrix = _real_array("weights", weights)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(f"weights: shape {matrix.shape}: must be (bands, bins)")
    if given.shape[-2] != matrix.shape[1]:
        raise ValueError(
            f"power: {_bins_of(given.shape[-2])}: must be as many as weights has, {_bins_of(matrix.shape[1])}: give both the same n_fft"
        )
    rows = np.ascontiguousarray(np.swapaxes(given, -1, -2), np.float32 if given.dtype == np.float32 else np.float64)
    flat = rows.reshape(-1, matrix.shape[1])
    sums = kernels.apply_band_weights(flat, np.ascontiguousarray(matrix, np.float64))
    return np.swapaxes(sums.reshape(rows.shape[:-1] + matrix.shape[:1]), -1, -2)


def _bins_of(bins: int) -> str:
    """How many bins, and the n_fft that has them: "513 bins (n_fft 1024 or 1025)"."""
    return f"{bins} bins (n_fft {2 * (bins - 1)} or {2 * bins - 1})" if bins > 1 else f"{bins} bins"


def _settings(kind, fs, count, f_min, f_max, mel_scale, shape, per_octave, reference, edges):
    kind = _word(kind)
    if kind == "weights":
        raise ValueError("kind: weights: must not be given: they are what is asked for")
    if count is None and kind == "mel":
        count = 128
    if not _keeps(lambda v: 1e-30 <= v <= 1e30, fs):
        raise ValueError(f"fs: {fs}: must be 1e-30 .. 1e30 Hz")
    try:
        frequencies = [float(f) for f in (() if isinstance(edges, (str, bytes)) else edges)]
    except (TypeError, ValueError):
        frequencies = None
    if frequencies is None or isinstance(edges, (str, bytes)):
        raise ValueError(f"edges: {edges!r}: must be rising frequencies in Hz")
    return dict(kind=kind, samp_rate=float(fs), bands=count, f_min=f_min, f_max=f_max, mel_scale=mel_scale, shape=shape, per_octave=per_octave,
                reference=reference, edges=frequencies)  # fmt: skip
