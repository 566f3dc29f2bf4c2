# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft monitor: watches a band or a machine in a recording, a pipe, a receiver or a stream, and reports events while they
happen."""
import contextlib
import functools
import sys
import time

import numpy as np

from gnuradio.stft.app.command import DONE, FAILED, warn
from gnuradio.stft.app.command_options import (EitherName, add_rate_argument, require_finite, require_positive,
                                               require_range)
from gnuradio.stft.app.detection_options import add_detection_arguments, check_detection, detector_for, unusable_rows
from gnuradio.stft.app.machine_options import add_machine_arguments, check_machine, is_asked_for, levels_of
from gnuradio.stft.app.machine_watch import MachineWatch
from gnuradio.stft.app.quantities import hertz, in_units, seconds
from gnuradio.stft.app.recording_base import refuse
from gnuradio.stft.app.sample_sources import open_source
from gnuradio.stft.monitoring import seconds_since_1970
from gnuradio.stft.stft_python import kernels

ALARM = 3
_SECONDS_TO_SAVE = 60.0


def add_arguments(parser):
    parser.add_argument("source", metavar="SOURCE",
                        help="a recording as in spectrogram; - (with --dtype and --rate: samples as they come); "
                             "soapy=ARGS, uhd=ARGS, audio=DEVICE, zmq=tcp://HOST:PORT")
    parser.add_argument("--detect", action="store_true", help="report the events of a band: bursts, carriers, gaps")
    source = parser.add_argument_group("source")
    add_rate_argument(source, "sampling rate: 48000, 250k, 2.4M")
    source.add_argument("--center", "--centre", type=hertz, metavar="HZ", action=EitherName,
                        help="frequency of the samples' zero frequency; a receiver is tuned to it")
    source.add_argument("--gain", type=float, metavar="DB", help="of a receiver (default: its own)")
    source.add_argument("--dtype", metavar="FORMAT",
                        help="samples are raw, of this SigMF type: cf32_le, ci16_le, cu8, ...")
    source.add_argument("--channel", type=int, metavar="N", default=0, help="channel, counted from 0 (default: 0)")
    source.add_argument("--iq", action="store_true", default=None, help="two channels of a sound file are I and Q")
    source.add_argument("--realtime", action="store_true",
                        help="a recording is read no faster than it was made")
    source.add_argument("--duration", type=seconds, metavar="TIME", help="stop after this time of the signal")
    add_detection_arguments(parser)
    add_machine_arguments(parser)
    result = parser.add_argument_group("result")
    result.add_argument("--sigmf", metavar="OUT.sigmf-meta", help="events as annotations, too, saved as they come")
    result.add_argument("--update-interval", type=seconds, metavar="TIME", default=60.0,
                        help="between the reports of an event that lasts (default: 60 s)")
    result.add_argument("--fail-on-alarm", action="store_true",
                        help=f"exit status {ALARM} if there was an event")


def run(arguments):
    _check(arguments)
    with contextlib.ExitStack() as files:
        source = files.enter_context(open_source(arguments))
        for warning in source.warnings:
            warn("monitor", f"{source.name}: {warning}")
        watch = _Watch(arguments, source, (_band if arguments.detect else _machine)(arguments, source))
        try:
            for piece in source.pieces(arguments.duration):
                watch.take(piece)
        finally:  # also after a signal: what is open is reported, files are closed
            watch.finish()
    if watch.failed:
        return FAILED
    return ALARM if arguments.fail_on_alarm and watch.alarms else DONE


def _check(arguments):
    if not arguments.detect and not is_asked_for(arguments) and not arguments.band:
        refuse("monitor", "nothing to watch for", "give --detect, or --speed or --band of a machine")
    if arguments.detect and is_asked_for(arguments):
        refuse("detect", "of a band", "does not go with --speed, --alarm, --baseline and levels of a machine")
    require_positive("rate", arguments.rate)
    require_finite("center", arguments.center)
    require_range("channel", arguments.channel, 0, 2**16)
    if arguments.duration is not None and not arguments.duration > 0:
        refuse("duration", arguments.duration, "must be positive")
    require_positive("update_interval", arguments.update_interval)
    if arguments.detect:
        check_detection(arguments)
    else:
        check_machine(arguments)
    if arguments.sigmf is not None and not arguments.detect:
        refuse("sigmf", arguments.sigmf, "needs --detect")
    if arguments.sigmf is not None and not arguments.sigmf.endswith(".sigmf-meta"):
        refuse("sigmf", arguments.sigmf, "must end in .sigmf-meta")


class _Band:
    """A detector of events, which makes their lines itself.

    make(center=, time=): gives the detector. It is made again if a receiver's first tag knows better, since the frequencies to
    ignore follow from its centre.
    """

    def __init__(self, make, center, time):
        self._make, self.center, self.time = make, center, time
        self._detector = make(center=center, time=time)

    @property
    def began(self):
        return self._detector.samples > 0

    def push(self, samples):
        return self._detector.push_lines(samples)

    def finish(self):
        return self._detector.finish_lines()

    def skip(self, count):
        return [(event, kernels.json_line(event)) for event in self._detector.skip(count)]

    def set_time(self, at):
        self.time = at
        if self.began:
            self._detector.set_time(at)
        else:
            self._detector = self._make(center=self.center, time=at)

    def retune(self, center):
        self.center = center
        if self.began:
            return [(event, kernels.json_line(event)) for event in self._detector.retune(center)]
        self._detector = self._make(center=center, time=self.time)
        return []

    def is_alarm(self, event):
        return event["state"] == "end" and event["cut"] != "withdrawn" and event["kind"] in ("burst", "carrier", "step")

    def warnings(self):
        if self._detector.refused:
            yield f"{self._detector.refused} groups of cells are left out, since too many events were open"
        if self._detector.unusable:
            yield unusable_rows(self._detector.unusable)


class _Machine:
    """A machine under watch."""

    def __init__(self, watch):
        self._watch = watch

    def push(self, samples):
        return [(event, None) for event in self._watch.push(samples)]

    def finish(self):
        return [(event, None) for event in self._watch.finish()]

    def skip(self, count):
        return [(event, None) for event in self._watch.skip(count)]

    def set_time(self, at):
        self._watch.set_time(at)

    def is_alarm(self, event):
        return event["kind"] == "raise"

    def warnings(self):
        return self._watch.warnings()


def _band(arguments, source):
    make = functools.partial(detector_for, arguments, source.rate, source.dtype, source=source.name, quantum=source.quantum,
                             rate_known=source.rate_known)
    return _Band(make, source.center, source.time)


def _machine(arguments, source):
    if np.dtype(source.dtype).kind == "c":
        refuse("source", source.name, "has complex samples: those of a machine are real")
    return _Machine(MachineWatch(arguments, levels_of(arguments), rate=source.rate, name=source.name, start=source.time,
                                 quantum=source.quantum))


class _Watch:
    """Pieces of the source in, lines of JSON out."""

    def __init__(self, arguments, source, watcher):
        self.alarms, self._samples = 0, 0
        self._source, self._watcher = source, watcher
        self._annotations = _Annotations(arguments.sigmf, source) if arguments.sigmf else None
        self._status = _Status(source) if sys.stderr.isatty() else None

    def take(self, piece):
        """Samples, a number of lost ones, or a frequency."""
        if piece.lost:
            self._write(self._watcher.skip(piece.lost))
        if isinstance(self._watcher, _Band):
            self._locate(piece)
        elif piece.time is not None:
            self._watcher.set_time(piece.time)
        if piece.samples is not None:
            self._write(self._watcher.push(piece.samples))
            self._samples += len(piece.samples)
        if self._status:
            self._status.show(self._samples, self.alarms)

    def _locate(self, piece):
        """Time and frequency of the next sample, where a receiver tells them."""
        if piece.time is not None:
            self._watcher.set_time(piece.time)
        if piece.center is not None:
            self._write(self._watcher.retune(piece.center))
        if self._annotations and not self._watcher.began:
            self._annotations.begin(self._watcher.center, self._watcher.time)

    @property
    def failed(self):
        """True if the annotations could not be saved."""
        return self._annotations is not None and self._annotations.failed

    def finish(self):
        try:
            self._write(self._watcher.finish())
        finally:
            if self._annotations:
                self._annotations.save()
            if self._status:
                self._status.end()
        for words in self._watcher.warnings():
            warn("monitor", words)
        if self._source.lost:
            warn("monitor", f"{self._source.lost} samples were lost")

    def _write(self, reports):
        for event, line in reports:
            sys.stdout.write((line or kernels.json_line(event)) + "\n")
            self.alarms += self._watcher.is_alarm(event)
        if reports:
            sys.stdout.flush()
        if self._annotations:  # the lines are out, whatever becomes of the file
            for event, _ in reports:
                self._annotations.add(event)
            self._annotations.save_if_due()


class _Annotations:
    """A SigMF file that is complete at any time. What cannot be saved is tried again later."""

    def __init__(self, path, source):
        # a folder that cannot be written is refused before anything is watched
        self._file = kernels.sigmf_file(path=path, datatype=source.datatype)
        self._rate, self.failed = source.rate, False
        self.begin(source.center, source.time)
        self._saved_at = time.monotonic()

    def begin(self, center, at):
        """Frequency and time of the first sample."""
        self._file.begin(self._rate, center, seconds_since_1970(at))

    def add(self, event):
        self._try(lambda: self._file.add(event))

    def save_if_due(self):
        if time.monotonic() - self._saved_at > _SECONDS_TO_SAVE:
            self.save()

    def save(self):
        self._saved_at = time.monotonic()
        if self._try(self._file.flush):
            self.failed = False

    def _try(self, action):
        try:
            action()
            return True
        except RuntimeError as error:
            if not self.failed:
                warn("monitor", error)
            self.failed = True
            return False


class _Status:
    """A line on the terminal: speed, events, losses."""

    def __init__(self, source):
        self._source, self._began, self._shown, self._width = source, time.monotonic(), 0.0, 0

    def show(self, samples, events):
        now = time.monotonic()
        if now - self._shown < 0.5:
            return
        self._shown = now
        speed = in_units(samples / max(now - self._began, 1e-9), "S/s", 3)
        words = f"{samples / self._source.rate:.1f} s · {speed} · {events} events · {self._source.lost} samples lost"
        self._width = max(self._width, len(words))
        sys.stderr.write("\r" + words.ljust(self._width))
        sys.stderr.flush()

    def end(self):
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
