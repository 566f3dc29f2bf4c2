#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Array functions: against plain sums, golden cases and SciPy's conventions; shapes, dtypes, refusals, doc tests."""

import doctest
import itertools
import json
import os
import pathlib
import threading
import unittest

import numpy as np
from gnuradio import blocks, gr, stft
from gnuradio.stft import transforms

from qa_oracles import cisoids, stft_sum

GOLDEN = pathlib.Path(__file__).parent / "golden" / "stft"
RNG = np.random.default_rng(7)
SIZES = [  # n_fft, win_length, hop
    (1, 1, 1), (2, 1, 1), (2, 2, 1), (3, 3, 2), (4, 4, 1), (5, 3, 2), (8, 8, 3), (13, 13, 5), (16, 9, 4), (15, 8, 8),
    (32, 32, 8), (16, 12, 30), (97, 64, 20),
]  # fmt: skip


def signal(length, kind, channels=()):
    x = RNG.standard_normal(tuple(channels) + (length,))
    if np.dtype(kind).kind == "c":
        x = x + 1j * RNG.standard_normal(x.shape)
    return x.astype(kind)


def limit(dtype):
    return 1e-6 if np.dtype(dtype).name in ("float32", "complex64") else 1e-11


class forward(unittest.TestCase):
    def test_stft_is_the_plain_sum(self):
        for (n_fft, m, hop), kind, placement in itertools.product(
            SIZES, ("float32", "float64", "complex64", "complex128"), ("centred", "left", "full")
        ):
            x = signal(41, kind)
            w = stft.sample_window(("kaiser", 3.0), m)
            first = {"centred": -(m // 2), "left": 0, "full": -(m // 2) - (m - 1 - m // 2) // hop * hop}[placement]
            for phase, r in (("start", 0), ("centre", m // 2), ("absolute", "absolute"), (3, 3), (-7, -7)):
                X = stft.stft(x, ("kaiser", 3.0), hop=hop, n_fft=n_fft, win_length=m, placement=placement, phase=phase)
                bins = np.arange(n_fft // 2 + 1 if x.dtype.kind == "f" else n_fft)
                expected = stft_sum(x, w, first + hop * np.arange(X.shape[1]), n_fft, bins, r)
                with self.subTest(n_fft=n_fft, m=m, hop=hop, kind=kind, placement=placement, phase=phase):
                    self.assertEqual(X.dtype, np.result_type(x, np.complex64))
                    self.assertLessEqual(np.max(np.abs(X - expected)), limit(kind) * np.max(np.abs(expected)))

    def test_stft_has_the_frames_of_its_placement(self):
        for m, hop, length in itertools.product((1, 2, 5, 8), (1, 3, 8, 11), (1, 2, 7, 8, 9, 23)):
            x = signal(length, "float64")
            starts = {
                "centred": [p * hop - m // 2 for p in range(1 + -(-length // hop))],
                "full": [s for s in range(-(m // 2) - 40 * hop, length, hop) if s + m > 0],
            }
            left = [0]
            while left[-1] + max(m, hop) < length:
                left.append(left[-1] + hop)
            starts["left"] = left
            for placement, expected in starts.items():
                X = stft.stft(x, "boxcar", hop=hop, n_fft=m, placement=placement, phase="start")
                self.assertEqual(X.shape, (m // 2 + 1, len(expected)), (m, hop, length, placement))
                dc = [x[max(0, s) : max(0, s + m)].sum() for s in expected]
                np.testing.assert_allclose(X[0].real, dc, atol=1e-12)

    def test_first_and_frames_may_be_given(self):
        x = signal(50, "float64")
        X = stft.stft(x, hop=5, n_fft=16, first=-40, frames=30)
        w = stft.sample_window("hann", 16)
        np.testing.assert_allclose(X, stft_sum(x, w, range(-40, 110, 5), 16, range(9), 8), atol=1e-12)
        self.assertEqual(stft.stft(x, hop=5, n_fft=16, frames=0).shape, (9, 0))
        self.assertEqual(stft.stft(x[:0], hop=5, n_fft=16).shape, (9, 0))

    def test_sides_are_parts_and_orders_of_one_spectrum(self):
        for n_fft in (8, 9):
            x = signal(30, "float64")
            one = stft.stft(x, hop=3, n_fft=n_fft)
            two = stft.stft(x, hop=3, n_fft=n_fft, sides="twosided")
            np.testing.assert_allclose(two[: n_fft // 2 + 1], one, atol=1e-13)
            centered = stft.stft(x, hop=3, n_fft=n_fft, sides="centered")
            np.testing.assert_array_equal(centered, np.fft.fftshift(two, axes=0))
            self.assertEqual(stft.stft(x, stft.sample_window("hann", n_fft) * 1j, hop=3).shape[0], n_fft)

    def test_complex_window_is_conjugated(self):
        x, w = signal(30, "complex128"), signal(8, "complex128")
        np.testing.assert_allclose(
            stft.stft(x, w, hop=3), stft_sum(x, w, range(-4, 29, 3), 8, range(8), 4), atol=1e-12
        )

    def test_scalings_read_what_they_promise(self):
        n = np.arange(4096)
        cisoid, cosine = 3 * np.exp(2j * np.pi * 8 / 64 * n), 3 * np.cos(2 * np.pi * 8 / 64 * n)
        at = lambda x, scaling, fs=1.0: abs(stft.stft(x, hop=16, n_fft=64, scaling=scaling, fs=fs)[8, 20])
        self.assertAlmostEqual(at(cisoid, "magnitude"), 3)
        self.assertAlmostEqual(at(cosine, "magnitude"), 1.5)
        self.assertAlmostEqual(at(cisoid, "none"), 3 * 32)
        self.assertAlmostEqual(at(cisoid, "ortho"), 3 * 32 / 8)
        noise = RNG.standard_normal(400000)
        density = np.mean(np.abs(stft.stft(noise, hop=64, n_fft=64, scaling="psd", fs=50.0)[1:-1]) ** 2)
        self.assertAlmostEqual(density * 50, 1, delta=0.02)

    def test_channels_axis_and_memory(self):
        x = signal(60, "float32", (2, 3))
        X = stft.stft(x, hop=7, n_fft=16)
        self.assertEqual(X.shape, (2, 3, 9, 10))
        self.assertTrue(np.swapaxes(X, -1, -2).flags.c_contiguous)
        for a, b in np.ndindex(2, 3):
            np.testing.assert_array_equal(X[a, b], stft.stft(x[a, b], hop=7, n_fft=16))
        np.testing.assert_array_equal(stft.stft(np.moveaxis(x, -1, 0), hop=7, n_fft=16, axis=0), X)
        out = np.swapaxes(np.empty((2, 3, 10, 9), np.complex64), -1, -2)
        self.assertIs(stft.stft(x, hop=7, n_fft=16, out=out), out)
        np.testing.assert_array_equal(out, X)
        np.testing.assert_array_equal(stft.stft(x[..., ::2], hop=7, n_fft=16), stft.stft(x[..., ::2].copy(), hop=7, n_fft=16))

    def test_integers_and_lists_are_doubles(self):
        X = stft.stft([1, 2, 3, 4, 5], hop=2, n_fft=4)
        self.assertEqual(X.dtype, np.complex128)
        np.testing.assert_array_equal(X, stft.stft(np.arange(1.0, 6), hop=2, n_fft=4))
        self.assertEqual(stft.stft(np.arange(9, dtype=np.int16), hop=2, n_fft=4).dtype, np.complex128)

    def test_detrending_takes_lines_and_means_out_of_each_frame(self):
        n = np.arange(100)
        line = 5 + 0.3 * n
        inside = dict(hop=4, n_fft=16, placement="left", frames=20)
        self.assertGreater(np.max(np.abs(stft.stft(line, **inside))), 10)
        self.assertLess(np.max(np.abs(stft.stft(line, detrend="linear", **inside))), 1e-12)
        self.assertLess(np.max(np.abs(stft.stft(line * 0 + 5, detrend="constant", **inside))), 1e-12)

    def test_nan_stays_in_its_frames(self):
        x = signal(100, "float64")
        x[50] = np.nan
        X = stft.stft(x, hop=4, n_fft=16)
        bad = np.isnan(X).any(axis=0)
        np.testing.assert_array_equal(np.flatnonzero(bad), [p for p in range(26) if -8 <= 50 - 4 * p < 8])

    def test_threads_run_side_by_side(self):
        x = signal(200000, "float32")
        expected = stft.stft(x, hop=64, n_fft=256)
        results = []
        threads = [threading.Thread(target=lambda: results.append(stft.stft(x, hop=64, n_fft=256))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            np.testing.assert_array_equal(result, expected)


class batches(unittest.TestCase):
    """Threads and given memory change no bit."""

    def setUp(self):
        self.addCleanup(stft.stft_python.kernels.share_from, stft.stft_python.kernels.share_from(0))

    def test_shared_out_to_threads(self):
        for channels, kind in itertools.product((1, 2, 7), ("float32", "complex128")):
            x = signal(500, kind, (channels,))
            made = dict(hop=7, n_fft=24, phase="absolute")
            X = stft.stft(x, detrend="linear", **made)
            y = stft.istft(X, length=500, sides=None if kind == "float32" else "twosided", **made)
            rows = dict(hop=7, n_fft=24, average=5, max_hold=True, db=True)
            P = stft.spectrogram(x, **rows)
            for workers in (2, 3, 64, 1024):
                with self.subTest(channels=channels, kind=kind, workers=workers):
                    np.testing.assert_array_equal(stft.stft(x, detrend="linear", workers=workers, **made), X)
                    sides = "onesided" if kind == "float32" else "twosided"
                    z = stft.istft(X, length=500, sides=sides, workers=workers, **made)
                    np.testing.assert_array_equal(z, y)
                    np.testing.assert_array_equal(stft.spectrogram(x, workers=workers, **rows), P)
        self.assertEqual(stft.stft(np.zeros((0, 50)), hop=7, n_fft=24, workers=4).shape, (0, 13, 9))
        self.assertEqual(stft.stft(np.zeros((3, 0)), hop=7, n_fft=24, workers=4).shape, (3, 13, 0))

    def test_few_samples_are_not_shared_out(self):
        kernels = transforms.kernels
        kernels.share_from(2**18)
        for samples, frames, n_fft, expected in (
            (2**18 - 1, 4096, 64, 1), (2**18, 1, 64, 3), (2**12, 2**12, 1024, 3), (2**12, 2**12, 128, 1), (0, 0, 8, 1)
        ):  # fmt: skip
            self.assertEqual(kernels.threads_for(3, samples, frames, n_fft), expected)
        self.assertEqual(kernels.share_from(2**18), 2**18)

    def test_memory_of_the_result_may_be_given(self):
        x = signal(60, "float32", (2, 3))
        X = stft.stft(x, hop=7, n_fft=16)
        y = np.full((2, 3, 60), np.nan, np.float32)
        self.assertIs(stft.istft(X, hop=7, n_fft=16, length=60, out=y), y)
        np.testing.assert_array_equal(y, stft.istft(X, hop=7, n_fft=16, length=60))
        P = np.swapaxes(np.full((2, 3, 5, 9), np.nan, np.float32), -1, -2)
        self.assertIs(stft.spectrogram(x, hop=7, n_fft=16, average=2, out=P), P)
        np.testing.assert_array_equal(P, stft.spectrogram(x, hop=7, n_fft=16, average=2))


class inverse(unittest.TestCase):
    def test_istft_returns_the_input(self):
        for (n_fft, m, hop), kind, placement, phase, scaling in itertools.product(
            SIZES,
            ("float32", "float64", "complex64", "complex128"),
            ("centred", "left", "full"),
            ("start", "centre", "absolute", 5),
            ("none", "psd"),
        ):
            if hop > m or (placement == "centred" and hop > max(1, m // 2)):
                continue
            x = signal(57, kind, (2,))
            made = dict(hop=hop, n_fft=n_fft, win_length=m, placement=placement, phase=phase, scaling=scaling)
            sides = "onesided" if x.dtype.kind == "f" else "twosided"
            y = stft.istft(stft.stft(x, "hamming", **made), "hamming", length=57, sides=sides, **made)
            with self.subTest(n_fft=n_fft, m=m, hop=hop, kind=kind, placement=placement, phase=phase):
                self.assertEqual(y.dtype, x.dtype)
                ratio = 12 if placement == "left" else 1  # a Hamming window starts at 0.08
                self.assertLessEqual(np.max(np.abs(y - x)), 3 * ratio * limit(kind) * np.max(np.abs(x)))

    def test_istft_is_the_least_squares_signal_of_modified_spectra(self):
        for sides, m, hop in itertools.product(("onesided", "twosided"), (8, 7), (2, 3)):
            length, n_fft = 30, 9
            bins = n_fft // 2 + 1 if sides == "onesided" else n_fft
            made = dict(hop=hop, n_fft=n_fft, win_length=m, sides=sides)
            frames = stft.stft(np.zeros(length), **made).shape[1]
            X = RNG.standard_normal((bins, frames)) + 1j * RNG.standard_normal((bins, frames))
            y = stft.istft(X, length=length, **made)
            weights = np.full(bins, 2.0) if sides == "onesided" else np.ones(bins)
            weights[0] = 1
            residual = X - stft.stft(y, **made)
            if sides == "onesided":
                residual[0].imag = 0
            for _ in range(5):
                z = signal(length, y.dtype)
                Z = stft.stft(z, **made)
                inner = np.sum(weights[:, None] * np.conj(Z) * residual)
                inner = inner.real if sides == "onesided" else inner
                self.assertLess(abs(inner), 1e-11 * np.linalg.norm(X) * np.linalg.norm(Z))

    def test_length_is_that_of_the_frames_unless_given(self):
        x = signal(100, "float64")
        X = stft.stft(x, hop=8, n_fft=32)
        self.assertEqual(stft.istft(X, hop=8).shape, (8 * 13 - 16 + 32,))
        np.testing.assert_allclose(stft.istft(X, hop=8)[:100], x, atol=1e-13)
        for length in (0, 1, 99, 500):
            y = stft.istft(X, hop=8, length=length)
            self.assertEqual(y.shape, (length,))
            np.testing.assert_allclose(y[:100], x[:length], atol=1e-13)
        self.assertFalse(stft.istft(X, hop=8, length=500)[130:].any())

    def test_first_may_be_given(self):
        x = signal(100, "float64")
        for first in (-30, -4, 0, 3):
            X = stft.stft(x, hop=8, n_fft=32, first=first, frames=20)
            y = stft.istft(X, hop=8, first=first, length=100)
            np.testing.assert_allclose(y[max(0, first) + 1 :], x[max(0, first) + 1 :], atol=1e-9)
            self.assertFalse(y[: max(0, first)].any())

    def test_uncovered_samples_are_zero(self):
        x = signal(64, "float64")
        X = stft.stft(x, hop=16, n_fft=64, placement="left")
        y = stft.istft(X, hop=16, placement="left", length=64)
        self.assertEqual(y[0], 0)  # a periodic Hann window starts with 0
        np.testing.assert_allclose(y[1:], x[1:], atol=1e-10)
        y = stft.istft(X, hop=16, placement="left", length=64, threshold=0.5)
        self.assertFalse(y[:8].any())

    def test_dual_window_given(self):
        x = signal(200, "float64")
        w = stft.sample_window("hann", 32)
        X = stft.stft(x, w, hop=8, placement="full")
        for dual in (stft.dual_window(w, 8), stft.closest_dual_window(w, 8)[0]):
            y = stft.istft(X, w, hop=8, placement="full", length=200, synthesis=dual)
            np.testing.assert_allclose(y, x, atol=1e-13)


class rows(unittest.TestCase):
    def test_average_before_the_logarithm_and_double_inner_bins(self):
        x = signal(300, "float64")
        for n_fft in (16, 15):
            plain = np.abs(stft.stft(x, hop=5, n_fft=n_fft, scaling="psd", fs=3.0)) ** 2
            plain[1 : n_fft // 2 + 1 if n_fft % 2 else n_fft // 2] *= 2
            groups = [plain[:, i : i + 7].mean(axis=1) for i in range(0, plain.shape[1], 7)]
            S = stft.spectrogram(x, hop=5, n_fft=n_fft, fs=3.0, average=7)
            np.testing.assert_allclose(S, np.array(groups).T, rtol=1e-12)
            S = stft.spectrogram(x, hop=5, n_fft=n_fft, fs=3.0, average=7, db=True)
            np.testing.assert_allclose(S, 10 * np.log10(np.array(groups).T), atol=1e-10)
            S = stft.spectrogram(x, hop=5, n_fft=n_fft, fs=3.0, onesided_doubling=False)
            np.testing.assert_allclose(S[3] * 2, plain[3], rtol=1e-12)

    def test_kinds_of_a_sinusoid(self):
        n = np.arange(512)
        for n_fft in (64, 63):
            real = 3 * np.cos(2 * np.pi * 9 / n_fft * n)
            for x, power in ((real, 4.5), (3 * np.exp(2j * np.pi * 9 / n_fft * n), 9)):
                at = lambda kind: stft.spectrogram(x, hop=16, n_fft=n_fft, kind=kind)[9, 10]
                self.assertAlmostEqual(at("power"), power, places=6)
                self.assertAlmostEqual(at("magnitude"), 3, places=6)

    def test_amplitudes_whose_squares_are_no_float(self):
        for amplitude in (1e20, 3e30, 1e-18, 1e-22, 1e-23, 1e-35):
            x = (np.float64(amplitude) * signal(400, "float64")).astype(np.float32)
            made = dict(hop=16, n_fft=64)
            for more in (dict(kind="magnitude"), dict(kind="psd", db=True), dict(kind="magnitude", average=3), dict(kind="power")):
                exact = stft.spectrogram(x.astype(float), **made, **more)
                got = stft.spectrogram(x, **made, **more)
                self.assertEqual(got.dtype, np.float32)
                if more == dict(kind="power"):
                    with np.errstate(over="ignore", under="ignore"):
                        exact = exact.astype(np.float32).astype(float)
                # bins below 1e-6 of the largest are the rounding of the others
                loud = exact > (exact.max() - 60 if "db" in more else 0.01 * exact.max())
                with self.subTest(amplitude=amplitude, more=more):
                    np.testing.assert_allclose(got[loud], exact[loud], rtol=1e-4, atol=np.finfo(np.float32).smallest_subnormal)
                    tb, sink = gr.top_block(), blocks.vector_sink_f(33)
                    kind, db, average = (more.get(name, default) for name, default in (("kind", "psd"), ("db", False), ("average", 1)))
                    block = stft.spectrogram_fvf(64, 16, kind=kind, db=db, average=average)
                    tb.connect(blocks.vector_source_f(x.tolist()), block, sink)
                    tb.run()
                    np.testing.assert_array_equal(np.array(sink.data(), np.float32).reshape(-1, 33), got.T)

    def test_max_hold_is_the_running_maximum(self):
        x = signal(300, "float32")
        plain = stft.spectrogram(x, hop=5, n_fft=16)
        np.testing.assert_array_equal(
            stft.spectrogram(x, hop=5, n_fft=16, max_hold=True), np.maximum.accumulate(plain, axis=1)
        )

    def test_decibels_of_silence_and_of_single_precision(self):
        np.testing.assert_allclose(stft.spectrogram(np.zeros(99), hop=5, n_fft=16, db=True), -200, rtol=1e-14)
        x = signal(5000, "float32")
        exact = 10 * np.log10(stft.spectrogram(x.astype(float), hop=64, n_fft=256))
        self.assertLess(np.max(np.abs(stft.spectrogram(x, hop=64, n_fft=256, db=True) - exact)), 2e-3)

    def test_spectrograms_agree_with_scipy(self):
        try:
            from scipy import signal as peer
        except ImportError:
            self.skipTest("needs SciPy (python3-scipy)")
        x = signal(1000, "float64")
        for n_fft, scaling, kind in ((64, "density", "psd"), (63, "spectrum", "power")):
            _, _, expected = peer.spectrogram(
                x, 10.0, "hann", n_fft, n_fft - 16, scaling=scaling, detrend=False, mode="psd"
            )
            got = stft.spectrogram(
                x, hop=16, n_fft=n_fft, fs=10.0, kind=kind, placement="left", frames=expected.shape[1]
            )
            np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14)


class windows(unittest.TestCase):
    def test_cola_and_nola(self):
        hann = stft.sample_window("hann", 48)
        self.assertTrue(stft.check_cola(hann, 24) and stft.check_cola(hann, 16) and stft.check_nola(hann, 24))
        self.assertFalse(stft.check_cola(hann, 30) or stft.check_nola(hann, 48) or stft.check_nola(hann, 49))
        self.assertTrue(stft.check_nola(hann * 1e-9, 24), "relative to the window's size")
        self.assertFalse(stft.check_cola(stft.sample_window("blackman", 48), 24))
        self.assertTrue(stft.check_nola("hamming", 48, win_length=48))

    def test_products_of_dual_windows_sum_to_1(self):
        for w, hop in ((stft.sample_window("hann", 30), 7), (signal(12, "complex128"), 5)):
            for dual in (stft.dual_window(w, hop), stft.closest_dual_window(w, hop)[0]):
                sums = [np.sum(np.conj(w[r::hop]) * dual[r::hop]) for r in range(hop)]
                np.testing.assert_allclose(sums, 1, atol=1e-12)
        with self.assertRaisesRegex(ValueError, "^hop: 48: "):
            stft.dual_window(stft.sample_window("hann", 48), 48)

    def test_convert_phase_leads_from_any_reference_to_any_other(self):
        x = signal(60, "complex128")
        references = ("start", "centre", "absolute", 4)
        for n_fft, m, a, b in itertools.product((9, 8), (7, 8, 21), references, references):
            made = dict(hop=5, n_fft=n_fft, win_length=m)
            A, B = (stft.stft(x, phase=phase, first=-13, frames=12, **made) for phase in (a, b))
            np.testing.assert_allclose(stft.convert_phase(A, a, b, first=-13, **made), B, atol=1e-12)
            shifted = np.fft.fftshift(A, axes=0)
            got = stft.convert_phase(shifted, a, b, first=-13, sides="centered", **made)
            np.testing.assert_allclose(got, np.fft.fftshift(B, axes=0), atol=1e-12)

    def test_frequencies_and_times_are_those_of_the_formula(self):
        np.testing.assert_allclose(stft.frequencies(5, 10.0), [0, 2, 4])
        np.testing.assert_allclose(stft.frequencies(5, 10.0, "twosided"), np.fft.fftfreq(5, 0.1))
        np.testing.assert_allclose(stft.frequencies(4, 8.0, "centered"), [-4, -2, 0, 2])
        np.testing.assert_allclose(stft.times(3, hop=4, win_length=9, first=10, fs=2.0), [7, 9, 11])


class golden(unittest.TestCase):
    """Cases computed by SciPy, torch, ssqueezepy, or term by term; more of the same form in $GR_STFT_DATA/stft."""

    def folders(self):
        yield GOLDEN
        if "GR_STFT_DATA" in os.environ:
            yield pathlib.Path(os.environ["GR_STFT_DATA"]) / "stft"

    def cases(self, kind):
        count = 0
        for folder in self.folders():
            for file in sorted(folder.glob("*.npz")):
                case = dict(np.load(file, allow_pickle=False))
                if "meta" not in case:
                    continue  # the DSTFT's
                meta = json.loads(str(case.pop("meta")))
                if meta["kind"] == kind:
                    count += 1
                    with self.subTest(file=file.name):
                        yield case, meta
        self.assertGreater(count, 0)

    @staticmethod
    def made(meta, window):
        sides = meta["sides"]
        return dict(
            hop=meta["hop"], n_fft=meta["n_fft"], win_length=len(window), first=meta["first"],
            phase=meta["r"] if isinstance(meta["r"], (int, str)) else int(meta["r"]),
            sides="onesided" if sides.startswith("onesided") else sides,
        )  # fmt: skip

    @staticmethod
    def doubled(X, meta):
        factor = {"onesided2X_magnitude": 2, "onesided2X_psd": np.sqrt(2)}.get(meta["sides"], 1)
        inner = slice(1, None if meta["n_fft"] % 2 else -1)
        X = X.copy()
        X[..., inner, :] *= factor
        return X

    def compare(self, got, wanted, rtol):
        self.assertEqual(got.shape, wanted.shape)
        self.assertLessEqual(np.max(np.abs(got - wanted)), rtol * np.max(np.abs(wanted)))

    def test_stft_of_the_golden_cases_agrees(self):
        for case, meta in self.cases("stft"):
            x, w = case.get("x_ext", case["x"]), case["window"]
            w = w if meta["conj_window"] else np.conj(w)
            made = self.made(meta, w)
            made["first"] += meta.get("ext", 0)
            if meta["r"] == "absolute":  # phase counts from the extended signal's first sample
                made["phase"] = "absolute"
            X = stft.stft(x, w, frames=meta["frames"], detrend=meta.get("detrend"), **made) * meta["gain"]
            if meta["r"] == "absolute" and "ext" in meta:
                X = X * cisoids(np.arange(X.shape[0]), [-meta["ext"]], meta["n_fft"])
            if "stream_offset" in meta:
                X = X * cisoids(np.arange(X.shape[0]), [int(meta["stream_offset"]) % meta["n_fft"]], meta["n_fft"])
            self.compare(self.doubled(X, meta), case["S"], meta["rtol"])
            if "dS" in case:
                dS = stft.stft(x, case["diff_window"], frames=meta["frames"], **made)
                self.compare(dS, case["dS"], meta["rtol"])

    def test_inverses_of_the_golden_cases_agree(self):
        for case, meta in self.cases("istft"):
            S = case["S"] / meta["gain"] if meta["gain"] != 1 else case["S"]
            y = stft.istft(
                S, case["window"], length=meta["length"], synthesis=case.get("synthesis"), **self.made(meta, case["window"])
            )
            self.compare(y, case["y"], meta["rtol"])

    def test_duals_of_the_golden_cases_agree(self):
        for case, meta in self.cases("dual"):
            for one in meta["cases"]:
                i, hop, w = one["i"], one["hop"], case[f"win{one['i']}"]
                self.compare(stft.dual_window(w, hop), case[f"canonical{i}"], meta["rtol"])
                dual, alpha = stft.closest_dual_window(w, hop, case[f"want{i}"])
                self.compare(dual, case[f"closest_scaled{i}"], meta["rtol"])
                self.assertAlmostEqual(alpha, complex(case[f"alpha{i}"]), places=10)

    @unittest.skipUnless("GR_STFT_DATA" in os.environ, "needs GR_STFT_DATA")
    def test_the_data_set_was_there(self):
        self.assertTrue((pathlib.Path(os.environ["GR_STFT_DATA"]) / "stft").is_dir())


class refusals(unittest.TestCase):
    def test_rows_of_another_length_are_not_written(self):
        kernels = transforms.kernels
        design = kernels.parameters(n_fft=16, hop=4, win_length=16, phase="start")
        x = np.zeros((1, 64))
        for bins in (8, 10):
            rows = np.zeros((1, 5, bins))
            with self.assertRaisesRegex(ValueError, "must have 9"):
                kernels.stft(x, rows.astype(complex), design, 0, "none")
            with self.assertRaisesRegex(ValueError, "must have 9"):
                kernels.istft(rows.astype(complex), x, design, 0, None, -1.0)
            with self.assertRaisesRegex(ValueError, "must have 9"):
                kernels.spectrogram(x, rows, design, 0, 5, "none", "power", 1, False, False, False, 1)

    def test_name_parameter_value_and_rule(self):
        x, X = np.ones(32), np.ones((5, 4), complex)
        nan, inf = float("nan"), float("inf")
        cases = [
            ("x", lambda: stft.stft(np.float64(1), hop=2, n_fft=8)),
            ("x", lambda: stft.stft(["a"], hop=2, n_fft=8)),
            ("x", lambda: stft.stft(np.array([None]), hop=2, n_fft=8)),
            ("axis", lambda: stft.stft(x, hop=2, n_fft=8, axis=1)),
            ("hop", lambda: stft.stft(x, hop=0, n_fft=8)),
            ("hop", lambda: stft.stft(x, hop=1.5, n_fft=8)),
            ("hop", lambda: stft.stft(x, hop=nan, n_fft=8)),
            ("n_fft", lambda: stft.stft(x, hop=2, n_fft=0)),
            ("n_fft", lambda: stft.stft(x, hop=2, n_fft=8.0)),
            ("n_fft", lambda: stft.stft(x, hop=2, n_fft=1 << 40)),
            ("win_length", lambda: stft.stft(x, hop=2, n_fft=8, win_length=2**24 + 1)),
            ("win_length", lambda: stft.istft(X, hop=2, win_length=20)),
            ("win_length", lambda: stft.stft(x, hop=2, n_fft=8, win_length=0)),
            ("win_length", lambda: stft.stft(x, np.ones(4), hop=2, n_fft=8, win_length=5)),
            ("window", lambda: stft.stft(x, "hanning-ish", hop=2, n_fft=8)),
            ("window", lambda: stft.stft(x, "kaiser", hop=2, n_fft=8)),
            ("window", lambda: stft.stft(x, ("kaiser", nan), hop=2, n_fft=8)),
            ("window", lambda: stft.stft(x, ("kaiser", "wide"), hop=2, n_fft=8)),
            ("window", lambda: stft.stft(x, ("general_cosine", [1, "a"]), hop=2, n_fft=8)),
            ("window", lambda: stft.stft(x, [1.0, inf], hop=2, n_fft=8)),
            ("window", lambda: stft.stft(x, [], hop=2, n_fft=8)),
            ("window", lambda: stft.stft(x, np.ones((2, 2)), hop=2, n_fft=8)),
            ("window", lambda: stft.stft(x, [0.0, 0.0], hop=2, n_fft=8)),
            ("placement", lambda: stft.stft(x, hop=2, n_fft=8, placement="right")),
            ("phase", lambda: stft.stft(x, hop=2, n_fft=8, phase="end")),
            ("phase", lambda: stft.stft(x, hop=2, n_fft=8, phase=1.5)),
            ("scaling", lambda: stft.stft(x, hop=2, n_fft=8, scaling="big")),
            ("scaling", lambda: stft.stft(x, [1.0, -1.0], hop=2, scaling="magnitude")),
            ("fs", lambda: stft.stft(x, hop=2, n_fft=8, fs=0.0)),
            ("fs", lambda: stft.stft(x, hop=2, n_fft=8, fs=nan)),
            ("sides", lambda: stft.stft(x * 1j, hop=2, n_fft=8, sides="onesided")),
            ("sides", lambda: stft.stft(x, hop=2, n_fft=8, sides="left")),
            ("detrend", lambda: stft.stft(x, hop=2, n_fft=8, detrend="cubic")),
            ("frames", lambda: stft.stft(x, hop=2, n_fft=8, frames=-1)),
            ("first", lambda: stft.stft(x, hop=2, n_fft=8, first=0.5)),
            ("out", lambda: stft.stft(x, hop=2, n_fft=8, out=np.empty((5, 17)))),
            ("out", lambda: stft.stft(x, hop=2, n_fft=8, out=np.empty((5, 17), complex))),
            ("workers", lambda: stft.stft(x, hop=2, n_fft=8, workers=0)),
            ("workers", lambda: stft.istft(X, hop=2, workers=1025)),
            ("workers", lambda: stft.spectrogram(x, hop=2, n_fft=8, workers=1.5)),
            ("out", lambda: stft.spectrogram(x, hop=2, n_fft=8, out=np.empty((5, 17)))),
            ("out", lambda: stft.istft(X, hop=2, length=8, out=np.empty(9))),
            ("out", lambda: stft.istft(X, hop=2, length=8, out=np.empty(8, np.float32))),
            ("out", lambda: stft.istft(X, hop=2, length=8, out=np.empty(16)[::2])),
            ("X", lambda: stft.istft(X[0], hop=2)),
            ("X", lambda: stft.istft(X, hop=2, n_fft=12)),
            ("X", lambda: stft.istft(X[:0], hop=2)),
            ("hop", lambda: stft.istft(X, hop=9)),
            ("hop", lambda: stft.istft(X, hop=8)),
            ("length", lambda: stft.istft(X, hop=2, length=-1)),
            ("synthesis", lambda: stft.istft(X, hop=2, synthesis=[1.0])),
            ("synthesis", lambda: stft.istft(X, hop=2, synthesis=[nan] + 7 * [1.0])),
            ("threshold", lambda: stft.istft(X, hop=2, threshold=nan)),
            ("threshold", lambda: stft.istft(X, hop=2, threshold=1.0)),
            ("kind", lambda: stft.spectrogram(x, hop=2, n_fft=8, kind="loudness")),
            ("average", lambda: stft.spectrogram(x, hop=2, n_fft=8, average=0)),
            ("desired", lambda: stft.closest_dual_window(np.ones(8), 2, np.ones(3))),
            ("window", lambda: stft.dual_window([1, nan, 1, 1], 2)),
            ("desired", lambda: stft.closest_dual_window(np.ones(4), 2, [1, inf, 1, 1])),
            ("win_length", lambda: stft.stft(x, [1, 1, 1], hop=2, win_length=4)),
            ("length", lambda: stft.sample_window([1, 1, 1], 32)),
            ("window", lambda: stft.check_nola("hann", 2)),
            ("tol", lambda: stft.check_cola(np.ones(4), 2, nan)),
            ("n_fft", lambda: stft.frequencies(0)),
            ("fs", lambda: stft.frequencies(8, inf)),
            ("length", lambda: stft.sample_window("hann", 0)),
            ("win_length", lambda: stft.convert_phase(X, "start", "centre", hop=2, n_fft=8, win_length=0)),
        ]
        for number, (name, call) in enumerate(cases):
            with self.subTest(name=name, number=number):
                with self.assertRaisesRegex(ValueError, f"^({name}): "):
                    call()


def load_tests(loader, tests, pattern):
    tests.addTests(doctest.DocTestSuite(transforms))
    return tests


if __name__ == "__main__":
    unittest.main()
