# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker of a batch does: a verb on one input, a piece of it, or the joining of its pieces."""
import argparse
import contextlib
import functools
import io
import os
import re
import threading
from dataclasses import dataclass, field

from gnuradio.stft import __version__
from gnuradio.stft.app.command import ALARM, DONE, EXPECTED, failure, verb_parser
from gnuradio.stft.app.jobs import run_input

_PART = re.compile(r"\.(.*)\.(\d+)\.part", re.DOTALL)  # of replaced_when_whole()
_PIECE = re.compile(r"\.(.*)\.\d+-of-\d+\.piece", re.DOTALL)
_ONE_AT_A_TIME = threading.Lock()  # what a verb prints is the process's; so are some libraries


@dataclass(frozen=True)
class Task:
    """What is sent to a worker.

    words: the verb and its options, as on the command line
    folder: where outputs go
    step: "whole", "piece" or "join"
    samples: of a piece of a long recording, 0 if it is to be left whole
    number, count: of a piece
    notes: what the pieces have given, for joining
    """

    words: tuple
    name: str
    folder: str
    version: str = __version__
    step: str = "whole"
    samples: int = 0
    number: int = 0
    count: int = 1
    notes: tuple = ()


@dataclass
class Report:
    """What is sent back.

    pieces: into which the recording is to be cut, nothing else is done then; 0: it is done
    notes: of a piece, one for each channel
    """

    version: str = __version__
    outputs: list = field(default_factory=list)
    sizes: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    status: int = DONE
    pieces: int = 0
    notes: list = field(default_factory=list)


def perform(task):
    """The Report of a task."""
    os.environ.setdefault("GR_STFT_PLANNER", "estimate")  # the same plans in all processes
    if task.version != __version__:
        return Report(errors=[f"this worker has gr-stft {__version__}, the batch {task.version}"])
    with _ONE_AT_A_TIME:
        return _perform(task)


def arguments_of(words, name, folder, driver=None):
    """Parsed options of a verb for one input."""
    arguments = argparse.Namespace(**vars(_parsed(words)))
    arguments.input, arguments.folder, arguments.driver = [name], folder, driver
    return arguments


@functools.lru_cache(maxsize=16)
def _parsed(words):
    return verb_parser(words[0]).parse_args([*words[1:], "--", "recording"])


def _perform(task):
    recorder = _Recorder(task)
    printed = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(printed):
        try:
            os.makedirs(task.folder, exist_ok=True)
            arguments = arguments_of(task.words, task.name, task.folder, recorder.drive)
            recorder.attempt(lambda: arguments.run(arguments))
        except SystemExit:  # the parser's, of another version
            recorder.report.errors.append("does not know these options")
    report = recorder.report
    mark = f"gr_stft {task.words[0]}: "
    lines = [line.removeprefix(mark).removeprefix("warning: ") for line in printed.getvalue().splitlines()]
    report.warnings += [line for line in lines if line]
    if not report.errors:
        _keep(report)
    return report


def _keep(report):
    """Has outputs on the disk before anyone says that they are there."""
    try:
        for path in report.outputs:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                report.sizes.append(os.fstat(descriptor).st_size)
            finally:
                os.close(descriptor)
    except OSError as error:
        report.errors.append(failure(error)[1])


class _Recorder:
    """A driver of jobs, as run_jobs() takes it, which keeps what they give."""

    def __init__(self, task):
        self.report = Report()
        self.status = DONE
        self._task = task

    def drive(self, arguments, templates, analyse, pieces):
        self._analyse, self._pieces, self._channels = analyse, pieces, 0
        run_input(arguments, self._task.name, templates, self)

    def attempt(self, action):
        try:
            status = action() or DONE
            if status in (ALARM, DONE):
                self.report.status = max(self.report.status, status)
            else:
                self.report.errors.append(f"exit status {status}")
        except EXPECTED as error:
            status, words = failure(error)
            self.report.status = max(self.report.status, status)
            self.report.errors.append(words)
        except Exception as error:  # a fault of ours ends one file, too
            self.report.errors.append(f"{type(error).__name__}: {' '.join(str(error).split())}")

    def analyse(self, job):
        task, pieces, report = self._task, self._pieces, self.report
        if task.step == "piece":
            path = piece_path(job.outputs[0], task.number, task.count)
            report.notes.append(pieces.compute(job, task.number, task.count, path))
        elif task.step == "join":
            paths = [piece_path(job.outputs[0], number, task.count) for number in range(task.count)]
            pieces.join(job, paths, [notes[self._channels] for notes in task.notes])
            self._channels += 1
            report.outputs += job.outputs
            for path in paths:
                os.unlink(path)
        elif pieces is not None and task.samples and (count := pieces.count(job, task.samples)) > 1:
            report.pieces = count
        else:
            status = self._analyse(job)
            report.outputs += job.outputs
            return status
        return DONE


def piece_path(output, number, count):
    """Where a piece is kept until it is joined: hidden, next to the first output."""
    folder, name = os.path.split(output)
    return os.path.join(folder, f".{name[:200]}.{number}-of-{count}.piece")


def remove_leftovers(top, outputs):
    """Removes the temporary files of these outputs below `top` that a process which was killed has left."""
    by_folder = {}
    for path in outputs:
        folder, name = os.path.split(path)
        by_folder.setdefault(folder, set()).add(name[:200])
    for below, names in by_folder.items():
        folder = os.path.join(top, below)
        with contextlib.suppress(OSError):
            for name in os.listdir(folder):
                part = _PART.fullmatch(name)
                piece = _PIECE.fullmatch(part[1] if part else name)
                of = piece[1] if piece else part[1] if part else None
                if of in names and not (part and _is_alive(part[2])):
                    with contextlib.suppress(OSError):
                        os.unlink(os.path.join(folder, name))


def _is_alive(process):
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        pass
    return True
