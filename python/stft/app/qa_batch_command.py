#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft batch: files, pieces, manifests, names, refusals."""

import argparse
import concurrent.futures
import contextlib
import fcntl
import filecmp
import functools
import importlib.util
import json
import os
import pty
import shutil
import struct
import subprocess
import sys
import termios
import types
import unittest
from unittest import mock

import numpy as np
from qa_command import _PACKAGES, _SCRIPT, InFolder, complex_noise, needs, noise, run

from gnuradio import stft
from gnuradio.stft import batching
from gnuradio.stft.app import batch_command, batch_inputs, batch_manifest, batch_tasks, command, jobs
from gnuradio.stft.app.pictures import spectrogram_picture

NPZ = ("spectrogram", "-o", "{input}.npz")
ESTIMATE = mock.patch.dict(os.environ, {"GR_STFT_PLANNER": "estimate"})


def setUpModule():
    ESTIMATE.start()


def tearDownModule():
    ESTIMATE.stop()


def lines(path="out/manifest.jsonl"):
    with open(path, encoding="ascii") as file:
        return [json.loads(line) for line in file]


def whole_lines(path):
    """How many lines there are now."""
    try:
        with open(path, "rb") as file:
            return file.read().count(b"\n")
    except FileNotFoundError:
        return 0


def make(count, folder="in", length=3000, seed=0):
    """Recordings 000.npy ... of noise."""
    os.makedirs(folder, exist_ok=True)
    for number in range(count):
        np.save(os.path.join(folder, f"{number:03}.npy"), noise(length, seed + number))


def same(*paths):
    return filecmp.cmp(*paths, shallow=False)


def batch(test, *arguments, status=0):
    """What the command prints on both streams; its status is as expected."""
    got, out, err = run("batch", *arguments)
    test.assertEqual(got, status, err)
    return out + err


class Here(concurrent.futures.Executor):
    """Calls at once, in this process."""

    def submit(self, function, /, *arguments, **keywords):
        future = concurrent.futures.Future()
        future.set_result(function(*arguments, **keywords))
        return future


class InProcess(InFolder):
    """Starts no processes, whose beginning takes longer than what they do here."""

    def setUp(self):
        super().setUp()
        patch = mock.patch.object(batching, "_crew", lambda function, *_: batching._Others(function, Here()))
        patch.start()
        self.addCleanup(patch.stop)


