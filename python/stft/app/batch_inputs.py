# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The recordings of a batch: files, what folders hold, and names in lists."""
import fnmatch
import functools
import os
import sys
from dataclasses import dataclass

from gnuradio.stft.app.command import EXPECTED
from gnuradio.stft.app.command_options import files_of
from gnuradio.stft.app.files.piped_input import is_pipe
from gnuradio.stft.app.files.recording_base import Source, refuse
from gnuradio.stft.app.files.recording_names import names_a_recording
from gnuradio.stft.app.jobs import open_input


@dataclass(frozen=True)
class Input:
    """A recording, and the folder below the output folder that takes what becomes of it.

    name: by which the verb opens it and calls it
    """

    name: str
    below: str = ""

    @functools.cached_property
    def path(self):
        return os.path.abspath(self.name)


def inputs_of(words, arguments, folder, match=None):
    """The Inputs that the words name: a file, a folder, or @ and a file of names.

    Of a folder, those files at any depth are taken whose names say that they are recordings, and what else opens as
    one with `arguments`, but nothing hidden and nothing in `folder`, which is the batch's own.
    match: pattern of the names that are taken of folders.
    """
    found = []
    for word in words:
        for name in _names_in(word[1:]) if word.startswith("@") else [word]:
            if os.path.isdir(name):
                inside = [Input(path, below) for path, below in _walk(name, folder)
                          if _is_recording(path, arguments, match)]
                if not inside:
                    refuse(name, "holds no recording", "give a folder with recordings" + (
                        f" whose names match {match}" if match else ""))
                found += inside
            elif is_pipe(name) and name != "-":
                refuse(name, "is a pipe", "must be a file, to be read by other processes")
            else:  # not standard input, whatever its name
                found.append(Input(os.path.join(os.curdir, name) if name == "-" else name))
    if not found:
        refuse("batch", "no file is given", "must have one after --: FILE, DIR or @LIST")
    return found


def _names_in(path):
    """Names in a file, one a line; ended by NUL, as find -print0 has it, if there is one."""
    try:
        if path == "-":
            text = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                text = file.read()
    except (OSError, ValueError) as error:
        raise ValueError(f"@{path}: {getattr(error, 'strerror', None) or error}") from None
    names = text.split(b"\0") if b"\0" in text else text.splitlines()
    return [os.fsdecode(name) for name in names if name]


def _walk(top, folder):
    """(path, folder below `top`) of each file that is not hidden, in the order of names."""
    folder = os.path.realpath(folder)

    def fail(error):
        raise ValueError(f"{error.filename}: {error.strerror}")

    for here, folders, files in os.walk(top, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith(".")
                            and os.path.realpath(os.path.join(here, name)) != folder)
        below = os.path.relpath(here, top)
        for name in sorted(files):
            if not name.startswith("."):
                yield os.path.join(here, name), "" if below == os.curdir else below


def _is_recording(path, arguments, match):
    if match is not None and not fnmatch.fnmatchcase(os.path.basename(path), match):
        return False
    stem, extension = os.path.splitext(path)
    if extension == ".sigmf-data" and os.path.exists(stem + ".sigmf-meta"):
        return False  # it is opened by its metadata
    if not os.path.isfile(path):
        return False
    if names_a_recording(path):
        return True
    try:
        with open_input(arguments, Source(path, path), 0):
            return True
    except EXPECTED:
        return False


def check_names(inputs, outputs_of, folder):
    """ValueError where two inputs are one recording, or an output has two inputs or is one itself.

    outputs_of: gives an input's outputs, as named in `folder`.
    """
    real = _RealPaths()
    by_path, by_output = {}, {}
    for one in inputs:
        other = by_path.setdefault(real.of(one.path), one)
        if other is not one:
            refuse("input", one.name, "is given twice" if other.name == one.name else f"is the same file as {other.name}")
    for one in inputs:
        for path in files_of([one.path]):
            by_path.setdefault(real.of(path), one)
    folder = os.path.abspath(folder)
    for one in inputs:
        for name in outputs_of(one):
            output = real.of(os.path.join(folder, name))
            other = by_output.setdefault(output, one)
            if other is not one:
                refuse("output", name, f"would be of both {other.name} and {one.name}; give them different output folders")
            if output in by_path:
                refuse("output", name, f"is the input {by_path[output].name}")


class _RealPaths:
    """os.path.realpath(), which looks at each folder once."""

    def __init__(self):
        self._folders = {}

    def of(self, path):
        if os.path.islink(path):
            return os.path.realpath(path)
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)
