# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The STFT and its inverse compared with a naive loop around FFTW, chains of GNU Radio's own blocks, SciPy and
PyTorch. Results are compared before times are."""
import glob
import time

import numpy as np
from gnuradio import blocks, fft, gr

from gnuradio.stft.bench import compiled_peers
from gnuradio.stft.bench.benchmark import compiled_benchmark, interleaved, paired, require_agreement, summary
from gnuradio.stft.optional_modules import load
from gnuradio.stft.stft_python import stft_cvc, stft_fvc
from gnuradio.stft.transforms import istft, sample_window, stft

TABLE = [(n_fft, n_fft // part) for n_fft in (256, 1024, 4096, 16384) for part in (2, 4, 8)]
NOISY = 0.15  # of the ratios' median: half their middle half
_SECONDS_PER_TURN = 0.01
_SECONDS_OF_FLOWGRAPH = 0.4
_SAMPLES = 1 << 18  # of arrays
_AGREEMENT = 1e-5  # of the largest value
_LARGEST_CHAIN = 16  # branches of GNU Radio's own blocks


def kernels(n_fft, hop, rounds):
    """Real and complex, forward and inverse: a list of dicts, seconds per frame and ratios to the naive loop."""
    bench_python = compiled_benchmark("stft")
    results = []
    for inverse in (False, True):
        for is_complex in (False, True):
            measured = bench_python.compare(n_fft, hop, is_complex, inverse, rounds, _SECONDS_PER_TURN)
            ours, naive, ffts = (np.array(measured[name]) for name in ("ours", "naive", "ffts"))
            results.append({
                "name": "istft" if inverse else "stft", "dtype": "complex64" if is_complex else "float32",
                "n_fft": n_fft, "hop": hop, "frames": measured["frames"], "ring_bytes": measured["ring_bytes"],
                "max_err": measured["error"], "seconds_per_frame": summary(ours), "naive_seconds_per_frame": summary(naive),
                "samples_per_second": hop / float(np.median(ours)), "over_naive": paired(ours, naive),
                "ffts_over_naive": paired(ffts, naive)})
            if measured["without_copies"]:
                results[-1]["without_copies_over_naive"] = paired(np.array(measured["without_copies"]), naive)
    return results


def environment():
    """What the figures depend on."""
    bench_python = compiled_benchmark("stft")
    try:
        with open("/proc/cpuinfo") as lines:
            cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    except OSError:
        cpu = "unknown"
    return {**bench_python.environment(), "cpu": cpu, "date": time.strftime("%Y-%m-%d")}


def peers(n_fft, hop, rounds):
    """SciPy and PyTorch on whole real arrays: a list of dicts; of one that is not installed a line that says so."""
    x = np.random.default_rng(0).standard_normal(_SAMPLES).astype(np.float32)
    design = {"hop": hop, "placement": "centred", "phase": "start"}
    X = stft(x, "hann", n_fft=n_fft, **design)
    forward = {"ours": lambda: stft(x, "hann", n_fft=n_fft, **design)}
    backward = {"ours": lambda: istft(X, "hann", n_fft=n_fft, length=len(x), **design)}
    results = []
    for add in (_add_scipy, _add_torch):
        try:
            add(forward, backward, x, X, n_fft, hop)
        except ImportError as missing:
            results.append({"name": "peer", "n_fft": n_fft, "hop": hop, "peer_missing": str(missing)})
    for name, cases in (("stft", forward), ("istft", backward)):
        times = interleaved(cases, rounds)
        for peer in cases:
            if peer != "ours":
                results.append({"name": name, "peer": peer, "n_fft": n_fft, "hop": hop, "samples": _SAMPLES,
                                "seconds": summary(times["ours"]), "peer_seconds": summary(times[peer]),
                                "peer_over_ours": paired(times[peer], times["ours"])})
    return results


def chosen_peers(named, n_fft, hop, rounds):
    """Libraries in C and C++, (name, folder) of each, on whole real arrays: a list of dicts. Arrays of results are given to all."""
    x = np.random.default_rng(0).standard_normal(_SAMPLES).astype(np.float32)
    x[:n_fft] = x[_SAMPLES - n_fft:] = 0  # for libraries whose signals are periodic
    results = []
    for name, folder in named:
        peer = compiled_peers.CompiledPeer(name, folder, n_fft, hop, sample_window("hann", n_fft))
        try:
            design = {"hop": hop, "n_fft": n_fft, "placement": "centred", "phase": peer.phase}
            X = stft(x, "hann", **design)
            theirs, rows = peer.call(x)
            theirs()
            frames = min(len(rows), X.shape[1])
            _require_agreement(peer.title, rows[:frames].T, X[:, :frames])
            times = interleaved({"ours": lambda made=design, out=X: stft(x, "hann", out=out, **made), "theirs": theirs}, rounds)
        finally:
            peer.close()
        results.append({"name": "stft", "peer": peer.title, "n_fft": n_fft, "hop": hop, "samples": _SAMPLES,
                        "seconds": summary(times["ours"]), "peer_seconds": summary(times["theirs"]),
                        "peer_over_ours": paired(times["theirs"], times["ours"])})
    return results


def _add_scipy(forward, backward, x, X, n_fft, hop):
    signal = load("scipy.signal", "the comparison with SciPy")
    same = {"nperseg": n_fft, "noverlap": n_fft - hop}
    scale = np.sum(sample_window("hann", n_fft))  # SciPy divides by it
    Z = (X / scale).astype(np.complex64)
    forward["SciPy"] = lambda: signal.stft(x, boundary="zeros", padded=True, **same)
    backward["SciPy"] = lambda: signal.istft(Z, boundary=True, **same)
    theirs = forward["SciPy"]()[2]
    frames = min(X.shape[1], theirs.shape[1])
    _require_agreement("SciPy's stft", scale * theirs[:, :frames], X[:, :frames])
    _require_agreement("SciPy's istft", backward["SciPy"]()[1][:len(x) - n_fft], x[:len(x) - n_fft])


def _add_torch(forward, backward, x, X, n_fft, hop):
    torch = load("torch", "the comparison with PyTorch")
    torch.set_num_threads(1)
    window, samples = torch.hann_window(n_fft), torch.from_numpy(x)
    forward["PyTorch"] = lambda: torch.stft(samples, n_fft, hop, window=window, pad_mode="constant", return_complex=True)
    theirs = forward["PyTorch"]()
    backward["PyTorch"] = lambda: torch.istft(theirs, n_fft, hop, window=window)
    frames = min(X.shape[1], theirs.shape[1])
    _require_agreement("torch.stft", theirs[:, :frames].numpy(), X[:, :frames])
    returned = backward["PyTorch"]().numpy()
    _require_agreement("torch.istft", returned[:len(x) - n_fft], x[:len(returned)][:len(x) - n_fft])


def _require_agreement(name, theirs, ours):
    require_agreement(name, theirs, ours, _AGREEMENT)


def flowgraphs(n_fft, hop, rounds):
    """Our block with its defaults and the chains of GNU Radio's own blocks that do the same, between a source and a sink
    that cost nothing: a list of dicts for real and complex samples."""
    results = []
    for is_complex in (False, True):
        chains = {"ours": _ours}
        if n_fft % hop == 0 and 1 < n_fft // hop <= _LARGEST_CHAIN:
            chains.update({"branches": _branches, "hops": _hops})
        _require_equal_chains(chains, n_fft, hop, is_complex)
        times = {name: [] for name in chains}
        threads, bare = [], []
        for turn in range(rounds):
            for name in sorted(chains, key=lambda n, t=turn: (list(chains).index(n) + t) % len(chains)):
                rate, per_frame = _streamed(chains[name], n_fft, hop, is_complex)
                times[name].append(1 / rate)
                if name == "ours":
                    threads.append(per_frame)
                    bare.append(_bare_seconds(n_fft, hop, is_complex))
        ours = np.array(times.pop("ours"))
        result = {"name": "stft_cvc" if is_complex else "stft_fvc", "n_fft": n_fft, "hop": hop,
                  "samples_per_second": float(1 / np.median(ours)),
                  "block_seconds_per_frame": summary(threads), "block_over_kernel": paired(threads, bare)}
        if times:
            best = min(times, key=lambda name: np.median(times[name]))
            result.update({"chain": best, "chain_samples_per_second": float(1 / np.median(times[best])),
                           "over_chain": paired(times[best], ours)})
        results.append(result)
    return results


def _bare_seconds(n_fft, hop, is_complex):
    """What the kernel alone takes for a frame just now."""
    return float(np.median(compiled_benchmark("stft").compare(n_fft, hop, is_complex, False, 5, _SECONDS_PER_TURN)["ours"]))


def _ours(top, source, n_fft, hop, is_complex):
    block = (stft_cvc if is_complex else stft_fvc)(n_fft, hop, phase="start", placement="left")
    top.connect(source, block)
    return block


def _fft_of(n_fft, is_complex):
    taps = [float(w) for w in sample_window("hann", n_fft)]
    return fft.fft_vcc(n_fft, True, taps, False, 1) if is_complex else fft.fft_vfc(n_fft, True, taps, False, 1)


def _branches(top, source, n_fft, hop, is_complex):
    """A delay, a vector and an FFT for each phase of the hops, interleaved."""
    size = gr.sizeof_gr_complex if is_complex else gr.sizeof_float
    join = blocks.interleave(gr.sizeof_gr_complex * n_fft)
    count = n_fft // hop
    for k in range(count):
        vector = blocks.stream_to_vector(size, n_fft)
        skip = blocks.skiphead(size, k * hop) if k else None
        top.connect(*([source, skip] if skip else [source]), vector, _fft_of(n_fft, is_complex), (join, k))
    return join


def _hops(top, source, n_fft, hop, is_complex):
    """Vectors of one hop, delayed by whole hops, joined to vectors of n_fft."""
    size = gr.sizeof_gr_complex if is_complex else gr.sizeof_float
    vector, join = blocks.stream_to_vector(size, hop), blocks.streams_to_vector(size * hop, n_fft // hop)
    top.connect(source, vector)
    count = n_fft // hop
    for k in range(count):
        skip = blocks.skiphead(size * hop, k) if k else None
        top.connect(*([vector, skip] if skip else [vector]), (join, k))
    transform = _fft_of(n_fft, is_complex)
    top.connect(join, transform)
    return transform


def _require_equal_chains(chains, n_fft, hop, is_complex):
    x = np.random.default_rng(3).standard_normal((n_fft * 8, 2)).astype(np.float32) @ [1, 1j]
    bins = n_fft if is_complex else n_fft // 2 + 1
    results = {}
    for name, chain in chains.items():
        top = gr.top_block()
        source = blocks.vector_source_c(x.tolist()) if is_complex else blocks.vector_source_f(x.real.tolist())
        last = chain(top, source, n_fft, hop, is_complex)
        width = bins if name == "ours" else n_fft
        sink = blocks.vector_sink_c(width)
        top.connect(last, sink)
        top.run()
        results[name] = np.array(sink.data()).reshape(-1, width)[:, :bins]
    for name, rows in results.items():
        frames = min(len(rows), len(results["ours"]), 7 * (n_fft // hop))
        if name != "ours":
            _require_agreement(f"the chain of {name}", rows[:frames], results["ours"][:frames])


def _streamed(chain, n_fft, hop, is_complex):
    """Samples per second by the clock, and seconds of the last block's thread for a frame (nan if not available)."""
    size = gr.sizeof_gr_complex if is_complex else gr.sizeof_float
    top, source = gr.top_block(), blocks.null_source(size)
    last = chain(top, source, n_fft, hop, is_complex)
    sink = blocks.null_sink(last.output_signature().sizeof_stream_item(0))
    top.connect(last, sink)
    top.start()
    time.sleep(_SECONDS_OF_FLOWGRAPH / 4)
    before = after = _progress(last)
    while after[1] == before[1]:  # on a busy machine the thread may not have run yet
        time.sleep(_SECONDS_OF_FLOWGRAPH)
        after = _progress(last)
    top.stop()
    top.wait()
    frames = after[1] - before[1]
    return frames * hop / (after[0] - before[0]), (after[2] - before[2]) / frames


