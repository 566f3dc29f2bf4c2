# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Vibrations of machines whose bearings are known: healthy, with a damaged part, or modulated by the shaft."""
import numpy as np

FS = 25600.0  # Hz
F = 25.0      # Hz of the shaft
MFPT = 8, 0.235, 1.245
GEOMETRIES = {
    "8 balls": MFPT,
    "9 balls": (9, 0.3126, 1.537),
    "12 balls, 25 degrees": (12, 8.0, 50.0, 25.0),
    "16 rollers, 15 degrees": (16, 0.331, 2.815, 15.17),
    "7 balls": (7, 0.3, 1.1),
}
FAULTS = "FTF", "BPFO", "BPFI", "BSF"


def orders(geometry):
    balls, ball, pitch, angle = (*geometry, 0)[:4]
    c = ball / pitch * np.cos(np.radians(angle))
    return dict(FTF=(1 - c) / 2, BPFO=balls * (1 - c) / 2, BPFI=balls * (1 + c) / 2, BSF=pitch / ball * (1 - c * c) / 2)


def vibration(kind, seed, snr_db=-9.0, geometry=MFPT, f=F, seconds=6.0, fs=FS):
    """Noise and a gear; with a kind, its fault: knocks that ring, 0.2 to 1.2 % slower than the geometry says, each interval off
    by 1 %; that of the cage is a band of noise whose level it turns. snr_db: fault over noise in the whole band."""
    draw = np.random.default_rng([seed, len(str(kind)), *str(kind).encode()])
    t = np.arange(int(fs * seconds)) / fs
    noise, fault = draw.standard_normal(t.size), np.zeros(t.size)
    slow = 1 - draw.uniform(0.002, 0.012)
    lines = {name: order * f * slow for name, order in orders(geometry).items()}
    if kind == "FTF":
        spectrum = np.fft.rfft(draw.standard_normal(t.size))
        hertz = np.fft.rfftfreq(t.size, 1 / fs)
        spectrum[(hertz < 0.15 * fs) | (hertz > 0.3 * fs)] = 0
        fault = np.fft.irfft(spectrum, t.size) * (1 + 0.8 * np.cos(2 * np.pi * lines["FTF"] * t)) ** 3
    elif kind:
        rate = lines[kind] * (2 if kind == "BSF" else 1)
        turning = dict(BPFO=0.0, BPFI=f, BSF=lines["FTF"])[kind]
        ring, damping = draw.uniform(0.15, 0.35) * fs, 0.03
        tail = np.arange(int(0.01 * fs))
        for at in np.cumsum((1 + 0.01 * draw.standard_normal(int(rate * seconds) - 2)) / rate):
            first = int(np.ceil(at * fs))
            if first + tail.size > t.size:
                break
            since = (first + tail) / fs - at
            size = (1 + 0.9 * np.cos(2 * np.pi * turning * at)) * draw.uniform(0.7, 1.3) if turning else draw.uniform(0.7, 1.3)
            fault[first + tail] += size * np.exp(-2 * np.pi * damping * ring * since) * np.sin(2 * np.pi * ring * since)
    if kind:
        noise += fault * np.sqrt(np.mean(noise**2) / np.mean(fault**2)) * 10 ** (snr_db / 20)
    for order in 1, 2, 3, 31, 62:
        level = 1 + 0.2 * np.cos(2 * np.pi * (f * t + draw.uniform()))
        noise += draw.uniform(0.2, 0.6) * level * np.cos(2 * np.pi * (order * f * t + draw.uniform()))
    return noise


def of_variable_speed(kind, seed, snr_db=-9.0, geometry=MFPT, seconds=8.0, fs=FS):
    """Samples, and the turns of the shaft at each: its speed swings by a fifth about 25 Hz. kind: None, "BPFO" or "BPFI"."""
    draw = np.random.default_rng([seed, len(str(kind))])
    t = np.arange(int(fs * seconds)) / fs
    f = F * (1 + 0.2 * np.sin(2 * np.pi * (0.13 * t + draw.uniform())) + 0.05 * np.sin(np.pi * t))
    turns = np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / (2 * fs))])
    noise, fault = draw.standard_normal(t.size), np.zeros(t.size)
    if kind:
        per_turn = orders(geometry)[kind] * (1 - draw.uniform(0.002, 0.012))
        ring, tail = draw.uniform(0.15, 0.35) * fs, np.arange(int(0.01 * fs))
        for angle in np.cumsum((1 + 0.01 * draw.standard_normal(int(per_turn * turns[-1]) - 3)) / per_turn):
            at = np.interp(angle, turns, t)
            first = int(np.ceil(at * fs))
            if first + tail.size > t.size:
                break
            since = (first + tail) / fs - at
            size = 1 + 0.9 * np.cos(2 * np.pi * angle) * (kind == "BPFI")
            fault[first + tail] += size * np.exp(-0.06 * np.pi * ring * since) * np.sin(2 * np.pi * ring * since)
        noise += fault * np.sqrt(np.mean(noise**2) / np.mean(fault**2)) * 10 ** (snr_db / 20)
    return noise, turns


def modulated(seed, f=F, seconds=6.0, fs=FS, orders_of_shaft=8):
    """Noise whose level has all orders of a shaft up to one, as that of a healthy gear or pump may have."""
    draw = np.random.default_rng(seed)
    t = np.arange(int(fs * seconds)) / fs
    level = 1 + sum(draw.uniform(0.05, 0.4) * np.cos(2 * np.pi * (k * f * t + draw.uniform())) for k in range(1, orders_of_shaft + 1))
    return level * draw.standard_normal(t.size)
