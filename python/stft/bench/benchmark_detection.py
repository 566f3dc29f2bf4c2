# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Detection: what is found in scenes whose content is known, how many false alarms noise gives, and how fast it is.

Two rules that public tools use are measured on the same samples: cells 10 dB over their bin's median in time, at least four
that touch; and the mean of eight rows 6 dB over the bin's median. They need scipy.
"""
import time

import numpy as np

from gnuradio import stft
from gnuradio.stft.bench import band_scenes
from gnuradio.stft.optional_modules import load

SEEDS = (1, 2, 3)
LEVELS = (-3, 0, 3, 6, 10, 15)
SIZES = (("noise", 20e3, 20e-3), ("noise", 100e3, 20e-3), ("noise", 20e3, 2e-3), ("tone", 1e3, 20e-3), ("chirp", 100e3, 30e-3))
LATE_LEVELS = (3, 6, 10, 20, 40)
LATE_SIZES = (("noise", 20e3, 20e-3), ("noise", 100e3, 20e-3), ("chirp", 100e3, 30e-3), ("tone", 1e3, 20e-3),
              ("noise", 10e3, 100e-3))
FADING_SIZES = (("tone", 1e3), ("noise", 5e3))
FADING_LEVELS = (10, 20, 30)
FADING_RATES = (2, 10, 30, 100)  # Hz
STEP_SIZES = (64, 128, 1024)  # n_fft
RATES = (3600.0, 36000.0)
_NOISE_SECONDS = 10
RATE = 1e6


def ours(samples, rate):
    return [e for e in stft.detect(samples, rate) if e["kind"] in ("burst", "carrier")]


def cells_over_median(samples, rate, n_fft=1024, hop=512):
    """Cells 10 dB over the median of their bin, in groups of at least four."""
    power = _rows(samples, rate, n_fft, hop)
    return _groups(power > 10 * np.median(power, axis=0), 4, rate, n_fft, hop)


def means_over_median(samples, rate, n_fft=1024, hop=512, rows=8):
    """Means of eight rows 6 dB over the median of their bin."""
    power = _rows(samples, rate, n_fft, hop)
    power = power[:len(power) // rows * rows].reshape(-1, rows, n_fft).mean(1)
    return _groups(power > 4 * np.median(power, axis=0), 1, rate, n_fft, hop, rows)


def ours_without_least_snr(samples, rate):
    return stft.detect(samples, rate, min_snr=-10)


WEAKEST = "gr-stft, min_snr -10"
RULES = {"gr-stft": ours, "bin median + 10 dB, 4 cells": cells_over_median, "8 rows, bin median + 6 dB": means_over_median,
         WEAKEST: ours_without_least_snr}


def _rows(samples, rate, n_fft, hop):
    frames = 1 + (len(samples) - n_fft) // hop
    return stft.spectrogram(samples, hop=hop, n_fft=n_fft, fs=rate, first=0, frames=frames, sides="centered").T


def _groups(found, least, rate, n_fft, hop, rows=1):
    ndimage = load("scipy.ndimage", "comparing rules of detection")
    label, _ = ndimage.label(found, np.ones((3, 3)))
    events = []
    for number, (p, k) in enumerate(ndimage.find_objects(label), 1):
        if np.count_nonzero(label[p, k] == number) >= least:
            events.append({"sample_start": p.start * rows * hop + n_fft // 4,
                           "sample_count": (p.stop - p.start) * rows * hop,
                           "freq_lower": (k.start - n_fft / 2 - 0.5) * rate / n_fft,
                           "freq_upper": (k.stop - n_fft / 2 - 0.5) * rate / n_fft})
    return events


def scenes(rules, seeds=SEEDS):
    """One row for each recipe and rule, all seeds together."""
    for recipe in band_scenes.RECIPES:
        made = [band_scenes.scene(recipe, seed) for seed in seeds]
        for name in rules:
            if name == WEAKEST:
                continue
            scores = [band_scenes.score(RULES[name](one.samples, one.rate), one) for one in made]
            times = np.abs(sum((s.start + s.end for s in scores), []))
            edges = np.abs(sum((s.lower + s.upper for s in scores), []))
            pieces = sum((s.pieces for s in scores), [])
            yield {"part": "scenes", "recipe": recipe, "rule": name,
                   **{key: sum(getattr(s, key) for s in scores)
                      for key in ("found", "signals", "carriers", "all_carriers", "false", "events")},
                   "pieces": _or_none(np.mean, pieces), "time_error_ms": _or_none(np.median, 1e3 * times),
                   "edge_error_khz": _or_none(np.median, 1e-3 * edges)}


def _or_none(statistic, values):
    return float(statistic(values)) if len(values) else None


def sensitivity(rules, levels=LEVELS, count=24):
    """Share of bursts found at each SNR, in white noise."""
    for kind, width, duration in SIZES:
        for snr in levels:
            made = band_scenes.repeated(kind, snr, width, duration, 1, count)
            for name in rules:
                found = band_scenes.score(RULES[name](made.samples, made.rate), made)
                yield {"part": "sensitivity", "kind": kind, "width": width, "duration": duration, "snr": snr, "rule": name,
                       "found": found.found / found.signals, "false": found.false}


def latency(levels=LATE_LEVELS, sizes=LATE_SIZES, count=24, hop=512):
    """Rows from the last sample of a burst to the line that says that it has ended; of those found."""
    for kind, width, duration in sizes:
        for snr in levels:
            made = band_scenes.repeated(kind, snr, width, duration, 1, count)
            detector, lines = stft.SignalDetector(made.rate, hop=hop), []
            for end in range(hop, len(made.samples) + 1, hop):
                lines += [(end, e) for e in detector.push(made.samples[end - hop:end])
                          if e["state"] == "end" and e["cut"] is None]
            late = []
            for signal in made.signals:
                last = signal.start + signal.count
                of_it = [(e["energy_db"], at) for at, e in lines
                         if e["sample_start"] < last and e["sample_start"] + e["sample_count"] > signal.start and
                         e["freq_lower"] < signal.upper and e["freq_upper"] > signal.lower]
                if of_it and last > 300 * hop:  # after the rows from which the floor is estimated
                    late.append((max(of_it)[1] - last) / hop)
            yield {"part": "latency", "kind": kind, "width": width, "duration": duration, "snr": snr, "found": len(late),
                   "rows": _or_none(np.median, late), "most": _or_none(lambda v: np.quantile(v, 0.9), late)}


def false_alarms(seconds=_NOISE_SECONDS):
    """Events that noise gives, and how many were stated."""
    for rate in RATES:
        for recipe in ("white", "coloured", "with steps"):
            made = band_scenes.Scene(band_scenes.white_noise(seconds, RATE, 7), RATE, [])
            if recipe != "white":
                band_scenes.receive(made, np.random.default_rng(8), steps=recipe == "with steps")
            events = stft.detect(made.samples, RATE, false_alarms=rate)
            yield {"part": "false_alarms", "recipe": recipe, "rate": rate, "stated": rate * seconds / 3600 * RATE / 1e6,
                   "events": sum(e["kind"] in ("burst", "carrier") for e in events)}


def fading(count=24, seed=1, duration=0.25):
    """Narrow bursts that fade as those of a mobile station: how many are divided, by the greatest Doppler shift."""
    for kind, width in FADING_SIZES:
        for snr in FADING_LEVELS:
            for doppler in FADING_RATES:
                made = band_scenes.repeated(kind, snr, width, duration, [seed, doppler], count, fading=doppler)
                of_bursts = band_scenes.score(ours(made.samples, made.rate), made)
                yield {"part": "fading", "kind": kind, "width": width, "snr": snr, "doppler": doppler,
                       "found": of_bursts.found, "signals": of_bursts.signals,
                       "divided": sum(n > 1 for n in of_bursts.pieces), "pieces": _or_none(np.mean, of_bursts.pieces)}


def gain_steps(sizes=STEP_SIZES, seconds=60, steps=276, seed=9):
    """Steps of the gain of 3 .. 10 dB in white noise, after which there is an event that is none."""
    rng = np.random.default_rng(seed)
    at = ((np.arange(steps) + rng.uniform(0.25, 0.75, steps)) * (seconds * RATE / steps)).astype(int)
    change, level = [], 0.0
    for size in rng.uniform(3, 10, steps):
        change.append(-size if level > 0 else size)
        level += change[-1]
    levels = np.concatenate([[0], np.cumsum(change)])
    for n_fft in sizes:
        detector, events = stft.SignalDetector(RATE, n_fft=n_fft, hop=n_fft // 2), []
        for second in range(seconds):
            first = int(second * RATE)
            samples = band_scenes.white_noise(1, RATE, [seed, second])
            now = np.searchsorted(at, np.arange(first, first + len(samples)), side="right")
            events += detector.push(samples * (10 ** (levels / 20)).astype(np.float32)[now])
        events += detector.finish()
        starts = np.array([e["sample_start"] for e in events if e["kind"] == "burst" and e["state"] == "end"
                           and e["cut"] != "withdrawn"])
        near = 64 * n_fft  # 128 rows
        left = [float(db) for place, db in zip(at, change) if np.any(np.abs(starts - place) < near)]
        yield {"part": "steps", "n_fft": n_fft, "steps": steps, "left": left,
               "elsewhere": int(sum(np.min(np.abs(at - start)) >= near for start in starts))}


def speed(rounds):
    """Samples per second of transform and detector on one core, in noise and in a busy band."""
    made = band_scenes.scene("full", 5, bursts=80)
    cases = {"noise": np.tile(band_scenes.white_noise(1, RATE, 3), 8), "busy": np.tile(made.samples, 4)}
    seconds = {name: [] for name in cases}
    for _ in range(rounds):
        for name, samples in cases.items():
            detector = stft.SignalDetector(RATE)
            detector.push(samples[:500_000])
            began = time.perf_counter()
            for begin in range(500_000, len(samples), 1 << 17):
                detector.push(samples[begin:begin + (1 << 17)])
            seconds[name].append((time.perf_counter() - began) / (len(samples) - 500_000))
    for name, values in seconds.items():
        yield {"part": "speed", "samples": name, "msps": 1e-6 / float(np.median(values)),
               "ns_per_cell": float(np.median(values)) * 1e9 / 2}  # hop is n_fft / 2: two cells a sample


def measure(arguments):
    rules = list(RULES)
    try:
        load("scipy.ndimage", "comparing rules of detection")
    except ImportError:
        rules = ["gr-stft", WEAKEST]
    results = list(speed(arguments.rounds))
    if arguments.quick:
        return results
    return results + [*scenes(rules), *false_alarms(), *sensitivity(rules)]


def show(results, arguments):
    parts = {name: [case for case in results if case["part"] == name]
             for name in ("speed", "scenes", "false_alarms", "sensitivity", "latency", "fading", "steps")}
    print("Detection, n_fft 1024, hop 512, defaults; samples of 1 MS/s")
    for case in parts["speed"]:
        print(f"  transform and detector on one core, {case['samples']}: {case['msps']:.1f} MS/s, "
              f"{case['ns_per_cell']:.1f} ns a cell")
    if parts["scenes"]:
        print(f"\n{'scene':9} {'rule':28} {'found':>9} {'carriers':>8} {'false':>6} {'events':>7} {'pieces':>7} "
              f"{'time ms':>8} {'edge kHz':>8}")
    for case in parts["scenes"]:
        print(f"{case['recipe']:9} {case['rule']:28} {case['found']:4}/{case['signals']:<4} "
              f"{case['carriers']:4}/{case['all_carriers']:<3} {case['false']:6} {case['events']:7} "
              f"{_shown(case['pieces'], '7.2f')} {_shown(case['time_error_ms'], '8.2f')} "
              f"{_shown(case['edge_error_khz'], '8.2f')}")
    if parts["false_alarms"]:
        print("\nnoise alone          rate (/h/MHz)   stated   events")
    for case in parts["false_alarms"]:
        print(f"{case['recipe']:20} {case['rate']:14.0f} {case['stated']:8.0f} {case['events']:8}")
    if parts["latency"]:
        print("\nrows from the last sample to the end's line, median, 90 % (found)")
    for kind, width, duration in LATE_SIZES:
        cases = [c for c in parts["latency"] if (c["kind"], c["width"], c["duration"]) == (kind, width, duration)]
        if cases:
            print(f"{kind:6}{width / 1e3:4g} kHz {duration * 1e3:3g} ms  " + "  ".join(
                f"{c['snr']} dB {_shown(c['rows'], '5.1f')}, {_shown(c['most'], '5.1f')} ({c['found']})" for c in cases))
    if parts["fading"]:
        print("\nnarrow bursts that fade: found, divided, events for a burst")
    for case in parts["fading"]:
        print(f"{case['kind']:6}{case['width'] / 1e3:4g} kHz {case['snr']:3} dB, Doppler {case['doppler']:4} Hz  "
              f"{case['found']:3}/{case['signals']:<3} {case['divided']:3} {_shown(case['pieces'], '6.2f')}")
    if parts["fading"]:
        print(f"  together {sum(c['divided'] for c in parts['fading'])} divided of {sum(c['found'] for c in parts['fading'])}")
    if parts["steps"]:
        print("\nsteps of the gain of 3 .. 10 dB that leave an event (dB), and events elsewhere")
    for case in parts["steps"]:
        print(f"n_fft {case['n_fft']:5} {len(case['left']):4} of {case['steps']} {case['elsewhere']:4}  " +
              ", ".join(f"{db:.1f}" for db in case["left"]))
    if parts["sensitivity"]:
        levels = sorted({case["snr"] for case in parts["sensitivity"]})
        print(f"\n{'burst':22} {'rule':28} found at SNR of " + " ".join(f"{snr:5g}" for snr in levels) + " dB")
    for kind, width, duration in SIZES:
        for rule in RULES:
            found = {c["snr"]: c["found"] for c in parts["sensitivity"]
                     if (c["kind"], c["width"], c["duration"], c["rule"]) == (kind, width, duration, rule)}
            if found:
                print(f"{kind:6}{width / 1e3:4g} kHz {duration * 1e3:3g} ms  {rule:28} {'':16}" +
                      " ".join(f"{found[snr]:5.2f}" for snr in sorted(found)))


def _shown(value, form):
    return f"{value:{form}}" if value is not None else f"{'-':>{form.partition('.')[0]}}"
