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


_PACKAGES = {"paho": "paho-mqtt", "prometheus_client": "prometheus-client"}  # where Debian's name is another one


def _missing(name, purpose):
    top = name.partition(".")[0]
    package = f"python3-{_PACKAGES.get(top, top).lower()}"
    return ImportError(f"{purpose} needs the Python module {name}: install Debian's {package}")
