#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""learn(): the golden signal, gradients by every kind of variable, what is found where, its course, refusals."""

import doctest
import inspect
import os
import pathlib
import sys
import unittest
from unittest import mock

import numpy as np

from gnuradio import stft
from gnuradio.stft import learning, learning_criteria, learning_problem, losses

from qa_oracles import entropy, l1l2, renyi

HERE = pathlib.Path(__file__).parent / "golden" / "dstft"
CASE = "c09_sectionVIA_like_entropy_curve.npz"


def golden():
    """x (6000,) of a chirp, a tone, a burst and noise; with the entropy over theta at N = 1000, hop 50."""
    folders = [HERE]
    if "GR_STFT_DATA" in os.environ:
        folders.append(pathlib.Path(os.environ["GR_STFT_DATA"]) / "dstft")
    return [dict(np.load(folder / CASE, allow_pickle=False)) for folder in folders]


def noise(length, seed=0):
    return np.random.default_rng(seed).standard_normal(length)


def needs_scipy(test):
    try:
        import scipy.optimize  # noqa: F401
    except ImportError:
        return unittest.skip("SciPy is not installed")(test)
    return test


class Golden(unittest.TestCase):
    def test_best_constant_theta_of_the_golden_signal(self):
        for case in golden():
            for single in (True, False):
                x = case["x"].astype(np.float32 if single else np.float64)
                found = stft.learn(x, n_fft=1000, hop=50, share="constant", theta_min=20, theta_max=1000)
                self.assertLessEqual(abs(found.theta.item() - 246.66), 0.05)
                self.assertLessEqual(abs(found.loss - 9.70625), 1e-5)
                self.assertLessEqual(len(found.history), 26)
                np.testing.assert_array_equal(found.t, case["t"])

    def test_loss_is_the_golden_curve(self):
        case = golden()[0]
        for theta, H in zip(case["theta_grid"][::10], case["H"][::10]):
            at = learning.start_at(theta, case["x"].astype(float), n_fft=1000, hop=50, share="constant")
            self.assertAlmostEqual(at.loss, H, 9)

    def test_loss_is_not_convex_yet_has_one_minimum(self):
        case = golden()[0]
        slope = case["dH_dtheta"]
        self.assertEqual(np.count_nonzero(np.diff(np.sign(slope))), 1)
        within = slope[(case["theta_grid"] >= 100) & (case["theta_grid"] <= 1000)]
        self.assertGreater(np.mean(np.diff(within) < 0), 0.4)

    def test_learned_hop_stays_inside_its_bounds(self):
        x = golden()[0]["x"]
        for given, (low, high) in (({}, (1000 / 64, 500)), ({"hop_min": 30, "hop_max": 200}, (30, 200))):
            found = stft.learn(x, n_fft=1000, hop=50, share="constant", learn=("theta", "hop"), **given)
            hop = found.t[1]
            self.assertTrue(low < hop < high, hop)  # inside: the loss does not drive it to either end
            np.testing.assert_allclose(found.t, hop * np.arange(len(found.t)))
            self.assertLessEqual(found.loss, found.history[-1])

    def test_fixed_overlap_frames_follow_the_learned_theta(self):
        x = golden()[0]["x"]
        found = stft.learn(x, n_fft=1000, hop=50, share="constant", alpha=0.25)
        np.testing.assert_allclose(np.diff(found.t), 0.25 * found.theta.item(), rtol=1e-12)
        self.assertTrue(200 < found.theta.item() < 300, found.theta)


