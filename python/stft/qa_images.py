#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The 2-D STFT on arrays: golden cases, plain sums, shapes, dtypes, gradients, threads, refusals, doc tests."""

import doctest
import itertools
import json
import os
import pathlib
import subprocess
import sys
import threading
import unittest

import numpy as np
from gnuradio import stft
from gnuradio.stft import images

from qa_oracles import stft2d_sum

DATA = pathlib.Path(os.environ.get("GR_STFT_DATA", "")) / "stft2d"
RNG = np.random.default_rng(3)


def limit(kind):
    return 1e-6 if np.dtype(kind).name == "float32" else 1e-11


class golden(unittest.TestCase):
    """Cases and tolerances of the definition's page, sizes there as (width, height)."""

    def cases(self, *needed):
        for path in sorted(DATA.glob("d*.npz")):
            case = np.load(path, allow_pickle=False)
            if any(name not in case for name in needed):
                continue
            given = json.loads(str(case["params"]))
            made = dict(
                win_length=given["win_len_wh"][::-1], hop=given["hop_wh"][::-1], n_fft=given["fft_len_wh"][::-1],
                window=given["window"], win_sqrt=given["win_sqrt"], centre=given["center"], pad=given["pad_mode"],
                tail=given["tail"], offset=given["zero_fill"],
            )  # fmt: skip
            for kind in ("float32", "float64"):
                yield case, made, kind

    def shaped(self, spectra, like):
        return np.reshape(spectra, like.shape)

    def test_there_are_cases(self):
        if DATA.is_dir():
            self.assertGreaterEqual(len(list(DATA.glob("d*.npz"))), 9)

    @unittest.skipUnless(DATA.is_dir(), "needs GR_STFT_DATA")
    def test_stft2d_of_the_golden_cases_agrees(self):
        for case, made, kind in self.cases():
            X = self.shaped(stft.stft2d(case["x"].astype(kind), **made), case["X"])
            self.assertEqual(X.dtype, np.result_type(kind, np.complex64))
            self.assertLessEqual(np.max(np.abs(X - case["X"])), limit(kind) * np.max(np.abs(case["X"])))

    @unittest.skipUnless(DATA.is_dir(), "needs GR_STFT_DATA")
    def test_inverses_of_the_golden_cases_agree(self):
        for case, made, kind in self.cases("Z_re"):
            expected = case["y"] if "y" in case else case["x"]
            Z = (case["Z_re"] + 1j * case["Z_im"]).astype(np.result_type(kind, np.complex64))
            X = case["X"].astype(Z.dtype)
            h, w = case["den_h"], case["den_w"]
            top, left = (size // 2 if made["centre"] else 0 for size in made["win_length"])
            D = np.outer(h / h.max(), w / w.max())[top:, left:][: expected.shape[-2], : expected.shape[-1]]
            for spectra, image in ((X, expected), (Z, case["yZ"])):
                y = stft.istft2d(spectra, shape=image.shape, strict="y" not in case, threshold=1e-12, **made)
                self.assertEqual(y.dtype, np.dtype(kind))
                local = limit(kind) * np.max(np.abs(image)) / np.sqrt(np.where(D > 1e-12, D, 1))
                if kind == "float64":
                    local = np.minimum(local, 1e-10)
                self.assertTrue(np.all(np.abs(y - image) <= local))

    @unittest.skipUnless(DATA.is_dir(), "needs GR_STFT_DATA")
    def test_gradients_of_the_golden_cases_agree(self):
        for case, made, kind in self.cases("Z_re"):
            G = (case["Z_re"] + 1j * case["Z_im"]).astype(np.result_type(kind, np.complex64))
            slope = stft.stft2d_vjp(G, shape=case["x"].shape, **made)
            scale = np.max(np.abs(case["vjp_fwd"]))
            self.assertLessEqual(np.max(np.abs(slope - case["vjp_fwd"])), limit(kind) * scale)
            slope = self.shaped(stft.istft2d_vjp(case["g"].astype(kind), threshold=1e-12, **made), case["X"])
            scale = np.max(np.abs(case["vjp_inv"]))  # stored in single precision
            self.assertLessEqual(np.max(np.abs(slope - case["vjp_inv"])), 1e-6 * scale)


class arrays(unittest.TestCase):
    def test_forward_is_the_plain_sum(self):
        for (Lh, Lw), (ah, aw), (Mh, Mw) in (((4, 6), (2, 3), (4, 6)), ((5, 3), (3, 2), (8, 7)), ((2, 7), (5, 9), (3, 10))):
            x = RNG.standard_normal((11, 14))
            X = stft.stft2d(x, win_length=(Lh, Lw), hop=(ah, aw), n_fft=(Mh, Mw), window="hamming", offset="centred")
            wh, ww = (0.54 - 0.46 * np.cos(2 * np.pi * np.arange(L) / L) for L in (Lh, Lw))
            starts = [[m * hop - L // 2 for m in range(1 + -(-size // hop))] for size, hop, L in ((11, ah, Lh), (14, aw, Lw))]
            expected = stft2d_sum(x, (wh, ww), starts, (Mh, Mw), ((Mh - Lh) // 2, (Mw - Lw) // 2))
            self.assertLessEqual(np.max(np.abs(X[0, 0] - expected)), 1e-12)

    def test_published_example_has_its_shape(self):
        X = stft.stft2d(np.zeros((1024, 1536)), win_length=32, hop=16, tail="floor")
        self.assertEqual(X.shape, (1, 1, 17, 32, 65, 97))
        self.assertEqual(stft.stft2d(np.zeros((981, 736)), win_length=32, hop=16, tail="floor").shape[-2:], (62, 47))
        self.assertEqual(stft.stft2d(np.zeros((981, 736)), win_length=32, hop=16).shape[-2:], (63, 47))

    def test_shape_comes_back_for_images_channels_and_batches(self):
        made = dict(win_length=(8, 6), hop=(4, 3))
        for shape in ((13, 17), (3, 13, 17), (2, 3, 13, 17)):
            for kind in ("float32", "float64", "uint8"):
                x = RNG.integers(0, 255, shape).astype(kind)
                X = stft.stft2d(x, **made)
                self.assertEqual(X.shape, (1, 1, 1, 1)[: 4 - len(shape)] + shape[:-2] + (5, 6, 5, 7))
                y = stft.istft2d(X, shape=shape, **made)
                self.assertEqual((y.shape, y.dtype), (shape, np.dtype("float32" if kind == "float32" else "float64")))
                self.assertLessEqual(np.max(np.abs(y - x)), 255 * 10 * limit(y.dtype))
        self.assertEqual(stft.istft2d(X, shape=(13, 17), **made).shape, (2, 3, 13, 17))
        self.assertEqual(stft.istft2d(X[0], shape=(3, 13, 17), **made).shape, (3, 13, 17))
        self.assertEqual(stft.istft2d(X[0, 0], shape=(13, 17), **made).shape, (13, 17))

    def test_images_of_a_batch_do_not_meet(self):
        x = RNG.standard_normal((2, 3, 20, 17))
        made = dict(win_length=8, hop=3, pad="reflect")
        X = stft.stft2d(x, **made)
        for n, c in itertools.product(range(2), range(3)):
            np.testing.assert_array_equal(X[n, c], stft.stft2d(x[n, c], **made)[0, 0])

    def test_spectra_are_a_view_and_any_memory_order_is_taken(self):
        made = dict(win_length=8, hop=4)
        x = RNG.standard_normal((20, 21))
        X = stft.stft2d(x, **made)
        self.assertTrue(X.transpose(0, 1, 4, 5, 2, 3).flags.c_contiguous)
        same = stft.istft2d(np.ascontiguousarray(X), shape=x.shape, **made)
        np.testing.assert_array_equal(same, stft.istft2d(X, shape=x.shape, **made))
        np.testing.assert_array_equal(X, stft.stft2d(np.asfortranarray(x), **made))
        np.testing.assert_array_equal(X, stft.stft2d(np.repeat(x, 2, axis=1)[:, ::2], **made))

    def test_result_goes_to_out(self):
        made = dict(win_length=8, hop=4)
        x = RNG.standard_normal((2, 20, 21))
        X = stft.stft2d(x, **made)
        out = stft.stft2d(x + 1, **made)
        self.assertIs(stft.stft2d(x, out=out, **made), out)
        np.testing.assert_array_equal(out, X)
        for wrong in (out[:, :1], out.astype(np.complex64), np.ascontiguousarray(out), out.real, 3):
            with self.assertRaisesRegex(ValueError, "^out: "):
                stft.stft2d(x, out=wrong, **made)

    def test_windows_of_the_axes_may_differ(self):
        x = RNG.standard_normal((12, 15))
        wh, ww = [1.0, 3.0, 2.0], [1.0, 4.0, 2.0, 2.0]
        X = stft.stft2d(x, hop=(1, 2), window=(wh, ww))
        np.testing.assert_array_equal(X, stft.stft2d(x, hop=(1, 2), window=[np.array(wh), np.array(ww)]))
        for one in (0, 1):
            self.assertFalse(np.allclose(X, stft.stft2d(x, hop=(1, 2), win_length=(3, 4), window=("boxcar", "hann"))))
        for pair, single in ((("hann", "hann"), "hann"), ((("kaiser", 3.0), ("kaiser", 3.0)), ("kaiser", 3.0)),
                             ((("kaiser", 3.0), ("kaiser", 3.0)), 3.0)):  # fmt: skip
            a, b = (stft.stft2d(x, win_length=8, hop=4, window=window) for window in (pair, single))
            np.testing.assert_array_equal(a, b)
        cosine = stft.stft2d(x, win_length=8, hop=4, window=("general_cosine", [0.5, 0.5]))
        np.testing.assert_allclose(cosine, stft.stft2d(x, win_length=8, hop=4), atol=1e-14)

    def test_energy_is_that_of_the_image_under_the_windows(self):
        x = RNG.standard_normal((23, 30))
        X = stft.stft2d(x, win_length=(8, 7), hop=(3, 2), n_fft=(9, 8), window="hamming")[0, 0]
        counts = np.array([1, 2, 2, 2, 2])[:, None, None, None]
        D = []
        for S, L, a in ((23, 8, 3), (30, 7, 2)):
            w2 = (0.54 - 0.46 * np.cos(2 * np.pi * np.arange(L) / L)) ** 2
            total = np.zeros(S + 4 * L)
            for m in range(1 + -(-S // a)):
                total[m * a : m * a + L] += w2
            D.append(total[L // 2 :][:S])
        self.assertAlmostEqual(np.sum(counts * np.abs(X) ** 2) / (72 * np.sum(np.outer(*D) * x**2)), 1, places=12)

    def test_pixels_without_a_frame_are_zero_if_asked_for(self):
        made = dict(win_length=4, hop=4, window="boxcar", centre=False, tail="floor")
        x = RNG.standard_normal((10, 11))
        y = stft.istft2d(stft.stft2d(x, **made), shape=x.shape, strict=False, **made)
        np.testing.assert_allclose(y[:8, :8], x[:8, :8], atol=1e-13)
        self.assertTrue(np.all(y[8:] == 0) and np.all(y[:, 8:] == 0))
        made = dict(win_length=4, hop=3, centre=False, tail="floor", window="boxcar")
        X = stft.stft2d(np.ones((3, 20)), **made)
        self.assertEqual(X.shape, (1, 1, 3, 4, 0, 6))
        self.assertTrue(np.all(stft.istft2d(X, shape=(3, 20), strict=False, **made) == 0))

    def test_photograph_like_noise_comes_back_in_single_precision(self):
        x = np.cumsum(RNG.standard_normal((3, 301, 403)), axis=-1).astype(np.float32)
        x = (x - x.min()) / np.ptp(x)
        for size in (16, 32, 64):
            for tail in ("floor", "ceil"):
                made = dict(win_length=size, hop=size // 4, tail=tail)
                self.assertLessEqual(np.max(np.abs(stft.istft2d(stft.stft2d(x, **made), shape=x.shape, **made) - x)), 2e-6)

    def test_threads_change_nothing(self):
        x = RNG.standard_normal((2, 3, 40, 50)).astype(np.float32)
        made = dict(win_length=16, hop=8)
        X = stft.stft2d(x, **made)
        np.testing.assert_array_equal(X, stft.stft2d(x, workers=4, **made))
        y = stft.istft2d(X, shape=x.shape, **made)
        np.testing.assert_array_equal(y, stft.istft2d(X, shape=x.shape, workers=5, **made))
        G = stft.stft2d_vjp(X, shape=x.shape, **made)
        np.testing.assert_array_equal(G, stft.stft2d_vjp(X, shape=x.shape, workers=3, **made))
        np.testing.assert_array_equal(stft.istft2d_vjp(x, **made), stft.istft2d_vjp(x, workers=3, **made))

    def test_others_run_meanwhile(self):
        x = np.zeros((6, 1024, 1024), np.float32)
        ticks, done = [], threading.Event()

        def tick():
            while not done.wait(0.001):
                ticks.append(1)

        other = threading.Thread(target=tick)
        other.start()
        before = len(ticks)
        stft.stft2d(x, win_length=64, hop=16)
        during = len(ticks) - before
        done.set()
        other.join()
        self.assertGreater(during, 10)


class gradients(unittest.TestCase):
    def test_gradients_of_windows_are_slopes(self):
        """Central differences of 1e-5 of a loss that is quadratic (forward) or smooth (inverse) in the taps."""
        taps = [RNG.uniform(0.5, 1.5, 5), RNG.uniform(0.5, 1.5, 4)]
        x = RNG.standard_normal((2, 13, 12))
        made = dict(hop=(2, 3), n_fft=(6, 5), pad="edge")
        X = stft.stft2d(x, window=tuple(taps), **made)
        G = RNG.standard_normal(X.shape) + 1j * RNG.standard_normal(X.shape)
        g = RNG.standard_normal(x.shape)
        losses = (
            (stft.stft2d_window_vjp(x, G, window=tuple(taps), **made),
             lambda w: np.vdot(G, stft.stft2d(x, window=w, **made)).real),
            (stft.istft2d_window_vjp(G, g, window=tuple(taps), **made),
             lambda w: np.sum(g * stft.istft2d(G, shape=x.shape, window=w, **made))),
        )  # fmt: skip
        for by_windows, loss in losses:
            for axis, i in ((0, 0), (0, 3), (1, 1), (1, 3)):
                sides = []
                for step in (1e-5, -1e-5):
                    moved = [w.copy() for w in taps]
                    moved[axis][i] += step
                    sides.append(loss(tuple(moved)))
                self.assertAlmostEqual((sides[0] - sides[1]) / 2e-5 / (1 + abs(by_windows[axis][i])),
                                       by_windows[axis][i] / (1 + abs(by_windows[axis][i])), places=6)  # fmt: skip


class refusals(unittest.TestCase):
    def refused(self, message, call, *arguments, **named):
        with self.assertRaises(ValueError) as caught:
            call(*arguments, **named)
        self.assertEqual(str(caught.exception), message)

    def test_say_name_value_and_rule(self):
        x, good = np.ones((12, 20)), dict(win_length=8, hop=4)
        X = stft.stft2d(x, **good)
        for message, change in (
            ("hop: 0: must be 1 or more, and less than 2^62", dict(hop=0)),
            ("hop: nan: must be an integer", dict(hop=float("nan"))),
            ("win_length: inf: must be an integer", dict(win_length=(8, float("inf")))),
            ("win_length: (8, 8, 8): must be an integer or a pair (height, width)", dict(win_length=(8, 8, 8))),
            ("win_length: 8: must be 1 .. n_fft = 7", dict(n_fft=7)),
            ("n_fft: 536870912: must be 1 .. 2^28", dict(n_fft=2**29)),
            ("pad: wrap: must be constant, reflect or edge", dict(pad="wrap")),
            ("tail: round: must be floor or ceil", dict(tail="round")),
            ("offset: left: must be trailing or centred", dict(offset="left")),
            ("window: complex taps: must be real for images", dict(win_length=2, window=[1, 1j])),
            ("window: -1: must not be negative under win_sqrt", dict(win_length=2, hop=1, window=[1, -1], win_sqrt=True)),
            ("pad: reflect: needs height > 12 samples of padding, not 12", dict(win_length=24, tail="floor", pad="reflect")),
            ("workers: 0: must be 1 or more", dict(workers=0)),
        ):
            self.refused(message, stft.stft2d, x, **dict(good, **change))
        with self.assertRaisesRegex(ValueError, "window: -0.*: must not be negative under win_sqrt"):
            stft.stft2d(x, window="flattop", win_sqrt=True, **good)
        for message, values in (
            ("image: 1 dimensions: must be (H, W), (C, H, W) or (N, C, H, W)", np.ones(5)),
            ("image: 5 dimensions: must be (H, W), (C, H, W) or (N, C, H, W)", np.ones((1,) * 5)),
            ("image: 0 channels: must have one or more", np.ones((0, 5, 5))),
            ("image: 0 rows: must have one or more", np.ones((0, 5))),
            ("image: dtype complex128: must be real", np.ones((4, 4), complex)),
            ("image: dtype object: must be numbers", np.array([[None]])),
        ):
            self.refused(message, stft.stft2d, values, **good)
        for message, change in (
            ("shape: 12: must be (H, W), (C, H, W) or (N, C, H, W)", dict(shape=12)),
            ("shape: (3, 12, 20): must have the 1 x 1 images of the spectra", dict(shape=(3, 12, 20))),
            ("threshold: 1: must be 0 <= threshold < 1", dict(shape=(12, 20), threshold=1)),
        ):
            self.refused(message, stft.istft2d, X, **dict(good, **change))
        self.refused(
            "X: (5, 8, 4, 6) frequencies and frames: must be (5, 8, 5, 6) for an image of 13 x 20",
            stft.istft2d, X, shape=(13, 20), **good,
        )  # fmt: skip
        self.refused("X: 3 dimensions: must be (N, C, freq_H, freq_W, frames_H, frames_W), or the last 5 or 4",
                     stft.istft2d, X[0, 0, 0], shape=(12, 20), **good)  # fmt: skip

    def test_sizes_that_lose_pixels_are_refused(self):
        # Hann's first tap is 0: rows 4 and 12, of which 12 .. 14 lie after the last frame; columns 4 and 12
        made = dict(win_length=8, hop=8, tail="floor")
        X = stft.stft2d(np.ones((15, 20)), **made)
        self.refused(
            "shape: (15, 20): 4 rows and 2 columns are in no frame that gives them back; strict=False has them 0",
            stft.istft2d, X, shape=(15, 20), **made,
        )  # fmt: skip


class documentation(unittest.TestCase):
    def test_examples_of_the_documentation_hold(self):
        self.assertEqual(doctest.testmod(images).failed, 0)

    def test_the_example_finds_lines_and_edges(self):
        program = pathlib.Path(__file__).resolve().parents[2] / "examples" / "stft2d" / "texture.py"
        ended = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, cwd="/")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended.stdout)


if __name__ == "__main__":
    unittest.main()
