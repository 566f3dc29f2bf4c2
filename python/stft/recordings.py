# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings, read piece by piece: sound files, SigMF, raw samples and NumPy arrays.

open_recording() gives one channel of a recording as a Recording; only the samples asked for
are in memory. Whatever keeps a file from being read is a ValueError "file: what: why".
"""
import errno
import json
import math
import os
import re
import stat
from dataclasses import dataclass

import numpy as np

from gnuradio.stft.optional_modules import load

_SCAN = 4096  # samples read at a time where a damaged file's length has to be found by reading
_UNKNOWN_SIZE = {0, 2**31 - 1, 2**32 - 1}  # what writers to a pipe leave in a header


def refuse(name, value, rule):
    """Raises ValueError "name: value: rule", the form of every refusal in gr-stft."""
    raise ValueError(f"{name}: {value}: {rule}")


class Recording:
    """One channel of a recording.

    fs: samples per second, 1.0 where it is not known (`rate_known`)
    length: samples
    dtype: of what read() returns: float32, float64, complex64 or complex128
    unit: of a sample: "FS" (full scale = 1) or "" (plain numbers)
    centre_frequency: Hz, of a complex recording's zero frequency
    format: words for the user
    channel, channels: index from 0, and how many there are
    warnings: one line each, of what is odd in the file
    """

    def __init__(self, path):
        self.path = path
        self.fs = 1.0
        self.rate_known = False
        self.length = 0
        self.dtype = np.dtype(np.float32)
        self.unit = "FS"
        self.centre_frequency = 0.0
        self.format = ""
        self.channel = 0
        self.channels = 1
        self.warnings = []

    @property
    def is_complex(self):
        return self.dtype.kind == "c"

    @property
    def duration(self):
        """Seconds; samples where the rate is not known."""
        return self.length / self.fs

    def read(self, start, count):
        """Samples start .. start + count - 1 as a 1-D array of `dtype`.

        ValueError if they are not all there.
        """
        try:
            samples = self._read(start, count)
        except OSError as error:
            refuse(self.path, "cannot be read", os.strerror(error.errno or errno.EIO))
        if len(samples) != count:
            refuse(self.path, f"ends at sample {start + len(samples)}",
                   f"sample {start + count - 1} was expected; did the file change?")
        return samples

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@dataclass
class Portion:
    """The samples of a recording that are analysed: `length` of them from `start` on."""
    recording: Recording
    start: int
    length: int

    def read(self, begin, end):
        """Samples begin .. end - 1 of the portion."""
        return self.recording.read(self.start + begin, end - begin)


def portion_of(recording, start, stop):
    """The samples from `start` to `stop` seconds."""
    duration = recording.duration
    unit = "s" if recording.rate_known else "samples"
    begin = round(start * recording.fs)
    if begin >= recording.length:
        refuse("start", f"{start:g} {unit}", f"must be less than the duration, {duration:g} {unit}")
    end = recording.length if stop is None else min(recording.length, round(stop * recording.fs))
    if stop is not None and stop > duration * (1 + 1e-9):
        recording.warnings.append(f"ends at {duration:g} {unit}, before stop = {stop:g} {unit}")
    if end <= begin:
        refuse("stop", f"{stop:g} {unit}", "leaves no sample after start")
    return Portion(recording, begin, end - begin)


def open_recording(path, *, dtype=None, rate=None, channel=0, iq=False):
    """The recording in the file `path`.

    dtype: SigMF's name of the sample format ("cf32_le", "ci16_le", "cu8", ...) of a file of
        bare samples; None: the file says what it is (WAV, FLAC, ... by soundfile, SigMF, NPY).
    rate: samples per second, instead of the file's own.
    channel: index from 0.
    iq: a sound file's channels 2 * channel and 2 * channel + 1 are I and Q.
    """
    path = os.fspath(path)
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        refuse("rate", rate, "must be positive and finite")
    if channel < 0:
        refuse("channel", channel, "must be at least 0")
    sample_format = None if dtype is None else SampleFormat(dtype)
    _require_regular_file(path)
    recording = _open(path, sample_format, channel, iq)
    try:
        _settle_rate(recording, rate)
        if recording.length == 0:
            refuse(path, "no samples", "there is nothing to analyse")
    except ValueError:
        recording.close()
        raise
    return recording


def _open(path, sample_format, channel, iq):
    extension = os.path.splitext(path)[1].lower()
    sound = sample_format is None and not extension.startswith(".sigmf") and extension != ".npy"
    if iq and not sound:
        refuse("iq", "given", "is for the two channels of a sound file; "
               "SigMF, NPY and --dtype say themselves whether samples are complex")
    if sample_format is not None:
        return _open_raw(path, sample_format, channel)
    if extension in (".sigmf-meta", ".sigmf-data"):
        return _open_sigmf(path, channel)
    if extension == ".sigmf":
        refuse(path, "SigMF archive", "unpack it with tar and give its .sigmf-meta")
    if extension == ".npy":
        return _open_npy(path, channel)
    return SoundFile(path, channel, iq)


def _require_regular_file(path):
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise ValueError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if stat.S_ISDIR(status.st_mode):
        refuse(path, "is a directory", "give a recording's file")
    if not stat.S_ISREG(status.st_mode):
        refuse(path, "is not a regular file", "copy the recording to a file first")
    if status.st_size == 0:
        refuse(path, "is empty", "there is nothing to analyse")


def _settle_rate(recording, rate):
    recorded = recording.fs if recording.rate_known else None
    if recorded is not None and not (math.isfinite(recorded) and recorded > 0) and rate is None:
        refuse(recording.path, f"sampling rate {recorded}", "must be positive; give --rate")
    recording.rate_known = rate is not None or recorded is not None
    recording.fs = float(rate if rate is not None else recorded or 1.0)
    if not recording.rate_known:
        recording.warnings.append(
            "sampling rate is not recorded: time is in samples; give --rate for seconds")


def _require_channel(path, channel, channels):
    if channel >= channels:
        refuse("channel", channel, f"{path} has {channels}, counted from 0")


# Sound files


class SoundFile(Recording):
    """What libsndfile reads: WAV, RF64, W64, FLAC, OGG, AIFF, CAF, ..."""

    _container_size = re.compile(
        r"^\s*(?:RIFF|RIFX|riff|Riff size|FORM)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE)
    _double = {"PCM_32", "DOUBLE"}  # do not fit into a float32's 24 bits

    def __init__(self, path, channel, iq):
        super().__init__(path)
        self._library = load("soundfile", "reading sound files")
        self._file = self._open()
        self.format = f"{self._file.format_info}, {self._file.subtype_info}"
        self.fs = float(self._file.samplerate)
        self.rate_known = True
        self.channels = self._file.channels
        self.channel = channel
        self._precision = "float64" if self._file.subtype in self._double else "float32"
        self.dtype = np.dtype(self._precision)
        if iq:
            if 2 * channel + 1 >= self.channels:
                refuse("iq", f"channels {2 * channel} and {2 * channel + 1}",
                       f"{path} has {self.channels}, counted from 0")
            self.dtype = np.result_type(self.dtype, np.complex64)
            self.format += ", I and Q"
        else:
            _require_channel(path, channel, self.channels)
        self._settle_length()

    def _open(self):
        try:
            return self._library.SoundFile(self.path)
        except (self._library.SoundFileError, TypeError) as error:
            if not os.access(self.path, os.R_OK):
                refuse(self.path, "cannot be read", "permission denied")
            reason = getattr(error, "error_string", "").strip(" .") or "unknown"
            refuse(self.path, f"not a readable recording ({reason})",
                   "known are WAV, RF64, W64, AIFF, FLAC, OGG, SigMF and NPY; "
                   "bare samples need --dtype and --rate")

    def _settle_length(self):
        """The samples that can be read, which may be fewer than the header promises."""
        promised = self._file.frames
        size = self._container_size.search(self._file.extra_info)
        if size and int(size[1]) > int(size[2]) and int(size[1]) not in _UNKNOWN_SIZE:
            self.warnings.append(f"file is truncated: its header promises {size[1]} bytes, "
                                 f"there are {size[2]}; all there is, is analysed")
        self.length = promised
        if promised and not self._has_last_sample():
            self.length = self._scan()
            words = f"{promised} samples" if promised < 2**62 else "more"
            self.warnings.append(f"file is truncated: its header promises {words}, "
                                 f"{self.length} can be read; these are analysed")

    def _has_last_sample(self):
        try:
            self._file.seek(self._file.frames - 1)
            found = len(self._file.read(1)) == 1
            self._file.seek(0)
        except self._library.SoundFileError:
            found = False
        return found

    def _scan(self):
        self._reopen()
        length = 0
        try:
            while count := len(self._file.read(_SCAN, always_2d=True)):
                length += count
        except self._library.SoundFileError:
            pass
        self._reopen()
        return length

    def _reopen(self):
        self._file.close()
        self._file = self._open()

    def _read(self, start, count):
        try:
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


# Bare samples


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

    def __init__(self, path, sample_format, *, channel=0, channels=1, offset=0, trailing=0):
        super().__init__(path)
        _require_channel(path, channel, channels)
        self.channel, self.channels = channel, channels
        self.format = f"raw samples, {sample_format.name}"
        self.dtype = sample_format.dtype
        self.unit = "FS"
        self._sample_format = sample_format
        self._offset = offset
        try:
            self._file = open(path, "rb")
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror}") from None
        payload = max(0, os.fstat(self._file.fileno()).st_size - offset - trailing)
        self.length, rest = divmod(payload, sample_format.size * channels)
        if rest:
            self.warnings.append(f"file ends {rest} bytes into a sample of "
                                 f"{sample_format.size * channels}: these are left out")

    def _read(self, start, count):
        parts = self._sample_format.parts * self.channels
        self._file.seek(self._offset + start * self._sample_format.size * self.channels)
        stored = np.fromfile(self._file, self._sample_format.stored, count * parts)
        stored = stored[:len(stored) // parts * parts].reshape(-1, self.channels, self._sample_format.parts)
        return self._sample_format.convert(stored[:, self.channel])

    def close(self):
        self._file.close()


def _open_raw(path, sample_format, channel):
    return RawFile(path, sample_format, channel=channel)


# SigMF


def _open_sigmf(path, channel):
    """A SigMF recording, by either of its two files; see the SigMF specification, v1.2."""
    stem = os.path.splitext(path)[0]
    meta_path = stem + ".sigmf-meta"
    meta = _read_sigmf_meta(meta_path)
    described = meta["global"]
    captures = meta["captures"]
    data_path = stem + ".sigmf-data"
    if "core:dataset" in described:
        data_path = os.path.join(os.path.dirname(path), os.path.basename(str(described["core:dataset"])))
    if not os.path.exists(data_path):
        refuse(meta_path, "its data is missing", f"there is no {data_path}")
    _require_regular_file(data_path)
    if any(capture.get("core:header_bytes") for capture in captures[1:]):
        refuse(meta_path, "core:header_bytes", "is supported before the first capture only")

    def number(fields, key, kind, default=None):
        return _sigmf_number(meta_path, fields, key, kind, default)

    first = captures[0] if captures else {}
    layout = {"channels": number(described, "core:num_channels", int, 1),
              "offset": number(first, "core:header_bytes", int, 0),
              "trailing": number(described, "core:trailing_bytes", int, 0)}
    rate_known = "core:sample_rate" in described
    fs = number(described, "core:sample_rate", float) if rate_known else 1.0
    frequencies = [number(capture, "core:frequency", float)
                   for capture in captures if "core:frequency" in capture]

    recording = RawFile(data_path, _sigmf_format(meta_path, described), channel=channel, **layout)
    recording.path = meta_path
    recording.format = f"SigMF, {described['core:datatype']}"
    recording.fs, recording.rate_known = fs, rate_known
    if frequencies:
        recording.centre_frequency = frequencies[0]
        if any(frequency != frequencies[0] for frequency in frequencies):
            recording.warnings.append("captures differ in core:frequency: the first one labels all")
    return recording


def _read_sigmf_meta(path):
    _require_regular_file(path)
    try:
        with open(path, encoding="utf-8") as file:
            meta = json.load(file)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        refuse(path, "is not SigMF metadata", f"bad JSON: {error}")
    if not isinstance(meta, dict) or not isinstance(meta.get("global"), dict):
        refuse(path, "is not SigMF metadata", 'it has no "global" object')
    captures = meta.setdefault("captures", [])
    if not isinstance(captures, list) or not all(isinstance(c, dict) for c in captures):
        refuse(path, "is not SigMF metadata", '"captures" must be a list of objects')
    return meta


def _sigmf_format(path, described):
    if "core:datatype" not in described:
        refuse(path, "core:datatype", "is missing")
    try:
        return SampleFormat(str(described["core:datatype"]))
    except ValueError as error:
        raise ValueError(f"{path}: core:{error}".replace("core:dtype", "core:datatype")) from None


def _sigmf_number(path, fields, key, kind, default):
    value = fields.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        refuse(path, f"{key} {value!r}", "must be a number")
    if kind is int and (value != int(value) or value < (1 if key == "core:num_channels" else 0)):
        refuse(path, f"{key} {value!r}", "must be a whole number, not negative")
    return kind(value)


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

    def convert(self, stored):
        return np.ascontiguousarray(stored[:, 0], self.dtype)


def _open_npy(path, channel):
    try:
        with open(path, "rb") as file:
            version = np.lib.format.read_magic(file)
            read_header = {(1, 0): np.lib.format.read_array_header_1_0,
                           (2, 0): np.lib.format.read_array_header_2_0}.get(version)
            if read_header is None:
                refuse("version", version, "must be 1.0 or 2.0")
            shape, _, dtype = read_header(file)
            offset = file.tell()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except Exception as error:  # read_array_header_* raises what the literal's parser raises
        refuse(path, "is not a NumPy array", " ".join(str(error).split()))
    if len(shape) != 1:
        refuse(path, f"shape {shape}", "must be one-dimensional")
    if dtype.kind not in "fciu":
        refuse(path, f"type {dtype}", "must be real or complex numbers")
    recording = RawFile(path, NpyFormat(dtype), channel=channel, offset=offset)
    recording.format = f"NPY, {dtype.name}"
    recording.unit = ""
    if recording.length < shape[0]:
        recording.warnings = [f"file is truncated: its header promises {shape[0]} samples, there "
                              f"are {recording.length}; these are analysed"]
    recording.length = min(recording.length, shape[0])
    return recording
