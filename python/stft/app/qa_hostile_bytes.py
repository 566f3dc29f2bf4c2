#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Files and requests that hold what nobody wrote on purpose: each is refused, or left out, and none ends a command or a thread."""
import contextlib
import io
import json
import os
import struct
import unittest

import numpy as np
from qa_command import InFolder, needs
from qa_monitor_page import TOKEN, Serving

from gnuradio.stft.app.files import sound_headers, stored_rows
from gnuradio.stft.app.page.rows import Grid
from gnuradio.stft.app.page.spectrogram_store import SpectrogramStore
from gnuradio.stft.npy_files import load_array

BEGIN = 1795920000  # s since 1970


def open_header(path):
    """The literal in the header of an NPY file loses its last bracket."""
    with open(path, "r+b") as file:
        data = file.read().replace(b"}", b" ", 1)
        file.seek(0)
        file.write(data)


class Arrays(InFolder):

    def test_what_is_no_array_is_a_value_error(self):
        np.save("open.npy", np.ones(9))
        open_header("open.npy")
        np.savez("archive.npz", x=np.ones(9))
        np.save("objects.npy", np.array([{}], object), allow_pickle=True)
        with open("empty.npy", "wb"):
            pass
        for name in ("open.npy", "archive.npz", "objects.npy", "empty.npy"):
            with self.subTest(name), self.assertRaises(ValueError):
                load_array(name)
        with self.assertRaises(FileNotFoundError):
            load_array("none.npy")

    def test_a_mask_without_the_end_of_its_header_is_refused(self):
        np.zeros(4096, np.float32).tofile("x.f32")
        np.save("mask.npy", np.ones(129))
        open_header("mask.npy")
        self.assert_refused(("denoise", "x.f32", "--dtype", "rf32_le", "--rate", "8k", "--n-fft", "256", "--mask", "mask.npy", "-o", "y.npy"),
                            "mask: mask.npy: must be a NumPy array")


class Sounds(InFolder):

    def test_a_rate_beyond_all_numbers_is_a_number(self):
        body = b"AIFFCOMM" + struct.pack(">IhIh", 18, 1, 4, 16) + b"\x7f\xff" + b"\xff" * 8 + b"SSND" + struct.pack(">III", 16, 0, 0) + bytes(8)
        with open("x.aiff", "wb") as file:
            file.write(b"FORM" + struct.pack(">I", len(body)) + body)
        with open("x.aiff", "rb") as file:
            self.assertTrue(1e300 < sound_headers.stated_rate(file) < np.inf)

    def test_a_format_of_no_bytes_tells_no_size(self):
        start = b"RIFF\0\0\0\0WAVEfmt \0\0\0\0data\0\0\0\0"
        self.assertIsNone(sound_headers.bytes_of_wave(start, lambda rate: rate))
        whole = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16) + b"data\0\0\0\0"
        self.assertEqual(sound_headers.bytes_of_wave(whole, lambda rate: 2 * rate), 44 + 16000 * 4)


class Rows(InFolder):
    """Files of rows whose contents or metadata another program or a failing disk has changed."""

    def store(self, stem="spectrogram_1", **given):
        values = {"n_fft": 32, "vlen": 32, "hop": 1000, "samp_rate": 1000.0, "sample_start": 0, "time": "2026-11-29T02:40:00Z", "freq_center": 0.0,
                  "source": "x", "rows": 64, "ended_by": "rotation", **given}
        np.save(f"{stem}.npy", np.ones((64, 32), np.float32))
        with open(f"{stem}.json", "w", encoding="utf-8") as file:
            json.dump(values, file)

    def drawn(self, seconds=64.0, rows=4):
        """Cells that the page would fill."""
        store = SpectrogramStore(".")
        found = store.scan()
        while store.make_overview():
            pass
        filled = []
        for length in seconds, 2 * seconds / 64:
            grid = Grid(BEGIN, BEGIN + length, rows, -515.625, 484.375, 32)
            store.draw(grid)
            filled.append(np.count_nonzero(grid.records()["mean"]))
        return len(found), filled

    def test_rows_are_drawn(self):
        self.store()
        self.assertEqual(self.drawn(), (1, [128, 128]))

    def test_a_header_without_its_end_is_left_out(self):
        self.store()
        open_header("spectrogram_1.npy")
        self.assertEqual(self.drawn(), (1, [0, 0]))

    def test_fewer_rows_or_bins_than_the_metadata_say_are_left_out(self):
        for given in {"rows": 65}, {"vlen": 16, "n_fft": 16}, {"rows": 10**9}:
            with self.subTest(given):
                self.store(**given)
                self.assertEqual(self.drawn()[1], [0, 0])

    def test_times_and_rates_that_are_no_numbers_are_no_rows(self):
        for given in ({"samp_rate": float("inf")}, {"samp_rate": -1000.0}, {"samp_rate": float("nan")}, {"hop": 0}, {"hop": 10**400},
                      {"time": "2026-11-29T02:40:00.5e999Z"}, {"freq_center": float("inf")}):
            with self.subTest(given):
                self.store(**given)
                self.assertEqual(self.drawn(), (0, [0, 0]))

    def test_a_day_beyond_the_calendar_is_none(self):
        for given in {"sample_start": 1e300}, {"sample_start": -1e15}, {"hop": 10**13}:
            with self.subTest(given):
                self.store(time=None, **given)
                self.assertEqual(stored_rows.stored_files("."), [])
                self.assert_refused(("day", ".", "-o", "d.npz"), "holds no rows")


@needs("aiohttp")
class Requests(Serving):
    """The page with a token."""

    token = TOKEN

    def test_what_no_browser_sends_is_refused_and_leaves_no_traceback(self):
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        part = b'--x\r\nContent-@isposition: form-data\r\n\r\nz\r\n--x--\r\n'
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            for body, headers, status in ((b"token=\xff\xfe", form, 400), (b"token=x", {"Content_Type": form["Content_Type"] + "; charset=none"}, 400),
                                          (part, {"Content_Type": "multipart/form-data; boundary=x"}, 401), (part, {"Content_Type": "multipart/form-data"}, 401),
                                          (b"token=x", {}, 401)):
                with self.subTest(body=body, headers=headers):
                    self.assertEqual(self.ask("/login", "POST", body, **headers)[0], status)
            known = {"Authorization": f"Bearer {TOKEN}"}
            wrong = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": b"\xff\xfe", "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
            self.assertEqual(self.ask("/socket", **known, **wrong)[0], 400)
            self.assertEqual(self.ask("/alive", **known)[0], 200)
        self.assertEqual(told.getvalue(), "")

    def test_the_form_of_the_page_is_taken(self):
        status, _, _ = self.ask("/login", "POST", "token=" + TOKEN.replace(" ", "+"), Content_Type="application/x-www-form-urlencoded; charset=utf-8")
        self.assertEqual(status, 303)


if __name__ == "__main__":
    unittest.main()
