#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks for bearings: a flowgraph equals the array call to the bit, in pieces, with tags and messages, and on a second run."""
import json
import random
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft
from gnuradio.stft.bench.bearing_scenes import FS, MFPT, F, vibration
from qa_flowgraph_parts import at_time, messages, run_again, run_to_end, tag, unequal
from qa_hostile_tags import hostile_value

N_FFT, HOP = 64, 20
RATE = FS / HOP
LONG, WIDTH = 4096, 3000  # of the envelope's frames
X = vibration("BPFI", 1, seconds=8).astype(np.float32)


def chain(x, *, between=(), tags=(), speed=F, **given):
    """Envelope and reports of a stream of samples, and the tags on both."""
    graph = gr.top_block()
    source = blocks.vector_source_f(x.tolist(), False, 1, list(tags))
    rows = stft.spectrogram_fvf(N_FFT, HOP, placement="left", samp_rate=FS)
    envelope = stft.band_envelope_vf(N_FFT, samp_rate=FS, constant=500)
    second = stft.spectrogram_fvf(LONG, WIDTH, win_length=WIDTH, placement="left", samp_rate=RATE)
    lines = stft.fault_lines(LONG, *MFPT, speed=speed, samp_rate=RATE, win_length=WIDTH, **given)
    samples, whitened, got = blocks.vector_sink_f(), blocks.vector_sink_f(LONG // 2 + 1), messages()
    graph.connect(source, rows, *between, envelope, second, lines, whitened)
    graph.connect(envelope, samples)
    graph.msg_connect(lines, "events", got, "in")
    chain.graph, chain.source, chain.got, chain.sinks = graph, source, got, (samples, whitened)
    run_to_end(graph)
    return result()


def result():
    samples, whitened = chain.sinks
    chain.tags = samples.tags(), whitened.tags()
    rows = np.reshape(whitened.data(), (-1, LONG // 2 + 1)).astype(np.float32)
    return np.array(samples.data(), np.float32), chain.got.as_python(), rows


def by_arrays(x, speed=F, **given):
    e = stft.envelope(x, FS, n_fft=N_FFT, hop=HOP, constant=500).samples
    rows = stft.spectrogram(e, n_fft=LONG, win_length=WIDTH, hop=WIDTH, placement="left", fs=RATE).T
    return e, *stft.score_fault_lines(rows, RATE, speed, MFPT, win_length=WIDTH, **given)


class qa_bearing_blocks(unittest.TestCase):
    def assert_reports(self, got, expected, first=0):
        for number, (report, wanted) in enumerate(zip(got, expected)):
            self.assertEqual(report, {"kind": "bearing", "row": first + number, "time": report["time"], **wanted})
        self.assertEqual(len(got), len(expected))

    def assert_same(self, got, expected):
        np.testing.assert_array_equal(got[0], expected[0])
        self.assert_reports(got[1], expected[1])
        np.testing.assert_array_equal(got[2], expected[2])

    def test_streams_are_arrays_to_the_bit_in_any_pieces_and_on_a_second_run(self):
        expected = by_arrays(X)
        self.assertEqual(expected[1][1]["fault"], "BPFI")
        self.assert_same(chain(X), expected)
        chain.got.got.clear()
        run_again(chain.graph, [chain.source], chain.sinks)
        self.assert_same(result(), expected)
        self.assert_same(chain(X, between=[unequal(np.float32, N_FFT // 2 + 1)]), expected)

    def test_short_streams(self):
        for length in 0, 1, 63, 64, 65, 5000:
            self.assert_same(chain(X[:length]), by_arrays(X[:length]) if length else ([], [], np.empty((0, LONG // 2 + 1))))

    def test_nan_is_confined_and_a_gain_changes_nothing(self):
        x = X.copy()
        x[30000] = np.nan
        e, reports, _ = chain(x)
        self.assertTrue(np.isfinite(e).all())
        self.assertEqual(np.flatnonzero(e == 0).tolist()[1:], [p for p in range(len(e)) if p * HOP <= 30000 < p * HOP + N_FFT])
        self.assertEqual(reports[1]["fault"], "BPFI")
        plain = chain(X)[1]
        for gain in 1e-6, 1e6:
            for report, wanted in zip(chain((gain * X).astype(np.float32))[1], plain):
                self.assertAlmostEqual(report["z_bpfi"], wanted["z_bpfi"], 2)

    def test_a_speed_for_each_row(self):
        rows = np.random.default_rng(2).exponential(size=(6, 513)).astype(np.float32)
        speeds = [25, 26, np.nan, 0, 25, 30]
        expected, _ = stft.score_fault_lines(rows, 300, speeds, MFPT)
        graph, got = gr.top_block(), messages()
        lines = stft.fault_lines(1024, *MFPT, samp_rate=300, speed=7)
        graph.connect(blocks.vector_source_f(rows.ravel().tolist(), False, 513), lines, blocks.null_sink(513 * 4))
        graph.connect(blocks.vector_source_f(speeds), (lines, 1))
        graph.msg_connect(lines, "events", got, "in")
        run_to_end(graph)
        self.assert_reports([pmt.to_python(m) for m in got.got], expected)
        self.assertEqual([r["missing"] for r in expected], [None, None, "no speed", "no speed", None, None])

    def test_setters_and_messages_change_speed_and_threshold(self):
        lines = stft.fault_lines(LONG, *MFPT)
        self.assertEqual((lines.speed(), lines.threshold()), (0, 4))
        lines.set_speed(25)
        lines.change(threshold=7.5)
        self.assertEqual((lines.speed(), lines.threshold()), (25, 7.5))
        for wrong in dict(speed=-1), dict(speed=float("nan")), dict(threshold=0), dict(threshold=float("inf")):
            with self.assertRaisesRegex(ValueError, rf"^{list(wrong)[0]}: .+: "):
                lines.change(**wrong)
        self.assertEqual((lines.speed(), lines.threshold()), (25, 7.5))
        rows = stft.spectrogram(stft.envelope(X, FS, n_fft=N_FFT, hop=HOP).samples, n_fft=LONG, fs=RATE, hop=2000, frames=2).T
        for command in pmt.cons(pmt.intern("speed"), pmt.from_double(F)), pmt.to_pmt({"speed": F, "threshold": 1e3}):
            graph, got = gr.top_block(), messages()
            lines = stft.fault_lines(LONG, *MFPT, samp_rate=RATE)
            graph.connect(blocks.vector_source_f(rows.ravel().tolist(), False, LONG // 2 + 1), lines, blocks.null_sink((LONG // 2 + 1) * 4))
            graph.msg_connect(lines, "events", got, "in")
            for message in pmt.to_pmt({"speeed": 1.0}), pmt.to_pmt({"speed": -3.0}), pmt.intern("x"), command:
                lines.to_basic_block()._post(pmt.intern("cmd"), message)
            run_to_end(graph)
            expected, _ = stft.score_fault_lines(rows, RATE, F, MFPT, threshold=4.0 if pmt.is_symbol(pmt.car(command)) else 1e3)
            self.assert_reports([pmt.to_python(m) for m in got.got], expected)

    def test_tags_pass_and_describe_rows(self):
        note, when = tag(20 * HOP, "note", pmt.intern("x")), tag(0, "rx_time", at_time(1000, 0.25))
        rate = tag(0, "rx_rate", pmt.from_double(FS))
        _, reports, _ = chain(X, tags=[rate, when, note])
        on_samples = {pmt.symbol_to_string(t.key): (t.offset, pmt.to_python(t.value)) for t in chain.tags[0]}
        self.assertAlmostEqual(on_samples["rx_rate"][1], RATE)
        self.assertEqual([k for k in on_samples if k.startswith("stft_")], [])
        self.assertTrue(20 - N_FFT // HOP - 1 <= on_samples["note"][0] <= 20)
        keys = {pmt.symbol_to_string(t.key) for t in chain.tags[1]}
        self.assertTrue({"note", "rx_rate", "rx_time", "stft_n_fft"} <= keys)
        seconds = [np.datetime64(r["time"].rstrip("Z")) for r in reports]
        self.assertEqual(seconds[0], np.datetime64("1970-01-01T00:16:40.250000000"))
        self.assertAlmostEqual((seconds[1] - seconds[0]) / np.timedelta64(1, "s"), WIDTH / RATE, 6)

    def test_tags_override_the_settings(self):
        e, reports, _ = by_arrays(X)
        graph, got = gr.top_block(), messages()
        rows = stft.spectrogram_fvf(N_FFT, HOP, placement="left", samp_rate=FS)
        envelope = stft.band_envelope_vf(N_FFT, samp_rate=1, constant=500)  # the rows tell the rates
        second = stft.spectrogram_fvf(LONG, WIDTH, win_length=WIDTH, placement="left")
        lines, sink = stft.fault_lines(LONG, *MFPT, speed=F), blocks.vector_sink_f()
        rate = tag(0, "rx_rate", pmt.from_double(FS))
        graph.connect(blocks.vector_source_f(X.tolist(), False, 1, [rate]), rows, envelope, second, lines, blocks.null_sink((LONG // 2 + 1) * 4))
        graph.connect(envelope, sink)
        graph.msg_connect(lines, "events", got, "in")
        run_to_end(graph)
        np.testing.assert_array_equal(np.array(sink.data(), np.float32), e)
        self.assert_reports([pmt.to_python(m) for m in got.got], reports)

    def test_wrong_tags_are_ignored(self):
        rows = np.random.default_rng(2).exponential(size=(3, 513)).astype(np.float32)
        expected, _ = stft.score_fault_lines(rows, 300, 25, MFPT)
        tags = [tag(0, "stft_n_fft", pmt.from_long(512)), tag(0, "stft_samp_rate", pmt.intern("x")), tag(1, "stft_win_length", pmt.from_long(5000)),
                tag(1, "rx_time", pmt.PMT_T), tag(2, "rx_rate", pmt.from_double(-1))]  # fmt: skip
        graph, got = gr.top_block(), messages()
        lines = stft.fault_lines(1024, *MFPT, samp_rate=300, speed=25)
        graph.connect(blocks.vector_source_f(rows.ravel().tolist(), False, 513, tags), lines, blocks.null_sink(513 * 4))
        graph.msg_connect(lines, "events", got, "in")
        run_to_end(graph)
        self.assert_reports([pmt.to_python(m) for m in got.got], expected)

    def test_tags_of_any_kind_end_no_stream(self):
        rows = np.random.default_rng(2).exponential(size=(40, 513)).astype(np.float32)
        keys = ["stft_n_fft", "stft_hop", "stft_window", "stft_win_length", "stft_samp_rate", "stft_first", "stft_length", "rx_rate", "rx_time", "packet_len", "x"]
        for seed in range(60):
            draw = random.Random(seed)
            tags = [tag(draw.randrange(40), draw.choice(keys), hostile_value(draw)) for _ in range(12)]
            graph, got = gr.top_block(), messages()
            lines = stft.fault_lines(1024, *MFPT, samp_rate=300, speed=25)
            envelope, sink, whitened = stft.band_envelope_vf(1024, samp_rate=FS), blocks.vector_sink_f(), blocks.vector_sink_f(513)
            source = blocks.vector_source_f(rows.ravel().tolist(), False, 513, tags)
            graph.connect(source, lines, whitened)
            graph.connect(source, envelope, sink)
            graph.msg_connect(lines, "events", got, "in")
            run_to_end(graph)
            self.assertEqual((len(sink.data()), len(whitened.data()), len(got.got)), (40, 40 * 513, 40), seed)
            self.assertTrue(np.isfinite(sink.data()).all())

    def test_reports_become_lines_of_json(self):
        graph, got = gr.top_block(), messages()
        to_json = stft.event_to_json()
        rows = np.random.default_rng(2).exponential(size=513)
        lines = stft.fault_lines(1024, *MFPT, samp_rate=300, speed=25)
        graph.connect(blocks.vector_source_f(rows.tolist(), False, 513), lines, blocks.null_sink(513 * 4))
        graph.msg_connect(lines, "events", to_json, "events")
        graph.msg_connect(to_json, "pdus", got, "in")
        run_to_end(graph)
        line = json.loads(bytes(pmt.to_python(pmt.cdr(got.got[0]))))
        self.assertEqual((line["kind"], line["speed"], line["fault"], line["missing"]), ("bearing", 25, None, None))

    def test_what_is_wrong_is_refused(self):
        for wrong, words in (
            (dict(n_fft=3), "n_fft: 3: "), (dict(samp_rate=0), "samp_rate: 0: "), (dict(f_min=13000), "f_min: 13000: "),
            (dict(f_max=100), "f_max: 100: "), (dict(constant=0), "constant: 0: "), (dict(clip=-1), "clip: -1: "), (dict(n_fft=2**28), "n_fft: "),
        ):  # fmt: skip
            with self.assertRaisesRegex(ValueError, "^" + words):
                stft.band_envelope_vf(**{**dict(n_fft=64, samp_rate=FS), **wrong})
        for wrong, words in (
            (dict(n_fft=15), "n_fft: 15: "), (dict(balls=30), "balls: 30: "), (dict(pitch_diameter=0.1), "pitch_diameter: 0.1: "), (dict(speed=-1), "speed: -1: "),
            (dict(win_length=5000), "win_length: 5000: "), (dict(tolerance=1), "tolerance: 1: "),
        ):  # fmt: skip
            with self.assertRaisesRegex(ValueError, "^" + words):
                stft.fault_lines(**{**dict(n_fft=1024, balls=8, ball_diameter=0.235, pitch_diameter=1.245), **wrong})


if __name__ == "__main__":
    unittest.main()
