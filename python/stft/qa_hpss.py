#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Harmonic and percussive parts on arrays and as a block, against librosa's formulas on SciPy's median filter."""

import importlib.util
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_level_blocks import pair
from qa_flowgraph_parts import run_again, tag, unequal

has_scipy = importlib.util.find_spec("scipy") is not None


def spectra(frames=60, bins=33, seed=1, dtype=np.complex64):
    draw = np.random.default_rng(seed)
    S = draw.standard_normal((bins, frames)) + (1j * draw.standard_normal((bins, frames)) if np.dtype(dtype).kind == "c" else 0)
    S[5] += 3
    S[:, frames // 2 : frames // 2 + 2] *= 4
    return S.astype(dtype)


def of_librosa(S, kernel_size=(31, 31), power=2.0, margin=(1.0, 1.0)):
    """The masks of librosa.decompose.hpss, in double precision."""
    from scipy.ndimage import median_filter

    size = np.abs(S).astype(float)
    harmonic = median_filter(size, size=(1, kernel_size[0]), mode="reflect")
    percussive = median_filter(size, size=(kernel_size[1], 1), mode="reflect")

    def soft(x, reference):
        if np.isinf(power):
            return (x > reference).astype(float)
        larger = np.maximum(x, reference)
        nothing = larger == 0
        larger[nothing] = 1
        a, b = (x / larger) ** power, (reference / larger) ** power
        return np.where(nothing, 0.5 if margin == (1, 1) else 0, a / np.where(nothing, 1, a + b))

    return soft(harmonic, percussive * margin[0]), soft(percussive, harmonic * margin[1])


class hpss(unittest.TestCase):
    @unittest.skipUnless(has_scipy, "SciPy is not installed (Debian: python3-scipy)")
    def test_parts_and_masks_are_those_of_librosa(self):
        for dtype, limit in ((np.float32, 2e-6), (np.float64, 1e-13), (np.complex64, 2e-6), (np.complex128, 1e-13)):
            for frames, bins in ((60, 33), (16, 17)):  # of arrays much smaller than the kernel SciPy 1.10 reads what is not theirs
                S = spectra(frames, bins, dtype=dtype)
                for kernel in ((31, 31), (17, 5), (3, 1)):
                    for power, margin in ((2.0, (1, 1)), (1.0, (2.0, 1)), (3.5, (1.5, 4)), (np.inf, (1, 1))):
                        wanted = of_librosa(S, kernel, power, margin)
                        given = dict(kernel_size=kernel, power=power, margin=margin)
                        for found, mask, part in zip(stft.hpss(S, **given), stft.hpss(S, mask=True, **given), wanted):
                            self.assertEqual(found.dtype, S.dtype)
                            self.assertEqual(mask.dtype, S.real.dtype)
                            np.testing.assert_allclose(mask, part, atol=limit)
                            np.testing.assert_allclose(found, S * part, atol=limit * np.abs(S).max())

    def test_one_number_stands_for_two(self):
        S = spectra()
        for one, two in ((dict(kernel_size=9), dict(kernel_size=(9, 9))), (dict(margin=2.0), dict(margin=[2.0, 2.0]))):
            for a, b in zip(stft.hpss(S, **one), stft.hpss(S, **two)):
                np.testing.assert_array_equal(a, b)

    def test_channels_and_workers(self):
        S = np.stack([spectra(seed=s) for s in range(6)]).reshape(2, 3, 33, 60)
        whole = stft.hpss(S)
        for part, many, one in zip(whole, stft.hpss(S, workers=4), stft.hpss(np.asfortranarray(S[1, 2]))):
            self.assertEqual(part.shape, S.shape)
            np.testing.assert_array_equal(part, many)
            np.testing.assert_array_equal(part[1, 2], one)
        for shape in (33, 0), (0, 33, 4):
            self.assertEqual(stft.hpss(np.zeros(shape))[1].shape, shape)

    def test_bins_of_complex_signals_are_circular(self):
        S = spectra(bins=32)
        for part, rolled in zip(stft.hpss(S, sides="twosided"), stft.hpss(np.roll(S, 16, axis=0), sides="centered")):
            np.testing.assert_array_equal(np.roll(part, 16, axis=0), rolled)

    def test_what_is_not_finite_stays_in_its_cell(self):
        S = spectra()
        expected = stft.hpss(np.where(np.arange(60) == 20, 0, S))
        S[:, 20] = np.nan
        for part, there in zip(stft.hpss(S), expected):
            self.assertTrue(np.isnan(part[:, 20]).all())
            np.testing.assert_array_equal(np.delete(part, 20, axis=1), np.delete(there, 20, axis=1))

    def test_a_tone_and_clicks_come_apart(self):
        """A tone, and clicks twice as loud: each part holds its own to 20 dB, and together they are the signal."""
        n = np.arange(16000)
        tone, clicks = np.sin(0.3 * n), np.where(n % 2000 == 777, 8.0, 0.0)
        S = stft.stft(tone + clicks, n_fft=512, hop=128)
        parts = [stft.istft(part, n_fft=512, hop=128, length=16000) for part in stft.hpss(S)]
        np.testing.assert_allclose(sum(parts), tone + clicks, atol=1e-12)
        for part, wanted in zip(parts, (tone, clicks)):
            inner = slice(1000, 15000)
            self.assertLess(np.sum((part - wanted)[inner] ** 2), 0.03 * np.sum(wanted[inner] ** 2))

    def test_what_is_wrong_is_refused_by_name(self):
        S = spectra()
        for given, text in (
            (dict(S=S[0]), "S: 1 dimensions"),
            (dict(S=np.array([["a"]])), "S: "),
            (dict(S=S[:0]), "S: 0 bins"),
            (dict(kernel_size=4), "kernel_size: 4: must be odd"),
            (dict(kernel_size=(3, 0)), "kernel_size: 0"),
            (dict(kernel_size=(3, 5, 7)), "kernel_size: "),
            (dict(kernel_size=[[1, 2], [3, 4], 5]), "kernel_size: "),
            (dict(margin=[[1, 2], [3, 4], 5]), "margin: "),
            (dict(sides=np.array(["onesided", "x"])), "sides: "),
            (dict(power=0), "power: 0: must be positive"),
            (dict(margin=0.5), "margin: 0.5: must be 1 .. 1e6"),
            (dict(margin=(1, 0)), "margin: 0"),
            (dict(sides="both"), "sides: .*both"),
            (dict(workers=0), "workers: 0"),
        ):
            with self.assertRaisesRegex(ValueError, f"^{text}"):
                stft.hpss(**{**dict(S=S), **given})


class run:
    """Spectra (frames, bins) through the block: what its outputs hold, and their tags."""

    def __init__(self, S, *tags, block=None, pieces=False, outputs=2, commands=(), runs=1, **given):
        bins = S.shape[1]
        self.block = block or stft.hpss_vcvc(**{**dict(n_fft=2 * (bins - 1)), **given})
        source = blocks.vector_source_c(np.ravel(S).tolist(), False, bins, list(tags))
        self.sinks = [blocks.vector_sink_c(bins) for _ in range(outputs)]
        graph, parts = gr.top_block(), [source]
        if pieces:
            parts.append(unequal(np.complex64, bins))
        graph.connect(*parts, self.block)
        for port, sink in enumerate(self.sinks):
            if pieces:
                parts.append(unequal(np.complex64, bins))
                graph.connect((self.block, port), parts[-1], sink)
            else:
                graph.connect((self.block, port), sink)
        for command in commands:
            self.block.to_basic_block()._post(pmt.intern("cmd"), command)
        for _ in range(runs):
            run_again(graph, [source], self.sinks)
        self.parts = [np.reshape(sink.data(), (-1, bins)) for sink in self.sinks]
        self.tags = [[(t.offset, str(t.key), pmt.to_python(t.value)) for t in sink.tags()] for sink in self.sinks]


class hpss_vcvc(unittest.TestCase):
    def test_it_equals_the_array_function_in_pieces_and_on_a_second_run(self):
        S = spectra(700).T
        for given, arguments in (({}, {}), (dict(time_kernel=5, frequency_kernel=9, power=1.0, margin_harmonic=2.0, mask=True),
                                            dict(kernel_size=(5, 9), power=1.0, margin=(2.0, 1.0), mask=True))):  # fmt: skip
            expected = stft.hpss(S.T, **arguments)
            for pieces in False, True:
                for runs in 1, 2:
                    for found, wanted in zip(run(S, pieces=pieces, runs=runs, **given).parts, expected):
                        np.testing.assert_array_equal(found, wanted.T)
        self.assertEqual(run(S, outputs=1).parts[0].tolist(), stft.hpss(S.T)[0].T.tolist())

    def test_spectra_of_complex_samples(self):
        S = spectra(50, bins=32).T
        for sides in "twosided", "centered":
            for found, wanted in zip(run(S, n_fft=32, sides=sides).parts, stft.hpss(S.T, sides=sides)):
                np.testing.assert_array_equal(found, wanted.T)

    def test_short_streams(self):
        for frames in 0, 1, 2, 14, 15, 16, 31, 32:
            S = spectra(40).T[:frames].reshape(frames, 33)
            for found, wanted in zip(run(S).parts, stft.hpss(S.T)):
                np.testing.assert_array_equal(found, wanted.T)

    def test_tags_stay_on_their_frames(self):
        given = [(0, "stft_hop", 128), (0, "rx_rate", 62.5), (3, "mark", 3), (44, "mark", 44), (59, "stft_length", 9000), (59, "mark", 59)]
        tags = [tag(at, key, pmt.to_pmt(value)) for at, key, value in given]
        for pieces in False, True:
            found = run(spectra(60).T, *tags, pieces=pieces)
            for each in found.tags:
                self.assertEqual(sorted(each), sorted(given))
            self.assertEqual(found.block.latency(), 15 * 128)

    def test_latency_is_half_the_kernel_times_the_hop(self):
        self.assertEqual(stft.hpss_vcvc(64, hop=20).latency(), 300)
        self.assertEqual(stft.hpss_vcvc(64, time_kernel=9).delay(), 4)
        self.assertEqual(stft.hpss_vcvc(64).latency(), 0)

    def test_between_stft_and_its_inverse_the_parts_are_those_of_the_arrays(self):
        x = np.random.default_rng(3).standard_normal(5000).astype(np.float32)
        graph, block = gr.top_block(), stft.hpss_vcvc(64)
        sinks = [blocks.vector_sink_f() for _ in range(2)]
        graph.connect(blocks.vector_source_f(x.tolist()), stft.stft_fvc(64, 16), block)
        for port, sink in enumerate(sinks):
            graph.connect((block, port), stft.istft_vcf(64, 16), sink)
        graph.run()
        for sink, part in zip(sinks, stft.hpss(stft.stft(x, n_fft=64, hop=16))):
            np.testing.assert_array_equal(np.array(sink.data(), np.float32), stft.istft(part, n_fft=64, hop=16, length=5000))

    def test_power_and_margins_change_by_setter_and_message(self):
        S = spectra(100).T
        block = stft.hpss_vcvc(64)
        block.set_power(1.0)
        block.change(margin_harmonic=2.0)
        with self.assertRaisesRegex(ValueError, "^margin_percussive: 0"):
            block.set_margin_percussive(0.0)
        with self.assertRaisesRegex(ValueError, "^at: 3"):
            block.change(power=2.0, at=3)
        self.assertEqual((block.power(), block.margin_harmonic(), block.margin_percussive()), (1, 2, 1))
        found = run(S, block=block, commands=[pair("power", pmt.from_double(-1.0)), pmt.intern("nonsense")])
        for part, wanted in zip(found.parts, stft.hpss(S.T, power=1.0, margin=(2.0, 1.0))):
            np.testing.assert_array_equal(part, wanted.T)

    def test_the_block_refuses_what_is_wrong(self):
        for given in (dict(n_fft=0), dict(time_kernel=4), dict(frequency_kernel=-1), dict(power=0), dict(margin_harmonic=0), dict(sides="x"), dict(hop=-1)):
            with self.assertRaisesRegex(ValueError, rf"^{next(iter(given))}: "):
                stft.hpss_vcvc(**{**dict(n_fft=64), **given})


if __name__ == "__main__":
    unittest.main()
