#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Detection of events on arrays and streams of samples: figures on scenes, splits, gaps, hostile samples, refusals."""

import datetime
import json
import os
import unittest

import numpy as np
from gnuradio.stft.bench import band_scenes

from gnuradio import stft

RATE = 1e6


def noise(seconds, seed=1, rate=RATE):
    return band_scenes.white_noise(seconds, rate, seed)


def with_bursts(*bursts, seconds=0.6, seed=1):
    """Noise and bursts (kind, start, count, frequency, width, snr)."""
    scene = band_scenes.Scene(noise(seconds, seed), RATE, [])
    rng = np.random.default_rng(seed)
    for kind, start, count, frequency, width, snr in bursts:
        band_scenes.add(scene, kind, start, count, frequency, width, snr, rng)
    return scene


def pushed(detector, x, sizes):
    """All reports of x in chunks of these sizes, the last one repeated."""
    reports, at, sizes = [], 0, list(sizes)
    while at < len(x):
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        reports += detector.push(x[at:at + size])
        at += size
    return reports + detector.finish()


BURST = ("noise", 300_000, 20_000, 100e3, 20e3, 15)


class Figures(unittest.TestCase):
    """Of the whole benchmark, one seed for each recipe."""

    def test_signals_of_scenes_are_found(self):
        for recipe, least in (("quiet", 0.92), ("mixed", 0.92), ("full", 0.92), ("crowded", 0.85)):
            with self.subTest(recipe):
                scene = band_scenes.scene(recipe, 9)
                events = [e for e in stft.detect(scene.samples, RATE) if e["kind"] in ("burst", "carrier")]
                found = band_scenes.score(events, scene)
                self.assertGreaterEqual(found.found / found.signals, least)
                self.assertLessEqual(found.false, 4)
                self.assertEqual(found.carriers, found.all_carriers)
                self.assertLessEqual(np.mean(found.pieces), 1.7)
                self.assertLess(np.median(np.abs(found.start + found.end)), 0.15e-3)

    def test_noise_gives_fewer_events_than_stated(self):
        for recipe in ("white", "coloured", "steps"):
            with self.subTest(recipe):
                scene = band_scenes.Scene(noise(5, 3), RATE, [])
                if recipe != "white":
                    band_scenes.receive(scene, np.random.default_rng(4), steps=recipe == "steps")
                events = [e for e in stft.detect(scene.samples, RATE, false_alarms=36000) if e["kind"] != "step"]
                self.assertLess(len(events), 50)
                self.assertGreater(len(events), 1)  # or the rate is not what thresholds come from

    def test_bursts_of_3_db_are_found(self):
        for width in (20e3, 100e3):
            with self.subTest(width=width):
                scene = band_scenes.repeated("noise", 3, width, 20e-3, 2, count=20)
                self.assertGreaterEqual(band_scenes.score(stft.detect(scene.samples, RATE), scene).found, 18)

    def test_edges_and_levels_of_a_burst_are_its_own(self):
        scene = with_bursts(BURST)
        event, = stft.detect(scene.samples, RATE)
        self.assertEqual((event["kind"], event["state"], event["cut"]), ("burst", "end", None))
        self.assertLess(abs(event["sample_start"] - 300_000), 512)
        self.assertLess(abs(event["sample_start"] + event["sample_count"] - 320_000), 512)
        self.assertLess(abs(event["freq_lower"] - 90e3), 1.5e3)
        self.assertLess(abs(event["freq_upper"] - 110e3), 1.5e3)
        self.assertTrue(90e3 < event["freq_peak"] < 110e3)
        power = 10 * np.log10(band_scenes.DENSITY * 20e3) + 15
        for name, expected, tolerance in (("snr_db", 15, 1), ("power_db", power, 1), ("noise_db", -60, 0.5),
                                          ("energy_db", power + 60 + 10 * np.log10(20e-3), 1)):
            self.assertLess(abs(event[name] - expected), tolerance, name)

    def test_a_carrier_begins_is_updated_and_ends_and_bursts_on_it_are_found(self):
        count = 2_000_000
        scene = with_bursts(("tone", 0, count, -200e3, 1e3, 20), ("noise", 1_500_000, 20_000, -200e3, 30e3, 25), seconds=4.0)
        reports = pushed(stft.SignalDetector(RATE, update_interval=0.5), scene.samples, [1 << 16])
        line = [r for r in reports if r["kind"] == "carrier"]
        self.assertEqual([r["state"] for r in line], ["begin", *["update"] * (len(line) - 2), "end"])
        self.assertGreaterEqual(len(line), 4)
        self.assertEqual(len({r["id"] for r in line}), 1)
        self.assertLess(abs(line[-1]["sample_count"] - count), 64 * 512)
        self.assertLess(abs(line[-1]["freq_peak"] + 200e3), 1e3)
        power = 10 * np.log10(band_scenes.DENSITY * 1e3) + 20
        self.assertLess(abs(line[1]["power_db"] - power), 1, line[1]["power_db"])
        bursts = [e for e in stft.ended(reports) if e["kind"] == "burst"]
        self.assertEqual(len([e for e in bursts if abs(e["sample_start"] - 1_500_000) < 1024]), 1)

    def test_a_long_burst_is_announced_within_ten_rows_and_ends_under_its_id(self):
        scene = with_bursts(("noise", 300_000, 100_000, 100e3, 20e3, 15))
        detector, seen = stft.SignalDetector(RATE), []
        for at in range(0, len(scene.samples), 512):
            seen += [(at + 512, r) for r in detector.push(scene.samples[at:at + 512])]
        seen += [(len(scene.samples), r) for r in detector.finish()]
        (begun, begin), (ended, end) = seen
        self.assertEqual((begin["state"], end["state"], begin["id"]), ("begin", "end", end["id"]))
        self.assertLess(begun, 300_000 + 1024 + 12 * 512)
        self.assertLess(ended, 400_000 + 1024 + 8 * 512)  # a strong event waits for four rows


