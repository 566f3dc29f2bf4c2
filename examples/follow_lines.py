#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Three lines followed at every sample: a steady one, one that swells, one whose frequency sways.

The STFT of chosen bins at hop 1 costs a few operations per sample and line, however long the window. Its bins need not be
whole: each is the line's own frequency, and with phases counted from sample 0 what is left of the phase's advance is the
line's distance from it. Look at the figures printed: amplitude and frequency are off by thousandths. The exit status is 1
if one is off by more.
"""
import sys
import time

import numpy as np
from gnuradio import analog, blocks, gr, stft

SAMP_RATE = 48_000  # Hz
SAMPLES = 2 * SAMP_RATE
N_FFT = 2048
LINES = np.array([1000.25, 3000.0, 7000.0])  # Hz
SWELL = 0.5  # of the second line's amplitude, once a second
SWAY = 3.0  # Hz, of the third line, once a second


def test_signal(tb, to):
    """The lines and a little noise, connected to a block."""
    cosine, sine = analog.GR_COS_WAVE, analog.GR_SIN_WAVE
    steady = analog.sig_source_f(SAMP_RATE, cosine, LINES[0], 1)
    carrier = analog.sig_source_f(SAMP_RATE, cosine, LINES[1], 0.5)
    swell = analog.sig_source_f(SAMP_RATE, sine, 1, SWELL, 1)
    frequency = analog.sig_source_f(SAMP_RATE, sine, 1, SWAY, LINES[2])
    oscillator = blocks.vco_f(SAMP_RATE, 2 * np.pi, 0.25)
    noise = analog.noise_source_f(analog.GR_GAUSSIAN, 0.01, 1)
    product, total, head = blocks.multiply_ff(), blocks.add_ff(), blocks.head(gr.sizeof_float, SAMPLES)
    tb.connect(carrier, (product, 0))
    tb.connect(swell, (product, 1))
    tb.connect(frequency, oscillator)
    for port, line in enumerate((steady, product, oscillator, noise)):
        tb.connect(line, (total, port))
    tb.connect(total, head, to)


def main():
    tb = gr.top_block()
    bins = LINES / SAMP_RATE * N_FFT
    analysis = stft.stft_bins_fvc(bins, 1, "hann", n_fft=N_FFT, phase="absolute", scaling="magnitude")
    sink = blocks.vector_sink_c(len(LINES))
    test_signal(tb, analysis)
    tb.connect(analysis, sink)
    begun = time.perf_counter()
    tb.run()
    print(f"{SAMPLES / (time.perf_counter() - begun) / 1e6:.1f} million samples a second")

    values = np.reshape(sink.data(), (-1, len(LINES)))[N_FFT : SAMPLES - N_FFT]  # frames with no padding in them
    seconds = np.arange(N_FFT, SAMPLES - N_FFT) / SAMP_RATE
    amplitudes = 2 * np.abs(values)  # half of a real line lies at its negative frequency
    advance = np.angle(values[1:] * values[:-1].conj())  # radians per sample
    frequencies = LINES + advance / (2 * np.pi) * SAMP_RATE
    slow = np.sin(2 * np.pi * seconds)
    expected = 1 + 0 * slow, 0.5 * (1 + SWELL * slow), 0.25 + 0 * slow
    swayed = LINES[0] + 0 * slow, LINES[1] + 0 * slow, LINES[2] + SWAY * slow
    good = True
    for line in range(len(LINES)):
        amplitude, frequency = amplitudes[:, line], frequencies[:, line]
        off = np.max(np.abs(amplitude - expected[line])), np.max(np.abs(frequency - swayed[line][1:]))
        print(
            f"line at {LINES[line]:7.2f} Hz: amplitude {amplitude.min():.3f} .. {amplitude.max():.3f}, off by {off[0]:.4f}; "
            f"frequency {frequency.min():.2f} .. {frequency.max():.2f} Hz, off by {off[1]:.3f} Hz"
        )
        good = good and off[0] < 0.005 and off[1] < 0.2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
