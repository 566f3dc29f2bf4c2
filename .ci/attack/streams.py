# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that take a stream piece by piece: any pieces give the same bits, and a call that is refused changes nothing."""

import dataclasses
import warnings

import numpy as np
from functions import array, hostile, shortened
from gnuradio import stft
from tables import REFUSED

TRACKED = ("times", "frequency", "rate", "confidence")  # of ridges


def samples(chance, complex_too=True):
    """Up to some thousand samples with tones that come and go, silence, samples that are not finite, another level."""
    generator = np.random.default_rng(chance.getrandbits(32))
    length = chance.choice([0, 1, 15, 100, chance.randint(1, 9000), chance.randint(1, 9000)])
    n = np.arange(length)
    x = generator.standard_normal(length)
    if complex_too and chance.random() < 0.5:
        x = x + 1j * generator.standard_normal(length)
    for _ in range(chance.randint(0, 4)):
        first, last = sorted(chance.randint(0, length) for _ in range(2))
        part = np.exp(2j * np.pi * chance.random() * n[first:last]) * chance.choice([1, 10, 1000])
        way = chance.choice(["tone", "tone", "tone", "silence", "nan", "inf", "louder"])
        if way == "tone":
            x[first:last] += part if np.iscomplexobj(x) else part.real
        elif way in ("nan", "inf"):
            x[first : first + chance.randint(0, 9)] = getattr(np, way)
        else:
            x[first:last] *= 0 if way == "silence" else 100
    with np.errstate(all="ignore"):
        return x * chance.choice([1, 1, 1e-20, 1e15])


