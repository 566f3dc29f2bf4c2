# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a spectrogram whose windows are learned: lengths, and chirp rates."""
import numpy as np

from gnuradio import stft
from gnuradio.stft.app.recording_base import refuse

LEARNED = {"adaptive": ("theta",), "chirp": ("theta", "chirp")}
_MOST_SAMPLES = 2**27  # that learning holds at once


class LearnedWindows:
    """The window of each frame of a portion, and the spectra through it.

    theta: samples, (frames,). c: cycles per sample^2, (frames,), or None.
    """

    def __init__(self, portion, analysis):
        recording, self._analysis = portion.recording, analysis
        if portion.length > _MOST_SAMPLES:
            refuse(recording.path, f"{portion.length} samples", f"windows are learned of at most {_MOST_SAMPLES} at once: give "
                   "--start and --stop")
        made = {"n_fft": analysis.n_fft, "hop": analysis.hop, "window": analysis.window}
        self._before = min(analysis.n_fft, portion.before)
        samples = portion.read(-self._before, portion.length + min(analysis.n_fft, portion.after))
        found = stft.adapt(samples[self._before:self._before + portion.length], learn=LEARNED[analysis.transform],
                           theta_max=analysis.win_length, spectra=False, **made)
        self.theta = self._of_frames(found.theta)
        self.c = self._of_frames(found.c) if analysis.transform == "chirp" else None
        self._is_analytic = self.c is not None and not recording.is_complex
        self._samples = stft.analytic_signal(samples) if self._is_analytic else samples
        if analysis.sides == "onesided":
            # powers of both sides, which are four times one side's in an analytic signal
            self._gain = np.full(analysis.n_fft // 2 + 1, 0.5 if self._is_analytic else 2.0, samples.real.dtype)
            self._gain[0] = 1
            if analysis.n_fft % 2 == 0:
                self._gain[-1] = 1
        else:
            self._gain = np.ones(analysis.n_fft, samples.real.dtype)

    def rows(self, begin, end):
        """Of the frames begin .. end - 1, (frames, bins), in the analysis' kind and order of bins."""
        analysis = self._analysis
        t = self._before + np.arange(begin, end) * analysis.hop
        S = stft.dstft(self._samples, self.theta[None, begin:end], t, n_fft=analysis.n_fft, window=analysis.window,
                       c=None if self.c is None else self.c[begin:end], norm="l2" if analysis.kind == "psd" else "l1").T
        S = S[:, :len(self._gain)]
        power = np.square(S.real) + np.square(S.imag)
        power *= self._gain
        if analysis.sides == "centered":
            power = np.fft.fftshift(power, axes=1)
        if analysis.kind == "psd":
            power /= np.asarray(analysis.fs, power.dtype)
        elif analysis.kind == "magnitude":
            # a real line of amplitude A has the power A^2 / 2
            power[:, slice(1, (analysis.n_fft + 1) // 2) if analysis.sides == "onesided" else slice(0)] *= 2
            np.sqrt(power, out=power)
        return power

    def _of_frames(self, values):
        """One value for each frame of the analysis."""
        values = values.reshape(-1)
        return values[np.minimum(np.arange(self._analysis.frames), len(values) - 1)]
