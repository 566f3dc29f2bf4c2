#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks that follow the speed of a machine: equal to the array functions, in pieces, on a second run, with tags and messages."""
import resource
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import at_time, messages, run_again, tag, unequal

FS = 2048.0
ORDERS = 1, 2, 3, 4
MADE = dict(samp_rate=FS, f_min=6, f_max=60, orders=ORDERS)


def machine(seconds=10.0, noise=0.7, seed=1, speed=lambda t: 14 + 3 * t):
    t = np.arange(int(seconds * FS)) / FS
    turns = np.cumsum(speed(t)) / FS
    x = sum(np.cos(2 * np.pi * k * turns + k * k) / k for k in ORDERS)
    return (x + noise * np.random.default_rng(seed).standard_normal(len(t))).astype(np.float32)


def through(block, x, vlen=1, out=None, tags=(), port=None, pieces=True, runs=1):
    """Items of each run, their tags, and the messages of a port."""
    source = blocks.vector_source_f(np.ravel(x).tolist(), False, vlen, list(tags))
    sink, got, cut = blocks.vector_sink_f(out), messages(), unequal(np.float32, vlen, pieces=[1, 2, 3, 170, 1, 2500, 64, 5])
    tb = gr.top_block()
    tb.connect(*([source, cut] if pieces else [source]), block, sink)
    if port:
        tb.msg_connect(block, port, got, "in")
    all_items = []
    for _ in range(runs):
        run_again(tb, [source], [sink])
        all_items.append(np.array(sink.data(), np.float32).reshape(-1, out))
    if port:
        time.sleep(0.05)
    found = [(t.offset, pmt.symbol_to_string(t.key), pmt.to_python(t.value)) for t in sink.tags()]
    return (all_items[0] if runs == 1 else all_items), found, got.as_python()


def items_of(ridges):
    """What a block gives for these ridges of one track."""
    columns = ridges.frequency, ridges.rate, ridges.confidence, ridges.swap_possible
    return np.column_stack([*columns, ridges.amplitudes]).astype(np.float32)


def of(x, **settings):
    return items_of(stft.track_ridges(x, fs=FS, f_range=(6, 60), orders=ORDERS, **settings))


