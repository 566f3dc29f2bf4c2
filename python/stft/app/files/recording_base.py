# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What every recording has, whatever file it comes from."""
import errno
import os
import stat
from dataclasses import dataclass

import numpy as np


def refuse(name, value, rule):
    """Raises ValueError "name: value: rule", the form of every refusal in gr-stft."""
    raise ValueError(f"{name}: {value}: {rule}")


def printable(name):
    """A name as UTF-8 can hold it: that of a file may be any bytes."""
    return name.encode("utf-8", "replace").decode()


@dataclass(frozen=True)
class Annotation:
    """A part of a recording that its metadata speaks of.

    start, count: samples; count None: to the end of the recording
    low, high: Hz as the axis has them, or None: the whole band
    """
    start: int
    count: int
    low: float
    high: float
    label: str


class Recording:
    """One channel of a recording.

    path: the name by which messages call it
    fs: samples per second, 1.0 where it is not known (`rate_known`)
    length: samples
    dtype: of what read() returns: float32, float64, complex64 or complex128
    unit: of a sample: "FS" (full scale = 1) or "" (plain numbers)
    centre_frequency: Hz, of the samples' zero frequency, as far as it is known
    quantum: step of the samples' quantiser, 0 where it is not known
    time: of sample 0, a datetime with its zone, or None where it is not known
    format: words for the user
    channel, channels: index from 0, and how many there are
    annotations: Annotation, in the order of the metadata
    warnings: one line each, of what is odd in the file
    damage: those of the warnings that report a truncated or damaged file
    """

    def __init__(self, path):
        self.path = path
        self.fs = 1.0
        self.rate_known = False
        self.length = 0
        self.dtype = np.dtype(np.float32)
        self.unit = "FS"
        self.centre_frequency = 0.0
        self.quantum = 0.0
        self.time = None
        self.format = ""
        self.channel = 0
        self.channels = 1
        self.annotations = []
        self.warnings = []
        self.damage = []

    @property
    def is_complex(self):
        return self.dtype.kind == "c"

    @property
    def sigmf_datatype(self):
        """SigMF's name of the type of what read() returns."""
        return ("c" if self.is_complex else "r") + f"f{self.dtype.itemsize * 8 // (1 + self.is_complex)}_le"

    @property
    def duration(self):
        """Seconds; samples where the rate is not known."""
        return self.length / self.fs

    @property
    def selectable_channels(self):
        """How many numbers of a channel there are to choose from."""
        return self.channels

    @property
    def zero_frequency(self):
        """Where the samples' zero frequency lies on the frequency axis: Hz, or 0 where the axis
        is in cycles per sample, to which no Hz can be added."""
        return self.centre_frequency if self.rate_known else 0.0

    def report_damage(self, words):
        self.warnings.append(words)
        self.damage.append(words)

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


@dataclass(frozen=True)
class Source:
    """A file to open, `file`, and the name that messages call it by; they differ for a pipe.

    is_cut: no more of the pipe was read than is needed
    """
    file: str
    name: str
    is_cut: bool = False


def require_channel(name, channel, channels):
    if channel >= channels:
        refuse("channel", channel, f"{name} has {channels}, counted from 0")


def require_regular_file(source):
    """ValueError unless there is a file with something in it."""
    try:
        status = os.stat(source.file)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise ValueError(f"{source.name}: {getattr(error, 'strerror', None) or error}") from None
    if stat.S_ISDIR(status.st_mode):
        refuse(source.name, "is a directory", "give a recording's file")
    if not stat.S_ISREG(status.st_mode):
        refuse(source.name, "is neither a file nor a pipe", "give a recording's file")
    if status.st_size == 0:
        refuse(source.name, "is empty", "there is nothing to analyse")


def open_to_read(source):
    try:
        return open(source.file, "rb")
    except OSError as error:
        raise ValueError(f"{source.name}: {error.strerror}") from None
