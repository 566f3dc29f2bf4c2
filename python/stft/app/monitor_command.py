# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft monitor: watches a band or a machine in a recording, a pipe, a receiver or a stream, and reports events while they
happen."""
import contextlib
import time

import numpy as np

from gnuradio.stft.app.command import DONE, FAILED, warn
from gnuradio.stft.app.command_options import (EitherName, add_rate_argument, named_window, require_finite, require_positive,
                                               require_range)
from gnuradio.stft.app.detection_options import add_detection_arguments, check_detection
from gnuradio.stft.app.machine_options import add_machine_arguments, check_machine, is_asked_for
from gnuradio.stft.app.output_options import add_output_arguments, check_outputs, outputs_of
from gnuradio.stft.app.outputs.health import Health
from gnuradio.stft.app.outputs.hub import Outputs
from gnuradio.stft.app.outputs.output import Source
from gnuradio.stft.app.quantities import hertz, seconds
from gnuradio.stft.app.recording_base import refuse
from gnuradio.stft.app.sample_sources import open_source
from gnuradio.stft.app.watchers import watcher_for
from gnuradio.stft.monitoring import seconds_since_1970
from gnuradio.stft.stft_python import kernels

ALARM = 3


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
    result = add_output_arguments(parser)
    result.add_argument("--update-interval", type=seconds, metavar="TIME", default=60.0,
                        help="between the reports of an event that lasts (default: 60 s)")
    result.add_argument("--fail-on-alarm", action="store_true",
                        help=f"exit status {ALARM} if there was an event")


def run(arguments):
    _check(arguments)
    with contextlib.ExitStack() as files:
        opened = files.enter_context(open_source(arguments))
        for warning in opened.warnings:
            warn("monitor", f"{opened.name}: {warning}")
        watcher = watcher_for(arguments, opened)
        source = _description(arguments, opened, watcher)
        watch = _Watch(watcher, opened, source, Outputs(outputs_of(arguments, source), source, named_window(arguments.window)))
        try:
            for piece in opened.pieces(arguments.duration):
                watch.take(piece)
        finally:  # also after a signal: what is open is reported, files are closed
            watch.finish()
    if watch.failed:
        return FAILED
    return ALARM if arguments.fail_on_alarm and watch.alarms else DONE


def _description(arguments, opened, watcher):
    """The source as outputs see it."""
    return Source(name=opened.name, rate=opened.rate, rate_known=opened.rate_known, dtype=np.dtype(opened.dtype),
                  datatype=opened.datatype, center=opened.center, time=seconds_since_1970(opened.time), n_fft=arguments.n_fft,
                  hop=arguments.hop or max(1, arguments.n_fft // 2), watches=watcher.kind, live=opened.live)


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
    check_outputs(arguments)


class _Watch:
    """Pieces of the source in; reports, samples and health out."""

    def __init__(self, watcher, opened, source, outputs):
        self._watcher, self._opened, self._source, self._outputs = watcher, opened, source, outputs
        self._health = Health(source, lambda: opened.lost)

    @property
    def alarms(self):
        return self._health.alarms

    @property
    def failed(self):
        """True if an output could not keep what it was given."""
        return self._outputs.failed

    def take(self, piece):
        """Samples, a number of lost ones, a frequency or a time; or nothing, while none comes."""
        began = time.monotonic()
        if piece.lost:
            self._report(self._watcher.skip(piece.lost))
            self._outputs.lost(piece.lost)
        self._locate(piece)
        count = 0
        if piece.samples is not None:
            reports = self._watcher.push(piece.samples)
            self._outputs.samples(piece.samples)
            self._report(reports)
            count = len(piece.samples)
        self._health.took(count, time.monotonic() - began)
        self._look_after()

    def _locate(self, piece):
        """Time and frequency of the next sample, where a receiver tells them."""
        if piece.time is not None:
            self._watcher.set_time(piece.time)
        if piece.center is not None:
            self._report(self._watcher.retune(piece.center))
        if piece.center is not None or piece.time is not None:
            self._outputs.locate(piece.center, piece.time)

    def _look_after(self):
        self._report(self._on_outputs(self._outputs.changes()))
        self._outputs.poll()
        if self._health.due():
            self._outputs.status(self._health.values(**self._watcher.figures()))

    def finish(self):
        try:
            self._report(self._watcher.finish())
        finally:
            self._outputs.finish()
            self._report(self._on_outputs(self._outputs.changes()))
            self._outputs.close()
        for words in self._watcher.warnings():
            warn("monitor", words)
        if self._opened.lost:
            warn("monitor", f"{self._opened.lost} samples were lost")

    def _report(self, reports):
        self._health.reported(reports, self._watcher.is_alarm)
        self._outputs.reports(reports)

    def _on_outputs(self, changes):
        """Reports on outputs that do not work, or work again."""
        reports = []
        for name, state, words in changes:
            if state == "begin":
                warn("monitor", words)
            at = self._outputs.time()
            reports.append((self._watcher.event(
                kind="output", state=state, time=kernels.iso8601(at) if at else None, sample_start=self._outputs.sample,
                source=self._source.name or None, output=name, reason=words), None))
        return reports
