#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Random flowgraphs: every sample comes back, whatever rows, buffers, readers and order of connection; each graph runs three
times.

GR_STFT_FLOWGRAPHS=10000 runs 10000 of them, GR_STFT_FIRST_SEED=7 begins with another one.
"""
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import numpy as np
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import run_again

GRAPHS = int(os.environ.get("GR_STFT_FLOWGRAPHS", 60))
FIRST_SEED = int(os.environ.get("GR_STFT_FIRST_SEED", 1))
BEYOND_PAGES = 32768  # whole pages of a real row of this n_fft would exceed 64 MiB


def noise(seed, length, is_complex):
    generator = np.random.default_rng(seed)
    x = generator.standard_normal(length, np.float32)
    return x + 1j * generator.standard_normal(length, np.float32) if is_complex else x


def random_size(chance):
    """Small, odd, around every size at which buffers change, and beyond."""
    kinds = [
        lambda: chance.randint(1, 70), lambda: 2**chance.randint(5, 12), lambda: chance.randint(64, 3000),
        lambda: chance.choice([2047, 2049, 4095, 4096, 4097, 5000, 6000, 8191, 8192, 8193]),
        lambda: chance.choice([12288, 16382, 16384, 16386, BEYOND_PAGES - 2, BEYOND_PAGES, BEYOND_PAGES + 2, 65536]),
    ]  # fmt: skip
    return chance.choice(kinds)()


def with_letters(name, is_complex):
    """stft_fvc or stft_cvc of "stft", istft_vcf or istft_vcc of "istft"."""
    letter = "c" if is_complex else "f"
    return getattr(stft, f"{name}_vc{letter}" if name in ("istft", "idstft", "one_integral") else f"{name}_{letter}vc")


class random_flowgraph:
    """A source, an analysis, and up to three readers of its rows, one inverse at least; buffers and calls limited at random."""

    def __init__(self, seed, directory):
        chance = random.Random(seed)
        self.is_complex = chance.random() < 0.4
        self.dtype = np.complex64 if self.is_complex else np.float32
        self.tolerance = 1e-3
        self.legs, self.of_several = [], []
        self.text = [f"seed {seed}"]
        self.choose_transform(chance)
        frames = chance.choice([1, 2, 10, 100, 1000, 3000])
        longest = int(6e5) if self.kind != "stft" else min(4_000_000, int(2e7 * self.hop / self.n_fft))
        self.x = noise(seed, min(longest, frames * self.hop + chance.randint(1, self.n_fft)), self.is_complex)
        self.input = os.path.join(directory, "input")
        self.x.tofile(self.input)

        self.top = gr.top_block()
        self.source = blocks.file_source(self.x.itemsize, self.input, False)
        self.blocks = [self.source, self.analysis]
        self.top.connect(self.source, self.analysis)
        for leg in range(chance.choice([1, 1, 1, 2, 3])):
            self.connect_leg(chance, leg, os.path.join(directory, f"output{leg}"))
        self.limit(chance)

    def choose_transform(self, chance):
        self.kind = chance.choice(["stft"] * 6 + ["dstft", "cells", "adaptive", "bins"])
        n = random_size(chance)
        parts = 1, 2, 3, 4, 8
        if self.kind == "stft":
            hop = max(1, n // chance.choice(parts[1:]))
            shape = {"window": "hamming", "placement": chance.choice(["centred", "full"])}
            analysis = lambda make: make(n, hop, **shape)
            self.inverse = lambda: with_letters("istft", self.is_complex)(n, hop, **shape)
            self.tolerance = 3e-5
        elif self.kind == "bins":
            n, hop = min(n, 256), 1
            rows = n if self.is_complex else n // 2 + 1
            analysis = lambda _: with_letters("stft_bins", self.is_complex)(list(range(rows)), 1, "hann", n, n)
            self.inverse = lambda: with_letters("one_integral", self.is_complex)(n)
        elif self.kind == "adaptive":
            n = max(32, n)
            hop = max(1, n // chance.choice([8, 10, 16]))
            analysis = lambda _: with_letters("adaptive_stft", self.is_complex)(n, hop)
            self.inverse = lambda: with_letters("idstft", self.is_complex)(n)
        else:
            n = max(2, n) if self.kind == "dstft" else min(max(2, n), 512)
            share = "constant" if self.kind == "dstft" else "cell"
            theta = n * chance.uniform(0.8, 1)
            hop = max(1, int(theta) // 4)
            step = hop + chance.choice([0, 0.5])
            analysis = lambda _: with_letters("dstft", self.is_complex)(n, float(step), theta, share=share)
            self.inverse = lambda: with_letters("idstft", self.is_complex)(n, share=share)
        self.n_fft, self.hop = n, hop
        self.text.append(f"{self.kind}, n_fft {n}, hop {hop}, {'complex' if self.is_complex else 'real'}")
        self.analysis = analysis(with_letters("stft", self.is_complex))
        self.ports = 3 if self.kind == "adaptive" else 1

    def connect_leg(self, chance, leg, path):
        through = ["ours", "ours", "copy"]
        if self.kind == "stft":
            through += ["phase_reference", "power", "keep_one_in_n", "several", "null_sink"]
        way = chance.choice(through if leg else through[:4])
        self.text.append(way)
        row = self.analysis.output_signature().sizeof_stream_item(0)
        sides = "twosided" if self.is_complex else "onesided"
        if way == "power":
            power = stft.power_vcvf(self.n_fft, sides, average=chance.randint(1, 3))
            self.connect(self.analysis, power, blocks.null_sink(row // 2))
        elif way == "keep_one_in_n":
            self.connect(self.analysis, blocks.keep_one_in_n(row, chance.randint(1, 5)), blocks.null_sink(row))
        elif way == "several":
            sink = blocks.null_sink(row)
            sink.set_output_multiple(chance.randint(2, 5))
            self.connect(self.analysis, sink)
            self.of_several.append(sink)
        elif way == "null_sink":
            self.connect(self.analysis, blocks.null_sink(row))
        else:
            inverse = self.inverse()
            for port in range(self.ports):
                size = self.analysis.output_signature().sizeof_stream_item(port)
                between = []
                if way == "copy":
                    between = [blocks.copy(size)]
                elif way == "phase_reference":
                    between = [stft.phase_reference_vcvc(self.n_fft, self.hop, 0, "centre", "absolute", sides)]
                self.connect((self.analysis, port), *between, (inverse, port))
            sink = blocks.file_sink(self.x.itemsize, path)
            self.connect(inverse, sink)
            self.legs.append((sink, path))

    def connect(self, *chain):
        self.top.connect(*chain)
        self.blocks += [block for block in chain[1:] if not isinstance(block, tuple)]

    def limit(self, chance):
        with_outputs = [block for block in self.blocks if block.output_signature().max_streams() != 0]
        for probability, name, candidates, values in (
            (0.3, "set_max_noutput_items", self.blocks, [1, 2, 7, 100, 4096]),
            (0.25, "set_max_output_buffer", with_outputs, [1, 2, 16, 64, 512, 8192]),
            (0.1, "set_min_output_buffer", with_outputs, [2, 64, 1000]),
        ):  # fmt: skip
            if chance.random() < probability:
                block, value = chance.choice(candidates), chance.choice(values)
                if name == "set_max_noutput_items" and len(self.x) > 100000 * value:
                    continue  # it would take minutes
                getattr(block, name)(value)
                self.text.append(f"{block.name()}.{name}({value})")

    def run(self):
        """What the inverses give."""
        for sink, path in self.legs:
            sink.open(path)
        self.source.open(self.input, False)
        self.top.run()
        for sink, _ in self.legs:
            sink.close()
        return [np.fromfile(path, self.dtype) for _, path in self.legs]

    def __str__(self):
        return ", ".join(self.text) + f", {len(self.x)} samples"


class random_flowgraphs(unittest.TestCase):
    def test_random_flowgraphs_give_every_sample_back_in_each_of_three_runs(self):
        with tempfile.TemporaryDirectory() as directory:
            for seed in range(FIRST_SEED, FIRST_SEED + GRAPHS):
                graph = random_flowgraph(seed, directory)
                first = None
                for turn in range(3):
                    outputs = graph.run()
                    for sink in graph.of_several:
                        several, rows = sink.output_multiple(), graph.analysis.nitems_written(0)
                        if graph.analysis.max_output_buffer(0) > several:  # else the user's limit is too low for it
                            self.assertEqual(sink.nitems_read(0), rows // several * several, f"{graph}, run {turn}")
                    for y in outputs:
                        self.assertEqual(len(y), len(graph.x), f"{graph}, run {turn}")
                        self.assertLess(np.max(np.abs(y - graph.x)), graph.tolerance, f"{graph}, run {turn}")
                    first = first or outputs
                    for y, expected in zip(outputs, first):
                        np.testing.assert_array_equal(y, expected, f"{graph}, run {turn}")


def chain_of(*chain):
    top = gr.top_block()
    top.connect(*chain)
    return top


class slow_reader(gr.sync_block):
    """Takes one row at a time, now and then, and keeps its bin 1."""

    def __init__(self, bins, seed):
        gr.sync_block.__init__(self, "slow_reader", [(np.complex64, bins)], None)
        self.seen, self.generator = [], np.random.default_rng(seed)

    def work(self, input_items, output_items):
        time.sleep(self.generator.choice([0, 0.001, 0.004]))
        self.seen.append(input_items[0][0, 1])
        return 1


class sums_with_earlier_rows(gr.sync_block):
    """Bin 1 of each row plus that of the row some rows earlier; several rows at a time."""

    def __init__(self, bins, earlier, multiple):
        gr.sync_block.__init__(self, "sums_with_earlier_rows", [(np.complex64, bins)], [np.complex64])
        self.shape, self.sink = (earlier, multiple), blocks.vector_sink_c()
        self.set_history(earlier + 1)
        self.set_output_multiple(multiple)

    def work(self, input_items, output_items):
        rows, count = input_items[0][:, 1], len(output_items[0])
        output_items[0][:] = rows[self.shape[0]:][:count] + rows[:count]
        return count

    def sums(self, rows):
        earlier, multiple = self.shape
        before = np.concatenate([np.zeros(earlier, rows.dtype), rows])[:len(rows)]
        return (rows + before)[:len(rows) // multiple * multiple]


class rows_of_any_size(unittest.TestCase):
    def test_lose_nothing_at_the_end_of_streams_of_many_buffers(self):
        for n_fft, hop, length in (
            (4096, 2048, 409609), (4096, 512, 300001), (5000, 1250, 400003), (8192, 2048, 800001),
            (BEYOND_PAGES, 8192, 1000001), (65536, 32768, 2000003),
        ):  # fmt: skip
            x = noise(n_fft, length, False)
            source, sink = blocks.vector_source_f(x.tolist()), blocks.vector_sink_f()
            top = chain_of(source, stft.stft_fvc(n_fft, hop), stft.istft_vcf(n_fft, hop), sink)
            for _ in range(2):
                run_again(top, [source], [sink])
                y = np.array(sink.data(), np.float32)
                self.assertEqual(len(y), length, n_fft)
                self.assertLess(np.max(np.abs(y - x)), 1e-5, n_fft)

    def test_fan_out_to_our_blocks_and_to_stock_ones(self):
        for n_fft in (4096, 5000, BEYOND_PAGES, 65537):
            hop, length = n_fft // 4, 30 * n_fft + 17
            row = 8 * (n_fft // 2 + 1)
            x = noise(n_fft, length, False)
            top = gr.top_block()
            analysis, sinks = stft.stft_fvc(n_fft, hop), [blocks.vector_sink_f() for _ in range(2)]
            counter = blocks.vector_sink_c(n_fft // 2 + 1)
            top.connect(blocks.vector_source_f(x.tolist()), analysis)
            top.connect(analysis, stft.istft_vcf(n_fft, hop), sinks[0])
            # a reader that waits for several rows at a time
            top.connect(analysis, blocks.keep_one_in_n(row, 3), counter)
            top.connect(analysis, blocks.copy(row), stft.istft_vcf(n_fft, hop), sinks[1])
            top.run()
            expected = stft.stft(x, n_fft=n_fft, hop=hop).T[2::3]
            np.testing.assert_array_equal(np.array(counter.data(), np.complex64).reshape(expected.shape), expected)
            for sink in sinks:
                self.assertEqual(len(sink.data()), length, n_fft)
                self.assertLess(np.max(np.abs(np.array(sink.data()) - x)), 1e-5, n_fft)

    def test_rows_of_any_size_come_after_a_delay(self):
        bins, length = BEYOND_PAGES // 2 + 1, 60 * BEYOND_PAGES
        x = noise(7, length, False)
        expected = stft.stft(x, n_fft=BEYOND_PAGES, hop=BEYOND_PAGES)[1]
        for delays in ((1,), (20,), (2, 7)):
            source, analysis, top = blocks.vector_source_f(x.tolist()), stft.stft_fvc(BEYOND_PAGES, BEYOND_PAGES), gr.top_block()
            sinks = [blocks.vector_sink_c(bins) for _ in delays]
            top.connect(source, analysis)
            for delay, sink in zip(delays, sinks):
                top.connect(analysis, blocks.delay(8 * bins, delay), sink)
            for turn in range(3):
                source.rewind()
                for sink in sinks:
                    sink.reset()
                top.start()
                ended = threading.Thread(target=top.wait, daemon=True)
                ended.start()
                ended.join(60)
                self.assertFalse(ended.is_alive(), (delays, turn))
                for delay, sink in zip(delays, sinks):
                    got = np.array(sink.data(), np.complex64).reshape(-1, bins)[:, 1]
                    np.testing.assert_array_equal(got, np.concatenate([np.zeros(delay), expected]), f"{delays}, run {turn}")

    def test_reach_readers_of_several_at_a_time_to_the_last_beside_slower_ones(self):
        """Rows that lie across the buffer's end, too, and those that were written just before the stream ended."""
        bins, frames = BEYOND_PAGES // 2 + 1, 120
        x = noise(8, (frames - 1) * BEYOND_PAGES, False)
        expected = stft.stft(x, n_fft=BEYOND_PAGES, hop=BEYOND_PAGES)[1]
        source = blocks.vector_source_f(x.tolist())
        for seed in range(8):
            source.rewind()
            analysis, top = stft.stft_fvc(BEYOND_PAGES, BEYOND_PAGES), gr.top_block()
            top.connect(source, analysis)
            slow = [slow_reader(bins, seed + 100 * reader) for reader in range(2)]
            for reader in slow:
                top.connect(analysis, reader)
            readers = [sums_with_earlier_rows(bins, *shape) for shape in ((0, 2), (0, 3), (4, 1), (5, 2), (2, 7))]
            for reader in readers:
                top.connect(analysis, reader, reader.sink)
            ended = threading.Thread(target=top.run, daemon=True)
            ended.start()
            ended.join(60)
            self.assertFalse(ended.is_alive(), seed)
            for reader in slow:
                np.testing.assert_array_equal(reader.seen, expected)
            for reader in readers:
                np.testing.assert_array_equal(reader.sink.data(), reader.sums(expected), f"{seed}, {reader.shape}")

    def test_need_no_more_memory_for_a_reader_with_a_large_output_multiple(self):
        for n_fft in (BEYOND_PAGES, 2 * BEYOND_PAGES):
            analysis, reader = stft.stft_fvc(n_fft, n_fft), blocks.vector_to_stream(8, n_fft // 2 + 1)
            source, sink = blocks.head(4, 4 * n_fft), blocks.null_sink(8)
            chain_of(blocks.null_source(4), source, analysis, reader, sink).run()
            self.assertEqual(sink.nitems_read(0), 5 * (n_fft // 2 + 1))
            self.assertLess(analysis.max_output_buffer(0), 20)

    def test_go_on_after_a_flowgraph_was_locked(self):
        """A reconfiguration drops what lies in buffers, so that a new stream begins; it has to end, and in order."""
        for n_fft in (64, 4096, BEYOND_PAGES):
            top = gr.top_block()
            analysis, inverse = stft.stft_fvc(n_fft, n_fft // 4), stft.istft_vcf(n_fft, n_fft // 4)
            head, sink = blocks.head(4, 400 * n_fft), blocks.null_sink(4)
            top.connect(blocks.null_source(4), head, analysis, inverse, sink)
            top.start()
            for _ in range(3):
                top.lock()
                further = blocks.null_sink(8 * (n_fft // 2 + 1))
                top.connect(analysis, further)
                top.unlock()
                top.lock()
                top.disconnect(analysis, further)
                top.unlock()
            ended = threading.Thread(target=top.wait)
            ended.start()
            ended.join(60)
            self.assertFalse(ended.is_alive(), n_fft)
            self.assertEqual(inverse.nitems_written(0), head.nitems_written(0))


class limits_of_buffers(unittest.TestCase):
    def test_limits_of_buffers_that_the_user_sets_are_kept(self):
        for limit in (1, 2, 64, 4096):
            for make in (
                lambda: (stft.stft_cvc(64, 16), stft.istft_vcc(64, 16)),
                lambda: (stft.stft_cvc(60, 16), stft.istft_vcc(60, 16)),
                lambda: (stft.dstft_cvc(64, 16.0, 60.0), stft.idstft_vcc(64)),
            ):
                forward, backward = make()
                forward.set_max_output_buffer(limit)
                backward.set_max_output_buffer(limit)
                x = noise(1, 30011, True)
                source, sink = blocks.vector_source_c(x.tolist()), blocks.vector_sink_c()
                top = chain_of(source, forward, backward, sink)
                for _ in range(2):
                    run_again(top, [source], [sink])
                    self.assertEqual(len(sink.data()), len(x))
                whole_pages = 4096 // np.gcd(4096, forward.output_signature().sizeof_stream_item(0))
                self.assertLessEqual(forward.max_output_buffer(0), max(limit, 2) + whole_pages)

    def test_limits_of_buffers_are_the_same_in_each_run(self):
        forward, backward = stft.stft_fvc(256, 64), stft.istft_vcf(256, 64)
        top = chain_of(blocks.vector_source_f([1.0] * 5000), forward, backward, blocks.null_sink(4))
        sizes = []
        for _ in range(3):
            top.run()
            sizes.append((forward.max_output_buffer(0), backward.max_output_buffer(0)))
        self.assertEqual(sizes, [sizes[0]] * 3)
        if sizes[0][0] != -1:  # GNU Radio 3.10.12 keeps the user's limit here, 3.10.5 puts the allocated size
            self.assertGreaterEqual(sizes[0][0], 1024)


QUIET = r"""
from gnuradio import blocks, gr, stft
for n in (16, 64, 66, 255, 1000, 1024, 2049, 4096, 8192, 32768):
    hop, row = max(1, n // 4), 8 * (n // 2 + 1)
    for chain in (
        (stft.stft_fvc(n, hop), stft.istft_vcf(n, hop)), (stft.stft_cvc(n, hop), stft.istft_vcc(n, hop)),
        (stft.spectrogram_fvf(n, hop),), (stft.spectrogram_cvf(n, hop),),
        (stft.stft_fvc(n, hop), stft.power_vcvf(n)), (stft.stft_cvc(n, hop), stft.power_vcvf(n, "twosided")),
        (stft.stft_fvc(n, hop), stft.phase_reference_vcvc(n, hop, 0, "centre", "start")),
        (stft.stft_bins_fvc([1, 2, 3], hop, "hann", n, n),), (stft.dstft_fvc(n, float(hop), n), stft.idstft_vcf(n)),
        (stft.adaptive_stft_fvc(max(n, 32), hop),),
    ):
        top = gr.top_block()
        is_complex = chain[0].input_signature().sizeof_stream_item(0) == 8
        source = blocks.vector_source_c([1.0] * 5000) if is_complex else blocks.vector_source_f([1.0] * 5000)
        top.connect(source, *chain, blocks.null_sink(chain[-1].output_signature().sizeof_stream_item(0)))
        top.run()
        top.run()
"""


class an_ordinary_flowgraph(unittest.TestCase):
    def test_an_ordinary_flowgraph_prints_nothing(self):
        environment = {**os.environ, "GR_CONF_LOG_LOG_FILE": "stderr", "GR_CONF_LOG_LOG_LEVEL": "warn"}
        done = subprocess.run([sys.executable, "-c", QUIET], env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


if __name__ == "__main__":
    unittest.main()
