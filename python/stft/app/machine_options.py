# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Options of machines under watch: speed, orders, levels, alarms, baseline."""
import argparse
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gnuradio.stft.app.files.quantities import rotation, seconds
from gnuradio.stft.app.files.recording_base import refuse

UNITS = {"m/s2": 1.0, "g": 9.80665, "mm/s2": 1e-3, "mg": 9.80665e-3}


class Quantity(NamedTuple):
    """What a level is of: its unit, and how many of it are one of m/s^2, m/s or m."""

    name: str
    unit: str
    factor: float


# of samples that are integrated 0, 1 or 2 times
QUANTITIES = (Quantity("acceleration", "m/s²", 1.0), Quantity("velocity", "mm/s", 1e3), Quantity("displacement", "µm", 1e6))
_VERDICT = 30  # rows without which a baseline has no verdict at a speed


def add_machine_arguments(parser):
    group = parser.add_argument_group("machine")
    group.add_argument("--speed", type=_speeds, metavar="F0:F1", help="range of the rotation: 15:90, 900rpm:5400rpm")
    group.add_argument("--orders", type=numbers, metavar="K,K", default=None,
                       help="lines of the rotation that are followed: 2,4,6 (default: 1)")
    group.add_argument("--learn-orders", type=_speeds, metavar="F0:F1",
                       help="the orders are candidates, whose weights are learned while the speed is in this range, "
                            "narrower than an octave, for the first 3 s")
    group.add_argument("--tacho", type=int, metavar="N",
                       help="channel of a tacho, counted from 0, that gives the speed instead; of a recording, or audio=")
    group.add_argument("--ppr", type=int, metavar="N", default=1, help="pulses of the tacho per revolution (default: 1)")
    group.add_argument("--levels", type=_pulse_levels, metavar="BASE,TOP",
                       help="of the pulses: 0,5; 5,0 for pulses that fall (default: found in the signal)")
    group.add_argument("--reject", type=numbers, metavar="HZ", default=(), help="mains, whose multiples are no orders: 50")
    integral = group.add_mutually_exclusive_group()
    integral.add_argument("--velocity", dest="integrate", action="store_const", const=1, default=0,
                          help="levels are those of the velocity, mm/s, of an acceleration")
    integral.add_argument("--displacement", dest="integrate", action="store_const", const=2,
                          help="levels are those of the displacement, µm")
    group.add_argument("--unit", choices=list(UNITS), default="m/s2", help="of the samples (default: m/s2)")
    group.add_argument("--calibration", type=float, metavar="FACTOR", default=1.0,
                       help="units for a sample of 1, which is the full scale of integers (default: 1)")
    group.add_argument("--alarm", type=_limits, action="append", metavar="[NAME=]LIMIT,..", default=[],
                       help="limits of a level, rising: 2.8,7.1 (of all bands), 10:1000=2.8,7.1 or order2=0.5; repeatable")
    group.add_argument("--hysteresis", type=float, metavar="SHARE", default=0.1,
                       help="an alarm is cleared below limit (1 - SHARE) (default: 0.1)")
    group.add_argument("--hold", type=_times, metavar="ON,OFF", default=(10.0, 60.0),
                       help="times above and below a limit until an alarm is raised and cleared (default: 10s,60s)")
    group.add_argument("--baseline", type=_baseline, metavar="learn=TIME",
                       help="levels of the healthy machine are learned for this time of running, 7d, by order, band and speed; "
                            "then deviations are reported")
    group.add_argument("--state", metavar="FILE", help="what was learned and which alarms are raised, kept over restarts")
    group.add_argument("--trend", type=seconds, metavar="TIME", default=60.0,
                       help="from one line of speed and levels to the next (default: 60 s)")


@dataclass
class Level:
    """A level that is watched: a band (Hz) or an order, its name and its limits."""
    name: str
    band: tuple = None
    order: float = None
    limits: tuple = ()


def levels_of(arguments):
    """The levels that the arguments ask for, bands first."""
    levels = [Level(f"{lower:g}:{upper:g}", band=(lower, upper)) for lower, upper in arguments.band]
    if has_speed(arguments):
        levels += [Level(f"order{order:g}", order=order) for order in orders_of(arguments)]
    for name in {level.name for level in levels}:
        if sum(level.name == name for level in levels) > 1:
            refuse("orders" if name.startswith("order") else "band", name, "must be given once")
    named = [name for name, _ in arguments.alarm]
    for name, limits in arguments.alarm:
        if named.count(name) > 1:
            refuse("alarm", name or "of all bands", "must be given once, with all of its limits: 2.8,7.1")
        meant = [level for level in levels if name in (level.name, None if level.band is None else "")]
        if not meant:
            refuse("alarm", name or ",".join(f"{limit:g}" for limit in limits),
                   f"must be for one of {', '.join(level.name for level in levels) or 'the levels of --band and --orders'}")
        for level in meant:
            level.limits = limits
    return levels