def _progress(block):
    """Seconds of the clock, items and CPU time of a running block's thread."""
    return time.perf_counter(), block.nitems_written(0), _thread_seconds(block)


def _thread_seconds(block):
    """CPU time that the thread of a running block has taken."""
    name = f"{block.name()}{block.unique_id()}"[:15]
    for task in glob.glob("/proc/self/task/*"):
        try:
            with open(f"{task}/comm") as comm, open(f"{task}/schedstat") as times:
                if comm.read().strip() == name:
                    return int(times.read().split()[0]) * 1e-9
        except OSError:
            continue
    return float("nan")


def measure(arguments):
    sizes = TABLE if arguments.table else [(arguments.n_fft, arguments.hop)]
    named = [compiled_peers.named(text) for text in arguments.peer]
    results = []
    for n_fft, hop in sizes:
        results += kernels(n_fft, hop, arguments.rounds)
    if not arguments.quick:
        for n_fft, hop in sizes:
            if not arguments.table or (4 * hop == n_fft and n_fft <= 4096):
                results += flowgraphs(n_fft, hop, arguments.rounds)
                results += peers(n_fft, hop, arguments.rounds)
    for n_fft, hop in sizes:
        results += chosen_peers(named, n_fft, hop, arguments.rounds)
    return results


def show(results, arguments):
    is_ = environment()
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
    for missing in {result["peer_missing"] for result in results if "peer_missing" in result}:
        print(f"  {missing}")


