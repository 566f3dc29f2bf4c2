#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The adaptive STFT's blocks: parameters that change while samples run."""

import itertools
import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

from qa_adaptive_blocks import adaptive, equality, moving, result
from qa_dstft_blocks import command


class changes(equality):
    def changed(self, at, kwargs={}, pieces=(1 << 20,), x=None, **items):
        block = adaptive(True, **kwargs)
        command(block, at=at, **items)
        return result(block, moving(3000, True) if x is None else x, pieces), block

    def assert_same_to(self, frame, got):
        """Up to the frame as without a change; and the same for any split of the input."""
        for name in "spectra", "theta", "t":
            np.testing.assert_array_equal(getattr(got, name)[:frame], getattr(self.plain, name)[:frame])

    def assert_same(self, one, other):
        for name in "spectra", "theta", "t":
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))

    def setUp(self):
        self.plain = result(adaptive(True), moving(3000, True))

    def test_apply_to_the_first_frame_at_a_sample_for_any_split(self):
        for items in (
            dict(theta=40.25), dict(hop=6.5), dict(theta_min=20.0), dict(theta_max=50.0), dict(freeze=True), dict(reset=True),
            dict(theta=20.5, freeze=True, theta_max=40.0),
        ):  # fmt: skip
            with self.subTest(**items):
                got, _ = self.changed(1201, **items)
                self.assert_same_to(151, got)
                self.assertFalse(np.array_equal(got.theta[151:376], self.plain.theta[151:]))
                self.assertEqual([frame for frame, _ in got.tags.value("stft_n_fft")], [0, 151])
                self.assertEqual(got.tags.value("stft_length"), [(len(got.t) - 1, 3000)])
                for pieces in ((1,), (7, 300)):
                    self.assert_same(got, self.changed(1201, pieces=pieces, **items)[0])

    def test_change_of_theta_sets_it_from_its_sample_on(self):
        got, block = self.changed(1200, theta=40.25)
        self.assertEqual(got.theta[150], 40.25)
        self.assertEqual(block.theta(), got.theta[-1])
        got, block = self.changed(1200, theta=40.25, freeze=True)
        self.assertTrue(np.all(got.theta[150:] == 40.25))
        given = np.linspace(20, 60, 33).astype(np.float32)
        vector = pmt.init_f32vector(33, given.tolist())
        got, block = self.changed(1200, dict(share="cell"), theta=vector, freeze=True)
        self.assertTrue(np.all(got.theta[150:] == given))
        np.testing.assert_array_equal(block.theta(), given)

    def test_change_of_theta_may_come_from_a_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "theta.f32"
            np.float32([30, 40.25]).tofile(path)
            got, _ = self.changed(1200, load=str(path), freeze=True)
            self.assertTrue(np.all(got.theta[150:] == 40.25))
            given = np.linspace(20, 60, 33).astype(np.float32)
            np.concatenate([given + 1, given]).tofile(path)
            block = adaptive(True, share="bin", freeze=True)
            block.load_theta(str(path))
            self.assertTrue(np.all(result(block, moving(300, True)).theta == given))
            for wrong in np.float32([30, 31]), np.float32([]), np.full(33, 3, np.float32), np.full(33, np.nan, np.float32):
                wrong.tofile(path)
                self.assertRaisesRegex(ValueError, "^(load|theta): ", block.load_theta, str(path))
            self.assertRaisesRegex(ValueError, "^load: ", block.load_theta, directory)
            self.assertRaisesRegex(ValueError, "^load: ", block.load_theta, str(path) + "?")
            os.mkfifo(str(path) + ".pipe")  # opening it would wait for one who writes
            self.assertRaisesRegex(ValueError, "^load: ", block.load_theta, str(path) + ".pipe")

    def test_change_of_bounds_and_hop_holds_from_its_sample_on(self):
        got, block = self.changed(1200, theta_min=30.0, theta_max=50.0, hop=12.5)
        self.assertTrue(np.all((got.theta[150:] >= 30) & (got.theta[150:] <= 50)))
        np.testing.assert_array_equal(got.t, [*8.0 * np.arange(150), *np.arange(1200, 3001, 12.5)])
        self.assertEqual((block.theta_min(), block.theta_max(), block.hop()), (30, 50, 12.5))
        # shorter windows than two old hops, hops longer than half an old window: both at once are fine
        for items in dict(theta_min=8.0, hop=4.0), dict(theta_min=30.0, hop=15.0):
            got, block = self.changed(1200, dict(theta_min=20.0, hop=10.0), **items)
            self.assertEqual((block.theta_min(), block.hop()), tuple(items.values()))
            self.assertEqual(got.t[-1] - got.t[-2], items["hop"])
        got, block = self.changed(1200, hop=12.5)  # default bounds follow
        self.assertEqual((block.theta_min(), block.theta_max()), (25, 64))
        self.assertTrue(np.all(got.theta[150:] >= 25))
        block.set_hop(5.0)
        self.assertEqual((block.theta_min(), block.theta_max()), (10, 64))

    def test_change_of_one_bound_leaves_the_other(self):
        for items, bounds in (dict(theta_min=24.0), (24, 50)), (dict(theta_max=40.0), (20, 40)):
            _, block = self.changed(1200, dict(theta_min=20.0, theta_max=50.0), **items)
            self.assertEqual((block.theta_min(), block.theta_max()), bounds)

    def test_freeze_and_go_on(self):
        block = adaptive(True)
        command(block, freeze=True, at=800)
        command(block, freeze=False, at=1600)
        self.assertFalse(block.freeze())
        x = moving(3000, True)
        got = result(block, x)
        self.assertTrue(np.all(got.theta[100:200] == got.theta[99]))
        self.assertGreater(len(np.unique(got.theta[200:])), 20)

    def test_reset_to_the_beginning(self):
        x = moving(3000, True)
        got, _ = self.changed(1504, dict(theta_init=33.5), x=np.append(x[:1504], x))
        np.testing.assert_array_equal(result(adaptive(True, theta_init=33.5), x).theta[0], got.theta[0])
        got, _ = self.changed(1504, x=np.zeros(3000, np.float32), theta=60.0)
        self.assertTrue(np.all(got.theta[188:] == 60))  # silence
        block = adaptive(True, theta_init=33.5)
        command(block, theta=60.0, at=800)
        command(block, reset=True, at=1600)
        got = result(block, np.zeros(3000, np.float32))
        np.testing.assert_array_equal(got.theta[:, 0], np.repeat(np.float32([33.5, 60, 33.5]), [100, 100, 176]))

    def test_changes_keep_what_was_learned_before(self):
        tone = np.cos(0.9 * np.arange(6000)).astype(np.float32)
        for items in dict(hop=6.0), dict(theta_max=63.0), dict(freeze=True):
            got, _ = self.changed(3000, x=tone, **items)
            self.assertTrue(np.all(got.theta[360:390] > 55))

    def test_changes_are_made_in_the_order_of_their_samples(self):
        block = adaptive(True)
        command(block, theta=50.0, freeze=True, at=2000)
        command(block, theta=25.0, freeze=True, at=1000)
        command(block, theta_max=40.0, at=1500)  # 50 would be beyond: refused
        got = result(block, moving(3000, True))
        self.assertTrue(np.all(got.theta[125:250] == 25))
        self.assertTrue(np.all(got.theta[250:] == 50))

    def test_changes_that_cannot_be_applied_are_ignored(self):
        nothing = pmt.make_dict()
        for bad in (
            dict(theta=3.0), dict(theta=65.0), dict(theta=float("nan")), dict(theta="x"), dict(theta=pmt.init_f32vector(2, [30, 40])),
            dict(theta=pmt.init_f32vector(0, [])), dict(theta=nothing), dict(load="/nowhere"), dict(load=3.0), dict(theta_min=70.0),
            dict(theta_min=10.0), dict(theta_min="x"), dict(theta_max=15.0), dict(theta_max=1e3), dict(hop=-1.0), dict(hop=33.0),
            dict(hop=float("nan")), dict(hop=pmt.init_f64vector(2, [7, 8])), dict(freeze=1), dict(freeze="yes"), dict(speed=1),
            dict(theta=40.0, at="soon"), dict(theta=40.0, at=7.5), dict(hop=7.0, theta=99.0), dict(theta=40.0, freeze="x"),
        ):  # fmt: skip
            with self.subTest(**bad):
                block = adaptive(True)
                command(block, **bad)
                self.assert_same(result(block, moving(3000, True)), self.plain)
        for message in (pmt.PMT_NIL, pmt.from_double(3), pmt.mp("theta"), pmt.cons(pmt.mp("nope"), pmt.PMT_T)):
            block = adaptive(True)
            block.to_basic_block()._post(pmt.intern("cmd"), message)
            self.assert_same(result(block, moving(3000, True)), self.plain)

    def test_setters_refuse_without_effect(self):
        block = adaptive(True)
        for name, call in (
            ("theta", lambda: block.set_theta(3.0)),
            ("theta", lambda: block.set_theta([])),
            ("theta", lambda: block.set_theta([20.0, 30.0])),
            ("theta", lambda: block.set_theta(float("nan"))),
            ("theta_min", lambda: block.set_bounds(50.0, 40.0)),
            ("hop", lambda: block.set_bounds(10.0, 40.0)),
            ("theta_max", lambda: block.set_bounds(20.0, 65.0)),
            ("hop", lambda: block.set_hop(40.0)),
            ("hop", lambda: block.set_hop(0.5)),
            ("load", lambda: block.load_theta("/nowhere")),
        ):
            self.assertRaisesRegex(ValueError, f"^{name}: ", call)
        self.assertEqual((block.hop(), block.theta_min(), block.theta_max(), block.freeze()), (8, 16, 64, False))
        self.assert_same(result(block, moving(3000, True)), self.plain)

    def test_setters_called_before_the_start_hold_from_the_first_frame(self):
        block = adaptive(True, hop=4.0)
        block.set_hop(8.0)
        self.assert_same(result(block, moving(3000, True)), self.plain)
        block.set_bounds(20.0, 50.0)
        block.set_theta(30.0)
        block.set_freeze(True)
        self.assertEqual((block.theta_min(), block.theta_max(), block.freeze()), (20, 50, True))
        self.assertTrue(np.all(result(block, moving(3000, True)).theta == 30))


