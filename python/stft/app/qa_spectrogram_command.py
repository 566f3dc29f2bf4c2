#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft spectrogram: recordings as it reads them, its files and pictures."""

import contextlib
import io
import json
import os
import re
import struct
import sys
import unittest
from unittest import mock

import numpy as np
from qa_command import InFolder, complex_noise, needs, noise, run

from gnuradio import stft
from gnuradio.stft.app import command, command_options, spectrogram_analysis
from gnuradio.stft.app.files import recordings
from gnuradio.stft.app.pictures import picture_axes, spectrogram_picture


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


if __name__ == "__main__":
    unittest.main()
