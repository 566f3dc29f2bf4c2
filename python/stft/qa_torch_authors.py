#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""DSTFT in place of that of the authors' package: their calls, their checkpoints, windows that are functions."""

import math
import pathlib
import sys
import unittest
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:] = [path for path in sys.path if pathlib.Path(path).resolve() != HERE]  # its torch.py is not PyTorch

import numpy as np

try:
    from gnuradio.stft import torch as layers
    import torch
except ImportError as error:
    layers, absence = None, str(error)

try:
    import matplotlib
except ImportError:
    matplotlib = None
else:
    matplotlib.use("Agg")

MODES = ("fixed", "constant", "time", "frequency", "time-frequency")


class without_torch(unittest.TestCase):
    def test_the_authors_calls_are_skipped_without_torch(self):
        self.skipTest(absence)


class with_torch(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(5)

    def refused(self, words, call, error=ValueError):
        with self.assertRaisesRegex(error, words):
            call()


def hann(*, n_fft, theta, idx_frac, freq_bins, frames, device, dtype, normalization):
    """(1 + cos 2 pi u) / 2, with every argument that the authors give to such a function."""
    assert len(idx_frac) == frames and device.type == "cpu" and theta.dtype == idx_frac.dtype == dtype
    assert theta.shape[0] in (1, freq_bins) and theta.shape[1] in (1, frames)
    r = torch.arange(n_fft, dtype=dtype) - n_fft // 2
    u = (r - idx_frac[None, :, None]) / theta[:, :, None]
    w = torch.where(u.abs() < 0.5, 0.5 + 0.5 * torch.cos(2 * math.pi * u), torch.zeros((), dtype=dtype))
    return w * (n_fft / theta[:, :, None]) if normalization == "paper" else w


def hann_at(k, t, theta):
    u = (np.asarray(k) - t) / theta
    return np.where(np.abs(u) < 0.5, 0.5 + 0.5 * np.cos(2 * np.pi * u), 0)


class the_notebooks_calls(with_torch):
    """What the authors' notebooks do with a signal of two tones, one of which begins in the middle."""

    def signal(self):
        k = torch.arange(1024, dtype=torch.float32)
        x = torch.cos(2 * math.pi * 0.04 * k) + (k > 512) * torch.cos(2 * math.pi * 0.31 * k)
        return (x + 0.01 * torch.randn(1024))[None]

    @staticmethod
    def entropy(spec):
        p = spec.reshape(len(spec), -1)
        p = p / p.sum(-1, keepdim=True)
        return -(p * p.log()).sum(-1).mean()

    def test_every_mode_is_made_initialized_learned_and_inverted(self):
        x = self.signal()
        for window_mode in MODES:
            for hop_mode in ("fixed", "constant", "time") if window_mode in ("constant", "time") else ("fixed",):
                with self.subTest(window_mode=window_mode, hop_mode=hop_mode):
                    dstft = layers.DSTFT(n_fft=64, win_length=60, hop_length=16, window_mode=window_mode, hop_mode=hop_mode,
                                         window="hann", normalization="unit", win_length_min=20.0).to("cpu")  # fmt: skip
                    dstft.initialize(x)
                    learned = [one for one in dstft.parameters() if one.requires_grad]
                    losses = []
                    if learned and hop_mode != "constant":  # whose number of frames no gradient knows
                        optimizer = torch.optim.Adam(learned, lr=0.05)
                        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=9, threshold=0.5)
                        for _ in range(4):
                            optimizer.zero_grad()
                            spec, stft = dstft(x)
                            loss = self.entropy(spec)
                            loss.backward()
                            optimizer.step()
                            scheduler.step(loss)
                            losses.append(loss.item())
                        self.assertLess(losses[-1], losses[0])
                        self.assertGreater(dstft._raw_win_length.grad.norm().item(), 0)
                    with torch.no_grad():
                        spec, stft = dstft(x)
                    frames = 1 + 1024 // 16
                    self.assertEqual((dstft.freq_bins, tuple(spec.shape)), (33, (1, 33, frames)))
                    self.assertEqual((dstft.normalization, dstft.window_mode, dstft.hop_mode), ("unit", window_mode, hop_mode))
                    centres = dstft.frame_centers(device=x.device, dtype=x.dtype)
                    self.assertEqual((centres.dtype, tuple(centres.shape)), (torch.float32, (frames,)))
                    self.assertEqual(dstft.frame_centers().dtype, torch.float64)
                    self.assertTrue(20 <= dstft.win_length.mean().item() <= 64)
                    self.assertLess((dstft.inverse(stft) - x).abs().max().item(), 1e-4)
                    self.assertEqual(dstft.analysis_window.shape[-1], 64)

    def test_the_inverse_has_the_authors_arguments(self):
        x = self.signal()[:, :400].double()
        dstft = layers.DSTFT(n_fft=32, win_length=24, hop_length=4, window_mode="time-frequency")
        dstft.initialize(x)
        dstft.win_length = torch.empty(17, 101, dtype=torch.float64).uniform_(12, 32)
        with torch.no_grad():
            _, S = dstft(x)
            error = lambda **more: ((dstft.inverse(S, **more) - x).norm() / x.norm()).item()
            self.assertLess(error(), 1e-10)
            self.assertLess(error(method="CG", cg_max_iter=200, cg_tol=1e-13, cg_lambda=1e-6), 1e-11)
            coarse = error(method="cg", cg_max_iter=5, cg_tol=1e-8)
            self.assertTrue(1e-8 < coarse < 1e-2, coarse)
            # the authors' own is half of the signal, an error of 0.5
            self.assertTrue(coarse < error(method="wola") < 0.2, error(method="wola"))
            self.assertEqual(error(cg_max_iter=5), error(max_iterations=5))
            self.assertEqual(error(cg_max_iter=5, max_iterations=5), error(max_iterations=5))
            self.assertLess(error(cg_tol=1e-2), 0.05)
            self.assertGreater(error(cg_tol=1e-2), 1e-8)
            for window_mode in ("fixed", "constant", "time"):
                shared = layers.DSTFT(n_fft=32, win_length=24, hop_length=4.3, window_mode=window_mode)
                _, S = shared(x)
                for method in ("auto", "wola", "cg"):
                    self.assertLess((shared.inverse(S, method=method, cg_max_iter=1) - x).abs().max().item(), 1e-13)
            self.refused("^method: nope: must be auto, cg or wola$", lambda: shared.inverse(S, method="nope"))
            self.refused("^method: None: ", lambda: shared.inverse(S, method=None))
            self.refused("^cg_lambda: 0.1: must be in 0 .. 1e-6", lambda: shared.inverse(S, cg_lambda=0.1))
            self.refused("^cg_lambda: nan: ", lambda: shared.inverse(S, cg_lambda=math.nan))
            self.refused("^cg_tol: 0.1: is given already, as tol = 0.2$", lambda: shared.inverse(S, cg_tol=0.1, tol=0.2))
            self.refused("^max_iterations: 0: ", lambda: dstft.inverse(dstft(x)[1], cg_max_iter=0))
            self.refused("^device: cuda: must be the CPU$", lambda: shared.frame_centers(device="cuda"))
            self.refused("^dtype: torch.int64: ", lambda: shared.frame_centers(dtype=torch.int64))

    @unittest.skipUnless(matplotlib, "needs python3-matplotlib")
    def test_plots_show_what_they_are_given(self):
        from matplotlib import pyplot

        dstft = layers.DSTFT(n_fft=64, win_length=48, hop_length=16, window_mode="time")
        self.refused("^length: None: ", lambda: dstft.plot_win_lengths(show=False))
        spec, _ = dstft(self.signal())
        figure, ax = dstft.plot_spec(spec, title="first", vmin=-3, show=False)
        shown = ax.images[0].get_array()
        np.testing.assert_allclose(shown, np.log(spec[0].detach().numpy() + np.finfo(np.float32).eps), rtol=1e-5, atol=1e-5)
        self.assertEqual((ax.get_title(), ax.get_xlabel(), ax.get_ylabel()), ("first", "frames", "frequency bins"))
        self.assertEqual((len(figure.axes), ax.images[0].get_clim()[0]), (2, -3))
        np.testing.assert_array_equal(layers.plot_spec(spec[0], show=False)[1].images[0].get_array(), shown)
        same, ax = dstft.plot_win_lengths(ax=pyplot.subplots()[1], colorbar=False, show=False)
        self.assertEqual((len(same.axes), ax.images[0].get_clim()), (1, (16, 64)))
        for lengths, shape in ((256.0, (1, 1)), (7, (1, 1)), (torch.rand(5), (1, 5)), (torch.rand(3, 5), (3, 5))):
            image = layers.plot_win_lengths(lengths, show=False)[1].images[0].get_array()
            self.assertEqual(image.shape, shape)
            np.testing.assert_allclose(image.ravel(), np.ravel(lengths), rtol=1e-6)
        pyplot.close("all")
        self.refused("^spec: .*shape \\(10,\\)", lambda: layers.plot_spec(torch.rand(10), show=False))
        self.refused("^spec: ndarray: ", lambda: layers.plot_spec(np.ones((3, 4)), show=False))
        self.refused("^win_length: shape \\(2, 3, 4\\): ", lambda: layers.plot_win_lengths(torch.rand(2, 3, 4), show=False))


