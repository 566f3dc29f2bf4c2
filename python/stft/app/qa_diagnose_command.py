#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The verb diagnose of gr_stft: verdicts, files, pictures, files of bearings, refusals."""
import csv
import json
import unittest

import numpy as np
from qa_command import InFolder, needs

from gnuradio import stft
from gnuradio.stft.bench.bearing_scenes import FS, MFPT, F, of_variable_speed, vibration


RAW = "--rate", "25.6k"
MACHINE = "--speed", "25", "--bearing", "8,0.235,1.245"
BEARINGS = """
[MFPT]
balls = 8
ball_diameter = 0.235
pitch_diameter = 1.245
contact_angle = 0

["6205 2RS"]
balls = 9
ball_diameter = 7.94
pitch_diameter = 39.04
"""


class Diagnose(InFolder):

    def setUp(self):
        super().setUp()
        self.x = vibration("BPFI", 3).astype(np.float32)
        np.save("x.npy", self.x)
        with open("bearings.toml", "w", encoding="utf-8") as file:
            file.write(BEARINGS)

    def test_the_verdict_is_that_of_the_array_function(self):
        found = stft.diagnose_bearing(self.x, FS, F, MFPT)
        line = found.lines["BPFI"]
        out = self.assert_done("diagnose", "x.npy", *RAW, *MACHINE).splitlines()
        self.assertEqual(out[0], f"x.npy: BPFI (inner race), z {line.z:.1f} at {line.frequency:.2f} Hz, stretch {line.stretch:.4f}")
        self.assertEqual([words.split()[0] for words in out[1:]], ["line", "FTF", "BPFO", "BPFI", "BSF"])
        for same in ("--speed", "1500rpm", "--bearing", "8,0.235,1.245,0"), ("--speed", "25Hz", "--bearing", "MFPT", "--bearings", "bearings.toml"):
            self.assertEqual(self.assert_done("diagnose", "x.npy", *RAW, *same).splitlines(), out)

    def test_a_speed_that_varies_comes_from_a_file(self):
        x, turns = of_variable_speed("BPFO", 3)
        np.save("varies.npy", x)
        times = np.arange(-0.05, 8.1, 0.05)
        speeds = np.interp(times, np.arange(x.size) / FS, np.gradient(turns) * FS)
        with open("speed.csv", "w", encoding="utf-8") as file:
            file.write("time,frequency,confidence\n" + "".join(f"{float(t)!r},{float(f)!r},3\n" for t, f in zip(times, speeds)))
        for options, part, begin in ((), x, 0), (("--start", "1"), x[int(FS) :], 1):
            found = stft.diagnose_bearing(part, FS, speeds, MFPT, times=times - begin)
            self.assertEqual(found.fault, "BPFO")
            out = self.assert_done("diagnose", "varies.npy", *RAW, "--speed", "speed.csv", "--bearing", "8,0.235,1.245", *options)
            self.assertIn(f"BPFO (outer race), z {found.lines['BPFO'].z:.1f} at", out)
        for text, words in ("", "times that rise"), ("a,b\n1,2\n1,2\n", "times that rise"), ("1,2\nx,3\n", "row 2: must begin"), ("1,0\n2,nan\n", "a speed above 0"), ("1\n2\n", "row 2"):
            with open("bad.csv", "w", encoding="utf-8") as file:
                file.write(text)
            self.assert_refused(("diagnose", "varies.npy", *RAW, "--speed", "bad.csv", "--bearing", "8,0.235,1.245"), "speed: bad.csv", words)
        self.assert_refused(("diagnose", "varies.npy", *RAW, "--speed", "none.csv", "--bearing", "8,0.235,1.245"), "speed: none.csv: No such file")

    def test_a_healthy_machine_and_a_silent_sensor_are_said_to_be_so(self):
        np.save("healthy.npy", vibration(None, 3))
        self.assertIn("healthy.npy: no fault is named; the greatest is ", self.assert_done("diagnose", "healthy.npy", *RAW, *MACHINE))
        np.save("silent.npy", np.zeros(100000))
        self.assertIn("silent.npy: no verdict: no signal\n", self.assert_done("diagnose", "silent.npy", *RAW, *MACHINE))

    def test_options_reach_the_array_function(self):
        found = stft.diagnose_bearing(self.x, FS, F, MFPT, tolerance=0.02, harmonics=2, threshold=50.0, band=(2000, 9000))
        self.assert_done("diagnose", "x.npy", *RAW, *MACHINE, "--tolerance", "0.02", "--harmonics", "2", "--threshold", "50", "--band", "2k:9k",
                         "-o", "x.json")  # fmt: skip
        with open("x.json", encoding="utf-8") as file:
            facts = json.load(file)
        self.assertIsNone(facts["fault"])
        self.assertEqual([line["z"] for line in facts["lines"]], [line.z for line in found.lines.values()])
        part = stft.diagnose_bearing(self.x[25600:128000], FS, F, MFPT)
        self.assert_done("diagnose", "x.npy", *RAW, *MACHINE, "--start", "1", "--stop", "5", "-o", "x.json")
        with open("x.json", encoding="utf-8") as file:
            self.assertEqual([line["z"] for line in json.load(file)["lines"]], [line.z for line in part.lines.values()])

    def test_files_hold_what_the_array_function_found(self):
        found = stft.diagnose_bearing(self.x, FS, F, MFPT)
        self.assert_done("diagnose", "x.npy", *RAW, *MACHINE, "-o", "{input}.npz", "-o", "x.csv", "-o", "x.json")
        with np.load("x.npz") as file:
            np.testing.assert_array_equal(file["spectrum"], found.spectrum)
            np.testing.assert_array_equal(file["frequencies"], found.frequencies)
            np.testing.assert_array_equal(file["envelope"], found.envelope.samples)
            self.assertEqual(file["lines"].tolist(), list(found.lines))
            self.assertEqual(file["z"].tolist(), [line.z for line in found.lines.values()])
            self.assertEqual((str(file["fault"]), float(file["envelope_rate"])), ("BPFI", found.envelope.fs))
            meta = json.loads(str(file["meta"]))
        with open("x.json", encoding="utf-8") as file:
            self.assertEqual(json.load(file), meta)
        self.assertEqual((meta["fault"], meta["bearing"], meta["speed"]), ("BPFI", list(MFPT), F))
        with open("x.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row, (name, line) in zip(rows, found.lines.items()):
            self.assertEqual((row["line"], float(row["z"]), float(row["frequency"]), row["named"]), (name, line.z, line.frequency, str(int(name == "BPFI"))))

    @needs("matplotlib")
    def test_pictures_are_drawn_of_faults_of_health_and_of_silence(self):
        np.save("silent.npy", np.zeros(100000))
        np.save("ball.npy", vibration("BSF", 3))
        np.save("healthy.npy", vibration(None, 3))
        for name in "x", "silent", "ball", "healthy":
            self.assert_done("diagnose", f"{name}.npy", *RAW, *MACHINE, "-o", f"{name}.png", "--width", 600, "--height", 400)
            with open(f"{name}.png", "rb") as file:
                self.assertEqual(file.read(4), b"\x89PNG")
        self.assert_done("diagnose", "x.npy", *RAW, *MACHINE, "-o", "x.svg", "--title", "a $machine$")
        with open("x.svg", encoding="utf-8") as file:
            self.assertIn("<svg", file.read())

    def test_bearings_of_a_file_are_listed(self):
        out = self.assert_done("diagnose", "--list-bearings", "bearings.toml")
        self.assertRegex(out, r"(?m)^MFPT +8 +0\.4056 +3\.2450 +4\.7550 +2\.5546$")
        self.assertRegex(out, r"(?m)^6205 2RS +9 +0\.3983 +3\.5848 +5\.4152 +2\.3567$")

    def test_a_file_of_bearings_that_is_none_is_refused(self):
        for text, *words in (
            ("[a]\nballs = 8\n", "a: ball_diameter: is missing"), ("a = 3\n", "a: 3: must be a table"), ("[a\n", "is no TOML"),
            ("[a]\nballs = 8\nball_diameter = 1\npitch_diameter = 5\nraces = 2\n", "a: 'races': must be one of"),
            ("[a]\nballs = 8\nball_diameter = 6\npitch_diameter = 5\n", "a: pitch_diameter: 5: must be"),
            ("[a]\nballs = 8.5\nball_diameter = 1\npitch_diameter = 5\n", "a: balls: 8.5: must be"),
            ("[a]\nballs = 8\nball_diameter = '1'\npitch_diameter = 5\n", "a: ball_diameter: '1': must be"),
        ):  # fmt: skip
            with open("bad.toml", "w", encoding="utf-8") as file:
                file.write(text)
            self.assert_refused(("diagnose", "x.npy", *RAW, "--speed", "25", "--bearing", "a", "--bearings", "bad.toml"), "bad.toml", *words)
            self.assert_refused(("diagnose", "--list-bearings", "bad.toml"), "bad.toml", *words)
        with open("bad.toml", "wb") as file:
            file.write(b"\xff\xfe")
        self.assert_refused(("diagnose", "--list-bearings", "bad.toml"), "bad.toml: is no TOML")
        self.assert_refused(("diagnose", "--list-bearings", "none.toml"), "bearings: none.toml: No such file")

    def test_what_is_wrong_is_refused_in_one_line(self):
        bearing = "--bearing", "8,0.235,1.245"
        for options, words in (
            (("--speed", "0", *bearing), "speed: 0: must be"), (("--speed", "nan", *bearing), "speed: nan: must be"), (("--speed", "fast", *bearing), "--speed"),
            (bearing, "--speed"), (("--speed", "25"), "--bearing"), (("--speed", "1", *bearing), "x.npy: 6 s: must hold 20 turns"),
            (("--speed", "3k", *bearing), "speed: 3000: its fastest line"),
            (("--speed", "25", "--bearing", "8,1"), "bearing: '8,1': must be"), (("--speed", "25", "--bearing", "a,1,2"), "bearing: 'a,1,2': must be"),
            (("--speed", "25", "--bearing", "8,2,1"), "pitch_diameter: 1: must be"), (("--speed", "25", "--bearing", "17,0.235,1.245"), "balls: 17: "),
            (("--speed", "25", "--bearing", "8,1,nan"), "pitch_diameter: nan: must be"), (("--speed", "25", "--bearing", "8,1,5,90"), "contact_angle: 90: must be"),
            (("--speed", "25", "--bearing", "x", "--bearings", "bearings.toml"), "bearing: 'x': is not in bearings.toml, which has 'MFPT', '6205 2RS'"),
            ((*MACHINE, "--band", "5"), "--band"), ((*MACHINE, "--band", "20k:"), "band: 20000: must be below half of the sample rate, 12800\n"), ((*MACHINE, "--tolerance", "1"), "tolerance: 1: must be"),
            ((*MACHINE, "--harmonics", "0"), "harmonics: 0: must be"), ((*MACHINE, "--threshold", "-1"), "threshold: -1: must be"),
            ((*MACHINE, "-o", "x.wav"), "output: x.wav: must end in"), ((*MACHINE, "--width", "5"), "width: 5: must be"),
        ):  # fmt: skip
            self.assert_refused(("diagnose", "x.npy", *RAW, *options), words)
        self.assert_refused(("diagnose", "none.wav", *MACHINE), "none.wav: No such file")
        self.assert_refused(("diagnose", "x.npy", *MACHINE), "x.npy: sampling rate unknown: ")
        np.save("complex.npy", self.x.astype(np.complex64))
        self.assert_refused(("diagnose", "complex.npy", *RAW, *MACHINE), "complex.npy: complex samples: must be real")


if __name__ == "__main__":
    unittest.main()
