# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of what DSTFT computes and learns, with matplotlib. gnuradio.stft.torch has them too.

Their arguments are those of the package `dstft` of the papers' authors.
"""

from __future__ import annotations

from typing import Any, Optional, Tuple, Union

from .optional_modules import load
from .tensors import Tensor, torch


def plot_spec(spec: Tensor, **arguments: Any) -> Tuple[Any, Any]:
    """Draws the natural logarithm of a spectrogram, (..., bins, frames), the first along its leading axes.

    title, xlabel, ylabel, cmap, colorbar, figsize, ax, show: of plot_win_lengths(). Further arguments go to matplotlib's
    imshow(), as vmin and vmax do. Returns matplotlib's (figure, axes).
    """
    if not isinstance(spec, Tensor):
        raise ValueError(f"spec: {type(spec).__name__}: must be a tensor")
    if spec.ndim < 2 or not spec.numel() or spec.is_complex():
        raise ValueError(f"spec: {spec.dtype} of shape {tuple(spec.shape)}: must be real, (..., bins, frames), and not empty")
    values = spec.detach().reshape(-1, *spec.shape[-2:])[0].float()
    return _draw((values + torch.finfo(values.dtype).eps).log().numpy(), **arguments)


def plot_win_lengths(win_length: Union[float, Tensor], **arguments: Any) -> Tuple[Any, Any]:
    """Draws window lengths in samples: one, (frames,), or (bins or 1, frames or 1).

    title, xlabel, ylabel: texts. cmap: matplotlib's name of the colours. vmin, vmax: lengths at the ends of the colours;
    default: the least and greatest. colorbar: whether one is drawn. figsize: inches. ax: axes to draw in instead of a
    new figure. show: whether to call matplotlib's show(). Returns matplotlib's (figure, axes).
    """
    lengths = torch.as_tensor(win_length).detach().double()
    if lengths.ndim > 2 or not lengths.numel():
        raise ValueError(f"win_length: shape {tuple(lengths.shape)}: must be (), (frames,) or (bins or 1, frames or 1)")
    image = lengths.reshape(1, -1) if lengths.ndim < 2 else lengths
    return _draw(image.numpy(), **arguments)


def _draw(
    image: Any,
    *,
    colorbar: bool = True,
    title: Optional[str] = None,
    xlabel: str = "frames",
    ylabel: str = "frequency bins",
    cmap: str = "inferno",
    figsize: Tuple[float, float] = (10.0, 4.0),
    ax: Any = None,
    show: bool = True,
    **of_imshow: Any,
) -> Tuple[Any, Any]:
    pyplot = load("matplotlib.pyplot", "a plot")
    if ax is None:
        _, ax = pyplot.subplots(figsize=figsize)
    drawn = ax.imshow(image, aspect="auto", origin="lower", cmap=cmap, **of_imshow)
    ax.set(xlabel=xlabel, ylabel=ylabel, **({} if title is None else {"title": title}))
    if colorbar:
        ax.figure.colorbar(drawn, ax=ax)
    if show:
        pyplot.show()
    return ax.figure, ax