class Files(InFolder):
    """By processes of this machine."""

    def test_outputs_are_to_the_bit_those_of_one_process(self):
        make(5)
        for verb, endings, options in (
                ("spectrogram", (".npz", ".png"), ("--n-fft", 256)), ("detect", (".csv", ".jsonl"), ("--n-fft", 64)),
                ("learn", (".npz", ".csv"), ("--share", "constant", "--n-fft", 128)),
                ("levels", (".csv", ".npz"), ("--rate", "8k", "--band", "100:1k")),
                ("diagnose", (".json",), ("--rate", "20k", "--speed", 200, "--bearing", "8,0.235,1.245"))):
            if verb == "spectrogram":
                complex_noise(5000).astype(np.complex64).tofile("in/z_433.92M_250k.cf32")
            elif verb == "levels":  # which are of real samples
                os.unlink("in/z_433.92M_250k.cf32")
            outputs = [word for ending in endings for word in ("-o", "{input}" + ending)]
            with self.subTest(verb):
                batch(self, "--jobs", 2, verb, *options, *outputs, "--", "in", "-o", f"out-{verb}")
                os.mkdir(f"one-{verb}")
                outputs = [word for ending in endings for word in ("-o", f"one-{verb}/{{input}}{ending}")]
                names = sorted(f"in/{name}" for name in os.listdir("in"))
                self.assertEqual(run(verb, *options, *outputs, *names)[0], 0)
                made = sorted(os.listdir(f"one-{verb}"))
                self.assertEqual(len(made), len(names) * len(endings))
                self.assertEqual(sorted(os.listdir(f"out-{verb}")), sorted([*made, "manifest.jsonl"]))
                for name in made:
                    self.assertTrue(same(f"one-{verb}/{name}", f"out-{verb}/{name}"), name)

    def test_a_thousand_small_files(self):
        make(1000, length=500)
        out = batch(self, *NPZ, "--", "in", "-o", "out")
        self.assertIn("1000 files: 1000 done, 0 failed in ", out)
        entries = lines()
        self.assertEqual(sorted(entry["input"] for entry in entries), [os.path.abspath(f"in/{n:03}.npy") for n in range(1000)])
        self.assertEqual({entry["status"] for entry in entries}, {"done"})
        self.assertEqual(sorted(os.listdir("out")), sorted([*(f"{n:03}.npz" for n in range(1000)), "manifest.jsonl"]))

    def test_a_failed_file_does_not_stop_the_others(self):
        make(3)
        with open("in/001.npy", "w", encoding="ascii") as file:
            file.write("broken")
        out = batch(self, "--jobs", 2, *NPZ, "--", "in", "absent.npy", "-o", "out", status=1)
        self.assertRegex(out, r"4 files: 2 done, 2 failed in [\d.]+ s; out/manifest.jsonl")
        self.assertRegex(out, r"(?m)^gr_stft batch: in/001.npy: ")
        self.assertRegex(out, r"(?m)^gr_stft batch: absent.npy: No such file")
        failed = {os.path.basename(entry["input"]): entry for entry in lines() if entry["status"] == "failed"}
        self.assertEqual(set(failed), {"001.npy", "absent.npy"})
        self.assertEqual(failed["absent.npy"]["error"], "absent.npy: No such file or directory")
        self.assertEqual({entry["exit"] for entry in failed.values()}, {2})  # as the verb alone has it
        self.assertEqual((failed["absent.npy"]["size"], failed["absent.npy"]["outputs"]), (None, []))
        self.assertEqual(sorted(os.listdir("out")), ["000.npz", "002.npz", "manifest.jsonl"])

    @needs("soundfile")
    def test_channels_have_their_own_outputs_and_pieces(self):
        import soundfile
        x = np.stack([noise(60_000, 1), noise(60_000, 2)], 1).astype(np.float32)
        x[50_000, 0] = x[100, 1] = x[40_000, 1] = np.nan
        soundfile.write("two.wav", x, 8000, subtype="FLOAT")
        words = ("spectrogram", "--channel", "all", "-o", "{input}.{channel}.npz")
        batch(self, "--piece", 2**14, *words, "--", "two.wav", "-o", "out")
        [entry] = lines()
        self.assertEqual(entry["outputs"], ["two.0.npz", "two.1.npz"])
        self.assertGreater(entry["pieces"], 2)
        self.assertEqual([warning.split(" are ")[0] for warning in entry["warnings"]], ["two.wav: 1 samples", "two.wav: 2 samples"])
        self.assertEqual(run(*words, "two.wav")[0], 0)
        for name in entry["outputs"]:
            self.assertTrue(same(name, f"out/{name}"), name)

    def test_the_bar_has_rate_and_time_left(self):
        make(30)
        terminal, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("4H", 24, 100, 0, 0))
        process = subprocess.Popen([sys.executable, _SCRIPT, "batch", *NPZ, "--", "in", "-o", "out"], stdout=end, stderr=end,
                                   env={**os.environ, "PYTHONPATH": _PACKAGES})
        os.close(end)
        shown = b""
        with contextlib.suppress(OSError):
            while piece := os.read(terminal, 4096):
                shown += piece
        os.close(terminal)
        self.assertEqual(process.wait(), 0, shown)
        if importlib.util.find_spec("tqdm"):
            self.assertRegex(shown.decode(), r"\d+/30 files \[\d\d:\d\d < \d\d:\d\d, +[\d.]+( files/s|s/ files)")
        self.assertIn(b"30 files: 30 done", shown)

    def test_nothing_else_is_printed(self):
        make(1)
        status, out, err = run("batch", *NPZ, "--", "in", "-o", "out")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"\A1 file: 1 done, 0 failed in [\d.]+ s; out/manifest.jsonl\n\Z")


