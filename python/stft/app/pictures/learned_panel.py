# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The panel below a spectrogram that shows what was learned of each frame: the window's length, and rates."""
import numpy as np

_LENGTH, _RATE = "C0", "C3"


def draw_learned(axes, grid, time):
    """theta on a logarithmic scale, and c or a, if there is one, on a scale of its own at the right side. time: Axis."""
    known, fs, learned, hop = grid.meta["rate_known"], grid.meta["samp_rate"], grid.learned, grid.meta["hop"]
    first = grid.times[0] - (min(grid.meta["average"], len(learned["theta"])) - 1) / 2 * hop / fs
    at = (first + np.arange(len(learned["theta"])) * (hop / fs)) / time.factor
    axes.set_xlim(*time.limits)
    axes.set_xlabel(time.label)
    if time.ticks is not None:
        axes.set_xticks([position for position, _ in time.ticks], [words for _, words in time.ticks])
    axes.grid(color="0.9")
    axes.step(at, learned["theta"] * (1e3 / fs if known else 1), where="mid", color=_LENGTH, linewidth=1)
    _scale_lengths(axes, learned["theta"] * (1e3 / fs if known else 1))
    axes.set_ylabel("window\n(ms)" if known else "window\n(samples)", color=_LENGTH)
    if "c" in learned:
        unit, factor = rate_unit(learned["c"], fs) if known else ("cycles/sample²", 1)
        _draw_rate(axes.twinx(), at, learned["c"] * factor, f"chirp rate\n({unit})")
    if "a" in learned:
        unit, factor = ("1/s", fs) if known else ("1/sample", 1)
        _draw_rate(axes.twinx(), at, learned["a"] * factor, f"relative rate\n({unit})")


def _scale_lengths(axes, lengths):
    low, high = np.min(lengths), np.max(lengths)
    axes.set_yscale("log", base=2)
    axes.set_ylim(low / 1.3, high * 1.3)
    ticks = 2.0 ** np.arange(np.floor(np.log2(high)), np.log2(low / 1.3), -1)[:4]
    ticks = ticks if len(ticks) > 1 else [low, high]
    axes.set_yticks(ticks, [f"{tick:.3g}" for tick in ticks])
    axes.set_yticks([], minor=True)


def _draw_rate(axes, at, rates, label):
    axes.step(at, rates, where="mid", color=_RATE, linewidth=1)
    axes.set_ylabel(label, color=_RATE)
    largest = np.max(np.abs(rates)) or 1
    axes.set_ylim(-1.15 * largest, 1.15 * largest)
    axes.axhline(0, color=_RATE, linewidth=0.5, alpha=0.4)


def rate_unit(c, fs):
    """The unit that reads well, and what turns cycles per sample^2 into it."""
    largest = np.max(np.abs(c)) * fs**2
    for least, unit, factor in ((1e9, "GHz/s", 1e-9), (1e6, "MHz/s", 1e-6), (1e3, "kHz/s", 1e-3)):
        if largest >= least:
            return unit, fs**2 * factor
    return "Hz/s", fs**2
