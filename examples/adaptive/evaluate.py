#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Does the adaptive STFT adapt? One table per experiment: what was measured, the goal, and whether it is met.

Signals are made here, from seeds; the recording of a car and the golden file are looked for in the folder that the
environment variable GR_STFT_DATA names. The exit status is 1 if a goal is missed, 2 if an argument is refused.
"""
import argparse
import functools
import json
import os
import pathlib
import sys
import time

import chirps
import experiments
import pictures


def main(arguments=None):
    options = parsed(arguments)
    results, missed = [], 0
    for name, experiment in chosen(options):
        started = time.perf_counter()
        print(f"\n{name}\n{experiment.func.__doc__.splitlines()[0]}", flush=True)
        try:
            figures = list(experiment())
        except (FileNotFoundError, ImportError) as reason:
            print(f"    skipped: {reason}")
            continue
        except ValueError as refusal:
            print(f"evaluate.py: {refusal}", file=sys.stderr)
            return 2
        for figure in figures:
            verdict = "" if figure.met is None else "yes" if figure.met else "MISSED"
            print(f"    {figure.what:<78} {figure.value:>10.4g}  {figure.goal:<10} {verdict}")
            results.append({"experiment": name, **figure._asdict()})
            missed += figure.met is False
        print(f"    ({time.perf_counter() - started:.1f} s)", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    if options.pictures:
        for path in pictures.draw_all(pathlib.Path(options.pictures)):
            print(path)
    print(f"\n{sum(r['met'] is not None for r in results)} goals, {missed} missed")
    return 1 if missed else 0


def parsed(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two seeds instead of ten")
    parser.add_argument("--first-seed", type=int, default=0, metavar="N", help="of the signals (default: 0)")
    parser.add_argument("--only", metavar="WORD", help="only experiments with this word in their name")
    parser.add_argument("--json", metavar="FILE", help="write every figure to this file")
    parser.add_argument("--pictures", metavar="DIR", help="draw the pictures of docs/adaptive.md into this folder")
    parser.add_argument(
        "--run-up",
        metavar="WORD",
        nargs="+",
        action="append",
        default=[],
        help="another recording of a machine: AUDIO TACHO.csv [ORDERS [CHANNEL]], by default 2,4 and 0; "
        "the CSV has a heading and the columns seconds, revolutions per minute",
    )
    parser.add_argument(
        "--speed-law",
        metavar="TACHO.csv",
        action="append",
        default=[],
        help="another measured law of speed for the harmonics",
    )
    options = parser.parse_args(arguments)
    try:
        options.run_up = [machine_named(*words) for words in options.run_up]
    except (TypeError, ValueError):
        parser.error("--run-up: must be AUDIO TACHO.csv [ORDERS [CHANNEL]], as in: engine.wav engine.csv 2,4 0")
    return options


def machine_named(audio, tacho, orders="2,4", channel="0"):
    """(audio, tacho, orders, channel)"""
    orders = [float(order) for order in orders.split(",")]
    if not all(0 < order < 1e3 for order in orders):
        raise ValueError
    return audio, tacho, orders, int(channel)


def chosen(options):
    """(name, experiment) of each, in order."""
    seeds = range(options.first_seed, options.first_seed + (2 if options.quick else 10))
    data = pathlib.Path(os.environ.get("GR_STFT_DATA", "$GR_STFT_DATA"), "vibration")
    car = [str(data / "car_runup_tacho.flac"), str(data / "car_runup_tacho_rpm.csv")]
    every = [("VI-A: against learning offline", functools.partial(experiments.near_optimum))]
    for snr in (20, 10, 0):
        every.append((f"alternating, {snr} dB", functools.partial(experiments.alternating, snr, seeds)))
    every.append(("VI-B: shocks", functools.partial(experiments.shocks, seeds)))
    for audio, tacho, orders, channel in [machine_named(*car)] + options.run_up:
        words = ", ".join(f"{order:g}" for order in orders)
        name = f"run-up: {pathlib.Path(audio).name}, orders {words}, channel {channel}"
        every.append((name, functools.partial(experiments.run_up, audio, tacho, orders, channel)))
    for noise in (0.5, 1.0):
        for law in [None, car[1]] + options.speed_law:
            name = f"VI-C: {'starts and stops' if law is None else pathlib.Path(law).name}, noise {noise:g}"
            every.append((name, functools.partial(experiments.harmonics, law, noise, seeds)))
    for ratio in (1.0, 0.3, 0.1):
        every.append((f"bands: chirp of {ratio:g}", functools.partial(experiments.bands, ratio, seeds)))
    for snr in (20, 0, -5):
        every.append((f"chirp rates: alternating, {snr} dB", functools.partial(chirps.alternating, snr, seeds)))
    every.append(("chirp rates: how near", functools.partial(chirps.rate, seeds)))
    every.append(("chirp rates: inverse", functools.partial(chirps.inverse)))
    for noise in (0.25, 0.5, 1.0):
        for law in [None, car[1]] + options.speed_law:
            name = f"chirp rates and warping: VI-C, {'starts and stops' if law is None else pathlib.Path(law).name}, noise {noise:g}"
            every.append((name, functools.partial(chirps.harmonics, law, noise, seeds)))
    for audio, tacho, orders, channel in [machine_named(*car)] + options.run_up:
        name = f"chirp rates and warping: {pathlib.Path(audio).name}, channel {channel}"
        every.append((name, functools.partial(chirps.recording, audio, tacho, orders, channel)))
    every.append(("warped: window", functools.partial(chirps.window, *car, seeds[:4])))
    every.append(("chirp rates: speed", functools.partial(chirps.speed)))
    every.append(("looking ahead", functools.partial(experiments.looking_ahead, seeds)))
    every.append(("choices", functools.partial(experiments.choices, seeds[:4])))
    every.append(("hard cases", functools.partial(experiments.hard_cases, seeds)))
    return [(name, experiment) for name, experiment in every if (options.only or "") in name]


if __name__ == "__main__":
    sys.exit(main())
