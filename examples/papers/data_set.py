#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Section VII-A: one window length for a whole data set, learned through a differentiable estimate of the frequency.

    /usr/bin/python3 data_set.py --out figures

Sines of a varying period in white noise; the frequency of a frame is the centroid of its magnitudes, (34), and the loss the
mean squared error of that over all signals, (33). One theta is learned by gradient descent from below and from above, and
compared with a sweep. The papers give neither rate, length, noise nor the number of signals: here 40 signals of 4096 samples
at a rate of 1, noise of standard deviation 0.1 (17 dB), N 512, hop 64, one-sided bins. The paper leaves open whether the
weights are the magnitudes or their squares. With magnitudes the noise of all bins draws the centroid to the middle of the range,
which outweighs what the window does: the loss has no minimum of interest. With squares it has one.
"""
import numpy as np
from experiment import Experiment

from gnuradio import stft
from gnuradio.stft import losses

N, HOP, SAMPLES = 512, 64, 4096


def main():
    with Experiment("data_set", __doc__) as experiment:
        run(experiment)


def run(experiment):
    quick = experiment.options.quick
    signals = [varying_sine(np.random.default_rng([experiment.options.seed, i])) for i in range(6 if quick else 40)]
    held_out = [varying_sine(np.random.default_rng([experiment.options.seed, 1000 + i])) for i in range(6 if quick else 40)]
    sweep = np.geomspace(16, N, 12 if quick else 60)
    for power in (1, 2):
        name = {1: "magnitudes (34)", 2: "squared magnitudes"}[power]
        with experiment.progress(len(sweep), "window lengths") as bar:
            curve = []
            for theta in sweep:
                curve.append(loss(signals, theta, power)[0])
                bar.update(1)
        best = float(sweep[np.argmin(curve)])
        courses = {start: descend(signals, start, power, 70 if quick else 120) for start in (30.0, 450.0)}
        ends = [course[-1][0] for course in courses.values()]
        experiment.say(f"{name}: theta of the sweep's least loss", best)
        experiment.say(f"{name}: theta learned from 30 and from 450", " and ".join(f"{theta:.1f}" for theta in ends))
        if power == 2:
            least = min(curve)
            for start, course in courses.items():
                experiment.check(f"{name}: learned from {start:g}, loss over the sweep's least", course[-1][1] / least,
                                 course[-1][1] <= (1.05 if quick else 1.005) * least)
            apart = max(ends) / min(ends)
            experiment.check(f"{name}: theta from above over theta from below", apart, apart < (1.2 if quick else 1.03))
        theta = float(np.mean(ends))
        experiment.say(f"{name}: squared error at the learned theta on signals that were not learned from",
                       loss(held_out, theta, power)[0])
        experiment.say(f"{name}: the same of the sweep's best theta", loss(held_out, best, power)[0])
        if power == 1:
            first = curve, courses, theta
        else:
            second = curve, courses, theta
    draw(experiment, sweep, first, second, held_out[0])


def varying_sine(rng):
    """(x, frequency of each sample) of a sine whose frequency swings between 0.05 and 0.35."""
    n = np.arange(SAMPLES)
    middle, swing = rng.uniform(0.12, 0.28), rng.uniform(0.02, 0.06)
    f = middle + swing * np.sin(2 * np.pi * n / rng.uniform(900, 2500) + rng.uniform(0, 2 * np.pi))
    x = np.cos(2 * np.pi * np.cumsum(f)) + 0.1 * rng.standard_normal(SAMPLES)
    return x, f


def loss(signals, theta, power):
    """(mean over the signals of (33), its derivative by theta)."""
    t = HOP * np.arange(1 + SAMPLES // HOP, dtype=float)
    total, slope = 0.0, 0.0
    for x, f in signals:
        S = stft.dstft(x, [[theta]], t, n_fft=N)
        truth = np.interp(t, np.arange(SAMPLES), f)
        magnitude = np.abs(S)
        value, gradient = losses.tracking_mse(magnitude**power, truth, n_fft=N)
        if power == 2:
            gradient = 2 * magnitude * gradient
        total += value
        slope += float(np.sum(stft.dstft_vjp(x, [[theta]], t, losses.cotangent(S, gradient), n_fft=N)[1]))
    return total / len(signals), slope / len(signals)


def descend(signals, theta, power, steps):
    """[(theta, loss)] of Adam on ln theta with a rate that falls from 0.1."""
    mean, square, course = 0.0, 0.0, []
    for step in range(1, steps + 1):
        value, slope = loss(signals, theta, power)
        course.append((theta, value))
        mean, square = 0.9 * mean + 0.1 * slope * theta, 0.99 * square + 0.01 * (slope * theta) ** 2
        rate = 0.12 * (1 - (step - 1) / steps) + 0.001
        theta *= np.exp(-rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-300))
        theta = float(np.clip(theta, 8, N))
    course.append((theta, loss(signals, theta, power)[0]))
    return course


def draw(experiment, sweep, first, second, sample):
    axes = experiment.picture(2, 2, 13, 9)
    for axis, (curve, courses, theta), name in zip(axes[0], (first, second), ("magnitudes (34)", "squared magnitudes")):
        axis.semilogx(sweep, curve, "k", label="sweep")
        for start, course in courses.items():
            axis.semilogx(*zip(*course), ".-", linewidth=0.5, label=f"learned from {start:g}")
        axis.set(title=f"mean squared error by {name}", xlabel="theta (samples)")
        axis.legend()
    x, f = sample
    t = HOP * np.arange(1 + SAMPLES // HOP, dtype=float)
    theta = second[2]
    magnitude = np.abs(stft.dstft(x, [[theta]], t, n_fft=N))
    level = 20 * np.log10(magnitude / np.max(magnitude) + 1e-6)
    axes[1, 0].imshow(level, origin="lower", aspect="auto", extent=[0, t[-1], 0, 0.5], vmin=-40, vmax=0, cmap="magma")
    axes[1, 0].set(title=f"a signal that was not learned from, theta {theta:.0f}", xlabel="sample", ylabel="cycles a sample")
    bins = np.arange(len(magnitude))[:, None] / N
    axes[1, 1].plot(f, "k", linewidth=2, label="truth")
    for power in (1, 2):
        weight = magnitude**power
        axes[1, 1].plot(t, np.sum(bins * weight, axis=0) / np.sum(weight, axis=0), label=f"centroid of |S|^{power}")
    axes[1, 1].set(title="its frequency", xlabel="sample", ylabel="cycles a sample")
    axes[1, 1].legend()


if __name__ == "__main__":
    main()
