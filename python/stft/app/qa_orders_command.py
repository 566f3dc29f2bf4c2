#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The verb orders of gr_stft: a machine with a tacho, tables, pictures, refusals."""
import csv
import json
import unittest

import numpy as np
from qa_command import InFolder, needs, run

from gnuradio import stft
from gnuradio.stft.app import orders_command

FS = 4096


def machine(seconds=12):
    """Vibration with orders 2 and 4.5, and the tacho, of a machine that runs up from 20 to 44 Hz."""
    time = np.arange(seconds * FS) / FS
    angle = 20 * time + 24 * time**2 / (2 * seconds)
    x = np.cos(4 * np.pi * angle) + 0.1 * np.cos(9 * np.pi * angle)
    return x, 5 * (angle % 1 < 0.1) + 0.02 * np.random.default_rng(1).standard_normal(time.size)


class Orders(InFolder):

    def setUp(self):
        super().setUp()
        self.x, self.tacho = machine()

    def written(self):
        import soundfile
        soundfile.write("x.wav", np.stack([self.x, self.tacho / 8], 1), FS, subtype="FLOAT")
        return "x.wav", "--tacho", "1", "--orders", "2,4.5"

    @needs("soundfile")
    def test_table_and_archive_hold_what_the_array_functions_find(self):
        out = self.assert_done("orders", *self.written(), "--turns", "16", "-o", "x.csv", "-o", "x.npz")
        self.assertRegex(out, r"speed \d+\.\d+ \.\. \d+\.\d+ Hz, \d+ spectra")
        hop = round(FS / 200)
        speed = stft.tacho_speed((self.tacho / 8).astype(np.float32), FS, hop=hop).astype(float)
        found = stft.order_map(self.x.astype(np.float32), FS, speed, [2, 4.5], 16, times=np.arange(speed.size) * hop / FS)
        with open("x.csv", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        self.assertEqual(rows[0], ["time", "speed", "revolutions", "level_2_db", "level_4.5_db"])
        table = np.array(rows[1:], float)
        np.testing.assert_allclose(table[:, 1], found.speeds, rtol=1e-9)
        np.testing.assert_allclose(table[:, 3:], 10 * np.log10(found.levels.T), rtol=1e-6)
        inside = slice(8, -8)
        np.testing.assert_allclose(table[inside, 3:], [[-3.01, -23.01]] * len(table[inside]), atol=0.05)
        with np.load("x.npz") as archive:
            np.testing.assert_array_equal(archive["power"], found.power)
            np.testing.assert_array_equal(archive["bin_orders"], found.orders)
            self.assertEqual(json.loads(str(archive["meta"]))["turns"], 16)

    @needs("matplotlib")
    @needs("soundfile")
    def test_pictures_are_written(self):
        self.assert_done("orders", *self.written(), "--width", "600", "--height", "400", "-o", "x.png", "-o", "x.svg")
        with open("x.png", "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")

    def test_a_tracked_speed_goes_on_through_short_holes_only(self):
        times = np.arange(100) / 10
        speeds = 20 + times
        speeds[[0, 5, 6, 7, 8, 99]] = speeds[40:60] = np.nan
        got, known = orders_command.without_short_holes(times, speeds)
        self.assertEqual(np.flatnonzero(np.isnan(known)).tolist(), list(range(35, 55)))
        np.testing.assert_array_equal(got[:6], [0.1, 0.2, 0.3, 0.4, 0.9, 1.0])
        self.assertEqual((len(got), got[-1]), (94, 9.8))

    @unittest.skipUnless(hasattr(stft, "track_ridges"), "needs track_ridges()")
    @needs("soundfile")
    def test_the_speed_may_be_tracked(self):
        self.x += 0.05 * np.random.default_rng(2).standard_normal(self.x.size)
        self.assert_done("orders", self.written()[0], "--speed", "15:60", "--orders", "2,4.5", "-o", "x.csv")
        table = np.loadtxt("x.csv", delimiter=",", skiprows=1)
        self.assertLess(np.abs(table[:, 1] - (20 + 2 * table[:, 0]))[8:-8].max(), 0.2)
        np.testing.assert_allclose(table[16:-16, 3:], [[-3.01, -23.01]] * len(table[16:-16]), atol=1)

    def test_the_speed_may_come_from_a_file_also_in_turns_a_minute(self):
        np.save("x.npy", self.x)
        times = np.arange(-0.125, 12.2, 1 / 64)
        speeds = 20 + 2 * times
        for head, factor in (("time,frequency\n", 1), ("t (s),n [1/min]\n", 60), ("time_s,rpm\n", 60), ("", 1)):
            with open("speed.csv", "w", encoding="utf-8") as file:
                file.write(head + "".join(f"{float(t)!r},{float(factor * f)!r},3\n" for t, f in zip(times, speeds)))
            for options, begin, speed in ((), 0, "20.00 .. 44.00"), (("--start", "6"), 6, "32.00 .. 44.00"):
                out = self.assert_done("orders", "x.npy", "--rate", str(FS), "--speed", "speed.csv", "--orders", "2", "-o", "x.npz", *options)
                self.assertIn(f"speed {speed} Hz", out)
                found = stft.order_map(self.x[begin * FS :], FS, speeds, [2], times=times - begin)
                with np.load("x.npz") as archive:
                    np.testing.assert_allclose(archive["levels"], found.levels, rtol=1e-9)
        self.assert_refused(["orders", "x.npy", "--rate", str(FS), "--speed", "none.csv"], "speed: none.csv: No such file")
        with open("late.csv", "w", encoding="utf-8") as file:
            file.write("100,20\n101,20\n")
        self.assert_refused(["orders", "x.npy", "--rate", str(FS), "--speed", "late.csv"], "speed: late.csv: must hold a speed above 0 in the time")
        self.assert_refused(["orders", "x.npy", "--rate", str(FS), "--speed", "20"], "'20': must be LOWER:UPPER in Hz, 15:90, or a .csv")

    @needs("soundfile")
    def test_a_reference_moves_the_levels(self):
        tables = []
        for reference in "1", "2e-5":
            self.assert_done("orders", *self.written(), "--reference", reference, "-o", "x.csv")
            tables.append(np.loadtxt("x.csv", delimiter=",", skiprows=1))
        np.testing.assert_allclose(tables[1][:, 3:] - tables[0][:, 3:], 20 * np.log10(1 / 2e-5), atol=1e-4)

    @needs("soundfile")
    def test_few_speeds_that_can_be_trusted_are_warned_of(self):
        np.random.default_rng(2).standard_normal(40 * 2048).astype(np.float32).tofile("x.rf32")
        status, out, err = run("orders", "x.rf32", "--dtype", "rf32_le", "--rate", "2048", "--speed", "12:40", "--orders", "2,4")
        if status == 0:
            self.assertRegex(err, r"warning: x.rf32: only \d+ % of the speeds can be trusted")
        else:
            self.assertIn("none found", err)

    def test_refusals_name_parameter_value_and_rule(self):
        name, *rest = self.written()
        self.assert_refused(["orders", name, "--orders", "2"], "tacho: missing: one of")
        self.assert_refused(["orders", name, "--tacho", "1", "--speed", "10:50"], "tacho: 1: one of")
        self.assert_refused(["orders", name, "--tacho", "0"], "tacho: none found: the tacho must have pulses")
        self.assert_refused(["orders", name, "--tacho", "7"], "tacho: 7: ")
        self.assert_refused(["orders", name, "--speed", "50:10"], "speed: 50:10: must be positive")
        self.assert_refused(["orders", name, "--speed", "0.01:20"], "orders: speed: 0.01: must be at least")
        self.assert_refused(["orders", name, *rest, "--reference", "1e300"], "reference: 1e+300: must be")
        self.assert_refused(["orders", name, "--tacho", "1", "--ppr", "0"], "ppr: 0: must be")
        self.assert_refused(["orders", name, "--tacho", "1", "--orders", "-1"], "orders", "-1")
        self.assert_refused(["orders", name, *rest, "-o", "x.txt"], "output: x.txt: must end in")
        self.assert_refused(["orders", name, *rest, "--turns", "0"], "turns: 0: must be")
        self.assertEqual(run("orders", name, "--tacho", "1", "--orders", "two")[0], 2)


if __name__ == "__main__":
    unittest.main()
