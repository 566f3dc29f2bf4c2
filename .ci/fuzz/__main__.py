#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzzing of what reads bytes from outside: `/usr/bin/python3 .ci/fuzz [TARGET...] --minutes 10`.

A target is a fuzz_* of lib/fuzz, built by `cmake --preset fuzz && cmake --build --preset fuzz`, or a kind of file that Python reads:
sound, sigmf, arrays, raw, stored, configuration, manifest, bearings, clips, left_over, speeds, denoising, annotated; or receiver_tags, and
requests to the page of gr_stft monitor. Without one, all. --minutes: of CPU time, each.
"""
import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import corpus
import readers

INTERRUPTED = 72  # status of a fuzzer that a signal has ended
ROOT = Path(__file__).resolve().parents[2]


def fuzz(program, minutes):
    """Runs a fuzzer on fresh seeds; what it finds stays in the folder that it prints."""
    with tempfile.TemporaryDirectory() as seeds:
        corpus.write(program.name, seeds)
        found = tempfile.mkdtemp(prefix=f"{program.name}-")
        with tempfile.TemporaryFile() as file:
            limits = f"-timeout={readers.LONGEST}", f"-report_slow_units={readers.LONGEST}"
            child = subprocess.Popen([program, *limits, f"-artifact_prefix={found}/", "-print_final_stats=1", seeds],
                                     env={**os.environ, "GR_CONF_LOG_LOG_LEVEL": "off"}, stdout=subprocess.DEVNULL, stderr=file)
            while child.poll() is None:
                time.sleep(1)
                if cpu_time(child.pid) > 60 * minutes:
                    child.send_signal(signal.SIGINT)
                    child.wait()
            file.seek(0)
            text = file.read().decode(errors="replace")
    found_one = child.returncode not in (0, INTERRUPTED)
    if found_one:
        print(text[-4000:], f"{program.name}: found an input, see {found}", sep="\n", flush=True)
    else:
        os.rmdir(found)
        print(f"{program.name}: {' '.join(line for line in text.splitlines() if 'executed_units' in line)}", flush=True)
    return found_one


def cpu_time(process):
    """Seconds that a process has worked; 0 once it has ended."""
    try:
        words = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(prog=".ci/fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--build", type=Path, default=ROOT / "build-fuzz")
    parser.add_argument("--seed", type=int, help="first seed of files that Python reads")
    arguments = parser.parse_args()
    programs = {path.name: path for path in sorted((arguments.build / "lib" / "fuzz").glob("fuzz_*")) if os.access(path, os.X_OK) and path.is_file()}
    failed = 0
    for target in arguments.targets or [*programs, *readers.READERS]:
        if target in readers.READERS:
            child = os.fork()
            if not child:
                failures = 1
                try:
                    failures = readers.attack(target, arguments.seed or 1, 60 * arguments.minutes)
                except BaseException:
                    traceback.print_exc()
                os._exit(min(failures, 100))  # an orderly end would wait for threads that only the parent has
            failed += os.waitpid(child, 0)[1] != 0
        elif target in programs:
            failed += fuzz(programs[target], arguments.minutes)
        else:
            parser.error(f"{target}: is no target; there are {', '.join([*programs, *readers.READERS])}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
