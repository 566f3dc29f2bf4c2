#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Window lengths from a file: one for each frame of the differentiable STFT, and back to the samples.

A chirp with clicks is transformed with windows that are long while the chirp is steady and short around the clicks. The
lengths are float32 values in a file, which is written here and could come from anywhere else. The file goes to the second
input of the differentiable STFT and of its inverse. Look at the line printed: as many samples come out as went in, and
they differ by single-precision rounding only. The exit status is 1 if they differ by more.
"""
import sys
import tempfile
from pathlib import Path

import numpy as np
from gnuradio import blocks, gr, stft

SAMPLES = 50_021  # no multiple of anything
N_FFT = 1024
HOP = 100.5  # samples, any real number
LIMIT = 3e-6  # of the largest sample


def test_signal():
    n = np.arange(SAMPLES)
    x = np.sin(2 * np.pi * (0.01 * n + 1e-6 * n**2))
    x[5_000::10_000] += 5
    return x.astype(np.float32)


def window_lengths():
    """float32, samples: 1024 far from the clicks, 256 near them."""
    centres = np.arange(1 + int(SAMPLES / HOP)) * HOP
    from_click = np.abs((centres % 10_000) - 5_000)
    return np.clip(from_click, 256, N_FFT).astype(np.float32)


def main():
    x = test_signal()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "theta.f32"
        window_lengths().tofile(path)

        tb = gr.top_block()
        source = blocks.vector_source_f(x.tolist())
        theta = blocks.file_source(gr.sizeof_float, str(path), False)
        analysis = stft.dstft_fvc(N_FFT, HOP, N_FFT)
        synthesis = stft.idstft_vcf(N_FFT)
        after = blocks.vector_sink_f()
        tb.connect(source, (analysis, 0))
        tb.connect(theta, (analysis, 1))
        tb.connect(analysis, (synthesis, 0))
        tb.connect(theta, (synthesis, 1))
        tb.connect(synthesis, after)
        tb.run()

    y = np.array(after.data(), np.float32)
    error = np.abs(y - x).max() / np.abs(x).max() if y.size == x.size else np.inf
    print(f"{x.size} samples in, {y.size} out, largest error {error:.1e} of the largest sample")
    return 0 if error <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
