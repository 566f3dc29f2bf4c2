# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows that `gr_stft monitor --spectrogram` has stored, read from their files in the order of their time."""
import contextlib
import io
import json
import math
import os
from dataclasses import dataclass

import numpy as np

from gnuradio.stft.app.files.quantities import iso_time
from gnuradio.stft.app.files.recording_base import refuse

_HEADER = 128  # bytes before the rows
_EARLIEST, _LATEST = -62135596800, 253402300799  # 0001-01-01 .. 9999-12-31, s since 1970


@dataclass(frozen=True)
class StoredRows:
    """A file of rows: power densities (rows, bins), bins in the order of their frequencies."""
    path: str
    begin: float         # seconds since 1970 UTC of its first row; since the watch began if the time is not known
    step: float          # s from row to row
    rows: int
    bins: int
    n_fft: int
    rate: float          # Hz
    center: float        # Hz; 0 if it is not known
    is_complex: bool
    source: str

    @property
    def end(self):
        return self.begin + self.rows * self.step

    @property
    def frequencies(self):
        """Hz."""
        first = -(self.n_fft // 2) if self.is_complex else 0
        return self.center + (first + np.arange(self.bins)) * self.rate / self.n_fft

    def between(self, begin, end):
        """Rows that start from begin on, and before end (seconds since 1970), and the time of the first one; memory is mapped.

        A file that has been completed since it was found has another name; of one that has been removed there are none.
        """
        first = max(0, math.ceil((begin - self.begin) / self.step))
        last = min(self.rows, math.ceil((end - self.begin) / self.step))
        for path in self.path, self.path.removesuffix(".part"):
            with contextlib.suppress(FileNotFoundError):
                values = np.memmap(path, np.float32, "r", _HEADER, (self.rows, self.bins))
                return values[first:max(first, last)], self.begin + first * self.step
        return np.empty((0, self.bins), np.float32), self.begin


def stored_files(folder):
    """StoredRows of all files of a folder that hold rows, also of those that still grow, oldest first."""
    found = []
    for name in os.listdir(folder):
        stem, json_suffix = os.path.splitext(name)
        if json_suffix == ".json":
            for suffix in (".npy", ".npy.part", ".npy"):  # again, for one that is completed meanwhile
                path = os.path.join(folder, stem + suffix)
                with contextlib.suppress(FileNotFoundError):  # it is removed meanwhile
                    os.stat(path)
                    found += filter(None, [_of_metadata(path, os.path.join(folder, name))])
                    break
    return sorted(found, key=lambda file: file.begin)


def stored_file(path):
    """The StoredRows of one file of rows. ValueError if it is none."""
    stem = path.removesuffix(".part").removesuffix(".npy")
    try:
        found = _of_metadata(path, stem + ".json")
    except FileNotFoundError as error:
        refuse(path, "has no metadata", f"there is no {error.filename}")
    if found is None:
        refuse(path, "holds no rows", "must be a file of gr_stft monitor --spectrogram")
    return found


def _of_metadata(path, metadata):
    with open(metadata, encoding="utf-8") as file:
        try:
            meta = json.load(file)
            n_fft, bins = int(meta["n_fft"]), int(meta["vlen"])
            rate, center = float(meta["samp_rate"]), float(meta["freq_center"] or 0.0)
            begin = iso_time(meta["time"]).timestamp() if meta["time"] else meta["sample_start"] / rate
            step, source = float(meta["hop"]) / rate, str(meta["source"] or os.path.basename(path))
            rows = max(0, (os.path.getsize(path) - _HEADER) // (4 * bins))
            finite = all(map(math.isfinite, (rate, center, begin, step)))
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
            return None
    if rows == 0 or not finite or n_fft < 1 or bins < 1 or step <= 0 or not _EARLIEST <= begin <= begin + rows * step <= _LATEST:
        return None
    _check_header(path, bins)
    return StoredRows(path, begin, step, rows, bins, n_fft, rate, center, bins == n_fft, source)


def _check_header(path, bins):
    """Refuses an NPY file of other values than rows are read as. One that grows has its header a moment after its first rows."""
    with open(path, "rb") as file:
        header = io.BytesIO(file.read(_HEADER))
    if path.endswith(".part") and not any(header.getvalue()):
        return
    try:
        version = np.lib.format.read_magic(header)
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(header)
    except Exception:  # whatever the literal's parser raises
        refuse(path, "has no header of an NPY file", "must be a file of gr_stft monitor --spectrogram")
    if (version, by_columns, dtype.str, shape[1:], header.tell()) != ((1, 0), False, "<f4", (bins,), _HEADER):
        refuse(path, f"values of {dtype}, shape {shape}", f"must be rows of {bins} float32, as gr_stft monitor --spectrogram stores them")
