/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "framed_fft.h"
#include <pffft.h>
#include <cstring>

namespace {

struct real_fft {
    std::size_t n;
    PFFFT_Setup* setup;
    float *in, *out, *work;

    static float* numbers(std::size_t n)
    {
        return static_cast<float*>(pffft_aligned_malloc(n * sizeof(float)));
    }

    explicit real_fft(std::size_t size)
        : n(size), setup(pffft_new_setup(static_cast<int>(n), PFFFT_REAL)), in(numbers(n)),
          out(numbers(n)), work(numbers(n))
    {}
    real_fft(const real_fft&) = delete;
    real_fft& operator=(const real_fft&) = delete;
    ~real_fft()
    {
        if (setup)
            pffft_destroy_setup(setup);
        for (float* each : { in, out, work })
            pffft_aligned_free(each);
    }

    float* samples() { return in; }

    void run(float* row)
    {
        pffft_transform_ordered(setup, in, out, work, PFFFT_FORWARD);
        std::memcpy(row, out, n * sizeof(float)); // whose second number is that of bin n / 2
        row[n] = row[1];
        row[1] = row[n + 1] = 0;
    }
};

using frames_of_it = framed_fft<real_fft>;

} // namespace

void* peer_open(std::size_t n_fft, std::size_t hop, const float* window)
{
    auto* const peer = new frames_of_it(n_fft, hop, window);
    if (peer->fft.setup)
        return peer;
    delete peer;
    return nullptr;
}

void peer_stft(void* peer, const float* x, std::size_t frames, float* rows)
{
    static_cast<frames_of_it*>(peer)->run(x, frames, rows);
}

void peer_close(void* peer) { delete static_cast<frames_of_it*>(peer); }
