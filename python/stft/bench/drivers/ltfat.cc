/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver.h"
#include <complex> // before the header, which then takes C++'s complex numbers
#include <ltfat.h>

namespace {

constexpr unsigned measure = 0; // FFTW's flag

struct frames_of_it {
    std::size_t hop;
    ltfat_dgtreal_fb_plan_s* plan = nullptr;
};

} // namespace

void* peer_open(std::size_t n_fft, std::size_t hop, const float* window)
{
    auto* const peer = new frames_of_it{ hop };
    const auto n = static_cast<ltfat_int>(n_fft);
    // the library takes windows from their centre on
    float* const taps = new float[n_fft];
    for (std::size_t i = 0; i < n_fft; ++i)
        taps[i] = window[(i + n_fft / 2) % n_fft];
    const int failed = ltfat_dgtreal_fb_init_s(
        taps, n, static_cast<ltfat_int>(hop), n, LTFAT_TIMEINV, measure, &peer->plan);
    delete[] taps;
    if (!failed)
        return peer;
    delete peer;
    return nullptr;
}

//! The signal of the library is periodic, its samples are those of the frames' hops.
void peer_stft(void* peer, const float* x, std::size_t frames, float* rows)
{
    auto* const of = static_cast<frames_of_it*>(peer);
    ltfat_dgtreal_fb_execute_s(of->plan,
                               x,
                               static_cast<ltfat_int>(frames * of->hop),
                               1,
                               reinterpret_cast<ltfat_complex_s*>(rows));
}

void peer_close(void* peer)
{
    auto* const of = static_cast<frames_of_it*>(peer);
    ltfat_dgtreal_fb_done_s(&of->plan);
    delete of;
}
