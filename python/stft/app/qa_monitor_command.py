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
from unittest import mock

import numpy as np
from qa_command import InFolder, needs, run, start, unhurried

from gnuradio import stft
from gnuradio.stft.app import detect_command, live_sources, receiver_tags, watchers
from gnuradio.stft.app.files import event_files, quantities
from gnuradio.stft.app.outputs import sigmf_output
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

    def test_the_time_of_the_recording_is_that_of_the_events(self):
        os.rename("x.cf32", "x.sigmf-data")
        with open("x.sigmf-meta", "w", encoding="utf-8") as file:
            json.dump({"global": {"core:datatype": "cf32_le", "core:sample_rate": 1e6, "core:version": "1.2.0"}, "annotations": [],
                       "captures": [{"core:sample_start": 0, "core:datetime": "2026-11-29T03:15:00.5Z"}]}, file)
        for options in ((), ("--start", 0.15, "--stop", 0.35)):
            self.assert_done("detect", "x.sigmf-meta", *options, "-o", "e.jsonl", "-o", "e.sigmf-meta")
            with open("e.jsonl", encoding="utf-8") as file:
                first = lines(file.read())[0]
            seconds = 0.5 + first["sample_start"] / RATE
            self.assertEqual(first["time"], f"2026-11-29T03:15:{seconds:012.9f}Z")
            with open("e.sigmf-meta", encoding="utf-8") as file:
                self.assertEqual(json.load(file)["captures"][0]["core:datetime"], "2026-11-29T03:15:00.500000000Z")

    def test_lines_are_written_as_monitor_writes_them(self):
        self.assert_done("detect", "x.cf32", *RAW, "--center", "433M", "-o", "e.jsonl")
        detector = stft.SignalDetector(RATE, freq_center=433e6, source="x.cf32")
        expected = detector.push_lines(self.x) + detector.finish_lines()
        with open("e.jsonl", encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines(), [line for event, line in expected if event["state"] == "end"])

    @needs("matplotlib")
    def test_the_picture_tells_the_hop_of_the_detector(self):
        pictures = []
        with mock.patch.object(detect_command, "Picture", lambda path, temporary, grid, look: pictures.append((grid, look)) or
                               mock.Mock()):
            for options, hop in (((), 512), (("--hop", 300), 300), (("--n-fft", 256), 128)):
                self.assert_done("detect", "x.cf32", *RAW, *options, "-o", "x.png")
                self.assertIn(f"hop {hop}", pictures[-1][1].subtitle)

    def test_rows_that_are_not_finite_are_told(self):
        self.x[100_000:100_512] = np.inf
        self.x.tofile("x.cf32")
        for verb in ("detect",), ("monitor", "--detect"):
            status, out, err = run(*verb, "x.cf32", *RAW)
            self.assertEqual(status, 0)
            self.assertRegex(err, "3 rows are not searched")
            self.assertTrue(out)

    def test_samples_that_are_too_small_are_told(self):
        (1e-150 * self.x.astype(complex)).tofile("x.cf64")
        for verb in ("detect",), ("monitor", "--detect"):
            status, out, err = run(*verb, "x.cf64", "--dtype", "cf64_le", "--rate", "1M")
            self.assertEqual((status, len(out.splitlines())), (0, int(verb[0] == "detect")))
            self.assertRegex(err, r"\A[^\n]* \d+ rows are not searched, since they hold [^\n]* too small for single precision\n\Z")

    def test_a_band_may_begin_below_0_hz(self):
        for option in "--band", "--ignore":
            out = self.assert_done("detect", "x.cf32", *RAW, option, "-300k:-100k")
            row, = csv.DictReader(out.splitlines())
            self.assertEqual(float(row["freq_lower"]) < 0, option == "--band")

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
            (("--window", "nosuch"), "nosuch"), (("--gap", -1), "detect: gap: -1: "),
            (("--rate", "1e300"), "detect: rate: 1e+300: "), (("--gap-bins", -1), "gap_bins: -1: "), (("--warm-up", -1), "warm_up: -1: "),
            (("--band", "100.1k:100.9k"), "band: 100100:100900: holds no whole bin of 976.6 Hz"),
            (("--band", "100k:200k", "--band", "1k:1.5k"), "band: 1000:1500: holds no whole bin of 976.6 Hz"),
            (("--ignore", "-1M:1M"), "ignore: "), (("--band", "100k:200k", "--ignore", "90k:300k"), "leaves no whole bin"),
            (("--n-fft", 2**21), "n_fft: 2097152: must be less: a detector would take 4 GiB"),
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

    def test_gaps_and_retunes_are_written_as_the_others_are(self):
        watch = watchers.Band(lambda center, time: stft.SignalDetector(RATE, freq_center=center, time=time), 1e6, None)
        watch.push(self.x[:200_000])
        reports = watch.skip(100_000) + watch.push(self.x[:200_000]) + watch.retune(2e6)
        self.assertTrue({"gap", "retune"} <= {event["kind"] for event, _ in reports})
        for event, line in reports:
            self.assertIn('"samp_rate":1000000,', line)
            self.assertEqual(json.loads(line), event)

    def test_an_unknown_rate_has_no_updates(self):
        n = np.arange(400_000)
        np.save("x.npy", (self.x[:400_000] + 3 * np.exp(2j * np.pi * 0.1 * n)).astype(np.complex64))
        for options, updates in (((), False), (("--rate", "1M", "--update-interval", "0.05"), True)):
            status, out, err = run("monitor", "x.npy", "--detect", *options)
            self.assertEqual(status, 0, err)
            self.assertEqual("update" in {e["state"] for e in lines(out)}, updates)

    def test_lines_are_out_before_a_full_disk_is_told(self):
        expected = self.assert_done("monitor", "x.cf32", *RAW, "--detect")
        failing = mock.Mock()
        for method in "add", "finish":
            getattr(failing, method).side_effect = RuntimeError("path: a.sigmf-meta: cannot be written: No space left on device")
        with mock.patch.object(sigmf_output.kernels, "sigmf_file", lambda **_: failing):
            status, out, err = run("monitor", "x.cf32", *RAW, "--detect", "--sigmf", "a.sigmf-meta")
        self.assertEqual((status, out[:len(expected)]), (1, expected))
        event, = lines(out[len(expected):])
        self.assertEqual([event[key] for key in ("kind", "state", "output", "reason")],
                         ["output", "begin", "a.sigmf-meta", "a.sigmf-meta: cannot be written: No space left on device"])
        self.assertEqual(err, "gr_stft monitor: warning: a.sigmf-meta: cannot be written: No space left on device\n")
        self.assertEqual(failing.add.call_count, len(expected.splitlines()))
        failing.finish.side_effect = None  # there is space again
        with mock.patch.object(sigmf_output.kernels, "sigmf_file", lambda **_: failing):
            self.assertEqual(run("monitor", "x.cf32", *RAW, "--detect", "--sigmf", "a.sigmf-meta")[0], 0)

    def test_a_folder_in_the_place_of_the_file_leaves_nothing(self):
        os.mkdir("d.sigmf-meta")
        self.assertEqual(run("monitor", "x.cf32", *RAW, "--detect", "--sigmf", "d.sigmf-meta")[0], 1)
        self.assertEqual(sorted(os.listdir()), ["d.sigmf-meta", "x.cf32"])

    def test_samples_on_standard_input_are_watched_as_they_come(self):
        with start("monitor", "-", *RAW, "--detect", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdin.buffer.write(self.x[:350_001].tobytes() + b"abc")  # ends within a sample
            process.stdin.flush()
            first = json.loads(process.stdout.readline())
            self.assertLess(abs(first["sample_start"] - 300_000), 600)
            self.assertLess(abs(time.time() - quantities.iso_time(first["time"]).timestamp()), 60)
            process.stdin.close()
            self.assertEqual(process.wait(20), 0)
            self.assertEqual(process.stderr.read(),
                             "gr_stft monitor: warning: standard input: ends 3 bytes into a sample of 8: these are left out\n")

    def test_samples_of_a_named_pipe_are_watched_as_they_come(self):
        os.mkfifo("pipe")
        with start("monitor", "pipe", *RAW, "--detect", stdout=subprocess.PIPE) as process:
            with open("pipe", "wb", buffering=0) as pipe:
                pipe.write(self.x[:350_001].tobytes())
                first = json.loads(process.stdout.readline())
            self.assertEqual(first["source"], "pipe")
            self.assertLess(abs(first["sample_start"] - 300_000), 600)
            self.assertEqual((process.wait(20), process.stderr.read()), (0, ""))

    def test_alarms_set_the_exit_status_if_asked_for(self):
        band_scenes.white_noise(0.4, RATE, 5).tofile("quiet.cf32")
        for name, options, status in (("x.cf32", (), 0), ("x.cf32", ("--fail-on-alarm",), 3), ("quiet.cf32", ("--fail-on-alarm",), 0)):
            self.assertEqual(run("monitor", name, *RAW, "--detect", *options)[0], status)

    def test_duration_ends_it(self):
        self.assertEqual(self.assert_done("monitor", "x.cf32", *RAW, "--detect", "--duration", "0.29"), "")

    def test_a_signal_ends_events_and_closes_files(self):
        np.tile(self.x, 10).tofile("long.cf32")
        for number, name in ((signal.SIGINT, "a.sigmf-meta"), (signal.SIGTERM, "a-0002.sigmf-meta")):
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
            with open(name, encoding="utf-8") as file:
                self.assertEqual(len(json.load(file)["annotations"]), len(ends))
            self.assertEqual([name for name in os.listdir() if name.endswith((".part", ".journal"))], [])

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

    def test_no_output_is_read_where_standard_input_is_closed(self):
        process = start("monitor", "-", *RAW, "--detect", "--stall", 0, "-F", "json:lines", stdout=subprocess.PIPE,
                        preexec_fn=lambda: os.close(0))
        self.assertEqual((*process.communicate(timeout=60), process.returncode), ("", "gr_stft monitor: warning: standard input: gave no samples\n", 0))

    def test_what_cannot_be_opened_is_refused_with_the_command_that_lists_what_can(self):
        def fails(words, arguments):
            raise RuntimeError("audio_alsa_source")

        with mock.patch.dict(live_sources.OPEN, audio=fails):
            self.assert_refused(("monitor", "audio=hw:9", "--rate", "48k", "--detect"),
                                "audio=hw:9: cannot be opened: audio_alsa_source; arecord -L lists sound cards")

    def test_a_duration_may_be_endless(self):
        expected = self.assert_done("monitor", "x.cf32", *RAW, "--detect")
        for duration in "inf", "1e308":
            self.assertEqual(self.assert_done("monitor", "x.cf32", *RAW, "--detect", "--duration", duration), expected)

    def test_what_would_take_too_much_memory_is_refused_at_once(self):
        began = time.monotonic()
        self.assert_refused(("monitor", "x.cf32", *RAW, "--detect", "--n-fft", 2**21), "n_fft: 2097152: must be less")
        self.assertLess(time.monotonic() - began, unhurried(5))

    def test_a_folder_that_cannot_be_written_is_named_before_anything_is_watched(self):
        status, out, err = run("monitor", "x.cf32", *RAW, "--detect", "--sigmf", "nosuch/x.sigmf-meta")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("nosuch/x.sigmf-meta", err)


@needs("pmt")
class Live(InFolder):
    """A stream with a receiver's tags, from a flowgraph's vector source."""

    def watch(self, tags, *options):
        """Status, events and standard error."""
        import pmt
        from gnuradio import blocks, gr

        def tag(offset, key, value):
            made = gr.tag_t()
            made.offset, made.key, made.value = offset, pmt.mp(key), value
            return made

        def source(words, arguments):
            return blocks.vector_source_c(samples().tolist(), False, 1, [tag(*each) for each in tags]), np.complex64

        with mock.patch.dict(live_sources.OPEN, zmq=source):
            status, out, err = run("monitor", "zmq=tcp://127.0.0.1:1", "--rate", "1M", "--detect", "--stall", 0, *options)
        return status, lines(out), err

    @staticmethod
    def time(seconds, fraction):
        import pmt
        return pmt.make_tuple(pmt.from_uint64(seconds), pmt.from_double(fraction))

    def assert_bursts(self, events, *expected):
        """(sample, Hz) of the middle of the lower edge, roughly."""
        found = [(e["sample_start"], e["freq_lower"]) for e in events if e["kind"] == "burst" and e["state"] == "end"]
        for pair in expected:  # each is found, and nothing else; a burst may be two events
            self.assertTrue(any(abs(a - c) < 600 and abs(b - d) < 4e3 for a, b in found for c, d in [pair]), found)
        for pair in found:
            self.assertTrue(any(abs(a - c) < 6000 and abs(b - d) < 4e3 for a, b in expected for c, d in [pair]), found)

    def test_values_that_are_no_frequency_are_told_and_ignored(self):
        import pmt
        for value in (pmt.from_complex(1e8 + 1j), pmt.from_double(float("nan")), pmt.from_double(float("inf")), pmt.mp("x"),
                      pmt.PMT_NIL, pmt.PMT_T, pmt.from_double(1e31)):
            with self.subTest(value=pmt.write_string(value)):
                status, events, err = self.watch([(n, "rx_freq", value) for n in (0, 200_000, 200_001)], "--center", "1M")
                self.assertEqual(status, 0)
                self.assert_bursts(events, (300_000, 1.09e6), (400_000, 0.7995e6))
                self.assertRegex(err, r"\Agr_stft monitor: warning: rx_freq ignored: [^\n]+\n\Z")

    def test_what_goes_wrong_in_the_flowgraph_ends_the_watch(self):
        with mock.patch.object(receiver_tags.ReceiverTags, "read", side_effect=KeyError("gone")):
            status, events, err = self.watch([(250_000, "rx_freq", self.time(1, 0.0))])
        self.assertEqual(status, 1)
        self.assertIn("gone", err)

    def test_the_first_frequency_locates_the_samples(self):
        import pmt
        first = (0, "rx_freq", pmt.from_double(100e6))
        for n, options in enumerate(((), ("--center", "433.92M"), ("--center", "100M"))):
            status, events, err = self.watch([first], *options, "--sigmf", f"a{n}.sigmf-meta")
            self.assertEqual((status, err), (0, ""))
            self.assertEqual({e["freq_center"] for e in events}, {100e6})
            self.assertNotIn("retune", {e["kind"] for e in events})
            self.assert_bursts(events, (300_000, 100.09e6), (400_000, 99.7995e6))
            with open(f"a{n}.sigmf-meta", encoding="utf-8") as file:
                self.assertEqual([c["core:frequency"] for c in json.load(file)["captures"]], [100e6])

    def test_frequencies_to_ignore_are_those_of_the_first_tag(self):
        import pmt
        status, events, _ = self.watch([(0, "rx_freq", pmt.from_long(100_000_000))], "--ignore", "99M:100.01M")
        self.assertEqual(status, 0)
        self.assert_bursts(events, (300_000, 100.09e6))

    def test_another_frequency_is_a_retune_even_if_it_is_the_first_tag(self):
        import pmt
        status, events, _ = self.watch([(250_001, "rx_freq", pmt.from_double(101e6))], "--center", "100M", "--sigmf", "a.sigmf-meta")
        self.assertEqual(status, 0)
        retune, = (e for e in events if e["kind"] == "retune")
        self.assertEqual((retune["sample_start"], retune["freq_center"], retune["power_db"]), (250_001, 101e6, None))
        self.assert_bursts(events, (300_000, 101.09e6), (400_000, 100.7995e6))
        with open("a.sigmf-meta", encoding="utf-8") as file:
            captures = json.load(file)["captures"]
        self.assertEqual([(c["core:sample_start"], c["core:frequency"]) for c in captures], [(0, 100e6), (250_001, 101e6)])

    def test_the_receivers_clock_is_that_of_the_events(self):
        status, events, err = self.watch([(0, "rx_time", self.time(1_000_000_000, 0.25))], "--sigmf", "a.sigmf-meta")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(events[0]["time"], r"\A2001-09-09T01:46:40\.(549|55)")
        with open("a.sigmf-meta", encoding="utf-8") as file:
            self.assertEqual(json.load(file)["captures"][0]["core:datetime"], "2001-09-09T01:46:40.250000000Z")

    def test_lost_samples_are_counted_by_the_clock_or_the_overflow(self):
        import pmt
        at = 200_000
        start = (0, "rx_time", self.time(1000, 0.0))
        number = (at, "rx_overflow", pmt.from_long(70_000))
        for tags, lost in (
            ([number], 70_000), ([(at, "overflow", pmt.from_double(70_000.0))], 70_000),
            ([start, (at, "rx_time", self.time(1000, 0.3))], 100_000), ([start, number, (at, "rx_time", self.time(1000, 0.3))], 100_000),
            ([start, (at, "rx_time", self.time(1000, 0.2001))], 0),   # within half a row
            ([start, (at, "rx_time", self.time(999, 0.0))], 0),       # the clock was set back
            ([start, (at, "rx_time", pmt.mp("x"))], 0), ([start, (at, "rx_overflow", pmt.mp("x"))], 0),
        ):
            with self.subTest(tags=[(n, key, pmt.write_string(value)) for n, key, value in tags]):
                status, events, err = self.watch(tags)
                self.assertEqual(status, 0)
                self.assert_bursts(events, (300_000 + lost, 90e3), (400_000 + lost, -200.5e3))
                gaps = [(e["sample_start"], e["sample_count"]) for e in events if e["kind"] == "gap"]
                self.assertEqual(gaps, [(at, lost)] * bool(lost))
                self.assertEqual(f"{lost} samples were lost" in err, bool(lost))

    def test_lost_samples_take_their_part_of_the_duration(self):
        import pmt
        _, events, _ = self.watch([(200_000, "rx_overflow", pmt.from_long(70_000))], "--duration", "0.36")
        self.assertEqual([e["kind"] for e in events if e["kind"] == "gap"], ["gap"])
        self.assertEqual([e["kind"] for e in events if e["kind"] == "burst"], [])


if __name__ == "__main__":
    unittest.main()
