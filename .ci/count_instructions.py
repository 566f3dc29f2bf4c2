# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Instructions per frame of the hot kernels, by callgrind, against those that were stored.

count_instructions.py BUILD [--store]: prints a line for each case of lib/bench/instructions.json, `passed`, `failed` or
`skipped`, as the test script's report has them. Plans are FFTW's estimates and the SIMD level is forced, so that a count
depends on the program alone; another compiler, FFTW or processor makes another program, which is skipped.
"""
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

STORED = pathlib.Path(__file__).resolve().parent.parent / "lib/bench/instructions.json"
TOLERANCE = 0.02
TIMES = 100  # so many more runs: what a program's start takes varies by some thousands
LEVEL = "avx2"  # valgrind knows no later one


def count(build, words, times):
    """Instructions that the whole program takes, and frames that it transforms."""
    environment = {**os.environ, "GR_STFT_SIMD": LEVEL, "GR_STFT_PLANNER": "estimate"}
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"{build}/lib/bench/exercise-kernel",
                           *words.split(), str(times)], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1]), int(done.stdout.split()[0])


def per_frame(build, words):
    """What a program's start takes is subtracted."""
    (few, few_frames), (many, frames) = count(build, words, 1), count(build, words, 1 + TIMES)
    return round((many - few) / (frames - few_frames))


def of_this_machine(build):
    """What the counts depend on besides the sources."""
    cache = pathlib.Path(build, "CMakeCache.txt").read_text()
    compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.MULTILINE)[1]
    version = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    packages = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", "libfftw3-single3", "libvolk2-bin"],
                              capture_output=True, text=True, check=False).stdout.split("\n")
    with open("/proc/cpuinfo") as lines:
        flags = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    return {"machine": platform.machine(), "compiler": version, "packages": [p for p in packages if p],
            "level": LEVEL if LEVEL in flags else "none"}


def main():
    build, store = sys.argv[1], "--store" in sys.argv
    stored = json.loads(STORED.read_text())
    here = of_this_machine(build)
    if not store and stored["of"] != here:
        print(f"skipped {len(stored['per_frame']):4d}  instruction counts: those of {stored['of']} are stored, this is {here}")
        return
    counts = {words: per_frame(build, words) for words in stored["per_frame"]}
    if store:
        STORED.write_text(json.dumps({"of": here, "per_frame": counts}, indent=2) + "\n")
        return
    for words, expected in stored["per_frame"].items():
        off = counts[words] / expected - 1
        verdict = "passed" if abs(off) <= TOLERANCE else "failed"
        print(f"{verdict:<7} {1:4d}  instructions per frame, {words}: {counts[words]}, stored {expected}, {100 * off:+.1f} %")


if __name__ == "__main__":
    main()
