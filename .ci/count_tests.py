#!/usr/bin/python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the tests inside the programs that ctest ran: count_tests.py LastTest.log STATUS PRINTED

STATUS is what ctest returned; its log alone calls a program passed that it did not find. PRINTED is a file of what ctest printed: it
alone tells a signal from a timeout.
Prints "passed|failed|skipped COUNT PROGRAM" lines, and what a failing program said and how it ended.
"""
import re
import sys


def count(output, passed):
    """(run, failed, skipped) of a program of unittest or CppUnit; of another, itself."""
    ran = re.search(r"^Ran (\d+) tests? in", output, re.M)
    if ran:
        numbers = {word: int(number) for word, number in
                   re.findall(r"(failures|errors|skipped)=(\d+)", output[ran.end():])}
        run, skipped = int(ran[1]), numbers.get("skipped", 0)
        failed = numbers.get("failures", 0) + numbers.get("errors", 0)
    elif ok := re.search(r"^OK \((\d+)\)", output, re.M):
        run, failed, skipped = int(ok[1]), 0, 0
    elif bad := re.search(r"^Run: *(\d+) +Failure total: *(\d+)", output, re.M):
        run, failed, skipped = int(bad[1]), int(bad[2]), 0
    else:
        run, failed, skipped = 1, 0, 0
    if not passed:
        failed = max(failed, 1)  # it crashed, or took too long
        run = max(run, failed + skipped)
    return run, failed, skipped


def main(path, status, printed):
    try:
        with open(path, errors="replace") as file:
            log = file.read()
        with open(printed, errors="replace") as file:
            ends = dict(re.findall(r"^.* Test +#\d+: (\S+) \.*(.*\*\*\*.*?) +[\d.]+ sec", file.read(), re.M))
    except OSError as error:
        print(f"failed     1  ctest wrote no log: {error}")
        return
    programs = re.split(r"^\d+/\d+ Testing: ", log, flags=re.M)[1:]
    if not programs:
        print("failed     1  ctest ran no test")
    failures = 0
    for program in programs:
        name, text = program.split("\n", 1)
        output, _, end = text.partition("<end of output>")
        passed = "\nTest Passed." in end and '\nCommand: ""' not in output
        run, failed, skipped = count(output, passed)
        seconds = re.search(r"Test time = *([\d.]+)", end)
        label = f"{name}, {float(seconds[1]):.1f} s" if seconds else name
        for word, number in (("passed", run - failed - skipped), ("failed", failed),
                             ("skipped", skipped)):
            if number:
                print(f"{word:7} {number:4}  {label}")
        for line in re.findall(r"^.* \.\.\. skipped .*$", output, re.M):
            print(f"    {line}")
        failures += failed
        if not passed:
            print("\n".join(f"    {line}" for line in output.splitlines()[-60:]))
            print(f"    it ended with {ends.get(name, 'what ctest did not say')}")
    if status != "0" and not failures:
        print(f"failed     1  ctest: status {status}")


main(*sys.argv[1:])
