# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""What `gr_stft monitor` hands its reports, samples, rows and health to: one module for each kind of output."""
