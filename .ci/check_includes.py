#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Every #include leads to a room that USES allows, and every file stands in a room that USES names.

A room is a folder: kernels by subject (private files in lib/kernel/X, public headers in
include/gnuradio/stft/kernel/X), what blocks share (lib/stream), the blocks themselves, the benchmark,
and the bindings. Tests (qa_*.cc) stand beside what they test and may use whatever the blocks may, and lib/qa.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# room: the rooms that its files may include, beside their own
USES = {
    "refuse": "",
    "simd": "refuse",
    "frames": "refuse simd",
    "stft": "refuse simd frames",
    "dstft": "refuse simd frames",
    "image": "refuse simd frames",
    "filter_bank": "refuse simd frames stft",
    "adaptive": "refuse simd frames dstft",
    "reassign": "refuse frames stft dstft filter_bank",
}
KERNELS = " ".join(USES)
USES["stream"] = KERNELS
USES["blocks"] = KERNELS + " stream"
USES["qa"] = KERNELS
USES["tests"] = KERNELS + " stream blocks qa"
USES["bench"] = KERNELS
USES["bindings"] = KERNELS + " stream blocks bench"


def room_of(path):
    """The room of a file, given relative to the root; None if it has none."""
    parts = path.parts
    if path.suffix not in (".cc", ".h") or parts[0] not in ("lib", "include", "python"):
        return None
    if parts[:2] == ("lib", "qa"):
        return "qa"
    if path.name.startswith("qa_"):
        return "tests"
    if parts[0] == "python":
        return "bindings"
    inside = parts[1:-1] if parts[0] == "lib" else parts[3:-1]
    if inside == ("kernel",):
        return path.stem
    if inside[:1] == ("kernel",):
        return inside[1]
    return inside[0] if inside else "blocks"


def targets(path, text):
    """The project's own files that a file includes: (line number, path)."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)', line)
        if not match:
            continue
        quoted, name = match[1] == '"', match[2]
        folders = [path.parent, Path("lib"), Path("lib/bench")] if quoted else [Path("include")]
        found = [folder / name for folder in folders if (ROOT / folder / name).is_file()]
        if found:
            yield number, found[0]
        elif quoted or name.startswith("gnuradio/stft/"):
            yield number, None


def complaints(path):
    room = room_of(path)
    if room not in USES:
        yield f"{path}: its room, {room}, is not in the table of {Path(__file__).name}"
        return
    allowed = {room, *USES[room].split()}
    for number, target in targets(path, (ROOT / path).read_text()):
        if target is None:
            yield f"{path}:{number}: no such file in this project"
        elif ".." in target.parts:
            yield f"{path}:{number}: paths start at the file's own folder or at lib"
        elif target != Path("include/gnuradio/stft/api.h") and room_of(target) not in allowed:
            yield f"{path}:{number}: {room} may not use {room_of(target)} ({target})"


def main():
    listed = subprocess.check_output(
        ["find", "lib", "include", "python", "-name", "*.cc", "-o", "-name", "*.h"], cwd=ROOT, text=True)
    found = [line for path in sorted(listed.split()) for line in complaints(Path(path))]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
