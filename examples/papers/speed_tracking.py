#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Section VI-C: the speed of a shaft from the tenth harmonic of its vibration, with windows of one length and of many.

    /usr/bin/python3 speed_tracking.py --out figures
    /usr/bin/python3 speed_tracking.py --law car_runup_tacho_rpm.csv --recording car_runup_tacho.flac

The paper's signal has the harmonics of a speed that a flight recorded, which is not public; here the laws are starts and stops,
swings, and with --law a measured one (a CSV file of seconds and revolutions per minute). White noise is added at three levels.
Spectra with one theta (entropy, the papers' way), with one theta per frame (entropy of each frame), with the best of twelve
fixed windows in hindsight, and with adapt() are tracked in the same way: a path through all orders, then the centroid of the
tenth line, (33) and (34), whose tenth is the speed. That path sees the whole signal before it decides; so does track_ridges()
with a lag of 60 s. "in time" is the same with its default, 1 s, as a stream has it. It takes the samples, with frames of two turns
of the slowest speed at least and its defaults else. Figures are medians over the seeds of the mean squared error of the speed in
Hz^2, and their mean where lost lines count. --recording: a recording of which the second channel is the speed over 80.357 Hz,
whose orders are 2, 4 and 6.
"""
import pathlib
import sys

import numpy as np
from experiment import Experiment
from signals import run_up

from gnuradio import stft

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "adaptive"))
import tracking  # noqa: E402

N, HOP, ORDERS = 1500, 50, tuple(range(1, 13))
PAPER = {"one theta": 7.05, "one theta per frame": 2.86}
WAYS = ("one theta", "one theta per frame", "best fixed in hindsight", "adapt()", "track_ridges()", "track_ridges() in time")
WHOLE = 60.0  # s, the lag of a path that sees all of a signal before it decides


def main():
    def more(parser):
        parser.add_argument("--law", action="append", default=[], metavar="CSV", help="a measured law of speed")
        parser.add_argument("--recording", metavar="FILE", help="a recording with its speed in the second channel")
        parser.add_argument("--seeds", type=int, default=10, help="signals of each law and noise (default: 10)")

    with Experiment("speed_tracking", __doc__, more) as experiment:
        run(experiment)


def run(experiment):
    options = experiment.options
    laws, noises = ["steps", "wave", *options.law], (0.25, 0.5, 1.0)
    seeds = range(options.seed, options.seed + (1 if options.quick else options.seeds))
    if options.quick:
        laws, noises = laws[1:2], noises[:1]
    shown = None
    with experiment.progress(len(laws) * len(noises) * len(seeds), "signals") as bar:
        for law in laws:
            for noise in noises:
                table = []
                for seed in seeds:
                    x, fs, speed = run_up(seed, law, noise, seconds=20 if options.quick else 60)
                    found = {way: error for way, error, *_ in each(x, fs, speed)}
                    shown = shown or (x, fs, speed)
                    table.append([found[way] for way in WAYS])
                    bar.update(1)
                compare(experiment, f"{pathlib.Path(law).stem}, noise {noise:g}", np.array(table))
    if options.recording:
        recording(experiment, options.recording)
    draw(experiment, *shown)


def compare(experiment, name, table):
    """Errors of the ways, (seeds, ways): their medians and means, and what is asked of them."""
    median, mean = (dict(zip(WAYS, kind(table, axis=0))) for kind in (np.median, np.mean))
    for way in WAYS:
        experiment.say(f"{name}, {way}: squared error (Hz^2)", float(median[way]), PAPER.get(way))
    for way in WAYS:
        experiment.say(f"{name}, {way}: mean squared error (Hz^2)", float(mean[way]))
    experiment.say(f"{name}: one theta over one per frame", float(median["one theta"] / median["one theta per frame"]), 2.47)
    for word, errors in (("", median), (" of the means", mean)):
        gain = float(errors["one theta"] / errors["track_ridges()"])
        experiment.check(f"{name}: one theta over track_ridges(){word}, asked 2.5", gain, gain >= 2.5)
        hindsight = float(errors["track_ridges()"] / errors["best fixed in hindsight"])
        experiment.check(f"{name}: track_ridges() over the best fixed in hindsight{word}, asked 1 at most", hindsight,
                         hindsight <= 1)
    single = table[:, WAYS.index("one theta")] / table[:, WAYS.index("track_ridges()")]
    experiment.say(f"{name}: signals in which one theta is 2.5 times worse", f"{np.sum(single >= 2.5)} of {len(single)}")


def each(x, fs, speed):
    """(way, squared error, times, tracked speed[, spectra, theta]) of each way."""
    t = HOP * np.arange(1 + len(x) // HOP, dtype=float)
    limits = 0.8 * max(np.min(speed), fs / N), 1.25 * np.max(speed)
    settings = dict(n_fft=N, hop=HOP, theta_min=100)

    def judged(S):
        return tenth_harmonic(S, fs, limits)

    def planes():
        constant = stft.learn(x, share="constant", **settings)
        yield "one theta", constant.spectra, constant.theta
        framed = stft.learn(x, share="frame", criterion="frame_entropy", regularisation=0.1, max_iterations=100,
                            theta_init=constant.theta, **settings)
        yield "one theta per frame", framed.spectra, framed.theta
        yield "adapt()", *adapted(x, t)

    for way, S, theta in planes():
        f = judged(S)
        yield way, squared_error(f, t, speed), t / fs, f, S, theta
    errors, kept = [], []
    for theta in np.geomspace(N / 8, N, 12):
        f = judged(stft.dstft(x, [[theta]], t, n_fft=N))
        errors.append(squared_error(f, t, speed))
        kept.append(f)
    best = int(np.argmin(errors))
    yield "best fixed in hindsight", errors[best], t / fs, kept[best]
    for way, lag in (("track_ridges()", WHOLE), ("track_ridges() in time", 1.0)):
        ridges = stft.track_ridges(x, fs=fs, f_range=limits, orders=ORDERS, duration=max(0.5, 2 / limits[0]), lag=lag)
        yield way, squared_error(ridges.frequency, ridges.times * fs, speed), ridges.times, ridges.frequency


def adapted(x, t):
    found = stft.adapt(x, n_fft=N, hop=HOP)
    if len(found.t) < len(t):
        raise ValueError("adapt() has fewer frames than the others")
    return found.spectra[:, : len(t)], found.theta[:, : len(t)]


def tenth_harmonic(S, fs, limits):
    """Speed in Hz of each frame: the tenth of the centroid (34) of the bins that are nearest to the tenth order."""
    f = tracking.track(S, fs, N, HOP / fs, ORDERS, limits)
    magnitude, hertz = np.abs(S), np.arange(len(S)) * fs / N
    near = np.abs(hertz[:, None] - 10 * f) < np.minimum(f / 2, 6 * fs / N)
    weight = np.where(near, magnitude, 0)
    weight = np.where(weight > 0.3 * np.max(weight, axis=0), weight, 0)  # what the line does not reach is noise
    centre = np.sum(hertz[:, None] * weight, axis=0) / np.maximum(np.sum(weight, axis=0), 1e-30)
    return np.where(np.any(weight > 0, axis=0), centre / 10, f)


def squared_error(f, t, speed):
    inside = (t >= 0) & (t <= len(speed) - 1)
    return float(np.mean((f - np.interp(t, np.arange(len(speed)), speed))[inside] ** 2))


def recording(experiment, path):
    """The measured speed of a car, its orders 2, 4 and 6."""
    from gnuradio.stft.app.files.recordings import open_recording

    channels = []
    for channel in (0, 1):
        with open_recording(path, channel=channel) as opened:
            channels.append(np.asarray(opened.read(0, opened.length), np.float32))
            fs = opened.fs
    speed = channels[1] * 80.357
    ridges = stft.track_ridges(channels[0], fs=fs, f_range=(8, 100), orders=(2, 4, 6))
    error = squared_error(ridges.frequency, ridges.times * fs, speed)
    experiment.check("recording, track_ridges(): squared error (Hz^2), asked 0.030 at most", error, error <= 0.030)


def draw(experiment, x, fs, speed):
    found = {way: rest for way, _, *rest in each(x, fs, speed)}
    axes = experiment.picture(2, 2, 14, 9)
    seconds = np.arange(len(speed)) / fs
    for axis, way in zip(axes[0], ("one theta", "one theta per frame")):
        times, f, S, theta = found[way]
        level = 20 * np.log10(np.abs(S) / np.max(np.abs(S)) + 1e-6)
        axis.imshow(level, origin="lower", aspect="auto", extent=[0, times[-1], 0, fs / 2], vmin=-45, vmax=0, cmap="magma")
        axis.plot(times, 10 * f, "w--", linewidth=0.8)
        axis.set(title=f"{way}, the tenth order as it is tracked", xlabel="s", ylabel="Hz")
    axes[1, 0].plot(seconds, speed, "k", linewidth=2, label="truth")
    for way in ("one theta", "one theta per frame", "track_ridges()"):
        axes[1, 0].plot(found[way][0], found[way][1], linewidth=0.8, label=way)
    axes[1, 0].set(title="speed", xlabel="s", ylabel="Hz")
    axes[1, 0].legend()
    times, _, _, theta = found["one theta per frame"]
    axes[1, 1].plot(times, theta[0])
    axes[1, 1].set(title="theta of each frame", xlabel="s", ylabel="samples")


if __name__ == "__main__":
    main()
