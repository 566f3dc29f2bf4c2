# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The DSTFT beside the method of its authors' PyTorch package: a window tensor of all frames, or of all bins, frames and
samples, differentiated by autograd. Written anew here, in plain PyTorch."""

import numpy as np

from . import losses
from .differentiable import dstft, dstft_vjp
from .optional_modules import load


class TorchMethod:
    """One configuration as PyTorch computes it: forward() -> spectra, forward_backward() -> gradient by theta."""

    def __init__(self, x, theta, t, n_fft):
        self.torch = torch = load("torch", "the benchmark of the DSTFT")
        torch.set_num_threads(1)
        self.n_fft = n_fft
        self.x = torch.from_numpy(x)
        self.whole = torch.from_numpy(np.floor(t).astype(np.int64))
        self.fraction = torch.from_numpy((t - np.floor(t)).astype(x.dtype))
        self.theta = torch.from_numpy(theta.astype(x.dtype)).requires_grad_(True)
        self.r = torch.arange(n_fft) - n_fft // 2
        self.per_bin = theta.shape[0] > 1

    def forward(self):
        torch, n = self.torch, self.n_fft
        places = self.whole[:, None] + self.r  # frames, samples
        inside = (places >= 0) & (places < len(self.x))
        frames = torch.where(inside, self.x[places.clamp(0, len(self.x) - 1)], torch.zeros(()))
        away = self.r - self.fraction[:, None]
        bins = torch.arange(n // 2 + 1)
        turn = (self.whole + n // 2) * bins[:, None] % n  # bins, frames: the frame begins at r = -n / 2
        if self.per_bin:
            theta = self.theta[:, :, None]
            u = away / theta
            taper = torch.where(u.abs() < 0.5, 0.5 + 0.5 * torch.cos(2 * np.pi * u), torch.zeros(()))
            tapered = taper * theta.rsqrt() * frames  # bins, frames, samples
            angle = (2 * np.pi / n) * (torch.arange(n) * bins[:, None] % n).to(self.x.dtype)
            kernel = torch.stack((torch.cos(angle), -torch.sin(angle)), -1)  # bins, samples, 2
            S = torch.view_as_complex(torch.bmm(tapered, kernel).contiguous())
            turn = (self.whole - n // 2) * bins[:, None] % n
        else:
            theta = self.theta[0, :, None]
            u = away / theta
            taper = torch.where(u.abs() < 0.5, 0.5 + 0.5 * torch.cos(2 * np.pi * u), torch.zeros(()))
            S = torch.fft.rfft(taper * theta.rsqrt() * frames).T
            turn = (self.whole - n // 2) * bins[:, None] % n
        phase = (-2 * np.pi / n) * turn.to(self.x.dtype)
        return S * torch.polar(torch.full_like(phase, (8 / 3) ** 0.5), phase)

    def forward_backward(self):
        torch = self.torch
        self.theta.grad = None
        p = self.forward().abs()
        p = p / p.sum()
        (-(p * torch.log(p + 1e-12)).sum()).backward()
        return self.theta.grad