class Entries(InProcess):
    """Lines of the manifest, and what follows from them."""

    def test_a_line_says_what_became_of_a_file(self):
        make(1)
        batch(self, *NPZ, "--", "in/000.npy", "-o", "out")
        [entry] = lines()
        status, result = os.stat("in/000.npy"), os.stat("out/000.npz")
        self.assertRegex(entry.pop("parameters"), r"\A[0-9a-f]{16}\Z")
        self.assertRegex(entry.pop("ended"), r"\A20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\d\+00:00\Z")
        self.assertGreater(entry.pop("seconds"), 0)
        self.assertIn("rate is not recorded", entry.pop("warnings")[0])
        self.assertEqual(entry, {
            "input": os.path.abspath("in/000.npy"), "verb": "spectrogram", "status": "done", "version": stft.__version__,
            "size": status.st_size, "mtime_ns": status.st_mtime_ns, "outputs": ["000.npz"], "bytes": [result.st_size],
            "exit": 0, "error": None, "pieces": 1})

    def test_skip_existing_goes_by_options_input_and_outputs(self):
        make(4)
        skipping = ("--skip-existing", *NPZ)
        batch(self, *skipping, "--", "in", "-o", "out")
        self.assertIn("0 done, 0 failed, 4 skipped", batch(self, *skipping, "--", "in", "-o", "out"))
        before = {entry["input"]: entry["ended"] for entry in lines()}
        os.utime("in/000.npy", ns=(1, 1))
        os.unlink("out/001.npz")
        os.truncate("out/002.npz", 100)
        self.assertIn("3 done, 0 failed, 1 skipped", batch(self, *skipping, "--", "in", "-o", "out"))
        after = {entry["input"]: entry["ended"] for entry in lines()}
        self.assertEqual(len(lines()), 4)
        self.assertEqual([os.path.basename(path) for path in before if before[path] == after[path]], ["003.npy"])
        self.assertIn("4 done", batch(self, *skipping, "--n-fft", 64, "--", "in", "-o", "out"))
        self.assertIn("4 skipped", batch(self, *skipping, "--n-fft", "64", "--window", "hann", "--", "in", "-o", "out"))
        self.assertIn("4 done", batch(self, *NPZ, "--n-fft", 64, "--", "in", "-o", "out"))
        self.assertEqual(len(lines()), 4)

    def test_samples_beside_metadata_and_files_that_options_name_count(self):
        os.mkdir("in")
        np.ones(2000, np.complex64).tofile("in/a.sigmf-data")
        with open("in/a.sigmf-meta", "w", encoding="utf-8") as file:
            json.dump({"global": {"core:datatype": "cf32_le", "core:sample_rate": 1e3, "core:version": "1.0.0"}, "captures": [],
                       "annotations": []}, file)
        words = ("--skip-existing", *NPZ, "--", "in", "-o", "out")
        batch(self, *words)
        self.assertIn("1 skipped", batch(self, *words))
        self.assertEqual(lines()[0]["size"], sum(os.path.getsize(f"in/{name}") for name in os.listdir("in")))
        np.zeros(1000, np.complex64).tofile("in/a.sigmf-data")
        self.assertIn("1 done", batch(self, *words))
        names = []
        for factor in 0.5, 0.25:
            np.save("mask.npy", np.full(round(100 / factor), factor))
            names.append(batch_manifest.parameters_hash(batch_tasks.arguments_of(("denoise", "--mask", "mask.npy"), "x", "folder")))
        self.assertNotEqual(*names)

    def test_failed_files_are_tried_again(self):
        make(2)
        os.makedirs("out/001.npz")
        words = ("--skip-existing", *NPZ, "--", "in/000.npy", "in/001.npy", "-o", "out")
        self.assertIn("out/001.npz: ", batch(self, *words, status=1))
        os.rmdir("out/001.npz")
        self.assertIn("1 done, 0 failed, 1 skipped", batch(self, *words))
        self.assertEqual([entry["status"] for entry in lines()], ["done", "done"])

    def test_verbs_and_runs_share_a_manifest(self):
        make(2)
        batch(self, *NPZ, "--", "in/000.npy", "-o", "out")
        batch(self, *NPZ, "--", "in/001.npy", "-o", "out")
        batch(self, "detect", "-o", "{input}.csv", "--", "in", "-o", "out")
        self.assertEqual(sorted((entry["verb"], os.path.basename(entry["input"])) for entry in lines()), [
            ("detect", "000.npy"), ("detect", "001.npy"), ("spectrogram", "000.npy"), ("spectrogram", "001.npy")])
        make(1, "other", seed=9)  # whose output takes the place of the first one's
        batch(self, *NPZ, "--", "other", "-o", "out")
        self.assertEqual(sorted(os.path.relpath(entry["input"]) for entry in lines() if entry["verb"] == "spectrogram"),
                         ["in/001.npy", "other/000.npy"])


