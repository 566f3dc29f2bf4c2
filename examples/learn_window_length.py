#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The best window length for a chirp, learned; and one for each frame of a chirp, clicks and a tone.

A Hann window of 1.95 / sqrt(c) samples shows a chirp of c cycles per sample^2 best: look at how near the learned length
comes to it. Of one length per frame (this needs SciPy), look at short windows on the clicks and long ones on the tone.
The exit status is 1 if the lengths are not so.
"""
import sys

import numpy as np
from gnuradio import stft

RATE, SLOPE, N = 48_000, 3e-5, np.arange(8000)  # Hz, cycles per sample^2, samples of each part


def main():
    chirp = np.cos(2 * np.pi * (0.05 * N + SLOPE / 2 * N**2))
    parts = {"chirp": chirp, "clicks": 8.0 * (N % 400 == 200), "tone": np.cos(2 * np.pi * 0.2 * N)}
    noise = 0.1 * np.random.default_rng(1).standard_normal(3 * len(N))

    one = stft.learn(chirp + noise[: len(N)], n_fft=1024, share="constant", criterion="l1l2")
    theta, best = one.theta.item(), 1.95 / np.sqrt(SLOPE)
    print(f"chirp alone: {theta:.1f} samples, {1e3 * theta / RATE:.2f} ms; {best:.1f} expected; "
          f"{len(one.history)} evaluations")

    each = stft.learn(np.concatenate(list(parts.values())) + noise, n_fft=1024)
    found = {name: np.median(each.theta[0, each.t // len(N) == i]) for i, name in enumerate(parts)}
    for name, theta in found.items():
        print(f"frames of the {name}: {theta:.1f} samples, {1e3 * theta / RATE:.2f} ms (median)")
    good = abs(one.theta.item() - best) < 0.1 * best and found["clicks"] < found["chirp"] < found["tone"]
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
