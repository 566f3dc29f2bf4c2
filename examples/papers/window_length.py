#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Section VI-A: one window length for a chirp, a tone and a burst, then one for every cell of the plane.

    /usr/bin/python3 window_length.py --out figures

The constant theta is sought three ways: on the papers' grid of 901 lengths, by their gradient descent (Adam on theta,
learning rate 100, which a plateau of 99 iterations divides by 10, until it is below 1), and by learn(), which searches
without gradients. Then every cell learns its own theta, without regularisation and with it.
"""
import time

import numpy as np
from experiment import Experiment
from signals import chirp_tone_burst, data_folder

from gnuradio import stft
from gnuradio.stft import losses

N, HOP = 1000, 50


def main():
    with Experiment("window_length", __doc__) as experiment:
        run(experiment)


def run(experiment):
    quick = experiment.options.quick
    x = chirp_tone_burst(experiment.options.seed)
    t = HOP * np.arange(1 + len(x) // HOP, dtype=float)

    def entropy(theta):
        return losses.magnitude_entropy(np.abs(stft.dstft(x, [[theta]], t, n_fft=N)))[0]

    grid = np.arange(100.0, 1001.0, 25 if quick else 1)
    began = time.perf_counter()
    with experiment.progress(len(grid), "window lengths") as bar:
        on_grid = []
        for theta in grid:
            on_grid.append(entropy(theta))
            bar.update(1)
    grid_seconds = time.perf_counter() - began
    best = grid[np.argmin(on_grid)]

    began = time.perf_counter()
    course = descend(x, t, theta=577.0, patience=9 if quick else 99)
    descent_seconds = time.perf_counter() - began

    began = time.perf_counter()
    found = stft.learn(x, n_fft=N, hop=HOP, share="constant", theta_min=100)
    search_seconds = time.perf_counter() - began
    theta = found.theta.item()

    experiment.say("theta on the grid", float(best))
    experiment.say("theta by gradient descent", float(course[-1][0]), 236)
    experiment.say("theta by learn()", theta, 236)
    experiment.say("entropy at theta of learn()", found.loss, 9.4924)
    experiment.check("learn() is within 2 samples of the grid's best, or lower in entropy", abs(theta - best),
                     abs(theta - best) <= (2 if not quick else 25) or found.loss <= min(on_grid))
    experiment.check("the entropy of learn() is not above that of gradient descent by 1e-4", found.loss - course[-1][1],
                     found.loss <= course[-1][1] + 1e-4)
    experiment.say("evaluations: grid", len(grid), 901)
    experiment.say("evaluations: gradient descent, each with its gradient", len(course), "10 .. 100")
    experiment.say("evaluations: learn()", len(found.history))
    experiment.say("gradient descent needs as many evaluations as learn(), times", len(course) / len(found.history))
    experiment.say("seconds: grid, gradient descent, learn()",
                   f"{grid_seconds:.2f}, {descent_seconds:.2f}, {search_seconds:.3f}")
    slopes = np.sign(np.diff(on_grid))
    experiment.say("changes of direction of the entropy on the grid (1: a single least)",
                   int(np.count_nonzero(np.diff(slopes))), 1)
    experiment.say("share of the grid where the entropy is not convex", float(np.mean(np.diff(on_grid, 2) < 0)), 0)
    golden(experiment)

    fields = {}
    for name, weight in (("without regularisation", 0.0), ("with regularisation", 1.0)):
        iterations = 5 if quick else 60
        with experiment.progress(None, "evaluations") as bar:
            fields[name] = stft.learn(x, n_fft=N, hop=HOP, share="cell", criterion="magnitude_entropy", theta_min=100,
                                      regularisation=weight, max_iterations=iterations, progress=lambda *_: bar.update(1))
        entropy_of_cells = losses.magnitude_entropy(np.abs(fields[name].spectra))[0]
        experiment.check(f"entropy of a theta in every cell {name}, below that of the constant one", entropy_of_cells,
                         entropy_of_cells < found.loss)
        field = np.log(fields[name].theta)
        experiment.say(f"mean step of ln theta between neighbours {name}",
                       float(np.mean(np.abs(np.diff(field, axis=1)))))
    rough, smooth = (np.mean(np.abs(np.diff(np.log(one.theta), axis=1))) for one in fields.values())
    experiment.check("regularisation smooths the field by at least", rough / smooth, rough > smooth)
    draw(experiment, x, t, grid, on_grid, course, theta, fields)


def descend(x, t, *, theta, patience):
    """[(theta, entropy)] of the papers' gradient descent."""
    rate, mean, square, best, waited, course = 100.0, 0.0, 0.0, np.inf, 0, []
    for step in range(1, 2000):
        S = stft.dstft(x, [[theta]], t, n_fft=N)
        loss, gradient_a = losses.magnitude_entropy(np.abs(S))
        _, gradient, _ = stft.dstft_vjp(x, [[theta]], t, losses.cotangent(S, gradient_a), n_fft=N)
        slope = float(np.sum(gradient))
        course.append((theta, loss))
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        theta -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        theta = float(np.clip(theta, 100, N))
        waited, best = (0, loss) if loss < best - 1e-4 * abs(best) else (waited + 1, best)
        if waited > patience:
            rate, waited = rate / 10, 0
        if rate < 1:
            break
    return course


