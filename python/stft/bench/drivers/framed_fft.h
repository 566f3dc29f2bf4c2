/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef INCLUDED_STFT_BENCH_FRAMED_FFT_H
#define INCLUDED_STFT_BENCH_FRAMED_FFT_H

#include "driver.h"
#include <vector>

//! The driver of a library that has an FFT: its frames are what a plain loop around it makes.
//! Fft: Fft(n_fft), samples() to fill, and run(row), which writes n_fft / 2 + 1 bins there.
template <class Fft>
struct framed_fft {
    std::size_t n_fft, hop;
    std::vector<float> window;
    Fft fft;

    framed_fft(std::size_t n, std::size_t step, const float* taps)
        : n_fft(n), hop(step), window(taps, taps + n), fft(n)
    {}

    void run(const float* x, std::size_t frames, float* rows)
    {
        for (std::size_t p = 0; p < frames; ++p) {
            const float* const from = x + p * hop - n_fft / 2;
            float* const samples = fft.samples();
            for (std::size_t i = 0; i < n_fft; ++i)
                samples[i] = from[i] * window[i];
            fft.run(rows + p * (n_fft + 2));
        }
    }
};

#endif