class Names(InProcess):

    def inputs(self, *words, match=None):
        arguments = batch_tasks.arguments_of(NPZ, "x", "")
        return batch_inputs.inputs_of(words, arguments, "out", match)

    def test_a_folder_gives_its_recordings_at_any_depth(self):
        make(1, "in")
        make(1, "in/deep/er")
        make(1, "in/.hidden")
        make(1, "in/out")
        make(1, "out/old")  # the output folder, inside another name
        os.symlink("../in", "in/loop")
        for name in ("in/.x.npy", "in/notes.txt", "in/broken.wav", "in/table.csv"):
            with open(name, "w", encoding="ascii") as file:
                file.write("text")
        with open("in/without_ending", "wb") as file, open("in/000.npy", "rb") as source:
            file.write(source.read())
        np.zeros(9, np.complex64).tofile("in/s.sigmf-data")
        with open("in/s.sigmf-meta", "w", encoding="ascii") as file:
            file.write('{"global": {"core:datatype": "cf32_le", "core:version": "1.0.0"}}')
        found = self.inputs("in")
        self.assertEqual([(one.name, one.below) for one in found], [
            ("in/000.npy", ""), ("in/broken.wav", ""), ("in/s.sigmf-meta", ""), ("in/deep/er/000.npy", "deep/er"),
            ("in/out/000.npy", "out")])
        self.assertEqual([one.name for one in self.inputs(".")][-1], "./in/out/000.npy")
        self.assertEqual([one.name for one in self.inputs("in", match="0*.npy")],
                         ["in/000.npy", "in/deep/er/000.npy", "in/out/000.npy"])
        with self.assertRaisesRegex(ValueError, r"\Ain: holds no recording: .* match \*\.cu8\Z"):
            self.inputs("in", match="*.cu8")

    @needs("soundfile")
    def test_of_a_folder_what_opens_is_a_recording_whatever_its_name(self):
        import soundfile
        os.mkdir("in")
        soundfile.write("in/sound.dat", noise(100), 8000, format="WAV")
        with open("in/notes", "w", encoding="ascii") as file:
            file.write("text")
        self.assertEqual([one.name for one in self.inputs("in")], ["in/sound.dat"])

    def test_lists_have_a_name_a_line_or_end_names_by_nul(self):
        make(1)
        with open("list", "wb") as file:
            file.write(b"a b.npy\n\n@c.npy\n-d.npy\nin\n\xff.npy\r\n")
        self.assertEqual([one.name for one in self.inputs("@list")],
                         ["a b.npy", "@c.npy", "-d.npy", "in/000.npy", "\udcff.npy"])
        with open("list", "wb") as file:
            file.write(b"a\nb.npy\0c.npy\0")
        self.assertEqual([one.name for one in self.inputs("@list")], ["a\nb.npy", "c.npy"])
        with self.assertRaisesRegex(ValueError, r"\A@absent: No such file"):
            self.inputs("@absent")

    def test_any_name_is_done_and_is_in_the_manifest(self):
        names = [os.fsdecode(name) for name in (b"a\nb", b"-o", b"sp ace", b"\xff\xfe", b"@at", b"{input}", b"{channel}",
                                                 b"x;$(y)'\"", "ünï".encode(), b"--", b"-")]
        os.mkdir("in")
        for number, name in enumerate(names):
            np.save("x.npy", noise(500, number))
            os.rename("x.npy", f"in/{name}.npy")
        os.chdir("in")
        status, out, err = run("batch", "-o", "../out", *NPZ, "--", *[f"./{n}.npy" if n[0] == "@" else f"{n}.npy" for n in names])
        self.assertEqual((status, err), (0, ""))
        os.chdir("..")
        self.assertEqual(set(os.listdir("out")), {*(f"{name}.npz" for name in names), "manifest.jsonl"})
        self.assertEqual({entry["input"] for entry in lines()}, {os.path.abspath(f"in/{name}.npy") for name in names})
        self.assertIn("11 skipped", run("batch", "--skip-existing", *NPZ, "--", "in", "-o", "out")[1])

    def test_files_named_like_standard_input_or_options_are_files(self):
        for name in ("-", "-h", "--help"):
            noise(500).astype(np.float32).tofile(name)
        status, _, err = run("batch", "spectrogram", "--dtype", "rf32_le", "-o", "{input}.npz", "--", "-", "-h", "--help", "-o", "out")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual({entry["input"]: entry["outputs"] for entry in lines()},
                         {os.path.abspath(name): [f"{name}.npz"] for name in ("-", "-h", "--help")})

    def test_twins_and_collisions_are_refused_by_name(self):
        make(2)
        make(1, "other")
        os.symlink("000.npy", "in/link.npy")
        refused = functools.partial(self.assert_refused_words, *NPZ)
        refused(["in/000.npy", "in/000.npy"], "input: in/000.npy: is given twice")
        refused(["in/000.npy", os.path.abspath("in/000.npy")], "is the same file as in/000.npy")
        refused(["in/000.npy", "in/link.npy"], "input: in/link.npy: is the same file as in/000.npy")
        os.unlink("in/link.npy")
        refused(["in/000.npy", "other"], "output: 000.npz: would be of both in/000.npy and other/000.npy")
        refused(["in/000.npy", "in/000.wav"], "output: 000.npz: would be of both in/000.npy and in/000.wav")
        make(1, "out")
        os.rename("out/000.npy", "out/000.npz")
        refused(["in/000.npy", "out/000.npz"], "is the input out/000.npz", folder="out")
        os.mkfifo("pipe")
        refused(["pipe"], "pipe: is a pipe")

    def assert_refused_words(self, *verb_and_files, folder="fresh"):
        *verb, files, words = verb_and_files
        self.assert_refused(["batch", *verb, "--", *files, "-o", folder], words)


