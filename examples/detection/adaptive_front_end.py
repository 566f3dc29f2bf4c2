#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Does the adaptive STFT find more than boxes over a fixed window? Short and long pulses in one signal, in white noise.

Prints the share found of 24 pulses of 0.1 ms and 24 of 4 ms, at energies E over the noise density N0, for the detector at
n_fft 256 and 1024, and on rows whose window length adapt() has chosen (n_fft 1024, hop 64); and the seconds it took.
"""
import time

import numpy as np

from gnuradio import stft

RATE = 1e6
SHORT, LONG = 100, 4000  # samples


def signal(energy_db, seed):
    """Samples and (start, length, frequency) of the pulses; noise of density 1e-6."""
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((900_000, 2)) * np.sqrt(0.5)).view(complex)[:, 0]
    pulses = []
    for number in range(48):
        length = SHORT if number % 2 else LONG
        start, f = 160_000 + number * 15_000 + int(rng.integers(0, 2048)), rng.uniform(-0.4, 0.4)
        x[start:start + length] += np.sqrt(10 ** (energy_db / 10) / length) * np.exp(
            2j * np.pi * (f * np.arange(length) + rng.uniform()))
        pulses.append((start, length, f * RATE))
    return x.astype(np.complex64), pulses


def fixed(n_fft):
    return lambda x: stft.detect(x, RATE, n_fft=n_fft)


def adaptive(x):
    """The windows differ in length: each row is divided by the energy of its own."""
    n_fft, hop = 1024, 64
    spectra, theta, *_ = stft.adapt(x, n_fft=n_fft, hop=hop)
    theta = np.broadcast_to(np.asarray(theta), (1, spectra.shape[-1]))[0]
    energy = 0.375 * theta  # sum of a Hann window's squares
    rows = np.ascontiguousarray((np.abs(spectra) ** 2 / (RATE * energy)).T, np.float32)
    first = n_fft // 2 // hop  # frames are centred: those before hang over the beginning
    events = stft.detect_rows(rows[first:], RATE, n_fft=n_fft, hop=hop)
    return events


def main():
    print(f"{'rule':18} {'E/N0':>5}  0.1 ms   4 ms   false  seconds")
    for name, rule in (("n_fft 256", fixed(256)), ("n_fft 1024", fixed(1024)), ("adapt", adaptive)):
        for energy in (16, 18, 20, 24):
            x, pulses = signal(energy, 1)
            began = time.perf_counter()
            events = rule(x)
            took = time.perf_counter() - began
            found, used = {SHORT: 0, LONG: 0}, set()
            for start, length, f in pulses:
                hits = [n for n, e in enumerate(events)
                        if e["sample_start"] < start + length + 1024 and e["sample_start"] + e["sample_count"] > start - 1024
                        and e["freq_lower"] < f + 12e3 and e["freq_upper"] > f - 12e3]
                found[length] += bool(hits)
                used.update(hits)
            print(f"{name:18} {energy:5} {found[SHORT] / 24:7.2f} {found[LONG] / 24:6.2f} {len(events) - len(used):7} {took:8.1f}")


if __name__ == "__main__":
    main()
