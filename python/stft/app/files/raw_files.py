# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Bare samples: files of nothing else, parts of files, and NumPy arrays."""
import os
import re

import numpy as np

from gnuradio.stft.app.files.recording_base import Recording, open_to_read, refuse, require_channel


class SampleFormat:
    """A sample format by its SigMF name: c or r, then f32 f64 i8 i16 i32 u8 u16 u32, then _le
    or _be (little-endian if it is not said).

    Integers are scaled to full scale 1; the unsigned ones are offset binary.
    """

    _name = re.compile(r"([cr])([fiu])(8|16|32|64)(?:_(le|be))?")
    _types = {"f32", "f64", "i8", "i16", "i32", "u8", "u16", "u32"}

    def __init__(self, name):
        match = self._name.fullmatch(name)
        if not match or match[2] + match[3] not in self._types:
            refuse("dtype", repr(name), "must be c or r, then one of f32 f64 i8 i16 i32 u8 u16 "
                   "u32, then _le or _be: cf32_le, ci16_le, cu8, rf32_le, ...")
        bits = int(match[3])
        self.name = name
        self.stored = np.dtype((">" if match[4] == "be" else "<") + match[2] + str(bits // 8))
        self.parts = 2 if match[1] == "c" else 1
        self.real = np.dtype(np.float64 if bits > 16 and name[1:4] != "f32" else np.float32)
        self.dtype = np.result_type(self.real, np.complex64) if self.parts == 2 else self.real
        self.full_scale = 1.0 if match[2] == "f" else 2.0**(bits - 1)
        self.offset = self.full_scale if match[2] == "u" else 0.0

    @property
    def size(self):
        """Bytes of one sample."""
        return self.stored.itemsize * self.parts

    @property
    def quantum(self):
        """Step of integer samples, as they are converted; 0 for floating point."""
        return 1 / self.full_scale if self.stored.kind in "iu" else 0.0

    def convert(self, stored):
        """Samples from their stored parts (samples, parts)."""
        values = np.ascontiguousarray(stored, self.real)  # no copy where they are the same
        if self.offset:
            values -= self.real.type(self.offset)
        if self.full_scale != 1:
            values *= self.real.type(1 / self.full_scale)
        return values.view(self.dtype)[:, 0]


class RawFile(Recording):
    """Samples at `offset` bytes into a file, `trailing` bytes left out at its end.

    Channels are interleaved, sample by sample.
    """

    def __init__(self, source, sample_format, *, channel=0, channels=1, offset=0, trailing=0):
        super().__init__(source.name)
        require_channel(source.name, channel, channels)
        self.channel, self.channels = channel, channels
        self.format = f"raw samples, {sample_format.name}"
        self.dtype = sample_format.dtype
        self.unit = "FS"
        self.quantum = sample_format.quantum
        self._sample_format = sample_format
        self._offset = offset
        self._file = open_to_read(source)
        payload = max(0, os.fstat(self._file.fileno()).st_size - offset - trailing)
        self.length, rest = divmod(payload, sample_format.size * channels)
        if rest:
            self.report_damage(f"file ends {rest} bytes into a sample of "
                               f"{sample_format.size * channels}: these are left out")

    def _read(self, start, count):
        parts = self._sample_format.parts * self.channels
        self._file.seek(self._offset + start * self._sample_format.size * self.channels)
        stored = np.fromfile(self._file, self._sample_format.stored, count * parts)
        stored = stored[:len(stored) // parts * parts].reshape(
            -1, self.channels, self._sample_format.parts)
        return self._sample_format.convert(stored[:, self.channel])

    def close(self):
        self._file.close()


# NumPy arrays


class NpyFormat:
    """A NumPy type as it is, without scaling; the other face of SampleFormat."""

    def __init__(self, dtype):
        self.stored = dtype
        self.parts = 1
        self.size = dtype.itemsize
        exact = np.float32 if dtype.itemsize <= 4 and dtype.kind == "f" else np.float64
        if dtype.kind == "c":
            exact = np.complex64 if dtype.itemsize <= 8 else np.complex128
        self.dtype = np.dtype(exact)
        self.name = dtype.name
        self.quantum = 1.0 if dtype.kind in "iu" else 0.0

    def convert(self, stored):
        return np.ascontiguousarray(stored[:, 0], self.dtype)


NPY_MAGIC = np.lib.format.MAGIC_PREFIX


def open_npy(source, channel):
    """A one-dimensional NumPy array in its own file."""
    try:
        with open_to_read(source) as file:
            version = np.lib.format.read_magic(file)
            read_header = {(1, 0): np.lib.format.read_array_header_1_0,
                           (2, 0): np.lib.format.read_array_header_2_0}.get(version)
            if read_header is None:
                refuse("version", version, "must be 1.0 or 2.0")
            shape, _, dtype = read_header(file)
            offset = file.tell()
    except OSError as error:
        raise ValueError(f"{source.name}: {error.strerror}") from None
    except Exception as error:  # read_array_header_* raises what the literal's parser raises
        if str(error).startswith(source.name):
            raise
        refuse(source.name, "is not a NumPy array", " ".join(str(error).split()))
    if len(shape) != 1:
        refuse(source.name, f"shape {shape}", "must be one-dimensional")
    if dtype.kind not in "fciu":
        refuse(source.name, f"type {dtype}", "must be real or complex numbers")
    recording = RawFile(source, NpyFormat(dtype), channel=channel, offset=offset)
    recording.format = f"NPY, {dtype.name}"
    recording.unit = ""
    if recording.length < shape[0]:
        recording.warnings, recording.damage = [], []
        recording.report_damage(f"file is truncated: its header promises {shape[0]} samples, "
                                f"there are {recording.length}; these are analysed")
    recording.length = min(recording.length, shape[0])
    return recording
