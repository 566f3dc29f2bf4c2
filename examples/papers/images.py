#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The 2-D STFT of the text that proposes it: shapes, pictures of a house and of two lines, and the way back.

    /usr/bin/python3 images.py --out figures
    /usr/bin/python3 images.py --image house.png --out figures       # a picture of your own (python3-matplotlib reads it)

Windows of 32 x 32 pixels at hops of 16: an image of 1024 x 1536 in three colours has 17 x 32 bins at 65 x 97 places there. The
text has the same order of axes; the house is drawn here from rectangles and a roof.
"""
import numpy as np
from experiment import Experiment

from gnuradio import stft
from gnuradio.stft.optional_modules import load

SIZES = dict(win_length=(32, 32), hop=(16, 16))


def main():
    def more(parser):
        parser.add_argument("--image", metavar="FILE", help="instead of the house that is drawn")

    with Experiment("images", __doc__, more) as experiment:
        run(experiment)


def run(experiment):
    rng = np.random.default_rng(experiment.options.seed)
    size = (256, 384) if experiment.options.quick else (1024, 1536)
    X = stft.stft2d(rng.standard_normal((3, *size)).astype(np.float32), **SIZES)
    experiment.say("shape of three colours of " + " x ".join(map(str, size)), str(X.shape), "(1, 3, 17, 32, 65, 97)")
    places = tuple(1 + side // 16 for side in size)
    experiment.check("places", str(X.shape[-2:]), X.shape[-2:] == places, "(65, 97)")
    experiment.check("bins, of which real images need half", str(sorted(X.shape[-4:-2])), sorted(X.shape[-4:-2]) == [17, 32],
                     "17 x 32")

    house = picture_of(experiment.options.image) if experiment.options.image else draw_house()
    errors = {}
    for name, image in (("house", house), ("lines", lines()), ("noise", rng.standard_normal((300, 200)))):
        for kind, bound in ((np.float32, 1e-5), (np.float64, 1e-12)):
            x = image.astype(kind)
            back = stft.istft2d(stft.stft2d(x, **SIZES), shape=x.shape, **SIZES)
            errors[name] = float(np.max(np.abs(back - x)) / np.max(np.abs(x)))
            experiment.check(f"{name}, {np.dtype(kind).name}: largest error of the way back over the largest value",
                             errors[name], errors[name] <= bound)
    selective(experiment)
    show(experiment, house, lines())


def selective(experiment):
    """A vertical line has energy in the bins of frequency 0 along the rows' axis only, a horizontal one along the other."""
    for name, axis in (("vertical", 0), ("horizontal", 1)):
        image = np.zeros((256, 256))
        image[(slice(None), 128) if axis == 0 else (128, slice(None))] = 1
        power = np.abs(stft.stft2d(image, **SIZES)[0, 0]) ** 2
        inner = power[..., 2:-2, 2:-2].sum(axis=(-2, -1))  # away from the image's border
        along = inner[[0, 1]].sum() if axis == 0 else inner[:, [0, 1, -1]].sum()  # 17 bins down, 32 across
        share = float(along / inner.sum())
        experiment.check(f"{name} line: share of its energy at frequencies 0 and +-1 along it", share, share > 0.999)


def draw_house():
    """A house with windows, chimneys and a tree before a sky that brightens downwards, values 0 .. 1."""
    y, x = np.mgrid[0:368, 0:490].astype(float)
    image = 0.35 + 0.25 * y / 368
    image[y > 280] = 0.45
    image[(y > 150) & (y < 290) & (x > 140) & (x < 420)] = 0.92
    roof = (y > 90) & (y <= 150) & (x > 140 - (y - 150) * -0.6) & (x < 420 + (y - 150) * 0.6)
    image[roof] = 0.25
    for left in (170, 330):
        image[(y > 60) & (y < 100) & (x > left + 30) & (x < left + 52)] = 0.7
    for left in (170, 240, 310, 370):
        image[(y > 180) & (y < 220) & (x > left) & (x < left + 30)] = 0.1
    image[(y > 225) & (y < 290) & (x > 265) & (x < 295)] = 0.15
    crown = (x - 60) ** 2 + (y - 180) ** 2 < 50**2
    leaves = np.random.default_rng(3).uniform(-0.12, 0.12, image.shape)
    image[crown] = (0.2 + leaves)[crown]
    image[(y > 225) & (y < 300) & (np.abs(x - 60) < 6)] = 0.15
    return np.clip(image, 0, 1)


def lines():
    """Black but for a vertical and a horizontal white line."""
    image = np.zeros((384, 512))
    image[190:194] = image[:, 254:258] = 1.0
    return image


def picture_of(path):
    """Grey values 0 .. 1 of an image file."""
    image = np.asarray(load("matplotlib.image", "reading an image").imread(path), float)
    image = image / 255 if image.max() > 1 else image
    return image[..., :3] @ [0.299, 0.587, 0.114] if image.ndim == 3 else image


def show(experiment, house, cross):
    axes = experiment.picture(4, 5, 15, 11)
    for row, (image, along) in enumerate(((house, 0), (house, 1), (cross, 0), (cross, 1))):
        X = stft.stft2d(image, **SIZES)[0, 0]
        axes[row, 0].imshow(image, cmap="gray")
        axes[row, 0].set_title("the image")
        for axis, bin in zip(axes[row, 1:], (0, 1, 4, 8)):
            chosen = X[bin, 0] if along == 0 else X[0, bin]
            axis.imshow(np.log(np.maximum(np.abs(chosen), 1e-3)), cmap="magma")
            axis.set_title(f"bin {bin} down, 0 across" if along == 0 else f"bin 0 down, {bin} across")
        for axis in axes[row]:
            axis.set_xticks([])
            axis.set_yticks([])


if __name__ == "__main__":
    main()
