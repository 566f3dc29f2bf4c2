#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of docs/monitoring.md: what is found in scenes made here, false alarms in noise, speed, edges, and
how late an end is told.

    /usr/bin/python3 evaluate.py --pictures docs/pictures

With --quick, one seed for each scene and less noise; with --only, some of the tables. The exit status is 1 if a figure misses its goal.
"""
import argparse
import pathlib
import sys

from gnuradio.stft.bench import benchmark_detection as bench

PARTS = ("speed", "scenes", "false_alarms", "sensitivity", "latency", "fading", "steps")
QUICK = PARTS[:3]
GOALS = {"quiet": 0.92, "mixed": 0.94, "full": 0.94, "crowded": 0.88}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", metavar="DIR", help="draw the pictures of docs/monitoring.md into this folder")
    parser.add_argument("--rounds", type=int, default=9, metavar="COUNT", help="rounds of timing (default 9)")
    parser.add_argument("--only", nargs="+", metavar="PART", choices=PARTS, default=PARTS,
                        help=f"parts to measure: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    options = parser.parse_args(arguments)
    rules = list(bench.RULES)
    measured = {"speed": lambda: bench.speed(1 if options.quick else options.rounds),
                "scenes": lambda: bench.scenes(rules, (1,) if options.quick else bench.SEEDS),
                "false_alarms": lambda: bench.false_alarms(2 if options.quick else 20),
                "sensitivity": lambda: bench.sensitivity(rules),
                "latency": bench.latency, "fading": bench.fading, "steps": bench.gain_steps}
    results = [case for name in (QUICK if options.quick else PARTS) if name in options.only for case in measured[name]()]
    bench.show(results, options)
    missed = list(misses(results))
    for line in missed:
        print("MISSED", line)
    if options.pictures:
        import pictures

        for path in pictures.draw_all(pathlib.Path(options.pictures), results):
            print(path)
    return 1 if missed else 0


def misses(results):
    """What is worse than its goal."""
    for case in results:
        if case["part"] == "scenes" and case["rule"] == "gr-stft":
            name = case["recipe"]
            if case["found"] < GOALS[name] * case["signals"]:
                yield f"{name}: {case['found']} of {case['signals']} found"
            if case["false"] > 4 * len(bench.SEEDS):
                yield f"{name}: {case['false']} false events"
            if case["pieces"] > 1.5:
                yield f"{name}: {case['pieces']:.2f} events for a burst"
            if case["time_error_ms"] > 0.12:
                yield f"{name}: {case['time_error_ms']:.2f} ms"
        if case["part"] == "false_alarms" and case["events"] > case["stated"]:
            yield f"{case['recipe']} noise: {case['events']} events, {case['stated']:.0f} stated"
        if case["part"] == "sensitivity" and case["rule"] == "gr-stft" and case["snr"] == 3 and \
                case["kind"] == "noise" and case["duration"] == 20e-3 and case["found"] < 0.9:
            yield f"{case['width'] / 1e3:g} kHz, 20 ms at 3 dB: {case['found']:.2f} found"
        if case["part"] == "latency" and case["snr"] >= 20 and case["kind"] != "tone" and case["rows"] > 8:
            yield f"{case['kind']}, {case['width'] / 1e3:g} kHz at {case['snr']} dB: its end {case['rows']:.1f} rows late"
        if case["part"] == "speed" and case["msps"] < 20:
            yield f"{case['samples']}: {case['msps']:.0f} MS/s"


if __name__ == "__main__":
    sys.exit(main())
