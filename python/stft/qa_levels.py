#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Levels of a machine on arrays: bands, spectral kurtosis, alarms, baselines, and the file in which they survive."""
import json
import math
import subprocess
import sys
import tempfile
import unittest
import warnings
from pathlib import Path

import numpy as np
from gnuradio import stft

FS = 2560.0


def seconds(count):
    return np.arange(int(count * FS)) / FS


class band_levels(unittest.TestCase):
    def test_velocity_of_a_tone_beside_an_offset_of_100_times_is_within_half_a_percent(self):
        t = seconds(8)
        for hertz in 11.3, 50.0, 50.5, 217.3, 990.0:
            for offset in 0.0, 100.0:
                x = np.cos(2 * np.pi * hertz * t + 1) + offset
                levels = stft.band_levels(x, FS, [(10, 1000)], integrate=1).levels[0]
                expected = 1 / (2 * np.pi * hertz) / math.sqrt(2)
                within = 0.005 if 12 < hertz < 989 else 0.1  # a tone within two bins of an edge lies in part outside
                np.testing.assert_allclose(levels, expected, rtol=within, err_msg=f"{hertz} Hz, offset {offset}")

    def test_a_tone_out_of_the_band_adds_nothing_and_units_are_a_factor(self):
        t = seconds(6)
        x = np.cos(2 * np.pi * 50 * t) + np.cos(2 * np.pi * 3 * t)  # of g
        mm = stft.band_levels(x, FS, "10:1000", integrate=1, factor=9806.65).levels
        np.testing.assert_allclose(mm, 9806.65 / (2 * np.pi * 50) / math.sqrt(2), rtol=0.005)
        metres = stft.band_levels(x, FS, "20:1000", integrate=2, factor=9.80665).levels
        np.testing.assert_allclose(metres, 9.80665 / (2 * np.pi * 50) ** 2 / math.sqrt(2), rtol=0.005)
        plain = stft.band_levels(x, FS, "20:1000", db=True).levels
        np.testing.assert_allclose(plain, 20 * math.log10(math.sqrt(0.5)), atol=0.02)

    def test_fractional_edges_share_white_noise_by_their_width(self):
        x = np.random.default_rng(1).standard_normal(int(200 * FS))
        whole, part = stft.band_levels(x, FS, [(0, 1280), (100.3, 101.9)], win_length=2560, average=10**6).levels[:, 0]
        self.assertAlmostEqual(whole, 1, delta=0.01)
        self.assertAlmostEqual(part**2 * 1280 / 1.6, 1, delta=0.15)  # 1.6 Hz in 200 s: 4.34 / sqrt(320) dB

    def test_a_frame_holds_ten_periods_of_the_lowest_edge(self):
        x = np.zeros(int(4 * FS))
        for bands, length in ((("20:100"), 1280), ("10:20,40:50", 2560), ("0:100", 2560)):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                levels, times = stft.band_levels(x, FS, bands, integrate=0 if bands[0] == "0" else 1)
            self.assertEqual(times[0], length / 2 / FS, bands)
            self.assertEqual(levels.shape, (bands.count(":"), 1 + (len(x) - length) // (length // 2)))
            self.assertEqual(len(times), levels.shape[1])

    def test_few_periods_are_warned_of_and_fewer_refused(self):
        x = np.zeros(10000)
        with self.assertWarnsRegex(UserWarning, "holds 9.77 periods"):
            stft.band_levels(x, FS, "10:1000", integrate=1, win_length=2500)
        with self.assertRaisesRegex(ValueError, "bands: 10:1000: must begin at 10.03921568627451 Hz"):
            stft.band_levels(x, FS, "10:1000", integrate=1, win_length=1275)

    def test_signals_shorter_than_a_frame_have_no_rows(self):
        for length in 0, 1, 2559:
            for dtype in np.float32, np.float64:
                levels, times = stft.band_levels(np.zeros(length, dtype), FS, "10:100", integrate=1)
                self.assertEqual((levels.shape, levels.dtype, times.shape), ((1, 0), dtype, (0,)))
        self.assertEqual(stft.band_levels(np.zeros(2560), FS, "10:100", integrate=1).levels.shape, (1, 1))

    def test_channels_and_axes_are_those_of_the_signal(self):
        x = np.random.default_rng(2).standard_normal((2, 9000, 3))
        levels = stft.band_levels(x, FS, "10:100,100:200", average=2, axis=1).levels
        self.assertEqual(levels.shape, (2, 3, 2, 3))
        alone = stft.band_levels(x[1, :, 2], FS, "10:100,100:200", average=2).levels
        np.testing.assert_array_equal(levels[1, 2], alone)

    def test_rows_of_a_spectrogram_have_the_same_levels(self):
        x = np.random.default_rng(3).standard_normal(9001).astype(np.float32)
        P = stft.spectrogram(x, hop=701, win_length=2560, n_fft=2561, first=0, frames=10, fs=FS)
        rows = stft.band_power(P, FS, "10:100", n_fft=2561, win_length=2560, integrate=1, average=3)
        levels, times = stft.band_levels(x, FS, "10:100", hop=701, n_fft=2561, win_length=2560, integrate=1, average=3)
        np.testing.assert_array_equal(rows, levels)
        self.assertEqual(levels.dtype, np.float32)
        np.testing.assert_allclose(times, [(1280 + 701 * p) / FS for p in (1, 4, 7, 9)])

    def test_an_axis_that_is_none_is_refused_by_name(self):
        for axis in 1, -2, "x":
            with self.assertRaisesRegex(ValueError, "^axis: .*must be an (axis of x, which has 1|integer)"):
                stft.band_levels(np.zeros(3000), FS, "10:100", axis=axis)

    def test_what_is_wrong_is_refused_by_name(self):
        x = np.zeros(5000)
        for message, wrong in {
            "bands: '100.0:10.0': ": dict(bands=[(100, 10)]), "bands: ''": dict(bands=[]), "bands: 5: must be a list of pairs": dict(bands=5),
            "bands: 10:1281": dict(bands="10:1281"), "integrate: 3": dict(integrate=3), "average: 0": dict(average=0),
            "fs: 0": dict(fs=0), "fs: nan": dict(fs=float("nan")), "factor: -1": dict(factor=-1),
            "x: dtype complex": dict(x=np.zeros(9000, complex)), "hop: 0": dict(hop=0),
        }.items():  # fmt: skip
            with self.subTest(message), self.assertRaisesRegex(ValueError, "^" + message):
                stft.band_levels(**{**dict(x=x, fs=FS, bands="10:100"), **wrong})
        some = np.ones(2)
        for name in "fs", "win_length", "hop", "n_fft":
            with self.subTest(array_for=name), self.assertRaisesRegex(ValueError, rf"^{name}: .*1"):
                stft.band_levels(**{**dict(x=x, fs=FS, bands="10:100"), name: some})
        with self.assertRaisesRegex(ValueError, r"^n_fft: array.*: must be an integer"):
            stft.spectral_kurtosis(np.ones((9, 4)), hop=4, n_fft=some)
        with self.assertRaisesRegex(ValueError, r"^fs: \[1. 1.\]: must be 1e-30"):
            stft.band_power(np.ones((9, 4)), some, "10:100")
        with self.assertRaisesRegex(ValueError, "^samp_rate: -1: must be 1e-30"):
            stft.band_levels(x, samp_rate=-1, bands="10:100")
        with self.assertRaisesRegex(ValueError, "P: 9 bins: must be n_fft // 2 . 1, 11"):
            stft.band_power(np.zeros((9, 4)), FS, "10:100", n_fft=20)


class spectral_kurtosis(unittest.TestCase):
    def test_noise_tone_and_bursts(self):
        draw = np.random.default_rng(1)
        n = 200000
        x = draw.standard_normal(n)
        x += 300 * np.cos(2 * np.pi * 0.125 * np.arange(n))  # bin 16 of 128
        bursts = 60 * np.cos(2 * np.pi * 0.375 * np.arange(n)) * np.exp(-(((np.arange(n) % 20000) / 100 - 50) ** 2))  # bin 48
        P = stft.spectrogram(x + bursts, hop=32, n_fft=128, first=0, frames=(n - 128) // 32 + 1)
        found = stft.spectral_kurtosis(P, hop=32)
        values = found.values[:, 0]
        self.assertLess(values[16], -0.99)
        self.assertGreater(values[48], 10)
        quiet = np.r_[1:12, 22:42, 56:63]
        self.assertLess(np.abs(values[quiet]).max(), 5 * found.spread[5])
        self.assertAlmostEqual(np.std(values[quiet]) / found.spread[5], 1, delta=0.35)
        self.assertEqual(np.flatnonzero(values > found.threshold)[0] >= 44, True)

    def test_correlation_and_frames_agree(self):
        P = stft.spectrogram(np.random.default_rng(2).standard_normal(9000), hop=16, n_fft=64)
        w = stft.sample_window("hann", 64)
        rho = [np.sum(w[:-l] * w[l:]) / np.sum(w * w) for l in (16, 32, 48)]
        a, b = stft.spectral_kurtosis(P, hop=16, frames=100), stft.spectral_kurtosis(P, rho, frames=100)
        self.assertEqual(a.values.shape, (33, P.shape[1] // 100))
        np.testing.assert_allclose(a.values[3:-3], b.values[3:-3], atol=1e-9)
        np.testing.assert_allclose(a.spread[[0, 9, -1]], b.spread[[0, 9, -1]], rtol=1e-9)
        self.assertAlmostEqual(a.spread[9], 2 / math.sqrt(a.independent_frames), 9)

    def test_exponential_means_and_complex_samples(self):
        draw = np.random.default_rng(3)
        P = stft.spectrogram(draw.standard_normal((2, 50000)) + 1j * draw.standard_normal((2, 50000)), hop=16, n_fft=64)
        found = stft.spectral_kurtosis(P, hop=16, frames=200, mean="exponential", sides="twosided")
        self.assertEqual(found.values.shape, P.shape)
        self.assertTrue(np.isnan(found.values[..., :780]).all() and np.isfinite(found.values[..., 810:]).all())
        self.assertAlmostEqual(found.values[..., 810:].std() / found.spread[0], 1, delta=0.1)

    def test_few_rows_and_wrong_ones(self):
        self.assertEqual(stft.spectral_kurtosis(np.ones((5, 3)), hop=4, frames=4).values.shape, (5, 0))
        self.assertEqual(stft.spectral_kurtosis(np.ones((2, 0, 5, 3)), hop=4, frames=2).spread.shape, (5,))
        for message, call in {
            "hop: None": lambda: stft.spectral_kurtosis(np.ones((5, 30))),
            "frames: 1": lambda: stft.spectral_kurtosis(np.ones((5, 1)), hop=4),
            "P: 5 bins": lambda: stft.spectral_kurtosis(np.ones((5, 30)), hop=4, n_fft=16),
            "P: 2 bins": lambda: stft.spectral_kurtosis(np.ones((2, 30)), [0.5], n_fft=16),
            r"P: shape \(0, 3\)": lambda: stft.spectral_kurtosis(np.ones((0, 3)), [0.5]),
            "P: shape": lambda: stft.spectral_kurtosis(np.ones(5), hop=4),
            "correlation: 2": lambda: stft.spectral_kurtosis(np.ones((5, 30)), [2]),
            "mean: median": lambda: stft.spectral_kurtosis(np.ones((5, 30)), hop=4, mean="median"),
        }.items():
            with self.subTest(message), self.assertRaisesRegex(ValueError, "^" + message):
                call()


class alarm_levels(unittest.TestCase):
    def test_a_level_at_its_limit_is_raised_three_times_a_day_at_most_and_a_step_is_seen_within_30_s(self):
        draw = np.random.default_rng(1)
        for mean in 1.0, 0.95, 0.9:
            values = mean * (1 + 0.06 * draw.standard_normal(86400))
            raised = [e for e in stft.alarm_levels(values, 1) if e["kind"] == "raise"]
            self.assertLessEqual(len(raised), 3)
        for _ in range(20):
            values = 0.95 * (1 + 0.06 * draw.standard_normal(7200)) * np.where(np.arange(7200) < 7000, 1, 1.25)
            (event,) = stft.alarm_levels(values, 1)
            self.assertTrue(7000 <= event["row"] < 7030)

    def test_any_split_has_the_same_events(self):
        draw = np.random.default_rng(2)
        levels = draw.uniform(5, 25, (3, 1000)).astype(np.float32)
        levels[1, draw.integers(0, 1000, 200)] = np.nan
        levels[2, 300:400] = 0
        speed = np.where(np.arange(1000) // 10 % 7 == 3, np.nan, 20.0)
        made = dict(limit=[10, 20], t_on=1, t_off=1, rate=2.0, names=["a", "b"], source="here")
        expected = stft.alarm_levels(levels, speed=speed, time=1.5, **made)
        self.assertGreater(len(expected), 50)
        self.assertEqual({e["kind"] for e in expected}, {"raise", "zone", "clear", "no data", "data"})
        alarm, events = stft.LevelAlarm(3, time=1.5, **made), []
        for piece in np.split(np.arange(1000), np.sort(draw.integers(0, 1001, 40))):
            events += alarm.push(levels[:, piece], speed[piece])
            self.assertEqual(alarm.zones.shape, (3, len(piece)))
        self.assertEqual(events, expected)
        self.assertEqual({e["name"] for e in events}, {"a", "b", None})
        self.assertEqual(events[0]["time"][:20], "1970-01-01T00:00:%02d." % (1.5 + events[0]["row"] / 2))

    def test_limits_are_of_all_levels_or_of_each(self):
        levels = np.array([[15.0, 15], [15, 15]])
        both = stft.alarm_levels(levels, [[10, 20], [20, 30]], t_on=0)
        unknown = np.full(levels.shape[1], np.nan)
        self.assertEqual(stft.alarm_levels(levels, [[10, 20], [20, 30]], t_on=0, speed=unknown), [])
        self.assertEqual(stft.alarm_levels(levels, [[10, 20], [20, 30]], t_on=0, speed=unknown, needs_speed=False), both)
        self.assertEqual([(e["level"], e["zone"], e["limit"]) for e in both], [(0, 1, 10.0)])
        self.assertEqual(len(stft.alarm_levels(levels, 10, t_on=0)), 2)
        self.assertEqual([e["zone"] for e in stft.alarm_levels(levels, [5, 10, 20], t_on=0)], [2, 2])

    def test_a_restart_from_a_file_raises_nothing_again(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state"
            first, second = stft.LevelAlarm(1, 10, t_on=3), stft.LevelAlarm(1, 10, t_on=3)
            self.assertFalse(second.load(path))
            self.assertEqual([e["kind"] for e in first.push([11.0] * 5)], ["raise"])
            first.save(path)
            self.assertTrue(second.load(path))
            self.assertTrue(second.raised)
            self.assertEqual(second.rows, 5)
            self.assertEqual(second.push([11.0] * 50), [])
            (event,) = second.push([1.0] * 60)
            self.assertEqual((event["kind"], event["start"], event["duration"]), ("clear", 0, 55.0))
            with self.assertRaisesRegex(ValueError, r"state: limits \(10 there, 12 here\), t_on \(3 there, 4 here\)"):
                stft.LevelAlarm(1, 12, t_on=4).load(path)
            self.assertTrue(stft.LevelAlarm(1, 12, t_on=4).load(path, may_differ=["limits", "t_on"]))

    def test_lost_rows_and_what_is_no_level(self):
        alarm, other = (stft.LevelAlarm(1, 1.0, t_on=2, t_off=3) for _ in range(2))
        self.assertEqual(alarm.push([2.0] * 3) + alarm.skip(5) + alarm.push([0.5] * 4),
                         other.push([2.0] * 3 + [np.nan] * 5 + [0.5] * 4))
        for wrong in -1, 1.5, None:
            with self.assertRaisesRegex(ValueError, "^rows: "):
                alarm.skip(wrong)
        with self.assertRaisesRegex(ValueError, "^levels: dtype complex128: must be real"):
            alarm.push([1j])
        with self.assertRaisesRegex(ValueError, "^source: .*UTF-8"):
            stft.LevelAlarm(1, 1.0, source="\ud800")

    def test_no_rows_bring_nothing_and_wrong_ones_are_refused(self):
        self.assertEqual(stft.alarm_levels(np.empty((2, 0)), 10), [])
        self.assertEqual(stft.alarm_levels([], 10), [])
        for message, wrong in {
            "limits: -1": dict(limit=-1), "limits: 5": dict(limit=[10, 5]), "hysteresis: 1": dict(hysteresis=1.0),
            "t_on: -1": dict(t_on=-1), "rate: 0": dict(rate=0), "speed: shape": dict(speed=[1, 2]),
            "limit: shape": dict(limit=[[1], [2]]), "names: 5": dict(names=[5]),
        }.items():  # fmt: skip
            with self.subTest(message), self.assertRaisesRegex(ValueError, "^" + message):
                stft.alarm_levels([1.0], **{"limit": 10, **wrong})


def machine(rows, seed):
    """Speeds (Hz) and levels (10 orders, rows) of a machine, one row a minute: the orders cross a resonance, a day swings 1 dB."""
    draw = np.random.default_rng(seed)
    speed, f = np.empty(rows), 30.0
    for i in range(rows):
        target = draw.uniform(15, 45) if i % 30 == 0 else target
        f += 0.1 * (target - f)
        speed[i] = f
    speed += 0.05 * draw.standard_normal(rows)
    orders = np.arange(1, 11)[:, np.newaxis]
    resonance = 12 / (1 + ((orders * speed - 150) / 20) ** 2)
    day = 0.5 * np.sin(2 * np.pi * np.arange(rows) / 1440)
    return speed, -orders + 0.2 * speed + resonance + day + 0.3 * draw.standard_normal((10, rows))


class baseline(unittest.TestCase):
    made = dict(rate=1 / 60, f_range=(15, 45))
    week = 7 * 1440

    def test_3_db_on_one_order_are_found_within_30_minutes_in_a_week_without_a_false_alarm(self):
        for seed in 1, 2, 3:
            speed, levels = machine(2 * self.week + 200, seed)
            base = stft.Baseline(10, **self.made)
            base.update(levels[:, : self.week + 20], speed[: self.week + 20])
            self.assertTrue(base.frozen)
            base.update(levels[:, self.week + 20 : -100], speed[self.week + 20 : -100])
            self.assertEqual([e for e in base.events if e["kind"] == "raise"], [])
            fault = levels[:, -100:].copy()
            fault[6] += 3
            base.update(fault, speed[-100:])
            first = next(e for e in base.events if e["kind"] == "raise")
            self.assertEqual(first["level"], 6)
            self.assertLessEqual(first["row"] - (2 * self.week + 100), 30)

    def test_any_split_has_the_same_deviations_and_a_file_goes_on_to_the_bit(self):
        speed, levels = machine(3000, 4)
        made = dict(self.made, learn_time=2000 * 60)
        whole = stft.Baseline(10, **made)
        expected = whole.update(levels, speed)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state"
            found, events = [], []
            for piece in np.split(np.arange(3000), [0, 1, 700, 701, 2100, 2999]):
                base = stft.Baseline(10, **made)
                base.load(path)
                found.append(base.update(levels[:, piece], speed[piece]))
                events += base.events
                base.save(path)
            np.testing.assert_array_equal(np.concatenate(found, axis=1), expected)
            self.assertEqual(events, whole.events)
            np.testing.assert_array_equal(base.median, whole.median)
            with self.assertRaisesRegex(ValueError, r"state: threshold \(3 there, 4 here\)"):
                stft.Baseline(10, threshold=4, **made).load(path)
            other = stft.Baseline(10, threshold=4, **made)
            self.assertTrue(other.load(path, may_differ=["threshold"]))
            self.assertEqual(other.learned, 2000)

    def test_one_row_at_a_time_and_deviations_without_learning(self):
        base = stft.Baseline(2, least_count=10)
        for _ in range(20):
            z = base.update([-20.5, -30.5])
        self.assertEqual(z.shape, (2,))
        np.testing.assert_allclose(z, 0, atol=1e-9)
        np.testing.assert_allclose(base.deviation([-20.5, -27.5]), [0, 10 / np.sqrt(1 + 1 / base.learned)], atol=1e-9)
        self.assertEqual(base.learned, 20)
        np.testing.assert_array_equal(base.update([-10.0, -30.5], alarm=True), base.deviation([-10.0, -30.5]))
        self.assertEqual(base.learned, 20)
        base.freeze()
        self.assertEqual([e["kind"] for e in base.events], ["learned"])
        base.relearn()
        self.assertTrue(np.isnan(base.deviation([-20.5, -30.5])).all())
        self.assertEqual(base.count.tolist(), [[0], [0]])

    def test_what_is_wrong_is_refused_by_name(self):
        for message, wrong in {
            "f_max: 10": dict(f_range=(10, 10)), "f_range": dict(f_range=(0, 0)), "learn_time: 0": dict(learn_time=0),
            "levels: 0": dict(levels=0), "nonsense": dict(nonsense=1), "floor: 0": dict(floor=0),
        }.items():  # fmt: skip
            with self.subTest(message), self.assertRaisesRegex(ValueError, "^" + message):
                stft.Baseline(**{"levels": 1, **wrong})
        with self.assertRaisesRegex(ValueError, "levels: shape"):
            stft.Baseline(2).update([1.0])


class monitor_state(unittest.TestCase):
    def test_sections_of_others_stay_and_arrays_come_back_to_the_bit(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.json"
            self.assertEqual(stft.MonitorState.load(path), {})
            state = stft.MonitorState()
            weights, turns = np.random.default_rng(1).standard_normal(8), np.array([2**62, -1])
            state.put("orders", dict(f_min=10.0, orders=(2, 4)), weights=weights, turns=turns, rest=1 / 3, none=np.array([], int))
            state.save(path)
            stft.LevelAlarm(1, 10).save(path)
            stft.Baseline(1).save(path, "pump")
            again = stft.MonitorState.load(path)
            self.assertEqual(set(again), {"orders", "level_alarm", "pump"})
            arrays = again.arrays("orders", dict(f_min=10.0, orders=(2, 4)))
            np.testing.assert_array_equal(arrays["weights"], weights)
            np.testing.assert_array_equal(arrays["turns"], turns)
            self.assertEqual((arrays["rest"][0], arrays["turns"].dtype, arrays["none"].size), (1 / 3, np.int64, 0))
            self.assertIsNone(again.arrays("others", {}))
            with self.assertRaisesRegex(ValueError, r"state: f_min \(10.0 there, 11.0 here\)"):
                again.arrays("orders", dict(f_min=11.0, orders=(2, 4)))
            self.assertEqual(json.loads(path.read_text())["version"], 1)

    def test_processes_that_save_into_one_file_lose_nothing(self):
        code = """
import sys
from gnuradio import stft
path, name = sys.argv[1:]
alarm = stft.LevelAlarm(1, 10)
print("ready", flush=True)
sys.stdin.readline()
for row in range(60):
    alarm.push([11.0])
    alarm.save(path, name)
    again = stft.LevelAlarm(1, 10)
    assert again.load(path, name) and again.rows == row + 1, (name, row, again.rows)
"""
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "state.json")
            started = [subprocess.Popen([sys.executable, "-c", code, path, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True) for name in ("first", "second")]
            for one in started:
                self.assertEqual(one.stdout.readline(), "ready\n")
            for one in started:
                one.stdin.write("go\n")
                one.stdin.flush()
            for one in started:
                _, words = one.communicate(timeout=120)
                self.assertEqual((one.returncode, words), (0, ""))
            found = stft.MonitorState.load(path)
            self.assertEqual({name: arrays["rows"].tolist() for name, (_, arrays) in found.items()}, {"first": [60], "second": [60]})
            self.assertEqual([each.name for each in Path(folder).iterdir()], ["state.json"])
            state = stft.MonitorState()
            state.put("third", {}, x=1)
            state.save(path, keep=True)
            self.assertEqual(set(stft.MonitorState.load(path)), {"first", "second", "third"})
            state.save(path)
            self.assertEqual(set(stft.MonitorState.load(path)), {"third"})

    def test_what_is_no_state_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.json"
            for text, message in {"": "state", "[1]": "state: without format", '{"format": "x"}': "state: format 'x'"}.items():
                path.write_text(text)
                with self.subTest(text), self.assertRaisesRegex(ValueError, message):
                    stft.MonitorState.load(path)
                with self.assertRaises(ValueError):  # and it is not overwritten
                    stft.LevelAlarm(1, 10).save(path)
                self.assertEqual(path.read_text(), text)
            state = stft.MonitorState()
            with self.assertRaisesRegex(ValueError, "x: float64 of shape"):
                state.put("a", {}, x=np.zeros((2, 2)))
            with self.assertRaisesRegex(ValueError, "x: <U1 of shape"):
                state.put("a", {}, x="b")
            with self.assertRaises(RuntimeError):
                stft.MonitorState().save(Path(folder) / "none" / "state")


if __name__ == "__main__":
    unittest.main()
