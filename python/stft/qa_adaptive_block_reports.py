#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The adaptive STFT's blocks: reports by message, ControlPort, and work that is saved under load."""

import ast
import importlib.util
import os
import socket
import subprocess
import sys
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

from qa_adaptive_blocks import HOP, N_FFT, adaptive, moving, result, sizes
from qa_dstft_blocks import graph, sink, source


class reports(unittest.TestCase):
    def received(self, block, x, **kwargs):
        kept, top, (bins, _) = blocks.message_debug(), graph(), sizes(block)
        theta = sink(np.float32, 1)
        top.connect(source(x), block, blocks.null_sink(8 * bins))
        top.connect((block, 1), theta)
        top.msg_connect((block, "report"), (kept, "store"))
        top.run()
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline and kept.num_messages() < kwargs.get("messages", 0):
            time.sleep(0.01)
        return [pmt.to_python(kept.get_message(n)) for n in range(kept.num_messages())], np.concatenate(theta.got)

    def test_tell_of_every_frame_once(self):
        block = adaptive(True, report_interval=100)
        got, theta = self.received(block, moving(3000, True), messages=4)
        self.assertEqual([r["first_frame"] for r in got], [0, 100, 200, 300])
        self.assertEqual([r["frames"] for r in got], [100, 100, 100, 76])
        for r in got:
            those = theta[r["first_frame"] :][: r["frames"]].astype(float)
            self.assertAlmostEqual(r["theta_mean"], np.mean(those), places=9)
            self.assertEqual((r["theta_least"], r["theta_greatest"]), (min(those), max(those)))
            self.assertTrue(np.isfinite(r["criterion"]))
            self.assertEqual(r["dropped"], 0)
        evaluations = [r["evaluations"] for r in got]
        self.assertEqual(evaluations, sorted(evaluations))
        report = stft.adapt(moving(3000, True), n_fft=N_FFT, hop=HOP).report
        last = got[-1]
        self.assertEqual((last["evaluations"], last["criterion"]), (report["evaluations"], report["criterion"]))
        self.assertEqual((block.evaluations(), block.criterion()), (report["evaluations"], report["criterion"]))
        self.assertEqual((block.theta_mean(), block.dropped()), (last["theta_mean"], 0))
        self.assertGreater(last["frames_per_second"], 0)
        self.assertEqual(block.frames_per_second(), last["frames_per_second"])

    def test_tell_the_frames_of_a_second(self):
        """50 of them, of samples that come in bursts of half a second."""
        rate, hop = 400, 8
        x = moving(4 * rate, True)
        kept, top = blocks.message_debug(), graph()
        throttle = blocks.throttle(gr.sizeof_float, rate)
        throttle.set_max_noutput_items(rate // 2)
        block = stft.adaptive_stft_fvc(64, hop, report_interval=5)
        top.connect(source(x), throttle, block, blocks.null_sink(8 * 33))
        top.msg_connect((block, "report"), (kept, "store"))
        top.run()
        rates = [pmt.to_python(kept.get_message(n))["frames_per_second"] for n in range(kept.num_messages())]
        self.assertEqual(rates[:2], [0.0, 0.0])  # of the first burst
        rates = [one for one in rates if one > 0]
        self.assertGreater(len(rates), 10)
        np.testing.assert_allclose(rates, rate / hop, rtol=0.4)  # as a busy machine lets it sleep

    def test_tell_which_bound_most_frames_are_at(self):
        x = np.cos(0.9 * np.arange(4000)).astype(np.float32)
        got, theta = self.received(stft.adaptive_stft_fvc(64, 4, theta_max=40.0), x, messages=2)
        at = np.array([r["at_theta_max"] for r in got])
        some = np.split(theta, np.cumsum([r["frames"] for r in got]))[:-1]
        np.testing.assert_allclose(at, [np.mean(one >= 40 / 1.01) for one in some], atol=1e-12)
        for r in got:
            self.assertRegex(r["advice"], "^theta is within 1 % of theta_max = 40 samples in [0-9]+ % of the frames: ")

    def test_getters_report_without_a_listener(self):
        block = adaptive(True)
        got = result(block, moving(3000, True))
        self.assertAlmostEqual(block.theta_mean(), np.mean(got.theta), places=9)

    @unittest.skipUnless(importlib.util.find_spec("thrift"), "ControlPort needs thrift (Debian: python3-thrift)")
    def test_reports_are_variables_of_control_port(self):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = str(one.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", CONTROL_PORT_CLIENT, port],
            env={**os.environ, "GR_CONF_CONTROLPORT_ON": "True", "GR_CONF_THRIFT_PORT": port},
            stdout=subprocess.PIPE,
            timeout=60,
            check=True,
        )
        shown, got = ast.literal_eval(done.stdout.decode().splitlines()[-1])
        self.assertEqual(shown, got)
        self.assertGreater(got["evaluations"], 0)


CONTROL_PORT_CLIENT = """
import os, sys
from gnuradio import blocks, gr, stft
from gnuradio.ctrlport.GNURadioControlPortClient import GNURadioControlPortClient

top, block = gr.top_block(), stft.adaptive_stft_fvc(64, 8.0)
top.connect(blocks.vector_source_f([0.0, 1.0, 3.0] * 1000), block, blocks.null_sink(33 * 8))
top.run()
knobs = GNURadioControlPortClient("127.0.0.1", int(sys.argv[1]), "thrift").client.getKnobs([])
shown = {name.split("::")[1]: knob.value for name, knob in knobs.items() if name.startswith("adaptive_stft")}
names = "theta_mean", "criterion", "evaluations", "dropped", "frames_per_second", "load", "latency"
print((shown, {name: getattr(block, name)() for name in names}), flush=True)
os._exit(0)
"""


class load(unittest.TestCase):
    x = np.tile(moving(10000, True), 100)

    def test_load_beyond_its_limit_drops_evaluations_but_no_sample(self):
        plain = adaptive(True, samp_rate=1e9)
        whole = result(plain, self.x)
        self.assertEqual(plain.dropped(), 0)
        self.assertGreater(plain.load(), 1)
        block = adaptive(True, load_limit=1e-3, samp_rate=1e6)
        got = result(block, self.x)
        self.assertGreater(block.dropped(), 0)
        self.assertLess(block.evaluations(), plain.evaluations())
        np.testing.assert_array_equal(got.t, whole.t)
        self.assertTrue(np.all((got.theta >= 16) & (got.theta <= 64)))

    def test_within_its_limit_drops_nothing(self):
        block = adaptive(True, load_limit=1.0, samp_rate=10.0)
        got = result(block, self.x)
        self.assertEqual(block.dropped(), 0)
        np.testing.assert_array_equal(got.theta, result(adaptive(True), self.x).theta)

    def test_load_of_an_unknown_rate_is_how_full_the_buffer_is(self):
        block = adaptive(True, load_limit=1e-9)
        result(block, self.x)
        self.assertGreater(block.load(), 0)
        self.assertLessEqual(block.load(), 1)
        self.assertGreater(block.dropped(), 0)


if __name__ == "__main__":
    unittest.main()
