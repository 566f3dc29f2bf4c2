# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What arguments are taken for, the same in every function on arrays: defaults, names, integers, booleans, masks, far ends."""

import inspect
import threading
import unittest
import warnings
from pathlib import Path

import numpy as np
from gnuradio import stft
from gnuradio.stft import adjoints, losses

RNG = np.random.default_rng(5)
X1 = RNG.standard_normal(400)
S = stft.stft(X1, hop=4, n_fft=16)
IMAGE = RNG.standard_normal((20, 24))
X2 = stft.stft2d(IMAGE, win_length=8, hop=4)
T8 = np.arange(0.0, 32, 4)
D = stft.dstft(X1[:32], 12.0, T8, n_fft=16)
A = np.abs(S)

# one call per function and array, the array being replaced by f(array)
CALLS = {
    "stft x": lambda f: stft.stft(f(X1), hop=4, n_fft=16),
    "stft window": lambda f: stft.stft(X1, f(np.ones(16)), hop=4),
    "istft X": lambda f: stft.istft(f(S), hop=4),
    "istft synthesis": lambda f: stft.istft(S, hop=4, synthesis=f(stft.dual_window(np.ones(16), 4))),
    "spectrogram x": lambda f: stft.spectrogram(f(X1), hop=4, n_fft=16),
    "dual_window window": lambda f: stft.dual_window(f(np.ones(16)), 4),
    "closest_dual_window desired": lambda f: stft.closest_dual_window(np.ones(16), 4, f(np.ones(16))),
    "check_cola window": lambda f: stft.check_cola(f(np.ones(16)), 4),
    "check_nola window": lambda f: stft.check_nola(f(np.ones(16)), 4),
    "convert_phase X": lambda f: stft.convert_phase(f(S), "start", "centre", hop=4, win_length=16, n_fft=16),
    "filter_bank window": lambda f: stft.filter_bank(f(np.ones(16)), 16, 32),
    "stft_bins x": lambda f: stft.stft_bins(f(X1), [1, 2], hop=4, n_fft=16),
    "stft_bins bins": lambda f: stft.stft_bins(X1, f(np.array([1.0])), hop=4, n_fft=16),
    "one_integral_inverse X": lambda f: stft.one_integral_inverse(f(S), n_fft=16),
    "reassign x": lambda f: stft.reassign(f(X1), hop=4, n_fft=16),
    "reassigned_spectrogram x": lambda f: stft.reassigned_spectrogram(f(X1), hop=4, n_fft=16),
    "synchrosqueeze x": lambda f: stft.synchrosqueeze(f(X1), n_fft=16),
    "synchrosqueeze theta": lambda f: stft.synchrosqueeze(X1, hop=4, n_fft=16, theta=f(np.array([12.0]))),
    "inverse_synchrosqueeze T": lambda f: stft.inverse_synchrosqueeze(f(S), n_fft=16),
    "griffin_lim magnitude": lambda f: stft.griffin_lim(f(A), hop=4, iterations=1),
    "griffin_lim initial": lambda f: stft.griffin_lim(A, hop=4, iterations=1, initial=f(np.zeros(A.shape))),
    "consistent X": lambda f: stft.consistent(f(S), hop=4),
    "dstft x": lambda f: stft.dstft(f(X1[:32]), 12.0, T8, n_fft=16),
    "dstft theta": lambda f: stft.dstft(X1[:32], f(np.full((1, 8), 12.0)), T8, n_fft=16),
    "dstft t": lambda f: stft.dstft(X1[:32], 12.0, f(T8), n_fft=16),
    "dstft_vjp G": lambda f: stft.dstft_vjp(X1[:32], 12.0, T8, f(D), n_fft=16),
    "idstft S": lambda f: stft.idstft(f(D), 12.0, T8, n_fft=16, length=30),
    "stft2d image": lambda f: stft.stft2d(f(IMAGE), win_length=8, hop=4),
    "istft2d X": lambda f: stft.istft2d(f(X2), shape=IMAGE.shape, win_length=8, hop=4),
    "stft2d_vjp G": lambda f: stft.stft2d_vjp(f(X2), shape=IMAGE.shape, win_length=8, hop=4),
    "stft_vjp G": lambda f: adjoints.stft_vjp(f(S), hop=4, n_fft=16, length=400, sides="onesided"),
    "istft_vjp v": lambda f: adjoints.istft_vjp(f(X1), S.shape[1], hop=4, n_fft=16, sides="onesided"),
    "idstft_vjp S": lambda f: adjoints.idstft_vjp(f(D), 12.0, T8, X1[:30], n_fft=16, sides="onesided"),
    "magnitude_entropy a": lambda f: losses.magnitude_entropy(f(A)),
    "modulus S": lambda f: losses.modulus(f(S)),
    "learn x": lambda f: stft.learn(f(X1), n_fft=32, hop=8, share="constant", tol=0.1),
    "learn theta_init": lambda f: stft.learn(
        X1, n_fft=32, hop=8, share="constant", tol=0.1, max_iterations=1, theta_init=f(np.full((1, 1), 20.0))
    ),
    "multiply x": lambda f: stft.multiply(f(X1), 0.5, hop=4, n_fft=16),
    "multiply mask": lambda f: stft.multiply(X1, f(np.ones((9, 1))), hop=4, n_fft=16),
    "csd x": lambda f: stft.csd(f(X1), X1, n_fft=16),
    "csd y": lambda f: stft.csd(X1, f(X1), n_fft=16),
    "denoise x": lambda f: stft.denoise(f(X1), n_fft=16),
    "denoise_spectra X": lambda f: stft.denoise_spectra(f(S), hop=4, n_fft=16),
    "denoise noise": lambda f: stft.denoise(X1, n_fft=16, noise=f(np.ones(9))),
    "hpss S": lambda f: stft.hpss(f(S), kernel_size=3),
    "apply_band_weights power": lambda f: stft.apply_band_weights(f(A), np.ones((2, A.shape[0]))),
    "apply_band_weights weights": lambda f: stft.apply_band_weights(A, f(np.ones((2, A.shape[0])))),
    "band_levels x": lambda f: stft.band_levels(f(X1), 100.0, ((20, 40),)),
    "band_power P": lambda f: stft.band_power(f(A), 100.0, ((30, 40),)),
    "spectral_kurtosis P": lambda f: stft.spectral_kurtosis(f(A), hop=4),
    "track_ridges x": lambda f: stft.track_ridges(f(X1), fs=100.0, f_range=(5, 20)),
    "track_rows rows": lambda f: stft.track_rows(f(A.T), fs=100.0, n_fft=2 * A.shape[0] - 2, hop=4, f_range=(15, 40)),
    "warped_rows x": lambda f: stft.warped_rows(f(X1), fs=100.0, f_top=20.0),
    "machine_rows x": lambda f: stft.machine_rows(f(X1), 100.0, ((5, 20),)),
    "detect x": lambda f: stft.detect(f(X1), n_fft=16),
    "detect_rows rows": lambda f: stft.detect_rows(f(np.ones((9, 16))), n_fft=16),
    "noise_floor rows": lambda f: stft.noise_floor(f(np.ones((9, 16)))),
    "cut_events x": lambda f: stft.cut_events(f(X1), []),
    "alarm_levels levels": lambda f: stft.alarm_levels(f(A[:2]), 1.0),
    "alarm_levels speed": lambda f: stft.alarm_levels(A[:2], 1.0, speed=f(A[0])),
    "Baseline levels": lambda f: stft.Baseline(2).update(f(A[:2])),
    "adapt x": lambda f: stft.adapt(f(X1), n_fft=64),
    "analytic_signal x": lambda f: stft.analytic_signal(f(X1)),
    "angle_resample x": lambda f: stft.angle_resample(f(X1), 100.0, 10.0, 8),
    "tacho_pulses y": lambda f: stft.tacho_pulses(f(X1), 100.0, 1, 20.0),
    "envelope x": lambda f: stft.envelope(f(X1), 100.0, n_fft=64),
    "time_stretch x": lambda f: stft.time_stretch(f(X1), 0.5, n_fft=16),
    "pitch_shift x": lambda f: stft.pitch_shift(f(X1), 1.0, n_fft=16),
    "phase_from_magnitude magnitude": lambda f: stft.phase_from_magnitude(f(A), hop=4),
    "phase_derivatives x": lambda f: stft.phase_derivatives(f(X1), n_fft=16),
    "synchrosqueeze grid": lambda f: stft.synchrosqueeze(X1, n_fft=16, grid=f(np.array([0.1, 0.2]))),
    "tight_window window": lambda f: stft.tight_window(f(np.ones(16)), 4),
    "frame_bounds window": lambda f: stft.frame_bounds(f(np.ones(16)), 4),
    "stft2d window": lambda f: stft.stft2d(IMAGE, win_length=8, hop=4, window=f(np.ones(8))),
    "ShortTimeFFT x": lambda f: stft.ShortTimeFFT(np.ones(8), 4, 1.0).stft(f(X1)),
    "ShortTimeFFT win": lambda f: stft.ShortTimeFFT(f(np.ones(8)), 4, 1.0).stft(X1),
}
HOPS = {
    "stft": lambda hop: stft.stft(X1, hop=hop, n_fft=16),
    "istft": lambda hop: stft.istft(S, hop=hop),
    "spectrogram": lambda hop: stft.spectrogram(X1, hop=hop, n_fft=16),
    "times": lambda hop: stft.times(3, hop=hop, win_length=8),
    "dual_window": lambda hop: stft.dual_window(np.ones(16), hop),
    "convert_phase": lambda hop: stft.convert_phase(S, "start", "centre", hop=hop, win_length=16, n_fft=16),
    "stft_bins": lambda hop: stft.stft_bins(X1, [1], hop=hop, n_fft=16),
    "one_integral_inverse": lambda hop: stft.one_integral_inverse(S, n_fft=16, hop=hop),
    "reassign": lambda hop: stft.reassign(X1, hop=hop, n_fft=16),
    "synchrosqueeze": lambda hop: stft.synchrosqueeze(X1, hop=hop, n_fft=16),
    "inverse_synchrosqueeze": lambda hop: stft.inverse_synchrosqueeze(S, n_fft=16, hop=hop),
    "griffin_lim": lambda hop: stft.griffin_lim(A, hop=hop, iterations=0),
    "consistent": lambda hop: stft.consistent(S, hop=hop),
    "stft2d": lambda hop: stft.stft2d(IMAGE, win_length=8, hop=hop),
    "stft_vjp": lambda hop: adjoints.stft_vjp(S, hop=hop, n_fft=16, length=400, sides="onesided"),
    "istft_vjp": lambda hop: adjoints.istft_vjp(X1, 101, hop=hop, n_fft=16, sides="onesided"),
    "ShortTimeFFT": lambda hop: stft.ShortTimeFFT(np.ones(8), hop, 1.0),
}
FIRSTS = {
    "stft": lambda first: stft.stft(X1, hop=4, n_fft=16, first=first, frames=2),
    "istft": lambda first: stft.istft(S[:, :2], hop=4, first=first, length=9),
    "spectrogram": lambda first: stft.spectrogram(X1, hop=4, n_fft=16, first=first, frames=2),
    "times": lambda first: stft.times(2, hop=4, n_fft=16, first=first),
    "convert_phase": lambda first: stft.convert_phase(S[:, :2], "start", "absolute", hop=4, n_fft=16, first=first),
    "stft_bins direct": lambda first: stft.stft_bins(X1, [1], hop=4, n_fft=16, first=first, frames=2, method="direct"),
    "stft_bins sliding": lambda first: stft.stft_bins(X1, [1], hop=4, n_fft=16, first=first, frames=2, method="sliding"),
    "one_integral_inverse": lambda first: stft.one_integral_inverse(S[:, :2], n_fft=16, first=first, length=9),
    "reassign": lambda first: stft.reassign(X1, hop=4, n_fft=16, first=first, frames=2),
    "synchrosqueeze": lambda first: stft.synchrosqueeze(X1, hop=4, n_fft=16, first=first, frames=2),
    "inverse_synchrosqueeze": lambda first: stft.inverse_synchrosqueeze(S[:, :2], n_fft=16, first=first, length=9),
    "griffin_lim": lambda first: stft.griffin_lim(A[:, :2], hop=4, first=first, iterations=1, length=9),
    "stft_vjp": lambda first: adjoints.stft_vjp(S[:, :2], hop=4, n_fft=16, length=9, sides="onesided", first=first),
    "istft_vjp": lambda first: adjoints.istft_vjp(X1, 2, hop=4, n_fft=16, sides="onesided", first=first),
}