class qa_speed_blocks(unittest.TestCase):
    def test_samples_to_speed_equal_the_array_function_in_pieces_and_on_a_second_run(self):
        x = machine()
        x[9000] = np.nan
        for settings in dict(), dict(lag=0.0), dict(rates=(0.0,), reject=(50.0,)):
            expected = of(x, **settings)
            for pieces in False, True:
                runs, tags, _ = through(stft.ridge_tracker_fvf(**MADE, **settings), x, out=8, pieces=pieces, runs=2)
                for items in runs:
                    np.testing.assert_array_equal(items, expected)
                hop = [v for o, k, v in tags if k == "stft_hop" and o == 0]
                self.assertEqual(hop, [stft.ridge_tracker_fvf(**MADE, **settings).hop()])

    def test_several_shafts_follow_each_other_in_an_item(self):
        x = machine() + machine(seed=2, speed=lambda t: 50 - 2 * t)
        ridges = stft.track_ridges(x, fs=FS, f_range=(6, 60), orders=ORDERS, tracks=2)
        items, _, _ = through(stft.ridge_tracker_fvf(**MADE, tracks=2), x, out=16)
        np.testing.assert_array_equal(items[:, [0, 8]], ridges.frequency.T.astype(np.float32))
        np.testing.assert_array_equal(items[:, 12:], ridges.amplitudes[1].astype(np.float32))

    def test_warped_rows_equal_the_array_function(self):
        x = machine(4)
        settings = dict(samp_rate=FS, f_top=240.0)
        expected = stft.warped_rows(x, **settings).rows
        block = stft.warped_rows_fvf(**settings)
        length = stft.warped_rows_fvf._length(**settings)
        self.assertEqual(length, 11 * (block.n_fft() // 2 + 1))
        runs, tags, _ = through(block, x, out=length, runs=2)
        for items in runs:
            np.testing.assert_array_equal(items.reshape(expected.shape), expected)
        first = [v for o, k, v in tags if k == "stft_first" and o == 0][0]
        self.assertEqual(first, round(stft.warped_rows(x, **settings).times[0] * FS))

    def test_rows_to_speed_equal_the_array_function(self):
        x = machine()
        made = dict(n_fft=2048, hop=128, win_length=1024, orders=ORDERS)
        P = (np.abs(stft.stft(x, hop=128, n_fft=2048, win_length=1024)) ** 2).T
        P[30, 200] = np.nan
        expected = items_of(stft.track_rows(P, **made, fs=FS, f_range=(6, 60)))
        self.assertEqual(expected[30, 2], 0)
        block = stft.ridge_tracker_vfvf(**made, samp_rate=FS, f_min=6, f_max=60)
        note = tag(40, "note", pmt.intern("here"))
        runs, tags, _ = through(block, P, vlen=1025, out=8, tags=[note], runs=2)
        for items in runs:
            np.testing.assert_array_equal(items, expected)
        self.assertIn((40, "note", "here"), tags)

    def test_messages_of_warped_rows_count_their_samples(self):
        x = machine()
        bank = stft.warped_rows_fvf(samp_rate=FS, f_top=240, rates=(0,))
        rate = bank.bin_width() * bank.n_fft()  # after decimation
        hop = round(bank.hop() * rate / FS)
        made = dict(n_fft=bank.n_fft(), hop=hop, samp_rate=rate, win_length=round(0.5 * rate))
        tracker = stft.ridge_tracker_vfvf(**made, f_min=6, f_max=60, orders=ORDERS, whiten=0)
        source, got = blocks.vector_source_f(x.tolist(), False, 1, [tag(0, "rx_time", at_time(7.5))]), messages()
        tb = gr.top_block()
        tb.connect(source, bank, tracker, blocks.null_sink(8 * gr.sizeof_float))
        tb.msg_connect(tracker, "events", got, "in")
        tb.run()
        time.sleep(0.05)
        first = round(stft.warped_rows(x, fs=FS, f_top=240, rates=(0,)).times[0] * FS)
        (told, *_) = got.as_python()
        self.assertEqual((told["kind"], told["sample"]), ("lock", first))
        self.assertAlmostEqual(float(told["time"][18:-1]), 7.5 + first / FS, 6)

    def test_short_streams_give_nothing(self):
        for count in 0, 1, 700:
            items, _, _ = through(stft.ridge_tracker_fvf(**MADE), np.zeros(count), out=8)
            self.assertEqual(items.shape, (0, 8))

    def test_rx_rate_overrides_the_rate(self):
        x = machine()
        twice = dict(MADE, samp_rate=2 * FS)
        items, tags, _ = through(stft.ridge_tracker_fvf(**twice), x, out=8, tags=[tag(0, "rx_rate", pmt.from_double(FS))])
        np.testing.assert_array_equal(items, of(x))
        hop = stft.ridge_tracker_fvf(**MADE).hop()
        self.assertIn((0, "rx_rate", FS / hop), tags)
        once, again = through(stft.ridge_tracker_fvf(**twice), x, out=8, tags=[tag(0, "rx_rate", pmt.from_double(FS))], runs=2)[0]
        np.testing.assert_array_equal(once, items)
        np.testing.assert_array_equal(again, items)
        bad = [tag(0, "rx_rate", pmt.from_double(1.0))]  # 6 Hz would be above half of it
        items, _, _ = through(stft.ridge_tracker_fvf(**MADE), x, out=8, tags=bad)
        np.testing.assert_array_equal(items, of(x))

    def test_a_new_rate_begins_another_path_at_its_sample(self):
        x, y = machine(5), np.repeat(machine(5), 2)[:20000]
        change = tag(len(x), "rx_rate", pmt.from_double(2 * FS))
        items, tags, _ = through(stft.ridge_tracker_fvf(**MADE), np.concatenate([x, y]), out=8, tags=[change])
        before = of(x)
        np.testing.assert_array_equal(items[: len(before)], before)
        starts = [(o, v) for o, k, v in tags if k == "stft_first"]
        self.assertEqual([o for o, _ in starts], [0, len(before)])
        self.assertGreater(starts[1][1], len(x))
        t = (starts[1][1] - len(x)) / (2 * FS)
        self.assertLess(abs(items[len(before), 0] - (14 + 3 * t)), 0.5)

    def test_items_carry_the_time_of_their_frame(self):
        x = machine(5)
        tags = [tag(100, "rx_time", at_time(1000.25)), tag(5000, "note", pmt.intern("here"))]
        _, found, _ = through(stft.ridge_tracker_fvf(**MADE), x, out=8, tags=tags)
        first = [v for o, k, v in found if k == "stft_first"][0]
        seconds, fraction = [v for o, k, v in found if k == "rx_time" and o == 0][0]
        self.assertAlmostEqual(seconds + fraction, 1000.25 + (first - 100) / FS, 9)
        hop = stft.ridge_tracker_fvf(**MADE).hop()
        self.assertEqual([o for o, k, _ in found if k == "note"], [-(-(5000 - first) // hop)])

    def test_lost_samples_are_held_and_the_clock_goes_on(self):
        x, lost = machine(), 1000
        tracker = stft.RidgeTracker(**{"f_range": (6, 60), "orders": ORDERS, "fs": FS})
        parts = [tracker.push(x[:8000]), tracker.skip(lost), tracker.push(x[8000 + lost :]), tracker.finish()]
        expected = np.concatenate([items_of(p) for p in parts])
        self.assertGreater(np.sum(expected[:, 2] == 0), 5)
        rest = np.concatenate([x[:8000], x[8000 + lost :]])
        jump = [tag(0, "rx_time", at_time(5.0)), tag(8000, "rx_time", at_time(5 + 9000 / FS))]
        count = [tag(8000, "rx_overflow", pmt.from_long(lost))]
        for tags in jump, count:
            items, _, _ = through(stft.ridge_tracker_fvf(**MADE), rest, out=8, tags=tags)
            np.testing.assert_array_equal(items, expected)

    def test_a_long_gap_begins_another_path(self):
        x, y = machine(5), machine(5, seed=2)
        for value, lost in (pmt.from_long(10**6), 10**6), (pmt.PMT_T, 0):
            gap = [tag(len(x), "overflow", value)]
            items, tags, _ = through(stft.ridge_tracker_fvf(**MADE), np.concatenate([x, y]), out=8, tags=gap)
            np.testing.assert_array_equal(items[: len(of(x))], of(x))
            offset, first = [(o, v) for o, k, v in tags if k == "stft_first"][1]
            self.assertEqual(offset, len(of(x)))
            t = (first - len(x) - lost) / FS
            self.assertTrue(0.2 < t < 0.6)
            self.assertLess(abs(items[offset, 0] - (14 + 3 * t)), 0.3)

    def test_a_gap_of_very_many_samples_begins_another_path_at_once(self):
        block = stft.warped_rows_fvf(samp_rate=1e9, f_top=1e5, duration=1e-3, rates=(0.0,))
        tb = gr.top_block()
        source = blocks.vector_source_f([1.0] * 1000, False, 1, [tag(500, "overflow", pmt.from_double(5e9))])
        tb.connect(source, block, blocks.null_sink(block.output_signature().sizeof_stream_item(0)))
        began = time.process_time()
        tb.run()
        self.assertLess(time.process_time() - began, 5)  # 40 if all of the 5 s were held

    def test_messages_report_lock_and_loss(self):
        noise = np.random.default_rng(3).standard_normal(int(6 * FS)).astype(np.float32)
        x = np.concatenate([machine(), noise])
        block = stft.ridge_tracker_fvf(**MADE, source="fan")
        _, _, got = through(block, x, out=8, tags=[tag(0, "rx_time", at_time(0.5))], port="events")
        self.assertEqual([m["kind"] for m in got], ["lock", "loss"])
        keys = {"kind", "track", "time", "sample", "frequency", "rate", "confidence", "source"}
        for message in got:
            self.assertEqual(set(message), keys)
            self.assertEqual(message["source"], "fan")
        self.assertLess(got[0]["sample"] / FS, 1)
        self.assertLess(abs(got[1]["sample"] / FS - 10), 0.5)
        self.assertRegex(got[0]["time"], r"^1970-01-01T00:00:0[01]\.\d+Z$")

    def test_messages_report_that_names_may_have_changed(self):
        x = machine(12, speed=lambda t: 30 + 0 * t) + machine(12, seed=2, speed=lambda t: np.interp(t, [0, 3, 9, 12], [38, 31, 31, 38]))
        block = stft.ridge_tracker_fvf(**MADE, tracks=2)
        items, _, got = through(block, x, out=16, port="events")
        self.assertEqual({m["track"] for m in got if m["kind"] == "swap_possible"}, {0, 1})
        self.assertTrue(items[:, 3].any())

    def test_messages_become_lines_of_json(self):
        to_json, got = stft.event_to_json(), messages()
        source = blocks.vector_source_f(machine(4).tolist())
        tracker = stft.ridge_tracker_fvf(**MADE)
        tb = gr.top_block()
        tb.connect(source, tracker, blocks.null_sink(8 * gr.sizeof_float))
        tb.msg_connect(tracker, "events", to_json, "events")
        tb.msg_connect(to_json, "pdus", got, "in")
        tb.run()
        time.sleep(0.05)
        self.assertIn('"kind":"lock"', bytes(got.as_python()[0][1]).decode().replace(" ", ""))

    def test_setters_and_messages_change_what_is_not_wrong(self):
        block = stft.ridge_tracker_fvf(**MADE)
        block.set_reject((50.0,))
        block.set_f_min(8.0)
        block.change(max_slew=30.0, limit=0.0)
        self.assertEqual((list(block.reject()), block.f_min(), block.max_slew(), block.limit()), ([50.0], 8.0, 30.0, 0.0))
        with self.assertRaisesRegex(ValueError, "^f_min: 1: must be at least 2 / duration"):
            block.set_f_min(1.0)
        with self.assertRaisesRegex(ValueError, "^at: 5: must not be given"):
            block.change(max_slew=20.0, at=5)
        self.assertEqual(block.f_min(), 8.0)
        cmd = pmt.intern("cmd")
        block.to_basic_block()._post(cmd, pmt.cons(pmt.intern("max_slew"), pmt.from_double(25.0)))
        block.to_basic_block()._post(cmd, pmt.cons(pmt.intern("max_slew"), pmt.from_double(-1.0)))
        x = machine(4)
        tb = gr.top_block()
        sink = blocks.vector_sink_f(8)
        tb.connect(blocks.vector_source_f(x.tolist()), block, sink)
        tb.run()
        self.assertEqual(block.max_slew(), 25.0)
        expected = items_of(stft.track_ridges(x, fs=FS, f_range=(8, 60), orders=ORDERS, max_slew=25, limit=0, reject=(50,)))
        items = np.array(sink.data(), np.float32).reshape(-1, 8)
        if len(items) == len(expected):  # the message came before the first sample
            np.testing.assert_array_equal(items, expected)

    def test_a_change_fits_the_rate_of_tags_and_that_of_the_next_run(self):
        given = dict(samp_rate=100.0, f_min=10.0, f_max=60.0)
        of_rows = dict(n_fft=64, hop=16, **given)
        for block, vlen, rate in ((stft.ridge_tracker_fvf(**given), 1, 200.0), (stft.ridge_tracker_vfvf(**of_rows), 33, 200.0 / 16)):
            x = np.abs(np.random.default_rng(1).standard_normal(40000 // vlen * vlen)).astype(np.float32)
            source = blocks.vector_source_f(x.tolist(), False, vlen, [tag(0, "rx_rate", pmt.from_double(rate))])
            sink, tb = blocks.vector_sink_f(5), gr.top_block()
            tb.connect(source, block, sink)
            tb.run()
            with self.subTest(block=block.name()), self.assertRaisesRegex(ValueError, "^orders: .* must be below half the sample rate, 50 Hz"):
                block.set_f_min(55.0)  # 55 of 100 Hz would do
            count = len(sink.data())
            self.assertGreater(count, 0)
            source.rewind()
            tb.run()
            self.assertGreater(len(sink.data()), count)

    def test_speeds_beyond_half_the_rate_cost_nothing(self):
        block = stft.ridge_tracker_vfvf(n_fft=64, hop=16, samp_rate=100.0, f_min=10.0, f_max=70400.0)
        began = time.process_time()
        for n in range(300):
            block.set_max_slew(30.0 + n % 2)
        self.assertLess(time.process_time() - began, 3)

    def test_a_change_lets_the_frames_that_wait_leave(self):
        x = machine(6)

        class changer(gr.sync_block):
            def __init__(self):
                super().__init__("changer", [np.float32], [np.float32])
                self.block = None

            def work(self, input_items, output_items):
                n = len(output_items[0])
                begin = self.nitems_read(0)
                if begin < 7000:
                    n = min(n, 7000 - begin)
                elif self.block and self.block.nitems_read(0) == 7000:
                    self.block.set_max_slew(40.0)
                    self.block = None
                elif self.block:
                    time.sleep(0.001)
                    return 0
                output_items[0][:n] = input_items[0][:n]
                return n

        block, change = stft.ridge_tracker_fvf(**MADE), changer()
        change.block = block
        sink = blocks.vector_sink_f(8)
        tb = gr.top_block()
        tb.connect(blocks.vector_source_f(x.tolist()), change, block, sink)
        tb.run()
        items = np.array(sink.data(), np.float32).reshape(-1, 8)
        before = of(x[:7000])
        np.testing.assert_array_equal(items[: len(before)], before)
        starts = [t.offset for t in sink.tags() if pmt.symbol_to_string(t.key) == "stft_first"]
        self.assertEqual(starts, [0, len(before)])

    def test_learned_weights_can_be_asked_for(self):
        block = stft.ridge_tracker_fvf(samp_rate=FS, f_min=6, f_max=60, orders=np.arange(1, 9) / 2, learn_min=12, learn_max=22)
        through(block, machine(), out=12)
        weights = block.learned()
        self.assertEqual(max(weights), 1)
        self.assertLess(weights[0], 0.5)

    def test_rows_beyond_a_bound_are_refused_before_anything_is_allocated(self):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for message, arguments in (
            ("^duration: 500: must give at most 2\\^25 samples in the frames of all 11 rates$", dict(samp_rate=48000.0, f_top=6000.0)),
            ("^n_fft: 184549420 bytes a spectrum: would need a stream buffer", dict(samp_rate=5000.0, f_top=2000.0)),
        ):
            with self.assertRaisesRegex(ValueError, message):
                stft.warped_rows_fvf(duration=500.0, **arguments)
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 20_000)  # KiB; 5 million points are 120 MiB

    def test_wrong_arguments_are_refused(self):
        for message, change in (
            ("^f_min: 3: must be at least 2 / duration = 4 Hz", dict(f_min=3)),
            ("^samp_rate: missing: must be given", dict(samp_rate=None)),
            (r"^orders: \(1, 500\): order 500 of f_min", dict(orders=(1, 500))),
        ):
            given = {k: v for k, v in dict(MADE, **change).items() if v is not None}
            with self.assertRaisesRegex(ValueError, message):
                stft.ridge_tracker_fvf(**given)
        with self.assertRaisesRegex(ValueError, "^n_fft: 8: must be 16"):
            stft.ridge_tracker_vfvf(n_fft=8, hop=4, samp_rate=100, f_min=30, f_max=40)
        with self.assertRaisesRegex(ValueError, "^rates: "):
            stft.warped_rows_fvf(samp_rate=FS, f_top=100, rates=(5.0,))


if __name__ == "__main__":
    unittest.main()
