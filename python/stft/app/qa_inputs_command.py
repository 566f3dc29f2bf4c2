#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What gr_stft reads: damaged headers, names, units, DC, silence, and what it loads before it reads."""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import time
import unittest

import numpy as np
from qa_command import InFolder, complex_noise, needs, noise, run, start

from gnuradio import stft
from gnuradio.stft.app.files import quantities, recording_names, recordings


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

    @needs("soundfile")
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
    def test_a_rate_that_no_sound_has_is_named_with_its_rule(self):
        # kind, what stands before the rate, bytes of it, as the header has rates of the second line
        for kind, before, size, wrong in (
            ("WAV", rb"fmt .{8}", 4, {0: bytes(4), 2**31: b"\0\0\0\x80"}), ("RF64", rb"fmt .{8}", 4, {0: bytes(4)}),
            ("W64", rb"fmt .{24}", 4, {0: bytes(4), 2**32 - 1: b"\xff" * 4}), ("AU", rb"\.snd.{12}", 4, {0: bytes(4), 2**31: b"\x80\0\0\0"}),
            ("AIFF", rb"COMM.{12}", 10, {0: bytes(10), 0.5: b"\x3f\xfe\x80" + bytes(7)}), ("FLAC", rb"fLaC.{14}", 3, {0: b"\0\0\0"}),
            ("CAF", rb"desc.{8}", 8, {0: bytes(8), float("inf"): b"\x7f\xf0" + bytes(6)}),
        ):  # fmt: skip
            data = self.write(kind, "PCM_16", 1, noise(500))
            at = re.search(before, data, re.DOTALL).end()
            for rate, words in wrong.items():
                with open("x", "wb") as file:
                    file.write(data[:at] + words + data[at + size:])
                with self.subTest(kind=kind, rate=rate):
                    self.assert_refused(("detect", "x"), f"x: sampling rate {rate}: a sound's header must give 1 .. 2^31 - 1 Hz\n")

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
        for text in ("", ":", "1:60", "1:2:3:4", "1:-2", "1k", "1:60:00", "a", "5m"):
            with self.assertRaisesRegex(argparse.ArgumentTypeError, "must be a number of s, ms, us, min, h or d, or m:ss"):
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
        for option, text, words in (("--rate", "2Q", "must be a number with k, M or G"), ("--start", "1:75", "must be a number of s"),
                                    ("--center", "inf", "center: inf: must be finite"), ("--channel", "both", "must be a number, counted from 0, or all"),
                                    ("--rate", "-1k", "rate: -1000"), ("--center=1e30", "--rate=1", "center: centre frequency 1e+30: must be"), ("--center", "1M", "center: 1e+06: needs a sampling rate")):
            with self.subTest(option=option):
                self.assert_refused(("spectrogram", "x.npy", option, text), words)


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
                       "gnuradio.stft.bench", "gnuradio.stft.app.pictures.learn_picture"):
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
