# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The 2-D STFT compared with a naive loop over patches around FFTW, and with PyTorch's unfold and rfft2, irfft2 and fold."""
import numpy as np

from gnuradio.stft.bench.benchmark import compiled_benchmark, interleaved, paired, require_agreement, summary
from gnuradio.stft.images import istft2d, stft2d
from gnuradio.stft.optional_modules import load
from gnuradio.stft.stft_python import kernels

IMAGE = 3, 1024, 1536  # channels, height, width
SIZES = 32, 64, 128  # of the windows, at hops of a half and a quarter
_AGREEMENT = 1e-5  # of the largest value, both in single precision


def run(rounds=9):
    """A list of results, one dict for each window and hop; PyTorch's entries are missing where it is not installed."""
    x = np.random.default_rng(0).random(IMAGE, dtype=np.float32)
    return [_measure(x, size, size // part, rounds) for size in SIZES for part in (2, 4)]


def _measure(x, size, hop, rounds):
    made = dict(win_length=size, hop=hop, tail="floor")
    X = stft2d(x, **made)
    patches = X.shape[1] * X.shape[4] * X.shape[5]
    cases = {
        "forward": lambda: stft2d(x, out=X, **made),
        "inverse": lambda: istft2d(X, shape=x.shape, **made),
    }
    result = {"window": size, "hop": hop, "patches": patches}
    result["error"] = float(np.max(np.abs(cases["inverse"]() - x)))
    peers = {}
    try:
        method = TorchMethod(x, size, hop)
        method.require_agreement(X)
        peers = {"forward": method.forward, "inverse": method.inverse}
    except ImportError as error:
        result["peer_missing"] = str(error)
    for job, ours in cases.items():
        times = interleaved({"ours": ours, **({"peer": peers[job]} if peers else {})}, rounds)
        result[job] = {"seconds_per_patch": summary(times["ours"] / patches)}
        if peers:
            result[job]["peer_seconds_per_patch"] = summary(times["peer"] / patches)
            result[job]["peer_over_ours"] = paired(times["peer"], times["ours"])
        result[job].update(_beside_the_naive_loop(x.shape[1:], size, hop, job, rounds))
    return result


def _beside_the_naive_loop(shape, size, hop, job, rounds):
    """One channel, in memory that both have already; sides of whole hops, so that no border is nearly uncovered."""
    height, width = (side - side % hop for side in shape)
    measured = compiled_benchmark("images").compare_images(height, width, size, hop, job == "inverse", rounds)
    return {"naive_seconds_per_patch": summary(np.array(measured["naive"])),
            "naive_over_ours": paired(measured["naive"], measured["ours"])}


class TorchMethod:
    """Patches of x as a view, weighted, one transform for all; weighted again and folded. One thread."""

    def __init__(self, x, size, hop):
        self.torch = load("torch", "the comparison")
        self.torch.set_num_threads(1)
        self.x, self.size, self.hop = self.torch.from_numpy(x), size, hop
        window = self.torch.hann_window(size)
        self.window = window[:, None] * window
        self.X = self.forward()

    def forward(self):
        padded = self.torch.nn.functional.pad(self.x, (self.size // 2,) * 4)
        patches = padded.unfold(1, self.size, self.hop).unfold(2, self.size, self.hop) * self.window
        return self.torch.fft.rfft2(patches.transpose(-1, -2)).transpose(-1, -2)

    def inverse(self):
        size, (channels, down, across) = self.size, self.X.shape[:3]
        patches = self.torch.fft.irfft2(self.X.transpose(-1, -2), s=(size, size)).transpose(-1, -2) * self.window
        shape = (down - 1) * self.hop + size, (across - 1) * self.hop + size
        fold = self.torch.nn.functional.fold
        columns = patches.reshape(channels, down * across, size * size).transpose(1, 2)
        power = (self.window**2).reshape(1, -1, 1).expand(1, -1, down * across)
        image = fold(columns, shape, size, stride=self.hop) / fold(power, shape, size, stride=self.hop).clamp(min=1e-12)
        half, (height, width) = size // 2, self.x.shape[1:]
        return image[:, 0, half : half + height, half : half + width]

    def require_agreement(self, X):
        require_agreement("the peer", self.X.numpy(), X[0].transpose(0, 3, 4, 1, 2), _AGREEMENT)
        require_agreement("the peer's inverse", self.inverse().numpy(), self.x.numpy(), _AGREEMENT)


def measure(arguments):
    return run(arguments.rounds)


def show(results, arguments):
    channels, height, width = IMAGE
    print(f"2-D STFT of {channels} x {height} x {width} pixels, single precision, one thread, SIMD {kernels.simd_level()}")
    for result in results:
        print(f"\nwindow {result['window']}, hop {result['hop']}: {result['patches']} patches, comes back to {result['error']:.1e}")
        for job in ("forward", "inverse"):
            text = f"  {job:<9}{result[job]['seconds_per_patch']['median'] * 1e6:9.2f} us/patch"
            naive = result[job]["naive_over_ours"]
            text += f"; a naive loop {naive['median']:.2f} times as long ({naive['quartiles'][0]:.2f} .. {naive['quartiles'][1]:.2f})"
            if "peer_over_ours" in result[job]:
                ratio = result[job]["peer_over_ours"]
                text += (f"; PyTorch {result[job]['peer_seconds_per_patch']['median'] * 1e6:.1f} us, {ratio['median']:.1f} times "
                         f"ours ({ratio['quartiles'][0]:.1f} .. {ratio['quartiles'][1]:.1f})")
            print(text)
        if "peer_missing" in result:
            print(f"  {result['peer_missing']}")
