#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What the 2-D STFT sees in a cross of two lines, and in a drawn house.

Each frequency (kh, kw) of the patches makes a small image, a pixel to a patch. In that of a vertical frequency (kh, 0)
horizontal lines shine, in that of a horizontal one (0, kw) vertical lines, and in a mixed one only where both cross. For
the house, all patches keep those frequencies only that belong to vertical edges, or to horizontal ones, and go back to an
image. The numbers printed say how clearly; the exit status is 1 if they are not clear, or if an image does not come back.
--pictures DIRECTORY draws it all (needs python3-matplotlib).
"""
import argparse
import pathlib
import sys

import numpy as np
from gnuradio import stft

MADE = dict(win_length=32, hop=16, pad="edge")  # lines go on beyond the border


def cross(size=256):
    """Black, with a white vertical and a white horizontal line."""
    image = np.zeros((size, size), np.float32)
    image[:, 100] = image[160, :] = 1
    return image


def house(height=300, width=400):
    """A white house with windows, a door and a chimney before hills and a striped field."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    image = 0.75 - 0.3 * y / height
    image[y > 150 + 12 * np.sin(x / 40)] = 0.35
    field = y > 220
    image[field] = 0.3 + 0.1 * np.sign(np.sin((x + 0.6 * y)[field] / 2.2))
    walls = (x > 100) & (x < 300) & (y > 120) & (y < 235)
    image[walls] = 0.95
    image[(y < 120) & (y > 70) & (np.abs(x - 200) < 115 - 1.2 * (120 - y))] = 0.2
    image[(x > 255) & (x < 270) & (y > 55) & (y < 110)] = 0.6
    for left in (120, 160, 225, 265):
        pane = (x > left) & (x < left + 20) & (y > 140) & (y < 170)
        image[pane] = 0.1
        image[pane & ((np.abs(x - left - 10) < 1) | (np.abs(y - 155) < 1))] = 0.9
    image[(x > 190) & (x < 215) & (y > 185) & (y < 235)] = 0.15
    grain = np.random.default_rng(1).standard_normal(image.shape).astype(np.float32)
    return image + 0.01 * grain


def kept(image, mask):
    """The image of which all patches keep these frequencies only."""
    X = stft.stft2d(image, **MADE)
    return stft.istft2d(X * mask[:, :, None, None], shape=image.shape, **MADE)


def by_direction(size=32):
    """Frequencies of vertical and of horizontal edges: waves across them, but for 0 and 1, where the window puts the mean."""
    kh, kw = np.arange(size // 2 + 1)[:, None], np.abs(np.fft.fftfreq(size, 1 / size))
    return ((kw > 2 * kh) & (kw > 1)).astype(np.float32), ((kh > 2 * kw) & (kh > 1)).astype(np.float32)


def edges(image):
    """The energy of the steps from pixel to pixel: across vertical edges, across horizontal ones."""
    return [float(np.sum(np.diff(image, axis=axis) ** 2)) for axis in (1, 0)]


def check_cross():
    image = cross()
    X = np.abs(stft.stft2d(image, **MADE)[0, 0])
    error = np.max(np.abs(stft.istft2d(stft.stft2d(image, **MADE), shape=image.shape, **MADE) - image))
    on_row, on_column = X[4, 0, 10].max(), X[0, 4, :, 6].max()  # patches that hold the line
    off_row, off_column = np.delete(X[4, 0], [9, 10, 11], 0).max(), np.delete(X[0, 4], [5, 6, 7], 1).max()
    mixed = X[4, 4].copy()
    crossing = mixed[9:12, 5:8].max()
    mixed[9:12, 5:8] = 0
    print(f"cross: (4, 0) is {on_row:.2f} on the horizontal line and {off_row:.0e} elsewhere, (0, 4) is {on_column:.2f} on the "
          f"vertical one and {off_column:.0e} elsewhere,\n       (4, 4) is {crossing:.2f} at the crossing and {mixed.max():.0e} elsewhere; "
          f"the image comes back to {error:.0e}")  # fmt: skip
    return min(on_row, on_column, crossing) > 1e4 * max(off_row, off_column, mixed.max()) and error < 2e-6


def check_house():
    image = house()
    X = stft.stft2d(image, **MADE)
    error = np.max(np.abs(stft.istft2d(X, shape=image.shape, **MADE) - image))
    vertical, horizontal = (kept(image, mask) for mask in by_direction())
    ratios = [a / b for a, b in (edges(vertical), edges(horizontal)[::-1])]
    print(f"house: vertical edges alone have {ratios[0]:.1f} times the steps along rows as along columns, horizontal ones "
          f"{ratios[1]:.1f} times the other way round; the image comes back to {error:.0e}")  # fmt: skip
    return min(ratios) > 4 and error < 2e-6


def draw(directory):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    def panel(axes, image, title, **options):
        axes.imshow(image, cmap="gray", interpolation="nearest", **options)
        axes.set_title(title, fontsize=9)
        axes.set_axis_off()

    def decibels(X):
        return 20 * np.log10(np.maximum(np.abs(X), 1e-3))

    image, names = cross(), ((0, 0), (4, 0), (0, 4), (4, 4))
    X = stft.stft2d(image, **MADE)[0, 0]
    figure, axes = plt.subplots(1, 5, figsize=(10, 2.3), constrained_layout=True)
    panel(axes[0], image.reshape(128, 2, 128, 2).max((1, 3)), "image")  # no line falls between the pixels
    for ax, (kh, kw) in zip(axes[1:], names):
        panel(ax, decibels(X[kh, kw]), f"|X| at kh = {kh}, kw = {kw}", vmin=-40, vmax=30)
    figure.savefig(directory / "stft2d_cross.png", dpi=90)

    image = house()
    X = stft.stft2d(image, **MADE)[0, 0]
    figure, axes = plt.subplots(2, 3, figsize=(10, 5.4), constrained_layout=True)
    panel(axes[0, 0], image, "image", vmin=0, vmax=1)
    for ax, mask, what in zip(axes[0, 1:], by_direction(), ("vertical", "horizontal")):
        panel(ax, kept(image, mask), f"{what} edges", vmin=-0.3, vmax=0.3)
    for ax, (kh, kw) in zip(axes[1], ((0, 0), (0, 3), (3, 0))):
        panel(ax, decibels(X[kh, kw]), f"|X| at kh = {kh}, kw = {kw}")
    figure.savefig(directory / "stft2d_house.png", dpi=90)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", metavar="DIRECTORY", type=pathlib.Path, help="where to draw them")
    arguments = parser.parse_args()
    good = check_cross()
    good = check_house() and good
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
        draw(arguments.pictures)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
