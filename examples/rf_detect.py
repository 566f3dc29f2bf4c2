#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Bursts in noise become events.

Three bursts of a power below the noise's in the whole band are found at a rate of one false alarm in an hour and MHz, and
each of them is printed as a line of JSON when it begins, if it lasts, and when it has ended. Look at sample_start,
sample_count and the frequencies. The exit status is 1 unless all three are found and nothing else is.
"""
import json
import sys

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

SAMP_RATE = 1_000_000  # Hz
CENTRE = 433.5e6  # Hz
BURSTS = (200_000, 20_000, 100e3), (300_000, 5_000, -250e3), (400_000, 2_000, 300e3)  # first sample, samples, Hz
N_FFT = 1024
HOP = 512


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


def scene():
    x = np.random.default_rng(1).standard_normal((600_000, 2)) @ [0.02, 0.02j]
    for first, count, hertz in BURSTS:
        x[first : first + count] += 0.02 * np.exp(2j * np.pi * hertz / SAMP_RATE * np.arange(count))
    return x


def main():
    centre = gr.tag_utils.python_to_tag((0, pmt.intern("rx_freq"), pmt.from_double(CENTRE), pmt.PMT_NIL))
    tb = gr.top_block()
    source = blocks.vector_source_c(scene(), False, 1, [centre])
    rows = stft.spectrogram_cvf(N_FFT, HOP, samp_rate=SAMP_RATE)
    detector = stft.detector_vxm(N_FFT, HOP, samp_rate=SAMP_RATE)
    to_json, printed = stft.event_to_json(), lines()
    tb.connect(source, rows, detector, blocks.null_sink(N_FFT * gr.sizeof_float))
    tb.msg_connect(detector, "events", to_json, "events")
    tb.msg_connect(to_json, "pdus", printed, "pdus")
    tb.run()
    found = [e for e in printed.all if e["state"] == "end"]
    right = len(found) == len(BURSTS) and all(
        abs(e["sample_start"] - first) <= HOP and abs(e["freq_peak"] - CENTRE - hertz) < SAMP_RATE / N_FFT
        for e, (first, _, hertz) in zip(sorted(found, key=lambda e: e["sample_start"]), BURSTS)
    )
    print(f"{len(found)} events, {'the three bursts' if right else 'not what was sent'}", file=sys.stderr)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
