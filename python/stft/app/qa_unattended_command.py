#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft monitor left alone: configuration, full disks, sources that stall or end, signals, a service; and gr_stft day."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from unittest import mock

import numpy as np
from qa_command import InFolder, needs, run, start, unhurried

from gnuradio.stft.app import live_sources
from gnuradio.stft.app.files import stored_rows
from gnuradio.stft.bench import band_scenes

RATE = 1e6
RAW = ("--dtype", "cf32_le", "--rate", "1M")
UNIT = os.path.normpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "..", "examples", "service",
                                     "gr_stft-monitor@.service"))


def samples(seconds=0.6):
    scene = band_scenes.Scene(band_scenes.white_noise(seconds, RATE, 1), RATE, [])
    rng = np.random.default_rng(1)
    band_scenes.add(scene, "noise", 300_000, 20_000, 100e3, 20e3, 15, rng)
    band_scenes.add(scene, "tone", 400_000, 30_000, -200e3, 1e3, 15, rng)
    return scene.samples


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def metadata(files):
    found = []
    for stored in files:
        with open(f"{stored.path[:-4]}.json", encoding="utf-8") as file:
            found.append(json.load(file))
    return found


class Configuration(InFolder):

    def write(self, text, name="c.toml"):
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def test_a_file_holds_what_options_hold(self):
        samples().tofile("x.cf32")
        options = ("--center", "433.92M", "--n-fft", 512, "--ignore", "400M:401M", "--ignore", "500M:501M", "--min-snr", 3, "--window",
                   "kaiser:8.6", "--steps", "--duration", "500ms")
        self.write('source = "x.cf32"\nrate = "1M"\ndtype = "cf32_le"\ncentre = 433920000\ndetect = true\nsteps = true\n[frames]\n'
                   'n-fft = 512\nwindow = "kaiser:8.6"\n[detection]\nignore = ["400M:401M", "500M:501M"]\nmin_snr = 3\nduration = "500ms"\n')
        expected = self.assert_done("monitor", "x.cf32", *RAW, "--detect", *options)
        self.assertTrue(expected)
        self.assertEqual(self.assert_done("monitor", "--config", "c.toml"), expected)
        self.assertEqual(self.assert_done("monitor", "--config", "c.toml", "--check"), "c.toml: nothing is wrong\n")

    def test_options_of_the_command_line_win(self):
        samples().tofile("x.cf32")
        self.write('source = "nosuch"\nrate = "2M"\ndtype = "cu8"\ndetect = true\nn-fft = 4096\nignore = "0:400k"\nmin_snr = 40\n')
        for options in (("--n-fft", 1024, "--min-snr", 0), ("--n-fft", 256, "--min-snr", 3)):
            expected = self.assert_done("monitor", "x.cf32", *RAW, "--detect", "--ignore", "-300k:-100k", *options)
            self.assertEqual(self.assert_done("monitor", "x.cf32", *RAW, "--config", "c.toml", "--ignore", "-300k:-100k", *options), expected)

    def test_check_says_what_is_wrong_by_line(self):
        for text, expected in (
            ('detect = true\nsource = "x"\nn_ftt = 3\nrate = "fast"\nsteps = 1\nminsnr = 1\nunit = "feet"\n',
             ["3: n_ftt: is no option; there is n-fft", "4: rate: 'fast'", "5: steps: ", "6: minsnr: is no option; there is min-snr",
              "7: unit: 'feet'"]),
            ('detect = true\nsource = "x"\n\nn-fft = 8\n', ["4: n_fft: 8: "]),
            ('detect = true\nsource = "x"\nrotate = 0.5\n', ["3: rotate: 0.5: "]),
            ('detect = true\nsource = "x"\nspectrogram = "nosuch"\n', ["3: spectrogram: nosuch: "]),
            ('detect = true\nsource = "x"\nformat = ["json", "mqtt://host"]\n', ["3: format: 'mqtt://host'"]),
            ('detect = true\nsource = "x"\nrate = "1M"\nsamp_rate = "2M"\n', ["4: samp_rate: is given twice"]),
            ('detect = true\nsource = \n', ["2: "]), ("detect = tr\n", ["1: "]), ("detect = true\ndetect = true\n", ["2: "]),
            ('detect = true\nsource = "x"\nn-fft = "big"\nhop = 2.5\nmin-snr = "no"\n"x\\ny" = 1\n',
             ["3: n-fft: 'big': must be a whole number", "4: hop: 2.5: must be a whole number", "5: min-snr: 'no': must be a number", " x y: is no"]),
            ('source = "x"\n', [" monitor: nothing to watch for"]), ("detect = true\n", [" source: missing"]),
        ):
            with self.subTest(text=text):
                self.write(text)
                status, out, err = run("monitor", "--config", "c.toml", "--check")
                self.assertEqual((status, out), (2, ""))
                self.assertEqual(len(err.splitlines()), len(expected), err)
                for line, words in zip(err.splitlines(), expected):
                    self.assertTrue(line.startswith(f"c.toml:{words}"), (line, words))
                self.assert_refused(("monitor", "--config", "c.toml"), f"c.toml:{expected[0]}")

    def test_a_mark_of_the_byte_order_is_no_fault(self):
        self.write('\ufeffsource = "x"\ndetect = true\n')
        self.assert_done("monitor", "--config", "c.toml", "--check")

    def test_what_outputs_cannot_be_is_refused_in_one_line(self):
        for options, words in (
            (("-F", "xml"), "json, csv"), (("-F", "json", "-F", "csv"), "csv:FILE"), (("-F", "udp://host"), "udp://HOST:PORT"),
            (("-F", "mqtt://h:99999/t"), "range"), (("-F", "mqtt://h/a/#"), "topic"), (("-F", "mqtt://h/a?version=4"), "version must be 5"),
            (("--metrics", "65536"), "9100"), (("--png",), "--spectrogram"), (("--record-limit", "5G"), "--record-events"),
            (("--record-limit", "5 apples"), "10G"), (("--record-events", "nosuch"), "folder"), (("--row-rate", "0"), "row_rate"),
            (("--pre", "-1"), "pre"), (("--stall", "-1"), "stall"), (("--check",), "--config"), (("--config", "nosuch"), "nosuch"),
        ):
            with self.subTest(options=options):
                self.assert_refused(("monitor", "x.cf32", *RAW, "--detect", *options), words, status=1 if "nosuch" in options[0:2] and
                                    options[0] == "--config" else 2)


    def test_no_file_that_is_written_is_the_source_the_configuration_or_written_twice(self):
        write_recording(samples())
        kept = {name: pathlib.Path(name).read_bytes() for name in ("x.sigmf-data", "x.sigmf-meta")}
        self.write("detect = true\n")
        for options, words in (
            (("-F", "json:x.sigmf-data"), "format: x.sigmf-data: is the source"), (("-F", "csv:./x.sigmf-meta"), "format: ./x.sigmf-meta: is"),
            (("--sigmf", "x.sigmf-meta"), "sigmf: x.sigmf-meta: is the source"), (("-F", "json:c.toml"), "format: c.toml: is the configuration"),
            (("-F", "json:a", "-F", "csv:./a"), "format: ./a: is given twice"), (("--sigmf", "nosuch/a.sigmf-meta"), "monitor: sigmf: nosuch/a"),
        ):
            for source in kept:
                with self.subTest(options=options, source=source):
                    self.assert_refused(("monitor", source, "--config", "c.toml", *options), words, status=1 if "nosuch" in words else 2)
        for name, data in kept.items():
            self.assertEqual(pathlib.Path(name).read_bytes(), data)
        self.assert_done("monitor", "x.sigmf-meta", "--detect", "-F", "json:/dev/null", "-F", "csv:/dev/null")
        for source in kept:
            self.assert_refused(("detect", source, "-o", "{input}.sigmf-meta"), "output: x.sigmf-meta: is the input")
            self.assert_refused(("batch", "detect", "-o", "{input}.sigmf-meta", "--", source, "-o", "."), "is the input")


