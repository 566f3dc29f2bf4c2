#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The damaged part of a rolling bearing is named.

Knocks of a damaged outer race, weaker than the noise, ring a resonance somewhere above 1 kHz. Short frames give an envelope in
which they repeat, and a spectrum of six seconds of it is searched for the lines of the bearing. Each spectrum is a line of
JSON: look at fault, z and frequency_bpfo. The exit status is 1 unless BPFO is named.

    machine_bearing.py RECORDING [SPEED [BALLS,BALL,PITCH[,ANGLE]]]

prints the verdicts on a recording of one's own, by default at 25 Hz with the bearing of the simulation.
"""
import json
import math
import sys

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from gnuradio.stft.app.files.recordings import open_recording

SPEED = 25.0  # Hz
GEOMETRY = 8, 0.235, 1.245  # balls, their diameter, pitch diameter
TURNS = 150  # under the window of a spectrum, six seconds


class lines(gr.basic_block):
    """Prints lines and keeps them."""

    def __init__(self):
        super().__init__("lines", [], [])
        self.all = []
        self.message_port_register_in(pmt.intern("pdus"))
        self.set_msg_handler(pmt.intern("pdus"), self.take)

    def take(self, pdu):
        line = bytes(pmt.to_python(pmt.cdr(pdu))).decode()
        print(line, end="")
        self.all.append(json.loads(line))


def machine(rate=25600.0, seconds=12.5):
    """Noise, and knocks 1 % slower than BPFO, which ring at 6 kHz, 10 dB below it."""
    draw = np.random.default_rng(1)
    t = np.arange(int(rate * seconds)) / rate
    period = 1 / (0.99 * stft.fault_frequencies(GEOMETRY, SPEED)["BPFO"])
    at = np.cumsum(period * (1 + 0.01 * draw.standard_normal(int(seconds / period) - 5)))
    knocks = np.zeros(t.size)
    knocks[(at * rate).astype(int)] = draw.uniform(0.7, 1.3, at.size)
    ring = np.exp(-1000 * t[:256]) * np.sin(2 * np.pi * 6000 * t[:256])
    fault = np.convolve(knocks, ring)[: t.size]
    noise = draw.standard_normal(t.size) * 10 ** (10 / 20) * np.sqrt(np.mean(fault**2))
    return noise + fault + np.cos(2 * np.pi * SPEED * t), rate


def main():
    simulated = len(sys.argv) < 2
    if simulated:
        x, rate = machine()
    else:
        with open_recording(sys.argv[1]) as recording:
            x, rate = recording.read(0, recording.length), recording.fs
    speed = float(sys.argv[2]) if len(sys.argv) > 2 else SPEED
    geometry = tuple(float(v) for v in sys.argv[3].split(",")) if len(sys.argv) > 3 else GEOMETRY
    geometry = int(geometry[0]), *geometry[1:]

    n_fft = 1 << round(math.log2(rate / 400))
    fastest = 2 * max(stft.fault_frequencies(geometry, speed).values())  # a ball knocks at twice BSF
    hop = max(1, int(rate / (8 * fastest)))
    envelope_rate = rate / hop
    samples = 1 + (len(x) - n_fft) // hop  # of the envelope
    win_length = min(samples, int(TURNS / speed * envelope_rate))
    long_n_fft = 1 << (2 * win_length - 1).bit_length()
    x = x[: n_fft + (samples // win_length * win_length - 1) * hop]  # whole spectra only

    tb = gr.top_block()
    short = stft.spectrogram_fvf(n_fft, hop, placement="left", samp_rate=rate)
    envelope = stft.band_envelope_vf(n_fft, samp_rate=rate, constant=int(envelope_rate))
    long = stft.spectrogram_fvf(long_n_fft, win_length, win_length=win_length, placement="left", samp_rate=envelope_rate)
    faults = stft.fault_lines(long_n_fft, *geometry, speed=speed, samp_rate=envelope_rate, win_length=win_length)
    to_json, printed = stft.event_to_json(), lines()
    tb.connect(blocks.vector_source_f(x), short, envelope, long, faults, blocks.null_sink((long_n_fft // 2 + 1) * 4))
    tb.msg_connect(faults, "events", to_json, "events")
    tb.msg_connect(to_json, "pdus", printed, "pdus")
    tb.run()

    named = [line["fault"] for line in printed.all if line["fault"]]
    print(f"{len(printed.all)} spectra, named: {', '.join(named) or 'nothing'}", file=sys.stderr)
    return 1 if simulated and set(named) != {"BPFO"} else 0


if __name__ == "__main__":
    sys.exit(main())
