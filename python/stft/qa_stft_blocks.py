#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The STFT's blocks in flowgraphs: equal to the array functions, every sample used, live sources, refusals."""

import itertools
import re
import subprocess
import sys
import time
import unittest

import numpy as np
from gnuradio import blocks, gr, stft
from qa_flowgraph_parts import pausing, tag, two_runs, unequal, value

RNG = np.random.default_rng(20260101)
SIZES = [  # n_fft, win_length, hop
    (1, 1, 1), (2, 2, 1), (3, 2, 2), (8, 8, 4), (15, 9, 4), (16, 16, 7), (17, 17, 3), (31, 31, 31), (64, 40, 10),
    (16, 12, 40), (1024, 1024, 256), (1000, 1000, 333),
]  # fmt: skip


def signal(length, real):
    x = RNG.standard_normal(length)
    return (x if real else x + 1j * RNG.standard_normal(length)).astype(np.float32 if real else np.complex64)


def source(x, tags=()):
    make = blocks.vector_source_f if x.dtype == np.float32 else blocks.vector_source_c
    return make(x.tolist(), False, 1, list(tags))


def run(*chain):
    """The data (item, value) and the tags that come out of a chain of blocks."""
    bytes_out = chain[-1].output_signature().sizeof_stream_item(0)
    of_floats = (stft.istft_vcf, stft.one_integral_vcf, stft.spectrogram_fvf, stft.spectrogram_cvf, stft.power_vcvf)
    if isinstance(chain[-1], of_floats):
        dtype, make = np.float32, blocks.vector_sink_f
    else:
        dtype, make = np.complex64, blocks.vector_sink_c
    vlen = bytes_out // np.dtype(dtype).itemsize
    sink = make(vlen)
    tb = gr.top_block()
    tb.connect(*chain, sink)
    tb.run()
    return np.array(sink.data(), dtype).reshape(-1, vlen), sink.tags()


def analysis(real, *args, **kwargs):
    return (stft.stft_fvc if real else stft.stft_cvc)(*args, **kwargs)


def synthesis(real, *args, **kwargs):
    return (stft.istft_vcf if real else stft.istft_vcc)(*args, **kwargs)


def there_and_back(x, real, n_fft, hop, **made):
    frames = real, n_fft, hop, "hamming"
    y, _ = run(source(x), analysis(*frames, **made), synthesis(*frames, **made))
    return y


