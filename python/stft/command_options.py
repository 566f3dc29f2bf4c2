# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Options that verbs share, and their checks."""
import math

import numpy as np

from gnuradio import stft
from gnuradio.stft.recordings import refuse

LARGEST_N_FFT = 2**20


def add_framing_arguments(parser, *, n_fft):
    """--n-fft, --win-length, --hop, --overlap and --window; `n_fft` describes its default."""
    group = parser.add_argument_group("frames")
    group.add_argument("--n-fft", type=int, metavar="N",
                       help=f"DFT length, 1 .. {LARGEST_N_FFT} (default: {n_fft})",
                       default=None)
    group.add_argument("--win-length", type=int, metavar="N", default=None,
                       help="window length in samples, 1 .. n_fft (default: n_fft)")
    step = group.add_mutually_exclusive_group()
    step.add_argument("--hop", type=int, metavar="N", default=None,
                      help="samples from frame to frame (default: win_length / 4)")
    step.add_argument("--overlap", type=float, metavar="FRACTION", default=None,
                      help="instead of --hop: part of the window that two frames share, 0 .. <1")
    group.add_argument("--window", default="hann", metavar="NAME",
                       help="window by its SciPy name, parameters after colons: kaiser:8.6")


def check_framing(arguments):
    """ValueError for whatever can be refused before n_fft, which may be automatic, is known."""
    require_range("n_fft", arguments.n_fft, 1, LARGEST_N_FFT)
    require_range("win_length", arguments.win_length, 1, arguments.n_fft or LARGEST_N_FFT)
    require_range("hop", arguments.hop, 1, 2**31 - 1)
    if arguments.overlap is not None and not 0 <= arguments.overlap < 1:
        refuse("overlap", arguments.overlap, "must be at least 0 and less than 1")
    window = named_window(arguments.window)
    sample_window(window, arguments.win_length or arguments.n_fft or 16)


def named_window(text):
    """The window named on the command line: "hann", or ("kaiser", 8.6) for "kaiser:8.6"."""
    name, *parameters = text.split(":")
    try:
        values = [float(parameter) for parameter in parameters]
    except ValueError:
        refuse("window", repr(text), "must be a name, or a name and numbers: kaiser:8.6")
    if not all(map(math.isfinite, values)):
        refuse("window", repr(text), "its parameters must be finite")
    return (name, *values) if values else name


def sample_window(window, length):
    """The window's taps, refused where no spectrum can be scaled by them."""
    taps = np.asarray(stft.sample_window(window, length))
    if not (np.all(np.isfinite(taps)) and np.any(taps)):
        refuse("window", window, f"has no finite, non-zero taps at length {length}")
    return taps


def hop_of(arguments, win_length, default):
    """The hop in samples that --hop or --overlap asks for, else `default`."""
    if arguments.hop is not None:
        return arguments.hop
    if arguments.overlap is not None:
        return max(1, round(win_length * (1 - arguments.overlap)))
    return default


def require_range(name, value, smallest, largest):
    if value is not None and not smallest <= value <= largest:
        refuse(name, value, f"must be {smallest} .. {largest}")


def require_finite(name, value):
    if value is not None and not math.isfinite(value):
        refuse(name, value, "must be finite")


def require_positive(name, value):
    if value is not None and not (math.isfinite(value) and value > 0):
        refuse(name, value, "must be positive and finite")


def in_units(value, unit, digits=4):
    """A value with the SI prefix that suits it: (0.0123, "s") is "12.3 ms"."""
    if unit == "samples" and value == int(value):
        return f"{value:.0f} {unit}"
    if unit not in ("s", "Hz") or value == 0 or not math.isfinite(value):
        return f"{value:.{digits}g} {unit}".rstrip()
    for prefix, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1), ("m", 1e-3), ("µ", 1e-6)):
        if abs(value) >= factor and not (unit == "s" and factor > 1):
            break
    else:
        prefix, factor = "n", 1e-9
    return f"{value / factor:.{digits}g} {prefix}{unit}"
