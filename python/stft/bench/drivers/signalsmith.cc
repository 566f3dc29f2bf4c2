/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver.h"
#include <stft.h>
#include <algorithm>

namespace {

using spectra =
    signalsmith::linear::DynamicSTFT<float, false, signalsmith::linear::STFT_SPECTRUM_UNPACKED>;

struct frames_of_it {
    spectra stft;
    std::size_t n_fft, hop;
};

} // namespace

void* peer_open(std::size_t n_fft, std::size_t hop, const float* window)
{
    auto* const peer = new frames_of_it{ {}, n_fft, hop };
    peer->stft.configure(1, 1, n_fft, 0, hop);
    if (peer->stft.fftSamples() == n_fft) {
        std::copy(window, window + n_fft, peer->stft.analysisWindow());
        // By default the phase refers to the highest sample of the window that configure() designed.
        peer->stft.analysisOffset(n_fft / 2);
        return peer;
    }
    delete peer;
    return nullptr;
}

void peer_stft(void* peer, const float* x, std::size_t frames, float* rows)
{
    auto* const of = static_cast<frames_of_it*>(peer);
    const float* next = x - of->n_fft / 2;
    of->stft.reset();
    std::size_t fresh = of->n_fft;
    for (std::size_t p = 0; p < frames; ++p) {
        of->stft.writeInput(0, fresh, next);
        of->stft.moveInput(fresh);
        next += fresh;
        fresh = of->hop;
        of->stft.analyse();
        const auto* const bins = reinterpret_cast<const float*>(of->stft.spectrum(0));
        std::copy(bins, bins + of->n_fft + 2, rows + p * (of->n_fft + 2));
    }
}

void peer_close(void* peer) { delete static_cast<frames_of_it*>(peer); }
