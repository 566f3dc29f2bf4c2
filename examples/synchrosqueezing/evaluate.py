#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of docs/synchrosqueezing.md: how exact frequencies and inverses are, how sharp chirps become, how near Griffin-Lim
comes, and what it costs.

    /usr/bin/python3 evaluate.py --pictures docs/pictures

The exit status is 1 if an error is larger than it should be.
"""
import argparse
import pathlib
import sys

import numpy as np

from gnuradio import stft
from gnuradio.stft.bench import benchmark_squeezing

N = np.arange(4000)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", metavar="DIR", help="draw the pictures of docs/synchrosqueezing.md into this folder")
    options = parser.parse_args(arguments)
    good = frequencies() & chirps() & inverses()
    retrieval()
    costs()
    if options.pictures:
        import pictures

        for path in pictures.draw_all(pathlib.Path(options.pictures)):
            print(path)
    return 0 if good else 1


def strong(power):
    """Cells within 40 dB of the strongest."""
    return power > 1e-4 * power.max()


def by_formula(x, n_fft, first):
    """Frequencies by Hann's own derivative pi / n_fft sin(2 pi m / n_fft), sampled, one frame."""
    m = np.arange(n_fft)
    frame = x[first : first + n_fft]
    X, slope = (np.fft.fft(frame * w) for w in (np.sin(np.pi * m / n_fft) ** 2, np.pi / n_fft * np.sin(2 * np.pi * m / n_fft)))
    return np.fft.fftfreq(n_fft) - (slope / X).imag / (2 * np.pi)


def frequencies():
    """Of a complex tone between two bins, in cells within 40 dB of its peak."""
    print("tone: largest error of a frequency, in rows")
    f, worst = 0.1234567, 0
    x = np.exp(2j * np.pi * f * N)
    for n_fft in (64, 1024):
        for window in ("hann", "hamming", "boxcar", "blackman", ("kaiser", 8.6)):
            power, found, _ = stft.reassign(x, window, hop=1, n_fft=n_fft, first=1000, frames=1)
            cells = strong(power[:, 0]) & (np.abs(np.fft.fftfreq(n_fft) - f) < 0.08)  # nu < 0.5 radians per sample
            error = np.max(np.abs(found[cells, 0] - f)) * n_fft
            worst = max(worst, error / n_fft)
            print(f"  n_fft {n_fft:5}  {str(window):18} {error:.1e}")
        error = np.max(np.abs(by_formula(x, n_fft, 1000)[cells] - f)) * n_fft
        print(f"  n_fft {n_fft:5}  hann's formula     {error:.1e}")
    return worst < 1e-11


def chirps():
    """Error of the frequency at the reassigned time, and what share of a column lies in the right row, or beside it."""
    print("linear chirp, Hann, n_fft 256: error in rows, and share of sum |T| in the right row or its neighbours")
    worst = 0
    for rows in (0.5, 2, 8, 32):  # that the chirp crosses in one window
        rate = rows / 256**2
        x = np.exp(2j * np.pi * (0.1 * N + rate / 2 * N**2))
        power, f, t = stft.reassign(x, hop=1, n_fft=256, first=500, frames=1000)
        at = f - 0.1 - rate * t
        error = np.max(np.abs(at - np.round(at))[strong(power)])
        worst = max(worst, error)
        shares = []
        for order in (1, 2):
            T, _ = stft.synchrosqueeze(x, n_fft=256, order=order, first=500, frames=1000)
            right = np.round((0.1 + rate * (628 + np.arange(1000))) * 256).astype(int)
            near = sum(np.abs(T[(right + off) % 256, np.arange(1000)]) for off in (-1, 0, 1))
            shares.append(np.mean(near / np.abs(T).sum(axis=0)))
        print(f"  {rows:4} rows per window: {error * 256:.1e}; order 1: {shares[0]:.4f}, order 2: {shares[1]:.4f}")
    return worst < 1e-10


def inverses():
    print("synchrosqueezed inverse: largest error, noise of 4000 samples with largest sample 1")
    noise = np.random.default_rng(1).standard_normal(len(N))
    noise /= np.max(np.abs(noise))
    worst = 0
    for window, n_fft in (("hann", 256), ("hamming", 255), ("boxcar", 127), (("kaiser", 14.0), 512), ("flattop", 101)):
        for order in (1, 2):
            errors = []
            for dtype in (np.float64, np.float32):
                x = noise.astype(dtype)
                T, _ = stft.synchrosqueeze(x, window, n_fft=n_fft, order=order)
                errors.append(np.max(np.abs(stft.inverse_synchrosqueeze(T, window, n_fft=n_fft, length=len(x)) - x)))
            worst = max(worst, errors[0])
            print(f"  {str(window):18} n_fft {n_fft}, order {order}: {errors[0]:.1e} (double), {errors[1]:.1e} (single)")
    return worst < 1e-12


def retrieval():
    print("Griffin-Lim, chirp in noise, n_fft 512, hop 128: | |STFT| - A | / |A| in dB after 10, 30, 100, 300 iterations")
    for momentum, history in histories().items():
        print(f"  momentum {momentum}: " + "  ".join(f"{history[i - 1]:.1f}" for i in (10, 30, 100, 300)))


def histories():
    n = np.arange(16000)
    x = np.cos(0.2 * n + 5e-5 * n**2) + 0.1 * np.random.default_rng(1).standard_normal(len(n))
    A = np.abs(stft.stft(x, hop=128, n_fft=512))
    result = {}
    for momentum in (0, 0.5, 0.99, 1.3):
        history = []
        stft.griffin_lim(A, hop=128, length=len(x), iterations=300, momentum=momentum, history=history)
        result[momentum] = 20 * np.log10(history)
    return result


def costs():
    print("microseconds per frame, and STFT frames that is: one thread, real samples, Hann, hop n_fft / 8")
    for n_fft in (512, 2048):
        for result in benchmark_squeezing.run(n_fft, 5):
            line = f"{result['stft']['median'] * 1e6:.1f} stft"
            for name, ratio in result["over_stft"].items():
                line += f", {result[name]['median'] * 1e6:.1f} ({ratio['median']:.1f}) {name}"
            print(f"  n_fft {n_fft}, {result['dtype']}: {line}")


if __name__ == "__main__":
    sys.exit(main())
