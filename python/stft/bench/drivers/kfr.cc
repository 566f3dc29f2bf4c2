/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
#include "framed_fft.h"
#include <kfr/base.hpp>
#include <kfr/dft.hpp>

namespace {

struct real_fft {
    kfr::dft_plan_real<float> plan;
    kfr::univector<float> in;
    kfr::univector<kfr::complex<float>> out;
    kfr::univector<kfr::u8> work;

    explicit real_fft(std::size_t n) : plan(n), in(n), out(n / 2 + 1), work(plan.temp_size) {}

    float* samples() { return in.data(); }

    void run(float* row)
    {
        plan.execute(out.data(), in.data(), work.data());
        const auto* const bins = reinterpret_cast<const float*>(out.data());
        for (std::size_t k = 0; k < 2 * out.size(); ++k)
            row[k] = bins[k];
    }
};

using frames_of_it = framed_fft<real_fft>;

} // namespace

void* peer_open(std::size_t n_fft, std::size_t hop, const float* window)
{
    return n_fft % 2 ? nullptr : new frames_of_it(n_fft, hop, window);
}

void peer_stft(void* peer, const float* x, std::size_t frames, float* rows)
{
    static_cast<frames_of_it*>(peer)->run(x, frames, rows);
}

void peer_close(void* peer) { delete static_cast<frames_of_it*>(peer); }
