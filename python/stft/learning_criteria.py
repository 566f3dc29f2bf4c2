# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The criteria by which learn() learns, and what each asks of the problem."""
from __future__ import annotations

from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import NDArray

from . import losses
from .arguments import _keeps

Criterion = Union[str, Mapping[str, float], Callable[..., Tuple[Any, ...]]]


def _of_magnitudes(loss: Callable[[NDArray], Tuple[Any, ...]], S: NDArray) -> Tuple[Any, ...]:
    value, slope, *others = loss(losses.modulus(S))
    return (value, losses.cotangent(S, slope), *others)


def _magnitude_entropy(problem, S, theta, t):
    value, G = _of_magnitudes(losses.magnitude_entropy, S)
    if not problem.varies_frames:
        return value, G
    # less ln(frames), as a continuous quantity: samples / hop, hop = t[1] - t[0]
    if len(t) < 2:
        return value, G
    hop = t[-1] / (len(t) - 1)
    by_t = np.zeros(len(t))
    by_t[-1] = 1 / t[-1]
    return value - np.log(problem.samples / hop), G, None, by_t


def _frame_entropy(problem, S, theta, t):
    return _of_magnitudes(lambda a: losses.magnitude_entropy(a, per_frame=True), S)


def _magnitude_renyi(problem, S, theta, t):
    return _of_magnitudes(losses.renyi, S)


def _lp_lq(problem, S, theta, t):
    return _of_magnitudes(losses.lp_lq, S)


def _kurtosis(problem, S, theta, t):
    value, G, by_t = _of_magnitudes(lambda a: losses.kurtosis(a, t), S)
    return -value, -G, None, -by_t


def _coverage(problem, S, theta, t):
    lengths = np.broadcast_to(theta, (1, len(t)))
    value, by_theta, by_t = losses.coverage(lengths, t, problem.samples)
    return 1 - value, None, -by_theta.sum(axis=1, keepdims=True) if theta.size == 1 else -by_theta, -by_t


def _half_block(problem):
    return max(1, round(problem.n_fft / (2 * problem.hop)))


def _pooled(kind):
    def pooled(problem, S, theta, t):
        one_block = theta.shape[1] == 1 and theta.shape[0] == 1
        half_block = len(t) if one_block else _half_block(problem)
        sides = "onesided" if problem.bins == problem.n_fft // 2 + 1 else "twosided"
        return losses.pooled(
            S, half_block=half_block, criterion=kind, sides=sides, n_fft=problem.n_fft, whitening=problem.whitening
        )

    return pooled


class Term(NamedTuple):
    """A criterion, and what else learning has to know of it."""

    of: Callable[..., Tuple[Any, ...]]
    """(problem, S (bins, frames), theta, t) -> value, G or None[, dL/dtheta, dL/dt]."""
    whitened: bool = False
    needs_places: bool = False
    """It is of the frames' places too, not of the spectra alone: frames stay where they are."""
    reach: Optional[Callable[[Any], int]] = None
    """It is a mean over the frames of what depends on those up to this number of frames away; None if it is no such mean."""


def _own_frame(_: Any) -> int:
    return 0


CRITERIA = {
    "magnitude_entropy": Term(_magnitude_entropy),
    "frame_entropy": Term(_frame_entropy, reach=_own_frame),
    "magnitude_renyi": Term(_magnitude_renyi),
    "lp_lq": Term(_lp_lq),
    "kurtosis": Term(_kurtosis, needs_places=True, reach=_own_frame),
    "coverage": Term(_coverage, needs_places=True),
    **{name: Term(_pooled(name), whitened=True, reach=_half_block) for name in ("l1l2", "entropy", "renyi")},
}


def criterion_of(criterion: Optional[Criterion], share: str, learned: Sequence[str] = ()) -> Criterion:
    """The criterion, or the default of this share and of what is learned."""
    if criterion is not None:
        return criterion
    return "magnitude_entropy" if share == "constant" and "chirp" not in learned else "l1l2"


def terms_of(criterion: Optional[Criterion], share: str) -> List[Tuple[float, Term]]:
    """The criteria that are meant, each with its weight."""
    criterion = criterion_of(criterion, share)
    if callable(criterion):
        return [(1.0, Term(lambda _, S, theta, t: criterion(S, theta, t), needs_places=True))]
    if not isinstance(criterion, (str, Mapping)) or criterion == {}:
        raise ValueError(f"criterion: {criterion!r}: must be a name, {{name: weight}} or a function")
    weights = {criterion: 1.0} if isinstance(criterion, str) else dict(criterion)
    for name, weight in weights.items():
        if name not in CRITERIA:
            raise ValueError(f"criterion: {name}: must be one of {', '.join(sorted(CRITERIA))}, or a function")
        if not _keeps(np.isfinite, weight):
            raise ValueError(f"criterion: {name} {weight}: must have a finite weight")
        if name == "coverage" and share in ("bin", "cell"):
            raise ValueError(f"criterion: coverage: needs share constant or frame, not {share}")
    return [(float(weight), CRITERIA[name]) for name, weight in weights.items()]
