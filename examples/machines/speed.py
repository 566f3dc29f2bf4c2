#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The speed of machines whose speed is known: easy and hard scenes, shafts that cross, noise, and the cost.

    /usr/bin/python3 speed.py
    /usr/bin/python3 speed.py --recording car.flac --speed 8:100 --orders 2,4 --known 15:25 --tacho 80.357

Trackers: gr-stft with its defaults; "plain", the same with frames that are not warped; "peaks", the best score of each
frame by itself; with SciPy installed its spectrogram of fixed windows, the best sum of amplitudes at the orders, and its median
filter over a second; with ssqueezepy installed its extract_ridges on the plain spectra (of order 1, or the first that is given). All take the same samples, orders and range. gross:
frames off by more than 3 % and 0.5 Hz; rms: of the others; mse: of all. --tacho: a second channel of the recording holds the speed,
times this number of Hz. The exit status is 1 if a figure misses its goal.
"""
import argparse
import importlib.util
import pathlib
import sys
import time

import numpy as np

from gnuradio import stft
from gnuradio.stft.bench import machine_scenes as scenes
from gnuradio.stft.optional_modules import load

RANGE = 5, 100  # Hz
GOAL_GROSS = {"easy": 0.005, "hard": 0.06, "stop": 0.05}
GOAL_RMS = 0.1  # Hz, of easy ones
GOAL_MSE = 0.031, 0.035  # Hz^2, of a recording, orders told and learned


def ours(x, fs, f_range, **settings):
    ridges = stft.track_ridges(x, fs=fs, f_range=f_range, **settings)
    return ridges.times, ridges.frequency


def plain(x, fs, f_range, **settings):
    return ours(x, fs, f_range, rates=(0,), **settings)


def spectra(x, fs, f_range, orders):
    """Spectra of 0.5 s, centred -> (times, Hz, amplitudes (frames, bins)), up to the highest order."""
    length, hop = round(0.5 * fs), round(0.0625 * fs)
    n_fft = 2 ** int(np.ceil(np.log2(2 * length)))
    S = np.abs(stft.stft(x, hop=hop, win_length=length, n_fft=n_fft)).T
    hertz = np.arange(S.shape[1]) * fs / n_fft
    keep = hertz <= 1.1 * max(orders) * f_range[1]
    return np.arange(len(S)) * hop / fs, hertz[keep], S[:, keep]


def peaks(x, fs, f_range, orders, **_):
    times, hertz, S = spectra(x, fs, f_range, orders)
    grid = np.arange(f_range[0], f_range[1], 0.1)
    score = np.zeros((len(S), len(grid)))
    for k in orders:
        score += np.array([np.interp(k * grid, hertz, np.log(row + 1e-9 * S.max())) for row in S])
    return times, grid[np.argmax(score, axis=1)]


def scipy(x, fs, f_range, orders, **_):
    signal = load("scipy.signal", "a fixed window of others")
    length, hop = round(0.5 * fs), round(0.0625 * fs)
    hertz, times, S = signal.spectrogram(x, fs, "hann", length, length - hop, 4 * length, mode="magnitude")
    grid = np.arange(f_range[0], f_range[1], 0.1)
    score = sum(np.array([np.interp(k * grid, hertz, row, right=0) for row in S.T]) for k in orders)
    return times, signal.medfilt(grid[np.argmax(score, axis=1)], 2 * round(0.5 * fs / hop) + 1)


def ssqueezepy(x, fs, f_range, orders, **_):
    times, hertz, S = spectra(x, fs, f_range, orders)
    order = orders[0]
    band = (hertz >= order * f_range[0]) & (hertz <= order * f_range[1])
    extract = importlib.import_module("ssqueezepy").extract_ridges
    ridge = extract(S[:, band].T.astype(complex), hertz[band], penalty=2, n_ridges=1, bw=4)
    return times, hertz[band][np.ravel(ridge)] / order


def trackers():
    found = {"gr-stft": ours, "plain": plain, "peaks": peaks}
    for run in scipy, ssqueezepy:
        if importlib.util.find_spec(run.__name__):
            found[run.__name__] = run
        else:
            print(f"{run.__name__} is not installed, and is left out", file=sys.stderr)
    return found


def row(name, cells):
    print(f"| {name} | " + " | ".join(cells) + " |")


def table_of_scenes(seeds):
    each = trackers()
    row("scene, gross % / rms Hz / mse Hz^2", each)
    row("---", ["---"] * len(each))
    for kind, names in ("easy", scenes.EASY), ("hard", scenes.HARD), ("stop", ("stop",)):
        for name in names:
            cells = []
            for tracker, run in each.items():
                results = []
                for seed in seeds:
                    x, speed, settings = scenes.scene(name, seed)
                    results.append(scenes.errors(*run(x.astype(np.float32), scenes.FS, RANGE, **settings), speed))
                gross, rms, mse = np.mean(results, axis=0)
                cells.append(f"{100 * gross:.1f} / {rms:.3f} / {mse:.2g}")
                if tracker == "gr-stft":
                    if gross > GOAL_GROSS[kind]:
                        yield f"{name}: {100 * gross:.1f} % gross"
                    if kind == "easy" and rms > GOAL_RMS:
                        yield f"{name}: {rms:.3f} Hz rms"
            row(name, cells)


def shafts(seeds):
    """Shafts that cross, and shafts that come near each other and part again."""
    for words, nearest in ("cross", None), ("come within 1 .. 2 Hz", (1.0, 2.0)):
        for level in 1.0, 0.8, 0.3:
            shares, told = [], []
            for seed in seeds:
                apart = None if nearest is None else np.random.default_rng([seed, 3]).uniform(*nearest)
                x, f, g = scenes.two_shafts(seed, level, nearest=apart)
                ridges = stft.track_ridges(x, fs=scenes.FS, f_range=RANGE, orders=scenes.ORDERS, tracks=2)
                truth = np.array([np.interp(ridges.times, np.arange(len(x)) / scenes.FS, each) for each in (f, g)])
                start = ridges.times < 3
                if np.abs(ridges.frequency - truth)[:, start].sum() > np.abs(ridges.frequency - truth[::-1])[:, start].sum():
                    truth = truth[::-1]
                swapped = np.abs(ridges.frequency - truth) > np.abs(ridges.frequency - truth[::-1]) + 0.5
                shares.append(swapped.any(axis=0).mean())
                told.append(np.any(ridges.swap_possible))
            shares = np.array(shares)
            print(f"two shafts that {words}, the second of level {level}: {100 * shares.mean():.1f} % of the frames have another name; in "
                  f"{np.sum(shares > 0.2)} of {len(shares)} runs a fifth of them or more; swap_possible in {np.sum(told)} runs")
            if nearest is None and shares.mean() > 0.05:
                yield f"shafts that cross, level {level}: {100 * shares.mean():.1f} % wrong names"


def noise(seconds):
    for name, r in ("white", np.random.default_rng(1)), ("pink", np.random.default_rng(2)):
        x = r.standard_normal(int(seconds * scenes.FS))
        if name == "pink":
            X = np.fft.rfft(x)
            x = np.fft.irfft(X / np.sqrt(np.maximum(np.arange(len(X)), 1)), len(x))
        ridges = stft.track_ridges(x, fs=scenes.FS, f_range=RANGE, orders=scenes.ORDERS)
        share = np.mean(ridges.confidence > 1)
        print(f"{name} noise alone, {seconds:g} s: {100 * share:.1f} % of the frames are trusted")
        if share > 0.05:
            yield f"{name} noise: {100 * share:.1f} % trusted"


def cost(seconds):
    x = np.random.default_rng(3).standard_normal(48000 * seconds).astype(np.float32)
    for tracks in 1, 2:
        tracker = stft.RidgeTracker(fs=48000, f_range=RANGE, orders=scenes.ORDERS, tracks=tracks)
        begin = time.process_time()
        for i in range(0, len(x), 4800):
            tracker.push(x[i : i + 4800])
        share = (time.process_time() - begin) / seconds
        print(f"48 kHz, {tracks} of a machine's shafts: {100 * share:.2f} % of a core")
        if share > 0.1:
            yield f"cost: {100 * share:.1f} % of a core"


def recording(options):
    data, fs = load("soundfile", "a recording").read(options.recording, dtype="float32", always_2d=True)
    x, tacho = data[:, options.channel], data[:, options.tacho_channel] * options.tacho
    runs = [("orders told", dict(orders=options.orders), GOAL_MSE[0])]
    if options.known:
        runs.append((f"orders 0.5 .. 8 learned from {options.known[0]:g} .. {options.known[1]:g} Hz for 3 s",
                     dict(orders=scenes.HALVES, learn_range=options.known), GOAL_MSE[1]))
    for name, settings, goal in runs:
        print(name)
        for tracker, run in trackers().items():
            times, frequency = run(x, fs, options.speed, **settings)
            truth = np.interp(times, np.arange(len(x)) / fs, tacho)
            off = np.abs(frequency - truth)
            print(f"  {tracker}: mse {np.mean(off**2):.4f} Hz^2, {100 * np.mean(off > np.maximum(0.5, 0.03 * truth)):.1f} % gross")
            if tracker == "gr-stft" and np.mean(off**2) > goal:
                yield f"{name}: {np.mean(off**2):.4f} Hz^2"


def picture(folder):
    """A machine that starts and stops in noise: its spectrogram, the orders that were found, and the confidence."""
    matplotlib = load("matplotlib", "a picture")
    matplotlib.use("Agg")
    figure_of = load("matplotlib.figure", "a picture").Figure
    x, speed, settings = scenes.scene("start-stop", 1)
    ridges = stft.track_ridges(x.astype(np.float32), fs=scenes.FS, f_range=RANGE, **settings)
    times, hertz, S = spectra(x, scenes.FS, RANGE, (3,))
    figure = figure_of(figsize=(9, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    level = 20 * np.log10(S.T + 1e-9)
    upper.pcolormesh(times, hertz, level, vmin=level.max() - 45, vmax=level.max(), cmap="magma", rasterized=True)
    trusted = np.where(ridges.confidence > 1, ridges.frequency, np.nan)
    for k in settings["orders"]:
        upper.plot(ridges.times, k * trusted, "w--", linewidth=0.8)
    upper.set(ylabel="Frequency (Hz)", ylim=(0, 330), title="Orders found in the spectrogram of a machine in noise")
    off = np.abs(ridges.frequency - np.interp(ridges.times, np.arange(len(x)) / scenes.FS, speed))
    lower.semilogy(ridges.times, np.maximum(off, 1e-3), label="error, Hz")
    lower.plot(ridges.times, ridges.confidence, label="confidence")
    lower.axhline(1, color="grey", linewidth=0.8)
    lower.set(xlabel="Time (s)", ylim=(1e-3, 100))
    lower.legend(loc="center", ncols=2)
    path = pathlib.Path(folder) / "machine_speed.png"
    figure.savefig(path, dpi=100)
    return path


def pair(text):
    low, _, high = text.partition(":")
    return float(low), float(high)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed for each scene")
    parser.add_argument("--pictures", metavar="DIR", help="draw the picture of docs/machines.md into this folder")
    parser.add_argument("--recording", help="a sound file")
    parser.add_argument("--channel", type=int, default=0, help="of its vibration (default 0)")
    parser.add_argument("--tacho-channel", type=int, default=1, help="of its speed (default 1)")
    parser.add_argument("--tacho", type=float, default=1, metavar="SCALE", help="Hz of full scale")
    parser.add_argument("--speed", type=pair, default=RANGE, metavar="LOW:HIGH", help="Hz (default 5:100)")
    parser.add_argument("--orders", type=lambda text: [float(k) for k in text.split(",")], default=(2, 4), metavar="K,K ..")
    parser.add_argument("--known", type=pair, metavar="LOW:HIGH", help="Hz of the first 3 s: learn the orders, too")
    options = parser.parse_args()
    if options.pictures:
        print(picture(options.pictures))
        return 0
    if options.recording:
        missed = list(recording(options))
    else:
        seeds = (1,) if options.quick else (1, 2, 3)
        missed = [*table_of_scenes(seeds), *shafts(range(100, 102 if options.quick else 200)), *noise(60 if options.quick else 600), *cost(60)]
    for line in missed:
        print("MISSED", line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
