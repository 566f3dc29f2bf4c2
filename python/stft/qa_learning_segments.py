#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""learn() of long signals by segments: seams, equality with the whole, and memory."""

import tracemalloc
import unittest
from unittest import mock

import numpy as np

from gnuradio import stft
from gnuradio.stft import learning, learning_problem

from qa_learning import needs_scipy, noise


def segments_of(cells):
    """Segments of as many cells at most."""
    return mock.patch.object(learning_problem, "SEGMENT_CELLS", cells)


class Segments(unittest.TestCase):
    """Of 33 bins and frames every 16 samples of n_fft 64, whose blocks are of two frames to either side."""

    options = {"n_fft": 64, "hop": 16, "share": "cell"}
    cells = 33 * 40

    def learn(self, x, cells, **options):
        with segments_of(cells):
            return stft.learn(x, **{**self.options, **options})

    @staticmethod
    def chirp(length):
        return np.cos(2 * np.pi * (0.02 * np.arange(length) + 0.4 / (2 * length) * np.arange(length) ** 2)) + 0.01 * noise(length)

    def test_of_a_recording_that_fills_one_are_none(self):
        x = noise(1000)  # 63 frames
        one, two, joint = (self.learn(x, 33 * frames, theta_init=40, method="adam", max_iterations=3) for frames in (63, 62, 10**6))
        self.assertEqual([len(each.history) for each in (one, two)], [4, 1 + 2 * 4])
        self.assertEqual(one.history, joint.history)
        np.testing.assert_array_equal(one.theta, joint.theta)
        np.testing.assert_array_equal(one.spectra, joint.spectra)

    def test_are_for_thetas_of_cells_and_criteria_that_are_means_over_frames(self):
        def criterion(S, theta, t):
            return np.sum(np.abs(S) ** 4), 4 * np.abs(S) ** 2 * S

        x = noise(2000)
        for options, apart in (
            ({}, True), ({"criterion": "frame_entropy"}, True), ({"criterion": {"kurtosis": 1, "renyi": 2}}, True),
            ({"criterion": "magnitude_entropy"}, False), ({"criterion": {"l1l2": 1, "lp_lq": 0.1}}, False),
            ({"criterion": criterion}, False), ({"learn": "both"}, False), ({"learn": "t"}, False),
            ({"share": "frame"}, False), ({"share": "bin"}, False), ({"share": "constant"}, False),
        ):  # fmt: skip
            with self.subTest(options):
                by_segments, joint = (self.learn(x, cells, theta_init=40, method="adam", max_iterations=2, **options)
                                      for cells in (self.cells, 10**9))  # fmt: skip
                self.assertEqual(by_segments.history != joint.history, apart)

    def test_have_the_loss_of_the_whole_together(self):
        x = np.concatenate([noise(1500), np.zeros(700), self.chirp(1500)])
        for criterion in (None, "entropy", "renyi", "frame_entropy", "kurtosis", {"l1l2": 1, "kurtosis": 0.3}):
            for hop in (16, 13.7):
                for samples in (x, np.stack([x, x[::-1]]), x + 1j * x[::-1]):
                    options = {**self.options, "hop": hop, "criterion": criterion}
                    shape = learning._problem(samples, **options).theta.shape
                    theta = np.random.default_rng(3).uniform(32, 64, shape)
                    losses = []
                    for cells in (self.cells, 10**9):
                        with segments_of(cells):
                            losses.append(learning.start_at(theta, samples, **options).loss)
                    self.assertAlmostEqual(*losses, 11, (criterion, hop))

    def test_count_with_the_loss_of_the_whole(self):
        for x in (noise(3000), np.stack([noise(3000), self.chirp(3000)])):
            for reported in (1, 8, 9, 17, 30):

                def progress(count, _):
                    if count == reported:
                        raise StopIteration

                found = self.learn(x, self.cells, theta_init=40, method="adam", max_iterations=5, progress=progress)
                self.assertEqual(len(found.history), reported)
                self.assertEqual(found.loss, min(found.history))
                self.assertAlmostEqual(found.loss, learning.start_at(found.theta, x, **self.options).loss, 11)
                np.testing.assert_array_equal(found.spectra, stft.dstft(x, found.theta, found.t, n_fft=64))

    def test_end_early_with_those_that_were_learned(self):
        def progress(count, _):
            if count == 1 + 3 * 6 + 2:  # the start, six of each of three segments, then in the fourth
                raise StopIteration

        found = self.learn(noise(3000), self.cells, theta_init=40, method="adam", max_iterations=5, progress=progress)
        learned = np.any(found.theta != 40, axis=0)  # of 188 frames in five segments
        self.assertTrue(np.all(learned[:150]))
        self.assertFalse(np.any(learned[150:]))  # where the fourth ends

    @needs_scipy
    def test_are_learned_as_well_as_together(self):
        n = np.arange(6000)
        tones = np.cos(0.7 * n) + np.cos(1.9 * n) + 8.0 * (n % 700 == 350) + 0.01 * noise(6000)
        for x in (noise(6000), self.chirp(6000), tones):
            found, joint = (self.learn(x, cells) for cells in (self.cells, 10**9))
            self.assertLess(found.loss, joint.loss + 1e-3 * abs(joint.loss))
            self.assertLess(np.mean(np.abs(np.log(found.theta / joint.theta))), 0.05)

    @needs_scipy
    def test_cannot_be_told_from_theta_at_their_seams(self):
        x, seams = noise(16 * 1000), np.linspace(0, 1001, 27).astype(int)[1:-1]  # 40 of 1001 frames at most
        steps = [np.mean(np.abs(np.diff(np.log(self.learn(x, cells).theta), axis=1)), axis=0)
                 for cells in (self.cells, 10**9)]  # fmt: skip
        for frames in range(-4, 3):  # where one segment ends, and where the next one begins to learn again
            by_segments, joint = (np.mean(each[seams - 1 + frames]) for each in steps)
            self.assertLess(by_segments, 1.05 * joint, frames)


class Memory(unittest.TestCase):
    def test_of_a_loss_per_cell_and_its_gradient_is_at_most_seven_planes(self):
        """theta, the spectra and their slopes, the criterion's gradient twice, and the gradient by theta are six."""
        problem = learning._problem(noise(12000).astype(np.float32), n_fft=256, share="cell")
        variables = problem.variables()
        problem.loss(variables)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        problem.loss(variables)
        plane = 8 * problem.theta.size  # bytes of float64 or complex64
        self.assertLess(tracemalloc.get_traced_memory()[1], 7 * plane)

    def test_of_a_long_recording_grows_as_its_result_does(self):
        for precision in (np.float32, np.float64):
            peaks, results = [], []
            for samples in (8000, 40000):
                x = noise(samples).astype(precision)
                with segments_of(33 * 40):
                    tracemalloc.start()
                    found = stft.learn(x, n_fft=64, hop=4, share="cell", method="adam", max_iterations=2)
                    peaks.append(tracemalloc.get_traced_memory()[1])
                    tracemalloc.stop()
                results.append(found.spectra.nbytes + found.theta.nbytes)
            self.assertLess(np.diff(peaks).item(), 1.2 * np.diff(results).item(), precision)


if __name__ == "__main__":
    unittest.main()