class Gradients(unittest.TestCase):
    """The loss of a vector of variables against central differences of step h: their error is about h, since the second
    derivative of the Hann window jumps at its edge, and rounding
    about 1e-15 / h."""

    h = 1e-6

    def check(self, samples=300, is_complex=False, seed=1, **options):
        x = noise(samples, seed) + np.cos(0.2 * np.arange(samples))
        x = x + 1j * noise(samples, 7) if is_complex else x
        options = {"n_fft": 64, "hop": 13.7, "share": "constant", "learn": ("theta",), "criterion": "magnitude_entropy",
                   "regularisation": 0.0, "theta_min": 8, "theta_max": 64, "alpha": 0.0, "window": "hann", "norm": "l2",
                   "progress": None, **options}
        problem = learning._problem(x, **options)
        shape = problem.theta.shape
        problem._begin(np.random.default_rng(seed).uniform(24, 50, shape))
        v = problem.variables()
        if "t" in problem.learned:
            v[-len(problem.t):] = np.random.default_rng(seed).uniform(-0.3, 0.3, len(problem.t))
        _, slope = problem.loss(v)
        self.assertEqual(slope.shape, v.shape)
        direction = np.random.default_rng(seed + 1).standard_normal(len(v))
        chosen = [direction] + [np.eye(len(v))[i] for i in sorted({0, len(v) // 2, len(v) - 1})]
        for d in chosen:
            expected = (problem.loss(v + self.h * d)[0] - problem.loss(v - self.h * d)[0]) / (2 * self.h)
            scale = np.linalg.norm(slope) * np.linalg.norm(d)
            self.assertLessEqual(abs(slope @ d - expected), 2e-6 * scale + 1e-9, options)

    def test_theta_of_every_share(self):
        for share in learning_problem.SHARES:
            for is_complex in (False, True):
                with self.subTest(share=share, is_complex=is_complex):
                    self.check(share=share, is_complex=is_complex)

    def test_positions_with_and_without_theta(self):
        for share in learning_problem.SHARES:
            for learn in (("t",), ("theta", "t")):
                with self.subTest(share=share, learn=learn):
                    self.check(share=share, learn=learn)

    def test_hop_with_and_without_theta(self):
        for share in ("constant", "bin"):
            for learn in (("hop",), ("theta", "hop")):
                with self.subTest(share=share, learn=learn):
                    self.check(share=share, learn=learn)

    def test_fixed_overlap_constant_and_per_frame(self):
        for share in ("constant", "frame"):
            self.check(share=share, alpha=0.3)

    def test_regularisation_has_its_gradient(self):
        for share in ("frame", "bin", "cell"):
            self.check(share=share, regularisation=0.1)

    def test_regularisation_is_the_mean_total_variation_of_ln_theta(self):
        x, ln = noise(300), np.log(np.random.default_rng(5).uniform(32, 48, (33, 19)))
        padded = np.pad(ln, 1, mode="edge")
        squares = sum((ln - padded[1 + i : 34 + i, 1 + j : 20 + j]) ** 2 for i, j in ((0, 1), (0, -1), (1, 0), (-1, 0)))
        expected = np.mean(np.sqrt(1e-4 + squares / 2) - 1e-2)
        for scale in (1.0, 0.5):  # of ln theta, so that it is the same for windows of half the length
            at = [learning.start_at(scale * np.exp(ln), x, n_fft=64, hop=16, share="cell", regularisation=weight).loss
                  for weight in (0, 0.3, None)]  # fmt: skip
            self.assertAlmostEqual(at[1] - at[0], 0.3 * expected, 11)
            self.assertAlmostEqual(at[2] - at[0], 0.1 * expected, 11)
        even = [learning.start_at(40, x, n_fft=64, hop=16, regularisation=weight).loss for weight in (0, 9)]
        self.assertAlmostEqual(*even, 12)

    def test_every_criterion_and_their_weighted_sum(self):
        for name in sorted(learning_criteria.CRITERIA):
            with self.subTest(name):
                self.check(share="frame", learn=("theta", "t"), criterion=name)
                self.check(criterion=name, alpha=0.3)
        self.check(share="frame", learn=("theta", "t"), criterion={"kurtosis": 0.5, "coverage": 2.0, "magnitude_renyi": 0.3})

    def test_function_as_criterion(self):
        def spectra_only(S, theta, t):
            return np.sum(np.abs(S) ** 4), 4 * np.abs(S) ** 2 * S

        def direct_too(S, theta, t):
            value = np.sum(np.abs(S) ** 2) + np.sum(theta**2) + np.sum(np.sin(t))
            return value, 2 * S, 2 * theta, np.cos(t)

        for criterion in (spectra_only, direct_too):
            for share in learning_problem.SHARES:
                self.check(share=share, learn=("theta", "t"), criterion=criterion)

    def test_other_windows_and_norms(self):
        for window, norm in (("blackman", "l1"), (("gaussian", 0.15), "peak"), ("hann", "dcunit"), ("parzen", "contract")):
            self.check(share="frame", learn=("theta", "t"), window=window, norm=norm)


@needs_scipy
class Found(unittest.TestCase):
    def test_long_windows_on_tones_and_short_ones_on_clicks(self):
        n = np.arange(8000)
        c = 3e-5  # cycles per sample^2, for which a Hann window of 1.95 / sqrt(c) = 356 samples is best
        chirp = np.cos(2 * np.pi * (0.05 * n + c / 2 * n**2))
        x = np.concatenate([chirp, 8.0 * (n % 400 == 200), np.cos(2 * np.pi * 0.2 * n)]) + 0.1 * noise(24000)
        found = stft.learn(x, n_fft=1024, hop=64, share="frame")
        whole = np.abs(found.t % 8000 - 4000) < 3000  # away from where one signal becomes the next
        chirp, clicks, tone = (found.theta[0, whole & (found.t // 8000 == part)] for part in range(3))
        self.assertTrue(abs(np.median(chirp) / (1.95 / c**0.5) - 1) < 0.1, np.median(chirp))
        self.assertTrue(128 <= np.median(clicks) < 129, np.median(clicks))  # two hops, the least
        self.assertTrue(np.median(tone) > 1000, np.median(tone))

    def test_tones_are_long_from_the_first_frame_to_the_last(self):
        n = np.arange(3007)
        for x in (np.cos(0.7 * n) + 0.001 * noise(3007), np.exp(0.7j * n) + 0.001 * noise(3007)):
            for hop in (32, 27.3):
                for options in ({}, {"criterion": "magnitude_entropy"}, {"learn": "both"}, {"alpha": 0.25}):
                    found = stft.learn(x, n_fft=256, hop=hop, share="frame", **options)
                    self.assertGreater(found.theta.min(), 0.9 * 256, options)
            cells = stft.learn(x, n_fft=256, hop=32, share="cell").theta[round(0.7 * 256 / 2 / np.pi)]
            self.assertGreater(cells.min(), 0.9 * 256)

    def test_clicks_in_the_first_and_the_last_frames_are_found(self):
        for away in (40, 100):
            x = 0.01 * noise(3000)
            x[[away, 2999 - away]] += 5
            theta = stft.learn(x, n_fft=512, hop=32, share="frame").theta[0]
            for place in (away, 2999 - away):
                self.assertLess(theta[place // 32 : place // 32 + 2].min(), 128)

    def test_silence_beyond_the_ends_is_not_heard(self):
        """Frames near an end are those of a longer recording at the nearest place where their windows fit."""
        x, theta = noise(600), 64.0
        moved = np.clip(16.0 * np.arange(38), 31.5, 567.5)
        for criterion in ("magnitude_entropy", "entropy"):
            options = {"n_fft": 64, "hop": 16, "share": "frame", "criterion": criterion}
            problem = learning._problem(x, **options)
            S = stft.dstft(x, theta, moved, n_fft=64)
            expected = losses.magnitude_entropy(np.abs(S))[0] if criterion == "magnitude_entropy" else losses.pooled(
                S, half_block=2, criterion="entropy", n_fft=64, whitening=problem.whitening)[0]  # fmt: skip
            self.assertAlmostEqual(learning.start_at(np.full((1, 38), theta), x, **options).loss, expected, 12)

    def test_start_has_the_loss_that_learning_begins_with(self):
        x = noise(400)
        for share in learning_problem.SHARES:
            for criterion in ("l1l2", "magnitude_entropy"):
                options = dict(n_fft=64, hop=8, share=share, criterion=criterion, theta_max=40)
                with self.subTest(share=share, criterion=criterion):
                    begun = stft.learn(x, theta_init=24.0, max_iterations=1, **options).history[0]
                    self.assertAlmostEqual(learning.start_at(24.0, x, **options).loss, begun, 12)

    def test_a_criterion_is_the_formula_that_its_name_has_in_adapt(self):
        x = noise(600) + np.cos(np.arange(600))
        S = stft.dstft(x, 40.0, 16 * np.arange(38), n_fft=64)
        a, ends = np.abs(S), np.full((33, 1), 1.0)
        ends[[0, -1]] = 0.5  # of a one-sided spectrum
        W = losses.whitener(stft.dstft(x, 32.0, 16 * np.arange(38), n_fft=64), width=2)[:, None]  # of half the longest window
        q = W * a**2
        for criterion, expected in (
            ("l1l2", l1l2(q, ends)),
            ("entropy", entropy(q, ends)),
            ("renyi", renyi(q, 2, ends)),
            ("magnitude_entropy", entropy(a)),
            ("magnitude_renyi", renyi(a, 3)),
            ("frame_entropy", np.mean([entropy(frame) for frame in a.T])),
            ("kurtosis", -np.mean(np.mean(a**4, axis=0) / np.mean(a**2, axis=0) ** 2)),
            ("lp_lq", a.sum() / np.sqrt(np.sum(a**2))),
        ):
            with self.subTest(criterion):
                found = learning.start_at(40, x, n_fft=64, hop=16, share="constant", criterion=criterion)
                self.assertAlmostEqual(found.loss, expected, 10)
        self.assertEqual(learning.start_at(40, x, n_fft=64, hop=16, share="constant").loss, learning.start_at(
            40, x, n_fft=64, hop=16, share="constant", criterion="magnitude_entropy").loss)  # fmt: skip

    def test_advice_names_the_bound_that_most_of_theta_is_at(self):
        n = np.arange(3000)
        steady, clicks = np.cos(0.7 * n) + 0.01 * noise(3000), 8.0 * (n % 300 == 150) + 0.01 * noise(3000)
        sweep = np.cos(np.pi * 2e-4 * np.arange(2400.0) ** 2)  # best at 1.95 / sqrt(2e-4) = 138 samples
        for x, options, advice in (
            (steady, {}, "^theta is within 1 % of the greatest, 256 samples: longer windows may suit better: raise n_fft$"),
            (steady, {"theta_min": 40, "theta_max": 100}, "^theta is within 1 % of the greatest, 100 .*: raise theta_max, to n_fft at most$"),
            (steady, {"share": "frame"}, r"^100 % of the frames have a theta that is within 1 % of the greatest, 256 samples: "),
            (clicks, {"share": "frame", "regularisation": 0}, r"^\d+ % of the frames .* the least, 32 samples: shorter .*: lower theta_min, and give a hop of half"),
            (clicks, {}, "^theta is within 1 % of the least, 32 samples: "),
            (sweep, {}, "^$"), (sweep, {"share": "bin"}, "^$"), (steady, {"learn": "t", "theta_init": 256.0, "max_iterations": 1}, "^$"),
        ):  # fmt: skip
            found = stft.learn(x, n_fft=256, hop=16, **{"criterion": "l1l2", "share": "constant", **options})
            self.assertRegex(found.advice, advice, options)

    def test_names_defaults_and_the_order_of_results_are_those_of_adapt(self):
        x = noise(600)
        ours, theirs = (inspect.signature(function).parameters for function in (stft.learn, stft.adapt))
        shared = [name for name in ours if name in theirs]
        self.assertEqual(shared, ["x", "n_fft", "hop", "alpha", "method", "share", "learn", "criterion", "theta_min", "theta_max",
                                  "theta_init", "window", "norm", "chirp_max", "regularisation", "learning_rate"])  # fmt: skip
        self.assertEqual([name for name in theirs if name in ours], shared)
        # methods and criteria differ, and the default rate of adapt() depends on what is learned
        for name in set(shared) - {"method", "criterion", "learning_rate"}:
            self.assertEqual(ours[name].default, theirs[name].default, name)
        learned, adapted = stft.learn(x, n_fft=256, max_iterations=1), stft.adapt(x, n_fft=256)
        self.assertEqual(learned._fields[:3], adapted._fields[:3])
        for name in learned._fields[:3]:
            self.assertEqual(getattr(learned, name).shape, getattr(adapted, name).shape, name)
        np.testing.assert_array_equal(learned.t, adapted.t)  # at the same hop, if none is given
        self.assertEqual(learning_problem.theta_bounds(256, 16), (32, 256))
        self.assertEqual(learning_problem.theta_bounds(16, 1), (4, 16))

    def test_both_and_a_sequence_of_names_are_the_same(self):
        x = noise(600)
        options = {"n_fft": 64, "criterion": "kurtosis"}
        one, two = (stft.learn(x, max_iterations=2, learn=learn, **options) for learn in ("both", ("t", "theta")))
        np.testing.assert_array_equal(one.t, two.t)
        one, two = (stft.adapt(x, learn=learn, **options) for learn in ("both", ["theta", "t"]))
        np.testing.assert_array_equal(one.spectra, two.spectra)
        self.assertEqual(one.t.shape, two.t.shape)
        np.testing.assert_array_equal(*(stft.adapt(x, learn=learn, n_fft=64).theta for learn in ("theta", ("theta",))))
        for learn, words in (("hop", "learn: hop: must be theta, t, chirp or both"), (("hop",), "learn: hop: must be theta, t or chirp"),
                             ((), "learn: nothing: must be")):  # fmt: skip
            with self.assertRaisesRegex(ValueError, words):
                stft.adapt(x, learn=learn, n_fft=64)

    def test_positions_stay_in_order_and_lower_the_loss(self):
        x = noise(600)
        fixed = stft.learn(x, n_fft=64, hop=16, share="constant", criterion="kurtosis")
        found = stft.learn(x, n_fft=64, hop=16, share="constant", criterion="kurtosis", learn=("theta", "t"))
        self.assertLess(found.loss, fixed.loss)
        self.assertTrue(np.all(np.diff(found.t) > 0))
        self.assertTrue(np.all(np.abs(found.t - 16 * np.arange(len(found.t))) < 8))

    def test_theta_that_is_not_learned_stays_where_it_starts(self):
        found = stft.learn(noise(600), n_fft=64, hop=16, share="constant", learn="t", theta_init=40, max_iterations=3)
        self.assertEqual(found.theta.item(), 40)

    def test_result_is_the_best_that_was_met_with_its_spectra(self):
        x = noise(600)
        for share, shape in (("constant", (1, 1)), ("frame", (1, 38)), ("bin", (33, 1)), ("cell", (33, 38))):
            found = stft.learn(x, n_fft=64, hop=16, share=share, criterion="l1l2", max_iterations=5)
            self.assertEqual(found.theta.shape, shape)
            S = stft.dstft(x, found.theta, found.t, n_fft=64)
            np.testing.assert_array_equal(found.spectra, S)
            again = learning.start_at(found.theta, x, n_fft=64, hop=16, share=share, criterion="l1l2").loss
            self.assertAlmostEqual(found.loss, again, 12)
            if share != "constant":
                self.assertLess(found.loss, learning.start_at(64, x, n_fft=64, hop=16, share=share, criterion="l1l2").loss)

    def test_losses_of_channels_are_averaged(self):
        x, y = noise(600), noise(600, 1)
        options = {"n_fft": 64, "hop": 16, "share": "constant", "theta_init": 40, "learn": "t", "max_iterations": 1}
        both = stft.learn(np.stack([x, y]), **options)
        each = [stft.learn(one, **options).history[0] for one in (x, y)]
        self.assertAlmostEqual(both.history[0], np.mean(each), 12)
        self.assertEqual(both.spectra.shape, (2, 33, 38))
        twice = stft.learn(np.stack([x, x]), n_fft=64, hop=16, share="constant")
        self.assertAlmostEqual(twice.theta.item(), stft.learn(x, n_fft=64, hop=16, share="constant").theta.item(), 6)

    def test_adam_finds_what_lbfgs_finds(self):
        case = golden()[0]
        found = stft.learn(case["x"], n_fft=1000, hop=50, share="constant", theta_init=600, method="adam", max_iterations=100, learning_rate=0.1)
        self.assertLess(abs(found.theta.item() - case["theta_star"]), 2)
        self.assertEqual(len(found.history), 101)
        found = stft.learn(case["x"], n_fft=1000, hop=50, share="constant", theta_init=600)
        self.assertLess(abs(found.theta.item() - case["theta_star"]), 2)

    def test_theta_stays_within_its_bounds(self):
        for method in learning.METHODS:
            found = stft.learn(noise(600), n_fft=64, hop=16, share="frame", theta_min=33, theta_max=41, method=method, max_iterations=9)
            self.assertTrue(np.all((found.theta >= 33) & (found.theta <= 41)))


class Course(unittest.TestCase):
    def test_silence_is_finite_and_theta_stays(self):
        for share in learning_problem.SHARES:
            for criterion in (None, "magnitude_entropy", "kurtosis"):
                with self.subTest(share=share, criterion=criterion):
                    found = stft.learn(np.zeros(300), n_fft=64, hop=16, share=share, criterion=criterion, method="adam",
                                       max_iterations=3)
                    self.assertTrue(np.all(np.isfinite(found.history)))
                    np.testing.assert_allclose(found.theta, np.sqrt(32 * 64))  # the middle of its bounds
                    self.assertFalse(found.spectra.any())

    def test_progress_counts_every_evaluation(self):
        seen = []
        found = stft.learn(noise(600), n_fft=64, hop=16, share="frame", method="adam", max_iterations=4,
                           progress=lambda count, loss: seen.append((count, loss)))
        self.assertEqual(seen, list(enumerate(found.history, 1)))

    def test_stop_iteration_keeps_the_best_so_far(self):
        x = noise(600)
        for share, method, last in (("constant", "lbfgs", 1), ("constant", "lbfgs", 5), ("frame", "adam", 5),
                                    ("frame", "adam", 30), ("frame", "lbfgs", 30)):
            if method == "lbfgs" and share == "frame":
                try:
                    import scipy.optimize  # noqa: F401
                except ImportError:
                    continue

            def progress(count, _):
                if count == last:
                    raise StopIteration

            with self.subTest(share=share, method=method, last=last):
                found = stft.learn(x, n_fft=64, hop=16, share=share, criterion="magnitude_entropy", method=method, progress=progress)
                self.assertEqual(len(found.history), last)
                self.assertIn(found.loss, found.history)
                self.assertEqual(found.theta.shape, (1, 1 if share == "constant" else 38))
                if share == "constant":
                    self.assertEqual(found.loss, min(found.history))
                    self.assertAlmostEqual(learning.start_at(found.theta, x, n_fft=64, hop=16, share="constant").loss, found.loss, 12)

    def test_other_exceptions_of_progress_are_passed_on(self):
        def progress(count, _):
            if count == last:
                raise KeyError("mine")

        for last in (1, 25):  # in the search, in the descent
            with self.assertRaises(KeyError):
                stft.learn(noise(600), n_fft=64, hop=16, share="frame", method="adam", progress=progress)

    def test_single_sample_and_window_longer_than_the_signal(self):
        for length in (1, 5):
            found = stft.learn(np.ones(length), n_fft=64, hop=16, share="constant")
            self.assertTrue(np.isfinite(found.loss))
            self.assertEqual(found.t.tolist(), [0.0])

    def test_absent_scipy_is_one_line_naming_its_package(self):
        with mock.patch.dict(sys.modules, {"scipy": None, "scipy.optimize": None}):
            with self.assertRaisesRegex(ImportError, r"\A[^\n]*python3-scipy\Z"):
                stft.learn(noise(600), n_fft=64, hop=16)
            stft.learn(noise(600), n_fft=64, hop=16, share="constant")  # one theta needs no SciPy
            stft.learn(noise(600), n_fft=64, hop=16, share="frame", method="adam", max_iterations=2)


class Refusals(unittest.TestCase):
    def test_name_value_and_rule(self):
        x = noise(100)
        bad = noise(100)
        bad[7] = np.nan
        for given, words in (
            ({"x": np.zeros(0)}, "x: 0 samples: must have"),
            ({"x": np.zeros((0, 100))}, "x: 0 channels: must have"),
            ({"x": bad}, "x: nan at sample 7: must be finite"),
            ({"n_fft": 1}, "n_fft: 1: must be at least 2"),
            ({"n_fft": 2.5}, "n_fft"),
            ({"hop": 0}, "hop: 0: must be positive"),
            ({"hop": np.nan}, "hop: nan: must be positive"),
            ({"hop": np.inf}, "hop: inf: must be positive"),
            ({"share": "row"}, "share: row: must be"),
            ({"learn": ("phase",)}, "learn: phase: must be theta, t, hop or chirp"),
            ({"learn": "phase"}, "learn: phase: must be theta, t, hop, chirp or both"),
            ({"learn": ("both", "hop")}, "learn: both: must be theta, t, hop or chirp"),
            ({"learn": ()}, "learn: nothing: must be"),
            ({"learn": 3}, "learn: 3: must be"),
            ({"learn": "hop"}, "learn: hop: a learned hop changes the number of frames, so it goes with share constant"),
            ({"learn": ("t", "hop"), "share": "constant"}, "learn: hop:"),
            ({"alpha": -1}, "alpha: -1: must be"),
            ({"alpha": np.nan}, "alpha: nan: must be"),
            ({"alpha": 0.5, "share": "bin"}, "alpha: 0.5: fixed overlap"),
            ({"alpha": 0.5, "learn": ("theta", "t")}, "alpha: 0.5: fixed overlap"),
            ({"regularisation": -1}, "regularisation: -1: must be"),
            ({"regularisation": np.inf}, "regularisation: inf: must be"),
            ({"theta_min": 0}, "theta_min: 0: must be positive"),
            ({"theta_max": np.nan}, "theta_max: nan: must be positive"),
            ({"theta_min": (10, 20)}, "theta_min: (10, 20): must be positive"),
            ({"theta_min": 10, "theta_max": 10}, "theta_min: 10: must be below theta_max = 10"),
            ({"theta_min": 64}, "theta_min: 64: must be below theta_max = 64"),
            ({"theta_max": 65}, "theta_max: 65: must be at most n_fft = 64"),
            ({"theta_max": 5e-324}, "theta_max: 5e-324: must not lead to windows below 1e-06 samples"),
            ({"theta_min": 1e-300}, "theta_min: 1e-300: must not lead to windows below 1e-06 samples"),
            ({"hop_min": -1}, "hop_min: -1: must be positive"),
            ({"hop_min": 40}, "hop_min: 40: must be below hop_max = 32"),
            ({"hop_min": 20, "hop_max": 30, "learn": "hop", "share": "bin"}, "hop: 16.0: must be in hop_min .. hop_max = 20 .. 30"),
            ({"criterion": "beauty"}, "criterion: beauty: must be one of coverage,"),
            ({"criterion": "pooled"}, "criterion: pooled: must be one of coverage,"),
            ({"criterion": "pooled_entropy"}, "criterion: pooled_entropy: must be one of coverage,"),
            ({"criterion": {"entropy": np.nan}}, "criterion: entropy nan: must have"),
            ({"criterion": "coverage", "share": "bin"}, "criterion: coverage: needs"),
            ({"theta_init": 5}, "theta_init: 5.0: must be in theta_min .. theta_max = 32 .. 64"),
            ({"theta_init": np.nan}, "theta_init: nan: must be in"),
            ({"theta_init": np.full((2, 3), 40.0)}, "theta_init: shape (2, 3): must broadcast"),
            ({"method": "newton"}, "method: newton: must be"),
            ({"max_iterations": 0}, "max_iterations: 0: must be"),
            ({"tol": 0}, "tol: 0: must be"),
            ({"tol": 1}, "tol: 1: must be"),
            ({"learning_rate": 0}, "learning_rate: 0: must be"),
            ({"window": "boxcar"}, "boxcar"),
            ({"norm": "l3"}, "norm: l3: must be"),
        ):
            arguments = {"x": x, "n_fft": 64, "hop": 16, **given}
            with self.subTest(given={k: v for k, v in given.items() if k != "x"}):
                with self.assertRaises(ValueError) as refused:
                    stft.learn(arguments.pop("x"), **arguments)
                self.assertIn(words, str(refused.exception))


def load_tests(loader, tests, pattern):
    tests.addTests(doctest.DocTestSuite(learning))
    return tests


if __name__ == "__main__":
    unittest.main()
