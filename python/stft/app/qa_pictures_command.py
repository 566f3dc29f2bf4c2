#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of gr_stft: scales of frequency, ticks, annotations, vector formats."""

import json
import random
import re
import unittest
import xml.etree.ElementTree
from unittest import mock

import numpy as np
from qa_command import InFolder, complex_noise, needs, noise, run

from gnuradio.stft.app.files import quantities
from gnuradio.stft.app.pictures import frequency_scales, picture_axes, spectrogram_picture


def frames_of(axes):
    """Corners of the frames that annotations have."""
    return [np.asarray(frame) for frame in axes.collections[0].get_segments()]


class Lines(unittest.TestCase):

    def lines(self, frequencies, step, limits, height, scale):
        return frequency_scales.Lines(frequencies, step, limits, height, "Hz", scale)

    def test_lines_hold_the_bins_between_their_edges_or_the_nearest_one(self):
        chosen = random.Random(0)
        for scale, forward in (("log", np.log10), ("mel", lambda f: 2595 * np.log10(1 + f / 700))):
            for _ in range(20):
                bins, height, step = chosen.randrange(2, 300), chosen.randrange(1, 200), chosen.uniform(0.1, 100)
                frequencies = step * np.arange(bins)
                low, high = (step if scale == "log" else 0.0), frequencies[-1] * 1.01
                lines = self.lines(frequencies, step, (0.0, high), height, scale)
                np.testing.assert_allclose(lines.axis.edges, (forward(low), forward(high)))
                rows = np.random.default_rng(bins).uniform(1, 2, (3, bins))
                edges = np.linspace(forward(low), forward(high), height + 1)
                with np.errstate(divide="ignore"):
                    places = forward(frequencies)
                for largest, of in ((False, np.mean), (True, np.max)):
                    got = lines.pool(rows, largest)
                    for line in range(height):
                        inside = (places >= edges[line]) & (places < edges[line + 1])
                        inner = edges[max(line, 1):line + 2]
                        if np.abs(places[:, None] - inner).min() < 1e-9:
                            continue  # rounding decides between two lines
                        if inside.any():
                            expected = of(rows[:, inside], axis=1)
                        else:
                            middle = (edges[line] + edges[line + 1]) / 2
                            frequency = 10**middle if scale == "log" else 700 * (10**(middle / 2595) - 1)
                            expected = rows[:, min(bins - 1, round(frequency / step))]
                        np.testing.assert_allclose(got[:, line], expected)

    def test_ticks_lie_where_their_words_say_and_have_room(self):
        chosen = random.Random(1)
        for scale in ("log", "mel"):
            for _ in range(200):
                low = 10 ** chosen.uniform(-2, 9)
                high = low * (1 + 10 ** chosen.uniform(-3, 4))
                lines = self.lines(np.linspace(low, high, 50), (high - low) / 49, (low, high), 100, scale)
                ticks = lines.axis.ticks
                self.assertTrue(2 <= len(ticks) <= 26, (low, high, ticks))
                for place, words in ticks:
                    self.assertAlmostEqual(float(lines.forward(quantities.hertz(words))), place, 9)
                    self.assertTrue(lines.axis.limits[0] <= place <= lines.axis.limits[1])
                self.assertEqual(len({words for _, words in ticks}), len(ticks))

    def test_clock_ticks_say_their_time(self):
        chosen = random.Random(2)
        for _ in range(500):
            low = chosen.choice((0, 10 ** chosen.uniform(0, 6)))
            high = low + 10 ** chosen.uniform(-2, 6)
            ticks = picture_axes.clock_ticks(low, high)
            self.assertTrue(1 <= len(ticks) <= 11, (low, high, ticks))
            for place, words in ticks:
                self.assertAlmostEqual(quantities.seconds(words), place, 6)
                self.assertTrue(low - 1e-6 <= place <= high + 1e-6)

    def test_long_times_are_on_a_clock(self):
        for largest, label in ((179, "Time (s)"), (180, "Time (m:ss)"), (3600, "Time (h:mm:ss)"), (1e5, "Time (h:mm:ss)")):
            axis = picture_axes.Axis((0, largest), (0, largest), "Time", "s")
            self.assertEqual((axis.label, axis.factor, axis.ticks is None), (label, 1, largest < 180))


