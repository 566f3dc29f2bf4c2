# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Reassignment and synchrosqueezing compared with the STFT of the same frames."""
import numpy as np

from gnuradio.stft import transforms
from gnuradio.stft.bench.benchmark import interleaved, paired, summary
from gnuradio.stft.squeezing import inverse_synchrosqueeze, phase_derivatives, reassign, reassigned_spectrogram, synchrosqueeze
from gnuradio.stft.stft_python import kernels

WHOLE = "stft"
_NUMBERS = 1 << 21  # samples under the frames of a call


def _second_order(x, **made):
    return synchrosqueeze(x, order=2, **made)


FUNCTIONS = {
    WHOLE: transforms.stft,
    "phase_derivatives": phase_derivatives,
    "reassign": reassign,
    "reassigned_spectrogram": reassigned_spectrogram,
    "synchrosqueeze": synchrosqueeze,
    "synchrosqueeze, order 2": _second_order,
}


def run(n_fft=1024, rounds=9):
    """A list of results, one dict for each precision: seconds per frame of each function, how many frames of the STFT that is,
    and the error of the synchrosqueezed inverse, which must be small first."""
    results = []
    for dtype in (np.float32, np.float64):
        hop = n_fft // 8
        frames = max(64, _NUMBERS // n_fft)
        x = np.random.default_rng(1).standard_normal(frames * hop).astype(dtype)
        made = dict(hop=hop, n_fft=n_fft, frames=frames)
        calls = {name: (lambda function=function: function(x, **made)) for name, function in FUNCTIONS.items()}
        result = {"n_fft": n_fft, "hop": hop, "frames": frames, "dtype": np.dtype(dtype).name, "error": error(x[: 2 * n_fft], n_fft)}
        times = {name: seconds / frames for name, seconds in interleaved(calls, rounds).items()}
        result.update({name: summary(seconds) for name, seconds in times.items()})
        result["over_stft"] = {name: paired(times[name], times[WHOLE]) for name in times if name != WHOLE}
        results.append(result)
    return results


def error(x, n_fft):
    """Largest error of the signal that comes back, of its largest sample."""
    worst = 0.0
    for order in (1, 2):
        T, _ = synchrosqueeze(x, n_fft=n_fft, order=order)
        back = inverse_synchrosqueeze(T, n_fft=n_fft, length=len(x))
        worst = max(worst, float(np.max(np.abs(back - x)) / np.max(np.abs(x))))
    limit = 1e-6 if x.dtype == np.float32 else 1e-12
    if not worst < limit:
        raise RuntimeError(f"the synchrosqueezed inverse is off by {worst:.1e} of the largest sample: no speed without it")
    return worst


def measure(arguments):
    return run(arguments.n_fft, arguments.rounds)


def show(results, arguments):
    print(f"real samples, n_fft {arguments.n_fft}, hop {arguments.n_fft // 8}, Hann window, one thread, SIMD {kernels.simd_level()}")
    for result in results:
        print(f"\n{result['dtype']}: error of the synchrosqueezed inverse {result['error']:.1e} of the largest sample")
        for name in FUNCTIONS:
            line = f"  {name:<25}{result[name]['median'] * 1e6:9.2f} us/frame"
            if name in result["over_stft"]:
                line += f" = {result['over_stft'][name]['median']:.1f} STFT frames"
            print(line)
