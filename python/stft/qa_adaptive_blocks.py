#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks of the adaptive STFT: equal to stft.adapt(), back to the samples, tags, live sources, refusals."""

import itertools
import threading
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, stft
from qa_dstft_blocks import RNG, backward, command, graph, sink, source
from qa_flowgraph_parts import pausing, two_runs

HOP, N_FFT = 8.0, 64  # where nothing else is said
LATENCY = 96  # samples: block and lag of 4 frames each, and half of the longest window


def moving(length, real):
    """Something to learn from: a chirp, clicks, a tone."""
    n = np.arange(length)
    x = np.cos(2 * np.pi * (0.05 * n + 3e-5 * n**2)) * (n % 1500 < 700) + 0.1 * np.random.default_rng(1).standard_normal(length)
    x[::211] += 5 * (n[::211] % 1500 > 900)
    if not real:
        x = x * np.exp(0.3j * n)
    return x.astype(np.float32 if real else np.complex64)


def adaptive(real, n_fft=N_FFT, hop=HOP, **kwargs):
    block = (stft.adaptive_stft_fvc if real else stft.adaptive_stft_cvc)(n_fft, hop, **kwargs)
    block.set_log_level("off")
    return block


def sizes(block):
    """Bins of a spectrum, window lengths of a frame."""
    out = block.output_signature()
    return out.sizeof_stream_item(0) // 8, out.sizeof_stream_item(1) // 4


class result:
    """What came out: spectra (frames, bins), theta (frames, 1 or bins), t (frames,), and the sink with the tags."""

    def __init__(self, block, x, pieces=(1 << 20,), tags=(), outputs=3):
        top, (bins, thetas) = graph(), sizes(block)
        top.connect(source(x, pieces, tags), block)
        self.sinks = [sink(np.complex64, bins), sink(np.float32, thetas), sink(np.float64, 2)][:outputs]
        for port, s in enumerate(self.sinks):
            top.connect((block, port), s)
        top.run()
        shapes = (0, bins) if bins > 1 else (0,), (0, thetas) if thetas > 1 else (0,), (0, 2)
        got = [np.concatenate([np.empty(shape), *s.got]) for shape, s in zip(shapes, self.sinks)]
        self.spectra = got[0].astype(np.complex64)
        if outputs > 1:
            self.theta = got[1].reshape(-1, thetas)
        if outputs > 2:
            self.t = got[2].sum(1)
        self.tags = self.sinks[0]


class equality(unittest.TestCase):
    def assert_adapted(self, got, x, n_fft=N_FFT, hop=HOP, **kwargs):
        expected = stft.adapt(x, n_fft=n_fft, hop=hop, **kwargs)
        np.testing.assert_array_equal(got.spectra.T, expected.spectra)
        np.testing.assert_array_equal(got.theta.T, expected.theta)
        np.testing.assert_array_equal(got.t, expected.t)


