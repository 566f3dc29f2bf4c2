# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""States that the package `dstft` 3 of the papers' authors has saved, as states of our DSTFT."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from .tensors import Tensor, torch

_NAMES = {"_raw_win_length": "win_length", "_raw_hop_length": "hop_length"}


def translate(
    state: Dict[str, Any], prefix: str, ranges: Dict[str, Tuple[float, float]], module: Any, errors: List[str]
) -> None:
    """Replaces the entries of the authors' package in a state by those of `module`, a DSTFT.

    There every length is low + (high - low) sigmoid(raw), learned or not, in single precision. ranges: its (low, high) of
    win_length and of hop_length. A value that is not learned stays what `module` was made with if it is equal but for
    that range's rounding. errors: receives what does not fit.
    """
    stored = {ours: state.pop(prefix + theirs, None) for theirs, ours in _NAMES.items()}
    frames: Optional[int] = None
    for name, raw in stored.items():
        if raw is None:
            continue
        value = lengths(raw, *ranges[name])
        held = getattr(module, "raw_" + name)
        if value.ndim != held.ndim:
            errors.append(f"{name}: shape {tuple(value.shape)}: must have {held.ndim} axes")
            continue
        if value.shape[-1] > 1:
            frames = value.shape[-1]
        if not isinstance(held, torch.nn.Parameter) and value.shape == held.shape:
            low, high = ranges[name]
            if torch.all((value - held).abs() <= 2e-4 * (high - low)):
                value = held.clone()
        try:
            state[prefix + "raw_" + name] = module.raw_of(name, value)
        except ValueError as refusal:
            errors.append(str(refusal))
    if prefix + "_extra_state" not in state:
        state[prefix + "_extra_state"] = {"length": module.length, "frames": module.frames if frames is None else frames}


def lengths(raw: Tensor, low: float, high: float) -> Tensor:
    """The lengths of an entry, in double."""
    return low + (high - low) * torch.sigmoid(raw.detach().double())


def is_authors(state: Dict[str, Any], prefix: str) -> bool:
    """Whether the authors' package has made this state."""
    return any(prefix + name in state for name in _NAMES)
