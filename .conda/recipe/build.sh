#!/usr/bin/env bash
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
# conda-build runs this in a copy of the sources.
set -eux

# CMAKE_ARGS is a list of words
# shellcheck disable=SC2086
cmake ${CMAKE_ARGS:-} -S . -B build-conda -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$PREFIX" -DCMAKE_INSTALL_LIBDIR=lib
cmake --build build-conda --parallel "$CPU_COUNT"
cmake --install build-conda

if [[ "${CONDA_BUILD_CROSS_COMPILATION:-}" != 1 || -n "${CROSSCOMPILING_EMULATOR:-}" ]]; then
    ctest --test-dir build-conda --output-on-failure -R '^qa_(cpp|blocks|transforms)$'
fi
