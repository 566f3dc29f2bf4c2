# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft spectrogram: spectrograms of recordings as pictures, NPZ or HDF5."""
import argparse
import contextlib
import os
import time
from types import SimpleNamespace

import numpy as np

from gnuradio.stft.app.command import warn
from gnuradio.stft.app.command_options import (add_framing_arguments, add_input_arguments,
                                               add_picture_arguments, check_framing, check_input,
                                               check_outputs, require_finite, require_range, suffix)
from gnuradio.stft.app.files.quantities import hertz
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.recordings import portion_of
from gnuradio.stft.app.files.spectrogram_files import Hdf5File, NpzFile, replaced_when_whole
from gnuradio.stft.app.jobs import output_templates, planned_outputs, run_jobs
from gnuradio.stft.app.pictures.picture_axes import PICTURES, check_cmap, check_picture
from gnuradio.stft.app.pictures.spectrogram_picture import GroupMean, Picture
from gnuradio.stft.app.progress_bar import progress_bar
from gnuradio.stft.app.spectrogram_analysis import KINDS, TRANSFORMS, analysis_of, blocks, grid_of
from gnuradio.stft.app.spectrogram_summary import Statistics, parameters_line, summary_text

_SUFFIXES = (*PICTURES, ".npz", ".h5", ".hdf5")


def add_arguments(parser):
    add_input_arguments(parser)
    parser.add_argument("-o", "--output", action="append", metavar="FILE",
                        help="where to: .png .svg .pdf .npz .h5 .hdf5, repeatable; {input} and "
                             "{channel} in it are INPUT's name and the channel "
                             "(default: {input}.png, in the current directory)")
    add_framing_arguments(parser, n_fft="by the sampling rate")
    result = parser.add_argument_group("result")
    result.add_argument("--transform", choices=TRANSFORMS, default="plain",
                        help="cells where the window has them, moved to their own frequency and time "
                             "(reassigned), or frequency (synchrosqueezed), or through windows whose length is "
                             "learned (adaptive), and a chirp rate as well (chirp), or along time that is warped "
                             "so that all orders of a shaft are tones (warped) (default: plain)")
    result.add_argument("--order", type=int, choices=(1, 2), default=None,
                        help="of synchrosqueezed: frequencies right for tones, or for chirps "
                             "(default: 1)")
    result.add_argument("--kind", choices=sorted(KINDS), default=None,
                        help="power density, power, or magnitude (default: psd; of "
                             "synchrosqueezed, which has no density, power)")
    result.add_argument("--average", type=int, metavar="N", default=1,
                        help="frames averaged to one row (default: 1)")
    result.add_argument("--fmin", type=hertz, metavar="HZ", help="lowest frequency kept: 300, 1.5k, 433.9M")
    result.add_argument("--fmax", type=hertz, metavar="HZ", help="highest frequency kept")
    add_picture_arguments(parser, height=900).add_argument(
        "--annotations", action=argparse.BooleanOptionalAction, default=True,
        help="draw SigMF's annotations (default: they are drawn)")


def run(arguments):
    return run_jobs(arguments, _check(arguments), lambda job: _analyse(arguments, job), _Pieces(arguments))


def _analyse(arguments, job):
    began = time.monotonic()
    portion, analysis, grid = _plan(arguments, job)
    _warn_of_recording(job.recording)
    grid.windows = analysis.learn(portion)
    statistics = Statistics(analysis.kind)
    with _writers(arguments, job, analysis, grid) as writers:
        with progress_bar("spectrogram", "{percentage:3.0f} %|{bar}| {n:.1f}/{total:.1f} {unit} "
                          "[{elapsed} < {remaining}]", analysis.frames * analysis.hop / analysis.fs,
                          grid.meta["time_unit"]) as bar:
            for rows, frames in _averaged_rows(portion, analysis, grid, statistics):
                _write_rows(rows, writers)
                bar.update(frames * analysis.hop / analysis.fs)
    _warn_of_samples(job.recording, statistics.bad_samples)
    print(summary_text(portion, analysis, grid, statistics, job.outputs, time.monotonic() - began))


