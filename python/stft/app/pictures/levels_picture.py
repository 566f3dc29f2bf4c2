# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of levels in bands: each over time, the limits, and where alarms are raised."""
import numpy as np

from gnuradio.stft.app.pictures.picture_axes import Axis, label_axes, new_figure, plain, save_figure


def draw(arguments, title, quantity, unit, levels, times, raised, path, temporary):
    """Writes levels (bands, rows) at times (s) to the file `temporary` that will be called `path`.

    raised: (band, from, to) in s of the alarms.
    """
    figure = new_figure(arguments.width, arguments.height)
    figure.suptitle(plain(title, 9 * arguments.width / figure.dpi), fontsize="large")
    axes = figure.add_subplot()
    half = (times[1] - times[0]) / 2 if len(times) > 1 else 0.5
    first, last = times[0] - half, times[-1] + half
    known = levels[np.isfinite(levels)]
    shown = np.concatenate([known, [] if arguments.db else sorted(arguments.limit)])
    least, most = (float(shown.min()), float(shown.max())) if shown.size else (0.0, 1.0)
    room = 0.06 * (most - least) or 0.1 * abs(most) or 1.0
    bottom = least - room if arguments.db else 0.0
    horizontal = Axis((first, last), (first, last), "Time", "s")
    vertical = Axis((bottom, most + room), (bottom, most + room), quantity.capitalize(), unit)
    for band, ((lower, upper), row) in enumerate(zip(arguments.band, levels)):
        line, = axes.plot(times / horizontal.factor, row / vertical.factor, linewidth=1.2, label=f"{lower:g} to {upper:g} Hz",
                          marker="." if len(times) < 50 else None)
        for begin, end in ((begin, end) for of, begin, end in raised if of == band):
            axes.axvspan(begin / horizontal.factor, min(end, last) / horizontal.factor, color=line.get_color(), alpha=0.15, linewidth=0)
    for limit in arguments.limit:
        axes.axhline(limit / vertical.factor, color="0.3", linestyle="--", linewidth=0.9)
        axes.annotate(f"{limit:g}", (1, limit / vertical.factor), xycoords=("axes fraction", "data"), xytext=(3, 0),
                      textcoords="offset points", va="center", fontsize="small", annotation_clip=False)
    axes.grid(alpha=0.3)
    label_axes(axes, horizontal, vertical)
    axes.legend(loc="best", fontsize="small")
    save_figure(figure, path, temporary, path[-3:].lower())
