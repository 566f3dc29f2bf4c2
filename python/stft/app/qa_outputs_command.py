#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What gr_stft monitor hands its reports, samples and rows to: lines, datagrams, files, metrics, systemd."""

import contextlib
import csv
import json
import os
import shutil
import socket
import threading
import time
import unittest
import urllib.request
from unittest import mock

import numpy as np
from qa_command import InFolder, needs, run, unhurried

from gnuradio import stft
from gnuradio.stft.app import output_options
from gnuradio.stft.app.outputs import (background_writer, backlog, clip_output, hub, line_output, metrics_output, output, service_output,
                                       spectrogram_output, stored_files, udp_output)

RATE = 1e6
SOURCE = output.Source(name="here", rate=RATE, rate_known=True, dtype=np.dtype(np.complex64), datatype="cf32_le", center=100e6,
                       time=(1_700_000_000, 0.25), n_fft=64, hop=32, watches="band", live=True)


def report(number, **values):
    event = {**dict.fromkeys(output_options.KEYS), "kind": "burst", "state": "end", "id": number, "snr_db": 12.345, **values}
    return event, json.dumps(event, separators=(",", ":"))


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(condition, poll=lambda: None, seconds=10.0):
    """Polls until the condition holds; whether it does."""
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        poll()
        time.sleep(0.01)
    return condition()


class Keeper(output.Output):
    """Keeps what it gets."""

    takes_samples = True

    def __init__(self, rate):
        super().__init__()
        self.rows_per_second, self.got, self.heard, self.moves, self.gaps = rate, [], [], [], []

    def rows(self, rows):
        self.got.append(rows)

    def samples(self, x, first_sample):
        self.heard.append((first_sample, len(x)))

    def moved(self, sample, center, time):  # pylint: disable=redefined-outer-name
        self.moves.append((sample, center, time))

    def lost(self, first_sample, count):
        self.gaps.append((first_sample, count))


