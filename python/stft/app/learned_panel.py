# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The panel below a spectrogram that shows the window length and the chirp rate of each frame."""
import numpy as np

_LENGTH, _RATE = "C0", "C3"


def draw_learned(axes, grid, time):
    """theta on a logarithmic scale; c, if there is one, on a scale of its own at the right side. time: Axis."""
    known, fs, learned = grid.meta["rate_known"], grid.meta["samp_rate"], grid.learned
    at = (grid.times[0] - (grid.meta["average"] - 1) / 2 * grid.meta["hop"] / fs
          + np.arange(len(learned["theta"])) * (grid.meta["hop"] / fs)) / time.factor
    unit, factor = ("ms", 1e3 / fs) if known else ("samples", 1)
    axes.step(at, learned["theta"] * factor, where="mid", color=_LENGTH, linewidth=1)
    axes.set_yscale("log", base=2)
    low, high = np.min(learned["theta"]) * factor, np.max(learned["theta"]) * factor
    axes.set_ylim(low / 1.3, high * 1.3)
    ticks = 2.0 ** np.arange(np.floor(np.log2(high)), np.log2(low / 1.3), -1)[:4]
    axes.set_yticks(ticks if len(ticks) > 1 else [low, high], [f"{tick:.3g}" for tick in (ticks if len(ticks) > 1 else [low, high])])
    axes.set_yticks([], minor=True)
    axes.set_ylabel(f"window\n({unit})", color=_LENGTH)
    axes.set_xlim(*time.limits)
    axes.set_xlabel(time.label)
    if time.ticks is not None:
        axes.set_xticks([position for position, _ in time.ticks], [words for _, words in time.ticks])
    axes.grid(color="0.9")
    if "c" not in learned:
        return
    rates = axes.twinx()
    unit, factor = _rate_unit(learned["c"], fs) if known else ("cycles/sample²", 1)
    rates.step(at, learned["c"] * factor, where="mid", color=_RATE, linewidth=1)
    rates.set_ylabel(f"chirp rate\n({unit})", color=_RATE)
    largest = np.max(np.abs(learned["c"])) * factor or 1
    rates.set_ylim(-1.15 * largest, 1.15 * largest)
    rates.axhline(0, color=_RATE, linewidth=0.5, alpha=0.4)


def _rate_unit(c, fs):
    """The unit that reads well, and what turns cycles per sample^2 into it."""
    largest = np.max(np.abs(c)) * fs**2
    for least, unit, factor in ((1e9, "GHz/s", 1e-9), (1e6, "MHz/s", 1e-6), (1e3, "kHz/s", 1e-3)):
        if largest >= least:
            return unit, fs**2 * factor
    return "Hz/s", fs**2
