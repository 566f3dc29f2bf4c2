# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Timing by interleaved rounds: machines are noisy, ratios of neighbours are not."""
import importlib
import time

import numpy as np

_SECONDS_PER_TURN = 0.02


def interleaved(cases, rounds, begin=0):
    """Seconds of this thread that each call took: {name: array (rounds,)} of {name: function}.

    Every round times every case, beginning one further each time; a turn repeats a quick function for 20 ms.
    """
    repeats = {name: _repeats(function) for name, function in cases.items()}
    times = {name: np.empty(rounds) for name in cases}
    names = list(cases)
    for turn in range(rounds):
        first = (begin + turn) % len(names)
        for name in names[first:] + names[:first]:
            start = time.thread_time()
            for _ in range(repeats[name]):
                cases[name]()
            times[name][turn] = (time.thread_time() - start) / repeats[name]
    return times


def _repeats(function):
    """After one call that plans and warms caches."""
    function()
    start = time.thread_time()
    function()
    once = max(time.thread_time() - start, 1e-7)
    return max(1, int(_SECONDS_PER_TURN / once))


def paired(of, to):
    """The median of the rounds' ratios, and the range of their middle half."""
    ratios = np.asarray(of) / np.asarray(to)
    return {"median": float(np.median(ratios)), "quartiles": [float(q) for q in np.percentile(ratios, (25, 75))]}


def summary(times):
    """Least, median and spread (half the quartile distance over the median) of one case's seconds."""
    low, median, high = np.percentile(times, (25, 50, 75))
    return {"min": float(np.min(times)), "median": float(median), "spread": float((high - low) / 2 / median)}


def require_agreement(name, theirs, ours, limit):
    """RuntimeError if results differ by more than `limit` of the largest value."""
    error = np.max(np.abs(theirs - ours)) / np.max(np.abs(ours))
    if not error <= limit:
        raise RuntimeError(f"{name} differs by {error:.1e} of the largest value: no ratio without equality")


def compiled_benchmark(subject):
    """The module with the naive loops that kernels are compared with."""
    try:
        return importlib.import_module("gnuradio.stft.bench_python")
    except ImportError:
        raise ImportError(f"bench: {subject}: needs a build with ENABLE_BENCHMARK=ON") from None
