# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that are needed for some jobs only, imported when the job comes."""
import importlib

from gnuradio.stft.interruption import uninterrupted


def load(name, purpose):
    """The module `name`; ImportError in words with its Debian package if it is not there."""
    package = f"python3-{name.partition('.')[0]}"
    try:
        with uninterrupted():
            return importlib.import_module(name)
    except (ImportError, OSError) as error:  # OSError: the library behind the module is missing
        raise ImportError(f"{purpose} needs the Python module {name}: "
                          f"install Debian's {package}") from error
