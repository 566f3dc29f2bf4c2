# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""gr_stft bench: how fast this machine is, beside the peers that are installed on it."""
import json

from gnuradio.stft import __version__, benchmark_adaptive, benchmark_bins, benchmark_dstft, benchmark_stft, benchmark_stft2d
from gnuradio.stft.command_options import require_positive
from gnuradio.stft.stft_python import kernels

SUMMARY = "measure the speed of the STFT, the differentiable, adaptive and 2-D STFT and of chosen bins, beside peers that are installed"
_DEFAULT = ("stft", "dstft")


def add_arguments(parser):
    parser.add_argument("subjects", nargs="*", metavar="WHAT",
                        help="stft, dstft, adaptive, bins or images (default: stft dstft)")
    parser.add_argument("--n-fft", type=int, default=1024, metavar="N", help="DFT length (default 1024)")
    parser.add_argument("--hop", type=int, default=256, metavar="SAMPLES", help="samples from frame to frame (default 256)")
    parser.add_argument("--frames", type=int, default=188, metavar="COUNT",
                        help="frames of the DSTFT's signal (default 188); PyTorch's cells take some 15 MB for each at 1024")
    parser.add_argument("--rounds", type=int, default=9, metavar="COUNT", help="rounds of interleaved timing (default 9)")
    parser.add_argument("--table", action="store_true",
                        help="the STFT at n_fft 256 .. 16384 and hops of n_fft / 2, / 4 and / 8 instead of one size")
    parser.add_argument("--quick", action="store_true",
                        help="no flowgraphs and peers of the STFT; the DSTFT with one window length per frame only")
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
    cases = []
    for at, subject in enumerate(subjects):
        measure, show = _SUBJECTS[subject]
        results = measure(arguments)
        if arguments.json:
            cases += [{"subject": subject, **case} for case in results]
        else:
            print(end="\n" if at else "")
            show(results, arguments)
    if arguments.json:
        print(json.dumps({"schema": 1, "version": __version__, **_environment(), "rounds": arguments.rounds, "cases": cases},
                         indent=2))


def _environment():
    try:
        return benchmark_stft.environment()
    except ImportError:  # built without ENABLE_BENCHMARK
        return {"simd": kernels.simd_level()}


def _measure_stft(arguments):
    sizes = benchmark_stft.TABLE if arguments.table else [(arguments.n_fft, arguments.hop)]
    results = []
    for n_fft, hop in sizes:
        results += benchmark_stft.kernels(n_fft, hop, arguments.rounds)
    if not arguments.quick:
        for n_fft, hop in sizes:
            if not arguments.table or (4 * hop == n_fft and n_fft <= 4096):
                results += benchmark_stft.flowgraphs(n_fft, hop, arguments.rounds)
                results += benchmark_stft.peers(n_fft, hop, arguments.rounds)
    return results


def _show_stft(results, arguments):
    is_ = benchmark_stft.environment()
    print(f"STFT, Hann window, single precision, one thread, SIMD {is_['simd']}, {is_['fftw_version']}, VOLK {is_['volk_machine']}")
    for title, key, line in (
            ("kernels beside a naive loop: VOLK's product, FFTW, a copy", "over_naive", _kernel_line),
            ("blocks with their defaults beside chains of GNU Radio's own", "block_seconds_per_frame", _flowgraph_line),
            ("arrays beside other libraries", "peer_over_ours", _peer_line)):
        chosen = [result for result in results if key in result]
        if chosen:
            print(f"\n{title}")
        for result in chosen:
            print("  " + line(result))


def _kernel_line(r):
    over, ffts = r["over_naive"], r["ffts_over_naive"]
    low, high = over["quartiles"]
    noisy = "; noisy" if (high - low) / 2 > benchmark_stft.NOISY * over["median"] else ""
    return (f"{r['name']:<6}{r['dtype']:<10}{r['n_fft']:>6}{r['hop']:>6}{r['seconds_per_frame']['median'] * 1e9:9.0f} ns/frame"
            f"{r['samples_per_second'] / 1e6:8.1f} MS/s, {over['median']:.2f} of the naive time ({low:.2f} .. {high:.2f}), its FFT "
            f"{ffts['median']:.2f}{noisy}")


