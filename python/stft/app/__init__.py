# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The command gr_stft: its verbs, the recordings that they read, and the pictures and files that they write.

Modules here use the array functions and, for the verb bench, the benchmarks; neither of those uses a module of this folder.
recordings.open_recording() reads any file that the command reads.
"""
