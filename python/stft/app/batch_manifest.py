# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a batch: a line of JSON for each input, of which the first process alone is the author."""
import contextlib
import errno
import fcntl
import hashlib
import json
import os

from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.spectrogram_files import named

NAME = "manifest.jsonl"
_FILES = ("mask", "keep_events", "reject_events", "bearings")  # options that name a file that is read


def parameters_hash(arguments):
    """A name for what the arguments ask of any input: equal where the verb and all values of its options are, and the files that they
    name have not changed."""
    values = {name: value for name, value in vars(arguments).items()
              if name not in ("input", "run", "folder", "driver") and not name.startswith("_")}
    values.update((f"{name} file", identity(values[name])) for name in _FILES if isinstance(values.get(name), str))
    text = json.dumps(values, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def identity(path):
    """Size and time of change of a file, as lines have them; null where there is none. SigMF's metadata and samples are one."""
    try:
        found = [os.stat(path)]
    except (OSError, ValueError):
        return {"size": None, "mtime_ns": None}
    stem, extension = os.path.splitext(path)
    if extension == ".sigmf-meta":
        with contextlib.suppress(OSError):
            found.append(os.stat(f"{stem}.sigmf-data"))
    return {"size": sum(status.st_size for status in found), "mtime_ns": max(status.st_mtime_ns for status in found)}


class Manifest:
    """Lines of a file, locked against other batches. Each is on the disk when append() returns.

    Names that are not UTF-8 have their bytes as \\udcXX. Outputs are named from `folder`.
    """

    def __init__(self, path, folder):
        self._path, self._folder = path, folder
        with named(path):
            self._descriptor = _locked(path)
        try:
            self._lines, self._is_torn = self._read()
        except ValueError:
            self.close()
            raise

    def _read(self):
        """Entries by (input, verb), and whether the last line is not whole, as a crash may leave it."""
        with open(self._path, "rb") as file:
            text = file.read()
        *whole, rest = text.split(b"\n")
        lines = {}
        for number, line in enumerate(whole, 1):
            try:
                entry = json.loads(line)
                lines[entry["input"], entry["verb"]] = entry
                entry["status"], entry["outputs"], entry["bytes"], entry["parameters"]
            except (ValueError, KeyError, TypeError, RecursionError):
                refuse(self._path, f"line {number}", "is none of a batch's manifest; remove it, or give --manifest")
        return lines, bool(rest) or len(lines) < len(whole)

    def is_done(self, path, verb, parameters):
        """Whether a line says so, and input and outputs are as they were then."""
        entry = self._lines.get((path, verb))
        if entry is None or entry["status"] != "done" or entry["parameters"] != parameters:
            return False
        if any(entry.get(name) != value for name, value in identity(path).items()):
            return False
        try:
            return [os.stat(os.path.join(self._folder, name)).st_size for name in entry["outputs"]] == entry["bytes"]
        except OSError:
            return False

    def forget(self, inputs, verb, outputs):
        """Takes out the lines of these inputs' paths, and of whatever has one of these outputs' names."""
        kept = {key: entry for key, entry in self._lines.items()
                if not (key[1] == verb and key[0] in inputs or outputs.intersection(entry["outputs"]))}
        if len(kept) == len(self._lines) and not self._is_torn:
            return
        self._lines, self._is_torn = kept, False
        temporary = f"{self._path}.{os.getpid()}.part"
        with named(self._path):
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o666)
            _lock(descriptor)
            _write(descriptor, kept.values())
            os.replace(temporary, self._path)
            _sync_folder(self._path)
        os.close(self._descriptor)
        self._descriptor = descriptor

    def append(self, entries):
        with named(self._path):
            _write(self._descriptor, entries)

    def close(self):
        os.close(self._descriptor)


def _locked(path):
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            _lock(descriptor)
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except FileNotFoundError:
            pass
        except BlockingIOError:
            os.close(descriptor)
            raise ValueError(f"{path}: is another batch's that is running: give another --manifest or output folder"
                             ) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor):
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
            raise  # a file system without locks has none


def _write(descriptor, entries):
    rest = memoryview("".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries).encode("ascii"))
    while rest:
        rest = rest[os.write(descriptor, rest):]
    os.fsync(descriptor)


def _sync_folder(path):
    folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
