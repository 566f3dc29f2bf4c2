# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft batch: a verb over many recordings, by the processes of this machine or the workers of a cluster."""
import argparse
import contextlib
import datetime
import logging
import os
import re
import sys
import time
from collections import deque
from dataclasses import dataclass, field

from gnuradio.stft import batching
from gnuradio.stft.app.batch_inputs import check_names, inputs_of
from gnuradio.stft.app.batch_manifest import NAME, Manifest, identity, parameters_hash
from gnuradio.stft.app.batch_tasks import Report, Task, arguments_of, perform, remove_leftovers
from gnuradio.stft.app.command import DONE, EXPECTED, FAILED, VERBS, failure, verb_parser, warn
from gnuradio.stft.app.command_options import require_range
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.jobs import planned_outputs
from gnuradio.stft.app.progress_bar import progress_bar
from gnuradio.stft.optional_modules import require

_PIECE = 2**26   # samples
_LEAST_PIECE = 2**14
_MOST_LINES = 20  # about files that have failed; the manifest has all


def add_arguments(parser):
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=int, metavar="N", default=None,
                       help="processes on this machine (default: one for each processor)")
    where.add_argument("--scheduler", metavar="tcp://HOST:PORT",
                       help="of dask.distributed, whose workers see the same files by the same names")
    parser.add_argument("-o", "--output", metavar="DIR", help="folder of the outputs; may also stand at the end, after the files")
    parser.add_argument("--manifest", metavar="FILE",
                        help=f"a line of JSON for each file (default: {NAME} in the output folder)")
    parser.add_argument("--skip-existing", action="store_true",
                        help="leave out what the manifest has as done: with the same options, unchanged input and "
                             "outputs that are there")
    parser.add_argument("--match", metavar="PATTERN", help="names that are taken of folders: '*.cu8' (default: recordings)")
    parser.add_argument("--piece", type=int, metavar="SAMPLES", default=_PIECE,
                        help="of a long recording, which is cut where the verb allows it; 0: never (default: 2^26)")
    parser.add_argument("words", metavar="VERB", nargs=argparse.PARSER,
                        help="a verb that reads recordings and writes files, its options, in which outputs are names without a "
                             "folder, then -- and FILE, DIR or @LIST ..., then -o DIR")


def run(arguments):
    plan = _Plan(arguments)
    os.environ.setdefault("GR_STFT_PLANNER", "estimate")  # the same plans in all processes, which inherit it
    with contextlib.ExitStack() as open_things:
        client = None
        if arguments.scheduler is not None:
            open_things.callback(logging.disable, logging.root.manager.disable)
            logging.disable()  # what goes wrong is one line of ours
            client = open_things.enter_context(contextlib.closing(batching.connect(arguments.scheduler)))
            _warn_of_workers(client)
        try:
            os.makedirs(plan.folder, exist_ok=True)
        except FileExistsError:
            refuse("output", plan.folder, "is no folder")
        manifest = open_things.enter_context(contextlib.closing(Manifest(plan.manifest, plan.folder)))
        return _Batch(arguments, plan, manifest).run(client)


class _Plan:
    """What the command line asks for; ValueError before anything is begun."""

    def __init__(self, arguments):
        require_range("jobs", arguments.jobs, 1, 4096)
        if arguments.piece:
            require_range("piece", arguments.piece, _LEAST_PIECE, 2**62)
        if arguments.scheduler is not None:
            if not re.fullmatch(r"(tcp|tls)://[^/\s]+:\d+", arguments.scheduler):
                refuse("scheduler", arguments.scheduler, "must be tcp://HOST:PORT")
            require("distributed", batching.PURPOSE)
        self.words, files, self.folder = _divided(arguments)
        verb = _parsed(self.words)
        self.manifest = arguments.manifest or os.path.join(self.folder, NAME)
        self.parameters = parameters_hash(verb)
        self.inputs = inputs_of(files, verb, self.folder, arguments.match)
        if arguments.scheduler is not None:  # workers begin in other folders
            self.folder = os.path.abspath(self.folder)
            self.inputs = [type(one)(one.path, one.below) for one in self.inputs]
        self._templates = _templates(self.words, len(self.inputs) > 1)
        self._arguments = arguments_of(self.words, "", "")
        check_names(self.inputs, self.outputs_of, self.folder)
        for one in self.inputs:
            if one.path == os.path.abspath(self.manifest):
                refuse("manifest", self.manifest, "is an input")

    def outputs_of(self, one):
        """Their names in the folder, of channel 0 where all channels are asked for."""
        self._arguments.input, self._arguments.folder = [one.name], one.below
        return planned_outputs(self._arguments, self._templates)

    def task(self, one, **what):
        return Task(self.words, one.name, os.path.join(self.folder, one.below), **what)


