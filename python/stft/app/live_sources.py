# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Samples from a receiver, a sound card or a stream: a flowgraph from GNU Radio's source to a queue."""
import contextlib
import importlib
import itertools
import queue
import time
from dataclasses import dataclass
from typing import Optional

import numpy as np

from gnuradio import gr
from gnuradio.stft.app.command import warn
from gnuradio.stft.app.raw_files import SampleFormat
from gnuradio.stft.app.receiver_tags import ReceiverTags
from gnuradio.stft.app.recording_base import refuse
from gnuradio.stft.interruption import uninterrupted

_WAITING = 2.0   # s of samples that may wait to be watched before some are lost
_AT_ONCE = 2**18  # samples that may wait at any rate


@dataclass
class Piece:
    """What came: first `lost` samples did not, then time and frequency are these, if they are given, then there are samples."""
    samples: Optional[np.ndarray] = None
    lost: int = 0
    center: Optional[float] = None  # Hz
    time: Optional[tuple] = None    # (seconds since 1970, fraction)


@contextlib.contextmanager
def live_source(kind, words, arguments):
    """A flowgraph from a receiver or a stream to a queue."""
    if arguments.rate is None:
        refuse("rate", "missing", f"must be given for {kind}")
    if arguments.realtime:
        refuse("realtime", "given", f"is for recordings; {kind} is in real time")
    graph = gr.top_block("gr_stft monitor")
    try:
        block, dtype = OPEN[kind](words, arguments)
    except (RuntimeError, ValueError) as error:
        refuse(arguments.source, "cannot be opened", str(error).splitlines()[0] if str(error) else type(error).__name__)
    row = arguments.hop or max(1, arguments.n_fft // 2)
    receiver = ReceiverTags(arguments.rate, row, arguments.center, lambda words: warn("monitor", words))
    if arguments.tacho is not None and kind != "audio":
        refuse("tacho", arguments.tacho, "must be a channel of a recording, or of audio=")
    channels = (0,) if arguments.tacho is None else (arguments.channel, arguments.tacho)
    sink = _QueueSink(dtype, arguments.rate, receiver, len(channels))
    for port, channel in enumerate(channels):
        graph.connect((block, channel), (sink, port))
    source = _Live(arguments, sink, dtype)
    graph.start()
    source.time = time.time()
    try:
        yield source
    finally:
        graph.stop()
        graph.wait()


class _Live:
    def __init__(self, arguments, sink, dtype):
        self._sink = sink
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


class _QueueSink(gr.sync_block):
    """A block that never makes its flowgraph wait: what nobody takes within two seconds of samples is lost, and counted."""

    def __init__(self, dtype, rate, receiver, channels=1):
        gr.sync_block.__init__(self, "queue_sink", [dtype] * channels, [])
        self._rate, self._receiver = rate, receiver
        self._queue = queue.Queue()  # pieces, an exception, and None after the last one
        self._waiting = 0            # samples in it
        self._dropped = 0            # samples that nobody took
        self._unreported = 0         # those of them that no piece counts yet

    @property
    def lost(self):
        return self._dropped + self._receiver.lost

    def work(self, input_items, output_items):
        try:
            self._take_in(input_items[0] if len(input_items) == 1 else np.stack(input_items, axis=1))
        except Exception as error:  # pylint: disable=broad-except; who takes the samples raises it
            self._queue.put(error)
            return -1
        return len(input_items[0])

    def _take_in(self, samples):
        begin, at = self.nitems_read(0), 0
        tags = sorted(self.get_tags_in_window(0, 0, len(samples)), key=lambda tag: tag.offset)
        for offset, group in itertools.groupby(tags, key=lambda tag: tag.offset):
            lost, seconds, center = self._receiver.read(offset, group)
            if lost or seconds is not None or center is not None:
                self._put(Piece(samples[at:offset - begin].copy()))
                at = offset - begin
                self._put(Piece(lost=lost, time=seconds, center=center))
        self._put(Piece(samples[at:].copy()))

    def _put(self, piece):
        count = 0 if piece.samples is None else len(piece.samples)
        if piece.samples is not None and not count:
            return
        if count and self._waiting + count > _WAITING * self._rate + _AT_ONCE:
            self._dropped += count
            self._unreported += count
            return
        if self._unreported:
            self._queue.put(Piece(lost=self._unreported))
            self._unreported = 0
        self._waiting += count
        self._queue.put(piece)

    def stop(self):
        """Called by the scheduler at the end of the stream, and when the flowgraph is stopped."""
        self._queue.put(None)
        return True

    def take(self):
        """Waits for the next piece; None after the last one. RuntimeError if the flowgraph has failed."""
        piece = self._queue.get()
        if isinstance(piece, Exception):
            raise RuntimeError(f"the stream cannot be read any more: {piece}") from piece
        if piece is not None and piece.samples is not None:
            self._waiting -= len(piece.samples)
        return piece


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


OPEN = {"soapy": _open_soapy, "uhd": _open_uhd, "audio": _open_audio, "zmq": _open_zmq}
