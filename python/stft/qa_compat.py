#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gnuradio.stft.compat and `extend`: against plain sums, and against SciPy and PyTorch where these are installed."""

import doctest
import itertools
import pathlib
import sys
import unittest
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:] = [path for path in sys.path if pathlib.Path(path).resolve() != HERE]  # its torch.py is not PyTorch

import numpy as np
from gnuradio import stft
from gnuradio.stft import compat, extension
from gnuradio.stft.compat import librosa, signal

try:
    import scipy.signal
except ImportError:
    scipy = None
try:
    import torch

    from gnuradio.stft.compat import torch as layers
except ImportError:
    torch = None

RNG = np.random.default_rng(5)
KINDS = ("float32", "float64", "complex64", "complex128")


def noise(shape, kind="float64"):
    values = RNG.standard_normal(shape)
    if np.dtype(kind).kind == "c":
        values = values + 1j * RNG.standard_normal(shape)
    return values.astype(kind)


def beyond(x, k, mode):
    """Sample k of x as a mode continues it, by its definition, one step at a time."""
    n = len(x)
    if 0 <= k < n:
        return x[k]
    if mode == "zeros":
        return 0
    if mode == "edge" or n == 1:
        return x[0 if k < 0 else -1]
    if mode == "wrap":
        return x[k % n]
    if mode == "symmetric":
        return beyond(x, -1 - k if k < 0 else 2 * n - 1 - k, mode)
    end, mirrored = (0, -k) if k < 0 else (n - 1, 2 * (n - 1) - k)
    return beyond(x, mirrored, mode) if mode == "even" else 2 * x[end] - beyond(x, mirrored, mode)


def framed(x, first, frames, hop, win, n_fft, mode="zeros", offset=0):
    """DFTs (bins, frames) by their sums; the window begins at sample `offset` of a frame of n_fft."""
    k = np.arange(n_fft)
    values = [[beyond(x, first + p * hop + m, mode) * w for m, w in enumerate(win)] for p in range(frames)]
    kernel = np.exp(-2j * np.pi * np.outer(k, offset + np.arange(len(win))) / n_fft)
    return kernel @ np.array(values, complex).reshape(frames, len(win)).T


