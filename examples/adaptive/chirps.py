# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What a chirp rate beside the window length is worth: experiments that evaluate.py runs."""
import os
import pathlib
import time
from typing import Dict, Iterator, List, Optional, Sequence

import baselines
import measures
import numpy as np
import signals
import tracking
from experiments import Figure, N, at_least, at_most, told

from gnuradio import stft

LEARN = ("theta", "chirp")
HIGH = (8, 9, 10)  # orders of the made machines that are tracked
PARTS = (4, 2.83, 2, None)  # n_fft over the window of warped frames; None: learned
RATES = (1e-6, 3e-6, 1e-5, -2e-5, 4e-5, 8e-5)


def gain(signal: signals.Alternating, found, best: np.ndarray) -> Dict[str, float]:
    """How far the highest bin of the signal without noise lies above that of the best window of each frame, in dB."""
    rates = getattr(found, "c", None)
    S = stft.dstft(signal.clean, found.theta, found.t, n_fft=N, c=rates, sides="onesided")
    level = 10 * np.log10(np.max(np.abs(S) ** 2, axis=0) + 1e-30)
    return {kind: float(np.mean((level - best)[frames])) for kind, frames in
            measures.frames_of_interest(signal, found.t).items()}  # fmt: skip


def alternating(snr: float, seeds: Sequence[int]) -> Iterator[Figure]:
    """Chirp rates: tones, chirps, clicks and noise in turn, N 1024, hop 64; dB over the best of 25 windows of each frame."""
    windows = baselines.fixed_windows(N, 25)
    plain, chirped = [], []
    for seed in seeds:
        signal = signals.alternating(seed, snr)
        t = np.arange(len(signal.x) // 64 + 1) * 64.0
        best = measures.best_level(signal.clean, t, N, windows)
        plain.append(gain(signal, stft.adapt(signal.x, n_fft=N), best))
        chirped.append(gain(signal, stft.adapt(signal.x, n_fft=N, learn=LEARN), best))
    mean = {kind: np.mean([one[kind] for one in chirped]) for kind in chirped[0]}
    without = {kind: np.mean([one[kind] for one in plain]) for kind in plain[0]}
    yield at_least("fast chirp (dB)", mean["fast chirp"], 5)
    yield told("    theta alone", without["fast chirp"])
    yield at_least("slow chirp (dB)", mean["slow chirp"], 2.5 if snr >= 0 else 2)
    yield told("    theta alone", without["slow chirp"])
    yield at_least("tones (dB)", mean["tones"], -0.1)
    yield told("    theta alone", without["tones"])
    yield at_least("clicks (dB)", mean["clicks"], -0.3 if snr >= 20 else -0.1)
    yield told("    theta alone", without["clicks"])


def rate(seeds: Sequence[int]) -> Iterator[Figure]:
    """The chirp rate itself: one chirp from end to end of the band at 0 dB; frames whose longest window lies inside it."""
    for c in RATES:
        right, error = [], []
        for seed in seeds:
            x, start, stop = one_chirp(c, seed)
            found = stft.adapt(x, n_fft=N, learn=LEARN, spectra=False)
            inside = (found.t - N / 2 >= start) & (found.t + N / 2 < stop)
            away = np.abs(found.c[0, inside] - c)
            right.append(np.mean(away <= 2e-6))
            error.append(np.median(away))
        yield at_least(f"{c:g}: part of the frames within 2e-6", np.mean(right), 0.9)
        yield told("    median error", np.mean(error))


def one_chirp(c: float, seed: int, pad: int = 3000):
    """A chirp between 0.05 and 0.45 cycles per sample, 16000 samples at most, in white noise of its power."""
    random = np.random.default_rng(1000 + seed)
    n = np.arange(int(min(16000, 0.36 / abs(c))))
    first = 0.05 + random.uniform(0, 0.04)
    y = np.cos(2 * np.pi * ((first if c > 0 else 0.5 - first) * n + c * n**2 / 2 + random.uniform()))
    x = np.concatenate([np.zeros(pad), y, np.zeros(pad)]) + np.sqrt(0.5) * random.standard_normal(len(n) + 2 * pad)
    return x, pad, pad + len(n)


def inverse() -> Iterator[Figure]:
    """The way back in single precision, with the rates that were learned and with rates that jump in every frame."""
    signal = signals.alternating(1, 10)
    random = np.random.default_rng(1)
    for words, x in (
        ("real", signal.x.astype(np.float32)),
        ("complex", (signal.x * np.exp(0.2j * np.arange(len(signal.x)))).astype(np.complex64)),
    ):
        found = stft.adapt(x, n_fft=N, learn=LEARN)
        back = stft.idstft(found.spectra, found.theta, found.t, c=found.c, n_fft=N, length=len(x), sides="twosided")
        back = back if np.iscomplexobj(x) else back.real
        yield at_most(f"{words}: largest error over the largest sample", np.max(np.abs(back - x)) / np.max(np.abs(x)), 3e-6)
    jumping = (random.choice([-1, 0, 1], found.c.shape) * 8e-5).astype(np.float32).astype(float)
    S = stft.dstft(x, found.theta, found.t, n_fft=N, c=jumping)
    back = stft.idstft(S, found.theta, found.t, c=jumping, n_fft=N, length=len(x), sides="twosided")
    yield at_most("rates that jump", np.max(np.abs(back - x)) / np.max(np.abs(x)), 3e-6)


def speed() -> Iterator[Figure]:
    """Time of a frame in a flowgraph, float samples, N 1024, with rates over that of the bank without."""
    from gnuradio.stft.bench import benchmark_adaptive

    results = benchmark_adaptive.run(N, rounds=3, only=("bank", "bank, theta and chirp rates"))
    for hop in (64, 256):
        times = {r["name"]: r for r in results if r["hop"] == hop}
        plain, chirped = times["bank"], times["bank, theta and chirp rates"]
        ratio = chirped["cpu_seconds_per_frame"] / plain["cpu_seconds_per_frame"]
        if hop == 64:
            yield at_most(f"hop {hop}: time over that without rates", ratio, 12)
        else:
            yield told(f"hop {hop}: time over that without rates", ratio)
        yield told("    MS/s with rates", chirped["samples_per_second"] / 1e6)
        yield told("    MS/s without", plain["samples_per_second"] / 1e6)
    machine = tracking.made(None, 0.5, 0)
    learned, one = (least_time(machine, theta) for theta in (None, 2.0 * round(machine.n_fft / 2.83 / 2)))
    yield told("warped frames: time with learned lengths over that with one", learned / one)


def least_time(machine: tracking.Machine, theta: Optional[float], rounds: int = 3) -> float:
    """CPU time in s of warped frames of a machine, with windows of `theta` samples or learned ones."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        stft.adapt(machine.x, n_fft=machine.n_fft, warp=True, theta_init=theta)
        times.append(time.process_time() - started)
    return min(times)


def harmonics(law, noise: float, seeds: Sequence[int]) -> Iterator[Figure]:
    """Harmonics 1 .. 10 on a law of speed, and noise; orders 8 .. 10 tracked. fs 2 kHz, N 2048, hop 128, median of the seeds.

    law: as in tracking.made().
    """
    factors, over, rows = [], [], []
    for seed in seeds:
        row = errors(tracking.made(law, noise, seed), HIGH)
        factors.append(row["constant"] / row["warped"])
        over.append(row["warped"] / row["fixed"])
        rows.append(row)
    yield at_least("error of the papers' constant theta over that of warped frames", np.median(factors), 2.5)
    yield at_most("error of warped frames over that of the best of 12 fixed windows", np.median(over), 1)
    for kind in ("warped", "chirp rates", "adaptive", "fixed", "constant"):
        yield told(f"    error, {kind} (Hz^2)", np.median([row[kind] for row in rows]))


def lengths(machine: tracking.Machine, orders: Sequence[float], parts: Sequence[Optional[float]]) -> List[float]:
    """Mean squared error in Hz^2 of one tracker on warped frames, for windows of n_fft / part, or learned ones (None), over the
    frames that all have."""
    found = [
        stft.adapt(machine.x, n_fft=machine.n_fft, warp=True, theta_init=part and 2.0 * round(machine.n_fft / part / 2))
        for part in parts
    ]
    t = min((one.t for one in found), key=len)
    return [tracking.squared_error(machine, one.spectra[:, np.isin(one.t, t)], t, orders) for one in found]


def bend(machine: tracking.Machine, theta: float) -> float:
    """Mean squared difference in Hz^2 of the speed from its mean under a squared window of `theta` samples, where that lies within
    the law."""
    s = np.arange(int(machine.seconds[-1] * 500)) / 500
    speed = np.interp(s, machine.seconds, machine.speed)
    weights = np.hanning(int(theta / machine.fs * 500) // 2 * 2 + 1) ** 2
    half = len(weights) // 2
    return float(np.mean((np.convolve(speed, weights / np.sum(weights), "valid") - speed[half:-half]) ** 2))


def window(audio: str, tacho: str, seeds: Sequence[int]) -> Iterator[Figure]:
    """Windows of warped frames: error in Hz^2 with n_fft / 4, / 2.83, / 2 and with learned lengths, median of the seeds."""

    def words_of(part):
        return f"n_fft / {part:g}" if part else "learned"

    laws = [("starts and stops", None), (tracking.UNEVEN, tracking.UNEVEN)]
    if os.path.exists(tacho):
        laws.append((pathlib.Path(tacho).name, tacho))
    for words, law in laws:
        for noise in (0.25, 0.5, 1.0):
            rows = [lengths(tracking.made(law, noise, seed), HIGH, PARTS) for seed in seeds]
            for part, error in zip(PARTS, np.median(rows, axis=0)):
                yield told(f"{words}, noise {noise:g}, {words_of(part)}", error)
        machine = tracking.made(law, 0.25, seeds[0])
        for part in PARTS[:-1]:
            yield told(f"{words}, mean speed under the squared window n_fft / {part:g}", bend(machine, machine.n_fft / part))
    if os.path.exists(audio):
        for part, error in zip(PARTS, lengths(tracking.read_machine(audio, tacho, (2, 4), 0), (2, 4), PARTS)):
            yield told(f"{pathlib.Path(audio).name}, {words_of(part)}", error)


def recording(audio: str, tacho: str, orders: Sequence[float], channel: int) -> Iterator[Figure]:
    """Rotation frequency tracked in a recording of a machine, against its tacho: mean squared error in Hz^2."""
    row = errors(tracking.read_machine(audio, tacho, orders, channel), orders)
    yield at_most("warped (Hz^2)", row["warped"], 0.030)
    for kind in ("chirp rates", "adaptive", "fixed", "constant"):
        yield told(f"    {kind} (Hz^2)", row[kind])


def errors(machine: tracking.Machine, orders: Sequence[float]) -> Dict[str, float]:
    """Mean squared error in Hz^2 of one tracker on warped frames, on those with chirp rates, with theta alone, with the best
    of 12 fixed windows in hindsight, and with the constant theta that the entropy of magnitudes finds."""
    x, n_fft = machine.x, machine.n_fft
    warped = stft.adapt(x, n_fft=n_fft, warp=True)
    chirped, adapted = stft.adapt(x, n_fft=n_fft, learn=LEARN), stft.adapt(x, n_fft=n_fft)

    def error(S, t=adapted.t):
        return tracking.squared_error(machine, S, t, orders)

    def fixed(theta):
        return error(stft.dstft(x, float(theta), adapted.t, n_fft=n_fft))

    return {
        "warped": error(warped.spectra, warped.t),
        "chirp rates": error(chirped.spectra[: n_fft // 2 + 1]),
        "adaptive": error(adapted.spectra),
        "fixed": min(map(fixed, baselines.fixed_windows(n_fft))),
        "constant": fixed(baselines.constant_by_entropy(x, n_fft, adapted.t[1])),
    }
