# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Which slices and samples a ShortTimeFFT has: numbers that follow from its window and its hop alone."""

from __future__ import annotations

import operator
from typing import Optional, Tuple

import numpy as np
from numpy.typing import NDArray


class SliceGrid:
    """Slices p, each of m_num samples about sample p hop, and their borders; counted as SciPy's ShortTimeFFT counts them."""

    _win: NDArray
    _hop: int

    @property
    def hop(self) -> int:
        """Samples from slice to slice."""
        return self._hop

    @property
    def m_num(self) -> int:
        """Samples in the window."""
        return len(self._win)

    @property
    def m_num_mid(self) -> int:
        """Index of the window's centre, m_num // 2."""
        return self.m_num // 2

    @property
    def k_min(self) -> int:
        """The first sample under slice p_min; never positive."""
        return self._first_sample(self.p_min)

    @property
    def p_min(self) -> int:
        """The first slice that reaches samples from 0 on; never positive. Zeros at the window's end count as its samples,
        unless win[hop - m_num + m_num_mid:] has only zeros."""
        after = self.m_num - self.m_num_mid  # samples of slice 0 from its centre on
        _, last = self._support()
        return 0 if last < after - self._hop else -((after - 1) // self._hop)

    def k_max(self, n: int) -> int:
        """One past the last sample under a slice, for a signal of n samples."""
        return self._post_padding(n)[0]

    def p_max(self, n: int) -> int:
        """One past the last slice whose window touches a signal of n samples."""
        return self._post_padding(n)[1]

    def p_num(self, n: int) -> int:
        """Number of slices for a signal of n samples."""
        return self.p_max(n) - self.p_min

    def p_range(self, n: int, p0: Optional[int] = None, p1: Optional[int] = None) -> Tuple[int, int]:
        """p0 and p1 with their defaults p_min and p_max(n) filled in.

        ValueError unless p_min <= p0 < p1 <= p_max(n).
        """
        p_max = self.p_max(n)
        p0_ = self.p_min if p0 is None else p0
        p1_ = p_max if p1 is None else p1
        if not self.p_min <= p0_ < p1_ <= p_max:
            raise ValueError(
                f"Invalid Parameter {p0=}, {p1=}, i.e., {self.p_min=} <= p0 < p1 <= {p_max=} does not hold for signal "
                f"length {n=}!"
            )
        return operator.index(p0_), operator.index(p1_)

    @property
    def lower_border_end(self) -> Tuple[int, int]:
        """The first sample and the first slice that what lies before the signal has no part in, as SciPy counts them: the
        sample moves up with the zeros at the window's start."""
        first, _ = self._support()
        start = first - self.m_num_mid  # of slice 0, the first sample with a weight
        if start > self._hop:
            return 0, 0
        p = max(1, -(start // self._hop))
        return start + (p - 1) * self._hop + self.m_num, p

    def upper_border_begin(self, n: int) -> Tuple[int, int]:
        """The first sample and the first slice that depend on what follows a signal of n samples."""
        self._check_length(n)
        _, last = self._support()
        p = 1 + min(n // self._hop + 1, (n - 1 - last + self.m_num_mid) // self._hop)
        return self._first_sample(p), p

    def nearest_k_p(self, k: int, left: bool = True) -> int:
        """The multiple of hop at or before sample k; with left=False, at or after it."""
        return k // self._hop * self._hop if left else -(-k // self._hop) * self._hop

    def _first_sample(self, p: int) -> int:
        if self._hop < 1:  # past the constructor
            raise RuntimeError(f"hop={self._hop} is not an integer >= 1!")
        return p * self._hop - self.m_num_mid

    def _support(self) -> Tuple[int, int]:
        """Index of the window's first and last sample that are not zero; m_num and -1 if all are."""
        nonzero = np.flatnonzero(self._win)
        return (int(nonzero[0]), int(nonzero[-1])) if nonzero.size else (self.m_num, -1)

    def _check_length(self, n: int) -> None:
        least = self.m_num - self.m_num_mid
        if n < least:
            raise ValueError(f"Parameter n must be >= ceil(m_num/2) = {least}!")

    def _post_padding(self, n: int) -> Tuple[int, int]:
        """k_max and p_max of a signal of n samples."""
        self._check_length(n)
        first, _ = self._support()
        p_max = max(n // self._hop + 1, -((first - n - self.m_num_mid) // self._hop))
        return self._first_sample(p_max - 1) + self.m_num, p_max
