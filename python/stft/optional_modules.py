# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that are needed for some jobs only, imported when the job comes."""
import importlib
import importlib.util

from gnuradio.stft.interruption import uninterrupted


def load(name, purpose):
    """The module `name`; ImportError in words with its Debian package if it is not there."""
    try:
        with uninterrupted():
            return importlib.import_module(name)
    except (ImportError, OSError) as error:  # OSError: the library that the module wraps is missing
        raise _missing(name, purpose) from error


def require(name, purpose):
    """ImportError as load() has it if the module is not installed, without loading it."""
    if importlib.util.find_spec(name) is None:
        raise _missing(name, purpose)


def _missing(name, purpose):
    package = f"python3-{name.partition('.')[0].lower()}"
    return ImportError(f"{purpose} needs the Python module {name}: install Debian's {package}")