class Streams(unittest.TestCase):

    def test_any_split_gives_the_same_reports(self):
        scene = band_scenes.scene("full", 3, seconds=0.7, bursts=15)
        x = scene.samples
        whole = pushed(stft.SignalDetector(RATE), x, [len(x)])
        self.assertGreater(len(whole), 10)
        rng = np.random.default_rng(1)
        for sizes in ([1] * 3000 + [977], [511], rng.integers(1, 5000, 1000).tolist()):
            self.assertEqual(pushed(stft.SignalDetector(RATE), x, sizes), whole)

    def test_rows_of_the_spectrogram_give_the_same_events(self):
        for sides in ("twosided", "centered", "onesided"):
            with self.subTest(sides):
                x = band_scenes.scene("mixed", 4, seconds=0.7, bursts=15).samples
                x = x if sides != "onesided" else np.ascontiguousarray(x.real)
                frames = 1 + (len(x) - 1024) // 512
                rows = stft.spectrogram(x, hop=512, n_fft=1024, fs=RATE, first=0, frames=frames, sides=sides).T
                found = stft.detect_rows(rows, RATE, n_fft=1024, sides=sides)
                expected = stft.detect(x, RATE)
                self.assertGreater(len(expected), 5)
                self.assertEqual(found, expected)

    def test_the_level_does_not_matter(self):
        x = band_scenes.scene("mixed", 5, seconds=0.7, bursts=15).samples
        def boxes(x):
            return [(e["sample_start"], e["sample_count"], e["kind"]) for e in stft.detect(x, RATE)]
        for factor in (2.0**7, 2.0**-9, 2.0**20):
            self.assertEqual(boxes(x * np.float32(factor)), boxes(x))

    def test_lost_samples_end_events_and_keep_the_floor_and_the_count(self):
        scene = with_bursts(("noise", 300_000, 100_000, 100e3, 20e3, 15), ("noise", 500_000, 20_000, -100e3, 20e3, 6))
        for lost in (40_000, 150_000):
            with self.subTest(lost=lost):
                detector = stft.SignalDetector(RATE)
                reports = detector.push(scene.samples[:350_000])
                reports += detector.skip(lost)
                self.assertEqual(detector.samples, 350_000 + lost)
                reports += detector.push(scene.samples[350_000 + lost:]) + detector.finish()
                events = stft.ended(reports)
                gap, = (e for e in events if e["kind"] == "gap")
                self.assertLess(abs(gap["sample_start"] - 350_000), 1024)
                self.assertLess(abs(gap["sample_count"] - lost), 2048)
                first = events[0]
                self.assertEqual(first["cut"], "gap")
                self.assertLess(abs(first["sample_start"] - 300_000), 512)
                self.assertEqual(sum(abs(e["sample_start"] - 500_000) < 1024 for e in events), lost == 40_000 or 1)

    def test_a_retune_ends_events_and_a_known_frequency_has_its_floor_at_once(self):
        x = with_bursts(("noise", 100_000, 5_000, 100e3, 20e3, 15), seconds=0.3).samples
        y = noise(0.3, 2) * np.float32(3)
        detector = stft.SignalDetector(RATE, freq_center=100e6)
        reports = detector.push(x) + detector.retune(200e6) + detector.push(y) + detector.retune(100e6)
        begin = detector.samples
        reports += detector.push(x[90_000:120_000]) + detector.finish()
        events = [e for e in stft.ended(reports) if e["kind"] == "burst"]
        self.assertEqual(len(events), 2)
        self.assertLess(abs(events[1]["sample_start"] - begin - 10_000), 512)
        for event in events:
            self.assertLess(abs(event["freq_lower"] - 100.09e6), 3e3)
        self.assertEqual([e["freq_center"] for e in events], [100e6, 100e6])
        self.assertEqual(sum(e["kind"] == "retune" for e in reports), 2)

    def test_a_retune_has_the_new_frequency_and_the_next_sample(self):
        x = with_bursts(("noise", 100_000, 60_000, 100e3, 20e3, 15), seconds=0.2).samples[:130_010]
        detector = stft.SignalDetector(RATE, freq_center=100e6, time=1000)
        detector.push(x)
        burst, retune = (e for e in detector.retune(200e6) if e["state"] == "end")
        self.assertEqual((burst["kind"], burst["cut"], burst["freq_center"]), ("burst", "retune", 100e6))
        self.assertLess(abs(burst["freq_lower"] - 100.09e6), 3e3)
        self.assertEqual((retune["kind"], retune["sample_start"], retune["freq_center"]), ("retune", 130_010, 200e6))
        self.assertLess(abs(retune["freq_lower"] - (200e6 - RATE / 2)), 1e3)
        self.assertLess(abs(retune["freq_upper"] - (200e6 + RATE / 2)), 1e3)
        self.assertEqual(retune["time"], "1970-01-01T00:16:40.130010000Z")
        for name in ("power_db", "noise_db", "snr_db", "energy_db"):
            self.assertIsNone(retune[name])
        detector.push(x)
        *_, retune = detector.retune(300e6, time=5000)
        self.assertEqual((retune["time"], retune["sample_start"]), ("1970-01-01T01:23:20.000000000Z", 260_020))

    def test_a_retune_before_the_first_sample_only_tells_the_frequency(self):
        x = with_bursts(BURST).samples
        detector = stft.SignalDetector(RATE, freq_center=1e6)
        self.assertEqual(detector.retune(433e6) + detector.retune(434e6), [])
        self.assertEqual(stft.ended(detector.push(x) + detector.finish()), stft.detect(x, RATE, freq_center=434e6))

    def test_the_first_frequency_keeps_its_floor_too(self):
        x, y = noise(0.3), noise(0.3, 2) * np.float32(3)
        detector = stft.SignalDetector(RATE, freq_center=100e6)
        detector.push(x)
        detector.retune(200e6)
        detector.push(y)
        detector.retune(100e6)
        begin = detector.samples
        short = with_bursts(("noise", 2_000, 3_000, 100e3, 20e3, 20), seconds=0.008).samples  # fewer rows than a floor needs
        event, = (e for e in stft.ended(detector.push(short) + detector.finish()) if e["kind"] == "burst")
        self.assertLess(abs(event["sample_start"] - begin - 2_000), 512)

    def test_a_time_that_comes_later_counts_from_the_next_sample(self):
        x = with_bursts(BURST).samples
        detector = stft.SignalDetector(RATE, time=0)
        found = detector.push(x[:200_000])
        detector.set_time(1000.5)
        event, = stft.ended(found + detector.push(x[200_000:]) + detector.finish())
        self.assertTrue(event["time"].startswith("1970-01-01T00:16:40.6"), event["time"])

    def test_after_the_end_nothing_more_is_taken(self):
        for length in (0, 1, 100_000):
            detector = stft.SignalDetector(RATE)
            x = np.zeros(length, np.complex64)
            detector.push(x)
            detector.finish()
            for more in (lambda d: d.push(np.zeros(10, np.complex64)), lambda d: d.push_lines(np.zeros(2000, np.complex64)),
                         lambda d: d.skip(5)):
                with self.assertRaisesRegex(ValueError, r"\Ax: .*finish\(\) was called\Z"):
                    more(detector)
            if length:
                with self.assertRaisesRegex(ValueError, r"\Ax: .*finish\(\) was called\Z"):
                    detector.retune(1e6)
            self.assertEqual(detector.finish(), [])

    def test_rows_that_cannot_be_searched_are_counted(self):
        for bad, rows in ((np.nan, 3), (np.inf, 3), (1e30, 3), (1.0, 0)):
            with self.subTest(bad):
                x = noise(0.3)
                x[100_000:100_512] = bad  # three frames touch these
                detector = stft.SignalDetector(RATE)
                detector.push(x)
                self.assertEqual(detector.unusable, rows)

    def test_samples_of_which_single_precision_has_no_powers_are_counted(self):
        x = noise(0.3).astype(complex)
        rows = len(x) // 512 - 1
        for gain in 1e-25, 1e-150:
            for dtype in (np.complex64, np.complex128) if gain > 1e-40 else (np.complex128,):
                with self.subTest(gain=gain, dtype=dtype):
                    detector = stft.SignalDetector(RATE)
                    detector.push((gain * x).astype(dtype))
                    self.assertEqual(detector.finish(), [])
                    self.assertEqual(detector.unusable, rows)
        for silent in np.zeros_like(x), 1e-14 * x, np.where(np.arange(len(x)) % 1024 == 0, 1.0, 0.0):  # the window begins with a zero
            detector = stft.SignalDetector(RATE)
            detector.push(silent)
            detector.finish()
            self.assertEqual(detector.unusable, 0)
        y = x.copy()
        y[1000] = 0
        expected, same = (stft.SignalDetector(RATE, dtype=np.complex64) for _ in range(2))
        expected.push(y)
        y[1000] = 1e-60
        same.push(y)
        self.assertEqual((same.unusable, same.noise_density), (0, expected.noise_density))

    def test_time_and_centre_frequency_are_added(self):
        start = datetime.datetime(2026, 2, 28, 23, 59, 59, 900000, tzinfo=datetime.timezone.utc)
        event, = stft.detect(with_bursts(BURST).samples, RATE, freq_center=433e6, time=start)
        self.assertTrue(event["time"].startswith("2026-03-01T00:00:00.2"), event["time"])
        self.assertTrue(433.08e6 < event["freq_lower"] < 433.1e6 < event["freq_upper"])
        self.assertEqual(event["freq_center"], 433e6)

    def test_lines_are_json_with_the_keys_and_values_of_the_events(self):
        detector = stft.SignalDetector(RATE, source='a "b"\n', freq_center=1e9, time=1e9)
        lines = detector.push_lines(with_bursts(BURST).samples) + detector.finish_lines()
        self.assertTrue(lines)
        for event, line in lines:
            self.assertNotIn("\n", line)
            read = json.loads(line)
            self.assertEqual(list(read), list(event))
            for name, value in event.items():
                if isinstance(value, float):
                    self.assertAlmostEqual(read[name], value, delta=1e-3, msg=name)
                else:
                    self.assertEqual(read[name], value, name)


