# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that end the command: where they raise, and where they wait."""
import contextlib
import signal
import threading
from types import SimpleNamespace


@contextlib.contextmanager
def termination_as_exit():
    """SIGTERM and SIGHUP raise SystemExit and SIGINT raises KeyboardInterrupt, even where it would
    end the process at once, so that temporary files go; the exit status is 128 and the signal's
    number, as a shell has it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, _exit) for number in (signal.SIGTERM, signal.SIGHUP)
                if signal.getsignal(number) is not signal.SIG_IGN}  # as nohup has it
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        previous[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        _restore(previous)


def _exit(number, _):
    raise SystemExit(128 + number)


def _restore(handlers):
    for number, handler in handlers.items():
        signal.signal(number, handler)


@contextlib.contextmanager
def uninterrupted():
    """Signals wait until the block is over: for libraries that lose what a handler raises, or
    make an error of their own of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting = []
    previous = {number: signal.signal(number, lambda number, _: waiting.append(number))
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        _restore(previous)
        for number in waiting:
            signal.raise_signal(number)


@contextlib.contextmanager
def interruption_noted(raised=None):
    """Within the block a first SIGINT only sets `noted` of what this yields, and raises `raised` if
    that is given; a second one raises KeyboardInterrupt."""
    note = SimpleNamespace(noted=False)
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored or threading.current_thread() is not threading.main_thread():
        yield note
        return

    def take_note(number, _):
        note.noted = True
        signal.signal(number, signal.default_int_handler)
        if raised is not None:
            raise raised

    previous = {signal.SIGINT: signal.signal(signal.SIGINT, take_note)}
    try:
        yield note
    finally:
        _restore(previous)


_notes = []  # of the blocks of ending_noted() that are being run


def is_ending():
    """True where a signal has come within a block of ending_noted()."""
    return any(note.number is not None for note in _notes)


@contextlib.contextmanager
def ending_noted():
    """Within the block the first SIGINT, SIGTERM or SIGHUP only sets `number` of what this yields, and acts when the block has ended;
    the second one acts at once."""
    note = SimpleNamespace(number=None)
    if threading.current_thread() is not threading.main_thread():
        yield note
        return

    def take_note(number, _):
        note.number = number
        _restore(previous)

    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    previous = {number: handler for number, handler in previous.items() if handler is not signal.SIG_IGN}
    for number in previous:
        signal.signal(number, take_note)
    _notes.append(note)
    try:
        yield note
    finally:
        _notes.remove(note)
        _restore(previous)
    if note.number is not None:
        signal.raise_signal(note.number)
