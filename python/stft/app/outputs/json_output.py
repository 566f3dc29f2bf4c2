# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Reports as lines of JSON on standard output."""
import sys

from gnuradio.stft.app.outputs.output import Output


class JsonOutput(Output):
    name = "json"

    def reports(self, reports):
        for _, line in reports:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
