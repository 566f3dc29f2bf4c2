#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Every #include and every import leads to a room that USES allows; every file stands in a room that it names.

A room is a folder. C++: kernels by subject (private files in lib/kernel/X, public headers in
include/gnuradio/stft/kernel/X), what blocks share (lib/stream), the blocks themselves, the benchmark, and the
bindings. Python: the array functions, those with other libraries' signatures, the benchmarks, the command. Tests (qa_*)
stand beside what they test; those
in C++ may use whatever the blocks may, and lib/qa, those in Python anything.
"""
import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# room: the rooms that its files may include, beside their own
USES = {
    "kernel": "",
    "simd": "kernel",
    "frames": "kernel simd",
    "stft": "kernel simd frames",
    "dstft": "kernel simd frames",
    "image": "kernel simd frames",
    "bands": "kernel",
    "filter_bank": "kernel simd frames stft",
    "adaptive": "kernel simd frames dstft",
    "reassign": "kernel frames stft dstft filter_bank",
    "records": "kernel frames",
    "monitor": "kernel simd frames stft bands records",
    "machine": "kernel simd frames stft bands records",
    "speed": "kernel simd frames stft",
    "warped": "kernel frames dstft adaptive speed",
    "denoise": "kernel simd frames stft bands records monitor",
    "phase": "kernel simd frames stft",
}
KERNELS = " ".join(USES)
USES["stream"] = KERNELS
USES["blocks"] = KERNELS + " stream"
USES["qa"] = KERNELS
USES["tests"] = KERNELS + " stream blocks qa"
USES["bench"] = KERNELS
USES["fuzz"] = KERNELS + " stream blocks"
USES["bindings"] = KERNELS + " stream blocks bench"
USES["gnuradio.stft"] = ""
USES["gnuradio.stft.compat"] = "gnuradio.stft"
USES["gnuradio.stft.bench"] = "gnuradio.stft"
USES["gnuradio.stft.app.outputs"] = "gnuradio.stft"
USES["gnuradio.stft.app.page"] = "gnuradio.stft gnuradio.stft.app.outputs"
USES["gnuradio.stft.app.files"] = "gnuradio.stft"
USES["gnuradio.stft.app.pictures"] = "gnuradio.stft gnuradio.stft.app.files"
USES["gnuradio.stft.app"] = " ".join(room for room in USES if room.startswith("gnuradio.stft"))
PYTHON = Path("python/stft")


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
    if inside[:1] == ("kernel",):
        return inside[-1]
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
    """What is wrong with a C++ file."""
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


def package_of(module):
    """The room of a dotted name; None if it is not one of this project's."""
    rooms = [name for name in USES if name.startswith("gnuradio.") and f"{module}.".startswith(f"{name}.")]
    return max(rooms, key=len, default=None)


def imports(path, package):
    """(line, dotted name) of all that a module imports, inside functions too; relative names are resolved."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = parts[:len(parts) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            # what is imported from a package may be a module of it
            yield from ((node.lineno, f"{module}.{name.name}") for name in node.names)


def complaints_of_module(path):
    """What is wrong with a Python module."""
    room = ".".join(["gnuradio.stft", *path.parent.relative_to(PYTHON).parts])
    if room not in USES:
        yield f"{path}: its room, {room}, is not in the table of {Path(__file__).name}"
        return
    allowed = {None, room, *USES[room].split()}
    for number, module in imports(path, room):
        if package_of(module) not in allowed:
            yield f"{path}:{number}: {room} may not use {module}"


def main():
    sources = sorted(path.relative_to(ROOT) for folder in ("lib", "include", "python")
                     for path in (ROOT / folder).rglob("*") if path.suffix in (".cc", ".h"))
    modules = sorted(path.relative_to(ROOT) for path in (ROOT / PYTHON).rglob("*.py")
                     if not path.name.startswith("qa_") and "golden" not in path.parts)
    found = [line for path in sources for line in complaints(path)]
    found += [line for path in modules for line in complaints_of_module(path)]
    if not sources or not modules:
        found.append(f"{ROOT}: holds no sources")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
