# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that end the command: where they raise, and where they wait."""
import contextlib
import signal
import threading


@contextlib.contextmanager
def termination_as_exit():
    """SIGTERM and SIGHUP raise SystemExit, as SIGINT raises KeyboardInterrupt, so that temporary
    files go; the exit status is 128 and the signal's number, as a shell has it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, _exit) for number in (signal.SIGTERM, signal.SIGHUP)}
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
