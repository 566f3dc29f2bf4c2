#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The STFT as an introduction has it: a chirp, steps at three window lengths, the way back, a voiced sound; in a flowgraph, too.

    /usr/bin/python3 stft_text.py --out figures

The chirp is sin(2 pi (100 + 200 s) s), whose frequency rises from 100 to 500 Hz although its factor ends at 300; then 300 Hz.
The steps (200 Hz; 200 and 500 Hz; 800 Hz at 8 kHz) are seen through windows of 128, 512 and 2048 samples: a frequency is
resolved to fs / n_fft, a step to a window. The rows of the blocks in a flowgraph are compared with the array's to the bit;
stft_text.grc opens the steps in GNU Radio Companion.
"""
import numpy as np
from experiment import Experiment

from gnuradio import blocks, gr, stft


def main():
    with Experiment("stft_text", __doc__) as experiment:
        run(experiment)


def run(experiment):
    rng = np.random.default_rng(experiment.options.seed)
    chirp_and_tone(experiment, rng)
    steps = steps_of_tones(rng)
    resolution(experiment, steps)
    way_back(experiment, steps)
    flowgraph(experiment, steps.astype(np.float32))
    voice = voiced()
    formants(experiment, voice)
    draw(experiment, rng, steps, voice)


def chirp_signal(rng, fs=4000):
    s = np.arange(0, 2, 1 / fs)
    return np.where(s < 1, np.sin(2 * np.pi * (100 + 200 * s) * s), np.sin(2 * np.pi * 300 * s)) + 0.1 * rng.standard_normal(len(s))


def chirp_and_tone(experiment, rng, fs=4000, n_fft=512):
    magnitude = np.abs(stft.stft(chirp_signal(rng, fs), hop=n_fft // 4, n_fft=n_fft))
    times = np.arange(magnitude.shape[1]) * n_fft / 4 / fs
    ridge = np.argmax(magnitude, axis=0) * fs / n_fft
    inside = (times > 0.1) & (times < 0.9)
    off = np.max(np.abs(ridge - (100 + 400 * times))[inside])
    experiment.check("chirp: largest distance of the ridge from 100 + 400 s Hz (Hz), two bins at most", float(off),
                     off <= 2 * fs / n_fft)
    off = np.max(np.abs(ridge - 300)[(times > 1.1) & (times < 1.9)])
    experiment.check("tone: distance of the ridge from 300 Hz (Hz), one bin at most", float(off), off <= fs / n_fft)


def steps_of_tones(rng, fs=8000):
    s = np.arange(0, 3, 1 / fs)
    x = np.where(s < 2, np.sin(2 * np.pi * 200 * s), np.sin(2 * np.pi * 800 * s))
    x += ((s >= 1) & (s < 2)) * 0.7 * np.sin(2 * np.pi * 500 * s)
    return x + 0.05 * rng.standard_normal(len(s))


def resolution(experiment, x, fs=8000):
    """Width of the 800 Hz line and of the step to it, at half their height."""
    widths = []
    for n_fft in (128, 512, 2048):
        hop = max(1, n_fft // 32)
        magnitude = np.abs(stft.stft(x, hop=hop, n_fft=n_fft))
        line = magnitude[:, int(2.5 * fs / hop)]
        width = np.count_nonzero(line > np.max(line) / 2) * fs / n_fft
        rise = magnitude[round(800 * n_fft / fs)]
        rise = rise / np.median(rise[int(2.3 * fs / hop) : int(2.7 * fs / hop)])
        duration = np.count_nonzero((rise > 0.1) & (rise < 0.9) & (np.abs(np.arange(len(rise)) * hop / fs - 2) < 0.3)) * hop / fs
        widths.append((width, duration))
        experiment.say(f"n_fft {n_fft}: width of the line (Hz), time of the step from 0.1 to 0.9 (ms)",
                       f"{width:.1f}, {1e3 * duration:.1f}", f"{fs / n_fft:.1f} Hz a bin")
    experiment.check("longer windows: narrower lines and longer steps", "each",
                     all(a[0] > b[0] and a[1] < b[1] for a, b in zip(widths, widths[1:])))


def way_back(experiment, x):
    S = stft.stft(x, hop=128, n_fft=512)
    error = float(np.max(np.abs(stft.istft(S, hop=128, n_fft=512, length=len(x)) - x)))
    experiment.check("largest error of the way back", error, error < 1e-13, "about 1e-14")


def flowgraph(experiment, x):
    """The same transform, there and back, by blocks."""
    graph = gr.top_block()
    source, forward = blocks.vector_source_f(x.tolist()), stft.stft_fvc(512, 128)
    inverse, spectra, samples = stft.istft_vcf(512, 128), blocks.vector_sink_c(257), blocks.vector_sink_f()
    graph.connect(source, forward, inverse, samples)
    graph.connect(forward, spectra)
    graph.run()
    rows = np.array(spectra.data(), np.complex64).reshape(-1, 257).T
    same = np.array_equal(rows, stft.stft(x, hop=128, n_fft=512))
    experiment.check("rows of the flowgraph equal the array's to the bit", str(rows.shape), same)
    back = np.array(samples.data(), np.float32)
    error = float(np.max(np.abs(back - x))) if len(back) == len(x) else np.inf
    experiment.check("samples that come back from the flowgraph: largest error", error, error < 1e-6)


def voiced(fs=16000, f0=120):
    """Glottal pulses through three resonances, near 800, 1200 and 2500 Hz."""
    n = np.arange(int(1.5 * fs))
    pulses = np.zeros(len(n))
    for start in range(0, len(n) - 20, fs // f0):
        pulses[start : start + 20] = np.exp(-0.3 * np.arange(20))
    X, hertz = np.fft.rfft(pulses), np.fft.rfftfreq(len(n), 1 / fs)
    response = sum(a / (1 + 1j * (hertz - f) / (width / 2)) for f, width, a in ((800, 200, 1), (1200, 150, 0.7), (2500, 200, 0.4)))
    x = np.fft.irfft(X * response, len(n))
    return x / np.max(np.abs(x))


def formants(experiment, x, fs=16000, n_fft=512):
    power = np.mean(np.abs(stft.stft(x, hop=n_fft // 8, n_fft=n_fft)) ** 2, axis=1)
    level, hertz = 10 * np.log10(power), np.arange(len(power)) * fs / n_fft
    for formant in (800, 1200, 2500):
        near = np.abs(hertz - formant) < 150
        peak = float(hertz[near][np.argmax(level[near])])
        experiment.check(f"voiced sound: the strongest bin near {formant} Hz, within 130 Hz (an order and a bin)", peak,
                         abs(peak - formant) <= 130)
    long = np.abs(stft.stft(x, hop=512, n_fft=4096))
    line = np.mean(long, axis=1)
    f0 = fs / (fs // 120)
    orders = [line[round(k * f0 * 4096 / fs)] / line[round((k + 0.5) * f0 * 4096 / fs)] for k in range(3, 12)]
    experiment.check("harmonics 3 to 11 over the gaps between them, n_fft 4096, the least (dB)", float(20 * np.log10(min(orders))),
                     min(orders) > 10)


def draw(experiment, rng, steps, voice):
    axes = experiment.picture(2, 3, 15, 8)
    chirp = chirp_signal(rng)
    for axis, (name, x, fs, n_fft, top) in zip(axes.flat, (
            ("chirp, then 300 Hz", chirp, 4000, 512, 800), ("steps, n_fft 128", steps, 8000, 128, 1200),
            ("steps, n_fft 512", steps, 8000, 512, 1200), ("steps, n_fft 2048", steps, 8000, 2048, 1200),
            ("voiced sound, n_fft 512", voice, 16000, 512, 4000), ("voiced sound, n_fft 4096", voice, 16000, 4096, 4000))):
        magnitude = np.abs(stft.stft(x, hop=n_fft // 8, n_fft=n_fft))
        level = 20 * np.log10(magnitude / np.max(magnitude) + 1e-6)
        axis.imshow(level, origin="lower", aspect="auto", extent=[0, len(x) / fs, 0, fs / 2], vmin=-60, vmax=0, cmap="inferno")
        axis.set(title=name, xlabel="s", ylabel="Hz", ylim=(0, top))


if __name__ == "__main__":
    main()
