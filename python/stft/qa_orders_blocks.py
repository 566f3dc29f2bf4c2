#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks for machines equal the array functions to the bit, in pieces, with tags, and on a second run."""
import itertools
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import at_time, messages, run_again, run_to_end, tag, unequal
from qa_orders import pulses, refusal, run_up, turned

FS = 8192


def seconds_in(value):
    return pmt.to_uint64(pmt.tuple_ref(value, 0)) + pmt.to_double(pmt.tuple_ref(value, 1))


def source(x, *tags):
    make = blocks.vector_source_c if np.iscomplexobj(x) else blocks.vector_source_f
    return make(x.tolist(), False, 1, sorted(tags, key=lambda t: t.offset))


def found(tags, key):
    return [(t.offset, t.value) for t in tags if pmt.symbol_to_string(t.key) == key]


class tacho_pulses_ff(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.speed, cls.angle = turned(run_up, FS, 8)
        cls.y = pulses(cls.angle, cls.speed, FS, lost=[30, 31, 80], bounced=[20, 50]).astype(np.float32)
        cls.settings = dict(f_max=100.0, hop=100)

    def through(self, y, *tags, pieces=None, second=False, **given):
        block = stft.tacho_pulses_ff(samp_rate=FS, **{**self.settings, **given})
        sink, got, graph = blocks.vector_sink_f(), messages(), gr.top_block()
        chain = [source(y, *tags)] + ([unequal(np.float32, pieces=pieces)] if pieces else []) + [block, sink]
        graph.connect(*chain)
        graph.msg_connect(block, "pulses", got, "in")
        run_to_end(graph)
        if second:
            got.got.clear()
            run_again(graph, chain[:1], [sink])
        return np.array(sink.data(), np.float32), got.as_python(), sink.tags()

    def test_speeds_and_messages_are_those_of_the_arrays(self):
        speeds = stft.tacho_speed(self.y, FS, **self.settings)
        pulses = stft.tacho_pulses(self.y, FS, f_max=100)
        for given in ({}, dict(pieces=[1, 2, 3, 17, 1, 250, 64, 5]), dict(pieces=[977]), dict(second=True)):
            got, told, _ = self.through(self.y, **given)
            np.testing.assert_array_equal(got, speeds)
            for key, values in (("time", pulses.times), ("revolutions", pulses.revolutions), ("speed", pulses.speed)):
                np.testing.assert_array_equal([m[key] for m in told], values)
            np.testing.assert_array_equal([m["sample"] + m["fraction"] for m in told], pulses.times * FS)
            self.assertEqual([n for n, m in enumerate(told) if m["start"]], pulses.starts.tolist())

    def test_short_streams_have_a_speed_for_each_hop(self):
        for length in 0, 1, 99, 100, 101, 5000:
            got, _, _ = self.through(self.y[:length])
            np.testing.assert_array_equal(got, stft.tacho_speed(self.y[:length], FS, **self.settings))

    def test_tags_tell_the_grid_and_move_to_the_next_item(self):
        tags = [tag(0, "rx_rate", pmt.from_double(FS)), tag(150, "rx_time", at_time(100, 0.5)),
                tag(200, "mine", pmt.from_long(1)), tag(len(self.y) - 1, "last", pmt.PMT_T)]  # fmt: skip
        got, _, seen = self.through(self.y, *tags)
        for key, value in (("stft_first", 0), ("stft_hop", 100), ("stft_win_length", 1)):
            self.assertEqual([(n, pmt.to_long(v)) for n, v in found(seen, key)], [(0, value)])
        self.assertEqual([(n, pmt.to_double(v)) for n, v in found(seen, "rx_rate")], [(0, FS / 100)])
        ((item, value),) = found(seen, "rx_time")
        self.assertEqual(item, 2)
        self.assertAlmostEqual(seconds_in(value), 100.5 + 50 / FS, 9)
        self.assertEqual([n for n, _ in found(seen, "mine")], [2])
        self.assertEqual([n for n, _ in found(seen, "last")], [len(got) - 1])

    def test_a_rate_at_the_beginning_overrides_the_setting(self):
        got, told, _ = self.through(self.y, tag(0, "rx_rate", pmt.from_double(2 * FS)), f_max=200.0)
        np.testing.assert_array_equal(got, stft.tacho_speed(self.y, 2 * FS, f_max=200, hop=100))
        self.assertEqual(told[-1]["time"], stft.tacho_pulses(self.y, 2 * FS, f_max=200).times[-1])

    def test_another_rate_begins_again_and_the_revolutions_go_on(self):
        at = 30010
        got, told, _ = self.through(self.y, tag(at, "rx_rate", pmt.from_double(2 * FS)), tag(7, "rx_rate", pmt.PMT_NIL))
        self.assertEqual(len(got), -(-len(self.y) // 100))
        before = stft.tacho_speed(self.y[:at], FS, **self.settings)
        np.testing.assert_array_equal(got[: len(before)], before)
        self.assertAlmostEqual(got[400], 2 * self.speed[40000], 1)
        numbers = [m["number"] for m in told]
        self.assertTrue(np.all(np.diff(numbers) > 0))
        (start,) = [n for n, m in enumerate(told) if m["start"] and n]
        self.assertEqual(numbers[start], numbers[start - 1] + 1)
        after = [m["time"] - (m["sample"] + m["fraction"]) / (2 * FS) for m in told[start:]]
        np.testing.assert_allclose(after, at / FS - at / (2 * FS), atol=1e-9)

    def test_settings_change_while_it_runs(self):
        y = self.y + 1  # base 1, top 2
        block = stft.tacho_pulses_ff(FS, **self.settings)
        block.set_levels((1, 2))
        block.set_f_max(50)
        self.assertEqual((list(block.levels()), block.f_max(), block.slew()), ([1, 2], 50, 60))
        sink, graph = blocks.vector_sink_f(), gr.top_block()
        graph.connect(source(y), block, sink)
        run_to_end(graph)
        expected = stft.tacho_speed(y, FS, levels=(1, 2), f_max=50.0, hop=100)
        np.testing.assert_array_equal(sink.data(), expected)
        for command in ("levels", pmt.init_f64vector(2, [1, 2])), ("slew", pmt.from_double(30)), ("hop", pmt.from_long(7)):
            block = stft.tacho_pulses_ff(FS, **self.settings)
            block.to_basic_block()._post(pmt.intern("cmd"), pmt.cons(pmt.intern(command[0]), command[1]))
            sink, graph = blocks.vector_sink_f(), gr.top_block()
            graph.connect(source(y), block, sink)
            run_to_end(graph)
            settings = dict(levels=(1, 2)) if command[0] == "levels" else dict(slew=30) if command[0] == "slew" else {}
            expected = stft.tacho_speed(y, FS, f_max=100.0, hop=100, **settings)
            np.testing.assert_array_equal(sink.data(), expected, command[0])
        for name, value in ("levels", (1, 1)), ("slew", -1), ("f_max", 1e9), ("f_min", 200):
            with self.assertRaises(ValueError):
                getattr(block, "set_" + name)(value)
        self.assertEqual(list(block.levels()), [])

    def test_a_change_in_mid_stream_keeps_the_grid(self):
        block = stft.tacho_pulses_ff(FS, **self.settings)
        changing = unequal(np.float32, pieces=[3000])
        done = []

        def work(input_items, output_items, plain=changing.general_work):
            if changing.nitems_read(0) > len(self.y) // 2 and not done:
                done.append(block.set_slew(40))
            return plain(input_items, output_items)

        changing.general_work = work
        sink, graph = blocks.vector_sink_f(), gr.top_block()
        graph.connect(source(self.y), changing, block, sink)
        run_to_end(graph)
        self.assertEqual(len(done), 1)
        self.assertEqual(len(sink.data()), len(stft.tacho_speed(self.y, FS, **self.settings)))

    def test_settings_that_are_refused(self):
        self.assertIn("f_max: 5000: must be", refusal(stft.tacho_pulses_ff, FS, f_max=5000))
        self.assertIn("levels: (2): must be", refusal(stft.tacho_pulses_ff, FS, levels=[2]))


class angular_resampler(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.speed, cls.angle = turned(run_up, FS, 8)
        cls.speed = cls.speed.astype(np.float32)
        cls.speed[30000:40000] = 0  # a standstill that the speed knows nothing of
        cls.x = np.cos(2 * np.pi * 3 * cls.angle).astype(np.float32)
        cls.hop = 64

    def through(self, x, speeds, *tags, speed_tags=(), pieces=None, slow=None, second=False, make=None, **given):
        make = make or (stft.angular_resampler_cc if np.iscomplexobj(x) else stft.angular_resampler_ff)
        block = make(samp_rate=FS, **{**dict(hop=self.hop, f_min=2.0), **given})
        sink = blocks.vector_sink_c() if np.iscomplexobj(x) else blocks.vector_sink_f()
        graph = gr.top_block()
        ends = [source(x, *tags), source(speeds, *speed_tags)]
        chain = [ends[0], *([unequal(x.dtype.type, pieces=pieces)] if pieces else []), block, sink]  # alive until the end
        graph.connect(*chain)
        last = unequal(np.float32, 1, 1e-3, slow) if slow else ends[1]
        if slow:
            graph.connect(ends[1], last)
        graph.connect(last, (block, 1))
        run_to_end(graph)
        if second:
            run_again(graph, ends, [sink])
        return np.array(sink.data(), x.dtype), sink.tags()

    def expected(self, x, **given):
        return stft.angle_resample(x, FS, self.speed[:: self.hop], 64, hop=self.hop, f_min=2, positions=True, **given)

    def test_samples_and_tags_are_those_of_the_array(self):
        for x in self.x, self.x - 1j * np.roll(self.x, 5).astype(np.complex64):
            expected = self.expected(x)
            for given in ({}, dict(pieces=[1, 5, 1000, 3, 64]), dict(slow=[3, 1, 7]), dict(pieces=[977], slow=[50]), dict(second=True)):
                got, tags = self.through(x, self.speed[:: self.hop], **given)
                np.testing.assert_array_equal(got, expected.samples)
                first = np.flatnonzero(expected.cells == 0)
                turns, times = found(tags, "angle_turn"), found(tags, "angle_time")
                self.assertEqual([n for n, _ in turns], first.tolist())
                self.assertEqual([pmt.to_long(v) for _, v in turns], expected.revolutions[first].tolist())
                self.assertEqual([n for n, _ in times], first.tolist())
                np.testing.assert_array_equal([pmt.to_double(v) for _, v in times], expected.times[first])
                ((at, gap),) = found(tags, "angle_gap")
                self.assertEqual([at], np.flatnonzero(expected.gaps).tolist())
                self.assertAlmostEqual(pmt.to_double(gap), expected.times[at] - expected.times[at - 1], 12)

    def test_tags_of_the_speed_tell_its_samples(self):
        centre = 500 + 31  # of a frame of 63 samples that starts at sample 500
        shifted = self.speed[centre::50]
        told = [tag(0, k, pmt.from_long(v)) for k, v in (("stft_first", 500), ("stft_win_length", 63), ("stft_hop", 50))]
        got, _ = self.through(self.x, shifted, speed_tags=told)
        expected = stft.angle_resample(self.x, FS, shifted, 64, hop=50, first=centre, f_min=2)
        np.testing.assert_array_equal(got, expected)

    def test_a_tacho_gives_the_speed_to_the_sample(self):
        y = pulses(self.angle, turned(run_up, FS, 8)[0], FS).astype(np.float32)
        bell = np.exp(-0.5 * ((self.angle % 1 - 0.25) * 64 / 2.5) ** 2).astype(np.float32)
        tacho, resampler = stft.tacho_pulses_ff(FS, f_max=100.0, hop=50), stft.angular_resampler_ff(FS, hop=7)
        sink, graph = blocks.vector_sink_f(), gr.top_block()
        graph.connect(source(bell), resampler, sink)
        graph.connect(source(y), tacho, (resampler, 1))
        run_to_end(graph)
        got = np.array(sink.data(), np.float32)
        speeds = stft.tacho_speed(y, FS, f_max=100, hop=50)
        np.testing.assert_array_equal(got, stft.angle_resample(bell, FS, speeds, 64, hop=50))
        rows = got[: got.size // 64 * 64].reshape(-1, 64)[3:-3]
        top = np.angle(rows @ np.exp(2j * np.pi * np.arange(64) / 64)) * 64 / (2 * np.pi)
        self.assertLess(np.ptp(top), 0.5)  # cells: the same angle from 15 to 32 Hz

    def test_the_last_speed_holds_and_streams_may_be_short(self):
        for samples, speeds in ((0, 0), (0, 5), (5, 0), (1, 1), (5000, 1), (5000, 7), (100, 500)):
            x, f = self.x[:samples], np.full(speeds, 20, np.float32)
            got, _ = self.through(x, f)
            expected = stft.angle_resample(x, FS, f, 64, hop=self.hop, f_min=2)
            np.testing.assert_array_equal(got, expected)

    def test_rates_times_and_other_tags(self):
        rate = tag(0, "rx_rate", pmt.from_double(2 * FS))
        tags = [rate, tag(3000, "rx_time", at_time(50, 0.25)), tag(3000, "mine", pmt.from_long(3)), tag(10, "packet_len", pmt.from_long(5)),
                tag(35000, "within", pmt.PMT_T), tag(0, "stft_hop", pmt.from_long(9))]  # fmt: skip
        got, seen = self.through(self.x, self.speed[:: self.hop], *tags)
        expected = stft.angle_resample(self.x, 2 * FS, self.speed[:: self.hop], 64, hop=self.hop, f_min=2, positions=True)
        np.testing.assert_array_equal(got, expected.samples)
        item = int(np.searchsorted(expected.times, 3000 / (2 * FS)))
        self.assertEqual([n for n, _ in found(seen, "mine")], [item])
        ((at, value),) = found(seen, "rx_time")
        self.assertEqual(at, item)
        self.assertAlmostEqual(seconds_in(value), 50.25 + expected.times[item] - 3000 / (2 * FS), 9)
        self.assertEqual([n for n, _ in found(seen, "within")], np.flatnonzero(expected.gaps).tolist())
        for key in "rx_rate", "packet_len", "stft_hop":
            self.assertEqual(found(seen, key), [])

    def test_a_later_rate_scales_the_speeds_from_its_sample_on(self):
        change = 20011
        speeds = np.full(len(self.x) // self.hop, 20, np.float32)
        for given in ({}, dict(pieces=[1, 300]), dict(slow=[20])):
            got, seen = self.through(self.x, speeds, tag(change, "rx_rate", pmt.from_double(2 * FS)), **given)
            scaled = np.where(np.arange(len(speeds)) * self.hop < change, 20, 10)
            expected = stft.angle_resample(self.x, FS, scaled, 64, hop=self.hop, f_min=2)
            np.testing.assert_array_equal(got, expected)
            last = pmt.to_double(found(seen, "angle_time")[-1][1])
            self.assertAlmostEqual(last, change / FS + (len(self.x) - change) / (2 * FS), 1)

    def test_speeds_that_go_back_are_ignored(self):
        back = tag(100, "stft_first", pmt.from_long(0))
        got, _ = self.through(self.x[:6000], self.speed[: 150 * self.hop : self.hop], speed_tags=[back])
        expected = stft.angle_resample(self.x[:6000], FS, self.speed[: 100 * self.hop : self.hop], 64, hop=self.hop, f_min=2)
        np.testing.assert_array_equal(got[:500], expected[:500])

    def changed(self, x, request, pieces=None, slow=None):
        """What the block gives after request(block), and its tags; the block."""
        kept = []

        def make(**settings):
            kept.append((stft.angular_resampler_cc if np.iscomplexobj(x) else stft.angular_resampler_ff)(**settings))
            request(kept[0])
            return kept[0]

        got, tags = self.through(x, self.speed[:: self.hop], make=make, pieces=pieces, slow=slow)
        return got, tags, kept[0]

    def test_settings_change_from_a_revolution_on(self):
        for x in self.x, self.x - 1j * np.roll(self.x, 5).astype(np.complex64):
            before, after = self.expected(x), stft.angle_resample(x, FS, self.speed[:: self.hop], 100, hop=self.hop, f_min=2, positions=True)
            for given in ({}, dict(pieces=[1, 5, 1000, 3, 64]), dict(slow=[3, 1, 7])):
                got, tags, block = self.changed(x, lambda b: b.change(samples_per_rev=100, at=20011), **given)
                change = 20011 + block.reach()
                first = next(n for n in np.flatnonzero(after.cells == 0) if after.times[n] * FS >= change)
                turn = after.revolutions[first]
                start = np.flatnonzero((before.revolutions == turn) & (before.cells == 0))[0]
                np.testing.assert_array_equal(got, np.concatenate((before.samples[:start], after.samples[first:])))
                ((at, count),) = found(tags, "angle_samples_per_rev")
                self.assertEqual((at, pmt.to_long(count)), (start, 100))
                self.assertIn((start, turn), [(n, pmt.to_long(v)) for n, v in found(tags, "angle_turn")])
                self.assertEqual((block.samples_per_rev(), block.f_min()), (100, 2))

    def test_setters_and_messages_before_the_start_are_as_arguments(self):
        expected = stft.angle_resample(self.x, FS, self.speed[:: self.hop], 50, hop=self.hop, f_min=3)

        def set_both(block):
            block.set_samples_per_rev(50)
            block.set_f_min(3)

        def post(block):
            command = pmt.dict_add(pmt.dict_add(pmt.make_dict(), pmt.intern("f_min"), pmt.from_double(3)), pmt.intern("samples_per_rev"), pmt.from_long(50))
            block.to_basic_block()._post(pmt.intern("cmd"), command)

        for request in set_both, post:
            got, tags, _ = self.changed(self.x, request)
            np.testing.assert_array_equal(got[-2000:], expected[-2000:])
            if request is set_both:
                np.testing.assert_array_equal(got, expected)
                self.assertEqual(found(tags, "angle_samples_per_rev"), [])
        block = stft.angular_resampler_ff(FS)
        self.assertEqual(block.f_min(), FS / (512 * 64))
        for name, value in ("samples_per_rev", 1), ("f_min", -1), ("f_min", FS):
            with self.assertRaises(ValueError):
                getattr(block, "set_" + name)(value)
        self.assertEqual(block.samples_per_rev(), 64)

    def test_many_changes_while_it_runs_cut_no_revolution(self):
        counts = itertools.cycle([32, 100, 64, 7])
        blocks_made = []
        changing = unequal(np.float32, pieces=[3000])

        def work(input_items, output_items, plain=changing.general_work):
            blocks_made[0].set_samples_per_rev(next(counts))
            return plain(input_items, output_items)

        changing.general_work = work
        block = stft.angular_resampler_ff(FS, hop=self.hop, f_min=2.0)
        blocks_made.append(block)
        sink, graph = blocks.vector_sink_f(), gr.top_block()
        chain = [source(self.x), changing, block, sink]
        graph.connect(*chain)
        speeds = source(self.speed[:: self.hop])
        graph.connect(speeds, (block, 1))
        run_to_end(graph)
        starts = [n for n, _ in found(sink.tags(), "angle_turn")]
        turns = [pmt.to_long(v) for _, v in found(sink.tags(), "angle_turn")]
        told = dict((n, pmt.to_long(v)) for n, v in found(sink.tags(), "angle_samples_per_rev"))
        gaps = [n for n, _ in found(sink.tags(), "angle_gap")]
        self.assertGreater(len(told), 1)
        count = np.diff(starts)
        present = told.get(0, count[0])
        for n, length, more in zip(starts, count, np.diff(turns)):
            present = told.get(n, present)
            if n + length not in gaps:
                self.assertEqual((length, more), (present, 1))

    def test_settings_that_are_refused(self):
        self.assertEqual(refusal(stft.angular_resampler_ff, FS, samples_per_rev=1), "samples_per_rev: 1: must be 2 .. 2^20")
        self.assertIn("f_min: -1: must be", refusal(stft.angular_resampler_cc, FS, f_min=-1))


if __name__ == "__main__":
    unittest.main()
