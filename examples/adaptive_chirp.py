#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The window length follows a chirp while it streams, and the samples come back.

A tone in noise sweeps up fast, then down slowly, then up very slowly, and stands still at last. A sweep by c cycles per
sample in each sample is shown sharpest by a Hann window of 1.95 / sqrt(c) samples: a longer one smears it over
frequencies, a shorter one over its own width. The adaptive STFT knows nothing of this; look at how near it comes. It also
tells where its windows lie, so the inverse returns the samples. The exit status is 1 if a window length is off by more
than a fifth, or a sample by more than single-precision rounding.
"""
import sys

import numpy as np
from gnuradio import blocks, gr, stft

N_FFT = 1024  # samples, and the longest window
HOP = N_FFT / 16  # samples; the shortest window is two hops
SWEEPS = [(6e-5, 6_000), (-1.5e-5, 12_000), (6e-6, 16_000), (0.0, 12_000)]  # cycles per sample², samples
AMPLITUDE_OF_NOISE = 0.1
TOLERANCE = 0.2  # of the window length
LIMIT = 3e-6  # of the largest sample


def test_signal():
    slope = np.repeat([c for c, _ in SWEEPS], [n for _, n in SWEEPS])
    frequency = 0.05 + np.cumsum(slope)  # cycles per sample
    noise = AMPLITUDE_OF_NOISE * np.random.default_rng(1).standard_normal(slope.size)
    return (np.cos(2 * np.pi * np.cumsum(frequency)) + noise).astype(np.float32)


def best_length(c):
    """Samples, of a Hann window on a sweep by c cycles per sample²."""
    return min(1.95 / np.sqrt(abs(c)), N_FFT) if c else N_FFT


def through_blocks(x):
    """theta and t of each frame, and the samples that come back."""
    tb = gr.top_block()
    source = blocks.vector_source_f(x.tolist())
    analysis = stft.adaptive_stft_fvc(N_FFT, HOP)
    synthesis = stft.idstft_vcf(N_FFT)
    theta, t, after = blocks.vector_sink_f(), blocks.vector_sink_b(16), blocks.vector_sink_f()
    tb.connect(source, (analysis, 0))
    for port in range(3):
        tb.connect((analysis, port), (synthesis, port))
    tb.connect((analysis, 1), theta)
    tb.connect((analysis, 2), t)
    tb.connect(synthesis, after)
    tb.run()
    centres = np.frombuffer(bytes(t.data())).reshape(-1, 2)  # whole samples, and the rest
    return np.array(theta.data()), centres.sum(1), np.array(after.data(), np.float32)


def main():
    x = test_signal()
    theta, t, y = through_blocks(x)
    good = True
    end = np.cumsum([n for _, n in SWEEPS])
    print("sweep (cycles/sample²)   best window   learned (median)")
    for (c, n), last in zip(SWEEPS, end):
        learned = np.median(theta[(t > last - n + N_FFT) & (t < last - N_FFT)])
        print(f"{c:22.1e} {best_length(c):13.0f} {learned:18.0f}")
        good &= abs(learned / best_length(c) - 1) <= TOLERANCE
    error = np.abs(y - x).max() / np.abs(x).max() if y.size == x.size else np.inf
    print(f"{x.size} samples in, {y.size} out, largest error {error:.1e} of the largest sample")
    return 0 if good and error <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
