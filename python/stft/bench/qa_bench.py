#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark: rounds, ratios, agreement before timing, the verb. No times are judged here."""

import contextlib
import io
import json
import unittest
from unittest import mock

import numpy as np
from gnuradio.stft.app import command
from gnuradio.stft.bench import (
    benchmark,
    benchmark_adaptive,
    benchmark_bands,
    benchmark_bins,
    benchmark_dstft,
    benchmark_gabor,
    benchmark_phases,
    benchmark_scaling,
    benchmark_squeezing,
    benchmark_stft,
    benchmark_stft2d,
    benchmark_transforms,
)

try:
    import torch
except ImportError:
    torch = None
try:
    import scipy
except ImportError:
    scipy = None


class rounds(unittest.TestCase):
    def test_interleave_the_cases_and_begin_one_further_each_time(self):
        calls = []
        cases = {name: (lambda n=name: calls.append(n)) for name in "abc"}
        with mock.patch.object(benchmark, "_SECONDS_PER_TURN", 0.0):
            times = benchmark.interleaved(cases, 3)
        self.assertEqual("".join(calls), "aabbcc" + "abc" + "bca" + "cab")
        self.assertEqual({name: t.shape for name, t in times.items()}, {name: (3,) for name in "abc"})

    def test_pair_what_was_measured_together(self):
        ratio = benchmark.paired([2.0, 20.0, 6.0], [1.0, 10.0, 1.0])
        self.assertEqual((ratio["median"], ratio["quartiles"]), (2.0, [2.0, 4.0]))

    def test_rounds_are_summed_up(self):
        s = benchmark.summary(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
        self.assertEqual(s, {"min": 1.0, "median": 3.0, "spread": 1 / 3})


@unittest.skipIf(torch is None, "python3-torch is not installed")
class peer(unittest.TestCase):
    def test_peer_agrees_with_the_kernels_at_every_configuration(self):
        x = np.random.default_rng(2).standard_normal(700).astype(np.float32)
        for name, theta, t in benchmark_dstft.configurations(64, 16, 40, False):
            with self.subTest(name):
                method = benchmark_dstft.TorchMethod(x, theta, t, 64)
                S = benchmark_dstft.dstft(x, theta, t, n_fft=64)
                benchmark_dstft._require_agreement(S, method)
                with self.assertRaisesRegex(RuntimeError, "no ratio without equality"):
                    benchmark_dstft._require_agreement(1.001 * S, method)
                by_theta, by_t = method.forward_backward()
                self.assertEqual((tuple(by_theta.shape), tuple(by_t.shape)), (theta.shape, t.shape))

    def test_gradients_by_position_are_those_of_the_kernels(self):
        x = np.random.default_rng(2).standard_normal(700).astype(np.float32)
        _, theta, t = next(benchmark_dstft.configurations(64, 16, 40, True))
        _, by_t = benchmark_dstft.TorchMethod(x, theta, t, 64).forward_backward()
        loss = benchmark_dstft.kernels.dstft_loss_float32(64, "hann", "l2", "frame", "plane", 0, [])
        expected, gradient = np.zeros(40), np.zeros(40)
        loss.evaluate(x, t, theta[0], expected, gradient)
        np.testing.assert_allclose(by_t.numpy(), gradient, rtol=0, atol=1e-4 * np.max(np.abs(gradient)))


class scaling(unittest.TestCase):
    def test_exponent_of_a_power_is_the_power(self):
        values = [3, 10, 50, 1000]
        for power in (-1.0, 0.0, 0.5, 2.0):
            self.assertAlmostEqual(benchmark_scaling.exponent(values, [7e-9 * v**power for v in values]), power)

    def test_each_call_transforms_as_many_samples_as_it_says(self):
        shapes = []

        def counted(x, **_):
            shapes.append(x.shape)

        with mock.patch.multiple(benchmark_scaling, stft=counted, stft_bins=lambda x, *_, **__: counted(x)):
            tables = benchmark_scaling.tables(64, True)
            for quantity, (_, calls) in tables.items():
                for value, (call, samples) in calls.items():
                    call()
                    self.assertEqual(int(np.prod(shapes[-1])), samples, (quantity, value))
        self.assertEqual([v for v in tables["length"][1]], [1 << 10, 1 << 14, 1 << 18])
        self.assertEqual(list(tables["hop"][1]), [1, 4, 16, 64])

    def test_every_value_has_a_row_and_every_quantity_an_exponent(self):
        with mock.patch.object(benchmark, "_SECONDS_PER_TURN", 0.0), \
                mock.patch.multiple(benchmark_scaling, _SAMPLES=1 << 10, _QUICK_LENGTH=1 << 14, _QUICK_N_FFT=1 << 8,
                                    _SAMPLES_OF_CHANNEL=1 << 8):
            results = benchmark_scaling.run(64, 1, quick=True)
        quantities = {r["quantity"] for r in results}
        self.assertEqual(quantities, {"n_fft, real", "n_fft, complex", "hop", "channels", "bins", "length", "workers"})
        self.assertEqual(quantities, {r["quantity"] for r in results if "exponent" in r})
        self.assertTrue(all(r["seconds_per_sample"] > 0 for r in results if "value" in r))
        made = benchmark_scaling._results("n_fft, real", 0, {n: 1e-9 * np.log2(n) * n**0.25 for n in (64, 1024, 1 << 16)})
        self.assertAlmostEqual(made[-1]["beyond_n_log_n"], 0.25)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            benchmark_scaling.show(results, mock.Mock(rounds=1, n_fft=64))
        lines = out.getvalue().splitlines()
        self.assertEqual(len(lines), 1 + len(quantities))
        self.assertRegex(lines[1], r"^n_fft, real:  64 \d+\.\d\d  256 \d+\.\d\d; exponent [+-]\d\.\d\d, [+-]\d\.\d\d beyond n log n$")


class verb(unittest.TestCase):
    def run_verb(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), mock.patch.object(benchmark, "_SECONDS_PER_TURN", 0.0):
            status = command.main(["bench", "--n-fft", "64", "--hop", "16", "--frames", "12", "--rounds", "3", *arguments])
        return status, out.getvalue()

    def test_prints_figures_of_every_configuration(self):
        status, text = self.run_verb("dstft")
        self.assertEqual(status, 0)
        self.assertEqual(text.count("us/frame"), 8)
        self.assertEqual(text.count("ns per sample and bin"), 6)
        self.assertEqual("times ours" in text, torch is not None)

    def test_bench_prints_json(self):
        status, text = self.run_verb("dstft", "--json", "--quick")
        (case,) = json.loads(text)["cases"]
        self.assertEqual((status, case["name"], case["frames"]), (0, "per frame", 12))
        self.assertLess(case["error"], 5e-6)

    def test_measures_the_stft_beside_peers_and_chains(self):
        with mock.patch.multiple(benchmark_stft, _SECONDS_PER_TURN=1e-5, _SECONDS_OF_FLOWGRAPH=0.05, _SAMPLES=4096):
            status, text = self.run_verb("stft", "--json")
            result = json.loads(text)
            status_of_text, lines = self.run_verb("stft")
        self.assertEqual((status, status_of_text), (0, 0))
        for name in ("compiler", "fftw_version", "volk_machine", "simd", "cpu", "date"):
            self.assertTrue(result[name])
        kernels = [c for c in result["cases"] if "over_naive" in c]
        self.assertEqual([(c["name"], c["dtype"]) for c in kernels],
                         [(name, dtype) for name in ("stft", "istft") for dtype in ("float32", "complex64")])
        self.assertTrue(all(c["max_err"] < 1e-5 for c in kernels) and kernels[0]["max_err"] > 0)
        self.assertEqual(["without_copies_over_naive" in c for c in kernels], [False, True, False, True])
        self.assertTrue(all(c["without_copies_over_naive"]["median"] > 0 for c in kernels[1::2]))
        chains = [c for c in result["cases"] if "over_chain" in c]
        self.assertEqual([c["name"] for c in chains], ["stft_fvc", "stft_cvc"])
        self.assertTrue(all(c["block_seconds_per_frame"]["median"] > 0 for c in chains))
        self.assertTrue(all(0.5 < c["block_over_kernel"]["median"] < 100 for c in chains))
        peers = {(c["name"], c["peer"]) for c in result["cases"] if "peer" in c}
        expected = {(name, peer) for name in ("stft", "istft")
                    for peer, module in (("SciPy", scipy), ("PyTorch", torch)) if module}
        self.assertEqual(peers, expected)
        self.assertEqual(lines.count("of the naive time"), 4)
        self.assertEqual(lines.count("without its copies"), 2)

    def test_bench_has_the_stft_table(self):
        measured = mock.Mock(return_value=[])
        with mock.patch.object(benchmark_stft, "kernels", measured):
            self.run_verb("stft", "--table", "--quick")
        self.assertEqual([call.args[:2] for call in measured.call_args_list], benchmark_stft.TABLE)

    def test_bench_gives_no_ratio_where_results_differ(self):
        with self.assertRaisesRegex(RuntimeError, "no ratio without equality"):
            benchmark_stft._require_agreement("a peer", np.ones(3), 1.0001 * np.ones(3))
        with mock.patch.object(benchmark_stft, "sample_window", lambda name, n: 1.001 * np.hanning(n)):
            with self.assertRaisesRegex(RuntimeError, "no ratio without equality"):
                benchmark_stft.flowgraphs(64, 16, 1)

    def test_measures_the_adaptive_stft_in_a_flowgraph(self):
        with mock.patch.multiple(benchmark_adaptive, _SECONDS=1e-3, _SAMPLES=4096):
            status, text = self.run_verb("--n-fft", "128", "adaptive", "--json")
            cases = json.loads(text)["cases"]
            self.assertEqual((status, [c["hop"] for c in cases]), (0, 10 * [8.0] + 10 * [32.0]))
            for c in cases:
                self.assertEqual("learning" in c, not ("frozen" in c["name"] or "given" in c["name"]))
                self.assertTrue(c["samples_per_second"] > 0 and c["cpu_seconds_per_frame"] > 0)
            status, text = self.run_verb("--n-fft", "128", "adaptive")
        self.assertEqual((status, text.count("MS/s"), text.count("learning")), (0, 20, 14))

    def test_measures_chosen_bins_beside_the_stft(self):
        with mock.patch.multiple(benchmark_bins, _SAMPLES=2048, _QUICK_FRAMES=64, _SLOW_NUMBERS=64):
            status, text = self.run_verb("bins", "--json")
            cases = json.loads(text)["cases"]
            self.assertEqual((status, [(c["bins"], c["hop"]) for c in cases]), (0, [(b, h) for h in (1, 16) for b in (1, 8)]))
            for c in cases:
                self.assertLess(c["error"], 1e-6)
                self.assertGreater(c["stft_over_auto"]["median"], 0)
            status, text = self.run_verb("bins")
        self.assertEqual((status, len(text.splitlines())), (0, 2 + 4))
        with mock.patch.object(benchmark_bins, "stft_bins", lambda x, bins, **made: 0):
            with self.assertRaisesRegex(RuntimeError, "no ratio without equality"):
                benchmark_bins.disagreement(np.ones(200), 64, 1, 8)

    def test_bench_measures_images(self):
        with mock.patch.multiple(benchmark_stft2d, IMAGE=(3, 150, 200), SIZES=(32, 64)):
            status, text = self.run_verb("images", "--json")
            cases = json.loads(text)["cases"]
            self.assertEqual((status, [(c["window"], c["hop"]) for c in cases]), (0, [(32, 16), (32, 8), (64, 32), (64, 16)]))
            self.assertEqual(cases[0]["patches"], 3 * 10 * 13)
            for case in cases:
                self.assertLess(case["error"], 1e-5)
                self.assertEqual("peer_over_ours" in case["inverse"], torch is not None)
                self.assertGreater(case["forward"]["naive_over_ours"]["median"], 0)
            status, text = self.run_verb("images")
        self.assertEqual((status, text.count("us/patch")), (0, 8))

    @unittest.skipIf(torch is None, "python3-torch is not installed")
    def test_compares_images_only_where_they_agree(self):
        x = np.random.default_rng(1).random((3, 100, 90), dtype=np.float32)
        method = benchmark_stft2d.TorchMethod(x, 16, 8)
        X = benchmark_stft2d.stft2d(x, win_length=16, hop=8, tail="floor")
        method.require_agreement(X)
        with self.assertRaisesRegex(RuntimeError, "no ratio without equality"):
            method.require_agreement(1.001 * X)

    def test_measures_synchrosqueezing_beside_the_stft(self):
        with mock.patch.object(benchmark_squeezing, "_NUMBERS", 64):
            status, text = self.run_verb("squeezing", "--json")
            cases = json.loads(text)["cases"]
            self.assertEqual((status, [c["dtype"] for c in cases]), (0, ["float32", "float64"]))
            for c in cases:
                self.assertEqual(set(c["over_stft"]), set(benchmark_squeezing.FUNCTIONS) - {"stft"})
                self.assertTrue(all(ratio["median"] > 0 for ratio in c["over_stft"].values()))
            status, text = self.run_verb("squeezing")
        self.assertEqual((status, text.count("us/frame"), text.count("STFT frames")), (0, 12, 10))
        with mock.patch.object(benchmark_squeezing, "inverse_synchrosqueeze", lambda T, **made: 0):
            with self.assertRaisesRegex(RuntimeError, "no speed without it"):
                benchmark_squeezing.error(np.ones(200), 64)

    def test_measures_phases_beside_the_stft(self):
        with mock.patch.object(benchmark_phases, "_NUMBERS", 64):
            status, text = self.run_verb("phases", "--json")
            cases = json.loads(text)["cases"]
            self.assertEqual((status, [c["dtype"] for c in cases]), (0, ["float32", "float64"]))
            for c in cases:
                self.assertEqual(len(c["over_stft"]), 5)
                self.assertTrue(all(ratio["median"] > 0 for ratio in c["over_stft"].values()))
            status, text = self.run_verb("phases")
        self.assertEqual((status, text.count("us/frame"), text.count("STFT frames")), (0, 12, 10))
        with mock.patch.object(benchmark_phases, "phase_from_magnitude", lambda A, *given, **made: A + 0j):
            with self.assertRaisesRegex(RuntimeError, "no speed without them"):
                benchmark_phases.deviation(64, np.float32)

    def test_measures_multipliers_and_long_windows(self):
        with mock.patch.multiple(benchmark_gabor, _SAMPLES=1 << 12, _ROWS=64):
            status, text = self.run_verb("gabor", "--json", "--n-fft", "64", "--hop", "16", "--rounds", "2")
            functions, streams = json.loads(text)["cases"]
            self.assertEqual((status, len(functions["functions"]), len(functions["over"])), (0, 7, 4))
            self.assertGreater(streams["over_stock"]["median"], 0)
            status, text = self.run_verb("gabor", "--n-fft", "64", "--hop", "16", "--rounds", "2")
            self.assertEqual((status, text.count("us/frame"), text.count("rows/s")), (0, 7, 1))
            with mock.patch.object(benchmark_gabor, "multiply", lambda x, *rest, **made: 0 * x + 1):
                with self.assertRaisesRegex(RuntimeError, "no ratio without equality"):
                    benchmark_gabor.functions(64, 16, 1)

    def test_measures_bands_and_separation_beside_the_stft(self):
        with mock.patch.object(benchmark_bands, "_NUMBERS", 4096):
            status, text = self.run_verb("bands", "--json")
            case, = json.loads(text)["cases"]
            self.assertEqual((status, case["bands"]["mel"]), (0, 4))
            self.assertTrue({"mel", "octave", "hpss"} < set(case["over_stft"]))
            self.assertTrue(all(ratio["median"] > 0 for ratio in {**case["over_stft"], **case["peer_over_ours"]}.values()))
            with mock.patch.object(benchmark_bands, "load", side_effect=ImportError("needs python3-scipy")):
                status, text = self.run_verb("bands")
            self.assertEqual((status, text.count("us/frame")), (0, 6))
            self.assertIn("needs python3-scipy", text)
            with mock.patch.object(benchmark_bands, "hpss", lambda X, **given: (1.1 * X, X)):
                with self.assertRaisesRegex(RuntimeError, "no ratio without equality"):
                    benchmark_bands.run(64, 1)

    def test_measures_transforms_beside_fftw(self):
        with mock.patch.multiple(benchmark_transforms, _SECONDS_PER_TURN=1e-6, _QUICK=600):
            status, text = self.run_verb("transforms", "--quick", "--json")
            cases = json.loads(text)["cases"]
            self.assertEqual([(c["dtype"], c["n"]) for c in cases],
                             [(dtype, n) for dtype in ("complex64", "float32") for n in (256, 127, 257, 509)])
            for c in cases:
                self.assertTrue(0 < c["error"] < 3e-7 and 0 < c["fftw_error"] < 5e-7)
                self.assertGreater(c["over_fftw"]["median"], 0)
            status, text = self.run_verb("transforms", "--quick")
            self.assertEqual((status, text.count("of its time")), (0, 8))
        with self.assertRaisesRegex(ValueError, "n: 1: must be 2"):
            benchmark_transforms.run(1, False, [1])

    def test_bench_runs_without_pytorch_and_says_so(self):
        with mock.patch.object(benchmark_dstft, "load", side_effect=ImportError("needs python3-torch")):
            status, text = self.run_verb("dstft", "--quick")
        self.assertEqual(status, 0)
        self.assertIn("needs python3-torch", text)

    def test_bench_says_which_peers_of_the_stft_are_missing(self):
        with mock.patch.multiple(benchmark_stft, _SECONDS_PER_TURN=1e-5, _SECONDS_OF_FLOWGRAPH=0.05, _SAMPLES=4096), \
                mock.patch.object(benchmark_stft, "load", side_effect=lambda name, purpose: self.raise_missing(name)):
            status, text = self.run_verb("stft")
        self.assertEqual((status, text.count("take"), text.count("needs scipy.signal"), text.count("needs torch")), (0, 0, 1, 1))

    def raise_missing(self, name):
        raise ImportError(f"needs {name}")

    def test_bench_refuses_sizes_that_cannot_be_compared(self):
        with contextlib.redirect_stderr(io.StringIO()) as error:
            self.assertEqual(command.main(["bench", "--n-fft", "8"]), 2)
            self.assertEqual(command.main(["bench", "--rounds", "0"]), 2)
            self.assertEqual(command.main(["bench", "--n-fft", "64", "adaptive"]), 2)
            self.assertEqual(command.main(["bench", "fft"]), 2)
            self.assertEqual(command.main(["bench", "stft", "--n-fft", "64", "--hop", "33"]), 2)
        for refusal in ("--n-fft: 8: must be", "bench: fft: must be stft, dstft", "--hop: 33: must be at most"):
            self.assertIn(refusal, error.getvalue())


if __name__ == "__main__":
    unittest.main()
