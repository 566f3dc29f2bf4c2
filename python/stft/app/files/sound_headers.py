# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Headers of sound files that promise fewer bytes of samples than there are.

A recorder that is switched off, or writes more than 4 GiB, leaves sizes that are 0 or too small.
mended_header() finds that in WAV, RF64, W64, AIFF and AU and gives a header with the sizes that
hold; WithHeader is the file as it looks with it. stated_rate() is the rate that a header gives, also of FLAC and CAF.
"""
import io
import math
import os
import struct
from dataclasses import dataclass

_LONGEST_HEADER = 2**20  # bytes; samples that begin later are not looked for
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # of the identifiers of all chunks but the first
_UNKNOWN = 2**32 - 1


@dataclass(frozen=True)
class Mended:
    """A header that replaces the first `samples_at` bytes of a file.

    promised, held: bytes of samples, by the file's own header and in fact
    """
    header: bytes
    samples_at: int
    promised: int
    held: int


def mended_header(file):
    """What to put in place of the header of this open file; None if that is all right."""
    size = os.fstat(file.fileno()).st_size
    start = os.pread(file.fileno(), _LONGEST_HEADER, 0)
    for container in (_Wave, _Wave64, _Aiff, _Au):
        if container.is_in(start):
            return _mended(container(start), file, size)
    return None


def stated_rate(file):
    """Samples per second by the header of this open file; None if it is of none of the kinds that are known here, or is cut."""
    start = os.pread(file.fileno(), _LONGEST_HEADER, 0)
    for container in (_Wave, _Wave64, _Aiff, _Au, _Flac, _Caf):
        if container.is_in(start):
            found = container(start)
            try:
                return found.rate() if found.find_samples() else None
            except (struct.error, LookupError):
                return None
    return None


def bytes_of_wave(start, samples):
    """Bytes of a WAV or RF64 file up to this sample, by its first bytes: `samples` is called with the
    sampling rate. None if they are not of such a file, or too few."""
    wave = _Wave(start)
    if not wave.is_in(start) or not wave.find_samples() or b"fmt " not in wave.chunks:
        return None
    try:
        rate, _, frame = struct.unpack_from("<IIH", start, wave.chunks[b"fmt "] + 4)
    except struct.error:  # the chunk is shorter than one of samples, and is the last but one that has come
        return None
    return wave.samples_at + samples(rate) * frame


def _mended(container, file, size):
    if not container.find_samples():
        return None
    held = size - container.samples_at
    promised = container.promised
    if promised >= held or container.is_followed_by_chunks(file, container.samples_at + promised, size):
        return None
    return Mended(container.header(held), container.samples_at, promised, held)


class _Chunks:
    """A container of chunks: an identifier and a size before each."""

    id_length, size_format, alignment, counts_itself = 4, "<I", 2, False
    first = 12  # where chunks begin
    samples_id = b"data"

    def __init__(self, start):
        self._start = start
        self.samples_at = self.promised = 0
        self._size_at = 0
        self.chunks = {}  # where the content of each begins

    @property
    def _head(self):
        return self.id_length + struct.calcsize(self.size_format)

    def _size(self, data, at):
        """Size of the content of the chunk at `at`."""
        size, = struct.unpack_from(self.size_format, data, at + self.id_length)
        return size - self._head if self.counts_itself else size

    def find_samples(self):
        at = self.first
        while at + self._head <= len(self._start):
            name = self._start[at:at + self.id_length]
            size = self._size(self._start, at)
            if name[:4] == self.samples_id:
                self._size_at = at + self.id_length
                self.samples_at, self.promised = at + self._head, size
                self.note_samples()
                return True
            if size < 0:
                return False
            self.chunks[name[:4]] = at + self._head
            at += self._head + size + -size % self.alignment
        return False

    def note_samples(self):
        """Sizes that are said elsewhere."""

    def rate(self):
        """Samples per second."""
        return struct.unpack_from("<I", self._start, self.chunks[b"fmt "] + 4)[0]

    def is_followed_by_chunks(self, file, at, size):
        """Whether nothing but chunks, or a tag of MP3's kind, lies from `at` to the file's end."""
        at += -at % self.alignment
        while at + self._head <= size:
            head = os.pread(file.fileno(), self._head, at)
            if head[:3] in (b"TAG", b"ID3"):
                return True
            if not self.is_name(head[:self.id_length]) or self._size(head, 0) < 0:
                return False
            at += self._head + self._size(head, 0)
            at += -at % self.alignment
        return at <= size + self.alignment

    @staticmethod
    def is_name(name):
        return all(32 <= byte < 127 for byte in name)

    def _patched(self, *patches):
        """The header with values (position, format, value) in it."""
        header = bytearray(self._start[:self.samples_at])
        for at, form, value in patches:
            struct.pack_into(form, header, at, value)
        return bytes(header)


class _Wave(_Chunks):
    """RIFF, RF64 and BW64."""

    @staticmethod
    def is_in(start):
        return start[:4] in (b"RIFF", b"RF64", b"BW64") and start[8:12] == b"WAVE"

    def note_samples(self):
        if self._start[:4] != b"RIFF" and self.promised == _UNKNOWN and b"ds64" in self.chunks:
            self.promised, = struct.unpack_from("<Q", self._start, self.chunks[b"ds64"] + 8)

    def header(self, held):
        whole = self.samples_at + held - 8
        if self._start[:4] != b"RIFF" and b"ds64" in self.chunks:
            ds64 = self.chunks[b"ds64"]
            return self._patched((ds64, "<Q", whole), (ds64 + 8, "<Q", held), (ds64 + 16, "<Q", 0),
                                 (self._size_at, "<I", _UNKNOWN))
        if whole < _UNKNOWN:
            return self._patched((4, "<I", whole), (self._size_at, "<I", held))
        ds64 = struct.pack("<4sIQQQI", b"ds64", 28, whole + 36, held, 0, 0)
        chunks = self._patched((self._size_at, "<I", _UNKNOWN))[12:]
        return struct.pack("<4sI4s", b"RF64", _UNKNOWN, b"WAVE") + ds64 + chunks


class _Wave64(_Chunks):
    """Sony's W64."""

    id_length, size_format, alignment, counts_itself = 16, "<Q", 8, True
    first = 40

    @staticmethod
    def is_in(start):
        return start[:4] == b"riff" and start[24:28] == b"wave"

    @staticmethod
    def is_name(name):
        return name[4:] == _W64_TAIL

    def note_samples(self):
        self.promised = max(self.promised, 0)

    def header(self, held):
        return self._patched((16, "<Q", self.samples_at + held), (self._size_at, "<Q", held + 24))


