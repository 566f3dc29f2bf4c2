#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""STFT2D and ISTFT2D for PyTorch: gradients against central differences, the published arguments, refusals, doc tests."""

import doctest
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:] = [path for path in sys.path if pathlib.Path(path).resolve() != HERE]  # its torch.py is not PyTorch

import numpy as np
from gnuradio import stft

try:
    from gnuradio.stft import torch as layers
    from gnuradio.stft import torch2d
    import torch
except ImportError:
    layers = None


@unittest.skipUnless(layers, "needs python3-torch")
class with_torch(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(5)

    def tensor(self, *shape, kind="float64", grad=True):
        values = self.random.standard_normal(shape)
        if np.dtype(kind).kind == "c":
            values = values + 1j * self.random.standard_normal(shape)
        return torch.from_numpy(values.astype(kind)).requires_grad_(grad)

    def check(self, function, *inputs):
        # central differences of 1e-6 are good to 1e-9 for values near 1
        self.assertTrue(torch.autograd.gradcheck(function, inputs, eps=1e-6, atol=1e-6, rtol=1e-5))

    designs = (
        dict(win_len=(4, 6), win_hop=(2, 3), fft_len=(4, 6)),
        dict(win_len=(5, 4), win_hop=(2, 1), fft_len=(7, 4), pad="reflect", win_sqrt=True),
        dict(win_len=(4, 3), win_hop=(2, 2), fft_len=(6, 5), pad="edge", tail="ceil", offset="centred", win_type="hamming"),
        dict(win_len=(3, 4), win_hop=(3, 2), fft_len=None, pad_center=False, tail="ceil", win_type="boxcar"),
    )


class gradients(with_torch):
    def test_gradients_of_transform_are_differences(self):
        for design in self.designs:
            with self.subTest(**design):
                transform = layers.STFT2D(**design)
                self.check(transform, self.tensor(2, 7, 8))
                self.check(transform, self.tensor(6, 5))

    def test_gradients_of_inverse_are_differences(self):
        for design in self.designs:
            with self.subTest(**design):
                back = layers.ISTFT2D(**design)
                X = self.tensor(*back.transform(torch.zeros(2, 7, 8, dtype=torch.float64)).shape, kind="complex128")
                self.check(lambda X: back(X, (2, 7, 8)), X)
                self.check(lambda X: back(X[0], (2, 7, 8)), X)

    def test_gradients_of_windows_are_differences(self):
        wh, ww = (torch.rand(n, dtype=torch.float64).add(0.5).requires_grad_() for n in (4, 3))
        image = self.tensor(7, 6)
        made = dict(hop=(2, 1), n_fft=(5, 4), pad="edge")
        self.check(lambda x, h, w: layers.stft2d(x, window=(h, w), **made), image, wh, ww)
        X = self.tensor(*layers.stft2d(image, window=(wh, ww), **made).shape, kind="complex128")
        self.check(lambda X, h, w: layers.istft2d(X, shape=(7, 6), window=(h, w), **made), X, wh, ww)
        self.check(lambda w: layers.stft2d(image.detach(), window=w, hop=2), wh)

    def test_go_through_both_in_single_precision(self):
        transform = layers.STFT2D((8, 8), (4, 4), (8, 8))
        x = self.tensor(3, 21, 18, kind="float32")
        transform.inverse(transform(x) * 2, x.shape).sum().backward()
        self.assertEqual(x.grad.dtype, torch.float32)
        self.assertLess(float((x.grad - 2).abs().max()), 1e-4)


class modules(with_torch):
    def test_modules_take_width_before_height(self):
        x = self.tensor(30, 41, grad=False)
        X = layers.STFT2D(win_len=(12, 8), win_hop=(6, 4), fft_len=(16, 10)).transform(x)
        expected = stft.stft2d(x.numpy(), win_length=(8, 12), hop=(4, 6), n_fft=(10, 16), tail="floor")
        np.testing.assert_array_equal(X.numpy(), expected)
        self.assertEqual(X.shape, (1, 1, 6, 16, 8, 7))
        pair = layers.STFT2D(win_len=(12, 8), win_hop=(6, 4), fft_len=(16, 10), win_type=("boxcar", "hamming"))(x)
        expected = stft.stft2d(
            x.numpy(), win_length=(8, 12), hop=(4, 6), n_fft=(10, 16), tail="floor", window=("hamming", "boxcar")
        )
        np.testing.assert_array_equal(pair.numpy(), expected)

    def test_modules_are_the_published_ones_by_default(self):
        X = layers.STFT2D()(torch.zeros(3, 128, 200))
        self.assertEqual(X.shape, (1, 3, 33, 64, 5, 7))

    def test_hold_no_state(self):
        transform = layers.STFT2D((8, 8), (4, 4), (8, 8))
        images = [self.tensor(*shape, grad=False) for shape in ((20, 31), (2, 17, 13))]
        spectra = [transform(image) for image in images]
        for image, X in zip(images, spectra):
            np.testing.assert_allclose(transform.inverse(X, image.shape).numpy(), image.numpy(), atol=1e-12)

    def test_guess_whole_numbers_of_hops(self):
        for size, hop in (((8, 12), (4, 6)), ((9, 7), (4, 3)), ((5, 5), (1, 1))):
            for tail in ("floor", "ceil"):
                for centre in (True, False):
                    transform = layers.STFT2D(size, hop, size, pad_center=centre, tail=tail, win_type="boxcar")
                    odd = [length % 2 if tail == "floor" else 0 for length in size]
                    extra = odd if centre else size
                    w, h = (6 * step + more for step, more in zip(hop, extra))
                    x = self.tensor(2, h, w, grad=False)
                    y = transform.inverse(transform(x))
                    self.assertEqual(y.shape, (1, 2, h, w))
                    np.testing.assert_allclose(y[0].numpy(), x.numpy(), atol=1e-12)

    def test_refuse_what_the_arrays_refuse(self):
        x = self.tensor(10, 12)
        for message, call in (
            ("win_hop: 0: must be 1 or more, and less than 2^62", lambda: layers.STFT2D(win_hop=(0, 4))),
            ("win_length: 64: must be 1 .. n_fft = 32", lambda: layers.STFT2D(fft_len=(64, 32))),
            ("X: torch.float64: must be complex64 or complex128", lambda: layers.istft2d(x, shape=(3, 3), hop=2)),
            ("image: ndarray: must be a tensor", lambda: layers.STFT2D()(x.detach().numpy())),
            ("win_sqrt: True: window tensors that require a gradient are used as they are",
             lambda: layers.stft2d(x, window=torch.ones(4, requires_grad=True), hop=2, win_sqrt=True)),
        ):  # fmt: skip
            with self.assertRaises(ValueError) as caught:
                call()
            self.assertEqual(str(caught.exception), message)


class documentation(with_torch):
    def test_examples_of_the_documentation_hold(self):
        self.assertEqual(doctest.testmod(torch2d).failed, 0)


if __name__ == "__main__":
    unittest.main()
