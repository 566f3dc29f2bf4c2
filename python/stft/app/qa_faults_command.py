#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Faults from outside: limits of memory and files, recordings that change while they are read, files that fuzzing once broke."""

import json
import os
import resource
import subprocess
import unittest
import wave
from unittest import mock

import numpy as np
from qa_command import InFolder, start

from gnuradio.stft.app import batch_manifest
from gnuradio.stft.app.command import verb_parser
from gnuradio.stft.app.config_file import ConfigError, ConfigFile
from gnuradio.stft.app.files import spectrogram_files, stored_rows
from gnuradio.stft.app.files.recordings import open_recording
from gnuradio.stft.app.outputs.spectrogram_output import complete_left_over
from gnuradio.stft.app.page.spectrogram_store import SpectrogramStore

RAW = ("--dtype", "cf32_le", "--rate", "1M")
DEEP = "[" * 100_000


def limited(kind, most):
    """For a child: a limit of the system."""
    return lambda: resource.setrlimit(kind, (most, most))


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)
    return name


class Limits(InFolder):

    def test_a_file_that_has_no_room_is_named_and_leaves_nothing(self):
        n = np.arange(40_000) / 4000
        np.cos(2 * np.pi * (30 * n + 0.5 * n**2)).astype("f4").tofile("x_4k.f32")
        for verb, endings in ({"levels --band 10:100": ("csv", "npz"), "orders --speed 25:45": ("csv",), "detect": ("csv",),
                               "diagnose --speed 25 --bearing 8,0.235,1.245": ("csv",)}).items():
            for ending in endings:
                with self.subTest(verb=verb, ending=ending):
                    status, _, err = self.ended(*verb.split(), "x_4k.f32", "-o", f"y.{ending}",
                                                preexec_fn=limited(resource.RLIMIT_FSIZE, 100))
                    self.assertEqual((status, err), (1, f"gr_stft {verb.split()[0]}: y.{ending}: File too large\n"))
        self.assertEqual(os.listdir(), ["x_4k.f32"])

    def ended(self, *arguments, **options):
        with start(*arguments, stdout=subprocess.PIPE, **options) as process:
            out, err = process.communicate(timeout=120)
        self.assertGreaterEqual(process.returncode, 0, err)  # no signal
        self.assertNotIn("Traceback", err)
        return process.returncode, out, err

    def test_a_signal_that_strikes_as_a_file_is_made_leaves_none(self):
        close = os.close

        def struck(number):
            close(number)
            raise SystemExit(143)

        with mock.patch.object(spectrogram_files.os, "close", struck), self.assertRaises(SystemExit):
            with spectrogram_files.replaced_when_whole("x.npz"):
                self.fail("is not reached")
        self.assertEqual(os.listdir(), [])
        write(f".x.npz.{os.getpid()}.part", b"of another one")
        with self.assertRaisesRegex(OSError, "x.npz"):
            with spectrogram_files.replaced_when_whole("x.npz"):
                self.fail("is not reached")
        self.assertEqual(len(os.listdir()), 1)

    def test_too_little_memory_is_said_in_one_line_or_is_enough(self):
        np.zeros(1 << 18, np.complex64).tofile("x.cf32")
        for mebibytes in (180, 240, 400):
            status, _, err = self.ended("spectrogram", "x.cf32", *RAW, "--n-fft", 65536, "--hop", 4096, "-o", "x.npz",
                                        preexec_fn=limited(resource.RLIMIT_AS, mebibytes << 20),
                                        environment={"OPENBLAS_NUM_THREADS": "1", "GR_STFT_PLANNER": "estimate"})
            self.assertEqual(os.path.exists("x.npz"), status == 0)
            if status:
                self.assertLess(len(err.splitlines()), 4, err)

    def test_too_few_files_are_said_and_end_the_command(self):
        write("x.cf32", bytes(8 << 16))
        os.mkdir("rows")
        for most in (5, 6, 12):
            status, _, err = self.ended("monitor", "x.cf32", *RAW, "--detect", "--spectrogram", "rows", "--rotate", 1, "-F", "csv:e.csv",
                                        preexec_fn=limited(resource.RLIMIT_NOFILE, most))
            if status:
                self.assertIn("Too many open files", err)


