# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The DSTFT compared with the method of its authors' PyTorch package, rewritten here in plain PyTorch."""
import resource

import numpy as np

from gnuradio.stft.bench.benchmark import interleaved, paired, require_agreement, summary
from gnuradio.stft.differentiable import dstft
from gnuradio.stft.optional_modules import load
from gnuradio.stft.stft_python import kernels

_LEAST_THETA = 4.0
_ENERGY = 3 / 8  # of Hann's shape
_AGREEMENT = 2e-5  # of the largest value, both in single precision


def configurations(n_fft, hop, frames, quick):
    """(name, theta (1 or bins, 1 or frames), t (frames,)) of every case."""
    rng = np.random.default_rng(1)
    bins = n_fft // 2 + 1
    whole, anywhere = np.arange(frames) * float(hop), np.arange(frames) * float(hop) + rng.uniform(0, 1, frames)
    yield "per frame", n_fft * rng.uniform(0.87, 0.89, (1, frames)), anywhere
    if quick:
        return
    yield "per cell, 0.6 n_fft, whole centres", np.full((bins, frames), 0.6 * n_fft), whole
    yield "per cell, 0.6 n_fft, real centres", np.full((bins, frames), 0.6 * n_fft), anywhere
    # the peer takes the samples -n_fft/2 .. n_fft/2 - 1, which a window above n_fft - 2 may exceed
    sweep = np.linspace(0.13, 0.96, bins)[:, None] * n_fft * np.ones((1, frames))
    yield "per cell, 0.13 .. 0.96 n_fft, real centres", sweep, anywhere


