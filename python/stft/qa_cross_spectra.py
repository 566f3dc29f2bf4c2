#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Cross spectra, coherence and transfer functions of two sensors, on arrays and as a block."""
import importlib.util
import itertools
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import run_again, tag, unequal

has_scipy = importlib.util.find_spec("scipy") is not None


def noise(*shape, seed=1, complex_=False):
    draw = np.random.default_rng(seed)
    x = draw.standard_normal(shape)
    return x + 1j * draw.standard_normal(shape) if complex_ else x


def pair(length, seed=1, complex_=False):
    x = noise(length, seed=seed, complex_=complex_)
    return x, np.convolve(x, [0.5, -1, 0.25], "same") + 0.3 * noise(length, seed=seed + 1, complex_=complex_)


def through(spectra, tags=(), pieces=False, runs=1, outputs=4, **given):
    """Spectra [channel][frame, bin] through the block: its outputs as arrays of items, and the tags on them."""
    channels, bins = len(spectra), spectra[0].shape[1]
    block, graph = stft.cross_spectrum_vcvc(**{**dict(channels=channels), **given}), gr.top_block()
    values = (channels - 1) * bins
    sinks = [kind(values) for kind in (blocks.vector_sink_c, blocks.vector_sink_f, blocks.vector_sink_f, blocks.vector_sink_c)][:outputs]
    keep, sources = [], []
    for c, each in enumerate(spectra):
        source = blocks.vector_source_c(np.ravel(each).tolist(), False, bins, list(tags) if c == 0 else [])
        sources.append(source)
        if pieces:
            keep.append(unequal(np.complex64, bins, pieces=[1, 2, 3, 17, 1, 50, 5][c:] + [4]))
            graph.connect(source, keep[-1], (block, c))
        else:
            graph.connect(source, (block, c))
    for port, sink in enumerate(sinks):
        graph.connect((block, port), sink)
    for _ in range(runs):
        run_again(graph, sources, sinks)
    return [np.reshape(sink.data(), (-1, values)) for sink in sinks], sinks[-1].tags(), block


