# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft spectrogram: spectrograms of recordings as pictures, NPZ or HDF5."""
import argparse
import contextlib
import time
from types import SimpleNamespace

import numpy as np

from gnuradio.stft.app.command import warn
from gnuradio.stft.app.command_options import (add_framing_arguments, add_input_arguments,
                                               add_picture_arguments, check_framing, check_input,
                                               check_outputs, require_finite, require_range, suffix)
from gnuradio.stft.app.jobs import output_templates, planned_outputs, run_jobs
from gnuradio.stft.app.picture_axes import PICTURES, check_cmap, check_picture
from gnuradio.stft.app.progress_bar import progress_bar
from gnuradio.stft.app.quantities import hertz
from gnuradio.stft.app.recording_base import refuse
from gnuradio.stft.app.recordings import portion_of
from gnuradio.stft.app.spectrogram_analysis import KINDS, TRANSFORMS, analysis_of, blocks, grid_of
from gnuradio.stft.app.spectrogram_files import Hdf5File, NpzFile, replaced_when_whole
from gnuradio.stft.app.spectrogram_picture import GroupMean, Picture
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
                             "(reassigned), or frequency (synchrosqueezed) (default: plain)")
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
    return run_jobs(arguments, _check(arguments), lambda job: _analyse(arguments, job))


def _analyse(arguments, job):
    began = time.monotonic()
    recording = job.recording
    portion = portion_of(recording, arguments.start, arguments.stop)
    analysis = analysis_of(arguments, portion)
    grid = grid_of(arguments, portion, analysis)
    for warning in recording.warnings:
        warn("spectrogram", f"{recording.path}: {warning}")
    statistics = Statistics(analysis.kind)
    with contextlib.ExitStack() as files:
        writers = [_open_writer(files, path, grid, arguments, analysis, job)
                   for path in job.outputs]
        _write_all(portion, analysis, grid, statistics, writers)
        for writer in writers:
            writer.finish()
    if statistics.bad_samples:
        warn("spectrogram", f"{recording.path}: {statistics.bad_samples} samples are NaN or "
             "infinite; so are the frames that hold them")
    print(summary_text(portion, analysis, grid, statistics, job.outputs, time.monotonic() - began))


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


def _open_writer(files, path, grid, arguments, analysis, job):
    temporary = files.enter_context(replaced_when_whole(path))
    if suffix(path) == ".npz":
        writer = NpzFile(path, temporary, grid)
    elif suffix(path) in PICTURES:
        look = _look(arguments, grid, analysis, job)
        writer = Picture(path, temporary, grid, SimpleNamespace(form=suffix(path)[1:], **look))
    else:
        writer = Hdf5File(path, temporary, grid)
    files.push(lambda kind, *_: writer.abandon() if kind else None)
    return writer


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


def _write_all(portion, analysis, grid, statistics, writers):
    mean = GroupMean(analysis.average)
    with progress_bar("spectrogram", "{percentage:3.0f} %|{bar}| {n:.1f}/{total:.1f} {unit} "
                      "[{elapsed} < {remaining}]", analysis.frames * analysis.hop / analysis.fs,
                      grid.meta["time_unit"]) as bar:
        for rows, inside in blocks(portion, analysis, statistics):
            statistics.add(rows, inside)
            _write_rows(_averaged(mean.add, rows, analysis.kind), grid, writers)
            bar.update(len(rows) * analysis.hop / analysis.fs)
        if analysis.average > 1:
            last = [np.sqrt(row) if analysis.kind == "magnitude" else row for row in mean.last()]
            for row in last:
                _write_rows(row, grid, writers)


def _averaged(add, rows, kind):
    """Rows averaged by `add`: powers are, and magnitudes by their squares."""
    if kind != "magnitude":
        return add(rows)
    return np.sqrt(add(np.square(rows, dtype=np.float64)))


def _write_rows(rows, grid, writers):
    if len(rows):
        rows = rows.astype(grid.dtype, copy=False)
        for writer in writers:
            writer.write(rows)
