#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A voice in noise, denoised between STFT and inverse STFT as it streams.

    /usr/bin/python3 denoise_speech.py [RECORDING [DENOISED.wav]]

Without RECORDING, a voice is made: harmonics of a pitch that moves, with two formants. With one, its first channel is mixed with white
noise of 5 dB, and DENOISED.wav is written if it is named. Look at the signal-to-noise ratios printed: they rise by more than 5 dB. The
exit status is 1 if they do not.
"""
import sys

import numpy as np
from gnuradio import blocks, gr, stft

SNR = 5  # dB


def voice(samp_rate=8000, seconds=8):
    """Half a second of silence, and then a voice."""
    t = np.arange(seconds * samp_rate) / samp_rate
    pitch = 2 * np.pi * np.cumsum(120 + 20 * np.sin(4 * t)) / samp_rate
    formants = [np.exp(-((120 * k - 600) / 300) ** 2) + 0.5 * np.exp(-((120 * k - 1700) / 400) ** 2) for k in range(1, 30)]
    loudness = np.clip(4 * np.sin(5 * t), 0, 1) * (t > 0.5)
    return 0.2 * loudness * sum(a * np.cos(k * pitch) for k, a in enumerate(formants, 1)), samp_rate


def snr(signal, received):
    """Decibels."""
    return 10 * np.log10(np.sum(signal**2) / np.sum((received - signal) ** 2))


def main(recording=None, output=None):
    if recording is None:
        speech, samp_rate = voice()
    else:
        import soundfile

        samples, samp_rate = soundfile.read(recording, always_2d=True)
        speech = np.concatenate([np.zeros(samp_rate // 4), samples[:, 0]])
    power = np.mean(speech[np.abs(speech) > 0.01 * np.abs(speech).max()] ** 2)
    noise = np.random.default_rng(1).normal(0, np.sqrt(power / 10 ** (SNR / 10)), len(speech))
    n_fft = 2 ** round(np.log2(0.064 * samp_rate))  # windows of 64 ms

    tb = gr.top_block()
    source = blocks.vector_source_f((speech + noise).tolist())
    analysis = stft.stft_fvc(n_fft, n_fft // 4, samp_rate=samp_rate)
    gain = stft.spectral_gain_vcvc(n_fft, n_fft // 4, method="wiener", gain_floor=-25)
    synthesis = stft.istft_vcf(n_fft, n_fft // 4)
    sink = blocks.vector_sink_f()
    tb.connect(source, analysis, gain, synthesis, sink)
    tb.run()

    denoised = np.array(sink.data())
    before, after = snr(speech, speech + noise), snr(speech, denoised)
    print(f"signal to noise: {before:.1f} dB before, {after:.1f} dB after; the samples come {analysis.latency() / samp_rate * 1e3:.0f} ms later")
    if output is not None:
        soundfile.write(output, denoised, samp_rate)
        print(output)
    return 0 if after - before > 5 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
