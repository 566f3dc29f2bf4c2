# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The command gr_stft: its verbs. What they read and write is in files, what they draw in pictures.

Modules here use the array functions and, for the verb bench, the benchmarks; neither of those uses a module of this folder.
files.recordings.open_recording() reads any file that the command reads.
"""
