#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Two sensors hear one source, the second one later: by how much, and in which band.

A noise, 100 to 3000 Hz, reaches the second sensor 3.37 samples after the first; each sensor adds noise of its own. The phase of their
averaged cross power falls with frequency by 2 pi f times the delay, and its spread follows from the coherence, so that a line
through it gives the delay to a hundredth of a sample. The other column is the lag of the largest cross-correlation, which knows whole samples only.
The exit status is 1 unless the delay is right to 0.01 samples in the flowgraph and on arrays.
"""
import sys

import numpy as np
from gnuradio import blocks, gr, stft

SAMP_RATE = 8000.0  # Hz
DELAY = 3.37  # samples
BAND = 100.0, 3000.0  # Hz, of the source
N_FFT = 256
HOP = 128
LENGTH = 400_000


def recorded():
    """What both sensors record: the source in their band, delayed exactly by its spectrum, and noise."""
    draw = np.random.default_rng(1)
    spectrum = np.fft.rfft(draw.standard_normal(LENGTH))
    hertz = np.fft.rfftfreq(LENGTH, 1 / SAMP_RATE)
    spectrum[(hertz < BAND[0]) | (hertz > BAND[1])] = 0
    later = spectrum * np.exp(-2j * np.pi * hertz * DELAY / SAMP_RATE)
    return [np.fft.irfft(s, LENGTH) + 0.3 * draw.standard_normal(LENGTH) for s in (spectrum, later)]


def delay(phase, coherence, threshold):
    """Samples by which the second sensor lags: slope of the phase over frequency through 0, each bin weighted by 1 / variance.

    The variance of a phase is (1 - coherence) / coherence, but for a factor. Bins below the threshold have none.
    """
    hertz = np.arange(N_FFT // 2 + 1) * SAMP_RATE / N_FFT
    good = np.flatnonzero(coherence > threshold)
    good = good[(good > 0) & (good < N_FFT // 2)]
    weight = coherence[good] / np.maximum(1 - coherence[good], 1e-9)
    # the first bins give the slope roughly, and with it the turns of the others
    slope = 0.0
    for count in range(3, len(good) + 1):
        f, w = hertz[good[:count]], weight[:count]
        turns = np.round((slope * f - phase[good[:count]]) / (2 * np.pi))
        slope = np.sum(w * f * (phase[good[:count]] + 2 * np.pi * turns)) / np.sum(w * f**2)
    return -slope / (2 * np.pi) * SAMP_RATE


def of_flowgraph(x, y):
    """The last coherence and phase that the block gives, over all frames, and its threshold."""
    frames = (LENGTH - N_FFT) // HOP
    tb = gr.top_block()
    cross = stft.cross_spectrum_vcvc(N_FFT, HOP, frames=frames)
    coherence, phase = blocks.vector_sink_f(N_FFT // 2 + 1), blocks.vector_sink_f(N_FFT // 2 + 1)
    for port, signal in enumerate((x, y)):
        tb.connect(blocks.vector_source_f(signal.tolist()), stft.stft_fvc(N_FFT, HOP, samp_rate=SAMP_RATE), (cross, port))
    tb.connect((cross, 0), blocks.null_sink(gr.sizeof_gr_complex * (N_FFT // 2 + 1)))
    tb.connect((cross, 1), coherence)
    tb.connect((cross, 2), phase)
    tb.run()
    return np.array(coherence.data()), np.array(phase.data()), cross.threshold()


def main():
    x, y = recorded()
    coherence, phase, threshold = of_flowgraph(x, y)
    in_flowgraph = delay(phase, coherence, threshold)
    on_arrays = stft.coherence(x, y, n_fft=N_FFT, hop=HOP)
    from_arrays = delay(np.angle(stft.csd(x, y, n_fft=N_FFT, hop=HOP)), on_arrays.values, on_arrays.threshold)
    correlation = np.fft.irfft(np.conj(np.fft.rfft(x)) * np.fft.rfft(y))
    hertz = np.flatnonzero(coherence > 0.5) * SAMP_RATE / N_FFT
    print(f"coherence above 0.5 from {hertz[0]:.0f} to {hertz[-1]:.0f} Hz; outside, {coherence[-20:].mean():.4f} (bias {on_arrays.bias:.4f})")
    print(f"delay: {in_flowgraph:.4f} samples in the flowgraph, {from_arrays:.4f} on arrays, {DELAY} in truth; largest correlation at "
          f"{np.argmax(correlation)}")  # fmt: skip
    return 0 if max(abs(in_flowgraph - DELAY), abs(from_arrays - DELAY)) < 0.01 else 1


if __name__ == "__main__":
    sys.exit(main())
