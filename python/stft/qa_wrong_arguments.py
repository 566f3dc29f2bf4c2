#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of another type: ValueError with name, value and rule."""

import ast
import importlib.util
import re
import subprocess
import sys
import unittest
from pathlib import Path

import numpy as np
from gnuradio import stft

from qa_arguments import A, D, IMAGE, S, T8, X1, X2

WORDS = {
    "stft placement": lambda word: stft.stft(X1, n_fft=16, placement=word),
    "stft scaling": lambda word: stft.stft(X1, n_fft=16, scaling=word),
    "stft detrend": lambda word: stft.stft(X1, n_fft=16, detrend=word),
    "stft extend": lambda word: stft.stft(X1, n_fft=16, extend=word),
    "istft placement": lambda word: stft.istft(S, hop=4, placement=word),
    "spectrogram kind": lambda word: stft.spectrogram(X1, n_fft=16, kind=word),
    "spectrogram detrend": lambda word: stft.spectrogram(X1, n_fft=16, detrend=word),
    "times placement": lambda word: stft.times(3, placement=word),
    "stft_bins method": lambda word: stft.stft_bins(X1, [1], n_fft=16, method=word),
    "reassign kind": lambda word: stft.reassign(X1, n_fft=16, kind=word),
    "reassigned_spectrogram kind": lambda word: stft.reassigned_spectrogram(X1, n_fft=16, kind=word),
    "griffin_lim scaling": lambda word: stft.griffin_lim(A, hop=4, scaling=word),
    "dstft norm": lambda word: stft.dstft(X1[:32], 12.0, T8, n_fft=16, norm=word),
    "dstft derivatives": lambda word: stft.dstft(X1[:32], 12.0, T8, n_fft=16, derivatives=word),
    "dstft_vjp wrt": lambda word: stft.dstft_vjp(X1[:32], 12.0, T8, D, n_fft=16, wrt=word),
    "idstft norm": lambda word: stft.idstft(D, 12.0, T8, n_fft=16, length=30, norm=word),
    "learn norm": lambda word: stft.learn(X1, n_fft=32, hop=8, norm=word),
    "learn learn": lambda word: stft.learn(X1, n_fft=32, hop=8, share="constant", learn=word),
    "learn criterion": lambda word: stft.learn(X1, n_fft=32, hop=8, criterion=word),
    "multiply placement": lambda word: stft.multiply(X1, 1, n_fft=16, placement=word),
    "band_weights kind": lambda word: stft.band_weights(word, 16),
    "band_edges edges": lambda word: stft.band_edges("edges", edges=word),
    "stft2d pad": lambda word: stft.stft2d(IMAGE, win_length=8, hop=4, pad=word),
}
TRUTHS = {
    "spectrogram max_hold": lambda truth: stft.spectrogram(X1, n_fft=16, max_hold=truth),
    "spectrogram db": lambda truth: stft.spectrogram(X1, n_fft=16, db=truth),
    "spectrogram onesided_doubling": lambda truth: stft.spectrogram(X1, n_fft=16, onesided_doubling=truth),
    "spectrogram axes": lambda truth: stft.spectrogram(X1, n_fft=16, axes=truth),
    "reassign onesided_doubling": lambda truth: stft.reassign(X1, n_fft=16, onesided_doubling=truth),
    "sample_window symmetric": lambda truth: stft.sample_window("hann", 8, truth),
    "closest_dual_window scaled": lambda truth: stft.closest_dual_window(np.ones(16), 4, scaled=truth),
    "stft2d win_sqrt": lambda truth: stft.stft2d(IMAGE, win_length=8, hop=4, win_sqrt=truth),
    "stft2d centre": lambda truth: stft.stft2d(IMAGE, win_length=8, hop=4, centre=truth),
    "istft strict": lambda truth: stft.istft(S, hop=4, strict=truth),
    "griffin_lim strict": lambda truth: stft.griffin_lim(A, hop=4, strict=truth),
    "alarm_levels needs_speed": lambda truth: stft.alarm_levels(A[0], 1.0, needs_speed=truth),
    "istft2d strict": lambda truth: stft.istft2d(X2, shape=IMAGE.shape, win_length=8, hop=4, strict=truth),
    "idstft report": lambda truth: stft.idstft(D, 12.0, T8, n_fft=16, length=30, report=truth),
    "adapt spectra": lambda truth: stft.adapt(X1, n_fft=32, spectra=truth),
}
NUMBERS = {
    "istft threshold": lambda number: stft.istft(S, hop=4, threshold=number),
    "check_nola tol": lambda number: stft.check_nola("hann", 4, number, win_length=16),
    "check_nola win_length": lambda number: stft.check_nola("hann", 4, win_length=number),
    "times win_length": lambda number: stft.times(3, win_length=number),
    "synchrosqueeze threshold": lambda number: stft.synchrosqueeze(X1, n_fft=16, threshold=number),
    "griffin_lim momentum": lambda number: stft.griffin_lim(A, hop=4, momentum=number),
    "griffin_lim history": lambda number: stft.griffin_lim(A, hop=4, iterations=1, history=() if isinstance(number, list) else number),
    "band_weights fs": lambda number: stft.band_weights("linear", 16, number, bands=2),
    "hpss kernel_size": lambda number: stft.hpss(S, kernel_size=number),
    "hpss margin": lambda number: stft.hpss(S, margin=number),
    "time_stretch rate": lambda number: stft.time_stretch(X1, number, n_fft=16),
    "pitch_shift semitones": lambda number: stft.pitch_shift(X1, number, n_fft=16),
    "learn tol": lambda number: stft.learn(X1, n_fft=32, hop=8, tol=number),
    "learn max_iterations": lambda number: stft.learn(X1, n_fft=32, hop=8, max_iterations=number),
    "learn learning_rate": lambda number: stft.learn(X1, n_fft=32, hop=8, learning_rate=number),
    "learn alpha": lambda number: stft.learn(X1, n_fft=32, hop=8, alpha=number),
    "learn regularisation": lambda number: stft.learn(X1, n_fft=32, hop=8, regularisation=number),
    "learn part": lambda number: stft.learn(X1, n_fft=32, hop=8, part=number),
    "learn theta_max": lambda number: stft.learn(X1, n_fft=32, hop=8, theta_max=number),
}


