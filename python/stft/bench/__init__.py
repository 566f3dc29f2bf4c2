# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmarks: the speed of each transform compared with a naive loop, other libraries, and chains of GNU Radio's blocks.

Each benchmark_SUBJECT has measure(arguments), which returns the figures, and show(results, arguments), which prints them.
Modules here use the array functions and the blocks, none of the command's modules; `gr_stft bench` runs them.
"""
