#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Noise taken out of arrays and streams: the block equals the array, pieces equal the whole, changes, events, refusals."""
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import tag, two_runs

N_FFT, HOP = 128, 32
BINS = N_FFT // 2 + 1
DTYPES = np.float32, np.float64, np.complex64, np.complex128


def noisy(length, dtype=np.float32, seed=1):
    """A keyed tone in noise."""
    draw = np.random.default_rng(seed)
    n = np.arange(length)
    x = 2 * np.cos(0.3 * n) * (n % 2000 < 900) + draw.standard_normal(length)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * draw.standard_normal(length)
    return x.astype(dtype)


def chain(x, *gains, n_fft=N_FFT, hop=HOP, tags=(), commands=(), **frames):
    """Samples through stft, blocks of gains, and istft."""
    is_complex = x.dtype.kind == "c"
    kind = "c" if is_complex else "f"
    source = getattr(blocks, f"vector_source_{kind}")(x.tolist(), False, 1, list(tags))
    sink = getattr(blocks, f"vector_sink_{kind}")()
    forward = (stft.stft_cvc if is_complex else stft.stft_fvc)(n_fft, hop, **frames)
    inverse = (stft.istft_vcc if is_complex else stft.istft_vcf)(n_fft, hop, **frames)
    graph = gr.top_block()
    graph.connect(source, forward, *gains, inverse, sink)
    for block, command in commands:
        block.to_basic_block()._post(pmt.intern("cmd"), command)
    graph.run()
    return np.array(sink.data(), x.dtype), graph


def rows_through(gain, X, tags=()):
    """Spectra (bins, frames) through a block of gains, and the tags after it."""
    bins = X.shape[0]
    source = blocks.vector_source_c(X.T.ravel().tolist(), False, bins, list(tags))
    sink = blocks.vector_sink_c(bins)
    graph = gr.top_block()
    graph.connect(source, gain, sink)
    graph.run()
    return np.reshape(np.array(sink.data(), np.complex64), (-1, bins)).T, sink.tags(), graph


def message(**values):
    dictionary = pmt.make_dict()
    for name, value in values.items():
        dictionary = pmt.dict_add(dictionary, pmt.intern(name), pmt.to_pmt(value))
    return dictionary


