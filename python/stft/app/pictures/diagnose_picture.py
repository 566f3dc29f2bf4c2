# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a diagnosis: the envelope spectrum with the line that stands out most and its side bands, and z of each line."""
import math

import numpy as np

from gnuradio.stft.app.pictures.picture_axes import Axis, label_axes, new_figure, plain, save_figure

COLOURS = {"FTF": "tab:purple", "BPFO": "tab:blue", "BPFI": "tab:red", "BSF": "tab:green"}
_LOWEST = -6.0  # dB
_SIDES = 2      # of each harmonic


def draw(found, arguments, title, words, path, temporary):
    """Writes a stft.BearingDiagnosis to the file `temporary` that will be called `path`."""
    figure = new_figure(arguments.width, arguments.height)
    grid = figure.add_gridspec(1, 2, width_ratios=(5, 1))
    room = arguments.width / figure.dpi
    figure.suptitle(plain(title, 9 * room), fontsize="large")
    spectrum = figure.add_subplot(grid[0, 0])
    spectrum.set_title(plain(words, 9 * room), fontsize="small", loc="left")
    if room > 10:
        spectrum.set_title("grey: orders of the shaft, dotted: side bands", fontsize="small", loc="right", color="0.45")
    _spectrum(spectrum, found, arguments.harmonics)
    _scores(figure.add_subplot(grid[0, 1]), found, arguments.threshold)
    save_figure(figure, path, temporary, path[-3:].lower())


def _spectrum(axes, found, harmonics):
    knocks = {name: line.frequency * (2 if name == "BSF" else 1) for name, line in found.lines.items()
              if math.isfinite(line.z)}
    fastest = max(knocks.values(), default=found.frequencies[-1])
    last = min(found.frequencies[-1], (harmonics + 0.4) * fastest)
    shown = found.frequencies <= last
    with np.errstate(divide="ignore"):
        level = np.maximum(10 * np.log10(found.spectrum[shown]), _LOWEST)
    above = level[found.frequencies[shown] > 0.2 * found.speed]  # slow changes of the level are of no interest
    top = max(10.0, float(above.max(initial=0.0))) + 6
    horizontal = Axis((0, last), (0, last), "Frequency of the envelope", "Hz")
    vertical = Axis((_LOWEST, top), (_LOWEST, top), "Power over the running median", "dB")
    for order in range(1, int(last / found.speed) + 1):  # the shaft's
        axes.axvline(order * _shaft(found) / horizontal.factor, color="0.88", linewidth=0.8, zorder=0)
    axes.plot(found.frequencies[shown] / horizontal.factor, level, color="0.25", linewidth=0.7)
    if knocks:
        name = found.fault or max(knocks, key=lambda each: found.lines[each].z)
        _comb(axes, name, knocks[name], _side_of(found, name), harmonics, last, horizontal.factor, top)
    label_axes(axes, horizontal, vertical)
    axes.grid(axis="y", alpha=0.3)


def _comb(axes, name, frequency, side, harmonics, last, factor, top):
    """Harmonics of a line, marked above the spectrum, and their side bands."""
    colour = COLOURS[name]
    for h in range(1, harmonics + 1):
        if h * frequency > last:
            break
        axes.axvline(h * frequency / factor, color=colour, linewidth=1, alpha=0.55, zorder=1)
        words = {"BSF": f"{2 * h} BSF"}.get(name, name if h == 1 else f"{h} {name}")
        axes.annotate(words, (h * frequency / factor, top), xytext=(2, -3), textcoords="offset points", ha="left", va="top",
                      color=colour, fontsize="small")
        for j in range(-_SIDES, _SIDES + 1):
            at = h * frequency + j * side
            if j and side and 0 < at < last:
                axes.axvline(at / factor, color=colour, linewidth=0.8, linestyle=":", alpha=0.8, zorder=1)


def _shaft(found):
    """Hz at which the shaft's orders are drawn: where they stand out, there."""
    return found.shaft.frequency if found.shaft.z >= 2 else found.speed


def _side_of(found, name):
    """Hz from a line to its side bands, 0 where it has none."""
    return {"BPFI": found.speed, "BSF": found.lines["FTF"].order * found.speed}.get(name, 0.0)


def _scores(axes, found, threshold):
    names = list(found.lines)
    z = [line.z if math.isfinite(line.z) else 0.0 for line in found.lines.values()]
    axes.barh(range(len(names)), z, color=[COLOURS[name] for name in names], alpha=0.8)
    axes.axvline(threshold, color="black", linewidth=1, linestyle="--")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(min(0.0, *z), 1.1 * max(threshold * 1.2, *z))
    axes.set_xlabel("z")
    axes.set_title("-- threshold", fontsize="small", loc="left")
