#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks of levels: a flowgraph equals the array call, also in pieces, on a second run and after a restart; tags and messages.

GR_STFT_HOSTILE=10000 runs 10000 random flowgraphs, GR_STFT_FIRST_SEED=7 begins with another one.
"""
import json
import os
import random
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import at_time, messages, run_to_end, tag, unequal
from qa_hostile_tags import hostile_message, hostile_real, hostile_value

RUNS = int(os.environ.get("GR_STFT_HOSTILE", 400)) // 4
FIRST_SEED = int(os.environ.get("GR_STFT_FIRST_SEED", 1))
FS = 2560.0
KEYS = ("kind level name zone zone_before time row start duration value limit excess_row excess_time measured expected peak peak_row speed "
        "nearly source").split()


def stream(items, *tags):
    """A source of vectors (rows, values), or of numbers."""
    items = np.asarray(items, np.float32)
    width = items.shape[1] if items.ndim == 2 else 1
    return blocks.vector_source_f(np.ravel(items).tolist(), False, width, sorted(tags, key=lambda t: t.offset))


def pair(key, value):
    return pmt.cons(pmt.intern(key), value)


class watcher(gr.sync_block):
    """Notes the count of rows in a file of state."""

    def __init__(self, path):
        super().__init__("watcher", [np.float32], [])
        self.path, self.rows = path, []

    def work(self, input_items, output_items):
        if self.path.exists():
            self.rows += json.loads(self.path.read_text())["sections"]["level_alarm"]["counts"]["rows"]
        return len(input_items[0])


class flow:
    """A block between sources of its inputs and a sink: what comes out, and what it says."""

    def __init__(self, block, *sources, pieces=False, width=None):
        self.block, self.width = block, width or block.output_signature().sizeof_stream_item(0) // 4
        self.sink, self.said = blocks.vector_sink_f(self.width), messages()
        self.sources = sources
        self.graph, self.parts = gr.top_block(), []  # blocks in Python must outlive the graph
        for port, source in enumerate(sources):
            parts = [source]
            if pieces:
                parts.append(unequal(np.float32, block.input_signature().sizeof_stream_item(port) // 4))
            self.parts += parts
            for one, next_one in zip(parts, [*parts[1:], (block, port)]):
                self.graph.connect(one, next_one)
        self.graph.connect(block, self.sink)
        if "events" in {str(p) for p in pmt.to_python(block.message_ports_out())}:
            self.graph.msg_connect(block, "events", self.said, "in")

    def again(self):
        """Runs the same stream once more."""
        for source in self.sources:
            source.rewind()
        self.sink.reset()
        self.said.got.clear()
        return self.run()

    def run(self, *commands, port="cmd"):
        for command in commands:
            self.block.to_basic_block()._post(pmt.intern(port), command)
        run_to_end(self.graph)
        self.rows = np.reshape(self.sink.data(), (-1, self.width))
        self.tags = [(t.offset, str(t.key), pmt.to_python(t.value)) for t in self.sink.tags()]
        self.events = self.said.as_python()
        return self


def signal(length=20001, seed=1):
    draw = np.random.default_rng(seed)
    return (draw.standard_normal(length) + 3 * np.cos(2 * np.pi * 50 / FS * np.arange(length))).astype(np.float32)


class band_power_vff(unittest.TestCase):
    made = dict(bands="10:100,33.3:41.7,100:1280", samp_rate=FS, integrate=1, factor=1000, average=3)

    def rows(self, x=None):
        return stft.spectrogram(signal() if x is None else x, hop=640, n_fft=2560, placement="left", fs=FS)

    def test_it_equals_the_array_function_in_pieces_and_on_a_second_run(self):
        P = self.rows()
        expected = stft.band_power(P, FS, n_fft=2560, **{k: v for k, v in self.made.items() if k != "samp_rate"})
        self.assertEqual(P.shape[1] % 3, 2)  # the last level averages what is left
        for pieces in False, True:
            f = flow(stft.band_power_vff(2560, **self.made), stream(P.T), pieces=pieces)
            np.testing.assert_array_equal(f.run().rows, expected.T)
            np.testing.assert_array_equal(f.again().rows, expected.T)

    def test_behind_a_spectrogram_it_gives_band_levels(self):
        x = signal()
        front = stft.spectrogram_fvf(2560, 640, placement="left", samp_rate=FS)
        block = stft.band_power_vff(2560, bands="10:100", samp_rate=FS, integrate=1)
        graph, sink = gr.top_block(), blocks.vector_sink_f()
        graph.connect(blocks.vector_source_f(x.tolist()), front, block, sink)
        graph.run()
        expected = stft.band_levels(x, FS, "10:100", integrate=1, win_length=2560, hop=640).levels[0]
        self.assertGreater(len(sink.data()), len(expected))  # frames that hang over the end
        np.testing.assert_array_equal(sink.data()[: len(expected)], expected)

    def test_tags_of_rows_end_or_pass_and_the_rate_is_that_of_levels(self):
        P = self.rows()
        f = flow(stft.band_power_vff(2560, **self.made), stream(P.T, tag(0, "rx_rate", pmt.from_double(6)),
                 tag(7, "rx_time", at_time(5, 0.5)), tag(0, "stft_hop", pmt.from_long(640)), tag(4, "packet_len", pmt.from_long(3)),
                 tag(1, "rx_rate", pmt.intern("no"))))  # fmt: skip
        rate, (item, key, (seconds, fraction)) = f.run().tags
        self.assertEqual((rate, item, key, seconds), ((0, "rx_rate", 2.0), 2, "rx_time", 5))
        self.assertAlmostEqual(fraction, 0.5 - 1 / 6, delta=1e-12)  # row 6 is the level's first one

    def test_no_level_is_of_rows_on_both_sides_of_a_gap(self):
        P = self.rows()
        told = [tag(0, "rx_rate", pmt.from_double(4)), tag(0, "rx_time", at_time(100, 0.0))]
        for gap, cut in ((tag(5, "rx_time", at_time(110, 0.0)), True), (tag(5, "overflow", pmt.from_long(999)), True),
                         (tag(5, "rx_time", at_time(101, 0.25)), False), (tag(5, "rx_time", at_time(101, 0.37)), False),
                         (tag(5, "rx_time", at_time(101, 0.0)), True)):  # fmt: skip
            for pieces in False, True:
                f = flow(stft.band_power_vff(2560, **self.made), stream(P.T, *told, gap), pieces=pieces)
                made = {k: v for k, v in self.made.items() if k != "samp_rate"}
                parts = (P[:, :5], P[:, 5:]) if cut else (P,)
                expected = np.concatenate([stft.band_power(part, FS, n_fft=2560, **made) for part in parts], axis=1)
                np.testing.assert_array_equal(f.run().rows, expected.T, str(gap.value))
                np.testing.assert_array_equal(f.again().rows, expected.T)
                if cut:
                    self.assertEqual(f.tags[2][0], 2)
                    self.assertEqual(f.tags[2][2], pmt.to_python(gap.value))

    def test_tags_of_the_stft_override_rate_and_window_length(self):
        P = self.rows()
        made = dict(bands="10:100", integrate=1)
        told = stream(P.T, tag(4, "stft_samp_rate", pmt.from_double(FS)), tag(4, "stft_win_length", pmt.from_long(2000)))
        rows = flow(stft.band_power_vff(2560, samp_rate=2000.0, **made), told).run().rows[:, 0]
        np.testing.assert_array_equal(rows[4:], stft.band_power(P, FS, n_fft=2560, **made)[0, 4:])
        self.assertTrue((rows[:4] != stft.band_power(P, FS, n_fft=2560, **made)[0, :4]).all())
        for wrong in (
            [tag(4, "stft_samp_rate", pmt.from_double(150.0)), tag(5, "stft_win_length", pmt.from_long(10))],
            [tag(4, "stft_n_fft", pmt.from_long(2561)), tag(4, "stft_samp_rate", pmt.from_double(2000.0))],  # as many bins
        ):
            rows = flow(stft.band_power_vff(2560, samp_rate=FS, **made), stream(P.T, *wrong)).run().rows[:, 0]
            np.testing.assert_array_equal(rows, stft.band_power(P, FS, n_fft=2560, **made)[0])

    def test_the_average_changes_by_message_and_wrong_ones_are_ignored(self):
        P = self.rows()
        for command, average in (("average", 5), ("average", 0), ("bands", 2)):
            f = flow(stft.band_power_vff(2560, **self.made), stream(P.T))
            rows = f.run(pair(command, pmt.from_long(average))).rows
            self.assertEqual(len(rows), -(-P.shape[1] // (5 if average == 5 else 3)), command)
        block = stft.band_power_vff(2560, **self.made)
        block.set_average(7)
        self.assertEqual((block.average(), block.latency()), (7, 0))
        with self.assertRaisesRegex(ValueError, "average: 0: must be 1"):
            block.set_average(0)

    def test_rows_that_are_not_finite_or_silent_have_such_levels(self):
        P = self.rows().T.copy()
        P[3, 50], P[5] = np.nan, 0
        made = dict(bands="10:100,200:300", samp_rate=FS)
        rows = flow(stft.band_power_vff(2560, **made), stream(P)).run().rows
        self.assertEqual(np.argwhere(np.isnan(rows)).tolist(), [[3, 0]])
        self.assertEqual(np.argwhere(rows == 0).tolist(), [[5, 0], [5, 1]])
        decibels = flow(stft.band_power_vff(2560, db=True, **made), stream(P)).run().rows
        self.assertEqual(decibels[5].tolist(), [-np.inf, -np.inf])

    def test_streams_of_no_rows_or_one(self):
        for count in 0, 1:
            f = flow(stft.band_power_vff(2560, **self.made), stream(self.rows().T[:count]))
            self.assertEqual(f.run().rows.shape, (count, 3))


class spectral_kurtosis_vff(unittest.TestCase):
    def test_it_equals_the_array_function_in_pieces_and_on_a_second_run(self):
        for sides, mean in ("onesided", "blocks"), ("onesided", "exponential"), ("twosided", "blocks"):
            x = signal(9000) + (0 if sides == "onesided" else 1j * signal(9000, 2))
            P = stft.spectrogram(x, hop=16, n_fft=65)
            expected = stft.spectral_kurtosis(P, hop=16, n_fft=65, frames=50, mean=mean, sides=sides)
            made = dict(frames=50, mean=mean, sides=sides)
            for pieces in False, True:
                block = stft.spectral_kurtosis_vff(65, 16, **made)
                f = flow(block, stream(P.T), pieces=pieces)
                np.testing.assert_array_equal(f.run().rows, expected.values.T)
                np.testing.assert_allclose(block.threshold(), expected.threshold, rtol=1e-6)
                self.assertEqual(block.independent_frames(), expected.independent_frames)
            cut = flow(stft.spectral_kurtosis_vff(65, 16, **made), stream(P.T[:130])).run()  # within a block
            np.testing.assert_array_equal(cut.again().rows, expected.values.T[: 2 if mean == "blocks" else 130])

    def test_tags_pass_with_the_rate_of_blocks_and_a_reset_forgets(self):
        P = np.random.default_rng(1).exponential(size=(20, 9))
        f = flow(stft.spectral_kurtosis_vff(16, 16, frames=5), stream(P, tag(0, "rx_rate", pmt.from_double(10)),
                 tag(7, "rx_time", at_time(5, 0.5)), tag(3, "packet_len", pmt.from_long(3))))  # fmt: skip
        self.assertEqual(f.run(pair("reset", pmt.PMT_T), pair("other", pmt.PMT_T)).tags, [(0, "rx_rate", 2.0), (1, "rx_time", (5, 0.5))])
        block = stft.spectral_kurtosis_vff(16, 16, frames=5)
        first = flow(block, stream(P[:3])).run()
        block.reset()
        self.assertEqual(len(first.rows), 0)


def levels_of(rows, count=3, seed=2):
    draw = np.random.default_rng(seed)
    levels = draw.uniform(5, 25, (rows, count)).astype(np.float32)
    levels[draw.integers(0, rows, rows // 5), 1] = np.nan
    levels[30:60, -1] = 0
    return levels


def plain(event):
    return {key: None if isinstance(value, float) and np.isnan(value) else value for key, value in event.items()}


class level_alarm(unittest.TestCase):
    made = dict(limits=[10.0, 20.0], t_on=2, t_off=4, rate=2.0)

    def test_it_says_what_the_array_function_returns_in_pieces_and_on_a_second_run(self):
        levels = levels_of(400)
        speed = np.where(np.arange(400) // 10 % 7 == 3, np.nan, 20.0)
        said = []
        for given, needs in (None, True), (speed, True), (speed, False):
            twin = stft.LevelAlarm(3, [10, 20], t_on=2, t_off=4, rate=2.0, names=["a", "b"], source="here")
            expected = twin.push(levels.T, given, needs)
            self.assertGreater(len(expected), 10)
            said.append([{**event, "speed": None} for event in expected])
            for pieces in False, True:
                block = stft.level_alarm(3, names="a,b", source="here", needs_speed=needs, **self.made)
                f = flow(block, stream(levels), *([] if given is None else [stream(given)]), pieces=pieces)
                self.assertEqual(f.run().events, expected)
                np.testing.assert_array_equal(f.rows, twin.zones.T)
                self.assertEqual([block.nearly(i) for i in range(3)], twin.nearly)
                self.assertEqual([block.zone(i) for i in range(3)], twin.zones[:, -1].tolist())
                self.assertEqual(f.again().events, expected)
        self.assertEqual(said[2], said[0])  # a speed that is only reported holds nothing up
        self.assertNotEqual(said[2], said[1])

    def test_a_message_has_these_keys_and_becomes_json(self):
        levels = np.full((10, 1), 11.0)
        block, to_json, lines = stft.level_alarm(1, [10.0], t_on=3), stft.event_to_json(), messages()
        f = flow(block, stream(levels))
        f.graph.msg_connect(block, "events", to_json, "events")
        f.graph.msg_connect(to_json, "pdus", lines, "in")
        f.run()
        (event,) = f.events
        self.assertEqual(set(event), set(KEYS))
        parsed = json.loads(bytes(pmt.to_python(pmt.cdr(lines.got[0]))))
        self.assertEqual(parsed, event)
        self.assertEqual((event["kind"], event["row"], event["duration"], event["time"], event["speed"]), ("raise", 2, 3.0, None, None))

    def test_tags_give_rate_and_time_and_pass(self):
        levels = np.full((40, 1), 11.0)
        tags = [tag(0, "rx_rate", pmt.from_double(2.0)), tag(5, "rx_time", at_time(1000, 0.5)), tag(7, "rx_rate", pmt.intern("x"))]
        f = flow(stft.level_alarm(1, [10.0]), stream(levels, *tags)).run()
        (event,) = f.events
        self.assertEqual((event["row"], event["duration"], event["time"]), (19, 10.0, "1970-01-01T00:16:47.500000000Z"))
        self.assertEqual((event["excess_row"], event["excess_time"]), (0, "1970-01-01T00:16:38.000000000Z"))
        self.assertEqual([t[:2] for t in f.tags], [(0, "rx_rate"), (5, "rx_time"), (7, "rx_rate")])

    def test_rows_that_were_lost_have_no_data(self):
        levels = np.full((60, 1), 2.0)
        told = [tag(0, "rx_rate", pmt.from_double(2)), tag(0, "rx_time", at_time(1000, 0.25))]
        for second, lost in ((1005.25, 0), (1005.45, 0), (1020.25, 30), (1000.25, 0), (1e12 + 0.25, 2 * (10**12 - 1005))):
            later = at_time(int(second), second - int(second))
            f = flow(stft.level_alarm(1, (1.0,), t_on=12, t_off=3), stream(levels, *told, tag(10, "rx_time", later)))
            alarm = stft.LevelAlarm(1, 1.0, t_on=12, t_off=3, rate=2)
            expected = alarm.push(levels[:10].T) + alarm.skip(lost) + alarm.push(levels[10:].T)
            for events in f.run().events, f.again().events:
                self.assertEqual([(e["kind"], e["row"], e["start"]) for e in events],
                                 [(e["kind"], e["row"], e["start"]) for e in expected], second)
            if lost == 30:
                self.assertEqual([(e["kind"], e["time"][14:21]) for e in f.events],
                                 [("no data", "16:47.7"), ("data", "17:00.2"), ("raise", "17:06.7")])

    def test_messages_change_it_and_wrong_ones_are_ignored(self):
        levels = np.full((40, 1), 11.0)
        for command, count in (
            (pair("limits", pmt.init_f64vector(1, [12.0])), 0), (pair("t_on", pmt.from_double(100)), 0),
            (pair("t_on", pmt.from_double(-1)), 1), (pair("limits", pmt.init_f64vector(2, [12.0, 13.0])), 1),
            (pair("rate", pmt.from_double(0.01)), 1), (pair("reset", pmt.PMT_T), 1), (pair("save", pmt.PMT_T), 1),
        ):  # fmt: skip
            self.assertEqual(len(flow(stft.level_alarm(1, [10.0]), stream(levels)).run(command).events), count, command)
        block = stft.level_alarm(2, [10.0])
        block.set_limits([11.0])
        block.change(hysteresis=0.2, t_off=5)
        self.assertEqual((block.limits(), block.hysteresis(), block.t_off(), block.t_on()), ([11.0], 0.2, 5, 10))
        for call in (lambda: block.set_limits([1.0, 2.0]), lambda: block.set_t_on(-1), lambda: block.zone(2), lambda: block.nearly(-1)):
            self.assertRaises(ValueError, call)
        self.assertEqual(block.limits(), [11.0])

    def test_a_restart_goes_on_from_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "state.json")
            levels = levels_of(300)
            expected = flow(stft.level_alarm(3, **self.made), stream(levels)).run()
            events, zones = [], []
            for piece in np.split(levels, [0, 1, 77, 200]):
                f = flow(stft.level_alarm(3, state=path, **self.made), stream(piece)).run()
                events += f.events
                zones.append(f.rows)
            self.assertEqual(events, expected.events)
            np.testing.assert_array_equal(np.concatenate(zones), expected.rows)
            with self.assertRaisesRegex(ValueError, r"state: limits \(10,20 there, 10,21 here\)"):
                stft.level_alarm(3, state=path, **{**self.made, "limits": [10.0, 21.0]})
            stft.level_alarm(3, state=path, source="another", **{**self.made, "limits": [10.0, 21.0]})
            twin = stft.LevelAlarm(3, [10, 20], t_on=2, t_off=4, rate=2.0)
            self.assertFalse(twin.load(path, "nothing"))
            self.assertEqual(twin.rows, 0)
            Path(path).write_text("{")
            with self.assertRaisesRegex(ValueError, "state: line 1: is no JSON"):
                stft.level_alarm(3, state=path, **self.made)

    def test_the_file_is_written_in_between_and_an_array_goes_on_from_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.json"
            block = stft.level_alarm(1, [10.0], t_on=3, state=str(path), save_interval=5, zones=1)
            slow, seen = unequal(np.float32, wait=0.03), watcher(path)
            graph = gr.top_block()
            graph.connect(stream(np.full(12, 11.0)), slow, block, seen)
            graph.run()
            self.assertTrue({5, 10} & set(seen.rows), seen.rows)
            self.assertEqual(json.loads(path.read_text())["sections"]["level_alarm"]["counts"]["rows"], [12])
            twin = stft.LevelAlarm(1, 10, t_on=3)
            self.assertTrue(twin.load(path))
            self.assertEqual((twin.rows, twin.raised), (12, True))

    def test_a_file_that_cannot_be_written_any_more_ends_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state.json"
            f = flow(stft.level_alarm(1, [10.0], t_on=3, state=str(path), save_interval=1), stream(np.full((12, 1), 11.0)))
            (Path(folder) / "state.json.part").mkdir()  # stands in the way
            self.assertEqual((len(f.run().events), len(f.rows)), (1, 12))
            self.assertFalse(path.exists())

    def test_streams_of_no_rows_or_one(self):
        for count in 0, 1:
            f = flow(stft.level_alarm(1, [10.0], t_on=0), stream(np.full((count, 1), 11.0))).run()
            self.assertEqual((len(f.rows), len(f.events)), (count, count))


def machine(rows, seed=1):
    """Speeds that change in stretches, and two levels in dB that depend on them."""
    draw = np.random.default_rng(seed)
    speed = np.repeat(draw.uniform(12, 28, rows // 50 + 1), 50)[:rows]
    levels = np.stack([-20 + 0.5 * speed, -40 - 0.1 * speed], axis=1) + 0.4 * draw.standard_normal((rows, 2))
    return speed.astype(np.float32), levels.astype(np.float32)


class baseline(unittest.TestCase):
    made = dict(f_min=10.0, f_max=30.0, speed_bins=4, learn_time=1500, t_on=10, t_off=20)

    def twin(self, speed, levels):
        base = stft.Baseline(2, (10, 30), **{k: v for k, v in self.made.items() if k not in ("f_min", "f_max")})
        return base, base.update(levels.T, speed)

    def test_it_equals_the_array_class_in_pieces_and_on_a_second_run(self):
        speed, levels = machine(2500)
        levels[2000:2200, 1] += 6
        levels[700:720, 0] = np.nan
        speed[900:910] = np.nan
        base, expected = self.twin(speed, levels)
        self.assertEqual({e["kind"] for e in base.events}, {"learned", "raise", "clear"})
        for pieces in False, True:
            block = stft.baseline(2, **self.made)
            f = flow(block, stream(levels), stream(speed), pieces=pieces).run()
            np.testing.assert_array_equal(f.rows, expected.T)
            self.assertEqual(f.events, base.events)
            self.assertEqual((block.frozen(), block.learned()), (True, 1500))
            np.testing.assert_array_equal(f.again().rows, expected.T)
            self.assertEqual(f.events, base.events)

    def test_a_restart_goes_on_from_the_file_which_others_share(self):
        speed, levels = machine(2500)
        levels[2000:2200, 1] += 6
        base, expected = self.twin(speed, levels)
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "state.json")
            stft.LevelAlarm(1, 10).save(path)
            rows, events = [], []
            for piece in np.split(np.arange(2500), [1, 700, 1900, 2050]):
                f = flow(stft.baseline(2, state=path, **self.made), stream(levels[piece]), stream(speed[piece])).run()
                rows.append(f.rows)
                events += f.events
            np.testing.assert_array_equal(np.concatenate(rows), expected.T)
            self.assertEqual(events, base.events)
            self.assertEqual(set(stft.MonitorState.load(path)), {"level_alarm", "baseline"})
            with self.assertRaisesRegex(ValueError, r"state: f_max \(30 there, 31 here\)"):
                stft.baseline(2, state=path, **{**self.made, "f_max": 31.0})

    def test_nothing_is_learned_while_an_alarm_is_raised_or_it_is_held(self):
        speed, levels = machine(500)
        zones = np.zeros((500, 2), np.float32)
        zones[100:200, 1], zones[300, 0], zones[400, 0] = 2, np.nan, 1
        base = stft.Baseline(2, (10, 30), **{k: v for k, v in self.made.items() if k not in ("f_min", "f_max")})
        expected = [base.update(levels[i], speed[i], alarm=bool((zones[i] != 0).any())) for i in range(500)]
        for pieces in False, True:
            block = stft.baseline(2, **self.made)
            f = flow(block, stream(levels), stream(speed), stream(zones), pieces=pieces).run()
            np.testing.assert_array_equal(f.rows, expected)
            self.assertTrue(300 < block.learned() == base.learned < 400)
        for command, learned in (("hold", pmt.PMT_T), False), (("hold", pmt.PMT_F), True), (("hold", pmt.from_long(2)), True):
            block = stft.baseline(2, **self.made)
            flow(block, stream(levels), stream(speed)).run(pair(*command))
            self.assertEqual(block.learned() > 0, learned)

    def test_commands_and_setters(self):
        speed, levels = machine(500)
        block = stft.baseline(2, **self.made)
        f = flow(block, stream(levels), stream(speed)).run(pair("freeze", pmt.PMT_T), pair("nothing", pmt.PMT_T))
        self.assertEqual([e["kind"] for e in f.events][:2], ["learned", "not learned"])
        self.assertEqual(block.learned(), 0)
        block = stft.baseline(2, **self.made)
        flow(block, stream(levels), stream(speed)).run()
        learned = block.learned()
        block.freeze()
        self.assertTrue(block.frozen() and learned > 400)
        block.relearn()
        self.assertEqual((block.frozen(), block.learned()), (False, 0))
        block.set_threshold(5)
        block.change(floor=1.0, learn_time=10)
        self.assertEqual((block.threshold(), block.floor(), block.learn_time()), (5, 1, 10))
        self.assertRaisesRegex(ValueError, "floor: 0: must", block.set_floor, 0)

    def test_a_row_after_lost_ones_has_no_speed_before_it(self):
        rows, speeds = np.full((40, 1), 60.0), np.full(40, 20.0)
        told = [tag(0, "rx_rate", pmt.from_double(2)), tag(0, "rx_time", at_time(1000, 0.0)), tag(15, "rx_time", at_time(2000, 0.0))]
        block = stft.baseline(1, f_min=10, f_max=30, learn_time=1000)
        flow(block, stream(rows, *told), stream(speeds)).run()
        self.assertEqual(block.learned(), 38)

    def test_a_machine_of_one_speed_needs_no_second_input(self):
        levels = machine(300)[1]
        block = stft.baseline(2, learn_time=200)
        f = flow(block, stream(levels)).run()
        expected = stft.Baseline(2, learn_time=200).update(levels.T)
        np.testing.assert_array_equal(f.rows, expected.T)
        self.assertEqual(stft.baseline(2, **self.made).input_signature().min_streams(), 2)


class hostile(unittest.TestCase):
    keys = "rx_rate rx_time rx_freq packet_len stft_samp_rate stft_win_length stft_hop stft_n_fft stft_window stft_length".split()
    commands = "average limits hysteresis t_on t_off reset save hold freeze relearn threshold floor learn_time at".split()

    def test_random_tags_and_messages_never_stop_a_flowgraph(self):
        levels = levels_of(100, 2)
        P = np.random.default_rng(1).exponential(size=(100, 33)).astype(np.float32)
        for seed in range(FIRST_SEED, FIRST_SEED + RUNS):
            chance = random.Random(seed)
            count = chance.choice([1, 20, 100])
            value = lambda: chance.choice([hostile_value(chance), pmt.from_double(hostile_real(chance)),
                                           at_time(chance.randint(0, 2**64 - 1), chance.uniform(-1, 2))])  # fmt: skip
            tags = [tag(chance.randrange(count), chance.choice(self.keys), value()) for _ in range(chance.randint(1, 12))]
            command = lambda: pmt.cons(pmt.intern(chance.choice(self.commands)), hostile_value(chance))
            sent = [chance.choice([command(), hostile_message(chance)]) for _ in range(chance.choice([0, 1, 2]))]
            kind = chance.randrange(4)
            with self.subTest(seed=seed):
                if kind == 0:
                    f = flow(stft.band_power_vff(64, bands="0:0.3", average=1), stream(P[:count], *tags))
                elif kind == 1:
                    f = flow(stft.spectral_kurtosis_vff(64, 32, frames=2), stream(P[:count], *tags))
                elif kind == 2:
                    f = flow(stft.level_alarm(2, [10.0], t_on=2), stream(levels[:count], *tags))
                else:
                    f = flow(stft.baseline(2, learn_time=50), stream(levels[:count], *tags))
                if kind > 1:
                    f.run(*sent)
                    self.assertEqual(len(f.rows), count)
                else:
                    f.run(*(sent if kind else []))
                    self.assertEqual(len(f.rows), count // (1 + kind) if not sent or not kind else len(f.rows))


if __name__ == "__main__":
    unittest.main()
