#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of bands: the filter banks of librosa and torchaudio from their formulas, third-octave levels, and the block."""

import unittest
import warnings

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_level_blocks import flow, pair, stream
from qa_monitor_blocks import tag


def mel_of_librosa(fs, n_fft, n_mels=128, f_min=0.0, f_max=None, htk=False, norm="slaney"):
    """The formulas of librosa.filters.mel, in double precision; torchaudio's melscale_fbanks has them transposed."""
    f_max = fs / 2 if f_max is None else f_max
    log_step = np.log(6.4) / 27

    def mel(f):
        if htk:
            return 2595 * np.log10(1 + f / 700)
        return 15 + np.log(f / 1000) / log_step if f >= 1000 else f / (200 / 3)

    z = np.linspace(mel(f_min), mel(f_max), n_mels + 2)
    linear = z * 200 / 3
    f = 700 * (10 ** (z / 2595) - 1) if htk else np.where(z >= 15, 1000 * np.exp(log_step * (z - 15)), linear)
    ramps = f[:, None] - np.arange(n_fft // 2 + 1) * fs / n_fft
    lower, upper = -ramps[:-2] / np.diff(f)[:-1, None], ramps[2:] / np.diff(f)[1:, None]
    weights = np.maximum(0, np.minimum(lower, upper))
    return weights * (2 / (f[2:] - f[:-2]))[:, None] if norm else weights


def row_block(*arguments, **given):
    return stft.band_weights_vfvf(*arguments, **given)


class band_weights(unittest.TestCase):
    def test_mel_bands_are_those_of_librosa_and_torchaudio(self):
        for fs, n_fft, count in ((22050, 2048, 128), (16000, 400, 40), (8000, 255, 11)):
            for f_min, f_max in ((0.0, None), (125.0, 3800.0)):
                for scale in "slaney", "htk":
                    for norm in "slaney", None:
                        wanted = mel_of_librosa(fs, n_fft, count, f_min, f_max, scale == "htk", norm)
                        with warnings.catch_warnings():
                            warnings.simplefilter("ignore")
                            found = stft.band_weights("mel", n_fft, fs, bands=count, f_min=f_min, f_max=f_max, norm=norm or "none",
                                                      mel_scale=scale)  # fmt: skip
                        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)

    def test_a_band_without_a_bin_is_warned_of(self):
        with self.assertWarnsRegex(UserWarning, r"^\d+ of 128 bands hold no bin"):
            weights = stft.band_weights("mel", 256, 16000)
        self.assertTrue((weights.sum(axis=1) == 0).any())

    def test_third_octaves_of_a_signal_hold_its_power(self):
        """A tone of 1 kHz is in its third-octave, whose level is its rms; white noise has 10^0.1 times as much power in each next band."""
        fs = 16000
        t = np.arange(4 * fs) / fs
        edges = stft.band_edges("octave", fs, f_min=100, f_max=5000)
        tone = stft.band_levels(np.cos(2 * np.pi * 1000 * t), fs, edges[:, ::2]).levels
        at = int(np.argmin(abs(edges[:, 1] - 1000)))
        np.testing.assert_allclose(tone[at], np.sqrt(0.5), rtol=1e-3)
        self.assertLess(np.max(np.delete(tone, at, axis=0)), 1e-3)
        noise = np.random.default_rng(1).standard_normal(60 * fs)
        power = np.mean(stft.band_levels(noise, fs, edges[:, ::2]).levels ** 2, axis=1)
        np.testing.assert_allclose(power, (edges[:, 2] - edges[:, 0]) * 2 / fs, rtol=0.1)

    def test_weights_on_rows_are_the_levels_squared(self):
        fs, n_fft = 8000, 1000
        x = np.random.default_rng(2).standard_normal(9000)
        P = stft.spectrogram(x, hop=500, n_fft=n_fft, fs=fs)
        given = dict(f_min=100, f_max=3000)
        sums = stft.apply_band_weights(P, stft.band_weights("octave", n_fft, fs, **given)) * fs / n_fft
        levels = stft.band_power(P, fs, stft.band_edges("octave", fs, **given)[:, ::2], n_fft=n_fft)
        np.testing.assert_allclose(sums, levels**2, rtol=1e-12)

    def test_sums_are_the_matrix_product(self):
        draw = np.random.default_rng(3)
        weights = draw.random((7, 33)) * (draw.random((7, 33)) > 0.6)
        for shape in (33, 5), (2, 3, 33, 4), (33, 0), (0, 33, 2):
            for dtype, limit in ((np.float32, 1e-6), (np.float64, 1e-13), (np.int32, 1e-13)):
                P = (1000 * draw.random(shape)).astype(dtype)
                for view in P, np.asfortranarray(P), P[..., ::-1]:
                    found = stft.apply_band_weights(view, weights)
                    self.assertEqual(found.dtype, np.float32 if dtype == np.float32 else np.float64)
                    np.testing.assert_allclose(found, weights @ view.astype(float), rtol=limit)

    def test_what_is_not_finite_stays_in_its_bands_and_row(self):
        weights = stft.band_weights("erb", 512, 16000, bands=20)
        P = np.ones((257, 3))
        P[100, 1] = np.nan
        found = stft.apply_band_weights(P, weights)
        self.assertTrue(np.isfinite(found[:, [0, 2]]).all())
        np.testing.assert_array_equal(np.isnan(found[:, 1]), weights[:, 100] > 0)

    def test_gains_pass(self):
        weights = stft.band_weights("bark", 512, 16000, bands=20, norm="area")
        P = np.random.default_rng(4).random((257, 3)).astype(np.float32)
        for gain in 2.0**-20, 2.0**20:
            np.testing.assert_array_equal(stft.apply_band_weights(np.float32(gain) * P, weights), gain * stft.apply_band_weights(P, weights))

    def test_edges_are_where_weights_begin_and_end(self):
        for kind in "mel", "bark", "erb", "linear", "octave":
            given = dict(f_min=500.0, f_max=7000.0, bands=None if kind == "octave" else 9)
            edges = stft.band_edges(kind, 16000, **given)
            weights = stft.band_weights(kind, 16000, 16000, **given)
            hertz = np.arange(8001)
            for (lower, centre, upper), row in zip(edges, weights):
                self.assertTrue((row[(hertz > lower + 1) & (hertz < upper - 1)] > 0).all())
                self.assertTrue((row[(hertz < lower - 1) | (hertz > upper + 1)] == 0).all())
                self.assertAlmostEqual(row[int(round(centre))], 1, delta=0.02)

    def test_the_spelling_samp_rate_is_read(self):
        np.testing.assert_array_equal(stft.band_edges("mel", samp_rate=8000), stft.band_edges("mel", 8000))

    def test_defaults_fit_those_of_a_spectrogram(self):
        P = stft.spectrogram(np.random.default_rng(8).standard_normal(4000), fs=8000)
        bands = stft.apply_band_weights(P, stft.band_weights("linear", fs=8000, bands=4, norm="none"))
        np.testing.assert_allclose(bands.sum(axis=0), P.sum(axis=0), rtol=1e-12)

    def test_scales_of_hearing_need_a_rate_at_which_one_hears(self):
        for function in stft.band_weights, stft.band_edges:
            for kind in "mel", "bark", "erb":
                for given, said in (({}, "fs: 1"), (dict(fs=40.0), "fs: 40"), (dict(samp_rate=16), "samp_rate: 16")):
                    with self.assertRaisesRegex(ValueError, f"^{said}: must be above 40 Hz for mel, bark and erb: "):
                        function(kind, **given)
        self.assertEqual(stft.band_weights("linear", 16, bands=2).shape, (2, 9))

    def test_what_is_wrong_is_refused_by_name(self):
        for given, text in (
            (dict(kind="mell"), "kind: mell: must be mel, bark"),
            (dict(kind="weights"), "kind: weights: "),
            (dict(fs=0), "fs: 0"),
            (dict(n_fft=1), "n_fft: 1"),
            (dict(bands=-1), "bands: -1"),
            (dict(kind="linear"), "bands: 0"),
            (dict(f_min=5000), "f_min: 5000"),
            (dict(f_max=5000), "f_max: 5000"),
            (dict(norm="l2"), "norm: l2: must be none, area or sum"),
            (dict(mel_scale="bark"), "mel_scale: bark: must be slaney or htk"),
            (dict(shape="round"), "shape: round"),
            (dict(kind="octave", per_octave=0), "per_octave: 0"),
            (dict(kind="edges"), "edges: 0 frequencies"),
        ):
            with self.assertRaisesRegex(ValueError, f"^{text}"):
                stft.band_weights(**{**dict(kind="mel", n_fft=512, fs=8000), **given})
        with self.assertRaisesRegex(ValueError, "^f_min: 0"):
            stft.band_edges("octave", 8000)
        P, W = np.ones((5, 2)), np.ones((3, 5))
        for wrong, text in (
            ((P[0], W), "power: "),
            ((P * 1j, W), "power: dtype complex128"),
            ((P, W[0]), "weights: "),
            ((P[:4], W), r"power: 4 bins \(n_fft 6 or 7\): must be as many as weights has, 5 bins \(n_fft 8 or 9\): give both the same n_fft$"),
            ((P[:1], W), r"power: 1 bins: must be as many as weights has, 5 bins"),
            ((P, -W), "weights: -1: must be finite, and not negative"),
            ((P, W * np.inf), "weights: inf: "),
            ((P, W[:0]), "weights: "),
        ):
            with self.assertRaisesRegex(ValueError, f"^{text}"):
                stft.apply_band_weights(*wrong)