class Refusals(InProcess):
    """Status 2, one line, and nothing begun."""

    def test_bad_usage(self):
        make(2)
        np.save("x.npy", noise(100))
        for arguments, words in (
                ((*NPZ, "in", "-o", "out"), "must have -- and files"),
                ((*NPZ, "--", "in"), "no folder is given"),
                ((*NPZ, "--", "-o", "out"), "no file is given"),
                ((*NPZ, "--", "in", "-o", ""), "no folder is given"),
                (("frobnicate", "--", "in", "-o", "out"), "is no verb"),
                (("info", "--", "in", "-o", "out"), "info: reads no recordings"),
                (("monitor", "--detect", "--", "in", "-o", "out"), "monitor: reads no recordings"),
                (("batch", "--", "in", "-o", "out"), "batch: reads no recordings"),
                (("detect", "--", "in", "-o", "out"), "detect writes no file"),
                (("spectrogram", "-o", "one.npz", "--", "in", "-o", "out"), "must hold {input}"),
                (("spectrogram", "-o", "deep/{input}.npz", "--", "in", "-o", "out"), "without a folder"),
                (("spectrogram", "-o", "{input}.txt", "--", "in", "-o", "out"), "must end in"),
                (("spectrogram", "--hop", "0", "--", "in", "-o", "out"), "hop: 0"),
                (("spectrogram", "--frob", "--", "in", "-o", "out"), "unrecognized arguments: --frob"),
                (("spectrogram", "x.npy", "--", "in", "-o", "out"), "x.npy: stands before --"),
                (("--jobs", "0", *NPZ, "--", "in", "-o", "out"), "jobs: 0"),
                (("--piece", "100", *NPZ, "--", "in", "-o", "out"), "piece: 100: must be 16384 .. "),
                (("--jobs", "2", "--scheduler", "tcp://h:1", *NPZ, "--", "in", "-o", "out"), "not allowed with"),
                (("--manifest", "in/000.npy", *NPZ, "--", "in", "-o", "out"), "manifest: in/000.npy: is an input"),
                ((*NPZ, "--", "in", "-o", "x.npy"), "x.npy: is no folder"),
                (("--frob", *NPZ, "--", "in", "-o", "out"), "frob")):
            with self.subTest(arguments):
                self.assert_refused(["batch", *arguments], words)

    @needs("distributed")
    def test_bad_schedulers(self):
        make(1)
        for address in ("localhost:8786", "http://h:1", "tcp://h", "tcp://h:x", "tcp://h:1/path"):
            self.assert_refused(["batch", "--scheduler", address, *NPZ, "--", "in", "-o", "out"], "must be tcp://HOST:PORT")
        with mock.patch("gnuradio.stft.batching.connect", functools.partial(batching.connect, seconds=1)):
            self.assert_refused(["batch", "--scheduler", "tcp://127.0.0.1:9", *NPZ, "--", "in", "-o", "out"],
                                "tcp://127.0.0.1:9: no scheduler answers", status=1)

    def test_a_module_that_is_missing_is_one_line(self):
        make(1)
        with mock.patch("importlib.util.find_spec", return_value=None):
            self.assert_refused(["batch", "--scheduler", "tcp://h:1", *NPZ, "--", "in", "-o", "out"],
                                "needs the Python module distributed: install Debian's python3-distributed", status=1)

    def test_the_verbs_help_is_shown(self):
        status, out, err = run("batch", "spectrogram", "--help")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("--overlap", out)

    def test_a_manifest_of_something_else_is_refused(self):
        make(1)
        os.mkdir("out")
        for text in ("[1]\n", "{}\n", "words\n", '{"input":1,"verb":2,"status":3}\n'):
            with open("out/manifest.jsonl", "w", encoding="ascii") as file:
                file.write(text)
            self.assert_refused(["batch", *NPZ, "--", "in", "-o", "out"], "out/manifest.jsonl: line 1: ")
            with open("out/manifest.jsonl", encoding="ascii") as file:
                self.assertEqual(file.read(), text)

    def test_a_manifest_that_another_batch_writes_is_refused(self):
        make(1)
        os.mkdir("out")
        with contextlib.closing(batch_manifest.Manifest("out/manifest.jsonl", "out")) as manifest:
            for _ in range(2):
                self.assert_refused(["batch", *NPZ, "--", "in", "-o", "out"], "is another batch's")
                manifest._is_torn = True
                manifest.forget(set(), "x", set())  # it has another file now, which is locked as well


