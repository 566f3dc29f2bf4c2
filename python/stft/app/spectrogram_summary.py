# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What gr_stft spectrogram says of a spectrogram."""
import math

import numpy as np

from gnuradio.stft.app.command_options import sample_window
from gnuradio.stft.app.files.quantities import in_units


class Statistics:
    """Sums over a spectrogram: for the loudest frequency and the dynamic range.

    Means are of frames inside the recording, if there are any: a frame that reaches beyond its ends
    holds a step to zero, which is not the signal's.
    """

    def __init__(self, kind):
        self._squares = kind == "magnitude"
        self._sums = [0.0, 0.0]  # of frames at the ends, of frames inside
        self._frames = [0, 0]
        self._peak = 0.0
        self.bad_samples = 0

    def add_samples(self, samples):
        self.bad_samples += len(samples) - np.count_nonzero(np.isfinite(samples))

    def add(self, rows, inside):
        """Rows (frames, bins), and which of them lie inside the recording (frames,)."""
        if self.bad_samples:
            finite = np.isfinite(rows).all(axis=1)
            rows, inside = rows[finite], inside[finite]
        if not len(rows):
            return
        self._peak = max(self._peak, float(rows.max()))
        for group, some in enumerate((rows[:0], rows) if inside.all() else (rows[~inside], rows[inside])):
            if self._squares:
                some = np.square(some, dtype=np.float64)
            self._sums[group] = self._sums[group] + some.sum(axis=0, dtype=np.float64)
            self._frames[group] += len(some)

    @property
    def finite_frames(self):
        return sum(self._frames)

    @property
    def mean(self):
        """Mean power of each bin."""
        group = 1 if self._frames[1] else 0
        return self._sums[group] / max(1, self._frames[group])

    @property
    def peak(self):
        """Power of the loudest cell."""
        return self._peak**2 if self._squares else self._peak


def parameters_line(grid, analysis):
    window = analysis.window if isinstance(analysis.window, str) else \
        f"{analysis.window[0]} " + " ".join(f"{value:g}" for value in analysis.window[1:])
    parts = [f"n_fft {analysis.n_fft}", f"hop {analysis.hop}", f"window {window}"]
    if analysis.win_length != analysis.n_fft:
        parts.insert(1, f"win_length {analysis.win_length}")
    if analysis.average > 1:
        parts.append(f"average {analysis.average}")
    if analysis.transform != "plain":
        parts.append(analysis.transform + (f", order {analysis.order}" if analysis.order > 1 else ""))
    return ", ".join(parts)


def decibels(power):
    return 10 * math.log10(power) if power > 0 else -math.inf


def summary_text(portion, analysis, grid, statistics, outputs, elapsed):
    recording = portion.recording
    seconds = grid.meta["time_unit"]
    hertz = grid.meta["frequency_unit"]
    duration = portion.length / analysis.fs
    taps = sample_window(analysis.window, analysis.win_length)
    noise_bandwidth = analysis.fs * np.sum(np.abs(taps)**2) / abs(np.sum(taps))**2
    rate = f"{in_units(recording.fs, 'Hz', 7)}" if recording.rate_known else "unknown"
    lines = [
        ("file", recording.path),
        ("format", recording.format),
        ("rate", rate + (f", centre {in_units(recording.centre_frequency, 'Hz', 10)}"
                         if recording.centre_frequency else "")),
        ("analysed", f"{portion.length} samples from {portion.start}"
                     + (f", {in_units(duration, 's', 6)} from {in_units(grid.time_limits[0], 's', 6)}"
                        if recording.rate_known else "")
                     + f"; channel {recording.channel} of {recording.channels}, "
                     f"{'complex' if recording.is_complex else 'real'}"),
        ("parameters", f"{parameters_line(grid, analysis)}, kind {analysis.kind}"),
        ("resolution", f"window {in_units(analysis.win_length / analysis.fs, seconds)}, noise "
                       f"bandwidth {in_units(noise_bandwidth, hertz)}, rows every "
                       f"{in_units(grid.row_step, seconds)}, bins every "
                       f"{in_units(grid.bin_step, hertz)}"),
        ("spectrogram", f"{len(grid.frequencies)} bins, {analysis.frames} frames, "
                        f"{analysis.rows} rows"),
        *_levels(portion.recording, analysis, grid, statistics),
        ("written", ", ".join(outputs)),
        ("elapsed", f"{elapsed:.2f} s" + (f", {duration / elapsed:.4g} times real time"
                                          if recording.rate_known else "")),
    ]
    return "\n".join(f"{name + ':':<13}{text}" for name, text in lines)


