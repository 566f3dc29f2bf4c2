#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Bursts and carriers in a band, found in a flowgraph and printed as lines of JSON.

The band is made here, with 20 bursts, two carriers and three clicks in the noise of a receiver. Rows of power density go
through detector_vxm; its messages become lines of JSON, which Socket PDU could send to anyone who listens. The exit status is
1 if fewer than nine tenths of the signals are found, or more than four events are none.
"""
import json
import sys

import pmt
from gnuradio import blocks, gr, stft
from gnuradio.stft.bench import band_scenes

SAMP_RATE = 1e6  # Hz
N_FFT = 1024
HOP = 512


class printer(gr.basic_block):
    """Prints PDUs of text, and keeps them."""

    def __init__(self):
        gr.basic_block.__init__(self, "printer", None, None)
        self.lines = []
        self.message_port_register_in(pmt.intern("pdus"))
        self.set_msg_handler(pmt.intern("pdus"), self.show)

    def show(self, pdu):
        self.lines.append(bytes(pmt.u8vector_elements(pmt.cdr(pdu))).decode())
        print(self.lines[-1], end="")


def main():
    scene = band_scenes.scene("mixed", seed=6, rate=SAMP_RATE, bursts=20)
    tb = gr.top_block()
    source = blocks.vector_source_c(scene.samples.tolist())
    rows = stft.spectrogram_cvf(N_FFT, HOP, samp_rate=SAMP_RATE)
    detector = stft.detector_vxm(N_FFT, HOP, samp_rate=SAMP_RATE, source="rf_detect")
    lines = stft.event_to_json()
    sink = printer()
    tb.connect(source, rows, detector, blocks.null_sink(gr.sizeof_float * N_FFT))
    tb.msg_connect(detector, "events", lines, "events")
    tb.msg_connect(lines, "pdus", sink, "pdus")
    tb.run()

    events = stft.ended([json.loads(line) for line in sink.lines])
    score = band_scenes.score(events, scene)
    print(f"{score.found} of {score.signals} signals found, {score.false} events that are none")
    return 0 if score.found >= 0.9 * score.signals and score.false <= 4 else 1


if __name__ == "__main__":
    sys.exit(main())
