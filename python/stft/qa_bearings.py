#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Bearings on arrays: the envelope and the score against their definitions, and faults that are known."""
import doctest
import itertools
import os
import unittest
from pathlib import Path

import numpy as np
from gnuradio import stft
from gnuradio.stft import bearings
from gnuradio.stft.bench import bearing_scenes
from gnuradio.stft.bench.bearing_scenes import FAULTS, FS, MFPT, F, modulated, vibration

try:
    import soundfile
except ImportError:
    soundfile = None

GEOMETRIES = tuple(bearing_scenes.GEOMETRIES.values())
RECORDINGS = Path(os.environ.get("GR_STFT_DATA", "")) / "vibration"


def orders(geometry):
    balls, ball, pitch, angle = (*geometry, 0)[:4]
    c = ball / pitch * np.cos(np.radians(angle))
    return dict(FTF=(1 - c) / 2, BPFO=balls * (1 - c) / 2, BPFI=balls * (1 + c) / 2, BSF=pitch / ball * (1 - c * c) / 2)


def plain_envelope(x, fs, n_fft, hop, lower, upper, clip):
    """The definition, by sums over the samples."""
    frames = 1 + (len(x) - n_fft) // hop
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    padded = np.concatenate([x, np.zeros(frames * hop + n_fft)])
    powers = np.array([np.abs(np.fft.rfft(taper * padded[p * hop : p * hop + n_fft])) ** 2 for p in range(frames)])
    hertz = np.arange(n_fft // 2 + 1) * fs / n_fft
    powers = powers[:, (hertz >= lower) & (hertz <= upper)]
    e = np.mean(powers / powers.mean(axis=0), axis=1) - 1
    bound = clip * np.sort(np.abs(e))[frames // 2]
    return np.clip(e, -bound, bound) if clip else e


def plain_scores(row, fs, f, geometry, n_fft, win_length, tolerance=0.015, harmonics=4, whiten=2.4):
    """z and stretch of each line and of the shaft, by the definition."""
    spacing = fs / n_fft
    half = round(whiten * f / spacing / 2)
    mirrored = np.pad(row, half, mode="reflect")
    E = row / np.median(np.lib.stride_tricks.sliding_window_view(mirrored, 2 * half + 1), axis=1)
    logs = np.log(1 + E)

    def at(hertz):
        place = np.abs(hertz) / spacing
        return np.interp(place, np.arange(logs.size), logs, right=0.0) * (np.floor(place) < logs.size - 1)

    stretches = np.arange(-30, 31) / 30 * tolerance + 1
    knocks = {name: order * (2 if name == "BSF" else 1) for name, order in orders(geometry).items()}
    ratios = {a / b for a in range(1, 5) for b in range(1, 5)}

    def near(a, b):
        return abs(a / b - 1) < 2 * tolerance

    lowest, highest = 0.88 * min(knocks.values()), 1.31 * max(knocks.values())
    others = [g for g in lowest * (highest / lowest) ** (np.arange(160) / 159)
              if not any(near(g, v * r) for v in knocks.values() for r in ratios)
              and not (round(g) >= 1 and near(g, round(g)))]  # fmt: skip
    alone = [k for k in range(1, 11) if not any(near(h * v, k) for v in knocks.values() for h in range(1, harmonics + 1))][:6]

    def line(order, side):
        g = order * f * stretches
        total = sum(at(h * g) / np.sqrt(h) for h in range(1, harmonics + 1))
        if side:
            total = total + sum(at(h * g + j * side * f) for h in (1, 2, 3) for j in (-2, -1, 1, 2)) / 4
        return total.max(), stretches[total.argmax()]

    def shaft(factor):
        total = sum(at(k * factor * f * stretches) / np.sqrt(k) for k in alone)
        return total.max(), stretches[total.argmax()]

    def z_of(score, compared):
        median = np.sort(compared)[len(compared) // 2]
        return (score - median) / (1.48 * np.sort(np.abs(compared - median))[len(compared) // 2] + 0.3)

    score, stretch = shaft(1)
    found = {"shaft": (z_of(score, np.array([shaft(g)[0] for g in others])), stretch)}
    if found["shaft"][0] >= 2:
        hertz = np.arange(logs.size) * spacing
        rate = f * stretch
        off = np.abs(hertz - np.round(hertz / rate) * rate)
        masked = (off <= 2 * fs / win_length) & (np.round(hertz / rate) >= 1)
        logs[masked] = np.minimum(logs[masked], np.log(2))
    for name, order in knocks.items():
        side = dict(BPFI=1.0, BSF=knocks["FTF"]).get(name, 0)
        score, stretch = line(order, side)
        found[name] = z_of(score, np.array([line(g, side)[0] for g in others])), stretch
    return found


class qa_bearings(unittest.TestCase):
    def test_the_examples_of_the_docstrings_are_right(self):
        self.assertEqual(doctest.testmod(bearings).failed, 0)

    def test_frequencies_are_those_of_the_geometry(self):
        for geometry in GEOMETRIES:
            for name, hertz in stft.fault_frequencies(geometry, F).items():
                self.assertAlmostEqual(hertz, F * orders(geometry)[name], 9, name)

    def test_the_envelope_is_that_of_the_definition(self):
        draw = np.random.default_rng(1)
        for n_fft, hop, length, clip in (64, 16, 3000, 0), (63, 7, 1000, 3), (128, 200, 5000, 2), (100, 33, 700, 1.5), (16, 1, 90, 12):
            x = draw.standard_normal(length) * np.repeat([1, 3], [length // 2, length - length // 2])
            for band, upper in ((1000.0, None), 8000.0), ((1000.0, 4100.0), 4100.0):
                if n_fft == 16:
                    band, upper = (1000.0, None), 8000.0
                expected = plain_envelope(x, 16000, n_fft, hop, 1000, upper, clip)
                for dtype, near in (np.float64, 1e-9), (np.float32, 2e-4):
                    got, rate = stft.envelope(x.astype(dtype), 16000, n_fft=n_fft, hop=hop, band=band, clip=clip)
                    self.assertEqual((got.dtype, rate), (dtype, 16000 / hop))
                    np.testing.assert_allclose(got, expected, atol=near * (1 + abs(expected).max()))

    def test_scores_are_those_of_the_definition(self):
        for number, (geometry, kind) in enumerate(itertools.product(GEOMETRIES, (None, "BPFO", "BPFI", "BSF"))):
            x = vibration(kind, number, snr_db=-3, geometry=geometry, seconds=2)
            if number % 2:  # the shaft stands out
                x *= 1 + 0.4 * np.cos(2 * np.pi * F * 1.004 * np.arange(x.size) / FS) + 0.4 * np.cos(6 * np.pi * F * 1.004 * np.arange(x.size) / FS)
            e, rate = stft.envelope(x, FS, hop=20)
            row = stft.spectrogram(e, n_fft=8192, win_length=len(e), placement="left", frames=1, fs=rate)[:, 0]
            (report,), whitened = stft.score_fault_lines(row, rate, F, geometry, win_length=len(e))
            expected = plain_scores(row, rate, F, geometry, 8192, len(e))
            for name, (z, stretch) in expected.items():
                self.assertAlmostEqual(report[f"z_{name.lower()}"], z, 3, (number, name))
                self.assertAlmostEqual(report[f"stretch_{name.lower()}"], stretch, 9, (number, name))
            self.assertAlmostEqual(np.median(whitened), 1, 1)
        self.assertGreater(expected["shaft"][0], 2)

    def test_each_fault_at_minus_9_dB_is_named_and_none_wrong(self):
        for geometry, f in (MFPT, F), (GEOMETRIES[1], 29.2), (GEOMETRIES[2], 17.3):
            for kind, seed in itertools.product(FAULTS, range(3)):
                found = stft.diagnose_bearing(vibration(kind, seed, geometry=geometry, f=f), FS, f, geometry)
                self.assertEqual(found.fault, kind, (geometry, seed))
                self.assertGreaterEqual(found.lines[kind].z, 4)
                self.assertTrue(0.985 <= found.lines[kind].stretch < 1, kind)

    def test_no_healthy_machine_is_accused(self):
        for seed in range(20):
            geometry = GEOMETRIES[seed % len(GEOMETRIES)]
            found = stft.diagnose_bearing(vibration(None, seed), FS, F, geometry)
            self.assertIsNone(found.fault)
            self.assertLess(max(line.z for line in found.lines.values()), 3)

    def test_the_modulation_by_a_shaft_is_no_fault(self):
        for seed, geometry in enumerate(GEOMETRIES):
            found = stft.diagnose_bearing(modulated(seed, 1.003 * F), FS, F, geometry)
            self.assertIsNone(found.fault)
            self.assertGreater(found.shaft.z, 4)
            self.assertAlmostEqual(found.shaft.stretch, 1.003, 3)

    def test_slow_and_fast_shafts_are_named_too(self):
        for f, seconds in (3.0, 50.0), (120.0, 2.0):
            found = stft.diagnose_bearing(vibration("BPFO", 3, snr_db=-6, f=f, seconds=seconds), FS, f, MFPT)
            self.assertEqual(found.fault, "BPFO", f)

    def test_frames_follow_the_speed(self):
        x = vibration("BPFO", 3, seconds=10)
        for f, n_fft, hop in (25.0, 64, 25), (120.0, 16, 5), (3.0, 64, 32):
            found = stft.diagnose_bearing(x, FS, f, MFPT)
            same = stft.diagnose_bearing(x, FS, f, MFPT, n_fft=n_fft, hop=hop)
            self.assertEqual(found.envelope.fs, FS / hop)
            np.testing.assert_array_equal(found.envelope.samples, same.envelope.samples)

    def test_a_longer_record_is_judged_by_the_mean_of_several_spectra(self):
        x = vibration("BPFI", 7, snr_db=-17, seconds=30)
        found = stft.diagnose_bearing(x, FS, F, MFPT)
        e, rate = found.envelope
        length = round(6 * rate)
        starts = np.arange(9) * ((e.size - length) // 8)
        rows = [stft.spectrogram(e[s : s + length], n_fft=16384, win_length=length, placement="left", frames=1, fs=rate)[:, 0] for s in starts]
        expected = plain_scores(np.mean(rows, axis=0), rate, F, MFPT, 16384, length)
        for name in FAULTS:
            self.assertAlmostEqual(found.lines[name].z, expected[name][0], 2)
        self.assertEqual(found.fault, "BPFI")
        self.assertIsNone(stft.diagnose_bearing(x[: int(6 * FS)], FS, F, MFPT).fault)

    def test_a_knock_changes_no_name(self):
        x = vibration("BPFI", 1)
        x[40000:40100] += 60 * np.exp(-np.arange(100) / 20) * np.cos(np.arange(100))
        self.assertEqual(stft.diagnose_bearing(x, FS, F, MFPT).fault, "BPFI")

    def test_gain_offset_and_precision_change_nothing(self):
        x = vibration("BPFO", 5)
        plain = stft.diagnose_bearing(x, FS, F, MFPT)
        for other in 1e6 * x, 1e-6 * x, x + 1000.0, x.astype(np.float32), (1e-6 * x).astype(np.float32), (1e6 * x).astype(np.float32):
            found = stft.diagnose_bearing(other, FS, F, MFPT)
            for name in FAULTS:
                self.assertAlmostEqual(found.lines[name].z, plain.lines[name].z, 3)
        short = (np.rint(x * 300)).astype(np.int16)
        self.assertEqual(stft.diagnose_bearing(short, FS, F, MFPT).fault, "BPFO")

    def test_nan_stays_in_the_frames_that_hold_it(self):
        x = vibration("BPFO", 6)
        whole = stft.envelope(x, FS, n_fft=64, hop=32, clip=0).samples
        x[50000] = np.nan
        hole = stft.envelope(x, FS, n_fft=64, hop=32, clip=0).samples
        held = np.arange(whole.size) * 32
        held = (held <= 50000) & (50000 < held + 64)
        self.assertEqual(held.sum(), 2)
        np.testing.assert_array_equal(hole[held], 0)
        np.testing.assert_allclose(hole[~held], whole[~held], atol=1e-3 * np.abs(whole).max())
        self.assertEqual(stft.diagnose_bearing(x, FS, F, MFPT).fault, "BPFO")

    def test_short_and_silent_signals(self):
        for constant in None, 10:
            self.assertEqual(stft.envelope([], FS, constant=constant).samples.shape, (0,))
            self.assertEqual(stft.envelope([1.0], FS, constant=constant).samples.tolist(), [0.0])
            self.assertEqual(stft.envelope(np.zeros(500), FS, constant=constant).samples.any(), False)
        silent = stft.diagnose_bearing(np.zeros(60000), FS, F, MFPT)
        self.assertEqual((silent.fault, silent.missing), (None, "no signal"))
        self.assertTrue(np.isnan(silent.lines["BPFO"].z))

    def test_rows_without_a_speed_or_with_nan_are_said_to_be_so(self):
        rows = np.random.default_rng(1).exponential(size=(5, 4097)).astype(np.float32)
        rows[3, 7] = np.nan
        reports, whitened = stft.score_fault_lines(rows, 1000, [25, np.nan, 0, 25, 1.0], MFPT)
        self.assertEqual([r["missing"] for r in reports], [None, "no speed", "no speed", "no signal", "too few turns"])
        self.assertEqual(whitened[1:].any(), False)
        alone, _ = stft.score_fault_lines(rows[0], 1000, 25, MFPT)
        self.assertEqual(alone[0], reports[0])

    def test_an_envelope_by_angle_is_judged_in_orders(self):
        x = vibration("BPFI", 2)
        e, rate = stft.envelope(x, FS, n_fft=64, hop=20)
        row = stft.spectrogram(e, n_fft=16384, win_length=len(e), placement="left", frames=1, fs=rate)[:, 0]
        (in_hertz,), _ = stft.score_fault_lines(row, rate, F, MFPT, win_length=len(e))
        (in_orders,), _ = stft.score_fault_lines(row, rate / F, 1.0, MFPT, win_length=len(e))
        for key in "z_bpfi", "stretch_bpfi", "z_bsf":
            self.assertAlmostEqual(in_hertz[key], in_orders[key], 6)

    def test_faults_at_a_variable_speed_are_named_by_the_angle(self):
        cells = 48  # samples per revolution
        for kind, seed in itertools.product(("BPFO", "BPFI", None), range(3)):
            x, turns = bearing_scenes.of_variable_speed(kind, seed)
            e, rate = stft.envelope(x, FS, n_fft=64, hop=20)
            at = np.interp(np.arange(e.size) * FS / rate + 32, np.arange(x.size), turns)
            by_angle = np.interp(np.arange(at[0], at[-1], 1 / cells), at, e)
            row = stft.spectrogram(by_angle, n_fft=32768, win_length=by_angle.size, placement="left", frames=1, fs=cells)[:, 0]
            (report,), _ = stft.score_fault_lines(row, cells, 1.0, MFPT, win_length=by_angle.size)
            self.assertEqual(report["fault"], kind)
            self.assertIsNone(stft.diagnose_bearing(x, FS, F, MFPT).fault)
            f = np.gradient(turns) * FS
            every = slice(0, None, 2560)
            for speeds, times in (f, None), (f[every], np.arange(x.size)[every] / FS):
                found = stft.diagnose_bearing(x, FS, speeds, MFPT, times=times)
                self.assertEqual(found.fault, kind)
                self.assertAlmostEqual(found.speed, turns[-1] / 8, delta=0.2)
                if kind:
                    self.assertAlmostEqual(found.lines[kind].stretch, report[f"stretch_{kind.lower()}"], delta=1e-3)
                    self.assertAlmostEqual(found.lines[kind].frequency, found.speed * orders(MFPT)[kind] * found.lines[kind].stretch, 6)
        f[: 3 * int(FS)] = np.nan  # the speed of the first three seconds is not known
        self.assertIsNone(stft.diagnose_bearing(x, FS, f, MFPT).fault)

    def test_a_steady_speed_given_as_an_array_is_a_number(self):
        for kind in "BPFI", "BSF", "FTF", None:
            x = vibration(kind, 4)
            number, array = stft.diagnose_bearing(x, FS, F, MFPT), stft.diagnose_bearing(x, FS, np.full(x.size, F), MFPT)
            self.assertEqual(number.fault, array.fault)
            if kind:
                self.assertAlmostEqual(number.lines[kind].frequency, array.lines[kind].frequency, delta=0.1)
                self.assertAlmostEqual(number.lines[kind].z, array.lines[kind].z, delta=0.2 * number.lines[kind].z)

    def test_what_is_wrong_is_refused_by_name_value_and_rule(self):
        x = np.ones(60000)
        for wrong, words in (
            (dict(geometry=(8, 0.235)), "geometry: "), (dict(geometry=None), "geometry: "), (dict(geometry=(8, 1.245, 0.235)), "pitch_diameter: 0.235: "),
            (dict(geometry=(17, 0.235, 1.245)), "balls: 17: "), (dict(geometry=(2, 1, 5)), "balls: 2: "), (dict(geometry=(-1, 1, 5)), "balls: -1: "), (dict(geometry=(8.5, 1, 5)), "balls: 8.5: "),
            (dict(geometry=(8, "a", 5)), "ball_diameter: 'a': "), (dict(geometry=(8, {}, 5)), "ball_diameter: {}: "), (dict(geometry=(8, 10**400, 5)), "ball_diameter: 1000"), (dict(geometry=(8, 1, [[5], [5, 5]])), "pitch_diameter: [[5], [5, 5]]: "), (dict(geometry=(8, 1, 5, 90)), "contact_angle: 90: "),
            (dict(geometry=(8, np.nan, 5)), "ball_diameter: nan: "), (dict(f=0), "f: 0: "), (dict(f=np.nan), "f: nan: "), (dict(f="25"), "f: 25: "), (dict(f=[25, 25]), "f: shape (2,): "),
            (dict(f=np.zeros(60000)), "f: no speed "), (dict(f=np.full(60000, np.nan)), "f: no speed "), (dict(f=[25, 26], times=[0]), "f: shape (2,): "),
            (dict(f=[25, 26], times=[1, 0]), "times: "), (dict(f=np.full(60000, 5)), "x: 2.34"),
            (dict(fs=-1), "fs: -1: "), (dict(x=x[:20000]), "x: 0.78"), (dict(x=np.ones((2, 60000))), "x: "), (dict(x=x * 1j), "x: "),
            (dict(band=(13000, None)), "band: 13000: "), (dict(band=(1000, 900)), "band: 900: "), (dict(band=5), "band: 5: "),
            (dict(tolerance=0), "tolerance: 0: "), (dict(harmonics=0), "harmonics: 0: "), (dict(threshold=-1), "threshold: -1: "),
            (dict(whiten=0), "whiten: 0: "), (dict(turns=5), "turns: 5: "), (dict(hop=20000), "f: 25: "), (dict(hop=0), "hop: 0: "), (dict(clip=0.1), "clip: 0.1: "),
        ):  # fmt: skip
            with self.assertRaises(ValueError) as caught:
                stft.diagnose_bearing(**{**dict(x=x, fs=FS, f=F, geometry=MFPT), **wrong})
            self.assertTrue(str(caught.exception).startswith(words), (wrong.keys(), str(caught.exception)))
            self.assertRegex(str(caught.exception), r"^\w+: .+: .+")
        with self.assertRaisesRegex(ValueError, "^rows: "):
            stft.score_fault_lines(np.ones(5), 1000, 25, MFPT)
        with self.assertRaisesRegex(ValueError, "^n_fft: 100: "):
            stft.score_fault_lines(np.ones(4097), 1000, 25, MFPT, n_fft=100)
        with self.assertRaisesRegex(ValueError, "^f: "):
            stft.score_fault_lines(np.ones((2, 4097)), 1000, [25, 25, 25], MFPT)

    @unittest.skipUnless(soundfile and RECORDINGS.is_dir(), "GR_STFT_DATA names no recordings, or no soundfile")
    def test_the_faults_of_recordings_are_named(self):
        for path in sorted(RECORDINGS.glob("bearing_*.wav")):
            x, fs = soundfile.read(path, dtype="float32")
            found = stft.diagnose_bearing(x, fs, 25.0, MFPT)
            self.assertEqual(found.fault, "BPFI" if "inner" in path.name else "BPFO", path.name)
            self.assertLess(max(line.z for name, line in found.lines.items() if name != found.fault), 4)
            self.assertTrue(0.985 < found.lines[found.fault].stretch < 0.995)


if __name__ == "__main__":
    unittest.main()
