#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What gr_stft reads: damaged headers, pipes, archives, names, units, excerpts, several inputs and channels."""

import argparse
import contextlib
import io
import json
import os
import random
import re
import signal
import subprocess
import tarfile
import threading
import time
import unittest
from unittest import mock

import numpy as np
from qa_command import InFolder, complex_noise, needs, noise, run, start

from gnuradio import stft
from gnuradio.stft.app import jobs, piped_input, quantities, recording_names, recordings, spectrogram_analysis


def whole(path, **options):
    """All samples of a recording, and the warnings."""
    with recordings.open_recording(path, **options) as recording:
        return recording.read(0, recording.length), recording.warnings


def patched(data, at, value, size, order):
    return data[:at] + value.to_bytes(size, order) + data[at + size:]


class Headers(InFolder):
    """Sizes in headers that are less than what the file holds."""

    # kind, bytes of the size, their order, what stands before it, bytes that the size counts in addition to samples
    KINDS = (("WAV", 4, "little", b"data", 0), ("WAVEX", 4, "little", b"data", 0), ("AIFF", 4, "big", b"SSND", 8),
             ("AU", 4, "big", b".snd\x00\x00\x00\x18", 0), ("RF64", 8, "little", b"ds64\x1c\x00\x00\x00" + 8 * b".", 0),
             ("W64", 8, "little", b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0O\x8e\xdb\x8a", 24))

    def write(self, kind, subtype, channels, x):
        import soundfile
        soundfile.write("x", x.reshape(-1, channels), 8000, format=kind, subtype=subtype)
        with open("x", "rb") as file:
            return file.read()

    def size_at(self, data, before):
        """Where the size of the samples stands."""
        found = re.search(b"".join(b"." if byte == b"."[0] and before[:1] != b"." else re.escape(bytes([byte]))
                                   for byte in before), data, re.DOTALL)
        return found.end()

    @needs("soundfile")
    def test_samples_that_the_header_does_not_promise_are_read_with_a_word(self):
        chosen = random.Random(1)
        for kind, width, order, before, besides in self.KINDS:
            for subtype in ("PCM_16", "PCM_24", "FLOAT"):
                channels = chosen.choice((1, 2, 3))
                x = np.round(noise(3000 * channels) * 2**15) / 2**15
                data = self.write(kind, subtype, channels, x)
                at = self.size_at(data, before)
                promised = int.from_bytes(data[at:at + width], order)
                for fewer in (0, besides, besides + 6 * channels * chosen.randrange(1, 900)):
                    self.assertLess(fewer, promised)
                    with open("x", "wb") as file:
                        file.write(patched(data, at, fewer, width, order))
                    with self.subTest(kind=kind, subtype=subtype, channels=channels, promised=fewer):
                        got, warnings = whole("x", channel=channels - 1)
                        np.testing.assert_array_equal(got, x[channels - 1::channels].astype(np.float32))
                        self.assertEqual(len(warnings), 1)
                        self.assertIn(f"its header promises {max(0, fewer - besides)} bytes of samples, there are "
                                      f"{promised - besides}", warnings[0])
                        self.assert_refused(("spectrogram", "x", "--strict", "-o", "x.npz"), "x: its header promises",
                                            "strict refuses damaged files")

    @needs("soundfile")
    def test_headers_of_whole_files_are_believed(self):
        x = np.round(noise(1001) * 2**15) / 2**15
        for kind, *_ in self.KINDS:
            self.write(kind, "PCM_16", 1, x)
            got, warnings = whole("x", strict=True)
            np.testing.assert_array_equal(got, x.astype(np.float32))
            self.assertEqual(warnings, [])

    @needs("soundfile")
    @needs("soundfile")
    def test_a_sound_file_may_have_any_name(self):
        import soundfile
        soundfile.write("x.wav", noise(4000), 8000)
        name = os.fsdecode(b"\xff\n\xfe.wav")
        os.rename("x.wav", name)
        self.assert_done("detect", name, "-o", "{input}.csv", "-o", "{input}.jsonl", "-o", "{input}.sigmf-meta")
        self.assert_done("denoise", name, "-o", "{input}.flac")
        self.assert_done("spectrogram", name, "-o", "{input}.npz")
        self.assertEqual({os.fsencode(each)[:3] for each in os.listdir()}, {b"\xff\n\xfe"})
        self.assertEqual(len(os.listdir()), 6)

    def test_chunks_and_tags_behind_samples_are_no_samples(self):
        x = np.round(noise(1001) * 2**15) / 2**15
        data = self.write("WAV", "PCM_16", 1, x)
        for tail in (b"LIST\x05\x00\x00\x00INFO.\x00", b"LIST\x04\x00\x00\x00INFObext\x02\x00\x00\x00ab", b"TAG" + bytes(125)):
            with open("x", "wb") as file:
                file.write(data + tail)
            got, warnings = whole("x")
            self.assertEqual((len(got), warnings), (1001, []))
        self.write("WAV", "PCM_16", 1, np.zeros(0))
        with open("x", "ab") as file:
            file.write(b"LIST\x04\x00\x00\x00INFO")
        self.assert_refused(("spectrogram", "x"), "no samples")

    @needs("soundfile")
    def test_sizes_beyond_32_bits_that_have_wrapped_around(self):
        data = self.write("WAV", "PCM_16", 1, noise(100))
        samples = 2**31 + 2**29  # of two bytes
        with open("x", "wb") as file:
            file.write(patched(data[:44], 40, 2 * samples % 2**32, 4, "little"))
            file.truncate(44 + 2 * samples)
            file.seek(-2, os.SEEK_END)
            file.write(b"\x00\x40")
        with recordings.open_recording("x") as recording:
            self.assertEqual(recording.length, samples)
            self.assertEqual(recording.read(samples - 2, 2).tolist(), [0, 0.5])

    @needs("soundfile")
    def test_damaged_headers_are_read_or_refused_in_one_line(self):
        chosen = random.Random(2)
        made = [self.write(kind, "PCM_16", 2, noise(500)) for kind, *_ in self.KINDS]
        for _ in range(300):
            data = bytearray(chosen.choice(made))
            for _ in range(chosen.randrange(1, 4)):
                at = chosen.randrange(min(len(data), 100))
                data[at:at + chosen.choice((1, 4))] = chosen.choice((b"\0", b"\xff", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f"))
            data = data[:chosen.randrange(len(data))] if chosen.random() < 0.3 else data
            with open("x", "wb") as file:
                file.write(data)
            try:
                whole("x")
            except ValueError as error:
                self.assertNotIn("\n", str(error))

    @needs("soundfile")
    def test_libraries_below_libsndfile_say_nothing(self):
        with open("x.mp3", "wb") as file:
            file.write(b"\xff\xfb\x90\x64" + random.Random(3).randbytes(20000))
        process = start("spectrogram", "x.mp3", "-o", "x.npz", stdout=subprocess.PIPE)
        _, err = process.communicate(timeout=60)
        self.assertRegex(err, r"\A(gr_stft spectrogram: [^\n]+\n)*\Z")

    @needs("soundfile")
    def test_flac_that_does_not_know_its_length_is_no_damage(self):
        import soundfile
        x = np.round(noise(5000) * 2**15) / 2**15
        soundfile.write("x.flac", x, 8000)
        with open("x.flac", "rb") as file:
            data = file.read()
        with open("x.flac", "wb") as file:  # 36 bits of the number of samples
            file.write(data[:21] + bytes([data[21] & 0xf0]) + bytes(4) + data[26:])
        got, warnings = whole("x.flac", strict=True)
        np.testing.assert_array_equal(got, x.astype(np.float32))
        self.assertIn("does not say how long", warnings[0])


def write_slowly(data, fifo, chosen):
    """Writes to a named pipe in pieces of any size, with pauses."""
    def write():
        with open(fifo, "wb", buffering=0) as pipe:
            at = 0
            while at < len(data):
                piece = data[at:at + chosen.randrange(1, 3000)]
                pipe.write(piece)
                at += len(piece)
                if chosen.random() < 0.1:
                    time.sleep(0.001)
    thread = threading.Thread(target=write)
    thread.start()
    return thread


class Pipes(InFolder):

    def through_a_pipe(self, data, *options, name="pipe"):
        os.mkfifo(name)
        thread = write_slowly(data, name, random.Random(len(data)))
        out = run("spectrogram", name, "-o", "pipe.npz", *options)
        thread.join()
        os.remove(name)
        return out

    def assert_same(self, path, *options):
        """A file and the same through a pipe give the same spectrogram."""
        with open(path, "rb") as file:
            status, _, err = self.through_a_pipe(file.read(), *options)
        self.assertEqual(status, 0, err)
        run("spectrogram", path, "-o", "file.npz", *options)
        with np.load("pipe.npz") as piped, np.load("file.npz") as read:
            np.testing.assert_array_equal(piped["power"], read["power"])
            np.testing.assert_array_equal(piped["frequencies"], read["frequencies"])
        return err

    def test_pipe_of_bare_samples_gives_what_the_file_gives(self):
        complex_noise(5003).astype("c8").tofile("x.raw")
        self.assert_same("x.raw", "--dtype", "cf32_le", "--rate", "250k", "--center", "433.92M")

    def test_last_sample_that_is_cut(self):
        with open("x.raw", "wb") as file:
            file.write(bytes(40003))
        self.assertIn("file ends 3 bytes into a sample of 4", self.assert_same("x.raw", "--dtype", "ci16", "--rate", 1000))

    def test_arrays_and_archives_are_known_by_their_first_bytes(self):
        np.save("x.npy", noise(3000))
        self.assert_same("x.npy", "--rate", 1000)
        write_archive("x.sigmf", complex_noise(2000).astype("c8").tobytes())
        self.assert_same("x.sigmf")

    @needs("soundfile")
    def test_sound_whose_writer_did_not_know_the_length(self):
        import soundfile
        soundfile.write("x.wav", noise(3000), 8000)
        with open("x.wav", "rb") as file:
            data = file.read()
        for unknown in (0, 2**32 - 1, 2**31 - 1):
            with open("x.wav", "wb") as file:
                file.write(patched(patched(data, 4, unknown, 4, "little"), 40, unknown, 4, "little"))
            self.assert_same("x.wav")

    def test_dash_reads_standard_input(self):
        x = np.arange(2000, dtype="u1")
        process = start("spectrogram", "-", "--dtype", "ru8", "--rate", "1k", "-o", "x.npz", stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE)
        for piece in np.array_split(x, 7):
            process.stdin.buffer.write(piece.tobytes())
            process.stdin.flush()
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertIn("file:        standard input", out)
        self.assertIn("2000 samples", out)

    def assert_leaves_an_endless_pipe(self, header, *options):
        process = start("spectrogram", "-", "--stop", "0:20", "--n-fft", 64, "-o", "x.npz", *options, stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE)
        self.addCleanup(process.kill)
        for byte in header:
            process.stdin.buffer.write(bytes([byte]))
            process.stdin.flush()
        with self.assertRaises(BrokenPipeError):
            for _ in range(1000):
                process.stdin.buffer.write(bytes(2**16))
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdin = None
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertIn("20000 samples from 0", out)

    def test_stop_leaves_an_endless_pipe(self):
        self.assert_leaves_an_endless_pipe(b"", "--dtype", "ru8", "--rate", "1k")

    @needs("soundfile")
    def test_stop_leaves_endless_sound_without_a_word_of_damage(self):
        import soundfile
        for promised in (0, 10**9, 2**31 - 1, 2**32 - 1):
            soundfile.write("x.wav", np.zeros((9, 2)), 1000)
            with open("x.wav", "rb") as file:
                header = file.read()[:44]
            self.assert_leaves_an_endless_pipe(patched(patched(header, 40, promised, 4, "little"), 4, promised, 4, "little"))

    def test_file_on_standard_input_is_read_where_it_is(self):
        np.save("x.npy", noise(3000))
        with open("x.npy", "rb") as file:
            process = start("spectrogram", "-", "--rate", "1k", "-o", "x.npz", stdin=file, stdout=subprocess.PIPE,
                            environment={"TMPDIR": "/nowhere"})
            out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertIn("3000 samples", out)

    def test_terminal_is_no_recording(self):
        ours, terminal = os.openpty()
        process = start("spectrogram", "-", "--dtype", "cu8", stdin=terminal, stdout=subprocess.PIPE)
        _, err = process.communicate(timeout=60)
        os.close(ours)
        os.close(terminal)
        self.assertEqual((process.returncode, err), (2, "gr_stft spectrogram: standard input: is a terminal: must be a pipe or a file\n"))

    def test_context_behind_stop_comes_through_the_pipe(self):
        x = noise(3000).astype("f4")
        x.tofile("x.raw")
        self.assert_same("x.raw", "--dtype", "rf32", "--rate", 1000, "--start", 0.5, "--stop", 1.5, "--n-fft", 512)

    def test_interruption_ends_the_reading_and_keeps_what_came(self):
        process = start("spectrogram", "-", "--dtype", "ru8", "--rate", 1000, "-o", "x.npz", stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.addCleanup(process.kill)
        process.stdin.buffer.write(bytes(5000))
        process.stdin.flush()
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=30), 130)
        out = process.stdout.read()
        self.assertIn("5000 samples", out)
        self.assertEqual(os.listdir(), ["x.npz"])
        process.stdin.close()
        process.stdout.close()
        process.stderr.close()

    def test_empty_pipe_is_refused(self):
        status, out, err = self.through_a_pipe(b"", "--dtype", "cu8")
        self.assertEqual((status, out, err), (2, "", "gr_stft spectrogram: pipe: is empty: there is nothing to analyse\n"))

    def test_no_room_for_what_comes(self):
        with mock.patch.dict(os.environ, {"TMPDIR": "/nowhere"}):
            status, _, err = self.through_a_pipe(b"", "--dtype", "cu8")
        self.assertEqual((status, err.count("\n")), (1, 1))
        self.assertIn("pipe, kept in /nowhere: No such file", err)

    def test_name_of_a_pipe_counts_as_a_file_s(self):
        complex_noise(3000).astype("c8").tofile("x.raw")
        with open("x.raw", "rb") as file:
            status, out, err = self.through_a_pipe(file.read(), name="x_433.92M_250k.cf32")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("250 kHz, centre 433.92 MHz", out)


class Names(unittest.TestCase):

    def test_names_of_files_give_rate_centre_and_dtype(self):
        for name, dtype, rate, centre, iq in (
                ("gqrx_20230115_183005_433920000_2400000_fc.raw", "cf32_le", 2.4e6, 433.92e6, None),
                ("g001_433.92M_250k.cu8", "cu8", 250e3, 433.92e6, None),
                ("g12_868.3M_1024k.cs16", "ci16_le", 1.024e6, 868.3e6, None),
                ("x_433.92M_2.4M.cfile", "cf32_le", 2.4e6, 433.92e6, None),
                ("x-433.92MHz-2Msps.cs8", "ci8", 2e6, 433.92e6, None),
                ("x_1090000000Hz_2000000sps.cf32", "cf32_le", 2e6, 1.09e9, None),
                ("HackRF-20160101_120000-433_92MHz-2MSps-2MHz.complex16s", "ci8", 2e6, 2e6, None),
                ("x.CF32", "cf32_le", None, None, None), ("x.fc64", "cf64_le", None, None, None),
                ("tone.f32", "rf32_le", None, None, None), ("a_3x.s16", "ri16_le", None, None, None),
                ("SDRSharp_20160101_174523Z_145800000Hz_IQ.wav", None, None, 145.8e6, True),
                ("HDSDR_20120101_120000Z_7100kHz_RF.wav", None, None, 7.1e6, True),
                ("SDRuno_20200907_184033Z_3550kHz.wav", None, None, 3.55e6, True),
                ("baseband_433920000Hz_12-30-45_01-01-2023.wav", None, None, 433.92e6, True),
                ("x_433.92M_250k.wav", None, None, None, None), ("x.raw", None, None, None, None),
                ("x.iq", None, None, None, None), ("cfile", None, None, None, None), ("", None, None, None, None)):
            with self.subTest(name):
                self.assertEqual(recording_names.hints_of_name("some_1M_2k.cu8/" + name),
                                 recording_names.Hints(dtype, rate, centre, iq))


class NamedFiles(InFolder):

    def test_names_are_defaults_that_options_override(self):
        x = complex_noise(3000).astype("c8")
        x.tofile("x_433.92M_250k.cf32")
        with recordings.open_recording("x_433.92M_250k.cf32") as found:
            self.assertEqual((found.fs, found.centre_frequency, found.length), (250e3, 433.92e6, 3000))
            self.assertEqual(found.format, "raw samples, cf32_le by its name")
        with recordings.open_recording("x_433.92M_250k.cf32", rate=1e6, center=1e8, dtype="rf32_le") as found:
            self.assertEqual((found.fs, found.centre_frequency, found.length), (1e6, 1e8, 6000))

    @needs("soundfile")
    def test_two_channels_of_a_receiver_are_i_and_q_unless_refused(self):
        import soundfile
        name = "SDRSharp_20160101_174523Z_145800000Hz_IQ.wav"
        soundfile.write(name, np.stack([noise(100), noise(100, 1)], 1), 48000)
        with recordings.open_recording(name) as found:
            self.assertTrue(found.is_complex)
            self.assertEqual(found.zero_frequency, 145.8e6)
        with recordings.open_recording(name, iq=False) as found:
            self.assertFalse(found.is_complex)


class Units(unittest.TestCase):

    def test_frequencies_have_units_and_prefixes(self):
        for text, value in (("48000", 48000), ("250k", 250e3), ("433.92M", 433.92e6), ("433.92MHz", 433.92e6), ("1e6", 1e6),
                            ("2.4Msps", 2.4e6), ("2 MS/s", 2e6), ("1.5G", 1.5e9), (".5k", 500), ("-3k", -3000), ("0.1k", 100),
                            ("1e-3k", 1)):
            self.assertEqual(quantities.hertz(text), value, text)
        self.assertTrue(np.isnan(quantities.hertz("nan")))
        for text in ("", "k", "1m", "1kk", "1 2", "0x10", "1:30", "12kB"):
            with self.assertRaisesRegex(argparse.ArgumentTypeError, "must be a number with k, M or G"):
                quantities.hertz(text)

    def test_rotations_are_in_seconds_or_minutes(self):
        for text, expected in (("25", 25), ("25Hz", 25), ("1500rpm", 25), ("1.5k RPM", 25), (" 90 rpm ", 1.5)):
            self.assertEqual(quantities.rotation(text), expected)
        for text in ("rpm", "fast", "5rps"):
            with self.assertRaisesRegex(argparse.ArgumentTypeError, "25, 1500rpm"):
                quantities.rotation(text)

    def test_times_have_units_or_colons(self):
        for text, value in (("90", 90), ("1:30", 90), ("0:01:30.5", 90.5), ("2:00:00", 7200), ("100:00", 6000), ("1500ms", 1.5),
                            ("1.5min", 90), ("1h", 3600), ("0", 0), ("-1", -1), ("1e2", 100), ("20us", 20e-6), ("0:5", 5)):
            self.assertAlmostEqual(quantities.seconds(text), value, 12, text)
        for text in ("", ":", "1:60", "1:2:3:4", "1:-2", "1k", "1:60:00", "a"):
            with self.assertRaisesRegex(argparse.ArgumentTypeError, "must be seconds, m:ss or h:mm:ss"):
                quantities.seconds(text)

    def test_clock_words_are_read_back(self):
        chosen = random.Random(0)
        for _ in range(1000):
            value = round(chosen.uniform(0, 10**chosen.randrange(1, 7)), 2)
            self.assertAlmostEqual(quantities.seconds(quantities.clock(value, 2)), value, 6)
        self.assertEqual([quantities.clock(v) for v in (0, 59.6, 3599, 3600, 36061)], ["0:00", "1:00", "59:59", "1:00:00", "10:01:01"])


class Commands(InFolder):

    def test_units_in_every_rate_frequency_and_time(self):
        np.save("x.npy", noise(100000))
        self.assert_done("spectrogram", "x.npy", "--rate", "1k", "--start", "0:10", "--stop", "1:00", "--fmin", "0.1k", "--fmax",
                         "200Hz", "--n-fft", 100, "--hop", 50, "-o", "x.npz")
        with np.load("x.npz") as file:
            np.testing.assert_allclose(file["frequencies"], np.arange(100, 201, 10))
            self.assertEqual(file["times"][0], 10)
        self.assertEqual(json.loads(self.assert_done("info", "--rate", "48k", "--json"))["samp_rate"], 48000)

    def test_options_with_several_names_agree(self):
        np.save("x.npy", noise(100))
        for options in (("--rate", "48k"), ("--samp-rate", "48k"), ("--fs", "48k"), ("--fs", "48k", "--rate", 48000), ("--fs", 1, "--fs", "48k")):
            self.assertEqual(json.loads(self.assert_done("info", *options, "--json"))["samp_rate"], 48000)
            self.assert_done("spectrogram", "x.npy", *options, "-o", "x.npz")
            with np.load("x.npz") as file:
                self.assertEqual(json.loads(str(file["meta"]))["samp_rate"], 48000)
        for options, words in (
            (("--rate", "48k", "--fs", "44.1k"), "fs: 44100: is given already, as --rate 48000"),
            (("--samp-rate", 1, "--rate", 2), "rate: 2: is given already, as --samp-rate 1"),
            (("--center", "1M", "--centre", "2M", "--rate", 1), "centre: 2e+06: is given already, as --center 1e+06"),
        ):
            self.assert_refused(("spectrogram", "x.npy", *options), words)
        self.assert_refused(("info", "--rate", 1, "--fs", 2), "fs: 2: is given already, as --rate 1")

    def test_bad_units_are_one_line(self):
        np.save("x.npy", noise(100))
        for option, text, words in (("--rate", "2Q", "must be a number with k, M or G"), ("--start", "1:75", "must be seconds"),
                                    ("--center", "inf", "center: inf: must be finite"), ("--channel", "both", "must be a number, counted from 0, or all"),
                                    ("--rate", "-1k", "rate: -1000"), ("--center=1e30", "--rate=1", "center: centre frequency 1e+30: must be"), ("--center", "1M", "center: 1e+06: needs a sampling rate")):
            with self.subTest(option=option):
                self.assert_refused(("spectrogram", "x.npy", option, text), words)


def meta_of(**described):
    return {"global": {"core:datatype": "cf32_le", "core:version": "1.2.0", "core:sample_rate": 1000.0, **described},
            "captures": [{"core:sample_start": 0, "core:frequency": 1e6}], "annotations": []}


def write_archive(path, stored, meta=None, names=("a/x",), mode="w"):
    with tarfile.open(path, mode) as archive:
        for name in names:
            for suffix, content in ((".sigmf-meta", json.dumps(meta or meta_of()).encode()), (".sigmf-data", stored)):
                member = tarfile.TarInfo(name + suffix)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


def write_pair(meta, x):
    x.astype("c8").tofile("x.sigmf-data")
    with open("x.sigmf-meta", "w", encoding="utf-8") as file:
        json.dump(meta, file)


class SigMF(InFolder):

    def test_archive_is_read_where_it_is(self):
        x = complex_noise(500).astype("c8")
        write_archive("x.sigmf", x.tobytes())
        with recordings.open_recording("x.sigmf") as found:
            self.assertEqual((found.fs, found.centre_frequency, found.length), (1000, 1e6, 500))
            np.testing.assert_array_equal(found.read(3, 490), x[3:493])
        write_archive("x.sigmf", b"ab" + x.tobytes() + b"cde", {
            **meta_of(**{"core:trailing_bytes": 3}), "captures": [{"core:header_bytes": 2}]})
        np.testing.assert_array_equal(whole("x.sigmf")[0], x)

    def test_archive_that_ends_early_is_read_as_far_as_it_goes(self):
        x = complex_noise(5000).astype("c8")
        write_archive("x.sigmf", x.tobytes())
        os.truncate("x.sigmf", 30000)
        got, warnings = whole("x.sigmf")
        np.testing.assert_array_equal(got, x[:len(got)])
        self.assertGreater(len(got), 3000)
        self.assertIn("truncated", " ".join(warnings))
        self.assert_refused(("spectrogram", "x.sigmf", "--strict"), "strict refuses")

    def test_what_is_no_archive_of_one_recording(self):
        with open("text.sigmf", "w", encoding="utf-8") as file:
            file.write("no tar" * 1000)
        write_archive("two.sigmf", bytes(80), names=("a", "b"))
        write_archive("none.sigmf", bytes(80), names=())
        write_archive("gz.sigmf", bytes(80), mode="w:gz")
        with tarfile.open("meta.sigmf", "w") as archive:
            member = tarfile.TarInfo("a.sigmf-meta")
            member.size = len(json.dumps(meta_of()))
            archive.addfile(member, io.BytesIO(json.dumps(meta_of()).encode()))
        for name, words in (("text", "not a SigMF archive"), ("two", "holds 2 .sigmf-meta"), ("none", "holds 0"),
                            ("gz", "uncompressed tar"), ("meta", "data is missing")):
            self.assert_refused(("spectrogram", f"{name}.sigmf"), f"{name}.sigmf", words)

    def test_without_a_rate_no_hertz_are_added_to_cycles_per_sample(self):
        meta = meta_of()
        del meta["global"]["core:sample_rate"]
        x = np.exp(2j * np.pi * 0.2 * np.arange(3000)) + 1e-3 * complex_noise(3000)
        write_pair(meta, x)
        status, out, err = run("spectrogram", "x.sigmf-meta", "--n-fft", 100, "-o", "x.npz", "-o", "x.h5", "-o", "x.png")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"loudest: +0\.2 cycles/sample at")
        self.assertIn("centre frequency 1 MHz is left out", err)
        status, _, err = run("learn", "x.sigmf-meta", "--n-fft", 100, "-o", "y.npz")
        self.assertEqual(status, 0, err)
        with np.load("x.npz") as file, np.load("y.npz") as learned:
            np.testing.assert_allclose(file["frequencies"], np.arange(-50, 50) / 100, atol=1e-15)
            np.testing.assert_allclose(np.sort(learned["frequencies"]), np.arange(-50, 50) / 100, atol=1e-15)
            self.assertIn("cycles/sample", json.loads(str(learned["meta"]))["frequencies"])

    def test_with_a_rate_the_axis_is_around_the_centre(self):
        meta = meta_of()
        del meta["global"]["core:sample_rate"]
        write_pair(meta, complex_noise(3000))
        for options, centre in (((), 1e6), (("--center", "2M"), 2e6), (("--centre", 0), 0)):
            for verb in ("spectrogram", "learn"):
                run(verb, "x.sigmf-meta", "--rate", "1k", "--n-fft", 100, "-o", "x.npz", *options)
                with np.load("x.npz") as file:
                    np.testing.assert_allclose(np.sort(file["frequencies"]), centre + 10 * np.arange(-50, 50))

    def test_annotations_that_have_no_place_are_left_out_with_a_word(self):
        good = {"core:sample_start": 15, "core:sample_count": 5, "core:freq_lower_edge": 1, "core:freq_upper_edge": 2,
                "core:label": "burst"}
        bad = [{**good, "core:sample_start": "x"}, {**good, "core:sample_count": -1}, {**good, "core:freq_lower_edge": None}, 7]
        write_pair({**meta_of(**{"core:offset": 10}), "annotations": [good, *bad, {"core:sample_start": 12, "core:comment": "c"}]},
                   complex_noise(30))
        with recordings.open_recording("x.sigmf-meta") as found:
            self.assertEqual([(a.start, a.count, a.low, a.high, a.label) for a in found.annotations],
                             [(5, 5, 1, 2, "burst"), (2, None, None, None, "c")])
            self.assertIn("4 annotations", found.warnings[0])

    def test_times_that_do_not_hold_have_a_word(self):
        time = "2026-11-30T23:59:59.5Z"
        for captures, known, words in (
            ([{"core:datetime": time}, {"core:sample_start": 9}], True, None),
            ([{"core:datetime": "yesterday"}], False, "core:datetime 'yesterday' is no time"), ([{"core:datetime": 5}], False, "5 is no time"),
            ([{"core:datetime": time}, {"core:sample_start": 9, "core:datetime": "2026-12-01T05:00:00Z"}], True, "counted from the first one"),
        ):
            write_pair({**meta_of(), "captures": captures}, complex_noise(30))
            with self.subTest(captures=captures), recordings.open_recording("x.sigmf-meta") as found:
                self.assertEqual((found.time is not None, len(found.warnings)), (known, int(words is not None)))
                self.assertIn(words or "", "".join(found.warnings))

    def test_a_mark_of_the_byte_order_is_no_bad_json(self):
        write_pair({}, complex_noise(30))
        with open("x.sigmf-meta", "w", encoding="utf-8-sig") as file:
            json.dump(meta_of(), file)
        with recordings.open_recording("x.sigmf-meta") as found:
            self.assertEqual(found.length, 30)


class Excerpts(InFolder):
    """Frames of an excerpt are those of the whole recording."""

    def both(self, x, *options):
        np.save("x.npy", x)
        options = ("--rate", 1000, "--n-fft", 64, "--hop", 20, *options)
        self.assertEqual(run("spectrogram", "x.npy", *options, "-o", "all.npz")[0], 0)
        self.assert_done("spectrogram", "x.npy", *options, "--start", 0.4, "--stop", 1.2, "-o", "part.npz")
        with np.load("all.npz") as every, np.load("part.npz") as part:
            np.testing.assert_allclose(part["times"], every["times"][20:61])
            return every["power"][:, 20:61], part["power"]

    def test_windows_and_neighbours_reach_out_of_the_excerpt(self):
        for x in (noise(3001), noise(3001).astype("f4"), complex_noise(3001)):
            for transform in ("plain", "reassigned", "synchrosqueezed"):
                for blocks in (1, 16):
                    with self.subTest(transform=transform, dtype=x.dtype, blocks=blocks), \
                            mock.patch.multiple(spectrogram_analysis, _BLOCK_VALUES=1, _BLOCK_FRAMES=blocks):
                        every, part = self.both(x, "--transform", transform)
                        np.testing.assert_allclose(part, every, rtol=1e-5, atol=1e-9 * every.max())

    def test_a_tone_has_no_click_at_the_ends_of_an_excerpt(self):
        x = np.cos(2 * np.pi * 0.1 * np.arange(3001))
        _, part = self.both(x, "--window", "blackmanharris")
        self.assertLess(10 * np.log10(part[25:].max() / part.max()), -90)

    def test_not_a_number_outside_of_reach_does_not_matter(self):
        x = noise(3001)
        x[[300, 1300]] = np.nan
        _, part = self.both(x)
        self.assertTrue(np.isfinite(part).all())

    def test_learning_sees_what_windows_reach(self):
        n = np.arange(3000)
        x = np.cos(0.5 * n)
        np.save("x.npy", x)
        run("learn", "x.npy", "--rate", 1000, "--n-fft", 256, "--hop", 16, "--share", "constant", "--start", 1, "--stop", 1.5, "-o", "x.npz", "-o", "x.png")
        with np.load("x.npz") as file:
            # a tone is best seen through the longest window, at the ends of the excerpt, too
            self.assertGreater(file["theta_samples"].item(), 255)
            expected = stft.learn(x, n_fft=256, hop=16, share="constant", part=(1000, 1500))
            self.assertAlmostEqual(float(file["loss"]), expected.loss, 12)
            np.testing.assert_array_equal(file["t_samples"], expected.t)
            np.testing.assert_array_equal(expected.t, 1000 + 16 * np.arange(32))

    def test_part_of_learn_is_that_of_all_windows_far_from_the_ends(self):
        x = noise(3000)
        padded = np.concatenate([np.zeros(500), x[1000:2000], np.zeros(500)])
        alone = stft.learn(x[1000:2000], n_fft=128, hop=16, share="constant")
        part = stft.learn(padded, n_fft=128, hop=16, share="constant", part=(500, 1500))
        np.testing.assert_allclose(part.theta, alone.theta, rtol=1e-9)
        np.testing.assert_allclose(part.t, 500 + alone.t)
        # one theta for each frame: frames stay in place where the signal goes on
        for share in ("frame", "cell"):
            part = stft.learn(x, n_fft=128, hop=16, share=share, method="adam", max_iterations=1, learning_rate=1e-12, theta_init=100.0,
                              criterion="frame_entropy", part=(1000, 2000))
            S = stft.dstft(x, 100.0, 1000 + 16.0 * np.arange(63), n_fft=128, norm="l2")
            self.assertAlmostEqual(part.history[0], stft.losses.magnitude_entropy(np.abs(S), per_frame=True)[0], 9)
        for bad in ((-1, 5), (5, 5), (0, 3001)):
            with self.assertRaisesRegex(ValueError, "part: .*must be 0 <= begin < end <= 3000"):
                stft.learn(x, n_fft=128, hop=16, part=bad)


class Several(InFolder):

    def test_inputs_and_channels_have_files_of_their_own(self):
        for name in ("a", "b"):
            np.save(f"{name}.npy", noise(500))
        out = self.assert_done("spectrogram", "a.npy", "b.npy", "--rate", 100, "-o", "{input}-{channel}.npz", "--channel", 0)
        self.assertEqual(out.count("file: "), 2)
        self.assertEqual(sorted(name for name in os.listdir() if name.endswith("npz")), ["a-0.npz", "b-0.npz"])

    @needs("soundfile")
    def test_all_channels_of_a_file_are_analysed(self):
        import soundfile
        x = np.round(np.stack([noise(1000, n) for n in range(4)], 1) * 2**15) / 2**15
        soundfile.write("x.wav", x, 8000)
        self.assert_done("spectrogram", "x.wav", "--channel", "all", "--n-fft", 64, "--hop", 32, "-o", "{input}{channel}.npz")
        for channel in range(4):
            with np.load(f"x{channel}.npz") as file:
                np.testing.assert_array_equal(file["power"], stft.spectrogram(x[:, channel].astype("f4"), hop=32, n_fft=64, fs=8000.0))
        self.assert_done("spectrogram", "x.wav", "--channel", "all", "--iq", "-o", "iq{channel}.npz")
        self.assertEqual(sorted(name for name in os.listdir() if name.startswith("iq")), ["iq0.npz", "iq1.npz"])
        self.assert_done("learn", "x.wav", "--channel", "all", "-o", "{channel}.csv", "--n-fft", 64, "--theta-min", 8, "--theta-max", 64, "--theta-init", 16,
                         "--method", "adam", "--max-iterations", 2, "--share", "frame")
        self.assertEqual(sum(name.endswith(".csv") for name in os.listdir()), 4)

    def test_one_that_fails_does_not_keep_the_others(self):
        np.save("a.npy", noise(500))
        np.save("c.npy", noise(500))
        status, out, err = run("spectrogram", "a.npy", "missing.npy", "c.npy", "--rate", 100, "-o", "{input}.npz")
        self.assertEqual((status, out.count("file: ")), (2, 2))
        self.assertEqual(err, "gr_stft spectrogram: missing.npy: No such file or directory\n")
        self.assertEqual(sorted(os.listdir()), ["a.npy", "a.npz", "c.npy", "c.npz"])

    def test_names_that_would_meet_are_refused_before_anything_is_done(self):
        os.mkdir("there")
        for name in ("a.npy", "there/a.npy", "b.npy"):
            np.save(name, noise(500))
        self.assert_refused(("spectrogram", "a.npy", "b.npy", "-o", "x.npz"), "output: x.npz: must hold {input}")
        self.assert_refused(("spectrogram", "a.npy", "--channel", "all", "-o", "x.npz"), "output: x.npz: must hold {channel}")
        self.assert_refused(("spectrogram", "a.npy", "there/a.npy"), "a.png: is given twice")
        np.zeros(100, np.uint8).tofile("b.png")
        self.assert_refused(("spectrogram", "b.png", "a.npy", "--dtype", "ru8"), "b.png: is the input")


class Loudest(InFolder):

    def loudest(self, x, *options):
        np.save("x.npy", x)
        out = self.assert_done("spectrogram", "x.npy", "--rate", 1000, "--n-fft", 128, "-o", "x.npz", *options)
        return re.search(r"^loudest: +(.*)$", out, re.MULTILINE)[1]

    def test_dc_and_what_leaks_from_it_are_left_out(self):
        n = np.arange(4000)
        for window in ("hann", "boxcar", "kaiser:8.6"):
            for win_length in (128, 100):
                for x, expected in (
                        (1 + 1e-2 * np.cos(0.5 * np.pi * n) + 1e-4 * noise(4000), "250 Hz"),
                        (1 + 1e-2 * np.exp(-0.5j * np.pi * n) + 1e-4 * complex_noise(4000), "-250 Hz")):
                    found = self.loudest(x, "--window", window, "--win-length", win_length)
                    with self.subTest(window=window, win_length=win_length):
                        self.assertTrue(found.startswith(expected), found)
                        self.assertRegex(found, r"; DC -?\d")

    def test_tones_beside_dc_stay(self):
        n = np.arange(4000)
        for k in (1, 2, 3, 64):
            found = self.loudest(np.cos(2 * np.pi * k / 128 * n) + 1e-3 * noise(4000))
            self.assertTrue(found.startswith(f"{k * 1000 / 128:.3g}"), found)
            self.assertNotIn("DC", found)

    def test_nothing_but_dc(self):
        self.assertTrue(self.loudest(np.ones(4000)).startswith("nothing but DC; DC "))


class Silence(InFolder):

    def test_nothing_is_learned_from_silence(self):
        x = noise(3000)
        x[1000:2000] = 0
        for samples, options in ((np.zeros(500), ()), (np.zeros(300, complex), ()), (x, ("--start", 1, "--stop", 2))):
            np.save("x.npy", samples)
            self.assert_refused(("learn", "x.npy", "--rate", 1000, "--n-fft", 64, *options), "x.npy: all of", "are 0: nothing is learned")

    def test_silence_inside_a_recording_keeps_the_length_of_its_neighbours(self):
        n = np.arange(3000)
        x = np.cos(2 * np.pi * (0.05 * n + 5e-5 * n**2)) * ((n < 1000) | (n > 2000))
        np.save("x.npy", x)
        status, _, err = run("learn", "x.npy", "--rate", 1000, "--n-fft", 128, "--share", "frame", "-o", "x.npz")
        self.assertEqual(status, 0, err)
        with np.load("x.npz") as file:
            theta = file["theta_samples"][0][(file["t_samples"] > 1200) & (file["t_samples"] < 1800)]
        self.assertLess(theta.max() / theta.min(), 1.05)


class Gains(InFolder):

    def test_difference_of_the_loss_is_in_per_cent_of_its_spread(self):
        n = np.arange(3000)
        x = np.cos(2 * np.pi * (0.05 * n + 5e-5 * n**2))
        np.save("x.npy", x)
        status, out, err = run("learn", "x.npy", "--rate", 1000, "--n-fft", 256, "--hop", 16, "--share", "constant", "-o", "x.npz")
        self.assertEqual(status, 0, err)
        with np.load("x.npz") as file:
            lengths, losses = file["loss_of_lengths"].T
            gain = (file["loss_before"] - file["loss"]) / np.ptp(losses)
        self.assertEqual((lengths[0], lengths[-1]), (32, 256))
        one = stft.learn(x, n_fft=256, hop=16, share="constant", theta_init=lengths[2], method="adam", max_iterations=1, learning_rate=1e-12)
        self.assertAlmostEqual(losses[2], one.history[0], 9)
        self.assertRegex(out, rf"(?m)^gain: +{100 * gain:.3g} % of the spread of the loss with one window of 32 to 256 samples$")


class Starting(InFolder):

    def test_modules_that_a_job_does_not_need_are_not_loaded(self):
        np.save("x.npy", noise(500))
        process = start("spectrogram", "x.npy", "--rate", 1000, "-o", "x.npz", stdout=subprocess.PIPE,
                        environment={"PYTHONPROFILEIMPORTTIME": "1"})
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        for module in ("matplotlib", "h5py", "soundfile", "tqdm", "scipy", "gnuradio.blocks",
                       "gnuradio.stft.bench", "gnuradio.stft.app.learn_picture"):
            self.assertNotRegex(err, rf"\| +{re.escape(module)}\n")

    @needs("matplotlib")
    def test_first_frame_comes_before_the_picture_s_modules(self):
        np.save("x.npy", noise(500))
        program = ("import sys; from gnuradio.stft.app import command, spectrogram_analysis as a; old = a.Analysis.compute; "
                   "a.Analysis.compute = lambda *x: print('matplotlib' in sys.modules) or old(*x); "
                   "command.main(['spectrogram', 'x.npy', '--rate', '1k'])")
        process = start(stdout=subprocess.PIPE)
        process.communicate(timeout=60)
        done = subprocess.run([process.args[0], "-c", program], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(__import__("sys").path)})
        self.assertEqual(done.stdout.splitlines()[0], "False", done.stderr)

    def test_hangup_that_is_ignored_stays_so(self):
        process = start("spectrogram", "-", "--dtype", "ru8", "-o", "x.npz", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # as nohup does
        process.stdin.write("0123")
        process.stdin.flush()
        time.sleep(1)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)

    def test_signals_while_python_starts_print_nothing(self):
        script = start(stdout=subprocess.PIPE)
        script.communicate(timeout=60)
        python, path = script.args[:2]
        blocks = subprocess.run(["env", "--block-signal=INT", "true"], capture_output=True, check=False)
        if blocks.returncode:
            self.skipTest("env does not know --block-signal")
        environment = {**os.environ, "PATH": f"{os.path.dirname(python)}:{os.environ['PATH']}",
                       "PYTHONPATH": os.pathsep.join(__import__("sys").path)}
        np.save("x.npy", noise(5 * 10**6))
        for n in range(40):
            for number in (signal.SIGINT, signal.SIGTERM):
                process = subprocess.Popen([path, "spectrogram", "x.npy", "--rate", "1k", "-o", "x.npz"], env=environment,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
                time.sleep(n * 0.002)
                process.send_signal(number)
                _, err = process.communicate(timeout=60)
                self.assertEqual(err, "", f"{number} after {2 * n} ms")
                self.assertIn(process.returncode, (-number, 128 + number))
        self.assertEqual(os.listdir(), ["x.npy"])


if __name__ == "__main__":
    unittest.main()
