#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A day of signal, 48000 samples a second, through the adaptive STFT in one flowgraph, faster than it would arrive.

The signal alternates between tones, chirps, clicks, noise and silence at levels from 0.01 to 100 and is made as it is
needed. Looked at: theta is finite and within its bounds in every frame, spectra are finite, frames follow each other, memory
does not grow, and excerpts equal what stft.adapt() makes of them. From sample 0 on they are equal to the bit. Later ones the
array function begins to learn WARM_UP seconds ahead of, since it cannot know all that was before. The exit status is 1 if
anything is not so.
"""
import argparse
import sys
import threading
import time

import numpy as np
import signals
from gnuradio import gr, stft
from gnuradio.stft.bench.memory import resident

RATE = 48_000
N_FFT, HOP = 1024, 64
CHUNK = 9 * 16_000  # samples of signals.alternating()
EXCERPT = 10  # s
WARM_UP = 20  # s


def chunk(i: int) -> np.ndarray:
    """Samples i CHUNK .. (i + 1) CHUNK - 1 of the day."""
    if i % 7 == 6:
        return np.zeros(CHUNK, np.float32)
    return (10.0 ** (i % 5 - 2) * signals.alternating(i, 5.0 * (i % 4)).x).astype(np.float32)


def samples(first: int, last: int) -> np.ndarray:
    parts = [chunk(i) for i in range(first // CHUNK, -(-last // CHUNK))]
    start = first - first // CHUNK * CHUNK
    return np.concatenate(parts)[start : start + last - first]


class Day(gr.sync_block):
    """Source of the first `length` samples."""

    def __init__(self, length: int):
        gr.sync_block.__init__(self, "day", None, [np.float32])
        self._length, self._at, self._chunk = length, 0, chunk(0)

    def work(self, _, outputs):
        place = self._at % CHUNK
        if place == 0 and self._at:
            self._chunk = chunk(self._at // CHUNK)
        count = min(len(outputs[0]), CHUNK - place, self._length - self._at)
        if count == 0:
            return -1  # the end
        outputs[0][:count] = self._chunk[place : place + count]
        self._at += count
        return count


class Watch(gr.sync_block):
    """Looks at every frame, and keeps those of the excerpts."""

    def __init__(self, excerpts):
        gr.sync_block.__init__(self, "watch", [(np.complex64, N_FFT // 2 + 1), np.float32, (np.float64, 2)], None)
        self.excerpts = []
        for first, last in excerpts:
            frames = range(first // HOP, last // HOP)
            kept = np.full(len(frames), np.nan, np.float32), np.full((len(frames), N_FFT // 2 + 1), np.nan, np.complex64)
            self.excerpts.append((frames, *kept))
        self.frames, self.bad_theta, self.bad_spectra, self.bad_t = 0, 0, 0, 0
        self.least, self.greatest = np.inf, -np.inf

    def work(self, inputs, _):
        spectra, theta, t = inputs
        count = len(theta)
        self.bad_theta += int(np.count_nonzero(~((theta >= 2 * HOP) & (theta <= N_FFT))))
        self.bad_spectra += int(not np.isfinite(np.sum(spectra)))
        self.bad_t += int(np.count_nonzero(t[:, 0] + t[:, 1] != HOP * np.arange(self.frames, self.frames + count)))
        self.least, self.greatest = min(self.least, theta.min()), max(self.greatest, theta.max())
        for frames, kept_theta, kept_spectra in self.excerpts:
            first, last = max(frames.start - self.frames, 0), min(frames.stop - self.frames, count)
            if first < last:
                place = slice(self.frames + first - frames.start, self.frames + last - frames.start)
                kept_theta[place] = theta[first:last]
                kept_spectra[place] = spectra[first:last]
        self.frames += count
        return count


def compared(watch: Watch, length: int) -> bool:
    good = True
    for frames, theta, spectra in watch.excerpts:
        first = max(0, frames.start * HOP - WARM_UP * RATE) // N_FFT * N_FFT
        again = stft.adapt(samples(first, min(length, frames.stop * HOP + 4 * N_FFT)), n_fft=N_FFT, hop=HOP)
        some = slice(frames.start - first // HOP, frames.stop - first // HOP)
        same = np.mean(again.theta[0, some].astype(np.float32) == theta)
        farthest = np.max(np.abs(np.log(again.theta[0, some] / theta)))
        equal = np.array_equal(again.spectra[:, some].T, spectra)
        words = "spectra equal" if equal else "spectra not all equal"
        print(f"excerpt from {frames.start * HOP / RATE:.1f} s: {100 * same:.2f} % of theta equal to the bit, "
              f"others within {100 * farthest:.2g} %; {words}")
        good &= equal if first == 0 else same > 0.99
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hours", nargs="?", type=float, default=24.0, help="default 24")
    hours = parser.parse_args().hours
    if not 0.001 <= hours <= 1e6:
        parser.error(f"hours: {hours:g}: must be in 0.001 .. 1e6")
    length = int(hours * 3600 * RATE)
    excerpt = min(EXCERPT * RATE, length // 4) // N_FFT * N_FFT
    starts = [0] + [part * length // 3 // N_FFT * N_FFT for part in (1, 2)]
    watch = Watch([(start, start + excerpt) for start in starts])
    tb = gr.top_block()
    adaptive = stft.adaptive_stft_fvc(N_FFT, HOP)
    source = Day(length)
    tb.connect(source, adaptive)
    for port in range(3):
        tb.connect((adaptive, port), (watch, port))
    started, memory = time.perf_counter(), []
    tb.start()
    running = threading.Thread(target=tb.wait)
    running.start()
    while running.is_alive():
        running.join(min(2, 2 * hours))
        memory.append((watch.frames, resident()))
        if len(memory) % 30 == 0:
            print(f"{watch.frames * HOP / RATE / 3600:.2f} h, {memory[-1][1]:.0f} MiB", file=sys.stderr)
    seconds = time.perf_counter() - started
    print(f"{hours:g} h at {RATE} samples/s in {seconds:.1f} s: {hours * 3600 / seconds:.0f} times faster than they arrive")
    expected = length // HOP + 1
    settled = [m for frames, m in memory if frames > expected / 10] or [resident()]
    grown = settled[-1] - settled[0]
    print(f"memory {settled[0]:.0f} MiB after a tenth of it, {settled[-1]:.0f} MiB at its end")
    print(f"{watch.frames} frames of {expected}, theta {watch.least:.1f} .. {watch.greatest:.1f}; out of bounds or not finite: "
          f"{watch.bad_theta} theta, {watch.bad_t} t, {watch.bad_spectra} batches of spectra")
    good = compared(watch, length)
    good &= watch.frames == expected and not (watch.bad_theta or watch.bad_t or watch.bad_spectra)
    good &= seconds < hours * 3600 and grown < 16
    print("all as it should be" if good else "NOT as it should be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
