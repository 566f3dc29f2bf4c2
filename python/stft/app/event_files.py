# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Events written to files: CSV, lines of JSON, SigMF annotations."""
import csv
import json
import uuid

from gnuradio.stft import __version__

COLUMNS = ("kind", "time", "sample_start", "sample_count", "duration", "freq_lower", "freq_upper", "freq_peak",
           "bandwidth", "power_db", "noise_db", "snr_db", "energy_db", "cells", "rows", "cut", "id")
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
        file.write(json.dumps(event, allow_nan=False, separators=(",", ":")) + "\n")


def sigmf_metadata(events, *, datatype, rate, center=None, time=None, description=""):
    """SigMF 1.2 metadata of samples (its datatype, Hz, Hz, ISO 8601) and annotations for the events that have ended."""
    capture = {"core:sample_start": 0}
    if center is not None:
        capture["core:frequency"] = center
    if time:
        capture["core:datetime"] = time
    return {
        "global": {"core:datatype": datatype, "core:sample_rate": rate, "core:version": "1.2.0",
                   "core:recorder": f"gr_stft {__version__}", **({"core:description": description} if description else {}),
                   "core:extensions": [{"name": "stft", "version": "1.0.0", "optional": True}]},
        "captures": [capture],
        "annotations": [_annotation(event) for event in sorted(events, key=lambda e: e["sample_start"])],
    }


def _annotation(event):
    return {
        "core:sample_start": event["sample_start"],
        "core:sample_count": event["sample_count"],
        "core:freq_lower_edge": event["freq_lower"],
        "core:freq_upper_edge": event["freq_upper"],
        "core:label": event["kind"],
        "core:generator": f"gr_stft {__version__}",
        "core:uuid": str(uuid.uuid4()),
        "core:comment": f"{event['snr_db']:.1f} dB",
        "stft:snr_db": round(event["snr_db"], 3),
        "stft:power_db": round(event["power_db"], 3),
        "stft:kind": event["kind"],
        **({"stft:cut": event["cut"]} if event["cut"] else {}),
    }


def write_sigmf(metadata, file):
    json.dump(metadata, file, indent=1, allow_nan=False)
    file.write("\n")
