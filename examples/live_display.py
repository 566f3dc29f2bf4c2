#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A band on the screen: every row once, with UTC and Hz, and the events in it as boxes.

Bursts on changing channels, a carrier and a tone that sweeps, in noise, made here. The detector passes the rows on to the
display and sends it what it finds; the frequency of the sweep comes in as a line. Look at the fields of an event under the
mouse, zoom with the wheel, drag the picture back in time (it holds, and no row is lost meanwhile), and at the corner, which says how
many rows and bins a pixel shows.
"""
import argparse
import math
import signal
import sys
import time

import numpy as np
import pmt
from gnuradio import analog, blocks, gr, stft
from PyQt5 import Qt

SAMP_RATE = 250_000  # Hz
CENTRE = 433.5e6  # Hz
N_FFT = 1024
HOP = 512


def scene(seconds=4):
    """Noise, a carrier, and bursts of 10 to 60 ms on random channels."""
    draw = np.random.default_rng(1)
    n = np.arange(seconds * SAMP_RATE)
    x = draw.standard_normal((len(n), 2)) @ [0.02, 0.02j]
    x += 0.005 * np.exp(2j * np.pi * 100e3 / SAMP_RATE * n)
    for start in np.arange(0.2, seconds - 0.2, 0.15) * SAMP_RATE:
        burst = int(start) + np.arange(int(draw.uniform(0.01, 0.06) * SAMP_RATE))
        x[burst] += draw.uniform(0.02, 0.1) * np.exp(2j * np.pi * draw.integers(-9, -1) * 12.5e3 / SAMP_RATE * burst)
    return x


class receiver_tags(gr.sync_block):
    """Puts on the first sample what a receiver says: its time, rate and frequency."""

    def __init__(self):
        super().__init__("receiver_tags", [np.complex64], [np.complex64])

    def work(self, input_items, output_items):
        if self.nitems_written(0) == 0:
            now = time.time()
            self.add_item_tag(0, 0, pmt.intern("rx_time"), pmt.make_tuple(pmt.from_uint64(int(now)), pmt.from_double(now % 1)))
            self.add_item_tag(0, 0, pmt.intern("rx_rate"), pmt.from_double(SAMP_RATE))
            self.add_item_tag(0, 0, pmt.intern("rx_freq"), pmt.from_double(CENTRE))
        output_items[0][:] = input_items[0]
        return len(output_items[0])


class live_display(gr.top_block):
    """source -> throttle -> spectrogram -> detector -> display"""

    def __init__(self):
        super().__init__("Live display")
        source, add = blocks.vector_source_c(scene(), True), blocks.add_cc()
        sweep = analog.sig_source_f(SAMP_RATE, analog.GR_TRI_WAVE, 0.2, 80e3, 10e3)  # 10 to 90 kHz and back in 5 s
        tone = blocks.vco_c(SAMP_RATE, 2 * math.pi, 0.01)
        spectrogram = stft.spectrogram_cvf(N_FFT, HOP, samp_rate=SAMP_RATE)
        detector = stft.detector_vxm(N_FFT, HOP, samp_rate=SAMP_RATE)
        self.display = stft.spectrogram_display(N_FFT, HOP, SAMP_RATE, center_freq=CENTRE, lines=1)
        self.tags = receiver_tags()  # a block written in Python lives no longer than its name
        absolute = blocks.add_const_ff(CENTRE)
        self.connect(source, blocks.throttle(gr.sizeof_gr_complex, SAMP_RATE), (add, 0))
        self.connect(sweep, tone, (add, 1))
        self.connect(add, self.tags, spectrogram, detector, self.display)
        self.connect(sweep, blocks.keep_one_in_n(gr.sizeof_float, HOP), absolute, (self.display, 1))
        self.msg_connect(detector, "events", self.display, "events")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, help="close after that time (default: when the window is closed)")
    parser.add_argument("--picture", metavar="PNG", help="write the window to a file before it closes")
    args = parser.parse_args()

    app = Qt.QApplication(sys.argv[:1])
    tb = live_display()
    widget = tb.display.widget()
    widget.setWindowTitle("gr-stft: live display")
    widget.resize(1000, 650)
    tb.start()
    widget.show()
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    awake = Qt.QTimer()  # lets Python see the signal
    awake.timeout.connect(lambda: None)
    awake.start(200)

    def leave():
        if args.picture:
            widget.grab().save(args.picture)
        app.quit()

    if args.seconds:
        Qt.QTimer.singleShot(int(1000 * args.seconds), leave)
    app.exec_()
    tb.stop()
    tb.wait()


if __name__ == "__main__":
    main()
