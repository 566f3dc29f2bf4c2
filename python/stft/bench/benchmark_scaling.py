# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""How the cost grows: the time for a sample against n_fft, hop, channels, bins, workers and length, with the exponent fitted."""
import os
import time

import numpy as np

from gnuradio.stft.bank import stft_bins
from gnuradio.stft.bench.benchmark import interleaved
from gnuradio.stft.stft_python import kernels
from gnuradio.stft.transforms import stft

_SAMPLES = 1 << 18  # at least, of the signals whose length does not vary
_LEAST_LENGTH, _LARGEST_LENGTH, _QUICK_LENGTH = 1 << 10, 1 << 26, 1 << 18
_LARGEST_N_FFT, _QUICK_N_FFT = 1 << 20, 1 << 15
_CHANNELS = (1, 4, 16, 64)
_SAMPLES_OF_CHANNEL = 1 << 14
_WORKERS = (1, 2, 4, 8)
_OVERLAP = 4  # n_fft / hop unless hop varies


def tables(n_fft, quick):
    """{quantity: (expected exponent, {value: (call, samples)})}; samples: how many a call transforms."""
    largest = _QUICK_N_FFT if quick else _LARGEST_N_FFT
    longest = _QUICK_LENGTH if quick else _LARGEST_LENGTH
    sizes = [1 << power for power in range(6, largest.bit_length(), 2)]
    bins = [count for count in (1, 4, 16, 64, 256) if count <= n_fft // 2]
    lengths = [1 << power for power in range(_LEAST_LENGTH.bit_length() - 1, longest.bit_length(), 4)]
    return {
        "n_fft, real": (0, {size: _transform(np.float32, (max(_SAMPLES, 4 * size),), size, size // _OVERLAP) for size in sizes}),
        "n_fft, complex": (0, {size: _transform(np.complex64, (max(_SAMPLES, 4 * size),), size, size // _OVERLAP)
                               for size in sizes}),
        "hop": (-1, {hop: _transform(np.float32, (max(_SAMPLES, 4 * n_fft) // 4,), n_fft, hop)
                     for hop in (max(1, n_fft >> power) for power in range(8, -1, -2))}),
        "channels": (0, {count: _transform(np.float32, (count, _SAMPLES_OF_CHANNEL), n_fft, n_fft // _OVERLAP)
                         for count in _CHANNELS}),
        "bins": (1, {count: _chosen(count, n_fft, 1) for count in bins}),
        "length": (0, {length: _transform(np.float32, (length,), n_fft, n_fft) for length in lengths}),
    }


def run(n_fft=1024, rounds=9, quick=False):
    """A list of results: a dict for each value of each quantity, whose seconds are the least of all rounds, and for each quantity
    one with the exponent of the time for a sample."""
    results = []
    for quantity, (expected, calls) in tables(n_fft, quick).items():
        times = interleaved({value: call for value, (call, _) in calls.items()}, rounds)
        results += _results(quantity, expected, {value: np.min(times[value]) / calls[value][1] for value in calls})
    return results + _results("workers", None, _workers_seconds(n_fft, rounds))


def exponent(values, seconds):
    """The p of seconds ~ values^p that fits best: the slope of the logarithms."""
    return float(np.polyfit(np.log(np.asarray(values, float)), np.log(seconds), 1)[0])


def _results(quantity, expected, seconds):
    rows = [{"quantity": quantity, "value": int(value), "seconds_per_sample": float(s)} for value, s in seconds.items()]
    fit = exponent(list(seconds), list(seconds.values())) if len(seconds) > 1 else 0.0
    summed = {"quantity": quantity, "exponent": fit, "expected": expected}
    if quantity.startswith("n_fft") and len(seconds) > 1:  # an FFT takes n log n
        summed["beyond_n_log_n"] = exponent(list(seconds), [s / np.log2(n) for n, s in seconds.items()])
    return rows + [summed]


def _transform(dtype, shape, n_fft, hop):
    x = _noise(shape).astype(dtype)
    return lambda: stft(x, hop=hop, n_fft=n_fft), x.size


def _chosen(count, n_fft, workers):
    x = _noise(max(_SAMPLES, 4 * n_fft))
    bins = np.arange(count)
    return lambda: stft_bins(x, bins, hop=n_fft // _OVERLAP, n_fft=n_fft, method="direct", workers=workers), x.size


def _noise(shape):
    return np.random.default_rng(1).standard_normal(shape, np.float32)


def _workers_seconds(n_fft, rounds):
    """By the clock, since workers' time is not this thread's."""
    seconds = {}
    for workers in (count for count in _WORKERS if count <= (os.cpu_count() or 1)):
        call, samples = _chosen(16, n_fft, workers)
        call()
        seconds[workers] = min(_clock_seconds(call) for _ in range(rounds)) / samples
    return seconds


def _clock_seconds(call):
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def measure(arguments):
    return run(arguments.n_fft, arguments.rounds, arguments.quick)


def show(results, arguments):
    print(f"how the cost grows: ns for a sample of the signal, the least of {arguments.rounds} rounds, Hann window, single precision, "
          f"n_fft {arguments.n_fft} and a hop of a quarter of it unless they vary, SIMD {kernels.simd_level()}")
    row = ""
    for result in results:
        if "value" in result:
            row += f"  {_power(result['value'])} {result['seconds_per_sample'] * 1e9:.2f}"
            continue
        expected = "" if result["expected"] is None else f", {result['expected']} expected"
        if "beyond_n_log_n" in result:
            expected = f", {result['beyond_n_log_n']:+.2f} beyond n log n"
        print(f"{result['quantity']}:{row}; exponent {result['exponent']:+.2f}{expected}")
        row = ""


def _power(value):
    """2^p of powers of two from 1024 on."""
    return f"2^{value.bit_length() - 1}" if value >= 1024 and value & (value - 1) == 0 else str(value)