class Hostile(unittest.TestCase):

    def test_samples_that_are_no_numbers_or_silent_hold_nothing(self):
        x = with_bursts(BURST).samples
        for value in (np.nan, np.inf, 0, 1e30, -np.inf):
            for where in (slice(0, 100_000), slice(200_000, 200_001), slice(250_000, 280_000), slice(400_000, None)):
                with self.subTest(value=value, where=where):
                    y = x.copy()
                    y[where] = value
                    events = [e for e in stft.detect(y, RATE) if e["kind"] == "burst"]
                    self.assertEqual(sum(abs(e["sample_start"] - 300_000) < 600 for e in events), 1)

    def test_streams_of_one_value_have_no_events(self):
        for value in (0, 1, np.nan, np.inf, 1e-45):
            for count in (0, 1, 1023, 1024, 9215, 9216, 200_000):
                with self.subTest(value=value, count=count):
                    events = stft.detect(np.full(count, value, np.complex64), RATE)
                    self.assertEqual([e for e in events if e["kind"] == "burst"], [])

    def test_clipped_samples_are_searched_as_they_are(self):
        x = with_bursts(("noise", 300_000, 20_000, 100e3, 20e3, 30)).samples
        limit = np.float32(2 * np.sqrt(band_scenes.DENSITY * RATE))
        y = np.clip(x.real, -limit, limit) + 1j * np.clip(x.imag, -limit, limit)
        self.assertTrue(any(abs(e["sample_start"] - 300_000) < 600 for e in stft.detect(y, RATE)))

    def test_short_recordings_use_what_there_is(self):
        x = with_bursts(BURST).samples
        for rows in (0, 1, 15, 16, 17, 100, 255, 256, 257):
            events = stft.detect(x[290_000:290_000 + 1024 + 512 * max(rows - 1, 0)][:None if rows else 1000], RATE)
            self.assertEqual(any(e["kind"] == "burst" for e in events), rows >= 100, rows)

    def test_a_source_that_ends_within_an_event_says_so(self):
        event, = stft.detect(with_bursts(BURST).samples[:310_000], RATE)
        self.assertEqual((event["cut"], event["state"]), ("stop", "end"))

    def test_many_events_at_once_are_bounded_and_counted(self):
        rng = np.random.default_rng(1)
        x = noise(0.4)
        n = np.arange(40_000)
        for k in range(-450, 450, 14):
            if abs(k) > 8:
                x[200_000:240_000] += np.exp(2j * np.pi * (k / 1024 * n + rng.uniform())).astype(np.complex64) * 0.3
        few = stft.SignalDetector(RATE, max_events=20, dynamic_range=80)
        reports = few.push(x) + few.finish()
        self.assertGreater(few.refused, 0)
        self.assertLessEqual(len({r["id"] for r in reports}), 60)
        many = stft.detect(x, RATE, dynamic_range=80)
        self.assertGreater(len(many), 55)

    def test_masks_and_least_sizes_leave_events_out(self):
        x = with_bursts(BURST, ("noise", 400_000, 40_000, -200e3, 5e3, 20)).samples
        for options, left in (({}, 2), ({"ignore": "80e3:120e3"}, 1), ({"ignore": [(-210e3, -190e3), (80e3, 120e3)]}, 0),
                              ({"min_duration": 0.03}, 1), ({"min_bandwidth": 10e3}, 1), ({"min_snr": 40}, 0),
                              ({"freq_center": 1e9, "ignore": [(1e9 + 80e3, 1e9 + 120e3)]}, 1)):
            self.assertEqual(len(stft.detect(x, RATE, **options)), left, options)

    def test_bad_settings_are_refused_by_name(self):
        for name, values in {
            "n_fft": (0, 15, -1, 1.5, "x", None), "hop": (0, -1, 2.5), "samp_rate": (0, -1, np.nan, "x"),
            "false_alarms": (0, -1, np.nan, np.inf), "min_snr": (np.nan, 1e9), "dynamic_range": (0, np.nan),
            "min_duration": (-1, np.nan), "min_bandwidth": (-1,), "gap_rows": (-1, 10**6), "gap_bins": (-1, 2000),
            "dc_guard": (-1, 5000), "scales": ("3x3", "x", "1x1,", "1024x1", "0x1", "1x2048"),
            "ignore": ("5", "5:4", "a:b"), "max_events": (0, 10**6), "warm_up": (1,), "steady": (0,), "quantile": (0, 1),
            "adaptation": (0, 1), "least": (-1,), "update_interval": (0, np.nan), "window": ("nosuch",), "nosuch": (1,),
        }.items():
            for value in values:
                with self.subTest(name=name, value=value), self.assertRaisesRegex(ValueError, rf"\A{name}: "):
                    stft.SignalDetector(**{"samp_rate": RATE, name: value})
        for x in (np.zeros((2, 3)), ["a"], np.zeros(3, complex)):
            with self.assertRaisesRegex(ValueError, r"\Ax: "):
                stft.SignalDetector(RATE, dtype="f4").push(x)
        with self.assertRaisesRegex(ValueError, r"\Arows: "):
            stft.detect_rows(np.zeros((4, 5)), RATE, n_fft=1024)
        with self.assertRaisesRegex(ValueError, r"\Atime: "):
            stft.SignalDetector(RATE, time=datetime.datetime(2020, 1, 1))


    def test_what_is_refused_is_shown_as_it_was_given(self):
        x = np.zeros(3000, np.complex64)
        rows = np.ones((20, 16), np.float32)
        far = stft.SignalDetector(RATE)
        far.skip(2**62)
        event = {"sample_start": 1, "sample_count": 1, "freq_lower": 0.0, "freq_upper": 0.1, "snr_db": "a"}
        for words, act in (
            ("freq_center: 'a': must be a finite number of Hz, or None", lambda: stft.detect(x, freq_center="a")),
            ("freq_center: nan: must be a finite number of Hz, or None", lambda: stft.SignalDetector(freq_center=np.nan)),
            ("freq_center: 1j: must be a finite number of Hz, or None", lambda: stft.detect_rows(rows, n_fft=16, freq_center=1j)),
            (r"n_fft: array\(\[1., 2.\]\): must be an integer", lambda: stft.detect_rows(rows, n_fft=np.array([1.0, 2.0]))),
            ("freq_center: None: must be a finite number of Hz", lambda: stft.SignalDetector().retune(None)),
            ("time: 1e[+]20: must be a datetime, seconds", lambda: stft.detect(x, time=1e20)),
            ("time: nan: must be a datetime, seconds", lambda: stft.detect(x, time=np.nan)),
            ("time: '2020': must be a datetime, seconds", lambda: stft.SignalDetector(time="2020")),
            ("scales: \\[1, 2\\]: must be text or pairs", lambda: stft.detect(x, scales=[1, 2])),
            ("scales: None: must be text or pairs", lambda: stft.detect(x, scales=None)),
            ("ignore: \\[\\(3,\\)\\]: must be text or pairs", lambda: stft.detect(x, ignore=[(3,)])),
            ("ignore: None: must be text or pairs", lambda: stft.detect(x, ignore=None)),
            ("gap_rows: -1: must not be negative", lambda: stft.detect(x, gap_rows=-1)),
            ("gap_bins: -1: must not be negative", lambda: stft.detect(x, gap_bins=-1)),
            ("warm_up: -1: must not be negative", lambda: stft.detect(x, warm_up=-1)),
            ("history: -1: must not be negative", lambda: stft.EventCutter(history=-1)),
            ("pre: -1: must not be negative", lambda: stft.EventCutter(pre=-1)),
            ("dc: -1: must not be negative", lambda: stft.noise_floor(rows, dc=-1)),
            ("dc: 16: must be less than the bins of a row, 16", lambda: stft.noise_floor(rows, dc=16)),
            (f"count: {2**63}: must be at most {2**62}", lambda: stft.EventCutter().skip(2**63)),
            (f"count: {2**63}: must be at most {2**62}", lambda: stft.SignalDetector().skip(2**63)),
            (f"count: {2**62}: must be 0 .. 2\\^62 samples, with those before", lambda: far.skip(2**62)),
            ("snr_db: \"a\": must be a number or nil", lambda: stft.EventCutter().request(event)),
        ):
            with self.subTest(words), self.assertRaisesRegex(ValueError, rf"\A{words}"):
                act()

    def test_ranges_to_ignore_may_be_of_numpys_numbers(self):
        x = with_bursts(BURST).samples
        self.assertEqual(stft.detect(x, RATE, ignore=[(np.float64(90e3), np.float32(110e3))]), [])


