# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What gr_stft spectrogram computes: its parameters, its axes, and its rows block by block."""
import os
from dataclasses import dataclass, field

import numpy as np

from gnuradio import stft
from gnuradio.stft.app.command_options import automatic_n_fft, hop_of, named_window, sample_window
from gnuradio.stft.app.files.learned_windows import LEARNED, learned_windows
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.pictures.frequency_scales import check_scale
from gnuradio.stft.stft_python import kernels

TRANSFORMS = ("plain", "reassigned", "synchrosqueezed", *LEARNED)
_BLOCK_VALUES = 2**20   # spectrogram values computed at a time
_BLOCK_FRAMES = 16      # but at least this many frames, whose preparation is shared
_BLOCK_SAMPLES = 2**21  # samples read at a time
_LONGER = {"adaptive": 2, "warped": 4}  # n_fft than that of the others, since windows are shorter than the longest
_COLUMNS = 500          # frames that a picture should have, if the recording is long enough


@dataclass(frozen=True)
class Kind:
    """What a value is: its name in files and its unit, of samples in the unit u."""
    name: str
    words: str
    unit: str

    def unit_of(self, unit, per):
        """The unit of a value: "FS²/Hz"; of plain numbers "1/Hz"."""
        return self.unit.format(u=unit or "1", per=per).replace("1²", "1")


KINDS = {
    "psd": Kind("power", "Power density", "{u}²/{per}"),
    "power": Kind("power", "Power", "{u}²"),
    "magnitude": Kind("magnitude", "Magnitude", "{u}"),
}


