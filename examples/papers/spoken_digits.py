#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Section VII-B: spoken digits; the window length is learned together with the network that reads the spectrogram.

    /usr/bin/python3 spoken_digits.py --out figures                  # needs GR_STFT_DATA/speech/fsdd.zip and splits.csv
    /usr/bin/python3 spoken_digits.py --quick --out figures          # words of two tones, made here; needs no data

The network has two depthwise separable convolutions of 16 filters, ReLU, dropout and a dense layer, as the papers say. What
they do not say is chosen here: recordings are cut or padded to 5120 samples at 8 kHz and brought to one power (the speakers
differ by 20 dB), N 512, hop 128, windows of unit energy, the logarithm of the power brought to mean 0 and variance 1 in each
spectrogram, so that neither level nor contrast change with theta, kernels of 3 x 3 with strides of 2, dropout 0.25, batches of
32, Adam at 3e-3, split_a of splits.csv (2400, 300, 300). Theta, as the logistic variable of its logarithm, has Adam of its own, at 40
over the number of steps; both rates fall to 0 along a half cosine. Every window has the same budget of epochs and the same
seeds; the epoch of least validation loss counts. Trainings have one thread each and run side by side (--jobs).
"""
import concurrent.futures
import csv
import ctypes
import io
import multiprocessing
import os
import time
import wave
import zipfile
from typing import NamedTuple

import numpy as np
from experiment import Experiment
from signals import data_folder

from gnuradio.stft.optional_modules import load

os.environ.setdefault("GR_STFT_PLANNER", "estimate")  # FFTs whose rounding does not depend on what was fast: a seed repeats
torch = load("torch", "learning with a network")
import gnuradio.stft.torch as transforms  # noqa: E402



class Budget(NamedTuple):
    """Sizes of a spectrogram, and what every training has."""

    n: int
    hop: int
    samples: int
    epochs: int
    batch: int
    rate: float
    """of the weights at the start"""
    travel: float
    """rate of theta at the start, times the number of steps"""


FULL = Budget(n=512, hop=128, samples=5120, epochs=15, batch=32, rate=3e-3, travel=40.0)
SMALL = Budget(n=512, hop=32, samples=1280, epochs=8, batch=8, rate=2e-3, travel=80.0)
FLOOR = 1e-3  # power that the logarithm ends at, of a recording of power 1
PAPER = {10: 62.0, 20: 74.3, 30: 79.7, 40: 79.7, 50: 79.0, "learned": 80.7}


def main():
    def more(parser):
        parser.add_argument("--epochs", type=int, help="of every training (default: 15)")
        parser.add_argument("--seeds", type=int, help="networks of each window (default: 5)")
        parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="trainings side by side (default: as cores)")

    with Experiment("spoken_digits", __doc__, more) as experiment:
        run(experiment)


def run(experiment):
    options = experiment.options
    one_thread()
    if options.quick:
        budget, parts, fixed, starts = SMALL, tone_words(options.seed), (80,), (40.0, 400.0)
    else:
        budget, fixed, starts = FULL, (10, 20, 30, 40, 50, 100, 200, 300, 400, 500), (10.0, 30.0, 200.0, 450.0)
        parts = digits()
    budget = budget._replace(epochs=options.epochs or budget.epochs)
    seeds = range(options.seed, options.seed + (options.seeds or (1 if options.quick else 5)))
    runs = [(theta, learned, seed) for learned, thetas in ((True, starts), (False, fixed)) for theta in thetas for seed in seeds]
    results = {(theta, learned): [] for thetas, learned in ((fixed, False), (starts, True)) for theta in thetas}
    with experiment.progress(len(runs), "trainings") as bar, workers(options.jobs, parts) as pool:
        futures = [pool.submit(train_one, *one, budget) for one in runs]
        for done in concurrent.futures.as_completed(futures):
            done.result()
            bar.update(1)
    for (theta, learned, _), future in zip(runs, futures):
        results[theta, learned].append(future.result())

    accuracy = {}
    for (theta, learned), found in results.items():
        name = f"learned from {theta:g}" if learned else f"fixed {theta:g}"
        accuracies = [100 * one.accuracy for one in found]
        accuracy[name] = np.mean(accuracies), np.std(accuracies)
        experiment.say(f"{name}: test accuracy (%), spread over seeds", f"{np.mean(accuracies):.1f} +- {np.std(accuracies):.1f}",
                       PAPER["learned"] if learned else PAPER.get(theta))
        for part in ("training", "validation", "test"):
            losses = [one.losses[part] for one in found]
            experiment.say(f"{name}: {part} loss", f"{np.mean(losses):.3f} +- {np.std(losses):.3f}")
        if learned:
            experiment.say(f"{name}: theta at the end", " ".join(f"{one.course[-1]:.1f}" for one in found))
    seconds = sum(one.seconds for found in results.values() for one in found)
    experiment.say("processor time of all trainings (min)", seconds / 60)
    checks(experiment, results, accuracy, starts)
    draw(experiment, results, accuracy)


def one_thread():
    """One thread, since the network is small. Freed memory is kept: asking the system for the pages of a step's tensors again
    takes a third of the time."""
    torch.set_num_threads(1)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((-3, 2**25), (-1, 2**30), (-2, 2**26)):  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD
            mallopt(option, value)


def workers(jobs, parts):
    """Processes that have the recordings in PARTS."""
    global PARTS
    PARTS = parts
    return concurrent.futures.ProcessPoolExecutor(max(1, jobs), multiprocessing.get_context("fork"))


def train_one(theta, learned, seed, budget):
    return train(PARTS, theta, learned, seed, budget)


def checks(experiment, results, accuracy, starts):
    ends = [np.mean([one.course[-1] for one in results[start, True]]) for start in starts]
    before, after = max(starts) / min(starts), max(ends) / min(ends)
    what = f"learned thetas are apart by a factor of {before:.3g} at the start and at the end of"
    if experiment.options.quick:  # words whose loss has a least by theta
        experiment.check(what, after, after < 2)
    else:
        experiment.say(what, after)
    first, last = (np.mean([one.history[i] for found in results.values() for one in found]) for i in (0, -1))
    experiment.check("training loss, the last epoch's over the first's", last / first, last < first)
    if not experiment.options.quick:
        best, spread = max((one for name, one in accuracy.items() if name.startswith("fixed")), key=lambda one: one[0])
        for name, (mean, own) in accuracy.items():
            if name.startswith("learned"):
                experiment.check(f"{name}: accuracy below the best fixed window's by (%), within the spread", best - mean,
                                 best - mean <= max(spread, own, 0.5))


class Trained:
    """A training: loss of each epoch, theta of each epoch; losses and accuracy of the test part at the best epoch."""

    def __init__(self):
        self.history, self.course, self.losses, self.accuracy, self.seconds = [], [], {}, np.nan, 0.0


def network(classes, seed, budget):
    torch.manual_seed(seed)
    bins, frames = budget.n // 2 + 1, 1 + budget.samples // budget.hop

    def separable(inputs, outputs):
        return [torch.nn.Conv2d(inputs, inputs, 3, stride=2, padding=1, groups=inputs), torch.nn.Conv2d(inputs, outputs, 1),
                torch.nn.ReLU()]

    net = torch.nn.Sequential(*separable(1, 16), *separable(16, 16), torch.nn.Flatten(), torch.nn.Dropout(0.25),
                              torch.nn.Linear(16 * -(-bins // 4) * -(-frames // 4), classes))
    return net.to(memory_format=torch.channels_last)  # the order in which PyTorch's convolutions are fastest


def front_end(theta, learned, budget):
    return transforms.DSTFT(n_fft=budget.n, win_length=theta, hop_length=budget.hop, window_mode="constant" if learned else "fixed",
                            normalization="l2", output="magnitude", scale="log", win_length_min=8)


def pictured(spectrogram):
    """What the network sees, (recordings, 1, frames, bins): the logarithm of the power, with mean 0 and variance 1 in each
    spectrogram."""
    rows = spectrogram.transpose(-1, -2)  # the order of the memory
    return torch.nn.functional.layer_norm(torch.log(rows.square() + FLOOR), rows.shape[-2:]).unsqueeze(1)


def train(parts, theta, learned, seed, budget):
    began = time.process_time()
    (x, y), validation, test = parts
    transform, net = front_end(theta, learned, budget), network(int(y.max()) + 1, seed, budget)
    steps = budget.epochs * -(-len(x) // budget.batch)
    groups = [{"params": net.parameters(), "lr": budget.rate}]
    if learned:
        groups.append({"params": transform.parameters(), "lr": budget.travel / steps})
    optimizer = torch.optim.Adam(groups)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    found, best = Trained(), np.inf
    made = None if learned else [torch.cat([transform(piece) for piece in part.split(300)]) for part, _ in parts]
    order = torch.Generator().manual_seed(seed)
    for _ in range(budget.epochs):
        net.train()
        total = 0.0
        for chosen in torch.randperm(len(x), generator=order).split(budget.batch):
            spectrogram = transform(x[chosen]) if learned else made[0][chosen]
            loss = torch.nn.functional.cross_entropy(net(pictured(spectrogram)), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen)
        found.history.append(total / len(x))
        found.course.append(float(transform.win_length.detach().mean()))
        at_validation, _ = judged(net, transform, validation, made and made[1])
        if at_validation < best:
            best = at_validation
            at_test, found.accuracy = judged(net, transform, test, made and made[2])
            found.losses = {"training": found.history[-1], "validation": best, "test": at_test}
    found.seconds = time.process_time() - began
    return found


def judged(net, transform, part, made):
    """(cross-entropy, accuracy)."""
    net.eval()
    with torch.no_grad():
        x, y = part
        scores = net(pictured(transform(x) if made is None else made))
        return float(torch.nn.functional.cross_entropy(scores, y)), float((scores.argmax(1) == y).double().mean())


def digits():
    """Train, validation and test part of the recordings: (samples, digits)."""
    folder = data_folder()
    path = folder / "speech" / "fsdd.zip" if folder else None
    if path is None or not path.exists():
        raise FileNotFoundError("GR_STFT_DATA/speech/fsdd.zip is not there: set GR_STFT_DATA, or give --quick")
    parts = {"train": ([], []), "val": ([], []), "test": ([], [])}
    with zipfile.ZipFile(path) as archive, open(folder / "speech" / "splits.csv", newline="", encoding="utf-8") as table:
        names = {name.rsplit("/", 1)[-1]: name for name in archive.namelist()}
        for row in csv.DictReader(table):
            with wave.open(io.BytesIO(archive.read(names[row["file"]]))) as recording:
                samples = np.frombuffer(recording.readframes(recording.getnframes()), "<i2").astype(np.float32)
            xs, ys = parts[row["split_a"]]
            xs.append(level(samples, FULL.samples))
            ys.append(int(row["digit"]))
    return [(torch.tensor(np.array(xs)), torch.tensor(ys)) for xs, ys in parts.values()]


def tone_words(seed):
    """Two tones in turn, then a pause, again and again, in noise; which tones and in which order is the word. 320 to learn
    from, 80, 80. Short windows do not tell the tones apart, long ones the order."""
    rng = np.random.default_rng(seed)
    tones = np.array([0.10, 0.12, 0.14])
    words = [(a, b) for a in range(3) for b in range(3) if a != b]
    xs, ys = [], []
    n = np.arange(SMALL.samples)
    for _ in range(480):
        word = int(rng.integers(len(words)))
        place = (n + rng.integers(30)) // rng.integers(100, 121) % 3
        x = 0.3 * rng.standard_normal(len(n))
        for part, tone in enumerate(words[word]):
            x += (place == part) * np.cos(2 * np.pi * (tones[tone] + rng.uniform(-0.002, 0.002)) * n + rng.uniform(0, 6.28))
        xs.append(level(x.astype(np.float32), len(n)))
        ys.append(word)
    xs, ys = torch.tensor(np.array(xs)), torch.tensor(ys)
    return [(xs[a:b], ys[a:b]) for a, b in ((0, 320), (320, 400), (400, 480))]


def level(samples, length):
    """`length` samples of power 1, cut or padded with zeros behind."""
    found = np.zeros(length, np.float32)
    found[: len(samples)] = samples[:length]
    return found / max(float(np.sqrt(np.mean(samples**2))), 1e-9)


def draw(experiment, results, accuracy):
    axes = experiment.picture(1, 3, 16, 5)[0]
    for (theta, learned), found in results.items():
        axes[0].plot(np.mean([one.history for one in found], axis=0), "-" if learned else "--",
                     label=f"{'learned from' if learned else 'fixed'} {theta:g}")
        if learned:
            for one in found:
                axes[1].plot(one.course)
    axes[0].set(title="training loss", xlabel="epoch", yscale="log")
    axes[0].legend(fontsize=7)
    axes[1].set(title="theta while it is learned", xlabel="epoch", ylabel="samples", yscale="log")
    means, spreads = zip(*accuracy.values())
    axes[2].errorbar(range(len(means)), means, spreads, fmt="o")
    axes[2].set_xticks(range(len(means)), list(accuracy), rotation=60, ha="right")
    axes[2].set(title="accuracy of the test part (%)")


if __name__ == "__main__":
    main()