class Clips(unittest.TestCase):

    def test_gaps_and_retunes_have_no_clips(self):
        event = {"sample_start": 10, "sample_count": 5, "freq_lower": 0.0, "freq_upper": 0.1, "freq_center": None}
        events = [{**event, "kind": kind, "state": "end", "id": i} for i, kind in enumerate(("gap", "burst", "retune"))]
        clip, = stft.cut_events(np.arange(100), events)
        self.assertIs(clip.event, events[1])

    def test_clips_are_the_samples_of_the_events(self):
        scene = with_bursts(BURST, ("noise", 400_000, 10_000, -200e3, 5e3, 20))
        events = stft.detect(scene.samples, RATE, freq_center=1e9)
        for pre, post in ((0, 0), (1000, 500), (10**6, 10**6)):
            clips = stft.cut_events(scene.samples, events, RATE, pre=pre, post=post)
            self.assertEqual([c.event for c in clips], events)
            for clip, event in zip(clips, events):
                begin = max(0, event["sample_start"] - pre)
                end = event["sample_start"] + event["sample_count"] + post
                np.testing.assert_array_equal(clip.samples, scene.samples[begin:end])
                self.assertEqual((clip.sample_start, clip.samp_rate, clip.freq_center), (begin, RATE, 1e9))
                self.assertEqual(clip.missing, end - (event["sample_start"] - pre) - len(clip.samples))

    def test_a_shifted_clip_is_the_signal_at_0_hz_without_delay(self):
        n = np.arange(100_000)
        tone, slow = 123_456.0, 700.0  # Hz
        shape = 1 + 0.5 * np.cos(2 * np.pi * slow / RATE * n)
        x = shape * np.exp(2j * np.pi * tone / RATE * n) + 3 * np.exp(2j * np.pi * 0.31 * n)
        event = {"sample_start": 30_000, "sample_count": 40_000, "freq_lower": tone - 4e3, "freq_upper": tone + 4e3,
                 "freq_center": None}
        clip, = stft.cut_events(x, [event], RATE, shift=True)
        self.assertEqual(clip.samp_rate, RATE / 62)  # the lowest rate of at least 16 kHz
        self.assertEqual(clip.freq_center, tone)
        self.assertEqual(len(clip.samples), -(-40_000 // 62))
        np.testing.assert_allclose(clip.samples, shape[30_000:70_000:62], atol=2e-3)

    def test_a_stream_gives_the_clips_of_the_array_function_for_any_split(self):
        scene = with_bursts(BURST, ("noise", 400_000, 10_000, -200e3, 5e3, 20))
        for shift in (False, True):
            expected = stft.cut_events(scene.samples, stft.detect(scene.samples, RATE), RATE, pre=300, post=3000, shift=shift)
            for size in (1 << 20, 4096, 999):
                detector, cutter, clips = stft.SignalDetector(RATE), stft.EventCutter(RATE, pre=300, post=3000, shift=shift), []
                for at in range(0, len(scene.samples), size):
                    piece = scene.samples[at:at + size]
                    clips += cutter.push(piece)
                    for event in stft.ended(detector.push(piece)):
                        clips += cutter.request(event)
                for event in stft.ended(detector.finish()):
                    clips += cutter.request(event)
                clips += cutter.finish()
                if size == 1 << 20:  # more came at once than is kept, but for the newest
                    self.assertEqual(len(clips), len(expected))
                    continue
                self.assertEqual([c.event for c in clips], [c.event for c in expected])
                for clip, other in zip(clips, expected):
                    np.testing.assert_array_equal(clip.samples, other.samples)
                    self.assertEqual(clip.missing, 0)

    def test_what_is_not_kept_is_counted_and_lost_samples_are_zeros(self):
        cutter = stft.EventCutter(max_clip=100, history=50)
        event = {"sample_start": 10, "sample_count": 120, "freq_lower": 0.0, "freq_upper": 0.1, "freq_center": None}
        cutter.push(np.arange(1, 101))
        cutter.skip(100)
        clip, = cutter.request(event)
        self.assertEqual((clip.sample_start, clip.missing, len(clip.samples)), (50, 40, 60))  # 10 .. 109, of which 50 .. are kept
        np.testing.assert_array_equal(clip.samples, np.concatenate((np.arange(51, 101), np.zeros(10))))
        ahead = {**event, "sample_start": 1000, "sample_count": 90}
        self.assertEqual(cutter.request(ahead), [])
        clip, = cutter.push(np.arange(201, 5001))  # many times what is kept
        np.testing.assert_array_equal(clip.samples, np.arange(1001, 1091))
        late = {**event, "sample_start": 50000}
        self.assertEqual(cutter.request(late), [])
        clip, = cutter.finish()
        self.assertEqual((len(clip.samples), clip.missing), (0, 100))

    def test_bad_settings_are_refused_by_name(self):
        for name, values in {"samp_rate": (0, -1, "x"), "pre": (-1, 2.5), "post": (-1,), "max_clip": (0, 2**40), "history": (-1,),
                             "shift": ("x",)}.items():
            for value in values:
                with self.subTest(name=name, value=value), self.assertRaisesRegex(ValueError, rf"\A{name}: "):
                    stft.EventCutter(**{name: value})


class Floor(unittest.TestCase):

    def test_follows_shape_and_gain_and_leaves_carriers_visible(self):
        rng = np.random.default_rng(1)
        shape = 10 ** (-3 * np.clip(np.abs(np.arange(512) - 256) / 256 - 0.8, 0, 1) / 0.2)
        gain = np.where(np.arange(1500) < 800, 1.0, 4.0)
        rows = rng.exponential(size=(1500, 512)) * shape * gain[:, None]
        rows[:, 100:103] += 50
        found = stft.noise_floor(rows, dc=None)
        error = 10 * np.log10(found.floor / (shape * gain[:, None]))
        self.assertLess(np.max(np.abs(np.median(error[200:], axis=0)[8:-8])), 1)
        self.assertLess(np.max(np.median(error[:, 100:103], axis=0)), 1)  # of the carrier
        self.assertTrue(found.steady[-1, 100:103].all())
        self.assertGreater(found.burst_floor[-1, 101], 20)
        self.assertLess(np.abs(np.median(error[803])), 1.5)  # right after the step
        self.assertLess(np.abs(np.median(error[830])), 0.3)


@unittest.skipUnless("GR_STFT_DATA" in os.environ, "GR_STFT_DATA is not set")
class Recordings(unittest.TestCase):

    @staticmethod
    def samples(name):
        folder = os.path.join(os.environ["GR_STFT_DATA"], "rf")
        with open(os.path.join(folder, name + ".sigmf-meta"), encoding="utf-8") as file:
            meta = json.load(file)
        kind = {"ci16_le": ("<i2", 2.0**15, 0), "ci8": ("i1", 2.0**7, 0), "cu8": ("u1", 2.0**7, 127.5)}
        stored, scale, offset = kind[meta["global"]["core:datatype"]]
        parts = (np.fromfile(os.path.join(folder, name + ".sigmf-data"), stored).astype(np.float32) - offset) / scale
        rate = meta["global"].get("core:sample_rate", 1e6)
        return parts.view(np.complex64), rate, meta, 1 / scale**2 / 6 / rate

    def test_every_group_of_the_nb_iot_uplink_is_found_at_its_time(self):
        x, rate, meta, least = self.samples("nbiot_uplink")
        events = stft.detect(x, rate, least=least)
        groups = []
        for a in sorted(meta["annotations"], key=lambda a: a["core:sample_start"]):
            begin, end = a["core:sample_start"], a["core:sample_start"] + a["core:sample_count"]
            if groups and begin - groups[-1][1] < 1024:
                groups[-1][1] = end
            else:
                groups.append([begin, end])
        self.assertEqual(len(groups), 9)
        for begin, end in groups:
            self.assertTrue(any(abs(e["sample_start"] - begin) <= 512 and
                                abs(e["sample_start"] + e["sample_count"] - end) <= 1024 for e in events), begin)
        self.assertLessEqual(len(events), 40)

    def test_bursts_of_a_remote_and_a_valve_are_found(self):
        for name, starts in (("ook_remote", (26.6e3, 90.4e3, 154.1e3, 217.9e3, 281.6e3)), ("fsk_homematic", (17.7e3, 70.4e3))):
            x, rate, _, least = self.samples(name)
            events = [e for e in stft.detect(x, rate, least=least) if e["snr_db"] > 25]
            for start in starts:
                self.assertTrue(any(abs(e["sample_start"] - start) < 2500 for e in events), (name, start))


if __name__ == "__main__":
    unittest.main()
