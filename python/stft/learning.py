# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Window lengths, chirp rates and frame positions learned from a recording by gradient descent on a loss of its DSTFT."""

from __future__ import annotations

import inspect
from typing import Any, Callable, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import _at_least, _keeps, _positive
from .differentiable import FamilyName
from .learning_criteria import Criterion
from .learning_problem import Enough, Learned, Problem, Segment
from .optional_modules import load
from .rate_search import begin_at_rates
from .stft_python import kernels

METHODS = ("lbfgs", "adam")


def learn(
    x: ArrayLike,
    *,
    n_fft: int,
    hop: Optional[float] = None,
    alpha: float = 0.0,
    method: str = "lbfgs",
    share: str = "frame",
    learn: Union[str, Sequence[str]] = "theta",
    criterion: Optional[Criterion] = None,
    theta_min: Optional[float] = None,
    theta_max: Optional[float] = None,
    theta_init: Optional[ArrayLike] = None,
    hop_min: Optional[float] = None,
    hop_max: Optional[float] = None,
    window: FamilyName = "hann",
    norm: str = "l2",
    chirp_max: Optional[float] = None,
    regularisation: Optional[float] = None,
    max_iterations: int = 100,
    tol: float = 1e-4,
    learning_rate: float = 0.05,
    progress: Optional[Callable[[int, float], Any]] = None,
    part: Optional[Tuple[int, int]] = None,
) -> Learned:
    """Window lengths theta, chirp rates c, frame positions t or the hop at which a loss of the spectra is least.

    x: samples (..., samples); of several channels the losses are averaged.
    n_fft: DFT length, the longest window. hop: samples from frame to frame at the start, real; default n_fft / 16, at
        least 1; frame n is centred at n hop, and there are 1 + floor(samples / hop) of them.
    share: what has a theta of its own: "frame", "constant" (nothing, one theta), "bin" or "cell". All but "constant"
        start from the best constant theta, or from `theta_init`.
        Where frames have thetas of their own, those near an end of x are judged at the nearest place where their windows
        hold samples of x only, unless the criterion is "kurtosis", "coverage" or a function.
    learn: one or some of "theta", "t" (each position, within half a hop of its place), "chirp" (the rate c by which a window
        turns, see dstft(), one or one for each frame as `share` has it, "constant" or "frame") and "hop" (one real hop, with
        share "constant" or "bin"), or "both", which is theta and t. Rates are learned on the analytic signal of a real
        x, since the bins of a real signal's one-sided spectra do not hold all that a turning window shows: a loss of
        them would fall as energy leaves them. They start from a search, of adapt() where frames have their own. With
        "hop" the frames are those that touch a sample, so that the loss is continuous, and "magnitude_entropy" is taken
        less the logarithm of the number of frames, without which it always prefers longer hops.
    criterion: the loss, which is minimised:
        "magnitude_entropy" (Shannon's of the magnitudes over the whole plane, A (26); the default for a constant theta without
        a rate),
        "l1l2" (whitened l1/l2 of blocks of about n_fft samples, see losses.pooled(); the default otherwise: over
        several thetas the entropy of the plane falls as energy moves between frames, without any concentration),
        "entropy" and "renyi" (of the whitened power, order 2, pooled likewise), "magnitude_renyi" (of the magnitudes
        over the whole plane, order 3), "frame_entropy", "lp_lq", "kurtosis" (minus the mean of losses.kurtosis();
        adapt() takes its logarithm in each frame), "coverage" (taken as 1 - coverage; one theta per frame at most), a
        dict of such names and weights, or a function f(S, theta, t) -> value, G[, dL/dtheta, dL/dt] of spectra (bins,
        frames), G = dL/dRe S + 1j dL/dIm S.
    regularisation: weight of the mean total variation of ln theta over neighbouring cells, A (27), (28), and of
        c n_fft^2 / 26 over neighbouring frames; default 0.1.
    theta_min, theta_max: bounds in samples; default 2 hop (at least 4, at most theta_max / 2), since a window shorter than
        two hops misses what lies between two frames, and n_fft. hop_min, hop_max: of a learned hop; default n_fft / 64
        and n_fft / 2.
    chirp_max: bound of abs(c) in cycles per sample^2; default 94 / theta_max^2, at most 1 / (2 theta_max).
    alpha: > 0 for fixed overlap: t[n + 1] = t[n] + alpha theta[n], A (8); for one theta or one per frame. hop is then
        that of the start, and "magnitude_entropy" is taken less the logarithm of the number of frames.
    theta_init: theta to begin with, one or of the shape of the result; default the best constant one; where theta is not
        learned it stays there, by default at the geometric mean of its bounds.
    method: "lbfgs" (SciPy's L-BFGS-B) or "adam", both in ln theta; a constant theta alone is found by a coarse logarithmic
        grid and Brent's method, without gradients.
    max_iterations: of the method, in each segment. tol: relative change of the loss at which "lbfgs" stops times 1e-5, and the relative
        accuracy of a constant theta.
    learning_rate: of "adam", in units of ln theta.
    progress: called with the number of evaluations and the loss after each, of the whole. If it raises StopIteration the learning ends
        with the best that was met; other exceptions are passed on.

    part: (begin, end), the samples of x that frames are placed in: frame n is centred at begin + n hop, and windows reach
        beyond the part into x. All of x by default.

    Memory: where "cell" learns theta with criteria that are means over frames or blocks of them ("l1l2", "entropy", "renyi",
    "frame_entropy", "kurtosis"), recordings of more than 2^18 cells are learned by segments of as many cells at most,
    from the first to the last, each with the last half block of frames of the one before, next to the thetas that were found
    before it and those of the start after it. Learning takes about 110 MiB then, in addition to x and the
    result of 16 bytes for each cell (24 in double precision). The constant theta of the start is that of the least mean of the segments' losses. Otherwise "cell" takes about 450 bytes for each cell.

    Returns Learned(spectra, theta, t, loss, history, advice, c); theta, t and c are the best that were met.

    Source: Leiber et al., "Learnable adaptive time-frequency representation via differentiable short-time Fourier
    transform", 2025 (A), section VI.

    >>> import numpy as np
    >>> n = np.arange(2000)
    >>> x = np.cos(2 * np.pi * (0.05 * n + 5e-5 * n**2))
    >>> learned = learn(x, n_fft=512, share="constant")
    >>> bool(abs(learned.theta.item() - 1.95 / 1e-4**0.5) < 30)
    True
    """
    problem = Problem(
        x,
        n_fft=n_fft,
        hop=hop,
        alpha=alpha,
        share=share,
        learn=learn,
        criterion=criterion,
        theta_min=theta_min,
        theta_max=theta_max,
        hop_min=hop_min,
        hop_max=hop_max,
        chirp_max=chirp_max,
        window=window,
        norm=norm,
        regularisation=regularisation,
        progress=progress,
        part=part,
    )
    if method not in METHODS:
        raise ValueError(f"method: {method}: must be lbfgs or adam")
    _at_least(1, "max_iterations", max_iterations)
    if not _keeps(lambda v: 0 < v < 1, tol):
        raise ValueError(f"tol: {tol}: must be 0 < tol < 1")
    _positive("learning_rate", learning_rate)
    searched = "theta" in problem.learned and theta_init is None
    if theta_init is not None:
        problem.begin_at(theta_init)
    try:
        if searched:
            problem.begin_at_best_constant(tol)
        if problem.c is not None:
            begin_at_rates(problem, searched)
        if not (searched and share == "constant" and len(problem.learned) == 1):
            descend = _descend if method == "lbfgs" else _adam
            for minimised in problem.parts():
                descend(minimised, max_iterations, tol, learning_rate)
    except Enough:
        pass
    found = problem.result()
    return found._replace(advice=_advice(found.theta, problem))


