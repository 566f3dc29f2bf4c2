#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks that watch a band: messages of events, what tags and messages do to them, and what they are made into.

GR_STFT_HOSTILE=10000 runs 10000 random flowgraphs, GR_STFT_FIRST_SEED=7 begins with another one.
"""
import datetime
import faulthandler
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from pathlib import Path

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import at_time, messages, run_again, run_to_end, tag, unequal
from qa_hostile_tags import hostile_message, hostile_real, hostile_value

RUNS = int(os.environ.get("GR_STFT_HOSTILE", 600)) // 4
FIRST_SEED = int(os.environ.get("GR_STFT_FIRST_SEED", 1))
N_FFT, HOP, RATE = 64, 32, 1e6
MADE = dict(samp_rate=RATE, warm_up=64)
KEYS = ("kind state id time duration sample_start sample_count samp_rate freq_lower freq_upper freq_peak freq_center bandwidth "
        "power_db noise_db snr_db energy_db cells rows cut source n_fft hop").split()  # fmt: skip


def noise(length, seed=3):
    draw = np.random.default_rng(seed)
    return (draw.standard_normal(length) + 1j * draw.standard_normal(length)).astype(np.complex64)


def with_bursts(length, *bursts, seed=3):
    """Noise of power 2, and bursts (start, count, Hz) of 13 dB over it."""
    x = noise(length, seed)
    for start, count, hertz in bursts:
        x[start : start + count] += (6 * np.exp(2j * np.pi * hertz / RATE * np.arange(count))).astype(np.complex64)
    return x


def rows_of(x, tags=()):
    """Rows, and the tags on them."""
    source, sink = blocks.vector_source_c(x.tolist(), False, 1, list(tags)), blocks.vector_sink_f(N_FFT)
    graph = gr.top_block()
    graph.connect(source, stft.spectrogram_cvf(N_FFT, HOP, samp_rate=RATE), sink)
    graph.run()
    return np.reshape(sink.data(), (-1, N_FFT)), sink.tags()


def watch(stream, *between, commands=(), rows=False, **given):
    """What detector_vxm says of a source of samples (rows=False) or rows: dicts in the order of the messages."""
    detector, got = stft.detector_vxm(N_FFT, HOP, **{**MADE, **given}), messages()
    sink = blocks.vector_sink_f(N_FFT)
    graph = gr.top_block()
    front = [] if rows else [stft.spectrogram_cvf(N_FFT, HOP, samp_rate=RATE)]
    graph.connect(stream, *front, *between, detector, sink)
    graph.msg_connect(detector, "events", got, "in")
    for command in commands:
        detector.to_basic_block()._post(pmt.intern("cmd"), command)
    run_to_end(graph)
    watch.rows, watch.tags = np.reshape(sink.data(), (-1, N_FFT)), sink.tags()
    return got.as_python()


def samples(x, *tags):
    return blocks.vector_source_c(x.tolist(), False, 1, sorted(tags, key=lambda t: t.offset))


def items(rows, *tags):
    return blocks.vector_source_f(np.ravel(rows).tolist(), False, N_FFT, sorted(tags, key=lambda t: t.offset))


def ends(events, kind="burst"):
    return [e for e in events if e["state"] == "end" and e["kind"] == kind and e["cut"] != "withdrawn"]


def near(event, start, count, hertz):
    return (abs(event["sample_start"] - start) <= HOP and abs(event["sample_count"] - count) <= 2 * HOP
            and event["freq_lower"] < hertz < event["freq_upper"])  # fmt: skip


class detector_vxm(unittest.TestCase):
    bursts = (6000, 900, 125e3), (9000, 2000, -250e3), (12000, 500, 312.5e3)

    def test_each_burst_is_an_event_with_its_samples_and_frequencies(self):
        events = watch(samples(with_bursts(16000, *self.bursts)))
        found = ends(events)
        self.assertEqual(len(found), 3, events)
        for event, burst in zip(sorted(found, key=lambda e: e["sample_start"]), self.bursts):
            self.assertTrue(near(event, *burst), (event, burst))
            self.assertEqual((event["time"], event["freq_center"], event["source"], event["cut"]), (None,) * 4)
            self.assertEqual((event["samp_rate"], event["n_fft"], event["hop"]), (RATE, N_FFT, HOP))

    def test_rows_and_tags_pass_through(self):
        x = with_bursts(16000, *self.bursts)
        told = tag(40, "rx_freq", pmt.from_double(5e6)), tag(5000, "anything", pmt.intern("else"))
        expected, tags = rows_of(x, told)
        watch(samples(x, *told))
        np.testing.assert_array_equal(watch.rows, expected)
        self.assertEqual(len(watch.rows), 1 + 16000 // HOP)
        seen = [[(t.offset, str(t.key), pmt.write_string(t.value)) for t in each] for each in (tags, watch.tags)]
        self.assertEqual(*map(sorted, seen))

    def test_a_message_has_the_keys_of_the_json_and_integers_reals_names_or_nil(self):
        detector, got = stft.detector_vxm(N_FFT, HOP, **MADE, source="roof"), messages()
        graph = gr.top_block()
        graph.connect(samples(with_bursts(16000, *self.bursts)), stft.spectrogram_cvf(N_FFT, HOP, samp_rate=RATE), detector)
        graph.connect(detector, blocks.null_sink(4 * N_FFT))
        graph.msg_connect(detector, "events", got, "in")
        graph.run()
        for message in got.got:
            self.assertEqual({pmt.symbol_to_string(pmt.car(i)) for i in pairs(message)}, set(KEYS))
            value = {pmt.symbol_to_string(pmt.car(i)): pmt.cdr(i) for i in pairs(message)}
            for key in "id", "n_fft", "hop", "cells", "rows":
                self.assertTrue(pmt.is_uint64(value[key]), key)
            for key in "sample_start", "sample_count":
                self.assertTrue(pmt.is_integer(value[key]), key)
            for key in "freq_lower", "duration", "snr_db", "bandwidth":
                self.assertTrue(pmt.is_real(value[key]), key)
            self.assertEqual(pmt.symbol_to_string(value["source"]), "roof")

    def test_tags_make_time_and_frequencies_absolute(self):
        tags = [tag(0, "rx_rate", pmt.from_double(2e6)), tag(0, "rx_freq", pmt.from_double(433e6))]
        tags.append(tag(0, "rx_time", at_time(1700000000, 0.75)))
        events = ends(watch(samples(with_bursts(16000, *self.bursts), *tags)))
        for event, (start, count, hertz) in zip(sorted(events, key=lambda e: e["sample_start"]), self.bursts):
            self.assertEqual((event["samp_rate"], event["freq_center"]), (2e6, 433e6))
            self.assertTrue(event["freq_lower"] < 433e6 + 2 * hertz < event["freq_upper"], event)
            self.assertAlmostEqual(event["duration"], event["sample_count"] / 2e6, 12)
            moment = datetime.datetime.strptime(event["time"][:-4] + "Z", "%Y-%m-%dT%H:%M:%S.%fZ")
            since = moment.replace(tzinfo=datetime.timezone.utc).timestamp() - 1700000000.75
            self.assertAlmostEqual(since, event["sample_start"] / 2e6, 5)
        self.assertEqual(len(events), 3)

    def test_a_centre_frequency_stands_in_for_a_tag_that_does_not_come(self):
        tuned = tag(0, "rx_freq", pmt.from_double(433e6))
        command = [pmt.cons(pmt.intern(key), pmt.from_double(value)) for key, value in (("center_freq", 2e8), ("min_snr", 1.0))]
        for tags, given, commands, center in (
            ((), dict(center_freq=1e8), (), 1e8), ((tuned,), dict(center_freq=1e8), (), 433e6), ((tuned,), dict(center_freq=433e6), (), 433e6),
            ((), dict(center_freq=1e8), command, 2e8), ((), {}, command[:1], 2e8), ((), dict(center_freq=1e8), command[1:], 1e8),
            ((tuned,), {}, command[1:], 433e6), ((), dict(center_freq=1e8), [pmt.cons(pmt.intern("center_freq"), pmt.from_double(0))], None),
        ):  # fmt: skip
            with self.subTest(given=given, center=center, commands=len(commands)):
                events = watch(samples(with_bursts(16000, *self.bursts), *tags), commands=commands, **given)
                self.assertEqual(sum(e["kind"] == "retune" for e in events), tags != () and given.get("center_freq", center) != center)
                events = sorted(ends(events), key=lambda e: e["sample_start"])
                self.assertEqual([e["freq_center"] for e in events], [center] * 3)
                for event, (_, _, hertz) in zip(events, self.bursts):
                    self.assertTrue(event["freq_lower"] < (center or 0) + hertz < event["freq_upper"], event)

    def test_a_retune_ends_events_is_one_and_moves_the_frequencies(self):
        x = with_bursts(24000, (9000, 3000, 125e3), (20000, 900, 125e3))
        events = watch(samples(x, tag(0, "rx_freq", pmt.from_double(1e8)), tag(10496, "rx_freq", pmt.from_double(2e8)),
                               tag(15000, "rx_freq", pmt.from_double(2e8))))  # fmt: skip
        cut = [e for e in events if e["cut"] == "retune"]
        self.assertEqual(len(cut), 1)
        self.assertEqual(cut[0]["freq_center"], 1e8)
        self.assertTrue(1e8 + 120e3 < cut[0]["freq_peak"] < 1e8 + 130e3)
        retunes = [e for e in events if e["kind"] == "retune"]
        self.assertEqual([e["freq_center"] for e in retunes], [2e8])  # the third tag has nothing new
        self.assertLess(abs(retunes[0]["sample_start"] - 10496), N_FFT)
        last = ends(events)[-1]
        self.assertTrue(near({**last, "freq_lower": last["freq_lower"] - 2e8, "freq_upper": last["freq_upper"] - 2e8},
                             20000, 900, 125e3), last)  # fmt: skip
        self.assertEqual(len({e["id"] for e in events}), len({(e["id"], e["kind"]) for e in events}))

    def test_a_jump_of_rx_time_is_a_gap_and_counts_the_lost_samples(self):
        x = with_bursts(24000, (9000, 3000, 125e3), (20000, 900, 125e3))
        lost = 100 * HOP
        tags = [tag(0, "rx_time", at_time(100, 0.5)), tag(10496, "rx_time", at_time(100, 0.5 + (10496 + lost) / RATE))]
        events = watch(samples(x, *tags))
        self.assertEqual([e["kind"] for e in events if e["cut"] == "gap"], ["burst"])
        (gap,) = ends(events, "gap")
        self.assertEqual(gap["sample_count"], lost)
        self.assertLess(abs(gap["sample_start"] - 10496), N_FFT)
        last = ends(events)[-1]
        self.assertTrue(near(last, 20000 + lost, 900, 125e3), last)
        expected = 100.5 + last["sample_start"] / RATE
        self.assertEqual(last["time"], "1970-01-01T00:01:40.%09dZ" % round((expected - 100) * 1e9))

    def test_rx_time_that_is_where_it_should_be_or_half_a_hop_off_is_no_gap(self):
        x = with_bursts(24000, (9000, 3000, 125e3))
        plain = watch(samples(x))
        for off in 0, 0.4 * HOP / RATE, -0.4 * HOP / RATE:
            tags = [tag(n, "rx_time", at_time(100, 0.25 + n / RATE + off * (n > 0))) for n in (0, 10496, 20000)]
            events = watch(samples(x, *tags))
            self.assertEqual([{**e, "time": None} for e in events], plain)
            self.assertTrue(all(e["time"] for e in events))

    def test_time_that_goes_back_ends_events(self):
        x = with_bursts(24000, (9000, 3000, 125e3), (20000, 900, 125e3))
        tags = [tag(0, "rx_time", at_time(100, 0.5)), tag(10496, "rx_time", at_time(20, 0.0))]
        events = watch(samples(x, *tags))
        self.assertEqual([e["kind"] for e in events if e["cut"] == "gap"], ["burst"])
        last = ends(events)[-1]
        self.assertTrue(near(last, 20000, 900, 125e3), last)
        self.assertEqual(last["time"][:21], "1970-01-01T00:00:20.0")

    def test_an_overflow_tag_ends_events_and_counts_what_it_says_was_lost(self):
        x = with_bursts(24000, (9000, 3000, 125e3), (20000, 900, 125e3))
        for key, value, lost in (("overflow", pmt.from_long(50 * HOP), 50 * HOP), ("rx_overflow", pmt.PMT_T, 0),
                                 ("overflow", pmt.from_long(-5), 0), ("overflow", pmt.from_uint64(50 * HOP), 50 * HOP)):  # fmt: skip
            events = watch(samples(x, tag(10496, key, value)))
            self.assertEqual([e["kind"] for e in events if e["cut"] == "gap"], ["burst"])
            self.assertEqual([e["sample_count"] for e in ends(events, "gap")], [lost] * (lost > 0))
            self.assertTrue(near(ends(events)[-1], 20000 + lost, 900, 125e3))

    def test_what_a_gap_does_to_the_frames_across_it_is_no_event(self):
        x = with_bursts(24000, (11985, 30, 125e3))
        click = lambda events: [e for e in ends(events) if abs(e["sample_start"] - 12000) < 2 * N_FFT]
        self.assertGreater(len(click(watch(samples(x)))), 0)
        self.assertEqual(click(watch(samples(x, tag(12000, "overflow", pmt.from_long(3 * HOP))))), [])

    def test_another_rate_begins_anew_with_other_numbers_of_events(self):
        x = with_bursts(24000, (9000, 3000, 125e3), (20000, 900, 125e3))
        events = watch(samples(x, tag(0, "rx_rate", pmt.from_double(RATE)), tag(10496, "rx_rate", pmt.from_double(RATE / 2))))
        cut = [e for e in events if e["cut"] == "retune"]
        self.assertEqual([e["samp_rate"] for e in cut], [RATE])
        last = ends(events)[-1]
        self.assertEqual(last["samp_rate"], RATE / 2)
        self.assertTrue(near(last, 20000, 900, 62.5e3), last)
        before, after = ({e["id"] for e in events if e["samp_rate"] == rate} for rate in (RATE, RATE / 2))
        self.assertEqual(before & after, set())

    def test_rows_of_a_block_that_was_not_told_the_rate_are_warned_of(self):
        text = (
            "from gnuradio import blocks, gr, stft; top = gr.top_block();"
            "top.connect(blocks.null_source(8), blocks.head(8, 2000), stft.spectrogram_cvf(64, 32, {}), stft.detector_vxm(64, 32, samp_rate=48e3), blocks.null_sink(256));"
            "top.run()"
        )
        for given, warned in ("", True), ("samp_rate=48e3", False):
            environment = {**os.environ, "GR_CONF_LOG_LOG_FILE": "stderr", "GR_CONF_LOG_LOG_LEVEL": "warn"}
            done = subprocess.run([sys.executable, "-c", text.format(given)], env=environment, capture_output=True, text=True, check=True)
            self.assertEqual("samp_rate: 48000: the rows come with stft_samp_rate 1" in done.stderr, warned, done.stderr)

    def test_another_hop_begins_anew(self):
        x = with_bursts(30000, (9000, 3000, 125e3), (24000, 900, 125e3))
        detector, got, front = stft.detector_vxm(N_FFT, HOP, **MADE), messages(), stft.spectrogram_cvf(N_FFT, HOP, samp_rate=RATE)
        front.change(hop=48, at=10496)
        graph = gr.top_block()
        graph.connect(samples(x), front, detector, blocks.null_sink(4 * N_FFT))
        graph.msg_connect(detector, "events", got, "in")
        graph.run()
        events = got.as_python()
        self.assertEqual([(e["kind"], e["hop"]) for e in events if e["cut"] == "retune"], [("burst", HOP)])
        last = ends(events)[-1]
        self.assertEqual(last["hop"], 48)
        self.assertLess(abs(last["sample_start"] - 24000), 48)

    def test_rows_that_are_not_finite_or_zero_hold_nothing(self):
        rows, _ = rows_of(with_bursts(24000, (9000, 900, 125e3), (20000, 900, 125e3)))
        expected = watch(items(rows), rows=True)
        for bad in np.nan, np.inf, 0, -1:
            spoiled = rows.copy()
            spoiled[400] = bad
            spoiled[401, 3] = bad if bad else spoiled[401, 3]
            events = watch(items(spoiled), rows=True)
            self.assertEqual(len(ends(events)), 2, bad)
            for event, other in zip(ends(events), ends(expected)):
                self.assertLessEqual(abs(event["sample_start"] - other["sample_start"]), 2)
        self.assertEqual(watch(items(np.full_like(rows, np.nan)), rows=True), [])

    def test_splits_tags_included_and_slow_readers_change_no_message(self):
        x = with_bursts(24000, (9000, 3000, 125e3), (20000, 900, 125e3))
        tags = [tag(0, "rx_time", at_time(100, 0.5)), tag(10496, "rx_time", at_time(100, 0.6)),
                tag(7000, "rx_freq", pmt.from_double(1e6)), tag(15000, "rx_freq", pmt.from_double(2e6))]  # fmt: skip
        expected = watch(samples(x, *tags))
        self.assertGreater(len(expected), 4)
        self.assertEqual(watch(samples(x, *tags), unequal(np.float32, N_FFT)), expected)
        self.assertEqual(watch(samples(x, *tags), unequal(np.float32, N_FFT, 1e-3)), expected)

    def test_changes_end_events_and_apply_to_what_follows(self):
        self.assertEqual(len(ends(watch(samples(with_bursts(16000, *self.bursts)), ignore="100e3:150e3"))), 2)
        for command in (dict(ignore="100e3:150e3"), dict(min_duration=0.8e-3), dict(min_snr=40.0)):
            ((key, value),) = command.items()
            message = pmt.cons(pmt.intern(key), pmt.to_pmt(value))
            found = len(ends(watch(samples(with_bursts(16000, *self.bursts)), commands=[message])))
            self.assertEqual(found, dict(ignore=2, min_duration=2, min_snr=0)[key], key)
        block = stft.detector_vxm(N_FFT, HOP)
        with self.assertRaisesRegex(ValueError, "^min_snr: 1000: must be"):
            block.set_min_snr(1000.0)
        with self.assertRaisesRegex(ValueError, "^at: 5: must not be given"):
            block.change(min_snr=3.0, at=5)
        self.assertEqual(block.min_snr(), 0)

    def test_the_newest_of_changes_applies_to_the_next_row_or_the_next_stream(self):
        block = stft.detector_vxm(N_FFT, HOP, **MADE)
        block.set_min_snr(40.0)
        block.set_min_snr(0.0)
        block.set_ignore("100e3:150e3")
        got, graph = messages(), gr.top_block()
        graph.connect(samples(with_bursts(16000, *self.bursts)), stft.spectrogram_cvf(N_FFT, HOP, samp_rate=RATE), block, blocks.null_sink(4 * N_FFT))
        graph.msg_connect(block, "events", got, "in")
        graph.run()
        self.assertEqual(len(ends(got.as_python())), 2)
        self.assertEqual((block.min_snr(), block.ignore()), (0.0, "100e3:150e3"))

    def test_what_it_cannot_be_made_of_is_refused_by_name(self):
        for given, said in (
            (dict(n_fft=8), "n_fft: 8: "), (dict(hop=0), "hop: 0: "), (dict(false_alarms=0.0), "false_alarms: 0: "),
            (dict(samp_rate=0.0), "samp_rate: 0: "), (dict(sides="left"), "sides: "), (dict(ignore="2:1"), "ignore: "),
            (dict(n_fft=2**19, hop=1, win_length=2**19), "hop: 1: must be longer"), (dict(n_fft=2**21), "n_fft: 2097152: must be less: "), (dict(scales="3x1"), "scales: "),
            (dict(placement="x"), "placement: "), (dict(window="x"), "window: "), (dict(center_freq=float("nan")), "center_freq: nan: "),
        ):  # fmt: skip
            with self.subTest(**given), self.assertRaisesRegex(ValueError, "^" + said):
                stft.detector_vxm(**{**dict(n_fft=N_FFT, hop=HOP), **given})


def pairs(message):
    while pmt.is_pair(message):
        yield pmt.car(message)
        message = pmt.cdr(message)


def lines_of(*sent):
    """What event_to_json makes of messages."""
    block, got = stft.event_to_json(), messages()
    graph = gr.top_block()
    graph.msg_connect(block, "pdus", got, "in")
    for message in sent:
        block.to_basic_block()._post(pmt.intern("events"), message)
    graph.start()
    faulthandler.dump_traceback_later(60, exit=True)
    last = pmt.dict_add(pmt.make_dict(), pmt.intern("last"), pmt.from_long(1))
    block.to_basic_block()._post(pmt.intern("events"), last)
    while not (got.got and bytes(pmt.to_python(got.got[-1])[1]) == b'{"last":1}\n'):
        time.sleep(0.01)
    faulthandler.cancel_dump_traceback_later()
    graph.stop()
    graph.wait()
    return [bytes(pmt.to_python(pdu)[1]).decode() for pdu in got.got[:-1]]


class event_to_json(unittest.TestCase):
    def test_a_line_is_the_message_in_the_order_of_the_keys(self):
        events = watch(samples(with_bursts(16000, *detector_vxm.bursts)), source='ro"of')
        lines = lines_of(*[pmt.to_pmt(e) for e in events])
        self.assertEqual(len(lines), len(events))
        for line, event in zip(lines, events):
            self.assertTrue(line.endswith("}\n"))
            self.assertEqual(list(json.loads(line)), KEYS)
            self.assertEqual(json.loads(line), event)

    def test_other_keys_follow_sorted(self):
        message = pmt.make_dict()
        for key, value in ("zeta", pmt.from_double(np.inf)), ("alpha", pmt.PMT_T), ("kind", pmt.intern("a\n")), ("id", pmt.from_long(-3)):
            message = pmt.dict_add(message, pmt.intern(key), value)
        self.assertEqual(lines_of(message), ['{"kind":"a\\u000a","id":-3,"alpha":1,"zeta":null}\n'])

    def test_what_is_no_dict_of_values_is_ignored(self):
        of_tuple = pmt.dict_add(pmt.make_dict(), pmt.intern("kind"), pmt.make_tuple(pmt.PMT_T))
        of_number = pmt.dict_add(pmt.make_dict(), pmt.from_long(3), pmt.from_long(4))
        improper = pmt.cons(pmt.cons(pmt.intern("kind"), pmt.PMT_T), pmt.from_long(4))
        pair = pmt.cons(pmt.intern("kind"), pmt.from_long(4))
        self.assertEqual(lines_of(of_tuple, of_number, improper, pair, pmt.PMT_NIL, pmt.from_long(1), pmt.make_dict()), [])


def written(path, *sent, **given):
    """The file that sigmf_annotation_sink makes of messages, and the block."""
    sink, detector = stft.sigmf_annotation_sink(str(path), **given), stft.detector_vxm(N_FFT, HOP)
    graph = gr.top_block()
    graph.connect(items(np.ones((1, N_FFT))), detector, blocks.null_sink(4 * N_FFT))
    graph.msg_connect(detector, "events", sink, "events")
    for message in sent:
        sink.to_basic_block()._post(pmt.intern("events"), message)
    run_to_end(graph)
    return (json.loads(path.read_text()) if path.exists() else None), sink


def report(**changed):
    """A message of detector_vxm."""
    values = dict(
        kind="burst", state="end", id=1, time="2026-11-29T03:15:00.500000000Z", duration=0.25, sample_start=1000, sample_count=250,
        samp_rate=1000.0, freq_lower=99.5, freq_upper=110.25, freq_peak=100.0, freq_center=90.0, bandwidth=10.75, power_db=-20.5,
        noise_db=-70.0, snr_db=12.34, energy_db=30.0, cells=9, rows=4, cut=None, source=None, n_fft=64, hop=32)  # fmt: skip
    message = pmt.make_dict()
    for key, value in {**values, **changed}.items():
        message = pmt.dict_add(message, pmt.intern(key), pmt.PMT_NIL if value is None else pmt.to_pmt(value))
    return message


class sigmf_annotation_sink(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "band.sigmf-meta"

    def test_an_event_that_has_ended_is_an_annotation(self):
        file, _ = written(self.path, report(), datatype="ci16_le", description='a "roof"')
        self.assertEqual(file["global"], {
            "core:datatype": "ci16_le", "core:version": "1.2.0", "core:sample_rate": 1000, "core:description": 'a "roof"',
            "core:recorder": "gr_stft", "core:metadata_only": True,
            "core:extensions": [{"name": "stft", "version": "1.0.0", "optional": True}]})  # fmt: skip
        (annotation,) = file["annotations"]
        self.assertEqual(str(uuid.UUID(annotation.pop("core:uuid"))).count("-"), 4)
        self.assertEqual(annotation, {
            "core:sample_start": 1000, "core:sample_count": 250, "core:freq_lower_edge": 99.5, "core:freq_upper_edge": 110.25,
            "core:label": "burst", "core:generator": "gr_stft", "core:comment": "12.3 dB", "stft:snr_db": 12.34,
            "stft:power_db": -20.5, "stft:kind": "burst", "stft:cut": None})  # fmt: skip
        # sample 1000 of 1000 a second is at 03:15:00.5
        self.assertEqual(file["captures"], [
            {"core:sample_start": 0, "core:frequency": 90, "core:datetime": "2026-11-29T03:14:59.500000000Z"}])  # fmt: skip

    def test_annotations_are_sorted_and_what_has_not_ended_or_is_withdrawn_is_none(self):
        sent = [report(sample_start=start, id=start + 7) for start in (500, 20, 900, 20, -7)]
        sent += [report(state="begin"), report(state="update"), report(cut="withdrawn"), report(cut="stop", sample_start=600)]
        file, sink = written(self.path, *sent)
        self.assertEqual([a["core:sample_start"] for a in file["annotations"]], [0, 20, 20, 500, 600, 900])
        self.assertEqual([a["core:sample_count"] for a in file["annotations"]], [243] + 5 * [250])
        self.assertEqual([a["stft:cut"] for a in file["annotations"]], 4 * [None] + ["stop", None])
        self.assertEqual(sink.count(), 6)

    def test_a_retune_and_a_gap_begin_captures(self):
        file, _ = written(
            self.path, report(freq_center=None), report(kind="retune", sample_start=3000, sample_count=0, freq_center=500.0),
            report(kind="gap", sample_start=5000, sample_count=400, freq_center=500.0, time="2026-11-29T04:00:00.000000000Z"))
        self.assertEqual(len(file["annotations"]), 1)
        self.assertEqual(file["captures"], [
            {"core:sample_start": 0, "core:datetime": "2026-11-29T03:14:59.500000000Z"},
            {"core:sample_start": 3000, "core:frequency": 500, "core:datetime": "2026-11-29T03:15:00.500000000Z"},
            {"core:sample_start": 5400, "core:frequency": 500, "core:datetime": "2026-11-29T04:00:00.400000000Z"}])  # fmt: skip

    def test_more_events_than_most_and_those_of_another_rate_are_left_out(self):
        file, sink = written(self.path, *[report(sample_start=n) for n in range(5)], report(samp_rate=2000.0), most=3)
        self.assertEqual(([a["core:sample_start"] for a in file["annotations"]], sink.left_out()), ([0, 1, 2], 3))

    def test_the_file_is_there_from_the_beginning_and_after_as_many_annotations_as_flush_every(self):
        sink = stft.sigmf_annotation_sink(str(self.path)[: -len(".sigmf-meta")], flush_every=2)
        self.assertEqual(json.loads(self.path.read_text())["annotations"], [])
        self.assertEqual([p.name for p in self.path.parent.iterdir()], [self.path.name])
        before = self.path.parent / "before"
        os.link(self.path, before)
        graph = gr.top_block()
        graph.msg_connect(stft.event_to_json(), "pdus", sink, "events")
        graph.start()
        for n, wanted in enumerate((0, 2, 2, 4)):
            sink.to_basic_block()._post(pmt.intern("events"), report(sample_start=n))
            deadline = time.monotonic() + 20
            while sink.count() <= n and time.monotonic() < deadline:
                time.sleep(0.005)
            self.assertEqual(len(json.loads(self.path.read_text())["annotations"]), wanted)
        graph.stop()
        graph.wait()
        self.assertEqual(len(json.loads(self.path.read_text())["annotations"]), 4)
        self.assertEqual(json.loads(before.read_text())["annotations"], [])  # it was replaced, never written over

    def test_a_folder_that_cannot_be_written_is_refused_and_later_errors_stop_nothing(self):
        with self.assertRaisesRegex(RuntimeError, "^path: .*/none/x.sigmf-meta: cannot be written: No such file"):
            stft.sigmf_annotation_sink(str(self.path.parent / "none" / "x"))
        for given, said in (dict(path=""), "path: "), (dict(path="out/"), "path: "), (dict(flush_every=0), "flush_every: 0: "):
            with self.assertRaisesRegex(ValueError, "^" + said):
                stft.sigmf_annotation_sink(**{**dict(path=str(self.path)), **given})
        folder = self.path.parent / "gone"
        folder.mkdir()
        sink = stft.sigmf_annotation_sink(str(folder / "x"), flush_every=1)
        shutil.rmtree(folder)
        graph = gr.top_block()
        graph.msg_connect(stft.event_to_json(), "pdus", sink, "events")
        graph.start()
        for n in range(3):
            sink.to_basic_block()._post(pmt.intern("events"), report(sample_start=n))
        deadline = time.monotonic() + 20
        while sink.count() < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        graph.stop()
        graph.wait()
        self.assertEqual(sink.count(), 3)

    def test_a_flowgraph_s_last_messages_are_in_the_file_and_a_second_run_begins_anew(self):
        sink, detector = stft.sigmf_annotation_sink(str(self.path)), stft.detector_vxm(N_FFT, HOP, **MADE)
        source = samples(with_bursts(16000, *globals()["detector_vxm"].bursts, (15500, 500, 125e3)))
        graph = gr.top_block()
        graph.connect(source, stft.spectrogram_cvf(N_FFT, HOP, samp_rate=RATE), detector, blocks.null_sink(4 * N_FFT))
        graph.msg_connect(detector, "events", sink, "events")
        for _ in range(2):
            run_again(graph, [source], [])
            annotations = json.loads(self.path.read_text())["annotations"]
            self.assertEqual(len(annotations), 4)
            self.assertEqual(annotations[-1]["stft:cut"], "stop")

    def test_what_is_no_report_is_ignored(self):
        chance = random.Random(FIRST_SEED)
        sent = [hostile_value(chance) for _ in range(100)] + [report(kind="x"), report(id="y"), report(samp_rate=-1.0),
                report(samp_rate=None), report(time="2026-99-99T00:00:00.000000000Z"), report(sample_start=2**63 - 1)]  # fmt: skip
        for _ in range(300):
            sent.append(pmt.dict_add(report(), pmt.intern(chance.choice(KEYS)), hostile_value(chance)))
        file, _ = written(self.path, report(), *sent, report(sample_start=77))
        self.assertIn(77, [a["core:sample_start"] for a in file["annotations"]])


class hostile(unittest.TestCase):
    keys = ("rx_rate rx_time rx_freq overflow rx_overflow stft_first stft_hop stft_n_fft stft_win_length stft_window "
            "stft_samp_rate stft_length packet_len").split()  # fmt: skip
    commands = "false_alarms min_snr dynamic_range min_duration min_bandwidth ignore reset hop at".split()

    def test_random_tags_and_messages_never_stop_a_flowgraph_or_change_a_row(self):
        rows = np.abs(noise(1000 * N_FFT, 5).reshape(-1, N_FFT)) ** 2
        rows[300:320, 20] += 100
        for seed in range(FIRST_SEED, FIRST_SEED + RUNS):
            chance = random.Random(seed)
            count = chance.choice([1, 20, 100, 1000])
            value = lambda: chance.choice([hostile_value(chance), pmt.from_double(hostile_real(chance)),
                                           at_time(chance.randint(0, 2**64 - 1), chance.uniform(-1, 2))])  # fmt: skip
            tags = [tag(chance.randrange(count), chance.choice(self.keys), value()) for _ in range(chance.randint(1, 12))]
            command = lambda: pmt.cons(pmt.intern(chance.choice(self.commands)), hostile_value(chance))
            commands = [chance.choice([command(), hostile_message(chance)]) for _ in range(chance.choice([0, 0, 2]))]
            with self.subTest(seed=seed):
                watch(items(rows[:count], *tags), commands=commands, rows=True)
                np.testing.assert_array_equal(watch.rows, rows[:count])

    def test_random_messages_never_stop_event_to_json(self):
        chance = random.Random(FIRST_SEED)
        sent = [hostile_value(chance) for _ in range(300)]
        for _ in range(300):
            message = pmt.make_dict()
            for _ in range(chance.randint(1, 4)):
                message = pmt.dict_add(message, pmt.intern(chance.choice(KEYS)), hostile_value(chance))
            sent.append(message)
        lines = lines_of(*sent)
        self.assertGreater(len(lines), 10)
        for line in lines:
            json.loads(line, parse_constant=self.fail)


if __name__ == "__main__":
    unittest.main()
