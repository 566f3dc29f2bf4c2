#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft monitor watches machines: speed, orders, levels, alarms, baselines, and the state that survives."""
import json
import os
import shutil
import unittest
import wave
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pmt
from gnuradio import blocks, gr

from qa_command import InFolder, run

from gnuradio.stft.app import watchers
from gnuradio.stft.app.command import parser
from gnuradio.stft.app.live_sources import _QueueSink
from gnuradio.stft.app.machine_options import levels_of
from gnuradio.stft.app.machine_watch import MachineWatch
from gnuradio.stft.app.receiver_tags import ReceiverTags
from gnuradio.stft.stft_python import kernels

FS = 2000.0
RAW = "--dtype", "rf32_le", "--rate", "2k"


def machine(seconds, speed=lambda t: 20 + 0 * t, amplitudes=((1, 1.0), (2, 0.5), (3, 0.25)), noise=0.1, seed=1):
    """Acceleration of a machine: orders with their amplitudes, at a speed in Hz as a function of time, in noise."""
    t = np.arange(round(seconds * FS)) / FS
    turns = np.cumsum(speed(t)) / FS
    x = noise * np.random.default_rng(seed).standard_normal(t.size)
    return (x + sum(a * np.cos(2 * np.pi * k * turns + k) for k, a in amplitudes)).astype(np.float32)


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Machine(InFolder):
    def watch(self, x, *options, status=0, warning=None):
        np.asarray(x, np.float32).tofile("x.rf32")
        code, out, err = run("monitor", "x.rf32", *RAW, *options)
        self.assertEqual((code, len(err.splitlines())), (status, 0 if warning is None else 1), err)
        self.assertIn(warning or "", err)
        return lines(out)

    def test_a_trend_has_the_speed_and_the_levels(self):
        x = machine(125, lambda t: 20 + t / 12)
        found = self.watch(x, "--speed", "15:35", "--orders", "1,2,3", "--band", "10:200", "--trend", "20s")
        self.assertEqual([e["kind"] for e in found], ["trend"] * 7)
        for event in found[:6]:
            middle = event["sample"] / FS + event["duration"] / 2
            self.assertAlmostEqual(event["speed"], 20 + middle / 12, delta=0.05)
            self.assertGreater(event["speed_known"], 0.85)
            for order, amplitude in ("order1", 1), ("order2", 0.5), ("order3", 0.25):
                self.assertAlmostEqual(event[order], amplitude / np.sqrt(2), delta=0.02 * amplitude)
            self.assertAlmostEqual(event["10:200"], np.sqrt(0.65625 + 0.01 * 190 / 1000), delta=0.01)

    def test_figures_tell_how_the_machine_is(self):
        arguments = parser(["monitor"]).parse_args(["monitor", "x", "--speed", "15:25", "--orders", "1,2", "--band", "10:200", "--velocity",
                                                    "--alarm", "10:200=1,5", "--hold", "0.5s,0.5s", "--trend", "5s", "--baseline", "learn=100s"])
        watch = MachineWatch(arguments, levels_of(arguments), rate=FS)
        band, *_ = watch.figures()["levels"]
        self.assertEqual((band["value"], band["zone"], band["deviation"]), (None, 0, None))
        watch.push(machine(25))
        figures = watch.figures()
        self.assertEqual([(level["name"], level["unit"], level["limits"]) for level in figures["levels"]],
                         [("10:200", "mm/s", [1.0, 5.0]), ("order1", "mm/s", []), ("order2", "mm/s", [])])
        band, order1, order2 = figures["levels"]
        self.assertAlmostEqual(order1["value"], 1e3 / np.sqrt(2) / (2 * np.pi * 20), delta=0.1)
        self.assertEqual((band["zone"], order1["zone"]), (2, 0))
        self.assertTrue(all(0 <= level["learned"] < 1 for level in figures["levels"]))
        self.assertEqual((figures["orders"], figures["highest"]), ([1.0, 2.0], 200.0))
        samples, values = zip(*figures["points"])
        self.assertEqual(len(set(np.diff(samples))), 1)
        known = [value["speed"] for value in values if value["speed"] is not None]
        self.assertGreater(len(known), 0.8 * len(values))
        self.assertLess(max(abs(speed - 20) for speed in known), 0.1)
        self.assertEqual(watch.figures()["points"], [])

    def test_velocity_is_in_millimetres_per_second_and_displacement_in_micrometres(self):
        x = machine(20, amplitudes=((1, 1.0),), noise=0)
        for option, unit, factor in ("--velocity", "mm/s", 1e3 / (40 * np.pi)), ("--displacement", "µm", 1e6 / (40 * np.pi) ** 2):
            event = self.watch(x, "--speed", "15:25", "--band", "10:200", option, "--unit", "g")[0]
            expected = 9.80665 / np.sqrt(2) * factor
            self.assertAlmostEqual(event["10:200"] / expected, 1, delta=0.005)
            self.assertAlmostEqual(event["order1"] / expected, 1, delta=0.01)
            self.assertEqual(event["unit"], unit)

    def test_an_alarm_is_raised_and_cleared_once(self):
        x = machine(60, noise=0.02)
        x[20 * 2000 : 40 * 2000] *= 1.25
        options = "--band", "10:200", "--hold", "3s,5s", "--speed", "15:25", "--orders", "1,2,3"
        found = [e for e in self.watch(x, *options, "--alarm", "0.95", "--alarm", "order2=0.41") if e["kind"] != "trend"]
        self.assertEqual([(e["kind"], e["name"]) for e in found],
                         [("raise", "10:200"), ("raise", "order2"), ("clear", "10:200"), ("clear", "order2")])
        for event in found:
            self.assertAlmostEqual(event["start"] * 1.0, 20, delta=2)
        self.assertAlmostEqual(found[1]["speed"], 20, delta=0.1)
        np.asarray(x, np.float32).tofile("x.rf32")
        status, out, _ = run("monitor", "x.rf32", *RAW, *options, "--alarm", "0.95", "--fail-on-alarm")
        self.assertEqual(status, 3)

    def test_speeds_of_few_machines_are_told_in_both_units(self):
        np.zeros(2000, np.float32).tofile("x.rf32")
        for speed, said in ("600:900", "36000rpm:54000rpm"), ("600rpm:900rpm", ""):
            _, _, err = run("monitor", "x.rf32", *RAW, "--speed", speed)
            self.assertIn(said, err)
            self.assertEqual("turns in a second" in err, bool(said), err)

    def test_an_alarm_tells_speed_unit_and_place_of_its_level(self):
        x = np.concatenate([machine(30), machine(30, amplitudes=((1, 1.0), (2, 2.0)))])
        found = self.watch(x, "--speed", "15:25", "--orders", "1,2", "--band", "10:200", "--alarm", "1,1.4", "--alarm", "order2=1", "--hold",
                           "5s,5s", "--velocity")
        self.assertEqual({e["unit"] for e in found if e["kind"] in ("trend", "raise", "zone")}, {"mm/s"})
        found = self.watch(x, "--speed", "15:25", "--orders", "1,2", "--band", "10:200", "--alarm", "1,1.4", "--alarm", "order2=1", "--hold",
                           "5s,5s")
        alarms = {e["name"]: e for e in found if e["kind"] in ("raise", "zone")}
        self.assertEqual({name: (e["zone"], e["level"], e["unit"]) for name, e in alarms.items()},
                         {"10:200": (2, 0, "m/s²"), "order2": (1, 2, "m/s²")})
        for event in alarms.values():
            self.assertAlmostEqual(event["speed"], 20, delta=0.1)

    def test_levels_with_other_numbers_of_limits_keep_their_states(self):
        x = machine(30, amplitudes=((1, 2.0), (2, 2.0)))
        options = ("--speed", "15:25", "--orders", "1,2", "--band", "10:200", "--alarm", "1,1.4", "--alarm", "order2=1", "--alarm",
                   "order1=0.5,0.6,9", "--hold", "5s,5s", "--state", "state.json")
        counted = [sorted((e["name"], e["zone"]) for e in self.watch(x, *options) if e["kind"] == "raise") for _ in range(2)]
        self.assertEqual(counted, [[("10:200", 2), ("order1", 2), ("order2", 1)], []])

    def test_a_calibration_makes_units_of_samples(self):
        x = machine(20)
        one, two = (self.watch(factor * x, "--band", "10:200", "--trend", "10s", *more)[0]["10:200"]
                    for factor, more in ((1, ()), (0.01, ("--calibration", "100"))))
        self.assertAlmostEqual(one, two, delta=1e-5 * one)
        options = "--band", "10:200", "--state", "state.json"
        self.watch(x, *options, "--calibration", "100")
        status, out, err = run("monitor", "x.rf32", *RAW, *options)
        self.assertEqual((status, out), (2, ""))
        self.assertIn("calibration", err)

    def test_clips_are_of_what_raised_an_alarm_or_its_zone(self):
        x = np.concatenate([machine(20, amplitudes=((1, a),), noise=0.01) for a in (0.5, 2.0, 3.0)])
        watch = self.watcher("--alarm", "1,2", "--hold", "4s,5s")
        machine_watcher = watchers.Machine(watch, 0.0)
        reports = machine_watcher.push(x) + machine_watcher.finish()
        spans = [(event["kind"], machine_watcher.span(event)) for event, _ in reports]
        self.assertEqual([(kind, span[0] / FS, span[1] / FS) for kind, span in spans if span], [("raise", 20, 4), ("zone", 40, 4)])
        for event, line in reports:
            self.assertEqual(set(event) - set(json.loads(line)), {"excess_row"} if event["kind"] in ("raise", "zone") else set())

    def test_a_level_at_its_limit_does_not_chatter(self):
        draw = np.random.default_rng(3)
        x = machine(600, noise=0) * np.repeat(1 + 0.06 * draw.standard_normal(1200), 1000).astype(np.float32)
        found = self.watch(x, "--band", "10:200", "--alarm", f"{np.sqrt(0.65625):.4f}")
        self.assertLessEqual(sum(e["kind"] == "raise" for e in found), 1)

    def test_what_is_wrong_with_a_sensor_is_said_once(self):
        x = machine(60)
        x[10 * 2000 : 20 * 2000] = 0.25  # torn off
        x[30 * 2000 : 40 * 2000] = np.clip(3 * x[30 * 2000 : 40 * 2000], -1.5, 1.5)
        found = [e for e in self.watch(x, "--band", "10:200", "--hold", "5s,5s") if e["kind"] != "trend"]
        self.assertEqual([(e["kind"], e["state"]) for e in found], [
            ("sensor dead", "begin"), ("sensor dead", "end"), ("sensor clipped", "begin"), ("sensor clipped", "end")])
        self.assertAlmostEqual(found[0]["sample"] / FS, 10, delta=1.5)
        self.assertAlmostEqual(found[2]["sample"] / FS, 30, delta=1.5)

    def test_levels_that_are_null_have_a_reason(self):
        for bad in np.nan, np.inf:
            x = machine(60)
            x[20 * 2000 : 30 * 2000 : 500] = bad
            x[31 * 2000] = bad  # within the hold
            found = self.watch(x, "--band", "10:200", "--hold", "5s,5s", "--trend", "5s")
            nulls = [e["sample"] for e in found if e["kind"] == "trend" and e["10:200"] is None]
            begin, end = (e for e in found if e["kind"] != "trend")
            self.assertEqual((begin["kind"], begin["state"], end["kind"], end["state"]),
                             ("sensor not finite", "begin", "sensor not finite", "end"))
            self.assertLessEqual(begin["sample"], nulls[0])
            self.assertAlmostEqual(begin["sample"] / FS, 20, delta=1.5)
            self.assertAlmostEqual(end["duration"], 17, delta=2)

    def test_noise_has_no_speed_and_no_levels_of_orders(self):
        x = np.concatenate([machine(30), machine(60, amplitudes=(), noise=1), machine(30)])
        found = self.watch(x, "--speed", "15:25", "--orders", "1,2,3", "--hold", "3s,5s", "--trend", "10s")
        told = [e for e in found if e["kind"] == "no speed"]
        self.assertEqual([e["state"] for e in told], ["begin", "end"])
        self.assertAlmostEqual(told[0]["sample"] / FS, 30, delta=2)
        for event in found:
            if event["kind"] == "trend" and 40 <= event["sample"] / FS < 75:
                self.assertEqual((event["speed"], event["order1"]), (None, None))

    def watcher(self, *options, bands=("10:200",)):
        """The MachineWatch of a command line."""
        words = ["monitor", "x", *(word for band in bands for word in ("--band", band)), *map(str, options)]
        arguments = parser(["monitor"]).parse_args(words)
        return MachineWatch(arguments, levels_of(arguments), rate=FS, start=1_700_000_000.0)

    def test_any_split_gives_the_same(self):
        x = machine(50, lambda t: 20 + np.sin(t / 5), noise=0.3)
        options = "--speed", "15:25", "--orders", "1,2", "--alarm", "0.8", "--trend", "10s", "--baseline", "learn=20s"
        wanted = self.watcher(*options)
        expected = wanted.push(x) + wanted.finish()
        self.assertEqual([e["time"] for e in expected if e["kind"] == "trend"][0], "2023-11-14T22:13:20.000000000Z")
        draw = np.random.default_rng(5)
        for _ in range(3):
            watch, at, found = self.watcher(*options), 0, []
            while at < x.size:
                size = int(draw.integers(1, 9000))
                found += watch.push(x[at : at + size])
                at += size
            self.assertEqual(found + watch.finish(), expected)

    def test_lost_samples_are_told_and_later_rows_are_in_their_place(self):
        x = machine(40)
        watch = self.watcher("--speed", "15:25", "--trend", "5s")
        found = watch.push(x) + watch.skip(100_001) + watch.push(x) + watch.finish()
        gap, = [e for e in found if e["kind"] == "gap"]
        self.assertEqual((gap["sample"], gap["sample_count"]), (80_000, 100_001))
        after = [e for e in found if e["kind"] == "trend" and e["sample"] > 80_000]
        self.assertEqual(after[-1]["sample"] % 1, 0)
        self.assertGreaterEqual(after[-1]["sample"], 180_001)
        for event in after[:-1]:
            self.assertAlmostEqual(event["10:200"] or 0.81, 0.81, delta=0.02)

    def test_a_restart_goes_on_from_the_state_and_raises_nothing_twice(self):
        x = machine(60, amplitudes=((1, 2.0),), noise=0.02)
        options = "--band", "10:200", "--alarm", "0.9", "--state", "state.json", "--baseline", "learn=300s", "--trend", "10s"
        not_learned = "the baseline has learned 0 of 30 rows: those at a steady speed while no alarm is raised"
        first, second = self.watch(x, *options, warning=not_learned), self.watch(x, *options, warning=not_learned)
        self.assertEqual(sum(e["kind"] == "raise" for e in first), 1)
        self.assertEqual(sum(e["kind"] == "raise" for e in second), 0)
        before = Path("state.json").read_text(encoding="utf-8")
        x.tofile("x.rf32")
        status, out, err = run("monitor", "x.rf32", *RAW, "--band", "10:200", "--band", "20:100", "--alarm", "0.9",
                               "--state", "state.json", "--baseline", "learn=300s", "--trend", "10s")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("levels", err)
        self.assertEqual(Path("state.json").read_text(encoding="utf-8"), before)
        Path("state.json").write_text("{", encoding="utf-8")
        status, out, err = run("monitor", "x.rf32", *RAW, *options)
        self.assertEqual((status, out, len(err.splitlines())), (2, "", 1))

    def test_a_state_that_cannot_be_saved_is_refused_at_first_and_ends_nothing_later(self):
        machine(1).tofile("x.rf32")
        status, out, err = run("monitor", "x.rf32", *RAW, "--band", "10:200", "--alarm", "0.9", "--state", "none/state.json")
        self.assertEqual((status, out, len(err.splitlines())), (1, "", 1))
        self.assertIn("monitor: state: none/state.json: ", err)
        os.mkdir("folder")
        options = "--band", "10:200", "--alarm", "0.9", "--state", "folder/state.json", "--trend", "10s"
        watch = self.watcher(*options[2:], bands=("10:200",))
        found = watch.push(machine(30))
        shutil.rmtree("folder")
        found += watch.finish()
        self.assertEqual([e["kind"] for e in found], ["trend"] * 3 + ["state not saved"])
        self.assertIn("folder/state.json", found[-1]["reason"])

    def test_a_fault_of_one_order_stands_out_from_its_baseline(self):
        draw = np.random.default_rng(9)

        def minutes(count, order3):
            """Speeds of two kinds, with levels that depend on them."""
            parts = []
            for _ in range(count):
                f = draw.choice([18.0, 22.0])
                parts.append(machine(20, lambda t: f + 0 * t, ((1, f / 20), (2, 0.5), (3, order3)), 0.1, draw.integers(1e9)))
            return np.concatenate(parts)

        x = np.concatenate([minutes(80, 0.25), minutes(45, 0.25 * 10 ** (3 / 20))])
        found = self.watch(x, "--speed", "15:25", "--orders", "1,2,3", "--trend", "20s", "--baseline", "learn=1600s")
        raised = [e for e in found if e["kind"] == "raise"]
        self.assertEqual([e["name"] for e in raised], ["order3"])
        self.assertEqual((raised[0]["of"], raised[0]["unit"]), ("baseline", "m/s²"))
        self.assertAlmostEqual(raised[0]["measured"], 0.25 * 10 ** (3 / 20) / np.sqrt(2), delta=0.01)
        self.assertAlmostEqual(raised[0]["expected"], 0.25 / np.sqrt(2), delta=0.01)
        self.assertIn("learned", [e["kind"] for e in found])

    def test_a_state_of_other_levels_is_refused_by_their_names(self):
        x = machine(30)
        options = "--alarm", "0.9", "--state", "state.json", "--baseline", "learn=100s", "--trend", "1s"
        self.watch(x, "--band", "10:200", *options)
        before = Path("state.json").read_text(encoding="utf-8")
        for others, words in ((("--band", "20:100"), "levels (10:200 there, 20:100 here)"),
                              (("--band", "10:200", "--velocity"), "integrate (0 there, 1 here)"),
                              (("--band", "10:200", "--unit", "g"), "unit (m/s2 there, g here)")):
            status, out, err = run("monitor", "x.rf32", *RAW, *others, *options)
            self.assertEqual((status, out), (2, ""))
            self.assertIn(words, err)
        self.assertEqual(Path("state.json").read_text(encoding="utf-8"), before)
        self.watch(x, "--band", "10:200", *options)

    def test_weights_of_orders_outlive_a_restart(self):
        options = ("--speed", "12:40", "--orders", "1,2,3,4", "--learn-orders", "20:25", "--state", "state.json", "--trend", "10s")
        lines_of = ((2, 1.0), (4, 0.5))  # the second shaft would be 1 and 2 of twice the speed
        self.watch(machine(30, lambda t: 22 + 0 * t, lines_of), *options)
        found = self.watch(machine(30, lambda t: 15 + 0 * t, lines_of), *options)
        for event in found:  # not in the range in which the first one has learned
            self.assertAlmostEqual(event["speed"], 15, delta=0.1)

    def test_a_tacho_gives_the_speed(self):
        t = np.arange(round(60 * FS)) / FS
        f = 10 + t / 4
        turns = np.cumsum(f) / FS
        x = np.cos(2 * np.pi * turns) + 0.3 * np.cos(6 * np.pi * turns)
        pulses = np.clip(0.5 + 25 * (0.1 - np.abs((turns + 0.5) % 1 - 0.5)), 0, 1)
        wav = wave.open("tacho.wav", "wb")
        with wav:
            wav.setnchannels(2)
            wav.setsampwidth(2)
            wav.setframerate(int(FS))
            wav.writeframes((np.stack([x / 2, pulses], axis=1) * 30000).astype("<i2").tobytes())
        status, out, err = run("monitor", "tacho.wav", "--tacho", "1", "--orders", "1,3", "--trend", "10s", "--alarm", "order1=0.3",
                               "--hold", "2s,2s")
        self.assertEqual((status, err), (0, ""))
        found = lines(out)
        self.assertEqual([e["kind"] for e in found], ["raise"] + ["trend"] * 6)
        for event in found[1:]:
            middle = event["sample"] / FS + event["duration"] / 2
            self.assertAlmostEqual(event["speed"], 10 + middle / 4, delta=0.15)
            self.assertEqual(event["speed_known"], 1)
            self.assertAlmostEqual(event["order1"], 0.4578 / np.sqrt(2), delta=0.01)
            self.assertAlmostEqual(event["order3"], 0.3 * 0.4578 / np.sqrt(2), delta=0.005)

    def test_any_split_with_a_tacho_gives_the_same(self):
        t = np.arange(round(30 * FS)) / FS
        turns = np.cumsum(20 + np.sin(t)) / FS
        x = np.stack([np.cos(2 * np.pi * turns), (turns % 1 < 0.2) * 5.0], axis=1).astype(np.float32)
        x[30000:40000] = 0  # it stands
        options = "--tacho", "1", "--trend", "5s", "--hold", "2s,3s"
        wanted = self.watcher(*options)
        expected = wanted.push(x) + wanted.finish()
        self.assertIn("no speed", [e["kind"] for e in expected])
        watch, at, found = self.watcher(*options), 0, []
        draw = np.random.default_rng(5)
        while at < len(x):
            size = int(draw.integers(1, 9000))
            found += watch.push(x[at : at + size])
            at += size
        self.assertEqual(found + watch.finish(), expected)

    def test_a_long_gap_is_gone_through_and_alarms_have_their_time(self):
        x = machine(40, noise=0.02)
        loud = machine(40, amplitudes=((1, 2.0),), noise=0.02)
        watch = self.watcher("--speed", "15:25", "--trend", "10s", "--alarm", "0.9", "--hold", "3s,5s", "--baseline", "learn=1d")
        lost = 5 * 3600 * 2000 + 777
        found = watch.push(x) + watch.skip(lost) + watch.push(loud) + watch.finish()
        told = {e["kind"]: e for e in found if e["kind"] != "trend"}
        self.assertEqual(sorted(told), ["data", "gap", "no data", "raise"])
        start = 1_700_000_000
        at = lambda seconds: datetime.fromtimestamp(start + seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        again = 40 + lost / 2000
        self.assertEqual(told["gap"]["time"][:19], at(40))
        self.assertEqual(told["raise"]["time"][:18], at(again + 2)[:18])
        self.assertEqual(told["data"]["time"][:18], at(again)[:18])
        trends = [e for e in found if e["kind"] == "trend"]
        self.assertTrue(all(e["duration"] < 11 for e in trends), trends)
        self.assertTrue(all(abs(e["speed"] - 20) < 0.1 for e in trends), trends)

    def test_a_receivers_time_is_that_of_the_next_sample(self):
        x = machine(40)
        watch = self.watcher("--trend", "10s")
        found = watch.push(x[:30_000])
        watch.set_time((1_800_000_000, 0.5))
        found += watch.push(x[30_000:]) + watch.finish()
        self.assertEqual([e["time"] for e in found], [
            "2023-11-14T22:13:20.000000000Z", "2023-11-14T22:13:30.000000000Z",
            "2027-01-15T08:00:05.500000000Z", "2027-01-15T08:00:15.500000000Z"][:len(found)])

    def test_too_few_samples_for_a_row_are_told(self):
        machine(1).tofile("x.rf32")
        status, out, err = run("monitor", "x.rf32", *RAW, "--band", "10:200")
        self.assertEqual((status, out), (0, ""))
        self.assertIn("end before the first row of 1 s", err)

    def test_a_live_source_may_have_two_channels(self):
        x = np.arange(70_000, dtype=np.float32)
        tag = gr.tag_t()
        tag.offset, tag.key = 40_000, pmt.intern("rx_time")
        tag.value = pmt.make_tuple(pmt.from_uint64(7), pmt.from_double(0.25))
        sink = _QueueSink(np.float32, 1e6, ReceiverTags(1e6, 512, None, self.fail), 2)
        graph = gr.top_block()
        graph.connect(blocks.vector_source_f(x.tolist(), False, 1, [tag]), (sink, 0))
        graph.connect(blocks.vector_source_f((-x).tolist()), (sink, 1))
        graph.run()
        pieces = list(iter(lambda: sink.take(10), None))
        samples = np.concatenate([piece.samples for piece in pieces if piece.samples is not None])
        np.testing.assert_array_equal(samples, np.stack([x, -x], axis=1))
        self.assertEqual([piece.time for piece in pieces if piece.time], [(7, 0.25)])

    def test_a_file_may_have_any_name(self):
        name = os.fsdecode(b"\xff\n\"x.rf32")
        machine(10).tofile(name)
        for options in ("--band", "10:200", "--alarm", "0.1", "--hold", "1s,1s", "--baseline", "learn=1d"), ("--detect",):
            status, out, err = run("monitor", name, *RAW, *options)
            self.assertEqual((status, "detect" in options[0] or "the baseline has learned 0 of 1440 rows" in err), (0, True))
            self.assertEqual({event["source"] for event in lines(out)}, {'?\n"x.rf32'})

    def test_lines_are_the_kernels(self):
        x = machine(30)
        x.tofile("x.rf32")
        _, out, _ = run("monitor", "x.rf32", *RAW, "--band", "10:200", "--alarm", "0.1", "--hold", "2s,2s")
        for line, event in zip(out.splitlines(), lines(out)):
            self.assertEqual(line, kernels.json_line(event))

    def test_a_speed_may_be_in_turns_a_minute(self):
        machine(20).tofile("x.rf32")
        hertz, minutes = (run("monitor", "x.rf32", *RAW, "--speed", speed)[:2] for speed in ("15:25", "900rpm:1500rpm"))
        self.assertEqual(hertz, minutes)
        self.assertEqual(hertz[0], 0)

    def test_bad_options_are_refused_by_name(self):
        machine(1).tofile("x.rf32")
        for options, words in (
            ((), "nothing to watch for"),
            (("--detect", "--speed", "15:25"), "monitor: speed: 15:25: is for a machine, and does not go with --detect"),
            (("--speed", "25:15"), "first frequency"),
            (("--speed", "1:15"), "monitor: speed: 1: "),
            (("--speed", "15:25", "--orders", "1,900"), "orders"),
            (("--speed", "15:25", "--orders", "0"), "positive"),
            (("--orders", "2", "--band", "10:200"), "needs --speed"),
            (("--detect", "--orders", "2"), "detect"),
            (("--detect", "--state", "s.json"), "monitor: state: s.json: is for a machine"),
            (("--detect", "--velocity"), "monitor: velocity: given: is for a machine"),
            (("--band", "10:200", "--velocity", "--displacement"), "not allowed with"),
            (("--band", "10:200", "--band", "10:200"), "given once"),
            (("--band", "10:200", "--alarm", "1", "--alarm", "2"), "given once"),
            (("--band", "10:200", "--alarm", "1", "--hold=-5,1"), "hold: -5"),
            (("--band", "1e-6:200"), "monitor: band: '1e-06:200.0'"),
            (("--tacho", "0"), "tacho: 0: must not be the channel"),
            (("--tacho", "1"), "monitor: tacho: 1: "),
            (("--tacho", "1", "--ppr", "0"), "ppr: 0"),
            (("--band", "10:200", "--ppr", "2"), "needs --tacho"),
            (("--tacho", "1", "--learn-orders", "10:12"), "learn_orders"),
            (("--speed", "15:25", "--learn-orders", "10:12"), "monitor: learn_orders: 10: "),
            (("--tacho", "1", "--baseline", "learn=1d"), "needs the range"),
            (("--tacho", "1", "--levels", "5"), "two numbers"),
            (("--band", "10:2000"), "monitor: band: 10:2000"),
            (("--band", "200:10"), "first frequency"),
            (("--band", "10:200", "--alarm", "5,3"), "rise"),
            (("--band", "10:200", "--alarm", "order2=3"), "alarm"),
            (("--alarm", "3"), "alarm"),
            (("--band", "10:200", "--alarm", "3", "--hysteresis", "1"), "hysteresis"),
            (("--band", "10:200", "--alarm", "3", "--hold", "5s"), "two times"),
            (("--band", "10:200", "--baseline", "7d"), "learn=TIME"),
            (("--baseline", "learn=7d"), "needs levels"),
            (("--band", "10:200", "--baseline", "learn=5min"), "baseline: learn=300s: must be 30 lines of --trend at least, 1800 s"),
            (("--band", "10:200", "--calibration", "0"), "calibration: 0"),
            (("--band", "10:200", "--calibration", "nan"), "calibration: nan"),
            (("--detect", "--calibration", "2"), "calibration: 2"),
            (("--band", "10:200", "--trend", "0"), "trend"),
            (("--band", "10:200", "--trend", "inf"), "trend: inf: "),
            (("--band", "10:200", "--sigmf", "x.sigmf-meta"), "needs --detect"),
        ):
            with self.subTest(options=options):
                status, out, err = run("monitor", "x.rf32", *RAW, *options)
                self.assertEqual((status, out), (2, ""), err)
                self.assertIn(words, err)
        np.zeros(100, np.complex64).tofile("x.cf32")
        status, out, err = run("monitor", "x.cf32", "--dtype", "cf32_le", "--rate", "2k", "--band", "10:200")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("complex", err)


if __name__ == "__main__":
    unittest.main()