def _divided(arguments):
    """The verb and its options, the words for files, and the output folder."""
    (verb, *words), folder = arguments.words, arguments.output
    if verb not in VERBS:
        refuse("batch", verb, f"is no verb; there are {', '.join(VERBS)}")
    at = words.index("--") if "--" in words else len(words)
    options, files = words[:at], words[at + 1:]
    if not {"-h", "--help"}.isdisjoint(options):
        return (verb, "--help"), [], ""
    if at == len(words):
        refuse("batch", "no file is given", "must have -- and files after the verb's options")
    if folder is None and len(files) >= 2 and files[-2] in ("-o", "--output"):
        *files, _, folder = files
    if not folder:
        refuse("output", "no folder is given", "must be the last words, -o DIR, or stand before the verb")
    return (verb, *options), files, folder


def _parsed(words):
    """Parsed options of the verb, which must be one that reads recordings and writes files."""
    parser = verb_parser(words[0])
    known = {action.dest for action in parser._actions}
    if not {"input", "output", "channel"} <= known:
        refuse("batch", words[0], "reads no recordings, or writes no files of them")
    parsed = parser.parse_args([*words[1:], "--", "recording"])
    if parsed.input != ["recording"]:
        refuse("batch", parsed.input[0], "stands before --; files come after it")
    for template in parsed.output or []:
        if os.path.dirname(template):
            refuse("output", template, "must be a name without a folder, which is given after the files")
    return parsed


def _templates(words, several):
    """Names of outputs as the verb has them; it refuses what is wrong with its options."""
    found = []
    arguments = arguments_of(words, "recording 1", "", lambda _, templates, *__: found.append(templates))
    arguments.input += ["recording 2"] * several
    arguments.run(arguments)
    if not found or not found[0]:
        refuse("output", f"{words[0]} writes no file", "must be one, by the verb's own -o: -o '{input}.csv'")
    return found[0]


def _warn_of_workers(client):
    workers = client.scheduler_info()["workers"]
    if not workers:
        warn("batch", "the scheduler has no workers yet")
    for address, worker in workers.items():
        if worker["nthreads"] > 1:
            warn("batch", f"worker {address} has {worker['nthreads']} threads, of which one at a time is used: start "
                 "workers with --nthreads 1")
            break


@dataclass
class _Cut:
    """A long recording, of which `left` pieces are not yet done."""
    left: int
    notes: list
    seconds: float
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)


