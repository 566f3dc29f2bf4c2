/* Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later */
/* bench-detection N_FFT ROWS ROUNDS: nanoseconds that the detector takes for a cell, the least of all rounds. */
#include "detection.h"
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

int main(int count, char** words)
{
    if (count != 4) {
        std::fputs("usage: bench-detection N_FFT ROWS ROUNDS\n", stderr);
        return 2;
    }
    try {
        const auto n_fft = std::stoul(words[1]), rows = std::stoul(words[2]);
        const auto rounds = std::max(1ul, std::stoul(words[3]));
        const auto found = gr::stft::bench::detect(n_fft, rows, rounds);
        const auto least = [](const std::vector<double>& seconds) {
            return 1e9 * *std::min_element(seconds.begin(), seconds.end());
        };
        std::printf("n_fft %lu, %lu rows: noise %.2f ns/cell, busy %.2f ns/cell, %zu events\n",
                    n_fft,
                    rows,
                    least(found.noise),
                    least(found.busy),
                    found.events);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench-detection: %s\n", error.what());
        return 2;
    }
}
