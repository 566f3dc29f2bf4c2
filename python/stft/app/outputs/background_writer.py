# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Files that a thread of its own writes, so that a slow disk keeps nobody waiting."""
import threading
from collections import deque

from gnuradio.stft.app.outputs.backlog import Attempts
from gnuradio.stft.interruption import is_ending


class BackgroundWriter:
    """Does one action after the other, tries those again that raise OSError, and keeps `limit` bytes of what waits.

    patient: True: put() waits for a disk that is slow, as it may for a recording.
    """

    def __init__(self, name, limit, patient=False):
        self._name, self._limit, self._patient, self._changes = name, limit, patient, []
        self._attempts, self._waiting, self._bytes = Attempts(self._changes), deque(), 0
        self._ready, self._ended, self._busy = threading.Condition(), False, False  # busy: with the first one that waits
        self.dropped = self.done = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, size, action):
        """action(): writes what holds `size` bytes of memory until then. The oldest ones that wait are left out if they are too many."""
        with self._ready:
            while self._patient and self._waiting and self._bytes + size > self._limit and not self._attempts.failing and not is_ending():
                self._ready.wait(0.1)
            self._waiting.append((size, action))
            self._bytes += size
            while self._bytes > self._limit and len(self._waiting) > 1 + self._busy:
                self._forget(int(self._busy))
                self.dropped += 1
            self._ready.notify_all()

    @property
    def waiting_bytes(self):
        return self._bytes

    def __len__(self):
        return len(self._waiting)

    def take_changes(self):
        """What an Output's changes get."""
        with self._ready:
            found = list(self._changes)
            self._changes.clear()
        return found

    def finish(self, seconds):
        """Waits for what can be written, as long as this; None: until it is."""
        with self._ready:
            self._ended = True
            self._attempts.hurry()
            self._ready.notify_all()
        self._thread.join(seconds)

    def _forget(self, index):
        self._bytes -= self._waiting[index][0]
        del self._waiting[index]

    def _run(self):
        while True:
            with self._ready:
                while not self._ended and (not self._waiting or not self._attempts.due()):
                    self._ready.wait(0.2 if self._waiting else None)
                if not self._waiting:
                    return
                first, self._busy = self._waiting[0], True
            try:
                first[1]()
                failure = None
            except OSError as error:
                failure = f"{self._name}: cannot be written: {error.strerror or error}"
            with self._ready:
                self._busy = False
                if failure is None:
                    self._forget(0)
                    self._ready.notify_all()
                    self.done += 1
                    self._attempts.worked(f"{self._name} is written again")
                else:
                    self._attempts.failed(failure)
                    if self._ended:
                        return
