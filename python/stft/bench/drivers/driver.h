/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BENCH_DRIVER_H
#define INCLUDED_STFT_BENCH_DRIVER_H

#include <cstddef>

/* What a driver of another library gives the benchmark, which compiles it against that library on the spot. */
extern "C" {

//! \param window n_fft values \return null if the library has no transform of that size
void* peer_open(std::size_t n_fft, std::size_t hop, const float* window);

//! Frame p, centred at x[p hop], -> n_fft / 2 + 1 complex bins, row after row. The samples of all frames can be read.
void peer_stft(void* peer, const float* x, std::size_t frames, float* rows);

void peer_close(void* peer);
}

#endif
