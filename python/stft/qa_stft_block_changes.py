#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of the STFT's blocks that change while samples run: when, and what is refused."""

import threading
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

from qa_flowgraph_parts import unequal, value
from qa_stft_blocks import run, signal, source, synthesis


class changes(unittest.TestCase):
    """Parameters may change while samples run."""

    @staticmethod
    def command(block, message):
        block.to_basic_block()._post(pmt.intern("cmd"), message)

    @staticmethod
    def dictionary(**items):
        message = pmt.make_dict()
        for key, item in items.items():
            message = pmt.dict_add(message, pmt.intern(key), item if isinstance(item, pmt.pmt_base) else pmt.to_pmt(item))
        return message

    def run_with(self, x, block, *messages):
        for message in messages:
            self.command(block, message)
        return run(source(x), block)

    def test_changes_at_a_sample_are_reproducible_and_exact(self):
        x = signal(20000, True)
        block = stft.stft_fvc(128, 32)
        spectra, found = self.run_with(
            x,
            block,
            self.dictionary(hop=20, window="hamming", at=6001),
            self.dictionary(win_length=100, at=12000),
            self.dictionary(hop=64, scaling="ortho", at=9000),
        )
        firsts = value(found, "stft_first")
        hops = [h for _, h in value(found, "stft_hop")]
        self.assertEqual(hops, [32, 20, 64, 64])
        self.assertEqual([w for _, w in value(found, "stft_win_length")], [128, 128, 128, 100])
        self.assertEqual([w for _, w in value(found, "stft_scaling")], ["none", "none", "ortho", "ortho"])
        for (frame, first), at, hop_before in zip(firsts[1:], (6001, 9000, 12000), hops):
            self.assertGreaterEqual(first, at)
            self.assertLess(first - hop_before, at)
        edges = [f for f, _ in firsts] + [len(spectra)]
        designs = [("hann", 128, 32, "none"), ("hamming", 128, 20, "none"), ("hamming", 128, 64, "ortho"),
                   ("hamming", 100, 64, "ortho")]  # fmt: skip
        for (begin, first), end, (window, m, hop, scaling) in zip(firsts, edges[1:], designs):
            expected = stft.stft(
                x, window, hop=hop, n_fft=128, win_length=m, scaling=scaling, first=first, frames=end - begin
            )
            np.testing.assert_array_equal(spectra[begin:end].T, expected)

    def test_changed_stream_inverts(self):
        x = signal(20000, True)
        for split in (False, True):
            forward = stft.stft_fvc(128, 32)
            self.command(forward, self.dictionary(hop=20, window="hamming", at=6001))
            self.command(forward, self.dictionary(hop=50, scaling="psd", at=9000))
            self.command(forward, self.dictionary(win_length=101, at=12000))
            middle = [unequal(np.complex64, 65)] if split else []
            y, _ = run(source(x), forward, *middle, synthesis(True, 128, 32))
            self.assertEqual(len(y), len(x))
            self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_streams_changed_before_the_first_sample_invert_too(self):
        x = signal(3000, True)
        for placement in ("centred", "full", "left"):
            for changes in (dict(hop=8), dict(win_length=40), dict(hop=10, win_length=40)):
                for at in (-100, -31, -17, -16):
                    with self.subTest(placement=placement, at=at, **changes):
                        forward, backward = (
                            make(64, 16, "hamming", 0, placement) for make in (stft.stft_fvc, stft.istft_vcf))
                        self.command(forward, self.dictionary(at=at, **changes))
                        y, _ = run(source(x), forward, backward)
                        self.assertEqual(len(y), len(x))
                        self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_asked_for_in_any_order_make_the_same_stream(self):
        x = signal(30000, True)
        orders = [list(range(40)) for _ in range(3)]
        orders[1].reverse()
        np.random.default_rng(1).shuffle(orders[2])
        makers = {
            "stft": (lambda: stft.stft_fvc(64, 16), ("hop", "window", "win_length", "scaling")),
            "stft_bins": (lambda: stft.stft_bins_fvc([1, 2.5], 16, "hann", 64), ("hop", "window", "win_length")),
            "dstft": (lambda: stft.dstft_fvc(64, 16.0, 50.0), ("hop", "theta")),
            "adaptive_stft": (lambda: stft.adaptive_stft_fvc(64, 8), ("hop", "theta_max", "theta")),
        }
        values = {
            "hop": lambda i: pmt.from_long(4 + i % 3), "window": lambda i: pmt.intern(["hann", "hamming"][i % 2]),
            "win_length": lambda i: pmt.from_long(40 + i), "theta": lambda i: pmt.from_double(30 + i % 9),
            "scaling": lambda i: pmt.intern(["psd", "none"][i % 2]), "theta_max": lambda i: pmt.from_double(50 + i % 9),
        }  # fmt: skip
        for name, (make, keys) in makers.items():
            outputs = []
            for order in orders:
                block = make()
                for i in order:
                    key = keys[i % len(keys)]
                    message = pmt.dict_add(pmt.make_dict(), pmt.intern(key), values[key](i))
                    message = pmt.dict_add(message, pmt.intern("at"), pmt.from_long(500 * (i + 1)))
                    block.to_basic_block()._post(pmt.intern("cmd"), message)
                outputs.append(run(source(x), block)[0])
            for y in outputs[1:]:
                np.testing.assert_array_equal(y, outputs[0], name)

    def test_thousands_of_changes_hold_up_neither_the_stream_nor_its_end(self):
        for descending in (False, True):
            block, head = stft.stft_fvc(1024, 64), blocks.null_source(4)
            tb = gr.top_block()
            tb.connect(head, block, blocks.null_sink(8 * 513))
            for i in range(4000):
                at = 10**12 + (-i if descending else i)
                message = pmt.dict_add(pmt.make_dict(), pmt.intern("hop"), pmt.from_long(8 + i % 97))
                block.to_basic_block()._post(pmt.intern("cmd"), pmt.dict_add(message, pmt.intern("at"), pmt.from_long(at)))
            tb.start()
            stopped = threading.Thread(target=lambda: (tb.stop(), tb.wait()))
            stopped.start()
            stopped.join(20)  # a tenth of a second is what it takes
            self.assertFalse(stopped.is_alive())

    def test_bad_messages_are_ignored(self):
        x = signal(2000, True)
        bad = [
            pmt.intern("nonsense"),
            pmt.from_long(3),
            pmt.PMT_NIL,
            self.dictionary(hop=0),
            self.dictionary(hop=-3),
            self.dictionary(hop=2.5),
            self.dictionary(window="no such window"),
            self.dictionary(window=7),
            self.dictionary(win_length=2**24 + 1),
            self.dictionary(scaling=1),
            self.dictionary(colour="red"),
            self.dictionary(at="now"),
            pmt.cons(pmt.intern("hop"), pmt.intern("many")),
            pmt.cons(pmt.from_long(1), pmt.from_long(2)),
        ]
        for block in (stft.stft_fvc(64, 16), stft.spectrogram_fvf(64, 16)):
            for message in bad:
                self.command(block, message)
            got, _ = run(source(x), block)
            self.assertEqual(len(got), 126)

    def test_a_pair_will_do(self):
        x = signal(2000, True)
        spectra, _ = self.run_with(x, stft.stft_fvc(64, 16), pmt.cons(pmt.intern("hop"), pmt.from_long(8)))
        np.testing.assert_array_equal(spectra.T, stft.stft(x, hop=8, n_fft=64))

    def test_windows_as_tuples_and_taps(self):
        x = signal(1000, True)
        taps = stft.sample_window(("kaiser", 5.0), 64)
        for window in (pmt.make_tuple(pmt.intern("kaiser"), pmt.from_double(5.0)), pmt.init_f64vector(64, taps.tolist())):
            spectra, _ = self.run_with(x, stft.stft_fvc(64, 16), self.dictionary(window=window))
            np.testing.assert_array_equal(spectra.T, stft.stft(x, taps, hop=16))

    def test_setters_are_seen_and_refuse_without_effect(self):
        block = stft.stft_fvc(64, 16)
        block.set_hop(8)
        block.set_window("hamming")
        block.set_win_length(32)
        block.set_scaling("psd")
        self.assertEqual((block.hop(), block.win_length(), block.scaling()), (8, 32, "psd"))
        for call in (
            lambda: block.set_hop(0),
            lambda: block.set_window("nope"),
            lambda: block.set_win_length(2**24 + 1),
            lambda: block.set_scaling("loud"),
        ):
            self.assertRaises(ValueError, call)
        self.assertEqual((block.hop(), block.win_length(), block.scaling()), (8, 32, "psd"))

    def test_average_and_reset_while_running(self):
        x = signal(64 * 200, True)
        block = stft.spectrogram_fvf(64, 64, "boxcar", placement="left", max_hold=True)
        for message in (self.dictionary(average=4, at=64 * 100), self.dictionary(reset=True, at=64 * 50)):
            self.command(block, message)
        got, _ = run(source(x), block)
        plain = stft.spectrogram(x, "boxcar", hop=64, n_fft=64, placement="left").T
        expected = [np.maximum.accumulate(plain[:50]), np.maximum.accumulate(plain[50:100])]
        means = plain[100:].reshape(-1, 4, 33).mean(1)
        expected.append(np.maximum.accumulate(np.vstack([expected[1][-1:], means]))[1:])
        np.testing.assert_allclose(got, np.vstack(expected), rtol=1e-6)
        self.assertEqual(block.average(), 4)

    def test_setters_from_other_threads_during_a_run(self):
        length = 3000000
        x = np.tile(signal(30000, True), length // 30000)
        forward, backward = stft.stft_fvc(256, 64), synthesis(True, 256, 64)
        stop = threading.Event()

        def disturb(seed):
            rng = np.random.default_rng(seed)
            while not stop.is_set():
                choice = rng.integers(4)
                if choice == 0:
                    forward.set_hop(int(rng.integers(8, 120)))
                elif choice == 1:
                    forward.set_window(["hann", "hamming", "blackman"][rng.integers(3)])
                elif choice == 2:
                    forward.set_win_length(int(rng.integers(240, 257)))
                else:
                    forward.set_scaling(["none", "psd", "magnitude", "ortho"][rng.integers(4)])
                time.sleep(1e-3)

        threads = [threading.Thread(target=disturb, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        try:
            y, _ = run(source(x), forward, backward)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(len(y), length)
        self.assertLess(np.max(np.abs(y[:, 0] - x)), 1e-5 * np.max(np.abs(x)))


if __name__ == "__main__":
    unittest.main()