class wrong_types(unittest.TestCase):
    """ValueError with name, value and rule, not the signatures of what is called in turn."""

    def refuses(self, functions, values):
        for name, function in functions.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    with self.assertRaisesRegex(ValueError, f"^{name.split()[1]}: .*: must "):
                        function(value)

    def test_what_is_no_known_word_is_refused(self):
        self.refuses(WORDS, ("none of them", 5, 2.5, True, ["psd"], {}))

    def test_what_is_no_string_is_refused_with_the_names_that_there_are(self):
        for name, function in WORDS.items():
            if name.split()[1] in ("scaling", "placement", "kind", "method", "norm", "detrend"):
                rules = set()
                for value in "none of them", 5, ["psd"]:
                    with self.assertRaises(ValueError) as refusal:
                        function(value)
                    rules.add(str(refusal.exception).partition(f"{value}: must ")[2])
                self.assertEqual(len(rules), 1, (name, rules))
                self.assertRegex(rules.pop(), r"^be \w+, .* or \w+", name)

    def test_what_is_no_truth_value_is_refused(self):
        self.refuses(TRUTHS, ("no", None, 2, 1.0, [], {}))
        for name, function in TRUTHS.items():
            for value in (True, False, np.True_, 0, 1):
                with self.subTest(name=name, value=value):
                    function(value)

    def test_what_is_no_number_is_refused(self):
        self.refuses(NUMBERS, ("0.5", [0.5, 1.0, 2.0], 1j, True))

    def test_no_window_is_none(self):
        for call in (lambda: stft.stft(X1, None, n_fft=16), lambda: stft.istft(S, None), lambda: stft.sample_window(None, 8),
                     lambda: stft.time_stretch(X1, 2, None), lambda: stft.pitch_shift(X1, 2, None)):  # fmt: skip
            with self.assertRaisesRegex(ValueError, "^window: None: must be a name, "):
                call()

    def test_what_others_take_in_another_place_is_pointed_to(self):
        for call, text in (
            (lambda: stft.stft(X1, 512), "^window: 512: must be a name, .*: n_fft=512$"),
            (lambda: stft.istft(S, np.int64(16)), "^window: 16: must be a name, .*: n_fft=16$"),
            (lambda: stft.band_levels(X1, 400, (10, 100)), r"^bands: \(10, 100\): must be a list of pairs in Hz: \[\(10, 1000\)\]$"),
            (lambda: stft.fault_frequencies("6205"), r"^geometry: '6205': must be \(balls, "),
            (lambda: stft.griffin_lim(S, hop=4), r"^magnitude: complex: must be real, as np.abs\(\) of spectra$"),
        ):
            with self.assertRaisesRegex(ValueError, text):
                call()

    def test_a_window_that_no_memory_holds_is_refused(self):
        with self.assertRaisesRegex(ValueError, r"^length: 1099511627776: must be 1 .. 2\^28$"):
            stft.sample_window("hann", 2**40)
        for function in stft.frame_bounds, stft.tight_window:
            with self.assertRaisesRegex(ValueError, r"^win_length: 1099511627776: must be 1 .. 2\^28 samples$"):
                function("hann", 4, 8, win_length=2**40)

    def test_results_that_no_process_can_have_are_refused_by_what_makes_them_so(self):
        x, X = np.zeros(100, np.float32), np.zeros((9, 40), np.complex64)
        long = np.zeros(2**21)
        many, made = 2**50, dict(hop=4, n_fft=16)
        for name, value, call in (
            ("frames", many, lambda: stft.stft(x, frames=many, **made)), ("frames", many, lambda: stft.spectrogram(x, frames=many, **made)),
            ("frames", many, lambda: stft.stft_bins(x, [1, 2], frames=many, **made)), ("frames", many, lambda: stft.times(many, hop=4)),
            ("frames", many, lambda: stft.reassign(x, frames=many, **made)), ("frames", many, lambda: stft.synchrosqueeze(x, frames=many, **made)),
            ("frames", many, lambda: stft.reassigned_spectrogram(x, frames=many, **made)),
            ("frames", many, lambda: stft.phase_derivatives(x, frames=many, **made)),
            ("n_fft", 2**27, lambda: stft.stft(long, hop=1, n_fft=2**27)), ("n_fft", 2**20, lambda: stft.stft2d(IMAGE, win_length=8, hop=1, n_fft=2**20)),
            ("n_fft", 2**28, lambda: stft.dstft(x, 16.0, np.zeros(2**18), n_fft=2**28)),
            ("length", many, lambda: stft.istft(X, length=many, strict=False, **made)), ("hop", 2**40, lambda: stft.istft(X, hop=2**40, strict=False, n_fft=16)),
            ("length", many, lambda: stft.griffin_lim(np.abs(X), length=many, **made)), ("hop", 2**40, lambda: stft.griffin_lim(np.abs(X), hop=2**40, n_fft=16)),
            ("length", many, lambda: stft.idstft(X[:, :2], 16.0, [0, 1], n_fft=16, length=many)),
            ("mfft", 2**27, lambda: stft.ShortTimeFFT(np.ones(16), 1, 1.0, mfft=2**27).stft(long)),
            ("mfft", 2**27, lambda: stft.ShortTimeFFT(np.ones(16), 1, 1.0, mfft=2**27).spectrogram(long, padding="edge")),
            ("hop", many, lambda: stft.ShortTimeFFT(np.ones(16), many, 1.0, dual_win=np.ones(16)).istft(X)),
            ("k1", many, lambda: stft.ShortTimeFFT(np.ones(16), many, 1.0, dual_win=np.ones(16)).istft(X, k1=many)),
            ("n", many, lambda: stft.ShortTimeFFT(np.ones(16), 4, 1.0).t(many)),
            ("length", many, lambda: stft.one_integral_inverse(X, n_fft=16, length=many)), ("length", many, lambda: stft.inverse_synchrosqueeze(X, length=many)),
        ):  # fmt: skip
            with self.assertRaisesRegex(ValueError, rf"^{name}: {value}: must give an array of at most 128 TiB, which a process can have, not [\de+.]+$"):
                call()

    def test_want_of_memory_has_words(self):
        code = "import resource; from gnuradio import stft; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); "
        for call in ("stft.griffin_lim([[1.0]] * 9, hop=4, n_fft=16, length=2**35, threshold=0)", "stft.stft([0.0], hop=4, n_fft=16, frames=2**35)"):
            ended = subprocess.run([sys.executable, "-c", code + call], capture_output=True, text=True, timeout=60)
            self.assertRegex(ended.stderr, r"MemoryError: (more is needed than there is; .*|Unable to allocate .*)\n\Z", call)

    def test_a_complex_window_needs_complex_samples_to_stretch(self):
        with self.assertRaisesRegex(ValueError, "^window: complex taps: must be real for real x$"):
            stft.time_stretch(X1, 2, np.ones(16) * 1j)

    def test_scipy_s_word_for_no_detrending(self):
        np.testing.assert_array_equal(stft.stft(X1, n_fft=16, detrend=False), stft.stft(X1, n_fft=16))

    def test_names_of_other_libraries_are_refused_with_ours(self):
        for call, given, words in (
            (stft.stft, dict(nperseg=16, noverlap=4), "'noverlap' (here: hop, which is win_length - noverlap), 'nperseg' (here: win_length); see"),
            (stft.spectrogram, dict(hop_length=4, sr=8), "spectrogram() got an unexpected keyword argument 'hop_length' (here: hop), 'sr' (here: fs); see"),
            (stft.pitch_shift, dict(n_steps=4, nonsense=1), "'n_steps' (here: semitones), 'nonsense'; see"),
            (stft.csd, dict(y=X1, nfft=4), "'nfft' (here: n_fft); see"),
            (stft.stft, dict(center=True), "'center' (here: placement); see"),
            (stft.pitch_shift, dict(sr=8), "'sr' (here: none, no rate is needed); see"),
            (stft.stft, dict(y=X1), "'y' (here: x); see"),
            (stft.stft, dict(overlap=0.5), "'overlap' (here: hop, from frame to frame); see"),
        ):
            with self.subTest(given=given), self.assertRaises(TypeError) as refusal:
                call(X1, **given)
            self.assertIn(words, str(refusal.exception))
        for call, given in (stft.stft, dict(hop_=4)), (stft.pitch_shift, dict(pad_mode="edge")):
            with self.assertRaises(TypeError) as refusal:
                call(X1, **given)
            self.assertEqual(str(refusal.exception), f"{call.__name__}() got an unexpected keyword argument {next(iter(given))!r}")

    def test_other_signatures_are_pointed_to_where_there_are_some(self):
        has = {}
        for module in "signal", "librosa", "torch":  # read, since one of them needs PyTorch
            source = Path(importlib.util.find_spec(f"gnuradio.stft.compat.{module}").origin).read_text(encoding="utf-8")
            has[module] = set(ast.literal_eval(re.search(r"^__all__ = (\[.*?\])", source, re.M | re.S)[1]))
        for function in stft.stft, stft.istft, stft.spectrogram, stft.csd, stft.coherence, stft.pitch_shift, stft.band_weights, stft.griffin_lim:
            name = function.__name__
            with self.assertRaises(TypeError) as refusal:
                function(nfft=4, n_fft=4, sr=8)
            _, _, pointed = str(refusal.exception).partition("; see docs/from_other_libraries.md")
            modules = re.findall("signal|librosa|torch", pointed.partition("compat: ")[2])
            self.assertEqual(modules, [module for module in has if name in has[module]], name)
            self.assertEqual(f"{name}() with" in pointed, bool(modules), pointed)

    def test_a_single_name_is_not_a_sequence_of_letters(self):
        S0, by_theta = stft.dstft(X1[:32], 12.0, T8, n_fft=16, derivatives="theta")
        self.assertEqual(S0.shape, by_theta.shape)
        gradients = stft.dstft_vjp(X1[:32], 12.0, T8, D, n_fft=16, wrt="theta")
        self.assertIsNone(gradients.x)
        self.assertIsNotNone(gradients.theta)


if __name__ == "__main__":
    unittest.main()
