# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The command gr_stft: verbs, exit status and error lines.

A verb is a module VERB_command of this package with SUMMARY (one line), add_arguments(parser)
and run(arguments), which raises what goes wrong: ValueError (usage or input), OSError,
ImportError (a module that is not installed), MemoryError. They become one line here.
"""
import argparse
import importlib
import os
import signal
import sys

from gnuradio.stft import __version__
from gnuradio.stft.interruption import termination_as_exit

VERBS = ("spectrogram", "learn", "info", "bench", "selftest")

DONE, FAILED, REFUSED = 0, 1, 2  # 3 is kept for an alarm of a monitoring verb
_INTERRUPTED = 128 + signal.SIGINT


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message):
        self.exit(REFUSED, f"{self.prog}: {_one_line(message)} (see {self.prog} --help)\n")


def parser():
    """The parser of the whole command line, every verb included."""
    top = _Parser(prog="gr_stft", allow_abbrev=False,
                  description="Short-time Fourier transforms of recordings.",
                  epilog="gr_stft VERB --help explains a verb; the manual is gr_stft(1).")
    top.add_argument("--version", action="version", version=f"gr-stft {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name in VERBS:
        module = importlib.import_module(f"gnuradio.stft.{name}_command")
        verb = verbs.add_parser(name, help=module.SUMMARY, description=module.SUMMARY,
                                allow_abbrev=False)
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return top


def main(argv=None):
    """Runs the command line `argv` (the process's own by default); returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # file names may be any bytes
    label = "gr_stft"
    try:
        try:
            arguments = parser().parse_args(argv)
            label = f"gr_stft {arguments.verb}"
            with termination_as_exit():
                status = arguments.run(arguments)
        except SystemExit as leaving:  # --help, bad usage, a signal
            status = leaving.code
        sys.stdout.flush()
        return status or DONE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # who read our output has left
        _silence_stdout()
        return DONE
    except ValueError as error:
        return _report(label, error, REFUSED)
    except OSError as error:
        _silence_stdout()
        name = f"{error.filename}: " if error.filename else ""
        return _report(label, f"{name}{error.strerror or error}", FAILED)
    except (ImportError, RuntimeError) as error:
        return _report(label, error, FAILED)
    except MemoryError as error:
        return _report(label, f"out of memory: {error or 'try a smaller --n-fft'}", FAILED)


def _report(label, error, status):
    print(f"{label}: {_one_line(error)}", file=sys.stderr)
    return status


def _one_line(text):
    return " ".join(str(text).split())


def _silence_stdout():
    """What is left in standard output's buffer goes nowhere, so that exit stays quiet."""
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, sys.stdout.fileno())
        os.close(descriptor)
    except (OSError, ValueError, AttributeError):
        pass  # not a file: nothing to silence


def warn(verb, message):
    """One line of warning on standard error."""
    print(f"gr_stft {verb}: warning: {_one_line(message)}", file=sys.stderr)
