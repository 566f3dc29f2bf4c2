# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The DFTs that frames are transformed by, compared with plans of FFTW that were measured. Results are compared before times are."""
import numpy as np

from gnuradio.stft.bench.benchmark import compiled_benchmark, paired
from gnuradio.stft.stft_python import kernels

POWERS = [1 << power for power in (8, 10, 11, 12, 13, 14, 16, 18, 19, 20)]
SMOOTH = [3 << 11, 5 << 11, 7 << 11, 3 << 18]
PRIMES = [127, 257, 509, 1103, 10007, 44101]
_QUICK = 1 << 14  # points, the most of them
_SECONDS_PER_TURN = 2e-3


def run(rounds, quick, sizes=(*POWERS, *SMOOTH, *PRIMES)):
    """A list of results: for each size and kind of samples the least seconds for a point, of all rounds, and the ratio of the rounds."""
    compare = compiled_benchmark("transforms").compare_transforms
    results = []
    for is_complex in (True, False):
        for n in sizes:
            if quick and n > _QUICK:
                continue
            measured = compare(n, is_complex, rounds, _SECONDS_PER_TURN)
            ours, fftw = np.array(measured["ours"]) / n, np.array(measured["fftw"]) / n
            results.append({"n": n, "dtype": "complex64" if is_complex else "float32",
                            "seconds_per_point": float(np.min(ours)), "fftw_seconds_per_point": float(np.min(fftw)),
                            "over_fftw": paired(ours, fftw), "error": measured["error"], "fftw_error": measured["fftw_error"]})
    return results


def measure(arguments):
    return run(arguments.rounds, arguments.quick)


def show(results, arguments):
    print(f"transforms beside FFTW's measured plans: ns for a point, the least of {arguments.rounds} rounds; errors as the root of the "
          f"mean square over that of the bins; single precision, one thread, SIMD {kernels.simd_level()}, "
          f"{compiled_benchmark('transforms').environment()['fftw_version']}")
    for r in results:
        low, high = r["over_fftw"]["quartiles"]
        print(f"  {r['dtype']:<10}{r['n']:>8}{r['seconds_per_point'] * 1e9:8.2f} ns, FFTW {r['fftw_seconds_per_point'] * 1e9:6.2f} ns, "
              f"{r['over_fftw']['median']:.2f} of its time ({low:.2f} .. {high:.2f}); error {r['error']:.1e}, FFTW {r['fftw_error']:.1e}")
