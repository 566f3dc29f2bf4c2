# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The command gr_stft: verbs, exit status and error lines.

A verb is a module VERB_command of this package with add_arguments(parser) and run(arguments),
which returns an exit status or None and raises what goes wrong: ValueError (usage or input), OSError,
ImportError (a module that is not installed), MemoryError. They become one line here.
"""
import argparse
import difflib
import importlib
import os
import re
import signal
import sys

from gnuradio.stft import __version__
from gnuradio.stft.interruption import termination_as_exit

VERBS = {
    "spectrogram": "compute the spectrogram of a recording: picture, NPZ or HDF5",
    "detect": "find the events of a recording: bursts and carriers, as a table and drawn into its spectrogram",
    "diagnose": "name the damaged part of a rolling bearing by the spectrum of its envelope",
    "levels": "measure the rms of a recording in bands, also of velocity and displacement, and raise alarms",
    "monitor": "watch a recording, a receiver or a stream, and report events as they happen",
    "day": "draw a day of what monitor has stored: picture, NPZ or HDF5",
    "denoise": "take the noise out of a recording: of speech, of a machine's sound, of a band",
    "orders": "levels of a machine's orders against its speed, by a tacho or tracked: table, picture, NPZ",
    "learn": "learn window lengths, chirp rates, positions or a hop from a recording",
    "batch": "run a verb over many recordings, on all processors or on many machines",
    "info": "show resolution, latency, invertibility, memory and speed for given parameters",
    "bench": "measure the speed of the STFT, the differentiable, adaptive and 2-D STFT, of chosen bins and "
             "of synchrosqueezing, beside peers that are installed",
    "selftest": "check this installation numerically",
}

DONE, FAILED, REFUSED = 0, 1, 2
ALARM = 3  # of a verb that has done its work, with --fail-on-alarm
EXPECTED = (ValueError, OSError, ImportError, RuntimeError, MemoryError)  # of a verb
_INTERRUPTED = 128 + signal.SIGINT


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def __init__(self, *args, **keywords):
        super().__init__(*args, **keywords)
        # what begins as a negative number is a value: -100k:100k, -.5M
        self._negative_number_matcher = re.compile(r"-[\d.]")

    def parse_known_args(self, args=None, namespace=None):
        """Refuses what it does not know by itself, so that a verb names its own options and help."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            options = [name[2:] for name in self._option_string_actions if name.startswith("--")]
            near = difflib.get_close_matches(unknown[0].partition("=")[0].lstrip("-"), options, 1)
            self.error(f"unrecognized arguments: {' '.join(unknown)}" + (f": there is --{near[0]}" if near else ""))
        return found, unknown

    def error(self, message):
        self.exit(REFUSED, f"{self.prog}: {_one_line(message)} (see {self.prog} --help)\n")

    def _print_message(self, message, file=None):
        """argparse of Python 3.13 says nothing of a disk that is full; the caller does."""
        if message:
            (file or sys.stderr).write(message)


def parser(chosen=tuple(VERBS)):
    """The parser of the command line, with the options of the verbs `chosen`: others are not loaded."""
    top = _Parser(prog="gr_stft", allow_abbrev=False,
                  description="Short-time Fourier transforms of recordings.",
                  epilog="gr_stft VERB --help explains a verb; the manual is gr_stft(1).")
    top.add_argument("--version", action="version", version=f"gr-stft {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, summary in VERBS.items():
        verb = verbs.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        if name in chosen:
            add_verb(verb, name)
    return top


def add_verb(verb, name):
    """Gives the parser `verb` the options of a verb, and what runs it."""
    module = importlib.import_module(f"gnuradio.stft.app.{name}_command")
    module.add_arguments(verb)
    verb.set_defaults(run=module.run)


def verb_parser(name):
    """The parser of one verb's options."""
    verb = _Parser(prog=f"gr_stft {name}", description=VERBS[name], allow_abbrev=False)
    add_verb(verb, name)
    verb.set_defaults(verb=name)
    return verb


class _StandardOutput:
    """Standard output as it is, but for its errors, which name it."""
    NAME = "standard output"

    def __init__(self):
        self._stream = sys.stdout

    def __enter__(self):
        sys.stdout = self

    def __exit__(self, *_):
        sys.stdout = self._stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        return self._named(self._stream.write, text)

    def flush(self):
        return self._named(self._stream.flush)

    def _named(self, call, *arguments):
        try:
            return call(*arguments)
        except OSError as error:
            error.filename = self.NAME
            raise


def main(argv=None):
    """Runs the command line `argv` (the process's own by default); returns the exit status."""
    _open_closed_streams("gr_stft")
    with _StandardOutput():
        return _main(sys.argv[1:] if argv is None else argv)


def _main(argv):
    label = "gr_stft"
    try:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # file names may be any bytes
        try:
            chosen = argv[:1] if argv and argv[0] in VERBS else ()
            arguments = parser(chosen).parse_args(argv)
            arguments.given = argv[1:]  # what follows the verb
            label = f"gr_stft {arguments.verb}"

            def act():
                with termination_as_exit():
                    return arguments.run(arguments)

            status = attempt(label, act)
        except SystemExit as leaving:  # --help, bad usage, a signal
            status = leaving.code
        sys.stdout.flush()
        return status or DONE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # who read our output has left
        _silence_stdout()
        return DONE
    except (OSError, ImportError) as error:
        return _report(label, error)


def _open_closed_streams(label):
    """A process may be started without its standard streams (>&-); what is written to them is lost. No file may have their numbers,
    by which libraries and readers of pipes know them."""
    closed = sys.stdout is None
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    for name in "stdout", "stderr":
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # for as long as the process is
    if closed:
        print(f"{label}: warning: standard output is closed: nothing is printed", file=sys.stderr)


def attempt(label, action):
    """The exit status of action(); what it raises becomes one line, but for signals."""
    try:
        return action() or DONE
    except BrokenPipeError:
        raise
    except EXPECTED as error:
        return _report(label, error)


def failure(error):
    """The exit status and the line of words for what a verb raises, one of EXPECTED."""
    if isinstance(error, ValueError):
        return REFUSED, _one_line(error)
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return FAILED, _one_line(f"{name}{error.strerror or error}")
    if isinstance(error, MemoryError):
        return FAILED, _one_line(f"out of memory: {str(error) or 'try a smaller --n-fft'}")
    return FAILED, _one_line(error)


def _report(label, error):
    if isinstance(error, OSError) and error.filename == _StandardOutput.NAME:
        _silence_stdout()
    status, words = failure(error)
    print(f"{label}: {words}", file=sys.stderr)
    return status


def _one_line(text):
    return " ".join(str(text).split())


def _silence_stdout():
    """Discards what is left in standard output's buffer, so that exit stays quiet."""
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, sys.stdout.fileno())
        os.close(descriptor)
    except (OSError, ValueError, AttributeError):
        pass  # not a file: nothing to silence


def warn(verb, message):
    """One line of warning on standard error."""
    print(f"gr_stft {verb}: warning: {_one_line(message)}", file=sys.stderr)
