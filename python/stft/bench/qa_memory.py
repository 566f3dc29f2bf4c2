#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Memory of this process and of others, against what they are seen to take."""

import mmap
import os
import subprocess
import sys
import tempfile
import time
import unittest

from gnuradio.stft.bench.memory import MemoryWatch, private, resident

TAKEN = 40  # MiB


class memory(unittest.TestCase):
    def test_what_a_process_takes_is_counted(self):
        before = resident(), private()
        taken = bytearray(os.urandom(1 << 20)) * TAKEN
        after = resident(), private()
        for count, grown in zip((resident, private), (after[0] - before[0], after[1] - before[1])):
            self.assertAlmostEqual(grown, TAKEN, delta=3, msg=count.__name__)
        del taken

    def test_a_mapped_file_is_not_private(self):
        with tempfile.TemporaryFile() as file:
            file.write(bytes(TAKEN << 20))
            file.flush()
            with mmap.mmap(file.fileno(), TAKEN << 20, access=mmap.ACCESS_READ) as mapped:
                before = resident(), private()
                sum(mapped[at] for at in range(0, len(mapped), mmap.PAGESIZE))
                self.assertAlmostEqual(resident() - before[0], TAKEN, delta=3)
                self.assertAlmostEqual(private() - before[1], 0, delta=3)

    def test_a_process_that_has_ended_has_none(self):
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays as a zombie
            self.assertEqual(resident(process.pid), 0)
        self.assertEqual(resident(process.pid), 0)


class watch(unittest.TestCase):
    def more(self, seen):
        """Memory as readings from now on have it."""
        begin, end = len(seen.readings), time.monotonic() + 10
        while len(seen.readings) < begin + 2:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        return seen.readings[-1][1]

    def test_a_process_is_watched_until_it_ends(self):
        code = f"print('begun', flush=True); input(); x = bytearray(b'x') * ({TAKEN} << 20); print('taken', flush=True); input()"
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            seen = MemoryWatch(process.pid, interval=0.01)
            memory = []
            for said in "begun", "taken":
                self.assertEqual(process.stdout.readline(), said + "\n")
                memory.append(self.more(seen))
                process.stdin.write("\n")
                process.stdin.flush()
        seen.join(10)
        self.assertFalse(seen.is_alive())
        self.assertAlmostEqual(memory[1] - memory[0], TAKEN, delta=3)
        times = [at for at, _ in seen.readings]
        self.assertEqual(times, sorted(times))

    def test_the_beginning_of_a_run_is_left_out(self):
        with subprocess.Popen([sys.executable, "-c", ""]) as ended:
            pass
        seen = MemoryWatch(ended.pid)
        seen.join(10)
        self.assertEqual(seen.readings, [])
        seen.readings = [(2.0 * n, 100.0) for n in range(20)] + [(40.0 + n, n) for n in range(20, 100)]
        self.assertEqual(seen.settled(0.2), (20, 99, 23.5, 95.5))
        self.assertEqual(seen.settled(0.0)[:3], (20, 100, 100))


if __name__ == "__main__":
    unittest.main()
