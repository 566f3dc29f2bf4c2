# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Chosen bins by each method, compared with the whole STFT of the same frames."""
import numpy as np

from gnuradio.stft import transforms
from gnuradio.stft.bank import stft_bins
from gnuradio.stft.bench.benchmark import interleaved, paired, summary
from gnuradio.stft.stft_python import kernels

WHOLE = "stft"
METHODS = ("sliding", "direct", "fft", "auto")
_SAMPLES = 1 << 20
_QUICK_FRAMES = 200_000  # of what slides, at hop 1: making tables must not count
_SLOW_NUMBERS = 1 << 22  # samples under the frames of what takes each frame by itself


def cases(n_fft):
    """(bins, hop) of every row."""
    for hop in (1, 16, 256):
        for count in (1, 8, 64):
            if hop <= n_fft and count <= n_fft // 2:
                yield count, hop


def run(n_fft=1024, rounds=9):
    """A list of results, one dict for each case: seconds per frame of the whole STFT and of each method, whose values must agree
    first, and how many times as fast the one that is taken by itself is."""
    x = np.random.default_rng(1).standard_normal(max(_SAMPLES, 4 * n_fft)).astype(np.float32)
    results = []
    for count, hop in cases(n_fft):
        times = timed(x, n_fft, hop, {WHOLE: 0, **dict.fromkeys(METHODS, count)}, rounds)
        result = {"bins": count, "n_fft": n_fft, "hop": hop, "error": disagreement(x[: 3 * n_fft], n_fft, hop, count)}
        result.update({name: summary(seconds) for name, seconds in times.items()})
        result["stft_over_auto"] = paired(times[WHOLE], times["auto"])
        results.append(result)
    return results


def timed(x, n_fft, hop, counts, rounds):
    """Seconds per frame and round, {method: array}, of {method: bins}; "stft" takes all of them."""
    made = {}
    for method, count in counts.items():
        frames = _QUICK_FRAMES // hop if method in ("sliding", "auto") else max(100, _SLOW_NUMBERS // n_fft)
        made[method] = _case(x, n_fft, hop, method, count, min(frames, (len(x) - n_fft) // hop))
    times = interleaved({method: call for method, (call, _) in made.items()}, rounds)
    return {method: times[method] / frames for method, (_, frames) in made.items()}


def disagreement(x, n_fft, hop, count):
    """Largest difference between the methods and the whole STFT, of its largest value."""
    X = transforms.stft(x, hop=hop, n_fft=n_fft)
    bins = _bins(n_fft, count)
    error = max(np.max(np.abs(stft_bins(x, bins, hop=hop, n_fft=n_fft, method=m) - X[bins])) for m in METHODS)
    error = float(error / np.max(np.abs(X)))
    if not error < 1e-6:
        raise RuntimeError(f"bins differ from the STFT by {error:.1e} of its largest value: no ratio without equality")
    return error


def _bins(n_fft, count):
    return np.arange(count) * ((n_fft // 2) // max(1, count - 1))


def _case(x, n_fft, hop, method, count, frames):
    made = dict(hop=hop, n_fft=n_fft, first=0, frames=frames)
    if method == WHOLE:
        return lambda: transforms.stft(x, **made), frames
    return lambda: stft_bins(x, _bins(n_fft, count), method=method, **made), frames


def measure(arguments):
    return run(arguments.n_fft, arguments.rounds)


def show(results, arguments):
    print(f"chosen bins of real samples, n_fft {arguments.n_fft}, Hann window, single precision, one thread, ns per frame, SIMD "
          f"{kernels.simd_level()}")
    methods = (WHOLE,) + METHODS
    print("bins   hop" + "".join(f"{name:>11}" for name in methods) + "   stft / auto")
    for result in results:
        print(f"{result['bins']:4}{result['hop']:6}" + "".join(f"{result[m]['median'] * 1e9:11.1f}" for m in methods)
              + f"{result['stft_over_auto']['median']:14.1f}")
