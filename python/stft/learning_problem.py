# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What learn() minimises: a loss of the DSTFT of a recording, as a function of window lengths, chirp rates and positions."""

from __future__ import annotations

import math
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import losses
from .analytic import analytic_signal
from .arguments import _channels, _keeps, _positive, _word
from .differentiable import _n_fft, _reals, _some_of, dstft, dstft_vjp, fixed_overlap_positions, grad_fixed_overlap, grad_hop
from .learning_criteria import Criterion, criterion_of, terms_of
from .rate_search import chirp_bound
from .stft_python import kernels

SHARES = ("constant", "frame", "bin", "cell")
LEARNABLES = ("theta", "t", "hop", "chirp")
REGULARISATION = 0.1
"""By default: as much as the paths of adapt() pay for a change of theta."""
SEGMENT_CELLS = 2**18
"""Of cells of the spectra, how many are learned at once at most where segments of frames are learned one after another:
L-BFGS and a loss with its gradient take about 450 bytes for each, 110 MiB together."""


class Learned(NamedTuple):
    """What learn() returns."""

    spectra: NDArray
    """DSTFT of x at theta and t, (..., bins, frames), absolute phase."""
    theta: NDArray
    """Window lengths in samples: (1, 1), (1, frames), (bins, 1) or (bins, frames)."""
    t: NDArray
    """Centres of the frames in samples, (frames,)."""
    loss: float
    history: List[float]
    """The loss after each evaluation, in order, beginning with those of the search for a constant theta if there was one.
    Segments count with the loss of the whole."""
    advice: str = ""
    """Which bound most of theta is at, and what to change; "" unless more than half of it is within 1 % of one."""
    c: Optional[NDArray] = None
    """Chirp rates in cycles per sample^2, (1, 1) or (1, frames), if they were learned. The spectra are those of the analytic
    signal then, at all bins, if x is real."""


def hop_of(n_fft: int, hop: Optional[float] = None) -> float:
    """The hop, given or by default."""
    return max(1.0, n_fft / 16) if hop is None else hop


def theta_bounds(
    n_fft: int, hop: float, theta_min: Optional[float] = None, theta_max: Optional[float] = None
) -> Tuple[float, float]:
    """Those of theta, given or by default, as they are."""
    greatest = float(n_fft) if theta_max is None else theta_max
    return min(max(4.0, 2.0 * hop), greatest / 2) if theta_min is None else theta_min, greatest


def hop_bounds(n_fft: int, hop_min: Optional[float] = None, hop_max: Optional[float] = None) -> Tuple[float, float]:
    """Those of a learned hop, given or by default, as they are."""
    return n_fft / 64 if hop_min is None else hop_min, n_fft / 2 if hop_max is None else hop_max


def learned_of(learn: Union[str, Sequence[str]], known: Sequence[str] = LEARNABLES) -> Tuple[str, ...]:
    """The names of what is learned: theta and t for "both"."""
    if isinstance(learn, str):
        _some_of("learn", learn, (*known, "both"))
        learn = ("theta", "t") if learn == "both" else learn
    chosen = _some_of("learn", learn, known)
    if not chosen:
        raise ValueError(f"learn: nothing: must be some of {', '.join(known[:-1])} and {known[-1]}")
    return chosen


def by_segments(share: str, learn: Sequence[str], criterion: Optional[Criterion] = None) -> bool:
    """Whether segments of the frames of a long recording are learned one after another, as far as `learn` names theta alone,
    cells have thetas of their own, and each criterion is a mean over frames of what their neighbourhood holds."""
    return share == "cell" and set(learn) == {"theta"} and all(term.reach is not None for _, term in terms_of(criterion, share))


_RATE_STIFFNESS = 4.0  # of the total variation of rates, in units of 105 / n_fft^2: in noise they follow it otherwise
_CORNER = 1e-2  # of the total variation, in ln theta, as in adapt()


