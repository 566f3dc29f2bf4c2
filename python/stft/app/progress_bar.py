# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A progress bar for verbs that take their time."""
import contextlib
import sys
from types import SimpleNamespace

from gnuradio.stft.app.command import warn
from gnuradio.stft.optional_modules import load


@contextlib.contextmanager
def progress_bar(verb, layout, total=None, unit=""):
    """A bar on standard error if that is a terminal, with tqdm's update(), set_postfix_str() and
    write().

    layout: tqdm's bar_format. total: in `unit`, None if it is not known.
    """
    none = SimpleNamespace(update=lambda _: None, set_postfix_str=lambda _: None,
                           write=lambda text, file: print(text, file=file))
    if not sys.stderr.isatty():
        yield none
        return
    try:
        tqdm = load("tqdm", "a progress bar").tqdm
    except ImportError as missing:
        warn(verb, missing)
        yield none
        return
    with tqdm(total=total, unit=unit, file=sys.stderr, bar_format=layout, leave=False) as bar:
        yield bar
