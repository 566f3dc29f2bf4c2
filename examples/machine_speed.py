#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The speed of a machine from its vibration alone, printed second by second.

    /usr/bin/python3 machine_speed.py
    /usr/bin/python3 machine_speed.py car.flac --speed 8:100 --orders 2,4
    /usr/bin/python3 machine_speed.py car.flac --speed 8:100 --orders 0.5,1,1.5,2,3,4,6,8 --known 15:25 --for 3

Without a recording, a machine that is made here runs up and down with noise as strong as it is, and its speed is known: the exit
status is 1 if the tracker is off by more than 0.1 Hz (rms), or anywhere by 3 %. Look at the confidence: below 1 nothing is
to be trusted, as in the second at rest.
"""
import argparse
import sys

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

SAMP_RATE = 8000  # Hz
ORDERS = 1, 2, 3, 4, 5
LEVELS = 1, 0.6, 0.5, 0.4, 0.3
KNOTS = (0, 0), (1, 0), (5, 45), (9, 40), (12, 60), (16, 15)  # s, Hz


def machine():
    """Samples, and the speed at each of them."""
    t = np.arange(16 * SAMP_RATE) / SAMP_RATE
    f = np.interp(t, *zip(*KNOTS))
    smooth = np.hanning(SAMP_RATE // 2 + 2)[1:-1]
    f = np.convolve(np.pad(f, len(smooth) // 2, mode="edge"), smooth / smooth.sum(), "valid")[: len(t)]
    turns = np.cumsum(f) / SAMP_RATE
    x = sum(a * np.cos(2 * np.pi * k * turns + k * k) for k, a in zip(ORDERS, LEVELS)) * np.minimum(1, f / 10)
    return x + np.random.default_rng(1).standard_normal(len(t)), f


def pair(text):
    low, _, high = text.partition(":")
    return float(low), float(high)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", nargs="?", help="a sound file; by default the machine is made here")
    parser.add_argument("--channel", type=int, default=0, help="of the recording (default 0)")
    parser.add_argument("--speed", type=pair, default=(6, 100), metavar="LOW:HIGH", help="Hz of the rotation (default 6:100)")
    parser.add_argument("--orders", type=lambda text: [float(k) for k in text.split(",")], default=ORDERS, metavar="K,K ..")
    parser.add_argument("--known", type=pair, metavar="LOW:HIGH", help="Hz of the rotation at first: learn which orders there are")
    parser.add_argument("--for", type=float, default=3, dest="learn_time", metavar="SECONDS", help="that this is so (default 3)")
    args = parser.parse_args()

    tb = gr.top_block()
    truth = None
    if args.recording:
        file = blocks.wavfile_source(args.recording, False)
        if not 0 <= args.channel < file.channels():
            sys.exit(f"machine_speed.py: channel {args.channel}: {args.recording} has {file.channels()}")
        source, samp_rate = (file, args.channel), file.sample_rate()
    else:
        x, truth = machine()
        source, samp_rate = blocks.vector_source_f(x.tolist()), SAMP_RATE
    settings = dict(samp_rate=samp_rate, f_min=args.speed[0], f_max=args.speed[1], orders=args.orders)
    if args.known:
        settings.update(learn_min=args.known[0], learn_max=args.known[1], learn_time=args.learn_time)
    try:
        tracker = stft.ridge_tracker_fvf(**settings)
    except ValueError as refused:
        sys.exit(f"machine_speed.py: {refused}")
    width = 4 + len(args.orders)
    sink, events = blocks.vector_sink_f(width), blocks.message_debug()
    tb.connect(source, tracker, sink)
    tb.msg_connect(tracker, "events", events, "store")
    tb.run()

    values = np.array(sink.data()).reshape(-1, width)
    first = [pmt.to_python(tag.value) for tag in sink.tags() if pmt.symbol_to_string(tag.key) == "stft_first"]
    samples = (first[0] if first else 0) + np.arange(len(values)) * tracker.hop()
    for p in range(0, len(values), max(1, round(samp_rate / tracker.hop()))):
        f, slope, confidence, _, *levels = values[p]
        print(f"{samples[p] / samp_rate:6.2f} s  {f:6.2f} Hz  {slope:+6.2f} Hz/s  confidence {confidence:4.1f}  "
              f"orders {' '.join(f'{level:.3g}' for level in levels)}{'' if confidence > 1 else '   no speed'}")
    for i in range(events.num_messages()):
        event = pmt.to_python(events.get_message(i))
        print(f"{event['sample'] / samp_rate:6.2f} s  {event['kind']} at {event['frequency']:.2f} Hz")
    if args.known:
        print("weights", " ".join(f"{k:g}: {w:.2f}" for k, w in zip(args.orders, tracker.learned())))
    if truth is None:
        return 0
    turning = truth[samples] > 8
    error = np.abs(values[:, 0] - truth[samples])[turning]
    trusted = values[:, 2] > 1
    print(f"rms error {np.sqrt(np.mean(error**2)):.3f} Hz, largest {error.max():.2f} Hz; trusted: {np.mean(trusted[turning]):.0%} "
          f"of the frames in which it turns, {np.mean(trusted[truth[samples] == 0]):.0%} of those in which it rests")
    good = np.sqrt(np.mean(error**2)) < 0.1 and np.all(error < np.maximum(0.5, 0.03 * truth[samples][turning]))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
