#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Array functions of the DSTFT with chirp rates: plain sums, central differences, the way back, what is refused."""

import doctest
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import adjoints, analytic, differentiable
from qa_oracles import cisoids, hann


def chirp_sum(x, theta, t, c, n_fft, bins):
    """S[m, n] = sum_k w(k - t, theta) exp(-i pi c (k - t)^2) x[k] exp(-2j pi k m / n_fft), w Hann's with norm l2."""
    k = np.arange(len(x))
    S = np.zeros((bins, len(t)), complex)
    for n, (length, centre, rate) in enumerate(np.broadcast(theta, t, c)):
        u = k - centre
        w = np.where(np.abs(u) < length / 2, hann(u / length), 0) / np.sqrt(3 / 8 * length)
        S[:, n] = cisoids(np.arange(bins), k, n_fft) @ (w * np.exp(-1j * np.pi * rate * u**2) * x)
    return S


def slope(function, at, step):
    """Derivative of a real function of an array, value by value, by central differences."""
    at = np.asarray(at, at.dtype if hasattr(at, "dtype") else float)
    units = [1, 1j] if at.dtype.kind == "c" else [1]
    result = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        for unit in units:
            moved = [at.copy(), at.copy()]
            for one, sign in zip(moved, (1, -1)):
                one[index] += sign * step * unit
            result[index] += unit * (function(moved[0]) - function(moved[1])) / (2 * step)
    return result