def write_recording(x):
    x.tofile("x.sigmf-data")
    with open("x.sigmf-meta", "w", encoding="utf-8") as file:
        json.dump({"global": {"core:datatype": "cf32_le", "core:sample_rate": 1e6, "core:version": "1.2.0"}, "annotations": [],
                   "captures": [{"core:sample_start": 0, "core:datetime": "2026-11-29T23:59:59.5Z"}]}, file)


class Day(InFolder):

    def store(self, **more):
        write_recording(samples(1.2))
        os.mkdir("rows")
        options = [word for key, value in more.items() for word in (f"--{key}", *([value] if value is not True else []))]
        self.assert_done("monitor", "x.sigmf-meta", "--detect", "--spectrogram", "rows", "--rotate", 1, "--row-rate", 100, *options)

    @needs("matplotlib")
    def test_a_day_of_rows_becomes_a_picture_and_a_file(self):
        self.store()
        files = stored_rows.stored_files("rows")
        self.assertEqual([(file.begin % 86400, file.bins) for file in files], [(86399.5, 1024), (files[1].begin % 86400, 1024)])
        self.assertLess(files[1].begin % 86400, 0.02)
        self.assertLess(abs(files[1].frequencies[512]), 1e-9)
        out = self.assert_done("day", "rows", "-o", "d.png", "--from", "2026-11-29T12:00:00Z", "--to", "2026-11-30T12:00:00Z")
        self.assertIn("--from 2026-11-29T23:59:59Z --to 2026-11-30T00:00:01Z", out)  # little of a day is stored: where it lies
        out = self.assert_done("day", "rows", "-o", "d.npz", "-o", "d.png", "--from", "2026-11-30T00:00:00Z", "--to", "2026-11-30T00:00:01Z")
        self.assertNotIn("--from", out)
        with open("d.png", "rb") as file:
            self.assertEqual(file.read(4), b"\x89PNG")
        with np.load("d.npz") as stored:
            power = stored["power"]
            meta = json.loads(str(stored["meta"]))
        self.assertEqual(meta["time"], "2026-11-30T00:00:00Z")
        rows = np.load(files[1].path)
        filled = np.isfinite(power[0])
        self.assertTrue(30 <= filled.sum() <= len(rows))
        np.testing.assert_allclose(np.nanmean(power, axis=1), rows.mean(axis=0), rtol=0.2)
        self.assert_done("day", "rows", "--day", "2026-11-29")
        self.assertTrue(os.path.exists("2026-11-29.png"))
        for options, words in ((("--day", "2026-11-28"), "has no rows"), (("--day", "soon"), "2026-11-29"), (("--to", "2026-11-29T00:00:00Z"), "--from"),
                               (("-o", "x.txt"), ".png"), (("--rows", 0), "rows")):
            self.assert_refused(("day", "rows", *options), words)

    def test_files_that_are_completed_or_removed_while_they_are_read_stop_nothing(self):
        self.store()
        whole = stored_rows.stored_files("rows")
        rows = [np.load(file.path) for file in whole]
        os.rename(whole[0].path, whole[0].path + ".part")
        found = stored_rows.stored_files("rows")
        os.rename(found[0].path, whole[0].path)
        os.unlink(found[1].path)
        (first, begin), (second, _) = (file.between(0.0, 1e12) for file in found)
        np.testing.assert_array_equal(first, rows[0])
        self.assertEqual((begin, second.shape), (whole[0].begin, (0, 1024)))
        with mock.patch.object(stored_rows.os.path, "getsize", side_effect=FileNotFoundError):
            self.assertEqual(stored_rows.stored_files("rows"), [])

    def test_a_day_of_other_values_than_rows_is_refused(self):
        self.store()
        stem = sorted(name[:-4] for name in os.listdir("rows") if name.endswith(".npy"))[0]
        path = f"rows/{stem}.npy"
        rows = np.load(path)
        for values, words in (
            (rows.astype(np.float64), f"values of float64, shape {rows.shape}: must be rows of 1024 float32"), (rows.astype(">f4"), "values of >f4"),
            (np.asfortranarray(rows), "must be rows of 1024 float32"), (rows[:, :512], f"shape ({len(rows)}, 512)"), (rows.ravel(), "must be rows"),
        ):  # fmt: skip
            np.save(path, values)
            for stored in path, "rows":
                with self.subTest(stored=stored, dtype=values.dtype, shape=values.shape):
                    self.assert_refused(("day", stored, "-o", "d.npz"), f"{path}: ", words)
        pathlib.Path(path).write_bytes(b"x" * 500000)
        self.assert_refused(("day", path, "-o", "d.npz"), f"{path}: has no header of an NPY file")
        with open(path, "wb") as file:
            file.write(bytes(128) + rows.tobytes())
        os.rename(path, path + ".part")
        self.assert_done("day", path + ".part", "-o", "d.npz")  # as it is before its header is written
        os.remove(path + ".part")
        np.save(path, rows)
        self.assert_done("day", "rows", "-o", "d.npz")

    @needs("matplotlib")
    @needs("h5py")
    def test_each_complete_file_gets_its_picture_and_hdf5(self):
        import h5py
        self.store(png=True, hdf5=True)
        stems = sorted(name[:-4] for name in os.listdir("rows") if name.endswith(".npy"))
        self.assertEqual(len(stems), 2)
        for stem in stems:
            with open(f"rows/{stem}.png", "rb") as file:
                self.assertEqual(file.read(4), b"\x89PNG")
            with h5py.File(f"rows/{stem}.h5") as stored:
                np.testing.assert_allclose(stored["power"][()].T, np.load(f"rows/{stem}.npy"), rtol=1e-6)
                self.assertEqual(json.loads(stored.attrs["meta"])["source"], "x.sigmf-meta")
                self.assertEqual(json.loads(stored.attrs["meta"])["time"][:10], "2026-11-29" if stem == stems[0] else "2026-11-30")


