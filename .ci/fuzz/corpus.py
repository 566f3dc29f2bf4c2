# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Seeds of the fuzzers: what the module itself writes, and what its documentation shows. Nothing of it is stored in the tree."""

import os
import random
import struct
import tempfile

import numpy as np
from gnuradio import blocks, gr, stft


def state_files():
    """Texts of states that monitors have saved."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "state")
        top = gr.top_block()
        levels = np.random.default_rng(1).uniform(0.5, 3, 200)
        top.connect(blocks.vector_source_f(levels.tolist(), False, 2), stft.level_alarm(2, [1.0, 2.0], state=path), blocks.null_sink(8))
        top.run()
        top = gr.top_block()
        top.connect(blocks.vector_source_f(levels.tolist(), False, 2), stft.baseline(2, state=path), blocks.null_sink(8))
        top.run()
        with open(path, "rb") as file:
            text = file.read()
    yield text
    yield b'{"format": "gr-stft monitor", "version": 1, "sections": {}}'
    yield text.replace(b"null", b"1e400").replace(b"0", b"-9223372036854775808", 3)
    yield b"[" * 100 + b"]" * 100


def names():
    """Words as users and metadata give them."""
    yield from (text.encode() for text in (
        "2026-11-29T03:15:00.500000000Z", "1970-01-01T00:00:00Z", "2026-02-30T25:61:61+01:00", "1x1,4x1,4x4", "64x4", "256x256,3x1",
        "-2e5:-1e5,0:1.5e3", "433.9e6:434.0e6", "nan:inf", "axial,radial", "a,,b", "hann", "kaiser", "\x06kaiser\x01@ \0\0\0\0\0\0",
        "\x05tukey\x01\0\0\0\0\0\0\xe0?", "\x08gaussian", "dpss", "taylor", "say \"so\"\n\0", "é\ud83d\ude00".encode("utf-16", "surrogatepass").decode("latin-1")))


def theta_files():
    for count in (1, 2, 9, 40):
        yield bytes([count - 1]) + struct.pack(f"<{count}f", *range(count))[1:]
    yield b""


def pmt_bytes(value):
    """What bytes.h reads as this value: a number, a text, None, a list of numbers, or a tuple of two values."""
    if value is None:
        return b"\x10"
    if isinstance(value, str):
        return bytes([3, len(value)]) + value.encode()
    if isinstance(value, int):
        return b"\4" + struct.pack("<q", value)
    if isinstance(value, float):
        return b"\6" + struct.pack("<d", value)
    if isinstance(value, tuple):
        full, fraction = value
        return b"\x09\5" + struct.pack("<Q", full) + pmt_bytes(fraction)
    return bytes([12, len(value)]) + struct.pack(f"<{len(value)}d", *value)


def named(name, value):
    """A key that is none of a fuzzer's own list, and its value."""
    return bytes([255, len(name)]) + name.encode() + pmt_bytes(value)


TAGS = {"rx_time": (1795922100, 0.5), "rx_rate": 1e6, "rx_freq": 433.92e6, "overflow": 30, "packet_len": 100, "stft_first": -8, "stft_length": 1000,
        "stft_n_fft": 16, "stft_hop": 4, "stft_window": [0.5, 1.0, 0.5], "stft_win_length": 3, "stft_phase": "absolute", "stft_scaling": "psd",
        "stft_samp_rate": 1e6, "stft_bins": [0.0, 1.5], "stft_family": "hann", "stft_norm": "l2", "stft_share": "frame", "stft_theta": 9.5,
        "stft_step": 2.5, "stft_alpha": 0.25, "stft_chirp": 1e-3}  # fmt: skip


def tags():
    """A value of each kind after each key; values that hold; and all of those of a stream at once."""
    for key in range(32):
        for kind in range(18):
            yield bytes([0, 0, key, kind]) + random.Random(key * 18 + kind).randbytes(40)
    each = [bytes([at, 0]) + named(name, value) for at, (name, value) in enumerate(TAGS.items())]
    yield from each
    yield b"".join(each[:8])
    yield b"".join(each[6:14])
    yield b"".join(each[14:])
    yield bytes([0, 0]) + named("rx_time", (1795922100, 0.5)) + bytes([9, 0]) + named("rx_time", (2**63, 1e300))