class assigned_lengths(with_torch):
    def test_lengths_and_hops_are_assigned_and_stay_the_same_parameters(self):
        for scale in ("linear", "log"):
            for window_mode in MODES:
                with self.subTest(window_mode=window_mode, scale=scale):
                    made = dict(n_fft=16, win_length=12, hop_length=4, win_length_min=5, scale=scale)
                    module = layers.DSTFT(window_mode=window_mode, hop_mode="constant", **made)
                    before = module.raw_win_length
                    module.win_length = 9.25
                    self.assertAlmostEqual(module.win_length.item(), 9.25, places=12)
                    module.initialize(40)
                    np.testing.assert_allclose(module.win_length.detach(), np.full(module.raw_win_length.shape, 9.25))
                    lengths = 6 + 9 * torch.rand(module.win_length.shape, dtype=torch.float64)
                    module.win_length = torch.nn.Parameter(lengths)
                    module.hop_length = 3.5
                    np.testing.assert_allclose(module.theta.detach(), lengths, rtol=1e-12)
                    np.testing.assert_allclose(module.t.detach(), 3.5 * np.arange(len(module.t)), rtol=1e-12)
                    module.theta = lengths[:1, :1].numpy()
                    np.testing.assert_allclose(module.win_length.detach(), np.full(lengths.shape, lengths[0, 0]), rtol=1e-12)
                    self.assertIs(module.raw_win_length, before)
                    learned = {name for name, _ in module.named_parameters()}
                    self.assertLessEqual(learned, {"raw_win_length", "raw_hop_length"})
                    module(torch.randn(40, dtype=torch.float64))[0].sum().backward()

    def test_what_is_outside_its_bounds_is_refused_and_changes_nothing(self):
        module = layers.DSTFT(n_fft=16, win_length=12, hop_length=4, win_length_max=14)
        module.initialize(40)
        fixed = layers.DSTFT(n_fft=16, win_length=12, hop_length=4, window_mode="fixed")
        for lengths in (14.1, 3.9, math.nan, [[12] * 10 + [15]]):
            self.refused(r"^win_length: .*: must be in \[4.0, 14.0\]$", lambda: setattr(module, "win_length", lengths))
        self.refused(r"^win_length: shape \(1, 3\): must broadcast to \(1, 11\)$", lambda: setattr(module, "win_length", [[9, 9, 9]]))
        self.refused(r"^win_length: 17.0: must be in \(0, 16\]", lambda: setattr(fixed, "win_length", 17))
        for hops in (0, -1, math.inf, math.nan):
            self.refused("^hop_length: .*: must be positive$", lambda: setattr(fixed, "hop_length", hops))
        self.assertTrue(torch.all((module.win_length - 12).abs() < 1e-12))
        self.assertEqual((fixed.win_length.item(), fixed.hop_length.item()), (12, 4))