class Manifests(InProcess):

    entry = {"input": "/x", "verb": "v", "status": "done", "parameters": "p", "outputs": ["o"], "bytes": [1]}

    def test_a_torn_last_line_is_left_out(self):
        whole = json.dumps(self.entry) + "\n"
        for rest in ('{"input":"/y","ve', '{"input":"/y"}'):
            with open("m", "w", encoding="ascii") as file:
                file.write(whole + rest)
            with contextlib.closing(batch_manifest.Manifest("m", ".")) as manifest:
                manifest.forget(set(), "v", set())
                manifest.append([{**self.entry, "input": "/z"}])
            self.assertEqual([entry["input"] for entry in lines("m")], ["/x", "/z"])

    def test_the_parameters_hash_is_of_values(self):
        def name(*words):
            return batch_manifest.parameters_hash(batch_tasks.arguments_of(words, "x", "folder"))

        self.assertEqual(name("spectrogram", "--fmin", "1k"), name("spectrogram", "--fmin", "1000"))
        self.assertEqual(name("spectrogram", "--fs", "1k"), name("spectrogram", "--rate", "1000"))
        self.assertEqual(name("spectrogram", "--window", "hann"), name("spectrogram"))
        self.assertEqual(len({name("spectrogram"), name("spectrogram", "--fmin", "1k"), name("detect"), name(*NPZ),
                              name("spectrogram", "-o", "{input}.h5")}), 5)

    def test_a_full_disk_ends_the_batch(self):
        make(3)
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with mock.patch.object(batch_manifest, "_write", side_effect=OSError(28, "No space left on device")):
            status, _, err = run("batch", *NPZ, "--", "in", "-o", "out")
        self.assertEqual(status, 1)
        self.assertIn("out/manifest.jsonl: No space left on device", err)
        self.assertEqual(whole_lines("out/manifest.jsonl"), 0)


