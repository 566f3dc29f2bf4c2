# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The transforms as functions that PyTorch differentiates: forward and backward call the kernels."""

from __future__ import annotations

import functools
from typing import Any, Callable, Optional, Tuple

import numpy as np

from . import adjoints, differentiable, transforms
from .stft_python import kernels
from .tensors import Tensor, _numpy, _tensor, torch


class _Refused(torch.autograd.Function):
    """A gradient as it is, which has none by `sources`."""

    @staticmethod
    def forward(ctx, gradient, *sources):
        return gradient.view_as(gradient)

    @staticmethod
    def backward(ctx, _):
        raise RuntimeError("gradients are of first order here: what is once_differentiable was to be differentiated twice")


def _of_first_order(backward: Callable) -> Callable:
    """As PyTorch's once_differentiable, but second derivatives are refused also where PyTorch would take them for 0: by what backward()
    has saved, and in functions that look for one input alone, such as torch.autograd.functional.hessian()."""

    @functools.wraps(backward)
    def checked(ctx, *cotangents):
        with torch.no_grad():
            gradients = backward(ctx, *cotangents)
        sources = [one for one in (*cotangents, *ctx.saved_tensors) if one is not None and one.requires_grad]
        if not torch.is_grad_enabled() or not sources:
            return gradients
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        return tuple(one if one is None else _Refused.apply(one, *sources) for one in gradients)

    return checked


class _Dstft(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, theta, t, c, made):
        ctx.save_for_backward(x, theta, t, c)
        ctx.made = made
        return torch.from_numpy(
            differentiable.dstft(_numpy("x", x), _numpy("theta", theta), _numpy("t", t), c=_rates(c), **made)
        )

    @staticmethod
    @_of_first_order
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
        kernels.modulus(rows, magnitude)
        spectra = torch.from_numpy(S)
        ctx.save_for_backward(x, theta, t, c, spectra)
        ctx.made = made
        ctx.set_materialize_grads(False)
        return torch.from_numpy(magnitude).transpose(-1, -2), spectra

    @staticmethod
    @_of_first_order
    def backward(ctx, by_magnitude, by_spectra):
        x, theta, t = (_numpy("saved", one) for one in ctx.saved_tensors[:3])
        rows = np.swapaxes(_numpy("S", ctx.saved_tensors[4]), -1, -2)
        G = None
        if by_magnitude is not None:
            G = np.empty(rows.shape, rows.dtype)
            slopes = np.ascontiguousarray(np.swapaxes(_numpy("G", by_magnitude), -1, -2), rows.real.dtype)
            kernels.cotangent(np.ascontiguousarray(rows), slopes, G)
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
    @_of_first_order
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
    @_of_first_order
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
    @_of_first_order
    def backward(ctx, v):
        window, frames, made = ctx.design
        made = {name: value for name, value in made.items() if name != "strict"}
        return _tensor(adjoints.istft_vjp(_numpy("v", v), frames, window, **made)), None, None, None


def _rates(c: Optional[Tensor]) -> Any:
    return None if c is None else _numpy("c", c)


def _wanted(names: Tuple[str, ...], ctx: Any) -> Tuple[str, ...]:
    return tuple(name for name, needed in zip(names, ctx.needs_input_grad) if needed)
