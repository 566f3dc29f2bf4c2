#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Random flowgraphs over every block, arguments of every array function, and streams in pieces: `/usr/bin/python3 .ci/attack`.

--seconds 60, --hours N: how long. --seed N: one trial alone, as a failure names it. --count N: as many. --first N: the first seed.
Trials run in processes of their own, which are killed when one takes too long; a failure is printed with its seed.
"""
import argparse
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

BATCH = 100  # trials of a process
LIMIT = 60.0  # seconds of one trial
MEMORY = 12 << 30  # bytes of address space that a trial may add to its process


def trial(seed):
    """Runs one; raises AssertionError."""
    import functions
    import graphs
    import streams

    limit_memory()
    chance = random.Random(seed)
    chance.choices((graphs, functions, streams), (70, 20, 10))[0].attack(chance)


def limit_memory():
    """What asks for more gets MemoryError, and not all of the machine's.

    Counted from what the process has: an address sanitizer reserves terabytes.
    """
    import resource

    allowed = resource.getrlimit(resource.RLIMIT_AS)[1]
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + MEMORY
    memory = memory if allowed == resource.RLIM_INFINITY else min(memory, allowed)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def work(first, count):
    """A process of trials: says which one begins, and what failed."""
    import faulthandler
    import resource

    faulthandler.enable(os.dup(2))  # a trial reads the other one
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for seed in range(first, first + count):
        print("begin", seed, flush=True)
        try:
            trial(seed)
        except AssertionError as error:
            print("failed", seed, " ".join(str(error).split()), flush=True)
        except Exception as error:  # pylint: disable=broad-except
            print("failed", seed, " ".join(f"the attack itself: {error!r}".split()), flush=True)
    print("end", flush=True)
    os._exit(0)  # threads of a flowgraph that hangs do not keep it


class Batch:
    """A process of trials, under watch."""

    def __init__(self, first, count):
        self.first, self.count, self.seed, self.since, self.rest = first, count, first, time.monotonic(), b""
        environment = {**os.environ, "GR_CONF_LOG_LOG_FILE": "stderr", "GR_CONF_LOG_LOG_LEVEL": "warn"}
        command = [sys.executable, str(Path(__file__).resolve().parent), "--worker", str(first), str(count)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        self.ended, self.done = False, 0

    def read(self, failures):
        """What it has said; restarts after a crash or a hang at the trial that follows."""
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        if not data:
            self.process.wait()
            if not self.ended:
                failures.append((self.seed, f"status {self.process.returncode}: {self.last_words()}"))
            return False
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            word, _, rest = line.decode().partition(" ")
            if word == "begin":
                self.seed, self.since, self.done = int(rest), time.monotonic(), self.done + 1
            elif word == "failed":
                seed, _, text = rest.partition(" ")
                failures.append((int(seed), text))
            elif word == "end":
                self.ended = True
        return True

    def last_words(self):
        return " ".join(self.process.stderr.read().decode(errors="replace")[-3000:].split())

    def check(self, failures):
        """Ends a trial that takes too long."""
        if time.monotonic() - self.since > LIMIT * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)):
            self.process.send_signal(signal.SIGABRT)  # shows where its threads are
            try:
                _, err = self.process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                _, err = self.process.communicate()
            self.ended = True
            failures.append((self.seed, f"took more than {LIMIT:g} s: " + " ".join(err.decode(errors="replace")[-3000:].split())))
            return False
        return True

    def following(self):
        """The rest of its trials."""
        left = self.first + self.count - self.seed - 1
        return (self.seed + 1, left) if left > 0 else None


def watch(arguments):
    until = time.monotonic() + (arguments.hours * 3600 if arguments.hours else arguments.seconds)
    first, last, failures, trials, waiting, batches = arguments.first, arguments.first + (arguments.count or 10**9), [], 0, [], []

    def over():
        return time.monotonic() > until if not arguments.count else False

    shown = 0
    while True:
        while len(batches) < arguments.jobs and not over():
            if waiting:
                batches.append(Batch(*waiting.pop()))
            elif first < last:
                batches.append(Batch(first, min(BATCH, last - first)))
                first += BATCH
            else:
                break
        if not batches or over():
            break
        ready, _, _ = select.select([b.process.stdout for b in batches], [], [], 1)
        for batch in list(batches):
            going = batch.read(failures) if batch.process.stdout in ready else True
            if not going or not batch.check(failures):
                batches.remove(batch)
                trials += batch.done
                if batch.following():
                    waiting.append(batch.following())
        for seed, text in failures[shown:]:
            print(f"--seed {seed}: {text}", flush=True)
        shown = len(failures)
    for batch in batches:
        batch.process.kill()
        batch.process.wait()
        trials += batch.done
    print(f"{trials} trials from seed {arguments.first} on, {len(failures)} failed")
    return 1 if failures or not trials else 0


def main():
    if sys.argv[1:2] == ["--worker"]:
        return work(int(sys.argv[2]), int(sys.argv[3]))
    parser = argparse.ArgumentParser(prog=".ci/attack", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--hours", type=float, default=0.0)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    if arguments.seed is not None:
        trial(arguments.seed)
        return 0
    return watch(arguments)


if __name__ == "__main__":
    sys.exit(main())
