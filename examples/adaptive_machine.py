#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A machine runs up, and the window length follows: long at steady speed, short while the speed changes.

    /usr/bin/python3 adaptive_machine.py                                     # a machine made here
    /usr/bin/python3 adaptive_machine.py car.flac --decimate 16 -o car.png   # a recording; -o needs python3-matplotlib

The machine made here idles, runs up within two seconds and holds its speed: the first eight orders of it, in noise. Look
at theta, second by second, and at how far the orders stand out of the noise, in dB, against windows of fixed length: the
best of those is beaten, without knowing it beforehand. The exit status is 1 if it is not. A recording has no truth to
compare with; of it, theta is told.
"""
import argparse
import sys

import numpy as np
from gnuradio import blocks, filter, gr, stft

SAMP_RATE = 4000  # Hz
SPEEDS = [(0, 20), (2, 20), (4, 60), (6, 60)]  # seconds, revolutions per second
ORDERS = np.arange(1, 9)
AMPLITUDE_OF_NOISE = 0.5
FIXED = (256, 362, 512, 724, 1024, 1448, 2048)  # samples


def speed_at(seconds):
    """Revolutions per second."""
    return np.interp(seconds, *zip(*SPEEDS))


def run_up():
    angle = np.cumsum(speed_at(np.arange(SPEEDS[-1][0] * SAMP_RATE) / SAMP_RATE)) / SAMP_RATE
    x = sum(np.cos(2 * np.pi * k * angle + k * k) / np.sqrt(k) for k in ORDERS)
    noise = AMPLITUDE_OF_NOISE * np.random.default_rng(1).standard_normal(angle.size)
    return (x + noise).astype(np.float32)


def through_block(source, block):
    """Spectra (frames, bins), and theta if the block tells it. source: a port and what stands in between."""
    tb = gr.top_block()
    bins = block.output_signature().sizeof_stream_item(0) // gr.sizeof_gr_complex
    spectra, theta = blocks.vector_sink_c(bins), blocks.vector_sink_f()
    tb.connect(*source, block, spectra)
    if block.output_signature().sizeof_stream_item(1) == gr.sizeof_float:
        tb.connect((block, 1), theta)
    tb.run()
    return np.array(spectra.data()).reshape(-1, bins), np.array(theta.data())


def order_levels(spectra, hop, n_fft):
    """Mean height of the orders, dB: the highest of the three bins around each, in every frame."""
    bin_of = speed_at(np.arange(len(spectra)) * hop / SAMP_RATE)[:, None] * ORDERS * n_fft / SAMP_RATE
    near = np.round(bin_of).astype(int)[..., None] + (-1, 0, 1)
    power = np.abs(np.take_along_axis(spectra, near.reshape(len(spectra), -1), 1)) ** 2
    return 10 * np.log10(power.reshape(near.shape).max(-1)).mean()


def print_seconds(theta, per_second):
    print(" time (s)   theta (ms): least   median   greatest")
    for second in range(int(np.ceil(len(theta) / per_second))):
        those = theta[int(second * per_second) : int((second + 1) * per_second)]
        print(f"{second:6d}", "".join(f"{1000 * v:14.0f}" for v in (those.min(), np.median(those), those.max())))


def draw(path, spectra, theta, samp_rate, hop, n_fft):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, sharex=True, figsize=(9, 6), height_ratios=(3, 1), layout="constrained")
    level = 10 * np.log10(np.abs(spectra.T) ** 2 + 1e-20)
    seconds = len(spectra) * hop / samp_rate
    top = np.percentile(level, 99.9)
    above.imshow(level, aspect="auto", origin="lower", vmin=top - 60, vmax=top, extent=(0, seconds, 0, samp_rate / 2))
    above.set_ylabel("Frequency (Hz)")
    below.plot(np.arange(len(theta)) * hop / samp_rate, 1000 * theta / samp_rate)
    below.set(xlabel="Time (s)", ylabel="Window length (ms)", ylim=(0, 1050 * n_fft / samp_rate))
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", nargs="?", help="a sound file; by default the machine is made here")
    parser.add_argument("--channel", type=int, default=0, help="of the recording (default 0)")
    parser.add_argument("--decimate", type=int, default=1, metavar="N", help="the recording by N (default 1)")
    parser.add_argument("--n-fft", type=int, default=2048, help="samples of the longest window (default 2048)")
    parser.add_argument("-o", "--output", help="picture of the spectra and theta to write")
    args = parser.parse_args()

    hop = args.n_fft / 16
    if args.recording:
        file = blocks.wavfile_source(args.recording, False)
        if not 0 <= args.channel < file.channels():
            sys.exit(f"adaptive_machine.py: channel {args.channel}: {args.recording} has {file.channels()}")
        source = (file, args.channel), filter.rational_resampler_fff(1, args.decimate)
        samp_rate = file.sample_rate() / args.decimate
    else:
        made = blocks.vector_source_f(run_up().tolist())
        source, samp_rate = (made,), SAMP_RATE
    spectra, theta = through_block(source, stft.adaptive_stft_fvc(args.n_fft, hop))
    print_seconds(theta / samp_rate, samp_rate / hop)
    if args.output:
        draw(args.output, spectra, theta, samp_rate, hop, args.n_fft)
    if args.recording:
        return 0

    adaptive = order_levels(spectra, hop, args.n_fft)
    print(f"orders, adaptive: {adaptive:.1f} dB")
    fixed = []
    for length in FIXED:
        made.rewind()
        spectra, _ = through_block(source, stft.dstft_fvc(args.n_fft, hop, length))
        fixed.append(order_levels(spectra, hop, args.n_fft))
        print(f"orders, {length:5d} samples: {fixed[-1]:.1f} dB")
    return 0 if adaptive > max(fixed) else 1


if __name__ == "__main__":
    sys.exit(main())
