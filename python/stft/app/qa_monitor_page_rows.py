#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the page of gr_stft monitor --web: as they are sent, in memory, and in the files of a spectrogram."""

import json
import os
import unittest
from unittest import mock

import numpy as np
from qa_command import InFolder
from qa_monitor_page import TIME, some_rows, source

from gnuradio.stft.app.outputs.hub import Outputs
from gnuradio.stft.app.outputs.spectrogram_output import SpectrogramOutput
from gnuradio.stft.app.page import rows
from gnuradio.stft.app.page.spectrogram_store import SpectrogramStore
from gnuradio.stft.stft_python import kernels


class Records(unittest.TestCase):

    def test_powers_come_back_within_a_quarter_of_a_decibel(self):
        power = 10.0**np.random.default_rng(1).uniform(-12, 0, (5, 333)).astype(np.float32)
        made = rows.records(power, 2 * power)
        for name, expected in (("mean", power), ("peak", 2 * power)):
            got = rows.powers(made[name + "_base"], made[name])
            self.assertLess(np.abs(10 * np.log10(got / expected)).max(), 0.2501)

    def test_unknown_zero_and_far_values_have_their_places(self):
        power = np.array([[np.nan, np.inf, -1, 0, 1e-30, 1e-3, 1e3]], np.float32)
        made = rows.records(power, power)
        self.assertEqual(made["mean"][0, :3].tolist(), [0, 0, 0])
        self.assertEqual(made["mean"][0, 3:5].tolist(), [1, 1])  # 127 dB below the largest and lower: the lowest value
        self.assertEqual(made["mean"][0, 5:].tolist(), [255 - 120, 255])
        nothing = rows.records(np.full((2, 3), np.nan), np.zeros((2, 3)))
        self.assertEqual((nothing["mean"].max(), nothing["peak"].tolist()), (0, [[1, 1, 1]] * 2))

    def test_wide_rows_are_narrowed_evenly(self):
        for bins in 1, 2047, 2048, 2049, 5000, 8193:
            power = some_rows(2, bins)
            shown, together = rows.shown_bins(bins)
            self.assertLessEqual(shown, rows.MAX_BINS)
            narrow = rows.narrowed(power, np.mean)
            expected = [[row[at:at + together].mean() for at in range(0, bins, together)] for row in power]
            np.testing.assert_allclose(narrow, expected, rtol=1e-5)


