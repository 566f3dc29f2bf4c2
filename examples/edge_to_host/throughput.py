#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows per second from one process to another over loopback, by the rows in a message: the figures of docs/edge_to_host.md.

Rows of 1024 floats go as fast as they can, bare and with the tags that edge.py repeats on the first row of each message. One
argument: seconds of each measurement (default 3).
"""
import subprocess
import sys
import time

import pmt
from edge import HOP, MESSAGES, N_FFT, SAMP_RATE, repeated_tags
from gnuradio import blocks, gr, zeromq

ADDRESS = "tcp://127.0.0.1:5557"
SIZE = gr.sizeof_float * N_FFT


def send(kind, rows):
    """Rows without end: bare, or with repeated tags."""
    tb = gr.top_block()
    sink = zeromq.push_sink(gr.sizeof_float, N_FFT, ADDRESS, 100, True, MESSAGES)
    sink.set_output_multiple(rows)
    sink.set_max_noutput_items(rows)
    if kind == "bare":
        tb.connect(blocks.null_source(SIZE), sink)
    else:
        known = dict(rx_rate=SAMP_RATE / HOP, rx_freq=1e8, rx_time=(1_700_000_000, 0.5), stft_first=0, stft_hop=HOP, stft_n_fft=N_FFT,
                     stft_win_length=N_FFT, stft_samp_rate=float(SAMP_RATE))  # fmt: skip
        tags = [gr.tag_utils.python_to_tag((0, pmt.intern(k), pmt.to_pmt(v), pmt.PMT_NIL)) for k, v in known.items()]
        repeated = repeated_tags(N_FFT, rows)
        tb.connect(blocks.vector_source_f([0.0] * N_FFT * 4096, True, N_FFT, tags), repeated, sink)
    tb.run()


def received(kind, rows, seconds):
    """Rows in a second."""
    sender = subprocess.Popen([sys.executable, __file__, "send", kind, str(rows)])
    tb = gr.top_block()
    source = zeromq.pull_source(gr.sizeof_float, N_FFT, ADDRESS, 100, True, MESSAGES)
    sink = blocks.null_sink(SIZE)
    tb.connect(source, sink)
    tb.start()
    while sink.nitems_read(0) == 0:
        time.sleep(0.05)
    before, began = sink.nitems_read(0), time.monotonic()
    time.sleep(seconds)
    rate = (sink.nitems_read(0) - before) / (time.monotonic() - began)
    sender.kill()
    sender.wait()
    tb.stop()
    tb.wait()
    return rate


def main():
    if sys.argv[1:2] == ["send"]:
        return send(sys.argv[2], int(sys.argv[3]))
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3
    print("| rows in a message | bare | with repeated tags |\n|---|---|---|")
    for rows in (1, 4, 16, 64):
        rates = [received(kind, rows, seconds) for kind in ("bare", "tags")]
        print(f"| {rows} | " + " | ".join(f"{r:.0f} rows/s, {r * SIZE / 1e6:.0f} MB/s" for r in rates) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
