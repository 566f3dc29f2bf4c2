# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/adaptive.md, of signals made here."""
import os
import pathlib
from typing import Iterator

import baselines
import chirps
import measures
import numpy as np
import signals
import tracking

from gnuradio import stft
from gnuradio.stft.optional_modules import load

N = 1024
STEP = 3  # dB from colour to colour: noise compresses badly
LINES = 260  # of a spectrogram; the strongest bin of each is shown


def draw_all(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in (
        ("adaptive_alternating", alternating),
        ("adaptive_criterion", criterion),
        ("adaptive_bands", bands),
        ("adaptive_machine", machine),
        ("adaptive_warped", warped),
        ("adaptive_uneven", uneven),
    ):
        path = folder / f"{name}.png"
        write(draw(), path)
        yield path


def new_figure(height: float):
    load("matplotlib", "drawing pictures")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def write(figure, path: pathlib.Path) -> None:
    from PIL import Image

    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    image.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def spectrogram(axes, S: np.ndarray, x_limits, y_limits, title: str, span: float = 45) -> None:
    strongest = -(-len(S) // LINES)
    S = np.abs(np.pad(S, ((0, -len(S) % strongest), (0, 0)))).reshape(-1, strongest, S.shape[1]).max(axis=1)
    level = STEP * np.round(10 / STEP * np.log10(S**2 + 1e-12))
    top = np.max(level) - 3
    axes.imshow(
        level, aspect="auto", origin="lower", extent=(*x_limits, *y_limits), vmin=top - span, vmax=top, cmap="viridis",
        interpolation="nearest",
    )
    axes.set_title(title, fontsize="medium", loc="left")


def windows_axes(axes, shortest: float, longest: float) -> None:
    from matplotlib.ticker import NullLocator

    axes.set_yscale("log")
    axes.set_ylim(shortest / 1.15, longest * 1.15)
    ticks = [shortest * 2**k for k in range(int(np.log2(longest / shortest)) + 1)]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(alpha=0.3)


def short_alternating() -> signals.Alternating:
    return signals.alternating(1, 20, length=6000, order=("tones", "clicks", "fast chirp", "noise", "slow chirp"))


def name_parts(axes, signal: signals.Alternating) -> None:
    """Below the lowest axes, where the samples would be counted."""
    for kind, start, stop in signal.parts:
        axes.axvline(start, color="black", linewidth=0.5)
    axes.set_xticks([(start + stop) / 2 for _, start, stop in signal.parts], [kind for kind, _, _ in signal.parts])
    axes.tick_params(axis="x", length=0)


def alternating():
    """The signal with the best constant window and with those of each frame, and these."""
    signal = short_alternating()
    found = stft.adapt(signal.x, n_fft=N)
    t, limits = found.t, (0, len(signal.x))
    windows = baselines.fixed_windows(N, 25)
    best = measures.best_level(signal.clean, t, N, windows)
    loss, constant = baselines.best_constant(
        lambda theta: sum(measures.peak_losses(signal, theta, t, N, best).values()), windows
    )
    figure = new_figure(7)
    above, middle, below = figure.subplots(3, 1, sharex=True)
    spectrogram(above, stft.dstft(signal.x, constant, t, n_fft=N), limits, (0, 0.5),
                f"Best constant window in hindsight, {constant:.0f} samples")
    spectrogram(middle, found.spectra, limits, (0, 0.5), "Window of each frame, found while the signal streams")
    for axes in (above, middle):
        axes.set_ylabel("Frequency (cycles/sample)")
    below.plot(t, found.theta[0], color="C0")
    below.axhline(constant, color="C1", linestyle="--", label="best constant")
    windows_axes(below, N / 8, N)
    name_parts(below, signal)
    below.set_ylabel("Window (samples)")
    below.set_xlabel("Parts of 6000 samples")
    below.set_xlim(*limits)
    below.legend(loc="lower right")
    return figure


def criterion():
    """Window lengths by pooled sums, and by frames that are measured alone."""
    signal = short_alternating()
    figure = new_figure(5)
    for axes, (title, options) in zip(figure.subplots(3, 1, sharex=True, sharey=True), (
        ("l1/l2, sums pooled over blocks of 17 frames before they are normalised (default)", {}),
        ("l1/l2 of each frame alone", {"block": 0}),
        ("entropy of each frame alone, then averaged over 17 frames", {"criterion": "frame_entropy", "block": 8}),
    )):
        found = stft.adapt(signal.x, n_fft=N, **options)
        axes.plot(found.t, found.theta[0], color="C0")
        windows_axes(axes, N / 8, N)
        axes.set_title(title, fontsize="medium", loc="left")
        axes.plot(signal.clicks, np.full(len(signal.clicks), N / 8), "k|", markersize=8)
        axes.set_ylabel("Window (samples)")
        name_parts(axes, signal)
    axes.set_xlim(0, len(signal.x))
    axes.set_xlabel("Parts of 6000 samples; strokes: clicks")
    return figure


def bands():
    """A tone beside a chirp with one window for each frame, and with one for each band of it."""
    signal = signals.tone_beside_chirp(0, 0.3)
    one = stft.adapt(signal.x, n_fft=N)
    four = stft.adapt(signal.x, n_fft=N, share="cell")
    some = (one.t >= 20000) & (one.t < 36000)
    limits = 20000, 36000
    figure = new_figure(7)
    axes = figure.subplots(3, 1, sharex=True)
    spectrogram(axes[0], one.spectra[:, some], limits, (0, 0.5), "One window for each frame")
    spectrogram(axes[1], four.spectra[:, some], limits, (0, 0.5), "One window for each of four bands and frame")
    image = axes[2].imshow(
        np.log2(four.theta[:, some]), aspect="auto", origin="lower", extent=(*limits, 0, 0.5), cmap="magma",
        interpolation="nearest", vmin=np.log2(N / 8), vmax=np.log2(N),
    )
    axes[2].set_title("Its window lengths", fontsize="medium", loc="left")
    bar = figure.colorbar(image, ax=axes, aspect=40, pad=0.01)
    bar.set_ticks([7, 8, 9, 10], labels=["128", "256", "512", "1024"])
    bar.set_label("Window (samples), lowest picture")
    for each in axes:
        each.set_ylabel("Frequency (cycles/sample)")
    axes[2].set_xlabel("Sample")
    return figure


def machine():
    """Harmonics of a machine that starts and stops: windows, and what is tracked with them."""
    law, orders = tracking.made(None, 1.0, 3), chirps.HIGH
    x, n_fft, fs = law.x, law.n_fft, law.fs
    found = stft.adapt(x, n_fft=n_fft)
    t = found.t
    constant = baselines.constant_by_entropy(x, n_fft, t[1])
    truth = np.interp(t / fs, law.seconds, law.speed)
    figure = new_figure(7)
    above, middle, below = figure.subplots(3, 1, sharex=True)
    spectrogram(above, found.spectra, (0, t[-1] / fs), (0, fs / 2), "Harmonics of a machine, adaptive windows", 27)
    above.set_ylabel("Frequency (Hz)")
    middle.plot(t / fs, found.theta[0] / fs * 1e3, label="adaptive")
    middle.axhline(constant / fs * 1e3, color="C1", linestyle="--", label="constant by entropy")
    middle.set_ylabel("Window (ms)")
    middle.legend(loc=(0.66, 0.15))
    for theta, name, colour in ((constant, "constant by entropy", "C1"), (found.theta, "adaptive", "C0")):
        S = stft.dstft(x, theta, t, n_fft=n_fft)
        below.plot(t / fs, tracking.tracked(law, S, t, orders) - truth, label=name, color=colour)
    below.set_ylabel("Tracked - true (Hz)")
    below.set_xlabel("Time (s)")
    below.legend(loc="upper right")
    for axes in (middle, below):
        axes.grid(alpha=0.3)
    above.set_xlim(0, t[-1] / fs)
    return figure


def warped():
    """Error of what is tracked in warped frames over the length of their window, and with the lengths that are learned."""
    parts = (5.66, 4, 2.83, 2, 1.41, None)
    figure = new_figure(4)
    axes = figure.subplots()
    data = pathlib.Path(os.environ.get("GR_STFT_DATA", "$GR_STFT_DATA"), "vibration")
    tacho = str(data / "car_runup_tacho_rpm.csv")
    laws = [("starts and stops, noise 0.5", None), ("uneven run-up, noise 0.5", tracking.UNEVEN)]
    laws += [("law of the car, noise 0.5", tacho)] if os.path.exists(tacho) else []
    machines = [(words, [tracking.made(law, 0.5, seed) for seed in range(4)], chirps.HIGH) for words, law in laws]
    try:
        recorded = tracking.read_machine(str(data / "car_runup_tacho.flac"), tacho, (2, 4), 0)
        machines.append(("the car (recording)", [recorded], (2, 4)))
    except FileNotFoundError as reason:
        print(f"adaptive_warped: {reason}")
    for words, some, orders in machines:
        *rows, learned = np.median([chirps.lengths(machine, orders, parts) for machine in some], axis=0)
        (line,) = axes.plot(1 / np.array(parts[:-1]), rows / np.min(rows), "o-", label=words)
        axes.axhline(learned / np.min(rows), color=line.get_color(), linestyle="--", linewidth=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(0.5, 6)
    axes.set_xticks([1 / part for part in parts[:-1]], [f"n_fft / {part:g}" for part in parts[:-1]])
    axes.set_yticks([1, 2, 4], ["1", "2", "4"])
    axes.minorticks_off()
    axes.set_xlabel("Window of all warped frames (broken lines: learned for each frame)")
    axes.set_ylabel("Squared error / least one")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", ncols=2)
    return figure


def uneven():
    """A run-up that is uneven: what is tracked with three lengths of warped frames, and the lengths that are learned."""
    machine = tracking.made(tracking.UNEVEN, 0.25, 3)
    fs, n_fft = machine.fs, machine.n_fft
    figure = new_figure(6)
    above, middle, below = figure.subplots(3, 1, sharex=True)
    above.plot(machine.seconds, machine.speed, color="black", label="true")
    above.set_ylabel("Speed (Hz)")
    for part, name, colour, width in ((2, "n_fft / 2", "C1", 1), (4, "n_fft / 4", "C0", 3), (None, "learned", "black", 1)):
        found = stft.adapt(machine.x, n_fft=n_fft, warp=True, theta_init=part and n_fft / part)
        s = found.t / fs
        away = tracking.tracked(machine, found.spectra, found.t, chirps.HIGH) - np.interp(s, machine.seconds, machine.speed)
        middle.plot(s, away, label=f"{name}: {np.mean(away**2):.1e} Hz$^2$", color=colour, linewidth=width)
    middle.set_ylabel("Tracked - true (Hz)")
    middle.legend(loc="lower center", ncols=3)
    below.step(s, found.theta[0] / fs * 1e3, where="mid", color="black")
    below.set_ylabel("Learned window (ms)")
    below.set_xlabel("Time (s)")
    for axes in (above, middle, below):
        axes.grid(alpha=0.3)
    above.set_xlim(0, machine.seconds[-1])
    return figure
