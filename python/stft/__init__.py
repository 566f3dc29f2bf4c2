# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Short-time Fourier transforms for GNU Radio, as blocks on streams and as functions on NumPy arrays.

Blocks: stft_fvc, stft_cvc, istft_vcf, istft_vcc, spectrogram_fvf, spectrogram_cvf, power_vcvf, phase_reference_vcvc,
stft_bins_fvc, stft_bins_cvc, one_integral_vcf, one_integral_vcc, dstft_fvc, dstft_cvc, idstft_vcf, idstft_vcc,
adaptive_stft_fvc, adaptive_stft_cvc.
Functions: stft, istft, spectrogram, frequencies, times, sample_window, dual_window, closest_dual_window, check_cola,
check_nola, convert_phase; filter_bank, stft_bins, one_integral_inverse; reassign, reassigned_spectrogram, synchrosqueeze,
inverse_synchrosqueeze; griffin_lim, consistent; dstft, dstft_vjp, idstft, grad_hop, grad_hops, grad_fixed_overlap,
fixed_overlap_positions, learn, adapt.
Both run the same kernels and agree to the bit. ShortTimeFFT, closest_STFT_dual_window: SciPy 1.16's, on them too. losses: measures of spectrograms, with their gradients.
"""

from . import losses
from .adaptive import adapt
from .bank import filter_bank, one_integral_inverse, stft_bins
from .differentiable import (
    dstft,
    dstft_vjp,
    fixed_overlap_positions,
    grad_fixed_overlap,
    grad_hop,
    grad_hops,
    idstft,
)
from .learning import learn
from .phase_retrieval import consistent, griffin_lim
from .short_time_fft import ShortTimeFFT, closest_STFT_dual_window
from .squeezing import inverse_synchrosqueeze, reassign, reassigned_spectrogram, synchrosqueeze
from .stft_python import (
    __version__,
    adaptive_stft_cvc,
    adaptive_stft_fvc,
    dstft_cvc,
    dstft_fvc,
    idstft_vcc,
    idstft_vcf,
    istft_vcc,
    istft_vcf,
    one_integral_vcc,
    one_integral_vcf,
    phase_reference_vcvc,
    power_vcvf,
    spectrogram_cvf,
    spectrogram_fvf,
    stft_bins_cvc,
    stft_bins_fvc,
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
    "consistent",
    "convert_phase",
    "dstft",
    "dstft_cvc",
    "dstft_fvc",
    "dstft_vjp",
    "dual_window",
    "filter_bank",
    "fixed_overlap_positions",
    "frequencies",
    "grad_fixed_overlap",
    "grad_hop",
    "grad_hops",
    "griffin_lim",
    "idstft",
    "idstft_vcc",
    "idstft_vcf",
    "inverse_synchrosqueeze",
    "istft",
    "istft_vcc",
    "istft_vcf",
    "learn",
    "losses",
    "one_integral_inverse",
    "one_integral_vcc",
    "one_integral_vcf",
    "phase_reference_vcvc",
    "power_vcvf",
    "reassign",
    "reassigned_spectrogram",
    "sample_window",
    "spectrogram",
    "spectrogram_cvf",
    "spectrogram_fvf",
    "stft",
    "stft_bins",
    "stft_bins_cvc",
    "stft_bins_fvc",
    "stft_cvc",
    "stft_fvc",
    "synchrosqueeze",
    "times",
]