def check_machine(arguments):
    """ValueError for what can be refused before a recording or a device is opened."""
    levels_of(arguments)
    if arguments.tacho is not None and arguments.learn_orders is not None:
        refuse("learn_orders", arguments.learn_orders, "must not be given with --tacho")
    if arguments.tacho is not None and arguments.tacho == arguments.channel:
        refuse("tacho", arguments.tacho, "must not be the channel that is watched")
    for name in "ppr", "levels":
        if arguments.tacho is None and getattr(arguments, name) not in (None, 1):
            refuse(name, getattr(arguments, name), "needs --tacho")
    if not 1 <= arguments.ppr <= 10**6:
        refuse("ppr", arguments.ppr, "must be 1 .. 10^6 pulses per revolution")
    for name, seconds_held in zip(("of raising", "of clearing"), arguments.hold):
        if not 0 <= seconds_held < np.inf:
            refuse("hold", seconds_held, f"{name} must not be negative")
    if not 0 <= arguments.hysteresis < 1:
        refuse("hysteresis", arguments.hysteresis, "must be 0 .. 1, less than 1")
    for name in "orders", "learn_orders", "reject":
        if getattr(arguments, name) and not has_speed(arguments):
            refuse(name, getattr(arguments, name), "needs --speed or --tacho")
    if not 0 < arguments.trend <= 1e9:
        refuse("trend", f"{arguments.trend:g}", "must be positive, at most 1e9 s")
    if not 1e-30 <= abs(arguments.calibration) <= 1e30:
        refuse("calibration", arguments.calibration, "must be 1e-30 .. 1e30, or negative")
    if arguments.baseline is not None and not arguments.baseline >= _VERDICT * arguments.trend * (1 - 1e-9):
        refuse("baseline", f"learn={arguments.baseline:g}s",
               f"must be {_VERDICT} lines of --trend at least, {_VERDICT * arguments.trend:g} s: it has no verdict on fewer at a speed")
    if arguments.baseline is not None and not levels_of(arguments):
        refuse("baseline", arguments.baseline, "needs levels: --band or --speed")
    if arguments.baseline is not None and arguments.tacho is not None and arguments.speed is None:
        refuse("baseline", arguments.baseline, "needs the range of the speed, --speed, with --tacho, too")


def orders_of(arguments):
    return arguments.orders or (1.0,)


def has_speed(arguments):
    """True if the speed of the machine is followed."""
    return arguments.speed is not None or arguments.tacho is not None


def asked_for(arguments):
    """[(name, value in words)] of the options by which something of a machine is to be watched."""
    given = [(name, getattr(arguments, name)) for name in ("speed", "tacho", "orders", "learn_orders", "reject", "calibration", "alarm",
                                                           "baseline", "state")]
    found = [(name, value) for name, value in given if value not in (None, (), []) and (name, value) != ("calibration", 1)]
    integral = {1: [("velocity", "given")], 2: [("displacement", "given")]}.get(arguments.integrate, [])
    return [(name, _words(name, value)) for name, value in found] + integral


def _words(name, value):
    """An option's value about as it was written."""
    if name == "alarm":
        return " ".join(f"{level}{'=' if level else ''}{','.join(f'{limit:g}' for limit in limits)}" for level, limits in value)
    if isinstance(value, tuple):
        return (":" if name in ("speed", "learn_orders") else ",").join(f"{part:g}" for part in value)
    return value


def _speeds(text):
    lower, colon, upper = text.partition(":")
    if not colon:
        _refuse(text, "must be two frequencies: 15:90")
    edges = rotation(lower), rotation(upper)
    if not edges[0] < edges[1]:
        _refuse(text, "the first frequency must be less than the second")
    return edges


def numbers(text):
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        _refuse(text, "must be numbers: 2,4,6")
    if not all(0 < value < np.inf for value in found):
        _refuse(text, "must be positive numbers: 2,4,6")
    return found


def _limits(text):
    name, equals, limits = text.rpartition("=")
    found = numbers(limits)
    if list(found) != sorted(set(found)):
        _refuse(text, "limits must rise: 2.8,7.1")
    return name.strip() if equals else "", found


def _times(text):
    parts = text.split(",")
    if len(parts) != 2:
        _refuse(text, "must be two times: 10s,60s")
    return tuple(seconds(part) for part in parts)


def _pulse_levels(text):
    try:
        base, top = (float(part) for part in text.split(","))
    except ValueError:
        _refuse(text, "must be two numbers: 0,5")
    return [base, top]


def _baseline(text):
    name, equals, time = text.partition("=")
    if name != "learn" or not equals:
        _refuse(text, "must be learn=TIME: learn=7d")
    return seconds(time)


def _refuse(text, rule):
    raise argparse.ArgumentTypeError(f"{text!r}: {rule}")