class Hub(unittest.TestCase):

    def test_each_output_gets_rows_of_its_own_rate_that_sum_to_the_signal(self):
        rng = np.random.default_rng(1)
        x = (rng.standard_normal(100_003) + 1j * rng.standard_normal(100_003)).astype(np.complex64)
        expected = stft.spectrogram(x, "hann", hop=32, n_fft=64, fs=RATE, first=0, frames=(len(x) - 64) // 32 + 1, sides="centered").T
        keepers = [Keeper(np.inf), Keeper(300), Keeper(None), Keeper(300)]
        outputs = hub.Outputs(keepers, SOURCE, "hann")
        for piece in np.array_split(x, 17):
            outputs.samples(piece)
        outputs.finish()
        for keeper, average in zip(keepers, (1, 105, None, 105)):
            self.assertEqual([first for first, _ in keeper.heard], list(np.cumsum([0] + [count for _, count in keeper.heard])[:-1]))
            if average is None:
                self.assertEqual(keeper.got, [])
                continue
            weights = np.concatenate([[rows.frames] * len(rows.values) for rows in keeper.got])
            self.assertEqual(weights.sum(), len(expected))
            self.assertTrue(np.all(weights[:-1] == average))
            rows = np.concatenate([rows.values for rows in keeper.got])
            np.testing.assert_allclose((rows * weights[:, np.newaxis]).sum(axis=0), expected.sum(axis=0), rtol=1e-4)
            np.testing.assert_allclose(rows[3], expected[3 * average:4 * average].mean(axis=0), rtol=1e-4)
            starts = np.concatenate([rows.first_sample + rows.hop * np.arange(len(rows.values)) for rows in keeper.got])
            np.testing.assert_array_equal(starts, np.arange(len(starts)) * average * 32)
            for some in keeper.got:
                at = SOURCE.time[0] + SOURCE.time[1] + some.first_sample / RATE
                self.assertAlmostEqual(some.time[0] + some.time[1], at, places=6)

    def test_losses_and_retunes_divide_the_rows(self):
        keeper = Keeper(100)
        outputs = hub.Outputs([keeper], SOURCE, "hann")
        outputs.locate(200e6, (1000, 0.5))  # before the first sample: that is how it begins
        outputs.samples(np.ones(50_000, np.complex64))
        outputs.lost(7_001)
        outputs.samples(np.ones(50_000, np.complex64))
        outputs.locate(300e6, None)
        outputs.samples(np.ones(50_000, np.complex64))
        outputs.finish()
        self.assertEqual(keeper.moves, [(107_001, 300e6, (1000, 0.5 + 0.107001))])
        self.assertEqual(keeper.gaps, [(50_000, 7_001)])
        found = {}
        for rows in keeper.got:
            found.setdefault(rows.center, []).append((rows.first_sample, rows.frames * len(rows.values)))
        self.assertEqual({center: sum(frames for _, frames in some) for center, some in found.items()}, {200e6: 2 * 1561, 300e6: 1561})
        self.assertIn(57_001, [first for first, _ in found[200e6]])
        self.assertEqual(found[300e6][0][0], 107_001)

    def test_all_outputs_are_closed_where_one_fails(self):
        closed = []
        outputs = [Keeper(None) for _ in range(3)]
        for number, each in enumerate(outputs):
            each.close = lambda number=number: closed.append(number) or 1 // number
        with self.assertRaises(ZeroDivisionError):
            hub.Outputs(outputs, SOURCE, "hann").close()
        self.assertEqual(closed, [0, 1, 2])

    def test_time_is_right_after_weeks(self):
        clock = hub.Clock(2.4e6, None, (1_700_000_000, 0.75))
        sample = 2**45 + 1
        whole, fraction = clock.time_of(sample)
        self.assertEqual(whole, 1_700_000_000 + sample // 2_400_000 + (0.75 + (sample % 2_400_000) / 2.4e6 >= 1))
        self.assertTrue(0 <= fraction < 1)


class Lines(InFolder):

    def test_csv_has_the_keys_and_the_digits_of_json(self):
        columns = output_options.KEYS
        table = line_output.LineOutput(line_output.CsvLines(columns), "e.csv")
        lines = line_output.LineOutput(line_output.json_lines, "e.jsonl")
        reports = [report(n, source='a "name", with <commas>\nand lines', snr_db=value) for n, value in enumerate((1.5, 1e-17, -3, None))]
        for each in table, lines:
            each.reports(reports[:2])
            each.reports(reports[2:])
            each.close()
            self.assertFalse(each.failed)
        with open("e.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        with open("e.jsonl", encoding="utf-8") as file:
            written = [json.loads(line, parse_float=str, parse_int=str) for line in file]
        self.assertEqual(rows[0], list(columns))
        self.assertEqual(rows[1:], [["" if event[key] is None else event[key] for key in columns] for event in written])
        again = line_output.LineOutput(line_output.CsvLines(columns), "e.csv")  # goes on without another head
        again.reports(reports[:1])
        again.close()
        with open("e.csv", encoding="utf-8", newline="") as file:
            self.assertEqual(len(list(csv.reader(file))), 6)

    def test_lines_wait_for_a_disk_that_is_full(self):
        os.symlink("/dev/full", "e.jsonl")
        lines = line_output.LineOutput(line_output.json_lines, "e.jsonl", limit=1000)
        for n in range(100):
            lines.reports([report(n)])
        self.assertEqual([state for state, _ in lines.changes], ["begin"])
        self.assertIn("No space left", lines.changes[0][1])
        counters = lines.counters()
        self.assertTrue(0 < counters["waiting_bytes"] <= 1000)
        self.assertGreater(counters["dropped"], 90)
        with open("room.jsonl", "wb") as room:  # there is space again
            os.dup2(room.fileno(), lines._number)
            lines._attempts.hurry()
            lines.poll()
        lines.close()
        with open("room.jsonl", encoding="utf-8") as file:
            numbers = [json.loads(line)["id"] for line in file]
        self.assertEqual(numbers, list(range(100))[-len(numbers):])
        self.assertEqual(len(numbers) + counters["dropped"], 100)
        self.assertEqual([state for state, _ in lines.changes], ["begin", "end"])
        self.assertTrue(lines.failed)

    def test_a_reader_that_is_slow_keeps_no_receiver_waiting(self):
        read, write = os.pipe()
        lines = line_output.LineOutput(line_output.json_lines, f"/proc/self/fd/{write}", patient=False)
        began = time.monotonic()
        for n in range(1000):
            lines.reports([report(n)])
        self.assertLess(time.monotonic() - began, unhurried(1))
        self.assertGreater(lines.counters()["waiting_bytes"], 100_000)
        data = b""
        while lines.counters()["waiting_bytes"]:
            data += os.read(read, 1 << 16)
            lines.poll()
        lines.close()
        os.close(write)
        while more := os.read(read, 1 << 16):
            data += more
        self.assertEqual([json.loads(line)["id"] for line in data.splitlines()], list(range(1000)))
        os.close(read)

    def test_pauses_grow_and_what_changes_is_told_once(self):
        changes = []
        attempts = backlog.Attempts(changes, first=0.01, longest=0.04)
        pauses = []
        for _ in range(5):
            attempts.failed("full")
            began = time.monotonic()
            while not attempts.due():
                time.sleep(0.001)
            pauses.append(time.monotonic() - began)
        attempts.worked("again")
        attempts.worked("again")
        self.assertEqual(changes, [("begin", "full"), ("end", "again")])
        for pause, least in zip(pauses, (0.01, 0.02, 0.04, 0.04, 0.04)):
            self.assertGreaterEqual(pause, 0.95 * least)
        self.assertEqual(attempts.failures, 5)


class Datagrams(unittest.TestCase):

    def test_a_datagram_is_a_line(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            server.settimeout(5)
            sender = udp_output.UdpOutput(*server.getsockname())
            reports = [report(n) for n in range(3)]
            sender.reports(reports + [report(4, source="x" * 70_000)])
            self.assertEqual([server.recv(65535).decode() for _ in range(3)], [line for _, line in reports])
            self.assertEqual(sender.counters(), {"waiting_bytes": 0, "dropped": 1})
            sender.close()

    def test_a_host_that_refuses_and_one_that_nobody_knows_are_failures(self):
        port = free_port()
        sender = udp_output.UdpOutput("127.0.0.1", port)
        self.assertTrue(wait_for(lambda: sender.changes, lambda: sender.reports([report(1)]), 5))
        self.assertEqual(sender.changes[0][0], "begin")
        self.assertIn("refused", sender.changes[0][1])
        sender.close()
        unknown = udp_output.UdpOutput("no-such-host.invalid", port)
        unknown.reports([report(1)])
        self.assertTrue(wait_for(lambda: unknown.changes, unknown.poll, 5) or unknown.counters()["waiting_bytes"])
        unknown.close()
        self.assertTrue(unknown.failed)


@needs("prometheus_client")
class Metrics(unittest.TestCase):

    def test_numbers_are_read_over_http(self):
        metrics = metrics_output.MetricsOutput("127.0.0.1", 0)
        self.addCleanup(metrics.close)
        self.assertNotIn("gr_stft_samples_total", self.scrape(metrics))
        metrics.begin(SOURCE)
        metrics.reports([({"kind": "trend", "state": "end", "time": None, "sample": 0, "source": None, "duration": 60, "10:1000": 2.5,
                           "order1": None, "speed": 24.5, "speed_known": 1, "unit": "mm/s"}, ""), ({"kind": "raise", "name": "10:1000", "zone": 2}, "")])
        metrics.status(dict(samples=123456789012, lost=7, overflows=2, rate=2.4e6, load=0.25, uptime=1000.0, age=0.5, noise_db=-120.5,
                            center=433.92e6, kinds={("burst", "end"): 5, ('a"b\\c\n', ""): 1},
                            outputs={"standard output": {"waiting_bytes": 10, "dropped": 3}}))
        found = self.scrape(metrics)
        for name, value in (("gr_stft_samples_total", 123456789012), ("gr_stft_lost_samples_total", 7), ("gr_stft_overflows_total", 2),
                            ("gr_stft_samples_per_second", 2.4e6), ("gr_stft_load", 0.25), ("gr_stft_noise_floor_decibels", -120.5),
                            ("gr_stft_center_frequency_hertz", 433.92e6), ("gr_stft_sample_rate_hertz", 1e6), ("gr_stft_speed_hertz", 24.5),
                            ('gr_stft_reports_total{kind="burst",state="end"}', 5), ('gr_stft_level{level="10:1000"}', 2.5),
                            ('gr_stft_reports_total{kind="a\\"b\\\\c\\n",state=""}', 1), ('gr_stft_alarm_zone{level="10:1000"}', 2),
                            ('gr_stft_output_waiting_bytes{output="standard output"}', 10),
                            ('gr_stft_output_dropped_total{output="standard output"}', 3)):
            self.assertEqual(found[name], value, name)
        self.assertNotIn('gr_stft_level{level="order1"}', found)
        self.assertNotIn('gr_stft_level{level="unit"}', found)
        first = found["gr_stft_last_sample_age_seconds"]
        time.sleep(0.05)
        self.assertGreater(self.scrape(metrics)["gr_stft_last_sample_age_seconds"], max(0.5, first))

    def scrape(self, metrics):
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}

    def test_a_port_that_is_taken_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with self.assertRaisesRegex(OSError, f"metrics: 127.0.0.1:{taken.getsockname()[1]}"):
                metrics_output.MetricsOutput("127.0.0.1", taken.getsockname()[1])


class Files(InFolder):

    def test_the_oldest_files_go(self):
        for n in range(6):
            for suffix in ".a", ".b", ".other":
                with open(f"x{n}{suffix}", "wb") as file:
                    file.write(bytes(100))
                os.utime(f"x{n}{suffix}", (1000 - n, 1000 - n))  # the last name is the oldest
        stored = stored_files.StoredFiles(".", (".a", ".b"), 700)
        for name in "new.a", "new.b":
            with open(name, "wb") as file:
                file.write(bytes(100))
        stored.added("new")
        self.assertEqual(sorted(name for name in os.listdir() if name.endswith(".a")), ["new.a", "x0.a", "x1.a"])
        self.assertEqual(len([name for name in os.listdir() if name.endswith(".other")]), 6)
        self.assertEqual(stored.removed, 4)
        with open("large.a", "wb") as file:
            file.write(bytes(1000))
        stored.added("large")  # the newest one stays, whatever its size
        self.assertEqual([name for name in os.listdir() if name[-2:] in (".a", ".b")], ["large.a"])

    def test_what_a_slow_disk_does_not_take_waits_and_has_a_limit(self):
        done, blocked = [], [True]

        def action(number):
            if blocked:
                raise OSError(28, "No space left on device")
            done.append(number)

        writer = background_writer.BackgroundWriter("there", 50)
        for n in range(10):
            writer.put(10, lambda n=n: action(n))
            time.sleep(0.01)
        self.assertEqual((writer.waiting_bytes, writer.dropped), (50, 5))
        self.assertEqual(writer.take_changes(), [("begin", "there: cannot be written: No space left on device")])
        blocked.clear()
        writer.finish(5)
        self.assertEqual((done, len(writer), writer.done), ([5, 6, 7, 8, 9], 0, 5))
        self.assertEqual(writer.take_changes(), [("end", "there is written again")])

    def test_what_is_being_written_is_not_left_out(self):
        done, go_on, busy = [], threading.Event(), threading.Event()

        def action(number):
            busy.set()
            go_on.wait(5)
            done.append(number)

        writer = background_writer.BackgroundWriter("there", 30)
        for n in range(8):
            writer.put(10, lambda n=n: action(n))
            busy.wait(5)
        go_on.set()
        writer.finish(5)
        self.assertEqual((done, writer.dropped, writer.done, writer.waiting_bytes), ([0, 6, 7], 5, 3, 0))

    def test_a_recording_waits_for_a_slow_disk(self):
        done = []

        def action(number):
            time.sleep(0.01)
            done.append(number)

        writer = background_writer.BackgroundWriter("there", 25, patient=True)
        for n in range(20):
            writer.put(10, lambda n=n: action(n))
            self.assertLessEqual(writer.waiting_bytes, 25)
        writer.finish(None)
        self.assertEqual((done, writer.dropped), (list(range(20)), 0))

    def test_all_files_that_rows_complete_at_once_count(self):
        os.mkdir("rows")
        stored = spectrogram_output.SpectrogramOutput("rows", rotate=1, rows_per_second=50, most_bytes=1 << 16, more=(".png",))
        outputs = hub.Outputs([stored], SOURCE, "hann")
        for _ in range(2):
            outputs.samples(np.ones(6_000_000, np.complex64))  # six files in one call
        drawn = list(stored._to_draw)
        with mock.patch.object(spectrogram_output.subprocess, "Popen") as begun:
            stored._draw_next()
        self.assertTrue(os.path.exists(begun.call_args[0][0][4]))  # and not the first one, which is gone already
        stored._drawing = None
        stored._to_draw.clear()
        outputs.finish()
        stored._to_draw.clear()
        outputs.close()
        sizes = {name: os.path.getsize(f"rows/{name}") for name in os.listdir("rows")}
        self.assertGreaterEqual(len(drawn), 10)
        self.assertLessEqual(sum(sizes.values()), 1 << 16)
        self.assertEqual(len([name for name in sizes if name.endswith(".npy")]) + stored.counters()["removed"], stored.counters()["files"])

    def test_rows_of_a_spectrogram_are_in_files_that_sum_to_the_signal(self):
        os.mkdir("rows")
        stored = spectrogram_output.SpectrogramOutput("rows", rotate=1, rows_per_second=50)
        outputs = hub.Outputs([stored], SOURCE, "hann")
        rng = np.random.default_rng(2)
        x = rng.standard_normal(2_500_000).astype(np.float32).astype(np.complex64)
        for piece in np.array_split(x[:2_000_000], 40):
            outputs.samples(piece)
            outputs.poll()
        outputs.lost(500)
        outputs.samples(x[2_000_000:])
        stored._flush()
        self.assertTrue([name for name in os.listdir("rows") if name.endswith(".part")])
        outputs.finish()
        outputs.close()
        names = sorted(name for name in os.listdir("rows") if name.endswith(".npy"))
        self.assertEqual(names[0], "spectrogram_20231114T221320Z_100000000Hz_1000000sps.npy")
        metas = []
        for name in names:
            with open(f"rows/{name[:-4]}.json", encoding="utf-8") as file:
                metas.append(json.load(file))
        self.assertEqual([meta["ended_by"] for meta in metas], ["rotation", "rotation", "gap", "stop"])
        power = sum(np.load(f"rows/{name}").sum(dtype=np.float64) * meta["hop"] for name, meta in zip(names, metas)) * RATE / 64
        self.assertAlmostEqual(power / np.sum(np.abs(x)**2), 1, delta=2e-2)
        self.assertFalse(stored.failed)

    def test_what_a_killed_watch_leaves_is_completed_by_the_next_one(self):
        os.mkdir("rows")
        first = spectrogram_output.SpectrogramOutput("rows", rotate=0, rows_per_second=1000)
        outputs = hub.Outputs([first], SOURCE, "hann")
        x = np.random.default_rng(3).standard_normal(300_000).astype(np.complex64)
        outputs.samples(x)
        first._flush()
        part, = (f"rows/{name}" for name in os.listdir("rows") if name.endswith(".part"))
        expected = np.load(part)
        spectrogram_output.complete_left_over("rows")
        self.assertTrue(os.path.exists(part))  # it is being written
        shutil.copytree("rows", "killed")
        os.rename(f"killed/{os.path.basename(part)}", "killed/spectrogram_x.npy.part")
        os.rename(f"killed/{os.path.basename(part)[:-9]}.json", "killed/spectrogram_x.json")
        with open("killed/spectrogram_x.npy.part", "r+b") as file:
            shape = f"({len(expected)}, ".encode()
            header = file.read(128)
            file.seek(0)
            file.write(header.replace(shape, b"(0, ".ljust(len(shape))))  # as it was after the flush before
            file.seek(0, 2)
            file.write(b"half a row")
        shutil.copy("killed/spectrogram_x.npy.part", "killed/spectrogram_broken.npy.part")
        spectrogram_output.SpectrogramOutput("killed", rotate=0, rows_per_second=1)
        self.assertEqual(sorted(os.listdir("killed")), ["spectrogram_broken.npy.part", "spectrogram_x.json", "spectrogram_x.npy"])
        np.testing.assert_array_equal(np.load("killed/spectrogram_x.npy"), expected)
        with open("killed/spectrogram_x.json", encoding="utf-8") as file:
            meta = json.load(file)
        self.assertEqual((meta["rows"], meta["ended_by"], meta["hop"]), (len(expected), "crash", 1024))
        outputs.finish()
        outputs.close()

    def test_samples_of_events_are_recordings_with_their_annotation(self):
        for dtype in np.complex64, np.float32:
            os.mkdir("clips")
            source = output.Source(**{**vars(SOURCE), "dtype": np.dtype(dtype)})
            clips = clip_output.ClipOutput("clips", source, pre=0.001, post=0.002)
            outputs = hub.Outputs([clips], source, "hann")
            x = np.arange(100_000).astype(dtype)
            outputs.samples(x[:60_000])
            events = [report(1, sample_start=20_000, sample_count=300, freq_lower=100.1e6, freq_upper=100.2e6, freq_center=100e6,
                             samp_rate=RATE), report(2, sample_start=59_900, sample_count=50, freq_center=100e6, samp_rate=RATE),
                      report(3, kind="gap", sample_start=5, sample_count=5), report(None, kind="output", state="begin")]
            outputs.reports(events)
            outputs.samples(x[60_000:])
            outputs.finish()
            outputs.close()
            self.assertEqual(clips.counters(), {"waiting_bytes": 0, "dropped": 0, "clips": 2, "removed": 0})
            names = sorted(name for name in os.listdir("clips"))
            self.assertEqual([os.path.splitext(name)[1] for name in names], [".sigmf-data", ".sigmf-meta"] * 2)
            for name, first, count in zip(names[::2], (19_000, 58_900), (3300, 3050)):
                np.testing.assert_array_equal(np.fromfile(f"clips/{name}", dtype), x[first:first + count])
                with open(f"clips/{name[:-4]}meta", encoding="utf-8") as file:
                    meta = json.load(file)
                self.assertEqual(meta["global"]["core:datatype"], "cf32_le" if dtype is np.complex64 else "rf32_le")
                self.assertEqual([a["core:sample_start"] for a in meta["annotations"]], [1000])
                self.assertEqual(meta["captures"][0]["core:datetime"], f"2023-11-14T22:13:20.{250_000_000 + first * 1000:09d}Z")
            shutil.rmtree("clips")

    def test_clips_leave_those_alone_that_another_watch_is_writing(self):
        os.mkdir("clips")
        x = np.arange(100_000).astype(np.complex64)
        event = report(1, sample_start=20_000, sample_count=300, freq_lower=100.1e6, freq_upper=100.2e6, freq_center=100e6, samp_rate=RATE)
        names = []
        for _ in range(2):
            clips = clip_output.ClipOutput("clips", SOURCE, pre=0, post=0)
            outputs = hub.Outputs([clips], SOURCE, "hann")
            outputs.samples(x)
            outputs.reports([event])
            outputs.finish()
            outputs.close()
            names = sorted(os.listdir("clips"))
            for name in names if len(names) == 2 else ():  # as while the first one's samples are written
                os.rename(f"clips/{name}", f"clips/{name}.part") if name.endswith("data") else os.unlink(f"clips/{name}")
        self.assertEqual([os.path.splitext(name)[1] for name in names], [".part", ".sigmf-data", ".sigmf-meta"])
        self.assertEqual([os.path.getsize(f"clips/{name}") for name in names[:2]], [2400, 2400])


class Packages(InFolder):

    def test_what_is_not_installed_is_named_in_one_line(self):
        for options, package in ((("-F", "mqtt://host/topic"), "python3-paho-mqtt"), (("--metrics", "9100"), "python3-prometheus-client"),
                                 (("--spectrogram", ".", "--png"), "python3-matplotlib"), (("--spectrogram", ".", "--hdf5"), "python3-h5py")):
            with mock.patch("importlib.util.find_spec", return_value=None):
                status, out, err = run("monitor", "x", "--dtype", "cu8", "--rate", "1M", "--detect", *options)
            self.assertEqual((status, out, len(err.splitlines())), (1, "", 1))
            self.assertIn(f"install Debian's {package}\n", err)


class Service(InFolder):

    def test_systemd_hears_of_the_beginning_the_life_and_the_end(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind("notify")
            manager.settimeout(5)
            environment = {"NOTIFY_SOCKET": os.path.abspath("notify"), "WATCHDOG_USEC": "100000", "WATCHDOG_PID": str(os.getpid())}
            service = service_output.ServiceOutput.from_environment(environment)
            service.ready()
            for _ in range(20):
                service.poll()
                time.sleep(0.01)
            service.stopping()
            service.close()
            manager.setblocking(False)
            heard = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    heard.append(manager.recv(1000).decode())
        self.assertEqual((heard[0], heard[-1], set(heard[1:-1])), ("READY=1", "STOPPING=1", {"WATCHDOG=1"}))
        self.assertTrue(3 <= len(heard) - 2 <= 6, heard)
        self.assertIsNone(service_output.ServiceOutput.from_environment({}))
        other = service_output.ServiceOutput.from_environment({**environment, "WATCHDOG_PID": "1"})
        self.assertIsNone(other._interval)
        other.ready()  # nobody listens: nothing happens
        other.close()


if __name__ == "__main__":
    unittest.main()