class _Aiff(_Chunks):
    """AIFF, and AIFC of samples that are not compressed."""

    size_format, samples_id = ">I", b"SSND"
    _plain = (b"NONE", b"sowt", b"twos", b"fl32", b"FL32", b"fl64", b"FL64", b"in24", b"in32")

    @staticmethod
    def is_in(start):
        return start[:4] == b"FORM" and start[8:12] in (b"AIFF", b"AIFC")

    def note_samples(self):
        self.samples_at += 8  # offset and block size
        self.promised = max(self.promised - 8, 0)

    def find_samples(self):
        if not super().find_samples() or b"COMM" not in self.chunks:
            return False
        kind = self._start[self.chunks[b"COMM"] + 18:][:4]
        return self._start[8:12] == b"AIFF" or kind in self._plain

    def rate(self):
        exponent, mantissa = struct.unpack_from(">HQ", self._start, self.chunks[b"COMM"] + 8)
        return math.ldexp(mantissa, min(exponent, 0x43FD) - 0x3FFF - 63)  # of 80 bits; larger ones are none of samples

    def header(self, held):
        common = self.chunks[b"COMM"]
        channels, _, bits = struct.unpack_from(">hIh", self._start, common)
        frames = held // max(1, channels * -(-bits // 8))
        largest = _UNKNOWN - 1
        return self._patched((4, ">I", min(largest, self.samples_at + held - 8)),
                             (common + 2, ">I", min(largest, frames)),
                             (self._size_at, ">I", min(largest, held + 8)))


class _Au(_Chunks):
    """Sun's .snd and .au."""

    @staticmethod
    def is_in(start):
        return start[:4] == b".snd" and len(start) >= 24

    def find_samples(self):
        self.samples_at, self.promised = struct.unpack_from(">II", self._start, 4)
        return 24 <= self.samples_at <= len(self._start)

    def is_followed_by_chunks(self, file, at, size):
        return False

    def rate(self):
        return struct.unpack_from(">I", self._start, 16)[0]

    def header(self, held):
        return self._patched((8, ">I", min(held, _UNKNOWN)))


class _Flac(_Chunks):
    """Its first block holds 20 bits of the rate."""

    @staticmethod
    def is_in(start):
        return start[:4] == b"fLaC"

    def find_samples(self):
        return len(self._start) >= 21

    def rate(self):
        return int.from_bytes(self._start[18:21], "big") >> 4


class _Caf(_Chunks):
    """Apple's; its first chunk begins with the rate."""

    @staticmethod
    def is_in(start):
        return start[:4] == b"caff" and start[8:12] == b"desc"

    def find_samples(self):
        return len(self._start) >= 28

    def rate(self):
        return struct.unpack_from(">d", self._start, 20)[0]


def flac_header(file, samples):
    """The header of a FLAC file with this number of samples in it."""
    header = bytearray(os.pread(file.fileno(), 26, 0))
    header[21] = header[21] & 0xF0 | samples >> 32 & 0x0F
    header[22:26] = (samples & _UNKNOWN).to_bytes(4, "big")
    size = os.fstat(file.fileno()).st_size
    return Mended(bytes(header), len(header), 0, size - len(header))


class WithHeader(io.RawIOBase):
    """A file as it looks with another header, read only."""

    def __init__(self, file, mended):
        self._file, self._mended = file, mended
        self._length = len(mended.header) + mended.held
        self._at = 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self._at

    def seek(self, offset, whence=os.SEEK_SET):
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        return self._at

    def readinto(self, buffer):
        view = memoryview(buffer).cast("B")
        header = self._mended.header
        if self._at < len(header):
            part = header[self._at:self._at + len(view)]
            view[:len(part)] = part
            count = len(part)
        else:
            at = self._at - len(header) + self._mended.samples_at
            count = os.preadv(self._file.fileno(), [view], at)
        self._at += count
        return count

    def close(self):
        self._file.close()
        super().close()
