#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Tags and messages with useless values: they are ignored, and never stop a flowgraph.

GR_STFT_HOSTILE=10000 runs 10000 random flowgraphs, GR_STFT_FIRST_SEED=7 begins with another one.
"""
import itertools
import os
import random
import resource
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import run_to_end, tag

RUNS = int(os.environ.get("GR_STFT_HOSTILE", 600))
FIRST_SEED = int(os.environ.get("GR_STFT_FIRST_SEED", 1))
N_FFT, HOP, BINS = 16, 4, 9
WIDTH = 16  # of images
PATCHES = stft.stft2d_vfvc(WIDTH, 8, 4).output_signature().sizeof_stream_item(0) // 8

# name: what makes the block, the values in an item of its input, whether they are complex
MAKERS = {
    "stft": (lambda: stft.stft_fvc(N_FFT, HOP), 1, False),
    "spectrogram": (lambda: stft.spectrogram_fvf(N_FFT, HOP), 1, False),
    "stft_bins": (lambda: stft.stft_bins_fvc([0, 1.5], HOP, "hann", N_FFT, N_FFT), 1, False),
    "dstft": (lambda: stft.dstft_fvc(N_FFT, float(HOP), 15.5), 1, False),
    "adaptive_stft": (lambda: stft.adaptive_stft_fvc(32, HOP), 1, False),
    "stft2d": (lambda: stft.stft2d_vfvc(WIDTH, 8, 4), WIDTH, False),
    "istft": (lambda: stft.istft_vcf(N_FFT, HOP), BINS, True),
    "one_integral": (lambda: stft.one_integral_vcf(N_FFT), BINS, True),
    "idstft": (lambda: stft.idstft_vcf(N_FFT), BINS, True),
    "idstft of cells": (lambda: stft.idstft_vcf(N_FFT, share="cell"), BINS, True),
    "power": (lambda: stft.power_vcvf(N_FFT), BINS, True),
    "phase_reference": (lambda: stft.phase_reference_vcvc(N_FFT, HOP, 0, "start", "absolute"), BINS, True),
    "spectral_gain": (lambda: stft.spectral_gain_vcvc(N_FFT, HOP, learn=3), BINS, True),
    "hpss": (lambda: stft.hpss_vcvc(N_FFT, time_kernel=5), BINS, True),
    "band_weights": (lambda: stft.band_weights_vfvf(N_FFT, bands=3, samp_rate=8000), BINS, False),
    "phase_from_magnitude": (lambda: stft.phase_from_magnitude_vfvc(N_FFT, HOP, look_ahead=1), BINS, False),
    "phase_vocoder": (lambda: stft.phase_vocoder_vcvc(N_FFT, HOP), BINS, True),
    "istft2d": (lambda: stft.istft2d_vcvf(WIDTH, 8, 4), PATCHES, True),
}  # fmt: skip
# tags go on as they are
PASSING = "phase_reference", "spectral_gain", "phase_from_magnitude", "phase_vocoder", "hpss", "band_weights"


def placed_by_tags(name):
    """Tags that an idstft without other inputs needs."""
    if not name.startswith("idstft"):
        return []
    return [tag(0, "stft_step", pmt.from_double(HOP)), tag(0, "stft_theta", pmt.from_double(N_FFT))]


def run(name, items, tags, messages=()):
    """The bytes that a block makes of items full of ones, and the tags on them."""
    make, length, is_complex = MAKERS[name]
    block = make()
    source = (blocks.vector_source_c if is_complex else blocks.vector_source_f)(
        [1.0] * (items * length), False, length, sorted(tags, key=lambda t: t.offset))
    size = block.output_signature().sizeof_stream_item(0)
    sink = blocks.vector_sink_b(size)
    top = gr.top_block()
    top.connect(source, block, blocks.head(size, 100000), sink)  # a tag may ask for zeros almost without end
    for message in messages:
        block.to_basic_block()._post(pmt.intern("cmd"), message)
    run_to_end(top)
    return np.array(sink.data(), np.uint8).tobytes(), sink.tags()


def keys(tags):
    return {pmt.symbol_to_string(t.key) for t in tags}


class useless_rates(unittest.TestCase):
    def test_useless_rates_are_ignored_by_every_block(self):
        useless = [pmt.from_double(v) for v in (0.0, -5.0, np.nan, np.inf, -np.inf, 1e-300, 1e300)]
        useless += [pmt.from_long(0), pmt.intern("48k"), pmt.PMT_NIL, pmt.from_complex(1, 1), pmt.from_uint64(0)]
        time = pmt.make_tuple(pmt.from_uint64(100), pmt.from_double(0.5))
        for name in MAKERS:
            expected, _ = run(name, 200, placed_by_tags(name) + [tag(8, "rx_time", time)])
            self.assertTrue(expected, name)
            for value in useless:
                with self.subTest(block=name, rate=pmt.write_string(value)):
                    data, tags = run(
                        name, 200, placed_by_tags(name) + [tag(2, "rx_rate", value), tag(8, "rx_time", time)])
                    self.assertEqual(data, expected)
                    if name not in PASSING:
                        self.assertNotIn("rx_rate", keys(tags))
                    (at,) = [pmt.to_python(t.value) for t in tags if pmt.eq(t.key, pmt.intern("rx_time"))]
                    self.assertTrue(np.isfinite(at[1]) and at[0] <= 100, at)

    def test_useless_rates_are_told_from_numbers_of_any_type(self):
        for name in MAKERS:
            rates = []
            for value in (pmt.from_double(1000), pmt.from_long(1000), pmt.from_uint64(1000)):
                _, tags = run(name, 200, placed_by_tags(name) + [tag(0, "rx_rate", value)])
                rates += [pmt.to_double(t.value) if not pmt.is_uint64(t.value) else pmt.to_uint64(t.value)
                         for t in tags if pmt.eq(t.key, pmt.intern("rx_rate"))]
            self.assertEqual(rates, [rates[0]] * 3, name)
            self.assertIn(rates[0], (1000, 1000 / HOP, 1000 * HOP), name)


class tags_that_size_something(unittest.TestCase):
    def test_tags_of_sizes_are_ignored_unless_the_block_was_built_for_them(self):
        integers = [pmt.from_long(v) for v in (0, -1, 18, 100, 10**8, 2**31, 2**40 + 1, 2**62, 2**63 - 1, -(2**63))]
        integers += [pmt.from_uint64(2**64 - 1), pmt.from_double(3.5), pmt.intern("16"), pmt.PMT_NIL]
        reals = [pmt.from_double(v) for v in (0.0, -1.0, np.nan, np.inf, 1e300)] + [pmt.intern("x")]
        for name, (_, _, is_complex) in MAKERS.items():
            if not is_complex:
                continue
            expected, _ = run(name, 100, placed_by_tags(name))
            cases = [("stft_n_fft", integers), ("stft_win_length", integers), ("stft_length", integers[-4:] + integers[7:9]),
                     ("stft_theta", reals), ("stft_step", reals), ("stft_alpha", reals),
                     ("stft_chirp", reals[2:] + [pmt.from_double(0.6), pmt.from_double(-0.6)])]
            for (key, values), item in itertools.product(cases, (0, 99)):
                for value in values:
                    with self.subTest(block=name, item=item, key=key, value=pmt.write_string(value)):
                        tags = placed_by_tags(name)
                        if item == 0:
                            tags = [t for t in tags if not pmt.eq(t.key, pmt.intern(key))] or tags
                            if len(tags) < len(placed_by_tags(name)):
                                continue  # the tag would stand in place of the one that is needed
                        data, _ = run(name, 100, tags + [tag(item, key, value)])
                        self.assertEqual(len(data), len(expected))

    def test_tags_of_sizes_that_belong_together_cost_no_memory(self):
        together = [("stft_n_fft", pmt.from_long(2**27)), ("stft_win_length", pmt.from_long(2**27)), ("stft_scaling", pmt.intern("psd")),
                    ("stft_window", pmt.intern("hann")), ("stft_phase", pmt.intern("start"))]
        for name, (_, _, is_complex) in MAKERS.items():
            if is_complex:
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                run(name, 100, placed_by_tags(name) + [tag(0, key, value) for key, value in together])
                self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 200_000, name)  # KiB; n_fft floats are 512 MiB

    def test_tags_of_a_hop_far_beyond_the_window_cost_no_memory(self):
        for hop in (10**6, 2**40):
            data, _ = run("istft", 3, [tag(0, "stft_hop", pmt.from_long(hop))])
            y = np.frombuffer(data, np.float32)
            self.assertEqual(len(y), 100000)  # of the many zeros after the first frame
            self.assertFalse(y[N_FFT:].any())

    def test_tags_of_a_later_frame_far_away_give_zeros_up_to_it(self):
        for name in ("istft", "one_integral"):
            data, _ = run(name, 3, [tag(2, "stft_first", pmt.from_long(90000))])
            y = np.frombuffer(data, np.float32)
            self.assertEqual(len(y), 90000 + (N_FFT if name == "istft" else N_FFT // 2 + 1), name)
            self.assertFalse(y[20:90000 - 1].any())


class lengths_of_packets(unittest.TestCase):
    def test_end_where_they_no_longer_count_items(self):
        for name in MAKERS:
            _, tags = run(name, 100, placed_by_tags(name) + [tag(0, "packet_len", pmt.from_long(10))])
            one_to_one = name in (*PASSING, "power")
            self.assertEqual("packet_len" in keys(tags), one_to_one, name)


class numbers_in_messages(unittest.TestCase):
    def test_numbers_are_taken_from_pmts_of_any_type(self):
        cases = [("hop", 8, 8.0, ("dstft", "adaptive_stft")), ("theta", 12, 12.0, ("dstft", "adaptive_stft")),
                 ("theta_max", 24, 24.0, ("adaptive_stft",))]  # fmt: skip
        cases += [("hop", 8, None, ("stft", "spectrogram", "stft_bins")), ("window", 0, None, ("stft", "spectrogram"))]
        for key, integer, real, names in cases:
            for name in names:
                unchanged, _ = run(name, 200, [])
                pmts = [pmt.from_long(integer), pmt.from_uint64(integer)]
                pmts += [] if real is None else [pmt.from_double(real)]
                outputs = [run(name, 200, [], [pmt.cons(pmt.intern(key), value)])[0] for value in pmts]
                with self.subTest(block=name, key=key):
                    self.assertNotEqual(outputs[0], unchanged)
                    self.assertEqual(outputs, [outputs[0]] * len(outputs))

    def test_parameters_of_windows_are_taken_from_pmts_of_any_type(self):
        outputs = [run("stft", 200, [], [pmt.cons(pmt.intern("window"), pmt.make_tuple(pmt.intern("kaiser"), beta))])[0]
                for beta in (pmt.from_double(5), pmt.from_long(5), pmt.from_uint64(5))]
        self.assertEqual(outputs, [outputs[0]] * 3)

    def test_integers_beyond_64_bits_with_a_sign_change_nothing(self):
        for name in ("stft", "spectrogram", "stft_bins", "dstft", "adaptive_stft"):
            hop = pmt.from_double(8) if name in ("dstft", "adaptive_stft") else pmt.from_long(8)
            expected, _ = run(name, 200, [])
            for at in (2**63, 2**64 - 1):
                message = pmt.dict_add(pmt.make_dict(), pmt.intern("hop"), hop)
                message = pmt.dict_add(message, pmt.intern("at"), pmt.from_uint64(at))
                with self.subTest(block=name, at=at):
                    self.assertEqual(run(name, 200, [], [message])[0], expected)


def hostile_number(chance):
    return chance.choice([0, 1, -1, 2, 3, 8, 16, 17, 64, 10**8, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1, -(2**62),
                          -(2**63), chance.randint(-100, 100)])  # fmt: skip


def hostile_real(chance):
    return chance.choice([0.0, 1.0, -1.0, 1e-300, 1e300, 5e-324, np.inf, -np.inf, np.nan, 0.5, 48000.0, 1e8, 1e-3,
                          chance.uniform(-10, 70)])  # fmt: skip


WORDS = ["hann", "start", "centre", "absolute", "psd", "none", "ortho", "constant", "cell", "peak", "l2", "", "x" * 1000,
         "-3", "9" * 22]  # fmt: skip


def hostile_value(chance, depth=0):
    number, real = lambda: hostile_number(chance), lambda: hostile_real(chance)
    inner = (lambda: hostile_value(chance, depth + 1)) if depth < 2 else (lambda: pmt.PMT_NIL)
    return chance.choice([
        lambda: pmt.from_long(number()), lambda: pmt.from_double(real()),
        lambda: pmt.from_uint64(abs(number()) * chance.choice([1, 2]) % 2**64),
        lambda: pmt.from_complex(real(), real()), lambda: pmt.intern(chance.choice(WORDS)),
        lambda: chance.choice([pmt.PMT_NIL, pmt.PMT_T, pmt.PMT_F, pmt.PMT_EOF]),
        lambda: pmt.init_f64vector(*vector_of(chance, real)), lambda: pmt.init_f32vector(*vector_of(chance, chance.random)),
        lambda: pmt.init_c64vector(*vector_of(chance, lambda: complex(chance.random(), 1))),
        lambda: pmt.make_tuple(*[inner() for _ in range(chance.randint(0, 3))]), lambda: pmt.cons(inner(), inner()),
        lambda: pmt.make_tuple(pmt.from_uint64(abs(number())), pmt.from_double(real())), pmt.make_dict,
    ])()  # fmt: skip


def vector_of(chance, value):
    length = chance.choice([0, 1, 2, 16, 17, 100])
    return length, [value() for _ in range(length)]


TAG_KEYS = ["rx_rate", "rx_time", "rx_freq", "packet_len"] + ["stft_" + key for key in (
    "first", "hop", "n_fft", "win_length", "phase", "scaling", "window", "samp_rate", "length", "family", "norm", "share",
    "theta", "step", "alpha", "bins")]  # fmt: skip
COMMANDS = ["hop", "window", "win_length", "scaling", "at", "average", "reset", "bins", "theta", "load", "theta_min",
            "theta_max", "freeze", "nonsense"]  # fmt: skip


def hostile_message(chance):
    if chance.random() < 0.2:
        return hostile_value(chance)
    message = pmt.make_dict()
    for _ in range(chance.randint(0, 3)):
        message = pmt.dict_add(message, pmt.intern(chance.choice(COMMANDS)), hostile_value(chance))
    return message


class random_tags_and_messages(unittest.TestCase):
    def test_never_stop_a_flowgraph(self):
        for seed in range(FIRST_SEED, FIRST_SEED + RUNS):
            chance = random.Random(seed)
            name, items = chance.choice(list(MAKERS)), chance.choice([1, 5, 200, 3000])
            tags = [tag(chance.randrange(items), chance.choice(TAG_KEYS), hostile_value(chance))
                    for _ in range(chance.randint(1, 6))]
            takes_messages = not MAKERS[name][2] and name != "stft2d" or name == "power"
            messages = [hostile_message(chance) for _ in range(chance.choice([0, 0, 1, 3]))] if takes_messages else []
            try:
                run(name, items, placed_by_tags(name) + tags, messages)
            except Exception as e:
                raise AssertionError(f"seed {seed}, {name}, {items} items") from e


if __name__ == "__main__":
    unittest.main()
