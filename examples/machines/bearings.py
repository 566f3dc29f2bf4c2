#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Which faults of bearings are named, and who is accused without one.

    /usr/bin/python3 bearings.py --pictures docs/pictures

Simulated machines, each with a seed of its own, 6 s at 25.6 kHz, nothing tuned to them. With --quick, one seed of each. The
exit status is 1 if a fault at -9 dB is not named, another part is accused, or a healthy machine is.
"""
import argparse
import contextlib
import io
import pathlib
import sys
import tempfile
import time

import numpy as np

from gnuradio import stft
from gnuradio.stft.app import command
from gnuradio.stft.bench import bearing_scenes as scenes

GOAL = -9.0  # dB
LEVELS = -3.0, GOAL, -12.0, -15.0, -18.0
SPEEDS = 25.0, 29.2, 17.3


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", metavar="DIR", help="draw the pictures of docs/machines.md into this folder")
    parser.add_argument("--seeds", type=int, default=3, metavar="COUNT", help="of each machine (default 3)")
    parser.add_argument("--quick", action="store_true", help="one seed of each")
    options = parser.parse_args(arguments)
    seeds = range(1 if options.quick else options.seeds)
    missed = [*faults(seeds), *healthy(seeds)]
    cost()
    for line in missed:
        print("MISSED", line)
    if options.pictures:
        for path in draw(pathlib.Path(options.pictures)):
            print(path)
    return 1 if missed else 0


def diagnosed(x, f, geometry):
    found = stft.diagnose_bearing(x, scenes.FS, f, geometry)
    return found.fault, {name: line.z for name, line in found.lines.items()}


def faults(seeds):
    """Prints what is named of each fault at each level; what is worse than the goal."""
    machines = [(geometry, f, seed) for geometry in scenes.GEOMETRIES.values() for f in SPEEDS for seed in seeds]
    print(f"named of {len(machines)} ({len(scenes.GEOMETRIES)} bearings, {len(SPEEDS)} speeds), smallest z; others accused")
    print("| fault over noise | " + " | ".join(scenes.FAULTS) + " | accused |")
    print("|---|" + "---|" * (len(scenes.FAULTS) + 1))
    for level in LEVELS:
        cells, accused = [], 0
        for fault in scenes.FAULTS:
            results = [diagnosed(scenes.vibration(fault, 1000 + seed, level, geometry, f), f, geometry) for geometry, f, seed in machines]
            named = sum(name == fault for name, _ in results)
            accused += sum(name not in (None, fault) for name, _ in results)
            cells.append(f"{named}, {min(z[fault] for _, z in results):.1f}")
            if level >= GOAL and named < len(machines):
                yield f"{fault} at {level:g} dB: {named} of {len(machines)} named"
        print(f"| {level:g} dB | " + " | ".join(cells) + f" | {accused} |", flush=True)
        if accused:
            yield f"{level:g} dB: {accused} others accused"


def healthy(seeds):
    """Prints the greatest z of machines without a fault; those that are accused."""
    print("\n| without a fault | machines | greatest z | accused |\n|---|---|---|---|")
    for words, make in (("noise and a gear", lambda seed, f: scenes.vibration(None, 2000 + seed, f=f)),
                        ("level modulated by 8 orders of the shaft, 40 % each at most", scenes.modulated)):
        results = [diagnosed(make(seed, f), f, geometry) for geometry in scenes.GEOMETRIES.values() for f in SPEEDS for seed in seeds]
        accused = sum(name is not None for name, _ in results)
        print(f"| {words} | {len(results)} | {max(max(z.values()) for _, z in results):.1f} | {accused} |", flush=True)
        if accused:
            yield f"{words}: {accused} accused"


def cost():
    """Prints the time of a diagnosis."""
    x = scenes.vibration("BPFO", 1)
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        diagnosed(x, scenes.F, scenes.MFPT)
        times.append(time.perf_counter() - begin)
    print(f"\n{1e3 * min(times):.1f} ms for {x.size / scenes.FS:g} s of one channel at {scenes.FS / 1e3:g} kHz")


def draw(folder):
    """The pictures of a damaged inner race and of a healthy machine, by the command."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, fault, title in (("bearing_inner_race", "BPFI", "A damaged inner race, 9 dB below the noise"),
                               ("bearing_healthy", None, "The same machine, healthy")):
        with tempfile.TemporaryDirectory() as temporary:
            file = pathlib.Path(temporary) / "machine.npy"
            np.save(file, scenes.vibration(fault, 3).astype(np.float32))
            with contextlib.redirect_stdout(io.StringIO()):
                status = command.main(["diagnose", str(file), "--rate", str(scenes.FS), "--speed", str(scenes.F),
                                       "--bearing", ",".join(map(str, scenes.MFPT)), "--title", title, "--width", "1200",
                                       "--height", "560", "-o", str(folder / f"{name}.png")])  # fmt: skip
        if status:
            raise RuntimeError(f"gr_stft diagnose: status {status}")
        yield folder / f"{name}.png"


if __name__ == "__main__":
    sys.exit(main())
