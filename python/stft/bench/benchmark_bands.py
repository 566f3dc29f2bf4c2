# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Bands and harmonic-percussive separation, compared with the STFT of the same frames, the matrix product, and SciPy's median filter."""
import numpy as np

from gnuradio.stft import transforms
from gnuradio.stft.bands import apply_band_weights, band_weights
from gnuradio.stft.bench.benchmark import interleaved, paired, require_agreement, summary
from gnuradio.stft.optional_modules import load
from gnuradio.stft.separation import hpss
from gnuradio.stft.stft_python import kernels

WHOLE = "stft"
_NUMBERS = 1 << 19  # samples
_RATE = 48000  # Hz


def run(n_fft=1024, rounds=9):
    """A list of one dict: seconds per frame of each function, how many frames of the STFT that is, and of each peer, whose result must agree
    first, how many times the function's."""
    hop = n_fft // 4
    x = np.random.default_rng(1).standard_normal(_NUMBERS).astype(np.float32)
    made = dict(hop=hop, n_fft=n_fft)
    X = transforms.stft(x, **made)
    P = np.asfortranarray((np.abs(X) ** 2).astype(np.float32))
    frames = X.shape[1]
    mel = band_weights("mel", n_fft, _RATE, bands=min(128, n_fft // 16))
    octave = band_weights("octave", n_fft, _RATE)
    single = mel.astype(np.float32)
    calls = {
        WHOLE: lambda: transforms.stft(x, **made),
        "mel": lambda: apply_band_weights(P, mel),
        "octave": lambda: apply_band_weights(P, octave),
        "mel, matrix product": lambda: single @ P,
        "hpss": lambda: hpss(X),
        "hpss, kernel 17": lambda: hpss(X, kernel_size=17),
    }
    require_agreement("the matrix product", single @ P, apply_band_weights(P, mel), 1e-5)
    peers = {"mel, matrix product": "mel"}
    missing = []
    try:
        ndimage = load("scipy.ndimage", "the comparison of hpss")
        require_agreement("SciPy's median filter", _by_scipy(ndimage, X), hpss(X)[0], 1e-5)
        calls["hpss, SciPy"] = lambda: _by_scipy(ndimage, X)
        peers["hpss, SciPy"] = "hpss"
    except ImportError as error:
        missing.append(str(error))
    times = {name: seconds / frames for name, seconds in interleaved(calls, rounds).items()}
    result = {"n_fft": n_fft, "hop": hop, "frames": frames, "bands": {"mel": len(mel), "octave": len(octave)}, "missing": missing}
    result.update({name: summary(seconds) for name, seconds in times.items()})
    result["over_stft"] = {name: paired(times[name], times[WHOLE]) for name in times if name != WHOLE}
    result["peer_over_ours"] = {peer: paired(times[peer], times[ours]) for peer, ours in peers.items()}
    return [result]


def _by_scipy(ndimage, X):
    """The harmonic part, by median filters over the whole."""
    size = np.abs(X)
    lasting = ndimage.median_filter(size, size=(1, 31), mode="reflect") ** 2
    spread = ndimage.median_filter(size, size=(31, 1), mode="reflect") ** 2
    return X * (lasting / (lasting + spread))


def measure(arguments):
    return run(arguments.n_fft, arguments.rounds)


def show(results, arguments):
    for result in results:
        print(f"bands and hpss of real samples, n_fft {result['n_fft']}, hop {result['hop']}, single precision, one thread, SIMD "
              f"{kernels.simd_level()}; {result['bands']['mel']} mel bands, {result['bands']['octave']} third-octaves")
        for text in result["missing"]:
            print(f"  {text}")
        for name in (WHOLE, *result["over_stft"]):
            line = f"  {name:<25}{result[name]['median'] * 1e6:9.2f} us/frame"
            if name != WHOLE:
                line += f" = {result['over_stft'][name]['median']:.2f} STFT frames"
            if name in result["peer_over_ours"]:
                line += f", {result['peer_over_ours'][name]['median']:.1f} times ours"
            print(line)
