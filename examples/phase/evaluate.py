#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""How well magnitudes come back from phases that were made for them, how a sound keeps at another speed, and what both cost.

    /usr/bin/python3 evaluate.py [--quick] [--distances] [--single] [--every N] [--overlap N] [RECORDING ...]

RECORDING: sound files, zip files of them, or SigMF data. Without, the speech that alsa-utils installs in /usr/share/sounds/alsa, and what the
folder that GR_STFT_DATA names has in speech/fsdd.zip (one file in 50), vibration/ and rf/; without that variable these are left out.
The figures of docs/phase.md are printed:
- the distance | |STFT(y)| - A | / |A| of the signal y that was made of magnitudes A, at a hop of a sixteenth of the window of 30 ms (of
  complex samples, 1024): the median over the recordings and the largest, and the median ratio to "pghi, 0 iterations" in dB. Of what is
  longer than 120 windows, these in the middle count;
- of a tone, a sweep and a click at other speeds: the ratio of the expected signal to what differs from it in dB, and the energy of the
  click within half a millisecond;
- samples per second of CPU time at n_fft 1024 and hop 128, of array functions and of the block's thread.
"""
import argparse
import glob
import io
import json
import os
import time
import zipfile

import numpy as np
from gnuradio import blocks, gr, stft

METHODS = {"pghi": {}, "pghi, 0 iterations": dict(iterations=0), "rtpghi": dict(method="rtpghi"),
           "rtpghi, look ahead": dict(method="rtpghi", look_ahead=1)}
METHODS.update({f"{name}, {count} iterations": dict(how, iterations=count) for name, how in list(METHODS.items())[2:] for count in (0, 1)})


SIGMF = {"cu8": np.uint8, "ci8": np.int8, "ci16_le": np.dtype("<i2")}


def whole(x, n_fft):
    """(samples, n_fft) of the middle of a recording."""
    half = min(len(x) // 2, 60 * n_fft)
    return x[len(x) // 2 - half : len(x) // 2 + half], n_fft


def sound(file):
    import soundfile

    x, samp_rate = soundfile.read(file, always_2d=True)
    return x[:, 0], max(64, 2 ** round(np.log2(0.03 * samp_rate)))


def sigmf(name):
    with open(name.replace(".sigmf-data", ".sigmf-meta"), encoding="utf-8") as meta:
        kind = json.load(meta)["global"]["core:datatype"]
    parts = np.fromfile(name, SIGMF[kind]).astype(float) - (127.5 if kind == "cu8" else 0)
    return whole(parts[::2] + 1j * parts[1::2], 1024)


def recordings(names, every):
    """(samples, n_fft) of each; of those in a zip file, one in `every`."""
    for name in names:
        if name.endswith(".zip"):
            archive = zipfile.ZipFile(name)
            inside = sorted(one for one in archive.namelist() if one.endswith((".wav", ".flac")))
            yield from (sound(io.BytesIO(archive.read(one))) for one in inside[::every])
        else:
            yield sigmf(name) if name.endswith(".sigmf-data") else whole(*sound(name))


def kinds(names, every):
    """Names of the kinds of recordings, and these."""
    if names:
        return {"recordings": list(recordings(names, every or 1))}
    found = {"alsa": list(recordings(sorted(glob.glob("/usr/share/sounds/alsa/*_*.wav")), 1))}
    data = os.environ.get("GR_STFT_DATA")
    if not data:
        print("GR_STFT_DATA is not set: no digits, vibration and radio")
        return found

    def files(folder, *ends):
        return [name for end in ends for name in sorted(glob.glob(os.path.join(data, folder, "*" + end)))]

    found["digits"] = list(recordings(files("speech", "fsdd.zip"), every or 50))
    found["vibration"] = list(recordings(files("vibration", ".wav", ".flac"), 1))
    found["radio"] = list(recordings(files("rf", ".wav", ".sigmf-data"), 1))
    return {name: signals for name, signals in found.items() if signals}


def distances(signals, name, overlap, peers, dtype):
    """The distances of all signals, by method, of phases in the precision of dtype; with peers, of Griffin-Lim, too."""
    values = {}
    for x, n_fft in signals:
        window = ("gaussian", n_fft / 8) if name == "gaussian" else name
        made = dict(hop=n_fft // overlap, n_fft=n_fft)
        turned = dict(made, sides="twosided") if np.iscomplexobj(x) else made
        A = np.abs(stft.stft(x, window, **made))

        def add(method, y):
            values.setdefault(method, []).append(np.linalg.norm(np.abs(stft.stft(y, window, **made)) - A) / np.linalg.norm(A))

        for method, how in METHODS.items():
            X = stft.phase_from_magnitude(A.astype(dtype), window, **turned, **how)
            add(method, stft.istft(X, window, length=len(x), **turned))
        for initial, iterations in (("pghi", 50), ("random", 100)) if peers else ():
            y = stft.griffin_lim(A, window, length=len(x), iterations=iterations, initial=initial, **turned)
            add(f"griffin_lim, {iterations} from {initial}", y)
    return {method: np.array(each) for method, each in values.items()}


def fit(y, phases, ends):
    """dB of the best A cos(phases) + B sin(phases) over what is left."""
    y, phases = y[ends:-ends], phases[ends:-ends]
    both = np.stack([np.cos(phases), np.sin(phases)], 1)
    rest = y - both @ np.linalg.lstsq(both, y, rcond=None)[0]
    return 10 * np.log10(np.sum(y**2) / np.sum(rest**2))


def speeds(samp_rate=48000, n_fft=2048):
    n = np.arange(samp_rate)
    f0, slope = 500 / samp_rate, 4000 / samp_rate**2
    for hop in (n_fft // 4, n_fft // 8):
        for rate in (0.5, 0.8, 1.25, 2.0):
            tone = stft.time_stretch(np.cos(2 * np.pi * 441.3 / samp_rate * n), rate, n_fft=n_fft, hop=hop)
            sweep = stft.time_stretch(np.cos(2 * np.pi * (f0 * n + slope * n**2 / 2)), rate, n_fft=n_fft, hop=hop)
            click = stft.time_stretch(1.0 * (n == samp_rate // 2), rate, n_fft=n_fft, hop=hop)
            m = np.arange(len(tone))
            near = slice(int(np.argmax(np.abs(click))) - samp_rate // 2000, int(np.argmax(np.abs(click))) + samp_rate // 2000 + 1)
            yield hop, rate, fit(tone, 2 * np.pi * 441.3 / samp_rate * m, 2 * n_fft), fit(
                sweep, 2 * np.pi * (f0 * m + slope * rate * m**2 / 2), 2 * n_fft
            ), np.sum(click[near] ** 2) / np.sum(click**2)


def cpu_time(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def block_rate(block, item_type, rows):
    """Samples per second of CPU time of a flowgraph of a source, the block and a sink of rows, without what source and sink take."""

    def run(with_block):
        bins = rows.shape[1]
        source = (blocks.vector_source_c if rows.dtype.kind == "c" else blocks.vector_source_f)(rows[:64].ravel().tolist(), True, bins)
        head = blocks.head(bins * item_type, len(rows))
        graph = gr.top_block()
        if with_block:
            graph.connect(source, head, block, blocks.null_sink(bins * gr.sizeof_gr_complex))
        else:
            graph.connect(source, head, blocks.null_sink(bins * item_type))
        return cpu_time(graph.run)

    return 128 * len(rows) / max(1e-9, min(run(True) for _ in range(3)) - min(run(False) for _ in range(3)))


def costs(frames):
    x = np.random.default_rng(1).standard_normal(frames * 128).astype(np.float32)
    made = dict(hop=128, n_fft=1024)
    X = stft.stft(x, **made)
    A = np.abs(X)
    for name, how in METHODS.items():
        yield name, len(x) / min(cpu_time(lambda how=how: stft.phase_from_magnitude(A, **made, **how)) for _ in range(3))
    yield "block phase_from_magnitude_vfvc", block_rate(stft.phase_from_magnitude_vfvc(1024, 128), gr.sizeof_float, np.ascontiguousarray(A.T))
    yield "block phase_vocoder_vcvc at 0.8 (samples in)", block_rate(
        stft.phase_vocoder_vcvc(1024, 128, rate=0.8), gr.sizeof_gr_complex, np.ascontiguousarray(X.T)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="*")
    parser.add_argument("--quick", action="store_true", help="one recording, fewer frames")
    parser.add_argument("--every", type=int, metavar="N", help="of the recordings in a zip file, one in N")
    parser.add_argument("--overlap", type=int, default=16, metavar="N", help="the hop is n_fft / N")
    parser.add_argument("--distances", action="store_true", help="no other figures")
    parser.add_argument("--single", action="store_true", help="phases in single precision, as blocks have them")
    arguments = parser.parse_args()
    for kind, signals in kinds(arguments.recordings, arguments.every).items():
        signals = signals[: 1 if arguments.quick else None]
        for window in ("gaussian", "blackman", "hann"):
            print(f"distance of magnitudes, {kind}, {window}, hop n_fft / {arguments.overlap}, {len(signals)} recordings: median, largest, over pghi")
            found = distances(signals, window, arguments.overlap, kind not in ("vibration", "radio"),
                              np.float32 if arguments.single else np.float64)  # fmt: skip
            for name, values in found.items():
                ratio = np.median(20 * np.log10(values / found["pghi, 0 iterations"]))
                print(f"  {name:<36}{np.median(values):.4f}  {values.max():.4f}  {ratio:+.1f} dB", flush=True)
    if arguments.distances:
        return
    print("at another speed, Hann window, n_fft 2048, 48 kHz")
    for hop, rate, tone, sweep, click in speeds():
        print(f"  hop {hop}, rate {rate}: tone {tone:.0f} dB, sweep {sweep:.0f} dB, click {100 * click:.0f} %")
    print("samples per second of CPU time, n_fft 1024, hop 128, single precision")
    for name, rate in costs(2000 if arguments.quick else 16000):
        print(f"  {name:<46}{rate / 1e6:.1f} MS/s")


if __name__ == "__main__":
    main()