class arrays_of_numbers(unittest.TestCase):
    def test_booleans_are_refused_by_name(self):
        for name, function in CALLS.items():
            wanted = name.split()[1]
            if wanted == "mask":
                continue  # which may be one of booleans
            with self.subTest(name=name), self.assertRaisesRegex(ValueError, f"^{wanted}: dtype bool: must be numbers"):
                function(lambda a: np.ones(a.shape, bool))

    def test_masked_values_are_refused_by_name(self):
        for name, function in CALLS.items():
            wanted = name.split()[1]
            with self.subTest(name=name), self.assertRaisesRegex(ValueError, f"^{wanted}: masked array: (1 of its values|must be)"):
                function(lambda a: np.ma.array(a, mask=np.arange(a.size).reshape(a.shape) == 0))

    def test_a_masked_mask_is_refused(self):
        mask = np.ma.array(np.ones((9, 1), bool), mask=np.arange(9)[:, None] == 2)
        with self.assertRaisesRegex(ValueError, "^mask: masked array: 1 of its values"):
            stft.multiply(X1, mask, hop=4, n_fft=16)

    def test_taps_of_blocks_are_numbers(self):
        for given, rule in ((np.ones(16, bool), "dtype bool"), (np.ma.array(np.ones(16), mask=np.arange(16) == 2), "masked array"),
                            (["1"] * 16, "dtype <U1"), ([None] * 16, "dtype object")):  # fmt: skip
            for block in stft.stft_fvc, stft.istft_vcf:
                with self.assertRaisesRegex(ValueError, f"^window: {rule}: must be"):
                    block(n_fft=16, hop=4, window=given)

    def test_bytes_of_the_other_order_are_the_same_numbers(self):
        for name, function in CALLS.items():
            with self.subTest(name=name):
                got, expected = (function(lambda a, order=order: a.astype(f"{order}{'c8' if a.dtype.kind == 'c' else 'f4'}")) for order in "><")
                got, expected = ([np.asarray(part) for part in (of if isinstance(of, tuple) else (of,)) if part is not None]
                                 for of in (got, expected))  # fmt: skip
                self.assertEqual([part.dtype for part in got], [part.dtype for part in expected])
                for one, other in zip(got, expected):
                    np.testing.assert_array_equal(one, other)

    def test_a_number_is_no_signal_and_no_spectrum(self):
        for name, function in CALLS.items():
            wanted = name.split()[1]
            if wanted in ("x", "v", "image", "X", "S", "G", "T", "magnitude", "a"):
                with self.subTest(name=name), self.assertRaisesRegex(ValueError, f"^{wanted}: .*: must "):
                    function(lambda a: 3.5)
        with self.assertRaisesRegex(ValueError, "^v: 0 dimensions: must have one or more"):
            adjoints.idstft_vjp(D, 12.0, T8, 3.5, n_fft=16, sides="onesided")

    def test_integers_are_taken_as_doubles(self):
        def rounded(dtype):
            return lambda a: np.round(4 * a.real).astype(dtype)

        for name, function in CALLS.items():
            if name.split()[1] in ("x", "v", "image", "X", "S", "G", "T", "magnitude", "a"):
                with self.subTest(name=name):
                    got, expected = ([np.asarray(part) for part in (of if isinstance(of, tuple) else (of,)) if part is not None]
                                     for of in (function(rounded(int)), function(rounded(float))))  # fmt: skip
                    self.assertEqual([part.dtype for part in got], [part.dtype for part in expected])
                    for one, other in zip(got, expected):
                        np.testing.assert_array_equal(one, other)
        got, expected = (adjoints.idstft_vjp(D, 12.0, T8, rounded(dtype)(X1[:30]), n_fft=16, sides="onesided").S for dtype in (int, float))
        np.testing.assert_array_equal(got, expected)

    def test_bins_that_do_not_fit_a_gradient_are_refused(self):
        with self.assertRaisesRegex(ValueError, "^G: 8 bins: must be 9, for n_fft 16 and sides onesided"):
            adjoints.stft_vjp(S[:8], hop=4, n_fft=16, length=400, sides="onesided")

    def test_nothing_masked_is_the_plain_array(self):
        for name, function in CALLS.items():
            plain, masked = function(lambda a: a), function(lambda a: np.ma.array(a))
            with self.subTest(name=name):
                self.assertNotIsInstance(masked, np.ma.MaskedArray)
                if isinstance(plain, np.ndarray):
                    np.testing.assert_array_equal(masked, plain)

    def test_lists_of_different_length_are_no_array(self):
        for name, function in CALLS.items():
            if name in ("multiply mask", "stft2d window", "ShortTimeFFT win"):
                continue  # two windows may be a pair, and SciPy's class has NumPy's words
            with self.subTest(name=name), self.assertRaisesRegex(ValueError, f"^{name.split()[1]}: .*: must be"):
                function(lambda a: [[1.0, 2.0], [3.0]])

    def test_result_is_not_put_over_what_is_transformed(self):
        T = stft.synchrosqueeze(X1, n_fft=16)[0]
        for call, result in (
            (lambda x, out: stft.stft(x, hop=4, n_fft=16, out=out), S),
            (lambda x, out: stft.spectrogram(x, hop=4, n_fft=16, out=out), A),
            (lambda x, out: stft.stft_bins(x, [1, 2], hop=1, n_fft=16, out=out), S[:2].repeat(4, axis=1)[:, :401]),
            (lambda x, out: stft.synchrosqueeze(x, n_fft=16, out=out), T),
        ):
            memory = np.zeros(result.size, result.dtype)
            out, x = memory.reshape(result.shape[::-1]).T, memory.view(float)[:400]
            with self.assertRaisesRegex(ValueError, "^out: memory of what is transformed: must lie apart from it"):
                call(x, out)
        for call, spectra in (
            (lambda X, out: stft.istft(X, hop=4, length=400, out=out), S),
            (lambda X, out: stft.inverse_synchrosqueeze(X, n_fft=16, length=400, out=out), T),
            (lambda X, out: stft.one_integral_inverse(X, n_fft=16, length=400, out=out), T),
        ):
            memory = spectra.T.copy()
            with self.assertRaisesRegex(ValueError, "^out: memory of what is transformed: must lie apart from it"):
                call(memory.T, memory.ravel().view(float)[-400:])
        memory = np.zeros(X2.size, X2.dtype)
        order = (0, 1, 4, 5, 2, 3)
        out = memory.reshape([X2.shape[n] for n in order]).transpose(0, 1, 4, 5, 2, 3)
        with self.assertRaisesRegex(ValueError, "^out: memory of what is transformed: must lie apart from it"):
            stft.stft2d(memory.view(float)[: IMAGE.size].reshape(IMAGE.shape), win_length=8, hop=4, out=out)
        apart = np.zeros((2, 400))  # rows of one array
        np.testing.assert_array_equal(stft.istft(S, hop=4, length=400, out=apart[1]), stft.istft(S, hop=4, length=400))

    def test_result_is_not_put_into_a_masked_array(self):
        out = np.ma.array(np.empty((5, 101)), mask=True)
        with self.assertRaisesRegex(ValueError, "^out: "):
            stft.spectrogram(X1, hop=4, n_fft=8, out=out)


