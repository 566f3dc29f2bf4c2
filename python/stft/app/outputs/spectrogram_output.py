# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the spectrogram in files of a folder, one for each period."""
import contextlib
import fcntl
import json
import math
import os
import subprocess
import sys
import time

from gnuradio.stft.app.outputs.backlog import Attempts
from gnuradio.stft.app.outputs.output import Output
from gnuradio.stft.app.outputs.stored_files import StoredFiles, require_writable
from gnuradio.stft.interruption import is_ending
from gnuradio.stft.stft_python import kernels

LIMIT = 64 << 20           # bytes of rows that wait for the disk
NAME = "spectrogram"       # first part of the files' names
SUFFIXES = (".npy", ".json", ".png", ".h5")
_BETWEEN_FLUSHES = 2.0     # s
_PATIENCE = 0.5            # s for a picture at the end
_LARGEST_FILE = 1 << 40
_HEADER_BYTES = 128        # of NPY files as the kernel writes them


class SpectrogramOutput(Output):
    """Files of kernels.frame_files: power densities (rows, bins), bins in the order of the frequencies.

    folder: is there. rotate: s. rows_per_second: most of them. more: suffixes of what is made of each complete file, by a process of its
    own: ".png", ".h5". most_bytes: the files have at most, the oldest go; None: all stay.
    """

    def __init__(self, folder, *, rotate, rows_per_second, more=(), most_bytes=None, limit=LIMIT):
        super().__init__()
        self.name, self.rows_per_second = folder, rows_per_second
        self._folder, self._rotate, self._more, self._limit = folder, rotate, tuple(more), limit
        require_writable(folder)
        complete_left_over(folder)
        self._stored = StoredFiles(folder, SUFFIXES, most_bytes)
        self._files, self._source, self._attempts = None, None, Attempts(self.changes)
        self._flushed_at = time.monotonic()
        self._drawing, self._to_draw = None, []

    def begin(self, source):
        self._source = source
        window = f"{source.n_fft}-point frames, a hop of {source.hop} samples"
        self._files = kernels.frame_files(directory=self._folder, vlen=source.bins, name=NAME, rotate=self._rotate, max_bytes=_LARGEST_FILE,
                                          max_waiting=self._limit, description=f"power spectral density, unit^2/Hz; {window}")

    def rows(self, rows):
        self._attempt(lambda: self._files.add(rows.values, rows.first_sample, rows.rate, rows.hop, rows.center, rows.time, self._source.name,
                                              self._source.n_fft))
        self._look_at_complete()

    def moved(self, sample, center, time):
        self._end("retune")

    def lost(self, first_sample, count):
        self._end("gap")

    def poll(self):
        if self._files is not None and time.monotonic() - self._flushed_at > _BETWEEN_FLUSHES and self._attempts.due():
            self._flush()
        self._draw_next()

    def counters(self):
        if self._files is None:
            return {"waiting_bytes": 0, "dropped": 0, "files": 0, "removed": 0}
        return {"waiting_bytes": self._files.waiting, "dropped": self._files.lost, "files": self._files.files, "removed": self._stored.removed}

    @property
    def failed(self):
        return self._files is not None and bool(self._files.waiting or self._files.lost)

    def close(self):
        if self._files is not None:
            self._end("stop")
        until = time.monotonic() + (_PATIENCE if self._source is None or self._source.live or is_ending() else math.inf)
        while self._is_drawing() and time.monotonic() < until:
            time.sleep(0.02)
            self._draw_next()
            until = min(until, time.monotonic() + _PATIENCE) if is_ending() else until
        left = len(self._to_draw) + (self._drawing is not None and self._drawing.poll() is None)
        if left:
            self.changes.append(("begin", f"{self.name}: no time was left to make {' and '.join(self._more)} of {left} of its files; "
                                          "gr_stft day makes them"))
        if self._drawing is not None and self._drawing.poll() is None:
            self._drawing.terminate()
            self._drawing.wait()

    def _flush(self):
        self._flushed_at = time.monotonic()
        if self._attempt(self._files.flush):
            self._attempts.worked(f"{self.name} is written again, {self._files.lost} rows were left out")

    def _end(self, reason):
        if self._files is not None:
            self._attempt(lambda: self._files.end(reason))
            self._look_at_complete()

    def _attempt(self, action):
        """False if the disk does not take rows; they wait."""
        try:
            action()
            return True
        except RuntimeError as error:
            if self._attempts.due():
                self._attempts.failed(error)
            return False

    def _look_at_complete(self):
        for path in self._files.take_complete():
            if self._more:
                self._to_draw.append(path)
            try:
                self._stored.added(os.path.splitext(os.path.basename(path))[0])
            except OSError as error:
                self._attempts.failed(f"{self.name}: {error.strerror}")

    def _is_drawing(self):
        return bool(self._to_draw) or self._drawing is not None and self._drawing.poll() is None

    def _draw_next(self):
        """One picture at a time, of a process that is nicer than the watch."""
        if self._drawing is not None and self._drawing.poll() is None:
            return
        while self._to_draw and not os.path.exists(self._to_draw[0]):
            self._to_draw.pop(0)  # it had to make room for others
        if not self._to_draw:
            return
        path = self._to_draw.pop(0)
        words = [argument for suffix in self._more for argument in ("-o", os.path.splitext(path)[0] + suffix)]
        code = "import os, sys; os.nice(10); from gnuradio.stft.app.command import main; sys.exit(main())"
        self._drawing = subprocess.Popen([sys.executable, "-c", code, "day", path, *words], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL)


def complete_left_over(folder):
    """Gives files that a watch could not complete, since it was killed or the power failed, their names: whole rows stay."""
    for name in sorted(os.listdir(folder)):
        if name.startswith(f"{NAME}_") and name.endswith(".npy.part"):
            with contextlib.suppress(OSError, ValueError, LookupError, TypeError, ArithmeticError, RecursionError):  # it stays as it is
                _complete(os.path.join(folder, name), os.path.join(folder, name[:-len(".npy.part")]))


def _complete(path, stem):
    with open(path, "r+b") as file, open(f"{stem}.json", encoding="utf-8") as described:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError where another watch writes it
        meta = json.load(described)
        bins = int(meta["vlen"])
        rows = (os.fstat(file.fileno()).st_size - _HEADER_BYTES) // (4 * bins)
        if rows < 1:
            os.unlink(path)
            os.unlink(described.name)
            return
        words = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {bins}), }}".ljust(_HEADER_BYTES - 11) + "\n"
        file.write(b"\x93NUMPY\x01\x00" + (_HEADER_BYTES - 10).to_bytes(2, "little") + words.encode())
        file.truncate(_HEADER_BYTES + 4 * rows * bins)
        file.flush()
        os.fsync(file.fileno())
        with open(f"{stem}.json.part", "w", encoding="utf-8") as written:
            json.dump({**meta, "rows": rows, "ended_by": "crash"}, written)
        os.replace(written.name, described.name)
        os.replace(path, f"{stem}.npy")
