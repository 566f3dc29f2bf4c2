#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of docs/filter_bank.md: what chosen bins cost beside the STFT, where methods change places, and errors.

    /usr/bin/python3 evaluate.py --pictures docs/pictures

The exit status is 1 if eight bins at hop 1 are not n_fft / 64 times as fast as the STFT at hop 1, or an error is larger
than it should be.
"""
import argparse
import pathlib
import sys

import numpy as np

from gnuradio import stft
from gnuradio.stft.bench.benchmark import paired
from gnuradio.stft.bench.benchmark_bins import timed
from gnuradio.stft.stft_python import kernels

NOISE = np.random.default_rng(1).standard_normal(1 << 20).astype(np.float32)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", metavar="DIR", help="draw the pictures of docs/filter_bank.md into this folder")
    parser.add_argument("--rounds", type=int, default=9, metavar="COUNT", help="rounds of interleaved timing (default 9)")
    options = parser.parse_args(arguments)
    print(f"SIMD {kernels.simd_level()}, single precision, one thread, Hann window")
    good = eight_bins(options.rounds) & crossover(options.rounds) & errors()
    if options.pictures:
        import pictures

        for path in pictures.draw_all(pathlib.Path(options.pictures)):
            print(path)
    return 0 if good else 1


def eight_bins(rounds):
    """At hop 1, beside the whole STFT."""
    print("\neight bins at hop 1\n n_fft   STFT ns/sample   bins ns/sample    ratio   n_fft/64")
    good = True
    for n_fft in (1024, 4096, 16384, 65536):
        times = timed(NOISE, n_fft, 1, {"stft": 0, "auto": 8}, rounds)
        ratio = paired(times["stft"], times["auto"])["median"]
        whole, bins = (np.median(times[name]) * 1e9 for name in ("stft", "auto"))
        print(f"{n_fft:6}{whole:17.0f}{bins:17.1f}{ratio:9.0f}{n_fft // 64:11}", flush=True)
        good = good and ratio >= n_fft / 64
    return good


def crossover(rounds):
    """Up to how many bins, at which hop, each method is the quickest."""
    print("\nbins from which on the FFT is quicker\n n_fft   " + "".join(f"  hop {hop:<6}" for hop in (1, 16, 256)))
    for n_fft in (1024, 4096, 16384):
        cells = []
        for hop in (1, 16, 256):
            some = 32
            times = timed(NOISE, n_fft, hop, {"fft": some, "sliding": some, "direct": some}, rounds)
            fft, least = np.median(times["fft"]), min(np.median(times[m]) for m in ("sliding", "direct"))
            cells.append(f"{some * fft / least:12.0f}")
        print(f"{n_fft:6}" + "".join(cells), flush=True)
    return True


def errors():
    """Of bins far out in a stream, and of the one-integral inverse."""
    x = NOISE[:200_000]
    bins = [3, 100.25, 511]
    got = stft.stft_bins(x, bins, hop=1, n_fft=1024, method="sliding")
    exact = stft.stft_bins(x.astype(float), bins, hop=1, n_fft=1024, method="direct")
    single = np.max(np.abs(got - exact)) / np.max(np.abs(exact))
    double = stft.stft_bins(x.astype(float), bins, hop=1, n_fft=1024, method="sliding")
    double = np.max(np.abs(double - exact)) / np.max(np.abs(exact))
    print(f"\nsliding bins against direct sums, of the largest value: {single:.1e} (single), {double:.1e} (double)")
    good = single < 1e-6 and double < 1e-13
    for kind, limit in ((np.float32, 1e-6), (float, 1e-13)):
        y = x[:4000].astype(kind)
        X = stft.stft(y, hop=1, n_fft=512)
        back = stft.one_integral_inverse(X, n_fft=512, length=len(y))
        error = np.max(np.abs(back - y)) / np.max(np.abs(y))
        print(f"one-integral inverse at hop 1, of the largest sample: {error:.1e} ({np.dtype(kind).name})")
        good = good and error < limit
    return good


if __name__ == "__main__":
    sys.exit(main())
