#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The damaged part of a bearing is named while the speed of its machine swings by a fifth.

In equal times the lines of the bearing are smeared over a fifth of their frequency, and nothing is found. The pulses of a tacho
give the speed at each sample of the envelope, the envelope is resampled to equal angles, and its spectra have orders for
frequencies, in which the lines stand still. The exit status is 1 unless BPFI is named at equal angles, and nothing at equal times.
"""
import math
import sys

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

GEOMETRY = 8, 0.235, 1.245  # balls, their diameter, pitch diameter
TURNS = 150  # under the window of a spectrum
RATE = 25600.0
PER_TURN = 128  # samples of the envelope at equal angles: orders up to 38 keep their level


class verdicts(gr.basic_block):
    """Keeps the faults that are named."""

    def __init__(self, name):
        super().__init__("verdicts", [], [])
        self.label, self.all = f"equal {name}", []
        self.message_port_register_in(pmt.intern("events"))
        self.set_msg_handler(pmt.intern("events"), self.take)

    def take(self, event):
        fault = pmt.dict_ref(event, pmt.intern("fault"), pmt.PMT_NIL)
        z = pmt.to_python(pmt.dict_ref(event, pmt.intern("z"), pmt.PMT_NIL))
        self.all.append(pmt.symbol_to_string(fault) if pmt.is_symbol(fault) else None)
        print(f"  {self.label}: {self.all[-1] or 'nothing'}, z {z:.1f}")


def machine(seconds=26.0):
    """A vibration, and the tacho of its shaft, which turns at 20 to 30 Hz: knocks of the inner race, 9 dB below the noise."""
    draw = np.random.default_rng(1)
    t = np.arange(int(RATE * seconds)) / RATE
    turns = 25 * t + 5 * 4 / (2 * math.pi) * (1 - np.cos(2 * math.pi * t / 4))
    order = 0.99 * stft.fault_frequencies(GEOMETRY, 1)["BPFI"]  # rolling elements slip
    at = np.arange(1, int(order * turns[-1])) + 0.01 * draw.standard_normal(int(order * turns[-1]) - 1)
    knocks = np.zeros(t.size)
    samples = np.searchsorted(order * turns, at)
    knocks[samples] = 1 + 0.5 * np.cos(2 * math.pi * turns[samples])  # the damage passes through the load once a turn
    ring = np.exp(-1000 * t[:256]) * np.sin(2 * math.pi * 6000 * t[:256])
    fault = np.convolve(knocks, ring)[: t.size]
    noise = draw.standard_normal(t.size) * 10 ** (9 / 20) * np.sqrt(np.mean(fault**2))
    return noise + fault, 5.0 * (np.mod(turns, 1) < 0.3)


def main():
    x, tacho = machine()
    n_fft = 64
    hop = 32  # 800 samples of the envelope in a second: eight in a period of the fastest line at 20 Hz
    envelope_rate = RATE / hop

    tb = gr.top_block()
    short = stft.spectrogram_fvf(n_fft, hop, placement="left", samp_rate=RATE)
    envelope = stft.band_envelope_vf(n_fft, samp_rate=RATE, constant=int(envelope_rate))
    tb.connect(blocks.vector_source_f(x), short, envelope)

    found = {}
    # at equal angles: a speed for each sample of the envelope; its tags, which count samples of the tacho, end
    speed, untagged = stft.tacho_pulses_ff(RATE, hop=hop, levels=(0, 5)), blocks.tag_gate(gr.sizeof_float, False)
    angles = stft.angular_resampler_ff(envelope_rate, hop=1, samples_per_rev=PER_TURN)
    tb.connect(blocks.vector_source_f(tacho), speed, untagged, (angles, 1))
    tb.connect(envelope, (angles, 0))
    for name, source, rate, turn in (("angles", angles, PER_TURN, 1.0), ("times", envelope, envelope_rate, 25.0)):
        window = int(TURNS * rate / turn)
        long_n_fft = 1 << (2 * window - 1).bit_length()
        long = stft.spectrogram_fvf(long_n_fft, window, win_length=window, placement="left", samp_rate=rate)
        faults = stft.fault_lines(long_n_fft, *GEOMETRY, speed=turn, samp_rate=rate, win_length=window)
        found[name] = verdicts(name)
        tb.connect(source, long, faults, blocks.null_sink((long_n_fft // 2 + 1) * gr.sizeof_float))
        tb.msg_connect(faults, "events", found[name], "events")
    tb.run()

    for name, named in found.items():
        print(f"equal {name}: {len(named.all)} spectra, named: {', '.join(sorted(set(filter(None, named.all)))) or 'nothing'}")
    return 0 if "BPFI" in found["angles"].all and not any(found["times"].all) else 1


if __name__ == "__main__":
    sys.exit(main())
