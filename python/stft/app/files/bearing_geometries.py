# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Geometries of bearings on the command line, and in TOML files of the user's own."""
import tomllib

from gnuradio import stft
from gnuradio.stft.app.files.recording_base import refuse

_NEEDED = ("balls", "ball_diameter", "pitch_diameter")
_KEYS = (*_NEEDED, "contact_angle")
_FORM = "must be BALLS,BALL_DIAMETER,PITCH_DIAMETER or with ,ANGLE in degrees"


def geometry_of(text, path=None):
    """The geometry that --bearing names: numbers with commas, or a name in the file of --bearings."""
    if path is not None:
        known = read_geometries(path)
        if text not in known:
            refuse("bearing", repr(text), f"is not in {path}, which has {', '.join(map(repr, known)) or 'none'}")
        return known[text]
    words = text.split(",")
    if not 3 <= len(words) <= 4:
        refuse("bearing", repr(text), f"{_FORM}, or a name with --bearings FILE")
    try:
        geometry = (int(words[0]), *map(float, words[1:]))
    except ValueError:
        refuse("bearing", repr(text), f"{_FORM}, or a name with --bearings FILE")
    return checked(geometry)


def read_geometries(path):
    """The bearings of a TOML file: {name: geometry}; a table for each."""
    try:
        with open(path, "rb") as file:
            tables = tomllib.load(file)
    except OSError as error:
        refuse("bearings", path, error.strerror)
    except (ValueError, RecursionError) as error:  # of TOML, of UTF-8
        refuse("bearings", path, f"is no TOML: {error}")
    return {name: _of_table(path, name, table) for name, table in tables.items()}


def _of_table(path, name, table):
    where = f"{path}: {name}"
    if not isinstance(table, dict):
        refuse(where, repr(table), f"must be a table of {', '.join(_KEYS)}")
    for key in table:
        if key not in _KEYS:
            refuse(where, repr(key), f"must be one of {', '.join(_KEYS)}")
    for key in _NEEDED:
        if key not in table:
            refuse(where, key, "is missing")
    try:
        return checked(tuple(table[key] for key in _KEYS if key in table))
    except ValueError as refusal:
        raise ValueError(f"{where}: {refusal}") from None


def checked(geometry):
    """The geometry; ValueError unless it is one."""
    stft.fault_frequencies(geometry)
    return geometry


def listing(path):
    """Lines of text: the bearings of a file, with the orders of their lines."""
    known = read_geometries(path)
    width = max([len("bearing"), *map(len, known)])
    yield f"{'bearing':<{width}}  {'balls':>5} {'FTF':>8} {'BPFO':>8} {'BPFI':>8} {'BSF':>8}  (orders)"
    for name, geometry in known.items():
        orders = "".join(f" {order:8.4f}" for order in stft.fault_frequencies(geometry).values())
        yield f"{name:<{width}}  {geometry[0]:>5}{orders}"
