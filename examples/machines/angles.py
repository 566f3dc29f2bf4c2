#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""How exact the speed of a tacho's pulses is, samples at equal angles are, and the levels of orders.

    /usr/bin/python3 angles.py
    /usr/bin/python3 angles.py --recording car.flac --tacho 80.357 --orders 2,4 --rpm 974.5,2031,4210 --published 71.26,51.43,60.79,56.72,63.52,62.03

Machines whose speed and angle are known; the signal of a tacho has edges of two samples and noise of 0.4 % of its height, pulses that
are missing and pulses that bounce. Of a recording, whose second channel is the speed, times this number of Hz, the levels of orders in dB re
20 uPa at some speeds, and how far they are from published ones. The exit status is 1 if a figure misses its goal.
"""
import argparse
import sys
import time

import numpy as np

from gnuradio import stft
from gnuradio.stft.optional_modules import load

SECONDS = 20.0
FAULTS = (0, 0), (0.05, 0.05), (0.1, 0.1)  # shares of the pulses that are missing, that bounce
LINES = (1, 1.0), (8, 0.1)                 # orders and amplitudes; one more, of 0.01, as high as the samples have it
GOAL_SPEED = 0.002                         # Hz rms, with 5 % missing and bounced
GOAL_ERROR, GOAL_LEVEL = -90.0, 0.05       # dB, with the speed of each sample
GOAL_PUBLISHED = 0.4                       # dB


def smooth(u):
    u = np.clip(u, 0, 1)
    return u * u * (3 - 2 * u)


def wander(t, seed):
    draw = np.random.default_rng([seed, 4])
    return 30 + sum(draw.uniform(0.3, 0.8) * np.sin(2 * np.pi * (g * t + draw.uniform())) for g in (0.05, 0.11, 0.23, 0.41))


LAWS = {
    "run-up, 12 to 85 Hz": lambda t, seed: 12 + 73 * (t / SECONDS) ** (1.2 + 0.1 * seed) + 0.4 * np.sin(2 * np.pi * 0.3 * t),
    "start and stop": lambda t, seed: (40 + 3 * seed) * smooth((t - 1) / 6) * (1 - smooth((t - 12) / 5)),
    "load steps": lambda t, seed: (26 + seed) * (1 - 0.04 * sum((-1) ** i * smooth((t - at) / 0.6) for i, at in enumerate((3, 6, 9, 13, 16)))),
    "wander": wander,
    "steady": lambda t, seed: 25 + seed + 0.05 * np.sin(2 * np.pi * 0.11 * t),
}
CURVES = {
    "run-up": lambda t: 15 + 55 * (t / SECONDS) ** 1.3 + 0.4 * np.sin(2 * np.pi * 0.3 * t),
    "+-20 % at 0.5 Hz": lambda t: 30 * (1 + 0.2 * np.sin(2 * np.pi * 0.5 * t)),
    "load steps": lambda t: LAWS["load steps"](t, 1),
}


def turned(law, fs):
    """Speed (Hz) and angle (revolutions) of each sample."""
    t = np.arange(int(fs * SECONDS)) / fs
    speed, middle = law(t), law(t[:-1] + 0.5 / fs)
    return speed, np.concatenate([[0], np.cumsum((speed[1:] + 4 * middle + speed[:-1]) / (6 * fs))])


def pulses(angle, speed, fs, missing, bounced, seed):
    """Signal of a tacho, 0 to 5. A bounce is a dip within a pulse."""
    draw = np.random.default_rng([seed, 7])
    k = np.floor(angle).astype(int)
    u, edge = angle - k, np.maximum(2 * speed / fs, 1e-9)
    y = np.where(u < 0.1, np.minimum(1, u / edge), np.maximum(0, 1 - (u - 0.1) / edge))
    y -= 0.9 * ((draw.random(k[-1] + 1) < bounced)[k] & (u > 0.03) & (u < 0.05))
    return 5 * y * ~(draw.random(k[-1] + 1) < missing)[k] + 0.02 * draw.standard_normal(len(y))


def tachos(seeds):
    fs, hop = 25600, 256
    print(f"| law; speed, Hz rms at pulses / at hops of {1000 * hop / fs:g} ms | " + " | ".join(
        f"{100 * m:g} % missing, {100 * b:g} % bounced" for m, b in FAULTS) + " | revolutions off |\n|---|" + "---|" * (len(FAULTS) + 1))
    for name, law in LAWS.items():
        cells, off = [], 0
        for missing, bounced in FAULTS:
            at_pulses, at_hops = [], []
            for seed in seeds:
                speed, angle = turned(lambda t: law(t, seed), fs)
                t = np.arange(len(speed)) / fs
                y = pulses(angle, speed, fs, missing, bounced, seed)
                times, revolutions, found = stft.tacho_pulses(y, fs, 1, 120)
                turns = np.interp(times, t, speed) > 5
                at_pulses.append(np.mean((found - np.interp(times, t, speed))[turns] ** 2))
                begun = np.interp(times[[0, -1]], t, angle)
                off = max(off, abs(round(revolutions[-1] - revolutions[0] - begun[1] + begun[0])))
                hops = stft.tacho_speed(y, fs, 1, 120, hop=hop)
                inside = (t[::hop] > times[0]) & (t[::hop] < times[-1]) & (speed[::hop] > 5)
                inside = inside[:len(hops)]
                at_hops.append(np.mean((hops - speed[::hop][:len(hops)])[inside] ** 2))
            rms = np.sqrt(np.mean(at_pulses)), np.sqrt(np.mean(at_hops))
            cells.append(f"{rms[0]:.4f} / {rms[1]:.4f}")
            if missing == FAULTS[1][0] and rms[0] > GOAL_SPEED:
                yield f"tacho, {name}: {rms[0]:.4f} Hz"
        print(f"| {name} | " + " | ".join(cells) + f" | {off} |")
        if off:
            yield f"tacho, {name}: {off} revolutions"


def resampled():
    hops = 1, 64, 256, 1024
    print("| error, dB; law, fs | " + " | ".join("every sample" if hop == 1 else f"{hop} samples" for hop in hops) + " |\n|---|" + "---|" * len(hops))
    worst = 0.0
    for name, law in CURVES.items():
        for fs in (4096, 25600) if name != "load steps" else (25600,):
            speed, angle = turned(law, fs)
            lines = *LINES, (20 if fs > 4096 else 18, 0.01)
            orders = lambda angle: sum(a * np.cos(2 * np.pi * (k * angle + 0.1 * k)) for k, a in lines)
            x, cells = orders(angle), []
            for hop in hops:
                y = stft.angle_resample(x, fs, speed[::hop], 64, **({} if hop == 1 else dict(hop=hop)))
                inner = slice(1024, -1024 - len(y) % 64)
                expected = orders(np.arange(len(y)) / 64)
                error = 20 * np.log10(np.std((y - expected)[inner]) / np.std(expected[inner]))
                cells.append(f"{error:.0f}")
                if error < -80:
                    turns = y[inner][: len(y[inner]) // 4096 * 4096].reshape(-1, 4096)
                    X = np.fft.rfft(turns * np.hanning(4097)[:-1])
                    levels = 10 * np.log10(np.array([(np.abs(X[:, 64 * k - 2 : 64 * k + 3]) ** 2).sum(axis=1) for k, _ in lines]) / (1.5 * 1024**2))
                    worst = max(worst, *(np.abs(level - 20 * np.log10(a)).max() for level, (_, a) in zip(levels, lines)))
                if hop == 1 and error > GOAL_ERROR:
                    yield f"equal angles, {name}, {fs} Hz: {error:.0f} dB"
            print(f"| {name}, {fs} Hz | " + " | ".join(cells) + " |")
    print(f"levels where the error is below -80 dB: off by {worst:.2g} dB at most")
    if worst > GOAL_LEVEL:
        yield f"levels at equal angles: {worst:.3f} dB"


def cost():
    fs = 51200
    speed, angle = turned(CURVES["run-up"], fs)
    x = np.cos(2 * np.pi * 3 * angle).astype(np.float32)
    taken = []
    for _ in range(5):
        begin = time.process_time()
        stft.angle_resample(x, fs, speed[::256], 64, hop=256)
        taken.append(time.process_time() - begin)
    print(f"a channel of {fs / 1000:g} kHz: {100 * np.median(taken) / SECONDS:.2f} % of a core")


def recording(options):
    data, fs = load("soundfile", "a recording").read(options.recording, always_2d=True)
    speed = data[:, options.tacho_channel] * options.tacho
    published = np.reshape(options.published, (-1, len(options.orders))) if options.published else None
    found = stft.order_map(data[:, options.channel], fs, speed, options.orders)
    for i, rpm in enumerate(options.rpm):
        row = np.argmin(np.abs(60 * found.speeds - rpm))
        levels = 10 * np.log10(found.levels[:, row] / 4e-10)
        print(f"{rpm:g} rpm: " + ", ".join(f"order {k:g} {level:.2f} dB" for k, level in zip(options.orders, levels)), end="")
        if published is None:
            print()
            continue
        print(" (published: " + ", ".join(f"{level:.2f}" for level in published[i]) + f"; off by {np.abs(levels - published[i]).max():.2f} dB at most)")
        if np.abs(levels - published[i]).max() > GOAL_PUBLISHED:
            yield f"levels at {rpm:g} rpm"


def numbers(text):
    return [float(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed for each law")
    parser.add_argument("--recording", help="a sound file")
    parser.add_argument("--channel", type=int, default=0, help="of its sound (default 0)")
    parser.add_argument("--tacho-channel", type=int, default=1, help="of its speed (default 1)")
    parser.add_argument("--tacho", type=float, default=1, metavar="SCALE", help="Hz of full scale")
    parser.add_argument("--orders", type=numbers, default=(2, 4), metavar="K,K ..")
    parser.add_argument("--rpm", type=numbers, default=(), metavar="RPM,RPM ..", help="speeds at which levels are told")
    parser.add_argument("--published", type=numbers, metavar="DB,DB ..", help="levels of all orders at the first speed, the second ..")
    options = parser.parse_args()
    if options.published and len(options.published) != len(options.rpm) * len(options.orders):
        parser.error(f"--published: {len(options.published)} levels: must be one for each speed and order")
    if options.recording:
        missed = list(recording(options))
    else:
        missed = [*tachos((1,) if options.quick else (1, 2, 3)), *resampled()]
        cost()
    for line in missed:
        print("MISSED", line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
