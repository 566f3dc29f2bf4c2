# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The samples around each event, as SigMF recordings of a folder."""
import contextlib
import functools
import os

import numpy as np

from gnuradio.stft.app.outputs.background_writer import BackgroundWriter
from gnuradio.stft.app.outputs.output import Output
from gnuradio.stft.app.outputs.stored_files import StoredFiles, require_writable
from gnuradio.stft.interruption import is_ending
from gnuradio.stft.monitoring import EventCutter
from gnuradio.stft.stft_python import kernels

LIMIT = 256 << 20          # bytes of clips that wait for the disk
LONGEST = 1 << 22          # samples of a clip without what is before and after
SUFFIXES = (".sigmf-data", ".sigmf-meta")
_SMALLEST_HISTORY = 1 << 18
_ROWS_LATE = 512           # after an event that it may be reported: 256 of the first floor, 74 of the longest box, and some
_MOST_HISTORY = 1 << 28
_PATIENCE = 1.0           # s for clips that wait when a signal ends the watch


class ClipOutput(Output):
    """Clips of an EventCutter, pre and post (s) longer than their events; most_bytes: of the folder's files, the oldest go.

    span: event -> (first sample, samples) of one that is cut out, else None; None: events of a band, which know themselves.
    Metadata, with the event as its annotation, is there once the samples are.
    """

    takes_samples = True

    def __init__(self, folder, source, *, pre, post, most_bytes=None, limit=LIMIT, span=None, late=0.0):
        super().__init__()
        self.name = folder
        self._folder, self._source, self._span = folder, source, span
        history = max(_SMALLEST_HISTORY, _ROWS_LATE * source.hop + source.n_fft + (1 << 18), round(late * source.rate))
        self._cutter = EventCutter(source.rate, pre=round(pre * source.rate), post=round(post * source.rate), max_clip=LONGEST,
                                   history=min(_MOST_HISTORY, history))
        self._stored = StoredFiles(folder, SUFFIXES, most_bytes)
        self._missed = self._requests = 0
        self._clock = None
        require_writable(folder)
        self._writer = BackgroundWriter(folder, limit, patient=not source.live)

    def begin(self, source):
        self._clock = [(0, source.center, source.time)]

    def moved(self, sample, center, time):
        self._clock.append((sample, center, time))
        del self._clock[:-1000]

    def samples(self, x, first_sample):
        self._keep(self._cutter.push(x))

    def lost(self, first_sample, count):
        self._keep(self._cutter.skip(count))

    def reports(self, reports):
        for event, _ in reports:
            request = self._request_of(event)
            if request is not None:
                self._keep(self._cutter.request(request))

    def poll(self):
        self.changes += self._writer.take_changes()

    def counters(self):
        return {"waiting_bytes": self._writer.waiting_bytes, "dropped": self._writer.dropped + self._missed, "clips": self._writer.done,
                "removed": self._stored.removed}

    @property
    def failed(self):
        return bool(len(self._writer) or self._writer.dropped)

    def close(self):
        self._keep(self._cutter.finish())
        self._writer.finish(_PATIENCE if is_ending() else None)

    def _request_of(self, event):
        if self._span is None:
            return event if event["kind"] in ("burst", "carrier", "step") else None
        span = self._span(event)
        if span is None:
            return None
        self._requests += 1
        return {**event, "kind": "burst", "state": "end", "id": self._requests, "sample_start": span[0], "sample_count": span[1],
                "words": event["kind"]}

    def _keep(self, clips):
        for clip in clips:
            if not clip.samples.size or clip.missing >= clip.samples.size:
                self._missed += 1  # the event was reported too late
            else:
                self._writer.put(clip.samples.nbytes, functools.partial(self._write, clip))

    # the methods below are called from the writer's thread

    def _write(self, clip):
        sample, center, at = [known for known in self._clock if known[0] <= max(0, clip.sample_start)][-1]
        seconds = None if at is None else _later(at, (clip.sample_start - sample) / self._source.rate)
        real = self._source.dtype.kind != "c"
        meta = kernels.sigmf_annotations(path="-", datatype="rf32_le" if real else "cf32_le", metadata_only=False,
                                         description=f"an event of {self._source.name}")
        meta.begin(self._source.rate, center, seconds)
        event = {key: value for key, value in clip.event.items() if key != "words"}
        meta.add({**event, "state": "end", "sample_start": event["sample_start"] - clip.sample_start})
        samples = clip.samples.real if real else clip.samples
        stem = self._claimed_stem(clip, center, seconds)
        try:
            _write_whole(stem + ".sigmf-data", np.ascontiguousarray(samples).view(np.uint8).data, durable=True)
            _write_whole(stem + ".sigmf-meta", meta.text().encode())
        except OSError:  # another attempt follows
            with contextlib.suppress(FileNotFoundError):
                os.unlink(stem + ".sigmf-data")
            raise
        self._stored.added(os.path.basename(stem))

    def _claimed_stem(self, clip, center, seconds):
        """A name that no other watch has, which may store the same event in the same folder; its samples are begun under it."""
        utc = kernels.iso8601(seconds) if seconds else ""
        utc = utc[:23].replace("-", "").replace(":", "") + "Z" if utc else f"sample{clip.sample_start}"
        first = os.path.join(self._folder, f"{clip.event.get('words') or clip.event['kind']}_{utc}_{center or 0:.0f}Hz_{self._source.rate:.0f}sps")
        stem, number = first, 1
        while True:
            if not any(os.path.exists(stem + suffix) for suffix in SUFFIXES):
                with contextlib.suppress(FileExistsError):
                    os.close(os.open(stem + ".sigmf-data.part", os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666))
                    if not os.path.exists(stem + ".sigmf-data"):
                        return stem
                    os.unlink(stem + ".sigmf-data.part")  # the other one has been completed meanwhile
            number += 1
            stem = f"{first}_{number}"


def _later(at, seconds):
    whole, part = divmod(at[1] + seconds, 1.0)
    return at[0] + int(whole), part


def _write_whole(path, data, durable=False):
    """Under another name until it is complete, and, if it is to be durable, on the disk."""
    part = path + ".part"
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        if os.path.exists(part):
            os.unlink(part)
        raise
