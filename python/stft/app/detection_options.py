# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Options of detection, which the verbs detect and monitor share, and the detector that they describe."""
import argparse

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.command_options import as_options, named_window
from gnuradio.stft.app.files.quantities import hertz, in_units, seconds
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.monitoring import check_detector

_NEVER = 1e15  # s
_OPTIONS = {"gap_rows": "gap", "samp_rate": "rate", "freq_center": "center"}  # by the detector's parameters
_PER_HOUR = {"h": 1.0, "hour": 1.0, "d": 1 / 24, "day": 1 / 24, "s": 3600.0}


def add_detection_arguments(parser):
    group = parser.add_argument_group("detection")
    group.add_argument("--false-alarms", type=_rate_of_alarms, metavar="RATE", default=1.0,
                       help="events that noise alone may cause: 1/h/MHz, 0.1/h/MHz, 24/d/MHz, or a number per hour "
                            "and MHz (default: 1/h/MHz)")
    group.add_argument("--min-snr", type=float, metavar="DB", default=0.0,
                       help="of the weakest event, in its own time and band (default: 0)")
    group.add_argument("--min-duration", type=seconds, metavar="TIME", default=0.0,
                       help="of the shortest burst: 2ms, 0.5 (default: 0)")
    group.add_argument("--min-bandwidth", type=hertz, metavar="HZ", default=0.0,
                       help="of the narrowest burst: 5k (default: 0)")
    group.add_argument("--ignore", type=_range, metavar="F0:F1", action="append", default=[],
                       help="frequencies in which nothing is looked for: 433.9M:434.0M; repeatable")
    group.add_argument("--band", type=_range, metavar="F0:F1", action="append", default=[],
                       help="frequencies in which alone events are looked for; repeatable")
    group.add_argument("--scales", metavar="SIZES", default="",
                       help="boxes that are searched, rows x bins: 1x1,4x4,16x4 (default: eleven, from 1x1 to 64x4)")
    group.add_argument("--gap", type=int, metavar="ROWS", default=2,
                       help="rows without signal that do not end an event (default: 2)")
    group.add_argument("--gap-bins", type=int, metavar="BINS", default=2,
                       help="bins without signal that do not divide an event (default: 2)")
    group.add_argument("--dynamic-range", type=float, metavar="DB", default=35.0,
                       help="below the strongest bin of its time a signal is not looked for (default: 35)")
    group.add_argument("--warm-up", type=int, metavar="ROWS", default=256,
                       help="rows from which the noise floor is first estimated (default: 256)")
    group.add_argument("--steps", action="store_true",
                       help="changes of the level of the whole band are events, too")
    frames = parser.add_argument_group("frames")
    frames.add_argument("--n-fft", type=int, metavar="N", default=1024,
                        help="DFT length (default: 1024; 256 for pulses, 4096 for narrow lines)")
    frames.add_argument("--hop", type=int, metavar="N", default=None,
                        help="samples from row to row (default: n_fft / 2)")
    frames.add_argument("--window", default="hann", metavar="NAME",
                        help="window by its SciPy name, parameters after colons: kaiser:8.6")


def detector_for(arguments, rate, dtype, *, center=None, time=None, source="", quantum=0.0, rate_known=True):
    """The SignalDetector that the arguments ask for.

    center: Hz of the samples' zero frequency, or None. quantum: a step of the samples' quantiser, 0 if it is not known.
    rate_known: False: there are no seconds, and no updates of events that last.
    """
    interval = {"update_interval": arguments.update_interval if rate_known else _NEVER} \
        if hasattr(arguments, "update_interval") else {}
    with as_options(**_OPTIONS):
        return stft.SignalDetector(
            rate, dtype=dtype, freq_center=center, time=time, source=source, ignore=_ignored(arguments, rate, dtype, center),
            least=_quantisation_noise(quantum, rate), **interval, **_settings(arguments))


def _settings(arguments):
    return dict(
        n_fft=arguments.n_fft, hop=arguments.hop, window=named_window(arguments.window),
        false_alarms=arguments.false_alarms, min_snr=arguments.min_snr, dynamic_range=arguments.dynamic_range,
        min_duration=arguments.min_duration, min_bandwidth=arguments.min_bandwidth, gap_rows=arguments.gap,
        gap_bins=arguments.gap_bins, scales=arguments.scales, steps=arguments.steps, warm_up=arguments.warm_up)


def _ignored(arguments, rate, dtype, center):
    """The ranges to ignore: those that are given, and what lies between the bands."""
    low = (center or 0.0) - (rate / 2 if np.dtype(dtype).kind == "c" else 0.0)
    high = (center or 0.0) + rate / 2
    ignored = list(arguments.ignore)
    begin = low - rate
    for lower, upper in sorted(arguments.band):
        if lower >= high or upper <= low:
            refuse("band", f"{lower:g}:{upper:g}", f"lies outside of the samples' {low:g} .. {high:g} Hz")
        width = rate / arguments.n_fft
        first = max(np.ceil((lower - (center or 0.0)) / width + 0.5), np.round((low - (center or 0.0)) / width))
        last = min(np.floor((upper - (center or 0.0)) / width - 0.5), np.round((high - (center or 0.0)) / width))
        if last < first:
            refuse("band", f"{lower:g}:{upper:g}", f"holds no whole bin of {in_units(width, 'Hz')}")
        ignored += [(begin, lower)] if begin < lower else []
        begin = max(begin, upper)
    ignored += [(begin, high + rate)] if arguments.band and begin < high + rate else []
    return ignored


def _quantisation_noise(quantum, rate):
    """Density of the quantisation noise, unit^2 / Hz: I and Q have an error of variance quantum^2 / 12 each, and a one-sided density of real
    samples counts theirs twice."""
    return quantum**2 / 6 / rate


def check_detection(arguments):
    """ValueError for what can be refused before a recording or a device is opened."""
    with as_options(**_OPTIONS):
        check_detector(1e6, **_settings(arguments))


def unusable_rows(count):
    """Words for rows that are not searched."""
    return f"{count} rows are not searched, since they hold NaN, infinity, or powers that are too large or too small for single precision"


def _rate_of_alarms(text):
    """Per hour and MHz: "1", "1/h/MHz", "24/d/MHz"."""
    number, *units = text.strip().split("/")
    try:
        value = float(number)
    except ValueError:
        refuse_argument(text, "must be a rate: 1/h/MHz, 24/d/MHz")
    if not units:
        return value
    if len(units) != 2 or units[0] not in _PER_HOUR or units[1] != "MHz":
        refuse_argument(text, "must be a rate: 1/h/MHz, 24/d/MHz")
    return value * _PER_HOUR[units[0]]


def _range(text):
    lower, colon, upper = text.partition(":")
    if not colon:
        refuse_argument(text, "must be two frequencies: 433.9M:434.0M")
    edges = hertz(lower), hertz(upper)
    if not edges[0] < edges[1]:
        refuse_argument(text, "the first frequency must be less than the second")
    return edges


def refuse_argument(text, rule):
    raise argparse.ArgumentTypeError(f"{text!r}: {rule}")
