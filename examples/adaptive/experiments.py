# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The experiments that evaluate.py runs. Each is a generator of Figure; stft.adapt() has its defaults wherever nothing else
is said."""
import os
import pathlib
from typing import Iterator, NamedTuple, Optional, Sequence

import baselines
import measures
import numpy as np
import signals
import tracking

from gnuradio import stft
from gnuradio.stft import losses

N = 1024


class Figure(NamedTuple):
    what: str
    value: float
    goal: str = ""
    met: Optional[bool] = None


def at_most(what: str, value: float, goal: float) -> Figure:
    return Figure(what, float(value), f"<= {goal:g}", bool(value <= goal))


def at_least(what: str, value: float, goal: float) -> Figure:
    return Figure(what, float(value), f">= {goal:g}", bool(value >= goal))


def below(what: str, value: float, goal: float) -> Figure:
    return Figure(what, float(value), f"< {goal:.4g}", bool(value < goal))


def told(what: str, value: float) -> Figure:
    return Figure(what, float(value))


def near_optimum() -> Iterator[Figure]:
    """A chirp, a tone, a burst and noise (golden case c09): how near the stream comes to learning offline.

    nats of pooled l1/l2, N 1024, hop 64; optimum: L-BFGS, one theta per frame, same criterion, whole recording at once.
    """
    x = np.load(golden_file(), allow_pickle=False)["x"].astype(float)
    for whiten, words in ((0.0, "same criterion"), (1e-2, "whitened, as by default")):
        found = stft.adapt(x, n_fft=N, whiten=whiten)
        theta = found.theta[0]
        mine = measures.pooled_l1l2(x, theta, found.t, N)
        if not whiten:
            hop = found.t[1]
            constant, _ = baselines.best_constant(
                lambda theta: measures.pooled_l1l2(x, theta, found.t, N), baselines.fixed_windows(N, 50)
            )
            optimum = baselines.offline_pooled(x, theta, N, hop, measures.half_block(found.t, N))
            yield told("optimum offline (nats)", optimum)
            yield told("best constant theta (nats)", constant)
        yield at_most(f"above the optimum (%), {words}", 100 * (mine / optimum - 1), 1)
        yield at_least(f"below the best constant theta (nats), {words}", constant - mine, 0.15)


def golden_file() -> pathlib.Path:
    name = "c09_sectionVIA_like_entropy_curve.npz"
    folders = [pathlib.Path(__file__).resolve().parents[2] / "python" / "stft" / "golden" / "dstft"]
    if "GR_STFT_DATA" in os.environ:
        folders.append(pathlib.Path(os.environ["GR_STFT_DATA"]) / "dstft")
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} is not there: give the folder above dstft/ as GR_STFT_DATA")


def alternating(snr: float, seeds: Sequence[int]) -> Iterator[Figure]:
    """Tones, chirps, clicks and noise in turn, N 1024, hop 64.

    Peak-bin loss: level of the highest bin of the signal without noise, below the best of 25 windows for that frame.
    """
    windows = baselines.fixed_windows(N, 25)
    adaptive, constants, clicks, tones, gains = [], [], [], [], []
    for seed in seeds:
        signal = signals.alternating(seed, snr)
        found = stft.adapt(signal.x, n_fft=N)
        theta, t = found.theta[0], found.t
        best = measures.best_level(signal.clean, t, N, windows)
        adaptive.append(measures.peak_losses(signal, theta, t, N, best))
        constants.append(
            baselines.best_constant(
                lambda theta: sum(measures.peak_losses(signal, theta, t, N, best).values()), windows
            )[0]
        )
        clicks.append(measures.clicks_found(signal, theta, t, N / 8))
        tones.append(measures.tones_found(signal, theta, t, N))
        constant, _ = baselines.best_constant(lambda theta: measures.pooled_l1l2(signal.x, theta, t, N), windows)
        gains.append(constant - measures.pooled_l1l2(signal.x, theta, t, N))
    mean = {kind: np.mean([one[kind] for one in adaptive]) for kind in adaptive[0]}
    yield at_most("peak-bin loss, sum of the four (dB)", sum(mean.values()), 1)
    for kind, value in mean.items():
        yield told(f"    {kind} (dB)", value)
    yield told("    best constant theta, sum (dB)", np.mean(constants))
    yield at_least("clicks found, part", np.mean(clicks), 0.95)
    yield told("    worst seed", np.min(clicks))
    yield at_least("frames of tones found, part", np.mean(tones), 0.99)
    goal = {20: 0.2, 10: 0.1, 0: 0.02}.get(snr)
    if goal is not None:
        yield at_least("below the best constant theta, worst seed (nats of pooled l1/l2)", np.min(gains), goal)


def shocks(seeds: Sequence[int]) -> Iterator[Figure]:
    """Decaying shocks at 20 dB, N 1024, hop 64, theta and t learned for kurtosis; against the best of 12 fixed windows."""
    ratios, fixed_t, medians, coverages, moved = [], [], [], [], []
    for seed in seeds:
        x = signals.shocks(seed).x
        found = stft.adapt(x, n_fft=N, learn="both", criterion="kurtosis", whiten=0)
        theta, t, grid = found.theta[0], found.t, np.arange(len(found.t)) * N / 16
        fixed = [measures.kurtosis(x, theta, grid, N) for theta in baselines.fixed_windows(N)]
        alone = stft.adapt(x, n_fft=N, criterion="kurtosis", whiten=0)
        ratios.append(measures.kurtosis(x, theta, t, N) / max(fixed))
        fixed_t.append(measures.kurtosis(x, alone.theta[0], alone.t, N) / max(fixed))
        medians.append(np.median(fixed) / max(fixed))
        coverages.append(losses.coverage(theta, t, len(x))[0])
        moved.append(np.max(np.abs(t - grid)) / (N / 16))
    yield at_least("kurtosis over that of the best fixed window, mean", np.mean(ratios), 1.1)
    yield at_least("    worst seed", np.min(ratios), 1.03)
    yield told("    t not learned, mean", np.mean(fixed_t))
    yield told("    median fixed window, mean", np.mean(medians))
    yield at_least("coverage, worst seed", np.min(coverages), 1)
    yield told("farthest that a frame moved (hops)", np.max(moved))


def run_up(audio: str, tacho: str, orders: Sequence[float], channel: int) -> Iterator[Figure]:
    """Rotation frequency tracked in a recording of a machine, against its tacho: mean squared error in Hz^2.

    One tracker for all windows.
    """
    machine = tracking.read_machine(audio, tacho, orders, channel)
    n_fft = machine.n_fft
    found = stft.adapt(machine.x, n_fft=n_fft)
    t = found.t

    def error(theta):
        S = stft.dstft(machine.x, np.reshape(theta, (1, -1)), t, n_fft=n_fft)
        return tracking.squared_error(machine, S, t, orders)

    windows = baselines.fixed_windows(n_fft)
    fixed = [error(theta) for theta in windows]
    adaptive = error(found.theta[0])
    yield told(f"n_fft at {machine.fs:g} Hz", n_fft)
    yield told("best of 12 fixed windows (Hz^2)", min(fixed))
    yield told("    its length (ms)", 1e3 * windows[int(np.argmin(fixed))] / machine.fs)
    constant = baselines.constant_by_entropy(machine.x, n_fft, t[1])
    yield told("constant theta by the papers' entropy (Hz^2)", error(constant))
    for words, options in (
        ("entropy of the power", {"criterion": "entropy"}),
        ("Renyi entropy, order 2", {"criterion": "renyi"}),
        ("without whitening", {"whiten": 0}),
    ):
        yield told(f"adaptive, {words} (Hz^2)", error(stft.adapt(machine.x, n_fft=n_fft, **options).theta[0]))
    yield below("adaptive, below the median fixed (Hz^2)", adaptive, np.median(fixed))
    yield at_most("adaptive over the best fixed", adaptive / min(fixed), 1.3)


def harmonics(law: Optional[str], noise: float, seeds: Sequence[int]) -> Iterator[Figure]:
    """Harmonics 1 .. 10 on a law of speed, and noise; orders 8 .. 10 tracked. fs 2 kHz, N 2048, hop 128.

    law: as in tracking.made().
    """
    orders = (8, 9, 10)
    adaptive, entropy, best, middle = [], [], [], []
    for seed in seeds:
        machine = tracking.made(law, noise, seed)
        x, n_fft = machine.x, machine.n_fft
        found = stft.adapt(x, n_fft=n_fft)
        t = found.t

        def error(theta):
            S = stft.dstft(x, np.reshape(theta, (1, -1)), t, n_fft=n_fft)
            return tracking.squared_error(machine, S, t, orders)

        adaptive.append(error(found.theta[0]))
        entropy.append(error(baselines.constant_by_entropy(x, n_fft, t[1])))
        fixed = [error(theta) for theta in baselines.fixed_windows(n_fft)]
        best.append(min(fixed))
        middle.append(np.median(fixed))
    adaptive, entropy, best, middle = map(np.array, (adaptive, entropy, best, middle))
    yield at_least("error, constant theta by the papers' entropy over adaptive, median", np.median(entropy / adaptive), 1.4)
    yield told("    seeds in which adaptive is the better", np.mean(adaptive < entropy))
    yield told("error adaptive (Hz^2), median", np.median(adaptive))
    yield told("error of the best fixed window in hindsight (Hz^2), median", np.median(best))
    yield told("    adaptive over it, median", np.median(adaptive / best))
    yield told("error of the median fixed window (Hz^2), median", np.median(middle))


def bands(ratio: float, seeds: Sequence[int]) -> Iterator[Figure]:
    """A tone beside a chirp of `ratio` times its amplitude, N 1024, hop 64: one theta for both, or one per band.

    Median theta at the bin of either, and the median of what its level lacks against the best window for it.
    """
    ways = {
        "for all bins": {},
        "per band and frame": {"share": "cell"},
        "per band and frame, interpolated": {"share": "cell", "interpolate": True},
        "per band, settled": {"share": "bin"},
    }
    columns = {words: [] for words in ways}
    for seed in seeds:
        signal = signals.tone_beside_chirp(seed, ratio)
        for words, rows in columns.items():
            found = stft.adapt(signal.x, n_fft=N, **ways[words])
            some = np.arange(len(found.t) // 2, len(found.t) - 2 * measures.EDGE)  # once it has settled
            theta, t = found.theta[:, some], found.t[some]
            row = []
            for clean, f in (
                (signal.tone, np.full(len(t), signal.tone_frequency)),
                (signal.chirp, signal.chirp_frequency[np.round(t).astype(int)]),
            ):
                m = np.round(f * N).astype(int) if len(theta) > 1 else 0
                lacking = measures.peak_loss_near(clean, theta, t, N, f, baselines.fixed_windows(N, 25))
                row += [np.median(theta[m, np.arange(len(t))]), np.median(lacking)]
            rows.append(row)
    means = {words: np.mean(rows, axis=0) for words, rows in columns.items()}
    one = means.pop("for all bins")
    optimum = 1.95 / np.sqrt(signal.slope)
    yield told("optimum of the chirp (samples); of the tone: 1024", optimum)
    yield told("one theta for all bins: at the tone and at the chirp alike", one[0])
    yield told("    lacking at the tone (dB)", one[1])
    yield told("    lacking at the chirp (dB)", one[3])
    for words, (tone, lacking_tone, chirp, lacking_chirp) in means.items():
        yield at_least(f"theta {words}: at the tone", tone, 0.7 * N)
        yield at_most("    at the chirp, octaves from its optimum", abs(np.log2(chirp / optimum)), 0.5)
        yield told("    at the chirp", chirp)
        yield at_most("    lacking at the tone (dB)", lacking_tone, 1)
        yield at_most("    lacking at the chirp (dB)", lacking_chirp, 1)


def looking_ahead(seeds: Sequence[int], snr: float = 0.0) -> Iterator[Figure]:
    """What latency buys: peak-bin loss of the alternating signal at 0 dB with less future in the block and in the path.

    A frame comes out N/2 + (block + lag) hop samples after its centre.
    """
    some = prepared(seeds, snr)
    for block, lag in ((8, 8), (8, 0), (4, 0), (2, 0), (1, 0), (0, 0)):
        samples = N // 2 + (block + lag) * N // 16
        loss = peak_loss(some, block=block, lag=lag)
        yield told(f"{samples / N:g} N behind the centre (block {block}, lag {lag}): peak-bin loss (dB)", loss)
    yield told("0.5 N behind the centre (causal): peak-bin loss (dB)", peak_loss(some, causal=True))


def choices(seeds: Sequence[int]) -> Iterator[Figure]:
    """Peak-bin loss (dB, sum of the four) of the alternating signal with other criteria and methods."""
    for snr in (20, 0):
        some = prepared(seeds, snr)
        for words, options in (
            ("default: bank, pooled l1/l2", {}),
            ("entropy of the power", {"criterion": "entropy"}),
            ("Renyi entropy of the power, order 2", {"criterion": "renyi"}),
            ("entropy of the magnitude", {"criterion": "magnitude_entropy"}),
            ("l1/l2, each frame alone", {"block": 0}),
            ("kurtosis, each frame alone", {"criterion": "kurtosis"}),
            ("entropy, each frame alone", {"criterion": "frame_entropy"}),
            ("entropy of each frame, averaged over 17 frames", {"criterion": "frame_entropy", "block": 8}),
            ("without whitening", {"whiten": 0}),
            ("5 candidates", {"candidates": 5}),
            ("3 steps of the gradient after the bank", {"steps": 3}),
            ("gradient alone, 1 step", {"method": "gradient", "steps": 1}),
            ("gradient alone, 3 steps", {"method": "gradient"}),
            ("gradient alone, 10 steps", {"method": "gradient", "steps": 10}),
        ):
            yield told(f"{snr} dB, {words}", peak_loss(some, **options))


def prepared(seeds: Sequence[int], snr: float) -> list:
    """(signal, its best levels) of each seed."""
    every = [signals.alternating(seed, snr) for seed in seeds]
    t = np.arange(len(every[0].x) // 64 + 1) * 64.0
    return [(signal, measures.best_level(signal.clean, t, N, baselines.fixed_windows(N, 25))) for signal in every]


def peak_loss(some: list, **options) -> float:
    """Mean over signals of the sum of their losses (dB)."""
    sums = []
    for signal, best in some:
        found = stft.adapt(signal.x, n_fft=N, **options)
        sums.append(sum(measures.peak_losses(signal, found.theta[0], found.t, N, best).values()))
    return float(np.mean(sums))


def hard_cases(seeds: Sequence[int]) -> Iterator[Figure]:
    """Signals on which there is little or nothing to find. Median theta where nothing else is said; N 1024, hop 64."""
    n = np.arange(30000)
    many = np.random.default_rng(seeds[0]).standard_normal(300000)
    noise = many[: len(n)]

    def lengths(x, **options):
        found = stft.adapt(x, n_fft=N, **options)
        return found.theta[0, (found.t > 4 * N) & (found.t < len(x) - 4 * N)]

    low, high = np.percentile(lengths(many), (5, 95))
    yield told("noise only: 5 % of theta below", low)
    yield told("noise only: 5 % of theta above", high)
    clicks = []
    for seed in seeds:
        signal = signals.alternating(seed, -8)
        found = stft.adapt(signal.x, n_fft=N)
        clicks.append(measures.clicks_found(signal, found.theta[0], found.t, N / 8))
    yield told("clicks at -8 dB: part found within 5 frames", np.mean(clicks))
    chirp = np.cos(2 * np.pi * np.cumsum(signals.reflected(0.05 + 3e-5 * n, 0.05, 0.2)))
    yield told("chirp of 3e-5, optimum 356", np.median(lengths(chirp + 0.05 * noise)))
    yield told("the same three times too loud, clipped", np.median(lengths(np.clip(3 * chirp + 0.05 * noise, -1, 1))))
    for offset in (10, 100):
        yield told(f"the same on an offset of {offset}", np.median(lengths(chirp + offset + 0.05 * noise)))
    yield told("    of 10, without whitening", np.median(lengths(chirp + 10 + 0.05 * noise, whiten=0)))
    tone = np.cos(2 * np.pi * 0.2 * n)
    struck = tone + 10.0 * (n % 400 == 0)
    yield told("tone with impulses of ten times its amplitude, 400 apart", np.median(lengths(struck)))
    rarely = tone + 10.0 * (n % 1600 == 0)
    yield told("    1600 apart", np.median(lengths(rarely)))
    yield told("    1600 apart, block 4", np.median(lengths(rarely, block=4)))
    dense = 10.0 * (n % 100 == 0) + 0.05 * noise
    yield told("impulses 100 apart, closer than the shortest window: harmonics", np.median(lengths(dense)))
    for words, changed in (
        ("tone that jumps by 60 dB", np.where(n < 15000, 1e-3, 1) * tone + 1e-5 * noise),
        ("tone with a dropout of 64 samples", np.where((n >= 15000) & (n < 15064), 0, tone) + 0.01 * noise),
    ):
        found = stft.adapt(changed, n_fft=N)
        yield told(f"{words}: samples with theta below 512", N / 16 * np.count_nonzero(found.theta < 512))
    quiet = chirp + 0.05 * noise
    quiet[12000:20000] = 0
    found = stft.adapt(quiet, n_fft=N)
    silent = found.theta[0, (found.t > 12000 + 2 * N) & (found.t < 20000 - 2 * N)]
    yield told("silence: greatest change of theta", np.ptp(silent))