def _plan(arguments, job):
    portion = portion_of(job.recording, arguments.start, arguments.stop)
    analysis = analysis_of(arguments, portion)
    return portion, analysis, grid_of(arguments, portion, analysis)


class _Pieces:
    """A recording in pieces of whole rows, each of which is to the bit what it is without pieces.

    A piece is a file of rows, or of columns of the picture where nothing else is to be written: then pieces hold
    whole columns.
    """

    def __init__(self, arguments):
        self._arguments = arguments

    def count(self, job, samples):
        portion, analysis, grid = _plan(self._arguments, job)
        if analysis.learns:  # from the whole
            return 1
        unit = self._unit(job, analysis, grid)
        most = max(1, samples // (analysis.hop * unit))
        units = -(-analysis.frames // unit)
        return -(-units // most)

    def compute(self, job, number, count, path):
        portion, analysis, grid = _plan(self._arguments, job)
        unit = self._unit(job, analysis, grid)
        frames = -(-(-(-analysis.frames // unit)) // count) * unit
        picture = self._picture(job, analysis, grid)
        statistics, sizes = Statistics(analysis.kind), []
        with replaced_when_whole(path) as temporary, open(temporary, "wb") as file:
            for rows, _ in _averaged_rows(portion, analysis, grid, statistics, number * frames,
                                          min(analysis.frames, (number + 1) * frames)):
                if picture is not None:
                    _write_rows(rows, [picture])
                else:
                    rows.tofile(file)
                    sizes.append(len(rows))
            if picture is not None:
                columns = picture.columns()
                columns.tofile(file)
                sizes.append(len(columns))
        return {"sizes": sizes, "bad_samples": statistics.bad_samples}

    def join(self, job, paths, notes):
        _, analysis, grid = _plan(self._arguments, job)
        _warn_of_recording(job.recording)
        columns = self._picture(job, analysis, grid) is not None
        with _writers(self._arguments, job, analysis, grid) as writers:
            for path, note in zip(paths, notes):
                width = os.path.getsize(path) // (sum(note["sizes"]) * (4 if columns else grid.dtype.itemsize))
                with open(path, "rb") as file:
                    for size in note["sizes"]:
                        values = np.fromfile(file, np.float32 if columns else grid.dtype, size * width)
                        if columns:
                            for writer in writers:
                                writer.add_columns(values.reshape(size, width))
                        else:
                            _write_rows(values.reshape(size, width), writers)
        _warn_of_samples(job.recording, sum(note["bad_samples"] for note in notes))

    def _unit(self, job, analysis, grid):
        """Frames of which a piece holds a multiple."""
        picture = self._picture(job, analysis, grid)
        return analysis.average * (1 if picture is None else picture.frames_per_column)

    def _picture(self, job, analysis, grid):
        """One of the pictures, or None if there are other files as well."""
        if any(suffix(path) not in PICTURES for path in job.outputs):
            return None
        return _picture(job.outputs[0], None, self._arguments, job, analysis, grid)


def _warn_of_recording(recording):
    for warning in recording.warnings:
        warn("spectrogram", f"{recording.path}: {warning}")


def _warn_of_samples(recording, bad_samples):
    if bad_samples:
        warn("spectrogram", f"{recording.path}: {bad_samples} samples are NaN or "
             "infinite; so are the frames that hold them")


def _check(arguments):
    """Names of the outputs; ValueError for what can be refused before anything is read or written."""
    check_framing(arguments)
    check_picture(arguments)
    check_input(arguments)
    require_range("average", arguments.average, 1, 2**31 - 1)
    if arguments.order is not None and arguments.transform != "synchrosqueezed":
        refuse("order", arguments.order, f"is of transform synchrosqueezed, not {arguments.transform}")
    for transform, kind, rule in (("reassigned", "magnitude", "cells add up, which magnitudes do not"),
                                  ("synchrosqueezed", "psd", "values add up, which gives no density")):
        if (arguments.transform, arguments.kind) == (transform, kind):
            refuse("kind", kind, f"with transform {transform} {rule}")
    for name in ("fmin", "fmax"):
        require_finite(name, getattr(arguments, name))
    if None not in (arguments.fmin, arguments.fmax) and arguments.fmin >= arguments.fmax:
        refuse("fmin", f"{arguments.fmin:g}", f"must be less than fmax = {arguments.fmax:g}")
    templates = output_templates(arguments, (".png",))
    check_outputs(arguments.input, planned_outputs(arguments, templates), _SUFFIXES)
    if any(suffix(template) in PICTURES for template in templates):
        check_cmap(arguments.cmap)
    return templates


@contextlib.contextmanager
def _writers(arguments, job, analysis, grid):
    """What writes the outputs, which have their names at the end of the block."""
    with contextlib.ExitStack() as files:
        writers = [_open_writer(files, path, arguments, job, analysis, grid) for path in job.outputs]
        yield writers
        for writer in writers:
            writer.finish()


def _open_writer(files, path, arguments, job, analysis, grid):
    temporary = files.enter_context(replaced_when_whole(path))
    if suffix(path) == ".npz":
        writer = NpzFile(path, temporary, grid)
    elif suffix(path) in PICTURES:
        writer = _picture(path, temporary, arguments, job, analysis, grid)
    else:
        writer = Hdf5File(path, temporary, grid)
    files.push(lambda kind, *_: writer.abandon() if kind else None)
    return writer


def _picture(path, temporary, arguments, job, analysis, grid):
    look = _look(arguments, grid, analysis, job)
    return Picture(path, temporary, grid, SimpleNamespace(form=suffix(path)[1:], **look))


def _look(arguments, grid, analysis, job):
    kind = KINDS[analysis.kind]
    return dict(
        width=arguments.width, height=arguments.height, zmin=arguments.zmin, zmax=arguments.zmax,
        cmap=arguments.cmap, density=analysis.kind == "psd", power=analysis.kind != "magnitude",
        title=job.title, subtitle=parameters_line(grid, analysis),
        label=f"{kind.words} (dB re {'1 ' if grid.unit[0] != '1' else ''}{grid.unit})",
        frequency_scale=arguments.frequency_scale,
        annotations=_annotations(job.recording, grid) if arguments.annotations else [])


def _annotations(recording, grid):
    """Begin, end, low, high and label of those that the picture shows a part of."""
    shown = []
    for mark in recording.annotations:
        count = recording.length - mark.start if mark.count is None else mark.count
        begin, end = mark.start / recording.fs, (mark.start + count) / recording.fs
        low, high = (mark.low, mark.high) if recording.rate_known else (None, None)
        beside = low is not None and (high < grid.frequency_limits[0] or low > grid.frequency_limits[1])
        if end >= grid.time_limits[0] and begin <= grid.time_limits[1] and not beside:
            shown.append((begin, end, low, high, mark.label))
    return shown


def _averaged_rows(portion, analysis, grid, statistics, begin=0, end=None):
    """Rows in the files' precision, and of how many frames they are news, block by block."""
    mean = GroupMean(analysis.average)
    for rows, inside in blocks(portion, analysis, statistics, begin, end):
        statistics.add(rows, inside)
        yield _averaged(mean.add, rows, analysis.kind).astype(grid.dtype, copy=False), len(rows)
    for row in mean.last():
        yield (np.sqrt(row) if analysis.kind == "magnitude" else row).astype(grid.dtype, copy=False), 0


def _averaged(add, rows, kind):
    """Rows averaged by `add`: powers are, and magnitudes by their squares."""
    if kind != "magnitude":
        return add(rows)
    return np.sqrt(add(np.square(rows, dtype=np.float64)))


def _write_rows(rows, writers):
    if len(rows):
        for writer in writers:
            writer.write(rows)
