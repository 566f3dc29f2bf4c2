#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A watch of many hours in one go: does its memory stay, is each event found once, and do its files add up to the signal?

    /usr/bin/python3 examples/service/long_watch.py --hours 24 [--minutes 60] [--command "gr_stft"]

`gr_stft monitor -` gets cu8 at 2.4 MS/s by a pipe, as fast as it takes it: ten seconds of noise, bursts and a carrier again and again,
each time at another place of the frames. It ends after so many hours of signal, or so many minutes of the clock.
"""
import argparse
import collections
import glob
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time

import numpy as np

from gnuradio.stft.bench.memory import MemoryWatch

RATE = 2_400_000
N_FFT, HOP = 1024, 512
TILE = 24_000_001     # samples, no multiple of the hop
SETTLED = 0.1         # of the run: memory is looked at after it
OUTPUTS = ["-F", "json:events.jsonl", "-F", "csv:events.csv", "--sigmf", "events.sigmf-meta", "--spectrogram", "rows",
           "--rotate", "1h", "--row-rate", "1", "--metrics", "0"]


def tile(seed=1):
    """(cu8 samples, [(first sample, samples, lowest Hz, highest Hz)] of what is in them)."""
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal(2 * TILE, np.float32) * np.float32(0.08)).view(np.complex64)
    truth = []
    for n, start in enumerate(range(200_000, TILE - 1_500_000, 800_000)):
        count = int(rng.integers(12_000, 120_000))
        low = rng.uniform(-1.1e6, 1.0e6)
        width = 0.0 if n % 3 == 0 else rng.uniform(20e3, 90e3)
        at = start + int(rng.integers(0, 100_000))
        t = np.arange(count) / RATE
        if width:  # noise of a band: a slow step of phase, 20 dB above the floor of its bins
            steps = rng.choice([-1.0, 1.0], size=int(count / RATE * width) + 2)
            phase = np.pi / 2 * np.cumsum(np.repeat(steps, int(RATE / width) + 1)[:count]) / (int(RATE / width) + 1)
            burst = 0.2 * np.exp(1j * (2 * np.pi * (low + width / 2) * t + phase))
        else:
            burst = 0.05 * np.exp(2j * np.pi * low * t)
        x[at:at + count] += burst.astype(np.complex64)
        truth.append((at, count, low, low + width))
    carrier = 7_000_000, 9_600_000, 1.15e6  # 4 s
    n = np.arange(carrier[1])
    x[carrier[0]:sum(carrier[:2])] += (0.02 * np.exp(2j * np.pi * carrier[2] / RATE * n)).astype(np.complex64)
    truth.append((*carrier[:2], carrier[2], carrier[2]))
    return np.clip(np.rint(128 + 128 * x.view(np.float32)), 0, 255).astype(np.uint8), sorted(truth)


def feed(pipe, data, samples, until):
    """Writes the tile again and again; the number of samples that were written."""
    view, written = memoryview(data), 0
    try:
        while written < samples and time.monotonic() < until:
            part = view[:2 * min(TILE, samples - written)]
            for at in range(0, len(part), 1 << 20):
                pipe.write(part[at:at + (1 << 20)])
                written += len(part[at:at + (1 << 20)]) // 2
                if time.monotonic() >= until:
                    break
        pipe.close()
    except BrokenPipeError:
        print(f"the watch has ended after {written} samples")
    return written


def compare(samples, truth):
    """Whether each event that was sent is found once: by its time, within two frames, and its frequency, within four bins."""
    found, states, lines = collections.defaultdict(list), collections.Counter(), 0
    with open("events.jsonl", encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            lines += 1
            states[event["kind"], event["state"], event["cut"] == "withdrawn"] += 1
            if event["kind"] in ("burst", "carrier", "step") and event["state"] == "end" and event["cut"] != "withdrawn":
                found[event["sample_start"] // TILE].append((event["sample_start"], event["sample_count"], event["freq_lower"],
                                                            event["freq_upper"]))
    sent = missed = several = other = 0
    edge, bins = 2 * N_FFT, 4 * RATE / N_FFT
    for round_ in range(-(-samples // TILE)):
        near = [e for r in (round_ - 1, round_, round_ + 1) for e in found.get(r, ())]
        used = set()
        for start, count, low, high in truth:
            start += round_ * TILE
            if start + count + 600 * N_FFT > samples:  # the end of the stream is in it, or in what decides
                continue
            sent += 1
            hits = [e for e in near if e[0] < start + count + edge and e[0] + e[1] > start - edge and e[2] < high + bins and e[3] > low - bins]
            used.update(hits)
            missed += not hits
            several += len(hits) > 1
        other += len([e for e in found.get(round_, ()) if e not in used])
    print(f"{sent} events were sent: {missed} are missed, {several} have several reports, {other} reports are of none of them; {lines} lines")
    print("reports by kind:", dict(sorted((" ".join(map(str, key[:2])) + " withdrawn" * key[2], n) for key, n in states.items())))
    with open("events.csv", encoding="utf-8") as file:
        print(f"lines of CSV less those of JSON: {sum(1 for _ in file) - 1 - lines}")
    return sum(n for (kind, state, withdrawn), n in states.items() if state == "end" and not withdrawn and kind in ("burst", "carrier", "step"))


def look_at_annotations(ended):
    count, ordered, beyond, sizes = 0, True, 0, []
    files = sorted(glob.glob("events*.sigmf-meta"))
    for name in files:
        with open(name, encoding="utf-8") as file:
            meta = json.load(file)
        starts = [annotation["core:sample_start"] for annotation in meta["annotations"]]
        ordered &= starts == sorted(starts)
        beyond += sum(start < meta["global"].get("core:offset", 0) for start in starts)
        count += len(starts)
        sizes.append(os.path.getsize(name) / 1e6)
    print(f"SigMF: {len(files)} files of {max(sizes):.1f} MB at most with {count} annotations of {ended} events that have ended; "
          f"in order: {ordered}, before their file: {beyond}; left over: {glob.glob('*.journal') + glob.glob('*.part')}")


def look_at_rows(samples, data):
    energy, follows, at, rows = 0.0, True, 0, 0
    metas = []
    for name in glob.glob("rows/*.json"):
        with open(name, encoding="utf-8") as file:
            metas.append((json.load(file), name[:-5] + ".npy"))
    for meta, name in sorted(metas, key=lambda each: each[0]["sample_start"]):
        follows &= meta["sample_start"] == at
        at, rows = meta["sample_start"] + meta["rows"] * meta["hop"], rows + meta["rows"]
        energy += np.load(name, mmap_mode="r", allow_pickle=False).sum(dtype=np.float64) * meta["hop"] * RATE / meta["vlen"]
    squares = np.zeros(256)
    whole, part = divmod(samples, TILE)
    for times, some in ((whole, data), (1, data[:2 * part])):
        squares += times * np.bincount(some, minlength=256)
    sent = float(squares @ ((np.arange(256) - 128.0) / 128.0)**2)
    print(f"rows: {len(metas)} files, {rows} rows, without a gap: {follows}; {at - samples} samples more than the signal's {samples} "
          f"({(at - samples) / RATE:.3f} s; the last row may be the mean of less frames); energy over the signal's {energy / sent:.6f}; "
          f"left over: {glob.glob('rows/*.part')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0, help="of signal (default: 24)")
    parser.add_argument("--minutes", type=float, default=1e9, help="of the clock, at most")
    parser.add_argument("--command", default="gr_stft")
    parser.add_argument("--keep", metavar="DIR", help="a folder that is there: its files stay, among them memory.csv")
    arguments = parser.parse_args()
    data, truth = tile()
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(arguments.keep or temporary)
        os.makedirs("rows")
        began = time.monotonic()
        with subprocess.Popen([*shlex.split(arguments.command), "monitor", "-", "--dtype", "cu8", "--rate", str(RATE), "--detect", *OUTPUTS],
                              stdin=subprocess.PIPE) as process:
            memory = MemoryWatch(process.pid)
            samples = feed(process.stdin, data, round(arguments.hours * 3600 * RATE), began + 60 * arguments.minutes)
        passed = time.monotonic() - began
        with open("memory.csv", "w", encoding="ascii") as file:
            file.writelines(f"{at - began:.1f},{value:.2f}\n" for at, value in memory.readings)
        print(f"{samples / RATE / 3600:.2f} h of signal, {samples:.4g} samples in {passed / 60:.1f} min ({samples / passed / 1e6:.1f} MS/s), "
              f"load of the machine {os.getloadavg()[2]:.1f}, status {process.returncode}")
        watched = memory.settled(SETTLED)
        print(f"memory after the first {SETTLED:.0%} of the run: {watched.least:.1f} .. {watched.most:.1f} MiB; median of its first tenth "
              f"{watched.first:.1f}, of its last {watched.last:.1f} MiB")
        sys.stdout.flush()
        ended = compare(samples, truth)
        look_at_annotations(ended)
        look_at_rows(samples, data)
        os.chdir("/")


if __name__ == "__main__":
    main()