def _flowgraph_line(r):
    text = (f"{r['name']:<10}{r['n_fft']:>6}{r['hop']:>6}{r['samples_per_second'] / 1e6:8.1f} MS/s, its thread "
            f"{r['block_seconds_per_frame']['median'] * 1e9:.0f} ns/frame")
    if "over_chain" in r:
        text += (f"; the better chain {r['chain_samples_per_second'] / 1e6:.1f} MS/s, {r['over_chain']['median']:.1f} times as long "
                 f"({r['over_chain']['quartiles'][0]:.1f} .. {r['over_chain']['quartiles'][1]:.1f})")
    return text


def _peer_line(r):
    ratio = r["peer_over_ours"]
    return (f"{r['name']:<6}{r['n_fft']:>6}{r['hop']:>6}{r['samples'] / r['seconds']['median'] / 1e6:8.1f} MS/s; {r['peer']} takes "
            f"{ratio['median']:.1f} times as long ({ratio['quartiles'][0]:.1f} .. {ratio['quartiles'][1]:.1f})")


def _measure_dstft(arguments):
    return benchmark_dstft.run(arguments.n_fft, arguments.hop, arguments.frames, arguments.rounds, arguments.quick)


def _show_dstft(results, arguments):
    print(f"DSTFT, n_fft {arguments.n_fft}, hop {arguments.hop}, {arguments.frames} frames, single precision, one thread, "
          f"SIMD {kernels.simd_level()}")
    for result in results:
        print(f"\n{result['name']}: error {result['error']:.1e} of the largest value, "
              f"{result['memory_bytes'] / 1e6:.1f} MB beyond the output")
        for job in ("forward", "forward and backward"):
            print(f"  {job:<21}" + _line(result[job]))
        if "peer_missing" in result:
            print(f"  {result['peer_missing']}")


def _measure_adaptive(arguments):
    return benchmark_adaptive.run(arguments.n_fft, arguments.rounds)


def _show_adaptive(results, arguments):
    print(f"adaptive STFT of real samples in a flowgraph, n_fft {arguments.n_fft}, SIMD {kernels.simd_level()}")
    hop = None
    for result in results:
        if result["hop"] != hop:
            hop = result["hop"]
            print(f"\nhop {hop:g}")
        learning = f", learning {100 * result['learning']:.0f} %" if "learning" in result else ""
        print(f"  {result['name']:<33}{result['samples_per_second'] / 1e6:8.2f} MS/s, {result['cpu_seconds_per_frame'] * 1e6:8.2f} "
              f"us/frame = {result['plain_frames']:.1f} plain STFT frames{learning}")


def _measure_bins(arguments):
    return benchmark_bins.run(arguments.n_fft, arguments.rounds)


def _show_bins(results, arguments):
    print(f"chosen bins of real samples, n_fft {arguments.n_fft}, Hann window, single precision, one thread, ns per frame, SIMD "
          f"{kernels.simd_level()}")
    methods = (benchmark_bins.WHOLE,) + benchmark_bins.METHODS
    print("bins   hop" + "".join(f"{name:>11}" for name in methods) + "   stft / auto")
    for result in results:
        print(f"{result['bins']:4}{result['hop']:6}" + "".join(f"{result[m]['median'] * 1e9:11.1f}" for m in methods)
              + f"{result['stft_over_auto']['median']:14.1f}")


def _measure_images(arguments):
    return benchmark_stft2d.run(arguments.rounds)


def _show_images(results, arguments):
    channels, height, width = benchmark_stft2d.IMAGE
    print(f"2-D STFT of {channels} x {height} x {width} pixels, single precision, one thread, SIMD {kernels.simd_level()}")
    for result in results:
        print(f"\nwindow {result['window']}, hop {result['hop']}: {result['patches']} patches, comes back to {result['error']:.1e}")
        for job in ("forward", "inverse"):
            text = f"  {job:<9}{result[job]['seconds_per_patch']['median'] * 1e6:9.2f} us/patch"
            if "peer_over_ours" in result[job]:
                ratio = result[job]["peer_over_ours"]
                text += (f"; PyTorch {result[job]['peer_seconds_per_patch']['median'] * 1e6:.1f} us, {ratio['median']:.1f} times "
                         f"ours ({ratio['quartiles'][0]:.1f} .. {ratio['quartiles'][1]:.1f})")
            print(text)
        if "peer_missing" in result:
            print(f"  {result['peer_missing']}")


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


_SUBJECTS = {
    "stft": (_measure_stft, _show_stft),
    "dstft": (_measure_dstft, _show_dstft),
    "adaptive": (_measure_adaptive, _show_adaptive),
    "bins": (_measure_bins, _show_bins),
    "images": (_measure_images, _show_images),
}
