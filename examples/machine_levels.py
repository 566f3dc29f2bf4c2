#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A machine gets worse, and its levels tell.

A pump runs at 25 Hz for four minutes. After 100 s a bearing begins to knock at 800 Hz once a second; after 150 s the vibration at the
speed itself is 1.5 times as strong. The sensor has an offset ten times as large as the vibration. Printed are the events as lines of
JSON (look at kind, row, value and limit: a row each half second), and the spectral kurtosis about 800 Hz, before and after, beside its
threshold. The exit status is 1 unless the velocity raises an alarm within 30 s of the change, the baseline deviates too, and
the knocks are seen in the kurtosis only.

With a name of a recording (mono, python3-soundfile), its levels are printed instead: machine_levels.py RECORDING LOWEST HIGHEST.
"""
import json
import sys

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

SAMP_RATE = 2560  # Hz
N_FFT, HOP = 2560, 1280  # a second, which holds ten periods of 10 Hz
WORSE, KNOCKS, END = 150, 100, 240  # s
BANDS = "10:1000,1000:1280"
LIMIT = 5.5  # mm/s
SHORT = 64  # samples; a frame of the kurtosis is about as long as a knock


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


def acceleration():
    """m/s^2"""
    t = np.arange(END * SAMP_RATE) / SAMP_RATE
    noise = 0.3 * np.random.default_rng(1).standard_normal(len(t))
    knocks = np.where((t > KNOCKS) & (t % 1 < 0.02), 1, 0) * np.cos(2 * np.pi * 800 * t)
    return 10 + np.where(t < WORSE, 1, 1.5) * np.cos(2 * np.pi * 25 * t) + noise + knocks


def main():
    x = acceleration()
    tb = gr.top_block()
    source = blocks.vector_source_f(x.tolist())
    rows = stft.spectrogram_fvf(N_FFT, HOP, placement="left", samp_rate=SAMP_RATE)
    made = dict(bands=BANDS, integrate=1, factor=1000, samp_rate=SAMP_RATE)  # mm/s
    velocity = stft.band_power_vff(N_FFT, **made)
    alarm = stft.level_alarm(2, [LIMIT, 9.0], rate=SAMP_RATE / HOP, names="10 to 1000 Hz,above", source="pump")
    decibels = stft.band_power_vff(N_FFT, db=True, **made)
    healthy = stft.baseline(2, learn_time=90, t_on=20, t_off=60, rate=SAMP_RATE / HOP, names="10 to 1000 Hz,above", source="pump")
    no_speed = blocks.null_source(gr.sizeof_float)
    short_rows = stft.spectrogram_fvf(SHORT, SHORT // 2, placement="left", samp_rate=SAMP_RATE)
    kurtosis = stft.spectral_kurtosis_vff(SHORT, SHORT // 2, frames=60 * SAMP_RATE // (SHORT // 2))  # of a minute
    bursts = blocks.vector_sink_f(SHORT // 2 + 1)
    tb.connect(source, rows, velocity, alarm, blocks.null_sink(2 * gr.sizeof_float))
    tb.connect(rows, decibels, healthy, blocks.null_sink(2 * gr.sizeof_float))
    tb.connect(no_speed, (healthy, 1))
    tb.connect(alarm, (healthy, 2))  # nothing is learned while an alarm is raised
    tb.connect(source, short_rows, kurtosis, bursts)
    printed = lines(), lines()
    for block, end in zip((alarm, healthy), printed):  # blocks of messages end with the first block before them
        to_json = stft.event_to_json()
        tb.msg_connect(block, "events", to_json, "events")
        tb.msg_connect(to_json, "pdus", end, "pdus")
    tb.run()

    bin_of_knocks = 800 * SHORT // SAMP_RATE
    values = np.reshape(bursts.data(), (-1, SHORT // 2 + 1))[:, bin_of_knocks]
    threshold = kurtosis.threshold()[bin_of_knocks]
    print(f"spectral kurtosis about 800 Hz, minute by minute: {np.round(values, 2)}, threshold {threshold:.2f}", file=sys.stderr)
    raised = {e["limit"]: e["row"] * HOP / SAMP_RATE for e in printed[0].all + printed[1].all if e["kind"] == "raise"}
    right = (set(raised) == {LIMIT, healthy.threshold()} and WORSE < raised[LIMIT] < WORSE + 30
             and WORSE < raised[healthy.threshold()] < WORSE + 60 and values[0] < threshold < values[2])  # fmt: skip
    print("the alarm and the baseline" if right else "not what was to be seen", file=sys.stderr)
    return 0 if right else 1


def levels_of(path, lowest, highest):
    import soundfile

    x, samp_rate = soundfile.read(path)
    found = stft.band_levels(x if x.ndim == 1 else x[:, 0], samp_rate, [(lowest, highest)], integrate=1)
    for time, level in zip(found.times, found.levels[0]):
        print(f"{time:9.2f} s  {level:.6g}")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        levels_of(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
    else:
        sys.exit(main())
