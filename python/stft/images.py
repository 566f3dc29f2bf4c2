# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The 2-D STFT of images, its inverse, and their gradients, on NumPy arrays.

Shared conventions. Images are (H, W), (C, H, W) or (N, C, H, W); spectra are (N, C, freq_H, freq_W, frames_H, frames_W), a
view on memory in which each frame's spectrum lies together, with freq_H = n_fft // 2 + 1 of the height and freq_W = n_fft
of the width, in the order of the FFT. float32 and complex64 are computed in single precision, everything else in double.
Sizes are integers for both axes, or pairs (height, width).

Frame (m, n) holds pixels m hop - P .. m hop - P + win_length - 1 of each axis; P = win_length // 2 if centred, else 0.

- win_length: pixels under the window; default: the number of taps, else n_fft. hop: from frame to frame; may exceed it.
- n_fft: DFT length, default win_length.
- window: of both axes: a name (periodic, SciPy's names), (name, parameters ...), one of GNU Radio's window.WIN_..., a float
  (Kaiser's beta) or taps; or a pair (height's, width's) of names, of tuples, or of taps. The 2-D window is the product of the two.
- win_sqrt: its square root instead, for windows without negative values.
- centre (or center): whether frame m is centred at pixel m hop.
- pad: what stands outside of the image: "constant" (0), "reflect" (the mirror image, the edge not repeated) or "edge".
- tail: "ceil" has 1 + ceil(S / hop) frames for S pixels (not centred: 1 + max(0, ceil((S - win_length) / hop))), so that
  the last pixels are well inside of a frame; "floor" has those that fit between the padded borders, of P pixels each.
- offset: a window shorter than the DFT is followed by zeros ("trailing") or lies in their middle ("centred" or "centered").
- workers: threads that share the N C images; results do not depend on it.

Gradients belong to a real loss L: by a complex array a they are dL/dRe a + 1j dL/dIm a, which is also what PyTorch hands
on. Arguments that no rule allows raise ValueError with "name: value: rule".
"""

from __future__ import annotations

from typing import Any, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _array, _check_out, _complex, _either_spelling, _empty, _integer, _precision, _threshold, _truth, _workers
from .stft_python import kernels

Size = Union[int, Sequence[int]]


@_either_spelling
def stft2d(
    image: ArrayLike,
    *,
    win_length: Optional[Size] = None,
    hop: Size,
    n_fft: Optional[Size] = None,
    window: Any = "hann",
    win_sqrt: bool = False,
    centre: bool = True,
    pad: str = "constant",
    tail: str = "ceil",
    offset: str = "trailing",
    out: Optional[NDArray] = None,
    workers: int = 1,
) -> NDArray:
    """2-D short-time Fourier transform of images.

    X[.., kh, kw, m, n] = sum_i sum_j wh[i] ww[j] x[m hop_h - P_h + i, n hop_w - P_w + j]
                          exp(-2j pi (kh (i + o_h) / n_fft_h + kw (j + o_w) / n_fft_w))

    o is 0, or (n_fft - win_length) // 2 if offset is "centred". No scaling. The height is the one-sided axis: what is left
    out is X[-kh, kw] = conj X[kh, -kw].

    image: real.
    out: where the result goes, of the shape, dtype and memory order of what is returned otherwise: to fetch new memory for
        large spectra may take longer than to compute them.
    The other arguments: see the module.

    Returns complex64 or complex128.

    Source: Baas, "A simple 2D STFT module in pytorch", 2025.

    >>> import numpy as np
    >>> stft2d(np.zeros((3, 1024, 1536), np.float32), win_length=32, hop=16, tail="floor").shape
    (1, 3, 17, 32, 65, 97)
    >>> wave = np.cos(2 * np.pi * np.add.outer(np.arange(64) / 8, np.arange(64) / 4))
    >>> X = stft2d(wave, win_length=16, hop=8)
    >>> bool(np.isclose(abs(X[0, 0, 2, 4, 3, 3]), 8 * 8 / 2))
    True
    """
    design = _design(win_length, hop, n_fft, window, win_sqrt, centre, pad, tail, offset)
    images, lead = _images("image", image)
    X = _spectra(design, images, lead, out)
    if X.size:
        kernels.stft2d(images, _flat(X), design, _workers(workers))
    return _public(X) if out is None else out


@_either_spelling
def istft2d(
    X: ArrayLike,
    *,
    shape: Sequence[int],
    win_length: Optional[Size] = None,
    hop: Size,
    n_fft: Optional[Size] = None,
    window: Any = "hann",
    win_sqrt: bool = False,
    centre: bool = True,
    pad: str = "constant",
    tail: str = "ceil",
    offset: str = "trailing",
    strict: bool = True,
    threshold: Optional[float] = None,
    workers: int = 1,
) -> NDArray:
    """Inverse 2-D STFT by weighted overlap-add: the exact image of an unmodified stft2d(), the least-squares one of others.

    X: (N, C, freq_H, freq_W, frames_H, frames_W), or without N, or without both. Of coefficients that are no real image's
        the real part of the inverse DFT counts.
    shape: of the image: (H, W), (C, H, W) or (N, C, H, W), which the spectra do not determine. The result has this shape; if it is
        (H, W) but X holds several images, (N, C, H, W).
    strict: refuse sizes of which no frame gives some pixels back; if not, they are 0.
    threshold: pixels are not given back where D = sum_m w[p - m hop + P]^2 of either axis is at most threshold times the
        largest that many frames add up to; default 1e-10.
    The other arguments: as they were for stft2d().

    Returns float32 or float64.

    Source: Griffin and Lim, "Signal estimation from modified short-time Fourier transform", IEEE Trans. ASSP 32, 1984,
    eq. 6, for two axes.

    >>> import numpy as np
    >>> image = np.random.default_rng(1).standard_normal((3, 37, 50))
    >>> made = dict(win_length=(8, 12), hop=(4, 6))
    >>> bool(np.max(np.abs(istft2d(stft2d(image, **made), shape=image.shape, **made) - image)) < 1e-13)
    True
    """
    design = _design(win_length, hop, n_fft, window, win_sqrt, centre, pad, tail, offset)
    spectra, lead = _given_spectra("X", X)
    full, result = _shape(shape, lead)
    _check_frames("X", design, spectra, full)
    threshold = _threshold(threshold)
    lost = design.lost(*full[2:], threshold)
    if _truth("strict", strict) and any(lost):
        raise ValueError(f"shape: {tuple(shape)}: {lost[0]} rows and {lost[1]} columns are in no frame that gives them back"
                         "; strict=False has them 0")  # fmt: skip
    images = np.zeros(full, spectra.real.dtype)
    if spectra.size:
        kernels.istft2d(_flat(spectra), images.reshape((-1,) + full[2:]), design, threshold, _workers(workers))
    return images.reshape(result)


@_either_spelling
def stft2d_vjp(
    G: ArrayLike,
    *,
    shape: Sequence[int],
    win_length: Optional[Size] = None,
    hop: Size,
    n_fft: Optional[Size] = None,
    window: Any = "hann",
    win_sqrt: bool = False,
    centre: bool = True,
    pad: str = "constant",
    tail: str = "ceil",
    offset: str = "trailing",
    workers: int = 1,
) -> NDArray:
    """dL/dimage of X = stft2d(image, ...), from G = dL/dRe X + 1j dL/dIm X.

    G: of the shape of X. shape: of the image, as in istft2d(). The other arguments are those of stft2d().

    Returns the gradient, of that shape.

    >>> import numpy as np
    >>> image = np.random.default_rng(1).standard_normal((11, 13))
    >>> X = stft2d(image, win_length=5, hop=2)
    >>> slope = stft2d_vjp(X, shape=image.shape, win_length=5, hop=2)
    >>> bool(np.isclose(np.sum(np.abs(X) ** 2), np.sum(slope * image)))
    True
    """
    design = _design(win_length, hop, n_fft, window, win_sqrt, centre, pad, tail, offset)
    spectra, lead = _given_spectra("G", G)
    full, result = _shape(shape, lead)
    _check_frames("G", design, spectra, full)
    gradient = np.zeros(full, spectra.real.dtype)
    if spectra.size:
        kernels.stft2d_vjp(_flat(spectra), gradient.reshape((-1,) + full[2:]), design, _workers(workers))
    return gradient.reshape(result)


@_either_spelling
def istft2d_vjp(
    g: ArrayLike,
    *,
    win_length: Optional[Size] = None,
    hop: Size,
    n_fft: Optional[Size] = None,
    window: Any = "hann",
    win_sqrt: bool = False,
    centre: bool = True,
    pad: str = "constant",
    tail: str = "ceil",
    offset: str = "trailing",
    threshold: Optional[float] = None,
    workers: int = 1,
) -> NDArray:
    """dL/dRe X + 1j dL/dIm X of y = istft2d(X, ...), from g = dL/dy.

    g: of the shape of y. The other arguments are those of istft2d().

    Returns (N, C, freq_H, freq_W, frames_H, frames_W).

    >>> import numpy as np
    >>> made = dict(win_length=5, hop=2)
    >>> X = stft2d(np.random.default_rng(1).standard_normal((11, 13)), **made)
    >>> y = istft2d(X, shape=(11, 13), **made)
    >>> slope = istft2d_vjp(y, **made)
    >>> bool(np.isclose(np.sum(y ** 2), np.sum(slope.real * X.real + slope.imag * X.imag)))
    True
    """
    design = _design(win_length, hop, n_fft, window, win_sqrt, centre, pad, tail, offset)
    images, lead = _images("g", g)
    gradient = _spectra(design, images, lead)
    if gradient.size:
        kernels.istft2d_vjp(images, _flat(gradient), design, _threshold(threshold), _workers(workers))
    return _public(gradient)


@_either_spelling
def stft2d_window_vjp(
    image: ArrayLike,
    G: ArrayLike,
    *,
    win_length: Optional[Size] = None,
    hop: Size,
    n_fft: Optional[Size] = None,
    window: Any = "hann",
    win_sqrt: bool = False,
    centre: bool = True,
    pad: str = "constant",
    tail: str = "ceil",
    offset: str = "trailing",
) -> Tuple[NDArray, NDArray]:
    """dL/dwh and dL/dww of X = stft2d(image, ...), from G = dL/dRe X + 1j dL/dIm X.

    wh and ww are the windows in use, after win_sqrt. Returns (win_length_h,) and (win_length_w,), float64.

    >>> import numpy as np
    >>> made = dict(hop=2, window=([1.0, 2.0, 1.0], [0.5, 1.0, 2.0, 3.0]))
    >>> image = np.random.default_rng(1).standard_normal((11, 13))
    >>> X = stft2d(image, **made)
    >>> by_height, by_width = stft2d_window_vjp(image, X, **made)
    >>> bool(np.isclose(np.sum(np.abs(X) ** 2), by_height @ [1, 2, 1]))
    True
    """
    design = _design(win_length, hop, n_fft, window, win_sqrt, centre, pad, tail, offset)
    images, lead = _images("image", image)
    return _window_vjp("G", design, images, lead, G, False, None)


@_either_spelling
def istft2d_window_vjp(
    X: ArrayLike,
    g: ArrayLike,
    *,
    win_length: Optional[Size] = None,
    hop: Size,
    n_fft: Optional[Size] = None,
    window: Any = "hann",
    win_sqrt: bool = False,
    centre: bool = True,
    pad: str = "constant",
    tail: str = "ceil",
    offset: str = "trailing",
    threshold: Optional[float] = None,
) -> Tuple[NDArray, NDArray]:
    """dL/dwh and dL/dww of y = istft2d(X, ...), from g = dL/dy.

    wh and ww are the windows in use, after win_sqrt; both of overlap-add and of what it is divided by. Returns
    (win_length_h,) and (win_length_w,), float64.

    >>> import numpy as np
    >>> made = dict(hop=2, window=([1.0, 2.0, 1.0], [0.5, 1.0, 2.0, 3.0]))
    >>> X = stft2d(np.random.default_rng(1).standard_normal((11, 13)), **made)
    >>> by_height, by_width = istft2d_window_vjp(X, istft2d(X, shape=(11, 13), **made), **made)
    >>> by_height.shape, by_width.shape
    ((3,), (4,))
    """
    design = _design(win_length, hop, n_fft, window, win_sqrt, centre, pad, tail, offset)
    images, lead = _images("g", g)
    return _window_vjp("X", design, images, lead, X, True, threshold)


def _window_vjp(
    name: str,
    design: Any,
    images: NDArray,
    lead: Tuple[int, int],
    X: ArrayLike,
    of_inverse: bool,
    threshold: Optional[float],
) -> Tuple[NDArray, NDArray]:
    spectra, there = _given_spectra(name, X)
    if there != lead:
        raise ValueError(f"{name}: {there[0]} x {there[1]} images: must be {lead[0]} x {lead[1]}")
    _check_frames(name, design, spectra, lead + images.shape[1:])
    kind = np.result_type(images, spectra.real)
    images, spectra = images.astype(kind, copy=False), spectra.astype(_complex(kind), copy=False)
    if not spectra.size:
        return tuple(np.zeros(length) for length in design.win_length())
    return kernels.window_vjp2d(images, _flat(spectra), design, of_inverse, _threshold(threshold))


def _design(
    win_length: Optional[Size],
    hop: Size,
    n_fft: Optional[Size],
    window: Any,
    win_sqrt: bool,
    centre: bool,
    pad: str,
    tail: str,
    offset: str,
) -> Any:
    lengths, points = _optional_pair("win_length", win_length), _optional_pair("n_fft", n_fft)
    hops = _pair("hop", hop)
    return kernels.parameters2d(
        win_length=lengths,
        hop=hops,
        n_fft=points,
        window=window,
        win_sqrt=win_sqrt,
        centre=centre,
        pad=pad,
        tail=tail,
        offset=offset,
    )


def _pair(name: str, size: Any) -> Tuple[int, int]:
    """(height's, width's), each 1 or more."""
    if isinstance(size, (tuple, list, np.ndarray)) and np.ndim(size) == 1:
        if len(size) != 2:
            raise ValueError(f"{name}: {size!r}: must be an integer or a pair (height, width)")
        pair = _integer(name, size[0]), _integer(name, size[1])
    else:
        pair = (_integer(name, size),) * 2
    for one in pair:
        if not 1 <= one < 2**62:
            raise ValueError(f"{name}: {one}: must be 1 or more, and less than 2^62")
    return pair


def _optional_pair(name: str, size: Optional[Size]) -> Tuple[int, int]:
    return (0, 0) if size is None else _pair(name, size)


def _images(name: str, values: ArrayLike) -> Tuple[NDArray, Tuple[int, int]]:
    """Images as (N C, H, W), contiguous and of a dtype that the kernels know; and (N, C)."""
    values = _array(name, values)
    if values.dtype.kind == "c":
        raise ValueError(f"{name}: dtype {values.dtype}: must be real")
    if not 2 <= values.ndim <= 4:
        raise ValueError(f"{name}: {values.ndim} dimensions: must be (H, W), (C, H, W) or (N, C, H, W)")
    lead = _lead(values.shape)
    _check_not_empty(name, lead + values.shape[-2:])
    flat = np.ascontiguousarray(values, _precision(values.dtype))
    return flat.reshape((lead[0] * lead[1],) + values.shape[-2:]), lead


def _lead(shape: Sequence[int]) -> Tuple[int, int]:
    """(N, C) of an image's shape."""
    lead = (1, 1) + tuple(shape[:-2])
    return lead[-2], lead[-1]


def _check_not_empty(name: str, shape: Sequence[int]) -> None:
    for what, count in zip(("images", "channels", "rows", "columns"), shape):
        if count < 1:
            raise ValueError(f"{name}: {count} {what}: must have one or more")


def _spectra(design: Any, images: NDArray, lead: Tuple[int, int], out: Optional[NDArray] = None) -> NDArray:
    """Memory for their spectra, (N, C, frames_H, frames_W, freq_H, freq_W): new, or that of out."""
    n_fft, frames = design.n_fft(), design.frames(*images.shape[1:])
    bins = (n_fft[0] // 2 + 1, n_fft[1])
    if out is None:
        return _empty(lead + frames + bins, _complex(images.dtype), n_fft=max(n_fft))
    _check_out(out, lead + bins + frames, _complex(images.dtype), images)
    memory = out.transpose(0, 1, 4, 5, 2, 3)
    if not memory.flags.c_contiguous or not out.flags.writeable:
        raise ValueError("out: memory order: must be writeable, with each frame's spectrum together, as stft2d() returns it")
    return memory


def _given_spectra(name: str, X: ArrayLike) -> Tuple[NDArray, Tuple[int, int]]:
    """Spectra as (N, C, frames_H, frames_W, freq_H, freq_W), contiguous; and (N, C)."""
    X = _array(name, X)
    if not 4 <= X.ndim <= 6:
        raise ValueError(f"{name}: {X.ndim} dimensions: must be (N, C, freq_H, freq_W, frames_H, frames_W), or the last 5 or 4")
    X = X.reshape((1,) * (6 - X.ndim) + X.shape)
    _check_not_empty(name, X.shape[:2])
    X = np.ascontiguousarray(X.transpose(0, 1, 4, 5, 2, 3), _complex(_precision(X.dtype)))
    return X, X.shape[:2]


def _shape(shape: Sequence[int], lead: Tuple[int, int]) -> Tuple[Tuple[int, ...], Tuple[int, ...]]:
    """(N, C, H, W) of the image that has the shape, and the shape that it is returned in."""
    if not isinstance(shape, (tuple, list, np.ndarray)) or not 2 <= len(shape) <= 4:
        raise ValueError(f"shape: {shape!r}: must be (H, W), (C, H, W) or (N, C, H, W)")
    shape = tuple(_integer("shape", size) for size in shape)
    full = lead + shape[-2:]
    if len(shape) > 2 and _lead(shape) != lead:
        raise ValueError(f"shape: {shape}: must have the {lead[0]} x {lead[1]} images of the spectra")
    _check_not_empty("shape", full)
    return full, full if len(shape) == 2 and lead != (1, 1) else shape


def _check_frames(name: str, design: Any, spectra: NDArray, full: Sequence[int]) -> None:
    n_fft = design.n_fft()
    frames = design.frames(*full[2:])
    expected = (n_fft[0] // 2 + 1, n_fft[1]) + frames
    there = spectra.shape[4:] + spectra.shape[2:4]
    if there != expected:
        raise ValueError(f"{name}: {there} frequencies and frames: must be {expected} for an image of {full[2]} x {full[3]}")


def _flat(spectra: NDArray) -> NDArray:
    return spectra.reshape((-1,) + spectra.shape[2:])


def _public(spectra: NDArray) -> NDArray:
    return spectra.transpose(0, 1, 4, 5, 2, 3)
