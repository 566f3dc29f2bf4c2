#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""A voice at another speed and with another pitch, and the same voice from its magnitudes alone, in a flowgraph.

    /usr/bin/python3 vocoder.py [RECORDING [SLOW.wav REBUILT.wav]]

Without RECORDING, a voice is made: harmonics of 120 Hz, with two formants. It runs through Phase Vocoder, whose rate is a message's from the
middle on, and through Phase from Magnitude. Look at the durations, at the strongest line, which stays where it is (in a recording, another one may
be the strongest where half of it is slower), and at how well magnitudes come back. The exit status is 1 if they do not.
"""
import argparse
import sys

import numpy as np
import pmt
from gnuradio import blocks, gr, stft

RATE = 0.7


def voice(samp_rate=8000, seconds=8):
    """Half a second of silence, and then a voice."""
    t = np.arange(seconds * samp_rate) / samp_rate
    formants = [np.exp(-((120 * k - 600) / 300) ** 2) + 0.5 * np.exp(-((120 * k - 1700) / 400) ** 2) for k in range(1, 30)]
    loudness = np.clip(4 * np.sin(5 * t), 0, 1) * (t > 0.5)
    return 0.2 * loudness * sum(a * np.cos(2 * np.pi * 120 * k * t) for k, a in enumerate(formants, 1)), samp_rate


def strongest(x, samp_rate):
    """The frequency of the strongest line, Hz."""
    return np.argmax(np.abs(np.fft.rfft(x * np.hanning(len(x))))) * samp_rate / len(x)


def main(recording=None, slow_file=None, rebuilt_file=None):
    if recording is None:
        x, samp_rate = voice()
    else:
        import soundfile

        samples, samp_rate = soundfile.read(recording, always_2d=True)
        x = samples[:, 0]
    n_fft = 2 ** round(np.log2(0.064 * samp_rate))  # windows of 64 ms
    hop, window = n_fft // 16, ("gaussian", n_fft / 8)

    tb = gr.top_block()
    source = blocks.vector_source_f(x.tolist())
    analysis = stft.stft_fvc(n_fft, hop, window)
    vocoder = stft.phase_vocoder_vcvc(n_fft, hop, rate=RATE)
    slow_sink, rebuilt_sink = blocks.vector_sink_f(), blocks.vector_sink_f()
    tb.connect(source, analysis, vocoder, stft.istft_vcf(n_fft, hop, window), slow_sink)
    phases = stft.phase_from_magnitude_vfvc(n_fft, hop, window, look_ahead=1)
    tb.connect(analysis, blocks.complex_to_mag(n_fft // 2 + 1), phases, stft.istft_vcf(n_fft, hop, window), rebuilt_sink)
    change = pmt.make_dict()  # from the middle of the recording on, it is as fast again as it was
    change = pmt.dict_add(change, pmt.intern("rate"), pmt.from_double(1.0))
    change = pmt.dict_add(change, pmt.intern("at"), pmt.from_long(len(x) // 2))
    vocoder.to_basic_block()._post(pmt.intern("cmd"), change)
    tb.run()

    slow, rebuilt = np.array(slow_sink.data()), np.array(rebuilt_sink.data())
    lines = strongest(x, samp_rate), strongest(slow, samp_rate)
    expected = len(x) / 2 / RATE + len(x) / 2
    print(f"duration: {len(x) / samp_rate:.2f} s; with its first half at {RATE} of the speed {len(slow) / samp_rate:.2f} s")
    print(f"strongest line: {lines[0]:.1f} Hz, slowed down {lines[1]:.1f} Hz")
    higher = stft.pitch_shift(x, 4, n_fft=n_fft)
    print(f"with a pitch four semitones higher {strongest(higher, samp_rate):.1f} Hz, as long as before: {len(higher) / samp_rate:.2f} s")
    A, B = (np.abs(stft.stft(y, window, hop=hop, n_fft=n_fft)) for y in (x, rebuilt))
    deviation = np.linalg.norm(A - B) / np.linalg.norm(A)
    print(f"from magnitudes alone: these come back to {100 * deviation:.1f} %")
    if slow_file is not None:
        soundfile.write(slow_file, slow, samp_rate)
        soundfile.write(rebuilt_file, rebuilt, samp_rate)
        print(slow_file, rebuilt_file)
    steady = recording is not None or abs(lines[1] - lines[0]) < 1
    return 0 if steady and abs(len(slow) - expected) < 2 * n_fft and deviation < 0.1 else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", metavar="RECORDING [SLOW.wav REBUILT.wav]")
    given = parser.parse_args().files
    if len(given) not in (0, 1, 3):
        parser.error("there must be a recording, or a recording and two names of files to write, or nothing")
    sys.exit(main(*given))