class chirps(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(7)

    def signal(self, length, kind=complex):
        x = self.random.standard_normal(length)
        return x + 1j * self.random.standard_normal(length) if kind is complex else x

    def frames(self, count, n_fft, hop):
        t = np.arange(count) * hop + self.random.uniform(-0.4, 0.4, count)
        theta = self.random.uniform(0.7, 1, (1, count)) * n_fft
        return t, theta, self.random.uniform(-0.5, 0.5, count) / theta[0]

    def inner(self, G, S):
        return float(np.sum(G.real * S.real + G.imag * S.imag))


class values(chirps):
    def test_spectra_are_plain_sums(self):
        for n_fft in (16, 21):
            for kind, sides in ((complex, None), (float, None), (float, "twosided")):
                with self.subTest(n_fft=n_fft, kind=kind, sides=sides):
                    x = self.signal(70, kind)
                    t, theta, c = self.frames(12, n_fft, 6.3)
                    S = stft.dstft(x, theta, t, n_fft=n_fft, c=c, sides=sides)
                    bins = n_fft // 2 + 1 if kind is float and sides is None else n_fft
                    np.testing.assert_allclose(S, chirp_sum(x, theta[0], t, c, n_fft, bins), atol=1e-13)
                    single = stft.dstft(x.astype(np.complex64 if kind is complex else np.float32), theta, t, n_fft=n_fft, c=c, sides=sides)
                    self.assertEqual(single.dtype, np.complex64)
                    np.testing.assert_allclose(single, S, atol=3e-6)

    def test_a_rate_for_all_or_for_each_frame_has_any_of_their_shapes(self):
        x, t = self.signal(60), np.arange(4) * 13.0
        one = stft.dstft(x, 15.0, t, n_fft=16, c=0.01)
        for c in ([0.01], [[0.01]], np.full(4, 0.01), np.full((1, 4), 0.01)):
            np.testing.assert_array_equal(stft.dstft(x, 15.0, t, n_fft=16, c=c), one)
        steps = np.array([0.01, -0.02, 0.0, 0.03])
        np.testing.assert_array_equal(stft.dstft(x, 15.0, t, n_fft=16, c=steps), stft.dstft(x, 15.0, t, n_fft=16, c=steps[None]))

    def test_a_rate_of_0_changes_no_bit(self):
        t = np.arange(9) * 7.3
        for x in (self.signal(70), self.signal(70, float), self.signal(70, float).astype(np.float32)):
            theta = self.random.uniform(10, 32, (1, 9))
            plain = stft.dstft(x, theta, t, n_fft=32, derivatives=("theta", "t"))
            turned = stft.dstft(x, theta, t, n_fft=32, c=np.zeros(9), derivatives=("theta", "t", "c"))
            for one, other in zip(plain, turned):
                np.testing.assert_array_equal(one, other)
            G = plain[1]
            for one, other in zip(stft.dstft_vjp(x, theta, t, G, n_fft=32), stft.dstft_vjp(x, theta, t, G, n_fft=32, c=0.0)):
                np.testing.assert_array_equal(one, other)
            np.testing.assert_array_equal(stft.idstft(plain[0], theta, t, n_fft=32, length=60),
                                          stft.idstft(plain[0], theta, t, n_fft=32, length=60, c=np.zeros(9)))  # fmt: skip

    def test_a_phase_from_the_centre_turns_all_results_alike(self):
        x, t, c = self.signal(60), np.array([3.25, 31.5, 50.0]), np.array([0.01, -0.02, 0.02])
        made = dict(n_fft=16, c=c, derivatives=("theta", "t", "c"))
        absolute, centred = (stft.dstft(x, 14.0, t, phase=phase, **made) for phase in ("absolute", "centre"))
        turn = np.exp(2j * np.pi * np.outer(np.arange(16), np.floor(t)) / 16)
        for one, other in zip(absolute, centred):
            np.testing.assert_allclose(one * turn, other, atol=1e-12 * np.max(np.abs(one)))


class derivatives(chirps):
    def test_derivatives_are_differences(self):
        x = self.signal(50)
        t, theta, c = np.array([11.3, 27.75]), np.array([[13.1, 15.2]]), np.array([0.02, -0.01])
        at = lambda theta=theta, t=t, c=c: stft.dstft(x, theta, t, n_fft=16, c=c)
        _, by_theta, by_t, by_c = stft.dstft(x, theta, t, n_fft=16, c=c, derivatives=("theta", "t", "c"))
        np.testing.assert_allclose(by_theta, (at(theta=theta + 1e-5) - at(theta=theta - 1e-5)) / 2e-5, atol=1e-8)
        np.testing.assert_allclose(by_t, (at(t=t + 1e-5) - at(t=t - 1e-5)) / 2e-5, atol=1e-8)
        np.testing.assert_allclose(by_c, (at(c=c + 1e-7) - at(c=c - 1e-7)) / 2e-7, atol=1e-5)
        alone = stft.dstft(x, theta, t, n_fft=16, derivatives="c")  # at 0 where none is given
        np.testing.assert_allclose(alone[1], (at(c=c * 0 + 1e-7) - at(c=c * 0 - 1e-7)) / 2e-7, atol=1e-5)

    def test_gradients_are_differences(self):
        for kind, sides in ((complex, "twosided"), (float, "onesided"), (float, "twosided")):
            for shared in (True, False):
                with self.subTest(kind=kind, sides=sides, shared=shared):
                    x = self.signal(30, kind)
                    t, theta, c = np.array([3.3, 9.7, 25.1]), np.array([[13.1, 15.2, 11.7]]), np.array([0.02, -0.01, 0.03])
                    if shared:
                        theta, c = np.array(13.1), np.array(0.02)
                    made = dict(n_fft=16, sides=sides)
                    S = stft.dstft(x, theta, t, c=c, **made)
                    G = self.random.standard_normal(S.shape) + 1j * self.random.standard_normal(S.shape)
                    loss = lambda x=x, theta=theta, t=t, c=c: self.inner(G, stft.dstft(x, theta, t, c=c, **made))
                    got = stft.dstft_vjp(x, theta, t, G, c=c, **made)
                    self.assertEqual([g.shape for g in got], [a.shape for a in (x, theta, t, c)])
                    np.testing.assert_allclose(got.x, slope(lambda v: loss(x=v), x, 1e-4), atol=1e-8)
                    np.testing.assert_allclose(got.theta, slope(lambda v: loss(theta=v), theta, 1e-5), atol=1e-7)
                    np.testing.assert_allclose(got.t, slope(lambda v: loss(t=v), t, 1e-5), atol=1e-7)
                    np.testing.assert_allclose(got.c, slope(lambda v: loss(c=v), c, 1e-7), atol=1e-4)
                    some = stft.dstft_vjp(x, theta, t, G, c=c, wrt=("c", "x"), **made)
                    self.assertEqual((some.theta, some.t), (None, None))
                    np.testing.assert_array_equal(some.c, got.c)

    def test_gradients_add_up_over_channels(self):
        x, t = np.stack([self.signal(40), self.signal(40)]), np.array([11.0, 20.5])
        G = stft.dstft(x, 15.0, t, n_fft=16, c=0.01)
        both = stft.dstft_vjp(x, 15.0, t, G, n_fft=16, c=0.01)
        each = [stft.dstft_vjp(x[i], 15.0, t, G[i], n_fft=16, c=0.01) for i in range(2)]
        np.testing.assert_allclose(both.c, each[0].c + each[1].c, rtol=1e-12)
        np.testing.assert_allclose(both.x, [one.x for one in each], rtol=1e-12)

    def test_gradients_of_the_inverse_are_differences(self):
        t, theta, c = np.arange(7) * 4.3, np.linspace(13, 15.9, 7)[None], np.linspace(-0.03, 0.03, 7)
        S = self.random.standard_normal((16, 7)) + 1j * self.random.standard_normal((16, 7))
        v = self.signal(26)
        made = dict(n_fft=16)
        loss = lambda S=S, theta=theta, t=t, c=c: self.inner(v, stft.idstft(S, theta, t, length=26, c=c, sides="twosided", **made))
        got = adjoints.idstft_vjp(S, theta, t, v, c=c, sides="twosided", wrt=("S", "theta", "t", "c"), **made)
        np.testing.assert_allclose(got.S, slope(lambda a: loss(S=a), S, 1e-4), atol=1e-8)
        np.testing.assert_allclose(got.theta, slope(lambda a: loss(theta=a), theta, 1e-5), atol=1e-7)
        np.testing.assert_allclose(got.t, slope(lambda a: loss(t=a), t, 1e-5), atol=1e-7)
        np.testing.assert_allclose(got.c, slope(lambda a: loss(c=a), c, 1e-7), atol=1e-4)


class inverse(chirps):
    def test_complex_signals_come_back_from_rates_that_jump(self):
        for kind, limit in ((np.complex64, 3e-6), (np.complex128, 1e-13)):
            for length in (0, 1, 100, 1003):
                with self.subTest(kind=kind, length=length):
                    x = np.stack([self.signal(length), self.signal(length)]).astype(kind)
                    t, theta, c = self.frames(3 + length // 15, 64, 15.1)
                    c[::3] = 0.5 / theta[0, ::3]
                    c[1::3] *= -1
                    S = stft.dstft(x, theta, t, n_fft=64, c=c)
                    order = self.random.permutation(len(t))
                    for places in (slice(None), order):
                        y = stft.idstft(S[..., places], theta[:, places], t[places], n_fft=64, length=length, c=c[places])
                        self.assertEqual((y.shape, y.dtype), (x.shape, x.dtype))
                        self.assertLessEqual(np.max(np.abs(y - x), initial=0), limit)

    def test_real_signals_come_back_through_their_analytic_signal(self):
        for kind, limit in ((np.float32, 3e-6), (np.float64, 1e-13)):
            x = self.signal(1001, float).astype(kind)
            z = stft.analytic_signal(x)
            np.testing.assert_array_equal(z.real, x)
            t, theta, c = self.frames(70, 64, 15.1)
            S = stft.dstft(z, theta, t, n_fft=64, c=c)
            y = stft.idstft(S, theta, t, n_fft=64, length=1001, c=c)
            self.assertLessEqual(np.max(np.abs(y.real - x)), limit)
            self.assertEqual(y.real.dtype, kind)

    def test_the_wrong_rate_does_not_give_the_signal(self):
        x, t = self.signal(200), np.arange(0, 210, 8.0)
        S = stft.dstft(x, 30.0, t, n_fft=32, c=0.01)
        self.assertGreater(np.max(np.abs(stft.idstft(S, 30.0, t, n_fft=32, length=200) - x)), 0.1)


class analytic_signals(chirps):
    def test_negative_frequencies_are_empty(self):
        for length in (1, 2, 15, 64, 360):
            x = self.signal(length, float)
            z = stft.analytic_signal(x)
            spectrum = np.fft.fft(z)
            if length in (64, 360):  # what the long FFT has no zeros after
                self.assertLess(np.max(np.abs(spectrum[length // 2 + 1 :])), 1e-12 * np.max(np.abs(spectrum)))
            np.testing.assert_array_equal(z.real, x)

    def test_axes_and_precisions_are_kept(self):
        x = self.random.standard_normal((3, 50, 2))
        z = stft.analytic_signal(x, axis=1)
        np.testing.assert_allclose(z[1, :, 1], stft.analytic_signal(x[1, :, 1]), atol=1e-14)
        self.assertEqual(stft.analytic_signal(x.astype(np.float32)).dtype, np.complex64)
        self.assertEqual(stft.analytic_signal([]).shape, (0,))

    def test_complex_samples_are_refused(self):
        with self.assertRaisesRegex(ValueError, "^x: dtype complex128: must be real$"):
            stft.analytic_signal(self.signal(5))

    def test_lengths_of_the_fft_are_the_least_smooth_ones(self):
        smooth = sorted(2**a * 3**b * 5**c for a in range(12) for b in range(8) for c in range(6))
        for least in range(1, 2000):
            self.assertEqual(analytic._smooth_length(least), next(n for n in smooth if n >= least))


class refusals(chirps):
    def refused(self, rule, function):
        with self.assertRaises(ValueError) as caught:
            function()
        self.assertEqual(str(caught.exception), rule)

    def test_bad_rates_are_refused(self):
        x, t = self.signal(50), [10.0, 20.0, 30.0]
        span = "must be in -+1 / (2 theta) = -+0.01, for n_fft / 2 bins to hold the chirp without aliasing"
        shape = "must be one number, or (3,) for frames"
        for c, rule in (
            (0.0101, f"c: 0.0101 at frame 0: {span}"),
            ([0, 0.001, -0.011], f"c: -0.011 at frame 2: {span}"),
            ([0, np.nan, 0], f"c: nan at frame 1: {span}"),
            (np.inf, f"c: inf at frame 0: {span}"),
            ([0.1, 0.2], f"c: shape (2,): {shape}"),
            (np.zeros((3, 1)), f"c: shape (3, 1): {shape}"),
            (np.zeros((1, 1, 3)), f"c: shape (1, 1, 3): {shape}"),
            ("fast", "c: dtype <U4: must be numbers"),
            (0.001j, "c: dtype complex128: must be real"),
        ):
            with self.subTest(c=c):
                self.refused(rule, lambda: stft.dstft(x, 50.0, t, n_fft=64, c=c))
                self.refused(rule, lambda: stft.dstft_vjp(x, 50.0, t, np.ones((64, 3)), n_fft=64, c=c))
                self.refused(rule, lambda: stft.idstft(np.ones((64, 3)), 50.0, t, n_fft=64, length=30, c=c))

    def test_rates_up_to_the_bound_are_taken(self):
        x = self.signal(100)
        for theta in self.random.uniform(3, 64, 200):
            stft.dstft(x, theta, [50.0], n_fft=64, c=1 / (2 * theta))

    def test_rates_of_windows_that_depend_on_the_bin_are_refused(self):
        rule = "c: shape (): goes with one theta for all bins of a frame, not with a theta for each bin"
        theta = np.full((64, 1), 30.0)
        self.refused(rule, lambda: stft.dstft(self.signal(50), theta, [10.0], n_fft=64, c=0.001))
        self.refused(rule, lambda: stft.idstft(np.ones((64, 1)), theta, [10.0], n_fft=64, length=5, c=0.001))
        self.refused(rule, lambda: stft.dstft(self.signal(50), theta, [10.0], n_fft=64, derivatives="c"))

    def test_one_sided_spectra_have_no_way_back_under_a_chirp(self):
        rule = ("c: 0.001 at frame 1: must be 0 for one-sided spectra, which do not hold all of a signal under a chirp; give those"
                " of the analytic signal, at all bins")  # fmt: skip
        S = np.ones((33, 3), complex)
        self.refused(rule, lambda: stft.idstft(S, 50.0, [0, 10.0, 20], n_fft=64, length=20, c=[0, 0.001, 0]))
        self.refused("wrt: c: needs two-sided spectra, since the inverse of one-sided ones takes no c but 0",
                     lambda: adjoints.idstft_vjp(S, 50.0, [0, 10.0, 20], np.ones(20), n_fft=64, sides="onesided", wrt=("c",)))  # fmt: skip


def load_tests(loader, tests, pattern):
    for module in (analytic, differentiable, adjoints):
        tests.addTests(doctest.DocTestSuite(module))
    return tests


if __name__ == "__main__":
    unittest.main()
