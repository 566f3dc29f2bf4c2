# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""speed_table.py JSON README: puts the table of `gr_stft bench stft --table --json` between README's marks."""
import json
import pathlib
import re
import sys

import numpy as np

KINDS = [(name, dtype) for dtype in ("float32", "complex64") for name in ("stft", "istft")]


def of_kernels(cases):
    """Rows: a size; columns: a kind, MS/s and its time over the naive loop's."""
    found = {(c["n_fft"], c["hop"], c["name"], c["dtype"]): c for c in cases if "over_naive" in c}
    yield "| n_fft | hop | " + " | ".join(f"{name.upper()} {'real' if dtype == 'float32' else 'complex'}" for name, dtype in KINDS) + " |"
    yield "|---:|---:|" + "---:|" * len(KINDS)
    sizes = sorted({key[:2] for key in found}, key=lambda size: (size[0], -size[1]))
    for n_fft, hop in sizes:
        row = [found[n_fft, hop, name, dtype] for name, dtype in KINDS]
        yield f"| {n_fft} | {hop} | " + " | ".join(
            f"{c['samples_per_second'] / 1e6:.0f} MS/s, {c['over_naive']['median']:.2f}" for c in row) + " |"
    for title, chosen in (("up to 1024", lambda n: n <= 1024), ("above", lambda n: n > 1024)):
        means = [np.exp(np.mean([np.log(c["over_naive"]["median"]) for key, c in found.items()
                                 if key[2:] == kind and chosen(key[0])])) for kind in KINDS]
        yield f"| mean {title} | | " + " | ".join(f"{m:.2f}" for m in means) + " |"


def of_the_rest(cases):
    """Sentences on flowgraphs and on other libraries: worst case, best case and geometric mean."""
    for name, samples in (("stft_fvc", "real"), ("stft_cvc", "complex")):
        chains = [c for c in cases if c["name"] == name and "over_chain" in c]
        if chains:
            yield (f"- In a flowgraph, `{name}` with its defaults takes {samples} samples {_range(chains, 'over_chain', 1)} times "
                   "as fast as the better of two chains of GNU Radio's own blocks (n_fft "
                   f"{', '.join(str(c['n_fft']) for c in chains)}, hop n_fft / 4); its thread takes "
                   f"{_range(chains, 'block_over_kernel', 2)} times what the kernel alone takes.")
    for name in ("stft", "istft"):
        for peer in ("SciPy", "PyTorch"):
            same = [c for c in cases if c.get("peer") == peer and c["name"] == name]
            if same:
                yield f"- `{name}` on arrays is {_range(same, 'peer_over_ours', 1)} times as fast as {peer}'s."


def _range(cases, key, digits):
    ratios = [case[key]["median"] for case in cases]
    return f"{min(ratios):.{digits}f} to {max(ratios):.{digits}f} (mean {np.exp(np.mean(np.log(ratios))):.{digits}f})"


def main():
    result = json.loads(pathlib.Path(sys.argv[1]).read_text())
    about = (f"{result['cpu']}, one core, SIMD level {result['simd']}, {result['fftw_version']}, VOLK machine "
             f"{result['volk_machine']}, {result['compiler']}, {result['date']}:")
    lines = [about, "", *of_kernels(result["cases"]), "", *of_the_rest(result["cases"])]
    readme = pathlib.Path(sys.argv[2])
    text, count = re.subn(r"(<!-- speed -->\n).*?(<!-- end of speed -->)", lambda m: m[1] + "\n".join(lines) + "\n" + m[2],
                          readme.read_text(), flags=re.DOTALL)
    if count != 1:
        sys.exit(f"{readme}: has no marks for the table")
    readme.write_text(text)


if __name__ == "__main__":
    main()
