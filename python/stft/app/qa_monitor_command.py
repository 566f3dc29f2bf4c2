#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs detect and monitor of gr_stft: files, pipes, streams, signals, refusals."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

import numpy as np
from qa_command import InFolder, needs, run, start

from gnuradio import stft
from gnuradio.stft.app import event_files, quantities
from gnuradio.stft.bench import band_scenes

RATE = 1e6
RAW = ("--dtype", "cf32_le", "--rate", "1M")


def samples(seconds=0.6, snr=15):
    scene = band_scenes.Scene(band_scenes.white_noise(seconds, RATE, 1), RATE, [])
    rng = np.random.default_rng(1)
    band_scenes.add(scene, "noise", 300_000, 20_000, 100e3, 20e3, snr, rng)
    band_scenes.add(scene, "tone", 400_000, 30_000, -200e3, 1e3, snr, rng)
    return scene.samples


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Detect(InFolder):

    def setUp(self):
        super().setUp()
        self.x = samples()
        self.x.tofile("x.cf32")

    def test_csv_on_standard_output_holds_what_the_array_function_finds(self):
        out = self.assert_done("detect", "x.cf32", *RAW, "--center", "433M")
        rows = list(csv.DictReader(out.splitlines()))
        events = stft.detect(self.x, RATE, freq_center=433e6)
        self.assertEqual(len(rows), 2)
        self.assertEqual(list(rows[0]), list(event_files.COLUMNS))
        for row, event in zip(rows, events):
            self.assertEqual([int(row["sample_start"]), int(row["sample_count"]), row["kind"]],
                             [event["sample_start"], event["sample_count"], event["kind"]])
            self.assertAlmostEqual(float(row["freq_lower"]), event["freq_lower"], delta=1e-3)
            self.assertAlmostEqual(float(row["snr_db"]), event["snr_db"], delta=1e-2)

    def test_tables_and_annotations_are_written_and_read_again(self):
        out = self.assert_done("detect", "x.cf32", *RAW, "-o", "e.csv", "-o", "e.jsonl", "-o", "x.sigmf-meta")
        self.assertIn("2 bursts, 0 carriers", out)
        with open("e.jsonl", encoding="utf-8") as file:
            found = lines(file.read())
        self.assertEqual(found, [{**e, "source": "x.cf32"} for e in stft.detect(self.x, RATE)])
        os.rename("x.cf32", "x.sigmf-data")
        with open("x.sigmf-meta", encoding="utf-8") as file:
            meta = json.load(file)
        self.assertEqual(meta["global"]["core:datatype"], "cf32_le")
        self.assertEqual([a["core:sample_start"] for a in meta["annotations"]], [e["sample_start"] for e in found])
        self.assertEqual(len({a["core:uuid"] for a in meta["annotations"]}), 2)
        self.assert_done("detect", "x.sigmf-meta", "-o", "again.csv")
        with open("again.csv", encoding="utf-8") as one, open("e.csv", encoding="utf-8") as other:
            self.assertEqual(one.read(), other.read())

    @needs("matplotlib")
    def test_a_picture_is_drawn(self):
        self.assert_done("detect", "x.cf32", *RAW, "-o", "x.png", "--width", 600, "--height", 400)
        with open("x.png", "rb") as file:
            self.assertEqual(file.read(4), b"\x89PNG")

    def test_a_portion_keeps_the_sample_numbers_of_the_recording(self):
        out = self.assert_done("detect", "x.cf32", *RAW, "--start", 0.15, "--stop", 0.35)
        row, = csv.DictReader(out.splitlines())
        self.assertLess(abs(int(row["sample_start"]) - 300_000), 512)

    def test_options_reach_the_detector(self):
        for options, left in ((("--ignore", "90k:110k"), 1), (("--band", "50k:150k"), 1), (("--min-duration", "25ms"), 1),
                              (("--min-bandwidth", "5k"), 1), (("--min-snr", 40), 0), (("--false-alarms", "24/d/MHz"), 2),
                              (("--scales", "1x1,4x1"), 2)):
            out = self.assert_done("detect", "x.cf32", *RAW, *options)
            self.assertEqual(len(out.splitlines()), 1 + left, options)

    def test_what_cannot_be_is_refused_in_one_line(self):
        for options, words in (
            (("--n-fft", 8), "n_fft"), (("--hop", 0), "hop"), (("--false-alarms", "1/y/MHz"), "1/h/MHz"),
            (("--false-alarms", "0"), "false_alarms"), (("--band", "600k:700k"), "band"), (("--ignore", "5"), "433.9M:434.0M"),
            (("--scales", "3x1"), "scales"), (("--min-snr", "nan"), "min_snr"), (("-o", "x.txt"), ".csv"),
            (("--window", "nosuch"), "nosuch"), (("--gap", -1), "gap_rows"),
        ):
            with self.subTest(options=options):
                self.assert_refused(("detect", "x.cf32", *RAW, *options), words)