class _Batch:
    """Tasks out, outcomes in, lines into the manifest."""

    def __init__(self, arguments, plan, manifest):
        self._plan, self._manifest, self._arguments = plan, manifest, arguments
        self._todo = [one for one in plan.inputs if not (
            arguments.skip_existing and manifest.is_done(one.path, plan.words[0], plan.parameters))]
        self._skipped = len(plan.inputs) - len(self._todo)
        self._outputs = [output for one in self._todo for output in plan.outputs_of(one)]
        manifest.forget({one.path for one in self._todo}, plan.words[0], set(self._outputs))
        self._next = iter(self._todo)
        self._urgent = deque()  # (input, task): pieces and joins
        self._cut = {}          # _Cut of an input
        self._begun = {}        # identity of an input
        self._failed = self._written = 0
        self._status = DONE

    def run(self, client):
        began = time.monotonic()
        layout = "{percentage:3.0f} %|{bar}| {n:.0f}/{total:.0f} files [{elapsed} < {remaining}, {rate_fmt}{postfix}]"
        with progress_bar("batch", layout, len(self._todo), " files") as self._bar:
            try:
                with contextlib.closing(batching.outcomes(perform, self._take, client,
                                                           jobs=self._arguments.jobs, key=1)) as groups:
                    for group in groups:
                        ended = [entry for (one, task), outcome in group
                                 if (entry := self._entry(one, task, outcome)) is not None]
                        self._manifest.append(ended)
                        self._count(ended)
            finally:
                remove_leftovers(self._plan.folder, self._outputs)
                left = len(self._todo) - self._written
                if left:
                    warn("batch", f"stopped with {left} of {len(self._todo)} files to do; --skip-existing goes on from there")
        words = [f"{self._written - self._failed} done", f"{self._failed} failed"]
        words += [f"{self._skipped} skipped"] * bool(self._skipped)
        count = len(self._plan.inputs)
        print(f"{count} file{'s' * (count != 1)}: {', '.join(words)} in {time.monotonic() - began:.1f} s; {self._plan.manifest}")
        return FAILED if self._failed else self._status

    def _take(self):
        """The next input and task, None where none is left."""
        if self._urgent:
            return self._urgent.popleft()
        one = next(self._next, None)
        if one is None:
            return None
        self._begun[one] = identity(one.path)
        return one, self._plan.task(one, samples=self._arguments.piece)

    def _entry(self, one, task, outcome):
        """The line of an input that is done, None where pieces are to follow."""
        report = outcome.value if outcome.done else Report(errors=[_words(outcome.error)])
        if report.pieces:
            count = report.pieces
            self._cut[one] = _Cut(count, [None] * count, outcome.seconds)
            self._urgent.extend((one, self._plan.task(one, step="piece", number=number, count=count))
                                for number in range(count))
            return None
        if task.step == "piece":
            self._bar.update(1 / (task.count + 1))
            if not self._all_pieces(one, task, report, outcome.seconds):
                return None
        cut = self._cut.pop(one, _Cut(0, [], 0.0))
        errors = cut.errors + report.errors * (task.step != "piece")
        if errors and cut.notes:
            remove_leftovers(self._plan.folder, self._plan.outputs_of(one))
        self._bar.update(1 / (len(cut.notes) + 1))
        return {
            "input": one.path, "verb": self._plan.words[0], "status": "failed" if errors else "done",
            "seconds": round(cut.seconds + outcome.seconds * (task.step != "piece"), 6),
            "version": report.version, "parameters": self._plan.parameters, **self._begun.pop(one),
            "outputs": [os.path.relpath(path, self._plan.folder) for path in report.outputs],
            "bytes": report.sizes, "exit": report.status or (FAILED if errors else DONE), "error": "; ".join(errors) or None,
            "warnings": list(dict.fromkeys(cut.warnings + report.warnings)), "pieces": len(cut.notes) or 1,
            "ended": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds"),
        }

    def _all_pieces(self, one, task, report, seconds):
        """Takes what a piece has given; whether it was the last one and there is nothing to join."""
        cut = self._cut[one]
        cut.left -= 1
        cut.seconds += seconds
        cut.notes[task.number] = report.notes
        cut.errors += report.errors
        cut.warnings += report.warnings
        if report.errors:  # the others need not begin
            kept = [(other, rest) for other, rest in self._urgent if other is not one]
            cut.left -= len(self._urgent) - len(kept)
            self._urgent = deque(kept)
        if cut.left or cut.errors:
            return not cut.left
        self._urgent.appendleft((one, self._plan.task(one, step="join", count=task.count, notes=tuple(cut.notes))))
        return False

    def _count(self, entries):
        self._written += len(entries)
        for entry in entries:
            self._status = max(self._status, entry["exit"])
            if entry["status"] != "failed":
                continue
            self._failed += 1
            if self._failed <= _MOST_LINES:
                name = "" if os.path.basename(entry["input"]) in entry["error"] else f"{entry['input']}: "
                self._bar.write(f"gr_stft batch: {name}{entry['error']}", file=sys.stderr)
            elif self._failed == _MOST_LINES + 1:
                self._bar.write("gr_stft batch: more have failed, see the manifest", file=sys.stderr)
        if self._failed:
            self._bar.set_postfix_str(f"{self._failed} failed")


def _words(error):
    """One line for what the worker or its executor has raised."""
    return failure(error)[1] if isinstance(error, EXPECTED) else f"{type(error).__name__}: {' '.join(str(error).split())}"
