# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The adaptive STFT in a flowgraph, compared with the DSTFT whose window length is given, and with one plain STFT frame."""
import time
from functools import partial

import numpy as np
from gnuradio import blocks, gr

from gnuradio.stft.adaptive import adapt
from gnuradio.stft.bench.benchmark import interleaved, summary
from gnuradio.stft.stft_python import adaptive_stft_fvc, dstft_fvc, kernels
from gnuradio.stft.transforms import stft

LEAST_N_FFT = 128  # for four bands at the short hop
_SECONDS = 0.5  # of one run of a flowgraph
_SAMPLES = 1 << 18  # of the signal, again and again


def cases(n_fft):
    """(name, hop, what makes the block, arguments of adapt() for the learning alone) of every case; hops are n_fft / 16 and
    n_fft / 4."""
    short, long = n_fft / 16, n_fft / 4
    theta = 0.7 * n_fft
    frozen = {"freeze": True, "theta_init": theta}
    for hop in (short, long):
        yield "theta given (dstft_fvc)", hop, partial(dstft_fvc, n_fft, hop, theta), None
        for name, how in (
                ("frozen", frozen),
                ("bank", {}),
                ("gradient, 3 steps", {"method": "gradient"}),
                ("bank, and 3 steps on t", {"learn": "both"}),
                ("bank, theta and chirp rates", {"learn": "theta_chirp"}),
                ("4 bands, frozen", {"share": "cell", **frozen}),
                ("4 bands, an FFT for each", {"share": "cell"}),
                ("4 bands, interpolated over bins", {"share": "cell", "interpolate": True}),
                ("4 bands, and 3 steps in each cell", {"share": "cell", "steps": 3})):
            alone = None if "freeze" in how else {"n_fft": n_fft, "hop": hop, **how}
            yield name, hop, partial(adaptive_stft_fvc, n_fft, hop, **how), alone


def run(n_fft=1024, rounds=5, only=None):
    """A list of results, one dict for each case, or for those with the names in `only`: samples per second by the clock; seconds of CPU time that the flowgraph takes
    for a frame, also in units of a plain STFT frame of the same run; and those of the learning alone, without output.
    """
    n = np.arange(_SAMPLES)
    x = np.cos(2 * np.pi * (0.2 * n + 1500 * np.sin(2 * np.pi * n / 2**16)))
    x = (x + 0.1 * np.random.default_rng(0).standard_normal(_SAMPLES)).astype(np.float32)
    plain = summary(interleaved({"stft": lambda: stft(x, "boxcar", hop=n_fft, n_fft=n_fft)}, rounds)["stft"])
    plain_frame = plain["median"] / (1 + _SAMPLES // n_fft)
    runs = [(*case, _samples_for(case[2], x)) for case in cases(n_fft) if only is None or case[0] in only]
    times = np.array([[(*_seconds(make, x, count), _learning_seconds(alone, x)) for _, _, make, alone, count in runs]
                      for _ in range(rounds)])
    results = []
    for (name, hop, _, alone, count), (seconds, cpu, learning) in zip(runs, np.median(times, 0)):
        per_frame = cpu / count * hop
        result = {"name": name, "n_fft": n_fft, "hop": hop, "samples_per_second": count / seconds,
                  "cpu_seconds_per_frame": per_frame, "plain_frames": per_frame / plain_frame}
        if alone:
            result["learning_seconds_per_frame"] = learning / (1 + _SAMPLES // hop)
            result["learning"] = result["learning_seconds_per_frame"] / per_frame
        results.append(result)
    return results


def _learning_seconds(alone, x):
    if alone is None:
        return 0.0
    begin = time.thread_time()
    adapt(x, spectra=False, **alone)
    return time.thread_time() - begin


def _samples_for(make, x):
    """Samples for which a run takes about _SECONDS."""
    count = 1 << 16
    while (taken := _seconds(make, x, count)[0]) < _SECONDS / 4:
        count *= 2
    return int(count * max(1.0, _SECONDS / taken))


def _seconds(make, x, count):
    """By the clock, and of all threads' CPU time. A block has large buffers in its first flowgraph only."""
    top, block = gr.top_block(), make()
    top.connect(blocks.vector_source_f(x.tolist(), True), blocks.head(gr.sizeof_float, count), block)
    top.connect(block, blocks.null_sink(block.output_signature().sizeof_stream_item(0)))
    begun = time.perf_counter(), time.process_time()
    top.run()
    return time.perf_counter() - begun[0], time.process_time() - begun[1]


def measure(arguments):
    return run(arguments.n_fft, arguments.rounds)


def show(results, arguments):
    print(f"adaptive STFT of real samples in a flowgraph, n_fft {arguments.n_fft}, SIMD {kernels.simd_level()}")
    hop = None
    for result in results:
        if result["hop"] != hop:
            hop = result["hop"]
            print(f"\nhop {hop:g}")
        learning = ""
        if "learning" in result:
            learning = f", learning {result['learning_seconds_per_frame'] * 1e6:.2f} us = {100 * result['learning']:.0f} %"
        print(f"  {result['name']:<33}{result['samples_per_second'] / 1e6:8.2f} MS/s, {result['cpu_seconds_per_frame'] * 1e6:8.2f} "
              f"us/frame = {result['plain_frames']:.1f} plain STFT frames{learning}")
