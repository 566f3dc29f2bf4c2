#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Frame bounds, tight windows, windows longer than n_fft, multipliers and the block mask_vcvc."""
import doctest
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from gnuradio.stft import gabor
from qa_flowgraph_parts import run_again, tag

DTYPES = np.float32, np.float64, np.complex64, np.complex128
N_FFT, HOP, BINS = 64, 16, 33


def noise(seed, length, dtype=np.float64):
    draw = np.random.default_rng(seed)
    x = draw.standard_normal(length)
    return (x + 1j * draw.standard_normal(length) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def close(dtype):
    return 1e-5 if np.dtype(dtype) in (np.float32, np.complex64) else 1e-11


def periodic_matrix(w, hop, n_fft, period):
    """Synthesis matrix of all shifts of a window by hop, and modulations by 1 / n_fft, on signals of this period."""
    n = np.arange(period)
    wrapped = np.zeros(period, complex)
    np.add.at(wrapped, np.arange(len(w)) % period, w)
    return np.stack([np.roll(wrapped, p) * np.exp(2j * np.pi * k * (n - p) / n_fft) for p in range(0, period, hop) for k in range(n_fft)], 1)


class Windows(unittest.TestCase):
    #: taps, hop, n_fft: painless, and longer than n_fft
    cases = [
        (stft.sample_window("hamming", 12), 3, 12), (stft.sample_window("hann", 12), 4, 16), (noise(1, 7, complex), 2, 8),
        (stft.sample_window("hann", 16), 2, 8), (stft.sample_window("hann", 15), 3, 8), (stft.sample_window("blackman", 20), 4, 9),
        (noise(3, 14, complex) * np.exp(-0.4 * np.arange(14)), 3, 6),
        (stft.sample_window("hann", 40), 17, 20), (stft.sample_window("hann", 38) * np.exp(0.02j * np.arange(38) ** 2), 13, 16),
    ]  # fmt: skip

    def test_bounds_are_those_of_the_matrix(self):
        for w, hop, n_fft in self.cases:
            period = np.lcm(hop, n_fft)
            period *= -(-len(w) // period)
            singular = np.linalg.svd(periodic_matrix(w, hop, n_fft, period), compute_uv=False) ** 2
            lower, upper = stft.frame_bounds(w, hop, n_fft, period=int(period))
            np.testing.assert_allclose([lower, upper], [singular[-1], singular[0]], rtol=1e-10)
            lowest, highest = stft.frame_bounds(w, hop, n_fft)
            self.assertTrue(0 < lowest <= lower * (1 + 1e-12) and highest >= upper * (1 - 1e-12))

    def test_tight_and_dual_are_those_of_the_matrix(self):
        for w, hop, n_fft in self.cases:
            period = int(np.lcm(hop, n_fft))
            F = periodic_matrix(w, hop, n_fft, period)
            values, vectors = np.linalg.eigh(F @ F.conj().T)
            wrap = lambda taps: sum(
                np.bincount((np.arange(len(taps)) - (len(taps) - len(w)) // 2) % period, part, period) * unit
                for part, unit in ((np.real(taps), 1), (np.imag(taps), 1j))
            )
            for power, made in (0.5, stft.tight_window(w, hop, n_fft)), (1, stft.dual_window(w, hop, n_fft)):
                self.assertEqual(len(made) == len(w), len(w) <= n_fft)
                expected = vectors @ (vectors.conj().T @ wrap(w) * values**-power) * n_fft**power
                np.testing.assert_allclose(wrap(made), expected, atol=1e-12 * np.max(np.abs(expected)))

    def test_tight_windows_need_no_division_and_keep_energy(self):
        for w, hop, n_fft in self.cases:
            tight = stft.tight_window(w, hop, n_fft)
            x = noise(5, 97, complex)
            frame = dict(hop=hop, n_fft=n_fft, placement="full", scaling="ortho")
            X = stft.stft(x, tight, **frame)
            np.testing.assert_allclose(np.sum(np.abs(X) ** 2), np.sum(np.abs(x) ** 2), rtol=1e-12)
            np.testing.assert_allclose(stft.istft(X, tight, synthesis=tight, length=97, **frame), x, atol=1e-12)

    def test_names_and_defaults(self):
        w = stft.sample_window("hann", 12)
        self.assertEqual(stft.frame_bounds("hann", 3, win_length=12), stft.frame_bounds(w, 3, 12))
        np.testing.assert_array_equal(stft.tight_window("hann", 3, win_length=12), stft.tight_window(w, 3, 12))
        self.assertEqual(stft.frame_bounds("hann", 3, 12), stft.frame_bounds(w, 3, 12))
        np.testing.assert_array_equal(stft.tight_window("hann", 3, 12), stft.tight_window(w, 3, 12))
        np.testing.assert_array_equal(stft.dual_window("hann", 3, 12), stft.dual_window(w, 3, 12))
        self.assertEqual(stft.frame_bounds(w, 20), (0.0, 12.0))
        self.assertEqual(stft.tight_window(w, 3).dtype, np.float64)

    def test_what_is_wrong_is_refused(self):
        w = stft.sample_window("hann", 32)
        for message, call in (
            ("hop: 0:", lambda: stft.frame_bounds(w, 0)),
            ("n_fft: 0:", lambda: stft.frame_bounds(w, 4, 0)),
            ("window: hann: has no length", lambda: stft.frame_bounds("hann", 4)),
            ("period: 0: must be 1 or more", lambda: stft.frame_bounds(w, 4, period=0)),
            ("period: 12: must be a multiple of hop and n_fft", lambda: stft.frame_bounds(w, 4, 8, period=12)),
            ("window: tap 1: must be finite", lambda: stft.tight_window([1, np.nan], 1)),
            ("hop: 32: leaves samples uncovered", lambda: stft.tight_window(w, 32)),
            ("hop: 2: leaves what the window of 32 taps", lambda: stft.tight_window(w, 2, 8)),
            ("hop: 9: leaves what the window of 32 taps", lambda: stft.dual_window(w, 9, 8)),
            (
                "n_fft: 2: must be 5 or more for a window of 20000 taps, which joins no more than 4096 samples n_fft apart",
                lambda: stft.frame_bounds(np.hanning(20000), 1, 2),
            ),
            (
                "n_fft: 100: must be larger for a window of 400000 taps: it would take 24 GiB",
                lambda: stft.frame_bounds(np.hanning(400000), 399999, 100),
            ),
        ):
            with self.assertRaisesRegex(ValueError, f"^{message}"):
                call()


class LongWindows(unittest.TestCase):
    shapes = (8, 2, 16), (9, 4, 16), (16, 5, 31), (64, 16, 128)

    def test_spectra_are_the_sums_of_the_definition(self):
        for n_fft, hop, length in self.shapes:
            w = stft.sample_window("hann", length) * (1 + 0.3j)
            x = noise(1, 200, complex)
            X = stft.stft(x, w, hop=hop, n_fft=n_fft, first=-7, frames=30)
            padded = np.concatenate([np.zeros(7), x, np.zeros(length + 30 * hop)])
            m, k = np.arange(length), np.arange(n_fft)[:, None]
            for p in 0, 1, 29:
                frame = padded[p * hop : p * hop + length] * w.conj()
                expected = np.exp(-2j * np.pi * k * (m - length // 2) / n_fft) @ frame
                np.testing.assert_allclose(X[:, p], expected, atol=1e-12)

    def test_the_input_comes_back(self):
        for n_fft, hop, length in self.shapes:
            for dtype in DTYPES:
                for placement in "centred", "full":
                    x = noise(2, (2, 777), dtype)
                    frame = dict(hop=hop, n_fft=n_fft, win_length=length, placement=placement)
                    y = stft.istft(stft.stft(x, **frame), length=777, **frame, workers=2)
                    self.assertEqual(y.dtype, x.dtype)
                    self.assertLess(np.max(np.abs(y - x)), 1e-5 if close(dtype) > 1e-9 else 1e-12)

    def test_the_spectrogram_is_that_of_a_polyphase_filter_bank(self):
        taps = np.sinc((np.arange(128) - 64) / 32) * stft.sample_window("hann", 128)
        x = noise(4, 640)
        S = stft.spectrogram(x, taps, hop=32, n_fft=32, first=0, frames=16, kind="power", onesided_doubling=False)
        branches = np.array([(x[p * 32 : p * 32 + 128] * taps).reshape(4, 32).sum(0) for p in range(16)])
        np.testing.assert_allclose(S, (np.abs(np.fft.rfft(branches)) ** 2).T / np.sum(taps) ** 2, rtol=1e-10)

    def test_n_fft_must_be_given(self):
        X = stft.stft(noise(1, 100), hop=2, n_fft=8, win_length=16)
        with self.assertRaisesRegex(ValueError, "^win_length: 16: must be 1 .. n_fft = 8; for a longer window give n_fft"):
            stft.istft(X, hop=2, win_length=16)
        with self.assertRaisesRegex(ValueError, "^hop: 4: leaves what the window hann of 32 samples and n_fft = 8"):
            stft.istft(stft.stft(noise(1, 100), hop=4, n_fft=8, win_length=32), hop=4, n_fft=8, win_length=32)

    def test_blocks_agree_with_arrays_to_the_bit(self):
        for n_fft, hop, length in self.shapes:
            for dtype in np.float32, np.complex64:
                for placement in "centred", "left", "full":
                    x = noise(6, 3001, dtype)
                    frame = dict(hop=hop, n_fft=n_fft, win_length=length, placement=placement)
                    real = dtype == np.float32
                    forward = (stft.stft_fvc if real else stft.stft_cvc)(**frame)
                    backward = (stft.istft_vcf if real else stft.istft_vcc)(**frame)
                    rows = blocks.vector_sink_c(n_fft // 2 + 1 if real else n_fft)
                    sink = (blocks.vector_sink_f if real else blocks.vector_sink_c)()
                    top = gr.top_block()
                    top.connect((blocks.vector_source_f if real else blocks.vector_source_c)(x.tolist()), forward, backward, sink)
                    top.connect(forward, rows)
                    top.run()
                    X = stft.stft(x, **frame)
                    np.testing.assert_array_equal(np.reshape(np.array(rows.data(), np.complex64), X.T.shape).T, X)
                    y = stft.istft(X, length=3001, **frame)
                    np.testing.assert_array_equal(np.array(sink.data(), dtype), y)
                    self.assertGreater(backward.latency(), length)

    def test_changes_are_refused_by_the_inverse_and_it_goes_on(self):
        forward, backward = stft.stft_fvc(64, 16, win_length=128), stft.istft_vcf(64, 16, win_length=128)
        sink, top, x = blocks.vector_sink_f(), gr.top_block(), noise(8, 9000, np.float32)
        forward.change(at=4000, hop=8)
        top.connect(blocks.vector_source_f(x.tolist()), forward, backward, sink)
        top.run()
        np.testing.assert_allclose(np.array(sink.data())[:2000], x[:2000], atol=1e-5)


class Multipliers(unittest.TestCase):
    def test_it_is_transform_mask_and_inverse(self):
        for frame in dict(hop=16, n_fft=64), dict(hop=5, n_fft=33, win_length=20, placement="full"), dict(hop=16, n_fft=64, win_length=128):
            for dtype in DTYPES:
                x = noise(1, (2, 3, 500), dtype)
                X = stft.stft(x, "hamming", **frame)
                bins, frames = X.shape[-2:]
                for shape in (), (bins, 1), (1, frames), (bins, frames), (3, bins, frames), (2, 1, bins, 1), (2, 3, bins, frames):
                    for kind in np.float64, np.complex128:
                        mask = noise(2, shape, kind)
                        y = stft.multiply(x, mask, "hamming", workers=2, **frame)
                        same = mask.astype(np.result_type(x.real.dtype, np.complex64) if kind == np.complex128 else x.real.dtype)
                        expected = stft.istft(X * same, "hamming", length=500, **frame)
                        self.assertEqual((y.dtype, y.shape), (x.dtype, x.shape))
                        np.testing.assert_allclose(y, expected, atol=close(dtype) * np.max(np.abs(expected)))
                        if kind == np.float64:
                            np.testing.assert_array_equal(y, expected)

    def test_random_parameters(self):
        draw = np.random.default_rng(7)
        for _ in range(40):
            n_fft = int(draw.integers(1, 40))
            length = int(draw.integers(1, n_fft + 1))
            hop = int(draw.integers(1, (length + 3) // 2))
            placement = str(draw.choice(["centred", "full"]))
            x = noise(3, int(draw.integers(0, 150)), draw.choice([np.float64, np.complex128]))
            frame = dict(hop=hop, n_fft=n_fft, win_length=length, placement=placement)
            X = stft.stft(x, "hamming", **frame)
            mask = draw.standard_normal(X.shape) + 1j * draw.standard_normal(X.shape)
            expected = stft.istft(X * mask, "hamming", length=len(x), sides="onesided" if x.dtype.kind == "f" else "twosided", **frame)
            np.testing.assert_allclose(stft.multiply(x, mask, "hamming", **frame), expected, atol=1e-11)

    def test_axes_sides_and_booleans(self):
        x = noise(1, (300, 2), np.float32)
        keep = np.arange(33)[:, None] < 10
        y = stft.multiply(x, keep, hop=16, n_fft=64, axis=0)
        np.testing.assert_array_equal(y[:, 1], stft.multiply(x[:, 1], keep.astype(float), hop=16, n_fft=64))
        k = np.arange(64) - 32
        z = stft.multiply(x[:, 1], np.abs(k)[:, None] < 10, hop=16, n_fft=64, sides="centered")
        self.assertEqual(z.dtype, np.complex64)
        np.testing.assert_allclose(z, y[:, 1], atol=1e-6)

    def test_nan_stays_in_its_frames(self):
        x = noise(1, 1000)
        x[500] = np.nan
        y = stft.multiply(x, 0.5, hop=16, n_fft=64)
        self.assertEqual(np.flatnonzero(np.isnan(y)).tolist(), list(range(np.flatnonzero(np.isnan(y))[0], np.flatnonzero(np.isnan(y))[-1] + 1)))
        bad = np.abs(np.arange(1000) - 500) < 64
        np.testing.assert_allclose(y[~bad], 0.5 * x[~bad], atol=1e-14)
        self.assertTrue(np.isnan(y[500]))

    def test_what_is_wrong_is_refused(self):
        x = noise(1, 100)
        frame = dict(hop=16, n_fft=64)
        for message, call in (
            (r"mask: 1 dimension: give \(bins, 1\) = \(33, 1\) or \(1, frames\) = \(1, 8\)", lambda: stft.multiply(x, np.ones(33), **frame)),
            (r"mask: shape \(32, 1\): must be \(..., 33 or 1, 8 or 1\)", lambda: stft.multiply(x, np.ones((32, 1)), **frame)),
            (r"mask: shape \(2, 33, 1\): its leading axes", lambda: stft.multiply(x, np.ones((2, 33, 1)), **frame)),
            ("hop: 65: leaves samples uncovered", lambda: stft.multiply(x, 1, hop=65, n_fft=64)),
            ("placement: x: ", lambda: stft.multiply(x, 1, placement="x", **frame)),
            ("mask: dtype", lambda: stft.multiply(x, "x", **frame)),
            ("mask: list", lambda: stft.multiply(x, [[1, 2], [3, 4], 5], **frame)),
            ("sides: ", lambda: stft.multiply(x, 1, sides=np.array(["onesided", "x"]), **frame)),
            ("threshold: 1:", lambda: stft.multiply(x, 1, threshold=1, **frame)),
        ):
            with self.assertRaisesRegex(ValueError, f"^{message}"):
                call()


def message(**values):
    dictionary = pmt.make_dict()
    for name, value in values.items():
        vector = isinstance(value, np.ndarray)
        made = pmt.to_pmt(value) if not vector else (pmt.init_c32vector if value.dtype.kind == "c" else pmt.init_f32vector)(len(value), value.tolist())
        dictionary = pmt.dict_add(dictionary, pmt.intern(name), made)
    return dictionary


def through(mask, X, masks=None, tags=(), before=()):
    """Rows (bins, frames) through the block; its tags."""
    top, sink = gr.top_block(), blocks.vector_sink_c(X.shape[0])
    top.connect(blocks.vector_source_c(X.T.ravel().tolist(), False, X.shape[0], list(tags)), mask, sink)
    if masks is not None:
        source = blocks.vector_source_c if masks.dtype.kind == "c" else blocks.vector_source_f
        top.connect(source(masks.T.ravel().tolist(), False, len(masks), [tag(0, "of_masks", 1)] if masks.size else []), (mask, 1))
    for one in before:
        mask.to_basic_block()._post(pmt.intern("cmd"), one)
    top.run()
    return np.reshape(np.array(sink.data(), np.complex64), (-1, X.shape[0])).T, sink.tags()


class Blocks(unittest.TestCase):
    X = noise(1, (BINS, 500), np.complex64)

    def test_a_mask_for_each_spectrum(self):
        for kind in np.float32, np.complex64:
            masks = noise(2, self.X.shape, kind)
            Y, tags = through(stft.mask_vcvc(N_FFT, HOP, complex_masks=kind == np.complex64), self.X, masks, [tag(7, "other", "x")])
            np.testing.assert_allclose(Y, self.X * masks, rtol=1e-5)
            self.assertEqual([(t.offset, str(t.key)) for t in tags], [(7, "other")])

    def test_the_last_mask_holds(self):
        for count in 0, 1, 300:
            masks = noise(2, (BINS, count), np.float32)
            Y, _ = through(stft.mask_vcvc(N_FFT, HOP), self.X, masks)
            held = np.concatenate([masks, np.repeat(masks[:, -1:], 500 - count, 1) if count else np.ones((BINS, 500), np.float32)], 1)
            np.testing.assert_array_equal(Y, self.X * held)

    def test_more_masks_than_spectra(self):
        masks = noise(2, (BINS, 800), np.float32)
        Y, _ = through(stft.mask_vcvc(N_FFT, HOP), self.X, masks)
        np.testing.assert_array_equal(Y, self.X * masks[:, :500])

    def test_a_constant_mask_with_and_without_the_second_input(self):
        row, masks = noise(3, BINS, np.float32), noise(2, self.X.shape, np.float32)
        np.testing.assert_array_equal(through(stft.mask_vcvc(N_FFT, HOP), self.X)[0], self.X)
        np.testing.assert_array_equal(through(stft.mask_vcvc(N_FFT, HOP, row), self.X)[0], self.X * row[:, None])
        np.testing.assert_array_equal(through(stft.mask_vcvc(N_FFT, HOP, row > 0.5), self.X)[0], self.X * (row > 0.5)[:, None])
        np.testing.assert_array_equal(through(stft.mask_vcvc(N_FFT, HOP, row), self.X, masks)[0], self.X * masks * row[:, None])
        turn = row * np.complex64(1j)
        np.testing.assert_allclose(through(stft.mask_vcvc(N_FFT, HOP, turn), self.X)[0], self.X * turn[:, None], rtol=1e-5)

    def test_the_chain_equals_the_array(self):
        for dtype in np.float32, np.complex64:
            real = dtype == np.float32
            bins = BINS if real else N_FFT
            row = noise(3, bins, np.float32)
            for length in 1, 40, 20011:
                x = noise(4, length, dtype)
                frames = -(-length // HOP) + 1
                masks = noise(5, (bins, frames), np.float32)
                for second in False, True:
                    mask = stft.mask_vcvc(N_FFT, HOP, () if second else row, sides="onesided" if real else "twosided")
                    sink, top = (blocks.vector_sink_f if real else blocks.vector_sink_c)(), gr.top_block()
                    top.connect(
                        (blocks.vector_source_f if real else blocks.vector_source_c)(x.tolist()),
                        (stft.stft_fvc if real else stft.stft_cvc)(N_FFT, HOP),
                        mask,
                        (stft.istft_vcf if real else stft.istft_vcc)(N_FFT, HOP),
                        sink,
                    )
                    if second:
                        top.connect(blocks.vector_source_f(masks.T.ravel().tolist(), False, bins), (mask, 1))
                    top.run()
                    expected = stft.multiply(x, masks if second else row[:, None], hop=HOP, n_fft=N_FFT)
                    np.testing.assert_array_equal(np.array(sink.data(), dtype), expected)
                    self.assertEqual(mask.latency(), 0)

    def test_masks_change_at_a_sample(self):
        first, then = noise(3, BINS, np.float32), noise(4, BINS, np.complex64)
        told = [tag(0, "stft_first", 100), tag(0, "stft_hop", 7)]
        others = [*told, tag(0, "stft_n_fft", N_FFT + 1)]  # of other spectra, with as many bins
        for tags, start, hop in ((), -32, 16), (told, 100, 7), (others, -32, 16):
            mask = stft.mask_vcvc(N_FFT, HOP, first)
            at = start + 200 * hop - 1  # between the starts of two frames
            mask.change(mask=then, at=at)
            np.testing.assert_allclose(mask.mask(), then, rtol=1e-6)
            Y, _ = through(mask, self.X, tags=tags)
            np.testing.assert_array_equal(Y[:, :200], (self.X * first[:, None])[:, :200])
            np.testing.assert_allclose(Y[:, 200:], (self.X * then[:, None])[:, 200:], rtol=1e-5)

    def test_messages(self):
        row = noise(4, BINS, np.float32)
        for values, expected in (
            (dict(mask=row), self.X * row[:, None]),
            (dict(mask=row * np.complex64(1j)), self.X * (row * np.complex64(1j))[:, None]),
            (dict(mask=np.zeros(0, np.float32)), self.X),
            (dict(mask=row[:-1]), self.X * np.float32(0.5)),  # refused, logged
            (dict(win_length=3), self.X * np.float32(0.5)),
        ):
            mask = stft.mask_vcvc(N_FFT, HOP, np.full(BINS, 0.5))
            Y, _ = through(mask, self.X, before=[message(**values)])
            np.testing.assert_allclose(Y, expected, rtol=1e-5)

    def test_windows_stay_on_their_side_of_n_fft_while_it_runs(self):
        for made, other, words in ((64, 65, "must be 1 .. n_fft = 64"), (128, 64, "must exceed n_fft = 64")):
            block = stft.stft_fvc(64, 16, win_length=made)
            with self.assertRaisesRegex(ValueError, f"win_length: {other}: {words}"):
                block.set_win_length(other)
            block.set_win_length(made - 1 if made == 64 else made + 1)

    def test_a_second_run_begins_anew(self):
        masks = noise(2, (BINS, 10), np.float32)
        mask, sink, top = stft.mask_vcvc(N_FFT, HOP), blocks.vector_sink_c(BINS), gr.top_block()
        source, second = (blocks.vector_source_c(self.X.T.ravel().tolist(), False, BINS), blocks.vector_source_f([], False, BINS))
        top.connect(source, mask, sink)
        top.connect(second, (mask, 1))
        results = []
        for run in range(3):
            second.set_data(masks.T.ravel().tolist() if run != 1 else [])
            run_again(top, [source], [sink])
            results.append(np.array(sink.data()))
        np.testing.assert_array_equal(results[0], results[2])
        np.testing.assert_array_equal(np.reshape(results[1], (-1, BINS)).T, self.X)  # the last mask of the run before is forgotten

    def test_what_is_wrong_is_refused(self):
        for text, arguments in (
            ("n_fft: 0:", dict(n_fft=0)),
            ("hop: 0:", dict(hop=0)),
            ("mask: 3 values: must be 33, one for each bin, or none", dict(mask=(1, 2, 3))),
            ("mask: .*: must be finite", dict(mask=[np.inf] * BINS)),
            ("sides: x:", dict(sides="x")),
        ):
            with self.assertRaisesRegex(ValueError, f"^{text}"):
                stft.mask_vcvc(**{**dict(n_fft=N_FFT, hop=HOP), **arguments})
        with self.assertRaisesRegex(ValueError, "^mask: 2 values"):
            stft.mask_vcvc(N_FFT, HOP).set_mask([1, 2])


def load_tests(loader, tests, pattern):
    tests.addTests(doctest.DocTestSuite(gabor))
    return tests


if __name__ == "__main__":
    unittest.main()
