# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/filter_bank.md, of signals made here."""
import pathlib
from typing import Iterator

import numpy as np

from gnuradio import stft
from gnuradio.stft.optional_modules import load

RATE = 8000  # Hz


def draw_all(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in ("filter_bank", filters), ("filter_bank_lines", lines), ("filter_bank_bands", bands):
        path = folder / f"{name}.png"
        draw().savefig(path)
        yield path


def axes_of(rows: int, height: float, **options):
    load("matplotlib", "drawing pictures")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, height), dpi=100, layout="constrained")
    return figure, figure.subplots(rows, 1, **options)


def titled(axes, title: str) -> None:
    axes.set_title(title, fontsize="medium", loc="left")
    axes.grid(alpha=0.3)


def filters():
    """Impulse and frequency responses of a small bank, and what becomes of zero phase."""
    length = 512
    bank = stft.filter_bank("hann", 16, length, win_length=16)
    figure, (times, responses, imaginary) = axes_of(3, 7.5)
    for k, colour in (0, "C0"), (2, "C1"), (5, "C2"):
        times.plot(bank.delays, bank.filters[k].real, "o-", color=colour, markersize=3, label=f"bin {k}, real part")
        times.plot(bank.delays, bank.filters[k].imag, "o:", color=colour, markersize=3, alpha=0.6)
    titled(times, "Three of the 16 filters of n_fft = 16 with a Hann window (dotted: imaginary parts)")
    times.set_xlabel("Delay (samples)")
    times.legend(fontsize="small", loc="upper left")
    q = np.fft.fftshift(np.fft.fftfreq(length))
    for k, response in enumerate(np.fft.fftshift(bank.responses, axes=1)):
        chosen = {0: "C0", 2: "C1", 5: "C2"}.get(k)
        responses.plot(q, response.real, color=chosen or "0.8", zorder=2 if chosen else 1)
    titled(responses, "Frequency responses of all 16: real, so no frequency is delayed")
    responses.set_xlim(-0.5, 0.5)
    for window, win_length, symmetric in ("hann", 16, False), ("hamming", 16, False), ("hamming", 15, True), ("hann", 15, False):
        taps = stft.sample_window(window, win_length, symmetric)
        response = np.fft.fftshift(stft.filter_bank(taps, 16, length).responses[2])
        name = f"{window}, {win_length} values, {'symmetric' if symmetric else 'periodic'}"
        imaginary.plot(q, response.imag, label=name)
    titled(imaginary, "Imaginary part of bin 2 for four windows: 0 where the window is even about its centre sample")
    imaginary.set_xlim(-0.5, 0.5)
    imaginary.set_xlabel("Frequency (cycles/sample)")
    imaginary.legend(fontsize="small", ncols=2)
    return figure


def lines():
    """A line that swells and sways, at every sample and at the frames of a usual STFT."""
    n_fft, line = 1024, 1000.0  # Hz
    t = np.arange(2 * RATE) / RATE
    amplitude = 1 + 0.5 * np.sin(2 * np.pi * t) * (t < 1) - 0.7 * (t > 1.4)
    frequency = line + 4 * np.sin(2 * np.pi * 1.5 * t)
    x = amplitude * np.cos(2 * np.pi * np.cumsum(frequency) / RATE)
    x += 0.7 * np.cos(2 * np.pi * 1400 * t) + 0.02 * np.random.default_rng(1).standard_normal(len(t))
    figure, (above, below) = axes_of(2, 5.5, sharex=True)
    for hop, style in (1, "-"), (512, "o"):
        made = dict(hop=hop, n_fft=n_fft, win_length=512, phase="absolute", scaling="magnitude")
        (X,) = stft.stft_bins(x, [line / RATE * n_fft], **made)
        at = np.arange(len(X)) * hop / RATE
        above.plot(at, 2 * np.abs(X), style, color="C0" if hop == 1 else "C1", label=f"hop {hop}")
        advance = np.angle(X[1:] * X[:-1].conj()) / (2 * np.pi * hop) * RATE
        below.plot(at[1:] - hop / RATE / 2, line + advance, style, color="C0" if hop == 1 else "C1", label=f"hop {hop}")
    above.plot(t, amplitude, "k--", linewidth=0.8, label="true")
    below.plot(t, frequency, "k--", linewidth=0.8, label="true")
    titled(above, "Amplitude of one bin at the line's frequency, Hann window of 64 ms, another line 400 Hz away")
    titled(below, "Frequency from the advance of its phase (Hz)")
    below.set_ylim(line - 8, line + 8)
    below.set_xlim(0, 2)
    below.set_xlabel("Time (s)")
    above.legend(fontsize="small")
    return figure


def bands():
    """Two parts of a signal from two sets of bins."""
    n_fft = 256
    t = np.arange(RATE // 8) / RATE
    low = np.cos(2 * np.pi * (200 * t + 600 * t**2)) * np.hanning(len(t))
    high = 0.6 * np.sin(2 * np.pi * 1800 * t) * (np.sin(2 * np.pi * 30 * t) > 0)
    x = low + high
    X = stft.stft(x, hop=1, n_fft=n_fft)
    cut = round(1000 / RATE * n_fft)
    figure, axes = axes_of(3, 6.5, sharex=True)
    axes[0].plot(t, x, linewidth=0.8)
    titled(axes[0], "A chirp and bursts of a tone")
    parts = ("below", np.arange(cut), low), ("from", np.arange(cut, n_fft // 2 + 1), high)
    for each, (word, bins, true) in zip(axes[1:], parts):
        part = stft.one_integral_inverse(X[bins], n_fft=n_fft, bins=bins, length=len(x))
        each.plot(t, part, linewidth=0.8, label=f"sum of the bins {word} 1000 Hz")
        each.plot(t, part - true, linewidth=0.8, label="its error")
        titled(each, f"Bins {bins[0]} to {bins[-1]}")
        each.legend(fontsize="small", loc="upper right")
    axes[2].set_xlim(0, t[-1])
    axes[2].set_xlabel("Time (s)")
    return figure
