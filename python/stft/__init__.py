# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Short-time Fourier transforms for GNU Radio, as blocks on streams and as functions on NumPy arrays.

Blocks: stft_fvc, stft_cvc, istft_vcf, istft_vcc, spectrogram_fvf, spectrogram_cvf, power_vcvf, phase_reference_vcvc,
dstft_fvc, dstft_cvc, idstft_vcf, idstft_vcc, adaptive_stft_fvc, adaptive_stft_cvc, stft2d_vfvc, istft2d_vcvf.
Functions: stft, istft, spectrogram, frequencies, times, sample_window, dual_window, closest_dual_window, check_cola,
check_nola, convert_phase; dstft, dstft_vjp, idstft, grad_hop, grad_hops, grad_fixed_overlap, fixed_overlap_positions, learn,
adapt; of images: stft2d, istft2d, stft2d_vjp, istft2d_vjp, stft2d_window_vjp, istft2d_window_vjp.
Both run the same kernels and agree to the bit. ShortTimeFFT, closest_STFT_dual_window: SciPy 1.16's, on them too. losses: measures of spectrograms, with their gradients.
"""

from . import losses
from .adaptive import adapt
from .differentiable import (
    dstft,
    dstft_vjp,
    fixed_overlap_positions,
    grad_fixed_overlap,
    grad_hop,
    grad_hops,
    idstft,
)
from .images import (
    istft2d,
    istft2d_vjp,
    istft2d_window_vjp,
    stft2d,
    stft2d_vjp,
    stft2d_window_vjp,
)
from .learning import learn
from .short_time_fft import ShortTimeFFT, closest_STFT_dual_window
from .stft_python import (
    __version__,
    adaptive_stft_cvc,
    adaptive_stft_fvc,
    dstft_cvc,
    dstft_fvc,
    idstft_vcc,
    idstft_vcf,
    istft2d_vcvf,
    istft_vcc,
    istft_vcf,
    phase_reference_vcvc,
    power_vcvf,
    spectrogram_cvf,
    spectrogram_fvf,
    stft2d_vfvc,
    stft_cvc,
    stft_fvc,
)
from .transforms import (
    check_cola,
    check_nola,
    closest_dual_window,
    convert_phase,
    dual_window,
    frequencies,
    istft,
    sample_window,
    spectrogram,
    stft,
    times,
)

__all__ = [
    "ShortTimeFFT",
    "adapt",
    "adaptive_stft_cvc",
    "adaptive_stft_fvc",
    "check_cola",
    "check_nola",
    "closest_STFT_dual_window",
    "closest_dual_window",
    "convert_phase",
    "dstft",
    "dstft_cvc",
    "dstft_fvc",
    "dstft_vjp",
    "dual_window",
    "fixed_overlap_positions",
    "frequencies",
    "grad_fixed_overlap",
    "grad_hop",
    "grad_hops",
    "idstft",
    "idstft_vcc",
    "idstft_vcf",
    "istft",
    "istft2d",
    "istft2d_vcvf",
    "istft2d_vjp",
    "istft2d_window_vjp",
    "istft_vcc",
    "istft_vcf",
    "learn",
    "losses",
    "phase_reference_vcvc",
    "power_vcvf",
    "sample_window",
    "spectrogram",
    "spectrogram_cvf",
    "spectrogram_fvf",
    "stft",
    "stft2d",
    "stft2d_vfvc",
    "stft2d_vjp",
    "stft2d_window_vjp",
    "stft_cvc",
    "stft_fvc",
    "times",
]
