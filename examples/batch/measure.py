#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of docs/batch.md: what a call and a file cost in a batch, and how work grows with workers.

    /usr/bin/python3 measure.py [--rounds N] [--quick] [DIRECTORY]

Recordings of noise, 1.5 GB of them, and what becomes of them are written to DIRECTORY and removed again. gr_stft must be
on PATH. With python3-distributed, a scheduler and workers are started on loopback. Configurations take turns, and the
best of the rounds is printed.
"""
import argparse
import contextlib
import functools
import json
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

from gnuradio import stft
from gnuradio.stft import batching
from gnuradio.stft.app.batch_tasks import Task, perform


def nothing(x):
    return x


def work(number, samples):
    """Spectra in memory."""
    x = np.random.default_rng(number).standard_normal(2**18).astype(np.float32)
    return float(sum(stft.spectrogram(x, n_fft=1024, hop=256)[3, 7] for _ in range(samples // len(x))))


def sleep(seconds):
    time.sleep(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", help="on the disk that is to be measured (default: a temporary one)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="(default: 3)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    options = parser.parse_args()
    os.environ.setdefault("GR_STFT_PLANNER", "estimate")
    part = 10 if options.quick else 1
    with tempfile.TemporaryDirectory(dir=options.directory) as folder, contextlib.ExitStack() as things:
        os.chdir(folder)
        crews = {"1 process": {"jobs": 1}, "2 processes": {"jobs": 2}}
        clients = {}
        with contextlib.suppress(ImportError):
            for count in (1, 2):
                clients[f"dask, {count} workers"] = things.enter_context(cluster(count))
        print(f"{batching.processors()} processors, load {os.getloadavg()[0]:.1f}")
        if clients:
            many_workers(20 // part)
        calls(crews, clients, options.rounds, 5000 // part)
        in_memory(crews, clients, options.rounds, 2**31 // part)
        small_files(crews, clients, options.rounds, 1000 // part)
        long_file(crews, clients, options.rounds, 2**28 // part)
        manifest(20000 // part)


@contextlib.contextmanager
def cluster(workers, threads=1):
    """A client of a scheduler with workers."""
    distributed = batching.load("distributed", "measuring a cluster")
    with contextlib.ExitStack() as things:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="dask-", dir=".")).absolute()
        log = things.enter_context(open(folder / "log", "w", encoding="utf-8"))

        def begin(what, *words):
            process = subprocess.Popen([sys.executable, "-m", f"distributed.cli.dask_{what}", *words, "--no-dashboard"],
                                       stdout=log, stderr=log, cwd=folder)
            things.callback(process.wait)
            things.callback(process.terminate)

        begin("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", "scheduler.json")
        while not (folder / "scheduler.json").exists():
            time.sleep(0.05)
        time.sleep(0.2)
        address = json.loads((folder / "scheduler.json").read_text(encoding="utf-8"))["address"]
        for _ in range(workers):
            begin("worker", address, "--nthreads", str(threads), "--no-nanny", "--local-directory", str(folder))
        client = things.enter_context(distributed.Client(address, set_as_default=False))
        client.wait_for_workers(workers)
        yield client


def best(rounds, actions):
    """The shortest time of each action; they take turns."""
    times = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            began = time.perf_counter()
            action()
            times[name].append(time.perf_counter() - began)
    return {name: min(each) for name, each in times.items()}


def many_workers(seconds):
    """Calls that wait stand for workers of other machines: 16 threads of one process for 16 workers."""
    print()
    for count, work in ((16, 0.1), (64, 0.1), (256, 0.1), (256, 1.0)):
        with cluster(1, count) as client:
            calls = int(count * max(3, seconds / 4 / work))
            stft.batch(sleep, [0] * count, client)
            began = time.perf_counter()
            stft.batch(sleep, [work] * calls, client)
            spent = time.perf_counter() - began
            print(f"{count} workers that wait {work} s: {calls / spent:.0f} calls/s, {100 * calls * work / spent / count:.0f} % of the time "
                  "at work")


def functions(crews, clients, call, items):
    made = {name: functools.partial(stft.batch, call, items, **crew) for name, crew in crews.items()}
    made.update({name: functools.partial(stft.batch, call, items, client) for name, client in clients.items()})
    return made


def calls(crews, clients, rounds, count):
    start = best(rounds, functions(crews, {}, nothing, [0]))
    print("\nstart and end of the processes:", ", ".join(f"{name} {seconds:.2f} s" for name, seconds in start.items()))
    spent = best(rounds, functions(crews, clients, nothing, list(range(count))))
    for name, seconds in spent.items():
        print(f"{name}: {(seconds - start.get(name, 0)) / count * 1e6:.0f} us for a call that does nothing")
    task = Task(("spectrogram", "-o", "{input}.npz"), "/archive/2026/11/29/recording-000000.cf32", "/spectra/2026/11/29")
    np.zeros(1000, np.float32).tofile("x_8k.f32")
    report = perform(Task(task.words, "x_8k.f32", "sizes"))
    print(f"sent for a file: {len(pickle.dumps((perform, task)))} bytes; sent back: {len(pickle.dumps(batching.Outcome(report)))} bytes")


def in_memory(crews, clients, rounds, samples):
    pieces = 16
    call = functools.partial(work, samples=samples // pieces)
    actions = {"no batch": lambda: [call(number) for number in range(pieces)]}
    actions.update(functions(crews, clients, call, list(range(pieces))))
    print(f"\n{samples / 1e6:.0f} MS of spectra in memory, in {pieces} calls")
    shown(best(rounds, actions), samples / 1e6, "MS/s")


def shown(times, amount, unit):
    first = next(iter(times.values()))
    for name, seconds in times.items():
        print(f"{name}: {seconds:.2f} s, {amount / seconds:.0f} {unit}, {first / seconds:.2f} times the first")


def verb(out, *words):
    shutil.rmtree(out, ignore_errors=True)
    if words[0] != "batch":
        os.mkdir(out)
    subprocess.run(["gr_stft", *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def commands(crews, clients, options, files, *verb_options):
    made = {}
    for name, where in [*((name, ("--jobs", crew["jobs"])) for name, crew in crews.items()),
                        *((name, ("--scheduler", client.scheduler.address)) for name, client in clients.items())]:
        made[name] = functools.partial(verb, f"out {name}", "batch", *where, *options, "spectrogram", *verb_options, "-o",
                                       "{input}.npz", "--", files, "-o", f"out {name}")
    return made


def small_files(crews, clients, rounds, count):
    os.mkdir("small")
    rng = np.random.default_rng(0)
    for number in range(count):
        np.save(f"small/{number:05}.npy", rng.standard_normal(4096).astype(np.float32))
    actions = {"no batch": lambda: verb("out", "spectrogram", "-o", "out/{input}.npz", *sorted(map(str, pathlib.Path("small").iterdir())))}
    actions.update(commands(crews, clients, (), "small"))
    print(f"\n{count} files of 4096 samples, spectrogram -o {{input}}.npz")
    shown(best(rounds, actions), count, "files/s")
    for name in [*crews, *clients]:
        with open(f"out {name}/manifest.jsonl", encoding="ascii") as file:
            seconds = [json.loads(line)["seconds"] for line in file]
        print(f"{name}: {np.median(seconds) * 1e3:.2f} ms in the worker for a file (median)")
    for path in pathlib.Path().glob("out*"):
        shutil.rmtree(path)


def long_file(crews, clients, rounds, samples):
    rng = np.random.default_rng(0)
    with open("long_2.4Msps.cu8", "wb") as file:
        for _ in range(16):
            file.write(rng.integers(0, 256, 2 * samples // 16, np.uint8).tobytes())
    for title, options in (("power density, averages of 64 frames", ("--average", 64)),
                           ("reassigned, averages of 64 frames", ("--average", 64, "--transform", "reassigned", "--stop", 80)),
                           ("power density, all rows", ("--stop", 20))):
        length = min([samples, *(int(2.4e6 * options[at + 1]) for at, word in enumerate(options) if word == "--stop")])
        actions = {"no batch": lambda: verb("out", "spectrogram", "-o", "out/{input}.npz", *options, "long_2.4Msps.cu8")}
        actions.update(commands(crews, clients, ("--piece", max(2**14, length // 8)), "long_2.4Msps.cu8", *options))
        print(f"\none file of {length / 1e6:.0f} MS (cu8) in eight pieces, {title}")
        shown(best(rounds, actions), length / 1e6, "MS/s")
        for path in pathlib.Path().glob("out *"):
            same = (path / "long_2.4Msps.npz").read_bytes() == pathlib.Path("out/long_2.4Msps.npz").read_bytes()
            print(f"{path.name[4:]}: {'the same bytes' if same else 'OTHER BYTES'} as without batch")
        for path in pathlib.Path().glob("out*"):
            shutil.rmtree(path)


def manifest(count):
    from gnuradio.stft.app.batch_manifest import Manifest

    entry = {"input": "/archive/recording.cf32", "verb": "spectrogram", "status": "done", "parameters": "0" * 16, "outputs": ["x"] * 2,
             "bytes": [1000] * 2}
    print()
    for together in (1, 10, 100):
        with contextlib.closing(Manifest(f"manifest-{together}", ".")) as lines:
            began = time.perf_counter()
            for number in range(0, count // (20 if together == 1 else 1), together):
                lines.append([{**entry, "input": f"/{number}"}] * together)
            seconds = time.perf_counter() - began
        print(f"manifest, {together} lines a write: {(number + together) / seconds:.0f} lines/s")
    began = time.perf_counter()
    with contextlib.closing(Manifest("manifest-100", ".")):
        print(f"read again: {count / (time.perf_counter() - began):.0f} lines/s")


if __name__ == "__main__":
    main()