class Changing(InFolder):
    """Recordings that other programs write, shorten or remove while they are read."""

    def recording(self):
        np.arange(10_000, dtype=np.float32).tofile("x.rf32")
        return open_recording("x.rf32", dtype="rf32_le", rate=1000)

    def test_one_that_is_removed_is_read_to_its_end(self):
        recording = self.recording()
        os.remove("x.rf32")
        np.testing.assert_array_equal(recording.read(9_000, 1_000), np.arange(9_000, 10_000))
        recording.close()

    def test_one_that_grows_has_the_length_that_it_had(self):
        recording = self.recording()
        with open("x.rf32", "ab") as file:
            file.write(bytes(4000))
        self.assertEqual(recording.length, 10_000)
        np.testing.assert_array_equal(recording.read(9_999, 1), [9_999])
        recording.close()

    def test_one_that_becomes_shorter_is_an_error_and_no_made_up_samples(self):
        recording = self.recording()
        os.truncate("x.rf32", 4 * 5_000)
        with self.assertRaisesRegex((ValueError, OSError), "x.rf32"):
            recording.read(4_000, 2_000)
        recording.close()
        with wave.open("x.wav", "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(40_000))
        recording = open_recording("x.wav")
        os.truncate("x.wav", 10_000)
        with self.assertRaisesRegex((ValueError, OSError), "x.wav"):
            recording.read(0, 20_000)
        recording.close()


class Mutated(InFolder):
    """Files that .ci/fuzz found."""

    meta = dict(n_fft=16, vlen=16, hop=8, samp_rate=1000.0, sample_start=0, time="2026-11-29T03:15:00Z", freq_center=1e6, source="x", rows=20,
                ended_by="stop")

    def test_rows_whose_metadata_are_broken_are_none(self):
        texts = [json.dumps({**self.meta, **change}) for change in (
            dict(vlen=0), dict(vlen=-1), dict(n_fft=0), dict(hop=0), dict(samp_rate=0), dict(samp_rate="x"), dict(hop=None), dict(source=[1]),
            dict(freq_center="x"), dict(time=3), dict(samp_rate=float("inf")), dict(samp_rate=float("nan")), dict(n_fft=float("inf")))]
        texts += [json.dumps({name: value for name, value in self.meta.items() if name != left_out}) for left_out in self.meta]
        for number, text in enumerate([*texts, DEEP, "", "3", "null", "{", json.dumps(self.meta)]):
            with self.subTest(text=text[:200]):
                folder = str(number)
                os.mkdir(folder)
                np.save(f"{folder}/spectrogram_x.npy", np.ones((20, 16), np.float32))
                write(f"{folder}/spectrogram_x.json", text.encode())
                rows = stored_rows.stored_files(folder)
                for found in rows:
                    found.between(found.begin, found.end)
                SpectrogramStore(folder).scan()
                os.rename(f"{folder}/spectrogram_x.npy", f"{folder}/spectrogram_x.npy.part")
                complete_left_over(folder)
        self.assertEqual(len(rows), 1)

    def test_brackets_within_brackets_are_refused(self):
        write("c.toml", f"x = {DEEP}\n".encode())
        with self.assertRaisesRegex(ConfigError, "^c.toml: has brackets within brackets"):
            ConfigFile("c.toml", verb_parser("monitor"))
        write("manifest.jsonl", f"{DEEP}\n".encode())
        with self.assertRaisesRegex(ValueError, "^manifest.jsonl: line 1: "):
            batch_manifest.Manifest("manifest.jsonl", ".")
        write("x.sigmf-meta", DEEP.encode())
        write("x.sigmf-data", bytes(8))
        with self.assertRaisesRegex(ValueError, "is not SigMF metadata"):
            open_recording("x.sigmf-meta")

    def test_a_mask_that_is_no_array_or_larger_than_memory_is_refused(self):
        np.arange(2000, dtype=np.float32).tofile("x.rf32")
        np.savez("several.npz", a=np.ones(9))
        write("broken.npz", b"PK\3\4" + bytes(100))
        header = np.lib.format.header_data_from_array_1_0(np.ones(1))
        with open("large.npy", "wb") as file:
            np.lib.format.write_array_header_1_0(file, {**header, "shape": (10**15,)})
        np.save("objects.npy", np.array([print, None]), allow_pickle=True)
        for name in ("several.npz", "broken.npz", "large.npy", "objects.npy"):
            with self.subTest(name=name):
                self.assert_refused(("denoise", "x.rf32", "--dtype", "rf32_le", "--rate", 1000, "--mask", name, "-o", "y.npy"), "mask")

    def test_names_in_metadata_stay_in_their_folder(self):
        os.mkdir("inner")
        data = np.arange(8, dtype=np.float32)
        data.tofile("outside.bin")
        meta = {"global": {"core:datatype": "rf32_le", "core:sample_rate": 1.0, "core:version": "1.2.0"}, "captures": [], "annotations": []}
        for name in ("../outside.bin", os.path.abspath("outside.bin"), "..", ".", "", "a/../../outside.bin", "x\0y"):
            meta["global"]["core:dataset"] = name
            write("inner/x.sigmf-meta", json.dumps(meta).encode())
            with self.subTest(name=name), self.assertRaises((ValueError, OSError)):
                open_recording("inner/x.sigmf-meta").close()
        data.tofile("inner/outside.bin")
        meta["global"]["core:dataset"] = "../outside.bin"
        write("inner/x.sigmf-meta", json.dumps(meta).encode())
        open_recording("inner/x.sigmf-meta").close()  # that of its own folder


if __name__ == "__main__":
    unittest.main()
