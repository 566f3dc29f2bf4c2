# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Functions with the signatures of other libraries on the kernels of this package, so that a program changes its imports only.

    from gnuradio.stft.compat import signal    # for: from scipy import signal
    from gnuradio.stft.compat import torch     # torch.stft and torch.istft; needs PyTorch, and has gradients
    from gnuradio.stft.compat import librosa   # librosa.stft and librosa.istft

Arguments, defaults, shapes, axes and dtypes are theirs; so are what is warned of and the type and beginning of errors. Values
agree to rounding. What differs stands in each module's docstring.
"""

from __future__ import annotations

import importlib
from typing import Any

from . import librosa, signal

__all__ = ["librosa", "signal", "torch"]


def __getattr__(name: str) -> Any:
    if name == "torch":
        return importlib.import_module(".torch", __name__)
    raise AttributeError(f"module {__name__} has no attribute {name}")
