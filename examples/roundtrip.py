#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""STFT, then inverse STFT: the input comes back.

Noise is transformed and transformed back, as float and as complex samples. Look at the two lines printed: as many
samples come out as went in, and they differ by single-precision rounding only. The exit status is 1 if they differ by
more.
"""
import sys

import numpy as np
from gnuradio import analog, blocks, gr, stft

SAMPLES = 100_003  # no multiple of anything
N_FFT = 1024
HOP = 256
LIMIT = 2e-6  # of the largest sample


def roundtrip(source, sink, head_size, analysis, synthesis):
    """Samples before and after."""
    tb = gr.top_block()
    head = blocks.head(head_size, SAMPLES)
    before, after = sink(), sink()
    tb.connect(source, head, analysis, synthesis, after)
    tb.connect(head, before)
    tb.run()
    return np.array(before.data()), np.array(after.data())


def main():
    chains = {
        "float": (
            analog.noise_source_f(analog.GR_GAUSSIAN, 1, 1),
            blocks.vector_sink_f,
            gr.sizeof_float,
            stft.stft_fvc(N_FFT, HOP),
            stft.istft_vcf(N_FFT, HOP),
        ),
        "complex": (
            analog.noise_source_c(analog.GR_GAUSSIAN, 1, 1),
            blocks.vector_sink_c,
            gr.sizeof_gr_complex,
            stft.stft_cvc(N_FFT, HOP),
            stft.istft_vcc(N_FFT, HOP),
        ),
    }
    good = True
    for name, chain in chains.items():
        before, after = roundtrip(*chain)
        same_length = before.size == after.size
        error = np.abs(after - before).max() / np.abs(before).max() if same_length else np.inf
        print(f"{name}: {before.size} samples in, {after.size} out, largest error {error:.1e} of the largest sample")
        good = good and error <= LIMIT
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