class Enough(Exception):
    """Raised when the caller's progress() asks to stop."""


class Problem:
    """A loss as a function of one vector of variables: ln theta, t relative to hops, ln hop, as far as they are learned."""

    def __init__(
        self,
        x,
        *,
        n_fft,
        hop,
        alpha,
        share,
        learn,
        criterion,
        theta_min,
        theta_max,
        hop_min,
        hop_max,
        chirp_max=None,
        window,
        norm,
        regularisation,
        progress,
        part,
    ):
        self._take(x, part)
        self.learned = learned_of(learn)
        self.analytic = "chirp" in self.learned and self.x.dtype.kind == "f"
        if self.analytic:
            self.x = analytic_signal(self.x)
        self.n_fft = _n_fft(n_fft)
        self.bins = self.n_fft // 2 + 1 if self.x.dtype.kind == "f" else self.n_fft
        hop = hop_of(self.n_fft, hop)
        _positive("hop", hop)
        self.hop = float(hop)
        self._check_learned(share, alpha)
        self.share = share
        self.alpha = float(alpha)
        regularisation = REGULARISATION if regularisation is None else regularisation
        if not _keeps(lambda v: 0 <= v < np.inf, regularisation):
            raise ValueError(f"regularisation: {regularisation}: must be 0 or positive")
        self.regularisation = float(regularisation)
        self.window, self.norm = window, _word(norm)
        if not (progress is None or callable(progress)):
            raise ValueError(f"progress: {progress!r}: must be a function")
        self.progress = progress
        self.varies_frames = "hop" in self.learned or (self.alpha > 0 and share == "constant")
        self.bounds = self._bounds(theta_min, theta_max, hop_min, hop_max)
        self.chirp_max = self._chirp_max(chirp_max)
        self.c: Optional[NDArray] = None
        criterion = criterion_of(criterion, share, self.learned)
        self.terms = terms_of(criterion, share)
        self.moves_inward = share in ("frame", "cell") and not any(term.needs_places for _, term in self.terms)
        self.seen = (-0.5 - self.begin, self.x.shape[1] - 0.5 - self.begin)  # where windows may reach: no sample is at the edge of one that ends there
        self.reach, self.segments = self._segments() if by_segments(share, self.learned, criterion) else (0, [])
        self.whitening = self._whitening()
        self.history: List[float] = []
        self.begin_at_constant(np.sqrt(np.prod(self.bounds["theta"])))

    def _take(self, x: ArrayLike, part: Optional[Tuple[int, int]]) -> None:
        """Takes the signal, of which a part, begin .. end, is learned from."""
        self.x, self.shape = _channels(x, -1)
        samples = self.x.shape[1]
        if samples == 0:
            raise ValueError("x: 0 samples: must have one or more")
        if len(self.x) == 0:
            raise ValueError("x: 0 channels: must have one or more")
        part = (0, samples) if part is None else part
        if not _keeps(lambda p: len(p) == 2 and 0 <= p[0] < p[1] <= samples, part):
            raise ValueError(f"part: {part}: must be 0 <= begin < end <= {samples}, the samples of x")
        self.begin, end = part
        self.samples = end - self.begin  # t counts from the part's first one
        bad = np.argwhere(~np.isfinite(self.x))
        if len(bad):
            raise ValueError(f"x: {self.x[tuple(bad[0])]} at sample {bad[0][1]}: must be finite")

    def _check_learned(self, share: str, alpha: float) -> None:
        """Refuses what does not go with each other: what is learned, which cells share it, and fixed overlap."""
        if share not in SHARES:
            raise ValueError(f"share: {share}: must be constant, frame, bin or cell")
        if "hop" in self.learned and (share in ("frame", "cell") or "t" in self.learned):
            raise ValueError("learn: hop: a learned hop changes the number of frames, so it goes with share constant or bin, without t")
        if "chirp" in self.learned and (share in ("bin", "cell") or "hop" in self.learned):
            raise ValueError("learn: chirp: goes with share constant or frame, without hop")
        if not _keeps(lambda v: 0 <= v < np.inf, alpha):
            raise ValueError(f"alpha: {alpha}: must be 0 or positive")
        if alpha and (share in ("bin", "cell") or set(self.learned) != {"theta"}):
            raise ValueError(f"alpha: {alpha}: fixed overlap learns theta alone, constant or per frame")

    def _bounds(self, theta_min, theta_max, hop_min, hop_max) -> Dict[str, Tuple[float, float]]:
        for name, value in (("theta_min", theta_min), ("theta_max", theta_max), ("hop_min", hop_min), ("hop_max", hop_max)):
            if value is not None:
                _positive(name, value)
        if theta_max is not None and theta_max > self.n_fft:
            raise ValueError(f"theta_max: {theta_max}: must be at most n_fft = {self.n_fft}")
        found = {
            "theta": theta_bounds(self.n_fft, self.hop, theta_min, theta_max),
            "hop": hop_bounds(self.n_fft, hop_min, hop_max),
        }
        for name, (least, greatest) in found.items():
            if not least < greatest:
                raise ValueError(f"{name}_min: {least:g}: must be below {name}_max = {greatest:g}")
        if not found["theta"][0] >= kernels.least_theta:
            name, value = ("theta_max", theta_max) if theta_min is None else ("theta_min", theta_min)
            raise ValueError(f"{name}: {value}: must not lead to windows below {kernels.least_theta:g} samples")
        least, greatest = found["hop"]
        if "hop" in self.learned and not least <= self.hop <= greatest:
            raise ValueError(f"hop: {self.hop}: must be in hop_min .. hop_max = {least:g} .. {greatest:g}")
        return found

    def _chirp_max(self, chirp_max: Optional[float]) -> float:
        """The bound of rates. Every window length up to the greatest takes it."""
        if chirp_max is None:
            return chirp_bound(self.bounds["theta"][1])
        _positive("chirp_max", chirp_max)
        most = 0.5 / self.bounds["theta"][1]
        if chirp_max > most:
            raise ValueError(f"chirp_max: {chirp_max}: must be at most 1 / (2 theta_max) = {most:g}")
        if "chirp" not in self.learned:
            raise ValueError(f"chirp_max: {chirp_max}: is of learn chirp, which is not learned")
        return float(chirp_max)

    @property
    def rate_unit(self) -> float:
        """A rate that changes a loss about as much as a change of ln theta by 1, cycles per sample^2."""
        return 105 / self.n_fft**2

    def _whitening(self) -> Optional[NDArray]:
        """From the recording's own spectrum, through windows of half the greatest length.

        Noise that a turning window moves into the empty half of an analytic signal's band has the weights of the other half: it would
        count a hundred times as much there, and the greatest rates would look best.
        """
        if not any(term.whitened for _, term in self.terms):
            return None
        t, half = np.arange(1 + int(self.samples // self.hop)) * self.hop, np.full((1, 1), self.n_fft / 2)
        if self.segments:  # one frame with the mean power of all
            norms = [np.linalg.norm(self.spectra(half, t[slice(*segment)]), axis=(0, 2)) for segment in self.segments]
            S = (np.linalg.norm(norms, axis=0) / np.sqrt(len(self.x) * len(t)))[None, :, None]
        else:
            S = self.spectra(half, t)
        W = losses.whitener(np.concatenate(list(S), axis=1), width=max(1, self.n_fft // 32))
        if self.analytic:
            empty = self.n_fft // 2 + 1
            W[empty:] = W[1 : self.n_fft - empty + 1][::-1]
        return W

    def _segments(self) -> Tuple[int, List[Tuple[int, int]]]:
        """How many frames away from a frame its theta counts; and where segments begin and end, or none if all frames are one."""
        reach = max(1, *(term.reach(self) for _, term in self.terms))  # of the total variation it is one frame
        longest = max(SEGMENT_CELLS // (self.bins * len(self.x)), 8 * reach)  # twice as long as what is evaluated along at both ends
        frames = len(self.positions(np.empty((1, 1)), self.hop))
        ends = np.linspace(0, frames, 1 + math.ceil(frames / longest)).astype(int).tolist()
        return reach, list(zip(ends, ends[1:])) if len(ends) > 2 else []

    def positions(self, theta: NDArray, hop: float) -> NDArray:
        if self.alpha:
            return fixed_overlap_positions(theta if theta.size > 1 else theta.item(), self.alpha, self.samples)
        if "hop" in self.learned:  # every frame that touches a sample
            frames = np.ceil((self.samples - 1 + np.max(theta) / 2) / hop)
        else:
            frames = 1 + np.floor(self.samples / hop)
        return np.arange(int(frames)) * hop

    def begin_at_constant(self, theta: float) -> None:
        """Decides the number of frames."""
        frames = len(self.positions(np.full((1, 1), theta), self.hop))
        shape = (
            self.bins if self.share in ("bin", "cell") else 1,
            frames if self.share in ("frame", "cell") else 1,
        )
        self._begin(np.full(shape, float(theta)))

    def begin_at(self, theta: ArrayLike, allowed: Optional[Tuple[float, float]] = None) -> None:
        """allowed: least and greatest theta; by default the bounds of what is learned."""
        theta = _reals("theta_init", theta)
        low, high = allowed or self.bounds["theta"]
        if not np.all((theta >= low) & (theta <= high)):
            raise ValueError(f"theta_init: {theta}: must be in theta_min .. theta_max = {low:g} .. {high:g}")
        if theta.size == 1:
            return self.begin_at_constant(theta.item())
        try:
            self._begin(np.array(np.broadcast_to(theta, self.theta.shape)))
        except ValueError:
            raise ValueError(f"theta_init: shape {theta.shape}: must broadcast to {self.theta.shape}") from None

    def _begin(self, theta: NDArray) -> None:
        self.theta = theta
        self.t = self.positions(theta, self.hop)
        if "chirp" in self.learned:
            self.c = np.zeros((1, len(self.t) if self.share == "frame" else 1))
        self.best = (np.inf, self.theta, self.t, self.c)

    def begin_at_best_constant(self, tol: float) -> None:
        """Eight lengths on a logarithmic grid, then Brent's method around the best of them.

        Where no length is better than another, theta stays where it began.
        """
        values: List[float] = []

        def loss(log_theta: float) -> float:
            theta = np.full((1, 1), np.clip(np.exp(log_theta), *self.bounds["theta"]))
            t = self.positions(theta, self.hop)
            value = self.loss_at(theta, t)
            if not values or value < min(values):
                self.begin_at_constant(theta.item())
                self.best = (value, self.theta, self.t, self.c)
            values.append(value)
            self.count(value)
            return value

        began = self.theta.flat[0]
        kernels.grid_and_brent(loss, *np.log(self.bounds["theta"]), 8, tol)
        if max(values) == min(values):
            self.begin_at_constant(began)
            self.best = (values[0], self.theta, self.t, self.c)
        if self.share != "constant":
            self.best = (np.inf, self.theta, self.t, self.c)  # blocks of frames have a loss of their own

    def spectra(self, theta: NDArray, t: NDArray, derivatives: Sequence[str] = (), c: Optional[NDArray] = None) -> Any:
        made = dict(n_fft=self.n_fft, window=self.window, norm=self.norm)
        return dstft(self.x, theta, self.begin + t, c=c, derivatives=derivatives, **made)

    def evaluate(
        self, theta: NDArray, t: NDArray, gradient: bool = True, c: Optional[NDArray] = None
    ) -> Tuple[float, NDArray, NDArray, Optional[NDArray]]:
        """The loss, and its gradients by theta, t and c.

        Silence beyond the ends of x would look like a click to the frames there, if their thetas are their own. They are
        moved inward until they see samples only: under their own windows, or under the longest where bins differ.
        """
        if not self.moves_inward or theta.shape[1] != len(t):
            return self._evaluate(theta, t, gradient, c)
        first, last = self.seen
        greatest = max(self.bounds["theta"][1], np.max(theta))  # start_at() may be given a theta beyond the bounds
        longest = np.minimum(theta[0] if len(theta) == 1 else greatest, last - first)
        early, late = t < first + longest / 2, t > last - longest / 2
        places = np.where(early, first + longest / 2, np.where(late, last - longest / 2, t))
        value, by_theta, by_t, by_c = self._evaluate(theta, places, gradient, c)
        if len(theta) == 1:
            by_theta += np.where(theta < last - first, by_t / 2 * (early ^ late) * np.where(early, 1, -1), 0)
        return value, by_theta, np.where(early | late, 0, by_t), by_c

    def loss_at(self, theta: NDArray, t: NDArray, c: Optional[NDArray] = None) -> float:
        """The loss without its gradients, by segments where there are some.

        A segment and the frames within reach of it have the loss of two neighbours, less that of the frames within reach of
        the seam, which both contain: blocks of frames that are cut off at the end of one are cut off there in the other.
        One theta for all is judged in each segment alone, of which it gets the mean.
        """
        if not self.segments:
            return self.evaluate(theta, t, gradient=False, c=c)[0]
        reach = self.reach if theta.shape[1] == len(t) else 0

        def total(first: int, end: int) -> float:
            frames = slice(max(0, first), end)
            part = theta[:, frames] if reach else theta
            return self.evaluate(part, t[frames], gradient=False)[0] * len(t[frames])

        within = sum(total(first - reach, end + reach) for first, end in self.segments)
        twice = sum(total(end - reach, end + reach) for _, end in self.segments[:-1]) if reach else 0.0
        return (within - twice) / len(t)

    def _evaluate(
        self, theta: NDArray, t: NDArray, gradient: bool, c: Optional[NDArray]
    ) -> Tuple[float, NDArray, NDArray, Optional[NDArray]]:
        per_cell = theta.shape[0] > 1
        only_theta = set(self.learned) == {"theta"} and not self.alpha and (per_cell or not self.moves_inward)
        wanted = ("theta",) if only_theta else ("theta", "t")
        if gradient and per_cell:
            S, *slopes = self.spectra(theta, t, wanted)
        else:
            S = self.spectra(theta, t, c=c)
        value, by_theta, by_t, by_c = 0.0, np.zeros(theta.shape), np.zeros(len(t)), None
        G = np.zeros_like(S) if gradient else None
        for weight, term in self.terms:
            for channel in range(len(S)):
                v, g, *direct = term.of(self, S[channel], theta, t)
                value += weight * v / len(S)
                if gradient and g is not None:
                    _add_scaled(G[channel], weight / len(S), g)
                for total, more in zip((by_theta, by_t), direct):
                    if more is not None:
                        total += weight / len(S) * np.reshape(more, total.shape)
        del S, g, direct  # as large as the plane, as is much of what follows
        if gradient and per_cell:
            G = np.conjugate(G, out=G)
            for name, slope in zip(wanted, slopes):
                slope *= G
                product = slope.real.sum(axis=0, dtype=np.float64)
                if name == "t":
                    by_t += product.sum(axis=0)
                else:
                    by_theta += product.sum(axis=1, keepdims=True) if self.share == "bin" else product
        elif gradient:
            made = dict(n_fft=self.n_fft, window=self.window, norm=self.norm)
            wanted = wanted if c is None else wanted + ("c",)
            vjp = dstft_vjp(self.x, theta, self.begin + t, G, c=c, wrt=wanted, **made)
            by_theta += vjp.theta
            by_t += 0 if vjp.t is None else vjp.t
            by_c = None if c is None else vjp.c
        G = slopes = slope = product = vjp = None
        if self.regularisation and theta.size > 1:
            cost, slope = self._variation(np.log(theta))
            value += cost
            slope /= theta
            by_theta += slope
        if self.regularisation and c is not None and c.size > 1:
            cost, slope = self._variation(c, self.rate_unit / _RATE_STIFFNESS)
            value += cost
            if gradient:
                by_c = by_c + slope
        return value, by_theta, by_t, by_c

    def _variation(self, values: NDArray, unit: float = 1.0) -> Tuple[float, NDArray]:
        """The regularisation's cost of values that differ from their neighbours', in units, and its gradient. Equal values cost nothing.

        losses.total_variation() meets each pair of neighbours twice.
        """
        cost, slope = losses.total_variation(values / unit, eps=_CORNER**2, gamma=0.5)
        slope *= self.regularisation / values.size / unit
        return self.regularisation * (cost / values.size - _CORNER), slope

    def count(self, value: float) -> None:
        self.history.append(float(value))
        if self.progress is not None:
            try:
                self.progress(len(self.history), float(value))
            except StopIteration:
                raise Enough from None

    # The vector of variables: ln theta, then t's offsets in hops, then c in its unit, then ln hop, as far as they are learned

    def variables(self) -> NDArray:
        offsets = np.zeros(len(self.t)) if "t" in self.learned else []
        return np.concatenate(
            [
                np.log(self.theta).ravel() if "theta" in self.learned else [],
                offsets,
                self.c.ravel() / self.rate_unit if self.c is not None else [],
                [np.log(self.hop)] if "hop" in self.learned else [],
            ]
        )

    def limits_of_theta(self, count: int) -> List[Tuple[float, float]]:
        return [tuple(np.log(self.bounds["theta"]).tolist())] * count

    def limits(self) -> List[Tuple[float, float]]:
        offset = (-0.499, 0.499)  # frames keep their order
        hop = tuple(np.log(self.bounds["hop"]).tolist())
        rows = self.limits_of_theta(self.theta.size if "theta" in self.learned else 0)
        rows += [offset] * (len(self.t) if "t" in self.learned else 0)
        if self.c is not None:
            rows += [(-self.chirp_max / self.rate_unit, self.chirp_max / self.rate_unit)] * self.c.size
        return rows + [hop] * ("hop" in self.learned)

    def loss(self, variables: NDArray) -> Tuple[float, NDArray]:
        """The loss and its gradient; remembers the best."""
        at = self.theta.size if "theta" in self.learned else 0
        theta = self.theta
        if at:
            theta = np.clip(np.exp(variables[:at]), *self.bounds["theta"]).reshape(theta.shape)
        hop = float(np.exp(variables[-1])) if "hop" in self.learned else self.hop
        t = self.positions(theta, hop)
        if "t" in self.learned:
            t = t + hop * variables[at : at + len(t)]
        c = self.c
        if c is not None:
            c = np.clip(variables[-c.size :] * self.rate_unit, -self.chirp_max, self.chirp_max).reshape(c.shape)
        value, by_theta, by_t, by_c = self.evaluate(theta, t, c=c)
        if self.alpha:
            partial = by_theta if theta.size > 1 else by_theta.item()
            by_theta = np.reshape(grad_fixed_overlap(partial, by_t, self.alpha), theta.shape)
        slope = np.concatenate(
            [
                (theta * by_theta).ravel() if "theta" in self.learned else [],
                hop * by_t if "t" in self.learned else [],
                self.rate_unit * by_c.ravel() if c is not None else [],
                [hop * grad_hop(by_t)] if "hop" in self.learned else [],
            ]
        )
        value, slope = _finite(value, slope)
        if value < self.best[0]:
            self.best = (value, theta, t, c)
        self.count(value)
        return value, slope

    def parts(self) -> Iterator[Union[Problem, Segment]]:
        """What is minimised one after another: the whole, or its segments, each next to what was found for the one before.

        The last frames of a segment were learned next to those of the start, so the next one learns them again from the
        start: else theta would change more at the seam, or, learned from where they are, more than elsewhere before it.
        """
        if not self.segments:
            yield self
            return
        value = self.loss_at(self.theta, self.t)
        self.best = (value, self.theta, self.t, None)
        self.count(value)
        start = self.theta[:, :0]
        for first, end in self.segments:
            start = np.concatenate([start, self.theta[:, first:end]], axis=1)
            yield Segment(self, end - start.shape[1], end, start)
            start = start[:, -self.reach :].copy()

    def result(self) -> Learned:
        value, theta, t, c = self.best
        if self.segments:
            S = np.empty((len(self.x), len(t), self.bins), np.result_type(self.x, np.complex64)).swapaxes(1, 2)
            for segment in self.segments:
                frames = slice(*segment)
                S[:, :, frames] = self.spectra(theta[:, frames], t[frames])
        else:
            S = self.spectra(theta, t, c=c)
        return Learned(S.reshape(self.shape + S.shape[1:]), theta, self.begin + t, float(value), self.history, c=c)


class Segment:
    """The loss of a problem as a function of ln theta in some of its frames, while the others keep theirs.

    Frames up to twice the reach away are evaluated along. The loss of those that lie beyond does not change, nor does what
    the cut takes from blocks of frames at their edge: so the loss of the whole changes as that of these frames does.
    """

    def __init__(self, problem: Problem, first: int, end: int, start: NDArray):
        begin = max(0, first - 2 * problem.reach)
        self.problem = problem
        self.learned = slice(first, end)
        self.around = slice(begin, end + 2 * problem.reach)
        self.inner = slice(first - begin, end - begin)
        self.start = start  # theta of the frames that are learned
        value = problem.evaluate(problem.theta[:, self.around], problem.t[self.around], gradient=False)[0]
        self.found = value, problem.best[0]  # the loss of these frames, and that of the whole

    def variables(self) -> NDArray:
        return np.log(self.start).ravel()

    def limits(self) -> List[Tuple[float, float]]:
        return self.problem.limits_of_theta(self.start.size)

    def loss(self, variables: NDArray) -> Tuple[float, NDArray]:
        """The loss of these frames and its gradient; remembers the best, and counts the loss of the whole."""
        problem = self.problem
        t, theta = problem.t[self.around], problem.theta[:, self.around].copy()
        inner = theta[:, self.inner]
        inner[:] = np.clip(np.exp(variables), *problem.bounds["theta"]).reshape(inner.shape)
        value, by_theta, *_ = problem.evaluate(theta, t)
        value, slope = _finite(value, (inner * by_theta[:, self.inner]).ravel())
        whole = self.found[1] + (value - self.found[0]) * len(t) / len(problem.t) if np.isfinite(value) else np.inf
        if whole < problem.best[0]:
            problem.theta[:, self.learned] = inner
            problem.best = (whole, problem.theta, problem.t, None)
        problem.count(whole)
        return value, slope


def _finite(value: float, slope: NDArray) -> Tuple[float, NDArray]:
    """A loss and its gradient, or infinity and no gradient where one of them is not finite."""
    if np.isfinite(value) and np.all(np.isfinite(slope)):
        return value, slope
    return np.inf, np.zeros_like(slope)


def _add_scaled(total: NDArray, weight: float, plane: ArrayLike) -> None:
    """total += weight * plane, by blocks of frames, so that no third plane is needed."""
    plane = np.broadcast_to(plane, total.shape)
    for begin in range(0, total.shape[1], 64):
        frames = slice(begin, begin + 64)
        total[:, frames] += weight * plane[:, frames]