class stream_equals_array(unittest.TestCase):
    def each(self):
        for real, (n_fft, win_length, hop) in itertools.product((True, False), SIZES):
            for placement in ("centred", "left", "full"):
                for length in (1, 2, win_length - 1, win_length, win_length + 1, 3 * win_length + 5, 2000):
                    if length > 0:
                        yield real, n_fft, win_length, hop, placement, length

    def test_forward_to_the_bit(self):
        for real, n_fft, win_length, hop, placement, length in self.each():
            for phase in ("start", "centre", "absolute"):
                with self.subTest(real=real, n_fft=n_fft, m=win_length, hop=hop, placement=placement, length=length):
                    x = signal(length, real)
                    made = dict(win_length=win_length, placement=placement, phase=phase)
                    block = analysis(real, n_fft, hop, "hamming", **made)
                    spectra, tags = run(source(x), block)
                    expected = stft.stft(x, "hamming", hop=hop, n_fft=n_fft, **made)
                    np.testing.assert_array_equal(spectra.T, expected)
                    self.assertEqual(value(tags, "stft_length"), [(len(spectra) - 1, length)])

    def test_round_trip_has_the_input_s_length_and_values(self):
        for real, n_fft, win_length, hop, placement, length in self.each():
            if hop > win_length or (placement != "full" and hop > max(1, win_length // 2)):
                continue
            with self.subTest(real=real, n_fft=n_fft, m=win_length, hop=hop, placement=placement, length=length):
                x = signal(length, real)
                made = dict(win_length=win_length, placement=placement)
                y = there_and_back(x, real, n_fft, hop, **made)
                self.assertEqual(len(y), length)
                self.assertLessEqual(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_inverse_to_the_bit_and_of_exact_length_at_any_invertible_hop(self):
        for real, n_fft, win_length, hop, placement, length in self.each():
            if hop > win_length:
                continue
            with self.subTest(real=real, n_fft=n_fft, m=win_length, hop=hop, placement=placement, length=length):
                x = signal(length, real)
                made = dict(win_length=win_length, placement=placement)
                y = there_and_back(x, real, n_fft, hop, **made)
                X = stft.stft(x, "hamming", hop=hop, n_fft=n_fft, **made)
                sides = "onesided" if real else "twosided"
                expected = stft.istft(X, "hamming", hop=hop, n_fft=n_fft, length=length, sides=sides, **made)
                np.testing.assert_array_equal(y[:, 0], expected)

    def test_split_of_the_input_changes_no_bit(self):
        for real, (n_fft, win_length, hop) in itertools.product((True, False), SIZES):
            with self.subTest(real=real, n_fft=n_fft, hop=hop):
                x = signal(3001, real)
                invertible = hop <= win_length
                chain = [analysis(real, n_fft, hop, "hamming", win_length)]
                pieces = [source(x), unequal(x.dtype), chain[0]]
                if invertible:
                    bins = n_fft // 2 + 1 if real else n_fft
                    pieces += [unequal(np.complex64, bins), synthesis(real, n_fft, hop, "hamming", win_length)]
                got, _ = run(*pieces)
                expected = stft.stft(x, "hamming", hop=hop, n_fft=n_fft, win_length=win_length)
                if invertible:
                    made = dict(hop=hop, n_fft=n_fft, win_length=win_length, sides="onesided" if real else "twosided")
                    expected = stft.istft(expected, "hamming", length=len(x), **made)[None]
                np.testing.assert_array_equal(got.T, expected)

    def test_spectrogram_and_power_rows(self):
        x = signal(5000, True)
        for n_fft, hop, average, kind, db, max_hold in itertools.product(
            (64, 63), (16, 100), (1, 7), ("psd", "power", "magnitude"), (False, True), (False, True)
        ):
            with self.subTest(n_fft=n_fft, hop=hop, average=average, kind=kind, db=db, max_hold=max_hold):
                expected = stft.spectrogram(
                    x, hop=hop, n_fft=n_fft, kind=kind, average=average, db=db, max_hold=max_hold, fs=8e3
                )
                block = stft.spectrogram_fvf(
                    n_fft, hop, kind=kind, average=average, db=db, max_hold=max_hold, samp_rate=8e3
                )
                got, _ = run(source(x), block)
                np.testing.assert_array_equal(got.T, expected)
                scaling = "psd" if kind == "psd" else "magnitude"
                got, _ = run(
                    source(x),
                    stft.stft_fvc(n_fft, hop, scaling=scaling, samp_rate=8e3),
                    stft.power_vcvf(n_fft, "onesided", kind, average, max_hold, db),
                )
                np.testing.assert_array_equal(got.T, expected)

    def test_power_brings_tagged_spectra_to_psd(self):
        x = signal(3000, True)
        for scaling in ("none", "magnitude", "ortho"):
            got, _ = run(
                source(x),
                stft.stft_fvc(128, 50, scaling=scaling, samp_rate=100.0),
                stft.power_vcvf(128, kind="psd"),
            )
            expected = stft.spectrogram(x, hop=50, n_fft=128, fs=100.0)
            np.testing.assert_allclose(got.T, expected, rtol=0, atol=1e-6 * expected.max())

    def test_centered_spectra_invert(self):
        x = signal(1000, False)
        for n_fft in (16, 15):
            block = analysis(False, n_fft, 4, sides="centered")
            spectra, _ = run(source(x), block)
            np.testing.assert_array_equal(spectra.T, stft.stft(x, hop=4, n_fft=n_fft, sides="centered"))
            y, _ = run(
                source(x), analysis(False, n_fft, 4, sides="centered"), synthesis(False, n_fft, 4, sides="centered")
            )
            self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_phase_reference_equals_array_and_tells_downstream(self):
        x = signal(800, True)
        references = ("start", "centre", "absolute")
        for n_fft, win_length, before, target, placement in itertools.product(
            (16, 15), (12, 9, 21), references, references, ("full", "left")
        ):
            made = dict(win_length=win_length, placement=placement)
            forward = lambda: stft.stft_fvc(n_fft, 5, phase=before, **made)
            convert = lambda: stft.phase_reference_vcvc(n_fft, 7, win_length, "start", target)
            got, tags = run(source(x), forward(), convert())
            X = stft.stft(x, hop=5, n_fft=n_fft, phase=before, **made)
            first = value(tags, "stft_first")[0][1]
            expected = stft.convert_phase(
                X, before, target, hop=5, n_fft=n_fft, win_length=win_length, first=first
            )
            np.testing.assert_array_equal(got.T, expected)
            self.assertEqual(value(tags, "stft_phase"), [(0, target)])
            y, _ = run(source(x), forward(), convert(), synthesis(True, n_fft, 5, win_length=win_length))
            self.assertLess(np.max(np.abs(y[12:, 0] - x[12:])[:-12]), 3e-6 * np.max(np.abs(x)))

    def test_phase_reference_follows_an_n_fft_of_as_many_bins_on_its_sides(self):
        x = signal(800, True)
        X = stft.stft(x, hop=5, n_fft=17)
        got, _ = run(source(x), stft.stft_fvc(17, 5), stft.phase_reference_vcvc(16, 5, 0, "centre", "start"))
        np.testing.assert_array_equal(got.T, stft.convert_phase(X, "centre", "start", hop=5, n_fft=17))
        spectra = lambda *tags: blocks.vector_source_c(np.ascontiguousarray(X.T).ravel().tolist(), False, 9, tags)
        centered = lambda: stft.phase_reference_vcvc(9, 5, 0, "centre", "start", "centered")
        for n_fft in 16, 17:  # one-sided spectra have 9 bins
            got, _ = run(spectra(tag(0, "stft_n_fft", n_fft)), centered())
            np.testing.assert_array_equal(got, run(spectra(), centered())[0])

    def test_inverse_of_spectra_without_tags_ends_with_the_last_frame(self):
        x = signal(1000, True)
        X = stft.stft(x, hop=16, n_fft=64)
        spectra = blocks.vector_source_c(np.ascontiguousarray(X.T).ravel().tolist(), False, 33)
        y, _ = run(spectra, synthesis(True, 64, 16))
        np.testing.assert_array_equal(y[:, 0], stft.istft(X, hop=16))

    def test_given_dual_window_is_used_as_it_is(self):
        x = signal(900, True)
        w = stft.sample_window("hann", 64)
        dual, _ = stft.closest_dual_window(w, 16)
        y, _ = run(source(x), stft.stft_fvc(64, 16), synthesis(True, 64, 16, synthesis=dual))
        X = stft.stft(x, hop=16, n_fft=64)
        expected = stft.istft(X, hop=16, n_fft=64, length=900, synthesis=dual)
        np.testing.assert_array_equal(y[:, 0], expected)
        self.assertLess(np.max(np.abs(y[64:-64, 0] - x[64:-64])), 1e-5)
        self.assertGreater(np.max(np.abs(y[:64, 0] - x[:64])), 1e-3)  # it fades in

    def test_large_sizes_run_through(self):
        for n_fft in (65536, 1 << 20):
            x = signal(n_fft // 2 + 7, True)
            y, _ = run(source(x), stft.stft_fvc(n_fft, n_fft // 2), synthesis(True, n_fft, n_fft // 2))
            self.assertEqual(len(y), len(x))
            self.assertLess(np.max(np.abs(y[:, 0] - x)), 2e-6 * np.max(np.abs(x)))

    def test_hop_far_beyond_the_window_reads_every_sample(self):
        x = signal(300000, True)
        for placement in ("centred", "left", "full"):
            spectra, tags = run(source(x), analysis(True, 8, 100000, placement=placement))
            np.testing.assert_array_equal(spectra.T, stft.stft(x, hop=100000, n_fft=8, placement=placement))
            self.assertEqual(value(tags, "stft_length")[0][1], 300000)

    def test_a_second_run_starts_anew(self):
        x = signal(1000, True)
        np.testing.assert_array_equal(*two_runs(source(x), stft.stft_fvc(64, 16), blocks.vector_sink_c(33)))

    def test_nan_stays_in_its_frames(self):
        x = signal(1000, True)
        x[500] = np.nan
        y, _ = run(source(x), stft.stft_fvc(64, 16), synthesis(True, 64, 16))
        bad = np.flatnonzero(np.isnan(y[:, 0]))
        self.assertGreaterEqual(bad[0], 500 - 64)
        self.assertLessEqual(bad[-1], 500 + 64)


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


class a_live_source(unittest.TestCase):
    def test_gets_every_whole_frame_without_waiting_for_more(self):
        x = signal(3000, True)
        src, sink = pausing(x), blocks.vector_sink_c(33)
        tb = gr.top_block()
        tb.connect(src, stft.stft_fvc(64, 1), sink)
        tb.start()
        wait_until(lambda: len(sink.data()) // 33 >= 3000 - 31)
        before = len(sink.data()) // 33
        src.may_go_on.set()
        tb.wait()
        self.assertEqual(before, 3000 - 31)  # frame p is there with sample p + 31
        self.assertEqual(len(sink.data()) // 33, 3001)

    def test_a_live_stream_may_change_while_a_frame_waits_for_its_successor(self):
        x = signal(3000, True)
        src, block = pausing(x[:500], x[500:]), stft.stft_fvc(8, 1000, placement="left")
        sink = blocks.vector_sink_c(5)
        tb = gr.top_block()
        tb.connect(src, block, sink)
        tb.start()
        self.assertTrue(wait_until(lambda: block.nitems_read(0) == 500))
        time.sleep(0.1)
        block.set_hop(10)  # frame 0 is whole, so frame 1, at sample 1000, is the first to change
        src.may_go_on.set()
        tb.wait()
        got = np.array(sink.data(), np.complex64).reshape(-1, 5).T
        np.testing.assert_array_equal(got[:, :1], stft.stft(x, hop=1000, n_fft=8, first=0, frames=1))
        expected = stft.stft(x, hop=10, n_fft=8, first=1000, placement="left")
        np.testing.assert_array_equal(got[:, 1:], expected)


class refusals(unittest.TestCase):
    def test_name_the_parameter(self):
        nan, inf = float("nan"), float("inf")
        cases = [
            (stft.stft_fvc, (0, 1), "n_fft"),
            (stft.stft_fvc, (-8, 1), "n_fft"),
            (stft.stft_fvc, (1 << 40, 1), "n_fft"),
            (stft.stft_fvc, (8, 0), "hop"),
            (stft.stft_fvc, (8, -1), "hop"),
            (stft.stft_fvc, (8, 2, "nope"), "window"),
            (stft.stft_fvc, (8, 2, [1.0, nan]), "window"),
            (stft.stft_fvc, (8, 2, []), "window"),
            (stft.stft_fvc, (8, 2, [1j, 1]), "window"),
            (stft.stft_fvc, (8, 2, "hann", 2**24 + 1), "win_length"),
            (stft.istft_vcf, (8, 2, "hann", 32), "hop"),  # longer than n_fft, and without an inverse
            (stft.stft_fvc, (8, 2, "hann", -1), "win_length"),
            (stft.stft_fvc, (8, 2, "hann", 0, "middle"), "placement"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "zero"), "phase"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "start", "loud"), "scaling"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "start", "psd", 0.0), "samp_rate"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "start", "psd", nan), "samp_rate"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "start", "psd", inf), "samp_rate"),
            (stft.stft_fvc, (8, 2, "hann", 0, "left", "start", "psd", 1.0, "centered"), "sides"),
            (stft.istft_vcf, (8, 9), "hop"),
            (stft.istft_vcf, (8, 8), "hop"),  # Hann without overlap
            (stft.spectrogram_fvf, (8, 2, "hann", 0, "left", "loudness"), "kind"),
            (stft.spectrogram_fvf, (8, 2, "hann", 0, "left", "psd", 0), "average"),
            (stft.spectrogram_cvf, (8, 2, "hann", 0, "left", "psd", -1), "average"),
            (stft.power_vcvf, (0,), "n_fft"),
            (stft.power_vcvf, (8, "upside"), "sides"),
            (stft.power_vcvf, (8, "onesided", "psd", 0), "average"),
            (stft.phase_reference_vcvc, (8, 0, 8, "start", "centre"), "hop"),
            (stft.phase_reference_vcvc, (8, 2, 8, "begin", "centre"), "phase"),
        ]
        for make, arguments, name in cases:
            with self.subTest(make=make.__name__, arguments=arguments):
                with self.assertRaisesRegex(ValueError, f"^{name}: "):
                    make(*arguments)
        with self.assertRaisesRegex(ValueError, "^synthesis: "):
            stft.istft_vcf(8, 2, synthesis=[1.0, 2.0])

    def test_sizes_that_memory_cannot_serve_are_refused_before_anything_is_built(self):
        for call, rule in (
            ("stft_cvc(2**27, 2**26)", "512 MiB"), ("stft_fvc(2**26, 2**24)", "512 MiB"),
            ("istft_vcf(2**26, 2**24)", "512 MiB"), ("spectrogram_fvf(2**28, 2**20)", "512 MiB"),
            ("dstft_fvc(2**27, 100.0, 50.0)", "512 MiB"), ("idstft_vcf(2**26)", "512 MiB"),
            ("adaptive_stft_fvc(2**26, 2**20)", "512 MiB"), ("one_integral_vcf(2**27)", "512 MiB"),
            ("phase_reference_vcvc(2**27, 1, 0, 'start', 'centre')", "512 MiB"), ("power_vcvf(2**28)", "512 MiB"),
            ("stft2d_vfvc(2**26, 8, 4)", "512 MiB"), ("idstft_vcf(2**24, share='cell')", "at most 2^20"),
            ("dstft_fvc(2**24, 100.0, 50.0, share='bin')", "at most 2^20"),
        ):  # fmt: skip
            code = ("import resource; from gnuradio import stft; "
                    "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); stft." + call)
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
            self.assertRegex(done.stderr, rf"ValueError: n_fft: .*{re.escape(rule)}", call)

    def test_latency_adds_up_to_the_window(self):
        for m, hop in ((64, 16), (63, 16), (64, 32)):
            self.assertEqual(
                stft.stft_fvc(64, hop, win_length=m).latency() + stft.istft_vcf(64, hop, win_length=m).latency(), m - 1
            )


if __name__ == "__main__":
    unittest.main()
