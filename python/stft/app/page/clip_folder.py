# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Cut-outs of events that `--record-events DIR` has stored, to download: both files of one in an archive, as SigMF has it."""
import contextlib
import io
import os
import re
import tarfile

_NAME = re.compile(r"[^/\\\0-\x1f\x7f\"]+")


class ClipFolder:
    """Clips of a folder by their names without .sigmf-meta. Nothing outside of the folder is ever opened."""

    def __init__(self, directory):
        self.directory = directory

    def name_of(self, event):
        """The clip of an event as the page has it, or None."""
        return None

    def open(self, name):
        """A ClipArchive, or None: there is no such clip."""
        if not _NAME.fullmatch(name) or name.startswith("."):
            return None
        files = contextlib.ExitStack()
        try:
            parts = [(f"{name}{ending}", files.enter_context(_opened(os.path.join(self.directory, name + ending))))
                     for ending in (".sigmf-meta", ".sigmf-data")]
        except OSError:
            files.close()
            return None
        return ClipArchive(name, parts, files)


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
