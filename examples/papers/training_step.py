#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What a training step of the spoken digits costs with a learned window, and with torch.stft and a fixed one.

    /usr/bin/python3 training_step.py --out figures                  # --quick: fewer repetitions, coarser figures

A step is a batch of 32 recordings through the network of spoken_digits.py and the gradients of all that is learned. Times are
the processor's, of one thread, the least of repetitions that take turns, so that what else the machine does falls on all alike.
"""
import time

import numpy as np
import spoken_digits as digits
from experiment import Experiment
from spoken_digits import torch

BUDGET, CLASSES, THETA = digits.FULL, 10, 40.0


def main():
    with Experiment("training_step", __doc__) as experiment:
        run(experiment)


def run(experiment):
    digits.one_thread()
    torch.manual_seed(experiment.options.seed)
    parts, steps = measured(5 if experiment.options.quick else 60)
    for name, milliseconds in {**parts, **steps}.items():
        experiment.say(f"{name} (ms)", milliseconds)
    learned, *others = steps.values()
    for name, milliseconds in zip(list(steps)[1:], others):
        experiment.say(f"step with a learned window over {name}", learned / milliseconds)
    draw(experiment, parts, steps)


def measured(repetitions):
    """Least times in ms of the parts of a step, and of whole steps."""
    x, y = torch.randn(BUDGET.batch, BUDGET.samples), torch.randint(0, CLASSES, (BUDGET.batch,))
    net, transform = digits.network(CLASSES, 0, BUDGET), digits.front_end(THETA, True, BUDGET)
    window = torch.hann_window(BUDGET.n)

    def by_torch():
        return torch.stft(x, BUDGET.n, BUDGET.hop, window=window, center=True, return_complex=True).abs()

    def finish(seen):
        torch.nn.functional.cross_entropy(net(seen), y).backward()

    spectrogram = transform(x).detach()
    seen, cotangent = digits.pictured(spectrogram), torch.randn_like(spectrogram)
    wanted = {"spectrogram": spectrogram.clone().requires_grad_(), "seen": seen.clone().requires_grad_()}
    parts = {
        "torch.stft": by_torch,
        "DSTFT": lambda: transform(x),
        "DSTFT and its gradient by theta": lambda: transform(x).backward(cotangent),
        "logarithm and level": lambda: digits.pictured(spectrogram),
        "logarithm and level and their gradient": lambda: digits.pictured(wanted["spectrogram"]).backward(seen),
        "network and the gradients of its weights": lambda: finish(seen),
        "network and the gradients of its weights and its input": lambda: finish(wanted["seen"]),
    }
    steps = {
        "step with a learned window": lambda: finish(digits.pictured(transform(x))),
        "step on torch.stft with a fixed window": lambda: finish(digits.pictured(by_torch())),
        "step on torch.stft whose spectrogram gets a gradient": lambda: finish(digits.pictured(by_torch().requires_grad_())),
    }
    times = {name: [] for name in (*parts, *steps)}
    for _ in range(repetitions):
        for name, work in {**parts, **steps}.items():
            began = time.process_time()
            work()
            times[name].append(time.process_time() - began)
    least = {name: 1000 * float(np.min(each)) for name, each in times.items()}
    return {name: least[name] for name in parts}, {name: least[name] for name in steps}


def draw(experiment, parts, steps):
    axis = experiment.picture(1, 1, 11, 4.5)[0, 0]
    names = [*steps, *parts][::-1]
    colours = ["C0" if name in parts else "C1" for name in names]
    bars = axis.barh(names, [{**parts, **steps}[name] for name in names], color=colours)
    axis.bar_label(bars, fmt="%.2f", padding=3)
    axis.margins(x=0.1)
    axis.set(xlabel="processor time (ms)", title="a batch of 32 recordings of 0.64 s")


if __name__ == "__main__":
    main()
