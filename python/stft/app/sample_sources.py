# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Where the samples that are watched come from: recordings, pipes, receivers and streams.

open_source() gives a source with name, rate (Hz), rate_known, dtype, center (Hz or None), time (of sample 0, or None), quantum (a step of
the samples' quantiser, 0 if it is not known), datatype (SigMF's), warnings, lost (samples so far) and pieces(duration), which
yields each Piece as it comes.
"""
import contextlib
import importlib
import itertools
import os
import queue
import time
from dataclasses import dataclass
from typing import Optional

import numpy as np

from gnuradio.stft.app.command import warn
from gnuradio.stft.app.piped_input import STANDARD_INPUT, source_of
from gnuradio.stft.app.raw_files import SampleFormat
from gnuradio.stft.app.recording_base import refuse
from gnuradio.stft.app.recordings import open_recording
from gnuradio.stft.interruption import uninterrupted

_AT_ONCE = 2**18        # samples of a piece of a file
_SHORTEST = 0.02        # s of a piece in real time
_WAITING = 2.0          # s of samples that may wait to be watched before some are lost
LIVE = ("soapy", "uhd", "audio", "zmq")


@dataclass
class Piece:
    """What came: first `lost` samples did not, then time and frequency are these, if they are given, then there are samples."""
    samples: Optional[np.ndarray] = None
    lost: int = 0
    center: Optional[float] = None  # Hz
    time: Optional[tuple] = None    # (seconds since 1970, fraction)


@contextlib.contextmanager
def open_source(arguments):
    kind, equals, words = arguments.source.partition("=")
    if equals and kind in LIVE:
        with _live(kind, words, arguments) as source:
            yield source
    elif arguments.source == STANDARD_INPUT and arguments.dtype:
        yield _RawPipe(arguments)
    else:
        with source_of(arguments.source) as (source, _):
            with open_recording(source, dtype=arguments.dtype, rate=arguments.rate, channel=arguments.channel,
                                iq=arguments.iq, center=arguments.center) as recording:
                yield _Recording(recording, arguments.realtime)


class _Recording:
    """A recording, as fast as it can be read, or as fast as it was made."""

    def __init__(self, recording, realtime):
        self._recording, self._realtime = recording, realtime
        self.name, self.rate, self.dtype = recording.path, recording.fs, recording.dtype
        self.rate_known = recording.rate_known
        self.center = recording.zero_frequency or None
        self.time, self.quantum = recording.time if recording.rate_known else None, recording.quantum
        self.datatype = recording.sigmf_datatype
        self.warnings, self.lost = recording.warnings, 0

    def pieces(self, duration):
        length = self._recording.length
        if duration is not None:
            length = min(length, round(duration * self.rate))
        at_once = _AT_ONCE if not self._realtime else max(1, min(_AT_ONCE, round(_SHORTEST * self.rate)))
        began = time.monotonic()
        for begin in range(0, length, at_once):
            end = min(length, begin + at_once)
            if self._realtime:
                time.sleep(max(0.0, began + end / self.rate - time.monotonic()))
            yield Piece(self._recording.read(begin, end - begin))


class _RawPipe:
    """Raw samples on standard input, as they come."""

    def __init__(self, arguments):
        if arguments.rate is None:
            refuse("rate", "missing", "must be given for samples on standard input")
        if os.isatty(0):
            refuse("standard input", "is a terminal", "must be a pipe or a file")
        self._format = SampleFormat(arguments.dtype)
        self.name, self.rate, self.dtype = "standard input", arguments.rate, self._format.dtype
        self.rate_known = True
        self.center, self.time = arguments.center, time.time()
        self.quantum, self.datatype = self._format.quantum, self._format.name
        self.warnings, self.lost = [], 0

    def pieces(self, duration):
        left = None if duration is None else round(duration * self.rate)
        rest = b""
        while left is None or left > 0:
            data = rest + os.read(0, 2**18)
            if len(data) == len(rest):
                return
            whole = len(data) // self._format.size
            if left is not None:
                whole = min(whole, left)
                left -= whole
            cut = whole * self._format.size
            rest = data[cut:]
            if whole:
                stored = np.frombuffer(data[:cut], self._format.stored).reshape(-1, self._format.parts)
                yield Piece(self._format.convert(stored))


@contextlib.contextmanager
def _live(kind, words, arguments):
    """A flowgraph from a receiver or a stream to a queue."""
    if arguments.rate is None:
        refuse("rate", "missing", f"must be given for {kind}")
    if arguments.realtime:
        refuse("realtime", "given", f"is for recordings; {kind} is in real time")
    from gnuradio import gr
    from gnuradio.stft.app.receiver_tags import ReceiverTags
    graph = gr.top_block("gr_stft monitor")
    try:
        block, dtype = _OPEN[kind](words, arguments)
    except (RuntimeError, ValueError) as error:
        refuse(arguments.source, "cannot be opened", str(error).splitlines()[0] if str(error) else type(error).__name__)
    row = arguments.hop or max(1, arguments.n_fft // 2)
    receiver = ReceiverTags(arguments.rate, row, arguments.center, lambda words: warn("monitor", words))
    sink = _queue_sink(gr, dtype, arguments.rate, receiver)
    graph.connect(block, sink)
    source = _Live(arguments, graph, sink, dtype)
    graph.start()
    source.time = time.time()
    try:
        yield source
    finally:
        graph.stop()
        sink.closed = True
        graph.wait()


class _Live:
    def __init__(self, arguments, graph, sink, dtype):
        self._graph, self._sink = graph, sink
        self.name, self.rate, self.dtype = arguments.source, arguments.rate, np.dtype(dtype)
        self.rate_known = True
        self.center, self.time, self.quantum = arguments.center, None, 0.0
        self.datatype = "cf32_le" if self.dtype.kind == "c" else "rf32_le"
        self.warnings = []

    @property
    def lost(self):
        return self._sink.lost

    def pieces(self, duration):
        left = None if duration is None else round(duration * self.rate)
        while left is None or left > 0:
            piece = self._sink.take()
            if piece is None:
                return
            if left is not None:  # lost samples take their time, too
                piece.lost = min(piece.lost, left)
                left -= piece.lost
                if piece.samples is not None:
                    piece.samples = piece.samples[:left]
                    left -= len(piece.samples)
            yield piece


def _queue_sink(gr, dtype, rate, receiver):
    """A block that never makes its flowgraph wait: what nobody takes within two seconds of samples is lost, and counted."""

    class QueueSink(gr.sync_block):
        def __init__(self):
            gr.sync_block.__init__(self, "queue_sink", [dtype], [])
            self.closed = False
            self._dropped, self._queue, self._waiting, self._unreported = 0, queue.Queue(), 0, 0

        @property
        def lost(self):
            return self._dropped + receiver.lost

        def work(self, input_items, output_items):
            try:
                self._take_in(input_items[0])
            except Exception as error:  # pylint: disable=broad-except; who takes the samples raises it
                self._queue.put(error)
                return -1
            return len(input_items[0])

        def _take_in(self, samples):
            begin, at = self.nitems_read(0), 0
            tags = sorted(self.get_tags_in_window(0, 0, len(samples)), key=lambda tag: tag.offset)
            for offset, group in itertools.groupby(tags, key=lambda tag: tag.offset):
                lost, seconds, center = receiver.read(offset, group)
                if lost or seconds is not None or center is not None:
                    self._put(Piece(samples[at:offset - begin].copy()))
                    at = offset - begin
                    self._put(Piece(lost=lost, time=seconds, center=center))
            self._put(Piece(samples[at:].copy()))

        def _put(self, piece):
            count = 0 if piece.samples is None else len(piece.samples)
            if piece.samples is not None and not count:
                return
            if count and self._waiting + count > _WAITING * rate + _AT_ONCE:
                self._dropped += count
                self._unreported += count
                return
            if self._unreported:
                self._queue.put(Piece(lost=self._unreported))
                self._unreported = 0
            self._waiting += count
            self._queue.put(piece)

        def stop(self):
            self._queue.put(None)
            return True

        def take(self):
            piece = self._queue.get()
            if isinstance(piece, Exception):
                raise RuntimeError(f"the stream cannot be read any more: {piece}") from piece
            if piece is not None and piece.samples is not None:
                self._waiting -= len(piece.samples)
            return piece

    return QueueSink()


def _part_of_gnuradio(name, purpose):
    """A module that Debian's gnuradio has, and a GNU Radio built by hand may lack."""
    try:
        with uninterrupted():
            return importlib.import_module(f"gnuradio.{name}")
    except (ImportError, OSError) as error:
        raise ImportError(f"{purpose} needs gnuradio.{name}: install Debian's gnuradio") from error