class checkpoints(with_torch):
    """States as the authors' package saves them: raw values in single precision, of what is fixed as well."""

    @staticmethod
    def raw(value, low, high, shape):
        way = min(max((value - low) / (high - low), 1e-4), 1 - 1e-4)
        return torch.full(shape, math.log(way / (1 - way)), dtype=torch.float32)

    def state(self, shape, hops, win_length=48.0, hop_length=16.0, low=16.0, n_fft=64, prefix=""):
        lengths = self.raw(win_length, low, n_fft, shape) + 0.1 * torch.randn(shape)
        return {prefix + "_raw_win_length": lengths, prefix + "_raw_hop_length": self.raw(hop_length, 1, n_fft, (hops,))}

    def test_lengths_and_hops_are_those_that_were_saved(self):
        x = torch.randn(1, 256)
        for scale in ("linear", "log"):
            for window_mode, shape in (("constant", (1, 1)), ("time", (1, 17)), ("frequency", (33, 1)), ("time-frequency", (33, 17))):
                for hop_mode, hops in (("fixed", 1), ("constant", 1), ("time", 17)):
                    with self.subTest(window_mode=window_mode, hop_mode=hop_mode, scale=scale):
                        made = dict(n_fft=64, win_length=48.0, hop_length=16.0, window_mode=window_mode, hop_mode=hop_mode)
                        state = self.state(shape, hops)
                        if hop_mode != "fixed":  # learned, so that their number is not that of the initial hop
                            state["_raw_hop_length"] += 0.05 * torch.rand(hops)
                        kept = dict(state)
                        spacing = 1 + 63 * torch.sigmoid(state["_raw_hop_length"].double())
                        frames = 17 if hop_mode == "time" or "time" in window_mode else 1 + int(256 / spacing[0] + 1e-6)
                        wanted = 16 + 48 * torch.sigmoid(state["_raw_win_length"].double())
                        for initialized in (False, True):
                            module = layers.DSTFT(scale=scale, **made)
                            if initialized:
                                module.initialize(x)
                            module.load_state_dict(state)
                            self.assertEqual(state.keys(), kept.keys())
                            spec, S = module(x)
                            np.testing.assert_allclose(module.win_length.detach(), wanted, rtol=1e-12)
                            if hop_mode == "fixed":
                                self.assertEqual(module.hop_length.item(), 16)  # theirs is 15.999999
                                frames = 17
                            else:
                                np.testing.assert_allclose(module.hop_length.detach(), spacing, rtol=1e-12)
                            self.assertEqual(tuple(spec.shape), (1, 33, frames))
                            self.assertLess((module.inverse(S) - x).abs().max().item(), 1e-4)
                            again = layers.DSTFT(scale=scale, **made)
                            again.load_state_dict(module.state_dict())
                            self.assertTrue(torch.equal(again.win_length, module.win_length))

    def test_what_is_fixed_keeps_the_value_that_was_asked_for_or_takes_another_one(self):
        state = self.state((1, 1), 1)
        state["_raw_win_length"] = self.raw(64.0, 16, 64, (1, 1))  # which comes out as 63.995
        module = layers.DSTFT(n_fft=64, hop_length=16, window_mode="fixed")
        module.load_state_dict(state)
        self.assertEqual((module.win_length.item(), module.hop_length.item()), (64, 16))
        state["_raw_win_length"] = self.raw(40.0, 16, 64, (1, 1))
        module.load_state_dict(state)
        self.assertAlmostEqual(module.win_length.item(), 40, delta=1e-4)

    def test_a_checkpoint_of_a_network_holds_one_under_its_name(self):
        network = torch.nn.ModuleDict({"front": layers.DSTFT(n_fft=64, win_length=48, hop_length=16), "last": torch.nn.Linear(3, 2)})
        state = {"last.weight": torch.ones(2, 3), "last.bias": torch.ones(2), **self.state((1, 17), 1, prefix="front.")}
        network.load_state_dict(state)
        self.assertEqual(tuple(network["front"].win_length.shape), (1, 17))

    def test_a_lower_bound_of_its_own_is_the_one_that_counts(self):
        state = self.state((1, 1), 1, win_length=20.0, low=8.0)
        module = layers.DSTFT(n_fft=64, win_length=20, hop_length=16, win_length_min=8, window_mode="constant")
        module.load_state_dict(state)
        wanted = 8 + 56 * torch.sigmoid(state["_raw_win_length"].double())
        np.testing.assert_allclose(module.win_length.detach(), wanted, rtol=1e-12)

    def test_what_does_not_fit_is_refused(self):
        frames = layers.DSTFT(n_fft=64, win_length=48, hop_length=16)
        frames.initialize(400)
        narrow = layers.DSTFT(n_fft=64, win_length=30, hop_length=16, win_length_max=32, window_mode="constant")
        for words, module, state in (
            ("size mismatch for raw_win_length", frames, self.state((1, 17), 1)),
            (r"win_length: .*: must be in \[16.0, 32.0\]", narrow, self.state((1, 1), 1)),
            (r"win_length: shape \(1,\): must have 2 axes", narrow, self.state((1,), 1)),
            ("Missing key.*raw_hop_length", narrow, {"_raw_win_length": self.raw(30, 16, 64, (1, 1))}),
        ):
            self.refused(f"(?s){words}", lambda: module.load_state_dict(state), RuntimeError)


