#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Third-octave levels of a machine's sound: white noise and a hum, in the bands of IEC 61260-1.

Rows of power per Hz become a level for each third-octave from 50 Hz to 5 kHz. Look at the bars: white noise rises by 1 dB from band to
band, since each is 10^0.1 times as wide as the one before, and the hum stands out of its own. The exit status is 1 unless the
levels of the flowgraph, and those of the array functions, are right to 1 dB.
"""
import sys

import numpy as np
from gnuradio import blocks, gr, stft

SAMP_RATE = 16000.0  # Hz
SECONDS = 30
N_FFT, HOP = 4096, 2048
HUM = 120.0  # Hz
BANDS = dict(kind="octave", per_octave=3, f_min=50.0, f_max=5000.0)


def sound():
    """Noise of variance 1, and a hum of amplitude 0.5."""
    n = np.arange(int(SECONDS * SAMP_RATE))
    noise = np.random.default_rng(1).standard_normal(len(n))
    return (noise + 0.5 * np.cos(2 * np.pi * HUM / SAMP_RATE * n)).astype(np.float32)


def of_flowgraph(x):
    """The mean power in each band."""
    tb = gr.top_block()
    rows = stft.spectrogram_fvf(N_FFT, HOP, samp_rate=SAMP_RATE, placement="left")
    bands = stft.band_weights_vfvf(N_FFT, samp_rate=SAMP_RATE, **BANDS)
    sink = blocks.vector_sink_f(bands.bands())
    tb.connect(blocks.vector_source_f(x.tolist()), rows, bands, sink)
    tb.run()
    density = np.reshape(sink.data(), (-1, bands.bands()))
    return density.mean(axis=0) * SAMP_RATE / N_FFT


def main():
    x = sound()
    edges = stft.band_edges(fs=SAMP_RATE, **BANDS)
    wanted = (edges[:, 2] - edges[:, 0]) * 2 / SAMP_RATE  # of the noise
    wanted[(edges[:, 0] < HUM) & (HUM < edges[:, 2])] += 0.5**2 / 2
    in_flowgraph = 10 * np.log10(of_flowgraph(x))
    levels = stft.band_levels(x, SAMP_RATE, edges[:, ::2]).levels
    on_arrays = 10 * np.log10(np.mean(levels**2, axis=1))
    for (_, centre, _), level in zip(edges, in_flowgraph):
        print(f"{centre:7.1f} Hz {level:6.1f} dB " + "#" * max(0, int(round(level + 40))))
    error = max(np.max(np.abs(each - 10 * np.log10(wanted))) for each in (in_flowgraph, on_arrays))
    print(f"largest error of a level: {error:.2f} dB")
    return 0 if error < 1 else 1


if __name__ == "__main__":
    sys.exit(main())