def _open_soapy(words, arguments):
    soapy = _part_of_gnuradio("soapy", "a receiver by SoapySDR")
    block = soapy.source(words, "fc32", 1, "", "", [""], [""])
    block.set_sample_rate(0, arguments.rate)
    if arguments.center is not None:
        block.set_frequency(0, arguments.center)
    if arguments.gain is not None:
        block.set_gain(0, arguments.gain)
    return block, np.complex64


def _open_uhd(words, arguments):
    uhd = _part_of_gnuradio("uhd", "a receiver by UHD")
    block = uhd.usrp_source(words, uhd.stream_args("fc32"))
    block.set_samp_rate(arguments.rate)
    if arguments.center is not None:
        block.set_center_freq(arguments.center)
    if arguments.gain is not None:
        block.set_gain(arguments.gain)
    return block, np.complex64


def _open_audio(words, arguments):
    audio = _part_of_gnuradio("audio", "a sound card")
    return audio.source(round(arguments.rate), words, True), np.float32


def _open_zmq(words, arguments):
    zeromq = _part_of_gnuradio("zeromq", "a stream by ZeroMQ")
    if not words.startswith(("tcp://", "ipc://")):
        refuse("zmq", words, "must be an address: tcp://127.0.0.1:5555")
    real = arguments.dtype is not None and SampleFormat(arguments.dtype).dtype.kind != "c"
    dtype = np.float32 if real else np.complex64
    return zeromq.sub_source(np.dtype(dtype).itemsize, 1, words, 100, True), dtype


_OPEN = {"soapy": _open_soapy, "uhd": _open_uhd, "audio": _open_audio, "zmq": _open_zmq}
