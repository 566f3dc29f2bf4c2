# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Samples from a receiver, a sound card or a stream: a flowgraph from GNU Radio's source to a queue."""
import contextlib
import importlib
import itertools
import math
import queue
import time
from dataclasses import dataclass
from typing import Optional

import numpy as np

from gnuradio import gr
from gnuradio.stft.app.command import warn
from gnuradio.stft.app.files.raw_files import SampleFormat
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.recordings import sample_at
from gnuradio.stft.app.receiver_tags import ReceiverTags
from gnuradio.stft.interruption import uninterrupted

_WAITING = 2.0   # s of samples that may wait to be watched before some are lost
_AT_ONCE = 2**18  # samples that may wait at any rate
_POLL = 0.1        # s for which samples are waited for before an empty piece
_LISTS = {"audio": "arecord -L lists sound cards", "soapy": "SoapySDRUtil --find lists receivers", "uhd": "uhd_find_devices lists receivers"}
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # s until a source is opened again


@dataclass
class Piece:
    """What came: first `lost` samples did not, then time and frequency are these, if they are given, then there are samples.

    An empty one only says that time passes.
    """
    samples: Optional[np.ndarray] = None
    lost: int = 0
    center: Optional[float] = None  # Hz
    time: Optional[tuple] = None    # (seconds since 1970, fraction)
    change: Optional[tuple] = None  # ("begin", why no samples come) or ("end", words)
    arrived: float = 0.0            # seconds since 1970 at which the last sample came


@contextlib.contextmanager
def live_source(kind, words, arguments):
    """A flowgraph from a receiver or a stream to a queue."""
    if arguments.rate is None:
        refuse("rate", "missing", f"must be given for {kind}")
    if arguments.realtime:
        refuse("realtime", "given", f"is for recordings; {kind} is in real time")
    if arguments.tacho is not None and kind != "audio":
        refuse("tacho", arguments.tacho, "must be a channel of a recording, or of audio=")
    source = _Live(kind, words, arguments)
    try:
        yield source
    finally:
        source.close()