class stream_equals_array(equality):
    def test_adaptive_stream_equals_the_array_at_any_size_and_length(self):
        for real, (n_fft, hop) in itertools.product((True, False), [(8, 1.0), (64, 4.0), (250, 20.25), (255, 63.5)]):
            for length in (0, 1, 2, n_fft - 1, n_fft, 3 * n_fft + 5, 2000):
                with self.subTest(real=real, n_fft=n_fft, hop=hop, length=length):
                    x = moving(length, real)
                    block = adaptive(real, n_fft, hop)
                    got = result(block, x)
                    self.assertEqual(len(got.t), 1 + int(length // hop) if length else 0)
                    self.assertEqual(got.tags.value("stft_length"), [(len(got.t) - 1, length)] if length else [])
                    if length:
                        self.assert_adapted(got, x, n_fft, hop)

    def test_adaptive_stream_equals_the_array_with_every_setting(self):
        learners = [
            dict(share="constant"), dict(share="frame"), dict(share="bin"), dict(share="cell"),
            dict(share="cell", interpolate=True), dict(share="bin", interpolate=True, bands=3),
            dict(share="cell", steps=2, bands=3), dict(learn="t"), dict(learn="both"), dict(learn="both", criterion="kurtosis"),
            dict(method="gradient"), dict(method="gradient", learn="both", steps=2, learning_rate=0.03), dict(steps=2),
            dict(criterion="entropy"), dict(criterion="renyi", order=3.0), dict(criterion="frame_entropy"),
            dict(criterion="magnitude_entropy"), dict(alpha=0.25), dict(alpha=0.3, share="constant"), dict(causal=True),
            dict(candidates=5, block=2, lag=1, smoothness=0.3, prior=0.0, whiten=0.0),
            dict(theta_min=20.0, theta_max=60.0, theta_init=33.3, window=("gaussian", 0.15)),
            dict(freeze=True, theta_init=40.1), dict(learn="t", norm="peak", theta_init=50.0),
            dict(invertible=False, theta_min=9.0),
        ]  # fmt: skip
        for real, kwargs in itertools.product((True, False), learners):
            with self.subTest(real=real, **kwargs):
                x = moving(1200, real)
                self.assert_adapted(result(adaptive(real, **kwargs), x, (100, 333)), x, **kwargs)

    def test_however_the_input_is_split(self):
        x = moving(3000, True)
        for kwargs in (dict(), dict(share="cell"), dict(learn="both"), dict(method="gradient"), dict(alpha=0.25)):
            for pieces in ((1,), (1, 2, 3, 17, 1, 250, 64, 5)):
                with self.subTest(pieces=pieces, **kwargs):
                    self.assert_adapted(result(adaptive(True, **kwargs), x, pieces), x, **kwargs)

    def test_adaptive_stream_equals_the_array_with_any_buffers_and_outputs(self):
        x = moving(20000, True)
        expected = stft.adapt(x, n_fft=N_FFT, hop=HOP)
        for most, outputs in ((1, 3), (3, 1), (50, 2)):
            block = adaptive(True)
            block.set_max_noutput_items(most)
            got = result(block, x, outputs=outputs)
            np.testing.assert_array_equal(got.spectra.T, expected.spectra)
            if outputs > 1:
                np.testing.assert_array_equal(got.theta.T, expected.theta)

    def test_adaptive_stream_equals_the_array_in_a_second_run(self):
        x = moving(1000, True)
        np.testing.assert_array_equal(*two_runs(blocks.vector_source_f(x.tolist()), adaptive(True), blocks.vector_sink_c(33)))

    def test_adaptive_stream_equals_the_array_with_samples_that_are_not_finite(self):
        x = moving(1000, True)
        x[500], x[700] = np.nan, np.inf
        got = result(adaptive(True), x)
        self.assert_adapted(got, x)
        self.assertTrue(np.all((got.theta >= 16) & (got.theta <= 64)))
        bad = ~np.isfinite(got.spectra).all(1)
        reach = got.theta[:, 0] / 2
        np.testing.assert_array_equal(bad, (abs(got.t - 500) < reach) | (abs(got.t - 700) < reach))


class inverse(unittest.TestCase):
    def assert_returned(self, x, block, t=True, pieces=(1 << 20,)):
        real = not np.iscomplexobj(x)
        share = "frame" if block.output_signature().sizeof_stream_item(1) == 4 else "cell"
        back, out, top = backward(real, N_FFT, share=share), sink(x.dtype.type, 1), graph()
        top.connect(source(x, pieces), block, back, out)
        top.connect((block, 1), (back, 1))
        if t:
            top.connect((block, 2), (back, 2))
        top.run()
        y = np.concatenate([np.empty(0, x.dtype), *out.got])
        self.assertEqual(len(y), len(x))
        self.assertLessEqual(np.max(np.abs(y - x), initial=0), 3e-6 * np.max(np.abs(x), initial=0))
        self.assertEqual(back.uncovered(), 0)

    def test_inverse_of_an_adaptive_stream_returns_the_samples(self):
        settings = (
            dict(), dict(share="constant"), dict(learn="both"), dict(learn="t"), dict(method="gradient"), dict(alpha=0.25),
            dict(hop=7.3), dict(hop=7.3, learn="both"), dict(hop=15.5, learn="both"), dict(freeze=True),
            dict(share="bin"), dict(share="cell"), dict(share="cell", steps=2),
        )  # fmt: skip
        for real, kwargs in itertools.product((True, False), settings):
            for length in (0, 1, 63, 3001):
                with self.subTest(real=real, length=length, **kwargs):
                    self.assert_returned(moving(length, real), adaptive(real, **kwargs), pieces=(300, 17))

    def test_inverse_needs_no_positions_where_they_are_not_learned(self):
        self.assert_returned(moving(2000, True), adaptive(True), t=False)
        self.assert_returned(moving(2000, True), adaptive(True, alpha=0.25), t=False)

    def test_inverse_refuses_to_guess_what_was_learned(self):
        for kwargs, ports in ((dict(), (2,)), (dict(learn="t"), (1,)), (dict(learn="both"), (1,))):
            block, back, out, top = adaptive(True, **kwargs), backward(True, N_FFT), sink(np.float32, 1), graph()
            top.connect(source(moving(500, True)), block, back, out)
            if 1 in ports:
                top.connect((block, 1), (back, 1))
            top.run()
            self.assertEqual(sum(map(len, out.got)), 0)

    def test_inverse_returns_the_samples_of_a_changed_stream(self):
        for kwargs in (dict(), dict(learn="both"), dict(method="gradient")):
            block = adaptive(True, **kwargs)
            command(block, theta=30.5, at=300)
            command(block, hop=5.25, at=700)
            command(block, theta_min=30.0, theta_max=50.0, hop=12.5, at=1500)
            command(block, freeze=True, at=2000)
            command(block, freeze=False, reset=True, at=2500)
            self.assert_returned(moving(4000, True), block)

    def test_inverse_returns_the_samples_while_other_threads_change_the_block(self):
        x = np.tile(moving(10000, True), 100)
        block, stop = adaptive(True), threading.Event()

        def disturb(seed):
            rng = np.random.default_rng(seed)
            changes = (
                lambda: block.set_hop(rng.uniform(4, 8)),
                lambda: block.set_theta(rng.uniform(20, 50)),
                lambda: block.set_bounds(rng.uniform(16, 20), rng.uniform(50, 64)),
                lambda: block.set_freeze(bool(rng.integers(2))),
                block.reset,
                block.theta,
                block.latency,
            )
            while not stop.is_set():
                changes[rng.integers(len(changes))]()
                time.sleep(1e-3)

        threads = [threading.Thread(target=disturb, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        try:
            self.assert_returned(x, block)
        finally:
            stop.set()
            for thread in threads:
                thread.join()


class live_sources(unittest.TestCase):
    def test_get_a_frame_its_latency_behind_its_centre(self):
        x = moving(3000, True)
        for kwargs in (dict(), dict(lag=0), dict(block=0, lag=0), dict(causal=True), dict(learn="both"), dict(share="cell", steps=1)):
            block, out, top = adaptive(True, **kwargs), sink(np.complex64, 33), graph()
            given = pausing(x)
            top.connect(given, block, out)
            top.start()
            expected = 1 + (len(x) - block.latency()) // 8
            deadline = time.monotonic() + 5
            while sum(map(len, out.got)) < expected and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.05)
            self.assertEqual(sum(map(len, out.got)), expected)
            given.may_go_on.set()
            top.wait()
            self.assertEqual(sum(map(len, out.got)), 376)

    def test_latency_is_what_block_lag_and_half_a_window_need(self):
        self.assertEqual(adaptive(True).latency(), LATENCY)
        self.assertEqual(adaptive(True, lag=0).latency(), LATENCY - 32)
        self.assertEqual(adaptive(True, block=0, lag=0).latency(), LATENCY - 64)
        self.assertEqual(adaptive(True, block=4, causal=True).latency(), LATENCY - 64)


class tags(unittest.TestCase):
    def described(self, **kwargs):
        s = result(adaptive(True, **kwargs), moving(300, True)).tags
        return {pmt.symbol_to_string(t.key): pmt.to_python(t.value) for t in s.tags if t.offset == 0}

    def test_describe_the_frames(self):
        common = dict(stft_n_fft=64, stft_phase="absolute", stft_norm="l2", stft_family="hann")
        for kwargs, expected in (
            (dict(), dict(stft_share="frame", stft_step=8.0)),
            (dict(share="constant", alpha=0.25), dict(stft_share="frame", stft_alpha=0.25)),
            (dict(share="bin"), dict(stft_share="cell", stft_step=8.0)),
            (dict(learn="both"), dict(stft_share="frame")),
            (dict(learn="t", theta_init=40.5), dict(stft_share="constant", stft_theta=40.5)),
        ):
            self.assertEqual(self.described(**kwargs), {**common, **expected})

    def test_lie_on_the_first_frame_that_holds_their_sample(self):
        length = 1000
        offsets = sorted({0, length - 1, *RNG.choice(length, 60, replace=False).tolist()})
        given = [(o, "mark", pmt.from_long(o)) for o in offsets]
        for kwargs in (dict(), dict(learn="both"), dict(alpha=0.5), dict(theta_min=4.0, hop=15.0, invertible=False)):
            got = result(adaptive(True, **kwargs), moving(length, True), (7, 100), given)
            marks = sorted(got.tags.value("mark"), key=lambda v: v[1])
            self.assertEqual([mark for _, mark in marks], offsets)
            for frame, o in marks:
                with self.subTest(offset=o, **kwargs):
                    later = np.flatnonzero(got.t + got.theta[:, 0] / 2 > o)
                    self.assertEqual(frame, later[0] if len(later) else len(got.t) - 1)

    def test_tell_rate_and_time_of_frames(self):
        at = lambda full, fraction: pmt.make_tuple(pmt.from_uint64(full), pmt.from_double(fraction))
        rate = (0, "rx_rate", pmt.from_double(1000.0))
        times = [(0, "rx_time", at(99, 0.25)), (1000, "rx_time", at(100, 0.25))]
        x = moving(3000, True)
        for kwargs, given in ((dict(learn="both"), [rate, *times]), (dict(samp_rate=1000.0), times)):
            got = result(adaptive(True, **kwargs), x, tags=given)
            self.assertEqual(got.tags.value("rx_rate"), [(0, 125.0)] if rate in given else [])
            self.assertEqual(len(got.tags.value("rx_time")), 2)
            for frame, (full, fraction) in got.tags.value("rx_time"):
                self.assertAlmostEqual(full + fraction, 99.25 + got.t[frame] / 1000, places=9)


class refusals(unittest.TestCase):
    def test_name_the_parameter(self):
        nan, inf = float("nan"), float("inf")
        for name, kwargs in (
            ("n_fft", dict(n_fft=7)), ("n_fft", dict(n_fft=-8)), ("n_fft", dict(n_fft=1 << 40)), ("hop", dict(hop=0.5)),
            ("hop", dict(hop=nan)), ("hop", dict(hop=40.0)), ("hop", dict(theta_min=10.0)), ("theta_min", dict(theta_min=3.0, hop=1.0)),
            ("theta_min", dict(theta_min=50.0, theta_max=40.0)), ("theta_max", dict(theta_max=65.0)), ("theta_init", dict(theta_init=99.0)),
            ("method", dict(method="magic")), ("share", dict(share="all")), ("learn", dict(learn="x")), ("criterion", dict(criterion="l0")),
            ("window", dict(window="boxcar")), ("norm", dict(norm="l1")), ("candidates", dict(candidates=1)), ("bands", dict(share="bin", bands=0)),
            ("block", dict(block=-2)), ("lag", dict(lag=1 << 40)), ("smoothness", dict(smoothness=-1.0)), ("prior", dict(prior=nan)),
            ("whiten", dict(whiten=-1.0)), ("steps", dict(steps=-2)), ("learning_rate", dict(learning_rate=inf)), ("order", dict(criterion="renyi", order=1.0)),
            ("regularisation", dict(regularisation=-2.0)), ("alpha", dict(alpha=0.7)), ("alpha", dict(alpha=0.25, learn="both")),
            ("share", dict(share="cell", method="gradient")), ("load_limit", dict(load_limit=-1.0)), ("samp_rate", dict(samp_rate=0.0)),
            ("samp_rate", dict(samp_rate=nan)), ("report_interval", dict(report_interval=0)), ("report_interval", dict(report_interval=1 << 31)),
        ):  # fmt: skip
            for make in stft.adaptive_stft_fvc, stft.adaptive_stft_cvc:
                with self.subTest(make=make.__name__, **kwargs):
                    with self.assertRaisesRegex(ValueError, f"^{name}: "):
                        make(**{"n_fft": N_FFT, "hop": HOP, **kwargs})

    def test_a_buffer_beyond_reason(self):
        with self.assertRaisesRegex(ValueError, "512 MiB"):
            stft.adaptive_stft_cvc(1 << 26)

    def test_defaults_are_not_refused(self):
        for make in stft.adaptive_stft_fvc, stft.adaptive_stft_cvc:
            for n_fft in range(8, 140):
                for share in ("constant", "frame", "bin", "cell"):
                    with self.subTest(make=make.__name__, n_fft=n_fft, share=share):
                        make(n_fft, share=share)
                        make(n_fft, max(1, n_fft // 11), share=share)


if __name__ == "__main__":
    unittest.main()
