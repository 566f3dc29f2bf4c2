# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What waits for a disk or a broker: attempts with growing pauses, and a queue with a limit."""
import time
from collections import deque

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # s


class Attempts:
    """Pauses between attempts, twice as long after each that fails; an output learns what changes.

    changes: the list of an Output, which gets ("begin", words) at the first failure and ("end", words) when it works again.
    """

    def __init__(self, changes, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE):
        self._changes, self._first, self._longest = changes, first, longest
        self._pause, self._next, self.failing, self.failures = first, 0.0, False, 0

    def due(self):
        """True unless a pause is on."""
        return not self.failing or time.monotonic() >= self._next

    def hurry(self):
        """The next attempt is due."""
        self._next = 0.0

    def failed(self, words):
        self.failures += 1
        self._next = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, self._longest)
        if not self.failing:
            self._changes.append(("begin", str(words).removeprefix("path: ")))  # the kernels' name of it
        self.failing = True

    def worked(self, words):
        self._pause = self._first
        if self.failing:
            self._changes.append(("end", str(words)))
        self.failing = False


class Backlog:
    """Bytes objects in their order, `limit` bytes at most: then the oldest ones go, and are counted."""

    def __init__(self, limit):
        self._limit, self._items = limit, deque()
        self.waiting_bytes = self.dropped = 0

    def __len__(self):
        return len(self._items)

    def append(self, item):
        self._items.append(item)
        self.waiting_bytes += len(item)
        while self.waiting_bytes > self._limit and len(self._items) > 1:
            self.popleft()
            self.dropped += 1

    def first(self):
        return self._items[0]

    def popleft(self):
        item = self._items.popleft()
        self.waiting_bytes -= len(item)
        return item

    def put_back(self, item):
        """What popleft() gave was not taken, or not all of it."""
        self._items.appendleft(item)
        self.waiting_bytes += len(item)

    def counters(self):
        return {"waiting_bytes": self.waiting_bytes, "dropped": self.dropped}
