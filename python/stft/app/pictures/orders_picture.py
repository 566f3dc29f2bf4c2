# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a machine's orders: spectrogram with the speed, order map, run-up curves and Campbell diagram."""
import numpy as np

from gnuradio import stft
from gnuradio.stft.app.pictures.picture_axes import (DEFAULT_CMAP, LARGEST_WIDTH, colour_range, decibels, new_figure, plain,
                                            save_figure)

_SHOWN = 1.5         # of the highest order
_MOST_FRAMES = 2000  # of the spectrogram


def draw(found, arguments, title, path, temporary):
    """Writes the picture to the file `temporary` that will be called `path`."""
    figure = new_figure(arguments.width, arguments.height)
    (spectrum, campbell), (orders, curves) = figure.subplots(2, 2)
    figure.suptitle(plain(title, arguments.width / 14))
    highest = _SHOWN * max(found.orders)
    top = min(found.fs / 2, highest * np.nanmax(found.speeds))
    _draw_spectrogram(figure, spectrum, found, arguments, top)
    _draw_map(figure, orders, found, arguments, highest)
    _draw_campbell(campbell, found, arguments, highest, top)
    by_speed = np.argsort(found.map.speeds)
    for order, level in zip(found.orders, found.levels):
        curves.plot(found.map.speeds[by_speed], level[by_speed], linewidth=1, label=f"order {order:g}")
    curves.set(xlabel="Speed (Hz)", ylabel=f"Level (dB re {arguments.reference:g})", title="Level of each order")
    curves.grid(alpha=0.3)
    curves.legend(fontsize="small")
    save_figure(figure, path, temporary, path.rsplit(".", 1)[1].lower())


def _mesh(axes, x, y, level, **look):
    low, high = colour_range(level)
    return axes.pcolormesh(x, y, np.maximum(level, low), vmin=low, vmax=high, cmap=DEFAULT_CMAP, shading="nearest",
                           rasterized=True, **look)


def _draw_spectrogram(figure, axes, found, arguments, top):
    n_fft = int(2 ** np.clip(np.round(np.log2(found.fs * 512 / top)), 6, 18))
    hop = max(n_fft // 8, len(found.x) // _MOST_FRAMES, 1)
    power = stft.spectrogram(np.nan_to_num(found.x), "hann", n_fft=n_fft, hop=hop, kind="psd", fs=found.fs)
    shown = np.arange(power.shape[0]) * found.fs / n_fft <= top
    level = decibels(power[shown] / arguments.reference**2)
    image = _mesh(axes, np.arange(level.shape[1]) * hop / found.fs, np.flatnonzero(shown) * found.fs / n_fft, level)
    for order in found.orders:
        axes.plot(found.times, order * found.speeds, "--", color="cyan", linewidth=0.8, alpha=0.8)
    axes.set(xlabel="Time (s)", ylabel="Frequency (Hz)", title="Spectrogram, and the orders by the speed",
             xlim=(0, len(found.x) / found.fs), ylim=(0, top))
    figure.colorbar(image, ax=axes, label="dB/Hz")


def _columns(found, highest):
    """Bins that are shown, columns that are enough, and their level in dB."""
    shown = found.map.orders <= highest
    columns = np.unique(np.linspace(0, len(found.map.times) - 1, LARGEST_WIDTH).astype(int))
    return shown, columns


def _draw_map(figure, axes, found, arguments, highest):
    shown, columns = _columns(found, highest)
    level = decibels(found.map.power[shown][:, columns] / arguments.reference**2)
    image = _mesh(axes, found.map.times[columns], found.map.orders[shown], level)
    axes.set(xlabel="Time (s)", ylabel="Order", title="Order map")
    figure.colorbar(image, ax=axes, label="dB")


def _draw_campbell(axes, found, arguments, highest, top):
    shown, columns = _columns(found, highest)
    columns = columns[np.argsort(found.map.speeds[columns], kind="stable")]
    speeds = np.broadcast_to(found.map.speeds[columns], (shown.sum(), len(columns)))
    level = decibels(found.map.power[shown][:, columns] / arguments.reference**2)
    _mesh(axes, speeds, speeds * found.map.orders[shown][:, np.newaxis], level)
    ends = np.array([speeds.min(), speeds.max()])
    for order in found.orders:
        axes.plot(ends, order * ends, "--", color="cyan", linewidth=0.8, alpha=0.8)
        axes.annotate(f"{order:g}", (ends[1], order * ends[1]), fontsize="small")
    axes.set(xlabel="Speed (Hz)", ylabel="Frequency (Hz)", title="Campbell diagram", ylim=(0, top))
