# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Reports as lines of JSON or CSV, on standard output or in a file."""
import csv
import io
import json
import os
import select
import sys
import time

from gnuradio.stft.app.outputs.backlog import Attempts, Backlog
from gnuradio.stft.app.outputs.output import Output
from gnuradio.stft.interruption import is_ending

LIMIT = 16 << 20     # bytes of lines that wait for a disk or a reader
_AT_ONCE = 4096      # bytes that a pipe takes at once if it takes any: PIPE_BUF
_PATIENCE = 1.0      # s for what waits at the end


def json_lines(reports):
    return "".join(line + "\n" for _, line in reports)


class CsvLines:
    """Rows of a table with the keys of the reports as its columns, and numbers as JSON has them; unknown values are empty."""

    def __init__(self, columns):
        self._columns = columns

    def __call__(self, reports):
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        for _, line in reports:
            values = json.loads(line, parse_float=str, parse_int=str)
            table.writerow(["" if values.get(key) is None else values[key] for key in self._columns])
        return text.getvalue()

    def head(self):
        return ",".join(self._columns) + "\n"


class LineOutput(Output):
    """Lines that are written at once, and wait if that is not possible.

    form: reports -> text; a form with head() begins with it. path: a file that is appended to; None: standard output. patient: True:
    the watch waits for who reads its pipe, as it must for a recording; False: lines wait in memory, as they must for a receiver.
    """

    def __init__(self, form, path=None, patient=True, name=None, limit=LIMIT):
        super().__init__()
        self.name = name or path or "standard output"
        self._form, self._patient, self._path = form, patient, path
        self._waiting, self._attempts, self._failed, self._open = Backlog(limit), Attempts(self.changes), False, True
        self._number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666) if path else _standard_output()
        if hasattr(form, "head") and not (path and os.fstat(self._number).st_size):
            self._put(form.head())

    def reports(self, reports):
        self._put(self._form(reports))
        if self._attempts.due():
            self._send(self._patient)

    def poll(self):
        if len(self._waiting) and self._attempts.due():
            self._send(False)

    def counters(self):
        return self._waiting.counters()

    @property
    def failed(self):
        return self._failed

    def close(self):
        until = time.monotonic() + _PATIENCE
        while len(self._waiting) and time.monotonic() < until and not self._attempts.failing:
            self._send(False)
            time.sleep(0.01 if len(self._waiting) else 0)
        if len(self._waiting) and self._attempts.failing:
            self._send(False)
        self._failed = bool(len(self._waiting) or self._waiting.dropped)
        if self._path:
            os.close(self._number)

    def _put(self, text):
        if self._number is None:  # standard output is no file
            sys.stdout.write(text)
            sys.stdout.flush()
        elif text:
            self._waiting.append(text.encode("utf-8", "backslashreplace"))

    def _send(self, patient):
        try:
            while len(self._waiting) and self._is_ready(patient):
                rest = self._waiting.popleft()
                try:
                    rest = rest[self._write(rest):]
                finally:
                    if rest:
                        self._waiting.put_back(rest)
            if not len(self._waiting):
                self._attempts.worked(f"{self.name} is written again")
        except BrokenPipeError:  # who read it has left
            raise
        except OSError as error:
            self._attempts.failed(f"{self.name}: cannot be written: {error.strerror}")

    def _write(self, data):
        return os.write(self._number, memoryview(data)[:_AT_ONCE])

    def _is_ready(self, patient):
        """Whether something can be written; a patient one waits for it until the watch is to end."""
        ready = select.poll()
        ready.register(self._number, select.POLLOUT)
        while not ready.poll(100 if patient else 0):
            if not patient or is_ending():
                return False
        return True


def _standard_output():
    try:
        sys.stdout.flush()
        return sys.stdout.fileno()
    except (OSError, ValueError):
        return None
