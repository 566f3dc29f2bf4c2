# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The interface between a watch and what becomes of it: a source in words, rows of its spectrogram, and an output."""
from dataclasses import dataclass
from typing import Optional, Tuple

import numpy as np


@dataclass(frozen=True)
class Source:
    """The samples that are watched, as they are known when the first one comes."""
    name: str
    rate: float                              # Hz; 1 if it is not known
    rate_known: bool
    dtype: np.dtype                          # complex64 or float32
    datatype: str                            # of the recording, as SigMF names it: "cu8"
    center: Optional[float]                  # Hz of the samples' zero frequency
    time: Optional[Tuple[int, float]]        # of sample 0: whole seconds since 1970 UTC, and the fraction of one
    n_fft: int                               # of the rows
    hop: int                                 # samples between two frames
    watches: str                             # "band" or "machine"
    live: bool                               # False: a recording

    @property
    def bins(self):
        return self.n_fft if self.dtype.kind == "c" else self.n_fft // 2 + 1

    @property
    def bin_width(self):
        """Hz."""
        return self.rate / self.n_fft

    @property
    def lowest(self):
        """Hz of the first bin of a row from the samples' zero frequency: rows are in the order of their frequencies."""
        return -(self.n_fft // 2) * self.bin_width if self.dtype.kind == "c" else 0.0


@dataclass(frozen=True)
class Rows:
    """Rows of a spectrogram that follow each other without a gap, each the mean of `frames` frames' power.

    The last row before a gap, a retune or the end may be the mean of less frames, and is alone in its Rows.
    """
    values: np.ndarray                       # float32 (rows, bins): unit^2 / Hz, in the order of the frequencies
    first_sample: int                        # first sample of the first row, lost ones counted
    hop: int                                 # samples from row to row
    frames: int
    center: Optional[float]                  # Hz of the samples' zero frequency
    time: Optional[Tuple[int, float]]        # of first_sample, as Source.time
    rate: float                              # samples/s


class Output:
    """Base class: every method is called from the thread of the analysis, and does nothing here.

    A method must not wait for anybody. What is wrong with the user's words is a ValueError "name: value: rule" of the constructor.
    What goes wrong later stands in self.changes as ("begin", words), that it works again as ("end", words): the watch makes events of
    both, which all outputs get.
    """

    name = "output"          # in events and in counters()
    rows_per_second = None   # most rows that rows() gets in a second, inf for every frame; None: none
    takes_samples = False    # True: samples() is called

    def __init__(self):
        self.changes = []    # (state, words) since the watch has looked

    def ready(self):
        """Called when all outputs are made and the first sample is awaited."""

    def begin(self, source):
        """A Source; called once, before anything but ready(), poll(), status(), stopping() and close()."""

    def moved(self, sample, center, time):
        """From `sample` on, center (Hz) or time (as Source.time, of `sample`) is another; what has not changed is given, too."""

    def reports(self, reports):
        """[(dict, its line of JSON without a line end)], in the order of the lines on standard output.

        All dicts have kind, time and source; those of a band have the same keys always (event_files.KEYS), those of a machine's
        levels have no state.
        """

    def samples(self, x, first_sample):
        """The next samples, complex64 or float32. The array may be kept, and must not be changed."""

    def lost(self, first_sample, count):
        """`count` samples did not come; numbers of samples and rows count them."""

    def rows(self, rows):
        """Rows, as soon as they are complete."""

    def status(self, status):
        """A dict of the watch's health, twice a second; its keys are those of health.Health.values(), and `outputs`."""

    def counters(self):
        """Numbers by name for the health of this output: waiting_bytes, dropped, ..."""
        return {}

    stays = False  # after the end of the source, until the watch is ended

    def stay(self):
        """The source has ended, and all other outputs are closed."""

    def poll(self):
        """Called after each piece of the source, and ten times a second while none comes."""

    @property
    def failed(self):
        """True if something was lost, or is not in its place: the exit status says so."""
        return False

    def stopping(self):
        """Called after the last sample; the last reports and rows follow, and close()."""

    def close(self):
        """The last call: what is open is completed, within a second."""
