# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft day: pictures and files of what gr_stft monitor --spectrogram has stored."""
import datetime
import math
import os
from types import SimpleNamespace

import numpy as np

from gnuradio.stft.app.command import warn
from gnuradio.stft.app.command_options import check_outputs, suffix
from gnuradio.stft.app.files.quantities import in_units, iso_time
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.spectrogram_files import Hdf5File, NpzFile, replaced_when_whole
from gnuradio.stft.app.files.stored_rows import stored_file, stored_files
from gnuradio.stft.app.pictures.frequency_scales import SCALES
from gnuradio.stft.app.pictures.picture_axes import DEFAULT_CMAP, PICTURES, check_cmap, check_picture
from gnuradio.stft.app.pictures.spectrogram_picture import Picture
from gnuradio.stft.app.spectrogram_analysis import Grid

_DAY = 86400.0
_MOST_ROWS = 4000  # of a result, unless all are asked for
_LITTLE = 0.25     # of the time, below which the result tells where what is stored lies
_AT_ONCE = 2**22   # values that are read at a time


def add_arguments(parser):
    parser.add_argument("stored", metavar="DIR", help="the folder of gr_stft monitor --spectrogram, or one of its files")
    parser.add_argument("--day", metavar="DATE", help="UTC: 2026-11-29 (default: the last one of which there are rows)")
    parser.add_argument("--from", dest="begin", metavar="TIME", help="instead of --day: 2026-11-29T03:15:00Z")
    parser.add_argument("--to", dest="end", metavar="TIME", help="and until then (default: a day later)")
    parser.add_argument("-o", "--output", action="append", metavar="FILE",
                        help="where to: .png .svg .pdf .npz .h5 .hdf5, repeatable (default: DATE.png)")
    parser.add_argument("--rows", type=int, metavar="N", default=_MOST_ROWS,
                        help=f"rows of the result at most, means of those that are stored (default: {_MOST_ROWS})")
    picture = parser.add_argument_group("picture")
    picture.add_argument("--zmin", type=float, metavar="DB", help="level of the darkest colour (default: by the rows)")
    picture.add_argument("--zmax", type=float, metavar="DB", help="level of the brightest colour (default: by the rows)")
    picture.add_argument("--cmap", default=DEFAULT_CMAP, metavar="NAME", help="matplotlib's name of the colours (default: %(default)s)")
    picture.add_argument("--frequency-scale", choices=SCALES, default="linear", help="of the picture (default: linear)")
    picture.add_argument("--width", type=int, metavar="PIXELS", default=1600, help="of the picture (default: 1600)")
    picture.add_argument("--height", type=int, metavar="PIXELS", default=900, help="of the picture (default: 900)")


def run(arguments):
    _check(arguments)
    files = stored_files(arguments.stored) if os.path.isdir(arguments.stored) else [stored_file(arguments.stored)]
    if not files:
        refuse(arguments.stored, "holds no rows", "must be the folder of gr_stft monitor --spectrogram")
    begin, end = _span(arguments, files)
    files = [file for file in files if file.begin < end and file.end > begin]
    if not files:
        refuse("day", arguments.day or arguments.begin or "that", f"has no rows in {arguments.stored}")
    alike = [file for file in files if (file.bins, file.rate, file.center) == (files[-1].bins, files[-1].rate, files[-1].center)]
    if len(alike) < len(files):
        warn("day", f"{len(files) - len(alike)} files of another rate or frequency than the last one are left out")
    outputs = arguments.output or [f"{_utc(begin)[:10]}.png"]
    for path in outputs:  # a picture has no column with more than one row: one without samples would spoil it
        rows, step = _means(alike, begin, end, min(arguments.rows, arguments.width if suffix(path) in PICTURES else arguments.rows))
        _write(path, arguments, rows, _grid(alike[-1], begin, step, len(rows)), alike[-1])
    filled = np.isfinite(rows[:, 0]).mean()
    print(f"{_utc(begin)} .. {_utc(end)}: {len(alike)} files, {len(rows)} rows of {in_units(step, 's')}, {100 * filled:.3g} % of them "
          f"with samples -> {', '.join(outputs)}")
    known = np.flatnonzero(np.isfinite(rows[:, 0]))
    if known.size and known[-1] - known[0] < _LITTLE * len(rows) and len(rows) > 1:
        first, last = begin + known[0] * step, begin + (known[-1] + 1) * step
        print(f"all that is stored there, finer: --from {_utc(math.floor(max(first, alike[0].begin)))} "
              f"--to {_utc(math.ceil(min(last, alike[-1].end)))}")


