#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Annotations of a watch that lasts: files follow each other, nothing is lost, and memory stays."""
import contextlib
import glob
import json
import os
import signal
import subprocess
import sys
import unittest

from qa_command import InFolder

from gnuradio.stft.app.outputs.sigmf_output import SigmfOutput
from gnuradio.stft.stft_python import kernels

RATE = 1e6
TIME = (1_700_000_000, 0.25)
REPORT = dict(kind="burst", state="end", id=1, time=None, duration=1e-3, sample_start=0, sample_count=1000, samp_rate=RATE, freq_lower=10.0,
              freq_upper=20.0, freq_peak=15.0, freq_center=None, bandwidth=10.0, power_db=-20.0, noise_db=-70.0, snr_db=12.0, energy_db=30.0,
              cells=9, rows=4, cut=None, source=None, n_fft=64, hop=32)
SAME_REPORT = f"REPORT = {REPORT!r}\n"


def report(start, **values):
    return {**REPORT, "sample_start": start, **values}


def metadata(name):
    with open(name, encoding="utf-8") as file:
        return json.load(file)


def starts(name):
    return [annotation["core:sample_start"] for annotation in metadata(name)["annotations"]]


def process(code, *arguments, **more):
    return subprocess.Popen([sys.executable, "-c", "import sys\nfrom gnuradio.stft.stft_python import kernels\n" + SAME_REPORT + code,
                             *map(str, arguments)], stdout=subprocess.PIPE, text=True, **more)


class Series(InFolder):

    def test_files_of_a_series_hold_each_annotation_once_in_order(self):
        file = kernels.sigmf_file(path="a.sigmf-meta", datatype="cu8", rotate_every=100, flush_every=7)
        file.begin(RATE, 100e6, TIME)
        sent = [1000 * n + (700 if n % 2 else 0) for n in range(1049)]
        for n, start in enumerate(sent):
            file.add(report(start, freq_center=100e6))
            if n == 500:
                file.add(report(start + 800, kind="retune", sample_count=0, freq_center=101e6))
        file.finish()
        names = ["a.sigmf-meta"] + [f"a-{number:04d}.sigmf-meta" for number in range(2, 12)]
        self.assertEqual(sorted(os.listdir()), sorted(names))
        self.assertEqual([len(starts(name)) for name in names], [99] + 4 * [100] + [99] + 4 * [100] + [51])  # captures count, too
        self.assertEqual([start for name in names for start in starts(name)], sent)
        self.assertEqual((file.count, file.complete), (1049, 10))
        self.assertNotIn("core:offset", metadata(names[0])["global"])
        for before, name in zip(names, names[1:]):
            meta = metadata(name)
            offset, first = meta["global"]["core:offset"], meta["captures"][0]
            self.assertEqual(offset, max(starts(before)))
            self.assertEqual(first["core:sample_start"], offset)
            self.assertEqual(first["core:frequency"], 100e6 if offset < sent[500] + 800 else 101e6)
            self.assertEqual(meta["global"]["core:sample_rate"], RATE)
        seconds = metadata(names[1])["global"]["core:offset"] / RATE + 0.25
        self.assertEqual(metadata(names[1])["captures"][0]["core:datetime"], kernels.iso8601((TIME[0], seconds)))
        self.assertEqual([c["core:frequency"] for c in metadata(names[5])["captures"]], [100e6, 101e6])

    def test_an_event_that_ends_late_is_after_the_offset_of_its_file(self):
        file = kernels.sigmf_file(path="a", datatype="cu8", rotate_every=4)
        file.begin(RATE, 1.0, TIME)
        for start in (10, 20, 30, 5, 40, 25):
            file.add(report(start, freq_center=1.0))
        file.finish()
        self.assertEqual((starts("a.sigmf-meta"), starts("a-0002.sigmf-meta")), ([10, 20, 30], [5, 25, 40]))
        meta = metadata("a-0002.sigmf-meta")
        self.assertEqual((meta["global"]["core:offset"], meta["captures"][0]["core:sample_start"]), (5, 5))

    def test_a_band_that_is_retuned_without_events_has_a_series_too(self):
        file = kernels.sigmf_file(path="a", datatype="cu8", rotate_every=50)
        for n in range(520):
            file.add(report(1000 * n, kind="retune", sample_count=0, freq_center=float(n)))
        with open("a-0011.sigmf-meta.journal", encoding="ascii") as journal:
            self.assertLess(len(journal.readlines()), 16 + 20 + 4)  # some captures of the files before
        file.finish()
        names = sorted(glob.glob("a-*")) + ["a.sigmf-meta"]
        self.assertEqual(len(names), 11)
        frequencies = {c["core:frequency"] for name in names for c in metadata(name)["captures"] if "core:frequency" in c}
        self.assertEqual(frequencies, set(range(520)))
        self.assertLess(max(len(metadata(name)["captures"]) for name in names), 67)

    def test_memory_stays_however_many_annotations_there_are(self):
        code = """
import os, resource
file = kernels.sigmf_file(path="a", datatype="cu8", rotate_every=int(sys.argv[1]))
memory = lambda: int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20
for n in range(8000):
    if n == 2000:
        before = memory()
    REPORT["sample_start"] = n
    file.add(REPORT)
print(memory() - before)
"""
        grown = []
        for every in 250, 0:
            with process(code, every) as running:
                grown.append(float(running.stdout.read()))
            self.assertEqual(running.returncode, 0)
        self.assertLess(grown[0], 1)
        self.assertGreater(grown[1], 2.5)


