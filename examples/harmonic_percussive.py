#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A hum and knocks come apart: two signals out of one, in a live flowgraph.

Three tones of a motor, and a knock each quarter of a second. Between STFT and inverse STFT, what lasts in time goes to one output and
what is spread over frequency to the other one. Look at how much of either is left in the wrong one, and at the sum of both, which is the
input. The exit status is 1 unless both parts hold their own to 10 dB.
"""
import sys

import numpy as np
from gnuradio import blocks, gr, stft

SAMP_RATE = 8000.0  # Hz
LENGTH = 40_000
N_FFT, HOP = 512, 128


def recorded():
    """The hum and the knocks."""
    n = np.arange(LENGTH)
    hum = sum(0.3 * np.cos(2 * np.pi * f / SAMP_RATE * n + f) for f in (310.0, 620.0, 1240.0))
    since = n % 2000
    knocks = np.random.default_rng(1).standard_normal(LENGTH) * np.exp(-since / 20)
    return hum, 3 * knocks


def main():
    hum, knocks = recorded()
    x = hum + knocks
    tb = gr.top_block()
    parts = stft.hpss_vcvc(N_FFT, time_kernel=17, frequency_kernel=31)
    sinks = [blocks.vector_sink_f() for _ in range(2)]
    tb.connect(blocks.vector_source_f(x.tolist()), stft.stft_fvc(N_FFT, HOP, samp_rate=SAMP_RATE), parts)
    for port, sink in enumerate(sinks):
        tb.connect((parts, port), stft.istft_vcf(N_FFT, HOP, samp_rate=SAMP_RATE), sink)
    tb.run()
    found = [np.array(sink.data()) for sink in sinks]
    cleared = []
    for name, part, own in (("harmonic", found[0], hum), ("percussive", found[1], knocks)):
        cleared.append(10 * np.log10(np.sum(own**2) / np.sum((part - own) ** 2)))
        print(f"{name}: its own {cleared[-1]:.1f} dB above what is wrong in it")
    sum_of_both = np.max(np.abs(found[0] + found[1] - x))
    print(f"both together: the input to {sum_of_both:.0e}; latency {parts.latency()} samples")
    return 0 if min(cleared) > 10 and sum_of_both < 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main())