@needs("pmt")
class Sources(InFolder):

    def test_a_source_that_ends_is_reported_and_opened_again(self):
        from gnuradio import blocks
        x, opened = samples(), []

        def source(words, arguments):
            opened.append(time.monotonic())
            if len(opened) == 2:
                raise RuntimeError("no such device")
            return blocks.vector_source_c(x.tolist(), False), np.complex64

        with mock.patch.dict(live_sources.OPEN, zmq=source), mock.patch.object(live_sources, "_FIRST_PAUSE", 0.1):
            status, out, err = run("monitor", "zmq=x", "--rate", "1M", "--detect", "--duration", 1.2)
        self.assertEqual((status, len(opened)), (0, 3))
        self.assertGreater(opened[2] - opened[1], 0.2)  # pauses grow
        found = lines(out)
        changes = [(e["state"], e["reason"]) for e in found if e["kind"] == "source"]
        self.assertEqual([state for state, _ in changes], ["begin", "end"])
        self.assertEqual(changes[0][1], "the stream has ended")
        gap, = (e for e in found if e["kind"] == "gap")
        self.assertEqual(gap["sample_start"], 600_000)
        self.assertGreater(gap["sample_count"], 100_000)
        self.assertIn("samples were lost", err)

    def test_a_source_that_stalls_is_reported_and_what_it_lost_is_counted(self):
        from gnuradio import gr

        class Stalling(gr.sync_block):
            """Noise for a tenth of a second, then none for half a second, then noise."""

            def __init__(self):
                gr.sync_block.__init__(self, "stalling", None, [np.complex64])
                self._began = time.monotonic()

            def work(self, input_items, output_items):
                if first and self._began + 0.1 < time.monotonic() < self._began + 0.5:
                    time.sleep(0.02)
                    return 0
                time.sleep(0.01)
                out = output_items[0][:5000]
                out[:] = np.random.default_rng().standard_normal(len(out))
                return len(out)

        first = [True]

        def source(words, arguments):
            made = Stalling()
            if len(first) > 1:
                first.clear()
            first.append(True) if first else None  # pylint: disable=expression-not-assigned
            return made, np.complex64

        with mock.patch.dict(live_sources.OPEN, zmq=source), mock.patch.object(live_sources, "_FIRST_PAUSE", 0.1):
            status, out, _ = run("monitor", "zmq=x", "--rate", "500k", "--detect", "--stall", 0.2, "--duration", unhurried(1))
        self.assertEqual(status, 0)
        found = lines(out)
        told = [e for e in found if e["kind"] == "source"]
        self.assertEqual([e["state"] for e in told][:2], ["begin", "end"])  # a busy machine's stalls may follow
        self.assertRegex(told[0]["reason"], "no samples for 0.[2-9] s")
        self.assertTrue([e for e in found if e["kind"] == "gap" and e["sample_count"] > 50_000], found)

    def test_the_clock_of_the_system_corrects_that_of_the_samples(self):
        clock = live_sources.SampleClock(1000.0)
        found = []
        for second in range(1, 3000):  # the source is fast by 100 millionths, and comes up to 50 ms late
            now = 5000 + second * (1 - 100e-6)
            piece = live_sources.Piece(np.zeros(1000, np.complex64), arrived=now + 0.05 * (second % 7) / 7)
            correction = clock.correction(piece, second > 1)
            if correction is not None:
                found.append((second, sum(correction) - (now - 1)))
        self.assertEqual(found[0][0], 1)
        self.assertEqual(len(found), 2)
        self.assertLess(abs(found[1][1]), 0.06)
        told = live_sources.SampleClock(1000.0)
        told.is_told()
        self.assertIsNone(told.correction(live_sources.Piece(np.zeros(10, np.complex64), arrived=1.0), False))