class Pieces(InProcess):

    def assert_same_in_pieces(self, options, outputs, piece=4000, source="x_8k.f32", least=3, verb="spectrogram"):
        stem = os.path.splitext(source)[0]
        for folder in ("out", "one"):
            shutil.rmtree(folder, ignore_errors=True)
        made = [word for output in outputs for word in ("-o", output)]
        status, _, err = run("batch", "--jobs", 2, "--piece", piece, verb, *options, *made, "--", source, "-o", "out")
        self.assertEqual(status, 0, err)
        os.makedirs("one", exist_ok=True)
        status, _, err = run(verb, *options, *[word for output in outputs for word in ("-o", f"one/{output}")], source)
        self.assertEqual(status, 0, err)
        self.assertEqual(sorted(os.listdir("out")), sorted([*(os.path.basename(o).replace("{input}", stem) for o in outputs),
                                                            "manifest.jsonl"]))
        for name in set(os.listdir("out")) - {"manifest.jsonl"}:
            self.assertTrue(same(f"one/{name}", f"out/{name}"), (options, name))
        [entry] = lines()
        self.assertGreaterEqual(entry["pieces"], least, options)
        warned = [line.removeprefix(f"gr_stft {verb}: warning: ") for line in err.splitlines()]
        self.assertEqual(entry["warnings"], warned)
        return entry

    @needs("h5py")
    def test_pieces_join_to_what_one_process_gives(self):
        noise(400_000).astype(np.float32).tofile("x_8k.f32")
        complex_noise(400_000).astype(np.complex64).tofile("z_8k.cf32")
        for source, options in (("x_8k.f32", ()), ("x_8k.f32", ("--average", 7)), ("z_8k.cf32", ("--average", 3)),
                                ("x_8k.f32", ("--kind", "magnitude", "--average", 300, "--hop", 33)),
                                ("z_8k.cf32", ("--start", 17, "--stop", 47.3, "--win-length", 100, "--n-fft", 120)),
                                ("x_8k.f32", ("--overlap", 0.9, "--n-fft", 4096, "--fmin", 1000, "--fmax", 1001)),
                                ("x_8k.f32", ("--n-fft", 500, "--hop", 1999)), ("x_8k.f32", ("--transform", "reassigned")),
                                ("z_8k.cf32", ("--transform", "reassigned", "--average", 5, "--hop", 77)),
                                ("x_8k.f32", ("--transform", "synchrosqueezed", "--order", 2))):
            with self.subTest(options, source=source):
                self.assert_same_in_pieces(options, ["{input}.npz", "{input}.h5"], 61_234, source)

    @needs("matplotlib")
    def test_pictures_join_from_columns(self):
        noise(400_000).astype(np.float32).tofile("x_8k.f32")
        for options, outputs in ((("--width", 300, "--height", 300), ["{input}.png"]),
                                 (("--width", 400, "--kind", "power", "--average", 3), ["{input}.png"]),
                                 (("--kind", "magnitude", "--frequency-scale", "mel"), ["{input}.png", "{input}.npz"])):
            with self.subTest(options):
                self.assert_same_in_pieces(("--n-fft", 256, "--hop", 16, *options), outputs, 100_000)

    def test_means_of_rows_do_not_depend_on_how_rows_are_divided(self):
        rng = np.random.default_rng(0)
        for _ in range(300):
            bins, count, size = rng.choice((1, 2, 3, 8, 129)), rng.integers(1, 300), rng.choice((1, 2, 7, 8, 50, 500))
            rows = (10.0**rng.uniform(-8, 8, (count, bins))).astype(rng.choice((np.float32, np.float64)))
            cuts = [0, *sorted(rng.integers(0, count + 1, 4)), count]
            means = [spectrogram_picture.GroupMean(size) for _ in range(2)]
            whole = [means[0].add(rows), *means[0].last()]
            parts = [*(means[1].add(rows[a:b]) for a, b in zip(cuts, cuts[1:])), *means[1].last()]
            np.testing.assert_array_equal(np.concatenate(whole), np.concatenate(parts))

    def test_samples_that_are_nan_are_counted_once(self):
        x = noise(400_000).astype(np.float32)
        x[::300] = np.nan
        x.tofile("x_8k.f32")
        entry = self.assert_same_in_pieces(("--n-fft", 1024), ["{input}.npz"], 40_000)
        self.assertEqual(entry["warnings"], ["x_8k.f32: 1334 samples are NaN or infinite; so are the frames that hold them"])

    def test_short_recordings_and_verbs_with_memory_stay_whole(self):
        noise(19_000).astype(np.float32).tofile("x_8k.f32")
        self.assert_same_in_pieces((), ["{input}.npz"], 20_000, least=1)
        self.assertEqual(lines()[0]["pieces"], 1)
        run("batch", "--piece", 2**14, "detect", "-o", "{input}.csv", "--", "x_8k.f32", "-o", "detected")
        self.assertEqual(lines("detected/manifest.jsonl")[0]["pieces"], 1)
        run("batch", "--piece", 0, *NPZ, "--n-fft", 64, "--hop", 1, "--", "x_8k.f32", "-o", "uncut")
        self.assertEqual(lines("uncut/manifest.jsonl")[0]["pieces"], 1)

    def test_a_piece_that_fails_fails_the_file_and_leaves_nothing(self):
        noise(300_000).astype(np.float32).tofile("x_8k.f32")
        one = batch_tasks.perform(batch_tasks.Task(NPZ, "x_8k.f32", "out", samples=60_000))
        self.assertGreater(one.pieces, 3)
        plan = types.SimpleNamespace(inputs=[batch_inputs.Input("x_8k.f32")], words=NPZ, parameters="p", folder="out",
                                     manifest="m", outputs_of=lambda _: ["x_8k.npz"],
                                     task=lambda _, **what: batch_tasks.Task(NPZ, "x_8k.f32", "out", **what))
        arguments = argparse.Namespace(skip_existing=False, piece=60_000, jobs=2)
        with contextlib.closing(batch_manifest.Manifest("m", "out")) as manifest:
            batch = batch_command._Batch(arguments, plan, manifest)
            batch._bar = mock.Mock()
            of, task = batch._take()
            batch._entry(of, task, batching.Outcome(one))
            entry = None
            while entry is None:
                of, task = batch._take()
                if task.number == 2 and task.step == "piece":
                    outcome = batching.Outcome(error=RuntimeError("its worker died, 3 times"))
                else:
                    outcome = batching.Outcome(batch_tasks.perform(task))
                entry = batch._entry(of, task, outcome)
        self.assertEqual((entry["status"], entry["outputs"]), ("failed", []))
        self.assertIn("its worker died", entry["error"])
        self.assertEqual(os.listdir("out"), [])
        self.assertIsNone(batch._take())


