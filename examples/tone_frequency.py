#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A tone's frequency, far finer than the bins are apart.

The averaged power of the spectra tells which bin holds the tone. With phases counted from sample 0 of the stream, the
phase of that bin advances from frame to frame by 2 pi hop / samp_rate times the tone's distance from the bin. Look at
the frequencies printed: the bin is off by hertz, the phase by about a millihertz, to which GNU Radio's signal source
rounds its frequency. The exit status is 1 if it is off by more than two.
"""
import sys

import numpy as np
from gnuradio import analog, blocks, gr, stft

SAMP_RATE = 48_000  # Hz
FREQUENCY = 12_345.678  # Hz
SAMPLES = 10 * SAMP_RATE
N_FFT = 1024
HOP = 256


def main():
    tb = gr.top_block()
    tone = analog.sig_source_c(SAMP_RATE, analog.GR_COS_WAVE, FREQUENCY, 1)
    noise = analog.noise_source_c(analog.GR_GAUSSIAN, 0.1, 1)
    add = blocks.add_cc()
    head = blocks.head(gr.sizeof_gr_complex, SAMPLES)
    analysis = stft.stft_cvc(N_FFT, HOP, scaling="magnitude")
    reference = stft.phase_reference_vcvc(N_FFT, HOP, 0, "centre", "absolute", "twosided")
    power = stft.power_vcvf(N_FFT, "twosided", "power", average=SAMPLES)  # one row: the average of all
    spectra = blocks.vector_sink_c(N_FFT)
    row = blocks.vector_sink_f(N_FFT)

    tb.connect(tone, (add, 0))
    tb.connect(noise, (add, 1))
    tb.connect(add, head, analysis, reference, spectra)
    tb.connect(analysis, power, row)
    tb.run()

    found = int(np.argmax(row.data()))
    values = np.reshape(spectra.data(), (-1, N_FFT))[4:-4, found]  # frames with no padding in them
    advance = np.angle(np.sum(values[1:] * values[:-1].conj()))  # radians per hop
    coarse = stft.frequencies(N_FFT, SAMP_RATE, "twosided")[found]
    fine = coarse + advance / (2 * np.pi * HOP) * SAMP_RATE
    for name, value in ("tone", FREQUENCY), ("bin", coarse), ("phase", fine):
        print(f"{name:6}{value:11.4f} Hz, off by {value - FREQUENCY:9.4f} Hz")
    return 0 if abs(fine - FREQUENCY) < 2e-3 else 1


if __name__ == "__main__":
    sys.exit(main())
