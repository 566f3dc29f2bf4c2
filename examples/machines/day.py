#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A machine under watch for a day in one go: does memory stay, is each thing that happens reported once, are the levels right?

    /usr/bin/python3 day.py --hours 24 [--rate 48000] [--minutes 60] [--command "gr_stft"]

`gr_stft monitor -` gets the acceleration (g, 32-bit floats) by a pipe, as fast as it takes it: six orders of a shaft that settles at another speed
each half hour, in noise as strong as they are. In the course of the day it stops and starts, order 2 rises by 12 dB, all orders do, something
knocks, the sensor is torn off, clips, and gives NaN. Speed, six orders, two bands, velocity, mains rejected, limits, a baseline, the state, a table, the
metrics: everything is on. It ends after so many hours of signal, or so many minutes of the clock. The exit status is 1 if memory grows by more
than 2 MiB after the first fifth, a report is missing or is of nothing that has happened, or levels or speeds are off by 1 %.
"""
import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

import numpy as np

from gnuradio.stft.bench.memory import MemoryWatch

CHUNK = 10               # s
SPEEDS = 24, 36, 28, 44, 32, 40  # Hz, for half an hour each
LEVELS = 0.1, 0.06, 0.05, 0.035, 0.03, 0.025  # g, orders 1 .. 6
POINTS = 1 << 15         # of a revolution
GRAVITY = 9.80665
LATE = 150               # s that a report may be later than what it is of, or what follows from that
ALLOWED = 2.0            # MiB
SETTLED = 0.2            # of the run: memory counts from there on; the state is written first after ten minutes of the clock


class Happening(NamedTuple):
    """Something that happens, and the reports that must, and others that may, come of it: (kind, state or name)."""
    name: str
    at: float  # of the whole time
    must: tuple
    may: tuple = ()


NO_ORDERS = ("no data", "order2"), ("data", "order2")
NOTHING = ("no data", "10:1000"), ("data", "10:1000"), *NO_ORDERS
DAY = (
    Happening("stop", 0.30, (("no speed", "begin"), ("no speed", "end"), *NO_ORDERS)),
    Happening("order 2", 0.42, (("raise", "order2"), ("clear", "order2"))),
    Happening("all orders", 0.56, (("raise", "order2"), ("clear", "order2"), ("raise", "10:1000"), ("clear", "10:1000"))),
    Happening("knocks", 0.66, ()),
    Happening("dead", 0.74, (("sensor dead", "begin"), ("sensor dead", "end"), ("no speed", "begin"), ("no speed", "end")), NOTHING),
    Happening("clipped", 0.83, (("sensor clipped", "begin"), ("sensor clipped", "end"))),
    Happening("nan", 0.92, (("sensor not finite", "begin"), ("sensor not finite", "end"), ("no speed", "begin"), ("no speed", "end"), *NOTHING)),
)


class Machine:
    """The acceleration, chunk by chunk, and what is true of it."""

    def __init__(self, hours, rate):
        self.rate, self.planned = rate, round(hours * 3600 / CHUNK) * CHUNK
        self.seconds = self.planned  # that were sent
        self.lasts = max(180.0, self.planned / 96)  # s of what happens
        rng = np.random.default_rng(1)
        angle = np.arange(POINTS) / POINTS
        lines = np.array([a * np.cos(2 * np.pi * (k * angle + rng.uniform())) for k, a in enumerate(LEVELS, 1)], np.float32)
        self._turn, self._turn_2 = lines.sum(axis=0), lines.sum(axis=0) + 3 * lines[1]
        self._noise = (np.sqrt(np.mean(self._turn**2)) * rng.standard_normal(round(37.3 * rate))).astype(np.float32)
        self._rng, self._angle = rng, 0.0

    def when(self, happening):
        """Its first and last second."""
        begin = round(happening.at * self.planned / CHUNK) * CHUNK
        return begin, begin + self.lasts

    def speed(self, t):
        """Hz at these seconds."""
        half_hours = np.arange(-1, self.planned / 1800 + 2)
        corners = np.repeat(1800.0 * half_hours, 2) + np.tile([0.0, 60.0], len(half_hours))
        settled = np.array(SPEEDS, float)[half_hours.astype(int) % len(SPEEDS)]
        f = np.interp(t, corners, np.stack([np.roll(settled, 1), settled], 1).ravel())
        f += 0.2 * np.sin(2 * np.pi * t / 97) + 0.1 * np.sin(2 * np.pi * t / 41)
        begin, end = self.when(DAY[0])
        return f * np.interp(t, [begin, begin + 20, end - 20, end], [1, 0, 0, 1])

    def chunk(self, number):
        t = CHUNK * number + np.arange(CHUNK * self.rate) / self.rate
        now = [h.name for h in DAY if self.when(h)[0] <= t[0] < self.when(h)[1]]
        f = self.speed(t)
        angle = self._angle + np.cumsum(f) / self.rate
        self._angle = angle[-1] % 1
        x = (self._turn_2 if "order 2" in now else self._turn)[((angle % 1) * POINTS).astype(np.int32)]
        if "stop" in now:
            x = x * np.minimum(1, (f / 12) ** 2).astype(np.float32)
        if "all orders" in now:
            x = 4 * x
        at = (number * len(t)) % (len(self._noise) - len(t))
        x = x + self._noise[at:at + len(t)]
        if "knocks" in now:
            for k in self._rng.integers(0, len(x) - 200, 3 * CHUNK):
                n = np.arange(200)
                x[k:k + 200] += (5 * np.exp(-n / 20) * np.cos(self._rng.uniform(1, 2.5) * n)).astype(np.float32)
        if "dead" in now:
            x[:] = 0.25
        if "clipped" in now:
            x = np.clip(2 * x, -0.3, 0.3) / 2
        if "nan" in now:
            x[:] = np.nan
        return x.astype(np.float32)

    def expected(self, f):
        """rms of the velocity of the orders at a speed, mm/s."""
        return {f"order{k}": a * GRAVITY * 1000 / (2 * np.pi * k * f) / np.sqrt(2) for k, a in enumerate(LEVELS, 1)}


def options(rate):
    """Everything that a machine may be watched by."""
    limits = [1.6 * GRAVITY * 1000 / (2 * np.pi * 2 * 24) / np.sqrt(2) * LEVELS[1],
              2.0 * GRAVITY * 1000 / (2 * np.pi * 24) / np.sqrt(2) * LEVELS[0]]
    return ["--dtype", "rf32_le", "--rate", str(rate), "--speed", "15:60", "--orders", "1,2,3,4,5,6", "--reject", "50", "--velocity",
            "--unit", "g", "--band", "10:1000", "--band", f"1k:{0.45 * rate:g}", "--alarm", f"order2={limits[0]:.4g}",
            "--alarm", f"10:1000={limits[1]:.4g}", "--baseline", "learn=5h", "--state", "machine.state",
            "-F", "json:machine.jsonl", "-F", "csv:machine.csv", "--metrics", "0"]


def feed(pipe, machine, until):
    """Writes chunks; the seconds of signal that were written, and of the processor that they took."""
    begin = time.thread_time()
    for number in range(machine.planned // CHUNK):
        if time.monotonic() >= until:
            machine.seconds = number * CHUNK
            break
        pipe.write(machine.chunk(number).data)
        if number % 1800 == 0:
            print(f"{number * CHUNK / 3600:.0f} h", file=sys.stderr)
    pipe.close()
    return time.thread_time() - begin


def second_of(report, rate):
    return report["sample"] / rate if report.get("sample") is not None else report["start"]


def look_at_reports(machine, planned):
    """Prints what was reported; what is missing, and what is of nothing."""
    with open("machine.jsonl", encoding="utf-8") as file:
        reports = [json.loads(line) for line in file]
    trends = [r for r in reports if r["kind"] == "trend"]
    others = [(second_of(r, machine.rate) + r.get("duration", 0) * (r["kind"] in ("clear", "data", "zone") or r.get("state") == "end"), r)
              for r in reports if r["kind"] != "trend"]
    of_baseline = [(at, r) for at, r in others if r.get("of") == "baseline" or r["kind"] in ("learned", "not learned")]
    others = [each for each in others if each not in of_baseline]
    used = []
    for happening in DAY:
        begin, end = planned[happening.name]
        if end + 3 * LATE > machine.seconds:
            continue
        for what in happening.must:
            hits = [each for each in others if what in ((each[1]["kind"], each[1].get("name")), (each[1]["kind"], each[1].get("state")))
                    and begin - LATE <= each[0] <= end + LATE and each not in used]
            used += hits
            if len(hits) != 1:
                yield f"{happening.name}: {len(hits)} reports {' '.join(what)}"
        used += [each for each in others if each not in used and begin - LATE <= each[0] <= end + LATE
                 and (each[1]["kind"], each[1].get("name")) in happening.may]
    left_out = [begin for begin, end in planned.values() if end + 3 * LATE > machine.seconds]
    for at, report in others:
        if (at, report) not in used and at < min([machine.seconds - 3 * LATE, *(begin - LATE for begin in left_out)]):
            yield f"a report of nothing, after {at:.0f} s: {report}"
    raised = [at for at, r in of_baseline if r["kind"] == "raise"]
    meant = [at for at in raised if any(begin - LATE <= at <= end + 3 * LATE for begin, end in planned.values())]
    print(f"{len(trends)} trend rows, {len(used)} reports of {len(DAY)} things that happened; of the baseline {len(of_baseline)} more, among them "
          f"{len(raised)} deviations, {len(raised) - len(meant)} of these at other times")
    if abs(len(trends) - machine.seconds / 60) > 1:
        yield f"{len(trends)} trend rows"
    off = {}
    for trend in trends:
        begin, end = second_of(trend, machine.rate), second_of(trend, machine.rate) + trend["duration"]
        if begin % 1800 < 60 or any(begin < b + machine.lasts + 60 and end > b for b, _ in planned.values()) or trend["speed"] is None:
            continue
        truth = float(np.median(machine.speed(np.linspace(begin, end, 101))))
        off.setdefault("speed", []).append(trend["speed"] / truth - 1)
        for name, value in machine.expected(truth).items():
            off.setdefault(name, []).append(trend[name] / value - 1)
    print("steady minutes, error of the median and the largest: " + ", ".join(
        f"{name} {100 * np.median(e):+.2f}, {100 * np.abs(e).max():.2f} %" for name, e in off.items()))
    for name, errors in off.items():
        if abs(np.median(errors)) > 0.01:
            yield f"{name}: {100 * np.median(errors):+.2f} %"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0, help="of signal (default: 24)")
    parser.add_argument("--rate", type=int, default=48000, help="samples per second (default: 48000)")
    parser.add_argument("--minutes", type=float, default=1e9, help="of the clock, at most")
    parser.add_argument("--command", default="gr_stft")
    parser.add_argument("--keep", metavar="DIR", help="a folder that is there: its files stay, among them memory.csv")
    arguments = parser.parse_args()
    machine = Machine(arguments.hours, arguments.rate)
    planned = {h.name: machine.when(h) for h in DAY}
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(arguments.keep or temporary)
        began = time.monotonic()
        with subprocess.Popen([*shlex.split(arguments.command), "monitor", "-", *options(arguments.rate)], stdin=subprocess.PIPE) as process:
            memory = MemoryWatch(process.pid)
            own = feed(process.stdin, machine, began + 60 * arguments.minutes)
        passed = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open("memory.csv", "w", encoding="ascii") as file:
            file.writelines(f"{at - began:.1f},{value:.2f}\n" for at, value in memory.readings)
        taken = used.ru_utime + used.ru_stime
        print(f"{machine.seconds / 3600:.2f} h of signal at {arguments.rate} samples/s in {passed / 60:.1f} min; the watch took {taken:.0f} s of a "
              f"processor, {100 * taken / machine.seconds:.2f} % of the signal's time (the signal itself {own:.0f} s); load of the machine "
              f"{os.getloadavg()[2]:.1f}, status {process.returncode}")
        watched = memory.settled(SETTLED)
        print(f"memory after the first fifth: {watched.least:.1f} .. {watched.most:.1f} MiB, median of its first tenth {watched.first:.1f}, "
              f"of its last {watched.last:.1f} MiB; the state has {os.path.getsize('machine.state') / 1024:.0f} KiB")
        missed = [f"status {process.returncode}"] if process.returncode else []
        if watched.last - watched.first > ALLOWED:
            missed.append(f"memory: {watched.last - watched.first:+.1f} MiB")
        missed += look_at_reports(machine, planned)
        for line in missed:
            print("MISSED", line)
        os.chdir("/")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