class qa_cross_spectra(unittest.TestCase):
    @unittest.skipUnless(has_scipy, "SciPy is not installed (Debian: python3-scipy)")
    def test_values_are_scipys(self):
        from scipy import signal

        for complex_, n, hop in itertools.product((False, True), (64, 63), (32, 20)):
            x, y = pair(1000, complex_=complex_)
            given = dict(fs=8.0, nperseg=n, noverlap=n - hop, detrend="constant")
            sided = dict(given, return_onesided=not complex_)
            for kind, scaling in (("psd", "density"), ("power", "spectrum")):
                _, wanted = signal.csd(x, y, scaling=scaling, **sided)
                got = stft.csd(x, y, n_fft=n, hop=hop, fs=8.0, detrend="constant", kind=kind)
                np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12 * np.abs(wanted).max())
            _, wanted = signal.coherence(x, y, **given)
            got = stft.coherence(x, y, n_fft=n, hop=hop, detrend="constant")
            np.testing.assert_allclose(got.values[1:], wanted[1:], rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(stft.csd(x, x, n_fft=n, hop=hop, fs=8.0, detrend="constant").real, signal.welch(x, **sided)[1], atol=1e-12)

    def test_definition_in_plain_numpy(self):
        x, y = pair(500)
        taps = stft.sample_window("hann", 32)
        frames = [slice(s, s + 32) for s in range(0, 500 - 31, 12)]
        X, Y = (np.array([np.fft.rfft(taps * z[f]) for f in frames]) for z in (x, y))
        xy, xx, yy = (np.conj(X) * Y).mean(0), (abs(X) ** 2).mean(0), (abs(Y) ** 2).mean(0)
        np.testing.assert_allclose(stft.coherence(x, y, n_fft=32, hop=12).values, abs(xy) ** 2 / xx / yy, rtol=1e-10)
        for estimator, wanted in (("h1", xy / xx), ("h2", yy / np.conj(xy))):
            got = stft.transfer_function(x, y, n_fft=32, hop=12, estimator=estimator)
            np.testing.assert_allclose(got.values, wanted, rtol=1e-10)
        doubled = np.r_[1, [2] * 15, 1]
        np.testing.assert_allclose(stft.csd(x, y, n_fft=32, hop=12, fs=100.0), xy * doubled / 100 / (taps**2).sum(), rtol=1e-10)
        self.assertEqual(stft.csd(np.float32(x), np.float32(y), n_fft=32).dtype, np.complex64)

    def test_a_delay_is_a_falling_phase(self):
        x = noise(20_000)
        phase = np.angle(stft.csd(x[3:], x[:-3], n_fft=64))  # y comes 3 samples later
        np.testing.assert_allclose(np.unwrap(phase)[5:-5], -2 * np.pi * 3 * np.arange(33)[5:-5] / 64, atol=0.1)

    def test_blocks_of_frames_and_exponential_means(self):
        x, y = pair(3000)
        hop, n = 16, 32
        starts = 1 + (3000 - n) // hop
        got = stft.csd(x, y, n_fft=n, hop=hop, frames=10)
        self.assertEqual(got.shape, (17, starts // 10))
        for block in (0, 7, starts // 10 - 1):
            samples = slice(block * 10 * hop, (block * 10 + 9) * hop + n)
            np.testing.assert_array_equal(got[:, block], stft.csd(x[samples], y[samples], n_fft=n, hop=hop))
        running = stft.coherence(x, y, n_fft=n, hop=hop, frames=10, mean="exponential")
        self.assertEqual(running.values.shape, (17, starts))
        self.assertTrue(np.isnan(running.values[:, :37]).all())
        self.assertFalse(np.isnan(running.values[:, 40:]).any())

    def test_channels_in_front_any_axis_and_broadcasting(self):
        x, y = noise(3, 1, 600, seed=1), noise(2, 600, seed=2)
        got = stft.coherence(x, y, n_fft=32).values
        self.assertEqual(got.shape, (3, 2, 17))
        for a, b in itertools.product(range(3), range(2)):
            np.testing.assert_array_equal(got[a, b], stft.coherence(x[a, 0], y[b], n_fft=32).values)
        turned = x.swapaxes(0, 1)
        np.testing.assert_array_equal(stft.csd(x.T, x.T, axis=0, n_fft=32), stft.csd(turned, turned, n_fft=32))
        self.assertEqual(stft.csd(np.zeros((0, 600)), np.zeros((0, 600)), n_fft=32).shape, (0, 17))
        self.assertEqual(stft.csd(np.zeros((0, 600)), np.zeros((0, 600)), n_fft=32, frames=3).shape[:2], (0, 17))

    def test_two_precisions_are_computed_in_the_wider_one(self):
        x, y = (np.random.default_rng(2).standard_normal((2, 500)) + 1j * np.random.default_rng(3).standard_normal((2, 500)))
        for a, b in ((x.real.astype(np.float32), y.real), (x.astype(np.complex64), y.real), (np.arange(500, dtype=np.int16), y.real.astype(np.float32))):
            wide = [one.astype(np.complex128 if one.dtype.kind == "c" else np.float64) for one in (a, b)]
            for function in stft.csd, lambda *pair, **made: stft.coherence(*pair, **made).values:
                for pair in ((a, b), (b, a)):
                    np.testing.assert_array_equal(function(*pair, n_fft=32), function(*(wide if pair[0] is a else wide[::-1]), n_fft=32))

    def test_bias_is_that_of_overlapped_frames(self):
        for hop, counted in ((64, 1), (32, 0.947), (16, 0.52)):
            x, y = noise(400, 64 * 40, seed=3), noise(400, 64 * 40, seed=4)
            found = stft.coherence(x, y, n_fft=64, hop=hop, fraction=0.05)
            frames = 1 + (64 * 40 - 64) // hop
            self.assertAlmostEqual(found.values[:, 1:-1].mean() / found.bias, 1, delta=0.06)
            self.assertAlmostEqual(found.independent_frames / frames, counted, delta=0.02)
            self.assertAlmostEqual((found.values[:, 1:-1] > found.threshold).mean(), 0.05, delta=0.015)

    def test_gains_move_transfer_functions_alone(self):
        x, y = pair(2000)
        one = stft.transfer_function(x, y, n_fft=64)
        for gain in (1e6, 1e-6):
            other = stft.transfer_function(x / gain, y * gain, n_fft=64)
            np.testing.assert_allclose(other.values, one.values * gain**2, rtol=1e-10)
            np.testing.assert_allclose(other.coherence.values, one.coherence.values, rtol=1e-10)

    def test_what_is_wrong_is_refused_by_name(self):
        x = noise(100)
        for given, text in (
            (dict(y=x[:-1]), "y: 99 samples"),
            (dict(n_fft=128), "x: 100 samples"),
            (dict(kind="magnitude"), "kind: 'magnitude'"),
            (dict(frames=0), "frames: 0"),
            (dict(mean="exponential"), "frames: None"),
            (dict(mean="sliding", frames=2), "mean: sliding"),
            (dict(hop=0), "hop: 0"),
            (dict(sides="both"), "sides: .*both"),
        ):
            with self.assertRaisesRegex(ValueError, f"^{text}"):
                stft.csd(**{**dict(x=x, y=x, n_fft=16), **given})
        with self.assertRaisesRegex(ValueError, "^estimator: h3"):
            stft.transfer_function(x, x, n_fft=16, estimator="h3")
        for fraction in 2, 0, None, "some", [0.1, 0.2], True:
            for call in stft.coherence, stft.transfer_function:
                with self.assertRaisesRegex(ValueError, r"^fraction: .*: must be between 0 and 1$"):
                    call(x, x, n_fft=16, fraction=fraction)

    def test_the_block_gives_what_the_arrays_give_to_the_bit(self):
        for complex_, n in ((False, 32), (True, 15)):
            x, y = (z.astype(np.complex64 if complex_ else np.float32) for z in pair(4000, complex_=complex_))
            sides = "twosided" if complex_ else "onesided"
            count = 1 + (4000 - n) // 8
            X, Y = (np.ascontiguousarray(stft.stft(z, n_fft=n, hop=8, first=0, frames=count, scaling="psd").T) for z in (x, y))
            for mean, frames, estimator in (("blocks", 7, "h1"), ("blocks", 1, "h2"), ("exponential", 9, "h2")):
                given = dict(n_fft=n, hop=8, frames=frames, mean=mean)
                wanted = stft.transfer_function(x, y, estimator=estimator, **given)
                for pieces in (False, True):
                    (cross, coherence, phase, transfer), _, block = through([X, Y], pieces=pieces, sides=sides, estimator=estimator, **given)
                    np.testing.assert_array_equal(cross, stft.csd(x, y, **given).T)
                    np.testing.assert_array_equal(coherence, wanted.coherence.values.T)
                    np.testing.assert_array_equal(transfer, wanted.values.T)
                    np.testing.assert_allclose(np.exp(1j * phase), cross / abs(cross), atol=1e-6)
                self.assertEqual(block.bias(), wanted.coherence.bias)
                self.assertEqual(block.threshold(), wanted.coherence.threshold)
                self.assertEqual(block.independent_frames(), wanted.coherence.independent_frames)

    def test_more_channels_a_second_run_and_outputs_that_are_left_out(self):
        spectra = [noise(50, 9, seed=c, complex_=True).astype(np.complex64) for c in range(4)]
        (cross, coherence, *_), _, _ = through(spectra, n_fft=16, hop=16, frames=6)
        self.assertEqual(cross.shape, (8, 27))
        for c in range(1, 4):
            (alone, its_coherence, *_), _, _ = through([spectra[0], spectra[c]], n_fft=16, hop=16, frames=6)
            np.testing.assert_array_equal(cross[:, 9 * (c - 1) : 9 * c], alone)
            np.testing.assert_array_equal(coherence[:, 9 * (c - 1) : 9 * c], its_coherence)
        (again, *_), _, _ = through(spectra, n_fft=16, hop=16, frames=6, runs=3)
        np.testing.assert_array_equal(again, cross)
        for outputs in (1, 2, 3):
            found, _, _ = through(spectra, n_fft=16, hop=16, frames=6, outputs=outputs)
            np.testing.assert_array_equal(found[0], cross)

    def test_short_streams(self):
        for count in (0, 1, 3):
            spectra = [noise(count, 9, complex_=True).astype(np.complex64)] * 2
            (cross, *_), _, _ = through(spectra, n_fft=16, hop=16, frames=3)
            self.assertEqual(len(cross), count // 3)
        uneven = [noise(n, 9, complex_=True).astype(np.complex64) for n in (10, 7)]
        (cross, *_), _, _ = through(uneven, n_fft=16, hop=16, frames=3)
        self.assertEqual(len(cross), 2)

    def test_tags_of_the_reference_go_to_the_item_of_their_spectrum(self):
        spectra = [noise(12, 9, complex_=True).astype(np.complex64)] * 2
        given = [tag(0, "rx_rate", 600.0), tag(5, "mark", 1), tag(0, "packet_len", 12), tag(6, "stft_hop", 16)]
        _, tags, _ = through(spectra, given, n_fft=16, hop=16, frames=3)
        found = {(t.offset, str(t.key)): pmt.to_python(t.value) for t in tags}
        self.assertEqual(found, {(0, "rx_rate"): 200.0, (1, "mark"): 1, (2, "stft_hop"): 16})

    def test_reset_by_message(self):
        spectra = [noise(2, 9, complex_=True).astype(np.complex64)] * 2
        block = stft.cross_spectrum_vcvc(16, 16, frames=2)
        block.reset()
        block.to_basic_block()._post(pmt.intern("cmd"), pmt.cons(pmt.intern("reset"), pmt.PMT_T))
        block.to_basic_block()._post(pmt.intern("cmd"), pmt.intern("nonsense"))
        graph, sink = gr.top_block(), blocks.vector_sink_c(9)
        for c, each in enumerate(spectra):
            graph.connect(blocks.vector_source_c(each.ravel().tolist(), False, 9), (block, c))
        graph.connect(block, sink)
        graph.run()
        self.assertIn(len(sink.data()), (0, 9))

    def test_the_block_refuses_what_is_wrong(self):
        for given in (dict(n_fft=0), dict(hop=0), dict(channels=1), dict(channels=65), dict(frames=0), dict(mean="x"), dict(estimator="x"), dict(win_length=17)):
            with self.assertRaisesRegex(ValueError, rf"^{next(iter(given))}: "):
                stft.cross_spectrum_vcvc(**{**dict(n_fft=16, hop=8), **given})


if __name__ == "__main__":
    unittest.main()
