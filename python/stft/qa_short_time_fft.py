#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""ShortTimeFFT: spectra against plain sums over slices, SciPy's stft and closed forms; scalings; every message."""

import doctest
import itertools
import json
import os
import pathlib
import typing
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import ShortTimeFFT, closest_STFT_dual_window, scipy_windows, short_time_fft

from qa_oracles import cisoids

try:
    import scipy.signal
except ImportError:
    scipy = None

RNG = np.random.default_rng(11)
MODES = ("onesided", "onesided2X", "twosided", "centered")
SHAPES = [(1, 1, 1), (2, 1, 3), (3, 2, 3), (4, 4, 4), (5, 2, 8), (8, 3, 8), (8, 12, 9), (9, 4, 16)]  # m_num, hop, mfft


def noise(shape, kind="float64"):
    values = RNG.standard_normal(shape)
    if np.dtype(kind).kind == "c":
        values = values + 1j * RNG.standard_normal(shape)
    return values.astype(kind)


def extended(x, k, padding):
    """Sample k of x as its padding continues it."""
    n = len(x)
    if 0 <= k < n:
        return x[k]
    if padding == "zeros":
        return 0
    end, inner = (0, -k) if k < 0 else (n - 1, 2 * n - 2 - k)  # mirrored about the end
    if padding == "edge":
        return x[end]
    return x[inner] if padding == "even" else 2 * x[end] - x[inner]