def _advice(theta: NDArray, problem: Problem) -> str:
    if "theta" not in problem.learned:
        return ""
    least, greatest = problem.bounds["theta"]
    of_what = {"constant": "theta is", "frame": "{} % of the frames have a theta that is", "bin": "{} % of the bins have a theta that is",
               "cell": "{} % of the cells have a theta that is"}[problem.share]  # fmt: skip
    for at, bound, remedy in (
        (theta >= greatest / 1.01, f"the greatest, {greatest:g} samples: longer windows may suit better: ",
         "raise n_fft" if greatest == problem.n_fft else "raise theta_max, to n_fft at most"),
        (theta <= 1.01 * least, f"the least, {least:g} samples: shorter windows may suit better: ",
         "lower theta_min, and give a hop of half of it at most"),
    ):  # fmt: skip
        if np.mean(at) > 0.5:
            return f"{of_what.format(round(100 * np.mean(at)))} within 1 % of {bound}{remedy}"
    return ""


def _problem(x: ArrayLike, **arguments: Any) -> Problem:
    """The problem of learn(x, **arguments), whose defaults hold for arguments that are not given."""
    sought = inspect.signature(Problem).parameters
    defaults = {name: one.default for name, one in inspect.signature(learn).parameters.items()
                if name in sought and one.default is not one.empty}  # fmt: skip
    return Problem(x, **{**defaults, **arguments})


class Start(NamedTuple):
    """Where a learning begins: a loss, and the theta and t it is of."""

    loss: float
    theta: NDArray
    t: NDArray


def start_at(theta: ArrayLike, x: ArrayLike, **arguments: Any) -> Start:
    """The loss that learn(x, theta_init=theta, **arguments) would begin with; arguments: those of learn() that say what is
    sought. theta may lie outside of the bounds, but not of (0, n_fft]."""
    problem = _problem(x, **arguments)
    problem.begin_at(theta, (kernels.least_theta, float(problem.n_fft)))
    loss = problem.loss_at(problem.theta, problem.t, problem.c)
    return Start(loss, problem.theta, problem.begin + problem.t)


def _descend(problem: Union[Problem, Segment], max_iterations: int, tol: float, _: float) -> None:
    optimize = load("scipy.optimize", "method lbfgs")
    # not minimize(), which makes a few hundred bytes of Python numbers of each variable's bounds
    optimize.fmin_l_bfgs_b(
        problem.loss,
        problem.variables(),
        bounds=problem.limits(),
        maxiter=int(max_iterations),
        factr=tol * 1e-5 / np.finfo(float).eps,
        pgtol=1e-12,
    )


def _adam(problem: Union[Problem, Segment], max_iterations: int, tol: float, rate: float) -> None:
    """Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1, kept within the limits."""
    variables, limits = problem.variables(), np.array(problem.limits())
    mean, square = np.zeros_like(variables), np.zeros_like(variables)
    for step in range(1, max_iterations + 1):
        _, slope = problem.loss(variables)
        mean += 0.1 * (slope - mean)
        square += 0.001 * (slope**2 - square)
        change = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-12)
        variables = np.clip(variables - rate * change, limits[:, 0], limits[:, 1])
    problem.loss(variables)
