#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A filter that follows a chirp: masks, one for each frame, go to the second input of Spectral Mask, between STFT and inverse STFT.

The chirp sweeps up and down in noise that is as strong as itself. Each mask lets through the bins about its frequency at the centre of
the frame. Look at the signal-to-noise ratios printed; the exit status is 1 unless the masks gain 10 dB, or if multiply() on arrays
differs.
"""
import sys

import numpy as np
from gnuradio import blocks, gr, stft

SAMP_RATE = 16_000.0  # Hz
SAMPLES = 160_000
N_FFT = 512
HOP = 128
WIDTH = 150.0  # Hz on either side


def frequency(n):
    """Of the chirp at sample n, Hz."""
    return 3000 + 2000 * np.sin(2 * np.pi * n / SAMPLES)


def snr(signal, received):
    """Decibels."""
    return 10 * np.log10(np.sum(signal**2) / np.sum((received - signal) ** 2))


def main():
    chirp = np.cos(2 * np.pi * np.cumsum(frequency(np.arange(SAMPLES))) / SAMP_RATE).astype(np.float32)
    noisy = (chirp + np.random.default_rng(1).normal(0, 0.7, SAMPLES)).astype(np.float32)
    bins = stft.frequencies(N_FFT, SAMP_RATE)
    centres = np.arange(-(-SAMPLES // HOP) + 1) * HOP
    masks = (np.abs(bins - frequency(centres)[:, None]) < WIDTH).astype(np.float32)

    tb = gr.top_block()
    mask = stft.mask_vcvc(N_FFT, HOP)
    sink = blocks.vector_sink_f()
    tb.connect(blocks.vector_source_f(noisy.tolist()), stft.stft_fvc(N_FFT, HOP), mask, stft.istft_vcf(N_FFT, HOP), sink)
    tb.connect(blocks.vector_source_f(masks.ravel().tolist(), vlen=len(bins)), (mask, 1))
    tb.run()
    followed = np.array(sink.data(), np.float32)
    on_arrays = stft.multiply(noisy, masks.T, hop=HOP, n_fft=N_FFT)
    print(f"signal to noise: {snr(chirp, noisy):.1f} dB before, {snr(chirp, followed):.1f} dB after the masks")
    return 0 if snr(chirp, followed) - snr(chirp, noisy) > 10 and np.array_equal(followed, on_arrays) else 1


if __name__ == "__main__":
    sys.exit(main())
