# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Where learning of chirp rates begins: a loss has many minima over a rate, each as narrow as a bin is over the window."""

from __future__ import annotations

from typing import Any, List, Tuple

import numpy as np
from numpy.typing import NDArray

_RATES = 17
_FINER = np.array([-2, -1, 0, 1, 2]) * 3.1, np.array([-2, -1, 0, 1, 2]) * 1.26
"""Steps of the second and third stage over theta^2, under half of the longest window and under the longest."""
_LENGTHS = 7
_GOING_ON = 5


def chirp_bound(theta_max: float) -> float:
    """The greatest rate that is sought by default, cycles per sample^2."""
    return min(94 / theta_max**2, 0.5 / theta_max)


def begin_at_rates(problem: Any, free: bool) -> None:
    """Sets theta and c where a descent begins; theta stays unless it is free."""
    search = _of_frames if problem.share == "frame" else _of_all
    for theta, c in ((problem.theta, problem.c), *search(problem, free)):
        value = problem.loss_at(theta, problem.t, c)
        if value < problem.best[0] or c is problem.c:
            problem.best = (value, theta, problem.t, c)
        problem.count(value)
    _, problem.theta, _, problem.c = problem.best


def _of_frames(problem: Any, free: bool):
    """The thetas and rates that adapt() finds, for each channel."""
    from .adaptive import adapt

    least, greatest = problem.bounds["theta"]
    part = slice(int(problem.begin), int(problem.begin + problem.samples))
    for x in problem.x:
        found = adapt(
            x[part], n_fft=problem.n_fft, hop=problem.hop, learn=("theta", "chirp"), theta_min=least, theta_max=greatest,
            chirp_max=problem.chirp_max, window=problem.window, norm=problem.norm, invertible=False, spectra=False,
        )  # fmt: skip
        near = np.clip(np.rint(problem.t / problem.hop).astype(int), 0, found.theta.shape[1] - 1)
        c = np.clip(found.c[:, near], -problem.chirp_max, problem.chirp_max)
        yield np.clip(found.theta[:, near], least, greatest) if free else problem.theta, c


def _of_all(problem: Any, free: bool):
    """One theta and one rate, by stages: all rates under a short window, finer ones around the best few under longer windows,
    and then the lengths with the best of them."""
    least, greatest = problem.bounds["theta"]

    def loss(theta: float, c: float) -> float:
        lengths, rates = _one(theta, c)
        value = problem.loss_at(lengths, problem.t, rates)
        problem.count(value)
        return value

    def losses_of(theta: float, rates: NDArray) -> List[Tuple[float, float]]:
        """(loss, rate) of each, the best first."""
        rates = np.clip(rates, -problem.chirp_max, problem.chirp_max)
        return sorted((loss(theta, c), float(c)) for c in rates)

    fixed = problem.theta.item()
    stages = [greatest / 4, greatest / 2, greatest] if free else [fixed] * 3
    stages = [float(np.clip(theta, least, greatest)) if free else theta for theta in stages]
    # a short window tells rates apart badly in noise, so several of them go on
    going_on = losses_of(stages[0], np.linspace(-problem.chirp_max, problem.chirp_max, _RATES))[:_GOING_ON]
    for theta, steps in zip(stages[1:], _FINER):
        going_on = [losses_of(theta, c + steps / greatest**2)[0] for _, c in going_on]
    c = min(going_on)[1]
    for theta in np.geomspace(least, greatest, _LENGTHS) if free else [fixed]:
        yield _one(float(np.clip(theta, least, greatest)) if free else theta, c)


def _one(theta: float, c: float) -> Tuple[NDArray, NDArray]:
    return np.full((1, 1), theta), np.full((1, 1), c)
