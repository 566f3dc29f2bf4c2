# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/synchrosqueezing.md, of signals made here."""
import pathlib
import sys
from typing import Iterator

import numpy as np

from gnuradio import stft
from gnuradio.stft.optional_modules import load

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
import evaluate  # noqa: E402
import separate_components  # noqa: E402

RATE = 8000.0  # Hz
N_FFT, WIN_LENGTH = 512, 256


def draw_all(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in (
        ("synchrosqueezing", kinds),
        ("synchrosqueezing_components", components),
        ("griffin_lim", retrieval),
    ):
        path = folder / f"{name}.png"
        write(draw(), path)
        yield path


def figure_of(rows: int, columns: int, height: float, **options):
    load("matplotlib", "drawing pictures")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, **options)


def write(figure, path: pathlib.Path) -> None:
    from PIL import Image

    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    image.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def show(axes, power, title: str, span: float = 50) -> None:
    level = 10 * np.log10(power + 1e-30)
    top = np.percentile(level, 99.8)
    axes.imshow(level, aspect="auto", origin="lower", extent=(0, 1, 0, RATE / 2000), vmin=top - span, vmax=top, cmap="viridis",
                interpolation="nearest")
    axes.set_title(title, fontsize="medium", loc="left")


def mixture():
    """A tone, a slow chirp, one that sways fast, two clicks, a little noise; one second."""
    t = np.arange(int(RATE)) / RATE
    x = np.cos(2 * np.pi * 400 * t) + np.cos(2 * np.pi * (900 * t + 400 * t**2))
    x += np.cos(2 * np.pi * (2900 * t + 500 / (2 * np.pi * 3) * np.sin(2 * np.pi * 3 * t)))
    x[[2500, 5900]] += 25
    return x + 1e-3 * np.random.default_rng(1).standard_normal(len(t))


def kinds():
    """The same frames four times."""
    x = mixture()
    made = dict(hop=25, n_fft=N_FFT, win_length=WIN_LENGTH, fs=RATE)
    figure, axes = figure_of(2, 2, 7, sharex=True, sharey=True)
    show(axes[0, 0], stft.spectrogram(x, kind="power", **made), "Spectrogram")
    show(axes[0, 1], stft.reassigned_spectrogram(x, kind="power", **made), "Reassigned")
    for order, place in ((1, axes[1, 0]), (2, axes[1, 1])):
        T, _ = stft.synchrosqueeze(x, order=order, **made)
        show(place, np.abs(T) ** 2, f"Synchrosqueezed, order {order}")
    for place in axes[1]:
        place.set_xlabel("Time (s)")
    for place in axes[:, 0]:
        place.set_ylabel("Frequency (kHz)")
    return figure


def components():
    """What examples/separate_components.py does."""
    t = np.arange(int(RATE)) / RATE
    _, parts = separate_components.chirps(t)
    noise = separate_components.NOISE * np.random.default_rng(1).standard_normal(len(t))
    x = sum(parts) + noise
    ridges, found, _ = separate_components.separate(x, 2)
    T, _ = stft.synchrosqueeze(x, n_fft=N_FFT, win_length=WIN_LENGTH, order=2, hop=16)
    figure, axes = figure_of(3, 1, 8, sharex=True, height_ratios=(2, 1, 1))
    show(axes[0], np.abs(T) ** 2, "Synchrosqueezed, order 2, and the bands round two paths")
    for ridge, colour in zip(ridges, ("w", "C1")):
        for side in (-0.5, 0.5):
            axes[0].plot(t, (ridge + side * separate_components.WIDTH) / 1000, color=colour, linewidth=0.8)
    axes[0].set_ylim(0, 2.5)
    axes[0].set_ylabel("Frequency (kHz)")
    for place, part, back, name in zip(axes[1:], parts, found, ("First", "Second")):
        place.plot(t, back, color="C0", linewidth=0.4, label="sum over its band")
        place.plot(t, back - part, color="C3", linewidth=0.6, label="minus the chirp that went in")
        place.set_title(f"{name} chirp", fontsize="medium", loc="left")
        place.legend(fontsize="small", loc="upper right", ncols=2)
        place.set_ylim(-1.2, 1.6)
    axes[2].set_xlabel("Time (s)")
    axes[2].set_xlim(0, 1)
    return figure


def retrieval():
    """How the distance to the magnitudes falls."""
    figure, axes = figure_of(1, 1, 3.5)
    for momentum, history in evaluate.histories().items():
        axes.plot(np.arange(1, len(history) + 1), history, label=f"momentum {momentum}")
    axes.set_xscale("log")
    axes.set_xlabel("Iterations")
    axes.set_ylabel("| |STFT| - A | / |A|  (dB)")
    axes.set_title("A chirp in noise from its magnitudes, n_fft 512, hop 128", fontsize="medium", loc="left")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    return figure
