# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Files that the command reads and writes: recordings, spectrograms, events, speeds, and the quantities in their names and texts."""