class values_of_windows(with_torch):
    def test_the_analysis_window_is_the_formula(self):
        for n_fft in (16, 15):
            for norm in ("peak", "l1", "l2", "dcunit", "contract"):
                for window_mode in MODES:
                    for hop in (4, 4.3):
                        with self.subTest(n_fft=n_fft, norm=norm, window_mode=window_mode, hop=hop):
                            module = layers.DSTFT(n_fft=n_fft, win_length=n_fft - 0.5, hop_length=hop, window_mode=window_mode,
                                                  normalization=norm)  # fmt: skip
                            self.assertIsNone(module.analysis_window)
                            module.initialize(20)
                            rows, columns = module.win_length.shape
                            module.win_length = 6 + (n_fft - 6.5) * torch.rand(rows, columns, dtype=torch.float64)
                            w, theta = module.analysis_window, module.win_length.detach().numpy()
                            frames = len(module.t) if hop != 4 or columns > 1 else 1
                            self.assertEqual(tuple(w.shape), (rows, frames, n_fft + n_fft % 2))
                            for m in range(rows):
                                for n, t in enumerate(module.t.tolist()[:frames]):
                                    length = theta[m, n if columns > 1 else 0]
                                    k = math.floor(t) + np.arange(-30, 31)
                                    plain = hann_at(k, t, length)
                                    plain *= {"peak": 1, "l1": 2 / length, "l2": (3 / 8 * length) ** -0.5,
                                              "dcunit": 1 / plain.sum(), "contract": n_fft / length}[norm]  # fmt: skip
                                    first = 31 - (n_fft + 1) // 2
                                    np.testing.assert_allclose(w[m, n], plain[first : first + w.shape[2]], atol=1e-14)
                                    self.assertEqual(np.count_nonzero(plain), np.count_nonzero(w[m, n] > 1e-15))

    def test_a_function_of_hann_is_the_window_hann(self):
        for n_fft, normalization in ((16, None), (15, "paper")):
            for kind in (torch.float64, torch.complex128):
                for window_mode in MODES:
                    for hop_mode in ("fixed", "constant", "time"):
                        with self.subTest(n_fft=n_fft, kind=kind, window_mode=window_mode, hop_mode=hop_mode):
                            results = []
                            x = torch.randn(2, 3, 30, dtype=kind)
                            lengths = hops = None
                            for window in ("hann", hann):
                                module = layers.DSTFT(n_fft=n_fft, win_length=9, hop_length=4.3, win_length_min=6, win_length_max=13,
                                                      window_mode=window_mode, hop_mode=hop_mode, window=window,
                                                      normalization=normalization, output="complex")  # fmt: skip
                                module.initialize(x)
                                if lengths is None:
                                    lengths = 7 + 5 * torch.rand(module.win_length.shape, dtype=torch.float64)
                                    hops = 3.1 + torch.rand(module.hop_length.shape, dtype=torch.float64)
                                module.win_length, module.hop_length = lengths, hops
                                signal = x.clone().requires_grad_()
                                S = module(signal)
                                weight = torch.linspace(1, 2, S.numel(), dtype=torch.float64).reshape(S.shape)
                                (weight * (S.real + 2 * S.imag) ** 2).sum().backward()
                                results.append([S, signal.grad] + [one.grad for one in module.parameters()])
                            for named, computed in zip(*results):
                                size = named.abs().max().item()
                                np.testing.assert_allclose(computed.detach(), named.detach(), rtol=0, atol=1e-12 * size)

    def test_signals_of_any_length_come_back_from_a_functions_spectra(self):
        for kind in (torch.float32, torch.float64, torch.complex64):
            for length in (0, 1, 7, 50):
                module = layers.DSTFT(n_fft=16, win_length=14, hop_length=3.3, window_mode="constant", window=hann, output="complex")
                x = torch.randn(2, length, dtype=kind)
                S = module(x)
                self.assertEqual(S.shape[-1], 1 + int(length / 3.3))
                back = module.inverse(S)
                self.assertEqual((back.shape, back.dtype), (x.shape, x.dtype))
                self.assertLess((back - x).abs().sum().item(), 1e-4)
                if length:
                    back.abs().sum().backward()
                    self.assertTrue(torch.isfinite(module.raw_win_length.grad).all())
                self.assertEqual(module.analysis_window.shape[-1], 16)

    def test_other_spectra_have_the_least_squares_signal(self):
        S = torch.randn(2, 9, 14, dtype=torch.complex128)
        made = dict(n_fft=16, win_length=13, hop_length=4.3, window_mode="fixed")
        signals = [layers.DSTFT(window=window, **made).inverse(S, length=57) for window in ("hann", hann)]
        np.testing.assert_allclose(signals[1], signals[0], rtol=1e-11, atol=1e-12)

    def test_a_rectangle_may_be_a_window(self):
        x = torch.randn(1, 64, dtype=torch.float64)

        def rectangle(*, n_fft, frames, dtype, **_):
            return torch.ones(frames, n_fft, dtype=dtype)

        module = layers.DSTFT(n_fft=16, hop_length=8, window=rectangle, window_mode="time", output="complex")
        S = module(x)
        expected = np.fft.rfft(x.numpy()[0, 8:24])  # frame 2, whose phase counts from sample 0
        np.testing.assert_allclose(S[0, :, 2].detach(), expected * np.exp(-2j * np.pi * 8 * np.arange(9) / 16), atol=1e-12)
        np.testing.assert_allclose(module.inverse(S).detach(), x, atol=1e-13)

    def test_functions_that_return_nothing_of_use_are_refused(self):
        x = torch.randn(1, 64)
        made = dict(n_fft=16, hop_length=4, window_mode="fixed")
        for words, returned in (
            (r"^window: returned shape \(16,\): must be \(9 or 1, 17 or 1, 16\)", torch.ones(16)),
            (r"^window: returned shape \(1, 3, 16\)", torch.ones(1, 3, 16)),
            (r"^window: returned shape \(1, 17, 15\)", torch.ones(1, 17, 15)),
            ("^window: returned list: must return a tensor$", [1.0]),
            ("^window: returned torch.complex64: ", torch.ones(1, 1, 16, dtype=torch.complex64)),
        ):
            self.refused(words, lambda: layers.DSTFT(window=lambda **_: returned, **made)(x))
        self.refused("^chirp: True: goes with a window that has a name", lambda: layers.DSTFT(n_fft=16, window=hann, chirp=True))
        by_bin = layers.DSTFT(n_fft=16, win_length=14, hop_length=4, window_mode="frequency", window=hann)
        self.refused("^window: .* has no inverse here", lambda: by_bin.inverse(by_bin(x)[1]))
        apart = layers.DSTFT(n_fft=16, win_length=8, hop_length=12, window_mode="fixed", window=hann)
        self.refused("^t: .* samples of 64: are under no window", lambda: apart.inverse(apart(x)[1]))
        self.refused("^S: shape .*: must end in ", lambda: apart.inverse(apart(x)[1][:, :-1]))

    def test_bins_are_those_of_the_spectra(self):
        for made, kind, bins in (({}, torch.float32, 9), ({"sides": "twosided"}, torch.float32, 16), ({}, torch.complex64, 16)):
            module = layers.DSTFT(n_fft=16, window_mode="frequency", **made)
            self.assertEqual(module(torch.randn(40, dtype=kind))[0].shape[0], bins)
            self.assertEqual(module.freq_bins, bins)
            again = layers.DSTFT(n_fft=16, window_mode="frequency", **made)
            again.load_state_dict(module.state_dict())
            self.assertEqual(again.freq_bins, bins)


def load_tests(loader, tests, pattern):
    cases = (the_notebooks_calls, assigned_lengths, checkpoints, values_of_windows) if layers else (without_torch,)
    return unittest.TestSuite(map(loader.loadTestsFromTestCase, cases))


if __name__ == "__main__":
    warnings.simplefilter("error")
    unittest.main()
