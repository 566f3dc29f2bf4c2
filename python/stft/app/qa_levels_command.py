#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The verb levels of gr_stft: units, files, alarms, refusals."""

import csv
import json
import math
import unittest
import unittest.mock
import wave

import numpy as np
from qa_command import InFolder, needs, run

from gnuradio import stft
from gnuradio.stft.app import levels_command

RATE = 2560


def tone(seconds=6, hertz=50.0, seed=1):
    t = np.arange(seconds * RATE) / RATE
    return np.cos(2 * np.pi * hertz * t) + 0.01 * np.random.default_rng(seed).standard_normal(len(t))


class Levels(InFolder):
    def setUp(self):
        super().setUp()
        self.x = tone().astype(np.float32)
        self.x.tofile("x.rf32")

    raw = ("x.rf32", "--dtype", "rf32_le", "--rate", str(RATE))

    def test_csv_on_standard_output_holds_what_the_array_function_finds(self):
        out = self.assert_done("levels", *self.raw, "--band", "10:1000", "--band", "1k:1.2k", "--velocity", "--unit", "g")
        rows = list(csv.reader(out.splitlines()))
        self.assertEqual(rows[0], ["time (s)", "velocity 10:1000 Hz (mm/s)", "velocity 1000:1200 Hz (mm/s)"])
        levels, times = stft.band_levels(self.x, RATE, [(10, 1000), (1000, 1200)], integrate=1, factor=9806.65)
        np.testing.assert_allclose(np.array(rows[1:], float), np.vstack([times, levels]).T, rtol=1e-5)
        self.assertAlmostEqual(float(rows[1][1]) / (9806.65 / (2 * math.pi * 50) / math.sqrt(2)), 1, delta=0.005)

    def test_units_and_calibration(self):
        for options, unit, expected in (
            ((), "level 20:1000 Hz (1)", 1.0), (("--unit", "mg"), "acceleration 20:1000 Hz (m/s²)", 9.80665e-3),
            (("--displacement", "--unit", "m/s2"), "displacement 20:1000 Hz (µm)", 1e6 / (100 * math.pi) ** 2),
            (("--velocity",), "velocity 20:1000 Hz (mm/s)", 1e3 / (100 * math.pi)),
            (("--displacement",), "displacement 20:1000 Hz (µm)", 1e6 / (100 * math.pi) ** 2),
            (("--velocity", "--unit", "1"), "velocity 20:1000 Hz (1*s)", 1 / (100 * math.pi)),
            (("--calibration", "4", "--db"), "level 20:1000 Hz (dB re 1 1)", None),
        ):  # fmt: skip
            rows = list(csv.reader(self.assert_done("levels", *self.raw, "--band", "20:1000", *options).splitlines()))
            self.assertEqual(rows[0][1], unit)
            value = 20 * math.log10(4 / math.sqrt(2)) if expected is None else expected / math.sqrt(2)
            self.assertAlmostEqual(float(rows[1][1]) / value, 1, delta=0.005)

    def test_files_hold_the_same_and_a_long_recording_is_read_in_stretches(self):
        out = self.assert_done("levels", *self.raw, "--band", "10:1000", "--average", "3", "--start", "0.5", "-o", "a.npz", "-o", "a.csv")
        self.assertIn("median 0.7071, largest 0.7", out)
        whole = np.load("a.npz")
        expected = stft.band_levels(self.x[RATE // 2 :], RATE, "10:1000", average=3)
        np.testing.assert_array_equal(whole["levels"], expected.levels)
        np.testing.assert_allclose(whole["times"], expected.times + 0.5)
        self.assertEqual((str(whole["unit"]), int(whole["hop"]), whole["bands"].tolist()), ("1", RATE // 2, [[10, 1000]]))
        before, levels_command.SAMPLES_AT_ONCE = levels_command.SAMPLES_AT_ONCE, 1
        try:
            self.assert_done("levels", *self.raw, "--band", "10:1000", "--average", "3", "--start", "0.5", "-o", "b.npz")
        finally:
            levels_command.SAMPLES_AT_ONCE = before
        again = np.load("b.npz")
        np.testing.assert_array_equal(again["levels"], whole["levels"])
        np.testing.assert_array_equal(again["times"], whole["times"])

    def test_an_alarm_is_a_line_an_object_and_a_status(self):
        x = np.concatenate([tone(30), 3 * tone(40)]).astype(np.float32)
        x.tofile("x.rf32")
        options = (*self.raw, "--band", "10:1000", "--limit", "1", "--limit", "5", "-o", "e.jsonl")
        status, out, err = run("levels", *options, "--fail-on-alarm")
        self.assertEqual(status, 3, err)
        self.assertRegex(err, r"raise, 10:1000 Hz, 2\.1\d* 1 \(limit 1, peak 2\.\d+\), for 10 s")
        self.assertIn("1 alarms", out)
        with open("e.jsonl", encoding="utf-8") as file:
            (event,) = [json.loads(line) for line in file]
        self.assertEqual((event["kind"], event["zone"], event["source"]), ("raise", 1, "x.rf32"))
        self.assertEqual(run("levels", *options)[0], 0)
        self.assertEqual(run("levels", *options, "--limit", "0.9", "--on", "100", "--fail-on-alarm")[0], 0)

    @needs("matplotlib")
    def test_pictures_show_levels_limits_and_alarms(self):
        from gnuradio.stft.app.pictures import levels_picture
        loud = np.concatenate([tone(), 4 * tone(), tone(), 4 * tone()]).astype(np.float32)
        loud.tofile("x.rf32")
        options = "--band", "10:1000", "--band", "20:40", "--time", "1s", "--limit", "1", "--limit", "2.5", "--on", "1", "--off", "2"
        shown, axes = [], []
        save = levels_picture.save_figure

        def seen(figure, *rest):
            axes.append(figure.axes[0])
            save(figure, *rest)
        draw = levels_command.draw
        with unittest.mock.patch.object(levels_picture, "save_figure", seen), \
                unittest.mock.patch.object(levels_command, "draw", lambda *given: (shown.append(given[6]), draw(*given))):
            run("levels", *self.raw, *options, "-o", "x.png", "-o", "x.svg", "--width", "400", "--height", "300")
            run("levels", *self.raw, "--band", "20:40", "--db", "-o", "x.pdf")
        self.assertEqual([open(name, "rb").read(5) for name in ("x.png", "x.svg", "x.pdf")], [b"\x89PNG\r", b"<?xml", b"%PDF-"])
        self.assertEqual(axes[0].get_ylabel(), "Level (1)")
        self.assertEqual([line.get_ydata()[0] for line in axes[0].lines[2:]], [1.0, 2.5])
        np.testing.assert_allclose(axes[0].lines[0].get_ydata()[[3, 17]], [1 / math.sqrt(2), 4 / math.sqrt(2)], rtol=0.01)
        self.assertEqual([line.get_label() for line in axes[0].lines[:2]], ["10 to 1000 Hz", "20 to 40 Hz"])
        bands, begun, ended = zip(*shown[0])
        self.assertEqual(bands, (0, 0))
        np.testing.assert_allclose(begun, [6, 18], atol=0.6)
        np.testing.assert_allclose(ended, [14, math.inf], atol=0.6)
        self.assertEqual((shown[2], axes[2].get_ylabel()), ([], "Level (dB re 1 1)"))
        self.assert_refused(["levels", *self.raw, "--band", "20:40", "-o", "x.png", "--width", "3"], "width: 3")

    def test_a_sound_file_and_all_its_channels(self):
        pair = np.stack([tone(), 0.5 * tone()], axis=1)
        with wave.open("x.wav", "wb") as file:
            file.setparams((2, 2, RATE, 0, "NONE", ""))
            file.writeframes((pair * 16384).astype("<i2").tobytes())
        self.assert_done("levels", "x.wav", "--band", "10:1000", "--channel", "all", "-o", "{input}-{channel}.npz", "--calibration", "2")
        for channel, expected in enumerate((1, 0.5)):
            levels = np.load(f"x-{channel}.npz")["levels"]
            np.testing.assert_allclose(levels, expected / math.sqrt(2), rtol=0.005)

    def test_levels_that_are_no_numbers_are_counted(self):
        self.x[100] = np.nan
        self.x.astype(np.float32).tofile("x.rf32")
        status, out, err = run("levels", *self.raw, "--band", "10:1000")
        self.assertEqual(status, 0)
        self.assertEqual(err, f"gr_stft levels: warning: x.rf32: 1 of {len(out.splitlines()) - 1} levels are NaN, since samples are NaN or "
                              "infinite\n")

    def test_few_periods_are_warned_of_once(self):
        status, _, err = run("levels", *self.raw, "--band", "10:1000", "--velocity", "--time", "0.8", "--interval", "0.1")
        self.assertEqual((status, err.count("holds 8 periods")), (0, 1), err)

    def test_what_is_wrong_is_refused_by_name(self):
        for message, options in {
            "band: .*1000:10": ("--band", "1000:10"), "levels: band: 10:2000": ("--band", "10:2000"), "time: 100 s": ("--time", "100"),
            "time: 0": ("--time", "0"), "average: 0": ("--average", "0"), "average: 1000: must be at most": ("--average", "1000"), "calibration: nan": ("--calibration", "nan"),
            "calibration: 1e.300": ("--calibration", "1e300"), "interval: .*: must be": ("--interval", "1e300"),
            "levels: band: 10:1000: must begin": ("--velocity", "--time", "0.2"), "levels: limit: -1": ("--limit", "-1"),
            "limit: 1.0: must not": ("--limit", "1", "--db"), "fail-on-alarm: ": ("--fail-on-alarm",),
            "output: e.jsonl": ("-o", "e.jsonl"), "output: e.txt": ("-o", "e.txt"), "invalid choice": ("--unit", "inch"),
        }.items():  # fmt: skip
            with self.subTest(message):
                band = () if options[0] == "--band" else ("--band", "10:1000")
                status, out, err = run("levels", *self.raw, *band, *options)
                self.assertEqual((status, out), (2, ""), err)
                self.assertRegex(err, message)
        self.x.astype(np.complex64).tofile("x.cf32")
        status, _, err = run("levels", "x.cf32", "--dtype", "cf32_le", "--rate", "2560", "--band", "10:1000")
        self.assertEqual(status, 2)
        self.assertIn("must hold real samples", err)
        self.assertEqual(run("levels", *self.raw)[0], 2)


if __name__ == "__main__":
    unittest.main()