class channels(unittest.TestCase):
    """They lie in front of the samples; soundfile and wavfile read them the other way round."""

    def test_samples_in_front_of_channels_are_warned_of(self):
        x = np.zeros((1000, 2))
        for call in (
            lambda x: stft.stft(x, n_fft=16), lambda x: stft.spectrogram(x, n_fft=16), lambda x: stft.synchrosqueeze(x, n_fft=16),
            lambda x: stft.time_stretch(x, 2.0, n_fft=16), lambda x: stft.reassign(x, n_fft=16, samp_rate=2.0), lambda x: stft.stft(x.T, n_fft=16, axis=0),
        ):  # fmt: skip
            with self.assertWarnsRegex(UserWarning, "1000 channels of 2 samples along axis -?[01]: if it holds 2 channels, give x.T$") as warned:
                call(x)
            self.assertEqual(Path(warned.filename).name, Path(__file__).name)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for shape in (2, 1000), (1000, 33), (999, 2), (5, 1000, 2):
                stft.stft(np.zeros(shape), n_fft=16)
            stft.stft(x, n_fft=16, axis=0)

    def test_functions_of_one_channel_say_how_to_take_one(self):
        for call in lambda x: stft.detect(x, 8000.0), lambda x: stft.envelope(x, 8000.0), lambda x: stft.machine_rows(x, fs=8000.0, bands="10:20"):
            for shape, hint in (((1000, 2), r"x\[:, 0\]"), ((2, 1000), r"x\[0\]")):
                with self.assertRaisesRegex(ValueError, rf"^x: shape \({shape[0]}, {shape[1]}\): must be one-dimensional: one channel of it is {hint}$"):
                    call(np.zeros(shape))
        with self.assertRaisesRegex(ValueError, r"^x: shape \(2, 5, 9\): must be one-dimensional$"):
            stft.detect(np.zeros((2, 5, 9)), 8000.0)


