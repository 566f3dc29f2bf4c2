#!/usr/bin/python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Python's folders use only those before them: check_rooms.py CHECKOUT. Prints each import that does not, and exits with 1.

Tests (qa_*.py) may use any folder: those of the benchmarks start the command.
"""
import ast
import sys
from pathlib import Path

PACKAGE = "gnuradio.stft"
FOLDERS = "", "bench", "app"  # from the lowest: the array functions, the benchmarks, the command


def modules_of(path, package):
    """(line, dotted name) of all that a file imports, inside functions too; relative names are resolved."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[:len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            # what is imported from a package may be a module of it
            yield from ((node.lineno, f"{module}.{name.name}") for name in node.names)


def folder_of(module):
    """Which of FOLDERS a dotted name lies in; None: not in this package."""
    if not (module + ".").startswith(PACKAGE + "."):
        return None
    first = module.removeprefix(PACKAGE).lstrip(".").split(".")[0]
    return first if first in FOLDERS else ""


def main(checkout):
    wrong = 0
    for rank, folder in enumerate(FOLDERS):
        package = ".".join(filter(None, [PACKAGE, folder]))
        directory = Path(checkout, "python/stft", folder)
        files = sorted(path for path in directory.glob("*.py") if not path.name.startswith("qa_"))
        if not files:
            sys.exit(f"{directory}: holds no modules")
        for path in files:
            for line, module in modules_of(path, package):
                used = folder_of(module)
                if used is not None and FOLDERS.index(used) > rank:
                    print(f"{path.relative_to(checkout)}:{line}: imports {module}, but {folder or 'the array functions'} may "
                          f"use only {', '.join(filter(None, FOLDERS[:rank + 1])) or 'their own folder'}")
                    wrong += 1
    sys.exit(1 if wrong else 0)


main(*sys.argv[1:])