def _kernel_line(r):
    over, ffts = r["over_naive"], r["ffts_over_naive"]
    low, high = over["quartiles"]
    without = f", without its copies {r['without_copies_over_naive']['median']:.2f}" if "without_copies_over_naive" in r else ""
    noisy = "; noisy" if (high - low) / 2 > NOISY * over["median"] else ""
    return (f"{r['name']:<6}{r['dtype']:<10}{r['n_fft']:>6}{r['hop']:>6}{r['seconds_per_frame']['median'] * 1e9:9.0f} ns/frame"
            f"{r['samples_per_second'] / 1e6:8.1f} MS/s, {over['median']:.2f} of the naive time ({low:.2f} .. {high:.2f}), its FFT "
            f"{ffts['median']:.2f}{without}{noisy}")


def _flowgraph_line(r):
    text = (f"{r['name']:<10}{r['n_fft']:>6}{r['hop']:>6}{r['samples_per_second'] / 1e6:8.1f} MS/s, its thread "
            f"{r['block_seconds_per_frame']['median'] * 1e9:.0f} ns/frame, {r['block_over_kernel']['median']:.2f} of the kernel's")
    if "over_chain" in r:
        text += (f"; the better chain {r['chain_samples_per_second'] / 1e6:.1f} MS/s, {r['over_chain']['median']:.1f} times as long "
                 f"({r['over_chain']['quartiles'][0]:.1f} .. {r['over_chain']['quartiles'][1]:.1f})")
    return text


def _peer_line(r):
    ratio = r["peer_over_ours"]
    return (f"{r['name']:<6}{r['n_fft']:>6}{r['hop']:>6}{r['samples'] / r['seconds']['median'] / 1e6:8.1f} MS/s; {r['peer']} takes "
            f"{ratio['median']:.1f} times as long ({ratio['quartiles'][0]:.1f} .. {ratio['quartiles'][1]:.1f})")
