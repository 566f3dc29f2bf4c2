# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Samples written to files while they are computed: sound files, SigMF, NPY. They are complete, or not there.

A writer is a context; write() takes samples (count, channels) of the next piece.
"""
import contextlib
import datetime
import errno
import json
import os

import numpy as np

from gnuradio.stft.app.command_options import suffix
from gnuradio.stft.app.files.event_files import sigmf_metadata
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.spectrogram_files import named, replaced_when_whole
from gnuradio.stft.optional_modules import load

SOUNDS, TABLES = (".wav", ".flac"), (".sigmf-meta", ".npy")
_LONGEST_WAV = 2**32 - 2**16  # bytes of samples
_MOST_CHANNELS = {".wav": 1024, ".flac": 8}
_HIGHEST_RATE = {".wav": 2**31 - 1, ".flac": 655350}


def sigmf_data(path):
    """The file of samples that goes with a metadata file; None for other files."""
    return os.path.splitext(path)[0] + ".sigmf-data" if suffix(path) == ".sigmf-meta" else None


def check_writable(path, recording, channels):
    """ValueError if a file of this kind cannot hold such samples."""
    if suffix(path) not in SOUNDS:
        return
    rate = recording.fs
    columns = channels * (2 if recording.is_complex else 1)
    if not recording.rate_known:
        refuse("output", path, "needs a sampling rate; give --rate, or write .sigmf-meta or .npy")
    if rate != round(rate) or not 1 <= rate <= _HIGHEST_RATE[suffix(path)]:
        refuse("output", path, f"cannot hold a sampling rate of {rate:g} Hz; write .sigmf-meta or .npy")
    if columns > _MOST_CHANNELS[suffix(path)]:
        refuse("output", path, f"cannot hold {columns} channels; write .sigmf-meta or .npy")


@contextlib.contextmanager
def writer_of(path, recording, length, channels, start):
    """The writer for a path, by its ending.

    length: samples that will be written. start: sample of the recording that the first of them is.
    """
    if suffix(path) in SOUNDS:
        with _sound(path, recording, length, channels) as writer:
            yield writer
    elif suffix(path) == ".npy":
        with replaced_when_whole(path) as temporary, named(path), open(temporary, "wb") as file:
            shape = (length,) if channels == 1 else (length, channels)
            np.lib.format.write_array_header_1_0(file, {
                "descr": np.lib.format.dtype_to_descr(recording.dtype), "fortran_order": False, "shape": shape})
            yield _Plain(path, file, recording.dtype)
    else:
        with replaced_when_whole(path) as temporary, replaced_when_whole(sigmf_data(path)) as temporary_data:
            with named(sigmf_data(path)), open(temporary_data, "wb") as file:
                yield _Plain(sigmf_data(path), file, recording.dtype.newbyteorder("<"))
            with named(path), open(temporary, "w", encoding="utf-8") as file:
                file.write(_metadata(recording, channels, start))


class _Plain:
    """Samples as they are in memory, channels interleaved."""

    def __init__(self, path, file, dtype):
        self._path, self._file, self._dtype = path, file, dtype
        self.clipped = 0

    def write(self, samples):
        with named(self._path):
            self._file.write(np.ascontiguousarray(samples, self._dtype).data)


class _Sound:
    """Columns of a sound file; those of complex samples are I and Q. `clipped` counts the values that integers could not hold."""

    def __init__(self, path, file, is_integer, errors):
        self._path, self._file, self._is_integer, self._errors = path, file, is_integer, errors
        self.clipped = 0

    def write(self, samples):
        samples = np.ascontiguousarray(samples)
        columns = samples.view(samples.real.dtype) if samples.dtype.kind == "c" else samples
        if self._is_integer:
            self.clipped += int(np.count_nonzero(~(np.abs(columns) <= 1)))
            columns = np.clip(np.nan_to_num(columns), -1, 1)
        with _disk_errors(self._path, self._errors):
            self._file.write(columns)


@contextlib.contextmanager
def _sound(path, recording, length, channels):
    library = load("soundfile", "writing sound files")
    columns = channels * (2 if recording.is_complex else 1)
    is_flac, is_double = suffix(path) == ".flac", recording.dtype.itemsize // (1 + recording.is_complex) == 8
    subtype = "PCM_24" if is_flac else "DOUBLE" if is_double else "FLOAT"
    size = length * columns * (8 if is_double else 4)
    form = "FLAC" if is_flac else "WAV" if size <= _LONGEST_WAV else "RF64"
    errors = (library.SoundFileError, AssertionError, SystemError)  # of a disk that is full, it asserts
    with replaced_when_whole(path) as temporary:
        with _disk_errors(path, errors):
            file = library.SoundFile(os.fsencode(temporary), "w", int(recording.fs), columns, subtype, format=form)
        try:
            yield _Sound(path, file, is_flac, errors)
        finally:
            with _disk_errors(path, errors):
                file.close()


@contextlib.contextmanager
def _disk_errors(path, errors):
    """Turns what a library raises into an OSError that names the path."""
    try:
        with named(path):
            yield
    except errors as error:
        raise OSError(errno.EIO, "cannot be written; is the disk full?", path) from error


def _metadata(recording, channels, start):
    """SigMF's, with the time and frequency of the recording."""
    time = recording.time if recording.rate_known else None
    if time is not None:
        time = time + datetime.timedelta(seconds=start / recording.fs)
    meta = json.loads(sigmf_metadata([], datatype=recording.sigmf_datatype, rate=recording.fs,
                                     center=recording.centre_frequency or None, time=time))
    if not recording.rate_known:
        meta["global"].pop("core:sample_rate", None)
    if channels > 1:
        meta["global"]["core:num_channels"] = channels
    return json.dumps(meta, indent=2) + "\n"