class Monitor(InFolder):

    def setUp(self):
        super().setUp()
        self.x = samples()
        self.x.tofile("x.cf32")

    def test_lines_are_the_reports_of_the_array_class(self):
        out = self.assert_done("monitor", "x.cf32", *RAW, "--detect", "--center", "100M")
        detector = stft.SignalDetector(RATE, freq_center=100e6, source="x.cf32")
        expected = detector.push_lines(self.x) + detector.finish_lines()
        self.assertEqual(out.splitlines(), [line for _, line in expected])
        self.assertTrue({"begin", "end"} <= {e["state"] for e in lines(out)})

    def test_samples_on_standard_input_are_watched_as_they_come(self):
        with start("monitor", "-", *RAW, "--detect", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdin.buffer.write(self.x[:350_001].tobytes() + b"abc")  # ends within a sample
            process.stdin.flush()
            first = json.loads(process.stdout.readline())
            self.assertLess(abs(first["sample_start"] - 300_000), 600)
            self.assertLess(abs(time.time() - quantities.iso_time(first["time"]).timestamp()), 60)
            process.stdin.close()
            self.assertEqual(process.wait(20), 0)
            self.assertEqual(process.stderr.read(), "")

    def test_alarms_set_the_exit_status_if_asked_for(self):
        band_scenes.white_noise(0.4, RATE, 5).tofile("quiet.cf32")
        for name, options, status in (("x.cf32", (), 0), ("x.cf32", ("--fail-on-alarm",), 3), ("quiet.cf32", ("--fail-on-alarm",), 0)):
            self.assertEqual(run("monitor", name, *RAW, "--detect", *options)[0], status)

    def test_duration_ends_it(self):
        self.assertEqual(self.assert_done("monitor", "x.cf32", *RAW, "--detect", "--duration", "0.29"), "")

    def test_a_signal_ends_events_and_closes_files(self):
        np.tile(self.x, 10).tofile("long.cf32")
        for number in (signal.SIGINT, signal.SIGTERM):
            with start("monitor", "long.cf32", *RAW, "--detect", "--realtime", "--sigmf", "a.sigmf-meta",
                       stdout=subprocess.PIPE) as process:
                began = json.loads(process.stdout.readline())
                self.assertEqual(began["state"], "begin")
                process.send_signal(number)
                rest = process.stdout.read()
                self.assertEqual(process.wait(20), 128 + number)
                self.assertEqual(process.stderr.read(), "")
            ends = [e for e in lines(rest) if e["state"] == "end"]
            self.assertIn(began["id"], [e["id"] for e in ends])
            with open("a.sigmf-meta", encoding="utf-8") as file:
                self.assertEqual(len(json.load(file)["annotations"]), len(ends))
            self.assertEqual([name for name in os.listdir() if name.endswith(".part")], [])

    def test_realtime_takes_the_time_of_the_recording(self):
        began = time.monotonic()
        self.assert_done("monitor", "x.cf32", *RAW, "--detect", "--realtime")
        self.assertGreater(time.monotonic() - began, 0.55)

    def test_a_stream_by_zeromq_is_watched(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        server = subprocess.Popen([sys.executable, "-c", f"""
from gnuradio import gr, blocks, zeromq
tb = gr.top_block()
source = blocks.file_source(8, "x.cf32", True)
tb.connect(source, blocks.throttle(8, 1e6), zeromq.pub_sink(8, 1, {address!r}, 100, True))
tb.run()
"""])
        try:
            with start("monitor", f"zmq={address}", "--rate", "1M", "--detect", "--duration", "2", "--center", "5M",
                       stdout=subprocess.PIPE) as process:
                out, err = process.communicate(timeout=40)
                self.assertEqual(process.returncode, 0, err)
            ends = [e for e in lines(out) if e["state"] == "end" and e["kind"] == "burst"]
            self.assertGreaterEqual(len(ends), 3)
            self.assertTrue(any(5.085e6 < e["freq_lower"] < e["freq_upper"] < 5.115e6 for e in ends))
        finally:
            server.kill()
            server.wait()

    def test_what_cannot_be_is_refused_in_one_line(self):
        for arguments, words in (
            (("x.cf32", *RAW), "--detect"), (("x.cf32", *RAW, "--detect", "--sigmf", "x.txt"), ".sigmf-meta"),
            (("nosuch.wav", "--detect"), "nosuch.wav"), (("zmq=tcp://127.0.0.1:9", "--detect"), "rate"),
            (("zmq=here", "--rate", "1M", "--detect"), "zmq"), (("x.cf32", *RAW, "--detect", "--duration", 0), "duration"),
            (("x.cf32", *RAW, "--detect", "--update-interval", 0), "update_interval"),
            (("zmq=tcp://127.0.0.1:9", "--rate", "1M", "--detect", "--realtime"), "realtime"),
            (("audio=nosuch", "--rate", "48k", "--detect", "--false-alarms", "-1"), "false_alarms"),
        ):
            with self.subTest(arguments=arguments):
                self.assert_refused(("monitor", *arguments), words)

    def test_a_folder_that_cannot_be_written_is_named_before_anything_is_watched(self):
        status, out, err = run("monitor", "x.cf32", *RAW, "--detect", "--sigmf", "nosuch/x.sigmf-meta")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("nosuch/x.sigmf-meta", err)


if __name__ == "__main__":
    unittest.main()
