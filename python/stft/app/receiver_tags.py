# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What a receiver tells by tags in the stream of its samples: frequency, time, and samples that were lost.

The rule is that of the block detector_vxm: a number that comes with an overflow counts, but the clock knows better: rx_time
against the time known before, if they are more than half a row apart.
"""
import math

import pmt

_MOST_LOST = 1e15      # samples at once
_LATEST = 10**17       # seconds since 1970
_HIGHEST = 1e30        # Hz


class ReceiverTags:
    """read() the tags of one sample after the other.

    rate: Hz. row: samples. center: Hz that the receiver is tuned to, or None. warn: is called with words, once for each kind of
    tag that cannot be used.
    """

    def __init__(self, rate, row, center, warn):
        self._rate, self._row, self._center, self._warn = rate, row, center, warn
        self._time = None  # (sample, seconds, fraction) of the last rx_time; the sample's number counts lost ones
        self._warned = set()
        self.lost = 0

    def read(self, offset, tags):
        """The tags of an item -> (samples lost before it, its time or None, its centre frequency if that is another or None)."""
        time = center = None
        counted, overflow = 0, False
        for tag in tags:
            name = pmt.symbol_to_string(tag.key) if pmt.is_symbol(tag.key) else ""
            if name == "rx_freq":
                center = self._frequency(tag.value)
            elif name == "rx_time":
                time = self._time_in(tag.value)
            elif name in ("overflow", "rx_overflow"):
                number = _real(tag.value)
                overflow = True
                if number is not None and 1 <= number <= _MOST_LOST:
                    counted = max(counted, int(number))
        lost = self._lost_before(offset, time, counted, overflow)
        self.lost += lost
        if time is not None:
            self._time = (offset + self.lost, *time)
        if center is None or center == self._center:
            return lost, time, None
        self._center = center
        return lost, time, center

    def _lost_before(self, offset, time, counted, overflow):
        if time is not None and self._time is not None:
            sample, seconds, fraction = self._time
            passed = (time[0] - seconds) + (time[1] - fraction)
            later = passed * self._rate - (offset + self.lost - sample)
            if abs(later) > self._row / 2:
                return round(later) if 0 < later <= _MOST_LOST else 0
        elif overflow and not counted:
            self._say("overflow", "samples were lost, and nobody knows how many")
        return counted

    def _frequency(self, value):
        frequency = _real(value)
        if frequency is None or not abs(frequency) <= _HIGHEST:
            self._say("rx_freq", f"rx_freq ignored: {pmt.write_string(value)}: must be a number of Hz, at most 1e30")
            return None
        return frequency

    def _time_in(self, value):
        if pmt.is_tuple(value) and pmt.length(value) >= 2:
            full, fraction = pmt.tuple_ref(value, 0), pmt.tuple_ref(value, 1)
            if pmt.is_uint64(full) and pmt.is_real(fraction):
                seconds, part = pmt.to_uint64(full), pmt.to_double(fraction)
                if seconds <= _LATEST and abs(part) < 1e9:
                    whole = math.floor(part)
                    return seconds + whole, part - whole
        self._say("rx_time", f"rx_time ignored: {pmt.write_string(value)}: must be a tuple of full seconds and a fraction")
        return None

    def _say(self, kind, words):
        if kind not in self._warned:
            self._warned.add(kind)
            self._warn(words)


def _real(value):
    """A real number, but no truth value; None for anything else."""
    if pmt.is_integer(value) or pmt.is_real(value):
        return pmt.to_double(value)
    return float(pmt.to_uint64(value)) if pmt.is_uint64(value) else None
