# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A plain tracker of a rotation frequency in spectra, and its error: one for all windows, so that these are compared."""
import os
from typing import NamedTuple, Optional, Sequence, Tuple

import numpy as np
import signals

from gnuradio.stft.app.files.recordings import open_recording
from gnuradio.stft.optional_modules import load

UNEVEN = "uneven run-up"


def viterbi(score: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """The path of greatest sum of score[frame, state] - penalty[|change of state|]; changes beyond `penalty` are barred."""
    frames, states = score.shape
    reach = len(penalty) - 1
    steps = np.arange(-reach, reach + 1)
    cost = penalty[np.abs(steps)]
    best = score[0].copy()
    came_from = np.zeros((frames, states), np.int32)
    at = np.arange(states)
    for n in range(1, frames):
        padded = np.pad(best, reach, constant_values=-np.inf)
        reached = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1) - cost
        choice = np.argmax(reached, axis=1)
        came_from[n] = at + steps[choice]
        best = reached[at, choice] + score[n]
    path = np.empty(frames, int)
    path[-1] = np.argmax(best)
    for n in range(frames - 1, 0, -1):
        path[n - 1] = came_from[n, path[n]]
    return path


def track(
    S: np.ndarray, fs: float, n_fft: int, seconds: float, orders: Sequence[float], limits: Tuple[float, float]
) -> np.ndarray:
    """Rotation frequency in Hz of each frame of S (bins, frames), which are `seconds` apart.

    The score of a frequency is the sum over its orders of the level, interpolated between bins, above the mean power of
    n_fft / 32 bins to either side, without which a falling spectrum draws the path down. Frequencies are half a bin of the
    highest order apart, and refined by a parabola through the scores. A change from frame to frame costs its square over
    twice that of its usual size, which is a fifth of the range of frequencies in a second.
    """
    low, high = limits
    step = fs / n_fft / max(orders) / 2
    f = np.arange(low, high + step, step)
    power = np.abs(S) ** 2 + 1e-24 * np.max(np.abs(S)) ** 2
    level = np.log(power / around(power, n_fft // 32)) / 2
    score = np.zeros((S.shape[1], len(f)))
    for order in orders:
        place = order * f * n_fft / fs
        below = np.minimum(place.astype(int), len(level) - 2)
        part = np.minimum(place - below, 1)[:, None]
        score += ((1 - part) * level[below] + part * level[below + 1]).T
    usual = 0.2 * (high - low) * seconds / step
    reach = min(len(f) - 1, int(3 * usual) + 1)
    path = viterbi(score, (np.arange(reach + 1) / usual) ** 2 / 2)
    n, middle = np.arange(len(path)), np.clip(path, 1, len(f) - 2)
    before, at, after = (score[n, middle + k] for k in (-1, 0, 1))
    curvature = before - 2 * at + after
    top = (before - after) / 2 / np.where(curvature < 0, curvature, np.inf)
    return f[path] + step * np.where(path == middle, np.clip(top, -0.5, 0.5), 0)


def around(power: np.ndarray, width: int) -> np.ndarray:
    """Mean over the bins m - width .. m + width that there are."""
    sums = np.cumsum(np.pad(power, ((1, 0), (0, 0))), axis=0)
    m = np.arange(len(power))
    first, last = np.maximum(m - width, 0), np.minimum(m + width + 1, len(power))
    return (sums[last] - sums[first]) / (last - first)[:, None]


class Machine(NamedTuple):
    """Samples of a machine, and its rotation frequency."""

    x: np.ndarray
    fs: float
    n_fft: int
    seconds: np.ndarray
    speed: np.ndarray
    """Hz, at the times `seconds`"""


def tracked(machine: Machine, S: np.ndarray, t: np.ndarray, orders: Sequence[float]) -> np.ndarray:
    """Rotation frequency in Hz of the frames of S, centred at t (samples). The tracker is told the range of speeds, widened
    by a quarter."""
    limits = max(0.8 * np.min(machine.speed), machine.fs / machine.n_fft), 1.25 * np.max(machine.speed)
    return track(S, machine.fs, machine.n_fft, (t[1] - t[0]) / machine.fs, orders, limits)


def squared_error(machine: Machine, S: np.ndarray, t: np.ndarray, orders: Sequence[float]) -> float:
    """Mean of the squared error of what is tracked, in Hz^2, over the frames for which the speed is known."""
    s = t / machine.fs
    known = (s >= machine.seconds[0]) & (s <= machine.seconds[-1])
    truth = np.interp(s, machine.seconds, machine.speed)
    return float(np.mean((tracked(machine, S, t, orders) - truth)[known] ** 2))


def made(law: Optional[str], noise: float, seed: int) -> Machine:
    """Harmonics 1 .. 10 on a law of speed, and noise; fs 2 kHz, N 2048.

    law: CSV file of a measured one, slowed down if it is faster than 90 Hz; UNEVEN: a run-up with swings, None: one that starts
    and stops, of each seed.
    """
    if law is None or law == UNEVEN:
        speed = (signals.uneven if law else signals.start_stop)(seed)
        seconds = np.arange(len(speed)) / 100
    else:
        seconds, speed = read_speed(law)
        speed = speed * min(1, 90 / np.max(speed))
    return Machine(signals.harmonics(seconds, speed, noise, seed), 2000.0, 2048, seconds, speed)


def read_speed(tacho: str) -> Tuple[np.ndarray, np.ndarray]:
    """(s, Hz) of a CSV file with a heading and the columns seconds and revolutions per minute."""
    there(tacho)
    table = np.loadtxt(tacho, delimiter=",", skiprows=1, usecols=(0, 1), ndmin=2)
    return table[:, 0], table[:, 1] / 60


def read_machine(audio: str, tacho: str, orders: Sequence[float], channel: int) -> Machine:
    """One channel of a recording with its tacho, decimated by a power of two to 8 to 16 times the highest frequency that
    is tracked, so that the N of about 1.5 s is spent on what matters."""
    resample = load("scipy.signal", "tracking recordings").resample_poly
    seconds, speed = read_speed(tacho)
    there(audio)
    with open_recording(audio, channel=channel) as recording:
        x, fs = recording.read(0, recording.length).astype(float), recording.fs
    decimation = 1
    while fs / decimation / 2 >= 8 * max(orders) * np.max(speed):
        decimation *= 2
    if decimation > 1:
        x = resample(x, 1, decimation)
    fs /= decimation
    return Machine(x, fs, 2 ** round(np.log2(1.5 * fs)), seconds, speed)


def there(path: str) -> None:
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path} is not there")
