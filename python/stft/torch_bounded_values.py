# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Learned values between their bounds, as DSTFT holds window lengths and hops."""

from __future__ import annotations

import math
from typing import Any, Tuple

from .stft_python import kernels
from .tensors import Tensor, torch


class BoundedValues(torch.nn.Module):
    """Values NAME that are held as raw_NAME, in double: a parameter if they are learned, between NAME_min and NAME_max.

    scale is "linear" or "log", as DSTFT says; n_fft bounds a window length that is not learned.
    """

    n_fft: int
    scale: str

    def raw_of(self, name: str, value: Any) -> Tensor:
        """What raw_win_length or raw_hop_length is where win_length or hop_length, whichever is named, is `value`."""
        value = torch.as_tensor(value, dtype=torch.float64).detach()
        learned = isinstance(getattr(self, "raw_" + name), torch.nn.Parameter)
        low, high, rule = 0.0, math.inf, "must be positive"
        if learned:
            low, high = self._bounds(name)
            rule = f"must be in [{low}, {high}]"
        elif name == "win_length":
            low, high = kernels.least_theta, self.n_fft
            rule = f"must be in (0, {high}], and not below {low}"
        outside = value[~((low <= value) & (value <= high) & (0 < value) & (value < math.inf))]
        if len(outside):
            raise ValueError(f"{name}: {outside[0].item()}: {rule}")
        if not learned:
            return value
        way = (value - low) / (high - low) if self.scale == "linear" else torch.log(value / low) / math.log(high / low)
        return torch.logit(way, eps=1e-4)

    def __setattr__(self, name: str, value: Any) -> None:
        # a module takes a Parameter for a new parameter, also where the name is a property
        if isinstance(getattr(type(self), name, None), property):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def _apply(self, function: Any) -> Any:
        # a position late in a long signal has no fraction in single precision
        return super()._apply(lambda held: moved if (moved := function(held)).dtype == held.dtype else held)

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
