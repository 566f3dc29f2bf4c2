# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft selftest: numerical checks of this installation on signals it makes itself."""
import numpy as np

from gnuradio import stft
from gnuradio.stft.app.command import DONE, FAILED

_FORWARD = {np.float32: 1e-6, np.float64: 1e-11}     # of the largest value
_ROUND_TRIP = {np.float32: 2e-6, np.float64: 1e-11}  # of the largest sample
_SIZES = ((16, 4), (15, 7), (31, 31), (64, 100), (1, 1))  # n_fft, hop: even, odd, prime, gaps, one


def add_arguments(parser):
    pass  # the checks are always all of them


def run(_):
    failures = 0
    for name, limit, measure in _checks():
        failures += not _report(name, limit, measure)
    print("all checks passed" if not failures else f"{failures} checks FAILED")
    return FAILED if failures else DONE


def _report(name, limit, measure):
    """Prints one line; whether the check passed."""
    try:
        error = measure()
    except Exception as problem:  # whatever it is, the other checks are still of interest
        print(f"{name:<58} FAIL: {' '.join(str(problem).split())}")
        return False
    if error is None:
        print(f"{name:<58} skipped: gnuradio.gr does not import")
        return True
    passed = bool(error <= limit)  # False for NaN
    print(f"{name:<58} error {error:8.2e} of {limit:.0e}  {'ok' if passed else 'FAIL'}")
    return passed


def _checks():
    """(name, limit, function that measures the error) of every check."""
    for real, limit in _FORWARD.items():
        for is_complex in (False, True):
            kind = _type_name(real, is_complex)
            for n_fft, hop in _SIZES:
                yield (f"forward {kind} n_fft {n_fft} hop {hop} against a plain sum", limit,
                       lambda t=real, c=is_complex, n=n_fft, h=hop: forward_error(t, c, n, h))
            yield (f"round trip {kind} n_fft 256 hop 64", _ROUND_TRIP[real],
                   lambda t=real, c=is_complex: round_trip_error(t, c))
    yield "tone of amplitude 0.5 in a magnitude spectrogram", 1e-6, tone_error
    yield "flowgraph spectra equal the array call", 0.0, lambda: flowgraph_errors()[0]
    yield "flowgraph round trip", _ROUND_TRIP[np.float32], lambda: flowgraph_errors()[1]


def _type_name(real, is_complex):
    return np.result_type(real, np.complex64).name if is_complex else np.dtype(real).name


def noise(length, real=np.float64, is_complex=False):
    generator = np.random.default_rng(length)
    samples = generator.standard_normal(length).astype(real)
    if is_complex:
        samples = samples + 1j * generator.standard_normal(length).astype(real)
    return samples


def plain_sum(x, window, hop, n_fft, bins):
    """X[k, p] = sum over m of x[s_p + m] w[m] exp(-2j pi k (m - c) / n_fft), term by term."""
    length, centre = len(window), len(window) // 2
    frames = 1 + -(-len(x) // hop)
    spectra = np.zeros((bins, frames), complex)
    m = np.arange(length)
    for p in range(frames):
        n = p * hop - centre + m
        inside = (n >= 0) & (n < len(x))
        frame = np.where(inside, x[np.clip(n, 0, len(x) - 1)], 0) * window
        for k in range(bins):
            spectra[k, p] = np.sum(frame * np.exp(-2j * np.pi * (k * (m - centre) % n_fft) / n_fft))
    return spectra


def forward_error(real, is_complex, n_fft, hop):
    """Largest error of stft.stft, relative to the largest value."""
    x = noise(5 * n_fft + 3, real, is_complex)
    window = np.asarray(stft.sample_window("hann", n_fft), float)
    bins = n_fft if is_complex else n_fft // 2 + 1
    expected = plain_sum(x, window, hop, n_fft, bins)
    return relative_error(stft.stft(x, "hann", hop=hop, n_fft=n_fft), expected)


def round_trip_error(real, is_complex):
    x = noise(5003, real, is_complex)
    spectra = stft.stft(x, "hann", hop=64, n_fft=256)
    sides = "twosided" if is_complex else "onesided"
    return relative_error(stft.istft(spectra, "hann", hop=64, n_fft=256, sides=sides, length=len(x)), x)


def tone_error():
    x = 0.5 * np.cos(2 * np.pi * 16 / 256 * np.arange(4096))
    rows = stft.spectrogram(x, "hann", hop=64, n_fft=256, kind="magnitude")
    return abs(rows[16, 20] - 0.5)


def relative_error(measured, expected):
    if np.shape(measured) != np.shape(expected):
        raise ValueError(f"shape {np.shape(measured)} instead of {np.shape(expected)}")
    return float(np.max(np.abs(measured - expected)) / np.max(np.abs(expected)))


def flowgraph_errors():
    """Errors of spectra and of samples through forward and inverse block; None without gr."""
    try:
        from gnuradio import blocks, gr
    except ImportError:
        return None, None
    n_fft, hop = 256, 64
    x = noise(5003, np.float32)
    bins = n_fft // 2 + 1
    top = gr.top_block()
    source = blocks.vector_source_f(x.tolist())
    forward = stft.stft_fvc(n_fft, hop, "hann")
    inverse = stft.istft_vcf(n_fft, hop, "hann")
    spectra, samples = blocks.vector_sink_c(bins), blocks.vector_sink_f()
    top.connect(source, forward, inverse, samples)
    top.connect(forward, spectra)
    top.run()
    streamed = np.array(spectra.data(), np.complex64).reshape(-1, bins).T
    return (relative_error(streamed, stft.stft(x, "hann", hop=hop, n_fft=n_fft)),
            relative_error(np.array(samples.data(), np.float32), x))
