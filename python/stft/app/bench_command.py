# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft bench: how fast this machine is, compared with the peers that are installed on it."""
import json

from gnuradio.stft import __version__
from gnuradio.stft.app.command_options import require_positive
from gnuradio.stft.bench import (
    benchmark_adaptive,
    benchmark_bands,
    benchmark_bins,
    benchmark_detection,
    benchmark_dstft,
    benchmark_gabor,
    benchmark_phases,
    benchmark_scaling,
    benchmark_squeezing,
    benchmark_stft,
    benchmark_stft2d,
    benchmark_transforms,
    compiled_peers,
)
from gnuradio.stft.stft_python import kernels

_SUBJECTS = {
    "stft": benchmark_stft,
    "dstft": benchmark_dstft,
    "adaptive": benchmark_adaptive,
    "bins": benchmark_bins,
    "squeezing": benchmark_squeezing,
    "phases": benchmark_phases,
    "bands": benchmark_bands,
    "images": benchmark_stft2d,
    "detection": benchmark_detection,
    "scaling": benchmark_scaling,
    "gabor": benchmark_gabor,
    "transforms": benchmark_transforms,
}
_DEFAULT = ("stft", "dstft")


def add_arguments(parser):
    parser.add_argument("subjects", nargs="*", metavar="WHAT",
                        help="stft, dstft, adaptive, bins, squeezing, phases, bands, images, detection, scaling, gabor or transforms "
                             "(default: stft dstft)")
    parser.add_argument("--n-fft", type=int, default=1024, metavar="N", help="DFT length (default 1024)")
    parser.add_argument("--hop", type=int, default=256, metavar="SAMPLES", help="samples from frame to frame (default 256)")
    parser.add_argument("--frames", type=int, default=188, metavar="COUNT",
                        help="frames of the DSTFT's signal (default 188); PyTorch's cells take some 15 MB for each at 1024")
    parser.add_argument("--rounds", type=int, default=9, metavar="COUNT", help="rounds of interleaved timing (default 9)")
    parser.add_argument("--table", action="store_true",
                        help="the STFT at n_fft 256 .. 16384 and hops of n_fft / 2, / 4 and / 8 instead of one size")
    parser.add_argument("--quick", action="store_true",
                        help="no flowgraphs and peers of the STFT; the DSTFT with one window length per frame only; "
                             "of detection the speed only; of scaling and transforms no long ones")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PATH",
                        help="compare the STFT also with a library in C or C++ whose header, and library or source, are in the folder "
                             "PATH: pffft, kfr, ltfat or signalsmith; more than one may be given")
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def run(arguments):
    for name in ("n_fft", "hop", "frames", "rounds"):
        require_positive(name.replace("_", "-"), getattr(arguments, name))
    if not 64 <= arguments.n_fft <= 1 << 16:
        raise ValueError(f"--n-fft: {arguments.n_fft}: must be 64 .. 65536 to be compared")
    subjects = arguments.subjects or _DEFAULT
    for subject in subjects:
        if subject not in _SUBJECTS:
            raise ValueError(f"bench: {subject}: must be {', '.join(_SUBJECTS)}")
    if "adaptive" in subjects and arguments.n_fft < benchmark_adaptive.LEAST_N_FFT:
        raise ValueError(f"--n-fft: {arguments.n_fft}: must be {benchmark_adaptive.LEAST_N_FFT} or more for adaptive")
    if "stft" in subjects and 2 * arguments.hop > arguments.n_fft:
        raise ValueError(f"--hop: {arguments.hop}: must be at most n_fft / 2 = {arguments.n_fft // 2} for stft")
    if arguments.peer and "stft" not in subjects:
        raise ValueError(f"--peer: {arguments.peer[0]}: is for stft")
    for text in arguments.peer:
        compiled_peers.named(text)
    cases = []
    for at, subject in enumerate(subjects):
        results = _SUBJECTS[subject].measure(arguments)
        if arguments.json:
            cases += [{"subject": subject, **case} for case in results]
        else:
            print(end="\n" if at else "")
            _SUBJECTS[subject].show(results, arguments)
    if arguments.json:
        print(json.dumps({"schema": 1, "version": __version__, **_environment(), "rounds": arguments.rounds, "cases": cases},
                         indent=2))


def _environment():
    try:
        return benchmark_stft.environment()
    except ImportError:  # built without ENABLE_BENCHMARK
        return {"simd": kernels.simd_level()}
