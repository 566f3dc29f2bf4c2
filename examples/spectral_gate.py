#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Denoising by a spectral gate: what does not stand out of the noise is removed between STFT and inverse STFT.

Two tones, one keyed, and a chirp are buried in white noise. Each frame's noise floor is the median of its bins; bins
that are not well above it are set to zero. Look at the signal-to-noise ratios printed: the gate gains more than 10 dB.
The exit status is 1 if it does not.
"""
import sys

import numpy as np
from gnuradio import analog, blocks, gr, stft

SAMP_RATE = 16_000  # Hz
SAMPLES = 10 * SAMP_RATE
N_FFT = 1024
HOP = 256
THRESHOLD = 8  # times the noise floor, in power


class spectral_gate(gr.sync_block):
    """Spectra in, spectra without their quiet bins out. Tags pass, item by item."""

    def __init__(self, bins, threshold):
        gr.sync_block.__init__(self, "spectral_gate", [(np.complex64, bins)], [(np.complex64, bins)])
        self.threshold = threshold

    def work(self, input_items, output_items):
        spectra = input_items[0]
        power = np.abs(spectra) ** 2
        floor = np.median(power, axis=1, keepdims=True) / np.log(2)  # the median of noise is log(2) of its mean
        output_items[0][:] = np.where(power > self.threshold * floor, spectra, 0)
        return len(spectra)


def snr(signal, received):
    """Decibels."""
    return 10 * np.log10(np.sum(signal**2) / np.sum((received - signal) ** 2))


def main():
    tb = gr.top_block()
    low_tone = analog.sig_source_f(SAMP_RATE, analog.GR_COS_WAVE, 440, 0.5)
    high_tone = analog.sig_source_f(SAMP_RATE, analog.GR_COS_WAVE, 1234.5, 0.5)
    key = analog.sig_source_f(SAMP_RATE, analog.GR_SQR_WAVE, 1, 1)
    keyed = blocks.multiply_ff()
    ramp = analog.sig_source_f(SAMP_RATE, analog.GR_SAW_WAVE, 0.2, 2000, 2000)  # 2 to 4 kHz in 5 s
    chirp = blocks.vco_f(SAMP_RATE, 2 * np.pi, 0.5)
    clean = blocks.add_ff()
    noise = analog.noise_source_f(analog.GR_GAUSSIAN, 0.5, 1)
    noisy = blocks.add_ff()
    ends = blocks.head(gr.sizeof_float, SAMPLES), blocks.head(gr.sizeof_float, SAMPLES)
    bins = N_FFT // 2 + 1
    analysis = stft.stft_fvc(N_FFT, HOP)
    gate = spectral_gate(bins, THRESHOLD)
    synthesis = stft.istft_vcf(N_FFT, HOP)
    signal, before, after = blocks.vector_sink_f(), blocks.vector_sink_f(), blocks.vector_sink_f()

    tb.connect(low_tone, (clean, 0))
    tb.connect(high_tone, (keyed, 0))
    tb.connect(key, (keyed, 1))
    tb.connect(keyed, (clean, 1))
    tb.connect(ramp, chirp, (clean, 2))
    tb.connect(clean, ends[0], signal)
    tb.connect(clean, (noisy, 0))
    tb.connect(noise, (noisy, 1))
    tb.connect(noisy, ends[1], before)
    tb.connect(ends[1], analysis, gate, synthesis, after)
    tb.run()

    signal, before, after = (np.array(sink.data()) for sink in (signal, before, after))
    gained = snr(signal, after) - snr(signal, before)
    print(f"signal to noise: {snr(signal, before):.1f} dB before, {snr(signal, after):.1f} dB after the gate")
    return 0 if gained > 10 else 1


if __name__ == "__main__":
    sys.exit(main())
