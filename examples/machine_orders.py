#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A machine runs up: its tacho gives the speed, samples at equal angles give the level of each order at each speed.

    /usr/bin/python3 machine_orders.py                                             # a machine made here
    /usr/bin/python3 machine_orders.py fan.wav --tacho 1 --orders 1,12 -o fan.png  # a recording; -o needs python3-matplotlib

The machine made here runs from 15 to 55 revolutions per second. Its order 2 is steady, order 6 passes a resonance at 200 Hz,
and order 4.5 comes from no harmonic. One of twenty pulses of the tacho is missing. Look at the levels, in dB: each
order has that of the machine, to 0.2 dB, though lines of 30 to 330 Hz cross the whole spectrum. The exit status is 1 if they
are not. Of a recording, --tacho is the channel of the pulses, and --signal that of the vibration.
"""
import argparse
import sys

import numpy as np
from gnuradio import blocks, gr, stft

SAMP_RATE = 8192  # Hz
SECONDS = 30
ORDERS = 2, 4.5, 6
TURNS = 64  # revolutions of a frame
SAMPLES_PER_REV = 64
HOP = 64  # samples, of the speed
RESONANCE, DAMPING = 200, 0.1  # Hz


def amplitudes(speed):
    """Of the orders, at speeds in Hz."""
    ratio = 6 * speed / RESONANCE
    return 0.5 * np.ones_like(speed), 0.1 * np.ones_like(speed), 0.02 / np.hypot(1 - ratio**2, 2 * DAMPING * ratio)


def run_up():
    """Vibration, tacho, and the speed of each sample."""
    time = np.arange(SECONDS * SAMP_RATE) / SAMP_RATE
    speed = 15 + 40 * time / SECONDS
    angle = 15 * time + 20 * time**2 / SECONDS
    draw = np.random.default_rng(1)
    x = sum(a * np.cos(2 * np.pi * k * angle + k) for k, a in zip(ORDERS, amplitudes(speed)))
    x += 0.01 * draw.standard_normal(time.size)
    pulses = 5 * (angle % 1 < 0.1) * (draw.random(int(angle[-1]) + 1) > 0.05)[angle.astype(int)]
    return x, pulses + 0.02 * draw.standard_normal(time.size), speed


def through_blocks(x, pulses):
    """Rows (rows, bins) of order spectra, and the time of each row's centre (s)."""
    tb = gr.top_block()
    tacho = stft.tacho_pulses_ff(SAMP_RATE, f_max=100, hop=HOP)
    resampler = stft.angular_resampler_ff(SAMP_RATE, HOP, SAMPLES_PER_REV)
    # in a spectrum of samples at equal angles n_fft bins are samples_per_rev orders
    n_fft, hop = TURNS * SAMPLES_PER_REV, TURNS * SAMPLES_PER_REV // 4
    rows = stft.spectrogram_fvf(n_fft, hop, samp_rate=n_fft)  # unit^2 in a bin
    found, angles = blocks.vector_sink_f(n_fft // 2 + 1), blocks.vector_sink_f()
    tb.connect(blocks.vector_source_f(x), resampler, rows, found)
    tb.connect(blocks.vector_source_f(pulses), tacho, (resampler, 1))
    tb.connect(resampler, angles)  # for its tags
    tb.run()
    times = [gr.pmt.to_double(t.value) for t in angles.tags() if gr.pmt.symbol_to_string(t.key) == "angle_time"]
    power = np.reshape(found.data(), (-1, n_fft // 2 + 1))
    times = times[:: TURNS // 4][: len(power)]
    return power[: len(times)], np.array(times)


def level(power, order):
    """dB of the amplitude of an order: its mean square is the sum of the bins about it."""
    near = slice(round((order - 0.1) * TURNS), round((order + 0.1) * TURNS) + 1)
    return 10 * np.log10(2 * power[:, near].sum(axis=1))


def made_here():
    x, pulses, speed = run_up()
    power, times = through_blocks(x, pulses)
    inside = slice(2, -2)  # frames that hang over the ends have less power
    speeds = np.interp(times, np.arange(speed.size) / SAMP_RATE, speed)[inside]
    expected = [20 * np.log10(a) for a in amplitudes(speeds)]
    levels = [level(power, order)[inside] for order in ORDERS]
    print("speed (Hz) " + "".join(f"   order {order:<4g}" for order in ORDERS) + "   dB")
    for row in range(0, len(speeds), 5):
        print(f"{speeds[row]:8.2f}   " + "".join(f"{each[row]:11.2f}" for each in levels))
    off = max(np.abs(have - want)[np.arange(len(speeds)) > 0].max() for have, want in zip(levels, expected))
    print(f"largest difference from the machine's levels {off:.2f} dB", file=sys.stderr)
    return 0 if off < 0.25 else 1


def recorded(arguments):
    import soundfile

    x, rate = soundfile.read(arguments.recording, always_2d=True)
    speed = stft.tacho_speed(x[:, arguments.tacho], rate, arguments.ppr, hop=HOP)
    orders = [float(each) for each in arguments.orders.split(",")]
    if not speed.any():
        print("tacho: no pulses: must have two levels", file=sys.stderr)
        return 1
    found = stft.order_map(x[:, arguments.signal], rate, speed, orders, hop=HOP)
    print("speed (Hz) " + "".join(f"   order {order:<4g}" for order in orders) + "   dB")
    with np.errstate(divide="ignore"):
        levels = 10 * np.log10(2 * found.levels)
    for row in range(0, len(found.speeds), max(1, len(found.speeds) // 20)):
        print(f"{found.speeds[row]:8.2f}   " + "".join(f"{each[row]:11.2f}" for each in levels))
    if arguments.output:
        draw(arguments.output, found, orders, levels)
    return 0


def draw(path, found, orders, levels):
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, 1, figsize=(9, 8), constrained_layout=True)
    shown = found.orders <= 1.5 * max(orders)
    dB = 10 * np.log10(found.power[shown] + 1e-300)
    above.pcolormesh(found.times, found.orders[shown], dB, vmin=dB.max() - 80, shading="nearest", rasterized=True)
    above.set(xlabel="Time (s)", ylabel="Order")
    for order, each in zip(orders, levels):
        below.plot(found.speeds, each, label=f"order {order:g}")
    below.set(xlabel="Speed (Hz)", ylabel="Level (dB)")
    below.legend()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", nargs="?", help="a sound file; by default the machine is made here")
    parser.add_argument("--tacho", type=int, default=1, help="channel of the tacho (default 1)")
    parser.add_argument("--ppr", type=int, default=1, help="pulses of a revolution (default 1)")
    parser.add_argument("--signal", type=int, default=0, help="channel of the vibration (default 0)")
    parser.add_argument("--orders", default="1,2", help="orders whose levels are printed (default 1,2)")
    parser.add_argument("-o", "--output", help="picture of the order map and the levels to write")
    arguments = parser.parse_args()
    return recorded(arguments) if arguments.recording else made_here()


if __name__ == "__main__":
    sys.exit(main())
