#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The STFT as a bank of filters: what is said of that is measured here.

    /usr/bin/python3 filters.py --out figures

With phases counted from the middle of each window (phase="centre", the default) a row of the STFT at hop 1 is the signal
convolved with window x cisoid. Measured: that equality; the filters' responses, which are the window's, shifted; that a
shorter DFT has every fourth filter of a longer one; that a hop is a decimation of the filters' outputs; the modified against the
standard phase at a pure tone; and the inverse by one sum over bins.
"""
import numpy as np
from experiment import Experiment

from gnuradio import stft

N, M, LENGTH = 128, 32, 512


def main():
    with Experiment("filters", __doc__) as experiment:
        run(experiment)


def run(experiment):
    rng = np.random.default_rng(experiment.options.seed)
    x = rng.standard_normal(LENGTH) + 1j * rng.standard_normal(LENGTH)
    settings = dict(hop=1, win_length=M, n_fft=N)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(M) / M)
    S = stft.stft(x, **settings)[:, :LENGTH]

    taps = np.array([window * np.exp(2j * np.pi * k * (np.arange(M) - M // 2) / N) for k in range(N)])
    # a frame is centred at its sample: correlation with the taps, so convolution with them reversed and conjugated
    filtered = np.array([np.convolve(x, one[::-1].conj())[M - 1 - M // 2 :][:LENGTH] for one in taps])
    error = float(np.max(np.abs(filtered - S)) / np.max(np.abs(S)))
    experiment.check("STFT against convolution with window x cisoid, largest error", error, error < 1e-12)

    responses = np.abs(np.fft.fft(taps, 1024, axis=1))
    shifted = np.array([np.roll(responses[0], k * 1024 // N) for k in range(N)])
    error = float(np.max(np.abs(responses - shifted)) / np.max(responses))
    experiment.check("responses of the filters against the window's, shifted: largest error", error, error < 1e-12)
    leak = float(np.sum(responses[5, 513:] ** 2) / np.sum(responses[5] ** 2))
    experiment.say("filter 5: share of its energy at negative frequencies", leak, "not zero")
    tiling = np.sum(responses**2, axis=0)
    experiment.check("sum of the squared responses, its greatest over its least less 1", float(np.ptp(tiling) / np.min(tiling)),
                     np.ptp(tiling) < 1e-10 * np.min(tiling))
    bank = stft.filter_bank("hann", N, 1024, win_length=M)
    error = float(np.max(np.abs(np.abs(bank.responses) - responses)) / np.max(responses))
    experiment.check("responses of filter_bank(), largest difference", error, error < 1e-12)

    shorter = stft.stft(x, hop=1, win_length=M, n_fft=N // 4)[:, :LENGTH]
    error = float(np.max(np.abs(shorter - S[::4])) / np.max(np.abs(S)))
    experiment.check("a DFT of a quarter has every fourth filter: largest error", error, error < 1e-12)
    decimated = stft.stft(x, hop=4, win_length=M, n_fft=N)
    error = float(np.max(np.abs(decimated[:, : LENGTH // 4] - S[:, ::4])) / np.max(np.abs(S)))
    experiment.check("hop 4 is hop 1 decimated by 4: largest error", error, error < 1e-12)

    tone = np.exp(2j * np.pi * 20 * np.arange(LENGTH) / N)
    inside = slice(M, LENGTH - M)
    modified = np.angle(stft.stft(tone, **settings)[18:23, :LENGTH][:, inside] / tone[inside])
    standard = np.angle(stft.stft(tone, phase="start", **settings)[18:23, :LENGTH][:, inside] / tone[inside])
    experiment.check("a tone in its neighbouring bins, phases from the middle: largest difference from the tone's own (rad)",
                     float(np.max(np.abs(modified))), np.max(np.abs(modified)) < 1e-9, 0)
    experiment.say("the same, phases from the window's start: range over bins (rad)", float(np.ptp(standard)), "modulated")

    back = stft.one_integral_inverse(S, n_fft=N, win_length=M)[..., :LENGTH]
    error = float(np.max(np.abs(back - x)) / np.max(np.abs(x)))
    experiment.check("inverse by one sum over bins: largest error", error, error < 1e-12)
    draw(experiment, responses, tone, settings, x, back)


def draw(experiment, responses, tone, settings, x, back):
    axes = experiment.picture(2, 2, 13, 9)
    f = np.fft.fftshift(np.fft.fftfreq(1024))
    for k in range(0, N, 8):
        axes[0, 0].plot(f, np.fft.fftshift(responses[k]) / M * 2, linewidth=0.8)
    axes[0, 0].set(title="every eighth filter's response", xlabel="cycles a sample")
    for axis, phase in zip((axes[0, 1], axes[1, 0]), ("centre", "start")):
        S = stft.stft(tone, phase=phase, **settings)[10:31, 100:180]
        axis.imshow(S.real, aspect="auto", origin="lower", extent=[100, 180, 10, 31], cmap="RdBu")
        axis.set(title=f"a tone in bin 20, real part, phase={phase!r}", xlabel="sample", ylabel="bin")
    axes[1, 1].semilogy(np.abs(back - x) + 1e-18)
    axes[1, 1].set(title="error of the inverse by one sum over bins", xlabel="sample")


if __name__ == "__main__":
    main()