class theta_init_after_a_change(unittest.TestCase):
    """theta_init holds as long as the bounds let it, and gives way to them."""

    def thetas(self, block):
        sink = blocks.vector_sink_f()
        graph = gr.top_block()
        graph.connect(blocks.vector_source_f(np.random.default_rng(1).standard_normal(9000).tolist()), block)
        graph.connect(block, blocks.null_sink(8 * 257))
        graph.connect((block, 1), sink)
        graph.run()
        graph.disconnect_all()
        return sink.data()

    def test_bounds_and_a_hop_that_leave_it_outside_do_not_end_the_stream(self):
        for at in None, 4000:
            for first, second in itertools.permutations((dict(theta_max=400.0), dict(hop=60.0))):
                block = stft.adaptive_stft_fvc(n_fft=512, hop=16.0, theta_init=100.0)
                block.change(at=at, **first)
                block.change(at=at, **second)
                self.assertGreater(min(self.thetas(block)[-20:]), 119.9)  # two hops

    def test_it_holds_on_the_second_run(self):
        for change in {}, dict(theta_max=400.0), dict(hop=20.0):
            block = stft.adaptive_stft_fvc(n_fft=512, hop=16.0, theta_init=100.0, freeze=True)
            block.change(**change)
            for _ in range(2):
                self.assertEqual(set(self.thetas(block)), {100.0}, change)


if __name__ == "__main__":
    unittest.main()
