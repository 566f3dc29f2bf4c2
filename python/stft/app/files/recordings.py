# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings, read piece by piece: sound files, SigMF, raw samples and NumPy arrays.

open_recording() gives one channel of a recording as a Recording; only the samples asked for
are in memory. Whatever keeps a file from being read is a ValueError "file: what: why".
"""
import math
import os
from dataclasses import dataclass

from gnuradio.stft.app.files.quantities import in_units
from gnuradio.stft.app.files.raw_files import NPY_MAGIC, RawFile, SampleFormat, open_npy
from gnuradio.stft.app.files.recording_base import (Recording, Source, open_to_read, refuse,
                                              require_regular_file)
from gnuradio.stft.app.files.recording_names import hints_of_name
from gnuradio.stft.app.files.sigmf_files import open_sigmf, open_sigmf_archive

_FARTHEST_CENTRE = 2.0**40  # sampling rates, beyond which bins would be one number
_NEVER = 2.0**62               # samples


@dataclass
class Portion:
    """The samples of a recording that are analysed: `length` of them from `start` on.

    What lies outside of them is there for windows that reach out.
    """
    recording: Recording
    start: int
    length: int

    @property
    def before(self):
        """Samples of the recording before the portion."""
        return self.start

    @property
    def after(self):
        """Samples of the recording after the portion."""
        return self.recording.length - self.start - self.length

    def read(self, begin, end):
        """Samples begin .. end - 1, counted from the portion's first; they may lie outside of it,
        from -before to length + `after`."""
        return self.recording.read(self.start + begin, end - begin)


def sample_at(time, fs):
    """The number of the sample at `time` seconds, which may be any."""
    return round(max(-_NEVER, min(time * fs, _NEVER)))


def portion_of(recording, start, stop):
    """The samples from `start` to `stop` seconds."""
    duration = recording.duration
    unit = "s" if recording.rate_known else "samples"
    begin = sample_at(start, recording.fs)
    if begin >= recording.length:
        refuse("start", f"{start:g} {unit}", f"must be less than the duration, {duration:g} {unit}")
    end = recording.length if stop is None else min(recording.length, sample_at(stop, recording.fs))
    if stop is not None and stop > duration * (1 + 1e-9):
        recording.warnings.append(f"ends at {duration:g} {unit}, before stop = {stop:g} {unit}")
    if end <= begin:
        refuse("stop", f"{stop:g} {unit}", "leaves no sample after start")
    return Portion(recording, begin, end - begin)


def open_recording(source, *, dtype=None, rate=None, channel=0, iq=None, center=None, strict=False):
    """The recording in the file `source`, a path or a Source.

    dtype: SigMF's name of the sample format ("cf32_le", "ci16_le", "cu8", ...) of a file of
        bare samples; None: the file or its name says what it is (WAV, FLAC, ... by soundfile,
        SigMF, NPY).
    rate: samples per second, instead of the file's own.
    channel: index from 0.
    iq: a sound file's channels 2 * channel and 2 * channel + 1 are I and Q; None: as its name says.
    center: Hz of the samples' zero frequency, instead of the file's own.
    strict: a file that is damaged is refused.
    """
    if not isinstance(source, Source):
        source = Source(os.fspath(source), os.fspath(source))
    for name, value in (("rate", rate), ("center", center)):
        if value is not None and not (math.isfinite(value) and (value > 0 or name == "center")):
            refuse(name, value, "must be positive and finite" if name == "rate" else "must be finite")
    if channel < 0:
        refuse("channel", channel, "must be at least 0")
    hints = hints_of_name(source.name)
    sample_format = None if dtype is None else SampleFormat(dtype)
    require_regular_file(source)
    recording = _open(source, sample_format, hints, channel, iq)
    try:
        _settle_rate(recording, rate, hints)
        _settle_centre(recording, center, hints)
        if strict and recording.damage:
            refuse(recording.path, recording.damage[0], "strict refuses damaged files")
        if recording.length == 0:
            refuse(source.name, "no samples", "there is nothing to analyse")
    except ValueError:
        recording.close()
        raise
    return recording


def _open(source, sample_format, hints, channel, iq):
    kind = _kind(source) if sample_format is None else "raw"
    if kind == "sound" and hints.dtype is not None:
        kind = "hinted"
    if iq and kind != "sound":
        refuse("iq", "given", "is for the two channels of a sound file; "
               "SigMF, NPY and --dtype say themselves whether samples are complex")
    if kind == "raw":
        return RawFile(source, sample_format, channel=channel)
    if kind == "hinted":
        recording = RawFile(source, SampleFormat(hints.dtype), channel=channel)
        recording.format += " by its name"
        return recording
    if kind == "sigmf":
        return open_sigmf(source, channel)
    if kind == "archive":
        return open_sigmf_archive(source, channel)
    if kind == "npy":
        return open_npy(source, channel)
    from gnuradio.stft.app.files.sound_files import SoundFile
    return SoundFile(source, channel, hints.iq if iq is None else iq)


def _kind(source):
    """Kind of a file by its name; of what came through a pipe by its first bytes."""
    extension = os.path.splitext(source.name)[1].lower()
    if source.file != source.name:
        with open_to_read(source) as file:
            start = file.read(512)
        if start.startswith(NPY_MAGIC):
            return "npy"
        return "archive" if start[257:262] == b"ustar" else "sound"
    return {".sigmf-meta": "sigmf", ".sigmf-data": "sigmf", ".sigmf": "archive",
            ".npy": "npy"}.get(extension, "sound")


def _settle_rate(recording, rate, hints):
    recorded = recording.fs if recording.rate_known else hints.rate
    if recorded is not None and not (math.isfinite(recorded) and recorded > 0) and rate is None:
        refuse(recording.path, f"sampling rate {recorded}", "must be positive; give --rate")
    recording.rate_known = rate is not None or recorded is not None
    recording.fs = float(rate if rate is not None else recorded or 1.0)
    if not recording.rate_known:
        recording.warnings.append(
            "sampling rate is not recorded: time is in samples; give --rate for seconds")


def _settle_centre(recording, center, hints):
    if center is not None:
        recording.centre_frequency = float(center)
        if not recording.rate_known:
            refuse("center", f"{center:g}", "needs a sampling rate, without which frequency is in cycles "
                   "per sample; give --rate")
    elif hints.centre is not None and not recording.centre_frequency:
        recording.centre_frequency = hints.centre
    if recording.rate_known and not abs(recording.centre_frequency) <= _FARTHEST_CENTRE * recording.fs:
        refuse("center" if center is not None else recording.path,
               f"centre frequency {recording.centre_frequency:g}",
               f"must be at most 2^40 times the sampling rate, {recording.fs:g}")
    if recording.centre_frequency and not recording.rate_known:
        recording.warnings.append(
            f"centre frequency {in_units(recording.centre_frequency, 'Hz', 10)} is left out: frequency "
            "is in cycles per sample; give --rate")
