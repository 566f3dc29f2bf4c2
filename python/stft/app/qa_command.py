#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The command gr_stft: its manual, the verbs info and selftest, refusals, failures, memory.

The signals are made here. In-process calls go through command.main(); where a process matters
(signals, limits, memory, environment) the script apps/gr_stft is run.
"""
import contextlib
import importlib.util
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import numpy as np

from gnuradio import stft
from gnuradio.stft import interruption
from gnuradio.stft.app import command, info_command, selftest_command

_SOURCE = os.path.normpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", ".."))
_SCRIPT = os.path.join(_SOURCE, "apps", "gr_stft")
_PACKAGES = os.path.abspath(os.path.join(os.path.dirname(stft.__file__), "..", ".."))
_MANUAL = os.path.join(_SOURCE, "docs", "man", "gr_stft.1")


def needs(module):
    present = importlib.util.find_spec(module) is not None
    return unittest.skipUnless(present, f"the Python module {module} is not installed")


def run(*arguments):
    """Status, standard output and standard error of the command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = command.main([str(argument) for argument in arguments])
    return status, out.getvalue(), err.getvalue()


def start(*arguments, environment=None, **options):
    """The command as a process of its own, with `environment` added to ours."""
    path = os.pathsep.join(filter(None, (_PACKAGES, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen([sys.executable, _SCRIPT, *map(str, arguments)], text=True,
                            stderr=subprocess.PIPE, **options,
                            env={**os.environ, "PYTHONPATH": path, **(environment or {})})


def unhurried(seconds):
    """What takes `seconds` where a processor is free may take so long on this machine, s."""
    return seconds * max(1.0, 2 * os.getloadavg()[0] / (os.cpu_count() or 1))


def noise(length, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, length)


def complex_noise(length):
    return noise(length) + 1j * noise(length, 1)


class InFolder(unittest.TestCase):
    """Runs each test in an empty folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def assert_done(self, *arguments):
        status, out, err = run(*arguments)
        self.assertEqual((status, err), (0, ""))
        return out

    def assert_refused(self, arguments, *words, status=2):
        """One line on standard error that holds these words; nothing new in the folder."""
        before = sorted(os.listdir())
        got, out, err = run(*arguments)
        self.assertEqual(got, status, err)
        self.assertEqual(out, "")
        self.assertRegex(err, r"\Agr_stft( \w+)?: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, err)
        self.assertEqual(sorted(os.listdir()), before)


# The manual


def options_of_help(verb):
    parser = command.parser()
    if verb:
        parser = parser._subparsers._group_actions[0].choices[verb]
    return {option for action in parser._actions for option in action.option_strings}


def options_of_manual(heading):
    """Options at the head of the manual's tagged paragraphs, in one section."""
    with open(_MANUAL, encoding="utf-8") as file:
        section = re.split(r"^\.SH ", file.read(), flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(heading + "\n"))
    tags = re.findall(r"^\.TP\n(.*)$", text, flags=re.MULTILINE)
    plain = " ".join(tags).replace("\\-", "-")
    plain = re.sub(r"\\f[BIR]|[\",]", " ", plain)
    return set(re.findall(r"(?<![\w-])--?[A-Za-z][a-z0-9-]*", plain))


class Manual(unittest.TestCase):

    def test_top_level_has_the_options_of_help(self):
        self.assertEqual(options_of_manual("OPTIONS"), options_of_help(None))

    def test_each_verb_has_the_options_of_help(self):
        for verb in command.VERBS:
            with self.subTest(verb):
                self.assertEqual(options_of_manual(verb.upper()), options_of_help(verb))

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_formats_without_warnings(self):
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", _MANUAL],
                              capture_output=True, text=True, env={**os.environ, "MANWIDTH": "80"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_help_is_on_standard_output(self):
        for verb in ((), *((verb,) for verb in command.VERBS)):
            status, out, err = run(*verb, "--help")
            self.assertEqual((status, err), (0, ""))
            self.assertIn("usage: gr_stft", out)


# Recordings


# The verbs info and selftest


class Info(InFolder):

    def facts(self, *options):
        return json.loads(self.assert_done("info", "--json", *options))

    def test_hann_has_its_known_figures(self):
        facts = self.facts("--n-fft", 1000, "--overlap", 0.5, "--rate", 48000)
        self.assertEqual((facts["hop"], facts["bins"], facts["nola"], facts["cola"]),
                         (500, 501, True, True))
        self.assertAlmostEqual(facts["enbw"], 1.5 * 48)
        self.assertAlmostEqual(facts["bin_spacing"], 48)
        self.assertAlmostEqual(facts["condition"], 2)
        self.assertAlmostEqual(facts["redundancy"], 2)
        self.assertAlmostEqual(facts["product_over_bound"], 1.026, 3)
        self.assertAlmostEqual(facts["latency_round_trip"], 999 / 48000)

    def test_a_recording_is_described_and_gives_rate_and_kind(self):
        np.zeros(500, np.complex64).tofile("x.sigmf-data")
        with open("x.sigmf-meta", "w", encoding="utf-8") as file:
            json.dump({"global": {"core:datatype": "cf32_le", "core:version": "1.2.0", "core:sample_rate": 1000},
                       "captures": [{"core:sample_start": 0, "core:frequency": 433e6, "core:datetime": "2026-11-30T10:00:00Z"}],
                       "annotations": [{"core:sample_start": 0, "core:sample_count": 9}]}, file)
        facts = self.facts("x.sigmf-meta", "--n-fft", 64)
        self.assertEqual((facts["samp_rate"], facts["complex"], facts["bins"], facts["rate_known"]), (1000, True, 64, True))
        self.assertEqual(facts["recording"], {"file": "x.sigmf-meta", "format": "SigMF, cf32_le", "channels": 1, "samples": 500, "duration": 0.5,
                                              "freq_center": 433e6, "time": "2026-11-30T10:00:00+00:00", "annotations": 1})
        out = self.assert_done("info", "x.sigmf-meta")
        self.assertIn("length:       500 samples, 500 ms, centre 433 MHz, from 2026-11-30T10:00:00+00:00, 1 annotation\n", out)
        self.assertEqual(self.facts("x.sigmf-data", "--dtype", "rf32_le", "--rate", "2k")["recording"]["duration"], 0.5)
        self.assertNotIn("recording", self.facts("--n-fft", 64))
        self.assert_refused(("info", "none.wav"), "none.wav: No such file")
        self.assert_refused(("info", "--dtype", "cu8"), "dtype: cu8: needs INPUT")

    def test_gaussian_reaches_the_bound(self):
        facts = self.facts("--n-fft", 1024, "--window", "gaussian:80")
        self.assertAlmostEqual(facts["product_over_bound"], 1, 6)
        self.assertAlmostEqual(facts["dt"], 80 / np.sqrt(2), 6)

    def test_what_cannot_be_inverted_is_said(self):
        facts = self.facts("--n-fft", 64, "--hop", 64)
        self.assertEqual((facts["nola"], facts["condition"]), (False, None))
        self.assertIn("not NOLA", self.assert_done("info", "--n-fft", 64, "--hop", 100))

    def test_frame_bounds_are_shown(self):
        facts = self.facts("--n-fft", 64, "--hop", 16)
        np.testing.assert_allclose(facts["frame_bounds"], [96, 96])
        self.assertIn("frame bounds: A = 96, B = 96: ", self.assert_done("info", "--n-fft", 64, "--hop", 16))
        facts = self.facts("--n-fft", 32, "--hop", 8, "--win-length", 64)  # longer than n_fft
        np.testing.assert_allclose(facts["frame_bounds"], [64, 128])
        self.assertAlmostEqual(facts["condition"], 2)

    def test_buffers_are_whole_pages_unless_that_is_too_much(self):
        for row, expected in ((4096, 2 * 256 * 4096), (1, 4096), (8, 8192), (8 * 65536, 2 * 2**20),
                              (8 * 513, 513 * 4096), (8 * 8193, 8193 * 4096), (8 * 32769, 10 * 8 * 32769), (8 * 2**20 + 8, 4 * (8 * 2**20 + 8))):
            self.assertEqual(info_command.buffer_bytes(row), expected, row)
        with self.assertRaisesRegex(ValueError, "row_bytes: 0: must be 1 or more"):
            info_command.buffer_bytes(0)

    def test_text_is_one_screen(self):
        for options in ((), ("--rate", 2e6, "--complex")):
            out = self.assert_done("info", *options)
            self.assertLess(len(out.splitlines()), 24)
            self.assertIn("frames/s", out)

    def test_memory_tells_what_odd_rows_cost(self):
        self.assertIn("stft block 32 MiB (512 rows)", self.assert_done("info", "--n-fft", 16384))


class Selftest(InFolder):

    def test_all_checks_pass(self):
        out = self.assert_done("selftest")
        self.assertIn("all checks passed", out)
        self.assertNotIn("FAIL", out)

    def test_wrong_transform_is_found(self):
        correct = stft.stft
        with mock.patch.object(selftest_command.stft, "stft",
                               lambda *a, **k: correct(*a, **k) * (1 + 1e-5)):
            status, out, _ = run("selftest")
        self.assertEqual(status, 1)
        self.assertIn("FAIL", out)


# Refusals and failures


class Refusals(InFolder):

    def setUp(self):
        super().setUp()
        np.save("x.npy", noise(2000))

    def test_parameters_out_of_range(self):
        for options, words in (
                (("--n-fft", 0), "n_fft: 0: must be"),
                (("--n-fft", 2**20 + 1), "n_fft: 1048577: must be"),
                (("--n-fft", "x"), "--n-fft"),
                (("--win-length", 0), "win_length: 0: must be"),
                (("--n-fft", 64, "--win-length", 2**20 + 1), "win_length: 1048577: must be 1 .. "),
                (("--hop", 0), "hop: 0: must be"),
                (("--hop", -3), "hop: -3: must be"),
                (("--overlap", 1), "overlap: 1.0: must be"),
                (("--overlap", -0.1), "overlap: -0.1: must be"),
                (("--overlap", "nan"), "overlap: nan: must be"),
                (("--hop", 4, "--overlap", 0.5), "not allowed with"),
                (("--window", "nonsense"), "nonsense"),
                (("--window", "kaiser:x"), "kaiser:x"),
                (("--window", "kaiser:inf"), "kaiser:inf"),
                (("--rate", 0), "rate: 0.0: must be positive"),
                (("--rate", "nan"), "rate: nan: must be positive"),
                (("--rate", "inf"), "rate: inf: must be positive")):
            for verb in (("info",), ("spectrogram", "x.npy")):
                with self.subTest(verb=verb[0], options=options):
                    self.assert_refused((*verb, *options), words)

    def test_parameters_of_spectrogram_out_of_range(self):
        for options, words in (
                (("--n-fft", 64, "--win-length", 65), "win_length: 65: must be 1 .. 64"),
                (("--start", -1), "start: -1.0: must be"),
                (("--start", "nan"), "start: nan: must be finite"),
                (("--stop", "inf"), "stop: inf: must be finite"),
                (("--start", 2, "--stop", 1), "stop: 1.0: must be greater"),
                (("--start", 1e6), "must be less than the duration"),
                (("--start", 0, "--stop", 1e-9), "leaves no sample"),
                (("--channel", -1), "channel: -1: must be"),
                (("--channel", 1), "channel: 1: x.npy has 1"),
                (("--dtype", "cf16"), "dtype: 'cf16': must be"),
                (("--iq",), "iq: given: is for"),
                (("--average", 0), "average: 0: must be"),
                (("--kind", "loud"), "--kind"),
                (("--zmin", 0, "--zmax", -10), "zmin: 0: must be less than zmax = -10"),
                (("--zmin", 5, "--zmax", 5), "zmin: 5: must be less than zmax = 5"),
                (("--zmin", "nan"), "zmin: nan: must be finite"),
                (("--fmin", 3, "--fmax", 2), "fmin: 3: must be less than fmax = 2"),
                (("--fmin", 5000), "holds no bin"),
                (("--width", 10), "width: 10: must be"),
                (("--height", 10**6), "height: 1000000: must be"),
                (("-o", "x.txt"), "x.txt: must end in"),
                (("-o", "x.npy"), "must end in"),
                (("-o", "a.npz", "-o", "./a.npz"), "is given twice"),
                (("--no-such-option",), "--no-such-option")):
            with self.subTest(options=options):
                self.assert_refused(("spectrogram", "x.npy", "--rate", 100, *options), words)

    @needs("matplotlib")
    def test_unknown_colours_are_refused(self):
        self.assert_refused(("spectrogram", "x.npy", "--cmap", "nonsense"), "cmap: 'nonsense'")

    def test_wrong_usage_is_refused(self):
        for arguments in ((), ("nonsense",), ("spectrogram",), ("info", "x")):
            self.assert_refused(arguments)

    def test_an_unknown_option_is_refused_by_its_verb_with_the_nearest(self):
        for arguments, words in (
            (("spectrogram", "x.npy", "--nfft", "64"), "gr_stft spectrogram: unrecognized arguments: --nfft 64: there is --n-fft (see gr_stft spectrogram "),
            (("levels", "x.npy", "--band=1:2", "--velocty"), "gr_stft levels: unrecognized arguments: --velocty: there is --velocity (see gr_stft levels "),
            (("info", "--frob"), "gr_stft info: unrecognized arguments: --frob (see gr_stft info "),
        ):
            with self.subTest(arguments):
                self.assert_refused(arguments, words)

    def test_files_that_are_no_recordings(self):
        os.mkdir("folder.wav")
        open("empty.wav", "wb").close()
        np.save("none.npy", np.zeros(0))
        np.save("plane.npy", np.zeros((4, 4)))
        np.save("words.npy", np.array(["a"]))
        np.save("objects.npy", np.array([None]), allow_pickle=True)
        for name, content in (("text.npy", b"not an array"), ("half.npy", b"\x93NUMPY\x01\x00\xff"),
                              ("short.raw", b"abc")):
            with open(name, "wb") as file:
                file.write(content)
        for name, words in (("missing.wav", "No such file"), ("folder.wav", "is a directory"),
                            ("/dev/null", "neither a file nor a pipe"), ("empty.wav", "is empty"),
                            ("none.npy", "no samples"), ("plane.npy", "shape (4, 4)"),
                            ("words.npy", "real or complex"), ("objects.npy", "real or complex"),
                            ("text.npy", "is not a NumPy array"), ("half.npy", "is not a NumPy array"),
                            ("a.sigmf", "No such file"), ("a.sigmf-meta", "No such file")):
            with self.subTest(name):
                self.assert_refused(("spectrogram", name), name, words)
        self.assert_refused(("spectrogram", "short.raw", "--dtype", "cf32_le"), "no samples")

    @needs("soundfile")
    def test_files_that_are_no_sound(self):
        import soundfile
        with open("text.wav", "w", encoding="utf-8") as file:
            file.write("this is not sound\n")
        shutil.copy("text.wav", "text.raw")
        shutil.copy("text.wav", "text.bin")
        soundfile.write("silent.wav", np.zeros(0), 8000)
        soundfile.write("mono.wav", np.zeros(10), 8000)
        with open("noise.mp3", "wb") as file:
            file.write(bytes(range(7, 250)) * 20)
        for name in ("text.wav", "text.raw", "text.bin", "noise.mp3"):
            self.assert_refused(("spectrogram", name), name, "not a readable recording", "--dtype")
            self.assertNotIn("exist", run("spectrogram", name)[2])
        self.assert_refused(("spectrogram", "silent.wav"), "no samples")
        self.assert_refused(("spectrogram", "mono.wav", "--iq"), "iq: channels 0 and 1")
        self.assert_refused(("spectrogram", "mono.wav", "--channel", 1), "channel: 1: mono.wav has 1")

    def test_sigmf_that_is_broken(self):
        good = {"core:datatype": "ci8"}
        for meta, words in (
                ("{", "bad JSON"), ("[]", '"global"'), ("{}", '"global"'),
                ({"global": {}}, "core:datatype: is missing"),
                ({"global": {"core:datatype": "cf16_le"}}, "core:datatype: 'cf16_le'"),
                ({"global": good, "captures": 3}, '"captures"'),
                ({"global": {**good, "core:sample_rate": "fast"}}, "core:sample_rate 'fast'"),
                ({"global": {**good, "core:sample_rate": 0}}, "sampling rate 0"),
                ({"global": {**good, "core:num_channels": 0}}, "core:num_channels 0"),
                ({"global": good, "captures": [{}, {"core:header_bytes": 3}]}, "core:header_bytes")):
            with open("x.sigmf-meta", "w", encoding="utf-8") as file:
                file.write(meta if isinstance(meta, str) else json.dumps(meta))
            np.zeros(20, np.int8).tofile("x.sigmf-data")
            with self.subTest(meta=meta):
                self.assert_refused(("spectrogram", "x.sigmf-meta"), "x.sigmf-meta", words)
        with open("x.sigmf-meta", "w", encoding="utf-8") as file:
            json.dump({"global": good}, file)
        os.remove("x.sigmf-data")
        self.assert_refused(("spectrogram", "x.sigmf-meta"), "data is missing", "x.sigmf-data")

    def test_output_is_not_the_input(self):
        np.zeros(100, np.uint8).tofile("x.png")
        self.assert_refused(("spectrogram", "x.png", "--dtype", "ru8", "-o", "x.png"), "is the input")
        os.symlink("x.png", "y.png")
        self.assert_refused(("spectrogram", "x.png", "--dtype", "ru8", "-o", "y.png"), "is the input")


class Failures(InFolder):

    def setUp(self):
        super().setUp()
        np.save("x.npy", noise(200000))
        self.arguments = ("spectrogram", "x.npy", "--rate", "8000")

    def test_output_that_cannot_be_written(self):
        os.mkfifo("pipe.npz")
        os.mkdir("folder")
        os.symlink("folder", "link.npz")
        self.assert_refused((*self.arguments, "-o", "no/such/folder/x.npz"), "no/such/folder/x.npz: No",
                            status=1)
        self.assert_refused((*self.arguments, "-o", "/proc/x.npz"), "/proc/x.npz: ", status=1)
        self.assert_refused((*self.arguments, "-o", "pipe.npz"), "pipe.npz: ", status=1)
        self.assert_refused((*self.arguments, "-o", "link.npz"), "is a directory", status=2)

    def test_disk_full_leaves_what_was_there(self):
        formats = ["npz"]
        formats += ["h5"] if importlib.util.find_spec("h5py") else []
        formats += ["png"] if importlib.util.find_spec("matplotlib") else []
        for suffix in formats:
            name = f"y.{suffix}"
            with open(name, "w", encoding="utf-8") as file:
                file.write("old")
            limit = 40000 if suffix != "png" else 10000
            process = start(*self.arguments, "-o", name, stdout=subprocess.PIPE, preexec_fn=lambda:
                            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
            out, err = process.communicate(timeout=60)
            with self.subTest(suffix):
                self.assertEqual((process.returncode, out), (1, ""), err)
                self.assertEqual(err, f"gr_stft spectrogram: {name}: File too large\n")
                with open(name, encoding="utf-8") as file:
                    self.assertEqual(file.read(), "old")
                os.remove(name)
        self.assertEqual(os.listdir(), ["x.npy"])

    def test_absent_modules_are_named_with_their_package(self):
        for module, output in (("h5py", "x.h5"), ("matplotlib", "x.png")):
            with self.subTest(module), mock.patch.dict(sys.modules, {module: None}):
                self.assert_refused((*self.arguments, "-o", output), f"python3-{module}", status=1)
        with mock.patch.dict(sys.modules, {"soundfile": None}):
            with open("x.wav", "wb") as file:
                file.write(b"RIFF")
            self.assert_refused(("spectrogram", "x.wav", "-o", "x.npz"), "python3-soundfile", status=1)

    def test_data_modules_are_loaded_when_needed(self):
        process = start("info", "--n-fft", 16, stdout=subprocess.PIPE,
                        environment={"PYTHONPROFILEIMPORTTIME": "1"})
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        for module in ("matplotlib", "h5py", "soundfile", "tqdm"):
            self.assertNotRegex(err, rf"\| +{module}\n")

    @needs("matplotlib")
    def test_home_that_cannot_be_written(self):
        environment = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), "/proc/nowhere")
        process = start(*self.arguments, "-o", "x.png", stdout=subprocess.PIPE,
                        environment={**environment, "MPLCONFIGDIR": ""})
        _, err = process.communicate(timeout=120)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertEqual(sorted(os.listdir()), ["x.npy", "x.png"])

    def test_full_standard_output(self):
        for unbuffered in ("", "1"):
            for arguments in (("info", "--n-fft", 16), ("info", "--help"), ("detect", "x.npy")):
                with open("/dev/full", "w", encoding="utf-8") as full:
                    process = start(*arguments, stdout=full,
                                    environment={"PYTHONUNBUFFERED": unbuffered})
                    _, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 1)
                self.assertRegex(err, r"\A(gr_stft detect: warning: [^\n]+\n)?gr_stft( info| detect)?: standard output: No space left on device\n\Z")

    def test_want_of_memory_has_words(self):
        self.assertEqual(command.failure(MemoryError()), (1, "out of memory: try a smaller --n-fft"))
        self.assertEqual(command.failure(MemoryError("5 GiB")), (1, "out of memory: 5 GiB"))

    def test_closed_standard_streams(self):
        warning = "gr_stft: warning: standard output is closed: nothing is printed\n"
        for closed, expected in ((1,), warning), ((2,), ""), ((1, 2), ""), ((0, 1), warning), ((0, 1, 2), ""):
            for arguments in ("info", "--n-fft", 16), ("info", "--help"):
                process = start(*arguments, stdout=subprocess.PIPE, preexec_fn=lambda: [os.close(n) for n in closed])
                out, err = process.communicate(timeout=60)
                self.assertEqual((process.returncode, err, bool(out)), (0, expected, 1 not in closed))

    def test_reader_that_leaves(self):
        for unbuffered in ("", "1"):
            for arguments in (("info", "--n-fft", 16), ("info", "--help")):
                reader, writer = os.pipe()
                os.close(reader)
                process = start(*arguments, stdout=writer,
                                environment={"PYTHONUNBUFFERED": unbuffered})
                os.close(writer)
                _, err = process.communicate(timeout=60)
                self.assertEqual((process.returncode, err), (0, ""))

    def test_interruption_removes_temporary_files(self):
        with open("long.raw", "wb") as file:
            file.truncate(2**33)
        outputs = ["-o", "y.npz"] + (["-o", "y.h5"] if importlib.util.find_spec("h5py") else [])
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = start("spectrogram", "long.raw", "--dtype", "ri8", "--rate", 8000, "--n-fft",
                            1024, "--hop", 65536, *outputs, stdout=subprocess.PIPE,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
            self.addCleanup(process.kill)
            deadline = time.monotonic() + 30
            while len(os.listdir()) < 2 + len(outputs) // 2 and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(0.2)
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
            with self.subTest(number):
                self.assertEqual((process.returncode, out, err), (status, "", ""))
                self.assertEqual(sorted(os.listdir()), ["long.raw", "x.npy"])


class Interruption(unittest.TestCase):

    def test_signals_wait_for_the_end_of_the_block(self):
        for number, raised in ((signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)):
            before = signal.signal(signal.SIGINT, signal.default_int_handler)
            self.addCleanup(signal.signal, signal.SIGINT, before)
            ended = False
            with self.assertRaises(raised), interruption.termination_as_exit():
                with interruption.uninterrupted():
                    signal.raise_signal(number)
                    ended = True
            self.assertTrue(ended)


class Memory(InFolder):

    def peak(self, length, *options):
        """Largest resident memory in bytes for a file of `length` samples."""
        with open("x.raw", "wb") as file:
            file.truncate(length)
        process = start("spectrogram", "x.raw", "--dtype", "ri8", "--rate", 48000, *options,
                        stdout=subprocess.DEVNULL)
        err = process.stderr.read()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, err)
        return usage.ru_maxrss * 1024

    def assert_constant(self, short, long, *options):
        """Samples of the long file alone would take four bytes each."""
        growth = self.peak(long, *options) - self.peak(short, *options)
        self.assertLess(growth, 32 * 2**20)

    def test_long_recordings_need_no_more_memory(self):
        outputs = ["-o", "x.npz"]
        outputs += ["-o", "x.h5"] if importlib.util.find_spec("h5py") else []
        outputs += ["-o", "x.png"] if importlib.util.find_spec("matplotlib") else []
        self.assert_constant(2**22, 2**25, "--n-fft", 1024, "--hop", 1024, *outputs)

    def test_neither_do_long_hops(self):
        self.assert_constant(2**23, 2**26, "--n-fft", 64, "--hop", 2**16, "-o", "x.npz")

    def test_neither_do_short_hops(self):
        self.assert_constant(2**16, 2**20, "--n-fft", 1024, "--hop", 8, "--average", 1000, "-o", "x.npz")


if __name__ == "__main__":
    unittest.main()
