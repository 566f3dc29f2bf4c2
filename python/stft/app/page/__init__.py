# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The page of `gr_stft monitor --web`: a server, what it stores and sends, and in `files` what the browser runs."""