def golden(experiment):
    """The signal whose optimum is known, where its file is there."""
    folder = data_folder()
    path = folder / "dstft" / "c09_sectionVIA_like_entropy_curve.npz" if folder else None
    if path is None or not path.exists():
        return
    case = np.load(path, allow_pickle=False)
    found = stft.learn(case["x"].astype(float), n_fft=N, hop=HOP, share="constant", theta_min=20)
    off = abs(found.theta.item() - float(case["theta_star"]))
    experiment.check("golden case: theta within 0.5 samples of the known optimum", found.theta.item(), off < 0.5,
                     float(case["theta_star"]))
    experiment.say("golden case: entropy", found.loss, float(case["H_star"]))


def draw(experiment, x, t, grid, on_grid, course, theta, fields):
    axes = experiment.picture(3, 3, 15, 11)
    seconds = "sample"
    for axis, length in zip(axes[0], (100.0, 1000.0, theta)):
        show(axis, np.abs(stft.dstft(x, [[length]], t, n_fft=N)), t)
        axis.set_title(f"one window of {length:.0f} samples")
    axes[1, 0].plot(grid, on_grid)
    axes[1, 0].axvline(theta, color="C1")
    axes[1, 0].set(xlabel="theta (samples)", ylabel="entropy (nats)", title="the entropy and its least")
    axes[1, 1].plot([loss for _, loss in course], label="gradient descent")
    axes[1, 1].plot(fields["with regularisation"].history, label="a theta in every cell, regularised")
    axes[1, 1].set(xlabel="evaluation", ylabel="loss", title="loss")
    axes[1, 1].legend()
    for column, (name, field) in enumerate(fields.items()):
        show(axes[2, column], np.abs(field.spectra), t)
        axes[2, column].set_title(f"theta in every cell, {name}")
    field = fields["with regularisation"]
    show(axes[2, 1], np.abs(field.spectra), t, field.theta)
    image = axes[1, 2].imshow(field.theta, origin="lower", aspect="auto", extent=[0, t[-1], 0, 0.5], cmap="viridis")
    axes[1, 2].figure.colorbar(image, ax=axes[1, 2], label="theta (samples)")
    axes[1, 2].set(title="theta, with regularisation", ylabel="cycles a sample")
    image = axes[2, 2].imshow(fields["without regularisation"].theta, origin="lower", aspect="auto",
                              extent=[0, t[-1], 0, 0.5], cmap="viridis")
    axes[2, 2].figure.colorbar(image, ax=axes[2, 2], label="theta (samples)")
    axes[2, 2].set(title="theta, without regularisation", xlabel=seconds, ylabel="cycles a sample")


def show(axis, magnitude, t, theta=None):
    """A spectrogram over 50 dB; with theta its colour is theta, and its brightness the level."""
    level = 20 * np.log10(magnitude / np.max(magnitude) + 1e-6)
    extent = dict(origin="lower", aspect="auto", extent=[0, t[-1], 0, 0.5])
    if theta is None:
        axis.imshow(level, vmin=-50, vmax=0, cmap="magma", **extent)
    else:
        image = axis.imshow(theta, cmap="rainbow", norm="log", **extent)
        bar = axis.figure.colorbar(image, ax=axis, label="theta (samples)", ticks=(100, 200, 400, 800), format="%g")
        bar.minorticks_off()
        axis.imshow(image.to_rgba(theta)[..., :3] * np.clip(1 + level / 50, 0, 1)[..., None], **extent)
    axis.set(xlabel="sample", ylabel="cycles a sample")


if __name__ == "__main__":
    main()