def _levels(recording, analysis, grid, statistics):
    if not statistics.finite_frames:
        return [("loudest", "no frame is finite")]
    mean = statistics.mean
    if not statistics.peak > 0:
        return [("loudest", "silence")]
    reference = f"dB re {'1 ' if grid.unit[0] != '1' else ''}{grid.unit}"
    from_dc = np.rint((grid.frequencies - recording.zero_frequency) / grid.bin_step).astype(np.int64)
    rounding = 100 * np.finfo(grid.dtype).eps**2
    with np.errstate(invalid="ignore", over="ignore"):  # powers may be infinite
        beside_dc = np.flatnonzero(~of_dc(mean, from_dc, leakage_of(analysis) + rounding))
    floor = float(np.median(mean))
    span = "infinite" if floor <= 0 else f"{decibels(statistics.peak) - decibels(floor):.1f} dB"
    if beside_dc.size:
        loudest = int(beside_dc[np.argmax(mean[beside_dc])])
        digits = 2 + math.ceil(math.log10(max(10, abs(grid.frequencies[loudest]) / grid.bin_step)))
        frequency = in_units(grid.frequencies[loudest], grid.meta["frequency_unit"], digits)
        words = f"{frequency} at {decibels(mean[loudest]):.1f} {reference}, on average"
    else:
        words = "nothing but DC"
    dc = mean[from_dc == 0]
    if dc.size and not (beside_dc.size and dc[0] <= mean[loudest]):
        words += f"; DC {decibels(dc[0]):.1f} {reference}"
    return [("loudest", words),
            ("range", f"{span} from the median bin's mean to the loudest cell, "
                      f"{decibels(statistics.peak):.1f} {reference}")]


def leakage_of(analysis):
    """Power of a tone in the bins 0, 1, ... n_fft // 2 away from its own, through the analysis' window,
    its own taken as 1."""
    taps = sample_window(analysis.window, analysis.win_length)
    spectrum = np.abs(np.fft.fft(taps, analysis.n_fft))[:analysis.n_fft // 2 + 1]
    return np.square(spectrum / spectrum[0]) if spectrum[0] > 0 else np.zeros(len(spectrum))


def of_dc(mean, from_dc, leakage):
    """Which bins hold DC and what leaks from it, and no more.

    mean: power of each bin; from_dc: its distance from zero frequency in bins; leakage: of
    leakage_of(). DC's are its own bin, those that hold no more than the window leaks (three
    times that: bins of both sides may be one, and there is noise), and from the edge of the main lobe
    on those to which power falls from bin to bin, since a signal that begins or ends under a window
    leaks more than the window does.
    """
    distance = np.abs(from_dc)
    found = distance == 0
    if not found.any():
        return found
    at_dc = mean[found][0]
    found |= mean <= 3 * at_dc * leakage[np.minimum(distance, len(leakage) - 1)]
    rising = np.flatnonzero(np.diff(leakage) >= -1e-12)
    lobe = int(rising[0]) if rising.size else len(leakage) - 1
    for side in (1, -1):
        order = np.flatnonzero(from_dc * side >= max(0, lobe - 1))[::side]
        if order.size and found[order[0]]:
            stops = np.flatnonzero(np.diff(mean[order]) >= 0)
            found[order[:1 + (int(stops[0]) if stops.size else len(order) - 1)]] = True
    return found
