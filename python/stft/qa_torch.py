#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The PyTorch layer: values against the array functions and the authors' package, and refusals."""

import copy
import doctest
import io
import math
import os
import pathlib
import subprocess
import sys
import unittest
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:] = [path for path in sys.path if pathlib.Path(path).resolve() != HERE]  # its torch.py is not PyTorch

import numpy as np
from gnuradio import stft as arrays
from gnuradio.stft import adjoints, differentiable

try:
    from gnuradio.stft import torch as layers
    import torch
except ImportError as error:
    layers, torch, absence = None, None, str(error)

BLOCKED = "import sys; sys.modules['torch'] = None\n"


class absence_of_torch(unittest.TestCase):
    def run_python(self, script):
        return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd="/")

    def test_absence_of_torch_is_one_line_that_names_the_package(self):
        ended = self.run_python(BLOCKED + "from gnuradio.stft import torch")
        self.assertEqual(ended.returncode, 1)
        self.assertEqual(
            ended.stderr.splitlines()[-1],
            "ImportError: gnuradio.stft.torch needs the Python module torch: install Debian's python3-torch",
        )

    def test_absence_of_torch_leaves_the_rest_of_the_package_alone(self):
        ended = self.run_python(BLOCKED + "from gnuradio import stft; print(stft.stft([1.0, 2, 3], hop=1, n_fft=2).shape)")
        self.assertEqual((ended.stdout, ended.returncode), ("(2, 4)\n", 0), ended.stderr)

    def test_the_package_does_not_import_torch_by_itself(self):
        ended = self.run_python("import sys; from gnuradio import stft; print('torch' in sys.modules)")
        self.assertEqual(ended.stdout, "False\n", ended.stderr)


class without_torch(unittest.TestCase):
    def test_layers_are_skipped_without_torch(self):
        self.skipTest(absence)


