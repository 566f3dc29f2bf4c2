# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Cut-outs of events that `--record-events DIR` has stored, to download: both files of one in an archive, as SigMF has it."""
import contextlib
import io
import json
import math
import os
import re
import tarfile
import threading
import time
from datetime import datetime, timezone

_META, _DATA = ".sigmf-meta", ".sigmf-data"
_NAME = re.compile(r"[^/\\\0-\x1f\x7f\"]+")
_UNTIMED = re.compile(r"_sample(-?\d+)_")
_TICK = 10**9  # ns
_GRID = 1e-4  # s, in which clips are found by their time; they are as near as 2 us to that of their event


class ClipFolder:
    """Clips of a folder by their names without .sigmf-meta. Nothing outside of the folder is ever opened."""

    def __init__(self, directory):
        self.directory = directory
        self._names, self._places, self._lock, self._seen = {}, {}, threading.Lock(), None

    def scan(self):
        """Looks for new clips and for those that have been removed; True if there are any."""
        with contextlib.suppress(OSError):
            changed = os.stat(self.directory).st_mtime_ns
            if changed == self._seen:
                return False
            with os.scandir(self.directory) as entries:
                names = {entry.name[:-len(_META)] for entry in entries if entry.name.endswith(_META)}
            found = {name: self._names.get(name) or _place_of(os.path.join(self.directory, name + _META), name) for name in names}
            places = {}
            for name, place in found.items():
                if place is not None:
                    places.setdefault(round(place[0] / _GRID), []).append((*place, name))
            settled = time.time_ns() - changed > _TICK  # what comes within a tick of the file system's clock does not show in its time
            with self._lock:
                self._names, self._places, self._seen = found, places, changed if settled else None
            return True
        return False

    def name_of(self, event):
        """The clip of an event as the page has it, or None."""
        at, lower = event.get("cut_at", event["at"]), event["lower"]
        if at is None:
            return None
        with self._lock:
            near = [clip for place in (-1, 0, 1) for clip in self._places.get(round(at / _GRID) + place, ())]
        for then, edge, name in near:
            if abs(then - at) < 2e-6 and (edge is None or lower is None or abs(edge - lower) < 1.0):
                return name
        return None

    def open(self, name):
        """A ClipArchive, or None: there is no such clip."""
        if not _NAME.fullmatch(name) or name.startswith("."):
            return None
        files = contextlib.ExitStack()
        try:
            parts = [(f"{name}{ending}", files.enter_context(_opened(os.path.join(self.directory, name + ending))))
                     for ending in (_META, _DATA)]
        except OSError:
            files.close()
            return None
        return ClipArchive(name, parts, files)


def _place_of(path, name):
    """(time in s, lower edge in Hz or None) of the event that a clip was made for; None: it does not say so.

    Where there is no time, it is counted from the first sample, as on the page.
    """
    try:
        with _opened(path) as file:
            meta = json.load(file)
        mark, capture = meta["annotations"][0], meta["captures"][0]
        offset = mark["core:sample_start"] / meta["global"]["core:sample_rate"]
        edge = mark.get("core:freq_lower_edge")
        if "core:datetime" in capture:
            whole, _, part = capture["core:datetime"].rstrip("Z").partition(".")
            begin = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp() + float(f"0.{part or 0}")
        else:
            begin = int(_UNTIMED.search(name)[1]) / meta["global"]["core:sample_rate"]
        place = begin + offset
        return (place, edge) if math.isfinite(place) else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None


def _opened(path):
    """A file that is no link."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")


class ClipArchive:
    """The files of a clip as one archive, made while it is read."""

    def __init__(self, name, parts, files):
        self.name, self._files = f"{name}.sigmf", files
        self._parts, self.size = [], 2 * tarfile.BLOCKSIZE
        for path, file in parts:
            info = tarfile.TarInfo(f"{name}/{path}")
            state = os.fstat(file.fileno())
            info.size, info.mtime = state.st_size, int(state.st_mtime)
            head = info.tobuf(tarfile.PAX_FORMAT)
            padding = -info.size % tarfile.BLOCKSIZE
            self._parts += [(io.BytesIO(head), len(head)), (file, info.size), (io.BytesIO(bytes(padding)), padding)]
            self.size += len(head) + info.size + padding
        self._parts.append((io.BytesIO(bytes(2 * tarfile.BLOCKSIZE)), 2 * tarfile.BLOCKSIZE))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._files.close()

    def read(self, count):
        """The next bytes; none at the end."""
        while self._parts:
            file, left = self._parts[0]
            if left == 0:
                self._parts.pop(0)
                continue
            found = file.read(min(count, left))
            if not found:  # the file has become shorter meanwhile
                found = bytes(min(count, left))
            self._parts[0] = file, left - len(found)
            return found
        return b""
