# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Frequencies, rates and times as people write them, read and written."""
import argparse
import datetime
import decimal
import math
import re

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
_HERTZ = re.compile(rf"({_NUMBER})\s*([kKMG]?)(?:Hz|hz|HZ|[Ss][Pp][Ss]|[Ss]/[Ss])?")
_DURATION = re.compile(rf"({_NUMBER})\s*(s|ms|us|µs|min|h|d)?")
_CLOCK = re.compile(r"(?:(\d+):([0-5]?\d)|(\d+)):([0-5]?\d(?:\.\d*)?)")
_FACTORS = {"": "1", "k": "1e3", "K": "1e3", "M": "1e6", "G": "1e9"}
_SECONDS = {None: "1", "s": "1", "ms": "1e-3", "us": "1e-6", "µs": "1e-6", "min": "60", "h": "3600", "d": "86400"}


def hertz(text):
    """Hz, or samples per second: "250k" is 250e3, "433.92M" and "433.92MHz" are 433.92e6."""
    match = _HERTZ.fullmatch(text.strip())
    if match:
        return scaled(match[1], _FACTORS[match[2]])
    return _plain_float(text, "must be a number with k, M or G, if any: 48000, 250k, 433.92M")


def rotation(text):
    """Turns in a second: "25" and "25Hz", or in a minute: "1500rpm"."""
    text = text.strip()
    try:
        return hertz(text[:-3]) / 60 if text.lower().endswith("rpm") else hertz(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r}: must be turns in a second or in a minute: 25, 1500rpm") from None


def seconds(text):
    """Seconds: "90", "1:30", "0:01:30", "1500ms", "1.5min", "7d"."""
    match = _DURATION.fullmatch(text.strip())
    if match:
        return scaled(match[1], _SECONDS[match[2]])
    match = _CLOCK.fullmatch(text.strip())
    if match:
        hours, minutes = (match[1], match[2]) if match[1] else (0, match[3])
        return 3600.0 * int(hours) + 60.0 * int(minutes) + float(match[4])
    return _plain_float(text, "must be a number of s, ms, us, min, h or d, or m:ss or h:mm:ss: 90, 20ms, 5min, 1:30, 0:01:30.5")


def iso_time(text):
    """A datetime with its zone from an ISO 8601 time, UTC if it names none; None for other text."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)?", text.strip())
    if not match:
        return None
    try:
        zone = (match[3] or "Z").replace("Z", "+0000")
        time = datetime.datetime.strptime(match[1].replace(" ", "T") + zone, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None
    return time + datetime.timedelta(microseconds=round(int((match[2] or "0").ljust(9, "0")) / 1000))


def scaled(number, factor):
    """The product of two numbers in words, rounded once: "433.92" and "1e6" are 433920000.0."""
    return float(decimal.Decimal(number) * decimal.Decimal(factor))


def _plain_float(text, rule):
    """nan and inf, which the caller refuses by the option's name."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: {rule}") from None


def clock(value, digits=0):
    """Seconds as m:ss, or as h:mm:ss from an hour on; with `digits` decimals."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    units = round(value * 10**digits)
    whole, part = divmod(units, 10**digits)
    fraction = f".{part:0{digits}d}" if digits else ""
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{sign}{hours}:{minutes:02d}:{rest:02d}{fraction}"
    return f"{sign}{minutes}:{rest:02d}{fraction}"


def in_units(value, unit, digits=4):
    """A value with the SI prefix that suits it: (0.0123, "s") is "12.3 ms"."""
    if unit == "samples" and value == int(value):
        return f"{value:.0f} {unit}"
    if unit not in ("s", "Hz", "S/s") or value == 0 or not math.isfinite(value):
        return f"{value:.{digits}g} {unit}".rstrip()
    for prefix, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1), ("m", 1e-3), ("µ", 1e-6)):
        if abs(value) >= factor and not (unit == "s" and factor > 1):
            break
    else:
        prefix, factor = "n", 1e-9
    return f"{value / factor:.{digits}g} {prefix}{unit}"