@unittest.skipUnless(layers, "needs python3-torch")
class with_torch(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(11)

    def tensor(self, *shape, kind="float64", grad=True):
        values = self.random.standard_normal(shape)
        if np.dtype(kind).kind == "c":
            values = values + 1j * self.random.standard_normal(shape)
        return torch.from_numpy(values.astype(kind)).requires_grad_(grad)

    def theta(self, share, bins, frames, low, high):
        shape = {"constant": (), "frame": (1, frames), "bin": (bins, 1), "cell": (bins, frames)}[share]
        return torch.from_numpy(np.asarray(self.random.uniform(low, high, shape))).requires_grad_()

    def positions(self, frames, hop):
        t = np.arange(frames) * hop + self.random.uniform(-0.4, 0.4, frames)
        return torch.from_numpy(t).requires_grad_()

    def check(self, function, *inputs):
        # central differences of 1e-6 are good to 1e-9 for the transforms' values near 1
        self.assertTrue(torch.autograd.gradcheck(function, inputs, eps=1e-6, atol=1e-6, rtol=1e-5))


class modules(with_torch):
    def test_equal_the_array_functions(self):
        x = self.tensor(2, 3, 200, kind="float32", grad=False)
        made = dict(hop=20, n_fft=64, win_length=50, phase="start", scaling="psd", fs=8.0)
        X = layers.STFT("hamming", **made)(x)
        np.testing.assert_array_equal(X.numpy(), arrays.stft(x.numpy(), "hamming", **made))
        y = layers.ISTFT("hamming", **made)(X, length=200)
        np.testing.assert_array_equal(y.numpy(), arrays.istft(X.numpy(), "hamming", length=200, **made))
        module = layers.DSTFT(n_fft=64, win_length=40.5, hop_length=10.25, window_mode="fixed", normalization="l1")
        spectrogram, S = module(x)
        t = np.arange(20) * 10.25
        expected = differentiable.dstft(x.numpy(), 40.5, t, n_fft=64, norm="l1")
        np.testing.assert_array_equal(S.numpy(), expected)
        np.testing.assert_allclose(spectrogram.numpy(), np.abs(expected), rtol=1e-6, atol=1e-12)
        y = layers.IDSTFT(module)(S)
        expected = differentiable.idstft(S.numpy(), 40.5, t, n_fft=64, length=200, norm="l1")
        np.testing.assert_array_equal(y.numpy(), expected)

    def test_normalizations_have_their_names(self):
        x = self.tensor(60, grad=False)
        names = {None: "peak", "unit": "dcunit", "paper": "contract", "contract": "contract", "l1": "l1", "l2": "l2"}
        for normalization, norm in names.items():
            module = layers.DSTFT(n_fft=16, win_length=9.5, window_mode="fixed", normalization=normalization)
            expected = differentiable.dstft(x.numpy(), 9.5, np.arange(16) * 4, n_fft=16, norm=norm)
            np.testing.assert_array_equal(module(x)[1].numpy(), expected)

    def test_channels_are_independent(self):
        x = self.tensor(2, 3, 100)
        module = layers.DSTFT(n_fft=16, hop_length=4, window_mode="time", output="complex")
        S = module(x)
        self.assertEqual(tuple(S.shape), (2, 3, 9, 26))
        for i in range(2):
            for j in range(3):
                np.testing.assert_array_equal(module(x[i, j]).detach().numpy(), S[i, j].detach().numpy())
        S[1, 2].abs().sum().backward()
        self.assertEqual(torch.count_nonzero(x.grad).item(), torch.count_nonzero(x.grad[1, 2]).item())

    def test_modes_have_their_parameters(self):
        for window_mode, shape in (("fixed", (1, 1)), ("constant", (1, 1)), ("time", (1, 13)), ("frequency", (9, 1)),
                                   ("time-frequency", (9, 13)), ("time_frequency", (9, 13))):  # fmt: skip
            for hop_mode, hops in (("fixed", 1), ("constant", 1), ("time", 13)):
                with self.subTest(window_mode=window_mode, hop_mode=hop_mode):
                    module = layers.DSTFT(n_fft=16, win_length=12, window_mode=window_mode, hop_mode=hop_mode)
                    optimizer = torch.optim.Adam([*module.parameters(), torch.nn.Parameter(torch.zeros(1))], lr=0.1)
                    before = module.raw_win_length
                    spectrogram, _ = module(self.tensor(50, grad=False))
                    self.assertEqual(tuple(spectrogram.shape), (9, 13))
                    self.assertEqual(tuple(module.theta.shape), shape)
                    self.assertEqual(tuple(module.hop_length.shape), (hops,))
                    self.assertIs(module.raw_win_length, before)
                    learned = {name for name, _ in module.named_parameters()}
                    self.assertEqual("raw_win_length" in learned, window_mode != "fixed")
                    self.assertEqual("raw_hop_length" in learned, hop_mode != "fixed")
                    first = 4 if hop_mode == "time" else 0
                    np.testing.assert_allclose(module.t.detach(), first + 4 * np.arange(13), rtol=1e-12)
                    if learned:
                        spectrogram.sum().backward()
                        optimizer.step()
                        module(self.tensor(50, grad=False))

    def test_complex_samples_have_parameters_for_all_bins(self):
        module = layers.DSTFT(n_fft=16, window_mode="frequency")
        spectrogram, _ = module(self.tensor(50, kind="complex64", grad=False))
        self.assertEqual((tuple(spectrogram.shape), tuple(module.theta.shape)), ((16, 13), (16, 1)))

    def test_what_is_fixed_is_exact_even_after_a_cast(self):
        module = layers.DSTFT(n_fft=64, win_length=48.1, hop_length=16.3, window_mode="fixed").float().half()
        self.assertEqual((module.win_length.item(), module.hop_length.item()), (48.1, 16.3))

    def test_learned_values_start_where_asked(self):
        for scale in ("linear", "log"):
            module = layers.DSTFT(n_fft=64, win_length=48.1, hop_length=16.3, hop_mode="constant", scale=scale)
            self.assertAlmostEqual(module.win_length.item(), 48.1, places=12)
            self.assertAlmostEqual(module.hop_length.item(), 16.3, places=12)
            at_bound = layers.DSTFT(n_fft=64, hop_length=16, scale=scale)
            self.assertTrue(64 - 0.01 < at_bound.win_length.item() < 64)

    def test_learned_values_stay_between_their_bounds(self):
        for scale in ("linear", "log"):
            module = layers.DSTFT(
                n_fft=64, win_length=30, hop_length=7, window_mode="time", hop_mode="constant", frames=9, scale=scale,
                win_length_min=1.2, win_length_max=64, hop_length_min=2.3, hop_length_max=11.7,
            )  # fmt: skip
            module.initialize(100)
            for raw in (-1e9, -40.0, 40.0, 1e9):
                with torch.no_grad():
                    module.raw_win_length.fill_(raw)
                    module.raw_hop_length.fill_(raw)
                self.assertAlmostEqual(module.win_length[0, 0].item(), 1.2 if raw < 0 else 64)
                self.assertAlmostEqual(module.hop_length.item(), 2.3 if raw < 0 else 11.7)
                self.assertTrue(torch.all((module.win_length >= 1.2) & (module.win_length <= 64)))
                module(self.tensor(100, grad=False))

    def test_rounding_loses_no_frame(self):
        for hop in (2, 7, 8, 16, 100, 1000):
            module = layers.DSTFT(n_fft=1024, hop_length=hop, hop_mode="constant", window_mode="fixed")
            for count in (1, 16, 480, 12345):
                self.assertEqual(len(module.frame_centers(hop * count)), 1 + count)
                self.assertEqual(len(module.frame_centers(hop * count - 1)), count)

    def test_signals_of_any_length_where_no_frame_has_parameters(self):
        module = layers.DSTFT(n_fft=32, hop_length=8, window_mode="constant", output="complex")
        for length in (0, 1, 31, 100):
            S = module(self.tensor(length, grad=False))
            self.assertEqual(S.shape[-1], 1 + length // 8)
            self.assertEqual(tuple(module.inverse(S, length=length).shape), (length,))

    def test_spectrogram_has_its_power_and_a_gradient_at_zero(self):
        for power in (0.5, 1, 2):
            x = torch.zeros(40, dtype=torch.float64, requires_grad=True)
            module = layers.DSTFT(n_fft=16, magnitude_power=power, eps=0.25, window_mode="constant", output="magnitude")
            spectrogram = module(x)
            self.assertTrue(torch.all(spectrogram == 0.25))
            spectrogram.sum().backward()
            self.assertTrue(torch.all(x.grad == 0))
            self.assertTrue(torch.all(module.raw_win_length.grad == 0))
            y = self.tensor(40, grad=False)
            expected = differentiable.dstft(y.numpy(), module.theta.item(), module.t, n_fft=16, norm="peak")
            np.testing.assert_allclose(module(y).detach(), np.abs(expected) ** power + 0.25, rtol=1e-12)

    def test_spectrogram_and_spectra_have_gradients_alone_and_together(self):
        for kind in ("float32", "float64", "complex64", "complex128"):
            x = self.tensor(2, 3, 90, kind=kind, grad=False)
            x[0, :, :60] = 0  # silent frames, whose magnitudes have the gradient 0
            for chirp in (False, True):
                module = layers.DSTFT(n_fft=16, win_length=12.3, hop_length=5.1, hop_mode="time", chirp=chirp)
                module.initialize(x)
                for by_magnitude, by_spectra in ((1, 0), (0, 1), (1, 1)):
                    with self.subTest(kind=kind, chirp=chirp, by_magnitude=by_magnitude, by_spectra=by_spectra):
                        results = []
                        for whole in (True, False):
                            signal = x.clone().requires_grad_()
                            module.zero_grad()
                            if whole:
                                spectrogram, S = module(signal)
                            else:
                                S = layers.dstft(signal, module.theta, module.t, n_fft=16, c=module.c, norm="peak")
                                spectrogram = S.abs() + module.eps
                            weight = torch.linspace(1, 2, S.numel()).reshape(S.shape)
                            loss = by_magnitude * (weight * spectrogram).sum() if by_magnitude else 0
                            loss = loss + (weight * (S.real + 3 * S.imag)).sum() if by_spectra else loss
                            loss.backward()
                            results.append([spectrogram.detach(), S.detach(), signal.grad, *(one.grad for one in module.parameters())])
                        limit = 2e-5 if kind in ("float32", "complex64") else 1e-12
                        for fused, plain in zip(*results):
                            np.testing.assert_allclose(fused, plain, rtol=0, atol=limit * (1 + plain.abs().max().item()))

    def test_state_survives_saving(self):
        x = self.tensor(2, 90, kind="complex128")
        for window_mode, hop_mode, chirp in (("time-frequency", "fixed", False), ("time", "time", True), ("constant", "constant", True)):
            made = dict(n_fft=16, win_length=12.3, hop_length=5.1, window_mode=window_mode, hop_mode=hop_mode, chirp=chirp)
            module = layers.DSTFT(**made)
            module.initialize(x)
            with torch.no_grad():
                for raw in module.parameters():
                    raw += 0.1 * torch.from_numpy(self.random.standard_normal(raw.shape))
            file = io.BytesIO()
            torch.save(module.state_dict(), file)
            file.seek(0)
            for other in (layers.DSTFT(**made), copy.deepcopy(module)):
                file.seek(0)
                other.load_state_dict(torch.load(file))
                np.testing.assert_array_equal(other(x)[1].detach(), module(x)[1].detach())
                np.testing.assert_array_equal(other.inverse(other(x)[1]).detach(), module.inverse(module(x)[1]).detach())

    def test_gradient_descent_finds_the_length_of_least_entropy(self):
        k = np.arange(600)
        x = torch.from_numpy(np.cos(2 * np.pi * (0.05 * k + 0.4 * k**2 / 1200)))

        def entropy(module):
            spectrogram, _ = module(x)
            p = spectrogram / spectrogram.sum(0)
            return -(p * p.log()).sum(0).mean()

        made = dict(n_fft=128, hop_length=16, normalization="l2")
        grid = [entropy(layers.DSTFT(win_length=n, window_mode="fixed", **made)).item() for n in range(16, 129)]
        module = layers.DSTFT(win_length=120, window_mode="constant", **made)
        optimizer = torch.optim.Adam(module.parameters(), lr=0.2)
        for _ in range(60):
            loss = entropy(module)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        self.assertAlmostEqual(module.win_length.item(), 16 + int(np.argmin(grid)), delta=2)
        self.assertLess(loss.item(), min(grid) + 1e-3)

    def test_the_rate_of_a_chirp_is_learned(self):
        u = torch.arange(1000, dtype=torch.float64) - 500
        x = torch.exp(1j * math.pi * (8e-5 * u**2 + 0.5 * u))
        module = layers.DSTFT(n_fft=256, win_length=200, hop_length=64, window_mode="fixed", normalization="l2", chirp="constant")
        optimizer = torch.optim.Adam(module.parameters(), lr=0.3)
        for _ in range(60):
            spectrogram, S = module(x)
            p = spectrogram / spectrogram.sum(0)
            loss = -(p * p.log()).sum(0).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        self.assertAlmostEqual(module.c.item(), 8e-5, delta=2e-6)
        with torch.no_grad():
            np.testing.assert_allclose(module.inverse(module(x)[1]), x, atol=1e-12)

    def test_a_network_learns_the_lengths_through_both_transforms(self):
        x = self.tensor(200, grad=False)
        target = layers.DSTFT(n_fft=32, win_length=14, hop_length=5, window_mode="fixed", output="complex")
        module = layers.DSTFT(n_fft=32, win_length=24, hop_length=5, window_mode="constant", output="complex")
        gain = torch.linspace(0, 1, 17)[:, None]
        wanted = target.inverse(target(x) * gain)
        optimizer = torch.optim.Adam(module.parameters(), lr=0.1)
        for _ in range(120):
            loss = (module.inverse(module(x) * gain) - wanted).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        self.assertAlmostEqual(module.win_length.item(), 14, delta=0.2)


class the_authors_package(with_torch):
    """Its own golden files. |S| + 1e-12, float32."""

    def cases(self):
        if "GR_STFT_DATA" not in os.environ:
            self.skipTest("needs GR_STFT_DATA")
        files = sorted((pathlib.Path(os.environ["GR_STFT_DATA"]) / "dstft").glob("upstream_*.npz"))
        self.assertEqual(len(files), 5)
        for file in files:
            with self.subTest(file=file.name), np.load(file) as case:
                yield dict(case)

    def compare(self, got, wanted):
        np.testing.assert_allclose(got.detach().numpy(), wanted, rtol=1e-3, atol=1e-5)

    def test_the_authors_package_has_the_same_magnitudes_at_the_positions_it_used(self):
        for case in self.cases():
            n_fft = int(case["N"])
            x, theta, t = (torch.from_numpy(case[name]) for name in ("x", "theta_effective", "t_effective"))
            S = layers.dstft(x, theta, t, n_fft=n_fft, norm="peak")
            self.compare(S.abs() + 1e-12, case["spec"])
            sign = (-1.0) ** torch.arange(n_fft // 2 + 1)[:, None]
            np.testing.assert_allclose((sign * S).numpy(), case["stft_reference_phase"], atol=1e-4)

    def test_the_authors_package_gives_way_to_ours_by_the_import(self):
        for case in self.cases():
            x = torch.from_numpy(case["x"])
            module = layers.DSTFT(
                n_fft=int(case["N"]), win_length=float(case["win_length_requested"]),
                hop_length=float(case["hop_length_requested"]),
                window_mode=str(case["window_mode"]), hop_mode=str(case["hop_mode"]),
            )  # fmt: skip
            module.initialize(x)
            spectrogram, S = module(x)
            self.assertEqual(tuple(spectrogram.shape), case["spec"].shape)
            if np.max(np.abs(case["t_effective"] - module.t.detach().numpy())) < 1e-3:  # else it lost a sample
                self.compare(spectrogram, case["spec"])
            np.testing.assert_allclose(module.inverse(S).detach(), x, atol=2e-5)


class refusals(with_torch):
    def test_arrays_of_tensors_that_want_gradients_lead_to_the_functions_that_have_them(self):
        with self.assertRaisesRegex(ValueError, "^x: Tensor: .*requires grad.*gnuradio.stft.torch has functions with gradients"):
            arrays.stft(torch.ones(100, requires_grad=True), n_fft=16)

    def test_name_parameter_value_and_rule(self):
        x = self.tensor(50, grad=False)
        S = self.tensor(5, 9, kind="complex128", grad=False)
        dstft = lambda **more: layers.DSTFT(**{"n_fft": 16, **more})
        started = dstft()
        started.initialize(x)
        nan = float("nan")
        cases = [
            ("n_fft", lambda: dstft(n_fft=1)),
            ("n_fft", lambda: dstft(n_fft=16.0)),
            ("win_length", lambda: dstft(win_length=17)),
            ("win_length", lambda: dstft(win_length=nan)),
            ("win_length", lambda: dstft(win_length=12, win_length_max=10)),
            ("win_length", lambda: dstft(win_length=3, win_length_min=5)),
            ("win_length_min", lambda: dstft(win_length=5, win_length_min=5, win_length_max=5)),
            ("win_length_max", lambda: dstft(win_length_max=20)),
            ("hop_length", lambda: dstft(hop_length=0)),
            ("hop_length", lambda: dstft(hop_length=20, hop_mode="constant")),
            ("hop_length_min", lambda: dstft(hop_length_min=-1)),
            ("window_mode", lambda: dstft(window_mode="bin")),
            ("hop_mode", lambda: dstft(hop_mode="frequency")),
            ("normalization", lambda: dstft(normalization="l3")),
            ("window", lambda: dstft(window="boxcar")),
            ("window", lambda: dstft(window=12)),
            ("scale", lambda: dstft(scale="cubic")),
            ("output", lambda: dstft(output="phase")),
            ("sides", lambda: dstft(sides="left")),
            ("sides", lambda: dstft(sides="onesided")(x.cfloat())),
            ("eps", lambda: dstft(eps=0)),
            ("magnitude_power", lambda: dstft(magnitude_power=-1)),
            ("frames", lambda: dstft(frames=0)),
            ("x", lambda: started(x[:40])),
            ("x", lambda: started(x[:40].numpy())),
            ("x", lambda: started(x.half())),
            ("x", lambda: started(x.int())),
            ("x", lambda: started(x[0])),
            ("x", lambda: started(x.to("meta"))),
            ("length", lambda: dstft().inverse(S)),
            ("length", lambda: dstft().t),
            ("length", lambda: dstft(hop_mode="time").frame_centers(40)),
            ("t", lambda: dstft(hop_length=16, window_mode="fixed").inverse(self.tensor(9, 3, kind="complex64"), length=40)),
            ("S", lambda: dstft(window_mode="fixed").inverse(S.real, length=8)),
            ("S", lambda: dstft(window_mode="fixed").inverse(S[0], length=8)),
            ("transform", lambda: layers.IDSTFT(layers.STFT(hop=3))),
            ("chirp", lambda: dstft(chirp="frame")),
            ("chirp", lambda: dstft(chirp=1)),
            ("chirp", lambda: dstft(chirp=True, window_mode="frequency")),
            ("chirp_max", lambda: dstft(chirp=True, chirp_max=0.0313)),
            ("chirp_max", lambda: dstft(chirp=True, chirp_max=nan)),
            ("c", lambda: layers.dstft(x, 12.0, torch.zeros(3), n_fft=16, c=0.05)),
            ("c", lambda: layers.idstft(S, 6.0, torch.arange(9), n_fft=8, length=8, c=0.01)),
            ("theta", lambda: layers.dstft(x, 20.0, torch.zeros(3), n_fft=16)),
            ("window", lambda: layers.stft(x, self.tensor(8), hop=3)),
            ("hop", lambda: layers.STFT(hop=0, n_fft=8)(x)),
            ("n_fft", lambda: layers.STFT(hop=2, n_fft=True)(x)),
            ("X", lambda: layers.istft(torch.zeros(8, 4, dtype=torch.complex64), hop=2)),
            ("center", lambda: layers.stft2d(torch.zeros(9, 9), win_length=4, hop=2, centre=True, center=False)),
            ("X", lambda: layers.ISTFT(hop=2)(x)),
            ("X", lambda: layers.ISTFT(hop=2, n_fft=12)(S)),
            ("hop", lambda: layers.ISTFT(hop=9)(S)),
        ]
        for number, (name, call) in enumerate(cases):
            with self.subTest(name=name, number=number):
                with self.assertRaisesRegex(ValueError, f"^({name}): "):
                    call()

    def test_defaults_and_spellings_are_those_of_arrays(self):
        x = self.tensor(3000)
        X = layers.stft(x)
        torch.testing.assert_close(X, layers.STFT(hop=256, n_fft=1024)(x), rtol=0, atol=0)
        torch.testing.assert_close(layers.istft(X, length=3000), x)
        torch.testing.assert_close(layers.stft(x, phase="center", placement="centered"), X, rtol=0, atol=0)
        density = layers.stft(x, scaling="psd", fs=8.0)
        for same in (layers.stft(x, scaling="psd", samp_rate=8.0), layers.STFT(scaling="psd", samp_rate=8.0)(x)):
            torch.testing.assert_close(same, density, rtol=0, atol=0)
        with self.assertRaisesRegex(ValueError, "^samp_rate: 9.0: is given already, as fs = 8.0$"):
            layers.STFT(fs=8.0, samp_rate=9.0)(x)
        image = self.tensor(20, 24)
        for centred in (False, True):
            made = dict(win_length=8, hop=4)
            torch.testing.assert_close(
                layers.stft2d(image, center=centred, **made), layers.stft2d(image, centre=centred, **made), rtol=0, atol=0
            )

    def test_unknown_arguments_are_type_errors(self):
        for call in (lambda: layers.STFT(hop=2, detrend="linear"), lambda: layers.ISTFT(hop=2, out=1)):
            with self.assertRaises(TypeError):
                call()

    def test_second_derivatives_are_refused_and_not_wrong(self):
        x = self.tensor(20)
        loss = layers.stft(x, hop=4, n_fft=8).abs().pow(2).sum()
        (slope,) = torch.autograd.grad(loss, x, create_graph=True)
        with self.assertRaisesRegex(RuntimeError, "once_differentiable"):
            slope.sum().backward()
        made = dict(n_fft=8, norm="l2")
        theta = torch.tensor(7.0, dtype=torch.float64, requires_grad=True)
        t, short = torch.arange(0.0, 20, 3), layers.DSTFT(n_fft=8, hop_length=4)
        short(x)
        for function, given in (
            (lambda x: layers.stft(x, hop=4, n_fft=8).abs().sum(), x),
            (lambda x: layers.dstft(x, 7.0, t, **made).abs().sum(), x),
            (lambda theta: layers.dstft(x, theta, t, **made).real.sum(), theta),  # the cotangent is constant
            (lambda x: short(x)[0].sum(), x),
            (lambda theta: layers.idstft(layers.dstft(x.detach(), 7.0, t, **made), theta, t, length=20, **made).sum(), theta),
        ):
            with self.assertRaisesRegex(RuntimeError, "once_differentiable"):
                torch.autograd.functional.hessian(function, given.detach())
        of_samples = torch.autograd.functional.hessian(lambda x: layers.stft(x, hop=4, n_fft=8).real.sum(), x.detach())
        self.assertEqual(float(of_samples.abs().max()), 0)  # it is linear


def load_tests(loader, tests, pattern):
    cases = (modules, the_authors_package, refusals) if layers else (without_torch,)
    tests = unittest.TestSuite(map(loader.loadTestsFromTestCase, (absence_of_torch, *cases)))
    tests.addTests(doctest.DocTestSuite(adjoints))
    if layers:
        tests.addTests(doctest.DocTestSuite(layers))
        tests.addTests(doctest.DocFileSuite(str(HERE.parents[1] / "docs" / "torch.md"), module_relative=False))
    return tests


if __name__ == "__main__":
    warnings.simplefilter("error")
    unittest.main()