class other_kinds(unittest.TestCase):
    """What random arguments once ended with an error of another kind."""

    def test_complex_numbers_where_real_ones_are_due_are_refused_by_name(self):
        rows = np.ones((3, 16), complex)
        for name, call in {
            "rows": lambda: stft.noise_floor(rows), "rows ": lambda: stft.detect_rows(rows, n_fft=16),
            "limit": lambda: stft.alarm_levels(np.ones((1, 3)), 1j),
            "correlation": lambda: stft.spectral_kurtosis(np.ones((16, 9)), [1j]), "orders": lambda: stft.order_map(X1, 100.0, 10.0, [1j]),
        }.items():  # fmt: skip
            with self.subTest(name=name), self.assertRaisesRegex(ValueError, f"^{name.strip()}: dtype complex128: must be real"):
                call()

    def test_what_is_no_list_of_orders_is_refused_by_name(self):
        for orders in (-1, 2**31, "1"):
            with self.assertRaisesRegex(ValueError, "^orders: .*: must be a list"):
                stft.machine_rows(X1, 1.0, orders=orders)
        with self.assertRaisesRegex(ValueError, "^orders: dtype object: must be numbers"):
            stft.order_map(X1, 100.0, 10.0, {})

    def test_spectra_without_bins_have_no_gradient(self):
        with self.assertRaisesRegex(ValueError, "^S: 0 bins: "):
            adjoints.idstft_vjp(np.zeros((0, 8)), 12.0, T8, X1[:30], n_fft=16, sides="onesided")


