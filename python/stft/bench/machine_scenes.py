# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Machines whose speed is known at every sample: laws of speed, orders in noise, and what spoils them."""
from typing import NamedTuple

import numpy as np

FS = 4096.0
ORDERS = 1, 2, 3, 4, 5, 6
LEVELS = 1, 0.6, 0.5, 0.35, 0.3, 0.25
HALVES = tuple(k / 2 for k in range(1, 17))
EASY = "run-up", "coast", "stairs", "wander", "load", "no order 1", "halves learned", "gain x300", "offset"
HARD = "resonance", "gear", "gear change", "knocks", "hum", "noise -10 dB", "start-stop", "gaps"


class Scene(NamedTuple):
    """Samples, the speed at each of them (Hz), and the settings of the tracker."""
    x: np.ndarray
    speed: np.ndarray
    settings: dict


def smooth(f, seconds):
    """A law of speed without its corners."""
    taps = np.hanning(int(seconds * FS) // 2 * 2 + 3)[1:-1]
    return np.convolve(np.pad(f, len(taps) // 2, mode="edge"), taps / taps.sum(), "valid")


def law(name, t, r):
    """Speed in Hz at the times t, which begin at 0."""
    u = t / t[-1]
    if name == "run-up":
        return r.uniform(13, 18) + 50 * u ** r.uniform(1, 1.7) + 0.4 * np.sin(2 * np.pi * 0.3 * t)
    if name == "coast":
        return smooth(np.maximum(r.uniform(55, 70) * np.exp(-t / 11) + 2 * (u > 0.5) * np.exp(-np.maximum(t - t[-1] / 2, 0)), 9), 0.2)
    if name == "stairs":
        return smooth(r.uniform(18, 50, 5)[np.minimum((u * 5).astype(int), 4)], 1.0)
    if name == "load":  # a motor that slips by 2 .. 5 % under load
        edges = np.sort(r.uniform(1, t[-1] - 1, 6))
        return r.uniform(24, 30) * (1 - 0.04 * smooth(np.sum(t[:, None] > edges, axis=1) % 2 * 1.0, 0.6))
    if name == "gear change":
        return smooth(r.uniform(18, 24) + (t % 6) * 3.5, 0.8)
    if name == "start-stop":
        top = r.uniform(35, 50)
        return np.maximum(smooth(np.interp(u, [0, 0.08, 0.4, 0.62, 0.93, 1], [0, 0, top, 0.9 * top, 0, 0]), 0.4), 0)
    if name == "stop":
        return np.maximum(smooth(np.interp(u, [0, 0.3, 0.4, 0.55, 0.75, 1], [45, 9, 0, 0, r.uniform(25, 40), 50]), 0.4), 0)
    f = np.full(t.shape, r.uniform(24, 38))
    for _ in range(5):
        g = r.uniform(0.03, 0.5)
        f += r.uniform(0.2, 0.7) / g**0.5 * np.sin(2 * np.pi * (g * t + r.uniform()))
    return f


def machine(f, r, orders=ORDERS, levels=LEVELS, noise=1.0, resonances=()):
    """Orders of a shaft of the speed f at every sample, and white noise of `noise` times their power.

    resonances: (Hz, damping, gain) of modes that the orders run through.
    """
    phase = np.concatenate([[0], np.cumsum(f[1:] + f[:-1]) / (2 * FS)])
    x = np.zeros(len(f))
    for k, level in zip(orders, levels):
        gain = np.ones(len(f), complex)
        for hertz, damping, q in resonances:
            u = k * f / hertz
            gain = gain + q * 2 * damping / (1 - u * u + 2j * damping * u)
        x += level * np.abs(gain) * (k * f < 0.45 * FS) * np.cos(2 * np.pi * (k * phase + r.uniform()) + np.angle(gain))
    x *= np.minimum(1, (f / 12) ** 2)  # an unbalance pulls with the speed squared
    return x + np.sqrt(np.mean(x[f > 6] ** 2) * noise) * r.standard_normal(len(f))


def scene(name, seed, seconds=16.0):
    """A scene by its name, with the settings of track_ridges() for it."""
    r = np.random.default_rng([seed, *name.encode()])
    t = np.arange(int(seconds * FS)) / FS
    laws = {"no order 1": "run-up", "halves learned": "run-up", "resonance": "run-up", "hum": "run-up"}
    f = law(laws.get(name, name), t, r)
    settings = dict(orders=ORDERS)
    given = {}
    if name == "no order 1":
        settings = dict(orders=(2, 3, 5, 6))
        given = dict(orders=(2, 3, 5, 6), levels=(0.6, 0.5, 0.3, 0.25))
    elif name == "halves learned":
        settings = dict(orders=HALVES, learn_range=(f[0] - 3, 1.6 * f[0]))
    elif name == "gear":  # 23 teeth
        settings = dict(orders=(1, 2, 22, 23, 24, 45, 46, 47))
        given = dict(settings, levels=(0.25, 0.12, 0.3, 1, 0.3, 0.2, 0.5, 0.2), noise=2.0)
    elif name == "resonance":
        given = dict(resonances=[(r.uniform(60, 110), 0.03, 8), (r.uniform(150, 260), 0.02, 6)])
    elif name == "noise -10 dB":
        given = dict(noise=10.0)
    x = machine(f, r, **given)
    if name == "knocks":
        for at in np.nonzero(r.random(len(x)) < 7 / FS)[0]:
            k = np.arange(min(160, len(x) - at))
            x[at : at + len(k)] += 25 * np.exp(-k / 20) * np.cos(r.uniform(0.1, 1.9) * k)
    elif name == "hum":
        settings["reject"] = (50,)
        for k in 1, 2, 3, 5:
            x += 2.5 / k * np.cos(2 * np.pi * (50.02 * k * t + r.uniform()))
    elif name == "gaps":
        for at in np.linspace(1.5, seconds - 2, 5) + r.uniform(-0.4, 0.4, 5):
            x[int(at * FS) : int((at + 0.4) * FS)] = 0
    elif name == "gain x300":
        x[len(x) // 2 :] *= 300
    elif name == "offset":
        x += 50 * np.std(x)
    return Scene(x, f, settings)


def two_shafts(seed, level=0.8, seconds=16.0, nearest=None):
    """Two shafts that cross, or come as near as `nearest` Hz and part again -> (samples, speed of the first, of the second)."""
    r = np.random.default_rng([seed, 2])
    t = np.arange(int(seconds * FS)) / FS
    crossing, middle = r.uniform(0.35, 0.65) * seconds, r.uniform(27, 34)
    up, down = r.uniform(1.4, 1.9, 2)
    above, below = up * (t - crossing), -down * (t - crossing)
    if nearest is not None:
        apart = np.hypot(above - below, nearest)
        above, below = up / (up + down) * apart, -down / (up + down) * apart
    f = middle + above + 0.4 * np.sin(2 * np.pi * (0.13 * t + r.uniform()))
    g = middle + below + 0.4 * np.sin(2 * np.pi * (0.11 * t + r.uniform()))
    f, g = np.maximum(f, 8), np.maximum(g, 8)
    x = machine(f, r, noise=1e-3) + level * machine(g, r, noise=1e-3)
    return x + np.std(x) * r.standard_normal(len(t)), f, g


def errors(times, frequency, speed, least=8.0):
    """Share of frames off by more than 3 % and 0.5 Hz, rms of the others in Hz, and mean square of all, where it turns."""
    truth = speed[np.minimum(np.round(times * FS).astype(int), len(speed) - 1)]
    turns = truth > least
    off = np.abs(frequency - truth)[turns]
    gross = off > np.maximum(0.5, 0.03 * truth[turns])
    return gross.mean(), np.sqrt(np.mean(off[~gross] ** 2)) if not gross.all() else np.nan, np.mean(off**2)