class Unattended(InFolder):

    def test_a_signal_in_the_middle_of_rotations_leaves_only_complete_files(self):
        np.tile(samples(), 20).tofile("long.cf32")
        os.mkdir("rows")
        os.mkdir("clips")
        with start("monitor", "long.cf32", *RAW, "--detect", "--realtime", "--spectrogram", "rows", "--rotate", 1, "--row-rate", "all",
                   "--record-events", "clips", "--sigmf", "a.sigmf-meta", "-F", "csv:e.csv", "-F", "json",
                   stdout=subprocess.PIPE) as process:
            while json.loads(process.stdout.readline())["sample_start"] < 900_000:
                pass
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read()
            self.assertEqual(process.wait(20), 128 + signal.SIGTERM)
            self.assertLess(time.monotonic() - began, unhurried(2))
            self.assertEqual(process.stderr.read(), "")
        self.assertTrue(lines(rest))
        for folder, _, names in os.walk("."):
            self.assertEqual([name for name in names if name.endswith(".part") or name.startswith(".")], [], folder)
        files = stored_rows.stored_files("rows")
        self.assertGreater(len(files), 1)
        metas = metadata(files)
        self.assertEqual(metas[-1]["ended_by"], "stop")
        for meta, following in zip(metas, metas[1:]):
            self.assertEqual(meta["sample_start"] + meta["rows"] * meta["hop"], following["sample_start"])
        clips = os.listdir("clips")
        self.assertEqual(len([name for name in clips if name.endswith("meta")]) * 2, len(clips))
        self.assertGreater(len(clips), 2)

    def test_a_signal_ends_a_watch_whose_reader_sleeps_and_saves_its_state(self):
        rng = np.random.default_rng(1)
        np.tile(rng.standard_normal(50_000), 400).astype(np.float32).tofile("x.rf32")
        with start("monitor", "x.rf32", "--dtype", "rf32_le", "--rate", 5000, "--band", "10:1000", "--alarm", "10", "--trend", 1,
                   "--hold", "2s,2s", "--state", "state", stdout=subprocess.PIPE) as process:
            process.stdout.buffer.read(1)
            time.sleep(1)  # the pipe is full
            os.unlink("state")
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(20), 128 + signal.SIGTERM)
            self.assertLess(time.monotonic() - began, unhurried(2))
            with open("state", encoding="utf-8") as file:
                self.assertIn("band alarms", json.load(file)["sections"])

    @unittest.skipUnless(os.getuid() == 0, "mounting a file system needs root")
    def test_a_full_disk_is_an_event_and_loses_no_row(self):
        os.mkdir("rows")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "rows"], capture_output=True, check=False).returncode:
            self.skipTest("a file system cannot be mounted")
        self.addCleanup(subprocess.run, ["umount", os.path.abspath("rows")], check=False)
        np.tile(samples(), 6).tofile("long.cf32")
        with start("monitor", "long.cf32", *RAW, "--detect", "--realtime", "--spectrogram", "rows", "--rotate", 1, "--row-rate", 100,
                   stdout=subprocess.PIPE) as process:
            events = []
            while not events or events[-1]["kind"] != "output":
                events.append(json.loads(process.stdout.readline()))
            self.assertEqual((events[-1]["state"], events[-1]["output"]), ("begin", "rows"))
            self.assertIn("No space left", events[-1]["reason"])
            subprocess.run(["mount", "-o", "remount,size=64m", "rows"], check=True)
            out, err = process.stdout.read(), process.stderr.read()
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual([e["state"] for e in lines(out) if e["kind"] == "output"], ["end"])
        metas = metadata(stored_rows.stored_files("rows"))
        self.assertEqual(metas[0]["sample_start"], 0)
        for meta, following in zip(metas, metas[1:]):
            self.assertEqual(meta["sample_start"] + meta["rows"] * meta["hop"], following["sample_start"])
        self.assertGreater(metas[-1]["sample_start"] + metas[-1]["rows"] * metas[-1]["hop"], 3_590_000)

    def test_systemd_hears_of_the_watch(self):
        samples().tofile("x.cf32")
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"{folder}/notify")
            with mock.patch.dict(os.environ, NOTIFY_SOCKET=f"{folder}/notify", WATCHDOG_USEC="400000"):
                self.assertEqual(run("monitor", "x.cf32", *RAW, "--detect", "--realtime")[0], 0)
            manager.setblocking(False)
            heard = []
            try:
                while True:
                    heard.append(manager.recv(1000).decode())
            except BlockingIOError:
                pass
        self.assertEqual((heard[0], heard[-1]), ("READY=1", "STOPPING=1"))
        self.assertGreater(heard.count("WATCHDOG=1"), 1)

    def test_a_watch_that_hangs_is_silent_until_it_is_started_again(self):
        np.tile(samples(), 40).tofile("x.cf32")
        # as systemd ends it after the watchdog's time, and at its stop; a path, and the abstract name of a container
        for name, ends_by in ((os.path.abspath("notify"), signal.SIGABRT), (f"@gr_stft-{os.getpid()}", signal.SIGTERM)):
            with self.subTest(name=name), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(name.replace("@", "\0"))
                manager.settimeout(20)
                with start("monitor", "x.cf32", *RAW, "--detect", "--realtime", "--sigmf", "a.sigmf-meta", stdout=subprocess.DEVNULL,
                           environment={"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "1000000"}) as process:
                    self.assertEqual(manager.recv(1000), b"READY=1")
                    alive = [self.next_sign_of_life(manager) for _ in range(4)]
                    self.assertLess(max(np.diff(alive)), 0.95)
                    if ends_by == signal.SIGABRT:
                        process.send_signal(signal.SIGSTOP)
                        manager.settimeout(1.0)
                        with self.assertRaises(TimeoutError):
                            while True:
                                self.next_sign_of_life(manager)
                    process.send_signal(ends_by)
                    process.send_signal(signal.SIGCONT)
                    began = time.monotonic()
                    process.communicate(timeout=20)
                    self.assertEqual(process.returncode, -signal.SIGABRT if ends_by == signal.SIGABRT else 128 + signal.SIGTERM)
                    self.assertLess(time.monotonic() - began, unhurried(2))
        self.assertEqual([name for name in os.listdir() if name.endswith((".part", ".journal"))], [])

    def next_sign_of_life(self, manager):
        while manager.recv(1000) != b"WATCHDOG=1":
            pass
        return time.monotonic()

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_has_nothing_to_say_about_the_unit(self):
        with open(UNIT, encoding="utf-8") as file:
            text = file.read()
        with open("gr_stft-monitor@.service", "w", encoding="utf-8") as file:
            file.write(text.replace("/usr/bin/gr_stft", "/bin/true"))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", "./gr_stft-monitor@.service"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