def run(n_fft=1024, hop=256, frames=188, rounds=9, quick=False):
    """A list of results, one dict for each configuration; PyTorch's entries are missing where it is not installed."""
    samples = np.random.default_rng(0).standard_normal((frames - 1) * hop + hop // 2).astype(np.float32)
    results = []
    for name, theta, t in configurations(n_fft, hop, frames, quick):
        results.append({"name": name, "n_fft": n_fft, "hop": hop, "frames": frames,
                        **_measure(samples, theta, t, n_fft, frames, rounds)})
    return results


def _measure(x, theta, t, n_fft, frames, rounds):
    share = "frame" if len(theta) == 1 else "cell"
    lengths = theta[0] if share == "frame" else np.ascontiguousarray(theta.T)
    bins = n_fft // 2 + 1
    design = kernels.dstft_float32(n_fft, "hann", "l2", share, lengths, t)
    S = np.zeros((1, frames, bins), np.complex64)
    loss = kernels.dstft_loss_float32(n_fft, "hann", "l2", share, "plane", 0, [])
    by_theta, by_t = np.zeros(lengths.shape), np.zeros(frames)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours = {
        "forward": lambda: kernels.dstft(x[None], design, S, None, None),
        "forward and backward": lambda: loss.evaluate(x, t, lengths, by_theta, by_t if share == "frame" else None),
    }
    for function in ours.values():
        function()
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    exact = dstft(x.astype(float), theta, t, n_fft=n_fft).T
    result = {
        "error": float(np.max(np.abs(S[0] - exact)) / np.max(np.abs(exact))),
        "memory_bytes": memory,
        "samples_under_windows": float(np.mean(theta)),
    }

    try:
        peer = TorchMethod(x, theta, t, n_fft)
    except ImportError as missing:
        result["peer_missing"] = str(missing)
        peer = None
    few = max(3, rounds // 3) if share == "cell" else rounds
    for job, function in ours.items():
        cases = {"ours": function}
        if peer:
            _require_agreement(S[0].T, peer)
            cases["peer"] = peer.forward if job == "forward" else peer.forward_backward
            cases["floor"] = peer.floor(frames)
        times = interleaved(cases, few)
        per_frame = times["ours"] / frames
        entry = {"seconds_per_frame": summary(per_frame)}
        if share == "cell":
            entry["ns_per_sample_and_bin"] = float(np.median(per_frame) / np.mean(theta) / bins * 1e9)
        if peer:
            entry["peer_seconds_per_frame"] = summary(times["peer"] / frames)
            entry["peer_over_ours"] = paired(times["peer"], times["ours"])
            entry["peer_over_real_ffts"] = paired(times["peer"], times["floor"])
        result[job] = entry
    return result


def _require_agreement(S, peer):
    require_agreement("the peer", peer.forward()[0].detach().numpy(), S, _AGREEMENT)


class TorchMethod:
    """One configuration as PyTorch computes it: windows as tensors (frames, samples) or (bins, frames, samples) of
    parameters that a sigmoid keeps within bounds, gradients by autograd, one thread.

    x: (samples,); theta: (1, frames) or (bins, frames), t: (frames,), both learned.
    """

    def __init__(self, x, theta, t, n_fft):
        self.torch = torch = load("torch", "the comparison of the DSTFT with PyTorch")
        torch.set_num_threads(1)
        self.n_fft = n_fft
        self.x = torch.from_numpy(x)
        share = (theta - _LEAST_THETA) / (n_fft - _LEAST_THETA)
        self.raw_theta = torch.from_numpy(np.log(share / (1 - share)).astype(x.dtype)).requires_grad_(True)
        self.t = torch.from_numpy(t).requires_grad_(True)
        self.r = torch.arange(n_fft) - n_fft // 2
        self.bins = torch.arange(n_fft // 2 + 1)[:, None]
        angle = (2 * np.pi / n_fft) * (torch.arange(n_fft) * self.bins % n_fft).to(self.x.dtype)
        self.kernel = torch.stack((torch.cos(angle), -torch.sin(angle)), -1)  # bins, samples, 2

    def forward(self):
        """Spectra (bins, frames) and their magnitudes."""
        torch, n = self.torch, self.n_fft
        whole = self.t.detach().floor()
        away = self.r - (self.t - whole)[:, None].to(self.x.dtype)
        whole = whole.long()
        samples = whole[:, None] + self.r  # frames, samples
        inside = (samples >= 0) & (samples < len(self.x))
        frames = torch.where(inside, self.x[samples.clamp(0, len(self.x) - 1)], torch.zeros(()))
        theta = _LEAST_THETA + (n - _LEAST_THETA) * torch.sigmoid(self.raw_theta)[..., None]
        u = away / theta  # 1 or bins, frames, samples
        taper = torch.where(u.abs() < 0.5, 0.5 + 0.5 * torch.cos(2 * np.pi * u), torch.zeros(())) / theta.sqrt()
        if len(theta) > 1:
            S = torch.view_as_complex(torch.bmm(taper * frames, self.kernel).contiguous())
        else:
            S = torch.fft.rfft(taper[0] * frames).T
        phase = (-2 * np.pi / n) * ((whole - n // 2) * self.bins % n).to(self.x.dtype)
        S = S * torch.polar(torch.full_like(phase, _ENERGY**-0.5), phase)
        return S, S.abs() + 1e-12

    def forward_backward(self):
        """The entropy's gradients by theta (before the sigmoid) and t."""
        self.raw_theta.grad = self.t.grad = None
        a = self.forward()[1]
        p = a / a.sum()
        (-(p * p.log()).sum()).backward()
        return self.raw_theta.grad, self.t.grad

    def floor(self, frames):
        """One real FFT of n_fft points for each frame."""
        rows = self.torch.randn(frames, self.n_fft)
        return lambda: self.torch.fft.rfft(rows)


def measure(arguments):
    return run(arguments.n_fft, arguments.hop, arguments.frames, arguments.rounds, arguments.quick)


def show(results, arguments):
    print(f"DSTFT, n_fft {arguments.n_fft}, hop {arguments.hop}, {arguments.frames} frames, single precision, one thread, "
          f"SIMD {kernels.simd_level()}")
    for result in results:
        print(f"\n{result['name']}: error {result['error']:.1e} of the largest value, "
              f"{result['memory_bytes'] / 1e6:.1f} MB beyond the output")
        for job in ("forward", "forward and backward"):
            print(f"  {job:<21}" + _line(result[job]))
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
