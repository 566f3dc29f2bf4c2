#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The PyTorch layer: gradients of the transforms and of their inverses against central differences, at any precision."""

import unittest
import warnings

from qa_torch import layers, torch, with_torch  # first: it takes this folder, whose torch.py is not PyTorch, off the path

import numpy as np
from gnuradio import stft as arrays
from gnuradio.stft import differentiable


class gradients(with_torch):
    def test_gradients_of_dstft_by_signal_lengths_and_positions_are_differences(self):
        for n_fft in (8, 9):
            for kind in ("float64", "complex128"):
                for share in ("constant", "frame", "bin", "cell"):
                    for window, norm in (("hann", "l2"), (("gaussian", 0.15), "dcunit")):
                        with self.subTest(n_fft=n_fft, kind=kind, share=share, window=window):
                            bins = n_fft if kind == "complex128" else n_fft // 2 + 1
                            theta = self.theta(share, bins, 4, 5.2, 7.4)
                            function = lambda x, theta, t: layers.dstft(x, theta, t, n_fft=n_fft, window=window, norm=norm)
                            if window != "hann":  # which jumps at its edge by 4e-3, where differences straddle it
                                theta.requires_grad_(False)
                            self.check(function, self.tensor(2, 11, kind=kind), theta, self.positions(4, 3.3).detach()
                                       if window != "hann" else self.positions(4, 3.3))  # fmt: skip

    def test_gradients_of_dstft_twosided_and_from_the_start_are_differences(self):
        function = lambda x, theta, t: layers.dstft(x, theta, t, n_fft=7, sides="twosided", convention="start")
        self.check(function, self.tensor(10), self.theta("frame", 7, 3, 4, 6), self.positions(3, 3.3))

    def test_gradients_of_idstft_by_spectra_lengths_and_positions_are_differences(self):
        for n_fft in (8, 9):
            for sides in ("onesided", "twosided"):
                for share, weights in (("constant", "twosided"), ("frame", "twosided"), ("frame", "onesided"),
                                       ("bin", "twosided"), ("cell", "onesided"), ("cell", "twosided")):  # fmt: skip
                    with self.subTest(n_fft=n_fft, sides=sides, share=share, weights=weights):
                        bins = n_fft if sides == "twosided" else n_fft // 2 + 1
                        made = dict(n_fft=n_fft, sides=sides, length=10, weights=weights, tol=1e-14)
                        function = lambda S, theta, t: layers.idstft(S, theta, t, **made)
                        S = self.tensor(*([2] * (share == "frame")), bins, 6, kind="complex128")
                        self.check(function, S, self.theta(share, bins, 6, 6.1, 7.4), self.positions(6, 2))

    def test_gradients_of_idstft_by_some_arguments_alone_are_differences(self):
        made = dict(n_fft=8, length=10)
        S, theta, t = self.tensor(5, 6, kind="complex128"), self.theta("frame", 5, 6, 6, 7), self.positions(6, 2)
        self.check(lambda S: layers.idstft(S, theta.detach(), t.detach(), **made), S)
        self.check(lambda t: layers.idstft(S.detach(), theta.detach(), t, **made), t)
        self.check(lambda theta: layers.idstft(S.detach(), theta, t.detach(), **made), theta)

    def test_gradients_of_stft_are_differences(self):
        complex_taps = self.tensor(6, kind="complex128", grad=False)
        for n_fft, made in (
            (8, dict(window="hann", hop=3)),
            (9, dict(window="hamming", hop=2, win_length=6, scaling="ortho", phase="absolute")),
            (9, dict(window=complex_taps, hop=4, scaling="magnitude", phase=3)),
            (8, dict(window="boxcar", hop=11, win_length=5, scaling="psd", fs=3.0, phase="absolute")),
            (7, dict(window=("kaiser", 2.0), hop=9, placement="left", sides="centered")),
            (6, dict(window="boxcar", hop=2, placement="full", sides="twosided", phase="start")),
            (8, dict(window="hann", hop=3, first=-30, frames=9)),
            (8, dict(window="hann", hop=13, first=4, frames=1)),
        ):
            for kind in ("float64", "complex128"):
                if kind == "complex128" and "sides" in made and made["sides"] == "onesided":
                    continue
                with self.subTest(n_fft=n_fft, kind=kind, **made):
                    self.check(lambda x: layers.stft(x, n_fft=n_fft, **made), self.tensor(2, 23, kind=kind))

    def test_gradients_of_istft_are_differences(self):
        complex_taps = self.tensor(6, kind="complex128", grad=False)
        for n_fft, sides, made in (
            (8, "onesided", dict(window="hann", hop=3)),
            (9, "onesided", dict(window="hamming", hop=2, win_length=6, scaling="ortho", phase="absolute")),
            (9, "twosided", dict(window=complex_taps, hop=4, scaling="magnitude", phase=3)),
            (7, "centered", dict(window=("kaiser", 2.0), hop=3, placement="left", length=30)),
            (6, "twosided", dict(window="boxcar", hop=2, placement="full", phase="start", length=9)),
            (8, "onesided", dict(window="hann", hop=3, first=5, length=14, threshold=0.2)),
            (8, "onesided", dict(window="hann", hop=2, synthesis=self.tensor(8, grad=False), scaling="psd", fs=2.0)),
            (8, "twosided", dict(window=complex_taps, hop=2, synthesis=self.tensor(6, kind="complex128", grad=False))),
        ):
            with self.subTest(n_fft=n_fft, sides=sides, **made):
                bins = n_fft // 2 + 1 if sides == "onesided" else n_fft
                function = lambda X: layers.istft(X, n_fft=n_fft, sides=sides, **made)
                self.check(function, self.tensor(2, bins, 5, kind="complex128"))

    def test_gradients_of_modules_by_their_parameters_are_differences(self):
        x = self.tensor(2, 20)
        for window_mode, hop_mode in (("constant", "constant"), ("time", "time"), ("frequency", "fixed"),
                                      ("time-frequency", "constant")):  # fmt: skip
            for scale in ("linear", "log"):
                with self.subTest(window_mode=window_mode, hop_mode=hop_mode, scale=scale):
                    module = layers.DSTFT(
                        n_fft=9, win_length=7.3, hop_length=2.6, window_mode=window_mode, hop_mode=hop_mode,
                        normalization="contract", magnitude_power=2, scale=scale, frames=9,
                    )  # fmt: skip
                    module.initialize(x)
                    back = layers.IDSTFT(module, tol=1e-14)
                    raw = [p for p in (module.raw_win_length, module.raw_hop_length) if p.requires_grad]

                    def function(x, *raw):
                        spectrogram, S = module(x)
                        return spectrogram, S, back(S * torch.linspace(1, 2, S.shape[-1], dtype=torch.float64))

                    self.check(function, x, *raw)

    def test_gradients_by_chirp_rates_are_differences(self):
        per = 1e-3  # of a rate in a unit of the differences' steps
        for n_fft, kind, sides, shared in ((8, "complex128", "twosided", True), (9, "complex128", "twosided", False),
                                           (9, "float64", "onesided", True), (8, "float64", "onesided", False),
                                           (8, "float64", "twosided", False)):  # fmt: skip
            with self.subTest(n_fft=n_fft, kind=kind, sides=sides, shared=shared):
                theta, t = self.theta("constant" if shared else "frame", n_fft, 5, 6.1, 7.4), self.positions(5, 2)
                c = self.tensor(*(() if shared else (5,)))
                forward = lambda x, theta, t, c: layers.dstft(x, theta, t, n_fft=n_fft, c=per * c, sides=sides)
                self.check(forward, self.tensor(2, 11, kind=kind), theta, t, c)
                x = torch.ones(11, dtype=getattr(torch, kind))
                self.check(lambda c: forward(x, theta.detach(), t.detach(), c), c)
                if sides == "twosided":
                    made = dict(n_fft=n_fft, length=8, sides=sides)
                    back = lambda S, theta, t, c: layers.idstft(S, theta, t, c=per * c, **made)
                    self.check(back, self.tensor(n_fft, 5, kind="complex128"), theta, t, c)

    def test_gradients_of_modules_by_their_chirp_rates_are_differences(self):
        x = self.tensor(14, kind="complex128")
        for window_mode, hop_mode, chirp in (("fixed", "fixed", True), ("constant", "constant", "constant"), ("time", "time", True),
                                             ("constant", "fixed", "time"), ("time", "fixed", "constant")):  # fmt: skip
            with self.subTest(window_mode=window_mode, chirp=chirp):
                module = layers.DSTFT(n_fft=9, win_length=7.3, hop_length=2.6, window_mode=window_mode, hop_mode=hop_mode,
                                      normalization="l2", frames=7, chirp=chirp, output="complex")  # fmt: skip
                module.initialize(x)
                self.assertEqual(module.c.shape, (7,) if "time" in (window_mode, chirp) and chirp != "constant" else (1,))
                with torch.no_grad():
                    module.raw_chirp += 0.3 * torch.from_numpy(self.random.standard_normal(module.raw_chirp.shape))
                raw = [one for name, one in module.named_parameters()]
                self.assertTrue(any(one is module.raw_chirp for one in raw))

                def function(x, *raw):
                    S = module(x)
                    return S, module.inverse(S * torch.linspace(1, 2, S.shape[-1], dtype=torch.float64))

                self.check(function, x, *raw)

    def test_gradients_are_those_of_the_array_functions(self):
        x, G = self.tensor(3, 40), self.tensor(3, 9, 5, kind="complex128", grad=False)
        theta, t = self.theta("frame", 9, 5, 8, 15), self.positions(5, 7)
        S = layers.dstft(x, theta, t, n_fft=16, norm="l1")
        torch.sum(S.real * G.real + S.imag * G.imag).backward()
        values = [one.detach().numpy() for one in (x, theta, t)]
        np.testing.assert_array_equal(S.detach().numpy(), differentiable.dstft(*values, n_fft=16, norm="l1"))
        expected = differentiable.dstft_vjp(*values, G.numpy(), n_fft=16, norm="l1")
        for got, wanted in zip((x.grad, theta.grad, t.grad), expected):
            np.testing.assert_array_equal(got.numpy(), wanted)

    def test_gradients_keep_the_dtype_of_what_they_belong_to(self):
        for kind in ("float32", "complex64"):
            x = self.tensor(2, 50, kind=kind)
            theta = torch.tensor([[20.0]], requires_grad=True)
            S = layers.dstft(x, theta, torch.arange(0.0, 50, 7.5), n_fft=32)
            y = layers.idstft(S, theta, torch.arange(0.0, 50, 7.5), n_fft=32, length=50)
            Y = layers.stft(layers.istft(layers.stft(x, hop=8, n_fft=32), hop=8, n_fft=32, length=50), hop=8, n_fft=32)
            (S.abs().sum() + y.abs().sum() + Y.abs().sum()).backward()
            self.assertEqual((S.dtype, Y.dtype), (torch.complex64, torch.complex64))
            self.assertEqual((y.dtype, x.grad.dtype, theta.grad.dtype), (x.dtype, x.dtype, torch.float32))

    def test_single_precision_agrees_with_double(self):
        x = self.tensor(500)
        slopes = []
        for precision in (torch.float64, torch.float32):
            z = x.detach().to(precision).requires_grad_()
            module = layers.DSTFT(n_fft=64, win_length=50, hop_length=13.37, window_mode="time", output="complex")
            S = module(z)
            loss = module.inverse(S * torch.linspace(0, 1, 33)[:, None]).pow(4).sum()
            loss.backward()
            slopes.append((z.grad.numpy(), module.raw_win_length.grad.numpy()))
        for double, single in zip(*slopes):
            self.assertLess(np.max(np.abs(double - single)), 2e-4 * np.max(np.abs(double)))

    def test_conjugated_and_strided_tensors_are_what_they_show(self):
        x = self.tensor(30, 2, kind="complex128")
        made = dict(hop=4, n_fft=8)
        X = layers.stft(x.conj().T, **made)
        np.testing.assert_array_equal(X.detach().numpy(), arrays.stft(np.conj(x.detach().numpy()).T.copy(), **made))
        self.check(lambda x: layers.stft(x.conj().T, **made).conj(), x)


if __name__ == "__main__":
    warnings.simplefilter("error")
    unittest.main()