class Pictures(InFolder):

    def figure(self, *arguments):
        """The figure of a run that writes a picture."""
        drawn = []
        draw = spectrogram_picture.Picture._draw
        with mock.patch.object(spectrogram_picture.Picture, "_draw", lambda self, columns: drawn.append(draw(self, columns)) or drawn[-1]):
            status, _, err = run("spectrogram", *arguments, "-o", "x.png")
        self.assertEqual(status, 0, err)
        return drawn[0]

    def write_sigmf(self, annotations, x):
        x.astype("c8").tofile("x.sigmf-data")
        with open("x.sigmf-meta", "w", encoding="utf-8") as file:
            json.dump({"global": {"core:datatype": "cf32_le", "core:sample_rate": 1000}, "annotations": annotations,
                       "captures": [{"core:frequency": 1e4}]}, file)

    @needs("matplotlib")
    def test_tone_is_at_its_frequency_on_every_scale(self):
        np.save("x.npy", np.cos(2 * np.pi * 0.05 * np.arange(20000)))
        for scale, forward in (("linear", lambda f: f / 1e3), ("log", np.log10), ("mel", lambda f: 2595 * np.log10(1 + f / 700))):
            axes = self.figure("x.npy", "--rate", 40000, "--n-fft", 2000, "--frequency-scale", scale).axes[0]
            image = axes.images[0]
            level = np.asarray(image.get_array()).mean(axis=1)
            bottom, top = image.get_extent()[2:]
            lines = np.flatnonzero(level > level.max() - 3)
            low, high = bottom + (top - bottom) * np.array((lines[0], lines[-1] + 1)) / len(level)
            with self.subTest(scale):
                self.assertLessEqual(low, forward(2000) + 1e-9)
                self.assertGreaterEqual(high, forward(2000) - 1e-9)
                self.assertLess(high - low, 0.05 * (top - bottom))

    @needs("matplotlib")
    def test_powers_beyond_single_precision_are_seen(self):
        for scale in (1e-60, 1e-21, 1e60):
            np.save("x.npy", scale * noise(3000))
            level = np.asarray(self.figure("x.npy", "--rate", 1000).axes[0].images[0].get_array())
            self.assertAlmostEqual(np.median(level), 20 * np.log10(scale) - 10 * np.log10(6000), delta=3)

    @needs("matplotlib")
    def test_annotations_are_frames_with_words(self):
        marks = [{"core:sample_start": 100, "core:sample_count": 200, "core:freq_lower_edge": 10100, "core:freq_upper_edge": 10200,
                  "core:label": "a $burst"}, {"core:sample_start": 900},
                 {"core:sample_start": 0, "core:sample_count": 10, "core:freq_lower_edge": 20000, "core:freq_upper_edge": 20001}]
        self.write_sigmf(marks, complex_noise(2000))
        axes = self.figure("x.sigmf-meta", "--n-fft", 50).axes[0]
        frames = frames_of(axes)
        self.assertEqual(len(frames), 2)  # the third lies outside of the band
        np.testing.assert_allclose((frames[0].min(axis=0), frames[0].max(axis=0)), ((0.1, 10.1), (0.3, 10.2)))
        np.testing.assert_allclose((frames[1].min(axis=0), frames[1].max(axis=0)), ((0.9, 9.49), (2, 10.49)))
        self.assertIn(r"a \$burst", [text.get_text() for text in axes.texts])
        self.assertEqual(len(self.figure("x.sigmf-meta", "--n-fft", 50, "--no-annotations").axes[0].collections[0].get_segments()), 0)
        logarithmic = self.figure("x.sigmf-meta", "--n-fft", 50, "--frequency-scale", "log", "--start", 0.2).axes[0]
        np.testing.assert_allclose(frames_of(logarithmic)[0][:, 1].max(), np.log10(10200))
        self.assertEqual(logarithmic.get_xlim(), (0.2, 2))

    @needs("matplotlib")
    def test_many_annotations_do_not_stop_the_picture(self):
        marks = [{"core:sample_start": n, "core:sample_count": 1, "core:label": f"{n}"} for n in range(500)]
        self.write_sigmf(marks, complex_noise(1000))
        axes = self.figure("x.sigmf-meta").axes[0]
        self.assertEqual((len(frames_of(axes)), len(axes.lines)), (500, 0))  # a line of its own takes a millisecond
        self.assertLess(len(axes.texts), 100)

    @needs("matplotlib")
    def test_svg_and_pdf_have_the_size_asked_for_and_hold_the_picture(self):
        np.save("x.npy", noise(3000))
        for verb in ("spectrogram", "learn"):
            for _ in range(2):
                options = ("--n-fft", 64, "--width", 1200, "--height", 600)
                self.assertEqual(run(verb, "x.npy", "--rate", 1000, *options, "-o", "x.svg", "-o", "x.pdf", "-o", "x.png")[0], 0)
            svg = xml.etree.ElementTree.parse("x.svg").getroot()
            width, height = (float(svg.get(name)[:-2]) for name in ("width", "height"))
            self.assertAlmostEqual(width / height, 2)
            self.assertGreaterEqual(len(list(svg.iter("{http://www.w3.org/2000/svg}image"))), 1)
            with open("x.pdf", "rb") as file:
                pdf = file.read()
            self.assertTrue(pdf.startswith(b"%PDF") and pdf.rstrip().endswith(b"%%EOF"))
            self.assertIn(b"/Image", pdf)
            box = [float(number) for number in re.search(rb"/MediaBox \[ ([^]]*)\]", pdf)[1].split()]
            np.testing.assert_allclose(box, (0, 0, width, height))
            self.assertNotIn(b"CreationDate", pdf)  # the same run gives the same file

    @needs("matplotlib")
    def test_scales_that_negative_frequencies_do_not_fit(self):
        np.save("x.npy", complex_noise(3000))
        for verb in ("spectrogram", "learn"):
            for scale in ("log", "mel"):
                self.assert_refused((verb, "x.npy", "--rate", 1000, "--frequency-scale", scale), f"frequency_scale: {scale}: shows no",
                                    "give --fmin" if verb == "spectrogram" else "")
        self.assert_done("spectrogram", "x.npy", "--rate", 1000, "--frequency-scale", "log", "--fmin", 10)
        self.assert_done("spectrogram", "x.npy", "--rate", 1000, "--frequency-scale", "mel", "--center", 500)
        self.assert_refused(("spectrogram", "x.npy", "--frequency-scale", "mel", "--fmin", 0), "mel: needs a sampling rate")

    @needs("matplotlib")
    def test_single_bins_and_frames_fit_every_scale(self):
        for x in (np.ones(1), noise(3000)):
            np.save("x.npy", x)
            for scale in ("linear", "log", "mel"):
                for options in (("--n-fft", 1), ("--n-fft", 2), ("--n-fft", 100, "--fmin", 195, "--fmax", 205)):
                    status, _, err = run("spectrogram", "x.npy", "--rate", 1000, "--frequency-scale", scale, *options)
                    self.assertIn(status, (0, 2), (scale, options, err))
                    self.assertEqual(err.count("\n"), status // 2, err)


if __name__ == "__main__":
    unittest.main()
