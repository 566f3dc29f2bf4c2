# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Sound files, as libsndfile reads them."""
import contextlib
import os
import re
import sys

import numpy as np

from gnuradio.stft.app.files.recording_base import Recording, open_to_read, refuse, require_channel
from gnuradio.stft.app.files.sound_headers import WithHeader, flac_header, mended_header, stated_rate
from gnuradio.stft.optional_modules import load

_SCAN = 4096  # samples read at a time where a damaged file's length has to be found by reading
_UNKNOWN_SIZE = {0, 2**31 - 1, 2**32 - 1}  # what writers to a pipe leave in a header


@contextlib.contextmanager
def _silent_libraries():
    """Keeps what libraries below libsndfile (libmpg123) print themselves from the terminal."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, ValueError, AttributeError):  # there is no standard error
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class SoundFile(Recording):
    """What libsndfile reads: WAV, RF64, W64, FLAC, OGG, MP3, AIFF, CAF, ..."""

    _container_size = re.compile(
        r"^\s*(?:RIFF|RIFX|riff|Riff size|FORM)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE)
    _double = {"PCM_32", "DOUBLE"}  # do not fit into a float32's 24 bits

    def __init__(self, source, channel, iq):
        super().__init__(source.name)
        self._library = load("soundfile", "reading sound files")
        self._source = source
        self._mended = None
        with open_to_read(source) as file:
            stated = stated_rate(file)
            self._mended = mended_header(file)
        if stated is not None and not 1 <= stated < 2**31:
            refuse(self.path, f"sampling rate {stated:.10g}", "a sound's header must give 1 .. 2^31 - 1 Hz")
        self._file = self._open()
        self.format = f"{self._file.format_info}, {self._file.subtype_info}"
        self.fs = float(self._file.samplerate)
        self.rate_known = True
        self.channels = self._file.channels
        self.channel = channel
        self._precision = "float64" if self._file.subtype in self._double else "float32"
        self.dtype = np.dtype(self._precision)
        try:
            if iq:
                if 2 * channel + 1 >= self.channels:
                    refuse("iq", f"channels {2 * channel} and {2 * channel + 1}",
                           f"{self.path} has {self.channels}, counted from 0")
                self.dtype = np.result_type(self.dtype, np.complex64)
                self.format += ", I and Q"
            else:
                require_channel(self.path, channel, self.channels)
            self._settle_length()
        except ValueError:
            self.close()
            raise

    @property
    def selectable_channels(self):
        return self.channels // 2 if self.is_complex else self.channels

    def _open(self):
        opened = None
        try:
            if self._mended is not None:
                opened = WithHeader(open_to_read(self._source), self._mended)
            with _silent_libraries():
                return self._library.SoundFile(opened or os.fsencode(self._source.file))  # a name may be any bytes
        except (self._library.SoundFileError, TypeError) as error:
            if opened is not None:
                opened.close()
            if not os.access(self._source.file, os.R_OK):
                refuse(self.path, "cannot be read", "permission denied")
            reason = getattr(error, "error_string", "").strip(" .") or "unknown"
            if "does not exist" in reason:  # libsndfile's words for what it cannot tell by its beginning, too
                reason = "nothing that libsndfile knows"
            refuse(self.path, f"not a readable recording ({reason})",
                   "known are WAV, RF64, W64, AIFF, FLAC, OGG, SigMF and NPY; "
                   "bare samples need --dtype and --rate")

    def _settle_length(self):
        """The samples that can be read, which may be fewer than the header promises, or more."""
        promised = self._file.frames
        piped = self._source.file != self._source.name  # where writers do not know the length
        if self._mended is not None and not (piped and self._mended.promised in _UNKNOWN_SIZE):
            self.report_damage(f"its header promises {self._mended.promised} bytes of samples, there "
                               f"are {self._mended.held}; all there is, is analysed")
        size = None if self._source.is_cut else self._container_size.search(self._file.extra_info)
        if size and int(size[1]) > int(size[2]) and int(size[1]) not in _UNKNOWN_SIZE:
            self.report_damage(f"file is truncated: its header promises {size[1]} bytes, "
                               f"there are {size[2]}; all there is, is analysed")
        self.length = promised
        if promised and not self._has_last_sample():
            self.length = self._scan()
            if promised < 2**62:  # else the header says that it does not know
                self.report_damage(f"file is truncated: its header promises {promised} samples, "
                                   f"{self.length} can be read; these are analysed")
            else:
                self._tell_length_to_flac()
                self.warnings.append(f"its header does not say how long it is: {self.length} samples "
                                     "can be read")

    def _tell_length_to_flac(self):
        """Soundfile cannot step beyond the last sample where the length is not known, so the scan has
        missed it; it is there if a header that counts it is believed."""
        if self._file.format != "FLAC":
            return
        with open_to_read(self._source) as file:
            self._mended = flac_header(file, self.length + 1)
        self._reopen()
        if self._file.frames == self.length + 1 and self._has_last_sample():
            self.length += 1
        else:
            self._mended = None
            self._reopen()

    def _has_last_sample(self):
        try:
            with _silent_libraries():
                self._file.seek(self._file.frames - 1)
                found = len(self._file.read(1)) == 1
                self._file.seek(0)
        except self._library.SoundFileError:
            found = False
        return found

    def _scan(self):
        """Samples that can be read: pieces until one fails, then the samples of that piece."""
        length = 0
        for piece in (_SCAN, 1):
            self._reopen()
            with contextlib.suppress(self._library.SoundFileError), _silent_libraries():
                for _ in range(length // _SCAN):
                    self._file.read(_SCAN)
                while count := len(self._file.read(piece, always_2d=True)):
                    length += count
        self._reopen()
        return length

    def _reopen(self):
        self._file.close()
        self._file = self._open()

    def _read(self, start, count):
        try:
            with _silent_libraries() if self._file.format == "MP3" else contextlib.nullcontext():
                if self._file.tell() != start:
                    self._file.seek(start)
                samples = self._file.read(count, dtype=self._precision, always_2d=True)
        except self._library.SoundFileError as error:
            refuse(self.path, f"cannot be read at sample {start}",
                   getattr(error, "error_string", str(error)).strip())
        if self.is_complex:
            pair = np.ascontiguousarray(samples[:, 2 * self.channel:2 * self.channel + 2])
            return pair.view(self.dtype)[:, 0]
        return np.ascontiguousarray(samples[:, self.channel])

    def close(self):
        self._file.close()
