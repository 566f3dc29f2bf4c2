# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays in files of NumPy that others may have written, or a full disk has cut."""
import numpy as np


def load_array(file, mmap_mode=None):
    """The array of a file or of an open one. OSError where it cannot be read, ValueError where it holds no array of numbers."""
    try:
        array = np.load(file, mmap_mode=mmap_mode, allow_pickle=False)
    except OSError:
        raise
    except Exception as error:  # whatever the parser of the header's literal raises, and MemoryError
        raise ValueError(f"is no array of NumPy: {' '.join(str(error).split())}") from None
    if not isinstance(array, np.ndarray):  # but an archive of some
        array.close()
        raise ValueError("is an archive, and no array of NumPy")
    return array
