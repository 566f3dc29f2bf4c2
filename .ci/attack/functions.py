# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Random arguments of every array function: each is taken, or refused by a ValueError; and values against plain sums."""

import inspect
import warnings

import numpy as np
from gnuradio import stft
from tables import REFUSED, test_module

oracles = test_module("qa_oracles")
calls = test_module("qa_arguments").CALLS
FUNCTIONS = {name: value for name, value in vars(stft).items() if inspect.isfunction(value) and not name.startswith("_")}
LEFT_OUT = {"batch"}  # it starts processes
OBJECTS = {"names", "events", "reports", "detected", "ridges", "progress", "history", "criterion"}  # what other functions make


def array(chance, shape=None):
    generator = np.random.default_rng(chance.getrandbits(32))
    if shape is None:
        shape = tuple(chance.choice([0, 1, 2, 9, 16, 100]) for _ in range(chance.choice([0, 1, 1, 1, 2, 2, 3])))
    x = generator.standard_normal(shape)
    if chance.random() < 0.3:
        x = x + 1j * generator.standard_normal(shape)
    way = chance.choice(["plain"] * 6 + ["nan", "inf", "zero", "huge", "tiny", "float32", "int", "object", "text", "swapped", "half",
                                         "long", "strided", "frozen", "list", "bool", "empty", "uint8"])  # fmt: skip
    if way in ("nan", "inf") and x.size:
        x.flat[chance.randrange(x.size)] = getattr(np, way)
    elif way == "zero":
        x = 0 * x
    elif way == "huge":
        x = x * 1e300
    elif way == "tiny":
        x = x * 1e-310
    elif way == "float32":
        x = x.astype(np.complex64 if np.iscomplexobj(x) else np.float32)
    elif way in ("int", "uint8", "half", "bool", "swapped"):
        x = np.real(x).astype({"int": np.int64, "uint8": np.uint8, "half": np.float16, "bool": bool, "swapped": ">f8"}[way])
    elif way == "long":
        x = np.real(x).astype(np.longdouble)
    elif way == "object":
        x = x.astype(object)
    elif way == "text":
        x = x.astype(str)
    elif way == "strided" and x.ndim:
        x = np.repeat(x, 2, axis=-1)[..., ::-2]
    elif way == "frozen":
        x = np.array(x)
        x.setflags(write=False)
    elif way == "list":
        x = x.tolist()
    elif way == "empty":
        x = np.zeros((0,) * np.ndim(x))
    return x


BY_NAME = {
    "n_fft": lambda c: c.choice([1, 2, 7, 16, 16, 16, 64]),
    "hop": lambda c: c.choice([1, 2, 4, 4, 5, 16]),
    "win_length": lambda c: c.choice([None, 1, 7, 16]),
    "window": lambda c: c.choice(["hann", "hamming", ("kaiser", 5.0), ("tukey", 0.5), "boxcar", np.ones(16), "gaussian"]),
    "win": lambda c: np.ones(c.choice([1, 8, 16])),
    "theta": lambda c: c.choice([8.0, 12.0, 16.0, np.full((1, 1), 9.0)]),
    "t": lambda c: np.arange(0.0, 60.0, 7.0),
    "fs": lambda c: c.choice([1.0, 48000.0, 1000.0]),
    "samp_rate": lambda c: c.choice([1.0, 48000.0, 1000.0]),
    "workers": lambda c: c.choice([1, 1, 2, -1]),
    "axis": lambda c: c.choice([-1, 0, 1]),
    "length": lambda c: c.choice([None, 1, 30, 100]),
    "sides": lambda c: c.choice([None, "onesided", "twosided", "centered"]),
    "placement": lambda c: c.choice(["centred", "left", "full"]),
    "phase": lambda c: c.choice(["start", "centre", "absolute", 3]),
    "shape": lambda c: c.choice([(16, 20), (1, 1), (30, 9)]),
    "geometry": lambda c: (8, 0.235, 1.245, 0.0),
    "f_range": lambda c: (100.0, 200.0), "f_top": lambda c: 100.0, "f": lambda c: c.choice([30.0, 1.0, np.linspace(20, 30, 100)]),
    "bins": lambda c: c.choice([[1, 2], [0.5], [0]]),
    "bands": lambda c: c.choice(["0.1:0.4", "100:400", [(0.1, 0.3)]]),
    "events": lambda c: [], "reports": lambda c: [], "iterations": lambda c: c.choice([0, 1, 3]),
    "max_iterations": lambda c: c.choice([0, 1, 3]), "frames": lambda c: c.choice([None, 1, 5]),
    "f_max": lambda c: c.choice([None, 50.0, 200.0]), "alpha": lambda c: c.choice([0.0, 0.25]), "limit": lambda c: [1.0],
    "source": lambda c: c.choice(["start", "centre", 2]), "target": lambda c: c.choice(["absolute", "centre"]),
}  # fmt: skip


def hostile(chance):
    return chance.choice([
        None, -1, 0, 1, 2**31, 2**40, 2**62, 2**63, 1e18, -(2**70), 0.5, -0.0, 1e308, 5e-324, float("nan"), float("inf"), True, "x", "", "\0",
        "é" * 300, b"bytes", 1j, (), [], {}, [[]], [None], (1, 2, 3), object(), np.float32(3), np.int8(4), np.bool_(True), np.array(4), range(3), print,
        "hann", "all", "psd", np.array([np.nan]), np.ones(16), np.ones((2, 16)), "l1l2", "frame", "cell"])  # fmt: skip