def _denoiser(chance):
    n_fft = chance.choice([16, 16, 64, 7, 15])
    x = samples(chance)
    settings = {
        "dtype": chance.choice([np.complex64, np.complex128] if np.iscomplexobj(x) else [np.float32, np.float64]),
        "n_fft": n_fft,
        "hop": chance.choice([1, 4, max(1, n_fft // 2), n_fft]),
        "window": chance.choice(["hann", "hamming", "boxcar"]),
        "placement": chance.choice(["centred", "left", "full"]),
        "method": chance.choice(["log_mmse", "mmse", "wiener", "subtraction"]),
        "learn": chance.choice([0, 0, 3, 40]),
        "tracking": chance.choice(["automatic", "presence", "floor", "held"]),
        "gain_floor": chance.choice([-15, 0, -200]),
        "smoothing": chance.choice([1, 3]),
        "fs": chance.choice([1.0, 8000.0]),
    }
    changes = [("change", {"gain_floor": -6.0}), ("change", {"method": "wiener"}), ("change", {"learn": 5}), ("reset", {})]
    return stft.Denoiser, settings, _in_turn(chance, x.astype(settings["dtype"]), changes)


def _detector(chance):
    n_fft = chance.choice([16, 64, 64, 31])
    x = samples(chance)
    settings = {
        "dtype": np.complex64 if np.iscomplexobj(x) else np.float32,
        "samp_rate": chance.choice([1.0, 48000.0, 2.4e6]),
        "n_fft": n_fft,
        "hop": chance.choice([None, 1, n_fft // 4, n_fft, 3 * n_fft]),
        "warm_up": chance.choice([16, 20, 256]),
        "false_alarms": chance.choice([1.0, 1e-6, 1e9]),
        "steady": chance.choice([8, 512]),
        "steps": chance.random() < 0.5,
        "gap_rows": chance.choice([0, 2, 30]),
        "gap_bins": chance.choice([0, 2, n_fft]),
        "max_events": chance.choice([1, 3, 4096]),
        "update_interval": chance.choice([0.001, 1.0, 60.0]),
        "scales": chance.choice(["", "1x1", "1x1,4x4", "64x1"]),
        "freq_center": chance.choice([None, 0.0, 433e6]),
        "time": chance.choice([None, 0.0, 1.7e9]),
    }
    changes = [("skip", chance.choice([1, 10, 100, 10**6])), ("retune", chance.choice([0.0, 1e6])), ("set_time", chance.choice([None, 1e9]))]
    return stft.SignalDetector, settings, _in_turn(chance, x.astype(settings["dtype"]), changes)


def _tracker(chance):
    x = samples(chance, complex_too=False)
    lowest = chance.choice([8.0, 10.0, 20.0])
    settings = {
        "fs": chance.choice([500.0, 1000.0]),
        "f_range": (lowest, lowest * chance.choice([1.5, 2, 3])),
        "orders": chance.choice([(1,), (1, 2), (2, 4, 6)]),
        "duration": chance.choice([0.25, 0.5]),
        "lag": chance.choice([0, 0.1, 1]),
        "tracks": chance.choice([1, 1, 2]),
        "rates": chance.choice([None, (0,)]),
        "reject": chance.choice([(), (50,)]),
        "limit": chance.choice([0, 6]),
        "dtype": chance.choice([np.float32, np.float64]),
    }
    return stft.RidgeTracker, settings, _in_turn(chance, x.astype(settings["dtype"]), [("skip", chance.choice([1, 7, 1000]))])


def _cutter(chance):
    x = samples(chance)
    settings = {
        "samp_rate": chance.choice([1.0, 48000.0]),
        "pre": chance.choice([0, 5, 10000]),
        "post": chance.choice([0, 5, 10000]),
        "max_clip": chance.choice([1, 100, 10**6]),
        "history": chance.choice([0, 10, 10**5]),
        "shift": np.iscomplexobj(x) and chance.random() < 0.5,
    }
    detector = stft.SignalDetector(settings["samp_rate"], n_fft=16, warm_up=16, dtype=np.complex64 if np.iscomplexobj(x) else np.float32)
    events = [*detector.push(x), *detector.finish()]
    changes = [("request", event) for event in chance.sample(events, min(len(events), 4))] + [("skip", chance.choice([1, 100, 10**5]))]
    return stft.EventCutter, settings, _in_turn(chance, x, changes)


def _alarm(chance):
    levels, rows = chance.randint(1, 3), chance.choice([0, 1, 30, 300])
    generator = np.random.default_rng(chance.getrandbits(32))
    values = np.abs(np.cumsum(generator.standard_normal((rows, levels)), axis=0))
    values[generator.random((rows, levels)) < chance.choice([0, 0.1])] = chance.choice([np.nan, 0, np.inf])
    settings = {
        "levels": levels,
        "limit": chance.choice([1.0, [2.0, 5.0]]),
        "hysteresis": chance.choice([0.0, 0.1, 0.9]),
        "t_on": chance.choice([0.0, 2.0, 10.0]),
        "t_off": chance.choice([0.0, 3.0, 60.0]),
        "rate": chance.choice([1.0, 7.3]),
        "time": chance.choice([None, 1.7e9]),
    }
    return stft.LevelAlarm, settings, _in_turn(chance, values, [("skip", chance.choice([0, 1, 50]))])


def _in_turn(chance, x, changes):
    """Calls (name, argument): pushes of the whole of x, with changes between them."""
    places = sorted(chance.randint(0, len(x)) for _ in range(chance.choice([0, 0, 1, 3]) if changes else 0))
    calls, first = [], 0
    for place in places:
        calls += [("push", x[first:place]), chance.choice(changes)]
        first = place
    return [*calls, ("push", x[first:])]


def in_pieces(chance, calls):
    """The same calls, what is pushed being divided."""
    divided = []
    for name, given in calls:
        if name != "push":
            divided.append((name, given))
            continue
        most = chance.choice([1, 10, 100, 5000]) if len(given) < 2000 else chance.choice([50, 500, 5000])
        first = 0
        while first < len(given):
            count = chance.randint(0, most)
            divided.append(("push", given[first : first + count]))
            first += count
    return divided


def played(kind, settings, calls, between=lambda stream: None):
    """What the stream has given in all, in a form that is compared by ==."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        stream = kind(**settings)
        got, zones = [], []
        for name, given in calls:
            between(stream)
            if kind is stft.LevelAlarm and name == "push":
                given = given.T
            call = getattr(stream, name)
            got.append(call(**given) if name in ("change", "reset") else call(given))
            if kind is stft.LevelAlarm and name == "push" and given.size:
                zones.append(stream.zones)
        if hasattr(stream, "finish"):
            got.append(stream.finish())
        if kind is stft.LevelAlarm:
            got.append([np.concatenate([one.T for one in zones] or [()]), stream.nearly, stream.raised, stream.rows])
    return plain(kind, [one for one in got if one is not None])


def plain(kind, results):
    """Bytes of arrays, and texts of events and clips."""
    if kind is stft.Denoiser:
        return np.concatenate([np.asarray(one) for one in results]).tobytes()
    if kind is stft.RidgeTracker:
        return [np.concatenate([getattr(one, name) for one in results], axis=-1).tobytes() for name in TRACKED]
    return [repr(_bare(one)) for group in results for one in group]


def _bare(value):
    """A clip's samples by their bytes, a NaN like another."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    if dataclasses.is_dataclass(value):
        return {field.name: _bare(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {name: _bare(one) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_bare(one) for one in value]
    return value


def made(kind, settings, chance):
    """The settings, one of them of any kind; None where they are refused as they should be."""
    if chance.random() < 0.3:
        settings[chance.choice(list(settings))] = hostile(chance)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            kind(**settings)
    except ValueError as refused:
        if not REFUSED.match(str(refused)):
            raise AssertionError(f"{kind.__name__}(**{shortened(settings)}) refuses in other words: {refused}") from refused
        return None
    except (MemoryError, TypeError):
        return None
    except Exception as error:
        raise AssertionError(f"{kind.__name__}(**{shortened(settings)}): {error!r}") from error
    return settings


def refused_call(chance, kind):
    """A call of any method with anything, which a stream is to forget; Taken where it is not refused."""

    def between(stream):
        if chance.random() < 0.8:
            return
        name = chance.choice([n for n in dir(kind) if not n.startswith("_") and callable(getattr(kind, n))])
        if name in ("finish", "finish_lines", "reset", "save", "load"):
            return
        given = hostile(chance) if chance.random() < 0.5 else array(chance)
        try:
            if name == "change":
                stream.change(**{chance.choice(["x", "gain_floor", "learn", "method"]): given})
            else:
                getattr(stream, name)(given)
        except (MemoryError, TypeError):
            return
        except ValueError as refused:
            if not REFUSED.match(str(refused)):
                raise AssertionError(f"{kind.__name__}.{name}({shortened({'': given})}) refuses in other words: {refused}") from refused
            return
        except Exception as error:
            raise AssertionError(f"{kind.__name__}.{name}({shortened({'': given})}): {error!r}") from error
        raise Taken

    return between


class Taken(Exception):
    """The stream is another one now."""


def attack(chance):
    kind, settings, calls = chance.choice([_denoiser, _detector, _tracker, _cutter, _alarm])(chance)
    if made(kind, settings, chance) is None:
        return
    of = f"{kind.__name__}(**{shortened(settings)}), {[(name, len(x) if name == 'push' else x) for name, x in calls]}"
    try:
        whole = played(kind, settings, calls)
    except (ValueError, MemoryError) as refused:  # a change that the settings do not allow
        if not isinstance(refused, MemoryError) and not REFUSED.match(str(refused)):
            raise AssertionError(f"{of}: {refused}") from refused
        return
    if whole != played(kind, settings, in_pieces(chance, calls)):
        raise AssertionError(f"{of}: other results in pieces")
    try:
        if whole != played(kind, settings, in_pieces(chance, calls), refused_call(chance, kind)):
            raise AssertionError(f"{of}: other results after a call that was refused")
    except Taken:
        pass
