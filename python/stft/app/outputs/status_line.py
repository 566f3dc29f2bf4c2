# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A line on the terminal: speed, events, losses."""
import sys

from gnuradio.stft.app.outputs.output import Output


class StatusLine(Output):
    name = "terminal"

    def __init__(self):
        super().__init__()
        self._width = 0

    def status(self, status):
        speed = status["samples"] / max(status["uptime"], 1e-9)
        words = f"{status['seconds']:.1f} s · {speed:.3g} S/s · {status['alarms']} events · {status['lost']} samples lost"
        self._width = max(self._width, len(words))
        sys.stderr.write("\r" + words.ljust(self._width))
        sys.stderr.flush()

    def close(self):
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
