#!/usr/bin/python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Does what the README says: readme_commands.py CHECKOUT PAGE...

Runs every fenced block of the pages (CHECKOUT/README.md, ...) marked sh or python, each in a
process of its own in CHECKOUT, in their order; a session (>>>) as a doctest. A block right after a
line <!-- not run: REASON --> is skipped.
Prints "passed|failed|skipped 1 NAME" lines, and what a failing block said.
"""
import os
import re
import subprocess
import sys

DOCTEST = """import doctest, sys
test = doctest.DocTestParser().get_doctest(sys.argv[1], {}, "session", None, 0)
sys.exit(doctest.DocTestRunner().run(test).failed)"""
INTERPRETERS = {"sh": ["/bin/sh", "-eu", "-c"], "python": ["/usr/bin/python3", "-c"],
                "session": ["/usr/bin/python3", "-c", DOCTEST]}
TIMEOUT = 900  # seconds
BLOCK = re.compile(r"(?:^<!-- not run: (?P<reason>.*?) -->\n+)?"
                   r"^```(?P<language>sh|python)\n(?P<text>.*?)^```$", re.M | re.S)


def run(language, text, checkout):
    """Exit status and output of a block."""
    if text.startswith(">>> "):
        language = "session"
    try:
        done = subprocess.run([*INTERPRETERS[language], text], cwd=checkout, timeout=TIMEOUT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              env={**os.environ, "MPLBACKEND": "Agg"})
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        return f"none after {TIMEOUT} s", (expired.stdout or b"").decode(errors="replace")


def main(checkout, *pages):
    for page in pages:
        with open(os.path.join(checkout, page), encoding="utf-8") as file:
            text = file.read()
        blocks = list(BLOCK.finditer(text))
        if not blocks:
            print(f"failed     1  {page} has no commands")
        for block in blocks:
            do(block, f"{page}:{text.count(chr(10), 0, block.start('language')) + 1}", checkout)


def do(block, place, checkout):
    name = f"{place} {block['language']}"
    if block["reason"]:
        print(f"skipped    1  {name}: {block['reason']}")
        return
    status, output = run(block["language"], block["text"], checkout)
    if status == 0:
        print(f"passed     1  {name}", flush=True)
    else:
        print(f"failed     1  {name}: status {status}")
        print("\n".join(f"    {line}" for line in output.splitlines()[-40:]), flush=True)


main(*sys.argv[1:])
