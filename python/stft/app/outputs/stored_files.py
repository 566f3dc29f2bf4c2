# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Files that pile up in a folder, of which the oldest go where they are too many bytes."""
import contextlib
import os


class StoredFiles:
    """Groups of files of a folder with the same name up to their suffix, `x.npy` and `x.json`, oldest first.

    suffixes: files with these count. limit: bytes, None: no limit.
    """

    def __init__(self, folder, suffixes, limit):
        self._folder, self._suffixes, self._limit = folder, suffixes, limit
        self._sizes, self.removed = {}, 0  # bytes by stem
        if limit is not None:
            self._find()

    def added(self, stem):
        """The files of this name are complete, or have more; the oldest others are removed until the rest is small enough."""
        if self._limit is None:
            return
        self._sizes.pop(stem, None)
        self._sizes[stem] = sum(_size(os.path.join(self._folder, stem + suffix)) for suffix in self._suffixes)
        total = sum(self._sizes.values())
        while total > self._limit and len(self._sizes) > 1:
            oldest = next(iter(self._sizes))
            for suffix in self._suffixes:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(self._folder, oldest + suffix))
            total -= self._sizes.pop(oldest)
            self.removed += 1

    def _find(self):
        times = {}
        for entry in os.scandir(self._folder):
            stem, suffix = os.path.splitext(entry.name)
            if suffix in self._suffixes and entry.is_file(follow_symlinks=False):
                state = entry.stat(follow_symlinks=False)
                times[stem] = max(times.get(stem, 0.0), state.st_mtime)
                self._sizes[stem] = self._sizes.get(stem, 0) + state.st_size
        self._sizes = {stem: self._sizes[stem] for stem in sorted(times, key=lambda stem: (times[stem], stem))}


def require_writable(folder):
    """OSError unless files can be made in this folder."""
    path = os.path.join(folder, f".{os.getpid()}.part")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o666))
        os.unlink(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, folder) from None


def _size(path):
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return 0