class _Live:
    """A flowgraph that is made again where it ends, fails or gives no samples for a time, after pauses that grow."""

    def __init__(self, kind, words, arguments):
        self._kind, self._words, self._arguments = kind, words, arguments
        self._graph, self._sink, self._block, self._lost_before = None, None, None, 0
        self._start()
        self.name, self.rate, self.dtype = arguments.source, arguments.rate, np.dtype(self._sink.dtype)
        self.rate_known = True
        self.center, self.time, self.quantum = arguments.center, time.time(), 0.0
        self.datatype = "cf32_le" if self.dtype.kind == "c" else "rf32_le"
        self.warnings, self.live = [], True
        self._clock = SampleClock(self.rate)

    @property
    def lost(self):
        return self._lost_before + self._sink.lost

    def pieces(self, duration):
        left = None if duration is None else sample_at(duration, self.rate)
        for piece in self._endless_pieces():
            if left is not None:  # lost samples take their time, too
                piece.lost = min(piece.lost, left)
                left -= piece.lost
                if piece.samples is not None:
                    piece.samples = piece.samples[:left]
                    left -= len(piece.samples)
            yield piece
            if left is not None and left <= 0:
                return

    def close(self):
        self._graph.stop()
        self._graph.wait()

    def _start(self):
        graph = gr.top_block("gr_stft monitor")
        try:
            block, dtype = OPEN[self._kind](self._words, self._arguments)
        except (RuntimeError, ValueError) as error:
            words = str(error).splitlines()[0] if str(error) else type(error).__name__
            hint = f"; {_LISTS[self._kind]}" if self._kind in _LISTS else ""
            refuse(self._arguments.source, "cannot be opened", words + hint)
        row = self._arguments.hop or max(1, self._arguments.n_fft // 2)
        receiver = ReceiverTags(self._arguments.rate, row, self._arguments.center, lambda words: warn("monitor", words))
        channels = (0,) if self._arguments.tacho is None else (self._arguments.channel, self._arguments.tacho)
        sink = _QueueSink(dtype, self._arguments.rate, receiver, len(channels))
        for port, channel in enumerate(channels):
            graph.connect((block, channel), (sink, port))
        graph.start()
        self._graph, self._sink, self._block = graph, sink, block  # a block in Python lives as long as it is held

    def _endless_pieces(self):
        """Pieces, and empty ones while there are none."""
        heard, silent = time.monotonic(), False  # when samples came; whether that they do not is reported
        began = False
        while True:
            piece, reason = self._next_piece()
            now = time.monotonic()
            if piece is not None:
                if silent and piece.samples is not None:
                    yield Piece(change=("end", f"samples come again after {now - heard:.1f} s"))
                    yield Piece(lost=self._lost_since(heard, piece) if began else 0)
                    silent = False
                if piece.samples is not None:
                    correction = self._clock.correction(piece, began)
                    if correction is not None:
                        yield Piece(time=correction)
                    heard, began = now, True
                elif piece.time is not None:
                    self._clock.is_told()
                self._clock.skip(piece.lost)
                yield piece
                continue
            if reason is None and self._arguments.stall and now - heard > self._arguments.stall:
                reason = f"no samples for {now - heard:.1f} s"
            if reason is None:
                yield Piece()
                continue
            if not self._arguments.stall and self._sink.ended:
                return
            if not silent:
                yield Piece(change=("begin", reason))
            silent = True
            yield from self._reopen()

    def _next_piece(self):
        """(a Piece or None, why no more will come or None)."""
        try:
            piece = self._sink.take(_POLL)
        except queue.Empty:
            return None, None
        except RuntimeError as error:
            if not self._arguments.stall:
                raise
            return None, str(error)
        return piece, "the stream has ended" if piece is None else None

    def _lost_since(self, heard, piece):
        """Samples that did not come while the source was silent, by the system's clock."""
        lost = max(0, round((time.monotonic() - heard) * self.rate) - len(piece.samples))
        self._lost_before += lost
        self._clock.skip(lost)
        return lost

    def _reopen(self):
        """Empty pieces while the source is closed and opened again."""
        pause = _FIRST_PAUSE
        while True:
            self._lost_before += self._sink.lost
            self.close()
            self._sink.forget()
            until = time.monotonic() + pause
            while time.monotonic() < until:
                time.sleep(_POLL)
                yield Piece()
            try:
                self._start()
            except (ValueError, ImportError):
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            wait = max(self._arguments.stall, pause)
            until = time.monotonic() + wait
            while time.monotonic() < until and self._sink.is_empty():
                time.sleep(_POLL)
                yield Piece()
            if not self._sink.is_empty() and not self._sink.ended:
                return
            pause = min(2 * pause, _LONGEST_PAUSE)


class SampleClock:
    """The system's clock against the number of samples that came, for sources that know no time.

    A receiver's clock is wrong by millionths, which are seconds a week. Once a minute the time of the samples is corrected if it
    is wrong by more than `tolerance` (s). How late samples come at least, counts; that some are later does not.
    """

    def __init__(self, rate, interval=60.0, tolerance=0.2):
        self._rate, self._interval, self._tolerance = rate, interval, tolerance
        self._samples, self._begin, self._told = 0, None, False
        self._least, self._since = None, 0.0

    def is_told(self):
        """The receiver gives the time itself."""
        self._told = True

    def correction(self, piece, began):
        """The time of the piece's first sample as (seconds, fraction) if it is not what it was taken for, else None."""
        if self._told:
            return None
        late = piece.arrived - (self._samples + len(piece.samples)) / self._rate  # when sample 0 came, by this piece
        first = self._samples
        self._samples += len(piece.samples)
        if self._begin is None:
            self._begin, self._since = late, piece.arrived
            return None if began else _pair(late)
        self._least = late if self._least is None else min(self._least, late)
        if piece.arrived - self._since < self._interval:
            return None
        wrong, self._since, self._least = self._least - self._begin, piece.arrived, None
        if abs(wrong) <= self._tolerance:
            return None
        self._begin += wrong
        return _pair(self._begin + first / self._rate)

    def skip(self, count):
        """Counts samples that did not come."""
        self._samples += count


def _pair(seconds):
    whole = math.floor(seconds)
    return whole, seconds - whole


class _QueueSink(gr.sync_block):
    """A block that never makes its flowgraph wait: what nobody takes within two seconds of samples is lost, and counted."""

    def __init__(self, dtype, rate, receiver, channels=1):
        gr.sync_block.__init__(self, "queue_sink", [dtype] * channels, [])
        self.dtype, self.ended = dtype, False
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
                self._put(Piece(samples[at:offset - begin].copy(), arrived=time.time()))
                at = offset - begin
                self._put(Piece(lost=lost, time=seconds, center=center))
        self._put(Piece(samples[at:].copy(), arrived=time.time()))

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

    def take(self, seconds):
        """The next piece; None after the last one. queue.Empty if none comes for this time, RuntimeError if the flowgraph has failed."""
        piece = self._queue.get(timeout=seconds)
        if piece is None:
            self.ended = True
        elif isinstance(piece, Exception):
            self.ended = True
            raise RuntimeError(f"the stream cannot be read any more: {piece}") from piece
        elif piece.samples is not None:
            self._waiting -= len(piece.samples)
        return piece

    def is_empty(self):
        return self._queue.empty()

    def forget(self):
        """Drops what waits."""
        self._queue, self._waiting, self._dropped, self._unreported = queue.Queue(), 0, 0, 0
        self._receiver.lost = 0


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
