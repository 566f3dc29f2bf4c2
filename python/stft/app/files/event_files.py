# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Events written to files: CSV, lines of JSON, SigMF annotations."""
import csv

from gnuradio.stft.monitoring import seconds_since_1970
from gnuradio.stft.stft_python import kernels

COLUMNS = ("kind", "time", "sample_start", "sample_count", "duration", "freq_lower", "freq_upper", "freq_peak",
           "bandwidth", "power_db", "noise_db", "snr_db", "energy_db", "cells", "rows", "cut", "id")
KEYS = ("kind", "state", "id", "time", "duration", "sample_start", "sample_count", "samp_rate", "freq_lower", "freq_upper",
        "freq_peak", "freq_center", "bandwidth", "power_db", "noise_db", "snr_db", "energy_db", "cells", "rows", "cut", "source",
        "n_fft", "hop")
"""Those of a report, in the order of its line."""
_DIGITS = {"duration": 9, "freq_lower": 3, "freq_upper": 3, "freq_peak": 3, "bandwidth": 3, "power_db": 2,
           "noise_db": 2, "snr_db": 2, "energy_db": 2}


def write_csv(events, file):
    """One line for each event, after a line with the names of COLUMNS; what is unknown is empty."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    for event in events:
        table.writerow(["" if event[name] is None else
                        f"{event[name]:.{_DIGITS[name]}f}" if name in _DIGITS else event[name] for name in COLUMNS])


def write_lines(events, file):
    """One JSON object for each event."""
    for event in events:
        file.write(kernels.json_line(event) + "\n")


def sigmf_metadata(events, *, datatype, rate, center=None, time=None):
    """The text of SigMF 1.2 metadata: samples (their datatype, Hz, Hz, time of the first), and annotations for the events that
    have ended."""
    annotations = kernels.sigmf_annotations(path="-", datatype=datatype, metadata_only=False, most=100_000_000)
    annotations.begin(rate, center, seconds_since_1970(time))
    for event in events:
        annotations.add(event)
    return annotations.text()
