# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The window length at which a stretch of the signal is most concentrated, once a second."""
import numpy as np

from gnuradio import stft

_EVERY = 1.0       # s
_FRAMES = 16       # of n_fft samples, that are looked at
_LARGEST = 8192    # n_fft beyond which it costs too much


class ThetaLine:
    """push() samples: now and then it gives (sample in the middle, samples to look at); theta_of() looks at them."""

    def __init__(self, source):
        self._count = _FRAMES * source.n_fft
        self._distance = max(self._count, round(_EVERY * source.rate))
        self._n_fft, self._next, self._held = source.n_fft, 0, []

    @staticmethod
    def suits(source):
        return 32 <= source.n_fft <= _LARGEST

    def push(self, x, first_sample):
        """The next samples; the array is kept."""
        begin = max(0, self._next - first_sample)
        if begin >= len(x):
            self._held = []
            return None
        held = sum(map(len, self._held))
        self._held.append(x[begin:begin + self._count - held])
        if held + len(self._held[-1]) < self._count:
            self._next = max(self._next, first_sample + len(x))
            return None
        parts, self._held = self._held, []
        middle = first_sample + begin + len(parts[-1]) - self._count // 2
        self._next = middle - self._count // 2 + self._distance
        return middle, parts

    def skip(self):
        """Samples were lost: a stretch must not reach over them."""
        self._held = []

    def theta_of(self, parts):
        """Samples; None where they do not say."""
        x = np.concatenate(parts)
        if not np.isfinite(x).all() or not x.any():
            return None
        found = stft.adapt(x, n_fft=self._n_fft, share="constant", spectra=False)
        return float(np.median(found.theta))