class band_weights_vfvf(unittest.TestCase):
    rows = np.random.default_rng(5).random((500, 129)).astype(np.float32)

    def test_it_equals_the_array_function_in_pieces_and_on_a_second_run(self):
        for given in (dict(bands=20), dict(kind="octave", f_min=300.0), dict(kind="edges", edges=[0.0, 333.3, 4000.0]), dict(norm="area", bands=9)):
            expected = stft.apply_band_weights(self.rows.T, stft.band_weights(**{"kind": "mel", **given}, n_fft=256, fs=8000)).T
            for pieces in False, True:
                f = flow(row_block(256, samp_rate=8000, **given), stream(self.rows), pieces=pieces)
                self.assertEqual(f.block.bands(), expected.shape[1])
                np.testing.assert_array_equal(f.run().rows, expected)
                np.testing.assert_array_equal(f.again().rows, expected)

    def test_weights_of_ones_own(self):
        weights = np.random.default_rng(6).random((4, 129)) * (np.arange(129) % 5 < 2)
        f = flow(row_block(256, "weights", weights=weights.ravel().tolist()), stream(self.rows)).run()
        np.testing.assert_array_equal(f.rows, stft.apply_band_weights(self.rows.T, weights).T)

    def test_short_streams(self):
        for count in 0, 1:
            self.assertEqual(len(flow(row_block(256, bands=9, samp_rate=8000), stream(self.rows[:count].reshape(count, 129))).run().rows), count)

    def test_behind_a_spectrogram_the_rate_of_its_rows_counts(self):
        x = np.random.default_rng(7).standard_normal(5000).astype(np.float32)
        block, sink, graph = row_block(256, bands=12, samp_rate=9000.0, f_max=3000.0), blocks.vector_sink_f(12), gr.top_block()
        graph.connect(blocks.vector_source_f(x.tolist()), stft.spectrogram_fvf(256, 128, samp_rate=8000), block, sink)
        graph.run()
        wanted = stft.apply_band_weights(stft.spectrogram(x, hop=128, n_fft=256, fs=8000), stft.band_weights("mel", 256, 8000, bands=12, f_max=3000))
        np.testing.assert_array_equal(np.reshape(sink.data(), (-1, 12)), wanted.T)

    def test_behind_a_spectrogram_without_a_rate_its_own_counts(self):
        given, sink, graph = dict(bands=12, samp_rate=8000.0), blocks.vector_sink_f(12), gr.top_block()
        x = np.random.default_rng(7).standard_normal(5000).astype(np.float32)
        graph.connect(blocks.vector_source_f(x.tolist()), stft.spectrogram_fvf(256, 128), row_block(256, **given), sink)
        graph.run()
        wanted = stft.apply_band_weights(stft.spectrogram(x, hop=128, n_fft=256), stft.band_weights("mel", 256, 8000, bands=12))
        np.testing.assert_array_equal(np.reshape(sink.data(), (-1, 12)), wanted.T)

    def test_tags_stay_on_their_rows_and_those_of_bins_end(self):
        tags = [tag(0, "stft_n_fft", pmt.from_long(256)), tag(0, "rx_rate", pmt.from_double(62.5)), tag(7, "mark", pmt.from_long(3)),
                tag(499, "stft_length", pmt.from_uint64(9)), tag(499, "mark", pmt.from_long(4))]  # fmt: skip
        f = flow(row_block(256, bands=9, samp_rate=8000), stream(self.rows, *tags)).run()
        self.assertEqual(f.tags, [(0, "rx_rate", 62.5), (7, "mark", 3), (499, "mark", 4)])

    def test_a_rate_that_would_change_the_bands_number_is_ignored(self):
        given = dict(kind="octave", f_min=300.0, f_max=2000.0)
        tags = [tag(0, "stft_samp_rate", pmt.from_double(8000.0)), tag(100, "stft_samp_rate", pmt.from_double(6000.0)),
                tag(200, "stft_samp_rate", pmt.from_double(1000.0)), tag(300, "stft_samp_rate", pmt.intern("x"))]  # fmt: skip
        f = flow(row_block(256, samp_rate=9000.0, **given), stream(self.rows, *tags)).run()
        at = [stft.apply_band_weights(self.rows.T, stft.band_weights(n_fft=256, fs=fs, **given)).T for fs in (8000.0, 6000.0)]
        np.testing.assert_array_equal(f.rows, np.concatenate([at[0][:100], at[1][100:]]))

    def test_its_range_changes_by_setter_and_message(self):
        block = row_block(256, samp_rate=8000, bands=9)
        self.assertEqual((block.f_min(), block.f_max()), (0, 4000))
        block.set_f_min(100.0)
        block.change(f_max=3000.0)
        with self.assertRaisesRegex(ValueError, "^f_max: 50"):
            block.set_f_max(50.0)
        with self.assertRaisesRegex(ValueError, "^at: 3"):
            block.change(f_min=0.0, at=3)
        self.assertEqual((block.f_min(), block.f_max()), (100, 3000))
        f = flow(block, stream(self.rows))
        wanted = stft.apply_band_weights(self.rows.T, stft.band_weights("mel", 256, 8000, bands=9, f_min=100, f_max=3000)).T
        np.testing.assert_array_equal(f.run(pair("f_min", pmt.from_long(-3)), pmt.intern("nonsense")).rows, wanted)
        octaves = row_block(256, "octave", samp_rate=8000, f_min=300.0)
        with self.assertRaisesRegex(ValueError, "^bands: 6: must stay 11"):
            octaves.set_f_max(1000.0)

    def test_its_range_fits_the_rate_of_tags_and_that_of_the_next_run(self):
        block = row_block(1024, "octave", samp_rate=48000.0, per_octave=1, f_min=23.0, f_max=300.0)
        graph = flow(block, stream(np.ones((20, 513), np.float32), tag(0, "stft_samp_rate", pmt.from_double(1000.0))))
        self.assertEqual(graph.run().rows.shape, (20, 4))
        with self.assertRaisesRegex(ValueError, "^bands: 5: must stay 4"):
            block.set_f_max(400.0)  # one band more, but not of 1000 Hz, which end within it
        mel = row_block(1024, samp_rate=1000.0, bands=5)
        flow(mel, stream(np.ones((20, 513), np.float32), tag(0, "stft_samp_rate", pmt.from_double(48000.0)))).run()
        with self.assertRaisesRegex(ValueError, "^f_max: 10000: must be at most half the sample rate"):
            mel.set_f_max(10000.0)

    def test_the_block_refuses_what_is_wrong(self):
        for given in (dict(n_fft=1), dict(kind="x"), dict(bands=2**17), dict(samp_rate=0), dict(samp_rate=1), dict(f_min=5000), dict(per_octave=0, kind="octave"),
                      dict(weights=[1.0], kind="weights")):  # fmt: skip
            with self.assertRaisesRegex(ValueError, rf"^{next(iter(given))}: "):
                row_block(**{**dict(n_fft=256, samp_rate=8000), **given})


if __name__ == "__main__":
    unittest.main()
