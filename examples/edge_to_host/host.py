#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The host that displays and stores what edge.py sends.

Rows go to the screen and into NPY files, a file for each minute; events become boxes on the screen and annotations of
`edge.sigmf-meta`. Rows that came before the first time that is known are left out. --no-window stores only.
"""
import argparse
import json
import signal
import sys
import threading

import numpy as np
import pmt
from gnuradio import gr, stft, zeromq

SAMP_RATE = 250_000  # Hz
N_FFT = 1024
HOP = 512
MESSAGES = 4


class from_the_first_time(gr.basic_block):
    """Rows from the first one on whose time is known."""

    def __init__(self, vlen=1024):
        gr.basic_block.__init__(self, "From the first time", [(np.float32, vlen)], [(np.float32, vlen)])
        self.known = False

    def start(self):
        self.known = False
        return True

    def general_work(self, input_items, output_items):
        n = min(len(input_items[0]), len(output_items[0]))
        if not self.known:
            n = len(input_items[0])
            tags = self.get_tags_in_window(0, 0, n, pmt.intern("rx_time"))
            self.known = bool(tags)
            self.consume(0, tags[0].offset - self.nitems_read(0) if tags else n)
            return 0
        output_items[0][:n] = input_items[0][:n]
        self.consume(0, n)
        return n


class lines_to_events(gr.sync_block):
    """Bytes of lines of JSON -> the messages that they were made of."""

    def __init__(self):
        gr.sync_block.__init__(self, "Lines to events", [np.uint8], None)
        self.rest = b""
        self.message_port_register_out(pmt.intern("events"))

    def work(self, input_items, output_items):
        *lines, self.rest = (self.rest + input_items[0].tobytes()).split(b"\n")
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:  # a piece of a line: the connection broke within it
                continue
            if isinstance(event, dict):
                self.message_port_pub(pmt.intern("events"), pmt.to_pmt(event))
        return len(input_items[0])


class host(gr.top_block):
    """socket of rows -> display and files, socket of lines -> display and annotations"""

    def __init__(self, rows, events, directory, window):
        super().__init__("Host")
        source = zeromq.pull_source(gr.sizeof_float, N_FFT, rows, 100, True, MESSAGES)
        self.begin = from_the_first_time(N_FFT)
        self.lines = lines_to_events()
        self.files = stft.frame_file_sink(directory, N_FFT, HOP, SAMP_RATE, name="edge", rotate=60)
        self.annotations = stft.sigmf_annotation_sink(f"{directory}/edge.sigmf-meta", flush_every=1)
        self.connect(source, self.begin, self.files)
        self.connect(zeromq.pull_source(gr.sizeof_char, 1, events, 100, False, MESSAGES), self.lines)
        self.msg_connect(self.lines, "events", self.annotations, "events")
        self.display = None
        if window:
            self.display = stft.spectrogram_display(N_FFT, HOP, SAMP_RATE, history=120)
            self.connect(self.begin, self.display)
            self.msg_connect(self.lines, "events", self.display, "events")


def show(tb, seconds):
    """Runs the flowgraph and its window."""
    from PyQt5 import Qt

    app = Qt.QApplication.instance()
    widget = tb.display.widget()
    widget.setWindowTitle("gr-stft: host")
    widget.resize(1000, 650)
    widget.show()
    tb.start()
    for number in signal.SIGINT, signal.SIGTERM:
        signal.signal(number, lambda *_: app.quit())
    awake = Qt.QTimer()  # lets Python see the signal
    awake.timeout.connect(lambda: None)
    awake.start(200)
    if seconds:
        Qt.QTimer.singleShot(int(1000 * seconds), app.quit)
    app.exec_()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="tcp://127.0.0.1:5555", help="address of the edge's rows (default %(default)s)")
    parser.add_argument("--events", default="tcp://127.0.0.1:5556", help="address of the edge's events (default %(default)s)")
    parser.add_argument("--directory", default=".", help="folder of the files (default: this one)")
    parser.add_argument("--no-window", action="store_true", help="store only")
    parser.add_argument("--seconds", type=float, help="end after that time (default: when the window is closed, or at SIGINT)")
    args = parser.parse_args()

    if not args.no_window:
        from PyQt5 import Qt

        app = Qt.QApplication(sys.argv[:1])  # noqa: F841: must live as long as the window
    tb = host(args.rows, args.events, args.directory, not args.no_window)
    if args.no_window:
        stopped = threading.Event()
        for number in signal.SIGINT, signal.SIGTERM:
            signal.signal(number, lambda *_: stopped.set())
        tb.start()
        print("host: begins", flush=True)
        stopped.wait(args.seconds)
    else:
        show(tb, args.seconds)
    tb.stop()
    tb.wait()
    print(f"host: {tb.files.files()} files, {tb.files.lost()} rows lost in writing, {tb.annotations.count()} annotations", flush=True)


if __name__ == "__main__":
    sys.exit(main())
