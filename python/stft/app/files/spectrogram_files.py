# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Spectrograms written to files while they are computed.

A writer takes rows (rows, bins) as they come, in write(rows), and is whole after finish().
It writes to the temporary name that replaced_when_whole() gives out.
"""
import contextlib
import errno
import io
import json
import os
import zipfile

import numpy as np

from gnuradio.stft.interruption import uninterrupted
from gnuradio.stft.optional_modules import load


@contextlib.contextmanager
def replaced_when_whole(path):
    """A temporary name next to `path`, given its final name when the block ends without error.

    The file is removed if the block raises; `path` never names a part of a spectrogram.
    """
    target = os.path.realpath(path)
    directory, name = os.path.split(target)
    temporary = os.path.join(directory, f".{name[:200]}.{os.getpid()}.part")
    with named(path):
        if os.path.exists(target) and not os.path.isfile(target):
            raise OSError(errno.EEXIST, "is there and is not a regular file")
        if os.path.exists(target) and not os.access(target, os.W_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    try:  # a signal may strike as soon as the file is there
        with named(path):
            try:
                os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            except FileExistsError:  # it is not ours
                temporary = None
                raise
        yield temporary
        with named(path):
            os.replace(temporary, target)
    except BaseException:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise


@contextlib.contextmanager
def named(path):
    """OSErrors of the block name `path`, not a temporary file or a library's call."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno != errno.EEXIST else \
            error.strerror or str(error).splitlines()[0]
        raise OSError(error.errno or errno.EIO, reason, path) from error


class NpzFile:
    """A NumPy archive: the spectrogram (bins, rows) in Fortran order, its axes and `meta`.

    The member is streamed into the archive, so its number of rows is given beforehand.
    numpy.load() reads it without allow_pickle.
    """

    def __init__(self, path, temporary, grid):
        self._path = path
        self._grid = grid
        with named(path):
            self._file = open(temporary, "wb")
            self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)
            self._member = self._archive.open(f"{grid.name}.npy", "w", force_zip64=True)
            np.lib.format.write_array_header_1_0(self._member, {
                "descr": np.lib.format.dtype_to_descr(grid.dtype),
                "fortran_order": True,
                "shape": (len(grid.frequencies), len(grid.times)),
            })

    def write(self, rows):
        with named(self._path):
            self._member.write(np.ascontiguousarray(rows, self._grid.dtype).data)

    def finish(self):
        with named(self._path):
            self._member.close()
            for name, values in (("frequencies", self._grid.frequencies),
                                 ("times", self._grid.times), *self._grid.learned.items(),
                                 ("meta", np.array(json.dumps(self._grid.meta)))):
                with self._archive.open(f"{name}.npy", "w") as member:
                    np.lib.format.write_array(member, values, allow_pickle=False)
            self._archive.close()
            self._file.close()

    def abandon(self):
        """Closes what an error has left open, without writing more."""
        with contextlib.suppress(OSError):
            self._member.close()
        self._archive.fp = None  # its own close() would add a directory to a broken archive
        with contextlib.suppress(OSError):
            self._file.close()


class Hdf5File:
    """An HDF5 file: the spectrogram (bins, rows), with `frequencies` and `times` as its scales."""

    _chunk = 2**16  # values

    def __init__(self, path, temporary, grid):
        self._path = path
        self._rows = 0
        h5py = load("h5py", "writing HDF5")
        bins, rows = len(grid.frequencies), len(grid.times)
        chunk = (min(bins, self._chunk), max(1, min(rows, self._chunk // bins)))
        with named(path):
            self._disk = _DiskFile(temporary)
        with uninterrupted():
            self._file = h5py.File(self._disk, "w")
            self._data = self._file.create_dataset(grid.name, (bins, rows), grid.dtype,
                                                   chunks=chunk)
            self._describe(grid)

    def _describe(self, grid):
        self._data.attrs["units"] = grid.unit
        for axis, (name, values, unit) in enumerate((
                ("frequencies", grid.frequencies, grid.meta["frequency_unit"]),
                ("times", grid.times, grid.meta["time_unit"]))):
            scale = self._file.create_dataset(name, data=values)
            scale.attrs["units"] = unit
            scale.make_scale(name)
            self._data.dims[axis].attach_scale(scale)
        for name, values in grid.learned.items():
            self._file.create_dataset(name, data=values)
        self._file.attrs["meta"] = json.dumps(grid.meta)

    def write(self, rows):
        with uninterrupted():
            self._data[:, self._rows:self._rows + len(rows)] = rows.T
        self._rows += len(rows)
        self._raise_disk_error()

    def finish(self):
        self.abandon()
        self._raise_disk_error()

    def abandon(self):
        with uninterrupted():
            self._file.close()
            self._disk.close()

    def _raise_disk_error(self):
        if self._disk.error is not None:
            with named(self._path):
                raise self._disk.error


class _DiskFile(io.RawIOBase):
    """What h5py writes to. HDF5 crashes where it cannot write and is closed all the same, so
    the first error is kept in `error` and what follows it goes nowhere. For the same reason
    nothing may raise in here: the calls of h5py are uninterrupted()."""

    def __init__(self, path):
        self._file = open(path, "w+b", buffering=0)
        self.error = None

    def _unless_failed(self, action, *arguments):
        if self.error is None:
            try:
                action(*arguments)
            except OSError as error:
                self.error = error

    def write(self, data):
        self._unless_failed(self._write_all, memoryview(data).cast("B"))
        return len(data)

    def _write_all(self, rest):
        while rest:
            rest = rest[self._file.write(rest):]

    def truncate(self, size):
        self._unless_failed(self._file.truncate, size)

    def readinto(self, buffer):
        """Fills the whole buffer; zeros are where a failed write has left nothing."""
        view = memoryview(buffer).cast("B")
        count = self._file.readinto(view)
        view[count:] = bytes(len(view) - count)
        return len(view)

    def seek(self, offset, whence=0):
        return self._file.seek(offset, whence)

    def tell(self):
        return self._file.tell()

    def close(self):
        self._unless_failed(self._file.close)
        super().close()
