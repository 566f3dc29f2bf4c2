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


def tags():
    """Bytes that hold one value of each kind after each key."""
    for key in range(24):
        for kind in range(18):
            yield bytes([0, 0, key, kind]) + random.Random(key * 18 + kind).randbytes(40)


def messages():
    for key in range(35):
        for kind in range(3, 10):
            yield bytes([1, 1, key, kind]) + random.Random(key * 18 + kind).randbytes(40)


def blocks_messages():
    """A block, then a dict of one or two of its keys, mostly with numbers."""
    for block in range(26):
        for key in range(14):
            for kind in (3, 4, 6, 12):
                numbers = struct.pack("<d", random.Random(key * 18 + kind).choice([0.5, 1.0, 3.0, 1e9, -1.0]))
                yield bytes([block, 2, 1, key, kind]) + (b"\2" if kind == 12 else b"") + 2 * numbers
        yield bytes([block, 3, 5]) + random.Random(block).randbytes(120)


SEEDS = {"fuzz_state": state_files, "fuzz_names": names, "fuzz_theta_file": theta_files, "fuzz_tags": tags, "fuzz_messages": messages,
         "fuzz_blocks": blocks_messages}


def write(target, folder):
    os.makedirs(folder, exist_ok=True)
    for number, data in enumerate(SEEDS.get(target, lambda: [b""])()):
        with open(os.path.join(folder, f"seed_{number}"), "wb") as file:
            file.write(data)
