# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a machine's speed: times and speeds in the first two columns of a CSV file."""
import csv
import re

import numpy as np

from gnuradio.stft.app.files.recording_base import refuse

_TURNS_A_MINUTE = re.compile(r"rpm|[1ru]/min|min-1", re.IGNORECASE)


def is_speed_file(text):
    return text.lower().endswith(".csv")


def read_speeds(path):
    """Times (s) and speeds (Hz) below a line of names, if there is one; speeds are in turns a minute if their name says rpm."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except OSError as error:
        refuse("speed", path, error.strerror)
    except (csv.Error, UnicodeDecodeError) as error:
        refuse("speed", path, f"is no CSV: {error}")
    values, scale = [], 1.0
    for number, row in enumerate(rows, 1):
        try:
            values.append((float(row[0]), float(row[1] or "nan")))
        except (ValueError, IndexError):
            if number > 1:
                refuse("speed", f"{path}: row {number}", "must begin with a time in s and a speed in Hz, or in rpm if the first row says so")
            scale = 60.0 if len(row) > 1 and _TURNS_A_MINUTE.search(row[1]) else 1.0
    times, speeds = np.array(values).reshape(-1, 2).T
    if not (len(times) and np.all(np.isfinite(times)) and np.all(np.diff(times) > 0)):
        refuse("speed", path, "must hold times that rise")
    if not np.any(speeds[np.isfinite(speeds)] > 0):
        refuse("speed", path, "must hold a speed above 0")
    return times, speeds / scale