class integers(unittest.TestCase):
    def test_true_is_no_hop(self):
        for name, function in HOPS.items():
            for value in (True, np.True_):
                with self.subTest(name=name, value=value), self.assertRaisesRegex(ValueError, "hop.*integer"):
                    function(value)

    def test_nor_any_other_number(self):
        for name, call in {
            "n_fft": lambda: stft.stft(X1, n_fft=True),
            "win_length": lambda: stft.stft(X1, n_fft=8, win_length=True),
            "first": lambda: stft.stft(X1, n_fft=8, first=False),
            "frames": lambda: stft.stft(X1, n_fft=8, frames=True),
            "phase": lambda: stft.stft(X1, n_fft=8, phase=True),
            "axis": lambda: stft.stft(X1, n_fft=8, axis=False),
            "workers": lambda: stft.stft(X1, n_fft=8, workers=True),
            "window": lambda: stft.stft(X1, True, n_fft=8),
            "fs": lambda: stft.stft(X1, n_fft=8, fs=True),
            "length": lambda: stft.istft(S, length=True),
            "average": lambda: stft.spectrogram(X1, average=True),
        }.items():
            with self.subTest(name=name), self.assertRaisesRegex(ValueError, f"^{name}: True|^{name}: False"):
                call()

    def test_integers_beyond_64_bits_are_refused(self):
        for name, function in HOPS.items():
            if name == "ShortTimeFFT":
                continue  # which uses its hop where there is a signal
            with self.subTest(name=name), self.assertRaisesRegex(ValueError, "hop"):
                function(2**64)


