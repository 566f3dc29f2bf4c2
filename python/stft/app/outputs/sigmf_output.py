# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Events as the annotations of SigMF files, each of which is complete at any time."""
import time

from gnuradio.stft.app.outputs.output import Output
from gnuradio.stft.stft_python import kernels

_SECONDS_TO_SAVE = 60.0
_KINDS = ("burst", "carrier", "step", "gap", "retune")


class SigmfOutput(Output):
    """What cannot be saved is tried again later. A folder that cannot be written is refused at once.

    Files that are there stay: those of a watch that begins again have the next free number, and it completes what a killed one has
    left in the journal of the last file.
    """

    def __init__(self, path, datatype):
        super().__init__()
        self.name = path
        self._file = kernels.sigmf_file(path=path, datatype=datatype, keep=True)
        self._saved_at, self._failed, self._rate = time.monotonic(), False, None

    def begin(self, source):
        self._rate = source.rate
        self._file.begin(source.rate, source.center, source.time)

    def moved(self, sample, center, time):  # pylint: disable=redefined-outer-name
        if sample == 0:  # a report on the watch itself came before the first sample
            self._file.begin(self._rate, center, time)

    def reports(self, reports):
        for event, _ in reports:
            if event["kind"] in _KINDS:
                self._attempt(lambda event=event: self._file.add(event))

    def poll(self):
        if time.monotonic() - self._saved_at > _SECONDS_TO_SAVE:
            self._saved_at = time.monotonic()
            self._save(self._file.flush)

    def close(self):
        self._save(self._file.finish)

    @property
    def failed(self):
        return self._failed

    def counters(self):
        return {"annotations": self._file.count, "files": self._file.complete, "dropped": self._file.left_out}

    def _save(self, action):
        if self._attempt(action) and self._failed:
            self._failed = False
            self.changes.append(("end", "saved again"))

    def _attempt(self, action):
        try:
            action()
            return True
        except RuntimeError as error:
            if not self._failed:
                self.changes.append(("begin", str(error).removeprefix("path: ")))  # the kernels' name of it
            self._failed = True
            return False
