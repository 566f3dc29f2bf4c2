#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks in which a watched band ends: samples of events, and files of rows.

GR_STFT_HOSTILE=10000 runs 10000 random flowgraphs, GR_STFT_FIRST_SEED=7 begins with another one.
"""
import datetime
import faulthandler
import json
import os
import random
import tempfile
import threading
import time
import unittest
from pathlib import Path

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import at_time, messages, run_to_end, tag, unequal
from qa_hostile_tags import hostile_message, hostile_value
from qa_monitor_blocks import FIRST_SEED, HOP, MADE, N_FFT, RATE, report, samples, with_bursts

RUNS = int(os.environ.get("GR_STFT_HOSTILE", 600)) // 10
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def clips_in(got):
    """(meta, samples) of PDUs."""
    return [(pmt.to_python(pmt.car(m)), np.array(pmt.c32vector_elements(pmt.cdr(m)), np.complex64)) for m in got.got]


def cut(source, *before_cutter, **given):
    """The clips of the events that detector_vxm finds in a source of samples."""
    detector, cutter, got = stft.detector_vxm(N_FFT, HOP, **MADE), stft.event_cutter(hop=HOP, **given), messages()
    graph = gr.top_block()
    graph.connect(source, stft.spectrogram_cvf(N_FFT, HOP, samp_rate=RATE), detector, blocks.null_sink(4 * N_FFT))
    graph.connect(source, *before_cutter, cutter)
    graph.msg_connect(detector, "events", cutter, "events")
    graph.msg_connect(cutter, "clips", got, "in")
    run_to_end(graph)
    return clips_in(got), cutter


class event_cutter(unittest.TestCase):
    bursts = (6000, 900, 125e3), (9000, 2000, -250e3), (15300, 700, 312.5e3)

    def test_clips_are_those_of_the_array_function(self):
        x = with_bursts(16000, *self.bursts)
        for given in dict(), dict(pre=200, post=3000), dict(shift=True), dict(shift=True, pre=100, post=50):
            clips, cutter = cut(samples(x), samp_rate=RATE, **given)
            self.assertEqual(cutter.count(), len(clips))
            events = [{**meta, "freq_center": None} for meta, _ in clips]
            self.assertGreaterEqual(len(clips), 3)
            for (meta, got), clip in zip(clips, stft.cut_events(x, events, RATE, **given)):
                np.testing.assert_array_equal(got, clip.samples)
                self.assertEqual(meta["clip_sample_start"], clip.sample_start)
                self.assertEqual(meta["clip_samp_rate"], clip.samp_rate)
                self.assertEqual(meta["clip_missing"], clip.missing)
                self.assertEqual(meta["clip_freq_center"], clip.freq_center or 0)
            # the last one is reported after the stream's end
            self.assertGreater(max(m["sample_start"] + m["sample_count"] for m, _ in clips), 15900)

    def test_any_split_and_a_second_run_give_the_same(self):
        x = with_bursts(16000, *self.bursts)
        wanted, _ = cut(samples(x), samp_rate=RATE, pre=50)
        again, _ = cut(samples(x), unequal(np.complex64), samp_rate=RATE, pre=50)
        key = lambda clip: (clip[0]["sample_start"], clip[0]["freq_lower"])
        for (one, some), (other, same) in zip(sorted(wanted, key=key), sorted(again, key=key)):
            self.assertEqual(one, other)
            np.testing.assert_array_equal(some, same)
        self.assertEqual(len(wanted), len(again))

    def test_samples_are_counted_over_gaps_as_the_detector_counts_them(self):
        x = with_bursts(16000, *self.bursts)
        for lost in 12345, 12352, 16 * HOP, HOP // 2 - 1:
            gap = [tag(8000, "rx_overflow", pmt.from_uint64(lost))]
            clips, _ = cut(samples(x, *gap), samp_rate=RATE)
            counted = round(lost / HOP) * HOP
            late = [(m, s) for m, s in clips if 100e3 > m["freq_lower"] < -200e3]
            self.assertEqual(len(late), 1)
            (meta, got), = late
            start = meta["sample_start"] - counted
            self.assertLess(abs(start - 9000), HOP)
            np.testing.assert_array_equal(got, x[start : start + meta["sample_count"]])

    def test_a_jump_of_the_clock_is_a_gap_of_as_many_samples(self):
        x = with_bursts(16000, *self.bursts)
        clock = [tag(0, "rx_rate", pmt.from_double(RATE)), tag(0, "rx_time", at_time(100, 0.0)),
                 tag(8000, "rx_time", at_time(100, (8000 + 20000) / RATE))]
        clips, _ = cut(samples(x, *clock))
        (meta, got), = [(m, s) for m, s in clips if m["freq_lower"] < -200e3]
        start = meta["sample_start"] - 20000
        self.assertLess(abs(start - 9000), HOP)
        np.testing.assert_array_equal(got, x[start : start + meta["sample_count"]])
        self.assertEqual(meta["time"][:21], "1970-01-01T00:01:40.0")

    def posted(self, *sent, length=5000, **given):
        """Clips of a ramp, for messages that come before the samples; a detector that finds nothing ends the wait for more."""
        cutter, got, detector = stft.event_cutter(hop=HOP, **given), messages(), stft.detector_vxm(N_FFT, HOP)
        graph = gr.top_block()
        graph.connect(blocks.vector_source_c(np.arange(length).tolist()), cutter)
        graph.connect(rows_source(np.ones((1, N_FFT))), detector, blocks.null_sink(4 * N_FFT))
        graph.msg_connect(detector, "events", cutter, "events")
        graph.msg_connect(cutter, "clips", got, "in")
        for message in sent:
            cutter.to_basic_block()._post(pmt.intern("events"), message)
        run_to_end(graph)
        return clips_in(got)

    def test_an_event_that_lasts_has_a_clip_from_its_beginning(self):
        begin, end = report(state="begin", sample_count=5), report(sample_count=3000)
        update = report(state="update", sample_count=50)
        (meta, got), = self.posted(begin, update, max_clip=400)
        np.testing.assert_array_equal(got, np.arange(1000, 1400))
        self.assertEqual(meta["state"], "begin")
        (meta, got), = self.posted(begin, update, end, max_clip=4000)
        np.testing.assert_array_equal(got, np.arange(1000, 4000))
        self.assertEqual(meta["state"], "end")
        self.assertEqual(self.posted(begin, report(cut="withdrawn"), update), [])
        self.assertEqual(self.posted(report(kind="gap"), report(kind="retune")), [])
        # two that begin with the same id are one event, a burst that has become a carrier
        self.assertEqual(len(self.posted(begin, report(state="begin", kind="carrier"), max_clip=10)), 1)

    def test_messages_that_are_no_reports_do_not_keep_the_flowgraph_from_its_end(self):
        cutter, graph, over = stft.event_cutter(hop=HOP), gr.top_block(), threading.Event()
        graph.connect(blocks.vector_source_c([1.0] * 100), cutter)

        def send():
            while not over.wait(0.1):
                cutter.to_basic_block()._post(pmt.intern("events"), pmt.PMT_T)

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        run_to_end(graph)  # it waits for two seconds
        over.set()
        sender.join()

    def test_short_streams_and_events_outside_of_them(self):
        for length in 1, 2, 999, 1001:
            (meta, got), = self.posted(report(), length=length)
            self.assertEqual(meta["clip_missing"] + len(got), 250)
            np.testing.assert_array_equal(got, np.arange(1000, max(1000, min(length, 1250))))

    def test_bad_settings_are_refused_by_name(self):
        for name, value in (("samp_rate", 0), ("pre", -1), ("post", 2**41), ("max_clip", 0), ("history", 2**29), ("hop", 0)):
            with self.assertRaisesRegex(ValueError, f"^{name}: "):
                stft.event_cutter(**{"hop": 1, name: value})

    def test_hostile_messages_and_tags_end_no_flowgraph(self):
        for seed in range(FIRST_SEED, FIRST_SEED + RUNS):
            draw = random.Random(seed)
            length = draw.choice([1, 5, 300, 3000])
            keys = "rx_rate rx_time overflow rx_overflow rx_freq stft_hop".split()
            tags = [tag(draw.randrange(length), draw.choice(keys), hostile_value(draw)) for _ in range(draw.randrange(6))]
            cutter = stft.event_cutter(hop=HOP, shift=draw.random() < 0.5, max_clip=draw.choice([1, 100, 4000]), history=draw.choice([0, 10, 4000]))
            graph = gr.top_block()
            graph.connect(samples(np.ones(length), *tags), cutter)
            for _ in range(draw.randrange(6)):
                sent = report(**{draw.choice(["sample_start", "sample_count", "freq_lower", "freq_upper", "samp_rate", "id"]):
                                 draw.choice([0, -1, 10**18, -(10**18), 1e300, float("nan")])})
                cutter.to_basic_block()._post(pmt.intern("events"), draw.choice([sent, hostile_message(draw)]))
            with self.subTest(seed=seed):
                faulthandler.dump_traceback_later(60, exit=True)
                graph.start()
                if draw.random() < 0.97:  # else it is stopped while the block waits for events
                    time.sleep(0.01)
                    graph.stop()
                graph.wait()
                faulthandler.cancel_dump_traceback_later()


def rows_source(rows, *tags):
    return blocks.vector_source_f(np.ravel(rows).tolist(), False, rows.shape[1], sorted(tags, key=lambda t: t.offset))


class frame_file_sink(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def stored(self, source, between=(), **given):
        """(metadata, rows) of the files that a source of rows makes, in the order of their names; the block."""
        sink = stft.frame_file_sink(str(self.folder), **{"hop": 1, **given})
        graph = gr.top_block()
        graph.connect(source, *between, sink)
        run_to_end(graph)
        self.assertEqual(list(self.folder.glob("*.part")), [])
        names = sorted(self.folder.glob("*.npy"))
        self.assertEqual(sink.files(), len(names))
        files = [(json.loads(name.with_suffix(".json").read_text()), np.load(name)) for name in names]
        self.names = [name.name for name in names]
        for meta, rows in files:
            self.assertEqual((meta["rows"], meta["vlen"]), rows.shape)
        return files, sink

    def test_files_begin_at_multiples_of_the_period_and_hold_every_row(self):
        rows = np.arange(1000 * 3, dtype=np.float32).reshape(-1, 3)
        start = 1_700_000_000 - 1_700_000_000 % 60 + 47.25
        tags = [tag(0, "rx_rate", pmt.from_double(8.0)), tag(0, "rx_freq", pmt.from_double(433.92e6)),
                tag(0, "rx_time", at_time(int(start), start % 1))]
        for between in (), (unequal(np.float32, 3),):
            files, _ = self.stored(rows_source(rows, *tags), between, vlen=3, hop=100, rotate=60, name="band", description="psd")
            np.testing.assert_array_equal(np.concatenate([values for _, values in files]), rows)
            self.assertEqual([len(values) for _, values in files], [102, 480, 418])  # 12.75 s, 60 s, the rest
            self.assertEqual(self.names[0], f"band_{EPOCH + datetime.timedelta(seconds=int(start)):%Y%m%dT%H%M%SZ}_433920000Hz_800sps.npy")
            self.assertEqual([meta["ended_by"] for meta, _ in files], ["rotation", "rotation", "stop"])
            self.assertEqual([meta["sample_start"] for meta, _ in files], [0, 10200, 58200])
            meta = files[1][0]
            self.assertEqual((meta["samp_rate"], meta["row_rate"], meta["freq_center"], meta["description"]), (800, 8, 433.92e6, "psd"))
            self.assertEqual(datetime.datetime.fromisoformat(meta["time"][:19] + "+00:00").timestamp(), start + 12.75)
            for name in self.folder.iterdir():
                name.unlink()

    def test_a_file_holds_no_more_bytes_than_it_may(self):
        rows = np.arange(3000 * 7, dtype=np.float32).reshape(-1, 7)
        files, _ = self.stored(rows_source(rows), vlen=7, max_bytes=5000, rotate=0)
        np.testing.assert_array_equal(np.concatenate([r for _, r in sorted(files, key=lambda f: f[0]["sample_start"])]), rows)
        self.assertEqual({meta["ended_by"] for meta, _ in files}, {"size", "stop"})
        sizes = [path.stat().st_size for path in self.folder.glob("*.npy")]
        self.assertLessEqual(max(sizes), 5000)
        self.assertEqual(sorted(sizes)[-2], 128 + (5000 - 128) // 28 * 28)

    def test_many_files_are_not_written_in_one_call(self):
        sink = stft.frame_file_sink(str(self.folder), vlen=1, hop=1, samp_rate=1 / 3600)
        graph, seen = gr.top_block(), set()
        graph.connect(blocks.vector_source_f([0.0] * 400), sink)
        graph.start()
        while sink.nitems_read(0) < 400:
            seen.add(sink.nitems_read(0))
        graph.wait()
        self.assertEqual(sink.files(), 400)
        self.assertGreater(len(seen), 20)

    def test_a_retune_another_rate_and_lost_samples_begin_files(self):
        rows = np.arange(100 * 2, dtype=np.float32).reshape(-1, 2)
        tags = [tag(0, "rx_rate", pmt.from_double(10.0)), tag(0, "rx_time", at_time(1000, 0.5)), tag(0, "rx_freq", pmt.from_double(5.0)),
                tag(20, "rx_freq", pmt.from_double(7.0)), tag(30, "rx_freq", pmt.from_double(7.0)),
                tag(40, "rx_overflow", pmt.from_uint64(25 * 4)), tag(60, "rx_rate", pmt.from_double(20.0)),
                tag(80, "rx_time", at_time(1000, 0.5 + 6 + 2.5 + 1 + 90))]
        files, _ = self.stored(rows_source(rows, *tags), vlen=2, hop=4, samp_rate=40.0)
        files.sort(key=lambda f: f[0]["sample_start"])
        self.assertEqual([(m["ended_by"], m["rows"], m["freq_center"], m["samp_rate"]) for m, _ in files], [
            ("retune", 20, 5, 40), ("gap", 20, 7, 40), ("rate", 20, 7, 40), ("gap", 20, 7, 80), ("stop", 20, 7, 80)])
        self.assertEqual([m["sample_start"] for m, _ in files], [0, 80, 260, 340, 420 + 20 * 90 * 4])
        self.assertEqual([m["time"][11:23] for m, _ in files], ["00:16:40.500", "00:16:42.500", "00:16:47.000", "00:16:49.000", "00:18:20.000"])
        np.testing.assert_array_equal(np.concatenate([values for _, values in files]), rows)

    def test_what_is_there_is_never_replaced_and_a_second_run_has_files_of_its_own(self):
        rows = np.ones((10, 2), np.float32)
        tags = [tag(0, "rx_time", at_time(1000, 0.0)), tag(0, "rx_rate", pmt.from_double(1.0))]
        sink = stft.frame_file_sink(str(self.folder), 2, 1)
        for count in range(1, 4):
            graph = gr.top_block()
            graph.connect(rows_source(rows * count, *tags), sink)
            run_to_end(graph)
            self.assertEqual(np.load(sink.last_path())[0, 0], count)
            self.assertEqual(len(list(self.folder.glob("*.npy"))), count)
            self.assertEqual(len(list(self.folder.glob("*.json"))), count)

    def test_a_file_that_grows_can_be_read(self):
        sink = stft.frame_file_sink(str(self.folder), 4, 1, rotate=0)
        source = blocks.vector_source_f([1, 2, 3, 4], True, 4)
        graph = gr.top_block()
        graph.connect(source, blocks.throttle(16, 4000), sink)
        graph.start()
        deadline = time.monotonic() + 20
        part = []
        while time.monotonic() < deadline and not (part and len(np.load(part[0], mmap_mode="r"))):
            time.sleep(0.1)
            part = list(self.folder.glob("*.npy.part"))
        rows = np.load(part[0])
        graph.stop()
        graph.wait()
        np.testing.assert_array_equal(rows, np.tile(np.float32([1, 2, 3, 4]), (len(rows), 1)))
        self.assertGreater(len(rows), 100)

    def test_a_folder_that_goes_and_comes_again_stops_nothing(self):
        folder = self.folder / "here"
        folder.mkdir()
        sink = stft.frame_file_sink(str(folder), 1, 1, max_bytes=4096, rotate=0)
        folder.rmdir()
        graph = gr.top_block()
        graph.connect(blocks.vector_source_f([1.0], True), blocks.throttle(4, 20000), sink)
        threading.Timer(1.0, folder.mkdir).start()
        graph.start()
        deadline = time.monotonic() + 20
        while sink.files() < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        graph.stop()
        graph.wait()
        self.assertGreater(sink.files(), 1)
        self.assertEqual(sink.lost(), 0)
        files = sorted((json.loads(name.with_suffix(".json").read_text()) for name in folder.glob("*.npy")),
                       key=lambda meta: meta["sample_start"])
        ends = np.cumsum([meta["rows"] for meta in files])
        self.assertEqual([meta["sample_start"] for meta in files], [0, *ends[:-1]])

    def test_bad_settings_are_refused_by_name_and_nothing_is_written(self):
        for given in (dict(directory=""), dict(directory=str(self.folder / "none")), dict(vlen=0), dict(vlen=2**25), dict(hop=0),
                      dict(samp_rate=0), dict(samp_rate=float("nan")), dict(name="a/b"), dict(name=""), dict(name=".x"), dict(rotate=0.5),
                      dict(rotate=-1), dict(max_bytes=100), dict(vlen=5000, max_bytes=5000)):
            with self.assertRaisesRegex(ValueError, "^" + list(given)[-1] + ": "):
                stft.frame_file_sink(**{**dict(directory=str(self.folder), vlen=4, hop=1), **given})
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_hostile_tags_lose_no_row(self):
        for seed in range(FIRST_SEED, FIRST_SEED + RUNS):
            draw = random.Random(seed)
            rows = np.random.default_rng(seed).standard_normal((draw.choice([1, 7, 30]), draw.choice([1, 5]))).astype(np.float32)
            keys = "rx_rate rx_time overflow rx_overflow rx_freq stft_hop stft_n_fft stft_window".split()
            tags = [tag(draw.randrange(len(rows)), draw.choice(keys), hostile_value(draw)) for _ in range(draw.randrange(8))]
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                self.folder = Path(folder)
                files, sink = self.stored(rows_source(rows, *tags), vlen=rows.shape[1], rotate=draw.choice([0, 1, 3600]))
                self.assertEqual((sum(len(values) for _, values in files), sink.lost()), (len(rows), 0))


if __name__ == "__main__":
    unittest.main()