class Arrays(unittest.TestCase):
    def test_it_is_transform_gain_and_inverse(self):
        for dtype in DTYPES:
            for settings in dict(), dict(method="log_mmse", tracking="floor"), dict(method="subtraction", gain_floor=-40, smoothing=5):
                x = noisy(3001, dtype)
                y = stft.denoise(x, hop=24, n_fft=100, **settings)
                X = stft.stft(x, hop=24, n_fft=100)
                Y = stft.denoise_spectra(X, hop=24, n_fft=100, **settings)
                self.assertEqual((y.dtype, y.shape), (x.dtype, x.shape))
                np.testing.assert_array_equal(y, stft.istft(Y, hop=24, n_fft=100, length=3001))

    def test_frames_may_begin_anywhere(self):
        X = stft.stft(noisy(3000), n_fft=N_FFT, first=0, frames=50)
        kernel = stft.stft_python.kernels.spectral_gain_complex64(n_fft=N_FFT, hop=HOP, learn=10)
        kernel.begin_at(0)
        expected = kernel.apply(np.ascontiguousarray(X.T))[0].T
        np.testing.assert_array_equal(stft.denoise_spectra(X, n_fft=N_FFT, first=0, learn=10), expected)
        np.testing.assert_allclose(kernel.noise, np.mean(np.abs(X[:, :10]) ** 2, axis=1), rtol=1e-5)
        self.assertGreater(np.max(np.abs(stft.denoise_spectra(X, n_fft=N_FFT, learn=10) - expected)), 1e-3)  # first is -64 there

    def test_pieces_equal_the_whole(self):
        for dtype in DTYPES:
            for placement in "centred", "left", "full":
                x = noisy(5000, dtype)
                whole = stft.denoise(x, n_fft=N_FFT, placement=placement)
                for sizes in ([1] * 200 + [4800], [7, 1000, 1, 0, 3992], [5000]):
                    d = stft.Denoiser(n_fft=N_FFT, placement=placement, dtype=dtype)
                    parts = [d.push(part) for part in np.split(x, np.cumsum(sizes)[:-1])]
                    np.testing.assert_array_equal(np.concatenate([*parts, d.finish()]), whole)

    def test_short_signals(self):
        for length in 0, 1, 2, 3:
            y = stft.denoise(noisy(length), n_fft=N_FFT)
            self.assertEqual((y.shape, y.dtype, bool(np.all(np.isfinite(y)))), ((length,), np.float32, True))

    def test_channels_axis_and_workers(self):
        x = np.stack([noisy(3000, seed=s) for s in range(6)]).reshape(2, 3, 3000)
        y = stft.denoise(x, n_fft=N_FFT, workers=3)
        for i in range(2):
            for j in range(3):
                np.testing.assert_array_equal(y[i, j], stft.denoise(x[i, j], n_fft=N_FFT))
        np.testing.assert_array_equal(stft.denoise(np.moveaxis(x, -1, 0), n_fft=N_FFT, axis=0), np.moveaxis(y, -1, 0))

    def test_noise_is_learned_from_a_stretch_of_each_channel(self):
        fs = 1000
        x = np.stack([noisy(6000), 10 * noisy(6000, seed=2)])
        y = stft.denoise(x, n_fft=N_FFT, fs=fs, noise=(1.0, 1.9))
        for channel in 0, 1:
            power = stft.noise_power(x[channel, 1000:1900], n_fft=N_FFT)
            self.assertEqual(power.shape, (BINS,))
            np.testing.assert_array_equal(y[channel], stft.denoise(x[channel], n_fft=N_FFT, noise=power))
            frames = stft.stft(x[channel, 1000:1900], n_fft=N_FFT, placement="left")
            whole = (900 - N_FFT) // HOP + 1
            np.testing.assert_allclose(power, np.mean(np.abs(frames[:, :whole]) ** 2, axis=1), rtol=1e-5)

    def test_noise_goes_and_the_signal_stays(self):
        draw = np.random.default_rng(3)
        n = np.arange(40000)
        clean = np.sin(0.05 * n) * (n % 4000 > 2500) + 0.7 * np.sin(0.4 * n) * (n % 3000 > 2000)
        x = clean + 0.3 * draw.standard_normal(n.size)
        for method, least in (("wiener", 7), ("log_mmse", 7), ("subtraction", 4)):
            for settings in dict(), dict(noise=(0.0, 1900.0)), dict(learn=10), dict(tracking="floor"):
                y = stft.denoise(x, n_fft=512, method=method, **settings)
                gained = 10 * np.log10(np.sum((x - clean) ** 2) / np.sum((y - clean) ** 2))
                self.assertGreater(gained, least, (method, settings))

    def test_a_frame_with_nan_spoils_no_other(self):
        x = noisy(6000)
        bad = x.copy()
        bad[3000] = np.nan
        y, z = stft.denoise(x, n_fft=N_FFT), stft.denoise(bad, n_fft=N_FFT)
        starts = np.arange(-N_FFT // 2, 6000, HOP)
        hit = starts[(starts <= 3000) & (starts > 3000 - N_FFT)]
        n = np.arange(6000)
        np.testing.assert_array_equal(np.isnan(z), (n >= hit[0]) & (n < hit[-1] + N_FFT))
        np.testing.assert_array_equal(y[:3000 - N_FFT], z[:3000 - N_FFT])
        after = slice(3000 + N_FFT, None)  # the noise missed four frames
        self.assertLess(np.max(np.abs(y[after] - z[after])), 0.5)
        self.assertGreater(np.corrcoef(y[after], z[after])[0, 1], 0.999)

    def test_bands_and_masks(self):
        x = noisy(4000)
        everything = stft.denoise(x, n_fft=N_FFT, fs=2.0, keep=[(0.0, 1.0)])
        np.testing.assert_allclose(everything, x, atol=2e-6)
        self.assertEqual(np.max(np.abs(stft.denoise(x, n_fft=N_FFT, fs=2.0, reject="0:1"))), 0)
        mask = np.zeros(BINS)
        mask[5:10] = 1
        Y, G = stft.denoise_spectra(stft.stft(x, n_fft=N_FFT), n_fft=N_FFT, mask=mask, gains=True)
        self.assertTrue(np.all((G > 0).any(axis=1) == mask.astype(bool)))
        np.testing.assert_array_equal(np.abs(Y).sum(axis=1) > 0, mask > 0)

    def test_events_are_those_of_the_detector(self):
        fs = 1e5
        draw = np.random.default_rng(5)
        x = (draw.standard_normal(60000) + 1j * draw.standard_normal(60000)).astype(np.complex64)
        n = np.arange(8000)
        x[30000:38000] += (4 * np.exp(2j * np.pi * 0.2 * n)).astype(np.complex64)
        events = stft.detect(x, fs, n_fft=256, warm_up=64)
        self.assertEqual(len(events), 1)
        for centre in None, 1e6:
            found = stft.detect(x, fs, n_fft=256, warm_up=64, freq_center=centre)
            for use in "keep", "reject", "only":
                X = stft.stft(x, n_fft=256)
                _, G = stft.denoise_spectra(X, n_fft=256, fs=fs, detected=found, events=use, gains=True)
                inside, before = G[51, 510], G[51, 300]
                self.assertEqual(inside == 1 if use == "keep" else inside == 0 if use == "reject" else 0.5 < inside < 1, True)
                self.assertEqual(before == 0, use == "only")
        kept = stft.denoise(x, n_fft=256, fs=fs, detected=events, events="only")
        self.assertEqual(np.max(np.abs(kept[:29000])), 0)
        self.assertGreater(np.mean(np.abs(kept[31000:37000]) ** 2), 10)
        d = stft.Denoiser(n_fft=256, fs=fs, dtype=np.complex64, events="only")
        d.add(events)
        np.testing.assert_array_equal(np.concatenate([d.push(x), d.finish()]), kept)

    def test_changes_in_a_stream(self):
        x = noisy(8000)
        d = stft.Denoiser(n_fft=N_FFT, learn=20)
        d.push(x[:200])
        self.assertGreater(d.to_learn, 0)
        d.push(x[200:2000])
        self.assertEqual(d.to_learn, 0)
        d.change(gain_floor=0)
        end = np.concatenate([d.push(x[2000:]), d.finish()])
        np.testing.assert_allclose(end[-5000:], x[-5000:], atol=2e-6)
        d = stft.Denoiser(n_fft=N_FFT)
        d.push(x)
        d.change(noise=np.full(BINS, 7.0), tracking="held")
        d.push(x)
        np.testing.assert_array_equal(d.noise, 7)

    def test_wrong_arguments_are_refused_by_name(self):
        x = noisy(1000)
        for words, given in {
            "gain_floor: 3": dict(gain_floor=3), "method: 'x'|method: x": dict(method="x"), "tracking: x": dict(tracking="x"),
            "smoothing: 4": dict(smoothing=4), "memory: 1": dict(memory=1), "detail_memory: 1": dict(detail_memory=1), "oversubtraction: 0": dict(oversubtraction=0),
            "learn: -1": dict(learn=-1), "keep: '2:1'": dict(keep="2:1"), "reject: 5": dict(reject=5), "events: x": dict(events="x"),
            "noise: 3 values": dict(noise=np.ones(3)), r"noise: \(5, 4\)": dict(noise=(5, 4)), r"noise: \(0, 2000\)": dict(noise=(0, 2000)),
            "noise: 100 samples": dict(noise=(0, 100)), "noise: complex": dict(noise=np.ones(BINS) * 1j), "mask: 1.5": dict(mask=np.full(BINS, 1.5)),
            "mask: 4 values": dict(mask=[1, 1, 1, 1]), "foo": dict(foo=1), "sides: 'onesided'": dict(sides="onesided"), "hop: 200": dict(hop=200),
            "refine: 2": dict(refine=2), "detected": dict(detected=[3]), "fs: 0": dict(fs=0), "workers: 0": dict(workers=0),
        }.items():  # fmt: skip
            with self.subTest(words), self.assertRaisesRegex(ValueError, f"^({words})"):
                stft.denoise(x, n_fft=N_FFT, **given)
        for wrong in (dict(sample_start=10**30), dict(sample_count=10**30), dict(sample_count=-1), dict(sample_start=np.inf), dict(freq_upper=0),
                      dict(freq_lower=np.nan)):
            event = dict(sample_start=5, sample_count=5, freq_lower=1, freq_upper=2) | wrong
            with self.subTest(wrong=wrong), self.assertRaisesRegex(ValueError, "^detected: .*must be an event"):
                stft.denoise(x, n_fft=N_FFT, detected=[event])
        with self.assertRaisesRegex(ValueError, "^dtype"):
            stft.Denoiser(dtype=int)
        with self.assertRaisesRegex(ValueError, "^x: complex"):
            stft.Denoiser().push(1j * x)
        with self.assertRaisesRegex(ValueError, r"^x: shape \(2, 1000\): must be one-dimensional"):
            stft.Denoiser().push([x, x])
        with self.assertRaisesRegex(ValueError, "^x: 100 samples"):
            stft.noise_power(x[:100], n_fft=N_FFT)
        with self.assertRaisesRegex(ValueError, "^gain_floor: 1"):
            stft.Denoiser().change(gain_floor=1)


class Blocks(unittest.TestCase):
    def test_the_chain_equals_the_array(self):
        for dtype in np.float32, np.complex64:
            sides = "onesided" if dtype == np.float32 else "twosided"
            for settings in dict(), dict(method="log_mmse", tracking="presence"), dict(learn=30), dict(method="subtraction", smoothing=1):
                for length in 1, 40, 20011:
                    x = noisy(length, dtype)
                    gain = stft.spectral_gain_vcvc(N_FFT, HOP, sides=sides, **settings)
                    y, graph = chain(x, gain)
                    np.testing.assert_array_equal(y, stft.denoise(x, n_fft=N_FFT, hop=HOP, **settings))
                    self.assertEqual(gain.latency(), 0)

    def test_a_second_run_begins_anew(self):
        x = noisy(5000)
        denoising = stft.stft_fvc(N_FFT, HOP), stft.spectral_gain_vcvc(N_FFT, HOP), stft.istft_vcf(N_FFT, HOP)
        np.testing.assert_array_equal(*two_runs(blocks.vector_source_f(x.tolist()), *denoising, blocks.vector_sink_f()))

    def test_tags_go_on_and_describe_the_frames(self):
        x = noisy(6000)
        X = stft.stft(x, n_fft=N_FFT, hop=16, scaling="ortho").astype(np.complex64)
        made = [tag(0, "stft_hop", 16), tag(0, "stft_win_length", N_FFT), tag(0, "stft_first", -64), tag(0, "stft_samp_rate", 2000.0),
                tag(7, "other", "x")]
        gain = stft.spectral_gain_vcvc(N_FFT, HOP, keep="500:520", gain_floor=-60)
        Y, tags, _ = rows_through(gain, X, made)
        np.testing.assert_array_equal(Y, stft.denoise_spectra(X, n_fft=N_FFT, hop=16, fs=2000.0, keep="500:520", gain_floor=-60))
        kept = np.flatnonzero(np.abs(np.arange(BINS) * 2000 / N_FFT - 510) <= 10 + 1000 / N_FFT)
        np.testing.assert_array_equal(Y[kept], X[kept])
        self.assertEqual(sorted((t.offset, str(t.key)) for t in tags), sorted((t.offset, str(t.key)) for t in made))

    def test_a_change_of_scaling_keeps_noise_that_is_held(self):
        draw = np.random.default_rng(2)
        X = (draw.standard_normal((BINS, 300)) + 1j * draw.standard_normal((BINS, 300))).astype(np.complex64)
        X[:, 200:] *= 10
        taps = pmt.init_f64vector(N_FFT, np.ones(N_FFT))
        larger = pmt.init_f64vector(N_FFT, np.full(N_FFT, 10.0))

        def described(offset, window):
            made = tag(offset, "stft_window", 0)
            made.value = window
            return [made, tag(offset, "stft_scaling", "none")]

        gain = stft.spectral_gain_vcvc(N_FFT, HOP, learn=100)
        Y, _, _ = rows_through(gain, X, [*described(0, taps), *described(200, larger)])
        before, after = (np.mean(np.abs(Y[:, part]) ** 2) / np.mean(np.abs(X[:, part]) ** 2) for part in (slice(120, 200), slice(200, 300)))
        self.assertLess(abs(10 * np.log10(before / after)), 1)
        self.assertAlmostEqual(np.mean(gain.present_noise()) / 200, 1, delta=0.1)

    def test_wrong_tags_are_ignored(self):
        X = stft.stft(noisy(3000), n_fft=N_FFT).astype(np.complex64)
        for key, value in (("stft_hop", 0), ("stft_hop", "x"), ("stft_n_fft", 77), ("stft_first", 1.5), ("stft_window", "x"), ("rx_rate", -1.0),
                           ("stft_win_length", 1000)):
            Y, _, _ = rows_through(stft.spectral_gain_vcvc(N_FFT, HOP), X, [tag(3, key, value)])
            np.testing.assert_array_equal(Y, stft.denoise_spectra(X, n_fft=N_FFT, hop=HOP), key)

    def test_tags_beside_an_n_fft_of_other_items_are_ignored(self):
        X = stft.stft(noisy(3000), n_fft=N_FFT).astype(np.complex64)
        through = lambda *tags: rows_through(stft.spectral_gain_vcvc(N_FFT, HOP), X, tags)[0]
        hop = tag(3, "stft_hop", 2 * HOP)
        np.testing.assert_array_equal(through(hop, tag(3, "stft_n_fft", N_FFT + 1)), through())  # as many bins
        self.assertFalse(np.array_equal(through(hop), through()))

    def test_changes_by_setter_and_message_at_their_sample(self):
        x = noisy(6000)
        X = stft.stft(x, n_fft=N_FFT).astype(np.complex64)
        frame = 70
        at = frame * HOP - N_FFT // 2
        kernel = stft.stft_python.kernels.spectral_gain_complex64(n_fft=N_FFT, hop=HOP)
        rows = np.ascontiguousarray(X.T)
        first = kernel.apply(rows[:frame])[0]
        kernel.change(method="log_mmse", gain_floor=-6.0, learn=10)
        expected = np.concatenate([first, kernel.apply(rows[frame:])[0]]).T
        for early in 0, HOP - 1:
            gain = stft.spectral_gain_vcvc(N_FFT, HOP)
            gain.change(at=at - early, method="log_mmse", gain_floor=-6, learn=10)
            self.assertEqual((gain.method(), gain.gain_floor(), gain.learn(), gain.tracking()), ("log_mmse", -6, 10, "held"))
            np.testing.assert_array_equal(rows_through(gain, X)[0], expected)
        gain = stft.spectral_gain_vcvc(N_FFT, HOP)
        gain.to_basic_block()._post(pmt.intern("cmd"), message(at=at, method="log_mmse", gain_floor=-6.0, learn=10))
        np.testing.assert_array_equal(rows_through(gain, X)[0], expected)
        gain = stft.spectral_gain_vcvc(N_FFT, HOP)
        gain.set_gain_floor(-3.0)
        np.testing.assert_array_equal(rows_through(gain, X)[0], stft.denoise_spectra(X, n_fft=N_FFT, hop=HOP, gain_floor=-3))

    def test_wrong_changes_change_nothing(self):
        x = noisy(3000)
        gain = stft.spectral_gain_vcvc(N_FFT, HOP)
        for given in dict(gain_floor=3), dict(method="x"), dict(smoothing=2), dict(noise=[1.0]), dict(mask=[2.0] * BINS), dict(keep="x"):
            with self.assertRaisesRegex(ValueError, f"^{next(iter(given))}: "):
                gain.change(**given)
        with self.assertRaisesRegex(ValueError, "^tracking: floor"):
            gain.change(tracking="floor", learn=5)
        commands = [(gain, message(gain_floor=5.0)), (gain, message(nothing=1)), (gain, pmt.intern("x")), (gain, message(mask="x"))]
        y, _ = chain(x, gain, commands=commands)
        np.testing.assert_array_equal(y, stft.denoise(x, n_fft=N_FFT, hop=HOP))

    def test_a_reset_forgets_the_noise(self):
        X = stft.stft(noisy(6000), n_fft=N_FFT).astype(np.complex64)
        gain = stft.spectral_gain_vcvc(N_FFT, HOP)
        gain.change(at=100 * HOP - N_FFT // 2, reset=True)
        Y, _, _ = rows_through(gain, X)
        kernel = stft.stft_python.kernels.spectral_gain_complex64(n_fft=N_FFT, hop=HOP)
        kernel.begin_at(100 * HOP - N_FFT // 2)
        np.testing.assert_array_equal(Y[:, 100:], kernel.apply(np.ascontiguousarray(X.T[100:]))[0].T)
        np.testing.assert_array_equal(Y[:, :100], stft.denoise_spectra(X[:, :100], n_fft=N_FFT, hop=HOP))

    def test_events_by_message(self):
        event = dict(kind="burst", state="end", id=4, sample_start=1000, sample_count=2000, samp_rate=1.0, freq_lower=0.2, freq_upper=0.3)
        X = stft.stft(noisy(6000), n_fft=N_FFT).astype(np.complex64)
        gain = stft.spectral_gain_vcvc(N_FFT, HOP, events="reject")
        post = gain.to_basic_block()._post
        post(pmt.intern("events"), message(**event))
        post(pmt.intern("events"), message(**{**event, "id": 5, "kind": "gap"}))
        post(pmt.intern("events"), pmt.intern("nothing"))
        Y, _, _ = rows_through(gain, X)
        expected = stft.denoise_spectra(X, n_fft=N_FFT, hop=HOP, detected=[event], events="reject")
        np.testing.assert_array_equal(Y, expected)
        self.assertEqual(np.max(np.abs(Y[30, 40:80])), 0)

    def test_setters_while_it_runs(self):
        gain, head = stft.spectral_gain_vcvc(N_FFT, HOP), blocks.head(gr.sizeof_float, 400_000)
        graph = gr.top_block()
        sink = blocks.vector_sink_f()
        graph.connect(blocks.vector_source_f(noisy(4000).tolist(), True), head, stft.stft_fvc(N_FFT, HOP), gain, stft.istft_vcf(N_FFT, HOP), sink)
        graph.start()
        for i in range(50):
            gain.set_gain_floor(-float(i))
            gain.set_method(("wiener", "log_mmse", "subtraction")[i % 3])
            gain.set_tracking(("floor", "presence", "held")[i % 3])
            gain.present_noise()
            time.sleep(0.001)
        graph.wait()
        y = np.array(sink.data())
        self.assertEqual((y.size, bool(np.all(np.isfinite(y)))), (400_000, True))

    def test_wrong_arguments_are_refused_by_name(self):
        for name, value in (("n_fft", 0), ("hop", 0), ("sides", "x"), ("method", "x"), ("tracking", "x"), ("gain_floor", 1), ("memory", 2), ("detail_memory", -1),
                            ("smoothing", 2), ("noise", [1.0]), ("mask", [1.0]), ("keep", "x"), ("reject", "2:1"), ("learn", -1), ("events", "x"),
                            ("win_length", 129), ("placement", "x"), ("samp_rate", 0.0), ("refine", "x")):
            with self.subTest(name), self.assertRaisesRegex(ValueError, f"^{name}: "):
                stft.spectral_gain_vcvc(**{**dict(n_fft=N_FFT, hop=HOP), name: value})


if __name__ == "__main__":
    unittest.main()
