# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Multipliers compared with the STFT and its inverse one after the other, windows longer than n_fft with those of n_fft samples, and the
block mask_vcvc with GNU Radio's own product of two streams."""
import time

import numpy as np
from gnuradio import blocks, gr

from gnuradio.stft.bench.benchmark import interleaved, paired, require_agreement, summary
from gnuradio.stft.gabor import multiply
from gnuradio.stft.stft_python import kernels, mask_vcvc
from gnuradio.stft.transforms import istft, sample_window, stft

PLAIN = "stft, product, istft"
_SAMPLES = 1 << 20
_ROWS = 1 << 14  # of a flowgraph
_LONG = 4  # n_fft under a long window


def run(n_fft=1024, hop=256, rounds=9):
    """Two results: microseconds per frame of functions, with ratios; rows per second of blocks, with their ratio."""
    return [functions(n_fft, hop, rounds), flowgraphs(n_fft, rounds)]


def functions(n_fft, hop, rounds):
    x = np.random.default_rng(1).standard_normal(_SAMPLES).astype(np.float32)
    frame = dict(hop=hop, n_fft=n_fft)
    X = stft(x, **frame)
    masks = np.random.default_rng(2).standard_normal(X.T.shape, np.float32).T
    m = np.arange(_LONG * n_fft) - _LONG * n_fft // 2
    prototype = sample_window("hann", _LONG * n_fft) * np.sinc(m / n_fft)
    Y = stft(x, prototype, **frame)
    require_agreement("multiply()", istft(X * masks, length=len(x), **frame), multiply(x, masks, **frame), 1e-6)
    require_agreement("the inverse of a long window", x, istft(Y, prototype, length=len(x), **frame), 1e-4)
    calls = {
        PLAIN: lambda: istft(stft(x, **frame) * masks, length=len(x), **frame),
        "multiply, a mask for each frame": lambda: multiply(x, masks, **frame),
        "multiply, one mask": lambda: multiply(x, masks[:, :1], **frame),
        "stft": lambda: stft(x, **frame),
        "stft, long window": lambda: stft(x, prototype, **frame),
        "istft": lambda: istft(X, length=len(x), **frame),
        "istft, long window": lambda: istft(Y, prototype, length=len(x), **frame),
    }
    times = {name: seconds / X.shape[1] for name, seconds in interleaved(calls, rounds).items()}
    base = {name: "istft" if name.startswith("istft") else "stft" if name.startswith("stft,") and name != PLAIN else PLAIN for name in times}
    return {
        "n_fft": n_fft, "hop": hop, "frames": X.shape[1], "functions": {name: summary(seconds) for name, seconds in times.items()},
        "over": {name: {"of": base[name], **paired(times[name], times[base[name]])} for name in times if base[name] != name and name != "stft"},
    }  # fmt: skip


def _seconds(make, bins):
    """Of a flowgraph in which rows and masks go through a block."""
    top = gr.top_block()
    block = make(bins)
    item = gr.sizeof_gr_complex * bins
    sources = [blocks.null_source(item) for _ in range(2)]
    top.connect(sources[0], blocks.head(item, _ROWS), (block, 0))
    top.connect(sources[1], (block, 1))
    top.connect(block, blocks.null_sink(item))
    begin = time.perf_counter()
    top.run()
    return time.perf_counter() - begin


def flowgraphs(n_fft, rounds):
    bins = n_fft // 2 + 1
    ways = {"mask_vcvc": lambda b: mask_vcvc(n_fft, n_fft // 4, complex_masks=True), "multiply_vcc": blocks.multiply_vcc}
    times = {name: [] for name in ways}
    for turn in range(rounds):
        for name in sorted(ways, reverse=bool(turn % 2)):
            times[name].append(_seconds(ways[name], bins))
    return {
        "n_fft": n_fft, "rows": _ROWS, "blocks": {name: summary(np.array(seconds)) for name, seconds in times.items()},
        "over_stock": paired(times["multiply_vcc"], times["mask_vcvc"]),
    }  # fmt: skip


def measure(arguments):
    return run(arguments.n_fft, arguments.hop, arguments.rounds)


def show(results, arguments):
    made, streams = results
    print(f"float32, n_fft {made['n_fft']}, hop {made['hop']}, Hann; long: {_LONG} n_fft of a sinc; one thread, SIMD {kernels.simd_level()}")
    for name, seconds in made["functions"].items():
        line = f"  {name:<34}{seconds['median'] * 1e6:9.2f} us/frame"
        if name in made["over"]:
            line += f" = {made['over'][name]['median']:.2f} of {made['over'][name]['of']}"
        print(line)
    rate = streams["rows"] / streams["blocks"]["mask_vcvc"]["median"]
    print(f"  block mask_vcvc, complex masks: {rate:.3g} rows/s, {streams['over_stock']['median']:.2f} times multiply_vcc")
