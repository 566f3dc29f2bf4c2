#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Phases from magnitudes, and sounds at another speed: arrays, and blocks that equal them to the bit."""
import doctest
import math
import tracemalloc
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import tag, value
from gnuradio.stft import phases

N_FFT, HOP = 128, 16
BINS = N_FFT // 2 + 1
GAUSSIAN = ("gaussian", 14)


def chirp(length, dtype=np.float64):
    n = np.arange(length)
    cycles = 0.05 * n + 0.00005 * n**2
    return (np.exp(2j * np.pi * cycles) if np.dtype(dtype).kind == "c" else np.cos(2 * np.pi * cycles)).astype(dtype)


def noise(length, seed=1, dtype=np.float32):
    draw = np.random.default_rng(seed)
    x = draw.standard_normal(length)
    return (x + 1j * draw.standard_normal(length) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def likeness(a, b):
    """Share of the energy that two arrays have in common, up to a phase factor on one of them."""
    return abs(np.vdot(a, b)) / np.linalg.norm(a) / np.linalg.norm(b)


def rows_through(block, X, tags=(), at_most=None, commands=()):
    """Rows (bins, frames) through a block, and the tags after it."""
    bins = X.shape[0]
    made = blocks.vector_source_c if X.dtype.kind == "c" else blocks.vector_source_f
    source, sink = made(X.T.ravel().tolist(), False, bins, list(tags)), blocks.vector_sink_c(bins)
    if at_most:
        source.set_max_noutput_items(at_most)
        block.set_max_noutput_items(at_most)
    graph = gr.top_block()
    graph.connect(source, block, sink)
    for command in commands:
        block.to_basic_block()._post(pmt.intern("cmd"), command)
    graph.run()
    return np.reshape(np.array(sink.data(), np.complex64), (-1, bins)).T, sink.tags(), graph


def at(sample, **values):
    message = pmt.make_dict()
    for name, given in dict(values, at=sample).items():
        message = pmt.dict_add(message, pmt.intern(name), pmt.to_pmt(given))
    return message


class phases_of_arrays(unittest.TestCase):
    def test_phases_of_a_chirp_come_back(self):
        for dtype in (np.float32, np.float64, np.complex64, np.complex128):
            for method, look_ahead in (("pghi", 0), ("rtpghi", 0), ("rtpghi", 1)):
                for n_fft, phase in ((N_FFT, "centre"), (N_FFT + 7, "absolute")):
                    X = stft.stft(chirp(3000, dtype), GAUSSIAN, hop=HOP, win_length=N_FFT, n_fft=n_fft, phase=phase)
                    Y = stft.phase_from_magnitude(np.abs(X), GAUSSIAN, hop=HOP, win_length=N_FFT, n_fft=n_fft, phase=phase,
                                                  method=method, look_ahead=look_ahead)  # fmt: skip
                    self.assertEqual((Y.dtype, Y.shape), (X.dtype, X.shape))
                    self.assertGreater(likeness(X, Y), 0.99)
                    np.testing.assert_allclose(np.abs(Y), np.abs(X), rtol=1e-5, atol=1e-6)

    def test_phases_make_griffin_lim_begin_where_it_would_end(self):
        x = chirp(4000) + np.cos(1.1 * np.arange(4000)) + 0.1 * noise(4000)
        A = np.abs(stft.stft(x, hop=8, n_fft=N_FFT))
        history = {}
        for initial, iterations in (("pghi", 1), ("random", 50)):
            history[initial] = []
            stft.griffin_lim(A, hop=8, length=4000, iterations=iterations, initial=initial, history=history[initial])
        self.assertLess(history["pghi"][0], history["random"][-1])

    def test_phases_iterate_as_griffin_lim_does(self):
        for dtype, reference in ((np.float64, "centre"), (np.complex128, "absolute")):
            x = chirp(3000, dtype) + noise(3000, dtype=dtype)
            made = dict(hop=HOP, n_fft=N_FFT, phase=reference, sides="onesided" if dtype == np.float64 else "twosided")
            A = np.abs(stft.stft(x, GAUSSIAN, **made))
            distances = []
            for iterations in (0, 1, None):
                y = stft.istft(stft.phase_from_magnitude(A, GAUSSIAN, iterations=iterations, **made), GAUSSIAN, **made)
                same = dict(made, initial="pghi", iterations=3 if iterations is None else iterations)
                np.testing.assert_allclose(y, stft.griffin_lim(A, GAUSSIAN, **same), atol=1e-9)
                distances.append(np.linalg.norm(np.abs(stft.stft(y, GAUSSIAN, frames=A.shape[1], **made)) - A))
            self.assertLess(distances[1], 0.9 * distances[0])
            self.assertLess(distances[2], 0.95 * distances[1])

    def test_phases_of_frames_anywhere(self):
        A = np.abs(stft.stft(chirp(1500), hop=HOP, n_fft=N_FFT))
        expected = stft.phase_from_magnitude(A, hop=HOP, first=0)
        for first in (1, 5 * N_FFT + 3, 2**40):
            np.testing.assert_array_equal(stft.phase_from_magnitude(A, hop=HOP, first=first), expected)
        far = dict(hop=HOP, first=N_FFT << 40, phase="absolute")
        np.testing.assert_allclose(stft.phase_from_magnitude(A, **far), stft.phase_from_magnitude(A, hop=HOP, first=0, phase="absolute"))
        self.assertEqual(stft.phase_from_magnitude(A, hop=3 * N_FFT).shape, A.shape)  # frames that do not meet

    def test_phases_of_channels_are_theirs_in_any_number_of_threads(self):
        A = np.abs(stft.stft(np.array([noise(900, seed) for seed in range(6)]).reshape(2, 3, 900), hop=HOP, n_fft=N_FFT))
        for method in ("pghi", "rtpghi"):
            Y = stft.phase_from_magnitude(A, hop=HOP, method=method, workers=3)
            np.testing.assert_array_equal(Y[1, 2], stft.phase_from_magnitude(A[1, 2], hop=HOP, method=method))

    def test_phases_of_nothing(self):
        self.assertEqual(stft.phase_from_magnitude(np.zeros((BINS, 0)), hop=4).shape, (BINS, 0))
        self.assertEqual(stft.phase_from_magnitude(np.zeros((0, BINS, 3)), hop=4).shape, (0, BINS, 3))
        np.testing.assert_array_equal(stft.phase_from_magnitude(np.zeros((BINS, 3)), hop=4), 0)

    def test_a_look_ahead_of_pghi_is_refused(self):
        with self.assertRaisesRegex(ValueError, "^look_ahead: 1: is for method rtpghi"):
            stft.phase_from_magnitude(np.ones((BINS, 5)), hop=8, n_fft=N_FFT, look_ahead=1)

    def test_wrong_arguments_are_refused(self):
        A = np.ones((9, 11))
        for message, changed in {
            "magnitude: complex: must be real, as np.abs() of spectra": dict(magnitude=A + 0j),
            "magnitude: -1.0: must be 0 or more, and finite": dict(magnitude=-A),
            "magnitude: nan: must be 0 or more, and finite": dict(magnitude=A * np.nan),
            "magnitude: 1 dimensions: must be (..., bins, frames), which stft() makes of a signal": dict(magnitude=A[0]),
            "method: best: must be pghi or rtpghi": dict(method="best"),
            "look_ahead: 2: must be 0 or 1": dict(look_ahead=2),
            "iterations: -1: must be 0 or more": dict(iterations=-1),
            "iterations: 101: must be 0 .. 100": dict(method="rtpghi", iterations=101),
            "tolerance: 2: must be 0 .. 1": dict(tolerance=2),
            "seed: -1: must be 0 or more": dict(seed=-1),
            "window: complex taps: must be real: phases follow from magnitudes of even windows": dict(window=np.ones(9) * 1j),
        }.items():
            with self.assertRaises(ValueError) as caught:
                stft.phase_from_magnitude(**{**dict(magnitude=A, hop=4), **changed})
            self.assertEqual(str(caught.exception), message)


class phases_of_streams(unittest.TestCase):
    def test_a_stream_equals_the_array_in_pieces_of_any_size(self):
        for sides, dtype in (("onesided", np.float32), ("twosided", np.complex64), ("centered", np.complex64)):
            X = stft.stft(noise(3000, dtype=dtype), hop=HOP, n_fft=N_FFT, sides=sides)
            A = np.abs(X)
            for look_ahead, iterations in ((0, 0), (0, 1), (1, 0), (1, 2)):
                made = dict(look_ahead=look_ahead, iterations=iterations, seed=3, phase="absolute", tolerance=0.01, sides=sides)
                expected = stft.phase_from_magnitude(A, hop=HOP, n_fft=N_FFT, method="rtpghi", **made)
                for at_most in (None, 1, 7):
                    Y, _, _ = rows_through(stft.phase_from_magnitude_vfvc(N_FFT, HOP, **made), A, at_most=at_most)
                    np.testing.assert_array_equal(Y, expected)

    def test_streams_of_few_rows_and_a_second_run(self):
        for rows in (0, 1, 2):
            for look_ahead in (0, 1):
                A = np.abs(noise(BINS * rows)).reshape(BINS, rows)
                block = stft.phase_from_magnitude_vfvc(N_FFT, HOP, look_ahead=look_ahead)
                Y, _, _ = rows_through(block, A)
                self.assertEqual(Y.shape, A.shape)
                again, _, _ = rows_through(block, A)
                np.testing.assert_array_equal(Y, again)

    def test_a_chain_of_magnitudes_ends_in_samples(self):
        for look_ahead in (0, 1):
            x = chirp(6000, np.float32)
            tags = [tag(1234, "here", 5)]
            analysis = stft.stft_fvc(N_FFT, 8, GAUSSIAN)
            magnitude, sink = blocks.complex_to_mag(BINS), blocks.vector_sink_f()
            phase = stft.phase_from_magnitude_vfvc(N_FFT, 4, look_ahead=look_ahead)  # tags give hop and window
            graph = gr.top_block()
            graph.connect(blocks.vector_source_f(x.tolist(), False, 1, tags), analysis, magnitude, phase, stft.istft_vcf(N_FFT, 8, GAUSSIAN), sink)
            rows = blocks.vector_sink_c(BINS)
            graph.connect(phase, rows)
            graph.run()
            y = np.array(sink.data())
            self.assertEqual(len(y), len(x))
            self.assertEqual([offset for offset, _ in value(rows.tags(), "here")], [(1234 - 64) // 8 + 1])
            A, B = (np.abs(stft.stft(v, GAUSSIAN, hop=8, n_fft=N_FFT)) for v in (x, y))
            self.assertLess(np.linalg.norm(A - B), 0.05 * np.linalg.norm(A))

    def test_a_stream_follows_a_new_hop(self):
        X = [stft.stft(chirp(4000, np.float32), GAUSSIAN, hop=hop, n_fft=N_FFT)[:, 5:75] for hop in (8, 12)]
        # frame 5 of each; the second part starts where the first one ends
        starts = [5 * 8 - 64, 5 * 12 - 64]
        tags = [tag(0, "stft_first", starts[0]), tag(0, "stft_hop", 8), tag(70, "stft_first", starts[1]), tag(70, "stft_hop", 12)]
        for look_ahead in (0, 1):
            block = stft.phase_from_magnitude_vfvc(N_FFT, 16, GAUSSIAN, look_ahead=look_ahead)
            Y, after, _ = rows_through(block, np.abs(np.concatenate(X, 1)), tags)
            self.assertEqual(Y.shape, (BINS, 140))
            self.assertEqual(value(after, "stft_hop"), [(0, 8), (70, 12)])
            for part, got in zip(X, (Y[:, :70], Y[:, 70:])):
                self.assertGreater(likeness(part, got), 0.99)

    def test_an_n_fft_of_other_items_is_refused_and_later_tags_are_obeyed(self):
        A = np.abs(stft.stft(chirp(4000, np.float32), GAUSSIAN, hop=8, n_fft=N_FFT))[:, :60]
        late = [tag(30, "stft_first", 30 * 8 - 64), tag(30, "stft_hop", 12)]
        made = dict(hop=8, n_fft=N_FFT, window=GAUSSIAN, win_length=N_FFT)
        expected, _, _ = rows_through(stft.phase_from_magnitude_vfvc(**made), A, late)
        got, _, _ = rows_through(stft.phase_from_magnitude_vfvc(**made), A, [tag(0, "stft_n_fft", N_FFT + 1), *late])  # as many bins
        np.testing.assert_array_equal(got, expected)

    def test_the_tolerance_changes_at_a_sample(self):
        A = np.abs(stft.stft(noise(3000), hop=HOP, n_fft=N_FFT))
        made = dict(method="rtpghi", iterations=0)
        block = stft.phase_from_magnitude_vfvc(N_FFT, HOP, iterations=0)
        Y, _, _ = rows_through(block, A, commands=[at(50 * HOP - N_FFT // 2, tolerance=1.0)])
        np.testing.assert_array_equal(Y[:, :50], stft.phase_from_magnitude(A, hop=HOP, **made)[:, :50])
        silent = stft.phase_from_magnitude(A, hop=HOP, tolerance=1, **made)
        np.testing.assert_array_equal(Y[:, 50:], silent[:, 50:])
        self.assertEqual(block.tolerance(), 1)


    def test_what_is_not_given_is_the_same_for_arrays_and_streams(self):
        A = np.abs(stft.stft(noise(3000), hop=HOP, n_fft=N_FFT))
        Y, _, _ = rows_through(stft.phase_from_magnitude_vfvc(N_FFT, HOP), A)
        np.testing.assert_array_equal(Y, stft.phase_from_magnitude(A, hop=HOP, method="rtpghi"))
        self.assertTrue((Y != stft.phase_from_magnitude(A, hop=HOP, method="rtpghi", iterations=1)).any())


class magnitudes_of_any_size(unittest.TestCase):
    def test_they_have_spectra_of_these_magnitudes_that_fit_as_well_as_others(self):
        made = dict(hop=16, n_fft=64)
        A = np.abs(stft.stft(noise(600).astype(float), **made))
        A /= A.max()
        for dtype in np.float32, np.float64:
            distances = []
            for size in 1.0, float(np.finfo(dtype).max) * 0.99, float(np.finfo(dtype).tiny) * 1e6:
                B = (size * A).astype(dtype)
                X = stft.phase_from_magnitude(B, phase="absolute", **made).astype(np.complex128) / size
                np.testing.assert_allclose(np.abs(X), A, rtol=1e-5, atol=1e-6)
                y = stft.istft(X, phase="absolute", length=600, **made)
                distances.append(np.linalg.norm(np.abs(stft.stft(y, **made)) - A) / np.linalg.norm(A))
            np.testing.assert_allclose(distances, distances[0], rtol=0.2)

    def test_a_channel_depends_on_no_other(self):
        A = np.abs(stft.stft(noise(600), hop=16, n_fft=64))
        A /= A.max()
        faint, loud = A * np.float32(1e-35), A * np.float32(1e38)
        both = stft.phase_from_magnitude(np.stack([faint, loud]), hop=16, n_fft=64)
        np.testing.assert_array_equal(both[0], stft.phase_from_magnitude(faint, hop=16, n_fft=64))

    def test_sides_of_another_kind_are_refused(self):
        with self.assertRaisesRegex(ValueError, "^sides: "):
            stft.phase_from_magnitude(np.ones((9, 5)), sides=np.array(["onesided", "x"]))


class sounds_at_another_speed(unittest.TestCase):
    def test_rate_1_returns_a_stream_to_the_bit(self):
        x = noise(5000)
        for at_most in (None, 3):
            samples = []
            for vocoder in ([], [stft.phase_vocoder_vcvc(N_FFT, HOP)]):
                sink, graph = blocks.vector_sink_f(), gr.top_block()
                for block in vocoder:
                    if at_most:
                        block.set_max_noutput_items(at_most)
                source = blocks.vector_source_f(x.tolist(), False, 1, [tag(777, "here", 1)])
                graph.connect(source, stft.stft_fvc(N_FFT, HOP), *vocoder, stft.istft_vcf(N_FFT, HOP), sink)
                graph.run()
                samples.append((sink.data(), [(t.offset, pmt.write_string(t.key)) for t in sink.tags()]))
            self.assertEqual(*samples)
        np.testing.assert_array_equal(stft.time_stretch(x, 1), x)

    def test_a_stream_equals_the_array_in_pieces_of_any_size(self):
        for rate in (0.3, 0.75, 1.5, 4.0):
            for dtype in (np.float32, np.complex64):
                x = noise(4000, dtype=dtype)
                kind = "c" if np.dtype(dtype).kind == "c" else "f"
                sides = "twosided" if kind == "c" else "onesided"
                expected = stft.time_stretch(x, rate, hop=HOP, n_fft=N_FFT)
                for at_most in (None, 1):
                    block = stft.phase_vocoder_vcvc(N_FFT, HOP, rate, sides=sides)
                    if at_most:
                        block.set_max_noutput_items(at_most)
                    sink, graph = getattr(blocks, f"vector_sink_{kind}")(), gr.top_block()
                    source = getattr(blocks, f"vector_source_{kind}")(x.tolist())
                    graph.connect(source, getattr(stft, f"stft_{kind}vc")(N_FFT, HOP), block, getattr(stft, f"istft_vc{kind}")(N_FFT, HOP), sink)
                    graph.run()
                    y = np.array(sink.data(), dtype)
                    self.assertEqual(len(y), round(len(x) / rate))
                    np.testing.assert_array_equal(y, expected)

    def test_a_stream_ends_as_the_array_does(self):
        for n_fft, hop, length, rate in ((16, 2, 1, 0.5), (16, 2, 5, 0.5), (16, 3, 31, 0.3), (17, 3, 31, 0.3), (16, 3, 700, 0.01), (33, 4, 700, 2.7)):
            x, sink, graph = noise(length), blocks.vector_sink_f(), gr.top_block()
            graph.connect(blocks.vector_source_f(x.tolist()), stft.stft_fvc(n_fft, hop), stft.phase_vocoder_vcvc(n_fft, hop, rate), stft.istft_vcf(n_fft, hop), sink)
            graph.run()
            np.testing.assert_array_equal(np.array(sink.data(), np.float32), stft.time_stretch(x, rate, hop=hop, n_fft=n_fft))

    def test_the_length_that_is_told_is_the_length_that_comes_out(self):
        for placement in "centred", "left", "full":
            for rate, n_fft, hop, length in ((0.5, 5, 1, 200), (0.1, 64, 8, 200), (0.5, 32, 1, 50), (1.0, 16, 4, 33), (2.5, 64, 8, 200), (0.5, 8, 2, 3)):
                made = dict(placement=placement)
                vocoder, sink, rows, graph = stft.phase_vocoder_vcvc(n_fft, hop, rate, **made), blocks.vector_sink_f(), blocks.vector_sink_c(n_fft // 2 + 1), gr.top_block()
                graph.connect(blocks.vector_source_f(noise(length).tolist()), stft.stft_fvc(n_fft, hop, **made), vocoder, stft.istft_vcf(n_fft, hop, **made), sink)
                graph.connect(vocoder, rows)
                graph.run()
                with self.subTest(placement=placement, rate=rate, n_fft=n_fft, hop=hop, length=length):
                    self.assertEqual([told for _, told in value(rows.tags(), "stft_length")], [len(sink.data())])
                    self.assertLessEqual(abs(len(sink.data()) - length / rate), 0.5 if placement == "centred" else 0.5 + n_fft / min(rate, 1))

    def test_a_tone_keeps_its_amplitude_under_a_window_that_is_off_its_frames_centre(self):
        x = np.cos(np.arange(3000))
        slanted = np.hanning(64) * np.linspace(1, 2, 64)
        windows = ("hann", 65, (0.01, 0.03, 0.1)), (np.hanning(64), 64, (0.01, 0.03, 0.1)), (np.hanning(65), 65, (0.01, 0.03)), (slanted, 64, (0.1,))
        for window, n_fft, rates in windows:  # periodic, symmetric, symmetric about a sample, neither
            for rate in rates:
                y = stft.time_stretch(x, rate, window, n_fft=n_fft)
                middle = y[len(y) // 3 : len(y) // 3 + 4000]
                self.assertLess(abs(np.sqrt(2 * np.mean(middle**2)) - 1), 0.01)

    def test_speed_leaves_frequencies_and_pitch_leaves_the_duration(self):
        n = np.arange(12000)
        x = np.cos(0.5 * n)
        for rate in (0.6, 1.7):
            y = stft.time_stretch(x, rate, n_fft=512)
            self.assertEqual(len(y), round(12000 / rate))
            self.assertLess(np.std((y[2:] + y[:-2] - 2 * np.cos(0.5) * y[1:-1])[1000:-1000]), 0.005)
        for semitones in (-5, 0.5, 7):
            y = stft.pitch_shift(x, semitones, n_fft=512)
            omega = 0.5 * 2 ** (semitones / 12)
            self.assertEqual(len(y), 12000)
            self.assertLess(np.std((y[2:] + y[:-2] - 2 * np.cos(omega) * y[1:-1])[1000:-1000]), 0.005)
        z = stft.pitch_shift(np.exp(0.5j * n), 7, n_fft=512)  # and not its mirror image
        self.assertLess(np.std((z[1:] - z[:-1] * np.exp(0.5j * 2 ** (7 / 12)))[1000:-1000]), 0.02)

    def test_high_shifts_pass_in_pieces(self):
        n = np.arange(20000)
        for dtype, semitones in ((np.float64, 30), (np.float32, 36), (np.complex128, 55.5)):
            ratio = 2 ** (semitones / 12)
            omega = 1.2 / ratio
            x = (np.exp(1j * omega * n) if np.dtype(dtype).kind == "c" else np.cos(omega * n)).astype(dtype)
            tracemalloc.start()
            y = stft.pitch_shift(x, semitones, n_fft=512)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            self.assertEqual((y.shape, y.dtype), (x.shape, x.dtype))
            self.assertLess(np.std((y[2:] + y[:-2] - 2 * np.cos(1.2) * y[1:-1])[2000:-2000]), 0.01)
            self.assertLess(peak, 100 * x.nbytes)  # spectra of the stretched signal would take some hundred
        self.assertEqual(stft.pitch_shift(np.ones(3), -60, n_fft=16).shape, (3,))

    def test_channels_and_axes_are_kept(self):
        x = noise(3 * 1500).reshape(1500, 3)
        y = stft.time_stretch(x, 1.3, n_fft=256, axis=0, workers=2)
        self.assertEqual((y.shape, y.dtype), ((round(1500 / 1.3), 3), np.float32))
        np.testing.assert_array_equal(y[:, 1], stft.time_stretch(x[:, 1], 1.3, n_fft=256))
        self.assertEqual(stft.pitch_shift(x, 3, n_fft=256, axis=0).shape, x.shape)
        self.assertEqual(stft.time_stretch(np.zeros(0), 0.5).shape, (0,))
        self.assertEqual(stft.time_stretch(np.ones(1), 0.5, n_fft=16).shape, (2,))

    def test_what_is_not_finite_stays_in_its_frames(self):
        x = noise(12000)
        for bad in (np.nan, np.inf):
            x[5000] = bad
            for semitones in (-7, 0.5, 12):
                y = stft.pitch_shift(x, semitones, n_fft=256)
                wrong = np.flatnonzero(~np.isfinite(y))
                self.assertTrue(0 < wrong.size <= 1024 and abs(wrong.mean() - 5000) < 200, (semitones, wrong))

    def test_the_rate_changes_at_a_sample(self):
        X = stft.stft(chirp(4000, np.complex64), hop=HOP, n_fft=N_FFT)
        block = stft.phase_vocoder_vcvc(N_FFT, HOP, sides="twosided")
        Y, after, _ = rows_through(block, X, [tag(150, "here", 1)], commands=[at(100 * HOP - N_FFT // 2, rate=2.0)])
        frames = X.shape[1]
        self.assertEqual(Y.shape[1], 101 + (frames - 101) // 2)
        np.testing.assert_array_equal(Y[:, :101], X[:, :101])
        for j in (105, 115):
            self.assertGreater(likeness(np.abs(Y[:, j]), np.abs(X[:, 100 + 2 * (j - 100)])), 0.999)
        self.assertEqual(value(after, "here"), [(125, 1)])
        self.assertEqual(block.rate(), 2)

    def test_an_n_fft_of_other_items_is_refused_and_later_tags_are_obeyed(self):
        X = stft.stft(chirp(4000, np.float32), hop=HOP, n_fft=N_FFT)[:, :60]
        late = [tag(30, "stft_first", 30 * HOP - N_FFT // 2), tag(30, "stft_hop", 12)]
        made = lambda: stft.phase_vocoder_vcvc(N_FFT, HOP, rate=0.7, win_length=N_FFT)
        expected, _, _ = rows_through(made(), X, late)
        got, _, _ = rows_through(made(), X, [tag(0, "stft_n_fft", N_FFT + 1), *late])  # as many bins
        np.testing.assert_array_equal(got, expected)
        self.assertFalse(np.array_equal(expected, rows_through(made(), X)[0]))

    def test_a_stream_begins_anew_where_its_frames_do(self):
        X = noise(BINS * 60, dtype=np.complex64).reshape(BINS, 60)
        tags = [tag(0, "stft_first", -64), tag(30, "stft_first", 5000), tag(30, "stft_hop", 8)]
        Y, after, _ = rows_through(stft.phase_vocoder_vcvc(N_FFT, HOP, 0.5), X, tags)
        self.assertEqual(Y.shape[1], 59 + 59)
        self.assertEqual(value(after, "stft_first"), [(0, -64), (59, 59 * HOP - 64)])

    def test_wrong_arguments_are_refused(self):
        for message, call in {
            "rate: 0: must be 0.01 .. 100": lambda: stft.time_stretch(np.ones(9), 0),
            "semitones: nan: must be -60 .. 60": lambda: stft.pitch_shift(np.ones(9), math.nan),
            "rate: 200: must be 0.01 .. 100": lambda: stft.phase_vocoder_vcvc(64, 16, 200.0),
            "look_ahead: 3: must be 0 or 1": lambda: stft.phase_from_magnitude_vfvc(64, 16, look_ahead=3),
        }.items():
            with self.assertRaises(ValueError) as caught:
                call()
            self.assertEqual(str(caught.exception), message)


def load_tests(_, tests, __):
    tests.addTests(doctest.DocTestSuite(phases))
    return tests


if __name__ == "__main__":
    unittest.main()
