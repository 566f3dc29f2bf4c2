# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of spectrograms: their size, axes, colours and words."""
import logging
import math
import warnings

import numpy as np

from gnuradio.stft.app.files.quantities import clock
from gnuradio.stft.app.files.recording_base import refuse
from gnuradio.stft.app.files.spectrogram_files import named
from gnuradio.stft.optional_modules import load, require

PICTURES = (".png", ".svg", ".pdf")
DEFAULT_CMAP = "magma"
LARGEST_WIDTH = 2000    # columns; more would not be seen
_LARGEST_RANGE = 100.0  # dB that the colours span, unless asked for
_CLOCK_FROM = 180.0     # s, from which on time is shown as m:ss
_MOST_TICKS = 9
_CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
_UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": None}


def check_picture(arguments):
    """ValueError for options of the picture that are out of range."""
    for name, limits in (("width", (300, 10000)), ("height", (200, 10000))):
        value = getattr(arguments, name)
        if not limits[0] <= value <= limits[1]:
            refuse(name, value, f"must be {limits[0]} .. {limits[1]} pixels")
    for name in ("zmin", "zmax"):
        value = getattr(arguments, name)
        if value is not None and not math.isfinite(value):
            refuse(name, value, "must be finite")
    if None not in (arguments.zmin, arguments.zmax) and arguments.zmin >= arguments.zmax:
        refuse("zmin", f"{arguments.zmin:g}", f"must be less than zmax = {arguments.zmax:g}")


def check_cmap(name):
    """ImportError without matplotlib, which is loaded for other colours than the default only;
    ValueError for colours that it does not have."""
    require("matplotlib", "writing a picture")
    if name != DEFAULT_CMAP and name not in matplotlib_for_pictures().colormaps:
        refuse("cmap", repr(name), "must be one of matplotlib's: viridis, magma, gray, ...")


def matplotlib_for_pictures():
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # a HOME it cannot write to is no news
    for part in ("matplotlib.colors", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        load(part, "writing a picture")
    return load("matplotlib", "writing a picture")


class Axis:
    """Edges of an image and limits of an axis, in the multiple of the unit that reads well.

    ticks: (position, words) of each, or None: matplotlib's; shown: the unit in the label
    """

    _multiples = {  # used from, factor, name
        "Hz": ((1e6, 1e6, "MHz"), (1e3, 1e3, "kHz"), (0.1, 1, "Hz"), (0, 1e-3, "mHz")),
        "s": ((1, 1, "s"), (1e-3, 1e-3, "ms"), (0, 1e-6, "µs")),
    }

    def __init__(self, edges, limits, name, unit, ticks=None, shown=None):
        largest = max(abs(limits[0]), abs(limits[1]))
        factor, multiple = self._multiple(largest, unit)
        self.ticks = ticks
        if unit == "s" and largest >= _CLOCK_FROM and name == "Time":
            multiple = "h:mm:ss" if largest >= 3600 else "m:ss"
            self.ticks = clock_ticks(*limits)
        self.factor = factor
        self.edges = tuple(edge / factor for edge in edges)
        self.limits = tuple(limit / factor for limit in limits)
        self.label = f"{name} ({shown or multiple})"

    def _multiple(self, largest, unit):
        for threshold, factor, shown in self._multiples.get(unit, ((0, 1, unit),)):
            if largest >= threshold:
                return factor, shown


def clock_ticks(low, high):
    """Times in seconds and their words, at most ten."""
    span = high - low
    step = next((step for step in _CLOCK_STEPS if span / step <= _MOST_TICKS), None)
    if step is None:
        step = 86400 * math.ceil(span / 86400 / _MOST_TICKS)
    digits = 0
    if span < _CLOCK_STEPS[0] * _MOST_TICKS / 2:
        step = 10 ** math.floor(math.log10(span / 4))
        step *= next(factor for factor in (1, 2, 5, 10) if span / (factor * step) <= _MOST_TICKS)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(n * step, clock(n * step, digits)) for n in range(first, last + 1)]


def new_figure(width, height):
    """An empty figure of width times height pixels."""
    matplotlib = matplotlib_for_pictures()
    dpi = dots_per_inch(width, height)
    figure = matplotlib.figure.Figure((width / dpi, height / dpi), dpi=dpi, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
    matplotlib.backends.backend_agg.FigureCanvasAgg(figure)
    return figure


def save_figure(figure, path, temporary, form):
    """Writes a figure to the file `temporary` that will be called `path`; form: png, svg or pdf."""
    with named(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # glyphs of a file name that the font lacks
        figure.savefig(temporary, format=form, dpi=figure.dpi, metadata=_UNDATED[form])


def show_level(axes, level, limits, cmap, time, frequency):
    """Levels (bins, rows) in dB as an image: grey where they are NaN, the darkest
    colour where there is no power. `limits` of the colours; `time` and `frequency` are Axis."""
    low, high = limits
    colours = matplotlib_for_pictures().colormaps[cmap].copy()
    colours.set_bad("0.6")
    colours.set_under(colours(0.0))
    image = axes.imshow(
        np.ma.masked_invalid(np.where(np.isneginf(level), low - 1, level)),
        aspect="auto", origin="lower", cmap=colours, vmin=low, vmax=high,
        interpolation="nearest", extent=(*time.edges, *frequency.edges))
    label_axes(axes, time, frequency)
    return image


def label_axes(axes, horizontal, vertical):
    """Limits, labels and plain numbers on both axes; both are Axis."""
    axes.set_xlim(*horizontal.limits)
    axes.set_ylim(*vertical.limits)
    for axis, scale in ((axes.xaxis, horizontal), (axes.yaxis, vertical)):
        axis.set_label_text(scale.label)
        if scale.ticks is not None:
            axis.set_ticks([position for position, _ in scale.ticks], [words for _, words in scale.ticks])
            continue
        axis.get_major_formatter().set_useOffset(False)
        axis.get_major_formatter().set_scientific(False)


def decibels(power):
    """10 log10 of an array; -inf where there is no power, NaN below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10 * np.log10(power)


def colour_range(level, low=None, high=None):
    """Ends of the colour scale in dB: from a little under the noise to the loudest cells.

    Robust: the 10th and the 99.9th percentile of the cells that hold a finite level, spread
    to at least 10 dB and at most 100 dB. What is given is kept.
    """
    finite = level[np.isfinite(level)]
    bottom, top = np.percentile(finite, (10, 99.9)) if finite.size else (-100.0, 0.0)
    if high is None:
        high = max(top, bottom + 10) if low is None else max(top, low + 10)
    if low is None:
        low = min(max(bottom - 3, high - _LARGEST_RANGE), high - 10)
    return float(low), float(high)


def dots_per_inch(width, height):
    """Resolution at which 10 point letters suit a picture of width times height pixels."""
    small = min(max(120 * min(width / 1000, height / 600), 72), 120)
    return max(small, 120 * min(width / 1600, height / 900))


def plain(text, longest):
    """Text that matplotlib shows as it is: no mathematics, no bytes that are not text, and at
    most about `longest` letters."""
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    half = max(1, int(longest) // 2)
    if len(text) > 2 * half:
        text = f"{text[:half]}…{text[-half:]}"
    return text.replace("$", r"\$")
