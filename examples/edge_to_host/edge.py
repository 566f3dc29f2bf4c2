#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The host at the antenna: samples become rows and events, which go over the network.

Noise with bursts, made here, in place of a receiver. Rows leave through one socket, events as lines of JSON through another, both
of the kind PUSH: while nobody takes them they wait here, rows in the detector's output buffer for --hold seconds. The tags
are repeated at the first row of each message, so that the other side knows time and frequency wherever it begins, or
begins again after a loss. docs/edge_to_host.md says what is lost when, and why samples are not what to split a band by.
"""
import argparse
import signal
import sys
import threading
import time

import numpy as np
import pmt
from gnuradio import blocks, gr, pdu, stft, zeromq

SAMP_RATE = 250_000  # Hz
CENTRE = 433.5e6  # Hz
N_FFT = 1024
HOP = 512
ROWS_IN_MESSAGE = 16
MESSAGES = 4  # that ZeroMQ holds: a broken connection loses them


class receiver_tags(gr.sync_block):
    """Puts on the first sample what a receiver gives: its time, rate and frequency."""

    def __init__(self, samp_rate=250e3, centre=433.5e6):
        gr.sync_block.__init__(self, "Receiver's tags", [np.complex64], [np.complex64])
        self.samp_rate, self.centre = samp_rate, centre

    def work(self, input_items, output_items):
        if self.nitems_written(0) == 0:
            whole, fraction = divmod(time.time(), 1)
            self.add_item_tag(0, 0, pmt.intern("rx_time"), pmt.make_tuple(pmt.from_uint64(int(whole)), pmt.from_double(fraction)))
            self.add_item_tag(0, 0, pmt.intern("rx_rate"), pmt.from_double(self.samp_rate))
            self.add_item_tag(0, 0, pmt.intern("rx_freq"), pmt.from_double(self.centre))
        output_items[0][:] = input_items[0]
        return len(output_items[0])


class repeated_tags(gr.sync_block):
    """Rows with what their tags say, again after every `rows` of them: times and first samples go on with the rows."""

    def __init__(self, vlen=1024, rows=16):
        gr.sync_block.__init__(self, "Repeated tags", [(np.float32, vlen)], [(np.float32, vlen)])
        self.rows, self.known, self.at = rows, {}, 0

    def start(self):
        self.known, self.at = {}, 0
        return True

    def work(self, input_items, output_items):
        n, first = len(output_items[0]), self.nitems_read(0)
        output_items[0][:] = input_items[0]
        tags = {}
        for tag in self.get_tags_in_window(0, 0, n):
            tags.setdefault(tag.offset, {})[pmt.symbol_to_string(tag.key)] = tag.value
        for row in sorted({*tags, *(r for r in range(first, first + n) if r % self.rows == 0)}):
            self.advance(row)
            self.known.update(tags.get(row, {}))
            if row % self.rows == 0:
                for key, value in self.known.items():
                    if key not in tags.get(row, {}):
                        self.add_item_tag(0, row, pmt.intern(key), value)
        return n

    def advance(self, row):
        """Brings the times that are known to a row."""
        gone, self.at = row - self.at, row
        for once in "stft_length", "overflow", "rx_overflow":
            self.known.pop(once, None)
        if {"stft_first", "stft_samp_rate", "rx_rate"} <= self.known.keys():
            samples = gone * pmt.to_double(self.known["stft_samp_rate"]) / pmt.to_double(self.known["rx_rate"])
            self.known["stft_first"] = pmt.from_long(pmt.to_long(self.known["stft_first"]) + round(samples))
        if "rx_time" in self.known and "rx_rate" in self.known:
            seconds, fraction = pmt.to_python(self.known["rx_time"])
            carry, fraction = divmod(fraction + gone / pmt.to_double(self.known["rx_rate"]), 1)
            self.known["rx_time"] = pmt.make_tuple(pmt.from_uint64(seconds + int(carry)), pmt.from_double(fraction))


def scene(seconds=4):
    """Noise, and bursts of 20 ms on channels that change."""
    draw = np.random.default_rng(1)
    x = draw.standard_normal((seconds * SAMP_RATE, 2)) @ [0.02, 0.02j]
    for number, start in enumerate(np.arange(0.1, seconds, 0.25) * SAMP_RATE):
        n = int(start) + np.arange(SAMP_RATE // 50)
        x[n] += 0.05 * np.exp(2j * np.pi * (number % 16 - 8) * 12.5e3 / SAMP_RATE * n)
    return x


class edge(gr.top_block):
    """source -> spectrogram -> detector -> socket of rows, and its events -> socket of lines"""

    def __init__(self, rows, events, hold, seconds=None, keep=None):
        super().__init__("Edge")
        source = blocks.vector_source_c(scene(), True)
        throttle = blocks.throttle(gr.sizeof_gr_complex, SAMP_RATE)
        count = int(seconds * SAMP_RATE) if seconds else 2**62
        self.receiver = receiver_tags(SAMP_RATE, CENTRE)
        spectrogram = stft.spectrogram_cvf(N_FFT, HOP, samp_rate=SAMP_RATE)
        self.detector = stft.detector_vxm(N_FFT, HOP, samp_rate=SAMP_RATE, source="edge")
        self.detector.set_min_output_buffer(max(64, int(hold * SAMP_RATE / HOP)))
        self.repeated = repeated_tags(N_FFT, ROWS_IN_MESSAGE)
        self.rows = zeromq.push_sink(gr.sizeof_float, N_FFT, rows, 100, True, MESSAGES)
        self.rows.set_output_multiple(ROWS_IN_MESSAGE)  # exactly as many, so that tags are on the first row of each message
        self.rows.set_max_noutput_items(ROWS_IN_MESSAGE)
        lines = pdu.pdu_to_tagged_stream(gr.types.byte_t, "packet_len")
        to_json = stft.event_to_json()
        self.connect(source, throttle, blocks.head(gr.sizeof_gr_complex, count), self.receiver, spectrogram, self.detector)
        self.connect(self.detector, self.repeated, self.rows)
        self.msg_connect(self.detector, "events", to_json, "events")
        self.msg_connect(to_json, "pdus", lines, "pdus")
        self.connect(lines, zeromq.push_sink(gr.sizeof_char, 1, events, 100, False, MESSAGES))
        if keep:
            self.connect(self.detector, blocks.file_sink(gr.sizeof_float * N_FFT, keep))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="tcp://127.0.0.1:5555", help="address of the rows (default %(default)s; tcp://*:5555 for all)")
    parser.add_argument("--events", default="tcp://127.0.0.1:5556", help="address of the events (default %(default)s)")
    parser.add_argument("--hold", type=float, default=20, help="seconds of rows that wait while the link is cut (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="end after as many seconds of samples; 0: never (default %(default)s)")
    parser.add_argument("--linger", type=float, default=1, help="seconds from then on for rows that wait (default %(default)s)")
    parser.add_argument("--keep", metavar="FILE", help="write the rows to a file, too")
    args = parser.parse_args()

    tb, stopped = edge(args.rows, args.events, args.hold, args.seconds, args.keep), threading.Event()
    for number in signal.SIGINT, signal.SIGTERM:
        signal.signal(number, lambda *_: stopped.set())
    print("edge: begins", flush=True)
    tb.start()
    latest = args.seconds + args.hold if args.seconds else float("inf")
    began = sent_all = time.monotonic()
    while not stopped.wait(0.1):
        now = time.monotonic()
        if not args.seconds or tb.rows.nitems_read(0) + ROWS_IN_MESSAGE <= int(args.seconds * SAMP_RATE) // HOP:
            sent_all = now
        if now > sent_all + args.linger or now > began + latest:
            break
    tb.stop()
    tb.wait()
    print(f"edge: {tb.rows.nitems_read(0)} rows sent", flush=True)


if __name__ == "__main__":
    sys.exit(main())
