#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Section VI-B: decaying shocks of different frequencies and durations; window lengths and positions of frames are learned.

    /usr/bin/python3 shocks.py --out figures

The papers' loss is minus the mean kurtosis of the frames plus a weight times what no window covers; the number of frames is
that of the initial hop. Compared: a short, a middle and a long fixed window, and our pooled criterion on the same frames.
How well a shock stands out is told by two measures that none of them minimises: the level of the plane within 20 ms after a
shock's beginning against that within 20 ms before it (onset contrast), and the entropy of the whole plane.
"""
import numpy as np
from experiment import Experiment
from signals import shocks

from gnuradio import stft
from gnuradio.stft import losses

N, HOP = 1000, 100
COVERAGE = 1.0  # weight of what no window covers; the papers do not publish theirs


def main():
    with Experiment("shocks", __doc__) as experiment:
        run(experiment)


def run(experiment):
    x, fs, places = shocks(experiment.options.seed)
    t = HOP * np.arange(1 + len(x) // HOP, dtype=float)
    iterations = 20 if experiment.options.quick else 400
    planes = {f"fixed, {length}": (np.full((1, len(t)), float(length)), t) for length in (100, 400, 1000)}
    settings = dict(n_fft=N, hop=HOP, share="frame", theta_min=50, regularisation=0, max_iterations=iterations, tol=1e-6)
    start = np.full((1, len(t)), 400.0)
    learned = {}
    for name, criterion, what in (("kurtosis and coverage", {"kurtosis": 1.0, "coverage": COVERAGE}, ("theta", "t")),
                                  ("pooled l1/l2", "l1l2", ("theta", "t"))):
        with experiment.progress(None, "evaluations") as bar:
            learned[name] = stft.learn(x, theta_init=start, criterion=criterion, learn=what, progress=lambda *_: bar.update(1),
                                       **settings)
        planes[name] = learned[name].theta, learned[name].t

    figures = {name: measures(x, theta, t, fs, places) for name, (theta, t) in planes.items()}
    for name, (kurtosis, covered, contrast, entropy) in figures.items():
        experiment.say(f"{name}: mean kurtosis", kurtosis)
        experiment.say(f"{name}: share of the signal under windows", covered)
        experiment.say(f"{name}: onset contrast (dB)", contrast)
        experiment.say(f"{name}: entropy of the plane (nats)", entropy)
    ours = figures["kurtosis and coverage"]
    fixed = [one for name, one in figures.items() if name.startswith("fixed")]
    experiment.check("learned: mean kurtosis above that of every fixed window", ours[0], ours[0] > max(f[0] for f in fixed))
    experiment.check("learned: 95 % of the signal lies under windows at least", ours[1], ours[1] > 0.95)
    history = learned["kurtosis and coverage"].history
    experiment.check("the loss falls from its start by", history[0] - min(history), min(history) < history[0])
    experiment.say("evaluations", len(history), "828 (positions alone) .. 1661 (both)")
    draw(experiment, x, planes, history, fs)


def measures(x, theta, t, fs, places):
    """(mean kurtosis, share covered, onset contrast in dB, entropy) of the plane of one theta per frame."""
    magnitude = np.abs(stft.dstft(x, theta, t, n_fft=N))
    level = np.sqrt(np.mean(magnitude**2, axis=0))
    # the level of the frame that is nearest to 20 ms before and after each shock
    near = [(np.argmin(np.abs(t - (place - 0.02 * fs))), np.argmin(np.abs(t - (place + 0.02 * fs)))) for place in places]
    contrast = np.mean([20 * np.log10(level[after] / level[before]) for before, after in near])
    return (losses.kurtosis(magnitude, t)[0], losses.coverage(theta, t, len(x))[0], float(contrast),
            losses.magnitude_entropy(magnitude)[0])


def draw(experiment, x, planes, history, fs):
    axes = experiment.picture(2, 4, 17, 8)
    axes[0, 0].plot(np.arange(len(x)) / fs, x, linewidth=0.5)
    axes[0, 0].set(title="the shocks", xlabel="s")
    axes[1, 0].plot(history)
    axes[1, 0].set(title="loss of kurtosis and coverage", xlabel="evaluation")
    for axis, (name, (theta, t)) in zip([axes[0, 1], axes[0, 2], axes[0, 3], axes[1, 1], axes[1, 2]], planes.items()):
        magnitude = np.abs(stft.dstft(x, theta, t, n_fft=N))
        level = 20 * np.log10(magnitude / np.max(magnitude) + 1e-6)
        edges = np.concatenate([[t[0]], (t[1:] + t[:-1]) / 2, [t[-1]]]) / fs
        axis.pcolormesh(edges, np.linspace(0, fs / 2, len(level) + 1), level, vmin=-50, vmax=0, cmap="magma")
        axis.set(title=name, xlabel="s", ylabel="Hz")
    theta, t = planes["kurtosis and coverage"]
    axes[1, 3].plot(t / fs, theta[0], ".-")
    axes[1, 3].set(title="kurtosis and coverage: windows at their places", xlabel="s", ylabel="theta (samples)")


if __name__ == "__main__":
    main()
