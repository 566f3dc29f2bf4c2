# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft bench: how fast this machine is, beside the peers that are installed on it."""
import json

from gnuradio.stft import __version__, benchmark_adaptive, benchmark_bins, benchmark_dstft, benchmark_squeezing
from gnuradio.stft.command_options import require_positive
from gnuradio.stft.stft_python import kernels

SUMMARY = "measure the speed of the differentiable STFT, beside PyTorch where it is installed, or of the adaptive STFT, chosen bins, or synchrosqueezing"


def add_arguments(parser):
    parser.add_argument("--n-fft", type=int, default=1024, metavar="N", help="DFT length (default 1024)")
    parser.add_argument("--hop", type=int, default=256, metavar="SAMPLES", help="samples from frame to frame (default 256)")
    parser.add_argument("--frames", type=int, default=188, metavar="COUNT",
                        help="frames of the signal (default 188); PyTorch's cells take some 15 MB for each at 1024")
    parser.add_argument("--rounds", type=int, default=9, metavar="COUNT", help="rounds of interleaved timing (default 9)")
    parser.add_argument("--quick", action="store_true", help="one window length per frame only")
    parser.add_argument("--adaptive", action="store_true",
                        help="instead the adaptive STFT, in a flowgraph, at hops of n_fft / 16 and n_fft / 4")
    parser.add_argument("--bins", action="store_true",
                        help="instead 1, 8 and 64 chosen bins beside the whole STFT, at hops of 1, 16 and 256")
    parser.add_argument("--squeezing", action="store_true",
                        help="instead reassignment and synchrosqueezing beside the STFT, at a hop of n_fft / 8")
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def run(arguments):
    for name in ("n_fft", "hop", "frames", "rounds"):
        require_positive(name.replace("_", "-"), getattr(arguments, name))
    if not 64 <= arguments.n_fft <= 1 << 16:
        raise ValueError(f"--n-fft: {arguments.n_fft}: must be 64 .. 65536 to be compared")
    if arguments.bins:
        _run_bins(arguments)
        return
    if arguments.squeezing:
        _run_squeezing(arguments)
        return
    if arguments.adaptive:
        _run_adaptive(arguments)
        return
    results = benchmark_dstft.run(arguments.n_fft, arguments.hop, arguments.frames, arguments.rounds, arguments.quick)
    if arguments.json:
        print(json.dumps({"version": __version__, "simd": kernels.simd_level(), "rounds": arguments.rounds,
                          "cases": results}, indent=2))
        return
    print(f"DSTFT, n_fft {arguments.n_fft}, hop {arguments.hop}, {arguments.frames} frames, single precision, one thread, "
          f"SIMD {kernels.simd_level()}")
    for result in results:
        print(f"\n{result['name']}: error {result['error']:.1e} of the largest value, "
              f"{result['memory_bytes'] / 1e6:.1f} MB beyond the output")
        for job in ("forward", "forward and backward"):
            print(f"  {job:<21}" + _line(result[job]))
        if "peer_missing" in result:
            print(f"  {result['peer_missing']}")


def _run_adaptive(arguments):
    least = benchmark_adaptive.LEAST_N_FFT
    if arguments.n_fft < least:
        raise ValueError(f"--n-fft: {arguments.n_fft}: must be {least} or more with --adaptive")
    results = benchmark_adaptive.run(arguments.n_fft, arguments.rounds)
    if arguments.json:
        print(json.dumps({"version": __version__, "simd": kernels.simd_level(), "rounds": arguments.rounds,
                          "cases": results}, indent=2))
        return
    print(f"adaptive STFT of real samples in a flowgraph, n_fft {arguments.n_fft}, SIMD {kernels.simd_level()}")
    hop = None
    for result in results:
        if result["hop"] != hop:
            hop = result["hop"]
            print(f"\nhop {hop:g}")
        learning = f", learning {100 * result['learning']:.0f} %" if "learning" in result else ""
        print(f"  {result['name']:<33}{result['samples_per_second'] / 1e6:8.2f} MS/s, {result['cpu_seconds_per_frame'] * 1e6:8.2f} "
              f"us/frame = {result['plain_frames']:.1f} plain STFT frames{learning}")


def _run_bins(arguments):
    results = benchmark_bins.run(arguments.n_fft, arguments.rounds)
    if arguments.json:
        print(json.dumps({"version": __version__, "simd": kernels.simd_level(), "rounds": arguments.rounds,
                          "cases": results}, indent=2))
        return
    print(f"chosen bins of real samples, n_fft {arguments.n_fft}, Hann window, single precision, one thread, ns per frame, SIMD "
          f"{kernels.simd_level()}")
    methods = (benchmark_bins.WHOLE,) + benchmark_bins.METHODS
    print("bins   hop" + "".join(f"{name:>11}" for name in methods) + "   stft / auto")
    for result in results:
        print(f"{result['bins']:4}{result['hop']:6}" + "".join(f"{result[m]['median'] * 1e9:11.1f}" for m in methods)
              + f"{result['stft_over_auto']['median']:14.1f}")


def _run_squeezing(arguments):
    results = benchmark_squeezing.run(arguments.n_fft, arguments.rounds)
    if arguments.json:
        print(json.dumps({"version": __version__, "simd": kernels.simd_level(), "rounds": arguments.rounds,
                          "cases": results}, indent=2))
        return
    print(f"real samples, n_fft {arguments.n_fft}, hop {arguments.n_fft // 8}, Hann window, one thread, SIMD {kernels.simd_level()}")
    for result in results:
        print(f"\n{result['dtype']}: error of the synchrosqueezed inverse {result['error']:.1e} of the largest sample")
        for name in benchmark_squeezing.FUNCTIONS:
            line = f"  {name:<25}{result[name]['median'] * 1e6:9.2f} us/frame"
            if name in result["over_stft"]:
                line += f" = {result['over_stft'][name]['median']:.1f} STFT frames"
            print(line)


def _line(entry):
    text = f"{entry['seconds_per_frame']['median'] * 1e6:9.2f} us/frame"
    if "ns_per_sample_and_bin" in entry:
        text += f", {entry['ns_per_sample_and_bin']:.3f} ns per sample and bin"
    if "peer_over_ours" in entry:
        ratio = entry["peer_over_ours"]
        text += (f"; PyTorch {entry['peer_seconds_per_frame']['median'] * 1e6:.1f} us, {ratio['median']:.1f} times ours "
                 f"({ratio['quartiles'][0]:.1f} .. {ratio['quartiles'][1]:.1f}), "
                 f"{entry['peer_over_real_ffts']['median']:.1f} real FFTs")
    return text