class Interrupted(InFolder):

    CODE = """
import time
file = kernels.sigmf_file(path="a", datatype="cu8", rotate_every=400, keep=True)
file.begin(1e6, 5.0, (1_700_000_000, 0.5))
for n in range(1000):
    file.add({**REPORT, "sample_start": n, "freq_center": 5.0})
print("all", flush=True)
time.sleep(60)
"""

    def test_a_process_that_is_killed_loses_nothing(self):
        with process(self.CODE) as running:
            self.assertEqual(running.stdout.readline(), "all\n")
            self.assertTrue(os.path.exists("a-0003.sigmf-meta.journal"))
            other = kernels.sigmf_file(path="a", datatype="cu8", keep=True)  # while the process lives
            self.assertEqual(other.path, "a-0004.sigmf-meta")
            self.assertLess(len(starts("a-0003.sigmf-meta")), 201)
            other.finish()
            os.unlink("a-0004.sigmf-meta")
            running.send_signal(signal.SIGKILL)
        names = ["a.sigmf-meta", "a-0002.sigmf-meta", "a-0003.sigmf-meta"]
        self.assertEqual(sorted(os.listdir()), sorted(names + ["a-0003.sigmf-meta.journal"]))
        self.assertEqual(list(map(len, map(starts, names[:2]))), [399, 400])
        left = len(starts(names[2]))
        with open("a-0003.sigmf-meta.journal", "a", encoding="ascii") as file:
            file.write('annotation 7 {"core:sam')  # as a full disk leaves it
        again = kernels.sigmf_file(path="a", datatype="cu8", keep=True)
        self.assertEqual(again.path, "a-0004.sigmf-meta")
        self.assertEqual([start for name in names for start in starts(name)], list(range(1000)))
        self.assertLess(left, 201)
        again.finish()
        meta = metadata(names[2])
        self.assertEqual((meta["global"]["core:offset"], meta["global"]["core:sample_rate"]), (798, RATE))
        self.assertEqual(meta["captures"], [{"core:sample_start": 798, "core:frequency": 5, "core:datetime": kernels.iso8601((TIME[0], 0.500798))}])
        self.assertEqual(glob.glob("*.journal") + glob.glob("*.part"), [])

    def test_a_reader_finds_valid_metadata_at_any_time(self):
        with process(self.CODE.replace("1000", "20_000").replace("400", "20_000"), stderr=subprocess.DEVNULL) as running:
            looks, sizes = 0, set()
            while len(sizes) < 6 and running.poll() is None:
                with contextlib.suppress(FileNotFoundError):
                    sizes.add(len(starts("a.sigmf-meta")))
                    looks += 1
            running.send_signal(signal.SIGKILL)
        self.assertEqual(len(sizes), 6, looks)

    def test_what_is_there_stays_but_for_files_without_annotations(self):
        paths = []
        for n in range(3):
            for _ in range(2):  # the first one sees nothing
                file = SigmfOutput("a.sigmf-meta", "cu8")
                paths.append(file._file.path)
                if len(paths) % 2 == 0:
                    file._file.begin(RATE, None, None)
                    file.reports([(report(n), "")])
                file.close()
        self.assertEqual(paths, ["a.sigmf-meta"] * 2 + ["a-0002.sigmf-meta"] * 2 + ["a-0003.sigmf-meta"] * 2)
        self.assertEqual([starts(path) for path in paths[::2]], [[0], [1], [2]])
        replaced = kernels.sigmf_file(path="a", datatype="cu8")
        self.assertEqual((replaced.path, starts("a.sigmf-meta")), ("a.sigmf-meta", []))

    def test_two_that_write_at_once_have_files_of_their_own(self):
        files = [kernels.sigmf_file(path="a", datatype="cu8", keep=True, rotate_every=10) for _ in range(3)]
        for n in range(25):
            for which, file in enumerate(files):
                file.add(report(1000 * which + n))
        for file in files:
            file.finish()
        names = glob.glob("*.sigmf-meta")
        self.assertEqual(sorted(start for name in names for start in starts(name)), [1000 * which + n for which in range(3) for n in range(25)])
        self.assertTrue(all(len({start // 1000 for start in starts(name)}) == 1 for name in names))
        self.assertEqual(len(names), len(os.listdir()))

    def test_a_file_that_its_process_had_not_written_yet_is_completed(self):
        code = """
file = kernels.sigmf_file(path="a", datatype="cu8", keep=True, rotate_every=10, flush_every=100)
for n in range(13):
    REPORT["sample_start"] = n
    file.add(REPORT)
print("there", flush=True)
sys.stdin.read()
"""
        with process(code, stdin=subprocess.PIPE) as running:
            self.assertEqual(running.stdout.readline(), "there\n")
            self.assertFalse(os.path.exists("a-0002.sigmf-meta"))
            running.kill()
        again = kernels.sigmf_file(path="a", datatype="cu8", keep=True)
        self.assertEqual(again.path, "a-0003.sigmf-meta")
        again.finish()
        self.assertEqual(starts("a.sigmf-meta") + starts("a-0002.sigmf-meta"), list(range(13)))

    def test_a_journal_that_cannot_be_read_stops_nothing(self):
        for words in (b"", b"\0\xff\n", b"rate x\ncapture 1\nannotation 5\nannotation x {}\nfrom\ncarried -1\n", b"capture 0 1 - 1 x 0\n" * 9):
            with self.subTest(words=words):
                kernels.sigmf_file(path="b", datatype="cu8")
                with open("b.sigmf-meta.journal", "wb") as file:
                    file.write(words)
                self.assertEqual(kernels.sigmf_file(path="b", datatype="cu8", keep=True).path, "b.sigmf-meta")
                self.assertEqual(sorted(os.listdir()), ["b.sigmf-meta"])

    def test_a_disk_that_is_full_for_a_while_loses_nothing_that_memory_holds(self):
        os.mkdir("d")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "d"], capture_output=True, check=False).returncode:
            self.skipTest("a file system cannot be mounted")
        self.addCleanup(subprocess.run, ["umount", os.path.abspath("d")], check=False)
        out = SigmfOutput("d/a.sigmf-meta", "cu8")
        out._file.finish()  # which gives up its name
        out._file = kernels.sigmf_file(path="d/a.sigmf-meta", datatype="cu8", keep=True, rotate_every=300, flush_every=10, most=1000)
        for n in range(900):
            out.reports([(report(n), "")])
        (state, words), = out.changes
        self.assertEqual(state, "begin")
        self.assertIn("No space left", words)
        self.assertTrue(out.failed)
        self.assertEqual(out.counters(), {"annotations": 900, "files": 0, "dropped": 0})
        starts("d/a.sigmf-meta")  # it is valid
        subprocess.run(["mount", "-o", "remount,size=64m", "d"], check=True)
        out.close()
        self.assertEqual([state for state, _ in out.changes], ["begin", "end"])
        self.assertFalse(out.failed)
        self.assertEqual(starts("d/a.sigmf-meta"), list(range(900)))
        self.assertEqual(os.listdir("d"), ["a.sigmf-meta"])

    def test_beyond_what_memory_holds_is_counted(self):
        os.mkdir("d")
        file = kernels.sigmf_file(path="d/a", datatype="cu8", rotate_every=50, most=120, flush_every=20)
        os.rename("d", "gone")
        failures = 0
        for n in range(200):
            try:
                file.add(report(n))
            except RuntimeError:
                failures += 1
        self.assertEqual((file.count, file.left_out), (120, 80))
        self.assertIn(failures, range(6, 12))  # attempts, each after twenty reports
        os.rename("gone", "d")
        for n in range(200, 300):
            file.add(report(n))
        file.finish()
        found = [start for name in sorted(glob.glob("d/*"), key=lambda name: (len(name), name)) for start in starts(name)]
        self.assertEqual(found[:120], list(range(120)))
        self.assertEqual(len(found) + file.left_out, 300)
        self.assertEqual(found[-80:], list(range(220, 300)))


if __name__ == "__main__":
    unittest.main()
