# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft info: what a choice of window, n_fft and hop gives, and what a recording is."""
import json
import math
import time

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.command import warn
from gnuradio.stft.app.command_options import (LARGEST_N_FFT, add_framing_arguments, add_rate_argument, check_framing,
                                               hop_of, named_window, require_positive, sample_window)
from gnuradio.stft.app.files.quantities import in_units
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.recordings import open_recording
from gnuradio.stft.stft_python import buffer_bytes

_N_FFT = 1024


def add_arguments(parser):
    parser.add_argument("input", nargs="?", metavar="INPUT",
                        help="a recording as in spectrogram, which is described and gives the rate and the kind of samples")
    parser.add_argument("--dtype", metavar="FORMAT", help="INPUT is raw samples of this SigMF type: cf32_le, ci16_le, cu8, ...")
    add_framing_arguments(parser, n_fft=f"win_length, else {_N_FFT}", longest=LARGEST_N_FFT)
    add_rate_argument(parser, "sampling rate (default: that of INPUT; without one results are in samples)")
    parser.add_argument("--complex", action="store_true",
                        help="samples are complex: the spectrum is two-sided")
    parser.add_argument("--json", action="store_true", help="print a JSON object in SI units")


def run(arguments):
    require_positive("rate", arguments.rate)
    check_framing(arguments, longest=LARGEST_N_FFT)
    recording = _recording(arguments)
    n_fft = arguments.n_fft or arguments.win_length or _N_FFT
    win_length = arguments.win_length or n_fft
    hop = hop_of(arguments, win_length, max(1, win_length // 4))
    facts = describe(named_window(arguments.window), n_fft, win_length, hop,
                     arguments.rate or 1.0, arguments.complex)
    facts["rate_known"] = arguments.rate is not None
    if recording:
        facts["recording"] = recording
    print(json.dumps(_without_infinities(facts), indent=2, allow_nan=False) if arguments.json
          else _text(facts))


def _recording(arguments):
    """Facts of the recording, if one is given; the arguments get its rate and kind of samples."""
    if arguments.input is None:
        if arguments.dtype is not None:
            refuse("dtype", arguments.dtype, "needs INPUT")
        return None
    with open_recording(arguments.input, dtype=arguments.dtype, rate=arguments.rate) as opened:
        arguments.rate = opened.fs if opened.rate_known else None
        arguments.complex = opened.is_complex
        for warning in opened.warnings:
            warn("info", f"{opened.path}: {warning}")
        return {"file": opened.path, "format": opened.format, "channels": opened.channels, "samples": opened.length,
                "duration": opened.duration if opened.rate_known else None, "freq_center": opened.zero_frequency or None,
                "time": opened.time.isoformat() if opened.time else None, "annotations": len(opened.annotations)}


def _recording_lines(facts):
    duration = "" if facts["duration"] is None else f", {in_units(facts['duration'], 's', 6)}"
    center = "" if facts["freq_center"] is None else f", centre {in_units(facts['freq_center'], 'Hz', 10)}"
    time = "" if facts["time"] is None else f", from {facts['time']}"
    notes = f", {_many(facts['annotations'], 'annotation')}" if facts["annotations"] else ""
    return [("file", facts["file"]), ("format", f"{facts['format']}, {_many(facts['channels'], 'channel')}"),
            ("length", f"{facts['samples']} samples{duration}{center}{time}{notes}")]


def _many(count, what):
    return f"{count} {what}{'s' * (count != 1)}"


def describe(window, n_fft, win_length, hop, fs, is_complex):
    """All that is shown, as a dict of plain numbers: seconds, Hz, samples, bytes."""
    taps = sample_window(window, win_length)
    bins = n_fft if is_complex else n_fft // 2 + 1
    spread_time, spread_frequency = spreads(taps)
    return {
        "window": window, "n_fft": n_fft, "win_length": win_length, "hop": hop,
        "samp_rate": fs, "complex": is_complex, "bins": bins,
        "overlap": 1 - hop / win_length,
        "dt": spread_time / fs,
        "df": spread_frequency * fs,
        "product_over_bound": 4 * math.pi * spread_time * spread_frequency,
        "enbw": fs * float(np.sum(np.abs(taps)**2) / abs(np.sum(taps))**2)
                if abs(np.sum(taps)) > 1e-12 * np.sum(np.abs(taps)) else math.inf,
        "bin_spacing": fs / n_fft,
        "frame_spacing": hop / fs,
        "latency_centre": (win_length - 1 - win_length // 2) / fs,
        "latency_round_trip": (win_length - 1) / fs,
        "redundancy": n_fft / hop,
        **invertibility(taps, hop, n_fft),
        "row_bytes": {"stft": 8 * bins, "spectrogram": 4 * bins},
        "buffers": {"stft": buffer_bytes(8 * bins), "spectrogram": buffer_bytes(4 * bins)},
        **measured_speed(window, n_fft, win_length, hop, is_complex),
    }


def spreads(taps):
    """Standard deviations of |w|^2 in samples and of |W|^2 in cycles per sample."""
    taps = np.asarray(taps)
    n = 2**math.ceil(math.log2(16 * len(taps)))
    density = np.abs(np.fft.fftshift(np.fft.fft(taps, n)))**2
    return (_deviation(np.arange(len(taps)), np.abs(taps)**2),
            _deviation((np.arange(n) - n // 2) / n, density))


def _deviation(positions, weights):
    weights = weights / weights.sum()
    mean = np.sum(weights * positions)
    return float(np.sqrt(np.sum(weights * (positions - mean)**2)))


def invertibility(taps, hop, n_fft):
    """Frame bounds, and what follows from them: NOLA, where D = sum |w[n - p hop]|^2 varies from A / n_fft to B / n_fft unless the window
    is longer than n_fft; and the condition of the inverse, B / A. COLA."""
    lower, upper = stft.frame_bounds(taps, hop, n_fft)
    nola = lower > 1e-10 * upper
    return {"nola": nola, "cola": bool(stft.check_cola(taps, hop)), "frame_bounds": (lower, upper),
            "condition": upper / lower if nola else math.inf}


def measured_speed(window, n_fft, win_length, hop, is_complex, seconds=0.2):
    """Frames and samples per second of stft.stft() on this machine, on one core."""
    frames = max(1, min(2**20 // n_fft, 2**22 // hop))
    generator = np.random.default_rng(1)
    samples = generator.standard_normal((frames - 1) * hop + win_length, np.float32)
    if is_complex:
        samples = samples.astype(np.complex64)

    def transform():
        stft.stft(samples, window, hop=hop, win_length=win_length, n_fft=n_fft,
                  first=0, frames=frames)

    transform()  # plans
    best, spent = math.inf, 0.0
    while spent < seconds:
        began = time.perf_counter()
        transform()
        took = time.perf_counter() - began
        best, spent = min(best, took), spent + took
    return {"frames_per_second": frames / best, "samples_per_second": frames * hop / best}


def _without_infinities(value):
    """JSON has none: null."""
    if isinstance(value, dict):
        return {key: _without_infinities(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(facts):
    known = facts["rate_known"]
    seconds, hertz = ("s", "Hz") if known else ("samples", "cycles/sample")
    window = facts["window"]
    name = window if isinstance(window, str) else " ".join(map(str, window))
    condition = "" if not facts["nola"] else f", B / A = {facts['condition']:.4g}"
    lower, upper = facts["frame_bounds"]
    speed = f"{facts['frames_per_second']:.4g} frames/s, {facts['samples_per_second'] / 1e6:.4g} MS/s"
    if known:
        speed += f", {facts['samples_per_second'] / facts['samp_rate']:.4g} times real time"
    lines = [
        *(_recording_lines(facts["recording"]) if "recording" in facts else ()),
        ("parameters", f"n_fft {facts['n_fft']}, win_length {facts['win_length']}, hop "
                       f"{facts['hop']} (overlap {100 * max(0, facts['overlap']):.4g} %), window {name}"),
        ("samples", f"{'complex' if facts['complex'] else 'real'}, "
                    + (f"{in_units(facts['samp_rate'], 'Hz', 7)}" if known else "rate not given")),
        ("spectrum", f"{facts['bins']} bins every {in_units(facts['bin_spacing'], hertz)}, "
                     f"a frame every {in_units(facts['frame_spacing'], seconds)}"),
        ("resolution", f"dt {in_units(facts['dt'], seconds)}, df {in_units(facts['df'], hertz)}: "
                       f"{facts['product_over_bound']:.4g} times the bound dt df = 1/(4 pi)"),
        ("", f"window {in_units(facts['win_length'] / facts['samp_rate'], seconds)}, "
             f"noise bandwidth {in_units(facts['enbw'], hertz)}"),
        ("latency", f"{in_units(facts['latency_centre'], seconds)} after a frame's centre, "
                    f"{in_units(facts['latency_round_trip'], seconds)} through forward and inverse"),
        ("inverse", f"{'exists (NOLA' if facts['nola'] else 'none (not NOLA'}{condition}), "
                    f"{'COLA' if facts['cola'] else 'not COLA'}"),
        ("frame bounds", f"A = {lower:.6g}, B = {upper:.6g}: sum |X|^2 over sum |x|^2, two-sided"),
        ("redundancy", f"{facts['redundancy']:.4g} values per sample"),
        ("memory", ", ".join(f"{block} block {size / 2**20:.4g} MiB"
                             f" ({size // facts['row_bytes'][block]} rows)"
                             for block, size in facts["buffers"].items()) + " of output buffer"),
        ("speed", f"{speed} (stft on one core, measured now)"),
    ]
    return "\n".join(f"{name + ':' if name else '':<14}{text}" for name, text in lines)
