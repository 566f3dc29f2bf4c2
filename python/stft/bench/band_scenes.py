# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Radio bands whose content is known: bursts, carriers and clicks in the noise of a receiver, and how well a detector finds them.

A Scene holds complex64 samples, their rate, and the signals in them. SNR is a signal's mean power density over the noise's,
in the signal's own time and band; of a tone, in 1 kHz.
"""
from dataclasses import dataclass

import numpy as np

DENSITY = 1e-6    # unit^2 / Hz of the noise, before the receiver shapes it
TONE_WIDTH = 1e3  # Hz in which the SNR of a line is counted
KINDS = ("tone", "noise", "psk", "fsk", "chirp", "ook")
RECIPES = {
    "quiet": "white noise",
    "mixed": "a receiver's slope, ripple, drift and DC; two carriers, three clicks",
    "full": "the same with steps of its gain",
    "crowded": "the same without them, and signals overlap",
}


@dataclass
class Signal:
    """start, count: samples; lower, upper: Hz; snr: dB; kind: one of KINDS, "carrier" or "click"."""
    start: int
    count: int
    lower: float
    upper: float
    snr: float
    kind: str


@dataclass
class Scene:
    """samples, complex64; rate: Hz; signals: what is in them."""
    samples: np.ndarray
    rate: float
    signals: list


def _noise(count, rng):
    parts = rng.standard_normal(2 * count, np.float32) * np.float32(np.sqrt(0.5))
    return parts.view(np.complex64)


def white_noise(seconds, rate, seed):
    return _noise(int(seconds * rate), np.random.default_rng(seed)) * np.float32(np.sqrt(DENSITY * rate))


def envelope(kind, count, width, rate, rng):
    """`count` samples of a signal about 0 Hz, `width` Hz wide, of mean power 1, with short ramps."""
    n = np.arange(count)
    if kind == "tone":
        y = np.full(count, np.exp(2j * np.pi * rng.uniform()))
    elif kind == "noise":
        spectrum = np.fft.fft(_noise(count, rng))
        slope = max(0.05 * width, rate / count)
        y = np.fft.ifft(spectrum * np.clip((width / 2 - np.abs(np.fft.fftfreq(count, 1 / rate))) / slope + 0.5, 0, 1))
    elif kind == "psk":  # four phases, raised cosine of roll-off 0.25
        period = 1.25 * rate / width
        symbols = np.exp(0.5j * np.pi * rng.integers(0, 4, int(count / period) + 16))
        u, y = n / period, np.zeros(count, complex)
        for near in range(-5, 6):
            index = np.floor(u).astype(int) + near
            v = u - index
            pulse = np.sinc(v) * np.cos(np.pi * v / 4) / (1 - (v / 2) ** 2 + 1e-9)
            y += symbols[np.clip(index + 5, 0, len(symbols) - 1)] * pulse
    elif kind == "fsk":  # two tones at a third of the width
        length = max(1, int(6 * rate / width))
        bits = np.repeat(rng.integers(0, 2, count // length + 1), length)[:count]
        y = np.exp(2j * np.pi * np.cumsum((bits - 0.5) * 2 / 3 * width / rate))
    elif kind == "chirp":  # sweeps of 64 / width
        y = np.exp(2j * np.pi * np.cumsum(((n * width / rate / 64) % 1 - 0.5) * width / rate))
    elif kind == "ook":
        length = max(2, int(1.2 * rate / width))
        bits = rng.integers(0, 2, count // length + 2).astype(float)
        bits[0] = bits[(count - 1) // length] = 1
        smooth = np.hanning(length // 2 + 2)
        y = np.convolve(np.repeat(bits, length)[:count], smooth / smooth.sum(), "same").astype(complex)
    else:
        raise ValueError(f"kind: {kind!r}: must be one of {', '.join(KINDS)}")
    y = y / np.sqrt(np.mean(np.abs(y) ** 2))
    ramp = np.sin(np.pi / 2 * (np.arange(min(count // 8, max(1, int(rate / width / 2)))) + 0.5) /
                  min(count // 8, max(1, int(rate / width / 2)))) ** 2 if count >= 8 else np.ones(0)
    y[:len(ramp)] *= ramp
    y[count - len(ramp):] *= ramp[::-1]
    return y


def rayleigh(count, doppler, rate, rng, paths=32):
    """`count` factors of mean power 1 on a signal that comes by many paths to or from what moves; doppler: Hz at most."""
    coarse = np.arange(0, count + 2 * rate / (64 * doppler), rate / (64 * doppler))
    shift = doppler * np.cos(rng.uniform(0, 2 * np.pi, paths))
    waves = np.exp(2j * np.pi * shift[:, None] * coarse / rate)
    factor = (rng.standard_normal(paths) + 1j * rng.standard_normal(paths)) @ waves / np.sqrt(2 * paths)
    n = np.arange(count)
    return np.interp(n, coarse, factor.real) + 1j * np.interp(n, coarse, factor.imag)


def add(scene, kind, start, count, frequency, width, snr, rng, name=None, fading=0):
    """Adds a signal at a frequency in Hz to the scene; fading: its greatest Doppler shift in Hz."""
    power = DENSITY * 10 ** (snr / 10) * (TONE_WIDTH if kind == "tone" else width)
    cycles = (frequency / scene.rate * np.arange(start, start + count)) % 1
    y = envelope(kind, count, width, scene.rate, rng) * np.sqrt(power) * np.exp(2j * np.pi * cycles)
    if fading:
        y *= rayleigh(count, fading, scene.rate, rng)
    scene.samples[start:start + count] += y.astype(np.complex64)
    scene.signals.append(Signal(start, count, frequency - width / 2, frequency + width / 2, snr, name or kind))


def receive(scene, rng, *, steps):
    """What a receiver does: a filter with slope, ripple and roll-off, drift of 1.5 dB, steps of 3 .. 10 dB, DC."""
    x, points = scene.samples, 4096
    f = np.fft.fftfreq(points)
    gain = 4 * f + np.cos(2 * np.pi * (3 * f + rng.uniform())) + 1.5 * np.cos(2 * np.pi * (f + rng.uniform()))
    gain -= 40 * np.clip((np.abs(f) - 0.42) / 0.08, 0, 1) ** 1.5
    taps = np.fft.fftshift(np.fft.ifft(10 ** (gain / 20)))[points // 2 - 128:points // 2 + 129] * np.hanning(257)
    whole = 1 << int(np.ceil(np.log2(len(x) + 256)))
    x = np.fft.ifft(np.fft.fft(x, whole) * np.fft.fft(taps, whole))[128:128 + len(x)].astype(np.complex64)
    level = 1.5 * np.sin(2 * np.pi * (1.3 * np.arange(len(x)) / len(x) + rng.uniform()))
    if steps:
        for _ in range(int(rng.integers(2, 5))):
            level[int(rng.uniform(0.1, 0.9) * len(x)):] += rng.choice([-1, 1]) * rng.uniform(3, 10)
    x *= (10 ** (level / 20)).astype(np.float32)
    offset = 10 ** (rng.uniform(15, 30) / 20) * np.sqrt(DENSITY * TONE_WIDTH)
    scene.samples = x + np.complex64(offset * np.exp(2j * np.pi * rng.uniform()))


def _place(rng, taken, length, count, width, rate, gap, overlap):
    """A start and a frequency apart from all others, or None."""
    for _ in range(200):
        start = int(rng.integers(length // 100, max(length // 100 + 1, length - count - length // 100)))
        frequency = rng.uniform(-0.4 * rate + width / 2, 0.4 * rate - width / 2)
        if abs(frequency) < width / 2 + 6e-3 * rate:  # clear of DC
            continue
        box = (start - gap[0], start + count + gap[0], frequency - width / 2 - gap[1], frequency + width / 2 + gap[1])
        if overlap or not any(box[0] < b and a < box[1] and box[2] < d and c < box[3] for a, b, c, d in taken):
            taken.append((start, start + count, frequency - width / 2, frequency + width / 2))
            return start, frequency
    return None


def scene(recipe, seed, seconds=2.0, rate=1e6, bursts=40):
    """One of RECIPES with `bursts` bursts of 3 .. 25 dB, 3 .. 150 kHz (of 1 MS/s) and 2 .. 120 ms."""
    if recipe not in RECIPES:
        raise ValueError(f"recipe: {recipe!r}: must be one of {', '.join(RECIPES)}")
    rng = np.random.default_rng([seed, *recipe.encode()])
    length, unit = int(seconds * rate), rate / 1e6
    made = Scene(_noise(length, rng) * np.float32(np.sqrt(DENSITY * rate)), rate, [])
    taken = []
    if recipe != "quiet":
        for number in range(2):
            place = _place(rng, taken, length, length - length // 50, TONE_WIDTH, rate, (0, 15e3 * unit), False)
            begin = 0 if number == 0 else int(rng.uniform(0.1, 0.5) * length)  # the second comes on later
            add(made, "tone", begin, length - begin, place[1], TONE_WIDTH, rng.uniform(6, 30), rng, "carrier")
    for _ in range(bursts):
        kind = str(rng.choice(KINDS))
        width = float(np.exp(rng.uniform(np.log(3e3), np.log(150e3)))) * unit
        duration = float(np.exp(rng.uniform(np.log(2e-3), np.log(0.12))))
        if kind == "chirp":
            duration = max(duration, 256 / width)
        elif kind in ("fsk", "ook"):
            duration = max(duration, 72 / width)
        elif kind == "tone":
            width = max(TONE_WIDTH, 1 / duration)
        count = int(duration * rate)
        if count > length // 2:
            continue
        place = _place(rng, taken, length, count, width, rate, (int(6e-3 * rate), 12e3 * unit), recipe == "crowded")
        if place:
            add(made, kind, place[0], count, place[1], width, rng.uniform(3, 25), rng)
    if recipe != "quiet":
        for _ in range(3):
            start, count = int(rng.uniform(0.02, 0.98) * length), int(rng.uniform(2e-6, 3e-5) * rate) + 1
            made.samples[start:start + count] += np.complex64(rng.uniform(10, 60) * np.sqrt(DENSITY * rate)) * _noise(
                len(made.samples[start:start + count]), rng)
            made.signals.append(Signal(start, count, -rate / 2, rate / 2, 30, "click"))
        receive(made, rng, steps=recipe == "full")
    return made


def repeated(kind, snr, width, duration, seed, count=24, rate=1e6, fading=0):
    """`count` bursts of one kind, size and SNR in white noise, 50 ms apart, at frequencies of their own."""
    seed = np.atleast_1d(seed).tolist()
    rng = np.random.default_rng([*seed, *kind.encode()])
    length, pause = int(duration * rate), int(0.05 * rate)
    made = Scene(white_noise((length + pause) * count / rate + 0.05, rate, [*seed, 1]), rate, [])
    for number in range(count):
        frequency = rng.uniform(-0.4 * rate + width / 2, 0.4 * rate - width / 2)
        add(made, kind, pause + number * (length + pause) + int(rng.integers(0, 2048)), length, frequency, width, snr, rng,
            fading=fading)
    return made


@dataclass
class Score:
    """How a detector's events match a scene.

    found: signals (no clicks) of which events cover 30 % of the time, with 30 % of the events' area within the signal's box
        grown by 2 ms and 2 kHz; carriers: those of them that are carriers.
    signals, all_carriers: how many there are. false: events with less than 30 % of their area within such boxes.
    pieces: events for each found burst. start, end (s), lower, upper (Hz): errors of the event that fits best, where its
        intersection is more than 30 % of the union.
    """
    found: int
    signals: int
    carriers: int
    all_carriers: int
    false: int
    events: int
    pieces: list
    start: list
    end: list
    lower: list
    upper: list


def score(events, made, late=2e-3, beside=2e3):
    boxes = np.array([(e["sample_start"], e["sample_start"] + e["sample_count"], e["freq_lower"], e["freq_upper"])
                      for e in events], float).reshape(-1, 4)
    area = np.maximum(boxes[:, 1] - boxes[:, 0], 1) * np.maximum(boxes[:, 3] - boxes[:, 2], 1e-9)
    covered = np.zeros(len(boxes))
    result = Score(0, 0, 0, 0, 0, len(boxes), [], [], [], [], [])
    for signal in made.signals:
        begin, end = signal.start, signal.start + signal.count
        inside = np.maximum(0, np.minimum(boxes[:, 1], end + late * made.rate) -
                            np.maximum(boxes[:, 0], begin - late * made.rate)) * np.maximum(
            0, np.minimum(boxes[:, 3], signal.upper + beside) - np.maximum(boxes[:, 2], signal.lower - beside))
        covered += inside / area
        if signal.kind == "click":
            touch = np.minimum(boxes[:, 1], end + late * made.rate) - np.maximum(boxes[:, 0], begin - late * made.rate)
            covered[touch > 0.5 * (boxes[:, 1] - boxes[:, 0])] = 1
            continue
        hits = np.flatnonzero(inside / area >= 0.3)
        times = np.linspace(begin, end, 65)
        seen = np.zeros(64, bool)
        for hit in hits:
            seen |= (times[:-1] < boxes[hit, 1]) & (times[1:] > boxes[hit, 0])
        found = bool(seen.mean() >= 0.3)
        carrier = signal.kind == "carrier"
        result.signals += 1
        result.all_carriers += carrier
        result.found += found
        result.carriers += found and carrier
        if found and not carrier:
            result.pieces.append(len(hits))
            _errors(result, boxes[hits], area[hits], signal, made.rate)
    result.false = int(np.sum(covered < 0.3))
    return result


def _errors(result, boxes, area, signal, rate):
    begin, end = signal.start, signal.start + signal.count
    common = np.maximum(0, np.minimum(boxes[:, 1], end) - np.maximum(boxes[:, 0], begin)) * np.maximum(
        0, np.minimum(boxes[:, 3], signal.upper) - np.maximum(boxes[:, 2], signal.lower))
    overlap = common / (area + signal.count * (signal.upper - signal.lower) - common)
    best = int(np.argmax(overlap))
    if overlap[best] > 0.3:
        result.start.append((boxes[best, 0] - begin) / rate)
        result.end.append((boxes[best, 1] - end) / rate)
        result.lower.append(boxes[best, 2] - signal.lower)
        result.upper.append(boxes[best, 3] - signal.upper)
