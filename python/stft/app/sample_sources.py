# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Where the samples that are watched come from: recordings, pipes, receivers and streams.

open_source() gives a source with name, rate (Hz), rate_known, dtype, center (Hz or None), time (of sample 0, or None), quantum (a
step of the samples' quantiser, 0 if it is not known), datatype (SigMF's), warnings, lost (samples so far) and pieces(duration),
which yields each Piece as it comes, and an empty one ten times a second while none does; live: not a recording.
"""
import contextlib
import functools
import os
import select
import time

import numpy as np

from gnuradio.stft.app.command import warn
from gnuradio.stft.app.command_options import as_options
from gnuradio.stft.app.files.piped_input import STANDARD_INPUT, is_pipe, source_of
from gnuradio.stft.app.files.raw_files import SampleFormat
from gnuradio.stft.app.files.recording_base import printable, refuse
from gnuradio.stft.app.files.recordings import open_recording, sample_at
from gnuradio.stft.app.live_sources import OPEN, Piece, live_source

_AT_ONCE = 2**18  # samples of a piece of a recording, bytes of one of a pipe
_SHORTEST = 0.02  # s of a piece in real time
_POLL = 0.1       # s for which a pipe is waited for before an empty piece


@contextlib.contextmanager
def open_source(arguments):
    kind, equals, words = arguments.source.partition("=")
    if equals and kind in OPEN:
        with live_source(kind, words, arguments) as source:
            yield source
    elif arguments.dtype and (arguments.source == STANDARD_INPUT or is_pipe(arguments.source)):
        if arguments.tacho is not None:
            refuse("tacho", arguments.tacho, "must be a channel of a recording, or of audio=")
        with _RawPipe(arguments) as source:
            yield source
    else:
        with contextlib.ExitStack() as files:
            source, _ = files.enter_context(source_of(arguments.source))
            opened = functools.partial(open_recording, source, dtype=arguments.dtype, rate=arguments.rate, iq=arguments.iq,
                                       center=arguments.center)
            recording, tacho = files.enter_context(opened(channel=arguments.channel)), None
            if arguments.tacho is not None:
                with as_options(channel="tacho"):
                    tacho = files.enter_context(opened(channel=arguments.tacho))
            yield _Recording(recording, arguments.realtime, tacho)


class _Recording:
    """A recording, as fast as it can be read, or as fast as it was made."""

    def __init__(self, recording, realtime, tacho=None):
        self._recording, self._realtime, self._tacho = recording, realtime, tacho
        self.name, self.rate, self.dtype = printable(recording.path), recording.fs, recording.dtype
        self.rate_known = recording.rate_known
        self.center = recording.zero_frequency or None
        self.time, self.quantum = recording.time if recording.rate_known else None, recording.quantum
        self.datatype = recording.sigmf_datatype
        self.warnings, self.lost, self.live = recording.warnings, 0, False

    def pieces(self, duration):
        length = self._recording.length
        if duration is not None:
            length = min(length, sample_at(duration, self.rate))
        at_once = _AT_ONCE if not self._realtime else max(1, min(_AT_ONCE, round(_SHORTEST * self.rate)))
        began = time.monotonic()
        for begin in range(0, length, at_once):
            end = min(length, begin + at_once)
            if self._realtime:
                time.sleep(max(0.0, began + end / self.rate - time.monotonic()))
            samples = self._recording.read(begin, end - begin)
            if self._tacho is not None:
                samples = np.stack([samples, self._tacho.read(begin, end - begin)], axis=1)
            yield Piece(samples)


class _RawPipe:
    """Raw samples of a pipe, or on standard input, as they come."""

    def __init__(self, arguments):
        if arguments.rate is None:
            refuse("rate", "missing", "must be given for samples of a pipe")
        if arguments.source == STANDARD_INPUT and os.isatty(0):
            refuse("standard input", "is a terminal", "must be a pipe or a file")
        self._format, self._source, self._number = SampleFormat(arguments.dtype), arguments.source, 0
        self.name = "standard input" if self._source == STANDARD_INPUT else printable(self._source)
        self.rate, self.dtype = arguments.rate, self._format.dtype
        self.rate_known = True
        self.center, self.time = arguments.center, None
        self.quantum, self.datatype = self._format.quantum, self._format.name
        self.warnings, self.lost, self.live, self._stall = [], 0, True, arguments.stall

    def __enter__(self):
        if self._source != STANDARD_INPUT:
            self._number = os.open(self._source, os.O_RDONLY | os.O_CLOEXEC)  # waits for a writer
        self.time = time.time()
        return self

    def __exit__(self, *_):
        if self._number:
            os.close(self._number)

    def pieces(self, duration):
        left = None if duration is None else sample_at(duration, self.rate)
        rest, heard, silent = b"", time.monotonic(), False
        while left is None or left > 0:
            now = time.monotonic()
            if not select.select([self._number], [], [], _POLL)[0]:
                if self._stall and not silent and now - heard > self._stall:
                    silent = True
                    yield Piece(change=("begin", f"no samples for {now - heard:.1f} s"))
                yield Piece()
                continue
            if silent:
                yield Piece(change=("end", f"samples come again after {now - heard:.1f} s"))
            heard, silent = now, False
            data = rest + os.read(self._number, _AT_ONCE)
            if len(data) == len(rest):
                if rest:
                    warn("monitor", f"{self.name}: ends {len(rest)} bytes into a sample of {self._format.size}: these are left out")
                return
            whole = len(data) // self._format.size
            if left is not None:
                whole = min(whole, left)
                left -= whole
            cut = whole * self._format.size
            rest = data[cut:]
            if whole:
                stored = np.frombuffer(data[:cut], self._format.stored).reshape(-1, self._format.parts)
                yield Piece(self._format.convert(stored))
