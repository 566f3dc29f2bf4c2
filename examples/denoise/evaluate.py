#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What denoising gains on speech in white noise and in recorded noise of machines, beside what it could gain, and what it costs.

    /usr/bin/python3 evaluate.py

Speech: Debian's alsa-utils (48 kHz), and spoken digits (8 kHz, fsdd.zip in GR_STFT_DATA/speech) where they are there. Machines: a 3-D
printer (Debian's sonic-pi-samples), and the recordings in GR_STFT_DATA/vibration. The signal-to-noise ratio is 5 dB over the 20 ms
segments that hold speech (within 40 dB of the loudest); the segmental one is the mean of theirs in dB, each within -10 .. 35 dB.
The settings were chosen on the first half of the files; goals count on the others. "known": the same gains with the noise's true mean
power. "oracle": a Wiener gain that knows the power of the speech in each cell, and the noise's mean power; "of 9 cells": one that knows it in
the mean of the 3 x 3 cells around, which is more than the noisy cells tell. With --pictures DIR, the
pictures of docs/denoise.md are drawn. The exit status is 1 if a goal is missed.
"""
import argparse
import io
import math
import os
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import soundfile
from scipy.ndimage import uniform_filter
from scipy.signal import resample_poly

from gnuradio import stft

ALSA = Path("/usr/share/sounds/alsa")
PRINTER = Path("/usr/share/sonic-pi/samples/loop_3d_printer.flac")
DATA = Path(os.environ.get("GR_STFT_DATA", "/nonexistent"))
MACHINES = "aircraft_flyover_10k.flac", "bearing_inner_50lbs.wav", "bearing_outer_200lbs.wav", "car_runup_tacho.flac"
SNR = 5.0        # dB
WINDOW = 0.064   # s
METHODS = "wiener", "log_mmse", "subtraction"
GOALS = {"white": 8.0, "machines": 6.0}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="four files, no costs")
    parser.add_argument("--chosen-on", action="store_true", help="the files that the settings were chosen on")
    parser.add_argument("--pictures", metavar="DIR", help="draw the pictures of docs/denoise.md")
    options = parser.parse_args(arguments)
    speech = [*alsa(options.chosen_on), *digits(options.chosen_on)]
    if options.quick:
        speech = speech[:2] + speech[-2:]
    if not speech:
        print("no speech: install Debian's alsa-utils, or set GR_STFT_DATA")
        return 0
    missed = [*gains(speech), *tones()]
    if not options.quick:
        missed += costs()
    if options.pictures:
        pictures(options.pictures)
    for line in missed:
        print("MISSED", line)
    return 1 if missed else 0


# signals


def alsa(chosen_on):
    """(name, samples, rate), with a fifth of a second of silence before and after."""
    names = sorted(path.name for path in ALSA.glob("*_*.wav"))
    for name in names[:len(names) // 2] if chosen_on else names[len(names) // 2:]:
        x, fs = soundfile.read(ALSA / name)
        yield name, np.concatenate([np.zeros(fs // 5), x, np.zeros(fs // 5)]), fs


def digits(chosen_on):
    """Six digits of each speaker, with pauses."""
    path = DATA / "speech" / "fsdd.zip"
    if not path.exists():
        return
    with zipfile.ZipFile(path) as archive:
        for speaker in ("george", "jackson", "lucas") if chosen_on else ("nicolas", "theo", "yweweler"):
            draw = np.random.default_rng(1)
            names = sorted(name for name in archive.namelist() if f"_{speaker}_" in name)
            parts = [np.zeros(2400)]
            for name in draw.choice(names, 6, replace=False):
                x, _ = soundfile.read(io.BytesIO(archive.read(name)))
                parts += [(x - x.mean()) / x.std() / 5, np.zeros(round(2400 * draw.uniform(0.5, 1.5)))]
            yield speaker, np.concatenate(parts), 8000


def machines():
    """Name -> samples and rate."""
    paths = [PRINTER, *(DATA / "vibration" / name for name in MACHINES)]
    for path in paths:
        if path.exists():
            x, fs = soundfile.read(path, always_2d=True)
            yield path.stem, (x[:, 0] - x[:, 0].mean(), fs)


def noise_of(kind, length, fs, seed):
    """White noise, or a stretch of a machine's."""
    draw = np.random.default_rng(seed)
    if kind is None:
        return draw.standard_normal(length)
    x, rate = kind
    common = math.gcd(fs, rate)
    x = resample_poly(x, fs // common, rate // common)
    x = np.tile(x, length // len(x) + 1) if len(x) <= length else x
    begin = draw.integers(len(x) - length + 1)
    return x[begin:begin + length]


# measures


def segments(x, fs):
    n = round(0.02 * fs)
    return x[:len(x) // n * n].reshape(-1, n)


def spoken(x, fs):
    energy = np.mean(segments(x, fs) ** 2, axis=1)
    return energy > 1e-4 * energy.max()


def mixed(speech, noise, fs):
    level = np.mean(segments(speech, fs)[spoken(speech, fs)] ** 2)
    noise = noise * np.sqrt(level / np.mean(noise**2) / 10 ** (SNR / 10))
    return speech + noise, noise


def segmental_snr(speech, y, fs):
    s, error = segments(speech, fs), segments(y - speech, fs)
    ratio = np.sum(s**2, axis=1) / np.maximum(np.sum(error**2, axis=1), 1e-30)
    return np.mean(np.clip(10 * np.log10(np.maximum(ratio, 1e-30)), -10, 35)[spoken(speech, fs)])


def musical(clean_noise, y_noise, n_fft):
    """How tonal the residual of pure noise is: the kurtosis of its cells over that of the noise; 1 is not tonal at all."""
    def kurtosis(x):
        power = np.abs(stft.stft(x, n_fft=n_fft)[2:-2, 8:-8]) ** 2
        return np.mean(power**2) / np.mean(power) ** 2

    return kurtosis(y_noise) / kurtosis(clean_noise)


def oracle(x, speech, noise, frames, cells=1):
    S, N, X = (stft.stft(each, **frames) for each in (speech, noise, x))
    power = uniform_filter(np.abs(S) ** 2, cells)
    gain = power / (power + np.mean(np.abs(N) ** 2, axis=1, keepdims=True))
    return stft.istft(X * gain, length=len(x), **frames)


def frames_at(fs):
    return dict(n_fft=2 ** round(math.log2(WINDOW * fs)))


def gains(speech):
    """Prints what each method gains in each noise; what is below a goal."""
    kinds = {"white": None, **dict(machines())}
    print(f"segmental SNR gained, dB, at {SNR:g} dB, of {len(speech)} files\n")
    print("| noise | rate | " + " | ".join(METHODS) + " | Wiener, noise known | oracle of 9 cells | oracle | below oracle |")
    print("|---" * (6 + len(METHODS)) + "|")
    results = {}
    for kind, recorded in kinds.items():
        for rate in sorted({fs for _, _, fs in speech}):
            rows = []
            for number, (_, s, fs) in enumerate(speech):
                if fs != rate:
                    continue
                frames = frames_at(fs)
                x, noise = mixed(s, noise_of(recorded, len(s), fs, number), fs)
                before = segmental_snr(s, x, fs)
                known = np.mean(np.abs(stft.stft(noise, **frames)) ** 2, axis=1)
                ys = [stft.denoise(x, method=method, **frames) for method in METHODS]
                ys += [stft.denoise(x, noise=known, **frames), oracle(x, s, noise, frames, 3), oracle(x, s, noise, frames)]
                rows.append([segmental_snr(s, y, fs) - before for y in ys])
            mean = np.mean(rows, axis=0)
            results[kind, rate] = mean
            print(f"| {kind} | {rate / 1000:g} kHz | " + " | ".join(f"{value:.1f}" for value in mean) + f" | {mean[-1] - mean[0]:.1f} |")
    print()
    at_48 = {kind: mean for (kind, rate), mean in results.items() if rate == 48000}
    machine = np.mean([mean for kind, mean in at_48.items() if kind != "white"], axis=0) if len(at_48) > 1 else None
    white = at_48["white"]
    print(f"goal: 8 dB in white noise: {white[0]:.1f} dB; 6 dB in machines' noise: "
          + (f"{machine[0]:.1f} dB in the mean of {len(at_48) - 1}" if machine is not None else "no recording"))
    print(f"goal: 1 dB below the oracle at most: {white[-1] - white[0]:.1f} dB below the one that knows the speech, {white[-3] - white[0]:.1f} dB "
          "below the one that knows the noise, in white noise")
    if white[0] < GOALS["white"]:
        yield f"white noise: {white[0]:.1f} dB"
    if machine is not None and machine[0] < GOALS["machines"]:
        yield f"machines' noise: {machine[0]:.1f} dB"
    if white[-3] - white[0] > 1:
        yield f"{white[-3] - white[0]:.1f} dB below known noise"
    if white[-1] - white[0] > 1:
        yield f"{white[-1] - white[0]:.1f} dB below the oracle that knows the speech"
    noise = np.random.default_rng(9).standard_normal(480000)
    print("musical noise (kurtosis of what is left of noise, over that of noise): "
          + ", ".join(f"{method} {musical(noise, stft.denoise(noise, n_fft=1024, method=method), 1024):.2f}" for method in METHODS)
          + f", subtraction without smoothing {musical(noise, stft.denoise(noise, n_fft=1024, method='subtraction', smoothing=1), 1024):.2f}\n")


def tones():
    """Prints by how much a tone 20 dB over the floor of its bin changes; what changes by more than 0.2 dB."""
    n, length = 1024, 1024 * 400
    worst = {}
    for name, settings in {"floor": dict(tracking="floor"), "a stretch of noise": dict()}.items():
        for bin_ in 100, 100.25, 100.5, 333.4:
            draw = np.random.default_rng(int(bin_ * 100))
            tone = np.cos(2 * np.pi * bin_ / n * np.arange(length))
            noise = draw.standard_normal(length)
            window = stft.sample_window("hann", n)
            offset = abs(bin_ - round(bin_))
            peak = abs(np.sum(window * np.exp(2j * np.pi * offset * np.arange(n) / n))) / 2
            tone *= math.sqrt(100 * np.sum(window**2)) / peak
            given = dict(noise=stft.noise_power(noise[:n * 20], n_fft=n)) if not settings else settings
            y = stft.denoise(tone + noise, n_fft=n, **given)
            half = slice(length // 2, None)
            change = 20 * math.log10(np.dot(y[half], tone[half]) / np.dot((tone + noise)[half], tone[half]))
            worst[name] = max(worst.get(name, 0), abs(change))
    print("a tone 20 dB over the floor of its bin changes by at most: "
          + ", ".join(f"{value:.2f} dB ({name})" for name, value in worst.items()) + "\n")
    for name, value in worst.items():
        if value > 0.2:
            yield f"tone with {name}: {value:.2f} dB"


def costs():
    """Prints the time of gains over that of STFT and inverse."""
    x = np.random.default_rng(1).standard_normal(2**20).astype(np.float32)
    print("| samples | n_fft | round trip, ns a sample | wiener | log_mmse | subtraction | wiener, detail_memory 0 | (times the round trip, with STFT and inverse)\n|---|---|---|---|---|---|---|")
    for dtype in np.float32, np.complex64:
        for n_fft in 256, 1024, 4096:
            signal = x.astype(dtype)
            sides = "onesided" if dtype == np.float32 else "twosided"

            def round_trip():
                return stft.istft(stft.stft(signal, n_fft=n_fft), n_fft=n_fft, sides=sides, length=len(signal))

            cases = [round_trip] + [lambda method=method: stft.denoise(signal, n_fft=n_fft, method=method) for method in METHODS]
            cases.append(lambda: stft.denoise(signal, n_fft=n_fft, detail_memory=0))
            times = np.array([[_seconds(case) for case in cases] for _ in range(7)])
            ratios = np.median(times / times[:, :1], axis=0)
            print(f"| {np.dtype(dtype).name} | {n_fft} | {np.median(times[:, 0]) / len(x) * 1e9:.1f} | " + " | ".join(f"{r:.2f}" for r in ratios[1:]) + " |")
    print()
    return []


def _seconds(case):
    begin = time.perf_counter()
    case()
    return time.perf_counter() - begin


def pictures(folder):
    """Before and after, for docs/denoise.md."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    os.makedirs(folder, exist_ok=True)
    _, s, fs = next(alsa(True))
    x, _ = mixed(s, noise_of(None, len(s), fs, 0), fs)
    frames = frames_at(fs)
    figure, axes = pyplot.subplots(3, 1, figsize=(8, 7), sharex=True, sharey=True, constrained_layout=True)
    for axis, signal, name in zip(axes, (s, x, stft.denoise(x, **frames)), ("speech", f"with white noise, {SNR:g} dB", "denoised, wiener")):
        level = stft.spectrogram(signal, "hann", fs=fs, db=True, **frames)
        top = 10 * np.log10(np.max(np.abs(stft.stft(s, scaling="psd", fs=fs, **frames)) ** 2) * 2)
        image = axis.imshow(level, origin="lower", aspect="auto", vmin=top - 70, vmax=top, cmap="magma",
                            extent=(0, len(s) / fs, 0, fs / 2000))
        axis.set_ylabel("kHz")
        axis.set_ylim(0, 10)
        axis.set_title(name, loc="left", fontsize=10)
    axes[-1].set_xlabel("s")
    figure.colorbar(image, ax=axes, label="dB re 1 FS²/Hz", shrink=0.6)
    path = os.path.join(folder, "denoise_speech.png")
    figure.savefig(path, dpi=90)
    from PIL import Image  # which matplotlib brings

    Image.open(path).convert("RGB").quantize(256, method=2).save(path, optimize=True)
    print(path)


if __name__ == "__main__":
    sys.exit(main())
