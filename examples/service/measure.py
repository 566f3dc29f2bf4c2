#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""How fast gr_stft monitor --detect reads a file of cu8 with several outputs, how long a line takes, and how much memory a long run.

    /usr/bin/python3 examples/service/measure.py [--seconds 25] [--long 600] [--command "gr_stft"]

Rates are samples by the time that passes, and by the processors' time of the process with all its threads, which other load on
the machine disturbs less; runs of each kind alternate.
"""
import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

from gnuradio import stft
from gnuradio.stft.bench import band_scenes
from gnuradio.stft.bench.memory import MemoryWatch

RATE = 2_400_000
KINDS = {
    "JSON alone": [],
    "JSON, SigMF, spectrogram": ["--sigmf", "a.sigmf-meta", "--spectrogram", "rows", "--row-rate", "30"],
    "and clips, metrics": ["--sigmf", "a.sigmf-meta", "--spectrogram", "rows", "--row-rate", "30", "--record-events", "clips",
                           "--pre", "5ms", "--post", "5ms", "--record-limit", "2G", "--metrics", "0"],
}
START = "start alone"  # of the command, with no samples to speak of: it is taken off the others


def write_scene(path, seconds):
    """Bursts and carriers, as a receiver of 8 bits gives them, one second again and again."""
    x = band_scenes.scene("mixed", seed=1, seconds=1).samples[:1_000_000]
    scaled = np.stack([x.real, x.imag], axis=1) / (4 * np.std(x))
    one = np.clip(np.rint(127.5 + 127.5 * scaled), 0, 255).astype(np.uint8).tobytes()
    with open(path, "wb") as file:
        for _ in range(round(seconds * RATE / 1_000_000)):
            file.write(one)
    return round(seconds * RATE / 1_000_000) * 1_000_000


def speed(command, samples, rounds):
    kinds = {START: ["--duration", "1ms"], **KINDS}
    found = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, options in kinds.items():
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            subprocess.run([*command, "monitor", "x.cu8", "--dtype", "cu8", "--rate", str(RATE), "--detect", *options],
                           stdout=subprocess.DEVNULL, check=True)
            passed, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            found[name].append((passed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    start = np.median(found.pop(START), axis=0)
    print("| outputs | MS/s, time passed: best, median | MS/s, processors' time: best, median |\n|---|---|---|")
    for name, runs in found.items():
        passed, busy = (np.array(runs) - start).T
        print(f"| {name} | {samples / passed.min() / 1e6:.1f}, {samples / np.median(passed) / 1e6:.1f} "
              f"| {samples / busy.min() / 1e6:.1f}, {samples / np.median(busy) / 1e6:.1f} |")


def latency(command):
    """From the sample that decides a report to its line, of samples that come through a pipe in real time."""
    rate, piece = 1e6, 2048
    x = band_scenes.scene("mixed", seed=2, seconds=3).samples.astype(np.complex64)
    detector, decided = stft.SignalDetector(rate), []
    for at in range(0, len(x), 512):
        decided += [min(at + 512, len(x))] * len(detector.push(x[at:at + 512]))
    process = subprocess.Popen([*command, "monitor", "-", "--dtype", "cf32_le", "--rate", "1M", "--detect"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    written, heard = [], []

    def listen():
        for line in process.stdout:
            heard.append((time.monotonic(), json.loads(line)))

    listener = threading.Thread(target=listen)
    listener.start()
    time.sleep(4)
    began = time.monotonic()
    for at in range(0, len(x), piece):
        time.sleep(max(0.0, began + (at + piece) / rate - time.monotonic()))
        process.stdin.write(x[at:at + piece].tobytes())
        process.stdin.flush()
        written.append(time.monotonic())
    process.stdin.close()
    process.wait()
    listener.join()
    late = [at - written[(sample - 1) // piece] for (at, _), sample in zip(heard, decided)]
    print(f"\n{len(late)} reports: {1e3 * np.median(late):.1f} ms from the sample that decides to the line (median), "
          f"{1e3 * np.quantile(late, 0.9):.1f} ms (90 %), {1e3 * max(late):.1f} ms (longest); two frames are {2e3 * 1024 / rate:.1f} ms")


def long_run(command, seconds):
    """Memory of a watch of a long recording; clips that wait for a disk would take what their limit allows."""
    with subprocess.Popen([*command, "monitor", "x.cu8", "--dtype", "cu8", "--rate", str(RATE), "--detect", "--rotate", "60",
                           *KINDS["JSON, SigMF, spectrogram"]], stdout=subprocess.DEVNULL) as process:
        began = time.monotonic()
        watch = MemoryWatch(process.pid, interval=0.25)
    found = [memory for _, memory in watch.readings]
    later = np.array(found[len(found) // 4:] or [0])
    print(f"\n{seconds:.0f} s of signal in {time.monotonic() - began:.0f} s: memory {later.min():.0f} .. {later.max():.0f} MiB after the "
          f"first quarter, {np.mean(later[:len(later) // 4]):.0f} MiB in its first, {np.mean(later[-len(later) // 4:]):.0f} MiB in its last quarter")


def sums():
    energy = 0.0
    for name in os.listdir("rows"):
        if name.endswith(".npy"):
            with open(f"rows/{name[:-4]}.json", encoding="utf-8") as file:
                meta = json.load(file)
            energy += np.load(f"rows/{name}", mmap_mode="r", allow_pickle=False).sum(dtype=np.float64) * meta["hop"] * RATE / meta["vlen"]
    raw = np.memmap("x.cu8", np.uint8, "r")
    signal = sum(float(np.sum(((part - 128) / 128)**2)) for at in range(0, len(raw), 1 << 24)
                 for part in [raw[at:at + (1 << 24)].astype(np.float64)])
    print(f"energy of the files' rows over that of the signal: {energy / signal:.6f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--long", type=float, default=0.0)
    parser.add_argument("--rounds", type=int, default=3, help="of the speed; 0: only the long run")
    parser.add_argument("--command", default="gr_stft")
    arguments = parser.parse_args()
    command = shlex.split(arguments.command)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in "rows", "clips":
            os.mkdir(name)
        samples = write_scene("x.cu8", arguments.seconds)
        print(f"{samples / 1e6:.0f} million samples of cu8, load of the machine {os.getloadavg()[0]:.1f}\n")
        sys.stdout.flush()
        if arguments.rounds:
            speed(command, samples, arguments.rounds)
            latency(command)
        if arguments.long:
            for name in os.listdir("rows"):
                os.unlink(f"rows/{name}")
            write_scene("x.cu8", arguments.long)
            long_run(command, arguments.long)
            sums()
        os.chdir("/")


if __name__ == "__main__":
    main()