class far_ends(unittest.TestCase):
    def test_first_may_be_as_far_as_2_to_62(self):
        for name, function in FIRSTS.items():
            for first in (-(2**62), 2**62 - 64):
                with self.subTest(name=name, first=first):
                    result = function(first)
                    if name in ("stft", "istft", "spectrogram", "stft_bins direct", "stft_bins sliding", "griffin_lim"):
                        self.assertFalse(result.any(), "there is no sample so far out")

    def test_first_frames_farther_than_2_to_the_62_are_refused(self):
        for name, function in FIRSTS.items():
            for first in (2**62 + 1, -(2**62) - 1, 2**63 - 1, -(2**63), 2**63, 2**200):
                with self.subTest(name=name, first=first):
                    with self.assertRaisesRegex(ValueError, f"^first: {first}: must be -2\\^62 .. 2\\^62"):
                        function(first)

    def test_last_frame_counts_too(self):
        for name, function in FIRSTS.items():
            with self.subTest(name=name), self.assertRaisesRegex(ValueError, "^frames: 2: must begin at 2\\^62"):
                function(2**62)


class defaults(unittest.TestCase):
    def test_everything_has_one(self):
        np.testing.assert_array_equal(stft.stft(X1), stft.stft(X1, hop=256, n_fft=1024))
        np.testing.assert_array_equal(stft.spectrogram(X1), stft.spectrogram(X1, hop=256, n_fft=1024))
        taps = stft.sample_window("hann", 27)
        np.testing.assert_array_equal(stft.stft(X1, taps), stft.stft(X1, taps, hop=6, n_fft=27))
        np.testing.assert_array_equal(stft.stft(X1, n_fft=64, win_length=3), stft.stft(X1, n_fft=64, win_length=3, hop=1))
        np.testing.assert_array_equal(stft.times(4), np.arange(4) * 256)
        np.testing.assert_array_equal(stft.times(4, n_fft=64), np.arange(4) * 16)
        np.testing.assert_array_equal(stft.times(4, window=taps), np.arange(4) * 6)
        self.assertEqual(len(stft.frequencies()), 513)

    def test_inverse_has_the_same(self):
        x = RNG.standard_normal(3000)
        taps = stft.sample_window("hann", 27)
        for window, made in (("hann", {}), (taps, {}), ("hann", dict(n_fft=64)), ("hann", dict(n_fft=64, win_length=40))):
            X = stft.stft(x, window, **made)
            np.testing.assert_allclose(stft.istft(X, window, length=3000, **made), x, atol=1e-12)
        np.testing.assert_allclose(stft.istft(stft.stft(x * 1j), n_fft=1024, length=3000), x * 1j, atol=1e-12)

    def test_ambiguous_bins_are_refused_and_may_be_resolved(self):
        X = stft.stft(X1 * 1j, hop=8, n_fft=32)
        for call in (
            lambda **more: stft.istft(X, hop=8, **more),
            lambda **more: stft.griffin_lim(np.abs(X), hop=8, iterations=1, **more),
            lambda **more: stft.consistent(X, hop=8, **more),
        ):
            with self.assertRaisesRegex(ValueError, "^(X|magnitude): 32 bins: .* n_fft = 32, .* n_fft = 62: give n_fft or sides"):
                call()
            for more in (dict(n_fft=32), dict(sides="twosided"), dict(sides="centred")):
                self.assertTrue(np.iscomplexobj(call(**more)))
            for more in (dict(n_fft=62), dict(sides="onesided"), dict(win_length=62)):
                call(**more)
        with self.assertRaisesRegex(ValueError, "^T: 32 bins: "):
            stft.inverse_synchrosqueeze(X)
        with self.assertRaisesRegex(ValueError, "^X: 32 bins: "):
            stft.istft(X, np.ones(32), hop=8)
        self.assertEqual(stft.istft(X, np.ones(62), hop=8).dtype, np.float64)

    def test_spectrogram_returns_its_axes(self):
        made = dict(n_fft=32, hop=5, fs=8.0)
        f, t, P = stft.spectrogram(X1, axes=True, **made)
        np.testing.assert_array_equal(P, stft.spectrogram(X1, **made))
        np.testing.assert_array_equal(f, np.arange(17) / 4)
        np.testing.assert_array_equal(t, np.arange(P.shape[1]) * 5 / 8)
        got = stft.spectrogram(X1, axes=True, average=4, sides="centred", placement="left", frames=10, **made)
        self.assertEqual(got._fields, ("frequencies", "times", "S"))
        np.testing.assert_array_equal(got.frequencies, np.arange(-16, 16) / 4)
        # centres of frames 0 .. 3, 4 .. 7, and 8, 9
        np.testing.assert_allclose(got.times, [(16 + 7.5) / 8, (16 + 27.5) / 8, (16 + 42.5) / 8])