def slice_sum(SFT, x, p, k_offset=0, padding="zeros", detrend=lambda x: x):
    """One slice, term by term, of all bins in SciPy's order."""
    m = np.arange(SFT.m_num)
    samples = np.array([extended(x, p * SFT.hop - SFT.m_num // 2 + i + k_offset, padding) for i in m])
    origin = 0 if SFT.phase_shift is None else (SFT.m_num // 2 + SFT.phase_shift) % SFT.m_num
    q = np.rint(SFT.f * SFT.mfft * SFT.T)
    values = cisoids(q, m - origin, SFT.mfft) @ (detrend(samples) * SFT.win.conj())
    if SFT.fft_mode == "onesided2X":
        paired = (q > 0) & (2 * q != SFT.mfft)
        values[paired] *= {"magnitude": 2, "psd": np.sqrt(2), "unitary": 2}[SFT.scaling]
    return values


def taps(m, kind="float64"):
    """A window without symmetry and without zeros."""
    return (noise(m, kind) + 3).astype(kind)


class checked(unittest.TestCase):
    def near(self, got, wanted, tolerance=1e-12):
        got, wanted = np.asarray(got), np.asarray(wanted)
        self.assertEqual(got.shape, wanted.shape)
        self.assertLessEqual(np.max(np.abs(got - wanted), initial=0), tolerance * (1 + np.max(np.abs(wanted), initial=0)))


class forward(checked):
    def test_stft_is_the_plain_sum_of_each_slice(self):
        for (m, hop, mfft), mode in itertools.product(SHAPES, MODES):
            for phase_shift in (0, None, 1 - mfft, mfft - 1):
                real = mode.startswith("onesided")
                x = noise(23, "float64" if real else "complex128")
                SFT = ShortTimeFFT(
                    taps(m, x.dtype), hop, 7.0, fft_mode=mode, mfft=mfft, scale_to="psd", phase_shift=phase_shift
                )
                with self.subTest(m=m, hop=hop, mfft=mfft, mode=mode, phase_shift=phase_shift):
                    wanted = [slice_sum(SFT, x, p) for p in range(SFT.p_min, SFT.p_max(23))]
                    self.near(SFT.stft(x), np.transpose(wanted))

    def test_magnitude_doubles_paired_bins(self):
        x = noise(23)
        for mfft in (1, 2, 8, 9):
            SFT = ShortTimeFFT(taps(min(mfft, 5)), 2, 1.0, mfft=mfft, scale_to="magnitude", fft_mode="onesided2X")
            self.near(SFT.stft(x)[:, 1], slice_sum(SFT, x, SFT.p_min + 1))

    def test_slices_may_be_cut_out(self):
        x = noise((2, 40))
        for padding in ("zeros", "edge", "even", "odd"):
            SFT = ShortTimeFFT(taps(9), 4, 1.0)
            whole = SFT.stft(x, padding=padding)
            for p0, p1 in ((SFT.p_min, SFT.p_min + 1), (0, 3), (2, 3), (7, SFT.p_max(40)), (None, 2), (3, None)):
                first = 0 if p0 is None else p0 - SFT.p_min
                last = None if p1 is None else p1 - SFT.p_min
                np.testing.assert_array_equal(SFT.stft(x, p0, p1, padding=padding), whole[..., first:last])

    def test_padding_and_offset(self):
        for m, hop in ((5, 2), (8, 3), (7, 7)):
            x, SFT = noise(12), ShortTimeFFT(taps(m), hop, 1.0)
            for padding, offset in itertools.product(("zeros", "edge", "even", "odd"), (0, 3, -2)):
                with self.subTest(m=m, padding=padding, offset=offset):
                    p0, p1 = SFT.p_min, SFT.p_max(12) - 1
                    got = SFT.stft(x, p0, p1, padding=padding, k_offset=offset)
                    self.near(got, np.transpose([slice_sum(SFT, x, p, offset, padding) for p in range(p0, p1)]))

    def test_stft_detrend_detrends_each_slice(self):
        m = np.arange(6)
        line = np.polynomial.polynomial.polyvander(m, 1)
        linear = lambda x: x - line @ np.linalg.lstsq(line, x, rcond=None)[0]
        constant = lambda x: x - x.mean(axis=-1, keepdims=True)
        cubed = lambda x: x**3
        SFT = ShortTimeFFT(taps(6, complex), 4, 1.0, fft_mode="twosided", mfft=7)
        x = noise(20, complex) + 5
        for detr, meant in (("linear", linear), ("constant", constant), (cubed, cubed), (constant, constant), (None, lambda x: x)):
            for padding in ("zeros", "odd"):
                with self.subTest(detr=detr, padding=padding):
                    wanted = [slice_sum(SFT, x, p, 1, padding, meant) for p in range(SFT.p_min, SFT.p_max(20))]
                    self.near(SFT.stft_detrend(x, detr, k_offset=1, padding=padding), np.transpose(wanted))
                    both = SFT.stft_detrend(np.stack([x, 2 * x]), detr, k_offset=1, padding=padding)
                    np.testing.assert_array_equal(both[0], SFT.stft_detrend(x, detr, k_offset=1, padding=padding))
        self.near(SFT.stft_detrend(x, "l"), SFT.stft_detrend(x, "linear"), 0)

    def test_function_that_detrends(self):
        SFT, x = ShortTimeFFT(taps(6), 4, 1.0), noise((2, 20))
        last = lambda x: x[..., -1:]
        wanted = [[slice_sum(SFT, row, p, 0, "zeros", lambda x: np.full(6, x[-1])) for p in range(SFT.p_min, 6)] for row in x]
        self.near(SFT.stft_detrend(x, last, p1=6), np.swapaxes(wanted, -1, -2))  # what it returns is broadcast
        self.near(SFT.stft_detrend(x, lambda x: 1.0, 1, 3)[1, 0], np.full(2, np.sum(SFT.win)))

        def in_place(x):
            x -= x.mean(axis=-1, keepdims=True)
            return x

        before = x.copy()
        for slices in ((None, None), (1, 4)):  # that it writes to its slice changes neither x nor the slices that overlap
            self.near(SFT.stft_detrend(x, in_place, *slices), SFT.stft_detrend(x, "constant", *slices))
            np.testing.assert_array_equal(x, before)

    def test_slices_run_along_any_axis(self):
        x = noise((3, 30, 2, 4))
        SFT = ShortTimeFFT(taps(7), 3, 1.0, mfft=10)
        last = SFT.stft(np.moveaxis(x, 1, -1))
        for axis in (1, -3):
            got = SFT.stft(x, axis=axis)
            self.assertEqual(got.shape, (3, SFT.f_pts, 2, 4, SFT.p_num(30)))
            np.testing.assert_array_equal(got, np.moveaxis(last, -2, 1))
        np.testing.assert_array_equal(SFT.stft(x[1, :, 0, 2]), last[1, 0, 2])
        P = SFT.spectrogram(x, axis=1)
        self.assertEqual(P.shape, (3, SFT.f_pts, 2, 4, SFT.p_num(30)))

    def test_single_precision_is_computed_in_double(self):
        for kind, mode in (("float32", "onesided2X"), ("complex64", "centered"), ("float32", "twosided")):
            x = noise((2, 200), kind)
            SFT = ShortTimeFFT.from_window("hann", 3.0, 32, 20, fft_mode=mode, scale_to="psd")
            exactly = x.astype(np.result_type(kind, "float64"))
            for padding in typing.get_args(short_time_fft.PAD_TYPE):
                S = SFT.stft(x, padding=padding)
                self.assertEqual(S.dtype, np.complex128)
                np.testing.assert_array_equal(S, SFT.stft(exactly, padding=padding))
                self.assertEqual(SFT.spectrogram(x, padding=padding).dtype, np.float64)
            self.assertEqual(SFT.stft_detrend(x, lambda x: x - x.mean(-1, keepdims=True)).dtype, np.complex128)
            y = SFT.istft(SFT.stft(x), k1=200)
            self.assertEqual(y.dtype, np.complex128 if mode != "onesided2X" else np.float64)
            self.near(y, exactly, 1e-13)
            rounded = SFT.stft(x).astype(np.complex64)
            np.testing.assert_array_equal(SFT.istft(rounded), SFT.istft(rounded.astype(complex)))
        self.assertEqual(SFT.stft(np.arange(50)).dtype, np.complex128)

    def test_a_nearly_uncovered_sample_of_single_precision_comes_back_as_in_double(self):
        x = noise(3000, "float32")
        SFT = ShortTimeFFT.from_window("hann", 1.0, 256, 256 - 251)  # the least coverage is 3e-6 of the largest
        self.near(SFT.istft(SFT.stft(x), k1=3000), x.astype(float), 1e-9)

    def test_integers_do_not_overflow_beyond_the_ends(self):
        x = np.array([200, 3, 250, 0, 9, 255, 1, 254], np.uint8)
        SFT = ShortTimeFFT(np.ones(4), 2, 1.0)
        for padding in typing.get_args(short_time_fft.PAD_TYPE):
            np.testing.assert_array_equal(SFT.stft(x, padding=padding), SFT.stft(x.astype(float), padding=padding))

    def test_stft_is_the_array_function_to_the_bit(self):
        x = noise((2, 200))
        w = stft.sample_window("hann", 24)
        SFT = ShortTimeFFT(w, 5, 1.0, mfft=32)
        made = dict(hop=5, n_fft=32, first=SFT.k_min)
        np.testing.assert_array_equal(SFT.stft(x), stft.stft(x, w, frames=SFT.p_num(200), **made))
        S = SFT.stft(x)
        np.testing.assert_array_equal(SFT.istft(S), stft.istft(S, w, synthesis=SFT.dual_win, **made))

    def test_spectrogram_is_the_product_of_a_spectrum_and_a_conjugate(self):
        x, y = noise((2, 50), complex), noise((2, 50), complex)
        SFT = ShortTimeFFT(taps(9), 4, 1.0, fft_mode="centered")
        chosen = dict(p0=0, p1=5, k_offset=2, padding="even")
        Sx, Sy = (SFT.stft_detrend(v, "constant", **chosen) for v in (x, y))
        self.near(SFT.spectrogram(x, detr="constant", **chosen), np.abs(Sx) ** 2)
        self.assertEqual(SFT.spectrogram(x, x).dtype, np.float64)
        self.near(SFT.spectrogram(x, y, "constant", **chosen), Sx * np.conj(Sy))
        self.near(SFT.spectrogram(x, x.copy()), SFT.spectrogram(x))

    @unittest.skipIf(scipy is None, "needs SciPy")
    def test_stft_agrees_with_scipys(self):
        for m, overlap, mfft, padding in itertools.product((16, 18), (12, 9), (18, 25), ("zeros", "edge", "even", "odd")):
            x = noise((3, 100), "float64")
            boundary = "constant" if padding == "edge" else padding
            for mode, scale in (("onesided", "magnitude"), ("twosided", "psd")):
                f, t, wanted = scipy.signal.stft(
                    x, 5.0, "blackman", m, overlap, mfft, False, mode == "onesided", boundary, False,
                    scaling="spectrum" if scale == "magnitude" else "psd",
                )  # fmt: skip
                SFT = ShortTimeFFT.from_window(
                    "blackman", 5.0, m, overlap, mfft=mfft, fft_mode=mode, scale_to=scale, phase_shift=None
                )
                got = SFT.stft(x, 0, wanted.shape[-1], padding=padding)
                self.near(got, wanted)
                self.near(SFT.f, f)
                self.near(SFT.t(100, 0, wanted.shape[-1]), t)

    @unittest.skipIf(scipy is None, "needs SciPy")
    def test_windows_are_scipys(self):
        for window, symmetric in itertools.product(("hann", ("gaussian", 3.0), 4.5, ("tukey", 0.3)), (False, True)):
            SFT = ShortTimeFFT.from_window(window, 2.0, 15, 5, symmetric_win=symmetric)
            self.near(SFT.win, scipy.signal.get_window(window, 15, not symmetric), 1e-14)
            self.assertEqual((SFT.hop, SFT.fs, SFT.m_num), (10, 2.0, 15))


class golden(checked):
    def test_cases_of_scipys_own_class(self):
        folders = [pathlib.Path(__file__).parent / "golden" / "stft"]
        if "GR_STFT_DATA" in os.environ:
            folders.append(pathlib.Path(os.environ["GR_STFT_DATA"]) / "stft")
        count = 0
        for file in sorted(itertools.chain(*(folder.glob("*.npz") for folder in folders))):
            case = dict(np.load(file, allow_pickle=False))
            meta = json.loads(str(case.get("meta", "{}")))
            if meta.get("kind") != "stft" or "ShortTimeFFT" not in meta["source"]:
                continue
            count += 1
            peer, chosen = dict(meta["peer"]), {}
            for name in ("p0", "p1", "k_offset", "padding"):
                if name in peer:
                    chosen[name] = peer.pop(name)
            detr = peer.pop("detr", None)
            with self.subTest(file=file.name):
                SFT = ShortTimeFFT(case["window"], fs=meta["fs"], **peer)
                self.near(SFT.stft_detrend(case["x"], detr, **chosen), case["S"], meta["rtol"])
                self.near(SFT.f, case["f"])
                chosen.pop("padding", None)
                self.near(SFT.t(len(case["x"]), **chosen), case["t"])
        self.assertGreaterEqual(count, 2)


class scalings(checked):
    def test_magnitude_reads_the_amplitude(self):
        n = np.arange(100)
        for mode, wanted in (("onesided", 1.5), ("onesided2X", 3.0)):
            SFT = ShortTimeFFT(taps(16), 4, 8.0, fft_mode=mode, scale_to="magnitude")
            SFT_ = ShortTimeFFT.from_window("hann", 8.0, 16, 12, fft_mode=mode, scale_to="magnitude")
            self.assertAlmostEqual(abs(SFT_.stft(3 * np.cos(2 * np.pi * 4 / 16 * n))[4, 8]), wanted)
            self.assertAlmostEqual(abs(np.sum(SFT.win)), 1)
            self.assertEqual((SFT.fac_magnitude, SFT.scaling), (1.0, "magnitude"))
            self.assertAlmostEqual(SFT.fac_psd, 1 / np.sqrt(8 * np.sum(SFT.win**2)))

    def test_psd_keeps_the_energy(self):
        # sum |win|^2 over slices is constant for Hann at a quarter, so that energies are equal, not only in the mean
        for n, mode, mfft in itertools.product((64, 65), ("onesided2X", "twosided", "centered"), (16, 17, 21)):
            x = noise(n)
            SFT = ShortTimeFFT.from_window("hann", 9.0, 16, 12, mfft=mfft, fft_mode=mode, scale_to="psd")
            energy = np.sum(SFT.spectrogram(x)) * SFT.delta_f * SFT.delta_t
            self.assertAlmostEqual(energy, np.sum(x**2) * SFT.T, places=11)
            self.assertAlmostEqual(np.sum(SFT.win**2), SFT.T)
            self.assertEqual((SFT.fac_psd, SFT.scaling), (1.0, "psd"))

    def test_one_after_the_other_and_the_dual_with_them(self):
        x = noise(60)
        SFT = ShortTimeFFT(taps(12), 5, 3.0)
        self.assertIsNone(SFT.scaling)
        S, win, dual, factors = SFT.stft(x), SFT.win, SFT.dual_win, (SFT.fac_magnitude, SFT.fac_psd)
        for scaling, factor in (("magnitude", factors[0]), ("psd", factors[1]), ("psd", factors[1]), ("magnitude", factors[0])):
            SFT.scale_to(scaling)
            self.near(SFT.win, win * factor)
            self.near(SFT.dual_win, dual / factor)
            self.near(SFT.stft(x), S * factor)
            self.near(SFT.istft(SFT.stft(x), k1=60), x, 1e-11)
        self.near(ShortTimeFFT(win, 5, 3.0, scale_to="magnitude").dual_win, SFT.dual_win)
        self.near(ShortTimeFFT(win, 5, 3.0, dual_win=dual, scale_to="magnitude").dual_win, SFT.dual_win)

    def test_unitary_keeps_inner_products(self):
        x, y = noise(50, complex), noise(50, complex)
        for kind, mfft, hop in itertools.product(("float64", "complex128"), (9, 12), (1, 4, 9)):
            SFT = ShortTimeFFT.from_win_equals_dual(
                taps(9, kind), hop, 7.0, mfft=mfft, fft_mode="centered", scale_to="unitary"
            )
            self.assertEqual(SFT.scaling, "unitary")
            self.near(SFT.dual_win, SFT.win * mfft)
            self.assertAlmostEqual(np.sum(SFT.spectrogram(x, y)), np.sum(x * np.conj(y)), places=10)
            self.near(SFT.istft(SFT.stft(x), k1=50), x, 1e-11)
        # there is a scaling only when all else is set up, and 2X is no unitary mode: pairs are doubled, not their powers
        with self.assertRaisesRegex(ValueError, "For scaling is None, fft_mode='onesided2X' is invalid!"):
            ShortTimeFFT.from_win_equals_dual(taps(8), 4, 1.0, fft_mode="onesided2X", scale_to="unitary")
        SFT = ShortTimeFFT.from_win_equals_dual(taps(8), 4, 1.0, scale_to="unitary")
        SFT.fft_mode = "onesided2X"
        self.near(SFT.stft(x.real)[:, 3], slice_sum(SFT, x.real, SFT.p_min + 3))
        self.near(SFT.istft(SFT.stft(x.real), k1=50), x.real, 1e-11)


class properties(checked):
    def test_cannot_be_written_where_others_depend_on_them(self):
        mine = np.ones(8)
        SFT = ShortTimeFFT(mine, 4, 1.0)
        mine[0] = 5
        self.assertEqual(SFT.win[0], 1)
        for name in ("win", "dual_win", "hop", "m_num", "m_num_mid", "f", "f_pts", "delta_t", "delta_f", "scaling",
                     "fac_psd", "fac_magnitude", "invertible", "p_min", "k_min", "lower_border_end", "onesided_fft"):  # fmt: skip
            with self.assertRaises(AttributeError):
                setattr(SFT, name, 1)
        for taps_ in (SFT.win, SFT.dual_win, ShortTimeFFT(mine, 4, 1.0, dual_win=mine).dual_win):
            with self.assertRaises(ValueError):
                taps_[0] = 2
        SFT.scale_to("psd")
        self.assertFalse(SFT.win.flags.writeable or SFT.dual_win.flags.writeable)
        self.assertTrue(mine.flags.writeable)

    def test_annotations_may_be_subscripted(self):
        self.assertIs(typing.get_origin(ShortTimeFFT[np.float64]), ShortTimeFFT)

    def test_read_back_what_was_given(self):
        SFT = ShortTimeFFT([1, 2, 3.0], np.int64(2), 5, fft_mode="centered", mfft=4, phase_shift=-3)
        self.assertEqual(
            (SFT.hop, SFT.fs, SFT.T, SFT.fft_mode, SFT.mfft, SFT.phase_shift, SFT.m_num, SFT.m_num_mid),
            (2, 5, 0.2, "centered", 4, -3, 3, 1),
        )


class refusals(unittest.TestCase):
    def refuses(self, message, call):
        with self.subTest(message=message):
            with self.assertRaisesRegex(ValueError, message):
                call()

    def test_constructors_refuse_in_scipys_words(self):
        ones = np.ones(4)
        for message, call in [
            ("Parameter win must be 1d, but win.shape=", lambda: ShortTimeFFT(np.ones((2, 2)), 1, 1.0)),
            ("Parameter win must be 1d, but win.shape=", lambda: ShortTimeFFT([], 1, 1.0)),
            ("Parameter win must have finite entries!", lambda: ShortTimeFFT([1, np.inf], 1, 1.0)),
            ("Parameter win must have finite entries!", lambda: ShortTimeFFT(["a"], 1, 1.0)),
            ("Parameter hop=0 is not an integer >= 1!", lambda: ShortTimeFFT(ones, 0, 1.0)),
            ("Parameter hop=2.0 is not an integer >= 1!", lambda: ShortTimeFFT(ones, 2.0, 1.0)),
            (r"dual_win.shape=\(5,\) must equal win.shape=\(4,\)!", lambda: ShortTimeFFT(ones, 1, 1.0, dual_win=np.ones(5))),
            ("Parameter dual_win must be a finite array!", lambda: ShortTimeFFT(ones, 1, 1.0, dual_win=[1, 2, 3, np.nan])),
            ("scaling='unitary' not in", lambda: ShortTimeFFT(ones, 1, 1.0, scale_to="unitary")),
            ("scaling='magnitude' is impossible", lambda: ShortTimeFFT([1.0, -1.0], 1, 1.0, scale_to="magnitude")),
            ("For scaling is None, fft_mode='onesided2X' is invalid", lambda: ShortTimeFFT(ones, 1, 1.0, fft_mode="onesided2X")),
            ("must be positive", lambda: ShortTimeFFT(ones, 1, np.nan)),
            ("length", lambda: ShortTimeFFT.from_window("hann", 1.0, 0, 0)),
            ("hop=5 is larger than window length of 4", lambda: ShortTimeFFT.from_dual(ones, 5, 1.0)),
            ("Parameter hop=0 is not an integer", lambda: ShortTimeFFT.from_dual(ones, 0, 1.0)),
            ("Transform not invertible!", lambda: ShortTimeFFT.from_dual(np.array([1, 0.0]), 2, 1.0)),
            ("cannot be of integer type", lambda: ShortTimeFFT.from_dual(np.ones(4, int), 2, 1.0)),
            ("Parameter desired_win is not 1d", lambda: ShortTimeFFT.from_win_equals_dual(np.ones((2, 2)), 1, 1.0)),
            ("desired_win cannot be of integer type", lambda: ShortTimeFFT.from_win_equals_dual(np.ones(4, int), 1, 1.0)),
            ("desired_win must have finite", lambda: ShortTimeFFT.from_win_equals_dual(np.array([1, np.nan]), 1, 1.0)),
            ("Parameter hop=5 is not an integer between 1 and", lambda: ShortTimeFFT.from_win_equals_dual(ones, 5, 1.0)),
            ("Parameter hop=1.0 is not an integer between 1 and", lambda: ShortTimeFFT.from_win_equals_dual(ones, 1.0, 1.0)),
            ("Parameter scale_to='db' not in", lambda: ShortTimeFFT.from_win_equals_dual(ones, 1, 1.0, scale_to="db")),
            ("not have valid STFT dual", lambda: ShortTimeFFT.from_win_equals_dual(np.array([1, 0.0]), 2, 1.0)),
            ("One-sided spectra, i.e., fft_mode='onesided', are not allowed", lambda: ShortTimeFFT(ones * 1j, 2, 1.0)),
            ("fft_mode='onesided2X', are not allowed", lambda: ShortTimeFFT(ones * 1j, 2, 1.0, fft_mode="onesided2X")),
            ("i.e., fft_mode='onesided', are", lambda: ShortTimeFFT.from_win_equals_dual(ones.astype(complex), 2, 1.0)),
            ("`desired_dual` are not 1d arrays of equal length", lambda: closest_STFT_dual_window(ones, 2, np.ones(3))),
            ("1d arrays of equal length", lambda: closest_STFT_dual_window(np.ones((2, 2)), 2)),
            ("Parameter win must have finite", lambda: closest_STFT_dual_window([1, np.inf], 1)),
            ("Parameter desired_dual must have finite", lambda: closest_STFT_dual_window(ones, 1, [1, 2, 3, np.nan])),
            ("Parameter hop=5 is not an integer between 1 and", lambda: closest_STFT_dual_window(ones, 5)),
            ("Transform not invertible!", lambda: closest_STFT_dual_window(np.array([1, 0.0]), 2)),
            ("numerically unstable", lambda: closest_STFT_dual_window(ones, 2, np.zeros(4))),
            ("numerically unstable", lambda: closest_STFT_dual_window(ones, 2, np.array([1, -1, 1, -1.0]))),
            ("numerically unstable", lambda: closest_STFT_dual_window(ones, 1, np.array([1, 0.1, -0.1, -1.0]))),
        ]:
            self.refuses(message, call)

    def test_properties_refuse_in_scipys_words(self):
        for name, value, message in [
            ("T", -1, "Sampling interval T=-1 must be positive!"),
            ("T", np.inf, "Sampling interval T=inf must be positive!"),
            ("fs", -1, "Sampling frequency fs=-1 must be positive!"),
            ("fs", 0, "Sampling frequency fs=0 must be positive!"),
            ("fft_mode", "full", r"fft_mode='full' not in \('twosided', 'centered', 'onesided', 'onesided2X'\)!"),
            ("fft_mode", "onesided2X", "For scaling is None, fft_mode='onesided2X' is invalid!"),
            ("mfft", 7, "Attribute mfft=7 needs to be at least the window length m_num=8!"),
            ("mfft", 9.0, "Attribute mfft=9.0 needs"),
            ("phase_shift", 3.0, "phase_shift=3.0 has the unit samples"),
            ("phase_shift", 8, "-mfft < phase_shift < mfft does not hold"),
            ("phase_shift", -8, "-mfft < phase_shift < mfft does not hold"),
        ]:
            SFT = ShortTimeFFT(np.ones(8), 4, 1.0)
            before = dict(vars(SFT))
            self.refuses(message, lambda: setattr(SFT, name, value))
            self.assertEqual({k: id(v) for k, v in vars(SFT).items()}, {k: id(v) for k, v in before.items()})

    def test_methods_refuse_in_scipys_words(self):
        SFT = ShortTimeFFT(np.ones(8), 4, 1.0)
        two = ShortTimeFFT(np.ones(8), 4, 1.0, fft_mode="twosided")
        turning = ShortTimeFFT(np.ones(8) * 1j, 4, 1.0, fft_mode="twosided")
        x, S = np.zeros(16), np.zeros((5, 3))
        for message, call in [
            ("scaling='db' not in", lambda: SFT.scale_to("db")),
            (r"Parameter padding='wrap' not in \('zeros', 'edge', 'even', 'odd'\)!", lambda: SFT.stft(x, padding="wrap")),
            ("Trend type must be 'linear' or 'constant'", lambda: SFT.stft_detrend(x, "cubic")),
            ("Parameter detr=nan is not a str, function or None!", lambda: SFT.stft_detrend(x, np.nan)),
            ("broadcast", lambda: SFT.stft_detrend(x, lambda x: x[..., 1:])),
            ("Complex-valued `slices` not allowed", lambda: SFT.stft_detrend(x, lambda x: 1j * x)),
            ("Complex-valued `slices` not allowed", lambda: SFT._fft_func(1j * x[:8])),
            ("Invalid Parameter p0=9, p1=None", lambda: SFT.stft_detrend(x, "cubic", 9, padding="wrap")),
            ("Complex-valued `x` not allowed for self.fft_mode='onesided'!", lambda: SFT.stft(x * 1j)),
            ("fft_mode='onesided', are not allowed", lambda: setattr(turning, "fft_mode", "onesided")),
            ("fft_mode='onesided2X', are not allowed", lambda: setattr(turning, "fft_mode", "onesided2X")),
            ("Complex-valued `dual_win`", lambda: ShortTimeFFT(np.ones(8), 4, 1.0, dual_win=1j * np.ones(8)).istft(S)),
            ("^x: 0 dimensions: must have one or more", lambda: SFT.stft(3.5)),
            ("^x: 0 dimensions: must have one or more", lambda: SFT.spectrogram(3.5)),
            ("^axis: 1: must be an axis of x, which has 1", lambda: SFT.stft(x, axis=1)),
            ("^S: 1 dimensions: must have two or more, for bins and slices", lambda: SFT.istft(S[:, 0])),
            ("^t_axis: 2: must be an axis of S, which has 2", lambda: SFT.istft(S, t_axis=2)),
            (r"len\(x\)=3 must be >= ceil\(m_num/2\) = 4!", lambda: SFT.stft(x[:3])),
            (r"of axis=1 of \(2, 3, 9\) must be >= ceil\(m_num/2\) = 4!", lambda: SFT.stft(np.ones((2, 3, 9)), axis=1)),
            ("Invalid Parameter p0=0, p1=200", lambda: SFT.p_range(100, 0, 200)),
            ("Invalid Parameter p0=-1, p1=None", lambda: SFT.stft(x, -1)),
            ("Invalid Parameter p0=2, p1=2", lambda: SFT.t(100, 2, 2)),
            (r"^Parameter n must be >= ceil\(m_num/2\) = 4!", lambda: SFT.upper_border_begin(3)),
            (r"^Parameter n must be >= ceil\(m_num/2\) = 4!", lambda: SFT.k_max(3)),
            ("f_axis=0 may not be equal to t_axis=0!", lambda: SFT.istft(S, t_axis=0, f_axis=0)),
            (r"S.shape\[f_axis\]=4 must be equal to self.f_pts=5", lambda: SFT.istft(S[:4])),
            (r"S.shape\[t_axis\]=1 needs to have at least 2 slices", lambda: SFT.istft(S[:, :1])),
            (r".*\(k1=100\) <= \(k_max=12\) is false!$", lambda: SFT.istft(S, k1=100)),
            (r"\(self.k_min=-4\) <= \(k0=-5\)", lambda: SFT.istft(S, -5)),
            (r"\(k1=1\) - \(k0=0\) = 1 has to be at least.* length 4!", lambda: SFT.istft(S, k0=0, k1=1)),
            ("hop=9 is larger than window length of 8", lambda: ShortTimeFFT(np.ones(8), 9, 1.0).istft(S)),
            (r"Parameter axes_seq='xy' not in \['tf', 'ft'\]!", lambda: SFT.extent(100, axes_seq="xy")),
            ("Attribute fft_mode=twosided must", lambda: two.extent(100)),
        ]:
            self.refuses(message, call)


def load_tests(loader, tests, pattern):
    tests.addTests(doctest.DocTestSuite(short_time_fft))
    tests.addTests(doctest.DocTestSuite(scipy_windows))
    return tests


if __name__ == "__main__":
    unittest.main()
