# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a spectrogram whose windows are learned: lengths, chirp rates, or the rate by which time is warped."""
import numpy as np

from gnuradio import stft
from gnuradio.stft.app.files.recording_base import refuse

LEARNED = ("adaptive", "chirp", "warped")
_MOST_SAMPLES = 2**27  # that learning holds at once
_MOST_CELLS = 2**27    # of warped spectra, which are held


def learned_windows(portion, analysis):
    """The windows that the analysis' transform learns from the portion."""
    if portion.length > _MOST_SAMPLES:
        refuse(portion.recording.path, f"{portion.length} samples", f"windows are learned of at most {_MOST_SAMPLES} at once: "
               "give --start and --stop")
    return (WarpedWindows if analysis.transform == "warped" else LearnedWindows)(portion, analysis)


class _Windows:
    """The window of each frame, and the spectra through it. learned: what the windows have, by name, each (frames,)."""

    def __init__(self, portion, analysis):
        self._analysis = analysis
        self._before = min(analysis.n_fft, portion.before)
        self._samples = portion.read(-self._before, portion.length + min(analysis.n_fft, portion.after))
        self._made = {"n_fft": analysis.n_fft, "hop": analysis.hop}

    def _power_of(self, S, gain):
        """Powers of spectra (frames, bins), in the analysis' kind; gain: of the inner bins of one-sided spectra, to those of both sides."""
        analysis = self._analysis
        inner = slice(1, (analysis.n_fft + 1) // 2)
        with np.errstate(over="ignore"):  # as the plain transform has it
            power = np.square(S.real) + np.square(S.imag)
        if analysis.sides == "onesided":
            power[:, inner] *= gain
        else:
            power = np.fft.fftshift(power, axes=1)
        if analysis.kind == "psd":
            power /= np.asarray(analysis.fs, power.dtype)
        elif analysis.kind == "magnitude":
            if analysis.sides == "onesided":
                power[:, inner] *= 2  # a real line of amplitude A has the power A^2 / 2
            np.sqrt(power, out=power)
        return power


class LearnedWindows(_Windows):
    """theta in samples, and c in cycles per sample^2 of transform chirp."""

    def __init__(self, portion, analysis):
        super().__init__(portion, analysis)
        self._made["window"] = analysis.window
        chirps = analysis.transform == "chirp"
        found = stft.adapt(self._samples[self._before:self._before + portion.length], learn=("theta", "chirp") if chirps else "theta",
                           theta_max=analysis.win_length, spectra=False, **self._made)
        last = np.minimum(np.arange(analysis.frames), found.theta.shape[1] - 1)
        self.learned = {"theta": found.theta[0, last]}
        self._gain = 2
        if chirps:
            self.learned["c"] = found.c[0, last]
            if not portion.recording.is_complex:
                self._samples = stft.analytic_signal(self._samples)
                self._gain = 0.5

    def rows(self, begin, end):
        """Rows of the frames begin .. end - 1, (frames, bins), in the analysis' kind and order of bins."""
        analysis, c = self._analysis, self.learned.get("c")
        t = self._before + np.arange(begin, end) * analysis.hop
        S = stft.dstft(self._samples, self.learned["theta"][None, begin:end], t, n_fft=analysis.n_fft, window=analysis.window,
                       c=None if c is None else c[begin:end], norm="l2" if analysis.kind == "psd" else "l1").T
        bins = analysis.n_fft // 2 + 1 if analysis.sides == "onesided" else analysis.n_fft
        return self._power_of(S[:, :bins], self._gain)


class WarpedWindows(_Windows):
    """a, the relative rate f'/f in 1 / samples, and theta in samples."""

    def __init__(self, portion, analysis):
        super().__init__(portion, analysis)
        recording = portion.recording
        if recording.is_complex:
            refuse(recording.path, "complex samples", "have no warped spectra, which are of real ones")
        if analysis.frames * (analysis.n_fft // 2 + 1) > _MOST_CELLS:
            refuse(recording.path, f"{analysis.frames} frames of n_fft {analysis.n_fft}", f"warped spectra of at most {_MOST_CELLS} "
                   "cells are held: give --start and --stop, or a longer --hop")
        skipped = self._before % analysis.hop  # so that the portion's first sample is the centre of a frame
        theta = analysis.win_length if analysis.win_length < analysis.n_fft else None
        found = stft.adapt(self._samples[skipped:], warp=True, theta_init=theta, **self._made)
        if not len(found.t):
            refuse(recording.path, f"{len(self._samples)} samples", f"hold no frame of n_fft {analysis.n_fft}: give a smaller --n-fft")
        # frames that hang over an end are not made: the nearest one stands for them
        wanted = self._before - skipped + np.arange(analysis.frames) * analysis.hop
        near = np.clip(np.searchsorted(found.t, wanted - analysis.hop / 2), 0, len(found.t) - 1)
        self._spectra, self._near = found.spectra, near
        self.learned = {"theta": found.theta[0, near], "a": found.a[0, near]}
        self._samples = None

    def rows(self, begin, end):
        """Gives what those of LearnedWindows do."""
        return self._power_of(self._spectra[:, self._near[begin:end]].T, 2)