class near_(unittest.TestCase):
    def near(self, got, expected, kind="float64", rtol=None):
        expected = np.asarray(expected)
        limit = (2e-6 if np.dtype(kind).itemsize // (2 if np.dtype(kind).kind == "c" else 1) == 4 else 1e-12) if rtol is None else rtol
        self.assertEqual(np.shape(got), expected.shape)
        scale = np.max(np.abs(expected), initial=0)
        self.assertLessEqual(np.max(np.abs(got - expected), initial=0), limit * scale)


class extensions(near_):
    modes = ("zeros", "edge", "even", "odd", "symmetric", "wrap")

    def test_frames_find_what_the_mode_says(self):
        for mode, (n, m, hop), kind in itertools.product(self.modes, ((30, 8, 3), (7, 7, 2), (5, 12, 4), (1, 3, 1)), KINDS):
            if n == 1 and mode in ("even", "odd"):
                continue  # there is no sample next to the end
            x, w = noise((2, n), kind), np.arange(1.0, m + 1)
            with self.subTest(mode=mode, n=n, kind=kind):
                X = stft.stft(x, w, hop=hop, n_fft=16, phase="start", placement="full", extend=mode, sides="twosided")
                first = stft.stft_python.kernels.framing(m, hop, "full").first()
                for row, channel in zip(X, x):
                    self.near(row, framed(channel, first, X.shape[-1], hop, w, 16, mode), kind)

    def test_reflect_is_even(self):
        x = noise(50)
        np.testing.assert_array_equal(stft.stft(x, hop=4, n_fft=16, extend="reflect"), stft.stft(x, hop=4, n_fft=16, extend="even"))

    def test_a_far_first_frame_is_mirrored_again(self):
        x, w = noise(5), np.ones(3)
        for mode in self.modes:
            X = stft.stft(x, w, hop=3, first=-20, frames=16, phase="start", extend=mode, sides="twosided")
            self.near(X, framed(x, -20, 16, 3, w, 3, mode))

    def test_short_signals_go_on_for_many_of_their_lengths(self):
        """On both sides and from any frame, in pieces of indices too; what is continued stands at its own place in time."""
        for n, first, frames in itertools.product((1, 2, 3, 5, 20), (-33, -7, 4, 29), (1, 9)):
            x, w = noise((2, n)), np.arange(1.0, 18)
            for mode in self.modes:
                places = first + np.arange((frames - 1) * 4 + 17)
                at = np.array([[beyond(channel, int(j), mode) for j in places] for channel in x])
                for phase in "absolute", "centre", 3:
                    with self.subTest(mode=mode, n=n, first=first, frames=frames, phase=phase):
                        got = stft.stft(x, w, hop=4, first=first, frames=frames, n_fft=6, extend=mode, phase=phase, sides="twosided")
                        self.near(got, stft.stft(at, w, hop=4, first=0, frames=frames, n_fft=6, phase=phase, sides="twosided") * (
                            np.exp(-2j * np.pi / 6 * np.arange(6) * first)[:, None] if phase == "absolute" else 1))  # fmt: skip
        x = noise(7)
        far, near = (stft.stft(x, hop=9, n_fft=12, first=first, frames=2, extend="even") for first in (-(12 * 2**40), 0))
        self.near(far, near)  # 12 is the period of 7 samples and their mirror image

    def test_what_no_memory_holds_is_refused(self):
        for first in 0, -(2**41):
            with self.assertRaisesRegex(ValueError, "^extend: edge: 1099511627784 samples under the frames: must be 2\\^31 or fewer$"):
                stft.stft(noise(9), hop=2**40, n_fft=8, first=first, frames=2, extend="edge")

    def test_integers_do_not_overflow(self):
        x = np.array([250, 3, 255, 0, 9], np.uint8)
        for mode in self.modes:
            X = stft.stft(x, hop=2, n_fft=8, extend=mode)
            np.testing.assert_array_equal(X, stft.stft(x.astype(float), hop=2, n_fft=8, extend=mode))

    def test_the_inverse_does_not_care(self):
        x = noise(100)
        for mode in self.modes:
            self.near(stft.istft(stft.stft(x, hop=5, n_fft=16, extend=mode), hop=5, length=100), x)

    def test_what_has_no_meaning_is_refused(self):
        with self.assertRaisesRegex(ValueError, "^extend: constant: must be .*; constant is edge in SciPy and zeros in NumPy$"):
            stft.stft(noise(9), hop=2, n_fft=4, extend="constant")
        for value in "mirror", 3, None:
            with self.assertRaisesRegex(ValueError, f"^extend: {value}: must be zeros, edge, even, odd, symmetric, wrap or reflect"):
                stft.stft(noise(9), hop=2, n_fft=4, extend=value)
        with self.assertRaisesRegex(ValueError, "^extend: even: needs a sample or more$"):
            stft.stft(np.zeros(0), hop=2, n_fft=4, first=0, frames=1, extend="even")


class of_scipy(near_):
    def test_stft_is_its_definition(self):
        x = noise(60)
        w = stft.sample_window("hamming", 12)
        for boundary, mode in (("zeros", "zeros"), ("even", "even"), ("odd", "odd"), ("constant", "edge")):
            f, t, Z = signal.stft(x, 4.0, "hamming", 12, 7, 16, boundary=boundary)
            padded = [beyond(x, k, mode) for k in range(-6, 66)]
            self.near(Z, framed(np.array(padded), 0, Z.shape[-1], 5, w, 16)[:9] / np.sum(w))
            np.testing.assert_allclose(f, np.arange(9) / 4)
            np.testing.assert_allclose(t, np.arange(13) * 5 / 4)
            self.near(signal.istft(Z, 4.0, "hamming", 12, 7, 16)[1][:60], x)
        self.assertEqual(signal.stft(x, 1.0, "hann", 12, boundary=None, padded=False)[2].shape, (7, 9))

    def test_cross_spectra_are_averages_of_products(self):
        x, y = noise((2, 64))
        w = stft.sample_window("hann", 16)
        X, Y = (framed(v, 0, 7, 8, w, 16)[:9] for v in (x, y))
        P = 2 * np.mean(X.conj() * Y, axis=1) / (3.0 * np.sum(w**2))
        P[[0, -1]] /= 2
        self.near(signal.csd(x, y, 3.0, nperseg=16, detrend=False)[1], P)
        C = np.abs(np.mean(X.conj() * Y, axis=1)) ** 2 / np.mean(abs(X) ** 2, axis=1) / np.mean(abs(Y) ** 2, axis=1)
        self.near(signal.coherence(x, y, 3.0, nperseg=16, detrend=False)[1], C)
        self.near(signal.spectrogram(x, 3.0, "hann", 16, 8, detrend=False)[2].mean(axis=1)[1:-1],
                  2 * np.mean(abs(X) ** 2, axis=1)[1:-1] / (3.0 * np.sum(w**2)))  # fmt: skip

    def test_uncovered_samples_are_zero_and_warned_of(self):
        x = noise(160)
        _, _, Z = signal.stft(x, nperseg=16, noverlap=0)
        with self.assertWarnsRegex(UserWarning, "^NOLA condition failed"):
            _, y = signal.istft(Z, nperseg=16, noverlap=0)
        lost = np.arange(len(y)) % 16 == 8
        np.testing.assert_array_equal(y[lost], 0)
        self.near(y[~lost], np.append(x, np.zeros(len(y) - 160))[~lost], rtol=1e-9)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            signal.istft(signal.stft(x, nperseg=16, noverlap=1)[2], nperseg=16, noverlap=1)

    def test_a_function_that_detrends_may_write_to_its_argument(self):
        x = noise((2, 100))
        kept = x.copy()

        def mean_off(segments):
            segments -= segments.mean(axis=-1, keepdims=True)
            return segments

        self.near(signal.csd(x, x, nperseg=16, detrend=mean_off)[1], signal.csd(x, x, nperseg=16, detrend="constant")[1])
        np.testing.assert_array_equal(x, kept)


@unittest.skipUnless(scipy, "SciPy is not installed: Debian's python3-scipy")
class beside_scipy(near_):
    """Every result, in values, shape, axes and dtype."""

    def same(self, name, *args, kind="float64", rtol=None, dtype=True, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            got, expected = (getattr(module, name)(*args, **kwargs) for module in (signal, scipy.signal))
        self.assertEqual(len(got), len(expected))
        for one, other in zip(got, expected):
            self.near(one, other, kind, rtol)
            if dtype:
                self.assertEqual(one.dtype, other.dtype)

    def test_stft(self):
        cases = itertools.product(KINDS, (dict(), dict(boundary=None), dict(boundary="even"), dict(boundary="odd"),
                                          dict(boundary="constant"), dict(padded=False), dict(detrend="linear"),
                                          dict(scaling="psd"), dict(return_onesided=False)))  # fmt: skip
        for (kind, more), (m, overlap, nfft) in itertools.product(cases, ((16, 12, None), (15, 4, 20), (9, None, 9), (100, 3, None))):
            with self.subTest(kind=kind, m=m, **more):
                more = {k: v for k, v in more.items() if not (k == "detrend" and kind[0] == "c")}
                self.same("stft", noise((2, 77), kind), 3.0, "hann", m, overlap, nfft, kind=kind, **more)

    def test_axes_and_windows(self):
        x = noise((30, 2, 40))
        for axis in (0, 1, 2, -1, -2, -3):
            self.same("stft", x, nperseg=2, axis=axis, detrend=lambda s, axis=axis: s - s.mean(axis=axis, keepdims=True))
            self.same("spectrogram", x, nperseg=2, axis=axis)
            self.same("csd", x, x + 1, nperseg=2, axis=axis)
            self.same("coherence", x, x + noise(x.shape), nperseg=2, axis=axis, rtol=1e-9)
        for window in (("tukey", 0.3), ("kaiser", 7.0), "flattop", noise(16) + 3):
            self.same("stft", noise(100), 2.0, window, 16, rtol=1e-10)

    def test_types_are_those_of_scipy(self):
        """Small integers in single precision, and both signals in that of the wider one; a function gets floats to detrend."""
        x = np.random.default_rng(2).integers(0, 120, (2, 90))
        made = dict(nperseg=16, noverlap=12)
        for kind in "int8", "uint8", "int16", "uint16", "float16", "bool", "int32", "int64", ">i2", ">f8":
            given = x.astype(kind)
            with self.subTest(kind=kind):
                width = "float32" if np.result_type(given, np.complex64) == np.complex64 else "float64"
                for name in "stft", "spectrogram", "welch":
                    self.same(name, given, kind=width, **made)
                self.same("stft", given, kind=width, detrend=lambda segments: 3 * segments, **made)
                Z = given.reshape(2, 9, 10)
                got, expected = (module.istft(Z, nperseg=16, noverlap=12)[1] for module in (signal, scipy.signal))
                self.assertEqual(got.dtype, expected.dtype)
                self.near(got, expected, expected.dtype)
        for pair in itertools.permutations(("float32", "float64", "int16", "complex64"), 2):
            a, b = (noise(90, kind) if kind[0] != "i" else x[0].astype(kind) for kind in pair)
            self.same("csd", a, b, kind="float64" if "float64" in pair else "float32", detrend=False, **made)

    def test_segments_with_gaps(self):
        for length, m, overlap, boundary in itertools.product((2, 7, 30), (2, 8), (-1, -3, -9), ("zeros", "even", None)):
            if boundary != "even" or length > m:
                self.same("stft", noise((2, length)), nperseg=m, noverlap=overlap, boundary=boundary, detrend=False)

    def test_an_axis_that_is_none(self):
        x = noise((2, 30))
        for name, axis in itertools.product(("stft", "spectrogram", "welch", "csd", "coherence"), (2, -3)):
            for module in signal, scipy.signal:
                with self.assertRaises(IndexError):
                    getattr(module, name)(x, *((x.copy(),) if name in ("csd", "coherence") else ()), nperseg=8, axis=axis)

    def test_a_complex_window_is_used_as_it_is(self):
        x, w = noise((2, 100), complex), noise(16, complex)
        made = dict(window=w, nperseg=16, noverlap=12, return_onesided=False)
        Z, expected = (module.stft(x, **made)[2] for module in (signal, scipy.signal))
        self.near(Z, expected * np.sqrt(np.sum(w) ** 2) / abs(np.sum(w)))
        self.near(signal.istft(Z, window=w, nperseg=16, noverlap=12, input_onesided=False)[1], x)

    def test_istft(self):
        for kind, (m, overlap, nfft), scaling, boundary in itertools.product(
            KINDS, ((16, 12, None), (15, 10, 20), (9, None, 9)), ("spectrum", "psd"), (True, False)
        ):
            onesided = kind[0] == "f"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                Z = scipy.signal.stft(noise((3, 90), kind), 2.0, "hamming", m, overlap, nfft, return_onesided=onesided, scaling=scaling)[2]
            made = dict(nperseg=m, noverlap=overlap, nfft=nfft, input_onesided=onesided, boundary=boundary, scaling=scaling)
            got, expected = (module.istft(Z, 2.0, "hamming", **made)[1] for module in (signal, scipy.signal))
            self.near(got, expected, kind)
            self.assertEqual(got.dtype, expected.dtype)
            back = signal.istft(np.moveaxis(Z, (1, 2), (2, 0)), 2.0, "hamming", **made, time_axis=0, freq_axis=2)[1]
            self.near(back, np.moveaxis(got, -1, 0), kind)

    def test_spectrogram_in_each_mode(self):
        for mode, kind, scaling in itertools.product(("psd", "complex", "magnitude", "angle", "phase"), KINDS, ("density", "spectrum")):
            if mode in ("angle", "phase"):
                x = noise(300, kind)
                made = dict(nperseg=31, detrend=False, mode=mode, return_onesided=kind[0] == "f")
                got, expected = (module.spectrogram(x, 3.0, **made)[2] for module in (signal, scipy.signal))
                self.near(np.exp(1j * got), np.exp(1j * expected), rtol=1e-2 if kind in ("float32", "complex64") else 1e-9)
                if kind == "complex128":  # real ones have angles of pi or -pi by rounding
                    for axis in (0, 1, -1, -2):
                        y = noise((300, 300), kind)
                        got, expected = (module.spectrogram(y, 3.0, axis=axis, **made)[2] for module in (signal, scipy.signal))
                        self.near(got, expected, rtol=1e-9)
            else:
                self.same("spectrogram", noise((2, 300), kind), 3.0, nperseg=31, mode=mode, scaling=scaling, kind=kind)

    def test_csd(self):
        for kind, average, (m, overlap) in itertools.product(KINDS, ("mean", "median"), ((16, None), (15, 5), (200, 0))):
            for more in (dict(), dict(detrend="linear" if kind[0] == "f" else False), dict(scaling="spectrum", nfft=256)):
                x, y = noise((2, 100), kind), noise((3, 1, 120), kind)
                more.update(average=average, kind=kind, dtype=average == "mean")  # medians are double in SciPy 1.10, not in 1.15
                self.same("csd", x, y, 2.0, "hann", m, overlap, **more)
                self.same("csd", x, x, 2.0, "hann", m, overlap, **more)

    def test_coherence_does_not_depend_on_the_unit(self):
        x, y = noise((2, 400))
        expected = signal.coherence(x, x + y, nperseg=32)[1]
        for dtype, units in (np.float32, (1e-15, 1e16)), (np.float64, (1e-150, 1e150)):
            for unit in units:
                got = signal.coherence((unit * x).astype(dtype), (unit * (x + y)).astype(dtype), nperseg=32)[1]
                np.testing.assert_allclose(got, expected, atol=1e-5)

    def test_kaiser_windows_to_the_bit(self):
        for beta, m in itertools.product((0, 0.5, 3, 8, 8.6, 14, 50.0, 300, 699), (2, 3, 8, 51, 100, 1023, 1024)):
            for symmetric in (True, False):
                expected = scipy.signal.get_window(("kaiser", beta), m, fftbins=not symmetric)
                np.testing.assert_array_equal(stft.sample_window(("kaiser", beta), m, symmetric), expected)
        for name in ("kaiser", 9.0), ("gaussian", 3.7), ("exponential", None, 2.9), ("poisson", None, 1.3), "triang":
            for symmetric in (True, False):
                np.testing.assert_array_equal(stft.ShortTimeFFT.from_window(name, 1.0, 63, 32, symmetric_win=symmetric).win,
                                              scipy.signal.get_window(name, 63, fftbins=not symmetric))  # fmt: skip


class of_librosa(near_):
    def test_stft_is_its_definition(self):
        for kind, (n_fft, m, hop), center in itertools.product(KINDS[:2], ((16, 16, 4), (17, 12, 5), (20, 9, None)), (True, False)):
            y = noise((2, 83), kind)
            for pad_mode, mode in (("constant", "zeros"), ("reflect", "even"), ("edge", "edge"), ("symmetric", "symmetric")):
                made = dict(n_fft=n_fft, hop_length=hop, win_length=m, center=center)
                D = librosa.stft(y, window=("kaiser", 4.0), pad_mode=pad_mode, **made)
                step, border, side = hop or m // 4, n_fft // 2 if center else 0, (n_fft - m) // 2
                frames = 1 + (83 + 2 * border - n_fft) // step
                win = stft.sample_window(("kaiser", 4.0), m)
                self.assertEqual(D.dtype, np.result_type(kind, np.complex64))
                for row, channel in zip(D, y):
                    padded = np.array([beyond(channel, k, mode) for k in range(-border, 83 + border)])
                    self.near(row, framed(padded, side, frames, step, win, n_fft, offset=side)[: n_fft // 2 + 1], kind)
                y_back = librosa.istft(D, window=("kaiser", 4.0), **dict(made, n_fft=n_fft))
                self.assertEqual(y_back.shape, (2, max(0, n_fft + step * (frames - 1) - 2 * border)))
                inside = slice(0 if center else side + 1, n_fft + (frames - 1) * step - 2 * border - (0 if center else side + 1))
                known = min(83, y_back.shape[-1])
                got, expected = y_back[..., :known][..., inside], y[..., :known][..., inside]
                self.near(got[..., : 83 - n_fft], expected[..., : 83 - n_fft], rtol=1e-3 if kind == "float32" else 1e-10)

    def test_a_window_of_n_fft_values_is_cut_to_its_middle(self):
        y, taps = noise(83), np.arange(1.0, 21)
        made = dict(n_fft=20, hop_length=3, win_length=9)
        np.testing.assert_array_equal(librosa.stft(y, window=taps, **made), librosa.stft(y, window=taps[5:14], **made))

    def test_length_and_given_memory(self):
        y = noise(1000)
        D = librosa.stft(y, n_fft=64)
        for length in (900, 1000, 1100):
            back = librosa.istft(D, length=length)
            self.assertEqual(back.shape, (length,))
            self.near(back[:900], y[:900])
            out = np.empty(length)
            self.assertIs(librosa.istft(D, length=length, out=out), out)
            np.testing.assert_array_equal(out, back)
        big = np.empty((33, D.shape[-1] + 5), complex)
        got = librosa.stft(y, n_fft=64, out=big)
        self.assertTrue(np.shares_memory(got, big))
        np.testing.assert_array_equal(got, D)
        self.assertEqual(librosa.stft(y, n_fft=64, dtype=np.complex64).dtype, np.complex64)

    def test_what_is_refused_or_warned_of(self):
        y = noise(100)
        for call in (
            lambda: librosa.stft(np.arange(100)),
            lambda: librosa.stft(y, n_fft=64, pad_mode="wrap"),
            lambda: librosa.stft(y, n_fft=64, hop_length=0),
            lambda: librosa.stft(y, n_fft=3),  # whose quarter is no hop
            lambda: librosa.stft(y, n_fft=64, win_length=0),
            lambda: librosa.istft(librosa.stft(y, n_fft=8), win_length=2),
            lambda: librosa.stft(y[:0], n_fft=3, hop_length=1),
            lambda: librosa.stft(y, n_fft=128, center=False),
            lambda: librosa.stft(y, n_fft=64, out=np.empty((33, 2), complex)),
        ):
            with warnings.catch_warnings(), self.assertRaises(ValueError):
                warnings.simplefilter("ignore")
                call()
        with self.assertWarnsRegex(UserWarning, "n_fft=128 is too large"):
            librosa.stft(y, n_fft=128)


@unittest.skipUnless(torch, "PyTorch is not installed: Debian's python3-torch")
class beside_torch(near_):
    def test_stft_and_istft(self):
        sizes = ((16, 4, 16), (17, 5, 12), (20, None, 9), (16, 6, None))
        for kind, (n_fft, hop, m), center, normalized, onesided in itertools.product(
            KINDS, sizes, (True, False), (True, False), (None, False)
        ):
            x = torch.tensor(noise((2, 83), kind))
            window = torch.tensor(0.3 + np.random.default_rng(1).random(m or n_fft)).to(x.real.dtype)
            for pad_mode in ("reflect", "constant", "replicate", "circular") if center else ("reflect",):
                made = dict(center=center, normalized=normalized, onesided=onesided, hop_length=hop, win_length=m, window=window)
                padded = dict(made, pad_mode=pad_mode, return_complex=True)
                if kind[0] == "c" and pad_mode == "circular":
                    continue  # PyTorch 1.13 has none for complex numbers
                got, expected = (module.stft(x, n_fft, **padded) for module in (layers, torch))
                self.assertEqual(got.dtype, expected.dtype)
                self.near(got.numpy(), expected.numpy(), kind)
            for length in (None, 60) if center and not (m and m < 10) else ():
                back = dict(made, length=length, onesided=onesided if kind[0] == "f" else False)
                got, theirs = (module.istft(expected, n_fft, **back, return_complex=kind[0] == "c") for module in (layers, torch))
                self.assertEqual(got.dtype, theirs.dtype)
                self.near(got.numpy(), theirs.numpy(), kind, rtol=1e-4 if kind in ("float32", "complex64") else 1e-10)

    def test_a_complex_window_is_used_as_it_is(self):
        x, window = torch.tensor(noise((2, 80))), torch.tensor(noise(16, complex))
        X, expected = (module.stft(x, 16, window=window, onesided=False, return_complex=True) for module in (layers, torch))
        self.near(X.numpy(), expected.numpy())
        self.near(layers.istft(X, 16, window=window, return_complex=True, length=80).numpy(), x.numpy().astype(complex))

    def test_precision_is_that_of_the_wider_one(self):
        for kind, width in itertools.product(KINDS, ("float32", "float64", "complex64", "complex128")):
            x, window = torch.tensor(noise((2, 80), kind)), torch.tensor(noise(16, width)) + 3
            made = dict(window=window, onesided=False)
            X, expected = (module.stft(x, 16, return_complex=True, **made) for module in (layers, torch))
            self.assertEqual(X.dtype, expected.dtype)
            self.near(X.numpy(), expected.numpy(), "float64" if "float64" in str((x.dtype, width)) else "float32")
            if width[0] == "f":
                for complex_too in (True, False):
                    got, theirs = (module.istft(expected, 16, return_complex=complex_too, **made) for module in (layers, torch))
                    self.assertEqual(got.dtype, theirs.dtype)

    def test_real_samples_are_those_of_the_first_half_of_the_bins(self):
        """Also where the other half does not fit to it."""
        for n_fft in 16, 9:
            X, window = torch.tensor(noise((2, n_fft, 7), complex)), torch.tensor(1 + np.arange(float(n_fft)))
            got, expected = (module.istft(X, n_fft, 2, window=window, onesided=False) for module in (layers, torch))
            self.near(got.numpy(), expected.numpy())
            with self.assertRaises(RuntimeError):
                layers.istft(X, n_fft, 2, window=window + 0j)

    def test_frames_begin_with_their_windows(self):
        x, window = torch.tensor(noise((2, 50))), torch.tensor(noise(7))
        for n_fft in 16, 15, 7:
            made = dict(hop_length=3, win_length=7, window=window, center=False, return_complex=True)
            side = (n_fft - 7) // 2
            given = torch.nn.functional.pad(x, (side, n_fft - 7 - side))
            for align in True, False, None:
                expected = torch.stft(given if align else x, n_fft, **made)
                self.near(layers.stft(x, n_fft, align_to_window=align, **made).numpy(), expected.numpy())
        with self.assertRaisesRegex(RuntimeError, "align_to_window should only be set when center = false"):
            layers.stft(x, 16, return_complex=True, align_to_window=False)

    def test_no_signals_and_no_floats(self):
        x = torch.zeros(0, 30)
        got, expected = (module.stft(x, 8, pad_mode="constant", return_complex=True).shape for module in (layers, torch))
        self.assertEqual(got, expected)
        for module in layers, torch:
            with self.assertRaises(RuntimeError):
                module.stft(torch.arange(40), 8, window=torch.ones(8), return_complex=True)

    def test_gradients_are_those_of_torch(self):
        x, window = torch.tensor(noise((2, 60))), torch.tensor(noise(12))
        made = dict(n_fft=16, hop_length=5, win_length=12, window=window)
        got, expected = x.clone().requires_grad_(), x.clone().requires_grad_()
        for one, module in ((got, layers), (expected, torch)):
            (module.stft(one, return_complex=True, **made).abs() ** 3).sum().backward()
        self.near(got.grad.numpy(), expected.grad.numpy())

    def test_a_gradient_by_the_window_is_refused(self):
        window, x = torch.ones(16, requires_grad=True), torch.ones(100)
        with self.assertRaisesRegex(RuntimeError, "window requires grad"):
            layers.stft(x, 16, window=window, return_complex=True)
        with torch.no_grad():
            layers.stft(x, 16, window=window, return_complex=True)

    def test_what_torch_refuses_is_refused(self):
        x = torch.zeros(100)
        for module in layers, torch:
            for call in (
                lambda: module.stft(x, 128, center=False, return_complex=True),
                lambda: module.stft(x, 16, hop_length=0, return_complex=True),
                lambda: module.stft(x, 16, window=torch.ones(5), return_complex=True),
                lambda: module.stft(x + 0j, 16, onesided=True, return_complex=True),
                lambda: module.istft(torch.zeros(9, 10) + 0j, 16, window=torch.zeros(16)),
                lambda: module.istft(torch.zeros(9, 10) + 0j, 20),
                lambda: module.istft(torch.ones(1, 1) + 0j, 1, hop_length=4, window=torch.ones(1)),
            ):
                with self.assertRaises(RuntimeError):
                    call()


class packages(unittest.TestCase):
    def test_names(self):
        self.assertEqual(compat.__all__, ["librosa", "signal", "torch"])
        self.assertIs(signal.ShortTimeFFT, stft.ShortTimeFFT)
        with self.assertRaises(AttributeError):
            compat.nothing  # noqa: B018
        for module, own in (librosa, "istft, stft; import the rest from librosa itself"), (signal, "welch; import the rest from scipy.signal itself"):
            with self.assertRaisesRegex(AttributeError, "no attribute 'feature': it has .*" + own):
                module.feature  # noqa: B018


def load_tests(loader, tests, pattern):
    for module in (extension, signal, librosa) + ((layers,) if torch else ()):
        tests.addTests(doctest.DocTestSuite(module, extraglobs={"np": np, "torch": torch}))
    return tests


if __name__ == "__main__":
    unittest.main()