class GridOfRows(unittest.TestCase):

    def drawn(self, grid):
        made = grid.records()
        return rows.powers(made["mean_base"], made["mean"]), rows.powers(made["peak_base"], made["peak"])

    def test_a_cell_has_mean_and_maximum_of_what_lies_in_it(self):
        power = some_rows(60, 64)
        for count, bins in ((60, 64), (12, 64), (7, 16), (5, 10), (1, 1)):
            grid = rows.Grid(100.0, 160.0, count, -32.0, 32.0, bins)
            grid.add(100.0 + np.arange(60), np.ones(60), rows.records(power, power), -32.0, 32.0)
            mean, peak = self.drawn(grid)
            columns = np.rint(np.linspace(0, 64, bins + 1)).astype(int)
            for row in range(count):
                first, last = 60 * row / count, 60 * (row + 1) / count
                weights = np.clip(np.minimum(np.arange(60) + 1, last) - np.maximum(np.arange(60), first), 0, None)
                for column in range(bins):
                    cell = power[:, columns[column]:columns[column + 1]]
                    expected = np.average(cell.mean(axis=1), weights=weights)
                    self.assertLess(abs(10 * np.log10(mean[row, column] / expected)), 0.51)
                    self.assertLess(abs(10 * np.log10(peak[row, column] / cell[weights > 1e-9].max())), 0.51)

    def test_rows_longer_than_cells_fill_them(self):
        grid = rows.Grid(0.0, 10.0, 20, 0.0, 4.0, 8)
        power = np.array([[1, 10, 100, 1000]], np.float32)
        grid.add(np.array([2.0]), np.array([3.0]), rows.records(power, power), 0.0, 4.0)
        mean, _ = self.drawn(grid)
        self.assertEqual(np.flatnonzero(np.isfinite(mean).any(axis=1)).tolist(), list(range(4, 10)))
        np.testing.assert_allclose(mean[4], np.repeat(power[0], 2), rtol=0.06)

    def test_long_rows_weigh_more_and_what_is_added_later_counts(self):
        grid = rows.Grid(0.0, 10.0, 1, 0.0, 1.0, 1)
        power = np.array([[1.0], [100.0]], np.float32)
        grid.add(np.array([0.0, 1.0]), np.array([1.0, 3.0]), rows.records(power, power), 0.0, 1.0)
        grid.add(np.array([4.0]), np.array([4.0]), rows.records(power[:1], power[:1]), 0.0, 1.0)
        mean, peak = self.drawn(grid)
        self.assertAlmostEqual(10 * np.log10(mean[0, 0]), 10 * np.log10((1 + 300 + 4) / 8), delta=0.26)
        self.assertAlmostEqual(10 * np.log10(peak[0, 0]), 20, delta=0.26)

    def test_rows_of_the_same_time_count_alike(self):
        starts = np.r_[np.arange(100.0), 50 + np.arange(100.0), 60 + np.arange(10.0)]  # three writers, or a clock that was set back twice
        power = np.repeat([[1.0], [100.0], [10.0]], [100, 100, 10], axis=0) * np.ones(3, np.float32)
        grid = rows.Grid(0.0, 150.0, 15, 0.0, 3.0, 3)
        grid.add(starts, np.ones(210), rows.records(power, power), 0.0, 3.0)
        mean, peak = self.drawn(grid)
        np.testing.assert_allclose(mean[:, 1], [1.0] * 5 + [50.5, 37.0] + [50.5] * 3 + [100.0] * 5, rtol=0.07)
        np.testing.assert_allclose(peak[:, 1], [1.0] * 5 + [100.0] * 10, rtol=0.07)

    def test_what_lies_outside_is_unknown(self):
        grid = rows.Grid(0.0, 10.0, 10, -10.0, 10.0, 20)
        power = np.ones((4, 4), np.float32)
        grid.add(np.arange(4) + 3.0, np.ones(4), rows.records(power, power), -2.0, 2.0)
        mean, _ = self.drawn(grid)
        expected = np.zeros((10, 20), bool)
        expected[3:7, 8:12] = True
        np.testing.assert_array_equal(np.isfinite(mean), expected)


class Memory(unittest.TestCase):

    def test_old_rows_become_coarser_and_none_is_lost(self):
        memory, power = rows.RowMemory(rows=64), some_rows(2000, 8)
        for index, row in enumerate(power):
            memory.add(0.1 * index, 0.1, (0.0, 8.0), row, 3 * row)
        self.assertEqual(memory.extent()[0], 0)
        self.assertAlmostEqual(memory.extent()[1], 200)
        grid = rows.Grid(0.0, 200.0, 5, 0.0, 8.0, 8)
        memory.draw(grid)
        made = grid.records()
        mean = rows.powers(made["mean_base"], made["mean"])
        np.testing.assert_allclose(10 * np.log10(mean), 10 * np.log10(power.reshape(5, 400, 8).mean(axis=1)), atol=0.9)
        self.assertLess(np.abs(10 * np.log10(rows.powers(made["peak_base"], made["peak"]).max() / (3 * power.max()))), 0.3)
        grid = rows.Grid(196.0, 200.0, 40, 0.0, 8.0, 8)  # the newest rows, each by itself
        memory.draw(grid)
        made = grid.records()
        np.testing.assert_allclose(10 * np.log10(rows.powers(made["mean_base"], made["mean"])), 10 * np.log10(power[-40:]), atol=0.26)

        grid = rows.Grid(20.0, 24.0, 40, 0.0, 8.0, 8)  # old rows in cells that are finer than what is left of them
        memory.draw(grid)
        self.assertTrue((grid.records()["mean"] > 0).all())

    def test_the_newest_row_is_shown_at_any_scale(self):
        memory = rows.RowMemory(rows=64)
        for index in range(2003):
            power = np.full(8, 1.0 if index < 2002 else 1e6, np.float32)
            memory.add(float(index), 1.0, (0.0, 8.0), power, power)
        for count in 1, 10, 100:
            grid = rows.Grid(0.0, 2003.0, count, 0.0, 8.0, 8)
            memory.draw(grid)
            made = grid.records()
            peak = rows.powers(made["peak_base"], made["peak"])
            self.assertAlmostEqual(10 * np.log10(peak[-1, 0]), 60, delta=0.26)
            self.assertAlmostEqual(10 * np.log10(rows.powers(made["mean_base"], made["mean"])[-1, 0]),
                                   10 * np.log10(1e6 * count / 2003), delta=4)

    def test_rows_of_two_frequencies_are_not_mixed(self):
        memory = rows.RowMemory(rows=16)
        for index in range(300):
            axis = (0.0, 4.0) if index < 149 else (4.0, 8.0)
            memory.add(float(index), 1.0, axis, np.ones(4, np.float32), np.ones(4, np.float32))
        grid = rows.Grid(0.0, 300.0, 4, 0.0, 8.0, 8)
        memory.draw(grid)
        for level in memory._levels:
            for starts, durations, _, lower, _ in level.parts(-1e9, 1e9):
                self.assertTrue((starts + durations <= 149).all() if lower == 0 else (starts >= 149).all())
        known = grid.records()["mean"] > 0
        np.testing.assert_array_equal(known[0], [True] * 4 + [False] * 4)
        np.testing.assert_array_equal(known[3], [False] * 4 + [True] * 4)