class Verbs(InFolder):

    def test_any_verb_with_input_and_output_is_run_by_the_same_means(self):
        toy = types.ModuleType("gnuradio.stft.app.toy_command")

        def add_arguments(parser):
            parser.add_argument("input", nargs="+")
            parser.add_argument("-o", "--output", action="append")
            parser.add_argument("--channel", type=int, default=0)
            parser.add_argument("--title")
            parser.set_defaults(dtype=None, rate=None, iq=None, center=None, strict=False, stop=None, n_fft=None)

        def write(job):
            with open(job.outputs[0], "w", encoding="ascii") as file:
                file.write(str(job.recording.length))
            return status_of_job

        toy.add_arguments = add_arguments
        toy.run = lambda arguments: jobs.run_jobs(arguments, jobs.output_templates(arguments, (".txt",)), write) or status_of_verb
        np.save("x.npy", noise(77))
        with mock.patch.dict(sys.modules, {toy.__name__: toy}), mock.patch.dict(command.VERBS, {"toy": "a toy"}):
            for status_of_job, status_of_verb, status, errors in (
                    (None, None, 0, []), (3, 0, 3, []), (0, 3, 3, []), (1, 0, 0, ["exit status 1"]), (0, 2, 0, ["exit status 2"])):
                self.assertEqual(batch_command._templates(("toy",), True), ["{input}.txt"])
                report = batch_tasks.perform(batch_tasks.Task(("toy",), "x.npy", "out"))
                self.assertEqual((report.outputs, report.status, report.errors), (["out/x.txt"], status, errors))
                self.assertEqual(report.sizes, [] if errors else [2])

    def test_a_worker_of_another_version_says_so(self):
        np.save("x.npy", noise(77))
        report = batch_tasks.perform(batch_tasks.Task(NPZ, "x.npy", "out", version="0.0.9"))
        self.assertEqual(report.errors, [f"this worker has gr-stft {stft.__version__}, the batch 0.0.9"])
        self.assertFalse(os.path.exists("out"))


if __name__ == "__main__":
    unittest.main()
