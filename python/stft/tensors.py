# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Tensors as arrays and back."""

from __future__ import annotations

from typing import Any, Optional

from .optional_modules import load

torch = load("torch", "gnuradio.stft.torch")
Tensor = torch.Tensor

_KINDS = (torch.float32, torch.float64, torch.complex64, torch.complex128)


def _numpy(name: str, tensor: Tensor) -> Any:
    """The tensor as an array, which shares its memory where it can."""
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{name}: {type(tensor).__name__}: must be a tensor")
    if tensor.device.type != "cpu":
        raise ValueError(f"{name}: {tensor.device}: must be on the CPU")
    if tensor.dtype not in _KINDS:
        raise ValueError(f"{name}: {tensor.dtype}: must be float32, float64, complex64 or complex128")
    return tensor.detach().resolve_conj().resolve_neg().numpy()


def _tensor(array: Any) -> Optional[Tensor]:
    return None if array is None else torch.as_tensor(array)
