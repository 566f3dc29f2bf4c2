#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of a stream's last items reach the output, also where all that the items before give has left by then."""

import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

N_FFT = 16


class trickle(gr.sync_block):
    """Items with a tag each; the last ones come one by one, when what the reader made of those before has left it."""

    def __init__(self, items, alone):
        super().__init__("trickle", None, [(np.float32, items.shape[1])] if items.ndim > 1 else [np.float32])
        self.items, self.alone, self.given, self.reader = items, alone, 0, None

    def wait(self):
        seen = None
        while seen != (seen := (self.reader.nitems_read(0), self.reader.nitems_written(0))) or seen[0] < self.given:
            time.sleep(0.004)

    def work(self, input_items, output_items):
        left = len(self.items) - self.given
        if left <= self.alone:
            self.wait()
        if left == 0:
            return -1
        count = min(len(output_items[0]), left - self.alone if left > self.alone else 1)
        output_items[0][:count] = self.items[self.given : self.given + count]
        for n in range(self.given, self.given + count):
            self.add_item_tag(0, n, pmt.intern("mark"), pmt.from_long(n))
        self.given += count
        return count


def marks_through(block, items, *others, alone=3):
    """[(mark, item of the output)], and the number of these items."""
    top, first, size = gr.top_block(), trickle(items, alone), block.output_signature().sizeof_stream_item(0)
    first.reader, sink = block, blocks.vector_sink_b(size)
    top.connect(first, block, sink)
    for port, values in enumerate(others, 1):
        length = 1 if values.ndim == 1 else values.shape[1]
        top.connect(blocks.vector_source_f(values.ravel().tolist(), False, length), (block, port))
    for port in range(1, block.output_signature().min_streams()):
        top.connect((block, port), blocks.null_sink(block.output_signature().sizeof_stream_item(port)))
    top.run()
    return [(pmt.to_long(t.value), t.offset) for t in sink.tags() if pmt.symbol_to_string(t.key) == "mark"], len(sink.data()) // size


def spectra(count, bins=N_FFT // 2 + 1):
    return np.random.default_rng(count).standard_normal((count, 2 * bins)).astype(np.float32)


class last_tags(unittest.TestCase):
    def check(self, block, items, *others):
        for alone in (0, 3):
            with self.subTest(block=block.name(), alone=alone):
                marks, written = marks_through(block, items, *others, alone=alone)
                self.assertEqual(sorted(n for n, _ in marks), list(range(len(items))))
                self.assertEqual([at for _, at in marks if at >= written], [])

    def test_of_spectra_come_back_on_samples(self):
        for n_fft in (1, 2, 7, 16):
            self.check(stft.one_integral_vcf(n_fft), spectra(40, n_fft // 2 + 1))
            self.check(stft.one_integral_vcc(n_fft), spectra(40, n_fft))
        for hop in (1, 4, 7):
            self.check(stft.istft_vcf(N_FFT, hop, win_length=15), spectra(20))
        for hop, share in ((4, "frame"), (20, "frame"), (4, "cell")):
            theta = np.full((20, 9) if share == "cell" else 20, 10, np.float32)
            centres = np.stack([hop * np.arange(20.0), np.zeros(20)], axis=1).view(np.float32)
            top = stft.idstft_vcf(N_FFT, share=share)
            self.check(top, spectra(20), theta, centres)

    def test_of_spectra_go_on_with_spectra(self):
        for rate in (0.3, 0.75, 0.9, 1.0, 1.3, 2.5):
            for count in (1, 2, 20, 23):
                self.check(stft.phase_vocoder_vcvc(N_FFT, 4, rate=rate), spectra(count))
        self.check(stft.phase_from_magnitude_vfvc(N_FFT, 4, look_ahead=1), np.abs(spectra(20)[:, :9]))
        self.check(stft.hpss_vcvc(N_FFT, time_kernel=9), spectra(20))

    def test_of_pulses_go_on_with_speeds(self):
        for hop, count in ((1, 500), (64, 999), (256, 2560), (256, 2561)):
            pulses = (np.arange(count) % 20 < 2).astype(np.float32)
            self.check(stft.tacho_pulses_ff(hop=hop), pulses)

    def test_of_pulses_go_on_when_the_rate_changes_in_the_last_items(self):
        pulses = (np.arange(2600) % 20 < 2).astype(np.float32)
        block, top, sink = stft.tacho_pulses_ff(hop=256), gr.top_block(), blocks.vector_sink_f()
        tags = []
        for offset, key, value in ((2590, "rx_rate", pmt.from_double(2.0)), (2595, "mark", pmt.from_long(1))):
            tags.append(gr.tag_utils.python_to_tag((offset, pmt.intern(key), value)))
        top.connect(blocks.vector_source_f(pulses.tolist(), False, 1, tags), block, sink)
        top.run()
        self.assertEqual(len(sink.data()), 11)
        self.assertEqual([t.offset for t in sink.tags() if pmt.symbol_to_string(t.key) in ("mark", "rx_rate")], [10, 10])

    def test_of_a_length_that_lies_before_what_has_been_written_are_dropped_in_every_split(self):
        given = []
        for most in (1, 2, 7, 1000):
            block, top, sink = stft.istft_vcf(N_FFT, 4), gr.top_block(), blocks.vector_sink_f()
            tags = [gr.tag_utils.python_to_tag((n, pmt.intern("mark"), pmt.from_long(n))) for n in range(20)]
            tags.append(gr.tag_utils.python_to_tag((19, pmt.intern("stft_length"), pmt.from_long(5))))
            values = spectra(20).view(np.complex64)
            block.set_max_noutput_items(most)
            top.connect(blocks.vector_source_c(values.ravel().tolist(), False, 9, sorted(tags, key=lambda t: t.offset)), block, sink)
            top.run()
            given.append((list(sink.data()), [(t.offset, pmt.to_long(t.value)) for t in sink.tags()]))
        self.assertEqual(given[1:], given[:-1])


if __name__ == "__main__":
    unittest.main()
