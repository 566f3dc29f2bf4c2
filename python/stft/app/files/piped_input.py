# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings that come through a pipe: kept in a temporary file without a name.

What a spectrogram's size and scale are is known at the end only, so a pipe is read to its end, or
as far as is asked for, before the analysis; memory does not grow with it.
"""
import contextlib
import os
import stat
import tempfile

from gnuradio.stft.app.files.recording_base import Source, refuse
from gnuradio.stft.interruption import interruption_noted

STANDARD_INPUT = "-"
_PIECE = 2**16          # bytes, of a read
_LONGEST_START = 2**20  # bytes, in which a header is looked for


def is_pipe(path):
    """Whether `path` can be read once only; "-" is standard input."""
    try:
        return path == STANDARD_INPUT or stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def source_of(path, enough=lambda start: None):
    """A Source for `path`, which may be a pipe; and whether SIGINT ended its reading.

    enough: called with the first bytes of a pipe, returns how many bytes of it are needed, None as
        long as that is not known.
    A file needs room where TMPDIR says, /var/tmp by default.
    """
    if not is_pipe(path):
        yield Source(path, path), False
        return
    name = "standard input" if path == STANDARD_INPUT else path
    if path == STANDARD_INPUT and _is_file_from_its_start():
        yield Source("/dev/fd/0", name), False
        return
    if path == STANDARD_INPUT and os.isatty(0):
        refuse(name, "is a terminal", "must be a pipe or a file")
    with contextlib.ExitStack() as files:
        try:
            pipe = 0 if path == STANDARD_INPUT else os.open(path, os.O_RDONLY)
            if pipe:
                files.callback(os.close, pipe)
            kept = files.enter_context(tempfile.TemporaryFile(dir=_room(), buffering=0))
            is_cut, interrupted = _copy(pipe, kept, enough)
        except OSError as error:
            raise OSError(error.errno, error.strerror, f"{name}, kept in {_room()}") from None
        if kept.tell() == 0:
            if interrupted:
                raise KeyboardInterrupt
            refuse(name, "is empty", "there is nothing to analyse")
        yield Source(f"/dev/fd/{kept.fileno()}", name, is_cut), interrupted


def _is_file_from_its_start():
    try:
        return stat.S_ISREG(os.fstat(0).st_mode) and os.lseek(0, 0, os.SEEK_CUR) == 0
    except OSError:
        return False


def _room():
    return os.environ.get("TMPDIR") or ("/var/tmp" if os.access("/var/tmp", os.W_OK) else
                                        tempfile.gettempdir())


class _Enough(Exception):
    """SIGINT has come while the pipe was waited for."""


def _copy(pipe, kept, enough):
    """Whether there may be more than is needed, and whether SIGINT ended it: what has come until
    then is kept."""
    start, limit = b"", None
    with interruption_noted(_Enough) as interruption:
        try:
            while limit is None or kept.tell() < limit:
                piece = os.read(pipe, _PIECE if limit is None else min(_PIECE, limit - kept.tell()))
                if not piece:
                    return False, False
                _write_all(kept, piece)
                if limit is None and len(start) < _LONGEST_START:
                    start += piece
                    limit = enough(start)
        except _Enough:
            pass
    return True, interruption.noted


def _write_all(file, piece):
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest):]
