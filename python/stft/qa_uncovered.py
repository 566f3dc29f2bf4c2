#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What window and hop leave uncovered: refused by default, else 0, in arrays and in blocks."""

import unittest

import numpy as np
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import run_again

GAP = [1.0, 2, 0, 0, 0, 3, 0, 1, 2, 0, 0, 1]
REFUSED = r"^hop: \d+: leaves samples uncovered by the window .* so its STFT has no inverse \(NOLA\)$"


def covered(taps, hop, first, frames, length):
    """Where the sum of the squared windows is not 0."""
    D = np.zeros(length + len(taps) + abs(first))
    for p in range(frames):
        for m, tap in enumerate(taps):
            n = first + p * hop + m
            if 0 <= n < length:
                D[n] += tap**2
    return D[:length] > 0


class uncovered(unittest.TestCase):
    cases = [(GAP, 8, 16), (GAP, 12, 12), (stft.sample_window("hann", 16).tolist(), 16, 16), ([0.0, 1, 0], 2, 4)]

    def test_samples_are_zero_and_the_others_come_back(self):
        rng = np.random.default_rng(1)
        for taps, hop, n_fft in self.cases:
            for x in rng.standard_normal((2, 3, 101)), rng.standard_normal(50).astype(np.float32), 1j * rng.standard_normal(77):
                with self.subTest(taps=taps, hop=hop, dtype=x.dtype):
                    made = dict(hop=hop, n_fft=n_fft)
                    X, n = stft.stft(x, taps, **made), x.shape[-1]
                    with self.assertRaisesRegex(ValueError, REFUSED):
                        stft.istft(X, taps, length=n, **made)
                    known = covered(taps, hop, -(len(taps) // 2), X.shape[-1], n)
                    self.assertGreater(np.sum(~known), 2)
                    for more in dict(strict=False), dict(threshold=1e-6), dict(threshold=0.0, strict=True):
                        y = stft.istft(X, taps, length=n, **made, **more)
                        self.assertEqual(y.dtype, x.dtype)
                        np.testing.assert_array_equal(y[..., ~known], 0)
                        np.testing.assert_allclose(y[..., known], x[..., known], atol=1e-4 if x.dtype == np.float32 else 1e-9)

    def test_a_hop_beyond_the_window_is_refused_always(self):
        X = stft.stft(np.arange(50.0), "boxcar", hop=9, n_fft=8)
        for more in {}, dict(strict=False), dict(threshold=0.5):
            for call in stft.istft, stft.consistent, lambda X, *rest, **made: stft.griffin_lim(abs(X), *rest, **made):
                with self.assertRaisesRegex(ValueError, REFUSED):
                    call(X, "boxcar", hop=9, n_fft=8, **more)

    def test_signals_from_magnitudes_are_zero_there_too(self):
        x = np.random.default_rng(2).standard_normal(101)
        for taps, hop, n_fft in self.cases:
            made = dict(hop=hop, n_fft=n_fft)
            X = stft.stft(x, taps, **made)
            known = covered(taps, hop, -(len(taps) // 2), X.shape[-1], 101)
            for call in (
                lambda **more: stft.griffin_lim(abs(X), taps, length=101, initial=np.angle(X), iterations=3, **made, **more),
                lambda **more: stft.istft(stft.consistent(X, taps, length=101, **made, **more), taps, strict=False, length=101, **made),
            ):
                with self.assertRaisesRegex(ValueError, REFUSED):
                    call()
                for more in dict(strict=False), dict(threshold=1e-9):
                    y = call(**more)
                    np.testing.assert_array_equal(y[~known], 0)
                    np.testing.assert_allclose(y[known], x[known], atol=1e-9)

    def test_what_is_no_truth_value_is_refused(self):
        X = stft.stft(np.arange(50.0), hop=4, n_fft=8)
        for call in stft.istft, stft.consistent, lambda X, **made: stft.griffin_lim(abs(X), **made):
            with self.assertRaisesRegex(ValueError, "^strict: 'no': must be True or False$"):
                call(X, hop=4, strict="no")


class blocks_of_the_inverse(unittest.TestCase):
    def run_inverse(self, X, make, **source):
        """The samples and the block, run twice."""
        graph = gr.top_block()
        bins = X.shape[0]
        spectra = blocks.vector_source_c(np.ascontiguousarray(X.T).ravel().tolist(), vlen=bins, **source)
        inverse = make()
        sink = blocks.vector_sink_f() if bins == X.shape[0] and isinstance(inverse, stft.istft_vcf) else blocks.vector_sink_c()
        graph.connect(spectra, inverse, sink)
        graph.run()
        first, count = np.array(sink.data()), inverse.uncovered()
        run_again(graph, [spectra], [sink])
        np.testing.assert_array_equal(first, sink.data())
        self.assertEqual(count, inverse.uncovered())
        return first, count

    def test_give_zeros_count_them_and_agree_with_the_array(self):
        rng = np.random.default_rng(3)
        for taps, hop, n_fft in uncovered.cases:
            for x, kind in (rng.standard_normal(203).astype(np.float32), stft.istft_vcf), (
                (1j * rng.standard_normal(203)).astype(np.complex64), stft.istft_vcc):  # fmt: skip
                with self.subTest(taps=taps, hop=hop, kind=kind.__name__):
                    made = dict(hop=hop, n_fft=n_fft, window=taps)
                    X = stft.stft(x, **made)
                    with self.assertRaisesRegex(ValueError, REFUSED):
                        kind(**made)
                    expected = stft.istft(X, strict=False, **made)
                    known = covered(taps, hop, -(len(taps) // 2), X.shape[-1], len(expected))
                    for more in dict(strict=False), dict(threshold=1e-6):
                        y, count = self.run_inverse(X, lambda: kind(**made, **more))
                        np.testing.assert_array_equal(y, expected)
                        self.assertEqual(count, np.sum(~known))

    def test_a_stream_is_inverted_as_its_tags_say(self):
        x = np.random.default_rng(4).standard_normal(1000).astype(np.float32)
        graph = gr.top_block()
        forward = stft.stft_fvc(16, 16, "hann")
        inverse = stft.istft_vcf(16, 4)  # the tags bring another hop
        sink = blocks.vector_sink_f()
        graph.connect(blocks.vector_source_f(x.tolist()), forward, inverse, sink)
        graph.run()
        y = np.array(sink.data())
        known = covered(stft.sample_window("hann", 16), 16, -8, 64, 1000)
        np.testing.assert_allclose(y[known], x[known], atol=1e-3)
        np.testing.assert_array_equal(y[~known], 0)
        self.assertEqual(inverse.uncovered(), np.sum(~known))

    def test_a_covered_stream_counts_nothing(self):
        x = np.random.default_rng(5).standard_normal(500)
        y, count = self.run_inverse(stft.stft(x, hop=4, n_fft=16), lambda: stft.istft_vcf(16, 4))
        self.assertEqual(count, 0)
        self.assertGreaterEqual(len(y), 500)

    def test_a_threshold_out_of_range_is_refused(self):
        for threshold in -0.5, 1.0, float("nan"):
            with self.assertRaisesRegex(ValueError, "^threshold: .*: must be 0 <= threshold < 1$"):
                stft.istft_vcf(16, 4, threshold=threshold)


if __name__ == "__main__":
    unittest.main()