class names(unittest.TestCase):
    def test_centred_and_centered_are_the_same(self):
        same = np.testing.assert_array_equal
        for pair in (("centred", "centered"),):
            same(*(stft.stft(X1, placement=one) for one in pair))
            same(*(stft.spectrogram(X1, sides=one) for one in pair))
            same(*(stft.frequencies(8, sides=one) for one in pair))
            same(*(stft.filter_bank("hann", 8, 16, sides=one).responses for one in pair))
            same(*(stft.stft2d(IMAGE, win_length=8, n_fft=16, hop=4, offset=one) for one in pair))
            X = stft.stft(X1 * 1j, sides="centered", n_fft=16)
            same(*(stft.istft(X, sides=one) for one in pair))
            same(*(adjoints.stft_vjp(X, hop=4, n_fft=16, length=50, sides=one) for one in pair))
            same(*(losses.pooled(X, half_block=1, sides=one)[1] for one in pair))
        for pair in (("centre", "center"),):
            same(*(stft.stft(X1, phase=one) for one in pair))
            same(*(stft.convert_phase(S, "start", one) for one in pair))
            same(*(stft.dstft(X1[:32], 12.0, T8, n_fft=16, phase=one) for one in pair))
            same(*(stft.dstft(X1[:32], 12.0, T8, n_fft=16, convention=one) for one in pair))

    def test_blocks_take_both_spellings(self):
        for made in (
            stft.stft_fvc(16, 4, placement="centered", phase="center"),
            stft.spectrogram_fvf(16, 4, placement="centered"),
            stft.power_vcvf(16, "centred"),
            stft.phase_reference_vcvc(16, 4, 16, source="center", target="start", sides="centred"),
        ):
            self.assertTrue(made.name())
        with self.assertRaisesRegex(ValueError, "^phase: middle: must be start, centre or absolute"):
            stft.stft_fvc(16, 4, phase="middle")

    def test_centre_and_center_are_the_same_argument(self):
        for centred in (False, True):
            made = dict(win_length=8, hop=4)
            spelled = dict(made, center=centred), dict(made, centre=centred)
            for call in (
                lambda made: stft.stft2d(IMAGE, **made),
                lambda made: stft.istft2d(stft.stft2d(IMAGE, **made), shape=IMAGE.shape, strict=False, **made),
                lambda made: stft.stft2d_vjp(stft.stft2d(IMAGE, **made), shape=IMAGE.shape, **made),
            ):
                np.testing.assert_array_equal(*map(call, spelled))
        with self.assertRaisesRegex(ValueError, "^center: False: is given already, as centre = True$"):
            stft.stft2d(IMAGE, win_length=8, hop=4, centre=True, center=False)
        stft.stft2d(IMAGE, win_length=8, hop=4, centre=True, center=True)
        with self.assertRaisesRegex(ValueError, "^center: 'maybe': must be True or False$"):
            stft.stft2d(IMAGE, win_length=8, hop=4, center="maybe")
        self.assertIn("centre", inspect.signature(stft.stft2d).parameters)

    def test_every_function_with_fs_takes_samp_rate(self):
        found = [
            getattr(module, name)
            for module in (stft, adjoints, losses)
            for name in getattr(module, "__all__", dir(module))
            if inspect.isfunction(getattr(module, name)) and not name.startswith("_")
        ]
        found += [stft.ShortTimeFFT.__init__, stft.ShortTimeFFT.from_window, stft.ShortTimeFFT.from_dual]
        found += [stft.ShortTimeFFT.from_win_equals_dual]
        found = {one for one in found if "fs" in inspect.signature(one).parameters}
        self.assertGreaterEqual(len(found), 20)
        for function in found:
            self.assertEqual(getattr(function, "spellings", {}).get("samp_rate"), "fs", function.__qualname__)

    def test_samp_rate_is_fs(self):
        same = np.testing.assert_array_equal
        A9 = np.abs(stft.stft(X1, n_fft=16))
        for call in (
            lambda **rate: stft.stft(X1, n_fft=16, scaling="psd", **rate),
            lambda **rate: stft.istft(S, hop=4, scaling="psd", **rate),
            lambda **rate: stft.spectrogram(X1, n_fft=16, **rate),
            lambda **rate: stft.frequencies(16, **rate),
            lambda **rate: stft.times(3, **rate),
            lambda **rate: stft.stft_bins(X1, [1], n_fft=16, scaling="psd", **rate),
            lambda **rate: stft.reassigned_spectrogram(X1, n_fft=16, **rate),
            lambda **rate: stft.reassign(X1, n_fft=16, **rate)[2],
            lambda **rate: losses.tracking_mse(A9, np.zeros(A9.shape[1]), n_fft=16, **rate)[0],
            lambda **rate: stft.ShortTimeFFT(np.ones(4), 2, **rate).T,
            lambda **rate: stft.ShortTimeFFT.from_window("hann", nperseg=8, noverlap=4, **rate).f,
        ):
            one, other, both = call(fs=8.0), call(samp_rate=8.0), call(fs=8, samp_rate=8.0)
            same(other, one)
            same(both, one)
            self.assertFalse(np.array_equal(one, call(samp_rate=9.0)))
            with self.assertRaisesRegex(ValueError, "^samp_rate: 9.0: is given already, as fs = 8.0$"):
                call(fs=8.0, samp_rate=9.0)
        same(stft.frequencies(16, 8.0, samp_rate=8.0), stft.frequencies(16, 8.0))
        with self.assertRaisesRegex(ValueError, "^samp_rate: 9: is given already, as fs = 8.0$"):
            stft.frequencies(16, 8.0, samp_rate=9)
        with self.assertRaisesRegex(ValueError, "^samp_rate: -1: must be positive and finite$"):
            stft.stft(X1, samp_rate=-1)
        with self.assertRaisesRegex(TypeError, "rate"):
            stft.stft(X1, rate=8.0)

    def test_sampling_rate_is_called_fs(self):
        for value in (0, -1.0, float("nan"), "fast", None):
            for call in (
                lambda: stft.stft(X1, fs=value),
                lambda: stft.istft(S, fs=value),
                lambda: stft.spectrogram(X1, fs=value),
                lambda: stft.griffin_lim(A, fs=value),
                lambda: stft.filter_bank("hann", 8, 16, fs=value),
                lambda: stft.stft_bins(X1, [1], n_fft=8, fs=value),
                lambda: stft.reassign(X1, n_fft=8, fs=value),
                lambda: stft.times(3, fs=value),
            ):
                with self.assertRaisesRegex(ValueError, "^fs: .*: must be positive and finite"):
                    call()

    def test_complex_initial_values_are_no_phases(self):
        with self.assertRaisesRegex(ValueError, "^initial: complex128: must be phases in radians, such as np.angle"):
            stft.griffin_lim(A, hop=4, initial=S)