@dataclass
class Analysis:
    """Parameters of spectrogram(), reassigned_spectrogram(), synchrosqueeze() or adapt(), and what follows from them."""
    window: object
    n_fft: int
    win_length: int
    hop: int
    kind: str
    average: int
    fs: float
    sides: str
    frames: int
    transform: str = "plain"
    order: int = 1
    bins: slice = field(default_factory=lambda: slice(None))
    windows: object = None
    """Those that were learned, once learn() has found them."""

    @property
    def first(self):
        """Sample at which frame 0 starts: frames are centred."""
        return -(self.win_length // 2)

    @property
    def rows(self):
        return -(-self.frames // self.average)

    @property
    def reach(self):
        """Frames on either side that a frame's cells may move to."""
        return 1 + -(-self.win_length // (2 * self.hop)) if self.transform == "reassigned" else 0

    @property
    def margin(self):
        """Samples before and after a window that its frequency estimate needs."""
        return 8 if self.transform in ("reassigned", "synchrosqueezed") else 0

    @property
    def learns(self):
        return self.transform in LEARNED

    def learn(self, portion):
        """Finds the windows, if they are to be learned and not known yet."""
        if self.learns and self.windows is None:
            self.windows = learned_windows(portion, self)
        return self.windows

    def compute(self, samples, first, start, frames):
        """Rows (frames, bins) of `frames` frames from frame `start` on, which begins at sample `first`."""
        if self.windows is not None:
            return self.windows.rows(start, start + frames)[:, self.bins]
        made = {"win_length": self.win_length, "n_fft": self.n_fft, "hop": self.hop,
                "first": first, "frames": frames, "sides": self.sides, "fs": self.fs}
        if self.transform == "synchrosqueezed":
            return self._squeezed(samples, made).T[:, self.bins]
        function = stft.reassigned_spectrogram if self.transform == "reassigned" else stft.spectrogram
        return function(samples, self.window, kind=self.kind, **made).T[:, self.bins]

    def _squeezed(self, samples, made):
        """Of a component of amplitude A: A, or its power."""
        amplitude = np.abs(stft.synchrosqueeze(samples, self.window, order=self.order, **made).T)
        amplitude /= self.n_fft * abs(sample_window(self.window, self.win_length)[self.win_length // 2])
        if self.kind == "magnitude":
            return amplitude
        with np.errstate(over="ignore"):  # as the plain transform has it
            power = np.square(amplitude, out=amplitude)
        if self.sides == "onesided":
            power[1 : (self.n_fft + 1) // 2] /= 2
        return power


@dataclass
class Grid:
    """A spectrogram's axes, type and units, as files and pictures need them."""
    name: str
    unit: str
    dtype: np.dtype
    frequencies: np.ndarray
    times: np.ndarray
    row_step: float
    bin_step: float
    time_limits: tuple
    frequency_limits: tuple
    meta: dict
    windows: object = None
    """Those that were learned, or None."""

    @property
    def learned(self):
        """What was learned of each frame: name and values."""
        return {} if self.windows is None else self.windows.learned


def analysis_of(arguments, portion):
    """The Analysis that the command line asks for."""
    recording = portion.recording
    learns = arguments.transform in LEARNED
    n_fft = arguments.n_fft or max(
        automatic_n_fft(recording.fs, portion.length, recording.rate_known) * _LONGER.get(arguments.transform, 1),
        arguments.win_length or 1)
    win_length = arguments.win_length or n_fft
    window = named_window(arguments.window)
    taps = sample_window(window, win_length)
    if arguments.transform == "synchrosqueezed" and taps[win_length // 2] == 0:
        refuse("window", arguments.window, "is 0 at its centre, which synchrosqueezed values are divided by")
    if learns:
        kernels.window_family(window)  # has to have a derivative
    kind = arguments.kind or ("power" if arguments.transform == "synchrosqueezed" else "psd")
    few = max(1, portion.length // _COLUMNS, win_length // (64 if learns else 32))
    hop = hop_of(arguments, win_length, max(1, min(win_length // (16 if learns else 4), few)))
    return Analysis(window, n_fft, win_length, hop, kind, arguments.average,
                    recording.fs, "centered" if recording.is_complex else "onesided",
                    frames=1 + -(-portion.length // hop), transform=arguments.transform,
                    order=arguments.order or 1)


def grid_of(arguments, portion, analysis):
    """The axes of the result; restricts `analysis` to the bins from fmin to fmax."""
    recording = portion.recording
    frequencies = recording.zero_frequency + np.asarray(
        stft.frequencies(analysis.n_fft, analysis.fs, analysis.sides))
    bin_step = analysis.fs / analysis.n_fft
    low, high = frequencies[0], frequencies[-1]
    if recording.is_complex:
        low, high = low - bin_step / 2, high + bin_step / 2
    if arguments.fmin is not None or arguments.fmax is not None:
        low = low if arguments.fmin is None else max(low, arguments.fmin)
        high = high if arguments.fmax is None else min(high, arguments.fmax)
        kept = np.flatnonzero((frequencies >= low) & (frequencies <= high))
        if not kept.size:
            refuse("fmin .. fmax", f"{low:g} .. {high:g}",
                   f"holds no bin of {frequencies[0]:g} .. {frequencies[-1]:g}, {bin_step:g} apart")
        analysis.bins = slice(kept[0], kept[-1] + 1)
        frequencies = frequencies[analysis.bins]
    check_scale(arguments.frequency_scale, frequencies[0], recording.rate_known, "; give --fmin")
    if high <= low:  # a single bin
        low, high = low - bin_step / 2, high + bin_step / 2
    kind = KINDS[analysis.kind]
    unit = kind.unit_of(recording.unit, "Hz" if recording.rate_known else "(cycle/sample)")
    double = recording.dtype in (np.float64, np.complex128)
    begin = portion.start / analysis.fs
    return Grid(kind.name, unit, np.dtype(np.float64 if double else np.float32),
                frequencies, begin + _row_times(analysis),
                analysis.hop * analysis.average / analysis.fs, bin_step,
                (begin, begin + portion.length / analysis.fs), (low, high),
                _meta(portion, analysis, unit))


def _row_times(analysis):
    """Centres of the rows in seconds: the means of their frames' centres."""
    starts = np.arange(analysis.rows) * analysis.average
    counts = np.minimum(analysis.average, analysis.frames - starts)
    centres = analysis.first + analysis.win_length // 2 + (starts + (counts - 1) / 2) * analysis.hop
    return centres / analysis.fs


def _meta(portion, analysis, unit):
    recording = portion.recording
    return {
        "source": os.path.basename(recording.path).encode("utf-8", "replace").decode(),
        "format": recording.format,
        "channel": recording.channel,
        "samp_rate": analysis.fs,
        "rate_known": recording.rate_known,
        "centre_frequency": recording.centre_frequency,
        "first_sample": portion.start,
        "samples": portion.length,
        "window": analysis.window,
        "win_length": analysis.win_length,
        "n_fft": analysis.n_fft,
        "hop": analysis.hop,
        "placement": "centred",
        "average": analysis.average,
        **({"theta": "window lengths, samples, (frames,), one every hop"} if analysis.learns else {}),
        **({"c": "chirp rates, cycles/sample^2, (frames,)"} if analysis.transform == "chirp" else {}),
        **({"a": "relative rates f'/f, 1/samples, (frames,)"} if analysis.transform == "warped" else {}),
        "transform": analysis.transform,
        **({"order": analysis.order} if analysis.transform == "synchrosqueezed" else {}),
        "kind": analysis.kind,
        "sides": analysis.sides,
        "onesided_doubling": analysis.sides == "onesided",
        "unit": unit,
        "frequency_unit": "Hz" if recording.rate_known else "cycles/sample",
        "time_unit": "s" if recording.rate_known else "samples",
        "axes": ["frequencies", "times"],
        "software": "gr-stft",
    }


def blocks(portion, analysis, statistics, begin=0, end=None):
    """All frames in blocks (frames, bins) of limited size, and which of them lie in the recording.

    Windows reach out of the portion into the recording, and so do the neighbours of a frame from
    which its cells come; zeros are where the recording has nothing.
    begin, end: frames, all by default; a frame is the same to the bit in any block.
    """
    analysis.learn(portion)
    step = max(1, min(max(_BLOCK_VALUES // analysis.n_fft, _BLOCK_FRAMES), _BLOCK_SAMPLES // analysis.hop))
    end = analysis.frames if end is None else end
    seen = _context(portion, analysis, begin - 1, 1).end if begin else -portion.before
    for frame in range(begin, end, step):
        count = min(step, end - frame)
        context = _context(portion, analysis, frame, count)
        samples = portion.read(context.begin, context.end)
        statistics.add_samples(samples[max(0, seen - context.begin):])
        seen = max(seen, context.end)
        rows = analysis.compute(samples, context.first - context.begin, context.start, context.stop - context.start)
        starts = analysis.first + np.arange(frame, frame + count) * analysis.hop
        inside = (starts >= -portion.before) & \
            (starts + analysis.win_length <= portion.length + portion.after)
        yield rows[frame - context.start:frame - context.start + count], inside


@dataclass
class _Context:
    """Frames start .. stop - 1, the first sample of frame `start`, and samples begin .. end - 1."""
    start: int
    stop: int
    first: int
    begin: int
    end: int


def _context(portion, analysis, frame, count):
    """What `count` frames from `frame` on need."""
    hop = analysis.hop
    earliest = -(portion.before // hop)  # frame of the recording
    latest = -(-(portion.length + portion.after) // hop)
    start = max(frame - analysis.reach, earliest)
    stop = max(frame + count, min(frame + count + analysis.reach, latest + 1))
    first = analysis.first + start * hop
    last = first + (stop - start - 1) * hop + analysis.win_length
    end = min(max(last + analysis.margin, 1 - portion.before), portion.length + portion.after)
    begin = min(max(first - analysis.margin, -portion.before), end - 1)
    return _Context(start, stop, first, begin, end)
