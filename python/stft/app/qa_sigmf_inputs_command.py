#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""SigMF recordings and archives as inputs of the command."""

import io
import json
import os
import tarfile
import unittest

import numpy as np
from qa_command import InFolder, complex_noise, run
from qa_inputs_command import whole

from gnuradio.stft.app.files import recordings


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


if __name__ == "__main__":
    unittest.main()