class kept_designs(unittest.TestCase):
    """A transform that was used before, for other samples, gives what a new one gives."""

    def test_no_call_leaves_a_trace(self):
        bad = np.full(400, np.nan)
        taps = stft.sample_window("hann", 20)
        designs = [dict(n_fft=32, win_length=20, phase=phase, hop=7) for phase in ("start", "centre", "absolute", 3)]
        for dtype in (np.float32, np.float64, np.complex64):
            x = X1.astype(dtype)
            for made in designs:
                whole = stft.stft(x, **made)
                y = stft.istft(whole, length=400, **made)
                stft.stft(bad.astype(dtype), **made)
                stft.istft(whole * np.nan, **made)
                stft.stft(x[:50], detrend="constant", **made)
                np.testing.assert_array_equal(stft.stft(x, **made), whole)
                np.testing.assert_array_equal(stft.stft(x, taps, **made), whole)  # a new window object
                np.testing.assert_array_equal(stft.istft(whole, length=400, **made), y)
                np.testing.assert_array_equal(stft.istft(whole, taps, length=400, **made), y)
            S1 = stft.dstft(x, 20.5, T8 + 0.3, n_fft=32)
            stft.dstft(bad.astype(dtype), 17.0, T8, n_fft=32, derivatives=("theta", "t"))
            np.testing.assert_array_equal(stft.dstft(x, 20.5, T8 + 0.3, n_fft=32), S1)

    def test_sums_that_run_on_do_so_within_a_call(self):
        for x, hop in ((X1.astype(np.float32), 0.375), (X1, 1.0), (X1 * 1j, 1.0)):
            bins = 128 if np.iscomplexobj(x) else 65
            t, theta = 150 + np.arange(20) * hop, RNG.uniform(100, 128, (bins, 1))
            first = [stft.dstft(x, theta, t[n : n + 1], n_fft=128) for n in range(20)]
            again = [stft.dstft(x, theta, t[n : n + 1], n_fft=128) for n in reversed(range(20))]
            np.testing.assert_array_equal(first, again[::-1])
            together = stft.dstft(x, theta, t, n_fft=128)
            np.testing.assert_array_equal(stft.dstft(x, theta, t, n_fft=128), together)
            self.assertFalse(np.array_equal(np.concatenate(first, axis=1), together), "or nothing was tried")

    def test_more_designs_than_are_kept(self):
        x = X1[:100]
        for _ in range(2):
            for n_fft in range(16, 60):
                frame = np.zeros(n_fft)
                frame[: min(n_fft, 100)] = x[:n_fft] * stft.sample_window("hann", n_fft)
                got = stft.stft(x, hop=n_fft, n_fft=n_fft, placement="left", phase="start", frames=1)[:, 0]
                np.testing.assert_allclose(got, np.fft.rfft(frame), atol=1e-12)

    def test_threads_have_one_each(self):
        x = RNG.standard_normal((8, 4000))
        expected = [stft.stft(row, hop=3, n_fft=64) for row in x]
        back = [stft.istft(X, hop=3) for X in expected]
        wrong = []

        def work(row):
            for _ in range(30):
                if not np.array_equal(stft.stft(x[row], hop=3, n_fft=64), expected[row]):
                    wrong.append(row)
                if not np.array_equal(stft.istft(expected[row], hop=3), back[row]):
                    wrong.append(row)

        threads = [threading.Thread(target=work, args=(row,)) for row in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_a_wrong_design_is_refused_each_time(self):
        for _ in range(3):
            with self.assertRaisesRegex(ValueError, "^scaling: loud: "):
                stft.stft(X1, n_fft=8, scaling="loud")
            stft.stft(X1, n_fft=8)


if __name__ == "__main__":
    unittest.main()
