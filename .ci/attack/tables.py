# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What the attack draws from: the blocks of the module, and the values that the tests of arguments, entries and tags hold."""

import collections
import contextlib
import importlib.util
import inspect
import os
import re
import sys
from pathlib import Path

import numpy as np
import pmt

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 4096  # of what sizes an item or a table
SIZES = {"n_fft", "width", "win_length", "vlen", "levels", "samples_per_rev", "speed_bins", "candidates", "bands", "channels",
         "smoothing", "max_events", "steps", "history", "pre", "post", "lag", "block", "max_clip"}  # fmt: skip
REPORT = {"sample_count": 500, "samp_rate": 1.0, "freq_lower": 0.1, "freq_upper": 0.2, "freq_peak": 0.15, "cut": ""}  # of an event
REFUSED = re.compile(r"\w[\w ]*(\[\d+\])?:", re.S)  # what begins with the name of a parameter


def test_module(name):
    """A test of python/stft by its path: that folder is no place for imports, since it holds modules named like others."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "python" / "stft" / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


arguments_of_blocks = test_module("qa_block_arguments")
test_module("qa_flowgraph_parts")  # which the next one imports
tags = test_module("qa_hostile_tags")
BLOCKS = arguments_of_blocks.blocks


def _values_of_entries():
    """{block: {parameter: values}} that the entries of GNU Radio Companion are tried with, and their choices."""
    entries, tried = test_module("qa_grc"), test_module("qa_grc_settings").settings
    found = {name: collections.defaultdict(list) for name in BLOCKS}
    for file, entry in entries.entries.items():
        for block in entries.types(entry).values():
            if not inspect.isclass(block) or block.__name__ not in found:
                continue
            values = found[block.__name__]
            for parameter in entry["parameters"]:
                if parameter["dtype"] == "enum" and parameter["id"] != "type":
                    values[parameter["id"]] += parameter["options"]
            for setting in tried.get(file, ()):
                for name, value in setting.items():
                    values[name].append(value)
    return found


VALUES = _values_of_entries()


def patience(seconds):
    """Seconds of waiting on a machine whose processors have so much to do that one process has a part of one only."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def fits(name, value):
    """Whether a value costs no more memory than a trial may take."""
    if name == "duration" and isinstance(value, (int, float)):
        return not value > 2  # s of a window
    if name not in SIZES:
        return True
    with contextlib.suppress(TypeError, ValueError):
        return bool(np.all(np.abs(np.asarray(value, dtype=float)) <= LARGEST))
    return True


def any_value(chance, kind):
    """One of a kind, as the docstring of a constructor names it; now and then one of another kind."""
    if chance.random() < 0.1:
        return chance.choice([None, -1, 2**63, "x", b"\xff", [], {}, 1j, float("nan"), True, np.zeros(3), (1, "a")])
    if "int" in kind and chance.random() < 0.2:
        return chance.choice([2**30, 2**31, 2**32, 2**40, 2**53, 2**62, 2**63 - 1, -(2**31), -(2**63)])
    if "int" in kind:
        return chance.choice([-1, 0, 1, 2, 3, chance.randint(0, 40), chance.randint(0, 2000)])
    if "float" in kind:
        drawn = [chance.uniform(-1, 2), 10 ** chance.uniform(-6, 6), 10 ** chance.uniform(-300, 300),
                 chance.choice([2.0**31, 2.0**63, 1e18]), 0.0, float("inf"), float("nan")]  # fmt: skip
        if "List" in kind:
            return [chance.choice(drawn) for _ in range(chance.randint(0, 4))]
        return chance.choice(drawn)
    if "bool" in kind:
        return chance.random() < 0.5
    return chance.choice(tags.WORDS)


def value_of(chance, block, name, kind):
    known = [value for value in VALUES[block][name] if fits(name, value)]
    if known and chance.random() < 0.7:
        return chance.choice(known)
    while True:
        value = any_value(chance, kind)
        if fits(name, value):
            return value


def as_pmt(chance, value):
    """The PMT of a value, in one of the forms that blocks read; another value where there is none."""
    if isinstance(value, bool):
        return pmt.from_bool(value)
    if isinstance(value, int) and abs(value) < 2**63:
        return chance.choice([pmt.from_long, pmt.from_double])(value)
    if isinstance(value, float):
        return pmt.from_double(value)
    if isinstance(value, str):
        return pmt.intern(value)
    with contextlib.suppress(TypeError, ValueError):
        numbers = np.asarray(value, dtype=float).ravel().tolist()
        return chance.choice([pmt.init_f64vector, pmt.init_f32vector])(len(numbers), numbers)
    return tags.hostile_value(chance)


def message_for(chance, name, port):
    """A message to a port of a block: of any kind, or with keys that the block knows."""
    if chance.random() < 0.3:
        return tags.hostile_message(chance)
    message = pmt.make_dict()
    if port == "events":
        report = {**REPORT, "id": chance.randint(0, 5), "state": chance.choice(["begin", "update", "end"]),
                  "kind": chance.choice(["burst", "carrier", "step", "gap", "retune"]), "sample_start": chance.randint(-100, 20000)}
        for key, value in report.items():
            hostile = chance.random() < 0.03
            message = pmt.dict_add(message, pmt.intern(key), tags.hostile_value(chance) if hostile else as_pmt(chance, value))
        return message
    kinds, _ = arguments_of_blocks.arguments(BLOCKS[name])
    keys = [n for n in kinds if hasattr(BLOCKS[name], f"set_{n}")]
    for _ in range(chance.randint(1, 3)):
        key = chance.choice([*keys, *keys, "reset", "at"] if keys else ["reset", "hold", "save", "freeze", "relearn"])
        if key in kinds and chance.random() < 0.7:
            value = as_pmt(chance, value_of(chance, name, key, kinds[key]))
        else:
            value = tags.hostile_value(chance) if chance.random() < 0.5 else pmt.from_long(chance.randint(-5, 30000))
        message = pmt.dict_add(message, pmt.intern(key), value)
    return message


def draw_settings(chance, name, frame, given=()):
    """Settings that the block takes: those it needs, changed at random, as far as it takes the change.

    frame: n_fft and hop of the flowgraph. given: values of the block before it.
    """
    block = BLOCKS[name]
    kinds, required = arguments_of_blocks.arguments(block)
    settings = {n: arguments_of_blocks.needed[n] for n in {*required, "n_fft"} if n in kinds}
    settings.update({n: value for n, value in {**frame, **dict(given)}.items() if n in kinds})
    if "win_length" in required:
        settings["win_length"] = chance.randint(1, frame["n_fft"]) if chance.random() < 0.5 else min(16, frame["n_fft"])
    if "theta" in required:
        settings["theta"] = chance.uniform(0.5, 1) * frame["n_fft"]
    for n in chance.sample(list(kinds), min(len(kinds), chance.choice([0, 0, 1, 1, 2, 4, 8]))):
        value = value_of(chance, name, n, kinds[n])
        if n not in ("path", "state") and made(block, {**settings, n: value}) is not None:
            settings[n] = value
    return settings if made(block, settings) is not None else None


def made(block, settings):
    """The block, or None where it refuses its settings as it should."""
    try:
        return block(**settings)
    except ValueError as refused:
        if not REFUSED.match(str(refused)):
            raise AssertionError(f"{block.__name__}(**{settings}): {refused}") from refused
        return None
    except Exception as error:
        raise AssertionError(f"{block.__name__}(**{settings}): {error!r}") from error