REPORT = {"kind": "burst", "state": "end", "id": 7, "time": "2026-11-29T03:15:00.500000000Z", "duration": 0.25, "sample_start": 1000,
          "sample_count": 250, "samp_rate": 1e3, "freq_lower": 433.91e6, "freq_upper": 433.93e6, "freq_peak": 433.92e6, "freq_center": 433.92e6,
          "bandwidth": 2e4, "power_db": -40.0, "noise_db": -90.0, "snr_db": 17.5, "energy_db": 60.0, "cells": 30, "rows": 9, "cut": None,
          "source": "air", "n_fft": 32, "hop": 8}  # fmt: skip
CHANGES = {"hop": 8, "window": "hann", "win_length": 32, "scaling": "psd", "at": 100, "reset": None, "bins": [1.0, 2.5], "false_alarms": 2.0,
           "min_snr": 6.0, "dynamic_range": 30.0, "min_duration": 0.5, "min_bandwidth": 0.1, "ignore": "-0.2:-0.1,0:0.1", "center_freq": 433.92e6}


def reports():
    """Reports that blocks take, and those with the largest numbers."""
    farthest = 2**62
    for more in ({}, {"kind": "gap"}, {"kind": "retune", "freq_center": 1e308}, {"state": "begin"}, {"cut": "withdrawn"}, {"id": -1},
                 {"sample_start": -farthest}, {"sample_start": farthest, "sample_count": 0}, {"sample_start": 0, "sample_count": farthest},
                 {"sample_count": -farthest}, {"samp_rate": 5e-324, "freq_lower": -1e308, "freq_upper": 1e308}):  # fmt: skip
        report = {**REPORT, **more}
        yield bytes([len(report)]) + b"".join(named(*item) for item in report.items())


def messages():
    for key in range(64):
        for kind in range(3, 10):
            yield bytes([1, 1, key, kind]) + random.Random(key * 18 + kind).randbytes(40)
    for report in reports():
        yield b"\1" + report
    for name, value in CHANGES.items():
        yield b"\1\1" + named(name, value)
    yield bytes([1, len(CHANGES)]) + b"".join(named(*item) for item in CHANGES.items())


def journals():
    """Lines as they are written, torn, of a folder that was full of zeros, and with the largest numbers."""
    objects = [f'annotation {start} {{"core:sample_start": {start}, "core:sample_count": 5, "core:label": "burst", "stft:cut": null}}\n'
               for start in (0, 1000, 1000)]
    text = ("rate 1000000\ncapture 0 1000000 433920000 1795922100 0.5 0\ncapture 5000 1000000 - - - 0\n" + "".join(objects)).encode()
    yield text
    yield text[:-30]
    yield text.replace(b"rate", b"carried 1\nfrom 1000\nrate")
    yield text[:80] + bytes(40) + text[120:]
    yield text.replace(b"5000", str(2**63 - 1).encode()).replace(b" 0\n", str(-2**63).encode().join((b" ", b"\n")))
    yield text.replace(b"1795922100 0.5", b"9223372036854775807 -1e300").replace(b"1000000", b"inf")
    yield text.replace(b"null", b"[" * 100)
    yield text.replace(b"burst", b"\xff\xfe").replace(b"1000 ", b"-1 ")


def blocks_messages():
    """A block, then a dict of one or two of its keys, mostly with numbers."""
    for block in range(26):
        for key in range(14):
            for kind in (3, 4, 6, 12):
                numbers = struct.pack("<d", random.Random(key * 18 + kind).choice([0.5, 1.0, 3.0, 1e9, -1.0]))
                yield bytes([block, 2, 1, key, kind]) + (b"\2" if kind == 12 else b"") + 2 * numbers
        yield bytes([block, 3, 5]) + random.Random(block).randbytes(120)
        for report in reports():
            yield bytes([block, 3]) + report + b"\3" + report


SEEDS = {"fuzz_state": state_files, "fuzz_names": names, "fuzz_theta_file": theta_files, "fuzz_tags": tags, "fuzz_messages": messages,
         "fuzz_journal": journals, "fuzz_blocks": blocks_messages}


def write(target, folder):
    os.makedirs(folder, exist_ok=True)
    for number, data in enumerate(SEEDS.get(target, lambda: [b""])()):
        with open(os.path.join(folder, f"seed_{number}"), "wb") as file:
            file.write(data)
