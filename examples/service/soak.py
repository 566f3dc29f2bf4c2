#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Half an hour at full rate: /usr/bin/python3 soak.py --minutes 30

Two flowgraphs, a round trip and an adaptive STFT, run as fast as they can beside two watches of a band whose counts of samples pass
2^32 and 2^53. Prints a line every ten seconds, and fails if memory grows by more than 1 MiB after the first fifth of the time, if a
round trip is off, or if a watch misses a burst or places one elsewhere.
"""
import argparse
import sys
import time

import numpy as np
from gnuradio import blocks, gr, stft
from gnuradio.stft.bench.memory import private

PIECE = 1 << 17  # samples
HOP, N_FFT = 512, 1024
ALLOWED = 1.0  # MiB


class RoundTrip:
    """STFT and inverse of noise; the root of the mean squared difference from it."""

    def __init__(self):
        x = np.random.default_rng(1).standard_normal(100_003).astype(np.float32)
        self.source, self.top = blocks.vector_source_f(x.tolist(), True), gr.top_block()
        difference, self.error = blocks.sub_ff(), blocks.probe_signal_f()
        self.top.connect(self.source, stft.stft_fvc(N_FFT, 256), stft.istft_vcf(N_FFT, 256), (difference, 0))
        self.top.connect(self.source, (difference, 1))
        self.top.connect(difference, blocks.rms_ff(1e-5), self.error)

    def samples(self):
        return self.source.nitems_written(0)

    def check(self):
        if not self.error.level() < 1e-5:
            raise AssertionError(f"round trip: an error of {self.error.level()}")


class Adaptive:
    def __init__(self):
        t = np.arange(200_000) / 200_000
        x = np.sin(2 * np.pi * 40_000 * t * t).astype(np.float32)
        self.source, self.block, self.top = blocks.vector_source_f(x.tolist(), True), stft.adaptive_stft_fvc(256, 64.0), gr.top_block()
        self.top.connect(self.source, self.block, blocks.null_sink(8 * 129))
        for port, size in (1, 4), (2, 16):
            self.top.connect((self.block, port), blocks.null_sink(size))

    def samples(self):
        return self.source.nitems_written(0)

    def check(self):
        if not self.block.theta_min() <= np.mean(self.block.theta()) <= self.block.theta_max():
            raise AssertionError(f"adaptive: theta {self.block.theta()}")


class Watch:
    """A detector whose count of samples passes a power of two: one burst in each piece."""

    def __init__(self, power):
        self.name, rng = f"2^{power}", np.random.default_rng(power)
        self.piece = (rng.standard_normal(PIECE) + 1j * rng.standard_normal(PIECE)).astype(np.complex64)
        begin, end = PIECE // 4, PIECE // 4 + 40 * HOP
        self.piece[begin:end] += 3 * np.exp(2j * np.pi * 0.2 * np.arange(end - begin)).astype(np.complex64)
        self.detector, self.passed = stft.SignalDetector(1e6, n_fft=N_FFT, hop=HOP), 2**power
        for _ in range(4):  # the floor of the noise
            self.detector.push(np.roll(self.piece[end:], 7)[:PIECE // 2])
        self.count = 4 * min(PIECE // 2, PIECE - end)
        skipped = 2**power - 200 * PIECE - self.count
        self.detector.skip(skipped)
        self.count += skipped
        self.pieces = self.events = 0

    def push(self):
        for event in self.detector.push(self.piece):
            if event["kind"] == "burst" and event["state"] == "end":
                self.events += 1
                off = (event["sample_start"] - self.origin - PIECE // 4 + PIECE // 2) % PIECE - PIECE // 2
                if abs(off) > 4 * HOP:
                    raise AssertionError(f"{self.name}: burst at {event['sample_start']}, {off} samples from its place")
        self.pieces += 1
        self.count += PIECE

    @property
    def origin(self):
        return self.count - self.pieces * PIECE

    def check(self):
        if not self.pieces - 3 <= self.events <= self.pieces + 1:
            raise AssertionError(f"{self.name}: {self.events} bursts in {self.pieces} pieces")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    seconds = 60 * parser.parse_args().minutes
    graphs, watches = [RoundTrip(), Adaptive()], [Watch(32), Watch(53)]
    for graph in graphs:
        graph.top.start()
    began, shown, first, most = time.monotonic(), 0.0, None, 0
    print("   s  round trip  adaptive  watches (Msamples)  private (KiB)")
    while (past := time.monotonic() - began) < seconds:
        for watch in watches:
            watch.push()
        if past > shown + 10:
            shown, now = past, private()
            for part in (*graphs, *watches):
                part.check()
            if past > seconds / 5:
                first = first or now
                most = max(most, now)
            print(f"{past:4.0f} {graphs[0].samples() / 1e6:11.0f} {graphs[1].samples() / 1e6:9.0f} "
                  f"{sum(w.pieces for w in watches) * PIECE / 1e6:19.0f} {1024 * now:14.0f}", flush=True)
    for graph in graphs:
        graph.top.stop()
        graph.top.wait()
    passed = [watch.name for watch in watches if watch.count > watch.passed]
    grown = most - (first or most)
    print(f"memory grew by {1024 * grown:.0f} KiB; counts have passed {', '.join(passed) or 'nothing'}; "
          f"{sum(w.events for w in watches)} bursts in {sum(w.pieces for w in watches)}")
    return grown > ALLOWED


if __name__ == "__main__":
    sys.exit(main())