class Store(InFolder):
    FILES, ROWS, BINS = 8, 500, 32

    def setUp(self):
        super().setUp()
        self.power = some_rows(self.FILES * self.ROWS, self.BINS)
        for number in range(self.FILES):
            self.store(number, self.power[number * self.ROWS:(number + 1) * self.ROWS])

    def store(self, number, power, **given):
        begin = 1795920000 + number * self.ROWS
        stem = f"spectrogram_{begin}"
        values = dict(schema=1, name="spectrogram", time=kernels.iso8601((begin, 0.0)), sample_start=0, rows=len(power), vlen=self.BINS,
                      hop=1000, samp_rate=1000.0, row_rate=1.0, freq_center=5000.0, description=None, source="x", ended_by="rotation")
        values.update(given)
        np.save(f"{stem}.npy", power)
        with open(f"{stem}.json", "w", encoding="utf-8") as file:
            json.dump(values, file)
        return stem

    def drawn(self, store, count=16, begin=1795920000.0, seconds=None):
        grid = rows.Grid(begin, begin + (seconds or self.FILES * self.ROWS), count, 4500.0 - 500 / 32, 5500.0 - 500 / 32, self.BINS)
        store.draw(grid)
        made = grid.records()
        return rows.powers(made["mean_base"], made["mean"]), rows.powers(made["peak_base"], made["peak"])

    def test_overviews_show_what_the_files_hold(self):
        store = SpectrogramStore(".")
        self.assertEqual(len(store.scan()), self.FILES)
        while store.make_overview():
            pass
        self.assertEqual(len(os.listdir("overview")), self.FILES)
        with mock.patch.object(SpectrogramStore, "_sampled_parts", side_effect=AssertionError("without overviews")):
            mean, peak = self.drawn(store)
        shaped = self.power.reshape(16, -1, self.BINS)
        np.testing.assert_allclose(10 * np.log10(mean), 10 * np.log10(shaped.mean(axis=1)), atol=0.6)
        wide = np.pad(self.power, ((64, 64), (0, 0)))  # rows of an overview's level may reach over the edge of a cell
        for cell, got in enumerate(peak):
            least, most = shaped[cell, 64:-64].max(axis=0), wide[cell * 250:cell * 250 + 250 + 128].max(axis=0)
            self.assertTrue((got > 0.94 * least).all() and (got < 1.06 * most).all())
        for count in 1, 3:  # cells longer than files
            mean, _ = self.drawn(store, count)
            np.testing.assert_allclose(10 * np.log10(mean), -60, atol=0.6)
        mean, _ = self.drawn(store, 20, 1795920000.0 + 990, 20)  # rows of two files, each by itself
        np.testing.assert_allclose(10 * np.log10(mean), 10 * np.log10(self.power[990:1010]), atol=0.26)

    def test_without_overviews_some_rows_stand_for_all(self):
        store = SpectrogramStore(".")
        store.scan()
        mean, _ = self.drawn(store)
        self.assertLess(np.abs(np.mean(10 * np.log10(mean)) + 60), 2)

    def test_overviews_are_made_again_and_files_may_go(self):
        store = SpectrogramStore(".")
        store.scan()
        while store.make_overview():
            pass
        names = sorted(os.listdir("overview"))
        os.unlink(f"overview/{names[0]}")
        os.unlink(names[1])
        os.unlink(names[1][:-4] + ".json")
        np.save(f"overview/{names[2]}", np.zeros(3))
        store.scan()
        mean, _ = self.drawn(store, self.FILES)
        self.assertEqual(np.isfinite(mean).all(axis=1).tolist(), [True, False, False] + [True] * (self.FILES - 3))
        while store.make_overview():
            pass
        self.assertEqual(sorted(os.listdir("overview")), names[:1] + names[2:])  # without that of the file that went
        mean, _ = self.drawn(store, self.FILES)
        self.assertEqual(np.isfinite(mean).all(axis=1).tolist(), [True, False] + [True] * (self.FILES - 2))

    def test_a_file_that_grows_is_shown_as_far_as_it_is(self):
        self.store(self.FILES, self.power[:10])
        stem = self.store(self.FILES, self.power[:10], rows=0, ended_by=None)
        os.rename(f"{stem}.npy", f"{stem}.npy.part")
        store = SpectrogramStore(".")
        self.assertEqual(store.scan()[-1].rows, 10)
        np.save(f"{stem}.npy", self.power[:25])
        os.rename(f"{stem}.npy", f"{stem}.npy.part")
        self.assertEqual(store.scan()[-1].rows, 25)
        mean, _ = self.drawn(store, 25, 1795920000.0 + self.FILES * self.ROWS, 25)
        np.testing.assert_allclose(10 * np.log10(mean), 10 * np.log10(self.power[:25]), atol=0.26)

    def test_what_is_no_metadata_is_left_out(self):
        for name, text in (("a", "{"), ("b", "[1]"), ("c", '{"schema":1}'), ("d", "null")):
            with open(f"{name}.json", "w", encoding="utf-8") as file:
                file.write(text)
        self.store(99, self.power[:5], time=None)
        self.store(98, self.power[:5], samp_rate=0.0)
        self.store(97, self.power[:5], time="soon")
        self.assertEqual(len(SpectrogramStore(".").scan()), self.FILES)
        self.assertEqual(SpectrogramStore("nowhere").scan(), [])

    def test_a_folder_that_cannot_be_written_is_told_once(self):
        with open("overview", "w", encoding="utf-8"):
            pass
        store = SpectrogramStore(".")
        store.scan()
        while store.make_overview():
            pass
        self.assertIn("exists", store.failed)

    def test_frequencies_follow_from_the_length_of_the_dft(self):
        for bins, stated, n_fft, first in ((33, None, 64, 0), (32, None, 32, -16), (33, 33, 33, -16), (17, 33, 33, 0), (32, 62, 62, 0),
                                           (32, 7, 32, -16), (32, "32", 32, -16)):
            self.store(50, some_rows(4, bins), freq_center=100.0, vlen=bins, n_fft=stated)
            last = SpectrogramStore(".").scan()[-1]
            width = 1000 / n_fft
            self.assertAlmostEqual(last.lower, 100 + (first - 0.5) * width)
            self.assertAlmostEqual(last.upper, 100 + (first + bins - 0.5) * width)

    def test_what_the_watch_stores_is_where_it_was(self):
        for of in source(), source(dtype=np.dtype(np.float32), center=None, n_fft=257):
            folder = f"rows of {of.n_fft}"
            os.mkdir(folder)
            output = SpectrogramOutput(folder, rotate=3600, rows_per_second=50)
            tone = np.exp(2j * np.pi * 0.2 * np.arange(200_000)).astype(np.complex64)
            hub = Outputs([output], of, "hann")
            hub.samples(tone if of.dtype.kind == "c" else tone.real.copy())
            hub.finish()
            hub.close()
            stored, = SpectrogramStore(folder).scan()
            self.assertAlmostEqual(stored.start, sum(TIME), places=5)
            power = np.load(stored.path)
            at = stored.lower + (power[1].argmax() + 0.5) * (stored.upper - stored.lower) / stored.bins
            self.assertAlmostEqual(at, (of.center or 0) + 0.2e6, delta=1e6 / of.n_fft)


if __name__ == "__main__":
    unittest.main()
