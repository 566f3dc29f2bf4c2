#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The command gr_stft: its manual, recordings, verbs, refusals, failures, memory.

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
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import numpy as np

from gnuradio import stft
from gnuradio.stft import interruption
from gnuradio.stft.app import (command, command_options, info_command, picture_axes, recordings,
                               selftest_command, spectrogram_analysis, spectrogram_picture)

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


class Recordings(InFolder):

    def assert_reads(self, path, expected, tolerance=0.0, **options):
        with recordings.open_recording(path, **options) as recording:
            self.assertEqual(recording.length, len(expected))
            whole = recording.read(0, recording.length)
            middle = recording.read(5, 7)
            again = recording.read(2, 4)
        self.assertEqual(whole.dtype, recording.dtype)
        np.testing.assert_allclose(whole, expected, rtol=0, atol=tolerance)
        np.testing.assert_array_equal(middle, whole[5:12])
        np.testing.assert_array_equal(again, whole[2:6])
        return recording

    @needs("soundfile")
    def test_sound_files_give_the_samples_of_one_channel(self):
        import soundfile
        x = np.round(np.stack([noise(1000), noise(1000, 1)], 1) * 2**15) / 2**15
        for kind in ("WAV", "FLAC", "RF64", "W64", "AIFF"):
            with self.subTest(kind):
                soundfile.write("x", x, 8000, format=kind, subtype="PCM_16")
                for channel in (0, 1):
                    recording = self.assert_reads("x", x[:, channel], channel=channel)
                    self.assertEqual((recording.fs, recording.channels, recording.unit,
                                      recording.dtype.name, recording.warnings),
                                     (8000.0, 2, "FS", "float32", []))

    @needs("soundfile")
    def test_sound_file_of_32_bits_keeps_them(self):
        import soundfile
        x = np.round(noise(100) * 2**31) / 2**31
        soundfile.write("x.wav", x, 8000, subtype="PCM_32")
        self.assertEqual(self.assert_reads("x.wav", x).dtype, np.float64)

    @needs("soundfile")
    def test_two_channels_are_i_and_q_on_demand(self):
        import soundfile
        x = np.round(np.stack([noise(100, n) for n in range(4)], 1) * 2**15) / 2**15
        soundfile.write("x.wav", x, 8000)
        recording = self.assert_reads("x.wav", x[:, 2] + 1j * x[:, 3], channel=1, iq=True)
        self.assertTrue(recording.is_complex)

    def test_raw_integers_have_full_scale_1_in_every_format(self):
        for name, (parts, low, high) in {"i8": (1, -128, 127), "i16": (2, -2**15, 2**15 - 1),
                                         "i32": (4, -2**31, 2**31 - 1), "u8": (1, 0, 255),
                                         "u16": (2, 0, 2**16 - 1), "u32": (4, 0, 2**32 - 1)}.items():
            scale, offset = 2.0**(8 * parts - 1), 2.0**(8 * parts - 1) if name[0] == "u" else 0
            stored = np.random.default_rng(0).integers(low, high, 40, endpoint=True)
            stored[:2] = low, high
            expected = (stored - offset) / scale
            for order, mark in (("<", "_le"), (">", "_be"), ("<", "")):
                stored.astype(f"{order}{name[0]}{parts}").tofile("x.raw")
                with self.subTest(name + mark):
                    self.assert_reads("x.raw", expected, 1e-7, dtype=f"r{name}{mark}")
                    self.assert_reads("x.raw", expected[::2] + 1j * expected[1::2], 1e-7,
                                      dtype=f"c{name}{mark}")

    def test_raw_floats_are_taken_as_they_are(self):
        for order, mark in (("<", "le"), (">", "be")):
            for size in (4, 8):
                x = complex_noise(30).astype(f"{order}c{2 * size}")
                x.tofile("x.raw")
                self.assert_reads("x.raw", x, dtype=f"cf{8 * size}_{mark}")
                self.assert_reads("x.raw", x.view(x.real.dtype), dtype=f"rf{8 * size}_{mark}")

    def write_sigmf(self, stored, meta=None, captures=(), **fields):
        with open("x.sigmf-data", "wb") as file:
            file.write(stored)
        described = {"core:version": "1.2.0", "core:datatype": "ci16_le", **fields}
        with open("x.sigmf-meta", "w", encoding="utf-8") as file:
            json.dump({"global": described, "captures": list(captures), "annotations": []}, file)

    def test_sigmf_pair_opens_by_either_name(self):
        stored = (complex_noise(50).view(np.float64) * 2**15).astype("<i2")
        self.write_sigmf(stored.tobytes(), **{"core:sample_rate": 1e6}, captures=[
            {"core:sample_start": 0, "core:frequency": 433.92e6}])
        for name in ("x.sigmf-meta", "x.sigmf-data"):
            recording = self.assert_reads(name, (stored / 2**15).view(complex), 1e-7)
            self.assertEqual((recording.fs, recording.centre_frequency), (1e6, 433.92e6))

    def test_sigmf_interleaves_channels_between_header_and_trailer(self):
        stored = np.arange(24, dtype="<i2").reshape(12, 2)
        self.write_sigmf(b"abc" + stored.tobytes() + b"trail", captures=[{"core:header_bytes": 3}],
                         **{"core:datatype": "ri16_le", "core:num_channels": 2,
                            "core:trailing_bytes": 5})
        self.assert_reads("x.sigmf-meta", stored[:, 1] / 2**15, channel=1)

    def test_sigmf_names_its_dataset(self):
        self.write_sigmf(b"", **{"core:dataset": "other.bin", "core:datatype": "ru8"})
        os.remove("x.sigmf-data")
        np.arange(20, dtype=np.uint8).tofile("other.bin")
        self.assert_reads("x.sigmf-meta", (np.arange(20) - 128) / 128)

    def test_npy_is_taken_as_it_is(self):
        for x in (noise(50), noise(50).astype("f4"), complex_noise(50), complex_noise(50).astype("c8"),
                  np.arange(50, dtype=">i2")):
            np.save("x.npy", x)
            self.assertEqual(self.assert_reads("x.npy", x, rate=10.0).unit, "")

    def test_unknown_rate_is_one_with_a_warning(self):
        np.save("x.npy", noise(50))
        with recordings.open_recording("x.npy") as recording:
            self.assertEqual((recording.fs, recording.rate_known), (1.0, False))
            self.assertIn("--rate", recording.warnings[0])

    def test_partial_last_sample_is_left_out_with_a_warning(self):
        with open("x.raw", "wb") as file:
            file.write(bytes(4 * 20 + 3))
        with recordings.open_recording("x.raw", dtype="ci16_le", rate=1.0) as recording:
            self.assertEqual(recording.length, 20)
            self.assertIn("3 bytes", recording.warnings[0])

    @needs("soundfile")
    def test_truncated_sound_files_are_read_as_far_as_they_go(self):
        import soundfile
        x = np.round(noise(60000) * 2**15) / 2**15
        for kind in ("WAV", "RF64", "W64", "AIFF", "FLAC"):
            soundfile.write("x", x, 8000, format=kind, subtype="PCM_16")
            os.truncate("x", os.path.getsize("x") * 2 // 3)
            with self.subTest(kind), recordings.open_recording("x") as recording:
                self.assertEqual(len(recording.warnings), 1)
                self.assertIn("truncated", recording.warnings[0])
                self.assertTrue(30000 < recording.length < 41000, recording.length)
                np.testing.assert_array_equal(recording.read(0, recording.length),
                                              x[:recording.length])


# The verb spectrogram


class Spectrogram(InFolder):

    def write(self, x, name="x.npy"):
        np.save(name, x)
        return name

    def spectrogram_of(self, x, *options, name="x.npz"):
        """What the verb writes for x at 1 kHz, as a dict."""
        self.assert_done("spectrogram", self.write(x), "--rate", 1000, "-o", name, *options)
        with np.load(name) as file:
            return dict(file)

    def test_npz_equals_the_array_call(self):
        for x in (noise(3001).astype("f4"), noise(3001), complex_noise(3001).astype("c8"),
                  complex_noise(3001)):
            sides = "centered" if np.iscomplexobj(x) else "onesided"
            single = x.real.dtype == np.float32
            for kind in ("psd", "power", "magnitude"):
                with self.subTest(dtype=x.dtype, kind=kind):
                    got = self.spectrogram_of(x, "--n-fft", 60, "--win-length", 50, "--hop", 17,
                                              "--kind", kind, "--window", "kaiser:5")
                    values = got["magnitude" if kind == "magnitude" else "power"]
                    expected = stft.spectrogram(x, ("kaiser", 5.0), hop=17, win_length=50, n_fft=60,
                                                sides=sides, fs=1000.0, kind=kind)
                    self.assertEqual(values.dtype, np.float32 if single else np.float64)
                    self.assertTrue(values.flags.f_contiguous)
                    np.testing.assert_array_equal(values, expected)
                    np.testing.assert_allclose(got["frequencies"],
                                               stft.frequencies(60, 1000.0, sides))
                    np.testing.assert_allclose(got["times"], np.arange(values.shape[1]) * 0.017)

    def test_blocks_do_not_show(self):
        x = noise(3001).astype("f4")
        for hop in (5, 64, 200):  # with overlap, without, with gaps
            options = ("--n-fft", 64, "--hop", hop, "--average", 3)
            whole = self.spectrogram_of(x, *options)
            for values, samples in ((1, 1), (64 * 7, 2**21), (2**20, 1000)):
                with mock.patch.multiple(spectrogram_analysis, _BLOCK_FRAMES=1, _BLOCK_VALUES=values,
                                         _BLOCK_SAMPLES=samples):
                    blocks = self.spectrogram_of(x, *options)
                self.assertEqual(blocks["meta"], whole["meta"])
                np.testing.assert_allclose(blocks["power"], whole["power"], rtol=1e-6)

    def test_average_equals_the_array_call(self):
        x = noise(3001)
        for kind, name in (("psd", "power"), ("magnitude", "magnitude")):
            got = self.spectrogram_of(x, "--n-fft", 64, "--hop", 16, "--average", 8,
                                      "--kind", kind)
            expected = stft.spectrogram(x, "hann", hop=16, n_fft=64, fs=1000.0, average=8, kind=kind)
            np.testing.assert_allclose(got[name], expected, rtol=1e-12)
            centres = np.arange(1 + -(-3001 // 16)) * 0.016
            means = [centres[n:n + 8].mean() for n in range(0, len(centres), 8)]  # the last of 5
            np.testing.assert_allclose(got["times"], means)

    def test_start_and_stop_cut_the_signal_and_keep_its_time(self):
        x = noise(3001)
        got = self.spectrogram_of(x, "--n-fft", 64, "--hop", 16, "--start", 0.5, "--stop", 1.25)
        expected = stft.spectrogram(x, "hann", hop=16, n_fft=64, fs=1000.0, first=500 - 32, frames=48)
        np.testing.assert_allclose(got["power"], expected, rtol=1e-12)
        self.assertAlmostEqual(got["times"][0], 0.5)

    def test_fmin_and_fmax_keep_the_bins_between(self):
        x = noise(1000)
        got = self.spectrogram_of(x, "--n-fft", 100, "--hop", 50, "--fmin", 95, "--fmax", 200)
        np.testing.assert_allclose(got["frequencies"], np.arange(100, 201, 10))
        expected = stft.spectrogram(x, "hann", hop=50, n_fft=100, fs=1000.0)[10:21]
        np.testing.assert_array_equal(got["power"], expected)

    def test_overlap_sets_the_hop(self):
        meta = json.loads(str(self.spectrogram_of(noise(900), "--n-fft", 100, "--overlap", 0.8)["meta"]))
        self.assertEqual((meta["hop"], meta["unit"], meta["samp_rate"]), (20, "1/Hz", 1000.0))

    @needs("h5py")
    def test_hdf5_holds_what_npz_holds(self):
        import h5py
        name = self.write(complex_noise(3001).astype("c8"))
        with mock.patch.object(spectrogram_analysis, "_BLOCK_VALUES", 1000):
            self.assert_done("spectrogram", name, "--rate", 1000, "--n-fft", 50, "-o", "x.npz",
                             "-o", "x.h5", "-o", "x.hdf5")
        with np.load("x.npz") as npz:
            for path in ("x.h5", "x.hdf5"):
                with h5py.File(path) as hdf5:
                    for member in ("power", "frequencies", "times"):
                        np.testing.assert_array_equal(hdf5[member][...], npz[member])
                    self.assertEqual(hdf5.attrs["meta"], str(npz["meta"]))
                    self.assertEqual(hdf5["power"].dims[1][0].name, "/times")
                    self.assertEqual(hdf5["times"].attrs["units"], "s")

    @needs("matplotlib")
    def test_default_output_is_a_picture_of_the_size_asked_for(self):
        os.mkdir("there")
        name = self.write(noise(3001), os.path.join("there", "tone.npy"))
        for width, height in ((300, 200), (641, 399), (1001, 777), (2503, 1407)):
            out = self.assert_done("spectrogram", name, "--rate", 8000, "--width", width, "--height",
                                   height, "--cmap", "gray", "--zmin", -90, "--zmax", -20)
            with open("tone.png", "rb") as file:
                self.assertEqual(struct.unpack(">8s8xII", file.read(24)),
                                 (b"\x89PNG\r\n\x1a\n", width, height))
            self.assertLess(len(out.splitlines()), 24)

    @needs("matplotlib")
    def test_shortest_and_silent_signals_have_a_picture(self):
        for x in (np.ones(1), np.zeros(5000), np.zeros(300, complex), np.full(400, np.nan)):
            status, _, err = run("spectrogram", self.write(x), "--rate", 100)
            self.assertEqual(status, 0, err)
            os.remove("x.png")

    def test_summary_names_the_loudest_frequency_and_its_level(self):
        x = 0.25 * np.cos(2 * np.pi * 125 * np.arange(4000) / 1000) + 1e-4 * noise(4000)
        out = self.assert_done("spectrogram", self.write(x), "--rate", 1000, "--n-fft", 64, "--start",
                               1, "--stop", 3, "--kind", "magnitude", "-o", "x.npz")
        found = re.search(r"^loudest: +125 Hz at (\S+) dB re 1, on average$", out, re.MULTILINE)
        self.assertIsNotNone(found, out)
        self.assertAlmostEqual(float(found[1]), 20 * np.log10(0.25), delta=0.2)

    def test_sigmf_frequencies_are_around_the_centre(self):
        complex_noise(500).astype("<c8").tofile("x.sigmf-data")
        with open("x.sigmf-meta", "w", encoding="utf-8") as file:
            json.dump({"global": {"core:datatype": "cf32_le", "core:sample_rate": 1000},
                       "captures": [{"core:frequency": 1e6}]}, file)
        self.assert_done("spectrogram", "x.sigmf-meta", "--n-fft", 10, "-o", "x.npz")
        with np.load("x.npz") as file:
            np.testing.assert_allclose(file["frequencies"], 1e6 + np.arange(-500, 500, 100))

    def test_not_a_number_is_counted_and_stays_in_its_frames(self):
        x = noise(2000)
        clean = self.spectrogram_of(x, "--n-fft", 50, "--hop", 25)["power"]
        x[1030:1033] = np.nan, np.inf, np.nan  # blocks of 7 frames share 1025 .. 1049
        with mock.patch.object(spectrogram_analysis, "_BLOCK_VALUES", 50 * 7):
            status, out, err = run("spectrogram", self.write(x), "--rate", 1000, "--n-fft", 50, "--hop",
                                 25, "-o", "x.npz")
        self.assertEqual((status, err.count("\n")), (0, 1))
        self.assertIn(" 3 samples are NaN", err)
        self.assertRegex(out, r"loudest: +[0-9.]+ Hz at -[0-9.]+ dB")
        with np.load("x.npz") as file:
            touched = [41, 42]
            self.assertFalse(np.isfinite(file["power"][:, touched]).any())
            np.testing.assert_array_equal(np.delete(file["power"], touched, 1),
                                          np.delete(clean, touched, 1))

    def test_automatic_parameters_follow_rate_and_length(self):
        for fs, length, n_fft in ((44100, 10**7, 2048), (48000, 10**7, 2048), (8000, 10**7, 512),
                                  (192000, 10**7, 4096), (1000, 10**7, 256), (2e6, 10**7, 1024),
                                  (44100, 1000, 32), (44100, 1, 8)):
            self.assertEqual(command_options.automatic_n_fft(fs, length), n_fft)

    def test_progress_bar_is_for_terminals(self):
        name = self.write(noise(2000))
        terminal = mock.Mock(wraps=io.StringIO(), isatty=lambda: True)
        terminal.encoding = "utf-8"
        with mock.patch.dict(sys.modules, {"tqdm": None}), mock.patch.object(sys, "stderr", terminal):
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(command.main(["spectrogram", name, "--rate", "9", "-o", "x.npz"]), 0)
        written = "".join(call.args[0] for call in terminal.write.call_args_list)
        self.assertIn("python3-tqdm", written)


class Pooling(unittest.TestCase):

    def test_group_means_do_not_depend_on_the_split(self):
        rows = np.random.default_rng(0).standard_normal((23, 3))
        for size in (1, 2, 5, 23, 40):
            expected = [rows[n:n + size].mean(axis=0) for n in range(0, 23, size)]
            for split in (1, 2, 3, 7, 23):
                mean = spectrogram_picture.GroupMean(size)
                got = [mean.add(rows[n:n + split]) for n in range(0, 23, split)] + mean.last()
                np.testing.assert_allclose(np.concatenate(got), expected, atol=1e-15)

    def test_colours_span_the_noise_and_the_tone(self):
        level = np.random.default_rng(0).normal(-90, 3, (200, 500))
        level[20:22] = -20
        low, high = picture_axes.colour_range(level)
        self.assertTrue(-105 < low < -90 and high > -25, (low, high))
        self.assertEqual(picture_axes.colour_range(level, -70, -30), (-70, -30))
        for shown in (np.full((4, 4), -np.inf), np.full((4, 4), np.nan), np.zeros((4, 4))):
            low, high = picture_axes.colour_range(shown)
            self.assertTrue(np.isfinite((low, high)).all() and high - low >= 10)


    def picture(self, rows, **look):
        """Pixels in dB, extent and axis labels of a picture of these rows (rows, bins)."""
        rows_count, bins = rows.shape
        grid = spectrogram_analysis.Grid(
            "power", "FS²/Hz", np.float64, 100.0 + 10 * np.arange(bins), 2.0 + np.arange(rows_count),
            1.0, 10.0, (2.0, 1.0 + rows_count), (100.0, 90.0 + 10 * bins),
            {"time_unit": "s", "frequency_unit": "Hz"})
        look = {"width": 10, "height": 5, "zmin": None, "zmax": None, "cmap": "gray", "title": "",
                "subtitle": "", "label": "", "power": True, "density": True,
                "frequency_scale": "linear", "annotations": [], **look}
        picture = spectrogram_picture.Picture("", "", grid, mock.Mock(**look))
        for n in range(0, rows_count, 7):
            picture.write(rows[n:n + 7])
        picture._look.width = picture._look.height = 300
        for mean in picture._mean.last():
            picture._keep(mean if picture._look.density else picture._pooled(mean))
        axes = picture._draw(np.concatenate(picture._columns)).axes[0]
        image = axes.images[0]
        return image.get_array(), tuple(map(float, image.get_extent())), (axes.get_xlabel(), axes.get_ylabel())

    @needs("matplotlib")
    def test_pixels_are_means_over_time_and_over_bins_of_a_density(self):
        rows = np.random.default_rng(0).uniform(0.1, 1, (32, 12))  # 4 to a column, 3 to a line
        cells = rows.reshape(8, 4, 4, 3).mean(axis=1)
        for look, source, expected in (({}, rows, cells.mean(axis=2)),
                                       ({"density": False}, rows, cells.max(axis=2)),
                                       ({"density": False, "power": False}, np.sqrt(rows),
                                        cells.max(axis=2))):
            pixels, extent, labels = self.picture(source, **look)
            np.testing.assert_allclose(pixels, 10 * np.log10(expected.T), atol=1e-5)
            self.assertEqual(extent, (1.5, 33.5, 95, 215))
            self.assertEqual(labels, ("Time (s)", "Frequency (Hz)"))

    @needs("matplotlib")
    def test_last_pixels_may_hold_less(self):
        rows = np.random.default_rng(0).uniform(0.1, 1, (33, 13))
        pixels, extent, _ = self.picture(rows)
        self.assertEqual((pixels.shape, extent), ((5, 9), (1.5, 37.5, 95, 245)))
        self.assertAlmostEqual(pixels[4, 8], 10 * np.log10(rows[32, 12]), 5)

    @needs("matplotlib")
    def test_axes_are_in_units_that_read_well(self):
        for largest, unit, label, factor in ((2e9, "Hz", "MHz", 1e6), (22050, "Hz", "kHz", 1e3),
                                             (0.5, "Hz", "Hz", 1), (0.01, "Hz", "mHz", 1e-3),
                                             (100, "s", "s", 1),
                                             (0.5, "s", "ms", 1e-3), (1e-5, "s", "µs", 1e-6),
                                             (1e6, "samples", "samples", 1)):
            axis = picture_axes.Axis((0, largest), (-largest, 0), "Name", unit)
            self.assertEqual(axis.label, f"Name ({label})")
            self.assertAlmostEqual(axis.edges[1], largest / factor)
            self.assertAlmostEqual(axis.limits[0], -largest / factor)

    def test_titles_are_neither_mathematics_nor_longer_than_the_picture(self):
        plain = picture_axes.plain
        self.assertEqual(plain("a$b$\udcff\n", 20), r"a\$b\$?")
        self.assertEqual(plain("abcdefgh", 4), "ab…gh")


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
        for name in ("text.wav", "text.raw", "text.bin"):
            self.assert_refused(("spectrogram", name), name, "not a readable recording", "--dtype")
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
            for arguments in (("info", "--n-fft", 16), ("info", "--help")):
                with open("/dev/full", "w", encoding="utf-8") as full:
                    process = start(*arguments, stdout=full,
                                    environment={"PYTHONUNBUFFERED": unbuffered})
                    _, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 1)
                self.assertRegex(err, r"\Agr_stft( info)?: No space left on device\n\Z")

    def test_closed_standard_streams(self):
        warning = "gr_stft: warning: standard output is closed: nothing is printed\n"
        for closed, expected in ((1,), warning), ((2,), ""), ((1, 2), ""):
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
