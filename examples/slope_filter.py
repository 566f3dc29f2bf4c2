#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A waterfall filtered by slope: carriers that drift stay, steady ones go.

The rows of a spectrogram are an image without end. In the 2-D spectrum of one of its patches, a line that moves s bins per
row lies on kh / n_fft_h = -s kw / n_fft_w: a steady one at kh = 0 and, through the Hann window, kh = 1. These bins are set to
zero between the 2-D STFT and its inverse, and those of lines that move down. --picture FILE draws the waterfall before and
after (needs python3-matplotlib). Look at the two levels printed: the steady
carriers fall by more than 30 dB, the drifting one by less than 4 dB. The exit status is 1 if not.
"""
import argparse
import sys

import numpy as np
from gnuradio import analog, blocks, gr, stft

SAMP_RATE = 8_000  # Hz
SAMPLES = 12 * SAMP_RATE
N_FFT, HOP = 256, 128  # of the waterfall
BINS = N_FFT // 2 + 1
SIZE, STEP = 32, 8  # of the patches, in rows and bins
STEADY = 600, 1500, 3200  # Hz
LOWEST, SWEEP, PERIOD = 300.0, 3_000.0, 2.0  # Hz, Hz, s of the drifting carrier


class slope_filter(gr.sync_block):
    """Frame rows of the 2-D STFT in and out, without what stands still or moves down. Tags pass, item by item."""

    def __init__(self, length, size):
        gr.sync_block.__init__(self, "slope_filter", [(np.complex64, length)], [(np.complex64, length)])
        kh, kw = np.arange(size // 2 + 1)[:, None], np.fft.fftfreq(size, 1 / size)
        self.keep = ((kh >= 2) & (kw < 0)).astype(np.float32)

    def work(self, input_items, output_items):
        patches = input_items[0].reshape((-1,) + self.keep.shape)
        output_items[0][:] = (patches * self.keep).reshape(output_items[0].shape)
        return len(output_items[0])


def levels(rows):
    """The mean size of the steady and of the drifting carriers, where they are apart."""
    seconds = np.arange(len(rows)) * HOP / SAMP_RATE
    track = (LOWEST + SWEEP * ((seconds / PERIOD + 0.5) % 1)) * N_FFT / SAMP_RATE
    size = lambda row, bin: np.abs(row[int(round(bin)) - 1 : int(round(bin)) + 2]).max()
    steady, drifting = [], []
    for row, at in zip(rows[SIZE:-SIZE], track[SIZE:-SIZE]):
        lines = [f * N_FFT / SAMP_RATE for f in STEADY]
        apart = [bin for bin in lines if abs(bin - at) > 10]
        steady += [size(row, bin) for bin in apart]
        turns = at < track.min() + 12 or at > track.max() - 12
        if len(apart) == len(lines) and not turns:
            drifting.append(size(row, at))
    return np.mean(steady), np.mean(drifting)


def draw(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, constrained_layout=True)
    for ax, image, title in zip(axes, rows, ("waterfall", "filtered by slope")):
        extent = 0, SAMP_RATE / 2000, 300 * HOP / SAMP_RATE, 0
        ax.imshow(np.maximum(image[:300], 0), cmap="magma", vmax=0.5, aspect="auto", extent=extent)
        ax.set(title=title, xlabel="frequency (kHz)")
    axes[0].set_ylabel("time (s)")
    figure.savefig(path, dpi=90)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", metavar="FILE", help="where to draw it")
    arguments = parser.parse_args()
    tb = gr.top_block()
    tones = [analog.sig_source_f(SAMP_RATE, analog.GR_COS_WAVE, f, 0.5) for f in STEADY]
    ramp = analog.sig_source_f(SAMP_RATE, analog.GR_SAW_WAVE, 1 / PERIOD, SWEEP, LOWEST)
    drifting = blocks.vco_f(SAMP_RATE, 2 * np.pi, 0.5)
    noise = analog.noise_source_f(analog.GR_GAUSSIAN, 0.05, 1)
    total = blocks.add_ff()
    end = blocks.head(gr.sizeof_float, SAMPLES)
    waterfall = stft.spectrogram_fvf(N_FFT, HOP, kind="magnitude", samp_rate=SAMP_RATE)
    analysis = stft.stft2d_vfvc(BINS, SIZE, STEP)
    length = stft.stft2d_vfvc.item_length(BINS, SIZE, STEP)
    by_slope = slope_filter(length, SIZE)  # the flowgraph does not keep it alive
    synthesis = stft.istft2d_vcvf(BINS, SIZE, STEP)
    before, after = blocks.vector_sink_f(BINS), blocks.vector_sink_f(BINS)

    for port, block in enumerate([*tones, drifting, noise]):
        tb.connect(block, (total, port))
    tb.connect(ramp, drifting)
    tb.connect(total, end, waterfall, before)
    tb.connect(waterfall, analysis, by_slope, synthesis, after)
    tb.run()

    rows = [np.array(sink.data()).reshape(-1, BINS) for sink in (before, after)]
    if arguments.picture:
        draw(rows, arguments.picture)
    if len(rows[0]) != len(rows[1]):
        print(f"{len(rows[0])} rows went in, {len(rows[1])} came out")
        return 1
    steady, drifting = (20 * np.log10(b / a) for a, b in zip(*map(levels, rows)))
    print(f"{len(rows[1])} rows: steady carriers {steady:+.1f} dB, the drifting one {drifting:+.1f} dB")
    return 0 if steady < -30 and drifting > -4 else 1


if __name__ == "__main__":
    sys.exit(main())