def _check(arguments):
    if arguments.day is not None and (arguments.begin or arguments.end):
        refuse("day", arguments.day, "does not go with --from and --to")
    for name in "begin", "end":
        if getattr(arguments, name) is not None and iso_time(getattr(arguments, name)) is None:
            refuse("from" if name == "begin" else "to", getattr(arguments, name), "must be a time: 2026-11-29T03:15:00Z")
    if arguments.end is not None and arguments.begin is None:
        refuse("to", arguments.end, "needs --from")
    if arguments.rows < 1:
        refuse("rows", arguments.rows, "must be 1 at least")
    check_picture(arguments)
    outputs = arguments.output or ["day.png"]
    check_outputs([arguments.stored], outputs, (*PICTURES, ".npz", ".h5", ".hdf5"))
    if any(suffix(path) in PICTURES for path in outputs):
        check_cmap(arguments.cmap)


def _span(arguments, files):
    """Seconds since 1970."""
    if arguments.begin is not None:
        begin = iso_time(arguments.begin).timestamp()
        end = iso_time(arguments.end).timestamp() if arguments.end is not None else begin + _DAY
        if not end > begin:
            refuse("to", arguments.end, "must be later than --from")
        return begin, end
    if arguments.day is not None:
        try:
            day = datetime.date.fromisoformat(arguments.day)
        except ValueError:
            refuse("day", arguments.day, "must be a date: 2026-11-29")
        begin = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.timezone.utc).timestamp()
        return begin, begin + _DAY
    if len(files) == 1:
        return files[0].begin, files[0].end
    begin = (files[-1].end - files[-1].step) // _DAY * _DAY
    return begin, begin + _DAY


def _means(files, begin, end, most):
    """Rows (rows, bins) from begin on, float64, each the mean of those that start in its time, NaN where there are none; and their step."""
    begin, end = max(begin, files[0].begin) if len(files) == 1 else begin, min(end, files[-1].end) if len(files) == 1 else end
    finest = min(file.step for file in files)
    count = max(1, min(most, round((end - begin) / finest)))
    step = (end - begin) / count
    sums, counts = np.zeros((count, files[0].bins)), np.zeros(count, np.int64)
    for file in files:
        values, first = file.between(begin, end)
        for at in range(0, len(values), max(1, _AT_ONCE // file.bins)):
            some = values[at:at + max(1, _AT_ONCE // file.bins)]
            times = first + (at + np.arange(len(some)) + 0.5) * file.step
            place = np.clip(((times - begin) / step).astype(np.int64), 0, count - 1)
            edges = np.flatnonzero(np.diff(place, prepend=-1))
            sums[place[edges]] += np.add.reduceat(some, edges, axis=0, dtype=np.float64)
            counts[place[edges]] += np.diff(edges, append=len(some))
    with np.errstate(invalid="ignore"):
        return sums / np.where(counts, counts, np.nan)[:, np.newaxis], step


def _grid(file, begin, step, rows):
    frequencies, width = file.frequencies, file.rate / file.n_fft
    low, high = frequencies[0], frequencies[-1]
    if file.is_complex:
        low, high = low - width / 2, high + width / 2
    meta = {"source": file.source, "time": _utc(begin), "samp_rate": file.rate, "freq_center": file.center, "n_fft": file.n_fft,
            "row_step": step, "kind": "psd", "frequency_unit": "Hz", "time_unit": "s"}
    return Grid("power", "1/Hz", np.dtype(np.float32), frequencies, (0.5 + np.arange(rows)) * step, step, width, (0.0, rows * step),
                (low, high), meta)


def _write(path, arguments, rows, grid, file):
    with replaced_when_whole(path) as temporary:
        if suffix(path) == ".npz":
            writer = NpzFile(path, temporary, grid)
        elif suffix(path) in PICTURES:
            begin = "its beginning" if grid.meta["time"] < "1971" else grid.meta["time"]
            subtitle = f"from {begin} · n_fft {file.n_fft} · {in_units(file.rate, 'S/s', 3)} · rows of {in_units(grid.row_step, 's')}"
            writer = Picture(path, temporary, grid, SimpleNamespace(
                form=suffix(path)[1:], width=arguments.width, height=arguments.height, zmin=arguments.zmin, zmax=arguments.zmax,
                cmap=arguments.cmap, density=True, power=True, title=os.path.basename(file.source), subtitle=subtitle,
                label="Power density (dB re 1/Hz)", frequency_scale=arguments.frequency_scale, annotations=[]))
        else:
            writer = Hdf5File(path, temporary, grid)
        try:
            writer.write(rows)
            writer.finish()
        except BaseException:
            writer.abandon()
            raise


def _utc(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
