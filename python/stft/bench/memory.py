# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Memory that a process has, in MiB, as Linux's /proc/NUMBER/statm gives it, for programs that run for hours."""

import os
import threading
import time
from typing import NamedTuple

import numpy as np

_PAGE = os.sysconf("SC_PAGE_SIZE") / 2**20  # MiB


def _pages(process):
    """Pages in memory, and those of them that belong to mapped files; zeros for a process that has ended."""
    try:
        with open(f"/proc/{process}/statm", encoding="ascii") as file:
            _, resident, shared, *_ = file.read().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    return int(resident), int(shared)


def resident(process="self"):
    """All memory of a process, given by its number."""
    return _pages(process)[0] * _PAGE


def private(process="self"):
    """Memory of a process without that of mapped files, which comes and goes."""
    pages, shared = _pages(process)
    return (pages - shared) * _PAGE


class Settled(NamedTuple):
    """Memory after a program's beginning: bounds, and medians of its first and last tenth."""
    least: float
    most: float
    first: float
    last: float


class MemoryWatch(threading.Thread):
    """Reads the memory of another process at regular times, until that process ends.

    readings : list of (seconds of time.monotonic(), MiB)
    """

    def __init__(self, process, interval=2.0):
        super().__init__(daemon=True)
        self.readings = []
        self._process, self._interval = process, interval
        self.start()

    def run(self):
        while memory := resident(self._process):
            self.readings.append((time.monotonic(), memory))
            time.sleep(self._interval)

    def settled(self, beginning):
        """Memory after this fraction of the readings."""
        values = np.array([memory for _, memory in self.readings])
        values = values[int(beginning * len(values)):]
        tenth = max(1, len(values) // 10)
        return Settled(values.min(), values.max(), np.median(values[:tenth]), np.median(values[-tenth:]))
