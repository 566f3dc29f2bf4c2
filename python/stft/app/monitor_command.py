# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft monitor: watches a band or a machine in a recording, a pipe, a receiver or a stream, and reports events while they
happen."""
import contextlib
import functools
import sys
import time

import numpy as np

from gnuradio.stft.app.command import ALARM, DONE, FAILED, REFUSED, verb_parser, warn
from gnuradio.stft.app.command_options import (EitherName, add_rate_argument, named_window, require_finite, require_positive,
                                               require_range)
from gnuradio.stft.app.config_file import ConfigError, ConfigFile, given_options
from gnuradio.stft.app.detection_options import add_detection_arguments, check_detection
from gnuradio.stft.app.files.quantities import hertz, seconds
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.machine_options import add_machine_arguments, asked_for, check_machine
from gnuradio.stft.app.output_options import add_output_arguments, check_outputs, outputs_of
from gnuradio.stft.app.outputs.hub import Outputs
from gnuradio.stft.app.outputs.mqtt_address import refuse_passwords
from gnuradio.stft.app.outputs.output import Source
from gnuradio.stft.app.sample_sources import open_source
from gnuradio.stft.app.watch import Watch
from gnuradio.stft.app.watchers import watcher_for
from gnuradio.stft.interruption import ending_noted
from gnuradio.stft.monitoring import seconds_since_1970

_FAST = 200  # turns in a second: few machines do more


def add_arguments(parser):
    parser.add_argument("source", metavar="SOURCE", nargs="?",
                        help="a recording as in spectrogram; - or a pipe (with --dtype and --rate: samples as they come); "
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
    source.add_argument("--stall", type=seconds, metavar="TIME", default=10.0,
                        help="a live source that gives no samples for this time, or ends, is reported and opened again; 0: it "
                             "is waited for, and its end is ours (default: 10 s)")
    source.add_argument("--duration", type=seconds, metavar="TIME", help="stop after this time of the signal")
    add_detection_arguments(parser)
    add_machine_arguments(parser)
    result = add_output_arguments(parser)
    result.add_argument("--update-interval", type=seconds, metavar="TIME", default=60.0,
                        help="between the reports of an event that lasts (default: 60 s)")
    result.add_argument("--fail-on-alarm", action="store_true",
                        help=f"exit status {ALARM} if there was an event")
    service = parser.add_argument_group("configuration")
    service.add_argument("--config", metavar="FILE.toml", help="options by their names; those of the command line win")
    service.add_argument("--check", action="store_true", help="say what is wrong with FILE.toml, by line, and watch nothing")


def run(arguments):
    if arguments.check and arguments.config is None:
        refuse("check", "given", "needs --config")
    try:
        arguments = _complete(arguments)
    except ConfigError as error:
        if not arguments.check:
            raise
        print("\n".join(error.lines), file=sys.stderr)
        return REFUSED
    if arguments.check:
        print(f"{arguments.config}: nothing is wrong")
        return DONE
    return _watch(arguments)


def _complete(arguments):
    """The arguments with those of the configuration, checked."""
    refuse_passwords(arguments.given)
    if arguments.config is None:
        _check(arguments)
        return arguments
    config = ConfigFile(arguments.config, verb_parser("monitor"))
    arguments = config.arguments(given_options(verb_parser("monitor"), arguments.given))
    try:
        _check(arguments)
    except ValueError as error:
        raise ConfigError([config.located(error)]) from None
    return arguments


def _watch(arguments):
    with contextlib.ExitStack() as files:
        opened = files.enter_context(open_source(arguments))
        for warning in opened.warnings:
            warn("monitor", f"{opened.name}: {warning}")
        if arguments.speed is not None and arguments.speed[0] >= _FAST:
            lower, upper = arguments.speed
            warn("monitor", f"--speed: {lower:g} .. {upper:g} are turns in a second, {60 * lower:g}rpm:{60 * upper:g}rpm")
        watcher = watcher_for(arguments, opened)
        source = _description(arguments, opened, watcher)
        outputs = outputs_of(arguments, source, watcher)
        with ending_noted() as ending:
            watch = Watch(watcher, opened, source, Outputs(outputs, source, named_window(arguments.window)))
            wait, came = None, False
            try:
                for piece in opened.pieces(arguments.duration):
                    came = came or (piece.samples is not None and len(piece.samples) > 0)
                    watch.take(piece)
                    if ending.number is not None:
                        break
                wait = functools.partial(_wait_for, ending)
            finally:  # what is open is reported, files are closed
                watch.finish(wait)
            if not came and ending.number is None:
                warn("monitor", f"{opened.name}: gave no samples")
    if watch.failed:
        return FAILED
    return ALARM if arguments.fail_on_alarm and watch.alarms else DONE


def _wait_for(ending):
    """Until a signal has come."""
    while ending.number is None:
        time.sleep(0.1)


def _description(arguments, opened, watcher):
    """The source as outputs see it."""
    return Source(name=opened.name, rate=opened.rate, rate_known=opened.rate_known, dtype=np.dtype(opened.dtype),
                  datatype=opened.datatype, center=opened.center, time=seconds_since_1970(opened.time), n_fft=arguments.n_fft,
                  hop=arguments.hop or max(1, arguments.n_fft // 2), watches=watcher.kind, live=opened.live)


def _check(arguments):
    if arguments.source is None:
        refuse("source", "missing", "must be given: a recording, -, soapy=ARGS, uhd=ARGS, audio=DEVICE or zmq=ADDRESS")
    if not arguments.detect and not asked_for(arguments) and not arguments.band:
        refuse("monitor", "nothing to watch for", "give --detect, or --speed or --band of a machine")
    if arguments.detect:
        for name, value in asked_for(arguments):
            refuse(name, value, "is for a machine, and does not go with --detect, which is for a band")
    require_positive("rate", arguments.rate)
    require_finite("center", arguments.center)
    require_range("channel", arguments.channel, 0, 2**16)
    if arguments.duration is not None and not arguments.duration > 0:
        refuse("duration", arguments.duration, "must be positive")
    if not 0 <= arguments.stall <= 1e9:
        refuse("stall", arguments.stall, "must be 0 .. 1e9 s")
    require_positive("update_interval", arguments.update_interval)
    if arguments.detect:
        check_detection(arguments)
    else:
        check_machine(arguments)
    check_outputs(arguments)
