# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Phases from magnitudes, Griffin-Lim and the phase vocoder, compared with the STFT of the same frames."""
import numpy as np

from gnuradio.stft import transforms
from gnuradio.stft.bench.benchmark import interleaved, paired, summary
from gnuradio.stft.phase_retrieval import griffin_lim
from gnuradio.stft.phases import phase_from_magnitude, time_stretch
from gnuradio.stft.stft_python import kernels

WHOLE = "stft"
_NUMBERS = 1 << 21  # samples under the frames of a call


def calls(n_fft, dtype):
    """What is measured, by name, and the number of frames of each."""
    hop = n_fft // 8
    frames = max(64, _NUMBERS // n_fft)
    x = np.random.default_rng(1).standard_normal(frames * hop).astype(dtype)
    made = dict(hop=hop, n_fft=n_fft)
    X = transforms.stft(x, frames=frames, **made)
    A = np.abs(X)
    return {
        WHOLE: lambda: transforms.stft(x, frames=frames, **made),
        "rtpghi": lambda: phase_from_magnitude(A, method="rtpghi", **made),
        "rtpghi, look ahead": lambda: phase_from_magnitude(A, method="rtpghi", look_ahead=1, **made),
        "pghi": lambda: phase_from_magnitude(A, **made),
        "griffin_lim, a step": lambda: griffin_lim(A, iterations=1, initial="zero", length=len(x), **made),
        "time_stretch, rate 0.8": lambda: time_stretch(x, 0.8, **made),
    }, frames


def deviation(n_fft, dtype):
    """How far the magnitudes of a chirp come back from what was made of them, of their norm; that must be little first."""
    hop, n = n_fft // 16, np.arange(20 * n_fft)
    x = np.cos(0.3 * n + 0.2 / n_fft**1.5 * n**2).astype(dtype)
    window = ("gaussian", n_fft / 8)
    A = np.abs(transforms.stft(x, window, hop=hop, n_fft=n_fft))
    X = phase_from_magnitude(A, window, hop=hop, n_fft=n_fft)
    y = transforms.istft(X, window, hop=hop, n_fft=n_fft, length=len(x))
    off = float(np.linalg.norm(np.abs(transforms.stft(y, window, hop=hop, n_fft=n_fft)) - A) / np.linalg.norm(A))
    if not off < 0.05:
        raise RuntimeError(f"magnitudes of a chirp come back to {100 * off:.1f} %: no speed without them")
    return off


def run(n_fft=1024, rounds=9):
    """A list of results, one dict for each precision: seconds per frame of each function, how many frames of the STFT that is, samples
    per second at a hop of n_fft / 8, and the deviation of magnitudes."""
    results = []
    for dtype in (np.float32, np.float64):
        measured, frames = calls(n_fft, dtype)
        result = {"n_fft": n_fft, "hop": n_fft // 8, "frames": frames, "dtype": np.dtype(dtype).name}
        result["deviation"] = deviation(n_fft, dtype)
        times = {name: seconds / frames for name, seconds in interleaved(measured, rounds).items()}
        result.update({name: summary(seconds) for name, seconds in times.items()})
        result["over_stft"] = {name: paired(times[name], times[WHOLE]) for name in times if name != WHOLE}
        result["samples_per_second"] = {name: result["hop"] / result[name]["median"] for name in times}
        results.append(result)
    return results


def measure(arguments):
    return run(arguments.n_fft, arguments.rounds)


def show(results, arguments):
    print(f"real samples, n_fft {arguments.n_fft}, hop {arguments.n_fft // 8}, Hann window, one thread, SIMD {kernels.simd_level()}")
    for result in results:
        print(f"\n{result['dtype']}: magnitudes of a chirp come back to {100 * result['deviation']:.1f} %")
        for name, rate in result["samples_per_second"].items():
            line = f"  {name:<25}{result[name]['median'] * 1e6:9.2f} us/frame, {rate / 1e6:7.2f} MS/s"
            if name in result["over_stft"]:
                line += f" = {result['over_stft'][name]['median']:.1f} STFT frames"
            print(line)