def random_call(chance):
    name = chance.choice([n for n in FUNCTIONS if n not in LEFT_OUT])
    function = FUNCTIONS[name]
    parameters = [p for p in inspect.signature(function).parameters.values() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    given = {}
    for p in parameters:
        optional = p.default is not p.empty
        if optional and chance.random() < 0.75:
            continue
        if p.name in OBJECTS:
            if p.name in BY_NAME and not optional:
                given[p.name] = BY_NAME[p.name](chance)
            continue
        if chance.random() < (0.15 if optional else 0.05):
            given[p.name] = hostile(chance)
        elif p.name in BY_NAME:
            given[p.name] = BY_NAME[p.name](chance)
        elif optional:
            given[p.name] = p.default if chance.random() < 0.5 else hostile(chance)
        else:
            given[p.name] = array(chance)
    if "n_fft" in inspect.signature(function).parameters and chance.random() < 0.7:
        given.setdefault("n_fft", 16)
        if "hop" in inspect.signature(function).parameters:
            given.setdefault("hop", 4)
    checked(name, lambda: function(**given), given, (MemoryError, TypeError))  # an object where a number is due has Python's words


def changed_array(chance):
    """A call that is right but for one array."""
    name = chance.choice(list(calls))
    shown = {}

    def instead(right):
        shown["array"] = array(chance, np.shape(right) if chance.random() < 0.5 else None)
        return shown["array"]

    checked(name, lambda: calls[name](instead), shown)


def checked(name, call, given, others=(MemoryError,)):
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            call()
    except ValueError as refused:
        if not REFUSED.match(str(refused)) and not name.startswith(("ShortTimeFFT", "closest_STFT")):  # which have SciPy's words
            raise AssertionError(f"{name}(**{shortened(given)}) refuses in other words: {refused}") from refused
    except others:
        pass  # it was asked for so much memory
    except Exception as error:
        raise AssertionError(f"{name}(**{shortened(given)}): {error!r}") from error


def shortened(given):
    def shown(value):
        whole = repr(value)
        return whole if len(whole) < 100 else f"{type(value).__name__} {getattr(value, 'dtype', '')} {getattr(value, 'shape', '')}"

    return "{" + ", ".join(f"{name!r}: {shown(value)}" for name, value in given.items()) + "}"


def against_sums(chance):
    """The STFT, chosen bins, the DSTFT and their inverses, with random parameters."""
    generator = np.random.default_rng(chance.getrandbits(32))
    n_fft = chance.randint(1, 40)
    win_length, hop, length = chance.randint(1, n_fft), chance.randint(1, 2 * n_fft), chance.randint(1, 150)
    is_complex = chance.random() < 0.5
    x = generator.standard_normal(length) + (1j * generator.standard_normal(length) if is_complex else 0)
    w = generator.uniform(0.5, 1.5, win_length)
    first, frames = chance.randint(-60, 60), chance.randint(0, 9)
    phase = chance.choice(["start", "centre", "absolute", chance.randint(-5, 50)])
    r = {"start": 0, "centre": win_length // 2}.get(phase, phase)
    sides = "twosided" if is_complex else "onesided"
    bins = np.arange(n_fft if is_complex else n_fft // 2 + 1)
    starts = first + hop * np.arange(frames)
    of = f"n_fft {n_fft}, win_length {win_length}, hop {hop}, length {length}, first {first}, frames {frames}, phase {phase}"
    made = dict(hop=hop, n_fft=n_fft, first=first, frames=frames, phase=phase)
    workers = chance.choice([1, 2])
    close(stft.stft(x, w, sides=sides, workers=workers, **made), oracles.stft_sum(x, w, starts, n_fft, bins, r), f"stft, {of}")
    chosen = generator.uniform(0, n_fft / 2, 3)
    method = chance.choice(["direct", "auto"])
    close(stft.stft_bins(x, chosen, w, method=method, **made), oracles.stft_sum(x, w, starts, n_fft, chosen, r), f"stft_bins {method}, {of}")
    theta = generator.uniform(1, n_fft)
    t = generator.uniform(-10, length + 10, max(1, frames))
    if n_fft > 1:
        close(stft.dstft(x, theta, t, n_fft=n_fft, norm="peak", sides=sides), oracles.dstft_sum(x, theta, t, n_fft, len(bins)), f"dstft, {of}, theta {theta}, t {t}")
    if hop <= win_length:
        X = stft.stft(x, w, hop=hop, n_fft=n_fft, placement="full", phase=phase, sides=sides)
        back = stft.istft(X, w, hop=hop, n_fft=n_fft, placement="full", phase=phase, sides=sides, length=length)
        close(back, x, f"istft, {of}")


def close(got, expected, of):
    if np.shape(got) != np.shape(expected):
        raise AssertionError(f"{of}: shape {np.shape(got)}, not {np.shape(expected)}")
    error = np.max(np.abs(got - expected), initial=0)
    if not error < 1e-9:
        raise AssertionError(f"{of}: an error of {error}")


def attack(chance):
    for _ in range(5):
        chance.choice([random_call, random_call, changed_array, against_sums])(chance)
